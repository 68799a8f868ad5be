/* SPDX-License-Identifier: MIT
 * pca.c - components as eigenvectors of the covariance of the columns, or, when there are fewer
 * points than columns, of the products of the points (the same variances, a smaller matrix). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "analysis/eigen.h"
#include "analysis/panels.h"
#include "analysis/pca_internal.h"
#include "analysis/point_values.h"
#include "core/arena.h"
#include "kernels/kernels.h"

enum { DEPTH = 256 /* of a block of products */, ROWS = 64, COLUMNS = 64, MOST_EXPONENT = 1000 };

/* ---- sums over all points --------------------------------------------------------------- */

typedef struct mean_job {
    const kr_points *points;
    const double *origin;
    double *offset;
} mean_job;

static void average_columns(void *arg, int64_t piece, int worker) {
    const mean_job *job = arg;
    const kr_points *points = job->points;
    (void)worker;
    int64_t first = piece * COLUMNS, left = points->dim - first;
    int64_t end = first + (left < COLUMNS ? left : COLUMNS);
    for (int64_t i = 0; i < points->n; i++) {
        for (int64_t c = first; c < end; c++) {
            job->offset[c] += kr__points_at(points, i, c) - job->origin[c];
        }
    }
    for (int64_t c = first; c < end; c++) job->offset[c] /= (double)points->n;
}

/* Of the power of two that brings the largest deviation from the mean near 1: the products of
 * products that eigenvalues are found by are numbers then, whatever the unit. */
static int find_exponent(const kr_points *points, const kr__panel_change *change) {
    double largest = 0;
    for (int64_t i = 0; i < points->n; i++) {
        for (int64_t c = 0; c < points->dim; c++) {
            largest = fmax(largest, fabs(kr__panel_value(change, kr__points_at(points, i, c), c)));
        }
    }
    if (largest == 0) return 0;
    return ilogb(largest) > -MOST_EXPONENT ? -ilogb(largest) : MOST_EXPONENT;
}

/* Products of items, summed over `length` numbers of each: columns over the points, or points over
 * the columns. */
typedef struct product_job {
    const kr_points *points;
    kr__panel_change change; /* to deviations from the mean near 1 */
    bool is_by_row;          /* items are the points */
    int64_t n, length, n_panels;
    int64_t first, depth; /* of this block of the length */
    double *panels;       /* (n_panels, DEPTH, 8) */
    double *matrix;       /* (n, n) */
} product_job;

static void pack_panel(void *arg, int64_t piece, int worker) {
    const product_job *job = arg;
    (void)worker;
    int64_t item = piece * KR_PANEL, n = job->n - item < KR_PANEL ? job->n - item : KR_PANEL;
    double *panel = job->panels + item * DEPTH;
    if (job->is_by_row) {
        int64_t rows[KR_PANEL];
        for (int64_t i = 0; i < n; i++) rows[i] = item + i;
        kr__panel_rows(job->points, n, rows, job->first, job->depth, &job->change, panel);
    } else {
        kr__panel_columns(job->points, n, item, job->first, job->depth, &job->change, panel);
    }
}

/* One panel with those up to it: a strip of the lower triangle. */
static void multiply_panel(void *arg, int64_t piece, int worker) {
    const product_job *job = arg;
    const kr_kernels *kernels = kr__kernels();
    (void)worker;
    int64_t row = (job->n_panels - 1 - piece) * KR_PANEL; /* the longest strip first */
    for (int64_t column = 0; column <= row; column += KR_PANEL) {
        double tile[KR_PANEL * KR_PANEL] = {0};
        kernels->product_tile(job->depth, job->panels + row * DEPTH, job->panels + column * DEPTH,
                              tile);
        for (int64_t r = 0; r < KR_PANEL && row + r < job->n; r++) {
            double *to = job->matrix + (row + r) * job->n + column;
            for (int64_t c = 0; c < KR_PANEL && column + c < job->n; c++) {
                to[c] += tile[r * KR_PANEL + c];
            }
        }
    }
}

/* All products, divided by n - 1 of the points. False: out of memory. */
static bool multiply_all(kr_team *team, product_job *job) {
    job->n_panels = kr__panel_count(job->n);
    job->panels = kr__calloc((size_t)(job->n_panels * KR_PANEL), DEPTH * sizeof *job->panels);
    if (!job->panels) return false;
    for (job->first = 0; job->first < job->length; job->first += DEPTH) {
        if (kr_team_is_stopping(team)) break;
        int64_t left = job->length - job->first;
        job->depth = left < DEPTH ? left : DEPTH;
        kr_team_for(team, job->n_panels, pack_panel, job);
        kr_team_for(team, job->n_panels, multiply_panel, job);
    }
    kr_free(job->panels);
    double factor = 1 / (double)(job->points->n - 1);
    for (int64_t i = 0; i < job->n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            job->matrix[i * job->n + j] *= factor;
            job->matrix[j * job->n + i] = job->matrix[i * job->n + j];
        }
    }
    return true;
}

