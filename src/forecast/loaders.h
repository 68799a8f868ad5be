/* SPDX-License-Identifier: MIT
 * loaders.h - how the files of the known data sets are read and split. */
#ifndef KR_LOADERS_H
#define KR_LOADERS_H

#include <kr/dataset.h>

#include "tables/name_list.h"
#include "tables/panel.h"

typedef struct kr__loader {
    const char *name;
    /* Columns in dropped may be left out. */
    kr_status (*read)(const kr_dataset_config *config, const kr__name_list *dropped,
                      kr__panel *panel, kr_error *err);
    /* Borders of the splits for so many rows, windows with seq_len rows of input. NULL: the panel
     * says how many rows test. */
    void (*split)(int64_t n_rows, int64_t rows_per_hour, int64_t seq_len,
                  int64_t first_row[KR_SPLITS], int64_t end_row[KR_SPLITS]);
    int64_t rows_per_hour; /* ETT only, else 0 */
    bool is_free; /* any columns and rows: the target becomes the last channel, whatever the
                     features; rows may be of several series and without dates; short ones are split
                              late */
} kr__loader;

/* Does --gaps say that gaps are filled? Then readers keep them. */
bool kr__fills_gaps(const kr_dataset_config *config);

/* name is one of kr__loader_names. */
const kr__loader *kr__loader_find(const char *name);
/* The names, "a|b|c". */
extern const char kr__loader_names[];

/* PEMS traffic counts: member `data` (steps, sensors, features) of an .npz file, the first feature
 * of each sensor; columns are named 0, 1, .. and there are no dates. It
 * leaves out none. */
kr_status kr__pems_read(const kr_dataset_config *config, const kr__name_list *dropped,
                        kr__panel *panel, kr_error *err);

#endif
