/* SPDX-License-Identifier: MIT
 * test_mix.c - options are read, and refused with a sentence. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "simulate/simulator.h"

static kr__simulator read(kr_simulate_options o) {
    kr__simulator out;
    kr_error err = {.text = ""};
    o.size = sizeof o;
    if (kr__simulator_init(&o, &out, &err) != KR_OK) fail_msg("%s", err.text);
    return out;
}

static int64_t family_of(const char *name) {
    for (int64_t i = 0; i < kr_simulate_families(); i++) {
        if (strcmp(kr_simulate_family_name(i), name) == 0) return i;
    }
    fail_msg("no family %s", name);
    return -1;
}

static void families(void **state) {
    (void)state;
    kr__simulator all = read((kr_simulate_options){0});
    double sum = 0;
    kr__simulator some = read((kr_simulate_options){.families = "arima, walk=2.5,arima=3"});
    for (int64_t i = 0; i < kr_simulate_families(); i++) {
        assert_true(all.families[i] == kr_simulate_family_weight(i) && all.families[i] > 0);
        sum += some.families[i];
    }
    assert_true(sum == 6.5 && some.families[family_of("arima")] == 4);
    assert_true(some.families[family_of("walk")] == 2.5);
}

static void seasons(void **state) {
    (void)state;
    kr__simulator m = read((kr_simulate_options){.seasons = "24+168=3,1,any=0.5,7+365+366"});
    assert_int_equal(m.n_choices, 4);
    assert_true(m.choices[0].n == 2 && m.choices[0].steps[0] == 24 && m.choices[0].steps[1] == 168);
    assert_true(m.choice_weights[0] == 3 && m.choice_weights[1] == 1 && m.choice_weights[2] == 0.5);
    assert_true(m.choices[1].n == 0 && m.choices[2].is_any && m.choices[3].n == 3);
    assert_false(m.is_fitted);
    assert_true(read((kr_simulate_options){0}).is_fitted);
}

static void numbers(void **state) {
    (void)state;
    kr__simulator m = read((kr_simulate_options){0});
    assert_true(m.noise == 1 && m.gaps == 0 && m.mixed == 0.15 && m.modified == 1);
    m = read((kr_simulate_options){.noise = 2, .gaps = 1, .mixed = -1, .modified = -1});
    assert_true(m.noise == 2 && m.gaps == 1 && m.mixed == 0 && m.modified == 0);
    m = read((kr_simulate_options){.noise = 1e6, .mixed = 1, .modified = 1e6}); /* the largest */
    assert_true(m.noise == 1e6 && m.mixed == 1 && m.modified == 1e6);
}

static void assert_refused(kr_simulate_options o, const char *word) {
    kr__simulator out = {.seed = 77};
    kr_error err = {.text = ""};
    o.size = sizeof o;
    assert_int_equal(kr__simulator_init(&o, &out, &err), KR_USAGE);
    if (!strstr(err.text, word)) fail_msg("\"%s\" does not speak of %s", err.text, word);
    assert_int_equal(out.seed, 77);
}

static void refusals(void **state) {
    (void)state;
    assert_refused((kr_simulate_options){.families = "arime"}, "did you mean arima");
    assert_refused((kr_simulate_options){.families = "qqqqqq"}, "no family");
    assert_refused((kr_simulate_options){.families = "arima=x"}, "weight of arima");
    assert_refused((kr_simulate_options){.families = "arima=-1"}, "weight of arima");
    assert_refused((kr_simulate_options){.families = "arima=0"}, "no weight is above 0");
    assert_refused((kr_simulate_options){.families = ""}, "no weight is above 0");
    static const char *const bad[] = {"24+7", "0",    "24+24",   "1+7", "x",
                                      "24+",  "8193", "2+3+4+5", "-7"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_refused((kr_simulate_options){.seasons = bad[i]}, "`seasons`");
    }
    assert_refused((kr_simulate_options){.noise = -1}, "`noise`");
    assert_refused((kr_simulate_options){.noise = (double)NAN}, "`noise`");
    assert_refused((kr_simulate_options){.gaps = 1.1}, "`gaps`");
    assert_refused((kr_simulate_options){.mixed = (double)NAN}, "`mixed`");
    assert_refused((kr_simulate_options){.modified = (double)INFINITY}, "`modified`");
    char many[400] = "2";
    for (int k = 3; k < 3 + KR__SIMULATOR_SEASONS; k++) strcat(many, ",5");
    assert_refused((kr_simulate_options){.seasons = many}, "more than 64");
    kr__simulator out;
    kr_error err = {.text = ""};
    assert_int_equal(kr__simulator_init(&(kr_simulate_options){.seed = 1}, &out, &err), KR_USAGE);
    assert_int_equal(kr__simulator_init(NULL, &out, &err), KR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(families), cmocka_unit_test(seasons),
                                       cmocka_unit_test(numbers), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
