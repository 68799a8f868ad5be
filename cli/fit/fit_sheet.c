/* SPDX-License-Identifier: MIT
 * fit_sheet.c - a panel's forecasts as one figure: its best, median and worst series. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "fit/fit_figures.h"
#include "framework/drawing.h"

/* ---- which series ------------------------------------------------------------------------- */

typedef struct ranked {
    int64_t target;
    double mase;
} ranked;

/* Of the chosen model on the windows that judge, or on those that choose; NaN: none. */
static double mase_of(const kr__fit_result *r, int64_t target) {
    const kr__study *s = r->study;
    const kr__target *t = &s->targets[target];
    double sum = 0;
    int64_t n = 0;
    for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
        double error = kr__study_error(s, &r->own, w);
        if (s->windows[w].is_verdict != (s->n_verdict > 0) || !isfinite(error)) continue;
        sum += error;
        n++;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* Rising, the order of the table where errors are equal. */
static int compare(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->mase != y->mase) return x->mase < y->mase ? -1 : 1;
    return (x->target > y->target) - (x->target < y->target);
}

static void add_panel(fit_sheet *sheet, const ranked *of, const char *what) {
    const kr__fit_held_out *held = sheet->held;
    const kr__target *t = &held->result->study->targets[of->target];
    const char *series = kr_rows_series(held->data->rows, t->series);
    const char *column =
        held->data->look.n_targets > 1 ? kr_rows_column(held->data->rows, t->column) : "";
    char mase[48] = ""; /* in front of names that may be cut */
    if (!isnan(of->mase)) snprintf(mase, sizeof mase, "%sMASE %.2f: ", what, of->mase);
    sheet->panels[sheet->n].target = of->target;
    snprintf(sheet->panels[sheet->n++].name, FIT_SHEET_NAME, "%s%.70s%s%.70s", mase,
             series ? series : "", *column ? ", " : "", column);
}

static void choose(fit_sheet *sheet, const ranked *order, int64_t n) {
    int64_t middle = (n - FIT_SHEET_ROWS) / 2;
    if (n <= FIT_SHEET) {
        for (int64_t i = 0; i < n; i++) add_panel(sheet, &order[i], "");
        return;
    }
    for (int i = 0; i < FIT_SHEET_ROWS; i++) add_panel(sheet, &order[i], "best, ");
    for (int i = 0; i < FIT_SHEET_ROWS; i++) add_panel(sheet, &order[middle + i], "median, ");
    for (int i = FIT_SHEET_ROWS; i > 0; i--) add_panel(sheet, &order[n - i], "worst, ");
}

/* Series that are too short to be measured are shown only where none is long enough. */
kr_status fit_sheet_init(fit_sheet *sheet, const kr__fit_held_out *held, kr_error *err) {
    const kr__study *s = held->result->study;
    ranked *order = kr__calloc((size_t)s->n_targets + 1, sizeof *order);
    memset(sheet, 0, sizeof *sheet);
    sheet->held = held;
    if (!order) return kr_fail(err, KR_MEMORY, "out of memory for the figure");
    for (int64_t i = 0; i < s->n_targets; i++) {
        double mase = mase_of(held->result, i);
        if (isfinite(mase)) order[sheet->n_ranked++] = (ranked){i, mase};
    }
    qsort(order, (size_t)sheet->n_ranked, sizeof *order, compare);
    int64_t n = sheet->n_ranked;
    for (; sheet->n_ranked == 0 && n < s->n_targets && n < FIT_SHEET; n++) {
        order[n] = (ranked){n, (double)NAN};
    }
    choose(sheet, order, n);
    kr_free(order);
    return KR_OK;
}

void fit_sheet_deinit(fit_sheet *sheet) { kr__arena_deinit(&sheet->arena); }

/* ---- their forecasts ---------------------------------------------------------------------- */

/* One channel of (n, n_channels) numbers; NULL of NULL, or when out of memory. */
static double *copy_channel(fit_sheet *sheet, const double *from, int64_t n, int64_t n_channels,
                            int64_t channel) {
    double *to = from ? kr__arena_alloc(&sheet->arena, (size_t)n + 1, sizeof *to) : NULL;
    for (int64_t i = 0; to && i < n; i++) to[i] = from[i * n_channels + channel];
    return to;
}

