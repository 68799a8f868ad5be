/* SPDX-License-Identifier: MIT
 * input_lines.c - standard input, line by line, in memory that grows with the longest one. */
#include "framework/input_lines.h"
#include "core/arena.h"
#include "core/platform.h"
#include "framework/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const size_t MOST = (size_t)1 << 24;

void input_lines_deinit(input_lines *lines) { kr_free(lines->line); }

static kr_status grow(input_lines *lines, kr_error *err) {
    size_t capacity = lines->capacity > 0 ? 2 * lines->capacity : 4096;
    if (capacity > MOST) {
        return kr_fail(err, KR_FORMAT, "standard input, line %jd: is longer than %zu bytes",
                       (intmax_t)lines->n + 1, MOST);
    }
    char *line = kr__calloc(capacity, 1);
    if (!line) return kr_fail(err, KR_MEMORY, "out of memory for a line of standard input");
    if (lines->line) memcpy(line, lines->line, lines->size);
    kr_free(lines->line);
    lines->line = line;
    lines->capacity = capacity;
    return KR_OK;
}

kr_status input_lines_next(input_lines *lines, bool *has_one, kr_error *err) {
    int c = EOF;
    lines->size = 0;
    *has_one = false;
    if (program_is_stopping()) return KR_OK;
    errno = 0;
    while ((c = getc(stdin)) != EOF && c != '\n') {
        if (lines->size + 1 >= lines->capacity) KR_TRY(grow(lines, err));
        lines->line[lines->size++] = (char)c;
    }
    if (!lines->line) KR_TRY(grow(lines, err));
    lines->line[lines->size] = '\0';
    lines->n++;
    *has_one = c != EOF || lines->size > 0;
    if (c != EOF || !ferror(stdin) || errno == EINTR) return KR_OK;
    return kr_fail(err, KR_IO, "standard input: cannot read: %s", strerror(errno));
}
