/* SPDX-License-Identifier: MIT
 * test_past.c - tokens and steps: free of shift and scale, and never of what comes later. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "zeroshot/samples.h"

enum { N_TOKENS = 12, ORIGINS = 3, GAP = 2, STEPS = 5, N = 90, ROWS = ORIGINS * STEPS };

static const kr__zeroshot_config config = {.n_tokens = N_TOKENS,
                                           .token_size = KR__TOKEN_SIZE,
                                           .n_origins = ORIGINS,
                                           .origin_gap = GAP,
                                           .n_steps = STEPS,
                                           .step_size = KR__STEP_SIZE,
                                           .n_guesses = KR__GUESSES};
static const int64_t leads[STEPS] = {1, 2, 5, 9, 12};

typedef struct sample {
    kr_real tokens[N_TOKENS * KR__TOKEN_SIZE], steps[ROWS * KR__STEP_SIZE];
    kr_real guesses[2 * ROWS * KR__GUESSES], target[ROWS];
    double last[ORIGINS], scale[ORIGINS];
} sample;

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

static void fill(const double *y, int64_t n, int64_t ahead, int64_t season, kr_real *target,
                 sample *out) {
    const kr__zeroshot_series series = {
        .values = y, .n_past = n, .n_ahead = ahead, .season = {season, season}, .leads = leads};
    kr_real *in[KR__ZS_INPUTS] = {out->tokens, out->steps, out->guesses, target};
    kr__zeroshot_sample(&config, &series, guesser, in, out->last, out->scale);
}

/* As training has it. */
static void make(const double *y, int64_t n, int64_t ahead, int64_t season, sample *out) {
    fill(y, n, ahead, season, out->target, out);
}

static void make_series(double *y, double scale, double shift) {
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, 0);
    double level = 0;
    for (int t = 0; t < N; t++) {
        level += .3 * kr__rng_normal(&rng);
        y[t] = shift + scale * (level + 3 * sin(t * .9) + kr__rng_normal(&rng) - 40);
    }
}

static void expect_close(const kr_real *a, const kr_real *b, int64_t n, int64_t row, int64_t but) {
    for (int64_t i = 0; i < n; i++) {
        if (i % row >= but) continue;
        if (isnan(a[i]) && isnan(b[i])) continue; /* a target beyond the end */
        if (!(fabs((double)(a[i] - b[i])) < 1e-3)) {
            fail_msg("number %jd: %g, %g", (intmax_t)i, (double)a[i], (double)b[i]);
        }
    }
}

/* The unit is the series' own. How far it is from zero is told, so a shift shows there alone. */
static void units_do_not_matter(void **state) {
    (void)state;
    static sample a, b;
    double y[N];
    make_series(y, 1, 0);
    make(y, 80, 10, 7, &a);
    make_series(y, 1e7, 0);
    make(y, 80, 10, 7, &b);
    expect_close(a.tokens, b.tokens, N_TOKENS * KR__TOKEN_SIZE, 1, 1);
    expect_close(a.steps, b.steps, ROWS * KR__STEP_SIZE, 1, 1);
    expect_close(a.guesses, b.guesses, 2 * ROWS * KR__GUESSES, 1, 1);
    expect_close(a.target, b.target, ROWS, 1, 1);
    make_series(y, 1, -500);
    make(y, 80, 10, 7, &b);
    expect_close(a.tokens, b.tokens, N_TOKENS * KR__TOKEN_SIZE, KR__TOKEN_SIZE, KR__TOKEN_SIZE - 2);
    expect_close(a.guesses, b.guesses, 2 * ROWS * KR__GUESSES, 1, 1);
}

/* A token knows nothing of later values: that of a series is that of a longer one. */
static void tokens_know_no_future(void **state) {
    (void)state;
    static sample a, b;
    double y[N];
    make_series(y, 1, 0);
    make(y, 80, 0, 7, &a);
    make(y, 80 - KR__PATCH, 0, 7, &b);
    assert_memory_equal(a.tokens, b.tokens + KR__TOKEN_SIZE,
                        (N_TOKENS - 1) * KR__TOKEN_SIZE * sizeof(kr_real));
    /* Nor do forecasts from earlier moments. */
    make(y, 80 - GAP * KR__PATCH, 0, 7, &b);
    size_t n = (ORIGINS - 1) * STEPS * KR__STEP_SIZE;
    assert_memory_equal(a.steps, b.steps + STEPS * KR__STEP_SIZE, n * sizeof(kr_real));
    assert_true(a.last[1] == b.last[2] && a.scale[1] == b.scale[2]);
}

