/* SPDX-License-Identifier: MIT
 * checkpoint.c - one .safetensors file: the model as others read it, and what a resumed run needs.
 *
 *     parameters            the best ones, under the originals' names
 *     data.mean, .deviation scaler of the training rows; of panels (series, channels)
 *     training.current      parameter vector of the last step; training.adam_m, training.adam_v
 *     training.records      (epochs, 6): epoch, train, validation, test loss, rate, seconds
 *     intervals.residuals   (kept, pred_len, outputs) float: kr_conformal, once training is done
 *     metadata              format, version, config (JSON), columns (JSON), marks, frequency,
 *                           intervals.windows, state.* (numbers)
 *
 * docs/checkpoint.md describes the format. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <kr/arena.h>
#include <kr/safetensors.h>
#include <kr/tensor_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/forecast_session.h"
#include "train/params_file.h"

enum { EXTRA_ARRAYS = 7, RECORD_FIELDS = 6, N_STATE = 11, TEXT = 40 };

static const char format_name[] = "krait forecaster", format_version[] = "1";
static const kr_dtype real_dtype = sizeof(kr_real) == 4 ? KR_DTYPE_F32 : KR_DTYPE_F64;

/* ---- the numbers of the state, one list for both directions ----------------------------- */

typedef struct state_field {
    const char *key;
    int64_t *whole; /* or */
    double *real;
    bool *flag;
} state_field;

static void list_state(kr_training_state *t, int64_t *repetition, state_field fields[N_STATE]) {
    const state_field list[N_STATE] = {{.key = "state.repetition", .whole = repetition},
                                       {.key = "state.epoch", .whole = &t->epoch},
                                       {.key = "state.step", .whole = &t->step},
                                       {.key = "state.global_step", .whole = &t->global_step},
                                       {.key = "state.adam_step", .whole = &t->optimiser.step},
                                       {.key = "state.loss_sum", .real = &t->loss_sum},
                                       {.key = "state.epoch_seconds", .real = &t->epoch_seconds},
                                       {.key = "state.counter", .whole = &t->stop.counter},
                                       {.key = "state.best", .real = &t->stop.best},
                                       {.key = "state.has_best", .flag = &t->stop.has_best},
                                       {.key = "state.is_finished", .flag = &t->is_finished}};
    memcpy(fields, list, sizeof list);
}

static void print_field(const state_field *f, char text[TEXT]) {
    if (f->whole) {
        snprintf(text, TEXT, "%" PRId64, *f->whole);
    } else if (f->real) {
        snprintf(text, TEXT, "%.17g", *f->real);
    } else {
        snprintf(text, TEXT, "%d", *f->flag);
    }
}

static bool parse_field(const state_field *f, const char *text) {
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end) return false;
    if (f->real) *f->real = number;
    if (f->whole) {
        if (!(number >= 0 && number < 9e15)) return false;
        *f->whole = (int64_t)number;
    }
    if (f->flag) *f->flag = number != 0;
    return true;
}

/* ---- saving ----------------------------------------------------------------------------- */

typedef struct contents {
    kr_array *arrays;
    int64_t n;
    double *records;
    char *config, *columns, *series;
    kr_text_pair pairs[N_STATE + 9];
    char state[N_STATE][TEXT], marks[TEXT], windows[TEXT];
    char frequency[KR_FREQUENCY_TEXT];
    int64_t n_pairs;
} contents;

static void free_contents(contents *c) {
    kr_free(c->arrays);
    kr_free(c->records);
    kr_free(c->config);
    cJSON_free(c->columns);
    cJSON_free(c->series);
}

static kr_status add_array(contents *c, const char *name, kr_dtype dtype, int rank,
                           const int64_t *shape, const void *data, kr_error *err) {
    return kr_array_view(name, dtype, rank, shape, data, &c->arrays[c->n++], err);
}

static kr_status add_parameters(contents *c, const kr_session *s, kr_error *err) {
    const kr_params *params = kr_engine_params(s->engine);
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        KR_TRY(
            add_array(c, p->name, real_dtype, p->rank, p->shape, s->state.best + p->offset, err));
    }
    return KR_OK;
}

