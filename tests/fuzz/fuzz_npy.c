/* SPDX-License-Identifier: MIT
 * fuzz_npy.c - any bytes as a .npy file. */
#include <kr/files.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_array array = {0};
    kr_status status = kr_npy_read_memory("fuzz.npy", bytes, n_bytes, &array, &err);
    require_outcome(status, array.data != NULL, &err);
    if (status == KR_OK) require_array(&array);
    kr_array_deinit(&array);
    return 0;
}
