/* SPDX-License-Identifier: MIT
 * test_drawn_samples.c - how long the past of a sample is, which seasons it is told, which steps
 * ahead it is asked for: read back from what the model is told of each step. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/workers.h"
#include "zeroshot/drawn_samples.h"

enum { ROOM = 800, LONGEST = 200, MOST_LEADS = 40, SHORTEST = 6 };

typedef struct told {
    int64_t n, season[2], leads[MOST_LEADS];
} told;

static told samples[ROOM];
static int64_t n_samples;
static kr__zeroshot_config config;

static void shape(int64_t n_leads) {
    config = (kr__zeroshot_config){.n_tokens = 2,
                                   .token_size = KR__TOKEN_SIZE,
                                   .n_origins = 1,
                                   .origin_gap = 1,
                                   .n_steps = n_leads,
                                   .step_size = KR__STEP_SIZE,
                                   .n_guesses = KR__GUESSES};
}

static int64_t whole(kr_real logarithm) { return llround(exp((double)logarithm)); }

/* What past.h says of a step, after three numbers for each guess. */
static told read_back(const kr_real *steps) {
    told t = {.n = whole(4 * (steps[3 * KR__GUESSES + 10] + 1))};
    for (int k = 0; k < 2; k++) t.season[k] = whole(4 * steps[3 * KR__GUESSES + 3 + 4 * k]);
    for (int64_t k = 0; k < config.n_steps; k++) {
        double lead = 48 * (double)steps[k * KR__STEP_SIZE + 3 * KR__GUESSES + 9];
        t.leads[k] = llround(lead);
    }
    return t;
}

/* Samples first .. first + n - 1 of these options. */
static void draw(const char *families, const char *seasons, const kr__own_series *own,
                 int64_t first, int64_t n) {
    const kr_simulate_options options = {
        .size = sizeof options, .seed = 4, .families = families, .seasons = seasons};
    kr__zeroshot_drawing d;
    kr_error err;
    if (kr__zeroshot_drawing_init(test_team, &config, &options, LONGEST, ROOM, &d, &err) != KR_OK)
        fail_msg("%s", err.text);
    d.own = own;
    n_samples = n;
    kr__zeroshot_draw(&d, first, n);
    for (int64_t i = 0; i < n; i++) {
        kr_real *in[KR__ZS_INPUTS];
        kr__zeroshot_batch_place(&d.batch, i, in);
        samples[i] = read_back(in[KR__ZS_STEPS]);
    }
    kr__zeroshot_drawing_deinit(&d);
}

static void expect_share(int64_t n, int64_t of, double share) {
    double most = 4 * sqrt(share * (1 - share) / (double)of) + 1e-3, is = (double)n / (double)of;
    if (fabs(is - share) > most) fail_msg("%g is not %g", is, share);
}

/* ---- the past ------------------------------------------------------------------------------ */

