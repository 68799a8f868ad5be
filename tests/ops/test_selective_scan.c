/* SPDX-License-Identifier: MIT
 * test_selective_scan.c - gradients, every CPU level against plain loops, carried state, long
 * sequences, bad numbers, the Mamba block of the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/random.h"
#include "core/real.h"
#include "support/golden.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"
#include "support/plain_scan.h"

#ifdef KR_REAL_DOUBLE
static const double close_y = 1e-12, close_grad = 1e-12, golden_y = 1e-9, golden_grad = 1e-8;
#else
static const double close_y = 3e-6, close_grad = 1e-5, golden_y = 1e-5, golden_grad = 5e-5;
#endif

/* Inputs in the order of kr_scan_in. */
enum { X, DT_RAW, DT_BIAS, A_LOG, B, C, D, Z, H_FIRST, N_INPUTS };

typedef struct shape {
    int64_t rows, seq_len, d_inner, d_state;
    bool has_bias, has_D, has_z, has_first, has_last;
} shape;

/* A and dt are given as they are. */
static bool is_plain;

static bool is_there(const shape *s, int which) {
    const bool there[N_INPUTS] = {
        [X] = true, [DT_RAW] = true, [DT_BIAS] = s->has_bias, [A_LOG] = true,          [B] = true,
        [C] = true, [D] = s->has_D,  [Z] = s->has_z,          [H_FIRST] = s->has_first};
    return there[which];
}

static int shape_of(const shape *s, int which, int64_t out[4]) {
    const int64_t inner[3] = {s->rows, s->seq_len, s->d_inner};
    const int64_t state[3] = {s->rows, s->seq_len, s->d_state};
    const int64_t h[3] = {s->rows, s->d_inner, s->d_state};
    switch (which) {
        case DT_BIAS:
        case D:
            out[0] = s->d_inner;
            return 1;
        case A_LOG:
            memcpy(out, h + 1, 2 * sizeof *h);
            return 2;
        case B:
        case C:
            memcpy(out, state, sizeof state);
            return 3;
        case H_FIRST:
            memcpy(out, h, sizeof h);
            return 3;
        default:
            memcpy(out, inner, sizeof inner);
            return 3;
    }
}

static int64_t count_of(const shape *s, int which) {
    int64_t dims[4] = {0}, n = 1;
    int rank = shape_of(s, which, dims);
    for (int i = 0; i < rank; i++) n *= dims[i];
    return n;
}

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    const shape *s = arg;
    kr_tensor given[N_INPUTS];
    int n = 0;
    for (int i = 0; i < N_INPUTS; i++) given[i] = is_there(s, i) ? in[n++] : KR_NONE;
    kr_scan_in scan = {.x = given[X],
                       .dt_raw = given[DT_RAW],
                       .dt_bias = given[DT_BIAS],
                       .A_log = given[A_LOG],
                       .B = given[B],
                       .C = given[C],
                       .D = given[D],
                       .z = given[Z],
                       .h_first = given[H_FIRST],
                       .A_is_plain = is_plain,
                       .dt_is_plain = is_plain};
    out[0] = kr__selective_scan(plan, &scan, s->has_last ? &out[1] : NULL);
    return s->has_last ? 2 : 1;
}

static void gradients(void **state) {
    (void)state;
    const shape shapes[] = {{1, 1, 1, 1, true, true, true, true, true},
                            {2, 5, 3, 2, false, false, false, false, false},
                            {2, 7, 19, 5, true, true, true, false, false},
                            {1, 17, 16, 3, false, true, false, true, true},
                            {2, 33, 5, 7, true, false, true, true, false},
                            {1, 40, 3, 33, true, true, true, false, true},
                            {1, 49, 2, 70, false, false, true, true, true}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        const shape *s = &shapes[k];
        char name[64];
        snprintf(name, sizeof name, "selective_scan, shape %zu", k);
        kr_gradcheck check = {.name = name, .build = build, .arg = s};
        for (int i = 0; i < N_INPUTS; i++) {
            if (is_there(s, i)) {
                check.in[check.n_in].rank = shape_of(s, i, check.in[check.n_in].shape);
                if (is_plain && (i == A_LOG || i == DT_RAW || i == DT_BIAS)) { /* no explosion */
                    check.in[check.n_in].low = i == A_LOG ? -0.3 : -0.1;
                    check.in[check.n_in].high = i == A_LOG ? 0.1 : 0.4;
                }
                check.n_in++;
            }
        }
        kr_gradcheck_run(&check);
    }
}

