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

/* ---- number by number ---------------------------------------------------------------------- */

static void expect_number(kr_real found, double wanted, const char *what, int64_t i) {
    if (fabs((double)found - wanted) <= 1e-5 * (1 + fabs(wanted))) return;
    fail_msg("%s %jd: %g, not %g", what, (intmax_t)i, (double)found, wanted);
}

static double squeezed(double x) { return asinh(fmin(fmax(x, -1e6), 1e6)); }
static double ratio(double a, double b) { return log((a + .01 * b) / b); }

/* Of a patch of `there` known values; value, seasonal, surprise as they are taken. */
typedef struct expected_patch {
    double value[KR__PATCH], seasonal[KR__PATCH], surprise[KR__PATCH];
    int n, there;
    double before, scale;
} expected_patch;

static void expect_token(const expected_patch *p, const kr_real *token) {
    kr__guesser_view v = kr__guesser_look(guesser);
    double scale = kr__past_scale(guesser), error[KR__GUESSES];
    double from = p->scale > 0 ? p->before : p->value[0];
    kr__guesser_errors(guesser, KR__ERROR_LONG, 1, error);
    for (int k = 0; k < KR__PATCH; k++) {
        int i = k - (KR__PATCH - p->n);
        expect_number(token[k], i < 0 ? 0 : squeezed((p->value[i] - from) / scale), "value", i);
        expect_number(token[KR__PATCH + k], i < 0 ? 0 : squeezed(p->seasonal[i] / scale), "old", i);
        expect_number(token[2 * KR__PATCH + k], i < 0 ? 0 : squeezed(p->surprise[i] / scale),
                      "surprise", i);
    }
    const double rest[] = {1 - p->there / 8.,
                           p->scale > 0 ? squeezed(log(scale / p->scale)) : 0,
                           ratio(v.step, scale),
                           ratio(error[26], scale), /* the last value */
                           ratio(error[27], scale), /* of a season ago */
                           ratio(error[KR__FILTER_SEASONAL], scale),
                           log((double)v.n) / 4 - 1,
                           log((double)v.n / (double)v.season[0]) / 3,
                           squeezed(v.last / scale) / 4,
                           1};
    for (int i = 0; i < 10; i++) expect_number(token[3 * KR__PATCH + i], rest[i], "rest", i);
}

/* The first patch is of five values; values are missing in it, in others, and at an end. */
static void tokens_are_what_they_say(void **state) {
    (void)state;
    const int64_t season[2] = {7, 14};
    double y[N];
    kr__patch patch;
    kr_real token[KR__TOKEN_SIZE];
    expected_patch p = {.n = 0};
    make_series(y, 1, 0);
    y[0] = y[3] = y[21] = y[37] = y[38] = (double)NAN;
    kr__guesser_begin(guesser, season);
    kr__patch_begin(&patch);
    for (int t = 0; t < N; t++) {
        bool is_there = !isnan(y[t]);
        kr__guesser_push(guesser, y[t]);
        if (t == 0) continue; /* nothing is known yet */
        kr__patch_take(&patch, guesser, is_there);
        p.value[p.n] = kr__guesser_before(guesser, 0);
        if (is_there) assert_true(p.value[p.n] == y[t]);
        p.seasonal[p.n] = is_there && t > 7 ? y[t] - kr__guesser_before(guesser, 7) : 0;
        p.surprise[p.n++] = is_there ? kr__guesser_look(guesser).surprise : 0;
        p.there += is_there;
        if (t % KR__PATCH != 5) continue;
        kr__patch_end(&patch, guesser, token);
        expect_token(&p, token);
        p = (expected_patch){.before = p.value[p.n - 1], .scale = kr__past_scale(guesser)};
    }
}

static void expect_place(const kr_real *place, int64_t lead, int64_t season) {
    double turns = (double)lead / (double)season;
    bool is_one = season > 1;
    expect_number(place[0], is_one ? sin(6.283185307179586 * turns) : 0, "sine", lead);
    expect_number(place[1], is_one ? cos(6.283185307179586 * turns) : 0, "cosine", lead);
    expect_number(place[2], is_one ? fmin(turns, 4) : 0, "turns", lead);
    expect_number(place[3], log((double)season) / 4, "season", lead);
}

