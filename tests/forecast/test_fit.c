/* SPDX-License-Identifier: MIT
 * test_fit.c - a fit in memory: what it compares, what it leaves out and why, how it keeps to a
 * time, what it makes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/platform.h"
#include "forecast/fit_internal.h"
#include "support/made_rows.h"
#include "support/starve.h"
#include "support/workers.h"

enum { SERIES = 6, ROWS = 48, LONG = 400, HORIZON = 3 };

/* ---- what is fitted ----------------------------------------------------------------------- */

static double wave(int64_t series, int64_t t) {
    return 20 + (double)series + (double)(t * t % 5) + 4 * sin((double)t * 0.8975979);
}
/* Demand that comes now and then, but in `n_steady` series. */
static int n_steady;
static double demand(int64_t series, int64_t t) {
    return series < n_steady           ? wave(series, t)
           : (t * 7 + series) % 4 == 0 ? 3 + (double)(t % 2)
                                       : 0;
}

static int64_t length = ROWS; /* of each series */

static kr_fit_config make_config(const char *models, int64_t season) {
    kr_fit_config c;
    kr__flags_init(kr__fit_flags(), &c);
    c.horizon = HORIZON;
    c.season = season;
    if (models) snprintf(c.models, sizeof c.models, "%s", models);
    return c;
}

typedef struct fitted {
    kr_rows *rows;
    kr_fit_data data;
    kr_fit_plan *plan;
    kr__fit_result *result;
} fitted;

static kr_status try_fit(double (*value)(int64_t, int64_t), const kr_fit_config *config,
                         const kr_fit_options *options, fitted *f, kr_error *err) {
    memset(f, 0, sizeof *f);
    f->rows = made_rows(SERIES, length, value);
    f->plan = calloc(1, sizeof *f->plan);
    f->result = calloc(1, sizeof *f->result);
    KR_TRY(kr__fit_open(test_team, f->rows, config, &f->data, err));
    KR_TRY(kr__fit_plan_make("rows", config, &f->data.look, f->plan, err));
    return kr__fit_run(test_team, f->rows, &f->data, config, f->plan, options, f->result, err);
}

static fitted fit(double (*value)(int64_t, int64_t), const kr_fit_config *config,
                  const kr_fit_options *options) {
    fitted f;
    kr_error err = {.text = ""};
    if (try_fit(value, config, options, &f, &err) != KR_OK) fail_msg("%s", err.text);
    return f;
}

static void free_fitted(fitted *f) {
    kr__fit_result_deinit(f->result);
    kr__fit_data_deinit(&f->data);
    kr_rows_destroy(f->rows);
    free(f->plan);
    free(f->result);
}

/* ---- candidates ----------------------------------------------------------------------------- */

/* Each is told of before and after, and measured on the windows of the plan. */
typedef struct seen {
    int n_begun, n_done, n_expected;
} seen;

static void see(void *arg, const kr_fit_candidate *c, bool is_done) {
    seen *s = arg;
    static const char *const names[] = {"Naive", "SeasonalNaive", "Theta"};
    assert_string_equal(c->model, names[c->index]);
    assert_int_equal(c->index, s->n_done);
    assert_int_equal(is_done ? s->n_begun - 1 : s->n_begun, c->index);
    assert_true(is_done == !isnan(c->choosing_mase));
    is_done ? s->n_done++ : s->n_begun++;
}
static void see_expected(void *arg, double seconds) {
    seen *s = arg;
    assert_true(seconds > 0 && s->n_begun == 0);
    s->n_expected++;
}

