/* SPDX-License-Identifier: MIT
 * test_arima.c - likelihoods, residuals and forecasts of given models are the references'; the
 * search finds models of series made for it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "golden/local/arima_goldens.inc"
#include "local/arima.h"
#include "local/local.h"

enum { HORIZON = 30, MOST = 400 };

/* ---- given models ----------------------------------------------------------------------- */

typedef struct golden {
    const double *y;
    int64_t n;
    kr__arima_order order;
    double ar[2], ma[2], sar[1], sma[1], mean;
    const double *residuals[2]; /* exact, conditional */
    double conditional_variance;
    const double *forecast, *deviation; /* the latter of errors of variance 1 */
    double log_likelihood;
} golden;

#define GOLDEN(name, series)                                                                       \
    .y = series, .n = sizeof series / sizeof *series,                                              \
    .residuals = {name##_ml_residuals, name##_css_residuals},                                      \
    .conditional_variance = name##_css_sigma2[0], .forecast = name##_ml_mean,                      \
    .deviation = name##_ml_deviation, .log_likelihood = name##_log_likelihood[0]

static void assert_near(double value, double wanted, double tolerance, const char *what, int at) {
    if (!(fabs(value - wanted) <= tolerance * fmax(1, fabs(wanted)))) {
        fail_msg("%s %d: %.12g, not %.12g", what, at, value, wanted);
    }
}

static void assert_all(const double *values, const double *wanted, int64_t n, double tolerance,
                       const char *what) {
    for (int64_t k = 0; k < n; k++) assert_near(values[k], wanted[k], tolerance, what, (int)k);
}

typedef struct taken {
    double w[MOST], errors[MOST], mean[HORIZON], spread[HORIZON], log_likelihood, sum;
    int64_t n;
} taken;

static void take(const golden *g, bool is_exact, taken *out) {
    kr_arena arena = {NULL};
    const kr__arima_order *o = &g->order;
    kr__arima_fit f = {.order = *o, .mean = g->mean, .is_exact = is_exact};
    double phi[2] = {-g->ar[0], -g->ar[1]}, seasonal_phi[1] = {-g->sar[0]};
    out->n = g->n;
    memcpy(out->w, g->y, (size_t)g->n * sizeof *out->w);
    if (o->D) out->n = kr__difference(out->w, out->n, o->season);
    for (int i = 0; i < o->d; i++) out->n = kr__difference(out->w, out->n, 1);
    kr__taps_multiply(&f.model.ar, phi, o->p, seasonal_phi, o->P, o->season, -1);
    kr__taps_multiply(&f.model.ma, g->ma, o->q, g->sma, o->Q, o->season, 1);
    kr__arima_work *work = kr__arima_work_create(&arena, out->w, out->n, o->season);
    double *state = kr__arena_alloc(&arena, (size_t)kr__arima_state_size(o->season), sizeof *state);
    kr__arima_evaluate(work, &f, state);
    memcpy(out->errors, kr__arima_errors(work), (size_t)out->n * sizeof *out->errors);
    out->log_likelihood = f.log_likelihood;
    out->sum = f.sum;
    kr__arima_forecast(&f, g->y, g->n, 1, state, HORIZON, out->mean, out->spread);
    kr__arena_deinit(&arena);
}

static void models_are_the_references(void **state) {
    (void)state;
    const golden goldens[] = {
        {GOLDEN(walk, walk), .order = {.p = 2, .d = 1, .q = 1, .season = 1}, .ar = {0.4, -0.2},
         .ma = {0.3}},
        {GOLDEN(long_one, long_one), .order = {.p = 1, .q = 2, .season = 1, .has_mean = true},
         .ar = {0.5}, .ma = {-0.3, 0.2}, .mean = 19.5},
        {GOLDEN(seasonal_one, seasonal_one), .order = {1, 1, 1, 0, 1, 1, 12, false}, .ar = {0.3},
         .ma = {-0.4}, .sma = {-0.5}},
        {GOLDEN(seasonal_ar, seasonal_one), .order = {2, 0, 0, 1, 1, 1, 12, false},
         .ar = {0.3, 0.2}, .sar = {0.35}, .sma = {0.25}}};
    static taken t;
    for (int i = 0; i < 4; i++) {
        const golden *g = &goldens[i];
        const kr__arima_order *o = &g->order;
        take(g, false, &t);
        assert_all(t.errors, g->residuals[1], t.n, 1e-10, "residual");
        int64_t used = t.n - o->p - o->P * o->season;
        assert_near(t.sum / (double)used, g->conditional_variance, 1e-10, "variance", i);
        take(g, true, &t);
        assert_all(t.errors, g->residuals[0], t.n, 1e-8, "error");
        assert_near(t.log_likelihood, g->log_likelihood, 1e-9, "likelihood", i);
        assert_all(t.mean, g->forecast, HORIZON, 1e-6, "mean");
        /* Theirs also knows that 67 months do not tell the last errors of a season. */
        double unit = sqrt(t.sum / (double)(t.n - o->p - o->q - o->P - o->Q - o->has_mean));
        for (int k = 0; k < HORIZON; k++) t.spread[k] /= unit;
        assert_all(t.spread, g->deviation, HORIZON, o->Q ? 0.03 : 1e-6, "deviation");
    }
}

/* Brute force: the likelihood of the covariance matrix, whatever the recursions do. */
static void likelihood_is_the_covariances(void **state) {
    (void)state;
    enum { N = 40, M = 1200 };
    static double psi[M], C[N][N], w[N], e[N], memory[4000];
    kr__arma m;
    const double a[] = {-0.5, 0.3}, b[] = {-0.4}, c[] = {0.6, 0.1, -0.2}, d[] = {0.5};
    kr__taps_multiply(&m.ar, a, 2, b, 1, 4, -1);
    kr__taps_multiply(&m.ma, c, 3, d, 1, 4, 1);
    assert_true(kr__arma_memory(m.ar.degree, m.ma.degree) <= 4000);
    kr__arma_psi(&m, M, psi);
    double log_det = 0, sum = 0, its;
    for (int t = 0; t < N; t++) w[t] = (t * 7 % 11) - 5.0;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= i; j++) {
            double covariance = 0;
            for (int k = 0; k + i - j < M; k++) covariance += psi[k] * psi[k + i - j];
            for (int k = 0; k < j; k++) covariance -= C[i][k] * C[j][k];
            C[i][j] = i == j ? sqrt(covariance) : covariance / C[j][j];
        }
        double x = w[i];
        for (int k = 0; k < i; k++) x -= C[i][k] * e[k];
        e[i] = x / C[i][i];
        sum += e[i] * e[i];
        log_det += 2 * log(C[i][i]);
    }
    double errors[N];
    assert_near(kr__arma_filter(&m, w, N, memory, errors, &its, NULL), sum, 1e-10, "sum", 0);
    assert_near(its, log_det, 1e-10, "determinant", 0);
    for (int t = 0; t < N; t++) assert_near(errors[t], e[t], 1e-9, "error", t);
}

