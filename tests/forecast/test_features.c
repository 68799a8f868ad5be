/* SPDX-License-Identifier: MIT
 * test_features.c - what a model is told of rows: chosen, scaled, kept in a file, windows filled;
 * the same in training and in forecasting. */
#define _GNU_SOURCE
#include <kr/files.h>
#include <kr/forecaster.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "core/platform.h"
#include "core/real.h"
#include "forecast/dataset.h"
#include "forecast/features.h"
#include "forecast/forecast_config.h"
#include "forecast/predict_internal.h"
#include "support/small_run.h"
#include "support/starve.h"
#include "support/workers.h"

enum { SEQ_LEN = 12, PRED_LEN = 3 };

static char folder[] = "/tmp/krait-features-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

/* ---- rows ------------------------------------------------------------------------------- */

enum { ROWS = 90, SERIES = 3, COLUMNS = 4 };

/* Three series of hours: y to be forecast, size of each, z known ahead, flat the same everywhere.
 */
static kr_rows *make_rows(void) {
    static const char *const columns[COLUMNS] = {"y", "size", "z", "flat"};
    static const char *const series[SERIES] = {"one", "two", "three"};
    static const int64_t of_each[SERIES] = {ROWS, ROWS, ROWS};
    static double values[SERIES * ROWS * COLUMNS];
    static int64_t dates[SERIES * ROWS];
    for (int i = 0; i < SERIES * ROWS; i++) {
        int s = i / ROWS, t = i % ROWS;
        double *row = values + i * COLUMNS;
        row[0] = 10 * s + sin(t / 3.0 + s);
        row[1] = 2.5 * s;
        row[2] = t % 7;
        row[3] = 0.1; /* its mean of many rows is another number */
        dates[i] = 1577836800 * KR__SECOND + t * KR__HOUR;
    }
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .name = "table",
                                   .n_rows = SERIES * ROWS,
                                   .n_columns = COLUMNS,
                                   .values = values,
                                   .columns = columns,
                                   .dates = dates,
                                   .n_series = SERIES,
                                   .series = series,
                                   .series_rows = of_each};
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    if (kr_rows_from_memory(&memory, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    return rows;
}

/* The same as a file, "shop" says which series. */
static void write_rows(const char *path, const kr_rows *rows) {
    char date[KR_DATETIME_TEXT];
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "shop,date,y,size,z,flat\n");
    for (int i = 0; i < SERIES * ROWS; i++) {
        fprintf(f, "%s,%s", kr_rows_series(rows, i / ROWS),
                kr__datetime_text(kr_rows_dates(rows)[i], date));
        for (int c = 0; c < COLUMNS; c++) {
            fprintf(f, ",%.17g", kr_rows_values(rows)[i * COLUMNS + c]);
        }
        fprintf(f, "\n");
    }
    assert_int_equal(fclose(f), 0);
}

static kr__feature_settings make_settings(void) {
    return (kr__feature_settings){.features = "M",
                                  .target = "y",
                                  .target_is_last = true,
                                  .known_future = "z",
                                  .static_columns = "size",
                                  .blank_columns = "flat",
                                  .dates = {.freq = "h", .is_timef = true},
                                  .has_masks = true,
                                  .seq_len = 2,
                                  .pred_len = 2};
}

/* ---- choosing --------------------------------------------------------------------------- */

static void columns_have_an_order(void **state) {
    (void)state;
    static const char *const names[] = {"z", "flat", "y", "size"};
    static const int64_t places[] = {2, 3, 0, 1};
    kr_rows *rows = make_rows();
    kr_features *f = NULL;
    int64_t *column_of = NULL, found[COLUMNS];
    const kr__feature_settings settings = make_settings();
    kr_error err = {.text = ""};
    if (kr__features_choose(&settings, rows, &f, &column_of, &err)) fail_msg("%s", err.text);
    assert_true(f->n_columns == 3 && f->n_static == 1 && f->n_future == 1 && f->n_outputs == 2);
    for (int i = 0; i < COLUMNS; i++) {
        assert_string_equal(f->columns[i], names[i]);
        assert_int_equal(column_of[i], places[i]);
        if (i < 3) assert_int_equal(f->is_blank[i], i == 1);
    }
    assert_int_equal(kr__features_find(f, rows, found, NULL), KR_OK);
    assert_memory_equal(found, places, sizeof places);
    kr__features_destroy(f);
    kr_rows_destroy(rows);
}

