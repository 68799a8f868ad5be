/* SPDX-License-Identifier: MIT
 * test_json_memory.c - each allocation inside cJSON may fail: who writes JSON says it and leaves
 * nothing, who reads it reads what was there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <kr/files.h>
#include <kr/forecaster.h>
#include <kr/points.h>

#include "core/arena.h"
#include "files/safetensors_memory.h"
#include "support/starve.h"

static int n_allocated, fails_at; /* allocations of cJSON so far; the one that fails, 0: none */

static void *allocate(size_t n) { return ++n_allocated == fails_at ? NULL : malloc(n); }

/* What is written, as bytes that are freed with kr_free(). */
typedef struct written {
    void *bytes;
    size_t n;
} written;

static kr_status write_tensors(written *out, kr_error *err) {
    static const float numbers[6] = {1, 2, 3, 4, 5, 6};
    static const kr_text_pair texts[] = {{"format", "made"}, {"note", "of a test"}};
    const int64_t shape[2] = {2, 3};
    kr_array a[3];
    KR_TRY(kr_array_view("a", KR_DTYPE_F32, 2, shape, numbers, &a[0], err));
    KR_TRY(kr_array_view("b", KR_DTYPE_F32, 1, shape, numbers, &a[1], err));
    KR_TRY(kr_array_view("c", KR_DTYPE_F32, 0, NULL, numbers, &a[2], err));
    return kr__safetensors_write_memory(a, 3, texts, 2, &out->bytes, &out->n, err);
}

static kr_status read_tensors(const written *from, written *again, kr_error *err) {
    kr_safetensors *file = NULL;
    KR_TRY(kr_safetensors_read_memory("made", from->bytes, from->n, &file, err));
    int64_t n = kr_safetensors_count(file), n_texts = 0;
    kr_array a[3];
    kr_text_pair texts[2];
    assert_int_equal(n, 3);
    for (int64_t i = 0; i < n; i++) a[i] = *kr_safetensors_array(file, i);
    for (; n_texts < kr_safetensors_n_metadata(file); n_texts++) {
        texts[n_texts] = kr_safetensors_metadata(file, n_texts);
    }
    kr_status status =
        kr__safetensors_write_memory(a, n, texts, n_texts, &again->bytes, &again->n, err);
    kr_safetensors_destroy(file);
    return status;
}

static kr_settings *settings;

static kr_status write_settings(written *out, kr_error *err) {
    char *text = NULL;
    KR_TRY(kr_settings_to_json(settings, &text, err));
    *out = (written){text, strlen(text)};
    return KR_OK;
}

static kr_status read_settings(const written *from, written *again, kr_error *err) {
    KR_TRY(kr_settings_from_json(settings, from->bytes, from->n, err));
    return write_settings(again, err);
}

static kr_umap *umap;
static double points[40 * 2];

static kr_status write_map(written *out, kr_error *err) {
    const kr_points from = kr_points_f64(points, 40, 2);
    return kr_umap_save_memory(umap, &from, NULL, &out->bytes, &out->n, err);
}

static kr_status read_map(const written *from, written *again, kr_error *err) {
    kr_umap *opened = NULL;
    KR_TRY(kr_umap_open_memory("map", from->bytes, from->n, &opened, err));
    kr_status status = kr_umap_save_memory(opened, NULL, NULL, &again->bytes, &again->n, err);
    kr_umap_destroy(opened);
    return status;
}

static kr_forecaster *forecaster;

static kr_status write_forecaster(written *out, kr_error *err) {
    return kr_forecaster_save_memory(forecaster, &out->bytes, &out->n, err);
}

static kr_status read_forecaster(const written *from, written *again, kr_error *err) {
    kr_forecaster *opened = NULL;
    KR_TRY(kr_forecaster_open_memory(NULL, "made", from->bytes, from->n, &opened, err));
    kr_status status = kr_forecaster_save_memory(opened, &again->bytes, &again->n, err);
    kr_forecaster_destroy(opened);
    return status;
}