/* A of any sign, dt without its softplus. */
static void gradients_of_plain_rates(void **state) {
    is_plain = true;
    gradients(state);
    is_plain = false;
}

/* x and z are halves of one projection, B and C parts of another, dt_raw is x again. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    const kr_scan_in scan = {.x = kr__slice(in[0], 2, 0, 17),
                             .dt_raw = kr__slice(in[0], 2, 0, 17),
                             .A_log = in[2],
                             .B = kr__slice(in[1], 2, 1, 6),
                             .C = kr__slice(in[1], 2, 7, 6),
                             .z = kr__slice(in[0], 2, 17, 17)};
    out[0] = kr__selective_scan(plan, &scan, NULL);
    return 1;
}

static void strided_views(void **state) {
    (void)state;
    kr_gradcheck check = {.name = "selective_scan on views",
                          .n_in = 3,
                          .in = {{3, {2, 18, 34}, 0, 0, false},
                                 {3, {2, 18, 13}, 0, 0, false},
                                 {2, {17, 6}, 0, 0, false}},
                          .build = build_views};
    kr_gradcheck_run(&check);
}

/* ---- against plain loops ---------------------------------------------------------------- */

/* A shape, its op on a bench and numbers for it. */
typedef struct trial {
    shape s;
    kr_op_bench bench;
    int at[N_INPUTS]; /* number on the bench */
} trial;

static void open_trial(trial *t, const shape *s) {
    *t = (trial){.s = *s};
    kr_op_bench_open(&t->bench, 1);
    kr_tensor in[N_INPUTS], out[2];
    int n = 0;
    for (int i = 0; i < N_INPUTS; i++) {
        int64_t dims[4];
        if (!is_there(s, i)) continue;
        int rank = shape_of(s, i, dims);
        t->at[i] = n;
        in[n++] = kr_op_bench_in(&t->bench, rank, dims);
    }
    int n_out = build(t->bench.plan, in, out, s);
    for (int i = 0; i < n_out; i++) kr_op_bench_out(&t->bench, out[i]);
    kr_op_bench_finish(&t->bench);
}

static void fill(kr_real *x, int64_t n, kr_rng *rng, double scale, double shift) {
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(shift + scale * kr__rng_normal(rng));
}

/* As in a model: steps from very small to above 20 (where softplus is cut), A from -0.1 to -100. */
static void fill_trial(trial *t, uint64_t seed) {
    kr_rng rng = kr__rng_make(seed, KR_STREAM_TEST, 0);
    for (int i = 0; i < N_INPUTS; i++) {
        if (!is_there(&t->s, i)) continue;
        double scale = i == DT_RAW ? 4 : i == A_LOG ? 2 : 1, shift = i == DT_RAW ? -2 : 0;
        fill(t->bench.x[t->at[i]], count_of(&t->s, i), &rng, scale, shift);
    }
    for (int i = 0; i < t->bench.n_out; i++) {
        fill(t->bench.grad_y[i], kr__tensor_size(&t->bench.out[i]), &rng, 1, 0);
    }
}

static double *widen(const kr_real *x, int64_t n) {
    double *copy = kr__calloc((size_t)n + 1, sizeof *copy);
    for (int64_t i = 0; x && i < n; i++) copy[i] = (double)x[i];
    return copy;
}

/* What plain loops give for the trial's numbers. */
typedef struct expected {
    double *in[N_INPUTS], *grad[N_INPUTS];
    double *y, *h_last, *grad_y, *grad_h_last;
} expected;

static const double *row_of(const shape *s, double *const *arrays, int which, int64_t row) {
    if (!is_there(s, which)) return NULL;
    bool is_shared = which == DT_BIAS || which == A_LOG || which == D;
    return arrays[which] + (is_shared ? 0 : row * (count_of(s, which) / s->rows));
}

