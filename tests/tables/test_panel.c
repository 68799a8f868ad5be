/* SPDX-License-Identifier: MIT
 * test_panel.c - data sets with gaps, with columns that are known ahead or static, of several
 * series. */
#define _GNU_SOURCE
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
#include "forecast/dataset.h"
#include "support/starve.h"
#include "support/workers.h"
#include "tables/date_format.h"

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/krait-panel-XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static void write_text(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static kr_dataset_config make_config(const char *path) {
    return (kr_dataset_config){.loader = "custom",
                               .path = path,
                               .features = "M",
                               .target = "",
                               .freq = "h",
                               .is_timef = true,
                               .seq_len = 3,
                               .pred_len = 2};
}

static kr_dataset *open_or_fail(const kr_dataset_config *config) {
    kr_dataset *d = NULL;
    kr_error err = {.text = ""};
    if (kr__dataset_open(test_team, config, &d, &err) != KR_OK) fail_msg("%s", err.text);
    return d;
}

static void refuse(const kr_dataset_config *config, kr_status status, const char *sentence) {
    kr_error err = {.text = ""};
    kr_dataset *d = NULL;
    kr_status got = kr__dataset_open(test_team, config, &d, &err);
    assert_string_equal(err.text, sentence);
    assert_int_equal(got, status);
    assert_null(d);
}

static char last_note[512];
static void keep_note(void *arg, kr_log_level level, const char *line) {
    (void)arg;
    (void)level;
    snprintf(last_note, sizeof last_note, "%s", line);
}

static double original(const kr_dataset *d, int64_t series, int64_t row, int64_t channel) {
    int64_t c = series * d->n_channels + channel;
    return d->data64[row * d->n_channels + channel] * d->deviation[c] + d->mean[c];
}

/* ---- gaps ------------------------------------------------------------------------------- */

/* 40 hours of a = hour, b = 2 hour, without hour 5 and without b in hour 30. */
static void write_gaps(void) {
    FILE *f = fopen("gaps.csv", "w");
    assert_non_null(f);
    fprintf(f, "date,a,b\n");
    for (int i = 0; i < 40; i++) {
        if (i == 5) continue;
        fprintf(f, "2020-01-%02d %02d:00:00,%d,", 1 + i / 24, i % 24, i);
        if (i != 30) fprintf(f, "%d", 2 * i);
        fprintf(f, "\n");
    }
    fclose(f);
}

static void gaps_are_filled_and_known(void **state) {
    (void)state;
    write_gaps();
    kr_dataset_config config = make_config("gaps.csv");
    config.gaps = "linear";
    test_workers_heard(1, keep_note, NULL);
    kr_dataset *d = open_or_fail(&config);
    test_workers(0);
    assert_string_equal(last_note,
                        "gaps.csv: 1 missing row and 1 empty cell filled (`gaps` linear), the "
                        "longest gap 1 row; as targets they are ignored");
    assert_int_equal(d->n_rows, 40);
    assert_int_equal(d->gaps.n_rows, 1);
    assert_int_equal(d->gaps.n_cells, 1);
    assert_true(d->has_frequency && d->frequency.micros == KR__HOUR);
    for (int64_t row = 0; row < 40; row++) {
        for (int64_t c = 0; c < 2; c++) {
            assert_true(fabs(original(d, 0, row, c) - (double)((c + 1) * row)) < 1e-9);
            assert_int_equal(d->missing[2 * row + c], row == 5 || (row == 30 && c == 1));
        }
    }
    assert_int_equal(d->n_marks, 4);
    kr__dataset_destroy(d);
    config.gaps = "model";
    d = open_or_fail(&config);
    assert_int_equal(d->n_marks, 4 + 2);
    for (int64_t i = 0; i < 80; i++) {
        assert_true(d->marks[i / 2 * 6 + 4 + i % 2] == (float)d->missing[i]);
    }
    kr__dataset_destroy(d);
}

static void gaps_are_refused_or_noted(void **state) {
    (void)state;
    write_gaps();
    kr_dataset_config config = make_config("gaps.csv");
    refuse(&config, KR_FORMAT,
           "gaps.csv:31: column \"b\": is a gap (empty or NaN), the first of 1 in the file; fill "
           "them in "
           "first (krait run, fit and predict: `gaps` linear)");
    write_text(
        "hole.csv",
        "date,a\n2020-01-01 00:00,1\n2020-01-01 01:00,1\n2020-01-01 02:00,3\n2020-01-01 04:00,4\n"
        "2020-01-01 05:00,5\n2020-01-01 06:00,6\n2020-01-01 07:00,7\n2020-01-01 08:00,8\n"
        "2020-01-01 09:00,9\n2020-01-01 10:00,1\n");
    config = make_config("hole.csv");
    test_workers_heard(1, keep_note, NULL);
    kr_dataset *d = open_or_fail(&config);
    test_workers(0);
    assert_int_equal(d->n_rows, 10);
    assert_null(d->missing);
    kr__dataset_destroy(d);
}

/* ---- columns ---------------------------------------------------------------------------- */

static void known_columns_come_first(void **state) {
    (void)state;
    write_gaps();
    kr_dataset_config config = make_config("gaps.csv");
    config.gaps = "ffill";
    config.known_future = " b ";
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_future, 1);
    assert_int_equal(d->n_channels, 2);
    assert_string_equal(d->names[0], "b");
    assert_string_equal(d->names[1], "a");
    kr__dataset_destroy(d);
    config.known_future = "a,b";
    refuse(&config, KR_USAGE,
           "gaps.csv: no column is left to be forecast; name fewer in `known_future`, "
           "`static_columns` and `drop_columns`");
    config.known_future = "c";
    refuse(&config, KR_USAGE,
           "gaps.csv: has no column \"c\" to be known ahead; set `known_future` to some of: a, b");
    config.known_future = "a";
    config.target = "a";
    config.features = "MS";
    refuse(&config, KR_USAGE,
           "`known_future`: \"a\" is the target, which is forecast; leave one of them out");
}

