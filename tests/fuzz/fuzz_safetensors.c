/* SPDX-License-Identifier: MIT
 * fuzz_safetensors.c - any bytes as a safetensors file. */
#include <kr/files.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_safetensors *file = NULL;
    kr_status status = kr_safetensors_read_memory("fuzz", bytes, n_bytes, &file, &err);
    require_outcome(status, file != NULL, &err);
    if (!file) return 0;
    for (int64_t i = 0; i < kr_safetensors_count(file); i++) {
        const kr_array *array = kr_safetensors_array(file, i);
        require_array(array);
        require(kr_safetensors_find(file, array->name) == array);
    }
    for (int64_t i = 0; i < kr_safetensors_n_metadata(file); i++) {
        require(kr_safetensors_value(file, kr_safetensors_metadata(file, i).key) != NULL);
    }
    kr_safetensors_destroy(file);
    return 0;
}
