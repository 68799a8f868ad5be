/* SPDX-License-Identifier: MIT
 * opening.h - what the steps that make a data set from rows share. */
#ifndef KR_OPENING_H
#define KR_OPENING_H

#include <stdatomic.h>

#include "core/arena.h"
#include "forecast/dataset.h"
#include "forecast/features.h"
#include "forecast/loaders.h"
#include "tables/rows_internal.h"

/* kr__dataset_create returns the first member. */
typedef struct kr__dataset_storage {
    kr_dataset dataset;
    atomic_int n_more_holders; /* how many hold it besides the first */
    kr_features *features;     /* own the names and the scale of the data set */
    kr_arena arena;            /* holds spans and names of series */
} kr__dataset_storage;

typedef struct kr__opening {
    kr_team *team; /* its log says what was done about gaps, short series, .. */
    const kr_dataset_config *config;
    const kr__loader *loader;
    const kr_rows *rows;
    kr__dataset_storage *storage;
    int64_t *column_of; /* places of the features' columns in the rows */
    kr_rows *picked;    /* their columns, of all series, gaps filled */
    int64_t *series_of; /* series of the data set -> series of the rows */
    kr_error *err;
} kr__opening;

static inline kr_status kr__opening_no_memory(const kr__opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for the data set", o->rows->name);
}

/* The step of the dates, and gaps as --gaps says. dataset_gaps.c */
kr_status kr__fill_gaps(kr__opening *o);
/* Borders of every series; those that are too short are left out. dataset_split.c */
kr_status kr__split_rows(kr__opening *o);
/* Room for the scale of n_series, and what the features keep of how the rows were read and of their
 * step. dataset_rows.c */
kr_status kr__keep_reading(kr__opening *o, int64_t n_series, char *const *names);
/* The rows of the remaining series, scaled by the training rows of each, and their marks.
 * dataset_rows.c */
kr_status kr__make_rows(kr__opening *o);

/* The features of rows, with the scale of whole series, and these rows as the features pick them,
 * without what lies ahead, gaps filled: for forecasters that need no parts. Free both. report may
 * be NULL. dataset.c */
typedef struct kr__pick_report {
    kr_gaps_report gaps;
    kr__ahead ahead;
} kr__pick_report;
kr_status kr__dataset_pick(kr_team *team, const kr_dataset_config *config, const kr_rows *rows,
                           kr_features **features, kr_rows **picked, kr__pick_report *report,
                           kr_error *err);

/* The settings that the features are made from; its texts are borrowed. dataset.c */
kr__feature_settings kr__dataset_settings(const kr_dataset_config *config);
/* The features of a data set, and its rows as they see them. */
const kr_features *kr__dataset_features(const kr_dataset *dataset);
kr__feature_rows kr__dataset_rows(const kr_dataset *dataset);
/* Another holder, which destroys it when done. Returns dataset. */
kr_dataset *kr__dataset_hold(kr_dataset *dataset);

#endif
