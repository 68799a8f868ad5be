/* SPDX-License-Identifier: MIT
 * bench_scan.c - what one core reaches: state updates per second of the selective scan, outputs of
 * the convolution, operations of matrix products. A state update is one (row, step, channel,
 * state).
 *
 *     bench_scan [SECONDS]           time for each measurement, default 0.3
 *     bench_scan --json [SECONDS]    the rates that limit a training step, as one line of JSON
 *
 * The best of many runs counts; KR_CPU=v2 and so on measures a lower level. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/random.h"
#include "core/real.h"
#include "fma_peak.h"
#include "kernels/gemm.h"
#include "ops/ops.h"

typedef struct scan_case {
    const char *name;
    int64_t rows, seq_len, d_inner, d_state;
} scan_case;

static const scan_case cases[] = {{"TimeStarMamba", 7, 7, 256, 128},
                                  {"TimeStarMamba, 4 samples", 28, 7, 256, 128},
                                  {"long, 16 states", 1, 1024, 256, 16},
                                  {"long, 32 states", 1, 1024, 256, 32},
                                  {"long, 128 states", 1, 1024, 256, 128}};

typedef struct bench {
    kr_plan *plan;
    kr_run run;
    kr_tensor out;
} bench;

static void check(bool is_good, const char *what) {
    if (is_good) return;
    fprintf(stderr, "bench_scan: %s\n", what);
    exit(1);
}

static void finish(bench *b, kr_tensor out) {
    kr_error err = {0};
    kr__plan_output(b->plan, out);
    check(kr__plan_finish(b->plan, &err) == KR_OK, err.text);
    int64_t n_work = kr__plan_work_size(b->plan), n_scratch = kr__plan_scratch_size(b->plan);
    kr_real *work = kr__calloc((size_t)n_work, sizeof *work);
    kr_real *scratch = kr__calloc((size_t)n_scratch, sizeof *scratch);
    check(work && scratch, "out of memory");
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < n_work; i++) work[i] = (kr_real)kr__rng_normal(&rng);
    b->run = (kr_run){.data = {work, NULL}, .grad = {work, NULL}, .scratch = scratch};
    b->out = kr__plan_resolve(b->plan, out);
}

static void close_bench(bench *b) {
    kr_free(b->run.data[KR_SPACE_WORK]);
    kr_free(b->run.scratch);
    kr__plan_destroy(b->plan);
}

static kr_tensor make_input(bench *b, int rank, int64_t n0, int64_t n1, int64_t n2) {
    const int64_t shape[3] = {n0, n1, n2};
    return kr__plan_input(b->plan, rank, shape, true);
}

/* Views as in a Mamba block: x and z from one projection, B and C from another. */
static void open_scan(bench *b, const scan_case *c) {
    check(kr__plan_create(&kr_backend_cpu, 1, true, &b->plan, NULL) == KR_OK, "out of memory");
    kr_tensor both = make_input(b, 3, c->rows, c->seq_len, 2 * c->d_inner);
    kr_tensor steps = make_input(b, 3, c->rows, c->seq_len, 8 + 2 * c->d_state);
    kr_scan_in in = {.x = make_input(b, 3, c->rows, c->seq_len, c->d_inner),
                     .dt_raw = make_input(b, 3, c->rows, c->seq_len, c->d_inner),
                     .dt_bias = make_input(b, 1, c->d_inner, 0, 0),
                     .A_log = make_input(b, 2, c->d_inner, c->d_state, 0),
                     .B = kr__slice(steps, 2, 8, c->d_state),
                     .C = kr__slice(steps, 2, 8 + c->d_state, c->d_state),
                     .D = make_input(b, 1, c->d_inner, 0, 0),
                     .z = kr__slice(both, 2, c->d_inner, c->d_inner)};
    finish(b, kr__selective_scan(b->plan, &in, NULL));
}

static void open_conv1d(bench *b, const scan_case *c) {
    check(kr__plan_create(&kr_backend_cpu, 1, true, &b->plan, NULL) == KR_OK, "out of memory");
    kr_tensor both = make_input(b, 3, c->rows, c->seq_len, 2 * c->d_inner);
    kr_tensor weight = make_input(b, 3, c->d_inner, 1, 4);
    finish(b, kr__conv1d(b->plan, kr__slice(both, 2, 0, c->d_inner), weight,
                         make_input(b, 1, c->d_inner, 0, 0), true));
}

/* Seconds that this process ran: other programs on the machine do not count. */
static double cpu_time(void) { return (double)clock() / CLOCKS_PER_SEC; }

