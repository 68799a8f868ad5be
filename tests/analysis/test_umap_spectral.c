/* SPDX-License-Identifier: MIT
 * test_umap_spectral.c - eigenvectors against umap-learn's; several parts; tiny graphs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/umap_golden.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "support/workers.h"

static void check_vectors(const char *name) {
    cloud c = cloud_open(name);
    kr__graph graph = {0};
    int64_t n = c.knn.n;
    double *got = kr__calloc((size_t)n, 2 * sizeof *got);
    assert_int_equal(kr__umap_graph_create(test_team, &c.knn, &c.options, &graph, NULL), KR_OK);
    kr__umap_graph_prune(&graph, 500);
    assert_int_equal(kr__umap_start_spectral(test_team, &c.points, &graph, 2, 1, got, NULL), KR_OK);
    const double *want =
        kr_golden_double(c.golden, cloud_array(&c, "laplacian_eigenvectors_1_2"), NULL);
    for (int k = 0; k < 2; k++) {
        double dot = 0, a = 0, b = 0;
        for (int64_t i = 0; i < n; i++) {
            dot += got[2 * i + k] * want[2 * i + k];
            a += got[2 * i + k] * got[2 * i + k];
            b += want[2 * i + k] * want[2 * i + k];
        }
        double cosine = fabs(dot) / sqrt(a * b);
        if (!(cosine > 1 - 1e-5)) fail_msg("%s, vector %d: |cos| %.9g", name, k, cosine);
    }
    kr__graph_deinit(&graph);
    kr_free(got);
    cloud_close(&c);
}

static void the_vectors_are_those_of_the_laplacian(void **state) {
    (void)state;
    check_vectors("three");
    check_vectors("circles");
}

/* n_parts rings of `size` points each, all weights 1; part p is far from the others in space. */
static kr__graph make_rings(int64_t n_parts, int64_t size, double *values) {
    kr__graph g = {.n = n_parts * size};
    g.start = kr__calloc((size_t)g.n + 1, sizeof *g.start);
    g.column = kr__calloc((size_t)g.n, 2 * sizeof *g.column);
    g.weight = kr__calloc((size_t)g.n, 2 * sizeof *g.weight);
    for (int64_t i = 0; i < g.n; i++) {
        int64_t first = i / size * size, at = i - first;
        int64_t before = first + (at + size - 1) % size, after = first + (at + 1) % size;
        g.column[2 * i] = (int32_t)(before < after ? before : after);
        g.column[2 * i + 1] = (int32_t)(before < after ? after : before);
        g.weight[2 * i] = g.weight[2 * i + 1] = 1;
        g.start[i + 1] = 2 * i + 2;
        values[2 * i] = 100 * (double)(i / size);
        values[2 * i + 1] = (double)at;
    }
    return g;
}

/* Each part stays nearer to its own centre than to any other's. */
static void check_parts(int64_t n_parts, int64_t size) {
    int64_t n = n_parts * size;
    double *values = kr__calloc((size_t)n, 2 * sizeof *values);
    double *out = kr__calloc((size_t)n, 2 * sizeof *out);
    double *centre = kr__calloc((size_t)n_parts, 2 * sizeof *centre);
    kr__graph g = make_rings(n_parts, size, values);
    kr_points points = kr_points_f64(values, n, 2), centres = kr_points_f64(centre, n_parts, 2);
    assert_int_equal(kr__umap_start_spectral(test_team, &points, &g, 2, 5, out, NULL), KR_OK);
    for (int64_t i = 0; i < 2 * n; i++) centre[i / 2 / size * 2 + i % 2] += out[i] / (double)size;
    for (int64_t i = 0; i < n; i++) {
        double own =
            hypot(out[2 * i] - centre[i / size * 2], out[2 * i + 1] - centre[i / size * 2 + 1]);
        for (int64_t p = 0; p < n_parts; p++) {
            double other = sqrt(kr__points_distance2(&centres, i / size, p));
            if (p != i / size) assert_true(own < 0.9 * other);
        }
    }
    kr__graph_deinit(&g);
    kr_free(values);
    kr_free(out);
    kr_free(centre);
}

static void parts_are_set_apart(void **state) {
    (void)state;
    check_parts(2, 12);
    check_parts(3, 3); /* too small for eigenvectors of their own */
    check_parts(4, 30);
    check_parts(9, 12); /* more than the axes have ends */
}

static void tiny_graphs_are_placed_at_random(void **state) {
    (void)state;
    double values[6], out[6] = {0};
    kr__graph g = make_rings(1, 3, values);
    kr_points points = kr_points_f64(values, 3, 2);
    assert_int_equal(kr__umap_start_spectral(test_team, &points, &g, 2, 5, out, NULL), KR_OK);
    for (int i = 0; i < 6; i++) assert_true(fabs(out[i]) <= 10 && out[i] != 0);
    kr__graph_deinit(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_are_those_of_the_laplacian),
        cmocka_unit_test(parts_are_set_apart),
        cmocka_unit_test(tiny_graphs_are_placed_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
