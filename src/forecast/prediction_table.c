/* SPDX-License-Identifier: MIT
 * prediction_table.c - forecasts as CSV. */
#include "forecast/prediction_table.h"

#include <inttypes.h>

#include "core/text.h"
#include "forecast/history_text.h"

static bool is_panel(const kr__prediction_table *t) {
    return kr_forecaster_info_of(t->model)->n_series > 0;
}

/* Bounds as they follow the forecast: of each level the lower and the upper one; or all in the
 * order of their size, with the forecast in the middle. n_levels * 2, or one more. */
typedef struct bound {
    int level; /* -1: the forecast itself */
    bool is_upper;
} bound;

static int count_bounds(const kr__prediction_table *t) {
    return 2 * t->n_levels + t->has_quantiles;
}

static bound find_bound(const kr__prediction_table *t, int i) {
    if (!t->has_quantiles) return (bound){i / 2, i % 2};
    int n = t->n_levels;
    return i < n ? (bound){n - 1 - i, false} : (bound){i - n - 1, true}; /* the middle is -1 */
}

static void name_bound(const kr__prediction_table *t, bound b, char *text, size_t size) {
    char level[KR__LEVEL_TEXT];
    if (t->has_quantiles) {
        double p = b.level < 0 ? 0.5 : (1 + (b.is_upper ? 1 : -1) * t->levels[b.level]) / 2;
        snprintf(text, size, "_q%s", kr__level_text(p, level));
    } else {
        kr__level_text(t->levels[b.level], level);
        snprintf(text, size, "_%s_%s", b.is_upper ? "upper" : "lower", level);
    }
}

void kr__prediction_print_header(const kr__prediction_table *t, FILE *stream) {
    const kr_history *h = t->history;
    const char *date = h->date_name ? h->date_name : "date";
    char more[KR__LEVEL_TEXT + 8];
    if (is_panel(t)) fputs("series,", stream);
    if (t->has_origin) fputs("origin,", stream);
    kr__csv_write_name(stream, h->timestamps && h->has_frequency ? date : "step", "", t->show);
    for (int64_t k = 0; k < kr_forecaster_info_of(t->model)->n_outputs; k++) {
        const char *column = kr__forecaster_column(t->model, k);
        fputc(',', stream);
        kr__csv_write_name(stream, column, "", t->show);
        for (int i = 0; i < count_bounds(t); i++) {
            name_bound(t, find_bound(t, i), more, sizeof more);
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
            for (int j = 0; j < count_bounds(t); j++) {
                const bound b = find_bound(t, j);
                const double *values = b.level < 0  ? p->forecast
                                       : b.is_upper ? p->upper + b.level * size
                                                    : p->lower + b.level * size;
                print_number(values[at], stream);
            }
        }
        fputc('\n', stream);
    }
}