static kr_status add_records(contents *c, const kr_session *s, kr_error *err) {
    const int64_t shape[2] = {s->state.n_records, RECORD_FIELDS};
    c->records = kr_calloc((size_t)(shape[0] * shape[1]), sizeof *c->records);
    if (!c->records) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    for (int64_t i = 0; i < shape[0]; i++) {
        const kr_epoch_record *r = &s->state.records[i];
        const double fields[RECORD_FIELDS] = {(double)r->epoch, r->train_loss, r->validation_loss,
                                              r->test_loss,     r->rate,       r->seconds};
        memcpy(c->records + i * RECORD_FIELDS, fields, sizeof fields);
    }
    return add_array(c, "training.records", KR_DTYPE_F64, 2, shape, c->records, err);
}

/* Of a model that is trained: what a resumed run needs beside its best parameters. */
static kr_status add_training(contents *c, const kr_session *s, kr_error *err) {
    const kr_params *params = kr_engine_params(s->engine);
    const int64_t whole[1] = {params->size};
    if (params->size == 0) return KR_OK;
    KR_TRY(add_array(c, "training.current", real_dtype, 1, whole, params->values, err));
    KR_TRY(add_array(c, "training.adam_m", real_dtype, 1, whole, s->state.optimiser.m, err));
    KR_TRY(add_array(c, "training.adam_v", real_dtype, 1, whole, s->state.optimiser.v, err));
    return add_records(c, s, err);
}

static kr_status add_scale(contents *c, const kr_session *s, kr_error *err) {
    const kr_dataset *d = s->dataset;
    const int64_t shape[2] = {d->n_series, d->n_channels};
    int rank = d->series_names ? 2 : 1;
    KR_TRY(add_array(c, "data.mean", KR_DTYPE_F64, rank, shape + 2 - rank, d->mean, err));
    return add_array(c, "data.deviation", KR_DTYPE_F64, rank, shape + 2 - rank, d->deviation, err);
}

/* While the model is being trained there are none. */
static kr_status add_residuals(contents *c, const kr_session *s, kr_error *err) {
    const kr_conformal *k = s->conformal;
    if (!k) return KR_OK;
    const int64_t shape[3] = {k->n_kept, s->dataset->pred_len, s->n_outputs};
    snprintf(c->windows, TEXT, "%" PRId64, k->n_windows);
    c->pairs[c->n_pairs++] = (kr_text_pair){"intervals.windows", c->windows};
    return add_array(c, "intervals.residuals", KR_DTYPE_F32, 3, shape, k->residuals, err);
}

static char *print_list(char *const *names, int64_t n) {
    cJSON *list = cJSON_CreateStringArray((const char *const *)names, (int)n);
    char *text = list ? cJSON_PrintUnformatted(list) : NULL;
    cJSON_Delete(list);
    return text;
}

static kr_status add_metadata(contents *c, kr_session *s, kr_error *err) {
    KR_TRY(kr_forecast_config_to_json(s->config, &c->config, err));
    const kr_dataset *d = s->dataset;
    c->columns = print_list(d->names, d->n_channels);
    if (d->series_names) c->series = print_list(d->series_names, d->n_series);
    if (!c->columns || (d->series_names && !c->series)) {
        return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    }
    const kr_text_pair first[] = {{"format", format_name},
                                  {"version", format_version},
                                  {"krait", KR_VERSION_STRING},
                                  {"config", c->config},
                                  {"columns", c->columns}};
    memcpy(c->pairs, first, sizeof first);
    c->n_pairs = sizeof first / sizeof first[0];
    snprintf(c->marks, TEXT, "%" PRId64, d->n_marks);
    c->pairs[c->n_pairs++] = (kr_text_pair){"marks", c->marks};
    if (c->series) c->pairs[c->n_pairs++] = (kr_text_pair){"series", c->series};
    if (d->has_frequency) {
        kr_frequency_text(&d->frequency, c->frequency);
        c->pairs[c->n_pairs++] = (kr_text_pair){"frequency", c->frequency};
    }
    state_field fields[N_STATE];
    list_state(&s->state, &s->repetition, fields);
    for (int i = 0; i < N_STATE; i++) {
        print_field(&fields[i], c->state[i]);
        c->pairs[c->n_pairs++] = (kr_text_pair){fields[i].key, c->state[i]};
    }
    return KR_OK;
}

