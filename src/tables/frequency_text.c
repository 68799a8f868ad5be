/* SPDX-License-Identifier: MIT
 * frequency_text.c - steps of dates as text: `1h`, `1b`, `30min/mon-fri/09:30-15:30`, `1m/30`. */
#include <kr/rows.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "tables/calendar.h"
#include "tables/step_names.h"

enum { WEEK_DAYS = 7, LAST_OF_MONTH = 31, SHORTEST_MONTH = 28 };

/* Of several names for one length the first is written; larger units come first. */
static const struct {
    const char *name;
    kr_frequency step;
} units[] = {
    {"y", {.months = 12}},
    {"ye", {.months = 12, .month_day = LAST_OF_MONTH}},
    {"q", {.months = 3}},
    {"qe", {.months = 3, .month_day = LAST_OF_MONTH}},
    {"m", {.months = 1}},
    {"me", {.months = 1, .month_day = LAST_OF_MONTH}},
    {"b", {.micros = KR__DAY, .weekdays = KR_WORK_DAYS}},
    {"w", {.micros = WEEK_DAYS * KR__DAY}},
    {"d", {.micros = KR__DAY}},
    {"h", {.micros = KR__HOUR}},
    {"min", {.micros = KR__MINUTE}},
    {"s", {.micros = KR__SECOND}},
    {"ms", {.micros = 1000}},
    {"us", {.micros = 1}},
    {"a", {.months = 12}},
    {"ys", {.months = 12}},
    {"qs", {.months = 3}},
    {"MS", {.months = 1}}, /* pandas tells months from milliseconds by the case, too */
    {"t", {.micros = KR__MINUTE}},
};
enum { N_UNITS = sizeof units / sizeof units[0] };

