/* SPDX-License-Identifier: MIT
 * study.c - windows of the past of many series, and what forecasters say there. */
#include "forecast/study.h"

#include <math.h>
#include <string.h>

#include "forecast/backtest_scores.h"
#include "tables/rows_internal.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- windows ---------------------------------------------------------------------------- */

/* Origins of a series, counted back from the last one that has a whole horizon behind it. */
typedef struct origins {
    int64_t n, stride, n_verdict;
    int64_t span; /* rows from the first to the last, at most */
} origins;

/* A season is to be known before the first, and two fifths of the values, for what is best with few
 * of them need not be best with all; three values where rows are few. Windows reach back
 * over two horizons at least, and over three tenths of a long series. */
static origins plan_origins(const kr__study_plan *plan, int64_t n_rows) {
    int64_t h = plan->horizon, least = KR__STUDY_LEAST;
    if (n_rows - h < least) return (origins){.n = 0};
    if (plan->n_seasons > 0) least = larger(least, plan->seasons[0]);
    least = larger(least, 2 * n_rows / 5);
    int64_t room = larger(n_rows - h - least, 0);
    int64_t span = smaller(room, larger(2 * h, 3 * n_rows / 10));
    if (plan->is_panel) span = smaller(span, (plan->most_windows - 1) * h);
    origins o = {.n = smaller(plan->most_windows, span / ((h + 1) / 2) + 1), .span = span};
    if (o.n > 1) o.stride = span / (o.n - 1);
    /* Those for choosing end before those for the verdict begin. */
    for (o.n_verdict = o.n / 2; o.n_verdict > 0; o.n_verdict--) {
        if ((o.n - 1) * o.stride >= (o.n_verdict - 1) * o.stride + h) break;
    }
    return o;
}

/* Neither for choosing nor for the verdict: its rows overlap with those of both. */
static bool is_between(const kr__study_plan *plan, const origins *o, int64_t k) {
    return o->n_verdict > 0 && k >= o->n_verdict &&
           k * o->stride < (o->n_verdict - 1) * o->stride + plan->horizon;
}

int64_t kr__study_count(const kr__study_plan *plan, int64_t n_rows, int64_t *n_verdict) {
    const origins o = plan_origins(plan, n_rows);
    int64_t n = 0;
    *n_verdict = o.n_verdict;
    for (int64_t k = 0; k < o.n; k++) n += !is_between(plan, &o, k);
    return n;
}

void kr__study_plan_usual(kr__study_plan *plan, int64_t n_series, int64_t n_columns) {
    const int64_t usual = 240, least = 2, most = 96, most_values = 1000000;
    plan->most_windows = smaller(larger(usual / (n_series * n_columns), least), most);
    plan->most_values = most_values;
    plan->is_panel = n_series > 1;
}

int64_t kr__study_first_origin(const kr__study_plan *plan, int64_t n_rows) {
    const origins o = plan_origins(plan, n_rows);
    return o.n > 0 ? n_rows - 1 - plan->horizon - o.span : -1;
}

static void add_windows(kr__study *s, const kr__study_plan *plan, int64_t target) {
    kr__target *t = &s->targets[target];
    const origins o = plan_origins(plan, t->n);
    t->first_window = s->n_windows;
    for (int64_t k = o.n - 1; k >= 0; k--) {
        if (is_between(plan, &o, k)) continue;
        s->windows[s->n_windows++] =
            (kr__study_window){.target = target,
                               .origin = t->n - 1 - plan->horizon - k * o.stride,
                               .is_verdict = k < o.n_verdict};
        *(k < o.n_verdict ? &s->n_verdict : &s->n_choosing) += 1;
    }
    t->n_windows = s->n_windows - t->first_window;
}

static void find_scale(const kr__study *s, kr__target *t) {
    int64_t n = t->n_windows > 0 ? s->windows[t->first_window].origin + 1 : t->n,
            season = s->n_seasons > 0 ? s->seasons[0] : 1;
    double scale = kr__backtest_scale(n, 1, t->values, season).absolute;
    t->scale = scale > 0 ? scale : (double)NAN;
}

static void copy_truth(kr__study *s, int64_t window) {
    const kr__target *t = &s->targets[s->windows[window].target];
    for (int64_t k = 0; k < s->horizon; k++) {
        int64_t row = s->windows[window].origin + 1 + k;
        bool is_gap = t->is_filled && t->is_filled[row * t->stride];
        s->truth[window * s->horizon + k] = is_gap ? (double)NAN : t->values[row];
    }
}