static void roots_are_known(void **state) {
    (void)state;
    const double inside[] = {-2.5, 1}, on[] = {0, 1}, outside[] = {-0.9, 0.2};
    assert_false(kr__is_outside(inside, 2, 0));
    assert_false(kr__is_outside(on, 2, 0));
    assert_true(kr__is_outside(outside, 2, 0));
    /* Roots 2 and 2.5. */
    assert_true(kr__is_outside(outside, 2, 0.99));
    assert_false(kr__is_outside(outside, 2, 1.01));
    assert_true(kr__is_outside(NULL, 0, 0.01));
}

/* ---- the row ---------------------------------------------------------------------------- */

static double noise_of(int64_t t) {
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        uint64_t x = (uint64_t)(t * 4 + k + 1) * 0x9E3779B97F4A7C15u;
        x ^= x >> 29, x *= 0xBF58476D1CE4E5B9u, x ^= x >> 32;
        sum += (double)(x % 1000003) / 1000003 - 0.5;
    }
    return sum;
}

static void ask(const double *y, int64_t n, int64_t season, double *mean, double *spread,
                char form[KR__LOCAL_FORM]) {
    kr_arena arena = {NULL};
    const kr__local_series s = {.values = y, .n = n, .seasons = &season, .n_seasons = season > 1};
    kr__local_forecast out = {.horizon = HORIZON, .mean = mean, .spread = spread};
    assert_int_equal(kr__local_find("ARIMA")->forecast(&s, &arena, &out, NULL), KR_OK);
    memcpy(form, out.form, sizeof out.form);
    kr__arena_deinit(&arena);
}

