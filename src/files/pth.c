/* SPDX-License-Identifier: MIT
 * pth.c - PyTorch's checkpoints: the zip around the pickle.
 *
 *     NAME/data.pkl     the tree; tensors refer to storages by key
 *     NAME/data/KEY     the elements of storage KEY
 *     NAME/byteorder    "little" or "big"; absent in old files: little
 *
 * NAME is the file's name when it was saved, without its ending. Other members are ignored. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "files/pickle.h"
#include "files/pth.h"
#include "files/zip_archive.h"

enum { MAX_PICKLE = 64 << 20, MAX_NAME = 1024, MAX_DEPTH = 16, MAX_NAMES = 64 << 20 };
/* All tensors together may take up to so many times the file's size, as some share a storage. */
enum { MAX_GROWTH = 16, FREE_GROWTH = 1 << 20 };

typedef struct pth_tensor {
    kr_array info; /* without data */
    const kr__view *view;
    int64_t member;
} pth_tensor;

struct kr_pth {
    kr__zip *zip;
    kr_arena arena; /* tree, names */
    char *folder;   /* "NAME/" */
    bool is_turned; /* elements are in the other byte order */
    pth_tensor *tensors;
    size_t n_tensors, tensor_capacity;
    kr_text_pair *metadata;
    size_t n_metadata, metadata_capacity;
    /* The storage that was used last. */
    uint8_t *storage;
    size_t n_storage;
    int64_t storage_member;
};

static const char *path_of(const kr_pth *pth) { return kr__zip_path(pth->zip); }

static kr_status fail_memory(const kr_pth *pth, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: out of memory", path_of(pth));
}

/* ---- the zip ---------------------------------------------------------------------------- */

/* The one member NAME/data.pkl, and "NAME/". */
static kr_status find_pickle(kr_pth *pth, int64_t *member, kr_error *err) {
    static const char wanted[] = "/data.pkl";
    enum { N_WANTED = sizeof wanted - 1 };
    *member = -1;
    for (int64_t i = 0; i < kr__zip_count(pth->zip); i++) {
        const char *slash = strchr(kr__zip_name(pth->zip, i), '/');
        if (!slash || strcmp(slash, wanted) != 0) continue;
        if (*member >= 0) {
            return kr_fail(err, KR_FORMAT, "%s: has more than one data.pkl", path_of(pth));
        }
        *member = i;
    }
    if (*member < 0) {
        return kr_fail(err, KR_FORMAT,
                       "%s: is a zip file without data.pkl, so not a checkpoint of PyTorch",
                       path_of(pth));
    }
    pth->folder = kr__arena_strdup(&pth->arena, kr__zip_name(pth->zip, *member));
    if (!pth->folder) return fail_memory(pth, err);
    pth->folder[strlen(pth->folder) - N_WANTED + 1] = '\0';
    return KR_OK;
}

/* Member of folder with this name, or -1. */
static int64_t find_member(const kr_pth *pth, const char *before, const char *name) {
    char full[MAX_NAME];
    int n = snprintf(full, sizeof full, "%s%s%s", pth->folder, before, name);
    return n > 0 && (size_t)n < sizeof full ? kr__zip_find(pth->zip, full) : -1;
}

static kr_status read_byte_order(kr_pth *pth, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    int64_t member = find_member(pth, "", "byteorder");
    pth->is_turned = KR_HOST_IS_BIG;
    if (member < 0) return KR_OK;
    KR_TRY(kr__zip_member_read(pth->zip, member, 16, &bytes, &n, err));
    bool is_big = strcmp((char *)bytes, "big") == 0;
    bool is_little = strcmp((char *)bytes, "little") == 0;
    kr_free(bytes);
    if (!is_big && !is_little) {
        return kr_fail(err, KR_FORMAT, "%s: its byte order is neither little nor big",
                       path_of(pth));
    }
    pth->is_turned = is_big != (bool)KR_HOST_IS_BIG;
    return KR_OK;
}

/* ---- from the tree to flat lists -------------------------------------------------------- */

typedef struct walk {
    kr_pth *pth;
    char name[MAX_NAME];
    size_t name_bytes;      /* of all names so far */
    int64_t visits, budget; /* containers may be shared: the tree unfolds only so far */
    uint64_t bytes, most_bytes;
    int64_t last_member;
    kr_error *err;
} walk;

static kr_status fail_walk(const walk *w, const char *what) {
    char quote[KR_QUOTE_SIZE];
    return kr_fail(w->err, KR_FORMAT, "%s: \"%s\": %s", path_of(w->pth),
                   kr__quote(w->name, strlen(w->name), quote), what);
}

