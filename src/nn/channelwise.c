/* SPDX-License-Identifier: MIT
 * channelwise.c - units of work, their plans, and the sums over them.
 *
 *     channels   | group 0           | group 1           |     groups of B and C, if any
 *     columns    | 0    | 1    | 2   | 3    | 4    | 5   |     all as wide as the first, but the
 * last units      batch * columns                               of a group
 *
 * The last column of a group may have a plan of its own. Gradients of what several units share are
 * left in `partial`, a block for each unit; the sums go through samples, or through the columns of
 * a group, in their order. */
#include "nn/channelwise.h"

#include <string.h>

#include "core/arena.h"
#include "kernels/kernels.h"
#include "tensor/strided.h"

enum { MOST = KR__CHANNELWISE_MAX, WIDEST = 64, NARROWEST = 16 };
/* Units that keep the workers of a large machine busy; values of a series that a unit holds. */
enum { UNITS = 32, VALUES = 1 << 18 };

typedef struct unit_plan {
    kr_plan *plan;
    kr_tensor in[MOST], y, last;
} unit_plan;

typedef struct job {
    const kr__channelwise *op;
    bool with_backward;
    int64_t run, width, per_run, n_columns; /* channels of a group, of a column; columns */
    unit_plan plans[2];                     /* of a full column, of the last of a group */
    int64_t work_size, scratch_size;        /* the larger plan's */
    kr_per_worker memory;
    kr_real *partial;
    int64_t partial_at[MOST], partial_size; /* -1: it has no such sum */
    int64_t *bad;                           /* channel + 1 of each unit; 0: none */
    kr_team *team;
} job;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static bool is_there(const kr__array *a) { return a->kind != KR__ARRAY_NONE && a->values->values; }

static bool is_wanted(const job *j, int i) {
    const kr__array *a = &j->op->in[i];
    return j->with_backward && is_there(a) && a->gradient && a->gradient->values;
}

static bool is_fixed(const kr__array *a) { return a->kind == KR__ARRAY_SHARED && a->n_groups == 0; }

/* ---- cut -------------------------------------------------------------------------------- */

static int64_t greatest_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void cut_channels(job *j) {
    const kr__channelwise *op = j->op;
    j->run = op->channels;
    for (int i = 0; i < MOST; i++) {
        const kr__array *a = &op->in[i];
        if (a->kind != KR__ARRAY_SHARED) continue;
        j->run = greatest_divisor(j->run, a->n_groups > 0 ? op->channels / a->n_groups : 1);
    }
    int64_t n_runs = op->batch * (op->channels / j->run);
    j->width = least(WIDEST, j->run);
    while (j->width > NARROWEST && (n_runs * ((j->run + j->width - 1) / j->width) < UNITS ||
                                    j->width * op->n_steps > VALUES)) {
        j->width = j->width / 2 > NARROWEST ? (j->width / 2 + 15) / 16 * 16 : NARROWEST;
    }
    j->per_run = (j->run + j->width - 1) / j->width;
    j->n_columns = op->channels / j->run * j->per_run;
}

static kr_range channels_of(const job *j, int64_t column) {
    int64_t k = column % j->per_run * j->width;
    return (kr_range){column / j->per_run * j->run + k, least(j->width, j->run - k)};
}

/* ---- plans ------------------------------------------------------------------------------ */

static kr_tensor plan_input(const job *j, kr_plan *plan, int i, int64_t width) {
    const kr__array *a = &j->op->in[i];
    int64_t shape[3] = {1, a->count, width};
    int rank = 3;
    if (a->kind == KR__ARRAY_NONE || !(is_there(a) || j->op->is_needed[i])) return KR_NONE;
    if (a->kind == KR__ARRAY_STATE) memcpy(shape, (int64_t[]){1, width, a->count}, sizeof shape);
    if (a->kind == KR__ARRAY_TAPS) memcpy(shape, (int64_t[]){width, 1, a->count}, sizeof shape);
    if (a->kind == KR__ARRAY_SHARED) {
        memcpy(shape, (int64_t[]){1, j->op->n_steps, a->count}, sizeof shape);
    }
    if (a->kind == KR__ARRAY_CHANNEL || a->kind == KR__ARRAY_WEIGHT) {
        rank = a->kind == KR__ARRAY_CHANNEL ? 1 : 2;
        memcpy(shape, (int64_t[]){width, a->count}, 2 * sizeof *shape);
    }
    return kr__plan_input(plan, rank, shape, is_wanted(j, i));
}

