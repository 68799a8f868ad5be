/* SPDX-License-Identifier: MIT
 * fuzz_safetensors.c - any bytes as a safetensors file. What is read and written is read again as
 * the same. */
#include <kr/files.h>

#include "files/safetensors_memory.h"
#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void require_same_array(const kr_array *a, const kr_array *b) {
    require(b && a->dtype == b->dtype && a->rank == b->rank && a->n == b->n);
    for (int i = 0; i < a->rank; i++) require(a->shape[i] == b->shape[i]);
    require(a->n == 0 || memcmp(a->data, b->data, (size_t)a->n * a->item_size) == 0);
}

static void require_same(const kr_safetensors *a, const kr_safetensors *b) {
    require(kr_safetensors_count(a) == kr_safetensors_count(b));
    require(kr_safetensors_n_metadata(a) == kr_safetensors_n_metadata(b));
    for (int64_t i = 0; i < kr_safetensors_count(a); i++) {
        const kr_array *array = kr_safetensors_array(a, i);
        require_same_array(array, kr_safetensors_find(b, array->name));
    }
    for (int64_t i = 0; i < kr_safetensors_n_metadata(a); i++) {
        kr_text_pair pair = kr_safetensors_metadata(a, i);
        const char *value = kr_safetensors_value(b, pair.key);
        require(value && strcmp(value, pair.value) == 0);
    }
}

/* Texts that are no UTF-8 may be read, but are not written. */
static void write_again(const kr_safetensors *file) {
    enum { MOST = 64 };
    kr_array arrays[MOST];
    kr_text_pair metadata[MOST];
    int64_t n = kr_safetensors_count(file), n_metadata = kr_safetensors_n_metadata(file);
    kr_safetensors *again = NULL;
    kr_error err = {0};
    void *bytes = NULL;
    size_t n_bytes = 0;
    if (n > MOST || n_metadata > MOST) return;
    for (int64_t i = 0; i < n; i++) arrays[i] = *kr_safetensors_array(file, i);
    for (int64_t i = 0; i < n_metadata; i++) metadata[i] = kr_safetensors_metadata(file, i);
    kr_status status =
        kr__safetensors_write_memory(arrays, n, metadata, n_metadata, &bytes, &n_bytes, &err);
    require_outcome(status, bytes != NULL, &err);
    if (status != KR_OK) return;
    require(kr_safetensors_read_memory("again", bytes, n_bytes, &again, NULL) == KR_OK);
    require_same(file, again);
    kr_safetensors_destroy(again);
    kr_free(bytes);
}

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
    write_again(file);
    kr_safetensors_destroy(file);
    return 0;
}
