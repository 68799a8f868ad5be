/* SPDX-License-Identifier: MIT
 * minimal.c - a program on libkrait: how good is it to say that a series repeats its last day?
 *
 *     cc minimal.c $(pkg-config --cflags --libs krait) -o minimal
 *     ./minimal data/ETTh1.csv */
#include <kr/kr.h>

#include <stdio.h>
#include <stdlib.h>

enum { LOOKBACK = 24, HORIZON = 96 };

/* Forecast and truth of every window: (windows, HORIZON, columns) each. */
static void repeat_last_day(const kr_rows *rows, int64_t windows, double *pred, double *truth) {
    int64_t columns = kr_rows_column_count(rows);
    const double *values = kr_rows_values(rows);
    for (int64_t i = 0; i < windows * HORIZON * columns; i++) {
        int64_t window = i / columns / HORIZON, step = i / columns % HORIZON, column = i % columns;
        pred[i] = values[(window + step % LOOKBACK) * columns + column];
        truth[i] = values[(window + LOOKBACK + step) * columns + column];
    }
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "data/ETTh1.csv";
    kr_rows *rows = NULL;
    kr_error err;
    if (kr_rows_read(path, NULL, &rows, &err) != KR_OK) {
        fprintf(stderr, "minimal: %s\n", err.text);
        return 1;
    }
    int64_t columns = kr_rows_column_count(rows);
    int64_t windows = kr_rows_count(rows) - LOOKBACK - HORIZON + 1;
    if (windows < 1) return fprintf(stderr, "minimal: %s: has too few rows\n", path), 1;
    size_t n = (size_t)(windows * HORIZON * columns);
    double *pred = calloc(n, sizeof *pred), *truth = calloc(n, sizeof *truth);
    kr_metrics metrics = {0};
    if (pred && truth) {
        repeat_last_day(rows, windows, pred, truth);
        kr_metrics_compute(windows, HORIZON, columns, pred, truth, &metrics);
        printf("%lld windows, mse %.3f, mae %.3f\n", (long long)windows, metrics.mse, metrics.mae);
    }
    bool is_done = pred && truth;
    free(pred);
    free(truth);
    kr_rows_destroy(rows);
    return is_done ? 0 : 1;
}