static kr_status copy_name(walk *w, char **out) {
    const char *name = *w->name ? w->name : "value"; /* the file is a single value */
    w->name_bytes += strlen(name) + 1;
    if (w->name_bytes > MAX_NAMES) return fail_walk(w, "the names need too much memory");
    *out = kr__arena_strdup(&w->pth->arena, name);
    return *out ? KR_OK : fail_memory(w->pth, w->err);
}

static kr_status add_tensor(walk *w, const kr__view *view) {
    kr_pth *pth = w->pth;
    uint64_t size = 0, width = kr_dtype_size(view->storage->dtype);
    pth_tensor tensor = {.view = view};
    tensor.member = find_member(pth, "data/", view->storage->key);
    if (tensor.member < 0) return fail_walk(w, "the file lacks the elements of this tensor");
    KR_TRY(kr__zip_member_size(pth->zip, tensor.member, &size, w->err));
    if ((uint64_t)view->storage->n > size / width) {
        return fail_walk(w, "its storage claims more elements than the file has; cut short?");
    }
    if (tensor.member != w->last_member) w->bytes += size;
    w->last_member = tensor.member;
    w->bytes += (uint64_t)view->n * width;
    if (w->bytes > w->most_bytes) {
        return fail_walk(w, "the tensors claim far more elements than the file has");
    }
    pth_tensor *tensors =
        kr__grow(pth->tensors, &pth->tensor_capacity, pth->n_tensors + 1, sizeof *tensors);
    if (!tensors) return fail_memory(pth, w->err);
    pth->tensors = tensors;
    tensor.info = (kr_array){.dtype = view->storage->dtype,
                             .rank = view->rank,
                             .n = view->n,
                             .item_size = (size_t)width};
    memcpy(tensor.info.shape, view->shape, sizeof view->shape);
    KR_TRY(copy_name(w, &tensor.info.name));
    tensors[pth->n_tensors++] = tensor;
    return KR_OK;
}

static kr_status add_metadata(walk *w, const char *value) {
    kr_pth *pth = w->pth;
    char *key = NULL;
    kr_text_pair *metadata =
        kr__grow(pth->metadata, &pth->metadata_capacity, pth->n_metadata + 1, sizeof *metadata);
    if (!metadata) return fail_memory(pth, w->err);
    pth->metadata = metadata;
    KR_TRY(copy_name(w, &key));
    w->name_bytes += strlen(value) + 1;
    if (w->name_bytes > MAX_NAMES) return fail_walk(w, "the texts need too much memory");
    char *copy = kr__arena_strdup(&pth->arena, value);
    if (!copy) return fail_memory(pth, w->err);
    metadata[pth->n_metadata++] = (kr_text_pair){key, copy};
    return KR_OK;
}

static kr_status add_plain(walk *w, const kr__node *node) {
    char text[KR_NUMBER_TEXT];
    switch (node->kind) {
        case KR__NODE_NONE:
            return add_metadata(w, "null");
        case KR__NODE_BOOL:
            return add_metadata(w, node->as.integer ? "true" : "false");
        case KR__NODE_TEXT:
            return add_metadata(w, node->as.text);
        case KR__NODE_INT:
            snprintf(text, sizeof text, "%" PRId64, node->as.integer);
            return add_metadata(w, text);
        case KR__NODE_REAL:
            kr__text_number(node->as.real, text);
            return add_metadata(w, text);
        default:
            return fail_walk(w, "is neither a tensor nor a plain value");
    }
}

/* Appends ".key" (or the number of an item) to the name; false when it is no text or too long. */
static bool extend_name(walk *w, size_t used, const kr__item *item, int64_t i) {
    char *end = w->name + used;
    size_t room = sizeof w->name - used;
    const char *dot = used > 0 ? "." : "";
    int n = -1;
    if (!item->key) {
        n = snprintf(end, room, "%s%" PRId64, dot, i);
    } else if (item->key->kind == KR__NODE_INT) {
        n = snprintf(end, room, "%s%" PRId64, dot, item->key->as.integer);
    } else if (item->key->kind == KR__NODE_TEXT) {
        n = snprintf(end, room, "%s%s", dot, item->key->as.text);
    }
    return n >= 0 && (size_t)n < room;
}

