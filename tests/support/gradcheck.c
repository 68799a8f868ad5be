/* SPDX-License-Identifier: MIT
 * gradcheck.c - backward against central differences. */
#include "support/gradcheck.h"
#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "support/guarded.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#ifdef KR_REAL_DOUBLE
static const double step = 1e-5, default_tolerance = 1e-7;
#else
static const double step = 1e-2, default_tolerance = 2e-2;
#endif

typedef struct bench {
    kr_plan *plan;
    kr_run run;
    int n_out;
    kr_tensor in[KR_GRADCHECK_MAX], out[KR_MAX_OUT];
    kr_real *weights[KR_MAX_OUT];
} bench;

static void fill(kr_rng *rng, kr_real *x, int64_t n, double low, double high) {
    if (low == 0 && high == 0) {
        low = -1;
        high = 1;
    }
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(low + (high - low) * kr__rng_uniform(rng));
}

static void open_bench(bench *b, const kr_gradcheck *check) {
    kr_error err = {0};
    assert_int_equal(
        kr__plan_create(&kr_backend_cpu, check->batch ? check->batch : 1, true, &b->plan, &err),
        KR_OK);
    for (int i = 0; i < check->n_in; i++) {
        b->in[i] =
            kr__plan_input(b->plan, check->in[i].rank, check->in[i].shape, !check->in[i].no_grad);
    }
    b->n_out = check->build(b->plan, b->in, b->out, check->arg);
    for (int i = 0; i < b->n_out; i++) kr__plan_output(b->plan, b->out[i]);
    if (kr__plan_finish(b->plan, &err) != KR_OK) fail_msg("%s: %s", check->name, err.text);

    kr_real *work = kr_guarded_create(kr__plan_work_size(b->plan));
    kr_real *scratch = kr_guarded_create(kr__plan_scratch_size(b->plan));
    b->run = (kr_run){.data = {work, NULL},
                      .grad = {work, NULL},
                      .scratch = scratch,
                      .is_training = check->is_training,
                      .seed = 11,
                      .step = 3,
                      .given = check->given};
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int i = 0; i < check->n_in; i++) {
        b->in[i] = kr__plan_resolve(b->plan, b->in[i]);
        fill(&rng, kr__data(&b->run, &b->in[i]), kr__tensor_size(&b->in[i]), check->in[i].low,
             check->in[i].high);
    }
    for (int i = 0; i < b->n_out; i++) {
        b->out[i] = kr__plan_resolve(b->plan, b->out[i]);
        int64_t n = kr__tensor_size(&b->out[i]);
        b->weights[i] = kr__calloc((size_t)n, sizeof(kr_real));
        fill(&rng, b->weights[i], n, -1, 1);
    }
}

static void close_bench(bench *b) {
    kr_guarded_destroy(b->run.data[KR_SPACE_WORK], kr__plan_work_size(b->plan));
    kr_guarded_destroy(b->run.scratch, kr__plan_scratch_size(b->plan));
    for (int i = 0; i < b->n_out; i++) kr_free(b->weights[i]);
    kr__plan_destroy(b->plan);
}

static double loss(const bench *b) {
    kr__plan_forward(b->plan, &b->run);
    double sum = 0;
    for (int i = 0; i < b->n_out; i++) {
        const kr_real *y = kr__data(&b->run, &b->out[i]);
        int64_t n = kr__tensor_size(&b->out[i]);
        for (int64_t k = 0; k < n; k++) sum += (double)y[k] * (double)b->weights[i][k];
    }
    return sum;
}

static void run_backward(const bench *b, const kr_gradcheck *check) {
    loss(b);
    for (int i = 0; i < check->n_in; i++) { /* junk, to show that it is zeroed or overwritten */
        kr_real *grad = kr__grad(&b->run, &b->in[i]);
        if (grad) memset(grad, 0x7e, (size_t)kr__tensor_size(&b->in[i]) * sizeof *grad);
    }
    for (int i = 0; i < b->n_out; i++) {
        memcpy(kr__grad(&b->run, &b->out[i]), b->weights[i],
               (size_t)kr__tensor_size(&b->out[i]) * sizeof(kr_real));
    }
    kr__plan_backward(b->plan, &b->run);
}

