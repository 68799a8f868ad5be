/* SPDX-License-Identifier: MIT
 * rows_folder.c - the CSV files of a folder, one series each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "core/text.h"
#include "tables/rows_internal.h"

typedef struct folder {
    const char *path;
    kr_csv_options csv;
    kr_team *team; /* hears what is special about a file */
    kr_arena arena;
    char **files, **names; /* n: of the files, and the same without endings */
    kr_table **tables;     /* n */
    int64_t n;
    kr_error *err;
} folder;

static kr_status out_of_memory(const folder *f) {
    return kr_fail(f->err, KR_MEMORY, "%s: no memory for its series", f->path);
}

/* ---- which files ------------------------------------------------------------------------ */

static kr_status list_files(folder *f) {
    int64_t n = 0;
    KR_TRY(kr__folder_list(f->path, &f->arena, &f->files, &n, f->err));
    f->names = kr__arena_alloc(&f->arena, (size_t)n + 1, sizeof *f->names);
    f->tables = kr__arena_alloc(&f->arena, (size_t)n + 1, sizeof *f->tables);
    if (!f->names || !f->tables) return out_of_memory(f);
    for (int64_t i = 0; i < n; i++) {
        char *file = f->files[i];
        bool is_packed = kr__text_ends(file, ".csv.gz");
        if (!is_packed && !kr__text_ends(file, ".csv")) continue;
        char *name = kr__arena_strdup(&f->arena, file);
        if (!name) return out_of_memory(f);
        name[strlen(name) - (is_packed ? 7 : 4)] = '\0';
        f->names[f->n] = name;
        f->files[f->n++] = file;
    }
    if (f->n > 0) return KR_OK;
    return kr_fail(f->err, KR_IO,
                   "%s: is a folder without a .csv file; name a file, or a folder that holds one "
                   "for each series",
                   f->path);
}

/* ---- one file --------------------------------------------------------------------------- */

static kr_status check_dates(const folder *f, const char *path, const kr_table *t) {
    char text[KR_DATETIME_TEXT];
    if ((t->timestamps != NULL) != (f->tables[0]->timestamps != NULL)) {
        return kr_fail(
            f->err, KR_FORMAT,
            "%s: has %s column of dates, and %.60s.csv has %s; all series of a panel need "
            "the same columns",
            path, t->timestamps ? "a" : "no", f->names[0], t->timestamps ? "none" : "one");
    }
    for (int64_t i = 1; t->timestamps && i < t->n_rows; i++) {
        if (t->timestamps[i] > t->timestamps[i - 1]) continue;
        return kr_fail(f->err, KR_FORMAT,
                       "%s: row %" PRId64
                       ", %s: the dates go back or repeat here; sort the rows by date, one per "
                       "date",
                       path, i + 1, kr__datetime_text(t->timestamps[i], text));
    }
    return KR_OK;
}

static kr_status check_columns(const folder *f, const char *path, const kr_table *t) {
    const kr_table *first = f->tables[0];
    for (int64_t c = 0; c < first->n_columns; c++) {
        if (kr__table_find(t, first->names[c]) >= 0) continue;
        return kr_fail(
            f->err, KR_FORMAT,
            "%s: has no column \"%.60s\", which %.60s.csv has; all series of a panel need "
            "the same columns",
            path, first->names[c], f->names[0]);
    }
    if (t->n_columns == first->n_columns) return KR_OK;
    return kr_fail(
        f->err, KR_FORMAT,
        "%s: has columns that %.60s.csv does not have; all series of a panel need the same "
        "columns, so leave the others out with `drop_columns`",
        path, f->names[0]);
}

/* What the first file says settles what others leave open. */
static kr_status take_reading(folder *f) {
    f->csv.given.reading = kr__reading_text(f->tables[0]->reading, &f->arena);
    return f->csv.given.reading ? KR_OK : out_of_memory(f);
}

/* Whatever is read in another way than the first file is said; the zone must be the same. */
static kr_status check_reading(const folder *f, const char *path, const kr_table *t) {
    char first[1500], line[1500];
    const char *zone = f->tables[0]->zone;
    kr__reading_line(f->tables[0]->reading, first, sizeof first);
    kr__reading_line(t->reading, line, sizeof line);
    if (f->team && strcmp(first, line) != 0) {
        kr_team_log(f->team, KR_LOG_NOTE, "%s: read as: %s", path, *line ? line : "plain");
    }
    if ((zone == NULL) == (t->zone == NULL) && (!zone || strcmp(zone, t->zone) == 0)) return KR_OK;
    return kr_fail(
        f->err, KR_FORMAT,
        "%s: its dates %s%s, and those of %.60s.csv %s%s; name one clock for all of them "
        "with `timezone`",
        path, t->zone ? "are on the clock of " : "have no offset from UTC", t->zone ? t->zone : "",
        f->names[0], zone ? "are on that of " : "have none", zone ? zone : "");
}

