/* SPDX-License-Identifier: MIT
 * nextstep_session.c - training and evaluation of a next-step model on a series. */
#include <string.h>

#include "core/arena.h"
#include "core/sized_struct.h"
#include "core/text.h"
#include "nextstep/nextstep_internal.h"

/* ---- opening ---------------------------------------------------------------------------- */

static kr_status check_series(const kr_nextstep *m, const kr_series *series, kr_error *err) {
    if (!m->has_settings) {
        return kr_fail(err, KR_USAGE,
                       "the model comes from a file that does not say how it was trained; create "
                       "one with settings, and load the file's parameters into it");
    }
    if (!series->values) {
        return kr_fail(err, KR_USAGE, "%s: its numbers are double; models take float",
                       series->path);
    }
    if (series->n_features == m->shape.n_features) return KR_OK;
    return kr_fail(err, KR_SHAPE, "%s: has %lld features, but the model has %lld", series->path,
                   (long long)series->n_features, (long long)m->shape.n_features);
}

static kr_status open_windows(kr__nextstep_session *s, kr_error *err) {
    const kr_nextstep_config *c = s->config;
    s->n_windows = kr_windows_count(s->series->n_steps, c->seq_len, c->stride);
    if (s->n_windows == 0) {
        return kr_fail(
            err, KR_USAGE,
            "%s: has %lld step%s, fewer than one window of `seq_len` %lld; use a smaller "
            "`seq_len`",
            s->series->path, (long long)s->series->n_steps, kr__plural(s->series->n_steps),
            (long long)c->seq_len);
    }
    s->windows = kr__calloc((size_t)s->n_windows, sizeof *s->windows);
    if (!s->windows) return kr_fail(err, KR_MEMORY, "out of memory for the windows");
    KR_TRY(kr_windows_split(s->n_windows, c->val_fraction, (uint64_t)c->seed, s->windows,
                            &s->n_train, err));
    kr__nextstep_tell(s, (kr_nextstep_event){.kind = KR_NEXTSTEP_DATA,
                                             .windows = s->n_windows,
                                             .n_train = s->n_train,
                                             .n_features = s->series->n_features});
    return KR_OK;
}

static kr__nextstep_task make_task(const kr_nextstep *m) {
    const kr_nextstep_config *c = &m->config;
    kr__nextstep_task task = {.model = m->stack->config,
                              .extras = {.slowness = c->slowness_lambda,
                                         .contrastive = c->contrastive_lambda,
                                         .preact = c->preact_lambda,
                                         .temperature = c->contrastive_temp,
                                         .n_negatives = c->contrastive_negatives},
                              .seq_len = c->seq_len};
    task.model.dropout = c->dropout;
    return task;
}

/* Engine and model list the same parameters, each in its own vector. */
static void copy_values(const kr_params *from, kr_params *to) {
    for (int i = 0; i < to->count; i++) {
        const kr_param *p = &to->list[i], *q = kr__params_find(from, p->name);
        memcpy(to->values + p->offset, from->values + q->offset,
               (size_t)p->size * sizeof *to->values);
    }
}

/* Initial values are drawn even if the model's replace them, because the same generator draws the
 * order of the windows afterwards. */
static kr_status open_engine(kr__nextstep_session *s, bool trains, kr_error *err) {
    int64_t batch = s->config->batch_size;
    s->task = make_task(s->model);
    kr_engine_config config = {.objective = kr__nextstep_objective(&s->task),
                               .grad_slots = s->config->grad_slots,
                               .uses_bf16 = s->config->amp,
                               .is_profiled = s->config->profile,
                               .only_predicts = !trains};
    int64_t most = trains && config.objective.needs_whole_batch ? s->n_train : s->n_windows;
    config.max_batch = batch < most ? batch : most;
    config.last_batch = s->n_train % config.max_batch;
    KR_TRY(kr__engine_create(s->team, &config, &s->engine, err));
    kr_params *params = kr__engine_params(s->engine);
    s->order = kr__torch_rng_make((uint64_t)s->config->seed);
    s->jitter = kr__torch_rng_make((uint64_t)s->config->seed);
    kr__nextstep_initialise(params, &s->task.model, &s->order);
    copy_values(&s->model->stack->params, params);
    kr__nextstep_tell(s, (kr_nextstep_event){.kind = KR_NEXTSTEP_MODEL,
                                             .n_parameters = s->model->shape.n_parameters,
                                             .n_gates = s->model->shape.n_gates});
    return KR_OK;
}

static kr_status open_session(kr_nextstep *m, const kr_series *series,
                              const kr_nextstep_observer *observer, bool trains,
                              kr__nextstep_session **out, kr_error *err) {
    KR_TRY(check_series(m, series, err));
    kr__nextstep_session *s = kr__calloc(1, sizeof *s);
    if (!s) return kr_fail(err, KR_MEMORY, "out of memory for the training");
    s->model = m;
    s->team = m->team;
    s->config = &m->config;
    s->observer = observer;
    s->series = series;
    kr_status status = open_windows(s, err);
    if (status == KR_OK) status = open_engine(s, trains, err);
    if (status == KR_OK) {
        *out = s;
    } else {
        kr__nextstep_session_destroy(s);
    }
    return status;
}

void kr__nextstep_session_destroy(kr__nextstep_session *s) {
    if (!s) return;
    kr__nextstep_train_close(s);
    kr__trainer_destroy(s->trainer);
    kr__engine_destroy(s->engine);
    kr_free(s->windows);
    kr_free(s);
}

