/* SPDX-License-Identifier: MIT
 * test_zeroshot.c - the model of the library and small ones: forecasts, files, training. */
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

#include "core/arena.h"
#include "core/platform.h"
#include "core/random.h"
#include "support/starve.h"
#include "support/workers.h"
#include "zeroshot/zeroshot_internal.h"

enum { Q = KR_ZEROSHOT_QUANTILES, N_SERIES = 70, LENGTH = 150 };

/* ---- series ------------------------------------------------------------------------------- */

static double values[N_SERIES][LENGTH];
static kr_zeroshot_series series[N_SERIES];

static void make_series(void) {
    for (int i = 0; i < N_SERIES; i++) {
        kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, (uint64_t)i);
        double level = 100;
        for (int t = 0; t < LENGTH; t++) {
            level += kr__rng_normal(&rng);
            values[i][t] = level + 8 * sin(6.283185307179586 * t / 12) + 2 * kr__rng_normal(&rng);
        }
        series[i] = (kr_zeroshot_series){.size = sizeof series[i],
                                         .values = values[i],
                                         .n = 1 + i * (LENGTH - 1) / (N_SERIES - 1),
                                         .seasons = {i % 3 ? 12 : 0, i % 4 ? 0 : 24}};
    }
}

static kr_zeroshot *open_model(const char *path) {
    kr_zeroshot *model = NULL;
    kr_error err;
    if (kr_zeroshot_open(test_team, path, &model, &err) != KR_OK) fail_msg("%s", err.text);
    return model;
}

static void forecast(kr_zeroshot *model, const kr_zeroshot_series *of, int64_t n, int64_t horizon,
                     double *out) {
    kr_error err;
    if (kr_zeroshot_forecast(model, of, n, horizon, out, &err) != KR_OK) fail_msg("%s", err.text);
}

/* ---- forecasts ---------------------------------------------------------------------------- */

static void quantiles_rise_and_are_finite(void **state) {
    (void)state;
    static double q[N_SERIES * Q * 250];
    const int64_t horizons[] = {1, 13, 96, 97, 250};
    kr_zeroshot *model = open_model(NULL);
    for (int h = 0; h < 5; h++) {
        int64_t horizon = horizons[h];
        forecast(model, series, N_SERIES, horizon, q);
        for (int64_t i = 0; i < N_SERIES * Q * horizon; i++) {
            if (!isfinite(q[i]))
                fail_msg("horizon %jd: number %jd", (intmax_t)horizon, (intmax_t)i);
            if (i / horizon % Q > 0) assert_true(q[i] >= q[i - horizon]);
        }
    }
    kr_zeroshot_destroy(model);
}

static void neither_company_nor_workers_matter(void **state) {
    (void)state;
    enum { HORIZON = 20, SIZE = N_SERIES * Q * HORIZON };
    static double all[SIZE], one[SIZE];
    kr_zeroshot *model = open_model(NULL);
    forecast(model, series, N_SERIES, HORIZON, all);
    for (int i = 0; i < N_SERIES; i++) {
        forecast(model, &series[i], 1, HORIZON, one + (int64_t)i * Q * HORIZON);
    }
    assert_memory_equal(all, one, sizeof all);
    kr_zeroshot_destroy(model);
    for (int w = 0; w < 3; w++) {
        test_workers(test_worker_counts[w]);
        model = open_model(NULL);
        forecast(model, series, N_SERIES, HORIZON, one);
        assert_memory_equal(all, one, sizeof all);
        kr_zeroshot_destroy(model);
    }
    test_workers(0);
}

