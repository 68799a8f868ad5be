/* SPDX-License-Identifier: MIT
 * test_synth_figures.c - the pictures of long series: windows, forecasts one step ahead,
 * generation, training. Circles are in test_map_figures.c. */
#include <kr/figures.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/picture.h"

static const char path[] = "test_synth_figures.png";
enum { STEPS = 60, FEATURES = 5, GENERATED = 20, ANY = 0xFFFFFF };
static float values[STEPS * FEATURES], other[STEPS * FEATURES];
static double wide[2 * STEPS * FEATURES];
static int64_t states[STEPS];

/* State 2 is short, so that its number has no room in the strip. */
static kr_series_part make_part(void) {
    for (int i = 0; i < STEPS * FEATURES; i++) {
        values[i] = (float)sin(0.07 * i);
        other[i] = (float)(0.8 * sin(0.07 * i + 0.2));
        wide[2 * i] = 3 * sin(0.07 * i);
        wide[2 * i + 1] = 1e9; /* between the values */
    }
    for (int i = 0; i < STEPS; i++) states[i] = i < 25 ? 0 : i < 26 ? 2 : 1;
    return (kr_series_part){.size = sizeof(kr_series_part),
                            .n_steps = STEPS,
                            .n_features = FEATURES,
                            .values = kr_values_f32(values, STEPS * FEATURES, 1),
                            .states = states,
                            .first_step = 700,
                            .palette = KR_PALETTE_TAB10};
}

/* With a strip of states, and without; of floats, and of every second double. */
static void windows_are_drawn(void **state) {
    (void)state;
    kr_series_part part = make_part();
    assert_int_equal(kr_figure_series(path, "a window", &part, NULL), KR_OK);
    kr_expect_picture(path, 2100, 825, 0x1F77B4);
    part.states = NULL;
    part.values = kr_values_f64(wide, STEPS * FEATURES, 2);
    wide[6] = (double)NAN;
    assert_int_equal(kr_figure_series(path, NULL, &part, NULL), KR_OK);
    kr_expect_picture(path, 2100, 825, ANY);
}

static void forecasts_one_step_ahead_are_drawn(void **state) {
    (void)state;
    kr_series_part part = make_part();
    assert_int_equal(kr_figure_nextstep_prediction(path, 3, &part, other, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1350, 0x1F77B4);
    part.states = NULL;
    part.values = kr_values_f64(wide, STEPS * FEATURES, 2);
    assert_int_equal(kr_figure_nextstep_prediction(path, 0, &part, other, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1350, ANY);
}

static void what_was_generated_is_drawn(void **state) {
    (void)state;
    kr_series_part part = make_part();
    assert_int_equal(kr_figure_generation(path, &part, GENERATED, other, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1125, 0x1F77B4);
    assert_int_equal(kr_figure_generation_and_truth(path, &part, other, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1350, 0x1F77B4);
    part.states = NULL;
    assert_int_equal(kr_figure_generation(path, &part, GENERATED, other, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1125, ANY);
    assert_int_equal(kr_figure_generation_and_truth(path, &part, other, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1350, ANY);
}

/* More columns than a picture shows are averaged; many states are too narrow for numbers. */
static void long_windows_are_drawn(void **state) {
    (void)state;
    enum { LONG = 9000 };
    static float x[LONG];
    static int64_t visited[LONG];
    for (int i = 0; i < LONG; i++) {
        x[i] = (float)sin(0.001 * i);
        visited[i] = i / 150 % 12;
    }
    kr_series_part part = make_part();
    part.n_steps = LONG;
    part.n_features = 1;
    part.values = kr_values_f32(x, LONG, 1);
    part.states = visited;
    assert_int_equal(kr_figure_series(path, "a long window", &part, NULL), KR_OK);
    kr_expect_picture(path, 2100, 825, 0x1F77B4);
}

static void trainings_are_drawn(void **state) {
    (void)state;
    static double loss[41], rate[41];
    for (int i = 0; i < 41; i++) {
        loss[i] = exp(-0.1 * i);
        rate[i] = 1e-3 * (1 + cos(0.07 * i));
    }
    kr_nextstep_curves curves = {.size = sizeof curves,
                                 .first_epoch = 1,
                                 .train = kr_values_f64(loss, 40, 1),
                                 .validation = kr_values_f64(loss + 1, 40, 1),
                                 .rate = kr_values_f64(rate, 40, 1)};
    assert_int_equal(kr_figure_nextstep_training(path, &curves, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, 0x0072B2);
    curves.first_epoch = 11;
    curves.train.n = 41; /* too many for dots */
    curves.train_eval = kr_values_f64(loss, 41, 1);
    assert_int_equal(kr_figure_nextstep_training(path, &curves, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, 0x0072B2);
}

static void what_cannot_be_drawn_is_said(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr_series_part part = make_part();
    kr_nextstep_curves curves = {.size = sizeof curves};
    assert_int_equal(kr_figure_nextstep_training(path, &curves, &err), KR_SHAPE);
    assert_string_equal(err.text, "test_synth_figures.png: no epoch to be drawn");
    part.n_features = 0;
    assert_int_equal(kr_figure_series(path, NULL, &part, &err), KR_SHAPE);
    assert_string_equal(err.text,
                        "test_synth_figures.png: a series of 60 steps and 0 features "
                        "cannot be drawn");
    assert_int_equal(kr_figure_generation(path, &part, 3, other, &err), KR_SHAPE);
    assert_int_equal(kr_figure_generation_and_truth(path, &part, other, &err), KR_SHAPE);
    part.n_features = FEATURES;
    part.n_steps = 1; /* nothing behind the first step */
    assert_int_equal(kr_figure_nextstep_prediction(path, 0, &part, other, &err), KR_SHAPE);
    assert_string_equal(err.text,
                        "test_synth_figures.png: a series of 0 steps and 5 features "
                        "cannot be drawn");
}

/* ---- want of memory ------------------------------------------------------------------------- */

static kr_status make_series(const char *to, kr_error *err) {
    kr_series_part part = make_part();
    return kr_figure_series(to, "title", &part, err);
}

static kr_status make_prediction(const char *to, kr_error *err) {
    kr_series_part part = make_part();
    return kr_figure_nextstep_prediction(to, 1, &part, other, err);
}

static kr_status make_generation(const char *to, kr_error *err) {
    kr_series_part part = make_part();
    return kr_figure_generation(to, &part, GENERATED, other, err);
}

static kr_status make_comparison(const char *to, kr_error *err) {
    kr_series_part part = make_part();
    return kr_figure_generation_and_truth(to, &part, other, err);
}

static kr_status make_training(const char *to, kr_error *err) {
    kr_nextstep_curves curves = {.size = sizeof curves};
    curves.train = curves.validation = curves.rate = kr_values_steps(1, 1, 5);
    return kr_figure_nextstep_training(to, &curves, err);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_expect_memory(make_series);
    kr_expect_memory(make_prediction);
    kr_expect_memory(make_generation);
    kr_expect_memory(make_comparison);
    kr_expect_memory(make_training);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(windows_are_drawn),
                                       cmocka_unit_test(forecasts_one_step_ahead_are_drawn),
                                       cmocka_unit_test(what_was_generated_is_drawn),
                                       cmocka_unit_test(long_windows_are_drawn),
                                       cmocka_unit_test(trainings_are_drawn),
                                       cmocka_unit_test(what_cannot_be_drawn_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
