/* SPDX-License-Identifier: MIT
 * features.h - how rows become what a model is told: which columns in which order, their scale, the
 * marks beside them, and a window of all that.
 *
 * Fitted once, on the training rows; saved in the checkpoint; used unchanged in training, testing
 * and forecasting. The only code that fills a window. */
#ifndef KR_FEATURES_H
#define KR_FEATURES_H

#include <kr/files.h>
#include <kr/rows.h>

#include "core/arena.h"
#include "core/real.h"
#include "forecast/forecast_objective.h"
#include "tables/date_marks.h"
#include "tables/name_list.h"
#include "tables/rows_internal.h"
#include "train/entries.h"

/* The settings that features are made of. Names of columns are separated by commas; NULL: none. */
typedef struct kr__feature_settings {
    const char *features; /* "M", "S", "MS" */
    const char *target;
    bool target_is_last; /* it becomes the last column for M, too, where there is one */
    const char *known_future, *static_columns, *drop_columns, *blank_columns;
    kr__date_marks dates; /* what the model is told of a date */
    bool had_dates;       /* of a checkpoint that does not tell: were there dates? */
    bool has_masks;       /* the model is told which values are not real */
    int64_t seq_len, pred_len;
} kr__feature_settings;

typedef struct kr_features {
    int64_t seq_len, pred_len;
    /* Columns of x: the first n_future are known ahead, the last n_outputs are forecast. */
    int64_t n_columns, n_future, n_outputs;
    char **columns; /* n_columns, then the n_static static ones */
    bool *is_blank; /* n_columns: the model sees 0, the training mean; as targets they stay */
    /* Columns with one value a series: marks. Scaled over the series. */
    int64_t n_static;
    double *static_mean, *static_deviation;
    /* The panel that they were fitted on; 0 and NULL: a single series. */
    int64_t n_series;
    char **series;
    /* The model sees (value - mean) / deviation: (n_columns), of a panel (n_series, n_columns). */
    double *mean, *deviation;
    /* Marks of a row: of its date, which of its columns are not real, static columns. */
    bool has_dates;
    kr__date_marks dates;
    int64_t n_date_marks, n_masks, n_marks;
    bool has_frequency; /* the dates were on a grid */
    kr_frequency frequency;
    kr_arena arena;
} kr_features;

/* ---- fitting ---------------------------------------------------------------------------- */

/* Columns and their order out of rows; column_of: where the n_columns, then the n_static stand in
 * the rows, in the arena. Errors name the setting. features_columns.c */
kr_status kr__features_choose(const kr__feature_settings *settings, const kr_rows *rows,
                              kr_features **out, int64_t **column_of, kr_error *err);
/* Room for the scale of n_series series (0: a single one, without a name). */
bool kr__features_add_series(kr_features *f, int64_t n_series, char *const *names);
/* Mean and deviation (by n) of every column of (n_rows, n_columns). A column that is constant up to
 * rounding has deviation 1; the bound is scikit-learn's, so that the same columns count. */
void kr__features_measure(int64_t n_rows, int64_t n_columns, const double *values, double *mean,
                          double *deviation);
/* Over the series: values (n_series or 1, n_static). */
void kr__features_fit_statics(kr_features *f, const double *values);
/* Once all else is known: how many marks a row has. */
kr_status kr__features_count_marks(kr_features *f, kr_error *err);

void kr__features_destroy(kr_features *f);

/* ---- rows ------------------------------------------------------------------------------- */

/* Where the columns, then the static ones, stand in rows: column_of (n_columns + n_static).
 * KR_FORMAT when some are missing: the sentence names them. */
kr_status kr__features_find(const kr_features *f, const kr_rows *rows, int64_t *column_of,
                            kr_error *err);

/* What the static columns of a series of rows say; column_of as above. KR_FORMAT when one changes
 * or has no value. */
kr_status kr__features_read_statics(const kr_features *f, const kr_rows *rows, int64_t series,
                                    const int64_t *column_of, double *values, kr_error *err);

/* Rows as they are scaled: values (n_rows, n) of the first n columns, the first of them being row
 * first_row of `name`. x64 may be NULL, or values. KR_FORMAT: a number is too large for a float. */
typedef struct kr__scaling {
    const char *name;
    int64_t first_row, n_rows, n;
    int64_t stride;   /* from a row of values to the next */
    int64_t x_stride; /* of x, and of x64 */
    const double *mean, *deviation;
} kr__scaling;
kr_status kr__features_scale(const kr_features *f, const kr__scaling *s, const double *values,
                             double *x64, float *x, kr_error *err);

/* Marks (n_rows, n_marks) of rows with these dates, gaps and static values (n_static, original
 * units); what a model has not may be NULL. */
kr_status kr__features_mark(const kr_features *f, int64_t n_rows, const int64_t *dates,
                            const uint8_t *is_filled, const double *statics, double *marks,
                            kr_error *err);

/* ---- in a checkpoint -------------------------------------------------------------------- */

/* All that the settings do not tell; the features must live until the entries are written.
 * features_file.c */
kr_status kr__features_list(const kr_features *f, kr_entries *entries, kr_error *err);

/* Back again, with the settings of then. KR_FORMAT: something is missing or damaged. */
kr_status kr__features_load(kr_tensor_file *file, const kr__feature_settings *settings,
                            kr_features **out, kr_error *err);

/* ---- windows ---------------------------------------------------------------------------- */

/* Rows of series as the model sees them. Behind the n_rows that there are may stand some of which
 * only the columns are told that are known ahead. */
typedef struct kr__feature_rows {
    int64_t n_rows;
    const float *x;           /* (rows, n_columns) scaled */
    const float *input;       /* the same where it is input, as augmentation changes it; NULL: x */
    const float *marks;       /* (rows, n_marks) */
    const uint8_t *is_filled; /* (n_rows, n_columns) 1: as a target it does not count; NULL: none */
} kr__feature_rows;

/* The inputs of the sample (forecast_objective.h) whose first row is `row`: seq_len rows of input,
 * pred_len rows of targets and of what is known ahead. */
void kr__features_fill_window(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                              kr_real *const in[KR_MAX_INPUTS]);
/* The targets of that window alone: (pred_len, n_outputs), NaN where there is none. */
void kr__features_fill_target(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                              kr_real *target);

#endif
