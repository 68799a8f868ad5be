/* SPDX-License-Identifier: MIT
 * sentence.h - sentences of the library in the words of the program. The library names a setting in
 * backquotes (`gaps`); a person knows it as a flag (--gaps). */
#ifndef KRAIT_SENTENCE_H
#define KRAIT_SENTENCE_H

enum { SENTENCE = 1024 }; /* bytes: as long as a line of the library's log */

/* Each `name` that is a flag of some command becomes --name, in place; all else stays. Returns
 * text. */
char *sentence_name_flags(char *text);
/* The same in a copy, cut to its size. Returns to. */
const char *sentence_of(const char *text, char to[SENTENCE]);

#endif
