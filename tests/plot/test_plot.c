/* SPDX-License-Identifier: MIT
 * test_plot.c - what figures look like, as dots and as what was asked for; that they are the same
 * bytes twice; failures.
 */
#include <cairo.h>
#include <kr/plot.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "support/drawn.h"
#include "support/starve.h"

static const char png[] = "test_plot.png";

/* ---- reading pictures back ---------------------------------------------------------------- */

typedef struct picture {
    cairo_surface_t *surface;
    int width, height, stride;
    const uint8_t *bytes;
} picture;

static picture open_picture(const char *path) {
    picture p = {.surface = cairo_image_surface_create_from_png(path)};
    assert_int_equal(cairo_surface_status(p.surface), CAIRO_STATUS_SUCCESS);
    p.width = cairo_image_surface_get_width(p.surface);
    p.height = cairo_image_surface_get_height(p.surface);
    p.stride = cairo_image_surface_get_stride(p.surface);
    p.bytes = cairo_image_surface_get_data(p.surface);
    return p;
}

static void close_picture(picture *p) { cairo_surface_destroy(p->surface); }

static uint32_t dot(const picture *p, int x, int y) {
    uint32_t packed;
    memcpy(&packed, p->bytes + (size_t)y * (size_t)p->stride + 4 * (size_t)x, 4);
    return packed & 0xFFFFFF;
}

/* Dots of just this colour in a part of the picture (all as parts of its size). */
static int count_dots(const picture *p, uint32_t color, double left, double top, double right,
                      double bottom) {
    int n = 0;
    for (int y = (int)(top * p->height); y < (int)(bottom * p->height); y++) {
        for (int x = (int)(left * p->width); x < (int)(right * p->width); x++) {
            n += dot(p, x, y) == color;
        }
    }
    return n;
}

static kr_figure *make_figure(kr_figure_options options) {
    kr_figure *figure = NULL;
    if (options.rows == 0) options.rows = options.columns = 1;
    assert_int_equal(kr_figure_create(&options, &figure, NULL), KR_OK);
    return figure;
}

static void save(kr_figure *figure, const char *path) {
    kr_error err = {0};
    if (kr_figure_save(figure, path, &err) != KR_OK) fail_msg("%s", err.text);
    kr_expect_drawn(path);
}

/* ---- charts -------------------------------------------------------------------------------- */

static void a_page_has_its_size_and_is_white_outside(void **state) {
    (void)state;
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 2});
    kr_figure_panel(figure, 0, 0);
    save(figure, png);
    picture p = open_picture(png);
    assert_int_equal(p.width, 600);
    assert_int_equal(p.height, 300);
    assert_int_equal(dot(&p, 2, 2), 0xFFFFFF);
    assert_int_equal(dot(&p, 597, 297), 0xFFFFFF);
    close_picture(&p);
    kr_figure_destroy(figure);
}

static void a_line_lies_where_its_numbers_are(void **state) {
    (void)state;
    const double y[] = {1, 1, 1, NAN, 9, 9, 9};
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.low = 0, .high = 6},
                                    .y = {.low = 0, .high = 10}});
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .y = kr_values_f64(y, 7, 1),
                                    .style = {.color = kr_color_rgb(0xFF0000), .width = 3}});
    save(figure, png);
    picture p = open_picture(png);
    assert_true(count_dots(&p, 0xFF0000, 0.05, 0.6, 0.4, 1) > 300); /* low, left */
    assert_true(count_dots(&p, 0xFF0000, 0.65, 0, 1, 0.4) > 300);   /* high, right */
    assert_int_equal(count_dots(&p, 0xFF0000, 0.45, 0, 0.6, 1), 0); /* the gap */
    assert_int_equal(count_dots(&p, 0xFF0000, 0, 0, 0.5, 0.5), 0);
    close_picture(&p);
    kr_figure_destroy(figure);
}

