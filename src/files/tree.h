/* SPDX-License-Identifier: MIT
 * tree.h - what is written into a model's file, whatever its format: tensors, numbers and texts in
 * dictionaries and lists.
 *
 * A tree is put together from front to back: in a dictionary key and value in turn, where a key is
 * a text or an integer. The root is a dictionary.
 *
 *     kr__tree tree = {.n_items = 0};
 *     kr__tree_put_dict(&tree);
 *     kr__tree_put_text(&tree, "epoch"), kr__tree_put_int(&tree, 3);
 *     kr__tree_put_text(&tree, KR__TREE_MODEL), kr__tree_put_ordered_dict(&tree);
 *     kr__tree_put_text(&tree, "norm.weight"), kr__tree_put_tensor(&tree, &array);
 *     kr__tree_put_end(&tree);
 *     kr__tree_put_end(&tree);
 *
 * A format that has dictionaries writes the items as they come; one that has not asks for
 * kr__tree_flatten(). */
#ifndef KR_TREE_H
#define KR_TREE_H

#include <kr/files.h>

#include "core/arena.h"

/* The key under which the tensors of the model stand, where the root holds more than these. */
#define KR__TREE_MODEL "model_state_dict"

enum { KR__TREE_DEPTH = 16 };

typedef enum kr__tree_kind {
    KR__TREE_NONE,
    KR__TREE_BOOL,
    KR__TREE_INT,
    KR__TREE_REAL,
    KR__TREE_TEXT,
    KR__TREE_TENSOR,
    KR__TREE_DICT,
    KR__TREE_ORDERED_DICT, /* PyTorch keeps tensors in these */
    KR__TREE_LIST,
    KR__TREE_END /* of the innermost dictionary or list */
} kr__tree_kind;

typedef struct kr__tree_item {
    kr__tree_kind kind;
    union {
        int64_t integer; /* BOOL, INT */
        double real;
        const char *text;
        const kr_array *tensor; /* its name is of no meaning */
    } as;
} kr__tree_item;

typedef struct kr__tree {
    kr__tree_item *items;
    size_t n_items, capacity;
    int depth;
    bool is_cut; /* out of memory */
    kr_arena arena;
} kr__tree;

/* An all-zero kr__tree is valid and empty. */
void kr__tree_deinit(kr__tree *tree);

/* Running out of memory is remembered until kr__tree_check(). */
void kr__tree_put_dict(kr__tree *tree);
void kr__tree_put_ordered_dict(kr__tree *tree);
void kr__tree_put_list(kr__tree *tree);
void kr__tree_put_end(kr__tree *tree);
void kr__tree_put_text(kr__tree *tree, const char *text); /* is copied */
void kr__tree_put_int(kr__tree *tree, int64_t value);
void kr__tree_put_real(kr__tree *tree, double value);
void kr__tree_put_bool(kr__tree *tree, bool value);
void kr__tree_put_none(kr__tree *tree);
/* The elements must stay until the tree is written. */
void kr__tree_put_tensor(kr__tree *tree, const kr_array *array);

/* Is all of it there? For those who write it. */
kr_status kr__tree_check(const kr__tree *tree, const char *path, kr_error *err);

/* The tree of a format that knows names and texts alone, in the tree's order: what kr_tensor_file
 * shows of a checkpoint. Keys are joined by dots ("args.d_model", "betas.0"), tensors of the model
 * are named without KR__TREE_MODEL, values are texts: "true", "null", "0.1". */
typedef struct kr__flat_tree {
    kr_array *arrays; /* n_arrays; the elements are the tree's */
    kr_text_pair *texts;
    int64_t n_arrays, n_texts;
    kr_arena arena;
} kr__flat_tree;

/* To be given back with kr__flat_tree_deinit, also on failure. */
kr_status kr__tree_flatten(const kr__tree *tree, const char *path, kr__flat_tree *out,
                           kr_error *err);
void kr__flat_tree_deinit(kr__flat_tree *flat);

#endif
