/* SPDX-License-Identifier: MIT
 * test_block.c - the block on arrays of the caller's: against plain loops, gradients against
 * differences, layouts, what may be missing, what is kept, workers, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kr/scan.h>

#include "support/caller_arrays.h"
#include "support/plain_scan.h"
#include "support/starve.h"
#include "support/workers.h"

enum { X, IN, IN_BIAS, CONV, CONV_BIAS, X_PROJ, DT_PROJ, DT_BIAS, A, D, OUT, OUT_BIAS, Y, ARRAYS };
static const char *const names[] = {"x",         "in_proj", "in_proj_bias", "conv",
                                    "conv_bias", "x_proj",  "dt_proj",      "dt_bias",
                                    "A",         "D",       "out_proj",     "out_proj_bias"};
enum { MOST_KEPT = 80000 };

typedef struct shape {
    int64_t batch, seq_len, d_model, d_inner, d_state, d_conv, dt_rank, d_out;
    bool has_in, has_rest, turned;
} shape;

/* The last is cut into slots of two and of three sequences. */
static const shape shapes[] = {{1, 1, 1, 1, 1, 1, 1, 1, true, true, false},
                               {2, 9, 5, 10, 3, 4, 1, 5, true, true, true},
                               {3, 7, 6, 3, 2, 2, 2, 4, false, false, true},
                               {1, 40, 4, 17, 5, 3, 3, 4, true, false, false},
                               {5, 120, 2, 3, 2, 4, 1, 2, true, true, false}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct trial {
    kr_block block;
    caller_array a[ARRAYS];
    float kept[MOST_KEPT];
} trial;

static void make_trial(trial *t, const shape *s) {
    const bool is_there[ARRAYS] = {[X] = true,
                                   [IN] = s->has_in,
                                   [IN_BIAS] = s->has_in && s->has_rest,
                                   [CONV] = true,
                                   [CONV_BIAS] = s->has_rest,
                                   [X_PROJ] = true,
                                   [DT_PROJ] = true,
                                   [DT_BIAS] = s->has_rest,
                                   [A] = true,
                                   [D] = s->has_rest,
                                   [OUT] = true,
                                   [OUT_BIAS] = s->has_rest,
                                   [Y] = true};
    const int64_t axes[ARRAYS][CALLER_AXES] = {{s->batch, s->seq_len, s->d_model},
                                               {2 * s->d_inner, s->d_model},
                                               {2 * s->d_inner},
                                               {s->d_inner, s->d_conv},
                                               {s->d_inner},
                                               {s->dt_rank + 2 * s->d_state, s->d_inner},
                                               {s->d_inner, s->dt_rank},
                                               {s->d_inner},
                                               {s->d_inner, s->d_state},
                                               {s->d_inner},
                                               {s->d_out, s->d_inner},
                                               {s->d_out},
                                               {s->batch, s->seq_len, s->d_out}};
    const int64_t none[CALLER_AXES] = {0};
    t->block = (kr_block){.size = sizeof t->block,
                          .batch = s->batch,
                          .seq_len = s->seq_len,
                          .d_model = s->d_model,
                          .d_inner = s->d_inner,
                          .d_state = s->d_state,
                          .d_conv = s->d_conv,
                          .dt_rank = s->dt_rank,
                          .d_out = s->d_out};
    for (int i = 0; i < ARRAYS; i++) {
        caller_make(&t->a[i], is_there[i] ? axes[i] : none, s->turned != (i == Y), 0.37 + 0.11 * i);
    }
    for (int i = 0; i < CALLER_MOST; i++) {
        t->a[A].values[i] = -0.1f - fabsf(t->a[A].values[i]);
        for (int k = IN; k < A; k++) t->a[k].values[i] *= 0.4f; /* differences need smooth curves */
    }
    memset(t->kept, 0, sizeof t->kept);
}

static kr_block_arrays arrays(trial *t, bool g) {
    caller_array *a = t->a;
    return (kr_block_arrays){.x = caller_view(&a[X], g),
                             .in_proj = caller_view(&a[IN], g),
                             .in_proj_bias = caller_view(&a[IN_BIAS], g),
                             .conv = caller_view(&a[CONV], g),
                             .conv_bias = caller_view(&a[CONV_BIAS], g),
                             .x_proj = caller_view(&a[X_PROJ], g),
                             .dt_proj = caller_view(&a[DT_PROJ], g),
                             .dt_bias = caller_view(&a[DT_BIAS], g),
                             .A = caller_view(&a[A], g),
                             .D = caller_view(&a[D], g),
                             .out_proj = caller_view(&a[OUT], g),
                             .out_proj_bias = caller_view(&a[OUT_BIAS], g),
                             .y = caller_view(&a[Y], g)};
}

static void forward(trial *t, bool is_keeping) {
    kr_error err = {.text = ""};
    kr_block_arrays values = arrays(t, false);
    int64_t n = 0;
    assert_int_equal(kr_block_kept_size(&t->block, &values, &n, NULL), KR_OK);
    assert_in_range(n, 1, MOST_KEPT);
    if (kr_block_forward(test_team, &t->block, &values, is_keeping ? t->kept : NULL, &err) != KR_OK)
        fail_msg("%s", err.text);
}

static void backward(trial *t) {
    kr_error err = {.text = ""};
    kr_block_arrays values = arrays(t, false), gradients = arrays(t, true);
    if (kr_block_backward(test_team, &t->block, &values, &gradients, t->kept, &err) != KR_OK)
        fail_msg("%s", err.text);
}

/* ---- formulas --------------------------------------------------------------------------- */

enum { ROOM = 2000 };

/* y (rows, n_out) = the first n_in columns of x, rows stride apart, weight^T + bias */
static void multiply(const double *x, int64_t rows, int64_t stride, const caller_array *weight,
                     const caller_array *bias, double *y) {
    int64_t n_out = weight->shape[0], n_in = weight->shape[1];
    assert_true(rows * n_out <= ROOM);
    for (int64_t r = 0; r < rows * n_out; r++) {
        y[r] = bias ? caller_at(bias, r % n_out, 0, 0, 0) : 0;
        for (int64_t k = 0; k < n_in; k++) {
            y[r] += caller_at(weight, r % n_out, k, 0, 0) * x[r / n_out * stride + k];
        }
    }
}

/* Columns first .. first + count - 1 of x (rows, stride). */
static void columns(const double *x, int64_t rows, int64_t stride, int64_t first, int64_t count,
                    double *y) {
    for (int64_t r = 0; r < rows * count; r++) y[r] = x[r / count * stride + first + r % count];
}

static void in_double(const caller_array *a, double *out) {
    for (int64_t i = 0; i < a->count; i++) out[i] = (double)a->values[caller_place(a, i)];
}

/* uz of one sequence (seq_len, 2 d_inner) -> y (seq_len, d_out) */
static void plain_block(const trial *t, const double *uz, double *y) {
    const kr_block *s = &t->block;
    const caller_array *a = t->a;
    int64_t L = s->seq_len, I = s->d_inner, N = s->d_state, width = s->dt_rank + 2 * N;
    static double u[ROOM], z[ROOM], x[ROOM], parts[ROOM], dt[ROOM], B[ROOM], C[ROOM], out[ROOM];
    double weight[ROOM], bias[ROOM] = {0}, A_log[ROOM], D_in[ROOM] = {0}, dt_bias[ROOM] = {0};
    double last[ROOM];
    columns(uz, L, 2 * I, 0, I, u);
    columns(uz, L, 2 * I, I, I, z);
    in_double(&a[CONV], weight);
    in_double(&a[CONV_BIAS], bias);
    in_double(&a[A], A_log);
    in_double(&a[D], D_in);
    in_double(&a[DT_BIAS], dt_bias);
    for (int64_t i = 0; i < I * N; i++) A_log[i] = log(-A_log[i]);
    const kr_plain_conv1d conv = {L, I, s->d_conv, true, u, weight, bias};
    kr_plain_conv1d_forward(&conv, x);
    multiply(x, L, I, &a[X_PROJ], NULL, parts);
    multiply(parts, L, width, &a[DT_PROJ], NULL, dt);
    columns(parts, L, width, s->dt_rank, N, B);
    columns(parts, L, width, s->dt_rank + N, N, C);
    const kr_plain_scan scan = {L, I, N, x, dt, dt_bias, A_log, B, C, D_in, z, NULL};
    kr_plain_scan_forward(&scan, out, last);
    multiply(out, L, I, &a[OUT], &a[OUT_BIAS], y);
}

static void check_sequence(const trial *t, int64_t b) {
    const kr_block *s = &t->block;
    double x[ROOM], uz[ROOM], y[ROOM];
    for (int64_t i = 0; i < s->seq_len * s->d_model; i++) {
        x[i] = caller_at(&t->a[X], b, i / s->d_model, i % s->d_model, 0);
    }
    bool has_in = t->a[IN].count > 0;
    if (has_in) multiply(x, s->seq_len, s->d_model, &t->a[IN], &t->a[IN_BIAS], uz);
    plain_block(t, has_in ? uz : x, y);
    for (int64_t i = 0; i < s->seq_len * s->d_out; i++) {
        double got = caller_at(&t->a[Y], b, i / s->d_out, i % s->d_out, 0);
        if (!(fabs(got - y[i]) < 3e-5 * (1 + fabs(y[i])))) {
            fail_msg("sequence %d, value %d: %g, not %g", (int)b, (int)i, got, y[i]);
        }
    }
}

static void the_block_is_that_of_the_formulas(void **state) {
    (void)state;
    static trial t;
    for (int k = 0; k < 2 * SHAPES; k++) {
        make_trial(&t, &shapes[k / 2]);
        forward(&t, k % 2 == 1);
        for (int64_t b = 0; b < t.block.batch; b++) check_sequence(&t, b);
    }
}

/* ---- gradients -------------------------------------------------------------------------- */

static double loss(void *arg) {
    trial *t = arg;
    forward(t, false);
    return caller_weigh(&t->a[Y]);
}

static void gradients_are_those_of_differences(void **state) {
    (void)state;
    static trial t;
    for (int k = 0; k < SHAPES; k++) {
        make_trial(&t, &shapes[k]);
        forward(&t, true);
        backward(&t);
        for (int i = X; i < Y; i++) caller_check_gradient(&t.a[i], loss, &t, names[i]);
    }
}

static void only_what_is_wanted_is_written(void **state) {
    (void)state;
    static trial t, all;
    make_trial(&all, &shapes[1]);
    forward(&all, true);
    backward(&all);
    make_trial(&t, &shapes[1]);
    t.block.x_is_constant = true;
    forward(&t, true);
    kr_block_arrays values = arrays(&t, false), gradients = arrays(&t, true);
    kr_block_arrays wanted = {.y = gradients.y, .x = gradients.x, .A = gradients.A};
    assert_int_equal(kr_block_backward(NULL, &t.block, &values, &wanted, t.kept, NULL), KR_OK);
    for (int i = X; i < Y; i++) {
        static trial untouched;
        make_trial(&untouched, &shapes[1]);
        const trial *want = i == A ? &all : &untouched;
        assert_memory_equal(t.a[i].gradient, want->a[i].gradient, sizeof t.a[i].gradient);
    }
}

static void a_second_backward_computes_forward_again(void **state) {
    (void)state;
    static trial t, once;
    for (int k = 0; k < SHAPES; k++) {
        make_trial(&once, &shapes[k]);
        forward(&once, true);
        backward(&once);
        make_trial(&t, &shapes[k]);
        forward(&t, true);
        backward(&t);
        memset(t.a[Y].values, 0, sizeof t.a[Y].values);
        for (int i = X; i < Y; i++) memset(t.a[i].gradient, 0, sizeof t.a[i].gradient);
        backward(&t);
        for (int i = X; i < Y; i++) {
            for (int64_t j = 0; j < t.a[i].count; j++) {
                int64_t at = caller_place(&t.a[i], j);
                assert_true(t.a[i].gradient[at] == once.a[i].gradient[at]);
            }
        }
        assert_true(t.a[Y].values[0] == 0);
    }
}

/* ---- workers ---------------------------------------------------------------------------- */

static void run(trial *t, const shape *s) {
    make_trial(t, s);
    forward(t, true);
    backward(t);
}

static void workers_give_the_same_bits(void **state) {
    (void)state;
    static trial t, want;
    for (int k = 0; k < SHAPES; k++) {
        test_workers(0);
        run(&want, &shapes[k]);
        for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
            test_workers(test_worker_counts[i]);
            run(&t, &shapes[k]);
            assert_memory_equal(t.a, want.a, sizeof t.a);
        }
    }
    test_workers(0);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void refuse(trial *t, kr_status want, const char *text) {
    kr_error err = {.text = ""};
    kr_block_arrays values = arrays(t, false);
    assert_int_equal(kr_block_forward(NULL, &t->block, &values, t->kept, &err), want);
    if (!strstr(err.text, text)) fail_msg("%s", err.text);
}

static void what_is_impossible_is_refused(void **state) {
    (void)state;
    static trial t;
    kr_error err = {.text = ""};
    make_trial(&t, &shapes[1]);
    kr_block_arrays values = arrays(&t, false), gradients = arrays(&t, true);
    assert_int_equal(kr_block_backward(NULL, &t.block, &values, &gradients, t.kept, &err),
                     KR_USAGE);
    assert_non_null(strstr(err.text, "kept is not what"));
    t.a[A].values[caller_place(&t.a[A], 3 * 2 + 1)] = 0.5f;
    refuse(&t, KR_NUMERIC, "A is 0.5, above 0, in channel 2");
    t.a[OUT].count = t.a[CONV].count = 0;
    refuse(&t, KR_USAGE, "conv is missing");
    t.block.d_conv = 17;
    refuse(&t, KR_SHAPE, "d_conv 17 (1 to 16)");
    make_trial(&t, &shapes[2]);
    t.block.d_model = 5;
    refuse(&t, KR_SHAPE, "without in_proj d_model is 2 d_inner, 6, not 5");
}

static kr_status run_both_ways(void *arg, kr_error *err) {
    trial *t = arg;
    kr_block_arrays values = arrays(t, false), gradients = arrays(t, true);
    KR_TRY(kr_block_forward(NULL, &t->block, &values, NULL, err));
    return kr_block_backward(NULL, &t->block, &values, &gradients, t->kept, err);
}

static void memory_may_run_out(void **state) {
    (void)state;
    static trial t;
    make_trial(&t, &shapes[4]);
    forward(&t, true);
    kr_starve("a block", run_both_ways, &t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_block_is_that_of_the_formulas),
                                       cmocka_unit_test(gradients_are_those_of_differences),
                                       cmocka_unit_test(only_what_is_wanted_is_written),
                                       cmocka_unit_test(a_second_backward_computes_forward_again),
                                       cmocka_unit_test(workers_give_the_same_bits),
                                       cmocka_unit_test(what_is_impossible_is_refused),
                                       cmocka_unit_test(memory_may_run_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
