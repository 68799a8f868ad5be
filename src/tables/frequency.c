/* SPDX-License-Identifier: MIT
 * frequency.c - the step of a series of dates. */
#include <kr/rows.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"

enum { WORK_DAYS = 5, WEEK_DAYS = 7 };

static const int64_t WEEK = WEEK_DAYS * KR__DAY;

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* ---- months ------------------------------------------------------------------------------- */

static bool is_last_day(const kr_datetime *d) {
    return d->day == kr__datetime_days(d->year, d->month);
}

/* Months since year 0; the day and the time are ignored. */
static int64_t month_number(const kr_datetime *d) { return (int64_t)d->year * 12 + d->month - 1; }

static int64_t add_months(int64_t timestamp, int64_t n_months, bool is_month_end) {
    kr_datetime d;
    kr__datetime_from_micros(timestamp, &d);
    int64_t month = month_number(&d) + n_months;
    const int64_t first_month = 12, last_month = 12 * 10000 - 1; /* of the years 1 .. 9999 */
    if (month < first_month) month = first_month;
    if (month > last_month) month = last_month;
    d.year = (int)floor_div(month, 12);
    d.month = (int)(month - floor_div(month, 12) * 12) + 1;
    int n_days = kr__datetime_days(d.year, d.month);
    if (is_month_end || d.day > n_days) d.day = n_days;
    return kr__datetime_to_micros(&d);
}

/* ---- business days ------------------------------------------------------------------------ */

/* Work days since Monday, 1969-12-29; a weekend counts as the Friday before it. */
static int64_t work_day_number(int64_t timestamp) {
    const int64_t days_to_monday = 3;
    int64_t day = floor_div(timestamp, KR__DAY) + days_to_monday;
    int64_t week = floor_div(day, WEEK_DAYS), weekday = day - week * WEEK_DAYS;
    return week * WORK_DAYS + (weekday < WORK_DAYS ? weekday : WORK_DAYS - 1);
}

static int64_t add_work_days(int64_t timestamp, int64_t n) {
    const int64_t days_to_monday = 3;
    int64_t time = timestamp - floor_div(timestamp, KR__DAY) * KR__DAY;
    int64_t number = work_day_number(timestamp) + n, week = floor_div(number, WORK_DAYS);
    int64_t day = week * WEEK_DAYS + (number - week * WORK_DAYS) - days_to_monday;
    return day * KR__DAY + time;
}

static bool is_weekend(int64_t timestamp) {
    kr_datetime d;
    kr__datetime_from_micros(timestamp, &d);
    return d.weekday >= WORK_DAYS;
}

/* ---- counting ----------------------------------------------------------------------------- */

int64_t kr_frequency_add(const kr_frequency *f, int64_t timestamp, int64_t n_steps) {
    if (f->months > 0) return add_months(timestamp, n_steps * f->months, f->is_month_end);
    if (f->is_business) return add_work_days(timestamp, n_steps);
    /* what lies far behind all dates stays there */
    const int64_t farthest = INT64_MAX / 4;
    if (n_steps > farthest / f->micros) return farthest;
    if (n_steps < -farthest / f->micros) return -farthest;
    return timestamp + n_steps * f->micros;
}

int64_t kr_frequency_count(const kr_frequency *f, int64_t from, int64_t to) {
    int64_t n;
    if (f->months > 0) {
        kr_datetime a, b;
        kr__datetime_from_micros(from, &a);
        kr__datetime_from_micros(to, &b);
        n = (month_number(&b) - month_number(&a)) / f->months;
    } else if (f->is_business) {
        n = work_day_number(to) - work_day_number(from);
    } else {
        n = (to - from) / f->micros;
    }
    return n >= 0 && kr_frequency_add(f, from, n) == to ? n : -1;
}

int64_t kr_frequency_season(const kr_frequency *f) {
    const int64_t weeks_of_a_year = 52, months_of_a_year = 12;
    if (f->months > 0) {
        return f->months <= months_of_a_year && months_of_a_year % f->months == 0
                   ? months_of_a_year / f->months
                   : 1;
    }
    if (f->is_business) return WORK_DAYS;
    if (f->micros == KR__DAY) return WEEK_DAYS;
    if (f->micros == WEEK) return weeks_of_a_year;
    int64_t cycle = f->micros < KR__SECOND   ? KR__SECOND
                    : f->micros < KR__MINUTE ? KR__HOUR
                                             : KR__DAY;
    return f->micros < KR__DAY && cycle % f->micros == 0 ? cycle / f->micros : 1;
}

