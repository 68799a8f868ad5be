/* SPDX-License-Identifier: MIT
 * next_train.c - epochs of training and validation of the next-step model. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/platform.h>
#include <kr/random.h>
#include <kr/windows.h>

#include "nextstep/next_session.h"
#include "nextstep/rotation.h"
#include "train/schedule.h"

enum {
    CHUNK_BATCHES = 4, /* batches of an evaluation between two looks at signals */
    MOST_SKIPS = 20    /* bad steps one after another that --on_nan skip accepts */
};

/* ---- samples ---------------------------------------------------------------------------- */

/* Windows that start at starts[0 ..]. */
typedef struct window_source {
    const kr_next_session *s;
    const int64_t *starts;
    const double *rotation; /* (n_features, n_features), or NULL */
    bool is_augmented;
} window_source;

static void copy_window(const kr_next_session *s, int64_t start, kr_real *to) {
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

/* Input and target are turned and stretched alike; noise comes on the input alone. */
static void augment(const window_source *w, int64_t i, kr_real *input, kr_real *target) {
    const kr_next_config *c = w->s->config;
    int64_t n = w->s->series->n_features, size = c->seq_len * n;
    uint64_t number = (uint64_t)w->s->state.global_step << 24 | (uint64_t)i;
    kr_rng rng = kr_rng_make((uint64_t)c->seed, KR_STREAM_AUGMENT, number);
    if (w->rotation) {
        memcpy(input, target, (size_t)size * sizeof *input);
        rotate(w->rotation, c->seq_len, n, input, target);
    }
    if (c->aug_scale > 0) {
        kr_real factor = (kr_real)(1 - c->aug_scale + 2 * c->aug_scale * kr_rng_uniform(&rng));
        for (int64_t k = 0; k < size; k++) target[k] *= factor;
    }
    for (int64_t k = 0; k < size; k++) {
        double noise = c->aug_noise > 0 ? c->aug_noise * kr_rng_normal(&rng) : 0;
        input[k] = target[k] + (kr_real)noise;
    }
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const window_source *w = arg;
    copy_window(w->s, w->starts[i], in[KR_NEXT_TARGET]);
    if (w->is_augmented) {
        augment(w, i, in[KR_NEXT_INPUT], in[KR_NEXT_TARGET]);
    } else {
        copy_window(w->s, w->starts[i], in[KR_NEXT_INPUT]);
    }
}

/* ---- an epoch's windows ----------------------------------------------------------------- */

/* First steps of windows[order[i]] (order NULL: i), moved when starts are jittered. */
static void find_starts(const kr_next_session *s, const int64_t *windows, const int64_t *order,
                        int64_t n, kr_torch_rng *jitter, int64_t *starts) {
    const kr_next_config *c = s->config;
    for (int64_t i = 0; i < n; i++) {
        starts[i] = windows[order ? order[i] : i] * c->stride;
        if (!c->jitter) continue;
        starts[i] = kr_windows_jitter(jitter, starts[i], c->stride, s->series->n_steps, c->seq_len);
    }
}

/* ---- evaluation ------------------------------------------------------------------------- */

static kr_status evaluate(kr_next_session *s, const int64_t *starts, int64_t n, double *loss,
                          kr_error *err) {
    int64_t chunk = CHUNK_BATCHES * s->config->batch_size;
    double *losses = kr_calloc((size_t)n, sizeof *losses);
    if (!losses) return kr_fail(err, KR_MEMORY, "out of memory while validating");
    kr_status status = KR_OK;
    for (int64_t first = 0; first < n; first += chunk) {
        window_source source = {.s = s, .starts = starts + first};
        kr_samples samples = {fetch, &source, n - first < chunk ? n - first : chunk};
        if (kr_team_is_stopping(s->team))
            status = kr_fail(err, KR_INTERRUPTED, "stopped on request");
        if (status != KR_OK) break;
        kr_engine_predict(s->engine, &samples, NULL, losses + first);
        kr__next_tell(s, (kr_next_event){.kind = KR_NEXT_PROGRESS,
                                         .epoch = s->state.epoch,
                                         .step = first + samples.count,
                                         .steps = n});
    }
    if (status == KR_OK) *loss = kr_mean_of_batches(losses, n, s->config->batch_size);
    kr_free(losses);
    return status;
}

kr_status kr__next_validate(kr_next_session *s, kr_torch_rng *jitter, double *loss, kr_error *err) {
    int64_t n = s->n_windows - s->n_train;
    int64_t *starts = kr_calloc((size_t)n, sizeof *starts);
    if (!starts) return kr_fail(err, KR_MEMORY, "out of memory while validating");
    find_starts(s, s->windows + s->n_train, NULL, n, jitter, starts);
    kr_status status = evaluate(s, starts, n, loss, err);
    kr_free(starts);
    return status;
}

void kr__next_forecast(kr_next_session *s, const int64_t *starts, int64_t n, float *pred) {
    window_source source = {.s = s, .starts = starts};
    kr_samples samples = {fetch, &source, n};
    kr_engine_predict(s->engine, &samples, (kr_real *)pred, NULL);
}

/* ---- rates ------------------------------------------------------------------------------ */

static double rate_of(const kr_next_config *c, bool is_of_gates, int64_t epoch) {
    double base = c->lr * (is_of_gates ? c->gate_lr_factor : 1);
    bool is_shared = strcmp(c->gate_floor, "upstream") == 0;
    kr_ramp ramp = {.base = base,
                    .floor = 0.01 * (is_shared ? c->lr : base),
                    .warmup_epochs = c->warmup_epochs,
                    .epochs = c->epochs};
    return kr_ramp_rate(&ramp, epoch - 1);
}

static bool is_frozen(const kr_next_config *c, const char *name) {
    if (c->freeze_A && strstr(name, ".mamba.A_log")) return true;
    return kr__next_is_gate(name) && c->gate_lr_factor == 0 && strcmp(c->gate_floor, "own") == 0;
}

/* One span for each parameter that is trained; gives how many. */
static int find_spans(const kr_next_session *s, int64_t epoch, kr_rate_span *spans) {
    const kr_params *params = kr_engine_params(s->engine);
    int n = 0;
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        if (is_frozen(s->config, p->name)) continue;
        double rate = rate_of(s->config, kr__next_is_gate(p->name), epoch);
        kr_rate_span *last = n > 0 ? &spans[n - 1] : NULL;
        if (last && i > 0 && !is_frozen(s->config, params->list[i - 1].name) &&
            last->rate == rate) {
            last->count = p->offset + p->size - last->first;
        } else {
            spans[n++] = (kr_rate_span){p->offset, p->size, rate};
        }
    }
    return n;
}

