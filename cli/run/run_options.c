/* SPDX-License-Identifier: MIT
 * run_options.c - the flags of `krait run`: those of the settings, and a few others. */
#include <string.h>

#include "core/text.h"
#include "forecast/forecast_config.h"
#include "framework/launched_ranks.h"
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
    RANKS_READ_OPTION,
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

kr_status run_preset_find(const settings_given *given, const kr_preset **out, kr_error *err) {
    const char *name = settings_own(given, "preset");
    int count = 0;
    *out = NULL;
    if (name) KR_TRY(kr__text_check_choice("preset", name, run_preset_choices(), err));
    const kr_preset *presets = kr__forecast_presets(&count);
    for (int i = 0; name && i < count; i++) {
        if (strcmp(presets[i].name, name) == 0) *out = &presets[i];
    }
    return KR_OK;
}

kr_status run_preset_apply(const settings_given *given, kr_forecast_config *config, kr_error *err) {
    const kr_preset *preset = NULL;
    KR_TRY(run_preset_find(given, &preset, err));
    if (!preset) return KR_OK;
    return kr__preset_apply(preset, settings_own(given, "model"), config, err);
}

/* As flags, on lines of at most 100 characters, of which the first begins with what is given. */
static void print_settings(FILE *stream, const char *begin, const char *pairs) {
    char name[KR_PRESET_WORD], value[KR_PRESET_WORD];
    say(stream, "%s", begin);
    size_t column = strlen(begin);
    while (kr__preset_next(&pairs, name, value)) {
        size_t n = strlen(name) + strlen(value) + 4;
        if (column + n > 100) {
            fputs("\n ", stream);
            column = 1;
        }
        say(stream, " --%s %s", name, value);
        column += n;
    }
    fputc('\n', stream);
}

static void print_presets(FILE *stream) {
    int count = 0;
    const kr_preset *presets = kr__forecast_presets(&count);
    for (int i = 0; i < count; i++) {
        say(stream, "%s\n  %s\n", presets[i].name, presets[i].help);
        print_settings(stream, " ", presets[i].settings);
        for (int k = 0; k < KR_PRESET_MODELS && presets[i].own[k].model; k++) {
            char begin[KR_PRESET_WORD];
            snprintf(begin, sizeof begin, "  with --model %s:", presets[i].own[k].model);
            print_settings(stream, begin, presets[i].own[k].settings);
        }
    }
}

kr_status run_read_preset(void *arg, kr_error *err) {
    run_request *request = arg;
    const settings_given *given = &request->call.given;
    request->call.is_done = settings_own(given, "list_presets");
    if (!request->call.is_done) {
        return run_preset_apply(given, &request->config, err);
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
