/* SPDX-License-Identifier: MIT
 * frequency_find.c - the step of a series of dates, and the days and hours on which it has rows. */
#include <kr/rows.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/text.h"
#include "tables/calendar.h"

enum { WEEK_DAYS = 7, FRIDAY = 4, DAYS_FROM_MONDAY = 3, LAST_OF_MONTH = 31 };

typedef struct dates {
    const char *name;
    int64_t n;
    const int64_t *at;
    kr_error *err;
} dates;

static int64_t day_of(int64_t timestamp) { return timestamp / KR__DAY - (timestamp % KR__DAY < 0); }
static int64_t time_of(int64_t timestamp) { return timestamp - day_of(timestamp) * KR__DAY; }
static int weekday_of(int64_t day) {
    int64_t weekday = (day + DAYS_FROM_MONDAY) % WEEK_DAYS;
    return (int)(weekday < 0 ? weekday + WEEK_DAYS : weekday);
}

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

/* ---- months ------------------------------------------------------------------------------- */

/* The day of the month that all dates keep to, each month's last where it lacks it; 0: none. Last
 * days alone are ends of months. */
static int find_month_day(const dates *d) {
    int found = LAST_OF_MONTH;
    for (int64_t i = 0; i < d->n; i++) {
        kr_datetime at;
        kr__datetime_date(d->at[i], &at);
        if (at.day == kr__datetime_days(at.year, at.month)) continue;
        if (found != LAST_OF_MONTH && found != at.day) return 0;
        found = at.day;
    }
    for (int64_t i = 0; i < d->n; i++) {
        kr_datetime at;
        kr__datetime_date(d->at[i], &at);
        if (at.day > found) return 0;
    }
    return found;
}

/* Dates of one time of day, a month or more apart; the step is their smallest distance in months.
 */
static bool find_months(const dates *d, kr_frequency *f) {
    const int64_t shortest = 28;
    int64_t step = 0, before = 0;
    for (int64_t i = 1; i < d->n; i++) {
        int64_t distance = d->at[i] - d->at[i - 1];
        if (distance < shortest * KR__DAY || distance % KR__DAY != 0) return false;
    }
    int month_day = find_month_day(d);
    if (month_day == 0) return false;
    for (int64_t i = 0; i < d->n; i++) {
        kr_datetime at;
        kr__datetime_date(d->at[i], &at);
        int64_t month = (int64_t)at.year * 12 + at.month;
        if (i > 0 && (step == 0 || month - before < step)) step = month - before;
        before = month;
    }
    *f = (kr_frequency){.months = step, .month_day = month_day, .weekdays = KR_ALL_DAYS};
    return step > 0;
}

/* ---- the distance of most neighbours ------------------------------------------------------ */

