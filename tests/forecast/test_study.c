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

/* n_series of n rows, one column. */
static kr_rows *make_rows(int64_t n_series, int64_t n, double (*value)(int64_t, int64_t)) {
    double *values = calloc((size_t)(n_series * n), sizeof *values);
    char(*texts)[24] = calloc((size_t)n_series, sizeof *texts);
    const char **names = calloc((size_t)n_series, sizeof *names);
    int64_t *counts = calloc((size_t)n_series, sizeof *counts);
    const char *columns[] = {"y"};
    for (int64_t i = 0; i < n_series; i++) {
        snprintf(texts[i], sizeof texts[i], "s%d", (int)i);
        names[i] = texts[i];
        counts[i] = n;
        for (int64_t t = 0; t < n; t++) values[i * n + t] = value(i, t);
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = n_series * n,
                                   .n_columns = 1,
                                   .values = values,
                                   .columns = columns,
                                   .n_series = n_series > 1 ? n_series : 0,
                                   .series = n_series > 1 ? names : NULL,
                                   .series_rows = n_series > 1 ? counts : NULL};
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    if (kr_rows_from_memory(&memory, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    free(values);
    free(texts);
    free(names);
    free(counts);
    return rows;
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
                kr_rows *rows = make_rows(1, n, season);
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
    kr_rows *rows = make_rows(100, 60, season);
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

static kr__study_forecasts run(const kr__study *s, const char *model) {
    kr__study_forecasts f;
    assert_int_equal(kr__study_forecasts_init(s, &f, NULL), KR_OK);
    assert_int_equal(kr__study_run(NULL, s, kr__local_find(model), &f, NULL), KR_OK);
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
        kr__verdict_kind want;
    } cases[] = {
        {season, 40, 60, "SeasonalNaive", "Naive", KR__BETTER},
        {season, 40, 60, "Naive", "SeasonalNaive", KR__WORSE},
        {season, 1, 600, "SeasonalNaive", "Naive", KR__BETTER},
        {walk, 40, 60, "SeasonalNaive", "Naive", KR__WORSE},
        {walk, 40, 60, "Naive", "Naive", KR__NO_BETTER},
        {walk, 1, 600, "Naive", "Naive", KR__NO_BETTER},
        {season, 1, 24, "SeasonalNaive", "Naive", KR__TOO_LITTLE},
        {season, 1, 9, "SeasonalNaive", "Naive", KR__TOO_LITTLE},
        {constant, 1, 200, "SeasonalNaive", "Naive", KR__TOO_LITTLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_rows *rows = make_rows(cases[i].n_series, cases[i].n, cases[i].value);
        kr__study *s = make_study(rows, HORIZON, cases[i].n_series > 1 ? 2 : 16);
        kr__verdict v = judge(s, cases[i].model, cases[i].rule);
        if (v.kind != cases[i].want) fail_msg("%d: %d, %g %g", (int)i, v.kind, v.low, v.high);
        if (v.kind != KR__TOO_LITTLE) assert_true(v.low <= v.skill && v.skill <= v.high);
        kr__verdict_deinit(&v);
        kr__study_destroy(s);
        kr_rows_destroy(rows);
    }
}

/* Of three the middle one, of two their mean; one that has no forecast is left out. */
static void medians_leave_out_gaps(void **state) {
    (void)state;
    kr_rows *rows = make_rows(1, 40, season);
    kr__study *s = make_study(rows, 2, 1);
    double mean[4][2] = {{1, (double)NAN}, {5, 4}, {2, 8}, {0}},
           spread[4][2] = {{1, 9}, {3, 2}, {2, 4}};
    kr__study_forecasts f[4];
    const kr__study_forecasts *of[3] = {&f[0], &f[1], &f[2]};
    for (int i = 0; i < 4; i++) f[i] = (kr__study_forecasts){mean[i], spread[i]};
    kr__study_median(s, of, 3, &f[3]);
    assert_true(mean[3][0] == 2 && mean[3][1] == 6);
    assert_true(spread[3][0] == 2 && spread[3][1] == 3);
    kr__study_destroy(s);
    kr_rows_destroy(rows);
}

/* Intervals from the past of many random walks hold what comes; those of few windows are wide
 * rather than narrow; a level lies within a higher one. */
static void intervals_hold(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        kr_rows *rows = make_rows(k ? 2 : 300, 60, walk);
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

/* Errors outgrow the spread, which comes from all values, and the intervals follow. */
static void intervals_follow(void **state) {
    (void)state;
    kr_rows *rows = make_rows(1, 1000, wilder_walk);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_do_not_overlap), cmocka_unit_test(verdicts_hold),
        cmocka_unit_test(medians_leave_out_gaps), cmocka_unit_test(intervals_hold),
        cmocka_unit_test(intervals_follow),       cmocka_unit_test(many_targets_are_sampled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
