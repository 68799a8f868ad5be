/* SPDX-License-Identifier: MIT
 * info_data.c - what a file of arrays or a table holds: shapes, dates, ranges, gaps. */
#include "core/arena.h"
#include "core/datetime.h"
#include "core/text.h"
#include "files/info.h"
#include "tables/calendar.h"
#include "tables/csv.h"
#include "tables/rows_internal.h"
#include "tables/step_names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/files.h>
#include <kr/rows.h>

#include "framework/json_numbers.h"

static kr_status out_of_memory(const char *path, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory to describe it", path);
}

/* ---- ranges ----------------------------------------------------------------------------- */

/* Of the numbers so far. */
typedef struct range {
    double low, high, sum;
    double small_sum; /* times 2^-64: the sum may be beyond double where the mean is not */
    int64_t n, n_finite;
} range;

static range start_range(void) {
    return (range){.low = (double)INFINITY, .high = -(double)INFINITY};
}

/* n more numbers, stride apart. */
static void widen_range(range *r, const double *values, int64_t n, int64_t stride) {
    for (int64_t i = 0; i < n; i++) {
        double v = values[i * stride];
        if (!isfinite(v)) continue;
        r->low = fmin(r->low, v);
        r->high = fmax(r->high, v);
        r->sum += v;
        r->small_sum += v * 0x1p-64;
        r->n_finite++;
    }
    r->n += n;
}

static bool add_range(cJSON *item, const range *r) {
    double n = (double)r->n_finite;
    double mean = isfinite(r->sum) ? r->sum / n : r->small_sum / n * 0x1p64;
    return kr__json_add_number(item, "min", r->low) && kr__json_add_number(item, "max", r->high) &&
           kr__json_add_number(item, "mean", mean) &&
           kr__json_add_int(item, "gaps", r->n - r->n_finite);
}

/* ---- arrays ----------------------------------------------------------------------------- */

/* The elements as doubles, some at a time; an array of texts has no range. */
static bool add_range_of(cJSON *item, const kr_array *a) {
    double values[1024];
    range all = start_range();
    for (int64_t i = 0; i < a->n; i += 1024) {
        kr_array some = *a;
        some.rank = 1;
        some.n = some.shape[0] = a->n - i < 1024 ? a->n - i : 1024;
        some.data = (char *)a->data + (size_t)i * a->item_size;
        if (kr_array_to_double(&some, values, NULL) != KR_OK) return true;
        widen_range(&all, values, some.n, 1);
    }
    return kr_dtype_size(a->dtype) == 0 || add_range(item, &all);
}

static kr_status add_array(cJSON *list, const kr_array *a, const char *name, const char *path,
                           kr_error *err) {
    char shape[KR_ARRAY_SHAPE_TEXT];
    cJSON *item = cJSON_CreateObject();
    bool is_made =
        item && cJSON_AddItemToArray(list, item) && kr__json_add_text(item, "name", name) &&
        kr__json_add_text(item, "shape", kr_array_shape_text(a, shape)) &&
        kr__json_add_text(item, "type", kr_dtype_text(a->dtype)) && add_range_of(item, a);
    return is_made ? KR_OK : out_of_memory(path, err);
}

static kr_status list_npz(const char *path, cJSON *list, kr_error *err) {
    kr_npz *npz = NULL;
    KR_TRY(kr_npz_open(path, &npz, err));
    kr_status status = KR_OK;
    for (int64_t i = 0; i < kr_npz_count(npz) && status == KR_OK; i++) {
        kr_array a = {0};
        status = kr_npz_get(npz, kr_npz_name(npz, i), &a, err);
        if (status == KR_OK) status = add_array(list, &a, kr_npz_name(npz, i), path, err);
        kr_array_deinit(&a);
    }
    kr_npz_close(npz);
    return status;
}

static kr_status list_npy(const char *path, cJSON *list, kr_error *err) {
    kr_array a = {0};
    KR_TRY(kr_npy_read(path, &a, err));
    kr_status status = add_array(list, &a, "array", path, err);
    kr_array_deinit(&a);
    return status;
}

kr_status info_arrays(const char *path, cJSON **out, kr_error *err) {
    size_t n = strlen(path);
    bool is_npz = n > 4 && strcmp(path + n - 4, ".npz") == 0;
    cJSON *object = cJSON_CreateObject(), *list = NULL;
    bool is_made =
        object && kr__json_add_text(object, "path", path) &&
        kr__json_add_text(object, "kind", is_npz ? "arrays of numpy" : "array of numpy") &&
        (list = cJSON_AddArrayToObject(object, "arrays"));
    kr_status status = is_made ? is_npz ? list_npz(path, list, err) : list_npy(path, list, err)
                               : out_of_memory(path, err);
    if (status == KR_OK) {
        *out = object;
    } else {
        cJSON_Delete(object);
    }
    return status;
}

/* ---- tables ----------------------------------------------------------------------------- */

static bool add_date(cJSON *object, const char *name, int64_t micros, bool is_day) {
    char text[KR_DATETIME_TEXT];
    return kr__json_add_text(object, name, kr__datetime_day_text(micros, is_day, text));
}

/* The step of the rows, as krait predict finds it, and how many rows do not keep it. KR_FORMAT: no
 * dates rise. */
static kr_status find_interval(const kr_table *t, kr_frequency *out, int64_t *n_irregular) {
    kr_frequency f = {0};
    kr_error unused;
    kr_status status = kr_frequency_infer("", t->n_rows, t->timestamps, &f, &unused);
    if (status == KR_MEMORY) return status;
    if (status != KR_OK) {
        f = (kr_frequency){.micros = kr__frequency_vote(t->n_rows, t->timestamps, false)};
        if (f.micros == 0) return KR_FORMAT;
    }
    *n_irregular = 0;
    for (int64_t i = 1; i < t->n_rows; i++) {
        int64_t from = t->timestamps[i - 1], to = t->timestamps[i];
        bool stands = f.months == 0 && f.micros == 0; /* most dates repeat */
        *n_irregular += (stands ? from : kr_frequency_add(&f, from, 1)) != to;
    }
    *out = f;
    return KR_OK;
}

