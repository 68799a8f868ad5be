/* SPDX-License-Identifier: MIT
 * test_synth.c - the circles' series against the original's: short ones of all kinds, the whole
 * default one by its hashes. */
#define _GNU_SOURCE
#include <cjson/cJSON.h>
#include <kr/files.h>
#include <kr/series.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "nextstep/nextstep_config.h"
#include "support/golden.h"
#include "support/settings_of.h"
#include "support/sha256.h"
#include "support/starve.h"

static kr_synth *make(const kr_synth_config *config) {
    kr_synth *y = NULL;
    kr_error err;
    kr_settings *settings = SYNTH_SETTINGS(config);
    kr_status status = kr_synth_create(settings, &y, &err);
    kr_settings_destroy(settings);
    if (status != KR_OK) fail_msg("%s", err.text);
    return y;
}

static const char *named(const char *variant, const char *what) {
    static char name[96];
    snprintf(name, sizeof name, "%s/%s", variant, what);
    return name;
}

static void same_doubles(kr_golden *golden, const char *name, const double *got) {
    int64_t n;
    const double *want = kr_golden_double(golden, name, &n);
    for (int64_t i = 0; i < n; i++) {
        if (got[i] != want[i])
            fail_msg("%s: element %d is %.17g, not %.17g", name, (int)i, got[i], want[i]);
    }
}

/* Recorded are every 50th row of X, every 10th state and angle. */
static void check_variant(kr_golden *golden, const char *variant, const kr_synth_config *config) {
    kr_synth *y = make(config);
    int64_t n;
    const double *x = kr_golden_double(golden, named(variant, "X"), &n);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = i / kr_synth_ambient_dim(y) * 50, column = i % kr_synth_ambient_dim(y);
        assert_true(fabs(kr_synth_X(y)[row * kr_synth_ambient_dim(y) + column] - x[i]) < 1e-13);
    }
    const int64_t *states = kr_golden_int64(golden, named(variant, "states"), &n);
    for (int64_t i = 0; i < n; i++) assert_int_equal(kr_synth_states(y)[10 * i], states[i]);
    const double *thetas = kr_golden_double(golden, named(variant, "thetas"), &n);
    for (int64_t i = 0; i < n; i++) assert_true(kr_synth_thetas(y)[10 * i] == thetas[i]);
    same_doubles(golden, named(variant, "transition_matrix"), kr_synth_transitions(y));
    same_doubles(golden, named(variant, "radii"), kr_synth_radii(y));
    same_doubles(golden, named(variant, "entry_angles"), kr_synth_entry_angles(y));
    const int64_t *periods = kr_golden_int64(golden, named(variant, "periods"), &n);
    assert_memory_equal(kr_synth_periods(y), periods, (size_t)n * sizeof *periods);
    const double *planes = kr_golden_double(golden, named(variant, "planes"), &n);
    for (int64_t i = 0; i < n; i++) assert_true(fabs(kr_synth_planes(y)[i] - planes[i]) < 1e-14);
    kr_synth_destroy(y);
}

static void variants(void **state) {
    (void)state;
    static const char *const names[] = {"subspace4", "subspace2", "n12_d8", "n10_d32_sub5",
                                        "sub1_clamped"};
    kr_golden *golden = kr_golden_open("synth/circles_variants.npz");
    char text[2048];
    cJSON *all = cJSON_Parse(kr_golden_text(golden, "config_json", 0, text, sizeof text));
    for (size_t v = 0; v < sizeof names / sizeof names[0]; v++) {
        kr_synth_config config;
        const kr_flag_table *table = kr__synth_flags();
        kr__flags_init(table, &config);
        const cJSON *item = cJSON_GetObjectItem(all, names[v])->child;
        for (; item; item = item->next) {
            char number[40];
            snprintf(number, sizeof number, "%.17g", item->valuedouble);
            assert_int_equal(kr__flags_set(table, &config, item->string,
                                           cJSON_IsNull(item) ? "0" : number, NULL),
                             KR_OK);
        }
        check_variant(golden, names[v], &config);
    }
    cJSON_Delete(all);
    kr_golden_close(golden);
}

