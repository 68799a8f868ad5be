/* SPDX-License-Identifier: MIT
 * block.c - a Mamba block for callers who hold its parameters: what kr/scan.h says of the arrays,
 * as a plan.
 *
 * A batch is cut into slots of neighbouring sequences by its size alone. Each has work memory and a
 * gradient of its own; gradients are added in the order of the slots. A single slot is one plan
 * that all workers walk together.
 *
 * What forward keeps, from the first full line of the cache on:
 *     | state (a line) | parameters, packed | work memory of slot 0 | of slot 1 | .. */
#include <kr/scan.h>

#include <string.h>

#include "core/arena.h"
#include "core/sized_struct.h"
#include "kernels/kernels.h"
#include "nn/layers.h"
#include "nn/mamba_stack.h"
#include "tensor/strided.h"

enum { MOST_SLOTS = 16, LEAST_STEPS = 256, LINE = 16, MOST_WIDTH = 1 << 20 };
/* State of what was kept, in its first number. */
enum { FILLED = 0x6b723101, SPENT = 0x6b723102 };
enum { IN, IN_BIAS, CONV, CONV_BIAS, X_PROJ, DT_PROJ, DT_BIAS, A, D, OUT, OUT_BIAS, N_PARAMETERS };

typedef struct parameter {
    const char *name;
    const kr_strided *values, *gradient;
    int64_t shape[2]; /* [1] 0: it has one axis */
    bool may_be_missing;
    kr_tensor tensor;
} parameter;

typedef struct slot_plan {
    kr_plan *plan;
    kr_tensor x, y;
} slot_plan;

typedef struct job {
    kr_block block;
    const kr_strided *x, *y, *grad_x, *grad_y; /* y NULL: not wanted */
    parameter parameters[N_PARAMETERS];
    int64_t n_parameters; /* numbers, with padding */
    bool with_backward;
    int64_t count, first[MOST_SLOTS + 1]; /* slots; their sequences */
    slot_plan plans[2];                   /* of slots of the size of the first, of one more */
    int64_t work_size, scratch_size;      /* the larger plan's */
    kr_real *kept;                        /* NULL: nothing is */
    kr_real *packed;                      /* the parameters */
    kr_real *gradients;                   /* of them (count, n_parameters); NULL: forward alone */
    kr_per_worker memory;
    kr_team *team;
} job;

static int64_t round_up(int64_t n) { return (n + LINE - 1) / LINE * LINE; }

/* ---- checks ----------------------------------------------------------------------------- */

static kr_status check_sizes(const kr_block *b, bool has_in_proj, kr_error *err) {
    const int64_t widths[] = {b->d_model, b->d_inner, b->d_state, b->dt_rank, b->d_out, b->d_conv};
    bool fits = b->batch >= 1 && b->seq_len >= 1 && b->batch <= INT32_MAX &&
                b->seq_len <= INT32_MAX / b->batch && b->d_conv <= 16;
    for (int i = 0; i < 6; i++) fits = fits && widths[i] >= 1 && widths[i] <= MOST_WIDTH;
    if (!fits) {
        return kr_fail(err, KR_SHAPE,
                       "no block has %lld sequences of %lld steps, with d_model %lld, d_inner "
                       "%lld, d_state %lld, dt_rank %lld, d_out %lld, d_conv %lld (1 to 16)",
                       (long long)b->batch, (long long)b->seq_len, (long long)b->d_model,
                       (long long)b->d_inner, (long long)b->d_state, (long long)b->dt_rank,
                       (long long)b->d_out, (long long)b->d_conv);
    }
    if (has_in_proj || b->d_model == 2 * b->d_inner) return KR_OK;
    return kr_fail(err, KR_SHAPE, "block: without in_proj d_model is 2 d_inner, %lld, not %lld",
                   (long long)(2 * b->d_inner), (long long)b->d_model);
}

