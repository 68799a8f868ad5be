/* SPDX-License-Identifier: MIT
 * train.c - a program on libkrait: train a forecaster on numbers that are in memory, and ask it
 * what comes next. No file is read or written.
 *
 *     cc train.c $(pkg-config --cflags --libs krait) -lm -o train
 *     ./train */
#include <kr/kr.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 600, COLUMNS = 2, HORIZON = 6 };

static void fail(const kr_error *err) {
    fprintf(stderr, "train: %s\n", err->text);
    exit(1);
}

/* Two waves, a row an hour from the first day of 2024 on. */
static kr_rows *make_rows(void) {
    static const char *const names[COLUMNS] = {"load", "temperature"};
    static double values[ROWS * COLUMNS];
    static int64_t dates[ROWS];
    const double day = 2 * 3.141592653589793 / 24;
    kr_rows *rows = NULL;
    kr_error err;
    for (int i = 0; i < ROWS; i++) {
        values[i * COLUMNS] = 50 + 10 * sin(day * i);
        values[i * COLUMNS + 1] = 15 + 5 * cos(day * i);
        dates[i] = (1704067200 + 3600 * (int64_t)i) * 1000000;
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .name = "waves",
                                   .n_rows = ROWS,
                                   .n_columns = COLUMNS,
                                   .values = values,
                                   .columns = names,
                                   .dates = dates,
                                   .is_borrowed = true};
    if (kr_rows_from_memory(&memory, &rows, &err) != KR_OK) fail(&err);
    return rows;
}

static kr_forecaster *train(const kr_rows *rows) {
    static const char *const settings[][2] = {
        {"data", "custom"}, {"target", "load"}, {"model", "TimeStarMamba"}, {"seq_len", "48"},
        {"pred_len", "6"},  {"patch_len", "8"}, {"d_model", "16"},          {"d_ff", "16"},
        {"n_heads", "2"},   {"d_core", "8"},    {"learning_rate", "0.003"}, {"train_epochs", "5"}};
    kr_settings *own = NULL;
    kr_forecaster *model = NULL;
    kr_error err;
    if (kr_forecast_settings_create(&own, &err) != KR_OK) fail(&err);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (kr_settings_set(own, settings[i][0], settings[i][1], &err) != KR_OK) {
            fail(&err);
        }
    }
    if (kr_forecaster_create(NULL, own, &model, &err) != KR_OK) fail(&err);
    kr_settings_destroy(own);
    if (kr_forecaster_train(model, rows, NULL, &err) != KR_OK) fail(&err);
    return model;
}

int main(void) {
    kr_rows *rows = make_rows();
    kr_forecaster *model = train(rows);
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    kr_error err;
    const int64_t newest = ROWS - 1;
    if (kr_history_of_rows(model, rows, 0, NULL, &history, &err) != KR_OK) fail(&err);
    if (kr_forecaster_predict(model, history, 1, &newest, NULL, &p, &err) != KR_OK) fail(&err);
    for (int64_t step = 0; step < p->n_steps; step++) {
        char date[KR_DATE_TEXT];
        printf("%s", kr_date_text(p->timestamps[step], date));
        for (int64_t k = 0; k < p->n_outputs; k++) {
            printf("  %.1f", p->forecast[step * p->n_outputs + k]);
        }
        printf("\n");
    }
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
    kr_rows_destroy(rows);
    return 0;
}