static void run_plain_row(const trial *t, const expected *e, int64_t r, bool with_backward) {
    const shape *s = &t->s;
    int64_t steps = s->seq_len * s->d_inner, states = s->d_inner * s->d_state;
    const double *in[N_INPUTS], *grad[N_INPUTS];
    for (int i = 0; i < N_INPUTS; i++) {
        in[i] = row_of(s, e->in, i, r);
        grad[i] = row_of(s, e->grad, i, r);
    }
    const kr_plain_scan scan = {s->seq_len, s->d_inner, s->d_state, in[X], in[DT_RAW], in[DT_BIAS],
                                in[A_LOG],  in[B],      in[C],      in[D], in[Z],      in[H_FIRST]};
    kr_plain_scan_forward(&scan, e->y + r * steps, e->h_last + r * states);
    if (!with_backward) return;
    const kr_plain_scan_grad grads = {
        (double *)grad[X],     (double *)grad[DT_RAW], (double *)grad[DT_BIAS],
        (double *)grad[A_LOG], (double *)grad[B],      (double *)grad[C],
        (double *)grad[D],     (double *)grad[Z],      (double *)grad[H_FIRST]};
    kr_plain_scan_backward(&scan, e->grad_y + r * steps,
                           s->has_last ? e->grad_h_last + r * states : NULL, &grads);
}

static void open_expected(expected *e, const trial *t) {
    const shape *s = &t->s;
    int64_t steps = s->rows * s->seq_len * s->d_inner, states = s->rows * s->d_inner * s->d_state;
    for (int i = 0; i < N_INPUTS; i++) {
        bool there = is_there(s, i);
        e->in[i] = widen(there ? t->bench.x[t->at[i]] : NULL, there ? count_of(s, i) : 0);
        e->grad[i] = widen(NULL, count_of(s, i));
    }
    e->y = widen(NULL, steps);
    e->h_last = widen(NULL, states);
    e->grad_y = widen(t->bench.grad_y[0], steps);
    e->grad_h_last = widen(t->bench.grad_y[1], s->has_last ? states : 0);
    for (int64_t r = 0; r < s->rows; r++) run_plain_row(t, e, r, true);
}

static void close_expected(expected *e) {
    for (int i = 0; i < N_INPUTS; i++) {
        kr_free(e->in[i]);
        kr_free(e->grad[i]);
    }
    kr_free(e->y);
    kr_free(e->h_last);
    kr_free(e->grad_y);
    kr_free(e->grad_h_last);
}

static void compare(const char *what, const kr_real *got, const double *want, int64_t n,
                    double tolerance) {
    kr_real *narrow = kr__calloc((size_t)n, sizeof *narrow);
    for (int64_t i = 0; i < n; i++) narrow[i] = (kr_real)want[i];
    kr_assert_close(got, narrow, n, tolerance, true, what, __FILE__, __LINE__);
    kr_free(narrow);
}

static void check_trial(trial *t) {
    static const char *const names[N_INPUTS] = {"grad x",     "grad dt_raw", "grad dt_bias",
                                                "grad A_log", "grad B",      "grad C",
                                                "grad D",     "grad z",      "grad h_first"};
    expected e;
    open_expected(&e, t);
    kr__plan_forward(t->bench.plan, &t->bench.run);
    compare("y", t->bench.y[0], e.y, kr__tensor_size(&t->bench.out[0]), close_y);
    if (t->s.has_last) {
        compare("h_last", t->bench.y[1], e.h_last, kr__tensor_size(&t->bench.out[1]), close_y);
    }
    kr__plan_backward(t->bench.plan, &t->bench.run);
    for (int i = 0; i < N_INPUTS; i++) {
        if (!is_there(&t->s, i)) continue;
        compare(names[i], t->bench.grad_x[t->at[i]], e.grad[i], count_of(&t->s, i), close_grad);
    }
    close_expected(&e);
}

static void check_shape(const shape *s) {
    trial t;
    open_trial(&t, s);
    fill_trial(&t, 1);
    check_trial(&t);
    kr_op_bench_close(&t.bench);
}

static void every_level(void **state) {
    (void)state;
    const shape shapes[] = {{1, 1, 1, 1, false, false, false, false, false},
                            {3, 7, 16, 8, true, true, true, false, false},
                            {2, 16, 31, 9, true, true, true, true, true},
                            {1, 100, 33, 37, false, true, true, false, true},
                            {1, 50, 48, 16, true, false, false, true, false},
                            {2, 7, 40, 128, true, true, true, false, false}};
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        if (!kr__cpu_level_force((kr_cpu_level)level)) continue;
        for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) check_shape(&shapes[k]);
    }
    kr__cpu_level_force(kr__cpu_level_detect());
}

static void slow_long_sequence(void **state) {
    (void)state;
    check_shape(&(shape){1, 70001, 3, 2, true, true, true, false, true});
}

/* So many states that forward keeps every second border only, and a chunk is left over. */
static void segments_of_two_chunks(void **state) {
    (void)state;
    check_shape(&(shape){64, 200, 2, 200, true, true, true, true, true});
}

