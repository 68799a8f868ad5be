/* SPDX-License-Identifier: MIT
 * forecast.c - a program on libkrait: what a trained forecaster says comes after the rows of a
 * file.
 *
 *     krait fit now.csv --horizon 24
 *     cc forecast.c $(pkg-config --cflags --libs krait) -o forecast
 *     ./forecast fit/model.safetensors now.csv */
#include <kr/kr.h>

#include <stdio.h>
#include <stdlib.h>

static void fail(const kr_error *err) {
    fprintf(stderr, "forecast: %s\n", err->text);
    exit(1);
}

static void print_step(const kr_forecaster *model, const kr_prediction *p, int64_t step) {
    const kr_forecaster_info *info = kr_forecaster_info_of(model);
    char date[KR_DATE_TEXT] = "";
    if (p->timestamps) kr_date_text(p->timestamps[step], date);
    printf("%-19s", date);
    for (int64_t k = 0; k < p->n_outputs; k++) {
        int64_t i = step * p->n_outputs + k;
        printf("  %s %g", info->columns[info->n_channels - p->n_outputs + k], p->forecast[i]);
        if (p->n_levels > 0) printf(" (%g .. %g)", (double)p->lower[i], (double)p->upper[i]);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    kr_error err;
    kr_forecaster *model = NULL;
    kr_history *rows = NULL;
    kr_prediction *p = NULL;
    const double level = 0.8;
    if (argc < 3) return fprintf(stderr, "usage: forecast MODEL DATA.csv\n"), 2;
    if (kr_forecaster_open(NULL, argv[1], &model, &err) != KR_OK) fail(&err);
    if (kr_history_read(model, argv[2], NULL, &rows, &err) != KR_OK) fail(&err);
    bool has_intervals = kr_forecaster_check_level(model, level, NULL) == KR_OK;
    kr_predict_options options = {
        .size = sizeof options, .n_levels = has_intervals, .levels = &level};
    int64_t newest = rows->n_rows - 1;
    if (kr_forecaster_predict(model, rows, 1, &newest, &options, &p, &err) != KR_OK) fail(&err);
    for (int64_t step = 0; step < p->n_steps; step++) print_step(model, p, step);
    kr_prediction_destroy(p);
    kr_history_destroy(rows);
    kr_forecaster_destroy(model);
    return 0;
}