/* In another unit the forecast is the same; a power of two changes no digit of the values. */
static void units_do_not_matter(void **state) {
    (void)state;
    static double y[LENGTH], a[Q * 30], b[Q * 30];
    const double units[] = {0x1p40, 0x1p-40, 0x1p600, 0x1p-600};
    kr_zeroshot *model = open_model(NULL);
    kr_zeroshot_series one = {
        .size = sizeof one, .values = values[0], .n = LENGTH, .seasons = {12, 0}};
    forecast(model, &one, 1, 30, a);
    for (int u = 0; u < 4; u++) {
        for (int t = 0; t < LENGTH; t++) y[t] = values[0][t] * units[u];
        one.values = y;
        forecast(model, &one, 1, 30, b);
        for (int i = 0; i < Q * 30; i++) {
            if (fabs(b[i] / units[u] - a[i]) > 1e-3) {
                fail_msg("unit %g, number %d: %g, %g", units[u], i, b[i] / units[u], a[i]);
            }
        }
    }
    kr_zeroshot_destroy(model);
}

static void odd_series(void **state) {
    (void)state;
    double q[Q * 5], constant[40], holes[40], none[3] = {(double)NAN, (double)NAN, (double)NAN};
    kr_zeroshot *model = open_model(NULL);
    for (int t = 0; t < 40; t++) constant[t] = 7.25, holes[t] = t % 3 ? values[1][t] : (double)NAN;
    const kr_zeroshot_series all[] = {
        {.size = sizeof all[0], .values = constant, .n = 40, .seasons = {7, 0}},
        {.size = sizeof all[0], .values = holes, .n = 40},
        {.size = sizeof all[0], .values = none, .n = 3},
        {.size = sizeof all[0], .n = 0}};
    for (int i = 0; i < 4; i++) {
        forecast(model, &all[i], 1, 5, q);
        for (int k = 0; k < Q * 5; k++) {
            if (i == 0) assert_true(fabs(q[k] - 7.25) < 1e-6);
            if (i == 1) assert_true(isfinite(q[k]));
            if (i > 1) assert_true(isnan(q[k]));
        }
    }
    kr_zeroshot_destroy(model);
}

static void refuse(kr_zeroshot *model, kr_zeroshot_series one, int64_t horizon, kr_status status,
                   const char *sentence) {
    double q[Q * 4];
    kr_error err;
    one.size = sizeof one;
    assert_int_equal(kr_zeroshot_forecast(model, &one, 1, horizon, q, &err), status);
    assert_string_equal(err.text, sentence);
}

static void what_cannot_be_asked(void **state) {
    (void)state;
    const double infinite[] = {1, (double)INFINITY};
    kr_zeroshot *model = open_model(NULL);
    const kr_zeroshot_series good = {.values = values[0], .n = 20};
    refuse(model, good, 0, KR_SHAPE, "a horizon of 0 steps; it can be 1 to 65536");
    refuse(model, (kr_zeroshot_series){.values = values[0], .n = 20, .seasons = {2000, 0}}, 4,
           KR_USAGE, "series 0: a season of 2000 steps; it can be 0 to 1024");
    refuse(model, (kr_zeroshot_series){.values = infinite, .n = 2}, 4, KR_USAGE,
           "series 0: value 1 is infinite");
    refuse(model, (kr_zeroshot_series){.n = -1}, 4, KR_SHAPE, "series 0: a size below 0");
    kr_zeroshot_destroy(model);
}

/* ---- training ----------------------------------------------------------------------------- */

