/* SPDX-License-Identifier: MIT
 * test_augment.c - what each change keeps and what it does, over many seeds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "forecast/augment.h"

enum { ROWS = 103, CHANNELS = 3, N = ROWS * CHANNELS, SEEDS = 200 };
static float x[N], y[N];

/* Channel c of row r is r + 1000 c: values tell where they come from. */
static void fill_ramps(void) {
    for (int i = 0; i < N; i++) x[i] = (float)(i / CHANNELS + 1000 * (i % CHANNELS));
}

static void augment(kr_augment_options options, uint64_t seed) {
    options.ratio = options.ratio ? options.ratio : 1;
    options.seed = seed;
    memset(y, 0x7f, sizeof y);
    assert_int_equal(kr__augment(&options, ROWS, CHANNELS, x, y, NULL), KR_OK);
}

static double at(const float *series, int row, int channel) {
    return (double)series[row * CHANNELS + channel];
}

/* ---- all --------------------------------------------------------------------------------- */

static const kr_augment_options each[] = {
    {.jitter = true},      {.scaling = true},           {.rotation = true},
    {.permutation = true}, {.randompermutation = true}, {.magwarp = true},
    {.timewarp = true},    {.windowslice = true},       {.windowwarp = true}};
enum { N_EACH = sizeof each / sizeof each[0] };

static void nothing_asked_is_a_copy(void **state) {
    (void)state;
    fill_ramps();
    augment((kr_augment_options){.ratio = 3}, 1);
    assert_memory_equal(x, y, sizeof x);
    kr_augment_options options = {.jitter = true, .magwarp = true, .ratio = 0};
    assert_int_equal(kr__augment(&options, ROWS, CHANNELS, x, y, NULL), KR_OK);
    assert_memory_equal(x, y, sizeof x);
    assert_int_equal(kr__augment(&options, 1, 1, x, y, NULL), KR_OK);
}

/* The same seed gives the same bits; another seed or draw gives others (a permutation may hit the
 * same order, so a few tries are allowed). */
static void seeds_and_draws(void **state) {
    (void)state;
    float first[N];
    fill_ramps();
    for (int i = 0; i < N_EACH; i++) {
        augment(each[i], 5);
        memcpy(first, y, sizeof y);
        augment(each[i], 5);
        assert_memory_equal(first, y, sizeof y);
        int n_other_seed = 0, n_other_draw = 0;
        for (int k = 1; k <= 5; k++) {
            augment(each[i], 5 + (uint64_t)k);
            n_other_seed += memcmp(first, y, sizeof y) != 0;
            kr_augment_options options = each[i];
            options.ratio = 1 + k;
            augment(options, 5);
            n_other_draw += memcmp(first, y, sizeof y) != 0;
        }
        assert_true(n_other_seed >= 2 && n_other_draw >= 2);
    }
}

/* One on top of the other, in the documented order; each with the numbers that it has alone. */
static void order_of_changes(void **state) {
    (void)state;
    float in_turn[N];
    fill_ramps();
    for (int i = 0; i < N_EACH; i++) {
        augment(each[i], 11);
        memcpy(x, y, sizeof x);
    }
    memcpy(in_turn, x, sizeof x);
    fill_ramps();
    augment((kr_augment_options){.jitter = true,
                                 .scaling = true,
                                 .rotation = true,
                                 .permutation = true,
                                 .randompermutation = true,
                                 .magwarp = true,
                                 .timewarp = true,
                                 .windowslice = true,
                                 .windowwarp = true},
            11);
    assert_memory_equal(y, in_turn, sizeof y);
}

/* Two changes do not use the same numbers. */
static void changes_draw_apart(void **state) {
    (void)state;
    float noise;
    memset(x, 0, sizeof x);
    augment((kr_augment_options){.jitter = true}, 1);
    noise = y[0];
    for (int i = 0; i < N; i++) x[i] = 1;
    augment((kr_augment_options){.scaling = true}, 1);
    assert_true(fabs((double)noise / 0.03 - ((double)y[0] - 1) / 0.1) > 1e-3);
}

/* ---- values ----------------------------------------------------------------------------- */

static void jitter_has_its_deviation(void **state) {
    (void)state;
    double sum = 0, squares = 0;
    memset(x, 0, sizeof x);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.jitter = true}, seed);
        for (int i = 0; i < N; i++) {
            sum += (double)y[i];
            squares += (double)y[i] * (double)y[i];
        }
    }
    assert_true(fabs(sum / (N * SEEDS)) < 5e-4);
    assert_true(fabs(sqrt(squares / (N * SEEDS)) - 0.03) < 5e-4);
}

