/* SPDX-License-Identifier: MIT
 * test_backtest_study.c - a backtest sees what a fit sees: the same windows, scales and truth of
 * the same rows; or the folds that were asked for. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "forecast/backtest_study.h"
#include "support/starve.h"

enum { SERIES = 3, ROWS = 90, WIDTH = 2, HORIZON = 6, SEASON = 12 };

static double values[SERIES][ROWS * WIDTH];
static uint8_t missing[ROWS * WIDTH];
static kr_history histories[SERIES];
static const kr_history *const list[SERIES] = {&histories[0], &histories[1], &histories[2]};

/* The second column is forecast; the last series is shorter, of the first a value was filled. */
static int set_up(void **state) {
    (void)state;
    for (int i = 0; i < SERIES; i++) {
        for (int t = 0; t < ROWS; t++) {
            values[i][t * WIDTH] = -1000 - t;
            values[i][t * WIDTH + 1] =
                10 * i + 5 * sin(0.5235987755982988 * t) + 0.3 * sin((double)(t * t)) + 0.05 * t;
        }
        histories[i] = (kr_history){.size = sizeof(kr_history),
                                    .name = "h",
                                    .n_rows = i < SERIES - 1 ? ROWS : ROWS - 40,
                                    .n_channels = WIDTH,
                                    .values = values[i]};
    }
    missing[(ROWS - 1) * WIDTH + 1] = 1;
    histories[0].missing = missing;
    return 0;
}

static kr_rows *make_rows(void) {
    static double column[SERIES * ROWS];
    static const char *const columns[] = {"y"}, *const names[] = {"a", "b", "c"};
    int64_t counts[SERIES], n = 0;
    for (int i = 0; i < SERIES; i++) {
        counts[i] = histories[i].n_rows;
        for (int64_t t = 0; t < counts[i]; t++) column[n++] = values[i][t * WIDTH + 1];
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = n,
                                   .n_columns = 1,
                                   .values = column,
                                   .columns = columns,
                                   .n_series = SERIES,
                                   .series = names,
                                   .series_rows = counts};
    kr_rows *rows = NULL;
    assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
    return rows;
}

static kr__study *make(int64_t folds, int64_t every, int64_t needed) {
    const int64_t seasons[] = {SEASON};
    const kr__backtest_plan plan = {.horizon = HORIZON,
                                    .seasons = seasons,
                                    .n_seasons = 1,
                                    .needed = needed,
                                    .folds = folds,
                                    .every = every};
    kr__study *s = NULL;
    assert_int_equal(kr__backtest_study_make(list, SERIES, 1, &plan, &s, NULL), KR_OK);
    return s;
}

static void a_fit_sees_the_same(void **state) {
    (void)state;
    const int64_t seasons[] = {SEASON};
    kr__study_plan plan = {.horizon = HORIZON, .seasons = seasons, .n_seasons = 1};
    kr__study_plan_usual(&plan, SERIES, 1);
    kr_rows *rows = make_rows();
    kr__study *of_fit = NULL, *s = make(0, 0, 1);
    assert_int_equal(kr__study_make(rows, &plan, 1, &of_fit, NULL), KR_OK);
    assert_int_equal(s->n_windows, of_fit->n_windows);
    assert_true(s->n_choosing > 0 && s->n_verdict > 0);
    assert_memory_equal(s->windows, of_fit->windows, (size_t)s->n_windows * sizeof *s->windows);
    for (int64_t i = 0; i < SERIES; i++) {
        assert_true(s->targets[i].scale == of_fit->targets[i].scale);
        assert_true(kr__backtest_target_scale(s, i).absolute == s->targets[i].scale);
    }
    /* What was filled is no truth. */
    int64_t last = s->targets[0].first_window + s->targets[0].n_windows - 1;
    assert_int_equal(s->windows[last].origin, ROWS - 1 - HORIZON);
    assert_true(isnan(s->truth[(last + 1) * HORIZON - 1]));
    assert_true(s->truth[last * HORIZON] == of_fit->truth[last * HORIZON]);
    kr__study_destroy(s);
    kr__study_destroy(of_fit);
    kr_rows_destroy(rows);
}

static void folds_that_were_asked_for(void **state) {
    (void)state;
    kr__study *s = make(4, 5, 30);
    assert_int_equal(s->n_choosing, 0);
    assert_int_equal(s->targets[0].n_windows, 4);
    for (int64_t k = 0; k < 4; k++) {
        assert_int_equal(s->windows[k].origin, ROWS - 1 - HORIZON - (3 - k) * 5);
        assert_true(s->windows[k].is_verdict);
    }
    /* Of the short series as many as it has: origins 29, .. 43 of its 50 rows. */
    assert_int_equal(s->targets[2].n_windows, 3);
    assert_int_equal(kr__backtest_window(s, 2, 43), s->n_windows - 1);
    assert_int_equal(kr__backtest_window(s, 2, 44), -1);
    /* The scale is that of the rows up to the first of them. */
    assert_true(s->targets[1].scale ==
                kr_naive_scale_of(ROWS - HORIZON - 15, WIDTH, values[1] + 1, SEASON).absolute);
    kr__study_destroy(s);
}

