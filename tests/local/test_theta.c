/* SPDX-License-Identifier: MIT
 * test_theta.c - the Theta model: the reference's values for given parameters, its season, and what
 * a fit does with clean series. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local/classical.h"
#include "local/local.h"
#include "local/theta.h"

enum { N = 40, SEASON = 4, HORIZON = 10 };

typedef struct golden_theta {
    double alpha, theta, level;
    double last[4], fitted[N], mean[HORIZON]; /* last: level, mean, the line's height and slope */
} golden_theta;
#include "golden/local/local_series.inc"
#include "golden/local/theta_models.inc"

static void assert_near(double a, double b) {
    if (fabs(a - b) <= 1e-9 * fabs(b) + 1e-12) return;
    fail_msg("%.15g is not %.15g", a, b);
}

static void values_are_the_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof golden_thetas / sizeof golden_thetas[0]; i++) {
        const golden_theta *of = &golden_thetas[i];
        const kr__theta model = {of->alpha, of->theta, of->level};
        kr__theta_state now;
        kr__theta_start(&model, golden_theta_y[0], &now);
        for (int t = 1; t < N; t++) {
            assert_near(kr__theta_next(&model, &now), of->fitted[t]);
            kr__theta_move(&model, &now, golden_theta_y[t]);
        }
        assert_near(now.level, of->last[0]);
        assert_near(now.mean, of->last[1]);
        assert_near(now.height, of->last[2]);
        assert_near(now.slope, of->last[3]);
        for (int h = 0; h < HORIZON; h++) {
            double mean = kr__theta_next(&model, &now);
            assert_near(mean, of->mean[h]);
            kr__theta_move(&model, &now, mean);
        }
    }
}

static void season_is_the_reference(void **state) {
    (void)state;
    double season[SEASON], memory[N], noise[N];
    assert_int_equal(kr__theta_has_season(golden_y, N, SEASON), golden_theta_has_season);
    kr__classical_season(golden_y, N, SEASON, true, season, memory);
    for (int k = 0; k < SEASON; k++) assert_near(season[k], golden_theta_season[k]);
    for (int t = 0; t < N; t++) noise[t] = sin(7.0 * t * t);
    assert_false(kr__theta_has_season(noise, N, SEASON));
    assert_false(kr__theta_has_season(golden_y, 7, SEASON));
    assert_false(kr__theta_has_season(golden_y, N, 3));
}

typedef struct answer {
    double mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
} answer;

static answer ask(const double *y, int64_t n, int64_t season) {
    kr_arena arena = {NULL};
    answer got = {{0}, {0}, ""};
    kr__local_series s = {.values = y, .n = n, .seasons = &season, .n_seasons = season > 1};
    kr__local_forecast out = {.horizon = HORIZON, .mean = got.mean, .spread = got.spread};
    assert_int_equal(kr__local_find("Theta")->forecast(&s, &arena, &out, NULL), KR_OK);
    kr__arena_deinit(&arena);
    memcpy(got.form, out.form, sizeof got.form);
    return got;
}

/* A line is followed by at least half of its slope, and by no more than all of it. */
static void line_goes_on(void **state) {
    (void)state;
    double y[N];
    for (int t = 0; t < N; t++) y[t] = 20 + 3 * t;
    answer got = ask(y, N, 1);
    assert_string_equal(got.form, "Theta");
    for (int h = 0; h < HORIZON; h++) {
        assert_true(got.mean[h] > 137 + 1.4 * (h + 1) && got.mean[h] < 137.1 + 3 * (h + 1));
    }
}

static void season_is_found(void **state) {
    (void)state;
    static const double sums[] = {-5, 8, 1, -4}, products[] = {0.7, 1.4, 1.1, 0.8};
    double y[N];
    for (int t = 0; t < N; t++) y[t] = 100 * products[t % 4];
    answer got = ask(y, N, 4);
    assert_string_equal(got.form, "Theta(M)[4]");
    for (int h = 0; h < HORIZON; h++) {
        assert_true(fabs(got.mean[h] - 100 * products[h % 4]) < 1e-6);
        assert_true(got.spread[h] < 1e-6);
    }
    for (int t = 0; t < N; t++) y[t] = sums[t % 4];
    got = ask(y, N, 4);
    assert_string_equal(got.form, "Theta(A)[4]");
    for (int h = 0; h < HORIZON; h++) assert_true(fabs(got.mean[h] - sums[h % 4]) < 1e-6);
}

static void unit_and_zero_do_not_matter(void **state) {
    (void)state;
    double moved[N];
    answer a = ask(golden_y, N, 1);
    for (int t = 0; t < N; t++) moved[t] = golden_y[t] * 1024 - 4096;
    answer b = ask(moved, N, 1);
    for (int h = 0; h < HORIZON; h++) {
        assert_true(fabs(a.mean[h] * 1024 - 4096 - b.mean[h]) < 1e-3 * b.spread[0]);
        assert_true(fabs(a.spread[h] * 1024 / b.spread[h] - 1) < 1e-3);
        assert_true(h == 0 || a.spread[h] > a.spread[h - 1]);
    }
}

/* ---- the fit ------------------------------------------------------------------------------- */

