/* SPDX-License-Identifier: MIT
 * umap_columns.c - coordinates of points among the columns of files. */
#include "points/umap_columns.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "framework/json_numbers.h"
#include "framework/program.h"
#include "tables/csv.h"
#include "tables/rows_internal.h"
#include "tables/text_sources.h"

enum { MOST_OTHERS = 2 /* columns that are no coordinates: --color, --label */ };

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the names of columns");
}

/* ---- of the points ---------------------------------------------------------------------- */

static kr_status copy_names(umap_columns *columns, const kr_series *series, kr_error *err) {
    if (!kr_series_name(series, 0)) return KR_OK;
    columns->names = kr__arena_alloc(&columns->arena, (size_t)columns->n_file, sizeof(char *));
    if (!columns->names) return out_of_memory(err);
    for (int64_t i = 0; i < columns->n_file; i++) {
        columns->names[i] = kr__arena_strdup(&columns->arena, kr_series_name(series, i));
        if (!columns->names[i]) return out_of_memory(err);
    }
    return KR_OK;
}

static kr_status make_positions(umap_columns *columns, kr_error *err) {
    columns->position =
        kr__arena_alloc(&columns->arena, (size_t)columns->n_file + 1, sizeof(int64_t));
    if (!columns->position) return out_of_memory(err);
    for (int64_t i = 0; i < columns->n_file; i++) columns->position[i] = i;
    columns->n = columns->n_file;
    return KR_OK;
}

kr_status umap_columns_init_plain(umap_columns *columns, int64_t n, kr_error *err) {
    *columns = (umap_columns){.n_file = n};
    return make_positions(columns, err);
}

kr_status umap_columns_init(umap_columns *columns, const kr_series *series, kr_error *err) {
    KR_TRY(umap_columns_init_plain(columns, kr_series_n_features(series), err));
    return copy_names(columns, series, err);
}

void umap_columns_deinit(umap_columns *columns) { kr__arena_deinit(&columns->arena); }

void umap_columns_leave_out(umap_columns *columns, int64_t position) {
    int64_t kept = 0;
    for (int64_t i = 0; i < columns->n; i++) {
        if (columns->position[i] != position) columns->position[kept++] = columns->position[i];
    }
    columns->n = kept;
}

int64_t umap_columns_find(const umap_columns *columns, const char *name, const char **meant) {
    kr_guess guess = {.word = name};
    for (int64_t c = 0; c < columns->n_file && columns->names; c++) {
        if (strcmp(columns->names[c], name) == 0) return c;
        kr__guess_offer(&guess, columns->names[c], strlen(columns->names[c]));
    }
    *meant = guess.best;
    return -1;
}

/* ---- in another table ------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that is there twice tells no column. NULL: there is none. */
static kr_status find_twin(char *const *names, int64_t n, const char **twin, kr_error *err) {
    const char **sorted = kr__calloc((size_t)n, sizeof *sorted);
    if (!sorted) return out_of_memory(err);
    for (int64_t i = 0; i < n; i++) sorted[i] = names[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_text);
    *twin = NULL;
    for (int64_t i = 1; i < n && !*twin; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0) *twin = sorted[i];
    }
    kr_free(sorted);
    return KR_OK;
}

/* Most files have their columns in one order. */
static int64_t find_in_table(const kr_table *table, const char *name, int64_t likely) {
    bool is_there = likely < table->n_columns && strcmp(table->names[likely], name) == 0;
    return is_there ? likely : kr__table_find(table, name);
}

static kr_status copy_table(const umap_columns *columns, const kr_table *table, const char *path,
                            double *to, kr_error *err) {
    const char *twin = NULL;
    KR_TRY(find_twin(table->names, table->n_columns, &twin, err));
    if (twin) return kr_fail(err, KR_USAGE, "%s: two columns are called \"%.80s\"", path, twin);
    for (int64_t c = 0; c < columns->n; c++) {
        const char *name = columns->names[columns->position[c]];
        int64_t from = find_in_table(table, name, c);
        if (from < 0) {
            return kr_fail(err, KR_USAGE,
                           "%s: has no column \"%.80s\", which the points of the map have", path,
                           name);
        }
        for (int64_t i = 0; i < table->n_rows; i++) {
            to[i * columns->n + c] = table->values[i * table->n_columns + from];
        }
    }
    return KR_OK;
}

