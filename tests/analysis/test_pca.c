/* SPDX-License-Identifier: MIT
 * test_pca.c - components, variances and projections of the reference; odd shapes. */
#include <kr/points.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "support/golden.h"
#include "support/starve.h"
#include "support/workers.h"

static void compare(kr_golden *g, const char *name, int64_t n, int64_t dim, int64_t k) {
    char text[64];
    kr_pca *pca = NULL;
#define NUMBERS(what)                                                                              \
    (snprintf(text, sizeof text, "%s/" what, name), kr_golden_double(g, text, NULL))
    kr_points points = kr_points_f64(NUMBERS("X"), n, dim);
    assert_int_equal(kr_pca_create(test_team, &points, k, &pca, NULL), KR_OK);
    assert_int_equal(kr_pca_count(pca), k);
    assert_close_double(kr_pca_mean(pca), NUMBERS("mean"), dim, 1e-12);
    assert_close_double(kr_pca_variance(pca), NUMBERS("explained_variance"), k, 1e-9);
    assert_close_double(kr_pca_ratio(pca), NUMBERS("explained_variance_ratio"), k, 1e-9);
    assert_close_double(kr_pca_components(pca), NUMBERS("components"), k * dim, 1e-8);
    double *projection = kr__calloc((size_t)(n * k), sizeof *projection);
    float *in_float = kr__calloc((size_t)(n * k), sizeof *in_float);
    assert_int_equal(kr_pca_project(test_team, pca, &points, projection, NULL), KR_OK);
    assert_close_double(projection, NUMBERS("projection"), n * k, 1e-8);
#undef NUMBERS
    assert_int_equal(kr_pca_project_f32(test_team, pca, &points, in_float, NULL), KR_OK);
    for (int64_t i = 0; i < n * k; i++) assert_true(in_float[i] == (float)projection[i]);
    kr_free(projection);
    kr_free(in_float);
    kr_pca_destroy(pca);
}

static void components_are_those_of_the_reference(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/pca.npz");
    compare(g, "z2", 500, 30, 2);
    compare(g, "z20", 500, 30, 20);
    compare(g, "circles2", 800, 20, 2);
    compare(g, "wide20", 25, 30, 20);
    kr_golden_close(g);
}

static void expect_orthonormal(const kr_pca *pca) {
    for (int64_t i = 0; i < kr_pca_count(pca); i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t c = 0; c < kr_pca_dim(pca); c++) {
                sum += kr_pca_components(pca)[i * kr_pca_dim(pca) + c] *
                       kr_pca_components(pca)[j * kr_pca_dim(pca) + c];
            }
            assert_true(fabs(sum - (i == j)) < 1e-12);
        }
    }
}

/* Normal numbers, a function of their count. */
static double *draw(int64_t n) {
    double *x = kr__calloc((size_t)n, sizeof *x);
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, (uint64_t)n);
    for (int64_t i = 0; i < n; i++) x[i] = kr__rng_normal(&rng);
    return x;
}

/* All components hold all the variance, whatever the shape; the largest entry is positive. */
static void any_shape_keeps_its_variance(void **state) {
    (void)state;
    const int64_t shapes[][2] = {{2, 1},  {2, 2},    {2, 9},    {3, 300},   {9, 8},    {8, 9},
                                 {70, 7}, {300, 65}, {65, 300}, {400, 300}, {300, 300}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        int64_t n = shapes[s][0], dim = shapes[s][1], k = n < dim ? n : dim;
        kr_pca *pca = NULL;
        double *x = draw(n * dim), sum = 0;
        kr_points points = kr_points_f64(x, n, dim);
        assert_int_equal(kr_pca_create(test_team, &points, k, &pca, NULL), KR_OK);
        for (int64_t i = 0; i < k; i++) {
            double largest = 0;
            sum += kr_pca_ratio(pca)[i];
            assert_true(kr_pca_variance(pca)[i] >= 0 &&
                        (i == 0 || kr_pca_variance(pca)[i] <= kr_pca_variance(pca)[i - 1]));
            for (int64_t c = 0; c < dim; c++) {
                double v = kr_pca_components(pca)[i * dim + c];
                if (fabs(v) > fabs(largest)) largest = v;
            }
            assert_true(largest > 0);
        }
        assert_true(fabs(sum - 1) < 1e-12);
        if (n <= dim)
            assert_true(kr_pca_variance(pca)[k - 1] == 0); /* n points span n - 1 directions */
        expect_orthonormal(pca);
        kr_pca_destroy(pca);
        kr_free(x);
    }
}

