/* SPDX-License-Identifier: MIT
 * pickle.c - the restricted pickle machine: a stack, marks in it, and a memo. */
#include "files/pickle.h"
#include "core/arena.h"

#include <stdio.h>
#include <string.h>

#include "files/array_internal.h"

enum { MAX_STEPS = 1 << 22, MAX_NODES = 1 << 20 };

typedef struct machine {
    const char *name; /* of the file */
    const uint8_t *begin, *at, *end;
    kr_arena *arena;
    kr__node **stack, **memo;
    size_t *marks; /* heights of the stack */
    size_t n_stack, n_memo, n_marks;
    size_t stack_capacity, memo_capacity, mark_capacity;
    int64_t n_nodes;
    kr_error *err;
} machine;

/* ---- names that may be used ------------------------------------------------------------- */

typedef enum global_kind { GLOBAL_DICT, GLOBAL_REBUILD, GLOBAL_STORAGE } global_kind;

static const struct {
    const char *module, *name;
    global_kind kind;
    kr_dtype dtype;
} globals[] = {
    {"collections", "OrderedDict", GLOBAL_DICT, KR_DTYPE_COUNT},
    {"torch._utils", "_rebuild_tensor_v2", GLOBAL_REBUILD, KR_DTYPE_COUNT},
    {"torch", "FloatStorage", GLOBAL_STORAGE, KR_DTYPE_F32},
    {"torch", "DoubleStorage", GLOBAL_STORAGE, KR_DTYPE_F64},
    {"torch", "HalfStorage", GLOBAL_STORAGE, KR_DTYPE_F16},
    {"torch", "BFloat16Storage", GLOBAL_STORAGE, KR_DTYPE_BF16},
    {"torch", "LongStorage", GLOBAL_STORAGE, KR_DTYPE_I64},
    {"torch", "IntStorage", GLOBAL_STORAGE, KR_DTYPE_I32},
    {"torch", "ShortStorage", GLOBAL_STORAGE, KR_DTYPE_I16},
    {"torch", "CharStorage", GLOBAL_STORAGE, KR_DTYPE_I8},
    {"torch", "ByteStorage", GLOBAL_STORAGE, KR_DTYPE_U8},
    {"torch", "BoolStorage", GLOBAL_STORAGE, KR_DTYPE_BOOL},
};
enum { N_GLOBALS = sizeof globals / sizeof *globals };

/* ---- stack ------------------------------------------------------------------------------ */

static kr_status fail_at(const machine *m, const char *what) {
    kr_fail(m->err, KR_FORMAT, "%s: its pickle is refused at byte %zu: %s", m->name,
            (size_t)(m->at - m->begin), what);
    return KR_FORMAT;
}

static kr_status fail_memory(const machine *m) {
    kr_fail(m->err, KR_MEMORY, "%s: out of memory", m->name);
    return KR_MEMORY;
}

static kr_status push(machine *m, kr__node *node) {
    kr__node **stack = kr__grow(m->stack, &m->stack_capacity, m->n_stack + 1, sizeof *stack);
    if (!stack) return fail_memory(m);
    m->stack = stack;
    m->stack[m->n_stack++] = node;
    return KR_OK;
}

/* Top of the stack, but not below the last mark. */
static kr_status pop(machine *m, kr__node **node) {
    size_t floor = m->n_marks > 0 ? m->marks[m->n_marks - 1] : 0;
    if (m->n_stack <= floor) return fail_at(m, "its stack is empty");
    *node = m->stack[--m->n_stack];
    return KR_OK;
}

static kr_status push_mark(machine *m) {
    size_t *marks = kr__grow(m->marks, &m->mark_capacity, m->n_marks + 1, sizeof *marks);
    if (!marks) return fail_memory(m);
    m->marks = marks;
    m->marks[m->n_marks++] = m->n_stack;
    return KR_OK;
}