/* Squares that do not fit into a double; a unit changes mean and deviation by itself. */
static void any_unit_has_its_deviation(void **state) {
    (void)state;
    static const double units[] = {1, 0x1p-900, 0x1p900, 0x1p-1000, 0x1p1000};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        double values[4] = {1, 5, 1, 5}, mean, deviation;
        for (int i = 0; i < 4; i++) values[i] *= units[u];
        kr__features_measure(4, 1, values, &mean, &deviation);
        assert_true(mean == 3 * units[u] && deviation == 2 * units[u]);
    }
}

/* ---- scale ------------------------------------------------------------------------------ */

/* Rounding makes the mean of equal numbers another number; that is no deviation. */
static void a_constant_has_deviation_1(void **state) {
    (void)state;
    double values[60], mean[2], deviation[2];
    for (int i = 0; i < 30; i++) {
        values[2 * i] = 0.1;
        values[2 * i + 1] = i;
    }
    kr__features_measure(30, 2, values, mean, deviation);
    assert_true(mean[0] != 0.1 && fabs(mean[0] - 0.1) < 1e-15);
    assert_true(deviation[0] == 1);
    assert_true(mean[1] == 14.5 && fabs(deviation[1] - sqrt(899 / 12.0)) < 1e-12);
    double static_mean[1], static_deviation[1];
    kr_features f = {.n_series = 3,
                     .n_static = 1,
                     .n_marks = 1,
                     .static_mean = static_mean,
                     .static_deviation = static_deviation};
    const double same[3] = {0.7, 0.7, 0.7};
    kr__features_fit_statics(&f, same);
    assert_true(*static_deviation == 1);
    double mark = 5;
    assert_int_equal(kr__features_mark(&f, 1, NULL, NULL, same, &mark, NULL), KR_OK);
    assert_true(fabs(mark) < 1e-15);
    char *names[] = {"size"};
    const double large = 1e300;
    kr_error err = {.text = ""};
    f.columns = names;
    assert_int_equal(kr__features_mark(&f, 1, NULL, NULL, &large, &mark, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "static column \"size\": 1e+300 is too large once scaled by the series of "
                        "the training");
}

static void a_number_can_be_too_large(void **state) {
    (void)state;
    char *names[] = {"a", "b"};
    const kr_features f = {.n_columns = 2, .columns = names};
    const double values[4] = {1, 2, 3, 1e300}, mean[2] = {0, 0}, deviation[2] = {1, 1e-30};
    const kr__scaling s = {.name = "table",
                           .first_row = 4,
                           .n_rows = 2,
                           .n = 2,
                           .stride = 2,
                           .x_stride = 2,
                           .mean = mean,
                           .deviation = deviation};
    float x[4];
    kr_error err = {.text = ""};
    assert_int_equal(kr__features_scale(&f, &s, values, NULL, x, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "table: column \"b\", row 6: the number is too large once scaled by the "
                        "training rows");
}

/* ---- cycle ------------------------------------------------------------------------------ */

static void refuse_dates(const kr_features *f, int64_t first, int64_t second,
                         const char *sentence) {
    const int64_t dates[2] = {first, second};
    double marks[4];
    kr_error err = {.text = ""};
    assert_int_equal(kr__features_mark(f, 2, dates, NULL, NULL, marks, &err), KR_FORMAT);
    assert_string_equal(err.text, sentence);
}

/* Counted from the start of the training, before it too; behind the other marks. */
static void rows_have_a_place_in_the_cycle(void **state) {
    (void)state;
    enum { CYCLE = 5, START = 1000 };
    kr_features f = {.has_frequency = true,
                     .frequency = {.micros = KR__HOUR},
                     .cycle = CYCLE,
                     .cycle_start = START * KR__HOUR,
                     .n_masks = 1};
    assert_int_equal(kr__features_count_marks(&f, NULL), KR_OK);
    assert_int_equal(f.n_marks, 2);
    for (int64_t first = START - 12; first < START + 12; first++) {
        int64_t dates[3];
        double marks[6];
        for (int t = 0; t < 3; t++) dates[t] = (first + t) * KR__HOUR;
        assert_int_equal(kr__features_mark(&f, 3, dates, NULL, NULL, marks, NULL), KR_OK);
        for (int t = 0; t < 3; t++) {
            assert_true(marks[2 * t] == 0);
            assert_true(marks[2 * t + 1] == (double)((first + t) % CYCLE)); /* START % CYCLE is 0 */
        }
    }
    refuse_dates(&f, 999 * KR__HOUR + 1, 1000 * KR__HOUR + 1,
                 "the date 1970-02-11 15:00:00.000001 is not a whole number of steps of 1h away "
                 "from 1970-02-11 16:00:00, where the model's `cycle` starts");
    refuse_dates(&f, 1000 * KR__HOUR, 1002 * KR__HOUR,
                 "the row after 1970-02-11 16:00:00 is not one step of 1h later, and `cycle` needs "
                 "every row; `gaps` linear fills in those that are missing");
}

/* ---- windows ---------------------------------------------------------------------------- */

/* Three columns: known ahead, blank, forecast with the blank one; a mark; four rows that are there,
 * and one behind them of which only the known column is. */
static void a_window_is_filled(void **state) {
    (void)state;
    bool is_blank[3] = {false, true, false};
    const kr_features f = {.seq_len = 2,
                           .pred_len = 3,
                           .n_columns = 3,
                           .n_future = 1,
                           .n_outputs = 2,
                           .is_blank = is_blank,
                           .n_marks = 1};
    float x[18], changed[18];
    const float marks[6] = {60, 61, 62, 63, 64, 65};
    uint8_t is_filled[15] = {0};
    for (int i = 0; i < 18; i++) {
        x[i] = (float)i;
        changed[i] = (float)(100 + i);
    }
    is_filled[3 * 3 + 2] = 1;
    const kr__feature_rows rows = {
        .n_rows = 5, .x = x, .input = changed, .marks = marks, .is_filled = is_filled};
    kr_real in_x[6], in_marks[2], in_future[3], in_target[6];
    kr_real *in[KR_MAX_INPUTS] = {0};
    in[KR_FORECAST_X] = in_x;
    in[KR_FORECAST_MARK] = in_marks;
    in[KR_FORECAST_FUTURE] = in_future;
    in[KR_FORECAST_TARGET] = in_target;
    kr__features_fill_window(&f, &rows, 1, in);
    const kr_real want_x[6] = {103, 0, 105, 106, 0, 108}, want_future[3] = {9, 12, 15};
    assert_memory_equal(in_x, want_x, sizeof want_x);
    assert_memory_equal(in_future, want_future, sizeof want_future);
    assert_true(in_marks[0] == 61 && in_marks[1] == 62);
    /* The blank column is still a target, a gap and what is not there are none. */
    assert_true(in_target[0] == 10 && isnan(in_target[1]));
    assert_true(in_target[2] == 13 && in_target[3] == 14);
    assert_true(isnan(in_target[4]) && isnan(in_target[5]));
}

/* ---- in a file -------------------------------------------------------------------------- */

/* As fitted on the rows. */
static kr_features *fit(const kr__feature_settings *settings, const kr_rows *rows) {
    static const double sizes[SERIES] = {0, 2.5, 5};
    char *names[SERIES];
    int64_t *column_of = NULL;
    kr_features *f = NULL;
    for (int i = 0; i < SERIES; i++) names[i] = (char *)kr_rows_series(rows, i);
    assert_int_equal(kr__features_choose(settings, rows, &f, &column_of, NULL), KR_OK);
    assert_true(kr__features_add_series(f, SERIES, names));
    for (int64_t i = 0; i < SERIES * f->n_columns; i++) {
        f->mean[i] = (double)i / 3;
        f->deviation[i] = 1 + (double)i / 7;
    }
    kr__features_fit_statics(f, sizes);
    f->has_frequency = true;
    f->frequency = (kr_frequency){.micros = KR__HOUR};
    f->cycle = settings->cycle;
    f->cycle_start = -7 * KR__HOUR;
    assert_int_equal(kr__features_count_marks(f, NULL), KR_OK);
    return f;
}

static kr_status load(const char *path, const kr__feature_settings *settings, kr_features **out,
                      kr_error *err) {
    kr_tensor_file *file = NULL;
    assert_int_equal(kr_tensor_file_open(path, &file, NULL), KR_OK);
    kr_status status = kr__features_load(file, settings, out, err);
    kr_tensor_file_close(file);
    return status;
}

static void write_entries(const kr_features *f, const char *left_out, double deviation) {
    kr_entries e = {.n_arrays = 0};
    if (deviation >= 0) f->deviation[2] = deviation;
    assert_int_equal(kr__features_list(f, &e, NULL), KR_OK);
    for (int64_t i = 0; i < e.n_arrays; i++) {
        if (strcmp(e.arrays[i].name, left_out) == 0) e.arrays[i] = e.arrays[--e.n_arrays];
    }
    for (int64_t i = 0; i < e.n_texts; i++) {
        if (strcmp(e.texts[i].key, left_out) == 0) e.texts[i] = e.texts[--e.n_texts];
    }
    assert_int_equal(kr__entries_write(&e, "features.safetensors", NULL), KR_OK);
    kr__entries_deinit(&e);
}

static void a_file_keeps_them(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    kr__feature_settings settings = make_settings();
    settings.cycle = 24;
    kr_features *f = fit(&settings, rows), *g = NULL;
    kr_error err = {.text = ""};
    write_entries(f, "", -1);
    if (load("features.safetensors", &settings, &g, &err)) fail_msg("%s", err.text);
    assert_true(g->n_columns == f->n_columns && g->n_static == f->n_static);
    assert_true(g->n_future == f->n_future && g->n_outputs == f->n_outputs);
    assert_true(g->n_series == SERIES && g->n_marks == f->n_marks && g->n_masks == f->n_masks);
    assert_int_equal(f->n_marks, 4 + 3 + 1 + 1);
    assert_true(g->cycle == 24 && g->cycle_start == f->cycle_start);
    assert_true(g->has_dates && g->has_frequency && g->frequency.micros == KR__HOUR);
    for (int64_t c = 0; c < f->n_columns + f->n_static; c++) {
        assert_string_equal(g->columns[c], f->columns[c]);
    }
    for (int i = 0; i < SERIES; i++) assert_string_equal(g->series[i], f->series[i]);
    size_t n = (size_t)(SERIES * f->n_columns);
    assert_memory_equal(g->mean, f->mean, n * sizeof *f->mean);
    assert_memory_equal(g->deviation, f->deviation, n * sizeof *f->mean);
    assert_memory_equal(g->is_blank, f->is_blank, (size_t)f->n_columns * sizeof *f->is_blank);
    assert_true(g->static_mean[0] == 2.5 && g->static_deviation[0] == f->static_deviation[0]);
    kr__features_destroy(g);
    kr__features_destroy(f);
    kr_rows_destroy(rows);
}

/* Nor is there a cycle that starts outside of the calendar. */
static void a_cycle_starts_at_a_date(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    kr__feature_settings settings = make_settings();
    settings.cycle = 24;
    kr_features *f = fit(&settings, rows), *g = NULL;
    kr_error err = {.text = ""};
    f->cycle_start = INT64_MIN;
    write_entries(f, "", -1);
    assert_int_equal(load("features.safetensors", &settings, &g, &err), KR_FORMAT);
    assert_string_equal(
        err.text, "features.safetensors: cycle_start is missing or damaged; train the model again");
    kr__features_destroy(f);
    kr_rows_destroy(rows);
}

static void damaged_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *left_out;
        double deviation;
        const char *sentence;
        kr_status status;
    } cases[] = {
        {"columns", -1, "the list of columns is missing or damaged; train the model again",
         KR_FORMAT},
        {"data.mean", -1, "data.mean is missing or damaged; train the model again", KR_FORMAT},
        {"", 0, "data.deviation is missing or damaged; train the model again", KR_FORMAT},
        {"data.static_deviation", 1,
         "data.static_deviation is missing or damaged; train the model again", KR_FORMAT},
        {"cycle_start", 1, "marks is missing or damaged; train the model again", KR_FORMAT},
        {"frequency", 1, "cycle_start is missing or damaged; train the model again", KR_FORMAT},
        {"data.static_mean", 1,
         "was trained with static columns (size) by a version that did not keep their scale; train "
         "the model again to forecast new rows",
         KR_UNSUPPORTED},
    };
    kr_rows *rows = make_rows();
    kr__feature_settings settings = make_settings();
    settings.cycle = 24;
    kr_features *f = fit(&settings, rows);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sentence[256];
        kr_features *g = NULL;
        kr_error err = {.text = ""};
        write_entries(f, cases[i].left_out, cases[i].deviation);
        snprintf(sentence, sizeof sentence, "features.safetensors: %s", cases[i].sentence);
        kr_status status = load("features.safetensors", &settings, &g, &err);
        assert_string_equal(err.text, sentence);
        assert_int_equal(status, cases[i].status);
        assert_null(g);
    }
    kr__features_destroy(f);
    kr_rows_destroy(rows);
}

