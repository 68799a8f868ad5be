/* SPDX-License-Identifier: MIT
 * predict.h - forecasts of a trained model beyond the data it was trained on.
 *
 * A checkpoint of `krait run` knows its columns, their scale, the step of its dates and the
 * residuals of its validation windows; a predictor is that, ready to be asked. */
#ifndef KR_PREDICT_H
#define KR_PREDICT_H

#include <kr/forecast.h>
#include <kr/frequency.h>
#include <kr/gaps.h>
#include <kr/intervals.h>

KR_BEGIN_DECLS

typedef struct kr_predictor {
    kr_forecast_config config;
    int64_t seq_len, pred_len, n_channels, n_outputs;
    char **columns; /* n_channels, as the model takes them: the last n_outputs are forecast */
    bool has_dates;
    kr_frequency frequency; /* of the training data; with has_dates */
    int64_t n_quantiles;    /* of a model with a quantile head, else 0 */
    double *quantiles;
    kr_conformal *conformal; /* in scaled units; NULL: the checkpoint has none */
} kr_predictor;

/* From a .safetensors checkpoint of `krait run` or `krait fit`. KR_FORMAT for other files, with a
 * sentence on what is missing. threads of config counts. */
KR_API kr_status kr_predictor_open(const char *path, int64_t threads, kr_predictor **out,
                                   kr_error *err);
KR_API void kr_predictor_destroy(kr_predictor *predictor);

/* Rows that forecasts are made from, with the predictor's columns in its order. */
typedef struct kr_history {
    int64_t n_rows;
    double *values;      /* (n_rows, n_channels), original units, gaps filled */
    uint8_t *missing;    /* (n_rows, n_channels), 1 where filled; NULL: no gaps */
    int64_t *timestamps; /* (n_rows); NULL: no dates */
    int64_t n_future;    /* rows behind the last of n_rows in which only known-future columns count */
    kr_gaps_report gaps;
    char **ignored; /* columns of the file that the model does not know */
    int64_t n_ignored;
} kr_history;

/* Columns in any order; missing ones are named (KR_FORMAT), surplus ones listed. Dates must have the
 * frequency of the training data. gaps: KR_GAPS_CHOICES. table is taken over. */
KR_API kr_status kr_history_make(const kr_predictor *predictor, const char *name, const char *gaps,
                                 kr_table *table, kr_history **out, kr_error *err);
KR_API void kr_history_destroy(kr_history *history);
/* One row more at the end, the predictor's columns in its order; the oldest ones may be dropped. */
KR_API kr_status kr_history_push(kr_history *history, const kr_predictor *predictor,
                                 const double *values, int64_t timestamp, kr_error *err);

/* Forecasts from n origins: origin[i] is the row before the first forecast step, at least
 * seq_len - 1 (KR_SHAPE otherwise: how many rows are there, how many are needed). Original units.
 *   forecast   (n, pred_len, n_outputs)
 *   quantiles  (n, n_quantiles, pred_len, n_outputs), never crossing; NULL: not wanted */
KR_API kr_status kr_predictor_run(kr_predictor *predictor, const kr_history *history, int64_t n,
                                  const int64_t *origin, float *forecast, float *quantiles,
                                  kr_error *err);
/* Conformal intervals around such forecasts, in original units. KR_UNSUPPORTED without residuals. */
KR_API kr_status kr_predictor_interval(const kr_predictor *predictor, double level, int64_t n,
                                       const float *forecast, float *lower, float *upper,
                                       kr_error *err);

KR_END_DECLS

#endif
