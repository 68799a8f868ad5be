/* SPDX-License-Identifier: MIT
 * predict_json.c - forecasts as an object of JSON. */
#include <cjson/cJSON.h>
#include <string.h>

#include "core/datetime.h"
#include "core/json.h"
#include "forecast/forecast_config.h"
#include "forecast/history_text.h"
#include "framework/json_numbers.h"
#include "framework/trained_model.h"
#include "predict/predict_command.h"

/* Numbers of forecast column k, one a step. */
static cJSON *make_values(const kr_prediction *p, const double *values, int64_t forecast,
                          int64_t k) {
    cJSON *array = cJSON_CreateArray();
    for (int64_t t = 0; t < p->n_steps && array; t++) {
        double value = values[(forecast * p->n_steps + t) * p->n_outputs + k];
        if (cJSON_AddItemToArray(array, kr__json_number(value))) continue;
        cJSON_Delete(array);
        return NULL;
    }
    return array;
}

/* An array for each column, by its name. */
static bool add_columns(const predict_job *job, const kr_prediction *p, cJSON *object,
                        const char *name, const double *values, int64_t forecast) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    for (int64_t k = 0; k < p->n_outputs && item; k++) {
        cJSON *array = make_values(p, values, forecast, k);
        if (!array || !cJSON_AddItemToObject(item, kr__forecaster_column(job->model, k), array))
            return false;
    }
    return item != NULL;
}

static bool add_bounds(const predict_job *job, const kr_prediction *p, cJSON *object,
                       const char *name, const double *values, int64_t forecast) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    int64_t size = p->n * p->n_steps * p->n_outputs;
    for (int j = 0; j < p->n_levels && item; j++) {
        char level[KR__LEVEL_TEXT];
        kr__level_text(p->levels[j], level);
        if (!add_columns(job, p, item, level, values + j * size, forecast)) return false;
    }
    return item != NULL;
}

/* Rising: lower bounds, the widest first, the forecast, upper bounds. */
static bool add_quantiles(const predict_job *job, const kr_prediction *p, cJSON *object,
                          int64_t forecast) {
    cJSON *item = cJSON_AddObjectToObject(object, "quantiles");
    int64_t size = p->n * p->n_steps * p->n_outputs;
    for (int i = -p->n_levels; i <= p->n_levels && item; i++) {
        double level = i < 0 ? -p->levels[-i - 1] : i > 0 ? p->levels[i - 1] : 0;
        const double *values = i < 0   ? p->lower + (-i - 1) * size
                               : i > 0 ? p->upper + (i - 1) * size
                                       : p->forecast;
        char name[KR__LEVEL_TEXT];
        kr__level_text((1 + level) / 2, name);
        if (!add_columns(job, p, item, name, values, forecast)) return false;
    }
    return item != NULL;
}

static bool add_dates(const predict_job *job, const kr_prediction *p, cJSON *object,
                      int64_t forecast) {
    if (!p->timestamps) return true;
    cJSON *array = cJSON_AddArrayToObject(object, "dates");
    for (int64_t t = 0; t < p->n_steps && array; t++) {
        char text[KR__HISTORY_DATE];
        kr__history_date(job->history, p->timestamps[forecast * p->n_steps + t], text);
        if (!cJSON_AddItemToArray(array, cJSON_CreateString(text))) return false;
    }
    return array != NULL;
}

static cJSON *make_forecast(const predict_job *job, const kr_prediction *p, int64_t i) {
    const kr_history *h = job->history;
    char text[KR__HISTORY_DATE];
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && (!h->series || kr__json_add_text(object, "series", h->series));
    if (h->timestamps) {
        is_made =
            is_made && kr__json_add_text(object, "origin", kr__history_row(h, p->origin[i], text));
    } else {
        is_made = is_made && kr__json_add_int(object, "origin", p->origin[i] + 1);
    }
    is_made = is_made && add_dates(job, p, object, i) &&
              add_columns(job, p, object, "forecast", p->forecast, i);
    if (is_made && job->request->has_quantiles) {
        is_made = add_quantiles(job, p, object, i);
    } else if (is_made && p->n_levels > 0) {
        is_made = add_bounds(job, p, object, "lower", p->lower, i) &&
                  add_bounds(job, p, object, "upper", p->upper, i);
    }
    if (is_made) return object;
    cJSON_Delete(object);
    return NULL;
}