/* ---- components ------------------------------------------------------------------------- */

static double dot(int64_t n, const double *a, const double *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Make component `at` orthogonal to those before it, with length 1. Doing it twice is enough. */
static void orthonormalize(kr_pca *pca, int64_t at) {
    int64_t dim = pca->dim;
    double *own = pca->components + at * dim;
    for (int round = 0; round < 2; round++) {
        for (int64_t i = 0; i < at; i++) {
            const double *other = pca->components + i * dim;
            double along = dot(dim, own, other);
            for (int64_t c = 0; c < dim; c++) own[c] -= along * other[c];
        }
        double length = sqrt(dot(dim, own, own));
        for (int64_t c = 0; c < dim; c++) own[c] /= length;
    }
}

/* When the points have no variance left: use the axis that the components so far contain least
 * of. */
static void complete(kr_pca *pca, int64_t at) {
    int64_t dim = pca->dim, least = 0;
    double *own = pca->components + at * dim; /* at first, the share of every axis */
    memset(own, 0, (size_t)dim * sizeof *own);
    for (int64_t i = 0; i < at; i++) {
        const double *other = pca->components + i * dim;
        for (int64_t c = 0; c < dim; c++) own[c] += other[c] * other[c];
    }
    for (int64_t c = 1; c < dim; c++) {
        if (own[c] < own[least]) least = c;
    }
    memset(own, 0, (size_t)dim * sizeof *own);
    own[least] = 1;
    orthonormalize(pca, at);
}

/* The sum of the points, each weighted by its entry of the eigenvector. */
static void combine_points(kr_pca *pca, int64_t at, const product_job *job,
                           const double *eigenvector) {
    double *own = pca->components + at * pca->dim;
    for (int64_t i = 0; i < job->n; i++) {
        for (int64_t c = 0; c < pca->dim; c++) {
            own[c] +=
                eigenvector[i] * kr__panel_value(&job->change, kr__points_at(job->points, i, c), c);
        }
    }
    orthonormalize(pca, at);
}

static void set_sign(kr_pca *pca, int64_t at) {
    double *own = pca->components + at * pca->dim;
    int64_t largest = 0;
    for (int64_t c = 1; c < pca->dim; c++) {
        if (fabs(own[c]) > fabs(own[largest])) largest = c;
    }
    if (own[largest] >= 0) return;
    for (int64_t c = 0; c < pca->dim; c++) own[c] = -own[c];
}

/* Variances no larger than rounding can leave of a true zero are set to 0. */
static void set_components(kr_pca *pca, const product_job *job, double trace, double *vectors) {
    double least = 4 * DBL_EPSILON * (double)job->n * pca->variance[0];
    for (int64_t i = 0; i < pca->n_components; i++) {
        if (!(pca->variance[i] > least)) {
            pca->variance[i] = 0;
            complete(pca, i);
        } else if (job->is_by_row) {
            combine_points(pca, i, job, vectors + i * job->n);
        } else {
            memcpy(pca->components + i * pca->dim, vectors + i * job->n,
                   (size_t)pca->dim * sizeof *vectors);
        }
        set_sign(pca, i);
        pca->ratio[i] = trace > 0 ? pca->variance[i] / trace : 0;
    }
    kr__pca_turn(pca);
}

void kr__pca_turn(kr_pca *pca) {
    for (int64_t i = 0; i < pca->n_components; i++) {
        for (int64_t c = 0; c < pca->dim; c++) {
            pca->by_column[c * pca->n_components + i] = pca->components[i * pca->dim + c];
        }
    }
}

static double sum_diagonal(const product_job *job) {
    double sum = 0;
    for (int64_t i = 0; i < job->n; i++) sum += job->matrix[i * job->n + i];
    return sum;
}

/* exponent: of the power of two that the points were multiplied with before. */
static void set_unit(kr_pca *pca, int exponent, int own_exponent) {
    for (int64_t c = 0; c < pca->dim; c++) {
        pca->mean[c] = ldexp(pca->origin[c] + pca->offset[c], -exponent);
        pca->origin[c] = ldexp(pca->origin[c], -exponent);
        pca->offset[c] = ldexp(pca->offset[c], -exponent);
    }
    for (int64_t i = 0; i < pca->n_components; i++) {
        pca->variance[i] = ldexp(pca->variance[i], -2 * (exponent + own_exponent));
    }
}

static kr_status fit(kr_team *team, kr_pca *pca, const kr_points *points, int exponent,
                     kr_error *err) {
    product_job job = {.points = points, .is_by_row = points->n < points->dim};
    job.n = job.is_by_row ? points->n : points->dim;
    job.length = job.is_by_row ? points->dim : points->n;
    size_t size = 0;
    kr_status status = KR_OK;
    double *vectors = kr__calloc((size_t)pca->n_components, (size_t)job.n * sizeof *vectors);
    if (kr__size_mul((size_t)job.n, (size_t)job.n, &size)) {
        job.matrix = kr__calloc(size, sizeof *job.matrix);
    }
    for (int64_t c = 0; c < pca->dim; c++) pca->origin[c] = kr__points_at(points, 0, c);
    kr_team_for(team, (pca->dim + COLUMNS - 1) / COLUMNS, average_columns,
                &(mean_job){points, pca->origin, pca->offset});
    job.change = (kr__panel_change){pca->origin, pca->offset, 1};
    int own_exponent = find_exponent(points, &job.change);
    job.change.factor = ldexp(1, own_exponent);
    if (!vectors || !job.matrix || !multiply_all(team, &job)) {
        status = kr_fail(err, KR_MEMORY, "out of memory for the covariance of %lld columns",
                         (long long)points->dim);
        goto done;
    }
    status = kr__points_check_stop(team, err);
    double trace = sum_diagonal(&job);
    if (status == KR_OK && trace > 0) {
        status = kr__eigen_largest(team, job.n, job.matrix, pca->n_components, pca->variance,
                                   vectors, err);
    }
    if (status == KR_OK) {
        set_components(pca, &job, trace, vectors);
        set_unit(pca, exponent, own_exponent);
    }
done:
    kr_free(vectors);
    kr_free(job.matrix);
    return status;
}

/* ---- public ----------------------------------------------------------------------------- */

void kr_pca_destroy(kr_pca *pca) {
    if (!pca) return;
    kr_free(pca->mean);
    kr_free(pca->origin);
    kr_free(pca->offset);
    kr_free(pca->components);
    kr_free(pca->by_column);
    kr_free(pca->variance);
    kr_free(pca->ratio);
    kr_free(pca);
}

int64_t kr_pca_dim(const kr_pca *pca) { return pca->dim; }
int64_t kr_pca_count(const kr_pca *pca) { return pca->n_components; }
const double *kr_pca_mean(const kr_pca *pca) { return pca->mean; }
const double *kr_pca_components(const kr_pca *pca) { return pca->components; }
const double *kr_pca_variance(const kr_pca *pca) { return pca->variance; }
const double *kr_pca_ratio(const kr_pca *pca) { return pca->ratio; }

kr_pca *kr__pca_make(int64_t dim, int64_t n_components) {
    kr_pca *pca = kr__calloc(1, sizeof *pca);
    size_t k = (size_t)n_components, row = (size_t)dim * sizeof(double);
    if (!pca) return NULL;
    *pca = (kr_pca){.dim = dim, .n_components = n_components};
    pca->mean = kr__calloc(1, row);
    pca->origin = kr__calloc(1, row);
    pca->offset = kr__calloc(1, row);
    pca->components = kr__calloc(k, row);
    pca->by_column = kr__calloc(k, row);
    pca->variance = kr__calloc(k, sizeof(double));
    pca->ratio = kr__calloc(k, sizeof(double));
    if (pca->mean && pca->origin && pca->offset && pca->components && pca->by_column &&
        pca->variance && pca->ratio) {
        return pca;
    }
    kr_pca_destroy(pca);
    return NULL;
}

kr_status kr_pca_create(kr_team *team, const kr_points *points, int64_t n_components, kr_pca **out,
                        kr_error *err) {
    KR_TRY(kr__points_check(points, 2, err));
    int64_t most = points->n < points->dim ? points->n : points->dim;
    if (n_components < 1 || n_components > most) {
        return kr_fail(
            err, KR_USAGE, "%lld components of %lld points of %lld numbers: use 1 to %lld",
            (long long)n_components, (long long)points->n, (long long)points->dim, (long long)most);
    }
    kr_pca *pca = kr__pca_make(points->dim, n_components);
    if (!pca) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld components of %lld numbers",
                       (long long)n_components, (long long)points->dim);
    }
    kr__sane_points sane;
    kr_status status = kr__sane_points_init(&sane, points, NULL, err);
    if (status == KR_OK) status = fit(team, pca, &sane.points, sane.exponent, err);
    if (status == KR_OK) {
        *out = pca;
    } else {
        kr_pca_destroy(pca);
    }
    kr__sane_points_deinit(&sane);
    return status;
}

