/* SPDX-License-Identifier: MIT
 * test_fit_handle.c - a fit as a host program has it: run, told, forecast, handed over. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kr/kr.h>

#include "core/arena.h"
#include "support/made_rows.h"
#include "support/starve.h"
#include "support/workers.h"

enum { SERIES = 3, ROWS = 60, HORIZON = 4 };

static double wave(int64_t series, int64_t t) {
    return 20 + (double)series + (double)(t * t % 5) + 4 * sin((double)t * 0.8975979);
}

static kr_settings *make_settings(const char *models) {
    kr_settings *s = NULL;
    assert_int_equal(kr_fit_settings_create(&s, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "horizon", HORIZON, NULL), KR_OK);
    assert_int_equal(kr_settings_set_int(s, "season", 7, NULL), KR_OK);
    assert_int_equal(kr_settings_set(s, "models", models, NULL), KR_OK);
    return s;
}

static kr_fit *make_fit(const kr_rows *rows, const char *models) {
    kr_settings *s = make_settings(models);
    kr_fit *fit = NULL;
    kr_error err = {.text = ""};
    if (kr_fit_create(test_team, s, rows, &fit, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(s); /* they were copied */
    return fit;
}

/* Before it has run it tells of the rows alone, and of its rules once it has decided. */
static void it_tells_what_it_knows(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make_fit(rows, "Naive,Theta");
    kr_fit_info info = {.size = sizeof info};
    kr_fit_rule rule = {.size = sizeof rule};
    kr_fit_candidate c = {.size = sizeof c};
    kr_fit_verdict v = {.size = sizeof v};
    kr_prediction *p = NULL;
    kr_error err = {.text = ""};
    kr_fit_describe(fit, &info);
    assert_true(info.n_rows == SERIES * ROWS && info.n_series == SERIES && info.n_targets == 1);
    assert_true(info.horizon == HORIZON && !info.has_frequency && info.gaps.first_row < 0);
    assert_true(info.n_rules == 0 && info.season == 0 && info.n_candidates == 0);
    assert_false(kr_fit_describe_rule(fit, 0, &rule));
    assert_int_equal(kr_fit_decide(fit, &err), KR_OK);
    kr_fit_describe(fit, &info);
    assert_true(info.n_rules > 0 && info.season == 7);
    assert_true(kr_fit_describe_rule(fit, 0, &rule) && *rule.what && *rule.value && *rule.why);
    assert_false(kr_fit_describe_rule(fit, info.n_rules, &rule));
    assert_false(kr_fit_describe_rule(fit, -1, &rule));
    assert_false(kr_fit_describe_candidate(fit, 0, &c));
    assert_false(kr_fit_describe_verdict(fit, &v));
    assert_null(kr_fit_forecaster(fit));
    assert_int_equal(kr_fit_forecast(fit, 0, &p, &err), KR_USAGE);
    assert_string_equal(err.text, "the fit has no model; run it, and do not take its model");
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

typedef struct seen {
    int n_begun, n_done, n_expected;
} seen;
static void see(void *arg, const kr_fit_candidate *c, bool is_done) {
    seen *s = arg;
    assert_true(c->size == sizeof *c && c->index == s->n_done);
    is_done ? s->n_done++ : s->n_begun++;
}
static void see_expected(void *arg, double seconds) {
    seen *s = arg;
    s->n_expected += seconds > 0;
}

static void check_candidates(const kr_fit *fit) {
    static const char *const names[] = {"Naive", "SeasonalNaive", "Theta", "RLinear"};
    kr_fit_candidate c = {.size = sizeof c};
    int n_chosen = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(kr_fit_describe_candidate(fit, i, &c) && c.index == i);
        assert_string_equal(c.model, names[i]);
        assert_true(c.is_learned == (i == 3) && isnan(c.choosing_mase) == (*c.why_not != '\0'));
        n_chosen += c.is_chosen;
    }
    assert_string_equal(c.why_not, "too few rows to learn from");
    assert_false(kr_fit_describe_candidate(fit, 4, &c));
    assert_true(n_chosen > 0);
}

static void check_verdict(const kr_fit *fit) {
    kr_fit_verdict v = {.size = sizeof v};
    assert_true(kr_fit_describe_verdict(fit, &v));
    assert_true(strlen(v.sentence) > strlen(v.choice) && *v.choice);
    assert_true(strcmp(v.rule, "Naive") == 0 || strcmp(v.rule, "SeasonalNaive") == 0);
    assert_true(v.n_targets > 0 && v.n_windows > 0 && v.rule_mase > 0 && v.choosing_mase > 0);
    assert_true(v.skill_low <= v.skill && v.skill <= v.skill_high);
    assert_true(v.n_levels == 2 && v.levels[0] == 0.8 && v.held[0] > 0);
}

