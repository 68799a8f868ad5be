/* SPDX-License-Identifier: MIT
 * scores.h - how good forecasts are: errors, scaled errors, intervals. */
#ifndef KR_SCORES_H
#define KR_SCORES_H

#include <kr/base.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* ---- errors, as the originals compute them --------------------------------------------------- */

/* Errors of a forecast against the truth, as the originals compute them. */

/* Values whose truth is NaN (a gap) are ignored. As in the originals, a true value of 0 makes mape
 * and mspe infinite. corr is the mean over steps and channels of the original's correlation. */
typedef struct kr_metrics {
    double mae, mse, rmse, mape, mspe, rse, corr;
} kr_metrics;

/* pred, truth: (n_windows, pred_len, n_channels). */
KR_API void kr_metrics_compute(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                               const double *pred, const double *truth, kr_metrics *out);

/* Per forecast step (pred_len) and per channel (n_channels): mean squared and absolute errors. Any
 * of the outputs may be NULL. */
KR_API void kr_metrics_by_step(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                               const double *pred, const double *truth, double *mse, double *mae);
KR_API void kr_metrics_by_channel(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                                  const double *pred, const double *truth, double *mse,
                                  double *mae);

/* corr per (step, channel) as the original: (pred_len, n_channels) reduced over samples, then the
 * mean over channels: out (pred_len). */
KR_API kr_status kr_metrics_corr(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                                 const double *pred, const double *truth, double *out,
                                 kr_error *err);

/* Dynamic time warping of two series (cost |a - b| in float, moves diagonal, down, right, no
 * window, not divided by the length). accumulated (n_a, n_b) may be NULL: then memory is linear. */
KR_API kr_status kr_dtw(const float *a, int64_t n_a, const float *b, int64_t n_b,
                        double *accumulated, double *distance, kr_error *err);

/* Receives how many pairs are done; returns false to stop. Called by the thread that called
 * kr_dtw_mean. */
typedef bool (*kr_dtw_progress_fn)(void *arg, int64_t n_done);

/*
 * kr_dtw_mean() - the mean distance of n_pairs pairs of series.
 *
 *   pred, truth  (n_pairs, length)   a window (pred_len, n_channels) is one series of
 *                                    pred_len * n_channels values, as in the originals
 *   each         (n_pairs)           out: every distance; may be NULL
 *   mean         out
 *
 * progress (may be NULL) is called with 0, 100, 200, .. before the next hundred. Splits over
 * pairs: the same bits for any number of workers. Time grows with n_pairs * length^2. KR_SHAPE
 * when there is nothing to compare, KR_INTERRUPTED when progress returned false.
 */
KR_API kr_status kr_dtw_mean(kr_team *team, const float *pred, const float *truth, int64_t n_pairs,
                             int64_t length, kr_dtw_progress_fn progress, void *arg, double *each,
                             double *mean, kr_error *err);

/* ---- errors of series of different size ------------------------------------------------------ */

/* Errors that can be compared between series of different size: sMAPE, MASE, RMSSE. */

/* Over n values of one series: the mean of |x[t] - x[t - season]|, and the root of the mean of its
 * square. NaN (a gap) is ignored; both are NaN when there is no pair. Source: Hyndman and Koehler,
 * 2006. */
typedef struct kr_naive_scale {
    double absolute, root;
} kr_naive_scale;
/* values of one channel, stride apart. */
KR_API kr_naive_scale kr_naive_scale_of(int64_t n, int64_t stride, const double *values,
                                        int64_t season);

/* Means over n values where truth is a number.
 *   mae, mse, rmse
 *   smape   200 |y - f| / (|y| + |f|), percent, as in M4; 0 where both are 0
 *   mase    mae / scale.absolute     rmsse   rmse / scale.root
 * NaN when there is no such value; mase and rmsse also when scale is NULL, NaN or 0. */
typedef struct kr_scores {
    int64_t n;
    double mae, mse, rmse, smape, mase, rmsse;
} kr_scores;
KR_API kr_scores kr_scores_of(int64_t n, int64_t stride, const double *forecast,
                              const double *truth, const kr_naive_scale *scale);

