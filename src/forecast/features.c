/* SPDX-License-Identifier: MIT
 * features.c - scale, marks, windows: the same code for rows to train on and rows to forecast from.
 */
#include "forecast/features.h"
#include "core/arena.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/real.h"
#include "core/scale.h"

void kr__features_destroy(kr_features *f) {
    if (!f) return;
    kr__arena_deinit(&f->arena);
    kr_free(f);
}

/* ---- scale ------------------------------------------------------------------------------ */

bool kr__features_add_series(kr_features *f, int64_t n_series, char *const *names) {
    size_t n = (size_t)(n_series > 0 ? n_series : 1), n_columns = (size_t)f->n_columns;
    f->n_series = n_series;
    f->mean = kr__arena_alloc(&f->arena, n, n_columns * sizeof *f->mean);
    f->deviation = kr__arena_alloc(&f->arena, n, n_columns * sizeof *f->deviation);
    f->series = n_series > 0 ? kr__arena_alloc(&f->arena, n, sizeof *f->series) : NULL;
    if (!f->mean || !f->deviation || (n_series > 0 && !f->series)) return false;
    for (int64_t i = 0; i < n_series; i++) {
        f->series[i] = kr__arena_strdup(&f->arena, names[i]);
        if (!f->series[i]) return false;
    }
    return true;
}

static bool is_constant(int64_t n_rows, double mean, double variance) {
    double rounding = (double)n_rows * mean * DBL_EPSILON;
    return variance <= (double)n_rows * DBL_EPSILON * variance + rounding * rounding;
}

/* One column that is constant, or whose squares do not fit into a double. */
static void measure_extreme(int64_t n_rows, int64_t stride, const double *values, double *mean,
                            double *deviation) {
    double low = values[0], high = values[0], sum = 0, squares = 0;
    for (int64_t row = 1; row < n_rows; row++) {
        low = fmin(low, values[row * stride]);
        high = fmax(high, values[row * stride]);
    }
    if (low == high) {
        *mean = low;
        *deviation = 1;
        return;
    }
    const double scale = kr__scale_for(fmax(fabs(low), fabs(high)));
    for (int64_t row = 0; row < n_rows; row++) sum += values[row * stride] * scale;
    sum /= (double)n_rows;
    for (int64_t row = 0; row < n_rows; row++) {
        double e = values[row * stride] * scale - sum;
        squares += e * e;
    }
    double v = squares / (double)n_rows;
    *mean = sum / scale;
    *deviation = is_constant(n_rows, sum, v) ? 1 : sqrt(v) / scale;
}

void kr__features_measure(int64_t n_rows, int64_t n_columns, const double *restrict values,
                          double *restrict mean, double *restrict deviation) {
    for (int64_t c = 0; c < n_columns; c++) mean[c] = deviation[c] = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        for (int64_t c = 0; c < n_columns; c++) mean[c] += values[row * n_columns + c];
    }
    for (int64_t c = 0; c < n_columns; c++) mean[c] /= (double)n_rows;
    for (int64_t row = 0; row < n_rows; row++) {
        for (int64_t c = 0; c < n_columns; c++) {
            double e = values[row * n_columns + c] - mean[c];
            deviation[c] += e * e;
        }
    }
    for (int64_t c = 0; c < n_columns; c++) {
        const double little = 1e-200, much = 1e200;
        double v = deviation[c] / (double)n_rows;
        if (v > little && v < much) {
            deviation[c] = is_constant(n_rows, mean[c], v) ? 1 : sqrt(v);
        } else {
            measure_extreme(n_rows, n_columns, values + c, &mean[c], &deviation[c]);
        }
    }
}

kr_status kr__features_scale(const kr_features *f, const kr__scaling *s, const double *values,
                             double *x64, float *x, kr_error *err) {
    for (int64_t row = 0; row < s->n_rows; row++) {
        for (int64_t c = 0; c < s->n; c++) {
            int64_t i = row * s->x_stride + c;
            double v = (values[row * s->stride + c] - s->mean[c]) / s->deviation[c];
            if (!(fabs(v) <= (double)FLT_MAX)) {
                return kr_fail(err, KR_FORMAT,
                               "%s: column \"%.40s\", row %" PRId64
                               ": the number is too large once scaled by the training rows",
                               s->name, f->columns[c], s->first_row + row + 1);
            }
            if (x64) x64[i] = v;
            x[i] = (float)v;
        }
    }
    return KR_OK;
}

/* ---- static columns --------------------------------------------------------------------- */

