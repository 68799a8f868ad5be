/* SPDX-License-Identifier: MIT
 * run_series.c - the errors of every series of a panel, so that they can be compared. */
#include <cjson/cJSON.h>
#include <math.h>

#include <kr/scores.h>

#include "core/arena.h"
#include "forecast/dataset.h"
#include "run/run.h"

/* One series over its test windows, original units. */
typedef struct series_scores {
    int64_t n_windows;
    double mse, mae, smape, mase, rmsse; /* means over windows and channels */
} series_scores;

/* The error of the seasonal naive forecast on the rows before the test part, for one channel. */
static kr_naive_scale find_scale(const kr_forecast_result *r, int64_t series, int64_t channel,
                                 int64_t season, double *values) {
    const kr_dataset *d = r->dataset;
    const kr_series_span *span = &d->spans[series];
    int64_t c = r->first_channel + channel;
    int64_t n = span->first_row[KR_SPLIT_TEST] + d->seq_len - span->row;
    double mean = d->mean[series * d->n_channels + c];
    double deviation = d->deviation[series * d->n_channels + c];
    for (int64_t t = 0; t < n; t++) {
        int64_t i = (span->row + t) * d->n_channels + c;
        bool is_missing = d->missing && d->missing[i];
        values[t] = is_missing ? (double)NAN : (double)d->data[i] * deviation + mean;
    }
    return kr_naive_scale_of(n, 1, values, season);
}

static void add_scores(series_scores *to, const kr_scores *s, double weight) {
    to->mse += weight * s->mse;
    to->mae += weight * s->mae;
    to->smape += weight * s->smape;
    to->mase += weight * s->mase;
    to->rmsse += weight * s->rmsse;
}

/* pair is room for forecast and truth of a window. */
static void add_window(const kr_forecast_result *r, int64_t window, const kr_naive_scale *scales,
                       double *pair, series_scores *out) {
    int64_t n = r->pred_len * r->n_channels;
    double weight = 1 / (double)(out->n_windows * r->n_channels);
    kr_forecast_result_window(r, window, true, pair, pair + n);
    for (int64_t c = 0; c < r->n_channels; c++) {
        kr_scores s = kr_scores_of(r->pred_len, r->n_channels, pair + c, pair + n + c, &scales[c]);
        add_scores(out, &s, weight);
    }
}

static bool measure_series(const kr_forecast_result *r, int64_t series, int64_t first_window,
                           int64_t season, series_scores *out) {
    const kr_series_span *span = &r->dataset->spans[series];
    double *values = kr__calloc((size_t)span->n_rows + 1, sizeof *values);
    double *pair = kr__calloc(2 * (size_t)(r->pred_len * r->n_channels), sizeof *pair);
    kr_naive_scale *scales = kr__calloc((size_t)r->n_channels, sizeof *scales);
    bool has_room = values && pair && scales;
    for (int64_t c = 0; has_room && c < r->n_channels; c++) {
        scales[c] = find_scale(r, series, c, season, values);
    }
    for (int64_t w = 0; has_room && w < out->n_windows; w++) {
        add_window(r, first_window + w, scales, pair, out);
    }
    kr_free(values);
    kr_free(pair);
    kr_free(scales);
    return has_room;
}

/* (n_series), to be freed with kr_free; NULL: out of memory. */
static series_scores *measure_all(const kr_forecast_result *r) {
    const kr_dataset *d = r->dataset;
    series_scores *all = kr__calloc((size_t)d->n_series, sizeof *all);
    for (int64_t i = 0; all && i < d->n_series; i++) {
        int64_t first = d->spans[i].first_window[KR_SPLIT_TEST];
        int64_t end =
            i + 1 < d->n_series ? d->spans[i + 1].first_window[KR_SPLIT_TEST] : r->n_windows;
        all[i].n_windows = end - first;
        if (measure_series(r, i, first, r->season, &all[i])) continue;
        kr_free(all);
        return NULL;
    }
    return all;
}

/* sMAPE and MASE, means over the series, as M4 has them; a series without a scale has no MASE. */
static bool add_means(cJSON *object, const series_scores *all, int64_t n) {
    double smape = 0, mase = 0;
    int64_t n_scaled = 0;
    for (int64_t i = 0; i < n; i++) {
        smape += all[i].smape / (double)n;
        if (isnan(all[i].mase)) continue;
        mase += all[i].mase;
        n_scaled++;
    }
    return kr__json_add_number(object, "smape", smape) &&
           kr__json_add_number(object, "mase",
                               n_scaled > 0 ? mase / (double)n_scaled : (double)NAN);
}

static bool add_one(cJSON *list, const char *name, const series_scores *s) {
    cJSON *item = cJSON_CreateObject();
    return item && cJSON_AddItemToArray(list, item) && kr__json_add_text(item, "name", name) &&
           kr__json_add_text(item, "units", "original") &&
           kr__json_add_int(item, "n_windows", s->n_windows) &&
           kr__json_add_number(item, "mse", s->mse) && kr__json_add_number(item, "mae", s->mae) &&
           kr__json_add_number(item, "smape", s->smape) &&
           kr__json_add_number(item, "mase", s->mase) &&
           kr__json_add_number(item, "rmsse", s->rmsse);
}

bool run_series_add_json(cJSON *object, const kr_forecast_result *r) {
    if (!r->dataset->series_names) return true;
    series_scores *all = measure_all(r);
    cJSON *list = cJSON_AddArrayToObject(object, "series");
    bool is_made = all && list && add_means(object, all, r->dataset->n_series);
    for (int64_t i = 0; is_made && i < r->dataset->n_series; i++) {
        is_made = add_one(list, r->dataset->series_names[i], &all[i]);
    }
    kr_free(all);
    return is_made;
}
