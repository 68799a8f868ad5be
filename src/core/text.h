/* SPDX-License-Identifier: MIT
 * text.h - numbers from text and to text, and guesses at what a mistyped word should have been. */
#ifndef KR_TEXT_H
#define KR_TEXT_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* strtod() and snprintf() as in the C locale, with a decimal point, whatever locale the program has
 * that uses the library. All numbers of files and settings go through these. */
double kr__text_strtod(const char *text, char **end);
void kr__text_print(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* text, all of it, as a decimal number; false, and *out untouched, when it is anything else:
 * blanks, units, hexadecimal, nan, inf, or an integer that does not fit. */
bool kr__text_int(const char *text, int64_t *out);
bool kr__text_real(const char *text, double *out);
/* 0, 1, true, false, True, False. */
bool kr__text_bool(const char *text, bool *out);

/* Does text end in ending, with something before it? */
bool kr__text_ends(const char *text, const char *ending);
/* In one of "a|b|c". */
bool kr__text_ends_in(const char *text, const char *endings);

/* What follows the first `separator` of text; NULL when there is none. */
const char *kr__text_behind(const char *text, char separator);

enum { KR_NUMBER_TEXT = 48 };

/* The shortest decimal form that reads back as the same double, laid out as Python does:
 * 1.0, 0.0001, 1e-05, 1e+16, inf, nan. Returns text. */
const char *kr__text_number(double value, char text[KR_NUMBER_TEXT]);
/* The shortest form that reads back as the same float. */
const char *kr__text_float(float value, char text[KR_NUMBER_TEXT]);

/* Which candidate did the person mean? Start with {.word = ..}, offer every candidate, look at
 * best: NULL when none is near. Letter case and the difference between - and _ are ignored; a
 * candidate that starts with word (three letters or more) is near too. */
typedef struct kr_guess {
    const char *word;
    const char *best; /* points into what was offered */
    size_t n_best;    /* its length */
    int distance;
} kr_guess;
void kr__guess_offer(kr_guess *guess, const char *candidate, size_t length);
/* The same for each of "a|b|c". */
void kr__guess_offer_choices(kr_guess *guess, const char *choices);
/* Is word one of "a|b|c", exactly? */
bool kr__text_is_choice(const char *word, const char *choices);
/* "a|b|c" as "a, b or c", for sentences; cut to size. Returns text. */
const char *kr__text_choices(const char *choices, char *text, size_t size);
/* KR_USAGE, with a sentence about the setting flag and a guess, when word is not one of "a|b|c". */
KR_API kr_status kr__text_check_choice(const char *flag, const char *word, const char *choices,
                                       kr_error *err);

/* "s" unless n is 1, for "%jd row%s". */
static inline const char *kr__plural(int64_t n) { return n == 1 ? "" : "s"; }

/* The first five of many names with commas between them, then "..". Start all zero. */
typedef struct kr_few {
    int64_t n; /* of all that were added */
    char names[256];
} kr_few;
void kr__few_add(kr_few *few, const char *name);

KR_END_DECLS

#endif
