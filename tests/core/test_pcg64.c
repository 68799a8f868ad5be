/* SPDX-License-Identifier: MIT
 * test_pcg64.c - every kind of draw against numpy's, bit for bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/pcg64.h"
#include "support/golden.h"

static kr_golden *golden;

static const char *named(const char *what) {
    static char name[96];
    snprintf(name, sizeof name, "s42/%s", what);
    return name;
}

static void raw_bits_of_three_seeds(void **state) {
    (void)state;
    static const int seeds[] = {0, 42, 12345};
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "s%d/state_hi_lo_inc_hi_lo", seeds[i]);
        const kr_array *a = kr_golden_array(golden, name);
        kr_pcg64 rng = kr__pcg64_make((uint64_t)seeds[i]);
        const uint64_t *words = a->data;
        assert_memory_equal(rng.state, words, 16);
        assert_memory_equal(rng.increment, words + 2, 16);
        snprintf(name, sizeof name, "s%d/standard_normal", seeds[i]);
        int64_t n;
        const double *normal = kr_golden_double(golden, name, &n);
        for (int64_t k = 0; k < n; k++) assert_true(kr__pcg64_normal(&rng, 0, 1) == normal[k]);
    }
    const kr_array *raw = kr_golden_array(golden, named("raw_u64"));
    kr_pcg64 rng = kr__pcg64_make(42);
    for (int64_t i = 0; i < raw->n; i++) {
        assert_true(kr__pcg64_u64(&rng) == ((const uint64_t *)raw->data)[i]);
    }
}

/* A wrong threshold changes one draw of billions: all follow from the widths, which make layers of
 * one area, the lowest with the tail. */
static void layers_are_those_of_the_density(void **state) {
    (void)state;
    static const struct {
        uint64_t inside;
        double width, height;
    } layers[256] = {
#include "core/ziggurat.inc"
    };
    const double start = 3.6541528853610088, area = 0.0049286732339746, top = 0x1p52;
    assert_true(fabs(layers[255].width * top - start) < 1e-15 && layers[0].height == 1);
    assert_true(fabs(layers[0].width * top * layers[255].height - area) < 1e-15);
    assert_true(layers[0].inside == (uint64_t)(start / (layers[0].width * top) * top));
    assert_true(layers[1].inside == 0);
    for (int i = 1; i < 256; i++) {
        double x = layers[i].width * top, high = layers[i - 1].height, low = layers[i].height;
        assert_true(fabs(low - exp(-x * x / 2)) < 1e-15 * low + 1e-18);
        assert_true(fabs(x * (high - low) - area) < 1e-15);
        if (i > 1) {
            assert_true(layers[i].inside ==
                        (uint64_t)(layers[i - 1].width / layers[i].width * top));
        }
    }
}

static void normals_reach_the_tail(void **state) {
    (void)state;
    const double *largest = kr_golden_double(golden, named("standard_normal_200k_max10"), NULL);
    const int64_t *at = kr_golden_int64(golden, named("standard_normal_200k_max10_index"), NULL);
    const double *sums = kr_golden_double(golden, named("standard_normal_200k_sum_abs"), NULL);
    static double draws[200000];
    kr_pcg64 rng = kr__pcg64_make(42);
    double sum = 0, size = 0;
    for (int i = 0; i < 200000; i++) {
        draws[i] = kr__pcg64_normal(&rng, 0, 1);
        sum += draws[i];
        size += fabs(draws[i]);
    }
    for (int i = 0; i < 10; i++) assert_true(draws[at[i]] == largest[i]);
    assert_true(fabs(sum - sums[0]) < 1e-9 && fabs(size - sums[1]) < 1e-7);
}

static const struct {
    uint64_t inside;
    double width, height;
} layers[] = {
#include "core/ziggurat.inc"
};

/* A last bit of `inside` changes one draw in 2^52, which no draws show: each is where the layer
 * above ends, and all layers have the same area. */
