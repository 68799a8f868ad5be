/* SPDX-License-Identifier: MIT
 * test_dataset.c - loaders, splits, scaling and marks against the originals', and what is refused.
 */
#include <kr/files.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/platform.h"
#include "forecast/dataset.h"
#include "forecast/loaders.h"
#include "forecast/opening.h"
#include "support/golden.h"
#include "support/starve.h"

enum { SEQ = 96, PRED = 96, LABEL = 48 };
static const char *const split_names[KR_SPLITS] = {"train", "val", "test"};

static kr_dataset *open_or_fail(const kr_dataset_config *config) {
    kr_error err = {0};
    kr_dataset *d = NULL;
    if (kr__dataset_open(NULL, config, &d, &err) != KR_OK) fail_msg("%s", err.text);
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
    int64_t n_windows = kr__dataset_window_count(d, (kr_split)split);
    for (int is_last = 0; is_last < 2; is_last++) {
        const char *end = is_last ? "last" : "first";
        int64_t start = kr__dataset_window(d, (kr_split)split, is_last ? n_windows - 1 : 0).row;
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
        assert_int_equal(d->spans[0].first_row[split], borders[2 * split]);
        assert_int_equal(d->spans[0].end_row[split], borders[2 * split + 1]);
        assert_int_equal(kr__dataset_window_count(d, (kr_split)split), windows[split]);
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
        int64_t c = i % d->n_channels;
        double y = (double)d->data[i] * d->deviation[c] + d->mean[c];
        assert_true(fabs(y - want[i]) <= 1e-6 * fabs(want[i]) + 1e-6 * d->deviation[c]);
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
        kr__dataset_destroy(d);
    }
    config.features = "M";
    config.is_timef = false;
    kr_dataset *d = open_or_fail(&config);
    int64_t n;
    const double *want = kr_golden_double(g, "timeenc0.train.first.x_mark", &n);
    assert_int_equal(n, SEQ * d->n_marks);
    assert_close_double(d->marks64, want, n, 0);
    kr__dataset_destroy(d);
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

/* ---- other properties ------------------------------------------------------------------- */

/* Minutes have four times the rows of hours, and a fifth calendar integer. */
static void ettm1_borders_and_quarters(void **state) {
    (void)state;
    kr_dataset_config config = make_config("ETTm1", "ETTm1.csv.gz", "M");
    config.is_timef = false;
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_rows, 69680);
    assert_int_equal(d->spans[0].end_row[KR_SPLIT_TRAIN], 34560);
    assert_int_equal(d->spans[0].first_row[KR_SPLIT_VAL], 34560 - SEQ);
    assert_int_equal(d->spans[0].end_row[KR_SPLIT_TEST], 57600);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TEST), 11425);
    assert_int_equal(d->n_marks, 5);
    const double want[10] = {7, 1, 4, 0, 0, 7, 1, 4, 0, 1};
    assert_memory_equal(d->marks64, want, sizeof want);
    kr__dataset_destroy(d);
    config.is_timef = true;
    config.freq = "15min";
    d = open_or_fail(&config);
    assert_int_equal(d->n_marks, 5);
    kr__dataset_destroy(d);
}