/* ---- trained, then asked ---------------------------------------------------------------- */

static void make_config(const char *data, const char *path, kr_forecast_config *c) {
    kr__forecast_config_init(c);
    strcpy(c->root_path, ".");
    strcpy(c->data_path, path);
    strcpy(c->data, data);
    strcpy(c->model, "TimeStar");
    c->seq_len = SEQ_LEN;
    c->pred_len = PRED_LEN;
    c->label_len = 0;
    c->patch_len = 4;
    c->d_model = 8;
    c->n_heads = 2;
    c->d_ff = c->d_state = 8;
    c->d_core = 4;
    c->e_layers = c->train_epochs = 1;
}

static kr_forecast_result *train_with(const kr_forecast_config *c) {
    kr_forecast_result *result = NULL;
    kr_error err = {.text = ""};
    if (test_run(c, 0, NULL, &result, &err)) fail_msg("%s", err.text);
    return result;
}

/* The panel of make_rows(), out of a file. */
static kr_forecast_result *train(const char *static_columns) {
    kr_forecast_config c;
    make_config("custom", "table.csv", &c);
    strcpy(c.id_column, "shop");
    strcpy(c.known_future, "z");
    strcpy(c.static_columns, static_columns);
    strcpy(c.target, "y");
    if (!*static_columns) strcpy(c.drop_columns, "size");
    return train_with(&c);
}

