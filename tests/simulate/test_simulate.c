/* SPDX-License-Identifier: MIT
 * test_simulate.c - what holds for all simulated series: the same bits whoever draws them, finite
 * numbers, and families that are what they say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "simulate/simulator.h"
#include "support/sha256.h"
#include "support/starve.h"
#include "support/workers.h"

enum { COUNT = 60, LENGTH = 300, LONGEST = 8192 };
static double values[COUNT * LENGTH], others[COUNT * LENGTH], longer[2 * LONGEST];
static kr_simulated what[2000], those[COUNT];

static kr_simulate_options plain_of(const char *families, const char *seasons) {
    return (kr_simulate_options){.size = sizeof(kr_simulate_options),
                                 .seed = 11,
                                 .families = families,
                                 .seasons = seasons,
                                 .mixed = -1,
                                 .modified = -1};
}

static void draw(const kr_simulate_options *o, int64_t first, int64_t count, int64_t length,
                 double *out) {
    kr_error err = {.text = ""};
    if (kr_simulate(test_team, o, first, count, length, out, what, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
}

/* ---- the same bits ---------------------------------------------------------------------- */

static void any_number_of_workers(void **state) {
    const kr_simulate_options o = {.size = sizeof o, .seed = 3, .gaps = 0.3};
    (void)state;
    draw(&o, 5, COUNT, LENGTH, values);
    memcpy(those, what, sizeof those);
    for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
        test_workers(test_worker_counts[i]);
        memset(others, 0, sizeof others);
        memset(what, 0, sizeof what);
        draw(&o, 5, COUNT, LENGTH, others);
        assert_memory_equal(values, others, sizeof values);
        assert_memory_equal(what, those, sizeof those);
    }
    test_workers(0);
}

static void one_by_one(void **state) {
    const kr_simulate_options o = {.size = sizeof o, .seed = 3, .gaps = 0.3};
    static float floats[COUNT * LENGTH];
    kr__simulator m;
    (void)state;
    void *scratch = kr__calloc(1, kr__simulator_scratch(LENGTH));
    draw(&o, 5, COUNT, LENGTH, values);
    assert_int_equal(kr__simulator_init(&o, &m, NULL), KR_OK);
    for (int64_t i = COUNT - 1; i >= 0; i--) {
        kr_simulated w;
        kr__simulator_draw(&m, (uint64_t)(5 + i), LENGTH, scratch, others, &w);
        assert_memory_equal(values + i * LENGTH, others, LENGTH * sizeof *others);
        assert_memory_equal(&w, &what[i], sizeof w);
    }
    kr_free(scratch);
    assert_int_equal(kr_simulate_f32(NULL, &o, 5, COUNT, LENGTH, floats, NULL, NULL), KR_OK);
    for (int64_t i = 0; i < COUNT * LENGTH; i++) {
        if (isnan(values[i])) assert_true(isnan(floats[i]));
        if (!isnan(values[i])) assert_true(floats[i] == (float)values[i]);
    }
    assert_true(floats[0] != floats[LENGTH]);
}

/* Other seeds, numbers and lengths are other series. */
static void seeds_differ(void **state) {
    const kr_simulate_options a = {.size = sizeof a, .seed = 3}, b = {.size = sizeof b, .seed = 4};
    (void)state;
    draw(&a, 0, COUNT, LENGTH, values);
    draw(&b, 0, COUNT, LENGTH, others);
    for (int64_t i = 0; i < COUNT; i++) {
        assert_memory_not_equal(values + i * LENGTH, others + i * LENGTH, LENGTH * sizeof *values);
        if (i == 0) continue;
        assert_memory_not_equal(values + i * LENGTH, values, LENGTH * sizeof *values);
    }
}

/* Numbers change when they are meant to: models are trained on them. */
static void numbers_are_those_of_before(void **state) {
    static const char *const wanted =
        "81ded1bdcf9b75062fae07a83629110700b6c9dd148a36f73d8f95af5a37673a";
    char text[65];
    double *at = values;
    (void)state;
    const int64_t n = kr_simulate_families();
    for (int64_t i = 0; i < n; i++) {
        kr_simulate_options o = plain_of(kr_simulate_family_name(i), NULL);
        o.modified = 0;
        draw(&o, i, 2, 200, at);
        at += 400;
    }
    const kr_simulate_options mix = {.size = sizeof mix, .seed = 8, .mixed = 0.5};
    draw(&mix, 0, (COUNT * LENGTH - n * 400) / 250, 250, at);
    kr_sha256(values, sizeof values, text);
    assert_string_equal(text, wanted);
}