static const char *const weekdays[WEEK_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* ---- writing ------------------------------------------------------------------------------ */

const char *kr__clock_text(int64_t micros, char text[KR__CLOCK_TEXT]) {
    unsigned second = (unsigned)(micros / KR__SECOND % 86400);
    unsigned rest = (unsigned)(micros % KR__SECOND % 1000000);
    int n = snprintf(text, KR__CLOCK_TEXT, "%02u:%02u", second / 3600, second / 60 % 60);
    if (second % 60 == 0 && rest == 0) return text;
    n += snprintf(text + n, KR__CLOCK_TEXT - (size_t)n, ":%02u", second % 60);
    if (rest == 0) return text;
    n += snprintf(text + n, KR__CLOCK_TEXT - (size_t)n, ".%06u", rest);
    while (text[n - 1] == '0') text[--n] = '\0';
    return text;
}

/* "30min"; n: the characters so far. */
static int write_unit(const kr_frequency *f, char text[KR_FREQUENCY_TEXT]) {
    bool is_end = f->month_day == LAST_OF_MONTH;
    bool is_work = f->months == 0 && f->micros == KR__DAY &&
                   kr__frequency_weekdays(f) == KR_WORK_DAYS && !kr__frequency_has_hours(f);
    for (int i = 0; i < N_UNITS; i++) {
        const kr_frequency *u = &units[i].step;
        int64_t n = u->months > 0 ? f->months / u->months : f->micros / u->micros;
        bool is_multiple = n * u->months == f->months && n * u->micros == f->micros;
        bool is_kind = u->months > 0 ? is_end == (u->month_day == LAST_OF_MONTH)
                                     : is_work == (u->weekdays == KR_WORK_DAYS);
        if (n < 1 || !is_multiple || !is_kind) continue;
        return snprintf(text, KR_FREQUENCY_TEXT, "%" PRId64 "%s", n, units[i].name);
    }
    return 0;
}

/* "/mon-fri", "/tue+thu", "/fri-mon": runs of days, each from a day whose neighbour is closed. */
static int write_weekdays(uint32_t open, char *text, size_t size) {
    int n = 0;
    for (int day = 0; day < WEEK_DAYS; day++) {
        int before = (day + WEEK_DAYS - 1) % WEEK_DAYS, last = day;
        if (!(open >> day & 1) || open >> before & 1) continue;
        while (open >> (last + 1) % WEEK_DAYS & 1) last = (last + 1) % WEEK_DAYS;
        n += snprintf(text + n, size - (size_t)n, "%c%s", n == 0 ? '/' : '+', weekdays[day]);
        if (last != day) n += snprintf(text + n, size - (size_t)n, "-%s", weekdays[last]);
    }
    return n;
}

const char *kr_frequency_text(const kr_frequency *f, char text[KR_FREQUENCY_TEXT]) {
    char clock[4][KR__CLOCK_TEXT];
    const size_t size = KR_FREQUENCY_TEXT;
    text[0] = '\0';
    int n = write_unit(f, text);
    if (n == 0) return text;
    if (f->months > 0) {
        bool is_said = f->month_day > SHORTEST_MONTH && f->month_day < LAST_OF_MONTH;
        if (is_said) snprintf(text + n, size - (size_t)n, "/%d", (int)f->month_day);
        return text;
    }
    uint32_t open = kr__frequency_weekdays(f);
    bool is_said = open != KR_ALL_DAYS && strcmp(text, "1b") != 0;
    if (is_said) n += write_weekdays(open, text + n, size - (size_t)n);
    if (!kr__frequency_has_hours(f)) return text;
    n += snprintf(text + n, size - (size_t)n, "/%s-", kr__clock_text(f->day_start, clock[0]));
    if (kr__frequency_has_pause(f)) {
        n +=
            snprintf(text + n, size - (size_t)n, "%s+%s-", kr__clock_text(f->pause_start, clock[1]),
                     kr__clock_text(f->pause_end, clock[2]));
    }
    snprintf(text + n, size - (size_t)n, "%s", kr__clock_text(f->day_end, clock[3]));
    return text;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* In either case, but for the one name whose case says which unit it is. */
static bool is_unit(const char *name, size_t size, const char *unit) {
    if (strlen(unit) != size) return false;
    bool is_either = size == 2 && (memcmp(name, "ms", 2) == 0 || memcmp(name, "MS", 2) == 0);
    bool is_cased = strcmp(unit, "ms") == 0 || strcmp(unit, "MS") == 0;
    if (is_either || is_cased) return memcmp(name, unit, size) == 0;
    size_t i = 0;
    while (i < size && tolower((unsigned char)name[i]) == unit[i]) i++;
    return i == size;
}

/* "30min" of size characters. */
static bool read_unit(const char *text, size_t size, kr_frequency *out) {
    const int64_t most = 1000000; /* weeks or months, more than there are */
    char *end = NULL;
    int64_t n = isdigit((unsigned char)text[0]) ? strtoll(text, &end, 10) : 1;
    const char *name = end ? end : text;
    size -= (size_t)(name - text);
    for (int i = 0; i < N_UNITS && n >= 1; i++) {
        const kr_frequency *u = &units[i].step;
        if (!is_unit(name, size, units[i].name) || (u->weekdays && n > 1)) continue;
        if (n > (u->months > 0 ? most : most * WEEK_DAYS * KR__DAY / u->micros)) return false;
        *out = *u;
        out->micros *= n;
        out->months *= n;
        if (u->months == 0 && !u->weekdays) out->weekdays = KR_ALL_DAYS;
        return true;
    }
    return false;
}

static bool take_weekday(const char **at, int *day) {
    for (*day = 0; *day < WEEK_DAYS; (*day)++) {
        size_t i = 0;
        while (i < 3 && tolower((unsigned char)(*at)[i]) == weekdays[*day][i]) i++;
        if (i == 3) {
            *at += 3;
            return true;
        }
    }
    return false;
}

/* "mon-fri", "tue+thu" */
static bool read_weekdays(const char *at, const char *end, uint32_t *out) {
    uint32_t open = 0;
    int first, last;
    do {
        if (!take_weekday(&at, &first)) return false;
        last = first;
        if (*at == '-' && (at++, !take_weekday(&at, &last))) return false;
        for (int day = first;; day = (day + 1) % WEEK_DAYS) {
            open |= UINT32_C(1) << day;
            if (day == last) break;
        }
    } while (*at == '+' && at++);
    *out = open;
    return at == end;
}

/* n digits; -1: something else. */
static int take_digits(const char **at, int n) {
    int value = 0;
    for (; n > 0; n--, (*at)++) {
        if (!isdigit((unsigned char)**at)) return -1;
        value = 10 * value + (**at - '0');
    }
    return value;
}

/* "09:30", "09:30:15.5" */
static bool take_clock(const char **at, int64_t *micros) {
    int hour = take_digits(at, 2), minute = **at == ':' ? (++*at, take_digits(at, 2)) : -1,
        second = 0;
    if (**at == ':') second = (++*at, take_digits(at, 2));
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return false;
    }
    *micros = hour * KR__HOUR + minute * KR__MINUTE + second * KR__SECOND;
    if (**at != '.') return true;
    ++*at;
    for (int64_t unit = KR__SECOND / 10; unit > 0 && isdigit((unsigned char)**at); unit /= 10) {
        *micros += (*(*at)++ - '0') * unit;
    }
    return true;
}

/* "09:30-15:30": micros apart, from its start to its end. */
static bool take_hours(const char **at, int64_t micros, int64_t *start, int64_t *end) {
    if (!take_clock(at, start) || **at != '-') return false;
    ++*at;
    return take_clock(at, end) && *end >= *start && (*end - *start) % micros == 0;
}

/* "09:30-15:30", "09:30-11:30+13:00-15:00" */
static bool read_hours(const char *at, const char *end, kr_frequency *out) {
    if (!take_hours(&at, out->micros, &out->day_start, &out->day_end)) return false;
    if (*at == '+') {
        out->pause_start = out->day_end;
        at++;
        if (!take_hours(&at, out->micros, &out->pause_end, &out->day_end)) return false;
        if (out->pause_end - out->pause_start <= out->micros) return false;
    }
    return at == end && out->day_end > out->day_start;
}

/* What follows a slash: "30", "mon-fri", "09:30-15:30"; each once. */
static bool read_part(const char *at, const char *end, kr_frequency *out) {
    if (out->months > 0) {
        if (out->month_day > 0) return false;
        out->month_day = take_digits(&at, end - at == 1 ? 1 : 2);
        return at == end && out->month_day >= 1 && out->month_day <= LAST_OF_MONTH;
    }
    if (out->micros > KR__DAY) return false;
    if (isdigit((unsigned char)*at)) {
        return !kr__frequency_has_hours(out) && read_hours(at, end, out);
    }
    return out->weekdays == KR_ALL_DAYS && read_weekdays(at, end, &out->weekdays);
}

static bool is_countable(const kr_frequency *f) {
    return f->months > 0 || kr__frequency_has_hours(f) || !kr__frequency_has_calendar(f) ||
           KR__DAY % f->micros == 0;
}

kr_status kr_frequency_parse(const char *text, kr_frequency *out, kr_error *err) {
    kr_frequency f = {.micros = 0};
    char first[KR_FREQUENCY_TEXT], code[KR__STEP_CODE];
    size_t n = strcspn(text, "/");
    snprintf(first, sizeof first, "%.*s", n < sizeof first ? (int)n : 0, text);
    const char *unit = kr__step_code(first, code);
    bool is_read = read_unit(unit, strlen(unit), &f);
    for (const char *at = text + n; is_read && *at == '/'; at += n) {
        n = strcspn(++at, "/");
        is_read = read_part(at, at + n, &f);
    }
    if (is_read && is_countable(&f)) {
        *out = f;
        return KR_OK;
    }
    return kr_fail(
        err, KR_USAGE,
        "\"%.40s\" is not a step of dates; use one such as hours, 15min, days, business days (1b), "
        "weeks, months, month ends (1me), quarters, years, or with days and hours: 1d/mon-sat, "
        "30min/mon-fri/09:30-15:30, 1m/30",
        text);
}

const char *kr_date_text(int64_t micros, char text[KR_DATE_TEXT]) {
    return kr__datetime_text(micros, text);
}
