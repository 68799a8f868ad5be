/* SPDX-License-Identifier: MIT
 * test_ces.c - complex exponential smoothing: the reference's values for given parameters, and what
 * a fit does with clean series. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local/ces.h"
#include "local/local.h"

enum { N = 40, SEASON = 4, HORIZON = 10 };

typedef struct golden_ces {
    char form;
    int m;
    double a0, a1, b0, b1, squares, fitted[N], mean[HORIZON];
} golden_ces;
#include "golden/local/ces_models.inc"
#include "golden/local/local_series.inc"

/* The reference computes in float. */
static void assert_near(double a, double b) {
    if (fabs(a - b) <= 1e-4 * fabs(b)) return;
    fail_msg("%.15g is not %.15g", a, b);
}

static void values_are_the_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof golden_ceses / sizeof golden_ceses[0]; i++) {
        const golden_ces *of = &golden_ceses[i];
        const kr__ces model = {of->form, of->m, of->a0, of->a1, of->b0, of->b1};
        double now[2 * (SEASON + 1)], fitted[N], mean[HORIZON], memory[10 * (SEASON + 1) + N];
        assert_true(kr__ces_state_size(&model) <= 2 * (SEASON + 1));
        assert_true(kr__ces_memory(&model) <= sizeof memory / sizeof *memory);
        kr__ces_start(&model, golden_y, N, now, memory);
        double squares = kr__ces_filter(&model, golden_y, N, now, fitted, memory);
        assert_near(squares, of->squares);
        for (int t = 0; t < N; t++) assert_near(fitted[t], of->fitted[t]);
        kr__ces_forecast(&model, now, HORIZON, mean, memory);
        for (int h = 0; h < HORIZON; h++) assert_near(mean[h], of->mean[h]);
    }
}

typedef struct answer {
    double mean[HORIZON], spread[HORIZON], aicc;
    char form[KR__LOCAL_FORM];
} answer;

static answer ask(const double *y, int64_t n, int64_t season) {
    kr_arena arena = {NULL};
    answer got = {{0}, {0}, 0, ""};
    kr__local_series s = {.values = y, .n = n, .seasons = &season, .n_seasons = season > 1};
    kr__local_forecast out = {.horizon = HORIZON, .mean = got.mean, .spread = got.spread};
    assert_int_equal(kr__local_find("CES")->forecast(&s, &arena, &out, NULL), KR_OK);
    kr__arena_deinit(&arena);
    memcpy(got.form, out.form, sizeof got.form);
    got.aicc = out.aicc;
    return got;
}

static void season_is_found(void **state) {
    (void)state;
    static const double sums[] = {-5, 8, 1, -4};
    double y[N];
    for (int t = 0; t < N; t++) y[t] = 100 + sums[t % 4] + 0.1 * sin(7.0 * t * t);
    answer got = ask(y, N, 4);
    assert_non_null(strstr(got.form, "[4]"));
    for (int h = 0; h < HORIZON; h++) assert_true(fabs(got.mean[h] - 100 - sums[h % 4]) < 0.5);
}

/* As a growth, not as a line: the recurrence has no other way to rise. */
static void growth_goes_on(void **state) {
    (void)state;
    double y[N];
    for (int t = 0; t < N; t++) y[t] = 100 + 4 * t;
    answer got = ask(y, N, 1);
    assert_string_equal(got.form, "CES(none)");
    for (int h = 0; h < HORIZON; h++) assert_true(fabs(got.mean[h] / (260 + 4 * h) - 1) < 0.08);
}

static void unit_does_not_matter(void **state) {
    (void)state;
    double scaled[N];
    for (int t = 0; t < N; t++) scaled[t] = golden_y[t] * 1024;
    answer a = ask(golden_y, N, SEASON), b = ask(scaled, N, SEASON);
    assert_string_equal(a.form, b.form);
    assert_true(fabs(a.aicc + 2 * N * log(1024) - b.aicc) < 1e-6);
    for (int h = 0; h < HORIZON; h++) {
        assert_true(fabs(b.mean[h] / a.mean[h] / 1024 - 1) < 1e-9);
        assert_true(fabs(b.spread[h] / a.spread[h] / 1024 - 1) < 1e-9);
    }
}

/* The chosen parameters are better than those that the reference's fit starts from. */
static void fit_is_better_than_its_start(void **state) {
    (void)state;
    const kr__ces start = {'N', 1, 1.3, 1, 0, 0};
    double now[2], memory[10 + N];
    kr__ces_start(&start, golden_y, N, now, memory);
    double squares = kr__ces_filter(&start, golden_y, N, now, NULL, memory);
    answer got = ask(golden_y, N, 1);
    assert_true(got.aicc < N * log(squares) + 2 * 3 + 2.0 * 3 * 4 / (N - 4));
}

/* Of one value there is no spread; its level goes on all the same. */
static void one_value_goes_on(void **state) {
    (void)state;
    answer got = ask(&golden_y[3], 1, 1);
    for (int h = 0; h < HORIZON; h++) assert_true(fabs(got.mean[h] - golden_y[3]) < 1e-9);
    assert_true(isnan(got.spread[0]));
}

/* The recurrence cannot go up and down in turn: so far ahead, the errors of no form are such as may
 * be, and the last value is what is left. */
static void without_a_form_the_last_value_goes_on(void **state) {
    (void)state;
    double y[N], mean[2 * N], spread[2 * N];
    for (int t = 0; t < N; t++) y[t] = t % 2 ? -5 : 5;
    kr_arena arena = {NULL};
    kr__local_series s = {.values = y, .n = N};
    kr__local_forecast out = {.horizon = 2 * N, .mean = mean, .spread = spread};
    assert_int_equal(kr__local_find("CES")->forecast(&s, &arena, &out, NULL), KR_OK);
    kr__arena_deinit(&arena);
    assert_string_equal(out.form, "CES(none)");
    assert_true(isnan(out.aicc));
    /* None of the first value, which the way back has seen, then 39 of 10; three parameters. */
    const double error = sqrt(39 * 100.0 / (N - 3));
    for (int h = 0; h < 2 * N; h++) {
        assert_true(fabs(mean[h] + 5) < 1e-9);
        assert_true(fabs(spread[h] / (error * sqrt(h + 1)) - 1) < 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_the_reference),
                                       cmocka_unit_test(season_is_found),
                                       cmocka_unit_test(growth_goes_on),
                                       cmocka_unit_test(unit_does_not_matter),
                                       cmocka_unit_test(fit_is_better_than_its_start),
                                       cmocka_unit_test(one_value_goes_on),
                                       cmocka_unit_test(without_a_form_the_last_value_goes_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
