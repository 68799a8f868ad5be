/* SPDX-License-Identifier: MIT
 * test_mamba_stack.c - blocks and models on chunks: any cut of a series gives what one pass gives,
 * forward and backward; a state that is changed in place; recorded steps of the original. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "nn/golden_nextstep.h"
#include "nn/mamba_stack.h"
#include "support/golden.h"
#include "support/workers.h"

static kr_real *reals(int64_t n) {
    kr_real *p = kr__calloc((size_t)n, sizeof *p);
    assert_non_null(p);
    return p;
}

static kr__chunk *open_chunk(const kr__stack *m, int64_t n_steps, int64_t batch,
                             bool with_backward) {
    kr__chunk *chunk = NULL;
    kr_error err = {.text = ""};
    const kr__chunk_options o = {
        .n_steps = n_steps, .batch = batch, .with_backward = with_backward};
    if (kr__chunk_create(test_team, m, &o, &chunk, &err) != KR_OK) fail_msg("%s", err.text);
    return chunk;
}

static kr__stack *make_model(bool is_block) {
    const kr__nextstep_model_config config = {.n_features = 3,
                                              .d_model = 16,
                                              .n_layers = 2,
                                              .d_ff = 24,
                                              .max_horizon = 4,
                                              .mamba = {5, 4, 2, 0}};
    kr__stack *m = NULL;
    kr_error err = {.text = ""};
    kr_status status = is_block
                           ? kr__stack_create_block(16, &(kr_mamba_config){5, 4, 2, 0}, 3, &m, &err)
                           : kr__stack_create(&config, &m, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    if (!is_block) kr__params_initialise(&m->params, 3);
    return m;
}

/* ---- cuts -------------------------------------------------------------------------------- */

enum { STEPS = 40, BATCH = 2 };

typedef struct result {
    kr_real *y, *grad_x, *grad_state, *grad_parameters, *state;
} result;

static void free_result(result *r) {
    kr_free(r->y);
    kr_free(r->grad_x);
    kr_free(r->grad_state);
    kr_free(r->grad_parameters);
    kr_free(r->state);
}

/* Steps first .. of every series of the batch, between (BATCH, STEPS, n) and (BATCH, count, n). */
static void cut(kr_real *part, kr_real *whole, int64_t first, int64_t count, int64_t n,
                bool is_in) {
    for (int64_t r = 0; r < BATCH; r++) {
        kr_real *a = part + r * count * n, *b = whole + (r * STEPS + first) * n;
        memcpy(is_in ? a : b, is_in ? b : a, (size_t)(count * n) * sizeof *a);
    }
}

/* In chunks of those lengths; loss = sum of y w + sum of the last state. */
static result run(kr__stack *m, const int64_t *lengths, int n_chunks, kr_real *x, kr_real *w) {
    const kr__stack_shape *s = &m->shape;
    int64_t n = s->n_features, first = 0, size = BATCH * s->state_size;
    result r = {reals(BATCH * STEPS * n), reals(BATCH * STEPS * n), reals(size),
                reals(s->gradient_size), reals(size)};
    kr_real *part = reals(BATCH * STEPS * n), *other = reals(BATCH * STEPS * n);
    kr__chunk *chunks[STEPS];
    for (int i = 0; i < n_chunks; first += lengths[i++]) {
        chunks[i] = open_chunk(m, lengths[i], BATCH, true);
        cut(part, x, first, lengths[i], n, true);
        kr__chunk_forward(chunks[i], part, i > 0 ? r.state : NULL, other, r.state);
        cut(other, r.y, first, lengths[i], n, false);
    }
    assert_int_equal(first, STEPS);
    for (int64_t i = 0; i < size; i++) r.grad_state[i] = 1;
    for (int i = n_chunks - 1; i >= 0; i--) {
        first -= lengths[i];
        cut(part, w, first, lengths[i], n, true);
        kr__chunk_backward(chunks[i], part, r.grad_state, other, r.grad_state, r.grad_parameters);
        cut(other, r.grad_x, first, lengths[i], n, false);
        kr__chunk_destroy(chunks[i]);
    }
    kr_free(part);
    kr_free(other);
    return r;
}

