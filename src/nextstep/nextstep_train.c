/* SPDX-License-Identifier: MIT
 * nextstep_train.c - windows of a series as samples, validation, and a training as a client of the
 * trainer. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/random.h"
#include "core/real.h"
#include "nextstep/windows.h"

#include "nextstep/nextstep_internal.h"
#include "nextstep/rotation.h"

enum { CHUNK_BATCHES = 4 }; /* batches of an evaluation between two checks whether to stop */

/* ---- events ----------------------------------------------------------------------------- */

void kr__nextstep_tell(const kr__nextstep_session *s, kr_nextstep_event event) {
    if (s->observer && s->observer->event) s->observer->event(s->observer->arg, &event);
}

/* ---- samples ---------------------------------------------------------------------------- */

/* Windows that start at starts[0 ..]. */
typedef struct window_source {
    const kr__nextstep_session *s;
    const int64_t *starts;
    const double *rotation; /* (n_features, n_features), or NULL */
    bool is_augmented;
    int64_t step; /* which draws an augmented batch uses */
} window_source;

static void copy_window(const kr__nextstep_session *s, int64_t start, kr_real *to) {
    const float *from = s->series->values + start * s->series->n_features;
    int64_t n = s->config->seq_len * s->series->n_features;
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
}

/* to = from q^T, step by step; to and from do not overlap. */
static void rotate(const double *q, int64_t n_steps, int64_t n, const kr_real *from, kr_real *to) {
    for (int64_t t = 0; t < n_steps; t++, from += n, to += n) {
        for (int64_t i = 0; i < n; i++) {
            double sum = 0;
            for (int64_t k = 0; k < n; k++) sum += q[i * n + k] * (double)from[k];
            to[i] = (kr_real)sum;
        }
    }
}

/* Input and target are rotated and scaled alike; noise is added to the input alone. */
static void augment(const window_source *w, int64_t i, kr_real *input, kr_real *target) {
    const kr_nextstep_config *c = w->s->config;
    int64_t n = w->s->series->n_features, size = c->seq_len * n;
    uint64_t number = (uint64_t)w->step << 24 | (uint64_t)i;
    kr_rng rng = kr__rng_make((uint64_t)c->seed, KR_STREAM_AUGMENT, number);
    if (w->rotation) {
        memcpy(input, target, (size_t)size * sizeof *input);
        rotate(w->rotation, c->seq_len, n, input, target);
    }
    if (c->aug_scale > 0) {
        kr_real factor = (kr_real)(1 - c->aug_scale + 2 * c->aug_scale * kr__rng_uniform(&rng));
        for (int64_t k = 0; k < size; k++) target[k] *= factor;
    }
    for (int64_t k = 0; k < size; k++) {
        double noise = c->aug_noise > 0 ? c->aug_noise * kr__rng_normal(&rng) : 0;
        input[k] = target[k] + (kr_real)noise;
    }
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const window_source *w = arg;
    copy_window(w->s, w->starts[i], in[KR__NEXTSTEP_TARGET]);
    if (w->is_augmented) {
        augment(w, i, in[KR__NEXTSTEP_INPUT], in[KR__NEXTSTEP_TARGET]);
    } else {
        copy_window(w->s, w->starts[i], in[KR__NEXTSTEP_INPUT]);
    }
}

/* ---- an epoch's windows ----------------------------------------------------------------- */

/* First steps of windows[order[i]] (order NULL: i), moved when starts are jittered. */
static void find_starts(const kr__nextstep_session *s, const int64_t *windows, const int64_t *order,
                        int64_t n, kr_torch_rng *jitter, int64_t *starts) {
    const kr_nextstep_config *c = s->config;
    for (int64_t i = 0; i < n; i++) {
        starts[i] = windows[order ? order[i] : i] * c->stride;
        if (!c->jitter) continue;
        starts[i] =
            kr__windows_jitter(jitter, starts[i], c->stride, s->series->n_steps, c->seq_len);
    }
}

/* ---- evaluation ------------------------------------------------------------------------- */

