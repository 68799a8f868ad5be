/* SPDX-License-Identifier: MIT
 * forecaster_open.c - a forecaster from a file: its settings, features, residuals, parameters. */
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "files/file_kind.h"
#include "forecast/forecast_config.h"
#include "forecast/forecaster_internal.h"
#include "forecast/opening.h"

typedef struct opening {
    kr_forecaster *forecaster;
    kr_tensor_file *file;
    const char *path;
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

/* Settings come from the file, so it is the file that is wrong. */
static kr_status refuse_settings(const opening *o, kr_status status) {
    kr_error_prefix(o->err, "%s", o->path);
    if (status == KR_MEMORY) return status;
    if (o->err) o->err->status = KR_FORMAT;
    return KR_FORMAT;
}

static kr_status create(opening *o, kr_team *team) {
    const char *text = kr_tensor_file_value(o->file, "config");
    if (!text) return refuse_damaged(o, "config");
    kr_forecast_config *settings = kr__calloc(1, sizeof *settings);
    if (!settings) return out_of_memory(o);
    kr_status status = kr__forecast_config_from_json(text, strlen(text), settings, o->err);
    if (status == KR_OK) status = kr__forecaster_create(team, settings, &o->forecaster, o->err);
    kr_free(settings);
    return status == KR_OK ? KR_OK : refuse_settings(o, status);
}

static kr_status load_features(const opening *o) {
    kr_forecaster *f = o->forecaster;
    const kr__feature_settings settings = kr__dataset_settings(&f->parts.data);
    KR_TRY(kr__features_load(o->file, &settings, &f->own_features, o->err));
    kr__forecaster_use(f, f->own_features);
    return KR_OK;
}

/* ---- residuals -------------------------------------------------------------------------- */

/* Residuals (n_kept, pred_len, n_outputs), columns rising; they may be missing. */
static kr_status read_residuals(const opening *o) {
    kr_forecaster *f = o->forecaster;
    const kr_forecaster_info *p = &f->info;
    int64_t i = kr_tensor_file_find(o->file, "intervals.residuals"), n_windows = 0;
    if (i < 0) return KR_OK;
    const kr_array *info = kr_tensor_file_info(o->file, i);
    const char *text = kr_tensor_file_value(o->file, "intervals.windows");
    int64_t n_kept = info->rank == 3 ? info->shape[0] : 0;
    bool fits = text && kr__text_int(text, &n_windows) && n_kept >= 1 && n_kept <= n_windows &&
                n_kept <= KR_CONFORMAL_KEPT && info->shape[1] == p->pred_len &&
                info->shape[2] == p->n_outputs;
    if (!fits) return refuse_damaged(o, "intervals.residuals");
    f->conformal = kr__calloc(1, sizeof *f->conformal);
    if (!f->conformal) return out_of_memory(o);
    *f->conformal = (kr_conformal){.n_windows = n_windows,
                                   .n_kept = n_kept,
                                   .n_places = p->pred_len * p->n_outputs,
                                   .residuals = kr__calloc((size_t)info->n, sizeof(float))};
    if (!f->conformal->residuals) return out_of_memory(o);
    kr_array array = {0};
    KR_TRY(kr_tensor_file_get(o->file, i, &array, o->err));
    kr_status status = kr_array_to_float(&array, f->conformal->residuals, o->err);
    kr_array_deinit(&array);
    return status;
}

/* ---- other files ------------------------------------------------------------------------ */

/* The model whose parameters the file holds; NULL: none that is known. */
static const char *model_of(const kr_tensor_file *file) {
    const char *model = NULL;
    for (int64_t i = 0; i < kr_tensor_file_count(file) && !model; i++) {
        model = kr_forecast_model_of(kr_tensor_file_info(file, i)->name);
    }
    return model;
}

/* A file that is something else is called what it is. */
static kr_status check_format(const opening *o) {
    const char *format = kr_tensor_file_value(o->file, "format");
    const char *version = kr_tensor_file_value(o->file, "version");
    kr_status status = kr__forecaster_check_format(o->path, format, version, o->err);
    if (status != KR_FORMAT) return status;
    const char *words = kr__file_kind_of(o->file), *model = model_of(o->file);
    if (words) return kr_fail(o->err, KR_FORMAT, "%s: %s", o->path, words);
    if (!model) {
        return kr_fail(o->err, KR_FORMAT,
                       "%s: is not a checkpoint of krait run or krait fit; if it holds parameters, "
                       "krait run can load and test them",
                       o->path);
    }
    return kr_fail(o->err, KR_FORMAT,
                   "%s: holds parameters of %s, but not the settings and the scale that a forecast "
                   "needs; krait run can load and test it",
                   o->path, model);
}

/* ---- the model -------------------------------------------------------------------------- */

/* A file's settings may ask for any size; they are believed only if the file holds parameters of
 * that size. A plan lists the parameters without allocating any. */
static kr_status check_sizes(const opening *o, const kr_objective *objective) {
    kr_plan *plan = NULL;
    kr_params params = {0};
    KR_TRY(kr__plan_create(&kr_backend_cpu, 1, false, &plan, o->err));
    kr_builder builder = {plan, &params};
    kr_ends ends = {0};
    objective->build(objective->config, &builder, 1, false, &ends);
    int64_t n = 0;
    for (int64_t i = 0; i < kr_tensor_file_count(o->file); i++) {
        n += kr_tensor_file_info(o->file, i)->n;
    }
    bool fits = kr__params_count(&params) <= n;
    kr_status status = fits ? kr__plan_finish(plan, o->err) : KR_OK;
    kr__params_deinit(&params);
    kr__plan_destroy(plan);
    if (fits) return status;
    return kr_fail(o->err, KR_FORMAT,
                   "%s: its settings ask for more parameters than it holds; train the model again",
                   o->path);
}

static kr_status open_engine(const opening *o) {
    kr_forecaster *f = o->forecaster;
    const kr_forecast_objective objective = kr__forecaster_objective(f);
    const kr_engine_config config = {.objective = kr__forecast_objective(&objective),
                                     .grad_slots = f->parts.training.grad_slots,
                                     .max_batch = f->parts.training.batch_size,
                                     .only_predicts = true};
    KR_TRY(check_sizes(o, &config.objective));
    KR_TRY(kr__engine_create(f->team, &config, &f->engine, o->err));
    return kr__forecaster_read_params(kr__engine_params(f->engine), o->file, o->err);
}

static kr_status read_fit(const opening *o) {
    const char *text = kr_tensor_file_value(o->file, "fit");
    if (!text) return KR_OK;
    o->forecaster->fit_record = kr__calloc(strlen(text) + 1, 1);
    if (!o->forecaster->fit_record) return out_of_memory(o);
    memcpy(o->forecaster->fit_record, text, strlen(text) + 1);
    return KR_OK;
}

static kr_status read_all(const opening *o) {
    KR_TRY(load_features(o));
    KR_TRY(read_fit(o));
    if (o->forecaster->learns) KR_TRY(open_engine(o));
    bool has_members = o->forecaster->n_members > 0;
    return has_members ? kr__local_load(o->forecaster, o->file, o->err) : read_residuals(o);
}

kr_status kr__forecaster_open(kr_team *team, kr_tensor_file *file, kr_forecaster **out,
                              kr_error *err) {
    opening o = {.file = file, .path = kr_tensor_file_path(file), .err = err};
    KR_TRY(check_format(&o));
    KR_TRY(create(&o, team));
    kr_status status = read_all(&o);
    if (status != KR_OK) {
        kr_forecaster_destroy(o.forecaster);
        return status;
    }
    *out = o.forecaster;
    return KR_OK;
}

kr_status kr_forecaster_open(kr_team *team, const char *path, kr_forecaster **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__forecaster_open(team, file, out, err);
    kr_tensor_file_close(file);
    return status;
}

kr_status kr_forecaster_open_memory(kr_team *team, const char *name, const void *bytes,
                                    size_t n_bytes, kr_forecaster **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open_memory(name, bytes, n_bytes, &file, err));
    kr_status status = kr__forecaster_open(team, file, out, err);
    kr_tensor_file_close(file);
    return status;
}