/* What is frozen by --freeze_A has no gradient, not even in the norm. */
static void clear_frozen(const kr_next_session *s, kr_real *gradient) {
    const kr_params *params = kr_engine_params(s->engine);
    for (int i = 0; i < params->count && s->config->freeze_A; i++) {
        const kr_param *p = &params->list[i];
        if (!strstr(p->name, ".mamba.A_log")) continue;
        memset(gradient + p->offset, 0, (size_t)p->size * sizeof *gradient);
    }
}

/* ---- an epoch --------------------------------------------------------------------------- */

typedef struct epoch_run {
    kr_next_session *s;
    int64_t *order, *starts; /* n_train of each */
    kr_rate_span *spans;
    int n_spans;
    double *rotation, *work; /* n_features^2 numbers, and 3 times as many; or NULL */
    kr_torch_rng order_rng, jitter_rng;
    int64_t n_steps, n_bad;
    double started;
} epoch_run;

static kr_status handle_nonfinite(epoch_run *e, const kr_samples *samples, kr_draw_key key,
                                  kr_error *err) {
    char where[256], text[512];
    kr_engine_explain_nonfinite(e->s->engine, samples, key, where, sizeof where);
    snprintf(text, sizeof text, "epoch %lld, step %lld: a value is not finite, first in %s",
             (long long)e->s->state.epoch, (long long)e->s->state.step + 1, where);
    if (strcmp(e->s->config->on_nan, "stop") == 0 || ++e->n_bad > MOST_SKIPS) {
        return kr_fail(err, KR_NUMERIC,
                       "%s; the last good checkpoint is kept; try a smaller --lr, or --on_nan skip",
                       text);
    }
    kr__next_tell(e->s, (kr_next_event){.kind = KR_NEXT_NONFINITE, .text = text});
    return KR_OK;
}

