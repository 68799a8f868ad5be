/* SPDX-License-Identifier: MIT
 * plan.c - recording nodes, laying out memory, walking the list. */
#include "tensor/plan.h"
#include "core/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/platform.h"
#include "core/real.h"

/* ---- types ------------------------------------------------------------------------------ */

/* One value of the work memory; views share it. */
typedef struct buffer {
    int64_t size;             /* elements */
    bool has_grad, is_pinned; /* pinned: input or output, never reused */
    int producer;             /* node, the first of several; -1 for an input */
    int64_t offset, grad_offset;
    int joined;        /* the larger buffer that this one lies in, or -1 */
    int64_t joined_at; /* and where in it */
} buffer;

/* A stretch of work memory that is needed from time `first` to time `last`, both included. */
typedef struct stretch {
    int64_t size, offset;
    int first, last;
    int64_t *where; /* gets the offset */
} stretch;

/* Something made for a node outside the arena. */
typedef struct owned {
    void *thing;
    void (*destroy)(void *thing);
} owned;

struct kr_plan {
    const kr_backend *backend;
    kr_arena arena;
    int64_t batch;
    bool with_backward, is_finished, uses_bf16, is_shared;
    kr_status status;
    kr_error err;
    const char *label;
    kr_node *nodes;
    int n_nodes, max_nodes;
    buffer *buffers;
    int n_buffers, max_buffers;
    owned *owned;
    int n_owned, max_owned;
    struct kr_weight_panels *panels; /* NULL: none are made */
    int32_t n_draws[3];
    int64_t work_size, scratch_size;
    /* Gradient buffers that backward fills with zeros before node i: zero_list[zero_start[i] ..].
     */
    int *zero_start, *zero_list;
    kr_range *written; /* parameters that backward writes when run->is_first, by offset */
    int n_written;
};

enum { ALIGN_ELEMENTS = KR_ALIGN / sizeof(kr_real) };

/* ---- small helpers ---------------------------------------------------------------------- */

/* Room for one more element in a growing array; the old copy stays in the arena. */
static void *grow(kr_arena *arena, void *array, int count, int *capacity, size_t size) {
    if (count < *capacity) return array;
    int larger = *capacity ? 2 * *capacity : 32;
    void *copy = kr__arena_alloc(arena, (size_t)larger, size);
    if (!copy) return NULL;
    if (count) memcpy(copy, array, (size_t)count * size);
    *capacity = larger;
    return copy;
}

static void fail_memory(kr_plan *plan) {
    kr__plan_fail(plan, KR_MEMORY, "out of memory while planning");
}

