/* SPDX-License-Identifier: MIT
 * test_own_series.c - windows of somebody's series: what is held back is seen by validation alone.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "zeroshot/drawn_samples.h"

enum { N = 40, DRAWS = 2000 };
static double counted[N], gaps[N];

static kr_zeroshot_series series_of(const double *values, int64_t n) {
    return (kr_zeroshot_series){.size = sizeof(kr_zeroshot_series), .values = values, .n = n};
}

static void fill(void) {
    for (int t = 0; t < N; t++) {
        counted[t] = t;
        gaps[t] = t % 5 == 0 ? t : (double)NAN;
    }
}

static kr_rng make_rng(void) { return kr__rng_make(3, KR_STREAM_TEST, 0); }

/* ---- windows ------------------------------------------------------------------------------ */

static void check_window(const kr__own_one *one, const kr__zeroshot_series *w, bool is_held) {
    int64_t first = w->values - one->values, end = first + w->n_past;
    assert_true(first >= 0 && w->n_past >= 1 && w->n_ahead >= 1);
    assert_true(end + w->n_ahead <= (is_held ? N : N - one->n_held));
    if (!is_held) assert_int_equal(w->first_target, 0);
    if (is_held) assert_int_equal(first + w->first_target, N - one->n_held);
    if (is_held) assert_true(end >= N - one->n_held);
}

static void windows_keep_to_their_part(void **state) {
    (void)state;
    kr_zeroshot_series given = series_of(counted, N);
    kr__own_series own;
    kr_rng rng = make_rng();
    given.seasons[0] = 4;
    assert_int_equal(kr__own_series_init(&given, 1, .1, .5, &own, NULL), KR_OK);
    assert_int_equal(own.list[0].n_held, 4);
    bool has_last = false, has_first = false;
    for (int i = 0; i < DRAWS; i++) {
        bool is_held = i % 2;
        kr__zeroshot_series w = {.values = NULL};
        kr__own_window(&own.list[0], &rng, is_held, 1 + i % 60, 1 + i % 30, &w);
        check_window(&own.list[0], &w, is_held);
        assert_true(w.season[0] == 4 && w.season[1] == 4);
        int64_t end = w.values - own.list[0].values + w.n_past;
        has_first = has_first || (!is_held && w.values == own.list[0].values);
        has_last = has_last || (is_held && end == N - 1);
    }
    assert_true(has_first && has_last);
    kr__own_series_deinit(&own);
}

static void nothing_is_held_unasked(void **state) {
    (void)state;
    const kr_zeroshot_series given = series_of(counted, N);
    kr__own_series own;
    kr_rng rng = make_rng();
    int64_t farthest = 0;
    assert_int_equal(kr__own_series_init(&given, 1, 0, 1, &own, NULL), KR_OK);
    for (int i = 0; i < DRAWS; i++) {
        kr__zeroshot_series w = {.values = NULL};
        kr__own_window(kr__own_series_choose(&own, &rng), &rng, false, 6, 3, &w);
        int64_t end = w.values - own.list[0].values + w.n_past + w.n_ahead;
        if (end > farthest) farthest = end;
    }
    assert_int_equal(farthest, N);
    kr__own_series_deinit(&own);
}

/* ---- which series ------------------------------------------------------------------------- */

static void the_share_is_kept(void **state) {
    (void)state;
    const kr_zeroshot_series given[3] = {series_of(counted, N), series_of(counted, 9),
                                         series_of(counted, 10)};
    kr__own_series own, none = {.n = 0};
    kr_rng rng = make_rng(), untouched = make_rng();
    int n = 0, of[2] = {0};
    assert_int_equal(kr__own_series_init(given, 3, 0, .3, &own, NULL), KR_OK);
    assert_int_equal(own.n, 2); /* one is too short */
    for (int i = 0; i < DRAWS; i++) {
        const kr__own_one *one = kr__own_series_choose(&own, &rng);
        n += one != NULL;
        if (one) of[one - own.list]++;
    }
    assert_true(fabs(n - .3 * DRAWS) < 80 && fabs(of[0] - n / 2.) < 60);
    assert_null(
        kr__own_series_choose(&none, &untouched)); /* simulated samples stay what they are */
    rng = make_rng();
    assert_true(kr__rng_uniform(&rng) == kr__rng_uniform(&untouched));
    kr__own_series_deinit(&own);
}

static void what_is_no_series_to_learn_from(void **state) {
    (void)state;
    kr__own_series own;
    kr_error err = {.text = ""};
    kr_zeroshot_series given = series_of(gaps, N); /* eight known values */
    assert_int_equal(kr__own_series_init(&given, 1, 0, 1, &own, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "10 values"));
    kr__own_series_deinit(&own);
    double infinite[N] = {(double)INFINITY};
    given = series_of(infinite, N);
    assert_int_equal(kr__own_series_init(&given, 1, 0, 1, &own, &err), KR_USAGE);
    kr__own_series_deinit(&own);
}

