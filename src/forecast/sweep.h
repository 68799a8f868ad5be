/* SPDX-License-Identifier: MIT
 * sweep.h - many settings of a run: what is swept, the list of trials, which of them are trained
 * further.
 *
 * Everything here is planning: the same text and seed give the same trials in the same order.
 * `krait sweep` trains them. */
#ifndef KR_SWEEP_H
#define KR_SWEEP_H

#include "forecast/forecast_config.h"

KR_BEGIN_DECLS

enum {
    KR_SWEEP_AXES = 16,
    KR_SWEEP_VALUES = 64, /* of an axis */
    KR_SWEEP_TEXT = 128,  /* bytes of a value, its end included */
    KR_SWEEP_POINTS = 4,  /* of a range that does not give a number */
    KR_SWEEP_TRIALS = 10000,
    KR_SWEEP_RUNGS = 32
};

/* A flag of `krait run` and its values, as text that kr__forecast_config_set() reads. The points of
 * a range are its values; random draws take any number between its ends. */
typedef struct kr_sweep_axis {
    const kr_flag *flag;
    int n;
    char values[KR_SWEEP_VALUES][KR_SWEEP_TEXT];
    bool is_range, is_log;
    double from, to;
} kr_sweep_axis;

/* "d_model=64,128", "loss=MSE,Huber", "learning_rate=1e-4..1e-3", "..:log", "..:log:5": a list, or
 * a range with equal steps (:log: equal ratios) and its number of points. Whole numbers stay whole,
 * others are rounded to four digits. KR_USAGE: an unknown flag, one that cannot be swept, a value
 * that the flag refuses or that occurs twice. */
kr_status kr__sweep_axis_parse(const char *text, kr_sweep_axis *axis, kr_error *err);

/* Settings to be tried, all different and all possible. */
typedef struct kr_sweep_trials {
    int64_t n;
    int n_axes;
    char (*values)[KR_SWEEP_TEXT]; /* (n, n_axes) */
    int64_t n_impossible;          /* that were left out, or drawn again */
    char why[KR_ERROR_TEXT_SIZE];  /* why the first of them is impossible */
} kr_sweep_trials;

/* Every combination, the last axis fastest. Combinations that kr__forecast_config_check() refuses,
 * together with the other settings of base, are left out; KR_USAGE with its sentence when nothing
 * is left. */
kr_status kr__sweep_grid(const kr_sweep_axis *axes, int n_axes, const kr_forecast_config *base,
                         kr_sweep_trials **out, kr_error *err);
/* n_runs trials drawn with base->seed, one axis after the other: all values of a list are equally
 * likely, and all numbers of a range (:log: all ratios). KR_USAGE when there are not so many
 * different ones. */
kr_status kr__sweep_random(const kr_sweep_axis *axes, int n_axes, int64_t n_runs,
                           const kr_forecast_config *base, kr_sweep_trials **out, kr_error *err);
void kr__sweep_trials_destroy(kr_sweep_trials *trials);

/* Value of an axis in a trial. */
const char *kr__sweep_value(const kr_sweep_trials *trials, int64_t trial, int axis);
/* Write the values of a trial into config and check whether all fits together. */
kr_status kr__sweep_apply(const kr_sweep_axis *axes, const kr_sweep_trials *trials, int64_t trial,
                          kr_forecast_config *config, kr_error *err);

/* Successive halving: so many trials are trained until they have had so many epochs. */
typedef struct kr_sweep_rung {
    int64_t n_trials, epochs;
} kr_sweep_rung;

/* The last rung has `epochs`, each before it 1/factor of the next; of the trials of a rung 1/factor
 * (rounded up) are trained further. As many rungs as trials and epochs allow, one at least: a
 * factor of 1 means no halving. Returns their number. Source: Jamieson and Talwalkar, 2016. */
int kr__sweep_halving(int64_t n_trials, int64_t factor, int64_t epochs,
                      kr_sweep_rung rungs[KR_SWEEP_RUNGS]);

KR_END_DECLS

#endif