static kr_status collect(contents *c, kr_session *s, kr_error *err) {
    c->arrays =
        kr_calloc((size_t)kr_engine_params(s->engine)->count + EXTRA_ARRAYS, sizeof *c->arrays);
    if (!c->arrays) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    KR_TRY(add_parameters(c, s, err));
    KR_TRY(add_training(c, s, err));
    KR_TRY(add_scale(c, s, err));
    KR_TRY(add_metadata(c, s, err));
    return add_residuals(c, s, err);
}

kr_status kr__checkpoint_save(kr_session *s, const char *path, kr_error *err) {
    contents c = {0};
    kr_status status = collect(&c, s, err);
    if (status == KR_OK) {
        status = kr_safetensors_write(path, c.arrays, c.n, c.pairs, c.n_pairs, err);
    }
    free_contents(&c);
    return status;
}

/* ---- loading parameters ----------------------------------------------------------------- */

/* Not parameters of ours: training state, scaler, residuals, and the original's table of positions.
 */
static bool is_other(const char *name) {
    return strncmp(name, "training.", 9) == 0 || strncmp(name, "data.", 5) == 0 ||
           strncmp(name, "intervals.", 10) == 0 ||
           strcmp(name, "en_embedding.position_embedding.pe") == 0;
}

static kr_status copy_array(const char *path, const kr_array *a, int64_t n, kr_real *out,
                            kr_error *err) {
    if (a->n != n) {
        return kr_fail(err, KR_SHAPE, "%s: %s has %lld values where %lld are needed", path, a->name,
                       (long long)a->n, (long long)n);
    }
#ifdef KR_REAL_DOUBLE
    kr_status status = kr_array_to_double(a, out, err);
#else
    kr_status status = kr_array_to_float(a, out, err);
#endif
    if (status != KR_OK) kr_error_prefix(err, "%s", path);
    return status;
}

kr_status kr__checkpoint_params(kr_params *params, kr_tensor_file *file, kr_error *err) {
    const kr_params_source source = {
        .file = file,
        .is_other = is_other,
        .name_hint = "--model, --e_layers and the other settings it was trained with",
        .shape_hint = "--d_model, --d_ff, --seq_len, --pred_len, --quantiles and the like"};
    return kr__params_load(params, &source, err);
}

kr_status kr__checkpoint_load(kr_params *params, const char *path, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__checkpoint_params(params, file, err);
    kr_tensor_file_close(file);
    return status;
}

kr_status kr__checkpoint_check_format(const char *path, const char *format, const char *version,
                                      kr_error *err) {
    if (!format || strcmp(format, format_name) != 0) {
        return kr_fail(err, KR_FORMAT,
                       "%s: is no checkpoint of `krait run`; a run can take parameters out of it "
                       "with --load",
                       path);
    }
    if (!version || strcmp(version, format_version) != 0) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "%s: has version %s of the format, this program reads %s", path,
                       version ? version : "?", format_version);
    }
    return KR_OK;
}

/* ---- resuming --------------------------------------------------------------------------- */

/* Settings that may change between a run and its continuation. */
static void forget_harmless(kr_forecast_config *c) {
    c->resume = false;
    c->threads = c->train_epochs = c->patience = c->is_training = 0;
    *c->checkpoints = *c->results = *c->root_path = *c->load = '\0';
    c->itr = 1;
    c->use_dtw = c->inverse = c->profile = false;
    c->max_seconds = 0;
    *c->levels = '\0';
    if (strcmp(c->loss, "Quantile") != 0) *c->quantiles = '\0';
}

static kr_status check_config(const kr_session *s, const kr_safetensors *file, const char *path,
                              kr_error *err) {
    const char *text = kr_safetensors_value(file, "config");
    if (!text) return kr_fail(err, KR_FORMAT, "%s: holds no settings", path);
    kr_forecast_config *pair = kr_calloc(2, sizeof *pair);
    if (!pair) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    pair[0] = *s->config;
    kr_status status = kr_forecast_config_from_json(text, strlen(text), &pair[1], err);
    forget_harmless(&pair[0]);
    forget_harmless(&pair[1]);
    const kr_flag_table *table = kr_forecast_flags();
    const kr_flag *flags = table->flags;
    for (int i = 0; status == KR_OK && i < table->count; i++) {
        char was[KR_FORECAST_TEXT], is[KR_FORECAST_TEXT];
        kr_forecast_config_get(&pair[1], &flags[i], was, sizeof was);
        kr_forecast_config_get(&pair[0], &flags[i], is, sizeof is);
        if (strcmp(was, is) != 0) {
            status = kr_fail(err, KR_USAGE,
                             "%s: was trained with --%s %s, not %s; give the same settings to "
                             "--resume, or train anew",
                             path, flags[i].name, was, is);
        }
    }
    kr_free(pair);
    return status;
}

