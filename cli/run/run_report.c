/* SPDX-License-Identifier: MIT
 * run_report.c - the files of a run: metrics, forecasts, losses, the line in the result list. */
#include <assert.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/forecast_config.h"
#include "forecast/window_values.h"
#include "framework/output_folder.h"
#include "run/run.h"

/* ---- places ----------------------------------------------------------------------------- */

void run_result_folder(const run_request *request, const char *setting, char *path, size_t size) {
    const char *results = request->config.results;
    size_t n = strlen(results);
    snprintf(path, size, "%s%s%s", results, n > 0 && results[n - 1] != '/' ? "/" : "", setting);
}

/* What is measured, and how, may differ: the model is the same. */
static kr_status take_folder(const run_request *request, const char *folder, bool has_state,
                             kr_error *err) {
    static const char *const ignored[] = {
        "threads",     "profile", "root_path", "data_path", "results", "checkpoints", "itr",
        "is_training", "resume",  "levels",    "inverse",   "use_dtw", "on_nan",      NULL};
    const kr_forecast_config *c = &request->config;
    char data[RUN_PATH_SIZE];
    kr__path_join(c->root_path, c->data_path, data, sizeof data);
    const output_claim claim = {.call = &request->call,
                                .folder = folder,
                                .noun = "a run",
                                .holds = {folder},
                                .table = kr__forecast_flags(),
                                .config = c,
                                .ignored = ignored,
                                .data = data,
                                .elsewhere = "--results and --checkpoints",
                                .is_compared = c->resume && has_state};
    return output_folder_take(&claim, err);
}

/* A test alone changes no model, and can be made again of any. */
static kr_status take_folders(const run_request *request, const char *setting, const char *results,
                              kr_error *err) {
    char checkpoint[RUN_PATH_SIZE], state[RUN_PATH_SIZE + 32];
    kr__path_join(request->config.checkpoints, setting, checkpoint, sizeof checkpoint);
    kr__path_join(checkpoint, "checkpoint.safetensors", state, sizeof state);
    output_folder_leave();
    if (!request->config.is_training) return output_folder_lock(results, err);
    bool has_state = kr__file_exists(state);
    KR_TRY(take_folder(request, results, has_state, err));
    if (kr__is_same_file(results, checkpoint)) return KR_OK;
    return take_folder(request, checkpoint, has_state, err);
}

kr_status run_report_probe(const run_request *request, const char *setting, kr_error *err) {
    char folder[RUN_PATH_SIZE], path[RUN_PATH_SIZE + 16];
    run_result_folder(request, setting, folder, sizeof folder);
    KR_TRY(take_folders(request, setting, folder, err));
    snprintf(path, sizeof path, "%s/metrics.json", folder);
    return kr__file_probe(path, err);
}

/* ---- one file each ---------------------------------------------------------------------- */

static kr_status write_array(const char *folder, const char *name, kr_dtype dtype, int rank,
                             const int64_t *shape, const void *data, kr_error *err) {
    char path[RUN_PATH_SIZE + 16];
    kr_array array;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    KR_TRY(kr_array_view(NULL, dtype, rank, shape, data, &array, err));
    return kr_npy_write(path, &array, err);
}

/* n values of each window from the views that stand one behind another in it, as double: original
 * units need its digits. */
static kr_status write_original(const char *folder, const char *name, int rank,
                                const int64_t *shape, int n_views, const kr__windows *views,
                                kr_error *err) {
    assert(n_views > 0);
    int64_t n = views->pred_len * views->n_channels;
    double *values = kr__calloc((size_t)(views->n_windows * n), (size_t)n_views * sizeof *values);
    if (!values) return kr_fail(err, KR_MEMORY, "out of memory for %s", name);
    for (int64_t i = 0; i < views->n_windows * n_views; i++) {
        kr__windows_read(&views[i % n_views], i / n_views, 0, n, values + i * n);
    }
    kr_status status = write_array(folder, name, KR_DTYPE_F64, rank, shape, values, err);
    kr_free(values);
    return status;
}

