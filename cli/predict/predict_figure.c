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

typedef struct picture {
    const char *path;
    const kr_forecast_window *window;
} picture;

/* Is every step at midnight? */
static bool are_days(const kr_prediction *p) {
    for (int64_t i = 0; i < p->n_steps; i++) {
        if (p->timestamps[i] % KR__DAY != 0) return false;
    }
    return true;
}

static kr_status draw(const void *arg, kr_error *err) {
    const char *path = ((const picture *)arg)->path;
    const kr_forecast_window *window = ((const picture *)arg)->window;
    if (window->n_channels == 1) return kr_figure_forecast(path, window, 0, err);
    return kr_figure_forecast_grid(path, window, err);
}

kr_status predict_draw(const predict_job *job, const kr_prediction *p, kr_error *err) {
    const kr_history *h = job->history;
    int64_t n = choose_rows(job, p), width = p->n_outputs, first = p->origin[0] + 1 - n;
    char start[KR_DATETIME_TEXT] = "";
    double *history = kr__calloc((size_t)(n * width), sizeof *history);
    int64_t *timestamps = kr__calloc((size_t)(n + p->n_steps), sizeof *timestamps);
    kr_status status =
        history && timestamps ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the figure");
    if (status == KR_OK) {
        copy_history(h, first, n, width, history);
        if (p->timestamps) {
            memcpy(timestamps, h->timestamps + first, (size_t)n * sizeof *timestamps);
            memcpy(timestamps + n, p->timestamps, (size_t)p->n_steps * sizeof *timestamps);
            kr__datetime_text(p->timestamps[0], start);
            char *midnight = strstr(start, " 00:00:00");
            if (midnight && are_days(p)) *midnight = '\0';
        }
        kr_forecast_window window = {
            .size = sizeof window,
            .seq_len = n,
            .pred_len = p->n_steps,
            .n_channels = width,
            .history = history,
            .truth = has_truth(p) ? p->truth : NULL,
            .forecast = p->forecast,
            .channel_names = (const char *const *)kr_forecaster_info_of(job->model)->columns +
                             kr_forecaster_info_of(job->model)->n_channels - width,
            .model = kr_forecaster_info_of(job->model)->model,
            .window = -1,
            .start = *start ? start : NULL,
            .timestamps = p->timestamps ? timestamps : NULL,
            .n_levels = p->n_levels,
            .levels = p->levels,
            .lower = p->lower,
            .upper = p->upper};
        const picture figure = {job->request->config.figure, &window};
        status = draw_apart(draw, &figure, err);
    }
    kr_free(history);
    kr_free(timestamps);
    return status;
}
