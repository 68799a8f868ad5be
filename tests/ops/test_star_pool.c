/* SPDX-License-Identifier: MIT
 * test_star_pool.c - pooling over channels: both modes, guards, and where draws come from. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"
#include "support/workers.h"

typedef struct mode {
    bool is_guarded, is_stochastic;
} mode;

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    const mode *m = arg;
    out[0] = kr__star_pool(plan, in[0], m->is_guarded, m->is_stochastic);
    return 1;
}

static void check(int64_t batch, int64_t channels, int64_t d_core, mode m, bool is_training,
                  const kr_given *given) {
    kr_gradcheck c = {.name = "star_pool",
                      .batch = batch,
                      .n_in = 1,
                      .in = {{3, {batch, channels, d_core}, -3, 3, false}},
                      .build = build,
                      .arg = &m,
                      .is_training = is_training,
                      .given = given};
    if (m.is_guarded) { /* a third is clamped */
        c.in[0].low = -15;
        c.in[0].high = 15;
    }
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    int64_t index[2 * 19];
    for (int i = 0; i < 38; i++) index[i] = i * i % 5;
    const int64_t *indices[1] = {index};
    const kr_given given = {.indices = indices};
    for (int guarded = 0; guarded < 2; guarded++) {
        check(1, 1, 1, (mode){guarded, true}, false, NULL);
        check(2, 5, 19, (mode){guarded, true}, false, NULL);
        check(2, 5, 16, (mode){guarded, false}, true, NULL);
        check(2, 5, 19, (mode){guarded, true}, true, &given);
        check(3, 1, 4, (mode){guarded, true}, true, NULL); /* one channel: nothing to draw */
    }
}

static void open_pool(kr_op_bench *b, int64_t batch, int64_t channels, int64_t d_core,
                      bool is_guarded) {
    kr_op_bench_open(b, batch);
    kr_tensor score = kr_op_bench_in(b, 3, (int64_t[]){batch, channels, d_core});
    kr_op_bench_out(b, kr__star_pool(b->plan, score, is_guarded, true));
    kr_op_bench_finish(b);
    b->run.is_training = true;
}

enum { CHANNELS = 4, CORE = 6 };
static const double cuts[CHANNELS] = {0.1, 0.2, 0.3, 0.4};

/* Scores whose softmax is cuts, and that tell the channel. */
static kr_real score_of(int channel) { return (kr_real)log(cuts[channel]); }

static void fill_scores(kr_op_bench *b) {
    for (int64_t i = 0; i < kr__tensor_size(&b->in[0]); i++) {
        b->x[0][i] = score_of((int)(i / CORE % CHANNELS));
    }
}

static void frequencies(void **state) {
    (void)state;
    enum { BATCH = 5000 };
    kr_op_bench b;
    open_pool(&b, BATCH, CHANNELS, CORE, false);
    fill_scores(&b);
    kr__plan_forward(b.plan, &b.run);
    for (int k = 0; k < CORE; k++) {
        int count[CHANNELS] = {0};
        for (int s = 0; s < BATCH; s++) {
            for (int j = 0; j < CHANNELS; j++) count[j] += b.y[0][s * CORE + k] == score_of(j);
        }
        int all = 0;
        for (int j = 0; j < CHANNELS; j++) {
            double spread = sqrt(BATCH * cuts[j] * (1 - cuts[j]));
            assert_true(fabs(count[j] - BATCH * cuts[j]) < 4 * spread);
            all += count[j];
        }
        assert_int_equal(all, BATCH);
    }
    /* Columns draw on their own: two agree with probability 0.3. */
    int same = 0;
    for (int s = 0; s < BATCH; s++) same += b.y[0][s * CORE] == b.y[0][s * CORE + 4];
    assert_true(abs(same - BATCH * 3 / 10) < 4 * 33);
    kr_op_bench_close(&b);
}

/* The draw belongs to the sample's number in the batch, the step and the seed. */
static void places(void **state) {
    (void)state;
    enum { BATCH = 64, HALF = BATCH / 2 };
    kr_op_bench whole, half;
    open_pool(&whole, BATCH, CHANNELS, CORE, true);
    open_pool(&half, HALF, CHANNELS, CORE, true);
    fill_scores(&whole);
    fill_scores(&half);
    kr__plan_forward(whole.plan, &whole.run);
    for (int part = 0; part < 2; part++) {
        half.run.first_sample = part * HALF;
        kr__plan_forward(half.plan, &half.run);
        assert_memory_equal(half.y[0], whole.y[0] + part * HALF * CORE,
                            HALF * CORE * sizeof(kr_real));
    }
    assert_memory_not_equal(whole.y[0], half.y[0], HALF * CORE * sizeof(kr_real));
    whole.run.step = 1;
    kr__plan_forward(whole.plan, &whole.run);
    assert_memory_not_equal(half.y[0], whole.y[0] + HALF * CORE, HALF * CORE * sizeof(kr_real));
    whole.run.step = 0;
    whole.run.seed = 2;
    kr__plan_forward(whole.plan, &whole.run);
    assert_memory_not_equal(half.y[0], whole.y[0] + HALF * CORE, HALF * CORE * sizeof(kr_real));

    int64_t index[BATCH * CORE]; /* given channels cover the whole batch */
    for (int i = 0; i < BATCH * CORE; i++) index[i] = i * i % 7 % CHANNELS;
    const int64_t *indices[1] = {index};
    const kr_given given = {.indices = indices};
    whole.run.given = half.run.given = &given;
    kr__plan_forward(whole.plan, &whole.run);
    kr__plan_forward(half.plan, &half.run);
    assert_memory_equal(half.y[0], whole.y[0] + HALF * CORE, HALF * CORE * sizeof(kr_real));
    kr_op_bench_close(&whole);
    kr_op_bench_close(&half);
}

