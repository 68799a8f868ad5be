/* SPDX-License-Identifier: MIT
 * fit_files.c - what `krait fit` writes: the model, the comparison as table, JSON and figure. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/platform.h"
#include "fit/fit_command.h"
#include "forecast/window_values.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/sentence.h"

const char *fit_path(const fit_request *request, const char *name, char path[FIT_PATH]) {
    return kr__path_join(request->config.out, name, path, FIT_PATH);
}

/* ---- the model ---------------------------------------------------------------------------- */

static kr_status save_model(const fit_request *request, const kr_fit_result *result,
                            kr_error *err) {
    char path[FIT_PATH];
    return kr_forecaster_save(result->model, fit_path(request, "model.safetensors", path), err);
}

/* ---- the comparison ----------------------------------------------------------------------- */

static kr_status write_table(const fit_request *request, const kr_fit_result *result,
                             kr_error *err) {
    char path[FIT_PATH];
    kr_file_writer w;
    KR_TRY(kr__file_writer_open(fit_path(request, "comparison.csv", path), &w, err));
    fprintf(w.stream, "model,validation_mse,test_mse,test_mae,parameters,seconds,is_best\n");
    for (int i = 0; i < result->n_candidates; i++) {
        const kr_fit_candidate *c = &result->candidates[i];
        fprintf(w.stream, "%s,%.9g,%.9g,%.9g,%jd,%.3f,%d\n", c->model, c->result->validation.mse,
                c->result->scaled.mse, c->result->scaled.mae, (intmax_t)c->result->n_parameters,
                c->seconds, i == result->best);
    }
    return kr__file_writer_commit(&w, err);
}

/* Squared and absolute errors by forecast step, in scaled units. */
static kr_status measure_steps(const kr_fit_result *result, double *errors,
                               kr_error_curve curves[KR_FIT_MOST_MODELS]) {
    for (int i = 0; i < result->n_candidates; i++) {
        const kr_forecast_result *r = result->candidates[i].result;
        double *mse = errors + 2 * i * r->pred_len, *mae = mse + r->pred_len;
        const kr__windows pred = kr__windows_of_pred(r, false);
        const kr__windows truth = kr__windows_of_truth(r, false);
        kr__metrics_by_step(&pred, &truth, mse, mae);
        curves[i] = (kr_error_curve){sizeof(kr_error_curve), result->candidates[i].model, mse, mae};
    }
    return KR_OK;
}

typedef struct picture {
    const fit_request *request;
    const kr_fit_result *result;
} picture;

static kr_status draw_comparison(const void *arg, kr_error *err) {
    const fit_request *request = ((const picture *)arg)->request;
    const kr_fit_result *result = ((const picture *)arg)->result;
    char path[FIT_PATH];
    kr_error_curve curves[KR_FIT_MOST_MODELS];
    int64_t pred_len = result->candidates[0].result->pred_len;
    double *errors = kr__calloc((size_t)(2 * result->n_candidates * pred_len), sizeof *errors);
    if (!errors) return kr_fail(err, KR_MEMORY, "out of memory for the figure");
    kr_status status = measure_steps(result, errors, curves);
    if (status == KR_OK) {
        status = kr_figure_error_by_horizon(fit_path(request, "comparison.png", path),
                                            "Errors on the test windows", "scaled", pred_len,
                                            result->n_candidates, curves, err);
    }
    kr_free(errors);
    return status;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static bool add_look(cJSON *object, const kr_fit_look *look) {
    char step[KR_FREQUENCY_TEXT];
    cJSON *item = cJSON_AddObjectToObject(object, "data");
    if (!item || !json_add_int(item, "rows", look->n_rows) ||
        !json_add_int(item, "columns", look->n_columns) ||
        !json_add_int(item, "constant_columns", look->n_constant) ||
        !json_add_int(item, "missing_rows", look->gaps.n_rows) ||
        !json_add_int(item, "empty_cells", look->gaps.n_cells)) {
        return false;
    }
    return !look->has_dates ||
           json_add_text(item, "frequency", kr_frequency_text(&look->frequency, step));
}

static bool add_rules(cJSON *object, const kr_fit_plan *plan) {
    cJSON *list = cJSON_AddArrayToObject(object, "rules");
    for (int i = 0; i < plan->n_rules && list; i++) {
        const kr_fit_rule *rule = &plan->rules[i];
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

static bool add_models(cJSON *object, const kr_fit_result *result) {
    cJSON *list = cJSON_AddArrayToObject(object, "models");
    for (int i = 0; i < result->n_candidates && list; i++) {
        const kr_fit_candidate *c = &result->candidates[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) || !json_add_text(item, "model", c->model) ||
            !json_add_number(item, "validation_mse", c->result->validation.mse) ||
            !json_add_number(item, "test_mse", c->result->scaled.mse) ||
            !json_add_number(item, "test_mae", c->result->scaled.mae) ||
            !json_add_int(item, "parameters", c->result->n_parameters) ||
            !json_add_number(item, "seconds", c->seconds)) {
            return false;
        }
    }
    return list != NULL;
}

static kr_status print_json(const fit_request *request, const kr_fit_look *look,
                            const kr_fit_plan *plan, const kr_fit_result *result, char **json,
                            kr_error *err) {
    char verdict[FIT_VERDICT], model[FIT_PATH];
    cJSON *object = cJSON_CreateObject();
    bool is_made =
        object && json_add_text(object, "krait", KR_VERSION_STRING) &&
        json_add_text(object, "command", request->call.given.command_line) &&
        json_add_text(object, "path", request->path) &&
        json_add_int(object, "horizon", request->config.horizon) && add_look(object, look) &&
        add_rules(object, plan) && add_models(object, result) &&
        json_add_text(object, "best", result->candidates[result->best].model) &&
        json_add_text(object, "verdict", fit_verdict(result, verdict)) &&
        json_add_text(object, "checkpoint", fit_path(request, "model.safetensors", model));
    *json = is_made ? json_print(object) : NULL;
    cJSON_Delete(object);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for fit.json");
}

kr_status fit_write_files(const fit_request *request, const kr_fit_look *look,
                          const kr_fit_plan *plan, const kr_fit_result *result, char **json,
                          kr_error *err) {
    char path[FIT_PATH];
    KR_TRY(save_model(request, result, err));
    KR_TRY(write_table(request, result, err));
    const picture figure = {request, result};
    if (request->call.has_figures) KR_TRY(draw_apart(draw_comparison, &figure, err));
    KR_TRY(print_json(request, look, plan, result, json, err));
    return kr__file_write(fit_path(request, "fit.json", path), *json, strlen(*json), err);
}
