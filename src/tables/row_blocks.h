/* SPDX-License-Identifier: MIT
 * row_blocks.h - the rows of a long file, some megabytes of them at a time. */
#ifndef KR_ROW_BLOCKS_H
#define KR_ROW_BLOCKS_H

#include <stdio.h>

#include "tables/csv_fields.h"
#include "tables/file_strips.h"
#include "tables/table_text.h"

/* All its own but the strips; kr__row_blocks_close() also after a failure. */
typedef struct kr__row_blocks {
    const char *name;
    const kr__file_strips *strips; /* of a plain file; NULL: it is none */
    FILE *file;
    size_t size, n_left; /* bytes of the file; those that have not been read */
    uint8_t *bytes;      /* n of them, of which the first n_passed have been rows of a block */
    size_t n, n_passed, capacity;
    kr__table_text text; /* of the block */
    kr_error *err;
} kr__row_blocks;

/* Rows of a plain file, from one place to another, which lie in the strips first .. end. */
enum { KR__MOST_STRIPS = 33 };
typedef struct kr__row_range {
    size_t from, to;
    int64_t first, end;
} kr__row_range;

/* All rows from a line on. KR_IO, KR_MEMORY. */
kr_status kr__row_blocks_open(const char *path, int64_t line, const kr__file_strips *strips,
                              kr__row_blocks *b, kr_error *err);
/* The next of them, whole rows as s->delimiter divides them; s is at the end of the block before,
 * and its line is that of the new one; it is empty behind the last. The last kilobytes of a file
 * are always in one block. The block before goes. KR_IO, KR_FORMAT: no text, or a row of more than
 * 64 MB; KR_MEMORY. */
kr_status kr__row_blocks_next(kr__row_blocks *b, kr__csv_scan *s);
/* Where the rows of the next block lie; false: the file is not plain, or there are none. */
bool kr__row_blocks_peek(const kr__row_blocks *b, kr__row_range *next);
/* They have been read out of the strips. KR_IO. */
kr_status kr__row_blocks_pass(kr__row_blocks *b, const kr__row_range *next);
/* Is the block the last one? */
bool kr__row_blocks_are_done(const kr__row_blocks *b);
void kr__row_blocks_close(kr__row_blocks *b);

#endif
