/* SPDX-License-Identifier: MIT
 * forecast_train.c - windows as samples, forecasts of them, and a training as a client of the
 * trainer. */
#include <kr/arena.h>
#include <kr/platform.h>
#include <kr/random.h>
#include <kr/team.h>
#include <math.h>
#include <string.h>

#include "forecast/forecast_session.h"
#include "forecast/opening.h"

enum { CHUNK_BATCHES = 16 }; /* batches of an evaluation between two looks at signals */

/* ---- samples ---------------------------------------------------------------------------- */

static void fetch_window(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const kr_window_source *w = arg;
    const kr_dataset *d = w->session->dataset;
    int64_t window = w->order ? w->order[w->first + i] : w->first + i;
    kr__feature_rows rows = kr__dataset_rows(d);
    if (w->split == KR_SPLIT_TRAIN) rows.input = w->session->train_x;
    kr__features_fill_window(kr__dataset_features(d), &rows,
                             kr_dataset_window(d, w->split, window).row, in);
}

kr_samples kr__session_samples(kr_window_source *source, int64_t count) {
    return (kr_samples){.fetch = fetch_window, .arg = source, .count = count};
}

/* ---- evaluation ------------------------------------------------------------------------- */

kr_status kr__session_forecast(kr_session *s, kr_split split, const int64_t *order, int64_t n,
                               const char *what, float *y, double *losses, kr_error *err) {
    int64_t per_window = kr_engine_y_size(s->engine);
    int64_t chunk = CHUNK_BATCHES * s->config->batch_size;
    for (int64_t first = 0; first < n; first += chunk) {
        if (kr_team_is_stopping(s->team)) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        kr_window_source source = {s, split, order, first};
        kr_samples samples = kr__session_samples(&source, n - first < chunk ? n - first : chunk);
        kr_engine_predict(s->engine, &samples, y ? (kr_real *)y + first * per_window : NULL,
                          losses ? losses + first : NULL);
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_PROGRESS,
                                                .text = what,
                                                .step = first + samples.count,
                                                .steps = n});
    }
    return KR_OK;
}

void kr__session_truth(const kr_session *s, kr_split split, const int64_t *order, int64_t n,
                       float *truth) {
    int64_t per_window = s->dataset->pred_len * s->n_outputs;
    const kr__feature_rows rows = kr__dataset_rows(s->dataset);
    for (int64_t i = 0; i < n; i++) {
        int64_t window = order ? order[i] : i;
        kr__features_fill_target(kr__dataset_features(s->dataset), &rows,
                                 kr_dataset_window(s->dataset, split, window).row,
                                 (kr_real *)truth + i * per_window);
    }
}

void kr__session_point(const kr_session *s, int64_t n, const float *y, float *pred) {
    int64_t per_window = s->dataset->pred_len * s->n_outputs;
    int64_t y_size = kr_engine_y_size(s->engine);
    y += kr__model_middle(&s->model) * per_window;
    for (int64_t i = 0; i < n; i++) {
        memmove(pred + i * per_window, y + i * y_size, (size_t)per_window * sizeof *pred);
    }
}

kr_status kr__session_evaluate(kr_session *s, kr_split split, const char *what, double *loss,
                               kr_error *err) {
    int64_t n = kr_dataset_window_count(s->dataset, split);
    double *losses = kr_calloc((size_t)n, sizeof *losses);
    if (!losses) return kr_fail(err, KR_MEMORY, "out of memory while testing");
    kr_status status = kr__session_forecast(s, split, NULL, n, what, NULL, losses, err);
    if (status == KR_OK) *loss = kr_mean_of_batches(losses, n, s->config->batch_size);
    kr_free(losses);
    return status;
}

/* ---- what the trainer asks for ---------------------------------------------------------- */

/* The training windows in the order of the epoch. */
typedef struct training {
    kr_session *s;
    kr_window_source source; /* the batch in work */
    int64_t *order;
    int64_t n_windows;
} training;

static void begin_epoch(void *arg, int64_t epoch) {
    training *t = arg;
    kr_rng rng = kr_rng_make(t->s->seed, KR_STREAM_SHUFFLE, (uint64_t)epoch);
    for (int64_t i = 0; i < t->n_windows; i++) t->order[i] = i;
    kr_rng_shuffle(&rng, t->order, t->n_windows);
}

static void begin_batch(void *arg, int64_t first, int64_t step) {
    (void)step;
    ((training *)arg)->source.first = first;
}

static void fetch_training(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    fetch_window(&((training *)arg)->source, i, in);
}

static kr_status measure(void *arg, kr_epoch_record *record, kr_error *err) {
    kr_session *s = ((training *)arg)->s;
    KR_TRY(kr__session_evaluate(s, KR_SPLIT_VAL, "validation", &record->validation_loss, err));
    return kr__session_evaluate(s, KR_SPLIT_TEST, "test", &record->test_loss, err);
}

static kr_status save(void *arg, const kr_epoch_record *record, kr_error *err) {
    (void)record;
    kr_session *s = ((training *)arg)->s;
    return kr__checkpoint_save(s, s->checkpoint, err);
}