typedef struct project_job {
    const kr_pca *pca;
    const kr_points *points;
    kr__sane_points sane;
    kr__panel_change change; /* in the unit of these */
    double *f64;             /* one of the two is set */
    float *f32;
} project_job;

/* One point on components first .. first + n - 1: the sum over columns in their order. */
static void project_point(const project_job *job, int64_t row, int64_t first, int64_t n) {
    const kr_pca *pca = job->pca;
    double sum[COLUMNS] = {0};
    for (int64_t c = 0; c < pca->dim; c++) {
        double value = kr__panel_value(&job->change, kr__points_at(&job->sane.points, row, c), c);
        const double *weight = pca->by_column + c * pca->n_components + first;
        for (int64_t i = 0; i < n; i++) sum[i] += value * weight[i];
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t at = row * pca->n_components + first + i;
        if (job->f64) {
            job->f64[at] = sum[i];
        } else {
            job->f32[at] = (float)sum[i];
        }
    }
}

static void project_rows(void *arg, int64_t piece, int worker) {
    const project_job *job = arg;
    (void)worker;
    int64_t k = job->pca->n_components, n = job->points->n;
    int64_t begin = piece * ROWS, end = begin + ROWS < n ? begin + ROWS : n;
    for (int64_t row = begin; row < end; row++) {
        for (int64_t first = 0; first < k; first += COLUMNS) {
            project_point(job, row, first, k - first < COLUMNS ? k - first : COLUMNS);
        }
    }
}