/* In training, all of a row is in units of the usual error of the weighted guess. */
static double weight_of(const sample *plain, const sample *weighed, int row) {
    const int64_t usual = (ROWS + row) * KR__GUESSES + KR__GUESS_WEIGHTED;
    double weight = 1 / fmax((double)plain->guesses[usual], .1);
    for (int64_t i = 0; i < KR__GUESSES; i++) {
        for (int64_t at = row; at < 2 * ROWS; at += ROWS) {
            double expected = weight * (double)plain->guesses[at * KR__GUESSES + i];
            double found = (double)weighed->guesses[at * KR__GUESSES + i];
            assert_true(fabs(found - expected) <= 1e-5 * (1 + fabs(expected)));
        }
    }
    return weight;
}

static void targets_are_what_comes(void **state) {
    (void)state;
    static sample a, plain;
    double y[N];
    make_series(y, 1, 0);
    y[83] = (double)NAN;
    make(y, 80, 10, 7, &a);
    fill(y, 80, 10, 7, NULL, &plain);
    for (int e = 0; e < ORIGINS; e++) {
        int64_t last = 79 - (ORIGINS - 1 - e) * GAP * KR__PATCH;
        assert_true(a.last[e] == y[last]);
        for (int k = 0; k < STEPS; k++) {
            double target = (double)a.target[e * STEPS + k];
            double weight = weight_of(&plain, &a, e * STEPS + k);
            int64_t t = last + leads[k];
            if (t >= 90 || t == 83) {
                assert_true(isnan(target));
            } else {
                double expected = weight * (y[t] - y[last]) / a.scale[e];
                assert_true(fabs(target - expected) < 1e-5 * (1 + fabs(expected)));
            }
        }
    }
}

/* A season ago, the mean distance of values a season apart is the unit. */
static void the_unit_is_a_season_apart(void **state) {
    (void)state;
    static sample a;
    double y[N], sum = 0;
    make_series(y, 1, 0);
    make(y, 80, 0, 7, &a);
    for (int t = 7; t < 80; t++) sum += fabs(y[t] - y[t - 7]);
    assert_true(fabs(a.scale[ORIGINS - 1] - sum / 73) < 1e-9);
    sum = 0;
    make(y, 80, 0, 1, &a);
    for (int t = 1; t < 80; t++) sum += fabs(y[t] - y[t - 1]);
    assert_true(fabs(a.scale[ORIGINS - 1] - sum / 79) < 1e-9);
}

/* ---- forms -------------------------------------------------------------------------------- */

/* Values of a few sizes are taken as they are, whatever comes after them; immense ones by a power
 * of two, which the ones behind the past share. */
static void most_series_are_taken_as_they_are(void **state) {
    (void)state;
    kr__past_form f;
    double y[4] = {3, (double)NAN, 40, 1e9}, huge[3] = {3e299, -2e300, 5e298};
    kr__past_prepare(y, 3, 4, 12, &f);
    assert_true(!f.is_log && f.unit == 1 && f.least == 3 && f.most == 40);
    assert_true(y[0] == 3 && isnan(y[1]) && y[2] == 40 && y[3] == 1e9);
    kr__past_prepare(huge, 2, 3, 1, &f);
    assert_true(f.unit < 1e-100 && huge[1] / f.unit == -2e300 && huge[2] / f.unit == 5e298);
    assert_true(fabs(huge[1]) < 1e6 && fabs(huge[1]) > 1e-6);
}

/* The first known value becomes 8; one that has no logarithm is missing. */
static void values_of_many_sizes_become_logarithms(void **state) {
    (void)state;
    kr__past_form f;
    double y[5] = {(double)NAN, 10, 200, 20, 0};
    kr__past_prepare(y, 4, 5, 12, &f);
    assert_true(f.is_log && f.unit == 1);
    assert_true(isnan(y[0]) && isnan(y[4]));
    assert_true(fabs(y[1] - 8) < 1e-12 && fabs(y[2] - 8 - log(20)) < 1e-12);
    assert_true(fabs(kr__past_leave(&f, y[3]) - 20) < 1e-12);
    assert_true(fabs(kr__past_leave(&f, 100) - 200 * exp(3)) < 1e-9);
}

/* At most 16 times the least, or without a season, or with a value of 0: as they are. */
static void few_series_need_logarithms(void **state) {
    (void)state;
    const struct {
        double least, most;
        int64_t season;
        bool is_log;
    } cases[] = {{1, 16, 12, false}, {1, 16.01, 12, true}, {1, 99, 1, false}, {0, 99, 12, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kr__past_form f;
        double y[3] = {5, cases[i].least, cases[i].most};
        kr__past_prepare(y, 3, 3, cases[i].season, &f);
        assert_true(f.is_log == cases[i].is_log);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(units_do_not_matter),
                                       cmocka_unit_test(tokens_know_no_future),
                                       cmocka_unit_test(targets_are_what_comes),
                                       cmocka_unit_test(the_unit_is_a_season_apart),
                                       cmocka_unit_test(most_series_are_taken_as_they_are),
                                       cmocka_unit_test(values_of_many_sizes_become_logarithms),
                                       cmocka_unit_test(few_series_need_logarithms)};
    return cmocka_run_group_tests(tests, open_guesser, close_guesser);
}