static kr_status read_columns(const char *const *names, int64_t n, const char *path,
                              const kr_rows_options *how, kr_table **table, kr_error *err) {
    kr_csv_options options = {.columns = names,
                              .n_columns = n,
                              .team = program_team(),
                              .given = kr__rows_given(how),
                              .date_column = how->date_column};
    if (!options.given.categories) options.given.categories = "off";
    return kr__csv_read(path, &options, table, err);
}

/* With the columns that are no coordinates, if they are what they were: a line of totals may be
 * told by them. Else without. */
static kr_status open_table(const umap_columns *columns, const char *path,
                            const kr_rows_options *how, kr_table **table, kr_error *err) {
    const char **wanted = kr__calloc((size_t)columns->n, sizeof *wanted);
    if (!wanted) return out_of_memory(err);
    for (int64_t c = 0; c < columns->n; c++) wanted[c] = columns->names[columns->position[c]];
    kr_status status = KR_FORMAT;
    if (columns->n < columns->n_file) {
        const char *const *all = (const char *const *)columns->names;
        status = read_columns(all, columns->n_file, path, how, table, err);
    }
    if (status != KR_OK && status != KR_MEMORY) {
        status = read_columns(wanted, columns->n, path, how, table, err);
    }
    kr_free(wanted);
    return status;
}

static kr_status read_table(const umap_columns *columns, const char *path,
                            const kr_rows_options *how, double **values, int64_t *n,
                            kr_few *unknown, kr_error *err) {
    kr_table *table = NULL;
    const char *meant = NULL;
    kr_status status = open_table(columns, path, how, &table, err);
    if (status != KR_OK) return status;
    *n = table->n_rows;
    *values = kr__calloc((size_t)*n, (size_t)columns->n * sizeof **values);
    status = *values ? copy_table(columns, table, path, *values, err)
                     : kr_fail(err, KR_MEMORY, "%s: no memory for the points", path);
    for (int64_t i = 0; i < table->n_unread && status == KR_OK; i++) {
        if (umap_columns_find(columns, table->unread[i], &meant) >= 0) continue;
        if (strcmp(table->unread[i], "states") != 0) kr__few_add(unknown, table->unread[i]);
    }
    kr__table_destroy(table);
    return status;
}

/* ---- in another array ------------------------------------------------------------------- */

static kr_status copy_series(const umap_columns *columns, const kr_series *series, double *to,
                             kr_error *err) {
    int64_t width = kr_series_n_features(series);
    if (width != columns->n_file && width != columns->n) {
        char alone[64] = "";
        if (columns->n < columns->n_file) {
            snprintf(alone, sizeof alone, " (%lld without those that are no coordinates)",
                     (long long)columns->n);
        }
        return kr_fail(err, KR_USAGE, "%s: has %lld columns, but the points have %lld%s",
                       kr_series_path(series), (long long)width, (long long)columns->n_file, alone);
    }
    for (int64_t i = 0; i < kr_series_n_steps(series); i++) {
        const double *from = kr_series_exact(series) + i * width;
        for (int64_t c = 0; c < columns->n; c++) {
            *to++ = from[width == columns->n_file ? columns->position[c] : c];
        }
    }
    return KR_OK;
}

static kr_status read_series(const umap_columns *columns, const char *path,
                             const kr_rows_options *how, double **values, int64_t *n,
                             kr_error *err) {
    const kr_series_options options = {.size = sizeof options,
                                       .is_exact = true,
                                       .team = program_team(),
                                       .rows = how,
                                       .is_points = true};
    kr_series *series = NULL;
    KR_TRY(kr_series_open_as(path, &options, &series, err));
    *n = kr_series_n_steps(series);
    *values = kr__calloc((size_t)*n, (size_t)columns->n * sizeof **values);
    kr_status status = *values ? copy_series(columns, series, *values, err)
                               : kr_fail(err, KR_MEMORY, "%s: no memory for the points", path);
    kr_series_destroy(series);
    return status;
}

