/* SPDX-License-Identifier: MIT
 * rows_csv.c - the table of a CSV file as rows: of one series or, if rows have ids, divided into
 * the series that they name. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "tables/rows_internal.h"
#include "tables/text_sources.h"

/* ---- long format ------------------------------------------------------------------------ */

typedef struct dealing {
    const kr_table *all;
    kr_rows *rows;
    int64_t *n_dealt; /* n_series: rows that have been put in place */
    kr_error *err;
} dealing;

/* Count the rows of every series, which says where each starts. */
static void place_series(const dealing *d) {
    const kr_table *all = d->all;
    int64_t *start = d->rows->start;
    for (int64_t row = 0; row < all->n_rows; row++) start[all->ids[row] + 1]++;
    for (int64_t i = 0; i < all->n_ids; i++) start[i + 1] += start[i];
}

/* to: where this row of the file went. */
static kr_status check_date(const dealing *d, int64_t row, int64_t to) {
    char text[KR_DATETIME_TEXT];
    int64_t id = d->all->ids[row];
    const int64_t *dates = d->rows->dates;
    if (!dates || to == d->rows->start[id] || dates[to] > dates[to - 1]) return KR_OK;
    return kr_fail(d->err, KR_FORMAT,
                   "%s: row %" PRId64
                   ", %s: the dates of series \"%.60s\" go back or repeat here; sort its rows by "
                   "date, one per date",
                   d->rows->name, row + 1, kr__datetime_text(dates[to], text), d->rows->series[id]);
}

/* In the order of the file. */
static kr_status deal_rows(const dealing *d) {
    const kr_table *all = d->all;
    int64_t width = all->n_columns;
    place_series(d);
    for (int64_t row = 0; row < all->n_rows; row++) {
        int64_t id = all->ids[row], to = d->rows->start[id] + d->n_dealt[id]++;
        memcpy(d->rows->own_values + to * width, all->values + row * width,
               (size_t)width * sizeof *all->values);
        if (all->timestamps) d->rows->own_dates[to] = all->timestamps[row];
        KR_TRY(check_date(d, row, to));
    }
    return KR_OK;
}

static kr_status take_apart(const kr_table *all, kr_rows *rows, kr_error *err) {
    dealing d = {all, rows, kr__calloc((size_t)all->n_ids, sizeof *d.n_dealt), err};
    kr_status status = d.n_dealt && kr__rows_make_room(rows, all->n_rows, all->timestamps != NULL)
                           ? deal_rows(&d)
                           : kr_fail(err, KR_MEMORY, "%s: no memory for its series", rows->name);
    kr_free(d.n_dealt);
    return status;
}

/* ---- a table ---------------------------------------------------------------------------- */

/* Names and lists of names move with the arena that holds them. */
static void take_names(kr_table *table, kr_rows *rows) {
    rows->columns = table->names;
    rows->date_name = table->date_name;
    rows->zone = table->zone;
    rows->unread = table->unread;
    rows->n_unread = table->n_unread;
    if (table->ids) rows->series = table->id_names;
}

/* The arena of the table becomes that of the rows; their own texts are copied there. */
static kr_rows *start_rows(const char *name, kr_table *table) {
    kr_rows *rows = kr__calloc(1, sizeof *rows);
    if (!rows) return NULL;
    int64_t n_series = table->ids ? table->n_ids : 1;
    rows->n_columns = table->n_columns;
    rows->n_series = n_series;
    rows->arena = table->arena;
    table->arena = (kr_arena){NULL};
    rows->name = kr__arena_strdup(&rows->arena, name);
    rows->start = kr__arena_alloc(&rows->arena, (size_t)n_series + 1, sizeof *rows->start);
    take_names(table, rows);
    rows->reading = kr__reading_text(table->reading, &rows->arena);
    if (rows->name && rows->start && rows->reading) return rows;
    kr_rows_destroy(rows);
    return NULL;
}

kr_status kr__rows_take(const char *name, kr_table *table, kr_rows **out, kr_error *err) {
    kr_rows *rows = start_rows(name, table);
    kr_status status = rows ? KR_OK : kr_fail(err, KR_MEMORY, "%s: no memory for its series", name);
    if (rows && table->ids) {
        status = take_apart(table, rows, err);
    } else if (rows) {
        rows->n_rows = rows->start[1] = table->n_rows;
        rows->values = rows->own_values = table->values;
        rows->dates = rows->own_dates = table->timestamps;
        table->values = NULL;
        table->timestamps = NULL;
    }
    kr__table_destroy(table);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

kr__given kr__rows_given(const kr_rows_options *o) {
    return (kr__given){.delimiter = o->delimiter,
                       .decimal = o->decimal,
                       .thousands = o->thousands,
                       .date_format = o->date_format,
                       .header = o->header,
                       .categories = o->categories,
                       .sort = o->sort,
                       .repeats = o->repeats,
                       .timezone = o->timezone,
                       .missing = o->missing,
                       .sheet = o->sheet,
                       .last = o->last,
                       .reading = o->reading};
}

/* What was given is never ignored. */
kr_status kr__rows_refuse_reading(const char *path, const char *what, const kr_rows_options *o,
                                  kr_error *err) {
    const struct {
        bool is_given;
        const char *name;
    } all[] = {
#define KR_STR(group, name, default_value, choices, word, traits, help)                            \
    {o->name && *o->name, #name},
#define KR_INT(group, name, default_value, low, high, word, traits, help) {o->name != 0, #name},
#include "tables/reading_flags.inc"
#undef KR_STR
#undef KR_INT
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i].is_given) continue;
        return kr_fail(err, KR_USAGE, "%s: is %s, which has no use for `%s`; leave it out", path,
                       what, all[i].name);
    }
    return KR_OK;
}

/* ---- the reader ------------------------------------------------------------------------- */

/* Rows may be left out of order, and then they are refused. A panel was looked at as it was dealt.
 */
static bool do_rise(const kr_rows *rows) {
    int64_t i = 1;
    if (!rows->dates || rows->series) return true;
    while (i < rows->n_rows && rows->dates[i] > rows->dates[i - 1]) i++;
    return i >= rows->n_rows;
}

static kr_status open_rows(const char *path, const kr_rows_options *options, kr_rows **out,
                           kr_error *err) {
    const kr_csv_options csv = {.date_column = options->date_column,
                                .id_column = options->id_column,
                                .keeps_gaps = options->keeps_gaps,
                                .columns = options->columns,
                                .n_columns = options->n_columns,
                                .leaves_out = options->leaves_out,
                                .needed = options->needed,
                                .n_needed = options->n_needed,
                                .team = options->team,
                                .asks_for_series = true,
                                .has_blocks = true,
                                .order = KR__ORDER_STRICT,
                                .given = kr__rows_given(options)};
    kr_table *table = NULL;
    kr_rows *rows = NULL;
    KR_TRY(kr__csv_read(path, &csv, &table, err));
    KR_TRY(kr__rows_take(path, table, &rows, err));
    kr_status status = do_rise(rows) ? KR_OK : kr__rows_check_dates(rows, err);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

const kr__reader kr__reader_csv = {.name = "csv",
                                   .extensions = KR__TABLE_ENDINGS,
                                   .uses = KR__READS_IDS | KR__READS_COLUMNS | KR__READS_TEXT,
                                   .open = open_rows};