/* What the last run left. */
static kr_forecaster *open_model(void) {
    kr_forecaster *model = NULL;
    kr_error err = {.text = ""};
    if (kr_forecaster_open(test_team, test_run_checkpoint(), &model, &err))
        fail_msg("%s", err.text);
    return model;
}

static kr_history *make_history(const kr_forecaster *model, const kr_rows *rows, int64_t series) {
    kr_history *h = NULL;
    kr_error err = {.text = ""};
    if (kr_history_of_rows(model, rows, series, NULL, &h, &err)) fail_msg("%s", err.text);
    return h;
}

/* The run's forecast of a test window, in original units, from rows in memory. */
static void ask_window(kr_forecaster *model, const kr_forecast_result *r, const kr_rows *rows,
                       int64_t window) {
    const kr_dataset *d = r->dataset;
    const kr_window_place at = kr__dataset_window(d, KR_SPLIT_TEST, window);
    int64_t n = PRED_LEN * model->info.n_outputs;
    int64_t origin = at.row - d->spans[at.series].row + SEQ_LEN - 1;
    double wanted[PRED_LEN * COLUMNS];
    kr_history *h = make_history(model, rows, at.series);
    kr_prediction *p = NULL;
    kr_error err = {.text = ""};
    kr_forecast_result_window(r, window, true, wanted, NULL);
    if (kr_forecaster_predict(model, h, 1, &origin, NULL, &p, &err)) fail_msg("%s", err.text);
    for (int64_t i = 0; i < n; i++) { /* alone it is computed by all workers together */
        double off = fabs(p->forecast[i] - wanted[i]);
        assert_true(off < 1e-5 * (1 + fabs(wanted[i])));
    }
    kr_prediction_destroy(p);
    kr_history_destroy(h);
}

