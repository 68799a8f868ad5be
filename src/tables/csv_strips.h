/* SPDX-License-Identifier: MIT
 * csv_strips.h - rows of a plain file, many at a time, by all workers of a team. */
#ifndef KR_CSV_STRIPS_H
#define KR_CSV_STRIPS_H

#include "tables/csv_reader.h"

/* The rows of the next block as kr__csv_read_row() reads them; room: for so many rows of the table.
 * *are_read false: nothing was done, because the file is not plain, or a row is wrong or changes
 * the plan: they are to be read one by one. KR_IO, KR_MEMORY. */
kr_status kr__csv_read_strips(kr__csv_reader *r, int64_t room, bool *are_read);

#endif
