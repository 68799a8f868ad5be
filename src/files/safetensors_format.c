/* SPDX-License-Identifier: MIT
 * safetensors_format.c - safetensors as a format of model files. */
#include <string.h>

#include "core/arena.h"
#include "files/array_internal.h"
#include "files/tensor_format.h"

/* The first byte of the header behind its length. */
static bool probe_front(const uint8_t front[KR__FORMAT_FRONT]) { return front[8] == '{'; }

static kr_status open_file(const char *path, void **handle, kr_error *err) {
    kr_safetensors *opened = NULL;
    KR_TRY(kr_safetensors_read(path, &opened, err));
    *handle = opened;
    return KR_OK;
}

static kr_status open_memory(const char *name, const void *bytes, size_t n_bytes, void **handle,
                             kr_error *err) {
    kr_safetensors *opened = NULL;
    KR_TRY(kr_safetensors_read_memory(name, bytes, n_bytes, &opened, err));
    *handle = opened;
    return KR_OK;
}

static void close_file(void *handle) { kr_safetensors_destroy(handle); }
static int64_t count_tensors(const void *handle) { return kr_safetensors_count(handle); }

static const kr_array *tensor_info(const void *handle, int64_t i) {
    return kr_safetensors_array(handle, i);
}

static kr_status get_tensor(void *handle, int64_t i, kr_array *out, kr_error *err) {
    kr_array a = *kr_safetensors_array(handle, i);
    size_t n_bytes = (size_t)a.n * a.item_size, n_name = strlen(a.name) + 1;
    void *data = kr__calloc(n_bytes + 1, 1);
    char *name = kr__calloc(n_name, 1);
    if (!data || !name) {
        kr_free(data);
        kr_free(name);
        return kr_fail(err, KR_MEMORY, "%s: out of memory", a.name);
    }
    if (n_bytes > 0) memcpy(data, a.data, n_bytes);
    memcpy(name, a.name, n_name);
    a.data = data;
    a.name = name;
    *out = a;
    return KR_OK;
}

static kr_status load_tensor(void *handle, int64_t i, kr_real *out, kr_error *err) {
    return kr__array_to_real(kr_safetensors_array(handle, i), out, err);
}

static int64_t count_metadata(const void *handle) { return kr_safetensors_n_metadata(handle); }

static kr_text_pair get_metadata(const void *handle, int64_t i) {
    return kr_safetensors_metadata(handle, i);
}

static kr_status write_tree(const kr__tree *tree, const char *path, kr_error *err) {
    kr__flat_tree flat;
    kr_status status = kr__tree_flatten(tree, path, &flat, err);
    if (status == KR_OK) {
        status =
            kr_safetensors_write(path, flat.arrays, flat.n_arrays, flat.texts, flat.n_texts, err);
    }
    kr__flat_tree_deinit(&flat);
    return status;
}

const kr__tensor_format kr__tensor_format_safetensors = {
    .name = "safetensors",
    .noun = "a safetensors file",
    .probe = probe_front,
    .open = open_file,
    .open_memory = open_memory,
    .close = close_file,
    .count = count_tensors,
    .info = tensor_info,
    .get = get_tensor,
    .load = load_tensor,
    .n_metadata = count_metadata,
    .metadata = get_metadata,
    .endings = ".safetensors",
    .write = write_tree,
};
