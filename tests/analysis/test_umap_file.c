/* SPDX-License-Identifier: MIT
 * test_umap_file.c - a map saved and opened places new points where the process that fitted it
 * does; a damaged one is refused. */
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
#include "files/safetensors_memory.h"
#include "support/starve.h"
#include "support/workers.h"

enum { N = 80, NEW = 9, DIM = 4 };

/* ---- a map ------------------------------------------------------------------------------ */

typedef struct made {
    double x[N * DIM], more[NEW * DIM];
    float x32[N * DIM];
    kr_points points, queries;
    kr_umap *umap;
    float placed[NEW * 2];
} made;

static void make_map(made *m, bool is_float, kr_umap_options o) {
    kr_rng rng = kr__rng_make(8, KR_STREAM_TEST, 0);
    for (int i = 0; i < N * DIM; i++) {
        m->x[i] = 1e6 + kr__rng_normal(&rng);
        m->x32[i] = (float)m->x[i];
    }
    for (int i = 0; i < NEW * DIM; i++) m->more[i] = 1e6 + kr__rng_normal(&rng);
    m->points = is_float ? kr_points_f32(m->x32, N, DIM) : kr_points_f64(m->x, N, DIM);
    m->queries = kr_points_f64(m->more, NEW, DIM);
    m->umap = NULL;
    o.size = sizeof o;
    o.n_neighbors = 7;
    o.n_epochs = 30;
    o.seed = UINT64_MAX - 4; /* more digits than a double has */
    assert_int_equal(kr_umap_fit(NULL, &m->points, NULL, &o, &m->umap, NULL), KR_OK);
    assert_int_equal(kr_umap_transform(NULL, m->umap, &m->points, &m->queries, m->placed, NULL),
                     KR_OK);
}

typedef struct bytes {
    void *data;
    size_t n;
} bytes;