/* A few of many are all that is handed over. */
static void a_few_of_many_are_the_first_of_all(void **state) {
    (void)state;
    enum { POINTS = 900, DIM = 400, FEW = 7 };
    double *x = draw(POINTS * DIM);
    for (int i = 0; i < POINTS * DIM; i++) x[i] *= 1 + 1.0 / (1 + i % DIM);
    kr_points points = kr_points_f64(x, POINTS, DIM);
    kr_pca *few = NULL, *all = NULL;
    assert_int_equal(kr_pca_create(test_team, &points, FEW, &few, NULL), KR_OK);
    assert_int_equal(kr_pca_create(test_team, &points, DIM, &all, NULL), KR_OK);
    assert_close_double(kr_pca_variance(few), kr_pca_variance(all), FEW, 1e-11);
    assert_close_double(kr_pca_components(few), kr_pca_components(all), FEW * DIM, 1e-8);
    kr_pca_destroy(few);
    kr_pca_destroy(all);
    kr_free(x);
}

/* Ten copies of three columns: three components, then none. */
static void rank_ends_in_zeros(void **state) {
    (void)state;
    enum { POINTS = 60, DIM = 30, RANK = 3 };
    float x[POINTS * DIM];
    double *base = draw(POINTS * RANK);
    for (int i = 0; i < POINTS * DIM; i++) x[i] = (float)base[i / DIM * RANK + i % RANK];
    const int64_t counts[] = {POINTS, 20}; /* by column, by row */
    for (int s = 0; s < 2; s++) {
        kr_points points = kr_points_f32(x, counts[s], DIM);
        kr_pca *pca = NULL, *again = NULL;
        int64_t k = counts[s] < DIM ? counts[s] : DIM;
        assert_int_equal(kr_pca_create(test_team, &points, k, &pca, NULL), KR_OK);
        for (int64_t i = 0; i < k; i++) assert_true((kr_pca_variance(pca)[i] > 0) == (i < RANK));
        expect_orthonormal(pca);
        assert_int_equal(kr_pca_create(test_team, &points, k, &again, NULL), KR_OK);
        assert_memory_equal(kr_pca_components(pca), kr_pca_components(again),
                            (size_t)(k * DIM) * sizeof(double));
        kr_pca_destroy(pca);
        kr_pca_destroy(again);
    }
    kr_free(base);
}

/* The corners of a cube: three equal variances, and all of them are found. */
static void equal_variances_are_all_found(void **state) {
    (void)state;
    double x[8 * 4];
    for (int i = 0; i < 32; i++) x[i] = i % 4 == 3 ? 5 : (i / 4 >> i % 4) & 1;
    kr_points points = kr_points_f64(x, 8, 4);
    kr_pca *pca = NULL;
    assert_int_equal(kr_pca_create(test_team, &points, 4, &pca, NULL), KR_OK);
    for (int i = 0; i < 3; i++) assert_true(fabs(kr_pca_variance(pca)[i] - 2.0 / 7) < 1e-14);
    assert_true(kr_pca_variance(pca)[3] == 0);
    expect_orthonormal(pca);
    kr_pca_destroy(pca);
}