/* Of so few rows a fit would choose by the only window of each; a backtest judges by it. */
static void windows_that_are_alone_are_judged(void **state) {
    (void)state;
    kr_history few[SERIES];
    const kr_history *const of_few[SERIES] = {&few[0], &few[1], &few[2]};
    const kr__backtest_plan plan = {.horizon = HORIZON, .needed = 1};
    kr__study *s = NULL;
    for (int i = 0; i < SERIES; i++) {
        few[i] = histories[1];
        few[i].n_rows = HORIZON + KR__STUDY_LEAST;
    }
    assert_int_equal(kr__backtest_study_make(of_few, SERIES, 1, &plan, &s, NULL), KR_OK);
    assert_int_equal(s->n_windows, SERIES);
    assert_int_equal(s->n_verdict, SERIES);
    assert_int_equal(s->n_choosing, 0);
    for (int64_t w = 0; w < SERIES; w++) assert_true(s->windows[w].is_verdict);
    kr__study_destroy(s);
}

static kr_status make_with_rules(void *arg, kr_error *err) {
    kr__study *s = NULL;
    kr__backtest_rules rules;
    KR_TRY(kr__backtest_study_make(list, SERIES, 1, arg, &s, err));
    kr_status status = kr__backtest_rules_run(NULL, s, &rules, err);
    kr__backtest_rules_deinit(&rules);
    kr__study_destroy(s);
    return status;
}

static void a_study_may_lack_memory(void **state) {
    (void)state;
    const int64_t seasons[] = {SEASON};
    kr__backtest_plan plan = {.horizon = HORIZON, .seasons = seasons, .n_seasons = 1, .needed = 1};
    kr_starve("the windows of a fit", make_with_rules, &plan);
    plan.folds = 2;
    kr_starve("folds that were asked for", make_with_rules, &plan);
}

static void rules_of_thumb(void **state) {
    (void)state;
    kr__study *s = make(0, 0, 1);
    kr__backtest_rules rules;
    assert_int_equal(kr__backtest_rules_run(NULL, s, &rules, NULL), KR_OK);
    assert_true(rules.n >= 2 && rules.best >= 0);
    for (int i = 0; i < rules.n; i++) {
        assert_true(kr__study_loss(s, &rules.forecasts[rules.best], KR__CHOOSING) <=
                    kr__study_loss(s, &rules.forecasts[i], KR__CHOOSING));
    }
    assert_true(kr__study_loss(s, &rules.forecasts[rules.best], KR__VERDICT) < 1.5);
    kr__backtest_rules_deinit(&rules);
    kr__study_destroy(s);
}

static void seasons_of_a_backtest(void **state) {
    (void)state;
    int64_t seasons[KR__LOCAL_SEASONS];
    kr_history h = {.has_frequency = true, .frequency = {.micros = KR__HOUR}};
    assert_int_equal(kr__backtest_seasons(&h, 0, 7, 0, seasons), 2);
    assert_int_equal(seasons[0], 24);
    assert_int_equal(seasons[1], 168);
    assert_int_equal(kr__backtest_seasons(&h, 24, 7, 0, seasons), 2);
    assert_int_equal(kr__backtest_seasons(&h, 12, 7, 0, seasons), 1);
    assert_int_equal(seasons[0], 12);
    assert_int_equal(kr__backtest_seasons(&h, 1, 7, 0, seasons), 0);
    h.has_frequency = false;
    assert_int_equal(kr__backtest_seasons(&h, 0, 7, 28, seasons), 2);
    assert_int_equal(seasons[1], 28);
    assert_int_equal(kr__backtest_seasons(&h, 0, 7, 0, seasons), 1);
    assert_int_equal(kr__backtest_seasons(&h, 0, 0, 0, seasons), 0);
    assert_int_equal(kr__backtest_seasons(&h, 5, 7, 0, seasons), 1);
    assert_int_equal(seasons[0], 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_sees_the_same),
        cmocka_unit_test(folds_that_were_asked_for),
        cmocka_unit_test(windows_that_are_alone_are_judged),
        cmocka_unit_test(a_study_may_lack_memory),
        cmocka_unit_test(rules_of_thumb),
        cmocka_unit_test(seasons_of_a_backtest),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
