/* SPDX-License-Identifier: MIT
 * date_scan.h - how a text with a date is gone through: for the readers of days, clocks, counts and
 * patterns, which are all behind date_format.h. */
#ifndef KR_DATE_SCAN_H
#define KR_DATE_SCAN_H

#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "tables/date_format.h"

typedef struct kr__date_scan {
    const char *at, *end;
} kr__date_scan;

/* What has been read so far. */
typedef struct kr__date_parts {
    kr_datetime date;
    int64_t micros; /* below the second */
    int64_t days;   /* to be added: a day of a year, of a week */
    kr__moment *out;
} kr__date_parts;

static inline bool kr__date_is_digit(char c) { return c >= '0' && c <= '9'; }

static inline bool kr__date_take(kr__date_scan *s, char wanted) {
    if (s->at == s->end || *s->at != wanted) return false;
    s->at++;
    return true;
}

static inline char kr__date_peek(const kr__date_scan *s) { return s->at < s->end ? *s->at : '\0'; }

static inline bool kr__date_take_number(kr__date_scan *s, int low_digits, int high_digits, int low,
                                        int high, int *value) {
    int n = 0, v = 0;
    while (n < high_digits && kr__date_is_digit(kr__date_peek(s))) {
        v = 10 * v + (*s->at++ - '0');
        n++;
    }
    *value = v;
    return n >= low_digits && v >= low && v <= high;
}

/* In any case. */
static inline bool kr__date_take_word(kr__date_scan *s, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || strncasecmp(s->at, word, n) != 0) return false;
    s->at += n;
    return true;
}

static inline void kr__date_skip_blanks(kr__date_scan *s) {
    while (kr__date_take(s, ' ') || kr__date_take_word(s, "\xc2\xa0") ||
           kr__date_take_word(s, "\xe2\x80\xaf")) {
        continue;
    }
}

/* ---- date_names.c --------------------------------------------------------------------------- */

/* Bytes of the word at the start. */
size_t kr__date_measure_word(const kr__date_scan *s);
static inline bool kr__date_has_word(const kr__date_scan *s) {
    return kr__date_measure_word(s) > 0;
}
/* A name, whole or cut; a point may follow. 1 .. 12; 0: none. */
int kr__date_take_month(kr__date_scan *s);
bool kr__date_take_weekday(kr__date_scan *s);

/* ---- date_days.c ---------------------------------------------------------------------------- */

/* The day at the start, of any kind that is written with parts. */
bool kr__date_take_day(kr__date_scan *s, kr__date_kind kind, kr__date_parts *p);

/* ---- date_clock.c --------------------------------------------------------------------------- */

/* 9:30, 09:30:00.25, 9:30 PM, 9 PM; behind a date also 09.30 and 09.30.15. */
bool kr__date_take_clock(kr__date_scan *s, bool is_behind, kr__date_parts *p);
/* Digits behind a point or comma. */
bool kr__date_take_fraction(kr__date_scan *s, kr__date_parts *p);
/* am, p.m., a. m. 0: neither. */
char kr__date_take_half(kr__date_scan *s);
/* Nothing, or an offset or zone at the end of the text. */
bool kr__date_take_zone(kr__date_scan *s, kr__moment *out);
/* A zone by its name: UTC, CET, EST, .. */
bool kr__date_take_zone_name(kr__date_scan *s, kr__moment *out);

/* ---- date_counts.c, date_pattern.c ---------------------------------------------------------- */

bool kr__date_is_count(kr__date_kind kind);
bool kr__date_read_count(kr__date_scan s, kr__date_kind kind, kr__moment *out);
bool kr__date_read_pattern(kr__date_scan *s, const char *pattern, kr__date_parts *p);
/* Every directive is known, and together they say which year it is. */
bool kr__date_is_pattern(const char *text);

#endif
