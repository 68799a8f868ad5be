/* SPDX-License-Identifier: MIT
 * test_product.c - products of bf16 numbers by every unit that this CPU has against plain loops:
 * transposed, strided, with bias, adding; from several threads at once, without allocating. */

#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"
#include "kernels/product.h"
#include "support/workers.h"

enum { MOST = 80 * 80 };

static float to_float(kr_bf16 x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

typedef struct operands {
    kr_product_shape shape;
    kr_product_unit unit;
    bool with_bias;
    kr_bf16 a[MOST], b[MOST];
    kr_real bias[MOST], before[MOST], *scratch[8];
    kr_real c[8][MOST];
    double expected[MOST];
} operands;

static void fill(operands *o) {
    kr_real *x = kr_check_random(2 * MOST, -1, 1, 5);
    kr__kernels()->to_bf16(1, MOST, x, MOST, o->a);
    kr__kernels()->to_bf16(1, MOST, x + MOST, MOST, o->b);
    for (int i = 0; i < MOST; i++) {
        o->bias[i] = x[i] / 2;
        o->before[i] = x[MOST - 1 - i];
    }
    kr_free(x);
}

static void compute_plainly(operands *o) {
    const kr_product_shape *s = &o->shape;
    for (int i = 0; i < MOST; i++) o->expected[i] = (double)o->before[i];
    for (int64_t i = 0; i < s->m; i++) {
        for (int64_t j = 0; j < s->n; j++) {
            double sum = s->is_adding ? (double)o->before[i * s->ldc + j] : 0;
            if (o->with_bias) sum += (double)o->bias[j];
            for (int64_t p = 0; p < s->k; p++) {
                double a = (double)to_float(o->a[s->trans_a ? p * s->lda + i : i * s->lda + p]);
                double b = (double)to_float(o->b[s->trans_b ? j * s->ldb + p : p * s->ldb + j]);
                sum += a * b;
            }
            o->expected[i * s->ldc + j] = sum;
        }
    }
}

static void run_piece(void *arg, int64_t piece, int worker) {
    operands *o = arg;
    (void)worker;
    kr__product_run_by(o->unit, &o->shape, o->a, o->b, o->with_bias ? o->bias : NULL, o->c[piece],
                       o->scratch[piece]);
}

/* All eight at once: one product, eight results with the same bits. */
static void check(operands *o, const kr_product_shape *shape) {
    o->shape = *shape;
    for (int i = 0; i < 8; i++) {
        o->scratch[i] = kr__calloc((size_t)kr__product_scratch(shape) + 1, sizeof(kr_real));
        memcpy(o->c[i], o->before, sizeof o->before);
    }
    compute_plainly(o);
    test_workers(4);
    uint64_t before = kr__alloc_count();
    kr_team_for(test_team, 8, run_piece, o);
    assert_int_equal(kr__alloc_count(), before);
    test_workers(0);
    for (int i = 0; i < MOST; i++) {
        assert_true(fabs((double)o->c[0][i] - o->expected[i]) <= 1e-5 + 1e-6 * (double)shape->k);
    }
    for (int i = 0; i < 8; i++) {
        assert_memory_equal(o->c[i], o->c[0], sizeof o->c[0]);
        kr_free(o->scratch[i]);
    }
}

static operands o;

static void check_layouts(int64_t m, int64_t n, int64_t k) {
    for (unsigned bits = 0; bits < 16; bits++) {
        bool trans_a = bits & 1, trans_b = bits & 2;
        o.with_bias = bits & 4;
        kr_product_shape s = {.trans_a = trans_a,
                              .trans_b = trans_b,
                              .is_adding = bits & 8,
                              .m = m,
                              .n = n,
                              .k = k,
                              .lda = trans_a ? m : k,
                              .ldb = trans_b ? k : n,
                              .ldc = n};
        check(&o, &s);
        s.lda += 3;
        s.ldb += 1;
        s.ldc += 2;
        check(&o, &s);
    }
}

static void check_unit(kr_product_unit unit) {
    static const int64_t sizes[][3] = {{1, 1, 1},    {5, 7, 3},   {16, 16, 32}, {33, 20, 64},
                                       {64, 17, 50}, {70, 2, 33}, {2, 300, 9},  {2, 2, 1100}};
    o.unit = unit;
    fill(&o);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_layouts(sizes[i][0], sizes[i][1], sizes[i][2]);
    }
}

static void plain(void **state) {
    (void)state;
    check_unit(KR_PRODUCT_PLAIN);
}

static void bf16(void **state) {
    (void)state;
    if (kr__product_unit() < KR_PRODUCT_BF16) skip();
    check_unit(KR_PRODUCT_BF16);
}

static void amx(void **state) {
    (void)state;
    if (kr__product_unit() < KR_PRODUCT_AMX) skip();
    check_unit(KR_PRODUCT_AMX);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain), cmocka_unit_test(bf16),
                                       cmocka_unit_test(amx)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
