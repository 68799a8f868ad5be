/* SPDX-License-Identifier: MIT
 * test_scan.c - the selective scan and the causal convolution for callers: against plain loops,
 * gradients against differences, layouts, groups, carried state, workers, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/scan.h>

#include "core/arena.h"
#include "support/caller_arrays.h"
#include "support/starve.h"
#include "support/workers.h"

/* ---- selective scan --------------------------------------------------------------------- */

enum { U, DELTA, A, B, C, D, Z, BIAS, FIRST, N_IN, Y = N_IN, LAST, N_ARRAYS };
static const char *const names[] = {"u", "delta", "A", "B", "C", "D", "z", "bias", "h_first"};

typedef struct trial {
    kr_scan scan;
    caller_array a[N_ARRAYS];
} trial;

typedef struct shape {
    int64_t batch, d_inner, seq_len, d_state, groups_B, groups_C;
    bool with_softplus, with_rest, turned;
} shape;

static const shape shapes[] = {
    {1, 1, 1, 1, 1, 1, true, true, false},  {2, 5, 7, 3, 1, 1, true, true, false},
    {2, 6, 19, 3, 2, 3, false, true, true}, {3, 4, 5, 2, 0, 1, true, true, false},
    {2, 3, 4, 5, 1, 0, false, false, true}, {1, 83, 18, 2, 1, 1, true, true, true}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void make_shared(caller_array *a, const shape *s, int64_t groups, double rate) {
    const int64_t shared[CALLER_AXES] = {s->batch, groups, s->d_state, s->seq_len};
    const int64_t fixed[CALLER_AXES] = {s->d_inner, s->d_state};
    caller_make(a, groups > 0 ? shared : fixed, s->turned, rate);
}

static void make_trial(trial *t, const shape *s) {
    const int64_t series[CALLER_AXES] = {s->batch, s->d_inner, s->seq_len}, none[CALLER_AXES] = {0};
    const int64_t state[CALLER_AXES] = {s->batch, s->d_inner, s->d_state};
    const int64_t weight[CALLER_AXES] = {s->d_inner, s->d_state},
                  channel[CALLER_AXES] = {s->d_inner};
    t->scan = (kr_scan){.size = sizeof t->scan,
                        .batch = s->batch,
                        .d_inner = s->d_inner,
                        .seq_len = s->seq_len,
                        .d_state = s->d_state,
                        .n_groups_B = s->groups_B,
                        .n_groups_C = s->groups_C,
                        .delta_softplus = s->with_softplus};
    caller_make(&t->a[U], series, s->turned, 0.7);
    caller_make(&t->a[DELTA], series, s->turned, 0.31);
    caller_make(&t->a[A], weight, s->turned, 0.53);
    for (int i = 0; i < CALLER_MOST; i++) t->a[A].values[i] *= 0.1f; /* no explosion */
    make_shared(&t->a[B], s, s->groups_B, 0.37);
    make_shared(&t->a[C], s, s->groups_C, 0.41);
    caller_make(&t->a[D], s->with_rest ? channel : none, s->turned, 0.9);
    caller_make(&t->a[Z], s->with_rest ? series : none, s->turned, 0.23);
    caller_make(&t->a[BIAS], s->with_rest ? channel : none, s->turned, 1.9);
    caller_make(&t->a[FIRST], s->with_rest ? state : none, s->turned, 1.3);
    caller_make(&t->a[Y], series, !s->turned, 0.61);
    caller_make(&t->a[LAST], s->with_rest ? state : none, s->turned, 0.83);
}

static kr_scan_arrays arrays(trial *t, bool g) {
    caller_array *a = t->a;
    return (kr_scan_arrays){.u = caller_view(&a[U], g),
                            .delta = caller_view(&a[DELTA], g),
                            .A = caller_view(&a[A], g),
                            .B = caller_view(&a[B], g),
                            .C = caller_view(&a[C], g),
                            .D = caller_view(&a[D], g),
                            .z = caller_view(&a[Z], g),
                            .delta_bias = caller_view(&a[BIAS], g),
                            .h_first = caller_view(&a[FIRST], g),
                            .y = caller_view(&a[Y], g),
                            .h_last = caller_view(&a[LAST], g)};
}

static void forward(trial *t) {
    kr_error err = {.text = ""};
    kr_scan_arrays values = arrays(t, false);
    if (kr_scan_forward(test_team, &t->scan, &values, &err) != KR_OK) fail_msg("%s", err.text);
}

static void backward(trial *t) {
    kr_error err = {.text = ""};
    kr_scan_arrays values = arrays(t, false), gradients = arrays(t, true);
    if (kr_scan_backward(test_team, &t->scan, &values, &gradients, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
}

static double scan_loss(void *arg) {
    trial *t = arg;
    forward(t);
    return caller_weigh(&t->a[Y]) + caller_weigh(&t->a[LAST]);
}

/* B or C of channel d, state n, step t. */
static double shared_at(const caller_array *a, const kr_scan *s, int64_t groups, int64_t b,
                        int64_t d, int64_t n, int64_t t) {
    return groups > 0 ? caller_at(a, b, d / (s->d_inner / groups), n, t) : caller_at(a, d, n, 0, 0);
}

/* Channel d of sequence b, by the formulas. */
static void check_channel(const trial *t, int64_t b, int64_t d) {
    const kr_scan *s = &t->scan;
    const caller_array *a = t->a;
    double h[64] = {0};
    for (int64_t n = 0; n < s->d_state; n++) h[n] = caller_at(&a[FIRST], b, d, n, 0);
    for (int64_t i = 0; i < s->seq_len; i++) {
        double dt = caller_at(&a[DELTA], b, d, i, 0) + caller_at(&a[BIAS], d, 0, 0, 0),
               u = caller_at(&a[U], b, d, i, 0);
        if (s->delta_softplus) dt = log1p(exp(dt));
        double y = caller_at(&a[D], d, 0, 0, 0) * u, z = caller_at(&a[Z], b, d, i, 0);
        for (int64_t n = 0; n < s->d_state; n++) {
            h[n] = exp(dt * caller_at(&a[A], d, n, 0, 0)) * h[n] +
                   dt * shared_at(&a[B], s, s->n_groups_B, b, d, n, i) * u;
            y += shared_at(&a[C], s, s->n_groups_C, b, d, n, i) * h[n];
        }
        if (a[Z].count > 0) y *= z / (1 + exp(-z));
        assert_true(fabs(caller_at(&a[Y], b, d, i, 0) - y) < 2e-5 * (1 + fabs(y)));
    }
    for (int64_t n = 0; a[LAST].count > 0 && n < s->d_state; n++) {
        assert_true(fabs(caller_at(&a[LAST], b, d, n, 0) - h[n]) < 2e-5 * (1 + fabs(h[n])));
    }
}

static void the_scan_is_that_of_the_formulas(void **state) {
    (void)state;
    static trial t;
    for (int k = 0; k < SHAPES; k++) {
        make_trial(&t, &shapes[k]);
        forward(&t);
        for (int64_t b = 0; b < t.scan.batch; b++) {
            for (int64_t d = 0; d < t.scan.d_inner; d++) check_channel(&t, b, d);
        }
    }
}

static void gradients_are_those_of_differences(void **state) {
    (void)state;
    static trial t;
    for (int k = 0; k < SHAPES; k++) {
        make_trial(&t, &shapes[k]);
        backward(&t);
        for (int i = 0; i < N_IN; i++) caller_check_gradient(&t.a[i], scan_loss, &t, names[i]);
    }
}

/* ---- workers ---------------------------------------------------------------------------- */

static void workers_give_the_same_bits(void **state) {
    (void)state;
    static trial t, want;
    for (int k = 0; k < SHAPES; k++) {
        test_workers(0);
        make_trial(&want, &shapes[k]);
        forward(&want);
        backward(&want);
        for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
            test_workers(test_worker_counts[i]);
            make_trial(&t, &shapes[k]);
            forward(&t);
            backward(&t);
            for (int j = 0; j < N_ARRAYS; j++) {
                assert_memory_equal(t.a[j].values, want.a[j].values, sizeof t.a[j].values);
                assert_memory_equal(t.a[j].gradient, want.a[j].gradient, sizeof t.a[j].gradient);
            }
        }
    }
    test_workers(0);
}

/* ---- causal convolution ----------------------------------------------------------------- */

enum { X, WEIGHT, CONV_BIAS, BEFORE, OUT, AFTER, N_CONV };

typedef struct conv_trial {
    kr_causal_conv conv;
    caller_array a[N_CONV];
} conv_trial;

static void make_conv(conv_trial *t, int64_t batch, int64_t d, int64_t L, int64_t taps, bool rest,
                      bool turned) {
    const int64_t series[CALLER_AXES] = {batch, d, L}, channel[CALLER_AXES] = {rest ? d : 0};
    const int64_t weight[CALLER_AXES] = {d, taps},
                  memory[CALLER_AXES] = {rest && taps > 1 ? batch : 0, d, taps - 1};
    t->conv = (kr_causal_conv){.size = sizeof t->conv,
                               .batch = batch,
                               .d_inner = d,
                               .seq_len = L,
                               .d_conv = taps,
                               .with_silu = rest};
    caller_make(&t->a[X], series, turned, 0.7);
    caller_make(&t->a[WEIGHT], weight, turned, 0.31);
    caller_make(&t->a[CONV_BIAS], channel, turned, 0.9);
    caller_make(&t->a[BEFORE], memory, turned, 0.23);
    caller_make(&t->a[OUT], series, turned, 0.61);
    caller_make(&t->a[AFTER], memory, !turned, 0.83);
}

static kr_causal_conv_arrays conv_arrays(conv_trial *t, bool g) {
    caller_array *a = t->a;
    return (kr_causal_conv_arrays){.x = caller_view(&a[X], g),
                                   .weight = caller_view(&a[WEIGHT], g),
                                   .bias = caller_view(&a[CONV_BIAS], g),
                                   .first = caller_view(&a[BEFORE], g),
                                   .y = caller_view(&a[OUT], g),
                                   .last = caller_view(&a[AFTER], g)};
}

static double conv_loss(void *arg) {
    conv_trial *t = arg;
    kr_causal_conv_arrays values = conv_arrays(t, false);
    assert_int_equal(kr_causal_conv_forward(test_team, &t->conv, &values, NULL), KR_OK);
    return caller_weigh(&t->a[OUT]) + caller_weigh(&t->a[AFTER]);
}

static double x_at(const conv_trial *t, int64_t b, int64_t d, int64_t i) {
    if (i < 0) return caller_at(&t->a[BEFORE], b, d, i + t->conv.d_conv - 1, 0);
    return caller_at(&t->a[X], b, d, i, 0);
}

static void check_conv(conv_trial *t) {
    int64_t taps = t->conv.d_conv, L = t->conv.seq_len, n = t->conv.d_inner;
    conv_loss(t);
    for (int64_t k = 0; k < t->conv.batch * n; k++) {
        int64_t b = k / n, d = k % n;
        for (int64_t i = 0; i < L; i++) {
            double y = caller_at(&t->a[CONV_BIAS], d, 0, 0, 0);
            for (int64_t j = 0; j < taps; j++) {
                y += caller_at(&t->a[WEIGHT], d, j, 0, 0) * x_at(t, b, d, i - (taps - 1) + j);
            }
            if (t->conv.with_silu) y /= 1 + exp(-y);
            assert_true(fabs(caller_at(&t->a[OUT], b, d, i, 0) - y) < 1e-5 * (1 + fabs(y)));
        }
        for (int64_t j = 0; t->a[AFTER].count > 0 && j < taps - 1; j++) {
            double last = x_at(t, b, d, L - (taps - 1) + j);
            assert_true(caller_at(&t->a[AFTER], b, d, j, 0) == last);
        }
    }
}

static void the_convolution_and_its_gradients(void **state) {
    (void)state;
    static const char *const of[] = {"x", "weight", "bias", "first"};
    static conv_trial t;
    for (int k = 0; k < 6; k++) {
        const int64_t taps[] = {1, 2, 4, 4, 3, 16}, steps[] = {1, 5, 2, 17, 9, 4};
        make_conv(&t, 1 + k % 3, k == 3 ? 35 : 1 + k, steps[k], taps[k], k % 3 != 1, k % 2 == 1);
        check_conv(&t);
        kr_causal_conv_arrays values = conv_arrays(&t, false), gradients = conv_arrays(&t, true);
        assert_int_equal(kr_causal_conv_backward(test_team, &t.conv, &values, &gradients, NULL),
                         KR_OK);
        for (int i = X; i <= BEFORE; i++) caller_check_gradient(&t.a[i], conv_loss, &t, of[i]);
    }
}

/* ---- refusals --------------------------------------------------------------------------- */

static void refuse(trial *t, kr_status want, const char *text) {
    kr_error err = {.text = ""};
    kr_scan_arrays values = arrays(t, false);
    assert_int_equal(kr_scan_forward(NULL, &t->scan, &values, &err), want);
    if (!strstr(err.text, text)) fail_msg("%s", err.text);
}

static void what_is_impossible_is_refused(void **state) {
    (void)state;
    static trial t;
    const shape s = {2, 6, 4, 3, 1, 1, true, true, false};
    make_trial(&t, &s);
    t.scan.n_groups_B = 4;
    refuse(&t, KR_SHAPE, "4 groups of B do not divide 6 channels");
    t.scan.n_groups_B = 1;
    t.scan.seq_len = 0;
    refuse(&t, KR_SHAPE, "0 steps");
    t.scan.seq_len = 4;
    t.a[C].count = 0;
    refuse(&t, KR_USAGE, "C is missing");
    make_trial(&t, &s);
    t.a[A].values[2 * 3] = 60;
    t.a[DELTA].values[4 * (6 + 2) + 1] = 2;
    refuse(&t, KR_NUMERIC, "channel 2 of sequence 1");
    t.a[A].values[2 * 3] = -60;
    forward(&t);
    /* Where steps may be below 0, it is the lowest of A, or the highest, that leads beyond. */
    const shape plain = {2, 6, 4, 3, 1, 1, false, true, false};
    for (int n = 0; n < 3; n++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            make_trial(&t, &plain);
            t.a[A].values[2 * 3 + n] = (float)(60 * sign);
            t.a[DELTA].values[4 * (6 + 2) + 1] = -2;
            refuse(&t, KR_NUMERIC, "channel 2 of sequence 1");
        }
    }
}

static kr_status scan_forward(void *arg, kr_error *err) {
    kr_scan_arrays values = arrays(arg, false);
    return kr_scan_forward(NULL, &((trial *)arg)->scan, &values, err);
}

static kr_status scan_backward(void *arg, kr_error *err) {
    kr_scan_arrays values = arrays(arg, false), gradients = arrays(arg, true);
    return kr_scan_backward(NULL, &((trial *)arg)->scan, &values, &gradients, err);
}

static kr_status conv_forward(void *arg, kr_error *err) {
    kr_causal_conv_arrays values = conv_arrays(arg, false);
    return kr_causal_conv_forward(NULL, &((conv_trial *)arg)->conv, &values, err);
}

static kr_status conv_backward(void *arg, kr_error *err) {
    kr_causal_conv_arrays values = conv_arrays(arg, false), gradients = conv_arrays(arg, true);
    return kr_causal_conv_backward(NULL, &((conv_trial *)arg)->conv, &values, &gradients, err);
}

static void memory_may_run_out(void **state) {
    (void)state;
    static trial t;
    static conv_trial c;
    make_trial(&t, &shapes[2]);
    kr_starve("a scan", scan_forward, &t);
    kr_starve("gradients of a scan", scan_backward, &t);
    make_conv(&c, 2, 35, 17, 4, true, true); /* channels that fill no last block */
    kr_starve("a convolution", conv_forward, &c);
    kr_starve("gradients of a convolution", conv_backward, &c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_scan_is_that_of_the_formulas),
                                       cmocka_unit_test(gradients_are_those_of_differences),
                                       cmocka_unit_test(workers_give_the_same_bits),
                                       cmocka_unit_test(the_convolution_and_its_gradients),
                                       cmocka_unit_test(what_is_impossible_is_refused),
                                       cmocka_unit_test(memory_may_run_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
