/* SPDX-License-Identifier: MIT
 * test_filters.c - each filter alone, by the definition in filters.h and the rates that models were
 * trained with. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/random.h"
#include "zeroshot/filters.h"

enum { N = 90, PLAIN = KR__FILTERS - KR__LOG_FILTERS, MOST_SEASON = 12 };

typedef struct row {
    double alpha, beta, phi, gamma, omega;
} row;

static const row rows[KR__FILTERS] = {
    {.1, 0, 1, 0, 0},       {.3, 0, 1, 0, 0},      {.6, 0, 1, 0, 0},       {.3, .03, .97, 0, 0},
    {.7, .2, .9, 0, 0},     {.9, .05, 1, 0, 0},    {.2, .02, 1, 0, 0},     {.05, 0, 1, .1, 0},
    {.2, 0, 1, .1, 0},      {.5, 0, 1, .15, 0},    {.8, 0, 1, .1, 0},      {.3, .03, .97, .1, 0},
    {.05, .005, 1, .05, 0}, {.02, 0, 1, .4, 0},    {.05, 0, 1, .1, .1},    {.2, 0, 1, .1, .1},
    {.5, 0, 1, .05, .2},    {.9, .1, .9, 0, 0},    {.6, .1, .85, 0, 0},    {.2, 0, 1, .1, 0},
    {.5, 0, 1, .1, 0},      {.3, .03, .97, .1, 0}, {.05, .005, 1, .05, 0}, {.2, 0, 1, .1, .1},
    {.9, .05, 1, 0, 0},     {.7, .2, .95, 0, 0}};

static double y[N]; /* above 0 */
static kr__filters filters;

static void make_values(void) {
    kr_rng rng = kr__rng_make(11, KR_STREAM_TEST, 0);
    for (int t = 0; t < N; t++) {
        y[t] = 30 + .2 * t + 8 * sin(t * 1.7) + 5 * (t % 4) + 3 * kr__rng_normal(&rng);
    }
}

/* ---- one filter ---------------------------------------------------------------------------- */

typedef struct one {
    row r;
    int64_t m, longest;
    bool has_season, has_long;
    double level, slope, s[MOST_SEASON], w[MOST_SEASON];
} one;

static double at_least(double rate, int64_t visits) { return fmax(rate, 1 / (double)visits); }

static void take(one *f, int64_t t, double value) {
    double r = value - (f->level + f->r.phi * f->slope + f->s[t % f->m] + f->w[t % f->longest]);
    double beta = f->r.beta > 0 && t > 0 ? fmax(f->r.beta, t < 4 ? .3 : 0) : 0;
    double rest = 1 - f->r.alpha;
    f->level += f->r.phi * f->slope;
    f->level += (f->has_season ? f->r.alpha : at_least(f->r.alpha, t + 1)) * r;
    f->slope = f->r.phi * f->slope + beta * r;
    if (f->has_season && f->r.gamma > 0)
        f->s[t % f->m] += rest * at_least(f->r.gamma, t / f->m + 1) * r;
    if (f->has_long && f->r.omega > 0)
        f->w[t % f->longest] += rest * at_least(f->r.omega, t / f->longest + 1) * r;
}

/* The classical decomposition of the cycles that are whole; `which` as in filters.h. */
static void decompose(one *f, int which, int64_t n, const double *x) {
    int64_t length = which == 0 ? f->m : f->longest;
    int64_t cycles = n / length, visits[MOST_SEASON] = {0};
    double mean[2] = {0}, rest[N];
    for (int64_t t = 0; t < cycles * length; t++) mean[t / length] += x[t] / (double)length;
    double slope = cycles == 2 ? (mean[1] - mean[0]) / (double)length : 0;
    f->level = mean[0] - slope * (double)(length - 1) / 2;
    f->slope = f->r.beta > 0 ? slope : 0;
    for (int p = 0; p < MOST_SEASON; p++) f->s[p] = 0;
    for (int64_t t = 0; t < cycles * length; t++) {
        rest[t] = x[t] - f->level - slope * (double)t;
        f->s[t % f->m] += rest[t];
        visits[t % f->m]++;
    }
    for (int64_t p = 0; p < f->m; p++) f->s[p] /= (double)visits[p];
    for (int p = 0; p < MOST_SEASON && which == 1; p++) f->w[p] = 0;
    for (int64_t t = 0; t < cycles * length && which == 1; t++) {
        f->w[t % length] += (rest[t] - f->s[t % f->m]) / (double)(cycles + 1);
    }
}

