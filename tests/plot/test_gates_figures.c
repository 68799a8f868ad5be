/* SPDX-License-Identifier: MIT
 * test_gates_figures.c - the pictures of gates, for usual and odd layers. */
#include <kr/figures.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "support/picture.h"

static const char path[] = "test_gates_figures.png";
enum { STEPS = 50, FEATURES = 4, INNER = 80, STATE = 3, LAYERS = 40, CURVE = 0xD55E00 };
static float x[STEPS * FEATURES], wide[STEPS * INNER], narrow[STEPS * STATE];
static int64_t states[STEPS];

static kr_series_part make_part(void) {
    for (int i = 0; i < STEPS * FEATURES; i++) x[i] = (float)sin(0.1 * i);
    for (int i = 0; i < STEPS * INNER; i++) wide[i] = 0.1f + 0.001f * (float)i;
    for (int i = 0; i < STEPS * STATE; i++) narrow[i] = (float)cos(0.2 * i);
    for (int i = 0; i < STEPS; i++) states[i] = i < 20 ? 0 : 1;
    return (kr_series_part){.size = sizeof(kr_series_part),
                            .n_steps = STEPS,
                            .n_features = FEATURES,
                            .values = kr_values_f32(x, STEPS * FEATURES, 1),
                            .states = states,
                            .first_step = 100,
                            .palette = KR_PALETTE_PETROFF10};
}

static kr_gates make_gates(int64_t layer, int64_t d_inner) {
    return (kr_gates){.size = sizeof(kr_gates),
                      .layer = layer,
                      .d_inner = d_inner,
                      .d_state = STATE,
                      .delta = wide,
                      .z_gate = wide,
                      .B = narrow,
                      .C = narrow};
}

static void a_layer_is_drawn(void **state) {
    (void)state;
    kr_series_part part = make_part();
    kr_gates gates = make_gates(3, INNER), thin = make_gates(1, 1);
    assert_int_equal(kr_figure_gates(path, &part, &gates, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1950, 0x3F90DA); /* the first colour of the strip's palette */
    assert_int_equal(kr_figure_gates(path, &part, &thin, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1950, CURVE);
    part.states = NULL;
    assert_int_equal(kr_figure_gates(path, &part, &gates, NULL), KR_OK);
    kr_expect_picture(path, 2100, 1950, CURVE);
}

static void all_layers_are_drawn(void **state) {
    (void)state;
    kr_series_part part = make_part();
    kr_gates gates[LAYERS];
    for (int i = 0; i < LAYERS; i++) gates[i] = make_gates(i + 1, INNER);
    assert_int_equal(kr_figure_gates_summary(path, &part, 1, gates, NULL), KR_OK);
    kr_expect_picture(path, 2100, 0, CURVE);
    assert_int_equal(kr_figure_gates_summary(path, &part, LAYERS, gates, NULL), KR_OK);
    kr_expect_picture(path, 2100, 0, CURVE);
}

static void what_cannot_be_drawn_is_said(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr_series_part part = make_part(), none = part;
    kr_gates gates = make_gates(1, INNER), empty = make_gates(1, 0);
    none.n_steps = 0;
    assert_int_equal(kr_figure_gates(path, &none, &gates, &err), KR_SHAPE);
    assert_int_equal(kr_figure_gates(path, &part, &empty, &err), KR_SHAPE);
    assert_int_equal(kr_figure_gates_summary(path, &none, 1, &gates, &err), KR_SHAPE);
    assert_int_equal(kr_figure_gates("gates.bmp", &part, &gates, &err), KR_USAGE);
}

static kr_status make_layer(const char *to, kr_error *err) {
    kr_series_part part = make_part();
    kr_gates gates = make_gates(3, INNER);
    return kr_figure_gates(to, &part, &gates, err);
}

static kr_status make_summary(const char *to, kr_error *err) {
    kr_series_part part = make_part();
    kr_gates gates[] = {make_gates(1, INNER), make_gates(2, INNER)};
    return kr_figure_gates_summary(to, &part, 2, gates, err);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_expect_memory(make_layer);
    kr_expect_memory(make_summary);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail), cmocka_unit_test(a_layer_is_drawn),
        cmocka_unit_test(all_layers_are_drawn), cmocka_unit_test(what_cannot_be_drawn_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
