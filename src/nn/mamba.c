/* SPDX-License-Identifier: MIT
 * mamba.c - one Mamba block for callers: batches over the workers, gradients in a fixed order.
 *
 * A batch is cut into slots of neighbouring sequences by its size alone. Each slot is a chunk
 * (mamba_stack.h) with its own work memory and gradient; gradients are added in the order of the
 * slots. A batch of one is one chunk, on which all workers work together. */
#include <kr/mamba.h>

#include <string.h>

#include "core/arena.h"
#include "core/real.h"
#include "core/sized_struct.h"
#include "nn/mamba_stack.h"

enum { MOST_SLOTS = 16 };

/* Chunks for one shape. */
typedef struct slots {
    int64_t batch, n_steps, count; /* batch 0: not made yet */
    kr__chunk *chunks[MOST_SLOTS];
    int64_t first[MOST_SLOTS + 1]; /* sequence */
    kr_real *gradients; /* (count, size of the parameters); NULL: forward alone, or one */
} slots;

struct kr_mamba {
    kr_team *team;
    kr__stack *stack;
    bool only_forward;
    kr_real *gradient;              /* NULL with only_forward */
    kr_mamba_parameter *parameters; /* n_parameters */
    slots whole, step;
    bool has_run; /* there was a forward that backward can use */
};

/* ---- creating --------------------------------------------------------------------------- */

static kr_status list_parameters(kr_mamba *m, kr_error *err) {
    const kr_params *params = &m->stack->params;
    m->parameters = kr__calloc((size_t)params->count, sizeof *m->parameters);
    if (!m->parameters) return kr_fail(err, KR_MEMORY, "out of memory for the block");
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        kr_mamba_parameter *to = &m->parameters[i];
        *to = (kr_mamba_parameter){.name = p->name, .rank = p->rank, .count = p->size};
        for (int k = 0; k < p->rank && k < 3; k++) to->shape[k] = p->shape[k];
        to->values = (float *)(params->values + p->offset);
        to->gradient = m->gradient ? (float *)(m->gradient + p->offset) : NULL;
    }
    return KR_OK;
}

static kr_status fill(kr_mamba *m, const kr_mamba_options *o, kr_error *err) {
    const kr_mamba_config config = {.d_state = o->d_state != 0 ? o->d_state : 16,
                                    .d_conv = o->d_conv != 0 ? o->d_conv : 4,
                                    .expand = o->expand != 0 ? o->expand : 2};
    m->only_forward = o->only_forward;
    KR_TRY(kr__stack_create_block(o->d_model, &config, o->seed, &m->stack, err));
    if (!o->only_forward) {
        m->gradient = kr__calloc((size_t)m->stack->params.size, sizeof *m->gradient);
        if (!m->gradient) return kr_fail(err, KR_MEMORY, "out of memory for the gradients");
    }
    return list_parameters(m, err);
}

kr_status kr_mamba_create(kr_team *team, const kr_mamba_options *options, kr_mamba **out,
                          kr_error *err) {
    kr_mamba_options o;
    KR_TRY(kr__check_float(err));
    KR_TRY(kr__sized_take("kr_mamba_options", options, &o, sizeof o, err));
    kr_mamba *m = kr__calloc(1, sizeof *m);
    if (!m) return kr_fail(err, KR_MEMORY, "out of memory for the block");
    m->team = team;
    kr_status status = fill(m, &o, err);
    if (status == KR_OK) {
        *out = m;
    } else {
        kr_mamba_destroy(m);
    }
    return status;
}

static void release(slots *s) {
    for (int64_t i = 0; i < s->count; i++) kr__chunk_destroy(s->chunks[i]);
    kr_free(s->gradients);
    *s = (slots){.batch = 0};
}

void kr_mamba_destroy(kr_mamba *block) {
    if (!block) return;
    release(&block->whole);
    release(&block->step);
    kr__stack_destroy(block->stack);
    kr_free(block->gradient);
    kr_free(block->parameters);
    kr_free(block);
}

/* ---- parameters ------------------------------------------------------------------------- */

int64_t kr_mamba_n_parameters(const kr_mamba *block) { return block->stack->params.count; }

const kr_mamba_parameter *kr_mamba_parameter_at(const kr_mamba *block, int64_t i) {
    return i >= 0 && i < block->stack->params.count ? &block->parameters[i] : NULL;
}

const kr_mamba_parameter *kr_mamba_parameter_find(const kr_mamba *block, const char *name) {
    for (int i = 0; i < block->stack->params.count; i++) {
        if (strcmp(block->parameters[i].name, name) == 0) return &block->parameters[i];
    }
    return NULL;
}

int64_t kr_mamba_size(const kr_mamba *block) { return block->stack->params.size; }
float *kr_mamba_values(kr_mamba *block) { return (float *)block->stack->params.values; }
float *kr_mamba_gradients(kr_mamba *block) { return (float *)block->gradient; }

void kr_mamba_zero_gradients(kr_mamba *block) {
    size_t n = (size_t)block->stack->params.size;
    if (block->gradient) memset(block->gradient, 0, n * sizeof *block->gradient);
}

int64_t kr_mamba_state_size(const kr_mamba *block) { return block->stack->shape.state_size; }

/* ---- slots ------------------------------------------------------------------------------ */

static kr_status make_chunks(const kr_mamba *m, slots *s, bool with_backward, kr_error *err) {
    for (int64_t i = 0; i < s->count; i++) {
        s->first[i + 1] = (i + 1) * s->batch / s->count;
        const kr__chunk_options options = {.n_steps = s->n_steps,
                                           .batch = s->first[i + 1] - s->first[i],
                                           .with_backward = with_backward};
        KR_TRY(kr__chunk_create(s->count > 1 ? NULL : m->team, m->stack, &options, &s->chunks[i],
                                err));
    }
    if (!with_backward || s->count == 1) return KR_OK;
    size_t n = (size_t)m->stack->params.size;
    s->gradients = kr__calloc((size_t)s->count * n, sizeof *s->gradients);
    return s->gradients ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the gradients");
}

