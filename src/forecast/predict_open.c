/* SPDX-License-Identifier: MIT
 * predict_open.c - a checkpoint of a run as a model that can be asked: its columns, their scale,
 * its dates, its residuals, its parameters. */
#include <cjson/cJSON.h>
#include <kr/text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/forecast_session.h"
#include "forecast/loaders.h"
#include "forecast/predict_internal.h"
#include "kernels/gemm.h"
#include "tables/name_list.h"

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

static kr_status refuse_static(const opening *o) {
    if (!*o->predictor->known.config.static_columns) return KR_OK;
    return kr_fail(o->err, KR_UNSUPPORTED,
                   "%s: was trained with static columns (%.100s), which krait run tests; a model "
                   "without them forecasts new rows",
                   o->path, o->predictor->known.config.static_columns);
}

static kr_status refuse_list(const opening *o, const char *key) {
    char what[64];
    snprintf(what, sizeof what, "the list of %s", key);
    return refuse_damaged(o, what);
}

static kr_status copy_names(const opening *o, const char *key, const cJSON *list, char ***names,
                            int64_t *n) {
    kr_arena *arena = &o->predictor->arena;
    int64_t i = 0;
    *n = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || *n < 1) return refuse_list(o, key);
    *names = kr_arena_alloc(arena, (size_t)*n, sizeof **names);
    if (!*names) return out_of_memory(o);
    for (const cJSON *name = list->child; name; name = name->next) {
        if (!cJSON_IsString(name)) return refuse_list(o, key);
        (*names)[i] = kr_arena_strdup(arena, name->valuestring);
        if (!(*names)[i++]) return out_of_memory(o);
    }
    return KR_OK;
}

static kr_status read_names(const opening *o, const char *key, char ***names, int64_t *n) {
    const char *text = kr_tensor_file_value(o->file, key);
    cJSON *list = text ? cJSON_Parse(text) : NULL;
    kr_status status = list ? copy_names(o, key, list, names, n) : refuse_list(o, key);
    cJSON_Delete(list);
    return status;
}

static kr_status read_columns(const opening *o) {
    kr_predictor *p = &o->predictor->known;
    KR_TRY(read_names(o, "columns", &p->columns, &p->n_channels));
    if (!kr_tensor_file_value(o->file, "series")) return KR_OK;
    return read_names(o, "series", &p->series, &p->n_series);
}

static kr_status count_future(const opening *o) {
    kr__predictor *p = o->predictor;
    kr__name_list names;
    if (!kr__name_list_read(p->known.config.known_future, &p->arena, &names)) {
        return out_of_memory(o);
    }
    p->known.n_future = names.n;
    return names.n < p->known.n_channels ? KR_OK : refuse_damaged(o, "the list of columns");
}

static kr_status read_blank(const opening *o) {
    kr__predictor *p = o->predictor;
    kr__name_list names;
    int64_t n = p->known.n_channels;
    p->is_blank = kr_arena_alloc(&p->arena, (size_t)n, sizeof *p->is_blank);
    if (!p->is_blank || !kr__name_list_read(p->known.config.blank_columns, &p->arena, &names)) {
        return out_of_memory(o);
    }
    for (int64_t c = 0; c < n; c++) {
        p->is_blank[c] = kr__name_list_find(&names, p->known.columns[c]) >= 0;
    }
    return KR_OK;
}

/* Older checkpoints do not tell: their model has time features unless its data had no dates. */
static kr_status read_marks(const opening *o) {
    kr_predictor *p = &o->predictor->known;
    const char *text = kr_tensor_file_value(o->file, "marks");
    int64_t n = -1;
    if (text && (!kr_text_int(text, &n) || n < 0)) return refuse_damaged(o, "marks");
    int64_t n_masks = strcmp(p->config.gaps, "model") == 0 ? p->n_channels : 0;
    p->has_dates = text ? n > n_masks : strcmp(p->config.data, "PEMS") != 0;
    o->predictor->n_masks = o->predictor->n_marks = n_masks;
    if (!p->has_dates) return KR_OK;
    o->predictor->dates =
        (kr__date_marks){.freq = p->config.freq,
                         .is_timef = strcmp(p->config.embed, "timeF") == 0,
                         .has_quarter = kr__loader_find(p->config.data)->rows_per_hour == 4};
    KR_TRY(kr__date_marks_count(&o->predictor->dates, &o->predictor->n_marks, o->err));
    o->predictor->n_marks += n_masks;
    return n < 0 || n == o->predictor->n_marks ? KR_OK : refuse_damaged(o, "marks");
}

static kr_status read_frequency(const opening *o) {
    kr_predictor *p = &o->predictor->known;
    const char *text = kr_tensor_file_value(o->file, "frequency");
    if (!text) return KR_OK;
    if (kr_frequency_parse(text, &p->frequency, NULL) != KR_OK) {
        return refuse_damaged(o, "frequency");
    }
    p->has_frequency = true;
    return KR_OK;
}

/* ---- arrays ----------------------------------------------------------------------------- */

/* A scale for every channel, of every series. */
static int64_t count_scales(const opening *o) {
    const kr_predictor *p = &o->predictor->known;
    return p->n_channels * (p->n_series > 0 ? p->n_series : 1);
}

static kr_status read_doubles(const opening *o, const char *name, double **out) {
    int64_t i = kr_tensor_file_find(o->file, name), n = count_scales(o);
    const kr_array *info = i >= 0 ? kr_tensor_file_info(o->file, i) : NULL;
    if (!info || info->n != n) return refuse_damaged(o, name);
    *out = kr_arena_alloc(&o->predictor->arena, (size_t)n, sizeof **out);
    if (!*out) return out_of_memory(o);
    kr_array array = {0};
    KR_TRY(kr_tensor_file_get(o->file, i, &array, o->err));
    kr_status status = kr_array_to_double(&array, *out, o->err);
    kr_array_deinit(&array);
    return status;
}

static kr_status read_scale(const opening *o) {
    kr_predictor *p = &o->predictor->known;
    KR_TRY(read_doubles(o, "data.mean", &p->mean));
    KR_TRY(read_doubles(o, "data.deviation", &p->deviation));
    for (int64_t c = 0; c < count_scales(o); c++) {
        if (!isfinite(p->mean[c]) || !(p->deviation[c] > 0) || !isfinite(p->deviation[c])) {
            return refuse_damaged(o, "data.deviation");
        }
    }
    return KR_OK;
}

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
    const kr_data_shape data = {
        .n_channels = p->known.n_channels, .n_marks = p->n_marks, .n_future = p->known.n_future};
    kr_forecast_objective objective = kr__session_objective(c, &data);
    p->known.n_outputs = objective.model.n_outputs;
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
    KR_TRY(refuse_static(o));
    KR_TRY(read_columns(o));
    KR_TRY(count_future(o));
    KR_TRY(read_blank(o));
    KR_TRY(read_marks(o));
    KR_TRY(read_frequency(o));
    KR_TRY(read_scale(o));
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
    kr_arena_deinit(&whole->arena);
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
