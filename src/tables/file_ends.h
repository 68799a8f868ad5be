/* SPDX-License-Identifier: MIT
 * file_ends.h - both ends of a file that is too long for memory: the first lines, which say how it
 * is read, and its last rows. */
#ifndef KR_FILE_ENDS_H
#define KR_FILE_ENDS_H

#include <kr/team.h>
#include <stdio.h>

#include "tables/reading.h"

/* What was left out between the two; n_rows is 0 where nothing was. */
typedef struct kr__cut {
    int64_t line;            /* the last line in front of it */
    int64_t n_lines, n_rows; /* that were left out */
} kr__cut;

/* In front of the last rows, because the last lines may be totals. */
enum { KR__MORE_ROWS = 4 };
/* Bytes: of files that are read whole, and of the first lines of others. */
enum { KR__SHORT_FILE = 4 << 20, KR__FILE_HEAD = 1 << 20 };

/*
 * kr__file_ends_read() - the text of a table, as it lies in the file but for what is unpacked:
 *
 *     the first n_head bytes or more, up to the end of a row, with n_rows rows or more
 *     (the cut)
 *     the last n_rows rows, and KR__MORE_ROWS more
 *
 * The file, plain or gzip, is read once, and memory holds no more than what is returned and as much
 * again. given, before: as of kr__dialect_find_lines(). A stop of the team ends it. *bytes
 * (kr_free) is NULL where rows do not end in line feeds (UTF-16, lines that end in CR), so that the
 * file must be read whole. KR_IO, KR_FORMAT, KR_MEMORY, KR_INTERRUPTED; more than max_bytes is
 * KR_FORMAT.
 */
typedef struct kr__file_ends {
    int64_t n_rows;
    size_t n_head, max_bytes;
    const kr__given *given;
    kr_team *team;
} kr__file_ends;
kr_status kr__file_ends_read(const char *path, const kr__file_ends *wanted, uint8_t **bytes,
                             size_t *n_bytes, kr__cut *cut, kr_error *err);

/* Is a file of size bytes, at its start, one that is to be read so? is_plain: of packed ones none
 * is. */
bool kr__file_is_long(FILE *file, size_t size, bool is_plain);

#endif