/* Seconds of the fastest run. */
static double time_best(const bench *b, bool with_backward, double seconds) {
    double best = 1e30, start = cpu_time();
    for (int i = 0; i < 3 || cpu_time() - start < seconds; i++) {
        double from = cpu_time();
        kr__plan_forward(b->plan, &b->run);
        if (with_backward) kr__plan_backward(b->plan, &b->run);
        double took = cpu_time() - from;
        if (took < best) best = took;
    }
    return best;
}

static void measure(const char *op, const scan_case *c, const bench *b, int64_t updates,
                    double seconds) {
    double forward = time_best(b, false, seconds), both = time_best(b, true, seconds);
    printf("%-15s %-25s %5lld %5lld %5lld %5lld %9.3f %12.3f\n", op, c->name, (long long)c->rows,
           (long long)c->seq_len, (long long)c->d_inner, (long long)c->d_state,
           (double)updates / forward * 1e-9, (double)updates / both * 1e-9);
}

static void print_table(double seconds) {
    kr_cpu_level level = KR_CPU_V2;
    kr__cpu_level_get(&level, NULL);
    printf("level %s; 1e9 updates/s (conv1d: outputs/s), one core\n", kr__cpu_level_name(level));
    printf("%-15s %-25s %5s %5s %5s %5s %9s %12s\n", "op", "case", "rows", "seq", "inner", "state",
           "forward", "and backward");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const scan_case *c = &cases[i];
        bench b;
        int64_t n = c->rows * c->seq_len * c->d_inner;
        open_scan(&b, c);
        measure("selective_scan", c, &b, n * c->d_state, seconds);
        close_bench(&b);
        if (c->d_state > 32) continue;
        open_conv1d(&b, c);
        measure("conv1d", c, &b, n, seconds);
        close_bench(&b);
    }
}

/* ---- the limit -------------------------------------------------------------------------- */

/* Seconds of the fastest of many products of two matrices that fit the second-level cache. */
enum { PRODUCT_SIZE = 384 };
static double time_product(double seconds) {
    const int64_t n = PRODUCT_SIZE;
    double best = 0;
    kr_real *a = kr__calloc((size_t)(3 * n * n), sizeof *a), *b = a + n * n, *c = b + n * n;
    check(a != NULL, "out of memory");
    for (int64_t i = 0; i < 2 * n * n; i++) a[i] = (kr_real)(i % 7);
    double start = cpu_time();
    for (int i = 0; i < 3 || cpu_time() - start < seconds; i++) {
        double from = cpu_time();
        kr__gemm('N', 'N', n, n, n, a, n, b, n, false, c, n);
        double took = cpu_time() - from;
        if (best == 0 || took < best) best = took;
    }
    kr_free(a);
    return best;
}

/* 1e9 operations a second. */
static double product_rate(double seconds) {
    return 2.0 * PRODUCT_SIZE * PRODUCT_SIZE * PRODUCT_SIZE / time_product(seconds) * 1e-9;
}

/* {"cpu_level": .., "peak": .., "product": .., "forward": {"16": ..}, "both": {"16": ..}} by
 * d_state. */
static void print_json(double seconds) {
    kr_cpu_level level = KR_CPU_V2;
    kr__cpu_level_get(&level, NULL);
    printf("{\"cpu_level\": \"%s\", \"peak\": %.1f, \"product\": %.1f", kr__cpu_level_name(level),
           fma_peak(level, seconds), product_rate(seconds));
    for (int both = 0; both < 2; both++) {
        const char *comma = "";
        printf(", \"%s\": {", both ? "both" : "forward");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            const scan_case *c = &cases[i];
            bench b;
            if (c->seq_len < 1024) continue;
            open_scan(&b, c);
            double n = (double)(c->rows * c->seq_len * c->d_inner * c->d_state);
            printf("%s\"%lld\": %.3f", comma, (long long)c->d_state,
                   n / time_best(&b, both, seconds) * 1e-9);
            comma = ", ";
            close_bench(&b);
        }
        printf("}");
    }
    printf("}\n");
}

int main(int argc, char **argv) {
    bool is_json = argc > 1 && strcmp(argv[1], "--json") == 0;
    double seconds = argc > 1 + is_json ? strtod(argv[1 + is_json], NULL) : 0.3;
    kr_error err = {0};
    kr_cpu_level level;
    check(kr__cpu_level_get(&level, &err) == KR_OK, err.text);
    if (is_json) {
        print_json(seconds);
    } else {
        print_table(seconds);
    }
    return 0;
}
