/* SPDX-License-Identifier: MIT
 * datetime.h - dates as numbers of seconds, and as people write them. */
#ifndef KR_DATETIME_H
#define KR_DATETIME_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* Clock time of one place, Gregorian calendar, no leap seconds. */
typedef struct kr_datetime {
    int year;                 /* 1 .. 9999 */
    int month, day;           /* from 1 */
    int hour, minute, second; /* from 0 */
    int weekday;              /* Monday 0 .. Sunday 6 */
    int day_of_year;          /* from 1 */
    int iso_week;             /* 1 .. 53 */
} kr_datetime;

/* Seconds since 1970-01-01 00:00:00. Only year .. second are read; they must be in range. */
KR_API int64_t kr__datetime_to_seconds(const kr_datetime *date);
/* All fields, for seconds in the years 1 .. 9999. */
KR_API void kr__datetime_from_seconds(int64_t seconds, kr_datetime *date);

/* Read text[0 .. size): `2016-07-01`, `2016-07-01 00:00:00`, `2013/1/1 0:00`,
 * `2016-07-01T00:00:00`. Month, day and hour may have one digit. A fraction of a second is dropped;
 * `Z` or `+02:00` after it is skipped, so that the result is the clock time as written. False: not
 * a date, or not one that exists. */
bool kr__datetime_parse(const char *text, size_t size, int64_t *seconds);
/* Of a text that it has read: was a fraction of a second dropped that is not zero? */
bool kr__datetime_has_fraction(const char *text, size_t size);

/* "2016-07-01 00:00:00"; "" outside the years 1 .. 9999. Returns text. */
enum { KR_DATETIME_TEXT = 24 };
const char *kr__datetime_text(int64_t seconds, char text[KR_DATETIME_TEXT]);

KR_END_DECLS

#endif