/* ---- what the observer is told ---------------------------------------------------------- */

static void tell_epoch(const kr_session *s, const kr_trainer_event *e) {
    const kr_epoch_record *r = e->record;
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_EPOCH,
                                            .epoch = r->epoch,
                                            .steps = e->steps,
                                            .train_loss = r->train_loss,
                                            .validation_loss = r->validation_loss,
                                            .test_loss = r->test_loss,
                                            .rate = r->rate,
                                            .seconds = r->seconds});
    if (r->is_best) {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_SAVED,
                                                .epoch = r->epoch,
                                                .previous_loss = e->previous_best,
                                                .loss = r->validation_loss,
                                                .text = s->checkpoint});
    } else {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_COUNTER,
                                                .epoch = r->epoch,
                                                .count = e->stop->counter,
                                                .patience = e->stop->patience});
    }
    if (e->ending == KR_ENDING_PATIENCE) {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_STOPPED_EARLY, .epoch = r->epoch});
    } else {
        kr__session_tell(s,
                         (kr_forecast_event){
                             .kind = KR_EVENT_RATE, .epoch = r->epoch + 1, .rate = e->next_rate});
    }
}

static void see_event(void *arg, const kr_trainer_event *e) {
    const kr_session *s = ((training *)arg)->s;
    if (e->kind == KR_TRAINER_EPOCH) {
        tell_epoch(s, e);
        return;
    }
    bool is_step = e->kind == KR_TRAINER_STEP;
    kr__session_tell(s, (kr_forecast_event){.kind = is_step ? KR_EVENT_STEP : KR_EVENT_NONFINITE,
                                            .epoch = e->epoch,
                                            .step = e->step,
                                            .steps = e->steps,
                                            .loss = e->loss,
                                            .rate = e->rate,
                                            .seconds = e->seconds,
                                            .text = e->text});
}

/* ---- training --------------------------------------------------------------------------- */

static kr_status open_trainer(kr_session *s, training *t, kr_error *err) {
    const kr_forecast_config *c = s->config;
    const kr_trainer_config config = {
        .engine = s->engine,
        .sampler = {t->n_windows, begin_epoch, begin_batch, fetch_training, t},
        .hooks = {measure, save, see_event, t},
        .seed = s->seed,
        .epochs = c->train_epochs,
        .batch_size = c->batch_size,
        .optimizer = c->optimizer,
        .weight_decay = c->weight_decay,
        .gradient_clip = c->gradient_clip,
        .schedule = kr__session_schedule(c),
        .freeze = c->freeze,
        .lr_factors = c->lr_factors,
        .patience = c->patience,
        .max_seconds = c->max_seconds,
        .on_nan = c->on_nan};
    return kr_trainer_create(s->team, &config, &s->trainer, err);
}

static kr_status go_on(kr_session *s, kr_error *err) {
    KR_TRY(kr__checkpoint_resume(s, s->checkpoint, err));
    const kr_training_state *state = kr_trainer_state(s->trainer);
    kr__session_tell(
        s, (kr_forecast_event){.kind = KR_EVENT_RESUMED,
                               .text = s->checkpoint,
                               .epoch = state->epoch,
                               .step = state->step,
                               .loss = state->stop.has_best ? state->stop.best : (double)INFINITY});
    return KR_OK;
}

/* What became of the training, for the person who started it. */
static void add_advice(const kr_session *s, kr_status status, kr_error *err) {
    if (status == KR_INTERRUPTED) {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_INTERRUPTED,
                                                .epoch = kr_trainer_state(s->trainer)->epoch,
                                                .text = s->checkpoint});
        kr_error_append(err, "; saved in %s; the same command with `resume` goes on from there",
                        s->checkpoint);
    }
    if (status != KR_NUMERIC) return;
    if (s->is_saved) {
        kr_error_append(err, "; %s is kept as epoch %lld left it", s->checkpoint,
                        (long long)kr_trainer_state(s->trainer)->n_records);
    }
    bool is_stop = strcmp(s->config->on_nan, "stop") == 0;
    kr_error_append(err, "; try a smaller `learning_rate`, %s`gradient_clip` 1%s",
                    is_stop ? "" : "or ", is_stop ? ", or `on_nan` skip" : "");
}

kr_status kr__session_train(kr_session *s, bool resumes, kr_error *err) {
    training t = {.s = s, .n_windows = kr_dataset_window_count(s->dataset, KR_SPLIT_TRAIN)};
    t.order = kr_calloc((size_t)t.n_windows, sizeof *t.order);
    if (!t.order) return kr_fail(err, KR_MEMORY, "out of memory for the order of the windows");
    t.source = (kr_window_source){s, KR_SPLIT_TRAIN, t.order, 0};
    kr_status status = open_trainer(s, &t, err);
    if (status == KR_OK && resumes) status = go_on(s, err);
    if (status == KR_OK) {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_TRAINING});
        for (int i = 0; i < KR_SPLITS; i++) kr__session_tell_windows(s, (kr_split)i);
        status = kr_trainer_run(s->trainer, err);
        if (status != KR_OK) add_advice(s, status, err);
    }
    kr_free(t.order);
    return status;
}
