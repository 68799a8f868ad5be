/* SPDX-License-Identifier: MIT
 * test_evaluate_velocity.c - krait evaluate --velocity: which steps are looked at, and what becomes
 * of their values, at the ends of windows too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "insides/evaluate_command.h"

static int64_t n_steps;

/* In place of that of look.c, which needs a series. */
int64_t look_steps(const look *l) { return kr_inside_steps(n_steps, l->window); }

/* Values of step t: t squared, 10 t. */
static void check(int64_t window, int64_t n_rows, const int64_t *rows, int64_t n_seen,
                  const int64_t *seen, const float *changes) {
    representation r = {.name = "Layer 2", .dim = 2};
    evaluation e = {.look = {.window = window}, .n_rows = n_rows, .list = &r, .n = 1};
    e.rows = kr__calloc((size_t)n_rows, sizeof *rows);
    memcpy(e.rows, rows, (size_t)n_rows * sizeof *rows);
    assert_int_equal(evaluate_add_next_steps(&e, NULL), KR_OK);
    assert_int_equal(e.n_seen, n_seen);
    assert_memory_equal(e.seen, seen, (size_t)n_seen * sizeof *seen);
    r.values = kr__calloc((size_t)n_seen, 2 * sizeof *r.values);
    for (int64_t i = 0; i < n_seen; i++) {
        r.values[2 * i] = (float)(seen[i] * seen[i]);
        r.values[2 * i + 1] = (float)(10 * seen[i]);
    }
    assert_int_equal(evaluate_add_velocity(&e, NULL), KR_OK);
    assert_int_equal(r.dim, 4);
    assert_string_equal(r.label, "Layer 2 (2+2D)");
    for (int64_t i = 0; i < n_rows; i++) {
        const float *got = r.values + 4 * i;
        assert_true(got[0] == (float)(rows[i] * rows[i]) && got[1] == (float)(10 * rows[i]));
        assert_true(got[2] == changes[2 * i] && got[3] == changes[2 * i + 1]);
    }
    kr_free(r.values);
    kr_free(e.rows);
    kr_free(e.seen);
}

/* Windows of 4 of 10 steps: 3 and 7 are last ones, and 8 and 9 are in none. */
static void a_window_ends_in_rest(void **state) {
    (void)state;
    static const int64_t rows[] = {0, 1, 3, 5, 7}, seen[] = {0, 1, 2, 3, 5, 6, 7};
    static const float changes[] = {1, 10, 3, 10, 0, 0, 11, 10, 0, 0};
    n_steps = 10;
    check(4, 5, rows, 7, seen, changes);
}

static void one_pass_rests_at_its_end_alone(void **state) {
    (void)state;
    static const int64_t rows[] = {3, 4, 8, 9}, seen[] = {3, 4, 5, 8, 9};
    static const float changes[] = {7, 10, 9, 10, 17, 10, 0, 0};
    n_steps = 10;
    check(0, 4, rows, 5, seen, changes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_window_ends_in_rest),
                                       cmocka_unit_test(one_pass_rests_at_its_end_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