static void a_walk_is_known(void **state) {
    (void)state;
    double y[MOST], mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
    y[0] = 1000;
    for (int t = 1; t < MOST; t++) y[t] = y[t - 1] + noise_of(t);
    ask(y, MOST, 1, mean, spread, form);
    assert_string_equal(form, "ARIMA(0,1,0)");
    assert_true(mean[HORIZON - 1] == mean[0] && fabs(mean[0] - y[MOST - 1]) < 1e-9);
    /* Four uniform numbers: variance 1/3. */
    for (int k = 0; k < HORIZON; k++) {
        assert_true(fabs(spread[k] / sqrt((k + 1) / 3.0) - 1) < 0.1);
    }
}

static void an_autoregression_returns_to_its_mean(void **state) {
    (void)state;
    double y[MOST], mean[HORIZON], spread[HORIZON], last = 0;
    char form[KR__LOCAL_FORM];
    for (int t = 0; t < MOST; t++) y[t] = 50 + (last = 0.7 * last + noise_of(t));
    ask(y, MOST, 1, mean, spread, form);
    assert_string_equal(form, "ARIMA(1,0,0) mean");
    assert_near(mean[HORIZON - 1], 50, 0.01, "mean", 0);
    assert_near((mean[1] - mean[HORIZON - 1]) / (mean[0] - mean[HORIZON - 1]), 0.7, 0.1, "ratio",
                0);
    assert_true(fabs(spread[HORIZON - 1] / sqrt(1 / (1 - 0.49) / 3) - 1) < 0.2);
}

static void a_season_goes_on(void **state) {
    (void)state;
    double y[MOST], mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
    for (int t = 0; t < 240; t++) y[t] = 0.5 * t + 10 * ((t * 5) % 12) + noise_of(t);
    ask(y, 240, 12, mean, spread, form);
    assert_non_null(strstr(form, "[12]"));
    for (int k = 0; k < HORIZON; k++) {
        assert_near(mean[k], 0.5 * (240 + k) + 10 * (((240 + k) * 5) % 12), 0.03, "mean", k);
        assert_true(spread[k] > 0.3 && spread[k] < 3);
    }
}

static void lines_are_lines(void **state) {
    (void)state;
    double y[40], mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
    for (int t = 0; t < 40; t++) y[t] = 3 - 2 * t;
    ask(y, 40, 1, mean, spread, form);
    assert_string_equal(form, "ARIMA(0,1,0) drift");
    for (int k = 0; k < HORIZON; k++) {
        assert_near(mean[k], 3 - 2 * (40 + k), 1e-9, "mean", k);
        assert_true(spread[k] < 1e-9);
    }
}

/* A mixed model with coefficients of its own, whole numbers around 1000. */
static void make_mixed(uint64_t seed, int64_t n, int64_t season, double *y) {
    kr_rng rng = kr__rng_make(seed, KR_STREAM_TEST, 0);
    double a[4], e[MOST];
    for (int i = 0; i < 4; i++) a[i] = 1.6 * kr__rng_uniform(&rng) - 0.8;
    for (int64_t t = 0; t < n; t++) {
        y[t] = e[t] = kr__rng_normal(&rng);
        if (t >= 1) y[t] += a[0] * y[t - 1] + a[1] * e[t - 1];
        if (season > 1 && t >= season) y[t] += a[2] * y[t - season] + a[3] * e[t - season];
        if (season > 1 && t > season) y[t] -= a[2] * a[0] * y[t - season - 1];
        if (season == 1 && t >= 2) y[t] += 0.5 * a[2] * y[t - 2] + a[3] * e[t - 2];
    }
    for (int64_t t = 0; t < n; t++) y[t] = floor(100 * y[t]) + 1000;
}