/* The table of known data sets, row by row, with the borders for SEQ rows of input. */
static void every_loader_has_its_splits(void **state) {
    (void)state;
    static const struct {
        const char *name, *reader;
        bool has_splits, needs_dates, is_free, has_patterns;
        int64_t n_rows, borders[KR_SPLITS][2];
    } wanted[] = {
        {"ETTh1", "csv", 1, 1, 0, 0, 14400, {{0, 8640}, {8544, 11520}, {11424, 14400}}},
        {"ETTh2", "csv", 1, 1, 0, 0, 14400, {{0, 8640}, {8544, 11520}, {11424, 14400}}},
        {"ETTm1", "csv", 1, 1, 0, 0, 57600, {{0, 34560}, {34464, 46080}, {45984, 57600}}},
        {"ETTm2", "csv", 1, 1, 0, 0, 57600, {{0, 34560}, {34464, 46080}, {45984, 57600}}},
        {"custom", NULL, 1, 0, 1, 0, 1001, {{0, 700}, {604, 801}, {705, 1001}}},
        {"PEMS", "pems", 1, 0, 0, 0, 1001, {{0, 600}, {600, 800}, {800, 1001}}},
        {"m4", "m4", 0, 0, 0, 1, 0, {{0}}},
    };
    char names[128] = "";
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? "|" : "",
                 wanted[i].name);
        const kr__loader *loader = kr__loader_find(wanted[i].name);
        assert_non_null(loader);
        assert_string_equal(loader->name, wanted[i].name);
        assert_string_equal(loader->reader ? loader->reader : "",
                            wanted[i].reader ? wanted[i].reader : "");
        assert_int_equal(loader->needs_dates, wanted[i].needs_dates);
        assert_int_equal(loader->is_free, wanted[i].is_free);
        assert_int_equal(loader->has_patterns, wanted[i].has_patterns);
        assert_int_equal(loader->split != NULL, wanted[i].has_splits);
        if (!loader->split) continue;
        int64_t first[KR_SPLITS], end[KR_SPLITS];
        loader->split(wanted[i].n_rows, loader->rows_per_hour, SEQ, first, end);
        for (int split = 0; split < KR_SPLITS; split++) {
            assert_int_equal(first[split], wanted[i].borders[split][0]);
            assert_int_equal(end[split], wanted[i].borders[split][1]);
        }
    }
    assert_string_equal(kr__loader_names, names);
    assert_null(kr__loader_find("ETTh3"));
}

static void weekly_and_priced_files_open(void **state) {
    (void)state;
    kr_dataset_config config = make_config("custom", "national_illness.csv", "M");
    config.seq_len = 36;
    config.pred_len = 24;
    config.freq = "w";
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_rows, 966);
    assert_int_equal(d->n_marks, 2);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TRAIN), 617);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_VAL), 74);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TEST), 170);
    kr__dataset_destroy(d);
    config = make_config("custom", "EPF_PJM.csv", "MS");
    d = open_or_fail(&config);
    assert_string_equal(d->names[2], "OT");
    kr__dataset_destroy(d);
}

/* The last channel is the one that MS forecasts, so the target goes there. */
static void target_moves_for_ms(void **state) {
    (void)state;
    static const char *const wanted[3][2] = {{"M", "OT"}, {"S", "HULL"}, {"MS", "HULL"}};
    for (int i = 0; i < 3; i++) {
        kr_dataset_config config = make_config("ETTh1", "ETTh1.csv", wanted[i][0]);
        config.target = " HULL ";
        kr_dataset *d = open_or_fail(&config);
        assert_int_equal(d->n_channels, i == 1 ? 1 : 7);
        assert_string_equal(d->names[d->n_channels - 1], wanted[i][1]);
        kr__dataset_destroy(d);
    }
}

static void double_copies_can_go(void **state) {
    (void)state;
    kr_dataset_config config = make_config("ETTh1", "ETTh1.csv", "M");
    kr_dataset *d = open_or_fail(&config);
    kr__dataset_drop_double(d);
    assert_null(d->data64);
    assert_null(d->marks64);
    assert_non_null(d->data);
    kr__dataset_drop_double(d);
    kr__dataset_destroy(d);
    kr__dataset_destroy(NULL);
}

/* ---- small files ------------------------------------------------------------------------ */

static const char small_path[] = "test_dataset.csv";

/* Rows of an hour each: `row(i)` in column a, i in column OT. */
static kr_dataset_config write_small(int n_rows, double (*row)(int i)) {
    FILE *f = fopen(small_path, "w");
    assert_non_null(f);
    fprintf(f, "date,a,OT\n");
    for (int i = 0; i < n_rows; i++) {
        fprintf(f, "2020-01-%02d %02d:00:00,%.17g,%d\n", 1 + i / 24, i % 24, row(i), i);
    }
    fclose(f);
    kr_dataset_config config = make_config("custom", "", "M");
    config.path = small_path;
    config.seq_len = 4;
    config.pred_len = 2;
    return config;
}

static double constant(int i) {
    (void)i;
    return 0.1;
}

static double constant_at_first(int i) { return i < 70 ? 3 : 1e300; }
static double huge(int i) { return i % 2 ? 1e308 : -1e308; }
static double tiny(int i) { return i % 2 ? 3e-299 : -3e-299; }
static double huge_mean(int i) { return 1e308 + i; }

