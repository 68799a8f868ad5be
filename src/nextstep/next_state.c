/* SPDX-License-Identifier: MIT
 * next_state.c - the file that lets an interrupted training go on with the same bits.
 *
 *     training.current, .best          parameter vectors: of the last step, of the best epoch
 *     training.adam_m, .adam_v         moments
 *     training.order, .jitter          generators as the epoch began: 624 words and the next one
 *     training.records                 (epochs, 7): epoch, train, train_eval, validation, rate,
 *                                      seconds, is_best
 *     metadata                         format, version, config (JSON), state.* (numbers)
 *
 * docs/checkpoint.md describes the format. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/platform.h>
#include <kr/safetensors.h>

#include "nextstep/next_session.h"

enum { RECORD_FIELDS = 7, RNG_WORDS = 625, N_ARRAYS = 7, N_STATE = 9, TEXT = 40 };

static const char format_name[] = "krait training of a next-step model", format_version[] = "1";
static const kr_dtype real_dtype = sizeof(kr_real) == 4 ? KR_DTYPE_F32 : KR_DTYPE_F64;

/* ---- the numbers of the state, one list for both directions ----------------------------- */

typedef struct field {
    const char *key;
    int64_t *whole; /* or */
    double *real;
} field;

static void list_fields(kr_next_state *t, int64_t *is_finished, field out[N_STATE]) {
    const field list[N_STATE] = {{"state.epoch", &t->epoch, NULL},
                                 {"state.step", &t->step, NULL},
                                 {"state.global_step", &t->global_step, NULL},
                                 {"state.adam_step", &t->optimiser.step, NULL},
                                 {"state.loss_sum", NULL, &t->loss_sum},
                                 {"state.epoch_seconds", NULL, &t->epoch_seconds},
                                 {"state.best_validation", NULL, &t->best_validation},
                                 {"state.best_epoch", &t->best_epoch, NULL},
                                 {"state.is_finished", is_finished, NULL}};
    memcpy(out, list, sizeof list);
}

static bool parse_field(const field *f, const char *text) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end) return false;
    if (f->real) {
        *f->real = value;
        return true;
    }
    if (!(value >= 0 && value < 9e15)) return false;
    *f->whole = (int64_t)value;
    return true;
}

static void pack_rng(const kr_torch_rng *rng, uint32_t words[RNG_WORDS]) {
    memcpy(words, rng->state, sizeof rng->state);
    words[RNG_WORDS - 1] = (uint32_t)rng->next;
}

/* ---- saving ----------------------------------------------------------------------------- */

static void pack_records(const kr_next_state *t, double *out) {
    for (int64_t i = 0; i < t->n_records; i++) {
        const kr_next_epoch *r = &t->records[i];
        const double fields[RECORD_FIELDS] = {(double)r->epoch, r->train, r->train_eval,
                                              r->validation,    r->rate,  r->seconds,
                                              r->is_best};
        memcpy(out + i * RECORD_FIELDS, fields, sizeof fields);
    }
}

