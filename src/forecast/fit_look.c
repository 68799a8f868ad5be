/* SPDX-License-Identifier: MIT
 * fit_look.c - rows as forecasters see them, and what must be known of them before settings are
 * chosen. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/fitting.h"
#include "forecast/forecast_parts.h"
#include "forecast/opening.h"
#include "tables/reading.h"
#include "tables/rows_internal.h"

/* ---- the look --------------------------------------------------------------------------- */

/* Columns whose value never changes. */
static void find_constants(const kr_rows *rows, kr_fit_look *look) {
    size_t n = 0;
    for (int64_t c = 0; c < rows->n_columns; c++) {
        int64_t row = 1;
        while (row < rows->n_rows && rows->values[row * rows->n_columns + c] == rows->values[c]) {
            row++;
        }
        if (row < rows->n_rows) continue;
        const char *comma = look->n_constant++ > 0 ? ", " : "";
        if (n + strlen(rows->columns[c]) + 8 < sizeof look->constant) {
            n += (size_t)snprintf(look->constant + n, sizeof look->constant - n, "%s%s", comma,
                                  rows->columns[c]);
        } else if (n > 0 && look->constant[n - 1] != '.') {
            n += (size_t)snprintf(look->constant + n, sizeof look->constant - n, ", ..");
        }
    }
}

/* As it was read: a name that was found is needed for the next file. */
static kr_status find_id_column(const kr_rows *rows, kr_fit_look *look, kr_error *err) {
    const char *text = kr_rows_reading(rows);
    kr_arena arena = {NULL};
    kr__reading reading;
    if (!text || (rows->n_series == 1 && !rows->whole)) return KR_OK;
    kr_status status = kr__reading_parse(text, &arena, &reading, err);
    for (int64_t i = 0; status == KR_OK && i < reading.n_columns; i++) {
        if (reading.columns[i].role != KR__ROLE_SERIES) continue;
        snprintf(look->id_column, sizeof look->id_column, "%s", reading.columns[i].name);
    }
    kr__arena_deinit(&arena);
    return status;
}

static int compare_counts(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static kr_status measure_series(const kr_rows *r, kr_fit_look *look, kr_error *err) {
    int64_t *n = kr__calloc((size_t)r->n_series, sizeof *n);
    if (!n) return kr_fail(err, KR_MEMORY, "%s: out of memory for its series", r->name);
    for (int64_t i = 0; i < r->n_series; i++) n[i] = r->start[i + 1] - r->start[i];
    qsort(n, (size_t)r->n_series, sizeof *n, compare_counts);
    look->shortest = n[0];
    look->longest = n[r->n_series - 1];
    look->typical = n[r->n_series / 2];
    kr_free(n);
    return KR_OK;
}

static void describe(kr_fit_data *d) {
    kr_fit_look *look = &d->look;
    const kr_rows *r = d->rows;
    look->n_rows = r->n_rows;
    look->n_series = r->n_series;
    look->n_columns = r->n_columns;
    look->n_targets = d->features->n_outputs;
    look->n_values = r->n_rows * r->n_columns;
    look->has_dates = d->features->has_frequency;
    look->frequency = d->features->frequency;
    if (look->has_dates) {
        look->first = r->dates[0];
        look->last = r->dates[r->start[1] - 1];
    }
    find_constants(r, look);
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_status check_target(const kr_rows *rows, const char *target, kr_error *err) {
    kr_guess guess = {.word = target};
    if (!*target || kr_rows_find(rows, target) >= 0) return KR_OK;
    for (int64_t i = 0; i < rows->n_columns; i++) {
        kr__guess_offer(&guess, rows->columns[i], strlen(rows->columns[i]));
    }
    return kr_fail(err, KR_USAGE, "`target`: %s has no column \"%.60s\"%s%.*s%s", rows->name,
                   target, guess.best ? "; did you mean " : " of numbers; krait info lists them",
                   (int)guess.n_best, guess.best ? guess.best : "", guess.best ? "?" : "");
}

static kr_status pick(kr_team *team, const kr_rows *rows, const kr_fit_config *from,
                      kr_forecast_config *config, kr_fit_data *out, kr_error *err) {
    kr__forecast_config_init(config);
    snprintf(config->data, sizeof config->data, "custom");
    snprintf(config->data_path, sizeof config->data_path, "rows");
    snprintf(config->features, sizeof config->features, *from->target ? "MS" : "M");
    snprintf(config->target, sizeof config->target, "%s", from->target);
    snprintf(config->gaps, sizeof config->gaps, "%s", from->gaps);
    snprintf(config->known_future, sizeof config->known_future, "%s", from->known_future);
    snprintf(config->static_columns, sizeof config->static_columns, "%s", from->static_columns);
    snprintf(config->drop_columns, sizeof config->drop_columns, "%s", from->drop_columns);
    config->pred_len = from->horizon;
    const kr_dataset_config data = kr__forecast_parts_data(config);
    kr__pick_report report;
    KR_TRY(kr__dataset_pick(team, &data, rows, &out->features, &out->rows, &report, err));
    out->look.gaps = report.gaps;
    out->look.ahead = report.ahead;
    return KR_OK;
}

kr_status kr__fit_open(kr_team *team, const kr_rows *rows, const kr_fit_config *config,
                       kr_fit_data *out, kr_error *err) {
    *out = (kr_fit_data){.features = NULL};
    KR_TRY(check_target(rows, config->target, err));
    kr_forecast_config *settings = kr__calloc(1, sizeof *settings);
    if (!settings) return kr_fail(err, KR_MEMORY, "%s: out of memory for its rows", rows->name);
    kr_status status = pick(team, rows, config, settings, out, err);
    kr_free(settings);
    if (status != KR_OK) return status;
    describe(out);
    KR_TRY(measure_series(out->rows, &out->look, err));
    return find_id_column(rows, &out->look, err);
}

void kr__fit_data_deinit(kr_fit_data *data) {
    kr__features_destroy(data->features);
    kr_rows_destroy(data->rows);
    data->features = NULL;
    data->rows = NULL;
}