static void points_that_are_all_equal_have_axes(void **state) {
    (void)state;
    const float same[] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3};
    kr_points points = kr_points_f32(same, 4, 3);
    kr_pca *pca = NULL;
    double out[8];
    assert_int_equal(kr_pca_create(test_team, &points, 2, &pca, NULL), KR_OK);
    const double axes[] = {1, 0, 0, 0, 1, 0};
    assert_memory_equal(kr_pca_components(pca), axes, sizeof axes);
    assert_true(kr_pca_variance(pca)[0] == 0 && kr_pca_ratio(pca)[1] == 0);
    assert_int_equal(kr_pca_project(test_team, pca, &points, out, NULL), KR_OK);
    for (int i = 0; i < 8; i++) assert_true(out[i] == 0);
    kr_pca_destroy(pca);
}

static void threads_give_the_same_bits(void **state) {
    (void)state;
    const int64_t shapes[][2] = {{1000, 37}, {37, 1000}};
    for (int s = 0; s < 2; s++) {
        int64_t n = shapes[s][0], dim = shapes[s][1];
        double *x = draw(n * dim), *out[2];
        kr_points points = kr_points_f64(x, n, dim);
        kr_pca *pca[2];
        for (int t = 0; t < 2; t++) {
            test_workers(t == 0 ? 1 : 7);
            assert_int_equal(kr_pca_create(test_team, &points, 37, &pca[t], NULL), KR_OK);
            out[t] = kr__calloc((size_t)(n * 37), sizeof(double));
            assert_int_equal(kr_pca_project(test_team, pca[t], &points, out[t], NULL), KR_OK);
        }
        test_workers(0);
        assert_memory_equal(kr_pca_components(pca[0]), kr_pca_components(pca[1]),
                            (size_t)(37 * dim) * sizeof(double));
        assert_memory_equal(kr_pca_variance(pca[0]), kr_pca_variance(pca[1]), 37 * sizeof(double));
        assert_memory_equal(out[0], out[1], (size_t)(n * 37) * sizeof(double));
        for (int t = 0; t < 2; t++) {
            kr_pca_destroy(pca[t]);
            kr_free(out[t]);
        }
        kr_free(x);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    double x[] = {1, 2, 3, 4, 5, 6};
    kr_points points = kr_points_f64(x, 3, 2);
    kr_pca *pca = NULL;
    kr_error err;
    assert_int_equal(kr_pca_create(test_team, &points, 3, &pca, &err), KR_USAGE);
    assert_string_equal(err.text, "3 components of 3 points of 2 numbers: use 1 to 2");
    assert_int_equal(kr_pca_create(test_team, &points, 0, &pca, &err), KR_USAGE);
    points.n = 1;
    assert_int_equal(kr_pca_create(test_team, &points, 1, &pca, &err), KR_USAGE);
    points.n = 3;
    x[4] = NAN;
    assert_int_equal(kr_pca_create(test_team, &points, 1, &pca, &err), KR_NUMERIC);
    assert_null(pca);
}

static kr_status reduce(void *arg, kr_error *err) {
    const kr_points *points = arg;
    double places[12 * 3];
    float in_float[12 * 3];
    kr_pca *pca = NULL;
    KR_TRY(kr_pca_create(test_team, points, 3, &pca, err));
    kr_status status = kr_pca_project(test_team, pca, points, places, err);
    if (status == KR_OK) status = kr_pca_project_f32(test_team, pca, points, in_float, err);
    kr_pca_destroy(pca);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    double *x = draw(60);
    kr_points points = kr_points_f64(x, 12, 5);
    kr_starve("more points than numbers", reduce, &points);
    points = kr_points_f64(x, 6, 10);
    kr_starve("more numbers than points", reduce, &points);
    kr_free(x);
}

static void points_of_another_width_have_no_projection(void **state) {
    (void)state;
    const double values[] = {0, 1, 2, 3, 4, 6};
    double out[6] = {0};
    kr_points points = kr_points_f64(values, 3, 2), wide = kr_points_f64(values, 2, 3);
    kr_pca *pca = NULL;
    kr_error err;
    assert_int_equal(kr_pca_create(test_team, &points, 2, &pca, NULL), KR_OK);
    assert_int_equal(kr_pca_dim(pca), 2);
    assert_int_equal(kr_pca_project(test_team, pca, &wide, out, &err), KR_SHAPE);
    assert_string_equal(err.text, "the components are of 2 numbers and the points of 3");
    assert_true(out[0] == 0);
    kr_pca_destroy(pca);
}

/* ---- metrics that come with numbers ------------------------------------------------------ */

enum { OF_STRETCH = 40, STRETCHED = 4 };

/* The distance of projections of the first two points, Minkowski's of this power. */
static double apart(const kr_points *points, kr_stretch kind, const double *numbers, double power) {
    double places[OF_STRETCH * STRETCHED], sum = 0;
    kr_pca *pca = NULL;
    assert_int_equal(kr_pca_create_stretch(test_team, points, kind, numbers, power, &pca, NULL),
                     KR_OK);
    assert_int_equal(kr_pca_count(pca), STRETCHED);
    assert_int_equal(kr_pca_project(test_team, pca, points, places, NULL), KR_OK);
    kr_pca_destroy(pca);
    for (int i = 0; i < STRETCHED; i++) {
        sum += pow(fabs(places[i] - places[STRETCHED + i]), power);
    }
    return pow(sum, 1 / power);
}

/* Columns 0 and 1 together, column 2 with their difference in it, column 3 in the unit of 1e3. */
static void draw_stretched(double unit, double *x) {
    double *drawn = draw(OF_STRETCH * STRETCHED);
    for (int i = 0; i < OF_STRETCH; i++) {
        const double *row = drawn + i * STRETCHED;
        const double values[STRETCHED] = {row[0], row[0] + 0.3 * row[1], row[2] - row[1],
                                          1e3 * row[3]};
        for (int c = 0; c < STRETCHED; c++) x[i * STRETCHED + c] = unit * values[c];
    }
    kr_free(drawn);
}

static void measure_covariance(const double *x, double *covariance) {
    double mean[STRETCHED] = {0};
    for (int i = 0; i < OF_STRETCH * STRETCHED; i++) mean[i % STRETCHED] += x[i] / OF_STRETCH;
    for (int a = 0; a < STRETCHED; a++) {
        for (int b = 0; b < STRETCHED; b++) {
            double sum = 0;
            for (int i = 0; i < OF_STRETCH; i++) {
                sum += (x[i * STRETCHED + a] - mean[a]) * (x[i * STRETCHED + b] - mean[b]);
            }
            covariance[a * STRETCHED + b] = sum / (OF_STRETCH - 1);
        }
    }
}

static void stretched_points_are_as_far_as_their_metric_says(void **state) {
    (void)state;
    double x[OF_STRETCH * STRETCHED], covariance[STRETCHED * STRETCHED];
    const double variance[STRETCHED] = {0.5, 2, 1, 4e6}, weight[STRETCHED] = {2, 0, 1, 1e-6};
    double by_variance = 0, by_weight = 0, measured[STRETCHED];
    draw_stretched(1, x);
    const kr_points points = kr_points_f64(x, OF_STRETCH, STRETCHED);
    measure_covariance(x, covariance);
    for (int c = 0; c < STRETCHED; c++) {
        double d = fabs(x[c] - x[STRETCHED + c]);
        by_variance += d * d / variance[c];
        by_weight += weight[c] * pow(d, 1.5);
        measured[c] = covariance[c * STRETCHED + c];
    }
    double found = apart(&points, KR_STRETCH_VARIANCES, variance, 2);
    assert_true(fabs(found - sqrt(by_variance)) < 1e-12 * found);
    found = apart(&points, KR_STRETCH_WEIGHTS, weight, 1.5);
    assert_true(fabs(found - pow(by_weight, 1 / 1.5)) < 1e-12 * found);
    found = apart(&points, KR_STRETCH_VARIANCES, NULL, 2);
    assert_true(fabs(found - apart(&points, KR_STRETCH_VARIANCES, measured, 2)) < 1e-12 * found);
}

/* y' y of y that solves L y = d is d' (L L')^-1 d; L by Cholesky's steps. */
static double mahalanobis(const double *matrix, const double *d) {
    double l[STRETCHED][STRETCHED] = {{0}}, y[STRETCHED], sum = 0;
    for (int i = 0; i < STRETCHED; i++) {
        for (int j = 0; j <= i; j++) {
            double rest = matrix[i * STRETCHED + j];
            for (int k = 0; k < j; k++) rest -= l[i][k] * l[j][k];
            l[i][j] = i == j ? sqrt(rest) : rest / l[j][j];
        }
        y[i] = d[i];
        for (int k = 0; k < i; k++) y[i] -= l[i][k] * y[k];
        y[i] /= l[i][i];
        sum += y[i] * y[i];
    }
    return sqrt(sum);
}

static void mahalanobis_is_that_of_the_covariance(void **state) {
    (void)state;
    const double units[] = {1, 0x1p300, 0x1p-300};
    double covariance[STRETCHED * STRETCHED], d[STRETCHED], first = 0;
    for (int u = 0; u < 3; u++) {
        double x[OF_STRETCH * STRETCHED];
        draw_stretched(units[u], x);
        const kr_points points = kr_points_f64(x, OF_STRETCH, STRETCHED);
        double found = apart(&points, KR_STRETCH_COVARIANCE, NULL, 2);
        if (u > 0) assert_true(fabs(found - first) < 1e-9 * first);
        if (u > 0) continue;
        first = found;
        measure_covariance(x, covariance);
        for (int c = 0; c < STRETCHED; c++) d[c] = x[c] - x[STRETCHED + c];
        assert_true(fabs(found - mahalanobis(covariance, d)) < 1e-9 * found);
        double given = apart(&points, KR_STRETCH_COVARIANCE, covariance, 2);
        assert_true(fabs(found - given) < 1e-6 * found);
        const double inverse[] = {2, 1, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1e-6};
        double by_inverse =
            2 * d[0] * d[0] + 2 * d[0] * d[1] + 2 * d[1] * d[1] + d[2] * d[2] + 1e-6 * d[3] * d[3];
        given = apart(&points, KR_STRETCH_INVERSE, inverse, 2);
        assert_true(fabs(given - sqrt(by_inverse)) < 1e-9 * given);
    }
}

static void numbers_that_are_no_metric_are_refused(void **state) {
    (void)state;
    const struct {
        kr_stretch kind;
        double power, numbers[4];
        const char *text;
    } rows[] = {
        {KR_STRETCH_VARIANCES, 2, {1, 0}, "column 1: 0 is no variance; use numbers above 0"},
        {KR_STRETCH_VARIANCES,
         2,
         {1, INFINITY},
         "column 1: inf is no variance; use numbers above 0"},
        {KR_STRETCH_WEIGHTS, 2, {-1, 1}, "column 0: -1 is no weight; use 0 or more"},
        {KR_STRETCH_WEIGHTS, 0, {1, 1}, "power: 0 is out of range; use 0.1 to 1e6"},
        {KR_STRETCH_INVERSE,
         2,
         {1, 2, 2, 1},
         "the matrix is not positive: its eigenvalues are -1 to "
         "3; a covariance, or its inverse, is needed"},
        {KR_STRETCH_COVARIANCE,
         2,
         {1, 2, 3, 9},
         "row 0, column 1: 2, and 3 across the diagonal; a "
         "symmetric matrix of finite numbers is needed"},
        {KR_STRETCH_COVARIANCE,
         2,
         {1, NAN, NAN, 1},
         "row 0, column 1: nan, and nan across the "
         "diagonal; a symmetric matrix of finite "
         "numbers is needed"},
    };
    const double x[] = {0, 1, 2, 3, 4, 6};
    const kr_points points = kr_points_f64(x, 3, 2);
    kr_pca *pca = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kr_error err;
        assert_int_equal(kr_pca_create_stretch(test_team, &points, rows[i].kind, rows[i].numbers,
                                               rows[i].power, &pca, &err),
                         KR_USAGE);
        assert_string_equal(err.text, rows[i].text);
    }
    assert_int_equal(
        kr_pca_create_stretch(test_team, &points, KR_STRETCH_INVERSE, NULL, 2, &pca, NULL),
        KR_USAGE);
    assert_null(pca);
}

