/* SPDX-License-Identifier: MIT
 * test_map_figures.c - maps by class and by number, alone, in grids, in the picture of circles. */
#include <kr/figures.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/picture.h"

static const char path[] = "test_map_figures.png";
/* Dots are transparent: the first colours of tab10 and viridis on white. */
enum { TAB10_DOT = 0x619FCA, VIRIDIS_DOT = 0x7B4C87 };
enum { N = 400, MANY = 150, CLASSES = 10, TAB10_FIRST = 0x1F77B4 };
static float places[2 * N];
static int64_t classes[N];
static double numbers[N];

static kr_map make_map(void) {
    for (int i = 0; i < N; i++) {
        places[2 * i] = (float)cos(0.1 * i);
        places[2 * i + 1] = (float)sin(0.13 * i);
        classes[i] = i % CLASSES;
        numbers[i] = i % 2;
    }
    return (kr_map){
        .size = sizeof(kr_map), .title = "map", .n = N, .places = places, .classes = classes};
}

static kr_maps make_maps(int64_t n, const kr_map *maps) {
    return (kr_maps){.size = sizeof(kr_maps),
                     .title = "maps",
                     .n_maps = n,
                     .maps = maps,
                     .columns = 3,
                     .axis = "UMAP",
                     .n_classes = CLASSES,
                     .class_name = "circle",
                     .palette = KR_PALETTE_TAB10};
}

/* A unit is as long in x as in y: distances on a map are to be compared by eye. */
static void a_map_is_not_stretched(void **state) {
    (void)state;
    int width = 0, height = 0;
    kr_map map = make_map();
    kr_maps maps = make_maps(1, &map);
    map.classes = NULL;
    map.n = 4;
    for (int i = 0; i < 4; i++) { /* corners, ten by two */
        places[2 * i] = i % 2 ? 10 : 0;
        places[2 * i + 1] = i % 4 < 2 ? 0 : 2;
    }
    assert_int_equal(kr_figure_maps(path, &maps, NULL), KR_OK);
    kr_measure_picture(path, TAB10_DOT, &width, &height);
    assert_true(width > 500);
    assert_in_range(1000 * height / width, 180, 220);
}

