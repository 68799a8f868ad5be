/* SPDX-License-Identifier: MIT
 * fit_figures.h - pictures of a fit's forecasts: of one series, or a sheet of several of a panel.
 */
#ifndef KRAIT_FIT_FIGURES_H
#define KRAIT_FIT_FIGURES_H

#include "fit/fit_command.h"
#include "predict/predict_command.h"

/* ---- fit_picture.c ------------------------------------------------------------------------ */

/* A forecast with the last held-out stretch before it. */
typedef struct fit_picture {
    predict_picture picture;
    kr__fit_held_step *steps; /* (horizon) */
    double *values;           /* (1 + 2 n_levels of the forecast, horizon, n_channels) */
} fit_picture;

/* Of a series of held->data; the job's history has the same rows. */
kr_status fit_picture_init(const kr__fit_held_out *held, const predict_job *job,
                           const kr_prediction *p, int64_t series, fit_picture *out, kr_error *err);
void fit_picture_deinit(fit_picture *picture);

/* ---- fit_sheet.c -------------------------------------------------------------------------- */

enum { FIT_SHEET_ROWS = 3, FIT_SHEET = 3 * FIT_SHEET_ROWS, FIT_SHEET_NAME = 200 };

/* The best, median and worst targets by their MASE on the windows that judge (or choose, where
 * there are no others); all where they are few. */
typedef struct fit_sheet {
    const kr__fit_held_out *held;
    int n;
    struct {
        int64_t target;
        char name[FIT_SHEET_NAME];
        bool is_seen;
        kr_forecast_window window;
    } panels[FIT_SHEET];
    int64_t n_ranked; /* targets with a MASE */
    kr_arena arena;   /* of the windows */
} fit_sheet;

kr_status fit_sheet_init(fit_sheet *sheet, const kr__fit_held_out *held, kr_error *err);
void fit_sheet_deinit(fit_sheet *sheet);
/* A forecast of one of the series: kept if it is on the sheet. */
kr_status fit_sheet_see(fit_sheet *sheet, const predict_job *job, const kr_prediction *p,
                        kr_error *err);
kr_status fit_sheet_draw(const fit_sheet *sheet, const char *path, kr_error *err);

/* ---- fit_forecast.c ----------------------------------------------------------------------- */

/* What comes behind the rows of a fit, by the program's own predict, with a figure that also shows
 * what was held out. */
typedef struct fit_future {
    predict_request *request; /* its watcher is set here */
    const kr__fit_held_out *held;
    const char *figure; /* its path; NULL: none is drawn */
} fit_future;
kr_status fit_foresee(const fit_future *future, kr_error *err);

#endif