void kr__features_fit_statics(kr_features *f, const double *values) {
    kr__features_measure(f->n_series > 0 ? f->n_series : 1, f->n_static, values, f->static_mean,
                         f->static_deviation);
}

static kr_status refuse_static(const kr_rows *rows, int64_t series, int64_t column, int64_t row,
                               kr_error *err) {
    return kr_fail(err, KR_FORMAT,
                   "%s: `static_columns`: column \"%.60s\" changes in row %" PRId64
                   " of series \"%.60s\"; a static column has one value per series",
                   rows->name, rows->columns[column], row - rows->start[series] + 1,
                   rows->series ? rows->series[series] : rows->name);
}

/* Cells may be empty where gaps are filled. */
static kr_status read_static(const kr_rows *rows, int64_t series, int64_t column, double *value,
                             kr_error *err) {
    *value = (double)NAN;
    for (int64_t row = rows->start[series]; row < rows->start[series + 1]; row++) {
        double v = rows->values[row * rows->n_columns + column];
        if (isnan(v) || v == *value) continue;
        if (!isnan(*value)) return refuse_static(rows, series, column, row, err);
        *value = v;
    }
    if (!isnan(*value)) return KR_OK;
    char name[1200];
    return kr_fail(err, KR_FORMAT,
                   "%s: static column \"%.60s\" has no value at all; write it into a row",
                   kr__rows_describe(rows, series, name, sizeof name), rows->columns[column]);
}

kr_status kr__features_read_statics(const kr_features *f, const kr_rows *rows, int64_t series,
                                    const int64_t *column_of, double *values, kr_error *err) {
    for (int64_t k = 0; k < f->n_static; k++) {
        KR_TRY(read_static(rows, series, column_of[f->n_columns + k], &values[k], err));
    }
    return KR_OK;
}

/* ---- marks ------------------------------------------------------------------------------ */

kr_status kr__features_count_marks(kr_features *f, kr_error *err) {
    f->n_date_marks = 0;
    if (f->has_dates) KR_TRY(kr__date_marks_count(&f->dates, &f->n_date_marks, err));
    f->n_marks = f->n_date_marks + f->n_masks + f->n_static + (f->cycle > 0);
    return KR_OK;
}

static kr_status mark_dates(const kr_features *f, int64_t n_rows, const int64_t *dates,
                            double *marks, kr_error *err) {
    int64_t n = f->n_date_marks;
    double *of_dates = kr__calloc((size_t)n_rows, (size_t)n * sizeof *of_dates);
    if (!of_dates) return kr_fail(err, KR_MEMORY, "out of memory for the marks of the dates");
    kr_status status = kr__date_marks_make(&f->dates, n_rows, dates, of_dates, err);
    for (int64_t row = 0; status == KR_OK && row < n_rows; row++) {
        memcpy(marks + row * f->n_marks, of_dates + row * n, (size_t)n * sizeof *of_dates);
    }
    kr_free(of_dates);
    return status;
}

static void mark_gaps(const kr_features *f, int64_t n_rows, const uint8_t *is_filled,
                      double *marks) {
    for (int64_t row = 0; row < n_rows; row++) {
        for (int64_t c = 0; c < f->n_masks; c++) {
            marks[row * f->n_marks + f->n_date_marks + c] =
                is_filled ? is_filled[row * f->n_columns + c] : 0;
        }
    }
}

static kr_status mark_statics(const kr_features *f, int64_t n_rows, const double *statics,
                              double *marks, kr_error *err) {
    for (int64_t k = 0; k < f->n_static; k++) {
        double value = (statics[k] - f->static_mean[k]) / f->static_deviation[k];
        int64_t mark = f->n_date_marks + f->n_masks + k;
        if (!(fabs(value) <= (double)FLT_MAX)) {
            return kr_fail(err, KR_FORMAT,
                           "static column \"%.40s\": %g is too large once scaled by the series of "
                           "the training",
                           f->columns[f->n_columns + k], statics[k]);
        }
        for (int64_t row = 0; row < n_rows; row++) marks[row * f->n_marks + mark] = value;
    }
    return KR_OK;
}