static void others_are_told_apart(void **state) {
    (void)state;
    double other[N];
    kr__own_series a, b, none = {.n = 0};
    memcpy(other, counted, sizeof other);
    other[17] += 1e-9;
    const kr_zeroshot_series one = series_of(counted, N), two = series_of(other, N);
    assert_int_equal(kr__own_series_init(&one, 1, 0, 1, &a, NULL), KR_OK);
    assert_int_equal(kr__own_series_init(&two, 1, 0, 1, &b, NULL), KR_OK);
    assert_true(kr__own_series_check(&a) != kr__own_series_check(&b));
    assert_true(kr__own_series_check(&none) == 0 && kr__own_series_check(&a) != 0);
    kr__own_series_deinit(&a);
    kr__own_series_deinit(&b);
}

/* The same values with other seasons are others, too. */
static void so_are_other_seasons(void **state) {
    (void)state;
    uint64_t checks[3];
    for (int k = 0; k < 3; k++) {
        kr_zeroshot_series given = series_of(counted, N);
        kr__own_series own;
        given.seasons[0] = k == 0 ? 6 : 7;
        given.seasons[1] = k == 2 ? 14 : 0;
        assert_int_equal(kr__own_series_init(&given, 1, 0, 1, &own, NULL), KR_OK);
        checks[k] = kr__own_series_check(&own);
        kr__own_series_deinit(&own);
    }
    assert_true(checks[0] != checks[1] && checks[1] != checks[2] && checks[0] != checks[2]);
}

/* ---- samples ------------------------------------------------------------------------------ */

enum { SAMPLES = 16, TOKENS = 8, VALUES = TOKENS * KR__TOKEN_SIZE };

/* Tokens of samples of a series of many sizes, each value raised to this power. */
static kr_real *draw_tokens(double power, kr__zeroshot_drawing *drawing) {
    static const kr__zeroshot_config config = {.n_tokens = TOKENS,
                                               .token_size = KR__TOKEN_SIZE,
                                               .n_origins = 2,
                                               .origin_gap = 1,
                                               .n_steps = 4,
                                               .step_size = KR__STEP_SIZE,
                                               .n_guesses = KR__GUESSES};
    const kr_simulate_options options = {.size = sizeof options};
    double y[N];
    kr__own_series own;
    for (int t = 0; t < N; t++) y[t] = pow(t % 2 == 0 ? 3 + t % 7 : 300 + t % 5, power);
    kr_zeroshot_series given = series_of(y, N);
    given.seasons[0] = 4;
    assert_int_equal(kr__own_series_init(&given, 1, 0, 1, &own, NULL), KR_OK);
    assert_int_equal(kr__zeroshot_drawing_init(NULL, &config, &options, N, SAMPLES, drawing, NULL),
                     KR_OK);
    drawing->own = &own;
    kr__zeroshot_draw(drawing, 0, SAMPLES);
    kr__own_series_deinit(&own);
    return drawing->batch.inputs[KR__ZS_TOKENS];
}

/* What is forecast by logarithms is learnt by them: a power is then a factor, which no token knows,
 * but for the numbers that compare it with the series' distance from 0. */
static bool is_from_0(int i) {
    int place = i % KR__TOKEN_SIZE;
    return place == 3 * KR__PATCH + 1 || place >= KR__TOKEN_SIZE - 2;
}

static void many_sizes_are_learnt_as_logarithms(void **state) {
    (void)state;
    kr__zeroshot_drawing one, other;
    const kr_real *a = draw_tokens(1, &one), *b = draw_tokens(1.5, &other);
    double sum = 0;
    for (int i = 0; i < SAMPLES * VALUES; i++) {
        if (is_from_0(i)) continue;
        sum += fabs((double)a[i]);
        assert_true(fabs((double)(a[i] - b[i])) < 1e-4);
    }
    assert_true(sum > SAMPLES * TOKENS);
    kr__zeroshot_drawing_deinit(&one);
    kr__zeroshot_drawing_deinit(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_keep_to_their_part),
        cmocka_unit_test(nothing_is_held_unasked),
        cmocka_unit_test(the_share_is_kept),
        cmocka_unit_test(what_is_no_series_to_learn_from),
        cmocka_unit_test(others_are_told_apart),
        cmocka_unit_test(so_are_other_seasons),
        cmocka_unit_test(many_sizes_are_learnt_as_logarithms),
    };
    fill();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
