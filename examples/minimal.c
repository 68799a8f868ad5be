/* SPDX-License-Identifier: MIT
 * minimal.c - a program on libkrait: how good is it to say that a series repeats its last day?
 *
 *     cc minimal.c $(pkg-config --cflags --libs krait) -o minimal
 *     ./minimal data/ETTh1.csv */
#include <kr/kr.h>

#include <stdio.h>
#include <string.h>

enum { LOOKBACK = 24, HORIZON = 96 };

/* Forecast and truth of every test window: (windows, HORIZON, channels) each. */
static void repeat_last_day(const kr_dataset *series, int64_t windows, float *pred, float *truth) {
    int64_t channels = series->n_channels;
    size_t row_size = (size_t)channels * sizeof(float);
    for (int64_t w = 0; w < windows; w++) {
        const float *past =
            series->data + kr_dataset_window(series, KR_SPLIT_TEST, w).row * channels;
        for (int64_t t = 0; t < HORIZON; t++) {
            int64_t to = (w * HORIZON + t) * channels;
            memcpy(pred + to, past + t % LOOKBACK * channels, row_size);
            memcpy(truth + to, past + (LOOKBACK + t) * channels, row_size);
        }
    }
}

int main(int argc, char **argv) {
    kr_dataset_config config = {.loader = "ETTh1",
                                .path = argc > 1 ? argv[1] : "data/ETTh1.csv",
                                .features = "M",
                                .target = "OT",
                                .freq = "h",
                                .is_timef = true,
                                .seq_len = LOOKBACK,
                                .pred_len = HORIZON};
    kr_dataset *series = NULL;
    kr_error err;
    if (kr_dataset_open(NULL, &config, &series, &err) != KR_OK) {
        fprintf(stderr, "minimal: %s\n", err.text);
        return 1;
    }
    int64_t windows = kr_dataset_window_count(series, KR_SPLIT_TEST);
    size_t n = (size_t)(windows * HORIZON * series->n_channels);
    float *pred = kr_calloc(n, sizeof *pred), *truth = kr_calloc(n, sizeof *truth);
    kr_metrics metrics = {0};
    if (pred && truth) {
        repeat_last_day(series, windows, pred, truth);
        kr_metrics_compute(windows, HORIZON, series->n_channels, pred, truth, &metrics);
        printf("%lld windows, mse %.3f, mae %.3f\n", (long long)windows, metrics.mse, metrics.mae);
    }
    bool is_done = pred && truth;
    kr_free(pred);
    kr_free(truth);
    kr_dataset_destroy(series);
    return is_done ? 0 : 1;
}