static window_source make_batch(epoch_run *e) {
    const kr_next_session *s = e->s;
    const kr_next_config *c = s->config;
    window_source source = {.s = s,
                            .starts = e->starts + s->state.step * c->batch_size,
                            .is_augmented = c->aug_rotate || c->aug_scale > 0 || c->aug_noise > 0};
    if (c->aug_rotate) {
        uint64_t number = (uint64_t)s->state.global_step << 24 | 0xffffff;
        kr_rng rng = kr_rng_make((uint64_t)c->seed, KR_STREAM_AUGMENT, number);
        kr__rotation_draw(&rng, s->series->n_features, c->aug_rotate_eps, e->rotation, e->work);
        source.rotation = e->rotation;
    }
    return source;
}

static kr_status run_step(epoch_run *e, kr_error *err) {
    kr_next_session *s = e->s;
    kr_next_state *t = &s->state;
    kr_params *params = kr_engine_params(s->engine);
    int64_t batch = s->config->batch_size, left = s->n_train - t->step * batch;
    double started = kr_time_now();
    window_source source = make_batch(e);
    kr_samples samples = {fetch, &source, left < batch ? left : batch};
    kr_draw_key key = {.seed = (uint64_t)s->config->seed, .step = (uint64_t)t->global_step};
    double loss = kr_engine_train_batch(s->engine, &samples, key);
    kr_real *gradient = kr_engine_gradient(s->engine);
    clear_frozen(s, gradient);
    double norm = kr_gradient_norm(s->team, gradient, params->size);
    if (isfinite(loss) && isfinite(norm)) {
        kr_optimiser_step_spans(&t->optimiser, e->spans, e->n_spans, norm, gradient,
                                params->values);
        t->loss_sum += loss;
        e->n_bad = 0;
    } else {
        KR_TRY(handle_nonfinite(e, &samples, key, err));
    }
    double seconds = kr_time_now() - started;
    if (s->n_timed < s->max_timed) s->step_seconds[s->n_timed++] = seconds;
    s->train_pass_seconds += seconds;
    s->trained_steps += samples.count * s->config->seq_len;
    t->step++;
    t->global_step++;
    kr__next_tell(s, (kr_next_event){.kind = KR_NEXT_STEP,
                                     .epoch = t->epoch,
                                     .epochs = s->config->epochs,
                                     .step = t->step,
                                     .steps = e->n_steps,
                                     .loss = loss});
    return KR_OK;
}

static kr_status save_interrupted(epoch_run *e, kr_error *err) {
    e->s->state.epoch_seconds = kr_time_now() - e->started;
    KR_TRY(kr__next_state_save(e->s, err));
    return kr_fail(err, KR_INTERRUPTED,
                   "stopped in epoch %lld after step %lld of %lld; %s is saved; the same command "
                   "with --resume goes on",
                   (long long)e->s->state.epoch, (long long)e->s->state.step, (long long)e->n_steps,
                   e->s->resume_path);
}

/* The training windows without dropout: another pass of the loader, in an order of its own. */
static kr_status measure_training(epoch_run *e, double *loss, kr_error *err) {
    kr_next_session *s = e->s;
    *loss = (double)NAN;
    if (s->config->no_train_eval) return KR_OK;
    kr_windows_shuffle(&e->order_rng, e->order, s->n_train);
    find_starts(s, s->windows, e->order, s->n_train, &e->jitter_rng, e->starts);
    return evaluate(s, e->starts, s->n_train, loss, err);
}