/* What was pushed since the last mark, which is removed; valid until the next push. */
static kr_status pop_mark(machine *m, kr__node ***nodes, size_t *n) {
    if (m->n_marks == 0) return fail_at(m, "it has no mark");
    size_t height = m->marks[--m->n_marks];
    *nodes = m->stack + height;
    *n = m->n_stack - height;
    m->n_stack = height;
    return KR_OK;
}

static kr_status make(machine *m, kr__node_kind kind, kr__node **out) {
    if (++m->n_nodes > MAX_NODES) return fail_at(m, "it has more than a million values");
    kr__node *node = kr__arena_alloc(m->arena, 1, sizeof *node);
    if (!node) return fail_memory(m);
    node->kind = kind;
    *out = node;
    return KR_OK;
}

static kr_status push_new(machine *m, kr__node_kind kind, kr__node **out) {
    KR_TRY(make(m, kind, out));
    return push(m, *out);
}

static kr_status add_item(machine *m, kr__node *container, kr__node *key, kr__node *value) {
    kr__item *item = kr__arena_alloc(m->arena, 1, sizeof *item);
    if (!item) return fail_memory(m);
    item->key = key;
    item->value = value;
    if (container->as.items.last) {
        container->as.items.last->next = item;
    } else {
        container->as.items.first = item;
    }
    container->as.items.last = item;
    container->as.items.n++;
    return KR_OK;
}

/* ---- operands --------------------------------------------------------------------------- */

static kr_status take(machine *m, size_t n, const uint8_t **bytes) {
    if ((size_t)(m->end - m->at) < n) return fail_at(m, "it ends in the middle of a value");
    *bytes = m->at;
    m->at += n;
    return KR_OK;
}

/* n little-endian bytes, at most 8. */
static kr_status take_unsigned(machine *m, size_t n, uint64_t *out) {
    const uint8_t *bytes = NULL;
    KR_TRY(take(m, n, &bytes));
    *out = 0;
    for (size_t i = n; i > 0; i--) *out = *out << 8 | bytes[i - 1];
    return KR_OK;
}

static kr_status push_unsigned(machine *m, size_t n) {
    uint64_t value = 0;
    kr__node *node = NULL;
    KR_TRY(take_unsigned(m, n, &value));
    KR_TRY(push_new(m, KR__NODE_INT, &node));
    node->as.integer = (int64_t)value;
    return KR_OK;
}

/* n bytes in two's complement. */
static kr_status push_signed(machine *m, size_t n) {
    uint64_t value = 0;
    kr__node *node = NULL;
    if (n > 8) return fail_at(m, "it has a whole number of more than 64 bits");
    KR_TRY(take_unsigned(m, n, &value));
    if (n > 0 && n < 8 && value >> (8 * n - 1)) value |= UINT64_MAX << (8 * n);
    KR_TRY(push_new(m, KR__NODE_INT, &node));
    node->as.integer = (int64_t)value;
    return KR_OK;
}

static kr_status push_long(machine *m) {
    uint64_t n = 0;
    KR_TRY(take_unsigned(m, 1, &n));
    return push_signed(m, (size_t)n);
}

/* A big-endian double. */
static kr_status push_real(machine *m) {
    const uint8_t *bytes = NULL;
    kr__node *node = NULL;
    uint64_t bits = 0;
    KR_TRY(take(m, 8, &bytes));
    for (int i = 0; i < 8; i++) bits = bits << 8 | bytes[i];
    KR_TRY(push_new(m, KR__NODE_REAL, &node));
    memcpy(&node->as.real, &bits, sizeof bits);
    return KR_OK;
}

static kr_status push_bool(machine *m, bool value) {
    kr__node *node = NULL;
    KR_TRY(push_new(m, KR__NODE_BOOL, &node));
    node->as.integer = value;
    return KR_OK;
}

