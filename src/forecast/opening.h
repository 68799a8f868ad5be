/* SPDX-License-Identifier: MIT
 * opening.h - what the steps that make a data set of rows share. */
#ifndef KR_OPENING_H
#define KR_OPENING_H

#include <stdatomic.h>

#include "core/arena.h"
#include "forecast/dataset.h"
#include "forecast/features.h"
#include "forecast/loaders.h"
#include "tables/rows_internal.h"

/* What kr__dataset_create hands out is the first member. */
typedef struct kr__dataset_storage {
    kr_dataset dataset;
    atomic_int n_more_holders; /* who would destroy it, but for one */
    kr_features *features;     /* names and scale of the data set are theirs */
    kr_arena arena;            /* holds spans and names of series */
} kr__dataset_storage;

typedef struct kr__opening {
    kr_team *team; /* hears what was done about gaps, short series, .. */
    const kr_dataset_config *config;
    const kr__loader *loader;
    const kr_rows *rows;
    kr__dataset_storage *storage;
    int64_t *column_of; /* of the features, in the rows */
    kr_rows *picked;    /* their columns, of all series, gaps filled */
    int64_t *series_of; /* series of the data set -> series of the rows */
    kr_error *err;
} kr__opening;

static inline kr_status kr__opening_no_memory(const kr__opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for the data set", o->rows->name);
}

/* The step of the dates, and gaps as --gaps says. dataset_gaps.c */
kr_status kr__fill_gaps(kr__opening *o);
/* Borders of every series; series that are too short are left out. dataset_split.c */
kr_status kr__split_rows(kr__opening *o);
/* The rows of the series that are left, scaled by the training rows of each, and their marks.
 * dataset_rows.c */
kr_status kr__make_rows(kr__opening *o);

/* What of the settings the features are made of; its texts are borrowed. dataset.c */
kr__feature_settings kr__dataset_settings(const kr_dataset_config *config);
/* The features of a data set, and its rows as they see them. */
const kr_features *kr__dataset_features(const kr_dataset *dataset);
kr__feature_rows kr__dataset_rows(const kr_dataset *dataset);
/* One more who destroys it when done. Returns dataset. */
kr_dataset *kr__dataset_hold(kr_dataset *dataset);

#endif