static void a_long_line_keeps_its_peaks(void **state) {
    (void)state;
    enum { N = 50000 };
    static float y[N];
    y[N / 2] = 1; /* one in fifty thousand */
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel_line(kr_figure_panel(figure, 0, 0),
                  &(kr_line){.size = sizeof(kr_line),
                             .y = kr_values_f32(y, N, 1),
                             .style = {.color = kr_color_rgb(0xFF0000), .width = 2}});
    save(figure, png);
    picture p = open_picture(png);
    assert_true(count_dots(&p, 0xFF0000, 0.4, 0.1, 0.7, 0.5) > 100);
    close_picture(&p);
    kr_figure_destroy(figure);
}

static void bars_stand_on_zero_and_whiskers_reach_over_them(void **state) {
    (void)state;
    const double heights[] = {4, -4}, errors[] = {2, 0};
    const kr_color color = kr_color_rgb(0x00FF00);
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(
        panel,
        &(kr_axes){.size = sizeof(kr_axes), .y = {.low = -10, .high = 10}, .is_gridless = true});
    kr_panel_bars(panel, &(kr_bars){.size = sizeof(kr_bars),
                                    .n_groups = 1,
                                    .n_categories = 2,
                                    .colors = &color,
                                    .heights = kr_values_f64(heights, 2, 1),
                                    .errors = kr_values_f64(errors, 2, 1)});
    save(figure, png);
    picture p = open_picture(png);
    int up = count_dots(&p, 0x00FF00, 0.1, 0, 0.5, 0.48);
    int down = count_dots(&p, 0x00FF00, 0.55, 0.5, 1, 1);
    assert_true(up > 5000 && down > 5000);
    assert_int_equal(count_dots(&p, 0x00FF00, 0.1, 0.55, 0.5, 1), 0);
    assert_int_equal(count_dots(&p, 0x00FF00, 0.6, 0, 1, 0.4), 0);
    assert_true(count_dots(&p, 0x404040, 0.2, 0.1, 0.5, 0.4) > 20); /* the whisker */
    close_picture(&p);
    kr_figure_destroy(figure);
}

static void a_heatmap_has_its_rows_where_the_axis_says(void **state) {
    (void)state;
    const double values[] = {0, 0.5, 1, NAN};
    for (int is_reversed = 0; is_reversed < 2; is_reversed++) {
        kr_figure *figure = make_figure(
            (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
        kr_panel *panel = kr_figure_panel(figure, 0, 0);
        kr_panel_axes(panel,
                      &(kr_axes){.size = sizeof(kr_axes), .y = {.is_reversed = is_reversed == 1}});
        kr_panel_heatmap(panel, &(kr_heatmap){.size = sizeof(kr_heatmap),
                                              .rows = 2,
                                              .columns = 2,
                                              .values = kr_values_f64(values, 4, 1),
                                              .scale = {.is_bar_hidden = true}});
        save(figure, png);
        picture p = open_picture(png);
        double upper = is_reversed ? 0.1 : 0.5; /* where row 0 is */
        assert_true(count_dots(&p, 0x440154, 0.1, upper, 0.5, upper + 0.3) > 5000);
        assert_true(count_dots(&p, 0x21908C, 0.6, upper, 0.95, upper + 0.3) > 5000);
        assert_true(count_dots(&p, 0xFDE725, 0.1, 0.6 - upper, 0.5, 0.9 - upper) > 5000);
        assert_true(count_dots(&p, 0xD9D9D9, 0.6, 0.6 - upper, 0.95, 0.9 - upper) > 5000);
        close_picture(&p);
        kr_figure_destroy(figure);
    }
}

/* Four cells of 0 to 2, saved. */
static void draw_heatmap(kr_color_scale scale) {
    const double values[] = {0, 0.5, 1, 2};
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel_heatmap(kr_figure_panel(figure, 0, 0),
                     &(kr_heatmap){.size = sizeof(kr_heatmap),
                                   .rows = 2,
                                   .columns = 2,
                                   .values = kr_values_f64(values, 4, 1),
                                   .scale = scale});
    save(figure, png);
    kr_figure_destroy(figure);
}

/* Dots of the highest colour in the bar at the right, and what is white beside its upper end. */
static int count_end(double high) {
    draw_heatmap((kr_color_scale){.low = 0, .high = high});
    picture p = open_picture(png);
    int n = count_dots(&p, 0xFDE725, 0.845, 0, 1, 0.2);
    close_picture(&p);
    return n;
}

static void a_bar_ends_in_a_triangle_where_its_scale_is_cut(void **state) {
    (void)state;
    assert_in_range(count_end(1), 100, 300);
    assert_in_range(count_end(2), 0, 60);
}

static int count_beside(bool is_outside) {
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.low = 0, .high = 1},
                                    .y = {.low = 0, .high = 1},
                                    .room_right = 80});
    kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                    .text = "a name that is too long for the room",
                                    .x = 1,
                                    .y = 0.5,
                                    .dx = 6,
                                    .color = kr_color_rgb(0xFF0000),
                                    .is_outside = is_outside});
    save(figure, png);
    picture p = open_picture(png);
    int n = count_dots(&p, 0xFF0000, 0.7, 0.3, 1, 0.7);
    close_picture(&p);
    kr_figure_destroy(figure);
    return n;
}

