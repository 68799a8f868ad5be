/* SPDX-License-Identifier: MIT
 * test_zeroshot_forecast.c - how forecasts are put together: by logarithms, stretch by stretch, in
 * a unit, of the last values. */
#include <kr/zeroshot.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "support/workers.h"

enum { Q = KR_ZEROSHOT_QUANTILES, MEDIAN = 4, FARTHEST = 96, AHEAD = 30, N = 120 };

static kr_zeroshot *model;

static int open_model(void **state) {
    (void)state;
    kr_error err;
    return kr_zeroshot_open(test_team, NULL, &model, &err);
}

static int close_model(void **state) {
    (void)state;
    kr_zeroshot_destroy(model);
    return 0;
}

/* Around 0, with a season of 12. */
static void make_values(double *y, int n) {
    kr_rng rng = kr__rng_make(8, KR_STREAM_TEST, 0);
    for (int t = 0; t < n; t++) {
        y[t] = 2.5 * sin(6.283185307179586 * t / 12) + .3 * kr__rng_normal(&rng);
    }
}

static void forecast(const double *y, int64_t n, int64_t season, int64_t horizon, double *q) {
    const kr_zeroshot_series one = {.size = sizeof one, .values = y, .n = n, .seasons = {season}};
    kr_error err;
    if (kr_zeroshot_forecast(model, &one, 1, horizon, q, &err) != KR_OK) fail_msg("%s", err.text);
}

static void expect(double found, double wanted, int i) {
    if (fabs(found - wanted) <= 1e-5 * (1 + fabs(wanted))) return;
    fail_msg("number %d: %.9g, not %.9g", i, found, wanted);
}

/* ---- logarithms ----------------------------------------------------------------------------- */

/* Of values with a season whose largest is many times the least, all above 0: the first one's
 * logarithm counts as 8. Where quantiles of these would be below the least, they are not compared:
 * as values they would stay above half of it. */
static void values_of_many_sizes_by_their_logarithms(void **state) {
    (void)state;
    enum { HORIZON = FARTHEST + AHEAD };
    double logs[N], y[N], q[Q * HORIZON], q_logs[Q * HORIZON], least = 99;
    int n = 0;
    make_values(logs, N);
    for (int t = 0; t < N; t++) y[t] = exp(logs[t]);
    for (int t = N - 1; t >= 0; t--) {
        logs[t] += 8 - logs[0];
        least = fmin(least, logs[t]);
    }
    forecast(y, N, 12, HORIZON, q);
    forecast(logs, N, 12, HORIZON, q_logs);
    for (int i = 0; i < Q * HORIZON; i++) {
        if (q_logs[i] <= least) continue;
        expect(log(q[i] / y[0]) + 8, q_logs[i], i);
        n++;
    }
    assert_true(n > Q * HORIZON * 3 / 4);
}

/* ---- stretches ------------------------------------------------------------------------------ */

/* Medians of the first stretch are the past of the second; distances from them add up as those of
 * a sum. */
static void beyond_the_farthest_step(void **state) {
    (void)state;
    enum { HORIZON = FARTHEST + AHEAD };
    double y[N + FARTHEST], q[Q * HORIZON], first[Q * FARTHEST], second[Q * AHEAD];
    make_values(y, N);
    forecast(y, N, 12, HORIZON, q);
    forecast(y, N, 12, FARTHEST, first);
    for (int k = 0; k < FARTHEST; k++) y[N + k] = first[MEDIAN * FARTHEST + k];
    forecast(y, N + FARTHEST, 12, AHEAD, second);
    for (int i = 0; i < Q; i++) {
        for (int k = 0; k < FARTHEST; k++) {
            assert_true(q[i * HORIZON + k] == first[i * FARTHEST + k]);
        }
        double before = first[(i + 1) * FARTHEST - 1] - first[(MEDIAN + 1) * FARTHEST - 1];
        for (int k = 0; k < AHEAD; k++) {
            double middle = second[MEDIAN * AHEAD + k], away = second[i * AHEAD + k] - middle;
            double wanted = middle + (i < MEDIAN ? -1 : 1) * hypot(before, away);
            expect(q[i * HORIZON + FARTHEST + k], wanted, i * AHEAD + k);
        }
    }
}

