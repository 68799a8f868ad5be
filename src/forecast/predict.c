/* SPDX-License-Identifier: MIT
 * predict.c - windows of a history through a trained model, and intervals around its forecasts. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/real.h"
#include "core/sized_struct.h"
#include "forecast/decimals.h"
#include "forecast/predict_internal.h"

typedef struct run {
    kr_forecaster *forecaster;
    const kr_features *features;
    const kr_history *history;
    int64_t n;
    const int64_t *origin;
    const double *mean, *deviation; /* (n_columns) */
    int64_t first, n_rows;          /* the rows of the history that the windows need */
    float *x;                       /* these, scaled, then what is known ahead */
    float *marks;                   /* (n_rows, n_marks) */
    kr_error *err;
} run;

static kr_status out_of_memory(const run *r) {
    return kr_fail(r->err, KR_MEMORY, "%s: out of memory for the forecasts", r->history->name);
}

/* ---- what the model sees ---------------------------------------------------------------- */

/* Do the columns that are known ahead reach to the end of the forecast? */
static kr_status check_ahead(const run *r, int64_t origin) {
    const kr_forecaster_info *p = &r->forecaster->info;
    const kr_history *h = r->history;
    if (origin <= kr_history_last_origin(h, r->forecaster)) return KR_OK;
    return kr_fail(r->err, KR_SHAPE,
                   "%s: the model needs its known columns (%.100s) in the %" PRId64
                   " rows after the one it forecasts from, and there are %" PRId64
                   "; add rows with these columns filled in and the others empty",
                   h->name, r->forecaster->settings.known_future, p->pred_len,
                   h->n_rows - 1 - origin + h->n_ahead);
}

static kr_status check_origins(run *r) {
    const kr_history *h = r->history;
    int64_t needed = r->forecaster->info.seq_len, last = -1;
    r->first = h->n_rows;
    for (int64_t i = 0; i < r->n; i++) {
        int64_t origin = r->origin[i];
        if (origin + 1 < needed || origin >= h->n_rows) {
            return kr_fail(r->err, KR_SHAPE,
                           "%s: has %" PRId64
                           " rows up to where the forecast starts; the model needs "
                           "%" PRId64,
                           h->name, origin >= h->n_rows ? h->n_rows : origin + 1, needed);
        }
        KR_TRY(check_ahead(r, origin));
        if (origin + 1 - needed < r->first) r->first = origin + 1 - needed;
        if (origin > last) last = origin;
    }
    r->n_rows = last + 1 - r->first;
    return KR_OK;
}

/* The known columns may have no gaps in the rows ahead. */
static kr_status check_known(const run *r) {
    const kr_forecaster_info *p = &r->forecaster->info;
    const kr_history *h = r->history;
    for (int64_t i = 0; i < h->n_ahead * p->n_future; i++) {
        if (isfinite(h->ahead[i])) continue;
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64
                       ": column \"%.60s\" is empty, but the model needs it ahead; "
                       "fill it in",
                       h->name, h->n_rows + i / p->n_future + 1, p->columns[i % p->n_future]);
    }
    return KR_OK;
}

/* Scale rows of values, which have only the first n columns, into x from row `to` on. */
static kr_status scale(const run *r, const double *values, int64_t first_row, int64_t n_rows,
                       int64_t n, int64_t stride, int64_t to) {
    const kr__scaling s = {.name = r->history->name,
                           .first_row = first_row,
                           .n_rows = n_rows,
                           .n = n,
                           .stride = stride,
                           .x_stride = r->features->n_columns,
                           .mean = r->mean,
                           .deviation = r->deviation};
    return kr__features_scale(r->features, &s, values, NULL, r->x + to * r->features->n_columns,
                              r->err);
}

/* What is known about the rows after those of the windows: from the history as far as it goes, then
 * from ahead. */
