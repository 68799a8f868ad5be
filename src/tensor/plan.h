/* SPDX-License-Identifier: MIT
 * plan.h - plan once, run many times.
 *
 * A model is written forward: each op appends a node to a plan for one micro-batch shape. Finishing
 * the plan lays all activations, gradients and saved values out in one block of work memory, where
 * buffers share a place when their lives do not overlap. After that, forward and backward walk the
 * nodes; they cannot fail and do not allocate.
 *
 *     time     0 .. N-1 forward of node i = i      N .. 2N-1 backward of node i = 2N-1-i
 *     value    from its producer's forward to its last reader (forward, or backward if kept)
 *     gradient from the backward of its last reader to the backward of its producer
 *     saved    from the node's forward to its backward
 *
 * A plan holds no numbers: every worker runs it on work memory of its own (kr_run).
 *
 * When workers walk a plan together, they wait for each other after every node. Not so in a strand,
 * nodes one after the other that keep the rows of axis 0 apart, as the blocks of an encoder do with
 * those of its variates: a worker takes some rows through the whole strand. */
#ifndef KR_PLAN_H
#define KR_PLAN_H

#include <kr/base.h>
#include <kr/team.h>

#include "core/arena.h"
#include "core/real.h"
#include "tensor/tensor.h"

enum { KR_MAX_IN = 10, KR_MAX_OUT = 4, KR_MAX_PIECES = 8 };

typedef struct kr_plan kr_plan;
typedef struct kr_node kr_node;
typedef struct kr_run kr_run;

/* ---- ops -------------------------------------------------------------------------------- */

/* What one call of a node computes, for the table of a profile. */
typedef struct kr_work {
    double forward, backward;
    const char *unit; /* "FLOP", "update" */
} kr_work;

/* What an op is, whatever computes it: its name and its shapes. In a file of its own, with a row in
 * ops/ops.inc. */
typedef struct kr_op {
    const char *name;
    /* Check node->in and node->attr; set shapes of node->out[] with kr__node_output(). */
    kr_status (*plan)(kr_node *node, kr_error *err);
    /* NULL: bytes read and written tell more about this op. */
    kr_work (*work)(const kr_node *node);
} kr_op;

/* How one backend computes an op. Only prepare can fail. */
typedef struct kr_op_row {
    const kr_op *op;
    /* After op->plan: set keeps_in, keeps_out, n_saved, n_scratch, n_pieces, n_partial where they
     * are to differ from what kr_node says. NULL: they are not. */
    void (*needs)(kr_node *node);
    /* When the whole plan is known, and so node->overwrites: make node->prepared, and raise
     * n_scratch for it. NULL: nothing. */
    kr_status (*prepare)(kr_node *node, kr_error *err);
    /* Before forward and before backward, cut into as many pieces: all of them are done before a
     * piece of forward or backward begins. NULL: nothing. */
    void (*before_forward)(const kr_node *node, const kr_run *run);
    void (*before_backward)(const kr_node *node, const kr_run *run);
    void (*forward)(const kr_node *node, const kr_run *run);
    /* Adds to the gradients of the inputs that want one (kr__grad() is NULL for the others), or,
     * for the inputs in node->overwrites, writes them. */
    void (*backward)(const kr_node *node, const kr_run *run);
    /* After all pieces of a backward that was cut, in as many pieces again: adds up what they left
     * in kr__partial(). NULL: they leave nothing. */
    void (*join)(const kr_node *node, const kr_run *run);
    /* backward honours node->overwrites. Otherwise the plan fills gradients with zeros first. */
    bool can_overwrite;
    /* And when an input is only some columns of its buffer: the others are not touched. */
    bool can_overwrite_columns;
    /* And for parameters too: it asks kr__overwrites() for every input. */
    bool can_overwrite_params;
    /* A row of the output is made of the same row, along axis 0, of each input, and forward can
     * make some of them: kr_run.strand_rows. */
    bool keeps_rows;
} kr_op_row;

/* What computes a plan. The addresses in a kr_run are its memory: only its rows and the two
 * functions here follow them. */
