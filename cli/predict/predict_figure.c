/* SPDX-License-Identifier: MIT
 * predict_figure.c - the picture of a forecast: the rows before, the steps, their intervals. */
#include <math.h>
#include <string.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "forecast/forecast_config.h"
#include "framework/drawing.h"
#include "predict/predict_command.h"

/* Rows shown before the forecast: those that it is made from, within bounds, so that both stay
 * readable. */
static int64_t choose_rows(const predict_job *job, const kr_prediction *p) {
    int64_t n = kr_forecaster_info_of(job->model)->seq_len, there = p->origin[0] + 1;
    if (n > 3 * p->n_steps) n = 3 * p->n_steps;
    if (n < p->n_steps) n = p->n_steps;
    return n < there ? n : there;
}

/* Filled gaps stay gaps. */
static void copy_history(const kr_history *h, int64_t first, int64_t n, int64_t width, double *to) {
    int64_t first_output = h->n_channels - width;
    for (int64_t i = 0; i < n * width; i++) {
        int64_t at = (first + i / width) * h->n_channels + first_output + i % width;
        to[i] = h->missing && h->missing[at] ? (double)NAN : h->values[at];
    }
}

static bool has_truth(const kr_prediction *p) {
    for (int64_t i = 0; i < p->n_steps * p->n_outputs; i++) {
        if (!isnan(p->truth[i])) return true;
    }
    return false;
}

/* ---- the window --------------------------------------------------------------------------- */

/* "2018-02-20", "2018-02-20 01:00", seconds where there are any. */
static void name_start(const kr_prediction *p, predict_picture *out) {
    enum { TO_MINUTES = 16 };
    bool are_days = kr__datetime_are_days(p->n_steps, p->timestamps);
    kr__datetime_day_text(p->timestamps[0], are_days, out->start);
    bool has_seconds = p->timestamps[0] % KR__MINUTE != 0;
    if (!has_seconds && strlen(out->start) > TO_MINUTES) out->start[TO_MINUTES] = '\0';
}

/* out->start is a part of out: it may not be moved. */
static void fill(const predict_job *job, const kr_prediction *p, int64_t n, predict_picture *out) {
    const kr_history *h = job->history;
    const kr_forecaster_info *info = kr_forecaster_info_of(job->model);
    int64_t width = p->n_outputs, first = out->first_row;
    copy_history(h, first, n, width, out->history);
    if (p->timestamps) {
        memcpy(out->timestamps, h->timestamps + first, (size_t)n * sizeof *out->timestamps);
        memcpy(out->timestamps + n, p->timestamps, (size_t)p->n_steps * sizeof *out->timestamps);
        name_start(p, out);
    }
    out->window = (kr_forecast_window){
        .size = sizeof out->window,
        .seq_len = n,
        .pred_len = p->n_steps,
        .n_channels = width,
        .history = out->history,
        .truth = has_truth(p) ? p->truth : NULL,
        .forecast = p->forecast,
        .channel_names = (const char *const *)info->columns + info->n_channels - width,
        .model = info->model,
        .window = -1,
        .start = *out->start ? out->start : NULL,
        .timestamps = p->timestamps ? out->timestamps : NULL,
        .n_levels = p->n_levels,
        .levels = p->levels,
        .lower = p->lower,
        .upper = p->upper};
}

kr_status predict_picture_init(const predict_job *job, const kr_prediction *p, int64_t n_rows,
                               predict_picture *out, kr_error *err) {
    int64_t there = p->origin[0] + 1, n = n_rows < there ? n_rows : there;
    *out = (predict_picture){.first_row = there - n};
    out->history = kr__calloc((size_t)(n * p->n_outputs), sizeof *out->history);
    out->timestamps = kr__calloc((size_t)(n + p->n_steps), sizeof *out->timestamps);
    if (!out->history || !out->timestamps) {
        predict_picture_deinit(out);
        return kr_fail(err, KR_MEMORY, "out of memory for the figure");
    }
    fill(job, p, n, out);
    return KR_OK;
}

void predict_picture_deinit(predict_picture *picture) {
    kr_free(picture->history);
    kr_free(picture->timestamps);
    picture->history = NULL;
    picture->timestamps = NULL;
}

/* ---- the picture -------------------------------------------------------------------------- */

typedef struct drawing {
    const char *path;
    const kr_forecast_window *window;
} drawing;

static kr_status draw(const void *arg, kr_error *err) {
    const drawing *d = arg;
    if (d->window->n_channels == 1) return kr_figure_forecast(d->path, d->window, 0, err);
    return kr_figure_forecast_grid(d->path, d->window, err);
}

kr_status predict_draw_window(const char *path, const kr_forecast_window *window, kr_error *err) {
    return draw_apart(draw, &(drawing){path, window}, err);
}

kr_status predict_draw(const predict_job *job, const kr_prediction *p, kr_error *err) {
    predict_picture picture;
    KR_TRY(predict_picture_init(job, p, choose_rows(job, p), &picture, err));
    kr_status status = predict_draw_window(job->request->config.figure, &picture.window, err);
    predict_picture_deinit(&picture);
    return status;
}
