/* SPDX-License-Identifier: MIT
 * intervals.h - how far a forecast may be off: conformal intervals, and how good intervals are.
 *
 * A place is a forecast step of a variate; arrays (n_windows, n_places) are
 * (n_windows, pred_len, n_channels). */
#ifndef KR_INTERVALS_H
#define KR_INTERVALS_H

#include <kr/status.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* Order statistics of truth - forecast of held-back windows, place by place, as float: at most
 * KR_CONFORMAL_KEPT of them (fewer for more than 8,192 places) at equal ranks, the least and the
 * largest included. */
enum { KR_CONFORMAL_KEPT = 512 };
typedef struct kr_conformal {
    int64_t n_windows; /* that the residuals are of: of the place with the fewest truths */
    int64_t n_kept;    /* at most KR_CONFORMAL_KEPT */
    int64_t n_places;
    float *residuals; /* (n_kept, n_places), each column rising */
} kr_conformal;

/* Where truth or forecast is NaN a window does not count for the place; a place without any truth
 * gets residuals, and bounds, of NaN. Free with kr_conformal_destroy. */
KR_API kr_status kr_conformal_fit(kr_team *team, int64_t n_windows, int64_t n_places,
                                  const float *forecast, const float *truth, kr_conformal **out,
                                  kr_error *err);
KR_API void kr_conformal_destroy(kr_conformal *conformal);

/* forecast (n, n_places) -> lower, upper (n, n_places): a new truth lies between with probability
 * `level` at least when it is like the held-back ones: ranks (n_windows + 1) * (1 -+ level) / 2,
 * each rounded outwards. lower or upper may be forecast itself. KR_USAGE: level outside (0, 1), or
 * more than n_windows allow, which the sentence says. Intervals of a higher level contain those of
 * a lower one. */
KR_API kr_status kr_conformal_bounds(const kr_conformal *conformal, double level, int64_t n,
                                     const float *forecast, float *lower, float *upper,
                                     kr_error *err);

/* Quantile p, in (0, 1), of a new truth: forecast plus the residual at the rank (n_windows + 1) *
 * p, between two of them linearly. q may be forecast itself. */
KR_API void kr_conformal_quantile(const kr_conformal *conformal, double p, int64_t n,
                                  const float *forecast, float *q);

/* "0.8,0.95" or "80,95" or "80%" -> levels in (0, 1), rising, each once, at most 16. */
enum { KR_LEVELS_MAX = 16 };
KR_API kr_status kr_levels_parse(const char *text, double levels[KR_LEVELS_MAX], int *n,
                                 kr_error *err);

/* What intervals are worth, over all places where truth is a number. */
typedef struct kr_interval_score {
    double level, coverage; /* share of truths inside, ends included */
    double width;           /* mean of upper - lower */
    double winkler;         /* mean of width + 2 / (1 - level) * how far outside */
} kr_interval_score;
KR_API kr_interval_score kr_interval_measure(double level, int64_t n, const float *lower,
                                             const float *upper, const float *truth);

/* Mean pinball loss max(p e, (p - 1) e), e = truth - q, over the places where truth and the
 * forecast q of quantile p are numbers. */
KR_API double kr_quantile_pinball(double p, int64_t n, const float *q, const float *truth);

/* CRPS out of the pinball losses of rising quantiles p by its integral over p: 2 * sum of the
 * losses with the weights of the trapezoid rule, ends taken flat. */
KR_API double kr_quantiles_crps(int64_t n_quantiles, const double *p, const double *pinball);

KR_END_DECLS

#endif
