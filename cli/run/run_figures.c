/* SPDX-License-Identifier: MIT
 * run_figures.c - the pictures of a run: its losses, some forecasts, its errors; and the original's
 * picture of every 20th test batch. */
#include <stdio.h>
#include <string.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "forecast/dataset.h"
#include "forecast/window_values.h"
#include "framework/drawing.h"
#include "run/run.h"

enum { PATH_SIZE = RUN_PATH_SIZE + 64, N_FORECASTS = 3, BATCH_DISTANCE = 20 };

/* What every figure needs. */
typedef struct pictures {
    const run_request *request;
    const kr_forecast_result *result;
    const char *units;
    char folder[PATH_SIZE];
} pictures;

static const char *const endings[] = {"png", "pdf"};
enum { N_ENDINGS = 2 };

static void name_file(const pictures *p, const char *name, const char *ending, char *path) {
    snprintf(path, PATH_SIZE + 64, "%s/%s.%s", p->folder, name, ending);
}

/* ---- losses ----------------------------------------------------------------------------- */

static kr_status draw_losses(const pictures *p, kr_error *err) {
    const kr_forecast_result *r = p->result;
    const kr_epoch_record *e = r->epochs;
    const int64_t stride = sizeof *e / sizeof(double);
    _Static_assert(sizeof(kr_epoch_record) % sizeof(double) == 0, "records are rows of doubles");
    char path[PATH_SIZE + 64];
    kr_loss_curves curves = {.size = sizeof curves, .loss = p->request->config.loss, .best = -1};
    if (r->n_epochs == 0) return KR_OK;
    curves.first_epoch = e[0].epoch;
    curves.train = kr_values_f64(&e[0].train_loss, r->n_epochs, stride);
    curves.validation = kr_values_f64(&e[0].validation_loss, r->n_epochs, stride);
    curves.test = kr_values_f64(&e[0].test_loss, r->n_epochs, stride);
    for (int64_t i = 0; i < r->n_epochs; i++) {
        if (e[i].validation_loss == r->best_validation_loss) curves.best = i;
    }
    for (int i = 0; i < N_ENDINGS; i++) {
        name_file(p, "loss", endings[i], path);
        KR_TRY(kr_figure_loss(path, &curves, err));
    }
    return KR_OK;
}

/* ---- errors ----------------------------------------------------------------------------- */

static kr_status draw_error_files(const pictures *p, const kr_error_curve *by_step,
                                  const kr_error_curve *by_channel, kr_error *err) {
    const kr_forecast_result *r = p->result;
    char path[PATH_SIZE + 64];
    for (int i = 0; i < N_ENDINGS; i++) {
        name_file(p, "error_by_horizon", endings[i], path);
        KR_TRY(kr_figure_error_by_horizon(path, NULL, p->units, r->pred_len, 1, by_step, err));
        name_file(p, "error_by_channel", endings[i], path);
        KR_TRY(kr_figure_error_by_channel(path, NULL, p->units, r->n_channels,
                                          (const char *const *)r->channel_names, 1, by_channel,
                                          err));
    }
    return KR_OK;
}

static kr_status draw_errors(const pictures *p, kr_error *err) {
    const kr_forecast_result *r = p->result;
    size_t n_steps = (size_t)r->pred_len, n_channels = (size_t)r->n_channels;
    double *mse = kr__calloc(2 * (n_steps + n_channels), sizeof *mse);
    if (!mse) return kr_fail(err, KR_MEMORY, "no memory for the pictures of the errors");
    double *mae = mse + n_steps, *channel_mse = mae + n_steps,
           *channel_mae = channel_mse + n_channels;
    const char *model = p->request->config.model;
    const kr__windows pred = kr__windows_of_pred(r, r->is_original);
    const kr__windows truth = kr__windows_of_truth(r, r->is_original);
    kr__metrics_by_step(&pred, &truth, mse, mae);
    kr__metrics_by_channel(&pred, &truth, channel_mse, channel_mae);
    kr_status status = draw_error_files(
        p, &(kr_error_curve){sizeof(kr_error_curve), model, mse, mae},
        &(kr_error_curve){sizeof(kr_error_curve), model, channel_mse, channel_mae}, err);
    kr_free(mse);
    return status;
}

/* ---- forecasts -------------------------------------------------------------------------- */

/* Room for one window: input, truth and forecast of all channels. */
typedef struct one_window {
    double *block, *channel, *history, *truth, *forecast;
    char start[64]; /* date of the first forecast */
} one_window;

