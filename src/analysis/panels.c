/* SPDX-License-Identifier: MIT
 * panels.c - packing points into panels. */
#include "analysis/panels.h"

#include <string.h>

#include "core/arena.h"

void kr__panel_rows(const kr_points *points, int64_t n, const int64_t *rows, int64_t first,
                    int64_t depth, const kr__panel_change *change, double *panel) {
    if (n < KR_PANEL) memset(panel, 0, (size_t)(depth * KR_PANEL) * sizeof *panel);
    for (int64_t i = 0; i < n; i++) {
        int64_t from = rows[i] * points->dim + first;
        for (int64_t t = 0; t < depth; t++) {
            double value = points->f32 ? (double)points->f32[from + t] : points->f64[from + t];
            if (change) value = kr__panel_value(change, value, first + t);
            panel[t * KR_PANEL + i] = value;
        }
    }
}

void kr__panel_columns(const kr_points *points, int64_t n, int64_t column, int64_t first,
                       int64_t depth, const kr__panel_change *change, double *panel) {
    if (n < KR_PANEL) memset(panel, 0, (size_t)(depth * KR_PANEL) * sizeof *panel);
    for (int64_t t = 0; t < depth; t++) {
        int64_t from = (first + t) * points->dim + column;
        for (int64_t i = 0; i < n; i++) {
            double value = points->f32 ? (double)points->f32[from + i] : points->f64[from + i];
            if (change) value = kr__panel_value(change, value, column + i);
            panel[t * KR_PANEL + i] = value;
        }
    }
}

typedef struct copy_job {
    const kr_points *points;
    int64_t n;
    const int64_t *rows;
    double *panels;
} copy_job;

static void copy_panel(void *arg, int64_t piece, int worker) {
    const copy_job *job = arg;
    (void)worker;
    int64_t first = piece * KR_PANEL, n = job->n - first < KR_PANEL ? job->n - first : KR_PANEL;
    int64_t rows[KR_PANEL];
    for (int64_t i = 0; i < n; i++) rows[i] = job->rows ? job->rows[first + i] : first + i;
    kr__panel_rows(job->points, n, rows, 0, job->points->dim, NULL,
                   job->panels + first * job->points->dim);
}

double *kr__panels_copy(kr_team *team, const kr_points *points, int64_t n, const int64_t *rows) {
    int64_t count = kr__panel_count(n);
    copy_job job = {.points = points, .n = n, .rows = rows};
    job.panels = kr__calloc((size_t)(count * KR_PANEL), (size_t)points->dim * sizeof(double));
    if (job.panels) kr_team_for(team, count, copy_panel, &job);
    return job.panels;
}