/* ---- several series --------------------------------------------------------------------- */

/* Rows of x (x = hour) and of y (x = 100 + 2 hour) take turns; z is short. */
static void write_long(void) {
    FILE *f = fopen("long.csv", "w");
    assert_non_null(f);
    fprintf(f, "shop,date,v,size\n");
    for (int i = 0; i < 48; i++) {
        fprintf(f, "x,2020-01-%02d %02d:00,%d,3\n", 1 + i / 24, i % 24, i);
        if (i < 30)
            fprintf(f, "\"y, two\",2021-01-%02d %02d:00,%d,5\n", 1 + i / 24, i % 24, 100 + 2 * i);
        if (i < 4) fprintf(f, "z,2020-01-01 %02d:00,%d,9\n", i, i);
    }
    fclose(f);
}

static void rows_of_ids_become_series(void **state) {
    (void)state;
    write_long();
    kr_dataset_config config = make_config("long.csv");
    config.id_column = "shop";
    config.static_columns = "size";
    test_workers_heard(1, keep_note, NULL);
    kr_dataset *d = open_or_fail(&config);
    test_workers(0);
    assert_string_equal(
        last_note,
        "long.csv: 1 of 3 series have too few rows for seq_len 3 and pred_len 2 and "
        "are left out: z");
    assert_int_equal(d->n_series, 2);
    assert_string_equal(d->series_names[1], "y, two");
    assert_int_equal(d->n_rows, 48 + 30);
    assert_int_equal(d->n_channels, 1);
    for (int64_t i = 0; i < 48; i++) assert_true(fabs(original(d, 0, i, 0) - (double)i) < 1e-9);
    for (int64_t i = 0; i < 30; i++) {
        assert_true(fabs(original(d, 1, 48 + i, 0) - (double)(100 + 2 * i)) < 1e-9);
    }
    assert_true(fabs((double)d->data[50] * d->deviation[1] + d->mean[1] - 104) < 1e-4);
    /* 3 and 5 are one deviation from their mean. */
    assert_int_equal(d->n_marks, 5);
    assert_true(d->marks64[4] == -1 && d->marks64[5 * 48 + 4] == 1);
    for (int split = 0; split < KR_SPLITS; split++) {
        int64_t n = kr__dataset_window_count(d, (kr_split)split);
        for (int64_t w = 0; w < n; w++) {
            kr_window_place at = kr__dataset_window(d, (kr_split)split, w);
            const kr_series_span *span = &d->spans[at.series];
            assert_true(at.row >= span->row && at.row + 5 <= span->row + span->n_rows);
        }
    }
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TRAIN), 33 - 4 + 21 - 4);
    kr__dataset_destroy(d);
}