void kr__plan_fail(kr_plan *plan, kr_status status, const char *format, ...) {
    if (plan->status != KR_OK) return;
    char text[KR_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    plan->status = kr_fail(&plan->err, status, "%s", text);
}

kr_status kr__node_fail(const kr_node *node, kr_error *err, const char *format, ...) {
    char text[KR_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return kr_fail(err, KR_SHAPE, "%s%s%s%s: %s", node->op->name, *node->label ? " (" : "",
                   node->label, *node->label ? ")" : "", text);
}

/* ---- recording -------------------------------------------------------------------------- */

kr_status kr__plan_create(const kr_backend *backend, int64_t batch, bool with_backward,
                          kr_plan **out, kr_error *err) {
    kr_plan *plan = kr__calloc(1, sizeof *plan);
    if (!plan) return kr_fail(err, KR_MEMORY, "out of memory while planning");
    plan->backend = backend;
    plan->batch = batch;
    plan->with_backward = with_backward;
    plan->label = "";
    *out = plan;
    return KR_OK;
}

void kr__plan_destroy(kr_plan *plan) {
    if (!plan) return;
    for (int i = 0; i < plan->n_owned; i++) plan->owned[i].destroy(plan->owned[i].thing);
    kr__arena_deinit(&plan->arena);
    kr_free(plan);
}

void kr__plan_label(kr_plan *plan, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = kr__arena_strdup(&plan->arena, text);
    if (copy) {
        plan->label = copy;
    } else {
        fail_memory(plan);
    }
}

static int add_buffer(kr_plan *plan, const kr_tensor *t, bool has_grad, int producer) {
    plan->buffers = grow(&plan->arena, plan->buffers, plan->n_buffers, &plan->max_buffers,
                         sizeof *plan->buffers);
    if (!plan->buffers) {
        fail_memory(plan);
        return -1;
    }
    plan->buffers[plan->n_buffers] = (buffer){.size = kr__tensor_size(t),
                                              .has_grad = has_grad && plan->with_backward,
                                              .producer = producer,
                                              .grad_offset = -1,
                                              .joined = -1};
    return plan->n_buffers++;
}

static void bind(kr_plan *plan, kr_tensor *t, bool has_grad, int producer) {
    t->space = KR_SPACE_WORK;
    t->buffer = add_buffer(plan, t, has_grad, producer);
    t->offset = 0;
    t->grad_offset = has_grad && plan->with_backward ? 0 : -1;
}

kr_tensor kr__plan_input(kr_plan *plan, int rank, const int64_t *shape, bool with_grad) {
    kr_tensor t = kr__tensor_make(rank, shape);
    if (plan->status != KR_OK) return (kr_tensor){0};
    bind(plan, &t, with_grad, -1);
    if (plan->status == KR_OK) plan->buffers[t.buffer].is_pinned = true;
    return t;
}

void kr__node_output(kr_node *node, int i, int rank, const int64_t *shape) {
    assert(i < KR_MAX_OUT);
    if (i >= node->n_out) node->n_out = i + 1;
    node->out[i] = kr__tensor_make(rank, shape);
}

void *kr__node_memory(kr_node *node, size_t count, size_t size) {
    return kr__arena_alloc(&node->plan->arena, count, size);
}

kr_status kr__node_own(kr_node *node, void *thing, void (*destroy)(void *thing), kr_error *err) {
    kr_plan *plan = node->plan;
    owned *list =
        grow(&plan->arena, plan->owned, plan->n_owned, &plan->max_owned, sizeof *plan->owned);
    if (!list) {
        destroy(thing);
        return kr_fail(err, KR_MEMORY, "out of memory while planning");
    }
    plan->owned = list;
    plan->owned[plan->n_owned++] = (owned){thing, destroy};
    return KR_OK;
}

int64_t kr__node_pieces(const kr_node *node, int64_t work, int64_t least) {
    int64_t n = 1;
    bool is_cut = node->batch == 1 || node->plan->is_shared;
    while (is_cut && n < KR_MAX_PIECES && work >= 2 * n * least) n *= 2;
    return n;
}

int64_t kr__plan_batch(const kr_plan *plan) { return plan->batch; }
bool kr__plan_has_backward(const kr_plan *plan) { return plan->with_backward; }
void kr__plan_share(kr_plan *plan) { plan->is_shared = true; }
void kr__plan_use_panels(kr_plan *plan, struct kr_weight_panels *panels) { plan->panels = panels; }
struct kr_weight_panels *kr__plan_panels(const kr_plan *plan) {
    return plan->panels;
}
void kr__plan_use_bf16(kr_plan *plan) { plan->uses_bf16 = true; }
bool kr__plan_uses_bf16(const kr_plan *plan) { return plan->uses_bf16; }
int32_t kr__plan_next_draw(kr_plan *plan, int kind) { return plan->n_draws[kind]++; }

/* In a plan without backward parameters need no gradient either. */
static void copy_inputs(kr_plan *plan, kr_node *node, int n_in, const kr_tensor *in) {
    assert(n_in <= KR_MAX_IN);
    node->n_in = n_in;
    for (int i = 0; i < n_in; i++) {
        node->in[i] = in[i];
        if (!plan->with_backward) node->in[i].grad_offset = -1;
        if (in[i].rank == 0)
            kr__plan_fail(plan, KR_SHAPE, "%s: input %d is missing", node->op->name, i);
    }
}

static const kr_op_row *find_row(kr_plan *plan, const kr_op *op) {
    const kr_backend *b = plan->backend;
    for (int i = 0; i < b->n_rows; i++) {
        if (b->rows[i]->op == op) return b->rows[i];
    }
    kr__plan_fail(
        plan, KR_UNSUPPORTED,
        "op %s%s%s%s has no backend \"%s\": write its row (docs/add-an-op.md), or plan for "
        "another backend",
        op->name, *plan->label ? " (" : "", plan->label, *plan->label ? ")" : "", b->name);
    return NULL;
}

void kr__plan_apply_n(kr_plan *plan, const kr_op *op, int n_in, const kr_tensor *in,
                      const void *attr, size_t attr_size, int n_out, kr_tensor *out) {
    for (int i = 0; i < n_out; i++) out[i] = (kr_tensor){0};
    if (plan->status != KR_OK) return;
    const kr_op_row *row = find_row(plan, op);
    if (!row) return;
    plan->nodes =
        grow(&plan->arena, plan->nodes, plan->n_nodes, &plan->max_nodes, sizeof *plan->nodes);
    if (!plan->nodes) {
        fail_memory(plan);
        return;
    }
    kr_node *node = &plan->nodes[plan->n_nodes];
    *node = (kr_node){.op = op,
                      .row = row,
                      .label = plan->label,
                      .plan = plan,
                      .batch = plan->batch,
                      .random_id = plan->n_nodes,
                      .n_pieces = 1,
                      .panels_at = -1,
                      .keeps_in = ~0u,
                      .keeps_out = ~0u};
    copy_inputs(plan, node, n_in, in);
    if (attr_size) {
        node->attr = kr__arena_alloc(&plan->arena, 1, attr_size);
        if (!node->attr) {
            fail_memory(plan);
            return;
        }
        memcpy(node->attr, attr, attr_size);
    }
    if (plan->status != KR_OK) return;
    plan->status = op->plan(node, &plan->err);
    if (plan->status != KR_OK) return;
    assert(node->n_out == n_out);
    if (row->needs) row->needs(node);

    bool has_grad = false;
    for (int i = 0; i < n_in; i++) has_grad |= node->in[i].grad_offset >= 0;
    for (int i = 0; i < n_out; i++) {
        bind(plan, &node->out[i], has_grad, plan->n_nodes);
        out[i] = node->out[i];
    }
    plan->n_nodes++;
}

kr_tensor kr__plan_apply(kr_plan *plan, const kr_op *op, int n_in, const kr_tensor *in,
                         const void *attr, size_t attr_size) {
    kr_tensor out;
    kr__plan_apply_n(plan, op, n_in, in, attr, attr_size, 1, &out);
    return out;
}

/* t as a view of the buffer that its own was joined to, if it was. */
static kr_tensor follow_joins(const kr_plan *plan, kr_tensor t) {
    if (t.space != KR_SPACE_WORK || t.rank == 0) return t;
    for (const buffer *b = &plan->buffers[t.buffer]; b->joined >= 0; b = &plan->buffers[t.buffer]) {
        t.offset += b->joined_at;
        if (t.grad_offset >= 0) t.grad_offset += b->joined_at;
        t.buffer = b->joined;
    }
    return t;
}

void kr__plan_output(kr_plan *plan, kr_tensor t) {
    if (plan->status != KR_OK || t.rank == 0) return;
    plan->buffers[follow_joins(plan, t).buffer].is_pinned = true;
}

kr_tensor kr__plan_join(kr_plan *plan, int64_t n, const kr_tensor *parts, int axis) {
    if (plan->status != KR_OK) return (kr_tensor){0};
    if (n == 1) return parts[0];
    kr_tensor joined = parts[0];
    bool has_grad = false;
    int producer = plan->n_nodes;
    for (int64_t i = 0; i < n; i++) {
        const buffer *b = &plan->buffers[parts[i].buffer];
        assert(b->producer >= 0 && b->joined < 0 && !b->is_pinned);
        assert(kr__tensor_is_contiguous(&parts[i]) && kr__tensor_size(&parts[i]) == b->size);
        if (i > 0) joined.shape[axis] += parts[i].shape[axis];
        has_grad |= b->has_grad;
        if (b->producer < producer) producer = b->producer;
    }
    for (int i = 0; i < axis; i++) assert(joined.shape[i] == 1);
    joined = kr__tensor_make(joined.rank, joined.shape);
    bind(plan, &joined, has_grad, producer);
    for (int64_t i = 0, at = 0; i < n && plan->status == KR_OK; i++) {
        buffer *b = &plan->buffers[parts[i].buffer];
        b->joined = joined.buffer;
        b->joined_at = at;
        at += b->size;
    }
    return joined;
}

/* ---- laying out ------------------------------------------------------------------------- */

static int backward_time(const kr_plan *plan, int node) { return 2 * plan->n_nodes - 1 - node; }

/* First and last time at which a buffer's value and its gradient are needed. In a strand some
 * workers are ahead of others, so what it needs at all lives from its first node to its last. */
typedef struct life {
    int first, last, grad_first, grad_last;
} life;

static void start_lives(const kr_plan *plan, life *lives) {
    int end = 2 * plan->n_nodes;
    for (int b = 0; b < plan->n_buffers; b++) {
        const buffer *value = &plan->buffers[b];
        bool is_input = value->producer < 0;
        life *l = &lives[b];
        l->first = is_input ? 0 : plan->nodes[value->producer].strand_first;
        l->last = value->is_pinned ? end : is_input ? 0 : plan->nodes[value->producer].strand_last;
        l->grad_last = is_input ? end : backward_time(plan, value->producer);
        l->grad_first = value->is_pinned ? plan->n_nodes - 1 : l->grad_last;
        if (value->is_pinned) l->grad_last = end;
    }
}

/* For what node i takes and makes: values must live while it reads them, forward or backward, and
 * its backward adds to the gradients of what it takes. */
static void extend_lives(const kr_plan *plan, int i, life *lives) {
    const kr_node *node = &plan->nodes[i];
    int then = backward_time(plan, i), end = node->strand_last;
    for (int k = 0; k < node->n_in; k++) {
        if (node->in[k].space != KR_SPACE_WORK) continue;
        life *l = &lives[node->in[k].buffer];
        if (l->last < end) l->last = end;
        if (plan->with_backward && (node->keeps_in >> k & 1) && l->last < then) l->last = then;
        if (then < l->grad_first) l->grad_first = then;
    }
    for (int k = 0; k < node->n_out; k++) {
        life *l = &lives[node->out[k].buffer];
        if (l->last < end) l->last = end;
        if (plan->with_backward && (node->keeps_out >> k & 1) && l->last < then) l->last = then;
    }
}

/* ---- strands ---------------------------------------------------------------------------- */

/* The rows that this node keeps apart; 0: it mixes them, or has none. */
static int64_t kept_rows(const kr_node *node) {
    int64_t rows = node->in[0].shape[0];
    if (!node->row->keeps_rows || node->row->before_forward || node->in[0].rank < 2) return 0;
    for (int k = 0; k < node->n_in; k++) {
        const kr_tensor *t = &node->in[k];
        if (t->space != KR_SPACE_PARAM && t->shape[0] != rows) return 0;
    }
    return rows > 1 ? rows : 0;
}

static double forward_work(const kr_node *node) {
    return node->op->work ? node->op->work(node).forward : (double)kr__tensor_size(&node->out[0]);
}

/* Nodes first .. last become a strand if there are several, with work for several workers. */
static void make_strand(kr_plan *plan, int first, int last, int64_t rows) {
    enum { LEAST = 1 << 21 };
    double work = 0;
    for (int i = first; i <= last; i++) work += forward_work(&plan->nodes[i]);
    if (rows == 0 || first == last || work < LEAST) return;
    for (int i = first; i <= last; i++) {
        plan->nodes[i].strand_rows = rows;
        plan->nodes[i].strand_first = first;
        plan->nodes[i].strand_last = last;
    }
}

/* Only plans without backward have strands, and only if workers will walk them together. */
static void find_strands(kr_plan *plan) {
    for (int i = 0; i < plan->n_nodes; i++) {
        plan->nodes[i].strand_first = plan->nodes[i].strand_last = i;
    }
    if (plan->with_backward || (plan->batch > 1 && !plan->is_shared)) return;
    for (int first = 0, last; first < plan->n_nodes; first = last + 1) {
        int64_t rows = kept_rows(&plan->nodes[first]);
        for (last = first; last + 1 < plan->n_nodes; last++) {
            if (rows == 0 || kept_rows(&plan->nodes[last + 1]) != rows) break;
        }
        make_strand(plan, first, last, rows);
    }
}

static int compare_stretches(const void *a, const void *b) {
    const stretch *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x->first != y->first ? (x->first < y->first ? -1 : 1) : (x->where < y->where ? -1 : 1);
}

/* Largest first; each goes to the lowest offset where nothing lies that is needed at the same time.
 */
static int64_t pack(stretch *stretches, int n) {
    int64_t total = 0;
    qsort(stretches, (size_t)n, sizeof *stretches, compare_stretches);
    for (int i = 0; i < n; i++) {
        int64_t place = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (int k = 0; k < i; k++) {
                const stretch *other = &stretches[k];
                bool together =
                    other->first <= stretches[i].last && stretches[i].first <= other->last;
                bool overlap = other->offset < place + stretches[i].size &&
                               place < other->offset + other->size;
                if (together && overlap) {
                    place = other->offset + other->size;
                    moved = true;
                }
            }
        }
        stretches[i].offset = *stretches[i].where = place;
        if (place + stretches[i].size > total) total = place + stretches[i].size;
    }
    return total;
}

static int64_t round_up(int64_t n) {
    return (n + ALIGN_ELEMENTS - 1) / ALIGN_ELEMENTS * ALIGN_ELEMENTS;
}

/* The values and gradients of buffers; gives how many. */
static int list_buffers(kr_plan *plan, const life *lives, stretch *stretches) {
    int n = 0;
    for (int b = 0; b < plan->n_buffers; b++) {
        buffer *value = &plan->buffers[b];
        const life *l = &lives[b];
        if (value->joined >= 0) continue;
        int64_t size = round_up(value->size);
        stretches[n++] =
            (stretch){.size = size, .where = &value->offset, .first = l->first, .last = l->last};
        if (!value->has_grad) continue;
        stretches[n++] = (stretch){.size = size,
                                   .where = &value->grad_offset,
                                   .first = l->grad_first,
                                   .last = l->grad_last};
    }
    return n;
}

/* What nodes save, and what the pieces of their backward leave for join. */
static int list_saved(kr_plan *plan, stretch *stretches) {
    int n = 0;
    for (int i = 0; i < plan->n_nodes; i++) {
        kr_node *node = &plan->nodes[i];
        if (node->n_scratch > plan->scratch_size) plan->scratch_size = node->n_scratch;
        int then = backward_time(plan, i);
        if (node->n_saved > 0) {
            stretches[n++] = (stretch){.size = round_up(node->n_saved),
                                       .first = node->strand_first,
                                       .last = plan->with_backward ? then : node->strand_last,
                                       .where = &node->saved_offset};
        }
        if (node->n_partial > 0 && plan->with_backward) {
            stretches[n++] = (stretch){.size = round_up(node->n_partial),
                                       .first = then,
                                       .last = then,
                                       .where = &node->partial_offset};
        }
    }
    return n;
}

static kr_status lay_out(kr_plan *plan, kr_error *err) {
    size_t most = 2 * ((size_t)plan->n_buffers + (size_t)plan->n_nodes) + 1;
    stretch *stretches = kr__calloc(most, sizeof *stretches);
    life *lives = kr__calloc((size_t)plan->n_buffers + 1, sizeof *lives);
    bool has_memory = stretches && lives;
    if (has_memory) {
        start_lives(plan, lives);
        for (int i = 0; i < plan->n_nodes; i++) extend_lives(plan, i, lives);
        int n = list_buffers(plan, lives, stretches);
        n += list_saved(plan, stretches + n);
        plan->work_size = pack(stretches, n);
    }
    kr_free(stretches);
    kr_free(lives);
    return has_memory ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory while planning");
}

/* Columns first .. end - 1 of a buffer seen as rows of `width` numbers; consecutive numbers of a
 * buffer are columns of its one row. */
typedef struct columns {
    int64_t first, end, width;
} columns;

/* The columns that t is a view of; false when it is another kind of view. */
static bool view_columns(const kr_plan *plan, const kr_tensor *t, columns *c) {
    kr_matrix m;
    int64_t size = kr__tensor_size(t), all = plan->buffers[t->buffer].size;
    if (kr__tensor_is_contiguous(t) && size < all) {
        *c = (columns){t->offset, t->offset + size, all};
        return true;
    }
    if (!kr__tensor_as_matrix(t, &m)) return false;
    *c = (columns){t->offset, t->offset + m.cols, m.row_stride};
    return c->end <= m.row_stride && m.rows * m.row_stride == all;
}

/* What is done to the gradient of a buffer by the nodes that a walk backward has passed. */
enum { MOST_VIEWS = 4 };
typedef struct gradient_use {
    bool is_mixed; /* by views that are not columns, or by too many: from now on all add */
    int n_views;
    columns views[MOST_VIEWS];
    int64_t written; /* elements that are written, not added to */
} gradient_use;

static bool is_apart(const gradient_use *use, const columns *c) {
    for (int i = 0; i < use->n_views; i++) {
        const columns *other = &use->views[i];
        bool overlap = other->first < c->end && c->first < other->end;
        if (overlap || other->width != c->width) return false;
    }
    return true;
}

/* Make c one with a view that it lies in or borders on; false when there is none. */
static bool merge_view(gradient_use *use, const columns *c) {
    for (int i = 0; i < use->n_views; i++) {
        columns *other = &use->views[i];
        if (other->width != c->width) continue;
        if (c->first >= other->first && c->end <= other->end) return true;
        if (c->end != other->first && c->first != other->end) continue;
        if (c->first < other->first) other->first = c->first;
        if (c->end > other->end) other->end = c->end;
        return true;
    }
    return false;
}

/* If input k of this node is the first to reach these columns of the gradient, it writes them; all
 * later ones add. */
static void note_use(const kr_plan *plan, kr_node *node, int k, gradient_use *use) {
    const kr_tensor *t = &node->in[k];
    columns c = {0, 0, 0};
    bool covers_buffer = kr__tensor_size(t) == plan->buffers[t->buffer].size;
    bool can = covers_buffer ? node->row->can_overwrite : node->row->can_overwrite_columns;
    if (!view_columns(plan, t, &c) && !covers_buffer) use->is_mixed = true;
    if (covers_buffer) c = (columns){0, INT64_MAX, use->n_views ? use->views[0].width : 0};
    if (can && !use->is_mixed && is_apart(use, &c)) {
        node->overwrites |= 1u << k;
        use->written += kr__tensor_size(t);
    }
    if (!covers_buffer && merge_view(use, &c)) return;
    if (covers_buffer || use->n_views == MOST_VIEWS) {
        use->is_mixed = true;
    } else {
        use->views[use->n_views++] = c;
    }
}

/* Does the node take some numbers of input k through another input, too? Then both must add. */
static bool is_taken_twice(const kr_plan *plan, const kr_node *node, int k) {
    const kr_tensor *t = &node->in[k];
    columns own, other;
    for (int j = 0; j < node->n_in; j++) {
        const kr_tensor *u = &node->in[j];
        if (j == k || u->space != t->space || u->buffer != t->buffer) continue;
        if (!view_columns(plan, t, &own) || !view_columns(plan, u, &other)) return true;
        if (own.width != other.width || (other.first < own.end && own.first < other.end)) {
            return true;
        }
    }
    return false;
}

static void note_uses(const kr_plan *plan, kr_node *node, gradient_use *uses) {
    for (int k = 0; k < node->n_in; k++) {
        const kr_tensor *t = &node->in[k];
        if (t->space != KR_SPACE_WORK || t->grad_offset < 0) continue;
        gradient_use *use = &uses[t->buffer];
        if (is_taken_twice(plan, node, k)) use->is_mixed = true;
        note_use(plan, node, k, use);
    }
}

/* A gradient that nodes do not write completely is zeroed before its first use. */
static void list_zeros(const kr_plan *plan, const kr_node *node, gradient_use *uses, int *count) {
    const kr_tensor *const ends[2] = {node->in, node->out};
    const int n[2] = {node->n_in, node->n_out};
    for (int side = 0; side < 2; side++) {
        for (int k = 0; k < n[side]; k++) {
            const kr_tensor *t = &ends[side][k];
            if (t->space != KR_SPACE_WORK || t->grad_offset < 0) continue;
            gradient_use *use = &uses[t->buffer];
            /* An output that nobody used: its gradient is zero, and must be so. */
            if (use->written < plan->buffers[t->buffer].size) {
                plan->zero_list[(*count)++] = t->buffer;
                use->written = plan->buffers[t->buffer].size;
            }
        }
    }
}

/* Walk backward; at the first use of a gradient let the node overwrite it or have it zeroed. */
static kr_status find_first_uses(kr_plan *plan, kr_error *err) {
    size_t n = (size_t)plan->n_buffers + 1;
    plan->zero_start = kr__arena_alloc(&plan->arena, (size_t)plan->n_nodes + 1, sizeof(int));
    plan->zero_list = kr__arena_alloc(&plan->arena, n, sizeof(int));
    gradient_use *uses = kr__calloc(n, sizeof *uses);
    if (!plan->zero_start || !plan->zero_list || !uses) {
        kr_free(uses);
        return kr_fail(err, KR_MEMORY, "out of memory while planning");
    }
    for (int b = 0; b < plan->n_buffers; b++) {
        const buffer *value = &plan->buffers[b];
        if (!value->is_pinned || value->producer < 0) continue;
        uses[b].is_mixed = true; /* outputs: the caller sets it */
        uses[b].written = value->size;
    }
    for (int i = plan->n_nodes - 1; i >= 0; i--) note_uses(plan, &plan->nodes[i], uses);
    int count = 0;
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        plan->zero_start[i] = count;
        list_zeros(plan, &plan->nodes[i], uses, &count);
    }
    plan->zero_start[plan->n_nodes] = count;
    kr_free(uses);
    return KR_OK;
}

