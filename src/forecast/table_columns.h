/* SPDX-License-Identifier: MIT
 * table_columns.h - which columns of a table are those of a forecaster, for rows that arrive one by
 * one. */
#ifndef KR_TABLE_COLUMNS_H
#define KR_TABLE_COLUMNS_H

#include <kr/forecaster.h>

#include "tables/csv.h"

/* column_of (n_channels + n_static). KR_FORMAT when some are missing; the sentence names them. name
 * is what sentences call the table. */
kr_status kr__forecaster_find_columns(const kr_forecaster *forecaster, const char *name,
                                      const kr_table *table, int64_t *column_of, kr_error *err);

#endif
