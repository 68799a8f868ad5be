/* SPDX-License-Identifier: MIT
 * test_predict.c - a trained model asked again: the run's own forecasts come back, whatever the
 * order of the columns and the way in which rows arrive; what cannot be forecast is refused. */
#define _GNU_SOURCE
#include <kr/files.h>
#include <kr/forecaster.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/random.h"
#include "core/text.h"
#include "forecast/ablate.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "forecast/predict_internal.h"
#include "support/small_run.h"
#include "support/starve.h"
#include "support/workers.h"
#include "tables/csv.h"

enum { ROWS = 420, SEQ_LEN = 24, PRED_LEN = 6, CHANNELS = 3, PATH = KR_FORECAST_PATH };

static char folder[] = "/tmp/krait-predict-XXXXXX";
static char checkpoint[PATH], data[128];
static double rows[ROWS][CHANNELS];
static kr_forecast_result *trained;

/* ---- files ------------------------------------------------------------------------------ */

static const char *name_file(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *date_of(int row, char text[KR_DATETIME_TEXT]) {
    return kr__datetime_text(1577836800 * KR__SECOND + row * KR__HOUR, text); /* 2020-01-01 */
}

static void make_rows(void) {
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, 0);
    for (int i = 0; i < ROWS; i++) {
        double phase = 6.2831853 * i / 24, noise = 0.1 * kr__rng_normal(&rng);
        rows[i][0] = 50 + 10 * sin(phase);
        rows[i][1] = cos(phase) + noise;
        rows[i][2] = 1000 * sin(2 * phase) + 500 * noise;
    }
}

