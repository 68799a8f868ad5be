/* SPDX-License-Identifier: MIT
 * test_dataset_columns.c - which columns of a file become channels, in which order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "forecast/dataset.h"

static const char path[] = "test_dataset_columns.csv";
enum { ROWS = 40 };

/* Hours; a counts up, OT counts down, b is a + 100, note is text when it may be. */
static kr_dataset_config write_rows(bool has_text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "date,a,OT,b,note\n");
    for (int i = 0; i < ROWS; i++) {
        fprintf(f, "2020-01-%02d %02d:00,%d,%d,%d,%s\n", 1 + i / 24, i % 24, i, -i, 100 + i * i,
                has_text ? "x" : "1");
    }
    fclose(f);
    return (kr_dataset_config){.loader = "custom",
                               .path = path,
                               .features = "M",
                               .target = "OT",
                               .freq = "h",
                               .is_timef = true,
                               .seq_len = 4,
                               .pred_len = 2};
}

/* names: "a b OT" */
static void expect_channels(const kr_dataset_config *config, const char *names) {
    kr_dataset *d = NULL;
    kr_error err;
    char got[128] = "";
    if (kr__dataset_open(NULL, config, &d, &err) != KR_OK) fail_msg("%s", err.text);
    for (int64_t i = 0; i < d->n_channels; i++) {
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 0 ? " " : "",
                 d->names[i]);
    }
    assert_string_equal(got, names);
    kr__dataset_destroy(d);
}

static void refuse(const kr_dataset_config *config, const char *sentence) {
    kr_dataset *d = NULL;
    kr_error err = {0};
    assert_int_equal(kr__dataset_open(NULL, config, &d, &err), KR_USAGE);
    assert_string_equal(err.text, sentence);
    assert_null(d);
}

static void without_a_target_columns_stay(void **state) {
    (void)state;
    kr_dataset_config config = write_rows(false);
    expect_channels(&config, "a b note OT");
    config.target = "";
    expect_channels(&config, "a OT b note");
}

/* A column that is dropped may hold anything. */
static void dropped_columns(void **state) {
    (void)state;
    kr_dataset_config config = write_rows(true);
    config.drop_columns = " note ,,a";
    expect_channels(&config, "b OT");
    config.drop_columns = "note, c";
    refuse(&config,
           "test_dataset_columns.csv: has no column \"c\" to leave out; set `drop_columns` to some "
           "of: a, OT, b");
    config = write_rows(false);
    config.drop_columns = "notes";
    refuse(&config,
           "test_dataset_columns.csv: has no column \"notes\" to leave out (did you mean note?); "
           "set `drop_columns` to some of: a, OT, b, note");
    config.drop_columns = "OT";
    refuse(&config,
           "`target`: column \"OT\" is one that `drop_columns` leaves out; change one of them");
}

/* Blank for the model alone: the data, from which targets are taken, hold the values. */
static void blank_columns(void **state) {
    (void)state;
    kr_dataset_config config = write_rows(false);
    config.blank_columns = "OT,a";
    kr_dataset *d = NULL;
    assert_int_equal(kr__dataset_open(NULL, &config, &d, NULL), KR_OK);
    for (int64_t c = 0; c < d->n_channels; c++) {
        assert_int_equal(d->is_blank[c], c == 0 || c == 3);
    }
    assert_true(fabsf(d->data[0]) > 1);
    kr__dataset_destroy(d);
    config.blank_columns = "ot";
    refuse(&config,
           "test_dataset_columns.csv: has no column \"ot\" to be blank (did you mean OT?); set "
           "`blank_columns` to some of: a, b, note, OT");
}

static int remove_files(void **state) {
    (void)state;
    remove(path);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_target_columns_stay),
        cmocka_unit_test(dropped_columns),
        cmocka_unit_test(blank_columns),
    };
    return cmocka_run_group_tests(tests, NULL, remove_files);
}
