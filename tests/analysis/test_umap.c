/* SPDX-License-Identifier: MIT
 * test_umap.c - maps as good as umap-learn's, the same for any threads; placing new points; bad and
 * odd input. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kr/points.h>

#include "analysis/umap_golden.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"
#include "support/starve.h"
#include "support/workers.h"

enum { SEEDS = 10 };

/* ---- quality ---------------------------------------------------------------------------- */

typedef struct bars {
    double trustworthiness, recall, silhouette; /* means over the seeds are at least these */
} bars;

/* Bars: umap-learn's means over eight seeds less 1.5 of its deviations, about three standard errors
 * of a difference between means of eight and of SEEDS maps. umap-learn: three 0.9708 +- 0.0009,
 * 0.5327 +- 0.0036, 0.847 +- 0.020; circles 0.9868 +- 0.0022, 0.6513 +- 0.0022, 0.303 +- 0.019. */
static void check_quality(const char *name, bars bar) {
    cloud c = cloud_open(name);
    double trust = 0, recall = 0, silhouette = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        kr_umap *umap = NULL;
        double value;
        c.options.seed = seed;
        assert_int_equal(
            kr_umap_fit_knn(test_team, &c.points, &c.knn, NULL, &c.options, &umap, NULL), KR_OK);
        kr_points map = kr_points_f32(kr_umap_embedding(umap), c.points.n, 2);
        assert_int_equal(kr_trustworthiness(test_team, &c.points, &map, 15, &value, NULL), KR_OK);
        trust += value / SEEDS;
        assert_int_equal(kr_map_recall(test_team, &c.points, &map, 15, &value, NULL), KR_OK);
        recall += value / SEEDS;
        assert_int_equal(kr_silhouette(test_team, &map, c.labels, &value, NULL, NULL), KR_OK);
        silhouette += value / SEEDS;
        kr_umap_destroy(umap);
    }
    if (!(trust >= bar.trustworthiness && recall >= bar.recall && silhouette >= bar.silhouette)) {
        fail_msg("%s: trustworthiness %.4f, recall %.4f, silhouette %.3f; bars %.4f, %.4f, %.3f",
                 name, trust, recall, silhouette, bar.trustworthiness, bar.recall, bar.silhouette);
    }
    cloud_close(&c);
}

static void slow_maps_are_as_good_as_umap_learns(void **state) {
    (void)state;
    check_quality("three", (bars){0.9696, 0.5280, 0.82});
    check_quality("circles", (bars){0.9840, 0.6480, 0.27});
}

/* ---- threads ---------------------------------------------------------------------------- */

/* n points on a noisy circle of 5 numbers; class: which third. */
static float *make_circle(int64_t n, uint64_t which, int64_t *labels) {
    float *values = kr__calloc((size_t)n, 5 * sizeof *values);
    kr_rng rng = kr__rng_make(3, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) {
        double angle = 6.283185307179586 * kr__rng_uniform(&rng);
        if (labels) labels[i] = (int64_t)(angle / 2.0943951023931953);
        for (int c = 0; c < 5; c++) {
            double center = c == 0 ? cos(angle) : c == 1 ? sin(angle) : 0;
            values[i * 5 + c] = (float)(center + 0.05 * kr__rng_normal(&rng));
        }
    }
    return values;
}

static void slow_the_same_bits_for_any_threads(void **state) {
    (void)state;
    enum { N = 3000, NEW = 700 };
    float *values = make_circle(N, 0, NULL), *more = make_circle(NEW, 1, NULL), *placed[2];
    kr_points points = kr_points_f32(values, N, 5), queries = kr_points_f32(more, NEW, 5);
    kr_umap *umap[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        kr_umap_options o = {.size = sizeof o, .min_dist = 0.1, .n_epochs = 30, .seed = 7};
        placed[i] = kr__calloc(NEW, 2 * sizeof(float));
        test_workers(i == 0 ? 1 : 7);
        assert_int_equal(kr_umap_fit(test_team, &points, NULL, &o, &umap[i], NULL), KR_OK);
        assert_true(kr_umap_neighbour_recall(umap[i]) == 1);
        assert_int_equal(kr_umap_transform(test_team, umap[i], &points, &queries, placed[i], NULL),
                         KR_OK);
    }
    test_workers(0);
    assert_memory_equal(kr_umap_embedding(umap[0]), kr_umap_embedding(umap[1]),
                        N * 2 * sizeof(float));
    assert_memory_equal(placed[0], placed[1], NEW * 2 * sizeof(float));
    for (int i = 0; i < 2; i++) {
        kr_umap_destroy(umap[i]);
        kr_free(placed[i]);
    }
    kr_free(values);
    kr_free(more);
}

