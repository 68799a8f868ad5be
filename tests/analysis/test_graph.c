/* SPDX-License-Identifier: MIT
 * test_graph.c - graphs of neighbours, joined and supervised, against umap-learn's; maps of them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/points.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "support/golden.h"
#include "support/workers.h"

enum { N = 60, K = 10 };

static const kr_umap_options usual = {
    .size = sizeof usual, .n_neighbors = K, .min_dist = 0.1, .n_epochs = 30};

static kr_knn *open_knn(kr_golden *golden, const char *which) {
    char index[16], distance[16];
    int32_t narrow[N * K];
    kr_knn *knn = NULL;
    snprintf(index, sizeof index, "index_%s", which);
    snprintf(distance, sizeof distance, "dist_%s", which);
    const int64_t *wide = kr_golden_int64(golden, index, NULL);
    for (int i = 0; i < N * K; i++) narrow[i] = (int32_t)wide[i];
    const kr_knn_lists lists = {
        sizeof lists, N, K, narrow, kr_golden_double(golden, distance, NULL), true};
    assert_int_equal(kr_knn_copy(&lists, &knn, NULL), KR_OK);
    return knn;
}

static kr_graph *open_graph(kr_golden *golden, const char *which) {
    kr_graph *graph = NULL;
    kr_knn *knn = open_knn(golden, which);
    assert_int_equal(kr_graph_create(test_team, knn, &usual, &graph, NULL), KR_OK);
    kr_knn_destroy(knn);
    return graph;
}

/* Weights are those of the dense array of this name, and 0 where there is no edge. */
static void expect_weights(kr_golden *golden, const char *name, const kr_graph *graph) {
    const kr_sparse view = kr_graph_view(graph);
    const double *want = kr_golden_double(golden, name, NULL);
    double got[N * N] = {0};
    assert_int_equal(view.n, N);
    assert_int_equal(view.dim, N);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t e = view.start[i]; e < view.start[i + 1]; e++) {
            assert_true(e == view.start[i] || view.column[e] > view.column[e - 1]);
            got[i * N + view.column[e]] = (double)view.f32[e];
        }
    }
    for (int i = 0; i < N * N; i++) {
        if (want[i] == 0 && got[i] < 1.0 / 500) continue; /* umap-learn has pruned it */
        if (!(fabs(got[i] - want[i]) < 1e-4)) {
            fail_msg("%s (%d, %d): %.6f, not %.6f", name, i / N, i % N, got[i], want[i]);
        }
    }
}

static void joined_graphs_are_umap_learns(void **state) {
    (void)state;
    static const struct {
        const char *name;
        kr_graph_join join;
        double weight;
    } cases[] = {{"and", KR_GRAPH_AND, 0},
                 {"or", KR_GRAPH_OR, 0},
                 {"without", KR_GRAPH_WITHOUT, 0},
                 {"target_0.5", KR_GRAPH_TARGET, 0},
                 {"target_0.3", KR_GRAPH_TARGET, 0.3}};
    kr_golden *golden = kr_golden_open("points/graphs.npz");
    kr_graph *a = open_graph(golden, "a"), *b = open_graph(golden, "b");
    expect_weights(golden, "a", a);
    expect_weights(golden, "b", b);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_graph *joined = NULL;
        assert_int_equal(
            kr_graph_combine(test_team, a, b, cases[i].join, cases[i].weight, &joined, NULL),
            KR_OK);
        expect_weights(golden, cases[i].name, joined);
        kr_graph_destroy(joined);
    }
    kr_graph_destroy(a);
    kr_graph_destroy(b);
    kr_golden_close(golden);
}

static void ordinal_targets_are_umap_learns(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("points/graphs.npz");
    kr_graph *a = open_graph(golden, "a"), *weaker = NULL;
    const double *order = kr_golden_double(golden, "order", NULL);
    assert_int_equal(kr_graph_supervise(test_team, a, KR_TARGET_ORDINAL, order, 0, &weaker, NULL),
                     KR_OK);
    expect_weights(golden, "ordinal", weaker);
    expect_weights(golden, "a", a); /* as it was */
    kr_graph_destroy(weaker);
    kr_graph_destroy(a);
    kr_golden_close(golden);
}

/* Pairs 0 - 1 and 2 - 3, nearest to each other, and edges between the pairs, 0 - 2 and 1 - 3. Of 0
 * - 2 how much weaker it becomes where the edge 2 - 3 becomes `pair` as sure as it was. */
