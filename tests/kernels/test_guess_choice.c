/* SPDX-License-Identifier: MIT
 * test_guess_choice.c - choices among guesses at every level, to the bit as plain loops make them,
 * and whatever was the best before. */
#include <stdlib.h>

#include "kernels/kernel_check.h"

enum { ROOM = KR__GUESS_ROOM, BEST = KR__GUESS_BEST };

static double weigh(int64_t n, const double *guess, const double *error) {
    double sum = 0, weights = 0, least = error[0];
    for (int64_t i = 1; i < n; i++) least = error[i] < least ? error[i] : least;
    for (int64_t i = 0; i < n; i++) {
        double ratio = least > 0 ? least / error[i] : error[i] > 0 ? 0 : 1, w = ratio * ratio;
        weights += w * w;
        sum += w * w * guess[i];
    }
    return sum / weights;
}

static int compare(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of the least errors, of equal ones the first. */
static double find_middle(int64_t n, const double *guess, const double *error) {
    double its[BEST];
    bool is_taken[ROOM] = {false};
    for (int k = 0; k < BEST; k++) {
        int64_t least = -1;
        for (int64_t i = 0; i < n; i++) {
            if (!is_taken[i] && (least < 0 || error[i] < error[least])) least = i;
        }
        is_taken[least] = true;
        its[k] = guess[least];
    }
    qsort(its, BEST, sizeof *its, compare);
    return its[BEST / 2];
}

static void check_choice(const kr_kernels *k, int64_t n, const double *guess, const double *error,
                         kr__guess_best *best) {
    double weighted, middle;
    k->guess_choice(n, guess, error, best, &weighted, &middle);
    assert_true(weighted == weigh(n, guess, error));
    assert_true(middle == find_middle(n, guess, error));
}

/* Errors that a few values change, as they come; some equal, some 0. */
static void check_errors(const kr_kernels *k, int64_t n, uint64_t seed) {
    kr_rng rng = kr__rng_make(21, KR_STREAM_TEST, seed);
    kr__guess_best best = {.barrier = {0}};
    double guess[ROOM], error[ROOM];
    for (int i = 0; i < ROOM; i++) {
        guess[i] = kr__rng_uniform(&rng) - .5;
        error[i] = i >= n ? (double)INFINITY : seed % 2 == 0 ? kr__rng_uniform(&rng) : 1;
    }
    for (int turn = 0; turn < 200; turn++) {
        check_choice(k, n, guess, error, &best);
        int64_t at = (int64_t)(kr__rng_uniform(&rng) * (double)n);
        error[at] = turn % 3 == 0 ? .25 * (turn % 9) : kr__rng_uniform(&rng);
    }
    for (int64_t i = 0; i < n; i++) error[i] = 0;
    check_choice(k, n, guess, error, &best);
}

static void check_distances(const kr_kernels *k, uint64_t seed) {
    kr_rng rng = kr__rng_make(21, KR_STREAM_TEST, seed);
    double guess[ROOM], error[ROOM], expected[ROOM];
    for (int i = 0; i < ROOM; i++) {
        guess[i] = 3 * kr__rng_uniform(&rng) - 1;
        error[i] = kr__rng_uniform(&rng);
        expected[i] = error[i] + .3 * (fabs(guess[i] - .5) - error[i]);
    }
    k->guess_errors(.3, .5, guess, error);
    assert_memory_equal(error, expected, sizeof error);
}

static void levels_choose_alike(void **state) {
    (void)state;
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *k = kr__kernels_of((kr_cpu_level)level);
        if (!k) continue;
        for (uint64_t seed = 0; seed < 6; seed++) {
            check_errors(k, 43, seed);
            check_errors(k, BEST, seed);
            check_errors(k, ROOM, seed);
            check_distances(k, seed);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels_choose_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