/* After n values, of which every eleventh is missing where there is no season. */
static one follow(int i, int64_t m, int64_t longest, int64_t n) {
    one f = {.r = rows[i], .m = m, .longest = longest};
    double x[N];
    for (int64_t t = 0; t < n; t++) {
        x[t] = i < PLAIN ? y[t] : log(y[t]);
        if (t == 0) f.level = x[0];
        if (m == 1 && t % 11 == 10) {
            f.slope *= f.r.phi;
            f.level += f.slope;
        } else {
            take(&f, t, x[t]);
        }
        for (int which = 0; which < 2; which++) {
            int64_t length = which == 0 ? m : longest;
            bool begins = (t + 1 == length || t + 1 == 2 * length) && length > (which ? m : 1);
            if (!begins) continue;
            *(which == 0 ? &f.has_season : &f.has_long) = true;
            if ((which == 0 ? f.r.gamma : f.r.omega) == 0) continue;
            decompose(&f, which, t + 1, x);
            for (int64_t k = 0; k <= t; k++) take(&f, k, x[k]);
        }
    }
    return f;
}

static double expect(const one *f, int64_t n, int64_t lead) {
    double steps = 0;
    for (int64_t k = 1; k <= lead; k++) steps += pow(f->r.phi, (double)k);
    return f->level + f->slope * steps + f->s[(n - 1 + lead) % f->m] +
           f->w[(n - 1 + lead) % f->longest];
}

/* ---- all of them --------------------------------------------------------------------------- */

static void run_all(int64_t m, int64_t longest, int64_t n) {
    const int64_t season[2] = {m, longest};
    kr__filters_begin(&filters, season);
    for (int64_t t = 0; t < n; t++) {
        bool is_there = m > 1 || t % 11 != 10;
        kr__filters_take(&filters, is_there ? y[t] : 1e9, is_there ? log(y[t]) : 1e9, is_there);
        for (int which = 0; which < 2; which++) {
            int64_t length = season[which];
            bool begins = (t + 1 == length || t + 1 == 2 * length) && length > (which ? m : 1);
            if (begins) kr__filters_begin_season(&filters, which, y, true);
        }
    }
}

static void compare(int64_t m, int64_t longest, int64_t n) {
    static const int64_t leads[] = {1, 2, 7, 96, 97, 200};
    run_all(m, longest, n);
    for (int i = 0; i < KR__FILTERS; i++) {
        one f = follow(i, m, longest, n);
        for (int l = 0; l < 6; l++) {
            double all[KR__FILTERS], wanted = expect(&f, n, leads[l]);
            double alone = kr__filters_expect_one(&filters, i, leads[l]);
            kr__filters_expect(&filters, leads[l], all);
            double most = 1e-10 * (1 + fabs(wanted));
            if (fabs(all[i] - wanted) > most || fabs(alone - wanted) > most) {
                fail_msg("season %d, %d, n %d, filter %d, lead %d: %.12g, %.12g, not %.12g", (int)m,
                         (int)longest, (int)n, i, (int)leads[l], all[i], alone, wanted);
            }
        }
        double rest = 7 - f.level - f.s[(n - 1) % m] - f.w[(n - 1) % longest];
        assert_true(fabs(kr__filters_rest(&filters, i, n - 1, 7) - rest) < 1e-9);
    }
}

static void without_a_season(void **state) {
    (void)state;
    for (int64_t n = 1; n < 9; n++) compare(1, 1, n);
    compare(1, 1, N);
}

static void with_seasons(void **state) {
    (void)state;
    static const int64_t lengths[] = {3, 4, 5, 7, 8, 9, 12, 13, 23, 24, 25, 60, N};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        compare(4, 4, lengths[k]);
        compare(4, 12, lengths[k]);
        compare(5, 12, lengths[k]); /* one is no multiple of the other */
        compare(4, 7, lengths[k]);  /* two short ones are longer than a long one */
    }
}

/* Where values have no logarithms, filters of these are untouched by the seasons' beginning. */
static void without_logarithms(void **state) {
    (void)state;
    double before[KR__FILTERS], after[KR__FILTERS];
    kr__filters_begin(&filters, (const int64_t[]){4, 4});
    for (int64_t t = 0; t < 8; t++) kr__filters_take(&filters, y[t], 1, true);
    kr__filters_expect(&filters, 3, before);
    kr__filters_begin_season(&filters, 0, y, false);
    kr__filters_expect(&filters, 3, after);
    for (int i = PLAIN; i < KR__FILTERS; i++) assert_true(before[i] == after[i]);
    assert_true(before[KR__FILTER_SEASONAL] != after[KR__FILTER_SEASONAL]);
}

/* A plain filter of about the same rates stands for one of logarithms. */
static void stand_ins(void **state) {
    (void)state;
    for (int i = 0; i < KR__FILTERS; i++) {
        int k = kr__filters_plain(i);
        const row *a = &rows[i], *b = &rows[k];
        assert_true(k < PLAIN && (i >= PLAIN || k == i));
        assert_true(a->alpha == b->alpha && a->beta == b->beta && a->omega == b->omega);
        assert_true(fabs(a->gamma - b->gamma) < .051 && fabs(a->phi - b->phi) < .051);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_season), cmocka_unit_test(with_seasons),
        cmocka_unit_test(without_logarithms), cmocka_unit_test(stand_ins)};
    make_values();
    kr__filters_init(&filters);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
