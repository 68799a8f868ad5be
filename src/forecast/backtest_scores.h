/* SPDX-License-Identifier: MIT
 * backtest_scores.h - forecasts from many past origins, compared with what came after them.
 *
 * An origin is the last row that a forecast may know. Arrays of forecasts are
 * (n_folds, pred_len, n_channels), one fold per origin, in original units. */
#ifndef KR_BACKTEST_SCORES_H
#define KR_BACKTEST_SCORES_H

#include <kr/scores.h>

KR_BEGIN_DECLS

/* How many origins there can be, `every` rows apart, each with `needed` rows up to it and pred_len
 * rows after it; 0: none. */
int64_t kr__backtest_most(int64_t n_rows, int64_t needed, int64_t pred_len, int64_t every);
/* The last n_folds origins, rising. KR_USAGE when there are not so many; the sentence says how many
 * there can be. name is what sentences call the data. */
kr_status kr__backtest_origins(const char *name, int64_t n_rows, int64_t needed, int64_t pred_len,
                               int64_t n_folds, int64_t every, int64_t *origins, kr_error *err);

/* The scale of a column, as a study has it: the seasonal naive errors of n values, stride apart; of
 * neighbours where these are 0. */
kr_naive_scale kr__backtest_scale(int64_t n, int64_t stride, const double *values, int64_t season);

/* Scores of one forecaster. Values whose truth is NaN are ignored; the scaled errors are means over
 * the values that have a scale: mase of |e| / scale.absolute, rmsse the root of that of (e /
 * scale.root)^2. */
typedef struct kr_backtest_scores {
    kr_scores all;
    kr_scores *by_step;    /* pred_len */
    kr_scores *by_fold;    /* n_folds */
    kr_scores *by_channel; /* n_channels */
} kr_backtest_scores;

kr_status kr__backtest_measure(int64_t n_folds, int64_t pred_len, int64_t n_channels,
                               const double *forecast, const double *truth,
                               const kr_naive_scale *scales, kr_backtest_scores *out,
                               kr_error *err);
void kr__backtest_scores_deinit(kr_backtest_scores *scores);

KR_END_DECLS

#endif
