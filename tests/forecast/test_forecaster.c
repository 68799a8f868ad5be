/* SPDX-License-Identifier: MIT
 * test_forecaster.c - a forecaster wholly from memory: trained, asked, saved and opened in an empty
 * folder that nobody may write to. */
#define _GNU_SOURCE
#include <kr/forecaster.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/random.h"
#include "forecast/forecaster_internal.h"
#include "support/comma_locale.h"
#include "support/starve.h"
#include "support/workers.h"

enum { ROWS = 400, COLUMNS = 3, SEQ_LEN = 24, PRED_LEN = 6 };

static char folder[] = "/tmp/krait-forecaster-XXXXXX";

/* ---- rows ------------------------------------------------------------------------------- */

static double values[ROWS * COLUMNS];
static int64_t dates[ROWS];

static kr_rows *make_rows(bool is_borrowed) {
    static const char *const names[COLUMNS] = {"a", "b", "c"};
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, 0);
    for (int i = 0; i < ROWS; i++) {
        double phase = 6.2831853 * i / 24, noise = 0.1 * kr__rng_normal(&rng);
        values[i * COLUMNS] = 20 + 5 * sin(phase);
        values[i * COLUMNS + 1] = cos(phase) + noise;
        values[i * COLUMNS + 2] = 100 * sin(2 * phase) + 30 * noise;
        dates[i] = 1577836800 * KR__SECOND + i * KR__HOUR;
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .name = "waves",
                                   .n_rows = ROWS,
                                   .n_columns = COLUMNS,
                                   .values = values,
                                   .columns = names,
                                   .dates = dates,
                                   .is_borrowed = is_borrowed};
    kr_rows *rows = NULL;
    kr_error err = {0};
    if (kr_rows_from_memory(&memory, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    return rows;
}

static kr_settings *small_settings(const char *model) {
    const char *const pairs[][2] = {
        {"data", "custom"},    {"target", "c"},           {"model", model},  {"seq_len", "24"},
        {"pred_len", "6"},     {"patch_len", "8"},        {"d_model", "16"}, {"n_heads", "2"},
        {"d_ff", "8"},         {"d_state", "8"},          {"d_core", "4"},   {"e_layers", "1"},
        {"train_epochs", "3"}, {"learning_rate", "0.003"}};
    kr_settings *settings = NULL;
    kr_error err = {0};
    assert_int_equal(kr_forecast_settings_create(&settings, NULL), KR_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (kr_settings_set(settings, pairs[i][0], pairs[i][1], &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
    }
    return settings;
}

static kr_forecaster *train(const char *model, const kr_rows *rows) {
    kr_settings *settings = small_settings(model);
    kr_forecaster *f = NULL;
    kr_error err = {0};
    kr_team_go_on(test_team);
    if (kr_forecaster_create(test_team, settings, &f, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(settings);
    if (kr_forecaster_train(f, rows, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    return f;
}

static kr_prediction *ask(kr_forecaster *f, const kr_rows *rows) {
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    kr_error err = {0};
    const double level = 0.8;
    const kr_predict_options options = {.size = sizeof options, .n_levels = 1, .levels = &level};
    if (kr_history_of_rows(f, rows, 0, NULL, &history, &err) != KR_OK) fail_msg("%s", err.text);
    const int64_t origins[2] = {ROWS - 100, ROWS - 1};
    if (kr_forecaster_predict(f, history, 2, origins, &options, &p, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    kr_history_destroy(history);
    return p;
}

static void compare_predictions(const kr_prediction *a, const kr_prediction *b) {
    size_t bytes = (size_t)(a->n * a->n_steps * a->n_outputs) * sizeof(double);
    assert_int_equal(a->n_steps, PRED_LEN);
    assert_memory_equal(a->forecast, b->forecast, bytes);
    assert_memory_equal(a->lower, b->lower, bytes);
    assert_memory_equal(a->upper, b->upper, bytes);
}

/* ---- an empty read-only folder ---------------------------------------------------------- */

static int enter_folder(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    return chmod(folder, 0555);
}

static int leave_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1; /* it is as empty as it was */
}

/* ---- tests ------------------------------------------------------------------------------ */

static void train_ask_save_open(void **state) {
    (void)state;
    static const char *const models[] = {"TimeStar", "TimeStarMamba", "RLinear", "SeasonalNaive"};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        kr_rows *rows = make_rows(i % 2 == 0);
        kr_forecaster *trained = train(models[i], rows), *opened = NULL;
        kr_prediction *before = ask(trained, rows), *after = NULL;
        void *bytes = NULL;
        size_t n_bytes = 0;
        kr_error err = {0};
        if (kr_forecaster_save_memory(trained, &bytes, &n_bytes, &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
        kr_forecaster_destroy(trained);
        if (kr_forecaster_open_memory(test_team, "bytes", bytes, n_bytes, &opened, &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
        kr_free(bytes);
        after = ask(opened, rows);
        compare_predictions(before, after);
        assert_true(fabs((double)(before->forecast[0] - before->truth[0])) < 10);
        kr_prediction_destroy(before);
        kr_prediction_destroy(after);
        kr_forecaster_destroy(opened);
        kr_rows_destroy(rows);
    }
}

/* What was opened can be saved again, to a file that forecasts the same. */
static void what_was_opened_is_saved(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    kr_forecaster *f = train("DLinear", rows), *again = NULL;
    kr_prediction *a = ask(f, rows), *b = NULL;
    for (int i = 0; i < 2; i++) {
        void *bytes = NULL;
        size_t n_bytes = 0;
        assert_int_equal(kr_forecaster_save_memory(f, &bytes, &n_bytes, NULL), KR_OK);
        assert_int_equal(kr_forecaster_open_memory(NULL, "bytes", bytes, n_bytes, &again, NULL),
                         KR_OK);
        kr_free(bytes);
        kr_forecaster_destroy(f);
        f = again;
    }
    b = ask(f, rows);
    compare_predictions(a, b);
    kr_prediction_destroy(a);
    kr_prediction_destroy(b);
    kr_forecaster_destroy(f);
    kr_rows_destroy(rows);
}

static void expect_forecast(const void *bytes, size_t n_bytes, const kr_rows *rows,
                            const kr_prediction *want) {
    kr_forecaster *opened = NULL;
    assert_int_equal(kr_forecaster_open_memory(NULL, "bytes", bytes, n_bytes, &opened, NULL),
                     KR_OK);
    kr_prediction *got = ask(opened, rows);
    compare_predictions(want, got);
    kr_prediction_destroy(got);
    kr_forecaster_destroy(opened);
}

/* A program whose numbers have a decimal comma trains and saves the same model. */
static void a_hosts_locale_changes_nothing(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    kr_forecaster *plain = train("RLinear", rows);
    kr_prediction *a = ask(plain, rows);
    void *bytes = NULL;
    size_t n_bytes = 0;
    comma_locale_begin();
    kr_forecaster *foreign = train("RLinear", rows);
    assert_int_equal(kr_forecaster_save_memory(foreign, &bytes, &n_bytes, NULL), KR_OK);
    expect_forecast(bytes, n_bytes, rows, a);
    comma_locale_end();
    expect_forecast(bytes, n_bytes, rows, a);
    kr_prediction_destroy(a);
    kr_free(bytes);
    kr_forecaster_destroy(foreign);
    kr_forecaster_destroy(plain);
    kr_rows_destroy(rows);
}

/* Rows are not needed after a training, and a score may be asked for twice. */
static void scores_come_again(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    kr_forecaster *f = train("RLinear", rows);
    kr_forecast_result *a = NULL, *b = NULL;
    kr_rows_destroy(rows);
    assert_int_equal(kr_forecaster_score(f, NULL, &a, NULL), KR_OK);
    assert_int_equal(kr_forecaster_score(f, NULL, &b, NULL), KR_OK);
    kr_forecaster_destroy(f);
    assert_int_equal(a->n_windows, ROWS / 5 - PRED_LEN + 1);
    assert_true(a->scaled.mse == b->scaled.mse && a->scaled.mse < 0.5);
    assert_int_equal(a->n_epochs, 3);
    assert_int_equal(b->n_epochs, 3);
    kr_forecast_result_destroy(a);
    kr_forecast_result_destroy(b);
}

/* A second training begins anew: the same bits as the first one. */
static void training_again_begins_anew(void **state) {
    (void)state;
    kr_rows *rows = make_rows(true);
    kr_forecaster *f = train("TimeStar", rows);
    kr_prediction *a = ask(f, rows);
    assert_int_equal(kr_forecaster_train(f, rows, NULL, NULL), KR_OK);
    kr_prediction *b = ask(f, rows);
    compare_predictions(a, b);
    kr_prediction_destroy(a);
    kr_prediction_destroy(b);
    kr_forecaster_destroy(f);
    kr_rows_destroy(rows);
}

static void what_cannot_be_done_is_refused(void **state) {
    (void)state;
    kr_settings *settings = small_settings("RLinear"), *copy = NULL;
    kr_forecaster *f = NULL;
    kr_forecast_result *result = NULL;
    kr_error err = {0};
    void *bytes = NULL;
    size_t n_bytes = 0;
    assert_int_equal(kr_forecaster_create(NULL, settings, &f, &err), KR_OK);
    kr_settings_destroy(settings);
    assert_int_equal(kr_forecaster_settings(f, &copy, NULL), KR_OK);
    assert_int_equal(kr_settings_int(copy, "pred_len"), PRED_LEN);
    kr_settings_destroy(copy);
    kr_history *history = NULL;
    assert_int_equal(kr_history_start(f, "rows", NULL, &history, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "seen no rows"));
    assert_int_equal(kr_forecaster_train(f, NULL, NULL, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "seen no rows"));
    assert_int_equal(kr_forecaster_score(f, NULL, &result, &err), KR_USAGE);
    assert_int_equal(kr_forecaster_save_memory(f, &bytes, &n_bytes, &err), KR_USAGE);
    assert_int_equal(kr_forecaster_load(f, "nothing.safetensors", &err), KR_USAGE);
    kr_rows *rows = make_rows(false);
    const kr_train_options wrong = {.size = 0}, no_file = {.size = sizeof no_file, .resumes = true};
    assert_int_equal(kr_forecaster_train(f, rows, &wrong, &err), KR_USAGE);
    assert_int_equal(kr_forecaster_train(f, rows, &no_file, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "without a checkpoint"));
    assert_null(result);
    kr_rows_destroy(rows);
    kr_forecaster_destroy(f);
}

/* A failed preparation leaves nothing that the info could point to. */
static void what_is_forgotten_is_not_told(void **state) {
    (void)state;
    static const double few[4] = {1, 2, 3, 4};
    const kr_rows_memory memory = {
        .size = sizeof memory, .n_rows = 4, .n_columns = 1, .values = few};
    kr_rows *rows = make_rows(false), *other = NULL;
    kr_forecaster *f = train("RLinear", rows);
    const kr_forecaster_info *info = kr_forecaster_info_of(f);
    assert_string_equal(info->columns[2], "c");
    assert_int_equal(kr_rows_from_memory(&memory, &other, NULL), KR_OK);
    assert_int_not_equal(kr_forecaster_prepare(f, other, NULL), KR_OK);
    assert_null(info->columns);
    assert_int_equal(info->n_channels, 0);
    assert_int_equal(info->pred_len, PRED_LEN);
    kr_rows_destroy(other);
    kr_rows_destroy(rows);
    kr_forecaster_destroy(f);
}

/* ---- statistical models ----------------------------------------------------------------- */

static kr_forecaster *make_statistical(const char *models) {
    kr_settings *settings = small_settings("RLinear");
    kr_forecaster *f = NULL;
    kr_error err = {0};
    assert_int_equal(kr_settings_set(settings, "local_models", models, NULL), KR_OK);
    if (kr_forecaster_create(test_team, settings, &f, &err) != KR_OK) fail_msg("%s", err.text);
    kr_settings_destroy(settings);
    return f;
}

static void statistical_models_are_forecasters(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    kr_forecaster *f = make_statistical("SeasonalNaive,ETS"), *opened = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_error err = {0};
    assert_int_not_equal(kr_forecaster_save_memory(f, &bytes, &n_bytes, NULL), KR_OK);
    if (kr_forecaster_train(f, rows, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_string_equal(kr_forecaster_info_of(f)->model, "SeasonalNaive+ETS");
    assert_int_equal(kr_forecaster_info_of(f)->seq_len, 1);
    kr_prediction *made = ask(f, rows);
    for (int64_t i = 0; i < made->n * made->n_steps * made->n_outputs; i++) {
        assert_true(made->lower[i] <= made->forecast[i] && made->forecast[i] <= made->upper[i]);
    }
    /* The first column is a clean season: it goes on. */
    assert_true(fabs(made->forecast[0] - (20 + 5 * sin(6.2831853 * (ROWS - 99) / 24))) < 0.5);
    assert_int_equal(kr_forecaster_save_memory(f, &bytes, &n_bytes, NULL), KR_OK);
    assert_int_equal(kr_forecaster_open_memory(test_team, "bytes", bytes, n_bytes, &opened, &err),
                     KR_OK);
    kr_prediction *again = ask(opened, rows);
    compare_predictions(made, again);
    assert_int_equal(kr_forecaster_check_level(opened, 0.999, &err), KR_USAGE);
    kr_forecast_result *result = NULL;
    assert_int_equal(kr_forecaster_score(f, NULL, &result, &err), KR_UNSUPPORTED);
    assert_string_equal(err.text,
                        "the forecaster SeasonalNaive+ETS has no test "
                        "windows; `krait backtest` measures it");
    kr_prediction_destroy(made);
    kr_prediction_destroy(again);
    kr_free(bytes);
    kr_forecaster_destroy(opened);
    kr_forecaster_destroy(f);
    kr_rows_destroy(rows);
}

/* Where no model takes the rows, an error says so, not a forecast of nothing. */
static void rows_for_no_model_are_refused(void **state) {
    (void)state;
    static double other[ROWS * COLUMNS];
    kr_forecaster *f = make_statistical("Croston");
    kr_rows *rows = make_rows(true), *negative = NULL;
    for (int i = 0; i < ROWS * COLUMNS; i++) values[i] = 1 + fabs(values[i]);
    kr_error err = {0};
    if (kr_forecaster_train(f, rows, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    for (int i = 0; i < ROWS * COLUMNS; i++) other[i] = -values[i];
    static const char *const names[COLUMNS] = {"a", "b", "c"};
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .name = "below",
                                   .n_rows = ROWS,
                                   .n_columns = COLUMNS,
                                   .values = other,
                                   .columns = names,
                                   .dates = dates};
    assert_int_equal(kr_rows_from_memory(&memory, &negative, NULL), KR_OK);
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    const int64_t origins[2] = {ROWS - 100, ROWS - 1};
    assert_int_equal(kr_history_of_rows(f, negative, 0, NULL, &history, NULL), KR_OK);
    assert_int_equal(kr_forecaster_predict(f, history, 2, origins, NULL, &p, &err), KR_NUMERIC);
    assert_null(p);
    assert_non_null(strstr(err.text, "below: none of the models Croston can forecast what is "));
    kr_history_destroy(history);
    kr_rows_destroy(negative);
    kr_rows_destroy(rows);
    kr_forecaster_destroy(f);
}

/* Forecast and intervals stay within the limits, and are whole numbers where that is asked. */
static void limits_are_kept(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    for (int k = 0; k < 2; k++) {
        kr_settings *settings = small_settings("RLinear");
        kr_forecaster *f = NULL;
        if (k == 1) assert_int_equal(kr_settings_set(settings, "local_models", "ETS", NULL), KR_OK);
        assert_int_equal(kr_settings_set(settings, "lower", "-0.5", NULL), KR_OK);
        assert_int_equal(kr_settings_set(settings, "upper", "21.5", NULL), KR_OK);
        assert_int_equal(kr_settings_set(settings, "integers", "1", NULL), KR_OK);
        assert_int_equal(kr_forecaster_create(test_team, settings, &f, NULL), KR_OK);
        assert_int_equal(kr_forecaster_train(f, rows, NULL, NULL), KR_OK);
        kr_prediction *p = ask(f, rows);
        int n_bound = 0;
        for (int64_t i = 0; i < p->n * p->n_steps * p->n_outputs; i++) {
            const double said[3] = {p->lower[i], p->forecast[i], p->upper[i]};
            for (int v = 0; v < 3; v++) {
                bool is_bound = said[v] == -0.5 || said[v] == 21.5;
                assert_true(said[v] >= -0.5 && said[v] <= 21.5);
                assert_true(is_bound || said[v] == rint(said[v]));
                n_bound += is_bound;
            }
        }
        assert_true(n_bound > 0);
        kr_prediction_destroy(p);
        assert_int_equal(kr_settings_set(settings, "upper", "-1", NULL), KR_OK);
        kr_forecaster_destroy(f);
        kr_error err = {0};
        assert_int_equal(kr_forecaster_create(test_team, settings, &f, &err), KR_USAGE);
        assert_string_equal(err.text, "`lower` -0.5 is not below `upper` -1");
        kr_settings_destroy(settings);
    }
    kr_rows_destroy(rows);
}

/* A learned model among statistical ones: the median of all of them, also out of a file; alone, it
 * gets the intervals of the errors that are given. */
static void learned_models_join(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    kr_forecaster *three = make_statistical("SeasonalNaive,ETS,Naive"), *opened = NULL,
                  *f = train("RLinear", rows), *alone = train("RLinear", rows);
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_error err = {0};
    assert_int_equal(kr_forecaster_train(three, rows, NULL, &err), KR_OK);
    kr_prediction *of[3] = {ask(f, rows), ask(three, rows), NULL}, *joined, *again, *single;
    const char *members = "SeasonalNaive,RLinear,ETS,Naive";
    if (kr__forecaster_join(f, members, 24, 0, &three->errors, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(kr__forecaster_join(alone, "RLinear", 24, 0, &three->errors, NULL), KR_OK);
    assert_string_equal(kr_forecaster_info_of(f)->model, "SeasonalNaive+RLinear+ETS+Naive");
    joined = ask(f, rows);
    single = ask(alone, rows);
    for (int64_t i = 0; i < joined->n * joined->n_steps * joined->n_outputs; i++) {
        /* Of four the median lies between that of three and the fourth. */
        double low = fmin(of[0]->forecast[i], of[1]->forecast[i]),
               high = fmax(of[0]->forecast[i], of[1]->forecast[i]);
        assert_true(low - 1e-6 <= joined->forecast[i] && joined->forecast[i] <= high + 1e-6);
        assert_true(fabs(single->forecast[i] - of[0]->forecast[i]) < 1e-5);
        assert_true(single->lower[i] <= single->forecast[i]);
        assert_true(single->upper[i] >= single->forecast[i]);
    }
    assert_int_equal(kr_forecaster_save_memory(f, &bytes, &n_bytes, NULL), KR_OK);
    if (kr_forecaster_open_memory(test_team, "bytes", bytes, n_bytes, &opened, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    again = ask(opened, rows);
    compare_predictions(joined, again);
    assert_int_equal(kr_forecaster_train(f, rows, NULL, &err), KR_UNSUPPORTED);
    assert_string_equal(err.text,
                        "the forecaster SeasonalNaive+RLinear+ETS+Naive of learned and statistical "
                        "models is made by `krait fit`");
    for (int i = 0; i < 2; i++) kr_prediction_destroy(of[i]);
    kr_prediction_destroy(joined);
    kr_prediction_destroy(single);
    kr_prediction_destroy(again);
    kr_free(bytes);
    kr_forecaster_destroy(alone);
    kr_forecaster_destroy(opened);
    kr_forecaster_destroy(three);
    kr_forecaster_destroy(f);
    kr_rows_destroy(rows);
}

/* Without a validation part the last epoch is kept, and an epoch takes as many windows as asked. */
static void all_rows_are_learnt_from(void **state) {
    (void)state;
    kr_settings *settings = small_settings("RLinear");
    kr_rows *rows = make_rows(false);
    kr_forecaster *f = NULL;
    kr_forecast_result *result = NULL;
    kr_error err = {0};
    assert_int_equal(kr_settings_set(settings, "train_rows", "-1", NULL), KR_OK);
    assert_int_equal(kr_settings_set(settings, "train_epochs", "3", NULL), KR_OK);
    assert_int_equal(kr_settings_set(settings, "epoch_windows", "20", NULL), KR_OK);
    assert_int_equal(kr_settings_set(settings, "batch_size", "8", NULL), KR_OK);
    if (kr_forecaster_create(test_team, settings, &f, &err) != KR_OK) fail_msg("%s", err.text);
    if (kr_forecaster_train(f, rows, NULL, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(kr__forecaster_best_epoch(f), 3);
    assert_int_equal(kr__trainer_state(f->trainer)->global_step, 3 * 3);
    assert_int_equal(kr_forecaster_score(f, NULL, &result, &err), KR_USAGE);
    kr_forecaster_destroy(f);
    kr_rows_destroy(rows);
    kr_settings_destroy(settings);
}

/* Counts stay counts: neither forecast nor interval is below 0. */
static void what_was_never_negative_stays_so(void **state) {
    (void)state;
    static double counts[60];
    static const char *const names[] = {"c"};
    for (int i = 0; i < 60; i++) counts[i] = i % 5 == 0 ? 9 : i % 3;
    for (int k = 0; k < 2; k++) {
        counts[2] = k == 0 ? 0 : -1;
        const kr_rows_memory memory = {.size = sizeof memory,
                                       .n_rows = 60,
                                       .n_columns = 1,
                                       .values = counts,
                                       .columns = names};
        kr_rows *rows = NULL;
        kr_history *history = NULL;
        kr_prediction *p = NULL;
        const double level = 0.95;
        const kr_predict_options options = {
            .size = sizeof options, .n_levels = 1, .levels = &level};
        const int64_t origin = 59;
        assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
        kr_forecaster *f = make_statistical("Naive,ETS");
        assert_int_equal(kr_forecaster_train(f, rows, NULL, NULL), KR_OK);
        assert_int_equal(kr_history_of_rows(f, rows, 0, NULL, &history, NULL), KR_OK);
        assert_int_equal(kr_forecaster_predict(f, history, 1, &origin, &options, &p, NULL), KR_OK);
        for (int i = 0; i < PRED_LEN; i++) assert_true(k == 1 ? p->lower[i] < 0 : p->lower[i] == 0);
        kr_prediction_destroy(p);
        kr_history_destroy(history);
        kr_forecaster_destroy(f);
        kr_rows_destroy(rows);
    }
}

static kr_rows *alternate(int64_t n) {
    static double turns[200];
    static const char *const names[] = {"c"};
    kr_rows *rows = NULL;
    for (int i = 0; i < 200; i++) turns[i] = 100 + i % 2;
    const kr_rows_memory memory = {
        .size = sizeof memory, .n_rows = n, .n_columns = 1, .values = turns, .columns = names};
    assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
    return rows;
}

/* Errors of the last value of 0, 1, 0, 1 .. are never more than 1: no interval is wider, as one of
 * a normal distribution with these errors would be. */
static void intervals_are_as_wide_as_the_past_errors(void **state) {
    (void)state;
    const double level = 0.95;
    const kr_predict_options options = {.size = sizeof options, .n_levels = 1, .levels = &level};
    const int64_t origin = 199;
    kr_rows *rows = alternate(200);
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    kr_forecaster *f = make_statistical("Naive");
    assert_int_equal(kr_forecaster_train(f, rows, NULL, NULL), KR_OK);
    assert_int_equal(kr_history_of_rows(f, rows, 0, NULL, &history, NULL), KR_OK);
    assert_int_equal(kr_forecaster_predict(f, history, 1, &origin, &options, &p, NULL), KR_OK);
    assert_true(p->forecast[0] == 101);
    assert_true(p->lower[0] >= 99.9 && p->lower[0] < 100.1);
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_rows_destroy(rows);
    /* Rows for one window are needed. */
    kr_error err = {.text = ""};
    rows = alternate(PRED_LEN + 2);
    assert_int_equal(kr_forecaster_train(f, rows, NULL, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "no series has"));
    kr_rows_destroy(rows);
    kr_forecaster_destroy(f);
}

typedef struct learning {
    kr_settings *settings;
    kr_rows *rows;
} learning;

/* Of statistical models that are trained and asked. */
static kr_status train_and_ask(void *arg, kr_error *err) {
    const double level = 0.8;
    const kr_predict_options options = {.size = sizeof options, .n_levels = 1, .levels = &level};
    const int64_t origin = 99;
    const learning *l = arg;
    kr_forecaster *f = NULL;
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    KR_TRY(kr_forecaster_create(test_team, l->settings, &f, err));
    kr_status status = kr_forecaster_train(f, l->rows, NULL, err);
    if (status == KR_OK) status = kr_history_of_rows(f, l->rows, 0, NULL, &history, err);
    if (status == KR_OK) {
        status = kr_forecaster_predict(f, history, 1, &origin, &options, &p, err);
    }
    assert_true((status == KR_OK) == (p != NULL));
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(f);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    learning l = {small_settings("RLinear"), alternate(100)};
    assert_int_equal(kr_settings_set(l.settings, "local_models", "Naive,Theta", NULL), KR_OK);
    kr_starve("statistical models", train_and_ask, &l);
    kr_settings_destroy(l.settings);
    kr_rows_destroy(l.rows);
}

/* From settings to the forecast of a model that was kept and opened. */
static kr_status do_all(const kr_settings *settings, const kr_rows *rows, kr_error *err) {
    const double level = 0.8;
    const kr_predict_options options = {.size = sizeof options, .n_levels = 1, .levels = &level};
    kr_forecaster *f = NULL, *opened = NULL;
    kr_forecast_result *result = NULL;
    kr_history *history = NULL, *pushed = NULL;
    kr_prediction *p = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_status status = kr_forecaster_create(NULL, settings, &f, err);
    if (status == KR_OK) status = kr_forecaster_train(f, rows, NULL, err);
    if (status == KR_OK) status = kr_forecaster_score(f, NULL, &result, err);
    if (status == KR_OK) status = kr_forecaster_save_memory(f, &bytes, &n_bytes, err);
    if (status == KR_OK) {
        status = kr_forecaster_open_memory(NULL, "kept", bytes, n_bytes, &opened, err);
    }
    if (status == KR_OK) status = kr_history_of_rows(opened, rows, 0, NULL, &history, err);
    if (status == KR_OK) status = kr_history_start(opened, "pushed", NULL, &pushed, err);
    for (int64_t i = 0; i < 40 && status == KR_OK; i++) {
        status = kr_history_push(pushed, values + i * COLUMNS, dates[i], err);
    }
    const int64_t origin = 39;
    if (status == KR_OK) {
        status = kr_forecaster_predict(opened, pushed, 1, &origin, &options, &p, err);
    }
    assert_true((status == KR_OK) == (p != NULL));
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_history_destroy(pushed);
    kr_forecast_result_destroy(result);
    kr_free(bytes);
    kr_forecaster_destroy(opened);
    kr_forecaster_destroy(f);
    return status;
}

static kr_status learn(void *arg, kr_error *err) {
    const learning *l = arg;
    return do_all(l->settings, l->rows, err);
}

static void every_allocation_of_a_learned_model_may_fail(void **state) {
    (void)state;
    learning l = {small_settings("RLinear"), make_rows(true)};
    assert_int_equal(kr_settings_set(l.settings, "train_epochs", "1", NULL), KR_OK);
    kr_starve("a learned model", learn, &l);
    kr_settings_destroy(l.settings);
    kr_rows_destroy(l.rows);
}

static void statistical_models_are_named(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"ETZ", "`local_models`: no statistical model is called \"ETZ\"; did you mean ETS?"},
        {"ETS,ets", "`local_models`: ETS is named twice; name it once"},
        {"ETS,", "`local_models`: no statistical model is called \"\""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_settings *settings = small_settings("RLinear");
        kr_forecaster *f = NULL;
        kr_error err = {0};
        assert_int_equal(kr_settings_set(settings, "local_models", cases[i][0], NULL), KR_OK);
        assert_int_equal(kr_forecaster_create(test_team, settings, &f, &err), KR_USAGE);
        assert_string_equal(err.text, cases[i][1]);
        kr_settings_destroy(settings);
    }
}

/* A damaged table of errors is no reason to forecast without intervals, or to crash. */
static void damaged_statistical_files(void **state) {
    (void)state;
    kr_rows *rows = make_rows(false);
    kr_forecaster *f = make_statistical("Naive"), *opened = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_error err = {0};
    assert_int_equal(kr_forecaster_train(f, rows, NULL, NULL), KR_OK);
    assert_int_equal(kr_forecaster_save_memory(f, &bytes, &n_bytes, NULL), KR_OK);
    uint64_t n_header = 0; /* the table is what follows it */
    memcpy(&n_header, bytes, sizeof n_header);
    memset((char *)bytes + 8 + n_header, 0xff, 200);
    assert_int_equal(kr_forecaster_open_memory(test_team, "bytes", bytes, n_bytes, &opened, &err),
                     KR_FORMAT);
    assert_string_equal(err.text,
                        "bytes: intervals.relative is missing or damaged; train the model again");
    kr_free(bytes);
    kr_forecaster_destroy(f);
    kr_rows_destroy(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistical_models_are_forecasters),
        cmocka_unit_test(rows_for_no_model_are_refused),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(learned_models_join),
        cmocka_unit_test(all_rows_are_learnt_from),
        cmocka_unit_test(what_was_never_negative_stays_so),
        cmocka_unit_test(intervals_are_as_wide_as_the_past_errors),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_allocation_of_a_learned_model_may_fail),
        cmocka_unit_test(statistical_models_are_named),
        cmocka_unit_test(damaged_statistical_files),
        cmocka_unit_test(train_ask_save_open),
        cmocka_unit_test(what_was_opened_is_saved),
        cmocka_unit_test(a_hosts_locale_changes_nothing),
        cmocka_unit_test(scores_come_again),
        cmocka_unit_test(training_again_begins_anew),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(what_is_forgotten_is_not_told),
    };
    test_workers(2);
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