static int compare_ranges(const void *a, const void *b) {
    const kr_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* May this node write, not add to, the gradient of its input k, a parameter? Only if no node that
 * backward reached before uses the parameter (is_used), and this one takes it once. */
static bool may_write_param(const kr_node *node, int k, const bool *is_used) {
    const kr_tensor *t = &node->in[k];
    for (int j = 0; j < node->n_in; j++) {
        const kr_tensor *other = &node->in[j];
        if (j != k && other->space == t->space && other->buffer == t->buffer) return false;
    }
    return node->row->can_overwrite_params && t->grad_offset >= 0 && !is_used[t->buffer] &&
           kr__tensor_is_contiguous(t);
}

static void note_params(kr_plan *plan, kr_node *node, bool *is_used) {
    for (int k = 0; k < node->n_in; k++) {
        const kr_tensor *t = &node->in[k];
        if (t->space != KR_SPACE_PARAM || !may_write_param(node, k, is_used)) continue;
        node->overwrites_first |= 1u << k;
        plan->written[plan->n_written++] = (kr_range){t->grad_offset, kr__tensor_size(t)};
    }
    for (int k = 0; k < node->n_in; k++) {
        if (node->in[k].space == KR_SPACE_PARAM) is_used[node->in[k].buffer] = true;
    }
}

/* On the first run a parameter's gradient is written by the first of its nodes that backward
 * reaches. This saves filling it with zeros and reading it. */
static kr_status find_written_params(kr_plan *plan, kr_error *err) {
    int32_t most = 0;
    for (int i = 0; i < plan->n_nodes; i++) {
        for (int k = 0; k < plan->nodes[i].n_in; k++) {
            const kr_tensor *t = &plan->nodes[i].in[k];
            if (t->space == KR_SPACE_PARAM && t->buffer >= most) most = t->buffer + 1;
        }
    }
    plan->written = kr__arena_alloc(&plan->arena, (size_t)most + 1, sizeof *plan->written);
    bool *is_used = kr__calloc((size_t)most + 1, sizeof *is_used);
    bool has_memory = plan->written && is_used;
    for (int i = plan->n_nodes - 1; i >= 0 && has_memory; i--) {
        note_params(plan, &plan->nodes[i], is_used);
    }
    kr_free(is_used);
    if (!has_memory) return kr_fail(err, KR_MEMORY, "out of memory while planning");
    qsort(plan->written, (size_t)plan->n_written, sizeof *plan->written, compare_ranges);
    return KR_OK;
}

kr_tensor kr__plan_resolve(const kr_plan *plan, kr_tensor t) {
    assert(plan->is_finished);
    if (t.space != KR_SPACE_WORK || t.rank == 0) return t;
    t = follow_joins(plan, t);
    const buffer *value = &plan->buffers[t.buffer];
    if (t.grad_offset >= 0) {
        t.grad_offset = value->has_grad ? value->grad_offset + t.offset : -1;
    }
    t.offset += value->offset;
    return t;
}

kr_status kr__plan_finish(kr_plan *plan, kr_error *err) {
    if (plan->status != KR_OK) return kr_fail(err, plan->status, "%s", plan->err.text);
    for (int i = 0; i < plan->n_nodes; i++) {
        kr_node *node = &plan->nodes[i];
        for (int k = 0; k < node->n_in; k++) node->in[k] = follow_joins(plan, node->in[k]);
        for (int k = 0; k < node->n_out; k++) node->out[k] = follow_joins(plan, node->out[k]);
    }
    if (plan->with_backward) {
        KR_TRY(find_first_uses(plan, err));
        KR_TRY(find_written_params(plan, err));
    }
    for (int i = 0; i < plan->n_nodes; i++) {
        kr_node *node = &plan->nodes[i];
        if (node->row->prepare) KR_TRY(node->row->prepare(node, err));
    }
    find_strands(plan);
    KR_TRY(lay_out(plan, err));
    plan->is_finished = true;
    for (int i = 0; i < plan->n_nodes; i++) {
        kr_node *node = &plan->nodes[i];
        for (int k = 0; k < node->n_in; k++) node->in[k] = kr__plan_resolve(plan, node->in[k]);
        for (int k = 0; k < node->n_out; k++) node->out[k] = kr__plan_resolve(plan, node->out[k]);
    }
    return KR_OK;
}

int64_t kr__plan_work_size(const kr_plan *plan) { return plan->work_size; }
int64_t kr__plan_scratch_size(const kr_plan *plan) { return plan->scratch_size; }
int kr__plan_node_count(const kr_plan *plan) { return plan->n_nodes; }
const kr_node *kr__plan_node(const kr_plan *plan, int i) { return &plan->nodes[i]; }

/* ---- running ---------------------------------------------------------------------------- */

static double start_clock(const kr_run *run) { return run->timings ? kr__time_now() : 0; }

static void stop_forward(const kr_run *run, int node, double start) {
    if (!run->timings) return;
    run->timings[node].forward_calls++;
    run->timings[node].forward_seconds += kr__time_now() - start;
}

static void stop_backward(const kr_run *run, int node, double start) {
    if (!run->timings) return;
    run->timings[node].backward_calls++;
    run->timings[node].backward_seconds += kr__time_now() - start;
}

static void run_forward(const kr_node *node, const kr_run *run) {
    if (node->row->before_forward) node->row->before_forward(node, run);
    node->row->forward(node, run);
}

void kr__plan_forward(const kr_plan *plan, const kr_run *run) {
    assert(plan->is_finished);
    for (int i = 0; i < plan->n_nodes; i++) {
        double start = start_clock(run);
        run_forward(&plan->nodes[i], run);
        stop_forward(run, i, start);
    }
}

static void zero_gradients(const kr_plan *plan, const kr_run *run, int from, int to) {
    for (int i = from; i < to; i++) {
        const buffer *value = &plan->buffers[plan->zero_list[i]];
        plan->backend->zero(run->grad[KR_SPACE_WORK] + value->grad_offset, value->size);
    }
}

void kr__plan_clear_params(const kr_plan *plan, kr_real *grad, int64_t size) {
    int64_t done = 0;
    for (int i = 0; i < plan->n_written; i++) {
        const kr_range *r = &plan->written[i];
        plan->backend->zero(grad + done, r->first - done);
        done = r->first + r->count;
    }
    plan->backend->zero(grad + done, size - done);
}

/* The list runs from the last node to the first: node i's entries end where node i-1's start. */
static int zero_end(const kr_plan *plan, int i) {
    return plan->zero_start[i > 0 ? i - 1 : plan->n_nodes];
}

/* Zero the gradients that backward of node i needs to be zero. */
static void prepare_backward(const kr_plan *plan, const kr_run *run, int i) {
    zero_gradients(plan, run, plan->zero_start[i], zero_end(plan, i));
}

static bool has_backward(const kr_node *node, const kr_run *run) {
    return node->n_out > 0 && kr__grad(run, &node->out[0]);
}

void kr__plan_backward(const kr_plan *plan, const kr_run *run) {
    assert(plan->is_finished && plan->with_backward);
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        const kr_node *node = &plan->nodes[i];
        double start = start_clock(run);
        prepare_backward(plan, run, i);
        if (!has_backward(node, run)) continue;
        if (node->row->before_backward) node->row->before_backward(node, run);
        node->row->backward(node, run);
        stop_backward(run, i, start);
    }
}

