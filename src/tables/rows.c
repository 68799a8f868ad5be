/* SPDX-License-Identifier: MIT
 * rows.c - rows as an object: allocating, reading, picking columns. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "tables/name_list.h"
#include "tables/rows_internal.h"

/* ---- making ----------------------------------------------------------------------------- */

kr_rows *kr__rows_start(const char *name, int64_t n_columns, int64_t n_series, bool has_series) {
    kr_rows *rows = kr__calloc(1, sizeof *rows);
    if (!rows) return NULL;
    rows->n_columns = n_columns;
    rows->n_series = n_series;
    rows->name = kr__arena_strdup(&rows->arena, name);
    rows->columns = kr__arena_alloc(&rows->arena, (size_t)n_columns + 1, sizeof *rows->columns);
    rows->start = kr__arena_alloc(&rows->arena, (size_t)n_series + 1, sizeof *rows->start);
    if (has_series) {
        rows->series = kr__arena_alloc(&rows->arena, (size_t)n_series + 1, sizeof *rows->series);
    }
    if (rows->name && rows->columns && rows->start && (rows->series || !has_series)) return rows;
    kr_rows_destroy(rows);
    return NULL;
}

bool kr__rows_make_room(kr_rows *rows, int64_t n_rows, bool has_dates) {
    size_t n = 0;
    if (!kr__size_mul((size_t)n_rows, (size_t)rows->n_columns, &n)) return false;
    rows->n_rows = n_rows;
    rows->values = rows->own_values = kr__calloc(n > 0 ? n : 1, sizeof *rows->own_values);
    if (has_dates) {
        rows->dates = rows->own_dates = kr__calloc((size_t)n_rows, sizeof *rows->own_dates);
    }
    return rows->values && (rows->dates || !has_dates);
}

void kr__rows_drop_values(kr_rows *rows) {
    kr_free(rows->own_values);
    kr_free(rows->own_dates);
    rows->own_values = NULL;
    rows->own_dates = NULL;
    rows->values = NULL;
    rows->dates = NULL;
}

void kr_rows_destroy(kr_rows *rows) {
    if (!rows) return;
    kr_free(rows->own_values);
    kr_free(rows->own_dates);
    kr_free(rows->own_is_filled);
    kr__arena_deinit(&rows->arena);
    kr_free(rows);
}

/* ---- dates ------------------------------------------------------------------------------ */

static kr_status check_series_dates(const kr_rows *rows, int64_t series, kr_error *err) {
    char text[KR_DATETIME_TEXT], name[1200];
    for (int64_t i = rows->start[series]; i < rows->start[series + 1]; i++) {
        int64_t row = i - rows->start[series] + 1;
        if (!*kr__datetime_text(rows->dates[i], text)) {
            return kr_fail(err, KR_FORMAT,
                           "%s: row %" PRId64 ": %" PRId64
                           " is not a date; use microseconds since 1970, in the years 1 to 9999",
                           kr__rows_describe(rows, series, name, sizeof name), row, rows->dates[i]);
        }
        if (row == 1 || rows->dates[i] > rows->dates[i - 1]) continue;
        return kr_fail(
            err, KR_FORMAT,
            "%s: row %" PRId64
            ", %s: the dates go back or repeat here; sort the rows by date, one per date",
            kr__rows_describe(rows, series, name, sizeof name), row, text);
    }
    return KR_OK;
}

kr_status kr__rows_check_dates(const kr_rows *rows, kr_error *err) {
    for (int64_t i = 0; rows->dates && i < rows->n_series; i++) {
        KR_TRY(check_series_dates(rows, i, err));
    }
    return KR_OK;
}

/* ---- looking ---------------------------------------------------------------------------- */

