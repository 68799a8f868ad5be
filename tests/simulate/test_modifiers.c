/* SPDX-License-Identifier: MIT
 * test_modifiers.c - what modifiers may do to a series, and how often. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulate/modifiers.h"

enum { N = 500, TIMES = 4000, ROOM = 4 * N };
static double y[N], room[ROOM];

static kr__simulation simulation_of(uint64_t index) {
    kr__simulation s = {
        .draws = kr__draws_make(8, index, 0), .n = N, .room = room, .room_size = ROOM};
    for (int t = 0; t < N; t++) y[t] = 50 + 10 * sin(0.3 * t) + kr__draw_normal(&s.draws);
    return s;
}

static void counts_stay_counts(void **state) {
    (void)state;
    int n_cut = 0;
    for (uint64_t k = 0; k < TIMES; k++) {
        kr__simulation s = simulation_of(k);
        double before = 0, after = 0;
        s.is_count = s.is_level = true;
        for (int t = 0; t < N; t++) before += y[t] = floor(y[t]);
        kr__modify(&s, y, 1);
        for (int t = 0; t < N; t++) {
            assert_true(y[t] == floor(y[t]) && y[t] >= 0 && y[t] < 100);
            after += y[t];
        }
        n_cut += before != after;
        assert_int_equal(s.room_used, 0);
    }
    assert_true(n_cut > 0.03 * TIMES && n_cut < 0.07 * TIMES);
}

/* A level that may not be below 0 does not get there; units spread over decades. */
static void levels_stay_levels(void **state) {
    (void)state;
    int n_small = 0, n_large = 0, n_levels = 0;
    for (uint64_t k = 0; k < TIMES; k++) {
        kr__simulation s = simulation_of(k);
        double mean = 0;
        s.is_level = true;
        s.n_seasons = 1;
        kr__modify(&s, y, 1);
        for (int t = 0; t < N; t++) {
            assert_true((y[t] >= 0 || !s.is_level) && isfinite(y[t]));
            mean += y[t] / N;
        }
        n_levels += s.is_level;
        n_small += mean < 1;
        n_large += mean > 1000;
    }
    assert_true(n_small > 0.05 * TIMES && n_small < 0.4 * TIMES);
    assert_true(n_levels > 0.93 * TIMES); /* the others are logarithms */
    assert_true(n_large > 0.05 * TIMES && n_large < 0.4 * TIMES);
}

/* With none of the others a unit and an offset are all: the shape stays. */
static void a_unit_is_linear(void **state) {
    (void)state;
    double x[N];
    for (uint64_t k = 0; k < 200; k++) {
        kr__simulation s = simulation_of(k);
        for (int t = 0; t < N; t++) x[t] = y[t];
        kr__modify(&s, y, 0);
        double unit = (y[1] - y[0]) / (x[1] - x[0]), most = 0;
        for (int t = 0; t < N; t++) most = fmax(most, fabs(y[t]));
        for (int t = 0; t < N; t++) {
            assert_true(fabs(y[t] - y[0] - unit * (x[t] - x[0])) < 1e-9 * most);
        }
        assert_true(unit > 0);
    }
}

/* All kinds at once, many times: finite, and nothing of the room is lost. */
static void often(void **state) {
    (void)state;
    for (uint64_t k = 0; k < TIMES; k++) {
        kr__simulation s = simulation_of(k);
        kr__modify(&s, y, 20);
        for (int t = 0; t < N; t++) assert_true(isfinite(y[t]));
        assert_int_equal(s.room_used, 0);
    }
}

static void gaps(void **state) {
    (void)state;
    double missing = 0, runs = 0;
    for (uint64_t k = 0; k < TIMES; k++) {
        kr__simulation s = simulation_of(k);
        int64_t n = 0;
        kr__leave_gaps(&s, y);
        for (int t = 0; t < N; t++) n += isnan(y[t]);
        for (int t = 1; t < N; t++) runs += isnan(y[t]) && !isnan(y[t - 1]);
        assert_true(n < N);
        missing += (double)n / N / TIMES;
    }
    /* Log-uniform from .005 to .4: a mean of .09. */
    assert_true(missing > 0.075 && missing < 0.105);
    assert_true(runs < 0.8 * missing * N * TIMES && runs > 0.3 * missing * N * TIMES);
    for (uint64_t k = 0; k < 500; k++) {
        kr__simulation s = simulation_of(k);
        s.n = 1;
        kr__leave_gaps(&s, y);
        assert_false(isnan(y[0]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_stay_counts), cmocka_unit_test(levels_stay_levels),
        cmocka_unit_test(a_unit_is_linear), cmocka_unit_test(often), cmocka_unit_test(gaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