enum { TRAITS = 7 };
static void list_traits(const kr_simulated *w, double *out) {
    const double traits[TRAITS] = {w->second,
                                   w->n_seasons,
                                   w->is_multiplicative,
                                   w->is_integer,
                                   w->is_nonnegative,
                                   w->has_gaps,
                                   w->n_seasons > 0 ? (double)w->seasons[0] : 0};
    memcpy(out, traits, sizeof traits);
}

/* The numbers of `each` series of every family, modified often, and what they are said to be. */
static void hash_of_all(int64_t each, int64_t length, char text[65]) {
    const int64_t n = kr_simulate_families(), size = each * (length + TRAITS);
    double *all = kr__calloc((size_t)(n * size), sizeof *all);
    for (int64_t i = 0; i < n; i++) {
        const kr_simulate_options o = {.size = sizeof o,
                                       .seed = 21,
                                       .families = kr_simulate_family_name(i),
                                       .mixed = 0.3,
                                       .modified = 4,
                                       .gaps = 0.1};
        double *at = all + i * size;
        draw(&o, i * each, each, length, at);
        for (int64_t k = 0; k < each; k++) list_traits(&what[k], at + each * length + k * TRAITS);
    }
    kr_sha256(all, (size_t)(n * size) * sizeof *all, text);
    kr_free(all);
}

/* Nor do those of what seldom happens: in many short series, in some long ones, in
 * such as are shorter than their curves. */
static void rare_numbers_too(void **state) {
    char text[65];
    (void)state;
    hash_of_all(100, 12, text);
    assert_string_equal(text, "800cfe92de096bf89f3eeefa35d02a7c932b63aad3c68e2640bae60b92196ce7");
    hash_of_all(60, 48, text);
    assert_string_equal(text, "714c3be2fb60b90404c1f338b06e5d86a542c050ba76ce52675ef66b7b45d76b");
    hash_of_all(4, 2400, text);
    assert_string_equal(text, "085527fdfb8be8ed34bed9276934d2764f181161b97482f47eec51ff657f04ec");
}

/* ---- finite ----------------------------------------------------------------------------- */

static void slow_every_family_is_finite(void **state) {
    static const int64_t lengths[] = {1, 2, 7, 64, 8192};
    (void)state;
    kr__simulator m;
    void *scratch = kr__calloc(1, kr__simulator_scratch(LONGEST));
    for (int64_t k = 0; k < kr_simulate_families(); k++) {
        kr_simulate_options o = {.size = sizeof o, .families = kr_simulate_family_name(k)};
        assert_int_equal(kr__simulator_init(&o, &m, NULL), KR_OK);
        for (int64_t i = 0; i < 2000; i++) {
            int64_t length = lengths[i % 100 == 0 ? 4 : i % 4];
            kr_simulated w;
            kr__simulator_draw(&m, (uint64_t)i, length, scratch, longer, &w);
            for (int64_t t = 0; t < length; t++) {
                if (!(fabs(longer[t]) <= 1e15)) {
                    fail_msg("%s: series %d, step %d of %d: %g", o.families, (int)i, (int)t,
                             (int)length, longer[t]);
                }
            }
            assert_int_equal(w.family, k);
        }
    }
    kr_free(scratch);
}

/* The longest seasons, finer steps, two families: nothing reaches beyond its room. */
static void room_is_enough(void **state) {
    (void)state;
    kr__simulator m;
    kr_simulate_options o = {.size = sizeof o,
                             .seasons = "2+4096+8192,2730+8190,1024+2048,7+2048",
                             .mixed = 0.7,
                             .modified = 12};
    static const int64_t lengths[] = {1, 100, 2048, 16384};
    for (int i = 0; i < 4; i++) {
        if (i == 3) o.families = "gaussian,seasonal,load,ou"; /* they use most */
        assert_int_equal(kr__simulator_init(&o, &m, NULL), KR_OK);
        size_t size = kr__simulator_scratch(lengths[i]);
        char *scratch = kr__calloc(1, size + 64);
        memset(scratch + size, 0x5a, 64);
        for (uint64_t k = 0; k < (i < 3 ? 300 : 60); k++) {
            kr__simulator_draw(&m, k, lengths[i], scratch, longer, NULL);
        }
        for (int b = 0; b < 64; b++) assert_int_equal(scratch[size + (size_t)b], 0x5a);
        kr_free(scratch);
    }
}

/* ---- what families are ------------------------------------------------------------------- */

static double mean_of(const double *x, int64_t n) {
    double sum = 0;
    for (int64_t t = 0; t < n; t++) sum += x[t] / (double)n;
    return sum;
}

