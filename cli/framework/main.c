/* SPDX-License-Identifier: MIT
 * main.c - the program: which command is meant, and its exit code. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "framework/command.h"
#include "framework/launched_ranks.h"
#include "framework/program.h"
#include "framework/say.h"

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
    program_begin(found->name);
    if (!ranks_is_first()) program_leave_words();
    if (asks_for_help(argc - 2, argv + 2)) {
        command_print_help(found, stdout);
        return EXIT_DONE;
    }
    return found->main ? found->main(found, argc - 2, argv + 2)
                       : command_main(found, argc - 2, argv + 2);
}

/* Why a write failed that has been forgotten since: whoever tries again is told. */
static void ask_again(void) {
    ssize_t n = write(STDOUT_FILENO, "\n", 1);
    (void)n;
}

int main(int argc, char **argv) {
    int code = run_command(argc, argv);
    errno = 0;
    bool is_written = fflush(stdout) == 0 && !ferror(stdout);
    if (is_written || code != EXIT_DONE) return code;
    if (errno == 0) ask_again();
    say(stderr, "krait: standard output: cannot write all of it%s%s\n", errno ? ": " : "",
        errno ? strerror(errno) : "");
    return EXIT_FAILED;
}