/* The least sum of squared errors at alpha over all first levels and weights w of the line, with
 * its forecasts: a regression on the two, and one row more that draws w to 1/2 with the weight that
 * values have on the mean. The first three errors do not count. */
static double least_squares(const double *y, int64_t n, double alpha, double mean[HORIZON]) {
    enum { LEFT_OUT = 3 };
    double aa = 0, ab = 0, ac = 0, bb = 0, bc = 0, cc = 0;
    kr__theta_state low, line, level;
    const kr__theta none = {alpha, 1, y[0]}, all = {alpha, 1e9, 0}, one = {alpha, 1, y[0] + 1};
    kr__theta_start(&none, y[0], &low);
    kr__theta_start(&all, y[0], &line);
    kr__theta_start(&one, y[0], &level);
    for (int64_t t = 1; t < n; t++) {
        double base = kr__theta_next(&none, &low);
        double a = y[t] - base, b = kr__theta_next(&one, &level) - base,
               c = kr__theta_next(&all, &line) - base;
        if (t >= LEFT_OUT) {
            aa += a * a;
            ab += a * b;
            ac += a * c;
            bb += b * b;
            bc += b * c;
            cc += c * c;
        }
        kr__theta_move(&none, &low, y[t]);
        kr__theta_move(&all, &line, y[t]);
        kr__theta_move(&one, &level, y[t]);
    }
    double weight = (aa + cc) / (double)(n - LEFT_OUT);
    aa += weight / 4;
    ac += weight / 2;
    cc += weight;
    double w = fmin(fmax((ac * bb - ab * bc) / (bb * cc - bc * bc), 0), 1);
    double d = (ab - w * bc) / bb;
    const kr__theta best = {alpha, 1 / (1 - fmin(w, 1 - 1e-9)), y[0] + d - w * y[0]};
    kr__theta_state now;
    kr__theta_start(&best, y[0], &now);
    for (int64_t t = 1; t < n; t++) kr__theta_move(&best, &now, y[t]);
    for (int h = 0; h < HORIZON; h++) {
        mean[h] = kr__theta_next(&best, &now);
        kr__theta_move(&best, &now, mean[h]);
    }
    return aa - 2 * (d * ab + w * ac) + d * d * bb + 2 * d * w * bc + w * w * cc;
}

static double best_alpha(const double *y, int64_t n, double from, double to, double step) {
    double mean[HORIZON], least = (double)INFINITY, at = from;
    for (int i = 0; from + i * step <= to; i++) {
        double squares = least_squares(y, n, from + i * step, mean);
        if (squares < least) at = from + i * step;
        least = fmin(least, squares);
    }
    return at;
}

/* The fit is that of the alpha, from 0.1 to 0.99, that a search in small steps finds. */
static void nothing_fits_better(void **state) {
    (void)state;
    enum { SERIES = 10, LONG = 60 };
    for (int k = 0; k < SERIES; k++) {
        double y[LONG], mean[HORIZON], level = 50;
        uint64_t seed = 11 + (uint64_t)k;
        for (int t = 0; t < LONG; t++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            double u = (double)(seed >> 11) / 9007199254740992.0 - 0.5;
            bool is_walk = k >= SERIES - 2; /* the largest alpha */
            y[t] = is_walk ? level : level + u;
            level += (is_walk ? 1 : 0.15 + 0.13 * k) * u + 0.02;
        }
        double alpha = best_alpha(y, LONG, 0.1, 0.99, 1e-3);
        alpha = best_alpha(y, LONG, fmax(alpha - 1e-3, 0.1), fmin(alpha + 1e-3, 0.99), 1e-5);
        least_squares(y, LONG, alpha, mean);
        answer got = ask(y, LONG, 1);
        for (int h = 0; h < HORIZON; h++) {
            if (fabs(got.mean[h] - mean[h]) < 2e-4 * got.spread[0]) continue;
            fail_msg("series %d, alpha %g, step %d: %.9g is not %.9g", k, alpha, h + 1, got.mean[h],
                     mean[h]);
        }
    }
}

/* What one step says of the next comes true about as often as its spread says. */
static void spread_is_that_of_errors(void **state) {
    (void)state;
    double y[N + HORIZON], errors = 0, spreads = 0;
    uint64_t seed = 7;
    double level = 50;
    for (int t = 0; t < N + HORIZON; t++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double u = (double)(seed >> 11) / 9007199254740992.0 - 0.5;
        y[t] = level + u;
        level += 0.4 * u;
    }
    for (int n = 12; n < N; n++) {
        answer got = ask(y, n, 1);
        for (int h = 0; h < HORIZON; h++) {
            errors += (y[n + h] - got.mean[h]) * (y[n + h] - got.mean[h]);
            spreads += got.spread[h] * got.spread[h];
        }
    }
    assert_true(errors / spreads > 0.5 && errors / spreads < 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_the_reference),
                                       cmocka_unit_test(season_is_the_reference),
                                       cmocka_unit_test(line_goes_on),
                                       cmocka_unit_test(season_is_found),
                                       cmocka_unit_test(unit_and_zero_do_not_matter),
                                       cmocka_unit_test(nothing_fits_better),
                                       cmocka_unit_test(spread_is_that_of_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
