/* SPDX-License-Identifier: MIT
 * drawing.h - figures, drawn where their end is not that of the command. */
#ifndef KRAIT_DRAWING_H
#define KRAIT_DRAWING_H

#include <kr/base.h>

#include "framework/child.h"

/* The libraries that draw crash when they get no memory. So figures are drawn, and their files
 * written, in a child process; where none can be started, in this one. For want of memory the
 * command loses its figures and nothing else: draw_apart() says so on stderr and is KR_OK; the exit
 * code will tell that something is missing. Any other error of draw is its own.
 *
 * What draw leaves in memory is lost. Give it all figures of a command at once: each child looks
 * for the fonts anew. */
typedef kr_status (*draw_fn)(const void *arg, kr_error *err);
kr_status draw_apart(draw_fn draw, const void *arg, kr_error *err);

/* Does the ending of a name say a kind of figure? Asked before the work; KR_USAGE. */
kr_status draw_check_name(const char *path, kr_error *err);

/* Are figures missing? Then the exit code is 1. */
bool draw_has_failed(void);

/* A file that is a figure, or has some: KR_MEMORY where draw_apart() would go on. result (n_bytes)
 * comes back, as from child_run(). */
kr_status draw_in_child(child_fn draw, void *arg, void *result, size_t n_bytes, kr_error *err);

#endif
