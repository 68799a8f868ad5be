/* SPDX-License-Identifier: MIT
 * frequency.c - counting in steps of dates.
 *
 * Where days or hours are closed, the open places for rows are numbered, and a step goes from one
 * number to the next. Days are numbered from Monday, 1969-12-29, in whole weeks. */
#include <kr/rows.h>

#include "core/datetime.h"
#include "tables/calendar.h"

enum { WEEK_DAYS = 7, DAYS_FROM_MONDAY = 3 };

static const int64_t WEEK = WEEK_DAYS * KR__DAY;

/* Whatever lies behind all dates is given as this. */
static const int64_t FARTHEST = INT64_MAX / 4;

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

uint32_t kr__frequency_weekdays(const kr_frequency *f) {
    uint32_t days = f->weekdays & KR_ALL_DAYS;
    return days ? days : KR_ALL_DAYS;
}

bool kr__frequency_keeps_time(const kr_frequency *f) {
    return f->micros % KR__DAY == 0 && !kr__frequency_has_hours(f);
}

bool kr__frequency_has_hours(const kr_frequency *f) { return f->day_end > f->day_start; }

bool kr__frequency_has_pause(const kr_frequency *f) { return f->pause_end > f->pause_start; }

bool kr__frequency_has_calendar(const kr_frequency *f) {
    return kr__frequency_has_hours(f) || kr__frequency_weekdays(f) != KR_ALL_DAYS;
}

/* Rows of a day before the pause, if there is one, else all. */
static int64_t rows_before_pause(const kr_frequency *f) {
    int64_t end = kr__frequency_has_pause(f) ? f->pause_start : f->day_end;
    if (kr__frequency_has_hours(f)) return (end - f->day_start) / f->micros + 1;
    return f->micros < KR__DAY ? KR__DAY / f->micros : 1;
}

int64_t kr__frequency_rows_of_day(const kr_frequency *f) {
    int64_t n = rows_before_pause(f);
    return kr__frequency_has_pause(f) ? n + (f->day_end - f->pause_end) / f->micros + 1 : n;
}

/* ---- months ------------------------------------------------------------------------------- */

/* Months since year 0; the day and the time are ignored. */
static int64_t month_number(const kr_datetime *d) { return (int64_t)d->year * 12 + d->month - 1; }

static int64_t add_months(const kr_frequency *f, int64_t timestamp, int64_t n_steps) {
    const int64_t first_month = 12, last_month = 12 * 10000 - 1; /* of the years 1 .. 9999 */
    kr_datetime d;
    kr__datetime_from_micros(timestamp, &d);
    /* no number of months reaches farther than their number */
    if (n_steps > last_month) n_steps = last_month;
    if (n_steps < -last_month) n_steps = -last_month;
    int64_t step = f->months < last_month ? f->months : last_month;
    int64_t month = month_number(&d) + n_steps * step;
    if (month < first_month) month = first_month;
    if (month > last_month) month = last_month;
    d.year = (int)floor_div(month, 12);
    d.month = (int)(month - floor_div(month, 12) * 12) + 1;
    int n_days = kr__datetime_days(d.year, d.month);
    if (f->month_day > 0) d.day = f->month_day;
    if (d.day > n_days) d.day = n_days;
    return kr__datetime_to_micros(&d);
}

/* Without going there and back: that takes much longer. */
static int64_t count_months(const kr_frequency *f, int64_t from, int64_t to) {
    kr_datetime a, b;
    if (!kr__datetime_is_in_calendar(from) || !kr__datetime_is_in_calendar(to)) return -1;
    kr__datetime_date(from, &a);
    kr__datetime_date(to, &b);
    int64_t months = month_number(&b) - month_number(&a), n = months / f->months;
    int day = f->month_day > 0 ? f->month_day : a.day, n_days = kr__datetime_days(b.year, b.month);
    bool is_due = n * f->months == months && b.day == (day < n_days ? day : n_days);
    return n >= 0 && is_due && (to - from) % KR__DAY == 0 ? n : -1;
}

/* ---- days and hours ----------------------------------------------------------------------- */

