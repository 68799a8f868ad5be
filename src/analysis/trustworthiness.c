/* SPDX-License-Identifier: MIT
 * trustworthiness.c - does a map keep the neighbours that points have in space? */
#include <math.h>
#include <string.h>

#include "analysis/knn_search.h"
#include "analysis/panels.h"
#include "core/arena.h"
#include "kernels/kernels.h"

/* Panels in a piece: their rows of distances, 8 GROUP n numbers, are in memory together. */
enum { GROUP = 4 };

typedef struct trust_job {
    const kr_kernels *kernels;
    int64_t n, dim;
    const double *panels; /* (n / 8, dim, 8) */
    const kr_knn *map;    /* neighbours on the map */
    double *rows;         /* (workers, GROUP * 8, n rounded up to panels) squared distances */
    int64_t *excess;      /* (pieces) ranks beyond k, summed */
} trust_job;

/* Both may have any size: ranks know no unit. */
typedef struct pair {
    kr__sane_points space, map;
} pair;

static void deinit_pair(pair *p) {
    kr__sane_points_deinit(&p->space);
    kr__sane_points_deinit(&p->map);
}

/* Deinit in any case. */
static kr_status init_pair(pair *p, const kr_points *points, const kr_points *map, kr_error *err) {
    *p = (pair){0};
    KR_TRY(kr__sane_points_init(&p->space, points, NULL, err));
    return kr__sane_points_init(&p->map, map, NULL, err);
}

static kr_status check(const kr_points *points, const kr_points *map, kr_error *err) {
    KR_TRY(kr__points_check(points, 2, err));
    KR_TRY(kr__points_check(map, 2, err));
    if (points->n == map->n) return KR_OK;
    return kr_fail(err, KR_SHAPE, "the map has %lld points, but %lld points are mapped",
                   (long long)map->n, (long long)points->n);
}

static void measure_rows(const trust_job *job, int64_t first, int64_t n_rows, double *rows) {
    int64_t n_panels = kr__panel_count(job->n), width = n_panels * KR_PANEL;
    for (int64_t to = 0; to < n_panels; to++) {
        for (int64_t p = 0; p < n_rows; p += KR_PANEL) {
            double tile[KR_PANEL * KR_PANEL] = {0};
            job->kernels->distance_tile(job->dim, job->panels + (first + p) * job->dim,
                                        job->panels + to * KR_PANEL * job->dim, tile);
            for (int r = 0; r < KR_PANEL; r++) {
                memcpy(rows + (p + r) * width + to * KR_PANEL, tile + r * KR_PANEL,
                       KR_PANEL * sizeof *tile);
            }
        }
    }
}

/* How many of n come before number j: nearer, or as near with a lower index. */
static int64_t count_before(const double *distance2, int64_t n, int64_t j) {
    double own = distance2[j];
    int64_t count = 0;
    for (int64_t i = 0; i < j; i++) count += distance2[i] <= own;
    for (int64_t i = j + 1; i < n; i++) count += distance2[i] < own;
    return count;
}

static void rank_group(void *arg, int64_t piece, int worker) {
    const trust_job *job = arg;
    const kr_knn *map = job->map;
    int64_t width = kr__panel_count(job->n) * KR_PANEL, first = piece * GROUP * KR_PANEL;
    int64_t n = job->n - first < GROUP * KR_PANEL ? job->n - first : GROUP * KR_PANEL;
    double *rows = job->rows + worker * GROUP * KR_PANEL * width;
    int64_t excess = 0;
    measure_rows(job, first, n, rows);
    for (int64_t r = 0; r < n; r++) {
        double *row = rows + r * width;
        row[first + r] = INFINITY; /* a point is not its own neighbour */
        for (int64_t m = 0; m < map->k; m++) {
            int64_t rank = 1 + count_before(row, job->n, map->index[(first + r) * map->k + m]);
            if (rank > map->k) excess += rank - map->k;
        }
    }
    job->excess[piece] = excess;
}