/* From each of these another model, worse by AICc, is found where one of the search's steps is not
 * tried: the first of them where the first is missing, and so on. */
static void each_step_of_the_search_is_needed(void **state) {
    (void)state;
    static const struct {
        uint64_t seed;
        int64_t n, season;
        const char *form;
    } cases[] = {{297, 60, 4, "ARIMA(2,1,1)"},
                 {1121, 60, 4, "ARIMA(0,0,3) mean"},
                 {1448, 60, 4, "ARIMA(1,0,1)(2,0,0)[4] mean"},
                 {820, 60, 4, "ARIMA(0,1,1)(0,0,2)[4]"},
                 {859, 60, 4, "ARIMA(2,1,0)"},
                 {1306, 90, 4, "ARIMA(2,0,0)(0,1,2)[4]"},
                 {994, 90, 4, "ARIMA(0,0,2)(1,0,0)[4] mean"},
                 {223, 90, 4, "ARIMA(3,1,0)(2,0,1)[4]"},
                 {912, 60, 1, "ARIMA(0,1,2)"},
                 {130, 90, 1, "ARIMA(2,0,1) mean"},
                 {430, 60, 1, "ARIMA(5,2,0)"},
                 {293, 90, 1, "ARIMA(0,0,5) mean"},
                 {496, 90, 4, "ARIMA(1,0,0)(0,0,2)[4] mean"},
                 {379, 60, 1, "ARIMA(0,1,3)"},
                 {698, 90, 1, "ARIMA(4,0,0) mean"},
                 {1412, 90, 1, "ARIMA(1,0,1) mean"},
                 {333, 90, 4, "ARIMA(3,1,1)(0,0,1)[4]"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double y[MOST], mean[HORIZON], spread[HORIZON];
        char form[KR__LOCAL_FORM];
        make_mixed(cases[i].seed, cases[i].n, cases[i].season, y);
        ask(y, cases[i].n, cases[i].season, mean, spread, form);
        assert_string_equal(form, cases[i].form);
    }
}

/* Of so few values no model can be told from another: their mean goes on, not zero. */
static void too_few_values_for_any_order(void **state) {
    (void)state;
    static const struct {
        int64_t n, season;
        double y[3], mean, spread;
    } cases[] = {{1, 1, {5}, 5, 0},
                 {2, 1, {5, 7}, 6, 1.4142135623731},
                 {2, 12, {5, 7}, 6, 1.4142135623731},
                 {3, 1, {3, 5, 7}, 5, 2},
                 {3, 7, {-2, -5, -11}, -6, 4.5825756949558},
                 {3, 1, {100, 101, 102}, 101, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean[HORIZON], spread[HORIZON];
        char form[KR__LOCAL_FORM];
        ask(cases[i].y, cases[i].n, cases[i].season, mean, spread, form);
        assert_string_equal(form, "ARIMA(0,0,0) mean");
        for (int k = 0; k < HORIZON; k++) {
            assert_near(mean[k], cases[i].mean, 1e-12, "mean", (int)i);
            assert_near(spread[k], cases[i].spread, 1e-12, "spread", (int)i);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(models_are_the_references),
                                       cmocka_unit_test(likelihood_is_the_covariances),
                                       cmocka_unit_test(roots_are_known),
                                       cmocka_unit_test(a_walk_is_known),
                                       cmocka_unit_test(an_autoregression_returns_to_its_mean),
                                       cmocka_unit_test(a_season_goes_on),
                                       cmocka_unit_test(lines_are_lines),
                                       cmocka_unit_test(each_step_of_the_search_is_needed),
                                       cmocka_unit_test(too_few_values_for_any_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
