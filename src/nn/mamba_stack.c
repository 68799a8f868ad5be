/* SPDX-License-Identifier: MIT
 * mamba_stack.c - a block or a model as a plan whose state comes in and goes out. */
#include "nn/mamba_stack.h"
#include "core/arena.h"

#include <string.h>

#include "core/real.h"

/* ---- the model -------------------------------------------------------------------------- */

static int64_t conv_size(const kr__stack_shape *s) { return (s->d_conv - 1) * s->d_inner; }
static int64_t h_size(const kr__stack_shape *s) { return s->d_inner * s->d_state; }

static kr__stack_shape make_shape(const kr__nextstep_model_config *c, bool is_block) {
    kr__stack_shape s = {.n_features = is_block ? c->d_model : c->n_features,
                         .d_model = c->d_model,
                         .n_layers = c->n_layers,
                         .d_inner = c->d_model * c->mamba.expand,
                         .d_state = c->mamba.d_state,
                         .d_conv = c->mamba.d_conv,
                         .d_ff = c->d_ff,
                         .max_horizon = c->max_horizon};
    s.state_size = s.n_layers * (conv_size(&s) + h_size(&s));
    return s;
}

/* The model on x, with all heads or the first; returns the output of the first. */
static kr_tensor build(const kr__stack *m, kr_builder *b, kr_tensor x, int n_heads,
                       kr_mamba_state *states, kr__nextstep_inside *inside) {
    kr_tensor pred[KR__NEXTSTEP_MAX_HORIZONS] = {KR_NONE};
    if (m->is_block) {
        kr_mamba_taps *taps = inside ? &inside->taps[0] : NULL;
        kr_tensor y = kr__layer_mamba_chunk(b, x, &m->config.mamba, "", states, taps);
        if (inside) inside->hidden[0] = inside->layers[0] = y;
        return y;
    }
    kr__nextstep_build(b, &m->config, x, n_heads, pred, states, inside);
    return pred[0];
}

/* A plan that is made only for the table of parameters. */
static kr_status list_parameters(kr__stack *m, kr_error *err) {
    kr_plan *plan = NULL;
    KR_TRY(kr__plan_create(&kr_backend_cpu, 1, false, &plan, err));
    kr_builder b = {plan, &m->params};
    kr_tensor x = kr__plan_input(plan, 3, (int64_t[]){1, 1, m->shape.n_features}, false);
    kr__plan_output(plan, build(m, &b, x, KR__NEXTSTEP_MAX_HORIZONS, NULL, NULL));
    kr_status status = kr__plan_finish(plan, err);
    kr__plan_destroy(plan);
    return status;
}

static kr_status create(const kr__nextstep_model_config *config, bool is_block, kr__stack **out,
                        kr_error *err) {
    kr__stack *m = kr__calloc(1, sizeof *m);
    if (!m) return kr_fail(err, KR_MEMORY, "out of memory for the model");
    m->config = *config;
    m->is_block = is_block;
    m->shape = make_shape(config, is_block);
    kr_status status = list_parameters(m, err);
    if (status == KR_OK) status = kr__params_allocate(&m->params, err);
    if (status != KR_OK) {
        kr__stack_destroy(m);
        return status;
    }
    m->shape.n_parameters = kr__params_count(&m->params);
    m->shape.gradient_size = m->params.size;
    *out = m;
    return KR_OK;
}

kr_status kr__stack_create(const kr__nextstep_model_config *config, kr__stack **out,
                           kr_error *err) {
    return create(config, false, out, err);
}

kr_status kr__stack_create_block(int64_t d_model, const kr_mamba_config *config, uint64_t seed,
                                 kr__stack **out, kr_error *err) {
    const int64_t most = 1 << 20;
    const kr_mamba_config *c = config;
    if (d_model < 1 || c->d_state < 1 || c->d_conv < 1 || c->expand < 1 || d_model > most ||
        c->d_state > most || c->d_conv > 16 || c->expand > 16) {
        return kr_fail(
            err, KR_USAGE,
            "a Mamba block cannot have d_model %lld, d_state %lld, d_conv %lld, expand %lld",
            (long long)d_model, (long long)c->d_state, (long long)c->d_conv, (long long)c->expand);
    }
    const kr__nextstep_model_config model = {.d_model = d_model, .n_layers = 1, .mamba = *c};
    KR_TRY(create(&model, true, out, err));
    kr__params_initialise(&(*out)->params, seed);
    return KR_OK;
}

