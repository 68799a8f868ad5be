/* SPDX-License-Identifier: MIT
 * trained_model.c - --checkpoint and --levels, and the name of a row. */
#include "framework/trained_model.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "framework/program.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "framework/unused_flags.h"
#include "tables/calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

kr_status trained_model_open(const char *given, char *path, size_t size, kr_forecaster **out,
                             kr_error *err) {
    static const char *const files[] = {"model.safetensors", "checkpoint.safetensors"};
    if (!*given) {
        return kr_fail(err, KR_USAGE,
                       "--checkpoint: name the model: --checkpoint "
                       "checkpoints/SETTING/checkpoint.safetensors");
    }
    snprintf(path, size, "%s", given);
    for (int i = 0; i < 2 && kr__is_folder(given); i++) {
        kr__path_join(given, files[i], path, size);
        if (kr__file_exists(path)) break;
    }
    return kr_forecaster_open(program_team(), path, out, err);
}

kr_status trained_model_levels(const kr_forecaster *model, const char *checkpoint, const char *text,
                               const settings_given *given, bool is_quiet,
                               double levels[KR_LEVELS_MAX], int *n, kr_error *err) {
    double wanted[KR_LEVELS_MAX];
    int n_wanted = 0;
    *n = 0;
    if (strcmp(text, "none") == 0) return KR_OK;
    KR_TRY(kr_levels_parse(text, wanted, &n_wanted, err));
    for (int i = 0; i < n_wanted; i++) {
        kr_error why = {.text = ""};
        kr_status status = kr_forecaster_check_level(model, wanted[i], &why);
        if (status == KR_OK) {
            levels[(*n)++] = wanted[i];
            continue;
        }
        if (settings_has(given, "levels")) {
            return kr_fail(err, status, "%s: %s", checkpoint, why.text);
        }
        if (!is_quiet) {
            say(stderr, "krait %s: note: %s: %s\n", given->settings->command, checkpoint,
                sentence_name_flags(why.text, sizeof why.text));
        }
        if (status != KR_USAGE) break;
    }
    return KR_OK;
}

void trained_model_note_ids(const kr_forecaster *model, const char *text, bool is_quiet) {
    unused_flags unused = {.n = 0};
    if (!*text || is_quiet || kr_forecaster_info_of(model)->n_series > 0) return;
    unused_flags_add(&unused, "--id_column", "the model is of one series");
    unused_flags_print(&unused, program_command());
}

const char *trained_model_gaps(const kr_forecaster *model, const char *text) {
    return strcmp(text, "training") == 0 ? kr__forecaster_settings(model)->gaps : text;
}
