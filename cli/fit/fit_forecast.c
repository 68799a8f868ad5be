/* SPDX-License-Identifier: MIT
 * fit_forecast.c - the forecast of `krait fit`: by the program's own predict, with figures that
 * also show how good the model was on the last window that was held out. */
#include <string.h>

#include "core/arena.h"
#include "fit/fit_figures.h"
#include "framework/say.h"
#include "framework/sentence.h"

typedef struct forecasting {
    const fit_request *request;
    const kr__fit_held_out *held;
    fit_sheet sheet; /* of a panel */
} forecasting;

static bool is_panel(const forecasting *f) { return f->held->data->look.n_series > 1; }

static kr_status draw_series(const forecasting *f, const predict_job *job, const kr_prediction *p,
                             kr_error *err) {
    char path[FIT_PATH];
    fit_picture picture;
    KR_TRY(fit_picture_init(f->held, job, p, 0, &picture, err));
    kr_status status = predict_draw_window(fit_path(f->request, "forecast.png", path),
                                           &picture.picture.window, err);
    fit_picture_deinit(&picture);
    return status;
}

static kr_status see_forecast(void *arg, const predict_job *job, const kr_prediction *p,
                              kr_error *err) {
    forecasting *f = arg;
    if (!f->request->call.has_figures) return KR_OK;
    return is_panel(f) ? fit_sheet_see(&f->sheet, job, p, err) : draw_series(f, job, p, err);
}

static void fill_request(const fit_request *r, const kr_rows *rows, predict_request *p) {
    char path[FIT_PATH];
    predict_config *c = &p->config;
    kr__flags_init(command_predict.settings->flags(), c);
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

static kr_status run(forecasting *f, const kr_rows *rows, kr_error *err) {
    char path[FIT_PATH];
    predict_request *p = kr__calloc(1, sizeof *p);
    if (!p) return kr_fail(err, KR_MEMORY, "out of memory for the forecast");
    fill_request(f->request, rows, p);
    p->watcher = (predict_watcher){see_forecast, f};
    kr_status status = predict_run(p, err);
    kr_free(p);
    if (status == KR_SHAPE && *f->request->config.known_future) {
        say(stderr, "krait fit: note: no forecast yet: %s\n",
            sentence_name_flags(err->text, sizeof err->text));
        return KR_OK;
    }
    if (status != KR_OK || !f->request->call.has_figures || !is_panel(f)) return status;
    return fit_sheet_draw(&f->sheet, fit_path(f->request, "forecast.png", path), err);
}

kr_status fit_forecast(const fit_request *r, const kr_rows *rows, const kr__fit_held_out *held,
                       kr_error *err) {
    forecasting *f = kr__calloc(1, sizeof *f);
    if (!f) return kr_fail(err, KR_MEMORY, "out of memory for the forecast");
    f->request = r;
    f->held = held;
    kr_status status = fit_sheet_init(&f->sheet, held, err);
    if (status == KR_OK) status = run(f, rows, err);
    fit_sheet_deinit(&f->sheet);
    kr_free(f);
    return status;
}
