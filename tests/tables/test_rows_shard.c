/* SPDX-License-Identifier: MIT
 * test_rows_shard.c - parts of a table: every series in one, as it is in the whole, wherever it is
 * in the file. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/starve.h"
#include "tables/rows_internal.h"

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/krait-shard-XXXXXX");
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

static kr_rows *read_part(const char *path, const char *id, const char *shard) {
    const kr_rows_options options = {
        .size = sizeof options, .id_column = id, .keeps_gaps = true, .shard = shard};
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    if (kr_rows_read(path, &options, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    return rows;
}

static void refuse(const char *path, const kr_rows_options *options, const char *sentence) {
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_rows_read(path, options, &rows, &err), KR_USAGE);
    assert_string_equal(err.text, sentence);
    assert_null(rows);
}

/* Series of one, two, .. rows; of the longest days only are told, the first has a Sunday. */
enum { SERIES = 9 };
static const char *const names[SERIES] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};

static void write_panel(const char *path, bool is_turned) {
    char text[8192];
    size_t n = (size_t)sprintf(text, "shop,day,x,y\n");
    for (int k = 0; k < SERIES; k++) {
        int i = is_turned ? SERIES - 1 - k : k;
        for (int t = 0; t <= i; t++) {
            n += (size_t)sprintf(text + n, "%s,2024-01-%02d,%d,%d\n", names[i], t + 1, 100 * i + t,
                                 -i);
        }
    }
    write_text(path, text);
}

/* Series i of the part is the one of this name in the whole. */
static void compare_series(const kr_rows *part, int64_t i, const kr_rows *whole) {
    int64_t place = part->whole->places[i];
    assert_string_equal(part->series[i], whole->series[place]);
    int64_t from = whole->start[place], n = whole->start[place + 1] - from, to = part->start[i];
    assert_int_equal(part->start[i + 1] - to, n);
    assert_memory_equal(part->values + to * 2, whole->values + from * 2,
                        (size_t)n * 2 * sizeof(double));
    assert_memory_equal(part->dates + to, whole->dates + from, (size_t)n * sizeof(int64_t));
}

/* Together they are the whole; returns how many had none. */
static int compare_parts(const char *path, const char *id, int n_parts, const kr_rows *whole) {
    int64_t n = 0;
    int n_empty = 0;
    for (int i = 1; i <= n_parts; i++) {
        char shard[24];
        snprintf(shard, sizeof shard, "%d/%d", i, n_parts);
        kr_rows *part = read_part(path, id, shard);
        bool is_empty = kr_rows_series_count(part) == 0;
        assert_int_equal(kr__rows_refuse_none(part, NULL), is_empty ? KR_SHAPE : KR_OK);
        n_empty += is_empty;
        assert_int_equal(kr_rows_count(part), part->start[part->n_series]);
        assert_int_equal(part->whole->n, whole->n_series);
        assert_int_equal(part->whole->shard.i, i);
        for (int64_t k = 0; k < part->n_series; k++) compare_series(part, k, whole);
        n += part->n_series;
        kr_rows_destroy(part);
    }
    assert_int_equal(n, whole->n_series);
    return n_empty;
}

static void parts_are_the_whole(void **state) {
    (void)state;
    write_panel("panel.csv", false);
    kr_rows *whole = read_part("panel.csv", "shop", NULL);
    assert_null(whole->whole);
    assert_int_equal(compare_parts("panel.csv", "shop", 1, whole), 0);
    assert_int_equal(compare_parts("panel.csv", "shop", 2, whole), 0);
    assert_true(compare_parts("panel.csv", "shop", 40, whole) >= 40 - SERIES);
    kr_rows_destroy(whole);
}

/* Also in a folder, where a file's name is a series'. */
static void files_are_series(void **state) {
    (void)state;
    assert_int_equal(mkdir("files", 0755), 0);
    for (int i = 0; i < SERIES; i++) {
        char path[24], text[96];
        snprintf(path, sizeof path, "files/%s.csv", names[i]);
        snprintf(text, sizeof text, "day,x,y\n2024-01-01,%d,1\n2024-01-02,2,3\n", i);
        write_text(path, text);
    }
    kr_rows *whole = read_part("files", NULL, "");
    compare_parts("files", NULL, 3, whole);
    kr_rows_destroy(whole);
}

static void order_decides_nothing(void **state) {
    (void)state;
    write_panel("panel.csv", false);
    write_panel("turned.csv", true);
    kr_rows *a = read_part("panel.csv", "shop", "1/2"), *b = read_part("turned.csv", "shop", "1/2");
    assert_int_equal(a->n_series, b->n_series);
    assert_true(a->n_series > 0 && a->n_series < SERIES);
    for (int64_t i = 0; i < a->n_series; i++) {
        assert_string_equal(a->series[i], b->series[b->n_series - 1 - i]);
    }
    assert_true(a->whole->fingerprint != b->whole->fingerprint);
    kr_rows_destroy(b);
    b = read_part("panel.csv", "shop", "2/2");
    assert_true(a->whole->fingerprint == b->whole->fingerprint);
    kr_rows_destroy(a);
    kr_rows_destroy(b);
}

