/* SPDX-License-Identifier: MIT
 * test_series.c - a series out of every kind of file, and what is refused. */
#define _XOPEN_SOURCE 700 /* symlink */
#include <kr/files.h>
#include <kr/series.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "support/starve.h"

static void the_folder_of_the_original(void **state) {
    (void)state;
    kr_series *s;
    assert_int_equal(kr_series_open(KR_GOLDEN_DIR "/synth/data", &s, NULL), KR_OK);
    assert_int_equal(kr_series_n_steps(s), 1200);
    assert_int_equal(kr_series_n_features(s), 20);
    assert_int_equal(kr_series_states(s)[0], 0);
    assert_true(kr_series_n_states(s) > 1 && kr_series_n_states(s) <= 10);
    kr_series_destroy(s);
}

static void other_files(void **state) {
    (void)state;
    kr_series *s;
    assert_int_equal(kr_series_open(KR_GOLDEN_DIR "/synth/npy/f64_c.npy", &s, NULL), KR_OK);
    assert_int_equal(kr_series_n_steps(s), 7);
    assert_int_equal(kr_series_n_features(s), 5);
    assert_true(kr_series_values(s)[12] == 22.5f && !kr_series_states(s));
    kr_series_destroy(s);
    assert_int_equal(kr_series_open(KR_DATA_DIR "/national_illness.csv", &s, NULL), KR_OK);
    assert_int_equal(kr_series_n_steps(s), 966);
    assert_int_equal(kr_series_n_features(s), 7);
    kr_series_destroy(s);
}

static void numbers_in_double_and_states_by_name(void **state) {
    (void)state;
    const char *path = "series_named.csv", *text = "a,kind,b\n0.1,2,5\n0.2,0,6\n";
    kr_series *s = NULL;
    kr_error err;
    assert_int_equal(kr__file_write(path, text, strlen(text), NULL), KR_OK);
    kr_series_options options = {.size = sizeof options, .states = "kind", .is_exact = true};
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_true(!kr_series_values(s) && kr_series_n_features(s) == 2);
    assert_true(kr_series_exact(s)[0] == 0.1 && kr_series_exact(s)[1] == 5 &&
                kr_series_exact(s)[2] == 0.2);
    assert_true(kr_series_states(s)[0] == 2 && kr_series_states(s)[1] == 0 &&
                kr_series_n_states(s) == 3 && !kr_series_periods(s, NULL));
    kr_series_destroy(s);
    s = NULL;
    options.states = "sort";
    assert_int_equal(kr_series_open_as(path, &options, &s, &err), KR_USAGE);
    assert_string_equal(
        err.text, "series_named.csv: there is no column \"sort\" beside other columns of numbers");
    options.states = "b";
    options.is_exact = false;
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_true(kr_series_values(s)[0] == 0.1f && !kr_series_exact(s) &&
                kr_series_states(s)[1] == 6);
    kr_series_destroy(s);
    remove(path);
    s = NULL;
    options = (kr_series_options){.size = sizeof options, .states = "kind"};
    assert_int_equal(kr_series_open_as(KR_GOLDEN_DIR "/synth/npy/f64_c.npy", &options, &s, &err),
                     KR_USAGE);
    options.states = "none";
    assert_int_equal(kr_series_open_as(KR_GOLDEN_DIR "/synth/data", &options, &s, &err), KR_FORMAT);
    assert_null(s);
    options = (kr_series_options){.size = sizeof options, .is_exact = true};
    assert_int_equal(kr_series_open_as(KR_GOLDEN_DIR "/synth/data", &options, &s, NULL), KR_OK);
    assert_true(kr_series_n_states(s) == 10 && kr_series_periods(s, NULL)[0] == 40 &&
                kr_series_periods(s, NULL)[9] == 400);
    kr_series_destroy(s);
}

/* Numbers of rows are no feature, but classes if they are asked for. */
static void a_column_that_counts(void **state) {
    (void)state;
    const char *path = "series_counts.csv";
    char text[400];
    kr_series *s = NULL;
    size_t n = (size_t)sprintf(text, "row,a\n");
    for (int i = 0; i < 30; i++) n += (size_t)sprintf(text + n, "%d,%d\n", i, i / 2);
    assert_int_equal(kr__file_write(path, text, n, NULL), KR_OK);
    kr_series_options options = {.size = sizeof options};
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_true(kr_series_n_features(s) == 1 && kr_series_values(s)[29] == 14 &&
                !kr_series_states(s));
    kr_series_destroy(s);
    options.states = "row";
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_true(kr_series_n_features(s) == 1 && kr_series_n_states(s) == 30);
    kr_series_destroy(s);
    remove(path);
}

/* How a table is read can be said; steps come in order of time, points as they stand in the file.
 */