bool kr_frequency_is_same(const kr_frequency *a, const kr_frequency *b) {
    return a->micros == b->micros && a->months == b->months && a->is_business == b->is_business &&
           a->is_month_end == b->is_month_end;
}

/* ---- as text ------------------------------------------------------------------------------ */

/* Of several names for one length the first is written; larger units come first. */
static const struct {
    const char *name;
    kr_frequency step;
} units[] = {
    {"y", {.months = 12}},
    {"ye", {.months = 12, .is_month_end = true}},
    {"q", {.months = 3}},
    {"qe", {.months = 3, .is_month_end = true}},
    {"m", {.months = 1}},
    {"me", {.months = 1, .is_month_end = true}},
    {"b", {.micros = KR__DAY, .is_business = true}},
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

const char *kr_frequency_text(const kr_frequency *f, char text[KR_FREQUENCY_TEXT]) {
    text[0] = '\0';
    for (int i = 0; i < N_UNITS; i++) {
        const kr_frequency *u = &units[i].step;
        int64_t n = u->months > 0 ? f->months / u->months : f->micros / u->micros;
        bool is_multiple = n * u->months == f->months && n * u->micros == f->micros;
        if (n < 1 || !is_multiple || u->is_business != f->is_business ||
            u->is_month_end != f->is_month_end) {
            continue;
        }
        snprintf(text, KR_FREQUENCY_TEXT, "%" PRId64 "%s", n, units[i].name);
        break;
    }
    return text;
}

/* In either case, but for the one name whose case says which unit it is. */
static bool is_unit(const char *name, const char *unit) {
    if (strcmp(name, "ms") == 0 || strcmp(name, "MS") == 0) return strcmp(name, unit) == 0;
    if (strcmp(unit, "ms") == 0 || strcmp(unit, "MS") == 0) return false;
    while (*name && tolower((unsigned char)*name) == *unit) name++, unit++;
    return *name == '\0' && *unit == '\0';
}

kr_status kr_frequency_parse(const char *text, kr_frequency *out, kr_error *err) {
    const int64_t most = 1000000; /* weeks or months, more than there are */
    char *end = NULL;
    int64_t n = isdigit((unsigned char)text[0]) ? strtoll(text, &end, 10) : 1;
    const char *name = end ? end : text;
    for (int i = 0; i < N_UNITS && n >= 1; i++) {
        const kr_frequency *u = &units[i].step;
        if (!is_unit(name, units[i].name) || (u->is_business && n > 1)) continue;
        if (n > (u->months > 0 ? most : most * WEEK / u->micros)) break;
        *out = *u;
        out->micros *= n;
        out->months *= n;
        return KR_OK;
    }
    return kr_fail(
        err, KR_USAGE,
        "\"%.40s\" is not a step of dates; use one such as 1h, 15min, 1d, 1b (work days), 1w, 1m, "
        "1me (ends of months), 1q, 1y",
        text);
}

/* ---- from dates --------------------------------------------------------------------------- */

typedef struct dates {
    const char *name;
    int64_t n;
    const int64_t *at;
    kr_error *err;
} dates;

static kr_status check_rising(const dates *d) {
    char text[KR_DATETIME_TEXT];
    for (int64_t i = 1; i < d->n; i++) {
        if (d->at[i] > d->at[i - 1]) continue;
        bool is_same = d->at[i] == d->at[i - 1];
        return kr_fail(d->err, KR_FORMAT, "%s: row %" PRId64 ", %s: %s; %s", d->name, i + 1,
                       kr__datetime_text(d->at[i], text),
                       is_same ? "the row before has the same date" : "the dates go back here",
                       is_same ? "keep one row per date" : "sort the rows by date");
    }
    return KR_OK;
}

/* Dates that all fall on one day of the month, or all on its last day; the step is their smallest
 * distance in months. */
static bool find_months(const dates *d, kr_frequency *f) {
    const int64_t shortest = 28;
    kr_datetime first, at, before;
    kr__datetime_from_micros(d->at[0], &first);
    bool are_ends = is_last_day(&first), are_same = true;
    int64_t step = 0;
    before = first;
    for (int64_t i = 1; i < d->n; i++) {
        if (d->at[i] - d->at[i - 1] < shortest * KR__DAY) return false;
        kr__datetime_from_micros(d->at[i], &at);
        int64_t n = month_number(&at) - month_number(&before);
        if (n < 1 || (d->at[i] - d->at[0]) % KR__DAY != 0) return false;
        are_ends = are_ends && is_last_day(&at);
        are_same = are_same && at.day == first.day;
        if (step == 0 || n < step) step = n;
        before = at;
    }
    *f = (kr_frequency){.months = step, .is_month_end = !are_same};
    return step > 0 && (are_same || are_ends);
}

static int compare(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The distance of most neighbours: a majority, if there is one, is found without sorting; otherwise
 * the smallest of the most frequent. */
static kr_status find_distance(const dates *d, int64_t *distance) {
    int64_t candidate = 0, votes = 0, n = 0;
    for (int64_t i = 1; i < d->n; i++) {
        int64_t step = d->at[i] - d->at[i - 1];
        if (votes == 0) candidate = step;
        votes += step == candidate ? 1 : -1;
    }
    for (int64_t i = 1; i < d->n; i++) n += d->at[i] - d->at[i - 1] == candidate;
    *distance = candidate;
    if (2 * n > d->n - 1) return KR_OK;
    int64_t *steps = kr__calloc((size_t)d->n, sizeof *steps), run = 0, best = 0;
    if (!steps) return kr_fail(d->err, KR_MEMORY, "%s: no memory for the dates", d->name);
    for (int64_t i = 1; i < d->n; i++) steps[i - 1] = d->at[i] - d->at[i - 1];
    qsort(steps, (size_t)d->n - 1, sizeof *steps, compare);
    for (int64_t i = 0; i + 1 < d->n; i++) {
        run = i > 0 && steps[i] == steps[i - 1] ? run + 1 : 1;
        if (run > best) {
            best = run;
            *distance = steps[i];
        }
    }
    kr_free(steps);
    return KR_OK;
}

/* Daily dates, none on a weekend, though weekends lie in between. */
static bool are_work_days(const dates *d, int64_t distance) {
    bool crosses = false;
    if (distance != KR__DAY) return false;
    for (int64_t i = 0; i < d->n; i++) {
        if (is_weekend(d->at[i])) return false;
        crosses |= i > 0 && d->at[i] - d->at[i - 1] == 3 * KR__DAY;
    }
    return crosses;
}

static kr_status check_grid(const dates *d, const kr_frequency *f) {
    char text[KR_DATETIME_TEXT], step[KR_FREQUENCY_TEXT];
    int64_t n_off = 0, first = -1;
    for (int64_t i = 1; i < d->n; i++) {
        if (kr_frequency_count(f, d->at[0], d->at[i]) >= 0) continue;
        if (n_off++ == 0) first = i;
    }
    if (2 * n_off <= d->n) return KR_OK;
    return kr_fail(
        d->err, KR_FORMAT,
        "%s: the dates do not follow a regular step: most often they are %s apart, but %" PRId64
        " of %" PRId64 " rows do not fit, the first is row %" PRId64
        ", %s; bring the rows to a regular step",
        d->name, kr_frequency_text(f, step), n_off, d->n, first + 1,
        kr__datetime_text(d->at[first], text));
}

kr_status kr_frequency_infer(const char *name, int64_t n, const int64_t *timestamps,
                             kr_frequency *out, kr_error *err) {
    dates d = {name, n, timestamps, err};
    kr_frequency f = {.micros = 0};
    if (n < 2) {
        return kr_fail(err, KR_FORMAT,
                       "%s: has %" PRId64
                       " row%s; two dates are needed to see how "
                       "far apart rows are",
                       name, n, n == 1 ? "" : "s");
    }
    KR_TRY(check_rising(&d));
    if (!find_months(&d, &f)) {
        f = (kr_frequency){.micros = 0};
        KR_TRY(find_distance(&d, &f.micros));
        f.is_business = are_work_days(&d, f.micros);
    }
    KR_TRY(check_grid(&d, &f));
    *out = f;
    return KR_OK;
}

const char *kr_date_text(int64_t micros, char text[KR_DATE_TEXT]) {
    return kr__datetime_text(micros, text);
}
