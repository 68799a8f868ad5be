/* SPDX-License-Identifier: MIT
 * silhouette.c - mean distances to all classes, point by point. */
#include "analysis/point_values.h"
#include "core/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/panels.h"
#include "kernels/kernels.h"

/* Points are sorted by class, so that a tile adds to few sums. A piece is GROUP panels, which stay
 * in the cache while all others are read. */
enum { GROUP = 8 };

typedef struct labelled {
    int64_t label, row;
} labelled;

typedef struct classes {
    int64_t n, count;  /* points that have a class, and of classes */
    int64_t *row;      /* (n) place in the caller's points, by class */
    int64_t *class_of; /* (n) 0 .. count - 1, rising */
    int64_t *size;     /* (count) */
} classes;

static void deinit_classes(classes *c) {
    kr_free(c->row);
    kr_free(c->class_of);
    kr_free(c->size);
}

static int compare_labels(const void *left, const void *right) {
    const labelled *a = left, *b = right;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static kr_status out_of_memory(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the silhouette of %lld points", (long long)n);
}

static kr_status init_classes(classes *c, int64_t n, const int64_t *labels, kr_error *err) {
    labelled *sorted = kr__calloc((size_t)n, sizeof *sorted);
    c->row = kr__calloc((size_t)n, sizeof *c->row);
    c->class_of = kr__calloc((size_t)n, sizeof *c->class_of);
    c->size = kr__calloc((size_t)n, sizeof *c->size);
    if (!sorted || !c->row || !c->class_of || !c->size) {
        kr_free(sorted);
        return out_of_memory(n, err);
    }
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] >= 0) sorted[c->n++] = (labelled){labels[i], i};
    }
    qsort(sorted, (size_t)c->n, sizeof *sorted, compare_labels);
    for (int64_t i = 0; i < c->n; i++) {
        if (i == 0 || sorted[i].label != sorted[i - 1].label) c->count++;
        c->row[i] = sorted[i].row;
        c->class_of[i] = c->count - 1;
        c->size[c->count - 1]++;
    }
    kr_free(sorted);
    if (c->count >= 2) return KR_OK;
    return kr_fail(err, KR_USAGE, "a silhouette needs points of two classes, there is %s",
                   c->count == 0 ? "none" : "one");
}

typedef struct silhouette_job {
    const kr_kernels *kernels;
    const classes *classes;
    int64_t dim;
    const double *panels; /* (n / 8, dim, 8), in the order of classes */
    double *sums;         /* (workers, GROUP, classes, 8) distances to each class */
    double *value;        /* (n) the caller's order */
} silhouette_job;

/* Distances from the 8 items of panel `from` to those of panel `to`, added to sums (classes, 8). */
static void add_distances(const silhouette_job *job, int64_t from, int64_t to, double *sums) {
    const classes *c = job->classes;
    int64_t first = to * KR_PANEL, n = c->n - first < KR_PANEL ? c->n - first : KR_PANEL;
    double tile[KR_PANEL * KR_PANEL] = {0};
    job->kernels->distance_tile(job->dim, job->panels + first * job->dim,
                                job->panels + from * KR_PANEL * job->dim, tile);
    for (int64_t i = 0; i < n; i++) {
        double *sum = sums + c->class_of[first + i] * KR_PANEL;
        for (int j = 0; j < KR_PANEL; j++) sum[j] += sqrt(tile[i * KR_PANEL + j]);
    }
}

/* sums: of the point, KR_PANEL apart. */
static double silhouette_of(const classes *c, int64_t own, const double *sums) {
    double nearest = INFINITY;
    if (c->size[own] == 1) return 0;
    for (int64_t k = 0; k < c->count; k++) {
        double mean = sums[k * KR_PANEL] / (double)c->size[k];
        if (k != own && mean < nearest) nearest = mean;
    }
    double within = sums[own * KR_PANEL] / (double)(c->size[own] - 1);
    double larger = within > nearest ? within : nearest;
    return larger > 0 ? (nearest - within) / larger : 0;
}

static void measure_group(void *arg, int64_t piece, int worker) {
    const silhouette_job *job = arg;
    const classes *c = job->classes;
    int64_t n_panels = kr__panel_count(c->n), first = piece * GROUP;
    int64_t n = n_panels - first < GROUP ? n_panels - first : GROUP;
    int64_t n_sums = c->count * KR_PANEL;
    double *sums = job->sums + worker * GROUP * n_sums;
    memset(sums, 0, (size_t)(GROUP * n_sums) * sizeof *sums);
    for (int64_t to = 0; to < n_panels; to++) {
        for (int64_t p = 0; p < n; p++) add_distances(job, first + p, to, sums + p * n_sums);
    }
    for (int64_t i = 0; i < n * KR_PANEL && first * KR_PANEL + i < c->n; i++) {
        int64_t at = first * KR_PANEL + i;
        job->value[c->row[at]] =
            silhouette_of(c, c->class_of[at], sums + i / KR_PANEL * n_sums + i % KR_PANEL);
    }
}

static kr_status measure(kr_team *team, const kr_points *points, const classes *c, double *value,
                         kr_error *err) {
    size_t n_sums = 0;
    kr_status status = KR_OK;
    silhouette_job job = {
        .kernels = kr__kernels(), .classes = c, .dim = points->dim, .value = value};
    double *panels = kr__panels_copy(team, points, c->n, c->row);
    if (kr__size_mul((size_t)kr_team_workers(team) * GROUP * KR_PANEL, (size_t)c->count, &n_sums)) {
        job.sums = kr__calloc(n_sums, sizeof *job.sums);
    }
    job.panels = panels;
    if (panels && job.sums) {
        kr_team_for(team, (kr__panel_count(c->n) + GROUP - 1) / GROUP, measure_group, &job);
    } else {
        status = out_of_memory(c->n, err);
    }
    kr_free(panels);
    kr_free(job.sums);
    return status;
}

kr_status kr_silhouette(kr_team *team, const kr_points *points, const int64_t *labels, double *mean,
                        double *per_point, kr_error *err) {
    KR_TRY(kr__points_check(points, 2, err));
    classes c = {0};
    double *value = NULL, sum = 0;
    kr__sane_points sane = {0};
    kr_status status = init_classes(&c, points->n, labels, err);
    if (status == KR_OK) status = kr__sane_points_init(&sane, points, NULL, err);
    if (status != KR_OK) goto done;
    value = kr__calloc((size_t)points->n, sizeof *value);
    status = value ? measure(team, &sane.points, &c, value, err) : out_of_memory(points->n, err);
    if (status != KR_OK) goto done;
    for (int64_t i = 0; i < points->n; i++) {
        sum += value[i]; /* 0 for points that are left out */
        if (per_point) per_point[i] = labels[i] >= 0 ? value[i] : (double)NAN;
    }
    *mean = sum / (double)c.n;
done:
    kr_free(value);
    kr__sane_points_deinit(&sane);
    deinit_classes(&c);
    return status;
}
