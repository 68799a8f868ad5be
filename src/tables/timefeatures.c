/* SPDX-License-Identifier: MIT
 * timefeatures.c - calendar features of a time axis, chosen by the step's name. */

#include <ctype.h>
#include <string.h>

#include "core/datetime.h"
#include "tables/step_names.h"
#include "tables/timefeatures.h"

/* Every feature is (field - first) / span - 0.5. A step takes some of them, in this order. */
enum {
    SECOND = 1,
    MINUTE = 2,
    HOUR = 4,
    WEEKDAY = 8,
    DAY = 16,
    YEARDAY = 32,
    WEEK = 64,
    MONTH = 128
};

typedef struct step {
    const char *name;
    unsigned features;
} step;

enum {
    DAILY = WEEKDAY | DAY | YEARDAY,
    HOURLY = HOUR | DAILY,
    MINUTELY = MINUTE | HOURLY,
    SECONDLY = SECOND | MINUTELY
};

static const step steps[] = {
    {"s", SECONDLY}, {"t", MINUTELY},   {"min", MINUTELY}, {"h", HOURLY}, {"d", DAILY},
    {"b", DAILY},    {"w", DAY | WEEK}, {"m", MONTH},      {"me", MONTH}, {"q", MONTH},
    {"qe", MONTH},   {"a", 0},          {"y", 0},          {"ye", 0},
};

static bool is_same_word(const char *word, const char *lower) {
    while (*word && tolower((unsigned char)*word) == *lower) word++, lower++;
    return *word == '\0' && *lower == '\0';
}

static kr_status find_features(const char *freq, unsigned *features, kr_error *err) {
    char code[KR__STEP_CODE];
    const char *name = kr__step_code(freq, code);
    while (*name >= '0' && *name <= '9') name++;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (!is_same_word(name, steps[i].name)) continue;
        if (steps[i].features == 0) {
            return kr_fail(err, KR_USAGE,
                           "freq \"%.32s\": yearly steps have no time features; use m or q, or "
                           "calendar integers (`embed` fixed)",
                           freq);
        }
        *features = steps[i].features;
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE,
                   "freq \"%.32s\" is not known; use s, t (or min), h, d, b, w, m or q, with a "
                   "whole number in front if needed, as in 15min or 3h, or a name such as business "
                   "days",
                   freq);
}

kr_status kr__timefeatures_count(const char *freq, int64_t *n_features, kr_error *err) {
    unsigned features;
    KR_TRY(find_features(freq, &features, err));
    int64_t n = 0;
    for (unsigned rest = features; rest; rest &= rest - 1) n++;
    *n_features = n;
    return KR_OK;
}

kr_status kr__timefeatures(const char *freq, int64_t n_rows, const int64_t *micros,
                           double *features, kr_error *err) {
    unsigned wanted = 0;
    KR_TRY(find_features(freq, &wanted, err));
    double *out = features;
    for (int64_t row = 0; row < n_rows; row++) {
        kr_datetime date;
        kr__datetime_from_micros(micros[row], &date);
        if (wanted & SECOND) *out++ = date.second / 59.0 - 0.5;
        if (wanted & MINUTE) *out++ = date.minute / 59.0 - 0.5;
        if (wanted & HOUR) *out++ = date.hour / 23.0 - 0.5;
        if (wanted & WEEKDAY) *out++ = date.weekday / 6.0 - 0.5;
        if (wanted & DAY) *out++ = (date.day - 1) / 30.0 - 0.5;
        if (wanted & YEARDAY) *out++ = (date.day_of_year - 1) / 365.0 - 0.5;
        if (wanted & WEEK) *out++ = (date.iso_week - 1) / 52.0 - 0.5;
        if (wanted & MONTH) *out++ = (date.month - 1) / 11.0 - 0.5;
    }
    return KR_OK;
}

void kr__timefeatures_calendar(int64_t n_rows, const int64_t *micros, bool with_quarter,
                               double *features) {
    double *out = features;
    for (int64_t row = 0; row < n_rows; row++) {
        kr_datetime date;
        kr__datetime_from_micros(micros[row], &date);
        *out++ = date.month;
        *out++ = date.day;
        *out++ = date.weekday;
        *out++ = date.hour;
        int quarter = date.minute / 15;
        if (with_quarter) *out++ = quarter;
    }
}
