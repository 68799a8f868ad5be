/* SPDX-License-Identifier: MIT
 * trainer.c - epochs of steps, validation, early stopping, and what happens on a bad number. */
#include "train/trainer.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/rank_sharing.h"
#include "core/real.h"
#include "train/trainer_internal.h"

enum {
    MOST_BAD = 20, /* bad steps in a row that skip and rollback accept */
    MOST_TIMED = 1 << 16
};

/* ---- making ----------------------------------------------------------------------------- */

static kr_status make_groups(kr_trainer *t, kr_error *err) {
    const kr_trainer_config *c = &t->config;
    const char *freeze = c->freeze ? c->freeze : "", *factors = c->lr_factors ? c->lr_factors : "";
    KR_TRY(kr__param_groups_parse(freeze, factors, &c->schedule, &t->groups, err));
    for (int i = 0; i < c->n_groups; i++) kr__param_groups_add(&t->groups, c->groups[i]);
    kr__param_groups_add(&t->groups, (kr_param_group){.schedule = c->schedule, .factor = 1});
    for (int i = 0; i < t->groups.count; i++) {
        t->clears_gradients |= t->groups.list[i].has_no_gradient;
    }
    return kr__param_groups_find(&t->groups, t->params, t->group_of, err);
}

static kr_status allocate(kr_trainer *t, kr_error *err) {
    size_t n_params = (size_t)t->params->count, n = (size_t)t->params->size;
    int64_t epochs = t->config.epochs;
    t->max_timed = epochs > MOST_TIMED / t->n_steps ? MOST_TIMED : epochs * t->n_steps;
    t->group_of = kr__calloc(n_params + 1, sizeof *t->group_of);
    t->spans = kr__calloc(n_params + 1, sizeof *t->spans);
    t->step_seconds = kr__calloc((size_t)t->max_timed, sizeof *t->step_seconds);
    t->state.best = kr__calloc(n + 1, sizeof *t->state.best);
    t->state.records = kr__calloc((size_t)epochs, sizeof *t->state.records);
    if (t->config.ema > 0) t->state.mean = kr__calloc(n + 1, sizeof *t->state.mean);
    bool has_memory = t->group_of && t->spans && t->step_seconds && t->state.best &&
                      t->state.records && (t->state.mean || t->config.ema == 0);
    return has_memory ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the training state");
}

static void copy_values(const kr_trainer *t, kr_real *to, const kr_real *from) {
    memcpy(to, from, (size_t)t->params->size * sizeof *to);
}

static kr_status make(kr_trainer *t, kr_error *err) {
    const kr_trainer_config *c = &t->config;
    KR_TRY(allocate(t, err));
    KR_TRY(kr__optimiser_check(c->optimizer, c->weight_decay, err));
    KR_TRY(make_groups(t, err));
    t->state.epoch = 1;
    t->state.stop = (kr_early_stop){.patience = c->patience, .is_strict = c->best_is_strict};
    copy_values(t, t->state.best, t->params->values);
    if (t->state.mean) copy_values(t, t->state.mean, t->params->values);
    return kr__optimiser_init(t->team, &t->state.optimiser, kr__optimiser_named(c->optimizer),
                              c->weight_decay, c->gradient_clip, t->params->size, err);
}

kr_status kr__trainer_create(kr_team *team, const kr_trainer_config *config, kr_trainer **out,
                             kr_error *err) {
    kr_trainer *t = kr__calloc(1, sizeof *t);
    if (!t) return kr_fail(err, KR_MEMORY, "out of memory for the training state");
    t->team = team;
    t->config = *config;
    if (!t->config.now) t->config.now = kr__time_now;
    t->params = kr__engine_params(config->engine);
    t->n_steps = (config->sampler.count + config->batch_size - 1) / config->batch_size;
    kr_status status = make(t, err);
    if (status != KR_OK) {
        kr__trainer_destroy(t);
        return status;
    }
    *out = t;
    return KR_OK;
}

void kr__trainer_destroy(kr_trainer *trainer) {
    if (!trainer) return;
    kr__optimiser_deinit(&trainer->state.optimiser);
    kr_free(trainer->group_of);
    kr_free(trainer->spans);
    kr_free(trainer->step_seconds);
    kr_free(trainer->state.best);
    kr_free(trainer->state.mean);
    kr_free(trainer->state.records);
    kr_free(trainer);
}

/* ---- questions -------------------------------------------------------------------------- */

const kr_training_state *kr__trainer_state(const kr_trainer *trainer) { return &trainer->state; }

