/* SPDX-License-Identifier: MIT
 * fuzz_pth_file.h - opening any bytes as a PyTorch checkpoint and reading all of it. */
#ifndef KR_FUZZ_PTH_FILE_H
#define KR_FUZZ_PTH_FILE_H

#include <kr/files.h>

#include "files/pth.h"
#include "support/fuzz_array.h"

static inline void require_pth(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_pth *pth = NULL;
    kr_tensor_file *file = NULL;
    kr_status status = kr__pth_open_memory("fuzz.pth", bytes, n_bytes, &pth, &err);
    require_outcome(status, pth != NULL, &err);
    if (!pth) return;
    for (int64_t i = 0; i < kr__pth_count(pth); i++) {
        kr_array array = {0};
        require(kr__pth_find(pth, kr__pth_info(pth, i)->name) == i);
        status = kr__pth_get(pth, i, &array, &err);
        require_outcome(status, array.data != NULL, &err);
        if (status == KR_OK) require_array(&array);
        kr_array_deinit(&array);
    }
    for (int64_t i = 0; i < kr__pth_n_metadata(pth); i++) {
        require(kr__pth_value(pth, kr__pth_metadata(pth, i).key) != NULL);
    }
    kr__pth_close(pth);
    if (kr_tensor_file_open_memory("fuzz.pth", bytes, n_bytes, &file, &err) != KR_OK) return;
    for (int64_t i = 0; i < kr_tensor_file_count(file); i++) {
        require(*kr_tensor_file_info(file, i)->name != '\0');
    }
    kr_tensor_file_close(file);
}

#endif
