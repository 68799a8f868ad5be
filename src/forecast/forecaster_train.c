/* SPDX-License-Identifier: MIT
 * forecaster_train.c - a forecaster as a client of the trainer. */
#include <math.h>
#include <string.h>

#include <zlib.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/rank_sharing.h"
#include "core/real.h"
#include "forecast/forecaster_internal.h"

/* ---- what the trainer asks for ---------------------------------------------------------- */

/* The training windows in the order of the epoch. */
typedef struct training {
    kr_forecaster *f;
    kr__window_source source; /* the current batch */
    int64_t *order;
    int64_t n_windows;
} training;

static void begin_epoch(void *arg, int64_t epoch) {
    training *t = arg;
    kr_rng rng = kr__rng_make(t->f->parts.training.seed, KR_STREAM_SHUFFLE, (uint64_t)epoch);
    for (int64_t i = 0; i < t->n_windows; i++) t->order[i] = i;
    kr__rng_shuffle(&rng, t->order, t->n_windows);
}

static void begin_batch(void *arg, int64_t first, int64_t step) {
    (void)step;
    ((training *)arg)->source.first = first;
}

static void fetch_training(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    kr__fetch_window(&((training *)arg)->source, i, in);
}

static kr_status measure(void *arg, kr_epoch_record *record, kr_error *err) {
    kr_forecaster *f = ((training *)arg)->f;
    KR_TRY(kr__evaluate_windows(f, KR_SPLIT_VAL, "validation", &record->validation_loss, err));
    return kr__evaluate_windows(f, KR_SPLIT_TEST, "test", &record->test_loss, err);
}

static kr_status save(void *arg, const kr_epoch_record *record, kr_error *err) {
    (void)record;
    kr_forecaster *f = ((training *)arg)->f;
    return kr__forecaster_keep(f, err);
}

/* ---- what the observer is told ---------------------------------------------------------- */

static void tell_epoch(const kr_forecaster *f, const kr_trainer_event *e) {
    const kr_epoch_record *r = e->record;
    kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_EPOCH,
                                               .epoch = r->epoch,
                                               .steps = e->steps,
                                               .train_loss = r->train_loss,
                                               .validation_loss = r->validation_loss,
                                               .test_loss = r->test_loss,
                                               .rate = r->rate,
                                               .seconds = r->seconds});
    if (r->is_best) {
        kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_SAVED,
                                                   .epoch = r->epoch,
                                                   .previous_loss = e->previous_best,
                                                   .loss = r->validation_loss,
                                                   .text = f->checkpoint});
    } else {
        kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_COUNTER,
                                                   .epoch = r->epoch,
                                                   .count = e->stop->counter,
                                                   .patience = e->stop->patience});
    }
    if (e->ending == KR_ENDING_PATIENCE) {
        kr__forecaster_tell(f,
                            (kr_forecast_event){.kind = KR_EVENT_STOPPED_EARLY, .epoch = r->epoch});
    } else {
        kr__forecaster_tell(
            f, (kr_forecast_event){
                   .kind = KR_EVENT_RATE, .epoch = r->epoch + 1, .rate = e->next_rate});
    }
}

static void see_event(void *arg, const kr_trainer_event *e) {
    const kr_forecaster *f = ((training *)arg)->f;
    if (e->kind == KR_TRAINER_EPOCH) {
        tell_epoch(f, e);
        return;
    }
    bool is_step = e->kind == KR_TRAINER_STEP;
    kr__forecaster_tell(f, (kr_forecast_event){.kind = is_step ? KR_EVENT_STEP : KR_EVENT_NONFINITE,
                                               .epoch = e->epoch,
                                               .step = e->step,
                                               .steps = e->steps,
                                               .loss = e->loss,
                                               .rate = e->rate,
                                               .seconds = e->seconds,
                                               .text = e->text});
}

/* ---- training --------------------------------------------------------------------------- */

