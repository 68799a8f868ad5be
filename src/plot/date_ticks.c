/* SPDX-License-Identifier: MIT
 * date_ticks.c - ticks of an axis of dates: at whole (parts of) seconds, hours, days, months,
 * years, and named so. */
#include <math.h>
#include <stdio.h>

#include "core/datetime.h"
#include "plot/ticks.h"

/* Either is above 0. */
typedef struct date_step {
    int64_t micros, months;
} date_step;

#define SECOND KR__SECOND
#define MINUTE KR__MINUTE
#define HOUR KR__HOUR
#define DAY KR__DAY
enum { YEAR = 12 };
static const int64_t WEEK = 7 * DAY, MONDAY = 4 * DAY;

/* Finest first. */
static const date_step steps[] = {
    {1, 0},           {2, 0},           {5, 0},         {10, 0},         {20, 0},
    {50, 0},          {100, 0},         {200, 0},       {500, 0},        {1000, 0},
    {2000, 0},        {5000, 0},        {10000, 0},     {20000, 0},      {50000, 0},
    {100000, 0},      {200000, 0},      {500000, 0},    {SECOND, 0},     {5 * SECOND, 0},
    {15 * SECOND, 0}, {30 * SECOND, 0}, {MINUTE, 0},    {5 * MINUTE, 0}, {15 * MINUTE, 0},
    {30 * MINUTE, 0}, {HOUR, 0},        {3 * HOUR, 0},  {6 * HOUR, 0},   {12 * HOUR, 0},
    {DAY, 0},         {2 * DAY, 0},     {7 * DAY, 0},   {0, 1},          {0, 2},
    {0, 3},           {0, 6},           {0, YEAR},      {0, 2 * YEAR},   {0, 5 * YEAR},
    {0, 10 * YEAR},   {0, 20 * YEAR},   {0, 50 * YEAR}, {0, 100 * YEAR}, {0, 200 * YEAR},
    {0, 500 * YEAR},  {0, 1000 * YEAR}};
enum { N_STEPS = sizeof steps / sizeof steps[0] };

/* ---- where ------------------------------------------------------------------------------ */

/* Weeks are counted from a Monday. */
static int64_t origin_of(const date_step *step) { return step->micros % WEEK == 0 ? MONDAY : 0; }

/* The date of a tick; months are counted from the year 0, which no date lies in. */
static int64_t date_at(const date_step *step, int64_t index) {
    if (step->micros > 0) return origin_of(step) + index * step->micros;
    int64_t month = index * step->months;
    return kr__datetime_to_micros(
        &(kr_datetime){.year = (int)(month / YEAR), .month = (int)(month % YEAR) + 1, .day = 1});
}

/* The first tick from a date on. */
static int64_t index_from(const date_step *step, double low) {
    if (step->micros > 0) {
        return (int64_t)ceil((low - (double)origin_of(step)) / (double)step->micros);
    }
    kr_datetime date;
    kr__datetime_from_micros((int64_t)floor(low), &date);
    int64_t index = ((int64_t)date.year * YEAR + date.month - 1) / step->months;
    if (index < 1) index = 1;
    while ((double)date_at(step, index) < low) index++;
    return index;
}

/* The number of ticks, at most limit. */
static int count_ticks(const date_step *step, double low, double high, int limit) {
    int n = 0;
    int64_t first = index_from(step, low);
    while (n < limit && (double)date_at(step, first + n) <= high) n++;
    return n;
}

/* ---- names ------------------------------------------------------------------------------ */

static const char *month_name(const kr_datetime *date) {
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return names[date->month - 1];
}

static bool is_midnight(const kr_datetime *date) {
    return date->hour == 0 && date->minute == 0 && date->second == 0 && date->microsecond == 0;
}

static void write_name(const date_step *step, const kr_datetime *d, char text[KR__TICK_TEXT]) {
    if (step->months > 0 && d->month == 1) {
        snprintf(text, KR__TICK_TEXT, "%d", d->year);
    } else if (step->months > 0) {
        snprintf(text, KR__TICK_TEXT, "%s", month_name(d));
    } else if (step->micros >= DAY || is_midnight(d)) {
        snprintf(text, KR__TICK_TEXT, "%d %s", d->day, month_name(d));
    } else if (step->micros >= MINUTE) {
        snprintf(text, KR__TICK_TEXT, "%02d:%02d", d->hour, d->minute);
    } else {
        int n = snprintf(text, KR__TICK_TEXT, "%02d:%02d:%02d", d->hour, d->minute, d->second);
        int64_t unit = SECOND / 10;
        if (step->micros < SECOND) n += snprintf(text + n, KR__TICK_TEXT - (size_t)n, ".");
        for (; step->micros < 10 * unit; unit /= 10) { /* digits up to that of the step */
            text[n++] = (char)('0' + d->microsecond / unit % 10);
            text[n] = '\0';
        }
    }
}

/* What the names leave open: the year, and for a few hours the day. */
static void write_rest(const date_step *step, kr__ticks *out) {
    kr_datetime first, last, d;
    bool has_day = step->micros >= DAY, has_year = step->months >= YEAR;
    for (int i = 0; i < out->n; i++) {
        kr__datetime_from_micros((int64_t)out->at[i], &d);
        has_day = has_day || (step->micros > 0 && is_midnight(&d));
        has_year = has_year || (step->months > 0 && d.month == 1);
    }
    out->factor[0] = '\0';
    if (out->n == 0 || has_year) return;
    kr__datetime_from_micros((int64_t)out->at[0], &first);
    kr__datetime_from_micros((int64_t)out->at[out->n - 1], &last);
    if (first.year != last.year) {
        snprintf(out->factor, sizeof out->factor, "%d/%d", first.year, last.year);
    } else if (step->micros > 0 && !has_day) {
        snprintf(out->factor, sizeof out->factor, "%d %s %d", first.day, month_name(&first),
                 first.year);
    } else {
        snprintf(out->factor, sizeof out->factor, "%d", first.year);
    }
}

/* ---- all -------------------------------------------------------------------------------- */

void kr__ticks_dates(double low, double high, int max_ticks, kr__ticks *out) {
    static const double FIRST = -62135596800e6, LAST = 253370764800e6; /* years 1 to 9999 */
    if (low < FIRST || high > LAST) {
        kr__ticks_linear(low, high, max_ticks, true, out);
        return;
    }
    int k = 0;
    while (k + 1 < N_STEPS && count_ticks(&steps[k], low, high, max_ticks + 1) > max_ticks) k++;
    int64_t first = index_from(&steps[k], low);
    out->n_minor = 0;
    out->n = count_ticks(&steps[k], low, high, max_ticks);
    for (int i = 0; i < out->n; i++) {
        kr_datetime date;
        int64_t micros = date_at(&steps[k], first + i);
        out->at[i] = (double)micros;
        kr__datetime_from_micros(micros, &date);
        write_name(&steps[k], &date, out->text[i]);
    }
    write_rest(&steps[k], out);
}