const char *kr_rows_name(const kr_rows *rows) { return rows->name; }
int64_t kr_rows_count(const kr_rows *rows) { return rows->n_rows; }
int64_t kr_rows_column_count(const kr_rows *rows) { return rows->n_columns; }
const char *kr_rows_column(const kr_rows *rows, int64_t column) { return rows->columns[column]; }
const double *kr_rows_values(const kr_rows *rows) { return rows->values; }
const int64_t *kr_rows_dates(const kr_rows *rows) { return rows->dates; }
const char *kr_rows_date_name(const kr_rows *rows) { return rows->date_name; }
const char *kr_rows_zone(const kr_rows *rows) { return rows->zone; }
const char *kr_rows_reading(const kr_rows *rows) { return rows->reading; }
int64_t kr_rows_series_count(const kr_rows *rows) { return rows->n_series; }
int64_t kr_rows_unread_count(const kr_rows *rows) { return rows->n_unread; }
const char *kr_rows_unread(const kr_rows *rows, int64_t i) { return rows->unread[i]; }

const char *kr_rows_series(const kr_rows *rows, int64_t series) {
    return rows->series ? rows->series[series] : NULL;
}

int64_t kr_rows_series_start(const kr_rows *rows, int64_t series) { return rows->start[series]; }

int64_t kr_rows_find(const kr_rows *rows, const char *name) {
    return kr__find_name(rows->columns, rows->n_columns, name);
}

bool kr_rows_is_missing(const kr_rows *rows, int64_t row, int64_t column) {
    return isnan(rows->values[row * rows->n_columns + column]);
}

const char *kr__rows_describe(const kr_rows *rows, int64_t series, char *text, size_t size) {
    snprintf(text, size, rows->series ? "%s, series \"%.60s\"" : "%s", rows->name,
             rows->series ? rows->series[series] : "");
    return text;
}

/* ---- what lies ahead --------------------------------------------------------------------- */

int64_t kr__rows_known(const kr_rows *rows, int64_t series, int64_t first, int64_t n) {
    for (int64_t row = rows->start[series + 1]; row > rows->start[series]; row--) {
        for (int64_t c = first; c < first + n; c++) {
            if (!kr_rows_is_missing(rows, row - 1, c)) return row - rows->start[series];
        }
    }
    return 0;
}

kr_status kr__rows_check_ahead(const kr_rows *rows, int64_t series, int64_t n_known,
                               const kr_frequency *frequency, kr_error *err) {
    const int64_t first = rows->start[series], n = rows->start[series + 1] - first;
    char name[1200], got[KR_DATETIME_TEXT], due[KR_DATETIME_TEXT];
    if (!rows->dates || !frequency || n_known == 0) return KR_OK;
    const int64_t *dates = rows->dates + first;
    for (int64_t i = n_known; i < n; i++) {
        int64_t step = kr_frequency_add(frequency, dates[n_known - 1], i - n_known + 1);
        if (dates[i] == step) continue;
        return kr_fail(err, KR_FORMAT,
                       "%s: row %" PRId64
                       ", %s: of what is known ahead the next step is %s; give all "
                       "steps behind the last value of what is forecast, each once",
                       kr__rows_describe(rows, series, name, sizeof name), i + 1,
                       kr__datetime_text(dates[i], got), kr__datetime_text(step, due));
    }
    return KR_OK;
}

static void move_rows(kr_rows *rows, int64_t from, int64_t to, int64_t n) {
    int64_t width = rows->n_columns;
    memmove(rows->own_values + to * width, rows->own_values + from * width,
            (size_t)(n * width) * sizeof *rows->own_values);
    if (!rows->own_dates) return;
    memmove(rows->own_dates + to, rows->own_dates + from, (size_t)n * sizeof *rows->own_dates);
}