/* Work memory of a plan for seq_len, in numbers for each step and channel. */
static double memory_of(int64_t seq_len, int64_t d_state) {
    shape s = {1, seq_len, 256, d_state, true, true, true, false, false};
    kr_plan *plan;
    kr_tensor in[N_INPUTS], out[2];
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &plan, NULL), KR_OK);
    int n = 0;
    for (int i = 0; i < N_INPUTS; i++) {
        int64_t dims[4];
        if (!is_there(&s, i)) continue;
        int rank = shape_of(&s, i, dims);
        in[n++] = kr__plan_input(plan, rank, dims, true);
    }
    build(plan, in, out, &s);
    kr__plan_output(plan, out[0]);
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    double total = (double)(kr__plan_work_size(plan) + kr__plan_scratch_size(plan));
    kr__plan_destroy(plan);
    return total / (double)(seq_len * s.d_inner);
}

/* x, dt_raw, z, y and their gradients are 8, y before the gate 1, the states at most 2, what the
 * parts of backward leave at most 2; B, C and their gradients 4 * d_state / 256. */
static void memory_is_linear(void **state) {
    (void)state;
    assert_true(memory_of(1000000, 16) < 12.3);
    assert_true(memory_of(1000000, 128) < 15.1);
    assert_true(memory_of(100000, 128) < 15.3);
    assert_true(memory_of(1024, 16) < 13);
}

/* ---- properties ------------------------------------------------------------------------- */

static void copy_steps(trial *to, const trial *from, int which, int64_t first) {
    int64_t width = count_of(&to->s, which) / to->s.seq_len;
    kr_op_bench_set(&to->bench, to->at[which], from->bench.x[from->at[which]] + first * width);
}

/* Pieces of any length with the state carried over give the bits of one pass; and so do the
 * gradients, carried back. */
static void pieces_equal_one_pass(void **state) {
    (void)state;
    enum { PIECES = 5, SEQ_LEN = 51, D_INNER = 18, D_STATE = 6 };
    const int64_t lengths[PIECES] = {1, 1, 7, 16, 26};
    trial whole, piece[PIECES];
    open_trial(&whole, &(shape){1, SEQ_LEN, D_INNER, D_STATE, true, true, true, true, true});
    fill_trial(&whole, 4);
    kr__plan_forward(whole.bench.plan, &whole.bench.run);
    int64_t first = 0;
    for (int p = 0; p < PIECES; first += lengths[p++]) {
        trial *t = &piece[p];
        open_trial(t, &(shape){1, lengths[p], D_INNER, D_STATE, true, true, true, true, true});
        for (int i = 0; i < N_INPUTS; i++) {
            if (i == X || i == DT_RAW || i == B || i == C || i == Z) {
                copy_steps(t, &whole, i, first);
            } else {
                kr_op_bench_set(&t->bench, t->at[i], whole.bench.x[whole.at[i]]);
            }
        }
        if (p > 0) kr_op_bench_set(&t->bench, t->at[H_FIRST], piece[p - 1].bench.y[1]);
        kr__plan_forward(t->bench.plan, &t->bench.run);
        assert_memory_equal(t->bench.y[0], whole.bench.y[0] + first * D_INNER,
                            (size_t)(lengths[p] * D_INNER) * sizeof(kr_real));
    }
    size_t state_bytes = D_INNER * D_STATE * sizeof(kr_real);
    assert_memory_equal(piece[PIECES - 1].bench.y[1], whole.bench.y[1], state_bytes);

    kr__plan_backward(whole.bench.plan, &whole.bench.run);
    for (int p = PIECES - 1; p >= 0; p--) {
        trial *t = &piece[p];
        first -= lengths[p];
        memcpy(t->bench.grad_y[0], whole.bench.grad_y[0] + first * D_INNER,
               (size_t)(lengths[p] * D_INNER) * sizeof(kr_real));
        memcpy(t->bench.grad_y[1],
               p + 1 < PIECES ? piece[p + 1].bench.grad_x[t->at[H_FIRST]] : whole.bench.grad_y[1],
               state_bytes);
        kr__plan_backward(t->bench.plan, &t->bench.run);
        const int series[] = {X, DT_RAW, B, C, Z};
        for (int i = 0; i < 5; i++) {
            int64_t n = count_of(&t->s, series[i]), width = n / lengths[p];
            assert_memory_equal(t->bench.grad_x[t->at[series[i]]],
                                whole.bench.grad_x[whole.at[series[i]]] + first * width,
                                (size_t)n * sizeof(kr_real));
        }
    }
    assert_memory_equal(piece[0].bench.grad_x[whole.at[H_FIRST]],
                        whole.bench.grad_x[whole.at[H_FIRST]], state_bytes);
    for (int p = 0; p < PIECES; p++) kr_op_bench_close(&piece[p].bench);
    kr_op_bench_close(&whole.bench);
}

