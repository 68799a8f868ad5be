/* SPDX-License-Identifier: MIT
 * test_guesses.c - what is guessed of series whose future is known, and how the errors are kept. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "support/starve.h"
#include "zeroshot/guesses.h"

/* Places in the list, as guesses.c has them. */
enum {
    PLAIN_3 = 1, /* the filter of alpha .3 */
    SLOW = 7,
    SEASONAL,
    QUICK,
    QUICKER,
    LONG = 14,
    LOGARITHM = 19,
    LAST = 26,
    LAST_SEASON,
    LAST_LONG_SEASON,
    DRIFT,
    LINE,
    MEAN,
    SLOW_THETA,
    THETA,
    QUICK_THETA,
    SEASON_AND_CHANGE,
    LAST_THETA,
    RECENT,
    RETURN,
    LONG_RETURN,
    LONG_SEASON_AND_LEVEL,
    TWO_SEASONS,
    GROWTH,
    WEIGHTED,
    MIDDLE
};

static kr__guesser *guesser;

static int open_guesser(void **state) {
    (void)state;
    kr_error err;
    return kr__guesser_create(&guesser, &err);
}

static int close_guesser(void **state) {
    (void)state;
    kr__guesser_destroy(guesser);
    return 0;
}

static void begin(int64_t season, int64_t long_season) {
    kr__guesser_begin(guesser, (const int64_t[]){season, long_season});
}

static double guess_of(int which, int64_t lead) {
    double all[KR__GUESSES];
    kr__guesser_guess(guesser, lead, all);
    return all[which];
}

static void expect(int which, int64_t lead, double value, double tolerance) {
    double guess = guess_of(which, lead);
    if (fabs(guess - value) <= tolerance) return;
    fail_msg("guess %d of lead %jd is %.12g, not %.12g", which, (intmax_t)lead, guess, value);
}

/* ---- series whose future is known ---------------------------------------------------------- */

static void a_constant_stays(void **state) {
    (void)state;
    const int64_t seasons[][2] = {{1, 1}, {4, 4}, {7, 28}};
    for (int i = 0; i < 3; i++) {
        double all[KR__GUESSES], error[KR__GUESSES];
        begin(seasons[i][0], seasons[i][1]);
        for (int t = 0; t < 80; t++) kr__guesser_push(guesser, 42.5);
        for (int64_t lead = 1; lead < 60; lead += 7) {
            kr__guesser_guess(guesser, lead, all);
            kr__guesser_errors(guesser, KR__ERROR_LONG, lead, error);
            for (int k = 0; k < KR__GUESSES; k++) {
                if (fabs(all[k] - 42.5) > 1e-9 || error[k] > 1e-9) {
                    fail_msg("guess %d is %.17g, its error %g", k, all[k], error[k]);
                }
            }
        }
    }
}

static void a_line_goes_on(void **state) {
    (void)state;
    begin(1, 1);
    for (int t = 0; t < 30; t++) kr__guesser_push(guesser, 100 + 3.0 * t);
    for (int64_t lead = 1; lead < 20; lead++) {
        double next = 100 + 3.0 * (29 + (double)lead);
        expect(LINE, lead, next, 1e-9);
        expect(DRIFT, lead, next, 1e-9);
        expect(LAST, lead, 187, 0);
        expect(LAST_SEASON, lead, 187, 0);
    }
    expect(MEAN, 1, 100 + 3 * 14.5, 1e-9);
    expect(RECENT, 1, 187 + .8 * 3, 1e-9);
    expect(GROWTH, 29, 187 * 1.87, 1e-9);
    begin(1, 1);
    kr__guesser_push(guesser, -1);
    kr__guesser_push(guesser, 1);
    expect(GROWTH, 3, 7, 1e-9);
}

static double week(int t) { return 10 + 4 * (t % 7 == 2) - 3 * (t % 7 == 5); }

