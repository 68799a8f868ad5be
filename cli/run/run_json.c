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
#include "framework/profile_report.h"
#include "framework/program.h"
#include "run/run.h"

/* ---- errors by step and by channel ------------------------------------------------------ */

/* Mean squared and absolute errors of each step and channel; a gap does not count. */
typedef struct cells {
    int64_t n_steps, n_channels;
    double *squared, *absolute; /* (n_steps, n_channels) */
} cells;

/* The deviation of each forecast channel in the series of a test window. */
static const double *find_units(const kr_forecast_result *r, int64_t window) {
    const kr_dataset *d = r->dataset;
    int64_t series = kr__dataset_window(d, KR_SPLIT_TEST, window).series;
    return d->deviation + series * d->n_channels + r->first_channel;
}

static bool compute_cells(const kr_forecast_result *r, bool is_original, cells *out) {
    int64_t n_cells = r->pred_len * r->n_channels;
    double *squared = kr__calloc(3 * (size_t)n_cells, sizeof *squared);
    if (!squared) return false;
    double *absolute = squared + n_cells, *count = absolute + n_cells;
    for (int64_t w = 0; w < r->n_windows; w++) {
        const float *pred = r->pred + w * n_cells, *truth = r->truth + w * n_cells;
        const double *units = find_units(r, w);
        for (int64_t i = 0; i < n_cells; i++) {
            double e = (double)pred[i] - (double)truth[i], unit = units[i % r->n_channels];
            if (isnan(truth[i])) continue;
            if (is_original && !r->is_original) e *= unit;
            if (!is_original && r->is_original) e /= unit;
            squared[i] += e * e;
            absolute[i] += fabs(e);
            count[i]++;
        }
    }
    for (int64_t i = 0; i < n_cells; i++) {
        squared[i] /= count[i];
        absolute[i] /= count[i];
    }
    *out = (cells){r->pred_len, r->n_channels, squared, absolute};
    return true;
}

/* One array along an axis: means over the other. */
static cJSON *make_means(const cells *c, const double *cell, bool by_step) {
    cJSON *array = cJSON_CreateArray();
    int64_t n = by_step ? c->n_steps : c->n_channels, others = by_step ? c->n_channels : c->n_steps;
    for (int64_t i = 0; i < n && array; i++) {
        double sum = 0;
        for (int64_t j = 0; j < others; j++) {
            int64_t step = by_step ? i : j, channel = by_step ? j : i;
            sum += cell[step * c->n_channels + channel];
        }
        if (!cJSON_AddItemToArray(array, json_number(sum / (double)others))) {
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

static bool add_axis(cJSON *object, const char *name, const cells *c, bool by_step) {
    cJSON *axis = cJSON_AddObjectToObject(object, name);
    return axis && cJSON_AddItemToObject(axis, "mse", make_means(c, c->squared, by_step)) &&
           cJSON_AddItemToObject(axis, "mae", make_means(c, c->absolute, by_step));
}

static bool add_metrics(cJSON *object, const kr_forecast_result *r, bool is_original) {
    const kr_metrics *m = is_original ? &r->original : &r->scaled;
    cells c = {0};
    cJSON *item = cJSON_AddObjectToObject(object, is_original ? "original" : "scaled");
    bool is_made =
        item && compute_cells(r, is_original, &c) && json_add_number(item, "mae", m->mae) &&
        json_add_number(item, "mse", m->mse) && json_add_number(item, "rmse", m->rmse) &&
        json_add_number(item, "mape", m->mape) && json_add_number(item, "mspe", m->mspe) &&
        json_add_number(item, "rse", m->rse) && json_add_number(item, "corr", m->corr) &&
        add_axis(item, "by_step", &c, true) && add_axis(item, "by_channel", &c, false);
    kr_free(c.squared);
    return is_made;
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
    return json_add_int(object, "parameters", r->n_parameters) &&
           json_add_int(object, "epochs", r->n_epochs) &&
           json_add_int(object, "best_epoch", best) &&
           json_add_number(object, "best_validation_loss", r->best_validation_loss) &&
           json_add_number(object, "step_ms", r->step_ms > 0 ? r->step_ms : (double)NAN) &&
           json_add_number(object, "train_seconds", r->train_seconds) &&
           json_add_number(object, "test_seconds", r->test_seconds) &&
           json_add_number(object, "wall_seconds", kr__time_now() - started) &&
           json_add_int(object, "peak_rss_bytes", kr__peak_rss());
}

static bool add_windows(cJSON *object, const kr_forecast_result *r) {
    static const char *const names[KR_SPLITS] = {"train", "validation", "test"};
    cJSON *windows = cJSON_AddObjectToObject(object, "windows");
    for (int i = 0; i < KR_SPLITS && windows; i++) {
        int64_t n = kr__dataset_window_count(r->dataset, (kr_split)i);
        if (!json_add_int(windows, names[i], n)) return false;
    }
    return windows != NULL;
}

static bool add_origin(cJSON *object, const run_request *request, const kr_forecast_result *r) {
    kr_cpu_level level = KR_CPU_V2;
    char *config = NULL;
    kr__cpu_level_get(&level, NULL);
    bool is_made = json_add_int(object, "seed", (int64_t)r->seed) &&
                   json_add_int(object, "threads", kr_team_workers(program_team())) &&
                   json_add_text(object, "cpu", kr__cpu_level_name(level)) &&
                   json_add_text(object, "version", KR_VERSION_STRING) &&
                   json_add_text(object, "command", request->call.given.command_line) &&
                   json_add_text(object, "checkpoint", request->now.checkpoint) &&
                   kr__forecast_config_to_json(&request->config, &config, NULL) == KR_OK &&
                   cJSON_AddItemToObject(object, "config", cJSON_Parse(config));
    kr_free(config);
    return is_made;
}

kr_status run_json_print(const run_request *request, const kr_forecast_result *result,
                         double started, char **json, kr_error *err) {
    char *text = NULL;
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && json_add_text(object, "setting", request->now.setting) &&
                   add_metrics(object, result, false) && add_metrics(object, result, true) &&
                   run_series_add_json(object, result) &&
                   json_add_number(object, "dtw", result->dtw) &&
                   run_intervals_add_json(object, result) && add_names(object, result) &&
                   add_windows(object, result) && add_training(object, result, started) &&
                   profile_add_json(object, result->profile) && add_origin(object, request, result);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for metrics.json");
    *json = text;
    return KR_OK;
}
