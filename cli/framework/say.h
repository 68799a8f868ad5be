/* SPDX-License-Identifier: MIT
 * say.h - words for people. What a file or a command line holds (names, metadata, errors about
 * them) may hold anything, and a terminal obeys some of it; so each text that is printed for a
 * person is printed by say(), which shows such characters and never sends them.
 *
 * In a text
 *     \n \t \r        are a new line, a tab, a carriage return
 *     \x1b \x7f \xff  are the other control characters of ASCII, and bytes that are no UTF-8
 *     \u009b \u202e   are the control characters of Unicode (C1), marks that turn the direction of
 *                     writing, and marks that cannot be seen (\U000e0041 beyond U+FFFF)
 * and all else stays, a backslash too.
 *
 * Tables and JSON are data, not words: csv_text.h, json_numbers.h. `tools/says` refuses any other
 * printing of texts in cli/. */
#ifndef KRAIT_SAY_H
#define KRAIT_SAY_H

#include <stddef.h>
#include <stdio.h>

/* fprintf, but that the texts of %s are shown as above; what the format holds is sent as it is.
 * Widths and precisions are bytes, those of a precision before they are shown. Knows d i u x X o c
 * e f g s with the lengths of C, no n and no p. */
void say(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for one text, cut to size (> 0), never inside a character. Returns to. */
char *printable(const char *text, char *to, size_t size);

/* The next character of text, shown: at most PRINTABLE_MOST bytes and a zero into to; *n_read: how
 * many bytes of text it is (0: the text's end). Returns the bytes of to. */
enum { PRINTABLE_MOST = 10 };
size_t printable_next(const char *text, char to[PRINTABLE_MOST + 1], size_t *n_read);

#endif