/* The longest series says that there are rows on work days; the other opens Saturdays. */
static void calendar_of_a_panel(void **state) {
    (void)state;
    FILE *f = fopen("shops.csv", "w");
    char date[KR_DATETIME_TEXT], step[KR_FREQUENCY_TEXT];
    assert_non_null(f);
    fprintf(f, "shop,date,v\n");
    for (int day = 0; day < 27; day++) { /* from Monday, 2024-01-08 */
        if (day % 7 == 6) continue;
        fprintf(f, "y,%s,%d\n", kr__datetime_text((19730 + day) * KR__DAY, date), day);
    }
    for (int day = 0; day < 70; day++) { /* from Monday, 2024-01-01 */
        if (day % 7 > 4) continue;
        fprintf(f, "x,%s,%d\n", kr__datetime_text((19723 + day) * KR__DAY, date), day);
    }
    fclose(f);
    kr_dataset_config config = make_config("shops.csv");
    config.id_column = "shop";
    config.freq = "d";
    config.gaps = "linear";
    test_workers_heard(1, keep_note, NULL);
    kr_dataset *d = open_or_fail(&config);
    test_workers(0);
    assert_string_equal(kr_frequency_text(&d->frequency, step), "1d/mon-sat");
    assert_int_equal(d->n_rows, 24 + 59);
    assert_string_equal(last_note,
                        "shops.csv: 9 of 83 rows (11 %) were filled: the dates follow steps of 1 "
                        "day, Monday to Saturday, with holidays");
    assert_true(fabs(original(d, 1, 24 + 5, 0) - 5.5) < 1e-9); /* between Friday and Monday */
    kr__dataset_destroy(d);
}

static kr_status open_set(void *arg, kr_error *err) {
    kr_dataset *d = NULL;
    kr_status status = kr__dataset_open(test_team, arg, &d, err);
    assert_int_equal(d != NULL, status == KR_OK);
    kr__dataset_destroy(d);
    return status;
}

/* Want of memory is no reason to go on without the step that is in the dates. */
static void steps_without_memory(void **state) {
    (void)state;
    FILE *f = fopen("hours.csv", "w");
    char date[KR_DATETIME_TEXT];
    assert_non_null(f);
    fprintf(f, "date,v\n");
    for (int i = 0; i < 60; i++) { /* five of each day */
        int64_t at = (19723 + i / 5) * KR__DAY + (9 + 2 * (i % 5) + i % 5 / 3) * KR__HOUR;
        fprintf(f, "%s,%d\n", kr__datetime_text(at, date), i % 7);
    }
    fclose(f);
    kr_dataset_config config = make_config("hours.csv");
    kr_dataset *d = open_or_fail(&config);
    assert_true(d->has_frequency && kr_frequency_season(&d->frequency) == 5);
    kr__dataset_destroy(d);
    kr_starve("open hours", open_set, &config);
}

