/* SPDX-License-Identifier: MIT
 * pth_writer.c - PyTorch's checkpoints, written: a pickle of protocol 2 in a zip.
 *
 *     archive/data.pkl     the tree; tensors name their storage by key
 *     archive/byteorder    "little"
 *     archive/data/KEY     the elements of storage KEY
 *     archive/version      "3"
 *
 * Source: Python's pickletools; the zip layout is described in PyTorch's serialization notes. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "files/array_internal.h"
#include "files/pth.h"
#include "files/zip_writer.h"

typedef struct storage {
    const void *data;
    size_t n_bytes;
    void *turned; /* big-endian machines */
} storage;

/* Failures are remembered until the end. */
typedef struct writer {
    uint8_t *bytes; /* the pickle */
    size_t n_bytes, capacity;
    storage *storages;
    size_t n_storages, storage_capacity;
    char closers[KR__TREE_DEPTH]; /* opcode that ends each open container */
    int depth;
    kr_status status;
    kr_error err;
} writer;

static void free_writer(writer *w) {
    for (size_t i = 0; i < w->n_storages; i++) kr_free(w->storages[i].turned);
    kr_free(w->storages);
    kr_free(w->bytes);
}

/* ---- opcodes ---------------------------------------------------------------------------- */

static void fail_memory(writer *w) {
    if (w->status == KR_OK) {
        w->status = kr_fail(&w->err, KR_MEMORY, "out of memory for a checkpoint");
    }
}

static void put(writer *w, const void *bytes, size_t n) {
    if (w->status != KR_OK) return;
    uint8_t *grown = kr__grow(w->bytes, &w->capacity, w->n_bytes + n, 1);
    if (!grown) {
        fail_memory(w);
        return;
    }
    w->bytes = grown;
    memcpy(w->bytes + w->n_bytes, bytes, n);
    w->n_bytes += n;
}

static void put_code(writer *w, char code) { put(w, &code, 1); }

static void put_global(writer *w, const char *module, const char *name) {
    put_code(w, 'c');
    put(w, module, strlen(module));
    put_code(w, '\n');
    put(w, name, strlen(name));
    put_code(w, '\n');
}

/* An opcode and n bytes of value: little-endian, or big-endian as floats are. */
static void put_number(writer *w, char code, uint64_t value, int n, bool is_big) {
    uint8_t bytes[9] = {(uint8_t)code};
    for (int i = 0; i < n; i++) {
        bytes[1 + i] = (uint8_t)(value >> 8 * (is_big ? n - 1 - i : i));
    }
    put(w, bytes, (size_t)n + 1);
}

/* ---- values ----------------------------------------------------------------------------- */

static void open_container(writer *w, kr__tree_kind kind) {
    if (kind == KR__TREE_ORDERED_DICT) {
        put_global(w, "collections", "OrderedDict");
        put(w, ")R", 2);
    } else {
        put_code(w, kind == KR__TREE_LIST ? ']' : '}');
    }
    put_code(w, '(');
    w->closers[w->depth++] = kind == KR__TREE_LIST ? 'e' : 'u';
}

static void put_text(writer *w, const char *text) {
    size_t n = strlen(text);
    put_number(w, 'X', n, 4, false);
    put(w, text, n);
}

static void put_int(writer *w, int64_t value) {
    if (value >= INT32_MIN && value <= INT32_MAX) {
        put_number(w, 'J', (uint64_t)value, 4, false);
    } else {
        const uint8_t long_of_8[] = {0x8a};
        put(w, long_of_8, 1);
        put_number(w, 8, (uint64_t)value, 8, false);
    }
}

static void put_real(writer *w, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(w, 'G', bits, 8, true);
}

static void put_bool(writer *w, bool value) {
    const uint8_t code = value ? 0x88 : 0x89;
    put(w, &code, 1);
}

/* ---- tensors ---------------------------------------------------------------------------- */

static const char *storage_class(kr_dtype dtype) {
    switch (dtype) {
        case KR_DTYPE_BOOL:
            return "BoolStorage";
        case KR_DTYPE_I8:
            return "CharStorage";
        case KR_DTYPE_U8:
            return "ByteStorage";
        case KR_DTYPE_I16:
            return "ShortStorage";
        case KR_DTYPE_I32:
            return "IntStorage";
        case KR_DTYPE_I64:
            return "LongStorage";
        case KR_DTYPE_F16:
            return "HalfStorage";
        case KR_DTYPE_BF16:
            return "BFloat16Storage";
        case KR_DTYPE_F32:
            return "FloatStorage";
        case KR_DTYPE_F64:
            return "DoubleStorage";
        default:
            return NULL;
    }
}

