/* SPDX-License-Identifier: MIT
 * frequency.h - the step of a series of dates: found out, checked, counted on with. */
#ifndef KR_FREQUENCY_H
#define KR_FREQUENCY_H

#include <kr/status.h>

KR_BEGIN_DECLS

/* Either seconds or months is above 0. */
typedef struct kr_frequency {
    int64_t seconds;   /* of a step; 604800 is a week */
    int64_t months;    /* of a step: 1 month, 3 a quarter, 12 a year */
    bool is_business;  /* a step is a day, and there is none on Saturdays and Sundays */
    bool is_month_end; /* months are counted from last day to last day */
} kr_frequency;

/* Out of dates that rise: what most neighbours are apart (months where no number of seconds fits).
 * n >= 2. KR_FORMAT when dates go back or repeat, or when most of them are not on one grid: with
 * the first row (from 1) and date. name stands for the data in sentences. */
KR_API kr_status kr_frequency_infer(const char *name, int64_t n, const int64_t *timestamps,
                                    kr_frequency *out, kr_error *err);

/* As pandas names it, a whole number in front or not: s, t or min, h, d, b, w, m, q, y. */
KR_API kr_status kr_frequency_parse(const char *text, kr_frequency *out, kr_error *err);
/* "1h", "15min", "1d", "1b", "1w", "1m", "1me": kr_frequency_parse() reads it back, and it is a
 * freq of kr/timefeatures.h, but for years. Returns text. */
enum { KR_FREQUENCY_TEXT = 32 };
KR_API const char *kr_frequency_text(const kr_frequency *f, char text[KR_FREQUENCY_TEXT]);
KR_API bool kr_frequency_is_same(const kr_frequency *a, const kr_frequency *b);

/* The date n_steps after timestamp; n_steps may be below 0. A day that a month lacks becomes its
 * last. */
KR_API int64_t kr_frequency_add(const kr_frequency *f, int64_t timestamp, int64_t n_steps);
/* Steps from one date to a later one; -1 when `to` is not on the grid that starts at `from`. */
KR_API int64_t kr_frequency_count(const kr_frequency *f, int64_t from, int64_t to);

/* The season that people expect, steps: a day of hours or minutes, an hour of seconds, a week of
 * days (5 of business days), a year of weeks (52), months, quarters; otherwise 1. */
KR_API int64_t kr_frequency_season(const kr_frequency *f);

KR_END_DECLS

#endif