/* ---- running together ------------------------------------------------------------------- */

/* A walk of all workers through the nodes, each of them in a few steps. */
typedef struct walk {
    const kr_plan *plan;
    const kr_run *run;
    const kr_per_worker *scratch;
    double started; /* when the last step was done */
} walk;

static kr_run run_of_piece(const walk *w, int64_t piece, int64_t n_pieces, int worker) {
    kr_run run = *w->run;
    run.scratch = kr_per_worker_at(w->scratch, worker);
    run.piece = piece;
    run.n_pieces = n_pieces;
    return run;
}

static void run_piece(const walk *w, const kr_node *node, int64_t piece, int worker,
                      void (*work)(const kr_node *node, const kr_run *run)) {
    kr_run run = run_of_piece(w, piece, node->n_pieces, worker);
    work(node, &run);
}

static double lap(walk *w) {
    double now = kr__time_now(), seconds = now - w->started;
    w->started = now;
    return seconds;
}

enum { BEFORE_FORWARD, FORWARD, FORWARD_STEPS };

/* One a worker: the pieces have no sums in common, so their number changes no bit. */
static int64_t strand_pieces(const walk *w, const kr_node *node) {
    int64_t workers = kr_team_workers(w->run->team);
    return node->strand_rows < workers ? node->strand_rows : workers;
}