int64_t kr__trainer_steps(const kr_trainer *trainer) { return trainer->n_steps; }

bool kr__trainer_has_learned(const kr_trainer *trainer) {
    const kr_training_state *s = &trainer->state;
    bool has = s->good_steps > 0;
    for (int64_t i = 0; i < s->n_records; i++) has |= isfinite(s->records[i].train_loss);
    return has;
}

kr_epoch_record *kr__trainer_take_records(kr_trainer *trainer, int64_t *n) {
    kr_epoch_record *records = trainer->state.records;
    *n = trainer->state.n_records;
    trainer->state.records = NULL;
    trainer->state.n_records = 0;
    return records;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

kr_trainer_speed kr__trainer_measure_speed(kr_trainer *trainer) {
    kr_trainer *t = trainer;
    kr_trainer_speed speed = {.seconds = t->run_seconds};
    if (t->n_timed == 0) return speed;
    qsort(t->step_seconds, (size_t)t->n_timed, sizeof *t->step_seconds, compare_doubles);
    speed.step_ms = 1e3 * t->step_seconds[t->n_timed / 2];
    speed.samples_per_s = (double)t->n_samples / t->pass_seconds;
    return speed;
}

static double seconds_behind(const kr_trainer *t) {
    double seconds = 0;
    for (int64_t i = 0; i < t->state.n_records; i++) seconds += t->state.records[i].seconds;
    return seconds;
}

/* Does not read the clock without a limit. Called before the epoch has its record. */
static bool is_time_up(const kr_trainer *t) {
    if (t->config.max_seconds == 0) return false;
    return t->config.now() - t->started + seconds_behind(t) >= t->config.max_seconds;
}

kr_ending kr__trainer_find_ending(const kr_trainer *trainer) {
    const kr_trainer *t = trainer;
    if (t->state.stop.must_stop) return KR_ENDING_PATIENCE;
    if (t->state.n_records >= t->config.epochs) return KR_ENDING_EPOCHS;
    bool is_late = t->config.max_seconds > 0 && seconds_behind(t) >= t->config.max_seconds;
    return is_late && t->state.n_records > 0 ? KR_ENDING_TIME : KR_ENDING_NONE;
}

/* The clock of rank 0 decides for all; they know after a step. */
static bool must_end_epoch(const kr_trainer *t) {
    if (t->state.step == 0) return false;
    return kr_team_ranks(t->team) ? kr__rank_is_voted(t->team, KR__VOTE_LATE) : is_time_up(t);
}

static void tell(const kr_trainer *t, kr_trainer_event event) {
    if (!t->config.hooks.event) return;
    event.epochs = t->config.epochs;
    event.steps = t->n_steps;
    t->config.hooks.event(t->config.hooks.arg, &event);
}

/* ---- a step ----------------------------------------------------------------------------- */

static void roll_back(kr_trainer *t) {
    copy_values(t, t->params->values, t->state.best);
    if (t->state.mean) copy_values(t, t->state.mean, t->state.best);
    kr__optimiser_reset(&t->state.optimiser);
}

/* A loss or gradient that is not finite: name its origin, then do what on_nan says. */
static kr_status handle_nonfinite(kr_trainer *t, const kr_samples *samples, kr_draw_key key,
                                  kr_error *err) {
    char where[256], text[sizeof t->first_fault];
    kr__engine_explain_nonfinite(t->config.engine, samples, key, where, sizeof where);
    snprintf(text, sizeof text, "epoch %lld, step %lld: a value is not finite, first in %s",
             (long long)t->state.epoch, (long long)t->state.step + 1, where);
    if (!*t->first_fault) memcpy(t->first_fault, text, sizeof text);
    if (strcmp(t->config.on_nan, "stop") == 0) return kr_fail(err, KR_NUMERIC, "%s", text);
    if (++t->n_bad > MOST_BAD) {
        return kr_fail(err, KR_NUMERIC, "%s, as in the %d steps before it", text, MOST_BAD);
    }
    if (strcmp(t->config.on_nan, "rollback") == 0) roll_back(t);
    tell(t,
         (kr_trainer_event){.kind = KR_TRAINER_NONFINITE, .epoch = t->state.epoch, .text = text});
    return KR_OK;
}

/* Early steps lie far from the later ones, so that the mean forgets them sooner. */
static void update_mean(kr_trainer *t) {
    double n = (double)t->state.optimiser.step, kept = fmin(t->config.ema, (1 + n) / (10 + n));
    kr_real *mean = t->state.mean, share = (kr_real)(1 - kept);
    const kr_real *values = t->params->values;
    for (int64_t i = 0; i < t->params->size; i++) mean[i] += share * (values[i] - mean[i]);
}

static kr_status take_step(kr_trainer *t, const kr_samples *samples, double *loss, kr_error *err) {
    kr_training_state *s = &t->state;
    const kr_draw_key key = {.seed = t->config.seed, .step = (uint64_t)s->global_step};
    *loss = kr__engine_train_batch(t->config.engine, samples, key);
    kr_real *gradient = kr__engine_gradient(t->config.engine);
    if (t->clears_gradients) {
        kr__param_groups_clear(&t->groups, t->params, t->group_of, gradient);
    }
    double norm = kr__gradient_norm(t->team, gradient, t->params->size);
    if (!isfinite(*loss) || !isfinite(norm)) return handle_nonfinite(t, samples, key, err);
    kr__optimiser_step_spans(&s->optimiser, t->spans, t->n_spans, norm, gradient,
                             t->params->values);
    if (s->mean) update_mean(t);
    s->loss_sum += *loss;
    s->good_steps++;
    t->n_bad = 0;
    return KR_OK;
}

static kr_status run_step(kr_trainer *t, kr_error *err) {
    const kr_sampler *sampler = &t->config.sampler;
    kr_training_state *s = &t->state;
    int64_t batch = t->config.batch_size, first = s->step * batch, left = sampler->count - first;
    kr_samples samples = {sampler->fetch, sampler->arg, left < batch ? left : batch};
    double loss = 0, started = t->config.now();
    kr__rank_vote(t->team, KR__VOTE_LATE, is_time_up(t));
    if (sampler->begin_batch) sampler->begin_batch(sampler->arg, first, s->global_step);
    KR_TRY(take_step(t, &samples, &loss, err));
    double ended = t->config.now();
    if (t->n_timed < t->max_timed) t->step_seconds[t->n_timed++] = ended - started;
    t->pass_seconds += ended - started;
    t->n_samples += samples.count;
    s->step++;
    s->global_step++;
    tell(t, (kr_trainer_event){.kind = KR_TRAINER_STEP,
                               .epoch = s->epoch,
                               .step = s->step,
                               .loss = loss,
                               .rate = t->rate,
                               .seconds = ended - t->started});
    return KR_OK;
}

/* ---- an epoch --------------------------------------------------------------------------- */

static bool saves(const kr_trainer *t) { return t->config.hooks.save && kr__rank_writes(t->team); }

static kr_status save_interrupted(kr_trainer *t, kr_error *err) {
    const kr_trainer_hooks *hooks = &t->config.hooks;
    t->state.epoch_seconds = t->config.now() - t->started;
    if (saves(t)) KR_TRY(hooks->save(hooks->arg, NULL, err));
    return kr_fail(err, KR_INTERRUPTED, "stopped in epoch %lld after step %lld of %lld",
                   (long long)t->state.epoch, (long long)t->state.step, (long long)t->n_steps);
}

/* These parameters go to the engine, and its own take their place. */
static void swap_values(kr_trainer *t, kr_real *other) {
    for (int64_t i = 0; i < t->params->size; i++) {
        kr_real own = t->params->values[i];
        t->params->values[i] = other[i];
        other[i] = own;
    }
}

/* The initial values of the parameters are not a trained model, however small their loss. */
static void keep_best(kr_trainer *t, kr_epoch_record *record) {
    kr_training_state *s = &t->state;
    bool has_learned = kr__trainer_has_learned(t);
    double loss = has_learned ? record->validation_loss : (double)NAN;
    record->is_best = t->config.keeps_last ? has_learned : kr__early_stop_update(&s->stop, loss);
    if (!record->is_best) return;
    s->best_epoch = s->epoch;
    copy_values(t, s->best, t->params->values);
}

/* The losses after an epoch; with ema those of the mean. */
static kr_status measure(kr_trainer *t, kr_epoch_record *record, kr_error *err) {
    const kr_trainer_hooks *hooks = &t->config.hooks;
    if (t->state.mean) swap_values(t, t->state.mean);
    kr_status status = hooks->measure(hooks->arg, record, err);
    if (status == KR_OK) keep_best(t, record);
    if (t->state.mean) swap_values(t, t->state.mean);
    return status;
}

/* Validation and test are not part of max_seconds. When nothing was learnt there is nothing to
 * keep. */
static kr_status finish_epoch(kr_trainer *t, kr_error *err) {
    const kr_trainer_hooks *hooks = &t->config.hooks;
    kr_training_state *s = &t->state;
    double none = (double)NAN;
    kr_epoch_record record = {
        .epoch = s->epoch,
        .train_loss = s->good_steps > 0 ? s->loss_sum / (double)s->good_steps : none,
        .train_eval_loss = none,
        .validation_loss = none,
        .test_loss = none,
        .rate = t->rate,
        .seconds = t->config.now() - t->started};
    kr__rank_broadcast(t->team, &record.seconds, 1); /* when to end is seen from it */
    double previous = s->stop.has_best ? s->stop.best : (double)INFINITY;
    KR_TRY(measure(t, &record, err));
    record.total_seconds = t->config.now() - t->started;
    s->records[s->n_records++] = record;
    s->epoch++;
    s->step = s->good_steps = 0;
    s->loss_sum = s->epoch_seconds = 0;
    kr_ending ending = kr__trainer_find_ending(t);
    t->is_finished = ending != KR_ENDING_NONE;
    if (saves(t) && kr__trainer_has_learned(t)) KR_TRY(hooks->save(hooks->arg, &record, err));
    const kr_param_group *base = &t->groups.list[t->groups.count - 1];
    tell(t, (kr_trainer_event){.kind = KR_TRAINER_EPOCH,
                               .epoch = record.epoch,
                               .rate = record.rate,
                               .seconds = record.seconds,
                               .record = &record,
                               .previous_best = previous,
                               .stop = &s->stop,
                               .next_rate = kr__param_group_rate(base, s->epoch),
                               .ending = ending});
    return KR_OK;
}

static kr_status run_epoch(kr_trainer *t, kr_error *err) {
    const kr_sampler *sampler = &t->config.sampler;
    kr_training_state *s = &t->state;
    if (sampler->begin_epoch) sampler->begin_epoch(sampler->arg, s->epoch);
    t->rate = kr__param_group_rate(&t->groups.list[t->groups.count - 1], s->epoch);
    t->n_spans = kr__param_groups_spans(&t->groups, t->params, t->group_of, s->epoch, t->spans);
    t->started = t->config.now() - s->epoch_seconds;
    while (s->step < t->n_steps && !must_end_epoch(t)) {
        if (kr_team_is_stopping(t->team)) return save_interrupted(t, err);
        KR_TRY(run_step(t, err));
    }
    kr_status status = finish_epoch(t, err);
    return status == KR_INTERRUPTED ? save_interrupted(t, err) : status;
}

/* ---- all of them ------------------------------------------------------------------------ */

static kr_status check_model(const kr_trainer *t, kr_error *err) {
    if (!kr__trainer_has_learned(t)) {
        return kr_fail(err, KR_NUMERIC,
                       "none of the %lld steps had a finite loss and gradient (%s)",
                       (long long)t->state.global_step, t->first_fault);
    }
    if (t->state.best_epoch > 0) return KR_OK;
    return kr_fail(err, KR_NUMERIC,
                   "the validation loss was not finite after any of %lld epoch%s, so none has the "
                   "best model",
                   (long long)t->state.n_records, kr__plural(t->state.n_records));
}

/* Would all ranks do the same steps? */
static kr_status compare_ranks(const kr_trainer *t, kr_error *err) {
    const kr_trainer_config *c = &t->config;
    const kr_training_state *s = &t->state;
    size_t n_bytes = (size_t)t->params->size * sizeof(kr_real);
    const int64_t place[] = {s->epoch,       s->step,          s->global_step,   s->optimiser.step,
                             c->epochs,      t->n_steps,       c->batch_size,    c->patience,
                             t->is_finished, (int64_t)c->seed, c->sampler.count, s->n_records};
    KR_TRY(kr__rank_agree(t->team, "data set", &c->data_mark, sizeof c->data_mark, err));
    KR_TRY(kr__rank_agree(t->team, "training, or place in it,", place, sizeof place, err));
    KR_TRY(kr__rank_agree(t->team, "vector of parameters", t->params->values, n_bytes, err));
    return kr__rank_agree(t->team, "best model", s->best, n_bytes, err);
}

kr_status kr__trainer_run(kr_trainer *trainer, kr_error *err) {
    kr_trainer *t = trainer;
    double started = t->config.now();
    kr_status status = compare_ranks(t, err);
    while (status == KR_OK && !t->is_finished) status = run_epoch(t, err);
    t->run_seconds += t->config.now() - started;
    KR_TRY(status);
    KR_TRY(check_model(t, err));
    if (!t->shows_best) swap_values(t, t->state.best);
    t->shows_best = true;
    return KR_OK;
}
