/* SPDX-License-Identifier: MIT
 * test_study.c - windows of the past, what is chosen by them, verdicts, intervals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "forecast/study.h"
#include "support/made_rows.h"
#include "support/starve.h"

enum { HORIZON = 6 };

static double noise(int64_t series, int64_t t) {
    kr_rng rng = kr__rng_make(11, KR_STREAM_TEST, (uint64_t)(series * 100003 + t));
    return kr__rng_normal(&rng);
}
static double season(int64_t series, int64_t t) {
    return 50 + 10 * sin((double)t * 0.5235987755982988) + noise(series, t);
}
/* A random walk: nothing is better than its last value. */
static double walk(int64_t series, int64_t t) {
    static double at;
    at = t == 0 ? 0 : at + noise(series, t);
    return at;
}
/* Steps that grow tenfold. */
static double wilder_walk(int64_t series, int64_t t) {
    static double at;
    at = t == 0 ? 0 : at + noise(series, t) * pow(10, (double)t / 1000);
    return at;
}
static double constant(int64_t series, int64_t t) {
    (void)series;
    (void)t;
    return 7;
}

static kr__study *make_study(kr_rows *rows, int64_t horizon, int64_t most_windows) {
    const int64_t seasons[] = {12};
    const kr__study_plan plan = {
        .horizon = horizon, .seasons = seasons, .n_seasons = 1, .most_windows = most_windows};
    kr__study *study = NULL;
    assert_int_equal(kr__study_make(rows, &plan, 1, &study, NULL), KR_OK);
    return study;
}

/* Whatever the length: windows lie inside the series and rise, those for choosing end before those
 * for the verdict begin, and the last one ends with the series. */
static void windows_do_not_overlap(void **state) {
    (void)state;
    for (int64_t n = 1; n < 300; n += n < 60 ? 1 : 17) {
        for (int64_t horizon = 1; horizon < 40; horizon += 3) {
            for (int64_t most = 1; most <= 24; most += 5) {
                kr_rows *rows = made_rows(1, n, season);
                kr__study *s = make_study(rows, horizon, most);
                int64_t last_choosing = -1;
                assert_int_equal(s->n_windows > 0, n >= horizon + KR__STUDY_LEAST);
                assert_true(s->n_windows <= most);
                assert_int_equal(s->n_choosing + s->n_verdict, s->n_windows);
                assert_true(s->n_windows == 0 || s->n_choosing > 0);
                for (int64_t w = 0; w < s->n_windows; w++) {
                    const kr__study_window *it = &s->windows[w];
                    assert_true(it->origin >= KR__STUDY_LEAST - 1);
                    assert_true(it->origin + horizon <= n - 1);
                    if (w > 0) assert_true(it->origin > it[-1].origin);
                    if (!it->is_verdict) last_choosing = it->origin;
                    if (it->is_verdict) assert_true(it->origin >= last_choosing + horizon);
                    assert_true(s->truth[w * horizon] == season(0, it->origin + 1));
                }
                if (s->n_windows > 0) {
                    assert_int_equal(s->windows[s->n_windows - 1].origin, n - 1 - horizon);
                }
                kr__study_destroy(s);
                kr_rows_destroy(rows);
            }
        }
    }
}

/* Of many targets some have windows, evenly spread, so that models are not fitted to more values
 * than asked. */
static void many_targets_are_sampled(void **state) {
    (void)state;
    const int64_t seasons[] = {12};
    kr_rows *rows = made_rows(100, 60, season);
    for (int64_t most = 500; most < 20000; most *= 3) {
        const kr__study_plan plan = {.horizon = HORIZON,
                                     .seasons = seasons,
                                     .n_seasons = 1,
                                     .most_windows = 2,
                                     .most_values = most,
                                     .is_panel = true};
        kr__study *s = NULL;
        assert_int_equal(kr__study_make(rows, &plan, 1, &s, NULL), KR_OK);
        int64_t spacing = (100 * 2 * 60 + most - 1) / most, n_served = (99 + spacing) / spacing;
        assert_int_equal(s->n_targets, 100);
        assert_int_equal(s->n_windows, 2 * n_served);
        for (int64_t i = 0; i < 100; i++) {
            assert_int_equal(s->targets[i].n_windows, i % spacing == 0 ? 2 : 0);
        }
        kr__study_destroy(s);
    }
    kr_rows_destroy(rows);
}

/* By hand, after the rule over plan_origins(): a season and two fifths of the values before the
 * first, over two horizons or three tenths of them, half a horizon apart. */
