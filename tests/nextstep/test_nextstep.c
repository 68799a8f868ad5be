/* SPDX-License-Identifier: MIT
 * test_nextstep.c - the model as an object: from memory to memory, stopped and gone on with, in two
 * threads, and what is refused. */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <kr/nextstep.h>

#include "nextstep/nextstep_config.h"
#include "support/settings_of.h"
#include "support/starve.h"
#include "support/workers.h"

enum { STEPS = 400, FEATURES = 2, GENERATED = 8 };

static float values[STEPS * FEATURES];

static void fill_values(void) {
    for (int t = 0; t < STEPS; t++) {
        values[t * FEATURES] = sinf((float)t / 5);
        values[t * FEATURES + 1] = cosf((float)t / 7);
    }
}

static kr_series *make_series(void) {
    kr_series *series = NULL;
    assert_int_equal(kr_series_create(STEPS, FEATURES, values, NULL, &series, NULL), KR_OK);
    return series;
}

static kr_nextstep_config tiny(void) {
    kr_nextstep_config c;
    kr__flags_init(kr__nextstep_flags(), &c);
    c.seq_len = 32;
    c.stride = 16;
    c.d_model = 8;
    c.n_layers = 2;
    c.d_state = 4;
    c.d_ff = 8;
    c.epochs = 3;
    c.warmup_epochs = 1;
    c.lr = 0.01;
    c.batch_size = 4;
    c.max_horizon = 2;
    c.jitter = true;
    return c;
}

static kr_nextstep *make_model(kr_team *team, const kr_nextstep_config *config) {
    kr_nextstep *model = NULL;
    kr_error err = {.text = ""};
    kr_settings *settings = NEXTSTEP_SETTINGS(config);
    kr_status status = kr_nextstep_create(team, settings, FEATURES, &model, &err);
    kr_settings_destroy(settings);
    if (status != KR_OK) fail_msg("%s", err.text);
    return model;
}