static kr_status check_there(const job *j, kr_error *err) {
    const char *missing = j->x->values ? NULL : "x";
    for (int i = N_PARAMETERS - 1; i >= 0; i--) {
        const parameter *p = &j->parameters[i];
        if (!p->values->values && !p->may_be_missing) missing = p->name;
    }
    return missing ? kr_fail(err, KR_USAGE, "block: %s is missing", missing) : KR_OK;
}

static void list_parameters(job *j, const kr_block_arrays *v, const kr_block_arrays *g) {
    const kr_block *b = &j->block;
    const parameter all[N_PARAMETERS] = {
        {"in_proj", &v->in_proj, &g->in_proj, {2 * b->d_inner, b->d_model}, true, KR_NONE},
        {"in_proj_bias", &v->in_proj_bias, &g->in_proj_bias, {2 * b->d_inner}, true, KR_NONE},
        {"conv", &v->conv, &g->conv, {b->d_inner, b->d_conv}, false, KR_NONE},
        {"conv_bias", &v->conv_bias, &g->conv_bias, {b->d_inner}, true, KR_NONE},
        {"x_proj",
         &v->x_proj,
         &g->x_proj,
         {b->dt_rank + 2 * b->d_state, b->d_inner},
         false,
         KR_NONE},
        {"dt_proj", &v->dt_proj, &g->dt_proj, {b->d_inner, b->dt_rank}, false, KR_NONE},
        {"dt_bias", &v->dt_bias, &g->dt_bias, {b->d_inner}, true, KR_NONE},
        {"A", &v->A, &g->A, {b->d_inner, b->d_state}, false, KR_NONE},
        {"D", &v->D, &g->D, {b->d_inner}, true, KR_NONE},
        {"out_proj", &v->out_proj, &g->out_proj, {b->d_out, b->d_inner}, false, KR_NONE},
        {"out_proj_bias", &v->out_proj_bias, &g->out_proj_bias, {b->d_out}, true, KR_NONE}};
    memcpy(j->parameters, all, sizeof all);
}

/* The convolution always has a bias: zeros, of which nobody wants the gradient. */
static void place_parameters(job *j) {
    for (int i = 0; i < N_PARAMETERS; i++) {
        parameter *p = &j->parameters[i];
        if (!p->values->values && i != CONV_BIAS) continue;
        p->tensor = kr__tensor_make(p->shape[1] > 0 ? 2 : 1, p->shape);
        p->tensor.space = KR_SPACE_PARAM;
        p->tensor.buffer = i;
        p->tensor.offset = j->n_parameters;
        p->tensor.grad_offset = p->values->values ? j->n_parameters : -1;
        j->n_parameters += round_up(kr__tensor_size(&p->tensor));
    }
}

static kr_status take(job *j, const kr_block *block, const kr_block_arrays *values,
                      const kr_block_arrays *gradients, kr_error *err) {
    KR_TRY(kr__check_float(err));
    KR_TRY(kr__sized_take("kr_block", block, &j->block, sizeof j->block, err));
    KR_TRY(check_sizes(&j->block, values->in_proj.values != NULL, err));
    j->x = &values->x;
    j->grad_x = &gradients->x;
    j->grad_y = &gradients->y;
    list_parameters(j, values, gradients);
    place_parameters(j);
    return KR_OK;
}

/* ---- plans ------------------------------------------------------------------------------ */

static kr_tensor build(const job *j, kr_plan *plan, kr_tensor x) {
    const parameter *p = j->parameters;
    const int64_t taps[3] = {j->block.d_inner, 1, j->block.d_conv};
    const kr_mamba_weights weights = {.in_proj = p[IN].tensor,
                                      .in_proj_bias = p[IN_BIAS].tensor,
                                      .conv = kr__reshape(p[CONV].tensor, 3, taps),
                                      .conv_bias = p[CONV_BIAS].tensor,
                                      .x_proj = p[X_PROJ].tensor,
                                      .dt_proj = p[DT_PROJ].tensor,
                                      .dt_bias = p[DT_BIAS].tensor,
                                      .A = p[A].tensor,
                                      .D = p[D].tensor,
                                      .out_proj = p[OUT].tensor,
                                      .out_proj_bias = p[OUT_BIAS].tensor,
                                      .A_is_plain = true};
    return kr__mamba_block(plan, x, &weights, NULL, NULL);
}