/* The longest series, i, tells the step, also where another part has it. */
static void the_step_is_that_of_the_whole(void **state) {
    (void)state;
    write_text("step.csv",
               "s,day,x\na,2024-01-01,1\na,2024-01-03,2\na,2024-01-05,2\nb,2024-01-01,1\n"
               "b,2024-01-03,1\ni,2024-01-01,1\ni,2024-01-02,2\ni,2024-01-03,3\n"
               "i,2024-01-04,3\n");
    int n = 0;
    for (int i = 1; i <= 5; i++) {
        char shard[8];
        snprintf(shard, sizeof shard, "%d/5", i);
        kr_rows *part = read_part("step.csv", "s", shard);
        kr_frequency step;
        bool has = false;
        assert_int_equal(kr__rows_step(part, &has, &step, NULL), KR_OK);
        assert_true(has);
        assert_int_equal(step.micros, INT64_C(86400000000));
        n += part->n_series > 0;
        kr_rows_destroy(part);
    }
    assert_true(n > 1);
    /* And where it has none, no part has. */
    write_text("none.csv",
               "s,time,x\na,2024-01-01 00:00:00,1\na,2024-01-01 01:00:00,2\n"
               "i,2024-01-01 00:00:00,1\ni,2024-01-01 00:01:01,2\n"
               "i,2024-01-01 00:03:20,3\ni,2024-01-01 00:16:41,3\n"
               "i,2024-01-01 01:06:43,3\n");
    for (int i = 1; i <= 2; i++) {
        kr_rows *part = read_part("none.csv", "s", i == 1 ? "1/2" : "2/2");
        kr_error err = {.text = ""};
        kr_frequency step;
        bool has = true;
        assert_int_equal(kr__rows_step(part, &has, &step, &err), KR_FORMAT);
        assert_non_null(strstr(err.text, "series \"i\""));
        assert_false(has);
        kr_rows_destroy(part);
    }
}

static void columns_are_shared_out(void **state) {
    (void)state;
    static const char *const needed[] = {"price"};
    int64_t n = 0;
    write_text("wide.csv", "day,a,b,price,c,d\n2024-01-01,1,2,3,4,5\n2024-01-02,6,7,8,9,10\n");
    for (int i = 1; i <= 7; i++) {
        char shard[8];
        snprintf(shard, sizeof shard, "%d/7", i);
        const kr_rows_options options = {
            .size = sizeof options, .needed = needed, .n_needed = 1, .shard = shard};
        kr_rows *part = NULL;
        assert_int_equal(kr_rows_read("wide.csv", &options, &part, NULL), KR_OK);
        assert_true(part->whole->by_columns && part->whole->n == 4);
        for (int64_t c = 0; c < part->n_columns && part->n_series > 0; c++) {
            int64_t place = part->whole->places[c];
            bool is_price = strcmp(part->columns[c], "price") == 0;
            assert_int_equal(is_price, place < 0);
            if (is_price) continue;
            assert_int_equal(part->columns[c][0], 'a' + place);
            n++;
        }
        assert_int_equal(part->n_rows, part->n_series > 0 ? 2 : 0);
        kr_rows_destroy(part);
    }
    assert_int_equal(n, 4);
}

static void what_cannot_be_shared_out_is_refused(void **state) {
    (void)state;
    static const char *const wanted[] = {"a"};
    write_text("wide.csv", "day,a,b\n2024-01-01,1,2\n2024-01-02,6,7\n");
    kr_rows_options options = {.size = sizeof options, .shard = "3/2"};
    refuse("wide.csv", &options, "`shard` 3/2: the parts are 1/2 to 2/2");
    refuse("nowhere.csv", &options, "`shard` 3/2: the parts are 1/2 to 2/2");
    options.shard = "1/2";
    options.columns = wanted;
    options.n_columns = 1;
    refuse("wide.csv", &options,
           "`shard`: wide.csv is one series, and the model needs all its columns; leave it out");
}

static kr_status read_any(void *arg, kr_error *err) {
    const kr_rows_options *options = arg;
    kr_rows *rows = NULL;
    kr_status status =
        kr_rows_read(options->id_column ? "panel.csv" : "wide.csv", options, &rows, err);
    assert_int_equal(status == KR_OK, rows != NULL);
    kr_rows_destroy(rows);
    return status;
}

static void want_of_memory_is_said(void **state) {
    (void)state;
    write_panel("panel.csv", false);
    write_text("wide.csv", "day,a,b\n2024-01-01,1,2\n2024-01-02,6,7\n");
    kr_rows_options options = {.size = sizeof options, .id_column = "shop", .shard = "1/2"};
    kr_starve("a shard", read_any, &options);
    options.id_column = NULL;
    kr_starve("a shard", read_any, &options);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_the_whole),
        cmocka_unit_test(files_are_series),
        cmocka_unit_test(order_decides_nothing),
        cmocka_unit_test(the_step_is_that_of_the_whole),
        cmocka_unit_test(columns_are_shared_out),
        cmocka_unit_test(what_cannot_be_shared_out_is_refused),
        cmocka_unit_test(want_of_memory_is_said),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