static void tables_as_they_are_told(void **state) {
    (void)state;
    const char *path = "series_told.csv";
    const char *text =
        "when;a;states;b\n03.04.2020;1,5;0;8\n02.04.2020;2,5;1;7\n02.04.2020;2,5;1;7\n";
    const char *apart = "when,a\n2020-04-02,1\n2020-04-02,2\n";
    kr_series *s = NULL;
    kr_error err;
    kr_rows_options rows = {.size = sizeof rows, .date_format = "dmy"};
    kr_series_options options = {.size = sizeof options, .rows = &rows};
    assert_int_equal(kr__file_write(path, text, strlen(text), NULL), KR_OK);
    assert_int_equal(kr_series_open_as(path, &options, &s, &err), KR_OK);
    assert_int_equal(kr_series_n_steps(s), 2); /* a row that repeats another is dropped */
    assert_true(kr_series_values(s)[0] == 2.5f && kr_series_values(s)[3] == 8);
    assert_true(kr_series_states(s)[0] == 1 && kr_series_states(s)[1] == 0);
    assert_string_equal(kr_series_name(s, 0), "a");
    assert_string_equal(kr_series_name(s, 1), "b");
    kr_series_destroy(s);
    options.is_points = true;
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_int_equal(kr_series_n_steps(s), 3);
    assert_true(kr_series_values(s)[0] == 1.5f && kr_series_states(s)[2] == 1);
    kr_series_destroy(s);
    rows.date_format = "ymd";
    assert_int_equal(kr_series_open_as(path, &options, &s, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "series_told.csv: no column holds dates by `date_format` ymd; leave it "
                        "out, or name the column with `date_column`");

    assert_int_equal(kr__file_write(path, apart, strlen(apart), NULL), KR_OK);
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_int_equal(kr_series_n_steps(s), 2);
    kr_series_destroy(s);
    options.is_points = false;
    assert_int_equal(kr_series_open_as(path, &options, &s, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "series_told.csv: rows 1 and 2 are both of 2020-04-02 00:00:00 and differ; "
                        "say with `repeats` first, last, mean or sum what holds");
    rows.repeats = "sum";
    assert_int_equal(kr_series_open_as(path, &options, &s, NULL), KR_OK);
    assert_true(kr_series_n_steps(s) == 1 && kr_series_values(s)[0] == 3);
    kr_series_destroy(s);
    remove(path);
    assert_int_equal(kr_series_open_as(KR_GOLDEN_DIR "/synth/npy/f64_c.npy", &options, &s, &err),
                     KR_USAGE);
    assert_non_null(strstr(err.text, "is an array, which has no use for `date_format`"));
    rows = (kr_rows_options){.size = sizeof rows};
    assert_int_equal(kr_series_open_as(KR_GOLDEN_DIR "/synth/npy/f64_c.npy", &options, &s, &err),
                     KR_OK);
    assert_null(kr_series_name(s, 0));
    kr_series_destroy(s);
}

static void refuse(const char *path, kr_status status, const char *sentence) {
    kr_series *s = NULL;
    kr_error err;
    assert_int_equal(kr_series_open(path, &s, &err), status);
    assert_string_equal(err.text, sentence);
}

static const char *write_npz(double last_x, int64_t last_state, int64_t n_states,
                             const char *x_name) {
    const char *path = "series.npz";
    double x[6] = {1, 2, 3, 4, 5, last_x};
    int64_t states[3] = {0, 1, last_state}, periods[2] = {40, 80};
    kr_array arrays[3];
    kr_array_view(x_name, KR_DTYPE_F64, 2, (int64_t[]){3, 2}, x, &arrays[0], NULL);
    kr_array_view("states", KR_DTYPE_I64, 1, &n_states, states, &arrays[1], NULL);
    kr_array_view("periods", KR_DTYPE_I64, 1, (int64_t[]){2}, periods, &arrays[2], NULL);
    assert_int_equal(kr_npz_write(path, arrays, 3, false, NULL), KR_OK);
    return path;
}

static void refusals(void **state) {
    (void)state;
    refuse(
        write_npz(NAN, 1, 3, "X"), KR_FORMAT,
        "series.npz: row 2, column 1 (from 0) is not a finite number; gaps must be filled first");
    refuse(
        write_npz(1e39, 1, 3, "X"), KR_FORMAT,
        "series.npz: row 2, column 1 (from 0) is infinite or too large for float32, which ends at "
        "3.4e38; divide the column by a power of ten");
    refuse(write_npz(6, 1, 2, "X"), KR_FORMAT, "series.npz: states is (2,), but X has 3 steps");
    refuse(write_npz(6, -1, 3, "X"), KR_FORMAT,
           "series.npz: states has -1 at step 2; states count from 0");
    refuse(write_npz(6, 4, 3, "X"), KR_FORMAT,
           "series.npz: states go up to 4, but there are periods of 2 circles; make the data again "
           "with krait synth");
    refuse(write_npz(6, 1, 3, "Y"), KR_FORMAT,
           "series.npz: has no X; the series must be called X when there are several arrays");
    refuse("nowhere.csv", KR_IO,
           "nowhere.csv: no such file; check the path, or make a series with krait synth");
    assert_int_equal(symlink("circle.csv", "circle.csv"), 0);
    refuse("circle.csv", KR_IO, "circle.csv: cannot read: Too many levels of symbolic links");
    assert_int_equal(unlink("circle.csv"), 0);
    assert_int_equal(kr__file_write("series.txt", "a\n1\n", 4, NULL), KR_OK);
    refuse(
        "series.txt", KR_USAGE,
        "series.txt: a series is read from a folder with data.npz, or from .npz, .npy, or a table: "
        ".csv, .tsv, .xlsx, .json, .jsonl, also .gz");
    refuse(KR_GOLDEN_DIR "/synth/npy/scalar_0d_f64.npy", KR_FORMAT,
           KR_GOLDEN_DIR
           "/synth/npy/scalar_0d_f64.npy: the array is () of float64; a series is "
           "numbers, (time, features), with at least one of each");
    remove("series.npz");
    remove("series.txt");
}

/* A .npy file of two elements of a kind that numpy writes so, all bytes of them 1. */
static const char *write_npy(const char *kind, size_t n_bytes) {
    static const char *const path = "series_kind.npy";
    uint8_t bytes[192];
    memset(bytes, 1, sizeof bytes);
    memset(bytes, ' ', 128);
    memcpy(bytes, "\x93NUMPY\x01\0\x76\0", 10);
    char head[96];
    int n = snprintf(head, sizeof head, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }",
                     kind);
    memcpy(bytes + 10, head, (size_t)n);
    bytes[127] = '\n';
    assert_int_equal(kr__file_write(path, bytes, 128 + 2 * n_bytes, NULL), KR_OK);
    return path;
}

#define NUMBERS "; a series is numbers, (time, features), with at least one of each"
#define KINDS "; integers, float16 to float64, bool and texts are read"

/* Whether as float or as double. */
static void arrays_of_no_numbers(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        size_t n_bytes;
        kr_status status;
        const char *sentence;
    } cases[] = {
        {"<U3", 12, KR_FORMAT, ": the array is (2,) of unicode text" NUMBERS},
        {"|S5", 5, KR_FORMAT, ": the array is (2,) of bytes" NUMBERS},
        {"|b1", 1, KR_FORMAT, ": the array is (2,) of bool" NUMBERS},
        {"<c8", 8, KR_UNSUPPORTED, ": has elements of numpy type \"<c8\"" KINDS},
        {"<M8", 8, KR_UNSUPPORTED, ": has elements of numpy type \"<M8\"" KINDS},
        {"|O", 8, KR_UNSUPPORTED, ": has elements of numpy type \"|O\"" KINDS},
        {"<i2", 2, KR_OK, ""},
        {"<f2", 2, KR_OK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = write_npy(cases[i].kind, cases[i].n_bytes);
        for (int is_exact = 0; is_exact < 2; is_exact++) {
            kr_series_options options = {.size = sizeof options, .is_exact = is_exact};
            kr_series *s = NULL;
            kr_error err = {.text = ""};
            assert_int_equal(kr_series_open_as(path, &options, &s, &err), cases[i].status);
            assert_int_equal(s != NULL, cases[i].status == KR_OK);
            if (!s) assert_memory_equal(err.text, path, strlen(path));
            if (!s) assert_string_equal(err.text + strlen(path), cases[i].sentence);
            kr_series_destroy(s);
        }
        remove(path);
    }
}

typedef struct opening {
    const char *path;
    kr_series_options options;
} opening;

static kr_status open_series(void *arg, kr_error *err) {
    const opening *o = arg;
    kr_series *s = NULL;
    kr_status status = kr_series_open_as(o->path, &o->options, &s, err);
    assert_int_equal(s != NULL, status == KR_OK);
    kr_series_destroy(s);
    return status;
}

static kr_status write_series(void *arg, kr_error *err) {
    static const float x[] = {1, 2, 3, 4, 5, 6};
    static const int64_t states[] = {2, 0, 1}, shape[] = {3, 2};
    kr_array X;
    KR_TRY(kr_array_view("X", KR_DTYPE_F32, 2, shape, x, &X, err));
    bool has_states = strstr(arg, ".npy") == NULL;
    return kr_series_write(arg, &X, has_states ? states : NULL, err);
}

static kr_status copy_series(void *arg, kr_error *err) {
    static const int64_t states[] = {2, 0, 1};
    kr_series *made = NULL, *copied = NULL;
    KR_TRY(kr_series_create(3, 2, arg, states, &made, err));
    kr_status status = kr_series_copy(3, 2, arg, states, &copied, err);
    kr_series_destroy(copied);
    kr_series_destroy(made);
    return status;
}

/* With states and periods where a file has them. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    static char written[][16] = {"lacking.npz", "lacking.npy", "lacking.csv"};
    float x[6] = {0};
    const opening ways[] = {{KR_GOLDEN_DIR "/synth/npy/f64_c.npy", {.is_exact = false}},
                            {KR_GOLDEN_DIR "/synth/npy/f64_c.npy", {.is_exact = true}},
                            {write_npz(6, 1, 3, "X"), {.is_exact = false}},
                            {write_npz(6, 1, 3, "X"), {.is_exact = true}},
                            {written[2], {.states = "states"}},
                            {written[2], {.is_exact = true}},
                            {written[0], {.is_exact = false}},
                            {KR_TABLES_DIR "/tabs.csv", {.is_exact = false}}};
    for (int i = 0; i < 3; i++) kr_starve(written[i], write_series, written[i]);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        opening o = ways[i];
        o.options.size = sizeof o.options;
        kr_starve(o.path, open_series, &o);
    }
    kr_starve("arrays", copy_series, x);
    for (int i = 0; i < 3; i++) remove(written[i]);
    remove(ways[2].path);
}

/* What is written is read back, to the bit. */
static void round_trips(void **state) {
    (void)state;
    static const char *const paths[] = {"trip.npz", "trip.npy", "trip.csv"};
    const float x[] = {0.1f, -3, 1e-30f, 7, 123456.789f, 1.0f / 3};
    const int64_t states[] = {2, 0, 1}, shape[] = {3, 2};
    kr_array X;
    kr_error err;
    assert_int_equal(kr_array_view("X", KR_DTYPE_F32, 2, shape, x, &X, NULL), KR_OK);
    for (int i = 0; i < 3; i++) {
        kr_series *s = NULL;
        assert_int_equal(kr_series_write(paths[i], &X, states, NULL), KR_OK);
        assert_int_equal(kr_series_open(paths[i], &s, NULL), KR_OK);
        assert_int_equal(kr_series_n_steps(s), 3);
        assert_int_equal(kr_series_n_features(s), 2);
        assert_memory_equal(kr_series_values(s), x, sizeof x);
        assert_int_equal(kr_series_states(s) != NULL, i != 1);
        if (kr_series_states(s)) assert_memory_equal(kr_series_states(s), states, sizeof states);
        kr_series_destroy(s);
        remove(paths[i]);
    }
    assert_int_equal(kr_series_write("trip.txt", &X, NULL, &err), KR_USAGE);
    assert_string_equal(err.text, "trip.txt: a series is written to .npz, .npy or .csv");
}

/* Borrowed values are seen where they are, copied ones stay what they were. */
static void out_of_memory_of_the_caller(void **state) {
    (void)state;
    float values[6] = {1, 2, 3, 4, 5, 6};
    int64_t states[3] = {0, 2, 1};
    kr_series *borrowed = NULL, *copied = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_series_create(3, 2, values, states, &borrowed, NULL), KR_OK);
    assert_int_equal(kr_series_copy(3, 2, values, states, &copied, NULL), KR_OK);
    assert_ptr_equal(kr_series_values(borrowed), values);
    assert_ptr_equal(kr_series_states(borrowed), states);
    values[3] = 9;
    states[1] = 0;
    assert_true(kr_series_values(copied)[3] == 4 && kr_series_states(copied)[1] == 2);
    assert_int_equal(kr_series_n_states(copied), 3);
    assert_true(!kr_series_exact(copied) && !kr_series_periods(copied, NULL));
    assert_string_equal(kr_series_path(copied), "the series");
    kr_series_destroy(borrowed);
    kr_series_destroy(copied);
    states[2] = -1;
    copied = NULL;
    assert_int_equal(kr_series_copy(3, 2, values, states, &copied, &err), KR_FORMAT);
    assert_string_equal(err.text, "the series: states has -1 at step 2; states count from 0");
    assert_int_equal(kr_series_copy(INT64_MAX, 2, values, NULL, &copied, &err), KR_SHAPE);
    assert_null(copied);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_folder_of_the_original),
                                       cmocka_unit_test(other_files),
                                       cmocka_unit_test(numbers_in_double_and_states_by_name),
                                       cmocka_unit_test(a_column_that_counts),
                                       cmocka_unit_test(tables_as_they_are_told),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(arrays_of_no_numbers),
                                       cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(round_trips),
                                       cmocka_unit_test(out_of_memory_of_the_caller)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
