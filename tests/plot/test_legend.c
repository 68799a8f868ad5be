/* SPDX-License-Identifier: MIT
 * test_legend.c - a legend covers no number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "plot/figure.h"

enum { N = 60 };

typedef struct placed {
    kr_figure *figure;
    kr__canvas *canvas;
    kr__view view;
} placed;

/* A figure with lines of these numbers, laid out. */
static placed lay_out(int n_lines, double (*value)(int line, int i), kr_legend place) {
    placed p = {0};
    kr_figure_options options = {
        .size = sizeof options, .rows = 1, .columns = 1, .width = 6, .height = 3.5};
    assert_int_equal(kr_figure_create(&options, &p.figure, NULL), KR_OK);
    kr_panel *panel = kr_figure_panel(p.figure, 0, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .legend = place});
    for (int line = 0; line < n_lines; line++) {
        double y[N];
        char name[32];
        for (int i = 0; i < N; i++) y[i] = value(line, i);
        snprintf(name, sizeof name, "line number %d", line);
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .y = kr_values_f64(y, N, 1),
                                        .style = {.label = name}});
    }
    kr__legend shared = {0};
    kr__box page = {8, 8, 424, 244};
    assert_int_equal(kr__canvas_create(KR__CANVAS_PNG, 432, 252, &p.canvas, NULL), KR_OK);
    kr__layout(p.figure, page, p.canvas, &p.view, &shared);
    return p;
}

static void give_back(placed *p) {
    kr__canvas_destroy(p->canvas);
    kr_figure_destroy(p->figure);
}

static bool is_covered(const placed *p, int n_lines, double (*value)(int line, int i)) {
    const kr__legend *legend = &p->view.legend;
    for (int line = 0; line < n_lines; line++) {
        for (int i = 0; i < N; i++) {
            double x = kr__view_x(&p->view, i), y = kr__view_y(&p->view, value(line, i));
            if (x >= legend->left && x <= legend->left + legend->width && y >= legend->top &&
                y <= legend->top + legend->height) {
                return true;
            }
        }
    }
    return false;
}

static double rising(int line, int i) { return i + 3 * line; }
static double falling(int line, int i) { return -i - 3 * line; }
static double valley(int line, int i) { return fabs(i - 30.0) + line; }
static double walls(int line, int i) { return i < 8 || i > 51 ? 30 * (i % 2) : line; }
static double noise(int line, int i) { return 10 * sin(2.3 * i + line) + (i % 7) * (line + 1); }

/* -1: left or top, 1: right or bottom, 0: between. */
static int side(double from, double to, double low, double high) {
    double before = low - from, after = to - high;
    return before < 0.3 * after ? -1 : after < 0.3 * before ? 1 : 0;
}

static void it_goes_where_nothing_is(void **state) {
    (void)state;
    static const struct {
        double (*value)(int, int);
        int horizontal, vertical;
    } rows[] = {{rising, -1, -1}, {falling, 1, -1}, {valley, 1, 1}, {walls, 0, -1}};
    for (int k = 0; k < 4; k++) {
        placed p = lay_out(2, rows[k].value, KR_LEGEND_AUTO);
        const kr__legend *legend = &p.view.legend;
        const kr__box *area = &p.view.area;
        assert_false(legend->is_outside);
        assert_int_equal(legend->n, 2);
        assert_false(is_covered(&p, 2, rows[k].value));
        assert_int_equal(side(area->left, area->right, legend->left, legend->left + legend->width),
                         rows[k].horizontal);
        assert_int_equal(side(area->top, area->bottom, legend->top, legend->top + legend->height),
                         rows[k].vertical);
        give_back(&p);
    }
}

static void it_goes_outside_when_no_place_is_free(void **state) {
    (void)state;
    placed p = lay_out(4, noise, KR_LEGEND_AUTO);
    const kr__legend *legend = &p.view.legend;
    assert_true(legend->is_outside);
    assert_true(legend->left >= p.view.area.right);
    assert_true(legend->left + legend->width <= 424.01); /* still on the page */
    give_back(&p);
}

static void top_right_and_none_are_obeyed(void **state) {
    (void)state;
    placed p = lay_out(2, rising, KR_LEGEND_TOP);
    assert_true(p.view.legend.top + p.view.legend.height <= p.view.area.top);
    assert_true(p.view.legend.top >= 0);
    give_back(&p);
    p = lay_out(2, rising, KR_LEGEND_RIGHT);
    assert_true(p.view.legend.left >= p.view.area.right);
    give_back(&p);
    p = lay_out(2, rising, KR_LEGEND_NONE);
    assert_int_equal(p.view.legend.n, 0);
    give_back(&p);
}

static void too_many_names_are_counted(void **state) {
    (void)state;
    placed p = lay_out(90, noise, KR_LEGEND_AUTO);
    const kr__legend *legend = &p.view.legend;
    assert_int_equal(legend->n + legend->n_more, 90);
    assert_true(legend->n >= 10 && legend->n_more > 0);
    assert_true(legend->left + legend->width <= 424.01);
    assert_true(legend->top + legend->height <= 244.01);
    give_back(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_where_nothing_is),
        cmocka_unit_test(it_goes_outside_when_no_place_is_free),
        cmocka_unit_test(top_right_and_none_are_obeyed),
        cmocka_unit_test(too_many_names_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