static void a_note_may_lie_beside_the_axes(void **state) {
    (void)state;
    assert_true(count_beside(true) > 20);
    assert_int_equal(count_beside(false), 0);
}

/* More columns than dots are averaged, but no row takes colour from the one beside it. */
static void a_long_heatmap_keeps_its_rows_apart(void **state) {
    (void)state;
    enum { N = 5000 };
    static float values[2 * N];
    for (int i = N; i < 2 * N; i++) values[i] = 1;
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel_heatmap(kr_figure_panel(figure, 0, 0),
                     &(kr_heatmap){.size = sizeof(kr_heatmap),
                                   .rows = 2,
                                   .columns = N,
                                   .values = kr_values_f32(values, 2 * N, 1),
                                   .scale = {.is_bar_hidden = true}});
    save(figure, png);
    picture p = open_picture(png);
    int low = count_dots(&p, 0x440154, 0.2, 0.1, 0.8, 0.8);
    int high = count_dots(&p, 0xFDE725, 0.2, 0.1, 0.8, 0.8);
    assert_true(low + high > 0.98 * (0.6 * p.width) * (0.7 * p.height));
    close_picture(&p);
    kr_figure_destroy(figure);
}

static void dots_have_the_colours_of_their_categories_and_values(void **state) {
    (void)state;
    const double x[] = {0, 1, 2}, v[] = {-1, 0, 3};
    const int32_t category[] = {0, 1, 7};
    const char *const names[] = {"a", "b"};
    kr_figure *figure = make_figure((kr_figure_options){.size = sizeof(kr_figure_options),
                                                        .rows = 1,
                                                        .columns = 2,
                                                        .width = 8,
                                                        .height = 3,
                                                        .palette = KR_PALETTE_TAB10});
    kr_scatter scatter = {.size = sizeof scatter,
                          .x = kr_values_f64(x, 3, 1),
                          .y = kr_values_f64(x, 3, 1),
                          .category = category,
                          .category_names = names,
                          .n_categories = 2,
                          .diameter = 8};
    kr_panel_scatter(kr_figure_panel(figure, 0, 0), &scatter);
    scatter.category = NULL;
    scatter.value = kr_values_f64(v, 3, 1);
    scatter.scale = (kr_color_scale){.colormap = KR_COLORMAP_RDBU_R, .is_symmetric = true};
    kr_panel_scatter(kr_figure_panel(figure, 0, 1), &scatter);
    save(figure, png);
    picture p = open_picture(png);
    assert_true(count_dots(&p, 0x1F77B4, 0, 0, 0.5, 1) > 100);
    assert_true(count_dots(&p, 0xFF7F0E, 0, 0, 0.5, 1) > 100);
    assert_true(count_dots(&p, 0xBDBDBD, 0, 0, 0.5, 1) > 100);   /* no such category */
    assert_true(count_dots(&p, 0xF7F7F7, 0.5, 0, 0.9, 1) > 100); /* the middle is 0 */
    assert_true(count_dots(&p, 0x67001F, 0.5, 0, 1, 1) > 100);
    close_picture(&p);
    kr_figure_destroy(figure);
}