static void candidates_are_compared(void **state) {
    (void)state;
    const kr_fit_config config = make_config("Naive,seasonalnaive,Theta", 7);
    seen s = {0, 0, 0};
    const kr_fit_observer observer = {.candidate = see, .expected = see_expected, .arg = &s};
    const kr_fit_options options = {.observer = &observer};
    fitted f = fit(wave, &config, &options);
    const kr__fit_result *r = f.result;
    const int64_t seasons[] = {7};
    const kr__study_plan plan = {.horizon = HORIZON,
                                 .seasons = seasons,
                                 .n_seasons = 1,
                                 .most_windows = f.plan->most_windows,
                                 .most_values = f.plan->most_values,
                                 .is_panel = true};
    kr__study *study = NULL;
    assert_true(s.n_begun == 3 && s.n_done == 3 && s.n_expected == 1);
    assert_int_equal(kr__study_make(f.data.rows, &plan, 1, &study, NULL), KR_OK);
    assert_int_equal(r->study->n_windows, study->n_windows);
    assert_memory_equal(r->study->windows, study->windows,
                        (size_t)study->n_windows * sizeof *study->windows);
    for (int i = 0; i < 3; i++) {
        const kr__fit_candidate *c = &r->candidates[i];
        assert_true(c->loss == kr__study_loss(study, &c->forecasts, KR__CHOOSING));
        assert_true(c->verdict_loss == kr__study_loss(study, &c->forecasts, KR__VERDICT));
        assert_true(!*c->why_not && c->seconds > 0);
    }
    kr__study_destroy(study);
    /* A model of all rows is made of what was chosen. */
    char members[64] = "";
    for (int i = 0; i < r->n_chosen; i++) {
        if (i > 0) strcat(members, "+");
        strcat(members, r->candidates[r->chosen[i]].model);
    }
    assert_true(r->is_refitted && r->n_chosen > 0);
    assert_string_equal(kr_forecaster_info_of(r->model)->model, members);
    free_fitted(&f);
}

static const char *why(const fitted *f, const char *model) {
    for (int i = 0; i < f->result->n_candidates; i++) {
        if (strcmp(f->result->candidates[i].model, model) == 0) {
            return f->result->candidates[i].why_not;
        }
    }
    fail_msg("%s is no candidate", model);
    return NULL;
}

/* Models of intermittent demand where more than a third of the series have it, or they are named;
 * learned ones where there are rows; twins once; none when the time is up. */
static void what_is_left_out_has_a_reason(void **state) {
    (void)state;
    kr_fit_config config = make_config(NULL, 7);
    fitted f = fit(wave, &config, NULL);
    assert_string_equal(why(&f, "SBA"), "demand is not intermittent");
    assert_string_equal(why(&f, "TSB"), "demand is not intermittent");
    assert_string_equal(why(&f, "RLinear"), "too few rows to learn from");
    assert_string_equal(why(&f, "ETS"), "");
    free_fitted(&f);
    for (n_steady = 3; n_steady < 5; n_steady++) {
        f = fit(demand, &config, NULL);
        assert_string_equal(why(&f, "SBA"), n_steady == 3 ? "" : "demand is not intermittent");
        free_fitted(&f);
    }
    config = make_config("SBA,Naive,SeasonalNaive,Theta", 1);
    f = fit(wave, &config, NULL);
    assert_string_equal(why(&f, "SBA"), "");
    assert_string_equal(why(&f, "SeasonalNaive"), "the same as Naive here");
    assert_string_equal(why(&f, "Theta"), "");
    free_fitted(&f);
}

static void names_of_models_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *models, *sentence;
    } cases[] = {
        {"Naive,naive", "`models`: naive is named twice; name it once"},
        {"Naive,Thetas", "did you mean Theta"},
        {"Naive,", "`models`: unknown value \"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const kr_fit_config config = make_config(cases[i].models, 0);
        kr_error err = {.text = ""};
        assert_int_equal(kr__fit_config_check(&config, &err), KR_USAGE);
        if (!strstr(err.text, cases[i].sentence)) fail_msg("%s", err.text);
    }
    kr_fit_config config = make_config(NULL, 0);
    kr_error err = {.text = ""};
    assert_int_equal(kr__fit_config_check(&config, NULL), KR_OK);
    strcpy(config.time_budget, "5 bananas");
    assert_int_equal(kr__fit_config_check(&config, &err), KR_USAGE);
    assert_memory_equal(err.text, "`time_budget`", 13);
    *config.time_budget = '\0';
    config.horizon = 0;
    assert_int_equal(kr__fit_config_check(&config, &err), KR_USAGE);
    assert_memory_equal(err.text, "`horizon` is missing", 20);
}

/* ---- time -------------------------------------------------------------------------------------
 */

