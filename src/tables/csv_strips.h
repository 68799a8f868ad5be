/* SPDX-License-Identifier: MIT
 * csv_strips.h - rows of plain numbers, many at a time, by all workers of a team. */
#ifndef KR_CSV_STRIPS_H
#define KR_CSV_STRIPS_H

#include "tables/csv_reader.h"

/* All rows from the scan to its end, as kr__csv_read_row() reads them; room: for so many rows of
 * the table. False: nothing was done, because there is something else in them than numbers without
 * quotes and dates without offsets, or they are wrong: they are to be read one by one. */
bool kr__csv_read_strips(kr__csv_reader *r, int64_t room);

#endif
