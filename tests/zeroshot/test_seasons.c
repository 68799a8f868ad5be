/* SPDX-License-Identifier: MIT
 * test_seasons.c - seasons that are not as long as the calendar says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/random.h"
#include "zeroshot/seasons.h"

enum { N = 600 };

static void expect(int64_t real, double trend, double noise, int64_t told, int64_t told_long,
                   int64_t found, int64_t found_long) {
    double y[N];
    int64_t season[2] = {told, told_long};
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, (uint64_t)real);
    for (int t = 0; t < N; t++) {
        y[t] = 10 * sin(6.283185307179586 * t / (double)real) + trend * t +
               noise * kr__rng_normal(&rng);
        if (t % 50 == 7) y[t] = (double)NAN;
    }
    kr__seasons_refine(y, N, season);
    assert_int_equal(season[0], found);
    assert_int_equal(season[1], found_long);
}

static void a_day_may_lack_an_hour(void **state) {
    (void)state;
    expect(24, 0, .1, 24, 168, 24, 168);
    expect(23, 0, .1, 24, 168, 23, 161);
    expect(25, 0, .1, 24, 24, 25, 25);
    expect(23, 0, .1, 24, 100, 23, 23);
    expect(50, 0, .1, 52, 52, 50, 50);
}

static void what_is_not_clear_stays(void **state) {
    (void)state;
    expect(23, 0, 30, 24, 168, 24, 168); /* noise */
    expect(24, 5, .1, 24, 24, 24, 24);   /* a trend makes shorter distances smaller */
    expect(12, 2, .1, 12, 12, 12, 12);
    expect(3, 0, .1, 4, 4, 4, 4); /* a quarter is one */
    expect(200, 0, .1, 1, 1, 1, 1);
}

static void short_series_stay(void **state) {
    (void)state;
    double y[40];
    int64_t season[2] = {24, 24};
    for (int t = 0; t < 40; t++) y[t] = t % 23;
    kr__seasons_refine(y, 40, season);
    assert_int_equal(season[0], 24);
    kr__seasons_refine(y, 0, season);
    assert_int_equal(season[0], 24);
}

/* From three lengths and a value on; of a season of seven steps and more. */
static void just_enough(void **state) {
    (void)state;
    double y[80];
    for (int t = 0; t < 80; t++) y[t] = t % 25 * (t % 25);
    for (int64_t n = 75; n <= 76; n++) {
        int64_t season[2] = {24, 24};
        kr__seasons_refine(y, n, season);
        assert_int_equal(season[0], n == 75 ? 24 : 25);
    }
    expect(8, 0, .1, 7, 14, 8, 16);
    expect(6, 0, .1, 7, 7, 6, 6);
    expect(7, 0, .1, 6, 6, 6, 6);
    expect(26, 0, .1, 24, 24, 26, 26); /* a twelfth away */
    expect(27, 0, .1, 24, 24, 24, 24);
}

/* What it was more than 21 seasons ago does not matter. */
static void the_last_seasons_count(void **state) {
    (void)state;
    enum { OLD = 300, NEW = 21 * 24 };
    double y[OLD + NEW];
    int64_t season[2] = {24, 24};
    for (int t = 0; t < OLD + NEW; t++) y[t] = t < OLD ? 1e6 * (t % 24) : t % 23 * (t % 23);
    kr__seasons_refine(y, OLD + NEW, season);
    assert_int_equal(season[0], 23);
    season[0] = season[1] = 24;
    for (int t = 0; t < OLD + NEW; t++) y[t] = t <= OLD ? 1e6 * (t % 24) : t % 23 * (t % 23);
    kr__seasons_refine(y, OLD + NEW, season);
    assert_int_equal(season[0], 24); /* one value of before is seen, and is far from all others */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_may_lack_an_hour), cmocka_unit_test(what_is_not_clear_stays),
        cmocka_unit_test(short_series_stay), cmocka_unit_test(just_enough),
        cmocka_unit_test(the_last_seasons_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
