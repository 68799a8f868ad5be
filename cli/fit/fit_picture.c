/* SPDX-License-Identifier: MIT
 * fit_picture.c - a forecast and the held-out stretch before it as numbers to draw. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "fit/fit_figures.h"

/* Which target of the study is a column of a series? -1: none. Those of a series follow one
 * another, as many as are forecast. */
static int64_t find_target(const kr__fit_held_out *held, int64_t series, const char *column) {
    int64_t n = held->data->look.n_targets;
    for (int64_t i = series * n; i < (series + 1) * n; i++) {
        const kr__target *t = &held->result->study->targets[i];
        if (strcmp(kr_rows_column(held->data->rows, t->column), column) == 0) return i;
    }
    return -1;
}

/* The row of a picture's history that is row `row` of a series; -1: it is not shown. */
static int64_t find_row(const kr__fit_held_out *held, const kr_history *h, const predict_picture *p,
                        int64_t series, int64_t row) {
    const kr_rows *rows = held->data->rows;
    const int64_t *dates = kr_rows_dates(rows);
    if (h->timestamps && dates) {
        row = kr_history_find(h, dates[kr_rows_series_start(rows, series) + row]);
    }
    int64_t at = row - p->first_row;
    return row >= 0 && at >= 0 && at < p->window.seq_len ? at : -1;
}

/* The place of a level among the result's; -1: it was not measured. */
static int find_level(const kr__fit_result *r, double level) {
    const double near = 1e-9;
    for (int i = 0; i < r->levels.n; i++) {
        if (fabs(r->levels.level[i] - level) < near) return i;
    }
    return -1;
}

/* held_len steps; the bounds are those of the forecast's levels. */
static void put_column(const kr__fit_held_out *held, const fit_picture *f, int64_t column) {
    const kr_forecast_window *w = &f->picture.window;
    int64_t size = w->held_len * w->n_channels;
    for (int64_t k = 0; k < w->held_len; k++) {
        double *to = f->values + k * w->n_channels + column;
        to[0] = f->steps[k].forecast;
        for (int j = 0; j < w->n_levels; j++) {
            int level = find_level(held->result, w->levels[j]);
            if (level < 0) continue;
            to[(1 + j) * size] = f->steps[k].lower[level];
            to[(1 + w->n_levels + j) * size] = f->steps[k].upper[level];
        }
    }
}

/* The window of a column; -1: none, or it is not shown. The first one says where all lie: windows
 * of all columns of a series begin at the same rows, but one may have its last truths earlier. */
static int64_t place_window(const kr__fit_held_out *held, const predict_job *job, int64_t series,
                            int64_t column, fit_picture *f) {
    const kr__study *s = held->result->study;
    kr_forecast_window *w = &f->picture.window;
    int64_t target = find_target(held, series, w->channel_names[column]);
    int64_t window = target < 0 ? -1 : kr__fit_held_out_window(held, target);
    if (window < 0) return -1;
    int64_t at = find_row(held, job->history, &f->picture, series, s->windows[window].origin + 1);
    if (at < 0 || (w->held_len > 0 && at != w->held_from)) return -1;
    w->held_from = at;
    w->held_len = s->horizon < w->seq_len - at ? s->horizon : w->seq_len - at;
    return window;
}

static void show_held_out(const kr__fit_held_out *held, const predict_job *job, int64_t series,
                          fit_picture *f) {
    kr_forecast_window *w = &f->picture.window;
    int64_t n = held->result->study->horizon * w->n_channels * (1 + 2 * w->n_levels);
    for (int64_t i = 0; i < n; i++) f->values[i] = (double)NAN;
    for (int64_t k = 0; k < w->n_channels; k++) {
        int64_t window = place_window(held, job, series, k, f);
        if (window < 0) continue;
        kr__fit_held_out_steps(held, window, f->steps);
        put_column(held, f, k);
    }
    w->held = f->values;
    w->held_lower = f->values + w->held_len * w->n_channels;
    w->held_upper = w->held_lower + w->n_levels * w->held_len * w->n_channels;
}

/* The held-out steps and two horizons before them, or a few values where steps are few. */
static int64_t choose_rows(const kr__fit_held_out *held) {
    enum { FEW = 24 };
    int64_t h = held->result->study->horizon;
    return h + (2 * h > FEW ? 2 * h : FEW);
}

kr_status fit_picture_init(const kr__fit_held_out *held, const predict_job *job,
                           const kr_prediction *p, int64_t series, fit_picture *out,
                           kr_error *err) {
    size_t h = (size_t)held->result->study->horizon, n = h * (size_t)p->n_outputs;
    *out = (fit_picture){.steps = kr__calloc(h, sizeof *out->steps)};
    out->values = kr__calloc(n, (size_t)(1 + 2 * p->n_levels) * sizeof *out->values);
    kr_status status = out->steps && out->values
                           ? predict_picture_init(job, p, choose_rows(held), &out->picture, err)
                           : kr_fail(err, KR_MEMORY, "out of memory for the figure");
    if (status != KR_OK) {
        fit_picture_deinit(out);
        return status;
    }
    show_held_out(held, job, series, out);
    return KR_OK;
}

void fit_picture_deinit(fit_picture *picture) {
    predict_picture_deinit(&picture->picture);
    kr_free(picture->steps);
    kr_free(picture->values);
    *picture = (fit_picture){.steps = NULL};
}