static kr_status make_plan(job *j, slot_plan *s, int64_t batch, kr_error *err) {
    const kr_block *b = &j->block;
    const int64_t shape[3] = {batch, b->seq_len, b->d_model};
    KR_TRY(kr__plan_create(&kr_backend_cpu, batch, j->with_backward, &s->plan, err));
    if (j->count == 1) kr__plan_share(s->plan);
    s->x = kr__plan_input(s->plan, 3, shape, j->with_backward && !b->x_is_constant);
    s->y = build(j, s->plan, s->x);
    kr__plan_output(s->plan, s->y);
    KR_TRY(kr__plan_finish(s->plan, err));
    s->x = kr__plan_resolve(s->plan, s->x);
    s->y = kr__plan_resolve(s->plan, s->y);
    int64_t work = round_up(kr__plan_work_size(s->plan));
    int64_t scratch = round_up(kr__plan_scratch_size(s->plan));
    if (work > j->work_size) j->work_size = work;
    if (scratch > j->scratch_size) j->scratch_size = scratch;
    return KR_OK;
}

/* Each slot reads all weights and leaves a gradient of them, which its steps have to be worth. */
static int64_t count_slots(const kr_block *b) {
    int64_t count = b->batch * b->seq_len / LEAST_STEPS;
    if (count > b->batch) count = b->batch;
    if (count > MOST_SLOTS) count = MOST_SLOTS;
    return count > 0 ? count : 1;
}

static kr_status make_plans(job *j, kr_error *err) {
    int64_t batch = j->block.batch;
    j->count = count_slots(&j->block);
    for (int64_t i = 0; i <= j->count; i++) j->first[i] = i * batch / j->count;
    KR_TRY(make_plan(j, &j->plans[0], batch / j->count, err));
    return batch % j->count == 0 ? KR_OK : make_plan(j, &j->plans[1], batch / j->count + 1, err);
}

static const slot_plan *plan_of(const job *j, int64_t slot) {
    return &j->plans[j->first[slot + 1] - j->first[slot] > j->block.batch / j->count];
}

/* ---- memory ----------------------------------------------------------------------------- */

/* Numbers that forward leaves, the lines that its start is rounded up to included. */
static int64_t kept_size(const job *j) {
    return 2 * LINE + j->n_parameters + j->count * j->work_size;
}

static kr_real *first_line(float *kept) {
    uintptr_t at = (uintptr_t)kept, line = LINE * sizeof *kept;
    return (kr_real *)((at + line - 1) / line * line);
}

/* kept NULL: the parameters are packed into memory of the job's own, and a slot's work memory is
 * the worker's. */
static kr_status get_memory(job *j, float *kept, kr_error *err) {
    int64_t n = j->scratch_size + LINE + (kept ? 0 : j->work_size);
    j->kept = kept ? first_line(kept) : NULL;
    j->packed = kept ? j->kept + LINE : kr__calloc((size_t)j->n_parameters, sizeof *j->packed);
    bool is_there = j->packed && kr_per_worker_init(&j->memory, j->team,
                                                    (size_t)n * sizeof(kr_real), NULL) == KR_OK;
    if (is_there) return KR_OK;
    return kr_fail(err, KR_MEMORY, "out of memory for a block on %lld sequences of %lld steps",
                   (long long)j->block.batch, (long long)j->block.seq_len);
}

static kr_status prepare(job *j, float *kept, kr_error *err) {
    KR_TRY(check_there(j, err));
    KR_TRY(make_plans(j, err));
    return get_memory(j, kept, err);
}

