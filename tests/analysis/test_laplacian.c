/* SPDX-License-Identifier: MIT
 * test_laplacian.c - the least eigenvalues against a dense solver's and known ones; hard graphs:
 * long paths, equal values, several parts; the same bits for any workers; giving up and being
 * stopped. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/eigen.h"
#include "analysis/laplacian.h"
#include "core/arena.h"
#include "core/random.h"
#include "support/workers.h"

static const double pi = 3.14159265358979323846;

/* ---- graphs ----------------------------------------------------------------------------- */

/* Out of a list of edges with weights, each of which is one in both directions. */
typedef struct builder {
    int64_t n, n_edges, room;
    int32_t (*ends)[2];
    float *weights;
} builder;

static void add_edge(builder *b, int64_t i, int64_t j, double weight) {
    if (b->n_edges == b->room) {
        b->room = 2 * b->room + 64;
        b->ends = realloc(b->ends, (size_t)b->room * sizeof *b->ends);
        b->weights = realloc(b->weights, (size_t)b->room * sizeof *b->weights);
        assert_true(b->ends && b->weights);
    }
    b->ends[b->n_edges][0] = (int32_t)i;
    b->ends[b->n_edges][1] = (int32_t)j;
    b->weights[b->n_edges++] = (float)weight;
}

static kr__graph finish(builder *b) {
    kr__graph g = {.n = b->n};
    g.start = kr__calloc((size_t)b->n + 1, sizeof *g.start);
    g.column = kr__calloc(2 * (size_t)b->n_edges + 1, sizeof *g.column);
    g.weight = kr__calloc(2 * (size_t)b->n_edges + 1, sizeof *g.weight);
    for (int64_t e = 0; e < b->n_edges; e++) {
        for (int end = 0; end < 2; end++) g.start[b->ends[e][end] + 1]++;
    }
    for (int64_t i = 0; i < b->n; i++) g.start[i + 1] += g.start[i];
    int64_t *next = kr__calloc((size_t)b->n, sizeof *next);
    for (int64_t e = 0; e < b->n_edges; e++) {
        for (int end = 0; end < 2; end++) {
            int32_t from = b->ends[e][end];
            int64_t at = g.start[from] + next[from]++;
            g.column[at] = b->ends[e][1 - end];
            g.weight[at] = b->weights[e];
        }
    }
    kr_free(next);
    free(b->ends);
    free(b->weights);
    return g;
}

static kr__graph make_path(int64_t n) {
    builder b = {.n = n};
    for (int64_t i = 0; i + 1 < n; i++) add_edge(&b, i, i + 1, 1);
    return finish(&b);
}

/* n_parts rings of `size` points, which no edge joins. */
static kr__graph make_rings(int64_t n_parts, int64_t size) {
    builder b = {.n = n_parts * size};
    for (int64_t i = 0; i < b.n; i++) add_edge(&b, i, i / size * size + (i + 1) % size, 1);
    return finish(&b);
}

/* A ring, so that it hangs together, and as many more edges of any weight as points times `more`.
 */
static kr__graph make_random(int64_t n, int64_t more, uint64_t which) {
    builder b = {.n = n};
    kr_rng rng = kr__rng_make(11, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) {
        add_edge(&b, i, (i + 1) % n, 0.01 + kr__rng_uniform(&rng));
        for (int64_t e = 0; e < more; e++) {
            int64_t j = (int64_t)kr__rng_below(&rng, (uint64_t)n);
            if (j != i) add_edge(&b, i, j, kr__rng_uniform(&rng));
        }
    }
    return finish(&b);
}

/* ---- what is right ---------------------------------------------------------------------- */

typedef struct answer {
    int64_t n, k;
    double *values, *vectors; /* (k), (k, n) */
} answer;

static answer make_answer(int64_t n, int64_t k) {
    answer a = {.n = n, .k = k};
    a.values = kr__calloc((size_t)k, sizeof *a.values);
    a.vectors = kr__calloc((size_t)k, (size_t)n * sizeof *a.vectors);
    return a;
}

static void free_answer(answer *a) {
    kr_free(a->values);
    kr_free(a->vectors);
}

static answer solve(const kr__graph *g, int64_t k) {
    const kr__laplacian asked = {
        .graph = g, .k = k, .seed = 3, .most_products = KR__LAPLACIAN_PRODUCTS};
    answer a = make_answer(g->n, k);
    kr_error err = {.text = ""};
    kr_status status = kr__laplacian_lowest(test_team, &asked, a.values, a.vectors, &err);
    if (status != KR_OK) fail_msg("n %lld: %s", (long long)g->n, err.text);
    return a;
}

