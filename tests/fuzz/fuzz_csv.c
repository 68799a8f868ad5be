/* SPDX-License-Identifier: MIT
 * fuzz_csv.c - any bytes as a CSV file, plain or gzip. A table that is read holds finite numbers
 * only, and is the same when it is written as krait writes tables and read again; a table of
 * several series becomes rows whose dates rise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "core/memory_writer.h"
#include "framework/csv_text.h"
#include "support/fuzz_array.h"
#include "tables/csv.h"
#include "tables/rows_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void check_table(const kr_table *table) {
    require(table->n_rows >= 1 && table->n_columns >= 1);
    require((table->date_name != NULL) == (table->timestamps != NULL));
    for (int64_t i = 0; i < table->n_rows * table->n_columns; i++)
        require(isfinite(table->values[i]));
    for (int64_t i = 0; i < table->n_columns; i++) {
        require(kr__table_find(table, table->names[i]) == i); /* names differ */
    }
}

/* ---- written and read again ------------------------------------------------------------- */

static void write_table(const kr_table *t, FILE *out) {
    char date[KR_DATETIME_TEXT];
    if (t->date_name) csv_write_text(out, t->date_name);
    for (int64_t c = 0; c < t->n_columns; c++) {
        if (c > 0 || t->date_name) fputc(',', out);
        csv_write_text(out, t->names[c]);
    }
    for (int64_t i = 0; i < t->n_rows; i++) {
        fputs(t->date_name ? "\n" : "", out);
        if (t->date_name) fputs(kr__datetime_text(t->timestamps[i], date), out);
        for (int64_t c = 0; c < t->n_columns; c++) {
            double value = t->values[i * t->n_columns + c];
            /* With an exponent, so that no number looks like a date. */
            fprintf(out, isnan(value) ? "%cNA" : "%c%.17e", c > 0 || t->date_name ? ',' : '\n',
                    value);
        }
    }
}

static void require_same(const kr_table *a, const kr_table *b) {
    int64_t n = a->n_rows * a->n_columns;
    require(a->n_rows == b->n_rows && a->n_columns == b->n_columns);
    for (int64_t c = 0; c < a->n_columns; c++) require(strcmp(a->names[c], b->names[c]) == 0);
    for (int64_t i = 0; i < n; i++) {
        require(a->values[i] == b->values[i] || (isnan(a->values[i]) && isnan(b->values[i])));
    }
    for (int64_t i = 0; a->timestamps && i < a->n_rows; i++) {
        require(a->timestamps[i] == b->timestamps[i]);
    }
}

/* A line without a name would be an empty one, which counts for nothing. */
static void write_again(const kr_table *table) {
    const kr_csv_options options = {.date_column = table->date_name,
                                    .keeps_gaps = true,
                                    .given = {.header = "yes", .delimiter = "comma"}};
    kr__memory_writer writer;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_table *again = NULL;
    bool has_head = table->date_name || table->n_columns > 1 ||
                    table->names[0][strspn(table->names[0], " \t\r")] != '\0';
    if (!has_head || kr__memory_writer_open(&writer, NULL) != KR_OK) return;
    write_table(table, writer.stream);
    if (kr__memory_writer_commit(&writer, &bytes, &n_bytes, NULL) != KR_OK) return;
    kr_status status = kr__csv_read_bytes("again.csv", bytes, n_bytes, &options, &again, NULL);
    require(status == KR_OK);
    require_same(table, again);
    kr__table_destroy(again);
    kr_free(bytes);
}

/* ---- as rows ---------------------------------------------------------------------------- */

/* The same bytes as rows of series that a column called id names. */
static void read_series(const uint8_t *bytes, size_t n_bytes) {
    const kr_csv_options options = {
        .max_bytes = 1 << 20, .id_column = "id", .keeps_gaps = true, .order = KR__ORDER_STRICT};
    kr_error err = {0};
    kr_table *table = NULL;
    kr_rows *rows = NULL;
    if (kr__csv_read_bytes("fuzz.csv", bytes, n_bytes, &options, &table, NULL) != KR_OK) return;
    kr_status status = kr__rows_take("fuzz.csv", table, &rows, &err);
    require((status == KR_OK) == (rows != NULL));
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    for (int64_t i = 0; rows && i < rows->n_series; i++) {
        require(rows->start[i] < rows->start[i + 1]);
        require(rows->series && *rows->series[i]);
    }
    require(!rows || rows->start[rows->n_series] == rows->n_rows);
    require(!rows || kr__rows_check_dates(rows, NULL) == KR_OK);
    for (int64_t i = 0; rows && i < rows->n_rows * rows->n_columns; i++) {
        require(!isinf(rows->values[i]));
    }
    kr_rows_destroy(rows);
}

/* ---- the last rows ---------------------------------------------------------------------- */

/* Those of the whole table, or fewer where some repeat others. */
static void require_last(const kr_table *all, const kr_table *last) {
    int64_t width = all->n_columns, skipped = all->n_rows - last->n_rows;
    const kr__order *order = &all->reading->order;
    require(last->n_rows <= 2 && last->n_columns == width);
    if (order->n_dropped > 0 || order->n_back > 0 || order->has_autumn) return;
    for (int64_t i = 0; i < last->n_rows; i++) {
        for (int64_t c = 0; c < width; c++) {
            double a = all->values[(skipped + i) * width + c], b = last->values[i * width + c];
            require(a == b || (isnan(a) && isnan(b)));
        }
    }
}

static void read_last(const uint8_t *bytes, size_t n_bytes) {
    kr_csv_options options = {
        .max_bytes = 1 << 20, .keeps_gaps = true, .is_in_time = true, .order = KR__ORDER_STRICT};
    kr_table *all = NULL, *last = NULL;
    kr_status status = kr__csv_read_bytes("fuzz.csv", bytes, n_bytes, &options, &all, NULL);
    options.given.last = 2;
    if (kr__csv_read_bytes("fuzz.csv", bytes, n_bytes, &options, &last, NULL) == KR_OK) {
        if (status == KR_OK) require_last(all, last);
    }
    kr__table_destroy(all);
    kr__table_destroy(last);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    const kr_csv_options options = {.max_bytes = 1 << 20, .is_in_time = true};
    kr_error err = {0};
    kr_table *table = NULL;
    kr_status status = kr__csv_read_bytes("fuzz.csv", bytes, n_bytes, &options, &table, &err);
    require((status == KR_OK) == (table != NULL));
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    if (table) {
        check_table(table);
        write_again(table);
    }
    kr__table_destroy(table);
    read_series(bytes, n_bytes);
    read_last(bytes, n_bytes);
    return 0;
}