static void train(kr_nextstep *model, const kr_series *series, const kr_nextstep_training *training,
                  kr_nextstep_report *report) {
    kr_error err = {.text = ""};
    if (kr_nextstep_train(model, series, training, report, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
}

static void generate(const kr_nextstep *model, float out[GENERATED * FEATURES]) {
    kr_nextstep_stream *stream = NULL;
    assert_int_equal(kr_nextstep_stream_create(model, NULL, &stream, NULL), KR_OK);
    kr_nextstep_stream_push(stream, 100, values);
    for (int i = 0; i < GENERATED; i++) kr_nextstep_stream_generate(stream, out + i * FEATURES);
    kr_nextstep_stream_destroy(stream);
}

static void same_parameters(kr_nextstep *a, kr_nextstep *b) {
    int64_t n = 0, n_b = 0;
    const float *of_a = kr_nextstep_parameters(a, &n), *of_b = kr_nextstep_parameters(b, &n_b);
    assert_int_equal(n, n_b);
    assert_memory_equal(of_a, of_b, (size_t)n * sizeof *of_a);
}

static void differ_in_parameters(kr_nextstep *a, kr_nextstep *b) {
    int64_t n = 0;
    const float *of_a = kr_nextstep_parameters(a, &n), *of_b = kr_nextstep_parameters(b, NULL);
    assert_memory_not_equal(of_a, of_b, (size_t)n * sizeof *of_a);
}

/* ---- memory ----------------------------------------------------------------------------- */

static int count_files(void) {
    int n = 0;
    DIR *here = opendir(".");
    assert_non_null(here);
    for (const struct dirent *e; (e = readdir(here));) n += e->d_name[0] != '.';
    closedir(here);
    return n;
}

/* Train, evaluate, generate, save and open without a file, in a folder that takes none. */
static void wholly_from_memory(void **state) {
    (void)state;
    char place[] = "/tmp/krait-memory-XXXXXX";
    float before[GENERATED * FEATURES], after[GENERATED * FEATURES];
    void *bytes = NULL;
    size_t n_bytes = 0;
    int64_t n_records = 0;
    kr_nextstep *opened = NULL;
    kr_nextstep_report report = {.size = sizeof report}, evaluation = {.size = sizeof evaluation};
    assert_true(mkdtemp(place) && chdir(place) == 0 && chmod(place, 0555) == 0);

    kr_nextstep_config config = tiny();
    config.jitter = false;
    kr_series *series = make_series();
    kr_nextstep *model = make_model(test_team, &config);
    train(model, series, NULL, &report);
    assert_true(report.best_epoch > 0 && report.n_windows == 24 && report.n_train == 22);
    kr_nextstep_records(model, &n_records);
    assert_int_equal(n_records, 3);
    generate(model, before);
    assert_true(isfinite(before[0]) && before[0] != 0);

    assert_int_equal(kr_nextstep_save_memory(model, &bytes, &n_bytes, NULL), KR_OK);
    kr_nextstep_destroy(model);
    assert_int_equal(kr_nextstep_open_memory(test_team, "kept", bytes, n_bytes, &opened, NULL),
                     KR_OK);
    kr_free(bytes);
    generate(opened, after);
    assert_memory_equal(before, after, sizeof before);

    /* The settings came along: it can be evaluated, and trained further. */
    assert_int_equal(kr_settings_int(kr_nextstep_settings(opened), "seq_len"), 32);
    assert_int_equal(kr_nextstep_evaluate(opened, series, NULL, &evaluation, NULL), KR_OK);
    assert_int_equal(evaluation.n_train, 22);
    assert_true(fabs(evaluation.best_validation / report.best_validation - 1) < 1e-6);
    train(opened, series, NULL, NULL);
    assert_int_equal(count_files(), 0);
    kr_nextstep_destroy(opened);
    kr_series_destroy(series);
    assert_true(chdir("/") == 0 && rmdir(place) == 0);
}

/* ---- the next table --------------------------------------------------------------------- */

static kr_series *open_table(const char *text) {
    char path[] = "/tmp/krait-table-XXXXXX.csv";
    int file = mkstemps(path, 4);
    kr_series *series = NULL;
    kr_error err = {.text = ""};
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    if (kr_series_open(path, &series, &err) != KR_OK) fail_msg("%s", err.text);
    unlink(path);
    return series;
}

/* How the table was read and its columns' names are in the model and its file, until it is trained
 * on something else. */
static void a_model_knows_its_table(void **state) {
    (void)state;
    char text[4000] = "a;b\n", swapped[4000], longer[4000];
    for (int i = 0; i < 120; i++) sprintf(text + strlen(text), "%d,5;%d,%d\n", i % 7, i % 5, i % 9);
    strcpy(swapped, text);
    memcpy(swapped, "b;a", 3);
    snprintf(longer, sizeof longer, "a;bb%.3900s", text + 3);
    kr_series *series = open_table(text), *other = open_table(swapped), *unnamed = make_series();
    kr_series *second = open_table(longer);
    kr_nextstep_config config = tiny();
    kr_settings *settings = NEXTSTEP_SETTINGS(&config);
    kr_nextstep *model = NULL, *opened = NULL;
    kr_error err = {.text = ""};
    void *bytes = NULL;
    size_t n_bytes = 0;
    assert_int_equal(kr_nextstep_create(test_team, settings, 2, &model, NULL), KR_OK);
    assert_null(kr_nextstep_reading(model));
    assert_int_equal(kr_nextstep_check_columns(model, other, NULL), KR_OK);
    train(model, series, NULL, NULL);
    assert_int_equal(kr_nextstep_save_memory(model, &bytes, &n_bytes, NULL), KR_OK);
    assert_int_equal(kr_nextstep_open_memory(test_team, "kept", bytes, n_bytes, &opened, NULL),
                     KR_OK);
    kr_free(bytes);
    for (int i = 0; i < 2; i++) {
        const kr_nextstep *m = i ? opened : model;
        assert_non_null(strstr(kr_nextstep_reading(m), "delimiter=semicolon\ndecimal=comma\n"));
        assert_int_equal(kr_nextstep_check_columns(m, series, NULL), KR_OK);
        assert_int_equal(kr_nextstep_check_columns(m, unnamed, NULL), KR_OK);
        assert_int_equal(kr_nextstep_check_columns(m, other, &err), KR_USAGE);
        assert_non_null(strstr(err.text,
                               ": column 1 of numbers is \"b\", and the model was trained "
                               "with \"a\" there; use a table with"));
        assert_int_equal(kr_nextstep_check_columns(m, second, &err), KR_USAGE);
        assert_non_null(strstr(err.text,
                               ": column 2 of numbers is \"bb\", and the model was "
                               "trained with \"b\" there"));
    }
    kr_series *wide = open_table("a;b;c\n1;2;3\n4;5;6\n");
    assert_int_equal(kr_nextstep_check_columns(opened, wide, &err), KR_USAGE);
    assert_non_null(
        strstr(err.text, ": has 3 columns of numbers, and the model was trained with 2"));
    kr_series_destroy(wide);
    train(opened, other, NULL, NULL);
    assert_int_equal(kr_nextstep_check_columns(opened, other, NULL), KR_OK);
    assert_int_equal(kr_nextstep_check_columns(opened, series, NULL), KR_USAGE);
    train(opened, unnamed, NULL, NULL);
    assert_null(kr_nextstep_reading(opened));
    assert_int_equal(kr_nextstep_check_columns(opened, series, NULL), KR_OK);
    kr_settings_destroy(settings);
    kr_nextstep_destroy(model);
    kr_nextstep_destroy(opened);
    kr_series_destroy(series);
    kr_series_destroy(other);
    kr_series_destroy(second);
    kr_series_destroy(unnamed);
}

/* ---- stopped ---------------------------------------------------------------------------- */

static void stop_at_step(void *arg, const kr_nextstep_event *event) {
    if (event->kind == KR_NEXTSTEP_STEP && event->epoch == 2 && event->step == *(int64_t *)arg) {
        kr_team_stop(test_team);
    }
}

/* A training that is stopped in memory goes on to the same bits; until then the parameters are what
 * they were. */
static void stopped_and_gone_on_with(void **state) {
    (void)state;
    int64_t step = 2;
    const kr_nextstep_config config = tiny();
    const kr_nextstep_observer observer = {sizeof observer, stop_at_step, &step};
    kr_nextstep_training training = {.size = sizeof training, .observer = &observer};
    kr_nextstep_report report = {.size = sizeof report};
    kr_error err = {.text = ""};
    test_workers(2);
    kr_series *series = make_series();
    kr_nextstep *whole = make_model(test_team, &config), *parts = make_model(test_team, &config);
    kr_nextstep *untouched = make_model(test_team, &config);
    train(whole, series, NULL, &report);
    assert_int_equal(report.best_epoch, 3); /* of steps behind the stop */
    assert_int_equal(kr_nextstep_train(parts, series, &training, NULL, &err), KR_INTERRUPTED);
    assert_string_equal(err.text, "stopped in epoch 2 after step 2 of 6");
    kr_team_go_on(test_team);
    same_parameters(parts, untouched);
    training = (kr_nextstep_training){.size = sizeof training, .resumes = true};
    train(parts, series, &training, NULL);
    same_parameters(parts, whole);
    differ_in_parameters(parts, untouched);
    assert_int_equal(kr_nextstep_train(parts, series, &training, NULL, &err), KR_USAGE);
    kr_nextstep_destroy(whole);
    kr_nextstep_destroy(parts);
    kr_nextstep_destroy(untouched);
    kr_series_destroy(series);
    test_workers(0);
}

/* ---- two threads ------------------------------------------------------------------------ */

static void *train_in_thread(void *arg) {
    kr_series *series = NULL;
    if (kr_series_copy(STEPS, FEATURES, values, NULL, &series, NULL) != KR_OK) return NULL;
    kr_status status = kr_nextstep_train(arg, series, NULL, NULL, NULL);
    kr_series_destroy(series);
    return status == KR_OK ? arg : NULL;
}

/* Two models with one team, which is at work for one of them at a time, and one on its own. */
static void two_models_in_two_threads(void **state) {
    (void)state;
    const kr_nextstep_config config = tiny();
    kr_nextstep *alone = make_model(NULL, &config);
    assert_non_null(train_in_thread(alone));
    test_workers(3);
    kr_nextstep *models[2] = {make_model(test_team, &config), make_model(test_team, &config)};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, train_in_thread, models[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        void *done = NULL;
        pthread_join(threads[i], &done);
        assert_non_null(done);
        same_parameters(models[i], alone);
        kr_nextstep_destroy(models[i]);
    }
    kr_nextstep_destroy(alone);
    test_workers(0);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void refuse_series(const kr_nextstep *model, int64_t n_steps, int64_t n_features,
                          kr_status status, const char *text) {
    kr_series *series = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_series_create(n_steps, n_features, values, NULL, &series, NULL), KR_OK);
    assert_int_equal(kr_nextstep_train((kr_nextstep *)(uintptr_t)model, series, NULL, NULL, &err),
                     status);
    assert_string_equal(err.text, text);
    kr_series_destroy(series);
}

/* What a training would refuse is refused when the model is made of the settings. */
static void settings_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *other, *of_other;
    } cases[] = {{"max_horizon", "32", NULL, NULL},           {"val_fraction", "0", NULL, NULL},
                 {"aug_rotate_eps", "0.1", NULL, NULL},       {"eval", "m.pt", "resume", "true"},
                 {"load", "m.pt", "resume", "true"},          {"load", "m.pt", "eval", "m.pt"},
                 {"lr_factors", "head", NULL, NULL},          {"lr_factors", "head=x", NULL, NULL},
                 {"optimizer", "adam", "weight_decay", "0.1"}};
    const kr_nextstep_config config = tiny();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_error err = {.text = ""};
        kr_settings *settings = NEXTSTEP_SETTINGS(&config);
        assert_int_equal(kr_nextstep_settings_check(settings, NULL), KR_OK);
        assert_int_equal(kr_settings_set(settings, cases[i].name, cases[i].value, NULL), KR_OK);
        if (cases[i].other) {
            assert_int_equal(kr_settings_set(settings, cases[i].other, cases[i].of_other, NULL),
                             KR_OK);
        }
        if (kr_nextstep_settings_check(settings, &err) != KR_USAGE) fail_msg("%s", cases[i].name);
        assert_non_null(strstr(err.text, cases[i].name));
        kr_settings_destroy(settings);
    }
}

