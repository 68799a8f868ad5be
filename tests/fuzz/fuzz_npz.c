/* SPDX-License-Identifier: MIT
 * fuzz_npz.c - any bytes as a .npz file. */
#include <kr/files.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_npz *npz = NULL;
    kr_status status = kr_npz_open_memory("fuzz.npz", bytes, n_bytes, &npz, &err);
    require_outcome(status, npz != NULL, &err);
    for (int64_t i = 0; npz && i < kr_npz_count(npz); i++) {
        kr_array array = {0};
        require(kr_npz_has(npz, kr_npz_name(npz, i)));
        status = kr_npz_get(npz, kr_npz_name(npz, i), &array, &err);
        require_outcome(status, array.data != NULL, &err);
        if (status == KR_OK) require_array(&array);
        kr_array_deinit(&array);
    }
    kr_npz_close(npz);
    return 0;
}
