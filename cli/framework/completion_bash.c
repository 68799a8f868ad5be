/* SPDX-License-Identifier: MIT
 * completion_bash.c - the completion for bash. */
#include <stdio.h>

#include "framework/completion.h"

static void print_commands(void) {
    int n = 0;
    const command *const *commands = commands_all(&n);
    for (int i = 0; i < n; i++) printf("%s ", commands[i]->name);
}

/* One word for a line, so that names of files keep their blanks. */
static void print_offer(completion_kind kind, const char *choices) {
    switch (kind) {
        case COMPLETES_NOTHING:
            printf("COMPREPLY=()");
            return;
        case COMPLETES_CHOICES:
            printf("_krait_words \"");
            completion_print_choices(choices);
            printf("\"");
            return;
        case COMPLETES_COMMANDS:
            printf("_krait_words \"");
            print_commands();
            printf("\"");
            return;
        case COMPLETES_FOLDERS:
            printf("_krait_files -d");
            return;
        case COMPLETES_FILES:
            printf("_krait_files -f");
            return;
    }
}

static void print_value_case(const command *c, const option *o) {
    if (!completion_takes_value(o)) return;
    printf("        %s:--%s", c->name, o->name);
    if (o->letter) printf(" | %s:-%c", c->name, o->letter);
    printf(") ");
    print_offer(completion_of_value(o), o->choices);
    printf("; return ;;\n");
}

static void print_flags_case(const command *c) {
    int count = 0;
    const option *options = command_options(c, &count);
    printf("        %s) flags=\"", c->name);
    for (int i = 0; i < count; i++) {
        if (options[i].kind != OPTION_OLD) printf("--%s ", options[i].name);
        if (*options[i].choices && option_negative(&options[i]))
            printf("--no_%s ", options[i].name);
    }
    printf("--help\" ;;\n");
}

static void print_words_case(const command *c) {
    const char *choices;
    completion_kind kind = completion_of_words(c, &choices);
    if (kind == COMPLETES_NOTHING) return;
    printf("        %s) ", c->name);
    print_offer(kind, choices);
    printf(" ;;\n");
}

/* Flags are offered as they are being typed: in names, _ and - are the same. */
static const char helpers[] =
    "# Completion of krait for bash. Load it with: source <(krait completion bash)\n"
    "_krait_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\"); }\n"
    "_krait_files() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$word\")\n"
    "}\n"
    "_krait() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flags=\n"
    "    local command=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    if [[ $before == --?* ]]; then before=${before:2}; before=--${before//-/_}; fi\n";

void completion_bash(void) {
    int n_commands = 0;
    const command *const *commands = commands_all(&n_commands);
    printf("%s", helpers);
    printf("    if ((COMP_CWORD == 1)); then\n        _krait_words \"");
    print_commands();
    printf("--help --version\"\n        return\n    fi\n    case $command:$before in\n");
    for (int i = 0; i < n_commands; i++) {
        int count = 0;
        const option *options = command_options(commands[i], &count);
        for (int j = 0; j < count; j++) print_value_case(commands[i], &options[j]);
    }
    printf("    esac\n    case $command in\n");
    for (int i = 0; i < n_commands; i++) print_flags_case(commands[i]);
    printf(
        "    esac\n"
        "    if [[ $word == --*-* ]]; then flags=${flags//_/-}; fi\n"
        "    if [[ $word == -* ]]; then _krait_words \"$flags\"; return; fi\n"
        "    case $command in\n");
    for (int i = 0; i < n_commands; i++) print_words_case(commands[i]);
    printf(
        "        *) _krait_words \"$flags\" ;;\n"
        "    esac\n"
        "}\n"
        "complete -F _krait krait\n");
}
