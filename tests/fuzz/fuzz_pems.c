/* SPDX-License-Identifier: MIT
 * fuzz_pems.c - any bytes as the array of a PEMS file (.npz), whose zip file is good: checksums
 * would keep a fuzzer from the array. The rows are the first feature of the array. */
#include <kr/files.h>
#include <kr/rows.h>
#include <math.h>
#include <stdlib.h>

#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/pickle_made.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void require_first_feature(const kr_rows *rows, const uint8_t *bytes, size_t n_bytes) {
    kr_array data = {0};
    require(kr_npy_read_memory("data", bytes, n_bytes, &data, NULL) == KR_OK);
    require(data.rank == 3 && data.shape[0] == kr_rows_count(rows));
    require(data.shape[1] == kr_rows_column_count(rows) && !kr_rows_dates(rows));
    double *all = kr__calloc((size_t)data.n, sizeof *all);
    require(all && kr_array_to_double(&data, all, NULL) == KR_OK);
    for (int64_t i = 0; i < data.shape[0] * data.shape[1]; i++) {
        double value = kr_rows_values(rows)[i], was = all[i * data.shape[2]];
        require(!isinf(value) && (value == was || (isnan(value) && isnan(was))));
    }
    kr_free(all);
    kr_array_deinit(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    const made_member member = {"data.npy", bytes, n_bytes};
    for (int keeps_gaps = 0; keeps_gaps < 2; keeps_gaps++) {
        const kr_rows_options options = {.size = sizeof options, .keeps_gaps = keeps_gaps};
        kr_rows *rows = NULL;
        kr_error err = {0};
        size_t n_file = 0;
        uint8_t *file = made_zip(&member, 1, &n_file);
        fuzz_write("pems.npz", file, n_file);
        kr_free(file);
        kr_status status = kr_rows_read(fuzz_path("pems.npz"), &options, &rows, &err);
        require_outcome(status, rows != NULL, &err);
        if (rows) require_first_feature(rows, bytes, n_bytes);
        kr_rows_destroy(rows);
    }
    return 0;
}
