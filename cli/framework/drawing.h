/* SPDX-License-Identifier: MIT
 * drawing.h - figures, drawn where their end is not that of the command. */
#ifndef KRAIT_DRAWING_H
#define KRAIT_DRAWING_H

#include <kr/base.h>

/* The libraries that draw crash when they get no memory. So figures are drawn, and their files
 * written, in a child process (framework/child.h); where none can be started, in this one. For want
 * of memory the command loses its figures and nothing else: draw_apart() says so on stderr and is
 * KR_OK; the exit code will tell that something is missing. Any other error of draw is its own.
 *
 * What draw leaves in memory is lost. Give it all figures of a command at once: each child looks
 * for the fonts anew. */
typedef kr_status (*draw_fn)(const void *arg, kr_error *err);
kr_status draw_apart(draw_fn draw, const void *arg, kr_error *err);

/* Are figures missing? Then the exit code is 1. */
bool draw_has_failed(void);

#endif
