/* SPDX-License-Identifier: MIT
 * window_values.h - values of many windows, read as double in scaled or original units.
 *
 * A model computes with scaled floats, and a test keeps those, which takes half the memory. Errors
 * in original units are measured in double, value by value, because float cannot hold a small error
 * beside a large mean. */
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
    /* Not NULL: the values are scaled, belong to test windows of this data set, and are read in
     * original units. NULL: they are read unchanged. */
    const struct kr_dataset *dataset;
    int64_t first_channel; /* the channel of the data set that channel 0 is */
} kr__windows;

/* An array of this shape, read as it is; one of the two is NULL. */
kr__windows kr__windows_of(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                           const float *f32, const double *f64);
/* Test forecasts and their truths, scaled or in original units. */
kr__windows kr__windows_of_pred(const kr_forecast_result *result, bool is_original);
kr__windows kr__windows_of_truth(const kr_forecast_result *result, bool is_original);
/* Quantile i of a model with quantiles. */
kr__windows kr__windows_of_quantile(const kr_forecast_result *result, int i, bool is_original);
/* Scaled values with the shape of pred. */
kr__windows kr__windows_like_pred(const kr_forecast_result *result, const float *values,
                                  bool is_original);

/* n values of a window, from its value `first` on; value i is of channel i % n_channels. */
void kr__windows_read(const kr__windows *windows, int64_t window, int64_t first, int64_t n,
                      double *to);

/* The same as in kr/scores.h, which has them for plain arrays. */
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
