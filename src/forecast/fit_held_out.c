/* SPDX-License-Identifier: MIT
 * fit_held_out.c - what the chosen model said of the last window that was held out, beside what
 * came: numbers for the figures and for held_out.csv. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/csv_writing.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "forecast/fit_results.h"
#include "forecast/history_text.h"

/* ---- the numbers -------------------------------------------------------------------------- */

/* The intervals are those that were known before the last windows, as for the verdict. */
kr_status kr__fit_held_out_init(kr__fit_held_out *h, const kr_fit_data *data,
                                const kr__fit_result *result, kr_error *err) {
    const int64_t *dates = kr_rows_dates(data->rows);
    *h = (kr__fit_held_out){
        .data = data,
        .result = result,
        .are_days = dates && kr__datetime_are_days(kr_rows_count(data->rows), dates)};
    return kr__relative_errors_known(result->study, &result->own, &h->errors, err);
}

void kr__fit_held_out_deinit(kr__fit_held_out *h) { kr__relative_errors_deinit(&h->errors); }

/* Steps whose truth is known: rows that hold nothing but what is known ahead have none. */
static int64_t count_truths(const kr__study *s, int64_t window) {
    int64_t n = 0;
    for (int64_t k = 0; k < s->horizon; k++) n += !isnan(s->truth[window * s->horizon + k]);
    return n;
}

int64_t kr__fit_held_out_window(const kr__fit_held_out *h, int64_t target) {
    const kr__study *s = h->result->study;
    const kr__target *t = &s->targets[target];
    for (int64_t w = t->first_window + t->n_windows - 1; w >= t->first_window; w--) {
        if (!isfinite(h->result->own.mean[w * s->horizon])) return -1;
        if (2 * count_truths(s, w) > s->horizon) return w;
    }
    return -1;
}

static double least_of(const kr__fit_held_out *h, int64_t window) {
    const kr__study *s = h->result->study;
    const kr__target *t = &s->targets[s->windows[window].target];
    for (int64_t i = 0; i <= s->windows[window].origin; i++) {
        if (t->values[i] < 0) return -INFINITY;
    }
    return 0;
}

void kr__fit_held_out_steps(const kr__fit_held_out *h, int64_t window, kr__fit_held_step *out) {
    const kr__fit_result *r = h->result;
    int64_t horizon = r->study->horizon;
    double least = least_of(h, window);
    for (int64_t k = 0; k < horizon; k++) {
        int64_t i = window * horizon + k;
        double mean = r->own.mean[i], spread = r->own.spread[i];
        out[k] = (kr__fit_held_step){.truth = r->study->truth[i], .forecast = fmax(mean, least)};
        for (int j = 0; j < r->levels.n; j++) {
            double level = r->levels.level[j];
            double low = spread * kr__relative_errors_at(&h->errors, k, (1 - level) / 2);
            double high = spread * kr__relative_errors_at(&h->errors, k, (1 + level) / 2);
            out[k].lower[j] = fmax(mean + fmin(low, 0), least);
            out[k].upper[j] = fmax(mean + fmax(high, 0), least);
        }
    }
}

/* ---- held_out.csv ------------------------------------------------------------------------- */

static void write_head(const kr__fit_held_out *h, FILE *to) {
    char level[KR__LEVEL_TEXT];
    fputs("series,column,", to);
    kr__csv_write_own(to, kr_rows_dates(h->data->rows) ? "date" : "row", NULL);
    fputs(",step,truth,forecast", to);
    for (int j = 0; j < 2 * h->result->levels.n; j++) {
        fputc(',', to);
        kr__csv_write_name(to, j % 2 ? "upper_" : "lower_",
                           kr__level_text(h->result->levels.level[j / 2], level), NULL);
    }
    fputc('\n', to);
}

/* The date of a row of a series, as forecast.csv writes it, or its number from 1. */
static void write_row(const kr__fit_held_out *h, int64_t series, int64_t row, FILE *to) {
    const kr_rows *rows = h->data->rows;
    const int64_t *dates = kr_rows_dates(rows);
    const char *zone = kr_rows_zone(rows);
    char date[KR_DATETIME_TEXT], text[2 * KR_DATETIME_TEXT];
    fputc(',', to);
    if (!dates) {
        fprintf(to, "%" PRId64, row + 1);
        return;
    }
    int64_t micros = dates[kr_rows_series_start(rows, series) + row];
    snprintf(text, sizeof text, "%s%.30s",
             kr__datetime_day_text(micros, h->are_days && !zone, date), zone ? zone : "");
    kr__csv_write_name(to, text, "", NULL);
}

static void write_target(const kr__fit_held_out *h, int64_t target, kr__fit_held_step *steps,
                         FILE *to) {
    const kr__study *s = h->result->study;
    const kr__target *t = &s->targets[target];
    int64_t window = kr__fit_held_out_window(h, target);
    const char *series = kr_rows_series(h->data->rows, t->series);
    if (window < 0) return;
    kr__fit_held_out_steps(h, window, steps);
    for (int64_t k = 0; k < s->horizon; k++) {
        kr__csv_write_name(to, series ? series : "", "", NULL);
        fputc(',', to);
        kr__csv_write_name(to, kr_rows_column(h->data->rows, t->column), "", NULL);
        write_row(h, t->series, s->windows[window].origin + 1 + k, to);
        fprintf(to, ",%" PRId64, k + 1);
        kr__csv_write_number(to, steps[k].truth);
        kr__csv_write_number(to, steps[k].forecast);
        for (int j = 0; j < h->result->levels.n; j++) {
            kr__csv_write_number(to, steps[k].lower[j]);
            kr__csv_write_number(to, steps[k].upper[j]);
        }
        fputc('\n', to);
    }
}

kr_status kr__fit_held_out_write(const kr__fit_held_out *h, const char *path, kr_error *err) {
    const kr__study *s = h->result->study;
    kr_file_writer w;
    kr__fit_held_step *steps = kr__calloc((size_t)s->horizon, sizeof *steps);
    if (!steps) return kr_fail(err, KR_MEMORY, "%s: out of memory for the steps", path);
    kr_status status = kr__file_writer_open(path, &w, err);
    if (status == KR_OK) {
        write_head(h, w.stream);
        for (int64_t i = 0; i < s->n_targets; i++) write_target(h, i, steps, w.stream);
        status = kr__file_writer_commit(&w, err);
    }
    kr_free(steps);
    return status;
}
