/* SPDX-License-Identifier: MIT
 * test_umap_inverse.c - points for places on a map: near those that were there, in any unit, the
 * same for any threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kr/points.h>

#include "analysis/umap_internal.h"
#include "core/random.h"
#include "support/workers.h"

enum { N = 400, DIM = 5 };

/* A circle in three planes, a little noisy: its unit is `unit`. */
static void draw(double unit, double *x) {
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, 0);
    for (int i = 0; i < N; i++) {
        double angle = 6.283185307179586 * i / N;
        for (int c = 0; c < DIM; c++) {
            double turn = cos(angle + 1.3 * c);
            x[i * DIM + c] = unit * (turn + 0.01 * kr__rng_normal(&rng));
        }
    }
}

static kr_umap *fit(const kr_points *points, kr_metric metric) {
    const kr_umap_options o = {.size = sizeof o, .min_dist = 0.1, .seed = 4, .metric = metric};
    kr_umap *umap = NULL;
    assert_int_equal(kr_umap_fit(test_team, points, NULL, &o, &umap, NULL), KR_OK);
    return umap;
}

static void points_come_back(void **state) {
    (void)state;
    static double x[N * DIM], large[N * DIM], found[2][N * DIM];
    double error = 0;
    draw(1, x);
    draw(1024, large);
    const kr_points points[] = {kr_points_f64(x, N, DIM), kr_points_f64(large, N, DIM)};
    for (int i = 0; i < 2; i++) {
        kr_umap *umap = fit(&points[i], KR_METRIC_EUCLIDEAN);
        assert_int_equal(kr_umap_inverse(test_team, umap, &points[i], kr_umap_embedding(umap), N,
                                         found[i], NULL),
                         KR_OK);
        kr_umap_destroy(umap);
    }
    for (int i = 0; i < N * DIM; i++) {
        error += (found[0][i] - x[i]) * (found[0][i] - x[i]) / (N * DIM);
        assert_true(found[1][i] == 1024 * found[0][i]);
    }
    if (!(sqrt(error) < 0.05)) fail_msg("off by %g, of a circle of radius 1", sqrt(error));
}

/* Without epochs they stay at the mean of their neighbours; with them they move from there. */
static void epochs_move_them(void **state) {
    (void)state;
    static double x[N * DIM], still[N * DIM], moved[N * DIM];
    double distance = 0;
    draw(1, x);
    const kr_points points = kr_points_f64(x, N, DIM);
    kr_umap *umap = fit(&points, KR_METRIC_EUCLIDEAN);
    const float *places = kr_umap_embedding(umap);
    assert_int_equal(kr_umap_inverse(NULL, umap, &points, places, N, moved, NULL), KR_OK);
    umap->options.n_epochs = 2; /* a third of it is none */
    assert_int_equal(kr_umap_inverse(NULL, umap, &points, places, N, still, NULL), KR_OK);
    for (int i = 0; i < N * DIM; i++) distance += fabs(moved[i] - still[i]) / (N * DIM);
    assert_true(distance > 1e-4 && distance < 0.05);
    kr_umap_destroy(umap);
}

static void threads_change_no_bit(void **state) {
    (void)state;
    static double x[N * DIM], one[40 * DIM], many[40 * DIM];
    draw(1, x);
    const kr_points points = kr_points_f64(x, N, DIM);
    kr_umap *umap = fit(&points, KR_METRIC_EUCLIDEAN);
    const float *places = kr_umap_embedding(umap);
    assert_int_equal(kr_umap_inverse(NULL, umap, &points, places, 40, one, NULL), KR_OK);
    assert_int_equal(kr_umap_inverse(test_team, umap, &points, places, 40, many, NULL), KR_OK);
    assert_memory_equal(one, many, sizeof one);
    kr_umap_destroy(umap);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static double x[N * DIM], out[DIM];
    const float place[] = {0, NAN};
    kr_error err = {0};
    draw(1, x);
    const kr_points points = kr_points_f64(x, N, DIM), few = kr_points_f64(x, N - 1, DIM);
    kr_umap *umap = fit(&points, KR_METRIC_EUCLIDEAN), *other = fit(&points, KR_METRIC_COSINE);
    assert_int_equal(kr_umap_inverse(NULL, umap, &points, place, 1, out, &err), KR_NUMERIC);
    assert_string_equal(err.text, "queries: row 0, column 1 holds NaN; remove that row");
    assert_int_equal(kr_umap_inverse(NULL, umap, &few, place, 1, out, NULL), KR_SHAPE);
    assert_int_equal(kr_umap_inverse(NULL, umap, NULL, place, 1, out, NULL), KR_USAGE);
    assert_int_equal(kr_umap_inverse(NULL, other, &points, place, 1, out, NULL), KR_UNSUPPORTED);
    kr_umap_destroy(umap);
    kr_umap_destroy(other);
}

int main(void) {
    test_workers(3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_come_back), cmocka_unit_test(epochs_move_them),
        cmocka_unit_test(threads_change_no_bit), cmocka_unit_test(what_does_not_fit_is_refused)};
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_workers(0);
    return n_failed;
}
