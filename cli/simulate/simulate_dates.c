/* SPDX-License-Identifier: MIT
 * simulate_dates.c - dates that a simulated series might have. */
#include "core/datetime.h"
#include "core/random.h"
#include "simulate/simulate_command.h"

typedef struct frequency {
    const char *name;
    int64_t months, step;
} frequency;

static const frequency yearly = {"year", 12, 0}, monthly = {"month", 1, 0},
                       daily = {"day", 0, KR__DAY};

/* By the shortest season. */
static const struct {
    int64_t season;
    frequency of;
} suited[] = {
    {2, {"half-year", 6, 0}},
    {3, {"four months", 4, 0}},
    {4, {"quarter", 3, 0}},
    {5, {"day", 0, KR__DAY}},
    {6, {"two months", 2, 0}},
    {7, {"day", 0, KR__DAY}},
    {12, {"month", 1, 0}},
    {24, {"hour", 0, KR__HOUR}},
    {48, {"30 minutes", 0, KR__HOUR / 2}},
    {52, {"week", 0, 7 * KR__DAY}},
    {60, {"minute", 0, KR__MINUTE}},
    {96, {"15 minutes", 0, 15 * KR__MINUTE}},
    {144, {"10 minutes", 0, 10 * KR__MINUTE}},
    {168, {"hour", 0, KR__HOUR}},
    {288, {"5 minutes", 0, 5 * KR__MINUTE}},
    {336, {"30 minutes", 0, KR__HOUR / 2}},
};

/* Without a season: years where there are few of them, then months, then days. */
static frequency choose(int64_t season, int64_t length) {
    if (season == 0) return length <= 80 ? yearly : length <= 400 ? monthly : daily;
    for (size_t i = 0; i < sizeof suited / sizeof suited[0]; i++) {
        if (suited[i].season == season) return suited[i].of;
    }
    return daily;
}

/* Years that a series of this frequency covers, rounded up. */
static int64_t years_of(const frequency *f, int64_t length) {
    const int64_t year = 365 * KR__DAY;
    if (f->months > 0) return f->months * length / 12 + 1;
    return length / (year / f->step) + 1;
}

simulate_dates simulate_dates_of(int64_t season, int64_t length, uint64_t seed, int64_t index) {
    enum { LAST_YEAR = 2024, MOST_YEARS = 1500, SPREAD_YEARS = 20 };
    static const frequency finer[] = {
        {"month", 1, 0}, {"day", 0, KR__DAY}, {"hour", 0, KR__HOUR}, {"minute", 0, KR__MINUTE}};
    frequency f = choose(season, length);
    for (int i = 0; i < 4 && years_of(&f, length) > MOST_YEARS; i++) f = finer[i];
    kr_rng rng = kr__rng_make(seed, KR_STREAM_SIMULATE, ~(uint64_t)index); /* not the values' */
    int64_t years = years_of(&f, length);
    kr_datetime start = {.day = 1};
    start.year = LAST_YEAR - (int)years - (int)kr__rng_below(&rng, SPREAD_YEARS);
    start.month = 1 + (int)kr__rng_below(&rng, 12);
    if (f.months > 0) start.month = 1 + (start.month - 1) / (int)f.months * (int)f.months;
    int64_t micros = kr__datetime_to_micros(&start);
    if (f.months == 0) micros += (int64_t)kr__rng_below(&rng, 28) * KR__DAY;
    if (f.months == 0 && f.step < KR__DAY) micros += (int64_t)kr__rng_below(&rng, 24) * KR__HOUR;
    return (simulate_dates){f.name, micros, f.months, f.step};
}

int64_t simulate_date(const simulate_dates *d, int64_t t) {
    kr_datetime date;
    if (d->months == 0) return d->start + t * d->step;
    kr__datetime_from_micros(d->start, &date);
    int64_t months = date.month - 1 + t * d->months;
    date.year += (int)(months / 12);
    date.month = 1 + (int)(months % 12);
    return kr__datetime_to_micros(&date);
}