/* A map that a thread of a host's own makes, on a team of its own. */
typedef struct fit {
    kr_points points;
    kr_umap *umap;
} fit;

static void *fit_alone(void *arg) {
    fit *f = arg;
    kr_team *team = NULL;
    kr_umap_options o = {.size = sizeof o, .n_epochs = 30, .seed = 7};
    if (kr_team_create(2, NULL, NULL, &team, NULL) != KR_OK) return NULL;
    if (kr_umap_fit(team, &f->points, NULL, &o, &f->umap, NULL) != KR_OK) f->umap = NULL;
    kr_team_destroy(team);
    return NULL;
}

static void two_maps_at_once_are_those_of_one_alone(void **state) {
    (void)state;
    enum { N = 1500, TIMES = 3 };
    float *values[2] = {make_circle(N, 0, NULL), make_circle(N, 1, NULL)};
    fit alone[2] = {0}, both[2] = {0};
    for (int i = 0; i < 2; i++) {
        alone[i].points = both[i].points = kr_points_f32(values[i], N, 5);
        fit_alone(&alone[i]);
        assert_non_null(alone[i].umap);
    }
    for (int time = 0; time < TIMES; time++) {
        pthread_t thread[2];
        for (int i = 0; i < 2; i++) {
            assert_int_equal(pthread_create(&thread[i], NULL, fit_alone, &both[i]), 0);
        }
        for (int i = 0; i < 2; i++) {
            pthread_join(thread[i], NULL);
            assert_non_null(both[i].umap);
        }
        for (int i = 0; i < 2; i++) {
            assert_memory_equal(kr_umap_embedding(alone[i].umap), kr_umap_embedding(both[i].umap),
                                N * 2 * sizeof(float));
            kr_umap_destroy(both[i].umap);
        }
    }
    for (int i = 0; i < 2; i++) {
        kr_umap_destroy(alone[i].umap);
        kr_free(values[i]);
    }
}

/* ---- new points, classes ---------------------------------------------------------------- */

static double distance_on_map(const float *a, const float *b) {
    return hypot((double)(a[0] - b[0]), (double)(a[1] - b[1]));
}

/* Points of the fit come back near their places; new ones near their nearest neighbour's. */
static void new_points_come_near_their_like(void **state) {
    (void)state;
    enum { N = 500, NEW = 100 };
    float *values = make_circle(N, 0, NULL), *more = make_circle(NEW, 1, NULL), placed[2 * N];
    kr_points points = kr_points_f32(values, N, 5), queries = kr_points_f32(more, NEW, 5);
    kr_umap *umap = NULL;
    kr_knn *nearest = NULL;
    double sum = 0, extent = 0;
    assert_int_equal(
        kr_umap_fit(test_team, &points, NULL,
                    &(kr_umap_options){.size = sizeof(kr_umap_options), .min_dist = 0.1}, &umap,
                    NULL),
        KR_OK);
    const float *map = kr_umap_embedding(umap);
    for (int64_t i = 0; i < N; i++) {
        extent = fmax(extent, distance_on_map(map, map + 2 * i));
    }
    assert_int_equal(kr_umap_transform(test_team, umap, &points, &points, placed, NULL), KR_OK);
    for (int64_t i = 0; i < N; i++) sum += distance_on_map(map + 2 * i, placed + 2 * i) / N;
    assert_true(sum < 0.05 * extent);
    assert_int_equal(kr_umap_transform(test_team, umap, &points, &queries, placed, NULL), KR_OK);
    assert_int_equal(kr_knn_query(test_team, &points, &queries, 1, &nearest, NULL), KR_OK);
    sum = 0;
    for (int64_t i = 0; i < NEW; i++) {
        sum += distance_on_map(map + 2 * nearest->index[i], placed + 2 * i) / NEW;
    }
    assert_true(sum < 0.1 * extent);
    kr_knn_destroy(nearest);
    kr_umap_destroy(umap);
    kr_free(values);
    kr_free(more);
}