typedef struct kr_backend {
    const char *name; /* "cpu" */
    int n_rows;
    const kr_op_row *const *rows;
    void (*zero)(kr_real *x, int64_t n);
    bool (*are_finite)(const kr_real *x, int64_t n);
} kr_backend;

struct kr_node {
    const kr_op *op;
    const kr_op_row *row; /* of the plan's backend */
    const char *label;    /* where in the model: "encoder.layers.0.self_attention" */
    int n_in, n_out;
    kr_tensor in[KR_MAX_IN], out[KR_MAX_OUT];
    void *attr;     /* the op's own settings, in the plan's arena; op->plan may fill it further */
    void *prepared; /* what row->prepare made for the runs: tables, products; the plan's */
    kr_plan *plan;
    int64_t batch;     /* samples in this plan's micro-batch */
    int32_t random_id; /* separates the random numbers of this node from the others' */

    /* Set by row->needs; 0 where nothing is said. */
    unsigned keeps_in,
        keeps_out;     /* bit i: backward reads the value of in[i], out[i]; all at first */
    int64_t n_saved;   /* elements kept from forward to backward */
    int64_t n_scratch; /* elements needed only while the op runs */
    int64_t n_pieces;  /* into how many pieces forward and backward may be cut; 1 at first */
    int64_t n_partial; /* elements that the pieces of backward leave for join: kr__partial */

    /* Set by the plan. */
    int64_t saved_offset, partial_offset;
    int64_t panels_at;         /* of its weight in kr_run.panels; -1: it has none */
    unsigned overwrites;       /* bit i: write, do not add to, the gradient of in[i] */
    unsigned overwrites_first; /* bit i: the same when run->is_first; in[i] is a parameter, and no
                                  node that backward reached before uses it */
    int64_t strand_rows;       /* of the strand that it is part of; 0: of none */
    int strand_first, strand_last; /* nodes; of no strand: itself */
};

/* Inside op->plan: output i gets this shape (contiguous). Its gradient follows the inputs'. */
void kr__node_output(kr_node *node, int i, int rank, const int64_t *shape);
/* Inside op->plan or row->prepare: memory that lives as long as the plan, zeroed; NULL when there
 * is none left. */
void *kr__node_memory(kr_node *node, size_t count, size_t size);
/* Inside row->prepare: destroy(thing) when the plan is destroyed, or at once if this fails. */
kr_status kr__node_own(kr_node *node, void *thing, void (*destroy)(void *thing), kr_error *err);
/* Inside op->plan: KR_SHAPE with "op (label): text". */
kr_status kr__node_fail(const kr_node *node, kr_error *err, const char *format, ...)
    KR_PRINTF(3, 4);

/* ---- running ---------------------------------------------------------------------------- */

/* Draws made elsewhere, for tests against recorded runs. Entries are in the order in which the
 * model's dropout and STAR nodes were made. Arrays cover the whole batch: a run over samples
 * first_sample .. takes those of its samples. */
typedef struct kr_given {
    const kr_real *const *masks;     /* keep mask 0/1 of each dropout, its tensor's layout */
    const int64_t *const *indices;   /* channel drawn by each STAR pooling: (batch, d_core) */
    const int64_t *const *negatives; /* steps drawn by each contrastive loss: (n_negatives), of all
                                        steps of the batch, sample by sample */
} kr_given;

/* What the calls of one node took in one worker. */
typedef struct kr_timing {
    int64_t forward_calls, backward_calls;
    double forward_seconds, backward_seconds;
} kr_timing;