static double slope(const bench *b, kr_real *x) {
    kr_real kept = *x;
    *x = (kr_real)((double)kept + step);
    double above = loss(b), high = (double)*x;
    *x = (kr_real)((double)kept - step);
    double below = loss(b), low = (double)*x;
    *x = kept;
    return (above - below) / (high - low);
}

/* All elements together, each moved by a step up or down: an element that is wrong by a thousandth
 * of the largest shows. In double alone: a sum of so many has no digits left in float. */
static void check_direction(bench *b, const kr_gradcheck *check, int i, const kr_real *grad,
                            double tolerance) {
    kr_real *x = kr__data(&b->run, &b->in[i]);
    int64_t n = kr__tensor_size(&b->in[i]);
    double got = 0, norm = 0;
    double *kept = kr__calloc((size_t)n, 2 * sizeof *kept), *way = kept + n;
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, (uint64_t)i);
    for (int64_t k = 0; k < n; k++) {
        kept[k] = (double)x[k];
        way[k] = kr__rng_below(&rng, 2) ? step : -step;
        got += (double)grad[k] * way[k] / step;
        norm += (double)grad[k] * (double)grad[k];
    }
    for (int64_t k = 0; k < n; k++) x[k] = (kr_real)(kept[k] + way[k]);
    double above = loss(b);
    for (int64_t k = 0; k < n; k++) x[k] = (kr_real)(kept[k] - way[k]);
    double below = loss(b), expected = (above - below) / (2 * step);
    for (int64_t k = 0; k < n; k++) x[k] = (kr_real)kept[k];
    if (!(fabs(expected - got) <= 100 * tolerance * fmax(sqrt(norm), 1e-3))) {
        fail_msg("%s: input %d, all elements: backward %.12g, differences %.12g", check->name, i,
                 got, expected);
    }
    kr_free(kept);
}

static void check_input(bench *b, const kr_gradcheck *check, int i) {
    kr_real *x = kr__data(&b->run, &b->in[i]), *grad = kr__grad(&b->run, &b->in[i]);
    if (!grad) return;
    enum { MOST = 64 };
    int64_t n = kr__tensor_size(&b->in[i]), picks = n < MOST ? n : MOST;
    double largest = 1e-3, tolerance = check->tolerance > 0 ? check->tolerance : default_tolerance;
    kr_real *copy =
        kr__calloc((size_t)n, sizeof *copy); /* forward may reuse the gradient's place */
    memcpy(copy, grad, (size_t)n * sizeof *copy);
    for (int64_t k = 0; k < n; k++) {
        if (fabs((double)copy[k]) > largest) largest = fabs((double)copy[k]);
    }
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, (uint64_t)i);
    for (int64_t p = 0; p < picks; p++) {
        int64_t k = n <= MOST ? p : (int64_t)kr__rng_below(&rng, (uint64_t)n);
        double expected = slope(b, &x[k]), got = (double)copy[k];
        if (!(fabs(expected - got) <= tolerance * largest)) {
            fail_msg("%s: input %d element %lld: backward %.12g, differences %.12g", check->name, i,
                     (long long)k, got, expected);
        }
    }
    if (n > MOST && sizeof(kr_real) == 8) check_direction(b, check, i, copy, tolerance);
    kr_free(copy);
}

void kr_gradcheck_run(const kr_gradcheck *check) {
    bench b = {0};
    open_bench(&b, check);
    run_backward(&b, check);
    for (int i = 0; i < check->n_in; i++) {
        check_input(&b, check, i);
        run_backward(&b, check);
    }
    close_bench(&b);
}
