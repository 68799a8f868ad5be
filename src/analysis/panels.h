/* SPDX-License-Identifier: MIT
 * panels.h - points in double, 8 side by side, as the kernels of double_tiles.c take them. */
#ifndef KR_PANELS_H
#define KR_PANELS_H

#include <kr/points.h>

enum { KR_PANEL = 8 };

static inline int64_t kr__panel_count(int64_t n) { return (n + KR_PANEL - 1) / KR_PANEL; }

/* What a number becomes: ((x - origin) - mean) * factor, those of its column. */
typedef struct kr__panel_change {
    const double *origin, *mean; /* (dim) */
    double factor;
} kr__panel_change;

static inline double kr__panel_value(const kr__panel_change *change, double x, int64_t column) {
    return (x - change->origin[column] - change->mean[column]) * change->factor;
}

/* n <= 8 rows of points as items: columns first .. first + depth - 1, changed (NULL: as they are),
 * into panel (depth, 8). Items from n on are 0. */
void kr__panel_rows(const kr_points *points, int64_t n, const int64_t *rows, int64_t first,
                    int64_t depth, const kr__panel_change *change, double *panel);

/* n <= 8 columns from `column` on as items: their rows first .. first + depth - 1. */
void kr__panel_columns(const kr_points *points, int64_t n, int64_t column, int64_t first,
                       int64_t depth, const kr__panel_change *change, double *panel);

/* All of n points in panels, one after the other: (n / 8 rounded up, dim, 8). rows: which, in which
 * order; NULL: 0 .. n - 1. NULL when out of memory; free with kr_free. */
double *kr__panels_copy(kr_team *team, const kr_points *points, int64_t n, const int64_t *rows);

#endif