static kr_status finish_epoch(epoch_run *e, kr_error *err) {
    kr_next_session *s = e->s;
    kr_next_state *t = &s->state;
    kr_next_epoch r = {.epoch = t->epoch,
                       .train = t->loss_sum / (double)e->n_steps,
                       .rate = rate_of(s->config, false, t->epoch)};
    KR_TRY(measure_training(e, &r.train_eval, err));
    kr_windows_pass_in_order(&e->order_rng);
    KR_TRY(kr__next_validate(s, &e->jitter_rng, &r.validation, err));
    r.seconds = kr_time_now() - e->started;
    r.is_best = r.validation < t->best_validation;
    if (r.is_best) {
        const kr_params *params = kr_engine_params(s->engine);
        t->best_validation = r.validation;
        t->best_epoch = t->epoch;
        memcpy(t->best, params->values, (size_t)params->size * sizeof *t->best);
        KR_TRY(kr__next_file_save(s, &r, err));
    }
    t->records[t->n_records++] = r;
    t->is_finished = t->epoch == s->config->epochs;
    t->epoch++;
    t->step = 0;
    t->loss_sum = t->epoch_seconds = 0;
    t->order = e->order_rng;
    t->jitter = e->jitter_rng;
    KR_TRY(kr__next_state_save(s, err));
    kr__next_tell(s, (kr_next_event){.kind = KR_NEXT_EPOCH,
                                     .epoch = r.epoch,
                                     .epochs = s->config->epochs,
                                     .records = t->records,
                                     .n_records = t->n_records});
    return KR_OK;
}

static kr_status run_epoch(epoch_run *e, kr_error *err) {
    kr_next_session *s = e->s;
    e->order_rng = s->state.order;
    e->jitter_rng = s->state.jitter;
    kr_windows_shuffle(&e->order_rng, e->order, s->n_train);
    find_starts(s, s->windows, e->order, s->n_train, &e->jitter_rng, e->starts);
    e->n_spans = find_spans(s, s->state.epoch, e->spans);
    e->started = kr_time_now() - s->state.epoch_seconds;
    while (s->state.step < e->n_steps) {
        if (kr_team_is_stopping(s->team)) return save_interrupted(e, err);
        KR_TRY(run_step(e, err));
    }
    kr_status status = finish_epoch(e, err);
    return status == KR_INTERRUPTED ? save_interrupted(e, err) : status;
}

/* ---- all of them ------------------------------------------------------------------------ */

static kr_status open_run(epoch_run *e, kr_error *err) {
    const kr_next_session *s = e->s;
    size_t n = (size_t)s->n_train, f = (size_t)s->series->n_features;
    e->n_steps = (s->n_train + s->config->batch_size - 1) / s->config->batch_size;
    e->order = kr_calloc(n, sizeof *e->order);
    e->starts = kr_calloc(n, sizeof *e->starts);
    e->spans = kr_calloc((size_t)kr_engine_params(s->engine)->count, sizeof *e->spans);
    if (s->config->aug_rotate) {
        e->rotation = kr_calloc(f * f, sizeof *e->rotation);
        e->work = kr_calloc(3 * f * f, sizeof *e->work);
    }
    bool is_good =
        e->order && e->starts && e->spans && (!s->config->aug_rotate || (e->rotation && e->work));
    return is_good ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the training");
}

kr_status kr__next_train(kr_next_session *s, kr_error *err) {
    kr_params *params = kr_engine_params(s->engine);
    epoch_run e = {.s = s};
    double started = kr_time_now();
    kr_status status = open_run(&e, err);
    while (status == KR_OK && !s->state.is_finished) status = run_epoch(&e, err);
    s->train_seconds += kr_time_now() - started;
    kr_free(e.order);
    kr_free(e.starts);
    kr_free(e.spans);
    kr_free(e.rotation);
    kr_free(e.work);
    if (status == KR_OK && s->state.best_epoch > 0) {
        memcpy(params->values, s->state.best, (size_t)params->size * sizeof(kr_real));
    }
    return status;
}