static double silhouette_of(const kr_points *points, const int64_t *labels, const int64_t *given) {
    kr_umap *umap = NULL;
    double value;
    kr_umap_options o = {.size = sizeof o, .min_dist = 0.1, .n_epochs = 100};
    assert_int_equal(kr_umap_fit(test_team, points, given, &o, &umap, NULL), KR_OK);
    kr_points map = kr_points_f32(kr_umap_embedding(umap), points->n, 2);
    assert_int_equal(kr_silhouette(test_team, &map, labels, &value, NULL, NULL), KR_OK);
    kr_umap_destroy(umap);
    return value;
}

static void classes_pull_the_map_apart(void **state) {
    (void)state;
    enum { N = 400 };
    int64_t labels[N], one[N] = {0};
    float *values = make_circle(N, 0, labels);
    kr_points points = kr_points_f32(values, N, 5);
    double plain = silhouette_of(&points, labels, NULL);
    assert_true(silhouette_of(&points, labels, labels) > plain + 0.1);
    assert_true(fabs(silhouette_of(&points, labels, one) - plain) < 0.15);
    kr_free(values);
}

/* ---- odd and bad input ------------------------------------------------------------------ */

static void check_finite(const float *values, int64_t n, int64_t dim, kr_umap_options o) {
    kr_points points = kr_points_f32(values, n, dim);
    kr_umap *umap = NULL;
    kr_error err = {.text = ""};
    o.size = sizeof o;
    o.n_epochs = 50;
    if (kr_umap_fit(test_team, &points, NULL, &o, &umap, &err) != KR_OK) fail_msg("%s", err.text);
    int64_t width = o.n_components ? o.n_components : 2;
    for (int64_t i = 0; i < n * width; i++) assert_true(isfinite(kr_umap_embedding(umap)[i]));
    kr_umap_destroy(umap);
}

static void odd_points_have_a_map(void **state) {
    (void)state;
    float equal[40] = {0}, pairs[80], line[60], tiny[] = {0, 0, 1, 0, 0, 1};
    kr_points points = kr_points_f32(equal, 20, 2);
    kr_umap *umap = NULL;
    for (int i = 0; i < 40; i++) pairs[2 * i] = pairs[2 * i + 1] = (float)(i / 20);
    for (int i = 0; i < 60; i++) line[i] = (float)(i * i);
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, NULL, &umap, NULL), KR_OK);
    for (int i = 0; i < 40; i++) assert_true(kr_umap_embedding(umap)[i] == 0);
    kr_umap_destroy(umap);
    check_finite(pairs, 40, 2, (kr_umap_options){.n_neighbors = 5}); /* two heaps, apart */
    check_finite(line, 60, 1, (kr_umap_options){.n_neighbors = 4});  /* one number a point */
    check_finite(tiny, 3, 2, (kr_umap_options){.n_neighbors = 3});
    check_finite(tiny, 2, 2, (kr_umap_options){0});
    check_finite(line, 30, 2, (kr_umap_options){.n_components = 5, .n_neighbors = 6});
    check_finite(line, 30, 2, (kr_umap_options){.n_components = 1, .init = KR_UMAP_PCA});
    check_finite(line, 30, 2, (kr_umap_options){.init = KR_UMAP_RANDOM});
    check_finite(line + 1, 50, 1, (kr_umap_options){.metric = KR_METRIC_COSINE});
}

