/* SPDX-License-Identifier: MIT
 * pca_stretch.c - components by which Euclid's distance, or Minkowski's, of the projections is a
 * metric that comes with numbers of its own, of the points. */
#include <float.h>
#include <math.h>

#include "analysis/eigen.h"
#include "analysis/pca_internal.h"
#include "analysis/point_values.h"
#include "core/arena.h"
#include "core/scale.h"

/* ---- a number a column ------------------------------------------------------------------ */

/* 1 / standard deviation, with the divisor n - 1; 0 of a column that is the same in all. Deviations
 * are taken in a unit in which no square is beyond double or vanishes. */
static double factor_of_column(const kr_points *points, int64_t c) {
    double first = kr__points_at(points, 0, c), largest = 0, mean = 0, sum = 0;
    const double n = (double)points->n;
    for (int64_t i = 0; i < points->n; i++) {
        largest = fmax(largest, fabs(kr__points_at(points, i, c) / 2 - first / 2));
    }
    if (largest == 0) return 0;
    const double scale = kr__scale_for(largest);
    for (int64_t i = 0; i < points->n; i++) {
        mean += (kr__points_at(points, i, c) / 2 - first / 2) * scale / n;
    }
    for (int64_t i = 0; i < points->n; i++) {
        double from_mean = (kr__points_at(points, i, c) / 2 - first / 2) * scale - mean;
        sum += from_mean * from_mean / (n - 1);
    }
    return scale / 2 / sqrt(sum);
}

static kr_status set_factors(kr_pca *pca, const kr_points *points, kr_stretch kind,
                             const double *numbers, double power, kr_error *err) {
    bool is_weight = kind == KR_STRETCH_WEIGHTS;
    if (is_weight && !(power >= 0.1 && power <= 1e6)) {
        return kr_fail(err, KR_USAGE, "power: %g is out of range; use 0.1 to 1e6", power);
    }
    for (int64_t c = 0; c < pca->dim; c++) {
        double *factor = pca->components + c * pca->dim + c;
        *factor = numbers     ? is_weight ? pow(numbers[c], 1 / power) : 1 / sqrt(numbers[c])
                      : is_weight ? 1
                              : factor_of_column(points, c);
        if (isfinite(*factor) && (is_weight || *factor > 0 || !numbers)) continue;
        return kr_fail(err, KR_USAGE, "column %lld: %g is no %s", (long long)c,
                       numbers ? numbers[c] : *factor,
                       is_weight ? "weight; use 0 or more" : "variance; use numbers above 0");
    }
    return KR_OK;
}

/* ---- a matrix --------------------------------------------------------------------------- */

/* Rows of length 1 to those of length sqrt(value), or its inverse; 0 where nothing but rounding is
 * left. */
static void scale_rows(kr_pca *pca, const double *values, int64_t n, bool is_inverse) {
    double least = 4 * DBL_EPSILON * (double)pca->dim * values[0];
    for (int64_t i = 0; i < pca->dim; i++) {
        double value = i < n && values[i] > least ? values[i] : 0;
        double factor = value == 0 ? 0 : is_inverse ? 1 / sqrt(value) : sqrt(value);
        for (int64_t c = 0; c < pca->dim; c++) pca->components[i * pca->dim + c] *= factor;
    }
}

/* A copy of a symmetric matrix times a power of two, near 1. */
static kr_status copy_symmetric(int64_t n, const double *numbers, double *matrix, int *exponent,
                                kr_error *err) {
    double largest = 0;
    for (int64_t i = 0; i < n * n; i++) largest = fmax(largest, fabs(numbers[i]));
    *exponent = largest > 0 && isfinite(largest) ? -ilogb(largest) & ~1 : 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            double value = ldexp(numbers[i * n + j], *exponent);
            double other = ldexp(numbers[j * n + i], *exponent);
            if (isfinite(value) && fabs(value - other) <= 1e-5) {
                matrix[i * n + j] = (value + other) / 2;
                continue;
            }
            return kr_fail(err, KR_USAGE,
                           "row %lld, column %lld: %g, and %g across the diagonal; a symmetric "
                           "matrix of finite numbers is needed",
                           (long long)i, (long long)j, numbers[i * n + j], numbers[j * n + i]);
        }
    }
    return KR_OK;
}

