/* SPDX-License-Identifier: MIT
 * ops_bench.c - what one core takes for every op of ops.inc, on the cases of
 * tests/support/op_cases.c at the sizes of a usual model.
 *
 *     ops_bench [SECONDS [OP]]    time for each measurement, default 0.05; only this op
 *
 * The best of many runs counts; KR_CPU=v2 and so on measures a lower level. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/random.h"
#include "core/real.h"
#include "core/text.h"
#include "support/op_cases.h"

static const kr_op_sizes sizes = {.batch = 8, .steps = 96, .series = 7, .width = 128, .ahead = 96};

typedef struct bench {
    kr_op_case c;
    kr_plan *plan;
    kr_run run;
    kr_tensor in[KR_OP_CASE_INPUTS], y;
} bench;

static void check(bool is_good, const char *what) {
    if (is_good) return;
    fprintf(stderr, "ops_bench: %s\n", what);
    exit(1);
}

static void fill(kr_real *x, int64_t n, double low, double high) {
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(low + (high - low) * kr__rng_uniform(&rng));
}

static void open_bench(bench *b, int i) {
    kr_error err = {.text = ""};
    *b = (bench){.c = kr_op_case_of(i, &sizes)};
    check(kr__plan_create(&kr_backend_cpu, sizes.batch, true, &b->plan, &err) == KR_OK, err.text);
    for (int k = 0; k < b->c.n_in; k++) {
        b->in[k] = kr__plan_input(b->plan, b->c.in[k].rank, b->c.in[k].shape, !b->c.in[k].is_data);
    }
    b->y = kr_op_case_build(i, b->plan, b->in, &sizes);
    kr__plan_output(b->plan, b->y);
    check(kr__plan_finish(b->plan, &err) == KR_OK, err.text);
    b->y = kr__plan_resolve(b->plan, b->y);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(b->plan) + 1, sizeof *work);
    kr_real *scratch = kr__calloc((size_t)kr__plan_scratch_size(b->plan) + 1, sizeof *scratch);
    check(work && scratch, "out of memory");
    b->run = (kr_run){
        .data = {work, NULL}, .grad = {work, NULL}, .scratch = scratch, .is_training = true};
    for (int k = 0; k < b->c.n_in; k++) {
        b->in[k] = kr__plan_resolve(b->plan, b->in[k]);
        fill(kr__data(&b->run, &b->in[k]), kr__tensor_size(&b->in[k]), b->c.in[k].low,
             b->c.in[k].high);
    }
}

static void close_bench(bench *b) {
    kr_free(b->run.data[KR_SPACE_WORK]);
    kr_free(b->run.scratch);
    kr__plan_destroy(b->plan);
}

/* Least microseconds of a forward and of a backward run. */
static void measure(bench *b, double seconds, double *forward, double *backward) {
    double end = kr__time_now() + seconds;
    int64_t n = kr__tensor_size(&b->y);
    *forward = *backward = 1e30;
    do {
        double start = kr__time_now();
        kr__plan_forward(b->plan, &b->run);
        double between = kr__time_now();
        fill(kr__grad(&b->run, &b->y), n, -1, 1);
        double behind = kr__time_now();
        kr__plan_backward(b->plan, &b->run);
        double f = 1e6 * (between - start), g = 1e6 * (kr__time_now() - behind);
        if (f < *forward) *forward = f;
        if (g < *backward) *backward = g;
    } while (kr__time_now() < end);
}

int main(int argc, char **argv) {
    double seconds = 0.05;
    check(argc < 2 || (kr__text_real(argv[1], &seconds) && seconds > 0), "SECONDS is a number");
    check(argc < 3 || kr__op_find(argv[2]), "there is no such op");
    printf("%-18s %12s %12s %12s\n", "op", "values out", "forward us", "backward us");
    for (int i = 0; i < kr__op_count(); i++) {
        bench b;
        double forward, backward;
        const char *name = kr__op_at(i)->name, *why = kr_op_case_of(i, &sizes).why;
        if (argc > 2 && strcmp(argv[2], name) != 0) continue;
        if (why) {
            printf("%-18s not timed: %s\n", name, why);
            continue;
        }
        open_bench(&b, i);
        measure(&b, seconds, &forward, &backward);
        printf("%-18s %12lld %12.1f %12.1f\n", name, (long long)kr__tensor_size(&b.y), forward,
               backward);
        close_bench(&b);
    }
    return 0;
}
