/* SPDX-License-Identifier: MIT
 * dataset.h - rows to train on: scaled and split, ready to be cut into windows.
 *
 * The loaders, splits and scaling of the originals: ETTh1, ETTh2, ETTm1, ETTm2, custom, PEMS, M4;
 * and panels: several series, each with its own scaler. */
#ifndef KR_DATASET_H
#define KR_DATASET_H

#include <kr/base.h>
#include <kr/rows.h>
#include <kr/team.h>

#include "tables/gaps.h"
#include "tables/rows_internal.h"

KR_BEGIN_DECLS

typedef enum kr_split { KR_SPLIT_TRAIN, KR_SPLIT_VAL, KR_SPLIT_TEST, KR_SPLITS } kr_split;

typedef struct kr_dataset_config {
    const char *loader; /* "ETTh1" .. "custom", "PEMS", "m4" */
    const char *path; /* the file; custom: or a folder of CSV files, one series each; m4: a folder;
                         kr__dataset_create() ignores it */
    const char *features; /* "M", "S", "MS" */
    const char *target;   /* blanks around it do not matter */
    const char *freq;     /* "h", "15min", .. (tables/timefeatures.h) */
    bool is_timef;        /* time features; false: calendar integers */
    int64_t seq_len, pred_len, label_len;
    /* Names of columns, separated by commas; NULL or "": none. */
    const char *drop_columns;  /* not read from the file */
    const char *blank_columns; /* 0, which is their training mean, in every input of the model */
    const char *known_future; /* known ahead: they become the first channels and are not forecast */
    const char *static_columns; /* one value per series: they become marks, not channels */
    int64_t cycle;              /* rows also get their place in a cycle of so many steps; 0: none */
    const char *id_column;   /* custom: column that names each row's series; NULL, "": one series */
    kr_rows_options reading; /* delimiter .. sheet: how the file is read; all 0: that is seen */
    const char *seasonal_patterns; /* m4: "Yearly" .. "Hourly" */
    const char *gaps;              /* KR_GAPS_CHOICES; NULL: refuse */
    /* Rows of the training, validation and test part, which follow one another from the first row
     * of each series; rows after them are not used. Training 0: the parts that the loader makes;
     * -1: all rows that the other two leave, which may be 0: then they have no windows. */
    int64_t n_rows_of[KR_SPLITS];
} kr_dataset_config;

/* The rows of one series and of its splits: borders, first included, end not. */
typedef struct kr_series_span {
    int64_t row, n_rows;
    int64_t first_row[KR_SPLITS], end_row[KR_SPLITS];
    int64_t first_window[KR_SPLITS]; /* its first window, counted over all series */
} kr_series_span;

/* Channels: the columns in the file's order; custom moves the target to the end (where there is
 * one), and so does every loader for MS, where the last channel is the one to forecast. S keeps the
 * target alone. */
typedef struct kr_dataset {
    int64_t n_rows; /* of all series, also those after the last split */
    int64_t n_channels, n_marks;
    int64_t n_series;      /* their rows follow one another */
    kr_series_span *spans; /* n_series */
    char **series_names;   /* n_series; NULL: a single series, which has none */
    float *data;           /* (n_rows, n_channels) scaled by the training rows */
    float *marks;          /* (n_rows, n_marks); n_marks 0 (and NULL) where the loader has none */
    double *data64, *marks64; /* the same before narrowing, for exact comparison; may be NULL'd by
                                 kr__dataset_drop_double() */
    char **names;             /* n_channels */
    int64_t *timestamps;      /* (n_rows) microseconds since 1970; NULL: rows have no dates */
    /* (n_series, n_channels), of the training rows of each, by n; deviation 1 where 0 */
    double *mean, *deviation;
    int64_t n_future; /* channels that are known ahead: the first ones */
    uint8_t *missing; /* (n_rows, n_channels) 1 where a gap was filled; NULL: no gaps */
    kr_gaps_report gaps;
    kr__ahead ahead; /* rows of each series that were cut off: the future of columns known ahead */
    bool has_frequency; /* the dates follow a regular step */
    kr_frequency frequency;
    const bool *is_blank; /* n_channels: the model sees 0 in its place; targets keep its values */
    int64_t seq_len, pred_len;
} kr_dataset;

/* The rows of config->path: read as the loader does, with the gaps that config->gaps will fill. */
kr_status kr__dataset_read(kr_team *team, const kr_dataset_config *config, kr_rows **out,
                           kr_error *err);

/* Splits of custom: 70, 10 and 20 % of the rows of each series; where one of these parts is too
 * short for a window, the last pred_len rows are the test part and the pred_len rows before them
 * the validation part. m4: the test part is the test file, the validation part the pred_len rows
 * before it. Series of a panel that are too short for all three are left out, and the team's log
 * says so. Errors name file, line and column and say how to mend it. The rows are not needed
 * afterwards. */
kr_status kr__dataset_create(kr_team *team, const kr_dataset_config *config, const kr_rows *rows,
                             kr_dataset **out, kr_error *err);
/* The same from rows that are read just for it. */
kr_status kr__dataset_open(kr_team *team, const kr_dataset_config *config, kr_dataset **out,
                           kr_error *err);
void kr__dataset_destroy(kr_dataset *dataset);
void kr__dataset_drop_double(kr_dataset *dataset);

/* Windows of a split; a series has end_row - first_row - seq_len - pred_len + 1 of them. They are
 * numbered through, series by series; none crosses from one to the next. */
int64_t kr__dataset_window_count(const kr_dataset *dataset, kr_split split);

/* Input rows [row, row + seq_len), target rows [row + seq_len, row + seq_len + pred_len). */
typedef struct kr_window_place {
    int64_t row, series;
} kr_window_place;
/* window: 0 .. kr__dataset_window_count() - 1. */
kr_window_place kr__dataset_window(const kr_dataset *dataset, kr_split split, int64_t window);

/* KR_FORMAT: the largest number of a column, `most`, tells that it has the wrong unit. */
kr_status kr__check_unit(const char *name, const char *column, double most, kr_error *err);

KR_END_DECLS

#endif