static kr_status make_plan(job *j, unit_plan *p, int64_t width, kr_error *err) {
    KR_TRY(kr__plan_create(&kr_backend_cpu, 1, j->with_backward, &p->plan, err));
    for (int i = 0; i < MOST; i++) p->in[i] = plan_input(j, p->plan, i, width);
    p->last = KR_NONE;
    p->y = j->op->build(p->plan, p->in, &p->last, j->op->arg);
    kr__plan_output(p->plan, p->y);
    if (p->last.rank > 0) kr__plan_output(p->plan, p->last);
    KR_TRY(kr__plan_finish(p->plan, err));
    for (int i = 0; i < MOST; i++) {
        if (p->in[i].rank > 0) p->in[i] = kr__plan_resolve(p->plan, p->in[i]);
    }
    p->y = kr__plan_resolve(p->plan, p->y);
    if (p->last.rank > 0) p->last = kr__plan_resolve(p->plan, p->last);
    int64_t work = (kr__plan_work_size(p->plan) + 15) / 16 * 16;
    int64_t scratch = kr__plan_scratch_size(p->plan);
    if (work > j->work_size) j->work_size = work;
    if (scratch > j->scratch_size) j->scratch_size = scratch;
    return KR_OK;
}

/* What a unit leaves of input i; 0: nothing. */
static int64_t partial_count(const job *j, int i) {
    const kr__array *a = &j->op->in[i];
    if (!is_wanted(j, i) || a->kind == KR__ARRAY_STEPS || a->kind == KR__ARRAY_STATE) return 0;
    if (a->kind != KR__ARRAY_SHARED) return j->width * a->count;
    return is_fixed(a) ? a->count : j->op->n_steps * a->count;
}

static kr_status get_memory(job *j, kr_error *err) {
    for (int i = 0; i < MOST; i++) {
        int64_t n = partial_count(j, i);
        j->partial_at[i] = n > 0 ? j->partial_size : -1;
        j->partial_size += (n + 15) / 16 * 16;
    }
    size_t n_units = (size_t)(j->op->batch * j->n_columns);
    size_t n_bytes = (size_t)(j->work_size + j->scratch_size + 16) * sizeof(kr_real);
    j->bad = kr__calloc(n_units, sizeof *j->bad);
    if (j->partial_size > 0) {
        j->partial = kr__calloc(n_units, (size_t)j->partial_size * sizeof *j->partial);
    }
    if (!j->bad || (j->partial_size > 0 && !j->partial) ||
        kr_per_worker_init(&j->memory, j->team, n_bytes, NULL) != KR_OK) {
        return kr_fail(err, KR_MEMORY, "out of memory for the %s of %lld sequences of %lld steps",
                       j->op->name, (long long)j->op->batch, (long long)j->op->n_steps);
    }
    return KR_OK;
}

static kr_status prepare(job *j, kr_error *err) {
    cut_channels(j);
    KR_TRY(make_plan(j, &j->plans[0], j->width, err));
    if (j->run % j->width != 0) KR_TRY(make_plan(j, &j->plans[1], j->run % j->width, err));
    return get_memory(j, err);
}

static void release(job *j) {
    kr__plan_destroy(j->plans[0].plan);
    kr__plan_destroy(j->plans[1].plan);
    kr_per_worker_deinit(&j->memory);
    kr_free(j->partial);
    kr_free(j->bad);
}

/* ---- a unit ----------------------------------------------------------------------------- */

/* Some rows and columns of a caller's array; values NULL: there is none. */
typedef struct plane {
    kr_real *values;
    kr_tensor view;
} plane;

/* From element `offset` on; rows and cols are numbers of axes. */
static plane make_plane(const kr_strided *array, int64_t offset, int rows, int64_t n_rows, int cols,
                        int64_t n_cols) {
    kr_real *values = (kr_real *)array->values;
    plane p = {values ? values + offset : NULL, kr__tensor_make(2, (int64_t[]){n_rows, n_cols})};
    p.view.stride[0] = array->stride[rows];
    p.view.stride[1] = array->stride[cols];
    return p;
}