static void compare(const kr__stack *m, const result *got, const result *want) {
    const kr__stack_shape *s = &m->shape;
    int64_t n = BATCH * STEPS * s->n_features, size = BATCH * s->state_size;
    double close = sizeof(kr_real) == 8 ? 1e-12 : 5e-6;
    assert_close(got->y, want->y, n, close);
    assert_close(got->state, want->state, size, close);
    assert_close(got->grad_x, want->grad_x, n, 4 * close);
    assert_close(got->grad_state, want->grad_state, size, 4 * close);
    assert_close(got->grad_parameters, want->grad_parameters, s->gradient_size, 4 * close);
}

static void check_cuts(bool is_block) {
    kr__stack *m = make_model(is_block);
    int64_t n = BATCH * STEPS * m->shape.n_features, ones[STEPS];
    kr_real *x = reals(n), *w = reals(n);
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < n; i++) {
        x[i] = (kr_real)kr__rng_normal(&rng);
        w[i] = (kr_real)kr__rng_normal(&rng);
    }
    for (int i = 0; i < STEPS; i++) ones[i] = 1;
    result whole = run(m, (int64_t[]){STEPS}, 1, x, w);
    result some = run(m, (int64_t[]){1, 17, 2, 19, 1}, 5, x, w), single = run(m, ones, STEPS, x, w);
    compare(m, &some, &whole);
    compare(m, &single, &whole);
    free_result(&whole);
    free_result(&some);
    free_result(&single);
    kr_free(x);
    kr_free(w);
    kr__stack_destroy(m);
}

static void any_cut_is_one_pass(void **state) {
    (void)state;
    check_cuts(true);
    check_cuts(false);
}

/* ---- differences ------------------------------------------------------------------------- */

enum { FEW = 5, D_MODEL = 3 };

/* Loss = y . w + state after . v of a block on FEW steps of BATCH series. */
typedef struct problem {
    kr__chunk *chunk;
    kr_real *x, *state, *w, *v, *y, *after;
    int64_t n, n_state;
} problem;

static double loss_of(const problem *p) {
    double sum = 0;
    kr__chunk_forward(p->chunk, p->x, p->state, p->y, p->after);
    for (int64_t i = 0; i < p->n; i++) sum += (double)p->y[i] * (double)p->w[i];
    for (int64_t i = 0; i < p->n_state; i++) sum += (double)p->after[i] * (double)p->v[i];
    return sum;
}

static void check_differences(const problem *p, kr_real *values, const kr_real *gradient,
                              int64_t n) {
    bool is_double = sizeof(kr_real) == 8;
    double h = is_double ? 1e-5 : 4e-3, tolerance = is_double ? 1e-8 : 2e-3;
    for (int64_t i = 0; i < n; i++) {
        kr_real kept = values[i];
        values[i] = kept + (kr_real)h;
        double up = loss_of(p);
        values[i] = kept - (kr_real)h;
        double want = (up - loss_of(p)) / (2 * h);
        values[i] = kept;
        assert_true(fabs((double)gradient[i] - want) <= tolerance * (1 + fabs(want)));
    }
}

