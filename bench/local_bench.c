/* SPDX-License-Identifier: MIT
 * local_bench.c - statistical models on a panel, scored as the M competitions do: a JSON line each.
 *
 *     local_bench TRAIN.csv TEST.csv SEASON[+SEASON..] MODEL,MODEL,.. [WORKERS [SERIES]]
 *
 * Tables are long: id, date, y. SERIES: the first so many alone. sMAPE:
 * mean over series of 200 |f - y| / (|f| + |y|). MASE: scaled by the series' own error of the
 * seasonal naive forecast on the training values. With several models their median comes last. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/rows.h>

#include "core/arena.h"
#include "core/platform.h"
#include "local/local.h"

enum { MOST_MODELS = 16, MOST_SEASONS = 8 };

typedef struct panel {
    kr_team *team;
    kr_rows *train, *test;
    int64_t n, horizon, seasons[MOST_SEASONS], n_seasons;
    int64_t season;   /* the first one, or 1 */
    int64_t *of_test; /* (n) the series of the test rows */
    kr__local_series *series;
    kr__local_forecast *out;
    double *made[MOST_MODELS]; /* (n, horizon) */
} panel;

static kr_status read_panel(panel *p, const char *train, const char *test, kr_error *err) {
    kr_rows_options options = {.size = sizeof options, .id_column = "id", .team = p->team};
    KR_TRY(kr_rows_read(train, &options, &p->train, err));
    KR_TRY(kr_rows_read(test, &options, &p->test, err));
    p->n = kr_rows_series_count(p->train);
    p->of_test = kr__calloc((size_t)p->n, sizeof *p->of_test);
    p->series = kr__calloc((size_t)p->n, sizeof *p->series);
    p->out = kr__calloc((size_t)p->n, sizeof *p->out);
    if (!p->of_test || !p->series || !p->out) return kr_fail(err, KR_MEMORY, "out of memory");
    for (int64_t i = 0, k = 0; i < p->n; i++) {
        int64_t first = kr_rows_series_start(p->train, i), n_test = kr_rows_series_count(p->test);
        for (int64_t tried = 0; tried < n_test; tried++, k = (k + 1) % n_test) {
            if (strcmp(kr_rows_series(p->train, i), kr_rows_series(p->test, k)) == 0) break;
        }
        int64_t h = kr_rows_series_start(p->test, k + 1) - kr_rows_series_start(p->test, k);
        p->of_test[i] = k;
        if (h > p->horizon) p->horizon = h;
        p->series[i] = (kr__local_series){.values = kr_rows_values(p->train) + first,
                                          .n = kr_rows_series_start(p->train, i + 1) - first,
                                          .seasons = p->seasons,
                                          .n_seasons = p->n_seasons};
    }
    return KR_OK;
}

/* Mean absolute error of the seasonal naive forecast on the training values. */
static double find_scale(const kr__local_series *s, int64_t season) {
    int64_t lag = s->n > season ? season : 1;
    double sum = 0;
    for (int64_t t = lag; t < s->n; t++) sum += fabs(s->values[t] - s->values[t - lag]);
    return s->n > lag ? sum / (double)(s->n - lag) : 0;
}

static void score(const panel *p, const char *name, const double *made, double seconds) {
    double smape = 0, mase = 0;
    int64_t n_scaled = 0;
    for (int64_t i = 0; i < p->n; i++) {
        int64_t first = kr_rows_series_start(p->test, p->of_test[i]),
                h = kr_rows_series_start(p->test, p->of_test[i] + 1) - first;
        double scale = find_scale(&p->series[i], p->season), error = 0, relative = 0;
        for (int64_t k = 0; k < h; k++) {
            double y = kr_rows_values(p->test)[first + k], f = made[i * p->horizon + k];
            error += fabs(f - y) / (double)h;
            relative +=
                fabs(f) + fabs(y) > 0 ? 200 * fabs(f - y) / (fabs(f) + fabs(y)) / (double)h : 0;
        }
        smape += relative / (double)p->n;
        if (scale > 0) mase += error / scale;
        n_scaled += scale > 0;
    }
    printf("{\"model\": \"%s\", \"smape\": %.3f, \"mase\": %.3f, \"series\": %" PRId64
           ", \"seconds\": %.4f}\n",
           name, smape, mase / (double)n_scaled, p->n, seconds);
    fflush(stdout);
}