static void one_map(void **state) {
    (void)state;
    kr_map map = make_map();
    kr_maps maps = make_maps(1, &map);
    assert_int_equal(kr_figure_maps(path, &maps, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, TAB10_FIRST); /* of the legend */
    maps.palette = KR_PALETTE_PETROFF10;
    assert_int_equal(kr_figure_maps(path, &maps, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, 0x3F90DA);
    maps.n_classes = 500; /* too many for a legend */
    assert_int_equal(kr_figure_maps(path, &maps, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, VIRIDIS_DOT);
    map.numbers = kr_values_f64(numbers, N, 1);
    map.number_label = "time";
    assert_int_equal(kr_figure_maps(path, &maps, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, VIRIDIS_DOT);
    map.classes = NULL;
    map.numbers.n = 0;
    assert_int_equal(kr_figure_maps(path, &maps, NULL), KR_OK);
    kr_expect_picture(path, 1200, 900, 0xFFFFFF);
}

static void slow_grids(void **state) {
    (void)state;
    static const struct {
        int n, width, height;
    } rows[] = {{2, 1680, 900}, {4, 1680, 1530}, {9, 2520, 2250}, {MANY, 6000, 6000}};
    kr_map maps[MANY];
    for (int i = 0; i < MANY; i++) maps[i] = make_map();
    for (int i = 0; i < 4; i++) {
        kr_maps figure = make_maps(rows[i].n, maps);
        assert_int_equal(kr_figure_maps(path, &figure, NULL), KR_OK);
        kr_expect_picture(path, rows[i].width, rows[i].height, TAB10_FIRST);
    }
}

/* ---- circles -------------------------------------------------------------------------------- */

enum { STEPS = 900, CIRCLES = 3, MAPPED = 90 };

static kr_circles make_circles(void) {
    static int64_t states[STEPS], steps[MAPPED];
    static const double matrix[] = {0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0};
    static const int64_t periods[] = {20, 40, 60};
    for (int i = 0; i < STEPS; i++) states[i] = i / 300;
    for (int i = 0; i < MAPPED; i++) steps[i] = 10 * i;
    make_map();
    return (kr_circles){.size = sizeof(kr_circles),
                        .n_steps = STEPS,
                        .n_circles = CIRCLES,
                        .states = states,
                        .transition_matrix = matrix,
                        .periods = periods,
                        .palette = KR_PALETTE_TAB10,
                        .n_mapped = MAPPED,
                        .map_steps = steps,
                        .map_places = places};
}

static void circles_and_their_map(void **state) {
    (void)state;
    kr_circles circles = make_circles();
    kr_error err = {.text = ""};
    circles.n_mapped = 0;
    assert_int_equal(kr_figure_circles(path, &circles, NULL), KR_OK);
    kr_expect_picture(path, 2550, 750, TAB10_FIRST);
    assert_int_equal(kr_figure_circles_map(path, "map", &circles, &err), KR_SHAPE);
    circles.n_mapped = MAPPED;
    assert_int_equal(kr_figure_circles(path, &circles, NULL), KR_OK);
    kr_expect_picture(path, 2550, 1500, TAB10_DOT);
    assert_int_equal(kr_figure_circles_map(path, "map", &circles, NULL), KR_OK);
    kr_expect_picture(path, 1680, 900, TAB10_DOT);
}

static void what_cannot_be_drawn_is_said(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr_map map = make_map();
    kr_maps maps = make_maps(0, &map);
    assert_int_equal(kr_figure_maps(path, &maps, &err), KR_SHAPE);
    maps.n_maps = 1;
    map.n = 0;
    assert_int_equal(kr_figure_maps(path, &maps, &err), KR_SHAPE);
    map.n = N;
    assert_int_equal(kr_figure_maps("map.bmp", &maps, &err), KR_USAGE);
}

/* Maps of a later version lie farther apart; what they know more may only be zero. */
static void maps_in_a_row_come_with_their_size(void **state) {
    (void)state;
    struct {
        kr_map known;
        int64_t later;
    } rows[2] = {{make_map(), 0}, {make_map(), 0}};
    kr_error err;
    for (int i = 0; i < 2; i++) rows[i].known.size = sizeof rows[i];
    kr_maps maps = make_maps(2, &rows[0].known);
    assert_int_equal(kr_figure_maps(path, &maps, &err), KR_OK);
    rows[1].later = 1;
    assert_int_equal(kr_figure_maps(path, &maps, &err), KR_USAGE);
    assert_string_equal(err.text, "kr_map: has values that this version of the library lacks");
    rows[1].known.size = 0;
    assert_int_equal(kr_figure_maps(path, &maps, &err), KR_USAGE);
    assert_string_equal(err.text, "kr_map: its size is not set; write .size = sizeof(kr_map)");
    maps.size = 0;
    assert_int_equal(kr_figure_maps(path, &maps, &err), KR_USAGE);
}

/* ---- want of memory ------------------------------------------------------------------------- */

static kr_status make_map_figure(const char *to, kr_error *err) {
    kr_map rows[] = {make_map(), make_map(), make_map()};
    kr_maps maps = make_maps(3, rows);
    rows[1].numbers = kr_values_f64(numbers, N, 1);
    rows[2].classes = NULL;
    return kr_figure_maps(to, &maps, err);
}

static kr_status make_circles_figure(const char *to, kr_error *err) {
    kr_circles circles = make_circles();
    return kr_figure_circles(to, &circles, err);
}

static kr_status make_circles_map(const char *to, kr_error *err) {
    kr_circles circles = make_circles();
    return kr_figure_circles_map(to, "map", &circles, err);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_expect_memory(make_map_figure);
    kr_expect_memory(make_circles_figure);
    kr_expect_memory(make_circles_map);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(a_map_is_not_stretched),
                                       cmocka_unit_test(one_map),
                                       cmocka_unit_test(circles_and_their_map),
                                       cmocka_unit_test(maps_in_a_row_come_with_their_size),
                                       cmocka_unit_test(what_cannot_be_drawn_is_said),
                                       cmocka_unit_test(slow_grids)}; /* last: see drawn.h */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