static void layers_fit_on_each_other(void **state) {
    (void)state;
    const double area = layers[0].width * 0x1p52 * layers[255].height;
    assert_int_equal(sizeof layers / sizeof layers[0], 256);
    for (int i = 0; i < 256; i++) {
        double x = layers[i].width * 0x1p52, above = layers[i > 0 ? i - 1 : 255].width * 0x1p52;
        uint64_t inside = i == 1 ? 0 : (uint64_t)(above / x * 0x1p52);
        assert_true(layers[i].inside == inside);
        if (i == 0) continue;
        assert_true(fabs(layers[i].height - exp(-x * x / 2)) <= 4e-15 * layers[i].height);
        assert_true(fabs(x * (layers[i - 1].height - layers[i].height) / area - 1) < 1e-9);
    }
    assert_true(layers[0].height == 1);
}

static void reals(void **state) {
    (void)state;
    int64_t n;
    const double *want = kr_golden_double(golden, named("random"), &n);
    kr_pcg64 rng = kr__pcg64_make(42);
    for (int64_t i = 0; i < n; i++) assert_true(kr__pcg64_random(&rng) == want[i]);
    rng = kr__pcg64_make(42);
    want = kr_golden_double(golden, named("uniform(0.3,0.8)"), &n);
    for (int64_t i = 0; i < n; i++) assert_true(kr__pcg64_uniform(&rng, 0.3, 0.8) == want[i]);
    rng = kr__pcg64_make(42);
    want = kr_golden_double(golden, named("normal(400,100)"), &n);
    for (int64_t i = 0; i < n; i++) assert_true(kr__pcg64_normal(&rng, 400, 100) == want[i]);
}

static void whole_numbers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t low, high;
    } cases[] = {{"0,2", 0, 2},
                 {"0,10", 0, 10},
                 {"8,65", 8, 65},
                 {"-5,6", -5, 6},
                 {"0,97", 0, 97},
                 {"0,65536", 0, 65536},
                 {"0,2147483648", 0, INT64_C(2147483648)},
                 {"0,4294967295", 0, INT64_C(4294967295)},
                 {"0,4294967296", 0, INT64_C(4294967296)},
                 {"0,4294967297", 0, INT64_C(4294967297)},
                 {"0,1099511627776", 0, INT64_C(1099511627776)},
                 {"-9223372036854775808,9223372036854775807", INT64_MIN, INT64_MAX}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char name[80];
        for (int scalar = 0; scalar < 2; scalar++) {
            snprintf(name, sizeof name, "integers%s(%s)", scalar ? "_scalar" : "", cases[c].name);
            int64_t n;
            const int64_t *want = kr_golden_int64(golden, named(name), &n);
            kr_pcg64 rng = kr__pcg64_make(42);
            for (int64_t i = 0; i < n; i++) {
                assert_int_equal(kr__pcg64_integer(&rng, cases[c].low, cases[c].high), want[i]);
            }
        }
    }
}

/* Of ranges that leave much of 2^32 or 2^64 over, many draws are drawn again: half of them, a
 * quarter, .. From numpy 2.4. */
static void draws_are_drawn_again(void **state) {
    (void)state;
    static const struct {
        int64_t low, high, want[8];
    } cases[] = {
        {0,
         INT64_C(2147483649),
         {942484272, 1843824993, 184566854, 1497586439, 432652533, 202244314, 1130604998,
          1540770720}},
        {0,
         INT64_C(3221225472),
         {2493086937, 2108522448, 1413726408, 2765737489, 276850281, 2246379658, 648978800,
          303366471}},
        {-(INT64_C(1) << 62),
         (INT64_C(1) << 62) + 1,
         {INT64_C(2526798557578302276), INT64_C(-563746889639854112), INT64_C(3307482026984934162),
          INT64_C(-3743053301415296779), INT64_C(4386841898189564358), INT64_C(2638477514033744800),
          INT64_C(-3430046321267873655), INT64_C(-1191677890399598572)}},
        {0,
         INT64_C(3) << 61,
         {INT64_C(3035954346590650344), INT64_C(5939376034059241549), INT64_C(4824063583966999348),
          INT64_C(6748895937462714196), INT64_C(5265205982608349610), INT64_C(3115557799033939721),
          INT64_C(2565006096020841999), INT64_C(6410923712161666817)}}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        kr_pcg64 rng = kr__pcg64_make(42);
        for (int i = 0; i < 8; i++) {
            int64_t drawn = kr__pcg64_integer(&rng, cases[c].low, cases[c].high);
            assert_true(drawn == cases[c].want[i]);
        }
    }
}

