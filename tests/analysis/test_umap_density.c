/* SPDX-License-Identifier: MIT
 * test_umap_density.c - radii, forces and maps of densMAP against umap-learn's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kr/points.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"
#include "support/golden.h"
#include "support/workers.h"

enum { K = 15 };

typedef struct clouds {
    kr_golden *golden;
    int64_t n;
    kr_points points;
    kr_knn *knn;
    kr_umap_options options; /* as kr__umap_options_take() leaves them */
} clouds;

static clouds clouds_open(void) {
    clouds c = {.golden = kr_golden_open("points/densmap.npz")};
    const kr_array *X = kr_golden_array(c.golden, "X");
    c.n = X->shape[0];
    c.points = kr_points_f32(X->data, c.n, X->shape[1]);
    const int64_t *index = kr_golden_int64(c.golden, "knn_index", NULL);
    int32_t *narrow = kr__calloc((size_t)(c.n * K), sizeof *narrow);
    for (int64_t i = 0; i < c.n * K; i++) narrow[i] = (int32_t)index[i];
    const kr_knn_lists lists = {.size = sizeof lists,
                                .n = c.n,
                                .k = K,
                                .index = narrow,
                                .distance = kr_golden_double(c.golden, "knn_dist", NULL),
                                .has_own = true};
    assert_int_equal(kr_knn_copy(&lists, &c.knn, NULL), KR_OK);
    kr_free(narrow);
    const kr_umap_options given = {.size = sizeof given, .min_dist = 0.1, .densmap = true};
    assert_int_equal(kr__umap_options_take(&given, c.n, &c.options, NULL), KR_OK);
    return c;
}

static void clouds_close(clouds *c) {
    kr_knn_destroy(c->knn);
    kr_golden_close(c->golden);
}

