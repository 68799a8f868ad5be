/* SPDX-License-Identifier: MIT
 * fit_forecast.c - the forecast of `krait fit`: by the program's own predict, with figures that
 * also show how good the model was on the last window that was held out. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "fit/fit_command.h"
#include "framework/say.h"
#include "framework/sentence.h"
#include "predict/predict_command.h"

/* ---- the held-out stretch of a picture ---------------------------------------------------- */

/* Which target of the study is output k of a model? -1: none. */
static int64_t find_target(const fit_held_out *held, int64_t series, const char *column) {
    const kr__study *s = held->result->study;
    for (int64_t i = 0; i < s->n_targets; i++) {
        const kr__target *t = &s->targets[i];
        if (t->series == series && strcmp(kr_rows_column(held->data->rows, t->column), column) == 0)
            return i;
    }
    return -1;
}

/* The row of a picture's history that is row `row` of a series; -1: it is not shown. */
static int64_t find_row(const fit_held_out *held, const kr_history *h, const predict_picture *p,
                        int64_t series, int64_t row) {
    const kr_rows *rows = held->data->rows;
    const int64_t *dates = kr_rows_dates(rows);
    bool has_dates = h->timestamps && dates;
    if (has_dates) row = kr_history_find(h, dates[kr_rows_series_start(rows, series) + row]);
    int64_t at = row - p->first_row;
    return row >= 0 && at >= 0 && at + held->result->study->horizon <= p->window.seq_len ? at : -1;
}

/* Room for one column's steps and for what the picture takes of them. */
typedef struct held_room {
    fit_held_step *steps;
    double *values;
} held_room;

static kr_status make_room(const fit_held_out *held, int64_t n_columns, held_room *room,
                           kr_error *err) {
    size_t n = (size_t)(held->result->study->horizon * n_columns);
    room->steps = kr__calloc((size_t)held->result->study->horizon, sizeof *room->steps);
    room->values = kr__calloc(n, (size_t)(1 + 2 * held->result->n_levels) * sizeof(double));
    if (room->steps && room->values) return KR_OK;
    return kr_fail(err, KR_MEMORY, "out of memory for the figure");
}

static void put_column(const fit_held_out *held, const held_room *room, int64_t column,
                       int64_t n_columns) {
    int64_t h = held->result->study->horizon, size = h * n_columns;
    int n_levels = held->result->n_levels;
    for (int64_t k = 0; k < h; k++) {
        double *to = room->values + k * n_columns + column;
        to[0] = room->steps[k].forecast;
        for (int j = 0; j < n_levels; j++) {
            to[(1 + j) * size] = room->steps[k].lower[j];
            to[(1 + n_levels + j) * size] = room->steps[k].upper[j];
        }
    }
}

/* Windows of all columns of a series end at the same row. A window of another level than the
 * forecast's has no bands. */
static void show_held_out(const fit_held_out *held, const predict_job *job, int64_t series,
                          const held_room *room, predict_picture *p) {
    const kr__study *s = held->result->study;
    kr_forecast_window *w = &p->window;
    int64_t size = s->horizon * w->n_channels;
    for (int64_t i = 0; i < size * (1 + 2 * held->result->n_levels); i++)
        room->values[i] = (double)NAN;
    for (int64_t k = 0; k < w->n_channels; k++) {
        int64_t target = find_target(held, series, w->channel_names[k]);
        int64_t window = target < 0 ? -1 : fit_held_out_window(held, target);
        if (window < 0) continue;
        int64_t at = find_row(held, job->history, p, series, s->windows[window].origin + 1);
        if (at < 0) continue;
        fit_held_out_steps(held, window, room->steps);
        put_column(held, room, k, w->n_channels);
        w->held_from = at;
        w->held_len = s->horizon;
    }
    w->held = room->values;
    if (w->n_levels != held->result->n_levels) return;
    w->held_lower = room->values + size;
    w->held_upper = w->held_lower + size * w->n_levels;
}

/* ---- a picture ---------------------------------------------------------------------------- */

typedef struct forecasting {
    const fit_request *request;
    const fit_held_out *held;
} forecasting;

/* The held-out steps and two horizons before them, or a few values where steps are few. */
static int64_t choose_rows(const fit_held_out *held) {
    enum { FEW = 24 };
    int64_t h = held->result->study->horizon;
    return h + (2 * h > FEW ? 2 * h : FEW);
}

static kr_status draw_series(const forecasting *f, const predict_job *job, const kr_prediction *p,
                             kr_error *err) {
    char path[FIT_PATH];
    predict_picture picture;
    held_room room = {NULL};
    KR_TRY(predict_picture_init(job, p, choose_rows(f->held), &picture, err));
    kr_status status = make_room(f->held, p->n_outputs, &room, err);
    if (status == KR_OK) {
        show_held_out(f->held, job, 0, &room, &picture);
        status =
            predict_draw_window(fit_path(f->request, "forecast.png", path), &picture.window, err);
    }
    kr_free(room.steps);
    kr_free(room.values);
    predict_picture_deinit(&picture);
    return status;
}

static kr_status see_forecast(void *arg, const predict_job *job, const kr_prediction *p,
                              kr_error *err) {
    const forecasting *f = arg;
    if (!f->request->call.has_figures || f->held->data->look.n_series > 1) return KR_OK;
    return draw_series(f, job, p, err);
}

/* ---- the forecast ------------------------------------------------------------------------- */

static void fill_request(const fit_request *r, const kr_rows *rows, predict_request *p) {
    char path[FIT_PATH];
    predict_config *c = &p->config;
    p->data = r->path;
    p->rows = kr_rows_series_count(rows) > 1 ? NULL : rows; /* a panel is read again */
    p->call.is_quiet = true;
    c->steps = r->config.horizon;
    c->threads = r->config.threads;
    snprintf(c->checkpoint, sizeof c->checkpoint, "%s", fit_path(r, "model.safetensors", path));
    snprintf(c->out, sizeof c->out, "%s", fit_path(r, "forecast.csv", path));
    snprintf(c->gaps, sizeof c->gaps, "%s", r->config.gaps);
    snprintf(c->levels, sizeof c->levels, "%s", r->config.levels);
}

kr_status fit_forecast(const fit_request *r, const kr_rows *rows, const fit_held_out *held,
                       kr_error *err) {
    forecasting f = {r, held};
    predict_request *p = kr__calloc(1, sizeof *p);
    if (!p) return kr_fail(err, KR_MEMORY, "out of memory for the forecast");
    fill_request(r, rows, p);
    p->watcher = (predict_watcher){see_forecast, &f};
    kr_status status = predict_run(p, err);
    kr_free(p);
    if (status == KR_SHAPE && *r->config.known_future) {
        say(stderr, "krait fit: note: no forecast yet: %s\n",
            sentence_name_flags(err->text, sizeof err->text));
        return KR_OK;
    }
    return status;
}