static bool copy_window(fit_sheet *sheet, const kr_forecast_window *w, int64_t channel,
                        const char *const *name, kr_forecast_window *out) {
    int64_t c = w->n_channels, n = w->seq_len + w->pred_len, n_levels = w->n_levels;
    *out = *w;
    out->n_channels = 1;
    out->channel_names = name;
    out->model = out->start = NULL;
    out->truth = NULL;
    out->history = copy_channel(sheet, w->history, w->seq_len, c, channel);
    out->forecast = copy_channel(sheet, w->forecast, w->pred_len, c, channel);
    out->lower = copy_channel(sheet, w->lower, n_levels * w->pred_len, c, channel);
    out->upper = copy_channel(sheet, w->upper, n_levels * w->pred_len, c, channel);
    out->held = copy_channel(sheet, w->held, w->held_len, c, channel);
    out->held_lower = copy_channel(sheet, w->held_lower, n_levels * w->held_len, c, channel);
    out->held_upper = copy_channel(sheet, w->held_upper, n_levels * w->held_len, c, channel);
    double *levels = copy_channel(sheet, w->levels, n_levels, 1, 0);
    int64_t *dates = kr__arena_alloc(&sheet->arena, (size_t)n, sizeof *dates);
    if (dates && w->timestamps) memcpy(dates, w->timestamps, (size_t)n * sizeof *dates);
    out->levels = levels;
    out->timestamps = w->timestamps ? dates : NULL;
    return out->history && out->forecast && dates && !out->lower == !w->lower &&
           !out->upper == !w->upper && !out->held == !w->held && !levels == !w->levels &&
           !out->held_lower == !w->held_lower && !out->held_upper == !w->held_upper;
}

static int64_t find_channel(const kr_forecast_window *w, const char *name) {
    for (int64_t k = 0; k < w->n_channels; k++) {
        if (strcmp(w->channel_names[k], name) == 0) return k;
    }
    return -1;
}

static kr_status keep(fit_sheet *sheet, int i, const predict_job *job, const kr_prediction *p,
                      kr_error *err) {
    const kr__target *t = &sheet->held->result->study->targets[sheet->panels[i].target];
    fit_picture f;
    KR_TRY(fit_picture_init(sheet->held, job, p, t->series, &f, err));
    const kr_forecast_window *w = &f.picture.window;
    int64_t channel = find_channel(w, kr_rows_column(sheet->held->data->rows, t->column));
    const char **name = kr__arena_alloc(&sheet->arena, 1, sizeof *name);
    bool is_kept = name != NULL;
    if (name) *name = sheet->panels[i].name;
    if (name && channel >= 0) {
        is_kept = copy_window(sheet, w, channel, name, &sheet->panels[i].window);
        sheet->panels[i].is_seen = is_kept;
    }
    fit_picture_deinit(&f);
    return is_kept ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the figure");
}

kr_status fit_sheet_see(fit_sheet *sheet, const predict_job *job, const kr_prediction *p,
                        kr_error *err) {
    const char *name = job->history->series ? job->history->series : "";
    for (int i = 0; i < sheet->n; i++) {
        const kr__target *t = &sheet->held->result->study->targets[sheet->panels[i].target];
        const char *series = kr_rows_series(sheet->held->data->rows, t->series);
        if (strcmp(series ? series : "", name) == 0) KR_TRY(keep(sheet, i, job, p, err));
    }
    return KR_OK;
}

/* ---- the figure --------------------------------------------------------------------------- */

typedef struct drawing {
    const char *path;
    kr_forecast_sheet sheet;
} drawing;

static kr_status draw(const void *arg, kr_error *err) {
    const drawing *d = arg;
    return kr_figure_forecast_sheet(d->path, &d->sheet, err);
}

kr_status fit_sheet_draw(const fit_sheet *sheet, const char *path, kr_error *err) {
    kr_forecast_window windows[FIT_SHEET];
    char choice[KR_FIT_CHOICE], title[KR_FIT_CHOICE + 40], note[120] = "";
    int64_t n = 0;
    for (int i = 0; i < sheet->n; i++) {
        if (sheet->panels[i].is_seen) windows[n++] = sheet->panels[i].window;
    }
    if (n == 0) return KR_OK;
    snprintf(title, sizeof title, "Forecasts by %s", kr__fit_choice(sheet->held->result, choice));
    if (sheet->n_ranked > FIT_SHEET) {
        snprintf(note, sizeof note,
                 "of %" PRId64 " the three with the least, the middle and the largest errors",
                 sheet->n_ranked);
    }
    const drawing d = {path,
                       {.size = sizeof d.sheet,
                        .title = title,
                        .note = *note ? note : NULL,
                        .n = n,
                        .windows = windows}};
    return draw_apart(draw, &d, err);
}
