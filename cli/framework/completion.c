/* SPDX-License-Identifier: MIT
 * completion.c - krait completion: commands, flags and values for a shell, out of the tables. */
#include "framework/completion.h"

#include <stdio.h>
#include <string.h>

#include "framework/sentence.h"

/* ---- what all shells offer ---------------------------------------------------------------- */

bool completion_takes_value(const option *o) { return o->kind == OPTION_VALUE; }

completion_kind completion_of_value(const option *o) {
    const char *word = o->value_word;
    if (*o->choices) return COMPLETES_CHOICES;
    if (strcmp(word, "DIR") == 0) return COMPLETES_FOLDERS;
    return strcmp(word, "FILE") == 0 || strcmp(word, "PATH") == 0 ? COMPLETES_FILES
                                                                  : COMPLETES_NOTHING;
}

/* A command without settings says in its usage what its word is. */
completion_kind completion_of_words(const command *c, const char **choices) {
    *choices = "";
    if (c->settings) return c->settings->n_words > 0 ? COMPLETES_FILES : COMPLETES_NOTHING;
    if (strcmp(c->usage, "[COMMAND]") == 0) return COMPLETES_COMMANDS;
    *choices = c->usage;
    return COMPLETES_CHOICES;
}

void completion_print_choices(const char *choices) {
    for (; *choices; choices++) putchar(*choices == '|' ? ' ' : *choices);
}

void completion_print_quoted(const char *help, const char *special, const char *quote) {
    char text[1024];
    snprintf(text, sizeof text, "%s", help);
    for (const char *c = sentence_name_flags(text, sizeof text); *c; c++) {
        if (strchr(special, *c)) putchar('\\');
        if (*c == '\'') {
            printf("%s", quote);
        } else {
            putchar(*c);
        }
    }
}

/* ---- krait completion ------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
enum { N_SHELLS = sizeof shells / sizeof shells[0] };

static int run_completion(const command *self, int argc, char **argv) {
    for (int i = 0; i < N_SHELLS && argc == 1; i++) {
        if (strcmp(argv[0], shells[i].name) != 0) continue;
        shells[i].print();
        return EXIT_DONE;
    }
    return command_fail(self, KR_USAGE, "name the shell: krait completion bash, zsh or fish");
}

static const command_text completion_examples[] = {
    {"in this shell", "source <(krait completion bash)"},
    {"in every new shell", "echo 'source <(krait completion bash)' >> ~/.bashrc"},
    {"in every new zsh", "echo 'source <(krait completion zsh)' >> ~/.zshrc"},
    {"in every new fish", "krait completion fish > ~/.config/fish/completions/krait.fish"},
    {NULL, NULL},
};

const command command_completion = {
    .name = "completion",
    .summary = "print a script that completes flags in the shell",
    .usage = "bash|zsh|fish",
    .purpose =
        "Print a script that makes the Tab key complete commands, flags, values and files "
        "in bash, zsh or fish. make install puts all three where the shells look for them.",
    .examples = completion_examples,
    .main = run_completion,
};
