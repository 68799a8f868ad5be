/* SPDX-License-Identifier: MIT
 * prediction_table.c - forecasts as CSV. */
#include "forecast/prediction_table.h"

#include <inttypes.h>

#include "core/text.h"
#include "forecast/history_text.h"

static bool is_panel(const kr__prediction_table *t) {
    return kr_forecaster_info_of(t->model)->n_series > 0;
}

void kr__prediction_print_header(const kr__prediction_table *t, FILE *stream) {
    const kr_history *h = t->history;
    const char *date = h->date_name ? h->date_name : "date";
    char level[KR__LEVEL_TEXT], more[KR__LEVEL_TEXT + 8];
    if (is_panel(t)) fputs("series,", stream);
    if (t->has_origin) fputs("origin,", stream);
    kr__csv_write_name(stream, h->timestamps && h->has_frequency ? date : "step", "", t->show);
    for (int64_t k = 0; k < kr_forecaster_info_of(t->model)->n_outputs; k++) {
        const char *column = kr__forecaster_column(t->model, k);
        fputc(',', stream);
        kr__csv_write_name(stream, column, "", t->show);
        for (int j = 0; j < 2 * t->n_levels; j++) {
            kr__level_text(t->levels[j / 2], level);
            snprintf(more, sizeof more, "_%s_%s", j % 2 ? "upper" : "lower", level);
            fputc(',', stream);
            kr__csv_write_name(stream, column, more, t->show);
        }
    }
    fputc('\n', stream);
}

static void print_number(double value, FILE *stream) {
    char text[KR_NUMBER_TEXT];
    fputc(',', stream);
    fputs(kr__text_number(value, text), stream);
}

/* What comes before the numbers of a step. */
static void print_place(const kr__prediction_table *t, const kr_prediction *p, int64_t i,
                        FILE *stream) {
    char date[KR__HISTORY_DATE];
    if (is_panel(t)) {
        kr__csv_write_name(stream, t->history->series ? t->history->series : "", "", t->show);
        fputc(',', stream);
    }
    if (t->has_origin) {
        const char *row = kr__history_row(t->history, p->origin[i / p->n_steps], date);
        kr__csv_write_name(stream, row, "", t->show);
        fputc(',', stream);
    }
    if (p->timestamps) {
        fputs(kr__history_date(t->history, p->timestamps[i], date), stream);
    } else {
        fprintf(stream, "%" PRId64, i % p->n_steps + 1);
    }
}

void kr__prediction_print_rows(const kr__prediction_table *t, const kr_prediction *p,
                               FILE *stream) {
    int64_t size = p->n * p->n_steps * p->n_outputs;
    for (int64_t i = 0; i < p->n * p->n_steps; i++) {
        print_place(t, p, i, stream);
        for (int64_t at = i * p->n_outputs; at < (i + 1) * p->n_outputs; at++) {
            print_number(p->forecast[at], stream);
            for (int j = 0; j < p->n_levels; j++) {
                print_number(p->lower[j * size + at], stream);
                print_number(p->upper[j * size + at], stream);
            }
        }
        fputc('\n', stream);
    }
}