bool kr__study_measure(kr__study *s) {
    size_t n_values;
    if (!kr__size_mul((size_t)s->n_windows + 1, (size_t)s->horizon, &n_values)) return false;
    s->truth = kr__arena_alloc(&s->arena, n_values, sizeof *s->truth);
    if (!s->truth) return false;
    for (int64_t w = 0; w < s->n_windows; w++) copy_truth(s, w);
    for (int64_t i = 0; i < s->n_targets; i++) find_scale(s, &s->targets[i]);
    return true;
}

/* ---- targets ---------------------------------------------------------------------------- */

/* Every how many targets have windows. */
static int64_t choose_spacing(const kr_rows *rows, const kr__study_plan *plan, int64_t n_columns) {
    double n_values = 0;
    for (int64_t i = 0; i < rows->n_series && plan->most_values > 0; i++) {
        int64_t n_rows = rows->start[i + 1] - rows->start[i], n_verdict;
        int64_t n = kr__study_count(plan, n_rows, &n_verdict) * n_columns;
        n_values += (double)n * (double)smaller(n_rows, KR__LOCAL_MOST);
    }
    return n_values > 0 ? (int64_t)ceil(n_values / (double)plan->most_values) : 1;
}

static bool add_target(kr__study *s, const kr_rows *rows, int64_t series, int64_t column) {
    kr__target *t = &s->targets[s->n_targets++];
    int64_t first = rows->start[series], width = rows->n_columns;
    *t = (kr__target){
        .series = series, .column = column, .n = rows->start[series + 1] - first, .stride = width};
    t->values = kr__arena_alloc(&s->arena, (size_t)t->n + 1, sizeof *t->values);
    if (!t->values) return false;
    if (rows->is_filled) t->is_filled = rows->is_filled + first * width + column;
    for (int64_t i = 0; i < t->n; i++) t->values[i] = rows->values[(first + i) * width + column];
    return true;
}

static bool fill(kr__study *s, const kr_rows *rows, const kr__study_plan *plan, int64_t n_columns) {
    size_t n = (size_t)(rows->n_series * n_columns), n_windows;
    if (!kr__size_mul(n, (size_t)plan->most_windows, &n_windows)) return false;
    s->targets = kr__arena_alloc(&s->arena, n, sizeof *s->targets);
    s->windows = kr__arena_alloc(&s->arena, n_windows, sizeof *s->windows);
    int64_t spacing = choose_spacing(rows, plan, n_columns);
    if (!s->targets || !s->windows) return false;
    for (int64_t i = 0; i < rows->n_series; i++) {
        for (int64_t c = 0; c < n_columns; c++) {
            if (!add_target(s, rows, i, rows->n_columns - n_columns + c)) return false;
            if ((s->n_targets - 1) % spacing == 0) add_windows(s, plan, s->n_targets - 1);
        }
    }
    return kr__study_measure(s);
}

kr_status kr__study_make(const kr_rows *rows, const kr__study_plan *plan, int64_t n_columns,
                         kr__study **out, kr_error *err) {
    kr__study *s = kr__calloc(1, sizeof *s);
    if (s) {
        s->horizon = plan->horizon;
        s->n_seasons = smaller(plan->n_seasons, KR__LOCAL_SEASONS);
        for (int64_t i = 0; i < s->n_seasons; i++) s->seasons[i] = plan->seasons[i];
    }
    if (!s || !fill(s, rows, plan, n_columns)) {
        kr__study_destroy(s);
        return kr_fail(err, KR_MEMORY, "%s: out of memory for its past", rows->name);
    }
    *out = s;
    return KR_OK;
}

void kr__study_destroy(kr__study *study) {
    if (!study) return;
    kr__arena_deinit(&study->arena);
    kr_free(study);
}

/* ---- forecasts -------------------------------------------------------------------------- */

kr_status kr__study_forecasts_init(const kr__study *s, kr__study_forecasts *f, kr_error *err) {
    size_t n = (size_t)s->n_windows * (size_t)s->horizon;
    *f = (kr__study_forecasts){kr__calloc(n + 1, sizeof *f->mean),
                               kr__calloc(n + 1, sizeof *f->spread)};
    if (f->mean && f->spread) return KR_OK;
    kr__study_forecasts_deinit(f);
    return kr_fail(err, KR_MEMORY, "out of memory for %lld forecasts", (long long)s->n_windows);
}