/* AVX2 and AVX-512 give the same bits. */
static void same_bits(void **state) {
    (void)state;
    const shape s = {2, 37, 40, 21, true, true, true, true, true};
    if (kr__cpu_level_detect() < KR_CPU_V4) skip();
    trial t[2];
    for (int k = 0; k < 2; k++) {
        kr__cpu_level_force(k == 0 ? KR_CPU_V3 : KR_CPU_V4);
        open_trial(&t[k], &s);
        fill_trial(&t[k], 9);
        kr__plan_forward(t[k].bench.plan, &t[k].bench.run);
        kr__plan_backward(t[k].bench.plan, &t[k].bench.run);
    }
    assert_memory_equal(t[0].bench.y[0], t[1].bench.y[0],
                        (size_t)kr__tensor_size(&t[0].bench.out[0]) * sizeof(kr_real));
    for (int i = 0; i < N_INPUTS; i++) {
        assert_memory_equal(t[0].bench.grad_x[i], t[1].bench.grad_x[i],
                            (size_t)count_of(&s, i) * sizeof(kr_real));
    }
    for (int k = 0; k < 2; k++) kr_op_bench_close(&t[k].bench);
    kr__cpu_level_force(kr__cpu_level_detect());
}

/* A bad number anywhere spoils y from its step on, in its row and (unless it is in B or C) its
 * channel, and nothing before. */
static void bad_numbers(void **state) {
    (void)state;
    union {
        uint32_t bits;
        float value;
    } payload = {0x7fc00001}; /* a NaN with low bits set */
    const kr_real bad[] = {(kr_real)NAN, (kr_real)-NAN, (kr_real)payload.value, (kr_real)INFINITY};
    const int inputs[] = {X, DT_RAW, DT_BIAS, A_LOG, B, C, D, Z, H_FIRST};
    const shape s = {2, 20, 17, 5, true, true, true, true, false};
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < N_INPUTS; i++) {
            bool ends = bad[k] > 0 && (inputs[i] == A_LOG || inputs[i] == Z);
            if (ends) continue; /* A = -infinity only forgets */
            trial t;
            open_trial(&t, &s);
            fill_trial(&t, 2);
            t.bench.x[t.at[inputs[i]]][0] = bad[k];
            kr__plan_forward(t.bench.plan, &t.bench.run);
            assert_false(isfinite(t.bench.y[0][0]));
            bool is_shared = inputs[i] == DT_BIAS || inputs[i] == A_LOG || inputs[i] == D;
            int64_t second = s.seq_len * s.d_inner;
            assert_int_equal(isfinite(t.bench.y[0][second]) != 0, !is_shared);
            bool is_wide = inputs[i] == B || inputs[i] == C;
            assert_int_equal(isfinite(t.bench.y[0][16]) != 0, !is_wide);
            kr__plan_backward(t.bench.plan, &t.bench.run);
            assert_false(isfinite(t.bench.grad_x[t.at[A_LOG]][0]) &&
                         isfinite(t.bench.grad_x[t.at[Z]][0]) &&
                         isfinite(t.bench.grad_x[t.at[D]][0]));
            kr_op_bench_close(&t.bench);
        }
    }
}

/* ---- refusals --------------------------------------------------------------------------- */

static void refuse(int which, const int64_t *shape_to_blame, const char *sentence) {
    const shape s = {2, 3, 4, 5, true, true, true, true, false};
    kr_op_bench b;
    kr_tensor in[N_INPUTS], out[2];
    kr_op_bench_open(&b, 1);
    for (int i = 0; i < N_INPUTS; i++) {
        int64_t dims[4];
        int rank = shape_of(&s, i, dims);
        in[i] = kr_op_bench_in(&b, rank, i == which ? shape_to_blame : dims);
    }
    build(b.plan, in, out, &s);
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse(X, (int64_t[]){2, 0, 4},
           "selective_scan: x is (2, 0, 4): needs (rows, seq_len, d_inner), none of them 0");
    refuse(A_LOG, (int64_t[]){4, 0},
           "selective_scan: A_log is (4, 0): needs (d_inner, d_state), none of them 0");
    refuse(DT_RAW, (int64_t[]){2, 3, 5},
           "selective_scan: dt_raw is (2, 3, 5), but x, A_log and B call for (2, 3, 4)");
    refuse(B, (int64_t[]){2, 3, 4},
           "selective_scan: B is (2, 3, 4), but x, A_log and B call for (2, 3, 5)");
    refuse(D, (int64_t[]){3}, "selective_scan: D is (3), but x, A_log and B call for (4)");
    refuse(H_FIRST, (int64_t[]){2, 5, 4},
           "selective_scan: h_first is (2, 5, 4), but x, A_log and B call for (2, 4, 5)");
}

