/* SPDX-License-Identifier: MIT
 * test_umap_graph.c - rho, sigma, the fuzzy union, classes and pruning against umap-learn's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/umap_golden.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "support/workers.h"

static void check_smoothing(const char *name) {
    cloud c = cloud_open(name);
    int64_t n = c.knn.n, k = c.knn.k;
    double *rho = kr__calloc((size_t)n, sizeof *rho);
    double *sigma = kr__calloc((size_t)n, sizeof *sigma);
    kr__umap_smooth(test_team,
                    &(kr__umap_distances){.n = n,
                                          .stride = k,
                                          .distance = c.knn.distance,
                                          .k = k,
                                          .n_neighbors = k + 1,
                                          .connectivity = 1},
                    rho, sigma);
    const double *want = kr_golden_double(c.golden, cloud_array(&c, "rho"), NULL);
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        assert_true(fabs(rho[i] - want[i]) < 1e-6);
        for (int64_t j = 0; j < k; j++) {
            double d = c.knn.distance[i * k + j] - rho[i];
            sum += exp(-(d > 0 ? d : 0) / sigma[i]);
        }
        if (!(fabs(sum - log2((double)k + 1)) < 1e-5)) {
            fail_msg("%s, point %d: memberships sum to %.9g", name, (int)i, sum);
        }
    }
    kr_free(rho);
    kr_free(sigma);
    cloud_close(&c);
}

static void sigma_solves_its_equation(void **state) {
    (void)state;
    check_smoothing("three");
    check_smoothing("circles");
}

static void check_graph(const char *name) {
    cloud c = cloud_open(name);
    kr__graph graph = {0};
    int64_t n_edges, i = 0;
    assert_int_equal(kr__umap_graph_create(test_team, &c.knn, &c.options, &graph, NULL), KR_OK);
    const int64_t *row = kr_golden_int64(c.golden, cloud_array(&c, "graph_row"), &n_edges);
    const int64_t *column = kr_golden_int64(c.golden, cloud_array(&c, "graph_col"), NULL);
    const double *weight = kr_golden_double(c.golden, cloud_array(&c, "graph_val"), NULL);
    assert_int_equal(graph.start[graph.n], n_edges);
    for (int64_t e = 0; e < n_edges; e++) {
        while (e >= graph.start[i + 1]) i++;
        assert_int_equal(i, row[e]);
        assert_int_equal(graph.column[e], column[e]);
        assert_true(fabs((double)graph.weight[e] - weight[e]) < 2e-5);
    }
    const int64_t *counts =
        kr_golden_int64(c.golden, cloud_array(&c, "graph_nnz_before_and_after_pruning"), NULL);
    kr__umap_graph_prune(&graph, 500);
    assert_int_equal(graph.start[graph.n], counts[1]);
    kr__graph_deinit(&graph);
    cloud_close(&c);
}

static void the_graph_is_that_of_umap_learn(void **state) {
    (void)state;
    check_graph("three");
    check_graph("circles");
}

/* Three points in a row, 0 and 1 of a class, 2 of another or unknown. */
static kr__graph make_triangle(void) {
    static const int64_t start[] = {0, 2, 4, 6};
    static const int32_t column[] = {1, 2, 0, 2, 0, 1};
    static const float weight[] = {1, 0.5F, 1, 0.25F, 0.5F, 0.25F};
    kr__graph g = {.n = 3};
    g.start = kr__calloc(4, sizeof *g.start);
    g.column = kr__calloc(6, sizeof *g.column);
    g.weight = kr__calloc(6, sizeof *g.weight);
    memcpy(g.start, start, sizeof start);
    memcpy(g.column, column, sizeof column);
    memcpy(g.weight, weight, sizeof weight);
    return g;
}

/* What is below a tenth of the greatest goes, from the first row on; each row knows its edges. */
static void weak_edges_go(void **state) {
    (void)state;
    static const int64_t start[] = {0, 1, 3, 4};
    static const int32_t column[] = {1, 0, 2, 1};
    kr__graph g = make_triangle();
    g.weight[1] = g.weight[4] = 0.09F; /* between 0 and 2 */
    kr__umap_graph_prune(&g, 10);
    assert_memory_equal(g.start, start, sizeof start);
    assert_memory_equal(g.column, column, sizeof column);
    assert_true(g.weight[0] == 1 && g.weight[1] == 1 && g.weight[2] == 0.25F);
    kr__graph_deinit(&g);
}

/* By hand: weights times e^-5 (other class) or e^-1 (unknown), rows over their greatest, union. */
static void classes_weaken_edges_between_them(void **state) {
    (void)state;
    const double labels[][3] = {{0, 0, 1}, {0, 0, -1}};
    const double factor[] = {exp(-5), exp(-1)};
    for (int i = 0; i < 2; i++) {
        kr__graph g = make_triangle();
        assert_int_equal(
            kr__graph_supervise(test_team, &g, KR_TARGET_CLASSES, labels[i], 0.5, NULL), KR_OK);
        double to2 = 0.5 * factor[i], back = 1;      /* 0 -> 2, 2 -> 0 after scaling */
        double side = 0.25 * factor[i], other = 0.5; /* 1 -> 2, 2 -> 1 */
        assert_true(fabs((double)g.weight[0] - 1) < 1e-6);
        assert_true(fabs((double)g.weight[1] - (to2 + back - to2 * back)) < 1e-6);
        assert_true(fabs((double)g.weight[3] - (side + other - side * other)) < 1e-6);
        kr__graph_deinit(&g);
    }
}

static void one_class_changes_only_the_scale_of_rows(void **state) {
    (void)state;
    const double labels[] = {4, 4, 4};
    kr__graph g = make_triangle();
    assert_int_equal(kr__graph_supervise(test_team, &g, KR_TARGET_CLASSES, labels, 0.5, NULL),
                     KR_OK);
    assert_true(fabs((double)g.weight[1] - (0.5 + 1 - 0.5)) < 1e-6);
    kr__graph_deinit(&g);
}

static void mixing_goes_from_union_to_intersection(void **state) {
    (void)state;
    int32_t index[] = {1, 0, 1};
    double distance[] = {1, 1, 1};
    kr_knn knn = {.n = 3, .k = 1, .index = index, .distance = distance};
    kr__graph g = {0};
    kr_umap_options o = {
        .size = sizeof o, .n_neighbors = 2, .local_connectivity = 1, .set_op_mix = 0};
    assert_int_equal(kr__umap_graph_create(test_team, &knn, &o, &g, NULL), KR_OK);
    assert_int_equal(g.start[3], 2); /* 2 sees 1, but is not seen: not in the intersection */
    kr__graph_deinit(&g);
    o.set_op_mix = 1;
    assert_int_equal(kr__umap_graph_create(test_team, &knn, &o, &g, NULL), KR_OK);
    assert_int_equal(g.start[3], 4);
    kr__graph_deinit(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigma_solves_its_equation),
        cmocka_unit_test(the_graph_is_that_of_umap_learn),
        cmocka_unit_test(weak_edges_go),
        cmocka_unit_test(classes_weaken_edges_between_them),
        cmocka_unit_test(one_class_changes_only_the_scale_of_rows),
        cmocka_unit_test(mixing_goes_from_union_to_intersection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