static double *sum_rows(const kr__graph *g) {
    double *degree = kr__calloc((size_t)g->n, sizeof *degree);
    for (int64_t i = 0; i < g->n; i++) {
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) degree[i] += (double)g->weight[e];
    }
    return degree;
}

/* |L v - value v| */
static double find_residual(const kr__graph *g, const double *degree, const double *v,
                            double value) {
    double square = 0;
    for (int64_t i = 0; i < g->n; i++) {
        double off = (1 - value) * v[i];
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            int64_t j = g->column[e];
            off -= (double)g->weight[e] * v[j] / sqrt(degree[i] * degree[j]);
        }
        square += off * off;
    }
    return sqrt(square);
}

static double dot(int64_t n, const double *a, const double *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* All that the header promises of any graph. */
static void expect_promised(const kr__graph *g, const answer *a) {
    double *degree = sum_rows(g), *root = kr__calloc((size_t)g->n, sizeof *root);
    for (int64_t i = 0; i < g->n; i++) root[i] = sqrt(degree[i]);
    double length = sqrt(dot(g->n, root, root));
    for (int64_t c = 0; c < a->k; c++) {
        const double *v = a->vectors + c * g->n;
        double residual = find_residual(g, degree, v, a->values[c]);
        double most = fmax(1e-9, fmin(1e-6, 1e-3 * a->values[c]));
        if (!(residual <= 1.01 * most + 1e-12)) {
            fail_msg("n %lld, vector %lld: value %.9g, residual %.3g", (long long)g->n,
                     (long long)c, a->values[c], residual);
        }
        assert_true(a->values[c] >= 0 && (c == 0 || a->values[c] >= a->values[c - 1] - 1e-12));
        if (length > 0) assert_true(fabs(dot(g->n, v, root)) < 1e-9 * length);
        for (int64_t b = 0; b <= c; b++) {
            assert_true(fabs(dot(g->n, v, a->vectors + b * g->n) - (b == c)) < 1e-9);
        }
    }
    kr_free(degree);
    kr_free(root);
}

/* The Laplacian itself, densely, least values first: 0 and sqrt(D) among them. */
static answer solve_densely(const kr__graph *g) {
    const int64_t n = g->n;
    answer a = make_answer(n, n);
    double *degree = sum_rows(g), *matrix = kr__calloc((size_t)(n * n), sizeof *matrix);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            int64_t j = g->column[e];
            matrix[i * n + j] += (double)g->weight[e] / sqrt(degree[i] * degree[j]);
        }
    }
    assert_int_equal(kr__eigen_largest(NULL, n, matrix, n, a.values, a.vectors, NULL), KR_OK);
    for (int64_t i = 0; i < n; i++) a.values[i] = 1 - a.values[i];
    kr_free(degree);
    kr_free(matrix);
    return a;
}

/* The same values as the dense solver, and vectors in the span of its vectors of these values, as
 * far as a gap sets these apart from others. */
static void expect_like_dense(const kr__graph *g, int64_t k) {
    answer got = solve(g, k), all = solve_densely(g);
    expect_promised(g, &got);
    for (int64_t c = 0; c < k; c++) {
        assert_true(fabs(got.values[c] - all.values[c + 1]) < 1e-8);
        double inside = 0, gap = 0.05 * (all.values[c + 1] + 1e-4);
        for (int64_t j = 0; j < g->n; j++) {
            if (fabs(all.values[j] - all.values[c + 1]) > gap) continue;
            double along = dot(g->n, got.vectors + c * g->n, all.vectors + j * g->n);
            inside += along * along;
        }
        if (!(inside > 1 - 1e-3)) {
            fail_msg("n %lld, vector %lld: %.6f inside", (long long)g->n, (long long)c, inside);
        }
    }
    free_answer(&got);
    free_answer(&all);
}

static void expect_like_dense_once(kr__graph g, int64_t k) {
    expect_like_dense(&g, k);
    kr__graph_deinit(&g);
}

/* ---- tests ------------------------------------------------------------------------------ */

static void random_graphs_are_like_the_dense_solver(void **state) {
    (void)state;
    const int64_t sizes[] = {2, 3, 4, 9, 32, 33, 40, 75, 200};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int64_t more = 0; more < 4; more++) {
            const int64_t k = sizes[i] < 4 ? 1 : 2;
            expect_like_dense_once(make_random(sizes[i], more, (uint64_t)(10 * i) + more), k);
        }
    }
    expect_like_dense_once(make_random(3, 1, 1), 2);
    expect_like_dense_once(make_random(150, 3, 77), 7);   /* two panels */
    expect_like_dense_once(make_random(300, 3, 78), 40);  /* seven */
    expect_like_dense_once(make_random(260, 3, 79), 256); /* all but some: densely */
}

