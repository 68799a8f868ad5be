/* SPDX-License-Identifier: MIT
 * tree.c - the tree of a model's file, put together and flattened. */
#include "files/tree.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "files/array_internal.h"

/* ---- putting together ------------------------------------------------------------------- */

void kr__tree_deinit(kr__tree *tree) {
    kr_free(tree->items);
    kr__arena_deinit(&tree->arena);
    *tree = (kr__tree){.n_items = 0};
}

static void put(kr__tree *t, kr__tree_item item) {
    kr__tree_item *grown = kr__grow(t->items, &t->capacity, t->n_items + 1, sizeof *grown);
    if (!grown) {
        t->is_cut = true;
        return;
    }
    t->items = grown;
    t->items[t->n_items++] = item;
}

static void put_container(kr__tree *t, kr__tree_kind kind) {
    assert(t->depth < KR__TREE_DEPTH);
    t->depth++;
    put(t, (kr__tree_item){.kind = kind});
}

void kr__tree_put_dict(kr__tree *tree) { put_container(tree, KR__TREE_DICT); }
void kr__tree_put_ordered_dict(kr__tree *tree) { put_container(tree, KR__TREE_ORDERED_DICT); }
void kr__tree_put_list(kr__tree *tree) { put_container(tree, KR__TREE_LIST); }

void kr__tree_put_end(kr__tree *tree) {
    assert(tree->depth > 0);
    tree->depth--;
    put(tree, (kr__tree_item){.kind = KR__TREE_END});
}

void kr__tree_put_text(kr__tree *tree, const char *text) {
    const char *copy = kr__arena_strdup(&tree->arena, text);
    if (!copy) tree->is_cut = true;
    put(tree, (kr__tree_item){.kind = KR__TREE_TEXT, .as.text = copy});
}

void kr__tree_put_int(kr__tree *tree, int64_t value) {
    put(tree, (kr__tree_item){.kind = KR__TREE_INT, .as.integer = value});
}

void kr__tree_put_real(kr__tree *tree, double value) {
    put(tree, (kr__tree_item){.kind = KR__TREE_REAL, .as.real = value});
}

void kr__tree_put_bool(kr__tree *tree, bool value) {
    put(tree, (kr__tree_item){.kind = KR__TREE_BOOL, .as.integer = value});
}

void kr__tree_put_none(kr__tree *tree) { put(tree, (kr__tree_item){.kind = KR__TREE_NONE}); }

void kr__tree_put_tensor(kr__tree *tree, const kr_array *array) {
    kr_array *copy = kr__arena_alloc(&tree->arena, 1, sizeof *copy);
    if (copy) {
        *copy = *array;
    } else {
        tree->is_cut = true;
    }
    put(tree, (kr__tree_item){.kind = KR__TREE_TENSOR, .as.tensor = copy});
}

kr_status kr__tree_check(const kr__tree *tree, const char *path, kr_error *err) {
    assert(tree->depth == 0);
    return tree->is_cut ? kr_fail(err, KR_MEMORY, "%s: out of memory", path) : KR_OK;
}

/* ---- flattened -------------------------------------------------------------------------- */

/* The dictionaries and lists that are open, from the root on. */
typedef struct flattening {
    kr__flat_tree flat;
    int depth;
    struct level {
        const char *name; /* of the container, "" for the root */
        bool is_list;
        const char *key; /* NULL: the next item of the dictionary is one */
        int64_t n;       /* items of a list so far */
    } levels[KR__TREE_DEPTH];
    bool is_cut;
} flattening;

static const char *copy_text(flattening *f, const char *text) {
    const char *copy = kr__arena_strdup(&f->flat.arena, text);
    if (!copy) f->is_cut = true;
    return copy ? copy : "";
}

static const char *copy_number(flattening *f, int64_t number) {
    char text[KR_NUMBER_TEXT];
    snprintf(text, sizeof text, "%" PRId64, number);
    return copy_text(f, text);
}

/* The name of the next value, which uses up the key. */
static const char *take_name(flattening *f) {
    struct level *top = &f->levels[f->depth - 1];
    const char *key = top->is_list ? copy_number(f, top->n++) : top->key;
    top->key = NULL;
    if (!*top->name) return key;
    size_t size = strlen(top->name) + strlen(key) + 2;
    char *name = kr__arena_alloc(&f->flat.arena, size, 1);
    if (!name) {
        f->is_cut = true;
        return "";
    }
    snprintf(name, size, "%s.%s", top->name, key);
    return name;
}

static void enter(flattening *f, const char *name, bool is_list) {
    f->levels[f->depth++] = (struct level){.name = name, .is_list = is_list};
}

static void add_tensor(flattening *f, const char *name, const kr_array *tensor) {
    static const char prefix[] = KR__TREE_MODEL ".";
    if (strncmp(name, prefix, sizeof prefix - 1) == 0) name += sizeof prefix - 1;
    kr_array *a = &f->flat.arrays[f->flat.n_arrays++];
    *a = *tensor;
    a->name = kr__arena_strdup(&f->flat.arena, name);
    if (!a->name) f->is_cut = true;
}

static const char *text_of(flattening *f, const kr__tree_item *item) {
    char text[KR_NUMBER_TEXT];
    if (item->kind == KR__TREE_TEXT) return copy_text(f, item->as.text);
    if (item->kind == KR__TREE_INT) return copy_number(f, item->as.integer);
    if (item->kind == KR__TREE_REAL) return copy_text(f, kr__text_number(item->as.real, text));
    if (item->kind == KR__TREE_BOOL) return item->as.integer ? "true" : "false";
    return "null";
}

static void add_item(flattening *f, const kr__tree_item *item) {
    struct level *top = f->depth > 0 ? &f->levels[f->depth - 1] : NULL;
    if (item->kind == KR__TREE_END) {
        f->depth--;
        return;
    }
    if (top && !top->is_list && !top->key) {
        top->key = text_of(f, item);
        return;
    }
    const char *name = top ? take_name(f) : "";
    if (item->kind == KR__TREE_TENSOR) {
        add_tensor(f, name, item->as.tensor);
    } else if (item->kind >= KR__TREE_DICT) {
        enter(f, name, item->kind == KR__TREE_LIST);
    } else {
        f->flat.texts[f->flat.n_texts++] = (kr_text_pair){name, text_of(f, item)};
    }
}

kr_status kr__tree_flatten(const kr__tree *tree, const char *path, kr__flat_tree *out,
                           kr_error *err) {
    *out = (kr__flat_tree){.n_arrays = 0};
    KR_TRY(kr__tree_check(tree, path, err));
    flattening f = {.depth = 0};
    kr_arena *arena = &f.flat.arena;
    f.flat.arrays = kr__arena_alloc(arena, tree->n_items + 1, sizeof *f.flat.arrays);
    f.flat.texts = kr__arena_alloc(arena, tree->n_items + 1, sizeof *f.flat.texts);
    f.is_cut = !f.flat.arrays || !f.flat.texts;
    for (size_t i = 0; i < tree->n_items && !f.is_cut; i++) add_item(&f, &tree->items[i]);
    *out = f.flat;
    return f.is_cut ? kr_fail(err, KR_MEMORY, "%s: out of memory", path) : KR_OK;
}

void kr__flat_tree_deinit(kr__flat_tree *flat) {
    kr__arena_deinit(&flat->arena);
    *flat = (kr__flat_tree){.n_arrays = 0};
}
