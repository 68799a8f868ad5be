/* SPDX-License-Identifier: MIT
 * train_report.c - the files of a training: log, metrics, figures. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/flags.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/profile_report.h"
#include "framework/program.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/train.h"

enum { FIGURE_DISTANCE = 25 };

/* ---- places ----------------------------------------------------------------------------- */

const char *train_path(const train_request *request, const char *name, char path[TRAIN_PATH_SIZE]) {
    return kr__path_join(request->config.save_dir, name, path, TRAIN_PATH_SIZE);
}

kr_status train_report_probe(const train_request *request, kr_error *err) {
    const train_config *c = &request->config;
    char path[TRAIN_PATH_SIZE];
    if (*c->save_dir) KR_TRY(kr__make_folders(c->save_dir, err));
    KR_TRY(kr__file_probe(train_path(request, "train_metrics.json", path), err));
    if (*c->eval) return KR_OK;
    KR_TRY(kr__make_folder_of(c->checkpoint, err));
    return kr__file_probe(c->checkpoint, err);
}

/* ---- the log ---------------------------------------------------------------------------- */

static kr_status write_log(const train_request *request, const kr_epoch_record *records, int64_t n,
                           kr_error *err) {
    char path[TRAIN_PATH_SIZE];
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(train_path(request, "training_log_next.csv", path), &writer, err));
    fprintf(writer.stream, "epoch,train_mse,train_eval_mse,val_mse,lr,best\n");
    for (int64_t i = 0; i < n; i++) {
        const kr_epoch_record *e = &records[i];
        char eval[40] = "nan";
        if (!isnan(e->train_eval_loss)) snprintf(eval, sizeof eval, "%.6f", e->train_eval_loss);
        fprintf(writer.stream, "%jd,%.6f,%s,%.6f,%.8f,%s\n", (intmax_t)e->epoch, e->train_loss,
                eval, e->validation_loss, e->rate, e->is_best ? "*" : "");
    }
    return kr__file_writer_commit(&writer, err);
}

typedef struct losses {
    const train_request *request;
    const kr_epoch_record *records;
    int64_t n;
} losses;

static kr_status draw_losses(const void *arg, kr_error *err) {
    const train_request *request = ((const losses *)arg)->request;
    const kr_epoch_record *records = ((const losses *)arg)->records;
    int64_t n = ((const losses *)arg)->n;
    const int64_t stride = sizeof *records / sizeof(double);
    _Static_assert(sizeof *records % sizeof(double) == 0, "records are rows of doubles");
    char path[TRAIN_PATH_SIZE];
    kr_nextstep_curves curves = {
        .size = sizeof curves,
        .first_epoch = records[0].epoch,
        .train = kr_values_f64(&records[0].train_loss, n, stride),
        .validation = kr_values_f64(&records[0].validation_loss, n, stride),
        .rate = kr_values_f64(&records[0].rate, n, stride)};
    if (!isnan(records[0].train_eval_loss)) {
        curves.train_eval = kr_values_f64(&records[0].train_eval_loss, n, stride);
    }
    return kr_figure_nextstep_training(train_path(request, "training_loss.png", path), &curves,
                                       err);
}

kr_status train_report_epoch(const train_request *request, const kr_epoch_record *records,
                             int64_t n_records, kr_error *err) {
    KR_TRY(write_log(request, records, n_records, err));
    bool is_drawn =
        request->call.has_figures && records[n_records - 1].epoch % FIGURE_DISTANCE == 0;
    if (!is_drawn) return KR_OK;
    return draw_apart(draw_losses, &(losses){request, records, n_records}, err);
}

/* ---- figures ---------------------------------------------------------------------------- */

static kr_status draw_sample(const train_request *request, const train_result *r, int i,
                             const char *path, kr_error *err) {
    int64_t n = request->config.seq_len, f = kr_series_n_features(r->series),
            start = r->sample_start[i];
    kr_series_part part = {
        .size = sizeof part,
        .n_steps = n,
        .n_features = f,
        .values = kr_values_f32(kr_series_values(r->series) + start * f, n * f, 1),
        .states = kr_series_states(r->series) ? kr_series_states(r->series) + start : NULL,
        .first_step = start,
        .palette = request->call.palette};
    return kr_figure_nextstep_prediction(path, i, &part, r->pred + i * n * f, err);
}

typedef struct pictures {
    const train_request *request;
    train_view *view;
    const train_result *result;
} pictures;