static int compare(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* From the row before; 0: does not count, because a night lies between them, or it does not rise.
 */
static int64_t distance_to(const int64_t *at, int64_t i, bool within_days) {
    if (at[i] <= at[i - 1] || (within_days && day_of(at[i]) != day_of(at[i - 1]))) return 0;
    return at[i] - at[i - 1];
}

int64_t kr__frequency_vote(int64_t n, const int64_t *at, bool within_days) {
    int64_t candidate = 0, votes = 0;
    for (int64_t i = 1; i < n; i++) {
        int64_t step = distance_to(at, i, within_days);
        if (step == 0) continue;
        if (votes == 0) candidate = step;
        votes += step == candidate ? 1 : -1;
    }
    return candidate;
}

/* The smallest of the most frequent, by sorting them. */
static kr_status sort_distances(const dates *d, bool within_days, int64_t *distance) {
    int64_t *steps = kr__calloc((size_t)d->n, sizeof *steps), n = 0, run = 0, best = 0;
    if (!steps) return kr_fail(d->err, KR_MEMORY, "%s: no memory for the dates", d->name);
    for (int64_t i = 1; i < d->n; i++) {
        int64_t step = distance_to(d->at, i, within_days);
        if (step > 0) steps[n++] = step;
    }
    qsort(steps, (size_t)n, sizeof *steps, compare);
    for (int64_t i = 0; i < n; i++) {
        run = i > 0 && steps[i] == steps[i - 1] ? run + 1 : 1;
        if (run > best) {
            best = run;
            *distance = steps[i];
        }
    }
    kr_free(steps);
    return KR_OK;
}

/* The distance of most neighbours, of rows of one day if so wanted; 0: there are none. A majority,
 * if there is one, is found without sorting. */
static kr_status find_distance(const dates *d, bool within_days, int64_t *distance) {
    int64_t candidate = kr__frequency_vote(d->n, d->at, within_days), n = 0, n_same = 0;
    for (int64_t i = 1; i < d->n; i++) {
        int64_t step = distance_to(d->at, i, within_days);
        n += step > 0;
        n_same += step > 0 && step == candidate;
    }
    *distance = candidate;
    return n == 0 || 2 * n_same > n ? KR_OK : sort_distances(d, within_days, distance);
}

/* ---- days and hours ----------------------------------------------------------------------- */

/* What would come about less often than this by chance is no chance. */
static const double UNLIKELY = 0.01;

/* What the dates show. */
typedef struct survey {
    int64_t first_time, last_time; /* of a day */
    int64_t unit;                  /* divides all distances between times of a day; 0: one time */
    int64_t n_days;                /* that have rows */
    uint32_t weekdays;
} survey;

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static survey look_at(const dates *d) {
    survey s = {.first_time = KR__DAY, .last_time = -1};
    int64_t any = time_of(d->at[0]);
    for (int64_t i = 0; i < d->n; i++) {
        int64_t time = time_of(d->at[i]), day = day_of(d->at[i]);
        if (time < s.first_time) s.first_time = time;
        if (time > s.last_time) s.last_time = time;
        if (s.unit == 0 || (time - any) % s.unit != 0) {
            s.unit = common_divisor(time < any ? any - time : time - any, s.unit);
        }
        s.n_days += i == 0 || day != day_of(d->at[i - 1]);
        s.weekdays |= UINT32_C(1) << weekday_of(day);
    }
    return s;
}

/* The longest time of a day, longer than the step, in which no day has a row. There is none where
 * times are too fine to be marked one by one. */
static kr_status find_pause(const dates *d, const survey *s, kr_frequency *f) {
    const int64_t most = 1 << 20;
    int64_t n = (s->last_time - s->first_time) / s->unit + 1, before = 0;
    if (n > most) return KR_OK;
    uint8_t *has_rows = kr__calloc((size_t)n, 1);
    if (!has_rows) return kr_fail(d->err, KR_MEMORY, "%s: no memory for the dates", d->name);
    for (int64_t i = 0; i < d->n; i++) has_rows[(time_of(d->at[i]) - s->first_time) / s->unit] = 1;
    for (int64_t i = 1; i < n; i++) {
        if (!has_rows[i]) continue;
        int64_t length = (i - before) * s->unit;
        if (length > f->micros && length > f->pause_end - f->pause_start) {
            f->pause_start = s->first_time + before * s->unit;
            f->pause_end = s->first_time + i * s->unit;
        }
        before = i;
    }
    kr_free(has_rows);
    return KR_OK;
}

/* Are all rows at the places of f, whose hours are known? */
static bool are_on_hours(const dates *d, const kr_frequency *f) {
    for (int64_t i = 0; i < d->n; i++) {
        int64_t time = time_of(d->at[i]);
        bool is_after = kr__frequency_has_pause(f) && time >= f->pause_end;
        if ((time - (is_after ? f->pause_end : f->day_start)) % f->micros != 0) return false;
    }
    return true;
}

/* Would the pause hardly come about with rows that are missing as often as at other times? */
static bool is_no_chance(const dates *d, const survey *s, const kr_frequency *f) {
    double n_rows = (double)kr__frequency_rows_of_day(f), n_days = (double)s->n_days;
    double n_pause = floor((double)(f->pause_end - f->pause_start - 1) / (double)f->micros);
    double missing = fmax(1 - (double)d->n / (n_days * n_rows), 0);
    return n_rows * pow(missing, n_pause * n_days) < UNLIKELY;
}

/* Rows of a day: at one time, or at even distances from the first to the last, with a pause or
 * without. */
static kr_status find_hours(const dates *d, const survey *s, kr_frequency *f, bool *is_found) {
    const int64_t least_days = 4;
    *f = (kr_frequency){.micros = KR__DAY, .weekdays = KR_ALL_DAYS};
    *is_found = true;
    if (s->first_time == s->last_time) return KR_OK;
    KR_TRY(find_distance(d, true, &f->micros));
    *is_found = f->micros > 0;
    if (!*is_found) return KR_OK;
    f->day_start = s->first_time;
    f->day_end = s->last_time;
    if (s->n_days >= least_days) KR_TRY(find_pause(d, s, f));
    *is_found = are_on_hours(d, f);
    if (kr__frequency_has_pause(f) && (!*is_found || !is_no_chance(d, s, f))) {
        f->pause_start = f->pause_end = 0;
        *is_found = are_on_hours(d, f);
    }
    bool is_clock = s->last_time - s->first_time + f->micros == KR__DAY;
    if (!kr__frequency_has_pause(f) && (is_clock || s->n_days < least_days)) {
        f->day_start = f->day_end = 0;
        *is_found = *is_found && KR__DAY % f->micros == 0;
    }
    return KR_OK;
}

/* How many rows are missing between the first and the last. */
static int64_t count_missing(const dates *d, const kr_frequency *f) {
    return kr_frequency_count(f, d->at[0], d->at[d->n - 1]) + 1 - d->n;
}

/* Is a Friday's last row followed by a Monday's first? */
static bool leaves_out_weekend(const dates *d, const kr_frequency *f) {
    int64_t start = f->day_start, end = f->day_end; /* the last place of a day begins there */
    if (!kr__frequency_has_hours(f)) end = KR__DAY - f->micros;
    for (int64_t i = 1; i < d->n; i++) {
        int64_t from = day_of(d->at[i - 1]), to = day_of(d->at[i]);
        if (to - from == WEEK_DAYS - FRIDAY && weekday_of(from) == FRIDAY &&
            time_of(d->at[i - 1]) >= end && time_of(d->at[i]) < start + f->micros) {
            return true;
        }
    }
    return false;
}

/* Weekdays without a row are closed if each had its chance at least three times, and if all of this
 * would hardly come about with rows that are missing as often as on the other days. */
static bool are_others_closed(const dates *d, const kr_frequency *f) {
    int64_t first = day_of(d->at[0]), last = day_of(d->at[d->n - 1]), n_closed = 0;
    int64_t n_missing = count_missing(d, f);
    for (int weekday = 0; weekday < WEEK_DAYS; weekday++) {
        if (f->weekdays >> weekday & 1) continue;
        int64_t to_first = (weekday - weekday_of(first) + WEEK_DAYS) % WEEK_DAYS;
        int64_t n = last - first >= to_first ? (last - first - to_first) / WEEK_DAYS + 1 : 0;
        if (n < 3) return false;
        n_closed += n;
    }
    double missing = (double)n_missing / (double)(n_missing + d->n);
    return WEEK_DAYS * pow(missing, (double)n_closed) < UNLIKELY;
}

/* distance: that of most neighbours. */
static uint32_t find_weekdays(const dates *d, const survey *s, const kr_frequency *f,
                              int64_t distance) {
    kr_frequency open = *f;
    open.weekdays = s->weekdays;
    if (are_others_closed(d, &open)) return s->weekdays;
    bool is_work = (s->weekdays & ~(uint32_t)KR_WORK_DAYS) == 0 && f->micros == distance;
    return is_work && leaves_out_weekend(d, f) ? KR_WORK_DAYS : KR_ALL_DAYS;
}

/* Rows that a step without a calendar does not meet, and those that it misses. */
static int64_t count_defects(const dates *d, int64_t step) {
    int64_t n_on = 0, due = (d->at[d->n - 1] - d->at[0]) / step + 1;
    for (int64_t i = 0; i < d->n; i++) n_on += (d->at[i] - d->at[0]) % step == 0;
    return d->n - n_on + due - n_on;
}

/* A calendar, if the dates have one; f: with the step of most neighbours. */
static kr_status find_calendar(const dates *d, kr_frequency *f) {
    bool is_found;
    kr_frequency open;
    const survey s = look_at(d);
    int64_t n_defects = count_defects(d, f->micros);
    if (n_defects == 0) return KR_OK;
    KR_TRY(find_hours(d, &s, &open, &is_found));
    if (!is_found) return KR_OK;
    open.weekdays = find_weekdays(d, &s, &open, f->micros);
    int64_t n_missing = count_missing(d, &open);
    if (kr__frequency_has_calendar(&open) && n_missing < n_defects && n_missing <= d->n) *f = open;
    return KR_OK;
}

void kr__frequency_widen(kr_frequency *f, int64_t n, const int64_t *at) {
    const int32_t shortest = 28;
    bool has_hours = kr__frequency_has_hours(f), has_pause = kr__frequency_has_pause(f);
    if (f->month_day <= shortest) f->month_day = 0;
    if (f->months > 0 || !kr__frequency_has_calendar(f)) return;
    f->weekdays = kr__frequency_weekdays(f);
    for (int64_t i = 0; i < n; i++) {
        int64_t time = time_of(at[i]);
        f->weekdays |= UINT32_C(1) << weekday_of(day_of(at[i]));
        bool is_on = has_hours && (time - f->day_start) % f->micros == 0;
        if (is_on && time < f->day_start) f->day_start = time;
        if (is_on && time > f->day_end) f->day_end = time;
        if (is_on && time > f->pause_start && time < f->pause_end) has_pause = false;
    }
    bool is_even = (f->day_end - f->day_start) % f->micros == 0;
    if (!has_pause && is_even) f->pause_start = f->pause_end = 0;
    if (has_hours && !has_pause && f->day_end - f->day_start + f->micros == KR__DAY)
        f->day_start = f->day_end = 0;
}

bool kr__frequency_suits(const kr_frequency *was, const kr_frequency *is, int64_t n,
                         const int64_t *at) {
    if (kr_frequency_is_same(was, is)) return true;
    if (kr_frequency_add(was, at[0], 0) != at[0]) return false;
    for (int64_t i = 1; i < n; i++) {
        if (kr_frequency_count(was, at[i - 1], at[i]) < 0) return false;
    }
    if (kr_frequency_count(was, at[0], at[n - 1]) == n - 1) return true;
    /* with gaps: they must not be what is closed in these rows alone */
    bool is_wider = !kr__frequency_has_hours(is) ||
                    (is->day_start <= was->day_start && is->day_end >= was->day_end &&
                     (!kr__frequency_has_pause(is) ||
                      (is->pause_start == was->pause_start && is->pause_end == was->pause_end)));
    return is->months == was->months && is->micros == was->micros && is_wider &&
           (kr__frequency_weekdays(was) & ~kr__frequency_weekdays(is)) == 0;
}

/* ---- all together ------------------------------------------------------------------------- */

static kr_status check_grid(const dates *d, const kr_frequency *f) {
    char text[KR_DATETIME_TEXT], step[KR_FREQUENCY_TEXT];
    int64_t n_off = 0, first = -1;
    if (kr__frequency_are_steps(f, d->n, d->at)) return KR_OK;
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
    const dates d = {name, n, timestamps, err};
    kr_frequency f = {.weekdays = KR_ALL_DAYS};
    if (n < 2) {
        return kr_fail(err, KR_FORMAT,
                       "%s: has %" PRId64
                       " row%s; two dates are needed to see how "
                       "far apart rows are",
                       name, n, kr__plural(n));
    }
    KR_TRY(check_rising(&d));
    if (!find_months(&d, &f)) {
        KR_TRY(find_distance(&d, false, &f.micros));
        KR_TRY(find_calendar(&d, &f));
    }
    KR_TRY(check_grid(&d, &f));
    *out = f;
    return KR_OK;
}
