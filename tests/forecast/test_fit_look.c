/* SPDX-License-Identifier: MIT
 * test_fit_look.c - what is known of rows before a fit chooses its settings. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/flags.h"
#include "forecast/fitting.h"
#include "support/starve.h"
#include "support/workers.h"

static char folder[64];
static const int none_ahead[3] = {0, 0, 0};

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/krait-look-XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return unlink("t.csv") == 0 && chdir("/") == 0 ? rmdir(folder) : -1;
}

/* Days of shops of 40, 30 and 50 rows: two columns that move and two that do not. Behind those of a
 * shop n_ahead[shop] rows hold the price only. */
static kr_rows *read_shops(const int n_ahead[3]) {
    static const int lengths[] = {40, 30, 50};
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    FILE *file = fopen("t.csv", "w");
    assert_non_null(file);
    fprintf(file, "shop,date,price,open,size,sales\n");
    for (int s = 0; s < 3; s++) {
        for (int i = 0; i < lengths[s]; i++) {
            fprintf(file, "shop %d,2020-%02d-%02d,%d,1,7,%d\n", s, 1 + i / 31, 1 + i % 31, i % 5,
                    i * (s + 1) % 11);
        }
        for (int i = lengths[s]; i < lengths[s] + n_ahead[s]; i++) {
            fprintf(file, "shop %d,2020-%02d-%02d,%d,,,\n", s, 1 + i / 31, 1 + i % 31, i % 5);
        }
    }
    assert_int_equal(fclose(file), 0);
    const kr_rows_options options = {
        .size = sizeof options, .id_column = "shop", .keeps_gaps = true};
    if (kr_rows_read("t.csv", &options, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    return rows;
}

static kr_fit_data open_with(void (*change)(kr_fit_config *config)) {
    kr_rows *rows = read_shops(none_ahead);
    kr_fit_config config;
    kr_fit_data data;
    kr_error err = {.text = ""};
    kr__flags_init(kr__fit_flags(), &config);
    config.horizon = 7;
    if (change) change(&config);
    if (kr__fit_open(test_team, rows, &config, &data, &err) != KR_OK) fail_msg("%s", err.text);
    kr_rows_destroy(rows);
    return data;
}

static void take_price_without_open(kr_fit_config *c) {
    strcpy(c->target, "price");
    strcpy(c->drop_columns, "open");
}
static void take_static_size(kr_fit_config *c) { strcpy(c->static_columns, "size"); }
static void take_known_price(kr_fit_config *c) { strcpy(c->known_future, "price"); }

static void a_panel_is_looked_at(void **state) {
    (void)state;
    kr_fit_data data = open_with(NULL);
    const kr_fit_look *look = &data.look;
    assert_int_equal(look->n_rows, 120);
    assert_int_equal(look->n_series, 3);
    assert_int_equal(look->shortest, 30);
    assert_int_equal(look->typical, 40); /* the median */
    assert_int_equal(look->longest, 50);
    assert_int_equal(look->n_columns, 4);
    assert_int_equal(look->n_targets, 4);
    assert_int_equal(look->n_values, 480);
    assert_int_equal(look->n_constant, 2);
    assert_string_equal(look->constant, "open, size");
    assert_string_equal(look->id_column, "shop");
    assert_true(look->has_dates);
    assert_true(look->first == INT64_C(1577836800000000));                  /* 2020-01-01 */
    assert_true(look->last - look->first == INT64_C(39) * 86400 * 1000000); /* 40 days */
    kr__fit_data_deinit(&data);
    assert_null(data.rows);
}

static void a_target_and_dropped_columns_are_kept(void **state) {
    (void)state;
    kr_fit_data data = open_with(take_price_without_open);
    const kr_fit_look *look = &data.look;
    assert_int_equal(look->n_columns, 3);
    assert_int_equal(look->n_targets, 1);
    assert_int_equal(look->n_values, 360);
    assert_string_equal(look->constant, "size");
    kr__fit_data_deinit(&data);
}

/* What does not change within a shop, and what is known ahead, is not forecast. */
static void columns_of_other_kinds_are_no_targets(void **state) {
    (void)state;
    kr_fit_data data = open_with(take_static_size);
    assert_int_equal(data.look.n_columns, 3);
    assert_int_equal(data.look.n_targets, 3);
    assert_string_equal(data.look.constant, "open");
    kr__fit_data_deinit(&data);
    data = open_with(take_known_price);
    assert_int_equal(data.look.n_targets, 3);
    kr__fit_data_deinit(&data);
}

static void a_target_that_is_not_there_is_refused(void **state) {
    (void)state;
    kr_rows *rows = read_shops(none_ahead);
    kr_fit_config config;
    kr_fit_data data;
    kr_error err = {.text = ""};
    kr__flags_init(kr__fit_flags(), &config);
    config.horizon = 7;
    snprintf(config.target, sizeof config.target, "slaes");
    assert_int_equal(kr__fit_open(test_team, rows, &config, &data, &err), KR_USAGE);
    assert_string_equal(err.text, "`target`: t.csv has no column \"slaes\"; did you mean sales?");
    kr__fit_data_deinit(&data);
    snprintf(config.target, sizeof config.target, "quite other");
    assert_int_equal(kr__fit_open(test_team, rows, &config, &data, &err), KR_USAGE);
    assert_string_equal(
        err.text,
        "`target`: t.csv has no column \"quite other\" of numbers; krait info lists them");
    kr__fit_data_deinit(&data);
    kr_rows_destroy(rows);
}

/* What is behind the last known value of a target is neither a gap nor a row of the past. */
static void rows_of_known_futures_are_ahead(void **state) {
    static const int n_ahead[3] = {3, 0, 5};
    (void)state;
    kr_rows *rows = read_shops(n_ahead);
    kr_fit_config config;
    kr_fit_data data;
    kr_error err = {.text = ""};
    kr__flags_init(kr__fit_flags(), &config);
    config.horizon = 7;
    snprintf(config.known_future, sizeof config.known_future, "price");
    if (kr__fit_open(test_team, rows, &config, &data, &err) != KR_OK) fail_msg("%s", err.text);
    const kr_fit_look *look = &data.look;
    assert_int_equal(look->ahead.fewest, 0);
    assert_int_equal(look->ahead.most, 5);
    assert_int_equal(look->n_rows, 120);
    assert_int_equal(look->gaps.n_cells, 0);
    assert_int_equal(look->shortest, 30);
    assert_int_equal(look->longest, 50);
    for (int64_t i = 0; i < 3; i++) { /* the rows of each series are its own */
        int64_t row = kr_rows_series_start(data.rows, i) + 1;
        assert_true(kr_rows_values(data.rows)[row * 4 + 3] == (double)(i + 1));
        assert_true(kr_rows_dates(data.rows)[row] == INT64_C(1577923200000000)); /* 2020-01-02 */
    }
    kr__fit_data_deinit(&data);
    kr_rows_destroy(rows);
}

static kr_status look_at(void *arg, kr_error *err) {
    const kr_rows *rows = arg;
    kr_fit_config config;
    kr_fit_data data;
    kr__flags_init(kr__fit_flags(), &config);
    config.horizon = 7;
    kr_status status = kr__fit_open(test_team, rows, &config, &data, err);
    if (status == KR_OK) assert_string_equal(data.look.id_column, "shop");
    kr__fit_data_deinit(&data);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_rows *rows = read_shops(none_ahead);
    kr_starve("a look at rows", look_at, rows);
    kr_rows_destroy(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_panel_is_looked_at),
                                       cmocka_unit_test(a_target_and_dropped_columns_are_kept),
                                       cmocka_unit_test(columns_of_other_kinds_are_no_targets),
                                       cmocka_unit_test(a_target_that_is_not_there_is_refused),
                                       cmocka_unit_test(rows_of_known_futures_are_ahead),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
