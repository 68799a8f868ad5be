/* SPDX-License-Identifier: MIT
 * rows_memory.c - rows from a program's memory: all of it is checked, then borrowed or copied. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "tables/name_set.h"
#include "tables/rows_internal.h"

static kr_status out_of_memory(const char *name, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory for its rows", name);
}

typedef struct taking {
    const kr_rows_memory *memory;
    const char *name;
    kr_rows *rows;
    kr_error *err;
} taking;

static kr_status check_shape(const taking *t) {
    const kr_rows_memory *m = t->memory;
    size_t n = 0;
    if (m->n_rows < 1 || m->n_columns < 1 || !m->values) {
        return kr_fail(t->err, KR_SHAPE,
                       "%s: %" PRId64 " rows of %" PRId64
                       " columns%s; there must be a row and a column",
                       t->name, m->n_rows, m->n_columns, m->values ? "" : ", without values");
    }
    if (!kr__size_mul((size_t)m->n_rows, (size_t)m->n_columns, &n) ||
        !kr__size_mul(n, sizeof *m->values, &n) || n > (size_t)PTRDIFF_MAX) {
        return kr_fail(t->err, KR_SHAPE,
                       "%s: %" PRId64 " rows of %" PRId64 " columns are more than memory can hold",
                       t->name, m->n_rows, m->n_columns);
    }
    if (m->n_series >= 0) return KR_OK;
    return kr_fail(t->err, KR_SHAPE, "%s: %" PRId64 " series; 0 means a single one", t->name,
                   m->n_series);
}

/* Every row is of one series. */
static kr_status check_series(const taking *t) {
    const kr_rows_memory *m = t->memory;
    int64_t n = 0;
    if (m->n_series == 0) return KR_OK;
    if (!m->series || !m->series_rows) {
        return kr_fail(t->err, KR_USAGE,
                       "%s: its %" PRId64 " series need names and numbers of rows", t->name,
                       m->n_series);
    }
    for (int64_t i = 0; i < m->n_series; i++) {
        if (m->series_rows[i] < 1 || m->series_rows[i] > m->n_rows - n) {
            return kr_fail(
                t->err, KR_SHAPE,
                "%s: series %" PRId64 " of %" PRId64 " has %" PRId64 " rows, where %" PRId64
                " of all %" PRId64 " are left; each needs 1 or more",
                t->name, i + 1, m->n_series, m->series_rows[i], m->n_rows - n, m->n_rows);
        }
        n += m->series_rows[i];
    }
    if (n == m->n_rows) return KR_OK;
    return kr_fail(t->err, KR_SHAPE,
                   "%s: its %" PRId64 " series have %" PRId64
                   " rows together, and there are %" PRId64 "; every row must be of a series",
                   t->name, m->n_series, n, m->n_rows);
}

/* Copies names, which must all differ: columns and series are found by name. */
static kr_status copy_names(const taking *t, const char *const *from, int64_t n, const char *what,
                            char **to) {
    kr__name_set set = {0};
    kr_status status = KR_OK;
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        if (!from[i]) {
            status = kr_fail(t->err, KR_USAGE, "%s: %s %" PRId64 " of %" PRId64 " has no name",
                             t->name, what, i + 1, n);
            break;
        }
        to[i] = kr__arena_strdup(&t->rows->arena, from[i]);
        int64_t number = to[i] ? kr__name_set_add(&set, to[i]) : -1;
        if (number < 0) status = out_of_memory(t->name, t->err);
        if (number >= 0 && number < i) {
            status = kr_fail(t->err, KR_FORMAT,
                             "%s: %s %" PRId64 " and %s %" PRId64
                             " are both called \"%.60s\"; give them different names",
                             t->name, what, number + 1, what, i + 1, from[i]);
        }
    }
    kr__name_set_deinit(&set);
    return status;
}

static kr_status number_columns(const taking *t) {
    for (int64_t c = 0; c < t->rows->n_columns; c++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRId64, c);
        t->rows->columns[c] = kr__arena_strdup(&t->rows->arena, number);
        if (!t->rows->columns[c]) return out_of_memory(t->name, t->err);
    }
    return KR_OK;
}

static kr_status take_names(const taking *t) {
    const kr_rows_memory *m = t->memory;
    kr_rows *rows = t->rows;
    KR_TRY(m->columns ? copy_names(t, m->columns, m->n_columns, "column", rows->columns)
                      : number_columns(t));
    for (int64_t i = 0; i < m->n_series; i++) {
        rows->start[i + 1] = rows->start[i] + m->series_rows[i];
    }
    rows->start[rows->n_series] = m->n_rows;
    return copy_names(t, m->series, m->n_series, "series", rows->series);
}

static kr_status check_values(const taking *t) {
    const kr_rows_memory *m = t->memory;
    for (int64_t i = 0; i < m->n_rows * m->n_columns; i++) {
        if (!isinf(m->values[i])) continue;
        return kr_fail(t->err, KR_FORMAT,
                       "%s: row %" PRId64
                       ", column \"%.60s\": the value is infinite; use NaN for one that is "
                       "missing",
                       t->name, i / m->n_columns + 1, t->rows->columns[i % m->n_columns]);
    }
    return KR_OK;
}

static kr_status take_values(const taking *t) {
    const kr_rows_memory *m = t->memory;
    kr_rows *rows = t->rows;
    rows->n_rows = m->n_rows;
    rows->values = m->values;
    rows->dates = m->dates;
    if (m->is_borrowed) return KR_OK;
    if (!kr__rows_make_room(rows, m->n_rows, m->dates != NULL)) {
        return out_of_memory(t->name, t->err);
    }
    size_t n = (size_t)(m->n_rows * m->n_columns);
    memcpy(rows->own_values, m->values, n * sizeof *rows->own_values);
    if (m->dates) memcpy(rows->own_dates, m->dates, (size_t)m->n_rows * sizeof *m->dates);
    return KR_OK;
}

static kr_status take_memory(const taking *t) {
    KR_TRY(take_names(t));
    KR_TRY(check_values(t));
    KR_TRY(take_values(t));
    return kr__rows_check_dates(t->rows, t->err);
}

kr_status kr_rows_from_memory(const kr_rows_memory *memory, kr_rows **out, kr_error *err) {
    if (memory->size != sizeof *memory) {
        return kr_fail(err, KR_USAGE, "kr_rows_memory: size is not sizeof(kr_rows_memory)");
    }
    taking t = {.memory = memory, .name = memory->name ? memory->name : "the rows", .err = err};
    KR_TRY(check_shape(&t));
    KR_TRY(check_series(&t));
    bool has_series = memory->n_series > 0;
    t.rows =
        kr__rows_start(t.name, memory->n_columns, has_series ? memory->n_series : 1, has_series);
    if (!t.rows) return out_of_memory(t.name, err);
    kr_status status = take_memory(&t);
    if (status != KR_OK) {
        kr_rows_destroy(t.rows);
        return status;
    }
    *out = t.rows;
    return KR_OK;
}
