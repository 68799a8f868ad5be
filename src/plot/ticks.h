/* SPDX-License-Identifier: MIT
 * ticks.h - an axis as numbers: its range, where its ticks are and what they say. */
#ifndef KR_PLOT_TICKS_H
#define KR_PLOT_TICKS_H

#include <kr/base.h>

enum { KR__TICKS_MAX = 24, KR__TICK_TEXT = 32 };

typedef struct kr__ticks {
    int n;
    double at[KR__TICKS_MAX];
    char text[KR__TICKS_MAX][KR__TICK_TEXT];
    int n_minor; /* log axes: 2 .. 9 times each decade */
    double minor[9 * KR__TICKS_MAX];
    char factor[2 * KR__TICK_TEXT]; /* what every number is times or plus: "×10⁶"; "" for none */
} kr__ticks;

/* Ticks in [low, high] (low < high, both finite, at most 1e301) at multiples of 1, 2 or 5 times a
 * power of ten: the finest step that gives at most max_ticks of them (2 to KR__TICKS_MAX). Numbers
 * from a million up or below 1/1000 share a power of ten; numbers that differ only in late decimals
 * share their beginning. is_integer: no step below 1. */
void kr__ticks_linear(double low, double high, int max_ticks, bool is_integer, kr__ticks *out);

/* Ticks of a logarithmic axis, 0 < low < high: whole decades, every k-th so that at most max_ticks
 * remain; within two and a half also 2 and 5 times a decade, which may be three more; within less,
 * linear ones. */
void kr__ticks_log(double low, double high, int max_ticks, kr__ticks *out);

/* Ticks of an axis of dates, microseconds since 1970: at parts of a second, seconds, minutes,
 * hours, days, weeks (from Monday), months or years, the finest step that gives at most max_ticks
 * of them. They are named by what changes, "06:00", "2 Jan", "Feb", "2018"; factor is what that
 * leaves open, such as the year. Outside the years 1 to 9999 they are numbers. */
void kr__ticks_dates(double low, double high, int max_ticks, kr__ticks *out);

/* The range of an axis while layers are asked what they need. Start with kr__limits_make(). */
typedef struct kr__limits {
    bool is_log;
    int64_t n; /* numbers seen */
    double low, high;
    double edge_low, edge_high; /* ends without a margin, such as the foot of bars */
} kr__limits;

kr__limits kr__limits_make(bool is_log);
/* Not finite, beyond 1e300, or below 1e-300 on a log axis: a gap, not drawn, not in the range. */
bool kr__is_gap(double v, bool is_log);
void kr__limits_add(kr__limits *limits, double v);
/* The same; should v be an end of the range, it gets no margin. */
void kr__limits_edge(kr__limits *limits, double v);
/* Widen the range by `fraction` of its length at both ends; an empty one gets some length. */
void kr__limits_finish(kr__limits *limits, double fraction);

/* Numbers to points: low lies at `from`, high at `to`. */
typedef struct kr__scale {
    double low, high;
    bool is_log;
    double from, to;
} kr__scale;

double kr__scale_map(const kr__scale *scale, double v);

#endif
