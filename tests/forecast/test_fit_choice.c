/* SPDX-License-Identifier: MIT
 * test_fit_choice.c - which candidate, or the median of which, is taken. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/flags.h"
#include "forecast/fitting.h"
#include "support/made_rows.h"

enum { HORIZON = 4, SERIES = 20, MANY_ROWS = 400, ROWS = 200 };

static double weekly(int64_t series, int64_t t) { return (double)(t * t % 7 + series); }

/* A study of SERIES series of n_rows, two windows of each: one to choose by, one for the verdict.
 */
static kr__study *make_study(int64_t n_rows) {
    const kr__study_plan plan = {.horizon = HORIZON, .most_windows = 2, .is_panel = true};
    kr_rows *rows = made_rows(SERIES, n_rows, weekly);
    kr__study *study = NULL;
    assert_int_equal(kr__study_make(rows, &plan, 1, &study, NULL), KR_OK);
    kr_rows_destroy(rows);
    return study;
}

/* A model whose forecasts are above the truth by so much of the target's scale. */
typedef struct entry {
    const char *model;
    double above;
} entry;

static void add(kr__fit_result *r, entry e) {
    kr__fit_candidate *c = &r->candidates[r->n_candidates++];
    const kr__study *s = r->study;
    snprintf(c->model, sizeof c->model, "%s", e.model);
    c->local = kr__local_find(e.model);
    assert_int_equal(kr__study_forecasts_init(s, &c->forecasts, NULL), KR_OK);
    for (int64_t i = 0; i < s->n_windows * s->horizon; i++) {
        double scale = s->targets[s->windows[i / s->horizon].target].scale;
        c->forecasts.mean[i] = s->truth[i] + e.above * scale;
        c->forecasts.spread[i] = scale;
    }
    c->loss = kr__study_loss(s, &c->forecasts, KR__CHOOSING);
    c->verdict_loss = kr__study_loss(s, &c->forecasts, KR__VERDICT);
    assert_true(fabs(c->loss - fabs(e.above)) < 1e-9);
}

/* What is taken of these, n_rows in each series, is `expected`. */
static void check_choice(const entry *entries, int n, int64_t n_rows, const char *expected) {
    kr__fit_result r = {.study = make_study(n_rows)};
    kr_fit_config config;
    char text[KR_FIT_CHOICE];
    kr_error err = {.text = ""};
    kr__flags_init(kr__fit_flags(), &config);
    for (int i = 0; i < n; i++) add(&r, entries[i]);
    if (kr__fit_choose(&config, &r, &err) != KR_OK) fail_msg("%s", err.text);
    assert_string_equal(kr__fit_choice(&r, text), expected);
    kr__fit_result_deinit(&r);
}
#define CHECK(expected, ...)                                                                       \
    do {                                                                                           \
        const entry entries[] = {__VA_ARGS__};                                                     \
        check_choice(entries, (int)(sizeof entries / sizeof *entries), ROWS, expected);            \
    } while (0)

static void the_best_is_taken_where_no_median_is_near(void **state) {
    (void)state;
    CHECK("Theta", {"Naive", 2}, {"ETS", 1.2}, {"Theta", 1});
}

/* 1 above and 1 below: their median has no error, and there is nothing as good. */
static void errors_that_cancel_out_are_joined(void **state) {
    (void)state;
    CHECK("the median of ETS and Theta", {"Naive", 2}, {"ETS", 1}, {"Theta", -1.1}, {"CES", 1.2});
}

/* The medians' losses are 1, 1.015, 1.03 and 1.06. Long series: 2 % more is as good. Of 16 rows
 * half come after the window for choosing: then 5 % more is. */
static void of_medians_that_are_nearly_as_good_the_largest_is_taken(void **state) {
    (void)state;
    const entry entries[] = {{"ETS", 1}, {"Theta", 1.03}, {"CES", 1.09}, {"ARIMA", 1.2}};
    check_choice(entries, 4, MANY_ROWS, "the median of ETS and Theta");
    check_choice(entries, 4, 16, "the median of ETS, Theta and CES");
}

