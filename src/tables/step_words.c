/* SPDX-License-Identifier: MIT
 * step_words.c - steps of dates in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/datetime.h"
#include "tables/calendar.h"
#include "tables/step_names.h"

enum { WEEK_DAYS = 7, LAST_OF_MONTH = 31, SHORTEST_MONTH = 28 };

static const char *const weekdays[WEEK_DAYS] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};

/* "Monday to Friday", "Saturday", "Monday, Wednesday and Friday": runs of days, each from a day
 * whose neighbour is closed. */
static void write_weekdays(uint32_t open, char *text, size_t size) {
    int n_runs = 0, run = 0;
    size_t n = 0;
    for (int day = 0; day < WEEK_DAYS; day++) {
        int before = (day + WEEK_DAYS - 1) % WEEK_DAYS;
        n_runs += (open >> day & 1) && !(open >> before & 1);
    }
    for (int day = 0; day < WEEK_DAYS; day++) {
        int length = 0;
        if (open >> (day + WEEK_DAYS - 1) % WEEK_DAYS & 1) continue;
        while (open >> (day + length) % WEEK_DAYS & 1) length++;
        if (length == 0) continue;
        const char *before = run == 0 ? "" : run == n_runs - 1 ? " and " : ", ";
        n += (size_t)snprintf(text + n, size - n, "%s%s", before, weekdays[day]);
        if (length > 1) {
            n += (size_t)snprintf(text + n, size - n, " %s %s", length == 2 ? "and" : "to",
                                  weekdays[(day + length - 1) % WEEK_DAYS]);
        }
        run++;
    }
}

/* "month", or with a number before it: "2 months". */
static size_t write_amount(double amount, const char *name, char *text) {
    return (size_t)snprintf(text, KR__STEP_WORDS, "%.15g %s%s", amount, name,
                            amount == 1 ? "" : "s");
}

/* Calendar units that stand alone have a name: "months", "quarter ends", "years". */
static void write_months(const kr_frequency *f, const int64_t *from, char *text) {
    bool are_years = f->months % 12 == 0, are_quarters = !are_years && f->months % 3 == 0;
    int64_t unit = are_years ? 12 : are_quarters ? 3 : 1;
    const char *name = are_years ? "year" : are_quarters ? "quarter" : "month";
    kr_datetime date = {.month = 12};
    if (from) kr__datetime_from_micros(*from, &date);
    bool is_end = f->month_day == LAST_OF_MONTH;
    if (is_end && f->months == unit && date.month % unit == 0) {
        snprintf(text, KR__STEP_WORDS, "%s ends", name);
        return;
    }
    int64_t amount = f->months / unit;
    size_t n = amount == 1 ? (size_t)snprintf(text, KR__STEP_WORDS, "%ss", name)
                           : write_amount((double)amount, name, text);
    if (is_end) {
        snprintf(text + n, KR__STEP_WORDS - n, ", at ends of months");
    } else if (f->month_day > SHORTEST_MONTH) {
        snprintf(text + n, KR__STEP_WORDS - n, ", on day %d or the last", (int)f->month_day);
    }
}

static void write_weeks(const kr_frequency *f, const int64_t *from, char *text) {
    int64_t n_weeks = f->micros / (WEEK_DAYS * KR__DAY);
    size_t n = n_weeks == 1 ? (size_t)snprintf(text, KR__STEP_WORDS, "weeks")
                            : write_amount((double)n_weeks, "week", text);
    if (!from) return;
    kr_datetime date;
    kr__datetime_from_micros(*from, &date);
    snprintf(text + n, KR__STEP_WORDS - n, " from %s", weekdays[date.weekday]);
}

/* "1 hour", "1.5 seconds". */
static size_t write_time(const kr_frequency *f, char *text) {
    static const struct {
        int64_t micros;
        const char *name;
    } units[] = {{KR__DAY, "day"},       {KR__HOUR, "hour"},    {KR__MINUTE, "minute"},
                 {KR__SECOND, "second"}, {1000, "millisecond"}, {1, "microsecond"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        bool is_whole = f->micros % units[i].micros == 0;
        bool is_second = units[i].micros == KR__SECOND && f->micros > KR__SECOND;
        if (!is_whole && !is_second) continue;
        return write_amount((double)f->micros / (double)units[i].micros, units[i].name, text);
    }
    return 0;
}

static void write_hours(const kr_frequency *f, char *text, size_t size) {
    char start[KR__CLOCK_TEXT], end[KR__CLOCK_TEXT], next[KR__CLOCK_TEXT], last[KR__CLOCK_TEXT];
    if (kr__frequency_has_pause(f)) {
        snprintf(text, size, ", %s to %s and %s to %s", kr__clock_text(f->day_start, start),
                 kr__clock_text(f->pause_start, end), kr__clock_text(f->pause_end, next),
                 kr__clock_text(f->day_end, last));
    } else if (kr__frequency_has_hours(f)) {
        snprintf(text, size, ", %s to %s", kr__clock_text(f->day_start, start),
                 kr__clock_text(f->day_end, end));
    }
}

const char *kr__step_words(const kr_frequency *f, const int64_t *from, char text[KR__STEP_WORDS]) {
    uint32_t open = kr__frequency_weekdays(f);
    bool has_hours = kr__frequency_has_hours(f);
    text[0] = '\0';
    if (f->months > 0) {
        write_months(f, from, text);
    } else if (f->micros == KR__DAY && open == KR_WORK_DAYS && !has_hours) {
        snprintf(text, KR__STEP_WORDS, "business days");
    } else if (f->micros > 0 && f->micros % (WEEK_DAYS * KR__DAY) == 0) {
        write_weeks(f, from, text);
    } else {
        size_t n = write_time(f, text);
        if (open != KR_ALL_DAYS) {
            n += (size_t)snprintf(text + n, KR__STEP_WORDS - n, ", ");
            write_weekdays(open, text + n, KR__STEP_WORDS - n);
            n = strlen(text);
        }
        write_hours(f, text + n, KR__STEP_WORDS - n);
    }
    return text;
}
