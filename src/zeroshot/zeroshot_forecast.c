/* SPDX-License-Identifier: MIT
 * zeroshot_forecast.c - forecasts of many series.
 *
 * What is farther than KR__FARTHEST steps, beyond all that was trained on, is forecast stretch by
 * stretch from a past that the medians of the stretch before continue. Spreads of a stretch are
 * added to those of the last step before it as those of a sum. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/sized_struct.h"
#include "zeroshot/seasons.h"
#include "zeroshot/zeroshot_internal.h"

enum { MOST_STEPS = 65536, ROOM = 64 };

/* ---- what is asked ------------------------------------------------------------------------ */

kr_status kr__zeroshot_check_seasons(const kr_zeroshot_series *s, kr_error *err) {
    for (int k = 0; k < 2; k++) {
        if (s->seasons[k] >= 0 && s->seasons[k] <= KR_ZEROSHOT_SEASON) continue;
        return kr_fail(err, KR_USAGE, "a season of %" PRId64 " steps; it can be 0 to %d",
                       s->seasons[k], KR_ZEROSHOT_SEASON);
    }
    return KR_OK;
}

kr_status kr__zeroshot_check_series(const kr_zeroshot_series *s, int64_t i, kr_error *err) {
    kr_status status = kr__zeroshot_check_seasons(s, err);
    if (status != KR_OK) kr_error_prefix(err, "series %" PRId64, i);
    KR_TRY(status);
    if (s->n < 0) return kr_fail(err, KR_SHAPE, "series %" PRId64 ": a size below 0", i);
    for (int64_t t = 0; t < s->n; t++) {
        if (!isinf(s->values[t])) continue;
        return kr_fail(err, KR_USAGE, "series %" PRId64 ": value %" PRId64 " is infinite", i, t);
    }
    return KR_OK;
}

void kr__zeroshot_find_seasons(const kr_zeroshot_series *s, int64_t season[2]) {
    season[0] = s->seasons[0] > 1 ? s->seasons[0] : 1;
    season[1] = s->seasons[1] > season[0] ? s->seasons[1] : season[0];
}

/* Past the last values that the model can use, whatever the stretch. */
static int64_t skipped(const kr_zeroshot_series *s) {
    const int64_t most = 16 * KR_ZEROSHOT_SEASON;
    return s->n > most ? s->n - most : 0;
}

/* ---- a stretch of steps -------------------------------------------------------------------- */

/* Steps first + 1 .. first + n_steps of series begin .. begin + count - 1. */
typedef struct forecasting {
    kr_zeroshot *model;
    const kr_zeroshot_series *series;
    int64_t n, horizon, begin, count, first, n_steps;
    kr__zeroshot_batch batch;
    double *quantiles; /* (n, KR_ZEROSHOT_QUANTILES, horizon) */
    double *pasts;     /* (workers, longest): a series and its medians */
    int64_t longest;
    int64_t leads[KR__FARTHEST];
    double last[ROOM], scale[ROOM];
    kr__past_form form[ROOM];
    kr_real *y; /* (ROOM, KR_ZEROSHOT_QUANTILES, n_steps) */
} forecasting;

static double *place(const forecasting *f, int64_t i, int64_t quantile) {
    return f->quantiles + (i * KR_ZEROSHOT_QUANTILES + quantile) * f->horizon;
}

static void fill(void *arg, int64_t k, int worker) {
    forecasting *f = arg;
    const kr_zeroshot_series *s = &f->series[f->begin + k];
    int64_t skip = skipped(s), n = s->n - skip;
    double *past = f->pasts + worker * f->longest;
    kr_real *in[KR__ZS_INPUTS];
    if (n > 0) memcpy(past, s->values + skip, (size_t)n * sizeof *past);
    memcpy(past + n, place(f, f->begin + k, KR_ZEROSHOT_MEDIAN), (size_t)f->first * sizeof *past);
    kr__zeroshot_series asked = {.values = past, .n_past = n + f->first, .leads = f->leads};
    kr__zeroshot_find_seasons(s, asked.season);
    kr__past_prepare(past, n, n + f->first, asked.season[0], &f->form[k]);
    kr__seasons_refine(past, n, asked.season);
    kr__zeroshot_batch_place(&f->batch, k, in);
    in[KR__ZS_TARGET] = NULL;
    f->last[k] = f->scale[k] = (double)NAN; /* no value is known */
    kr__zeroshot_sample(f->batch.config, &asked, f->batch.guessers[worker], in, &f->last[k],
                        &f->scale[k]);
    f->last[k] /= f->form[k].unit;
    f->scale[k] /= f->form[k].unit;
}

/* How far the quantile of the last step before the stretch was from the median. */
static double distance_before(const forecasting *f, int64_t k, int64_t q) {
    double value = place(f, f->begin + k, q)[f->first - 1],
           middle = place(f, f->begin + k, KR_ZEROSHOT_MEDIAN)[f->first - 1];
    return f->form[k].is_log ? log(value / middle) : value - middle;
}