static void release(job *j) {
    kr__plan_destroy(j->plans[0].plan);
    kr__plan_destroy(j->plans[1].plan);
    kr_per_worker_deinit(&j->memory);
    if (!j->kept) kr_free(j->packed);
    kr_free(j->gradients);
}

/* ---- the caller's arrays ---------------------------------------------------------------- */

/* Their elements from `first` on along axis 0, in the shape of t. */
static kr_tensor view_of(const kr_strided *array, const kr_tensor *t, int64_t first,
                         kr_real **values) {
    kr_tensor view = *t;
    memcpy(view.stride, array->stride, sizeof view.stride);
    *values = array->values ? (kr_real *)array->values + first * array->stride[0] : NULL;
    return view;
}

static void get(const kr_strided *array, const kr_tensor *t, int64_t first, kr_real *packed) {
    const kr_tensor to = kr__tensor_make(t->rank, t->shape);
    kr_real *values = NULL;
    const kr_tensor from = view_of(array, t, first, &values);
    if (array->values) {
        kr__strided_copy(&from, values, &to, packed);
    } else {
        memset(packed, 0, (size_t)kr__tensor_size(t) * sizeof *packed);
    }
}

static void put(const kr_strided *array, const kr_tensor *t, int64_t first, const kr_real *packed) {
    const kr_tensor from = kr__tensor_make(t->rank, t->shape);
    kr_real *values = NULL;
    const kr_tensor to = view_of(array, t, first, &values);
    if (array->values) kr__strided_copy(&from, packed, &to, values);
}

static kr_status pack_parameters(job *j, kr_error *err) {
    for (int i = 0; i < N_PARAMETERS; i++) {
        const parameter *p = &j->parameters[i];
        if (p->tensor.rank > 0) get(p->values, &p->tensor, 0, j->packed + p->tensor.offset);
    }
    const kr_real *rates = j->packed + j->parameters[A].tensor.offset;
    for (int64_t i = 0; i < j->block.d_inner * j->block.d_state; i++) {
        if (!(rates[i] > 0)) continue;
        return kr_fail(err, KR_NUMERIC, "block: A is %g, above 0, in channel %lld",
                       (double)rates[i], (long long)(i / j->block.d_state));
    }
    return KR_OK;
}

/* ---- a slot ----------------------------------------------------------------------------- */

static kr_run run_of(const job *j, int64_t slot, int worker) {
    kr_real *own = kr_per_worker_at(&j->memory, worker);
    kr_real *work =
        j->kept ? j->packed + j->n_parameters + slot * j->work_size : own + j->scratch_size;
    kr_real *gradient = j->gradients ? j->gradients + slot * j->n_parameters : NULL;
    return (kr_run){.data = {work, j->packed},
                    .grad = {work, gradient},
                    .scratch = own,
                    .is_first = true,
                    .team = j->team};
}

/* With a single slot all workers walk its plan. */
static void forward_slot(void *arg, int64_t slot, int worker) {
    const job *j = arg;
    const slot_plan *s = plan_of(j, slot);
    const kr_run run = run_of(j, slot, worker);
    if (kr_team_is_stopping(j->team)) return;
    get(j->x, &s->x, j->first[slot], kr__data(&run, &s->x));
    if (j->count > 1) {
        kr__plan_forward(s->plan, &run);
    } else {
        kr__plan_forward_together(s->plan, &run, &j->memory);
    }
    if (j->y) put(j->y, &s->y, j->first[slot], kr__data(&run, &s->y));
}

static void backward_slot(void *arg, int64_t slot, int worker) {
    const job *j = arg;
    const slot_plan *s = plan_of(j, slot);
    const kr_run run = run_of(j, slot, worker);
    if (kr_team_is_stopping(j->team)) return;
    get(j->grad_y, &s->y, j->first[slot], kr__grad(&run, &s->y));
    kr__plan_clear_params(s->plan, run.grad[KR_SPACE_PARAM], j->n_parameters);
    if (j->count > 1) {
        kr__plan_backward(s->plan, &run);
    } else {
        kr__plan_backward_together(s->plan, &run, &j->memory);
    }
    if (!j->block.x_is_constant) put(j->grad_x, &s->x, j->first[slot], kr__grad(&run, &s->x));
}

