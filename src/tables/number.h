/* SPDX-License-Identifier: MIT
 * number.h - decimal text to double, whatever the locale. */
#ifndef KR_NUMBER_H
#define KR_NUMBER_H

#include <kr/base.h>

typedef enum kr__number_kind {
    KR__NUMBER,
    KR__NUMBER_GAP,      /* empty, NA, n/a, NaN, null, None */
    KR__NUMBER_INFINITE, /* inf, or too large for a double */
    KR__NUMBER_NONE      /* anything else */
} kr__number_kind;

/* Read text[0 .. size), which has no blanks around it. Rounds to the nearest double, ties to even.
 * *value is set for KR__NUMBER only. */
kr__number_kind kr__number_parse(const char *text, size_t size, double *value);

/* The end of a number that begins at text and ends before the delimiter, a newline or `end`; NULL:
 * it is not written so simply ([-]digits[.digits], at most 18 of them, with sign for the point),
 * and is left to others. The bits are those of kr__number_parse(). */
const char *kr__number_scan(const char *text, const char *end, char sign, char delimiter,
                            double *value);

#endif