static void a_season_comes_again(void **state) {
    (void)state;
    begin(7, 7);
    for (int t = 0; t < 40; t++) kr__guesser_push(guesser, week(t));
    for (int64_t lead = 1; lead < 20; lead++) {
        double next = week(39 + (int)lead);
        expect(LAST_SEASON, lead, next, 0);
        expect(TWO_SEASONS, lead, next, 0);
        expect(SEASONAL, lead, next, 1e-9);
        expect(LOGARITHM, lead, next, 1e-9);
        expect(SEASON_AND_CHANGE, lead, next, 1e-9);
        expect(WEIGHTED, lead, next, .5);
        expect(MIDDLE, lead, next, 1e-9);
    }
}

/* Of two seasons, the long one 5 short ones, the filters of one know only that. */
static double two_seasons(int t) { return 20 + 3 * (t % 4 == 1) + 6 * (t % 20 / 4 == 3); }

static void two_seasons_come_again(void **state) {
    (void)state;
    begin(4, 20);
    for (int t = 0; t < 70; t++) kr__guesser_push(guesser, two_seasons(t));
    double by_both = 0, by_one = 0;
    for (int64_t lead = 1; lead <= 20; lead++) {
        double next = two_seasons(69 + (int)lead);
        expect(LAST_LONG_SEASON, lead, next, 0);
        by_both += fabs(guess_of(LONG, lead) - next);
        by_one += fabs(guess_of(SEASONAL, lead) - next);
    }
    assert_true(by_both < .4 * by_one);
    begin(4, 20); /* the level of the last short season is another */
    for (int t = 0; t < 70; t++) kr__guesser_push(guesser, two_seasons(t) + (t > 60 ? 5 : 0));
    expect(LONG_SEASON_AND_LEVEL, 3, two_seasons(72) + 5, 1e-9);
}

/* ---- definitions --------------------------------------------------------------------------- */

static void make_series(double *y, int n, uint64_t seed) {
    kr_rng rng = kr__rng_make(seed, KR_STREAM_TEST, 0);
    double level = 50;
    for (int t = 0; t < n; t++) {
        level += .3 * kr__rng_normal(&rng);
        y[t] = level + 5 * sin(t * 6.283185307179586 / 12) + kr__rng_normal(&rng);
    }
}

/* The shortest season; and without one the last value, also where one is missing. */
static void seasons_of_two_and_none(void **state) {
    (void)state;
    double y[20];
    make_series(y, 20, 12);
    begin(2, 2);
    for (int t = 0; t < 20; t++) kr__guesser_push(guesser, y[t]);
    for (int lead = 1; lead < 6; lead++) expect(LAST_SEASON, lead, y[lead % 2 ? 18 : 19], 0);
    begin(1, 1);
    for (int t = 0; t < 20; t++) kr__guesser_push(guesser, y[t]);
    kr__guesser_push(guesser, (double)NAN);
    expect(LAST_SEASON, 1, y[19], 0);
    expect(LAST_LONG_SEASON, 1, y[19], 0);
}

static void a_plain_filter_is_smoothing(void **state) {
    (void)state;
    double y[60], level = 0;
    make_series(y, 60, 1);
    begin(1, 1);
    for (int t = 0; t < 60; t++) {
        double mean = 1 / (t + 1.), rate = mean > .3 ? mean : .3;
        level += rate * (y[t] - level);
        kr__guesser_push(guesser, y[t]);
        expect(PLAIN_3, 5, level, 1e-9);
    }
}

/* Errors are the means of all that was guessed, as long as these are few. */
static void errors_are_means(void **state) {
    (void)state;
    enum { N = 60 };
    double y[N], guesses[N][KR__GUESSES], error[KR__GUESSES], sum[KR__GUESSES];
    make_series(y, N, 2);
    for (int l = 0; l < 2; l++) {
        int lead = (int)kr__guess_leads[l], n = 0;
        memset(sum, 0, sizeof sum);
        begin(1, 1);
        for (int t = 0; t < N; t++) {
            kr__guesser_push(guesser, y[t]);
            kr__guesser_guess(guesser, lead, guesses[t]);
            if (t - lead < 1) continue; /* of one value nothing is guessed */
            for (int k = 0; k < KR__GUESSES; k++) sum[k] += fabs(guesses[t - lead][k] - y[t]);
            n++;
        }
        kr__guesser_errors(guesser, KR__ERROR_LONG, lead, error);
        for (int k = 0; k < KR__GUESSES; k++) {
            if (fabs(error[k] - sum[k] / n) > 1e-9) {
                fail_msg("lead %d, guess %d: %g, not %g", lead, k, error[k], sum[k] / n);
            }
        }
    }
}

