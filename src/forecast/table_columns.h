/* SPDX-License-Identifier: MIT
 * table_columns.h - where the columns of a forecaster stand in a table, for rows that arrive one by
 * one. */
#ifndef KR_TABLE_COLUMNS_H
#define KR_TABLE_COLUMNS_H

#include <kr/forecaster.h>

#include "tables/csv.h"

/* column_of (n_channels + n_static). KR_FORMAT when some are missing, which the sentence names;
 * name stands for the table. */
kr_status kr__forecaster_find_columns(const kr_forecaster *forecaster, const char *name,
                                      const kr_table *table, int64_t *column_of, kr_error *err);

#endif
