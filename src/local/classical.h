/* SPDX-License-Identifier: MIT
 * classical.h - the classical decomposition of a series into trend, season and rest. */
#ifndef KR_CLASSICAL_H
#define KR_CLASSICAL_H

#include <kr/base.h>

/*
 * The season of y (n >= 2 m values): the mean of each phase's distance from (is_product: ratio to)
 * the centred moving mean over m steps, moved so that the mean of season (m) is 0 (1). season[0] is
 * that of y[0]. is_product: y > 0. memory: n doubles.
 * Source: R. Hyndman, G. Athanasopoulos, Forecasting: Principles and Practice, 3.4.
 */
void kr__classical_season(const double *y, int64_t n, int64_t m, bool is_product, double *season,
                          double *memory);

#endif