static kr_status write_file(kr_next_session *s, const double *records, const char *config,
                            kr_error *err) {
    const kr_params *params = kr_engine_params(s->engine);
    kr_next_state *t = &s->state;
    uint32_t order[RNG_WORDS], jitter[RNG_WORDS];
    const int64_t whole[1] = {params->size}, words[1] = {RNG_WORDS};
    const int64_t table[2] = {t->n_records, RECORD_FIELDS};
    pack_rng(&t->order, order);
    pack_rng(&t->jitter, jitter);
    const struct {
        const char *name;
        kr_dtype dtype;
        int rank;
        const int64_t *shape;
        const void *data;
    } list[N_ARRAYS] = {{"training.current", real_dtype, 1, whole, params->values},
                        {"training.best", real_dtype, 1, whole, t->best},
                        {"training.adam_m", real_dtype, 1, whole, t->optimiser.m},
                        {"training.adam_v", real_dtype, 1, whole, t->optimiser.v},
                        {"training.order", KR_DTYPE_U32, 1, words, order},
                        {"training.jitter", KR_DTYPE_U32, 1, words, jitter},
                        {"training.records", KR_DTYPE_F64, 2, table, records}};
    kr_array arrays[N_ARRAYS];
    for (int i = 0; i < N_ARRAYS; i++) {
        KR_TRY(kr_array_view(list[i].name, list[i].dtype, list[i].rank, list[i].shape, list[i].data,
                             &arrays[i], err));
    }
    field fields[N_STATE];
    int64_t is_finished = t->is_finished;
    char text[N_STATE][TEXT];
    kr_text_pair pairs[N_STATE + 4] = {{"format", format_name},
                                       {"version", format_version},
                                       {"krait", KR_VERSION_STRING},
                                       {"config", config}};
    list_fields(t, &is_finished, fields);
    for (int i = 0; i < N_STATE; i++) {
        if (fields[i].whole) {
            snprintf(text[i], TEXT, "%" PRId64, *fields[i].whole);
        } else {
            snprintf(text[i], TEXT, "%.17g", *fields[i].real);
        }
        pairs[4 + i] = (kr_text_pair){fields[i].key, text[i]};
    }
    return kr_safetensors_write(s->resume_path, arrays, N_ARRAYS, pairs, N_STATE + 4, err);
}

kr_status kr__next_state_save(kr_next_session *s, kr_error *err) {
    char *config = NULL;
    double *records = kr_calloc((size_t)(s->state.n_records * RECORD_FIELDS) + 1, sizeof *records);
    if (!records) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    pack_records(&s->state, records);
    kr_status status = kr_flags_to_json(kr_next_flags(), s->config, &config, err);
    if (status == KR_OK) status = write_file(s, records, config, err);
    kr_free(config);
    kr_free(records);
    return status;
}

/* ---- resuming --------------------------------------------------------------------------- */

/* Settings that may change between a training and its continuation. */
static bool may_change(const char *name) {
    static const char *const names[] = {"data_dir", "checkpoint", "eval",   "save_dir",
                                        "resume",   "threads",    "on_nan", "profile"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

static kr_status compare_config(const kr_next_session *s, const kr_next_config *was,
                                kr_error *err) {
    const kr_flag_table *table = kr_next_flags();
    for (int i = 0; i < table->count; i++) {
        char before[KR_FLAG_TEXT], now[KR_FLAG_TEXT];
        const kr_flag *flag = &table->flags[i];
        kr_flag_get(flag, was, before, sizeof before);
        kr_flag_get(flag, s->config, now, sizeof now);
        if (strcmp(before, now) == 0 || may_change(flag->name)) continue;
        return kr_fail(err, KR_USAGE,
                       "%s: was trained with --%s %s, not %s; give the same settings to --resume, "
                       "or train anew",
                       s->resume_path, flag->name, before, now);
    }
    return KR_OK;
}

static kr_status check_config(const kr_next_session *s, const kr_safetensors *file, kr_error *err) {
    const char *format = kr_safetensors_value(file, "format");
    const char *version = kr_safetensors_value(file, "version");
    const char *text = kr_safetensors_value(file, "config");
    if (!format || strcmp(format, format_name) != 0 || !text) {
        return kr_fail(err, KR_FORMAT, "%s: is no state of a training", s->resume_path);
    }
    if (!version || strcmp(version, format_version) != 0) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "%s: has version %s of the format, this program reads %s", s->resume_path,
                       version ? version : "?", format_version);
    }
    kr_next_config *was = kr_calloc(1, sizeof *was);
    if (!was) return kr_fail(err, KR_MEMORY, "out of memory for the checkpoint");
    kr_status status = kr_flags_from_json(kr_next_flags(), text, strlen(text), was, err);
    if (status == KR_OK) status = compare_config(s, was, err);
    kr_free(was);
    return status;
}

static kr_status fail_damaged(const kr_next_session *s, const char *what, kr_error *err) {
    return kr_fail(err, KR_FORMAT, "%s: %s is missing or damaged", s->resume_path, what);
}

