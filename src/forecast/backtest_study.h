/* SPDX-License-Identifier: MIT
 * backtest_study.h - the past of histories as a study (study.h), so that a backtest says of a model
 * what `krait fit` says of it: the same errors, rules of thumb and verdict. */
#ifndef KR_BACKTEST_STUDY_H
#define KR_BACKTEST_STUDY_H

#include <kr/forecaster.h>

#include "forecast/study.h"

typedef struct kr__backtest_plan {
    int64_t horizon;
    const int64_t *seasons; /* n_seasons; 0: none */
    int64_t n_seasons;
    int64_t needed; /* rows that a forecast needs up to its origin */
    /* The last `folds` origins of each series, or as many as it has, `every` rows apart; both 0:
     * the windows of a fit, in which case those for choosing are there, too, for rules of thumb. */
    int64_t folds, every;
} kr__backtest_plan;

/* The seasons of the dates, or of the settings where there are none; season > 0 is taken instead.
 * Returns how many. */
int kr__backtest_seasons(const kr_history *history, int64_t season, int64_t own, int64_t own_long,
                         int64_t seasons[KR__LOCAL_SEASONS]);

/* Of the n_outputs columns that are forecast, the last ones of each of n histories: targets are
 * those of a history one after the other. KR_MEMORY. */
kr_status kr__backtest_study_make(const kr_history *const *histories, int64_t n, int64_t n_outputs,
                                  const kr__backtest_plan *plan, kr__study **out, kr_error *err);

/* The scale of a target's errors: absolute is that of the study. */
kr_naive_scale kr__backtest_target_scale(const kr__study *study, int64_t target);
/* The window of a target with this origin; -1: there is none. */
int64_t kr__backtest_window(const kr__study *study, int64_t target, int64_t origin);

/* The rules of thumb on all windows, and which of them is the best: on the windows for choosing,
 * where there are any, as in a fit. KR_MEMORY, KR_INTERRUPTED. */
enum { KR__BACKTEST_RULES = 4 };
typedef struct kr__backtest_rules {
    int n, best; /* best -1: none can be measured */
    const char *names[KR__BACKTEST_RULES];
    kr__study_forecasts forecasts[KR__BACKTEST_RULES];
} kr__backtest_rules;
kr_status kr__backtest_rules_run(kr_team *team, const kr__study *study, kr__backtest_rules *out,
                                 kr_error *err);
void kr__backtest_rules_deinit(kr__backtest_rules *rules);

#endif
