/* SPDX-License-Identifier: MIT
 * datetime.h - dates as numbers of microseconds, and as text. */
#ifndef KR_DATETIME_H
#define KR_DATETIME_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* In microseconds. All dates of the years 1 to 9999, and what lies between any two of them, fit. */
#define KR__SECOND INT64_C(1000000)
#define KR__MINUTE (60 * KR__SECOND)
#define KR__HOUR (60 * KR__MINUTE)
#define KR__DAY (24 * KR__HOUR)

/* Clock time of one place, Gregorian calendar, no leap seconds. */
typedef struct kr_datetime {
    int year;                 /* 1 .. 9999 */
    int month, day;           /* from 1 */
    int hour, minute, second; /* from 0 */
    int microsecond;          /* 0 .. 999999 */
    int weekday;              /* Monday 0 .. Sunday 6 */
    int day_of_year;          /* from 1 */
    int iso_week;             /* 1 .. 53 */
} kr_datetime;

/* Microseconds since 1970-01-01 00:00:00. Only year .. microsecond are read; they must be in
 * range. */
KR_API int64_t kr__datetime_to_micros(const kr_datetime *date);
/* All fields, for microseconds in the years 1 .. 9999. */
KR_API void kr__datetime_from_micros(int64_t micros, kr_datetime *date);
/* Year, month and day alone. */
void kr__datetime_date(int64_t micros, kr_datetime *date);

/* In the years 1 .. 9999? */
bool kr__datetime_is_in_calendar(int64_t micros);

/* Days of a month (1 .. 12) of a year. */
int kr__datetime_days(int year, int month);

/* "2016-07-01 00:00:00"; with a fraction where there is one, "2016-07-01 00:00:00.25"; "" outside
 * the years 1 .. 9999. Returns text. */
enum { KR_DATETIME_TEXT = 32 };
const char *kr__datetime_text(int64_t micros, char text[KR_DATETIME_TEXT]);

/* Are all n at midnight? Then their dates are written without the time of day. */
bool kr__datetime_are_days(int64_t n, const int64_t *micros);
/* "2016-07-01", or with its time as above. Returns text. */
const char *kr__datetime_day_text(int64_t micros, bool is_day, char text[KR_DATETIME_TEXT]);

KR_END_DECLS

#endif
