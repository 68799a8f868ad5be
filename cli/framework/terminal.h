/* SPDX-License-Identifier: MIT
 * terminal.h - is somebody watching? */
#ifndef KRAIT_TERMINAL_H
#define KRAIT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Does stream lead to a person? */
bool is_terminal(FILE *stream);
/* Its width in columns, 80 when unknown. */
int terminal_width(FILE *stream);

#endif
