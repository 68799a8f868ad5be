/* SPDX-License-Identifier: MIT
 * test_comparison.c - the grid of a comparison, its sentences, and what is read out of times. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "forecast/comparison.h"
#include "support/starve.h"

static kr_comparison_config make_config(void) {
    kr_comparison_config c;
    kr__flags_init(kr__comparison_flags(), &c);
    return c;
}

static void set(kr_comparison_config *c, const char *name, const char *text) {
    assert_int_equal(kr__flags_set(kr__comparison_flags(), c, name, text, NULL), KR_OK);
}

static void the_grid_has_every_case_once(void **state) {
    (void)state;
    kr_comparison_config c = make_config();
    kr_comparison_case *cases = NULL;
    int64_t n = 0;
    set(&c, "seq_len", "96,320");
    set(&c, "batch_size", "4,8");
    set(&c, "d_state", "16,0,32");
    set(&c, "d_model", "64");
    set(&c, "seed", "5");
    assert_int_equal(kr__comparison_cases(&c, &cases, &n, NULL), KR_OK);
    assert_int_equal(n, 2 * 2 * (1 + 3));
    assert_string_equal(cases[0].config.model, "TimeStar");
    assert_false(cases[0].has_state);
    assert_true(cases[1].has_state);
    assert_int_equal(cases[3].config.d_state, 32);
    assert_int_equal(cases[4].config.batch_size, 8);
    assert_int_equal(cases[8].config.seq_len, 320);
    assert_int_equal(kr__comparison_tokens(&cases[8]), 20);
    assert_int_equal(cases[15].config.d_model, 64);
    assert_int_equal(cases[15].config.seed, 5);
    assert_string_equal(cases[15].config.model_id, "bench_bs8_ds32");
    kr_free(cases);
}

static void check_refusal(const char *name, const char *text, const char *sentence) {
    kr_comparison_config c = make_config();
    kr_comparison_case *cases = NULL;
    int64_t n = 0;
    kr_error err = {.text = ""};
    set(&c, name, text);
    assert_int_equal(kr__comparison_cases(&c, &cases, &n, &err), KR_USAGE);
    assert_non_null(strstr(err.text, sentence));
    assert_null(cases);
}

static void lists_that_are_none_are_refused(void **state) {
    (void)state;
    check_refusal("seq_len", "96,,192", "`seq_len`: a value is missing");
    check_refusal("seq_len", "", "`seq_len`: a value is missing");
    check_refusal("seq_len", "96,192,96", "`seq_len`: 96 is named twice");
    check_refusal("seq_len", "96 192", "`seq_len`");
    check_refusal("batch_size", "0", "`batch_size`: 0 is out of range");
    check_refusal("models", "TimeStar,Mamba", "`models`");
    check_refusal("seq_len", "8,96", "`patch_len` 16 is longer than `seq_len` 8");
    check_refusal("d_model", "12", "`d_model` 12 cannot be divided");
}

static void a_case_is_timed(void **state) {
    (void)state;
    kr_comparison_config c = make_config();
    kr_comparison_case *cases = NULL;
    kr_case_times times;
    int64_t n = 0;
    set(&c, "seq_len", "32");
    set(&c, "d_model", "16");
    set(&c, "d_ff", "16");
    set(&c, "measurements", "3");
    set(&c, "steps", "2");
    assert_int_equal(kr__comparison_cases(&c, &cases, &n, NULL), KR_OK);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(kr__comparison_time(NULL, &c, &cases[i], NULL, NULL, &times, NULL), KR_OK);
        assert_int_equal(times.steps, 2);
        assert_true(times.n_parameters > 1000);
        assert_true(times.train.least > 0 && times.inference.least > 0);
        assert_true(times.train.least <= times.train.median);
        assert_true(times.train.median <= times.train.largest);
    }
    kr_free(cases);
}

static kr_status make_and_time(void *arg, kr_error *err) {
    kr_comparison_case *cases = NULL;
    kr_case_times times;
    int64_t n = 0;
    KR_TRY(kr__comparison_cases(arg, &cases, &n, err));
    kr_status status = kr__comparison_time(NULL, arg, &cases[0], NULL, NULL, &times, err);
    kr_free(cases);
    return status;
}

static void a_case_may_lack_memory(void **state) {
    (void)state;
    static const char *const small[][2] = {
        {"seq_len", "32"}, {"pred_len", "4"}, {"d_model", "4"},      {"n_heads", "2"},
        {"d_ff", "4"},     {"d_core", "2"},   {"batch_size", "2"},   {"steps", "1"},
        {"e_layers", "1"}, {"enc_in", "2"},   {"measurements", "3"}, {"d_state", "0"}};
    kr_comparison_config c = make_config();
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) set(&c, small[i][0], small[i][1]);
    kr_starve("a case", make_and_time, &c);
}

static void a_spread_has_its_quantiles(void **state) {
    (void)state;
    double five[] = {3, 1, 5, 2, 4}, two[] = {8, 4}, one[] = {6};
    kr_spread s = kr__spread_of(five, 5);
    assert_true(s.least == 1 && s.lower_quartile == 2 && s.median == 3);
    assert_true(s.upper_quartile == 4 && s.largest == 5);
    s = kr__spread_of(two, 2);
    assert_true(s.least == 4 && s.lower_quartile == 5 && s.median == 6 && s.largest == 8);
    s = kr__spread_of(one, 1);
    assert_true(s.least == 6 && s.median == 6 && s.upper_quartile == 6);
}

static void a_crossing_is_found(void **state) {
    (void)state;
    const double tokens[] = {10, 100, 1000}, even[] = {1, 1, 1};
    const double late[] = {4, 2, 0.5}, first[] = {0.5, 2, 0.5}, fast[] = {0.9, 0.9, 0.9};
    kr_crossing c = kr__comparison_crossing(tokens, even, late, 3);
    assert_int_equal(c.kind, KR_CROSSING_AT);
    assert_true(fabs(c.tokens - sqrt(100.0 * 1000.0)) < 1e-9 * c.tokens);
    /* Faster at the shortest alone does not count. */
    c = kr__comparison_crossing(tokens, even, first, 3);
    assert_int_equal(c.kind, KR_CROSSING_AT);
    assert_true(c.tokens > 100);
    assert_int_equal(kr__comparison_crossing(tokens, even, fast, 3).kind, KR_CROSSING_ALWAYS);
    assert_int_equal(kr__comparison_crossing(tokens, fast, even, 3).kind, KR_CROSSING_NEVER);
    assert_int_equal(kr__comparison_crossing(tokens, even, late, 2).kind, KR_CROSSING_NEVER);
    /* As fast is not faster. */
    assert_int_equal(kr__comparison_crossing(tokens, even, even, 3).kind, KR_CROSSING_NEVER);
}

static void a_power_law_is_found(void **state) {
    (void)state;
    double x[] = {3, 10, 40, 1000}, y[4];
    for (int i = 0; i < 4; i++) y[i] = 0.25 * pow(x[i], 1.7);
    kr_power_law law = kr__power_law_fit(x, y, 4);
    assert_true(fabs(law.slope - 1.7) < 1e-12);
    assert_true(fabs(law.factor - 0.25) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_grid_has_every_case_once),
        cmocka_unit_test(lists_that_are_none_are_refused),
        cmocka_unit_test(a_case_is_timed),
        cmocka_unit_test(a_case_may_lack_memory),
        cmocka_unit_test(a_spread_has_its_quantiles),
        cmocka_unit_test(a_crossing_is_found),
        cmocka_unit_test(a_power_law_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