/* The gradient of parameter i: the sum over the slots. */
static void join_parameter(void *arg, int64_t i, int worker) {
    const job *j = arg;
    const parameter *p = &j->parameters[i];
    (void)worker;
    if (p->tensor.rank == 0 || !p->gradient->values) return;
    kr_real *sum = j->gradients + p->tensor.offset;
    for (int64_t k = 1; k < j->count; k++) {
        kr__kernels()->accumulate(kr__tensor_size(&p->tensor), sum + k * j->n_parameters, sum);
    }
    put(p->gradient, &p->tensor, 0, sum);
}

/* ---- running ---------------------------------------------------------------------------- */

static kr_status run_slots(job *j, kr_piece_fn fn, kr_error *err) {
    if (j->count > 1) {
        kr_team_for(j->team, j->count, fn, j);
    } else {
        fn(j, 0, 0);
    }
    if (!kr_team_is_stopping(j->team)) return KR_OK;
    return kr_fail(err, KR_INTERRUPTED, "the block was stopped");
}

static void mark(const job *j, uint32_t state) {
    if (j->kept) memcpy(j->kept, &state, sizeof state);
}

static kr_status compute(job *j, kr_error *err) {
    mark(j, SPENT);
    KR_TRY(pack_parameters(j, err));
    KR_TRY(run_slots(j, forward_slot, err));
    mark(j, FILLED);
    return KR_OK;
}

static kr_status differentiate(job *j, kr_error *err) {
    uint32_t state = 0;
    memcpy(&state, j->kept, sizeof state);
    if (state != FILLED && state != SPENT) {
        return kr_fail(err, KR_USAGE, "block: kept is not what kr_block_forward() left");
    }
    j->gradients = kr__calloc((size_t)(j->count * j->n_parameters), sizeof *j->gradients);
    if (!j->gradients) return kr_fail(err, KR_MEMORY, "out of memory for a block's gradients");
    if (state == SPENT) KR_TRY(compute(j, err));
    mark(j, SPENT);
    KR_TRY(run_slots(j, backward_slot, err));
    kr_team_for(j->team, N_PARAMETERS, join_parameter, j);
    return KR_OK;
}

kr_status kr_block_kept_size(const kr_block *block, const kr_block_arrays *values, int64_t *count,
                             kr_error *err) {
    const kr_block_arrays none = {.y = {.values = NULL}};
    job j = {.with_backward = true};
    kr_status status = take(&j, block, values, &none, err);
    if (status == KR_OK) status = make_plans(&j, err);
    if (status == KR_OK) *count = kept_size(&j);
    release(&j);
    return status;
}

kr_status kr_block_forward(kr_team *team, const kr_block *block, const kr_block_arrays *values,
                           float *kept, kr_error *err) {
    const kr_block_arrays none = {.y = {.values = NULL}};
    job j = {.with_backward = kept != NULL, .team = team, .y = &values->y};
    kr_status status = take(&j, block, values, &none, err);
    if (status == KR_OK && !values->y.values)
        status = kr_fail(err, KR_USAGE, "block: y is missing");
    if (status == KR_OK) status = prepare(&j, kept, err);
    if (status == KR_OK) status = compute(&j, err);
    release(&j);
    return status;
}

kr_status kr_block_backward(kr_team *team, const kr_block *block, const kr_block_arrays *values,
                            const kr_block_arrays *gradients, float *kept, kr_error *err) {
    job j = {.with_backward = true, .team = team};
    kr_status status = take(&j, block, values, gradients, err);
    if (status == KR_OK && !kept) status = kr_fail(err, KR_USAGE, "block: kept is missing");
    if (status == KR_OK) status = prepare(&j, kept, err);
    if (status == KR_OK) status = differentiate(&j, err);
    release(&j);
    return status;
}