static void columns_that_do_not_vary_count_nothing(void **state) {
    (void)state;
    const double x[] = {1, 7, 2, 7, 4, 7};
    const kr_points points = kr_points_f64(x, 3, 2);
    for (kr_stretch kind = KR_STRETCH_VARIANCES; kind <= KR_STRETCH_COVARIANCE; kind += 2) {
        double places[6];
        kr_pca *pca = NULL;
        assert_int_equal(kr_pca_create_stretch(test_team, &points, kind, NULL, 2, &pca, NULL),
                         KR_OK);
        assert_int_equal(kr_pca_project(test_team, pca, &points, places, NULL), KR_OK);
        assert_true(fabs(fabs(places[4] - places[0]) - 3 / sqrt(7. / 3)) < 1e-12);
        assert_true(places[1] == places[3] && places[3] == places[5]);
        kr_pca_destroy(pca);
    }
}

static void a_team_that_stops_ends_the_search_for_components(void **state) {
    (void)state;
    double *x = draw(60);
    const kr_points points = kr_points_f64(x, 12, 5);
    const double identity[25] = {[0] = 1, [6] = 1, [12] = 1, [18] = 1, [24] = 1};
    kr_pca *pca = NULL;
    test_workers(2);
    kr_team_stop(test_team);
    assert_int_equal(kr_pca_create(test_team, &points, 2, &pca, NULL), KR_INTERRUPTED);
    assert_int_equal(
        kr_pca_create_stretch(test_team, &points, KR_STRETCH_INVERSE, identity, 2, &pca, NULL),
        KR_INTERRUPTED);
    assert_null(pca);
    test_workers(0);
    kr_free(x);
}