static kr_status evaluate(kr__nextstep_session *s, const int64_t *starts, int64_t n, double *loss,
                          kr_error *err) {
    int64_t chunk = CHUNK_BATCHES * s->config->batch_size;
    double *losses = kr__calloc((size_t)n, sizeof *losses);
    if (!losses) return kr_fail(err, KR_MEMORY, "out of memory while validating");
    kr_status status = KR_OK;
    for (int64_t first = 0; first < n; first += chunk) {
        window_source source = {.s = s, .starts = starts + first};
        kr_samples samples = {fetch, &source, n - first < chunk ? n - first : chunk};
        if (kr_team_is_stopping(s->team))
            status = kr_fail(err, KR_INTERRUPTED, "stopped on request");
        if (status != KR_OK) break;
        kr__engine_predict(s->engine, &samples, NULL, losses + first);
        kr__nextstep_tell(
            s, (kr_nextstep_event){.kind = KR_NEXTSTEP_PROGRESS,
                                   .epoch = s->trainer ? kr__trainer_state(s->trainer)->epoch : 0,
                                   .step = first + samples.count,
                                   .steps = n});
    }
    if (status == KR_OK) *loss = kr__mean_of_batches(losses, n, s->config->batch_size);
    kr_free(losses);
    return status;
}

kr_status kr__nextstep_validate(kr__nextstep_session *s, kr_torch_rng *jitter, double *loss,
                                kr_error *err) {
    int64_t n = s->n_windows - s->n_train;
    int64_t *starts = kr__calloc((size_t)n, sizeof *starts);
    if (!starts) return kr_fail(err, KR_MEMORY, "out of memory while validating");
    find_starts(s, s->windows + s->n_train, NULL, n, jitter, starts);
    kr_status status = evaluate(s, starts, n, loss, err);
    kr_free(starts);
    return status;
}

/* ---- what the trainer asks for ---------------------------------------------------------- */

/* The training windows in the order of the epoch. */
struct kr__nextstep_pass {
    kr__nextstep_session *s;
    window_source source;               /* the current batch */
    int64_t *order, *starts;            /* n_train of each */
    double *rotation, *work;            /* n_features^2 numbers, and 3 times as many; or NULL */
    kr_torch_rng order_rng, jitter_rng; /* as far as the epoch has drawn */
};
typedef struct kr__nextstep_pass pass;

/* A pass over the training windows in random order. */
static void draw_pass(pass *t) {
    const kr__nextstep_session *s = t->s;
    kr__windows_shuffle(&t->order_rng, t->order, s->n_train);
    find_starts(s, s->windows, t->order, s->n_train, &t->jitter_rng, t->starts);
}

static void begin_epoch(void *arg, int64_t epoch) {
    (void)epoch;
    pass *t = arg;
    t->order_rng = t->s->order;
    t->jitter_rng = t->s->jitter;
    draw_pass(t);
}

static void begin_batch(void *arg, int64_t first, int64_t step) {
    pass *t = arg;
    const kr__nextstep_session *s = t->s;
    const kr_nextstep_config *c = s->config;
    t->source =
        (window_source){.s = s,
                        .starts = t->starts + first,
                        .is_augmented = c->aug_rotate || c->aug_scale > 0 || c->aug_noise > 0,
                        .step = step};
    if (!c->aug_rotate) return;
    kr_rng rng =
        kr__rng_make((uint64_t)c->seed, KR_STREAM_AUGMENT, (uint64_t)step << 24 | 0xffffff);
    kr__rotation_draw(&rng, s->series->n_features, c->aug_rotate_eps, t->rotation, t->work);
    t->source.rotation = t->rotation;
}

static void fetch_training(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    fetch(&((pass *)arg)->source, i, in);
}

/* Measuring the training windows without dropout is another pass, in its own order. The generators
 * of the session advance only when everything is measured. */
static kr_status measure(void *arg, kr_epoch_record *record, kr_error *err) {
    pass *t = arg;
    kr__nextstep_session *s = t->s;
    if (!s->config->no_train_eval) {
        draw_pass(t);
        KR_TRY(evaluate(s, t->starts, s->n_train, &record->train_eval_loss, err));
    }
    kr__windows_pass_in_order(&t->order_rng);
    KR_TRY(kr__nextstep_validate(s, &t->jitter_rng, &record->validation_loss, err));
    s->order = t->order_rng;
    s->jitter = t->jitter_rng;
    return KR_OK;
}