/* Autocorrelation. */
static double correlation(const double *x, int64_t n, int64_t lag) {
    double mean = mean_of(x, n), all = 0, both = 0;
    for (int64_t t = 0; t < n; t++) all += (x[t] - mean) * (x[t] - mean);
    for (int64_t t = lag; t < n; t++) both += (x[t] - mean) * (x[t - lag] - mean);
    return all > 0 ? both / all : 0;
}

/* Series whose values are alike a season apart, and not half a season; where a family says that
 * it has this season. */
static void seasons_are_there(void **state) {
    static const char *const families[] = {"smoothing", "seasonal", "business", "load",
                                           "counts",    "weather",  "features"};
    (void)state;
    for (size_t k = 0; k < sizeof families / sizeof *families; k++) {
        kr_simulate_options o = plain_of(families[k], "24");
        double there = 0, off = 0, beside = 0, n = 0;
        o.noise = 0.2;
        draw(&o, 0, COUNT, LENGTH, values);
        for (int64_t i = 0; i < COUNT; i++) {
            double change[LENGTH - 1];
            const double *y = values + i * LENGTH;
            for (int64_t t = 1; t < LENGTH; t++) change[t - 1] = y[t] - y[t - 1];
            if (what[i].n_seasons == 0) continue;
            assert_int_equal(what[i].seasons[0], 24);
            there += correlation(change, LENGTH - 1, 24);
            off += correlation(change, LENGTH - 1, 17);
            beside += correlation(change, LENGTH - 1, 23);
            n++;
        }
        if (!(n > COUNT / 2 && there / n > 0.2 && off / n < 0.1 && there > beside + 0.02 * n)) {
            fail_msg("%s: %g series, %g a season apart, %g a step less, %g else", families[k], n,
                     there / n, beside / n, off / n);
        }
    }
}

static void counts_are_whole(void **state) {
    static const char *const families[] = {"counts", "intermittent"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        const kr_simulate_options o = {.size = sizeof o, .families = families[k]};
        double n_zero = 0;
        draw(&o, 0, COUNT, LENGTH, values);
        for (int64_t i = 0; i < COUNT; i++) {
            assert_true(what[i].is_integer && what[i].is_nonnegative);
            for (int64_t t = 0; t < LENGTH; t++) {
                double y = values[i * LENGTH + t];
                assert_true(y == floor(y) && y >= 0);
                n_zero += y == 0;
            }
        }
        double share = n_zero / (COUNT * LENGTH);
        assert_true(k == 0 ? share < 0.4 : share > 0.5 && share < 0.95);
    }
}

/* Steps of a walk are not to be foreseen; levels of a mean-reverting process are. */
static void walks_and_means(void **state) {
    (void)state;
    double steps = 0, levels = 0, returns = 0, squares = 0;
    kr_simulate_options o = plain_of("walk", "1");
    draw(&o, 0, COUNT, LENGTH, values);
    for (int64_t i = 0; i < COUNT; i++) {
        const double *y = values + i * LENGTH;
        for (int64_t t = 1; t < LENGTH; t++) others[t - 1] = y[t] - y[t - 1];
        steps += fabs(correlation(others, LENGTH - 1, 1)) / COUNT;
        levels += correlation(y, LENGTH, 1) / COUNT;
    }
    assert_true(steps < 0.1 && levels > 0.9);
    o = plain_of("garch", "1");
    draw(&o, 0, COUNT, LENGTH, values);
    for (int64_t i = 0; i < COUNT; i++) {
        const double *y = values + i * LENGTH;
        if (what[i].is_multiplicative) continue;
        for (int64_t t = 0; t < LENGTH; t++) others[t] = y[t] * y[t];
        returns += correlation(y, LENGTH, 1);
        squares += correlation(others, LENGTH, 1);
    }
    assert_true(squares > 1 && fabs(returns) < 0.5 * squares);
}

static void traits_are_true(void **state) {
    const kr_simulate_options o = {.size = sizeof o, .gaps = 0.5};
    (void)state;
    int n_gaps = 0, n_whole = 0, n_positive = 0, n_mixed = 0;
    for (int64_t first = 0; first < 1200; first += COUNT) {
        draw(&o, first, COUNT, LENGTH, values);
        for (int64_t i = 0; i < COUNT; i++) {
            bool is_whole = true, is_positive = true, has_gaps = false;
            for (int64_t t = 0; t < LENGTH; t++) {
                double y = values[i * LENGTH + t];
                has_gaps = has_gaps || isnan(y);
                is_positive = is_positive && !(y < 0);
                is_whole = is_whole && (isnan(y) || y == floor(y));
            }
            assert_true(what[i].is_integer == is_whole && what[i].has_gaps == has_gaps);
            assert_true(what[i].is_nonnegative == is_positive);
            assert_true(what[i].second >= -1 && what[i].second < kr_simulate_families());
            n_mixed += what[i].second >= 0;
            n_gaps += has_gaps;
            n_whole += is_whole;
            n_positive += is_positive;
            for (int k = 1; k < what[i].n_seasons; k++) {
                assert_true(what[i].seasons[k] > what[i].seasons[k - 1]);
            }
            int last = what[i].n_seasons - 1;
            assert_true(last < 0 || 2 * what[i].seasons[last] <= LENGTH);
        }
    }
    assert_true(n_gaps > 420 && n_gaps < 600);
    assert_true(n_mixed > 100 && n_mixed < 210); /* counts are not mixed */
    assert_true(n_whole > 100 && n_whole < 500 && n_positive > 600 && n_positive < 1150);
}

