/* SPDX-License-Identifier: MIT
 * next.c - a training of the next-step model from its settings to its result. */
#include <kr/next.h>

#include <stdio.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/pcg64.h>
#include <kr/platform.h>
#include <kr/windows.h>

#include "nextstep/next_session.h"

void kr__next_tell(const kr_next_session *s, kr_next_event event) {
    if (s->observer && s->observer->event) s->observer->event(s->observer->arg, &event);
}

/* ---- opening ---------------------------------------------------------------------------- */

static kr_status open_windows(kr_next_session *s, kr_error *err) {
    const kr_next_config *c = s->config;
    s->n_windows = kr_windows_count(s->series->n_steps, c->seq_len, c->stride);
    if (s->n_windows == 0) {
        return kr_fail(err, KR_USAGE,
                       "%s: has %lld steps, fewer than one window of `seq_len` %lld; use a smaller "
                       "`seq_len`",
                       s->series->path, (long long)s->series->n_steps, (long long)c->seq_len);
    }
    s->windows = kr_calloc((size_t)s->n_windows, sizeof *s->windows);
    if (!s->windows) return kr_fail(err, KR_MEMORY, "out of memory for the windows");
    KR_TRY(kr_windows_split(s->n_windows, c->val_fraction, (uint64_t)c->seed, s->windows,
                            &s->n_train, err));
    kr__next_tell(s, (kr_next_event){.kind = KR_NEXT_DATA,
                                     .windows = s->n_windows,
                                     .n_train = s->n_train,
                                     .n_features = s->series->n_features});
    return KR_OK;
}

static kr_next_objective make_objective(const kr_next_config *c, int64_t n_features) {
    return (kr_next_objective){.model = {.n_features = n_features,
                                         .d_model = c->d_model,
                                         .n_layers = c->n_layers,
                                         .d_ff = c->d_ff,
                                         .max_horizon = c->max_horizon,
                                         .mamba = {c->d_state, c->d_conv, c->expand},
                                         .dropout = c->dropout},
                               .extras = {.slowness = c->slowness_lambda,
                                          .contrastive = c->contrastive_lambda,
                                          .preact = c->preact_lambda,
                                          .temperature = c->contrastive_temp,
                                          .n_negatives = c->contrastive_negatives},
                               .seq_len = c->seq_len};
}

bool kr__next_is_gate(const char *name) {
    return strstr(name, ".mamba.x_proj.") || strstr(name, ".mamba.dt_proj.");
}

static int64_t count_gates(const kr_params *params) {
    int64_t n = 0;
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        if (kr__next_is_gate(p->name)) n += p->size;
    }
    return n;
}

static kr_status open_engine(kr_next_session *s, kr_error *err) {
    int64_t batch = s->config->batch_size < s->n_windows ? s->config->batch_size : s->n_windows;
    s->objective = make_objective(s->config, s->series->n_features);
    kr_engine_config config = {.objective = kr__next_objective(&s->objective),
                               .grad_slots = s->config->grad_slots,
                               .max_batch = batch,
                               .uses_bf16 = s->config->amp,
                               .is_profiled = s->config->profile};
    KR_TRY(kr_engine_create(s->team, &config, &s->engine, err));
    kr_params *params = kr_engine_params(s->engine);
    s->n_gates = count_gates(params);
    s->order = kr_torch_rng_make((uint64_t)s->config->seed);
    s->jitter = kr_torch_rng_make((uint64_t)s->config->seed);
    kr_next_initialise(params, &s->objective.model, &s->order);
    kr__next_tell(s, (kr_next_event){.kind = KR_NEXT_MODEL,
                                     .n_parameters = kr_params_count(params),
                                     .n_gates = s->n_gates});
    return KR_OK;
}

/* "model_next.pt" -> "model_next.resume.safetensors" */
static void name_resume_file(kr_next_session *s) {
    const char *path = s->config->checkpoint, *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    int n = (int)(dot ? dot - path : (long)strlen(path));
    snprintf(s->resume_path, sizeof s->resume_path, "%.*s.resume.safetensors", n, path);
}

static void close_session(kr_next_session *s) {
    kr_series_destroy(s->series);
    kr_trainer_destroy(s->trainer);
    kr_engine_destroy(s->engine);
    kr_free(s->windows);
}

