/* SPDX-License-Identifier: MIT
 * command_flags.h - the flags of a command that trains or computes: a table of settings
 * (core/flags.h), flags of the command itself, and flags of the original without effect. */
#ifndef KRAIT_COMMAND_FLAGS_H
#define KRAIT_COMMAND_FLAGS_H

#include "core/flags.h"
#include "framework/options.h"

enum { SETTINGS_MAX = 192, SETTINGS_OLD_MAX = 64, SETTINGS_OLD_TEXT = 64 };

/* Of a command whose files go to several places, or to the current folder, unless told otherwise.
 * Its `places`, where they are not given themselves, are then below this folder. */
#define OUT_DIR_OPTION                                                                             \
    {                                                                                              \
        OPTION_VALUE, 0, 0, "files", "out_dir", "DIR", "", "",                                     \
            "folder of everything that is written and is given no other place"                     \
    }

/* What a command has. The rest is filled by settings_options(). */
typedef struct settings {
    const char *command;                   /* "run" */
    const kr_flag_table *(*flags)(void);   /* or NULL */
    const kr_old_flag *(*old)(int *count); /* or NULL */
    const option *own;                     /* shown after the settings of the same group */
    int n_own;
    void (*prepare)(void);     /* own, before it is looked at; or NULL */
    const char *short_o;       /* the setting that -o stands for, or NULL */
    int n_words;               /* words that are no flags: at most so many */
    const char *words_hint;    /* what to do where there are more; NULL: "flags start with --" */
    const char *data_setting;  /* the setting that the first word stands for, or NULL */
    const char *const *places; /* the settings that --out_dir moves, of OUT_DIR_OPTION; NULL ends */

    option options[SETTINGS_MAX];
    int n_options;
} settings;

const option *settings_options(settings *s, int *count);

/* What a command line gave, in order. Free with settings_given_deinit, also after a failure. */
typedef struct settings_given {
    settings *settings;
    const option **options; /* settings and own flags */
    const char **texts;     /* NULL for a switch */
    int n;
    const char **words;
    int n_words;
    bool was_old_used[SETTINGS_OLD_MAX];
    char old_values[SETTINGS_OLD_MAX][SETTINGS_OLD_TEXT]; /* "" when none was given */
    char *command_line;                                   /* to be pasted into a shell */
} settings_given;

kr_status settings_parse(settings *s, int argc, char **argv, settings_given *given, kr_error *err);
void settings_given_deinit(settings_given *given);

/* "krait COMMAND words .." to be pasted into a shell; free with kr_free. NULL: no memory. */
char *settings_command_line(const char *command, int argc, const char *const *argv);

/* The value of an own flag, "" for a switch; NULL when it was not given. */
const char *settings_own(const settings_given *given, const char *name);
/* Was setting `name` given? */
bool settings_has(const settings_given *given, const char *name);
/* The given settings into a structure of the table, in their order, and the first word; the places
 * that --out_dir moves. */
kr_status settings_apply(const settings_given *given, void *config, kr_error *err);

#endif