kr_status umap_columns_read(const umap_columns *columns, const char *path,
                            const kr_rows_options *how, double **values, int64_t *n,
                            kr_few *unknown, kr_error *err) {
    const char *twin = NULL;
    bool is_by_name = columns->names && kr__is_table_name(path);
    if (is_by_name) KR_TRY(find_twin(columns->names, columns->n_file, &twin, err));
    return is_by_name && !twin ? read_table(columns, path, how, values, n, unknown, err)
                               : read_series(columns, path, how, values, n, err);
}

/* ---- as JSON ---------------------------------------------------------------------------- */

char *umap_columns_print(const umap_columns *columns) {
    cJSON *object = cJSON_CreateObject();
    cJSON *names = columns->names ? cJSON_AddArrayToObject(object, "names")
                                  : cJSON_AddNullToObject(object, "names");
    bool is_made = names && kr__json_add_int(object, "columns", columns->n_file);
    for (int64_t i = 0; i < columns->n_file && columns->names && is_made; i++) {
        is_made = cJSON_AddItemToArray(names, cJSON_CreateString(columns->names[i]));
    }
    cJSON *places = cJSON_AddArrayToObject(object, "coordinates");
    for (int64_t i = 0; i < columns->n && is_made; i++) {
        is_made = cJSON_AddItemToArray(places, cJSON_CreateNumber((double)columns->position[i]));
    }
    char *text = is_made && places ? json_print_line(object) : NULL;
    cJSON_Delete(object);
    return text;
}

static kr_status fail_parse(kr_error *err) {
    return kr_fail(err, KR_FORMAT,
                   "what it says of the columns of its points is damaged; fit the map again");
}

static kr_status parse_names(const cJSON *names, umap_columns *columns, kr_error *err) {
    if (cJSON_IsNull(names)) return KR_OK;
    if (!cJSON_IsArray(names) || cJSON_GetArraySize(names) != columns->n_file) {
        return fail_parse(err);
    }
    columns->names = kr__arena_alloc(&columns->arena, (size_t)columns->n_file, sizeof(char *));
    if (!columns->names) return out_of_memory(err);
    const cJSON *item;
    int64_t to = 0;
    cJSON_ArrayForEach(item, names) {
        if (!cJSON_IsString(item)) return fail_parse(err);
        columns->names[to] = kr__arena_strdup(&columns->arena, item->valuestring);
        if (!columns->names[to++]) return out_of_memory(err);
    }
    return KR_OK;
}

/* Rising, each within the columns. */
static kr_status parse_places(const cJSON *places, umap_columns *columns, kr_error *err) {
    const cJSON *item;
    if (!cJSON_IsArray(places)) return fail_parse(err);
    KR_TRY(make_positions(columns, err));
    columns->n = 0;
    cJSON_ArrayForEach(item, places) {
        double place = cJSON_IsNumber(item) ? item->valuedouble : -1;
        double least = columns->n > 0 ? (double)columns->position[columns->n - 1] + 1 : 0;
        if (!(place >= least && place < (double)columns->n_file && place == floor(place))) {
            return fail_parse(err);
        }
        columns->position[columns->n++] = (int64_t)place;
    }
    return columns->n > 0 ? KR_OK : fail_parse(err);
}

static kr_status parse_object(const cJSON *object, umap_columns *columns, kr_error *err) {
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(object, "columns");
    const cJSON *places = cJSON_GetObjectItemCaseSensitive(object, "coordinates");
    double n = cJSON_IsNumber(count) ? count->valuedouble : 0;
    double most = cJSON_GetArraySize(places) + MOST_OTHERS;
    if (!(n >= 1 && n <= most && n == floor(n))) return fail_parse(err);
    columns->n_file = (int64_t)n;
    KR_TRY(parse_names(cJSON_GetObjectItemCaseSensitive(object, "names"), columns, err));
    return parse_places(places, columns, err);
}

kr_status umap_columns_parse(const char *text, umap_columns *columns, kr_error *err) {
    *columns = (umap_columns){0};
    cJSON *object = NULL;
    if (kr__json_parse(text, strlen(text), &object, NULL) == KR_MEMORY) {
        return kr_fail(err, KR_MEMORY, "out of memory for the columns of its points");
    }
    kr_status status = parse_object(object, columns, err);
    cJSON_Delete(object);
    return status;
}
