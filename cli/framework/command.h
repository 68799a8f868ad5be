/* SPDX-License-Identifier: MIT
 * command.h - a subcommand: a row in commands.inc, described well enough for its help, its man
 * page and its completion. */
#ifndef KRAIT_COMMAND_H
#define KRAIT_COMMAND_H

#include "framework/options.h"

/* Exit codes: also in every man page. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct command_text {
    const char *title, *text;
} command_text;

typedef struct command {
    const char *name;
    const char *summary; /* one line of the overview, no full stop */
    const char *usage;   /* after "krait name " */
    const char *purpose; /* a few sentences; an empty line starts a paragraph */
    const option *(*options)(int *count);
    const command_text *examples; /* title: what it shows, text: a line to paste; ends with NULL */
    const command_text *sections; /* of the man page: FILES, ..; ends with NULL; or NULL */
    int (*main)(const struct command *self, int argc, char **argv); /* without the name */
} command;

/* command_run, command_synth, .. */
#define COMMAND(name) extern const command command_##name;
#include "commands.inc"
#undef COMMAND

/* The table of commands.inc. */
const command *const *commands_all(int *count);
const command *command_find(const char *name);

/* "krait NAME: sentence" on stderr; gives the exit code of status. */
int command_fail(const command *self, kr_status status, const char *sentence);
/* An unknown subcommand: the sentence with a guess; gives EXIT_USAGE. */
int command_unknown(const char *prefix, const char *name);

void command_print_help(const command *self, FILE *stream);
void command_print_overview(FILE *stream);
void command_print_man(const command *self, FILE *stream);
void command_print_man_overview(FILE *stream);
void version_print(bool is_verbose, FILE *stream);

/* For rows of fixed text: words until width, then a new line of indent blanks. Returns the column.
 * Starts at column. */
int print_wrapped(FILE *stream, const char *text, int column, int indent, int width);
/* "help (a, b, c; default x)" into text. */
const char *option_describe(const option *o, char *text, size_t size);

#endif