static kr_umap *fit(const clouds *c, kr_umap_options o) {
    kr_umap *umap = NULL;
    kr_error err = {0};
    o.size = sizeof o;
    o.min_dist = 0.1;
    if (kr_umap_fit_knn(test_team, &c->points, c->knn, NULL, &o, &umap, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    return umap;
}

static void expect_near(const char *what, int64_t n, const double *got, const double *want,
                        double tolerance) {
    for (int64_t i = 0; i < n; i++) {
        if (!(fabs(got[i] - want[i]) <= tolerance * (1 + fabs(want[i])))) {
            fail_msg("%s %d: %.9g, not %.9g", what, (int)i, got[i], want[i]);
        }
    }
}

/* ---- radii ------------------------------------------------------------------------------ */

/* With a rate near 0 the places stay where they start: umap-learn's. */
static void radii_are_umap_learns(void **state) {
    (void)state;
    clouds c = clouds_open();
    const float *places = kr_golden_array(c.golden, "places")->data;
    kr_umap *umap =
        fit(&c, (kr_umap_options){.with_radii = true, .start = places, .learning_rate = 1e-9});
    expect_near("radius", c.n, kr_umap_radii(umap), kr_golden_double(c.golden, "rad_orig", NULL),
                1e-4);
    expect_near("radius on the map", c.n, kr_umap_map_radii(umap),
                kr_golden_double(c.golden, "rad_emb", NULL), 1e-3);
    kr_umap_destroy(umap);
    umap = fit(&c, (kr_umap_options){.n_epochs = 5});
    assert_null(kr_umap_radii(umap));
    assert_null(kr_umap_map_radii(umap));
    kr_umap_destroy(umap);
    clouds_close(&c);
}

/* Points twice as far apart have a radius greater by log 4. */
static void radii_have_the_unit_of_the_points(void **state) {
    (void)state;
    clouds c = clouds_open();
    float *wide = kr__calloc((size_t)c.n, 5 * sizeof *wide);
    kr_umap *umap[2] = {NULL, NULL};
    const kr_umap_options o = {
        .size = sizeof o, .min_dist = 0.1, .with_radii = true, .densmap = true};
    for (int64_t i = 0; i < c.n * 5; i++) wide[i] = 0x1p90F * c.points.f32[i];
    const kr_points far = kr_points_f32(wide, c.n, 5);
    assert_int_equal(kr_umap_fit(test_team, &c.points, NULL, &o, &umap[0], NULL), KR_OK);
    assert_int_equal(kr_umap_fit(test_team, &far, NULL, &o, &umap[1], NULL), KR_OK);
    for (int64_t i = 0; i < c.n; i++) {
        double more = kr_umap_radii(umap[1])[i] - kr_umap_radii(umap[0])[i];
        assert_true(fabs(more - 180 * log(2)) < 1e-9);
    }
    assert_memory_equal(kr_umap_embedding(umap[0]), kr_umap_embedding(umap[1]),
                        (size_t)c.n * 2 * sizeof(float));
    kr_umap_destroy(umap[0]);
    kr_umap_destroy(umap[1]);
    kr_free(wide);
    clouds_close(&c);
}

/* ---- forces ----------------------------------------------------------------------------- */

/* The move of `head` by the edge to `tail` alone, in the epoch that draws it. */
static void move_by_one(const kr__umap_epoch *epoch, double share, int32_t head, int32_t tail,
                        const kr_real *y, double move[2]) {
    int64_t start[] = {0, 1}, *moves = kr__calloc((size_t)epoch->n_others, 2 * sizeof *moves);
    uint32_t shares[16] = {share < 1 ? (uint32_t)(share * 0x1p32) : UINT32_MAX};
    int32_t drawn[64] = {0};
    kr_real places[128] = {0};
    kr__umap_epoch one = *epoch;
    one.rows = &head;
    one.start = start;
    one.column = &tail;
    one.share = shares;
    one.epoch = (uint32_t)(0x1p32 / (double)shares[0]) + 1;
    kr__kernels()->umap_move(&one, 0, 1, y, moves, drawn, places);
    for (int c = 0; c < 2; c++) move[c] = (double)moves[2 * head + c] / KR__UMAP_PER_UNIT;
    kr_free(moves);
}

static kr__umap_epoch make_epoch(const clouds *c, const kr__graph *graph, int32_t *rows,
                                 const kr_real *y) {
    const double *a_b = kr_golden_double(c->golden, "a_b", NULL);
    for (int64_t i = 0; i < c->n; i++) rows[i] = (int32_t)i;
    return (kr__umap_epoch){.rows = rows,
                            .start = graph->start,
                            .column = graph->column,
                            .others = y,
                            .n_others = c->n,
                            .dim = 2,
                            .seed = 1,
                            .a = a_b[0],
                            .b = a_b[1],
                            .rate = 1,
                            .repulsion = 1};
}

static void check_moves(const clouds *c, const kr__umap_epoch *epoch, double greatest,
                        const kr_real *y) {
    int64_t n_edges;
    const int64_t *head = kr_golden_int64(c->golden, "head", &n_edges);
    const int64_t *tail = kr_golden_int64(c->golden, "tail", NULL);
    const double *weight = kr_golden_double(c->golden, "weight", NULL);
    const double *want = kr_golden_double(c->golden, "move", NULL);
    for (int64_t e = 0; e < n_edges; e++) {
        double move[2];
        move_by_one(epoch, weight[e] / greatest, (int32_t)head[e], (int32_t)tail[e], y, move);
        expect_near("move", 2, move, want + 2 * e, 5e-4);
    }
}

static void moves_are_umap_learns(void **state) {
    (void)state;
    clouds c = clouds_open();
    kr__graph graph = {0};
    kr__umap_density density = {0};
    double greatest = 0;
    const float *places = kr_golden_array(c.golden, "places")->data;
    int32_t *rows = kr__calloc((size_t)c.n, sizeof *rows);
    kr_real *y = kr__calloc((size_t)c.n, 2 * sizeof *y);
    for (int64_t i = 0; i < c.n * 2; i++) y[i] = (kr_real)places[i];
    assert_int_equal(kr__umap_graph_create(test_team, c.knn, &c.options, &graph, NULL), KR_OK);
    kr__umap_graph_prune(&graph, 500);
    for (int64_t e = 0; e < graph.start[c.n]; e++) {
        greatest = fmax(greatest, (double)graph.weight[e]);
    }
    assert_int_equal(kr__umap_density_init(&density, &graph, &c.options, NULL), KR_OK);
    kr__umap_epoch epoch = make_epoch(&c, &graph, rows, y);
    kr__umap_density_read(test_team, &density, y, &epoch);
    assert_non_null(epoch.density);
    check_moves(&c, &epoch, greatest, y);
    kr__umap_density_deinit(&density);
    kr__graph_deinit(&graph);
    kr_free(rows);
    kr_free(y);
    clouds_close(&c);
}

static void density_counts_at_the_end(void **state) {
    (void)state;
    const kr_umap_options o = {.dens_frac = 0.3};
    const kr__umap_density density = {.options = &o};
    int64_t n = 0;
    for (int64_t epoch = 0; epoch < 700; epoch++)
        n += kr__umap_density_counts(&density, epoch, 700);
    assert_int_equal(n, 210);
    assert_false(kr__umap_density_counts(&density, 489, 700));
    assert_true(kr__umap_density_counts(&density, 490, 700));
}

/* ---- maps ------------------------------------------------------------------------------- */

static double correlate(int64_t n, const double *x, const double *y) {
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < n; i++) {
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return xy / sqrt(xx * yy);
}

static double mean_of(const clouds *c, const char *name) {
    int64_t n;
    const double *values = kr_golden_double(c->golden, name, &n);
    double mean = 0;
    for (int64_t i = 0; i < n; i++) mean += values[i] / (double)n;
    return mean;
}

/* Means over eight seeds; bars: umap-learn's less three standard errors of a difference. Its
 * deviations are 0.005 for both. */
static void slow_maps_are_as_good_as_umap_learns(void **state) {
    (void)state;
    clouds c = clouds_open();
    double correlation = 0, trust = 0, plain = 0;
    for (uint64_t seed = 0; seed < 8; seed++) {
        double value;
        kr_umap *umap =
            fit(&c, (kr_umap_options){.densmap = true, .with_radii = true, .seed = seed});
        const kr_points map = kr_points_f32(kr_umap_embedding(umap), c.n, 2);
        correlation += correlate(c.n, kr_umap_radii(umap), kr_umap_map_radii(umap)) / 8;
        assert_int_equal(kr_trustworthiness(test_team, &c.points, &map, 15, &value, NULL), KR_OK);
        trust += value / 8;
        kr_umap_destroy(umap);
        umap = fit(&c, (kr_umap_options){.with_radii = true, .seed = seed});
        plain += correlate(c.n, kr_umap_radii(umap), kr_umap_map_radii(umap)) / 8;
        kr_umap_destroy(umap);
    }
    print_message("correlation %.4f (umap-learn %.4f, without densmap %.4f), trust %.4f (%.4f)\n",
                  correlation, mean_of(&c, "correlation"), plain, trust, mean_of(&c, "trust"));
    assert_true(correlation > mean_of(&c, "correlation") - 0.0075);
    assert_true(correlation > plain + 0.1);
    assert_true(trust > mean_of(&c, "trust") - 0.0075);
    clouds_close(&c);
}

static void the_same_bits_for_any_threads(void **state) {
    (void)state;
    clouds c = clouds_open();
    kr_umap *umap[2];
    for (int i = 0; i < 2; i++) {
        test_workers(i == 0 ? 1 : 5);
        umap[i] = fit(&c, (kr_umap_options){.densmap = true,
                                            .dens_frac = 0.5,
                                            .n_epochs = 40,
                                            .with_radii = true,
                                            .n_components = 3});
    }
    test_workers(0);
    assert_memory_equal(kr_umap_embedding(umap[0]), kr_umap_embedding(umap[1]),
                        (size_t)c.n * 3 * sizeof(float));
    assert_memory_equal(kr_umap_map_radii(umap[0]), kr_umap_map_radii(umap[1]),
                        (size_t)c.n * sizeof(double));
    kr_umap_destroy(umap[0]);
    kr_umap_destroy(umap[1]);
    clouds_close(&c);
}

/* Points in pairs, all pairs alike: every radius is the same, and the map is defined. */
static void equal_densities_have_a_map(void **state) {
    (void)state;
    float values[80];
    kr_umap *umap = NULL;
    for (int i = 0; i < 40; i++) {
        values[2 * i] = (float)cos(0.15707963267948966 * i);
        values[2 * i + 1] = (float)sin(0.15707963267948966 * i);
    }
    const kr_points points = kr_points_f32(values, 40, 2);
    const kr_umap_options o = {.size = sizeof o, .n_neighbors = 3, .densmap = true, .n_epochs = 60};
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &o, &umap, NULL), KR_OK);
    for (int i = 0; i < 80; i++) assert_true(isfinite(kr_umap_embedding(umap)[i]));
    kr_umap_destroy(umap);
}

