/* SPDX-License-Identifier: MIT
 * test_optimiser_step.c - Adam and AdamW at every level against recorded steps of PyTorch (2.15,
 * float64: lr 0.01, betas 0.9 and 0.99, eps 1e-3, gradients halved), and against plain loops. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

static const double gradients[3][3] = {{0.1, -0.2, 0}, {0.3, 0.4, -0.5}, {-0.6, 0.05, 1e-3}};

typedef struct recorded {
    double weight_decay;
    bool is_decoupled;
    double param[3], m[3], v[3];
} recorded;

static const recorded cases[] = {
    {0,
     false,
     {0.483441570760776, -1.24723084209128, 2.01308294743121},
     {-0.01245, 0.0124, -0.02245},
     {0.0011472525, 0.00050026, 0.0006187525}},
    {0.1,
     false,
     {0.480361736564809, -1.23083336492426, 1.97843652929561},
     {0.000816047860400825, -0.0212463484380542, 0.0315146380733514},
     {0.00112487903817086, 0.000650589705790729, 0.000813961668347026}},
    {0.1,
     true,
     {0.481971748498367, -1.24350074978675, 2.00708156249299},
     {-0.01245, 0.0124, -0.02245},
     {0.0011472525, 0.00050026, 0.0006187525}},
};

static kr__adam settings(const recorded *c, int step) {
    return (kr__adam){.lr = 0.01,
                      .beta1 = 0.9,
                      .beta2 = 0.99,
                      .eps = 1e-3,
                      .weight_decay = c->weight_decay,
                      .is_decoupled = c->is_decoupled,
                      .grad_scale = 0.5,
                      .correction1 = 1 - pow(0.9, step),
                      .correction2 = 1 - pow(0.99, step)};
}

static void check_recorded(const kr_kernels *kernels, int64_t n) {
    const double first[3] = {0.5, -1.25, 2.0};
    for (int c = 0; c < 3; c++) {
        kr_real *param = kr_check_output(n, NULL), *m = kr_check_output(n, NULL);
        kr_real *v = kr_check_output(n, NULL), *grad = kr__calloc((size_t)n, sizeof *grad);
        double *expected[3];
        for (int k = 0; k < 3; k++) expected[k] = kr__calloc((size_t)n, sizeof(double));
        for (int64_t i = 0; i < n; i++) {
            param[i] = (kr_real)first[i % 3];
            m[i] = v[i] = 0;
            expected[0][i] = cases[c].param[i % 3];
            expected[1][i] = cases[c].m[i % 3];
            expected[2][i] = cases[c].v[i % 3];
        }
        for (int step = 1; step <= 3; step++) {
            kr__adam s = settings(&cases[c], step);
            for (int64_t i = 0; i < n; i++) grad[i] = (kr_real)gradients[step - 1][i % 3];
            kernels->adam_step(n, &s, grad, m, v, param);
        }
        kr_check_close("param", n, param, expected[0], 1e-6, 1e-7);
        kr_check_close("m", n, m, expected[1], 1e-8, 1e-6);
        kr_check_close("v", n, v, expected[2], 1e-9, 1e-6);
        kr_free(param);
        kr_free(m);
        kr_free(v);
        kr_free(grad);
        for (int k = 0; k < 3; k++) kr_free(expected[k]);
    }
}

/* The bits do not depend on how a range is cut. */
static void check_cuts(const kr_kernels *kernels, int64_t n) {
    kr_real *grad = kr_check_random(n, -1, 1, 0), *start = kr_check_random(n, 0, 1, 1);
    kr_real *whole[3], *cut[3];
    for (int k = 0; k < 3; k++) {
        whole[k] = kr_check_output(n, start);
        cut[k] = kr_check_output(n, start);
    }
    kr__adam s = settings(&cases[1], 4);
    int64_t part = n / 3;
    kernels->adam_step(n, &s, grad, whole[0], whole[1], whole[2]);
    kernels->adam_step(part, &s, grad, cut[0], cut[1], cut[2]);
    kernels->adam_step(n - part, &s, grad + part, cut[0] + part, cut[1] + part, cut[2] + part);
    for (int k = 0; k < 3; k++) {
        assert_memory_equal(whole[k], cut[k], (size_t)(n + KR_CHECK_GUARD) * sizeof *grad);
        kr_free(whole[k]);
        kr_free(cut[k]);
    }
    kr_free(grad);
    kr_free(start);
}

static void against_recorded(void **state) {
    (void)state;
    kr_check_levels(check_recorded);
}
static void cuts(void **state) {
    (void)state;
    kr_check_levels(check_cuts);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_recorded), cmocka_unit_test(cuts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