static double weakness(kr_target kind, const double target[4], double pair) {
    const int32_t index[] = {1, 2, 0, 3, 3, 0, 2, 1};
    const double distance[] = {1, 2, 1, 2, 1, 2, 1, 2};
    const kr_knn_lists lists = {sizeof lists, 4, 2, index, distance, false};
    const kr_umap_options o = {.size = sizeof o, .n_neighbors = 3};
    kr_knn *knn = NULL;
    kr_graph *graph = NULL, *weaker = NULL;
    assert_int_equal(kr_knn_copy(&lists, &knn, NULL), KR_OK);
    assert_int_equal(kr_graph_create(NULL, knn, &o, &graph, NULL), KR_OK);
    assert_int_equal(kr_graph_supervise(NULL, graph, kind, target, 0.5, &weaker, NULL), KR_OK);
    const kr_sparse before = kr_graph_view(graph), after = kr_graph_view(weaker);
    assert_true(after.column[0] == 1 && after.column[1] == 2 && after.f32[0] == 1);
    /* x as point 0 sees it, x / pair as point 2 does: x + x / pair - x^2 / pair */
    double both = 1 + 1 / pair, w = (double)after.f32[1];
    double x = (both - sqrt(both * both - 4 * w / pair)) / (2 / pair);
    double was = (double)before.f32[1];
    kr_knn_destroy(knn);
    kr_graph_destroy(graph);
    kr_graph_destroy(weaker);
    return x / was;
}

/* Logs of Poisson's probabilities of the counts between two, over half of those of all: e^-10 from
 * one end to the other. */
static void counts_are_compared_by_their_probabilities(void **state) {
    (void)state;
    const double far[] = {3, 3, 6, 6}, near[] = {3, 3, 5, 6}, same[] = {2, 2, 2, 2};
    double mean = 4.25, of[3]; /* of near */
    for (int k = 3; k < 6; k++) of[k - 3] = k * log(mean) - mean - lgamma(k + 1);
    double step = 10 / (of[0] + of[1] + of[2]), far_apart = exp(-step * (of[0] + of[1]));
    assert_true(fabs(weakness(KR_TARGET_COUNT, far, 1) - exp(-10)) < 1e-6);
    double found = weakness(KR_TARGET_COUNT, near, exp(-step * of[2]));
    assert_true(fabs(found / far_apart - 1) < 1e-3);
    assert_true(fabs(weakness(KR_TARGET_ORDINAL, far, 1) - exp(-10)) < 1e-6);
    found = weakness(KR_TARGET_ORDINAL, near, exp(-10.0 / 3));
    assert_true(fabs(found / exp(-20.0 / 3) - 1) < 1e-3);
    assert_true(fabs(weakness(KR_TARGET_COUNT, same, 1) - 1) < 1e-3);
    assert_true(fabs(weakness(KR_TARGET_ORDINAL, same, 1) - 1) < 1e-3);
}

/* ---- maps ------------------------------------------------------------------------------- */

/* The steps one by one give the bits of the whole. */
static void steps_make_the_map(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("points/graphs.npz");
    const kr_points points = kr_points_f32(kr_golden_array(golden, "X")->data, N, 6);
    int64_t labels[N];
    double target[N];
    kr_knn *knn = NULL;
    kr_graph *graph = NULL, *weaker = NULL;
    kr_umap *whole = NULL, *made = NULL;
    const kr_knn_options search = {.size = sizeof search, .k = K - 1};
    for (int i = 0; i < N; i++) target[i] = (double)(labels[i] = i % 4 - 1);
    assert_int_equal(kr_umap_fit(test_team, &points, labels, &usual, &whole, NULL), KR_OK);
    assert_int_equal(kr_knn_create(test_team, &points, &search, &knn, NULL), KR_OK);
    assert_int_equal(kr_graph_create(test_team, knn, &usual, &graph, NULL), KR_OK);
    assert_int_equal(
        kr_graph_supervise(test_team, graph, KR_TARGET_CLASSES, target, 0.5, &weaker, NULL), KR_OK);
    assert_int_equal(kr_umap_fit_graph(test_team, &points, weaker, &usual, &made, NULL), KR_OK);
    assert_memory_equal(kr_umap_embedding(whole), kr_umap_embedding(made), N * 2 * sizeof(float));
    assert_true(kr_umap_neighbour_recall(made) == 1);
    double a = 0, b = 0;
    kr_umap_curve(made, &a, &b);
    assert_true(fabs(a - 1.5769) < 1e-3 && fabs(b - 0.8951) < 1e-3);
    kr_umap_destroy(made);
    /* the graph alone: one component, so the points are of no use */
    made = NULL;
    assert_int_equal(kr_umap_fit_graph(test_team, NULL, weaker, &usual, &made, NULL), KR_OK);
    assert_memory_equal(kr_umap_embedding(whole), kr_umap_embedding(made), N * 2 * sizeof(float));
    assert_int_equal(kr_umap_dim(made), 0);
    kr_umap_destroy(made);
    kr_umap_destroy(whole);
    kr_graph_destroy(graph);
    kr_graph_destroy(weaker);
    kr_knn_destroy(knn);
    kr_golden_close(golden);
}

