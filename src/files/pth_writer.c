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

enum { MAX_DEPTH = 16 };

typedef struct storage {
    const void *data;
    size_t n_bytes;
    void *turned; /* big-endian machines */
} storage;

struct kr_pth_writer {
    uint8_t *bytes; /* the pickle */
    size_t n_bytes, capacity;
    storage *storages;
    size_t n_storages, storage_capacity;
    char closers[MAX_DEPTH]; /* opcode that ends each open container */
    int depth;
    kr_status status;
    kr_error err;
};

kr_status kr__pth_writer_create(kr_pth_writer **out, kr_error *err) {
    kr_pth_writer *w = kr__calloc(1, sizeof *w);
    if (!w) return kr_fail(err, KR_MEMORY, "out of memory for a checkpoint");
    *out = w;
    const uint8_t protocol[] = {0x80, 2};
    uint8_t *bytes = kr__grow(w->bytes, &w->capacity, 64, 1);
    if (!bytes) {
        kr__pth_writer_destroy(w);
        return kr_fail(err, KR_MEMORY, "out of memory for a checkpoint");
    }
    w->bytes = bytes;
    memcpy(bytes, protocol, sizeof protocol);
    w->n_bytes = sizeof protocol;
    return KR_OK;
}

void kr__pth_writer_destroy(kr_pth_writer *writer) {
    if (!writer) return;
    for (size_t i = 0; i < writer->n_storages; i++) kr_free(writer->storages[i].turned);
    kr_free(writer->storages);
    kr_free(writer->bytes);
    kr_free(writer);
}

/* ---- opcodes ---------------------------------------------------------------------------- */

static void fail_memory(kr_pth_writer *w) {
    if (w->status == KR_OK) {
        w->status = kr_fail(&w->err, KR_MEMORY, "out of memory for a checkpoint");
    }
}

static void put(kr_pth_writer *w, const void *bytes, size_t n) {
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

static void put_code(kr_pth_writer *w, char code) { put(w, &code, 1); }

static void put_global(kr_pth_writer *w, const char *module, const char *name) {
    put_code(w, 'c');
    put(w, module, strlen(module));
    put_code(w, '\n');
    put(w, name, strlen(name));
    put_code(w, '\n');
}

/* An opcode and n bytes of value: little-endian, or big-endian as floats are. */
static void put_number(kr_pth_writer *w, char code, uint64_t value, int n, bool is_big) {
    uint8_t bytes[9] = {(uint8_t)code};
    for (int i = 0; i < n; i++) {
        bytes[1 + i] = (uint8_t)(value >> 8 * (is_big ? n - 1 - i : i));
    }
    put(w, bytes, (size_t)n + 1);
}

static void open_container(kr_pth_writer *w, char closer) {
    if (w->depth == MAX_DEPTH) {
        if (w->status == KR_OK) {
            w->status = kr_fail(&w->err, KR_USAGE, "a checkpoint's tree is nested too deeply");
        }
        return;
    }
    put_code(w, '(');
    w->closers[w->depth++] = closer;
}

/* ---- values ----------------------------------------------------------------------------- */

void kr__pth_put_dict(kr_pth_writer *writer) {
    put_code(writer, '}');
    open_container(writer, 'u');
}

void kr__pth_put_ordered_dict(kr_pth_writer *writer) {
    put_global(writer, "collections", "OrderedDict");
    put(writer, ")R", 2);
    open_container(writer, 'u');
}

void kr__pth_put_list(kr_pth_writer *writer) {
    put_code(writer, ']');
    open_container(writer, 'e');
}

void kr__pth_put_end(kr_pth_writer *writer) {
    if (writer->depth > 0) put_code(writer, writer->closers[--writer->depth]);
}

void kr__pth_put_text(kr_pth_writer *writer, const char *text) {
    size_t n = strlen(text);
    put_number(writer, 'X', n, 4, false);
    put(writer, text, n);
}

void kr__pth_put_int(kr_pth_writer *writer, int64_t value) {
    if (value >= INT32_MIN && value <= INT32_MAX) {
        put_number(writer, 'J', (uint64_t)value, 4, false);
    } else {
        const uint8_t long_of_8[] = {0x8a};
        put(writer, long_of_8, 1);
        put_number(writer, 8, (uint64_t)value, 8, false);
    }
}

void kr__pth_put_real(kr_pth_writer *writer, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(writer, 'G', bits, 8, true);
}

void kr__pth_put_bool(kr_pth_writer *writer, bool value) {
    const uint8_t code = value ? 0x88 : 0x89;
    put(writer, &code, 1);
}

void kr__pth_put_none(kr_pth_writer *writer) { put_code(writer, 'N'); }

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

static void add_storage(kr_pth_writer *w, const kr_array *array) {
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

static void put_tuple(kr_pth_writer *w, const int64_t *values, int n) {
    put_code(w, '(');
    for (int i = 0; i < n; i++) kr__pth_put_int(w, values[i]);
    put_code(w, 't');
}

/* _rebuild_tensor_v2(storage, offset 0, shape, strides, no gradient, no hooks) */
void kr__pth_put_tensor(kr_pth_writer *writer, const kr_array *array) {
    kr_pth_writer *w = writer;
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
    kr__pth_put_text(w, "storage");
    put_global(w, "torch", class);
    kr__pth_put_text(w, key);
    kr__pth_put_text(w, "cpu");
    kr__pth_put_int(w, array->n);
    put(w, "tQ", 2);
    kr__pth_put_int(w, 0);
    put_tuple(w, array->shape, array->rank);
    put_tuple(w, strides, array->rank);
    kr__pth_put_bool(w, false);
    put_global(w, "collections", "OrderedDict");
    put(w, ")RtR", 4);
    add_storage(w, array);
}

/* ---- the zip ---------------------------------------------------------------------------- */

static kr_status add_members(const kr_pth_writer *w, kr__zip_writer *zip, kr_error *err) {
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

kr_status kr__pth_writer_commit(kr_pth_writer *writer, const char *path, kr_error *err) {
    kr__zip_writer *zip = NULL;
    while (writer->depth > 0) kr__pth_put_end(writer);
    put_code(writer, '.');
    if (writer->status != KR_OK) {
        return kr_fail(err, writer->status, "%s: %s", path, writer->err.text);
    }
    KR_TRY(kr__zip_writer_create(&zip, err));
    kr_status status = add_members(writer, zip, err);
    if (status != KR_OK) {
        kr_error_prefix(err, "%s", path);
    } else {
        status = kr__zip_writer_commit(zip, path, err);
    }
    kr__zip_writer_destroy(zip);
    return status;
}