static bool add_errors(const predict_job *job, const kr_prediction *p, cJSON *object) {
    cJSON *errors = cJSON_AddObjectToObject(object, "errors");
    for (int64_t k = 0; k < p->n_outputs && errors; k++) {
        predict_errors e = predict_measure(p, k);
        if (e.n == 0) continue;
        cJSON *item = cJSON_AddObjectToObject(errors, kr__forecaster_column(job->model, k));
        if (!item || !kr__json_add_int(item, "steps", e.n) ||
            !kr__json_add_number(item, "mae", e.mae) ||
            !kr__json_add_number(item, "rmse", e.rmse)) {
            return false;
        }
        cJSON *inside = cJSON_AddObjectToObject(item, "coverage");
        for (int j = 0; j < p->n_levels && inside; j++) {
            char level[KR__LEVEL_TEXT];
            kr__level_text(p->levels[j], level);
            if (!kr__json_add_number(inside, level, e.inside[j])) return false;
        }
        if (!inside) return false;
    }
    return errors != NULL;
}

static bool add_context(const predict_job *job, cJSON *object) {
    const kr_history *h = job->history;
    const kr_forecaster_info *info = kr_forecaster_info_of(job->model);
    char step[KR_FREQUENCY_TEXT];
    cJSON *names = cJSON_AddArrayToObject(object, "columns");
    for (int64_t k = 0; k < info->n_outputs && names; k++) {
        if (!cJSON_AddItemToArray(names, cJSON_CreateString(kr__forecaster_column(job->model, k))))
            return false;
    }
    if (h->has_frequency &&
        !kr__json_add_text(object, "frequency", kr_frequency_text(&h->frequency, step))) {
        return false;
    }
    bool is_panel = info->n_series > 0;
    const char *shard = job->request->config.shard;
    return names && (!*shard || kr__json_add_text(object, "shard", shard)) &&
           kr__json_add_text(object, "checkpoint", job->checkpoint) &&
           kr__json_add_text(object, "model", info->model) &&
           kr__json_add_text(object, "data", is_panel ? job->request->data : h->name) &&
           (is_panel || kr__json_add_int(object, "rows", h->n_rows));
}

bool predict_add_json(const predict_job *job, const kr_prediction *p, cJSON *list) {
    for (int64_t i = 0; i < p->n; i++) {
        cJSON *forecast = make_forecast(job, p, i);
        if (!forecast || !cJSON_AddItemToArray(list, forecast)) return false;
    }
    return true;
}

static bool add_forecasts(const predict_job *job, const kr_prediction *p, cJSON *object) {
    cJSON *list = cJSON_AddArrayToObject(object, "forecasts");
    return list && predict_add_json(job, p, list);
}

/* ---- all of them ------------------------------------------------------------------------ */

static kr_status give(cJSON *object, bool is_made, char **json, kr_error *err) {
    *json = is_made ? json_print(object) : NULL;
    cJSON_Delete(object);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the forecast as JSON");
}

kr_status predict_make_json(const predict_job *job, const kr_prediction *p, char **json,
                            kr_error *err) {
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && add_context(job, object) && add_forecasts(job, p, object) &&
                   add_errors(job, p, object);
    return give(object, is_made, json, err);
}

kr_status predict_make_json_list(const predict_job *job, cJSON *list, char **json, kr_error *err) {
    cJSON *object = cJSON_CreateObject();
    bool is_taken =
        object && add_context(job, object) && cJSON_AddItemToObject(object, "forecasts", list);
    if (!is_taken) cJSON_Delete(list);
    return give(object, is_taken, json, err);
}

kr_status predict_make_line(const predict_job *job, const kr_prediction *p, char **json,
                            kr_error *err) {
    cJSON *object = make_forecast(job, p, 0);
    *json = object ? json_print_line(object) : NULL;
    cJSON_Delete(object);
    return *json ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the forecast as JSON");
}