static void static_columns_are_forecast_from(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    kr_forecast_result *r = train("size");
    kr_forecaster *model = open_model();
    assert_int_equal(model->info.n_static, 1);
    assert_string_equal(model->info.columns[model->info.n_channels], "size");
    for (int64_t i = 0; i < r->n_windows; i++) ask_window(model, r, rows, i);
    kr_forecaster_destroy(model);
    kr_forecast_result_destroy(r);
    kr_rows_destroy(rows);
}

/* What was learned of the cycle goes into the forecasts, wherever in it a history begins. */
static void cycles_are_forecast_from(void **state) {
    (void)state;
    kr_forecast_config c;
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    make_config("custom", "table.csv", &c);
    strcpy(c.id_column, "shop");
    strcpy(c.drop_columns, "size");
    strcpy(c.target, "y");
    c.cycle = 7;
    c.learning_rate = 0.05;
    kr_forecast_result *r = train_with(&c);
    kr_forecaster *model = open_model();
    assert_int_equal(model->features->cycle, 7);
    assert_int_equal(model->features->cycle_start, kr_rows_dates(rows)[0]);
    const kr_params *params = kr__engine_params(model->engine);
    const kr_param *cycle = kr__params_find(params, "cycleQueue.data");
    assert_non_null(cycle);
    assert_true(fabs((double)params->values[cycle->offset]) > 1e-3);
    for (int64_t i = 0; i < r->n_windows; i++) ask_window(model, r, rows, i);
    kr_forecaster_destroy(model);
    kr_forecast_result_destroy(r);
    kr_rows_destroy(rows);
}

