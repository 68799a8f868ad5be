/* SPDX-License-Identifier: MIT
 * completion_zsh.c - the completion for zsh: each command is a call of _arguments. */
#include <stdio.h>

#include "framework/completion.h"
#include "framework/sentence.h"

/* Between [ and ], inside '..'. */
static void print_help(const char *help) { completion_print_quoted(help, "[]:\\", "'\\''"); }

static void print_action(completion_kind kind, const char *choices) {
    switch (kind) {
        case COMPLETES_NOTHING:
            printf(" ");
            return;
        case COMPLETES_CHOICES:
            printf("(");
            completion_print_choices(choices);
            printf(")");
            return;
        case COMPLETES_COMMANDS:
            printf("_krait_commands");
            return;
        case COMPLETES_FOLDERS:
            printf("_files -/");
            return;
        case COMPLETES_FILES:
            printf("_files");
            return;
    }
}

/* '--name=[help]:VALUE:action', '--switch[help]'; name_end: "=", "+" or "". */
static void print_flag(const option *o, const char *before, const char *name, char letter,
                       const char *name_end) {
    printf(" \\\n            '%s", before);
    if (letter) {
        printf("-%c%s[", letter, name_end);
    } else {
        printf("--%s%s[", name, name_end);
    }
    print_help(o->help);
    printf("]");
    if (*name_end) {
        printf(":%s:", o->value_word);
        print_action(completion_of_value(o), o->choices);
    }
    printf("'");
}

static void print_option(const option *o) {
    bool takes_value = completion_takes_value(o);
    char both[64] = "", negative[64];
    if (o->kind == OPTION_OLD) return;
    if (o->letter) snprintf(both, sizeof both, "(-%c --%.40s)", o->letter, o->name);
    print_flag(o, both, o->name, 0, takes_value ? "=" : "");
    if (o->letter) print_flag(o, both, o->name, o->letter, takes_value ? "+" : "");
    if (!*o->choices || !option_negative(o)) return;
    snprintf(negative, sizeof negative, "no_%.40s", o->name);
    print_flag(o, "", negative, 0, "");
}

static void print_command(const command *c) {
    int count = 0;
    const char *choices;
    const option *options = command_options(c, &count);
    completion_kind kind = completion_of_words(c, &choices);
    sentence_speak_for(c);
    printf("        %s)\n            _arguments -M 'm:{-_}={_-}'", c->name);
    for (int i = 0; i < count; i++) print_option(&options[i]);
    printf(" \\\n            '(- *)--help[show what it does, its flags and examples]'");
    if (kind != COMPLETES_NOTHING) {
        bool is_one = kind != COMPLETES_FILES;
        printf(" \\\n            '%s:%s:", is_one ? "1" : "*", is_one ? "word" : "file");
        print_action(kind, choices);
        printf("'");
    }
    printf("\n            ;;\n");
}

static void print_commands(void) {
    int n = 0;
    const command *const *commands = commands_all(&n);
    printf("_krait_commands() {\n    local -a commands=(\n");
    for (int i = 0; i < n; i++) {
        printf("        '%s:", commands[i]->name);
        completion_print_quoted(commands[i]->summary, "\\", "'\\''");
        printf("'\n");
    }
    printf("    )\n    _describe -t commands 'command' commands\n}\n");
}

void completion_zsh(void) {
    int n = 0;
    const command *const *commands = commands_all(&n);
    printf(
        "#compdef krait\n"
        "# Completion of krait for zsh. Load it with: source <(krait completion zsh)\n");
    print_commands();
    printf(
        "_krait() {\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _krait_commands\n"
        "        _arguments '--help[list the commands]' '--version[of program and libraries]'\n"
        "        return\n"
        "    fi\n"
        "    shift words\n"
        "    (( CURRENT-- ))\n"
        "    case $words[1] in\n");
    for (int i = 0; i < n; i++) print_command(commands[i]);
    printf(
        "    esac\n"
        "}\n"
        "if [[ ${funcstack[1]} == _krait ]]; then _krait \"$@\"; else compdef _krait krait; fi\n");
}