void kr__study_forecasts_deinit(kr__study_forecasts *f) {
    kr_free(f->mean);
    kr_free(f->spread);
    *f = (kr__study_forecasts){NULL, NULL};
}

kr__local_series kr__study_target(const kr__study *s, const kr__target *t, int64_t n) {
    return (kr__local_series){.values = t->values,
                              .n = n,
                              .seasons = s->seasons,
                              .n_seasons = s->n_seasons,
                              .is_filled = t->is_filled,
                              .stride = t->stride};
}

kr__local_series kr__study_series(const kr__study *s, int64_t window) {
    const kr__study_window *w = &s->windows[window];
    return kr__study_target(s, &s->targets[w->target], w->origin + 1);
}

kr_status kr__study_run(kr_team *team, const kr__study *s, const kr__local_model *model,
                        kr_zeroshot *opened, kr__study_forecasts *f, kr_error *err) {
    size_t n = (size_t)s->n_windows + 1;
    kr__local_series *series = kr__calloc(n, sizeof *series);
    kr__local_forecast *out = kr__calloc(n, sizeof *out);
    kr_status status = series && out ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for a model");
    for (int64_t w = 0; w < s->n_windows && status == KR_OK; w++) {
        series[w] = kr__study_series(s, w);
        out[w] = (kr__local_forecast){.horizon = s->horizon,
                                      .mean = f->mean + w * s->horizon,
                                      .spread = f->spread + w * s->horizon};
    }
    if (status == KR_OK) {
        status = kr__local_forecast_all(team, model, opened, series, out, s->n_windows, err);
    }
    kr_free(series);
    kr_free(out);
    return status;
}

/* ---- medians ---------------------------------------------------------------------------- */

/* Of those that are numbers; NaN: none is. values are sorted. */
static double median_of(double *values, int n) {
    int n_numbers = 0;
    for (int i = 0; i < n; i++) {
        double v = values[i];
        int at = n_numbers;
        if (isnan(v)) continue;
        for (; at > 0 && values[at - 1] > v; at--) values[at] = values[at - 1];
        values[at] = v;
        n_numbers++;
    }
    if (n_numbers == 0) return (double)NAN;
    return (values[n_numbers / 2] + values[(n_numbers - 1) / 2]) / 2;
}

void kr__study_median(const kr__study *s, const kr__study_forecasts *const *of, int n,
                      kr__study_forecasts *out) {
    double values[KR__MOST_MEMBERS];
    for (int64_t i = 0; i < s->n_windows * s->horizon; i++) {
        for (int m = 0; m < n; m++) values[m] = of[m]->mean[i];
        out->mean[i] = median_of(values, n);
        for (int m = 0; m < n; m++) {
            values[m] = isnan(of[m]->mean[i]) ? (double)NAN : of[m]->spread[i];
        }
        out->spread[i] = median_of(values, n);
    }
}

/* ---- scores ----------------------------------------------------------------------------- */

double kr__study_error(const kr__study *s, const kr__study_forecasts *f, int64_t window) {
    const double *truth = s->truth + window * s->horizon, *mean = f->mean + window * s->horizon;
    double sum = 0;
    int64_t n = 0;
    for (int64_t k = 0; k < s->horizon; k++) {
        if (isnan(truth[k])) continue;
        sum += fabs(truth[k] - mean[k]);
        n++;
    }
    return n > 0 ? sum / (double)n / s->targets[s->windows[window].target].scale : (double)NAN;
}

double kr__study_loss(const kr__study *s, const kr__study_forecasts *f, kr__study_part part) {
    const double most = 10;
    double sum = 0;
    int64_t n_targets = 0;
    for (int64_t i = 0; i < s->n_targets; i++) {
        const kr__target *t = &s->targets[i];
        double of_target = 0;
        int64_t n = 0;
        for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
            if (s->windows[w].is_verdict != (part == KR__VERDICT) || isnan(t->scale)) continue;
            double error = kr__study_error(s, f, w);
            if (isnan(s->truth[w * s->horizon]) && isnan(error)) continue;
            of_target += isnan(error) || error > most ? most : error;
            n++;
        }
        if (n > 0) sum += of_target / (double)n;
        n_targets += n > 0;
    }
    return n_targets > 0 ? sum / (double)n_targets : (double)NAN;
}