/* ---- results ---------------------------------------------------------------------------- */

static kr_status take_profile(kr__nextstep_session *s, kr_error *err) {
    kr_profile *profile = NULL;
    KR_TRY(kr__engine_profile(s->engine, &profile, err));
    kr_free(s->model->profile);
    s->model->profile = profile;
    return KR_OK;
}

/* The parameters and records of a finished training become the model's. */
static void take_model(kr__nextstep_session *s) {
    kr_nextstep *m = s->model;
    int64_t best = kr__trainer_state(s->trainer)->best_epoch;
    copy_values(kr__engine_params(s->engine), &m->stack->params);
    kr_free(m->records);
    m->records = kr__trainer_take_records(s->trainer, &m->n_records);
    for (int64_t i = 0; i < m->n_records; i++) {
        if (m->records[i].epoch == best) m->best = m->records[i];
    }
}

/* As much of the report as the caller's version has. */
static void give_report(kr_nextstep_report *to, kr_nextstep_report report) {
    if (!to) return;
    size_t size = to->size < sizeof report ? to->size : sizeof report;
    report.size = to->size;
    memcpy(to, &report, size);
}

static kr_status check_report(const kr_nextstep_report *report, kr_error *err) {
    kr_nextstep_report taken;
    return kr__sized_take("kr_nextstep_report", report, &taken, sizeof taken, err);
}

static kr_nextstep_report report_training(const kr__nextstep_session *s) {
    const kr_trainer_speed speed = kr__trainer_measure_speed(s->trainer);
    return (kr_nextstep_report){.n_windows = s->n_windows,
                                .n_train = s->n_train,
                                .best_epoch = kr__trainer_state(s->trainer)->best_epoch,
                                .best_validation = kr__trainer_state(s->trainer)->stop.best,
                                .tokens_per_s = speed.samples_per_s * (double)s->config->seq_len,
                                .step_ms = speed.step_ms,
                                .train_seconds = speed.seconds};
}

/* ---- training --------------------------------------------------------------------------- */

/* Take the training that was stopped in memory, to continue it on the same series. */
static kr_status take_stopped(kr_nextstep *m, const kr_series *series, kr__nextstep_session **out,
                              kr_error *err) {
    kr__nextstep_session *s = m->stopped;
    if (!s) {
        return kr_fail(err, KR_USAGE,
                       "no training of this model was stopped, so there is nothing to continue; "
                       "name the file of a state, or start again");
    }
    KR_TRY(check_series(m, series, err));
    if (kr_windows_count(series->n_steps, s->config->seq_len, s->config->stride) != s->n_windows) {
        return kr_fail(err, KR_USAGE,
                       "%s: is not the series of the training that was stopped; it has other "
                       "windows",
                       series->path);
    }
    m->stopped = NULL;
    s->series = series;
    *out = s;
    return KR_OK;
}

static kr_status open_training(kr_nextstep *m, const kr_series *series,
                               const kr_nextstep_training *t, kr__nextstep_session **out,
                               kr_error *err) {
    bool from_memory = t->resumes && !t->state;
    if (from_memory) {
        KR_TRY(take_stopped(m, series, out, err));
    } else {
        KR_TRY(open_session(m, series, t->observer, true, out, err));
    }
    kr__nextstep_session *s = *out;
    s->observer = t->observer;
    s->checkpoint = t->checkpoint;
    s->state = t->state;
    KR_TRY(kr__nextstep_keep_source(m, series, err));
    return from_memory ? KR_OK : kr__nextstep_train_open(s, t->resumes, err);
}

kr_status kr_nextstep_train(kr_nextstep *model, const kr_series *series,
                            const kr_nextstep_training *training, kr_nextstep_report *report,
                            kr_error *err) {
    kr_nextstep_training t;
    kr__nextstep_session *s = NULL;
    KR_TRY(kr__sized_take("kr_nextstep_training", training, &t, sizeof t, err));
    KR_TRY(check_report(report, err));
    kr_status status = open_training(model, series, &t, &s, err);
    if (status == KR_OK) status = kr__nextstep_train_run(s, t.resumes, err);
    if (status == KR_OK) status = take_profile(s, err);
    if (status == KR_OK) {
        give_report(report, report_training(s));
        take_model(s);
    }
    if (status == KR_INTERRUPTED && s) {
        kr__nextstep_session_destroy(model->stopped);
        model->stopped = s;
        s->observer = NULL;
        s->checkpoint = s->state = NULL;
    } else {
        kr__nextstep_session_destroy(s);
    }
    return status;
}

/* ---- evaluation ------------------------------------------------------------------------- */

kr_status kr_nextstep_evaluate(kr_nextstep *model, const kr_series *series,
                               const kr_nextstep_observer *observer, kr_nextstep_report *report,
                               kr_error *err) {
    kr__nextstep_session *s = NULL;
    double loss = 0;
    KR_TRY(check_report(report, err));
    KR_TRY(open_session(model, series, observer, false, &s, err));
    kr_status status = kr__nextstep_validate(s, &s->jitter, &loss, err);
    if (status == KR_OK) status = take_profile(s, err);
    if (status == KR_OK) {
        give_report(report,
                    (kr_nextstep_report){
                        .n_windows = s->n_windows, .n_train = s->n_train, .best_validation = loss});
    }
    kr__nextstep_session_destroy(s);
    return status;
}
