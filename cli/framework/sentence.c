/* SPDX-License-Identifier: MIT
 * sentence.c - settings in backquotes become flags. */
#include "framework/sentence.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const command *speaker; /* a process is one command */

void sentence_speak_for(const command *self) { speaker = self; }

static bool is_called(const option *o, const char *name, size_t n) {
    return strlen(o->name) == n && memcmp(o->name, name, n) == 0;
}

/* Also no_header, for header. */
static bool has_flag(const command *c, const char *name, size_t n) {
    int count = 0;
    const option *options = command_options(c, &count);
    bool is_no = n > 3 && memcmp(name, "no_", 3) == 0;
    for (int i = 0; i < count; i++) {
        if (is_called(&options[i], name, n)) return true;
        if (is_no && is_called(&options[i], name + 3, n - 3) && option_negative(&options[i])) {
            return true;
        }
    }
    return false;
}

/* The command whose flag it is: the one that speaks, or run, or the first. NULL: none has it. */
static const command *find_owner(const char *name, size_t n) {
    int count = 0;
    const command *const *commands = commands_all(&count);
    const command *owner = NULL;
    if (speaker && has_flag(speaker, name, n)) return speaker;
    for (int c = 0; c < count; c++) {
        if (!has_flag(commands[c], name, n)) continue;
        if (strcmp(commands[c]->name, "run") == 0) return commands[c];
        if (!owner) owner = commands[c];
    }
    return owner;
}

/* "krait run" before `at`. */
static bool is_named(const char *text, const char *at, const char *name, size_t n) {
    for (const char *c = strstr(text, name); c && c < at; c = strstr(c + 1, name)) {
        if (!isalnum((unsigned char)c[n])) return true;
    }
    return false;
}

/* "krait run " goes in before the flag at `at`, unless the sentence has named that command already,
 * and if there is room. Returns the flag. */
static char *tell_owner(char *text, size_t size, char *at, const command *owner) {
    char name[32];
    size_t n = (size_t)snprintf(name, sizeof name, "krait %s", owner->name);
    if (strlen(text) + n + 1 >= size || is_named(text, at, name, n)) return at;
    memmove(at + n + 1, at, strlen(at) + 1);
    memcpy(at, name, n);
    at[n] = ' ';
    return at + n + 1;
}

/* `name` and --name have the same length. */
char *sentence_name_flags(char *text, size_t size) {
    for (char *open = strchr(text, '`'); open; open = strchr(open + 1, '`')) {
        size_t n = strcspn(open + 1, "`");
        if (n == 0 || open[1 + n] != '`') continue;
        const command *owner = find_owner(open + 1, n);
        if (!owner) continue;
        memmove(open + 2, open + 1, n);
        memcpy(open, "--", 2);
        if (speaker && owner != speaker) open = tell_owner(text, size, open, owner);
    }
    return text;
}

const char *sentence_of(const char *text, char to[SENTENCE]) {
    snprintf(to, SENTENCE, "%s", text);
    return sentence_name_flags(to, SENTENCE);
}
