/* SPDX-License-Identifier: MIT
 * predict_open.c - a checkpoint of a run as a model that can be asked: its settings, features,
 * residuals, parameters. */
#include <kr/text.h>
#include <string.h>

#include "forecast/forecast_session.h"
#include "forecast/opening.h"
#include "forecast/predict_internal.h"
#include "kernels/gemm.h"

typedef struct opening {
    kr_team *team;
    kr_tensor_file *file;
    const char *path;
    kr__predictor *predictor;
    kr_error *err;
} opening;

static kr_status out_of_memory(const opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: out of memory for the model", o->path);
}

static kr_status refuse_damaged(const opening *o, const char *what) {
    return kr_fail(o->err, KR_FORMAT, "%s: %s is missing or damaged; train the model again",
                   o->path, what);
}

/* ---- metadata --------------------------------------------------------------------------- */

static kr_status read_config(const opening *o) {
    kr_predictor *p = &o->predictor->known;
    const char *text = kr_tensor_file_value(o->file, "config");
    if (!text) return refuse_damaged(o, "config");
    kr_status status = kr_forecast_config_from_json(text, strlen(text), &p->config, o->err);
    if (status == KR_OK) status = kr_forecast_config_check(&p->config, o->err);
    if (status != KR_OK) {
        kr_error_prefix(o->err, "%s", o->path);
        if (status == KR_MEMORY) return status;
        if (o->err) o->err->status = KR_FORMAT; /* it is the file that is wrong */
        return KR_FORMAT;
    }
    p->seq_len = p->config.seq_len;
    p->pred_len = p->config.pred_len;
    return KR_OK;
}

/* ---- features --------------------------------------------------------------------------- */

static kr_status load_features(const opening *o) {
    kr__predictor *p = o->predictor;
    const kr_dataset_config data = kr__session_data(&p->known.config, "");
    const kr__feature_settings settings = kr__dataset_settings(&data);
    KR_TRY(kr__features_load(o->file, &settings, &p->features, o->err));
    const kr_features *f = p->features;
    p->known.columns = f->columns;
    p->known.n_channels = f->n_columns;
    p->known.n_outputs = f->n_outputs;
    p->known.n_future = f->n_future;
    p->known.n_static = f->n_static;
    p->known.mean = f->mean;
    p->known.deviation = f->deviation;
    p->known.series = f->series;
    p->known.n_series = f->n_series;
    p->known.has_dates = f->has_dates;
    p->known.has_frequency = f->has_frequency;
    p->known.frequency = f->frequency;
    return KR_OK;
}

/* ---- residuals -------------------------------------------------------------------------- */

/* Residuals (n_kept, pred_len, n_outputs), columns rising; they may be missing. */
static kr_status read_residuals(const opening *o) {
    kr_predictor *p = &o->predictor->known;
    int64_t i = kr_tensor_file_find(o->file, "intervals.residuals"), n_windows = 0;
    if (i < 0) return KR_OK;
    const kr_array *info = kr_tensor_file_info(o->file, i);
    const char *text = kr_tensor_file_value(o->file, "intervals.windows");
    int64_t n_kept = info->rank == 3 ? info->shape[0] : 0;
    bool fits = text && kr_text_int(text, &n_windows) && n_kept >= 1 && n_kept <= n_windows &&
                n_kept <= KR_CONFORMAL_KEPT && info->shape[1] == p->pred_len &&
                info->shape[2] == p->n_outputs;
    if (!fits) return refuse_damaged(o, "intervals.residuals");
    p->conformal = kr_calloc(1, sizeof *p->conformal);
    if (!p->conformal) return out_of_memory(o);
    *p->conformal = (kr_conformal){.n_windows = n_windows,
                                   .n_kept = n_kept,
                                   .n_places = p->pred_len * p->n_outputs,
                                   .residuals = kr_calloc((size_t)info->n, sizeof(float))};
    if (!p->conformal->residuals) return out_of_memory(o);
    kr_array array = {0};
    KR_TRY(kr_tensor_file_get(o->file, i, &array, o->err));
    kr_status status = kr_array_to_float(&array, p->conformal->residuals, o->err);
    kr_array_deinit(&array);
    return status;
}

