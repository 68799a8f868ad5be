/* SPDX-License-Identifier: MIT
 * bench_product.c - the matrix products of the models that `make bench` times, one by one, on one
 * core: 1e9 operations a second, the share of what the multipliers reach, and how many times as
 * fast as oneDNN's, where the bench was built with it.
 *
 *     bench_product [SECONDS]    for each product, default 0.1
 *
 * The best of many runs counts. Forms: y = x W^T with the weight as it lies and in panels that are
 * made once, g W, and W += g^T x. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/platform.h"
#include "fma_peak.h"
#include "kernels/kernels.h"
#include "train/step_timer.h"

#ifdef KRAIT_BENCH_DNNL
#include <dnnl.h>
#include <omp.h>
#endif

typedef struct layer {
    const char *name;
    int64_t rows, out, in;
} layer;

static const layer layers[] = {{"TimeStar, 7 tokens of 7 columns", 49, 128, 128},
                               {"the same, two samples", 98, 128, 128},
                               {"query, key and value", 49, 384, 128},
                               {"STAR, in", 7, 64, 128},
                               {"STAR, out", 7, 128, 192},
                               {"flatten head", 7, 96, 896},
                               {"patches", 49, 128, 16},
                               {"Mamba, in_proj", 49, 512, 128},
                               {"Mamba, x_proj", 49, 264, 256},
                               {"Mamba, dt_proj", 49, 256, 8},
                               {"Mamba, out_proj", 49, 128, 256},
                               {"next step, in_proj", 1024, 512, 128},
                               {"next step, x_proj", 1024, 72, 256},
                               {"next step, dt_proj", 1024, 256, 8},
                               {"next step, out_proj", 1024, 128, 256},
                               {"next step, head", 1024, 20, 128},
                               {"generation, in_proj", 1, 512, 128},
                               {"generation, out_proj", 1, 128, 256}};

typedef enum form { FORWARD, PANELS, GRAD_X, GRAD_W, FORMS } form;
static const char *const form_names[FORMS] = {"x W^T", "x W^T, panels", "g W", "W += g^T x"};

/* ---- a product ----------------------------------------------------------------------------- */

typedef struct product {
    form form;
    int64_t m, n, k;
    kr_real *a, *b, *panels, *c;
} product;

static kr_real *numbers(int64_t n) {
    kr_real *x = kr__timing_numbers(n, 1);
    if (x) return x;
    fprintf(stderr, "bench_product: out of memory\n");
    exit(1);
}

static void open_product(const layer *l, form f, product *p) {
    *p = (product){f, l->rows, l->out, l->in, NULL, NULL, NULL, NULL};
    if (f == GRAD_X) *p = (product){f, l->rows, l->in, l->out, NULL, NULL, NULL, NULL};
    if (f == GRAD_W) *p = (product){f, l->out, l->in, l->rows, NULL, NULL, NULL, NULL};
    p->a = numbers(p->m * p->k);
    p->b = numbers(p->n * p->k);
    p->c = numbers(p->m * p->n);
    p->panels = numbers(kr__gemm_panels_size(p->k, p->n));
    if (f == PANELS) kr__kernels()->gemm_pack(p->k, p->n, p->b, p->k, p->panels);
}

static void close_product(product *p) {
    kr_free(p->a);
    kr_free(p->b);
    kr_free(p->c);
    kr_free(p->panels);
}

static void run_ours(const product *p) {
    bool is_turned_a = p->form == GRAD_W, is_turned_b = p->form <= PANELS;
    const kr__gemm_args args = {.m = p->m,
                                .n = p->n,
                                .k = p->k,
                                .a = p->a,
                                .row_a = is_turned_a ? 1 : p->k,
                                .col_a = is_turned_a ? p->m : 1,
                                .b = p->b,
                                .row_b = is_turned_b ? 1 : p->n,
                                .col_b = is_turned_b ? p->k : 1,
                                .panels = p->form == PANELS ? p->panels : NULL,
                                .c = p->c,
                                .ldc = p->n,
                                .is_adding = p->form == GRAD_W};
    kr__kernels()->gemm(&args);
}

#ifdef KRAIT_BENCH_DNNL
static void run_dnnl(const product *p) {
    char turned_a = p->form == GRAD_W ? 'T' : 'N', turned_b = p->form <= PANELS ? 'T' : 'N';
    dnnl_sgemm(turned_a, turned_b, p->m, p->n, p->k, 1, p->a, turned_a == 'T' ? p->m : p->k, p->b,
               turned_b == 'T' ? p->k : p->n, p->form == GRAD_W, p->c, p->n);
}
#endif

/* ---- timing -------------------------------------------------------------------------------- */

static double time_calls(void (*run)(const product *), const product *p, int n) {
    double from = kr__time_now();
    for (int i = 0; i < n; i++) run(p);
    return (kr__time_now() - from) / n;
}

/* Seconds of one call each, measured in turns, so that what else the machine does meets both. */
static void measure(const product *p, double seconds, double best[2]) {
    double operations = 2.0 * (double)p->m * (double)p->n * (double)p->k, start = kr__time_now();
    int n = (int)(2e7 / operations) + 1;
    best[0] = best[1] = (double)INFINITY;
    for (int i = 0; i < 5 || kr__time_now() - start < seconds; i++) {
        best[0] = fmin(best[0], time_calls(run_ours, p, n));
#ifdef KRAIT_BENCH_DNNL
        best[1] = fmin(best[1], time_calls(run_dnnl, p, n));
#endif
    }
}

static void print_layer(const layer *l, double seconds, double peak) {
    for (int f = 0; f < FORMS; f++) {
        product p;
        double best[2];
        open_product(l, (form)f, &p);
        measure(&p, seconds, best);
        double rate = 2e-9 * (double)p.m * (double)p.n * (double)p.k / best[0];
        printf("%-33s%-15s%5lld%5lld%5lld%9.1f%7.0f %%", l->name, form_names[f], (long long)p.m,
               (long long)p.n, (long long)p.k, rate, 100 * rate / peak);
        if (isfinite(best[1])) printf("%8.2fx", best[1] / best[0]);
        printf("\n");
        close_product(&p);
    }
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.1;
    kr_cpu_level level = KR_CPU_V2;
    kr_error err = {.text = ""};
    if (kr__cpu_level_get(&level, &err) != KR_OK) {
        fprintf(stderr, "bench_product: %s\n", err.text);
        return 2;
    }
#ifdef KRAIT_BENCH_DNNL
    omp_set_num_threads(1);
#endif
    double peak = fma_peak(level, 0.3);
    printf("level %s, one core; multipliers alone: %.1f\n", kr__cpu_level_name(level), peak);
    printf("%-33s%-15s%5s%5s%5s%9s%9s%9s\n", "layer", "form", "m", "n", "k", "1e9/s", "of peak",
           "oneDNN");
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        print_layer(&layers[i], seconds, peak);
    }
    return 0;
}
