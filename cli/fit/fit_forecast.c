/* SPDX-License-Identifier: MIT
 * fit_forecast.c - the forecast of `krait fit`: by the program's own predict, with figures that
 * also show how good the model was on the last window that was held out. */
#include <string.h>

#include "core/arena.h"
#include "fit/fit_figures.h"
#include "framework/say.h"
#include "framework/sentence.h"

static bool is_panel(const fit_future *f) { return f->held->data->look.n_series > 1; }

static kr_status draw_series(const fit_future *f, const predict_job *job, const kr_prediction *p,
                             kr_error *err) {
    fit_picture picture;
    KR_TRY(fit_picture_init(f->held, job, p, 0, &picture, err));
    kr_status status = predict_draw_window(f->figure, &picture.picture.window, err);
    fit_picture_deinit(&picture);
    return status;
}

typedef struct drawing {
    const fit_future *future;
    fit_sheet sheet; /* of a panel */
} drawing;

static kr_status see_forecast(void *arg, const predict_job *job, const kr_prediction *p,
                              kr_error *err) {
    drawing *d = arg;
    if (!d->future->figure) return KR_OK;
    return is_panel(d->future) ? fit_sheet_see(&d->sheet, job, p, err)
                               : draw_series(d->future, job, p, err);
}

static kr_status foresee(const fit_future *f, drawing *d, kr_error *err) {
    f->request->watcher = (predict_watcher){see_forecast, d};
    KR_TRY(predict_run(f->request, err));
    return f->figure && is_panel(f) ? fit_sheet_draw(&d->sheet, f->figure, err) : KR_OK;
}

kr_status fit_foresee(const fit_future *future, kr_error *err) {
    drawing *d = kr__calloc(1, sizeof *d);
    if (!d) return kr_fail(err, KR_MEMORY, "out of memory for the forecast");
    d->future = future;
    kr_status status = fit_sheet_init(&d->sheet, future->held, err);
    if (status == KR_OK) status = foresee(future, d, err);
    fit_sheet_deinit(&d->sheet);
    kr_free(d);
    return status;
}

/* ---- of a fit ----------------------------------------------------------------------------- */

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
    snprintf(c->shard, sizeof c->shard, "%s", r->config.shard);
    snprintf(c->gaps, sizeof c->gaps, "%s", r->config.gaps);
    snprintf(c->levels, sizeof c->levels, "%s", r->config.levels);
}

kr_status fit_forecast(const fit_request *r, const kr_rows *rows, const kr__fit_held_out *held,
                       kr_error *err) {
    char path[FIT_PATH];
    predict_request *p = kr__calloc(1, sizeof *p);
    if (!p) return kr_fail(err, KR_MEMORY, "out of memory for the forecast");
    fill_request(r, rows, p);
    fit_path(r, "forecast.png", path);
    const fit_future future = {
        .request = p, .held = held, .figure = r->call.has_figures ? path : NULL};
    kr_status status = fit_foresee(&future, err);
    kr_free(p);
    if (status != KR_SHAPE || !*r->config.known_future) return status;
    say(stderr, "krait fit: note: no forecast yet: %s\n",
        sentence_name_flags(err->text, sizeof err->text));
    return KR_OK;
}