static kr_status draw_all(const void *arg, kr_error *err) {
    const train_request *request = ((const pictures *)arg)->request;
    train_view *view = ((const pictures *)arg)->view;
    const train_result *r = ((const pictures *)arg)->result;
    char path[TRAIN_PATH_SIZE], name[40];
    if (r->n_epochs > 0) {
        KR_TRY(draw_losses(&(losses){request, r->epochs, r->n_epochs}, err));
        train_view_saved(view, train_path(request, "training_loss.png", path));
    }
    for (int i = 0; i < r->n_samples; i++) {
        snprintf(name, sizeof name, "next_prediction_%d.png", i);
        KR_TRY(draw_sample(request, r, i, train_path(request, name, path), err));
        train_view_saved(view, path);
    }
    return KR_OK;
}

/* ---- train_metrics.json ----------------------------------------------------------------- */

static bool add_epochs(cJSON *object, const train_result *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "epochs");
    for (int64_t i = 0; i < r->n_epochs && list; i++) {
        const kr_epoch_record *e = &r->epochs[i];
        cJSON *item = cJSON_CreateObject();
        bool is_made = item && cJSON_AddItemToArray(list, item);
        if (!is_made) {
            cJSON_Delete(item);
            return false;
        }
        is_made = kr__json_add_int(item, "epoch", e->epoch) &&
                  kr__json_add_number(item, "train_mse", e->train_loss) &&
                  kr__json_add_number(item, "train_eval_mse", e->train_eval_loss) &&
                  kr__json_add_number(item, "val_mse", e->validation_loss) &&
                  kr__json_add_number(item, "lr", e->rate) &&
                  kr__json_add_number(item, "seconds", e->total_seconds) &&
                  cJSON_AddBoolToObject(item, "best", e->is_best);
        if (!is_made) return false;
    }
    return list != NULL;
}

static bool add_results(cJSON *object, const train_result *result, double started) {
    const kr_nextstep_report *r = &result->report;
    const kr_nextstep_shape *shape = kr_nextstep_shape_of(result->model);
    bool was_trained = r->step_ms > 0;
    return kr__json_add_number(object, "best_val_mse", r->best_validation) &&
           kr__json_add_int(object, "best_epoch", r->best_epoch) &&
           kr__json_add_int(object, "windows", r->n_windows) &&
           kr__json_add_int(object, "train_windows", r->n_train) &&
           kr__json_add_int(object, "features", shape->n_features) &&
           kr__json_add_int(object, "parameters", shape->n_parameters) &&
           kr__json_add_int(object, "gate_parameters", shape->n_gates) &&
           kr__json_add_number(object, "tokens_per_s",
                               was_trained ? r->tokens_per_s : (double)NAN) &&
           kr__json_add_number(object, "step_ms", was_trained ? r->step_ms : (double)NAN) &&
           kr__json_add_number(object, "train_seconds", r->train_seconds) &&
           kr__json_add_number(object, "wall_seconds", kr__time_now() - started) &&
           kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss());
}

static bool add_origin(cJSON *object, const train_request *request) {
    kr_cpu_level level = KR_CPU_V2;
    char *config = NULL;
    kr__cpu_level_get(&level, NULL);
    bool is_made =
        kr__json_add_int(object, "threads", kr_team_workers(program_team())) &&
        kr__json_add_text(object, "cpu", kr__cpu_level_name(level)) &&
        kr__json_add_text(object, "version", KR_VERSION_STRING) &&
        kr__json_add_text(object, "command", request->call.given.command_line) &&
        kr__flags_to_json(kr__nextstep_flags(), &request->config, &config, NULL) == KR_OK &&
        cJSON_AddItemToObject(object, "config", cJSON_Parse(config));
    kr_free(config);
    return is_made;
}

/* An evaluation alone does not touch the file of the training. */
static kr_status write_metrics(const train_request *request, const train_result *r, double started,
                               char **json, kr_error *err) {
    char path[TRAIN_PATH_SIZE], *text = NULL;
    cJSON *object = cJSON_CreateObject();
    if (object && add_results(object, r, started) && add_epochs(object, r) &&
        profile_add_json(object, kr_nextstep_profile(r->model)) && add_origin(object, request)) {
        text = json_print(object);
    }
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for train_metrics.json");
    kr_status status = KR_OK;
    train_path(request, "train_metrics.json", path);
    if (!*request->config.eval) status = kr__file_write(path, text, strlen(text), err);
    if (status == KR_OK) {
        *json = text;
    } else {
        kr_free(text);
    }
    return status;
}

kr_status train_report_write(const train_request *request, train_view *view,
                             const train_result *result, double started, char **json,
                             kr_error *err) {
    if (result->n_epochs > 0) KR_TRY(write_log(request, result->epochs, result->n_epochs, err));
    if (request->call.has_figures) {
        KR_TRY(draw_apart(draw_all, &(pictures){request, view, result}, err));
    }
    return write_metrics(request, result, started, json, err);
}