static void recent_errors_forget(void **state) {
    (void)state;
    double all[KR__GUESSES], recent[KR__GUESSES];
    begin(1, 1);
    for (int t = 0; t < 300; t++) kr__guesser_push(guesser, t < 200 ? (t % 2 ? 10 : -10) : 0);
    kr__guesser_errors(guesser, KR__ERROR_LONG, 1, all);
    kr__guesser_errors(guesser, KR__ERROR_RECENT, 1, recent);
    assert_true(all[LAST] > 8 && recent[LAST] < 2);
}

static int compare(const void *a, const void *b) {
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void the_last_two_lean_on_the_others(void **state) {
    (void)state;
    double y[90], all[KR__GUESSES], error[KR__GUESSES], pairs[KR__GUESSES][2], best[7];
    make_series(y, 90, 3);
    begin(12, 12);
    for (int t = 0; t < 90; t++) kr__guesser_push(guesser, y[t]);
    for (int64_t lead = 1; lead < 40; lead += 6) {
        double sum = 0, weights = 0;
        kr__guesser_guess(guesser, lead, all);
        kr__guesser_errors(guesser, KR__ERROR_LONG, lead, error);
        for (int k = 0; k < WEIGHTED; k++) {
            double w = pow(error[k], -4);
            sum += w * all[k], weights += w;
            pairs[k][0] = error[k], pairs[k][1] = all[k];
        }
        expect(WEIGHTED, lead, sum / weights, 1e-9);
        qsort(pairs, WEIGHTED, sizeof pairs[0], compare);
        for (int k = 0; k < 7; k++) best[k] = pairs[k][1];
        qsort(best, 7, sizeof best[0], compare);
        if (pairs[6][0] < pairs[7][0]) expect(MIDDLE, lead, best[3], 0);
    }
}

/* ---- by their definitions, of any series --------------------------------------------------- */

/* Half the slope of the line through all values that are there. */
static double half_slope(const double *y, int n) {
    double mean_t = 0, mean = 0, up = 0, spread = 0, known = 0;
    for (int t = 0; t < n; t++) known += !isnan(y[t]);
    for (int t = 0; t < n; t++) mean_t += isnan(y[t]) ? 0 : t / known;
    for (int t = 0; t < n; t++) mean += isnan(y[t]) ? 0 : y[t] / known;
    for (int t = 0; t < n; t++) up += isnan(y[t]) ? 0 : (t - mean_t) * (y[t] - mean);
    for (int t = 0; t < n; t++) spread += isnan(y[t]) ? 0 : (t - mean_t) * (t - mean_t);
    return up / spread / 2;
}

static void lines_go_on_beside_filters(void **state) {
    (void)state;
    double y[60];
    make_series(y, 60, 5);
    for (int t = 7; t < 60; t += 13) y[t] = (double)NAN;
    begin(12, 12);
    for (int t = 0; t < 60; t++) {
        kr__guesser_push(guesser, y[t]);
        if (t % 9 != 3) continue;
        double half = half_slope(y, t + 1);
        for (int64_t lead = 1; lead < 100; lead += 33) {
            double up = half * (double)lead;
            expect(SLOW_THETA, lead, guess_of(SEASONAL, lead) + up, 1e-8);
            expect(THETA, lead, guess_of(QUICK, lead) + up, 1e-8);
            expect(QUICK_THETA, lead, guess_of(QUICKER, lead) + up, 1e-8);
            expect(LAST_THETA, lead, guess_of(LAST, lead) + up, 1e-8);
        }
    }
}

/* The last differences go on, each step .8 of them; four at most. */
static void differences_fade(void **state) {
    (void)state;
    double y[12];
    make_series(y, 12, 6);
    begin(1, 1);
    for (int t = 0; t < 12; t++) {
        kr__guesser_push(guesser, y[t]);
        int n = t < 4 ? t : 4;
        double mean = n > 0 ? (y[t] - y[t - n]) / n : 0, sum = 0;
        for (int64_t lead = 1; lead < 120; lead++) {
            sum += pow(.8, (double)lead) * mean;
            expect(RECENT, lead, y[t] + sum, 1e-9);
        }
    }
}

/* The last season comes again, for each season more by the running mean of such changes; a long
 * one, as soon as it is known. */
static void seasons_change(void **state) {
    (void)state;
    enum { M = 5, LONG_M = 4 * M };
    double y[40], change = 0;
    make_series(y, 40, 7);
    begin(M, LONG_M);
    for (int t = 0; t < 40; t++) {
        kr__guesser_push(guesser, y[t]);
        if (t < M) continue;
        change += (y[t] - y[t - M] - change) * fmax(1. / (t - M + 1), .5 / M);
        for (int lead = 1; lead < 20; lead++) {
            int seasons = (lead + M - 1) / M, at = t + lead - M * seasons;
            double before = at >= M ? y[at - M] : y[at];
            expect(SEASON_AND_CHANGE, lead, y[at] + seasons * change, 1e-9);
            expect(LAST_SEASON, lead, y[at], 0);
            expect(LAST_LONG_SEASON, lead, t + 1 < LONG_M ? y[at] : y[t + lead - LONG_M], 0);
            expect(TWO_SEASONS, lead, (y[at] + before) / 2, 1e-9);
        }
    }
}

/* How far the last value was from a slow filter shrinks as fast as such distances did. */
static void check_returns(const double *y, int n, double *most_share) {
    static const int guesses[2] = {RETURN, LONG_RETURN}, filters[2] = {SLOW, LONG};
    double rest[2] = {0}, alone[2] = {0}, together[2] = {0};
    begin(1, 1);
    for (int t = 0; t < n; t++) {
        kr__guesser_push(guesser, y[t]);
        for (int i = 0; i < 2; i++) {
            double level = guess_of(filters[i], 1), now = y[t] - level;
            double rate = fmax(1. / (t + 1), .02);
            together[i] += rate * (now * rest[i] - together[i]);
            alone[i] += rate * (now * now - alone[i]);
            rest[i] = now;
            double share = together[i] > 0 ? together[i] / alone[i] : 0;
            *most_share = fmax(*most_share, share);
            for (int64_t lead = 1; lead < 9; lead++) {
                double left = now * pow(fmin(share, .98), (double)lead);
                expect(guesses[i], lead, level + left, 1e-8);
            }
        }
    }
}

static void what_returns(void **state) {
    (void)state;
    double y[300], most_share = 0;
    make_series(y, 80, 8);
    check_returns(y, 80, &most_share);
    for (int t = 0; t < 300; t++) y[t] = t; /* always as far */
    check_returns(y, 300, &most_share);
    assert_true(most_share > .99);
}

/* The mean growth goes on, two logarithms beyond what was seen at most. */
static void growth_ends(void **state) {
    (void)state;
    double y = 1;
    begin(1, 1);
    for (int t = 0; t < 10; t++, y *= t % 2 ? 3 : 1.5) kr__guesser_push(guesser, y);
    double last = pow(4.5, 4) * 3, growth = log(last) / 9;
    expect(GROWTH, 1, last * exp(growth), 1e-6);
    expect(GROWTH, 2, last * exp(2 * growth), 1e-6);
    expect(GROWTH, 4, last * exp(2), 1e-6);
    begin(1, 1);
    for (int t = 0; t < 10; t++) kr__guesser_push(guesser, pow(.2, t));
    expect(GROWTH, 1, pow(.2, 10), 1e-12);
    expect(GROWTH, 5, pow(.2, 9) * exp(-2), 1e-12);
}

/* Of a long series every second value, or fourth, or eighth, is guessed, and what is old counts
 * less. */
static void errors_of_long_series(void **state) {
    (void)state;
    enum { LONG_N = 400 };
    static const int strides[KR__GUESS_LEADS] = {1, 2, 4, 8};
    static double y[LONG_N], guesses[KR__GUESS_LEADS][LONG_N][KR__GUESSES];
    double error[2][KR__GUESS_LEADS] = {{0}}, found[KR__GUESSES];
    int n_errors[KR__GUESS_LEADS] = {0};
    make_series(y, LONG_N, 9);
    begin(1, 1);
    for (int t = 0; t < LONG_N; t++) {
        kr__guesser_push(guesser, y[t]);
        for (int l = 0; l < KR__GUESS_LEADS; l++) {
            int lead = (int)kr__guess_leads[l], from = t - lead;
            kr__guesser_guess(guesser, lead, guesses[l][t]);
            bool was_made = from >= 1 && (from + 1 < 64 || (from + 1) % strides[l] == 0);
            if (!was_made) continue;
            double miss = fabs(guesses[l][from][PLAIN_3] - y[t]), mean = 1. / ++n_errors[l];
            int stride = t < 64 ? 1 : strides[l];
            error[0][l] += fmax(mean, .006 * stride) * (miss - error[0][l]);
            error[1][l] += fmax(mean, .04 * stride) * (miss - error[1][l]);
            for (int s = 0; s < 2; s++) {
                kr__guesser_errors(guesser, s == 0 ? KR__ERROR_LONG : KR__ERROR_RECENT, lead,
                                   found);
                assert_true(fabs(found[PLAIN_3] - error[s][l]) < 1e-9);
            }
        }
    }
}

/* Between leads whose errors are kept, by their logarithms; beyond them, those of the last. */
static void errors_between_leads(void **state) {
    (void)state;
    double y[60], a[KR__GUESSES], b[KR__GUESSES], found[KR__GUESSES];
    make_series(y, 60, 10);
    begin(1, 1);
    for (int t = 0; t < 14; t++) kr__guesser_push(guesser, y[t]);
    kr__guesser_errors(guesser, KR__ERROR_LONG, 12, a); /* one of lead 12 is known */
    kr__guesser_errors(guesser, KR__ERROR_LONG, 36, b); /* none of lead 36 */
    assert_true(a[LAST] > 0 && a[LAST] == b[LAST]);
    for (int t = 14; t < 60; t++) kr__guesser_push(guesser, y[t]);
    for (int l = 0; l + 1 < KR__GUESS_LEADS; l++) {
        int64_t low = kr__guess_leads[l], high = kr__guess_leads[l + 1], lead = (low + high) / 2;
        kr__guesser_errors(guesser, KR__ERROR_LONG, low, a);
        kr__guesser_errors(guesser, KR__ERROR_LONG, high, b);
        kr__guesser_errors(guesser, KR__ERROR_LONG, lead, found);
        double share = log((double)lead / (double)low) / log((double)high / (double)low);
        for (int k = 0; k < KR__GUESSES; k++) {
            assert_true(fabs(found[k] - a[k] - share * (b[k] - a[k])) < 1e-9);
        }
    }
    kr__guesser_errors(guesser, KR__ERROR_LONG, 36, a);
    kr__guesser_errors(guesser, KR__ERROR_LONG, 200, b);
    assert_true(a[LAST] == b[LAST]);
    assert_true(kr__guess_leads[0] == 1 && kr__guess_leads[1] == 4 && kr__guess_leads[2] == 12 &&
                kr__guess_leads[3] == 36);
}

/* What is looked at beside guesses. */
static void the_view(void **state) {
    (void)state;
    enum { M = 5 };
    double y[40], seasonal = 0, step = 0, surprise = 0;
    make_series(y, 40, 11);
    begin(M, 2 * M);
    for (int t = 0; t < 40; t++) {
        if (t > 0) surprise = y[t] - guess_of(SEASONAL, 1);
        kr__guesser_push(guesser, y[t]);
        if (t > 0) step += (fabs(y[t] - y[t - 1]) - step) / t;
        if (t >= M) seasonal += (fabs(y[t] - y[t - M]) - seasonal) / (t - M + 1);
        kr__guesser_view v = kr__guesser_look(guesser);
        assert_true(v.n == t + 1 && v.season[0] == M && v.season[1] == 2 * M && v.last == y[t]);
        assert_true(fabs(v.step - step) < 1e-9 && fabs(v.seasonal - seasonal) < 1e-9);
        assert_true(fabs(v.surprise - surprise) < 1e-9);
        for (int k = 0; k <= t; k++) assert_true(kr__guesser_before(guesser, k) == y[t - k]);
        assert_true(isnan(kr__guesser_before(guesser, t + 1)));
        double least = y[0], most = y[0];
        for (int k = 0; k <= t; k++) least = fmin(least, y[k]), most = fmax(most, y[k]);
        assert_true(v.least == least && v.most == most);
    }
}

/* ---- what may happen to a series ----------------------------------------------------------- */

static void missing_values_are_passed(void **state) {
    (void)state;
    double all[KR__GUESSES];
    begin(7, 7);
    kr__guesser_push(guesser, (double)NAN); /* before the first value: nothing */
    assert_int_equal(kr__guesser_look(guesser).n, 0);
    for (int t = 0; t < 60; t++) kr__guesser_push(guesser, t % 11 == 3 ? (double)NAN : week(t));
    assert_int_equal(kr__guesser_look(guesser).n, 60);
    kr__guesser_guess(guesser, 3, all);
    for (int k = 0; k < KR__GUESSES; k++) assert_true(isfinite(all[k]));
    expect(SEASONAL, 3, week(62), .5);
}

static void values_below_zero_have_no_logarithms(void **state) {
    (void)state;
    begin(7, 7);
    for (int t = 0; t < 60; t++) kr__guesser_push(guesser, week(t));
    kr__guesser_push(guesser, -1);
    assert_true(guess_of(LOGARITHM, 2) == guess_of(SEASONAL, 2));
}

static void the_beginning_forgets(void **state) {
    (void)state;
    double y[90], first[KR__GUESSES], again[KR__GUESSES];
    make_series(y, 90, 4);
    for (int round = 0; round < 2; round++) {
        begin(12, 24);
        for (int t = 0; t < 90; t++) kr__guesser_push(guesser, y[t]);
        kr__guesser_guess(guesser, 17, round == 0 ? first : again);
        begin(1000, 1000);
        for (int t = 0; t < 90; t++) kr__guesser_push(guesser, 1e9 * t);
    }
    assert_memory_equal(first, again, sizeof first);
}

static kr_status create(void *arg, kr_error *err) {
    kr__guesser *g = NULL;
    (void)arg;
    kr_status status = kr__guesser_create(&g, err);
    kr__guesser_destroy(g);
    return status;
}

static void want_of_memory(void **state) {
    (void)state;
    kr_starve("a guesser", create, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_stays),
        cmocka_unit_test(a_line_goes_on),
        cmocka_unit_test(a_season_comes_again),
        cmocka_unit_test(seasons_of_two_and_none),
        cmocka_unit_test(two_seasons_come_again),
        cmocka_unit_test(a_plain_filter_is_smoothing),
        cmocka_unit_test(errors_are_means),
        cmocka_unit_test(recent_errors_forget),
        cmocka_unit_test(the_last_two_lean_on_the_others),
        cmocka_unit_test(lines_go_on_beside_filters),
        cmocka_unit_test(differences_fade),
        cmocka_unit_test(seasons_change),
        cmocka_unit_test(what_returns),
        cmocka_unit_test(growth_ends),
        cmocka_unit_test(errors_of_long_series),
        cmocka_unit_test(errors_between_leads),
        cmocka_unit_test(the_view),
        cmocka_unit_test(missing_values_are_passed),
        cmocka_unit_test(values_below_zero_have_no_logarithms),
        cmocka_unit_test(the_beginning_forgets),
        cmocka_unit_test(want_of_memory),
    };
    return cmocka_run_group_tests(tests, open_guesser, close_guesser);
}