/* One worker's run of a plan over one micro-batch. */
struct kr_run {
    kr_real *data[KR_SPACES]; /* work memory; parameters; state, if the plan has one */
    kr_real *grad[KR_SPACES]; /* work memory; the gradient to add to */
    kr_real *scratch;         /* kr__plan_scratch_size() elements */
    const kr_real *panels;    /* of weights, for a plan that uses them; NULL: none are made */
    const uint16_t *bf16;     /* the parameters rounded to bf16, for a plan that uses it */
    bool is_training;         /* dropout drops, STAR draws */
    bool is_first;            /* the parameters' gradient is new: see kr__plan_clear_params() */
    uint64_t seed; /* random numbers are a function of these three, the node, the place */
    uint64_t step;
    int64_t first_sample;    /* number of the micro-batch's first sample in its batch */
    int64_t piece, n_pieces; /* this piece of a node's work; n_pieces 0: all of it */
    int64_t strand_rows;   /* of axis 0, of which this piece is some; 0: the op cuts as it likes */
    const kr_given *given; /* NULL: draw */
    kr_team *team;         /* hears warnings; works on a run together */
    kr_timing *timings;    /* kr__plan_node_count() of them, to be added to; NULL: not measured */
};

static inline kr_real *kr__data(const kr_run *run, const kr_tensor *t) {
    return run->data[t->space] + t->offset;
}

/* NULL when this tensor has no gradient. */
static inline kr_real *kr__grad(const kr_run *run, const kr_tensor *t) {
    return t->grad_offset < 0 ? NULL : run->grad[t->space] + t->grad_offset;
}

/* Must backward write the gradient of in[i], not add to it? */
static inline bool kr__overwrites(const kr_node *node, const kr_run *run, int i) {
    return (node->overwrites >> i & 1) || (run->is_first && (node->overwrites_first >> i & 1));
}

static inline kr_real *kr__saved(const kr_node *node, const kr_run *run) {
    return run->data[KR_SPACE_WORK] + node->saved_offset;
}

static inline kr_real *kr__partial(const kr_node *node, const kr_run *run) {
    return run->data[KR_SPACE_WORK] + node->partial_offset;
}

/* Consecutive things: first .. first + count - 1. */
typedef struct kr_range {
    int64_t first, count;
} kr_range;

/* Those of n things that this piece of a cut run takes. Groups of `group` things stay together, in
 * a strand those of a row; the cuts depend on n and on the number of pieces, never on that of
 * workers. */
static inline kr_range kr__range_of(const kr_run *run, int64_t n, int64_t group) {
    if (run->n_pieces < 2) return (kr_range){0, n};
    if (run->strand_rows > 0) group = n / run->strand_rows;
    int64_t groups = (n + group - 1) / group;
    int64_t first = groups * run->piece / run->n_pieces * group;
    int64_t end = groups * (run->piece + 1) / run->n_pieces * group;
    return (kr_range){first < n ? first : n, (end < n ? end : n) - (first < n ? first : n)};
}

/* Of an op that is cut by its rows in a strand, and by something else outside: the rows that this
 * piece takes, and those n things. */
static inline kr_range kr__rows_of(const kr_run *run, int64_t rows) {
    return run->strand_rows > 0 ? kr__range_of(run, rows, 1) : (kr_range){0, rows};
}
static inline kr_range kr__range_in_rows(const kr_run *run, int64_t n, int64_t group) {
    return run->strand_rows > 0 ? (kr_range){0, n} : kr__range_of(run, n, group);
}

/* For node->n_pieces: the largest power of two up to KR_MAX_PIECES that leaves each piece at least
 * `least` of `work`. 1 when the plan is for several samples and not shared: then workers take
 * samples, not pieces of a node. */
int64_t kr__node_pieces(const kr_node *node, int64_t work, int64_t least);

/* ---- making a plan ---------------------------------------------------------------------- */

/* backend: whose rows the nodes get; it outlives the plan. An op that it has no row for is a
 * failure of the plan: KR_UNSUPPORTED, with the names of both. batch: samples in a micro-batch.
 * with_backward: gradients too. Destroy accepts NULL. */
kr_status kr__plan_create(const kr_backend *backend, int64_t batch, bool with_backward,
                          kr_plan **out, kr_error *err);
void kr__plan_destroy(kr_plan *plan);

/* Label of the nodes made from now on; "" at first. */
void kr__plan_label(kr_plan *plan, const char *format, ...) KR_PRINTF(2, 3);