static kr_status push_text(machine *m) {
    uint64_t n = 0;
    const uint8_t *bytes = NULL;
    kr__node *node = NULL;
    KR_TRY(take_unsigned(m, 4, &n));
    KR_TRY(take(m, (size_t)n, &bytes));
    if (memchr(bytes, '\0', (size_t)n)) return fail_at(m, "a text has a zero inside");
    char *text = kr__arena_alloc(m->arena, (size_t)n + 1, 1);
    if (!text) return fail_memory(m);
    memcpy(text, bytes, (size_t)n);
    KR_TRY(push_new(m, KR__NODE_TEXT, &node));
    node->as.text = text;
    return KR_OK;
}

/* Up to the next newline, which is passed. */
static kr_status take_line(machine *m, const char **line, size_t *n) {
    const uint8_t *newline = memchr(m->at, '\n', (size_t)(m->end - m->at));
    if (!newline) return fail_at(m, "it ends in the middle of a name");
    *line = (const char *)m->at;
    *n = (size_t)(newline - m->at);
    m->at = newline + 1;
    return KR_OK;
}

static bool is_text(const char *text, const char *other, size_t n_other) {
    return strlen(text) == n_other && memcmp(text, other, n_other) == 0;
}

static kr_status push_global(machine *m) {
    const char *module = NULL, *name = NULL;
    size_t n_module = 0, n_name = 0;
    char module_quote[KR_QUOTE_SIZE], name_quote[KR_QUOTE_SIZE];
    kr__node *node = NULL;
    KR_TRY(take_line(m, &module, &n_module));
    KR_TRY(take_line(m, &name, &n_name));
    int i = 0;
    while (i < N_GLOBALS && !(is_text(globals[i].module, module, n_module) &&
                              is_text(globals[i].name, name, n_name))) {
        i++;
    }
    if (i == N_GLOBALS) {
        return kr_fail(m->err, KR_UNSUPPORTED,
                       "%s: asks for the Python object %s.%s, which is not executed; only "
                       "dictionaries of tensors and plain values are read: save the state_dict",
                       m->name, kr__quote(module, n_module, module_quote),
                       kr__quote(name, n_name, name_quote));
    }
    KR_TRY(push_new(m, KR__NODE_GLOBAL, &node));
    node->as.integer = i;
    return KR_OK;
}

/* ---- memo ------------------------------------------------------------------------------- */

/* Writers number the memo in order, so a new index is at most one above the last. */
static kr_status put_memo(machine *m, size_t n_bytes) {
    uint64_t i = 0;
    kr__node *top = NULL;
    KR_TRY(take_unsigned(m, n_bytes, &i));
    KR_TRY(pop(m, &top));
    KR_TRY(push(m, top));
    if (i > m->n_memo) return fail_at(m, "a memo index is out of range");
    kr__node **memo = kr__grow(m->memo, &m->memo_capacity, m->n_memo + 1, sizeof *memo);
    if (!memo) return fail_memory(m);
    m->memo = memo;
    m->memo[i] = top;
    if (i == m->n_memo) m->n_memo++;
    return KR_OK;
}

static kr_status get_memo(machine *m, size_t n_bytes) {
    uint64_t i = 0;
    KR_TRY(take_unsigned(m, n_bytes, &i));
    if (i >= m->n_memo) return fail_at(m, "a memo index is out of range");
    return push(m, m->memo[i]);
}

/* ---- containers ------------------------------------------------------------------------- */

static kr_status push_tuple(machine *m, kr__node *const *nodes, size_t n) {
    kr__node *tuple = NULL;
    KR_TRY(make(m, KR__NODE_TUPLE, &tuple));
    for (size_t i = 0; i < n; i++) KR_TRY(add_item(m, tuple, NULL, nodes[i]));
    return push(m, tuple);
}

static kr_status push_marked_tuple(machine *m) {
    kr__node **nodes = NULL;
    size_t n = 0;
    KR_TRY(pop_mark(m, &nodes, &n));
    return push_tuple(m, nodes, n);
}