/* 0.1 a hundred times has a mean that is not 0.1; the deviation is still taken for none. */
/* Parts that are given: the scaler sees the training rows, the rows behind are not used. */
static void given_parts(void **state) {
    (void)state;
    kr_dataset_config config = make_config("ETTh1", "ETTh1.csv", "M");
    config.n_rows_of[KR_SPLIT_TRAIN] = 1000;
    config.n_rows_of[KR_SPLIT_VAL] = 200;
    config.n_rows_of[KR_SPLIT_TEST] = PRED;
    kr_dataset *d = open_or_fail(&config);
    const int64_t first[KR_SPLITS] = {0, 1000 - SEQ, 1200 - SEQ}, end[] = {1000, 1200, 1200 + PRED};
    for (int split = 0; split < KR_SPLITS; split++) {
        assert_int_equal(d->spans[0].first_row[split], first[split]);
        assert_int_equal(d->spans[0].end_row[split], end[split]);
    }
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TEST), 1);
    for (int64_t c = 0; c < d->n_channels; c++) {
        double sum = 0;
        for (int64_t row = 0; row < 1000; row++) sum += d->data64[row * d->n_channels + c];
        assert_true(fabs(sum) < 1e-8);
    }
    kr__dataset_destroy(d);
}

static void constant_channel(void **state) {
    (void)state;
    kr_dataset_config config = write_small(100, constant);
    kr_dataset *d = open_or_fail(&config);
    assert_true(d->deviation[0] == 1);
    for (int i = 0; i < 100; i++) assert_true(fabs(d->data64[2 * i]) < 1e-15);
    kr__dataset_destroy(d);
}

static void refuse(const kr_dataset_config *config, kr_status status, const char *sentence) {
    kr_error err = {0};
    kr_dataset *d = NULL;
    kr_status got = kr__dataset_open(NULL, config, &d, &err);
    assert_string_equal(err.text, sentence);
    assert_int_equal(got, status);
    assert_null(d);
}

static void numbers_too_large(void **state) {
    (void)state;
    kr_dataset_config config = write_small(100, constant_at_first);
    refuse(&config, KR_FORMAT,
           "test_dataset.csv: column \"a\", row 71: the number is too large once scaled by the "
           "training rows");
}

/* Squares that are too large or small for a double do not hinder the scale. */
static void large_and_tiny_numbers_are_scaled(void **state) {
    (void)state;
    double (*const columns[])(int) = {huge, tiny};
    for (size_t k = 0; k < 2; k++) {
        kr_dataset_config config = write_small(100, columns[k]);
        kr_dataset *d = open_or_fail(&config);
        for (int i = 0; i < 100; i++) {
            assert_true(fabs(d->data64[2 * i] - (i % 2 ? 1 : -1)) < 1e-12);
        }
        assert_true(fabs(d->deviation[0] / fabs(columns[k](0)) - 1) < 1e-12);
        kr__dataset_destroy(d);
    }
    kr_dataset_config config = write_small(100, huge_mean); /* beside it, i is nothing */
    kr_dataset *d = open_or_fail(&config);
    assert_true(d->mean[0] == 1e308 && d->deviation[0] == 1 && d->data64[0] == 0);
    kr__dataset_destroy(d);
}

static double enormous(int i) { return i % 3 * 0x1p1010; }
static double minute(int i) { return i % 3 * -0x1p-1010; }

/* Models of single series cannot add such numbers up, or have too few digits of them. */
static void units_that_are_refused(void **state) {
    (void)state;
    const struct {
        double (*column)(int);
        const char *part;
    } cases[] = {{enormous, "column \"a\" is 2.19e+304"}, {minute, "column \"a\" is 1.82e-304"}};
    for (size_t k = 0; k < 2; k++) {
        kr_dataset_config config = write_small(100, cases[k].column);
        kr_features *features = NULL;
        kr_rows *rows = NULL, *picked = NULL;
        kr_error err = {.text = ""};
        assert_int_equal(kr__dataset_read(NULL, &config, &rows, &err), KR_OK);
        assert_int_equal(kr__dataset_pick(NULL, &config, rows, &features, &picked, NULL, &err),
                         KR_FORMAT);
        if (!strstr(err.text, cases[k].part)) fail_msg("%s", err.text);
        kr_rows_destroy(rows);
        kr_dataset *d = open_or_fail(&config); /* learned models have them scaled */
        kr__dataset_destroy(d);
    }
}