void kr__stack_destroy(kr__stack *stack) {
    if (!stack) return;
    kr__params_deinit(&stack->params);
    kr_free(stack);
}

/* ---- state in, state out ---------------------------------------------------------------- */

/* Where conv or h of one layer is in a state (batch, state_size): `count` numbers from `at` on.
 */
typedef struct place {
    int64_t batch, count, at, state_size;
} place;

static void read_place(const place *p, const kr_real *state, kr_real *tensor) {
    for (int64_t r = 0; r < p->batch; r++) {
        kr_real *to = tensor + r * p->count;
        if (state) {
            memcpy(to, state + r * p->state_size + p->at, (size_t)p->count * sizeof *to);
        } else {
            memset(to, 0, (size_t)p->count * sizeof *to);
        }
    }
}

static void write_place(const place *p, const kr_real *tensor, kr_real *state) {
    for (int64_t r = 0; r < p->batch; r++) {
        memcpy(state + r * p->state_size + p->at, tensor + r * p->count,
               (size_t)p->count * sizeof *state);
    }
}

/* conv and h of layer i. */
static void find_places(const kr__chunk *c, int64_t i, place *conv, place *h) {
    const kr__stack_shape *s = &c->stack->shape;
    int64_t n_conv = conv_size(s), n_h = h_size(s), at = i * (n_conv + n_h);
    *conv = (place){c->batch, n_conv, at, s->state_size};
    *h = (place){c->batch, n_h, at + n_conv, s->state_size};
}

/* ---- a chunk ---------------------------------------------------------------------------- */

static kr_tensor plan_state(const kr__chunk *c, const place *p, int64_t rows, int64_t cols,
                            bool with_grad) {
    const int64_t shape[] = {c->batch, rows, cols};
    return c->is_in_place ? kr__tensor_in_state(p->at, 3, shape)
                          : kr__plan_input(c->plan, 3, shape, with_grad);
}

static void plan_states(kr__chunk *c, bool with_grad) {
    const kr__stack_shape *s = &c->stack->shape;
    place conv, h;
    for (int64_t i = 0; i < s->n_layers; i++) {
        kr_mamba_state *state = &c->states[i];
        find_places(c, i, &conv, &h);
        if (conv.count > 0) {
            state->conv_first = plan_state(c, &conv, s->d_conv - 1, s->d_inner, with_grad);
        }
        state->h_first = plan_state(c, &h, s->d_inner, s->d_state, with_grad);
    }
}

static void plan_pushes(kr__chunk *c) {
    const kr__stack_shape *s = &c->stack->shape;
    const int64_t shape[] = {c->batch, c->n_steps, s->d_model};
    for (int64_t i = 0; i < s->n_layers && !c->stack->is_block; i++) {
        c->inside->push[i] = kr__plan_input(c->plan, 3, shape, false);
    }
}

static void resolve(kr__chunk *c) {
    c->x = kr__plan_resolve(c->plan, c->x);
    c->y = kr__plan_resolve(c->plan, c->y);
    for (int64_t i = 0; i < c->stack->shape.n_layers; i++) {
        kr_mamba_state *state = &c->states[i];
        kr_tensor *all[] = {&state->conv_first, &state->h_first, &state->conv_last, &state->h_last,
                            &c->inside->push[i]};
        for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
            if (all[k]->rank > 0) *all[k] = kr__plan_resolve(c->plan, *all[k]);
        }
    }
}

static int64_t most_pieces(const kr_plan *plan) {
    int64_t most = 1;
    for (int i = 0; i < kr__plan_node_count(plan); i++) {
        int64_t n = kr__plan_node(plan, i)->n_pieces;
        if (n > most) most = n;
    }
    return most;
}

/* A long chunk of one series is cut into pieces, the same ones for any number of workers, so that
 * the bits are the same, too. Otherwise the caller does it alone. */
static bool is_cut(const kr__chunk *c) { return c->n_pieces > 1; }

