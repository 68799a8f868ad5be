/* SPDX-License-Identifier: MIT
 * progress.h - one line on a terminal that shows how far a job is.
 *
 *     epoch 3/10 [==========>             ]  412/2131  loss 0.38712  29.1/s  0:59 left
 *
 * Drawn at most ten times a second; what does not fit the terminal's width is left out, the bar
 * first. Nothing is ever drawn to a stream that is no terminal. Not thread-safe. */
#ifndef KRAIT_PROGRESS_H
#define KRAIT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/platform.h"

enum { PROGRESS_LABEL = 64 };

typedef struct progress_line {
    FILE *stream; /* NULL: draws nothing */
    char label[PROGRESS_LABEL];
    int64_t first, done, total;
    double started, drawn; /* kr__time_now() */
    bool is_visible;       /* the line is on the screen */
} progress_line;

/* Start (or start over) where done of total were finished before. stream may be NULL. */
void progress_start(progress_line *progress, FILE *stream, const char *label, int64_t done,
                    int64_t total);
/* done of total; note ("loss 0.38712") may be NULL. */
void progress_update(progress_line *progress, int64_t done, const char *note);
/* Take the line off the screen, so that other text can be printed; the next update draws again. */
void progress_clear(progress_line *progress);

/* The line itself, at most width columns. per_second is the speed, 0 when unknown; label and note
 * are counted as one column a byte. Returns text. */
const char *progress_format(const char *label, int64_t done, int64_t total, double per_second,
                            const char *note, int width, char *text, size_t size);

/* "0:59", "1:02:03", "12 days". Returns text. */
const char *duration_text(double seconds, char *text, size_t size);

#endif