static void too_few_rows(void **state) {
    (void)state;
    kr_dataset_config config = write_small(30, constant);
    kr_dataset *d = open_or_fail(&config); /* 21, 3 + 4 and 6 + 4 rows */
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_VAL), 2);
    kr__dataset_destroy(d);
    /* A tenth is too short: the last pred_len rows are for tests, as many before them for
     * validation. */
    config.pred_len = 4;
    d = open_or_fail(&config);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TRAIN), 30 - 8 - 8 + 1);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_VAL), 1);
    assert_int_equal(kr__dataset_window(d, KR_SPLIT_VAL, 0).row, 30 - 8 - 4);
    assert_int_equal(kr__dataset_window(d, KR_SPLIT_TEST, 0).row, 30 - 4 - 4);
    kr__dataset_destroy(d);
    config.seq_len = 19;
    refuse(
        &config, KR_SHAPE,
        "test_dataset.csv: has 30 rows, too few for seq_len 19 and pred_len 4: one window each to "
        "train, validate and test on takes seq_len + 3 * pred_len = 31 rows; use smaller `seq_len` "
        "and `pred_len`, or a longer file");
    config.seq_len = (int64_t)1 << 40;
    config.pred_len = (int64_t)1 << 40;
    assert_int_equal(kr__dataset_open(NULL, &config, &d, NULL), KR_SHAPE);
    config.seq_len = 4;
    config.pred_len = 1;
    config.loader = "ETTm2";
    refuse(&config, KR_SHAPE,
           "test_dataset.csv: has 30 rows, the splits of ETTm2 need 57600 (20 months); use `data` "
           "custom for this file");
}

/* Training takes all that the others leave, and these may have no rows. */
static void parts_may_be_empty(void **state) {
    (void)state;
    static const struct {
        int64_t n_rows[KR_SPLITS], n_windows[KR_SPLITS];
    } cases[] = {{{-1, 0, 0}, {24, 0, 0}},
                 {{-1, 8, 0}, {16, 6, 0}},
                 {{-1, 0, 8}, {16, 0, 6}},
                 {{-1, 5, 8}, {11, 3, 6}},
                 {{12, 5, 0}, {6, 3, 0}}};
    kr_dataset_config config = write_small(30, constant);
    config.seq_len = 4;
    config.pred_len = 3;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(config.n_rows_of, cases[i].n_rows, sizeof config.n_rows_of);
        kr_dataset *d = open_or_fail(&config);
        for (int k = 0; k < KR_SPLITS; k++) {
            assert_int_equal(kr__dataset_window_count(d, (kr_split)k), cases[i].n_windows[k]);
        }
        kr__dataset_destroy(d);
    }
    config.n_rows_of[KR_SPLIT_TRAIN] = -1;
    config.n_rows_of[KR_SPLIT_VAL] = 27;
    config.n_rows_of[KR_SPLIT_TEST] = 0;
    refuse(
        &config, KR_SHAPE,
        "test_dataset.csv: the training part has 3 of 30 rows, too few for seq_len 4 + pred_len 3 "
        "= 7; use smaller `seq_len` and `pred_len`, or a longer file");
}

static void given_parts_refused(void **state) {
    (void)state;
    kr_dataset_config config = make_config("ETTh1", "ETTh1.csv", "M");
    char sentence[700];
    config.n_rows_of[KR_SPLIT_TRAIN] = 17000;
    config.n_rows_of[KR_SPLIT_VAL] = config.n_rows_of[KR_SPLIT_TEST] = 211;
    snprintf(sentence, sizeof sentence,
             "%s: has 17420 rows, fewer than the 17422 that training, validation and test part "
             "together ask for; use smaller `train_rows`, `val_rows` or `test_rows`",
             config.path);
    refuse(&config, KR_SHAPE, sentence);
    config.n_rows_of[KR_SPLIT_VAL] = PRED - 1;
    snprintf(sentence, sizeof sentence,
             "%s: the validation part has 191 of 17420 rows, too few for seq_len 96 + pred_len 96 "
             "= 192; use smaller `seq_len` and `pred_len`, or a longer file",
             config.path);
    refuse(&config, KR_SHAPE, sentence);
}