static void few_points_have_all_their_vectors(void **state) {
    (void)state;
    expect_like_dense_once(make_path(2), 1);
    expect_like_dense_once(make_path(3), 2);
    for (int64_t n = 4; n < 8; n++) expect_like_dense_once(make_random(n, n, 5), n - 1);
}

/* Values of a path: 1 - cos(pi j / (n - 1)). */
static void long_paths_are_found(void **state) {
    (void)state;
    const int64_t sizes[] = {50, 150, 1000, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int64_t n = sizes[i];
        kr__graph g = make_path(n);
        answer a = solve(&g, 3);
        expect_promised(&g, &a);
        for (int64_t c = 0; c < 3; c++) {
            const double want = 2 * pow(sin(pi * (double)(c + 1) / (double)(n - 1) / 2), 2);
            double along = 0, length = 0;
            assert_true(fabs(a.values[c] - want) < 1e-5 * want + 1e-10);
            for (int64_t j = 0; j < n; j++) {
                double root = j == 0 || j == n - 1 ? sqrt(0.5) : 1;
                double v = root * cos(pi * (double)((c + 1) * j) / (double)(n - 1));
                along += v * a.vectors[c * n + j];
                length += v * v;
            }
            if (!(fabs(along) / sqrt(length) > 1 - 1e-5)) {
                fail_msg("n %lld, vector %lld: |cos| %.9g", (long long)n, (long long)c,
                         fabs(along) / sqrt(length));
            }
        }
        free_answer(&a);
        kr__graph_deinit(&g);
    }
}

/* Each value of a ring is there twice, and an iteration out of one vector sees one of them. */
static void equal_values_are_all_found(void **state) {
    (void)state;
    const int64_t n = 500;
    kr__graph g = make_rings(1, n);
    answer a = solve(&g, 4);
    expect_promised(&g, &a);
    for (int64_t c = 0; c < 4; c++) {
        double want = 1 - cos(2 * pi * (double)(c / 2 + 1) / (double)n);
        assert_true(fabs(a.values[c] - want) < 1e-5 * want);
    }
    free_answer(&a);
    kr__graph_deinit(&g);
    expect_like_dense_once(make_rings(1, 40), 2);
}

/* As many zeros as parts, the known one left out. More of them than the block has columns, too. */
static void parts_are_zeros(void **state) {
    (void)state;
    const int64_t parts[] = {2, 3, 5, 30};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        kr__graph g = make_rings(parts[i], 50);
        answer a = solve(&g, 4);
        expect_promised(&g, &a);
        for (int64_t c = 0; c < 4; c++) {
            double want = c < parts[i] - 1 ? 0 : 1 - cos(2 * pi / 50);
            assert_true(fabs(a.values[c] - want) < 1e-8);
        }
        free_answer(&a);
        kr__graph_deinit(&g);
    }
}

/* Two thick heaps that a thread joins: a value near 0 far below the next. */
static void a_thread_between_heaps_is_seen(void **state) {
    (void)state;
    const int64_t half = 100;
    builder b = {.n = 2 * half};
    kr_rng rng = kr__rng_make(4, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < 2 * half; i++) {
        for (int e = 0; e < 12; e++) {
            int64_t j = i / half * half + (int64_t)kr__rng_below(&rng, (uint64_t)half);
            if (j != i) add_edge(&b, i, j, 1);
        }
    }
    add_edge(&b, 0, half, 1e-6);
    kr__graph g = finish(&b);
    answer a = solve(&g, 2);
    expect_promised(&g, &a);
    assert_true(a.values[0] > 1e-11 && a.values[0] < 1e-8 && a.values[1] > 0.1);
    for (int64_t i = 0; i < 2 * half; i++) {
        assert_true((a.vectors[i] > 0) == ((a.vectors[0] > 0) == (i < half)));
    }
    free_answer(&a);
    kr__graph_deinit(&g);
}

