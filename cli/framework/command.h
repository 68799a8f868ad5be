/* SPDX-License-Identifier: MIT
 * command.h - a subcommand: a row in commands.inc, described well enough for its help, its man
 * page and its completion, and for command_main(), which does what all of them do alike. */
#ifndef KRAIT_COMMAND_H
#define KRAIT_COMMAND_H

#include <kr/plot.h>
#include <kr/team.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/command_flags.h"
#include "framework/unused_flags.h"

/* Exit codes: also in every man page. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct command_text {
    const char *title, *text;
} command_text;

/* How a command computes. */
typedef enum command_computes {
    COMPUTES_NOT,
    COMPUTES_ALONE, /* with the code for this CPU, on no team of its own */
    COMPUTES        /* on a team of --threads */
} command_computes;

typedef struct command {
    const char *name;
    const char *summary;          /* one line of the overview, no full stop */
    const char *usage;            /* after "krait name " */
    const char *purpose;          /* some sentences; an empty line starts a paragraph */
    settings *settings;           /* its flags; NULL: none */
    const command_text *examples; /* title: what it shows, text: a line to paste; ends with NULL */
    const command_text *sections; /* of the man page: FILES, ..; ends with NULL; or NULL */

    /* For command_main(): the request is a struct that begins with a command_call, and holds the
     * structure of the settings' table, if there is one, at config. */
    size_t request_size, config;
    command_computes computes;
    bool
        catches_signals; /* run keeps what is done when it is asked to stop; or it says so itself */
    bool trains_on_ranks; /* of an MPI launcher, too: framework/launched_ranks.h */
    /* In this order; each but run may be NULL. before_settings: what given settings win over. read:
     * own flags, and what does not go together. log hears the team, flags named as such, once run
     * has set call.log_arg. */
    kr_status (*before_settings)(void *request, kr_error *err);
    kr_status (*read)(void *request, kr_error *err);
    kr_status (*run)(void *request, kr_error *err);
    void (*list_unused)(const void *request,
                        unused_flags *unused); /* flags without effect; or NULL */
    void (*log)(void *log_arg, kr_log_level level, const char *line);

    int (*main)(const struct command *self, int argc, char **argv); /* in place of all these */
} command;

/* What all requests begin with. Flags that a command does not have count as not given. */
typedef struct command_call {
    const command *self;
    settings_given given;
    bool is_quiet, is_json;
    bool has_figures;     /* no --no_figures */
    kr_palette palette;   /* --palette */
    FILE *words;          /* for people: standard output, or with --json standard error */
    FILE *out;            /* the same; NULL with --quiet */
    double started;       /* kr__time_now() */
    bool is_done;         /* set by before_settings, read: nothing is left to do */
    void *log_arg;        /* set by run */
    char last_heard[256]; /* beginning of the last note that was printed */
    char *json;           /* set by run, of kr__calloc(): for standard output after success */
} command_call;

/* The words of the command line, without the name: reads the request, starts the team, works, says
 * what went wrong. Returns the exit code. */
int command_main(const command *self, int argc, char **argv);

/* command_run, command_synth, .. */
#define COMMAND(name) extern const command command_##name;
#include "commands.inc"
#undef COMMAND

/* command_list.c: the table of commands.inc. */
const command *const *commands_all(int *count);
const command *command_find(const char *name);
const option *command_options(const command *self, int *count);

/* An unknown subcommand: the sentence with a guess; gives EXIT_USAGE. */
int command_unknown(const char *prefix, const char *name);

/* command_main.c: "krait NAME: sentence" on stderr; gives the exit code of status. */
int command_fail(const command *self, kr_status status, const char *sentence);
/* Asked before the work: can all these files be written? "" and "-", standard output, are none. */
kr_status command_probe(const char *const *paths, int n, kr_error *err);

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
