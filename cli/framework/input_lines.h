/* SPDX-License-Identifier: MIT
 * input_lines.h - standard input, line by line, and what is said to each. */
#ifndef KRAIT_INPUT_LINES_H
#define KRAIT_INPUT_LINES_H

#include <kr/base.h>

/* All zero to start with. */
typedef struct input_lines {
    int64_t n;   /* lines so far */
    size_t size; /* bytes of the last one, without its end */
    char *line;  /* and the line, zero behind it */
    size_t capacity;

    char bytes[4096]; /* that were read together: [at, end) are not yet in a line */
    size_t at, end;
    bool is_over;
} input_lines;

void input_lines_deinit(input_lines *lines);
/* The next line; *has_one false: there is none, or a signal asked to stop, which ends the wait. */
kr_status input_lines_next(input_lines *lines, bool *has_one, kr_error *err);

/* What was printed for a line goes out. */
kr_status output_lines_flush(kr_error *err);

#endif
