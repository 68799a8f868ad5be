/* SPDX-License-Identifier: MIT
 * test_progress.c - the progress line: its numbers, its width, its silence off a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "framework/progress.h"

static const char *line(int64_t done, int64_t total, double per_second, const char *note,
                        int width) {
    static char text[512];
    return progress_format("epoch 3/10", done, total, per_second, note, width, text, sizeof text);
}

static void the_line_shows_rate_and_time_left(void **state) {
    (void)state;
    assert_string_equal(line(50, 200, 10, "loss 0.5", 70),
                        "epoch 3/10 [=====>              ]  50/200  loss 0.5  10.0/s  0:15 left");
    assert_string_equal(line(0, 200, 0, NULL, 40), "epoch 3/10 [>                  ]   0/200");
    assert_string_equal(line(200, 200, 0.5, NULL, 60),
                        "epoch 3/10 [===================] 200/200  0.500/s  0:00 left");
}

static void the_line_fits_any_width(void **state) {
    (void)state;
    for (int width = 0; width < 130; width++) {
        assert_true(strlen(line(1, 1000000, 1000, "loss 0.123456", width)) <= (size_t)width);
    }
    assert_null(strchr(line(50, 200, 10, "loss 0.5", 50), '[')); /* the bar goes first */
    assert_true(strlen(line(50, 200, 10, "loss 0.5", 500)) < 100);
}

static void the_line_survives_odd_numbers(void **state) {
    (void)state;
    assert_non_null(strstr(line(300, 200, 1, NULL, 60), "300/200"));
    assert_non_null(strstr(line(0, 0, 1, NULL, 60), "0/0"));
    assert_non_null(strstr(line(1, INT64_MAX, 1, NULL, 100), "? left"));
}

static void durations_are_readable(void **state) {
    (void)state;
    char text[32];
    assert_string_equal(duration_text(0, text, sizeof text), "0:00");
    assert_string_equal(duration_text(59.6, text, sizeof text), "1:00");
    assert_string_equal(duration_text(3723, text, sizeof text), "1:02:03");
    assert_string_equal(duration_text(86400 * 12.2, text, sizeof text), "12 days");
    assert_string_equal(duration_text(-1, text, sizeof text), "?");
}

static void nothing_is_drawn_to_a_file(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    progress_line progress = {0};
    progress_start(&progress, file, "test", 0, 10);
    progress_update(&progress, 5, "note");
    progress_clear(&progress);
    assert_int_equal(ftell(file), 0);
    fclose(file);
    progress_start(&progress, NULL, "test", 0, 10);
    progress_update(&progress, 5, NULL);
    assert_int_equal(progress.done, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_shows_rate_and_time_left),
        cmocka_unit_test(the_line_fits_any_width),
        cmocka_unit_test(the_line_survives_odd_numbers),
        cmocka_unit_test(durations_are_readable),
        cmocka_unit_test(nothing_is_drawn_to_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
