/* SPDX-License-Identifier: MIT
 * terminal.c - is somebody watching? */
#define _GNU_SOURCE
#include "framework/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

bool is_terminal(FILE *stream) { return isatty(fileno(stream)) == 1; }

int terminal_width(FILE *stream) {
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}