static void choices_and_shuffles(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t n, k;
    } cases[] = {{"choice_noreplace(25,3)", 25, 3},
                 {"choice_noreplace(774,3)", 774, 3},
                 {"choice_noreplace(2000,40)", 2000, 40},
                 {"choice_noreplace(5000,2000)", 5000, 2000},
                 {"choice_noreplace(10001,300)", 10001, 300},
                 {"choice_noreplace(100000,2000)", 100000, 2000}};
    static int64_t out[100000];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        kr_pcg64 rng = kr__pcg64_make(42);
        kr__pcg64_choose(&rng, cases[c].n, cases[c].k, out);
        const int64_t *want = kr_golden_int64(golden, named(cases[c].name), NULL);
        assert_memory_equal(out, want, (size_t)cases[c].k * sizeof *out);
    }
    for (int64_t i = 0; i < 1000; i++) out[i] = 3 * i;
    kr_pcg64 rng = kr__pcg64_make(42);
    kr__pcg64_shuffle(&rng, out, 1000);
    const int64_t *want = kr_golden_int64(golden, named("shuffle(arange(1000)*3)"), NULL);
    assert_memory_equal(out, want, 1000 * sizeof *out);
}

/* Draws of all kinds one after another: what they leave behind must be right, too. */
static void mixed(void **state) {
    (void)state;
    static const double pi = 3.14159265358979323846;
    const double *want = kr_golden_double(golden, named("mixed"), NULL);
    const double *p = kr_golden_double(golden, "probs", NULL);
    kr_pcg64 rng = kr__pcg64_make(42);
    for (int i = 0; i < 10; i++) assert_true(kr__pcg64_uniform(&rng, 0, 2 * pi) == *want++);
    assert_true(kr__pcg64_normal(&rng, 400, 100) == *want++);
    for (int round = 0; round < 50; round++) {
        int64_t three[100], five[5] = {0, 1, 2, 3, 4};
        for (int i = 0; i < 7; i++) assert_true(kr__pcg64_normal(&rng, 0, 2.83) == *want++);
        assert_true((double)kr__pcg64_integer(&rng, 8, 65) == *want++);
        assert_true((double)kr__pcg64_choice(&rng, p, 10) == *want++);
        assert_true((double)kr__pcg64_integer(&rng, 0, 449) == *want++);
        kr__pcg64_choose(&rng, 100, 3, three);
        for (int i = 0; i < 3; i++) assert_true((double)three[i] == *want++);
        assert_true(kr__pcg64_uniform(&rng, 0.3, 0.8) == *want++);
        assert_true(kr__pcg64_random(&rng) == *want++);
        kr__pcg64_shuffle(&rng, five, 5);
        for (int i = 0; i < 5; i++) assert_true((double)five[i] == *want++);
        assert_true((double)kr__pcg64_integer(&rng, 0, INT64_C(1) << 40) == *want++);
    }
    const uint64_t after[2] = {0xd13160e7da6ec829, 0x5c8ae2aa01922911};
    assert_memory_equal(rng.state, after, sizeof after);
}

static int open_golden(void **state) {
    (void)state;
    golden = kr_golden_open("synth/rng_pcg64.npz");
    return 0;
}
static int close_golden(void **state) {
    (void)state;
    kr_golden_close(golden);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(raw_bits_of_three_seeds),
                                       cmocka_unit_test(layers_are_those_of_the_density),
                                       cmocka_unit_test(normals_reach_the_tail),
                                       cmocka_unit_test(layers_fit_on_each_other),
                                       cmocka_unit_test(reals),
                                       cmocka_unit_test(whole_numbers),
                                       cmocka_unit_test(draws_are_drawn_again),
                                       cmocka_unit_test(choices_and_shuffles),
                                       cmocka_unit_test(mixed)};
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