static void settings_refused(void **state) {
    (void)state;
    kr_dataset_config config = make_config("ETTh3", "ETTh1.csv", "M");
    refuse(&config, KR_USAGE,
           "`data`: unknown value \"ETTh3\"; did you mean ETTh1? It can be ETTh1, ETTh2, ETTm1, "
           "ETTm2, custom, PEMS or m4");
    config = make_config("ETTh1", "ETTh1.csv", "XYZ");
    refuse(&config, KR_USAGE, "`features`: unknown value \"XYZ\"; use M, S or MS");
    config = make_config("ETTh1", "ETTh1.csv", "M");
    config.pred_len = 0;
    refuse(&config, KR_USAGE, "seq_len 96 and pred_len 0: both must be 1 or more");
    config.pred_len = 1;
    config.freq = "y";
    refuse(&config, KR_USAGE,
           "freq \"y\": yearly steps have no time features; use m or q, or calendar integers "
           "(`embed` fixed)");
    config = make_config("custom", "EPF_NP.csv", "M");
    config.target = "Grid load";
    refuse(&config, KR_USAGE,
           KR_DATA_DIR
           "/EPF_NP.csv: has no column \"Grid load\" to be the target; set `target` to "
           "one of:  Grid load forecast,  Wind power forecast, OT");
    config = make_config("ETTh1", "ETTh1.csv", "S");
    config.target = "ot";
    refuse(&config, KR_USAGE,
           KR_DATA_DIR
           "/ETTh1.csv: has no column \"ot\" to be the target (did you mean OT?); set "
           "`target` to one of: HUFL, HULL, MUFL, MULL, LUFL, LULL, OT");
    config = make_config("ETTh1", "nothing.csv", "S");
    refuse(&config, KR_IO, KR_DATA_DIR "/nothing.csv: no such file; check the path");
}

static void many_columns_are_listed_in_part(void **state) {
    (void)state;
    FILE *f = fopen(small_path, "w");
    fprintf(f, "date");
    for (int i = 0; i < 1000; i++) fprintf(f, ",column_%d", i);
    fprintf(f, "\n2020-01-01");
    for (int i = 0; i < 1000; i++) fprintf(f, ",%d", i);
    fclose(f);
    kr_dataset_config config = make_config("custom", "", "M");
    config.path = small_path;
    kr_error err;
    kr_dataset *d = NULL;
    assert_int_equal(kr__dataset_open(NULL, &config, &d, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "one of: column_0, column_1, "));
    assert_string_equal(err.text + strlen(err.text) - 4, ", ..");
    assert_true(strlen(err.text) < 500);
}

static void no_dates(void **state) {
    (void)state;
    FILE *f = fopen(small_path, "w");
    fprintf(f, "a,OT\n");
    for (int i = 0; i < 40; i++) fprintf(f, "%d,2\n", i);
    fclose(f);
    kr_dataset_config config = make_config("custom", "", "M");
    config.path = small_path;
    config.seq_len = config.pred_len = 2;
    kr_dataset *d = open_or_fail(&config);
    assert_null(d->timestamps);
    assert_int_equal(d->n_marks, 0);
    assert_false(d->has_frequency);
    kr__dataset_destroy(d);
    config.loader = "ETTh1";
    refuse(&config, KR_FORMAT,
           "test_dataset.csv:1: has no column named date; give the column that holds the times "
           "that name");
}

static kr_status open_set(void *arg, kr_error *err) {
    kr_dataset *d = NULL;
    kr_status status = kr__dataset_open(NULL, arg, &d, err);
    assert_int_equal(status == KR_OK, d != NULL);
    kr__dataset_destroy(d);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_dataset_config config = write_small(60, constant);
    kr_starve("a data set", open_set, &config);
}

/* ---- PEMS ------------------------------------------------------------------------------- */

static const char pems_path[] = "test_dataset_pems.npz";
enum { STEPS = 50, SENSORS = 3, FEATURES = 2 };

static kr_dataset_config write_pems(const float *values, int rank, const char *member) {
    const int64_t shape[3] = {STEPS, SENSORS, FEATURES};
    kr_array array;
    assert_int_equal(kr_array_view(member, KR_DTYPE_F32, rank, shape, values, &array, NULL), KR_OK);
    assert_int_equal(kr_npz_write(pems_path, &array, 1, true, NULL), KR_OK);
    kr_dataset_config config = make_config("PEMS", "", "M");
    config.path = pems_path;
    config.seq_len = 3;
    config.pred_len = 2;
    return config;
}

