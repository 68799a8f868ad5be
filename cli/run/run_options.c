/* SPDX-License-Identifier: MIT
 * run_options.c - the flags of `krait run`: those of the settings, and a few others. */
#include <string.h>

#include "core/text.h"
#include "forecast/forecast_config.h"
#include "framework/output_folder.h"
#include "framework/say.h"
#include "run/run.h"

enum { PRESET_CHOICES = 4096 };

/* ---- the table -------------------------------------------------------------------------- */

static char preset_choices[PRESET_CHOICES];

static const option own_options[] = {
    {OPTION_VALUE, 0, 0, "basic", "preset", "NAME", "", preset_choices,
     "tuned settings for known data; given flags override them"},
    SWITCH_OPTION("basic", "list_presets", "print the presets and exit"),
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    FORCE_OPTION,
    QUIET_OPTION("print the final line only"),
    JSON_OPTION("the result as JSON"),
    UNPACK_OPTION,
};

static void name_presets(void) {
    int count = 0;
    const kr_preset *presets = kr__forecast_presets(&count);
    size_t used = 0;
    for (int i = 0; i < count && used < sizeof preset_choices; i++) {
        used += (size_t)snprintf(preset_choices + used, sizeof preset_choices - used, "%s%s",
                                 i > 0 ? "|" : "", presets[i].name);
    }
}

settings run_settings = {.command = "run",
                         .flags = kr__forecast_flags,
                         .old = kr__forecast_old_flags,
                         .own = own_options,
                         .n_own = sizeof own_options / sizeof own_options[0],
                         .prepare = name_presets,
                         .short_o = "results"};

const char *run_preset_choices(void) {
    if (!*preset_choices) name_presets();
    return preset_choices;
}

/* ---- parsing ---------------------------------------------------------------------------- */

kr_status run_preset_apply(const char *name, kr_forecast_config *config, kr_error *err) {
    int count = 0;
    if (name) KR_TRY(kr__text_check_choice("preset", name, run_preset_choices(), err));
    const kr_preset *presets = kr__forecast_presets(&count);
    for (int i = 0; name && i < count; i++) {
        if (strcmp(presets[i].name, name) != 0) continue;
        for (const char *const *pair = presets[i].pairs; *pair; pair += 2) {
            KR_TRY(kr__forecast_config_set(config, pair[0], pair[1], err));
        }
    }
    return KR_OK;
}

static void print_presets(FILE *stream) {
    int count = 0;
    const kr_preset *presets = kr__forecast_presets(&count);
    for (int i = 0; i < count; i++) {
        say(stream, "%s\n  %s\n ", presets[i].name, presets[i].help);
        int column = 1;
        for (const char *const *pair = presets[i].pairs; *pair; pair += 2) {
            int n = (int)(strlen(pair[0]) + strlen(pair[1])) + 4;
            if (column + n > 100) column = fprintf(stream, "\n ") - 1;
            say(stream, " --%s %s", pair[0], pair[1]);
            column += n;
        }
        fputc('\n', stream);
    }
    if (count == 0) fprintf(stream, "there are no presets\n");
}

kr_status run_read_preset(void *arg, kr_error *err) {
    run_request *request = arg;
    const settings_given *given = &request->call.given;
    request->call.is_done = settings_own(given, "list_presets");
    if (!request->call.is_done) {
        return run_preset_apply(settings_own(given, "preset"), &request->config, err);
    }
    print_presets(stdout);
    return KR_OK;
}

kr_status run_check(void *arg, kr_error *err) {
    return kr__forecast_config_check_run(&((const run_request *)arg)->config, err);
}

/* ---- flags without effect ------------------------------------------------------------------- */

_Static_assert((int)UNUSED_WHY == KR__UNUSED_TEXT, "one reason");

static bool is_unused(const void *config, const char *name, char why[UNUSED_WHY]) {
    return kr__forecast_unused(config, name, why);
}

void run_list_unused(const void *arg, unused_flags *unused) {
    const run_request *request = arg;
    unused_flags_add_given(unused, &request->call.given, is_unused, &request->config);
}
