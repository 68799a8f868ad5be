/* SPDX-License-Identifier: MIT
 * nextstep.c - a next-step model as an object: creating, reading, destroying. */
#include "core/arena.h"
#include "core/flags.h"
#include "core/text.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"

#include <math.h>
#include <string.h>

static int64_t count_gates(const kr_params *params) {
    int64_t n = 0;
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        if (kr__nextstep_is_gate(p->name)) n += p->size;
    }
    return n;
}

static kr__nextstep_model_config shape_of_settings(const kr_nextstep_config *c,
                                                   int64_t n_features) {
    return (kr__nextstep_model_config){.n_features = n_features,
                                       .d_model = c->d_model,
                                       .n_layers = c->n_layers,
                                       .d_ff = c->d_ff,
                                       .max_horizon = c->max_horizon,
                                       .mamba = {c->d_state, c->d_conv, c->expand, 0},
                                       .dropout = c->dropout};
}

static void set_shape(const kr__nextstep_model_config *m, kr_nextstep_config *c) {
    c->d_model = m->d_model;
    c->n_layers = m->n_layers;
    c->d_ff = m->d_ff;
    c->max_horizon = m->max_horizon;
    c->d_state = m->mamba.d_state;
    c->d_conv = m->mamba.d_conv;
    c->expand = m->mamba.expand;
}

static kr_nextstep_shape tell_shape(const kr__stack *stack) {
    const kr__stack_shape *s = &stack->shape;
    return (kr_nextstep_shape){.n_features = s->n_features,
                               .d_model = s->d_model,
                               .n_layers = s->n_layers,
                               .d_inner = s->d_inner,
                               .d_state = s->d_state,
                               .d_conv = s->d_conv,
                               .d_ff = s->d_ff,
                               .max_horizon = s->max_horizon,
                               .n_parameters = s->n_parameters,
                               .n_gates = count_gates(&stack->params),
                               .state_size = s->state_size};
}

/* The handle of the settings, made from their structure. */
static kr_status make_settings(kr_nextstep *m, kr_error *err) {
    char *json = NULL;
    KR_TRY(kr_nextstep_settings_create(&m->settings, err));
    KR_TRY(kr__flags_to_json(kr__nextstep_flags(), &m->config, &json, err));
    kr_status status = kr_settings_from_json(m->settings, json, strlen(json), err);
    kr_free(json);
    return status;
}

/* A model without settings and values. */
static kr_status make(kr_team *team, const kr__nextstep_model_config *shape, kr_nextstep **out,
                      kr_error *err) {
    KR_TRY(kr__check_float(err));
    kr_nextstep *m = kr__calloc(1, sizeof *m);
    if (!m) return kr_fail(err, KR_MEMORY, "out of memory for the model");
    m->team = team;
    kr_status status = kr__stack_create(shape, &m->stack, err);
    if (status != KR_OK) {
        kr_nextstep_destroy(m);
        return status;
    }
    m->shape = tell_shape(m->stack);
    *out = m;
    return KR_OK;
}

kr_status kr_nextstep_create(kr_team *team, const kr_settings *settings, int64_t n_features,
                             kr_nextstep **out, kr_error *err) {
    kr_nextstep *m = NULL;
    const kr_nextstep_config *config = NULL;
    KR_TRY(kr__nextstep_config_view(settings, &config, err));
    if (n_features < 1 || n_features > INT32_MAX) {
        return kr_fail(err, KR_USAGE, "a model of %lld features: there must be at least one",
                       (long long)n_features);
    }
    const kr__nextstep_model_config shape = shape_of_settings(config, n_features);
    KR_TRY(make(team, &shape, &m, err));
    m->config = *config;
    m->has_settings = true;
    kr_torch_rng rng = kr__torch_rng_make((uint64_t)config->seed);
    kr__nextstep_initialise(&m->stack->params, &shape, &rng);
    kr_status status = kr_settings_copy(settings, &m->settings, err);
    if (status == KR_OK) {
        *out = m;
    } else {
        kr_nextstep_destroy(m);
    }
    return status;
}

void kr_nextstep_destroy(kr_nextstep *model) {
    if (!model) return;
    kr__nextstep_session_destroy(model->stopped);
    kr_settings_destroy(model->settings);
    kr__stack_destroy(model->stack);
    kr__arena_deinit(&model->arena);
    kr_free(model->records);
    kr_free(model->profile);
    kr_free(model);
}

/* ---- files ------------------------------------------------------------------------------ */