static void expect_step(int64_t lead, double scale) {
    kr_real step[KR__STEP_SIZE], guesses[KR__GUESSES], errors[KR__GUESSES];
    double guess[KR__GUESSES], error[KR__GUESSES], recent[KR__GUESSES];
    kr__guesser_view v = kr__guesser_look(guesser);
    kr__past_step(guesser, lead, scale, step, guesses, errors);
    kr__guesser_guess(guesser, lead, guess);
    kr__guesser_errors(guesser, KR__ERROR_LONG, lead, error);
    kr__guesser_errors(guesser, KR__ERROR_RECENT, lead, recent);
    for (int i = 0; i < KR__GUESSES; i++) {
        double away = (guess[i] - v.last) / scale;
        expect_number(guesses[i], fmin(fmax(away, -1e4), 1e4), "guess", i);
        expect_number(errors[i], fmin(error[i] / scale, 1e4) + .01, "error", i);
        expect_number(step[i], squeezed(away), "step", i);
        expect_number(step[KR__GUESSES + i], ratio(error[i], scale), "long", i);
        expect_number(step[2 * KR__GUESSES + i], ratio(recent[i], scale), "recent", i);
    }
    const kr_real *rest = step + 3 * KR__GUESSES;
    expect_place(rest, lead, v.season[0]);
    expect_place(rest + 4, lead, v.season[1]);
    const double others[] = {log((double)lead) / 2 - 1,
                             (double)lead / 48,
                             log((double)v.n) / 4 - 1,
                             log((double)v.n / (double)v.season[0]) / 3,
                             v.season[1] > v.season[0],
                             v.n > 2 * v.season[1],
                             v.least > 0,
                             squeezed(v.last / scale) / 4,
                             squeezed(v.least / scale) / 4,
                             ratio(v.step, scale)};
    for (int i = 0; i < 10; i++) expect_number(rest[8 + i], others[i], "rest", i);
}

static void steps_are_what_they_say(void **state) {
    (void)state;
    static const int64_t seasons[][2] = {{1, 1}, {7, 7}, {7, 14}, {12, 45}};
    double y[N];
    for (int k = 0; k < 4; k++) {
        make_series(y, 1, k % 2 ? 100 : 0); /* above 0, and below */
        kr__guesser_begin(guesser, seasons[k]);
        for (int t = 0; t < N; t++) {
            kr__guesser_push(guesser, y[t]);
            if (t != 0 && t != 27 && t != 28 && t != N - 1) continue;
            for (int64_t lead = 1; lead < 100; lead += 14) expect_step(lead, 1.7);
            expect_step(3, 1e-9); /* what is large is cut off, in both directions */
        }
    }
}

static double scale_of(double first, double second, int n, int64_t season) {
    kr__guesser_begin(guesser, (const int64_t[]){season, season});
    for (int t = 0; t < n; t++) kr__guesser_push(guesser, t % 2 ? second : first);
    return kr__past_scale(guesser);
}

static void units_of_what_hardly_moves(void **state) {
    (void)state;
    assert_true(scale_of(-30, 0, 1, 1) == 3 && scale_of(0, 0, 1, 1) == 1);
    assert_true(fabs(scale_of(2, 5, 20, 1) - 3) < 1e-12);
    assert_true(fabs(scale_of(2, 5, 20, 2) - 3) < 1e-12); /* seasons are all alike */
    assert_true(fabs(scale_of(-8, -8, 20, 1) - 8e-9) < 1e-15);
    assert_true(fabs(scale_of(-8, -8 + 1e-12, 20, 1) - 8e-9) < 1e-15);
    kr__guesser_begin(guesser, (const int64_t[]){2, 2});
    for (int t = 0; t < 20; t++) kr__guesser_push(guesser, (t % 2 ? 2 : 5) + 1e-3 * (t % 3));
    double step = kr__guesser_look(guesser).step;
    assert_true(step > 2.9 && fabs(kr__past_scale(guesser) - .02 * step) < 1e-12);
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

/* What was above 0 stays above half of the least. */
static void forecasts_stay_above_0(void **state) {
    (void)state;
    const kr__past_form above = {.least = 10, .most = 50, .unit = 1};
    const kr__past_form zero = {.least = 0, .most = 50}, below = {.least = -3, .most = 50};
    for (double y = -40; y < 60; y += 7) {
        double half = 5 + 5 * exp((y - 10) / 5);
        assert_true(fabs(kr__past_leave(&above, y) - (y < 10 ? half : y)) < 1e-12);
        assert_true(kr__past_leave(&zero, y) == y && kr__past_leave(&below, y) == y);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(units_do_not_matter),
                                       cmocka_unit_test(tokens_know_no_future),
                                       cmocka_unit_test(targets_are_what_comes),
                                       cmocka_unit_test(the_unit_is_a_season_apart),
                                       cmocka_unit_test(most_series_are_taken_as_they_are),
                                       cmocka_unit_test(values_of_many_sizes_become_logarithms),
                                       cmocka_unit_test(few_series_need_logarithms),
                                       cmocka_unit_test(forecasts_stay_above_0),
                                       cmocka_unit_test(tokens_are_what_they_say),
                                       cmocka_unit_test(steps_are_what_they_say),
                                       cmocka_unit_test(units_of_what_hardly_moves)};
    return cmocka_run_group_tests(tests, open_guesser, close_guesser);
}
