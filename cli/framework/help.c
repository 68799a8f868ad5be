/* SPDX-License-Identifier: MIT
 * help.c - the help of the program and of a subcommand. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "framework/command.h"
#include "framework/sentence.h"

enum { WIDTH = 100, NAME_COLUMN = 29 };

int print_wrapped(FILE *stream, const char *text, int column, int indent, int width) {
    while (*text) {
        if (*text == '\n') {
            fputc('\n', stream);
            column = 0;
            text++;
            continue;
        }
        text += strspn(text, " ");
        int n = (int)strcspn(text, " \n");
        if (column > indent && column + 1 + n > width) {
            fputc('\n', stream);
            column = 0;
        }
        if (column < indent) {
            column += fprintf(stream, "%*s", indent - column, "");
        } else if (column > indent && n > 0) {
            column += fprintf(stream, " ");
        }
        column += fprintf(stream, "%.*s", n, text);
        text += n;
    }
    return column;
}

static size_t append(char *text, size_t size, size_t used, const char *more, size_t n) {
    if (used + n + 1 > size) n = size - used - 1;
    memcpy(text + used, more, n);
    text[used + n] = '\0';
    return used + n;
}

const char *option_describe(const option *o, char *text, size_t size) {
    size_t used = append(text, size, 0, o->help, strlen(o->help));
    const char *before = " (";
    for (const char *c = o->choices; *c; c += *c == '|') {
        size_t n = strcspn(c, "|");
        used = append(text, size, used, before, 2);
        used = append(text, size, used, c, n);
        before = ", ";
        c += n;
    }
    if (*o->default_text) {
        used = append(text, size, used, *o->choices ? "; " : " (", 2);
        used = append(text, size, used, "default ", 8);
        used = append(text, size, used, o->default_text, strlen(o->default_text));
    }
    if (*o->choices || *o->default_text) append(text, size, used, ")", 1);
    return sentence_name_flags(text, size);
}

static void print_option(const option *o, FILE *stream) {
    char text[1024];
    int column = fprintf(stream, "  ");
    if (o->letter) column += fprintf(stream, "-%c, ", o->letter);
    column += fprintf(stream, "--%s", o->name);
    if (o->kind == OPTION_VALUE) column += fprintf(stream, " %s", o->value_word);
    if (o->kind == OPTION_BOOL || o->kind == OPTION_OFF) column += fprintf(stream, " [0|1]");
    if (column > NAME_COLUMN - 2) {
        fputc('\n', stream);
        column = 0;
    }
    print_wrapped(stream, option_describe(o, text, sizeof text), column, NAME_COLUMN, WIDTH);
    fputc('\n', stream);
}

static void print_old(const option *options, int count, FILE *stream) {
    int column = 0;
    for (int i = 0; i < count; i++) {
        if (options[i].kind != OPTION_OLD) continue;
        if (column == 0)
            fprintf(stream, "\naccepted for scripts of the original, without effect\n");
        char word[80];
        snprintf(word, sizeof word, "--%s", options[i].name);
        column = print_wrapped(stream, word, column, 2, WIDTH);
    }
    if (column > 0) fputc('\n', stream);
}

void command_print_help(const command *self, FILE *stream) {
    int count = 0;
    const option *options = command_options(self, &count);
    sentence_speak_for(self);
    print_wrapped(stream, self->purpose, 0, 0, WIDTH);
    fprintf(stream, "\n\nusage: krait %s %s\n", self->name, self->usage);
    const char *group = "";
    for (int i = 0; i < count; i++) {
        if (options[i].kind == OPTION_OLD) continue;
        if (strcmp(group, options[i].group) != 0) fprintf(stream, "\n%s\n", options[i].group);
        group = options[i].group;
        print_option(&options[i], stream);
    }
    print_old(options, count, stream);
    fprintf(stream, "\nexamples\n");
    for (const command_text *e = self->examples; e->title; e++) {
        fprintf(stream, "  %s\n    %s\n", e->title, e->text);
    }
}

void command_print_overview(FILE *stream) {
    int count = 0;
    const command *const *commands = commands_all(&count);
    fprintf(stream,
            "krait trains, runs and looks inside selective state-space models of time series.\n\n"
            "usage: krait COMMAND [--flag value]...\n\ncommands\n");
    for (int i = 0; i < count; i++) {
        fprintf(stream, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(stream,
            "\nkrait COMMAND --help     its flags and examples\n"
            "krait --version [-v]     version [of the libraries too]\n");
}

/* ---- krait help ------------------------------------------------------------------------- */

static int run_help(const command *self, int argc, char **argv) {
    if (argc == 0) {
        command_print_overview(stdout);
        return EXIT_DONE;
    }
    if (argc > 1) return command_fail(self, KR_USAGE, "name one command");
    const command *found = command_find(argv[0]);
    if (!found) return command_unknown("krait help", argv[0]);
    command_print_help(found, stdout);
    return EXIT_DONE;
}

static const command_text help_examples[] = {
    {"the flags of krait run", "krait help run"},
    {"all commands", "krait help"},
    {NULL, NULL},
};

const command command_help = {
    .name = "help",
    .summary = "show the flags of a command",
    .usage = "[COMMAND]",
    .purpose = "Show what a command does, its flags and examples.",
    .examples = help_examples,
    .main = run_help,
};
