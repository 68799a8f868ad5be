/* SPDX-License-Identifier: MIT
 * turned.c - tables in which time runs from left to right. */
#include "tables/turned.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/platform.h"
#include "files/array_internal.h"
#include "tables/column_roles.h"
#include "tables/name_set.h"

typedef struct turning {
    const kr__csv_plan *plan;
    int64_t n_words, n_dates; /* columns; the words come first */
    kr__csv_field *cells;     /* (n_rows, n_words + n_dates), without blanks around them */
    int64_t n_rows, n_left_out;
    size_t room; /* in cells, of rows */
    char **names;
    kr_arena arena;
    kr_error *err;
} turning;

static kr_status out_of_memory(const turning *t) {
    return kr_fail(t->err, KR_MEMORY, "%s: no memory for the table", t->plan->scan.name);
}

static kr__csv_field *row_of(const turning *t, int64_t row) {
    return t->cells + row * (t->n_words + t->n_dates);
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_status add_row(turning *t) {
    enum { MOST_CELLS = 1 << 26 };
    size_t n = (size_t)(t->n_words + t->n_dates);
    if (t->n_rows >= MOST_CELLS / (int64_t)n) {
        return kr_fail(t->err, KR_FORMAT,
                       "%s: its columns are dates and its rows series, in more than %d cells; turn "
                       "the table: a row for each date, a column for each series",
                       t->plan->scan.name, MOST_CELLS);
    }
    kr__csv_field *cells = kr__grow(t->cells, &t->room, (size_t)t->n_rows + 1, n * sizeof *cells);
    if (!cells) return out_of_memory(t);
    t->cells = cells;
    memset(row_of(t, t->n_rows++), 0, n * sizeof *cells);
    return KR_OK;
}

/* The row at s becomes the last one, which goes again if it has no value. */
static kr_status take_row(turning *t, kr__csv_scan *s) {
    int64_t n = t->n_words + t->n_dates, line = s->line;
    bool is_last = false, has_value = false;
    KR_TRY(add_row(t));
    int64_t k = 0;
    for (; !is_last; k++) {
        kr__csv_field f;
        KR_TRY(kr__csv_take_field(s, &f, &is_last));
        f = kr__csv_trim(f);
        if (k < n) row_of(t, t->n_rows - 1)[k] = f;
        has_value = has_value || (k >= t->n_words && k < n && f.size > 0);
    }
    s->line++;
    if (!has_value) {
        t->n_rows--;
        t->n_left_out++;
    } else if (k != n && k != t->plan->n_fields) {
        return kr_fail(t->err, KR_FORMAT,
                       "%s:%" PRId64 ": has %" PRId64 " fields where the header has %" PRId64,
                       s->name, line, k, t->plan->n_fields);
    }
    return KR_OK;
}

static kr_status take_rows(turning *t) {
    kr__csv_scan s = t->plan->scan;
    for (kr__csv_skip_blank_lines(&s); s.at < s.end; kr__csv_skip_blank_lines(&s)) {
        KR_TRY(take_row(t, &s));
    }
    if (t->n_rows > 0) return KR_OK;
    return kr_fail(t->err, KR_FORMAT,
                   "%s: its columns are dates and its rows series, and no row has a value", s.name);
}

/* ---- names ------------------------------------------------------------------------------ */

static char *join_words(turning *t, const char *name, kr__csv_field f) {
    char *word = kr__csv_copy_name(&t->arena, f);
    if (!word || !*name || !*word) return word && *name ? (char *)(uintptr_t)name : word;
    size_t size = strlen(name) + strlen(word) + 2;
    char *joined = kr__arena_alloc(&t->arena, size, 1);
    if (joined) snprintf(joined, size, "%s %s", name, word);
    return joined;
}

/* joined: the names with the words of column c behind them; how many of them differ. */
static kr_status join_column(turning *t, int64_t c, char **joined, int64_t *n_different) {
    kr__name_set set = {.n = 0};
    bool has_room = true;
    for (int64_t row = 0; row < t->n_rows && has_room; row++) {
        joined[row] = join_words(t, t->names[row], row_of(t, row)[c]);
        has_room = joined[row] && kr__name_set_add(&set, joined[row]) >= 0;
    }
    *n_different = set.n;
    kr__name_set_deinit(&set);
    return has_room ? KR_OK : out_of_memory(t);
}

/* From left to right, of columns of words those that tell more rows apart. */
static kr_status name_rows(turning *t) {
    int64_t n_best = t->n_rows > 1; /* one row needs a name, too */
    size_t n = (size_t)t->n_rows;
    char **joined = kr__arena_alloc(&t->arena, n, sizeof *joined);
    t->names = kr__arena_alloc(&t->arena, n, sizeof *t->names);
    if (!joined || !t->names) return out_of_memory(t);
    for (size_t i = 0; i < n; i++) t->names[i] = "";
    for (int64_t c = 0; c < t->n_words && n_best < t->n_rows; c++) {
        int64_t n_different;
        KR_TRY(join_column(t, c, joined, &n_different));
        if (n_different <= n_best) continue;
        n_best = n_different;
        memcpy(t->names, joined, n * sizeof *joined);
    }
    return KR_OK;
}

/* ---- lines ------------------------------------------------------------------------------ */

static kr_status put_header(turning *t, kr__made_text *made) {
    KR_TRY(kr__made_cell(made, "date", 4, t->err));
    for (int64_t row = 0; row < t->n_rows; row++) {
        const char *name = *t->names[row] ? t->names[row] : "value";
        KR_TRY(kr__made_cell(made, name, strlen(name), t->err));
    }
    return kr__made_line_end(made, t->err);
}

static kr_status put_date(turning *t, int64_t k, kr__made_text *made) {
    kr__csv_field date = kr__wide_date(t->plan->reading.columns[t->n_words + k].name);
    KR_TRY(kr__made_cell(made, date.text, date.size, t->err));
    for (int64_t row = 0; row < t->n_rows; row++) {
        kr__csv_field f = row_of(t, row)[t->n_words + k];
        KR_TRY(kr__made_cell(made, f.text, f.size, t->err));
    }
    return kr__made_line_end(made, t->err);
}

/* Of a year, "2019-01" and a value a line. Months at its end without one are still to come, or will
 * be missed. */
static kr_status put_months(turning *t, const kr__csv_field *cells, kr__made_text *made) {
    enum { YEAR = 16 };
    int n_year = cells[0].size < YEAR ? (int)cells[0].size : YEAR;
    int64_t n = t->n_dates;
    while (n > 0 && kr__cell_kind_of(cells[n]) == KR__CELL_GAP) n--;
    for (int64_t m = 1; m <= n; m++) {
        char date[YEAR + 8];
        int size =
            snprintf(date, sizeof date, "%.*s-%02d", n_year, n_year ? cells[0].text : "", (int)m);
        KR_TRY(kr__made_cell(made, date, (size_t)size, t->err));
        KR_TRY(kr__made_cell(made, cells[m].text, cells[m].size, t->err));
        KR_TRY(kr__made_line_end(made, t->err));
    }
    return KR_OK;
}

static kr_status put_years(turning *t, kr__made_text *made) {
    KR_TRY(kr__made_cell(made, "date", 4, t->err));
    KR_TRY(kr__made_cell(made, "value", 5, t->err));
    KR_TRY(kr__made_line_end(made, t->err));
    for (int64_t row = 0; row < t->n_rows; row++) {
        KR_TRY(put_months(t, row_of(t, row), made));
    }
    return KR_OK;
}

static kr_status put_all(turning *t, kr__made_text *made) {
    KR_TRY(take_rows(t));
    if (t->plan->reading.wide.are_months) return put_years(t, made);
    KR_TRY(name_rows(t));
    KR_TRY(put_header(t, made));
    for (int64_t k = 0; k < t->n_dates; k++) KR_TRY(put_date(t, k, made));
    return KR_OK;
}

kr_status kr__turn(const kr__csv_plan *plan, kr__made_text *made, int64_t *n_left_out,
                   kr_error *err) {
    turning t = {.plan = plan,
                 .n_words = plan->reading.wide.first,
                 .n_dates = plan->reading.wide.n_dates,
                 .err = err};
    kr_status status = put_all(&t, made);
    *n_left_out = t.n_left_out;
    kr_free(t.cells);
    kr__arena_deinit(&t.arena);
    return status;
}
