/* SPDX-License-Identifier: MIT
 * test_fit_time.c - how long a fit says that it will take. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/flags.h"
#include "core/platform.h"
#include "forecast/fit_internal.h"

enum { ROWS = 600, HORIZON = 6, CANDIDATES = 3 };
static const char *const names[CANDIDATES] = {"Naive", "RLinear", "DLinear"};

typedef struct fit_parts {
    kr_rows *rows;
    kr_fit_config config;
    kr_fit_data data;
    kr_fit_plan plan;
    kr__fit_result result;
} fit_parts;

/* One column, a statistical and two small learned models. */
static void open_parts(fit_parts *p) {
    static double values[ROWS];
    static const char *columns[] = {"y"};
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = ROWS,
                                   .n_columns = 1,
                                   .values = values,
                                   .columns = columns};
    const kr__study_plan windows = {.horizon = HORIZON, .most_windows = 8};
    kr_error err = {.text = ""};
    for (int t = 0; t < ROWS; t++) values[t] = sin(t * 0.7) + t * t % 7 * 0.1;
    kr__flags_init(kr__fit_flags(), &p->config);
    p->config.horizon = HORIZON;
    assert_int_equal(kr_rows_from_memory(&memory, &p->rows, &err), KR_OK);
    assert_int_equal(kr__fit_open(NULL, p->rows, &p->config, &p->data, &err), KR_OK);
    if (kr__fit_plan_make("rows", &p->config, &p->data.look, &p->plan, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(p->plan.learns);
    assert_int_equal(kr__study_make(p->data.rows, &windows, 1, &p->result.study, &err), KR_OK);
    for (int i = 0; i < CANDIDATES; i++) {
        kr__fit_candidate *c = &p->result.candidates[p->result.n_candidates++];
        snprintf(c->model, sizeof c->model, "%s", names[i]);
        c->local = kr__local_find(names[i]);
    }
}

static void close_parts(fit_parts *p) {
    kr__fit_result_deinit(&p->result);
    kr__fit_data_deinit(&p->data);
    kr_rows_destroy(p->rows);
}

static kr__fitting fitting_of(fit_parts *p, double deadline) {
    return (kr__fitting){.config = &p->config,
                         .plan = &p->plan,
                         .rows = p->rows,
                         .data = &p->data,
                         .result = &p->result,
                         .deadline = deadline};
}

/* The first small model trains by every loss; with a deadline by one, as the others do. What is
 * trained once more is one training, the longest. */
static void every_training_is_counted(void **state) {
    (void)state;
    for (int has_deadline = 0; has_deadline < 2; has_deadline++) {
        static fit_parts p;
        p = (fit_parts){.rows = NULL};
        open_parts(&p);
        const kr__fitting f = fitting_of(&p, has_deadline ? kr__time_now() + 1000 : 0);
        assert_int_equal(kr__fit_expect(&f, NULL), KR_OK);
        const kr__fit_candidate *c = p.result.candidates;
        const kr__study *s = p.result.study;
        double past = c[0].window_seconds * (double)(s->n_windows + s->n_targets);
        if (has_deadline) {
            assert_true(c[1].trying_seconds == c[1].training_seconds);
        } else {
            assert_true(c[1].trying_seconds > c[1].training_seconds);
        }
        assert_true(c[2].trying_seconds == c[2].training_seconds && c[2].training_seconds > 0);
        double want = past + c[1].trying_seconds + c[2].trying_seconds +
                      fmax(c[1].training_seconds, c[2].training_seconds);
        assert_true(fabs(kr__fit_expected(&f) / want - 1) < 1e-12);
        close_parts(&p);
    }
}

/* Of a training in so many seconds, as the parts of kr__fitting say it. */
static double time_of(const kr__fitting *f, const kr__fit_candidate *c,
                      const kr_forecast_config *config) {
    int64_t n = config->epoch_windows > 0 ? config->epoch_windows : f->plan->n_windows,
            per_epoch = (n + config->batch_size - 1) / config->batch_size;
    double batches = (double)config->train_epochs *
                     (double)(config->val_rows != 0 ? f->plan->n_validation : 0) /
                     (double)config->batch_size;
    return c->step_seconds * ((double)(config->train_epochs * per_epoch) + batches / 3);
}

/* Steps, validation and the past fit into the time, and fill it by a half at least; where even one
 * validation is too much, steps have a quarter. */
static void a_training_keeps_to_its_time(void **state) {
    (void)state;
    static fit_parts p;
    static kr_forecast_config config;
    p = (fit_parts){.rows = NULL};
    open_parts(&p);
    kr__fitting f = fitting_of(&p, 0);
    kr__fit_candidate *c = &p.result.candidates[1];
    p.plan.n_windows = 100000;
    c->n_steps = 5200;
    c->step_seconds = 0.01;
    for (int64_t n = 10; n <= 4000; n *= 20) {
        for (int is_last = 0; is_last < 2; is_last++) {
            p.plan.n_validation = n * p.plan.config.batch_size;
            assert_int_equal(kr__fit_settings(&f, c, &config, NULL), KR_OK);
            if (is_last) config.val_rows = 0;
            kr__fit_keep_to(&f, c, 10, &config);
            double time = time_of(&f, c, &config), steps = 10 * 0.25 * 0.9;
            bool is_much = n == 4000 && !is_last; /* 13 seconds */
            if (is_much ? config.max_seconds < steps * 0.999 || config.train_epochs != 1
                        : time < 5 || time > 10) {
                fail_msg("%d: %g, %d epochs", (int)n, time, (int)config.train_epochs);
            }
        }
    }
    assert_int_equal(kr__fit_settings(&f, c, &config, NULL), KR_OK);
    const double most = config.max_seconds;
    kr__fit_keep_to(&f, c, (double)INFINITY, &config);
    assert_true(config.max_seconds == most && config.train_epochs * config.epoch_windows >= 5200);
    close_parts(&p);
}

/* Where nothing is known of a model its step is measured, and as many as its work allows. */
static void steps_are_measured(void **state) {
    (void)state;
    static fit_parts p;
    static kr_forecast_config config;
    p = (fit_parts){.rows = NULL};
    open_parts(&p);
    kr__fitting f = fitting_of(&p, 0);
    kr__fit_candidate *c = &p.result.candidates[1];
    c->n_steps = 0;
    c->step_seconds = 0;
    assert_int_equal(kr__fit_settings(&f, c, &config, NULL), KR_OK);
    assert_true(c->step_seconds > 1e-7 && isfinite(c->step_seconds));
    assert_true(c->n_steps > 0);
    close_parts(&p);
}

/* A third of what its training took is enough to train a model again, less is not. */
static void nothing_is_trained_in_no_time(void **state) {
    (void)state;
    static fit_parts p;
    p = (fit_parts){.rows = NULL};
    open_parts(&p);
    kr__fit_candidate *c = &p.result.candidates[1];
    c->seconds = 300;
    const kr__fitting without = fitting_of(&p, 0), soon = fitting_of(&p, kr__time_now() + 50),
                      late = fitting_of(&p, kr__time_now() + 1000);
    assert_true(kr__fit_has_time(&without, c) && kr__fit_has_time(&late, c));
    assert_false(kr__fit_has_time(&soon, c));
    close_parts(&p);
}

/* A model whose validation alone takes longer than it has is not begun. 300 seconds are left, for
 * two trainings and the last one; a validation is 100 steps. */
static void what_is_too_slow_is_not_begun(void **state) {
    (void)state;
    static fit_parts p;
    p = (fit_parts){.rows = NULL};
    open_parts(&p);
    kr__fit_candidate *c = &p.result.candidates[1];
    const kr__fitting without = fitting_of(&p, 0), f = fitting_of(&p, kr__time_now() + 300);
    p.plan.n_validation = 300 * p.plan.config.batch_size;
    double n = 20 + 100 + kr__fit_past_steps(&f);
    c->step_seconds = 101 / n;
    assert_true(kr__fit_is_too_slow(&f, 1) && !kr__fit_is_too_slow(&without, 1));
    c->step_seconds = 99 / n;
    assert_false(kr__fit_is_too_slow(&f, 1));
    close_parts(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_training_is_counted),
                                       cmocka_unit_test(steps_are_measured),
                                       cmocka_unit_test(a_training_keeps_to_its_time),
                                       cmocka_unit_test(nothing_is_trained_in_no_time),
                                       cmocka_unit_test(what_is_too_slow_is_not_begun)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
