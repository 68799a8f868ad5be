/* SPDX-License-Identifier: MIT
 * test_fit_zeroshot.c - a fit that looks at no past, and the forecaster that it gives: one whose
 * intervals are its model's own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kr/kr.h>
#include <kr/zeroshot.h>

#include "core/arena.h"
#include "support/made_rows.h"
#include "support/starve.h"
#include "support/workers.h"

enum { SERIES = 3, ROWS = 40, HORIZON = 5 };

static double wave(int64_t series, int64_t t) {
    return 20 + (double)series + (double)(t * t % 5) + 4 * sin((double)t * 0.8975979);
}

static double only_number(int64_t series, int64_t t) {
    (void)t;
    return 7 + (double)series;
}

static kr_fit *make(const kr_rows *rows, const char *horizon, const char *season) {
    kr_settings *s = NULL;
    kr_fit *fit = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_fit_settings_create(&s, NULL), KR_OK);
    assert_int_equal(kr_settings_set(s, "horizon", horizon, NULL), KR_OK);
    assert_int_equal(kr_settings_set(s, "season", season, NULL), KR_OK);
    if (kr_fit_zeroshot(test_team, s, rows, NULL, &fit, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(s);
    return fit;
}

/* ---- the fit ------------------------------------------------------------------------------ */

static int64_t horizon_of(const kr_rows *rows, const char *horizon, const char *season) {
    kr_fit *fit = make(rows, horizon, season);
    kr_fit_info info = {.size = sizeof info};
    kr_fit_describe(fit, &info);
    kr_fit_destroy(fit);
    return info.horizon;
}

static void the_usual_horizon_is_two_seasons(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, ROWS, wave);
    assert_int_equal(horizon_of(rows, "0", "0"), 6); /* rows without dates have no season */
    assert_int_equal(horizon_of(rows, "0", "2"), 6);
    assert_int_equal(horizon_of(rows, "0", "12"), 24);
    assert_int_equal(horizon_of(rows, "0", "288"), 96);
    assert_int_equal(horizon_of(rows, "7", "12"), 7);
    kr_rows_destroy(rows);
}

static void it_tells_that_nothing_was_compared(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make(rows, "5", "7");
    kr_fit_candidate c = {.size = sizeof c};
    kr_fit_verdict v = {.size = sizeof v};
    assert_true(kr_fit_describe_candidate(fit, 0, &c) && c.is_chosen && !c.is_learned);
    assert_string_equal(c.model, "ZeroShot");
    assert_true(isnan(c.choosing_mase) && isnan(c.judging_mase));
    assert_false(kr_fit_describe_candidate(fit, 1, &c));
    assert_true(kr_fit_describe_verdict(fit, &v));
    assert_string_equal(v.choice, "ZeroShot");
    assert_string_equal(v.sentence,
                        "ZeroShot forecasts without a look at the past: it has learnt "
                        "from simulated series, and tells intervals of its own.");
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* Too few rows for a window: the same model, from a fit that may take it. */
static void a_fit_falls_back_to_it(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, HORIZON + 2, wave);
    kr_settings *s = NULL;
    kr_fit *fit = NULL, *same = make(rows, "5", "0");
    kr_prediction *a = NULL, *b = NULL;
    assert_int_equal(kr_fit_settings_create(&s, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "horizon", HORIZON, NULL), KR_OK);
    assert_int_equal(kr_fit_create(test_team, s, rows, &fit, NULL), KR_OK);
    assert_int_equal(kr_fit_run(fit, NULL, NULL), KR_OK);
    assert_string_equal(kr_forecaster_info_of(kr_fit_forecaster(fit))->model, "ZeroShot");
    assert_int_equal(kr_fit_forecast(fit, 0, &a, NULL), KR_OK);
    assert_int_equal(kr_fit_forecast(same, 0, &b, NULL), KR_OK);
    assert_memory_equal(a->forecast, b->forecast, HORIZON * sizeof(double));
    kr_fit_destroy(fit);
    assert_int_equal(kr_settings_set(s, "models", "Naive,ETS", NULL), KR_OK);
    assert_int_equal(kr_fit_create(test_team, s, rows, &fit, NULL), KR_OK);
    assert_int_equal(kr_fit_run(fit, NULL, NULL), KR_SHAPE);
    kr_prediction_destroy(a);
    kr_prediction_destroy(b);
    kr_fit_destroy(fit);
    kr_fit_destroy(same);
    kr_settings_destroy(s);
    kr_rows_destroy(rows);
}

