/* SPDX-License-Identifier: MIT
 * command_list.c - all commands, and the one that a word means. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "framework/command.h"
#include "framework/say.h"

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
        kr__guess_offer(&guess, commands[i]->name, strlen(commands[i]->name));
    }
    say(stderr, "%s: there is no command \"%.80s\"; ", prefix, name);
    if (guess.best) {
        say(stderr, "did you mean %s?\n", guess.best);
    } else {
        fprintf(stderr, "krait --help lists all\n");
    }
    return EXIT_USAGE;
}
