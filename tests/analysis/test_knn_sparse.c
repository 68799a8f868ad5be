/* SPDX-License-Identifier: MIT
 * test_knn_sparse.c - neighbours of sparse points are those of the same points given densely. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/points.h>

#include "core/arena.h"
#include "core/random.h"
#include "support/workers.h"

enum { N = 90, NEW = 12, DIM = 40, K = 7 };

typedef struct matrix {
    double dense[N * DIM], value[N * DIM];
    float value32[N * DIM];
    int64_t start[N + 1];
    int32_t column[N * DIM];
    int64_t n;
} matrix;

/* A sixth of the numbers; is_empty: row 4 has none. */
static void fill(matrix *m, int64_t n, uint64_t which, double scale, bool is_empty) {
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, which);
    int64_t at = 0;
    memset(m->dense, 0, sizeof m->dense);
    m->n = n;
    m->start[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int32_t c = 0; c < DIM; c++) {
            bool is_there = kr__rng_uniform(&rng) < 1.0 / 6 || c == i % DIM;
            double value = floor(1 + 4 * kr__rng_uniform(&rng)) * scale;
            if (!is_there || (is_empty && i == 4)) continue;
            m->dense[i * DIM + c] = value;
            m->value[at] = value;
            m->value32[at] = (float)value;
            m->column[at++] = c;
        }
        m->start[i + 1] = at;
    }
}

static kr_sparse view(const matrix *m) {
    return (kr_sparse){.size = sizeof(kr_sparse),
                       .n = m->n,
                       .dim = DIM,
                       .start = m->start,
                       .column = m->column,
                       .f64 = m->value};
}

/* Distances agree; so do the neighbours, but for those as far away. */
static void expect_alike(const char *what, const kr_knn *a, const kr_knn *b) {
    assert_int_equal(kr_knn_count(a), kr_knn_count(b));
    for (int64_t i = 0; i < kr_knn_count(a) * K; i++) {
        double x = kr_knn_distance(a)[i], y = kr_knn_distance(b)[i];
        if (!(fabs(x - y) <= 1e-12 * (fabs(y) + 1e-3))) {
            fail_msg("%s, row %d: %.17g, not %.17g", what, (int)(i / K), x, y);
        }
    }
}

static void compare(kr_metric metric, double scale) {
    static matrix m, new;
    kr_knn *knn[4] = {NULL};
    char what[32];
    const kr_knn_options o = {.size = sizeof o, .k = K, .metric = metric, .power = 2.5};
    bool is_direction = metric == KR_METRIC_COSINE;
    fill(&m, N, 0, scale, !is_direction);
    fill(&new, NEW, 1, scale, !is_direction);
    const kr_points points = kr_points_f64(m.dense, N, DIM);
    const kr_points queries = kr_points_f64(new.dense, NEW, DIM);
    const kr_sparse sparse = view(&m), asked = view(&new);
    snprintf(what, sizeof what, "metric %d", (int)metric);
    assert_int_equal(kr_knn_create(test_team, &points, &o, &knn[0], NULL), KR_OK);
    assert_int_equal(kr_knn_sparse(test_team, &sparse, NULL, &o, &knn[1], NULL), KR_OK);
    assert_int_equal(kr_knn_query_by(test_team, &points, &queries, &o, &knn[2], NULL), KR_OK);
    assert_int_equal(kr_knn_sparse(NULL, &sparse, &asked, &o, &knn[3], NULL), KR_OK);
    expect_alike(what, knn[1], knn[0]);
    expect_alike(what, knn[3], knn[2]);
    assert_true(kr_knn_is_exact(knn[1]) && kr_knn_recall(knn[1]) == 1);
    for (int64_t i = 0; i < N * K; i++) assert_true(kr_knn_index(knn[1])[i] != i / K);
    for (int i = 0; i < 4; i++) kr_knn_destroy(knn[i]);
}

static void sparse_points_have_the_neighbours_of_dense_ones(void **state) {
    (void)state;
    for (int m = 0; m < KR_METRIC_PRECOMPUTED; m++) {
        if (m == KR_METRIC_CORRELATION || m == KR_METRIC_HELLINGER || m == KR_METRIC_HAVERSINE) {
            continue;
        }
        compare((kr_metric)m, 1);
    }
    compare(KR_METRIC_EUCLIDEAN, 0x1p600); /* whose squares are no doubles */
    compare(KR_METRIC_EUCLIDEAN, 0x1p-600);
    compare(KR_METRIC_COSINE, 0x1p600);
    compare(KR_METRIC_MANHATTAN, 0x1p600);
}

