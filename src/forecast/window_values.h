/* SPDX-License-Identifier: MIT
 * window_values.h - values of many windows, read as double in the units that are asked for.
 *
 * A model computes with scaled floats, and those are what is kept of a test: half the memory.
 * Errors in original units are measured in double, value by value, for float cannot hold a small
 * error beside a large mean. */
#ifndef KR_WINDOW_VALUES_H
#define KR_WINDOW_VALUES_H

#include <kr/forecaster.h>

KR_BEGIN_DECLS

struct kr_dataset;

/* (n_windows, pred_len, n_channels); one of f32 and f64 is set. */
typedef struct kr__windows {
    int64_t n_windows, pred_len, n_channels;
    int64_t stride; /* from one window's first value to the next one's */
    const float *f32;
    const double *f64;
    /* Set: the values are those of test windows of this data set, scaled, and are read in original
     * units. NULL: they are read as they are. */
    const struct kr_dataset *dataset;
    int64_t first_channel; /* of the data set, the one that channel 0 is */
} kr__windows;

/* Test forecasts and their truths, in the units that are asked for. */
kr__windows kr__windows_of_pred(const kr_forecast_result *result, bool is_original);
kr__windows kr__windows_of_truth(const kr_forecast_result *result, bool is_original);
/* Quantile i of a model that has them. */
kr__windows kr__windows_of_quantile(const kr_forecast_result *result, int i, bool is_original);
/* values, scaled, of the shape of pred. */
kr__windows kr__windows_like_pred(const kr_forecast_result *result, const float *values,
                                  bool is_original);

/* n values of a window, from its value `first` on; value i is of channel i % n_channels. */
void kr__windows_read(const kr__windows *windows, int64_t window, int64_t first, int64_t n,
                      double *to);

/* What scores.h has for plain arrays. */
void kr__metrics_compute(const kr__windows *pred, const kr__windows *truth, kr_metrics *out);
void kr__metrics_by_step(const kr__windows *pred, const kr__windows *truth, double *mse,
                         double *mae);
void kr__metrics_by_channel(const kr__windows *pred, const kr__windows *truth, double *mse,
                            double *mae);
kr_interval_score kr__interval_measure(double level, const kr__windows *lower,
                                       const kr__windows *upper, const kr__windows *truth);
double kr__quantile_pinball(double p, const kr__windows *q, const kr__windows *truth);

KR_END_DECLS

#endif
