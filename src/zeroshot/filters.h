/* SPDX-License-Identifier: MIT
 * filters.h - exponential smoothing filters with fixed rates, all of them at once.
 *
 * For y = x or, of the last KR__LOG_FILTERS, log x:
 *
 *     r = y - (l + phi b + s[t] + w[t])       l' = l + phi b + alpha r     b' = phi b + beta r
 *     s'[t] = s[t] + gamma r                  w'[t] = w[t] + omega r
 *
 * Rates are at least those of a mean, 1 / (values or visits so far). When one and two whole seasons
 * are known, filters that use them begin again from a classical decomposition of these.
 *
 * Source: R. Hyndman, A. Koehler, J. Ord, R. Snyder, Forecasting with Exponential Smoothing (2008);
 * J. Taylor, "Short-term electricity demand forecasting using double seasonal exponential
 * smoothing", 2003. */
#ifndef KR_FILTERS_H
#define KR_FILTERS_H

#include <kr/base.h>

enum {
    KR__FILTERS = 26,
    KR__LOG_FILTERS = 7,
    KR__FILTER_STEPS = 96, /* leads whose damped steps are kept */
    KR__LONGEST_SEASON = 1024
};

/* Filters that others lean on: without a trend, with a season, of alpha .05, .2, .5, .8; and with
 * two seasons. */
enum { KR__FILTER_SLOW = 7, KR__FILTER_SEASONAL, KR__FILTER_QUICK, KR__FILTER_QUICKER };
enum { KR__FILTER_LONG = 14 };

typedef struct kr__filters {
    int64_t season[2], n; /* n: values that were taken */
    bool has_season[2];
    double level[KR__FILTERS], slope[KR__FILTERS];
    double s[KR__LONGEST_SEASON][KR__FILTERS], w[KR__LONGEST_SEASON][KR__FILTERS];
    double damped[KR__FILTER_STEPS + 1][KR__FILTERS]; /* phi + phi^2 + .. of so many terms */
} kr__filters;

/* Once, before the first series. */
void kr__filters_init(kr__filters *filters);
/* Forget everything; season[0] <= season[1], in steps, at most KR__LONGEST_SEASON; 1: none. */
void kr__filters_begin(kr__filters *filters, const int64_t season[2]);

/* The next value and its logarithm (has_logs; else any number). Not is_there: it is missing. */
void kr__filters_take(kr__filters *filters, double value, double logarithm, bool is_there);
/* Whole seasons are known: `which` is 0 for the short one, 1 for the long one; values: all n. */
void kr__filters_begin_season(kr__filters *filters, int which, const double *values, bool has_logs);

/* What is expected `lead` steps ahead, of the last ones as a logarithm. */
void kr__filters_expect(const kr__filters *filters, int64_t lead, double y[KR__FILTERS]);
/* Of filter i alone. */
double kr__filters_expect_one(const kr__filters *filters, int i, int64_t lead);
/* How far value `at` steps before the next one, y, is from where filter i is now. */
double kr__filters_rest(const kr__filters *filters, int i, int64_t t, double y);
/* The filter that stands for one of logarithms where values are not above 0. */
int kr__filters_plain(int i);

#endif
