/* SPDX-License-Identifier: MIT
 * fuzz_models.c - small models and series to fuzz around. */
#include "support/fuzz_models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct setting {
    const char *name, *value;
} setting;

static void require_ok(kr_status status, const kr_error *err) {
    if (status == KR_OK) return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

static void set_all(kr_settings *settings, const setting *list, size_t n) {
    kr_error err = {0};
    for (size_t i = 0; i < n; i++) {
        require_ok(kr_settings_set(settings, list[i].name, list[i].value, &err), &err);
    }
}

/* ---- forecasters ------------------------------------------------------------------------- */

kr_rows *fuzz_rows(void) {
    static const char *const names[] = {"a", "b"};
    double values[FUZZ_ROWS * 2];
    int64_t dates[FUZZ_ROWS];
    for (int i = 0; i < FUZZ_ROWS; i++) {
        values[2 * i] = 20 + 5 * sin(0.7 * i);
        values[2 * i + 1] = i % 7 - 100;
        dates[i] = 1577836800 + 3600 * (int64_t)i;
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = FUZZ_ROWS,
                                   .n_columns = 2,
                                   .values = values,
                                   .columns = names,
                                   .dates = dates};
    kr_rows *rows = NULL;
    kr_error err = {0};
    require_ok(kr_rows_from_memory(&memory, &rows, &err), &err);
    return rows;
}

kr_forecaster *fuzz_forecaster(const char *model) {
    const setting list[] = {
        {"data", "custom"},  {"target", "b"},     {"model", model},  {"seq_len", "6"},
        {"pred_len", "3"},   {"patch_len", "3"},  {"d_model", "4"},  {"n_heads", "1"},
        {"d_ff", "4"},       {"d_core", "2"},     {"e_layers", "1"}, {"train_epochs", "2"},
        {"moving_avg", "3"}, {"grad_slots", "1"}, {"season", "3"},   {"batch_size", "16"}};
    kr_settings *settings = NULL;
    kr_forecaster *f = NULL;
    kr_error err = {0};
    require_ok(kr_forecast_settings_create(&settings, &err), &err);
    set_all(settings, list, sizeof list / sizeof list[0]);
    require_ok(kr_forecaster_create(NULL, settings, &f, &err), &err);
    kr_settings_destroy(settings);
    return f;
}

/* ---- next-step models ---------------------------------------------------------------------- */

kr_series *fuzz_series(void) {
    float values[FUZZ_STEPS * FUZZ_FEATURES];
    kr_series *series = NULL;
    kr_error err = {0};
    for (int i = 0; i < FUZZ_STEPS * FUZZ_FEATURES; i++) values[i] = (float)sin(0.3 * i);
    require_ok(kr_series_copy(FUZZ_STEPS, FUZZ_FEATURES, values, NULL, &series, &err), &err);
    return series;
}

kr_nextstep *fuzz_nextstep(void) {
    static const setting list[] = {{"seq_len", "8"},       {"stride", "8"},  {"d_model", "4"},
                                   {"n_layers", "1"},      {"d_state", "2"}, {"d_conv", "2"},
                                   {"expand", "1"},        {"d_ff", "4"},    {"epochs", "2"},
                                   {"batch_size", "4"},    {"dropout", "0"}, {"grad_slots", "1"},
                                   {"val_fraction", "0.3"}};
    kr_settings *settings = NULL;
    kr_nextstep *model = NULL;
    kr_error err = {0};
    require_ok(kr_nextstep_settings_create(&settings, &err), &err);
    set_all(settings, list, sizeof list / sizeof list[0]);
    require_ok(kr_nextstep_create(NULL, settings, FUZZ_FEATURES, &model, &err), &err);
    kr_settings_destroy(settings);
    return model;
}