static kr_status push_short_tuple(machine *m, size_t n) {
    kr__node *nodes[3] = {NULL, NULL, NULL};
    for (size_t i = n; i > 0; i--) KR_TRY(pop(m, &nodes[i - 1]));
    return push_tuple(m, nodes, n);
}

/* The container that lies on the stack and stays there. */
static kr_status peek(machine *m, kr__node_kind kind, kr__node **out) {
    KR_TRY(pop(m, out));
    if ((*out)->kind != kind)
        return fail_at(m, "something is added to a value that is not such a container");
    return push(m, *out);
}

static kr_status append(machine *m) {
    kr__node *value = NULL, *list = NULL;
    KR_TRY(pop(m, &value));
    KR_TRY(peek(m, KR__NODE_LIST, &list));
    return add_item(m, list, NULL, value);
}

static kr_status append_marked(machine *m) {
    kr__node **nodes = NULL, *list = NULL;
    size_t n = 0;
    KR_TRY(pop_mark(m, &nodes, &n));
    KR_TRY(peek(m, KR__NODE_LIST, &list));
    for (size_t i = 0; i < n; i++) KR_TRY(add_item(m, list, NULL, nodes[i]));
    return KR_OK;
}

static kr_status set_item(machine *m) {
    kr__node *key = NULL, *value = NULL, *dict = NULL;
    KR_TRY(pop(m, &value));
    KR_TRY(pop(m, &key));
    KR_TRY(peek(m, KR__NODE_DICT, &dict));
    return add_item(m, dict, key, value);
}

static kr_status set_marked_items(machine *m) {
    kr__node **nodes = NULL, *dict = NULL;
    size_t n = 0;
    KR_TRY(pop_mark(m, &nodes, &n));
    if (n % 2 != 0) return fail_at(m, "a key has no value");
    KR_TRY(peek(m, KR__NODE_DICT, &dict));
    for (size_t i = 0; i < n; i += 2) KR_TRY(add_item(m, dict, nodes[i], nodes[i + 1]));
    return KR_OK;
}

/* ---- tensors ---------------------------------------------------------------------------- */

/* The values of a tuple of exactly n, in out. */
static bool unpack(const kr__node *tuple, const kr__node **out, int64_t n) {
    if (tuple->kind != KR__NODE_TUPLE || tuple->as.items.n != n) return false;
    const kr__item *item = tuple->as.items.first;
    for (int64_t i = 0; i < n; i++, item = item->next) out[i] = item->value;
    return true;
}

/* ('storage', torch.FloatStorage, '12', 'cpu', 1024): key, place when saved, elements. */
static kr_status push_storage(machine *m) {
    kr__node *id = NULL, *node = NULL;
    const kr__node *part[5] = {0};
    KR_TRY(pop(m, &id));
    bool is_storage =
        unpack(id, part, 5) && part[0]->kind == KR__NODE_TEXT &&
        strcmp(part[0]->as.text, "storage") == 0 && part[1]->kind == KR__NODE_GLOBAL &&
        globals[part[1]->as.integer].kind == GLOBAL_STORAGE && part[2]->kind == KR__NODE_TEXT &&
        part[3]->kind == KR__NODE_TEXT && part[4]->kind == KR__NODE_INT && part[4]->as.integer >= 0;
    if (!is_storage) return fail_at(m, "a persistent id does not describe a storage");
    kr__storage *storage = kr__arena_alloc(m->arena, 1, sizeof *storage);
    if (!storage) return fail_memory(m);
    storage->key = part[2]->as.text;
    storage->dtype = globals[part[1]->as.integer].dtype;
    storage->n = part[4]->as.integer;
    KR_TRY(push_new(m, KR__NODE_STORAGE, &node));
    node->as.storage = storage;
    return KR_OK;
}

