/* SPDX-License-Identifier: MIT
 * test_random.c - Philox against the published vectors, and the sequences made of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"

/* kat_vectors of Random123 (philox4x32 10). */
static void philox_matches_published_vectors(void **state) {
    (void)state;
    uint32_t out[4];
    kr__philox(0, 0, 0, 0, 0, out);
    const uint32_t zero[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    assert_memory_equal(out, zero, sizeof zero);
    kr__philox(UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, out);
    const uint32_t ones[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    assert_memory_equal(out, ones, sizeof ones);
    kr__philox(0x299f31d0a4093822, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, out);
    const uint32_t pi[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    assert_memory_equal(out, pi, sizeof pi);
}

/* A training that was begun by an earlier version goes on with the same numbers. */
static void streams_keep_their_numbers(void **state) {
    (void)state;
    static const kr_stream streams[] = {
        KR_STREAM_INIT, KR_STREAM_SHUFFLE, KR_STREAM_DROPOUT, KR_STREAM_STAR,   KR_STREAM_AUGMENT,
        KR_STREAM_TEST, KR_STREAM_SAMPLE,  KR_STREAM_NOISE,   KR_STREAM_LAYOUT, KR_STREAM_SWEEP};
    for (int i = 0; i < 10; i++) assert_int_equal(streams[i], i + 1);
}

static void normal_has_mean_zero_and_deviation_one(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, 0);
    double sum = 0, squares = 0;
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double z = kr__rng_normal(&rng);
        sum += z;
        squares += z * z;
    }
    assert_true(fabs(sum / N) < 0.015);
    assert_true(fabs(squares / N - 1) < 0.02);
}

static void shuffle_is_a_permutation_that_depends_on_the_seed(void **state) {
    (void)state;
    int64_t a[100], b[100], seen[100] = {0};
    for (int i = 0; i < 100; i++) a[i] = b[i] = i;
    kr_rng rng = kr__rng_make(1, KR_STREAM_SHUFFLE, 0);
    kr__rng_shuffle(&rng, a, 100);
    rng = kr__rng_make(2, KR_STREAM_SHUFFLE, 0);
    kr__rng_shuffle(&rng, b, 100);
    assert_memory_not_equal(a, b, sizeof a);
    for (int i = 0; i < 100; i++) seen[a[i]]++;
    for (int i = 0; i < 100; i++) assert_int_equal(seen[i], 1);
}

/* The whole range of 32 bits, and one value. */
static void the_largest_range_is_every_word(void **state) {
    (void)state;
    kr_rng a = kr__rng_make(5, KR_STREAM_SHUFFLE, 0), b = a;
    for (int i = 0; i < 100; i++) {
        assert_true(kr__rng_below(&a, (uint64_t)1 << 32) == kr__rng_u32(&b));
    }
    assert_true(kr__rng_below(&a, 1) == 0 && kr__rng_u32(&a) == kr__rng_u32(&b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_range_is_every_word),
        cmocka_unit_test(philox_matches_published_vectors),
        cmocka_unit_test(streams_keep_their_numbers),
        cmocka_unit_test(normal_has_mean_zero_and_deviation_one),
        cmocka_unit_test(shuffle_is_a_permutation_that_depends_on_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