/* The rate of the gates has a factor of its own, and its floor is theirs or the original's. */
static void rates_of_gates(void **state) {
    (void)state;
    kr_nextstep_config c = tiny();
    c.lr = 0.5;
    c.gate_lr_factor = 4;
    c.epochs = 7;
    c.warmup_epochs = 3;
    strcpy(c.lradj, "cosine");
    for (int i = 0; i < 4; i++) {
        bool is_of_gates = i % 2, is_own = i / 2;
        strcpy(c.gate_floor, is_own ? "own" : "upstream");
        const kr_schedule s = kr__nextstep_schedule(&c, is_of_gates);
        assert_string_equal(s.kind, "cosine");
        assert_true(s.base == (is_of_gates ? 2 : 0.5));
        assert_true(s.floor == (is_of_gates && is_own ? 0.02 : 0.005));
        assert_int_equal(s.epochs, 7);
        assert_int_equal(s.warmup_epochs, 3);
    }
}

static void refusals(void **state) {
    (void)state;
    const kr_nextstep_config config = tiny();
    kr_nextstep *model = make_model(NULL, &config), *other = NULL;
    kr_series *series = NULL;
    kr_error err = {.text = ""};
    float bad[4] = {0, 1, NAN, 2};
    refuse_series(model, 200, 1, KR_SHAPE, "the series: has 1 features, but the model has 2");
    refuse_series(model, 31, 2, KR_USAGE,
                  "the series: has 31 steps, fewer than one window of `seq_len` 32; use a smaller "
                  "`seq_len`");
    assert_int_equal(kr_series_create(2, 2, bad, NULL, &series, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "the series: row 1, column 0 (from 0) is not a finite number; "
                        "gaps must be filled first");
    assert_int_equal(kr_series_create(0, 2, bad, NULL, &series, &err), KR_SHAPE);
    kr_settings *settings = NEXTSTEP_SETTINGS(&config), *others = NULL;
    assert_int_equal(kr_nextstep_create(NULL, settings, 0, &other, &err), KR_USAGE);
    assert_int_equal(kr_settings_set_int(settings, "max_horizon", 32, NULL), KR_OK);
    assert_int_equal(kr_nextstep_create(NULL, settings, 2, &other, &err), KR_USAGE);
    assert_int_equal(kr_synth_settings_create(&others, NULL), KR_OK);
    assert_int_equal(kr_nextstep_create(NULL, others, 2, &other, &err), KR_USAGE);
    assert_string_equal(err.text, "these are settings of the list synth, not of nextstep");
    kr_settings_destroy(settings);
    kr_settings_destroy(others);
    assert_int_equal(kr_nextstep_open_memory(NULL, "text", "hello", 5, &other, &err), KR_FORMAT);
    assert_null(other);
    kr_nextstep_report report = {.size = 0};
    series = make_series();
    assert_int_equal(kr_nextstep_evaluate(model, series, NULL, &report, &err), KR_USAGE);
    kr_series_destroy(series);
    kr_nextstep_destroy(model);
}

/* Numbers out of range are no model: the parameters stay what they were. */
static void a_failure_changes_nothing(void **state) {
    (void)state;
    static float big[STEPS * FEATURES];
    const kr_nextstep_config config = tiny();
    kr_nextstep *model = make_model(NULL, &config), *untouched = make_model(NULL, &config);
    kr_series *series = NULL;
    for (int i = 0; i < STEPS * FEATURES; i++) big[i] = 1e30f * values[i];
    assert_int_equal(kr_series_create(STEPS, FEATURES, big, NULL, &series, NULL), KR_OK);
    assert_int_equal(kr_nextstep_train(model, series, NULL, NULL, NULL), KR_NUMERIC);
    same_parameters(model, untouched);
    kr_series_destroy(series);
    kr_nextstep_destroy(model);
    kr_nextstep_destroy(untouched);
}

/* Time per op of the last training or evaluation, which has no way back. */
static bool has_way_back(const kr_nextstep *model) {
    const kr_profile *profile = kr_nextstep_profile(model);
    bool is_there = false;
    assert_non_null(profile);
    assert_true(profile->n_rows > 0);
    for (int i = 0; i < profile->n_rows; i++) {
        is_there = is_there || profile->rows[i].pass == KR_PASS_BACKWARD;
    }
    return is_there;
}

static void profiles_are_those_of_the_last_run(void **state) {
    (void)state;
    kr_nextstep_config config = tiny();
    kr_series *series = make_series();
    for (int is_profiled = 0; is_profiled < 2; is_profiled++) {
        config.profile = is_profiled;
        kr_nextstep *model = make_model(test_team, &config);
        assert_null(kr_nextstep_profile(model));
        assert_int_equal(kr_nextstep_evaluate(model, series, NULL, NULL, NULL), KR_OK);
        if (is_profiled) assert_false(has_way_back(model));
        train(model, series, NULL, NULL);
        if (is_profiled) assert_true(has_way_back(model));
        assert_int_equal(kr_nextstep_evaluate(model, series, NULL, NULL, NULL), KR_OK);
        if (is_profiled) assert_false(has_way_back(model));
        if (!is_profiled) assert_null(kr_nextstep_profile(model));
        kr_nextstep_destroy(model);
    }
    kr_series_destroy(series);
}

/* How many windows of how many are validated: up to all of them. */
static void keep_progress(void *arg, const kr_nextstep_event *event) {
    int64_t *seen = arg; /* events, the last step, steps */
    if (event->kind != KR_NEXTSTEP_PROGRESS) return;
    assert_true(event->step > seen[1] && event->step <= event->steps);
    assert_true(seen[0] == 0 || event->steps == seen[2]);
    seen[0]++, seen[1] = event->step, seen[2] = event->steps;
}

static void validation_tells_its_progress(void **state) {
    (void)state;
    kr_nextstep_config config = tiny();
    config.batch_size = config.stride = 1;
    config.val_fraction = 0.5;
    kr_series *series = make_series();
    kr_nextstep *model = make_model(test_team, &config);
    int64_t seen[3] = {0};
    const kr_nextstep_observer observer = {
        .size = sizeof observer, .event = keep_progress, .arg = seen};
    kr_nextstep_report report = {.size = sizeof report};
    assert_int_equal(kr_nextstep_evaluate(model, series, &observer, &report, NULL), KR_OK);
    assert_true(seen[0] > 1); /* a piece of it at a time */
    assert_int_equal(seen[1], report.n_windows - report.n_train);
    assert_int_equal(seen[2], report.n_windows - report.n_train);
    kr_nextstep_destroy(model);
    kr_series_destroy(series);
}

/* ---- want of memory --------------------------------------------------------------------- */

typedef struct work {
    const kr_settings *settings;
    const kr_series *series;
    kr_nextstep_training training;
    kr_nextstep *model;   /* trained */
    bool is_for_original; /* its format */
} work;

static kr_status learn(void *arg, kr_error *err) {
    const work *w = arg;
    kr_nextstep *model = NULL;
    KR_TRY(kr_nextstep_create(NULL, w->settings, FEATURES, &model, err));
    kr_status status = kr_nextstep_train(model, w->series, &w->training, NULL, err);
    if (status == KR_OK) status = kr_nextstep_evaluate(model, w->series, NULL, NULL, err);
    kr_nextstep_destroy(model);
    return status;
}

/* In windows, and in one pass. */
static kr_status look(void *arg, kr_error *err) {
    enum { ROWS = 2, WIDEST = 64 };
    const work *w = arg;
    const int64_t rows[ROWS] = {0, 31};
    float out[KR_INSIDE_COUNT][ROWS * WIDEST];
    kr_inside_want wants[KR_INSIDE_COUNT];
    for (int i = 0; i < KR_INSIDE_COUNT; i++) wants[i] = (kr_inside_want){(kr_inside)i, 0, out[i]};
    kr_inside_request request = {.size = sizeof request,
                                 .n_steps = 64,
                                 .x = values,
                                 .window = 32,
                                 .n_rows = ROWS,
                                 .rows = rows,
                                 .n_wants = KR_INSIDE_COUNT,
                                 .wants = wants};
    KR_TRY(kr_nextstep_look(w->model, &request, err));
    request.window = 0;
    return kr_nextstep_look(w->model, &request, err);
}

static kr_status make_stream_and_chunks(void *arg, kr_error *err) {
    const work *w = arg;
    kr_nextstep_stream *stream = NULL;
    kr_nextstep_chunk *chunk = NULL, *wide = NULL;
    kr_nextstep_chunk_options options = {.size = sizeof options, .n_steps = 12};
    KR_TRY(kr_nextstep_stream_create(w->model, NULL, &stream, err));
    kr_status status = kr_nextstep_chunk_create(w->model, &options, &chunk, err);
    options.batch = 3;
    options.with_backward = true;
    if (status == KR_OK) status = kr_nextstep_chunk_create(w->model, &options, &wide, err);
    kr_nextstep_chunk_destroy(wide);
    kr_nextstep_chunk_destroy(chunk);
    kr_nextstep_stream_destroy(stream);
    return status;
}

static kr_status keep_and_open(void *arg, kr_error *err) {
    const work *w = arg;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_nextstep *opened = NULL;
    KR_TRY(kr_nextstep_save_memory(w->model, &bytes, &n_bytes, err));
    kr_status status = kr_nextstep_open_memory(NULL, "kept", bytes, n_bytes, &opened, err);
    kr_nextstep_destroy(opened);
    kr_free(bytes);
    return status;
}

static const char *const kept[] = {"lacking.safetensors", "lacking.pt"};

/* Alone: a file that is written whole waits for the disk. */
static kr_status keep_in_files(void *arg, kr_error *err) {
    const work *w = arg;
    return kr_nextstep_save(w->model, kept[w->is_for_original], err);
}

static kr_status open_files(void *arg, kr_error *err) {
    const work *w = arg;
    kr_nextstep *opened = NULL;
    KR_TRY(kr_nextstep_open(NULL, kept[w->is_for_original], &opened, err));
    kr_status status = kr_nextstep_load(opened, kept[w->is_for_original], err);
    kr_nextstep_destroy(opened);
    return status;
}

static kr_series *make_named_series(void) {
    char text[STEPS * 24] = "a,b\n", *end = text + 4;
    for (int t = 0; t < STEPS; t++) {
        end += sprintf(end, "%.4f,%.4f\n", (double)values[2 * t], (double)values[2 * t + 1]);
    }
    return open_table(text); /* its names are kept, too */
}

/* Files are written in a folder of their own. */
static char folder[] = "/tmp/krait-lacking-XXXXXX";

static void enter_folder(void) {
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
}

static void leave_folder(void) { assert_true(chdir("/") == 0 && rmdir(folder) == 0); }

static void starve_training(const char *what, const kr_nextstep_config *config, work w) {
    kr_settings *settings = NEXTSTEP_SETTINGS(config);
    w.settings = settings;
    kr_starve(what, learn, &w);
    kr_settings_destroy(settings);
}

static void slow_trainings_may_lack_memory(void **state) {
    (void)state;
    enum { LONG = 2050 };
    static float two[LONG * FEATURES];
    work w = {.series = make_named_series(), .training = {.size = sizeof w.training}};
    kr_nextstep_config config = tiny();
    enter_folder();
    config.n_layers = config.epochs = 1;
    config.stride = 128;
    config.profile = true;
    config.aug_rotate = true;
    config.aug_rotate_eps = 0.1; /* the way that needs room for its work */
    starve_training("a training", &config, w);
    config.aug_rotate = config.profile = false;
    config.aug_rotate_eps = 0;
    config.contrastive_lambda = config.slowness_lambda = config.preact_lambda = 0.1;
    config.contrastive_negatives = 4;
    strcpy(config.lr_factors, "input_proj=2");
    w.training.checkpoint = "lacking.pt";
    w.training.state = "lacking_state.safetensors";
    starve_training("losses of what is inside, and files", &config, w);
    w.training.resumes = true;
    starve_training("a training that goes on", &config, w);
    kr_series_destroy((kr_series *)(uintptr_t)w.series);
    for (int i = 0; i < LONG * FEATURES; i++) two[i] = values[i % (STEPS * FEATURES)];
    kr_series *series = NULL;
    assert_int_equal(kr_series_create(LONG, FEATURES, two, NULL, &series, NULL), KR_OK);
    config = tiny();
    config.n_layers = config.epochs = config.batch_size = config.stride = 1;
    config.seq_len = LONG - 2;
    config.val_fraction = 0.5;
    starve_training("a long window", &config,
                    (work){.series = series, .training = {.size = sizeof w.training}});
    kr_series_destroy(series);
    remove("lacking.pt"), remove("lacking_state.safetensors");
    leave_folder();
}

static void uses_may_lack_memory(void **state) {
    (void)state;
    kr_nextstep_config config = tiny();
    config.epochs = 1;
    enter_folder();
    kr_series *series = make_named_series();
    work w = {.model = make_model(NULL, &config)};
    train(w.model, series, NULL, NULL);
    kr_starve("a look inside", look, &w);
    kr_starve("a stream and chunks", make_stream_and_chunks, &w);
    kr_starve("a model in memory", keep_and_open, &w);
    for (int i = 0; i < 2; i++) {
        w.is_for_original = i == 1;
        kr_starve(kept[i], keep_in_files, &w);
        kr_starve(kept[i], open_files, &w);
    }
    kr_nextstep_destroy(w.model);
    kr_series_destroy(series);
    remove("lacking.safetensors"), remove("lacking.pt");
    leave_folder();
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {cmocka_unit_test(wholly_from_memory),
                                       cmocka_unit_test(a_model_knows_its_table),
                                       cmocka_unit_test(stopped_and_gone_on_with),
                                       cmocka_unit_test(two_models_in_two_threads),
                                       cmocka_unit_test(settings_are_checked),
                                       cmocka_unit_test(rates_of_gates),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(a_failure_changes_nothing),
                                       cmocka_unit_test(validation_tells_its_progress),
                                       cmocka_unit_test(profiles_are_those_of_the_last_run),
                                       cmocka_unit_test(slow_trainings_may_lack_memory),
                                       cmocka_unit_test(uses_may_lack_memory)};
    fill_values();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