/* *sum: how far beyond rank k the map's neighbours are in space, over all points. */
static kr_status sum_excess(kr_team *team, const kr_points *points, const kr_knn *map, double *sum,
                            kr_error *err) {
    int64_t n_panels = kr__panel_count(points->n), n_pieces = (n_panels + GROUP - 1) / GROUP;
    kr_status status = KR_OK;
    trust_job job = {.kernels = kr__kernels(), .n = points->n, .dim = points->dim, .map = map};
    double *panels = kr__panels_copy(team, points, points->n, NULL);
    job.panels = panels;
    job.rows = kr__calloc((size_t)kr_team_workers(team) * GROUP * KR_PANEL * KR_PANEL,
                          (size_t)n_panels * sizeof *job.rows);
    job.excess = kr__calloc((size_t)n_pieces, sizeof *job.excess);
    if (panels && job.rows && job.excess) {
        kr_team_for(team, n_pieces, rank_group, &job);
        *sum = 0;
        for (int64_t i = 0; i < n_pieces; i++) *sum += (double)job.excess[i];
    } else {
        status = kr_fail(err, KR_MEMORY, "out of memory for the ranks of %lld points",
                         (long long)points->n);
    }
    kr_free(panels);
    kr_free(job.rows);
    kr_free(job.excess);
    return status;
}

kr_status kr_trustworthiness(kr_team *team, const kr_points *points, const kr_points *map,
                             int64_t k, double *out, kr_error *err) {
    kr_knn *knn = NULL;
    double n = (double)points->n, excess = 0;
    KR_TRY(check(points, map, err));
    if (k < 1 || k >= (points->n + 1) / 2) {
        return kr_fail(err, KR_USAGE,
                       "trustworthiness of %lld points: %lld neighbours do not fit, "
                       "use 1 and more, but less than half of the points",
                       (long long)points->n, (long long)k);
    }
    const kr_knn_options options = {.size = sizeof options, .k = k, .method = KR_KNN_EXACT};
    pair sane;
    kr_status status = init_pair(&sane, points, map, err);
    if (status == KR_OK) status = kr_knn_create(team, &sane.map.points, &options, &knn, err);
    if (status == KR_OK) status = sum_excess(team, &sane.space.points, knn, &excess, err);
    kr_knn_destroy(knn);
    deinit_pair(&sane);
    if (status != KR_OK) return status;
    *out = 1 - 2 * excess / (n * (double)k * (2 * n - 3 * (double)k - 1));
    return KR_OK;
}

static int64_t count_shared(int64_t k, const int32_t *a, const int32_t *b) {
    int64_t count = 0;
    for (int64_t i = 0; i < k; i++) {
        int64_t j = 0;
        while (j < k && b[j] != a[i]) j++;
        count += j < k;
    }
    return count;
}

kr_status kr_map_recall(kr_team *team, const kr_points *points, const kr_points *map, int64_t k,
                        double *out, kr_error *err) {
    kr_knn *in_space = NULL, *on_map = NULL;
    const kr_knn_options options = {.size = sizeof options, .k = k, .method = KR_KNN_EXACT};
    int64_t shared = 0;
    pair sane;
    KR_TRY(check(points, map, err));
    kr_status status = init_pair(&sane, points, map, err);
    if (status == KR_OK) status = kr_knn_create(team, &sane.space.points, &options, &in_space, err);
    if (status == KR_OK) status = kr_knn_create(team, &sane.map.points, &options, &on_map, err);
    if (status == KR_OK) {
        for (int64_t i = 0; i < points->n; i++) {
            shared += count_shared(k, in_space->index + i * k, on_map->index + i * k);
        }
        *out = (double)shared / ((double)points->n * (double)k);
    }
    kr_knn_destroy(in_space);
    kr_knn_destroy(on_map);
    deinit_pair(&sane);
    return status;
}