/* ---- is a model of use? ---------------------------------------------------------------------- */

/* How a model compares with the best rule of thumb, such as the last season again, as far as the
 * windows of the past can tell. */
typedef enum kr_judgement {
    KR_TOO_LITTLE, /* data to tell */
    KR_BETTER,     /* than the rule */
    KR_NO_BETTER,
    KR_WORSE
} kr_judgement;
/* "too little data to tell", "better", "no better", "worse". */
KR_API const char *kr_judgement_text(kr_judgement judgement);

/* ---- intervals ------------------------------------------------------------------------------- */

/* How far a forecast may be off: conformal intervals, and how good intervals are.
 *
 * A place is a forecast step of a channel; arrays (n_windows, n_places) are (n_windows, pred_len,
 * n_channels). */

/* Order statistics of truth - forecast of held-back windows, place by place, as float: at most
 * KR_CONFORMAL_KEPT of them (fewer for more than 8,192 places) at evenly spaced ranks, the least
 * and the largest included. */
enum { KR_CONFORMAL_KEPT = 512 };
typedef struct kr_conformal {
    int64_t n_windows; /* that gave residuals, at the place with the fewest truths */
    int64_t n_kept;    /* at most KR_CONFORMAL_KEPT */
    int64_t n_places;
    float *residuals; /* (n_kept, n_places), each column rising */
} kr_conformal;

/* A window is ignored at a place where its truth or forecast is NaN; a place without any truth gets
 * residuals, and bounds, of NaN. Free with kr_conformal_destroy. */
KR_API kr_status kr_conformal_fit(kr_team *team, int64_t n_windows, int64_t n_places,
                                  const float *forecast, const float *truth, kr_conformal **out,
                                  kr_error *err);
KR_API void kr_conformal_destroy(kr_conformal *conformal);

/* forecast (n, n_places) -> lower, upper (n, n_places): a new truth that is like the held-back ones
 * lies between them with a probability of at least `level`: ranks (n_windows + 1) * (1 -+ level) /
 * 2, each rounded outwards. lower or upper may be forecast itself. KR_USAGE: level outside (0, 1),
 * or more than n_windows allow, which the sentence says. Intervals of a higher level contain those
 * of a lower one. */
KR_API kr_status kr_conformal_bounds(const kr_conformal *conformal, double level, int64_t n,
                                     const float *forecast, float *lower, float *upper,
                                     kr_error *err);

/* Quantile p, in (0, 1), of a new truth: forecast plus the residual at the rank (n_windows + 1) *
 * p, interpolated linearly. q may be forecast itself. */
KR_API void kr_conformal_quantile(const kr_conformal *conformal, double p, int64_t n,
                                  const float *forecast, float *q);

/* "0.8,0.95" or "80,95" or "80%" -> levels in (0, 1), rising, each once, at most 16. */
enum { KR_LEVELS_MAX = 16 };
KR_API kr_status kr_levels_parse(const char *text, double levels[KR_LEVELS_MAX], int *n,
                                 kr_error *err);

/* How good intervals are, over all places where truth is a number. */
typedef struct kr_interval_score {
    double level, coverage; /* share of truths inside, ends included */
    double width;           /* mean of upper - lower */
    double winkler;         /* mean of width + 2 / (1 - level) * how far outside */
} kr_interval_score;
KR_API kr_interval_score kr_interval_measure(double level, int64_t n, const double *lower,
                                             const double *upper, const double *truth);

/* Mean pinball loss max(p e, (p - 1) e), e = truth - q, over the places where truth and the
 * forecast q of quantile p are numbers. */
KR_API double kr_quantile_pinball(double p, int64_t n, const double *q, const double *truth);

/* CRPS from the pinball losses of rising quantiles p, as the integral over p: 2 * sum of the
 * losses, weighted by the trapezoid rule; beyond the outer quantiles the loss is taken as
 * constant. */
KR_API double kr_quantiles_crps(int64_t n_quantiles, const double *p, const double *pinball);

KR_END_DECLS

#endif