static void compare_rows(kr_golden *golden, const char *name, const kr_synth *y, int64_t first,
                         int64_t step) {
    int64_t n;
    const double *want = kr_golden_double(golden, name, &n);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = first + i / kr_synth_ambient_dim(y) * step;
        assert_true(
            fabs(kr_synth_X(y)[row * kr_synth_ambient_dim(y) + i % kr_synth_ambient_dim(y)] -
                 want[i]) < 1e-13);
    }
}

static void the_default_series(void **state) {
    (void)state;
    char hash[65], want[80];
    kr_golden *golden = kr_golden_open("synth/circles_default_full.npz");
    kr_synth_config config;
    kr__flags_init(kr__synth_flags(), &config);
    kr_synth *y = make(&config);
    kr_sha256(kr_synth_states(y), (size_t)kr_synth_n_steps(y) * sizeof *kr_synth_states(y), hash);
    assert_string_equal(hash, kr_golden_text(golden, "sha256_states_i64le", 0, want, sizeof want));
    kr_sha256(kr_synth_thetas(y), (size_t)kr_synth_n_steps(y) * sizeof *kr_synth_thetas(y), hash);
    assert_string_equal(hash, kr_golden_text(golden, "sha256_thetas_f64le", 0, want, sizeof want));
    compare_rows(golden, "first100", y, 0, 1);
    compare_rows(golden, "last100", y, kr_synth_n_steps(y) - 100, 1);
    compare_rows(golden, "every1000", y, 0, 1000);
    const double *mean = kr_golden_double(golden, "mean", NULL);
    for (int64_t c = 0; c < kr_synth_ambient_dim(y); c++) {
        double sum = 0;
        for (int64_t t = 0; t < kr_synth_n_steps(y); t++)
            sum += kr_synth_X(y)[t * kr_synth_ambient_dim(y) + c];
        assert_true(fabs(sum / (double)kr_synth_n_steps(y) - mean[c]) < 1e-10);
    }
    kr_synth_destroy(y);
    kr_golden_close(golden);
}

static void few_circles(void **state) {
    (void)state;
    for (int n = 2; n < 10; n++) {
        kr_synth_config config;
        kr__flags_init(kr__synth_flags(), &config);
        config.n_circles = n;
        config.n_steps = 3000;
        kr_synth *y = make(&config);
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += kr_synth_transitions(y)[i * n + j];
            assert_true(fabs(sum - 1) < 1e-12);
            assert_true(kr_synth_transitions(y)[i * n + i] == 0);
        }
        for (int64_t t = 0; t < kr_synth_n_steps(y); t++) assert_true(kr_synth_states(y)[t] < n);
        kr_synth_destroy(y);
    }
}

static void refuse(kr_synth_config *config, const char *sentence) {
    kr_synth *y = NULL;
    kr_error err;
    kr_settings *settings = SYNTH_SETTINGS(config);
    assert_int_equal(kr_synth_create(settings, &y, &err), KR_USAGE);
    kr_settings_destroy(settings);
    assert_string_equal(err.text, sentence);
}

static void refusals(void **state) {
    (void)state;
    kr_synth_config config;
    kr__flags_init(kr__synth_flags(), &config);
    config.max_period = 20;
    refuse(&config, "`max_period` 20: must not be below `min_period` 40");
    kr__flags_init(kr__synth_flags(), &config);
    config.n_steps = 1000000000;
    config.ambient_dim = 100000;
    refuse(&config,
           "`n_steps` 1000000000 times `ambient_dim` 100000: more than 8 billion numbers; use "
           "fewer");
}

static kr_status make_and_save(void *arg, kr_error *err) {
    kr_synth *y = NULL;
    kr_series *series = NULL;
    KR_TRY(kr_synth_create(arg, &y, err));
    kr_status status = kr_synth_series(y, &series, err);
    if (status == KR_OK) status = kr_synth_save(y, ".", err);
    kr_series_destroy(series);
    kr_synth_destroy(y);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    char folder[] = "/tmp/krait-synth-XXXXXX";
    kr_synth_config config;
    kr__flags_init(kr__synth_flags(), &config);
    config.n_steps = 500;
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
    for (int subspace_dim = 0; subspace_dim < 4; subspace_dim += 3) {
        config.subspace_dim = subspace_dim;
        kr_settings *settings = SYNTH_SETTINGS(&config);
        kr_starve(subspace_dim ? "circles in a subspace" : "circles", make_and_save, settings);
        kr_settings_destroy(settings);
    }
    remove("config.json"), remove("data.npz");
    assert_true(chdir("/") == 0 && rmdir(folder) == 0);
}