/* Times are those of nodes, so nothing is walked as a strand while they are taken. */
static bool is_in_strand(const walk *w, const kr_node *node) {
    return !w->run->timings && strand_pieces(w, node) > 1;
}

/* Some rows of all nodes of the strand that begins here. */
static void run_strand(const walk *w, const kr_node *first, int64_t piece, int worker) {
    kr_run run = run_of_piece(w, piece, strand_pieces(w, first), worker);
    run.strand_rows = first->strand_rows;
    for (int i = first->strand_first; i <= first->strand_last; i++) {
        w->plan->nodes[i].row->forward(&w->plan->nodes[i], &run);
    }
}

static int64_t forward_pieces(void *arg, int64_t step) {
    const walk *w = arg;
    int i = (int)(step / FORWARD_STEPS);
    const kr_node *node = &w->plan->nodes[i];
    bool is_idle = step % FORWARD_STEPS == BEFORE_FORWARD && !node->row->before_forward;
    if (is_idle) return 0;
    if (is_in_strand(w, node)) return i == node->strand_first ? strand_pieces(w, node) : 0;
    return node->n_pieces;
}

static void forward_piece(void *arg, int64_t step, int64_t piece, int worker) {
    const walk *w = arg;
    const kr_node *node = &w->plan->nodes[step / FORWARD_STEPS];
    bool is_before = step % FORWARD_STEPS == BEFORE_FORWARD;
    if (is_in_strand(w, node)) {
        run_strand(w, node, piece, worker);
        return;
    }
    run_piece(w, node, piece, worker, is_before ? node->row->before_forward : node->row->forward);
}