/* Numbers that the caller puts in place before forward. They stay valid through backward. */
kr_tensor kr__plan_input(kr_plan *plan, int rank, const int64_t *shape, bool with_grad);

/* Append a node. attr (attr_size bytes, may be 0) is copied. The first failure sticks: later calls
 * do nothing and give tensors of rank 0; kr__plan_finish() reports it. */
kr_tensor kr__plan_apply(kr_plan *plan, const kr_op *op, int n_in, const kr_tensor *in,
                         const void *attr, size_t attr_size);
/* The same for ops with several outputs; outputs go to out[0 .. n_out-1]. */
void kr__plan_apply_n(kr_plan *plan, const kr_op *op, int n_in, const kr_tensor *in,
                      const void *attr, size_t attr_size, int n_out, kr_tensor *out);
/* The outputs of n nodes as one tensor, one after the other along `axis`; all axes before it have
 * size 1. Nothing is copied: the layout places them contiguously. Each must be all of a node's
 * output, no view of it, and no output of the plan. */
kr_tensor kr__plan_join(kr_plan *plan, int64_t n, const kr_tensor *parts, int axis);
/* For typed functions that find an error themselves. */
void kr__plan_fail(kr_plan *plan, kr_status status, const char *format, ...) KR_PRINTF(3, 4);
/* Number the draws of a kind, 0 dropout, 1 STAR pooling, 2 contrastive loss, in the order of the
 * calls: kr_given. */
int32_t kr__plan_next_draw(kr_plan *plan, int kind);
int64_t kr__plan_batch(const kr_plan *plan);
bool kr__plan_has_backward(const kr_plan *plan);
/* All workers will walk this plan together, even if it has several samples. Call it before the
 * first node is made. */
void kr__plan_share(kr_plan *plan);
/* From now on products with parameters are computed in bf16 where that is faster: kr_run.bf16. */
void kr__plan_use_bf16(kr_plan *plan);
bool kr__plan_uses_bf16(const kr_plan *plan);

struct kr_weight_panels;
/* Before the plan is finished: forward reads weights as panels, which whoever runs the plan makes
 * (ops/weight_panels.h). */
void kr__plan_use_panels(kr_plan *plan, struct kr_weight_panels *panels);
struct kr_weight_panels *kr__plan_panels(const kr_plan *plan);

/* Keep this value to the end of the run; the caller reads it, and sets its gradient before
 * backward. */
void kr__plan_output(kr_plan *plan, kr_tensor t);

/* Lay out the memory. Afterwards resolve tensors that the model kept with kr__plan_resolve(). */
kr_status kr__plan_finish(kr_plan *plan, kr_error *err);
kr_tensor kr__plan_resolve(const kr_plan *plan, kr_tensor t);

/* Elements of work memory and of scratch that one running worker needs. */
int64_t kr__plan_work_size(const kr_plan *plan);
int64_t kr__plan_scratch_size(const kr_plan *plan);
int kr__plan_node_count(const kr_plan *plan);
const kr_node *kr__plan_node(const kr_plan *plan, int i);

/* Call it before the first backward run (run->is_first) into a parameter gradient of `size`
 * elements: it zeroes what nodes add to. The rest, which is most of it, they write. */
void kr__plan_clear_params(const kr_plan *plan, kr_real *grad, int64_t size);

void kr__plan_forward(const kr_plan *plan, const kr_run *run);
/* Before: the gradients of all outputs are set (kr__plan_output). */
void kr__plan_backward(const kr_plan *plan, const kr_run *run);

/* The same by all workers of run->team, for a plan of one sample or a shared one: each node is cut
 * into its pieces. scratch: that of each worker; run->scratch is not used. */
void kr__plan_forward_together(const kr_plan *plan, const kr_run *run,
                               const kr_per_worker *scratch);
void kr__plan_backward_together(const kr_plan *plan, const kr_run *run,
                                const kr_per_worker *scratch);

/* Run forward again and name the first node whose output is not finite; NULL: all are. */
const kr_node *kr__plan_find_nonfinite(const kr_plan *plan, const kr_run *run);

#endif
