/* SPDX-License-Identifier: MIT
 * log.c - one callback, one line at a time. */
#include <kr/log.h>

#include <stdarg.h>
#include <stdio.h>

static kr_log_fn log_fn;
static void *log_arg;

void kr_log_set(kr_log_fn fn, void *arg) {
    log_fn = fn;
    log_arg = arg;
}

void kr_log(kr_log_level level, const char *format, ...) {
    if (!log_fn) return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
#pragma omp critical(kr_log)
    log_fn(log_arg, level, line);
}