static kr_status scale_known(const run *r) {
    const kr_features *f = r->features;
    const kr_history *h = r->history;
    int64_t row = r->first + r->n_rows, n = h->n_rows - row;
    if (n > f->pred_len) n = f->pred_len;
    KR_TRY(scale(r, h->values + row * f->n_columns, row, n, f->n_future, f->n_columns, r->n_rows));
    return scale(r, h->ahead, h->n_rows, f->pred_len - n, f->n_future, f->n_future, r->n_rows + n);
}

static kr_status scale_rows(run *r) {
    const kr_features *f = r->features;
    int64_t n_behind = f->n_future > 0 ? f->pred_len : 0;
    r->x = kr__calloc((size_t)(r->n_rows + n_behind), (size_t)f->n_columns * sizeof *r->x);
    if (!r->x) return out_of_memory(r);
    KR_TRY(scale(r, r->history->values + r->first * f->n_columns, r->first, r->n_rows, f->n_columns,
                 f->n_columns, 0));
    return f->n_future > 0 ? scale_known(r) : KR_OK;
}

static kr_status make_marks(run *r) {
    const kr_features *f = r->features;
    const kr_history *h = r->history;
    if (f->n_marks == 0) return KR_OK;
    size_t n = (size_t)(r->n_rows * f->n_marks);
    double *marks = kr__calloc(n, sizeof *marks);
    r->marks = kr__calloc(n, sizeof *r->marks);
    kr_status status = marks && r->marks ? KR_OK : out_of_memory(r);
    if (status == KR_OK) {
        const uint8_t *is_filled = h->missing ? h->missing + r->first * f->n_columns : NULL;
        status = kr__features_mark(f, r->n_rows, h->timestamps ? h->timestamps + r->first : NULL,
                                   is_filled, ((const kr__history *)h)->statics, marks, r->err);
        if (status != KR_OK) kr_error_prefix(r->err, "%s", h->name);
    }
    for (size_t i = 0; status == KR_OK && i < n; i++) r->marks[i] = (float)marks[i];
    kr_free(marks);
    return status;
}

static void fetch_window(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const run *r = arg;
    const uint8_t *missing = r->history->missing;
    const kr__feature_rows rows = {
        .n_rows = r->n_rows,
        .x = r->x,
        .marks = r->marks,
        .is_filled = missing ? missing + r->first * r->features->n_columns : NULL};
    int64_t row = r->origin[i] + 1 - r->features->seq_len - r->first;
    kr__features_fill_window(r->features, &rows, row, in);
}

/* ---- its forecasts ---------------------------------------------------------------------- */

/* Values (n, pred_len, n_outputs) in scaled units -> (n, n_steps, n_outputs) in original ones. */
static void unscale(const run *r, int64_t n_steps, const float *from, double *to) {
    const kr_forecaster_info *p = &r->forecaster->info;
    int64_t width = p->n_outputs, first = p->n_channels - width;
    for (int64_t c = 0; c < width; c++) {
        const kr__unit unit = kr__unit_of(r->mean[first + c], r->deviation[first + c]);
        for (int64_t i = 0; i < r->n * n_steps; i++) {
            int64_t row = i / n_steps * p->pred_len + i % n_steps;
            to[i * width + c] = kr__unscale(&unit, from[row * width + c]);
        }
    }
}

static void copy_truth(const run *r, kr_prediction *out) {
    const kr_history *h = r->history;
    int64_t width = out->n_outputs, first = h->n_channels - width;
    for (int64_t i = 0; i < out->n * out->n_steps; i++) {
        int64_t row = r->origin[i / out->n_steps] + 1 + i % out->n_steps;
        for (int64_t k = 0; k < width; k++) {
            int64_t at = row * h->n_channels + first + k;
            bool is_known = row < h->n_rows && !(h->missing && h->missing[at]);
            out->truth[i * width + k] = is_known ? h->values[at] : (double)NAN;
        }
    }
}

