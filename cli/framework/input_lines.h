/* SPDX-License-Identifier: MIT
 * input_lines.h - standard input, line by line. */
#ifndef KRAIT_INPUT_LINES_H
#define KRAIT_INPUT_LINES_H

#include <kr/base.h>

/* All zero to start with. */
typedef struct input_lines {
    int64_t n;   /* lines so far */
    size_t size; /* bytes of the last one, without its end */
    char *line;  /* and the line, zero behind it */
    size_t capacity;
} input_lines;

void input_lines_deinit(input_lines *lines);
/* The next line; *has_one false: there is none, or a signal asked to stop. */
kr_status input_lines_next(input_lines *lines, bool *has_one, kr_error *err);

#endif
