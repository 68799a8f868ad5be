/* SPDX-License-Identifier: MIT
 * turned.h - tables in which time runs from left to right, as those of statistical offices: a
 * column for each date, a row for each series; or a column for each month, a row for each year. */
#ifndef KR_TURNED_H
#define KR_TURNED_H

#include "tables/csv_plan.h"
#include "tables/made_text.h"

/*
 * kr__turn() - the same table with a line for each date, as comma-separated text.
 *
 * plan: stopped at such a table (plan->reading.wide), its scan at the first row. A series is called
 * by the first words of its row that tell it from all others; rows without a value, such as remarks
 * at the end, are left out: *n_left_out. made: has its name and limit; free made->text also on
 * failure. KR_FORMAT: no row has a value, or a row has another number of fields.
 */
kr_status kr__turn(const kr__csv_plan *plan, kr__made_text *made, int64_t *n_left_out,
                   kr_error *err);

#endif
