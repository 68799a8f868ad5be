/* SPDX-License-Identifier: MIT
 * fuzz_csv.c - any bytes as a CSV file, plain or gzip. A table that is read holds finite numbers
 * only. */
#include <kr/csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        require(kr_table_find(table, table->names[i]) <= i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    const kr_csv_options options = {.max_bytes = 1 << 20};
    kr_error err = {0};
    kr_table *table = NULL;
    kr_status status = kr_csv_read_bytes("fuzz.csv", bytes, n_bytes, &options, &table, &err);
    require((status == KR_OK) == (table != NULL));
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    if (table) check_table(table);
    kr_table_destroy(table);
    return 0;
}
