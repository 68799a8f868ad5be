/* SPDX-License-Identifier: MIT
 * opening.h - what the steps that open a data set share. */
#ifndef KR_OPENING_H
#define KR_OPENING_H

#include <kr/dataset.h>

#include "forecast/loaders.h"
#include "tables/name_list.h"

/* What kr_dataset_open hands out is the first member. */
typedef struct kr__dataset_storage {
    kr_dataset dataset;
    kr_arena arena; /* holds names and spans */
} kr__dataset_storage;

typedef struct kr__opening {
    kr_team *team; /* hears what was done about gaps, short series, .. */
    const kr_dataset_config *config;
    const kr__loader *loader;
    kr__dataset_storage *storage;
    kr__name_list dropped, known, constant; /* --drop_columns, --known_future, --static_columns */
    kr__panel panel;
    uint8_t **missing;  /* of every table (n_rows, n_columns), 1 where a gap was filled; or NULL */
    int64_t *static_of; /* constant.n: columns of the tables */
    int64_t *column_of; /* channel -> column of the tables */
    int64_t *table_of;  /* series -> table */
    kr_error *err;
} kr__opening;

kr_status kr__opening_no_memory(const kr__opening *o);

/* Which columns become channels, in which order, and which are blank. dataset_columns.c */
kr_status kr__choose_channels(kr__opening *o);
/* Gaps of all tables, as --gaps says. dataset_gaps.c */
kr_status kr__fill_gaps(kr__opening *o);
void kr__free_gaps(kr__opening *o);
/* Borders of every series. dataset_split.c */
kr_status kr__split_rows(kr__opening *o);
/* The rows of all series, scaled, and which are missing. dataset_rows.c */
kr_status kr__make_rows(kr__opening *o);
/* Time features, masks, constant columns. dataset_marks.c */
kr_status kr__make_marks(kr__opening *o);

#endif