/* ---- what is refused -------------------------------------------------------------------- */

static void new_points_are_refused(void **state) {
    (void)state;
    clouds c = clouds_open();
    kr_umap *umap = fit(&c, (kr_umap_options){.densmap = true, .n_epochs = 5});
    float places[2] = {0, 0};
    double back[5];
    kr_error err = {0};
    const kr_points one = kr_points_f32(c.points.f32, 1, 5);
    assert_int_equal(kr_umap_transform(NULL, umap, &c.points, &one, places, &err), KR_UNSUPPORTED);
    assert_string_equal(err.text,
                        "a map that keeps densities (densmap) takes no new points and gives none "
                        "back: the objective does not say where they belong; fit without densmap");
    assert_int_equal(kr_umap_inverse(NULL, umap, &c.points, places, 1, back, &err), KR_UNSUPPORTED);
    kr_umap_destroy(umap);
    umap = NULL;
    const struct {
        kr_umap_options o;
        const char *text;
    } bad[] = {
        {{.densmap = true, .dens_frac = 1.5}, "dens_frac: 1.5 is out of range; use 0 to 1"},
        {{.densmap = true, .dens_lambda = -1}, "dens_lambda: -1 is out of range; use 0 to 1e+06"},
        {{.densmap = true, .dens_var_shift = -1},
         "dens_var_shift: -1 is out of range; use 0 to 1e+06"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kr_umap_options o = bad[i].o;
        o.size = sizeof o;
        assert_int_equal(kr_umap_fit(NULL, &c.points, NULL, &o, &umap, &err), KR_USAGE);
        assert_string_equal(err.text, bad[i].text);
    }
    clouds_close(&c);
}

static void a_file_keeps_the_settings(void **state) {
    (void)state;
    clouds c = clouds_open();
    kr_umap *opened = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_umap *umap = fit(&c, (kr_umap_options){.densmap = true, .dens_lambda = 3, .n_epochs = 5});
    assert_int_equal(kr_umap_save_memory(umap, &c.points, NULL, &bytes, &n_bytes, NULL), KR_OK);
    assert_int_equal(kr_umap_open_memory("map", bytes, n_bytes, &opened, NULL), KR_OK);
    assert_true(opened->options.densmap && opened->options.dens_lambda == 3);
    assert_true(opened->options.dens_frac == 0.3 && opened->options.dens_var_shift == 0.1);
    kr_umap_destroy(opened);
    kr_umap_destroy(umap);
    kr_free(bytes);
    clouds_close(&c);
}

int main(void) {
    test_workers(3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radii_are_umap_learns),
        cmocka_unit_test(radii_have_the_unit_of_the_points),
        cmocka_unit_test(moves_are_umap_learns),
        cmocka_unit_test(density_counts_at_the_end),
        cmocka_unit_test(slow_maps_are_as_good_as_umap_learns),
        cmocka_unit_test(the_same_bits_for_any_threads),
        cmocka_unit_test(equal_densities_have_a_map),
        cmocka_unit_test(new_points_are_refused),
        cmocka_unit_test(a_file_keeps_the_settings),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_workers(0);
    return n_failed;
}
