/* SPDX-License-Identifier: MIT
 * fit_write.c - what a fit found as files in a folder. */
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/fit_results.h"
#include "forecast/prediction_table.h"

enum { PATH_SIZE = KR_FORECAST_PATH };

/* ---- forecast.csv ------------------------------------------------------------------------- */

static void write_series(const kr_fit *fit, const kr_history *history, const kr_prediction *p,
                         bool is_first, FILE *stream) {
    const kr__prediction_table table = {.model = fit->result.model,
                                        .history = history,
                                        .n_levels = p->n_levels,
                                        .levels = p->levels};
    if (is_first) kr__prediction_print_header(&table, stream);
    kr__prediction_print_rows(&table, p, stream);
}

/* Series that are too short are left out, and so are all where columns that are known ahead end
 * with the others: then there is nothing to write. */
static kr_status write_all_series(const kr_fit *fit, FILE *stream, int64_t *n_written,
                                  kr_error *err) {
    for (int64_t i = 0; i < kr_rows_series_count(fit->rows); i++) {
        kr_history *history = NULL;
        kr_prediction *p = NULL;
        kr_status status = kr__fit_forecast_series(fit, i, &history, &p, err);
        if (status == KR_SHAPE) continue;
        KR_TRY(status);
        write_series(fit, history, p, (*n_written)++ == 0, stream);
        kr_history_destroy(history);
        kr_prediction_destroy(p);
    }
    return KR_OK;
}

static kr_status write_forecasts(const kr_fit *fit, const char *path, kr_error *err) {
    kr_file_writer w;
    int64_t n_written = 0;
    KR_TRY(kr__file_writer_open(path, &w, err));
    kr_status status = write_all_series(fit, w.stream, &n_written, err);
    if (status == KR_OK && n_written > 0) return kr__file_writer_commit(&w, err);
    kr__file_writer_abort(&w);
    return status;
}

/* ---- the others --------------------------------------------------------------------------- */

static kr_status write_json(const kr_fit *fit, const char *path, const char *name, kr_error *err) {
    const kr__fit_names names = {.path = name};
    cJSON *object = kr__fit_json(fit, &names);
    char *text = object ? cJSON_Print(object) : NULL;
    kr_status status = text ? kr__file_write(path, text, strlen(text), err)
                            : kr_fail(err, KR_MEMORY, "%s: out of memory for it", path);
    cJSON_free(text);
    cJSON_Delete(object);
    return status;
}

static kr_status write_held_out(const kr_fit *fit, const char *path, kr_error *err) {
    kr__fit_held_out held;
    KR_TRY(kr__fit_held_out_init(&held, &fit->data, &fit->result, err));
    kr_status status = kr__fit_held_out_write(&held, path, err);
    kr__fit_held_out_deinit(&held);
    return status;
}

kr_status kr_fit_write(kr_fit *fit, const char *folder, const char *name, kr_error *err) {
    char path[PATH_SIZE];
    if (!fit->is_done || !fit->rows || !fit->result.model) {
        return kr_fail(err, KR_USAGE, "the fit has nothing to write; run it, and keep its model");
    }
    KR_TRY(kr__make_folder_of(kr__path_join(folder, "fit.json", path, PATH_SIZE), err));
    KR_TRY(write_json(fit, path, name, err));
    kr__path_join(folder, "comparison.csv", path, PATH_SIZE);
    KR_TRY(kr__fit_write_comparison(&fit->result, path, err));
    kr__path_join(folder, "targets.csv", path, PATH_SIZE);
    KR_TRY(kr__fit_write_targets(fit, path, err));
    KR_TRY(write_held_out(fit, kr__path_join(folder, "held_out.csv", path, PATH_SIZE), err));
    return write_forecasts(fit, kr__path_join(folder, "forecast.csv", path, PATH_SIZE), err);
}