/* The files of the original: same names, types and shapes, same text of the settings. */
static void files(void **state) {
    (void)state;
    char folder[] = "/tmp/krait-synth-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    kr_synth_config config;
    kr__flags_init(kr__synth_flags(), &config);
    config.n_steps = 1200;
    kr_synth *y = make(&config);
    assert_int_equal(kr_synth_save(y, folder, NULL), KR_OK);
    kr_synth_destroy(y);
    uint8_t *got, *want;
    size_t n_got, n_want;
    snprintf(path, sizeof path, "%s/config.json", folder);
    assert_int_equal(kr__file_read(path, 4096, &got, &n_got, NULL), KR_OK);
    assert_int_equal(
        kr__file_read(KR_GOLDEN_DIR "/synth/data/config.json", 4096, &want, &n_want, NULL), KR_OK);
    assert_string_equal((char *)got, (char *)want);
    kr_free(got);
    kr_free(want);
    remove(path);
    kr_npz *ours, *theirs;
    snprintf(path, sizeof path, "%s/data.npz", folder);
    assert_int_equal(kr_npz_open(path, &ours, NULL), KR_OK);
    assert_int_equal(kr_npz_open(KR_GOLDEN_DIR "/synth/data/data.npz", &theirs, NULL), KR_OK);
    assert_int_equal(kr_npz_count(ours), kr_npz_count(theirs));
    for (int64_t i = 0; i < kr_npz_count(ours); i++) {
        kr_array a = {0}, b = {0};
        const char *name = kr_npz_name(ours, i);
        assert_string_equal(name, kr_npz_name(theirs, i));
        assert_int_equal(kr_npz_get(ours, name, &a, NULL), KR_OK);
        assert_int_equal(kr_npz_get(theirs, name, &b, NULL), KR_OK);
        assert_int_equal(a.dtype, b.dtype);
        assert_int_equal(a.rank, b.rank);
        assert_int_equal(a.n, b.n);
        if (strcmp(name, "X") != 0) assert_memory_equal(a.data, b.data, (size_t)a.n * a.item_size);
        kr_array_deinit(&a);
        kr_array_deinit(&b);
    }
    kr_npz_close(ours);
    kr_npz_close(theirs);
    remove(path);
    rmdir(folder);
}

/* What is made in memory is what its file gives. */
static void a_series_of_its_own(void **state) {
    (void)state;
    char folder[] = "/tmp/krait-synth-XXXXXX", path[64];
    kr_synth_config config;
    kr_series *made = NULL, *read = NULL;
    int64_t n_made = 0, n_read = 0;
    assert_non_null(mkdtemp(folder));
    kr__flags_init(kr__synth_flags(), &config);
    config.n_steps = 300;
    kr_synth *y = make(&config);
    assert_int_equal(kr_synth_save(y, folder, NULL), KR_OK);
    assert_int_equal(kr_synth_series(y, &made, NULL), KR_OK);
    kr_synth_destroy(y);
    assert_int_equal(kr_series_open(folder, &read, NULL), KR_OK);
    int64_t n = kr_series_n_steps(made);
    assert_int_equal(n, 300);
    assert_int_equal(kr_series_n_features(made), kr_series_n_features(read));
    assert_memory_equal(kr_series_values(made), kr_series_values(read),
                        (size_t)(n * kr_series_n_features(read)) * sizeof(float));
    assert_memory_equal(kr_series_states(made), kr_series_states(read),
                        (size_t)n * sizeof(int64_t));
    assert_int_equal(kr_series_n_states(made), kr_series_n_states(read));
    const int64_t *periods = kr_series_periods(made, &n_made);
    assert_memory_equal(periods, kr_series_periods(read, &n_read),
                        (size_t)n_made * sizeof *periods);
    assert_int_equal(n_made, n_read);
    kr_series_destroy(made);
    kr_series_destroy(read);
    snprintf(path, sizeof path, "%s/config.json", folder);
    remove(path);
    snprintf(path, sizeof path, "%s/data.npz", folder);
    remove(path);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(variants),
                                       cmocka_unit_test(the_default_series),
                                       cmocka_unit_test(few_circles),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(files),
                                       cmocka_unit_test(a_series_of_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