static kr_status make_room(const kr_forecast_result *r, one_window *w, kr_error *err) {
    int64_t n_input = r->seq_len * r->n_channels, n = r->pred_len * r->n_channels;
    w->block = kr__calloc((size_t)(r->seq_len + n_input + 2 * n), sizeof *w->block);
    if (!w->block) return kr_fail(err, KR_MEMORY, "no memory for the pictures of forecasts");
    w->channel = w->block;
    w->history = w->channel + r->seq_len;
    w->truth = w->history + n_input;
    w->forecast = w->truth + n;
    return KR_OK;
}

static void read_window(const kr_forecast_result *r, int64_t window, one_window *w) {
    int64_t first = -1;
    kr_forecast_result_window(r, window, r->is_original, w->forecast, w->truth);
    for (int64_t c = 0; c < r->n_channels; c++) {
        kr_forecast_result_history(r, window, c, r->is_original, w->channel, &first);
        for (int64_t t = 0; t < r->seq_len; t++) w->history[t * r->n_channels + c] = w->channel[t];
    }
    w->start[0] = '\0';
    if (!r->dataset->timestamps || first < 0) return;
    char date[KR_DATETIME_TEXT];
    int64_t row = kr__dataset_window(r->dataset, KR_SPLIT_TEST, window).row + r->seq_len;
    const int64_t *dates = r->dataset->timestamps + row;
    kr__datetime_day_text(*dates, kr__datetime_are_days(r->pred_len, dates), date);
    int n = *dates % KR__MINUTE == 0 ? 16 : KR_DATETIME_TEXT; /* seconds: if any */
    snprintf(w->start, sizeof w->start, "%.*s", n, date);
}

static kr_forecast_window view_window(const pictures *p, int64_t window, one_window *w) {
    const kr_forecast_result *r = p->result;
    read_window(r, window, w);
    return (kr_forecast_window){.size = sizeof(kr_forecast_window),
                                .seq_len = r->seq_len,
                                .pred_len = r->pred_len,
                                .n_channels = r->n_channels,
                                .history = w->history,
                                .truth = w->truth,
                                .forecast = w->forecast,
                                .channel_names = (const char *const *)r->channel_names,
                                .model = p->request->config.model,
                                .window = window,
                                .start = *w->start ? w->start : NULL,
                                .units = p->units};
}

/* All channels of the first, the middle and the last window. */
static kr_status draw_forecasts(const pictures *p, one_window *w, kr_error *err) {
    const kr_forecast_result *r = p->result;
    char path[PATH_SIZE + 64], name[40];
    int64_t last = -1;
    for (int64_t k = 0; k < N_FORECASTS; k++) {
        int64_t window = k * (r->n_windows - 1) / (N_FORECASTS - 1);
        if (window == last) continue;
        last = window;
        kr_forecast_window view = view_window(p, window, w);
        snprintf(name, sizeof name, "forecast_%jd", (intmax_t)window);
        for (int i = 0; i < N_ENDINGS; i++) {
            name_file(p, name, endings[i], path);
            KR_TRY(kr_figure_forecast_grid(path, &view, err));
        }
    }
    return KR_OK;
}

/* The original's pictures: the first window of every 20th test batch, its last channel. */
static kr_status draw_batches(const pictures *p, one_window *w, kr_error *err) {
    const kr_forecast_result *r = p->result;
    char folder[PATH_SIZE], path[PATH_SIZE + 64];
    int64_t batch_size = p->request->config.batch_size;
    snprintf(folder, sizeof folder, "./test_results/%s", p->request->now.setting);
    KR_TRY(kr__make_folders(folder, err));
    for (int64_t batch = 0; batch * batch_size < r->n_windows; batch += BATCH_DISTANCE) {
        kr_forecast_window view = view_window(p, batch * batch_size, w);
        snprintf(path, sizeof path, "%s/%jd.pdf", folder, (intmax_t)batch);
        KR_TRY(kr_figure_forecast(path, &view, r->n_channels - 1, err));
    }
    return KR_OK;
}

static kr_status draw_windows(const pictures *p, kr_error *err) {
    one_window w = {.block = NULL};
    kr_status status = make_room(p->result, &w, err);
    if (status == KR_OK) status = draw_forecasts(p, &w, err);
    if (status == KR_OK) status = draw_batches(p, &w, err);
    kr_free(w.block);
    return status;
}

static kr_status draw_all(const void *arg, kr_error *err) {
    const pictures *p = arg;
    KR_TRY(draw_losses(p, err));
    KR_TRY(draw_errors(p, err));
    return draw_windows(p, err);
}

kr_status run_figures_write(const run_request *request, const kr_forecast_result *result,
                            const char *folder, kr_error *err) {
    pictures p = {.request = request, .result = result};
    if (!request->call.has_figures) return KR_OK;
    p.units = request->config.inverse ? "original units" : "scaled";
    snprintf(p.folder, sizeof p.folder, "%s/figures", folder);
    KR_TRY(kr__make_folders(p.folder, err));
    return draw_apart(draw_all, &p, err);
}