static void times_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"90s", 90}, {"5m", 300}, {"1.5h", 5400}, {"7", 7}, {"1e7s", 1e7}};
    static const char *const bad[] = {
        "", "s", "0", "-1m", "5d", "1e8", "nan", "m5", "00000000000000000000000000000001s"};
    double seconds = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(kr__duration_parse(good[i].text, &seconds, NULL), KR_OK);
        assert_true(seconds == good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kr_error err = {.text = ""};
        assert_int_equal(kr__duration_parse(bad[i], &seconds, &err), KR_USAGE);
        assert_non_null(strstr(err.text, "is not a time; write it as 90s, 5m or 1.5h, above 0"));
    }
}

static bool is_near(double a, double b) { return fabs(a - b) <= 1e-3 * fabs(b); }

/* Of made times: two statistical models, 2 and 3 seconds a window, and two learned ones of 50 and
 * 40, the first of which tries three losses; 10 windows of 4 targets. */
static void a_time_is_divided(void **state) {
    (void)state;
    kr__study study = {.n_windows = 10, .n_targets = 4};
    kr__fit_result *r = calloc(1, sizeof *r);
    kr_fit_plan *plan = calloc(1, sizeof *plan);
    kr_fit_config config = make_config(NULL, 0);
    kr__fitting f = {.config = &config, .plan = plan, .result = r};
    r->study = &study;
    r->n_candidates = 4;
    r->candidates[0].local = r->candidates[1].local = kr__local_find("Naive");
    r->candidates[0].window_seconds = 2;
    r->candidates[1].window_seconds = 3;
    r->candidates[2].training_seconds = 50;
    r->candidates[2].trying_seconds = 150;
    r->candidates[3].training_seconds = r->candidates[3].trying_seconds = 40;
    config.refit = false;
    assert_true(kr__fit_expected(&f) == 5 * 10 + 5 * 4 + 150 + 40);
    config.refit = true; /* the longest once more */
    assert_true(kr__fit_expected(&f) == 5 * 10 + 5 * 4 + 150 + 40 + 50);
    r->candidates[2].training_seconds = 0.25;
    r->candidates[3].training_seconds = 0.5;
    assert_true(kr__fit_expected(&f) == 5 * 10 + 5 * 4 + 150 + 40 + 0.5);
    r->candidates[2].training_seconds = 50;
    r->candidates[3].training_seconds = 40;
    assert_true(kr__fit_share(&f) == 1 && isinf(kr__fit_seconds_of(&f, 2)));
    /* 120 seconds, 20 of them for the forecast at the end; half, or nine tenths, for the past. */
    f.deadline = kr__time_now() + 60;
    plan->learns = true;
    assert_true(is_near(kr__fit_share(&f), 0.5 * 40 / 50));
    plan->learns = false;
    assert_true(is_near(kr__fit_share(&f), 0.9 * 40 / 50));
    f.deadline = kr__time_now() + 1000;
    assert_true(kr__fit_share(&f) == 1);
    f.deadline = kr__time_now() + 19;
    assert_true(kr__fit_share(&f) == 0 && kr__fit_seconds_of(&f, 2) == 0);
    /* Each learned model that is left has as much, and so does the last training. */
    f.deadline = kr__time_now() + 620;
    assert_true(is_near(kr__fit_seconds_of(&f, 0), 200));
    assert_true(is_near(kr__fit_seconds_of(&f, 3), 300));
    assert_true(is_near(kr__fit_seconds_of(&f, 4), 600));
    config.refit = false;
    assert_true(is_near(kr__fit_seconds_of(&f, 3), 600));
    assert_true(is_near(kr__fit_seconds_of(&f, 4), 600));
    study.n_windows = study.n_targets = 0;
    assert_true(kr__fit_share(&f) == 1);
    free(plan);
    free(r);
}

/* Epochs of all windows, at most 60; or, where fewer than four of them fit into the steps, four of
 * a part. Patience is a fifth of them, at least 3. */