/* Sample b's part of an array of this layout. */
static plane plane_of(const job *j, const kr__array *a, const kr_strided *layout, int64_t b,
                      kr_range channels) {
    const int64_t *stride = layout->stride;
    int64_t d = channels.first, n = channels.count, first = b * stride[0] + d * stride[1];
    plane fixed = make_plane(layout, d * stride[0], 0, n, 1, a->count);
    switch (a->kind) {
        case KR__ARRAY_STEPS:
            return make_plane(layout, first, 2, a->count, 1, n);
        case KR__ARRAY_STATE:
            return make_plane(layout, first, 1, n, 2, a->count);
        case KR__ARRAY_SHARED:
            if (is_fixed(a)) { /* the same row at all steps */
                fixed.view.shape[0] = j->op->n_steps;
                fixed.view.stride[0] = 0;
                return fixed;
            }
            first = b * stride[0] + d / (j->op->channels / a->n_groups) * stride[1];
            return make_plane(layout, first, 3, j->op->n_steps, 2, a->count);
        default:
            return fixed;
    }
}

/* Of or into `packed`, row after row: get writes zeros when there is no plane, put does nothing. */
static void get_plane(const plane *p, kr_real *packed) {
    const kr_tensor to = kr__tensor_make(2, p->view.shape);
    if (p->values) {
        kr__strided_copy(&p->view, p->values, &to, packed);
    } else {
        memset(packed, 0, (size_t)kr__tensor_size(&to) * sizeof *packed);
    }
}

static void put_plane(const plane *p, const kr_real *packed) {
    const kr_tensor from = kr__tensor_make(2, p->view.shape);
    if (p->values) kr__strided_copy(&from, packed, &p->view, p->values);
}

static void get_values(const job *j, const kr_run *run, const unit_plan *p, int64_t b,
                       kr_range channels) {
    for (int i = 0; i < MOST; i++) {
        if (p->in[i].rank == 0) continue;
        const kr__array *a = &j->op->in[i];
        const plane from = plane_of(j, a, a->values, b, channels);
        get_plane(&from, kr__data(run, &p->in[i]));
    }
}

/* Is there a channel that the op cannot compute? */
static bool is_bad(const job *j, const kr_run *run, const unit_plan *p, int64_t unit,
                   kr_range channels) {
    const kr_real *in[MOST];
    if (!j->op->find_bad) return false;
    for (int i = 0; i < MOST; i++) in[i] = p->in[i].rank > 0 ? kr__data(run, &p->in[i]) : NULL;
    int64_t bad = j->op->find_bad(in, channels.count, j->op->arg);
    if (bad >= 0) j->bad[unit] = channels.first + bad + 1;
    return bad >= 0;
}

/* Forward: y and last go to the caller. Backward: their gradients come from there. */
static void move_outputs(const job *j, const kr_run *run, const unit_plan *p, int64_t b,
                         kr_range channels) {
    const kr__array *const out[2] = {&j->op->y, &j->op->last};
    const kr_tensor *const in_plan[2] = {&p->y, &p->last};
    for (int i = 0; i < 2; i++) {
        if (in_plan[i]->rank == 0) continue;
        const kr_strided *theirs = j->with_backward ? out[i]->gradient : out[i]->values;
        const plane outside = plane_of(j, out[i], theirs, b, channels);
        if (j->with_backward) {
            get_plane(&outside, kr__grad(run, in_plan[i]));
        } else {
            put_plane(&outside, kr__data(run, in_plan[i]));
        }
    }
}

/* The gradient of a row that all steps share. */
static void sum_steps(const job *j, int64_t count, const kr_real *grad, kr_real *sum) {
    memset(sum, 0, (size_t)count * sizeof *sum);
    for (int64_t t = 0; t < j->op->n_steps; t++, grad += count) {
        kr__kernels()->accumulate(count, grad, sum);
    }
}

static void put_gradients(const job *j, const kr_run *run, const unit_plan *p, int64_t unit,
                          kr_range channels) {
    int64_t b = unit / j->n_columns;
    for (int i = 0; i < MOST; i++) {
        if (!is_wanted(j, i)) continue;
        const kr__array *a = &j->op->in[i];
        const kr_real *grad = kr__grad(run, &p->in[i]);
        kr_real *sum = j->partial + unit * j->partial_size + j->partial_at[i];
        if (j->partial_at[i] < 0) {
            const plane to = plane_of(j, a, a->gradient, b, channels);
            put_plane(&to, grad);
        } else if (is_fixed(a)) {
            sum_steps(j, a->count, grad, sum);
        } else {
            memcpy(sum, grad, (size_t)kr__tensor_size(&p->in[i]) * sizeof *sum);
        }
    }
}

