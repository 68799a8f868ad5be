/* SPDX-License-Identifier: MIT
 * run_json.c - metrics.json: all that a program may want to know about a run. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "forecast/window_values.h"
#include "framework/profile_report.h"
#include "framework/program.h"
#include "run/run.h"

/* ---- errors by step and by channel ------------------------------------------------------ */

static bool add_axis(cJSON *object, const char *name, int64_t n, const double *mse,
                     const double *mae) {
    cJSON *axis = cJSON_AddObjectToObject(object, name);
    return axis && kr__json_add_numbers(axis, "mse", n, mse) &&
           kr__json_add_numbers(axis, "mae", n, mae);
}

/* Means over all values of a step, and of a channel. */
static bool add_axes(cJSON *object, const kr_forecast_result *r, bool is_original) {
    const kr__windows pred = kr__windows_of_pred(r, is_original);
    const kr__windows truth = kr__windows_of_truth(r, is_original);
    int64_t n = r->pred_len > r->n_channels ? r->pred_len : r->n_channels;
    double *mse = kr__calloc(2 * (size_t)n, sizeof *mse), *mae = mse ? mse + n : NULL;
    bool is_made = mse;
    if (is_made) {
        kr__metrics_by_step(&pred, &truth, mse, mae);
        is_made = add_axis(object, "by_step", r->pred_len, mse, mae);
    }
    if (is_made) {
        kr__metrics_by_channel(&pred, &truth, mse, mae);
        is_made = add_axis(object, "by_channel", r->n_channels, mse, mae);
    }
    kr_free(mse);
    return is_made;
}

static bool add_metrics(cJSON *object, const kr_forecast_result *r, bool is_original) {
    const kr_metrics *m = is_original ? &r->original : &r->scaled;
    cJSON *item = cJSON_AddObjectToObject(object, json_units(is_original));
    return item && kr__json_add_number(item, "mae", m->mae) &&
           kr__json_add_number(item, "mse", m->mse) && kr__json_add_number(item, "rmse", m->rmse) &&
           kr__json_add_number(item, "mape", m->mape) &&
           kr__json_add_number(item, "mspe", m->mspe) && kr__json_add_number(item, "rse", m->rse) &&
           kr__json_add_number(item, "corr", m->corr) && add_axes(item, r, is_original);
}

/* ---- the object ------------------------------------------------------------------------- */

static bool add_names(cJSON *object, const kr_forecast_result *r) {
    cJSON *names = cJSON_AddArrayToObject(object, "channels");
    for (int64_t i = 0; i < r->n_channels && names; i++) {
        if (!cJSON_AddItemToArray(names, cJSON_CreateString(r->channel_names[i]))) return false;
    }
    return names != NULL;
}

static bool add_training(cJSON *object, const kr_forecast_result *r, double started) {
    int64_t best = 0;
    for (int64_t i = 0; i < r->n_epochs; i++) {
        if (r->epochs[i].validation_loss == r->best_validation_loss) best = r->epochs[i].epoch;
    }
    return kr__json_add_int(object, "parameters", r->n_parameters) &&
           kr__json_add_int(object, "epochs", r->n_epochs) &&
           kr__json_add_int(object, "best_epoch", best) &&
           kr__json_add_number(object, "best_validation_loss", r->best_validation_loss) &&
           kr__json_add_number(object, "step_ms", r->step_ms > 0 ? r->step_ms : (double)NAN) &&
           kr__json_add_number(object, "train_seconds", r->train_seconds) &&
           kr__json_add_number(object, "test_seconds", r->test_seconds) &&
           kr__json_add_number(object, "wall_seconds", kr__time_now() - started) &&
           kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss());
}

static bool add_windows(cJSON *object, const kr_forecast_result *r) {
    static const char *const names[KR_SPLITS] = {"train", "validation", "test"};
    cJSON *windows = cJSON_AddObjectToObject(object, "windows");
    for (int i = 0; i < KR_SPLITS && windows; i++) {
        int64_t n = kr__dataset_window_count(r->dataset, (kr_split)i);
        if (!kr__json_add_int(windows, names[i], n)) return false;
    }
    return windows != NULL;
}

static bool add_origin(cJSON *object, const run_request *request, const kr_forecast_result *r) {
    kr_cpu_level level = KR_CPU_V2;
    char *config = NULL;
    kr__cpu_level_get(&level, NULL);
    bool is_made = kr__json_add_int(object, "seed", (int64_t)r->seed) &&
                   kr__json_add_int(object, "threads", kr_team_workers(program_team())) &&
                   kr__json_add_text(object, "cpu", kr__cpu_level_name(level)) &&
                   kr__json_add_text(object, "version", KR_VERSION_STRING) &&
                   kr__json_add_text(object, "command", request->call.given.command_line) &&
                   kr__json_add_text(object, "checkpoint", request->now.checkpoint) &&
                   kr__forecast_config_to_json(&request->config, &config, NULL) == KR_OK &&
                   cJSON_AddItemToObject(object, "config", cJSON_Parse(config));
    kr_free(config);
    return is_made;
}

kr_status run_json_print(const run_request *request, const kr_forecast_result *result,
                         double started, char **json, kr_error *err) {
    char *text = NULL;
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && kr__json_add_text(object, "setting", request->now.setting) &&
                   kr__json_add_text(object, "units", json_units(result->is_original)) &&
                   add_metrics(object, result, false) && add_metrics(object, result, true) &&
                   run_series_add_json(object, result) &&
                   kr__json_add_number(object, "dtw", result->dtw) &&
                   run_intervals_add_json(object, result) && add_names(object, result) &&
                   add_windows(object, result) && add_training(object, result, started) &&
                   profile_add_json(object, result->profile) && add_origin(object, request, result);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for metrics.json");
    *json = text;
    return KR_OK;
}