static void new_points_have_a_graph(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("points/graphs.npz");
    const float *x = kr_golden_array(golden, "X")->data;
    const kr_points points = kr_points_f32(x, N, 6), queries = kr_points_f32(x + 6, 5, 6);
    kr_umap *umap = NULL;
    kr_knn *near = NULL;
    kr_graph *graph = NULL;
    float placed[2][10];
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &usual, &umap, NULL), KR_OK);
    /* more neighbours than are needed */
    assert_int_equal(kr_knn_query(test_team, &points, &queries, K + 3, &near, NULL), KR_OK);
    assert_int_equal(kr_graph_create_between(test_team, near, N, &usual, &graph, NULL), KR_OK);
    const kr_sparse view = kr_graph_view(graph);
    assert_int_equal(view.n, 5);
    assert_int_equal(view.dim, N);
    for (int64_t i = 0; i < 5; i++) {
        bool has_own = false;
        for (int64_t e = view.start[i]; e < view.start[i + 1]; e++) {
            has_own |= view.column[e] == i + 1 && view.f32[e] == 1;
            assert_true(e == view.start[i] || view.column[e] > view.column[e - 1]);
        }
        assert_true(has_own);
        assert_int_equal(view.start[i + 1] - view.start[i], K);
    }
    kr_graph *out = NULL;
    const double target[5] = {0};
    assert_int_equal(kr_graph_supervise(NULL, graph, KR_TARGET_CLASSES, target, 0.5, &out, NULL),
                     KR_SHAPE);
    assert_int_equal(kr_graph_combine(NULL, graph, graph, KR_GRAPH_OR, 0, &out, NULL), KR_SHAPE);
    assert_null(out);
    assert_int_equal(kr_umap_transform_knn(test_team, umap, near, placed[0], NULL), KR_OK);
    assert_int_equal(kr_umap_transform(NULL, umap, &points, &queries, placed[1], NULL), KR_OK);
    assert_memory_equal(placed[0], placed[1], sizeof placed[0]);
    kr_graph_destroy(graph);
    kr_knn_destroy(near);
    kr_umap_destroy(umap);
    kr_golden_close(golden);
}

/* ---- more points ------------------------------------------------------------------------ */

static void a_map_takes_in_more_points(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("points/graphs.npz");
    const float *x = kr_golden_array(golden, "X")->data;
    const kr_points all = kr_points_f32(x, N, 6), points = kr_points_f32(x, 50, 6);
    const kr_points more = kr_points_f32(x + (size_t)50 * 6, 10, 6);
    kr_umap_options o = usual;
    kr_umap *umap = NULL, *grown = NULL;
    kr_error err = {0};
    double moved = 0;
    o.n_epochs = 200;
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &o, &umap, NULL), KR_OK);
    umap->options.learning_rate = 1e-9; /* so that the map stays where it starts */
    assert_int_equal(kr_umap_update(test_team, umap, &points, &more, &grown, NULL), KR_OK);
    assert_int_equal(kr_umap_count(grown), N);
    assert_true(kr_umap_neighbour_recall(grown) == 1);
    /* axes are scaled to 0 .. 10, and so a line leads from the old places to the new */
    const float *before = kr_umap_embedding(umap), *after = kr_umap_embedding(grown);
    for (int64_t c = 0; c < 2; c++) {
        double slope = (double)(after[2 + c] - after[c]) / (double)(before[2 + c] - before[c]);
        for (int64_t i = 0; i < 50; i++) {
            double expected = (double)after[c] + slope * (double)(before[2 * i + c] - before[c]);
            moved = fmax(moved, fabs(expected - (double)after[2 * i + c]));
        }
    }
    assert_true(moved < 1e-3);
    kr_umap_destroy(grown);
    grown = NULL;
    const kr_points narrow = kr_points_f32(x, 10, 5);
    assert_int_equal(kr_umap_update(NULL, umap, &points, &narrow, &grown, NULL), KR_SHAPE);
    assert_int_equal(kr_umap_update(NULL, umap, &all, &more, &grown, NULL), KR_SHAPE);
    umap->options.metric = KR_METRIC_PRECOMPUTED;
    assert_int_equal(kr_umap_update(NULL, umap, &points, &more, &grown, &err), KR_UNSUPPORTED);
    assert_string_equal(
        err.text, "a map of distances (precomputed) takes in no more points; fit all of them");
    assert_null(grown);
    kr_umap_destroy(umap);
    kr_golden_close(golden);
}