/* Rows that move up when a series before them is left out: values, dates, and what was filled. */
static void series_behind_a_short_one_keep_their_rows(void **state) {
    (void)state;
    enum { N = 20 };
    FILE *f = fopen("short_first.csv", "w");
    assert_non_null(f);
    fprintf(f, "id,date,v,w\na,2020-01-01 00:00,1,2\na,2020-01-01 01:00,1,2\n");
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < N; i++) {
            char v[16] = "", w[16] = "";
            if (k != 1 || i != 7) snprintf(v, sizeof v, "%d", 100 * k + i);
            if (k != 0 || i != 5) snprintf(w, sizeof w, "%d", -i);
            fprintf(f, "%c,202%d-01-01 %02d:00,%s,%s\n", "bc"[k], k + 1, i, v, w);
        }
    }
    fclose(f);
    kr_dataset_config config = make_config("short_first.csv");
    config.id_column = "id";
    config.gaps = "linear";
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_series, 2);
    assert_int_equal(d->n_rows, 2 * N);
    for (int64_t i = 0; i < 2 * N; i++) {
        int64_t series = i / N, hour = i % N, day[2];
        assert_true(kr__date_parse("2021-01-01", 10, &day[0]));
        assert_true(kr__date_parse("2022-01-01", 10, &day[1]));
        assert_int_equal(d->timestamps[i], day[series] + KR__HOUR * hour);
        assert_true(fabs(original(d, series, i, 0) - (double)(100 * series + hour)) < 1e-9);
        assert_true(fabs(original(d, series, i, 1) + (double)hour) < 1e-9);
        assert_int_equal(d->missing[2 * i], series == 1 && hour == 7);
        assert_int_equal(d->missing[2 * i + 1], series == 0 && hour == 5);
    }
    kr__dataset_destroy(d);
}

static void panels_refused(void **state) {
    (void)state;
    write_long();
    kr_dataset_config config = make_config("long.csv");
    config.id_column = "stop";
    refuse(&config, KR_USAGE,
           "long.csv:1: has no column \"stop\" to tell the series apart (did you mean shop?); name "
           "the "
           "column of their names with `id_column`");
    config.id_column = "shop";
    config.static_columns = "v";
    refuse(&config, KR_FORMAT,
           "long.csv: `static_columns`: column \"v\" changes in row 2 of series \"x\"; a static "
           "column has one value per series");
    config.static_columns = "";
    config.seq_len = 60;
    refuse(
        &config, KR_SHAPE,
        "long.csv: all of its 3 series (x, y, two, z) are shorter than the 66 rows that seq_len 60 "
        "and pred_len 2 take; use smaller `seq_len` and `pred_len`");
    write_text("back.csv", "id,date,v\na,2020-01-02,1\nb,2020-01-01,2\na,2020-01-02,3\n");
    config = make_config("back.csv");
    config.id_column = "id";
    refuse(&config, KR_FORMAT,
           "back.csv: rows 1 and 3 of series \"a\" are both of 2020-01-02 00:00:00 and differ; say "
           "with "
           "`repeats` first, last, mean or sum what holds");
    write_text("empty_id.csv", "id,date,v\na,2020-01-02,1\n,2020-01-03,2\n");
    config.path = "empty_id.csv";
    refuse(&config, KR_FORMAT,
           "empty_id.csv:3: column \"id\": is empty; every row needs the name of its series");
}

static void files_of_a_folder_are_series(void **state) {
    (void)state;
    assert_int_equal(kr__make_folders("shops", NULL), KR_OK);
    char text[2][2048] = {"date,v,w\n", "date,w,v\n"};
    for (int i = 0; i < 20; i++) {
        for (int k = 0; k < 2; k++) {
            size_t n = strlen(text[k]);
            snprintf(text[k] + n, sizeof text[k] - n, "2020-01-01 %02d:00,%d,%d\n", i,
                     k == 0 ? i : 7 * i, k == 0 ? 7 * i : i);
        }
    }
    write_text("shops/one.csv", text[0]);
    write_text("shops/two.csv", text[1]);
    write_text("shops/readme.txt", "no series");
    kr_dataset_config config = make_config("shops");
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_series, 2);
    assert_string_equal(d->series_names[0], "one");
    for (int64_t i = 0; i < 20; i++) {
        assert_true(fabs(original(d, 0, i, 1) - original(d, 1, 20 + i, 1)) < 1e-9);
    }
    kr__dataset_destroy(d);
    write_text("shops/three.csv", "date,v\n2020-01-01,1\n");
    refuse(
        &config, KR_FORMAT,
        "shops/three.csv: has no column \"w\", which one.csv has; all series of a panel need the "
        "same columns");
    write_text("shops/three.csv", "v,w\n1,2\n");
    refuse(
        &config, KR_FORMAT,
        "shops/three.csv: has no column of dates, and one.csv has one; all series of a panel need "
        "the same columns");
    assert_int_equal(kr__make_folders("none", NULL), KR_OK);
    config.path = "none";
    refuse(
        &config, KR_IO,
        "none: is a folder without a .csv file; name a file, or a folder that holds one for each "
        "series");
}