static void bands_strips_and_rules_are_drawn(void **state) {
    (void)state;
    const double low[] = {1, 1, 1}, high[] = {3, 3, 3};
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.low = 0, .high = 2},
                                    .y = {.low = 0, .high = 10},
                                    .is_gridless = true});
    kr_panel_strip(panel, &(kr_strip){.size = sizeof(kr_strip),
                                      .from = 1,
                                      .to = (double)INFINITY,
                                      .opacity = 1,
                                      .color = kr_color_rgb(0x00FFFF)});
    kr_panel_band(panel, &(kr_band){.size = sizeof(kr_band),
                                    .low = kr_values_f64(low, 3, 1),
                                    .opacity = 1,
                                    .high = kr_values_f64(high, 3, 1),
                                    .color = kr_color_rgb(0xFF00FF)});
    kr_panel_rule(panel, KR_HORIZONTAL, 5, &(kr_line_style){.color = kr_color_rgb(0x0000FF)});
    kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                    .text = "M",
                                    .x = 0.2,
                                    .y = 0.8,
                                    .is_relative = true,
                                    .font_size = 30,
                                    .color = kr_color_rgb(0xFF0000)});
    save(figure, png);
    picture p = open_picture(png);
    assert_int_equal(count_dots(&p, 0x00FFFF, 0, 0, 0.5, 1), 0);
    assert_true(count_dots(&p, 0x00FFFF, 0.6, 0, 1, 0.5) > 20000);
    assert_true(count_dots(&p, 0xFF00FF, 0.1, 0.6, 1, 0.9) > 20000);
    assert_int_equal(count_dots(&p, 0xFF00FF, 0, 0, 1, 0.5), 0);
    assert_true(count_dots(&p, 0x0000FF, 0.1, 0.4, 1, 0.6) > 400);
    assert_true(count_dots(&p, 0xFF0000, 0, 0, 0.5, 0.5) > 100);
    close_picture(&p);
    kr_figure_destroy(figure);
}

typedef struct box {
    int left, top, right, bottom;
} box;

/* Around the dots of a red note in a panel from 0 to 10. */
static box find_note(kr_note note) {
    kr_figure *figure = make_figure(
        (kr_figure_options){.size = sizeof(kr_figure_options), .width = 4, .height = 3});
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.low = 0, .high = 10},
                                    .y = {.low = 0, .high = 10}});
    note.size = sizeof note;
    note.text = "HH";
    note.font_size = 20;
    note.color = kr_color_rgb(0xFF0000);
    kr_panel_note(panel, &note);
    save(figure, png);
    picture p = open_picture(png);
    box b = {p.width, p.height, -1, -1};
    for (int y = 0; y < p.height; y++) {
        for (int x = 0; x < p.width; x++) {
            if (dot(&p, x, y) != 0xFF0000) continue;
            b.left = x < b.left ? x : b.left;
            b.right = x > b.right ? x : b.right;
            b.top = y < b.top ? y : b.top;
            b.bottom = y > b.bottom ? y : b.bottom;
        }
    }
    close_picture(&p);
    kr_figure_destroy(figure);
    return b;
}

static void assert_moved(box from, box to, int right, int up) {
    assert_in_range(to.left - from.left - right + 1, 0, 2);
    assert_in_range(to.right - from.right - right + 1, 0, 2);
    assert_in_range(from.top - to.top - up + 1, 0, 2);
    assert_in_range(from.bottom - to.bottom - up + 1, 0, 2);
}

/* 72 points are 150 dots. */
static void a_note_lies_where_it_is_put(void **state) {
    (void)state;
    box at = find_note((kr_note){.x = 5, .y = 5});
    int width = at.right - at.left, height = at.bottom - at.top;
    assert_in_range(width, 40, 80);
    assert_in_range(height, 25, 45);
    assert_moved(at, find_note((kr_note){.x = 5, .y = 5, .dx = 24, .dy = 12}), 50, 25);
    assert_moved(at, find_note((kr_note){.x = 5, .y = 5, .dx = -24, .dy = -12}), -50, -25);
    assert_moved(at, find_note((kr_note){.x = .5, .y = .5, .is_relative = true}), 0, 0);
    box other = find_note((kr_note){.x = 5, .y = 5, .align_x = 1});
    assert_in_range(at.left - other.right, 0, 12); /* the point lies between them */
    other = find_note((kr_note){.x = 5, .y = 5, .align_y = 1});
    assert_in_range(other.top - at.bottom, 0, 30);
    box right = find_note((kr_note){.x = 7, .y = 5}), up = find_note((kr_note){.x = 5, .y = 8});
    assert_moved(at, right, right.left - at.left, 0);
    assert_moved(at, up, 0, at.top - up.top);
    assert_true(right.left > at.left + 80 && up.bottom < at.top - 80);
}