/* Two poolings of one plan do not share their draws. */
static void nodes(void **state) {
    (void)state;
    enum { BATCH = 64 };
    kr_op_bench b;
    kr_op_bench_open(&b, BATCH);
    kr_tensor score = kr_op_bench_in(&b, 3, (int64_t[]){BATCH, CHANNELS, CORE});
    for (int i = 0; i < 2; i++) kr_op_bench_out(&b, kr__star_pool(b.plan, score, false, true));
    kr_op_bench_finish(&b);
    b.run.is_training = true;
    fill_scores(&b);
    kr__plan_forward(b.plan, &b.run);
    assert_memory_not_equal(b.y[0], b.y[1], BATCH * CORE * sizeof(kr_real));
    kr_op_bench_close(&b);
}

static void count_warning(void *arg, kr_log_level level, const char *line) {
    assert_int_equal(level, KR_LOG_WARNING);
    assert_string_equal(line, "Warning: NaN/Inf detected, using uniform distribution");
    ++*(int *)arg;
}

/* One NaN: with guards all samples draw evenly and only it can be drawn as NaN; without, its
 * column is NaN and nothing else. */
static void bad_score(void **state) {
    (void)state;
    enum { BATCH = 2000, BAD = (3 * CHANNELS + 1) * CORE + 2 };
    int warnings = 0;
    test_workers_heard(1, count_warning, &warnings);
    kr_op_bench b;
    open_pool(&b, BATCH, CHANNELS, CORE, true);
    fill_scores(&b);
    b.x[0][BAD] = (kr_real)NAN;
    b.run.team = test_team;
    kr__plan_forward(b.plan, &b.run);
    assert_int_equal(warnings, 1);
    int count = 0;
    for (int i = 0; i < BATCH * CORE; i++) {
        count += b.y[0][i] == score_of(0);
        assert_true(!isnan(b.y[0][i]) || i == 3 * CORE + 2);
    }
    assert_true(fabs(count - BATCH * CORE / 4.0) < 4 * sqrt(BATCH * CORE * 3 / 16.0));
    kr_op_bench_close(&b);

    open_pool(&b, 5, CHANNELS, CORE, false);
    fill_scores(&b);
    b.x[0][BAD] = (kr_real)INFINITY;
    b.run.team = test_team;
    kr__plan_forward(b.plan, &b.run);
    for (int i = 0; i < 5 * CORE; i++) {
        assert_int_equal(isnan(b.y[0][i]) != 0, i == 3 * CORE + 2);
        b.grad_y[0][i] = 1;
    }
    kr__plan_backward(b.plan, &b.run);
    for (int i = 0; i < CHANNELS * CORE; i++) {
        if (i % CORE == 2) assert_true(b.grad_x[0][3 * CHANNELS * CORE + i] == 0);
    }
    assert_int_equal(warnings, 1);
    test_workers(0);
    kr_op_bench_close(&b);
}

/* ---- the whole STAR module against reference values -------------------------------------- */

static kr_tensor project(kr_op_bench *b, kr_golden *g, kr_tensor x, const char *weight,
                         const char *bias) {
    kr_tensor w = kr_op_bench_in_golden(b, g, weight);
    return kr__linear(b->plan, x, w, kr_op_bench_in_golden(b, g, bias));
}

/* Inputs 0 and 1 are filled from the file when it has them under these names. */
static void open_module(kr_op_bench *b, kr_golden *g, bool is_guarded, double dropout) {
    bool has_input = kr_golden_has(g, "in.input");
    kr_op_bench_open(b, 3);
    kr_tensor input = has_input ? kr_op_bench_in_golden(b, g, "in.input")
                                : kr_op_bench_in(b, 3, (int64_t[]){3, 7, 16});
    kr_tensor ex_input = has_input ? kr_op_bench_in_golden(b, g, "in.ex_input")
                                   : kr_op_bench_in(b, 3, (int64_t[]){3, 11, 16});
    kr_tensor x = kr__concat(b->plan, input, ex_input, 1);
    x = kr__gelu(b->plan, project(b, g, x, "param.gen1.weight", "param.gen1.bias"));
    x = kr__dropout(b->plan, x, dropout);
    kr_tensor score = project(b, g, x, "param.gen2.weight", "param.gen2.bias");
    kr_tensor core = kr__star_pool(b->plan, score, is_guarded, true);
    x = project(b, g, kr__concat_core(b->plan, input, core), "param.gen3.weight",
                "param.gen3.bias");
    x = kr__dropout(b->plan, kr__gelu(b->plan, x), dropout);
    kr_op_bench_out(b, project(b, g, x, "param.gen4.weight", "param.gen4.bias"));
    kr_op_bench_finish(b);
}