static kr_status save(void *arg, const kr_epoch_record *record, kr_error *err) {
    kr__nextstep_session *s = ((pass *)arg)->s;
    const kr_training_state *state = kr__trainer_state(s->trainer);
    if (s->checkpoint && record && record->is_best) {
        if (s->state && !s->has_state) remove(s->state); /* it would go on from another model */
        const kr__nextstep_contents best = {.model = s->model,
                                            .params = kr__engine_params(s->engine),
                                            .values = state->best,
                                            .optimiser = &state->optimiser,
                                            .record = record};
        KR_TRY(kr__nextstep_write(&best, s->checkpoint, err));
        s->has_model = true;
    }
    if (s->state) KR_TRY(kr__nextstep_state_save(s, err));
    s->has_state = true;
    return KR_OK;
}

static void see_event(void *arg, const kr_trainer_event *e) {
    static const kr_nextstep_event_kind kinds[] = {[KR_TRAINER_STEP] = KR_NEXTSTEP_STEP,
                                                   [KR_TRAINER_NONFINITE] = KR_NEXTSTEP_NONFINITE,
                                                   [KR_TRAINER_EPOCH] = KR_NEXTSTEP_EPOCH};
    static const char *const endings[] = {[KR_ENDING_NONE] = NULL,
                                          [KR_ENDING_EPOCHS] = NULL,
                                          [KR_ENDING_PATIENCE] = "Early stopping",
                                          [KR_ENDING_TIME] = "Time is up"};
    const kr__nextstep_session *s = ((pass *)arg)->s;
    const kr_training_state *state = kr__trainer_state(s->trainer);
    bool is_epoch = e->kind == KR_TRAINER_EPOCH;
    kr__nextstep_tell(s, (kr_nextstep_event){.kind = kinds[e->kind],
                                             .epoch = e->epoch,
                                             .epochs = e->epochs,
                                             .step = e->step,
                                             .steps = e->steps,
                                             .loss = e->loss,
                                             .records = state->records,
                                             .n_records = state->n_records,
                                             .is_last = e->ending != KR_ENDING_NONE,
                                             .text = is_epoch ? endings[e->ending] : e->text});
}

/* ---- training --------------------------------------------------------------------------- */

static kr_param_group gates_of(const kr_nextstep_config *c) {
    return (kr_param_group){
        .parts = KR__NEXTSTEP_GATES,
        .schedule = kr__nextstep_schedule(c, true),
        .factor = 1,
        .is_frozen = strcmp(c->gate_floor, "own") == 0 && c->gate_lr_factor == 0};
}

/* FNV-1a, a value at a time: two series are told apart, nobody is kept from deceiving himself. */
static void mark_series(kr__nextstep_session *s) {
    const kr_series *series = s->series;
    const uint64_t prime = 0x100000001b3;
    uint64_t hash = 0xcbf29ce484222325;
    for (int64_t i = 0; i < series->n_steps * series->n_features; i++) {
        uint32_t bits;
        memcpy(&bits, &series->values[i], sizeof bits);
        hash = (hash ^ bits) * prime;
    }
    s->series_hash = hash;
    snprintf(s->series_mark, sizeof s->series_mark, "%jd %jd %016jx", (intmax_t)series->n_steps,
             (intmax_t)series->n_features, (uintmax_t)hash);
}

static kr_status open_trainer(pass *t, kr_error *err) {
    kr__nextstep_session *s = t->s;
    const kr_nextstep_config *c = s->config;
    kr_param_group groups[2] = {gates_of(c)};
    if (c->freeze_A) {
        groups[1] =
            (kr_param_group){.parts = ".mamba.A_log", .is_frozen = true, .has_no_gradient = true};
    }
    const kr_trainer_config config = {
        .engine = s->engine,
        .sampler = {s->n_train, begin_epoch, begin_batch, fetch_training, t},
        .hooks = {measure, save, see_event, t},
        .data_mark = s->series_hash,
        .seed = (uint64_t)c->seed,
        .epochs = c->epochs,
        .batch_size = c->batch_size,
        .optimizer = c->optimizer,
        .weight_decay = c->weight_decay,
        .gradient_clip = c->gradient_clip,
        .schedule = kr__nextstep_schedule(c, false),
        .freeze = c->freeze,
        .lr_factors = c->lr_factors,
        .groups = groups,
        .n_groups = c->freeze_A ? 2 : 1,
        .patience = c->patience,
        .best_is_strict = true,
        .max_seconds = c->max_seconds,
        .on_nan = c->on_nan};
    return kr__trainer_create(s->team, &config, &s->trainer, err);
}

