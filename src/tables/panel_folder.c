/* SPDX-License-Identifier: MIT
 * panel_folder.c - the CSV files of a folder as the series of a panel. */
#include <inttypes.h>
#include <kr/datetime.h>
#include <kr/platform.h>
#include <kr/text.h>
#include <stdio.h>
#include <string.h>

#include "tables/panel.h"

typedef struct folder {
    const char *path;
    const kr_csv_options *options;
    kr__panel *panel;
    kr_error *err;
} folder;

static kr_status out_of_memory(const folder *f) {
    return kr_fail(f->err, KR_MEMORY, "%s: no memory for its series", f->path);
}

/* The files to read, and the series' names: the same without endings. */
static kr_status list_files(const folder *f, kr_arena *arena, char ***files) {
    kr__panel *panel = f->panel;
    int64_t n_names = 0, n = 0;
    KR_TRY(kr_folder_list(f->path, arena, files, &n_names, f->err));
    if (!kr__panel_init(panel, n_names, true, false)) return out_of_memory(f);
    for (int64_t i = 0; i < n_names; i++) {
        char *file = (*files)[i];
        bool is_packed = kr_text_ends(file, ".csv.gz");
        if (!is_packed && !kr_text_ends(file, ".csv")) continue;
        char *name = kr_arena_strdup(&panel->arena, file);
        if (!name) return out_of_memory(f);
        name[strlen(name) - (is_packed ? 7 : 4)] = '\0';
        panel->names[n] = name;
        (*files)[n++] = file;
    }
    panel->n = n;
    if (n > 0) return KR_OK;
    return kr_fail(f->err, KR_IO,
                   "%s: is a folder without a .csv file; name a file, or a folder that holds one "
                   "for each series",
                   f->path);
}

static kr_status check_dates(const folder *f, const char *path, const kr_table *t) {
    char text[KR_DATETIME_TEXT];
    if ((t->timestamps != NULL) != (f->panel->header->timestamps != NULL)) {
        return kr_fail(
            f->err, KR_FORMAT,
            "%s: has %s column of dates, and %.60s.csv has %s; all series of a panel need "
            "the same columns",
            path, t->timestamps ? "a" : "no", f->panel->names[0], t->timestamps ? "none" : "one");
    }
    for (int64_t i = 1; t->timestamps && i < t->n_rows; i++) {
        if (t->timestamps[i] > t->timestamps[i - 1]) continue;
        return kr_fail(f->err, KR_FORMAT,
                       "%s: row %" PRId64
                       ", %s: the dates go back or repeat here; sort the rows by "
                       "date, one a date",
                       path, i + 1, kr_datetime_text(t->timestamps[i], text));
    }
    return KR_OK;
}

static kr_status check_columns(const folder *f, const char *path, const kr_table *header,
                               const kr_table *t) {
    for (int64_t c = 0; c < header->n_columns; c++) {
        if (kr_table_find(t, header->names[c]) >= 0) continue;
        return kr_fail(
            f->err, KR_FORMAT,
            "%s: has no column \"%.60s\", which %.60s.csv has; all series of a panel need "
            "the same columns",
            path, header->names[c], f->panel->names[0]);
    }
    if (t->n_columns == header->n_columns) return KR_OK;
    return kr_fail(f->err, KR_FORMAT,
                   "%s: has columns that %.60s.csv has not; all series of a panel need the same "
                   "columns, so leave the others out with `drop_columns`",
                   path, f->panel->names[0]);
}

/* The columns of t into the order of the header. */
static kr_status arrange_columns(const folder *f, const kr_table *header, kr_table *t) {
    int64_t n = t->n_columns, *from = kr_calloc((size_t)n, sizeof *from);
    double *row = kr_calloc((size_t)n, sizeof *row);
    kr_status status = from && row ? KR_OK : out_of_memory(f);
    for (int64_t c = 0; status == KR_OK && c < n; c++) from[c] = kr_table_find(t, header->names[c]);
    for (int64_t i = 0; status == KR_OK && i < t->n_rows; i++) {
        double *values = t->values + i * n;
        memcpy(row, values, (size_t)n * sizeof *row);
        for (int64_t c = 0; c < n; c++) values[c] = row[from[c]];
    }
    kr_free(from);
    kr_free(row);
    return status;
}

static kr_status read_file(const folder *f, const char *file, int64_t i) {
    char path[1024];
    kr__panel *panel = f->panel;
    kr_path_join(f->path, file, path, sizeof path);
    KR_TRY(kr_csv_read(path, f->options, &panel->tables[i], f->err));
    if (i == 0) {
        panel->header = panel->tables[0];
    } else {
        KR_TRY(check_columns(f, path, panel->header, panel->tables[i]));
        KR_TRY(arrange_columns(f, panel->header, panel->tables[i]));
    }
    return check_dates(f, path, panel->tables[i]);
}

kr_status kr__panel_read_folder(const char *path, const kr_csv_options *options, kr__panel *panel,
                                kr_error *err) {
    const folder f = {path, options, panel, err};
    kr_arena arena = {0};
    char **files = NULL;
    kr_status status = list_files(&f, &arena, &files);
    for (int64_t i = 0; status == KR_OK && i < panel->n; i++) status = read_file(&f, files[i], i);
    kr_arena_deinit(&arena);
    return status;
}
