/* SPDX-License-Identifier: MIT
 * local_zeroshot.c - the zero-shot model beside the statistical ones. It is not fitted: it takes a
 * series as it is, with its gaps, and all series at once. */
#include <math.h>
#include <stdio.h>

#include "local/local.h"

typedef struct asking {
    kr_arena arena;
    kr_zeroshot_series *series; /* (n) */
    double *quantiles;          /* (n, KR_ZEROSHOT_QUANTILES, horizon) */
} asking;

/* Where all that is left of a series was filled in, that is what is known. */
static bool has_values(const kr__local_series *s) {
    for (int64_t t = 0; t < s->n && s->is_filled; t++) {
        if (!s->is_filled[t * s->stride]) return true;
    }
    return !s->is_filled;
}

void kr__local_zeroshot_seasons(int64_t n, const int64_t *seasons, int64_t out[2]) {
    int n_known = 0;
    out[0] = out[1] = 0;
    for (int64_t i = 0; i < n && n_known < 2; i++) {
        if (seasons[i] <= KR_ZEROSHOT_SEASON) out[n_known++] = seasons[i];
    }
}

bool kr__local_known(const kr__local_series *series, kr_arena *arena, kr_zeroshot_series *out) {
    double *values = kr__arena_alloc(arena, (size_t)series->n + 1, sizeof *values);
    if (!values) return false;
    bool has_gaps = series->is_filled && has_values(series);
    for (int64_t t = 0; t < series->n; t++) {
        bool is_gap = has_gaps && series->is_filled[t * series->stride];
        values[t] = is_gap ? (double)NAN : series->values[t];
    }
    *out = (kr_zeroshot_series){.size = sizeof *out, .values = values, .n = series->n};
    kr__local_zeroshot_seasons(series->n_seasons, series->seasons, out->seasons);
    return true;
}

static bool take_series(asking *a, int64_t i, const kr__local_series *whole) {
    const kr__local_series end = kr__local_end(whole, KR__LOCAL_MOST_OF_ALL);
    return kr__local_known(&end, &a->arena, &a->series[i]);
}

static bool prepare(asking *a, const kr__local_series *series, int64_t n, int64_t horizon) {
    size_t n_values = 0;
    if (!kr__size_mul((size_t)n, (size_t)horizon * KR_ZEROSHOT_QUANTILES, &n_values)) return false;
    a->series = kr__arena_alloc(&a->arena, (size_t)n + 1, sizeof *a->series);
    a->quantiles = kr__arena_alloc(&a->arena, n_values + 1, sizeof *a->quantiles);
    bool is_good = a->series && a->quantiles;
    for (int64_t i = 0; i < n && is_good; i++) is_good = take_series(a, i, &series[i]);
    return is_good;
}

/* A series that never changed has no scale that the model could compute in. */
static bool is_constant(const kr__local_series *s, double *value) {
    bool has_gaps = s->is_filled && has_values(s);
    *value = (double)NAN;
    for (int64_t t = 0; t < s->n; t++) {
        if (has_gaps && s->is_filled[t * s->stride]) continue;
        if (isnan(*value)) *value = s->values[t];
        if (s->values[t] != *value) return false;
    }
    return true;
}

/* The median, and the spread of a normal distribution with the same 80 %. */
void kr__local_zeroshot_take(const kr__local_series *series, const double *quantiles,
                             kr__local_forecast *out) {
    const double width = 2.5631031310892007; /* of the middle 80 %, in standard deviations */
    const kr__local_series s = kr__local_end(series, KR__LOCAL_MOST_OF_ALL);
    int64_t h = out->horizon, middle = KR_ZEROSHOT_MEDIAN * h,
            last = (KR_ZEROSHOT_QUANTILES - 1) * h;
    double value = (double)NAN;
    bool is_flat = is_constant(&s, &value);
    for (int64_t k = 0; k < h; k++) {
        out->mean[k] = is_flat ? value : quantiles[middle + k];
        out->spread[k] = is_flat ? 0 : (quantiles[last + k] - quantiles[k]) / width;
    }
    for (int64_t k = 0; k < KR_ZEROSHOT_QUANTILES * h && out->quantiles; k++) {
        out->quantiles[k] = is_flat ? value : quantiles[k];
    }
    snprintf(out->form, sizeof out->form, "%s", kr__local_zeroshot.name);
    out->aicc = (double)NAN;
}

/* A horizon that is too long for the model. */
static void give_nothing(kr__local_forecast *out) {
    for (int64_t k = 0; k < out->horizon; k++) out->mean[k] = (double)NAN;
}

static kr_status forecast_some(kr_zeroshot *model, const kr__local_series *series,
                               kr__local_forecast *out, int64_t n, kr_error *err) {
    asking a = {.arena = {NULL}};
    int64_t horizon = out[0].horizon;
    kr_status status =
        prepare(&a, series, n, horizon)
            ? kr_zeroshot_forecast(model, a.series, n, horizon, a.quantiles, err)
            : kr_fail(err, KR_MEMORY, "no memory for the model %s", kr__local_zeroshot.name);
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        const double *quantiles = a.quantiles + i * KR_ZEROSHOT_QUANTILES * horizon;
        kr__local_zeroshot_take(&series[i], quantiles, &out[i]);
    }
    for (int64_t i = 0; i < n && status == KR_SHAPE; i++) give_nothing(&out[i]);
    kr__arena_deinit(&a.arena);
    return status == KR_SHAPE ? KR_OK : status;
}

/* So many at a time as keep all workers busy; copies of all of them could be more than memory. */
static kr_status forecast_all(kr_team *team, kr_zeroshot *opened, const kr__local_series *series,
                              kr__local_forecast *out, int64_t n, kr_error *err) {
    const int64_t most = 512;
    kr_zeroshot *own = NULL;
    kr_status status = KR_OK;
    if (!opened) KR_TRY(kr_zeroshot_open(team, NULL, &own, err));
    for (int64_t i = 0; i < n && status == KR_OK; i += most) {
        int64_t n_some = n - i < most ? n - i : most;
        status = forecast_some(opened ? opened : own, series + i, out + i, n_some, err);
    }
    kr_zeroshot_destroy(own);
    return status;
}

const kr__local_model kr__local_zeroshot = {.name = "ZeroShot",
                                            .what = "a model that has learnt from simulated series",
                                            .forecast_all = forecast_all};

static kr_status forecast_tuned(kr_team *team, kr_zeroshot *opened, const kr__local_series *series,
                                kr__local_forecast *out, int64_t n, kr_error *err) {
    if (opened) return forecast_all(team, opened, series, out, n, err);
    return kr_fail(err, KR_USAGE, "%s has weights of its own, which a fit makes by `from`",
                   kr__local_tuned.name);
}

const kr__local_model kr__local_tuned = {
    .name = "ZeroShotTuned",
    .what = "the same, which has learnt from the series themselves, too",
    .forecast_all = forecast_tuned};