static void add_storage(writer *w, const kr_array *array) {
    storage s = {.data = array->data, .n_bytes = (size_t)array->n * array->item_size};
    size_t unit = kr__turn_size(array);
    storage *grown = kr__grow(w->storages, &w->storage_capacity, w->n_storages + 1, sizeof *grown);
    if (!grown) {
        fail_memory(w);
        return;
    }
    w->storages = grown;
    if (unit > 1) {
        s.data = s.turned = kr__calloc(s.n_bytes, 1);
        if (!s.turned) {
            fail_memory(w);
            return;
        }
        memcpy(s.turned, array->data, s.n_bytes);
        kr__swap_bytes(s.turned, s.n_bytes / unit, unit);
    }
    w->storages[w->n_storages++] = s;
}

static void put_tuple(writer *w, const int64_t *values, int n) {
    put_code(w, '(');
    for (int i = 0; i < n; i++) put_int(w, values[i]);
    put_code(w, 't');
}

/* _rebuild_tensor_v2(storage, offset 0, shape, strides, no gradient, no hooks) */
static void put_tensor(writer *w, const kr_array *array) {
    char key[24];
    const char *class = storage_class(array->dtype);
    int64_t strides[KR_ARRAY_MAX_RANK], stride = 1;
    if (!class) {
        if (w->status == KR_OK) {
            w->status = kr_fail(&w->err, KR_UNSUPPORTED, "PyTorch has no tensors of %s",
                                kr_dtype_text(array->dtype));
        }
        return;
    }
    for (int i = array->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= array->shape[i];
    }
    snprintf(key, sizeof key, "%zu", w->n_storages);
    put_global(w, "torch._utils", "_rebuild_tensor_v2");
    put(w, "((", 2);
    put_text(w, "storage");
    put_global(w, "torch", class);
    put_text(w, key);
    put_text(w, "cpu");
    put_int(w, array->n);
    put(w, "tQ", 2);
    put_int(w, 0);
    put_tuple(w, array->shape, array->rank);
    put_tuple(w, strides, array->rank);
    put_bool(w, false);
    put_global(w, "collections", "OrderedDict");
    put(w, ")RtR", 4);
    add_storage(w, array);
}

static void put_item(writer *w, const kr__tree_item *item) {
    switch (item->kind) {
        case KR__TREE_NONE:
            put_code(w, 'N');
            break;
        case KR__TREE_BOOL:
            put_bool(w, item->as.integer);
            break;
        case KR__TREE_INT:
            put_int(w, item->as.integer);
            break;
        case KR__TREE_REAL:
            put_real(w, item->as.real);
            break;
        case KR__TREE_TEXT:
            put_text(w, item->as.text);
            break;
        case KR__TREE_TENSOR:
            put_tensor(w, item->as.tensor);
            break;
        case KR__TREE_END:
            put_code(w, w->closers[--w->depth]);
            break;
        default:
            open_container(w, item->kind);
    }
}

/* ---- the zip ---------------------------------------------------------------------------- */

static kr_status add_members(const writer *w, kr__zip_writer *zip, kr_error *err) {
    KR_TRY(kr__zip_writer_add(zip, "archive/data.pkl", NULL, 0, w->bytes, w->n_bytes, false, err));
    KR_TRY(kr__zip_writer_add(zip, "archive/byteorder", "little", 6, NULL, 0, false, err));
    for (size_t i = 0; i < w->n_storages; i++) {
        char name[48];
        snprintf(name, sizeof name, "archive/data/%zu", i);
        const storage *s = &w->storages[i];
        KR_TRY(kr__zip_writer_add(zip, name, NULL, 0, s->data, s->n_bytes, false, err));
    }
    return kr__zip_writer_add(zip, "archive/version", "3\n", 2, NULL, 0, false, err);
}

static kr_status write_zip(const writer *w, const char *path, kr_error *err) {
    kr__zip_writer *zip = NULL;
    kr_status status = kr__zip_writer_create(&zip, err);
    if (status == KR_OK) status = add_members(w, zip, err);
    if (status != KR_OK) {
        kr_error_prefix(err, "%s", path);
    } else {
        status = kr__zip_writer_commit(zip, path, err);
    }
    kr__zip_writer_destroy(zip);
    return status;
}

kr_status kr__pth_write(const kr__tree *tree, const char *path, kr_error *err) {
    static const uint8_t protocol[] = {0x80, 2};
    writer w = {.n_bytes = 0};
    KR_TRY(kr__tree_check(tree, path, err));
    put(&w, protocol, sizeof protocol);
    for (size_t i = 0; i < tree->n_items; i++) put_item(&w, &tree->items[i]);
    put_code(&w, '.');
    kr_status status = w.status == KR_OK ? write_zip(&w, path, err)
                                         : kr_fail(err, w.status, "%s: %s", path, w.err.text);
    free_writer(&w);
    return status;
}
