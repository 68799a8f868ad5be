/* SPDX-License-Identifier: MIT
 * rows_gaps.c - fills gaps of rows, series by series. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "tables/calendar.h"
#include "tables/gaps.h"
#include "tables/rows_internal.h"

/* Each series is filled as a separate table; then all are joined again. */
typedef struct filling {
    kr_rows *rows;
    const char *gaps;
    const kr_frequency *frequency;
    kr_gaps_report *report;
    kr_table *tables;    /* n_series; their names are those of the rows */
    uint8_t **is_filled; /* n_series */
    kr_error *err;
} filling;

static kr_status out_of_memory(const filling *f) {
    return kr_fail(f->err, KR_MEMORY, "%s: no memory to fill its gaps", f->rows->name);
}

static void add_report(kr_gaps_report *all, const kr_gaps_report *one) {
    if (all->first_row < 0) {
        all->first_row = one->first_row;
        all->first_column = one->first_column;
    }
    all->n_rows += one->n_rows;
    all->n_cells += one->n_cells;
    if (one->longest > all->longest) all->longest = one->longest;
}

/* ---- taken apart ------------------------------------------------------------------------ */

/* A single series lends its values and dates; several get copies. */
static kr_status make_table(const filling *f, int64_t i) {
    kr_rows *rows = f->rows;
    kr_table *t = &f->tables[i];
    int64_t first = rows->start[i], n = rows->start[i + 1] - first, width = rows->n_columns;
    *t = (kr_table){.n_rows = n, .n_columns = width, .names = rows->columns};
    if (rows->n_series == 1) {
        t->values = rows->own_values;
        t->timestamps = rows->own_dates;
        rows->own_values = NULL;
        rows->own_dates = NULL;
        return KR_OK;
    }
    t->values = kr__calloc((size_t)n, (size_t)width * sizeof *t->values);
    if (rows->dates) t->timestamps = kr__calloc((size_t)n, sizeof *t->timestamps);
    if (!t->values || (rows->dates && !t->timestamps)) return out_of_memory(f);
    memcpy(t->values, rows->values + first * width, (size_t)(n * width) * sizeof *t->values);
    if (rows->dates) memcpy(t->timestamps, rows->dates + first, (size_t)n * sizeof *rows->dates);
    return KR_OK;
}

static kr_status fill_series(const filling *f, int64_t i) {
    char name[1200];
    kr_gaps_report one;
    KR_TRY(make_table(f, i));
    KR_TRY(kr__gaps_fill(kr__rows_describe(f->rows, i, name, sizeof name), f->gaps, f->frequency,
                         &f->tables[i], &f->is_filled[i], &one, f->err));
    add_report(f->report, &one);
    return KR_OK;
}

/* ---- joined again ----------------------------------------------------------------------- */

static void free_tables(filling *f) {
    for (int64_t i = 0; f->tables && i < f->rows->n_series; i++) {
        kr_free(f->tables[i].values);
        kr_free(f->tables[i].timestamps);
    }
    for (int64_t i = 0; f->is_filled && i < f->rows->n_series; i++) kr_free(f->is_filled[i]);
    kr_free(f->tables);
    kr_free(f->is_filled);
}

static void take_single(filling *f) {
    kr_rows *rows = f->rows;
    kr_table *t = &f->tables[0];
    rows->n_rows = rows->start[1] = t->n_rows;
    rows->values = rows->own_values = t->values;
    rows->dates = rows->own_dates = t->timestamps;
    rows->is_filled = rows->own_is_filled = f->is_filled[0];
    t->values = NULL;
    t->timestamps = NULL;
    f->is_filled[0] = NULL;
}

static void copy_back(const filling *f, int64_t i) {
    kr_rows *rows = f->rows;
    const kr_table *t = &f->tables[i];
    size_t n = (size_t)(t->n_rows * t->n_columns);
    int64_t first = rows->start[i], at = first * rows->n_columns;
    memcpy(rows->own_values + at, t->values, n * sizeof *t->values);
    if (t->timestamps) {
        memcpy(rows->own_dates + first, t->timestamps, (size_t)t->n_rows * sizeof *rows->dates);
    }
    if (f->is_filled[i]) memcpy(rows->own_is_filled + at, f->is_filled[i], n);
}

static kr_status join(filling *f) {
    kr_rows *rows = f->rows;
    bool has_dates = rows->dates != NULL, has_gaps = false;
    for (int64_t i = 0; i < rows->n_series; i++) {
        rows->start[i + 1] = rows->start[i] + f->tables[i].n_rows;
        has_gaps = has_gaps || f->is_filled[i];
    }
    kr_free(rows->own_values);
    kr_free(rows->own_dates);
    rows->own_dates = NULL;
    rows->dates = NULL;
    if (!kr__rows_make_room(rows, rows->start[rows->n_series], has_dates)) return out_of_memory(f);
    if (has_gaps) {
        rows->is_filled = rows->own_is_filled =
            kr__calloc((size_t)rows->n_rows, (size_t)rows->n_columns);
        if (!rows->is_filled) return out_of_memory(f);
    }
    for (int64_t i = 0; i < rows->n_series; i++) copy_back(f, i);
    return KR_OK;
}

/* Is nothing missing? Then series need not be taken apart. */
static bool are_whole(const kr_rows *rows, const kr_frequency *frequency) {
    for (int64_t i = 0; i < rows->n_rows * rows->n_columns; i++) {
        if (isnan(rows->values[i])) return false;
    }
    for (int64_t i = 0; i < rows->n_series && rows->dates && frequency; i++) {
        int64_t first = rows->start[i], n = rows->start[i + 1] - first;
        if (n > 1 && !kr__frequency_are_steps(frequency, n, rows->dates + first)) return false;
    }
    return true;
}

kr_status kr__rows_fill(kr_rows *rows, const char *gaps, const kr_frequency *frequency,
                        kr_gaps_report *report, kr_error *err) {
    size_t n = (size_t)rows->n_series;
    KR_TRY(kr__text_check_choice("gaps", gaps, KR_GAPS_CHOICES, err));
    *report = (kr_gaps_report){.first_row = -1, .first_column = -1};
    if (are_whole(rows, frequency)) return KR_OK;
    filling f = {.rows = rows,
                 .gaps = gaps,
                 .frequency = frequency,
                 .report = report,
                 .tables = kr__calloc(n, sizeof *f.tables),
                 .is_filled = kr__calloc(n, sizeof *f.is_filled),
                 .err = err};
    kr_status status = f.tables && f.is_filled ? KR_OK : out_of_memory(&f);
    for (int64_t i = 0; i < rows->n_series && status == KR_OK; i++) status = fill_series(&f, i);
    if (status == KR_OK && rows->n_series > 1) status = join(&f);
    if (status == KR_OK && rows->n_series == 1) take_single(&f);
    free_tables(&f);
    return status;
}