static void windows_are_where_the_rule_says(void **state) {
    (void)state;
    const int64_t seasons[] = {12};
    static const struct {
        int64_t n, horizon, n_seasons, most, count, verdict, first;
    } cases[] = {{100, 6, 1, 16, 10, 5, 63}, {100, 6, 1, 3, 3, 1, 63}, {24, 6, 1, 16, 2, 1, 11},
                 {40, 10, 0, 16, 2, 1, 15},  {9, 6, 1, 16, 1, 0, 2},   {8, 6, 1, 16, 0, 0, -1},
                 {7, 4, 0, 1, 1, 0, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const kr__study_plan plan = {.horizon = cases[i].horizon,
                                     .seasons = seasons,
                                     .n_seasons = cases[i].n_seasons,
                                     .most_windows = cases[i].most};
        int64_t n_verdict = -1;
        assert_int_equal(kr__study_count(&plan, cases[i].n, &n_verdict), cases[i].count);
        assert_int_equal(n_verdict, cases[i].verdict);
        assert_int_equal(kr__study_first_origin(&plan, cases[i].n), cases[i].first);
    }
    static const int64_t usual[][3] = {
        {1, 1, 96}, {3, 1, 80}, {10, 2, 12}, {121, 1, 2}, {999, 1, 2}};
    for (int i = 0; i < 5; i++) {
        kr__study_plan plan = {.horizon = 6};
        kr__study_plan_usual(&plan, usual[i][0], usual[i][1]);
        assert_int_equal(plan.most_windows, usual[i][2]);
        assert_int_equal(plan.most_values, 1000000);
        assert_int_equal(plan.is_panel, usual[i][0] > 1);
    }
}

static double small_season(int64_t series, int64_t t) { return season(series, t) / 1000; }
static double pure_season(int64_t series, int64_t t) {
    (void)series;
    return (double)(t % 12);
}

/* Of the values up to the first origin: a season apart, or neighbours where that is nothing. */
static void scales_are_those_of_the_known(void **state) {
    (void)state;
    double (*const values[])(int64_t, int64_t) = {small_season, pure_season, constant};
    for (int i = 0; i < 3; i++) {
        kr_rows *rows = made_rows(1, 100, values[i]);
        kr__study *s = make_study(rows, HORIZON, 16);
        int64_t n = s->windows[0].origin + 1, apart = i == 0 ? 12 : 1;
        double sum = 0;
        for (int64_t t = apart; t < n; t++) sum += fabs(values[i](0, t) - values[i](0, t - apart));
        double want = sum / (double)(n - apart);
        if (i == 2) assert_true(isnan(s->targets[0].scale));
        if (i != 2) assert_true(fabs(s->targets[0].scale - want) < 1e-12 * want);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* Forecasts that are off by so much, in scales of the target: window by window. */
static kr__study_forecasts miss_by(const kr__study *s, double (*miss)(int64_t)) {
    kr__study_forecasts f;
    assert_int_equal(kr__study_forecasts_init(s, &f, NULL), KR_OK);
    for (int64_t i = 0; i < s->n_windows * s->horizon; i++) {
        double scale = s->targets[s->windows[i / s->horizon].target].scale;
        f.mean[i] = s->truth[i] + miss(i / s->horizon) * scale;
        f.spread[i] = scale;
    }
    return f;
}
static double by_nothing(int64_t w) { return 0 * (double)w; }
static double by_half(int64_t w) { return 0.5 + 0 * (double)w; }
static double by_two(int64_t w) { return 2 + 0 * (double)w; }
static double by_much(int64_t w) { return 1000 + 0 * (double)w; }
static double more_and_more(int64_t w) { return 0.1 * (double)(w + 1); }

static bool is_near(double a, double b) { return fabs(a - b) <= 1e-9 * (1 + fabs(b)); }

static void errors_are_in_scales(void **state) {
    (void)state;
    kr_rows *rows = made_rows(2, 100, season);
    kr__study *s = make_study(rows, HORIZON, 16);
    kr__study_forecasts half = miss_by(s, by_half), more = miss_by(s, more_and_more),
                        much = miss_by(s, by_much);
    assert_true(is_near(kr__study_error(s, &half, 3), 0.5));
    assert_true(is_near(kr__study_loss(s, &half, KR__CHOOSING), 0.5));
    assert_true(is_near(kr__study_loss(s, &much, KR__VERDICT), 10)); /* and no more */
    /* Of ten windows a target the first five are for choosing: 1 to 5, and 11 to 15 tenths. */
    assert_int_equal(s->n_windows, 20);
    assert_true(is_near(kr__study_loss(s, &more, KR__CHOOSING), (0.3 + 1.3) / 2));
    assert_true(is_near(kr__study_loss(s, &more, KR__VERDICT), (0.8 + 1.8) / 2));
    /* Steps without a truth are left out; a forecast that is none counts most. */
    half.mean[3 * HORIZON] += 7 * s->targets[0].scale;
    assert_true(is_near(kr__study_error(s, &half, 3), 0.5 + 7.0 / HORIZON));
    s->truth[3 * HORIZON] = (double)NAN;
    assert_true(is_near(kr__study_error(s, &half, 3), 0.5));
    half.mean[0] = (double)NAN;
    assert_true(is_near(kr__study_loss(s, &half, KR__CHOOSING), (0.5 + (10 + 4 * 0.5) / 5) / 2));
    kr__study_forecasts_deinit(&half);
    kr__study_forecasts_deinit(&more);
    kr__study_forecasts_deinit(&much);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

static kr__study_forecasts run(const kr__study *s, const char *model) {
    kr__study_forecasts f;
    assert_int_equal(kr__study_forecasts_init(s, &f, NULL), KR_OK);
    assert_int_equal(kr__study_run(NULL, s, kr__local_find(model), NULL, &f, NULL), KR_OK);
    return f;
}

static kr__verdict judge(const kr__study *s, const char *model, const char *rule) {
    kr__study_forecasts own = run(s, model), other = run(s, rule);
    kr__verdict v;
    assert_int_equal(kr__verdict_make(s, &own, &other, 3, &v, NULL), KR_OK);
    kr__study_forecasts_deinit(&own);
    kr__study_forecasts_deinit(&other);
    return v;
}

/* A season is found by what knows one, and the verdict is sure; the other way round it is sure,
 * too; on random walks a seasonal rule is worse than the last value, and the same is no better. */
static void verdicts_hold(void **state) {
    (void)state;
    static const struct {
        double (*value)(int64_t, int64_t);
        int64_t n_series, n;
        const char *model, *rule;
        kr_judgement want;
    } cases[] = {
        {season, 40, 60, "SeasonalNaive", "Naive", KR_BETTER},
        {season, 40, 60, "Naive", "SeasonalNaive", KR_WORSE},
        {season, 1, 600, "SeasonalNaive", "Naive", KR_BETTER},
        {walk, 40, 60, "SeasonalNaive", "Naive", KR_WORSE},
        {walk, 40, 60, "Naive", "Naive", KR_NO_BETTER},
        {walk, 1, 600, "Naive", "Naive", KR_NO_BETTER},
        {season, 1, 24, "SeasonalNaive", "Naive", KR_TOO_LITTLE},
        {season, 1, 9, "SeasonalNaive", "Naive", KR_TOO_LITTLE},
        {constant, 1, 200, "SeasonalNaive", "Naive", KR_TOO_LITTLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_rows *rows = made_rows(cases[i].n_series, cases[i].n, cases[i].value);
        kr__study *s = make_study(rows, HORIZON, cases[i].n_series > 1 ? 2 : 16);
        kr__verdict v = judge(s, cases[i].model, cases[i].rule);
        if (v.kind != cases[i].want) fail_msg("%d: %d, %g %g", (int)i, v.kind, v.low, v.high);
        if (v.kind != KR_TOO_LITTLE) assert_true(v.low <= v.skill && v.skill <= v.high);
        kr__verdict_deinit(&v);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Bounds by the definition, from 999 resamples of the targets' skills. */
static void resample(const double *skills, int64_t n, uint64_t seed, double bounds[2]) {
    enum { TIMES = 999, MOST = 64 };
    double medians[TIMES], drawn[MOST];
    for (uint64_t i = 0; i < TIMES; i++) {
        kr_rng rng = kr__rng_make(seed, KR_STREAM_SAMPLE, i);
        for (int64_t k = 0; k < n; k++) drawn[k] = skills[kr__rng_below(&rng, (uint64_t)n)];
        qsort(drawn, (size_t)n, sizeof *drawn, compare);
        medians[i] = (drawn[n / 2] + drawn[(n - 1) / 2]) / 2;
    }
    qsort(medians, TIMES, sizeof *medians, compare);
    bounds[0] = medians[49];
    bounds[1] = medians[949];
}

/* Twenty targets are many, nineteen with a window each too little. */
static void a_verdicts_numbers_are_those_of_the_errors(void **state) {
    (void)state;
    for (int64_t n = 19; n <= 20; n++) {
        kr_rows *rows = made_rows(n, 60, season);
        kr__study *s = make_study(rows, HORIZON, 2);
        assert_int_equal(s->n_windows, 2 * n); /* the second is for the verdict */
        kr__study_forecasts own = miss_by(s, more_and_more), rule = miss_by(s, by_two);
        kr__verdict v;
        double bounds[2], middle = 0.1 * (double)(n + 1);
        assert_int_equal(kr__verdict_make(s, &own, &rule, 3, &v, NULL), KR_OK);
        assert_int_equal(v.kind, n == 20 ? KR_NO_BETTER : KR_TOO_LITTLE);
        assert_true(v.n_targets == n && v.n_windows == n);
        for (int64_t i = 0; i < n; i++) {
            assert_true(is_near(v.mases[i], 0.1 * (double)(2 * i + 2)));
            assert_true(is_near(v.skills[i], 1 - 0.1 * (double)(2 * i + 2) / 2));
        }
        assert_true(is_near(v.mase, middle));
        assert_true(is_near(v.rule_mase, 2) && is_near(v.skill, 1 - v.mase / 2));
        resample(v.skills, n, 3, bounds);
        if (n == 20) assert_true(v.low == bounds[0] && v.high == bounds[1]);
        kr__verdict_deinit(&v);
        /* Nothing is better than a rule that errs nowhere. */
        kr__study_forecasts none = miss_by(s, by_nothing);
        assert_int_equal(kr__verdict_make(s, &own, &none, 3, &v, NULL), KR_OK);
        for (int64_t i = 0; i < n; i++) assert_true(v.skills[i] == -1);
        assert_true(v.low == -1 && v.high == -1);
        kr__verdict_deinit(&v);
        kr__study_forecasts_deinit(&none);
        kr__study_forecasts_deinit(&own);
        kr__study_forecasts_deinit(&rule);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* Blocks of windows of one target: as many windows as there are, by the definition. */
static void blocks_are_drawn_whole(void **state) {
    (void)state;
    enum { TIMES = 999 };
    kr_rows *rows = made_rows(1, 600, season);
    kr__study *s = make_study(rows, HORIZON, 24);
    kr__study_forecasts own = miss_by(s, more_and_more), rule = miss_by(s, by_two);
    const int64_t last = s->n_windows - 1, most = s->n_verdict,
                  stride = s->windows[last].origin - s->windows[last - 1].origin,
                  block = (HORIZON + stride - 1) / stride;
    static double skills[TIMES];
    kr__verdict v;
    assert_int_equal(kr__verdict_make(s, &own, &rule, 5, &v, NULL), KR_OK);
    for (uint64_t i = 0; i < TIMES; i++) {
        kr_rng rng = kr__rng_make(5, KR_STREAM_SAMPLE, i);
        double sum = 0;
        for (int64_t n = 0, first = 0; n < most; n++) {
            if (n % block == 0) first = (int64_t)kr__rng_below(&rng, (uint64_t)most);
            sum += more_and_more(last - (first + n % block) % most);
        }
        skills[i] = 1 - sum / (2 * (double)most);
    }
    qsort(skills, TIMES, sizeof *skills, compare);
    assert_true(is_near(v.low, skills[49]) && is_near(v.high, skills[949]));
    kr__verdict_deinit(&v);
    kr__study_forecasts_deinit(&own);
    kr__study_forecasts_deinit(&rule);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

/* Of forecasts that are true every level holds all. */
static void coverage_counts_truths(void **state) {
    (void)state;
    kr_rows *rows = made_rows(3, 100, season);
    kr__study *s = make_study(rows, HORIZON, 16);
    kr__study_forecasts exact = miss_by(s, by_nothing);
    kr__study_levels levels = {.n = 2, .level = {0.5, 0.8}};
    kr__relative_errors e;
    assert_int_equal(kr__relative_errors_make(s, &exact, &levels, &e, NULL), KR_OK);
    assert_int_equal(e.n_windows, s->n_windows);
    assert_true(levels.held[0] == 1 && levels.held[1] == 1);
    kr__relative_errors_deinit(&e);
    kr__study_forecasts_deinit(&exact);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

/* Of three the middle one, of two their mean; one that has no forecast is left out. */
static void medians_leave_out_gaps(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, 40, season);
    kr__study *s = make_study(rows, 2, 1);
    double mean[4][2] = {{1, (double)NAN}, {5, 4}, {2, 8}, {0}},
           spread[4][2] = {{1, 9}, {3, 2}, {2, 4}};
    kr__study_forecasts f[4];
    const kr__study_forecasts *of[3] = {&f[0], &f[1], &f[2]};
    for (int i = 0; i < 4; i++) f[i] = (kr__study_forecasts){mean[i], spread[i]};
    kr__study_median(s, of, 3, &f[3]);
    assert_true(mean[3][0] == 2 && mean[3][1] == 6);
    assert_true(spread[3][0] == 2 && spread[3][1] == 3);
    const double falling[3][2] = {{5, 9}, {2, 8}, {1, 7}};
    for (int i = 0; i < 3; i++) memcpy(mean[i], falling[i], sizeof mean[i]);
    kr__study_median(s, of, 3, &f[3]);
    assert_true(mean[3][0] == 2 && mean[3][1] == 8);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

/* Intervals from the past of many random walks hold what comes; those of few windows are wide
 * rather than narrow; a level lies within a higher one. */
static void intervals_hold(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        kr_rows *rows = made_rows(k ? 2 : 300, 60, walk);
        kr__study *s = make_study(rows, HORIZON, 2);
        kr__study_forecasts f = run(s, "Naive");
        kr__relative_errors e;
        kr__study_levels levels = {.n = 1, .level = {0.8}};
        assert_int_equal(kr__relative_errors_make(s, &f, &levels, &e, NULL), KR_OK);
        assert_int_equal(e.n_windows, s->n_windows);
        if (k == 0) assert_true(fabs(levels.held[0] - 0.8) < 0.04);
        for (int64_t step = 0; step < HORIZON; step++) {
            double last = -1e300;
            for (double p = 0.01; p < 1; p += 0.01) {
                double q = kr__relative_errors_at(&e, step, p);
                assert_true(q >= last);
                last = q;
            }
            if (k == 1) assert_true(kr__relative_errors_at(&e, step, 0.9) >= 1.28);
        }
        kr__relative_errors_deinit(&e);
        kr__study_forecasts_deinit(&f);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* Forecasts that are too low by one or three scales, three times as often by one. */
static double skewed(int64_t w) { return w / 2 % 4 == 0 ? -3 : -1; }

/* What moved all series in a round might have moved them the other way: the middle of their errors
 * counts on both sides. Around it, most were near, and some above: so they stay. */
static void shared_errors_have_two_sides(void **state) {
    (void)state;
    kr_rows *rows = made_rows(40, 60, season);
    kr__study *s = make_study(rows, HORIZON, 2);
    kr__study_forecasts f = miss_by(s, skewed);
    kr__relative_errors e;
    assert_int_equal(s->n_windows, 80);
    assert_int_equal(kr__relative_errors_make(s, &f, NULL, &e, NULL), KR_OK);
    double far = kr__relative_errors_at(&e, 0, 0.95), same = kr__relative_errors_at(&e, 0, 0.75),
           image = kr__relative_errors_at(&e, 0, 0.2), least = kr__relative_errors_at(&e, 0, 0.01);
    if (!(is_near(far / same, 3) && is_near(image / same, -1) && is_near(least, image))) {
        fail_msg("%g %g %g %g", far, same, image, least);
    }
    kr__relative_errors_deinit(&e);
    kr__study_forecasts_deinit(&f);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

/* Of n errors and their n images, sorted: the rank below which a new one stays with probability p.
 */
static double rank_of(double p, double n) {
    return fmin(fmax(2 * p * (n + 1) - 1.5, 0), 2 * n - 1);
}

/* At a rank of -n .. -1, 1 .. n tenths, and of as many twos below and above 0. */
static double tenths_at(double rank, double n) {
    double below = fmin(rank, n - 1), above = fmax(rank, n), gap = rank - below;
    return rank <= n - 1 ? (below - n) / 10 : (rank >= n ? (above - n + 1) / 10 : -0.1 + 0.2 * gap);
}
static double twos_at(double rank, double n) {
    return rank <= n - 1 ? -2 : rank >= n ? 2 : -2 + 4 * (rank - n + 1);
}

/* What share of Student's t lies below x, by Simpson's rule. */
static double student_share(double x, double freedom) {
    enum { PARTS = 400 };
    double step = x / PARTS, sum = 0;
    for (int k = 0; k <= PARTS; k++) {
        double t = k * step, weight = k == 0 || k == PARTS ? 1 : k % 2 ? 4 : 2;
        sum += weight * pow(1 + t * t / freedom, -(freedom + 1) / 2);
    }
    const double pi = 3.14159265358979;
    double whole = sqrt(freedom * pi) * exp(lgamma(freedom / 2) - lgamma((freedom + 1) / 2));
    return 0.5 + sum * step / 3 / whole;
}

static double student_at(double p, double freedom) {
    double below = -100, above = 100;
    while (above - below > 1e-9) {
        double middle = (below + above) / 2;
        *(student_share(middle, freedom) < p ? &below : &above) = middle;
    }
    return below;
}

/* Of windows whose squared errors have this sum, and that the spread told by models counts as four.
 */
static double width_of(double squares, double n_apart) {
    return sqrt((4 + squares) / (4 + n_apart));
}

/* Errors of one to n tenths of a spread, by n windows of a panel, one each: from ten on what was
 * seen and its image; below Student's t, as wide as they and the forecasts say.
 */
static void few_errors_make_students_distribution(void **state) {
    (void)state;
    for (int64_t n = 8; n <= 12; n++) {
        kr_rows *rows = made_rows(n, 60, season);
        kr__study *s = make_study(rows, 1, 1);
        kr__study_forecasts small = miss_by(s, more_and_more), large = miss_by(s, by_two);
        kr__relative_errors e, wide;
        assert_int_equal(s->n_windows, n);
        assert_int_equal(kr__relative_errors_make(s, &small, NULL, &e, NULL), KR_OK);
        assert_int_equal(kr__relative_errors_make(s, &large, NULL, &wide, NULL), KR_OK);
        assert_int_equal(e.n_windows, n);
        double squares = 0, freedom = 4 + (double)n, two = width_of(4 * (double)n, (double)n);
        for (int64_t k = 1; k <= n; k++) squares += (double)(k * k) / 100;
        for (int64_t k = 0; k < KR__ERROR_QUANTILES; k++) {
            double p = ((double)k + 0.5) / KR__ERROR_QUANTILES;
            if (n < 10) {
                double small_at = e.quantiles[k] / width_of(squares, (double)n);
                assert_true(fabs(student_share(small_at, freedom) - p) < 3e-5);
                assert_true(fabs(student_share(wide.quantiles[k] / two, freedom) - p) < 3e-5);
            } else {
                double rank = rank_of(p, (double)n);
                assert_true(fabs(e.quantiles[k] - tenths_at(rank, (double)n)) < 1e-9);
                assert_true(fabs(wide.quantiles[k] - twos_at(rank, (double)n)) < 1e-9);
            }
        }
        kr__relative_errors_deinit(&e);
        kr__relative_errors_deinit(&wide);
        kr__study_forecasts_deinit(&small);
        kr__study_forecasts_deinit(&large);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* Between the quantiles that are kept linearly, beyond them not at all. */
static void quantiles_lie_between_those_kept(void **state) {
    (void)state;
    enum { N = KR__ERROR_QUANTILES, STEPS = 2 };
    double kept[N * STEPS];
    for (int k = 0; k < N * STEPS; k++) kept[k] = k * k;
    const kr__relative_errors e = {.horizon = STEPS, .quantiles = kept};
    for (int64_t step = 0; step < STEPS; step++) {
        assert_true(kr__relative_errors_at(&e, step, 0.1 / N) == kept[step]);
        assert_true(kr__relative_errors_at(&e, step, 1 - 0.1 / N) == kept[(N - 1) * STEPS + step]);
        for (int64_t k = 0; k + 1 < N; k++) {
            double below = kept[k * STEPS + step], above = kept[(k + 1) * STEPS + step];
            double q = kr__relative_errors_at(&e, step, ((double)k + 0.75) / N);
            assert_true(is_near(q, 0.75 * below + 0.25 * above));
        }
    }
}

/* Errors of half a spread, twice; then five, which no interval of two so small ones holds; then
 * 2.95, which only the interval of 80 % holds that was made wider. */
static double now_and_then(int64_t w) { return (const double[]){0.5, -0.5, 5, 2.95}[w]; }

/* By hand: the third window's interval missed all of its 80 %, of one truth, which counts as one of
 * thirteen, so the next one is exp(0.8 / 13 / 2) times wider, and held what it should hold four
 * times of five. */
static void intervals_follow_by_the_rule(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, 60, season);
    kr__study *s = make_study(rows, 1, 4);
    kr__study_forecasts f = miss_by(s, now_and_then);
    kr__study_levels levels = {.n = 3, .level = {0.5, 0.8, 0.95}};
    kr__relative_errors all, known;
    assert_true(s->n_windows == 4 && s->n_verdict == 2);
    assert_int_equal(kr__relative_errors_make(s, &f, &levels, &all, NULL), KR_OK);
    assert_int_equal(kr__relative_errors_known(s, &f, &known, NULL), KR_OK);
    assert_true(levels.held[0] == 0 && levels.held[1] == 0.5 && levels.held[2] == 0.5);
    assert_true(all.n_windows == 4 && known.n_windows == 3);
    double of_three = exp(0.4 / 13) * width_of(25.5, 3),
           of_four = exp((0.4 - 0.1) / 13) * width_of(25.5 + 2.95 * 2.95, 4);
    for (int64_t k = 0; k < KR__ERROR_QUANTILES; k++) {
        double p = ((double)k + 0.5) / KR__ERROR_QUANTILES;
        assert_true(fabs(student_share(known.quantiles[k] / of_three, 7) - p) < 2e-4);
        assert_true(fabs(student_share(all.quantiles[k] / of_four, 8) - p) < 2e-4);
    }
    kr__relative_errors_deinit(&all);
    kr__relative_errors_deinit(&known);
    kr__study_forecasts_deinit(&f);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

static double in_turns(int64_t w) { return (const double[]){0.5, 4, -3, 1, 9, 0.1, -2, 20, 3}[w]; }

/* By the definition, also where windows overlap, for which they count less: a window knows those
 * that ended before it began, and what the intervals of these had missed. The bound of nine tenths.
 */
static double follow(const kr__study *s, int64_t last) {
    double missed[9], scale = 1, at = 1, h = (double)s->horizon;
    for (int64_t w = 0; w <= last; w++) {
        double sum = 0, n_apart = 0;
        int64_t n = 0;
        for (int64_t k = 0; k < w; k++) {
            bool has_ended = s->windows[k].origin + s->horizon <= s->windows[w].origin;
            if (w < s->n_windows && !has_ended) continue;
            int64_t gap = k > 0 ? s->windows[k].origin - s->windows[k - 1].origin : s->horizon;
            n_apart += fmin((double)gap / h, 1);
            sum += in_turns(k) * in_turns(k);
            n++;
            scale *= exp(0.5 * missed[k]);
            missed[k] = 0;
        }
        double squares = n > 0 ? sum / (double)n * n_apart : 0;
        at = width_of(squares, n_apart) * scale * student_at(0.9, 4 + n_apart);
        bool is_held = w < s->n_windows && fabs(in_turns(w)) <= at;
        if (w < s->n_windows) missed[w] = n < 2 ? 0 : (0.8 - is_held) * h / (h + 12);
    }
    return at;
}

static void intervals_follow_windows_that_overlap(void **state) {
    (void)state;
    for (int64_t horizon = 1; horizon <= 5; horizon += 2) {
        kr_rows *rows = made_rows(1, 60, season);
        kr__study *s = make_study(rows, horizon, 9);
        kr__study_forecasts f = miss_by(s, in_turns);
        kr__relative_errors all, known;
        int64_t n = s->n_windows;
        assert_in_range(n, 6, 9);
        if (horizon == 5) assert_true(s->windows[1].origin < s->windows[0].origin + horizon);
        assert_int_equal(kr__relative_errors_make(s, &f, NULL, &all, NULL), KR_OK);
        assert_int_equal(kr__relative_errors_known(s, &f, &known, NULL), KR_OK);
        double above = kr__relative_errors_at(&all, 0, 0.9);
        assert_true(fabs(above / follow(s, n) - 1) < 5e-4);
        above = kr__relative_errors_at(&known, 0, 0.9);
        assert_true(fabs(above / follow(s, n - 1) - 1) < 5e-4);
        kr__relative_errors_deinit(&all);
        kr__relative_errors_deinit(&known);
        kr__study_forecasts_deinit(&f);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* With so many windows each step has errors of its own: one that has a single one says that, and
 * its image, one that has none what the models tell; with fewer its neighbours lend theirs. */
static void steps_without_errors(void **state) {
    (void)state;
    for (int64_t n = 199; n <= 200; n++) {
        kr_rows *rows = made_rows(n, 30, season);
        kr__study *s = make_study(rows, HORIZON, 1);
        kr__study_forecasts half = miss_by(s, by_half);
        kr__relative_errors e;
        for (int64_t w = 0; w < n; w++) {
            for (int64_t step = 3; step < 5; step++) {
                if (step == 4 || w > 0) s->truth[w * HORIZON + step] = (double)NAN;
            }
        }
        half.mean[3] += s->targets[0].scale;
        assert_int_equal(kr__relative_errors_make(s, &half, NULL, &e, NULL), KR_OK);
        for (int side = -1; side <= 1; side += 2) {
            double p = 0.5 + 0.4 * side;
            assert_true(fabs(side * kr__relative_errors_at(&e, 0, p) - 0.5) < 1e-9);
            assert_true(fabs(side * kr__relative_errors_at(&e, 3, p) - (n < 200 ? 0.5 : 1.5)) <
                        1e-9);
            assert_true(fabs(side * kr__relative_errors_at(&e, 4, p) -
                             (n < 200 ? 0.5 : student_at(0.9, 4))) < 1e-3);
        }
        kr__relative_errors_deinit(&e);
        kr__study_forecasts_deinit(&half);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* Errors outgrow the spread, which comes from all values, and the intervals follow. */
static void intervals_follow(void **state) {
    (void)state;
    kr_rows *rows = made_rows(1, 1000, wilder_walk);
    kr__study *s = make_study(rows, HORIZON, 96);
    kr__study_forecasts f = run(s, "Naive");
    kr__study_levels levels = {.n = 2, .level = {0.8, 0.95}};
    kr__relative_errors e;
    assert_true(s->n_verdict > 40);
    assert_int_equal(kr__relative_errors_make(s, &f, &levels, &e, NULL), KR_OK);
    if (fabs(levels.held[0] - 0.8) > 0.03 || fabs(levels.held[1] - 0.95) > 0.03) {
        fail_msg("%.3f %.3f", levels.held[0], levels.held[1]);
    }
    kr__relative_errors_deinit(&e);
    kr__study_forecasts_deinit(&f);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

/* All that a study gives, one after the other. */
typedef struct made {
    kr__study *study;
    kr__study_forecasts own, rule;
    kr__relative_errors errors;
    kr__verdict verdict;
} made;

static kr_status make_all(const kr_rows *rows, made *m, kr_error *err) {
    const int64_t seasons[] = {12};
    const kr__study_plan plan = {
        .horizon = HORIZON, .seasons = seasons, .n_seasons = 1, .most_windows = 4};
    const kr__local_model *naive = kr__local_find("Naive"),
                          *seasonal = kr__local_find("SeasonalNaive");
    KR_TRY(kr__study_make(rows, &plan, 1, &m->study, err));
    KR_TRY(kr__study_forecasts_init(m->study, &m->own, err));
    KR_TRY(kr__study_forecasts_init(m->study, &m->rule, err));
    KR_TRY(kr__study_run(NULL, m->study, seasonal, NULL, &m->own, err));
    KR_TRY(kr__study_run(NULL, m->study, naive, NULL, &m->rule, err));
    KR_TRY(kr__relative_errors_make(m->study, &m->own, NULL, &m->errors, err));
    return kr__verdict_make(m->study, &m->own, &m->rule, 3, &m->verdict, err);
}

static kr_status study_rows(void *arg, kr_error *err) {
    made m = {.study = NULL};
    kr_status status = make_all(arg, &m, err);
    if (status == KR_OK) assert_true(m.verdict.skills && m.errors.quantiles && m.verdict.n_windows);
    kr__verdict_deinit(&m.verdict);
    kr__relative_errors_deinit(&m.errors);
    kr__study_forecasts_deinit(&m.own);
    kr__study_forecasts_deinit(&m.rule);
    kr__study_destroy(m.study);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_rows *rows = made_rows(2, 60, season);
    kr_starve("a study", study_rows, rows);
    kr_rows_destroy(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows_do_not_overlap),
                                       cmocka_unit_test(windows_are_where_the_rule_says),
                                       cmocka_unit_test(scales_are_those_of_the_known),
                                       cmocka_unit_test(errors_are_in_scales),
                                       cmocka_unit_test(verdicts_hold),
                                       cmocka_unit_test(a_verdicts_numbers_are_those_of_the_errors),
                                       cmocka_unit_test(blocks_are_drawn_whole),
                                       cmocka_unit_test(coverage_counts_truths),
                                       cmocka_unit_test(shared_errors_have_two_sides),
                                       cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(medians_leave_out_gaps),
                                       cmocka_unit_test(intervals_hold),
                                       cmocka_unit_test(few_errors_make_students_distribution),
                                       cmocka_unit_test(quantiles_lie_between_those_kept),
                                       cmocka_unit_test(intervals_follow_by_the_rule),
                                       cmocka_unit_test(intervals_follow_windows_that_overlap),
                                       cmocka_unit_test(steps_without_errors),
                                       cmocka_unit_test(intervals_follow),
                                       cmocka_unit_test(many_targets_are_sampled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
