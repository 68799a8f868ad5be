/* SPDX-License-Identifier: MIT
 * calendar.h - what a step of dates says of days and hours, and how it meets other dates. */
#ifndef KR_CALENDAR_H
#define KR_CALENDAR_H

#include <kr/rows.h>

/* Its weekdays; a step that names none has all. */
uint32_t kr__frequency_weekdays(const kr_frequency *f);
/* Do its days begin and end? Do they have a pause? */
bool kr__frequency_has_hours(const kr_frequency *f);
bool kr__frequency_has_pause(const kr_frequency *f);
/* Does it leave out days or hours? */
bool kr__frequency_has_calendar(const kr_frequency *f);
/* Are all rows at the time of day of the first one? Whole days, months. */
bool kr__frequency_keeps_time(const kr_frequency *f);
/* Of a step that is no longer than a day. */
int64_t kr__frequency_rows_of_day(const kr_frequency *f);

/* All usual seasons, rising, the first that of kr_frequency_season(): with a day its week, with the
 * days of a week the year. Returns how many; 0: none. */
enum { KR__MOST_SEASONS = 2 };
int kr__frequency_seasons(const kr_frequency *f, int64_t seasons[KR__MOST_SEASONS]);

/* Do all dates follow one another in steps, none of them missing? */
bool kr__frequency_are_steps(const kr_frequency *f, int64_t n, const int64_t *dates);

/* Open the weekdays and hours that these dates lie on: another series of the same panel may show
 * what the first did not. On a day that all months have, each series keeps its own. */
void kr__frequency_widen(kr_frequency *f, int64_t n, const int64_t *dates);

/* May rows with these dates, rising, whose own step is `is`, be counted with the step `was`? They
 * may where they show the same step, or are too few to show all of `was` but keep to it. */
bool kr__frequency_suits(const kr_frequency *was, const kr_frequency *is, int64_t n,
                         const int64_t *dates);

/* "09:30", "09:30:15", "09:30:15.5": micros after midnight. Returns text. */
enum { KR__CLOCK_TEXT = 16 };
const char *kr__clock_text(int64_t micros, char text[KR__CLOCK_TEXT]);

/* The distance of most neighbours that rise, if it is a majority, and one of them otherwise; 0:
 * none rises. within_days: of those that are rows of one day. */
int64_t kr__frequency_vote(int64_t n, const int64_t *at, bool within_days);

#endif