static void run_unit(void *arg, int64_t unit, int worker) {
    const job *j = arg;
    kr_range channels = channels_of(j, unit % j->n_columns);
    int64_t b = unit / j->n_columns;
    const unit_plan *p = &j->plans[channels.count < j->width];
    kr_real *work = kr_per_worker_at(&j->memory, worker);
    const kr_run run = {.data = {work}, .grad = {work}, .scratch = work + j->work_size};
    if (kr_team_is_stopping(j->team)) return;
    get_values(j, &run, p, b, channels);
    if (is_bad(j, &run, p, unit, channels)) return;
    kr__plan_forward(p->plan, &run);
    move_outputs(j, &run, p, b, channels);
    if (!j->with_backward) return;
    kr__plan_backward(p->plan, &run);
    put_gradients(j, &run, p, unit, channels);
}

/* ---- sums over units -------------------------------------------------------------------- */

/* Add what units first + step, .. left of input i to what unit first left, and put it where it
 * goes. */
static void join_units(const job *j, int i, int64_t first, int64_t count, int64_t step, int64_t b) {
    const kr__array *a = &j->op->in[i];
    kr_range channels = channels_of(j, first % j->n_columns);
    int64_t n = partial_count(j, i);
    kr_real *sum = j->partial + first * j->partial_size + j->partial_at[i];
    for (int64_t k = 1; k < count; k++) {
        kr__kernels()->accumulate(n, sum + k * step * j->partial_size, sum);
    }
    plane to = plane_of(j, a, a->gradient, b, channels);
    if (is_fixed(a)) to.view.shape[0] = 1;
    put_plane(&to, sum);
}

/* Over the samples: the parameters of a column. */
static void join_column(void *arg, int64_t column, int worker) {
    const job *j = arg;
    (void)worker;
    for (int i = 0; i < MOST; i++) {
        const kr__array *a = &j->op->in[i];
        if (j->partial_at[i] < 0 || (a->kind == KR__ARRAY_SHARED && !is_fixed(a))) continue;
        join_units(j, i, column, j->op->batch, j->n_columns, 0);
    }
}

/* Over the columns of a group: what a sample's channels share. */
static void join_sample(void *arg, int64_t b, int worker) {
    const job *j = arg;
    (void)worker;
    for (int i = 0; i < MOST; i++) {
        const kr__array *a = &j->op->in[i];
        if (j->partial_at[i] < 0 || a->kind != KR__ARRAY_SHARED || is_fixed(a)) continue;
        int64_t columns = j->n_columns / a->n_groups;
        for (int64_t g = 0; g < a->n_groups; g++) {
            join_units(j, i, b * j->n_columns + g * columns, columns, 1, b);
        }
    }
}

/* ---- running ---------------------------------------------------------------------------- */

static kr_status find_failure(const job *j, kr_error *err) {
    int64_t n_units = j->op->batch * j->n_columns;
    if (kr_team_is_stopping(j->team)) {
        return kr_fail(err, KR_INTERRUPTED, "the %s was stopped", j->op->name);
    }
    for (int64_t u = 0; u < n_units; u++) {
        if (j->bad[u] == 0) continue;
        return kr_fail(err, KR_NUMERIC,
                       "%s: exp(delta A) leaves float in channel %lld of sequence %lld",
                       j->op->name, (long long)(j->bad[u] - 1), (long long)(u / j->n_columns));
    }
    return KR_OK;
}

static kr_status compute(kr_team *team, const kr__channelwise *op, bool with_backward,
                         kr_error *err) {
    job j = {.op = op, .with_backward = with_backward, .team = team};
    kr_status status = prepare(&j, err);
    if (status == KR_OK) {
        kr_team_for(team, op->batch * j.n_columns, run_unit, &j);
        status = find_failure(&j, err);
    }
    if (status == KR_OK && j.partial_size > 0) {
        kr_team_for(team, j.n_columns, join_column, &j);
        kr_team_for(team, op->batch, join_sample, &j);
    }
    release(&j);
    return status;
}

kr_status kr__channelwise_forward(kr_team *team, const kr__channelwise *op, kr_error *err) {
    return compute(team, op, false, err);
}

kr_status kr__channelwise_backward(kr_team *team, const kr__channelwise *op, kr_error *err) {
    for (int i = 0; i < MOST; i++) {
        const kr__array *a = &op->in[i];
        if (is_there(a) && a->gradient && a->gradient->values) return compute(team, op, true, err);
    }
    return KR_OK;
}
