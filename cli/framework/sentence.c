/* SPDX-License-Identifier: MIT
 * sentence.c - settings in backquotes become flags. */
#include "framework/sentence.h"

#include <string.h>

#include "framework/command.h"

/* A sentence may speak of a flag of another command, as one of `krait predict` of a training's. */
static bool is_flag(const char *name, size_t n) {
    int n_commands = 0;
    const command *const *commands = commands_all(&n_commands);
    for (int c = 0; c < n_commands; c++) {
        int count = 0;
        const option *options = command_options(commands[c], &count);
        for (int i = 0; i < count; i++) {
            if (strlen(options[i].name) == n && memcmp(options[i].name, name, n) == 0) return true;
        }
    }
    return false;
}

/* `name` and --name have the same length. */
char *sentence_name_flags(char *text) {
    for (char *open = strchr(text, '`'); open; open = strchr(open + 1, '`')) {
        size_t n = strcspn(open + 1, "`");
        if (n == 0 || open[1 + n] != '`' || !is_flag(open + 1, n)) continue;
        memmove(open + 2, open + 1, n);
        memcpy(open, "--", 2);
    }
    return text;
}

const char *sentence_of(const char *text, char to[SENTENCE]) {
    snprintf(to, SENTENCE, "%s", text);
    return sentence_name_flags(to);
}