static void refuse_row(kr_history *h, double size, const char *sentence) {
    const double values[COLUMNS] = {1, 0.1, 2, size};
    kr_error err = {.text = ""};
    int64_t n = h->n_rows, next = n > 0 ? h->timestamps[n - 1] + KR__HOUR : 0;
    assert_int_equal(kr_history_push(h, values, next, &err), KR_FORMAT);
    assert_string_equal(err.text, sentence);
    assert_int_equal(h->n_rows, n);
}

/* Rows one by one give what the rows together give, in the scale of the series they are of; the
 * static value is said once, at least. */
static void static_columns_arrive_row_by_row(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    kr_forecast_result *r = train("size");
    kr_forecaster *model = open_model();
    kr_history *together = make_history(model, rows, 1), *h = NULL;
    const kr_history_options options = {.size = sizeof options, .series = "two"};
    kr_error why = {.text = ""};
    assert_int_equal(kr_history_start(model, "rows", NULL, &h, &why), KR_USAGE);
    assert_string_equal(why.text,
                        "rows: rows that arrive one by one take the scale of a series that the "
                        "model was trained on, and it was trained on a panel; say which one of 3, "
                        "or forecast from a file");
    assert_int_equal(kr_history_start(model, "rows", &options, &h, NULL), KR_OK);
    refuse_row(h, (double)NAN,
               "static column \"size\" is empty; the first row must give its value");
    for (int i = 0; i < 40; i++) {
        const double *from = kr_rows_values(rows) + (ROWS + i) * COLUMNS;
        const double values[COLUMNS] = {from[2], from[3], from[0], i == 0 ? from[1] : (double)NAN};
        kr_error err = {.text = ""};
        if (kr_history_push(h, values, kr_rows_dates(rows)[i], &err)) fail_msg("%s", err.text);
    }
    refuse_row(h, 9, "static column \"size\" changes; it has one value per series");
    int64_t origin = kr_history_last_origin(h, model), of_all = 39 - (h->n_rows - 1 - origin);
    kr_prediction *a = NULL, *b = NULL;
    assert_true(of_all >= SEQ_LEN - 1);
    assert_int_equal(kr_forecaster_predict(model, h, 1, &origin, NULL, &a, NULL), KR_OK);
    assert_int_equal(kr_forecaster_predict(model, together, 1, &of_all, NULL, &b, NULL), KR_OK);
    assert_memory_equal(a->forecast, b->forecast, (size_t)(PRED_LEN * model->info.n_outputs) * 4);
    kr_prediction_destroy(a);
    kr_prediction_destroy(b);
    kr_history_destroy(h);
    kr_history_destroy(together);
    kr_forecaster_destroy(model);
    kr_forecast_result_destroy(r);
    kr_rows_destroy(rows);
}

/* Of a series that was not there in training, the rows themselves say the scale, by the same rule.
 */
static void a_constant_column_has_one_scale(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    kr_forecast_result *r = train("");
    kr_forecaster *model = open_model();
    int64_t flat = 1;
    assert_string_equal(model->info.columns[flat], "flat");
    for (int i = 0; i < SERIES; i++) {
        assert_true(model->features->deviation[i * model->info.n_channels + flat] == 1);
    }
    kr_history *h = NULL;
    const kr_history_options options = {.size = sizeof options, .series = "new"};
    assert_int_equal(kr_history_of_rows(model, rows, 0, &options, &h, NULL), KR_OK);
    assert_true(h->deviation != model->features->deviation && h->deviation[flat] == 1);
    kr_history_destroy(h);
    kr_forecaster_destroy(model);
    kr_forecast_result_destroy(r);
    kr_rows_destroy(rows);
}

