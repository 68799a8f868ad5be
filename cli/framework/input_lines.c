/* SPDX-License-Identifier: MIT
 * input_lines.c - standard input, line by line, in memory that grows with the longest one. Not by
 * stdio, whose wait for input a request to stop would not end. */
#define _POSIX_C_SOURCE 200809L
#include "framework/input_lines.h"
#include "core/arena.h"
#include "core/platform.h"
#include "framework/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* More bytes; none at the end of the input and after a request to stop. */
static kr_status fill(input_lines *lines, kr_error *err) {
    ssize_t n = -1;
    lines->at = lines->end = 0;
    while (n < 0) {
        if (!program_wait_for_input(STDIN_FILENO)) return KR_OK;
        n = read(STDIN_FILENO, lines->bytes, sizeof lines->bytes);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return kr_fail(err, KR_IO, "standard input: cannot read: %s", strerror(errno));
        }
    }
    lines->end = (size_t)n;
    lines->is_over = n == 0;
    return KR_OK;
}

static kr_status add(input_lines *lines, const char *bytes, size_t n, kr_error *err) {
    while (lines->size + n >= lines->capacity) KR_TRY(grow(lines, err));
    memcpy(lines->line + lines->size, bytes, n);
    lines->size += n;
    lines->line[lines->size] = '\0';
    return KR_OK;
}

/* As a file with such a byte is refused; a line would seem to end there. */
static kr_status check(const input_lines *lines, kr_error *err) {
    if (lines->size == 0 || !memchr(lines->line, '\0', lines->size)) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "standard input:%jd: has a zero byte, which no text has; is it a table?",
                   (intmax_t)lines->n);
}

/* A line that is cut off by the end of the input is one; one that is by a request to stop is not.
 */
kr_status input_lines_next(input_lines *lines, bool *has_one, kr_error *err) {
    lines->size = 0;
    *has_one = false;
    while (!program_is_stopping()) {
        if (lines->at == lines->end && !lines->is_over) KR_TRY(fill(lines, err));
        const char *from = lines->bytes + lines->at;
        size_t n = lines->end - lines->at;
        const char *newline = memchr(from, '\n', n);
        if (newline) n = (size_t)(newline - from);
        KR_TRY(add(lines, from, n, err));
        lines->at += n + (newline ? 1 : 0);
        if (!newline && !lines->is_over) continue;
        *has_one = newline || lines->size > 0;
        lines->n++;
        return check(lines, err);
    }
    return KR_OK;
}

kr_status output_lines_flush(kr_error *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return KR_OK;
    return kr_fail(err, KR_IO, "standard output: cannot write: %s",
                   errno ? strerror(errno) : "a line is lost");
}