/* A tuple of sizes, none negative. */
static bool get_sizes(const kr__node *tuple, int *rank, int64_t sizes[KR_ARRAY_MAX_RANK]) {
    if (tuple->kind != KR__NODE_TUPLE || tuple->as.items.n > KR_ARRAY_MAX_RANK) return false;
    *rank = (int)tuple->as.items.n;
    const kr__item *item = tuple->as.items.first;
    for (int i = 0; i < *rank; i++, item = item->next) {
        if (item->value->kind != KR__NODE_INT || item->value->as.integer < 0) return false;
        sizes[i] = item->value->as.integer;
    }
    return true;
}

/* Does the last element lie inside the storage? */
static bool is_inside(const kr__view *view) {
    int64_t last = view->offset;
    if (view->offset < 0 || view->offset > view->storage->n) return false;
    if (view->n == 0) return true;
    for (int i = 0; i < view->rank; i++) {
        int64_t reach;
        if (__builtin_mul_overflow(view->shape[i] - 1, view->stride[i], &reach)) return false;
        if (__builtin_add_overflow(last, reach, &last)) return false;
    }
    return last < view->storage->n;
}

/* (storage, offset, sizes, strides, requires_grad, hooks) */
static kr_status push_tensor(machine *m, const kr__node *arguments) {
    const kr__node *part[6] = {0};
    int n_strides = 0;
    size_t bytes = 0;
    kr__node *node = NULL;
    kr__view *view = kr__arena_alloc(m->arena, 1, sizeof *view);
    if (!view) return fail_memory(m);
    bool is_tensor = unpack(arguments, part, 6) && part[0]->kind == KR__NODE_STORAGE &&
                     part[1]->kind == KR__NODE_INT &&
                     get_sizes(part[2], &view->rank, view->shape) &&
                     get_sizes(part[3], &n_strides, view->stride) && n_strides == view->rank &&
                     part[4]->kind == KR__NODE_BOOL && part[5]->kind == KR__NODE_DICT &&
                     part[5]->as.items.n == 0;
    if (!is_tensor)
        return fail_at(m, "the arguments of _rebuild_tensor_v2 are not those of a tensor");
    view->storage = part[0]->as.storage;
    view->offset = part[1]->as.integer;
    if (!kr__array_size(view->rank, view->shape, kr_dtype_size(view->storage->dtype), &view->n,
                        &bytes) ||
        !is_inside(view)) {
        return fail_at(m, "a tensor reaches beyond its storage");
    }
    if (view->n >
        view->storage->n) { /* a stride of 0 would need memory that the file does not have */
        return fail_at(m, "a tensor repeats elements of its storage; save a contiguous copy");
    }
    KR_TRY(push_new(m, KR__NODE_TENSOR, &node));
    node->as.view = view;
    return KR_OK;
}

static kr_status reduce(machine *m) {
    kr__node *arguments = NULL, *callable = NULL, *dict = NULL;
    KR_TRY(pop(m, &arguments));
    KR_TRY(pop(m, &callable));
    if (callable->kind != KR__NODE_GLOBAL) return fail_at(m, "what is called is not a function");
    switch (globals[callable->as.integer].kind) {
        case GLOBAL_REBUILD:
            return push_tensor(m, arguments);
        case GLOBAL_DICT:
            if (!unpack(arguments, NULL, 0)) return fail_at(m, "OrderedDict has arguments");
            return push_new(m, KR__NODE_DICT, &dict);
        default:
            return fail_at(m, "a storage class is called");
    }
}

/* Attributes of a dictionary (`_metadata` of a state_dict) are dropped. */
static kr_status build(machine *m) {
    kr__node *attributes = NULL, *object = NULL;
    KR_TRY(pop(m, &attributes));
    KR_TRY(peek(m, KR__NODE_DICT, &object));
    if (attributes->kind != KR__NODE_DICT) return fail_at(m, "the attributes are not a dictionary");
    return KR_OK;
}

