/* SPDX-License-Identifier: MIT
 * test_forecast_run.c - whole runs on a small file: an interrupted and resumed run equals an
 * uninterrupted one to the bit, checkpoints load, bad settings and bad numbers are refused. */
#define _POSIX_C_SOURCE 200809L
#include <kr/files.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/random.h"
#include "core/real.h"
#include "files/tensor_load.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "forecast/window_values.h"
#include "support/small_run.h"
#include "support/workers.h"

static char folder[] = "/tmp/krait-run-XXXXXX";

/* ---- a small data set ------------------------------------------------------------------- */

enum { ROWS = 420 };

static int make_data(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof path, "%s/wave.csv", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "date,a,b,OT\n");
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, 0);
    for (int i = 0; i < ROWS; i++) {
        double phase = 6.2831853 * i / 24, noise = 0.1 * kr__rng_normal(&rng);
        fprintf(file, "2020-01-%02d %02d:00:00,%.4f,%.4f,%.4f\n", 1 + i / 24, i % 24, sin(phase),
                cos(phase) + noise, sin(2 * phase) + 0.5 * noise);
    }
    fclose(file);
    return 0;
}

static int remove_data(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static kr_forecast_config small_config(const char *model, const char *name) {
    kr_forecast_config c;
    kr__forecast_config_init(&c);
    snprintf(c.root_path, sizeof c.root_path, "%s", folder);
    snprintf(c.checkpoints, sizeof c.checkpoints, "%s/%s", folder, name);
    strcpy(c.data_path, "wave.csv");
    strcpy(c.data, "custom");
    strcpy(c.model, model);
    c.seq_len = 24;
    c.pred_len = 6;
    c.label_len = 0;
    c.patch_len = 8;
    c.d_model = 16;
    c.n_heads = 2;
    c.d_ff = 8;
    c.d_core = 4;
    c.e_layers = 1;
    c.train_epochs = 3;
    c.learning_rate = 0.003;
    return c;
}

/* The same file with other numbers in column a: each times factor, and an offset. */
static void write_twin(const char *name, double factor, double offset) {
    char path[96], line[128];
    snprintf(path, sizeof path, "%s/wave.csv", folder);
    FILE *in = fopen(path, "r");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(in);
    assert_non_null(out);
    for (int row = 0; fgets(line, sizeof line, in); row++) {
        char *a = strchr(line, ',') + 1, *rest = strchr(a, ',');
        if (row == 0) {
            fputs(line, out);
        } else {
            double number = factor * strtod(a, NULL) + offset;
            fprintf(out, "%.*s%.4f%s", (int)(a - line), line, number, rest);
        }
    }
    fclose(in);
    fclose(out);
}

/* ---- runs ------------------------------------------------------------------------------- */

typedef struct stopper {
    int64_t epoch, step; /* interrupt after this step; 0: never */
} stopper;

static void on_event(void *arg, const kr_forecast_event *event) {
    const stopper *s = arg;
    if (event->kind == KR_EVENT_STEP && event->epoch == s->epoch && event->step == s->step) {
        kr_team_stop(test_team);
    }
}

static kr_status run(const kr_forecast_config *c, stopper stop, kr_forecast_result **result,
                     kr_error *err) {
    const kr_forecast_observer observer = {on_event, &stop};
    kr_team_go_on(test_team);
    return test_run(c, 0, &observer, result, err);
}

static const char *checkpoint_of(const kr_forecast_config *c) {
    static char paths[2][KR_FORECAST_PATH];
    static int i;
    i = !i;
    return kr__forecast_checkpoint(c, 0, paths[i], sizeof paths[i]);
}

static void compare_checkpoints(const char *a, const char *b) {
    kr_tensor_file *x = NULL, *y = NULL;
    assert_int_equal(kr_tensor_file_open(a, &x, NULL), KR_OK);
    assert_int_equal(kr_tensor_file_open(b, &y, NULL), KR_OK);
    assert_int_equal(kr_tensor_file_count(x), kr_tensor_file_count(y));
    for (int64_t i = 0; i < kr_tensor_file_count(x); i++) {
        const kr_array *info = kr_tensor_file_info(x, i);
        if (strcmp(info->name, "training.records") == 0) continue; /* holds seconds */
        size_t n = (size_t)info->n;
        kr_real *p = kr__calloc(n, sizeof *p), *q = kr__calloc(n, sizeof *q);
        assert_int_equal(kr__tensor_file_load(x, i, p, NULL), KR_OK);
        assert_int_equal(kr__tensor_file_load(y, i, q, NULL), KR_OK);
        if (memcmp(p, q, n * sizeof *p) != 0) fail_msg("%s differs", info->name);
        kr_free(p);
        kr_free(q);
    }
    kr_tensor_file_close(x);
    kr_tensor_file_close(y);
}

static void resumed_equals_uninterrupted(void **state) {
    (void)state;
    static const char *const models[] = {"TimeStar", "TimeStarMamba", "RLinear"};
    test_workers(2);
    for (int i = 0; i < 3; i++) {
        kr_forecast_config whole = small_config(models[i], "whole");
        kr_forecast_config parts = small_config(models[i], "parts");
        kr_forecast_result *a = NULL, *b = NULL;
        kr_error err = {0};
        if (run(&whole, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(run(&parts, (stopper){1, 3}, &b, &err), KR_INTERRUPTED);
        assert_non_null(strstr(err.text, "`resume`"));
        parts.resume = true;
        parts.threads = 1;
        assert_int_equal(run(&parts, (stopper){2, 8}, &b, &err), KR_INTERRUPTED);
        if (run(&parts, (stopper){0, 0}, &b, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(a->n_epochs, 3);
        assert_int_equal(b->n_epochs, 3);
        for (int e = 0; e < 3; e++) {
            assert_true(a->epochs[e].train_loss == b->epochs[e].train_loss);
            assert_true(a->epochs[e].validation_loss == b->epochs[e].validation_loss);
        }
        assert_true(a->scaled.mse == b->scaled.mse);
        compare_checkpoints(checkpoint_of(&whole), checkpoint_of(&parts));
        kr_forecast_result_destroy(a);
        kr_forecast_result_destroy(b);
    }
}

/* Asks for a stop after epoch 2, and keeps what a resumed run tells. */
static void stop_between(void *arg, const kr_forecast_event *event) {
    kr_forecast_event *resumed = arg;
    if (event->kind == KR_EVENT_RESUMED) *resumed = *event;
    if (event->kind == KR_EVENT_RATE && event->epoch == 3) kr_team_stop(test_team);
}

static void a_run_stops_between_epochs_and_tells_where_it_was(void **state) {
    (void)state;
    kr_forecast_config c = small_config("RLinear", "between");
    kr_forecast_event resumed = {.epoch = 0};
    const kr_forecast_observer observer = {stop_between, &resumed};
    kr_forecast_result *r = NULL;
    kr_team_go_on(test_team);
    assert_int_equal(test_run(&c, 0, &observer, &r, NULL), KR_INTERRUPTED);
    kr_team_go_on(test_team);
    c.resume = true;
    assert_int_equal(test_run(&c, 0, &observer, &r, NULL), KR_OK);
    assert_int_equal(resumed.epoch, 3);
    assert_int_equal(resumed.step, 0);
    assert_true(resumed.loss == fmin(r->epochs[0].validation_loss, r->epochs[1].validation_loss));
    kr_forecast_result_destroy(r);
}

static void a_checkpoint_is_tested_without_training(void **state) {
    (void)state;
    kr_forecast_config c = small_config("TimeStarMamba", "again");
    kr_forecast_result *a = NULL, *b = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    c.is_training = false;
    if (run(&c, (stopper){0, 0}, &b, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(a->scaled.mse == b->scaled.mse);
    assert_true(a->n_windows == 420 / 5 - 6 + 1);
    assert_true(a->scaled.mse < 0.9);
    c.d_model = 32;
    kr_forecast_result_destroy(b);
    b = NULL;
    snprintf(c.load, sizeof c.load, "%s", test_run_checkpoint());
    assert_int_equal(run(&c, (stopper){0, 0}, &b, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "has shape"));
    strcpy(c.model, "TimeStar");
    assert_int_equal(run(&c, (stopper){0, 0}, &b, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "which this model does not have"));
    kr_forecast_result_destroy(a);
}

static void other_settings_do_not_resume(void **state) {
    (void)state;
    kr_forecast_config c = small_config("RLinear", "other");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    kr_forecast_result_destroy(a);
    a = NULL;
    c.resume = true;
    c.learning_rate = 0.01;
    assert_int_equal(run(&c, (stopper){0, 0}, &a, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "was trained with `learning_rate` 0.003, not 0.01"));
}

/* A rate at which the second step's squared errors leave the range of float. */
static kr_forecast_config diverging_config(const char *on_nan) {
    kr_forecast_config c = small_config("RLinear", on_nan);
    c.learning_rate = 1e30;
    c.use_norm = false;
    strcpy(c.on_nan, on_nan);
    return c;
}

/* A copy of a checkpoint in which the first number of a weight is NaN. */
static void write_bad_twin(const char *path, const float *value, char *bad, size_t size) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    uint64_t header = 0;
    assert_int_equal(kr__file_read(path, 1 << 24, &bytes, &n, NULL), KR_OK);
    memcpy(&header, bytes, sizeof header);
    const char *at = strstr((const char *)bytes + 8, ".weight\"");
    assert_non_null(at);
    at = strstr(at, "\"data_offsets\":[") + strlen("\"data_offsets\":[");
    memcpy(bytes + 8 + header + strtoull(at, NULL, 10), value, sizeof *value);
    snprintf(bad, size, "%s/bad.safetensors", folder);
    FILE *file = fopen(bad, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
    kr_free(bytes);
}

static void nothing_to_resume_is_an_error_for_the_first_repetition_only(void **state) {
    (void)state;
    kr_forecast_config c = small_config("RLinear", "none");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    c.resume = true;
    assert_int_equal(test_run(&c, 0, NULL, &a, &err), KR_IO);
    assert_non_null(strstr(err.text, "leave --resume out"));
    assert_int_equal(test_run(&c, 1, NULL, &a, &err), KR_OK);
    assert_int_equal(a->n_epochs, 3);
    kr_forecast_result_destroy(a);
}

static void a_stop_while_testing_says_how_to_test(void **state) {
    (void)state;
    kr_forecast_config c = small_config("RLinear", "stopped");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    kr_forecast_result_destroy(a);
    a = NULL;
    c.is_training = false;
    test_workers(2);
    kr_team_stop(test_team);
    assert_int_equal(test_run(&c, 0, NULL, &a, &err), KR_INTERRUPTED);
    kr_team_go_on(test_team);
    assert_non_null(strstr(err.text, "--is_training 0 tests it"));
}

/* With seq_len rows between them, the truth of one window is the history of another, in both
 * units; `inverse` says in which the intervals are. */
static void history_has_the_units_of_the_forecast(void **state) {
    (void)state;
    for (int inverse = 0; inverse < 2; inverse++) {
        kr_forecast_config c = small_config("SeasonalNaive", "history");
        kr_forecast_result *a = NULL;
        kr_error err = {0};
        int64_t start = 0;
        double history[24], truth[64];
        c.inverse = inverse;
        if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
        assert_true(a->pred_len * a->n_channels <= 64);
        for (int original = 0; original < 2; original++) {
            kr_forecast_result_history(a, 24, 1, original, history, &start);
            kr_forecast_result_window(a, 0, original, NULL, truth);
            for (int t = 0; t < 6; t++) assert_true(history[t] == truth[t * a->n_channels + 1]);
        }
        assert_int_equal(a->is_original, inverse);
        kr_forecast_result_destroy(a);
    }
}

/* Errors, widths and distances of `inverse` are those of the scaled ones times the deviation. */
static void original_units_are_those_of_the_rows(void **state) {
    (void)state;
    kr_forecast_result *r[2] = {NULL, NULL};
    kr_error err = {0};
    for (int inverse = 0; inverse < 2; inverse++) {
        kr_forecast_config c = small_config("RLinear", "units");
        strcpy(c.features, "S");
        strcpy(c.target, "a");
        c.inverse = inverse;
        c.use_dtw = true;
        if (run(&c, (stopper){0, 0}, &r[inverse], &err) != KR_OK) fail_msg("%s", err.text);
    }
    const double unit = r[0]->dataset->deviation[0];
    assert_true(fabs(unit - 1) > 0.1 && r[0]->n_intervals > 0);
    assert_memory_equal(r[0]->pred, r[1]->pred,
                        (size_t)(r[0]->n_windows * r[0]->pred_len) * sizeof(float));
    assert_true(fabs(r[1]->original.mae / r[0]->scaled.mae - unit) < 1e-9 * unit);
    assert_true(fabs(r[1]->original.rmse / r[0]->scaled.rmse - unit) < 1e-9 * unit);
    assert_true(fabs(r[1]->original.rse - r[0]->scaled.rse) < 1e-9);
    assert_true(fabs(r[1]->dtw / r[0]->dtw - unit) < 1e-5 * unit);
    for (int i = 0; i < r[0]->n_intervals; i++) {
        const kr_interval_score *scaled = &r[0]->intervals[i], *original = &r[1]->intervals[i];
        assert_true(fabs(original->width / scaled->width - unit) < 1e-9 * unit);
        assert_true(fabs(original->winkler / scaled->winkler - unit) < 1e-9 * unit);
        assert_true(fabs(original->coverage - scaled->coverage) < 0.01);
    }
    double crps = r[1]->conformal_quantiles.crps / r[0]->conformal_quantiles.crps;
    assert_true(fabs(crps - unit) < 1e-9 * unit);
    kr_forecast_result_destroy(r[0]);
    kr_forecast_result_destroy(r[1]);
}

/* The distances of large numbers that differ little are those of the same numbers without what they
 * have in common. */
static void an_offset_keeps_distances(void **state) {
    (void)state;
    double dtw[2];
    write_twin("high.csv", 1, 1e8);
    for (int is_high = 0; is_high < 2; is_high++) {
        kr_forecast_config c = small_config("SeasonalNaive", "offset");
        kr_forecast_result *r = NULL;
        kr_error err = {0};
        if (is_high) strcpy(c.data_path, "high.csv");
        strcpy(c.features, "S");
        strcpy(c.target, "a");
        c.inverse = true;
        c.use_dtw = true;
        c.season = 5; /* not that of the file: the forecasts are off */
        if (run(&c, (stopper){0, 0}, &r, &err) != KR_OK) fail_msg("%s", err.text);
        dtw[is_high] = r->dtw;
        kr_forecast_result_destroy(r);
    }
    assert_true(dtw[0] > 0.1);
    if (!(fabs(dtw[1] / dtw[0] - 1) < 1e-5)) fail_msg("%g, %g", dtw[0], dtw[1]);
}

static void a_diverging_run_stops_with_a_sentence(void **state) {
    (void)state;
    kr_forecast_config c = diverging_config("stop");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    assert_int_equal(run(&c, (stopper){0, 0}, &a, &err), KR_NUMERIC);
    assert_non_null(
        strstr(err.text, "epoch 1, step 2: a value is not finite, first in op mse_loss"));
    assert_null(strstr(err.text, "kept"));
    c = diverging_config("skip");
    assert_int_equal(run(&c, (stopper){0, 0}, &a, &err), KR_NUMERIC);
    assert_null(a);
}

/* A rate that rises until numbers leave the range of float, in its second epoch: what the first one
 * left is there, and the sentence says so. */
static void what_is_kept_is_said(void **state) {
    (void)state;
    kr_forecast_config c = diverging_config("stop");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    char path[KR_FORECAST_PATH];
    snprintf(c.checkpoints, sizeof c.checkpoints, "%s/rising", folder);
    kr__forecast_checkpoint(&c, 0, path, sizeof path);
    c.learning_rate = 1e19;
    strcpy(c.lradj, "warmup_cosine");
    c.warmup_epochs = 2;
    assert_int_equal(run(&c, (stopper){0, 0}, &a, &err), KR_NUMERIC);
    assert_non_null(strstr(err.text, "epoch 2, step"));
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "is kept as epoch 1 left it"));
    assert_true(kr__file_exists(path));
}

/* A weight whose loss leaves the range of float: no step is good, and no file is left. */
static void a_run_without_a_good_step_fails(void **state) {
    (void)state;
    static const char *const kinds[] = {"skip", "rollback"};
    for (int i = 0; i < 2; i++) {
        kr_forecast_config c = small_config("RLinear", "hopeless");
        kr_forecast_result *a = NULL;
        kr_error err = {0};
        char path[KR_FORECAST_PATH];
        if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
        write_bad_twin(checkpoint_of(&c), &(float){3e38F}, c.load, sizeof c.load);
        kr_forecast_result_destroy(a);
        a = NULL;
        snprintf(c.checkpoints, sizeof c.checkpoints, "%s/without_%s", folder, kinds[i]);
        strcpy(c.on_nan, kinds[i]);
        c.train_epochs = 1;
        assert_int_equal(run(&c, (stopper){0, 0}, &a, &err), KR_NUMERIC);
        assert_non_null(strstr(err.text, "steps had a finite loss and gradient"));
        assert_null(strstr(err.text, "kept"));
        kr__forecast_checkpoint(&c, 0, path, sizeof path);
        assert_false(kr__file_exists(path));
    }
}

/* A weight that is no number is refused by its name, to train on and to test. */
static void a_weight_that_is_no_number_is_refused(void **state) {
    (void)state;
    const float bad[] = {NAN, -INFINITY};
    static const char *const words[] = {" is not a number; ", " is infinite as float32; "};
    kr_forecast_config c = small_config("RLinear", "bad_weight");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    kr_forecast_result_destroy(a);
    a = NULL;
    for (int i = 0; i < 4; i++) {
        kr_forecast_config loading = c;
        write_bad_twin(checkpoint_of(&c), &bad[i / 2], loading.load, sizeof loading.load);
        loading.is_training = i % 2;
        assert_int_equal(run(&loading, (stopper){0, 0}, &a, &err), KR_NUMERIC);
        assert_non_null(strstr(err.text, "bad.safetensors: "));
        assert_non_null(strstr(err.text, ".weight: value 1 of "));
        assert_non_null(strstr(err.text, words[i / 2]));
    }
}

/* An interrupted training that was not validated yet has no model. */
static void first_values_are_no_model(void **state) {
    (void)state;
    kr_forecast_config c = small_config("RLinear", "begun");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    test_workers(2);
    assert_int_equal(run(&c, (stopper){1, 2}, &a, &err), KR_INTERRUPTED);
    kr_team_go_on(test_team);
    c.is_training = false;
    assert_int_equal(run(&c, (stopper){0, 0}, &a, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "stopped before it had a model; continue it with `resume`"));
    c.is_training = c.resume = true;
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    kr_forecast_result_destroy(a);
}

static void frozen_parameters_stay(void **state) {
    (void)state;
    kr_forecast_config c = small_config("TimeStar", "frozen");
    kr_forecast_result *a = NULL, *b = NULL;
    kr_error err = {0};
    c.train_epochs = 1;
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    snprintf(c.load, sizeof c.load, "%.500s", checkpoint_of(&c));
    snprintf(c.checkpoints, sizeof c.checkpoints, "%s/frozen2", folder);
    strcpy(c.freeze, "encoder");
    strcpy(c.lr_factors, "head=3");
    if (run(&c, (stopper){0, 0}, &b, &err) != KR_OK) fail_msg("%s", err.text);
    kr_tensor_file *x = NULL, *y = NULL;
    assert_int_equal(kr_tensor_file_open(c.load, &x, NULL), KR_OK);
    assert_int_equal(kr_tensor_file_open(test_run_checkpoint(), &y, NULL), KR_OK);
    int n_frozen = 0, n_others = 0;
    for (int64_t i = 0; i < kr_tensor_file_count(x); i++) {
        const kr_array *info = kr_tensor_file_info(x, i);
        if (strchr(info->name, '.') == NULL || strncmp(info->name, "training.", 9) == 0 ||
            strncmp(info->name, "data.", 5) == 0 || strncmp(info->name, "intervals.", 10) == 0) {
            continue;
        }
        kr_real p[4096], q[4096];
        assert_true(info->n <= 4096);
        assert_int_equal(kr__tensor_file_load(x, i, p, NULL), KR_OK);
        assert_int_equal(kr__tensor_file_load(y, kr_tensor_file_find(y, info->name), q, NULL),
                         KR_OK);
        bool is_frozen = strstr(info->name, "encoder");
        assert_int_equal(memcmp(p, q, (size_t)info->n * sizeof *p) == 0, is_frozen);
        *(is_frozen ? &n_frozen : &n_others) += 1;
    }
    assert_true(n_frozen > 5 && n_others > 2);
    kr_tensor_file_close(x);
    kr_tensor_file_close(y);
    kr_forecast_result_destroy(a);
    kr_forecast_result_destroy(b);
}

static void a_diverging_run_rolls_back(void **state) {
    (void)state;
    kr_forecast_config c = diverging_config("rollback");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(isfinite(a->scaled.mse)); /* of the first values, the best that were seen */
    kr_forecast_result_destroy(a);
}

/* The model cannot tell a blank column from one that never moves; the targets are untouched. */
static void a_blank_column_is_at_its_mean(void **state) {
    (void)state;
    write_twin("still.csv", 0, 5);
    kr_forecast_config c = small_config("TimeStar", "blank");
    c.train_epochs = 1;
    strcpy(c.features, "MS");
    strcpy(c.blank_columns, "a");
    kr_forecast_result *blank = NULL, *still = NULL;
    assert_int_equal(run(&c, (stopper){0, 0}, &blank, NULL), KR_OK);
    strcpy(c.blank_columns, "");
    strcpy(c.data_path, "still.csv");
    assert_int_equal(run(&c, (stopper){0, 0}, &still, NULL), KR_OK);
    size_t bytes = (size_t)(blank->n_windows * blank->pred_len) * sizeof(float);
    assert_memory_equal(blank->pred, still->pred, bytes);
    assert_memory_equal(blank->truth, still->truth, bytes);
    kr_forecast_result_destroy(blank);
    kr_forecast_result_destroy(still);
}

/* ---- intervals -------------------------------------------------------------------------- */

/* The residuals of a checkpoint as they were fitted. */
static kr_conformal *load_residuals(const char *path, int64_t pred_len, int64_t n_outputs) {
    kr_tensor_file *file = NULL;
    assert_int_equal(kr_tensor_file_open(path, &file, NULL), KR_OK);
    int64_t i = kr_tensor_file_find(file, "intervals.residuals");
    assert_true(i >= 0);
    const kr_array *info = kr_tensor_file_info(file, i);
    assert_int_equal(info->rank, 3);
    assert_int_equal(info->shape[1], pred_len);
    assert_int_equal(info->shape[2], n_outputs);
    kr_conformal *c = kr__calloc(1, sizeof *c);
    *c = (kr_conformal){.n_windows = atoll(kr_tensor_file_value(file, "intervals.windows")),
                        .n_kept = info->shape[0],
                        .n_places = pred_len * n_outputs,
                        .residuals = kr__calloc((size_t)info->n, sizeof(float))};
    assert_int_equal(kr__tensor_file_load(file, i, (kr_real *)c->residuals, NULL), KR_OK);
    kr_tensor_file_close(file);
    return c;
}

/* What is reported of the test windows follows from the checkpoint and the forecasts. */
static void intervals_are_those_of_the_checkpoint(void **state) {
    (void)state;
    kr_forecast_config c = small_config("RLinear", "intervals");
    kr_forecast_result *a = NULL, *b = NULL;
    kr_error err = {0};
    strcpy(c.levels, "0.5,0.9");
    c.batch_size = 1; /* then the mean of the batches is the mean of the windows */
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(fabs(a->validation.mse - a->best_validation_loss) < 1e-6);
    kr_conformal *k = load_residuals(test_run_checkpoint(), a->pred_len, a->n_channels);
    assert_int_equal(k->n_windows, kr__dataset_window_count(a->dataset, KR_SPLIT_VAL));
    assert_int_equal(a->n_intervals, 2);
    int64_t n = a->n_windows * a->pred_len * a->n_channels;
    float *low = kr__calloc(2 * (size_t)n, sizeof *low), *high = low + n;
    for (int i = 0; i < 2; i++) {
        const kr_interval_score *is = &a->intervals[i];
        assert_int_equal(kr_conformal_bounds(k, is->level, a->n_windows, a->pred, low, high, NULL),
                         KR_OK);
        const kr__windows l = kr__windows_like_pred(a, low, false);
        const kr__windows h = kr__windows_like_pred(a, high, false);
        const kr__windows t = kr__windows_of_truth(a, false);
        kr_interval_score s = kr__interval_measure(is->level, &l, &h, &t);
        assert_true(s.coverage == is->coverage && s.width == is->width);
        assert_true(is->coverage > is->level - 0.15 && is->coverage < is->level + 0.15);
    }
    assert_int_equal(a->conformal_quantiles.n, 9);
    kr_conformal_quantile(k, 0.2, a->n_windows, a->pred, low);
    const kr__windows l = kr__windows_like_pred(a, low, false);
    const kr__windows t = kr__windows_of_truth(a, false);
    assert_true(a->conformal_quantiles.pinball[1] == kr__quantile_pinball(0.2, &l, &t));
    kr_free(low);
    kr_conformal_destroy(k);
    c.is_training = false;
    strcpy(c.levels, "none");
    if (run(&c, (stopper){0, 0}, &b, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(b->n_intervals, 0);
    assert_int_equal(b->conformal_quantiles.n, 0);
    assert_true(b->validation.mse == a->validation.mse);
    kr_forecast_result_destroy(a);
    kr_forecast_result_destroy(b);
}

static void a_model_without_parameters_has_a_checkpoint(void **state) {
    (void)state;
    kr_forecast_config c = small_config("Naive", "naive");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    strcpy(c.levels, "0.5,0.8");
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    kr_conformal_destroy(load_residuals(test_run_checkpoint(), a->pred_len, a->n_channels));
    kr_forecast_result_destroy(a);
    c.is_training = false;
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    assert_string_equal(test_run_checkpoint(), "");
    assert_int_equal(a->n_intervals, 2);
    kr_forecast_result_destroy(a);
}

/* 95 % needs 39 windows; 80 % needs 9. */
static void levels_that_the_windows_do_not_allow_are_left_out(void **state) {
    (void)state;
    kr_forecast_config c = small_config("Naive", "few"); /* 42 rows: 37 windows */
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(a->n_intervals, 1);
    assert_true(a->intervals[0].level == 0.8);
    kr_forecast_result_destroy(a);
}

/* ---- quantiles -------------------------------------------------------------------------- */

static kr_forecast_config quantile_config(const char *model, const char *name) {
    kr_forecast_config c = small_config(model, name);
    strcpy(c.loss, "Quantile");
    strcpy(c.quantiles, "0.1,0.3,0.5,0.9");
    c.learning_rate = 0.01;
    return c;
}

/* Scores are those of the quantiles handed out, and the loss is theirs. */
static void quantiles_are_forecast_and_measured(void **state) {
    (void)state;
    kr_forecast_config c = quantile_config("TimeStar", "quantiles");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    int64_t n = a->pred_len * a->n_channels, size = a->n_windows * n;
    double *q = kr__calloc(5 * (size_t)size, sizeof *q), *truth = q + 4 * size;
    for (int64_t i = 0; i < 4 * size; i++) {
        int64_t w = i / (4 * n), k = i / n % 4;
        q[k * size + w * n + i % n] = (double)a->quantiles[i];
        assert_true(k == 0 || a->quantiles[i] >= a->quantiles[i - n]);
    }
    for (int64_t i = 0; i < size; i++) {
        assert_true(q[2 * size + i] == (double)a->pred[i]);
        truth[i] = (double)a->truth[i];
    }
    /* The validation windows are like the test windows, and so are the errors of the median. */
    assert_true(fabs(a->validation.mae - a->scaled.mae) < 0.3 * a->scaled.mae);
    assert_int_equal(a->quantile_scores.n, 4);
    for (int k = 0; k < 4; k++) {
        double p = a->quantile_scores.p[k];
        double pinball = kr_quantile_pinball(p, size, q + k * size, truth);
        assert_true(a->quantile_scores.pinball[k] == pinball);
    }
    assert_int_equal(a->n_quantile_intervals, 1); /* 0.1 .. 0.9; 0.3 has no counterpart */
    kr_interval_score s = kr_interval_measure(0.8, size, q, q + 3 * size, truth);
    assert_true(a->quantile_intervals[0].coverage == s.coverage);
    assert_true(s.coverage > 0.5 && s.coverage < 0.99);
    kr_free(q);
    kr_forecast_result_destroy(a);
}

/* The median of the quantiles is the forecast, whatever the units of the scores. */
static void the_median_is_the_forecast(void **state) {
    (void)state;
    kr_forecast_config c = quantile_config("DLinear", "inverse");
    kr_forecast_result *a = NULL;
    kr_error err = {0};
    c.inverse = true;
    if (run(&c, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    int64_t n = a->pred_len * a->n_channels;
    for (int64_t w = 0; w < a->n_windows; w++) {
        assert_memory_equal(a->quantiles + (4 * w + 2) * n, a->pred + w * n,
                            (size_t)n * sizeof(float));
    }
    kr_forecast_result_destroy(a);
}

static void quantiles_resume_and_load(void **state) {
    (void)state;
    kr_forecast_config whole = quantile_config("RLinear", "q-whole");
    kr_forecast_config parts = quantile_config("RLinear", "q-parts");
    kr_forecast_result *a = NULL, *b = NULL;
    kr_error err = {0};
    if (run(&whole, (stopper){0, 0}, &a, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(run(&parts, (stopper){2, 3}, &b, &err), KR_INTERRUPTED);
    parts.resume = true;
    if (run(&parts, (stopper){0, 0}, &b, &err) != KR_OK) fail_msg("%s", err.text);
    compare_checkpoints(checkpoint_of(&whole), checkpoint_of(&parts));
    kr_forecast_result_destroy(b);
    strcpy(parts.quantiles, "0.1,0.5,0.9");
    assert_int_equal(run(&parts, (stopper){0, 0}, &b, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "was trained with `quantiles` 0.1,0.3,0.5,0.9"));
    parts.resume = parts.is_training = false;
    snprintf(parts.load, sizeof parts.load, "%s", checkpoint_of(&whole));
    assert_int_equal(run(&parts, (stopper){0, 0}, &b, &err), KR_SHAPE);
    strcpy(parts.quantiles, whole.quantiles);
    if (run(&parts, (stopper){0, 0}, &b, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(a->quantile_scores.crps == b->quantile_scores.crps);
    kr_forecast_result_destroy(a);
    kr_forecast_result_destroy(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_equals_uninterrupted),
        cmocka_unit_test(a_run_stops_between_epochs_and_tells_where_it_was),
        cmocka_unit_test(a_checkpoint_is_tested_without_training),
        cmocka_unit_test(other_settings_do_not_resume),
        cmocka_unit_test(nothing_to_resume_is_an_error_for_the_first_repetition_only),
        cmocka_unit_test(a_stop_while_testing_says_how_to_test),
        cmocka_unit_test(history_has_the_units_of_the_forecast),
        cmocka_unit_test(original_units_are_those_of_the_rows),
        cmocka_unit_test(an_offset_keeps_distances),
        cmocka_unit_test(a_blank_column_is_at_its_mean),
        cmocka_unit_test(a_diverging_run_stops_with_a_sentence),
        cmocka_unit_test(what_is_kept_is_said),
        cmocka_unit_test(a_run_without_a_good_step_fails),
        cmocka_unit_test(a_weight_that_is_no_number_is_refused),
        cmocka_unit_test(first_values_are_no_model),
        cmocka_unit_test(frozen_parameters_stay),
        cmocka_unit_test(a_diverging_run_rolls_back),
        cmocka_unit_test(intervals_are_those_of_the_checkpoint),
        cmocka_unit_test(a_model_without_parameters_has_a_checkpoint),
        cmocka_unit_test(levels_that_the_windows_do_not_allow_are_left_out),
        cmocka_unit_test(quantiles_are_forecast_and_measured),
        cmocka_unit_test(the_median_is_the_forecast),
        cmocka_unit_test(quantiles_resume_and_load),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}
