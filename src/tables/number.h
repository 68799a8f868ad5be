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

#endif
