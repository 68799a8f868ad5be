/* SPDX-License-Identifier: MIT
 * completion.h - what the Tab key may offer: the same for all shells, each of which is a file and a
 * row in completion.c. Their scripts are texts of our own, made from the tables. */
#ifndef KRAIT_COMPLETION_H
#define KRAIT_COMPLETION_H

#include "framework/command.h"

/* What may stand in a place of the command line. */
typedef enum completion_kind {
    COMPLETES_NOTHING, /* that we know */
    COMPLETES_CHOICES, /* one of "a|b" */
    COMPLETES_COMMANDS,
    COMPLETES_FOLDERS,
    COMPLETES_FILES
} completion_kind;

/* Behind a flag. A switch, and a flag whose value may be left out, take no word. */
bool completion_takes_value(const option *o);
completion_kind completion_of_value(const option *o);
/* In place of the words that are no flags; *choices: "a|b", or "". */
completion_kind completion_of_words(const command *c, const char **choices);

/* "a|b|c" as "a b c". */
void completion_print_choices(const char *choices);
/* help inside '..', with a backslash before each character of special, and quote for a '. */
void completion_print_quoted(const char *help, const char *special, const char *quote);

/* Each to standard output, for all commands. */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

#endif