static kr_status make_plan(kr_team *team, kr__chunk *c, const kr__chunk_options *o, kr_error *err) {
    const kr__stack *m = c->stack;
    if (o->panels) kr__plan_use_panels(c->plan, o->panels);
    c->panels = o->panels;
    kr_params params = m->params; /* finds parameters, makes none */
    kr_builder b = {c->plan, &params};
    c->x = kr__plan_input(c->plan, 3, (int64_t[]){c->batch, c->n_steps, m->shape.n_features},
                          o->with_backward);
    plan_states(c, o->with_backward);
    if (o->with_pushes) plan_pushes(c);
    c->y = build(m, &b, c->x, 1, c->states, c->inside);
    kr__plan_output(c->plan, c->y);
    for (int64_t i = 0; i < m->shape.n_layers; i++) {
        kr__plan_output(c->plan, c->states[i].conv_last);
        kr__plan_output(c->plan, c->states[i].h_last);
    }
    if (o->with_inside) kr__chunk_keep_inside(c);
    KR_TRY(kr__plan_finish(c->plan, err));
    resolve(c);
    if (o->with_inside) kr__chunk_resolve_inside(c);
    size_t n_work = (size_t)kr__plan_work_size(c->plan) + 16;
    c->n_pieces = most_pieces(c->plan);
    size_t n_scratch = (size_t)kr__plan_scratch_size(c->plan) + 16;
    kr_real *work = kr__calloc(n_work, sizeof *work);
    if (c->is_in_place) c->state = kr__calloc((size_t)m->shape.state_size, sizeof *c->state);
    bool has_memory = work && (c->state || !c->is_in_place);
    c->run = (kr_run){.data = {work, m->params.values}, .grad = {work, NULL}, .team = team};
    kr_status status =
        kr_per_worker_init(&c->scratch, is_cut(c) ? team : NULL, n_scratch * sizeof *work, NULL);
    c->run.scratch = c->scratch.base;
    return has_memory && status == KR_OK
               ? KR_OK
               : kr_fail(err, KR_MEMORY, "out of memory for chunks of %lld steps",
                         (long long)c->n_steps);
}

kr_status kr__chunk_create(kr_team *team, const kr__stack *stack, const kr__chunk_options *options,
                           kr__chunk **out, kr_error *err) {
    const int64_t most = INT32_MAX;
    if (options->n_steps < 1 || options->n_steps > most || options->batch < 0 ||
        options->batch > most) {
        return kr_fail(err, KR_USAGE, "no chunk has %lld steps of %lld series",
                       (long long)options->n_steps, (long long)options->batch);
    }
    kr__chunk *c = kr__calloc(1, sizeof *c);
    if (!c) return kr_fail(err, KR_MEMORY, "out of memory for a chunk");
    c->stack = stack;
    c->n_steps = options->n_steps;
    c->batch = options->batch > 0 ? options->batch : 1;
    c->is_in_place = c->batch == 1 && !options->with_backward;
    c->states = kr__calloc((size_t)stack->shape.n_layers, sizeof *c->states);
    c->inside = kr__calloc(1, sizeof *c->inside);
    kr_status status = c->states && c->inside ? KR_OK : KR_MEMORY;
    if (status != KR_OK) kr_fail(err, KR_MEMORY, "out of memory for a chunk");
    if (status == KR_OK) {
        status = kr__plan_create(&kr_backend_cpu, c->batch, options->with_backward, &c->plan, err);
    }
    if (status == KR_OK) status = make_plan(team, c, options, err);
    if (status != KR_OK) {
        kr__chunk_destroy(c);
        return status;
    }
    *out = c;
    return KR_OK;
}

void kr__chunk_destroy(kr__chunk *chunk) {
    if (!chunk) return;
    kr__plan_destroy(chunk->plan);
    kr_free(chunk->run.data[KR_SPACE_WORK]);
    kr_per_worker_deinit(&chunk->scratch);
    kr_free(chunk->state);
    kr_free(chunk->states);
    kr_free(chunk->inside);
    kr_free(chunk);
}

/* ---- running ---------------------------------------------------------------------------- */

typedef struct job {
    const kr__chunk *chunk;
    const kr_run *run;
} job;

static void forward_alone(void *arg, int64_t piece, int worker) {
    const job *j = arg;
    (void)piece, (void)worker;
    kr__plan_forward(j->chunk->plan, j->run);
}

