/* SPDX-License-Identifier: MIT
 * test_axes.c - how many numbers and names an axis has room for, at the last length that does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plot/figure.h"

static kr__canvas *canvas;

static double width_of(const char *text) {
    return kr__canvas_text_width(canvas, text, kr__font_make(KR__SIZE_TICK, 0, 0));
}

static kr__axis_view place(const kr_axis *axis, double low, double high, double length,
                           bool is_vertical) {
    kr__axis_view view = {.axis = axis, .scale = {.low = low, .high = high}};
    kr__axis_place(&view, 10, 10 + length, is_vertical, canvas);
    return view;
}

/* Five points between them; then they are turned; where the lines of turned ones touch, too, only
 * every k-th is there. On a vertical axis they lie as they are. */
static void names_have_room(void **state) {
    (void)state;
    const char *names[] = {"one", "the longest", "three", "four", "five"};
    const kr_axis axis = {.names = names, .n_names = 5};
    double room = width_of("the longest") + 5;
    kr__axis_view view = place(&axis, -0.5, 4.5, 5 * room + 1e-6, false);
    assert_true(view.name_angle == 0 && view.name_step == 1);
    view = place(&axis, -0.5, 4.5, 5 * room - 1e-6, false);
    assert_true(fabs(view.name_angle - acos(0) / 2) < 1e-12);
    assert_int_equal(view.name_step, 1);
    assert_int_equal(place(&axis, -0.5, 4.5, 5 * 13 + 1e-6, false).name_step, 1);
    assert_int_equal(place(&axis, -0.5, 4.5, 5 * 13 - 1e-6, false).name_step, 2);
    assert_int_equal(place(&axis, -0.5, 4.5, 5 * 13 / 2.0 - 1e-6, false).name_step, 3);
    view = place(&axis, -0.5, 4.5, 5 * 13 - 1e-6, true);
    assert_true(view.name_angle == 0 && view.name_step == 2);
    assert_int_equal(kr__axis_tick_count(&view), 3);
    double at;
    const char *text;
    kr__axis_tick(&view, 2, &at, &text);
    assert_true(at == 4 && text == names[4]);
    view = place(&axis, 0.5, 2.5, 300, true); /* a part of them */
    assert_int_equal(kr__axis_tick_count(&view), 2);
    kr__axis_tick(&view, 0, &at, &text);
    assert_true(at == 1 && text == names[1]);
}

/* Eight points between two of them, whose distance is read off the ticks. */
static void numbers_have_room(void **state) {
    (void)state;
    const kr_axis axis = {.label = NULL};
    int64_t before = 0;
    for (double length = 30; length < 600; length += 0.5) {
        kr__axis_view view = place(&axis, 0, 900000, length, false);
        double widest = 0;
        for (int64_t i = 0; i < view.ticks.n; i++) {
            widest = fmax(widest, width_of(view.ticks.text[i]));
        }
        double room = length * (view.ticks.at[1] - view.ticks.at[0]) / 900000;
        if (length > 120) assert_true(widest + 8 <= room);
        assert_true(view.ticks.n >= before && view.ticks.n <= 10);
        before = view.ticks.n;
    }
    assert_int_equal(before, 10);
}

static int begin(void **state) {
    (void)state;
    return kr__canvas_create(KR__CANVAS_PNG, 100, 100, &canvas, NULL) == KR_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    kr__canvas_destroy(canvas);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_have_room),
                                       cmocka_unit_test(numbers_have_room)};
    return cmocka_run_group_tests(tests, begin, end);
}
