/* SPDX-License-Identifier: MIT
 * test_profiles.c - seasons come again, curves are smooth, tables are standardised. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulate/simulation.h"

enum { ROOM = 200000, N = 2000 };
static double room[ROOM], y[N], table[1000];

static kr__simulation simulation_of(uint64_t index, int64_t n) {
    return (kr__simulation){
        .draws = kr__draws_make(1, index, 0), .n = n, .room = room, .room_size = ROOM};
}

static void tables_are_standardised(void **state) {
    (void)state;
    int n_flat = 0;
    for (uint64_t k = 0; k < 600; k++) {
        kr__simulation s = simulation_of(k, N);
        int64_t period = 2 + (int64_t)(k % 300);
        double sum = 0, squares = 0;
        kr__profile(&s, table, period);
        for (int64_t t = 0; t < period; t++) {
            sum += table[t];
            squares += table[t] * table[t];
        }
        assert_true(fabs(sum) < 1e-9 * (double)period);
        n_flat += squares == 0;
        assert_true(squares == 0 || fabs(squares / (double)period - 1) < 1e-9);
    }
    assert_true(n_flat < 60); /* blocks that never change */
}

/* The share of the variance that is the same in every turn of the period. */
static double seasonal_share(const double *x, int64_t n, int64_t period) {
    double all = 0, within = 0, mean = 0;
    for (int64_t t = 0; t < n; t++) mean += x[t] / (double)n;
    for (int64_t t = 0; t < n; t++) all += (x[t] - mean) * (x[t] - mean);
    for (int64_t phase = 0; phase < period; phase++) {
        double sum = 0;
        for (int64_t t = phase; t < n; t += period) sum += x[t];
        sum /= (double)((n - phase + period - 1) / period);
        for (int64_t t = phase; t < n; t += period) within += (x[t] - sum) * (x[t] - sum);
    }
    return all > 0 ? 1 - within / all : 1;
}

static void seasons_come_again(void **state) {
    static const int64_t seasons[][2] = {{12, 0}, {7, 0}, {24, 168}, {7, 365}};
    (void)state;
    for (int i = 0; i < 4; i++) {
        double share = 0, by_chance = 0;
        for (uint64_t k = 0; k < 100; k++) {
            kr__simulation s = simulation_of(k, N);
            s.n_seasons = seasons[i][1] > 0 ? 2 : 1;
            for (int b = 0; b < 2; b++) s.seasons[b] = seasons[i][b];
            for (int64_t t = 0; t < N; t++) y[t] = 0;
            kr__add_seasons(&s, y, 1);
            assert_int_equal(s.room_used, 0);
            share += seasonal_share(y, N, seasons[i][1] == 168 ? 168 : seasons[i][0]) / 100;
            by_chance += seasonal_share(y, N, 11) / 100;
        }
        if (seasons[i][1] == 365) {
            assert_true(share > 0.2 && share < 0.8); /* the year is the rest */
        } else {
            assert_true(share > 0.9);
        }
        assert_true(by_chance < 0.1);
    }
}

/* A day that divides the week is a part of its table: the days are alike, and not the same. */
static void weeks_are_made_of_days(void **state) {
    (void)state;
    double share = 0;
    for (uint64_t k = 0; k < 100; k++) {
        kr__simulation s = simulation_of(k, N);
        s.n_seasons = 2;
        s.seasons[0] = 24;
        s.seasons[1] = 168;
        kr__season_table(&s, table, 1);
        share += seasonal_share(table, 168, 24) / 100;
    }
    assert_true(share > 0.3 && share < 0.95);
}

static void curves_are_smooth(void **state) {
    (void)state;
    kr__draws d = kr__draws_make(7, 0, 0);
    for (double spacing = 20; spacing < 500; spacing *= 3) {
        double most = 0, bend = 0;
        kr__smooth(&d, y, N, spacing);
        for (int64_t t = 2; t < N; t++) {
            most = fmax(most, fabs(y[t]));
            bend = fmax(bend, fabs(y[t] - 2 * y[t - 1] + y[t - 2]));
        }
        assert_true(most > 0.5 && bend < 60 / (spacing * spacing));
    }
    kr__smooth_cycle(&d, table, 500, 7);
    double least = fabs(table[0] - table[499]);
    for (int64_t t = 1; t < 500; t++) assert_true(fabs(table[t] - table[t - 1]) < 0.1);
    assert_true(least < 0.1);
}

static void trends_go_somewhere(void **state) {
    (void)state;
    int n_up = 0;
    for (uint64_t k = 0; k < 400; k++) {
        kr__simulation s = simulation_of(k, 300);
        double rough = 0;
        kr__trend(&s, y);
        for (int64_t t = 1; t < 300; t++) rough += (y[t] - y[t - 1]) * (y[t] - y[t - 1]) / 300;
        assert_true(rough < 0.5); /* that of white noise is 2 */
        n_up += y[299] > y[0];
    }
    assert_true(n_up > 200 && n_up < 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_standardised), cmocka_unit_test(seasons_come_again),
        cmocka_unit_test(weeks_are_made_of_days), cmocka_unit_test(curves_are_smooth),
        cmocka_unit_test(trends_go_somewhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