/* ---- the same bytes ------------------------------------------------------------------------ */

static kr_figure *make_everything(void) {
    static double values[80 * 60], x[200], y[200];
    static const char *const names[] = {
        "one", "a name that is much too long for the place that it has", "Ma\xDF"};
    for (int i = 0; i < 80 * 60; i++) values[i] = sin(0.01 * i);
    for (int i = 0; i < 200; i++) {
        x[i] = sin(0.7 * i);
        y[i] = cos(0.2 * i);
    }
    kr_figure *figure = NULL;
    kr_figure_options options = {
        .size = sizeof options, .rows = 2, .columns = 2, .title = "Everything", .note = "note"};
    if (kr_figure_create(&options, &figure, NULL) != KR_OK) return NULL;
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_heatmap(panel, &(kr_heatmap){.size = sizeof(kr_heatmap),
                                          .rows = 80,
                                          .columns = 60,
                                          .values = kr_values_f64(values, 4800, 1)});
    panel = kr_figure_panel(figure, 0, 1);
    kr_panel_axes(
        panel,
        &(kr_axes){
            .size = sizeof(kr_axes), .title = "dots", .x = {.label = "x"}, .is_equal = true});
    kr_panel_scatter(panel, &(kr_scatter){.size = sizeof(kr_scatter),
                                          .x = kr_values_f64(x, 200, 1),
                                          .opacity = 0.5,
                                          .y = kr_values_f64(y, 200, 1),
                                          .label = "all"});
    panel = kr_figure_panel(figure, 1, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .x = {.names = names, .n_names = 3}});
    kr_panel_bars(panel, &(kr_bars){.size = sizeof(kr_bars),
                                    .n_groups = 2,
                                    .n_categories = 3,
                                    .group_names = names,
                                    .heights = kr_values_f64(y, 6, 1)});
    panel = kr_figure_panel(figure, 1, 1);
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .y = kr_values_f64(x, 200, 1),
                                    .style = {.label = "sine"}});
    return figure;
}

static void the_same_figure_is_the_same_bytes(void **state) {
    (void)state;
    static const char *const paths[] = {"test_plot.png", "test_plot.pdf", "test_plot.svg"};
    static const char *const starts[] = {"\x89PNG", "%PDF", "<?xm"};
    for (int i = 0; i < 3; i++) {
        uint8_t *bytes[2];
        size_t n[2];
        for (int round = 0; round < 2; round++) {
            kr_figure *figure = make_everything();
            assert_non_null(figure);
            save(figure, paths[i]);
            kr_figure_destroy(figure);
            assert_int_equal(kr__file_read(paths[i], 1 << 24, &bytes[round], &n[round], NULL),
                             KR_OK);
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(bytes[0], bytes[1], n[0]);
        assert_memory_equal(bytes[0], starts[i], 4);
        kr_free(bytes[0]);
        kr_free(bytes[1]);
        remove(paths[i]);
    }
}

static int count_text(const char *text, const char *part) {
    int n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) n++;
    return n;
}

static void an_element_has_names_of_its_own(void **state) {
    (void)state;
    char *svg = NULL;
    kr_figure *figure = make_everything();
    assert_int_equal(kr_figure_svg(figure, "loss-", &svg, NULL), KR_OK);
    kr_figure_destroy(figure);
    assert_memory_equal(svg, "<svg", 4);
    assert_true(count_text(svg, " id=\"") > 10);
    assert_int_equal(count_text(svg, " id=\""), count_text(svg, " id=\"loss-"));
    assert_true(count_text(svg, "href=\"#") > 10);
    assert_int_equal(count_text(svg, "href=\"#"), count_text(svg, "href=\"#loss-"));
    assert_true(count_text(svg, "url(#") > 0);
    assert_int_equal(count_text(svg, "url(#"), count_text(svg, "url(#loss-"));
    assert_string_equal(svg + strlen(svg) - 7, "</svg>\n");
    kr_free(svg);
}