static int64_t count_days(uint32_t weekdays) {
    int64_t n = 0;
    for (; weekdays; weekdays &= weekdays - 1) n++;
    return n;
}

static int64_t start_of(const kr_frequency *f) {
    return kr__frequency_has_hours(f) ? f->day_start : 0;
}

/* The number of the open place at this time, or of the last one before it. */
static int64_t place_of(const kr_frequency *f, int64_t timestamp) {
    uint32_t open = kr__frequency_weekdays(f);
    int64_t day = floor_div(timestamp, KR__DAY), time = timestamp - day * KR__DAY,
            start = start_of(f);
    int64_t n = kr__frequency_rows_of_day(f);
    int64_t week = floor_div(day + DAYS_FROM_MONDAY, WEEK_DAYS);
    int weekday = (int)(day + DAYS_FROM_MONDAY - week * WEEK_DAYS);
    uint32_t before = open & ((UINT32_C(1) << weekday) - 1);
    int64_t first = (week * count_days(open) + count_days(before)) * n;
    if (!(open >> weekday & 1) || time < start) return first - 1;
    int64_t end = rows_before_pause(f), place = (time - start) / f->micros;
    if (kr__frequency_has_pause(f) && time >= f->pause_end) {
        place = end + (time - f->pause_end) / f->micros;
        end = n;
    }
    return first + (place < end ? place : end - 1);
}

/* The time of the n-th place of a day. */
static int64_t time_of(const kr_frequency *f, int64_t n) {
    int64_t before = rows_before_pause(f);
    if (n < before) return start_of(f) + n * f->micros;
    return f->pause_end + (n - before) * f->micros;
}

/* Day of the week of the n-th open day. */
static int64_t weekday_of(uint32_t open, int64_t n) {
    int64_t weekday = 0;
    for (; n > 0 || !(open & 1); open >>= 1, weekday++) n -= open & 1;
    return weekday;
}

/* rest: what the date lies behind the beginning of its place. */
static int64_t date_of(const kr_frequency *f, int64_t place, int64_t rest) {
    uint32_t open = kr__frequency_weekdays(f);
    int64_t n = kr__frequency_rows_of_day(f), n_open = count_days(open);
    int64_t day = floor_div(place, n), week = floor_div(day, n_open);
    int64_t weekday = weekday_of(open, day - week * n_open);
    int64_t date = week * WEEK_DAYS + weekday - DAYS_FROM_MONDAY;
    return date * KR__DAY + time_of(f, place - day * n) + rest;
}

static int64_t add_places(const kr_frequency *f, int64_t timestamp, int64_t n_steps) {
    const int64_t most = FARTHEST / WEEK * kr__frequency_rows_of_day(f);
    if (n_steps > most) return FARTHEST;
    if (n_steps < -most) return -FARTHEST;
    /* where days begin and end, rows lie on their places exactly */
    int64_t step = f->micros < KR__DAY ? f->micros : KR__DAY;
    int64_t rest = kr__frequency_has_hours(f) ? 0 : timestamp - floor_div(timestamp, step) * step;
    return date_of(f, place_of(f, timestamp) + n_steps, rest);
}

/* ---- counting ----------------------------------------------------------------------------- */

int64_t kr_frequency_add(const kr_frequency *f, int64_t timestamp, int64_t n_steps) {
    if (f->months > 0) return add_months(f, timestamp, n_steps);
    if (kr__frequency_has_calendar(f)) return add_places(f, timestamp, n_steps);
    if (n_steps > FARTHEST / f->micros) return FARTHEST;
    if (n_steps < -FARTHEST / f->micros) return -FARTHEST;
    return timestamp + n_steps * f->micros;
}

int64_t kr_frequency_count(const kr_frequency *f, int64_t from, int64_t to) {
    if (f->months > 0) return count_months(f, from, to);
    int64_t n = kr__frequency_has_calendar(f) ? place_of(f, to) - place_of(f, from)
                                              : (to - from) / f->micros;
    return n >= 0 && kr_frequency_add(f, from, n) == to ? n : -1;
}

