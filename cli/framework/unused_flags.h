/* SPDX-License-Identifier: MIT
 * unused_flags.h - flags of a command line that change nothing: those that are accepted for scripts
 * of an original, and those that do not go with the others. They are said, once. */
#ifndef KRAIT_UNUSED_FLAGS_H
#define KRAIT_UNUSED_FLAGS_H

#include "framework/command_flags.h"

enum { UNUSED_MOST = 128, UNUSED_NAME = 80, UNUSED_WHY = 128 };

typedef struct unused_flags {
    int n;
    struct {
        char name[UNUSED_NAME]; /* "--gpu" */
        char why[UNUSED_WHY];   /* "krait computes on the CPU"; settings in backquotes */
    } flags[UNUSED_MOST];
} unused_flags;

/* Each name once. */
void unused_flags_add(unused_flags *unused, const char *name, const char *why);
/* The given flags of the command's table for which is_unused(arg, name, why) is true. */
typedef bool (*unused_fn)(const void *arg, const char *name, char why[UNUSED_WHY]);
void unused_flags_add_given(unused_flags *unused, const settings_given *given, unused_fn is_unused,
                            const void *arg);
/* A line on standard error for each reason. */
void unused_flags_print(const unused_flags *unused, const char *speaker);

#endif
