/* SPDX-License-Identifier: MIT
 * test_rows_share.c - rows and series that the first rank has are those of all, in every part. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kr/series.h>

#include "nextstep/series_internal.h"
#include "support/thread_ranks.h"
#include "tables/rows_internal.h"

enum { ROWS = 7, COLUMNS = 2 };

static const char *const columns[COLUMNS] = {"sales", "price"};
static const char *const names[2] = {"shop a", "shop b"};
static const int64_t counts[2] = {4, 3};
static double values[ROWS * COLUMNS];
static int64_t dates[ROWS];

static void fill(void) {
    for (int i = 0; i < ROWS * COLUMNS; i++) values[i] = i == 5 ? (double)NAN : i * 1.25;
    for (int i = 0; i < ROWS; i++) dates[i] = (int64_t)(i < 4 ? i : i - 4) * 3600000000;
}

static kr_rows *open_rows(bool has_all) {
    const kr_rows_memory memory = {.size = sizeof memory,
                                   .n_rows = ROWS,
                                   .n_columns = COLUMNS,
                                   .values = values,
                                   .columns = columns,
                                   .dates = has_all ? dates : NULL,
                                   .n_series = has_all ? 2 : 0,
                                   .series = has_all ? names : NULL,
                                   .series_rows = has_all ? counts : NULL};
    kr_rows *rows = NULL;
    if (kr_rows_from_memory(&memory, &rows, NULL) != KR_OK) abort();
    return rows;
}

static bool is_same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool are_same(const kr_rows *a, const kr_rows *b) {
    bool is_same = a->n_rows == b->n_rows && a->n_columns == b->n_columns &&
                   a->n_series == b->n_series && a->n_unread == b->n_unread &&
                   is_same_text(a->name, b->name) && is_same_text(a->date_name, b->date_name) &&
                   is_same_text(a->zone, b->zone) && is_same_text(a->reading, b->reading) &&
                   !a->dates == !b->dates && !a->series == !b->series && !a->n_test == !b->n_test;
    return is_same && kr__rows_fingerprint(a) == kr__rows_fingerprint(b);
}

static atomic_int n_wrong;

static void share_rows(const kr_ranks *ranks, void *arg) {
    const bool *has_all = arg;
    kr_team *team = NULL;
    kr_rows *wanted = open_rows(*has_all), *rows = NULL;
    if (kr_team_create(1, NULL, NULL, &team, NULL) != KR_OK) abort();
    if (kr_team_join(team, ranks, NULL) != KR_OK) abort();
    if (ranks->rank == 0) rows = open_rows(*has_all);
    bool is_right = kr__rows_share(team, &rows, NULL) == KR_OK && are_same(wanted, rows);
    if (!is_right) atomic_fetch_add(&n_wrong, 1);
    kr_rows_destroy(rows);
    kr_rows_destroy(wanted);
    kr_team_destroy(team);
}

static void rows_are_those_of_the_first(void **state) {
    (void)state;
    for (int has_all = 0; has_all < 2; has_all++) {
        bool given = has_all;
        test_ranks(3, share_rows, &given);
        assert_int_equal(atomic_load(&n_wrong), 0);
    }
}

static void share_series(const kr_ranks *ranks, void *arg) {
    static const float x[6] = {1, 2, 3, 4, 5, 6};
    static const int64_t states[3] = {0, 1, 0};
    const bool *has_states = arg;
    kr_team *team = NULL;
    kr_series *series = NULL;
    if (kr_team_create(1, NULL, NULL, &team, NULL) != KR_OK) abort();
    if (kr_team_join(team, ranks, NULL) != KR_OK) abort();
    if (ranks->rank == 0 &&
        kr_series_create(3, 2, x, *has_states ? states : NULL, &series, NULL) != KR_OK) {
        abort();
    }
    bool is_right = kr__series_share(team, &series, NULL) == KR_OK && series->n_steps == 3 &&
                    series->n_features == 2 && memcmp(series->values, x, sizeof x) == 0;
    if (is_right && *has_states) {
        is_right = memcmp(series->states, states, sizeof states) == 0 && series->n_states == 2;
    }
    if (!is_right || !series->states != !*has_states) atomic_fetch_add(&n_wrong, 1);
    kr_series_destroy(series);
    kr_team_destroy(team);
}

static void a_series_is_that_of_the_first(void **state) {
    (void)state;
    for (int has_states = 0; has_states < 2; has_states++) {
        bool given = has_states;
        test_ranks(3, share_series, &given);
        assert_int_equal(atomic_load(&n_wrong), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_the_first),
        cmocka_unit_test(a_series_is_that_of_the_first),
    };
    fill();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
