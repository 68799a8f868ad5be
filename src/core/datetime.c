/* SPDX-License-Identifier: MIT
 * datetime.c - dates as microseconds and as text. */

#include <stdio.h>

#include "core/datetime.h"

enum { DAYS_400_YEARS = 146097 };

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int kr__datetime_days(int year, int month) {
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days before the first of this month in this year. */
static int days_before_month(int year, int month) {
    static const int days[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    return days[month - 1] + (month > 2 && is_leap(year));
}

/* Days from 0001-01-01 to the first of January of this year. */
static int64_t days_before_year(int64_t year) {
    int64_t y = year - 1;
    return 365 * y + y / 4 - y / 100 + y / 400;
}

enum { DAYS_BEFORE_1970 = 719162 };

int64_t kr__datetime_to_micros(const kr_datetime *date) {
    int64_t days = days_before_year(date->year) - DAYS_BEFORE_1970 +
                   days_before_month(date->year, date->month) + date->day - 1;
    return days * KR__DAY + date->hour * KR__HOUR + date->minute * KR__MINUTE +
           date->second * KR__SECOND + date->microsecond;
}

/* The week that holds the year's first Thursday is week 1. */
static int find_iso_week(const kr_datetime *date) {
    int week = (date->day_of_year - 1 - date->weekday + 10) / 7;
    if (week > 0 && week < 53) return week;
    int year = week == 0 ? date->year - 1 : date->year;
    /* weekday of the first of January of that year; a year has 53 weeks when it begins on a
     * Thursday, or on a Wednesday and is a leap year */
    int64_t first = days_before_year(year) % 7;
    bool is_long = first == 3 || (first == 2 && is_leap(year));
    return week == 0 ? 52 + is_long : is_long ? 53 : 1;
}

void kr__datetime_from_micros(int64_t micros, kr_datetime *date) {
    int64_t days = micros / KR__DAY, rest = micros % KR__DAY;
    if (rest < 0) {
        rest += KR__DAY;
        days--;
    }
    days += DAYS_BEFORE_1970;
    int64_t year = days * 400 / DAYS_400_YEARS + 1; /* right, or one too many or too few */
    while (days_before_year(year) > days) year--;
    while (days_before_year(year + 1) <= days) year++;
    date->year = (int)year;
    int day = (int)(days - days_before_year(year));
    date->day_of_year = day + 1;
    date->month = 12;
    while (days_before_month(date->year, date->month) > day) date->month--;
    date->day = day - days_before_month(date->year, date->month) + 1;
    date->hour = (int)(rest / KR__HOUR);
    date->minute = (int)(rest / KR__MINUTE % 60);
    date->second = (int)(rest / KR__SECOND % 60);
    date->microsecond = (int)(rest % KR__SECOND);
    date->weekday = (int)(days % 7); /* 0001-01-01 was a Monday */
    date->iso_week = find_iso_week(date);
}

/* ---- reading ---------------------------------------------------------------------------- */

typedef struct scan {
    const char *at, *end;
    bool is_too_fine; /* a digit below a microsecond is not zero */
} scan;

static bool take(scan *s, char wanted) {
    if (s->at == s->end || *s->at != wanted) return false;
    s->at++;
    return true;
}

/* A number of low_digits .. high_digits digits in low .. high. */
static bool take_number(scan *s, int low_digits, int high_digits, int low, int high, int *value) {
    int n = 0, v = 0;
    while (n < high_digits && s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        v = 10 * v + (*s->at++ - '0');
        n++;
    }
    *value = v;
    return n >= low_digits && v >= low && v <= high;
}

static bool take_day(scan *s, kr_datetime *date) {
    if (!take_number(s, 4, 4, 1, 9999, &date->year)) return false;
    char separator = s->at < s->end ? *s->at : '\0';
    if (separator != '-' && separator != '/') return false;
    s->at++;
    if (!take_number(s, 1, 2, 1, 12, &date->month) || !take(s, separator)) return false;
    return take_number(s, 1, 2, 1, kr__datetime_days(date->year, date->month), &date->day);
}

/* `Z`, `+02:00`, `+0200`, `-05` or nothing. */
static bool skip_zone(scan *s) {
    int value;
    if (s->at == s->end || take(s, 'Z')) return true;
    if (!take(s, '+') && !take(s, '-')) return false;
    if (!take_number(s, 2, 2, 0, 23, &value)) return false;
    if (s->at == s->end) return true;
    take(s, ':');
    return take_number(s, 2, 2, 0, 59, &value);
}

/* The digits after the point. */
static bool take_fraction(scan *s, int *microsecond) {
    int digit, unit = (int)KR__SECOND / 10;
    const char *first = s->at;
    for (*microsecond = 0; take_number(s, 1, 1, 0, 9, &digit); unit /= 10) {
        *microsecond += digit * unit;
        s->is_too_fine = s->is_too_fine || (unit == 0 && digit > 0);
    }
    return s->at > first;
}

static bool take_clock(scan *s, kr_datetime *date) {
    if (!take_number(s, 1, 2, 0, 23, &date->hour) || !take(s, ':')) return false;
    if (!take_number(s, 2, 2, 0, 59, &date->minute)) return false;
    if (take(s, ':')) {
        if (!take_number(s, 2, 2, 0, 59, &date->second)) return false;
        if (take(s, '.') && !take_fraction(s, &date->microsecond)) return false;
    }
    return skip_zone(s);
}

/* A date to the end of the text, however fine. */
static bool take_date(scan *s, kr_datetime *date) {
    if (!take_day(s, date)) return false;
    if (s->at == s->end) return true;
    if (!take(s, ' ') && !take(s, 'T')) return false;
    return take_clock(s, date) && s->at == s->end;
}

bool kr__datetime_parse(const char *text, size_t size, int64_t *micros) {
    scan s = {.at = text, .end = text + size};
    kr_datetime date = {0};
    if (!take_date(&s, &date) || s.is_too_fine) return false;
    *micros = kr__datetime_to_micros(&date);
    return true;
}

bool kr__datetime_is_too_fine(const char *text, size_t size) {
    scan s = {.at = text, .end = text + size};
    kr_datetime date = {0};
    return take_date(&s, &date) && s.is_too_fine;
}

bool kr__datetime_is_in_calendar(int64_t micros) {
    const int64_t first = -DAYS_BEFORE_1970 * KR__DAY;
    const int64_t end = first + days_before_year(10000) * KR__DAY;
    return micros >= first && micros < end;
}

/* ---- writing ---------------------------------------------------------------------------- */

const char *kr__datetime_text(int64_t micros, char text[KR_DATETIME_TEXT]) {
    kr_datetime d = {0};
    text[0] = '\0';
    if (!kr__datetime_is_in_calendar(micros)) return text;
    kr__datetime_from_micros(micros, &d);
    int n = snprintf(text, KR_DATETIME_TEXT, "%04u-%02u-%02u %02u:%02u:%02u",
                     (unsigned)d.year % 10000, (unsigned)d.month % 100, (unsigned)d.day % 100,
                     (unsigned)d.hour % 100, (unsigned)d.minute % 100, (unsigned)d.second % 100);
    if (d.microsecond == 0) return text;
    n += snprintf(text + n, KR_DATETIME_TEXT - (size_t)n, ".%06u",
                  (unsigned)d.microsecond % 1000000);
    while (text[n - 1] == '0') text[--n] = '\0';
    return text;
}