static void fill_pems(float *values) {
    for (int i = 0; i < STEPS * SENSORS * FEATURES; i++) {
        values[i] = (float)(i % FEATURES ? -1 : (i * 7) % 31);
    }
}

static void pems(void **state) {
    (void)state;
    float values[STEPS * SENSORS * FEATURES];
    fill_pems(values);
    kr_dataset_config config = write_pems(values, 3, "data");
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_rows, STEPS);
    assert_int_equal(d->n_channels, SENSORS);
    assert_int_equal(d->n_marks, 0);
    assert_null(d->marks);
    assert_null(d->timestamps);
    const int64_t first[3] = {0, 30, 40}, end[3] = {30, 40, 50};
    assert_memory_equal(d->spans[0].first_row, first, sizeof first);
    assert_memory_equal(d->spans[0].end_row, end, sizeof end);
    double mean = 0, square = 0;
    for (int t = 0; t < 30; t++) mean += (double)values[(t * SENSORS + 1) * FEATURES] / 30;
    for (int t = 0; t < 30; t++) {
        square += pow((double)values[(t * SENSORS + 1) * FEATURES] - mean, 2) / 30;
    }
    double want = ((double)values[(45 * SENSORS + 1) * FEATURES] - mean) / sqrt(square);
    assert_true(fabs(d->data64[45 * SENSORS + 1] - want) < 1e-12);
    kr__dataset_destroy(d);
    config.features = "S";
    config.target = "2";
    d = open_or_fail(&config);
    assert_int_equal(d->n_channels, 1);
    assert_string_equal(d->names[0], "2");
    kr__dataset_destroy(d);
}

static void pems_refused(void **state) {
    (void)state;
    float values[STEPS * SENSORS * FEATURES];
    fill_pems(values);
    kr_dataset_config config = write_pems(values, 2, "data");
    refuse(&config, KR_FORMAT,
           "test_dataset_pems.npz: array data has shape (50, 3); (steps, sensors, features) is "
           "needed, with at most 100000 sensors");
    config = write_pems(values, 3, "datum");
    kr_dataset *d = NULL;
    assert_int_equal(kr__dataset_open(NULL, &config, &d, NULL), KR_FORMAT);
    values[(7 * SENSORS + 1) * FEATURES] = NAN;
    config = write_pems(values, 3, "data");
    refuse(&config, KR_FORMAT,
           "test_dataset_pems.npz: data[7, 1, 0] is not finite; fill them in first");
    values[(7 * SENSORS + 1) * FEATURES] = 0;
    config = write_pems(values, 3, "data");
    config.features = "MS";
    refuse(&config, KR_USAGE,
           "test_dataset_pems.npz: has no column \"OT\" to be the target; set `target` to one of: "
           "0, 1, 2");
}

static int remove_files(void **state) {
    (void)state;
    remove(small_path);
    remove(pems_path);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(etth1_equals_the_original),
        cmocka_unit_test(epf_equals_the_original),
        cmocka_unit_test(exchange_equals_the_original),
        cmocka_unit_test(ettm1_borders_and_quarters),
        cmocka_unit_test(every_loader_has_its_splits),
        cmocka_unit_test(weekly_and_priced_files_open),
        cmocka_unit_test(target_moves_for_ms),
        cmocka_unit_test(double_copies_can_go),
        cmocka_unit_test(constant_channel),
        cmocka_unit_test(given_parts),
        cmocka_unit_test(parts_may_be_empty),
        cmocka_unit_test(given_parts_refused),
        cmocka_unit_test(numbers_too_large),
        cmocka_unit_test(large_and_tiny_numbers_are_scaled),
        cmocka_unit_test(units_that_are_refused),
        cmocka_unit_test(too_few_rows),
        cmocka_unit_test(settings_refused),
        cmocka_unit_test(many_columns_are_listed_in_part),
        cmocka_unit_test(no_dates),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(pems),
        cmocka_unit_test(pems_refused),
    };
    return cmocka_run_group_tests(tests, NULL, remove_files);
}