/* Number i of the result, in the unit of the caller's points. */
static double set_unit_of(const project_job *job, int64_t i) {
    if (job->f64) return job->f64[i] = ldexp(job->f64[i], -job->sane.exponent);
    if (job->f32) return (double)(job->f32[i] = ldexpf(job->f32[i], -job->sane.exponent));
    return 0;
}

static kr_status set_unit_of_all(const project_job *job, kr_error *err) {
    int64_t k = job->pca->n_components;
    for (int64_t i = 0; i < job->points->n * k; i++) {
        if (isfinite(set_unit_of(job, i))) continue;
        return kr_fail(err, KR_NUMERIC,
                       "row %lld: its component %lld is beyond %s; divide the values",
                       (long long)(i / k), (long long)(i % k), job->f64 ? "double" : "float");
    }
    return KR_OK;
}

static kr_status project(kr_team *team, project_job *job, kr_error *err) {
    KR_TRY(kr__points_check(job->points, 1, err));
    if (job->points->dim != job->pca->dim) {
        return kr_fail(err, KR_SHAPE, "the components are of %lld numbers and the points of %lld",
                       (long long)job->pca->dim, (long long)job->points->dim);
    }
    int64_t dim = job->pca->dim;
    double *moves = kr__calloc((size_t)dim, 2 * sizeof *moves);
    kr_status status = moves ? kr__sane_points_init(&job->sane, job->points, NULL, err)
                             : kr_fail(err, KR_MEMORY, "out of memory for the projection");
    if (status == KR_OK) {
        for (int64_t c = 0; c < dim; c++) {
            moves[c] = ldexp(job->pca->origin[c], job->sane.exponent);
            moves[dim + c] = ldexp(job->pca->offset[c], job->sane.exponent);
        }
        job->change = (kr__panel_change){moves, moves + dim, 1};
        kr_team_for(team, (job->points->n + ROWS - 1) / ROWS, project_rows, job);
        status = set_unit_of_all(job, err);
    }
    kr__sane_points_deinit(&job->sane);
    kr_free(moves);
    return status;
}

kr_status kr_pca_project(kr_team *team, const kr_pca *pca, const kr_points *points, double *out,
                         kr_error *err) {
    return project(team, &(project_job){.pca = pca, .points = points, .f64 = out}, err);
}

kr_status kr_pca_project_f32(kr_team *team, const kr_pca *pca, const kr_points *points, float *out,
                             kr_error *err) {
    return project(team, &(project_job){.pca = pca, .points = points, .f32 = out}, err);
}