static void refuse(const kr_points *points, kr_umap_options o, kr_status status,
                   const char *sentence) {
    kr_umap *umap = NULL;
    kr_error err;
    o.size = sizeof o;
    assert_int_equal(kr_umap_fit(test_team, points, NULL, &o, &umap, &err), status);
    assert_string_equal(err.text, sentence);
    assert_null(umap);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    float values[20] = {0, 0, 1, 2, 3, 4, 5, 6};
    kr_points points = kr_points_f32(values, 10, 2);
    refuse(&points, (kr_umap_options){.n_neighbors = 1}, KR_USAGE,
           "n_neighbors: 1 would be the point itself alone; use 2 or more");
    refuse(&points, (kr_umap_options){.n_neighbors = 11}, KR_USAGE,
           "n_neighbors: 11 of 10 points; use 2 to 10");
    refuse(&points, (kr_umap_options){.min_dist = 2}, KR_USAGE,
           "min_dist: 2 is out of range; use 0 to 1");
    refuse(&points, (kr_umap_options){.n_components = 300}, KR_USAGE,
           "n_components: 300 is out of range; use 1 to 256");
    refuse(&points, (kr_umap_options){.metric = KR_METRIC_COSINE}, KR_NUMERIC,
           "row 0 is all zeros and has no direction, which the cosine needs; remove that row or "
           "use the Euclidean metric");
    refuse(&points, (kr_umap_options){.init = KR_UMAP_PCA, .n_components = 3}, KR_USAGE,
           "10 points of 2 numbers have no 3 principal components to start from; start from the "
           "spectrum or at random");
    values[7] = NAN;
    refuse(&points, (kr_umap_options){0}, KR_NUMERIC, "row 3, column 1 holds NaN; remove that row");
    points.n = 1;
    refuse(&points, (kr_umap_options){0}, KR_USAGE,
           "there are 1 points, and at least 2 are needed");
}

/* A version's own size, or a longer struct whose rest says nothing; not one that does, nor none. */
static void options_come_with_their_size(void **state) {
    (void)state;
    float values[20] = {0, 0, 1, 2, 3, 4, 5, 6};
    kr_points points = kr_points_f32(values, 10, 2);
    struct {
        kr_umap_options known;
        int64_t later;
    } o = {.known = {.size = sizeof o, .n_epochs = 5}};
    kr_umap *umap = NULL;
    kr_error err;
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &o.known, &umap, NULL), KR_OK);
    kr_umap_destroy(umap);
    umap = NULL;
    o.later = 1;
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &o.known, &umap, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "kr_umap_options: has values that this version of the library lacks");
    o.known.size = 0;
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &o.known, &umap, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "kr_umap_options: its size is not set; write .size = "
                        "sizeof(kr_umap_options)");
    assert_null(umap);
    kr_knn *knn = NULL;
    assert_int_equal(kr_knn_create(test_team, &points, &(kr_knn_options){.k = 2}, &knn, NULL),
                     KR_USAGE);
}

static bool stop_at_third(void *arg, int64_t epoch, int64_t n_epochs) {
    *(int64_t *)arg = epoch;
    assert_int_equal(n_epochs, 40);
    return epoch < 3;
}

static void progress_and_the_team_stop_a_map(void **state) {
    (void)state;
    float *values = make_circle(60, 2, NULL);
    kr_points points = kr_points_f32(values, 60, 5);
    int64_t epoch = 0;
    kr_umap_options o = {
        .size = sizeof o, .n_epochs = 40, .progress = stop_at_third, .progress_arg = &epoch};
    refuse(&points, o, KR_INTERRUPTED, "stopped on request");
    assert_int_equal(epoch, 3);
    test_workers(2);
    kr_team_stop(test_team);
    refuse(&points, (kr_umap_options){.n_epochs = 40}, KR_INTERRUPTED, "stopped on request");
    refuse(&points, (kr_umap_options){.n_epochs = 40, .init = KR_UMAP_RANDOM}, KR_INTERRUPTED,
           "stopped on request");
    test_workers(0);
    kr_free(values);
}

static bool stop_at_once(void *arg, int64_t epoch, int64_t n_epochs) {
    (void)epoch;
    *(int64_t *)arg = n_epochs;
    return false;
}