static kr_status flatten(walk *w, const kr__node *node, int depth) {
    if (++w->visits > w->budget) return fail_walk(w, "its values unfold without end");
    if (node->kind == KR__NODE_TENSOR) return add_tensor(w, node->as.view);
    bool is_container =
        node->kind == KR__NODE_DICT || node->kind == KR__NODE_LIST || node->kind == KR__NODE_TUPLE;
    if (!is_container) return add_plain(w, node);
    if (depth == MAX_DEPTH) return fail_walk(w, "is nested too deeply");
    size_t used = strlen(w->name);
    int64_t i = 0;
    for (const kr__item *item = node->as.items.first; item; item = item->next, i++) {
        if (!extend_name(w, used, item, i)) {
            w->name[used] = '\0';
            return fail_walk(w, "has a key that is neither text nor number, or is too long");
        }
        KR_TRY(flatten(w, item->value, depth + 1));
        w->name[used] = '\0';
    }
    return KR_OK;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static kr_status check_names(kr_pth *pth, kr_error *err) {
    const char **names = kr__calloc(pth->n_tensors + 1, sizeof *names);
    if (!names) return fail_memory(pth, err);
    for (size_t i = 0; i < pth->n_tensors; i++) names[i] = pth->tensors[i].info.name;
    qsort(names, pth->n_tensors, sizeof *names, by_text);
    kr_status status = KR_OK;
    for (size_t i = 1; i < pth->n_tensors && status == KR_OK; i++) {
        if (strcmp(names[i - 1], names[i]) != 0) continue;
        char quote[KR_QUOTE_SIZE];
        status = kr_fail(err, KR_FORMAT, "%s: two tensors are named \"%s\"", path_of(pth),
                         kr__quote(names[i], strlen(names[i]), quote));
    }
    kr_free(names);
    return status;
}

/* ---- opening ---------------------------------------------------------------------------- */

static kr_status read_tree(kr_pth *pth, kr_error *err) {
    int64_t member = -1, n_steps = 0;
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    const kr__node *root = NULL;
    KR_TRY(find_pickle(pth, &member, err));
    KR_TRY(read_byte_order(pth, err));
    KR_TRY(kr__zip_member_read(pth->zip, member, MAX_PICKLE, &bytes, &n_bytes, err));
    kr_status status =
        kr__pickle_run(path_of(pth), bytes, n_bytes, &pth->arena, &root, &n_steps, err);
    kr_free(bytes);
    if (status != KR_OK) return status;
    walk *w = kr__calloc(1, sizeof *w);
    if (!w) return fail_memory(pth, err);
    w->pth = pth;
    w->budget = 4 * n_steps + 1000;
    w->last_member = -1;
    w->err = err;
    if (__builtin_mul_overflow(kr__zip_file_size(pth->zip), MAX_GROWTH, &w->most_bytes) ||
        __builtin_add_overflow(w->most_bytes, FREE_GROWTH, &w->most_bytes)) {
        w->most_bytes = UINT64_MAX;
    }
    status = flatten(w, root, 0);
    kr_free(w);
    return status == KR_OK ? check_names(pth, err) : status;
}

static kr_status open_zip(kr__zip *zip, kr_pth **out, kr_error *err) {
    kr_pth *pth = kr__calloc(1, sizeof *pth);
    if (!pth) {
        kr_status status = kr_fail(err, KR_MEMORY, "%s: out of memory", kr__zip_path(zip));
        kr__zip_close(zip);
        return status;
    }
    pth->zip = zip;
    pth->storage_member = -1;
    kr_status status = read_tree(pth, err);
    if (status == KR_OK) {
        *out = pth;
    } else {
        kr__pth_close(pth);
    }
    return status;
}

/* Before version 1.6 the file was a bare pickle. */
static kr_status check_front(const char *name, const uint8_t *front, size_t n, kr_error *err) {
    if (n >= 2 && front[0] == 0x80 && front[1] <= 5) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "%s: is a checkpoint of PyTorch before version 1.6; load it there and "
                       "save it again with torch.save",
                       name);
    }
    if (n < 2 || front[0] != 'P' || front[1] != 'K') {
        return kr_fail(err, KR_FORMAT, "%s: is not a checkpoint of PyTorch: not a zip file", name);
    }
    return KR_OK;
}

kr_status kr__pth_open(const char *path, kr_pth **out, kr_error *err) {
    FILE *stream = NULL;
    uint8_t front[2];
    size_t n_bytes = 0;
    kr__zip *zip = NULL;
    KR_TRY(kr__file_open(path, PTRDIFF_MAX, &stream, &n_bytes, err));
    size_t n = fread(front, 1, sizeof front, stream);
    fclose(stream);
    KR_TRY(check_front(path, front, n, err));
    KR_TRY(kr__zip_open(path, &zip, err));
    return open_zip(zip, out, err);
}