/* Two series of a column, for a model that learns nothing. */
static void make_forecaster(void) {
    static double values[2 * 60];
    static const char *const columns[] = {"y"}, *const names[] = {"one", "two"};
    const char *const pairs[][2] = {
        {"data", "custom"}, {"target", "y"},    {"local_models", "Naive"},
        {"seq_len", "12"},  {"label_len", "6"}, {"pred_len", "3"},
        {"patch_len", "4"}, {"features", "S"},  {"itr", "1"}};
    const int64_t counts[] = {60, 60};
    for (int i = 0; i < 120; i++) values[i] = i % 7 + i / 60;
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = 120,
                                   .n_columns = 1,
                                   .values = values,
                                   .columns = columns,
                                   .n_series = 2,
                                   .series = names,
                                   .series_rows = counts};
    kr_error err = {.text = ""};
    kr_rows *rows = NULL;
    assert_int_equal(kr_forecast_settings_create(&settings, NULL), KR_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (kr_settings_set(settings, pairs[i][0], pairs[i][1], &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
    }
    assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
    if (kr_forecaster_create(NULL, settings, &forecaster, &err) != KR_OK ||
        kr_forecaster_train(forecaster, rows, NULL, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    kr_rows_destroy(rows);
}

static int make(void **state) {
    (void)state;
    const kr_umap_options options = {.size = sizeof options, .n_neighbors = 5, .n_epochs = 3};
    for (int i = 0; i < 40 * 2; i++) points[i] = i * i % 37;
    const kr_points from = kr_points_f64(points, 40, 2);
    assert_int_equal(kr_umap_fit(NULL, &from, NULL, &options, &umap, NULL), KR_OK);
    make_forecaster();
    return 0;
}

static int destroy(void **state) {
    (void)state;
    kr_forecaster_destroy(forecaster);
    kr_settings_destroy(settings);
    kr_umap_destroy(umap);
    return 0;
}

static const struct {
    const char *name;
    kr_status (*write)(written *out, kr_error *err);
    kr_status (*read)(const written *from, written *again, kr_error *err);
} kinds[] = {{"tensors", write_tensors, read_tensors},
             {"settings", write_settings, read_settings},
             {"a map", write_map, read_map},
             {"a forecaster", write_forecaster, read_forecaster}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* n_allocated: allocations of cJSON; the same bytes come of it, or KR_MEMORY with a sentence. */
static kr_status require(int kind, int at, const written *whole, bool is_read) {
    written out = {NULL, 0};
    kr_error err = {.text = ""};
    n_allocated = 0;
    fails_at = at;
    kr_status status =
        is_read ? kinds[kind].read(whole, &out, &err) : kinds[kind].write(&out, &err);
    fails_at = 0;
    if (status == KR_OK) {
        assert_int_equal(out.n, whole->n);
        assert_memory_equal(out.bytes, whole->bytes, out.n);
    } else if (status != KR_MEMORY || !*err.text || out.bytes) {
        fail_msg("%s, allocation %d: %d \"%s\"", kinds[kind].name, at, (int)status, err.text);
    }
    kr_free(out.bytes);
    return status;
}

/* cJSON has no use for memory that it can do without: all that fails is said. */
static void who_writes_says_it(void **state) {
    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        written whole = {NULL, 0};
        n_allocated = 0;
        assert_int_equal(kinds[kind].write(&whole, NULL), KR_OK);
        int n = n_allocated, n_refused = 0;
        assert_true(n > 3);
        for (int at = 1; at <= n; at++) n_refused += require(kind, at, &whole, false) == KR_MEMORY;
        assert_int_equal(n_refused, n);
        assert_int_equal(require(kind, n + 1, &whole, false), KR_OK);
        kr_free(whole.bytes);
    }
}

/* Whoever reads asks again. */
static void who_reads_is_not_misled(void **state) {
    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        written whole = {NULL, 0}, again = {NULL, 0};
        assert_int_equal(kinds[kind].write(&whole, NULL), KR_OK);
        n_allocated = 0;
        assert_int_equal(kinds[kind].read(&whole, &again, NULL), KR_OK);
        int n = n_allocated;
        kr_free(again.bytes);
        for (int at = 1; at <= n; at++) require(kind, at, &whole, true);
        kr_free(whole.bytes);
    }
}

static kr_status take_broken_settings(void *arg, kr_error *err) {
    kr_status status = kr_settings_from_json(settings, arg, strlen(arg), err);
    return status == KR_MEMORY ? status : KR_OK;
}

/* Where cJSON finds nothing that is valid, it may have lacked memory: that is tried. */
static void what_is_no_json_may_be_want_of_memory(void **state) {
    (void)state;
    char text[] = "{\"seq_len\": ";
    kr_starve("settings that are cut short", take_broken_settings, text);
}

int main(void) {
    cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = free};
    cJSON_InitHooks(&hooks);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_writes_says_it),
        cmocka_unit_test(who_reads_is_not_misled),
        cmocka_unit_test(what_is_no_json_may_be_want_of_memory),
    };
    return cmocka_run_group_tests(tests, make, destroy);
}