/* 500, or for more than 10,000 points 200; one is enough if it is asked for. */
static void epochs_have_a_default(void **state) {
    (void)state;
    static const struct {
        int64_t n, n_epochs, want;
    } cases[] = {{60, 0, 500}, {60, 1, 1}, {10000, 0, 500}, {10001, 0, 200}};
    float *values = make_circle(10001, 2, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_points points = kr_points_f32(values, cases[i].n, 5);
        int64_t n_epochs = 0;
        refuse(&points,
               (kr_umap_options){.n_neighbors = 2,
                                 .init = KR_UMAP_RANDOM,
                                 .n_epochs = cases[i].n_epochs,
                                 .progress = stop_at_once,
                                 .progress_arg = &n_epochs},
               KR_INTERRUPTED, "stopped on request");
        assert_int_equal(n_epochs, cases[i].want);
    }
    kr_free(values);
}

static void places_after_some_epochs_are_kept(void **state) {
    (void)state;
    enum { N = 60, KEPT = 3 };
    const int64_t epochs[KEPT] = {1, 12, 20}, beyond[] = {21}, falling[] = {5, 5};
    float *values = make_circle(N, 2, NULL), kept[KEPT * N * 2];
    const kr_points points = kr_points_f32(values, N, 5);
    kr_umap_options options = {.size = sizeof options, .n_epochs = 20, .n_neighbors = 9};
    kr_umap *alone = NULL, *umap = NULL;
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &options, &alone, NULL), KR_OK);
    options.kept_epochs = epochs, options.n_kept = KEPT, options.kept = kept;
    assert_int_equal(kr_umap_fit(test_team, &points, NULL, &options, &umap, NULL), KR_OK);
    assert_memory_equal(kr_umap_embedding(umap), kr_umap_embedding(alone), N * 2 * sizeof(float));
    assert_memory_equal(kept + 2 * N * 2, kr_umap_embedding(umap), N * 2 * sizeof(float));
    double first = 0, second = 0;
    for (int i = 0; i < N * 2; i++) {
        first += fabs((double)kept[i] - (double)kept[2 * N * 2 + i]);
        second += fabs((double)kept[N * 2 + i] - (double)kept[2 * N * 2 + i]);
    }
    assert_true(first > 0 && second > 0 && first != second);
    kr_umap_destroy(umap);
    kr_umap_destroy(alone);
    refuse(&points,
           (kr_umap_options){.n_epochs = 20, .kept_epochs = beyond, .n_kept = 1, .kept = kept},
           KR_USAGE, "kept_epochs: 21 is not in 1 to 20, the `n_epochs`");
    refuse(&points,
           (kr_umap_options){.n_epochs = 20, .kept_epochs = falling, .n_kept = 2, .kept = kept},
           KR_USAGE, "kept_epochs: 5 is not in 6 to 20, the `n_epochs`");
    refuse(&points, (kr_umap_options){.n_kept = 1}, KR_USAGE,
           "kept_epochs: 1 epochs, and no array of them or for them");
    kr_free(values);
}

/* Who brings neighbours knows how many of them are right. */
static void recall_is_that_of_the_search(void **state) {
    (void)state;
    cloud c = cloud_open("three");
    kr_umap *umap = NULL;
    c.options.n_epochs = 1;
    assert_int_equal(kr_umap_fit_knn(test_team, &c.points, &c.knn, NULL, &c.options, &umap, NULL),
                     KR_OK);
    assert_true(isnan(kr_umap_neighbour_recall(umap)));
    kr_umap_destroy(umap);
    assert_int_equal(kr_umap_fit(test_team, &c.points, NULL, &c.options, &umap, NULL), KR_OK);
    assert_true(kr_umap_neighbour_recall(umap) == 1); /* all pairs */
    kr_umap_destroy(umap);
    cloud_close(&c);
}

/* Two points that pull each other, one of them where no map is. */
static void a_point_that_leaves_the_map_is_refused(void **state) {
    (void)state;
    int64_t start[] = {0, 1, 2};
    int32_t column[] = {1, 0};
    float weight[] = {1, 1};
    const kr__graph graph = {.n = 2, .start = start, .column = column, .weight = weight};
    const kr_umap_options o = {
        .size = sizeof o, .n_components = 2, .negative_samples = 1, .repulsion = 1};
    const kr__umap_layout layout = {
        .graph = &graph, .options = &o, .a = 1.5, .b = 0.9, .rate = 1, .n_epochs = 1};
    kr_error err;
    for (int i = 0; i < 2; i++) {
        kr_real y[] = {0, 0, i == 0 ? (kr_real)9e8 : (kr_real)3e9, 0};
        assert_int_equal(kr__umap_layout_run(NULL, &layout, y, &err), i == 0 ? KR_OK : KR_NUMERIC);
    }
    assert_string_equal(err.text, "point 1 has left the map; lower the `learning_rate`");
}