static kr_status read_file(folder *f, int64_t i) {
    char path[1024];
    kr__path_join(f->path, f->files[i], path, sizeof path);
    if (i == 1) f->csv.team = NULL; /* the others are like the first one */
    KR_TRY(kr__csv_read(path, &f->csv, &f->tables[i], f->err));
    KR_TRY(i == 0 ? take_reading(f) : check_reading(f, path, f->tables[i]));
    KR_TRY(check_columns(f, path, f->tables[i]));
    return check_dates(f, path, f->tables[i]);
}

/* ---- all of them ------------------------------------------------------------------------ */

/* From every file the columns that the first one did not read either, so that similar names can be
 * suggested. */
static bool copy_names(const folder *f, kr_rows *rows) {
    const kr_table *first = f->tables[0];
    kr_arena *arena = &rows->arena;
    for (int64_t c = 0; c < first->n_columns; c++) {
        rows->columns[c] = kr__arena_strdup(arena, first->names[c]);
        if (!rows->columns[c]) return false;
    }
    for (int64_t i = 0; i < f->n; i++) {
        rows->series[i] = kr__arena_strdup(arena, f->names[i]);
        if (!rows->series[i]) return false;
    }
    rows->unread = kr__arena_alloc(arena, (size_t)first->n_unread + 1, sizeof *rows->unread);
    if (!rows->unread) return false;
    for (; rows->n_unread < first->n_unread; rows->n_unread++) {
        char *name = kr__arena_strdup(arena, first->unread[rows->n_unread]);
        if (!name) return false;
        rows->unread[rows->n_unread] = name;
    }
    if (first->date_name) rows->date_name = kr__arena_strdup(arena, first->date_name);
    if (first->zone) rows->zone = kr__arena_strdup(arena, first->zone);
    rows->reading = kr__reading_text(first->reading, arena);
    return (rows->date_name || !first->date_name) && (rows->zone || !first->zone) && rows->reading;
}

/* Append the rows of a table, with the columns in the order of the first table. */
static void add_table(const folder *f, int64_t i, int64_t *column_of, kr_rows *rows) {
    const kr_table *t = f->tables[i];
    int64_t width = rows->n_columns, first = rows->start[i];
    for (int64_t c = 0; c < width; c++) column_of[c] = kr__table_find(t, rows->columns[c]);
    for (int64_t row = 0; row < t->n_rows; row++) {
        double *to = rows->own_values + (first + row) * width;
        for (int64_t c = 0; c < width; c++) to[c] = t->values[row * width + column_of[c]];
    }
    if (!t->timestamps) return;
    memcpy(rows->own_dates + first, t->timestamps, (size_t)t->n_rows * sizeof *t->timestamps);
}

static kr_status join_tables(const folder *f, kr_rows *rows) {
    int64_t *column_of = kr__calloc((size_t)rows->n_columns + 1, sizeof *column_of);
    for (int64_t i = 0; i < f->n; i++) rows->start[i + 1] = rows->start[i] + f->tables[i]->n_rows;
    bool has_room = column_of && copy_names(f, rows) &&
                    kr__rows_make_room(rows, rows->start[f->n], f->tables[0]->timestamps != NULL);
    for (int64_t i = 0; i < f->n && has_room; i++) add_table(f, i, column_of, rows);
    kr_free(column_of);
    return has_room ? KR_OK : out_of_memory(f);
}

static kr_status read_all(folder *f, kr_rows **out) {
    KR_TRY(list_files(f));
    for (int64_t i = 0; i < f->n; i++) KR_TRY(read_file(f, i));
    kr_rows *rows = kr__rows_start(f->path, f->tables[0]->n_columns, f->n, true);
    if (!rows) return out_of_memory(f);
    kr_status status = join_tables(f, rows);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

/* ---- the reader ------------------------------------------------------------------------- */

static bool probe(const char *path, const kr_rows_options *options) {
    (void)path;
    return !options->id_column && !options->pattern;
}

static kr_status open_rows(const char *path, const kr_rows_options *options, kr_rows **out,
                           kr_error *err) {
    folder f = {.path = path,
                .csv = {.date_column = options->date_column,
                        .keeps_gaps = options->keeps_gaps,
                        .asks_for_series = true,
                        .columns = options->columns,
                        .n_columns = options->n_columns,
                        .leaves_out = options->leaves_out,
                        .needed = options->needed,
                        .n_needed = options->n_needed,
                        .team = options->team,
                        .order = KR__ORDER_STRICT,
                        .given = kr__rows_given(options)},
                .team = options->team,
                .err = err};
    if (options->categories && strcmp(options->categories, "onehot") == 0) {
        return kr_fail(
            err, KR_USAGE,
            "%s: `categories` onehot: the words of a column must be known before the "
            "first file of a folder is read; join the files into one, with a column that "
            "names the series",
            path);
    }
    f.csv.given.categories = "off";
    kr_status status = read_all(&f, out);
    for (int64_t i = 0; i < f.n; i++) kr__table_destroy(f.tables[i]);
    kr__arena_deinit(&f.arena);
    return status;
}

const kr__reader kr__reader_folder = {.name = "folder",
                                      .extensions = "",
                                      .uses = KR__READS_COLUMNS | KR__READS_TEXT,
                                      .probe = probe,
                                      .open = open_rows};
