/* SPDX-License-Identifier: MIT
 * test_mamba.c - the block for callers: gradients against differences, any cut and single steps
 * against one pass, workers, two blocks in two threads, and what is refused. */
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/mamba.h>

#include "core/arena.h"
#include "support/starve.h"
#include "support/workers.h"

enum { D_MODEL = 5, D_STATE = 3, D_CONV = 4, BATCH = 3, SEQ_LEN = 7 };
enum { SIZE = BATCH * SEQ_LEN * D_MODEL, STATE = (D_CONV - 1 + D_STATE) * 2 * D_MODEL };

static kr_mamba *make_block(kr_team *team) {
    const kr_mamba_options options = {.size = sizeof options,
                                      .d_model = D_MODEL,
                                      .d_state = D_STATE,
                                      .d_conv = D_CONV,
                                      .seed = 7};
    kr_mamba *block = NULL;
    kr_error err = {.text = ""};
    if (kr_mamba_create(team, &options, &block, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(kr_mamba_state_size(block), STATE);
    return block;
}

static void fill(float *x, int64_t n, double rate) {
    for (int64_t i = 0; i < n; i++) x[i] = (float)sin(rate * (double)(i + 1));
}

static void compare(const float *got, const float *want, int64_t n, double tolerance) {
    for (int64_t i = 0; i < n; i++) {
        double e = fabs((double)got[i] - (double)want[i]);
        if (e > tolerance * (1 + fabs((double)want[i]))) {
            fail_msg("value %d: %g, not %g", (int)i, (double)got[i], (double)want[i]);
        }
    }
}

/* ---- gradients -------------------------------------------------------------------------- */

/* What backward is compared with: loss = y . of_y + state_after . of_state. */
typedef struct problem {
    kr_mamba *block;
    float x[SIZE], state[BATCH * STATE], of_y[SIZE], of_state[BATCH * STATE];
} problem;

static double loss_of(problem *p) {
    float y[SIZE], after[BATCH * STATE];
    double sum = 0;
    assert_int_equal(kr_mamba_forward(p->block, BATCH, SEQ_LEN, p->x, p->state, y, after, NULL),
                     KR_OK);
    for (int i = 0; i < SIZE; i++) sum += (double)y[i] * (double)p->of_y[i];
    for (int i = 0; i < BATCH * STATE; i++) sum += (double)after[i] * (double)p->of_state[i];
    return sum;
}

static void check_gradient(problem *p, float *values, const float *gradient, int64_t n,
                           const char *name) {
    const float h = 4e-3f;
    for (int64_t i = 0; i < n; i++) {
        float kept = values[i];
        values[i] = kept + h;
        double up = loss_of(p);
        values[i] = kept - h;
        double down = loss_of(p), want = (up - down) / (2 * (double)h);
        values[i] = kept;
        if (fabs((double)gradient[i] - want) > 2e-3 * (1 + fabs(want))) {
            fail_msg("%s %d: %g, by differences %g", name, (int)i, (double)gradient[i], want);
        }
    }
}

static void gradients_are_those_of_differences(void **state) {
    (void)state;
    static problem p;
    float grad_x[SIZE], grad_state[BATCH * STATE];
    p.block = make_block(NULL);
    fill(p.x, SIZE, 0.7);
    fill(p.state, BATCH * STATE, 0.31);
    fill(p.of_y, SIZE, 0.53);
    fill(p.of_state, BATCH * STATE, 0.17);
    loss_of(&p);
    kr_mamba_zero_gradients(p.block);
    assert_int_equal(kr_mamba_backward(p.block, p.of_y, p.of_state, grad_x, grad_state, NULL),
                     KR_OK);
    check_gradient(&p, p.x, grad_x, SIZE, "x");
    check_gradient(&p, p.state, grad_state, BATCH * STATE, "state");
    int64_t n_values = 0;
    for (int64_t i = 0; i < kr_mamba_n_parameters(p.block); i++) {
        const kr_mamba_parameter *q = kr_mamba_parameter_at(p.block, i);
        int64_t size = 1;
        for (int k = 0; k < q->rank; k++) size *= q->shape[k];
        assert_int_equal(size, q->count);
        check_gradient(&p, q->values, q->gradient, q->count, q->name);
        n_values += q->count;
    }
    assert_int_equal(kr_mamba_n_parameters(p.block), 9);
    assert_true(n_values > 0 && n_values <= kr_mamba_size(p.block));

    /* They add up. */
    float once = kr_mamba_parameter_find(p.block, "D")->gradient[0];
    loss_of(&p);
    kr_mamba_backward(p.block, p.of_y, p.of_state, NULL, NULL, NULL);
    assert_true(fabsf(kr_mamba_parameter_find(p.block, "D")->gradient[0] - 2 * once) <
                1e-5f * (1 + fabsf(once)));
    kr_mamba_destroy(p.block);
}

/* ---- cuts ------------------------------------------------------------------------------- */

/* Steps first .. first + n - 1 of every sequence. */
static void take(float *part, const float *whole, int64_t first, int64_t n) {
    for (int64_t b = 0; b < BATCH; b++) {
        memcpy(part + b * n * D_MODEL, whole + (b * SEQ_LEN + first) * D_MODEL,
               (size_t)(n * D_MODEL) * sizeof *part);
    }
}

static void put(const float *part, float *whole, int64_t first, int64_t n) {
    for (int64_t b = 0; b < BATCH; b++) {
        memcpy(whole + (b * SEQ_LEN + first) * D_MODEL, part + b * n * D_MODEL,
               (size_t)(n * D_MODEL) * sizeof *part);
    }
}

/* Chunks with the state handed on, forward and back, are one pass. */
static void chunks_are_one_pass(void **state) {
    (void)state;
    static const int64_t cuts[] = {0, 1, 5, SEQ_LEN};
    enum { CHUNKS = 3 };
    kr_mamba *block = make_block(NULL);
    float x[SIZE], y[SIZE], want[SIZE], part[SIZE], out[SIZE], of_y[SIZE], want_x[SIZE];
    float grad_x[SIZE], states[CHUNKS + 1][BATCH * STATE] = {{0}}, last[BATCH * STATE];
    float grad_state[BATCH * STATE] = {0};
    size_t n_gradients = (size_t)kr_mamba_size(block);
    float *want_gradients = kr__calloc(n_gradients, sizeof *want_gradients);
    fill(x, SIZE, 0.7);
    fill(of_y, SIZE, 0.41);
    assert_int_equal(kr_mamba_forward(block, BATCH, SEQ_LEN, x, NULL, want, last, NULL), KR_OK);
    assert_int_equal(kr_mamba_backward(block, of_y, NULL, want_x, NULL, NULL), KR_OK);
    memcpy(want_gradients, kr_mamba_gradients(block), n_gradients * sizeof *want_gradients);

    for (int i = 0; i < CHUNKS; i++) {
        int64_t n = cuts[i + 1] - cuts[i];
        take(part, x, cuts[i], n);
        kr_mamba_forward(block, BATCH, n, part, states[i], out, states[i + 1], NULL);
        put(out, y, cuts[i], n);
    }
    compare(y, want, SIZE, 2e-6);
    compare(states[CHUNKS], last, BATCH * STATE, 2e-6);

    kr_mamba_zero_gradients(block);
    for (int i = CHUNKS - 1; i >= 0; i--) {
        int64_t n = cuts[i + 1] - cuts[i];
        take(part, x, cuts[i], n);
        kr_mamba_forward(block, BATCH, n, part, states[i], out, NULL, NULL);
        take(part, of_y, cuts[i], n);
        kr_mamba_backward(block, part, grad_state, out, grad_state, NULL);
        put(out, grad_x, cuts[i], n);
    }
    compare(grad_x, want_x, SIZE, 1e-5);
    compare(kr_mamba_gradients(block), want_gradients, (int64_t)n_gradients, 1e-5);
    kr_free(want_gradients);
    kr_mamba_destroy(block);
}

/* Steps leave alone what backward needs. */
static void steps_are_one_pass(void **state) {
    (void)state;
    kr_mamba *block = make_block(NULL);
    float x[SIZE], y[SIZE], want[SIZE], in[BATCH * D_MODEL], out[BATCH * D_MODEL];
    float memory[BATCH * STATE] = {0}, last[BATCH * STATE];
    fill(x, SIZE, 0.9);
    assert_int_equal(kr_mamba_forward(block, BATCH, SEQ_LEN, x, NULL, want, last, NULL), KR_OK);
    for (int64_t t = 0; t < SEQ_LEN; t++) {
        take(in, x, t, 1);
        assert_int_equal(kr_mamba_step(block, BATCH, in, memory, out, NULL), KR_OK);
        put(out, y, t, 1);
    }
    compare(y, want, SIZE, 2e-6);
    compare(memory, last, BATCH * STATE, 2e-6);
    assert_int_equal(kr_mamba_backward(block, want, NULL, NULL, NULL, NULL), KR_OK);
    kr_mamba_destroy(block);
}

/* ---- workers and threads ---------------------------------------------------------------- */

enum { MANY = 37 };

typedef struct outcome {
    kr_team *team;
    float y[MANY * SEQ_LEN * D_MODEL], grad_x[MANY * SEQ_LEN * D_MODEL], gradient[4096];
    bool is_done;
} outcome;

/* A few rounds of forward and backward of a large batch. */
static void *work(void *arg) {
    outcome *o = arg;
    static const int64_t n = MANY * SEQ_LEN * D_MODEL;
    float x[MANY * SEQ_LEN * D_MODEL];
    kr_mamba *block = NULL;
    const kr_mamba_options options = {
        .size = sizeof options, .d_model = D_MODEL, .d_state = D_STATE, .seed = 7};
    fill(x, n, 0.7);
    bool is_good = kr_mamba_create(o->team, &options, &block, NULL) == KR_OK;
    for (int i = 0; i < 3 && is_good; i++) {
        is_good = kr_mamba_forward(block, MANY, SEQ_LEN, x, NULL, o->y, NULL, NULL) == KR_OK &&
                  kr_mamba_backward(block, o->y, NULL, o->grad_x, NULL, NULL) == KR_OK;
    }
    if (is_good) {
        size_t size = (size_t)kr_mamba_size(block);
        assert(size <= sizeof o->gradient / sizeof *o->gradient);
        memcpy(o->gradient, kr_mamba_gradients(block), size * sizeof *o->gradient);
    }
    kr_mamba_destroy(block);
    o->is_done = is_good;
    return NULL;
}

static void same_outcome(const outcome *a, const outcome *b) {
    assert_true(a->is_done && b->is_done);
    assert_memory_equal(a->y, b->y, sizeof a->y);
    assert_memory_equal(a->grad_x, b->grad_x, sizeof a->grad_x);
    assert_memory_equal(a->gradient, b->gradient, sizeof a->gradient);
}

static void workers_change_nothing(void **state) {
    (void)state;
    static outcome alone, many;
    work(&alone);
    for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
        test_workers(test_worker_counts[i]);
        many = (outcome){.team = test_team};
        work(&many);
        same_outcome(&many, &alone);
    }
    test_workers(0);
}

static void two_blocks_in_two_threads(void **state) {
    (void)state;
    static outcome alone, two[2];
    pthread_t threads[2];
    work(&alone);
    test_workers(3);
    for (int i = 0; i < 2; i++) {
        two[i].team = test_team;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &two[i]), 0);
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) same_outcome(&two[i], &alone);
    test_workers(0);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void refusals(void **state) {
    (void)state;
    kr_mamba *block = NULL;
    kr_error err = {.text = ""};
    float x[D_MODEL] = {0}, y[D_MODEL];
    kr_mamba_options options = {.d_model = D_MODEL};
    assert_int_equal(kr_mamba_create(NULL, &options, &block, &err), KR_USAGE);
    options.size = sizeof options;
    options.d_conv = 17;
    assert_int_equal(kr_mamba_create(NULL, &options, &block, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "a Mamba block cannot have d_model 5, d_state 16, d_conv 17, expand 2");
    options.d_conv = 0;
    options.d_model = 0;
    assert_int_equal(kr_mamba_create(NULL, &options, &block, &err), KR_USAGE);
    assert_null(block);

    block = make_block(NULL);
    assert_int_equal(kr_mamba_backward(block, y, NULL, NULL, NULL, &err), KR_USAGE);
    assert_int_equal(kr_mamba_forward(block, 0, 1, x, NULL, y, NULL, &err), KR_SHAPE);
    assert_string_equal(err.text, "no batch has 0 sequences of 1 steps");
    assert_int_equal(kr_mamba_forward(block, 1, INT64_MAX, x, NULL, y, NULL, &err), KR_SHAPE);
    assert_int_equal(kr_mamba_step(block, -1, x, NULL, y, &err), KR_SHAPE);
    assert_null(kr_mamba_parameter_at(block, 9));
    assert_null(kr_mamba_parameter_find(block, "no such"));
    kr_mamba_destroy(block);

    options = (kr_mamba_options){.size = sizeof options, .d_model = D_MODEL, .only_forward = true};
    assert_int_equal(kr_mamba_create(NULL, &options, &block, &err), KR_OK);
    assert_int_equal(kr_mamba_forward(block, 1, 1, x, NULL, y, NULL, &err), KR_OK);
    assert_int_equal(kr_mamba_backward(block, y, NULL, NULL, NULL, &err), KR_USAGE);
    assert_string_equal(err.text, "the block was made for forward alone");
    assert_null(kr_mamba_gradients(block));
    kr_mamba_destroy(block);
}

static kr_status do_all(void *arg, kr_error *err) {
    (void)arg;
    static float x[SIZE], y[SIZE], memory[BATCH * STATE];
    const kr_mamba_options options = {
        .size = sizeof options, .d_model = D_MODEL, .d_state = D_STATE, .d_conv = D_CONV};
    kr_mamba *block = NULL;
    kr_status status = kr_mamba_create(NULL, &options, &block, err);
    if (status == KR_OK) {
        status = kr_mamba_forward(block, BATCH, SEQ_LEN, x, NULL, y, NULL, err);
    }
    if (status == KR_OK) status = kr_mamba_step(block, BATCH, x, memory, y, err);
    if (status == KR_OK) status = kr_mamba_backward(block, y, NULL, NULL, NULL, err);
    kr_mamba_destroy(block);
    return status;
}

/* KR_MEMORY, and nothing is lost; a forward that failed is none to go back through. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    float x[SIZE] = {0}, y[SIZE];
    kr_mamba *block = make_block(NULL);
    kr__alloc_fail_at(1);
    assert_int_equal(kr_mamba_forward(block, BATCH, SEQ_LEN, x, NULL, y, NULL, NULL), KR_MEMORY);
    kr__alloc_fail_at(0);
    assert_int_equal(kr_mamba_backward(block, y, NULL, NULL, NULL, NULL), KR_USAGE);
    assert_int_equal(kr_mamba_forward(block, BATCH, SEQ_LEN, x, NULL, y, NULL, NULL), KR_OK);
    kr_mamba_destroy(block);
    kr_starve("a block", do_all, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_those_of_differences),
                                       cmocka_unit_test(chunks_are_one_pass),
                                       cmocka_unit_test(steps_are_one_pass),
                                       cmocka_unit_test(workers_change_nothing),
                                       cmocka_unit_test(two_blocks_in_two_threads),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