/* ---- its forecaster ----------------------------------------------------------------------- */

static kr_history *history_of(const kr_forecaster *model, const kr_rows *rows, int64_t series) {
    kr_history *h = NULL;
    kr_error err = {.text = ""};
    if (kr_history_of_rows(model, rows, series, NULL, &h, &err) != KR_OK) fail_msg("%s", err.text);
    return h;
}

static kr_prediction *ask(kr_forecaster *model, const kr_history *h, int n, const double *levels) {
    const kr_predict_options o = {.size = sizeof o, .n_levels = n, .levels = levels};
    int64_t last = h->n_rows - 1;
    kr_prediction *p = NULL;
    kr_error err = {.text = ""};
    if (kr_forecaster_predict(model, h, 1, &last, &o, &p, &err) != KR_OK) fail_msg("%s", err.text);
    return p;
}

/* What the model says of the same values, as an array. */
static void ask_the_model(int64_t series, double quantiles[KR_ZEROSHOT_QUANTILES * HORIZON]) {
    double y[ROWS];
    kr_zeroshot *model = NULL;
    for (int64_t t = 0; t < ROWS; t++) y[t] = wave(series, t);
    const kr_zeroshot_series s = {.size = sizeof s, .values = y, .n = ROWS, .seasons = {7}};
    assert_int_equal(kr_zeroshot_open(test_team, NULL, &model, NULL), KR_OK);
    assert_int_equal(kr_zeroshot_forecast(model, &s, 1, HORIZON, quantiles, NULL), KR_OK);
    kr_zeroshot_destroy(model);
}

static bool is_near(double a, double b) { return fabs(a - b) <= 1e-5 * (1 + fabs(b)); }