/* Steps from the start of the cycle to a date, which may lie before it. */
static kr_status count_from_start(const kr_features *f, int64_t date, int64_t *n, kr_error *err) {
    bool is_before = date < f->cycle_start;
    int64_t steps = is_before ? kr_frequency_count(&f->frequency, date, f->cycle_start)
                              : kr_frequency_count(&f->frequency, f->cycle_start, date);
    *n = is_before ? -steps : steps;
    if (steps >= 0) return KR_OK;
    char text[KR_DATE_TEXT], start[KR_DATE_TEXT], step[KR_FREQUENCY_TEXT];
    return kr_fail(err, KR_FORMAT,
                   "the date %s is not a whole number of steps of %s away from %s, where the "
                   "model's `cycle` starts",
                   kr_date_text(date, text), kr_frequency_text(&f->frequency, step),
                   kr_date_text(f->cycle_start, start));
}

/* A window is told the place of its first row; those after it must follow step by step. */
static kr_status check_steps(const kr_features *f, int64_t n_rows, const int64_t *dates,
                             kr_error *err) {
    for (int64_t row = 1; row < n_rows; row++) {
        if (kr_frequency_count(&f->frequency, dates[row - 1], dates[row]) == 1) continue;
        char text[KR_DATE_TEXT], step[KR_FREQUENCY_TEXT];
        return kr_fail(err, KR_FORMAT,
                       "the row after %s is not one step of %s later, and `cycle` needs every row; "
                       "`gaps` linear fills in those that are missing",
                       kr_date_text(dates[row - 1], text), kr_frequency_text(&f->frequency, step));
    }
    return KR_OK;
}

static kr_status mark_cycle(const kr_features *f, int64_t n_rows, const int64_t *dates,
                            double *marks, kr_error *err) {
    int64_t n = 0;
    if (f->cycle == 0 || n_rows == 0) return KR_OK;
    assert(dates); /* a cycle has dates */
    KR_TRY(count_from_start(f, dates[0], &n, err));
    KR_TRY(check_steps(f, n_rows, dates, err));
    int64_t place = (n % f->cycle + f->cycle) % f->cycle;
    for (int64_t row = 0; row < n_rows; row++) {
        marks[row * f->n_marks + f->n_marks - 1] = (double)((place + row) % f->cycle);
    }
    return KR_OK;
}

kr_status kr__features_mark(const kr_features *f, int64_t n_rows, const int64_t *dates,
                            const uint8_t *is_filled, const double *statics, double *marks,
                            kr_error *err) {
    if (f->n_date_marks > 0) KR_TRY(mark_dates(f, n_rows, dates, marks, err));
    mark_gaps(f, n_rows, is_filled, marks);
    KR_TRY(mark_cycle(f, n_rows, dates, marks, err));
    return mark_statics(f, n_rows, statics, marks, err);
}

/* ---- windows ---------------------------------------------------------------------------- */

static void copy(kr_real *to, const float *from, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
}

/* The blank ones of the first `width` columns of (n, width). */
static void blank(const kr_features *f, int64_t n, int64_t width, kr_real *x) {
    for (int64_t c = 0; c < width; c++) {
        for (int64_t t = 0; f->is_blank[c] && t < n; t++) x[t * width + c] = 0;
    }
}

void kr__features_fill_target(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                              kr_real *target) {
    int64_t n = f->n_outputs, first = f->n_columns - n;
    for (int64_t t = 0; t < f->pred_len; t++) {
        int64_t at = (row + f->seq_len + t) * f->n_columns + first;
        bool is_there = row + f->seq_len + t < rows->n_rows;
        for (int64_t k = 0; k < n; k++) {
            bool is_known = is_there && !(rows->is_filled && rows->is_filled[at + k]);
            target[t * n + k] = is_known ? (kr_real)rows->x[at + k] : (kr_real)NAN;
        }
    }
}

static void fill_future(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                        kr_real *future) {
    const float *x = rows->x + (row + f->seq_len) * f->n_columns;
    for (int64_t t = 0; t < f->pred_len; t++) {
        copy(future + t * f->n_future, x + t * f->n_columns, f->n_future);
    }
    blank(f, f->pred_len, f->n_future, future);
}

void kr__features_fill_window(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                              kr_real *const in[KR_MAX_INPUTS]) {
    const float *input = rows->input ? rows->input : rows->x;
    copy(in[KR_FORECAST_X], input + row * f->n_columns, f->seq_len * f->n_columns);
    blank(f, f->seq_len, f->n_columns, in[KR_FORECAST_X]);
    if (in[KR_FORECAST_MARK]) {
        copy(in[KR_FORECAST_MARK], rows->marks + row * f->n_marks, f->seq_len * f->n_marks);
    }
    if (in[KR_FORECAST_FUTURE]) fill_future(f, rows, row, in[KR_FORECAST_FUTURE]);
    kr__features_fill_target(f, rows, row, in[KR_FORECAST_TARGET]);
}
