/* SPDX-License-Identifier: MIT
 * backtest_panel.c - a backtest of many series: each alone, their means, and the median one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"

static int64_t count_folds(const backtest *b, int64_t series) {
    return b->first_fold[series + 1] - b->first_fold[series];
}

static const char *name_of(const backtest *b, int64_t series) {
    const kr_history *h = b->series[series];
    return h->series ? h->series : h->name;
}

/* ---- scores --------------------------------------------------------------------------------- */

kr_status backtest_check_series(const backtest *b, kr_error *err) {
    kr_few short_ones = {.n = 0};
    for (int64_t i = 0; i < b->n_series; i++) {
        if (count_folds(b, i) == 0) kr__few_add(&short_ones, name_of(b, i));
    }
    if (short_ones.n == b->n_series) {
        int64_t needed = b->needed > KR__STUDY_LEAST ? b->needed : KR__STUDY_LEAST;
        return kr_fail(err, KR_SHAPE,
                       "%s: none of its %" PRId64 " series (%s) has %" PRId64
                       " rows, which a forecast needs, and %" PRId64 " behind them",
                       b->request->data, b->n_series, short_ones.names, needed, b->pred_len);
    }
    if (short_ones.n > 0 && !b->request->call.is_quiet) {
        say(stderr,
            "krait backtest: note: %" PRId64 " of %" PRId64
            " series are too short to be judged and are left out: %s\n",
            short_ones.n, b->n_series, short_ones.names);
    }
    return KR_OK;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of a number of numbers; sorts them. */
static double take_median(double *values, int64_t n) {
    if (n == 0) return (double)NAN;
    qsort(values, (size_t)n, sizeof *values, compare);
    return (values[n / 2] + values[(n - 1) / 2]) / 2;
}

/* Each score's mean over the series that have it, as in M4. */
static void take_means(const backtest *b, backtest_model *m) {
    double *means[BACKTEST_FIELDS] = {&m->mean.mase, &m->mean.rmsse, &m->mean.smape,
                                      &m->mean.mae,  &m->mean.mse,   &m->mean.rmse};
    m->mean = (kr_scores){.n = m->scores.all.n};
    for (int f = 0; f < BACKTEST_FIELDS; f++) {
        int64_t n = 0;
        double sum = 0;
        for (int64_t i = 0; i < b->n_series; i++) {
            double value = backtest_field(&m->by_series[i], f);
            if (m->by_series[i].n == 0 || isnan(value)) continue;
            sum += value;
            n++;
        }
        *means[f] = n > 0 ? sum / (double)n : (double)NAN;
    }
}

static kr_status take_median_mase(const backtest *b, backtest_model *m, kr_error *err) {
    double *mases = kr__calloc((size_t)b->n_series, sizeof *mases);
    int64_t n = 0;
    if (!mases) return kr_fail(err, KR_MEMORY, "out of memory for the scores");
    for (int64_t i = 0; i < b->n_series; i++) {
        double mase = m->by_series[i].mase;
        if (m->by_series[i].n > 0 && !isnan(mase)) mases[n++] = mase;
    }
    m->median_mase = take_median(mases, n);
    kr_free(mases);
    return KR_OK;
}

kr_status backtest_measure_series(const backtest *b, backtest_model *m, kr_error *err) {
    m->by_series = kr__calloc((size_t)b->n_series, sizeof *m->by_series);
    if (!m->by_series) return kr_fail(err, KR_MEMORY, "out of memory for the scores");
    for (int64_t i = 0; i < b->n_series; i++) {
        int64_t first = b->first_fold[i] * b->pred_len * b->n_outputs, n = count_folds(b, i);
        kr_backtest_scores scores;
        if (n == 0) continue;
        KR_TRY(kr__backtest_measure(n, b->pred_len, b->n_outputs, m->forecast + first,
                                    b->truth + first, b->scales + b->first_fold[i] * b->n_outputs,
                                    &scores, err));
        m->by_series[i] = scores.all;
        kr__backtest_scores_deinit(&scores);
    }
    take_means(b, m);
    return take_median_mase(b, m, err);
}

/* ---- words ---------------------------------------------------------------------------------- */

void backtest_print_panel(const backtest *b) {
    int64_t n = 0;
    for (int64_t i = 0; i < b->n_series; i++) n += count_folds(b, i) > 0;
    say(b->words,
        "%" PRId64 " series, %" PRId64 " forecast%s of %" PRId64 " step%s; season %" PRId64
        "; means over the series\n\n",
        n, b->n_folds, kr__plural(b->n_folds), b->pred_len, kr__plural(b->pred_len), b->season);
    say(b->words, "%-30s%10s%10s%10s%13s\n", "", "MASE", "RMSSE", "sMAPE", "median MASE");
    for (int i = 0; i < b->n_models; i++) {
        const backtest_model *m = &b->models[i];
        say(b->words, "%-30s%10.4f%10.4f%9.2f%%%13.4f\n", m->name, m->mean.mase, m->mean.rmsse,
            m->mean.smape, m->median_mase);
    }
    backtest_print_ending(b);
}

/* ---- CSV and JSON --------------------------------------------------------------------------- */

kr_status backtest_write_panel_csv(const backtest *b, const char *path, kr_error *err) {
    kr_file_writer writer;
    char key[24];
    KR_TRY(kr__file_writer_open(path, &writer, err));
    backtest_write_header(writer.stream);
    for (int i = 0; i < b->n_models; i++) {
        const backtest_model *m = &b->models[i];
        backtest_write_line(writer.stream, m->name, "all", "", &m->mean);
        for (int64_t k = 0; k < b->pred_len; k++) {
            snprintf(key, sizeof key, "%" PRId64, k + 1);
            backtest_write_line(writer.stream, m->name, "step", key, &m->scores.by_step[k]);
        }
        for (int64_t s = 0; s < b->n_series; s++) {
            if (count_folds(b, s) == 0) continue;
            backtest_write_line(writer.stream, m->name, "series", name_of(b, s), &m->by_series[s]);
        }
    }
    return kr__file_writer_commit(&writer, err);
}

/* {"mase": [..], ..}: a number for each series that was judged. */
static bool add_by_series(cJSON *item, const backtest *b, const backtest_model *m) {
    cJSON *object = cJSON_AddObjectToObject(item, "by_series");
    for (int f = 0; f < BACKTEST_FIELDS; f++) {
        cJSON *list = object ? cJSON_AddArrayToObject(object, backtest_field_name(f)) : NULL;
        if (!list) return false;
        for (int64_t s = 0; s < b->n_series; s++) {
            if (count_folds(b, s) == 0) continue;
            if (!cJSON_AddItemToArray(list, json_number(backtest_field(&m->by_series[s], f)))) {
                return false;
            }
        }
    }
    return true;
}

static bool add_model(cJSON *list, const backtest *b, const backtest_model *m) {
    cJSON *item = cJSON_CreateObject(), *all = NULL;
    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        return false;
    }
    bool is_made = json_add_text(item, "name", m->name) &&
                   (all = cJSON_AddObjectToObject(item, "all")) &&
                   json_add_int(all, "values", m->mean.n);
    for (int f = 0; f < BACKTEST_FIELDS && is_made; f++) {
        is_made = json_add_number(all, backtest_field_name(f), backtest_field(&m->mean, f));
    }
    return is_made && json_add_number(item, "median_mase", m->median_mase) &&
           add_by_series(item, b, m);
}

bool backtest_add_panel_json(cJSON *object, const backtest *b) {
    cJSON *names = cJSON_AddArrayToObject(object, "series"),
          *models = cJSON_AddArrayToObject(object, "models");
    for (int64_t s = 0; s < b->n_series && names; s++) {
        if (count_folds(b, s) == 0) continue;
        cJSON *name = cJSON_CreateString(name_of(b, s));
        if (!name || !cJSON_AddItemToArray(names, name)) return false;
    }
    for (int i = 0; i < b->n_models && models; i++) {
        if (!add_model(models, b, &b->models[i])) return false;
    }
    return names && models;
}