static kr_status stretch(void *arg, kr_error *err) {
    kr_pca *pca = NULL;
    kr_status status =
        kr_pca_create_stretch(test_team, arg, KR_STRETCH_COVARIANCE, NULL, 2, &pca, err);
    kr_pca_destroy(pca);
    const double identity[25] = {[0] = 1, [6] = 1, [12] = 1, [18] = 1, [24] = 1};
    if (status != KR_OK) return status;
    status = kr_pca_create_stretch(test_team, arg, KR_STRETCH_INVERSE, identity, 2, &pca, err);
    if (status == KR_OK) kr_pca_destroy(pca);
    return status;
}

static void a_stretch_without_memory_is_a_sentence(void **state) {
    (void)state;
    double *x = draw(60);
    kr_points points = kr_points_f64(x, 12, 5);
    kr_starve("a stretch", stretch, &points);
    kr_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_those_of_the_reference),
        cmocka_unit_test(any_shape_keeps_its_variance),
        cmocka_unit_test(a_few_of_many_are_the_first_of_all),
        cmocka_unit_test(rank_ends_in_zeros),
        cmocka_unit_test(equal_variances_are_all_found),
        cmocka_unit_test(points_that_are_all_equal_have_axes),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(points_of_another_width_have_no_projection),
        cmocka_unit_test(stretched_points_are_as_far_as_their_metric_says),
        cmocka_unit_test(mahalanobis_is_that_of_the_covariance),
        cmocka_unit_test(numbers_that_are_no_metric_are_refused),
        cmocka_unit_test(columns_that_do_not_vary_count_nothing),
        cmocka_unit_test(a_team_that_stops_ends_the_search_for_components),
        cmocka_unit_test(a_stretch_without_memory_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
