/* SPDX-License-Identifier: MIT
 * zeroshot_train.c - a training on simulated series, and perhaps own ones, as a client of the
 * trainer. Step k takes samples k * batch_size and on; validation, samples of another seed. */
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/sized_struct.h"
#include "core/text.h"
#include "zeroshot/zeroshot_internal.h"

enum { VALIDATION_ROOM = 64 };

typedef struct session {
    kr_zeroshot *model;
    const kr_zeroshot_settings *settings;
    kr_zeroshot_training training;
    kr__zeroshot_config shape;
    kr__own_series own;
    kr__zeroshot_drawing drawing, validation;
    kr_engine *engine;
    kr_trainer *trainer;
} session;

/* ---- what the trainer asks for ------------------------------------------------------------ */

static void begin_batch(void *arg, int64_t first, int64_t step) {
    session *s = arg;
    (void)first;
    kr__zeroshot_draw(&s->drawing, step * s->settings->batch_size, s->settings->batch_size);
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    kr__zeroshot_batch_fetch(&((session *)arg)->drawing.batch, i, in);
}

static kr_status measure(void *arg, kr_epoch_record *record, kr_error *err) {
    session *s = arg;
    double losses[VALIDATION_ROOM], sum = 0;
    int64_t n = s->settings->validation;
    for (int64_t first = 0; first < n; first += VALIDATION_ROOM) {
        int64_t count = n - first < VALIDATION_ROOM ? n - first : VALIDATION_ROOM;
        const kr_samples samples = {kr__zeroshot_batch_fetch, &s->validation.batch, count};
        if (kr_team_is_stopping(s->model->team)) {
            return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        }
        kr__zeroshot_draw(&s->validation, first, count);
        kr__engine_predict(s->engine, &samples, NULL, losses);
        for (int64_t i = 0; i < count; i++) sum += losses[i];
    }
    record->validation_loss = sum / (double)n;
    return KR_OK;
}

static int64_t own_check(const session *s) { return (int64_t)kr__own_series_check(&s->own); }

static kr_status save(void *arg, const kr_epoch_record *record, kr_error *err) {
    session *s = arg;
    kr_entries entries = {.n_arrays = 0};
    (void)record;
    if (!s->training.state) return KR_OK;
    kr_status status = kr__zeroshot_describe(s->model, KR__FORMAT_ZEROSHOT_TRAINING, &entries, err);
    if (status == KR_OK) {
        status = kr__entries_add_int(&entries, "own_series", own_check(s), err);
    }
    if (status == KR_OK) status = kr__trainer_list(s->trainer, &entries, err);
    if (status == KR_OK) status = kr__entries_write(&entries, s->training.state, err);
    kr__entries_deinit(&entries);
    return status;
}

static void see_event(void *arg, const kr_trainer_event *e) {
    static const kr_zeroshot_event_kind kinds[] = {[KR_TRAINER_STEP] = KR_ZEROSHOT_STEP,
                                                   [KR_TRAINER_NONFINITE] = KR_ZEROSHOT_NONFINITE,
                                                   [KR_TRAINER_EPOCH] = KR_ZEROSHOT_EPOCH};
    const session *s = arg;
    if (!s->training.event) return;
    const kr_zeroshot_event event = {.kind = kinds[e->kind],
                                     .epoch = e->epoch,
                                     .epochs = e->epochs,
                                     .step = e->step,
                                     .steps = e->steps,
                                     .loss = e->loss,
                                     .rate = e->rate,
                                     .seconds = e->seconds,
                                     .text = e->text,
                                     .record = e->record};
    s->training.event(s->training.arg, &event);
}

/* ---- opening ------------------------------------------------------------------------------ */

static kr_status open_drawing(session *s, kr_error *err) {
    const kr_zeroshot_settings *c = s->settings;
    kr_simulate_options options = kr__zeroshot_simulation(c);
    kr_team *team = s->model->team;
    KR_TRY(
        kr__own_series_init(s->training.own, s->training.n_own, c->held, c->share, &s->own, err));
    KR_TRY(kr__zeroshot_drawing_init(team, &s->shape, &options, c->longest, c->batch_size,
                                     &s->drawing, err));
    options.seed = ~options.seed;
    KR_TRY(kr__zeroshot_drawing_init(team, &s->shape, &options, c->longest, VALIDATION_ROOM,
                                     &s->validation, err));
    s->drawing.own = &s->own;
    s->validation.own = c->held > 0 ? &s->own : NULL;
    s->validation.is_held = true;
    return KR_OK;
}