static void steps_make_epochs(void **state) {
    (void)state;
    static const struct {
        int64_t n_windows, batch_size, n_steps, epochs, epoch_windows, patience;
    } cases[] = {{320, 32, 300, 30, 0, 6},   {321, 32, 300, 27, 0, 5},    {32, 32, 5200, 60, 0, 12},
                 {320, 32, 40, 4, 0, 3},     {320, 32, 39, 4, 9 * 32, 3}, {320, 32, 3, 3, 32, 3},
                 {100000, 8, 400, 4, 800, 3}};
    kr_fit_plan *plan = calloc(1, sizeof *plan);
    kr_forecast_config *made = calloc(1, sizeof *made);
    const kr__fitting f = {.plan = plan};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kr__fit_candidate c = {.model = "RLinear", .n_steps = cases[i].n_steps};
        plan->n_windows = cases[i].n_windows;
        plan->config.batch_size = cases[i].batch_size;
        assert_int_equal(kr__fit_settings(&f, &c, made, NULL), KR_OK);
        assert_string_equal(made->model, "RLinear");
        assert_int_equal(made->train_epochs, cases[i].epochs);
        assert_int_equal(made->epoch_windows, cases[i].epoch_windows);
        assert_int_equal(made->patience, cases[i].patience);
    }
    free(plan);
    free(made);
}

/* The time was up before it began: two windows of one target are looked at, and by no model. */
static void a_time_that_is_over(void **state) {
    (void)state;
    kr_fit_config config = make_config("Naive,Theta", 7);
    strcpy(config.time_budget, "1000s"); /* the last 50 of them are for files */
    const kr_fit_options late = {.spent = 960};
    fitted f;
    kr_error err = {.text = ""};
    assert_int_equal(try_fit(wave, &config, &late, &f, &err), KR_USAGE);
    assert_memory_equal(err.text, "no model could be used before the time was up", 45);
    assert_string_equal(why(&f, "Naive"), "there was no time for it");
    assert_string_equal(why(&f, "Theta"), "there was no time for it");
    assert_int_equal(f.result->study->n_windows, 2);
    free_fitted(&f);
    const kr_fit_options early = {.spent = 900};
    f = fit(wave, &config, &early);
    assert_true(f.result->study->n_windows > 2);
    assert_string_equal(why(&f, "Theta"), "");
    free_fitted(&f);
}

static const kr_fit_options no_options = {.folder = NULL};

/* All but the training of one learned model. */
static kr__fitting begin_learned(kr_fit_config *config, fitted *f) {
    kr_error err = {.text = ""};
    config->refit = false;
    memset(f, 0, sizeof *f);
    length = LONG;
    f->rows = made_rows(SERIES, length, wave);
    length = ROWS;
    f->plan = calloc(1, sizeof *f->plan);
    f->result = calloc(1, sizeof *f->result);
    assert_int_equal(kr__fit_open(NULL, f->rows, config, &f->data, &err), KR_OK);
    assert_int_equal(kr__fit_plan_make("rows", config, &f->data.look, f->plan, &err), KR_OK);
    assert_true(f->plan->learns);
    const kr__study_plan past = {.horizon = HORIZON, .most_windows = 2, .is_panel = true};
    assert_int_equal(kr__study_make(f->data.rows, &past, 1, &f->result->study, &err), KR_OK);
    strcpy(f->result->candidates[0].model, "RLinear");
    f->result->n_candidates = 1;
    return (kr__fitting){.config = config,
                         .plan = f->plan,
                         .rows = f->rows,
                         .data = &f->data,
                         .options = &no_options,
                         .result = f->result,
                         .deadline = kr__time_now() + 100};
}

/* A learned model trains for as many steps as fit into nine tenths of its time, beside validation
 * and the past; without a limit the first one tries several losses, with one it has the first. */
static void a_learned_model_keeps_to_its_time(void **state) {
    (void)state;
    kr_fit_config config = make_config("RLinear", 7);
    fitted f;
    kr_error err = {.text = ""};
    kr__fitting fitting = begin_learned(&config, &f);
    kr__fit_candidate *c = &f.result->candidates[0];
    /* Of made steps of a tenth of a second: two seconds are eighteen of them. */
    c->n_steps = 3000;
    c->step_seconds = 0.1;
    if (kr__fit_learned(&fitting, 0, 2, &err) != KR_OK) fail_msg("%s", err.text);
    const kr_forecast_config *made = kr__forecaster_settings(c->forecaster);
    int64_t per_epoch = made->epoch_windows > 0
                            ? made->epoch_windows / made->batch_size
                            : (f.plan->n_windows + made->batch_size - 1) / made->batch_size;
    assert_in_range(per_epoch * made->train_epochs, 8, 16);
    assert_true(made->max_seconds > 0.44 && made->max_seconds <= 1.8 + 1e-9);
    assert_string_equal(c->training_loss, "Huber");
    free_fitted(&f);
}

