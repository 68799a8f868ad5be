/* SPDX-License-Identifier: MIT
 * test_ets.c - exponential smoothing: the filter's values against the reference's, spreads against
 * simulation, and what the choice of a form does with clean series. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local/ets_fit.h"
#include "local/local.h"

enum { N = 40, SEASON = 4, HORIZON = 10 };

typedef struct golden_ets {
    const char *form; /* error, trend, season */
    int is_damped;
    double likelihood, last[2 + SEASON], fitted[N], mean[HORIZON];
} golden_ets;
#include "golden/local/ets_forms.inc"
#include "golden/local/local_series.inc"

static kr__ets model_of(const golden_ets *of) {
    kr__ets model = {.form = {of->form[0] == 'M', of->form[1] == 'A', of->is_damped, of->form[2]},
                     .m = of->form[2] == 'N' ? 1 : SEASON,
                     .alpha = 0.3};
    model.beta = model.form.has_trend ? 0.07 : 0;
    model.gamma = of->form[2] == 'N' ? 0 : 0.12;
    model.phi = of->is_damped ? 0.9 : 1;
    return model;
}

static void set_state(const kr__ets *model, double *state) {
    static const double sums[] = {-4, 9, 2, -7}, products[] = {0.92, 1.18, 1.04, 0.86};
    state[KR__ETS_LEVEL] = 48;
    state[KR__ETS_SLOPE] = model->form.has_trend ? 0.9 : 0;
    memcpy(state + KR__ETS_SEASON, model->form.season == 'M' ? products : sums, sizeof sums);
}

static void assert_near(double a, double b) {
    if (fabs(a - b) <= 1e-9 * fabs(b)) return;
    fail_msg("%.15g is not %.15g", a, b);
}

static void every_form_is_the_reference(void **state) {
    (void)state;
    size_t n_forms = sizeof golden_forms / sizeof golden_forms[0];
    assert_int_equal(n_forms, 15);
    for (size_t i = 0; i < n_forms; i++) {
        const golden_ets *of = &golden_forms[i];
        double now[2 + SEASON], fitted[N], mean[HORIZON], memory[SEASON], sum;
        kr__ets model = model_of(of);
        set_state(&model, now);
        double likelihood = kr__ets_filter(&model, golden_y, N, now, fitted, &sum, memory);
        assert_near(likelihood, of->likelihood);
        for (int64_t k = 0; k < kr__ets_state_size(&model); k++) assert_near(now[k], of->last[k]);
        for (int t = 0; t < N; t++) assert_near(fitted[t], of->fitted[t]);
        kr__ets_forecast(&model, now, HORIZON, mean);
        for (int h = 0; h < HORIZON; h++) assert_near(mean[h], of->mean[h]);
    }
}

/* A normal number out of twelve uniform ones, good enough for a variance. */
static double draw(uint64_t *seed) {
    double sum = -6;
    for (int k = 0; k < 12; k++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*seed >> 11) / 9007199254740992.0;
    }
    return sum;
}

/* Of many paths that the form itself makes. */
static void spread_is_that_of_paths(void **state) {
    (void)state;
    enum { PATHS = 4000 };
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof golden_forms / sizeof golden_forms[0]; i++) {
        kr__ets model = model_of(&golden_forms[i]);
        double first[2 + SEASON], mean[HORIZON], spread[HORIZON], memory[2 * HORIZON];
        double squares[HORIZON] = {0}, error = model.form.is_relative ? 0.08 : 4, sum;
        set_state(&model, first);
        kr__ets_forecast(&model, first, HORIZON, mean);
        kr__ets_spread(&model, first, error, HORIZON, spread, memory);
        for (int p = 0; p < PATHS; p++) {
            double now[2 + SEASON];
            memcpy(now, first, sizeof now);
            for (int h = 0; h < HORIZON; h++) {
                double next;
                kr__ets_forecast(&model, now, 1, &next);
                double y = next + error * draw(&seed) * (model.form.is_relative ? next : 1);
                kr__ets_filter(&model, &y, 1, now, NULL, &sum, memory);
                squares[h] += (y - mean[h]) * (y - mean[h]) / PATHS;
            }
        }
        for (int h = 0; h < HORIZON; h++) {
            double off = fabs(spread[h] / sqrt(squares[h]) - 1);
            if (off < (model.form.season == 'M' ? 0.09 : 0.04)) continue;
            fail_msg("%s, step %d: %g, not %g", golden_forms[i].form, h + 1, spread[h],
                     sqrt(squares[h]));
        }
    }
}

