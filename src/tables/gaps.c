/* SPDX-License-Identifier: MIT
 * gaps.c - cells and rows that are missing from a table. */
#include <kr/rows.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/text.h"
#include "tables/calendar.h"
#include "tables/gaps.h"
#include "tables/step_names.h"

enum { MOST_GROWTH = 16 };

typedef struct filler {
    const char *name, *gaps;
    const kr_frequency *frequency;
    kr_table *table;
    kr_gaps_report *report;
    int64_t first_inserted; /* row; -1: none */
    kr_error *err;
} filler;

static kr_status out_of_memory(const filler *f) {
    return kr_fail(f->err, KR_MEMORY, "%s: no memory to fill its gaps", f->name);
}

/* ---- rows --------------------------------------------------------------------------------- */

/* place (n_rows): where each row will be once the missing ones are inserted. */
static kr_status place_rows(const filler *f, int64_t *place) {
    const kr_table *t = f->table;
    char text[KR_DATETIME_TEXT], step[KR__STEP_WORDS];
    for (int64_t i = 0; i < t->n_rows; i++) {
        int64_t before = i > 0 ? place[i - 1] : -1;
        place[i] = kr_frequency_count(f->frequency, t->timestamps[0], t->timestamps[i]);
        if (place[i] > before) continue;
        bool is_off = place[i] < 0 && (i == 0 || t->timestamps[i] > t->timestamps[i - 1]);
        return kr_fail(f->err, KR_FORMAT,
                       "%s: row %" PRId64 ", %s: %s (steps of %s from the first row on)", f->name,
                       i + 1, kr__datetime_text(t->timestamps[i], text),
                       is_off ? "the date does not fit the regular step"
                              : "the dates go back or repeat here; sort the rows, one per date",
                       kr__step_words(f->frequency, t->timestamps, step));
    }
    return KR_OK;
}

/* A table with n_rows, the old rows at their places, NaN between them. */
static kr_status spread_rows(filler *f, const int64_t *place, int64_t n_rows) {
    kr_table *t = f->table;
    size_t n_values;
    if (!kr__size_mul((size_t)n_rows, (size_t)t->n_columns, &n_values)) return out_of_memory(f);
    double *values = kr__calloc(n_values, sizeof *values);
    int64_t *timestamps = kr__calloc((size_t)n_rows, sizeof *timestamps);
    if (!values || !timestamps) {
        kr_free(values);
        kr_free(timestamps);
        return out_of_memory(f);
    }
    for (size_t i = 0; i < n_values; i++) values[i] = (double)NAN;
    for (int64_t row = 0; row < n_rows; row++) {
        timestamps[row] = kr_frequency_add(f->frequency, t->timestamps[0], row);
    }
    for (int64_t i = 0; i < t->n_rows; i++) {
        memcpy(values + place[i] * t->n_columns, t->values + i * t->n_columns,
               (size_t)t->n_columns * sizeof *values);
    }
    kr_free(t->values);
    kr_free(t->timestamps);
    t->values = values;
    t->timestamps = timestamps;
    t->n_rows = n_rows;
    return KR_OK;
}

static kr_status insert_rows(filler *f) {
    kr_table *t = f->table;
    if (!f->frequency || !t->timestamps || t->n_rows < 2) return KR_OK;
    int64_t *place = kr__calloc((size_t)t->n_rows, sizeof *place);
    if (!place) return out_of_memory(f);
    kr_status status = place_rows(f, place);
    int64_t n_rows = place[t->n_rows - 1] + 1, n_before = t->n_rows;
    if (status == KR_OK && n_rows / MOST_GROWTH > n_before) {
        status = kr_fail(f->err, KR_FORMAT,
                         "%s: has %" PRId64 " rows where %" PRId64
                         " are due; too many are missing to be filled",
                         f->name, n_before, n_rows);
    }
    if (status == KR_OK && n_rows > n_before) {
        int64_t row = 0;
        while (place[row + 1] == row + 1) row++;
        f->first_inserted = row + 1;
        f->report->n_rows = n_rows - n_before;
        status = spread_rows(f, place, n_rows);
    }
    kr_free(place);
    return status;
}

/* ---- cells -------------------------------------------------------------------------------- */

/* Marks what is missing, and counts it. *missing stays NULL when nothing is. */
static kr_status find_gaps(filler *f, uint8_t **missing) {
    const kr_table *t = f->table;
    kr_gaps_report *r = f->report;
    int64_t n = t->n_rows * t->n_columns, n_missing = 0, first = -1;
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(t->values[i])) continue;
        if (n_missing++ == 0) first = i;
    }
    if (n_missing == 0) return KR_OK;
    *missing = kr__calloc((size_t)n, 1);
    if (!*missing) return out_of_memory(f);
    for (int64_t i = 0; i < n; i++) (*missing)[i] = isnan(t->values[i]);
    r->n_cells = n_missing - r->n_rows * t->n_columns;
    r->first_row = first / t->n_columns;
    r->first_column = r->first_row == f->first_inserted ? -1 : first % t->n_columns;
    for (int64_t c = 0; c < t->n_columns; c++) {
        int64_t run = 0;
        for (int64_t row = 0; row < t->n_rows; row++) {
            run = (*missing)[row * t->n_columns + c] ? run + 1 : 0;
            if (run > r->longest) r->longest = run;
        }
    }
    return KR_OK;
}