/* Of x, of the state that comes in and of every parameter, to the last of the numbers. */
static void gradients_are_those_of_differences(void **state) {
    (void)state;
    kr__stack *m = NULL;
    const kr_mamba_config config = {4, 3, 2, 0};
    assert_int_equal(kr__stack_create_block(D_MODEL, &config, 3, &m, NULL), KR_OK);
    problem p = {.chunk = open_chunk(m, FEW, BATCH, true),
                 .n = BATCH * FEW * D_MODEL,
                 .n_state = BATCH * m->shape.state_size};
    kr_real **all[] = {&p.x, &p.w, &p.y}, **states[] = {&p.state, &p.v, &p.after};
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, 0);
    for (int k = 0; k < 3; k++) {
        *all[k] = reals(p.n);
        *states[k] = reals(p.n_state);
        for (int64_t i = 0; i < p.n; i++) (*all[k])[i] = (kr_real)kr__rng_normal(&rng);
        for (int64_t i = 0; i < p.n_state; i++) (*states[k])[i] = (kr_real)kr__rng_normal(&rng);
    }
    kr_real *grad_x = reals(p.n), *grad_state = reals(p.n_state), *gradient = reals(m->params.size);
    loss_of(&p);
    kr__chunk_backward(p.chunk, p.w, p.v, grad_x, grad_state, gradient);
    check_differences(&p, p.x, grad_x, p.n);
    check_differences(&p, p.state, grad_state, p.n_state);
    check_differences(&p, m->params.values, gradient, m->params.size);
    kr_free(grad_x), kr_free(grad_state), kr_free(gradient);
    for (int k = 0; k < 3; k++) kr_free(*all[k]), kr_free(*states[k]);
    kr__chunk_destroy(p.chunk);
    kr__stack_destroy(m);
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Without backward a step has code of its own. */
static void steps_are_one_pass(void **state) {
    (void)state;
    kr__stack *m = make_model(false);
    const kr__stack_shape *s = &m->shape;
    int64_t n = s->n_features;
    kr_real *x = reals(STEPS * n), *y = reals(STEPS * n), *want = reals(STEPS * n);
    kr_real *a = reals(s->state_size), *b = reals(s->state_size);
    for (int64_t i = 0; i < STEPS * n; i++) x[i] = (kr_real)sin(0.3 * (double)i);
    kr__chunk *whole = open_chunk(m, STEPS, 1, false), *step = open_chunk(m, 1, 1, false);
    kr__chunk_forward(whole, x, NULL, want, a);
    for (int t = 0; t < STEPS; t++) kr__chunk_forward(step, x + t * n, b, y + t * n, b);
    double close = sizeof(kr_real) == 8 ? 1e-12 : 2e-6;
    assert_close(y, want, STEPS * n, close);
    assert_close(b, a, s->state_size, close);
    kr__chunk_destroy(whole);
    kr__chunk_destroy(step);
    kr__stack_destroy(m);
    kr_free(x), kr_free(y), kr_free(want), kr_free(a), kr_free(b);
}

/* A long chunk of one series is cut over the threads. */
static void threads_change_nothing(void **state) {
    (void)state;
    enum { LONG = 3000 };
    kr__stack *m = make_model(false);
    int64_t n = LONG * m->shape.n_features;
    kr_real *x = reals(n), *y[2] = {reals(n), reals(n)};
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)cos(0.7 * (double)i);
    for (int i = 0; i < 2; i++) {
        test_workers(i == 0 ? 1 : 3);
        kr__chunk *chunk = open_chunk(m, LONG, 1, false);
        kr__chunk_forward(chunk, x, NULL, y[i], NULL);
        kr__chunk_destroy(chunk);
    }
    test_workers(0);
    assert_memory_equal(y[0], y[1], (size_t)n * sizeof *x);
    kr__stack_destroy(m);
    kr_free(x), kr_free(y[0]), kr_free(y[1]);
}

/* ---- recorded ---------------------------------------------------------------------------- */

/* Upstream keeps d_conv inputs, newest last, as (d_inner, d_conv); we keep the last d_conv - 1 as
 * (d_conv - 1, d_inner). */
static void check_conv(const kr__stack_shape *s, const kr_real *state, const kr_real *want) {
    for (int64_t d = 0; d < s->d_inner; d++) {
        for (int64_t j = 1; j < s->d_conv; j++) {
            double got = (double)state[(j - 1) * s->d_inner + d];
            assert_true(fabs(got - (double)want[d * s->d_conv + j]) < 1e-5);
        }
    }
}

/* ---- in place ---------------------------------------------------------------------------- */

/* A series alone, without backward, in chunks of `length`: from one state into another memory, in
 * its own memory, and with no state wanted. The first, which has copies, says what is right. */