static kr_zeroshot *make_small(int64_t epochs) {
    static const char *const pairs[][2] = {
        {"d_model", "16"},  {"n_layers", "1"},    {"d_hidden", "16"},   {"n_tokens", "16"},
        {"longest", "128"}, {"steps", "3"},       {"batch_size", "10"}, {"n_leads", "4"},
        {"n_origins", "2"}, {"validation", "64"}, {"d_state", "4"},     {"seed", "3"},
        {"lr", "0.01"}};
    kr_settings *settings = NULL;
    kr_zeroshot *model = NULL;
    kr_error err;
    char text[24];
    assert_int_equal(kr_zeroshot_settings_create(&settings, &err), KR_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(kr_settings_set(settings, pairs[i][0], pairs[i][1], &err), KR_OK);
    }
    snprintf(text, sizeof text, "%jd", (intmax_t)epochs);
    assert_int_equal(kr_settings_set(settings, "epochs", text, &err), KR_OK);
    if (kr_zeroshot_create(test_team, settings, &model, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(settings);
    return model;
}

typedef struct watcher {
    int64_t epochs, steps, stop_at;
    double losses[8];
} watcher;

static void see_event(void *arg, const kr_zeroshot_event *e) {
    watcher *w = arg;
    w->steps += e->kind == KR_ZEROSHOT_STEP;
    if (e->kind == KR_ZEROSHOT_EPOCH) w->losses[w->epochs++] = e->record->validation_loss;
    if (w->steps == w->stop_at && e->kind == KR_ZEROSHOT_STEP) kr_team_stop(test_team);
}

static void compare_files(const char *a, const char *b) {
    uint8_t *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    assert_int_equal(kr__file_read(a, SIZE_MAX, &x, &n, NULL), KR_OK);
    assert_int_equal(kr__file_read(b, SIZE_MAX, &y, &m, NULL), KR_OK);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    kr_free(x), kr_free(y);
}

/* A training by so many workers, stopped after some steps and continued (0: never), as a file. */
static void train(int workers, int64_t stop_at, const char *path) {
    kr_error err;
    test_workers(workers);
    for (int round = 0; round < 2; round++) {
        watcher w = {.stop_at = round == 0 ? stop_at : 0};
        kr_zeroshot *model = make_small(2);
        const kr_zeroshot_training training = {.size = sizeof training,
                                               .state = "state.safetensors",
                                               .resumes = round > 0,
                                               .event = see_event,
                                               .arg = &w};
        kr_status status = kr_zeroshot_train(model, &training, &err);
        kr_team_go_on(test_team);
        if (status == KR_OK) {
            assert_int_equal(kr_zeroshot_save(model, path, &err), KR_OK);
            kr_zeroshot_info info = {.size = sizeof info};
            kr_zeroshot_look(model, &info);
            assert_int_equal(info.n_series, 60);
            assert_int_equal(info.longest, 128);
            kr_zeroshot_destroy(model);
            break;
        }
        assert_int_equal(status, KR_INTERRUPTED);
        kr_zeroshot_destroy(model);
    }
    remove("state.safetensors");
    test_workers(0);
}

static void the_same_bits_however_it_is_trained(void **state) {
    (void)state;
    train(1, 0, "one.safetensors");
    train(3, 0, "three.safetensors");
    compare_files("one.safetensors", "three.safetensors");
    train(2, 2, "stopped.safetensors");
    compare_files("one.safetensors", "stopped.safetensors");
    train(2, 5, "stopped.safetensors");
    compare_files("one.safetensors", "stopped.safetensors");
    remove("three.safetensors"), remove("stopped.safetensors");
}

static void a_file_forecasts_as_the_model_did(void **state) {
    (void)state;
    static double a[N_SERIES * Q * 7], b[N_SERIES * Q * 7];
    kr_zeroshot *model = open_model("one.safetensors");
    kr_error err;
    forecast(model, series, N_SERIES, 7, a);
    assert_int_equal(kr_zeroshot_save(model, "again.safetensors", &err), KR_OK);
    kr_zeroshot_destroy(model);
    model = open_model("again.safetensors");
    forecast(model, series, N_SERIES, 7, b);
    assert_memory_equal(a, b, sizeof a);
    kr_zeroshot_destroy(model);
    compare_files("one.safetensors", "again.safetensors");
    remove("again.safetensors");
}

enum { DAYS = 10, HOURS = 24 * DAYS, AHEAD = 200 };

/* Days whose nights are `night`, and that fall. */
static void make_days(double night, double *y) {
    for (int t = 0; t < HOURS; t++) {
        double height = t % 24 < 8 ? night + t % 3 : 900 + 10 * (t % 24);
        y[t] = height * (2 * DAYS - t / 24.) / (2 * DAYS) + 5;
    }
}

static double least_of(const double *x, int n) {
    double least = x[0];
    for (int i = 1; i < n; i++) least = x[i] < least ? x[i] : least;
    return least;
}

/* Forecasts of such days rise from quantile to quantile, and stay above a share of the least. */
static void check_days(kr_zeroshot *model, double night, int64_t season, double share) {
    static double y[HOURS], q[Q * AHEAD];
    const kr_zeroshot_series one = {
        .size = sizeof one, .values = y, .n = HOURS, .seasons = {season}};
    make_days(night, y);
    forecast(model, &one, 1, AHEAD, q);
    assert_true(least_of(q, Q * AHEAD) > share * least_of(y, HOURS));
    for (int i = AHEAD; i < Q * AHEAD; i++) assert_true(q[i] >= q[i - AHEAD] && q[i] < 1e6);
    assert_true(least_of(q, Q * AHEAD) < 4 * least_of(y, HOURS));
}

static void what_was_above_0_stays_there(void **state) {
    (void)state;
    kr_zeroshot *model = open_model(NULL);
    check_days(model, 300, 24, .5); /* the largest value is less than 16 times the least */
    check_days(model, 20, 24, .01); /* more: logarithms */
    check_days(model, 20, 0, .5);   /* without a season as it is */
    kr_zeroshot_destroy(model);
}

/* Kilograms or tons: also where logarithms are taken. */
static void no_unit_changes_a_forecast(void **state) {
    (void)state;
    static double y[HOURS], scaled[HOURS], q[Q * AHEAD], of_scaled[Q * AHEAD];
    kr_zeroshot *model = open_model(NULL);
    const kr_zeroshot_series one = {.size = sizeof one, .values = y, .n = HOURS, .seasons = {24}};
    const kr_zeroshot_series other = {
        .size = sizeof other, .values = scaled, .n = HOURS, .seasons = {24}};
    for (int i = 0; i < 2; i++) {
        make_days(i == 0 ? 300 : 20, y);
        forecast(model, &one, 1, AHEAD, q);
        for (double unit = 1e-6; unit < 1e7; unit *= 1e4) {
            for (int t = 0; t < HOURS; t++) scaled[t] = unit * y[t];
            forecast(model, &other, 1, AHEAD, of_scaled);
            for (int k = 0; k < Q * AHEAD; k++) {
                assert_true(fabs(of_scaled[k] / unit - q[k]) < 1e-3 * q[k]);
            }
        }
    }
    kr_zeroshot_destroy(model);
}

/* ---- own series --------------------------------------------------------------------------- */

/* Of the model that others were made of before; its size is not that of the settings. */
static kr_zeroshot *make_tuned(const char *load) {
    static const char *const pairs[][2] = {
        {"d_model", "16"}, {"epochs", "2"},      {"steps", "3"},  {"batch_size", "10"},
        {"longest", "90"}, {"validation", "16"}, {"share", "0.8"}};
    kr_settings *settings = NULL;
    kr_zeroshot *model = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_zeroshot_settings_create(&settings, &err), KR_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(kr_settings_set(settings, pairs[i][0], pairs[i][1], &err), KR_OK);
    }
    assert_int_equal(kr_settings_set(settings, "load", load, &err), KR_OK);
    if (kr_zeroshot_create(test_team, settings, &model, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(settings);
    return model;
}

static kr_status tune(int workers, const kr_zeroshot_series *own, int64_t stop_at, bool resumes,
                      const char *path, kr_error *err) {
    watcher w = {.stop_at = stop_at};
    test_workers(workers);
    kr_zeroshot *model = make_tuned("one.safetensors");
    const kr_zeroshot_training training = {.size = sizeof training,
                                           .state = "state.safetensors",
                                           .resumes = resumes,
                                           .event = see_event,
                                           .arg = &w,
                                           .own = own,
                                           .n_own = 2};
    kr_status status = kr_zeroshot_train(model, &training, err);
    kr_team_go_on(test_team);
    if (status == KR_OK) assert_int_equal(kr_zeroshot_save(model, path, err), KR_OK);
    kr_zeroshot_destroy(model);
    test_workers(0);
    return status;
}

static void own_series_are_learnt_from(void **state) {
    (void)state;
    enum { N_VALUES = 60 };
    static double x[N_VALUES], y[N_VALUES];
    const kr_zeroshot_series own[2] = {
        {.size = sizeof own[0], .values = x, .n = N_VALUES, .seasons = {7}},
        {.size = sizeof own[0], .values = y, .n = N_VALUES}};
    kr_error err = {.text = ""};
    for (int t = 0; t < N_VALUES; t++) x[t] = t % 7 * (t % 3), y[t] = t % 11 == 3 ? (double)NAN : t;
    assert_int_equal(tune(1, own, 0, false, "a.safetensors", &err), KR_OK);
    assert_int_equal(tune(3, own, 0, false, "b.safetensors", &err), KR_OK);
    compare_files("a.safetensors", "b.safetensors");
    assert_int_equal(tune(2, own, 4, false, "b.safetensors", &err), KR_INTERRUPTED);
    x[3] += 1; /* other values cannot continue it */
    assert_int_equal(tune(2, own, 0, true, "b.safetensors", &err), KR_USAGE);
    assert_non_null(strstr(err.text, "other values"));
    x[3] -= 1;
    assert_int_equal(tune(2, own, 0, true, "b.safetensors", &err), KR_OK);
    compare_files("a.safetensors", "b.safetensors");
    kr_zeroshot *was = open_model("one.safetensors"), *is = open_model("a.safetensors");
    assert_int_equal(is->settings.d_model, was->settings.d_model);
    assert_int_equal(is->n_series, was->n_series + 60);
    assert_memory_not_equal(is->params.values, was->params.values, 64 * sizeof(kr_real));
    kr_zeroshot_destroy(was), kr_zeroshot_destroy(is);
    remove("a.safetensors"), remove("b.safetensors"), remove("state.safetensors");
}

/* `data` alone is a name: whoever trains brings the series. */
static void a_name_is_no_series(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr_zeroshot *model = make_tuned("zero-shot");
    strcpy(model->settings.data, "sales.csv");
    assert_int_equal(kr_zeroshot_train(model, NULL, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "sales.csv"));
    kr_zeroshot_destroy(model);
}

static void it_learns(void **state) {
    (void)state;
    watcher w = {.epochs = 0};
    kr_error err;
    test_workers(2);
    kr_zeroshot *model = make_small(8);
    const kr_zeroshot_training training = {.size = sizeof training, .event = see_event, .arg = &w};
    if (kr_zeroshot_train(model, &training, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(w.epochs, 8);
    assert_int_equal(w.steps, 24);
    assert_true(w.losses[7] < w.losses[0]);
    kr_zeroshot_destroy(model);
    test_workers(0);
}

/* ---- what went into the model of the library ----------------------------------------------- */

/* The settings that may name data are these two, and it was trained without them; and it was
 * trained at all. */
static void only_simulated_series(void **state) {
    (void)state;
    kr_settings *settings = NULL;
    kr_error err;
    assert_int_equal(kr_zeroshot_settings_create(&settings, &err), KR_OK);
    for (int i = 0; i < kr_settings_count(settings); i++) {
        kr_setting_info info = {.size = sizeof info};
        kr_settings_describe(settings, i, &info);
        bool is_known = strcmp(info.name, "checkpoint") == 0 || strcmp(info.name, "data") == 0 ||
                        strcmp(info.name, "load") == 0;
        bool is_path = strcmp(info.word, "FILE") == 0 || strcmp(info.word, "PATH") == 0;
        if (is_path && !is_known) fail_msg("%s may name data", info.name);
    }
    kr_settings_destroy(settings);
    kr_zeroshot *model = open_model(NULL);
    assert_true(!*model->settings.data && !*model->settings.load);
    kr_zeroshot_info info = {.size = sizeof info};
    kr_zeroshot_look(model, &info);
    assert_true(info.n_series > 1000 && info.n_parameters > 10000);
    kr_zeroshot_destroy(model);
}

/* ---- memory and damage --------------------------------------------------------------------- */

static kr_status open_and_forecast(void *arg, kr_error *err) {
    kr_zeroshot *model = NULL;
    double q[2 * Q * 3];
    KR_TRY(kr_zeroshot_open(test_team, arg, &model, err));
    kr_status status = kr_zeroshot_forecast(model, series + 40, 2, 3, q, err);
    if (status == KR_OK) status = kr_zeroshot_save(model, "saved.safetensors", err);
    kr_zeroshot_destroy(model);
    return status;
}

static kr_status train_small(void *arg, kr_error *err) {
    const kr_zeroshot_training training = {.size = sizeof training, .state = "state.safetensors"};
    kr_settings *settings = NULL;
    kr_zeroshot *model = NULL;
    (void)arg;
    KR_TRY(kr_zeroshot_settings_create(&settings, err));
    static const char *const pairs[][2] = {
        {"d_model", "8"}, {"d_hidden", "8"}, {"n_layers", "1"},   {"n_tokens", "8"},
        {"epochs", "1"},  {"steps", "1"},    {"batch_size", "2"}, {"validation", "16"}};
    kr_status status = KR_OK;
    for (size_t i = 0; i < 8 && status == KR_OK; i++) {
        status = kr_settings_set(settings, pairs[i][0], pairs[i][1], err);
    }
    if (status == KR_OK) status = kr_zeroshot_create(test_team, settings, &model, err);
    if (status == KR_OK) status = kr_zeroshot_train(model, &training, err);
    kr_zeroshot_destroy(model);
    kr_settings_destroy(settings);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_starve("a file's model", open_and_forecast, (void *)(uintptr_t) "one.safetensors");
    kr_starve("the library's model", open_and_forecast, NULL);
    kr_starve("a training", train_small, NULL);
    remove("saved.safetensors"), remove("state.safetensors");
}

static void damaged_files_are_refused(void **state) {
    (void)state;
    static const char *const changes[][2] = {{"zero-shot", "zero-shit"},
                                             {"\"version\":\"1\"", "\"version\":\"2\""},
                                             {"\"d_model\\\":16", "\"d_model\\\":99"},
                                             {"n_origins\\\":2", "n_origins\\\":9"},
                                             {"d_hidden", "d_hiddxn"},
                                             {"tokens.weight", "tokens.weighx"}};
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr_error err;
    assert_int_equal(kr__file_read("one.safetensors", SIZE_MAX, &bytes, &n, NULL), KR_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        kr_zeroshot *model = NULL;
        char *at = memmem(bytes, n, changes[i][0], strlen(changes[i][0]));
        if (!at) fail_msg("no %s in the file", changes[i][0]);
        memcpy(at, changes[i][1], strlen(changes[i][1]));
        assert_int_equal(kr__file_write("bad.safetensors", bytes, n, NULL), KR_OK);
        memcpy(at, changes[i][0], strlen(changes[i][0]));
        if (kr_zeroshot_open(test_team, "bad.safetensors", &model, &err) == KR_OK) {
            fail_msg("%s is taken", changes[i][1]);
        }
        assert_null(model);
        assert_int_equal(strncmp(err.text, "bad.safetensors: ", 17), 0);
    }
    kr_free(bytes);
    remove("bad.safetensors");
}

int main(void) {
    char folder[] = "/tmp/krait-zeroshot-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) return 1;
    make_series();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_rise_and_are_finite),
        cmocka_unit_test(neither_company_nor_workers_matter),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(odd_series),
        cmocka_unit_test(what_cannot_be_asked),
        cmocka_unit_test(the_same_bits_however_it_is_trained),
        cmocka_unit_test(a_file_forecasts_as_the_model_did),
        cmocka_unit_test(what_was_above_0_stays_there),
        cmocka_unit_test(no_unit_changes_a_forecast),
        cmocka_unit_test(own_series_are_learnt_from),
        cmocka_unit_test(a_name_is_no_series),
        cmocka_unit_test(it_learns),
        cmocka_unit_test(only_simulated_series),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(damaged_files_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove("one.safetensors");
    if (chdir("/") == 0) rmdir(folder);
    return failed;
}
