/* SPDX-License-Identifier: MIT
 * pth_format.c - PyTorch's checkpoints as a format of model files. */
#include <string.h>

#include "files/pth.h"
#include "files/tensor_format.h"

/* Also the bare pickles of old versions: opening refuses them with a sentence. */
static bool probe_front(const uint8_t front[KR__FORMAT_FRONT]) {
    return memcmp(front, "PK\x03\x04", 4) == 0 || memcmp(front, "\x80\x02\x8a", 3) == 0;
}

static kr_status open_file(const char *path, void **handle, kr_error *err) {
    kr_pth *opened = NULL;
    KR_TRY(kr__pth_open(path, &opened, err));
    *handle = opened;
    return KR_OK;
}

static kr_status open_memory(const char *name, const void *bytes, size_t n_bytes, void **handle,
                             kr_error *err) {
    kr_pth *opened = NULL;
    KR_TRY(kr__pth_open_memory(name, bytes, n_bytes, &opened, err));
    *handle = opened;
    return KR_OK;
}

static void close_file(void *handle) { kr__pth_close(handle); }
static int64_t count_tensors(const void *handle) { return kr__pth_count(handle); }

static const kr_array *tensor_info(const void *handle, int64_t i) {
    return kr__pth_info(handle, i);
}

static kr_status get_tensor(void *handle, int64_t i, kr_array *out, kr_error *err) {
    return kr__pth_get(handle, i, out, err);
}

static int64_t count_metadata(const void *handle) { return kr__pth_n_metadata(handle); }

static kr_text_pair get_metadata(const void *handle, int64_t i) {
    return kr__pth_metadata(handle, i);
}

const kr__tensor_format kr__tensor_format_pth = {
    .name = "PyTorch checkpoint",
    .noun = "a checkpoint of PyTorch (.pth, .pt)",
    .probe = probe_front,
    .open = open_file,
    .open_memory = open_memory,
    .close = close_file,
    .count = count_tensors,
    .info = tensor_info,
    .get = get_tensor,
    .n_metadata = count_metadata,
    .metadata = get_metadata,
    .endings = ".pt|.pth",
    .write = kr__pth_write,
    .is_for_originals = true,
};