/* ---- odd input ----------------------------------------------------------------------------- */

static void odd_series_are_drawn(void **state) {
    (void)state;
    static const double constant[] = {3, 3, 3}, gaps[] = {(double)NAN, (double)INFINITY},
                        huge[] = {1e299, -1e299, 1e308}, tiny[] = {5e-324, 0, 1e-310},
                        near[] = {1e15, 1e15 + 1, 1e15 + 2};
    static const struct {
        const double *y;
        int64_t n;
    } rows[] = {{constant, 3}, {constant, 1}, {constant, 0}, {gaps, 2},
                {huge, 3},     {tiny, 3},     {near, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int is_log = 0; is_log < 2; is_log++) {
            kr_figure *figure = make_figure((kr_figure_options){.size = sizeof(kr_figure_options)});
            kr_panel *panel = kr_figure_panel(figure, 0, 0);
            kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .y = {.is_log = is_log == 1}});
            kr_values y = kr_values_f64(rows[i].y, rows[i].n, 1);
            kr_panel_line(panel,
                          &(kr_line){.size = sizeof(kr_line), .y = y, .style = {.label = "line"}});
            kr_panel_band(panel, &(kr_band){.size = sizeof(kr_band), .low = y, .high = y});
            kr_panel_scatter(panel,
                             &(kr_scatter){.size = sizeof(kr_scatter), .x = y, .y = y, .value = y});
            kr_panel_bars(panel, &(kr_bars){.size = sizeof(kr_bars),
                                            .n_groups = 1,
                                            .n_categories = y.n,
                                            .heights = y,
                                            .errors = y});
            kr_panel_heatmap(panel, &(kr_heatmap){.size = sizeof(kr_heatmap),
                                                  .rows = 1,
                                                  .columns = y.n,
                                                  .values = y,
                                                  .has_text = true});
            save(figure, png);
            kr_figure_destroy(figure);
        }
    }
}

static void a_tiny_page_is_drawn(void **state) {
    (void)state;
    kr_figure *figure = make_figure((kr_figure_options){.size = sizeof(kr_figure_options),
                                                        .rows = 8,
                                                        .columns = 8,
                                                        .width = 1,
                                                        .height = 1,
                                                        .title = "no room",
                                                        .is_x_shared = true});
    const double y[] = {1, 2};
    for (int i = 0; i < 64; i++) {
        kr_panel *panel = kr_figure_panel(figure, i / 8, i % 8);
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .title = "title",
                                        .x = {.label = "x"},
                                        .y = {.label = "y"}});
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .y = kr_values_f64(y, 2, 1),
                                        .style = {.label = "line"}});
    }
    save(figure, png);
    kr_figure_destroy(figure);
}

/* ---- failures ------------------------------------------------------------------------------ */

static void expect_failure(kr_figure *figure, const char *path, kr_status status,
                           const char *part) {
    kr_error err = {0};
    assert_int_equal(kr_figure_save(figure, path, &err), status);
    if (!strstr(err.text, part)) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void a_path_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    kr_figure *figure = make_figure((kr_figure_options){.size = sizeof(kr_figure_options)});
    kr_figure_panel(figure, 0, 0);
    expect_failure(figure, "no/such/folder/x.png", KR_IO, "no/such/folder/x.png");
    expect_failure(figure, "picture.jpg", KR_USAGE, ".png, .pdf or .svg");
    expect_failure(figure, ".png", KR_USAGE, ".png, .pdf or .svg");
    save(figure, "test_plot.PNG");
    remove("test_plot.PNG");
    kr_figure_destroy(figure);
}