/* The probabilities that were drawn from: saved (batch, channels, d_core), in the file
 * (batch * d_core, channels). */
static void compare_ratio(const kr_op_bench *b, kr_golden *g, bool is_guarded) {
    enum { ALL = 18, D_CORE = 8, N = 3 * ALL * D_CORE };
    const kr_node *node = NULL;
    for (int i = 0; i < kr__plan_node_count(b->plan); i++) {
        const kr_node *other = kr__plan_node(b->plan, i);
        if (other->op == &kr_op_star_pool) node = other;
    }
    const kr_real *p = kr__saved(node, &b->run);
    kr_real ratio[N];
    for (int i = 0; i < N; i++) {
        int sample = i / D_CORE / ALL, column = i / ALL % D_CORE, channel = i % ALL;
        ratio[i] = p[(sample * ALL + channel) * D_CORE + column];
        assert_true(!is_guarded || (double)ratio[i] > 0.99e-8);
    }
    const bool is_double = sizeof(kr_real) == sizeof(double);
    assert_close_abs(ratio, kr_golden_real(g, is_double ? "f64.ratio.0" : "ratio.0", NULL), N,
                     is_double ? 1e-9 : 1e-5);
}

static void compare_module(const char *file, bool is_guarded, bool is_training, double dropout) {
    kr_golden *g = kr_golden_open(file);
    const int64_t *indices[1] = {is_training ? kr_golden_int64(g, "index.0", NULL) : NULL};
    bool is_dropping = is_training && dropout > 0;
    const kr_real *masks[2] = {is_dropping ? kr_golden_real(g, "mask.00", NULL) : NULL,
                               is_dropping ? kr_golden_real(g, "mask.01", NULL) : NULL};
    const kr_given given = {.indices = indices, .masks = masks};
    kr_op_bench b;
    open_module(&b, g, is_guarded, dropout);
    b.run.is_training = is_training;
    b.run.given = &given;
    kr__plan_forward(b.plan, &b.run);
    if (is_training) compare_ratio(&b, g, is_guarded);
    kr_op_bench_compare(&b, g);
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

static void reference(void **state) {
    (void)state;
    compare_module("star_eval.npz", false, false, 0.1);
    compare_module("star_train.npz", false, true, 0);
    compare_module("star_train_dropout.npz", false, true, 0.1);
    compare_module("star_safe_eval.npz", true, false, 0.1);
    compare_module("star_safe_train.npz", true, true, 0);
}

static const kr_real *case_array(kr_golden *g, const char *which, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s.%s", which, name);
    return kr_golden_real(g, full, NULL);
}

/* Infinity and NaN in one sample's input, with guards; "index" as drawn from even chances. */
static void reference_nan(void **state) {
    (void)state;
    int warnings = 0;
    test_workers_heard(1, count_warning, &warnings);
    kr_golden *g = kr_golden_open("star_nan.npz");
    kr_op_bench b;
    open_module(&b, g, true, 0);
    for (int i = 0; i < 3; i++) {
        const char *which = (const char *[]){"a", "b", "c"}[i];
        const char *index = (const char *[]){"a.index", "b.index", "c.index"}[i];
        const int64_t *indices[1] = {kr_golden_int64(g, index, NULL)};
        const kr_given given = {.indices = indices};
        kr_op_bench_set(&b, 0, case_array(g, which, "input"));
        kr_op_bench_set(&b, 1, case_array(g, which, "ex_input"));
        b.run.given = &given;
        b.run.team = test_team;
        b.run.is_training = true;
        kr__plan_forward(b.plan, &b.run);
        assert_close(b.y[0], case_array(g, which, "y_train"), 3 * 7 * 16, 1e-5);
        assert_int_equal(warnings, i + 1);
        b.run.is_training = false;
        kr__plan_forward(b.plan, &b.run);
        assert_close(b.y[0], case_array(g, which, "y_eval"), 3 * 7 * 16, 1e-5);
        assert_int_equal(warnings, i + 1);
    }
    test_workers(0);
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr__star_pool(b.plan, kr_op_bench_in(&b, 2, (int64_t[]){3, 4}), false, false);
    kr_op_bench_expect_refusal(
        &b, "star_pool: needs a contiguous score (batch, channels, d_core), got (3, 4)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),     cmocka_unit_test(frequencies), cmocka_unit_test(places),
        cmocka_unit_test(nodes),         cmocka_unit_test(bad_score),   cmocka_unit_test(reference),
        cmocka_unit_test(reference_nan), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
