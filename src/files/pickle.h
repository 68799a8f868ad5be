/* SPDX-License-Identifier: MIT
 * pickle.h - a restricted machine for the pickles inside PyTorch checkpoints.
 *
 * It builds a tree of plain values and tensors, and never calls anything. It knows the opcodes of
 * protocol 2 that torch.save writes, and these names: collections.OrderedDict (called without
 * arguments), torch._utils._rebuild_tensor_v2, torch.FloatStorage and the other storages. All else
 * is refused with a sentence that names it. Time and memory are linear in the size of the pickle.
 * Source: Python's pickletools module (opcodes), torch/_utils.py (arguments of the two calls). */
#ifndef KR_PICKLE_H
#define KR_PICKLE_H

#include <kr/files.h>

#include "core/arena.h"

typedef enum kr__node_kind {
    KR__NODE_NONE,
    KR__NODE_BOOL,
    KR__NODE_INT,
    KR__NODE_REAL,
    KR__NODE_TEXT,
    KR__NODE_TUPLE,
    KR__NODE_LIST,
    KR__NODE_DICT,
    KR__NODE_GLOBAL,
    KR__NODE_STORAGE,
    KR__NODE_TENSOR
} kr__node_kind;

typedef struct kr__node kr__node;

typedef struct kr__item {
    const kr__node *key; /* DICT only */
    const kr__node *value;
    struct kr__item *next;
} kr__item;

/* Elements of a file that tensors are views into. */
typedef struct kr__storage {
    const char *key; /* of the member */
    kr_dtype dtype;
    int64_t n; /* elements it claims to have */
} kr__storage;

/* A view whose elements all lie inside storage->n. */
typedef struct kr__view {
    const kr__storage *storage;
    int64_t offset, n;
    int rank;
    int64_t shape[KR_ARRAY_MAX_RANK], stride[KR_ARRAY_MAX_RANK];
} kr__view;

struct kr__node {
    kr__node_kind kind;
    union {
        int64_t integer; /* BOOL, INT; GLOBAL: its row in the table of names */
        double real;
        const char *text; /* without zeros inside */
        struct {
            kr__item *first, *last;
            int64_t n;
        } items; /* TUPLE, LIST, DICT */
        const kr__storage *storage;
        const kr__view *view;
    } as;
};

/* Run a pickle; *root and all below it live in arena. A container may hold itself: whoever walks
 * the tree limits the depth. *n_steps: opcodes that were run. name is for sentences. */
kr_status kr__pickle_run(const char *name, const uint8_t *bytes, size_t n_bytes, kr_arena *arena,
                         const kr__node **root, int64_t *n_steps, kr_error *err);

#endif
