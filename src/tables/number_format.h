/* SPDX-License-Identifier: MIT
 * number_format.h - numbers as people write them: 1.234,50 and 1,234.50, (5) and 5-, 12 %, $ 7,
 * 5 kWh.
 *
 *     kr__number_format format = {',', '.'};
 *     kr__number_look look;
 *     double value;
 *     kr__number_read(&format, "EUR 1.234,50-", 13, &value, &look);    -1234.5, look.unit "EUR"
 *
 * What a comma or a point means is a matter of the whole table. kr__number_vote() collects what its
 * cells tell, kr__number_settle() decides. */
#ifndef KR_NUMBER_FORMAT_H
#define KR_NUMBER_FORMAT_H

#include "tables/number.h"

/* The sign between thousands: 0 none, ',' (by twos and threes as in India, too), '.', '\'' (either
 * apostrophe), ' ' (a blank, no-break or not, of any width). Never the decimal sign. */
typedef struct kr__number_format {
    char decimal; /* '.' or ',' */
    char thousands;
} kr__number_format;

enum { KR__UNIT = 12 };

/* What stood around the digits. */
typedef struct kr__number_look {
    char unit[KR__UNIT]; /* "$", "EUR", "kWh", ..; "" none */
    bool is_measure;     /* the unit is no currency */
    bool is_percent;
    bool is_accounting; /* negative by parentheses or by a minus behind it */
} kr__number_look;

/* Read text[0 .. size) by the format, with all that may stand around a number; a plain one gives
 * the bits of kr__number_parse(). A percent is not divided by 100. KR__NUMBER_GAP: a word for a
 * missing value. */
kr__number_kind kr__number_read(const kr__number_format *format, const char *text, size_t size,
                                double *value, kr__number_look *look);

/* Empty, or a word that stands for a missing value: NA, n/a, -, ?, null, #DIV/0!, unavailable, ..
 */
bool kr__is_gap_word(const char *text, size_t size);

/* Words for gaps that were given, between commas: the next one from *at on, without blanks around
 * it. False: no more. */
bool kr__listed_gap(const char **at, const char **word, size_t *size);
/* Does the list, which may be NULL, have this text, in any case? */
bool kr__is_listed_gap(const char *list, const char *text, size_t size);

/* A number in base 16, 0x1f, which is none of ours. */
bool kr__is_hex(const char *text, size_t size);

/* ---- which format -------------------------------------------------------------------------- */

/* Numbers of cells of one column, or of all. */
typedef struct kr__number_votes {
    int64_t decimal[2];   /* [0]: a point that can only be the decimal sign; [1]: such a comma */
    int64_t thousands[2]; /* a point, a comma that can only stand between thousands */
    int64_t either[2];    /* 1.234, 1,234 */
    int64_t small, large; /* without any sign: up to three digits; more */
    int64_t apostrophes, blanks; /* with such a sign between thousands */
} kr__number_votes;

/* Is it a number, by any format? If so, votes has counted it. */
bool kr__number_vote(const char *text, size_t size, kr__number_votes *votes);

/* Decides by the votes of n columns; *format comes with what was given (0: nothing). is_plain: a
 * point between fields of a comma-separated table is the decimal sign if nothing says otherwise.
 * Returns KR_OK, or KR_USAGE when nothing decides: *sign is then the sign in doubt, *column a
 * column that has it. */
kr_status kr__number_settle(const kr__number_votes *votes, int64_t n, bool is_plain,
                            kr__number_format *format, char *sign, int64_t *column);

#endif