/* All values but the known one are the same, or 1: a clique, a star; and points without edges. */
static void odd_graphs_are_fine(void **state) {
    (void)state;
    builder clique = {.n = 60}, star = {.n = 80}, holes = {.n = 90};
    for (int64_t i = 0; i < 60; i++) {
        for (int64_t j = 0; j < i; j++) add_edge(&clique, i, j, 0.5);
    }
    for (int64_t i = 1; i < 80; i++) add_edge(&star, 0, i, 1);
    for (int64_t i = 0; i < 60; i++) add_edge(&holes, i, (i + 1) % 60, 1); /* 30 have none */
    kr__graph graphs[] = {finish(&clique), finish(&star), finish(&holes)};
    const double want[] = {1 + 1.0 / 59, 1, 1 - cos(2 * pi / 60)};
    for (int i = 0; i < 3; i++) {
        answer a = solve(&graphs[i], 2);
        for (int c = 0; c < 2; c++) assert_true(fabs(a.values[c] - want[i]) < 1e-8);
        if (i < 2) expect_promised(&graphs[i], &a);
        free_answer(&a);
        kr__graph_deinit(&graphs[i]);
    }
}

static void the_same_bits_for_any_workers(void **state) {
    (void)state;
    const int workers[] = {2, 3, 8};
    kr__graph g = make_random(5000, 4, 9);
    test_workers(1);
    answer one = solve(&g, 2);
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
        test_workers(workers[i]);
        answer more = solve(&g, 2);
        assert_memory_equal(one.values, more.values, 2 * sizeof(double));
        assert_memory_equal(one.vectors, more.vectors, 2 * 5000 * sizeof(double));
        free_answer(&more);
    }
    test_workers(0);
    free_answer(&one);
    kr__graph_deinit(&g);
}

/* Values so small that they cannot be told apart in time: smooth vectors, as the header says. */
static void very_long_paths_are_smooth(void **state) {
    (void)state;
    kr__graph g = make_path(6000);
    const kr__laplacian asked = {.graph = &g, .k = 2, .most_products = 2000};
    answer a = make_answer(g.n, 2);
    double *degree = sum_rows(&g);
    assert_int_equal(kr__laplacian_lowest(test_team, &asked, a.values, a.vectors, NULL), KR_OK);
    for (int64_t c = 0; c < 2; c++) {
        double residual = find_residual(&g, degree, a.vectors + c * g.n, a.values[c]);
        assert_true(residual <= 1e-6 && residual > 1e-9 && a.values[c] < 1e-4);
    }
    kr_free(degree);
    free_answer(&a);
    kr__graph_deinit(&g);
}

static void too_little_time_and_a_stop_are_told(void **state) {
    (void)state;
    kr__graph g = make_path(2000);
    kr__laplacian asked = {.graph = &g, .k = 2, .most_products = 30};
    answer a = make_answer(g.n, 2);
    kr_error err;
    assert_int_equal(kr__laplacian_lowest(test_team, &asked, a.values, a.vectors, &err),
                     KR_NUMERIC);
    assert_string_equal(err.text, "the spectrum of 2000 points does not converge");
    asked.most_products = KR__LAPLACIAN_PRODUCTS;
    test_workers(2);
    kr_team_stop(test_team);
    assert_int_equal(kr__laplacian_lowest(test_team, &asked, a.values, a.vectors, &err),
                     KR_INTERRUPTED);
    assert_string_equal(err.text, "stopped on request");
    test_workers(0);
    for (int i = 0; i < 4000; i++) assert_true(a.vectors[i] == 0); /* untouched */
    free_answer(&a);
    kr__graph_deinit(&g);
}

/* Weights that no number stands for end in a refusal, not in a loop. */
static void no_numbers_do_not_converge(void **state) {
    (void)state;
    kr__graph g = make_path(200);
    kr__laplacian asked = {.graph = &g, .k = 2, .most_products = 1000};
    answer a = make_answer(g.n, 2);
    g.weight[7] = NAN;
    assert_int_equal(kr__laplacian_lowest(test_team, &asked, a.values, a.vectors, NULL),
                     KR_NUMERIC);
    free_answer(&a);
    kr__graph_deinit(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_are_like_the_dense_solver),
        cmocka_unit_test(few_points_have_all_their_vectors),
        cmocka_unit_test(long_paths_are_found),
        cmocka_unit_test(equal_values_are_all_found),
        cmocka_unit_test(parts_are_zeros),
        cmocka_unit_test(a_thread_between_heaps_is_seen),
        cmocka_unit_test(odd_graphs_are_fine),
        cmocka_unit_test(the_same_bits_for_any_workers),
        cmocka_unit_test(very_long_paths_are_smooth),
        cmocka_unit_test(too_little_time_and_a_stop_are_told),
        cmocka_unit_test(no_numbers_do_not_converge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