static bytes save(const made *m, const kr_umap_extras *extras) {
    bytes b = {NULL, 0};
    kr_error err;
    if (kr_umap_save_memory(m->umap, &m->points, extras, &b.data, &b.n, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    return b;
}

static kr_umap *open_bytes(bytes b) {
    kr_umap *umap = NULL;
    kr_error err;
    if (kr_umap_open_memory("map", b.data, b.n, &umap, &err) != KR_OK) fail_msg("%s", err.text);
    return umap;
}

static void compare(const made *m, const kr_umap *umap) {
    float placed[NEW * 2];
    assert_true(kr_umap_count(umap) == N && kr_umap_dim(umap) == DIM);
    assert_int_equal(kr_umap_n_components(umap), 2);
    assert_memory_equal(kr_umap_embedding(umap), kr_umap_embedding(m->umap), N * 2 * sizeof(float));
    assert_true(kr_umap_neighbour_recall(umap) == 1);
    for (int workers = 0; workers < 4; workers += 3) {
        test_workers(workers);
        assert_int_equal(kr_umap_transform(test_team, umap, NULL, &m->queries, placed, NULL),
                         KR_OK);
        assert_memory_equal(placed, m->placed, sizeof placed);
    }
    test_workers(0);
}

/* ---- round trips ------------------------------------------------------------------------ */

static void an_opened_map_places_points_with_the_same_bits(void **state) {
    (void)state;
    static const kr_umap_options options[] = {
        {.min_dist = 0.1},
        {.min_dist = 0.123456789012345678, .spread = 1.7, .metric = KR_METRIC_COSINE},
        {.min_dist = 0.1, .local_connectivity = 2.5, .repulsion = 0.7, .init = KR_UMAP_PCA},
        {.min_dist = 0.1, .knn_method = KR_KNN_DESCENT, .negative_samples = 2},
    };
    for (int i = 0; i < 8; i++) {
        static made m;
        make_map(&m, i % 2, options[i / 2]);
        if (i / 2 == 3) assert_true(kr_umap_neighbour_recall(m.umap) > 0.9);
        bytes b = save(&m, NULL);
        kr_umap *umap = open_bytes(b);
        if (i / 2 < 3) compare(&m, umap);
        assert_null(kr_umap_pca(umap));
        assert_null(kr_umap_note(umap, "columns"));
        bytes again = {NULL, 0}; /* its own points and texts: the same file */
        assert_int_equal(kr_umap_save_memory(umap, NULL, NULL, &again.data, &again.n, NULL), KR_OK);
        assert_int_equal(again.n, b.n);
        assert_memory_equal(again.data, b.data, b.n);
        kr_umap_destroy(umap);
        kr_umap_destroy(m.umap);
        kr_free(b.data);
        kr_free(again.data);
    }
}

static void components_and_notes_come_along(void **state) {
    (void)state;
    enum { GIVEN = 6 };
    double given[N * GIVEN], more[NEW * GIVEN], components[NEW * DIM];
    static made m;
    kr_pca *pca = NULL;
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, 0);
    for (int i = 0; i < N * GIVEN; i++) given[i] = 1e7 + (i % GIVEN + 1) * kr__rng_normal(&rng);
    for (int i = 0; i < NEW * GIVEN; i++) more[i] = 1e7 + kr__rng_normal(&rng);
    kr_points points = kr_points_f64(given, N, GIVEN), queries = kr_points_f64(more, NEW, GIVEN);
    assert_int_equal(kr_pca_create(NULL, &points, DIM, &pca, NULL), KR_OK);
    assert_int_equal(kr_pca_project(NULL, pca, &queries, components, NULL), KR_OK);
    make_map(&m, false, (kr_umap_options){.min_dist = 0.1});
    const kr_text_pair notes[] = {{"columns", "a,b"}, {"", "no key"}};
    bytes b =
        save(&m, &(kr_umap_extras){
                     .size = sizeof(kr_umap_extras), .pca = pca, .notes = notes, .n_notes = 2});
    kr_umap *umap = open_bytes(b);
    compare(&m, umap);
    assert_string_equal(kr_umap_note(umap, "columns"), "a,b");
    assert_string_equal(kr_umap_note(umap, ""), "no key");
    assert_null(kr_umap_note(umap, "format"));
    const kr_pca *opened = kr_umap_pca(umap);
    double places[NEW * DIM];
    assert_true(kr_pca_dim(opened) == GIVEN && kr_pca_count(opened) == DIM);
    assert_int_equal(kr_pca_project(NULL, opened, &queries, places, NULL), KR_OK);
    assert_memory_equal(places, components, sizeof places);
    assert_memory_equal(kr_pca_mean(opened), kr_pca_mean(pca), GIVEN * sizeof(double));
    assert_memory_equal(kr_pca_ratio(opened), kr_pca_ratio(pca), DIM * sizeof(double));
    assert_memory_equal(kr_pca_variance(opened), kr_pca_variance(pca), DIM * sizeof(double));
    kr_umap_destroy(umap);
    kr_umap_destroy(m.umap);
    kr_pca_destroy(pca);
    kr_free(b.data);
}

static void a_file_is_the_bytes_of_memory(void **state) {
    (void)state;
    static made m;
    const char *path = "test_umap_file.safetensors";
    kr_umap *umap = NULL;
    make_map(&m, false, (kr_umap_options){.min_dist = 0.1});
    assert_int_equal(kr_umap_save(m.umap, &m.points, NULL, path, NULL), KR_OK);
    assert_int_equal(kr_umap_open(path, &umap, NULL), KR_OK);
    compare(&m, umap);
    kr_umap_destroy(umap);
    kr_umap_destroy(m.umap);
    remove(path);
    kr_error err;
    umap = NULL;
    assert_int_equal(kr_umap_open(path, &umap, &err), KR_IO);
    assert_null(umap);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void what_is_not_of_the_map_is_refused(void **state) {
    (void)state;
    static made m;
    float placed[NEW * 2];
    bytes b = {NULL, 0};
    kr_pca *pca = NULL;
    kr_error err;
    make_map(&m, false, (kr_umap_options){.min_dist = 0.1});
    assert_int_equal(kr_umap_transform(NULL, m.umap, NULL, &m.queries, placed, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "the map was fitted here and keeps no points: give those of the fit");
    assert_int_equal(kr_umap_save_memory(m.umap, NULL, NULL, &b.data, &b.n, &err), KR_USAGE);
    kr_points fewer = kr_points_f64(m.x, N - 1, DIM);
    assert_int_equal(kr_umap_save_memory(m.umap, &fewer, NULL, &b.data, &b.n, &err), KR_SHAPE);
    assert_string_equal(err.text, "the map was made from (80, 4) points, not (79, 4)");
    assert_int_equal(kr_pca_create(NULL, &m.points, 2, &pca, NULL), KR_OK);
    const kr_umap_extras extras = {.size = sizeof extras, .pca = pca};
    assert_int_equal(kr_umap_save_memory(m.umap, &m.points, &extras, &b.data, &b.n, &err),
                     KR_SHAPE);
    assert_string_equal(err.text, "the map is of points of 4 numbers, not of 2 components");
    assert_int_equal(kr_umap_save(m.umap, &m.points, NULL, "no/such/folder/map", &err), KR_IO);
    assert_null(b.data);
    kr_pca_destroy(pca);
    kr_umap_destroy(m.umap);
}

/* The parts of a good file, one of which is changed. */
typedef struct parts {
    kr_safetensors *file;
    kr_array arrays[8];
    kr_text_pair texts[16];
    int64_t n_arrays, n_texts;
} parts;

static parts take_apart(bytes b) {
    parts p = {.file = NULL};
    assert_int_equal(kr_safetensors_read_memory("map", b.data, b.n, &p.file, NULL), KR_OK);
    p.n_arrays = kr_safetensors_count(p.file);
    p.n_texts = kr_safetensors_n_metadata(p.file);
    for (int64_t i = 0; i < p.n_arrays; i++) p.arrays[i] = *kr_safetensors_array(p.file, i);
    for (int64_t i = 0; i < p.n_texts; i++) p.texts[i] = kr_safetensors_metadata(p.file, i);
    return p;
}

static kr_array *array_of(parts *p, const char *name) {
    for (int64_t i = 0; i < p->n_arrays; i++) {
        if (strcmp(p->arrays[i].name, name) == 0) return &p->arrays[i];
    }
    fail_msg("no %s", name);
    return NULL;
}

static void refuse_parts(const parts *p, kr_status want, const char *sentence) {
    bytes b = {NULL, 0};
    kr_umap *umap = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__safetensors_write_memory(p->arrays, p->n_arrays, p->texts, p->n_texts,
                                                  &b.data, &b.n, NULL),
                     KR_OK);
    kr_status status = kr_umap_open_memory("map", b.data, b.n, &umap, &err);
    kr_free(b.data);
    if (status != want || strcmp(err.text, sentence) != 0) {
        fail_msg("%d, not %d: %s", (int)status, (int)want, err.text);
    }
    assert_null(umap);
}

/* A text in another's place; NULL: it is missing. */
static void refuse_text(bytes good, const char *key, const char *value, kr_status want,
                        const char *sentence) {
    parts p = take_apart(good);
    for (int64_t i = 0; i < p.n_texts; i++) {
        if (strcmp(p.texts[i].key, key) != 0) continue;
        p.texts[i].value = value ? value : "";
        if (!value) p.texts[i].key = "other";
    }
    refuse_parts(&p, want, sentence);
    kr_safetensors_destroy(p.file);
}

/* `from` becomes `to` in the options. */
static void refuse_option(bytes good, const char *from, const char *to, const char *sentence) {
    char text[1024];
    kr_safetensors *file = NULL;
    assert_int_equal(kr_safetensors_read_memory("map", good.data, good.n, &file, NULL), KR_OK);
    const char *options = kr_safetensors_value(file, "config"), *at = strstr(options, from);
    if (!at) fail_msg("no %s in %s", from, options);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - options), options, to, at + strlen(from));
    kr_safetensors_destroy(file);
    refuse_text(good, "config", text, KR_FORMAT, sentence);
}