static void sizes_that_do_not_fit_are_errors(void **state) {
    (void)state;
    const double v[] = {1, 2, 3};
    const kr_values two = kr_values_f64(v, 2, 1), three = kr_values_f64(v, 3, 1);
    for (int i = 0; i < 9; i++) {
        kr_figure *figure = make_figure((kr_figure_options){.size = sizeof(kr_figure_options)});
        kr_panel *panel = kr_figure_panel(figure, i == 6 ? 5 : 0, 0);
        if (i == 0) kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line), .x = two, .y = three});
        if (i == 1)
            kr_panel_band(panel, &(kr_band){.size = sizeof(kr_band), .low = two, .high = three});
        if (i == 2)
            kr_panel_scatter(panel,
                             &(kr_scatter){.size = sizeof(kr_scatter), .x = two, .y = three});
        if (i == 3)
            kr_panel_bars(
                panel,
                &(kr_bars){
                    .size = sizeof(kr_bars), .n_groups = 2, .n_categories = 2, .heights = three});
        if (i == 4)
            kr_panel_heatmap(
                panel, &(kr_heatmap){
                           .size = sizeof(kr_heatmap), .rows = 2, .columns = 2, .values = three});
        if (i == 5)
            kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .x = {.low = 2, .high = 1}});
        if (i == 7)
            kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .x = {.low = NAN, .high = 1}});
        if (i == 8)
            kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .y = {.low = 1, .high = NAN}});
        static const char *const parts[] = {"2 x for 3 y",
                                            "2 lower and 3 upper",
                                            "2 x, 3 y",
                                            "3 numbers for 2 groups of 2",
                                            "was given 3 numbers",
                                            "an axis from 2 to 1",
                                            "panel (5, 0)",
                                            "an axis from nan to 1",
                                            "an axis from 1 to nan"};
        expect_failure(figure, png, i < 5 ? KR_SHAPE : KR_USAGE, parts[i]);
        kr_figure_destroy(figure);
    }
}

static void pages_out_of_range_are_errors(void **state) {
    (void)state;
    const double heights[] = {0};
    const kr_figure_options bad[] = {
        {.size = sizeof bad[0], .rows = 0, .columns = 1},
        {.size = sizeof bad[0], .rows = 1, .columns = 33},
        {.size = sizeof bad[0], .rows = 1, .columns = 1, .width = 41},
        {.size = sizeof bad[0], .rows = 1, .columns = 1, .height = -1},
        {.size = sizeof bad[0], .rows = 1, .columns = 1, .width = (double)NAN},
        {.size = sizeof bad[0], .rows = 1, .columns = 1, .row_heights = heights}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kr_figure *figure = NULL;
        kr_error err = {0};
        assert_int_equal(kr_figure_create(&bad[i], &figure, &err), KR_USAGE);
        assert_null(figure);
        assert_true(strlen(err.text) > 10);
    }
}

static void slow_running_out_of_memory_is_an_error(void **state) {
    (void)state;
    uint64_t n_failures = 0, before = kr__alloc_count();
    kr_figure *whole = make_everything();
    assert_int_equal(kr_figure_save(whole, "test_plot.svg", NULL), KR_OK);
    kr_figure_destroy(whole);
    const uint64_t n_allocs = kr__alloc_count() - before;
    for (uint64_t n = 1; n <= n_allocs; n++) {
        kr_status status = KR_MEMORY;
        kr__alloc_fail_at(n);
        kr_figure *figure = make_everything();
        if (figure) status = kr_figure_save(figure, "test_plot.svg", NULL);
        kr__alloc_fail_at(0);
        kr_figure_destroy(figure);
        assert_true(status == KR_OK || status == KR_MEMORY);
        n_failures += status == KR_MEMORY;
    }
    assert_true(n_failures > 5); /* a chart may do without some */
    remove("test_plot.svg");
}

/* Without a legend, which looks for a place only if there is memory. */
static kr_status draw_line(void *arg, kr_error *err) {
    static const double y[] = {1, 3, 2};
    const kr_figure_options options = {
        .size = sizeof options, .rows = 1, .columns = 1, .width = 2, .height = 1.5};
    kr_figure *figure = NULL;
    char *svg = NULL;
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_panel_line(kr_figure_panel(figure, 0, 0),
                  &(kr_line){.size = sizeof(kr_line), .y = kr_values_f64(y, 3, 1)});
    kr_status status =
        arg ? kr_figure_save(figure, arg, err) : kr_figure_svg(figure, "line-", &svg, err);
    kr_free(svg);
    kr_figure_destroy(figure);
    return status;
}

