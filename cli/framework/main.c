/* SPDX-License-Identifier: MIT
 * main.c - the program: which command is meant, and its exit code. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "framework/command.h"
#include "framework/sentence.h"

static const command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands.inc"
#undef COMMAND
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

const command *const *commands_all(int *count) {
    *count = N_COMMANDS;
    return commands;
}

const command *command_find(const char *name) {
    for (int i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    }
    return NULL;
}

const option *command_options(const command *self, int *count) {
    *count = 0;
    return self->settings ? settings_options(self->settings, count) : NULL;
}

int command_unknown(const char *prefix, const char *name) {
    kr_guess guess = {.word = name};
    for (int i = 0; i < N_COMMANDS; i++) {
        kr_guess_offer(&guess, commands[i]->name, strlen(commands[i]->name));
    }
    fprintf(stderr, "%s: there is no command \"%.80s\"; ", prefix, name);
    if (guess.best) {
        fprintf(stderr, "did you mean %s?\n", guess.best);
    } else {
        fprintf(stderr, "krait --help lists all\n");
    }
    return EXIT_USAGE;
}

int command_fail(const command *self, kr_status status, const char *sentence) {
    char text[SENTENCE];
    fprintf(stderr, "krait %s: %s\n", self->name, sentence_of(sentence, text));
    return status == KR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static bool is_one_of(const char *word, const char *a, const char *b) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (is_one_of(argv[i], "--help", "-h")) return true;
    }
    return false;
}

static int run_command(int argc, char **argv) {
    if (argc < 2) {
        command_print_overview(stderr);
        return EXIT_USAGE;
    }
    if (is_one_of(argv[1], "--help", "-h")) {
        command_print_overview(stdout);
        return EXIT_DONE;
    }
    if (is_one_of(argv[1], "--version", "-V")) {
        version_print(argc > 2 && is_one_of(argv[2], "-v", "--verbose"), stdout);
        return EXIT_DONE;
    }
    const command *found = command_find(argv[1]);
    if (!found) return command_unknown("krait", argv[1]);
    if (asks_for_help(argc - 2, argv + 2)) {
        command_print_help(found, stdout);
        return EXIT_DONE;
    }
    return found->main ? found->main(found, argc - 2, argv + 2)
                       : command_main(found, argc - 2, argv + 2);
}

int main(int argc, char **argv) {
    int code = run_command(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    fprintf(stderr, "krait: standard output: cannot write all of it\n");
    return code == EXIT_DONE ? EXIT_FAILED : code;
}
