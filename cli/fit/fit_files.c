/* SPDX-License-Identifier: MIT
 * fit_files.c - what `krait fit` writes: the model, the targets, JSON, and what others make. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/datetime.h"
#include "core/platform.h"
#include "fit/fit_command.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/sentence.h"
#include "framework/verdict_json.h"
#include "tables/calendar.h"

const char *fit_path(const fit_request *request, const char *name, char path[FIT_PATH]) {
    return kr__path_join(request->config.out, name, path, FIT_PATH);
}

/* ---- the model ---------------------------------------------------------------------------- */

static kr_status save_model(const fit_request *request, const kr__fit_result *result,
                            kr_error *err) {
    char path[FIT_PATH];
    return kr_forecaster_save(result->model, fit_path(request, "model.safetensors", path), err);
}

/* ---- the targets -------------------------------------------------------------------------- */

static void write_number(FILE *to, double value) {
    if (isnan(value)) {
        fputc(',', to);
    } else {
        fprintf(to, ",%.9g", value);
    }
}

/* Errors of each target, a line each. */
static kr_status write_targets(const fit_request *request, const kr_fit_data *data,
                               const kr__fit_result *result, kr_error *err) {
    char path[FIT_PATH];
    kr_file_writer w;
    const kr__study *s = result->study;
    if (!result->verdict.skills) return KR_OK;
    KR_TRY(kr__file_writer_open(fit_path(request, "targets.csv", path), &w, err));
    fprintf(w.stream, "series,column,mase,skill\n");
    for (int64_t i = 0; i < s->n_targets; i++) {
        const char *series = kr_rows_series(data->rows, s->targets[i].series);
        csv_write_text(w.stream, series ? series : "");
        fputc(',', w.stream);
        csv_write_text(w.stream, kr_rows_column(data->rows, s->targets[i].column));
        write_number(w.stream, result->verdict.mases[i]);
        write_number(w.stream, result->verdict.skills[i]);
        fputc('\n', w.stream);
    }
    return kr__file_writer_commit(&w, err);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static bool add_look(cJSON *object, const kr_fit_look *look) {
    char step[KR_FREQUENCY_TEXT], date[KR_DATETIME_TEXT];
    cJSON *item = cJSON_AddObjectToObject(object, "data");
    if (!item || !json_add_int(item, "rows", look->n_rows) ||
        !json_add_int(item, "series", look->n_series) ||
        !json_add_int(item, "shortest", look->shortest) ||
        !json_add_int(item, "longest", look->longest) ||
        !json_add_int(item, "columns", look->n_columns) ||
        !json_add_int(item, "constant_columns", look->n_constant) ||
        !json_add_int(item, "missing_rows", look->gaps.n_rows) ||
        !json_add_int(item, "empty_cells", look->gaps.n_cells)) {
        return false;
    }
    if (!look->has_dates) return true;
    bool are_days = kr__frequency_keeps_time(&look->frequency) && look->first % KR__DAY == 0;
    if (!json_add_text(item, "frequency", kr_frequency_text(&look->frequency, step))) return false;
    if (look->n_series > 1) return true; /* each has its own dates */
    return json_add_text(item, "first", kr__datetime_day_text(look->first, are_days, date)) &&
           json_add_text(item, "last", kr__datetime_day_text(look->last, are_days, date));
}

static bool add_rules(cJSON *object, const kr_fit_plan *plan) {
    cJSON *list = cJSON_AddArrayToObject(object, "rules");
    for (int i = 0; i < plan->n_rules && list; i++) {
        const kr__fit_rule *rule = &plan->rules[i];
        char why[SENTENCE];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !json_add_text(item, "what", rule->what) ||
            !json_add_text(item, "value", rule->value) ||
            !json_add_text(item, "why", sentence_of(rule->why, why))) {
            return false;
        }
    }
    return list != NULL;
}

