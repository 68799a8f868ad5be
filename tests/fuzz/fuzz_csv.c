/* SPDX-License-Identifier: MIT
 * fuzz_csv.c - any bytes as a CSV file, plain or gzip. A table that is read holds finite numbers
 * only; a table of several series becomes rows whose dates rise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tables/csv.h"
#include "tables/rows_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void require(bool is_true) {
    if (!is_true) abort();
}

static void check_table(const kr_table *table) {
    require(table->n_rows >= 1 && table->n_columns >= 1);
    require((table->date_name != NULL) == (table->timestamps != NULL));
    for (int64_t i = 0; i < table->n_rows * table->n_columns; i++)
        require(isfinite(table->values[i]));
    for (int64_t i = 0; i < table->n_columns; i++) {
        require(kr__table_find(table, table->names[i]) == i); /* names differ */
    }
}

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    const kr_csv_options options = {.max_bytes = 1 << 20};
    kr_error err = {0};
    kr_table *table = NULL;
    kr_status status = kr__csv_read_bytes("fuzz.csv", bytes, n_bytes, &options, &table, &err);
    require((status == KR_OK) == (table != NULL));
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    if (table) check_table(table);
    kr__table_destroy(table);
    read_series(bytes, n_bytes);
    return 0;
}
