/* SPDX-License-Identifier: MIT
 * options.h - options of a subcommand as data: the parser, the help, the man page and the
 * completion are made from the same rows. */
#ifndef KRAIT_OPTIONS_H
#define KRAIT_OPTIONS_H

#include <stdio.h>

#include <kr/base.h>

typedef enum option_kind {
    OPTION_VALUE,  /* --name VALUE or --name=VALUE */
    OPTION_SWITCH, /* --name */
    OPTION_BOOL,   /* --name, --name 0, --name=false, .. */
    OPTION_OFF,    /* the same; bare means 0 */
    OPTION_OLD     /* accepted, without effect */
} option_kind;

typedef struct option {
    option_kind kind;
    char letter;            /* -o; 0: none */
    int n_old_values;       /* OPTION_OLD: 0, 1, or 2 for one or more */
    const char *group;      /* heading in the help */
    const char *name;       /* with _ */
    const char *value_word; /* what the help calls the value: N, FILE, DIR, .. */
    const char *default_text;
    const char *choices; /* "a|b", or "" */
    const char *help;    /* OPTION_OLD: why it has no effect */
} option;

/* Rows of a command's own flags. */
#define SWITCH_OPTION(group, name, help)                                                           \
    { OPTION_SWITCH, 0, 0, group, name, "", "", "", help }
#define QUIET_OPTION(help)                                                                         \
    { OPTION_SWITCH, 'q', 0, "output", "quiet", "", "", "", help }
#define JSON_OPTION(what)                                                                          \
    SWITCH_OPTION("output", "json", "print " what " on standard output, all else on standard error")

/* Of every command that reads files which may be packed; command_main() sees to it. */
#define UNPACK_OPTION                                                                              \
    {                                                                                              \
        OPTION_VALUE, 0, 0, "input", "max_unpacked", "SIZE", "64M, or 64 times what is packed",    \
            "",                                                                                    \
            "unpack .npz, .pth and .gz to this size, as 8G, 500M or bytes: a small file must not " \
            "take all memory unasked"                                                              \
    }

/* Other words for the flag `name`: programs whose flags krait has taken over call one idea by
 * several names. A command shows the one that its own program has, and takes all. The i-th, or
 * NULL; a command that has a flag of that name means that one. */
const char *option_other_word(const char *name, int i);

/* The value that --no_NAME stands for: 0 of a yes or no, "no" or "off" where that is a choice, so
 * that --no_header is --header no. NULL: there is no such flag. */
const char *option_negative(const option *o);

/* One word of the command line, understood. option NULL: a word that is no flag. text is NULL for
 * OPTION_SWITCH, and for an OPTION_OLD without a value; values of one OPTION_OLD come one by one.
 */
typedef kr_status (*option_fn)(void *arg, const option *option, const char *text, kr_error *err);

/* Calls set for every flag of argv[0..argc-1], in order. KR_USAGE with a sentence that names the
 * flag on the first that is unknown or lacks its value, or what set returns. */
kr_status options_parse(const option *options, int count, int argc, char **argv, option_fn set,
                        void *arg, kr_error *err);

#endif
