/* SPDX-License-Identifier: MIT
 * features.h - how rows become the input of a model: which columns in which order, their scale,
 * their marks, and windows of all that.
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
    bool target_is_last; /* the target, if there is one, becomes the last column for M, too */
    const char *known_future, *static_columns, *drop_columns, *blank_columns;
    kr__date_marks dates; /* what the model receives of a date */
    bool had_dates;       /* for a checkpoint that does not say: were there dates? */
    bool has_masks;       /* the model also receives which values were filled */
    int64_t cycle;        /* steps; 0: none */
    int64_t seq_len, pred_len;
} kr__feature_settings;

typedef struct kr_features {
    int64_t seq_len, pred_len;
    /* Columns of x: the first n_future are known ahead, the last n_outputs are forecast. */
    int64_t n_columns, n_future, n_outputs;
    char **columns; /* n_columns, then the n_static static ones */
    bool *is_blank; /* n_columns: the model sees 0, the training mean; targets keep their values */
    /* Columns with one value per series, which are marks. Scaled over the series. */
    int64_t n_static;
    double *static_mean, *static_deviation;
    /* The panel that they were fitted on; 0 and NULL: a single series. */
    int64_t n_series;
    char **series;
    /* The model sees (value - mean) / deviation: (n_columns), of a panel (n_series, n_columns). */
    double *mean, *deviation;
    /* Marks of a row: its date, which of its values were filled, static columns, its place in the
     * cycle. */
    bool has_dates;
    kr__date_marks dates;
    int64_t n_date_marks, n_masks, n_marks;
    bool has_frequency; /* the dates followed a regular step */
    kr_frequency frequency;
    int64_t cycle;       /* steps; 0: none */
    int64_t cycle_start; /* the date from which it counts: that of the first training row */
    char *
        reading; /* kr_rows_reading() of the rows they were fitted on; NULL: not from such a file */
    kr_arena arena;
} kr_features;

/* ---- fitting ---------------------------------------------------------------------------- */

/* Choose columns and their order from rows; column_of: the places of the n_columns, then of the
 * n_static, in the rows; it is in the arena. Errors name the setting. features_columns.c */
kr_status kr__features_choose(const kr__feature_settings *settings, const kr_rows *rows,
                              kr_features **out, int64_t **column_of, kr_error *err);
/* Make room for the scale of n_series series (0: a single one, without a name). */
bool kr__features_add_series(kr_features *f, int64_t n_series, char *const *names);
/* Mean and deviation (by n) of every column of (n_rows, n_columns). A column that is constant up to
 * rounding has deviation 1; the bound is scikit-learn's, so that the same columns are constant. */
void kr__features_measure(int64_t n_rows, int64_t n_columns, const double *values, double *mean,
                          double *deviation);
/* Over the series: values (n_series or 1, n_static). */
void kr__features_fit_statics(kr_features *f, const double *values);
/* How many marks a row has; called once all else is known. */
kr_status kr__features_count_marks(kr_features *f, kr_error *err);

void kr__features_destroy(kr_features *f);

/* ---- rows ------------------------------------------------------------------------------- */

/* The places in rows of the columns, then of the static ones: column_of (n_columns + n_static).
 * KR_FORMAT when some are missing; the sentence names them. */
kr_status kr__features_find(const kr_features *f, const kr_rows *rows, int64_t *column_of,
                            kr_error *err);

/* The values of the static columns in a series of rows; column_of as above. KR_FORMAT when one
 * changes or has no value. */
kr_status kr__features_read_statics(const kr_features *f, const kr_rows *rows, int64_t series,
                                    const int64_t *column_of, double *values, kr_error *err);

/* Rows to be scaled: values (n_rows, n) of the first n columns, which begin at row first_row of
 * `name`. x64 may be NULL, or values. KR_FORMAT: a number is too large for a float. */
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
 * units); NULL for what the model does not have. */
kr_status kr__features_mark(const kr_features *f, int64_t n_rows, const int64_t *dates,
                            const uint8_t *is_filled, const double *statics, double *marks,
                            kr_error *err);

/* ---- in a checkpoint -------------------------------------------------------------------- */

/* All that the settings do not say; the features must live until the entries are written.
 * features_file.c */
kr_status kr__features_list(const kr_features *f, kr_entries *entries, kr_error *err);

/* Were the entries' fitted on the same rows, as far as their numbers tell? KR_USAGE if not. */
kr_status kr__features_check(const kr_features *f, const kr_entries *entries, kr_error *err);
/* Back again, with the settings they were made with. KR_FORMAT: something is missing or damaged. */
kr_status kr__features_load(kr_tensor_file *file, const kr__feature_settings *settings,
                            kr_features **out, kr_error *err);

/* ---- windows ---------------------------------------------------------------------------- */

/* Rows of series as the model sees them. After the n_rows there may be more in which only the
 * columns that are known ahead have values. */
typedef struct kr__feature_rows {
    int64_t n_rows;
    const float *x;           /* (rows, n_columns) scaled */
    const float *input;       /* the same for use as input, changed by augmentation; NULL: x */
    const float *marks;       /* (rows, n_marks) */
    const uint8_t *is_filled; /* (n_rows, n_columns) 1: ignored as a target; NULL: none */
} kr__feature_rows;

/* The inputs of the sample (forecast_objective.h) whose first row is `row`: seq_len rows of input,
 * pred_len rows of targets and of what is known ahead. */
void kr__features_fill_window(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                              kr_real *const in[KR_MAX_INPUTS]);
/* The targets of that window alone: (pred_len, n_outputs), NaN where there is none. */
void kr__features_fill_target(const kr_features *f, const kr__feature_rows *rows, int64_t row,
                              kr_real *target);

#endif