static void check_in_place(kr__stack *m, int64_t length) {
    int64_t n = length * m->shape.n_features, size = m->shape.state_size;
    kr__chunk *copying = open_chunk(m, length, 1, true), *direct = open_chunk(m, length, 1, false);
    kr_real *x = reals(n), *want = reals(n), *y = reals(n), *before = reals(size),
            *after = reals(size), *live = reals(size), *untouched = reals(size);
    double close = sizeof(kr_real) == 8 ? 1e-12 : 5e-6;
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(i % 7 - 3) / 3;
    for (int64_t i = 0; i < size; i++) before[i] = untouched[i] = (kr_real)(i % 5 - 2) / 4;
    kr__chunk_forward(copying, x, before, want, after);
    for (int i = 0; i < 2; i++) {
        memset(y, 0, (size_t)n * sizeof *y);
        kr__chunk_forward(direct, x, before, y, i == 0 ? live : NULL);
        assert_close(y, want, n, close);
        assert_memory_equal(before, untouched, (size_t)size * sizeof *before);
    }
    assert_close(live, after, size, close);
    kr__chunk_forward(direct, x, before, y, before);
    assert_close(y, want, n, close);
    assert_memory_equal(before, live, (size_t)size * sizeof *before);
    kr__chunk_forward(copying, x, NULL, want, after);
    kr__chunk_forward(direct, x, NULL, y, live);
    assert_close(y, want, n, close);
    assert_close(live, after, size, close);
    kr_real *all[] = {x, want, y, before, after, live, untouched};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) kr_free(all[i]);
    kr__chunk_destroy(copying);
    kr__chunk_destroy(direct);
}

static void a_state_changes_where_it_is(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        kr__stack *m = make_model(i > 0);
        check_in_place(m, 1);
        check_in_place(m, 2);
        check_in_place(m, 3);
        check_in_place(m, 40);
        kr__stack_destroy(m);
    }
}

static void recorded_steps(void **state) {
    (void)state;
    enum { B = 2, L = 37, D = 16, N = 16 };
    kr_golden *golden = kr_golden_open("synth/mamba_layer_a.npz");
    kr__stack *m = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__stack_create_block(D, &(kr_mamba_config){N, 4, 2, 0}, 0, &m, &err), KR_OK);
    kr_golden_set_parameters(golden, m);
    const kr__stack_shape *s = &m->shape;
    kr__chunk *step = open_chunk(m, 1, B, false);
    kr_real *x = kr_golden_real(golden, "x", NULL), *h = reals(B * s->state_size);
    static kr_real in[B * D], out[B * D], y[B * L * D];
    for (int t = 0; t < L; t++) {
        for (int b = 0; b < B; b++) memcpy(in + b * D, x + (b * L + t) * D, D * sizeof *in);
        kr__chunk_forward(step, in, h, out, h);
        for (int b = 0; b < B; b++) memcpy(y + (b * L + t) * D, out + b * D, D * sizeof *out);
    }
    assert_close(y, kr_golden_real(golden, "f64/y", NULL), B * L * D, 2e-6);
    assert_close(y, kr_golden_real(golden, "f64/y_step", NULL), B * L * D, 2e-6);
    const kr_real *conv = kr_golden_real(golden, "f64/conv_state_last", NULL);
    kr_real *ssm = kr_golden_real(golden, "f64/ssm_state_last", NULL);
    for (int64_t b = 0; b < B; b++) {
        kr_real *of = h + b * s->state_size;
        check_conv(s, of, conv + b * s->d_inner * s->d_conv);
        assert_close(of + (s->d_conv - 1) * s->d_inner, ssm + b * s->d_inner * N, s->d_inner * N,
                     2e-6);
    }
    kr__chunk_destroy(step);
    kr__stack_destroy(m);
    kr_free(h);
    kr_golden_close(golden);
}

static void refusals(void **state) {
    (void)state;
    kr__stack *m = NULL;
    kr__chunk *chunk = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__stack_create_block(0, &(kr_mamba_config){8, 4, 2, 0}, 0, &m, &err),
                     KR_USAGE);
    assert_int_equal(kr__stack_create_block(8, &(kr_mamba_config){8, 17, 2, 0}, 0, &m, &err),
                     KR_USAGE);
    m = make_model(true);
    assert_int_equal(kr__chunk_create(test_team, m, &(kr__chunk_options){0}, &chunk, &err),
                     KR_USAGE);
    assert_null(kr__params_find(&m->params, "no such"));
    kr__stack_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_cut_is_one_pass),
                                       cmocka_unit_test(gradients_are_those_of_differences),
                                       cmocka_unit_test(steps_are_one_pass),
                                       cmocka_unit_test(threads_change_nothing),
                                       cmocka_unit_test(a_state_changes_where_it_is),
                                       cmocka_unit_test(recorded_steps),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
