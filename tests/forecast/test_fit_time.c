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
    kr_fit_result result;
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
        kr_fit_candidate *c = &p->result.candidates[p->result.n_candidates++];
        snprintf(c->model, sizeof c->model, "%s", names[i]);
        c->local = kr__local_find(names[i]);
    }
}

static void close_parts(fit_parts *p) {
    kr__fit_result_deinit(&p->result);
    kr__fit_data_deinit(&p->data);
    kr_rows_destroy(p->rows);
}

/* The first small model trains by every loss; with a deadline by one, as the others do. What is
 * trained once more is one training, the longest. */
static void every_training_is_counted(void **state) {
    (void)state;
    for (int has_deadline = 0; has_deadline < 2; has_deadline++) {
        static fit_parts p;
        p = (fit_parts){.rows = NULL};
        open_parts(&p);
        const kr__fitting f = {.config = &p.config,
                               .plan = &p.plan,
                               .rows = p.rows,
                               .data = &p.data,
                               .result = &p.result,
                               .deadline = has_deadline ? kr__time_now() + 1000 : 0};
        assert_int_equal(kr__fit_expect(&f, NULL), KR_OK);
        const kr_fit_candidate *c = p.result.candidates;
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_training_is_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