static void every_allocation_of_a_folder_may_fail(void **state) {
    (void)state;
    assert_int_equal(kr__make_folders("pair", NULL), KR_OK);
    char text[2048] = "date,v,w\n";
    for (int i = 0; i < 20; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "2020-01-01 %02d:00,%d,%d\n", i, i, 7 * i);
    }
    write_text("pair/one.csv", text);
    write_text("pair/two.csv", text);
    kr_dataset_config config = make_config("pair");
    kr_starve("a folder", open_set, &config);
}

static void ragged_lines_of_m4(void **state) {
    (void)state;
    write_text("Hourly-train.csv",
               "\"V1\",\"V2\",\"V3\"\n\"H1\",\"1\",\"2\",\"3\",\"4\",5,6,7,8,9\n"
               "\"H2\",10,20,30,40,50,60,70,,\nH3,1,2\n");
    write_text("Hourly-test.csv", "\"V1\",\"V2\",\"V3\"\nH2,80,90\nH1,10,11\nH3,3,4\n");
    kr_dataset_config config = make_config(".");
    config.loader = "m4";
    config.seasonal_patterns = "Hourly";
    kr_dataset *d = open_or_fail(&config);
    assert_int_equal(d->n_series, 2);
    assert_int_equal(d->n_rows, 11 + 9);
    assert_int_equal(kr__dataset_window_count(d, KR_SPLIT_TEST), 2);
    assert_true(fabs(original(d, 0, 10, 0) - 11) < 1e-9);
    assert_true(fabs(original(d, 1, 11 + 8, 0) - 90) < 1e-9);
    assert_int_equal(kr__dataset_window(d, KR_SPLIT_TEST, 1).row, 11 + 9 - 5);
    kr__dataset_destroy(d);
    kr_starve("m4", open_set, &config);
    config.pred_len = 3;
    refuse(&config, KR_SHAPE,
           ".: series \"H1\" has 2 values to test on, fewer than `pred_len` 3; use a smaller one");
    config.pred_len = 2;
    write_text("Hourly-test.csv", "V1,V2\nH2,80,90\nH1,10,11\n");
    refuse(&config, KR_FORMAT,
           "Hourly-test.csv: has no series \"H3\", which Hourly-train.csv has; both files need "
           "the "
           "same series");
    write_text("Hourly-test.csv", "V1,V2\nH2,80,x\n");
    refuse(&config, KR_FORMAT, "Hourly-test.csv:2: value 2: \"x\" is not a number");
    config.seasonal_patterns = "Daily";
    refuse(&config, KR_IO, "Daily-train.csv: no such file; check the path");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_filled_and_known),
        cmocka_unit_test(gaps_are_refused_or_noted),
        cmocka_unit_test(known_columns_come_first),
        cmocka_unit_test(rows_of_ids_become_series),
        cmocka_unit_test(calendar_of_a_panel),
        cmocka_unit_test(steps_without_memory),
        cmocka_unit_test(series_behind_a_short_one_keep_their_rows),
        cmocka_unit_test(panels_refused),
        cmocka_unit_test(files_of_a_folder_are_series),
        cmocka_unit_test(every_allocation_of_a_folder_may_fail),
        cmocka_unit_test(ragged_lines_of_m4),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