static kr_status take_matrix(kr_team *team, kr_pca *pca, const double *numbers, bool is_covariance,
                             kr_error *err) {
    int64_t n = pca->dim;
    int exponent = 0;
    double *matrix = kr__calloc((size_t)n, (size_t)n * sizeof *matrix);
    double *values = kr__calloc((size_t)n, sizeof *values);
    kr_status status =
        matrix && values
            ? copy_symmetric(n, numbers, matrix, &exponent, err)
            : kr_fail(err, KR_MEMORY, "out of memory for a matrix of %lld columns", (long long)n);
    if (status == KR_OK) {
        status = kr__eigen_largest(team, n, matrix, n, values, pca->components, err);
    }
    if (status == KR_OK && !(values[0] > 0 && values[n - 1] >= -1e-6 * values[0])) {
        status = kr_fail(err, KR_USAGE,
                         "the matrix is not positive: its eigenvalues are %g to %g; a covariance, "
                         "or its inverse, is needed",
                         ldexp(values[n - 1], -exponent), ldexp(values[0], -exponent));
    }
    if (status == KR_OK) {
        scale_rows(pca, values, n, is_covariance);
        int half = is_covariance ? exponent / 2 : -exponent / 2;
        for (int64_t i = 0; i < n * n; i++) pca->components[i] = ldexp(pca->components[i], half);
    }
    kr_free(matrix);
    kr_free(values);
    return status;
}

/* By the components of the points. */
static kr_status whiten(kr_team *team, kr_pca *pca, const kr_points *points, kr_error *err) {
    kr_pca *own = NULL;
    int64_t n = points->n < points->dim ? points->n : points->dim;
    KR_TRY(kr_pca_create(team, points, n, &own, err));
    for (int64_t i = 0; i < n * pca->dim; i++) pca->components[i] = own->components[i];
    scale_rows(pca, own->variance, n, true);
    kr_pca_destroy(own);
    return KR_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status set_rows(kr_team *team, kr_pca *pca, const kr_points *points, kr_stretch kind,
                          const double *numbers, double power, kr_error *err) {
    switch (kind) {
        case KR_STRETCH_VARIANCES:
        case KR_STRETCH_WEIGHTS:
            return set_factors(pca, points, kind, numbers, power, err);
        case KR_STRETCH_COVARIANCE:
            return numbers ? take_matrix(team, pca, numbers, true, err)
                           : whiten(team, pca, points, err);
        case KR_STRETCH_INVERSE:
            if (!numbers) break;
            return take_matrix(team, pca, numbers, false, err);
    }
    return kr_fail(err, KR_USAGE, "stretch: there is none of number %d, or it needs numbers",
                   (int)kind);
}

kr_status kr_pca_create_stretch(kr_team *team, const kr_points *points, kr_stretch kind,
                                const double *numbers, double power, kr_pca **out, kr_error *err) {
    KR_TRY(kr__points_check(points, 2, err));
    size_t size = 0, dim = (size_t)points->dim;
    kr_pca *pca = kr__size_mul(dim, dim, &size) ? kr__pca_make(points->dim, points->dim) : NULL;
    if (!pca) {
        return kr_fail(err, KR_MEMORY, "out of memory for a matrix of %lld columns",
                       (long long)points->dim);
    }
    for (int64_t c = 0; c < pca->dim; c++) {
        pca->mean[c] = pca->origin[c] = kr__points_at(points, 0, c);
    }
    kr_status status = set_rows(team, pca, points, kind, numbers, power, err);
    kr__pca_turn(pca);
    if (status == KR_OK) {
        *out = pca;
    } else {
        kr_pca_destroy(pca);
    }
    return status;
}