/* ---- the past ------------------------------------------------------------------------------- */

/* What is farther back than 16 of the longest seasons is as if it had never been, and all before it
 * counts, if only in what was guessed. */
static void old_values_are_forgotten(void **state) {
    (void)state;
    enum { MOST = 16 * KR_ZEROSHOT_SEASON };
    static double y[MOST + 9];
    double all[Q], last[Q];
    make_values(y, MOST + 9);
    forecast(y, MOST + 9, 1, 1, all);
    forecast(y + 9, MOST, 1, 1, last);
    assert_memory_equal(all, last, sizeof all);
    forecast(y + 10, MOST - 1, 1, 1, last);
    assert_memory_not_equal(all, last, sizeof all);
}

/* A day that lacks an hour has 23, whatever is said. */
static void seasons_are_looked_for(void **state) {
    (void)state;
    double y[23 * 12], said[Q * AHEAD], is[Q * AHEAD];
    for (int t = 0; t < 23 * 12; t++) y[t] = t % 23 * (t % 23) - 200;
    forecast(y, 23 * 12, 24, AHEAD, said);
    forecast(y, 23 * 12, 23, AHEAD, is);
    assert_memory_equal(said, is, sizeof is);
}

/* An engine is kept for one horizon; after another one it forecasts as before. */
static void horizons_take_turns(void **state) {
    (void)state;
    double y[N], a[Q * AHEAD], b[Q * AHEAD];
    make_values(y, N);
    forecast(y, N, 12, AHEAD, a);
    forecast(y, N, 12, 3, b);
    for (int i = 0; i < Q; i++) {
        for (int k = 0; k < 3; k++) expect(b[i * 3 + k], a[i * AHEAD + k], i);
    }
    forecast(y, N, 12, AHEAD, b);
    assert_memory_equal(a, b, sizeof a);
}

/* Limits are in. */
static void what_can_just_be_asked(void **state) {
    (void)state;
    double y[N], q[Q * 2];
    kr_error err;
    make_values(y, N);
    forecast(y, N, KR_ZEROSHOT_SEASON, 2, q);
    for (int i = 0; i < Q * 2; i++) assert_true(isfinite(q[i]));
    const kr_zeroshot_series below = {.size = sizeof below, .values = y, .n = N, .seasons = {-1}};
    assert_int_equal(kr_zeroshot_forecast(model, &below, 1, 2, q, &err), KR_USAGE);
    const kr_zeroshot_series one = {.size = sizeof one, .values = y, .n = N};
    assert_int_equal(kr_zeroshot_forecast(model, &one, 1, 65537, q, &err), KR_SHAPE);
    assert_int_equal(kr_zeroshot_forecast(model, &one, 0, 65536, q, &err), KR_OK);
    test_workers(2);
    kr_zeroshot *other = NULL;
    assert_int_equal(kr_zeroshot_open(test_team, NULL, &other, &err), KR_OK);
    kr_team_stop(test_team);
    assert_int_equal(kr_zeroshot_forecast(other, &one, 1, 2, q, &err), KR_INTERRUPTED);
    kr_zeroshot_destroy(other);
    test_workers(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_of_many_sizes_by_their_logarithms),
                                       cmocka_unit_test(beyond_the_farthest_step),
                                       cmocka_unit_test(old_values_are_forgotten),
                                       cmocka_unit_test(seasons_are_looked_for),
                                       cmocka_unit_test(horizons_take_turns),
                                       cmocka_unit_test(what_can_just_be_asked)};
    return cmocka_run_group_tests(tests, open_model, close_model);
}