/* As many between 6 and 12 values as between 12 and 24. */
static void pasts_have_any_length(void **state) {
    (void)state;
    int64_t below[3] = {0}, least = LONGEST, most = 0;
    shape(1);
    draw("walk", "1", NULL, 0, ROOM);
    for (int i = 0; i < n_samples; i++) {
        int64_t n = samples[i].n;
        for (int k = 0; k < 3; k++) {
            below[k] += (double)n < SHORTEST * pow(LONGEST / (double)SHORTEST, .25 * (k + 1));
        }
        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    assert_true(least == SHORTEST && most < LONGEST && most > .96 * LONGEST);
    for (int k = 0; k < 3; k++) expect_share(below[k], n_samples, .25 * (k + 1));
}

/* ---- steps ahead ---------------------------------------------------------------------------- */

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* The farthest step that is asked for: three seasons, 14 at least, of long ones and of long series
 * without a season all 96; and as many as the past lets one tell. */
static int64_t horizon_of(const told *t) {
    int64_t m = t->season[0], n = t->n, usual = 3 * m < 14 ? 14 : 3 * m;
    if (m >= 24 || (m == 1 && n >= 64)) usual = 96;
    return smaller(usual, n >= 96 ? 96 : n >= 48 ? 48 : n >= 24 ? 24 : n);
}

/* Of so many steps ahead as there are, or more, one of each equal part; of fewer all of them, then
 * any. */
static void check_leads(const told *t, int64_t n, int64_t *n_last) {
    int64_t horizon = horizon_of(t);
    for (int64_t k = 0; k < n; k++) {
        int64_t lead = t->leads[k];
        double part = (double)horizon / (double)n;
        bool is_good = lead >= 1 && lead <= horizon;
        if (horizon > n) {
            is_good = is_good && (double)lead >= floor(1 + part * (double)k) &&
                      (double)lead < 1 + part * ((double)k + 1);
        } else if (k < horizon) {
            is_good = lead == k + 1;
        }
        if (!is_good) {
            fail_msg("season %d, %d values, step %d of %d: %d", (int)t->season[0], (int)t->n,
                     (int)k, (int)n, (int)lead);
        }
        *n_last += k == n - 1 && lead == horizon;
    }
}

static void steps_that_somebody_would_ask_for(void **state) {
    (void)state;
    static const char *const seasons[] = {"1", "4", "7", "24", "23", "30"};
    for (int i = 0; i < 6; i++) {
        for (int64_t n = 1; n <= MOST_LEADS; n += 13) {
            int64_t n_last = 0;
            shape(n);
            draw("seasonal", seasons[i], NULL, 0, 70);
            for (int k = 0; k < n_samples; k++) check_leads(&samples[k], n, &n_last);
            assert_true(n_last > 0);
        }
    }
}

/* ---- seasons -------------------------------------------------------------------------------- */

static int64_t count(int64_t season, int64_t longest) {
    int64_t n = 0;
    for (int i = 0; i < n_samples; i++) {
        n += samples[i].season[0] == season && samples[i].season[1] == longest;
    }
    return n;
}

/* Mostly those of the series; now and then the long one is unknown, or both. */
static void seasons_are_told(void **state) {
    (void)state;
    shape(1);
    draw("seasonal", "3+6", NULL, 0, ROOM);
    int64_t both = count(3, 6), one = count(3, 3), none = count(1, 1);
    assert_int_equal(both + one + none, n_samples);
    expect_share(none, n_samples, .04);
    expect_share(one, n_samples, .1);
    draw("seasonal", "3+1500", NULL, 0, 300); /* longer than the model knows */
    assert_true(count(3, 3) > .9 * n_samples && count(3, 3) + count(1, 1) == n_samples);
    draw("seasonal", "1025", NULL, 0, 100);
    assert_int_equal(count(1, 1), n_samples);
}

/* A third of the series without a season is said to have a usual one. */
static void or_made_up(void **state) {
    (void)state;
    static const int64_t usual[] = {4, 7, 12, 24, 52}, weights[] = {2, 1, 3, 1, 1};
    shape(1);
    draw("walk", "1", NULL, 0, ROOM);
    expect_share(count(1, 1), n_samples, .65);
    for (int k = 0; k < 5; k++) {
        expect_share(count(usual[k], usual[k]), n_samples, .35 * (double)weights[k] / 8);
    }
}

/* ---- which series ---------------------------------------------------------------------------- */

static void own_series_with_the_season_that_they_have(void **state) {
    (void)state;
    static double y[LONGEST];
    for (int t = 0; t < LONGEST; t++) y[t] = 10 * sin(6.283185307179586 * t / 23) + t % 2 * .1;
    const kr_zeroshot_series one = {
        .size = sizeof one, .values = y, .n = LONGEST, .seasons = {24, 168}};
    kr__own_series own;
    assert_int_equal(kr__own_series_init(&one, 1, 0, .5, &own, NULL), KR_OK);
    shape(1);
    draw("walk", "1", &own, 0, 500);
    int64_t is_told = count(24, 168), is_found = count(23, 161);
    expect_share(is_told + is_found, n_samples, .5);
    assert_true(is_found > 60);
    for (int i = 0; i < n_samples; i++) {
        if (samples[i].season[1] == 161) assert_true(samples[i].n > 46);
        if (samples[i].season[1] == 168) assert_true(samples[i].n < 100);
    }
    kr__own_series_deinit(&own);
}

/* Whoever draws them, and wherever they lie. */
static void a_number_is_a_sample(void **state) {
    (void)state;
    static told before[200];
    shape(5);
    draw(NULL, NULL, NULL, 0, 200);
    memcpy(before, samples, sizeof before);
    draw(NULL, NULL, NULL, 80, 120);
    assert_memory_equal(samples, before + 80, 120 * sizeof(told));
    test_workers(3);
    draw(NULL, NULL, NULL, 0, 200);
    assert_memory_equal(samples, before, sizeof before);
    test_workers(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pasts_have_any_length),
                                       cmocka_unit_test(steps_that_somebody_would_ask_for),
                                       cmocka_unit_test(seasons_are_told),
                                       cmocka_unit_test(or_made_up),
                                       cmocka_unit_test(own_series_with_the_season_that_they_have),
                                       cmocka_unit_test(a_number_is_a_sample)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
