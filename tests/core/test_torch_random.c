/* SPDX-License-Identifier: MIT
 * test_torch_random.c - MT19937 as PyTorch and numpy draw from it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/real.h"
#include "core/torch_random.h"
#include "support/golden.h"

static const char *name_of(int seed, const char *what, char text[64]) {
    snprintf(text, 64, "s%d/%s", seed, what);
    return text;
}

static void check_seed(kr_golden *golden, int seed) {
    char name[64];
    int64_t n, order[100];
    kr_torch_rng rng = kr__torch_rng_make((uint64_t)seed);
    const int64_t *words = kr_golden_int64(golden, name_of(seed, "mt19937_raw_u32", name), &n);
    for (int64_t i = 0; i < n; i++) assert_int_equal(kr__torch_u32(&rng), words[i]);

    rng = kr__torch_rng_make((uint64_t)seed);
    const int64_t *ints =
        kr_golden_int64(golden, name_of(seed, "mt19937_randint(0,100)_scalar", name), &n);
    for (int64_t i = 0; i < n; i++) assert_int_equal(kr__numpy_randint(&rng, 100), ints[i]);

    rng = kr__torch_rng_make((uint64_t)seed);
    kr__torch_randperm(&rng, order, 100);
    assert_memory_equal(order,
                        kr_golden_int64(golden, name_of(seed, "torch_randperm(100)", name), NULL),
                        sizeof order);

    rng = kr__torch_rng_make((uint64_t)seed);
    const kr_real *uniform = kr_golden_real(golden, name_of(seed, "torch_rand_100", name), &n);
    for (int64_t i = 0; i < n; i++) assert_true(kr__torch_uniform(&rng, 0, 1) == uniform[i]);

    rng = kr__torch_rng_make((uint64_t)seed);
    uniform = kr_golden_real(golden, name_of(seed, "torch_uniform(-0.25,0.25)_100", name), &n);
    for (int64_t i = 0; i < n; i++) {
        assert_true(kr__torch_uniform(&rng, -0.25f, 0.25f) == uniform[i]);
    }

    float normal[100];
    rng = kr__torch_rng_make((uint64_t)seed);
    kr__torch_randn(&rng, normal, 100); /* 100 is no multiple of 16 */
    assert_close_abs(normal, kr_golden_real(golden, name_of(seed, "torch_randn_100", name), NULL),
                     100, 1e-6);
}

static void draws_are_those_of_the_originals(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("synth/rng_pcg64.npz");
    check_seed(golden, 0);
    check_seed(golden, 42);
    check_seed(golden, 12345);
    kr_golden_close(golden);
}

static void permutations(void **state) {
    (void)state;
    static int64_t order[1000];
    kr_golden *golden = kr_golden_open("synth/windows.npz");
    static const int sizes[] = {1, 2, 3, 10, 1000};
    for (int i = 0; i < 10; i++) {
        char name[64];
        int seed = i < 5 ? 0 : 42, n = sizes[i % 5];
        snprintf(name, sizeof name, "torch_randperm/seed%d/n%d", seed, n);
        kr_torch_rng rng = kr__torch_rng_make((uint64_t)seed);
        kr__torch_randperm(&rng, order, n);
        assert_memory_equal(order, kr_golden_int64(golden, name, NULL), (size_t)n * sizeof *order);
    }
    kr_golden_close(golden);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(draws_are_those_of_the_originals),
                                       cmocka_unit_test(permutations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
