/* SPDX-License-Identifier: MIT
 * datetime.c - dates as microseconds and as text. */

#include <stdio.h>
#include <string.h>

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

/* From 0001-01-01. */
static int64_t days_of(int64_t micros) {
    return micros / KR__DAY - (micros % KR__DAY < 0) + DAYS_BEFORE_1970;
}

/* In years that begin in March, the day that not all of them have is the last. Source: H. Hinnant,
 * "chrono-compatible low-level date algorithms", civil_from_days. */
void kr__datetime_date(int64_t micros, kr_datetime *date) {
    enum { DAYS_BEFORE_MARCH = 306, DAYS_4_YEARS = 1461, DAYS_100_YEARS = 36524 };
    int64_t days = days_of(micros) + DAYS_BEFORE_MARCH, /* from 0000-03-01 */
        era = (days < 0 ? days - DAYS_400_YEARS + 1 : days) / DAYS_400_YEARS;
    int day = (int)(days - era * DAYS_400_YEARS),
        leap_days = day / (DAYS_4_YEARS - 1) - day / DAYS_100_YEARS + day / (DAYS_400_YEARS - 1);
    int year = (day - leap_days) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int month = (5 * day + 2) / 153; /* 31, 30, 31, 30, 31 days, the same again, the rest */
    date->day = day - (153 * month + 2) / 5 + 1;
    date->month = month < 10 ? month + 3 : month - 9;
    date->year = (int)(era * 400) + year + (date->month < 3);
}

void kr__datetime_from_micros(int64_t micros, kr_datetime *date) {
    int64_t days = days_of(micros), rest = micros - (days - DAYS_BEFORE_1970) * KR__DAY;
    kr__datetime_date(micros, date);
    date->day_of_year = days_before_month(date->year, date->month) + date->day;
    date->hour = (int)(rest / KR__HOUR);
    date->minute = (int)(rest / KR__MINUTE % 60);
    date->second = (int)(rest / KR__SECOND % 60);
    date->microsecond = (int)(rest % KR__SECOND);
    date->weekday = (int)(days % 7); /* 0001-01-01 was a Monday */
    date->iso_week = find_iso_week(date);
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

bool kr__datetime_are_days(int64_t n, const int64_t *micros) {
    for (int64_t i = 0; i < n; i++) {
        if (micros[i] % KR__DAY != 0) return false;
    }
    return true;
}

const char *kr__datetime_day_text(int64_t micros, bool is_day, char text[KR_DATETIME_TEXT]) {
    const char *const midnight = " 00:00:00";
    kr__datetime_text(micros, text);
    size_t n = strlen(text), tail = strlen(midnight);
    if (is_day && n > tail && strcmp(text + n - tail, midnight) == 0) text[n - tail] = '\0';
    return text;
}