/* From month to month; steps of at most a year. */
static bool are_months(const kr_frequency *f, int64_t n, const int64_t *dates) {
    kr_datetime d;
    kr__datetime_date(dates[0], &d);
    int day = f->month_day > 0 ? f->month_day : d.day;
    int64_t first = dates[0] - (d.day - 1) * KR__DAY; /* of the month */
    for (int64_t i = 0; i < n; i++) {
        int n_days = kr__datetime_days(d.year, d.month);
        if (dates[i] != first + ((day < n_days ? day : n_days) - 1) * KR__DAY) return false;
        for (int64_t k = 0; k < f->months; k++) {
            first += kr__datetime_days(d.year, d.month) * KR__DAY;
            d.month = d.month % 12 + 1;
            d.year += d.month == 1;
        }
    }
    return true;
}

bool kr__frequency_are_steps(const kr_frequency *f, int64_t n, const int64_t *dates) {
    const int64_t most_months = 12;
    bool are_regular = f->months == 0 && !kr__frequency_has_calendar(f);
    for (int64_t i = 0; i < n && i < 2; i++) {
        if (kr_frequency_count(f, dates[0], dates[i]) != i) return false;
    }
    bool are_few = f->months > 0 && f->months <= most_months;
    if (are_few && n > 0 && kr__datetime_is_in_calendar(dates[n - 1])) {
        return are_months(f, n, dates);
    }
    for (int64_t i = 2; i < n; i++) {
        bool is_next = are_regular ? dates[i] - dates[i - 1] == f->micros
                                   : kr_frequency_count(f, dates[0], dates[i]) == i;
        if (!is_next) return false;
    }
    return true;
}

int64_t kr_frequency_season(const kr_frequency *f) {
    const int64_t weeks_of_a_year = 52, months_of_a_year = 12;
    if (f->months > 0) {
        return f->months <= months_of_a_year && months_of_a_year % f->months == 0
                   ? months_of_a_year / f->months
                   : 1;
    }
    if (kr__frequency_has_hours(f)) return kr__frequency_rows_of_day(f);
    if (f->micros == KR__DAY) return count_days(kr__frequency_weekdays(f));
    if (f->micros == WEEK) return weeks_of_a_year;
    int64_t cycle = f->micros < KR__SECOND   ? KR__SECOND
                    : f->micros < KR__MINUTE ? KR__HOUR
                                             : KR__DAY;
    return f->micros < KR__DAY && cycle % f->micros == 0 ? cycle / f->micros : 1;
}

int kr__frequency_seasons(const kr_frequency *f, int64_t seasons[KR__MOST_SEASONS]) {
    const int64_t days_of_a_year = 365;
    int64_t season = kr_frequency_season(f), n_days = count_days(kr__frequency_weekdays(f));
    int n = 0;
    if (season < 2) return 0;
    seasons[n++] = season;
    bool is_of_a_day = f->months == 0 && f->micros >= KR__MINUTE && f->micros < KR__DAY;
    if (is_of_a_day && n_days > 1) seasons[n++] = season * n_days;
    if (f->micros == KR__DAY && n_days == 7) seasons[n++] = days_of_a_year;
    return n;
}

/* A day that every month has makes no difference, nor does one that is not known. */
static bool is_same_month_day(int32_t a, int32_t b) {
    const int32_t shortest = 28;
    return a == b || a <= shortest || b <= shortest;
}

static bool are_hours_same(const kr_frequency *a, const kr_frequency *b) {
    if (!kr__frequency_has_hours(a) || !kr__frequency_has_hours(b)) {
        return kr__frequency_has_hours(a) == kr__frequency_has_hours(b);
    }
    return a->day_start == b->day_start && a->day_end == b->day_end &&
           a->pause_start == b->pause_start && a->pause_end == b->pause_end;
}

bool kr_frequency_is_same(const kr_frequency *a, const kr_frequency *b) {
    if (a->months > 0 || b->months > 0) {
        return a->months == b->months && is_same_month_day(a->month_day, b->month_day);
    }
    return a->micros == b->micros && kr__frequency_weekdays(a) == kr__frequency_weekdays(b) &&
           are_hours_same(a, b);
}
