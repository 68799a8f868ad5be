/* SPDX-License-Identifier: MIT
 * test_dataset.c - loaders, splits, scaling and marks against the originals', and what is refused.
 */
#include <kr/dataset.h>
#include <kr/npy.h>
#include <kr/platform.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/golden.h"

enum { SEQ = 96, PRED = 96, LABEL = 48 };
static const char *const split_names[KR_SPLITS] = {"train", "val", "test"};

static kr_dataset *open_or_fail(const kr_dataset_config *config) {
    kr_error err = {0};
    kr_dataset *d = NULL;
    if (kr_dataset_open(config, &d, &err) != KR_OK) fail_msg("%s", err.text);
    return d;
}

static kr_dataset_config make_config(const char *loader, const char *file, const char *features) {
    static char path[512];
    snprintf(path, sizeof path, KR_DATA_DIR "/%s", file);
    return (kr_dataset_config){.loader = loader,
                               .path = path,
                               .features = features,
                               .target = "OT",
                               .freq = "h",
                               .is_timef = true,
                               .seq_len = SEQ,
                               .pred_len = PRED,
                               .label_len = LABEL};
}

/* ---- against the originals -------------------------------------------------------------- */

/* Rows first .. of a float64 array against golden `features.split.end.part`, where it is there. */
static void compare_part(kr_golden *g, const char *features, int split, const char *end,
                         const char *part, const double *got) {
    char name[64];
    int64_t n;
    snprintf(name, sizeof name, "%s.%s.%s.%s", features, split_names[split], end, part);
    if (!kr_golden_has(g, name)) return;
    const double *want = kr_golden_double(g, name, &n);
    assert_close_double(got, want, n, 1e-10);
}

static void compare_windows(kr_golden *g, const kr_dataset *d, const char *features, int split) {
    int64_t n_windows = kr_dataset_window_count(d, (kr_split)split);
    for (int is_last = 0; is_last < 2; is_last++) {
        const char *end = is_last ? "last" : "first";
        int64_t start = d->first_row[split] + (is_last ? n_windows - 1 : 0);
        int64_t y_start = start + SEQ - LABEL;
        compare_part(g, features, split, end, "x", d->data64 + start * d->n_channels);
        compare_part(g, features, split, end, "y", d->data64 + y_start * d->n_channels);
        compare_part(g, features, split, end, "x_mark", d->marks64 + start * d->n_marks);
        compare_part(g, features, split, end, "y_mark", d->marks64 + y_start * d->n_marks);
    }
}

static void compare_splits(kr_golden *g, const kr_dataset *d, const char *features) {
    char name[64];
    int64_t n;
    const int64_t *borders = kr_golden_int64(g, "borders", &n);
    snprintf(name, sizeof name, "%s.windows", features);
    const int64_t *windows = kr_golden_int64(g, name, &n);
    for (int split = 0; split < KR_SPLITS; split++) {
        assert_int_equal(d->first_row[split], borders[2 * split]);
        assert_int_equal(d->end_row[split], borders[2 * split + 1]);
        assert_int_equal(kr_dataset_window_count(d, (kr_split)split), windows[split]);
        compare_windows(g, d, features, split);
    }
}

static void compare_scaler(kr_golden *g, const kr_dataset *d, const char *features) {
    char name[64];
    int64_t n;
    snprintf(name, sizeof name, "%s.scaler_mean", features);
    const double *want = kr_golden_double(g, name, &n);
    assert_int_equal(n, d->n_channels);
    assert_close_double(d->mean, want, n, 1e-12);
    snprintf(name, sizeof name, "%s.scaler_std", features);
    assert_close_double(d->deviation, kr_golden_double(g, name, &n), n, 1e-12);
    snprintf(name, sizeof name, "%s.inverse_first_x", features);
    if (!kr_golden_has(g, name)) return;
    want = kr_golden_double(g, name, &n);
    for (int64_t i = 0; i < n; i++) {
        float y;
        int64_t c = i % d->n_channels;
        kr_dataset_unscale(d, c, 1, 1, &d->data[i], &y);
        assert_true(fabs((double)y - want[i]) <= 1e-6 * fabs(want[i]) + 1e-6 * d->deviation[c]);
    }
}

static void compare_narrowed(const kr_dataset *d) {
    for (int64_t i = 0; i < d->n_rows * d->n_channels; i++) {
        assert_true(d->data[i] == (float)d->data64[i]);
    }
    for (int64_t i = 0; i < d->n_rows * d->n_marks; i++) {
        assert_true(d->marks[i] == (float)d->marks64[i]);
    }
}

static void compare_dataset(const char *golden, kr_dataset_config config) {
    static const char *const all_features[] = {"M", "S", "MS"};
    kr_golden *g = kr_golden_open(golden);
    for (int i = 0; i < 3; i++) {
        config.features = all_features[i];
        config.is_timef = true;
        kr_dataset *d = open_or_fail(&config);
        assert_int_equal(d->n_rows, (int64_t)kr_golden_value(g, "rows"));
        compare_splits(g, d, config.features);
        compare_scaler(g, d, config.features);
        compare_narrowed(d);
        kr_dataset_destroy(d);
    }
    config.features = "M";
    config.is_timef = false;
    kr_dataset *d = open_or_fail(&config);
    int64_t n;
    const double *want = kr_golden_double(g, "timeenc0.train.first.x_mark", &n);
    assert_int_equal(n, SEQ * d->n_marks);
    assert_close_double(d->marks64, want, n, 0);
    kr_dataset_destroy(d);
    kr_golden_close(g);
}

static void etth1_equals_the_original(void **state) {
    (void)state;
    compare_dataset("data_etth1.npz", make_config("ETTh1", "ETTh1.csv", "M"));
}

static void epf_equals_the_original(void **state) {
    (void)state;
    compare_dataset("data_epf_np.npz", make_config("custom", "EPF_NP.csv", "M"));
}

/* The reference values were made from the original text file, where the last two columns stand the
 * other way round: its target is our column 6, and moving 6 to the end gives its order. */
static void exchange_equals_the_original(void **state) {
    (void)state;
    kr_dataset_config config = make_config("custom", "exchange_rate.csv", "M");
    config.target = "6";
    compare_dataset("data_exchange.npz", config);
    config.freq = "d";
    compare_dataset("data_exchange_d.npz", config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(etth1_equals_the_original),
        cmocka_unit_test(epf_equals_the_original),
        cmocka_unit_test(exchange_equals_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