static kr_status read_vector(const kr_safetensors *file, const char *path, const char *name,
                             int64_t n, kr_real *out, kr_error *err) {
    const kr_array *a = kr_safetensors_find(file, name);
    if (!a) {
        return kr_fail(err, KR_FORMAT, "%s: has no %s, so it cannot be resumed; use --load", path,
                       name);
    }
    return copy_array(path, a, n, out, err);
}

static kr_status read_records(kr_session *s, const kr_safetensors *file, const char *path,
                              kr_error *err) {
    const kr_array *a = kr_safetensors_find(file, "training.records");
    if (!a || a->dtype != KR_DTYPE_F64 || a->rank != 2 || a->shape[1] != RECORD_FIELDS) {
        return kr_fail(err, KR_FORMAT, "%s: training.records is missing or damaged", path);
    }
    if (a->shape[0] > s->config->train_epochs) {
        return kr_fail(err, KR_USAGE,
                       "%s: has %lld epochs behind it, more than --train_epochs %lld", path,
                       (long long)a->shape[0], (long long)s->config->train_epochs);
    }
    for (int64_t i = 0; i < a->shape[0]; i++) {
        double f[RECORD_FIELDS];
        memcpy(f, (const char *)a->data + (size_t)i * sizeof f, sizeof f);
        s->state.records[i] = (kr_epoch_record){(int64_t)f[0], f[1], f[2], f[3], f[4], f[5]};
    }
    s->state.n_records = a->shape[0];
    return KR_OK;
}

static kr_status read_state(kr_session *s, const kr_safetensors *file, const char *path,
                            kr_error *err) {
    state_field fields[N_STATE];
    int64_t repetition = -1;
    list_state(&s->state, &repetition, fields);
    for (int i = 0; i < N_STATE; i++) {
        const char *text = kr_safetensors_value(file, fields[i].key);
        if (!text || !parse_field(&fields[i], text)) {
            return kr_fail(err, KR_FORMAT, "%s: %s is missing or damaged", path, fields[i].key);
        }
    }
    int64_t n = kr_dataset_window_count(s->dataset, KR_SPLIT_TRAIN), batch = s->config->batch_size;
    if (repetition != s->repetition || s->state.epoch < 1 ||
        s->state.step > (n + batch - 1) / batch || s->state.n_records != s->state.epoch - 1) {
        return kr_fail(err, KR_FORMAT, "%s: its training state is damaged or of another run", path);
    }
    /* Finished under the settings of then; more epochs or patience may be asked for now. */
    s->state.stop.must_stop = s->state.stop.counter >= s->config->patience;
    s->state.is_finished = s->state.stop.must_stop || s->state.epoch > s->config->train_epochs;
    return KR_OK;
}

static kr_status resume(kr_session *s, const kr_safetensors *file, const char *path,
                        kr_error *err) {
    kr_params *params = kr_engine_params(s->engine);
    KR_TRY(kr__checkpoint_check_format(path, kr_safetensors_value(file, "format"),
                                       kr_safetensors_value(file, "version"), err));
    KR_TRY(check_config(s, file, path, err));
    KR_TRY(kr__checkpoint_load(params, path, err));
    memcpy(s->state.best, params->values, (size_t)params->size * sizeof(kr_real));
    KR_TRY(read_vector(file, path, "training.current", params->size, params->values, err));
    KR_TRY(read_vector(file, path, "training.adam_m", params->size, s->state.optimiser.m, err));
    KR_TRY(read_vector(file, path, "training.adam_v", params->size, s->state.optimiser.v, err));
    KR_TRY(read_records(s, file, path, err));
    return read_state(s, file, path, err);
}

kr_status kr__checkpoint_resume(kr_session *s, const char *path, kr_error *err) {
    kr_safetensors *file = NULL;
    KR_TRY(kr_safetensors_read(path, &file, err));
    kr_status status = resume(s, file, path, err);
    kr_safetensors_destroy(file);
    return status;
}
