/* SPDX-License-Identifier: MIT
 * test_dimension_figures.c - the picture appears with and without classes, or says why not. */
#include <cairo.h>
#include <kr/figures.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "support/drawn.h"

static const char path[] = "test_dimension_figures.png";
static const int64_t k[] = {5, 10, 20};
static const double estimate[] = {9, 7, 5}, by_class[] = {3, NAN, 2, NAN, NAN, NAN};
static const int64_t class_names[] = {0, 4, 7}, class_k[] = {10, 30};

/* Dots of a colour in the picture, which is drawn as it was and then removed; *width: its size. */
static int count_dots(uint32_t rgb, int *width) {
    kr_expect_drawn(path);
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    *width = cairo_image_surface_get_width(surface);
    int height = cairo_image_surface_get_height(surface), n = 0;
    const uint8_t *bytes = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < *width; x++) {
            uint32_t dot;
            memcpy(&dot, bytes + (size_t)y * stride + 4 * (size_t)x, 4);
            n += (dot & 0xffffff) == rgb;
        }
    }
    cairo_surface_destroy(surface);
    remove(path);
    return n;
}

static kr_dimension_picture make_picture(void) {
    return (kr_dimension_picture){.size = sizeof(kr_dimension_picture),
                                  .n_k = 3,
                                  .k = k,
                                  .estimate = estimate,
                                  .two_nn = NAN,
                                  .ambient_dim = 20,
                                  .n_classes = 3,
                                  .class_names = class_names,
                                  .n_class_k = 2,
                                  .class_k = class_k,
                                  .class_estimate = by_class,
                                  .palette = KR_PALETTE_TAB10};
}

enum { BLUE = 0x1f77b4, ORANGE = 0xff7f0e };

static void bars_are_beside_the_curve(void **state) {
    (void)state;
    kr_dimension_picture picture = make_picture();
    int width = 0;
    assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
    assert_true(count_dots(ORANGE, &width) < 3000); /* the legend's: k = 30 has no bar */
    assert_int_equal(width, 2100);
    double all[] = {3, 3, 2, 1, 4, 3};
    picture.class_estimate = all;
    assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
    assert_true(count_dots(ORANGE, &width) > 30000);
}

static void without_classes_it_is_narrow(void **state) {
    (void)state;
    kr_dimension_picture picture = make_picture();
    int width = 0;
    picture.n_classes = 0;
    assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
    assert_true(count_dots(BLUE, &width) > 1000);
    assert_int_equal(width, 1200);
    picture.two_nn = 6;
    assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
    assert_true(count_dots(ORANGE, &width) > 300); /* the rule of TwoNN */
}

enum { GREY = 0x606060 };

/* The line at the number of columns, where it is below four times the largest estimate. */
static void a_line_far_above_is_not_drawn(void **state) {
    (void)state;
    static const double halves[] = {2.5, 2.25, 2.5};
    kr_dimension_picture picture = make_picture();
    int width = 0;
    picture.n_classes = 0;
    picture.estimate = halves;
    int n_grey[3];
    for (int i = 0; i < 3; i++) {
        picture.ambient_dim = 9 + i;
        assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
        n_grey[i] = count_dots(GREY, &width);
    }
    assert_true(n_grey[0] > n_grey[1] + 100);
    assert_int_equal(n_grey[1], n_grey[2]);
}

static void estimates_may_all_be_missing(void **state) {
    (void)state;
    kr_dimension_picture picture = make_picture();
    const double none[] = {NAN, NAN, NAN, NAN, NAN, NAN};
    picture.estimate = picture.class_estimate = none;
    picture.has_circles = true;
    int width = 0;
    assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
    count_dots(BLUE, &width);
    picture.has_circles = false;
    assert_int_equal(kr_figure_dimension(path, &picture, NULL), KR_OK);
    count_dots(BLUE, &width);
}

static void what_cannot_be_drawn_is_said(void **state) {
    (void)state;
    kr_dimension_picture picture = make_picture();
    kr_error err;
    assert_int_equal(kr_figure_dimension("dimension.gif", &picture, &err), KR_USAGE);
    picture.n_k = 0;
    assert_int_equal(kr_figure_dimension(path, &picture, &err), KR_SHAPE);
    assert_string_equal(err.text, "test_dimension_figures.png: no number of neighbours to draw");
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_dimension_picture picture = make_picture();
    kr_status status = KR_MEMORY;
    uint64_t n = 0;
    while (status != KR_OK) {
        assert_true(n < 1000);
        kr_error err = {.text = ""};
        const uint64_t before = kr__alloc_count();
        kr__alloc_fail_at(++n);
        status = kr_figure_dimension("test_dimension_figures.svg", &picture, &err);
        kr__alloc_fail_at(0);
        if (status == KR_OK) assert_true(kr__alloc_count() - before < n); /* past the last */
        assert_int_equal(status != KR_OK, *err.text != '\0');
        assert_true(status == KR_OK || status == KR_MEMORY);
    }
    assert_true(n > 10);
    remove("test_dimension_figures.svg");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_beside_the_curve),
        cmocka_unit_test(without_classes_it_is_narrow),
        cmocka_unit_test(a_line_far_above_is_not_drawn),
        cmocka_unit_test(estimates_may_all_be_missing),
        cmocka_unit_test(what_cannot_be_drawn_is_said),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