/* ---- the choice ---------------------------------------------------------------------------- */

typedef struct answer {
    double mean[HORIZON], spread[HORIZON], aicc;
    char form[KR__LOCAL_FORM];
} answer;

static answer ask_seasons(const double *y, int64_t n, const int64_t *seasons, int64_t n_seasons) {
    kr_arena arena = {NULL};
    answer got = {{0}, {0}, 0, ""};
    kr__local_series s = {.values = y, .n = n, .seasons = seasons, .n_seasons = n_seasons};
    kr__local_forecast out = {.horizon = HORIZON, .mean = got.mean, .spread = got.spread};
    assert_int_equal(kr__local_find("ETS")->forecast(&s, &arena, &out, NULL), KR_OK);
    kr__arena_deinit(&arena);
    memcpy(got.form, out.form, sizeof got.form);
    got.aicc = out.aicc;
    return got;
}

static answer ask(const double *y, int64_t n, int64_t season) {
    return ask_seasons(y, n, &season, season > 1);
}

static void line_goes_on(void **state) {
    (void)state;
    double y[30];
    for (int t = 0; t < 30; t++) y[t] = 20 + 3 * t;
    answer got = ask(y, 30, 1);
    for (int h = 0; h < HORIZON; h++) assert_true(fabs(got.mean[h] - (110 + 3 * h)) < 1e-3);
    assert_true(got.spread[HORIZON - 1] < 0.01);
}

static void season_is_found(void **state) {
    (void)state;
    static const double sums[] = {-5, 8, 1, -4}, products[] = {0.7, 1.4, 1.1, 0.8};
    double y[48];
    for (int t = 0; t < 48; t++) y[t] = 100 + sums[t % 4] + 0.3 * sin(7.0 * t * t);
    answer got = ask(y, 48, 4);
    for (int h = 0; h < HORIZON; h++) assert_true(fabs(got.mean[h] - 100 - sums[h % 4]) < 0.3);
    assert_non_null(strstr(got.form, "[4]"));
    for (int t = 0; t < 48; t++) {
        y[t] = (100 + 4 * t) * products[t % 4] * (1 + 0.002 * sin(7.0 * t * t));
    }
    got = ask(y, 48, 4);
    assert_non_null(strstr(got.form, "A,M)[4]"));
    for (int h = 0; h < HORIZON; h++) {
        assert_true(fabs(got.mean[h] / ((292 + 4 * h) * products[h % 4]) - 1) < 0.01);
    }
}

/* A phase that has next to nothing after the first season: its first value, divided by next to
 * nothing, must not lead the start astray, and so its forecast is next to nothing as well. */
static void a_phase_falls_silent(void **state) {
    (void)state;
    enum { LENGTH = 6 * SEASON };
    static const double parts[] = {1e-5, 1e-7};
    double y[LENGTH];
    for (int i = 0; i < 4; i++) {
        int silent = i % 2;
        for (int t = 0; t < LENGTH; t++) {
            bool is_silent = t >= SEASON && t % SEASON == silent;
            y[t] = (100 + 2 * t) * (is_silent ? parts[i / 2] : 1 + 0.5 * sin(t % SEASON)) *
                   (1 + 0.0005 * sin(7.0 * t * t));
        }
        answer got = ask(y, LENGTH, SEASON);
        assert_non_null(strstr(got.form, "M)[4]"));
        for (int h = 0; h < HORIZON; h++) {
            double most = h % SEASON == silent ? 1 : 300;
            if (!(got.mean[h] > 0 && got.mean[h] < most)) fail_msg("%d: %g", h, got.mean[h]);
        }
    }
}

/* Days of a week that are not alike: the longer season tells it, and is not fitted value by value.
 */
static void longer_season_is_tried(void **state) {
    (void)state;
    enum { LONG = 7 * SEASON, LENGTH = 6 * LONG };
    static const int64_t seasons[] = {SEASON, LONG};
    double y[LENGTH];
    for (int t = 0; t < LENGTH; t++) {
        y[t] = 50 + 10 * (t % SEASON) + (t / SEASON % 7 == 6 ? -30 : 0) + sin(7.0 * t * t);
    }
    answer got = ask_seasons(y, LENGTH - SEASON, seasons, 2);
    assert_non_null(strstr(got.form, "[28]"));
    for (int h = 0; h < SEASON; h++) assert_true(fabs(got.mean[h] - (20 + 10 * h)) < 2);
}