static kr_status refuse(const filler *f) {
    const kr_table *t = f->table;
    const kr_gaps_report *r = f->report;
    char date[KR_DATETIME_TEXT + 4] = "", text[KR_DATETIME_TEXT], column[96] = "is missing";
    if (t->timestamps) {
        snprintf(date, sizeof date, ", %s", kr__datetime_text(t->timestamps[r->first_row], text));
    }
    if (r->first_column >= 0) {
        snprintf(column, sizeof column, "has a gap in column \"%.60s\"", t->names[r->first_column]);
    }
    return kr_fail(f->err, KR_FORMAT,
                   "%s: row %" PRId64 "%s, %s, the first of %" PRId64 " empty cell%s and %" PRId64
                   " missing row%s; fill them with `gaps` linear, ffill or model",
                   f->name, r->first_row + 1, date, column, r->n_cells, kr__plural(r->n_cells),
                   r->n_rows, kr__plural(r->n_rows));
}

/* ---- filling ------------------------------------------------------------------------------ */

/* Rows (after, before) of one column, whose neighbours are known; -1 and n_rows: the ends. */
static void fill_run(double *column, int64_t stride, int64_t after, int64_t before, int64_t n_rows,
                     bool is_linear) {
    double left = after >= 0 ? column[after * stride] : column[before * stride];
    double right = before < n_rows && is_linear ? column[before * stride] : left;
    if (after < 0) left = right = column[before * stride];
    for (int64_t row = after + 1; row < before; row++) {
        double part = (double)(row - after) / (double)(before - after);
        column[row * stride] = left + (right - left) * part;
    }
}

static kr_status fill_column(const filler *f, int64_t c, bool is_linear) {
    kr_table *t = f->table;
    double *column = t->values + c;
    int64_t stride = t->n_columns, last = -1;
    for (int64_t row = 0; row < t->n_rows; row++) {
        if (isnan(column[row * stride])) continue;
        if (row > last + 1) fill_run(column, stride, last, row, t->n_rows, is_linear);
        last = row;
    }
    if (last < 0) {
        return kr_fail(f->err, KR_FORMAT, "%s: column \"%.60s\" has no values at all; leave it out",
                       f->name, t->names[c]);
    }
    if (last + 1 < t->n_rows) fill_run(column, stride, last, t->n_rows, t->n_rows, is_linear);
    return KR_OK;
}

static kr_status fill(filler *f, uint8_t **missing) {
    KR_TRY(insert_rows(f));
    KR_TRY(find_gaps(f, missing));
    if (f->report->first_row < 0) return KR_OK;
    if (strcmp(f->gaps, "refuse") == 0) return refuse(f);
    for (int64_t c = 0; c < f->table->n_columns; c++) {
        KR_TRY(fill_column(f, c, strcmp(f->gaps, "ffill") != 0));
    }
    return KR_OK;
}

kr_status kr__gaps_fill(const char *name, const char *gaps, const kr_frequency *frequency,
                        kr_table *table, uint8_t **missing, kr_gaps_report *report, kr_error *err) {
    filler f = {name, gaps, frequency, table, report, -1, err};
    KR_TRY(kr__text_check_choice("gaps", gaps, KR_GAPS_CHOICES, err));
    *report = (kr_gaps_report){.first_row = -1, .first_column = -1};
    *missing = NULL;
    kr_status status = fill(&f, missing);
    if (status != KR_OK) {
        kr_free(*missing);
        *missing = NULL;
    }
    return status;
}

const char *kr__gaps_share(const kr_gaps_report *report, int64_t n_rows,
                           const kr_frequency *frequency, char text[KR__GAPS_TEXT]) {
    const double many = 0.05;
    char step[KR__STEP_WORDS];
    double share = (double)report->n_rows / (double)n_rows;
    bool has_calendar = kr__frequency_has_calendar(frequency);
    if (report->n_rows == 0 || (!has_calendar && share < many)) return NULL;
    bool are_days = has_calendar && kr__frequency_rows_of_day(frequency) == 1;
    snprintf(text, KR__GAPS_TEXT,
             "%" PRId64 " of %" PRId64
             " rows (%.2g %%) were filled: the dates follow steps of %s, with %s",
             report->n_rows, n_rows, 100 * share, kr__step_words(frequency, NULL, step),
             are_days ? "holidays" : "gaps");
    return text;
}
