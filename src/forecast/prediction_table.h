/* SPDX-License-Identifier: MIT
 * prediction_table.h - forecasts as CSV: a line for each step, a column for each of the model's,
 * and behind it its bounds. */
#ifndef KR_PREDICTION_TABLE_H
#define KR_PREDICTION_TABLE_H

#include <kr/forecaster.h>

#include "core/csv_writing.h"

typedef struct kr__prediction_table {
    const kr_forecaster *model;
    const kr_history *history; /* of the rows that follow, or of any */
    int n_levels;
    const double *levels;
    bool has_origin;    /* a column with the row before the first step */
    bool has_quantiles; /* bounds are called _q10, _q90, in the order of their size: levels fall */
    kr__csv_show show;
} kr__prediction_table;

void kr__prediction_print_header(const kr__prediction_table *table, FILE *stream);
void kr__prediction_print_rows(const kr__prediction_table *table, const kr_prediction *p,
                               FILE *stream);

#endif
