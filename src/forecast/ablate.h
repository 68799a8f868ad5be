/* SPDX-License-Identifier: MIT
 * ablate.h - what each covariate is worth: the model without it, one at a time. */
#ifndef KR_ABLATE_H
#define KR_ABLATE_H

#include <kr/forecaster.h>
#include <kr/team.h>

#include "forecast/forecast_config.h"

KR_BEGIN_DECLS

/* The model without one column, or, first, with all of them. */
typedef struct kr_ablation {
    char *column;                /* NULL: with all */
    kr_metrics validation, test; /* scaled units */
    double seconds;
} kr_ablation;

typedef struct kr_ablation_list {
    kr_ablation *rows; /* with all, then without each, in the order of the columns */
    int64_t n;
} kr_ablation_list;

typedef struct kr_ablate_options {
    bool retrains;      /* train again without the column; false: its training mean stands in */
    const char *folder; /* of the checkpoints of these trainings; NULL: nothing is written */
    /* Before row i of n; may be NULL. */
    void (*begins)(void *arg, int64_t i, int64_t n, const char *column);
    void *arg;
    const kr_forecast_observer *observer; /* of the runs; may be NULL */
} kr_ablate_options;

/* KR_USAGE when there are none: a model that forecasts all its columns has no covariates. */
kr_status kr__ablate_check(const kr_forecast_config *config, int64_t n_columns, kr_error *err);
/* config is that of a checkpoint, config->load its file; columns (n_columns) are the model's inputs
 * that it does not forecast. Free with kr__ablation_list_deinit, also on failure. */
kr_status kr__ablate(kr_team *team, const kr_rows *rows, const kr_forecast_config *config,
                     int64_t n_columns, char *const *columns, const kr_ablate_options *options,
                     kr_ablation_list *out, kr_error *err);
void kr__ablation_list_deinit(kr_ablation_list *list);

KR_END_DECLS

#endif