static kr_status open_engine(session *s, kr_error *err) {
    s->shape = kr__zeroshot_shape(s->settings);
    const kr_engine_config config = {.objective = kr__zeroshot_objective(&s->shape),
                                     .grad_slots = 16,
                                     .max_batch = s->settings->batch_size};
    KR_TRY(kr__engine_create(s->model->team, &config, &s->engine, err));
    kr__zeroshot_copy_values(&s->model->params, kr__engine_params(s->engine));
    return KR_OK;
}

static kr_status open_trainer(session *s, kr_error *err) {
    const kr_zeroshot_settings *c = s->settings;
    const kr_trainer_config config = {
        .engine = s->engine,
        .sampler = {c->steps * c->batch_size, NULL, begin_batch, fetch, s},
        .hooks = {measure, save, see_event, s},
        .data_mark = kr__own_series_check(&s->own),
        .seed = (uint64_t)c->seed,
        .epochs = c->epochs,
        .batch_size = c->batch_size,
        .optimizer = "adamw",
        .weight_decay = c->weight_decay,
        .gradient_clip = c->gradient_clip,
        .ema = c->ema,
        .schedule = {.kind = "warmup_cosine",
                     .base = c->lr,
                     .epochs = c->epochs,
                     .warmup_epochs = c->warmup_epochs,
                     .floor = 0.01 * c->lr},
        .keeps_last = true,
        .max_seconds = c->max_seconds,
        .on_nan = c->on_nan};
    return kr__trainer_create(s->model->team, &config, &s->trainer, err);
}

static kr_status read_state(session *s, const kr_entries *e, kr_error *err) {
    const char *format = kr__entries_value(e, "format");
    if (!format || strcmp(format, KR__FORMAT_ZEROSHOT_TRAINING) != 0) {
        return kr_fail(err, KR_FORMAT, "is not the state of a training of a zero-shot model");
    }
    KR_TRY(kr__trainer_check_settings(kr__zeroshot_flags(), kr__entries_value(e, "config"),
                                      s->settings, NULL, err));
    const char *own = kr__entries_value(e, "own_series");
    int64_t check = 0;
    if (own && (!kr__text_int(own, &check) || check != own_check(s))) {
        return kr_fail(err, KR_USAGE,
                       "is of a training with other values of `data`; bring them back, or start "
                       "anew without `resume`");
    }
    return kr__trainer_restore(s->trainer, e, err);
}

static kr_status resume(session *s, kr_error *err) {
    const char *path = s->training.state;
    kr_safetensors *file = NULL;
    kr_entries entries = {.n_arrays = 0};
    if (!path || !kr__file_exists(path)) {
        return kr_fail(err, KR_IO,
                       "%s: no such file, so there is nothing to continue; leave `resume` out to "
                       "start",
                       path ? path : "the state");
    }
    KR_TRY(kr_safetensors_read(path, &file, err));
    kr_status status = kr__entries_view(file, &entries, err);
    if (status == KR_OK) status = read_state(s, &entries, err);
    if (status != KR_OK) kr_error_prefix(err, "%s", path);
    kr__entries_deinit(&entries);
    kr_safetensors_destroy(file);
    return status;
}

/* ---- from the start to the end ------------------------------------------------------------ */

static kr_status open_session(session *s, kr_error *err) {
    KR_TRY(open_engine(s, err));
    KR_TRY(open_drawing(s, err));
    KR_TRY(open_trainer(s, err));
    return s->training.resumes ? resume(s, err) : KR_OK;
}

static void close_session(session *s) {
    kr__trainer_destroy(s->trainer);
    kr__engine_destroy(s->engine);
    kr__zeroshot_drawing_deinit(&s->drawing);
    kr__zeroshot_drawing_deinit(&s->validation);
    kr__own_series_deinit(&s->own);
}

/* The parameters become the model's, also those of a training that time ended. */
static void take_model(session *s) {
    kr_zeroshot *m = s->model;
    kr__zeroshot_copy_values(kr__engine_params(s->engine), &m->params);
    m->n_series += kr__trainer_state(s->trainer)->global_step * s->settings->batch_size;
    kr__engine_destroy(m->engine);
    m->engine = NULL;
}

kr_status kr_zeroshot_train(kr_zeroshot *model, const kr_zeroshot_training *training,
                            kr_error *err) {
    session s = {.model = model, .settings = &model->settings};
    KR_TRY(kr__sized_take("kr_zeroshot_training", training, &s.training, sizeof s.training, err));
    if (*s.settings->data && s.training.n_own == 0) {
        return kr_fail(err, KR_USAGE, "`data` %s: its series did not come with the training",
                       s.settings->data);
    }
    kr_status status = open_session(&s, err);
    if (status == KR_OK) status = kr__trainer_run(s.trainer, err);
    if (status == KR_OK) take_model(&s);
    close_session(&s);
    return status;
}
