/* SPDX-License-Identifier: MIT
 * completion.c - completion of commands, flags and values for bash, out of the tables. */
#include <stdio.h>
#include <string.h>

#include "framework/command.h"

static void print_choices(const char *choices) {
    for (; *choices; choices++) putchar(*choices == '|' ? ' ' : *choices);
}

/* What may follow --name: its choices, a folder, a file, or nothing we know. */
static void print_value_case(const command *c, const option *o) {
    bool is_dir = strcmp(o->value_word, "DIR") == 0, is_file = strcmp(o->value_word, "FILE") == 0;
    if (o->kind != OPTION_VALUE) return;
    printf("        %s:--%s", c->name, o->name);
    if (o->letter) printf(" | %s:-%c", c->name, o->letter);
    printf(")\n            ");
    if (*o->choices) {
        printf("COMPREPLY=($(compgen -W \"");
        print_choices(o->choices);
        printf("\" -- \"$word\"))");
    } else if (is_dir || is_file) {
        printf("COMPREPLY=($(compgen -%c -- \"$word\"))", is_dir ? 'd' : 'f');
    } else {
        printf("COMPREPLY=()");
    }
    printf("\n            return\n            ;;\n");
}

static void print_flags_case(const command *c) {
    int count = 0;
    const option *options = command_options(c, &count);
    printf("        %s) words=\"", c->name);
    for (int i = 0; i < count; i++) {
        if (options[i].kind != OPTION_OLD) printf("--%s ", options[i].name);
        if (*options[i].choices && option_negative(&options[i]))
            printf("--no_%s ", options[i].name);
    }
    printf("--help\" ;;\n");
}

static void print_bash(void) {
    int n_commands = 0;
    const command *const *commands = commands_all(&n_commands);
    printf(
        "# Completion of krait for bash. Load it with: source <(krait completion bash)\n"
        "_krait() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
        "    local command=${COMP_WORDS[1]}\n"
        "    if ((COMP_CWORD == 1)) || [[ $command == help || $command == man ]]; then\n"
        "        COMPREPLY=($(compgen -W \"");
    for (int i = 0; i < n_commands; i++) printf("%s ", commands[i]->name);
    printf(
        "--help --version\" -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case $command:$before in\n");
    for (int i = 0; i < n_commands; i++) {
        int count = 0;
        const option *options = command_options(commands[i], &count);
        for (int j = 0; j < count; j++) print_value_case(commands[i], &options[j]);
    }
    printf("    esac\n    case $command in\n");
    for (int i = 0; i < n_commands; i++) print_flags_case(commands[i]);
    printf(
        "    esac\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
        "}\n"
        "complete -F _krait krait\n");
}

/* ---- krait completion ------------------------------------------------------------------- */

static int run_completion(const command *self, int argc, char **argv) {
    if (argc != 1 || strcmp(argv[0], "bash") != 0) {
        return command_fail(self, KR_USAGE, "name the shell: krait completion bash");
    }
    print_bash();
    return EXIT_DONE;
}

static const command_text completion_examples[] = {
    {"in this shell", "source <(krait completion bash)"},
    {"in every new shell", "echo 'source <(krait completion bash)' >> ~/.bashrc"},
    {NULL, NULL},
};

const command command_completion = {
    .name = "completion",
    .summary = "print a script that completes flags in the shell",
    .usage = "bash",
    .purpose = "Print a script that makes the Tab key complete commands, flags and values in bash.",
    .examples = completion_examples,
    .main = run_completion,
};