/* KR_FORMAT behind the year 9999, where dates cannot be written. */
static kr_status count_dates(const run *r, kr_prediction *out) {
    const kr_history *h = r->history;
    char text[KR_DATE_TEXT];
    for (int64_t i = 0; i < out->n * out->n_steps; i++) {
        int64_t from = h->timestamps[r->origin[i / out->n_steps]], step = i % out->n_steps + 1;
        out->timestamps[i] = kr_frequency_add(&h->frequency, from, step);
        /* months end with 9999, shorter steps go on */
        if (out->timestamps[i] > from && *kr_date_text(out->timestamps[i], text) &&
            kr_frequency_count(&h->frequency, from, out->timestamps[i]) >= 0) {
            continue;
        }
        return kr_fail(r->err, KR_FORMAT,
                       "%s: step %" PRId64
                       " of the forecast lies behind the year 9999, the last that dates are "
                       "written for; are the dates right?",
                       h->name, step);
    }
    return KR_OK;
}

static kr_status make_bounds(const run *r, const float *scaled, kr_prediction *out) {
    const kr_forecaster_info *p = &r->forecaster->info;
    int64_t size = r->n * p->pred_len * p->n_outputs, kept = r->n * out->n_steps * p->n_outputs;
    float *bounds = kr__calloc(2 * (size_t)size, sizeof *bounds);
    kr_status status = bounds ? KR_OK : out_of_memory(r);
    for (int k = 0; k < out->n_levels && status == KR_OK; k++) {
        status = kr_conformal_bounds(r->forecaster->conformal, out->levels[k], r->n, scaled, bounds,
                                     bounds + size, r->err);
        if (status != KR_OK) break;
        unscale(r, out->n_steps, bounds, out->lower + k * kept);
        unscale(r, out->n_steps, bounds + size, out->upper + k * kept);
    }
    kr_free(bounds);
    return status;
}

/* ---- the result ------------------------------------------------------------------------- */

static kr_status allocate(const run *r, kr_prediction *out) {
    size_t dates = 0, values = 0, bounds = 0;
    if (!kr__size_mul((size_t)out->n, (size_t)out->n_steps, &dates) ||
        !kr__size_mul(dates, (size_t)out->n_outputs, &values) ||
        !kr__size_mul(values, (size_t)out->n_levels, &bounds)) {
        return out_of_memory(r);
    }
    out->origin = kr__calloc((size_t)out->n, sizeof *out->origin);
    out->forecast = kr__calloc(values, sizeof *out->forecast);
    out->truth = kr__calloc(values, sizeof *out->truth);
    bool is_good = out->origin && out->forecast && out->truth;
    if (r->history->has_frequency) {
        out->timestamps = kr__calloc(dates, sizeof *out->timestamps);
        is_good = is_good && out->timestamps;
    }
    if (bounds > 0) {
        out->lower = kr__calloc(bounds, sizeof *out->lower);
        out->upper = kr__calloc(bounds, sizeof *out->upper);
        is_good = is_good && out->lower && out->upper;
    }
    return is_good ? KR_OK : out_of_memory(r);
}

static kr_status forecast(run *r, kr_prediction *out) {
    const kr_forecaster_info *p = &r->forecaster->info;
    int64_t per_window = p->pred_len * p->n_outputs, size = r->n * per_window;
    int64_t y_size = kr__engine_y_size(r->forecaster->engine);
    kr_samples samples = {.fetch = fetch_window, .arg = r, .count = r->n};
    kr_real *pred = kr__calloc((size_t)r->n, (size_t)y_size * sizeof *pred);
    float *scaled = kr__calloc((size_t)size, sizeof *scaled);
    kr_status status = pred && scaled ? KR_OK : out_of_memory(r);
    if (status == KR_OK) {
        kr__engine_predict(r->forecaster->engine, &samples, pred, NULL);
        const kr_real *point = pred + kr__model_middle(&r->forecaster->model) * per_window;
        for (int64_t i = 0; i < size; i++) {
            scaled[i] = (float)point[i / per_window * y_size + i % per_window];
        }
        unscale(r, out->n_steps, scaled, out->forecast);
        bool has_own = r->forecaster->n_members == 0;
        if (out->n_levels > 0 && has_own) status = make_bounds(r, scaled, out);
    }
    kr_free(pred);
    kr_free(scaled);
    return status;
}

