/* SPDX-License-Identifier: MIT
 * loaders.h - how the files of the known data sets are read and split. */
#ifndef KR_LOADERS_H
#define KR_LOADERS_H

#include "forecast/dataset.h"

typedef struct kr__loader {
    const char *name;
    const char *reader; /* of the rows (kr/rows.h); NULL: the one that knows the path */
    /* Borders of the splits for n_rows rows and windows with seq_len rows of input. NULL: the rows
     * say which of them are the test part. */
    void (*split)(int64_t n_rows, int64_t rows_per_hour, int64_t seq_len,
                  int64_t first_row[KR_SPLITS], int64_t end_row[KR_SPLITS]);
    int64_t rows_per_hour; /* ETT only, else 0 */
    bool is_free;      /* any columns and rows: the target becomes the last channel, whatever the
                          features; short series are split at their end */
    bool needs_dates;  /* a file without dates cannot be that data set */
    bool has_patterns; /* --seasonal_patterns says which of its files to read */
} kr__loader;

/* Does --gaps say that gaps are filled? Then readers keep them. */
bool kr__fills_gaps(const kr_dataset_config *config);

/* name is one of kr__loader_names. */
const kr__loader *kr__loader_find(const char *name);
/* The names, "a|b|c". */
extern const char kr__loader_names[];

/* The rows of config->path; columns in drop_columns may be left out. */
kr_status kr__loader_read(kr_team *team, const kr_dataset_config *config, kr_rows **out,
                          kr_error *err);

#endif