/* The forecast of each series is the one that its model makes, also from a file. */
static void check_forecasts(kr_fit *fit, const kr_rows *rows) {
    void *bytes = NULL;
    size_t n = 0;
    kr_forecaster *model = NULL;
    const double levels[] = {0.8, 0.95};
    const kr_predict_options options = {.size = sizeof options, .n_levels = 2, .levels = levels};
    assert_int_equal(kr_forecaster_save_memory(kr_fit_forecaster(fit), &bytes, &n, NULL), KR_OK);
    assert_int_equal(kr_forecaster_open_memory(test_team, "it", bytes, n, &model, NULL), KR_OK);
    for (int64_t i = 0; i < SERIES; i++) {
        kr_prediction *p = NULL, *q = NULL;
        kr_history *h = NULL;
        const kr_history_options how = {.size = sizeof how, .series = kr_rows_series(rows, i)};
        const int64_t origin = ROWS - 1;
        kr_error err = {.text = ""};
        if (kr_fit_forecast(fit, i, &p, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(kr_history_of_rows(model, rows, i, &how, &h, &err), KR_OK);
        assert_int_equal(kr_forecaster_predict(model, h, 1, &origin, &options, &q, &err), KR_OK);
        assert_true(p->n == 1 && p->n_steps == HORIZON && p->n_levels == 2);
        assert_memory_equal(p->forecast, q->forecast, HORIZON * sizeof *p->forecast);
        assert_memory_equal(p->upper, q->upper, 2 * HORIZON * sizeof *p->upper);
        assert_true(p->lower[0] < p->forecast[0] && p->forecast[0] < p->upper[0]);
        kr_history_destroy(h);
        kr_prediction_destroy(p);
        kr_prediction_destroy(q);
    }
    kr_free(bytes);
    kr_forecaster_destroy(model);
}

static void it_runs_and_forecasts(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make_fit(rows, "Naive,SeasonalNaive,Theta,RLinear");
    seen s = {0, 0, 0};
    const kr_fit_observer observer = {
        .size = sizeof observer, .candidate = see, .expected = see_expected, .arg = &s};
    const kr_fit_options options = {.size = sizeof options, .observer = &observer};
    kr_prediction *p = NULL;
    kr_error err = {.text = ""};
    if (kr_fit_run(fit, &options, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(s.n_begun == 4 && s.n_done == 4 && s.n_expected == 1);
    check_candidates(fit);
    check_verdict(fit);
    check_forecasts(fit, rows);
    assert_int_equal(kr_fit_forecast(fit, SERIES, &p, &err), KR_USAGE);
    assert_int_equal(kr_fit_forecast(fit, -1, &p, &err), KR_USAGE);
    /* Again, with the same result; its model outlives it. */
    if (kr_fit_run(fit, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    check_candidates(fit);
    kr_forecaster *model = kr_fit_take_forecaster(fit);
    assert_non_null(model);
    assert_null(kr_fit_forecaster(fit));
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
    assert_int_equal(kr_forecaster_info_of(model)->pred_len, HORIZON);
    kr_forecaster_destroy(model);
}

/* What cannot be done is said, and nothing is left behind. */
static void mistakes_are_said(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, 4, wave);
    kr_settings *s = NULL;
    kr_fit *fit = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_fit_settings_create(&s, NULL), KR_OK);
    assert_int_equal(kr_fit_create(NULL, s, rows, &fit, &err), KR_USAGE);
    assert_memory_equal(err.text, "`horizon` is missing", 20);
    kr_settings_destroy(s);
    assert_int_equal(kr_forecast_settings_create(&s, NULL), KR_OK);
    assert_int_equal(kr_fit_create(NULL, s, rows, &fit, &err), KR_USAGE);
    assert_null(fit);
    kr_settings_destroy(s);
    fit = make_fit(rows, "Naive");
    const kr_fit_options unsized = {.resumes = true};
    assert_int_equal(kr_fit_run(fit, &unsized, &err), KR_USAGE);
    assert_int_equal(kr_fit_run(fit, NULL, &err), KR_SHAPE); /* 4 rows, 4 steps */
    assert_null(kr_fit_take_forecaster(fit));
    kr_fit_destroy(fit);
    kr_fit_destroy(NULL);
    kr_rows_destroy(rows);
}

/* An older host's structures are shorter: no more is written than they hold. */
static void older_structures_are_kept_to(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make_fit(rows, "Naive");
    kr_fit_info info;
    memset(&info, 0x5a, sizeof info);
    info.size = offsetof(kr_fit_info, n_columns);
    kr_fit_describe(fit, &info);
    assert_true(info.n_series == SERIES && info.size == offsetof(kr_fit_info, n_columns));
    assert_true(info.n_columns == 0x5a5a5a5a5a5a5a5a);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

typedef struct fitting {
    kr_settings *settings;
    kr_rows *rows;
} fitting;

static kr_status fit_and_forecast(void *arg, kr_error *err) {
    const fitting *f = arg;
    kr_fit *fit = NULL;
    kr_prediction *p = NULL;
    KR_TRY(kr_fit_create(NULL, f->settings, f->rows, &fit, err));
    kr_status status = kr_fit_run(fit, NULL, err);
    if (status == KR_OK) status = kr_fit_forecast(fit, 0, &p, err);
    kr_prediction_destroy(p);
    kr_fit_destroy(fit);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    fitting f = {make_settings("Naive"), made_rows(SERIES, ROWS, wave)};
    kr_starve("a fit", fit_and_forecast, &f);
    kr_settings_destroy(f.settings);
    kr_rows_destroy(f.rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_what_it_knows), cmocka_unit_test(it_runs_and_forecasts),
        cmocka_unit_test(mistakes_are_said), cmocka_unit_test(older_structures_are_kept_to),
        cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
