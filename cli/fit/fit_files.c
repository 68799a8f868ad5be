/* SPDX-License-Identifier: MIT
 * fit_files.c - what `krait fit` writes: the model, fit.json, and what others make. */
#include <string.h>

#include "core/json.h"
#include "core/platform.h"
#include "fit/fit_command.h"
#include "framework/json_numbers.h"
#include "framework/sentence.h"

const char *fit_path(const fit_request *request, const char *name, char path[FIT_PATH]) {
    return kr__path_join(request->config.out, name, path, FIT_PATH);
}

/* ---- the model ---------------------------------------------------------------------------- */

static kr_status save_model(const fit_request *request, const kr__fit_result *result,
                            kr_error *err) {
    char path[FIT_PATH];
    return kr_forecaster_save(result->model, fit_path(request, "model.safetensors", path), err);
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* Reasons name settings, which the program's readers know as flags. */
static bool name_flags(cJSON *object) {
    cJSON *rule;
    cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(object, "rules")) {
        cJSON *why = cJSON_GetObjectItemCaseSensitive(rule, "why");
        char text[SENTENCE];
        if (!cJSON_SetValuestring(why, sentence_of(cJSON_GetStringValue(why), text))) return false;
    }
    return true;
}

static kr_status print_json(const fit_request *request, const kr_fit *fit, char **json,
                            kr_error *err) {
    char model[FIT_PATH];
    const kr__fit_names names = {.command = request->call.given.command_line,
                                 .path = request->path,
                                 .checkpoint = fit_path(request, "model.safetensors", model)};
    cJSON *object = kr__fit_json(fit, &names);
    const char *shard = request->config.shard;
    bool is_made =
        object && name_flags(object) && (!*shard || kr__json_add_text(object, "shard", shard));
    *json = is_made ? json_print(object) : NULL;
    cJSON_Delete(object);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for fit.json");
}

kr_status fit_write_files(const fit_request *request, const kr_fit *fit, char **json,
                          kr_error *err) {
    const kr__fit_result *result = &fit->result;
    char path[FIT_PATH];
    KR_TRY(save_model(request, result, err));
    KR_TRY(kr__fit_write_comparison(result, fit_path(request, "comparison.csv", path), err));
    KR_TRY(kr__fit_write_targets(fit, fit_path(request, "targets.csv", path), err));
    if (request->call.has_figures && result->study->n_windows > 0) {
        KR_TRY(fit_draw_comparison(result, fit_path(request, "comparison.png", path), err));
    }
    KR_TRY(print_json(request, fit, json, err));
    return kr__file_write(fit_path(request, "fit.json", path), *json, strlen(*json), err);
}