/* Make chunks for this shape, or reuse those of the last call if it had the same one. */
static kr_status prepare(const kr_mamba *m, slots *s, int64_t batch, int64_t n_steps,
                         bool with_backward, kr_error *err) {
    size_t n = 0;
    if (s->batch == batch && s->n_steps == n_steps) return KR_OK;
    bool has_size = batch > 0 && n_steps > 0 && batch <= INT32_MAX && n_steps <= INT32_MAX &&
                    kr__size_mul((size_t)batch, (size_t)n_steps, &n) && n <= INT32_MAX;
    if (!has_size) {
        return kr_fail(err, KR_SHAPE, "no batch has %lld sequences of %lld steps", (long long)batch,
                       (long long)n_steps);
    }
    release(s);
    s->batch = batch;
    s->n_steps = n_steps;
    s->count = batch < MOST_SLOTS ? batch : MOST_SLOTS;
    kr_status status = make_chunks(m, s, with_backward, err);
    if (status != KR_OK) release(s);
    return status;
}

/* ---- running ---------------------------------------------------------------------------- */

/* Arrays of the whole batch; NULL where there is none. */
typedef struct job {
    const kr_mamba *block;
    slots *slots;
    const kr_real *in, *state_in;
    kr_real *out, *state_out;
} job;

/* The part of array where the sequences of a slot begin. */
static const kr_real *from(const kr_real *array, int64_t first, int64_t width) {
    return array ? array + first * width : NULL;
}

static kr_real *to(kr_real *array, int64_t first, int64_t width) {
    return array ? array + first * width : NULL;
}

static void forward_slot(void *arg, int64_t i, int worker) {
    const job *j = arg;
    const kr__stack_shape *shape = &j->block->stack->shape;
    int64_t first = j->slots->first[i], width = j->slots->n_steps * shape->d_model;
    (void)worker;
    kr__chunk_forward(j->slots->chunks[i], from(j->in, first, width),
                      from(j->state_in, first, shape->state_size), to(j->out, first, width),
                      to(j->state_out, first, shape->state_size));
}

static void backward_slot(void *arg, int64_t i, int worker) {
    const job *j = arg;
    const kr__stack_shape *shape = &j->block->stack->shape;
    int64_t first = j->slots->first[i], width = j->slots->n_steps * shape->d_model;
    size_t n = (size_t)j->block->stack->params.size;
    kr_real *gradient = j->slots->gradients ? j->slots->gradients + (size_t)i * n : NULL;
    (void)worker;
    if (gradient) memset(gradient, 0, n * sizeof *gradient);
    kr__chunk_backward(j->slots->chunks[i], from(j->in, first, width),
                       from(j->state_in, first, shape->state_size), to(j->out, first, width),
                       to(j->state_out, first, shape->state_size),
                       gradient ? gradient : j->block->gradient);
}

/* A single slot divides its work among the team itself. */
static void run(const kr_mamba *m, const job *j, kr_piece_fn fn) {
    if (j->slots->count > 1) {
        kr_team_for(m->team, j->slots->count, fn, (void *)(uintptr_t)j);
    } else {
        fn((void *)(uintptr_t)j, 0, 0);
    }
}

kr_status kr_mamba_forward(kr_mamba *block, int64_t batch, int64_t seq_len, const float *x,
                           const float *state, float *y, float *state_after, kr_error *err) {
    block->has_run = false;
    KR_TRY(prepare(block, &block->whole, batch, seq_len, !block->only_forward, err));
    const job j = {.block = block,
                   .slots = &block->whole,
                   .in = (const kr_real *)x,
                   .state_in = (const kr_real *)state,
                   .out = (kr_real *)y,
                   .state_out = (kr_real *)state_after};
    run(block, &j, forward_slot);
    block->has_run = !block->only_forward;
    return KR_OK;
}

static void add_gradients(kr_mamba *m) {
    int64_t n = m->stack->params.size;
    for (int64_t i = 0; i < m->whole.count && m->whole.gradients; i++) {
        const kr_real *slot = m->whole.gradients + i * n;
        for (int64_t k = 0; k < n; k++) m->gradient[k] += slot[k];
    }
}

kr_status kr_mamba_backward(kr_mamba *block, const float *grad_y, const float *grad_state_after,
                            float *grad_x, float *grad_state, kr_error *err) {
    if (!block->has_run) {
        return kr_fail(err, KR_USAGE, "%s",
                       block->only_forward ? "the block was made for forward alone"
                                           : "there was no forward that backward could use");
    }
    const job j = {.block = block,
                   .slots = &block->whole,
                   .in = (const kr_real *)grad_y,
                   .state_in = (const kr_real *)grad_state_after,
                   .out = (kr_real *)grad_x,
                   .state_out = (kr_real *)grad_state};
    run(block, &j, backward_slot);
    add_gradients(block);
    return KR_OK;
}

kr_status kr_mamba_step(kr_mamba *block, int64_t batch, const float *x, float *state, float *y,
                        kr_error *err) {
    KR_TRY(prepare(block, &block->step, batch, 1, false, err));
    const job j = {.block = block,
                   .slots = &block->step,
                   .in = (const kr_real *)x,
                   .state_in = (const kr_real *)state,
                   .out = (kr_real *)y,
                   .state_out = (kr_real *)state};
    run(block, &j, forward_slot);
    return KR_OK;
}