/* A quarter worse than the best one. */
static void what_is_far_worse_is_no_member(void **state) {
    (void)state;
    CHECK("the median of ETS, Theta and CES", {"ETS", 1}, {"Theta", 1.0}, {"CES", 1.24});
    CHECK("the median of ETS and Theta", {"ETS", 1}, {"Theta", 1.0}, {"CES", 1.26});
}

/* A forecaster holds one. */
static void one_learned_model_is_joined(void **state) {
    (void)state;
    CHECK("the median of DLinear and ETS", {"DLinear", 1}, {"RLinear", 1.001}, {"ETS", 1.002});
}

/* What was best on the windows for choosing is worse than a rule on those for the verdict: the rule
 * is taken, whose errors those of the targets are; the verdict says why. */
static void what_a_rule_beats_gives_way_to_it(void **state) {
    (void)state;
    kr__fit_result r = {.study = make_study(ROWS)};
    kr_fit_config config;
    char text[KR_FIT_CHOICE];
    kr__flags_init(kr__fit_flags(), &config);
    add(&r, (entry){"Theta", 0.5});
    add(&r, (entry){"Naive", 1});
    kr__study_forecasts *theta = &r.candidates[0].forecasts;
    for (int64_t i = 0; i < r.study->n_windows * HORIZON; i++) {
        const kr__study_window *it = &r.study->windows[i / HORIZON];
        if (it->is_verdict) theta->mean[i] += 2 * r.study->targets[it->target].scale;
    }
    assert_int_equal(kr__fit_choose(&config, &r, NULL), KR_OK);
    assert_true(r.is_rule_after_all);
    assert_string_equal(kr__fit_choice(&r, text), "Naive");
    assert_int_equal(r.verdict.kind, KR_WORSE);
    assert_true(fabs(r.verdict.mase - 2.5) < 1e-9 && fabs(r.verdict.rule_mase - 1) < 1e-9);
    assert_int_equal(r.verdict.n_targets, SERIES);
    for (int i = 0; i < SERIES; i++) {
        assert_true(fabs(r.verdict.mases[i] - 1) < 1e-9 && r.verdict.skills[i] == 0);
    }
    assert_true(fabs(r.loss - 1) < 1e-9 && fabs(r.verdict_loss - 1) < 1e-9);
    kr__fit_result_deinit(&r);
}

static void a_model_that_was_left_out_is_not_chosen(void **state) {
    (void)state;
    kr__fit_result r = {.study = make_study(ROWS)};
    kr_fit_config config;
    char text[KR_FIT_CHOICE];
    kr__flags_init(kr__fit_flags(), &config);
    snprintf(r.candidates[r.n_candidates++].model, sizeof r.candidates->model, "ETS");
    add(&r, (entry){"Theta", 1});
    assert_int_equal(kr__fit_choose(&config, &r, NULL), KR_OK);
    assert_string_equal(kr__fit_choice(&r, text), "Theta");
    assert_int_equal(r.rule, -1);
    kr__fit_result_deinit(&r);
}

static void without_any_model_there_is_a_sentence(void **state) {
    (void)state;
    kr__fit_result r = {.study = make_study(ROWS)};
    kr_fit_config config;
    kr_error err = {.text = ""};
    kr__flags_init(kr__fit_flags(), &config);
    assert_int_equal(kr__fit_choose(&config, &r, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "too few"));
    add(&r, (entry){"Theta", 1});
    kr__study_forecasts_deinit(&r.candidates[0].forecasts);
    snprintf(r.candidates[0].why_not, KR_FIT_WHY, "%s", kr__fit_is_late);
    kr__study_forecasts_deinit(&r.own);
    assert_int_equal(kr__fit_choose(&config, &r, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "`time_budget`"));
    kr__fit_result_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_taken_where_no_median_is_near),
        cmocka_unit_test(errors_that_cancel_out_are_joined),
        cmocka_unit_test(of_medians_that_are_nearly_as_good_the_largest_is_taken),
        cmocka_unit_test(what_is_far_worse_is_no_member),
        cmocka_unit_test(one_learned_model_is_joined),
        cmocka_unit_test(what_a_rule_beats_gives_way_to_it),
        cmocka_unit_test(a_model_that_was_left_out_is_not_chosen),
        cmocka_unit_test(without_any_model_there_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