static void a_line_may_lack_memory(void **state) {
    (void)state;
    static char paths[][20] = {"test_plot_line.png", "test_plot_line.svg", "test_plot_line.pdf"};
    for (int i = 0; i < 3; i++) {
        kr_starve(paths[i], draw_line, paths[i]);
        remove(paths[i]);
    }
    kr_starve("an element", draw_line, NULL);
}

static int clean(void **state) {
    (void)state;
    remove(png);
    return 0;
}

static void the_label_of_a_bar_is_as_long_as_the_bar(void **state) {
    (void)state;
    draw_heatmap((kr_color_scale){
        .label = "a name that is far too long for the height of the bar that it stands beside"});
}

/* Without its size a struct says nothing: the figure has failed, and says so when it is saved. */
static void structs_come_with_their_size(void **state) {
    (void)state;
    kr_error err;
    kr_figure *figure = NULL;
    assert_int_equal(kr_figure_create(&(kr_figure_options){.rows = 1}, &figure, &err), KR_USAGE);
    assert_null(figure);
    for (int i = 0; i < 8; i++) {
        const double y[] = {1, 2};
        const kr_figure_options options = {.size = sizeof options, .rows = 1, .columns = 1};
        assert_int_equal(kr_figure_create(&options, &figure, NULL), KR_OK);
        kr_panel *panel = kr_figure_panel(figure, 0, 0);
        const kr_values values = kr_values_f64(y, 2, 1);
        if (i == 0) kr_panel_line(panel, &(kr_line){.y = values});
        if (i == 1) kr_panel_band(panel, &(kr_band){.low = values, .high = values});
        if (i == 2) kr_panel_scatter(panel, &(kr_scatter){.x = values, .y = values});
        if (i == 3) kr_panel_bars(panel, &(kr_bars){.heights = values});
        if (i == 4) kr_panel_heatmap(panel, &(kr_heatmap){.rows = 1, .columns = 2});
        if (i == 5) kr_panel_strip(panel, &(kr_strip){.to = 1});
        if (i == 6) kr_panel_note(panel, &(kr_note){.text = "note"});
        if (i == 7) kr_panel_axes(panel, &(kr_axes){.title = "axes"});
        char *svg = NULL;
        assert_int_equal(kr_figure_svg(figure, "a", &svg, &err), KR_USAGE);
        assert_non_null(strstr(err.text, "its size is not set; write .size = sizeof(kr_"));
        assert_null(svg);
        kr_figure_destroy(figure);
        figure = NULL;
    }
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_its_size_and_is_white_outside),
        cmocka_unit_test(a_line_lies_where_its_numbers_are),
        cmocka_unit_test(a_long_line_keeps_its_peaks),
        cmocka_unit_test(bars_stand_on_zero_and_whiskers_reach_over_them),
        cmocka_unit_test(a_heatmap_has_its_rows_where_the_axis_says),
        cmocka_unit_test(a_bar_ends_in_a_triangle_where_its_scale_is_cut),
        cmocka_unit_test(a_note_may_lie_beside_the_axes),
        cmocka_unit_test(a_long_heatmap_keeps_its_rows_apart),
        cmocka_unit_test(dots_have_the_colours_of_their_categories_and_values),
        cmocka_unit_test(bands_strips_and_rules_are_drawn),
        cmocka_unit_test(a_note_lies_where_it_is_put),
        cmocka_unit_test(the_same_figure_is_the_same_bytes),
        cmocka_unit_test(an_element_has_names_of_its_own),
        cmocka_unit_test(odd_series_are_drawn),
        cmocka_unit_test(a_tiny_page_is_drawn),
        cmocka_unit_test(a_path_that_cannot_be_written_is_an_error),
        cmocka_unit_test(sizes_that_do_not_fit_are_errors),
        cmocka_unit_test(pages_out_of_range_are_errors),
        cmocka_unit_test(a_line_may_lack_memory),
        cmocka_unit_test(slow_running_out_of_memory_is_an_error),
        cmocka_unit_test(structs_come_with_their_size),
        cmocka_unit_test(the_label_of_a_bar_is_as_long_as_the_bar),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