kr_status kr__rows_cut_ahead(kr_rows *rows, int64_t first, int64_t n, const kr_frequency *frequency,
                             kr__ahead *out, kr_error *err) {
    kr__ahead cut = {.fewest = rows->n_rows};
    for (int64_t i = 0; i < rows->n_series; i++) {
        KR_TRY(kr__rows_check_ahead(rows, i, kr__rows_known(rows, i, first, n), frequency, err));
    }
    int64_t to = 0;
    for (int64_t i = 0; i < rows->n_series; i++) {
        int64_t from = rows->start[i], n_rows = rows->start[i + 1] - from,
                n_known = kr__rows_known(rows, i, first, n);
        int64_t n_kept = n_known > 0 ? n_known : n_rows, n_ahead = n_rows - n_kept;
        cut.fewest = n_ahead < cut.fewest ? n_ahead : cut.fewest;
        cut.most = n_ahead > cut.most ? n_ahead : cut.most;
        if (from > to) move_rows(rows, from, to, n_kept);
        rows->start[i] = to;
        to += n_kept;
    }
    rows->n_rows = rows->start[rows->n_series] = to;
    *out = cut;
    return KR_OK;
}

/* ---- picking ---------------------------------------------------------------------------- */

/* But for places, which are those of other rows. */
static bool copy_whole(const kr__whole *from, kr_rows *to) {
    to->whole = kr__arena_alloc(&to->arena, 1, sizeof *to->whole);
    if (!to->whole) return false;
    *to->whole = *from;
    to->whole->places = NULL;
    if (from->why) to->whole->why = kr__arena_strdup(&to->arena, from->why);
    return to->whole->why || !from->why;
}

static bool copy_lists(const kr_rows *from, int64_t first, const int64_t *columns, kr_rows *to) {
    kr_arena *arena = &to->arena;
    for (int64_t c = 0; c < to->n_columns; c++) {
        to->columns[c] = kr__arena_strdup(arena, from->columns[columns[c]]);
        if (!to->columns[c]) return false;
    }
    if (from->date_name) to->date_name = kr__arena_strdup(arena, from->date_name);
    if (from->zone) to->zone = kr__arena_strdup(arena, from->zone);
    if (from->reading) to->reading = kr__arena_strdup(arena, from->reading);
    if ((from->zone && !to->zone) || (from->reading && !to->reading)) return false;
    if (from->whole && !copy_whole(from->whole, to)) return false;
    if (from->n_test) {
        to->n_test = kr__arena_alloc(arena, (size_t)to->n_series, sizeof *to->n_test);
        if (!to->n_test) return false;
        memcpy(to->n_test, from->n_test + first, (size_t)to->n_series * sizeof *to->n_test);
    }
    for (int64_t i = 0; i <= to->n_series; i++) {
        to->start[i] = from->start[first + i] - from->start[first];
    }
    for (int64_t i = 0; to->series && i < to->n_series; i++) {
        to->series[i] = kr__arena_strdup(arena, from->series[first + i]);
        if (!to->series[i]) return false;
    }
    return to->date_name || !from->date_name;
}

static void copy_values(const kr_rows *from, int64_t first_row, const int64_t *columns,
                        kr_rows *to) {
    int64_t width = to->n_columns;
    for (int64_t row = 0; row < to->n_rows; row++) {
        const double *values = from->values + (first_row + row) * from->n_columns;
        for (int64_t c = 0; c < width; c++) to->own_values[row * width + c] = values[columns[c]];
    }
    if (!from->dates) return;
    memcpy(to->own_dates, from->dates + first_row, (size_t)to->n_rows * sizeof *to->own_dates);
}

kr_status kr__rows_pick(const kr_rows *rows, int64_t series, int64_t n, const int64_t *columns,
                        kr_rows **out, kr_error *err) {
    char name[1200];
    bool is_one = series >= 0;
    int64_t first = is_one ? series : 0, n_series = is_one ? 1 : rows->n_series;
    int64_t n_rows = rows->start[first + n_series] - rows->start[first];
    kr_rows *to =
        kr__rows_start(is_one ? kr__rows_describe(rows, series, name, sizeof name) : rows->name, n,
                       n_series, !is_one && rows->series);
    if (!to || !copy_lists(rows, first, columns, to) ||
        !kr__rows_make_room(to, n_rows, rows->dates != NULL)) {
        kr_rows_destroy(to);
        return kr_fail(err, KR_MEMORY, "%s: no memory for its columns", rows->name);
    }
    copy_values(rows, rows->start[first], columns, to);
    *out = to;
    return KR_OK;
}