/* ---- running ---------------------------------------------------------------------------- */

static kr_status fail_opcode(const machine *m, uint8_t opcode) {
    return kr_fail(m->err, KR_UNSUPPORTED,
                   "%s: its pickle has the opcode 0x%02x ('%c') at byte %zu, which checkpoints of "
                   "tensors do not need; save the state_dict with PyTorch's own torch.save",
                   m->name, opcode, opcode > ' ' && opcode < 127 ? opcode : '?',
                   (size_t)(m->at - m->begin - 1));
}

static kr_status run_opcode(machine *m, uint8_t opcode) {
    kr__node *node = NULL;
    switch (opcode) {
        case '(':
            return push_mark(m);
        case 'N':
            return push_new(m, KR__NODE_NONE, &node);
        case ')':
            return push_new(m, KR__NODE_TUPLE, &node);
        case ']':
            return push_new(m, KR__NODE_LIST, &node);
        case '}':
            return push_new(m, KR__NODE_DICT, &node);
        case 0x88:
            return push_bool(m, true);
        case 0x89:
            return push_bool(m, false);
        case 'K':
            return push_unsigned(m, 1);
        case 'M':
            return push_unsigned(m, 2);
        case 'J':
            return push_signed(m, 4);
        case 0x8a:
            return push_long(m);
        case 'G':
            return push_real(m);
        case 'X':
            return push_text(m);
        case 'c':
            return push_global(m);
        case 'q':
            return put_memo(m, 1);
        case 'r':
            return put_memo(m, 4);
        case 'h':
            return get_memo(m, 1);
        case 'j':
            return get_memo(m, 4);
        case 't':
            return push_marked_tuple(m);
        case 0x85:
            return push_short_tuple(m, 1);
        case 0x86:
            return push_short_tuple(m, 2);
        case 0x87:
            return push_short_tuple(m, 3);
        case 'a':
            return append(m);
        case 'e':
            return append_marked(m);
        case 's':
            return set_item(m);
        case 'u':
            return set_marked_items(m);
        case 'Q':
            return push_storage(m);
        case 'R':
            return reduce(m);
        case 'b':
            return build(m);
        default:
            return fail_opcode(m, opcode);
    }
}

static kr_status run_all(machine *m, const kr__node **root, int64_t *n_steps) {
    const uint8_t *front = NULL;
    kr__node *top = NULL;
    KR_TRY(take(m, 2, &front));
    if (front[0] != 0x80 || front[1] != 2) {
        return kr_fail(m->err, KR_UNSUPPORTED, "%s: its pickle is not of protocol 2", m->name);
    }
    for (*n_steps = 0; *n_steps < MAX_STEPS; ++*n_steps) {
        const uint8_t *opcode = NULL;
        KR_TRY(take(m, 1, &opcode));
        if (*opcode == '.') {
            KR_TRY(pop(m, &top));
            if (m->n_stack > 0 || m->n_marks > 0) return fail_at(m, "it leaves values behind");
            if (m->at != m->end) return fail_at(m, "something follows its end");
            *root = top;
            return KR_OK;
        }
        KR_TRY(run_opcode(m, *opcode));
    }
    return fail_at(m, "it has more than four million steps");
}

kr_status kr__pickle_run(const char *name, const uint8_t *bytes, size_t n_bytes, kr_arena *arena,
                         const kr__node **root, int64_t *n_steps, kr_error *err) {
    machine m = {.name = name,
                 .begin = bytes,
                 .at = bytes,
                 .end = bytes + n_bytes,
                 .arena = arena,
                 .err = err};
    m.stack = kr__grow(NULL, &m.stack_capacity, 1, sizeof *m.stack); /* marks point into it */
    kr_status status = m.stack ? run_all(&m, root, n_steps) : fail_memory(&m);
    kr_free(m.stack);
    kr_free(m.memo);
    kr_free(m.marks);
    return status;
}