/* Quantile q of all steps of the stretch, in the series' units. */
static void take(const forecasting *f, int64_t k) {
    int64_t i = f->begin + k;
    const kr_real *y = f->y + k * KR_ZEROSHOT_QUANTILES * f->n_steps;
    const kr_real *middle = y + KR_ZEROSHOT_MEDIAN * f->n_steps;
    for (int64_t q = 0; q < KR_ZEROSHOT_QUANTILES; q++) {
        double *to = place(f, i, q) + f->first;
        double before = f->first > 0 ? distance_before(f, k, q) : 0;
        for (int64_t t = 0; t < f->n_steps; t++) {
            double away = (double)(y[q * f->n_steps + t] - middle[t]) * f->scale[k];
            double sum = before != 0 ? copysign(hypot(before, away), away) : away;
            double value = f->last[k] + (double)middle[t] * f->scale[k] + sum;
            to[t] = kr__past_leave(&f->form[k], value);
        }
    }
}

static void run_batch(forecasting *f) {
    kr_team_for(f->model->team, f->count, fill, f);
    const kr_samples samples = {kr__zeroshot_batch_fetch, &f->batch, f->count};
    kr__engine_predict(f->model->engine, &samples, f->y, NULL);
    for (int64_t k = 0; k < f->count; k++) take(f, k);
}

static kr_status make_engine(kr_zeroshot *m, int64_t n_steps, kr_error *err) {
    kr__zeroshot_config config = kr__zeroshot_shape(&m->settings);
    config.n_origins = 1;
    config.n_steps = n_steps;
    config.dropout = 0;
    if (m->engine && m->asked.n_steps == n_steps) return KR_OK;
    kr__engine_destroy(m->engine);
    m->engine = NULL;
    m->asked = config;
    const kr_engine_config engine = {.objective = kr__zeroshot_objective(&m->asked),
                                     .max_batch = ROOM,
                                     .grad_slots = 1,
                                     .only_predicts = true};
    KR_TRY(kr__engine_create(m->team, &engine, &m->engine, err));
    kr__zeroshot_copy_values(&m->params, kr__engine_params(m->engine));
    return KR_OK;
}

static kr_status run_stretch(forecasting *f, kr_error *err) {
    KR_TRY(make_engine(f->model, f->n_steps, err));
    KR_TRY(kr__zeroshot_batch_init(f->model->team, &f->model->asked, ROOM, &f->batch, err));
    size_t n_y = (size_t)(ROOM * KR_ZEROSHOT_QUANTILES * f->n_steps);
    f->y = kr__calloc(n_y, sizeof *f->y);
    kr_status status = f->y ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    for (f->begin = 0; f->begin < f->n && status == KR_OK; f->begin += ROOM) {
        f->count = f->n - f->begin < ROOM ? f->n - f->begin : ROOM;
        if (kr_team_is_stopping(f->model->team)) {
            status = kr_fail(err, KR_INTERRUPTED, "stopped on request");
        } else {
            run_batch(f);
        }
    }
    kr_free(f->y);
    kr__zeroshot_batch_deinit(&f->batch);
    return status;
}

static kr_status make_pasts(forecasting *f, kr_error *err) {
    for (int64_t i = 0; i < f->n; i++) {
        int64_t n = f->series[i].n - skipped(&f->series[i]) + f->horizon;
        if (n > f->longest) f->longest = n;
    }
    f->pasts = kr__calloc((size_t)(f->longest * kr_team_workers(f->model->team)), sizeof *f->pasts);
    return f->pasts ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the series");
}

static kr_status run(forecasting *f, kr_error *err) {
    for (int64_t k = 0; k < KR__FARTHEST; k++) f->leads[k] = k + 1;
    KR_TRY(make_pasts(f, err));
    kr_status status = KR_OK;
    for (f->first = 0; f->first < f->horizon && status == KR_OK; f->first += f->n_steps) {
        int64_t left = f->horizon - f->first;
        f->n_steps = left < KR__FARTHEST ? left : KR__FARTHEST;
        status = run_stretch(f, err);
    }
    kr_free(f->pasts);
    return status;
}

kr_status kr_zeroshot_forecast(kr_zeroshot *model, const kr_zeroshot_series *series, int64_t n,
                               int64_t horizon, double *quantiles, kr_error *err) {
    if (horizon < 1 || horizon > MOST_STEPS) {
        return kr_fail(err, KR_SHAPE, "a horizon of %" PRId64 " steps; it can be 1 to %d", horizon,
                       MOST_STEPS);
    }
    for (int64_t i = 0; i < n; i++) KR_TRY(kr__zeroshot_check_series(&series[i], i, err));
    forecasting f = {
        .model = model, .series = series, .n = n, .horizon = horizon, .quantiles = quantiles};
    return run(&f, err);
}