static void series_must_be_there(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    kr_forecast_result *r = train("");
    kr_forecaster *model = open_model();
    kr_history *h = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_history_of_rows(model, rows, SERIES, NULL, &h, &err), KR_USAGE);
    assert_string_equal(err.text, "table: there is no series 3, only 3, counted from 0");
    assert_int_equal(kr_history_of_rows(model, rows, -1, NULL, &h, &err), KR_USAGE);
    assert_null(h);
    kr_forecaster_destroy(model);
    kr_forecast_result_destroy(r);
    kr_rows_destroy(rows);
}

/* What a model was trained on it can be asked about, whoever reads it. */
static void counts_of_pems_are_forecast(void **state) {
    (void)state;
    const int64_t shape[3] = {120, 2, 1};
    double counts[240];
    kr_array array = {0};
    kr_forecast_config c;
    for (int i = 0; i < 240; i++) counts[i] = 50 + 10 * sin(i / 9.0);
    assert_int_equal(kr_array_view("data", KR_DTYPE_F64, 3, shape, counts, &array, NULL), KR_OK);
    assert_int_equal(kr_npz_write("p.npz", &array, 1, false, NULL), KR_OK);
    make_config("PEMS", "p.npz", &c);
    kr_forecast_result *r = train_with(&c);
    kr_forecaster *model = open_model();
    kr_history *h = NULL;
    kr_prediction *p = NULL;
    kr_error err = {.text = ""};
    if (kr_history_read(model, "p.npz", NULL, &h, &err)) fail_msg("%s", err.text);
    const int64_t origin = h->n_rows - 1;
    assert_int_equal(origin, 119);
    assert_int_equal(kr_forecaster_predict(model, h, 1, &origin, NULL, &p, NULL), KR_OK);
    for (int i = 0; i < 2 * PRED_LEN; i++) assert_true(fabs((double)p->forecast[i] - 50) < 50);
    kr_prediction_destroy(p);
    kr_history_destroy(h);
    kr_forecaster_destroy(model);
    kr_forecast_result_destroy(r);
}

/* ---- data sets of rows ------------------------------------------------------------------ */

/* Rows in memory and the same in a file make the same data set. */
static void memory_and_file_are_alike(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    const kr_dataset_config config = {.loader = "custom",
                                      .path = "table.csv",
                                      .features = "M",
                                      .target = "y",
                                      .freq = "h",
                                      .is_timef = true,
                                      .gaps = "model",
                                      .id_column = "shop",
                                      .static_columns = "size",
                                      .seq_len = SEQ_LEN,
                                      .pred_len = PRED_LEN};
    kr_dataset *a = NULL, *b = NULL;
    assert_int_equal(kr__dataset_open(test_team, &config, &a, NULL), KR_OK);
    assert_int_equal(kr__dataset_create(test_team, &config, rows, &b, NULL), KR_OK);
    kr_rows_destroy(rows);
    assert_true(a->n_rows == b->n_rows && a->n_channels == b->n_channels);
    assert_true(a->n_marks == b->n_marks && a->n_series == b->n_series);
    size_t n = (size_t)a->n_rows;
    assert_memory_equal(a->data, b->data, n * (size_t)a->n_channels * sizeof *a->data);
    assert_memory_equal(a->marks, b->marks, n * (size_t)a->n_marks * sizeof *a->marks);
    assert_memory_equal(a->timestamps, b->timestamps, n * sizeof *a->timestamps);
    assert_string_equal(b->series_names[2], "three");
    kr__dataset_destroy(a);
    kr__dataset_destroy(b);
}

static void rows_do_not_say_what_tests(void **state) {
    (void)state;
    kr_rows *rows = make_rows();
    kr_dataset_config config = {.loader = "m4",
                                .features = "M",
                                .target = "",
                                .freq = "h",
                                .seq_len = SEQ_LEN,
                                .pred_len = PRED_LEN};
    kr_dataset *d = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__dataset_create(test_team, &config, rows, &d, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "table: does not say which of its rows are for tests, as the files of m4 "
                        "do; use `data` custom");
    config.n_rows_of[KR_SPLIT_TRAIN] = 60;
    config.n_rows_of[KR_SPLIT_VAL] = config.n_rows_of[KR_SPLIT_TEST] = 15;
    assert_int_equal(kr__dataset_create(test_team, &config, rows, &d, &err), KR_OK);
    kr__dataset_destroy(d);
    kr_rows_destroy(rows);
}

