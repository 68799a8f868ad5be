/* SPDX-License-Identifier: MIT
 * bench_command.h - what the parts of `krait bench` share: the request, a row of results. */
#ifndef KRAIT_BENCH_COMMAND_H
#define KRAIT_BENCH_COMMAND_H

#include <stdio.h>

#include "forecast/comparison.h"
#include "framework/command.h"
#include "framework/progress.h"
#include "framework/train_and_test.h"

enum { BENCH_PATH = KR_FLAG_TEXT + 64, BENCH_NAME = 64, BENCH_FLAGS = 1024 };

typedef struct bench_request {
    command_call call;
    kr_comparison_config config;
} bench_request;

/* A row of result_summary.csv; NaN and -1 stand for N/A. The first 16 are the original's. */
typedef struct bench_row {
    char model[BENCH_NAME], dataset[BENCH_NAME];
    int64_t seq_len, pred_len;
    double mae, mse, rmse, mape, mspe;
    double params_M, train_time_s, avg_epoch_time_s, train_throughput;
    double inference_ms, inference_throughput, latency_ms;

    int64_t batch_size, d_state, patch_len, tokens, threads;
    double step_ms, step_ms_least, step_ms_largest, peak_rss_mib;
    int64_t repeats, steps;
    char flags[BENCH_FLAGS]; /* that are not the default, as they are typed */
    char version[BENCH_NAME];
} bench_row;

/* ---- bench_case.c: one case measured ------------------------------------------------------ */

/* What a row is recognised by: model, data, sizes, threads, flags. */
void bench_name_case(const bench_request *request, const kr_comparison_case *c, bench_row *row);
bool bench_is_same_case(const bench_row *a, const bench_row *b);

/* What earlier cases have found out; zero at the start. */
typedef struct bench_known {
    int64_t n_channels;            /* of the data, once a training has read them */
    char note[KR_ERROR_TEXT_SIZE]; /* the last one, not to be said again */
    kr_rows *data; /* that models are trained on; NULL: none are, or reading failed */
} bench_known;

/* Measure in child processes and fill the rest of the row. progress (its label is set) is drawn by
 * the child. */
kr_status bench_measure(const bench_request *request, const kr_comparison_case *c,
                        const progress_line *progress, const char *note, bench_known *known,
                        bench_row *row, kr_error *err);

/* ---- bench_table.c: rows as files and lines ------------------------------------------------ */

/* All rows as CSV; the file appears complete or not at all. */
kr_status bench_write_rows(const char *path, const bench_row *rows, int64_t n, kr_error *err);
/* What bench_write_rows() wrote: room for n_more rows behind them. Free *rows with kr_free. */
kr_status bench_read_rows(const char *path, int64_t n_more, bench_row **rows, int64_t *n,
                          kr_error *err);
/* One JSON object on one line; null for N/A. */
void bench_print_json(const bench_row *row, FILE *out);
void bench_print_header(FILE *out);
void bench_print_row(const bench_row *row, FILE *out);

/* ---- bench_verdict.c: rows as curves ------------------------------------------------------- */

enum { BENCH_MOST_SERIES = 64, BENCH_MOST_POINTS = 64 };

/* One model at one batch and state over tokens, shortest first. */
typedef struct bench_series {
    const bench_row *first; /* what its points share */
    int64_t n;
    double tokens[BENCH_MOST_POINTS], step_ms[BENCH_MOST_POINTS], memory[BENCH_MOST_POINTS];
    int64_t first_fitted;              /* the fits are of the longer half, 3 points at least */
    kr_power_law time_law, memory_law; /* slope NaN where there is one point */
} bench_series;

/* Rows come with rising seq_len or not. Series beyond the most are left out. */
int bench_collect(const bench_row *const *rows, int64_t n, bench_series *series);
/* "MODEL, d_state 16, batch 4": as much as tells the series apart. Returns text. */
const char *bench_series_name(const bench_series *series, int n_series, int i, char *text,
                              size_t size);
/* A line a series on how time and memory grow. */
void bench_print_slopes(const bench_series *series, int n_series, FILE *out);
/* From which length on a model with a state wins against one without: a sentence a series. */
void bench_print_verdict(const bench_series *series, int n_series, FILE *out);

/* ---- bench_figure.c ----------------------------------------------------------------------- */

/* Time and memory against tokens, with fitted slopes, on logarithmic axes. */
kr_status bench_draw(const bench_series *series, int n_series, const char *note, const char *path,
                     kr_error *err);

#endif