/* An array of another name, type, first or last axis, or with an element that is none. */
typedef enum damage { RENAMED, AS_INTEGERS, ONE_ROW_LESS, ONE_AXIS, WITH_NAN } damage;

static void refuse_array(bytes good, const char *name, damage kind, const char *sentence) {
    parts p = take_apart(good);
    kr_array *a = array_of(&p, name);
    char other[] = "other";
    const float nan32 = NAN;
    const double nan64 = (double)NAN;
    switch (kind) {
        case RENAMED:
            a->name = other;
            break;
        case AS_INTEGERS:
            a->dtype = a->item_size == 8 ? KR_DTYPE_I64 : KR_DTYPE_I32;
            break;
        case ONE_ROW_LESS:
            a->n -= a->n / a->shape[0];
            a->shape[0]--;
            break;
        case ONE_AXIS:
            a->rank = 1;
            a->shape[0] = a->n;
            break;
        case WITH_NAN:
            memcpy((char *)a->data + 3 * a->item_size,
                   a->item_size == 8 ? (const void *)&nan64 : &nan32, a->item_size);
            break;
    }
    refuse_parts(&p, KR_FORMAT, sentence);
    kr_safetensors_destroy(p.file);
}

static void a_damaged_map_is_refused(void **state) {
    (void)state;
    static made m;
    make_map(&m, false, (kr_umap_options){.min_dist = 0.1});
    kr_pca *pca = NULL;
    assert_int_equal(kr_pca_create(NULL, &m.points, DIM, &pca, NULL), KR_OK);
    bytes b = save(&m, &(kr_umap_extras){.size = sizeof(kr_umap_extras), .pca = pca});
    const char *no_map = "map: is no map; save one with `save_map`";
    refuse_text(b, "format", "krait forecaster", KR_FORMAT,
                "map: is a forecaster; krait predict, backtest and ablate take it");
    refuse_text(b, "format", NULL, KR_FORMAT, no_map);
    refuse_text(b, "version", "2", KR_UNSUPPORTED,
                "map: is a map of version 2, and this program reads version 1; use a newer one");
    refuse_text(b, "config", NULL, KR_FORMAT, "map: is a damaged map: it has no config");
    refuse_text(b, "config", "[1]", KR_FORMAT,
                "map: \"n_neighbors\" in its settings is missing or damaged");
    static const char *const curves[] = {NULL, "[1]", "[1,-1]", "[1e999,1]", "[1.6,0.9]", "x"};
    for (int i = 0; i < 6; i++) {
        refuse_text(b, "curve", curves[i], KR_FORMAT,
                    "map: is a damaged map: its curve is missing, or not that of its settings");
    }
    refuse_option(b, ":7,", ":81,", "map: n_neighbors: 81 of 80 points; use 2 to 80");
    refuse_option(b, ":7,", ":7.5,", "map: \"n_neighbors\" in its settings is missing or damaged");
    refuse_option(b, ":7,", ":1e300,",
                  "map: \"n_neighbors\" in its settings is missing or damaged");
    refuse_option(b, "\"spread\":1,", "\"spread\":-1,",
                  "map: spread: -1 is out of range; use 1e-06 to 1e+06");
    refuse_option(b, "\"spread\":1,", "\"spread\":\"1\",",
                  "map: \"spread\" in its settings is missing or damaged");
    refuse_option(b, "spectral", "spectra", "map: \"init\" in its settings is missing or damaged");
    refuse_option(b, "\"18446744073709551611\"", "\"18446744073709551616\"",
                  "map: \"seed\" in its settings is missing or damaged");
    refuse_option(b, "\"18446744073709551611\"", "\"\"",
                  "map: \"seed\" in its settings is missing or damaged");
    static const char *const names[] = {"seed", "metric", "min_dist", "n_epochs"};
    for (int i = 0; i < 4; i++) {
        char sentence[80];
        snprintf(sentence, sizeof sentence, "map: \"%s\" in its settings is missing or damaged",
                 names[i]);
        refuse_option(b, names[i], "unknown", sentence);
    }
    const char *no_points = "map: is a damaged map: points are missing or no numbers";
    refuse_array(b, "points", RENAMED, no_points);
    refuse_array(b, "points", AS_INTEGERS, no_points);
    refuse_array(b, "points", ONE_AXIS, no_points);
    refuse_array(b, "points", WITH_NAN, "map: row 0, column 3 holds NaN; remove that row");
    const char *no_places =
        "map: is a damaged map: embedding is missing or does not fit its points";
    refuse_array(b, "points", ONE_ROW_LESS, no_places);
    refuse_array(b, "embedding", RENAMED, no_places);
    refuse_array(b, "embedding", AS_INTEGERS, no_places);
    refuse_array(b, "embedding", ONE_ROW_LESS, no_places);
    refuse_array(b, "embedding", ONE_AXIS, no_places);
    refuse_array(b, "embedding", WITH_NAN, "map: is a damaged map: a place is not on the map");
    const char *no_pca = "map: is a damaged map: an array of pca is missing or does not fit";
    static const char *const arrays[] = {"pca.origin", "pca.offset", "pca.variance", "pca.ratio"};
    for (int i = 0; i < 4; i++) {
        refuse_array(b, arrays[i], RENAMED, no_pca);
        refuse_array(b, arrays[i], ONE_ROW_LESS, no_pca);
        refuse_array(b, arrays[i], WITH_NAN, no_pca);
    }
    refuse_array(b, "pca.components", WITH_NAN, no_pca);
    refuse_array(b, "pca.components", ONE_ROW_LESS,
                 "map: is a damaged map: pca.components do not fit its points");
    kr_pca_destroy(pca);
    kr_umap_destroy(m.umap);
    kr_free(b.data);
}