typedef struct learning {
    kr__fitting fitting;
    fitted f;
} learning;

static kr__fit_candidate *candidate_of(learning *l) { return &l->f.result->candidates[0]; }

static kr_status expect_times(void *arg, kr_error *err) {
    learning *l = arg;
    return kr__fit_expect(&l->fitting, err);
}

static kr_status learn(void *arg, kr_error *err) {
    learning *l = arg;
    kr__fit_candidate *c = candidate_of(l);
    kr_status status = kr__fit_learned(&l->fitting, 0, 2, err);
    kr_forecaster_destroy(c->forecaster);
    kr__study_forecasts_deinit(&c->forecasts);
    c->forecaster = NULL;
    return status;
}

static kr_status learn_all_rows(void *arg, kr_error *err) {
    learning *l = arg;
    kr_status status = kr__fit_refit(&l->fitting, candidate_of(l), 2, err);
    kr_forecaster_destroy(l->f.result->model);
    l->f.result->model = NULL;
    return status;
}

/* While a learned model is timed, trained, asked for the past, and trained again. */
static void learning_may_lack_memory(void **state) {
    (void)state;
    kr_fit_config config = make_config("RLinear", 7);
    kr_error err = {.text = ""};
    learning l;
    l.fitting = begin_learned(&config, &l.f);
    kr_starve("expected times", expect_times, &l);
    candidate_of(&l)->n_steps = 4;
    candidate_of(&l)->step_seconds = 0.1;
    kr_starve("a learned model", learn, &l);
    assert_int_equal(kr__fit_learned(&l.fitting, 0, 2, &err), KR_OK);
    kr_starve("on all rows", learn_all_rows, &l);
    free_fitted(&l.f);
}

/* ---- what may come between ------------------------------------------------------------------ */

static void stop_there(void *arg, const kr_fit_candidate *c, bool is_done) {
    (void)arg;
    if (c->index == 1 && !is_done) kr_team_stop(test_team);
}

static void a_fit_may_be_stopped(void **state) {
    (void)state;
    const kr_fit_config config = make_config("Naive,Theta", 7);
    const kr_fit_observer observer = {.candidate = stop_there};
    const kr_fit_options options = {.observer = &observer};
    fitted f;
    kr_error err = {.text = ""};
    test_workers(2);
    assert_int_equal(try_fit(wave, &config, &options, &f, &err), KR_INTERRUPTED);
    assert_string_equal(err.text, "stopped while Theta was being trained");
    free_fitted(&f);
    test_workers(0);
}

typedef struct whole_fit {
    kr_fit_config config;
    kr_rows *rows;
    kr_fit_plan *plan;
    kr__fit_result *result;
} whole_fit;

static kr_status fit_wholly(void *arg, kr_error *err) {
    const whole_fit *w = arg;
    kr_fit_data data = {.features = NULL};
    kr_status status = kr__fit_open(NULL, w->rows, &w->config, &data, err);
    if (status == KR_OK) status = kr__fit_plan_make("rows", &w->config, &data.look, w->plan, err);
    if (status == KR_OK) {
        status = kr__fit_run(NULL, w->rows, &data, &w->config, w->plan, NULL, w->result, err);
    }
    kr__fit_result_deinit(w->result);
    kr__fit_data_deinit(&data);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    whole_fit w = {.config = make_config("Naive,SeasonalNaive", 7),
                   .rows = made_rows(SERIES, length, wave),
                   .plan = calloc(1, sizeof *w.plan),
                   .result = calloc(1, sizeof *w.result)};
    kr_starve("a fit", fit_wholly, &w);
    kr_rows_destroy(w.rows);
    free(w.plan);
    free(w.result);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(candidates_are_compared),
                                       cmocka_unit_test(what_is_left_out_has_a_reason),
                                       cmocka_unit_test(names_of_models_are_checked),
                                       cmocka_unit_test(times_are_read),
                                       cmocka_unit_test(a_time_is_divided),
                                       cmocka_unit_test(steps_make_epochs),
                                       cmocka_unit_test(a_time_that_is_over),
                                       cmocka_unit_test(a_learned_model_keeps_to_its_time),
                                       cmocka_unit_test(learning_may_lack_memory),
                                       cmocka_unit_test(a_fit_may_be_stopped),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