/* ---- what is refused -------------------------------------------------------------------- */

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("points/graphs.npz");
    const kr_points few = kr_points_f32(kr_golden_array(golden, "X")->data, 10, 6);
    kr_knn *knn = open_knn(golden, "a"), *near = NULL;
    kr_graph *a = open_graph(golden, "a"), *small = NULL, *out = NULL;
    kr_umap *umap = NULL;
    kr_umap_options o = usual;
    double target[N] = {-1, 2.5};
    float placed[20];
    kr_error err = {0};
    const kr_knn_options search = {.size = sizeof search, .k = 4};
    assert_int_equal(kr_knn_create(NULL, &few, &search, &near, NULL), KR_OK);
    o.n_neighbors = 5;
    assert_int_equal(kr_graph_create(NULL, near, &o, &small, NULL), KR_OK);
    assert_int_equal(kr_graph_combine(NULL, a, small, KR_GRAPH_AND, 0, &out, &err), KR_SHAPE);
    assert_string_equal(err.text, "graphs of 60 and of 10 points are not of the same");
    assert_int_equal(kr_graph_combine(NULL, a, a, KR_GRAPH_TARGET, 1.5, &out, &err), KR_USAGE);
    assert_int_equal(kr_graph_supervise(NULL, a, KR_TARGET_COUNT, target, 0, &out, &err), KR_USAGE);
    assert_string_equal(err.text, "target 0: -1 is no count up to 1e6");
    target[0] = NAN;
    assert_int_equal(kr_graph_supervise(NULL, a, KR_TARGET_ORDINAL, target, 0, &out, &err),
                     KR_NUMERIC);
    assert_int_equal(kr_graph_supervise(NULL, a, (kr_target)7, target, 0, &out, &err), KR_USAGE);
    o.n_neighbors = K + 1;
    assert_int_equal(kr_graph_create(NULL, knn, &o, &out, &err), KR_SHAPE);
    assert_null(out);
    assert_int_equal(kr_umap_fit_graph(NULL, &few, a, &usual, &umap, &err), KR_SHAPE);
    o = usual;
    o.init = KR_UMAP_PCA;
    assert_int_equal(kr_umap_fit_graph(NULL, NULL, a, &o, &umap, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "a graph alone has no principal components to start from; start from the "
                        "spectrum or at random");
    o = usual;
    o.densmap = true;
    assert_int_equal(kr_umap_fit_graph(NULL, NULL, a, &o, &umap, &err), KR_USAGE);
    assert_null(umap);
    assert_int_equal(kr_umap_fit_graph(NULL, NULL, a, &usual, &umap, &err), KR_OK);
    assert_int_equal(kr_umap_transform_knn(NULL, umap, near, placed, &err), KR_SHAPE);
    kr_umap_destroy(umap);
    kr_knn_destroy(knn);
    kr_knn_destroy(near);
    kr_graph_destroy(a);
    kr_graph_destroy(small);
    kr_golden_close(golden);
}

int main(void) {
    test_workers(3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_graphs_are_umap_learns),
        cmocka_unit_test(ordinal_targets_are_umap_learns),
        cmocka_unit_test(counts_are_compared_by_their_probabilities),
        cmocka_unit_test(steps_make_the_map),
        cmocka_unit_test(new_points_have_a_graph),
        cmocka_unit_test(a_map_takes_in_more_points),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_workers(0);
    return n_failed;
}
