/* SPDX-License-Identifier: MIT
 * test_backtest.c - a backtest as a host program has it: it says of each fold what the model itself
 * says there, and what the rules of thumb say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/kr.h>

#include "core/arena.h"
#include "support/made_rows.h"
#include "support/starve.h"
#include "support/workers.h"

enum { SERIES = 3, ROWS = 80, HORIZON = 6, SEASON = 7 };

static double wave(int64_t series, int64_t t) {
    return 20 + (double)series + (double)(t * t % 5) + 4 * sin((double)t * 0.8975979);
}

/* A model that learns where models is NULL, else of these statistical ones. */
static kr_forecaster *make_model(const kr_rows *rows, const char *models) {
    static const char *const values[][2] = {
        {"model", "RLinear"}, {"data", "custom"},    {"target", "y"},
        {"features", "S"},    {"seq_len", "12"},     {"pred_len", "6"},
        {"season", "7"},      {"train_epochs", "1"}, {"batch_size", "4"}};
    kr_settings *s = NULL;
    kr_forecaster *model = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_forecast_settings_create(&s, NULL), KR_OK);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (kr_settings_set(s, values[i][0], values[i][1], &err) != KR_OK) fail_msg("%s", err.text);
    }
    if (models) assert_int_equal(kr_settings_set(s, "local_models", models, &err), KR_OK);
    if (kr_forecaster_create(test_team, s, &model, &err) != KR_OK) fail_msg("%s", err.text);
    if (kr_forecaster_train(model, rows, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(s);
    return model;
}

typedef struct bench {
    kr_rows *rows;
    kr_forecaster *model;
    kr_history *series[SERIES];
    int64_t n;
} bench;

static const kr_history *const *histories(const bench *b) {
    return (const kr_history *const *)b->series;
}

static bench set_up(int64_t n_series, const char *models) {
    bench b = {.rows = made_rows(n_series, ROWS, wave), .n = n_series};
    kr_error err = {.text = ""};
    b.model = make_model(b.rows, models);
    for (int64_t i = 0; i < n_series; i++) {
        const kr_history_options how = {.size = sizeof how, .series = kr_rows_series(b.rows, i)};
        if (kr_history_of_rows(b.model, b.rows, i, &how, &b.series[i], &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
    }
    return b;
}

static void tear_down(bench *b) {
    for (int64_t i = 0; i < b->n; i++) kr_history_destroy(b->series[i]);
    kr_forecaster_destroy(b->model);
    kr_rows_destroy(b->rows);
}

static kr_backtest *start(const bench *b, const kr_backtest_options *options) {
    kr_backtest *backtest = NULL;
    kr_error err = {.text = ""};
    if (kr_backtest_create(b->model, histories(b), b->n, options, &backtest, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    return backtest;
}

/* ---- forecasts ------------------------------------------------------------------------------ */

/* A fold of the first model beside the forecast that the model makes there. */
static void check_fold(const bench *b, const kr_backtest *backtest, int64_t series, int64_t fold) {
    kr_backtest_info info = {.size = sizeof info};
    kr_backtest_model m = {.size = sizeof m};
    kr_prediction *p = NULL;
    kr_backtest_describe(backtest, &info);
    assert_true(kr_backtest_describe_model(backtest, 0, &m));
    const kr_predict_options options = {.size = sizeof options,
                                        .n_steps = info.n_steps,
                                        .n_levels = info.n_levels,
                                        .levels = info.levels};
    assert_int_equal(kr_forecaster_predict(b->model, b->series[series], 1, &info.origins[fold],
                                           &options, &p, NULL),
                     KR_OK);
    size_t bytes = (size_t)info.n_steps * sizeof(double);
    assert_memory_equal(m.forecast + fold * info.n_steps, p->forecast, bytes);
    for (int k = 0; k < info.n_levels; k++) {
        int64_t at = (k * info.n_folds + fold) * info.n_steps;
        assert_memory_equal(info.lower + at, p->lower + k * info.n_steps, bytes);
        assert_memory_equal(info.upper + at, p->upper + k * info.n_steps, bytes);
    }
    for (int64_t t = 0; t < info.n_steps; t++) {
        assert_true(info.truth[fold * info.n_steps + t] ==
                    wave(series, info.origins[fold] + 1 + t));
    }
    kr_prediction_destroy(p);
}

static void folds_are_what_the_model_says(void **state) {
    (void)state;
    bench b = set_up(1, NULL);
    const kr_backtest_options options = {.size = sizeof options, .folds = 3, .every = 5};
    const double levels[] = {0.5};
    kr_backtest_info info = {.size = sizeof info};
    kr_backtest_model m = {.size = sizeof m};
    kr_error err = {.text = ""};
    kr_backtest *backtest = start(&b, &options);
    assert_int_equal(kr_backtest_set_levels(backtest, 1, levels, &err), KR_OK);
    if (kr_backtest_run(backtest, &err) != KR_OK) fail_msg("%s", err.text);
    kr_backtest_describe(backtest, &info);
    assert_true(info.n_folds == 3 && info.every == 5 && info.n_steps == HORIZON);
    assert_true(info.first_fold[0] == 0 && info.first_fold[1] == 3 && info.n_outputs == 1);
    assert_true(info.origins[2] == ROWS - 1 - HORIZON && info.origins[0] == info.origins[2] - 10);
    for (int64_t i = 0; i < 3; i++) check_fold(&b, backtest, 0, i);
    assert_true(info.intervals[0].level == 0.5 && info.intervals[0].width > 0);
    assert_true(kr_backtest_describe_model(backtest, 1, &m));
    assert_string_equal(m.name, "Naive");
    for (int64_t i = 0; i < 3; i++) {
        assert_true(m.forecast[i * HORIZON] == wave(0, info.origins[i]));
    }
    assert_null(m.by_series);
    assert_true(m.all->n == 3 * HORIZON && m.by_fold[2].n == HORIZON && m.by_step[0].n == 3);
    assert_false(kr_backtest_describe_model(backtest, info.n_models, &m));
    kr_backtest_destroy(backtest);
    tear_down(&b);
}

/* Fewer steps than the model forecasts are the first of them. */
static void fewer_steps_end_later(void **state) {
    (void)state;
    bench b = set_up(1, NULL);
    const kr_backtest_options options = {.size = sizeof options, .folds = 2, .n_steps = 4};
    kr_backtest_info info = {.size = sizeof info};
    kr_backtest *backtest = start(&b, &options);
    assert_int_equal(kr_backtest_run(backtest, NULL), KR_OK);
    kr_backtest_describe(backtest, &info);
    assert_true(info.n_steps == 4 && info.every == 4 && info.origins[1] == ROWS - 5);
    for (int64_t i = 0; i < 2; i++) check_fold(&b, backtest, 0, i);
    kr_backtest_destroy(backtest);
    tear_down(&b);
}

/* As many as each series has; those that have none are named. */
static void heed(void *arg, kr_log_level level, const char *line) {
    if (level == KR_LOG_NOTE) snprintf(arg, 200, "%s", line);
}
static void a_panel_is_judged_series_by_series(void **state) {
    (void)state;
    char said[200] = "";
    test_workers_heard(2, heed, said);
    bench b = set_up(SERIES, "Theta");
    kr_backtest_model m = {.size = sizeof m};
    kr_backtest_verdict v = {.size = sizeof v};
    kr_backtest_info info = {.size = sizeof info};
    const kr_backtest_options options = {.size = sizeof options, .folds = 4};
    kr_error err = {.text = ""};
    b.series[1]->n_rows = HORIZON;
    b.series[2]->n_rows = 3 + 2 * HORIZON;
    kr_backtest *backtest = start(&b, &options);
    assert_string_equal(said, "1 of 3 series are too short to be judged and are left out: s1");
    if (kr_backtest_run(backtest, &err) != KR_OK) fail_msg("%s", err.text);
    kr_backtest_describe(backtest, &info);
    assert_true(info.first_fold[1] == 4 && info.first_fold[2] == 4 && info.first_fold[3] == 6);
    check_fold(&b, backtest, 0, 1);
    check_fold(&b, backtest, 2, 5);
    assert_true(kr_backtest_describe_model(backtest, 0, &m));
    assert_true(m.by_series[0].n == 4 * HORIZON && m.by_series[1].n == 0);
    double mean = (m.by_series[0].mae + m.by_series[2].mae) / 2;
    assert_true(fabs(m.mean.mae - mean) < 1e-12);
    assert_true(fabs(m.median_mase - (m.by_series[0].mase + m.by_series[2].mase) / 2) < 1e-12);
    assert_true(kr_backtest_describe_verdict(backtest, &v));
    assert_true(v.n_targets == 2 && v.n_windows == 6 && *v.sentence && *v.rule);
    kr_backtest_destroy(backtest);
    tear_down(&b);
    test_workers(0);
}

/* ---- in steps ------------------------------------------------------------------------------- */

static void steps_give_what_a_run_gives(void **state) {
    (void)state;
    bench b = set_up(1, NULL);
    const kr_backtest_options options = {.size = sizeof options, .folds = 4};
    kr_backtest_model m = {.size = sizeof m}, n = {.size = sizeof n};
    kr_backtest_verdict v = {.size = sizeof v};
    kr_backtest *whole = start(&b, &options), *steps = start(&b, &options);
    int model = -1;
    kr_error err = {.text = ""};
    assert_int_equal(kr_backtest_run(whole, NULL), KR_OK);
    assert_int_equal(kr_backtest_conclude(steps, &err), KR_USAGE);
    assert_int_equal(kr_backtest_add(steps, "mine", &model, NULL), KR_OK);
    assert_int_equal(kr_backtest_forecast(steps, model, b.model, histories(&b), 2, 2, NULL), KR_OK);
    assert_int_equal(kr_backtest_forecast(steps, model, b.model, NULL, 0, 2, NULL), KR_OK);
    assert_int_equal(kr_backtest_forecast(steps, model, b.model, NULL, 3, 2, &err), KR_USAGE);
    assert_int_equal(kr_backtest_forecast(steps, 1, b.model, NULL, 0, 1, &err), KR_USAGE);
    kr_history shorter = *b.series[0];
    const kr_history *const other[] = {&shorter};
    shorter.n_rows--;
    assert_int_equal(kr_backtest_forecast(steps, 0, b.model, other, 0, 1, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "79 rows for one model and 80 for another"));
    assert_false(kr_backtest_describe_model(steps, 0, &m));
    assert_false(kr_backtest_describe_verdict(steps, &v));
    assert_int_equal(kr_backtest_conclude(steps, NULL), KR_OK);
    assert_int_equal(kr_backtest_conclude(steps, &err), KR_USAGE);
    assert_true(kr_backtest_describe_model(whole, 0, &m));
    assert_true(kr_backtest_describe_model(steps, 0, &n));
    assert_string_equal(n.name, "mine");
    assert_memory_equal(m.forecast, n.forecast, 4 * HORIZON * sizeof *m.forecast);
    assert_memory_equal(m.all, n.all, sizeof *m.all);
    assert_true(kr_backtest_describe_verdict(steps, &v));
    assert_non_null(strstr(v.sentence, "mine"));
    kr_backtest_destroy(whole);
    kr_backtest_destroy(steps);
    tear_down(&b);
}

/* A model that is trained by them knows the rows up to the origin, and no other. */
static void settings_end_at_the_origin(void **state) {
    (void)state;
    bench b = set_up(1, NULL);
    const kr_backtest_options options = {.size = sizeof options, .folds = 2, .is_refit = true};
    kr_backtest_info info = {.size = sizeof info};
    kr_backtest *backtest = start(&b, &options);
    kr_settings *s = NULL;
    kr_backtest_describe(backtest, &info);
    assert_int_equal(kr_backtest_refit_settings(backtest, 0, &s, NULL), KR_OK);
    int64_t n_rows = info.origins[0] + 1, validating = kr_settings_int(s, "val_rows");
    assert_true(kr_settings_int(s, "train_rows") + validating == n_rows);
    assert_true(validating == n_rows / 8 && kr_settings_int(s, "test_rows") == HORIZON);
    kr_settings_destroy(s);
    assert_int_equal(kr_backtest_refit_settings(backtest, 2, &s, NULL), KR_USAGE);
    kr_backtest_destroy(backtest);
    tear_down(&b);
}

/* ---- mistakes ------------------------------------------------------------------------------- */

static void refuse(const bench *b, kr_backtest_options options, const char *words) {
    kr_backtest *backtest = NULL;
    kr_error err = {.text = ""};
    options.size = sizeof options;
    kr_status status = kr_backtest_create(b->model, histories(b), b->n, &options, &backtest, &err);
    if (status == KR_OK || !strstr(err.text, words)) fail_msg("%s: %s", words, err.text);
    assert_null(backtest);
}

static void mistakes_are_said(void **state) {
    (void)state;
    bench one = set_up(1, NULL), many = set_up(SERIES, "Naive");
    kr_error err = {.text = ""};
    kr_backtest *backtest = NULL;
    kr_settings *s = NULL;
    refuse(&one, (kr_backtest_options){.folds = 50}, "has rows for 11 folds, 6 rows apart");
    refuse(&one, (kr_backtest_options){.n_steps = 7}, "the model forecasts 1 to 6");
    refuse(&one, (kr_backtest_options){.every = -1}, "`every`");
    assert_int_equal(kr_backtest_create(one.model, histories(&many), SERIES, NULL, &backtest, &err),
                     KR_USAGE);
    assert_int_equal(kr_backtest_create(one.model, histories(&one), 0, NULL, &backtest, &err),
                     KR_USAGE);
    for (int64_t i = 0; i < SERIES; i++) many.series[i]->n_rows = HORIZON;
    refuse(&many, (kr_backtest_options){.folds = 1},
           "none of its 3 series (s0, s1, s2) has 3 rows");
    for (int64_t i = 0; i < SERIES; i++) many.series[i]->n_rows = ROWS;
    backtest = start(&many, NULL);
    assert_int_equal(kr_backtest_refit_settings(backtest, 0, &s, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "a model of a panel"));
    kr_backtest_destroy(backtest);
    kr_backtest_destroy(NULL);
    tear_down(&one);
    tear_down(&many);
}

static kr_status run_all(void *arg, kr_error *err) {
    const bench *b = arg;
    const kr_backtest_options options = {.size = sizeof options, .folds = 2};
    const double levels[] = {0.8};
    kr_backtest *backtest = NULL;
    KR_TRY(kr_backtest_create(b->model, histories(b), b->n, &options, &backtest, err));
    kr_status status = kr_backtest_set_levels(backtest, 1, levels, err);
    if (status == KR_OK) status = kr_backtest_run(backtest, err);
    kr_backtest_destroy(backtest);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    bench b = set_up(SERIES, "Naive");
    kr_starve("a backtest", run_all, &b);
    tear_down(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_what_the_model_says),
        cmocka_unit_test(fewer_steps_end_later),
        cmocka_unit_test(a_panel_is_judged_series_by_series),
        cmocka_unit_test(steps_give_what_a_run_gives),
        cmocka_unit_test(settings_end_at_the_origin),
        cmocka_unit_test(mistakes_are_said),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