/* Saving and opening, with the n-th allocation failing in turn. */
typedef struct keeping {
    const made *m;
    const kr_umap_extras *extras;
} keeping;

static kr_status keep_and_open(void *arg, kr_error *err) {
    const keeping *k = arg;
    bytes b = {NULL, 0};
    kr_umap *umap = NULL;
    KR_TRY(kr_umap_save_memory(k->m->umap, &k->m->points, k->extras, &b.data, &b.n, err));
    kr_status status = kr_umap_open_memory("map", b.data, b.n, &umap, err);
    assert_int_equal(status == KR_OK, umap != NULL);
    kr_umap_destroy(umap);
    kr_free(b.data);
    return status;
}

static const char map_path[] = "/tmp/krait-lacking-map";

/* Alone: a file that is written whole waits for the disk. */
static kr_status keep_in_a_file(void *arg, kr_error *err) {
    const keeping *k = arg;
    return kr_umap_save(k->m->umap, &k->m->points, k->extras, map_path, err);
}

static kr_status open_a_file(void *arg, kr_error *err) {
    kr_umap *umap = NULL;
    KR_TRY(kr_umap_open(arg, &umap, err));
    kr_umap_destroy(umap);
    return KR_OK;
}

static void no_memory_is_a_sentence(void **state) {
    (void)state;
    static made m;
    kr_pca *pca = NULL;
    make_map(&m, true, (kr_umap_options){.min_dist = 0.1});
    assert_int_equal(kr_pca_create(NULL, &m.points, DIM, &pca, NULL), KR_OK);
    const kr_text_pair note = {"key", "value"};
    const kr_umap_extras extras = {.size = sizeof extras, .pca = pca, .notes = &note, .n_notes = 1};
    keeping k = {&m, &extras};
    kr_starve("a map in memory", keep_and_open, &k);
    kr_starve("a map in a file", keep_in_a_file, &k);
    kr_starve("a file of a map", open_a_file, (char *)(uintptr_t)map_path);
    remove(map_path);
    kr_pca_destroy(pca);
    kr_umap_destroy(m.umap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opened_map_places_points_with_the_same_bits),
        cmocka_unit_test(components_and_notes_come_along),
        cmocka_unit_test(a_file_is_the_bytes_of_memory),
        cmocka_unit_test(what_is_not_of_the_map_is_refused),
        cmocka_unit_test(a_damaged_map_is_refused),
        cmocka_unit_test(no_memory_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