/* ---- training or loading ---------------------------------------------------------------- */

static kr_status load(kr_next_session *s, const char *path, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__next_file_load(file, kr_engine_params(s->engine), err);
    kr_tensor_file_close(file);
    return status;
}

static kr_status train_or_load(kr_next_session *s, kr_error *err) {
    const kr_next_config *c = s->config;
    if (*c->load) KR_TRY(load(s, c->load, err));
    if (!*c->eval) return kr__next_train(s, err);
    KR_TRY(load(s, c->eval, err));
    return kr__next_validate(s, &s->jitter, &s->eval_loss, err);
}

/* ---- the result ------------------------------------------------------------------------- */

/* The windows of the original's pictures: default_rng(42).choice, whatever the seed. */
static kr_status fill_samples(kr_next_session *s, kr_next_result *r, kr_error *err) {
    kr_pcg64 rng = kr_pcg64_make(42);
    int64_t n = s->n_windows < KR_NEXT_SAMPLES ? s->n_windows : KR_NEXT_SAMPLES;
    int64_t *chosen = kr_calloc((size_t)s->n_windows, sizeof *chosen);
    size_t size = (size_t)s->config->seq_len * (size_t)s->series->n_features;
    r->pred = kr_calloc((size_t)n * size, sizeof(kr_real));
    if (!chosen || !r->pred) {
        kr_free(chosen);
        return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    }
    kr_pcg64_choose(&rng, s->n_windows, n, chosen);
    for (int64_t i = 0; i < n; i++) r->sample_start[i] = chosen[i] * s->config->stride;
    r->n_samples = (int)n;
    kr__next_forecast(s, r->sample_start, n, r->pred);
    kr_free(chosen);
    return KR_OK;
}

/* Hands series and records over to the result. */
static void fill_result(kr_next_session *s, kr_next_result *r) {
    r->n_windows = s->n_windows;
    r->n_train = s->n_train;
    r->n_parameters = kr_params_count(kr_engine_params(s->engine));
    r->n_gates = s->n_gates;
    r->best_validation = s->eval_loss;
    if (s->trainer) {
        const kr_trainer_speed speed = kr_trainer_measure_speed(s->trainer);
        r->best_epoch = kr_trainer_state(s->trainer)->best_epoch;
        r->best_validation = kr_trainer_state(s->trainer)->stop.best;
        r->epochs = kr_trainer_take_records(s->trainer, &r->n_epochs);
        r->train_seconds = speed.seconds;
        r->step_ms = speed.step_ms;
        r->tokens_per_s = speed.samples_per_s * (double)s->config->seq_len;
    }
    memcpy(r->resume_path, s->resume_path, sizeof r->resume_path);
    r->series = s->series;
    s->series = NULL;
}

void kr_next_result_destroy(kr_next_result *result) {
    if (!result) return;
    kr_series_destroy(result->series);
    kr_free(result->profile);
    kr_free(result->epochs);
    kr_free(result->pred);
    kr_free(result);
}

static kr_status run(kr_next_session *s, kr_next_result *r, kr_error *err) {
    KR_TRY(kr_next_config_check(s->config, err));
    KR_TRY(kr_series_open(s->config->data_dir, &s->series, err));
    KR_TRY(open_windows(s, err));
    KR_TRY(open_engine(s, err));
    name_resume_file(s);
    KR_TRY(train_or_load(s, err));
    KR_TRY(fill_samples(s, r, err));
    KR_TRY(kr_engine_profile(s->engine, &r->profile, err));
    fill_result(s, r);
    return KR_OK;
}

kr_status kr_next_run(kr_team *team, const kr_next_config *config, const kr_next_observer *observer,
                      kr_next_result **out, kr_error *err) {
    kr_next_session *s = kr_calloc(1, sizeof *s);
    kr_next_result *r = kr_calloc(1, sizeof *r);
    kr_status status = KR_OK;
    if (s && r) {
        s->team = team;
        s->config = config;
        s->observer = observer;
        status = run(s, r, err);
    } else {
        status = kr_fail(err, KR_MEMORY, "out of memory for the training");
    }
    if (s) close_session(s);
    kr_free(s);
    if (status == KR_OK) {
        *out = r;
    } else {
        kr_next_result_destroy(r);
    }
    return status;
}