/* What the file says about the epoch that it is from. */
static void read_record(kr_nextstep *m) {
    const char *epoch = kr_nextstep_value(m, "epoch"), *text;
    m->best.train_loss = m->best.train_eval_loss = m->best.validation_loss = (double)NAN;
    m->best.test_loss = (double)NAN;
    if (epoch) kr__text_int(epoch, &m->best.epoch);
    if ((text = kr_nextstep_value(m, "train_loss"))) kr__text_real(text, &m->best.train_loss);
    if ((text = kr_nextstep_value(m, "val_loss"))) kr__text_real(text, &m->best.validation_loss);
}

static kr_status keep_texts(kr_nextstep *m, const kr_tensor_file *file, kr_error *err) {
    m->n_texts = kr_tensor_file_n_metadata(file);
    m->texts = kr__arena_alloc(&m->arena, (size_t)m->n_texts + 1, sizeof *m->texts);
    for (int64_t i = 0; m->texts && i < m->n_texts; i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        m->texts[i].key = kr__arena_strdup(&m->arena, pair.key);
        m->texts[i].value = kr__arena_strdup(&m->arena, pair.value);
        if (!m->texts[i].key || !m->texts[i].value) m->texts = NULL;
    }
    if (m->texts) return KR_OK;
    m->n_texts = 0;
    return kr_fail(err, KR_MEMORY, "out of memory for the model");
}

static kr_status open_file(kr_team *team, kr_tensor_file *file, kr_nextstep **out, kr_error *err) {
    kr__nextstep_model_config shape;
    kr_nextstep *m = NULL;
    KR_TRY(kr__nextstep_file_config(file, &shape, err));
    KR_TRY(make(team, &shape, &m, err));
    kr_status status = kr__nextstep_file_settings(file, &m->config, &m->has_settings, err);
    set_shape(&shape, &m->config);
    if (status == KR_OK) status = make_settings(m, err);
    if (status == KR_OK) status = kr__nextstep_file_load(file, &m->stack->params, err);
    if (status == KR_OK) status = keep_texts(m, file, err);
    if (status == KR_OK) {
        read_record(m);
        m->reading = kr_nextstep_value(m, KR__NEXTSTEP_READING);
        m->columns = kr_nextstep_value(m, KR__NEXTSTEP_COLUMNS);
        *out = m;
    } else {
        kr_nextstep_destroy(m);
    }
    return status;
}

kr_status kr_nextstep_open(kr_team *team, const char *path, kr_nextstep **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = open_file(team, file, out, err);
    kr_tensor_file_close(file);
    return status;
}

kr_status kr_nextstep_open_memory(kr_team *team, const char *name, const void *bytes,
                                  size_t n_bytes, kr_nextstep **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open_memory(name, bytes, n_bytes, &file, err));
    kr_status status = open_file(team, file, out, err);
    kr_tensor_file_close(file);
    return status;
}

kr_status kr_nextstep_load(kr_nextstep *model, const char *path, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__nextstep_file_load(file, &model->stack->params, err);
    kr_tensor_file_close(file);
    return status;
}

kr_status kr_nextstep_save(const kr_nextstep *model, const char *path, kr_error *err) {
    const kr_params *params = &model->stack->params;
    return kr__nextstep_write(
        &(kr__nextstep_contents){
            .model = model, .params = params, .values = params->values, .record = &model->best},
        path, err);
}

/* ---- contents --------------------------------------------------------------------------- */

const kr_nextstep_shape *kr_nextstep_shape_of(const kr_nextstep *model) { return &model->shape; }

const kr_settings *kr_nextstep_settings(const kr_nextstep *model) { return model->settings; }

const char *kr_nextstep_value(const kr_nextstep *model, const char *key) {
    for (int64_t i = 0; i < model->n_texts; i++) {
        if (strcmp(model->texts[i].key, key) == 0) return model->texts[i].value;
    }
    return NULL;
}

float *kr_nextstep_parameters(kr_nextstep *model, int64_t *n) {
    if (n) *n = model->stack->params.size;
    return (float *)model->stack->params.values;
}

int64_t kr_nextstep_find(const kr_nextstep *model, const char *name, int64_t *count) {
    const kr_param *p = kr__params_find(&model->stack->params, name);
    if (count) *count = p ? p->size : 0;
    return p ? p->offset : -1;
}

const kr_epoch_record *kr_nextstep_records(const kr_nextstep *model, int64_t *n) {
    if (n) *n = model->n_records;
    return model->records;
}

const kr_profile *kr_nextstep_profile(const kr_nextstep *model) { return model->profile; }
