/* SPDX-License-Identifier: MIT
 * file_strips.h - a long plain file in strips of whole lines, which all workers of a team read at
 * once. */
#ifndef KR_FILE_STRIPS_H
#define KR_FILE_STRIPS_H

#include <kr/team.h>
#include <stdio.h>

#include "tables/file_ends.h"

/* All its own; kr__file_strips_close() also after a failure. */
typedef struct kr__file_strips {
    const char *path;
    FILE *file;
    size_t size;
    int64_t n;
    size_t *starts; /* n + 1: where each begins; a strip may be empty */
    int64_t *lines; /* n + 1: lines in front of it */
    kr_error *err;
} kr__file_strips;

/*
 * kr__file_strips_open() - look through a file once.
 *
 * It is plain if every line is a row of its own and every byte a character: nothing but ASCII, no
 * quotes (the first strip, with the names, may have both), a line feed in every KR__STRIP bytes.
 * Else out->n is 0. KR_IO, KR_MEMORY, KR_INTERRUPTED.
 */
enum { KR__STRIP = 128 << 10 };
kr_status kr__file_strips_open(const char *path, kr_team *team, kr__file_strips *out,
                               kr_error *err);
/* Both ends of it, as of kr__file_ends_read(). */
kr_status kr__file_strips_ends(const kr__file_strips *s, uint8_t **bytes, size_t *n_bytes,
                               kr__cut *cut);
/* The bytes of the file from one place to another; from any thread. False: they are not there. */
bool kr__file_strips_read(const kr__file_strips *s, size_t from, size_t end, uint8_t *to);
void kr__file_strips_close(kr__file_strips *s);

#endif