static kr_status allocate(pass *t, kr_error *err) {
    const kr__nextstep_session *s = t->s;
    size_t n = (size_t)s->n_train, f = (size_t)s->series->n_features;
    t->order = kr__calloc(n, sizeof *t->order);
    t->starts = kr__calloc(n, sizeof *t->starts);
    if (s->config->aug_rotate) {
        t->rotation = kr__calloc(f * f, sizeof *t->rotation);
        t->work = kr__calloc(3 * f * f, sizeof *t->work);
    }
    bool has_room = t->order && t->starts && (!s->config->aug_rotate || (t->rotation && t->work));
    return has_room ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the training");
}

/* ---- from the start to the end ------------------------------------------------------------ */

/* No later epoch may be better than the best one so far, whose optimiser is in its file alone. */
static kr_status find_model(kr__nextstep_session *s, kr_error *err) {
    int64_t best = kr__trainer_state(s->trainer)->best_epoch;
    if (best == 0 || !s->checkpoint) return KR_OK;
    s->has_model = kr__file_exists(s->checkpoint);
    if (s->has_model) return KR_OK;
    return kr_fail(err, KR_IO,
                   "%s: no such file, but the best model so far, of epoch %lld, was in it; put it "
                   "back, or train again without `resume`",
                   s->checkpoint, (long long)best);
}

kr_status kr__nextstep_train_open(kr__nextstep_session *s, bool resumes, kr_error *err) {
    pass *t = kr__calloc(1, sizeof *t);
    if (!t) return kr_fail(err, KR_MEMORY, "out of memory for the training");
    t->s = s;
    s->pass = t;
    KR_TRY(allocate(t, err));
    mark_series(s);
    KR_TRY(open_trainer(t, err));
    s->has_state = resumes;
    if (!resumes) return KR_OK;
    KR_TRY(kr__nextstep_state_resume(s, err));
    return find_model(s, err);
}

void kr__nextstep_train_close(kr__nextstep_session *s) {
    pass *t = s->pass;
    if (!t) return;
    kr_free(t->order);
    kr_free(t->starts);
    kr_free(t->rotation);
    kr_free(t->work);
    kr_free(t);
    s->pass = NULL;
}

static void tell_resumed(kr__nextstep_session *s) {
    const kr_training_state *state = kr__trainer_state(s->trainer);
    kr__nextstep_tell(s, (kr_nextstep_event){.kind = KR_NEXTSTEP_RESUMED,
                                             .epoch = state->epoch,
                                             .step = state->step,
                                             .records = state->records,
                                             .n_records = state->n_records});
}

/* What the person who started the training can do next. */
static void add_advice(const kr__nextstep_session *s, kr_status status, kr_error *err) {
    if (status == KR_INTERRUPTED && s->state) {
        kr_error_append(err, "; %s is saved; the same command with `resume` continues", s->state);
    }
    if (status != KR_NUMERIC) return;
    if (s->has_model) {
        kr_error_append(err, "; the model of epoch %lld is kept in %s",
                        (long long)kr__trainer_state(s->trainer)->best_epoch, s->checkpoint);
    }
    bool is_stop = strcmp(s->config->on_nan, "stop") == 0;
    kr_error_append(err, "; try a smaller `lr`%s, or scale the data",
                    is_stop ? ", `on_nan` skip" : "");
}

kr_status kr__nextstep_train_run(kr__nextstep_session *s, bool resumes, kr_error *err) {
    if (resumes) tell_resumed(s);
    kr_status status = kr__trainer_run(s->trainer, err);
    if (status != KR_OK) add_advice(s, status, err);
    return status;
}