/* What is not plain about the file. */
static bool add_reading(cJSON *object, const kr_table *t) {
    char line[1500];
    return !*kr__reading_line(t->reading, line, sizeof line) ||
           kr__json_add_text(object, "read_as", line);
}

static bool add_dates(cJSON *object, const kr_table *t) {
    char text[KR__STEP_WORDS];
    int64_t n_irregular = 0;
    if (!t->timestamps) return true;
    if (t->zone && !kr__json_add_text(object, "timezone", t->zone)) return false;
    bool are_days = kr__datetime_are_days(t->n_rows, t->timestamps);
    if (!kr__json_add_text(object, "date_column", t->date_name) ||
        !add_date(object, "first", t->timestamps[0], are_days) ||
        !add_date(object, "last", t->timestamps[t->n_rows - 1], are_days)) {
        return false;
    }
    if (t->n_rows < 2) return true;
    kr_frequency interval;
    kr_status status = find_interval(t, &interval, &n_irregular);
    if (status == KR_MEMORY) return false;
    if (status != KR_OK) {
        return kr__json_add_text(object, "interval", "none, the dates do not rise");
    }
    return kr__json_add_text(object, "interval", kr__step_words(&interval, t->timestamps, text)) &&
           kr__json_add_int(object, "rows_off_interval", n_irregular);
}

static bool add_columns(cJSON *object, const kr_table *t) {
    cJSON *list = cJSON_AddArrayToObject(object, "columns");
    for (int64_t c = 0; c < t->n_columns && list; c++) {
        cJSON *item = cJSON_CreateObject();
        range all = start_range();
        widen_range(&all, t->values + c, t->n_rows, t->n_columns);
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !kr__json_add_text(item, "name", t->names[c]) || !add_range(item, &all)) {
            return false;
        }
    }
    return list != NULL;
}

static kr_status describe_table(const char *path, const kr_rows_options *how, cJSON **out,
                                kr_error *err) {
    bool is_settled = how->repeats != NULL; /* else it does not matter which rows are of one date */
    const kr_csv_options options = {.date_column = how->date_column,
                                    .keeps_gaps = true,
                                    .is_in_time = true,
                                    .order = is_settled ? KR__ORDER_STRICT : KR__ORDER_LOOSE,
                                    .given = kr__rows_given(how)};
    kr_table *table = NULL;
    KR_TRY(kr__csv_read(path, &options, &table, err));
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && kr__json_add_text(object, "path", path) &&
                   kr__json_add_text(object, "kind", "table") && add_reading(object, table) &&
                   kr__json_add_int(object, "rows", table->n_rows) && add_dates(object, table) &&
                   add_columns(object, table);
    kr__table_destroy(table);
    if (is_made) {
        *out = object;
        return KR_OK;
    }
    cJSON_Delete(object);
    return out_of_memory(path, err);
}

/* ---- a row for each series -------------------------------------------------------------- */

static int compare_counts(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* How many values they have. */
static bool add_lengths(cJSON *object, const kr_rows *rows) {
    int64_t n = kr_rows_series_count(rows), *lengths = kr__calloc((size_t)n, sizeof *lengths);
    if (!lengths) return false;
    for (int64_t i = 0; i < n; i++) {
        lengths[i] = kr_rows_series_start(rows, i + 1) - kr_rows_series_start(rows, i);
    }
    qsort(lengths, (size_t)n, sizeof *lengths, compare_counts);
    bool is_made = kr__json_add_int(object, "series", n) &&
                   kr__json_add_int(object, "values", rows->n_rows) &&
                   kr__json_add_int(object, "shortest", lengths[0]) &&
                   kr__json_add_int(object, "median", lengths[n / 2]) &&
                   kr__json_add_int(object, "longest", lengths[n - 1]);
    kr_free(lengths);
    return is_made;
}

/* Of all of them together. */
static bool add_values(cJSON *object, const kr_rows *rows) {
    const kr_table table = {.n_rows = rows->n_rows,
                            .n_columns = rows->n_columns,
                            .names = rows->columns,
                            .values = (double *)(uintptr_t)rows->values};
    return add_columns(object, &table);
}

static kr_status describe_series(const char *path, const kr_rows_options *how, cJSON **out,
                                 kr_error *err) {
    kr_rows_options options = *how;
    kr_rows *rows = NULL;
    options.size = sizeof options;
    options.reader = kr__reader_ragged.name;
    options.keeps_gaps = true;
    KR_TRY(kr_rows_read(path, &options, &rows, err));
    cJSON *object = cJSON_CreateObject();
    bool is_made =
        object && kr__json_add_text(object, "path", path) &&
        kr__json_add_text(object, "kind", "a series in each row, its name and its values") &&
        add_lengths(object, rows) && add_values(object, rows);
    kr_rows_destroy(rows);
    if (is_made) {
        *out = object;
        return KR_OK;
    }
    cJSON_Delete(object);
    return out_of_memory(path, err);
}

/* As other commands would read it. */
kr_status info_table(const char *path, const kr_rows_options *how, cJSON **out, kr_error *err) {
    const kr__reader *ragged = &kr__reader_ragged;
    bool is_ragged = kr__text_ends_in(path, ragged->extensions) && ragged->probe(path, how);
    return is_ragged ? describe_series(path, how, out, err) : describe_table(path, how, out, err);
}