static void backward_alone(void *arg, int64_t piece, int worker) {
    const job *j = arg;
    (void)piece, (void)worker;
    kr__plan_backward(j->chunk->plan, j->run);
}

static void run_forward(kr__chunk *c) {
    c->run.panels = c->panels ? c->panels->values : NULL;
    if (is_cut(c)) {
        kr__plan_forward_together(c->plan, &c->run, &c->scratch);
    } else {
        kr_team_for(NULL, 1, forward_alone, &(job){c, &c->run});
    }
}

static void run_backward(const kr__chunk *c, const kr_run *run) {
    if (is_cut(c)) {
        kr__plan_backward_together(c->plan, run, &c->scratch);
    } else {
        kr_team_for(NULL, 1, backward_alone, &(job){c, run});
    }
}

/* The run changes the state where the caller wants it, or one of its own. */
static void place_state(kr__chunk *c, const kr_real *state, kr_real *state_after) {
    const place all = {1, c->stack->shape.state_size, 0, c->stack->shape.state_size};
    kr_real *live = state_after ? state_after : c->state;
    if (live != state) read_place(&all, state, live);
    c->run.data[KR_SPACE_STATE] = live;
}

static kr_real *numbers_of(const kr_run *run, const kr_tensor *t, bool are_gradients) {
    return are_gradients ? kr__grad(run, t) : kr__data(run, t);
}

/* The state before the chunk from what a caller has; backward, the gradient of that after it. */
static void read_state(const kr__chunk *c, const kr_run *run, const kr_real *state,
                       bool is_backward) {
    place conv, h;
    for (int64_t i = 0; i < c->stack->shape.n_layers; i++) {
        const kr_mamba_state *s = &c->states[i];
        const kr_tensor *to_conv = is_backward ? &s->conv_last : &s->conv_first;
        find_places(c, i, &conv, &h);
        if (conv.count > 0) read_place(&conv, state, numbers_of(run, to_conv, is_backward));
        read_place(&h, state, numbers_of(run, is_backward ? &s->h_last : &s->h_first, is_backward));
    }
}

/* The other way round: the state after the chunk; backward, the gradient of that before it. */
static void write_state(const kr__chunk *c, const kr_run *run, kr_real *state, bool is_backward) {
    place conv, h;
    for (int64_t i = 0; i < c->stack->shape.n_layers; i++) {
        const kr_mamba_state *s = &c->states[i];
        const kr_tensor *of_conv = is_backward ? &s->conv_first : &s->conv_last;
        const kr_tensor *of_h = is_backward ? &s->h_first : &s->h_last;
        find_places(c, i, &conv, &h);
        if (conv.count > 0) write_place(&conv, numbers_of(run, of_conv, is_backward), state);
        write_place(&h, numbers_of(run, of_h, is_backward), state);
    }
}

void kr__chunk_forward(kr__chunk *c, const kr_real *x, const kr_real *state, kr_real *y,
                       kr_real *state_after) {
    size_t n = (size_t)kr__tensor_size(&c->x);
    memcpy(kr__data(&c->run, &c->x), x, n * sizeof *x);
    if (c->is_in_place) {
        place_state(c, state, state_after);
    } else {
        read_state(c, &c->run, state, false);
    }
    run_forward(c);
    memcpy(y, kr__data(&c->run, &c->y), n * sizeof *y);
    if (state_after && !c->is_in_place) write_state(c, &c->run, state_after, false);
}

void kr__chunk_backward(kr__chunk *c, const kr_real *grad_y, const kr_real *grad_state_after,
                        kr_real *grad_x, kr_real *grad_state, kr_real *grad_parameters) {
    size_t n = (size_t)kr__tensor_size(&c->x);
    kr_run run = c->run;
    run.grad[KR_SPACE_PARAM] = grad_parameters;
    memcpy(kr__grad(&run, &c->y), grad_y, n * sizeof *grad_y);
    read_state(c, &run, grad_state_after, true);
    run_backward(c, &run);
    if (grad_x) memcpy(grad_x, kr__grad(&run, &c->x), n * sizeof *grad_x);
    if (grad_state) write_state(c, &run, grad_state, true);
}

kr_real *kr__chunk_push(kr__chunk *chunk, int64_t layer) {
    return kr__data(&chunk->run, &chunk->inside->push[layer]);
}
