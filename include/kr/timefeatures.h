/* SPDX-License-Identifier: MIT
 * timefeatures.h - dates, and what a model is told about them. */
#ifndef KR_TIMEFEATURES_H
#define KR_TIMEFEATURES_H

#include <kr/status.h>

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
KR_API int64_t kr_datetime_to_seconds(const kr_datetime *date);
/* All fields, for seconds in the years 1 .. 9999. */
KR_API void kr_datetime_from_seconds(int64_t seconds, kr_datetime *date);

/* Read text[0 .. size): `2016-07-01`, `2016-07-01 00:00:00`, `2013/1/1 0:00`,
 * `2016-07-01T00:00:00`. Month, day and hour may have one digit. A fraction of a second is dropped;
 * `Z` or `+02:00` behind it is skipped, so that the result is the clock time as written. False: not
 * a date, or not one that exists. */
KR_API bool kr_datetime_parse(const char *text, size_t size, int64_t *seconds);

/* The time features of a step: freq as pandas names it, in either case, with a whole number in
 * front or not:
 *
 *   s              second, minute, hour, weekday, day, day of year
 *   t min          the same from minute on (`15min`, `5t`)
 *   h              from hour on (`h`, `3h`)
 *   d b            from weekday on
 *   w              day, ISO week
 *   m me q qe      month
 *
 * each linear from -0.5 to 0.5: second/59, minute/59, hour/23, weekday/6 (Monday 0), (day-1)/30,
 * (day of year-1)/365, (week-1)/52, (month-1)/11, less 0.5. Yearly steps (a, y) have no feature and
 * are an error, as is an unknown word; the sentence lists what is known. Source: GluonTS' time
 * features as used by Informer and Time-Series-Library. */
KR_API kr_status kr_timefeatures_count(const char *freq, int64_t *n_features, kr_error *err);
/* seconds (n_rows) -> features (n_rows, n_features). */
KR_API kr_status kr_timefeatures(const char *freq, int64_t n_rows, const int64_t *seconds,
                                 double *features, kr_error *err);

/* The other form: month, day, weekday (Monday 0), hour as they are, and minute / 15 (whole) when
 * with_quarter: seconds (n_rows) -> features (n_rows, 4 or 5). */
KR_API void kr_timefeatures_calendar(int64_t n_rows, const int64_t *seconds, bool with_quarter,
                                     double *features);

KR_END_DECLS

#endif
