/* SPDX-License-Identifier: MIT
 * test_gemm_tiles.c - products at every CPU level against plain loops: all forms, odd sizes, rows
 * that lie apart, panels; parts of a product have the bits of the whole. */
#include "kernel_check.h"

#include "kernels/gemm.h"

typedef struct sizes {
    int64_t m, n, k;
} sizes;

enum { APART = 3 /* what rows in memory are longer than they need be */ };

static const sizes all_sizes[] = {{1, 1, 1},    {1, 16, 5},    {2, 17, 3},   {3, 33, 16},
                                  {7, 31, 30},  {13, 15, 9},   {14, 32, 8},  {15, 44, 40},
                                  {29, 64, 17}, {49, 20, 257}, {6, 48, 600}, {1, 70, 300},
                                  {33, 1, 21},  {1, 150, 260}, {130, 20, 30}};

typedef struct operands {
    kr__gemm_args args;
    kr_real *a, *b, *c;
    double *expected;
    int64_t n_c;
} operands;

static void start(const sizes *s, bool turned_a, bool turned_b, bool is_adding, operands *o) {
    int64_t lda = (turned_a ? s->m : s->k) + APART, ldb = (turned_b ? s->k : s->n) + APART;
    int64_t n_a = lda * ((turned_a ? s->k : s->m) - 1) + (turned_a ? s->m : s->k);
    int64_t n_b = ldb * ((turned_b ? s->n : s->k) - 1) + (turned_b ? s->k : s->n);
    int64_t ldc = s->n + APART;
    o->n_c = ldc * (s->m - 1) + s->n;
    o->a = kr_check_random(n_a, -1, 1, 1);
    o->b = kr_check_random(n_b, -1, 1, 2);
    kr_real *before = kr_check_random(o->n_c, -1, 1, 3);
    /* What is not added to must not be read, either. */
    for (int64_t i = 0; i < o->n_c && !is_adding; i++) {
        if (i % ldc < s->n) before[i] = (kr_real)NAN;
    }
    o->c = kr_check_output(o->n_c, before);
    kr_free(before);
    o->args = (kr__gemm_args){.m = s->m,
                              .n = s->n,
                              .k = s->k,
                              .a = o->a,
                              .row_a = turned_a ? 1 : lda,
                              .col_a = turned_a ? lda : 1,
                              .b = o->b,
                              .row_b = turned_b ? 1 : ldb,
                              .col_b = turned_b ? ldb : 1,
                              .c = o->c,
                              .ldc = ldc,
                              .is_adding = is_adding};
}

static void expect(operands *o) {
    const kr__gemm_args *g = &o->args;
    o->expected = kr__calloc((size_t)o->n_c, sizeof *o->expected);
    assert_non_null(o->expected);
    for (int64_t i = 0; i < o->n_c; i++) {
        int64_t row = i / g->ldc, column = i % g->ldc;
        double sum = g->is_adding || column >= g->n ? (double)o->c[i] : 0;
        for (int64_t p = 0; p < g->k && column < g->n; p++) {
            sum += (double)g->a[row * g->row_a + p * g->col_a] *
                   (double)g->b[p * g->row_b + column * g->col_b];
        }
        o->expected[i] = sum;
    }
}

static void finish(operands *o) {
    kr_free(o->a);
    kr_free(o->b);
    kr_free(o->c);
    kr_free(o->expected);
}

static void compare(const kr_kernels *kernels, const sizes *s, int form) {
    operands o;
    start(s, form & 1, form & 2, form & 4, &o);
    expect(&o);
    kernels->gemm(&o.args);
    kr_check_close("gemm", o.n_c, o.c, o.expected, 2e-6 * (double)s->k, 1e-5);
    finish(&o);
}

/* The bits of panels, and of rows and columns apart, are those of the whole. */
static void compare_parts(const kr_kernels *kernels, const sizes *s) {
    operands o;
    start(s, false, true, false, &o);
    const int64_t n_panels = kr__gemm_panels_size(s->k, s->n);
    kr_real *panels = kr_check_output(n_panels, NULL), *other = kr_check_output(o.n_c, o.c);
    kernels->gemm(&o.args);
    kernels->gemm_pack(s->k, s->n, o.b, o.args.col_b, panels);
    kr_check_end("gemm_pack", n_panels, panels);
    kr__gemm_args g = o.args;
    g.panels = panels;
    g.b = NULL;
    g.c = other;
    kernels->gemm(&g);
    assert_memory_equal(o.c, other, (size_t)o.n_c * sizeof *other);
    g = o.args;
    for (int64_t i = 0; i < s->m; i++) {
        g.m = 1;
        g.a = o.a + i * g.row_a;
        g.c = other + i * g.ldc;
        g.n = s->n - s->n / 2;
        g.b = o.b + s->n / 2 * g.col_b;
        g.c += s->n / 2;
        kernels->gemm(&g);
        g.n = s->n / 2;
        g.b = o.b;
        g.c = other + i * g.ldc;
        kernels->gemm(&g);
    }
    assert_memory_equal(o.c, other, (size_t)o.n_c * sizeof *other);
    kr_check_end("gemm", o.n_c, other);
    kr_free(panels);
    kr_free(other);
    o.expected = NULL;
    finish(&o);
}

static void check(const kr_kernels *kernels, int64_t unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof all_sizes / sizeof all_sizes[0]; i++) {
        for (int form = 0; form < 8; form++) compare(kernels, &all_sizes[i], form);
        compare_parts(kernels, &all_sizes[i]);
    }
}

static void all_forms(void **state) {
    (void)state;
    kr_check_levels(check);
}

/* A sum of nothing is 0, or what was there. */
static void no_terms(void **state) {
    (void)state;
    kr_real c[3] = {1, 2, 3}, x[3] = {5, 5, 5};
    kr__gemm('N', 'N', 1, 2, 0, x, 1, x, 2, true, c, 2);
    assert_true(c[0] == 1 && c[1] == 2 && c[2] == 3);
    kr__gemm('N', 'N', 1, 2, 0, x, 1, x, 2, false, c, 2);
    assert_true(c[0] == 0 && c[1] == 0 && c[2] == 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_forms), cmocka_unit_test(no_terms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