/* ---- the model -------------------------------------------------------------------------- */

/* A file may ask for any size; it is taken at its word only when it holds parameters of that size.
 * A plan that is not finished names them without a byte of memory for them. */
static kr_status check_sizes(const opening *o, const kr_objective *objective) {
    kr_plan *plan = NULL;
    kr_params params = {0};
    KR_TRY(kr_plan_create(&kr_backend_cpu, 1, false, &plan, o->err));
    kr_builder builder = {plan, &params};
    kr_ends ends = {0};
    objective->build(objective->config, &builder, 1, false, &ends);
    int64_t n = 0;
    for (int64_t i = 0; i < kr_tensor_file_count(o->file); i++) {
        n += kr_tensor_file_info(o->file, i)->n;
    }
    bool fits = kr_params_count(&params) <= n;
    kr_params_deinit(&params);
    kr_plan_destroy(plan);
    if (fits) return KR_OK;
    return kr_fail(o->err, KR_FORMAT,
                   "%s: its settings ask for more parameters than it holds; train the model again",
                   o->path);
}

static kr_status open_engine(const opening *o) {
    kr__predictor *p = o->predictor;
    const kr_forecast_config *c = &p->known.config;
    const kr_data_shape data = {.n_channels = p->features->n_columns,
                                .n_marks = p->features->n_marks,
                                .n_future = p->features->n_future};
    kr_forecast_objective objective = kr__session_objective(c, &data);
    p->point = kr__model_middle(&objective.model) * p->known.pred_len * p->known.n_outputs;
    kr_engine_config config = {.objective = kr__forecast_objective(&objective),
                               .grad_slots = c->grad_slots,
                               .max_batch = c->batch_size,
                               .only_predicts = true};
    p->rows_per_sample = config.objective.rows_per_sample;
    KR_TRY(check_sizes(o, &config.objective));
    KR_TRY(kr_engine_create(o->team, &config, &p->engine, o->err));
    return kr__checkpoint_params(kr_engine_params(p->engine), o->file, o->err);
}

static kr_status read_all(const opening *o) {
    KR_TRY(kr__checkpoint_check_format(o->path, kr_tensor_file_value(o->file, "format"),
                                       kr_tensor_file_value(o->file, "version"), o->err));
    KR_TRY(read_config(o));
    KR_TRY(load_features(o));
    KR_TRY(open_engine(o));
    return read_residuals(o);
}

kr_status kr__predictor_open(kr_team *team, kr_tensor_file *file, kr_predictor **out,
                             kr_error *err) {
    opening o = {.team = team, .file = file, .path = kr_tensor_file_path(file), .err = err};
    o.predictor = kr_calloc(1, sizeof *o.predictor);
    if (!o.predictor) return out_of_memory(&o);
    kr_status status = read_all(&o);
    if (status != KR_OK) {
        kr_predictor_destroy(&o.predictor->known);
        return status;
    }
    *out = &o.predictor->known;
    return KR_OK;
}

kr_status kr_predictor_open(kr_team *team, const char *path, kr_predictor **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__predictor_open(team, file, out, err);
    kr_tensor_file_close(file);
    return status;
}

void kr_predictor_destroy(kr_predictor *predictor) {
    if (!predictor) return;
    kr__predictor *whole = (kr__predictor *)predictor;
    kr_engine_destroy(whole->engine);
    kr_conformal_destroy(predictor->conformal);
    kr__features_destroy(whole->features);
    kr_free(whole);
}

/* Below this many multiplications starting fast gains more than computing fast. */
static const int64_t MOST_STARTED_FAST = 100000000;

void kr_predictor_start_fast(const kr_predictor *predictor) {
    const kr__predictor *p = (const kr__predictor *)predictor;
    int64_t n = kr_engine_params(p->engine)->size;
    if (n <= MOST_STARTED_FAST / p->rows_per_sample) kr__gemm_start_fast();
}

kr_status kr_predictor_check_level(const kr_predictor *predictor, double level, kr_error *err) {
    if (!predictor->conformal) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "the checkpoint holds no residuals of validation windows, so there are no "
                       "intervals; train the model again to have them");
    }
    return kr_conformal_bounds(predictor->conformal, level, 0, NULL, NULL, NULL, err);
}
