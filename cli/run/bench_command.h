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

/* A row of result_summary.csv; NaN and -1 mean N/A. The first 16 are the original's. */
typedef struct bench_row {
    char model[BENCH_NAME], dataset[BENCH_NAME];
    int64_t seq_len, pred_len;
    double mae, mse, rmse, mape, mspe;
    double params_M, train_time_s, avg_epoch_time_s, train_throughput;
    double inference_ms, inference_throughput, latency_ms;

    int64_t batch_size, d_state, patch_len, tokens, threads;
    double step_ms, step_ms_least, step_ms_largest, peak_rss_mib;
    int64_t repeats, steps;
    char flags[BENCH_FLAGS]; /* those that are not the default, as they are typed */
    char version[BENCH_NAME];
} bench_row;

/* ---- bench_case.c: one case measured ------------------------------------------------------ */

/* Fill in what identifies a row: model, data, sizes, threads, flags. */
void bench_name_case(const bench_request *request, const kr_comparison_case *c, bench_row *row);
bool bench_is_same_case(const bench_row *a, const bench_row *b);

/* What earlier cases have found; zero at the start. */
typedef struct bench_known {
    int64_t n_channels;            /* of the data, once a training has read them */
    char note[KR_ERROR_TEXT_SIZE]; /* the last one, which is not repeated */
    kr_rows *data;                 /* for training; NULL: nothing is trained, or reading failed */
} bench_known;

/* Measure in child processes and fill the rest of the row. progress (its label is set) is drawn by
 * the child. */
kr_status bench_measure(const bench_request *request, const kr_comparison_case *c,
                        const progress_line *progress, const char *note, bench_known *known,
                        bench_row *row, kr_error *err);

/* ---- bench_table.c: rows as files and lines ------------------------------------------------ */

/* All rows as CSV; the file appears complete or not at all. */
kr_status bench_write_rows(const char *path, const bench_row *rows, int64_t n, kr_error *err);
/* Read what bench_write_rows() wrote, with room for n_more rows after them. Free *rows with
 * kr_free. */
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
    int64_t first_fitted;              /* fits use the longer half, but at least 3 points */
    kr_power_law time_law, memory_law; /* slope NaN for a single point */
} bench_series;

/* Rows may come in any order. Series beyond BENCH_MOST_SERIES are left out. */
int bench_collect(const bench_row *const *rows, int64_t n, bench_series *series);
/* "MODEL, d_state 16, batch 4": as much as is needed to tell the series apart. Returns text. */
const char *bench_series_name(const bench_series *series, int n_series, int i, char *text,
                              size_t size);
/* One line per series on how time and memory grow. */
void bench_print_slopes(const bench_series *series, int n_series, FILE *out);
/* The length from which on a model with a state is faster than one without, one sentence per
 * series. */
void bench_print_verdict(const bench_series *series, int n_series, FILE *out);

/* ---- bench_figure.c ----------------------------------------------------------------------- */

/* Time and memory against tokens, with fitted slopes, on logarithmic axes. */
kr_status bench_draw(const bench_series *series, int n_series, const char *note, const char *path,
                     kr_error *err);

#endif
