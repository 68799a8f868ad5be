/* SPDX-License-Identifier: MIT
 * test_fit_handle.c - a fit as a host program has it: run, told, forecast, handed over. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <kr/kr.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecaster_internal.h"
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

/* Ranks are 1, 2, .. by the errors that judge. */
static void check_ranks(const kr_fit *fit) {
    kr_fit_candidate c = {.size = sizeof c};
    double before = 0;
    int n = 0;
    for (int rank = 1; rank <= 4; rank++) {
        for (int i = 0; kr_fit_describe_candidate(fit, i, &c); i++) {
            assert_true((c.rank == 0) == (*c.why_not != '\0'));
            if (c.rank != rank) continue;
            assert_true(c.judging_mase >= before);
            before = c.judging_mase;
            n++;
        }
    }
    assert_int_equal(n, 3);
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
    check_ranks(fit);
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

/* ---- files ------------------------------------------------------------------------------------
 */

static char *read_file(const char *folder, const char *name) {
    char path[100];
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr_error err = {.text = ""};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (kr__file_read(path, 1 << 20, &bytes, &n, &err) != KR_OK) fail_msg("%s", err.text);
    unlink(path);
    return (char *)bytes; /* with a zero behind them */
}

static int64_t count_lines(char *text) {
    int64_t n = 0;
    for (const char *c = text; *c; c++) n += *c == '\n';
    kr_free(text);
    return n;
}

/* A line for each model, target, step of a held-out window and of a forecast; a series that is too
 * short for one is left out. */
static void it_writes_what_it_found(void **state) {
    (void)state;
    char folder[] = "/tmp/krait-fit-XXXXXX", deep[60];
    assert_non_null(mkdtemp(folder));
    snprintf(deep, sizeof deep, "%s/fit", folder);
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make_fit(rows, "Naive,SeasonalNaive,Theta"), *told = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_fit_write(fit, deep, "made", &err), KR_USAGE);
    assert_string_equal(err.text, "the fit has nothing to write; run it, and keep its model");
    if (kr_fit_run(fit, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    if (kr_fit_write(fit, deep, "made", &err) != KR_OK) fail_msg("%s", err.text);
    char *json = read_file(deep, "fit.json");
    assert_true(strstr(json, "\"path\":\t\"made\"") && strstr(json, "\"verdict\"") &&
                !strstr(json, "\"command\""));
    kr_free(json);
    assert_int_equal(count_lines(read_file(deep, "comparison.csv")), 1 + 3);
    assert_int_equal(count_lines(read_file(deep, "targets.csv")), 1 + SERIES);
    assert_int_equal(count_lines(read_file(deep, "held_out.csv")), 1 + SERIES * HORIZON);
    assert_int_equal(count_lines(read_file(deep, "forecast.csv")), 1 + SERIES * HORIZON);
    rmdir(deep);
    rmdir(folder);
    assert_int_equal(kr_fit_recall(kr_fit_forecaster(fit), &told, NULL), KR_OK);
    assert_int_equal(kr_fit_write(told, deep, "made", &err), KR_USAGE);
    kr_fit_destroy(told);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* ---- asked to stop ----------------------------------------------------------------------------
 */

typedef struct stopping {
    const char *before; /* a model */
    int trainings;      /* the first step of which one; 0: at once */
    int n_trainings;
    bool is_there, keeps_nothing;
    char said[300];
} stopping;

static void stop_at_candidate(void *arg, const kr_fit_candidate *c, bool is_done) {
    stopping *s = arg;
    if (!is_done) s->is_there = strcmp(c->model, s->before) == 0;
    if (s->is_there && !is_done && s->trainings == 0) kr_team_stop(test_team);
}

static void stop_at_step(void *arg, const kr_forecast_event *e) {
    stopping *s = arg;
    s->n_trainings += s->is_there && e->kind == KR_EVENT_TRAINING;
    bool is_then = s->trainings > 0 && s->n_trainings == s->trainings;
    if (is_then && e->kind == KR_EVENT_STEP) kr_team_stop(test_team);
}

static void heed(void *arg, kr_log_level level, const char *line) {
    stopping *s = arg;
    if (level >= KR_LOG_NOTE) snprintf(s->said, sizeof s->said, "%s", line);
}

/* Stop it there; what it found, and what it said. */
static kr_fit *stop_fit(const kr_rows *rows, const char *models, stopping *s, kr_error *err) {
    kr_fit *fit = make_fit(rows, models);
    const kr_fit_observer observer = {.size = sizeof observer,
                                      .candidate = stop_at_candidate,
                                      .arg = s,
                                      .training = {stop_at_step, s}};
    const kr_fit_options options = {
        .size = sizeof options, .observer = &observer, .keeps_best = !s->keeps_nothing};
    assert_int_equal(kr_fit_run(fit, &options, err), KR_INTERRUPTED);
    kr_team_go_on(test_team);
    return fit;
}

/* As the same without the rest would have found. */
static void check_like(const kr_fit *fit, const kr_rows *rows, const char *models) {
    kr_fit *other = make_fit(rows, models);
    kr_fit_candidate a = {.size = sizeof a}, b = {.size = sizeof b};
    kr_prediction *p = NULL, *q = NULL;
    assert_int_equal(kr_fit_run(other, NULL, NULL), KR_OK);
    for (int i = 0; kr_fit_describe_candidate(other, i, &b); i++) {
        assert_true(kr_fit_describe_candidate(fit, i, &a));
        assert_true(a.is_chosen == b.is_chosen && a.rank == b.rank);
    }
    assert_int_equal(kr_fit_forecast((kr_fit *)fit, 0, &p, NULL), KR_OK);
    assert_int_equal(kr_fit_forecast(other, 0, &q, NULL), KR_OK);
    assert_memory_equal(p->forecast, q->forecast, HORIZON * sizeof *p->forecast);
    assert_memory_equal(p->upper, q->upper, (size_t)q->n_levels * HORIZON * sizeof *p->upper);
    kr_prediction_destroy(p);
    kr_prediction_destroy(q);
    kr_fit_destroy(other);
}

static void a_stopped_fit_keeps_the_best_that_is_done(void **state) {
    (void)state;
    stopping s = {.before = "ETS"};
    test_workers_heard(2, heed, &s);
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_error err = {.text = ""};
    kr_fit_candidate c = {.size = sizeof c};
    kr_fit *fit = stop_fit(rows, "Naive,Theta,ETS,CES", &s, &err), *told = NULL;
    assert_string_equal(err.text, "stopped while ETS was being trained");
    assert_string_equal(s.said,
                        "stopped: the choice is among the models that were done, without ETS, CES");
    assert_true(kr_fit_describe_candidate(fit, 3, &c) && c.rank == 0 && !c.is_chosen);
    assert_string_equal(c.why_not, "the fit was stopped before");
    check_like(fit, rows, "Naive,Theta");
    assert_int_equal(kr_fit_recall(kr_fit_forecaster(fit), &told, NULL), KR_OK);
    assert_true(kr_fit_describe_candidate(told, 3, &c));
    assert_string_equal(c.why_not, "the fit was stopped before");
    kr_fit_destroy(told);
    kr_fit_destroy(fit);
    /* Before any is done there is nothing to keep. */
    s.before = "Naive";
    fit = stop_fit(rows, "Naive,Theta", &s, &err);
    assert_null(kr_fit_forecaster(fit));
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
    test_workers(0);
}

static double long_wave(int64_t series, int64_t t) {
    return wave(series, t) + 3 * sin((double)t * 0.05);
}

/* A learned model has the losses that it has tried, and is not made anew. */
static void check_stopped_training(const kr_rows *rows, int trainings, const char *words) {
    stopping s = {.before = "RLinear", .trainings = trainings};
    test_workers_heard(2, heed, &s);
    kr_error err = {.text = ""};
    kr_fit_candidate c = {.size = sizeof c};
    kr_prediction *p = NULL;
    kr_fit *fit = stop_fit(rows, "Naive,RLinear", &s, &err);
    assert_string_equal(err.text, words);
    assert_true(kr_fit_describe_candidate(fit, 1, &c));
    assert_true(!*c.why_not && c.is_chosen && c.rank == 1 && !isnan(c.judging_mase));
    if (trainings == 2) assert_string_equal(c.training_loss, "Huber");
    assert_string_equal(
        s.said,
        "stopped before training RLinear on all rows: it stays as the earlier ones made it");
    assert_int_equal(kr_fit_forecast(fit, 0, &p, &err), KR_OK);
    kr_prediction_destroy(p);
    kr_fit_destroy(fit);
    test_workers(0);
}

static void a_stopped_training_keeps_what_it_has(void **state) {
    (void)state;
    enum { LONG = 300, LOSSES = 4 };
    kr_rows *rows = made_rows(1, LONG, long_wave);
    check_stopped_training(rows, 2, "stopped while RLinear was being trained");
    check_stopped_training(rows, LOSSES + 1, "stopped while RLinear was being trained on all rows");
    stopping s = {.before = "RLinear", .trainings = 1};
    test_workers_heard(2, heed, &s);
    kr_error err = {.text = ""};
    kr_fit *fit = stop_fit(rows, "Naive,RLinear", &s, &err);
    kr_fit_verdict v = {.size = sizeof v};
    assert_string_equal(kr_forecaster_info_of(kr_fit_forecaster(fit))->model, "Naive");
    kr_fit_destroy(fit);
    /* Unless asked for, nothing is kept, wherever it was stopped. */
    s = (stopping){.before = "RLinear", .trainings = LOSSES + 1, .keeps_nothing = true};
    fit = stop_fit(rows, "Naive,RLinear", &s, &err);
    assert_null(kr_fit_forecaster(fit));
    assert_false(kr_fit_describe_verdict(fit, &v));
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
    test_workers(0);
}

/* ---- what a model says of its fit ----------------------------------------------------------- */

static kr_forecaster *through_a_file(const kr_forecaster *model) {
    void *bytes = NULL;
    size_t n = 0;
    kr_forecaster *opened = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_forecaster_save_memory((kr_forecaster *)model, &bytes, &n, NULL), KR_OK);
    kr_status status = kr_forecaster_open_memory(test_team, "it", bytes, n, &opened, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    kr_free(bytes);
    return opened;
}

static void assert_same_candidates(const kr_fit *fit, const kr_fit *told, int n) {
    kr_fit_candidate a = {.size = sizeof a}, b = {.size = sizeof b};
    for (int i = 0; i < n; i++) {
        assert_true(kr_fit_describe_candidate(fit, i, &a));
        assert_true(kr_fit_describe_candidate(told, i, &b) && isnan(b.seconds));
        assert_string_equal(a.model, b.model);
        assert_string_equal(a.why_not, b.why_not);
        assert_string_equal(a.training_loss, b.training_loss);
        assert_true(a.is_learned == b.is_learned && a.is_chosen == b.is_chosen);
        assert_true(a.rank == b.rank && a.n_steps == b.n_steps && a.index == b.index);
        assert_memory_equal(&a.choosing_mase, &b.choosing_mase, sizeof a.choosing_mase);
        assert_memory_equal(&a.judging_mase, &b.judging_mase, sizeof a.judging_mase);
    }
    assert_false(kr_fit_describe_candidate(told, n, &b));
}

static void assert_same_verdict(const kr_fit *fit, const kr_fit *told) {
    kr_fit_verdict v = {.size = sizeof v}, w = {.size = sizeof w};
    assert_true(kr_fit_describe_verdict(fit, &v) && kr_fit_describe_verdict(told, &w));
    assert_string_equal(v.sentence, w.sentence);
    assert_string_equal(v.choice, w.choice);
    assert_string_equal(v.rule, w.rule);
    assert_true(v.judgement == w.judgement && v.n_levels == w.n_levels);
    size_t from = offsetof(kr_fit_verdict, n_targets);
    assert_memory_equal((char *)&v + from, (char *)&w + from, sizeof v - from);
}

static void assert_same(const kr_fit *fit, const kr_fit *told) {
    kr_fit_info a = {.size = sizeof a}, b = {.size = sizeof b};
    kr_fit_rule r = {.size = sizeof r}, q = {.size = sizeof q};
    kr_fit_describe(fit, &a);
    kr_fit_describe(told, &b);
    assert_memory_equal(&a.gaps, &b.gaps, sizeof a - offsetof(kr_fit_info, gaps));
    assert_true(a.n_rows == b.n_rows && a.n_series == b.n_series && a.horizon == b.horizon);
    assert_true(a.n_columns == b.n_columns && a.n_targets == b.n_targets);
    for (int i = 0; i < a.n_rules; i++) {
        assert_true(kr_fit_describe_rule(fit, i, &r) && kr_fit_describe_rule(told, i, &q));
        assert_string_equal(r.what, q.what);
        assert_string_equal(r.value, q.value);
        assert_string_equal(r.why, q.why);
    }
    assert_same_candidates(fit, told, a.n_candidates);
    assert_same_verdict(fit, told);
}

/* It can tell, and do no more. */
static void check_that_it_only_tells(kr_fit *told) {
    kr_prediction *p = NULL;
    kr_settings *s = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_fit_run(told, NULL, &err), KR_USAGE);
    assert_string_equal(err.text, "what a model says of its fit has no rows to work with");
    assert_int_equal(kr_fit_decide(told, &err), KR_USAGE);
    assert_int_equal(kr_fit_forecast(told, 0, &p, &err), KR_USAGE);
    assert_null(kr_fit_forecaster(told));
    assert_int_equal(kr_fit_settings(told, &s, NULL), KR_OK);
    assert_true(kr_settings_int(s, "horizon") == HORIZON && kr_settings_int(s, "threads") == 0);
    assert_string_equal(kr_settings_text(s, "models"), "Naive,SeasonalNaive,Theta,RLinear");
    kr_settings_destroy(s);
}

static void a_model_tells_what_its_fit_found(void **state) {
    (void)state;
    kr_rows *rows = made_rows(SERIES, ROWS, wave);
    kr_fit *fit = make_fit(rows, "Naive,SeasonalNaive,Theta,RLinear"), *told = NULL;
    kr_error err = {.text = ""};
    if (kr_fit_run(fit, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    kr_forecaster *model = through_a_file(kr_fit_forecaster(fit));
    if (kr_fit_recall(model, &told, &err) != KR_OK) fail_msg("%s", err.text);
    assert_same(fit, told);
    check_that_it_only_tells(told);
    kr_fit_destroy(told);
    kr_forecaster *again = through_a_file(model); /* it stays in the next file, too */
    if (kr_fit_recall(again, &told, &err) != KR_OK) fail_msg("%s", err.text);
    assert_same(fit, told);
    kr_fit_destroy(told);
    told = NULL;
    assert_int_equal(kr_forecaster_train(again, rows, NULL, &err), KR_OK); /* it is another model */
    assert_int_equal(kr_fit_recall(again, &told, &err), KR_UNSUPPORTED);
    assert_memory_equal(err.text, "the model says nothing of a fit", 31);
    assert_null(told);
    kr_forecaster_destroy(again);
    kr_forecaster_destroy(model);
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* Whatever character of it is another, it is told or refused. */
static void damaged_texts_are_refused(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, ROWS, wave);
    kr_fit *fit = make_fit(rows, "Naive,Theta"), *told = NULL;
    kr_error err = {.text = ""};
    int n_refused = 0;
    if (kr_fit_run(fit, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    kr_forecaster *model = kr_fit_forecaster(fit);
    for (char *c = model->fit_record; *c; c++) {
        char old = *c;
        for (const char *other = "9x]"; *other; other++) {
            *c = *other;
            kr_status status = kr_fit_recall(model, &told, &err);
            assert_true(status == KR_OK || status == KR_FORMAT);
            n_refused += status == KR_FORMAT;
            if (status == KR_OK) kr_fit_destroy(told);
        }
        *c = old;
    }
    assert_true(n_refused > 100);
    assert_string_equal(err.text,
                        "what the model's file says of its fit is damaged; make the model again");
    kr_fit_destroy(fit);
    kr_rows_destroy(rows);
}

/* ---- mistakes ------------------------------------------------------------------------------- */

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
    kr_fit *fit = NULL, *told = NULL;
    kr_prediction *p = NULL;
    KR_TRY(kr_fit_create(NULL, f->settings, f->rows, &fit, err));
    kr_status status = kr_fit_run(fit, NULL, err);
    if (status == KR_OK) status = kr_fit_forecast(fit, 0, &p, err);
    if (status == KR_OK) status = kr_fit_recall(kr_fit_forecaster(fit), &told, err);
    kr_prediction_destroy(p);
    kr_fit_destroy(told);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_tells_what_it_knows),
                                       cmocka_unit_test(it_runs_and_forecasts),
                                       cmocka_unit_test(it_writes_what_it_found),
                                       cmocka_unit_test(a_stopped_fit_keeps_the_best_that_is_done),
                                       cmocka_unit_test(a_stopped_training_keeps_what_it_has),
                                       cmocka_unit_test(a_model_tells_what_its_fit_found),
                                       cmocka_unit_test(damaged_texts_are_refused),
                                       cmocka_unit_test(mistakes_are_said),
                                       cmocka_unit_test(older_structures_are_kept_to),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
