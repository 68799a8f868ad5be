/* SPDX-License-Identifier: MIT
 * predict.h - forecasts of a trained model beyond the data it was trained on.
 *
 *     kr_predictor *model = NULL;
 *     kr_history *history = NULL;
 *     kr_prediction *forecast = NULL;
 *     const double levels[] = {0.8, 0.95};
 *     KR_TRY(kr_predictor_open("checkpoint.safetensors", &model, err));
 *     KR_TRY(kr_history_read(model, "now.csv", NULL, &history, err));
 *     int64_t newest = history->n_rows - 1;
 *     kr_predict_options options = {.n_levels = 2, .levels = levels};
 *     KR_TRY(kr_predict(model, history, 1, &newest, &options, &forecast, err));
 *
 * A checkpoint of `krait run` knows its columns, their scale, the step of its dates and the
 * residuals of its validation windows: a predictor is that, ready to be asked. A history is the
 * rows that it forecasts from. */
#ifndef KR_PREDICT_H
#define KR_PREDICT_H

#include <kr/forecast.h>
#include <kr/frequency.h>
#include <kr/gaps.h>
#include <kr/intervals.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* ---- the model -------------------------------------------------------------------------- */

typedef struct kr_predictor {
    kr_forecast_config config; /* that it was trained with */
    int64_t seq_len, pred_len, n_channels, n_outputs;
    /* n_channels, as the model takes them: the last n_outputs are forecast; behind them stand the
     * n_static columns that have one value a series. */
    char **columns;
    int64_t n_static;
    int64_t n_future; /* the first ones, which are known ahead (--known_future) */
    /* (n_channels): the model sees (value - mean) / deviation; of a panel (n_series, n_channels) */
    double *mean, *deviation;
    int64_t n_series;        /* of the panel that it was trained on; 0: a single series */
    char **series;           /* their names */
    bool has_dates;          /* the model is told the dates of its rows */
    bool has_frequency;      /* false: an older checkpoint, or dates on no grid */
    kr_frequency frequency;  /* of the training data */
    kr_conformal *conformal; /* in scaled units; NULL: the checkpoint has no residuals */
} kr_predictor;

/* From a checkpoint of `krait run`. KR_FORMAT for other files, with a sentence on what is missing.
 * The model keeps the team, and forecasts with it. */
KR_API kr_status kr_predictor_open(kr_team *team, const char *path, kr_predictor **out,
                                   kr_error *err);
KR_API void kr_predictor_destroy(kr_predictor *predictor);

/* For a process that makes one forecast and ends: matrix products start at once and take longer, so
 * that a small model is done 20 ms sooner. To be called before the first forecast; does nothing for
 * a large model. The last bits of a forecast may differ. */
KR_API void kr_predictor_start_fast(const kr_predictor *predictor);

/* Are there intervals of this level? KR_UNSUPPORTED when the checkpoint has nothing to make them
 * of, KR_USAGE when the level is outside (0, 1) or more than its validation windows allow. */
KR_API kr_status kr_predictor_check_level(const kr_predictor *predictor, double level,
                                          kr_error *err);

/* Where the columns of the model are in a table: column_of (n_channels + n_static). KR_FORMAT when
 * some are missing, which the sentence names; name stands for the table. */
KR_API kr_status kr_predictor_find_columns(const kr_predictor *predictor, const char *name,
                                           const kr_table *table, int64_t *column_of,
                                           kr_error *err);

/* ---- the rows --------------------------------------------------------------------------- */

typedef struct kr_history {
    const char *name;               /* of the file, for sentences */
    const char *date_name;          /* of the column of dates; NULL: no dates */
    const char *series;             /* which one of a panel; NULL: a single series */
    const double *mean, *deviation; /* of a panel (n_channels): of the trained series of that name;
                                       of a series that the model has not seen, of these rows */
    int64_t n_rows, n_channels;
    double *values;         /* (n_rows, n_channels), the predictor's columns, original units */
    uint8_t *missing;       /* (n_rows, n_channels), 1 where a gap was filled; NULL: no gaps */
    int64_t *timestamps;    /* (n_rows); NULL: no dates */
    bool has_frequency;     /* dates are on a grid, so that they can be counted on */
    kr_frequency frequency; /* the predictor's, or where it has none, that of the rows */
    /* Rows behind the last one in which the columns that are known ahead stand alone. */
    int64_t n_ahead;
    double *ahead; /* (n_ahead, n_future of the predictor) */
    kr_gaps_report gaps;
    int64_t n_ignored; /* columns of the file that the model does not know */
    const char *const *ignored;
} kr_history;

