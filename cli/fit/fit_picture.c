/* SPDX-License-Identifier: MIT
 * fit_picture.c - a forecast and the held-out stretch before it as numbers to draw. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "fit/fit_figures.h"

/* Which target of the study is a column of a series? -1: none. Those of a series follow one
 * another, as many as are forecast. */
static int64_t find_target(const fit_held_out *held, int64_t series, const char *column) {
    int64_t n = held->data->look.n_targets;
    for (int64_t i = series * n; i < (series + 1) * n; i++) {
        const kr__target *t = &held->result->study->targets[i];
        if (strcmp(kr_rows_column(held->data->rows, t->column), column) == 0) return i;
    }
    return -1;
}

/* The row of a picture's history that is row `row` of a series; -1: it is not shown. */
static int64_t find_row(const fit_held_out *held, const kr_history *h, const predict_picture *p,
                        int64_t series, int64_t row) {
    const kr_rows *rows = held->data->rows;
    const int64_t *dates = kr_rows_dates(rows);
    if (h->timestamps && dates) {
        row = kr_history_find(h, dates[kr_rows_series_start(rows, series) + row]);
    }
    int64_t at = row - p->first_row;
    return row >= 0 && at >= 0 && at + held->result->study->horizon <= p->window.seq_len ? at : -1;
}

static void put_column(const fit_held_out *held, const fit_picture *f, int64_t column) {
    int64_t h = held->result->study->horizon, width = f->picture.window.n_channels;
    int n_levels = held->result->n_levels;
    for (int64_t k = 0; k < h; k++) {
        double *to = f->values + k * width + column;
        to[0] = f->steps[k].forecast;
        for (int j = 0; j < n_levels; j++) {
            to[(1 + j) * h * width] = f->steps[k].lower[j];
            to[(1 + n_levels + j) * h * width] = f->steps[k].upper[j];
        }
    }
}

/* Windows of all columns of a series end at the same row. */
static void show_held_out(const fit_held_out *held, const predict_job *job, int64_t series,
                          fit_picture *f) {
    const kr__study *s = held->result->study;
    kr_forecast_window *w = &f->picture.window;
    int64_t size = s->horizon * w->n_channels;
    int n_levels = held->result->n_levels;
    for (int64_t i = 0; i < size * (1 + 2 * n_levels); i++) f->values[i] = (double)NAN;
    for (int64_t k = 0; k < w->n_channels; k++) {
        int64_t target = find_target(held, series, w->channel_names[k]);
        int64_t window = target < 0 ? -1 : fit_held_out_window(held, target);
        if (window < 0) continue;
        int64_t row = s->windows[window].origin + 1,
                at = find_row(held, job->history, &f->picture, series, row);
        if (at < 0) continue;
        fit_held_out_steps(held, window, f->steps);
        put_column(held, f, k);
        w->held_from = at;
        w->held_len = s->horizon;
    }
    w->held = f->values;
    if (w->n_levels != n_levels) return; /* the forecast has others, or none */
    w->held_lower = f->values + size;
    w->held_upper = w->held_lower + size * n_levels;
}

/* The held-out steps and two horizons before them, or a few values where steps are few. */
static int64_t choose_rows(const fit_held_out *held) {
    enum { FEW = 24 };
    int64_t h = held->result->study->horizon;
    return h + (2 * h > FEW ? 2 * h : FEW);
}

kr_status fit_picture_init(const fit_held_out *held, const predict_job *job, const kr_prediction *p,
                           int64_t series, fit_picture *out, kr_error *err) {
    size_t h = (size_t)held->result->study->horizon, n = h * (size_t)p->n_outputs;
    *out = (fit_picture){.steps = kr__calloc(h, sizeof *out->steps)};
    out->values = kr__calloc(n, (size_t)(1 + 2 * held->result->n_levels) * sizeof *out->values);
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