/* In double there is room for what float holds, unless rows and weights are extreme. */
static kr_status check_forecast(const run *r, const kr_prediction *out) {
    int64_t per_origin = out->n_steps * out->n_outputs;
    for (int64_t i = 0; i < out->n * per_origin; i++) {
        if (isfinite(out->forecast[i])) continue;
        return kr_fail(
            r->err, KR_NUMERIC,
            "%s: the forecast behind row %" PRId64
            " is not a number: what the model computes of these rows leaves the range of "
            "float; they are unlike those of its training, or that failed",
            r->history->name, out->origin[i / per_origin] + 1);
    }
    return KR_OK;
}

typedef double (*rounding)(double);
static double as_is(double value) { return value; }

static void limit(double *values, int64_t n, const double limits[2], rounding round_to) {
    for (int64_t i = 0; i < n; i++) {
        values[i] = fmin(fmax(round_to(values[i]), limits[0]), limits[1]);
    }
}

/* What a column cannot be is not forecast. */
static kr_status keep_limits(const run *r, kr_prediction *out) {
    const kr_forecast_config *settings = &r->forecaster->settings;
    int64_t n = out->n * out->n_steps * out->n_outputs;
    bool has_integers = settings->integers;
    double limits[2];
    KR_TRY(kr__forecast_limits(settings, limits, r->err));
    limit(out->forecast, n, limits, has_integers ? rint : as_is);
    limit(out->lower, n * out->n_levels, limits, has_integers ? floor : as_is);
    limit(out->upper, n * out->n_levels, limits, has_integers ? ceil : as_is);
    return KR_OK;
}

/* What a learned model says, or room for what others say. */
static kr_status begin(run *r, kr_prediction *out) {
    KR_TRY(check_origins(r));
    KR_TRY(check_known(r));
    KR_TRY(allocate(r, out));
    memcpy(out->origin, r->origin, (size_t)r->n * sizeof *out->origin);
    if (!r->forecaster->learns) return KR_OK;
    KR_TRY(scale_rows(r));
    KR_TRY(make_marks(r));
    KR_TRY(forecast(r, out));
    return check_forecast(r, out);
}

static kr_status finish(const run *r, kr_prediction *out) {
    KR_TRY(keep_limits(r, out));
    copy_truth(r, out);
    return out->timestamps ? count_dates(r, out) : KR_OK;
}

static kr_status check_options(const kr_forecaster *p, const kr_predict_options *o, kr_error *err) {
    if (o->n_steps < 0 || o->n_steps > p->info.pred_len) {
        return kr_fail(err, KR_USAGE,
                       "steps %" PRId64 ": the model forecasts 1 to %" PRId64
                       " steps; more steps need a model that was trained with a larger `pred_len`",
                       o->n_steps, p->info.pred_len);
    }
    for (int k = 0; k < o->n_levels; k++) KR_TRY(kr_forecaster_check_level(p, o->levels[k], err));
    return KR_OK;
}

/* Is it ready, and are these its rows? */
static kr_status check_history(const kr_forecaster *f, const kr_history *h, kr_error *err) {
    if (kr__forecaster_is_ready(f) && h->n_channels == f->info.n_channels) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "%s: these rows were made for another model; make them for this one", h->name);
}

static kr_prediction *make_prediction(const kr_forecaster *f, const kr_predict_options *o,
                                      int64_t n) {
    kr_prediction *p = kr__calloc(1, sizeof *p);
    if (!p) return NULL;
    p->size = sizeof *p;
    p->n = n;
    p->n_steps = o->n_steps > 0 ? o->n_steps : f->info.pred_len;
    p->n_outputs = f->info.n_outputs;
    p->n_levels = o->n_levels;
    if (o->n_levels > 0) memcpy(p->levels, o->levels, (size_t)o->n_levels * sizeof *o->levels);
    return p;
}

