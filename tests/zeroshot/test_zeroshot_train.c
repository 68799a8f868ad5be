/* SPDX-License-Identifier: MIT
 * test_zeroshot_train.c - what is told while a zero-shot model is trained, against the same
 * computed beside it. */
#define _GNU_SOURCE
#include <kr/zeroshot.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/workers.h"
#include "zeroshot/drawn_samples.h"
#include "zeroshot/zeroshot_internal.h"

enum { EPOCHS = 2, STEPS = 3, BATCH = 5, VALIDATION = 70 /* in two portions */ };

/* Of pairs that end with NULL. */
static kr_zeroshot *make(const char *const (*pairs)[2]) {
    kr_settings *settings = NULL;
    kr_zeroshot *model = NULL;
    kr_error err;
    assert_int_equal(kr_zeroshot_settings_create(&settings, &err), KR_OK);
    for (; (*pairs)[0]; pairs++) {
        assert_int_equal(kr_settings_set(settings, (*pairs)[0], (*pairs)[1], &err), KR_OK);
    }
    if (kr_zeroshot_create(test_team, settings, &model, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(settings);
    return model;
}

static kr_zeroshot *make_model(void) {
    static const char *const pairs[][2] = {
        {"d_model", "8"},      {"n_layers", "1"}, {"d_hidden", "8"},      {"n_tokens", "4"},
        {"longest", "40"},     {"epochs", "2"},   {"steps", "3"},         {"batch_size", "5"},
        {"n_leads", "3"},      {"d_state", "2"},  {"n_origins", "1"},     {"validation", "70"},
        {"families", "arima"}, {"seed", "6"},     {"warmup_epochs", "0"}, {NULL, NULL}};
    return make(pairs);
}

typedef struct watcher {
    int64_t steps, epochs;
    double sum, validation; /* sum: of the losses of an epoch's steps */
} watcher;

static void see_event(void *arg, const kr_zeroshot_event *e) {
    watcher *w = arg;
    assert_true(e->kind == KR_ZEROSHOT_STEP || e->kind == KR_ZEROSHOT_EPOCH);
    assert_int_equal(e->epochs, EPOCHS);
    if (e->kind == KR_ZEROSHOT_STEP) {
        assert_int_equal(e->epoch, w->steps / STEPS + 1);
        assert_int_equal(e->step, w->steps++ % STEPS + 1);
        assert_int_equal(e->steps, STEPS);
        assert_true(e->loss > 0 && e->rate > 0 && e->rate <= .002 && e->seconds >= 0);
        w->sum += e->loss;
        return;
    }
    assert_int_equal(e->epoch, ++w->epochs);
    assert_int_equal(e->record->epoch, w->epochs);
    assert_true(fabs(e->record->train_loss - w->sum / STEPS) < 1e-6);
    w->validation = e->record->validation_loss;
    w->sum = 0;
}

/* The mean loss of samples of another seed; own: of what these hold back, too. */
static double measure(const kr_zeroshot *model, const kr__own_series *own) {
    kr__zeroshot_config shape = kr__zeroshot_shape(&model->settings);
    const kr_engine_config config = {.objective = kr__zeroshot_objective(&shape),
                                     .max_batch = VALIDATION,
                                     .grad_slots = 1,
                                     .only_predicts = true};
    kr_simulate_options options = kr__zeroshot_simulation(&model->settings);
    kr__zeroshot_drawing drawing;
    kr_engine *engine = NULL;
    double losses[VALIDATION], sum = 0;
    options.seed = ~options.seed;
    assert_int_equal(kr__engine_create(test_team, &config, &engine, NULL), KR_OK);
    kr__zeroshot_copy_values(&model->params, kr__engine_params(engine));
    assert_int_equal(kr__zeroshot_drawing_init(test_team, &shape, &options, model->settings.longest,
                                               VALIDATION, &drawing, NULL),
                     KR_OK);
    drawing.own = own;
    drawing.is_held = true;
    kr__zeroshot_draw(&drawing, 0, VALIDATION);
    const kr_samples samples = {kr__zeroshot_batch_fetch, &drawing.batch, VALIDATION};
    kr__engine_predict(engine, &samples, NULL, losses);
    for (int i = 0; i < VALIDATION; i++) sum += losses[i];
    kr__zeroshot_drawing_deinit(&drawing);
    kr__engine_destroy(engine);
    return sum / VALIDATION;
}

static void expect_loss(double told, double wanted) {
    if (!(fabs(told - wanted) <= 1e-5 * wanted)) fail_msg("%g, not %g", told, wanted);
}

static void what_is_told(void **state) {
    (void)state;
    watcher w = {.steps = 0};
    kr_error err;
    kr_zeroshot *model = make_model();
    const kr_zeroshot_training training = {.size = sizeof training, .event = see_event, .arg = &w};
    if (kr_zeroshot_train(model, &training, &err) != KR_OK) fail_msg("%s", err.text);
    assert_true(w.steps == EPOCHS * STEPS && w.epochs == EPOCHS);
    expect_loss(w.validation, measure(model, NULL));
    assert_int_equal(model->n_series, EPOCHS * STEPS * BATCH);
    kr_zeroshot_destroy(model);
}

/* With own series the second loss is that of what is held back of them. */
static void held_values_are_measured(void **state) {
    (void)state;
    enum { N = 60 };
    double y[N];
    watcher w = {.steps = 0};
    for (int t = 0; t < N; t++) y[t] = t < 40 ? t % 7 : 10 * (t % 3) + t;
    const kr_zeroshot_series one = {.size = sizeof one, .values = y, .n = N, .seasons = {7}};
    kr_zeroshot *model = make_model();
    const kr_zeroshot_settings *c = &model->settings;
    const kr_zeroshot_training training = {
        .size = sizeof training, .event = see_event, .arg = &w, .own = &one, .n_own = 1};
    kr__own_series own;
    assert_int_equal(kr_zeroshot_train(model, &training, NULL), KR_OK);
    assert_int_equal(kr__own_series_init(&one, 1, c->held, c->share, &own, NULL), KR_OK);
    expect_loss(w.validation, measure(model, &own));
    kr__own_series_deinit(&own);
    kr_zeroshot_destroy(model);
}

/* Not by the engine of a forecast before. */
static void forecasts_are_those_of_what_was_learnt(void **state) {
    (void)state;
    enum { N = 50, Q = KR_ZEROSHOT_QUANTILES };
    double y[N], before[Q], after[Q], again[Q];
    kr_error err;
    for (int t = 0; t < N; t++) y[t] = t % 7 + .1 * t;
    const kr_zeroshot_series one = {.size = sizeof one, .values = y, .n = N};
    kr_zeroshot *model = make_model();
    assert_int_equal(kr_zeroshot_forecast(model, &one, 1, 1, before, &err), KR_OK);
    assert_int_equal(kr_zeroshot_train(model, NULL, &err), KR_OK);
    assert_int_equal(kr_zeroshot_forecast(model, &one, 1, 1, after, &err), KR_OK);
    kr_zeroshot_destroy(model);
    model = make_model();
    assert_int_equal(kr_zeroshot_train(model, NULL, &err), KR_OK);
    assert_int_equal(kr_zeroshot_forecast(model, &one, 1, 1, again, &err), KR_OK);
    kr_zeroshot_destroy(model);
    assert_memory_equal(after, again, sizeof after);
    assert_memory_not_equal(before, after, sizeof after);
}

/* Of a model that is gone on from, all sizes and values are kept; the rest is as it was asked. */
static void sizes_stay(void **state) {
    (void)state;
    char path[] = "/tmp/krait-sizes-XXXXXX";
    const char *const first[][2] = {{"d_model", "8"},  {"n_layers", "1"},  {"d_state", "2"},
                                    {"d_conv", "3"},   {"expand", "1"},    {"d_hidden", "6"},
                                    {"n_tokens", "5"}, {"n_origins", "1"}, {NULL, NULL}};
    const char *const second[][2] = {{"load", path},      {"d_model", "9"},   {"n_layers", "0"},
                                     {"d_state", "3"},    {"n_origins", "2"}, {"seed", "12"},
                                     {"origin_gap", "3"}, {NULL, NULL}};
    int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    kr_zeroshot *was = make(first);
    assert_int_equal(kr_zeroshot_save(was, path, NULL), KR_OK);
    kr_zeroshot *is = make(second);
    const kr_zeroshot_settings *a = &was->settings, *b = &is->settings;
    assert_true(a->d_model == b->d_model && a->n_layers == b->n_layers && a->d_conv == b->d_conv);
    assert_true(a->d_state == b->d_state && a->expand == b->expand && a->n_tokens == b->n_tokens);
    assert_true(a->d_hidden == b->d_hidden);
    assert_true(b->n_origins == 2 && b->seed == 12 && b->origin_gap == 3);
    kr_zeroshot_info info = {.size = sizeof info};
    kr_zeroshot_look(is, &info);
    assert_int_equal(info.longest, 5 * KR__PATCH);
    assert_int_equal(info.n_parameters, kr__params_count(&was->params));
    assert_memory_equal(was->params.values, is->params.values,
                        (size_t)info.n_parameters * sizeof(kr_real));
    kr_zeroshot_destroy(was), kr_zeroshot_destroy(is);
    remove(path);
}

/* How it came about, and where it is kept, is not in a file: the same bytes. */
static void a_file_tells_what_matters(void **state) {
    (void)state;
    void *one = NULL, *other = NULL;
    size_t n = 0, m = 0;
    kr_zeroshot *model = make_model();
    assert_int_equal(kr_zeroshot_save_memory(model, &one, &n, NULL), KR_OK);
    model->settings.resume = true;
    model->settings.threads = 3;
    strcpy(model->settings.checkpoint, "elsewhere.safetensors");
    assert_int_equal(kr_zeroshot_save_memory(model, &other, &m, NULL), KR_OK);
    assert_int_equal(n, m);
    assert_memory_equal(one, other, n);
    kr_zeroshot_destroy(model);
    kr_free(one), kr_free(other);
}

/* How many series it was trained on; of a file that does not say, none. */
static void a_file_tells_its_series(void **state) {
    (void)state;
    void *bytes = NULL;
    size_t n = 0;
    kr_zeroshot *model = make_model();
    model->n_series = 5;
    assert_int_equal(kr_zeroshot_save_memory(model, &bytes, &n, NULL), KR_OK);
    for (int says = 1; says >= 0; says--) {
        kr_zeroshot *is = NULL;
        char *key = memmem(bytes, n, "\"series\":", 9);
        assert_non_null(key);
        if (!says) key[1] = 'S';
        assert_int_equal(kr_zeroshot_open_memory(test_team, "it", bytes, n, &is, NULL), KR_OK);
        assert_int_equal(is->n_series, says ? 5 : 0);
        kr_zeroshot_destroy(is);
    }
    kr_zeroshot_destroy(model);
    kr_free(bytes);
}

/* A model that is one value larger than its file is not made. */
static void a_file_fills_its_model(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"d_model", "1"},  {"n_layers", "1"}, {"d_state", "1"},
                                           {"d_conv", "2"},   {"expand", "1"},   {"d_hidden", "1"},
                                           {"n_tokens", "7"}, {NULL, NULL}};
    void *bytes = NULL;
    size_t n = 0;
    kr_error err;
    kr_zeroshot *small = make(pairs), *model = NULL;
    assert_int_equal(kr_zeroshot_save_memory(small, &bytes, &n, &err), KR_OK);
    assert_int_equal(kr_zeroshot_open_memory(test_team, "it", bytes, n, &model, &err), KR_OK);
    kr_zeroshot_destroy(model);
    char *width = memmem(bytes, n, "\"d_conv\\\":2", 11);
    assert_non_null(width);
    width[10] = '3'; /* a weight more of the one channel */
    assert_int_equal(kr_zeroshot_open_memory(test_team, "it", bytes, n, &model, &err), KR_FORMAT);
    assert_string_equal(err.text, "it: its settings ask for more values than it holds");
    assert_null(model);
    kr_zeroshot_destroy(small);
    kr_free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_told),
                                       cmocka_unit_test(held_values_are_measured),
                                       cmocka_unit_test(forecasts_are_those_of_what_was_learnt),
                                       cmocka_unit_test(sizes_stay),
                                       cmocka_unit_test(a_file_tells_what_matters),
                                       cmocka_unit_test(a_file_tells_its_series),
                                       cmocka_unit_test(a_file_fills_its_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