static bool add_models(cJSON *object, const kr__fit_result *result) {
    cJSON *list = cJSON_AddArrayToObject(object, "models");
    for (int i = 0; i < result->n_candidates && list; i++) {
        const kr__fit_candidate *c = &result->candidates[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) || !json_add_text(item, "model", c->model)) {
            return false;
        }
        bool is_added = *c->why_not ? json_add_text(item, "left_out", c->why_not)
                                    : json_add_number(item, "choosing_mase", c->loss) &&
                                          json_add_number(item, "judging_mase", c->verdict_loss) &&
                                          json_add_number(item, "seconds", c->seconds);
        if (is_added && *c->training_loss) {
            is_added = json_add_number(item, "steps", (double)c->n_steps) &&
                       json_add_text(item, "loss", c->training_loss);
        }
        if (!is_added) return false;
    }
    return list != NULL;
}

static bool add_chosen(cJSON *object, const kr__fit_result *result) {
    cJSON *list = cJSON_AddArrayToObject(object, "chosen");
    for (int i = 0; i < result->n_chosen && list; i++) {
        cJSON *name = cJSON_CreateString(result->candidates[result->chosen[i]].model);
        if (!name || !cJSON_AddItemToArray(list, name)) return false;
    }
    return list != NULL && json_add_number(object, "choosing_mase", result->loss) &&
           json_add_number(object, "judging_mase", result->verdict_loss);
}

static bool add_verdict(cJSON *object, const kr_fit *fit) {
    const kr__fit_result *r = &fit->result;
    cJSON *item = cJSON_AddObjectToObject(object, "comparison");
    if (!item || !json_add_text(object, "verdict", fit->verdict)) return false;
    if (r->rule < 0) return true;
    return verdict_add_json(item, &r->verdict, r->candidates[r->rule].model);
}

static bool add_windows(cJSON *object, const kr__fit_result *r) {
    cJSON *item = cJSON_AddObjectToObject(object, "windows");
    return item && json_add_int(item, "choosing", r->study->n_choosing) &&
           json_add_int(item, "judging", r->study->n_verdict);
}

static bool add_coverage(cJSON *object, const kr__fit_result *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "intervals");
    for (int i = 0; i < r->levels.n && list; i++) {
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !json_add_number(item, "level", r->levels.level[i]) ||
            !json_add_number(item, "coverage", r->levels.held[i])) {
            return false;
        }
    }
    return list != NULL;
}

static kr_status print_json(const fit_request *request, const kr_fit *fit, char **json,
                            kr_error *err) {
    const kr__fit_result *result = &fit->result;
    char model[FIT_PATH];
    cJSON *object = cJSON_CreateObject();
    bool is_made =
        object && json_add_text(object, "krait", KR_VERSION_STRING) &&
        json_add_text(object, "command", request->call.given.command_line) &&
        json_add_text(object, "path", request->path) &&
        json_add_int(object, "horizon", request->config.horizon) &&
        add_look(object, &fit->data.look) && add_rules(object, &fit->plan) &&
        add_models(object, result) && add_chosen(object, result) && add_verdict(object, fit) &&
        add_windows(object, result) && add_coverage(object, result) &&
        fit_add_residuals(object, result) &&
        json_add_text(object, "checkpoint", fit_path(request, "model.safetensors", model));
    *json = is_made ? json_print(object) : NULL;
    cJSON_Delete(object);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for fit.json");
}

kr_status fit_write_files(const fit_request *request, const kr_fit *fit, char **json,
                          kr_error *err) {
    const kr__fit_result *result = &fit->result;
    char path[FIT_PATH];
    KR_TRY(save_model(request, result, err));
    KR_TRY(fit_write_comparison(result, fit_path(request, "comparison.csv", path), err));
    KR_TRY(write_targets(request, &fit->data, result, err));
    if (request->call.has_figures) {
        KR_TRY(fit_draw_comparison(result, fit_path(request, "comparison.png", path), err));
    }
    KR_TRY(print_json(request, fit, json, err));
    return kr__file_write(fit_path(request, "fit.json", path), *json, strlen(*json), err);
}