typedef struct mapping {
    kr_points points;
    const int64_t *labels;
    kr_umap_options options;
    bool has_inverse;
    kr_umap *umap;
} mapping;

static kr_status map_points(void *arg, kr_error *err) {
    const mapping *m = arg;
    kr_umap *umap = NULL;
    KR_TRY(kr_umap_fit(test_team, &m->points, m->labels, &m->options, &umap, err));
    kr_umap_destroy(umap);
    return KR_OK;
}

static float placed[64 * 2];

static kr_status place_points(void *arg, kr_error *err) {
    const mapping *m = arg;
    return kr_umap_transform(test_team, m->umap, &m->points, &m->points, placed, err);
}

static kr_status find_points(void *arg, kr_error *err) {
    const mapping *m = arg;
    double found[5];
    return kr_umap_inverse(test_team, m->umap, &m->points, placed, 1, found, err);
}

static void slow_no_memory_is_a_sentence(void **state) {
    (void)state;
    enum { N = 60, FAR = 1000 };
    int64_t labels[N];
    double far[2][N * 5]; /* in three groups and in six; these in numbers near the largest */
    float *circle = make_circle(N, 2, labels);
    for (int i = 0; i < N * 5; i++) {
        far[0][i] = (double)circle[i] + FAR * (i / 5 % 3 == i % 3);
        far[1][i] = 1e300 * ((double)circle[i] + (i % 5 == 0 ? FAR * (i / 5 % 6) : 0));
    }
    const kr_points one = kr_points_f32(circle, N, 5);
#define OPTIONS .size = sizeof(kr_umap_options), .n_epochs = 2, .n_neighbors = 6
    mapping ways[] = {
        {one, labels, {OPTIONS}, true, NULL},
        {kr_points_f64(far[0], N, 5), NULL, {OPTIONS}, true, NULL},
        {kr_points_f64(far[1], N, 5), NULL, {OPTIONS, .init = KR_UMAP_SPECTRAL}, true, NULL},
        {one, NULL, {OPTIONS, .metric = KR_METRIC_CORRELATION, .init = KR_UMAP_PCA}, false, NULL},
        {one, NULL, {OPTIONS, .metric = KR_METRIC_COSINE, .init = KR_UMAP_RANDOM}, false, NULL},
        {kr_points_f64(far[1], N, 5), NULL, {OPTIONS, .metric = KR_METRIC_MANHATTAN}, false, NULL},
        {one, NULL, {OPTIONS, .knn_method = KR_KNN_DESCENT, .init = KR_UMAP_PCA}, true, NULL},
    };
#undef OPTIONS
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char what[16];
        snprintf(what, sizeof what, "map %d", (int)i);
        mapping *m = &ways[i];
        kr_starve(what, map_points, m);
        assert_int_equal(kr_umap_fit(test_team, &m->points, m->labels, &m->options, &m->umap, NULL),
                         KR_OK);
        kr_starve(what, place_points, m);
        if (m->has_inverse) kr_starve(what, find_points, m);
        kr_umap_destroy(m->umap);
    }
    kr_free(circle);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_maps_are_as_good_as_umap_learns),
        cmocka_unit_test(slow_the_same_bits_for_any_threads),
        cmocka_unit_test(two_maps_at_once_are_those_of_one_alone),
        cmocka_unit_test(new_points_come_near_their_like),
        cmocka_unit_test(classes_pull_the_map_apart),
        cmocka_unit_test(odd_points_have_a_map),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(options_come_with_their_size),
        cmocka_unit_test(progress_and_the_team_stop_a_map),
        cmocka_unit_test(epochs_have_a_default),
        cmocka_unit_test(places_after_some_epochs_are_kept),
        cmocka_unit_test(recall_is_that_of_the_search),
        cmocka_unit_test(a_point_that_leaves_the_map_is_refused),
        cmocka_unit_test(slow_no_memory_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
