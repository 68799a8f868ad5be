/* SPDX-License-Identifier: MIT
 * test_fit_rules.c - which settings follow from a look at the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "forecast/fitting.h"
#include "forecast/forecast_config.h"

static kr_fit_config make_config(int64_t horizon) {
    kr_fit_config c;
    kr__flags_init(kr__fit_flags(), &c);
    c.horizon = horizon;
    return c;
}

/* So many rows of so many columns, with dates `step` apart; NULL: without dates. */
static kr_fit_look make_look(int64_t n_rows, int64_t n_columns, const char *step) {
    kr_fit_look look = {.n_rows = n_rows,
                        .n_series = 1,
                        .shortest = n_rows,
                        .longest = n_rows,
                        .n_columns = n_columns,
                        .n_targets = n_columns,
                        .n_values = n_rows * n_columns,
                        .has_dates = step != NULL,
                        .gaps.first_row = -1};
    if (step) assert_int_equal(kr_frequency_parse(step, &look.frequency, NULL), KR_OK);
    return look;
}

static kr_fit_plan *make_plan(const kr_fit_config *config, const kr_fit_look *look) {
    kr_fit_plan *plan = calloc(1, sizeof *plan);
    kr_error err = {.text = ""};
    kr_status status = kr__fit_plan_make("some/where/data.csv", config, look, plan, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    if (kr__forecast_config_check(&plan->config, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(plan->n_rules > 0 && plan->n_rules <= KR_FIT_MOST_RULES);
    return plan;
}

static void hours(void **state) {
    (void)state;
    kr_fit_config config = make_config(96);
    kr_fit_look look = make_look(17420, 7, "h");
    kr_fit_plan *plan = make_plan(&config, &look);
    const kr_forecast_config *c = &plan->config;
    assert_string_equal(c->root_path, "some/where/");
    assert_string_equal(c->data_path, "data.csv");
    assert_string_equal(c->features, "M");
    assert_string_equal(c->freq, "1h");
    assert_int_equal(c->season, 24);
    assert_int_equal(plan->n_seasons, 2);
    assert_int_equal(plan->seasons[1], 168);
    assert_true(plan->learns);
    /* nothing is learnt from rows in which the past is measured */
    assert_true(c->train_rows + c->val_rows <= 17420 * 7 / 10 && c->test_rows == 0);
    assert_int_equal(c->patch_len, 24);
    assert_int_equal(c->seq_len, 192); /* two horizons */
    assert_int_equal(c->pred_len, 96);
    assert_int_equal(c->d_model, 64);
    free(plan);
    config.horizon = 24;
    plan = make_plan(&config, &look);
    assert_int_equal(plan->config.seq_len, 168); /* a week */
    free(plan);
}

static void every_step_gives_a_possible_plan(void **state) {
    (void)state;
    static const char *const steps[] = {"s", "15min", "h", "3h", "d", "b",
                                        "w", "m",     "q", "y",  NULL};
    static const int64_t rows[] = {4, 12, 60, 100, 500, 5000, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++) {
            for (int64_t horizon = 1; horizon <= rows[j] - KR__STUDY_LEAST;
                 horizon = horizon * 5 + 1) {
                kr_fit_config config = make_config(horizon);
                kr_fit_look look = make_look(rows[j], 1 + (int64_t)i, steps[i]);
                kr_fit_plan *plan = make_plan(&config, &look);
                const kr_forecast_config *c = &plan->config;
                assert_true(plan->most_windows >= 2 && plan->n_seasons <= KR__LOCAL_SEASONS);
                assert_int_equal(c->pred_len, horizon);
                if (plan->learns) {
                    assert_true(c->seq_len >= c->patch_len && c->seq_len >= c->season);
                    assert_true(c->seq_len + c->pred_len <= c->train_rows);
                    assert_true(c->val_rows >= horizon);
                    assert_true(c->train_epochs >= 1 && c->train_epochs <= 40);
                } else {
                    assert_true(rows[j] < 5000 || 10 * horizon > rows[j]);
                }
                free(plan);
            }
        }
    }
}

static void what_is_given_is_kept(void **state) {
    (void)state;
    kr_fit_config config = make_config(12);
    kr_fit_look look = make_look(3000, 3, "d");
    config.season = 30;
    config.lookback = 100;
    strcpy(config.target, "OT");
    kr_fit_plan *plan = make_plan(&config, &look);
    assert_int_equal(plan->config.season, 30);
    assert_int_equal(plan->config.seq_len, 100);
    assert_string_equal(plan->config.features, "MS");
    assert_string_equal(plan->config.target, "OT");
    free(plan);
}

/* Settings that all models of a fit share are those that it was given. */
static void shared_settings_reach_the_models(void **state) {
    (void)state;
    static const char *const given[][2] = {
        {"gaps", "ffill"},       {"known_future", "wind"}, {"levels", "0.5,0.75"},
        {"seed", "77"},          {"threads", "3"},         {"delimiter", "semicolon"},
        {"decimal", "comma"},    {"thousands", "point"},   {"header", "no"},
        {"date_column", "when"}, {"date_format", "dmy"},   {"sort", "no"},
        {"repeats", "mean"},     {"timezone", "UTC"},      {"categories", "off"},
        {"sheet", "2"},          {"last", "900"},          {"missing", "-999,n/e"},
        {"static_columns", "a"}, {"drop_columns", "b"},    {"lower", "-1.5"},
        {"upper", "1e6"},        {"integers", "1"}};
    enum { N = sizeof given / sizeof given[0] };
    kr_fit_config config = make_config(24);
    kr_fit_look look = make_look(5000, 3, "h");
    char got[KR_FLAG_TEXT];
    int n_shared = 0;
    for (int i = 0; i < N; i++) {
        assert_int_equal(kr__flags_set(kr__fit_flags(), &config, given[i][0], given[i][1], NULL),
                         KR_OK);
    }
    kr_fit_plan *plan = make_plan(&config, &look);
    const kr_flag_table *fit = kr__fit_flags(), *models = kr__forecast_flags();
    for (int i = 0; i < fit->count; i++)
        n_shared += (fit->flags[i].traits & KR_SETTING_COPIED) != 0;
    assert_int_equal(n_shared, N); /* a new one belongs into the list above */
    for (int i = 0; i < N; i++) {
        int k = 0;
        while (strcmp(models->flags[k].name, given[i][0]) != 0) assert_true(++k < models->count);
        kr__flag_get(&models->flags[k], &plan->config, got, sizeof got);
        assert_string_equal(got, given[i][1]);
    }
    free(plan);
}

/* What was chosen is told, each thing once, in this order. */
static void every_choice_is_told(void **state) {
    (void)state;
    static const char *const told[] = {"forecast", "season", "past",    "look-back",
                                       "patches",  "size",   "schedule"};
    enum { N = sizeof told / sizeof told[0] };
    kr_fit_config config = make_config(24);
    kr_fit_look look = make_look(5000, 3, "h");
    kr_fit_plan *plan = make_plan(&config, &look);
    for (int i = 0; i < plan->n_rules; i++) {
        if (i >= N || strcmp(plan->rules[i].what, told[i]) != 0)
            fail_msg("%d: %s", i, plan->rules[i].what);
        assert_true(*plan->rules[i].value && *plan->rules[i].why);
    }
    assert_int_equal(plan->n_rules, N);
    free(plan);
}

static void refuse(const kr_fit_config *config, const kr_fit_look *look, kr_status want,
                   const char *sentence) {
    kr_fit_plan *plan = calloc(1, sizeof *plan);
    kr_error err = {.text = ""};
    assert_int_equal(kr__fit_plan_make("data.csv", config, look, plan, &err), want);
    assert_string_equal(err.text, sentence);
    free(plan);
}

static void refusals(void **state) {
    (void)state;
    kr_fit_config config = make_config(0);
    kr_fit_look look = make_look(200, 1, "h");
    refuse(&config, &look, KR_USAGE,
           "`horizon` is missing; say how many steps are to be forecast, such as `horizon` 24");
    config.horizon = 24;
    look = make_look(26, 1, "h");
    strcpy(config.models, "Naive");
    refuse(&config, &look, KR_SHAPE,
           "data.csv: 26 rows are too few for `horizon` 24: a model needs 3 rows before the ones "
           "that it is measured on; 27 rows are needed, or a horizon of 23 at most");
    look = make_look(200, 1, "h");
    config.horizon = 10;
    config.lookback = 139;
    refuse(&config, &look, KR_SHAPE,
           "data.csv: the training part has 114 rows, too few for windows of 139 + 10 steps; use a "
           "smaller `horizon` or `lookback`");
}

/* ZeroShot takes what is too short to be measured, in any case of its letters; no other model. */
static void too_few_rows_are_for_zeroshot(void **state) {
    (void)state;
    kr_fit_config config = make_config(24);
    static const struct {
        const char *models;
        int64_t n_rows;
        bool is_zeroshot;
    } cases[] = {
        {"Naive,zeroshot", 26, true}, {"ZeroShot", 1, true}, {"Naive,zeroshot", 27, false}};
    for (int i = 0; i < 3; i++) {
        const kr_fit_look look = make_look(cases[i].n_rows, 1, "h");
        strcpy(config.models, cases[i].models);
        kr_fit_plan *plan = make_plan(&config, &look);
        assert_true(plan->is_zeroshot == cases[i].is_zeroshot);
        assert_false(plan->learns);
        free(plan);
    }
}

static void durations(void **state) {
    (void)state;
    double seconds = 0;
    assert_int_equal(kr__duration_parse("90s", &seconds, NULL), KR_OK);
    assert_true(seconds == 90);
    assert_int_equal(kr__duration_parse("1.5h", &seconds, NULL), KR_OK);
    assert_true(seconds == 5400);
    assert_int_equal(kr__duration_parse("7", &seconds, NULL), KR_OK);
    assert_true(seconds == 7);
    static const char *const wrong[] = {"", "m", "0s", "-5m", "5 m", "5d", "nan", "1e99h"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(kr__duration_parse(wrong[i], &seconds, NULL), KR_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours),
        cmocka_unit_test(every_step_gives_a_possible_plan),
        cmocka_unit_test(what_is_given_is_kept),
        cmocka_unit_test(shared_settings_reach_the_models),
        cmocka_unit_test(every_choice_is_told),
        cmocka_unit_test(refusals),
        cmocka_unit_test(too_few_rows_are_for_zeroshot),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
