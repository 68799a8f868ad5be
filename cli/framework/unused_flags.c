/* SPDX-License-Identifier: MIT
 * unused_flags.c - flags of a command line that change nothing. */
#include "framework/unused_flags.h"

#include <string.h>

#include "framework/say.h"
#include "framework/sentence.h"

void unused_flags_add(unused_flags *unused, const char *name, const char *why) {
    for (int i = 0; i < unused->n; i++) {
        if (strcmp(unused->flags[i].name, name) == 0) return;
    }
    if (unused->n == UNUSED_MOST) return;
    snprintf(unused->flags[unused->n].name, UNUSED_NAME, "%s", name);
    snprintf(unused->flags[unused->n].why, UNUSED_WHY, "%s", why);
    unused->n++;
}

static bool is_of_table(const settings *s, const char *name) {
    return kr__flags_find(s->flags(), name) != NULL;
}

void unused_flags_add_given(unused_flags *unused, const settings_given *given, unused_fn is_unused,
                            const void *arg) {
    char name[UNUSED_NAME], why[UNUSED_WHY];
    for (int i = 0; i < given->n; i++) {
        const char *setting = given->options[i]->name;
        if (!is_of_table(given->settings, setting) || !is_unused(arg, setting, why)) continue;
        snprintf(name, sizeof name, "--%.70s", setting);
        unused_flags_add(unused, name, why);
    }
}

void unused_flags_print(const unused_flags *unused, const char *speaker) {
    bool was_said[UNUSED_MOST] = {false};
    char why[SENTENCE];
    for (int i = 0; i < unused->n; i++) {
        if (was_said[i]) continue;
        say(stderr, "krait %s: note: %s", speaker, unused->flags[i].name);
        for (int j = i + 1; j < unused->n; j++) {
            if (strcmp(unused->flags[i].why, unused->flags[j].why) != 0) continue;
            say(stderr, ", %s", unused->flags[j].name);
            was_said[j] = true;
        }
        say(stderr, ": no effect, %s\n", sentence_of(unused->flags[i].why, why));
    }
}