static void scaling_is_a_factor_a_channel(void **state) {
    (void)state;
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) x[i] = (float)(1 + i);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.scaling = true}, seed);
        for (int c = 0; c < CHANNELS; c++) {
            double factor = at(y, 0, c) / at(x, 0, c);
            for (int row = 0; row < ROWS; row++) {
                assert_true(fabs(at(y, row, c) / at(x, row, c) - factor) < 1e-6);
            }
            sum += factor - 1;
            squares += (factor - 1) * (factor - 1);
        }
    }
    assert_true(fabs(sum / (CHANNELS * SEEDS)) < 0.02);
    assert_true(fabs(sqrt(squares / (CHANNELS * SEEDS)) - 0.1) < 0.01);
}

static void rotation_flips_and_shuffles(void **state) {
    (void)state;
    int n_flips = 0, n_at[CHANNELS][CHANNELS] = {{0}};
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.rotation = true}, seed);
        int seen[CHANNELS] = {0};
        for (int c = 0; c < CHANNELS; c++) {
            int from = (int)(fabs(at(y, 1, c)) / 1000);
            double sign = at(y, 1, c) < 0 ? -1 : 1;
            for (int row = 0; row < ROWS; row++) {
                assert_true(at(y, row, c) == sign * at(x, row, from));
            }
            seen[from]++;
            n_flips += sign < 0;
            n_at[c][from]++;
        }
        for (int c = 0; c < CHANNELS; c++) assert_int_equal(seen[c], 1);
    }
    assert_in_range(n_flips, SEEDS * CHANNELS * 2 / 5, SEEDS * CHANNELS * 3 / 5);
    for (int c = 0; c < CHANNELS; c++) {
        for (int from = 0; from < CHANNELS; from++) assert_in_range(n_at[c][from], 40, 95);
    }
}

/* ---- order of time ---------------------------------------------------------------------- */

/* y holds every row of x once; how many pieces it fell into, and the shortest and longest. */
static int count_pieces(int *shortest, int *longest) {
    int seen[ROWS] = {0}, n_pieces = 0, length = 0;
    *shortest = ROWS;
    *longest = 0;
    for (int row = 0; row < ROWS; row++) {
        int from = (int)y[row * CHANNELS];
        seen[from]++;
        assert_memory_equal(y + row * CHANNELS, x + from * CHANNELS, CHANNELS * sizeof *x);
        length++;
        if (row + 1 < ROWS && (int)y[(row + 1) * CHANNELS] == from + 1) continue;
        n_pieces++;
        *shortest = length < *shortest ? length : *shortest;
        *longest = length > *longest ? length : *longest;
        length = 0;
    }
    for (int row = 0; row < ROWS; row++) assert_int_equal(seen[row], 1);
    return n_pieces;
}

static void permutation_has_equal_pieces(void **state) {
    (void)state;
    int n_with[5] = {0}, shortest, longest;
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.permutation = true}, seed);
        int n = count_pieces(&shortest, &longest);
        assert_in_range(n, 1, 4);
        /* Pieces that stay neighbours look like one. */
        assert_true(shortest >= ROWS / 4);
        if (n == 4) assert_true(shortest == 25 && longest == 26);
        n_with[n]++;
    }
    for (int n = 1; n <= 4; n++) assert_true(n_with[n] > 5);
}

static void random_permutation_has_random_cuts(void **state) {
    (void)state;
    int n_with[5] = {0}, n_short = 0, shortest, longest;
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.randompermutation = true}, seed);
        int n = count_pieces(&shortest, &longest);
        assert_in_range(n, 1, 4);
        n_with[n]++;
        n_short += shortest < 10;
    }
    for (int n = 1; n <= 4; n++) assert_true(n_with[n] > 5);
    assert_true(n_short > 20);
}

/* ---- smooth curves ---------------------------------------------------------------------- */

static void magwarp_is_a_smooth_factor(void **state) {
    (void)state;
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) x[i] = 1;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.magwarp = true}, seed);
        for (int c = 0; c < CHANNELS; c++) {
            for (int row = 1; row + 1 < ROWS; row++) {
                double bend = at(y, row - 1, c) - 2 * at(y, row, c) + at(y, row + 1, c);
                assert_true(fabs(bend) < 0.03);
            }
            sum += at(y, 0, c) - 1;
            squares += (at(y, 0, c) - 1) * (at(y, 0, c) - 1);
        }
    }
    assert_true(fabs(sum / (CHANNELS * SEEDS)) < 0.04);
    assert_true(fabs(sqrt(squares / (CHANNELS * SEEDS)) - 0.2) < 0.02);
}