static kr_status run_model(panel *p, const char *name, double **made, kr_error *err) {
    const kr__local_model *model = kr__local_find(name);
    size_t n = (size_t)(p->n * p->horizon);
    double *spread = kr__calloc(n, sizeof *spread);
    *made = kr__calloc(n, sizeof **made);
    if (!model) return kr_fail(err, KR_USAGE, "no model is called %s", name);
    if (!spread || !*made) return kr_fail(err, KR_MEMORY, "out of memory");
    for (int64_t i = 0; i < p->n; i++) {
        p->out[i] = (kr__local_forecast){.horizon = p->horizon,
                                         .mean = *made + i * p->horizon,
                                         .spread = spread + i * p->horizon};
    }
    double start = kr__time_now();
    kr_status status = kr__local_forecast_all(p->team, model, NULL, p->series, p->out, p->n, err);
    if (status == KR_OK) score(p, name, *made, kr__time_now() - start);
    kr_free(spread);
    return status;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void score_median(panel *p, int n_models) {
    double *all = p->made[0];
    for (int64_t i = 0; i < p->n * p->horizon; i++) {
        double of[MOST_MODELS];
        for (int m = 0; m < n_models; m++) of[m] = p->made[m][i];
        qsort(of, (size_t)n_models, sizeof *of, compare);
        all[i] = (of[n_models / 2] + of[(n_models - 1) / 2]) / 2;
    }
    score(p, "median", all, 0);
}

/* "24+168"; a season of 1 is none. */
static void read_seasons(panel *p, char *text) {
    for (char *at = text; at && p->n_seasons < MOST_SEASONS; at = strchr(at, '+')) {
        if (*at == '+') at++;
        p->seasons[p->n_seasons] = atoll(at);
        p->n_seasons += p->seasons[p->n_seasons] > 1;
    }
    p->season = p->n_seasons > 0 ? p->seasons[0] : 1;
}

static kr_status run(panel *p, int argc, char **argv, kr_error *err) {
    int n_models = 0;
    read_seasons(p, argv[3]);
    KR_TRY(kr_team_create(argc > 5 ? atoi(argv[5]) : 1, NULL, NULL, &p->team, err));
    KR_TRY(read_panel(p, argv[1], argv[2], err));
    if (argc > 6 && atoll(argv[6]) < p->n) p->n = atoll(argv[6]);
    for (char *name = strtok(argv[4], ","); name && n_models < MOST_MODELS;
         name = strtok(NULL, ",")) {
        KR_TRY(run_model(p, name, &p->made[n_models], err));
        n_models++;
    }
    if (n_models > 1) score_median(p, n_models);
    return KR_OK;
}

int main(int argc, char **argv) {
    kr_error err = {.text =
                        "usage: local_bench TRAIN.csv TEST.csv SEASON[+SEASON..] MODEL,MODEL,.. "
                        "[WORKERS [SERIES]]"};
    panel p = {.team = NULL};
    kr_status status = argc < 5 ? KR_USAGE : run(&p, argc, argv, &err);
    if (status != KR_OK) fprintf(stderr, "local_bench: %s\n", err.text);
    for (int m = 0; m < MOST_MODELS; m++) kr_free(p.made[m]);
    kr_free(p.of_test);
    kr_free(p.series);
    kr_free(p.out);
    kr_rows_destroy(p.train);
    kr_rows_destroy(p.test);
    kr_team_destroy(p.team);
    return status != KR_OK;
}