/* ---- the reference's Mamba block -------------------------------------------------------- */

static const char *const block_names[] = {"in.x",
                                          "param.in_proj.weight",
                                          "param.conv1d.weight",
                                          "param.conv1d.bias",
                                          "param.x_proj.weight",
                                          "param.dt_proj.weight",
                                          "param.dt_proj.bias",
                                          "param.A_log",
                                          "param.D",
                                          "param.out_proj.weight"};
enum { BLOCK_INPUTS = 10 };

static kr_tensor build_block(kr_plan *plan, const kr_tensor *in) {
    int64_t d_inner = in[7].shape[0], d_state = in[7].shape[1], dt_rank = in[5].shape[1];
    kr_tensor both = kr__linear(plan, in[0], in[1], KR_NONE);
    kr_tensor u = kr__conv1d(plan, kr__slice(both, 2, 0, d_inner), in[2], in[3], true);
    kr_tensor steps = kr__linear(plan, u, in[4], KR_NONE);
    kr_tensor dt = kr__linear(plan, kr__slice(steps, 2, 0, dt_rank), in[5], KR_NONE);
    const kr_scan_in scan = {.x = u,
                             .dt_raw = dt,
                             .dt_bias = in[6],
                             .A_log = in[7],
                             .B = kr__slice(steps, 2, dt_rank, d_state),
                             .C = kr__slice(steps, 2, dt_rank + d_state, d_state),
                             .D = in[8],
                             .z = kr__slice(both, 2, d_inner, d_inner)};
    return kr__linear(plan, kr__selective_scan(plan, &scan, NULL), in[9], KR_NONE);
}

static void check_block(const char *file) {
    kr_golden *g = kr_golden_open(file);
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor in[BLOCK_INPUTS];
    for (int i = 0; i < BLOCK_INPUTS; i++) {
        const kr_array *array = kr_golden_array(g, block_names[i]);
        in[i] = kr_op_bench_in(&b, array->rank, array->shape);
    }
    kr_op_bench_out(&b, build_block(b.plan, in));
    kr_op_bench_finish(&b);
    for (int i = 0; i < BLOCK_INPUTS; i++) {
        kr_op_bench_set(&b, i, kr_golden_real(g, block_names[i], NULL));
    }
    int64_t n;
    const kr_real *y = kr_golden_real(g, "f64.y", &n), *w = kr_golden_real(g, "w", NULL);
    kr__plan_forward(b.plan, &b.run);
    assert_close(b.y[0], y, n, golden_y);
    memcpy(b.grad_y[0], w, (size_t)n * sizeof *w);
    kr__plan_backward(b.plan, &b.run);
    for (int i = 0; i < BLOCK_INPUTS; i++) {
        char name[64];
        if (i == 0) {
            snprintf(name, sizeof name, "f64.grad_in.x");
        } else {
            snprintf(name, sizeof name, "f64.grad.%s", block_names[i] + strlen("param."));
        }
        const kr_real *want = kr_golden_real(g, name, &n);
        kr_assert_close(b.grad_x[i], want, n, golden_grad, true, name, __FILE__, __LINE__);
    }
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

static void mamba_blocks(void **state) {
    (void)state;
    check_block("mamba_block_a.npz");
    check_block("mamba_block_b.npz");
    check_block("mamba_block_c.npz");
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),          cmocka_unit_test(gradients_of_plain_rates),
        cmocka_unit_test(strided_views),      cmocka_unit_test(every_level),
        cmocka_unit_test(slow_long_sequence), cmocka_unit_test(segments_of_two_chunks),
        cmocka_unit_test(memory_is_linear),   cmocka_unit_test(pieces_equal_one_pass),
        cmocka_unit_test(same_bits),          cmocka_unit_test(bad_numbers),
        cmocka_unit_test(refusals),           cmocka_unit_test(mamba_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
