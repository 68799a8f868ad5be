/* SPDX-License-Identifier: MIT
 * man.c - man pages out of the tables: `krait man run > man/krait-run.1`; on a terminal they are
 * shown. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "framework/command.h"
#include "framework/sentence.h"
#include "framework/terminal.h"

/* ---- roff ------------------------------------------------------------------------------- */

/* Text so that roff prints it as it is; an empty line becomes a paragraph. */
static void print_roff(FILE *stream, const char *text) {
    bool is_line_start = true;
    for (const char *c = text; *c; c++) {
        if (*c == '\n' && c[1] == '\n') {
            fprintf(stream, "\n.PP\n");
            c++;
            is_line_start = true;
            continue;
        }
        if (is_line_start && (*c == '.' || *c == '\'')) fprintf(stream, "\\&");
        if (*c == '\\') {
            fprintf(stream, "\\e");
        } else {
            if (*c == '-') fputc('\\', stream);
            fputc(*c, stream);
        }
        is_line_start = *c == '\n';
    }
    fputc('\n', stream);
}

static void print_title(FILE *stream, const char *name, const char *summary) {
    char upper[64] = {0};
    for (size_t i = 0; name[i] && i < sizeof upper - 1; i++) {
        upper[i] = (char)toupper((unsigned char)name[i]);
    }
    fprintf(stream, ".TH %s 1 \"\" \"krait " KR_VERSION_STRING "\" \"User Commands\"\n.SH NAME\n",
            upper);
    fprintf(stream, "%s \\- %s\n", name, summary);
}

static bool is_other(const option *options, int count, const char *word) {
    for (int i = 0; i < count; i++) {
        if (strcmp(options[i].name, word) == 0) return true;
    }
    return false;
}

static void print_other_words(const option *options, int count, const option *o, FILE *stream) {
    const char *word = o->kind == OPTION_OLD ? NULL : option_other_word(o->name, 0);
    const char *before = "Also ";
    for (int i = 1; word; word = option_other_word(o->name, i++)) {
        if (is_other(options, count, word)) continue;
        fprintf(stream, "%s\\-\\-%s", before, word);
        before = ", ";
    }
    if (*before == ',') fputs(".\n", stream);
}

static void print_option(const option *options, int count, const option *o, FILE *stream) {
    char text[1024];
    fprintf(stream, ".TP\n");
    if (o->letter) fprintf(stream, "\\fB\\-%c\\fR, ", o->letter);
    fprintf(stream, "\\fB\\-\\-%s\\fR", o->name);
    if (o->kind == OPTION_VALUE) fprintf(stream, " \\fI%s\\fR", o->value_word);
    if (o->kind == OPTION_BOOL || o->kind == OPTION_OFF) fprintf(stream, " [\\fI0|1\\fR]");
    fputc('\n', stream);
    print_roff(stream, option_describe(o, text, sizeof text));
    print_other_words(options, count, o, stream);
}

static void print_options(const option *options, int count, FILE *stream) {
    const char *group = "";
    if (count > 0) fprintf(stream, ".SH OPTIONS\nIn names, _ and \\- are the same.\n");
    for (int i = 0; i < count; i++) {
        if (strcmp(group, options[i].group) != 0) fprintf(stream, ".SS %s\n", options[i].group);
        group = options[i].group;
        print_option(options, count, &options[i], stream);
    }
}

static void print_exit_status(FILE *stream) {
    fprintf(stream,
            ".SH EXIT STATUS\n"
            ".TP\n0\ndone\n"
            ".TP\n1\nit failed, or there was no memory for a figure, or SIGINT, SIGTERM or SIGHUP "
            "ended "
            "it; a sentence on standard error says why, and how to go on where that is possible\n"
            ".TP\n2\nit was asked for something impossible: a flag or a value is wrong, or "
            "values do not fit together\n"
            ".TP\nnone\nkrait itself crashed, and its signal ended it, which a shell shows as 128 "
            "and more; please report that\n");
}

void command_print_man(const command *self, FILE *stream) {
    char name[64];
    int count = 0;
    const option *options = command_options(self, &count);
    sentence_speak_for(self);
    snprintf(name, sizeof name, "krait-%s", self->name);
    print_title(stream, name, self->summary);
    fprintf(stream, ".SH SYNOPSIS\n.B krait %s\n", self->name);
    print_roff(stream, self->usage);
    fprintf(stream, ".SH DESCRIPTION\n");
    print_roff(stream, self->purpose);
    print_options(options, count, stream);
    for (const command_text *s = self->sections; s && s->title; s++) {
        fprintf(stream, ".SH %s\n", s->title);
        print_roff(stream, s->text);
    }
    print_exit_status(stream);
    fprintf(stream, ".SH EXAMPLES\n");
    for (const command_text *e = self->examples; e->title; e++) {
        fprintf(stream, ".TP\n");
        print_roff(stream, e->title);
        fprintf(stream, ".nf\n");
        print_roff(stream, e->text);
        fprintf(stream, ".fi\n");
    }
    fprintf(stream, ".SH SEE ALSO\n.BR krait (1)\n");
}

