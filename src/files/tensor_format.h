/* SPDX-License-Identifier: MIT
 * tensor_format.h - a format of model files: one source file and one row of formats.inc.
 *
 * tensor_file.c finds the row of a file by its first bytes; writers find it by the ending, and hand
 * it a tree: they say what a file holds, the format says how. */
#ifndef KR_TENSOR_FORMAT_H
#define KR_TENSOR_FORMAT_H

#include <kr/files.h>

#include "core/real.h"
#include "files/tree.h"

enum { KR__FORMAT_FRONT = 16 };

typedef struct kr__tensor_format {
    const char *name; /* what kr_tensor_file_format() says */
    const char *noun; /* "a checkpoint of PyTorch (.pth, .pt)", for sentences */

    /* Reading. Tensors and metadata in the order of the file, by their names in it. */
    bool (*probe)(const uint8_t front[KR__FORMAT_FRONT]); /* first bytes, zeros behind the end */
    kr_status (*open)(const char *path, void **handle, kr_error *err);
    /* bytes stay until close. name is for sentences. */
    kr_status (*open_memory)(const char *name, const void *bytes, size_t n_bytes, void **handle,
                             kr_error *err);
    void (*close)(void *handle);
    int64_t (*count)(const void *handle);
    const kr_array *(*info)(const void *handle, int64_t i); /* data is of no meaning */
    /* Name and elements, copied. */
    kr_status (*get)(void *handle, int64_t i, kr_array *out, kr_error *err);
    /* As the library's numbers, without the copy; NULL: get will do. */
    kr_status (*load)(void *handle, int64_t i, kr_real *out, kr_error *err);
    int64_t (*n_metadata)(const void *handle);
    kr_text_pair (*metadata)(const void *handle, int64_t i);

    /* Writing; both NULL: the format is only read. */
    const char *endings; /* ".pt|.pth" */
    /* The file is replaced only when complete. Read again it shows what kr__tree_flatten() does. */
    kr_status (*write)(const kr__tree *tree, const char *path, kr_error *err);
    /* The originals' programs load such files. They want their own dictionaries; without that they
     * get what krait writes for itself. */
    bool is_for_originals;
} kr__tensor_format;

#define KR_TENSOR_FORMAT(name) extern const kr__tensor_format kr__tensor_format_##name;
#include "files/formats.inc"
#undef KR_TENSOR_FORMAT

/* The format that a file with this ending is written in; NULL: none. */
const kr__tensor_format *kr__tensor_format_of(const char *path);
/* ".pt, .pth or .safetensors": all endings, for sentences; cut to size. Returns text. */
const char *kr__tensor_format_endings(char *text, size_t size);

#endif