/* Forecasts from n rows of each history, origin holding those of the first one first. */
typedef struct asking {
    kr_forecaster *forecaster;
    const kr_history *const *histories; /* (n_histories) */
    int64_t n_histories, n;
    const int64_t *origin; /* (n_histories, n) */
    const kr_predict_options *options;
    kr_prediction **out; /* (n_histories) */
    kr_error *err;
} asking;

static run run_of(const asking *a, int64_t i) {
    const kr_forecaster *f = a->forecaster;
    const kr_history *h = a->histories[i];
    bool is_panel = f->info.n_series > 0; /* then the scale is that of the history's own series */
    return (run){.forecaster = a->forecaster,
                 .features = f->features,
                 .history = h,
                 .mean = is_panel ? h->mean : f->features->mean,
                 .deviation = is_panel ? h->deviation : f->features->deviation,
                 .n = a->n,
                 .origin = a->origin + i * a->n,
                 .err = a->err};
}

static kr_status begin_one(const asking *a, int64_t i) {
    KR_TRY(check_history(a->forecaster, a->histories[i], a->err));
    run r = run_of(a, i);
    a->out[i] = make_prediction(a->forecaster, a->options, a->n);
    if (!a->out[i]) return kr_fail(a->err, KR_MEMORY, "out of memory for the forecasts");
    kr_status status = begin(&r, a->out[i]);
    kr_free(r.x);
    kr_free(r.marks);
    return status;
}

static kr_status run_all(const asking *a) {
    KR_TRY(check_options(a->forecaster, a->options, a->err));
    for (int64_t i = 0; i < a->n_histories; i++) KR_TRY(begin_one(a, i));
    if (a->forecaster->n_members > 0) {
        KR_TRY(kr__local_predict(a->forecaster, a->histories, a->out, a->n_histories, a->err));
    }
    for (int64_t i = 0; i < a->n_histories; i++) {
        const run r = run_of(a, i);
        KR_TRY(finish(&r, a->out[i]));
    }
    return KR_OK;
}

/* All, or none: on failure there are no predictions. */
static kr_status ask(const asking *a) {
    for (int64_t i = 0; i < a->n_histories; i++) a->out[i] = NULL;
    kr_status status = run_all(a);
    for (int64_t i = 0; i < a->n_histories && status != KR_OK; i++) {
        kr_prediction_destroy(a->out[i]);
        a->out[i] = NULL;
    }
    return status;
}

kr_status kr_forecaster_predict(kr_forecaster *forecaster, const kr_history *history, int64_t n,
                                const int64_t *origin, const kr_predict_options *options,
                                kr_prediction **out, kr_error *err) {
    kr_predict_options own;
    kr_prediction *prediction = NULL;
    KR_TRY(kr__sized_take("kr_predict_options", options, &own, sizeof own, err));
    const asking a = {.forecaster = forecaster,
                      .histories = &history,
                      .n_histories = 1,
                      .n = n,
                      .origin = origin,
                      .options = &own,
                      .out = &prediction,
                      .err = err};
    KR_TRY(ask(&a));
    *out = prediction;
    return KR_OK;
}

kr_status kr_forecaster_predict_each(kr_forecaster *forecaster, const kr_history *const *histories,
                                     int64_t n, const int64_t *origin,
                                     const kr_predict_options *options, kr_prediction **out,
                                     kr_error *err) {
    kr_predict_options own;
    KR_TRY(kr__sized_take("kr_predict_options", options, &own, sizeof own, err));
    const asking a = {.forecaster = forecaster,
                      .histories = histories,
                      .n_histories = n,
                      .n = 1,
                      .origin = origin,
                      .options = &own,
                      .out = out,
                      .err = err};
    return n > 0 ? ask(&a) : KR_OK;
}

void kr_prediction_destroy(kr_prediction *prediction) {
    if (!prediction) return;
    kr_free(prediction->origin);
    kr_free(prediction->timestamps);
    kr_free(prediction->forecast);
    kr_free(prediction->truth);
    kr_free(prediction->lower);
    kr_free(prediction->upper);
    kr_free(prediction);
}