static kr_status write_quantiles(const char *folder, const kr_forecast_result *r, kr_error *err) {
    const int64_t shape[4] = {r->n_windows, r->quantile_scores.n, r->pred_len, r->n_channels};
    const char *name = "quantiles.npy";
    kr__windows views[KR_QUANTILES_MAX];
    if (!r->is_original) {
        return write_array(folder, name, KR_DTYPE_F32, 4, shape, r->quantiles, err);
    }
    for (int i = 0; i < r->quantile_scores.n; i++) views[i] = kr__windows_of_quantile(r, i, true);
    return write_original(folder, name, 4, shape, r->quantile_scores.n, views, err);
}

static kr_status write_forecasts(const char *folder, const kr_forecast_result *r, kr_error *err) {
    const int64_t shape[3] = {r->n_windows, r->pred_len, r->n_channels};
    const kr__windows pred = kr__windows_of_pred(r, true), truth = kr__windows_of_truth(r, true);
    if (r->is_original) {
        KR_TRY(write_original(folder, "pred.npy", 3, shape, 1, &pred, err));
        return write_original(folder, "true.npy", 3, shape, 1, &truth, err);
    }
    KR_TRY(write_array(folder, "pred.npy", KR_DTYPE_F32, 3, shape, r->pred, err));
    return write_array(folder, "true.npy", KR_DTYPE_F32, 3, shape, r->truth, err);
}

static kr_status write_arrays(const run_request *request, const char *folder,
                              const kr_forecast_result *r, kr_error *err) {
    const kr_metrics *m = run_printed_metrics(request, r);
    const float metrics[5] = {(float)m->mae, (float)m->mse, (float)m->rmse, (float)m->mape,
                              (float)m->mspe};
    const int64_t n_metrics = 5;
    KR_TRY(write_array(folder, "metrics.npy", KR_DTYPE_F32, 1, &n_metrics, metrics, err));
    KR_TRY(write_forecasts(folder, r, err));
    return r->quantiles ? write_quantiles(folder, r, err) : KR_OK;
}

static kr_status write_log(const char *folder, const kr_forecast_result *r, kr_error *err) {
    char path[RUN_PATH_SIZE + 16], text[5][KR_NUMBER_TEXT];
    kr_file_writer writer;
    snprintf(path, sizeof path, "%s/log.csv", folder);
    KR_TRY(kr__file_writer_open(path, &writer, err));
    fprintf(writer.stream, "epoch,train_loss,vali_loss,test_loss,rate,seconds\n");
    for (int64_t i = 0; i < r->n_epochs; i++) {
        const kr_epoch_record *e = &r->epochs[i];
        fprintf(writer.stream, "%jd,%s,%s,%s,%s,%s\n", (intmax_t)e->epoch,
                kr__text_number(e->train_loss, text[0]),
                kr__text_number(e->validation_loss, text[1]),
                kr__text_number(e->test_loss, text[2]), kr__text_number(e->rate, text[3]),
                kr__text_number(e->seconds, text[4]));
    }
    return kr__file_writer_commit(&writer, err);
}

/* The original's list of all runs in the current folder: two lines and an empty one, in one write,
 * so that lines of runs at the same time do not mix. */
static kr_status append_to_list(const run_request *request, const kr_forecast_result *r,
                                kr_error *err) {
    char headline[256], text[KR_FORECAST_TEXT + 300];
    int n = snprintf(text, sizeof text, "%s  \n%s\n\n", request->now.setting,
                     run_headline(request, r, headline, sizeof headline));
    return kr__file_append("result_long_term_forecast.txt", text, (size_t)n, err);
}

kr_status run_report_write(const run_request *request, const kr_forecast_result *result,
                           double started, char **json, kr_error *err) {
    char folder[RUN_PATH_SIZE], path[RUN_PATH_SIZE + 16], *text = NULL;
    run_result_folder(request, request->now.setting, folder, sizeof folder);
    KR_TRY(kr__make_folders(folder, err));
    KR_TRY(write_arrays(request, folder, result, err));
    KR_TRY(write_log(folder, result, err));
    if (request->call.has_figures) KR_TRY(run_figures_write(request, result, folder, err));
    KR_TRY(run_json_print(request, result, started, &text, err));
    snprintf(path, sizeof path, "%s/metrics.json", folder);
    kr_status status = kr__file_write(path, text, strlen(text), err);
    if (status == KR_OK) status = append_to_list(request, result, err);
    if (status != KR_OK) {
        kr_free(text);
        return status;
    }
    *json = text;
    return KR_OK;
}