static void intervals_are_the_models_quantiles(void **state) {
    (void)state;
    enum { LEVELS = 5 };
    const double levels[LEVELS] = {0.2, 0.4, 0.5, 0.6, 0.8};
    double q[KR_ZEROSHOT_QUANTILES * HORIZON];
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make(rows, "5", "7");
    kr_forecaster *model = kr_fit_forecaster(fit);
    for (int64_t i = 0; i < SERIES; i++) {
        kr_history *h = history_of(model, rows, i);
        kr_prediction *p = ask(model, h, LEVELS, levels);
        ask_the_model(i, q);
        for (int k = 0; k < HORIZON; k++) {
            const double *low = p->lower + k, *high = p->upper + k;
            assert_true(is_near(p->forecast[k], q[KR_ZEROSHOT_MEDIAN * HORIZON + k]));
            assert_true(is_near(low[0], q[3 * HORIZON + k]));            /* 40 % */
            assert_true(is_near(high[0], q[5 * HORIZON + k]));           /* 60 % */
            assert_true(is_near(low[4 * HORIZON], q[k]));                /* 10 % */
            assert_true(is_near(high[4 * HORIZON], q[8 * HORIZON + k])); /* 90 % */
            double middle = (q[HORIZON + k] + q[2 * HORIZON + k]) / 2;   /* 25 % */
            assert_true(is_near(low[2 * HORIZON], middle));
        }
        kr_prediction_destroy(p);
        kr_history_destroy(h);
    }
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

static void wider_intervals_are_refused(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, ROWS, wave);
    kr_fit *fit = make(rows, "5", "7");
    kr_forecaster *model = kr_fit_forecaster(fit);
    kr_error err = {.text = ""};
    assert_int_equal(kr_forecaster_check_level(model, 0.8, &err), KR_OK);
    assert_int_equal(kr_forecaster_check_level(model, 0.01, &err), KR_OK);
    assert_int_equal(kr_forecaster_check_level(model, 0.81, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "at most 80 %"));
    assert_int_equal(kr_forecaster_check_level(model, 0, &err), KR_USAGE);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* A model without errors of the past, in memory and as a file. */
static void it_is_kept_in_a_file(void **state) {
    (void)state;
    const double level = 0.8;
    kr_rows *rows = made_rows(1, ROWS, wave);
    kr_fit *fit = make(rows, "5", "7"), *told = NULL;
    kr_forecaster *again = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_error err = {.text = ""};
    assert_int_equal(kr_forecaster_save_memory(kr_fit_forecaster(fit), &bytes, &n_bytes, &err),
                     KR_OK);
    if (kr_forecaster_open_memory(test_team, "kept", bytes, n_bytes, &again, &err) != KR_OK)
        fail_msg("%s", err.text);
    kr_history *a = history_of(kr_fit_forecaster(fit), rows, 0), *b = history_of(again, rows, 0);
    kr_prediction *p = ask(kr_fit_forecaster(fit), a, 1, &level), *q = ask(again, b, 1, &level);
    assert_memory_equal(p->forecast, q->forecast, HORIZON * sizeof(double));
    assert_memory_equal(p->upper, q->upper, HORIZON * sizeof(double));
    assert_int_equal(kr_fit_recall(again, &told, &err), KR_OK);
    kr_prediction_destroy(p);
    kr_prediction_destroy(q);
    kr_history_destroy(a);
    kr_history_destroy(b);
    kr_fit_destroy(told);
    kr_fit_destroy(fit);
    kr_forecaster_destroy(again);
    kr_rows_destroy(rows);
    kr_free(bytes);
}

static void one_value_is_enough(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, 1, only_number);
    kr_fit *fit = make(rows, "5", "0");
    for (int64_t i = 0; i < SERIES; i++) {
        kr_prediction *p = NULL;
        assert_int_equal(kr_fit_forecast(fit, i, &p, NULL), KR_OK);
        assert_true(p->n_levels == 1 && p->levels[0] == 0.8); /* of those that the settings name */
        for (int k = 0; k < HORIZON; k++) assert_true(p->forecast[k] == 7 + (double)i);
        kr_prediction_destroy(p);
    }
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* What was filled in is not seen. */
static void gaps_are_gaps(void **state) {
    (void)state;
    const char *const gaps[] = {"linear", "ffill"};
    double values[ROWS];
    kr_rows *rows = NULL;
    kr_prediction *p[3] = {NULL};
    for (int64_t t = 0; t < ROWS; t++) values[t] = t % 9 == 4 ? (double)NAN : wave(0, t);
    const char *const columns[] = {"y"};
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = ROWS,
                                   .n_columns = 1,
                                   .values = values,
                                   .columns = columns};
    assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
    kr_fit *fit = make(rows, "5", "7");
    for (int i = 0; i < 2; i++) {
        const kr_history_options how = {.size = sizeof how, .gaps = gaps[i]};
        kr_history *h = NULL;
        assert_int_equal(kr_history_of_rows(kr_fit_forecaster(fit), rows, 0, &how, &h, NULL),
                         KR_OK);
        p[i] = ask(kr_fit_forecaster(fit), h, 0, NULL);
        kr_free(h->missing); /* the same values, all of them known */
        h->missing = NULL;
        if (i == 0) p[2] = ask(kr_fit_forecaster(fit), h, 0, NULL);
        kr_history_destroy(h);
    }
    assert_memory_equal(p[0]->forecast, p[1]->forecast, HORIZON * sizeof(double));
    assert_memory_not_equal(p[0]->forecast, p[2]->forecast, HORIZON * sizeof(double));
    for (int i = 0; i < 3; i++) kr_prediction_destroy(p[i]);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* ---- one row after the other --------------------------------------------------------------- */

enum { PUSHED = 9000 }; /* more than are kept */

static void push(kr_history *h, int64_t t) {
    double value = t % 11 == 5 ? (double)NAN : wave(0, t);
    assert_int_equal(kr_history_push(h, &value, 0, NULL), KR_OK);
}

static kr_history *begin(kr_forecaster *model) {
    kr_history *h = NULL;
    assert_int_equal(kr_history_start(model, "pushed", NULL, &h, NULL), KR_OK);
    return h;
}

static void check_same(kr_forecaster *model, const kr_history *a, const kr_history *b,
                       double tolerance) {
    const double level = 0.8;
    kr_prediction *p = ask(model, a, 1, &level), *q = ask(model, b, 1, &level);
    for (int k = 0; k < HORIZON; k++) {
        assert_true(fabs(p->forecast[k] - q->forecast[k]) <= tolerance);
        assert_true(fabs(p->lower[k] - q->lower[k]) <= tolerance);
    }
    kr_prediction_destroy(p);
    kr_prediction_destroy(q);
}

/* Whenever it was asked. */
static void pushed_rows_are_a_stream(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, ROWS, wave);
    kr_fit *fit = make(rows, "5", "6");
    kr_forecaster *model = kr_fit_forecaster(fit);
    kr_history *often = begin(model), *seldom = begin(model);
    for (int64_t t = 0; t < PUSHED; t++) {
        push(often, t);
        push(seldom, t);
        if (t % 100 == 0) kr_prediction_destroy(ask(model, often, 0, NULL));
        if (t == 400 || t == 3000) check_same(model, often, seldom, 0);
    }
    check_same(model, often, seldom, .5); /* which took what is kept */
    int64_t early = often->n_rows - 3;
    kr_prediction *p = NULL;
    assert_int_equal(kr_forecaster_predict(model, often, 1, &early, NULL, &p, NULL), KR_OK);
    kr_prediction_destroy(p);
    kr_history_destroy(often);
    kr_history_destroy(seldom);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

static kr_status push_and_ask(void *arg, kr_error *err) {
    kr_forecaster *model = arg;
    kr_history *h = NULL;
    kr_prediction *p = NULL;
    double value = 4;
    const int64_t last = 1;
    KR_TRY(kr_history_start(model, "pushed", NULL, &h, err));
    kr_status status = kr_history_push(h, &value, 0, err);
    value = 7;
    if (status == KR_OK) status = kr_history_push(h, &value, 0, err);
    if (status == KR_OK) status = kr_forecaster_predict(model, h, 1, &last, NULL, &p, err);
    kr_prediction_destroy(p);
    kr_history_destroy(h);
    return status;
}

static void streams_want_memory(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, ROWS, wave);
    kr_fit *fit = make(rows, "5", "6");
    kr_starve("rows that are pushed", push_and_ask, kr_fit_forecaster(fit));
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* ---- many at once ------------------------------------------------------------------------- */

static void check_each(kr_forecaster *model, const kr_rows *rows) {
    const kr_history *list[SERIES];
    kr_prediction *together[SERIES];
    int64_t last[SERIES];
    const double level = 0.8;
    const kr_predict_options o = {.size = sizeof o, .n_levels = 1, .levels = &level};
    for (int64_t i = 0; i < SERIES; i++) {
        list[i] = history_of(model, rows, i);
        last[i] = list[i]->n_rows - 1;
    }
    assert_int_equal(kr_forecaster_predict_each(model, list, SERIES, last, &o, together, NULL),
                     KR_OK);
    for (int64_t i = 0; i < SERIES; i++) {
        kr_prediction *alone = ask(model, list[i], 1, &level);
        assert_memory_equal(alone->forecast, together[i]->forecast, HORIZON * sizeof(double));
        assert_memory_equal(alone->lower, together[i]->lower, HORIZON * sizeof(double));
        kr_prediction_destroy(alone);
        kr_prediction_destroy(together[i]);
    }
    last[SERIES - 1] = ROWS; /* behind its rows: none of them has a forecast */
    assert_int_equal(kr_forecaster_predict_each(model, list, SERIES, last, &o, together, NULL),
                     KR_SHAPE);
    for (int64_t i = 0; i < SERIES; i++) {
        assert_null(together[i]);
        kr_history_destroy((kr_history *)list[i]);
    }
}

static void each_of_many_is_as_it_is_alone(void **state) {
    (void)state;
    static const char *const models[] = {"ZeroShot", "Naive,Theta", "ZeroShot,Naive"};
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    for (int workers = 1; workers <= 3; workers += 2) {
        test_workers(workers);
        for (int i = 0; i < 3; i++) {
            kr_settings *s = NULL;
            kr_forecaster *model = NULL;
            kr_error err = {.text = ""};
            assert_int_equal(kr_forecast_settings_create(&s, NULL), KR_OK);
            kr_settings_set(s, "pred_len", "5", NULL);
            kr_settings_set(s, "local_models", models[i], NULL);
            assert_int_equal(kr_forecaster_create(test_team, s, &model, &err), KR_OK);
            if (kr_forecaster_train(model, rows, NULL, &err) != KR_OK) fail_msg("%s", err.text);
            check_each(model, rows);
            kr_forecaster_destroy(model);
            kr_settings_destroy(s);
        }
        test_workers(0);
    }
    kr_rows_destroy(rows);
}

/* ---- tuned -------------------------------------------------------------------------------- */

static kr_fit *fit_tuned(const kr_rows *rows, const char *models, const char *refit) {
    static const char *const names[] = {"horizon", "season", "from", "models", "refit"};
    const char *values[] = {"5", "7", "zero-shot", models, refit};
    kr_settings *s = NULL;
    kr_fit *fit = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_fit_settings_create(&s, NULL), KR_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(kr_settings_set(s, names[i], values[i], NULL), KR_OK);
    assert_int_equal(kr_fit_create(test_team, s, rows, &fit, NULL), KR_OK);
    if (kr_fit_run(fit, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(s);
    return fit;
}

static kr_prediction *forecast_first(kr_forecaster *model, const kr_rows *rows) {
    const double level = 0.8;
    kr_history *h = history_of(model, rows, 0);
    kr_prediction *p = ask(model, h, 1, &level);
    kr_history_destroy(h);
    return p;
}

/* It is a candidate, is kept with its weights, and another training forecasts otherwise. */
static void it_may_be_tuned(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = fit_tuned(rows, "ZeroShotTuned", "1"),
           *early = fit_tuned(rows, "ZeroShotTuned", "0");
    kr_forecaster *model = kr_fit_forecaster(fit), *again = NULL;
    void *bytes = NULL;
    size_t n = 0;
    kr_error err = {.text = ""};
    assert_string_equal(kr_forecaster_info_of(model)->model, "ZeroShotTuned");
    assert_int_equal(kr_forecaster_save_memory(model, &bytes, &n, &err), KR_OK);
    if (kr_forecaster_open_memory(test_team, "kept", bytes, n, &again, &err) != KR_OK)
        fail_msg("%s", err.text);
    kr_prediction *p = forecast_first(model, rows), *q = forecast_first(again, rows),
                  *other = forecast_first(kr_fit_forecaster(early), rows);
    assert_memory_equal(p->forecast, q->forecast, HORIZON * sizeof(double));
    assert_memory_equal(p->lower, q->lower, HORIZON * sizeof(double));
    assert_memory_not_equal(p->forecast, other->forecast, HORIZON * sizeof(double));
    kr_prediction_destroy(p);
    kr_prediction_destroy(q);
    kr_prediction_destroy(other);
    kr_forecaster_destroy(again);
    kr_fit_destroy(early);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
    kr_free(bytes);
}

/* Beside others, as it is among them. */
static void it_is_one_of_several(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = fit_tuned(rows, "Naive,ZeroShot", "1");
    kr_fit_candidate c = {.size = sizeof c};
    assert_true(kr_fit_describe_candidate(fit, 2, &c));
    assert_string_equal(c.model, "ZeroShotTuned");
    assert_true(isfinite(c.choosing_mase));
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* Its weights have seen these rows, and a name alone has none. */
static void it_is_not_trained_elsewhere(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, ROWS, wave);
    kr_settings *s = NULL;
    kr_forecaster *model = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_forecast_settings_create(&s, NULL), KR_OK);
    kr_settings_set(s, "pred_len", "5", NULL);
    kr_settings_set(s, "local_models", "Naive,ZeroShotTuned", NULL);
    assert_int_equal(kr_forecaster_create(test_team, s, &model, &err), KR_OK);
    assert_int_equal(kr_forecaster_train(model, rows, NULL, &err), KR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "`from`"));
    kr_forecaster_destroy(model);
    kr_settings_destroy(s);
    kr_rows_destroy(rows);
}

/* ---- want of memory ----------------------------------------------------------------------- */

typedef struct starving {
    kr_settings *settings;
    kr_rows *rows;
} starving;

static kr_status fit_and_forecast(void *arg, kr_error *err) {
    const starving *s = arg;
    kr_fit *fit = NULL;
    kr_prediction *p = NULL;
    KR_TRY(kr_fit_zeroshot(test_team, s->settings, s->rows, NULL, &fit, err));
    kr_status status = kr_fit_forecast(fit, 0, &p, err);
    kr_prediction_destroy(p);
    kr_fit_destroy(fit);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    starving s = {.rows = made_rows(SERIES, 4, wave)};
    assert_int_equal(kr_fit_settings_create(&s.settings, NULL), KR_OK);
    kr_starve("a fit without a past", fit_and_forecast, &s);
    kr_settings_destroy(s.settings);
    kr_rows_destroy(s.rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_usual_horizon_is_two_seasons),
                                       cmocka_unit_test(it_tells_that_nothing_was_compared),
                                       cmocka_unit_test(a_fit_falls_back_to_it),
                                       cmocka_unit_test(intervals_are_the_models_quantiles),
                                       cmocka_unit_test(wider_intervals_are_refused),
                                       cmocka_unit_test(it_is_kept_in_a_file),
                                       cmocka_unit_test(one_value_is_enough),
                                       cmocka_unit_test(gaps_are_gaps),
                                       cmocka_unit_test(pushed_rows_are_a_stream),
                                       cmocka_unit_test(streams_want_memory),
                                       cmocka_unit_test(each_of_many_is_as_it_is_alone),
                                       cmocka_unit_test(it_may_be_tuned),
                                       cmocka_unit_test(it_is_one_of_several),
                                       cmocka_unit_test(it_is_not_trained_elsewhere),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