/* A gap in rows from memory is refused or filled as in those of a file. */
static void gaps_of_memory(void **state) {
    (void)state;
    double values[40];
    for (int i = 0; i < 40; i++) values[i] = i == 17 ? (double)NAN : i;
    const kr_rows_memory memory = {
        .size = sizeof memory, .n_rows = 40, .n_columns = 1, .values = values, .is_borrowed = true};
    kr_rows *rows = NULL;
    assert_int_equal(kr_rows_from_memory(&memory, &rows, NULL), KR_OK);
    kr_dataset_config config = {.loader = "custom",
                                .features = "M",
                                .target = "",
                                .freq = "h",
                                .seq_len = 4,
                                .pred_len = 2};
    kr_dataset *d = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__dataset_create(test_team, &config, rows, &d, &err), KR_FORMAT);
    assert_string_equal(
        err.text,
        "the rows: row 18, has a gap in column \"0\", the first of 1 empty cell and "
        "0 missing rows; fill them with `gaps` linear, ffill or model");
    config.gaps = "linear";
    assert_int_equal(kr__dataset_create(test_team, &config, rows, &d, NULL), KR_OK);
    for (int i = 0; i < 40; i++) {
        assert_true(fabs(d->data64[i] * d->deviation[0] + d->mean[0] - i) < 1e-9);
        assert_int_equal(d->missing[i], i == 17);
    }
    assert_true(isnan(values[17]));
    kr__dataset_destroy(d);
    kr_rows_destroy(rows);
}

/* ---- out of memory ---------------------------------------------------------------------- */

/* A gap and a missing row in a panel with all that features can have. */
static const kr_dataset_config everything = {.loader = "custom",
                                             .path = "gaps.csv",
                                             .features = "M",
                                             .target = "y",
                                             .freq = "h",
                                             .is_timef = true,
                                             .gaps = "model",
                                             .id_column = "shop",
                                             .known_future = "z",
                                             .static_columns = "size",
                                             .drop_columns = "flat",
                                             .blank_columns = "z",
                                             .seq_len = SEQ_LEN,
                                             .pred_len = PRED_LEN};

static void write_gaps(void) {
    kr_rows *rows = make_rows();
    write_rows("table.csv", rows);
    kr_rows_destroy(rows);
    if (system("sed '20s/,[^,]*,0,/,,0,/; 30d' table.csv >gaps.csv") != 0) fail();
}

static kr_status open_everything(void *arg, kr_error *err) {
    const kr_dataset_config *config = arg;
    kr_dataset *d = NULL;
    kr_status status = kr__dataset_open(test_team, config, &d, err);
    assert_int_equal(status == KR_OK, d != NULL);
    if (d) assert_true(d->gaps.n_rows == 1 && d->gaps.n_cells == 1 && d->n_marks == 4 + 2 + 1);
    kr__dataset_destroy(d);
    return status;
}

static void memory_runs_out(void **state) {
    (void)state;
    kr_dataset_config config = everything;
    write_gaps();
    kr_starve("all kinds of columns", open_everything, &config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_an_order),
        cmocka_unit_test(any_unit_has_its_deviation),
        cmocka_unit_test(a_constant_has_deviation_1),
        cmocka_unit_test(a_number_can_be_too_large),
        cmocka_unit_test(rows_have_a_place_in_the_cycle),
        cmocka_unit_test(a_window_is_filled),
        cmocka_unit_test(a_file_keeps_them),
        cmocka_unit_test(a_cycle_starts_at_a_date),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(static_columns_are_forecast_from),
        cmocka_unit_test(cycles_are_forecast_from),
        cmocka_unit_test(static_columns_arrive_row_by_row),
        cmocka_unit_test(a_constant_column_has_one_scale),
        cmocka_unit_test(series_must_be_there),
        cmocka_unit_test(counts_of_pems_are_forecast),
        cmocka_unit_test(memory_and_file_are_alike),
        cmocka_unit_test(rows_do_not_say_what_tests),
        cmocka_unit_test(gaps_of_memory),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
