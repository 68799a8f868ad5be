/* SPDX-License-Identifier: MIT
 * sentence.h - sentences of the library in the words of the program. The library names a setting in
 * backquotes (`gaps`); a person knows it as a flag (--gaps). */
#ifndef KRAIT_SENTENCE_H
#define KRAIT_SENTENCE_H

#include "framework/command.h"

enum { SENTENCE = 1024 }; /* bytes: as long as a line of the library's log */

/* All sentences from now on are those of this command; NULL, at first: of none. */
void sentence_speak_for(const command *self);

/* Each `name` that is a flag of that command becomes --name, in place; one that only another has
 * becomes "krait OTHER --name", unless krait OTHER is named before or size is too small. All else
 * stays. Returns text. */
char *sentence_name_flags(char *text, size_t size);
/* The same in a copy, cut to its size. Returns to. */
const char *sentence_of(const char *text, char to[SENTENCE]);

#endif
