/* SPDX-License-Identifier: MIT
 * fuzz_m4.c - any bytes as M4's two files, cut at the first zero byte, and as one of them alone. */
#include <kr/base.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fuzz_array.h"
#include "tables/m4.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    const uint8_t *cut = n_bytes > 0 ? memchr(bytes, 0, n_bytes) : NULL;
    size_t n_train = cut ? (size_t)(cut - bytes) : n_bytes;
    const kr__m4_file train = {"train.csv", bytes, n_train};
    const kr__m4_file test = {"test.csv", cut ? cut + 1 : bytes,
                              cut ? n_bytes - n_train - 1 : n_bytes};
    kr_rows *rows = NULL;
    kr_error err = {0};
    kr_status status = kr__m4_read_bytes("folder", &train, &test, true, &rows, &err);
    require((status == KR_OK) == (rows != NULL));
    require(status == KR_OK || (err.status == status && strlen(err.text) > 0));
    for (int64_t i = 0; status == KR_OK && i < rows->n_series; i++) {
        require(rows->start[i + 1] - rows->start[i] >= rows->n_test[i]);
    }
    for (int64_t t = 0; status == KR_OK && t < rows->n_rows; t++) require(!isinf(rows->values[t]));
    kr_rows_destroy(rows);
    rows = NULL;
    status = kr__m4_read_series(&train, true, &rows, &err);
    require((status == KR_OK) == (rows != NULL));
    for (int64_t i = 0; status == KR_OK && i < rows->n_series; i++) {
        require(rows->start[i + 1] > rows->start[i]);
    }
    kr_rows_destroy(rows);
    return 0;
}