static void unit_does_not_matter(void **state) {
    (void)state;
    double scaled[N];
    for (int t = 0; t < N; t++) scaled[t] = golden_y[t] * 1024;
    answer a = ask(golden_y, N, SEASON), b = ask(scaled, N, SEASON);
    assert_string_equal(a.form, b.form);
    assert_true(fabs(a.aicc + 2 * N * log(1024) - b.aicc) < 1e-6);
    for (int h = 0; h < HORIZON; h++) {
        assert_near(b.mean[h], a.mean[h] * 1024);
        assert_near(b.spread[h], a.spread[h] * 1024);
    }
}

/* Too few values for any form, or all the same: the last one, each error moving the level nearly
 * all the way. The squares of errors are divided by the values less a level and a smoothing. */
static void few_values_keep_their_level(void **state) {
    (void)state;
    static const struct {
        double y[6];
        int n;
        double mean, squares;
    } cases[] = {{{7.5, 7.5, 7.5, 7.5, 7.5, 7.5}, 6, 7.5, 0},
                 {{0, 0}, 2, 0, 0},
                 {{-3}, 1, -3, (double)NAN},
                 {{10, 14}, 2, 13.9996, 16},
                 {{10, 14, 14}, 3, 13.99999996, 16 + 0.0004 * 0.0004},
                 {{14, 10, 14}, 3, 13.99960004, 16 + 3.9996 * 3.9996}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        answer got = ask(cases[i].y, cases[i].n, 1);
        assert_string_equal(got.form, "ETS(A,N,N)");
        assert_true(isnan(got.aicc));
        for (int h = 0; h < HORIZON; h++) {
            double spread = sqrt(cases[i].squares * (1 + h * 0.9999 * 0.9999));
            assert_near(got.mean[h], cases[i].mean);
            if (isnan(spread)) {
                assert_true(isnan(got.spread[h]));
            } else {
                assert_near(got.spread[h], spread);
            }
        }
    }
}

/* What is fitted is better than where it started, and no step in any parameter makes it better. */
static void fit_is_a_minimum(void **state) {
    (void)state;
    kr_arena arena = {NULL};
    double y[N], at[2 + SEASON];
    for (int t = 0; t < N; t++) y[t] = golden_y[t] / 66;
    kr__ets_fitter *fitter = kr__ets_fitter_create(y, N, SEASON, &arena);
    assert_non_null(fitter);
    for (size_t i = 0; i < sizeof golden_forms / sizeof golden_forms[0]; i++) {
        kr__ets_fitted form = {.model = model_of(&golden_forms[i]), .state = at};
        set_state(&form.model, at);
        at[KR__ETS_LEVEL] /= 66;
        at[KR__ETS_SLOPE] /= 66;
        for (int k = 0; k < SEASON && form.model.form.season == 'A'; k++) at[2 + k] /= 66;
        form.model.beta = form.model.form.has_trend ? 0.005 : 0;
        kr__ets_rate(fitter, &form);
        double before = form.likelihood;
        kr__ets_improve(fitter, &form, (double)INFINITY);
        double best = form.likelihood;
        assert_true(best < before);
        for (int k = 0; k < 2 + form.model.form.has_trend; k++) {
            for (double by = -1e-3; by < 2e-3; by += 2e-3) {
                double *x = k == 0 ? &form.model.alpha : &at[k - 1], was = *x;
                kr__ets model = form.model;
                if (k == 0 && (*x + by < 0.0001 || *x + by > 0.9999)) continue;
                *x += by;
                /* Its bounds are parts of alpha. */
                if (k == 0) form.model.beta *= *x / was;
                kr__ets_rate(fitter, &form);
                /* A season that is drawn to its start costs a little. */
                if (form.likelihood <= best - 0.02) {
                    fail_msg("%s: %d by %g: %g, not %g", golden_forms[i].form, k, by,
                             form.likelihood, best);
                }
                form.model = model;
                *x = was;
            }
        }
    }
    kr__arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_form_is_the_reference),
                                       cmocka_unit_test(spread_is_that_of_paths),
                                       cmocka_unit_test(line_goes_on),
                                       cmocka_unit_test(season_is_found),
                                       cmocka_unit_test(a_phase_falls_silent),
                                       cmocka_unit_test(longer_season_is_tried),
                                       cmocka_unit_test(unit_does_not_matter),
                                       cmocka_unit_test(few_values_keep_their_level),
                                       cmocka_unit_test(fit_is_a_minimum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
