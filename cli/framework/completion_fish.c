/* SPDX-License-Identifier: MIT
 * completion_fish.c - the completion for fish: a line for each command and flag. */
#include <stdio.h>

#include "framework/completion.h"
#include "framework/sentence.h"

static void print_description(const char *help) {
    printf(" -d '");
    completion_print_quoted(help, "\\", "\\'");
    printf("'\n");
}

static void print_offer(completion_kind kind, const char *choices) {
    switch (kind) {
        case COMPLETES_NOTHING:
            printf(" -x");
            return;
        case COMPLETES_CHOICES:
            printf(" -x -a '");
            completion_print_choices(choices);
            printf("'");
            return;
        case COMPLETES_COMMANDS:
            printf(" -x -a '(__krait_commands)'");
            return;
        case COMPLETES_FOLDERS:
            printf(" -x -a '(__fish_complete_directories)'");
            return;
        case COMPLETES_FILES:
            printf(" -r -F");
            return;
    }
}

static void print_start(const command *c) {
    printf("complete -c krait -n '__krait_is %s'", c->name);
}

static void print_option(const command *c, const option *o) {
    if (o->kind == OPTION_OLD) return;
    print_start(c);
    printf(" -l %s", o->name);
    if (o->letter) printf(" -s %c", o->letter);
    if (completion_takes_value(o)) print_offer(completion_of_value(o), o->choices);
    print_description(o->help);
    if (!*o->choices || !option_negative(o)) return;
    print_start(c);
    printf(" -l no_%s", o->name);
    print_description(o->help);
}

static void print_command(const command *c) {
    int count = 0;
    const char *choices;
    const option *options = command_options(c, &count);
    completion_kind kind = completion_of_words(c, &choices);
    sentence_speak_for(c);
    printf("complete -c krait -n __krait_is_first -a %s", c->name);
    print_description(c->summary);
    if (kind == COMPLETES_FILES) {
        print_start(c);
        printf(" -F\n");
    } else if (kind != COMPLETES_NOTHING) {
        print_start(c);
        print_offer(kind, choices);
        printf("\n");
    }
    for (int i = 0; i < count; i++) print_option(c, &options[i]);
    print_start(c);
    printf(" -l help -d 'show what it does, its flags and examples'\n");
}

static void print_helpers(void) {
    int n = 0;
    const command *const *commands = commands_all(&n);
    printf(
        "# Completion of krait for fish. Load it with: krait completion fish | source\n"
        "function __krait_is_first\n"
        "    test (count (commandline -opc)) -eq 1\n"
        "end\n"
        "function __krait_is\n"
        "    set -l words (commandline -opc)\n"
        "    test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
        "end\n"
        "function __krait_commands\n"
        "    string split ' ' '");
    for (int i = 0; i < n; i++) printf("%s%s", i > 0 ? " " : "", commands[i]->name);
    printf(
        "'\n"
        "end\n"
        "complete -c krait -f\n"
        "complete -c krait -n __krait_is_first -l help -d 'list the commands'\n"
        "complete -c krait -n __krait_is_first -l version -d 'of program and libraries'\n");
}

void completion_fish(void) {
    int n = 0;
    const command *const *commands = commands_all(&n);
    print_helpers();
    for (int i = 0; i < n; i++) print_command(commands[i]);
}
