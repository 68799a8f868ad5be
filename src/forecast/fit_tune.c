/* SPDX-License-Identifier: MIT
 * fit_tune.c - the zero-shot model as a candidate that learns: it goes on from its weights with
 * windows of the series, and with simulated ones, so that it does not forget. */
#include <math.h>
#include <string.h>

#include "core/platform.h"
#include "forecast/fit_internal.h"
#include "forecast/forecaster_internal.h"
#include "forecast/study_known.h"

enum { EPOCHS = 3, MOST_STEPS = 60, FEWEST = 4, VALUES_PER_STEP = 50 };

static kr_status set_text(kr_settings *s, const char *from, kr_error *err) {
    static const char *const texts[][2] = {{"warmup_epochs", "0"},
                                           {"lr", "0.0003"},
                                           {"share", "0.7"},
                                           {"held", "0"},
                                           {"validation", "16"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        KR_TRY(kr_settings_set(s, texts[i][0], texts[i][1], err));
    }
    return kr_settings_set(s, "load", *from ? from : "zero-shot", err);
}

/* n_steps of each epoch, in so many seconds at most; infinity: any. */
static kr_status create(const kr__fitting *f, int64_t n_steps, double seconds, kr_zeroshot **out,
                        kr_error *err) {
    kr_settings *s = NULL;
    double most = isinf(seconds) ? 0 : seconds;
    KR_TRY(kr_zeroshot_settings_create(&s, err));
    kr_status status = set_text(s, f->config->from, err);
    if (status == KR_OK) status = kr_settings_set_int(s, "epochs", EPOCHS, err);
    if (status == KR_OK) status = kr_settings_set_int(s, "steps", n_steps, err);
    if (status == KR_OK) status = kr_settings_set_int(s, "seed", f->config->seed, err);
    if (status == KR_OK) status = kr_settings_set_real(s, "max_seconds", most, err);
    if (status == KR_OK) status = kr_zeroshot_create(f->team, s, out, err);
    kr_settings_destroy(s);
    return status;
}

static kr_status train(const kr__fitting *f, bool is_all, kr_zeroshot *model, kr_error *err) {
    kr__known_series known;
    kr_status status = kr__known_series_init(f->result->study, is_all, &known, err);
    const kr_zeroshot_training training = {
        .size = sizeof training, .own = known.list, .n_own = known.n};
    if (status == KR_OK) status = kr_zeroshot_train(model, &training, err);
    kr__known_series_deinit(&known);
    return status;
}

static kr_status tune(const kr__fitting *f, bool is_all, int64_t n_steps, double seconds,
                      kr_zeroshot **out, kr_error *err) {
    KR_TRY(create(f, n_steps, seconds, out, err));
    kr_status status = train(f, is_all, *out, err);
    if (status == KR_OK) return KR_OK;
    kr_zeroshot_destroy(*out);
    *out = NULL;
    return status;
}

/* Of an epoch: few values would be learnt by heart. */
static int64_t most_steps(const kr__study *s) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->n_targets; i++) n += s->targets[i].n;
    n /= VALUES_PER_STEP;
    return n < FEWEST ? FEWEST : n > MOST_STEPS ? MOST_STEPS : n;
}

kr_status kr__fit_expect_tuning(const kr__fitting *f, kr__fit_candidate *c, kr_error *err) {
    enum { TRIED = 1 };
    kr_zeroshot *model = NULL;
    double started = kr__time_now();
    KR_TRY(tune(f, false, TRIED, INFINITY, &model, err));
    kr_zeroshot_destroy(model);
    c->step_seconds = (kr__time_now() - started) / (EPOCHS * TRIED);
    c->n_steps = EPOCHS * most_steps(f->result->study);
    c->trying_seconds = c->training_seconds = c->step_seconds * (double)c->n_steps;
    return KR_OK;
}

/* So many steps of an epoch as there is time for; below FEWEST it is not worth it. */
static int64_t count_steps(const kr__fit_candidate *c, double seconds) {
    const double for_training = 0.9;
    double n = for_training * seconds / fmax(EPOCHS * c->step_seconds, 1e-9);
    return (int64_t)fmin(n, (double)(c->n_steps / EPOCHS));
}

bool kr__fit_can_tune(const kr__fit_candidate *c, double seconds) {
    return count_steps(c, seconds) >= FEWEST;
}

kr_status kr__fit_tuned(const kr__fitting *f, kr__fit_candidate *c, double seconds, kr_error *err) {
    KR_TRY(tune(f, false, count_steps(c, seconds), seconds, &c->tuned, err));
    return kr__study_run(f->team, f->result->study, c->local, c->tuned, &c->forecasts, err);
}

static kr__fit_candidate *find_chosen(kr__fit_result *r) {
    for (int i = 0; i < r->n_chosen; i++) {
        kr__fit_candidate *c = &r->candidates[r->chosen[i]];
        if (c->local == &kr__local_tuned) return c;
    }
    return NULL;
}

/* Stopped while it is trained, it stays as the earlier rows made it, where that is wanted. */
static kr_status tune_anew(kr__fitting *f, kr__fit_candidate *c, double seconds, kr_error *err) {
    kr_zeroshot *anew = NULL;
    kr_status status = tune(f, true, count_steps(c, seconds), seconds, &anew, err);
    f->is_stopped = status == KR_INTERRUPTED && f->options->keeps_best;
    if (f->is_stopped) return KR_OK;
    if (status != KR_OK) return status;
    kr_zeroshot_destroy(c->tuned);
    c->tuned = anew;
    return KR_OK;
}

kr_status kr__fit_keep_tuned(kr__fitting *f, double seconds, kr_error *err) {
    kr__fit_candidate *c = find_chosen(f->result);
    if (!c) return KR_OK;
    bool has_time = !f->is_stopped && kr__fit_can_tune(c, seconds);
    if (f->config->refit && has_time) KR_TRY(tune_anew(f, c, seconds, err));
    kr_zeroshot *tuned = c->tuned;
    c->tuned = NULL;
    return kr__local_take_tuned(f->result->model, tuned, err);
}