/* On a ramp: the first row stays, the last row is reached, time does not run back. */
static void timewarp_bends_time(void **state) {
    (void)state;
    double moved = 0;
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.timewarp = true}, seed);
        for (int c = 0; c < CHANNELS; c++) {
            assert_true(at(y, 0, c) <= 1000 * c + ROWS / 2);
            assert_true(at(y, ROWS - 1, c) == 1000 * c + ROWS - 1);
            for (int row = 1; row < ROWS; row++) assert_true(at(y, row, c) >= at(y, row - 1, c));
            moved += fabs(at(y, ROWS / 2, c) - at(x, ROWS / 2, c)) / (CHANNELS * SEEDS);
        }
    }
    assert_true(moved > 3 && moved < 30);
    for (int i = 0; i < N; i++) x[i] = 4;
    augment((kr_augment_options){.timewarp = true}, 3);
    assert_memory_equal(x, y, sizeof x);
}

/* ---- windows ---------------------------------------------------------------------------- */

static void windowslice_stretches_nine_tenths(void **state) {
    (void)state;
    int n_first[16] = {0};
    const int n = 93; /* nine tenths of 103, rounded up */
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.windowslice = true}, seed);
        int first = (int)y[0];
        assert_in_range(first, 0, ROWS - n);
        n_first[first]++;
        for (int row = 0; row < ROWS; row++) {
            double want = first + row * (n - 1.0) / (ROWS - 1);
            assert_true(fabs(at(y, row, 0) - want) < 1e-4);
            assert_true(fabs(at(y, row, 2) - want - 2000) < 1e-3);
        }
    }
    for (int first = 0; first <= ROWS - n; first++) assert_true(n_first[first] > 0);
}

/* On a ramp the slope is the same before and behind the window, and half or twice that inside. */
static void windowwarp_changes_a_tenth(void **state) {
    (void)state;
    int n_faster = 0, n_slower = 0;
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        augment((kr_augment_options){.windowwarp = true}, seed);
        assert_true(at(y, 0, 0) == 0);
        assert_true(fabs(at(y, ROWS - 1, 0) - (ROWS - 1)) < 1e-4);
        double least = 9, most = 0;
        for (int row = 1; row < ROWS; row++) {
            double slope = at(y, row, 0) - at(y, row - 1, 0);
            least = slope < least ? slope : least;
            most = slope > most ? slope : most;
            assert_true(fabs(at(y, row, 1) - at(y, row, 0) - 1000) < 1e-3);
        }
        /* 11 rows become 22 or 5: outside, 103 steps become 114 or 97. */
        bool is_slower = least < 0.7;
        n_slower += is_slower;
        n_faster += !is_slower;
        double outside = is_slower ? 113.0 / 102 : 96.0 / 102;
        assert_true(fabs((is_slower ? most : least) - outside) < 1e-3);
        double inside = is_slower ? outside * 10 / 21 : outside * 10 / 4;
        assert_true(fabs((is_slower ? least : most) - inside) < 1e-2);
    }
    assert_true(n_faster > SEEDS / 3 && n_slower > SEEDS / 3);
}

/* ---- limits ----------------------------------------------------------------------------- */

static void smallest_series(void **state) {
    (void)state;
    fill_ramps();
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (int i = 0; i < N_EACH; i++) {
            kr_augment_options options = each[i];
            options.ratio = 1;
            options.seed = seed;
            assert_int_equal(kr__augment(&options, KR_AUGMENT_MIN_ROWS, 1, x, y, NULL), KR_OK);
            for (int row = 0; row < KR_AUGMENT_MIN_ROWS; row++) assert_true(isfinite(y[row]));
        }
    }
}

static void refused(void **state) {
    (void)state;
    kr_error err;
    kr_augment_options options = {.jitter = true, .ratio = 1};
    assert_int_equal(kr__augment(&options, 15, 1, x, y, &err), KR_SHAPE);
    assert_string_equal(err.text,
                        "augmentation needs 16 training rows or more, not 15; use "
                        "`augmentation_ratio` 0");
    kr__alloc_fail_at(1);
    kr_status status = kr__augment(&options, ROWS, CHANNELS, x, y, &err);
    kr__alloc_fail_at(0);
    assert_int_equal(status, KR_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_is_a_copy),
        cmocka_unit_test(seeds_and_draws),
        cmocka_unit_test(order_of_changes),
        cmocka_unit_test(changes_draw_apart),
        cmocka_unit_test(jitter_has_its_deviation),
        cmocka_unit_test(scaling_is_a_factor_a_channel),
        cmocka_unit_test(rotation_flips_and_shuffles),
        cmocka_unit_test(permutation_has_equal_pieces),
        cmocka_unit_test(random_permutation_has_random_cuts),
        cmocka_unit_test(magwarp_is_a_smooth_factor),
        cmocka_unit_test(timewarp_bends_time),
        cmocka_unit_test(windowslice_stretches_nine_tenths),
        cmocka_unit_test(windowwarp_changes_a_tenth),
        cmocka_unit_test(smallest_series),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