static void forward_done(void *arg, int64_t step) {
    walk *w = arg;
    kr_timing *timing = &w->run->timings[step / FORWARD_STEPS];
    timing->forward_calls += step % FORWARD_STEPS == FORWARD;
    timing->forward_seconds += lap(w);
}

void kr__plan_forward_together(const kr_plan *plan, const kr_run *run,
                               const kr_per_worker *scratch) {
    assert(plan->is_finished && (plan->batch == 1 || plan->is_shared));
    walk w = {plan, run, scratch, start_clock(run)};
    const kr_steps steps = {.count = (int64_t)plan->n_nodes * FORWARD_STEPS,
                            .pieces = forward_pieces,
                            .run = forward_piece,
                            .done = run->timings ? forward_done : NULL};
    kr_team_steps(run->team, &steps, &w);
}

enum { PREPARE, BEFORE_BACKWARD, BACKWARD, JOIN, BACKWARD_STEPS };

static int backward_node(const walk *w, int64_t step) {
    return w->plan->n_nodes - 1 - (int)(step / BACKWARD_STEPS);
}

static int64_t backward_pieces(void *arg, int64_t step) {
    const walk *w = arg;
    int i = backward_node(w, step);
    const kr_node *node = &w->plan->nodes[i];
    if (step % BACKWARD_STEPS == PREPARE) return w->plan->zero_start[i] < zero_end(w->plan, i);
    if (!has_backward(node, w->run)) return 0;
    switch (step % BACKWARD_STEPS) {
        case BEFORE_BACKWARD:
            return node->row->before_backward ? node->n_pieces : 0;
        case JOIN:
            return node->row->join && node->n_pieces > 1 ? node->n_pieces : 0;
        default:
            return node->n_pieces;
    }
}