/* Ranks alone need it. */
static uint64_t mark_data(const kr_forecaster *f) {
    const kr_dataset *d = f->dataset;
    size_t n_bytes = (size_t)(d->n_rows * d->n_channels) * sizeof *d->data;
    return kr_team_ranks(f->team) ? crc32_z(0, (const Bytef *)d->data, n_bytes) : 0;
}

static kr_status open_trainer(kr_forecaster *f, training *t, kr_error *err) {
    const kr__train_settings *of = &f->parts.training;
    bool takes_some = of->epoch_windows > 0 && of->epoch_windows < t->n_windows;
    const kr_trainer_config config = {
        .engine = f->engine,
        .sampler = {takes_some ? of->epoch_windows : t->n_windows, begin_epoch, begin_batch,
                    fetch_training, t},
        .hooks = {measure, save, see_event, t},
        .data_mark = mark_data(f),
        .seed = of->seed,
        .epochs = of->epochs,
        .batch_size = of->batch_size,
        .optimizer = of->optimizer,
        .weight_decay = of->weight_decay,
        .gradient_clip = of->gradient_clip,
        .ema = of->ema,
        .schedule = of->schedule,
        .freeze = of->freeze,
        .lr_factors = of->lr_factors,
        .patience = of->patience,
        .max_seconds = of->max_seconds,
        .keeps_last = kr__dataset_window_count(f->dataset, KR_SPLIT_VAL) == 0,
        .on_nan = of->on_nan};
    return kr__trainer_create(f->team, &config, &f->trainer, err);
}

static kr_status go_on(kr_forecaster *f, kr_error *err) {
    KR_TRY(kr__forecaster_resume(f, f->checkpoint, err));
    const kr_training_state *state = kr__trainer_state(f->trainer);
    kr__forecaster_tell(
        f, (kr_forecast_event){.kind = KR_EVENT_RESUMED,
                               .text = f->checkpoint,
                               .epoch = state->epoch,
                               .step = state->step,
                               .loss = state->stop.has_best ? state->stop.best : (double)INFINITY});
    return KR_OK;
}

/* Adds what became of the training and what to do, for the person who started it. */
static void add_advice(const kr_forecaster *f, kr_status status, kr_error *err) {
    if (status == KR_INTERRUPTED && f->checkpoint) {
        kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_INTERRUPTED,
                                                   .epoch = kr__trainer_state(f->trainer)->epoch,
                                                   .text = f->checkpoint});
        kr_error_append(err, "; saved in %s; the same command with `resume` continues from there",
                        f->checkpoint);
    }
    if (status != KR_NUMERIC) return;
    if (f->is_saved) {
        kr_error_append(err, "; %s is kept as epoch %lld left it", f->checkpoint,
                        (long long)kr__trainer_state(f->trainer)->n_records);
    }
    bool is_stop = strcmp(f->parts.training.on_nan, "stop") == 0;
    kr_error_append(err, "; try a smaller `learning_rate`, %s`gradient_clip` 1%s",
                    is_stop ? "" : "or ", is_stop ? ", or `on_nan` skip" : "");
}

kr_status kr__forecaster_fit(kr_forecaster *f, bool resumes, kr_error *err) {
    training t = {.f = f, .n_windows = kr__dataset_window_count(f->dataset, KR_SPLIT_TRAIN)};
    t.order = kr__calloc((size_t)t.n_windows, sizeof *t.order);
    if (!t.order) return kr_fail(err, KR_MEMORY, "out of memory for the order of the windows");
    t.source = (kr__window_source){f, KR_SPLIT_TRAIN, t.order, 0};
    kr_status status = open_trainer(f, &t, err);
    if (status == KR_OK && resumes) status = go_on(f, err);
    if (status == KR_OK) {
        kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_TRAINING});
        for (int i = 0; i < KR_SPLITS; i++) kr__forecaster_tell_windows(f, (kr_split)i);
        status = kr__trainer_run(f->trainer, err);
        if (status != KR_OK) add_advice(f, status, err);
    }
    kr_free(t.order);
    return status;
}