/* All zero, or NULL: the defaults. */
typedef struct kr_history_options {
    const char *gaps;        /* KR_GAPS_CHOICES; NULL: refuse */
    const char *date_column; /* NULL: the one called date, else the first that holds dates */
    const char *series;      /* for a model of a panel: which series the rows are of */
    const char *id_column;   /* kr_history_read_panel(): NULL: that of the training */
} kr_history_options;

/* One series of rows, which are not needed afterwards. KR_USAGE: there is no such series; KR_FORMAT
 * as below. */
KR_API kr_status kr_history_of_rows(const kr_predictor *predictor, const kr_rows *rows,
                                    int64_t series, const kr_history_options *options,
                                    kr_history **out, kr_error *err);
/* Out of a file of one series, of any kind that kr_rows_read() knows, with columns in any order.
 * KR_FORMAT: columns are missing (all are named), dates go back, repeat or have another frequency
 * than the training data, gaps; a static column changes. */
KR_API kr_status kr_history_read(const kr_predictor *predictor, const char *path,
                                 const kr_history_options *options, kr_history **out,
                                 kr_error *err);
/* All series of a file that names them in a column, of a folder of files, or of a file of one
 * series. Free with kr_history_panel_destroy. */
typedef struct kr_history_panel {
    kr_history **series;
    int64_t n;
} kr_history_panel;
KR_API kr_status kr_history_read_panel(const kr_predictor *predictor, const char *path,
                                       const kr_history_options *options, kr_history_panel **out,
                                       kr_error *err);
KR_API void kr_history_panel_destroy(kr_history_panel *panel);
/* The same out of a table that was read with keeps_gaps; it is taken over, also on failure. */
KR_API kr_status kr_history_make(const kr_predictor *predictor, const char *name,
                                 const kr_history_options *options, kr_table *table,
                                 kr_history **out, kr_error *err);
/* No rows yet, for those that arrive one by one. name stands for where they come from. KR_USAGE: of
 * a panel's model options->series is needed, a series that it was trained on. */
KR_API kr_status kr_history_start(const kr_predictor *predictor, const char *name,
                                  const kr_history_options *options, kr_history **out,
                                  kr_error *err);
/* One row more: values (n_channels + n_static) in the predictor's order, NaN for a gap; a static
 * column keeps its first value. timestamp is not read when the model has no dates. Rows that are
 * missing in between are gaps too. Of the old rows those that a forecast needs stay. KR_FORMAT, and
 * the history stays as it was: the date is not behind the last one or on its grid, or there is a
 * gap and options->gaps refuses. The sentence does not say where, which the caller knows. */
KR_API kr_status kr_history_push(kr_history *history, const double *values, int64_t timestamp,
                                 kr_error *err);
KR_API void kr_history_destroy(kr_history *history);

/* The last row that the model can forecast from: the last one, unless columns that are known ahead
 * are not known so far. May be below 0. */
KR_API int64_t kr_history_last_origin(const kr_history *history, const kr_predictor *predictor);

/* The row of this date; -1: none. */
KR_API int64_t kr_history_find(const kr_history *history, int64_t timestamp);

/* ---- forecasts -------------------------------------------------------------------------- */

/* All zero, or NULL: pred_len steps, no intervals. */
typedef struct kr_predict_options {
    int64_t n_steps; /* at most pred_len; 0: pred_len */
    int n_levels;    /* at most KR_LEVELS_MAX */
    const double *levels;
} kr_predict_options;

/* Arrays of forecasts are (n, n_steps, n_outputs), original units. */
typedef struct kr_prediction {
    int64_t n, n_steps, n_outputs;
    int64_t *origin;     /* (n): the row of the history before the first step */
    int64_t *timestamps; /* (n, n_steps); NULL: dates cannot be counted on */
    float *forecast;
    float *truth; /* what the history holds there; NaN where it ends, and in gaps */
    int n_levels;
    double levels[KR_LEVELS_MAX];
    float *lower, *upper; /* (n_levels, n, n_steps, n_outputs) */
} kr_prediction;

/* Forecasts from n rows of the history, each at least seq_len - 1 (KR_SHAPE otherwise: how many
 * rows are there, how many are needed). KR_USAGE: steps out of range. Levels as
 * kr_predictor_check_level(). */
KR_API kr_status kr_predict(kr_predictor *predictor, const kr_history *history, int64_t n,
                            const int64_t *origin, const kr_predict_options *options,
                            kr_prediction **out, kr_error *err);
KR_API void kr_prediction_destroy(kr_prediction *prediction);

KR_END_DECLS

#endif