static kr_status read_vector(const kr_next_session *s, const kr_safetensors *file, const char *name,
                             kr_real *out, kr_error *err) {
    const kr_array *a = kr_safetensors_find(file, name);
    if (!a || a->n != kr_engine_params(s->engine)->size) return fail_damaged(s, name, err);
#ifdef KR_REAL_DOUBLE
    return kr_array_to_double(a, out, err);
#else
    return kr_array_to_float(a, out, err);
#endif
}

static kr_status read_rng(const kr_next_session *s, const kr_safetensors *file, const char *name,
                          kr_torch_rng *rng, kr_error *err) {
    const kr_array *a = kr_safetensors_find(file, name);
    if (!a || a->n != RNG_WORDS || a->dtype != KR_DTYPE_U32) return fail_damaged(s, name, err);
    uint32_t words[RNG_WORDS];
    memcpy(words, a->data, sizeof words);
    if (words[RNG_WORDS - 1] > RNG_WORDS - 1) return fail_damaged(s, name, err);
    memcpy(rng->state, words, sizeof rng->state);
    rng->next = (int32_t)words[RNG_WORDS - 1];
    return KR_OK;
}

static kr_status read_records(kr_next_session *s, const kr_safetensors *file, kr_error *err) {
    const kr_array *a = kr_safetensors_find(file, "training.records");
    if (!a || a->dtype != KR_DTYPE_F64 || a->rank != 2 || a->shape[1] != RECORD_FIELDS ||
        a->shape[0] > s->config->epochs) {
        return fail_damaged(s, "training.records", err);
    }
    for (int64_t i = 0; i < a->shape[0]; i++) {
        double f[RECORD_FIELDS];
        memcpy(f, (const char *)a->data + (size_t)i * sizeof f, sizeof f);
        s->state.records[i] =
            (kr_next_epoch){(int64_t)f[0], f[1], f[2], f[3], f[4], f[5], f[6] != 0};
    }
    s->state.n_records = a->shape[0];
    return KR_OK;
}

static kr_status read_fields(kr_next_session *s, const kr_safetensors *file, kr_error *err) {
    field fields[N_STATE];
    int64_t is_finished = 0;
    list_fields(&s->state, &is_finished, fields);
    for (int i = 0; i < N_STATE; i++) {
        const char *text = kr_safetensors_value(file, fields[i].key);
        if (!text || !parse_field(&fields[i], text)) return fail_damaged(s, fields[i].key, err);
    }
    s->state.is_finished = is_finished != 0;
    int64_t steps = (s->n_train + s->config->batch_size - 1) / s->config->batch_size;
    if (s->state.epoch < 1 || s->state.step > steps || s->state.n_records != s->state.epoch - 1) {
        return fail_damaged(s, "the place in the training", err);
    }
    return KR_OK;
}

static kr_status read_file(kr_next_session *s, const kr_safetensors *file, kr_error *err) {
    kr_next_state *t = &s->state;
    KR_TRY(check_config(s, file, err));
    KR_TRY(read_vector(s, file, "training.current", kr_engine_params(s->engine)->values, err));
    KR_TRY(read_vector(s, file, "training.best", t->best, err));
    KR_TRY(read_vector(s, file, "training.adam_m", t->optimiser.m, err));
    KR_TRY(read_vector(s, file, "training.adam_v", t->optimiser.v, err));
    KR_TRY(read_rng(s, file, "training.order", &t->order, err));
    KR_TRY(read_rng(s, file, "training.jitter", &t->jitter, err));
    KR_TRY(read_records(s, file, err));
    return read_fields(s, file, err);
}

kr_status kr__next_state_resume(kr_next_session *s, kr_error *err) {
    kr_safetensors *file = NULL;
    if (!kr_file_exists(s->resume_path)) {
        return kr_fail(err, KR_IO,
                       "%s: no such file, so there is nothing to go on with; leave --resume out to "
                       "start",
                       s->resume_path);
    }
    KR_TRY(kr_safetensors_read(s->resume_path, &file, err));
    kr_status status = read_file(s, file, err);
    kr_safetensors_destroy(file);
    return status;
}