/* Weights are shares. */
static void weights_count(void **state) {
    const kr_simulate_options o = plain_of("walk=3,chaos", "1");
    (void)state;
    int n = 0;
    static double few[2000 * 8];
    draw(&o, 0, 2000, 8, few);
    for (int64_t i = 0; i < 2000; i++) {
        bool is_walk = strcmp(kr_simulate_family_name(what[i].family), "walk") == 0;
        assert_true(is_walk || strcmp(kr_simulate_family_name(what[i].family), "chaos") == 0);
        n += is_walk;
    }
    assert_true(n > 1420 && n < 1580);
}

/* ---- refusals and memory ------------------------------------------------------------------ */

static void refusals(void **state) {
    const kr_simulate_options bad = {.size = sizeof bad, .gaps = 2};
    kr_error err = {.text = ""};
    (void)state;
    assert_int_equal(kr_simulate(NULL, NULL, 0, 1, 0, values, NULL, &err), KR_SHAPE);
    assert_int_equal(kr_simulate(NULL, NULL, 0, 1, KR_SIMULATED_STEPS + 1, values, NULL, &err),
                     KR_SHAPE);
    assert_int_equal(kr_simulate(NULL, NULL, 0, -1, 5, values, NULL, &err), KR_SHAPE);
    assert_int_equal(kr_simulate(NULL, NULL, -1, 1, 5, values, NULL, &err), KR_SHAPE);
    assert_int_equal(kr_simulate(NULL, &bad, 0, 1, 5, values, NULL, &err), KR_USAGE);
    assert_string_equal(err.hint, "gaps");
    assert_int_equal(kr_simulate(NULL, NULL, 0, 0, 5, values, NULL, &err), KR_OK);
    assert_null(kr_simulate_family_name(-1));
    assert_null(kr_simulate_family_text(kr_simulate_families()));
    assert_null(kr_simulate_family_source(kr_simulate_families()));
    assert_true(kr_simulate_family_weight(-1) == 0);
    test_workers(2);
    kr_team_stop(test_team);
    assert_int_equal(kr_simulate(test_team, NULL, 0, 3, 5, values, NULL, &err), KR_INTERRUPTED);
    test_workers(0);
}

static kr_status draw_some(void *arg, kr_error *err) {
    (void)arg;
    KR_TRY(kr_simulate(NULL, NULL, 0, 3, 50, values, what, err));
    static float floats[150];
    return kr_simulate_f32(NULL, NULL, 0, 3, 50, floats, NULL, err);
}

static void want_of_memory(void **state) {
    (void)state;
    kr_starve("simulate", draw_some, NULL);
}

static kr__simulator hot_simulator;
static void nothing_is_allocated_for_a_series(void **state) {
    (void)state;
    void *scratch = kr__calloc(1, kr__simulator_scratch(LENGTH));
    assert_int_equal(kr__simulator_init(NULL, &hot_simulator, NULL), KR_OK);
    const uint64_t before = kr__alloc_count();
    for (uint64_t i = 0; i < 500; i++) {
        kr__simulator_draw(&hot_simulator, i, LENGTH, scratch, values, NULL);
    }
    assert_true(kr__alloc_count() == before);
    kr_free(scratch);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_number_of_workers),
                                       cmocka_unit_test(one_by_one),
                                       cmocka_unit_test(seeds_differ),
                                       cmocka_unit_test(numbers_are_those_of_before),
                                       cmocka_unit_test(rare_numbers_too),
                                       cmocka_unit_test(slow_every_family_is_finite),
                                       cmocka_unit_test(room_is_enough),
                                       cmocka_unit_test(seasons_are_there),
                                       cmocka_unit_test(counts_are_whole),
                                       cmocka_unit_test(walks_and_means),
                                       cmocka_unit_test(traits_are_true),
                                       cmocka_unit_test(weights_count),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(want_of_memory),
                                       cmocka_unit_test(nothing_is_allocated_for_a_series)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