kr_status kr__pth_open_memory(const char *name, const void *bytes, size_t n_bytes, kr_pth **out,
                              kr_error *err) {
    kr__zip *zip = NULL;
    KR_TRY(check_front(name, bytes, n_bytes, err));
    KR_TRY(kr__zip_open_memory(name, bytes, n_bytes, &zip, err));
    return open_zip(zip, out, err);
}

void kr__pth_close(kr_pth *pth) {
    if (!pth) return;
    kr__zip_close(pth->zip);
    kr__arena_deinit(&pth->arena);
    kr_free(pth->tensors);
    kr_free(pth->metadata);
    kr_free(pth->storage);
    kr_free(pth);
}

/* ---- what it holds ---------------------------------------------------------------------- */

int64_t kr__pth_count(const kr_pth *pth) { return (int64_t)pth->n_tensors; }

const kr_array *kr__pth_info(const kr_pth *pth, int64_t i) {
    return i >= 0 && i < kr__pth_count(pth) ? &pth->tensors[i].info : NULL;
}

int64_t kr__pth_find(const kr_pth *pth, const char *name) {
    for (int64_t i = 0; i < kr__pth_count(pth); i++) {
        if (strcmp(pth->tensors[i].info.name, name) == 0) return i;
    }
    return -1;
}

int64_t kr__pth_n_metadata(const kr_pth *pth) { return (int64_t)pth->n_metadata; }

kr_text_pair kr__pth_metadata(const kr_pth *pth, int64_t i) {
    bool is_in_range = i >= 0 && i < kr__pth_n_metadata(pth);
    return is_in_range ? pth->metadata[i] : (kr_text_pair){NULL, NULL};
}

const char *kr__pth_value(const kr_pth *pth, const char *key) {
    for (size_t i = 0; i < pth->n_metadata; i++) {
        if (strcmp(pth->metadata[i].key, key) == 0) return pth->metadata[i].value;
    }
    return NULL;
}

/* ---- elements --------------------------------------------------------------------------- */

static kr_status load_storage(kr_pth *pth, int64_t member, kr_error *err) {
    if (pth->storage_member == member) return KR_OK;
    kr_free(pth->storage);
    pth->storage = NULL;
    pth->storage_member = -1;
    KR_TRY(kr__zip_member_read(pth->zip, member, PTRDIFF_MAX - 1, &pth->storage, &pth->n_storage,
                               err));
    pth->storage_member = member;
    return KR_OK;
}

static bool is_contiguous(const kr__view *view) {
    int64_t step = 1;
    for (int i = view->rank - 1; i >= 0; i--) {
        if (view->shape[i] != 1 && view->stride[i] != step) return false;
        step *= view->shape[i];
    }
    return true;
}

/* Elements at their strides into C order; the pickle machine has checked that they are inside. */
static void gather(const kr__view *view, const uint8_t *storage, size_t width, uint8_t *to) {
    int64_t index[KR_ARRAY_MAX_RANK] = {0}, place = view->offset;
    for (int64_t i = 0; i < view->n; i++, to += width) {
        memcpy(to, storage + (size_t)place * width, width);
        for (int axis = view->rank - 1; axis >= 0; axis--) {
            place += view->stride[axis];
            if (++index[axis] < view->shape[axis]) break;
            place -= view->stride[axis] * view->shape[axis];
            index[axis] = 0;
        }
    }
}

kr_status kr__pth_get(kr_pth *pth, int64_t i, kr_array *out, kr_error *err) {
    if (i < 0 || i >= kr__pth_count(pth)) {
        return kr_fail(err, KR_USAGE, "%s: has no tensor number %lld", path_of(pth), (long long)i);
    }
    const pth_tensor *tensor = &pth->tensors[i];
    const kr__view *view = tensor->view;
    size_t width = tensor->info.item_size, n_name = strlen(tensor->info.name) + 1;
    KR_TRY(load_storage(pth, tensor->member, err));
    kr_array array = tensor->info;
    array.name = kr__calloc(n_name, 1);
    array.data = kr__calloc((size_t)view->n, width);
    if (!array.name || !array.data) {
        kr_array_deinit(&array);
        return fail_memory(pth, err);
    }
    memcpy(array.name, tensor->info.name, n_name);
    if (is_contiguous(view)) {
        memcpy(array.data, pth->storage + (size_t)view->offset * width, (size_t)view->n * width);
    } else {
        gather(view, pth->storage, width, array.data);
    }
    if (pth->is_turned) kr__swap_bytes(array.data, (size_t)view->n, width);
    *out = array;
    return KR_OK;
}