static void floats_and_doubles_are_alike(void **state) {
    (void)state;
    static matrix m;
    kr_knn *knn[2] = {NULL};
    const kr_knn_options o = {.size = sizeof o, .k = K};
    fill(&m, N, 2, 1, false);
    kr_sparse doubles = view(&m), floats = view(&m);
    floats.f64 = NULL;
    floats.f32 = m.value32;
    assert_int_equal(kr_knn_sparse(test_team, &doubles, NULL, &o, &knn[0], NULL), KR_OK);
    assert_int_equal(kr_knn_sparse(NULL, &floats, NULL, &o, &knn[1], NULL), KR_OK);
    assert_memory_equal(kr_knn_index(knn[0]), kr_knn_index(knn[1]), N * K * sizeof(int32_t));
    assert_memory_equal(kr_knn_distance(knn[0]), kr_knn_distance(knn[1]), N * K * sizeof(double));
    kr_knn_destroy(knn[0]);
    kr_knn_destroy(knn[1]);
}

/* Distances of some pairs; a row's own distance does not count. */
static void sparse_distances_are_known_neighbours(void **state) {
    (void)state;
    const int64_t start[] = {0, 3, 5, 7};
    const int32_t column[] = {0, 1, 2, 0, 2, 0, 1};
    const double distance[] = {0, 4, 2, 4, 1, 2, 1};
    kr_sparse m = {sizeof m, 3, 3, start, column, NULL, distance};
    kr_knn *knn = NULL;
    kr_error err = {0};
    const int32_t index[] = {2, 1, 2, 0, 1, 0};
    const double sorted[] = {2, 4, 1, 4, 1, 2};
    assert_int_equal(kr_knn_of_sparse(&m, true, 2, &knn, NULL), KR_OK);
    assert_memory_equal(kr_knn_index(knn), index, sizeof index);
    assert_memory_equal(kr_knn_distance(knn), sorted, sizeof sorted);
    assert_true(isnan(kr_knn_recall(knn)) && !kr_knn_is_exact(knn));
    kr_knn_destroy(knn);
    knn = NULL;
    assert_int_equal(kr_knn_of_sparse(&m, false, 1, &knn, NULL), KR_OK);
    assert_true(kr_knn_index(knn)[0] == 0 && kr_knn_distance(knn)[0] == 0);
    kr_knn_destroy(knn);
    knn = NULL;
    assert_int_equal(kr_knn_of_sparse(&m, false, 3, &knn, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "row 1 knows 2 distances, and 3 are needed: give more of them, or ask for "
                        "fewer neighbours");
    m.dim = 4;
    assert_int_equal(kr_knn_of_sparse(&m, true, 1, &knn, &err), KR_SHAPE);
    assert_null(knn);
}

static void refuse(kr_sparse m, kr_metric metric, kr_status status, const char *text) {
    kr_knn *knn = NULL;
    kr_error err = {0};
    const kr_knn_options o = {.size = sizeof o, .k = 1, .metric = metric};
    assert_int_equal(kr_knn_sparse(NULL, &m, NULL, &o, &knn, &err), status);
    assert_string_equal(err.text, text);
    assert_null(knn);
}

static void bad_matrices_are_refused(void **state) {
    (void)state;
    const int64_t start[] = {0, 2, 3, 4}, falling[] = {0, 2, 1, 4};
    const int32_t column[] = {0, 2, 1, 2}, twice[] = {1, 1, 1, 2}, far[] = {0, 3, 1, 2};
    const double value[] = {1, 2, 3, 4}, nan[] = {1, NAN, 3, 4}, below[] = {1, 2, -3, 4};
    const kr_sparse good = {sizeof good, 3, 3, start, column, NULL, value};
    kr_sparse m = good;
    kr_knn *knn = NULL;
    kr_error err = {0};
    m.start = falling;
    refuse(m, KR_METRIC_EUCLIDEAN, KR_USAGE, "row 1 of a sparse matrix: starts must rise from 0");
    m = good;
    m.column = twice;
    refuse(m, KR_METRIC_EUCLIDEAN, KR_USAGE,
           "row 0 of a sparse matrix: its columns must rise, from 0 to 2");
    m.column = far;
    refuse(m, KR_METRIC_EUCLIDEAN, KR_USAGE,
           "row 0 of a sparse matrix: its columns must rise, from 0 to 2");
    m = good;
    m.f64 = nan;
    refuse(m, KR_METRIC_EUCLIDEAN, KR_NUMERIC, "row 0, column 2 holds NaN; remove that row");
    refuse(good, KR_METRIC_CORRELATION, KR_UNSUPPORTED,
           "sparse points are not compared by correlation, which looks at zeros, too; give them "
           "densely");
    m = good;
    m.f64 = below;
    assert_int_equal(kr_knn_of_sparse(&m, false, 1, &knn, &err), KR_USAGE);
    assert_string_equal(err.text, "row 1, column 1: a distance is -3, below 0");
    assert_null(knn);
}

int main(void) {
    test_workers(3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_points_have_the_neighbours_of_dense_ones),
        cmocka_unit_test(floats_and_doubles_are_alike),
        cmocka_unit_test(sparse_distances_are_known_neighbours),
        cmocka_unit_test(bad_matrices_are_refused),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_workers(0);
    return n_failed;
}