void command_print_man_overview(FILE *stream) {
    int count = 0;
    const command *const *commands = commands_all(&count);
    print_title(stream, "krait", "selective state\\-space models of time series");
    fprintf(stream,
            ".SH SYNOPSIS\n.B krait\n\\fICOMMAND\\fR [\\fB\\-\\-flag\\fR \\fIvalue\\fR]...\n"
            ".br\n.B krait \\-\\-version\n[\\fB\\-v\\fR]\n"
            ".SH DESCRIPTION\n"
            "krait trains forecasters of multivariate time series and next-step models of long "
            "series on the CPU, tests them, and lets them generate.\n"
            ".SH COMMANDS\n");
    for (int i = 0; i < count; i++) {
        fprintf(stream, ".TP\n.B %s\n", commands[i]->name);
        print_roff(stream, commands[i]->summary);
    }
    fprintf(
        stream,
        ".SH TEXTS OF FILES\n"
        "Names, metadata and whatever else comes from a file is shown and never obeyed: a new "
        "line as \\en, a tab as \\et, a carriage return as \\er, other control characters of "
        "ASCII and bytes that are no UTF\\-8 as \\ex1b, control characters of Unicode and marks "
        "that turn the direction of writing or cannot be seen as \\eu202e. In JSON they are "
        "escapes; in CSV files they stay, but a name that a spreadsheet would take for a "
        "formula, because it begins with = + \\- or @, has an apostrophe before it, which krait "
        "removes when it reads such a file.\n"
        ".SH ENVIRONMENT\n.TP\n.B KR_CPU\n"
        "v2, v3 or v4: use the code for this CPU level and not the best one.\n"
        "Results are the same, bit for bit, on one level only.\n"
        ".SH FILES\n"
        "A file is written beside its place, as NAME.krait\\-(16 digits).tmp, and renamed when "
        "it is complete; what a process that was killed left is removed by the next that "
        "writes the same file. Mode and owner of a file that was there stay, and one that may "
        "not be written is refused. A symbolic link stays; its target is replaced. Devices, "
        "pipes, sockets and /dev/stdout are written in place.\n");
    print_exit_status(stream);
    fprintf(stream, ".SH SEE ALSO\n");
    for (int i = 0; i < count; i++) {
        fprintf(stream, ".BR krait\\-%s (1)%s\n", commands[i]->name, i + 1 < count ? "," : "");
    }
}

/* ---- krait man -------------------------------------------------------------------------- */

/* shown NULL: the program. */
static void print_page(const command *shown, FILE *stream) {
    if (shown) {
        command_print_man(shown, stream);
    } else {
        command_print_man_overview(stream);
    }
}

static void print_help(const command *shown, FILE *stream) {
    if (shown) {
        command_print_help(shown, stream);
    } else {
        command_print_overview(stream);
    }
}

/* Become a program that shows what print prints. Returns where there is none. */
static void become(const char *name, const char *flag, const char *file, const command *shown,
                   void (*print)(const command *, FILE *)) {
    FILE *page = tmpfile();
    if (!page) return;
    print(shown, page);
    if (fflush(page) == 0 && !ferror(page) && lseek(fileno(page), 0, SEEK_SET) == 0 &&
        dup2(fileno(page), STDIN_FILENO) == STDIN_FILENO) {
        signal(SIGXFSZ, SIG_DFL); /* see program_begin() */
        execlp(name, name, flag, file, (char *)NULL);
    }
    fclose(page);
}

/* A person sees the formatted page; who has no man, the help, which says the same. */
static void show_page(const command *shown) {
    become("man", "-l", "-", shown, print_page);
    become("less", "-FRX", NULL, shown, print_help);
    print_help(shown, stdout);
}

static int run_man(const command *self, int argc, char **argv) {
    const command *shown = argc == 1 ? command_find(argv[0]) : NULL;
    if (argc > 1) return command_fail(self, KR_USAGE, "name one command");
    if (argc == 1 && !shown) return command_unknown("krait man", argv[0]);
    if (is_terminal(stdout)) {
        show_page(shown);
    } else {
        print_page(shown, stdout);
    }
    return EXIT_DONE;
}

static const command_text man_examples[] = {
    {"read the page of krait run", "krait man run"},
    {"read the page of the program", "krait man"},
    {"a page as a file", "krait man run > krait-run.1"},
    {NULL, NULL},
};

const command command_man = {
    .name = "man",
    .summary = "show the man page of a command",
    .usage = "[COMMAND]",
    .purpose =
        "Show the man page of a command, or of krait itself: on a terminal as man shows it (where "
        "there is no man, the help by less), elsewhere as roff on standard output.",
    .examples = man_examples,
    .main = run_man,
};