static const char *write_text(const char *name, const char *text) {
    const char *path = name_file(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* Rows first .. end - 1 of the series. */
static const char *write_rows(const char *name, int first, int end) {
    char date[KR_DATETIME_TEXT];
    const char *path = name_file(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "date,a,b,OT\n");
    for (int i = first; i < end; i++) {
        fprintf(file, "%s,%.17g,%.17g,%.17g\n", date_of(i, date), rows[i][0], rows[i][1],
                rows[i][2]);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

static void train(const char *features) {
    kr_forecast_config c;
    kr_error err = {0};
    kr__forecast_config_init(&c);
    snprintf(c.root_path, sizeof c.root_path, "%s", folder);
    snprintf(c.checkpoints, sizeof c.checkpoints, "%s/%s", folder, features);
    snprintf(c.features, sizeof c.features, "%s", features);
    strcpy(c.data_path, "wave.csv");
    strcpy(c.data, "custom");
    strcpy(c.model, "TimeStar");
    c.seq_len = SEQ_LEN;
    c.pred_len = PRED_LEN;
    c.label_len = 0;
    c.patch_len = 8;
    c.d_model = 16;
    c.n_heads = 2;
    c.d_ff = c.d_state = 8;
    c.d_core = 4;
    c.e_layers = c.train_epochs = 1;
    kr_forecast_result_destroy(trained);
    trained = NULL;
    if (test_run(&c, 0, NULL, &trained, &err) != KR_OK) fail_msg("%s", err.text);
    snprintf(checkpoint, sizeof checkpoint, "%s", test_run_checkpoint());
}

static int set_up(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    make_rows();
    snprintf(data, sizeof data, "%s", write_rows("wave.csv", 0, ROWS));
    train("M");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[96];
    kr_forecast_result_destroy(trained);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

/* The checkpoint without some of its metadata and arrays, and with residuals that are -n .. n - 1
 * (scaled units) in every place; n 0: none. */
static const char *rewrite(const char *name, const char *dropped, int n) {
    enum { MOST = 200, PLACES = PRED_LEN * CHANNELS };
    static float residuals[KR_CONFORMAL_KEPT * PLACES];
    static char windows[16];
    kr_safetensors *file = NULL;
    kr_array arrays[MOST];
    kr_text_pair pairs[MOST];
    int64_t n_arrays = 0, n_pairs = 0;
    kr_error err = {0};
    assert_int_equal(kr_safetensors_read(checkpoint, &file, &err), KR_OK);
    for (int64_t i = 0; i < kr_safetensors_count(file); i++) {
        const kr_array *a = kr_safetensors_array(file, i);
        bool is_dropped = strcmp(a->name, dropped) == 0 || strncmp(a->name, "intervals.", 10) == 0;
        if (!is_dropped) arrays[n_arrays++] = *a;
    }
    for (int64_t i = 0; i < kr_safetensors_n_metadata(file); i++) {
        kr_text_pair pair = kr_safetensors_metadata(file, i);
        bool is_dropped = strstr(dropped, pair.key) || strncmp(pair.key, "intervals.", 10) == 0;
        if (!is_dropped) pairs[n_pairs++] = pair;
    }
    const int64_t shape[3] = {2 * n, PRED_LEN, CHANNELS};
    for (int i = 0; i < 2 * n * PLACES; i++) residuals[i] = (float)(i / PLACES - n);
    snprintf(windows, sizeof windows, "%d", 2 * n);
    if (n > 0) {
        kr_array_view("intervals.residuals", KR_DTYPE_F32, 3, shape, residuals, &arrays[n_arrays++],
                      NULL);
        pairs[n_pairs++] = (kr_text_pair){"intervals.windows", windows};
    }
    const char *path = name_file(name);
    if (kr_safetensors_write(path, arrays, n_arrays, pairs, n_pairs, &err)) {
        fail_msg("%s", err.text);
    }
    kr_safetensors_destroy(file);
    return path;
}

/* ---- asking ----------------------------------------------------------------------------- */

static kr_forecaster *open_model(const char *path) {
    kr_forecaster *model = NULL;
    kr_error err = {0};
    if (kr_forecaster_open(test_team, path, &model, &err) != KR_OK) fail_msg("%s", err.text);
    return model;
}

static kr_history *read_rows(const kr_forecaster *model, const char *path, const char *gaps) {
    kr_history *history = NULL;
    kr_error err = {0};
    const kr_history_options options = {.size = sizeof options, .gaps = gaps};
    if (kr_history_read(model, path, &options, &history, &err)) fail_msg("%s", err.text);
    return history;
}

/* Columns and series are those of the model; how its table was written is not said again. */
static void only_reading_is_taken_over(void **state) {
    (void)state;
    kr_forecaster *model = open_model(checkpoint);
    kr_history *history = NULL;
    kr_error err = {0};
    const char *const other[] = {"x"};
    const kr_rows_options how = {.size = sizeof how,
                                 .reader = "pems",
                                 .id_column = "shop",
                                 .pattern = "series",
                                 .columns = other,
                                 .n_columns = 1,
                                 .leaves_out = true};
    const kr_history_options options = {.size = sizeof options, .gaps = "linear", .rows = &how};
    if (kr_history_read(model, data, &options, &history, &err) != KR_OK) fail_msg("%s", err.text);
    kr_history *plain = read_rows(model, data, "linear");
    assert_int_equal(history->n_rows, plain->n_rows);
    assert_memory_equal(history->values, plain->values,
                        (size_t)(plain->n_rows * plain->n_channels) * sizeof(double));
    kr_history_destroy(plain);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

static kr_prediction *ask(kr_forecaster *model, const kr_history *history, int64_t origin,
                          const kr_predict_options *options) {
    kr_prediction *p = NULL;
    kr_error err = {0};
    if (kr_forecaster_predict(model, history, 1, &origin, options, &p, &err))
        fail_msg("%s", err.text);
    return p;
}

/* The forecast behind the last row of a file. */
static void forecast_file(const char *path, const char *gaps, double out[PRED_LEN * CHANNELS]) {
    kr_forecaster *model = open_model(checkpoint);
    kr_history *history = read_rows(model, path, gaps);
    kr_prediction *p = ask(model, history, history->n_rows - 1, NULL);
    memcpy(out, p->forecast, PRED_LEN * CHANNELS * sizeof *out);
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

/* ---- forecasts -------------------------------------------------------------------------- */

static void a_checkpoint_tells_what_it_needs(void **state) {
    (void)state;
    char text[KR_FREQUENCY_TEXT];
    kr_forecaster *m = open_model(checkpoint);
    assert_true(m->info.seq_len == SEQ_LEN && m->info.pred_len == PRED_LEN);
    assert_true(m->info.n_channels == CHANNELS && m->info.n_outputs == CHANNELS);
    assert_string_equal(m->info.columns[0], "a");
    assert_string_equal(m->info.columns[2], "OT");
    assert_true(m->info.has_dates && m->info.has_frequency);
    assert_string_equal(kr_frequency_text(&m->info.frequency, text), "1h");
    for (int c = 0; c < CHANNELS; c++) {
        assert_true(m->features->mean[c] == trained->dataset->mean[c]);
        assert_true(m->features->deviation[c] == trained->dataset->deviation[c]);
    }
    kr_forecaster_destroy(m);
}

/* The test windows of the run, in original units, with their truth and dates. */
static void the_runs_forecasts_come_back(void **state) {
    (void)state;
    const kr_forecast_result *r = trained;
    const kr_dataset *d = r->dataset;
    int64_t n = r->n_windows, size = n * PRED_LEN * CHANNELS;
    int64_t *origins = kr__calloc((size_t)n, sizeof *origins);
    double *wanted = kr__calloc((size_t)size, sizeof *wanted);
    for (int64_t i = 0; i < n; i++)
        origins[i] = kr__dataset_window(d, KR_SPLIT_TEST, i).row + SEQ_LEN - 1;
    for (int64_t i = 0; i < n; i++) {
        kr_forecast_result_window(r, i, true, wanted + i * PRED_LEN * CHANNELS, NULL);
    }
    kr_forecaster *model = open_model(checkpoint);
    kr_history *history = read_rows(model, data, NULL);
    assert_int_equal(history->n_rows, ROWS);
    kr_prediction *p = NULL;
    assert_int_equal(kr_forecaster_predict(model, history, n, origins, NULL, &p, NULL), KR_OK);
    for (int64_t i = 0; i < size; i++) {
        assert_true(fabs(p->forecast[i] - wanted[i]) <= 3e-6 * d->deviation[i % CHANNELS]);
        int64_t row = origins[i / (PRED_LEN * CHANNELS)] + 1 + i / CHANNELS % PRED_LEN;
        assert_true(p->truth[i] == rows[row][i % CHANNELS]);
        assert_int_equal(p->timestamps[i / CHANNELS], d->timestamps[row]);
    }
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
    kr_free(origins);
    kr_free(wanted);
}

static void steps_are_cut_and_dates_go_on(void **state) {
    (void)state;
    kr_forecaster *model = open_model(checkpoint);
    kr_history *history = read_rows(model, data, NULL);
    kr_prediction *all = ask(model, history, ROWS - 3, NULL);
    kr_prediction *two =
        ask(model, history, ROWS - 3,
            &(kr_predict_options){.size = sizeof(kr_predict_options), .n_steps = 4});
    assert_int_equal(two->n_steps, 4);
    assert_memory_equal(two->forecast, all->forecast, 4 * CHANNELS * sizeof(double));
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) {
        assert_int_equal(isnan(all->truth[i]) != 0, i >= 2 * CHANNELS);
    }
    char date[KR_DATETIME_TEXT], wanted[KR_DATETIME_TEXT];
    for (int t = 0; t < PRED_LEN; t++) {
        kr__datetime_text(all->timestamps[t], date);
        assert_string_equal(date, date_of(ROWS - 2 + t, wanted));
    }
    assert_int_equal(kr_history_find(history, all->timestamps[0]), ROWS - 2);
    assert_int_equal(kr_history_find(history, all->timestamps[0] + 1), -1);
    assert_int_equal(kr_history_find(history, all->timestamps[PRED_LEN - 1]), -1);
    kr_prediction_destroy(all);
    kr_prediction_destroy(two);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

/* After a forecast of three workers the child of a fork has none of them. */
static void a_child_of_fork_forecasts(void **state) {
    (void)state;
    double before[PRED_LEN * CHANNELS], after[PRED_LEN * CHANNELS];
    test_workers(3);
    forecast_file(data, NULL, before);
    test_workers_begin(test_team);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        forecast_file(data, NULL, after);
        _exit(memcmp(before, after, sizeof before) == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    test_workers(0);
}

typedef struct asking {
    double forecast[PRED_LEN * CHANNELS];
    kr_team *team;
} asking;

static void *ask_again(void *arg) {
    asking *a = arg;
    kr_forecaster *model = NULL;
    kr_history *history = NULL;
    kr_prediction *p = NULL;
    const kr_history_options options = {.size = sizeof options, .gaps = "linear"};
    const kr_predict_options all = {.size = sizeof all, .n_steps = 0};
    if (kr_forecaster_open(a->team, checkpoint, &model, NULL) == KR_OK &&
        kr_history_read(model, data, &options, &history, NULL) == KR_OK) {
        const int64_t origin = history->n_rows - 1;
        for (int i = 0; i < 20; i++) {
            kr_prediction_destroy(p);
            p = NULL;
            if (kr_forecaster_predict(model, history, 1, &origin, &all, &p, NULL) != KR_OK) break;
        }
        if (p) memcpy(a->forecast, p->forecast, sizeof a->forecast);
    }
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
    return NULL;
}

/* Models in threads of a host: with one team, and with none. */
static void two_models_in_two_threads(void **state) {
    (void)state;
    static asking a[4];
    double want[PRED_LEN * CHANNELS];
    pthread_t threads[4];
    forecast_file(data, NULL, want);
    test_workers(3);
    for (int i = 0; i < 4; i++) a[i] = (asking){.team = i < 2 ? test_team : NULL};
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, ask_again, &a[i]);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) assert_memory_equal(a[i].forecast, want, sizeof want);
    test_workers(0);
}

static void threads_do_not_change_a_forecast(void **state) {
    (void)state;
    double one[PRED_LEN * CHANNELS], many[PRED_LEN * CHANNELS];
    test_workers(1);
    forecast_file(data, NULL, one);
    test_workers(3);
    forecast_file(data, NULL, many);
    test_workers(0);
    assert_memory_equal(one, many, sizeof one);
}

/* ---- rows ------------------------------------------------------------------------------- */

static void columns_come_in_any_order(void **state) {
    (void)state;
    double plain[PRED_LEN * CHANNELS], turned[PRED_LEN * CHANNELS];
    char date[KR_DATETIME_TEXT];
    forecast_file(write_rows("plain.csv", 0, 100), NULL, plain);
    FILE *file = fopen(name_file("turned.csv"), "w");
    fprintf(file, "shop, OT ,b,When,a,note\n");
    for (int i = 40; i < 100; i++) {
        fprintf(file, "north,%.17g,%.17g,%s,%.17g,\"x, y\"\n", rows[i][2], rows[i][1],
                date_of(i, date), rows[i][0]);
    }
    fclose(file);
    kr_forecaster *model = open_model(checkpoint);
    kr_history *history = NULL;
    const kr_rows_options how = {.size = sizeof how, .date_column = "when"};
    const kr_history_options options = {.size = sizeof options, .rows = &how};
    assert_int_equal(kr_history_read(model, name_file("turned.csv"), &options, &history, NULL),
                     KR_OK);
    assert_int_equal(history->n_ignored, 2);
    assert_string_equal(history->ignored[0], "shop");
    assert_string_equal(history->ignored[1], "note");
    assert_string_equal(history->date_name, "When");
    kr_prediction *p = ask(model, history, history->n_rows - 1, NULL);
    memcpy(turned, p->forecast, sizeof turned);
    assert_memory_equal(plain, turned, sizeof plain);
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

static void gaps_are_filled_when_asked(void **state) {
    (void)state;
    static const struct {
        const char *gaps;
        double filled;
    } cases[] = {{"linear", 0.5}, {"ffill", 0}};
    char date[KR_DATETIME_TEXT];
    FILE *file = fopen(name_file("gaps.csv"), "w");
    fprintf(file, "date,a,b,OT\n");
    for (int i = 0; i < 60; i++) {
        if (i == 31) continue;
        if (i == 40) {
            fprintf(file, "%s,1,,3\n", date_of(i, date));
        } else {
            fprintf(file, "%s,%d,1,2\n", date_of(i, date), i);
        }
    }
    fclose(file);
    kr_forecaster *model = open_model(checkpoint);
    for (int k = 0; k < 2; k++) {
        kr_history *h = read_rows(model, name_file("gaps.csv"), cases[k].gaps);
        assert_int_equal(h->n_rows, 60);
        assert_true(h->gaps.n_rows == 1 && h->gaps.n_cells == 1);
        assert_true(h->values[31 * CHANNELS] == 30 + 2 * cases[k].filled);
        assert_true(h->missing[31 * CHANNELS] && h->missing[40 * CHANNELS + 1]);
        assert_false(h->missing[40 * CHANNELS]);
        kr_prediction *p = ask(model, h, 37, NULL);
        assert_true(isnan(p->truth[2 * CHANNELS + 1]) && p->truth[2 * CHANNELS] == 1);
        kr_prediction_destroy(p);
        kr_history_destroy(h);
    }
    kr_forecaster_destroy(model);
}

/* Rows that arrive one by one give the bits of the file, however many have gone before. */
static void rows_may_arrive_one_by_one(void **state) {
    (void)state;
    kr_forecaster *model = open_model(checkpoint);
    kr_history *whole = read_rows(model, data, NULL), *h = NULL;
    assert_int_equal(kr_history_start(model, "rows", NULL, &h, NULL), KR_OK);
    for (int i = 0; i < 300; i++) {
        kr_error err = {0};
        if (kr_history_push(h, rows[i], whole->timestamps[i], &err)) fail_msg("%s", err.text);
        if (i != SEQ_LEN - 1 && i != 150 && i != 299) continue;
        kr_prediction *a = ask(model, h, h->n_rows - 1, NULL), *b = ask(model, whole, i, NULL);
        assert_memory_equal(a->forecast, b->forecast, PRED_LEN * CHANNELS * sizeof(double));
        assert_memory_equal(a->timestamps, b->timestamps, PRED_LEN * sizeof(int64_t));
        kr_prediction_destroy(a);
        kr_prediction_destroy(b);
    }
    assert_true(h->n_rows < 6 * SEQ_LEN); /* old rows are dropped */
    kr_history_destroy(h);
    h = read_rows(model, write_rows("start.csv", 0, 100), NULL); /* and behind those of a file */
    for (int i = 100; i < 130; i++) {
        assert_int_equal(kr_history_push(h, rows[i], whole->timestamps[i], NULL), KR_OK);
    }
    kr_prediction *a = ask(model, h, h->n_rows - 1, NULL), *b = ask(model, whole, 129, NULL);
    assert_memory_equal(a->forecast, b->forecast, PRED_LEN * CHANNELS * sizeof(double));
    kr_prediction_destroy(a);
    kr_prediction_destroy(b);
    kr_history_destroy(h);
    kr_history_destroy(whole);
    kr_forecaster_destroy(model);
}

static void refuse_push(kr_history *h, double a, int64_t timestamp, const char *sentence) {
    const double values[CHANNELS] = {a, 2, 3};
    kr_error err = {0};
    int64_t n = h->n_rows;
    assert_int_equal(kr_history_push(h, values, timestamp, &err), KR_FORMAT);
    assert_string_equal(err.text, sentence);
    assert_int_equal(h->n_rows, n);
}

static void arriving_rows_are_checked_and_filled(void **state) {
    (void)state;
    const int64_t START = 1577836800 * KR__SECOND, HOUR = KR__HOUR;
    const double values[CHANNELS] = {10, 2, 3}, gap[CHANNELS] = {(double)NAN, 2, 3};
    kr_forecaster *model = open_model(checkpoint);
    kr_history *h = NULL;
    assert_int_equal(kr_history_start(model, "rows", NULL, &h, NULL), KR_OK);
    assert_int_equal(kr_history_push(h, values, START, NULL), KR_OK);
    refuse_push(h, 1, START, "the date 2020-01-01 00:00:00 repeats");
    refuse_push(h, 1, START - HOUR, "the date 2019-12-31 23:00:00 goes back");
    refuse_push(
        h, 1, START + KR__MINUTE,
        "the date 2020-01-01 00:01:00 does not follow the row before it in steps of 1 hour");
    refuse_push(h, 1, START + 3 * HOUR,
                "2 rows are missing before this one; `gaps` linear or ffill fills them in");
    refuse_push(h, (double)NAN, START + HOUR,
                "column \"a\" is a gap (empty or NaN); `gaps` linear or ffill fills it in");
    kr_history_destroy(h);
    static const struct {
        const char *gaps;
        double between;
    } cases[] = {{"linear", 20}, {"ffill", 10}};
    for (int k = 0; k < 2; k++) {
        const kr_history_options options = {.size = sizeof options, .gaps = cases[k].gaps};
        const double last[CHANNELS] = {30, 2, 3};
        assert_int_equal(kr_history_start(model, "rows", &options, &h, NULL), KR_OK);
        refuse_push(h, (double)NAN, START,
                    "column \"a\" is a gap in the first row, where nothing can fill it");
        assert_int_equal(kr_history_push(h, values, START, NULL), KR_OK);
        assert_int_equal(kr_history_push(h, gap, START + HOUR, NULL), KR_OK);
        assert_int_equal(kr_history_push(h, last, START + 3 * HOUR, NULL), KR_OK);
        assert_int_equal(h->n_rows, 4);
        assert_true(h->values[CHANNELS] == 10 && h->missing[CHANNELS]);
        assert_true(h->values[2 * CHANNELS] == cases[k].between && h->missing[2 * CHANNELS + 2]);
        assert_int_equal(h->timestamps[2], START + 2 * HOUR);
        assert_true(h->values[3 * CHANNELS] == 30 && !h->missing[3 * CHANNELS]);
        assert_true(h->gaps.n_rows == 1 && h->gaps.n_cells == 1);
        kr_history_destroy(h);
    }
    kr_forecaster_destroy(model);
}

/* ---- intervals -------------------------------------------------------------------------- */

static void intervals_are_those_of_the_residuals(void **state) {
    (void)state;
    const double levels[] = {0.5, 0.9};
    kr_forecaster *model = open_model(rewrite("residuals.safetensors", "", 100));
    assert_int_equal(model->conformal->n_windows, 200);
    kr_history *history = read_rows(model, data, NULL);
    const kr_predict_options options = {
        .size = sizeof options, .n_steps = 2, .n_levels = 2, .levels = levels};
    kr_prediction *p = ask(model, history, ROWS - 1, &options);
    for (int k = 0; k < 2; k++) {
        float low = -1, high = 1, zero = 0;
        for (int i = 0; i < 2 * CHANNELS; i++) {
            double deviation = model->features->deviation[i % CHANNELS];
            /* the same ranks for every place, so one place tells */
            kr_conformal one = {200, 200, 1, kr__calloc(200, sizeof(float))};
            for (int j = 0; j < 200; j++) one.residuals[j] = (float)(j - 100);
            assert_int_equal(kr_conformal_bounds(&one, levels[k], 1, &zero, &low, &high, NULL),
                             KR_OK);
            kr_free(one.residuals);
            double below = p->forecast[i] - p->lower[k * 2 * CHANNELS + i];
            double above = p->upper[k * 2 * CHANNELS + i] - p->forecast[i];
            assert_true(fabs(below + (double)low * deviation) < 1e-3 * deviation);
            assert_true(fabs(above - (double)high * deviation) < 1e-3 * deviation);
        }
    }
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_error err = {0};
    assert_int_equal(kr_forecaster_check_level(model, 0.9, &err), KR_OK);
    assert_int_equal(kr_forecaster_check_level(model, 1, &err), KR_USAGE);
    assert_int_equal(kr_forecaster_check_level(model, 0.9999, &err), KR_USAGE);
    kr_forecaster_destroy(model);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const double levels[] = {0.5, 0.9};
    const int64_t origin[] = {ROWS - 50, ROWS - 1};
    const kr_predict_options options = {.size = sizeof options, .n_levels = 2, .levels = levels};
    kr_forecaster *model = open_model(rewrite("residuals.safetensors", "", 100));
    kr_history *history = read_rows(model, data, NULL);
    for (uint64_t n = 1;; n++) {
        kr_prediction *p = NULL;
        kr_error err = {.text = ""};
        const uint64_t before = kr__alloc_count();
        kr__alloc_fail_at(n);
        kr_status status = kr_forecaster_predict(model, history, 2, origin, &options, &p, &err);
        kr__alloc_fail_at(0);
        if (status == KR_OK) {
            assert_true(kr__alloc_count() - before < n); /* it is past the last */
            assert_true(n > 10);
            kr_prediction_destroy(p);
            break;
        }
        assert_int_equal(status, KR_MEMORY);
        assert_string_not_equal(err.text, "");
        assert_null(p);
    }
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

/* ---- want of memory, from a file to the forecast ----------------------------------------------
 */

enum { FEW = 64, AHEAD = 4 };

/* Hours on a clock; a gap, what is known ahead (of AHEAD hours more), a word, and of each series
 * its number and what never changes. */
static void write_lacking(const char *name, int n_series, bool is_history) {
    FILE *file = fopen(name_file(name), "w");
    assert_non_null(file);
    fprintf(file, "date,%sa,b,known,fixed,w,%sOT\n", n_series > 1 ? "id," : "",
            is_history ? "other," : "");
    for (int s = 0; s < n_series; s++) {
        for (int i = 0; i < FEW + (is_history ? AHEAD : 0); i++) {
            char date[KR_DATETIME_TEXT], id[16] = "", a[16] = "", ot[16] = "";
            if (n_series > 1) snprintf(id, sizeof id, "s%d,", s);
            if (i % 20 != 11 && i < FEW) snprintf(a, sizeof a, "%d", (7 * i + s) % 11);
            if (i < FEW) snprintf(ot, sizeof ot, "%d", (3 * i + s) % 8);
            fprintf(file, "%s+01:00,%s%s,%s,%d,%d,%s,%s%s\n", date_of(i, date), id, a,
                    i < FEW ? "2.5" : "", i % 5, s + 1, i % 3 ? "u" : "v", is_history ? "1," : "",
                    ot);
        }
    }
    assert_int_equal(fclose(file), 0);
}

typedef struct way {
    kr_forecast_config config;
    bool is_panel;
    kr_rows *rows; /* to train on */
    char history[128], kept[128];
} way;

static kr_status ask_file(void *arg, kr_error *err) {
    const way *w = arg;
    const double level = 0.5;
    const kr_predict_options options = {.size = sizeof options, .n_levels = 1, .levels = &level};
    kr_forecaster *f = NULL;
    kr_settings *settings = NULL;
    kr_history *history = NULL;
    kr_history_panel *panel = NULL;
    kr_prediction *p = NULL;
    KR_TRY(kr_forecaster_open(test_team, w->kept, &f, err));
    kr_status status = kr_forecaster_settings(f, &settings, err);
    if (status == KR_OK) {
        status = w->is_panel ? kr_history_read_panel(f, w->history, NULL, &panel, err)
                             : kr_history_read(f, w->history, NULL, &history, err);
    }
    for (int64_t i = 0; status == KR_OK && i < (panel ? panel->n : 1); i++) {
        const kr_history *from = panel ? panel->series[i] : history;
        const int64_t origin = kr_history_last_origin(from, f);
        status = kr_forecaster_predict(f, from, 1, &origin, &options, &p, err);
        kr_prediction_destroy(p);
        p = NULL;
    }
    kr_history_panel_destroy(panel);
    kr_history_destroy(history);
    kr_settings_destroy(settings);
    kr_forecaster_destroy(f);
    return status;
}

static kr_status read_file(void *arg, kr_error *err) {
    const way *w = arg;
    kr_rows *read = NULL;
    kr_status status = kr__forecast_read(test_team, &w->config, &read, err);
    kr_rows_destroy(read);
    return status;
}

static kr_status train_and_keep(void *arg, kr_error *err) {
    const way *w = arg;
    kr_forecaster *f = NULL;
    kr_forecast_result *result = NULL;
    kr_status status = kr__forecaster_create(test_team, &w->config, &f, err);
    if (status == KR_OK) status = kr_forecaster_train(f, w->rows, NULL, err);
    if (status == KR_OK && !*w->config.local_models) {
        status = kr_forecaster_score(f, NULL, &result, err);
    }
    if (status == KR_OK) status = kr_forecaster_save(f, w->kept, err);
    kr_forecast_result_destroy(result);
    kr_forecaster_destroy(f);
    return status;
}

/* Without each of two columns, which stand still or are left out of a training. */
static kr_status leave_out(const way *w, bool retrains, kr_error *err) {
    char a[] = "a", known[] = "known", *columns[] = {a, known};
    const kr_ablate_options options = {.retrains = retrains};
    kr_ablation_list list;
    kr_forecast_config config = w->config;
    snprintf(config.load, sizeof config.load, "%s", w->kept);
    kr_status status = kr__ablate(test_team, w->rows, &config, 2, columns, &options, &list, err);
    kr__ablation_list_deinit(&list);
    return status;
}
static kr_status hold_still(void *arg, kr_error *err) { return leave_out(arg, false, err); }
static kr_status train_without(void *arg, kr_error *err) { return leave_out(arg, true, err); }

/* Settings as name=text, between blanks. */
static way make_way(const char *settings, bool is_panel) {
    static const char always[] =
        "data=custom seq_len=8 label_len=0 pred_len=4 patch_len=4 "
        "d_model=4 n_heads=2 d_ff=4 d_state=2 d_core=2 e_layers=1 "
        "train_epochs=1 batch_size=8 epoch_windows=8 categories=off ";
    char text[1024], *rest = NULL;
    way w = {.is_panel = is_panel};
    kr_error err = {.text = ""};
    kr__forecast_config_init(&w.config);
    snprintf(text, sizeof text, "%s%s", always, settings);
    for (char *pair = strtok_r(text, " ", &rest); pair; pair = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(pair, '=');
        *value++ = '\0';
        if (kr__forecast_config_set(&w.config, pair, value, &err) != KR_OK)
            fail_msg("%s", err.text);
    }
    snprintf(w.config.root_path, sizeof w.config.root_path, "%s", folder);
    strcpy(w.config.data_path, is_panel ? "panel.csv" : "single.csv");
    snprintf(w.history, sizeof w.history, "%s/%s", folder,
             is_panel ? "panel_later.csv" : "single_later.csv");
    snprintf(w.kept, sizeof w.kept, "%s/kept.safetensors", folder);
    return w;
}

static void slow_every_way_may_lack_memory(void **state) {
    (void)state;
    static const struct {
        const char *settings;
        bool is_panel;
    } ways[] = {
        {"model=TimeStar gaps=model features=MS known_future=known dropout=0.2", false},
        {"model=TimeStarMamba gaps=linear drop_columns=known,w loss=Quantile", false},
        {"model=iTransformer gaps=ffill features=MS categories=onehot use_dtw=1 inverse=1 amp=1",
         false},
        {"model=RLinear gaps=linear id_column=id features=MS static_columns=fixed "
         "known_future=known",
         true},
        {"model=DLinear gaps=linear id_column=id features=S use_norm=0 moving_avg=3", true},
        {"model=NLinear gaps=linear features=S cycle=5 ema=0.9 optimizer=adamw", false},
        {"model=SeasonalNaive gaps=linear features=S season=4", false},
        {"model=RLinear gaps=linear features=M scaling=1 rotation=1 permutation=1 magwarp=1 "
         "timewarp=1 windowslice=1 windowwarp=1 augmentation_ratio=1",
         false},
        {"gaps=linear features=S local_models=Naive,Theta", false},
    };
    write_lacking("single.csv", 1, false);
    write_lacking("single_later.csv", 1, true);
    write_lacking("panel.csv", 2, false);
    write_lacking("panel_later.csv", 3, true);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        way w = make_way(ways[i].settings, ways[i].is_panel);
        kr_starve(ways[i].settings, read_file, &w);
        assert_int_equal(kr__forecast_read(test_team, &w.config, &w.rows, NULL), KR_OK);
        kr_starve(ways[i].settings, train_and_keep, &w);
        kr_starve(ways[i].settings, ask_file, &w);
        if (i == 0) kr_starve("a column stands still", hold_still, &w);
        if (i == 0) kr_starve_some("a column is left out", train_without, &w, 20);
        kr_rows_destroy(w.rows);
    }
}

/* The scores of a model that was trained like this, or of one from a file (config->load). */
static kr_metrics score_alone(const kr_forecast_config *config, const kr_rows *from) {
    kr_forecaster *f = NULL;
    kr_forecast_result *result = NULL;
    assert_int_equal(kr__forecaster_create(test_team, config, &f, NULL), KR_OK);
    assert_int_equal(kr_forecaster_prepare(f, from, NULL), KR_OK);
    kr_status status = *config->load ? kr_forecaster_load(f, config->load, NULL)
                                     : kr_forecaster_train(f, NULL, NULL, NULL);
    assert_int_equal(status, KR_OK);
    assert_int_equal(kr_forecaster_score(f, NULL, &result, NULL), KR_OK);
    kr_metrics test = result->scaled;
    kr_forecast_result_destroy(result);
    kr_forecaster_destroy(f);
    return test;
}

static void begin_row(void *arg, int64_t i, int64_t n, const char *column) {
    int64_t *seen = arg;
    assert_int_equal(i, *seen);
    assert_int_equal(n, 3);
    assert_int_equal(column == NULL, i == 0);
    ++*seen;
}

/* A column that stands still is blank, one that is left out was never there. */
static void what_a_column_is_worth(void **state) {
    (void)state;
    char a[] = " a", known[] = "known", *columns[] = {a, known};
    int64_t n_begun = 0;
    kr_ablate_options options = {.begins = begin_row, .arg = &n_begun};
    kr_ablation_list list;
    way w = make_way("model=RLinear gaps=linear features=MS known_future=known", false);
    write_lacking("single.csv", 1, false);
    assert_int_equal(kr__forecast_read(test_team, &w.config, &w.rows, NULL), KR_OK);
    assert_int_equal(train_and_keep(&w, NULL), KR_OK);
    kr_forecast_config config = w.config;
    snprintf(config.load, sizeof config.load, "%s", w.kept);
    for (int retrains = 0; retrains < 2; retrains++) {
        options.retrains = retrains;
        n_begun = 0;
        assert_int_equal(kr__ablate(test_team, w.rows, &config, 2, columns, &options, &list, NULL),
                         KR_OK);
        assert_int_equal(n_begun, 3);
        assert_int_equal(list.n, 3);
        assert_null(list.rows[0].column);
        assert_string_equal(list.rows[1].column, "a");
        assert_string_equal(list.rows[2].column, "known");
        for (int i = 0; i < 3; i++) {
            kr_forecast_config one = config;
            const char *column = list.rows[i].column;
            if (column && retrains) *one.load = '\0';
            if (column) strcpy(retrains ? one.drop_columns : one.blank_columns, column);
            if (i == 2 && retrains) *one.known_future = '\0';
            assert_true(list.rows[i].test.mse == score_alone(&one, w.rows).mse);
            assert_true(list.rows[i].validation.mse > 0 && list.rows[i].seconds >= 0);
        }
        assert_true(list.rows[0].test.mse != list.rows[2].test.mse);
        kr__ablation_list_deinit(&list);
    }
    kr_error err = {.text = ""};
    assert_int_equal(kr__ablate(test_team, w.rows, &config, 0, NULL, &options, &list, &err),
                     KR_USAGE);
    assert_non_null(strstr(err.text, "the model forecasts every column that it takes"));
    kr_rows_destroy(w.rows);
}

static void older_checkpoints_still_forecast(void **state) {
    (void)state;
    double now[PRED_LEN * CHANNELS];
    forecast_file(data, NULL, now);
    kr_forecaster *model = open_model(rewrite("old.safetensors", "marks frequency", 0));
    assert_true(model->info.has_dates && !model->info.has_frequency && !model->conformal);
    kr_history *history = read_rows(model, data, NULL);
    assert_true(history->has_frequency && history->frequency.micros == KR__HOUR);
    kr_prediction *p = ask(model, history, ROWS - 1, NULL);
    assert_memory_equal(p->forecast, now, sizeof now);
    kr_error err = {0};
    assert_int_equal(kr_forecaster_check_level(model, 0.8, &err), KR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "train the model again"));
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void refuse_model(const char *path, kr_status status, const char *part) {
    kr_error err = {0};
    kr_forecaster *model = NULL;
    assert_int_equal(kr_forecaster_open(test_team, path, &model, &err), status);
    if (!strstr(err.text, part)) fail_msg("\"%s\" lacks \"%s\"", err.text, part);
    assert_null(model);
}

static void other_files_are_refused(void **state) {
    (void)state;
    refuse_model("/no/such/file", KR_IO, "/no/such/file");
    refuse_model(data, KR_FORMAT, "wave.csv");
    refuse_model(rewrite("x.safetensors", "format", 0), KR_FORMAT,
                 "holds parameters of TimeStar, but not the settings");
    refuse_model(rewrite("x.safetensors", "config", 0), KR_FORMAT, "config is missing or damaged");
    refuse_model(rewrite("x.safetensors", "columns", 0), KR_FORMAT,
                 "the list of columns is missing or damaged");
    refuse_model(rewrite("x.safetensors", "data.mean", 0), KR_FORMAT,
                 "data.mean is missing or damaged");
    refuse_model(rewrite("x.safetensors", "en_embedding.value_embedding.weight", 0), KR_FORMAT,
                 "has no en_embedding.value_embedding.weight");
}

static void refuse_rows(const char *text, const char *sentence) {
    char expected[KR_ERROR_TEXT_SIZE];
    kr_error err = {0};
    kr_history *history = NULL;
    kr_forecaster *model = open_model(checkpoint);
    const char *path = write_text("bad.csv", text);
    kr_status status = kr_history_read(model, path, NULL, &history, &err);
    snprintf(expected, sizeof expected, "%s%s", path, sentence);
    assert_string_equal(err.text, expected);
    assert_int_equal(status, KR_FORMAT);
    assert_null(history);
    kr_forecaster_destroy(model);
}

/* A folder of files is a panel: which of its series is meant nobody knows. */
static void several_series_are_refused(void **state) {
    (void)state;
    char shops[256], file[300], expected[400];
    kr_error err = {0};
    kr_history *history = NULL;
    kr_forecaster *model = open_model(checkpoint);
    snprintf(shops, sizeof shops, "%s", name_file("shops"));
    assert_int_equal(mkdir(shops, 0700), 0);
    for (int i = 0; i < 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "shops/%d.csv", i);
        write_rows(name, 0, 100);
    }
    assert_int_equal(kr_history_read(model, shops, NULL, &history, &err), KR_SHAPE);
    snprintf(expected, sizeof expected, "%s: has rows of 2 series; forecast one at a time", shops);
    assert_string_equal(err.text, expected);
    assert_null(history);
    kr_forecaster_destroy(model);
    for (int i = 0; i < 2; i++) {
        snprintf(file, sizeof file, "%s/%d.csv", shops, i);
        assert_int_equal(unlink(file), 0);
    }
    assert_int_equal(rmdir(shops), 0);
}

static void rows_that_do_not_fit_are_refused(void **state) {
    (void)state;
    refuse_rows(
        "date,A,ot,c\n2020-01-01,1,2,3\n",
        ": lacks 3 of the 3 columns that the model was trained on: \"a\" (did you mean A?), "
        "\"b\", \"OT\" (did you mean ot?); the model needs all of them");
    refuse_rows("day,a,b,OT\n1,1,2,3\n",
                ": has no column of dates, which the model needs; name it with `date_column`");
    refuse_rows("date,a,b,OT\n2020-01-01,1,2,3\n2020-01-02,1,2,3\n2020-01-02,1,2,4\n",
                ": rows 2 and 3 are both of 2020-01-02 00:00:00 and differ; say with `repeats` "
                "first, last, mean or sum what holds");
    /* The newest row first is no fault; a step of days is. */
    refuse_rows("date,a,b,OT\n2020-01-02,1,2,3\n2020-01-01,1,2,3\n",
                ": has rows in steps of 1 day, the model was trained on steps of 1 hour; bring the "
                "data to those, or train a model on these");
    refuse_rows(
        "date,a,b,OT\n2020-01-01 00:00,1,2,3\n2020-01-01 00:15,1,2,3\n"
        "2020-01-01 00:30,1,2,3\n",
        ": has rows in steps of 15 minutes, the model was trained on steps of 1 hour; bring the "
        "data to those, or train a model on these");
}

/* Rows before the window count for nothing, also numbers that no model could be given. */
static void rows_before_the_window_may_be_anything(void **state) {
    (void)state;
    double with[PRED_LEN * CHANNELS], without[PRED_LEN * CHANNELS];
    forecast_file(write_rows("plain.csv", 0, 60), NULL, without);
    const double kept = rows[60 - SEQ_LEN - 1][1];
    rows[60 - SEQ_LEN - 1][1] = 1e200;
    forecast_file(write_rows("huge.csv", 0, 60), NULL, with);
    rows[60 - SEQ_LEN - 1][1] = kept;
    assert_memory_equal(with, without, sizeof with);
}

static void impossible_forecasts_are_refused(void **state) {
    (void)state;
    kr_forecaster *model = open_model(checkpoint);
    kr_history *h = read_rows(model, write_rows("short.csv", 0, SEQ_LEN - 1), NULL);
    kr_prediction *p = NULL;
    kr_error err = {0};
    int64_t origin = h->n_rows - 1;
    assert_int_equal(kr_forecaster_predict(model, h, 1, &origin, NULL, &p, &err), KR_SHAPE);
    assert_non_null(strstr(err.text,
                           "short.csv: has 23 rows up to where the forecast starts; the "
                           "model needs 24"));
    assert_int_equal(kr_forecaster_predict(model, h, 1, &origin,
                                           &(kr_predict_options){.size = sizeof(kr_predict_options),
                                                                 .n_steps = PRED_LEN + 1},
                                           &p, &err),
                     KR_USAGE);
    assert_non_null(strstr(err.text, "steps 7: the model forecasts 1 to 6 steps"));
    assert_null(p);
    kr_history_destroy(h);
    kr_forecaster_destroy(model);
}

/* MS: all columns in, the target out, in its own units. */
static void one_column_of_many_is_forecast(void **state) {
    (void)state;
    train("MS");
    kr_forecaster *model = open_model(checkpoint);
    assert_true(model->info.n_channels == CHANNELS && model->info.n_outputs == 1);
    kr_history *history = read_rows(model, data, NULL);
    int64_t origin = kr__dataset_window(trained->dataset, KR_SPLIT_TEST, 0).row + SEQ_LEN - 1;
    kr_prediction *p = ask(model, history, origin, NULL);
    double wanted[PRED_LEN];
    kr_forecast_result_window(trained, 0, true, wanted, NULL);
    for (int t = 0; t < PRED_LEN; t++) {
        assert_true(fabs(p->forecast[t] - wanted[t]) < 1e-4 * model->features->deviation[2]);
        assert_true(p->truth[t] == rows[origin + 1 + t][2]);
    }
    kr_prediction_destroy(p);
    kr_history_destroy(history);
    kr_forecaster_destroy(model);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_tells_what_it_needs),
        cmocka_unit_test(the_runs_forecasts_come_back),
        cmocka_unit_test(steps_are_cut_and_dates_go_on),
        cmocka_unit_test(threads_do_not_change_a_forecast),
        cmocka_unit_test(a_child_of_fork_forecasts),
        cmocka_unit_test(two_models_in_two_threads),
        cmocka_unit_test(columns_come_in_any_order),
        cmocka_unit_test(gaps_are_filled_when_asked),
        cmocka_unit_test(rows_may_arrive_one_by_one),
        cmocka_unit_test(arriving_rows_are_checked_and_filled),
        cmocka_unit_test(intervals_are_those_of_the_residuals),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(slow_every_way_may_lack_memory),
        cmocka_unit_test(what_a_column_is_worth),
        cmocka_unit_test(older_checkpoints_still_forecast),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(only_reading_is_taken_over),
        cmocka_unit_test(several_series_are_refused),
        cmocka_unit_test(rows_that_do_not_fit_are_refused),
        cmocka_unit_test(rows_before_the_window_may_be_anything),
        cmocka_unit_test(impossible_forecasts_are_refused),
        cmocka_unit_test(one_column_of_many_is_forecast),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