static void backward_piece(void *arg, int64_t step, int64_t piece, int worker) {
    const walk *w = arg;
    int i = backward_node(w, step);
    const kr_op_row *row = w->plan->nodes[i].row;
    if (step % BACKWARD_STEPS == PREPARE) {
        prepare_backward(w->plan, w->run, i);
        return;
    }
    bool is_before = step % BACKWARD_STEPS == BEFORE_BACKWARD;
    bool is_join = step % BACKWARD_STEPS == JOIN;
    run_piece(w, &w->plan->nodes[i], piece, worker,
              is_before ? row->before_backward
              : is_join ? row->join
                        : row->backward);
}

static void backward_done(void *arg, int64_t step) {
    walk *w = arg;
    kr_timing *timing = &w->run->timings[backward_node(w, step)];
    timing->backward_calls += step % BACKWARD_STEPS == BACKWARD;
    timing->backward_seconds += lap(w);
}

void kr__plan_backward_together(const kr_plan *plan, const kr_run *run,
                                const kr_per_worker *scratch) {
    assert(plan->is_finished && plan->with_backward);
    assert(plan->batch == 1 || plan->is_shared);
    walk w = {plan, run, scratch, start_clock(run)};
    const kr_steps steps = {.count = (int64_t)plan->n_nodes * BACKWARD_STEPS,
                            .pieces = backward_pieces,
                            .run = backward_piece,
                            .done = run->timings ? backward_done : NULL};
    kr_team_steps(run->team, &steps, &w);
}

const kr_node *kr__plan_find_nonfinite(const kr_plan *plan, const kr_run *run) {
    for (int i = 0; i < plan->n_nodes; i++) {
        const kr_node *node = &plan->nodes[i];
        run_forward(node, run);
        for (int k = 0; k < node->n_out; k++) {
            const kr_tensor *y = &node->out[k]; /* contiguous */
            if (!plan->backend->are_finite(kr__data(run, y), kr__tensor_size(y))) return node;
        }
    }
    return NULL;
}
