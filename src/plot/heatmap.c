/* SPDX-License-Identifier: MIT
 * heatmap.c - a matrix as coloured cells. */
#include <math.h>
#include <stdio.h>

#include "plot/figure.h"

typedef struct heatmap_layer {
    kr__layer base;
    int rows, columns;
    const double *values;
    kr_color_scale scale;
    double x_first, x_step;
    bool has_text;
    int decimals;
} heatmap_layer;

enum { MAX_SIDE = 32767 /* of an image */ };

static void limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const heatmap_layer *map = (const heatmap_layer *)layer;
    if (map->rows == 0 || map->columns == 0) return;
    kr__limits_edge(x, map->x_first - 0.5 * map->x_step);
    kr__limits_edge(x, map->x_first + (map->columns - 0.5) * map->x_step);
    kr__limits_edge(y, -0.5);
    kr__limits_edge(y, map->rows - 0.5);
}

static double value_of(const heatmap_layer *map, int row, int column) {
    return map->values[(int64_t)row * map->columns + column];
}

static kr_color cell_color(const void *arg, int row, int column) {
    const heatmap_layer *map = arg;
    return kr__color_scale_at(&map->scale, value_of(map, row, column));
}

static kr__box cell_box(const heatmap_layer *map, const kr__view *view, int row, int column) {
    double x0 = kr__view_x(view, map->x_first + (column - 0.5) * map->x_step);
    double x1 = kr__view_x(view, map->x_first + (column + 0.5) * map->x_step);
    double y0 = kr__view_y(view, row - 0.5), y1 = kr__view_y(view, row + 0.5);
    return (kr__box){fmin(x0, x1), fmin(y0, y1), fmax(x0, x1), fmax(y0, y1)};
}

static void draw_text(const heatmap_layer *map, kr__box box, int row, int column,
                      kr__canvas *canvas) {
    char text[64];
    double v = value_of(map, row, column);
    kr_color color = kr__color_scale_at(&map->scale, v);
    float light = 0.299f * color.red + 0.587f * color.green + 0.114f * color.blue;
    kr__font font = kr__font_make(KR__SIZE_TICK, 0.5, 0.5);
    double room = box.right - box.left - 2;
    if (kr__is_gap(v, false) || box.bottom - box.top < font.size) return;
    snprintf(text, sizeof text, "%.*f", map->decimals, v);
    double width = kr__canvas_text_width(canvas, text, font);
    if (width > room) font.size *= room / width;
    if (font.size < 5) return;
    if (light < 0.5f) font.color = kr_color_rgb(0xFFFFFF);
    kr__canvas_text(canvas, (box.left + box.right) / 2, (box.top + box.bottom) / 2, text, font);
}

/* Row 0 of an image is at the top: the axes may run the other way from there. */
typedef struct turned {
    const heatmap_layer *map;
    bool is_x_turned, is_y_turned;
} turned;

static kr_color turned_color(const void *arg, int row, int column) {
    const turned *turn = arg;
    if (turn->is_y_turned) row = turn->map->rows - 1 - row;
    if (turn->is_x_turned) column = turn->map->columns - 1 - column;
    return cell_color(turn->map, row, column);
}

static void draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const heatmap_layer *map = (const heatmap_layer *)layer;
    if (map->rows == 0 || map->columns == 0) return;
    kr__box a = cell_box(map, view, 0, 0);
    kr__box b = cell_box(map, view, map->rows - 1, map->columns - 1);
    kr__box all = {fmin(a.left, b.left), fmin(a.top, b.top), fmax(a.right, b.right),
                   fmax(a.bottom, b.bottom)};
    turned turn = {map, a.left > b.left, a.top > b.top};
    kr__canvas_cells(canvas, all, map->columns, map->rows, turned_color, &turn);
    for (int r = 0; r < map->rows && map->has_text; r++) {
        for (int c = 0; c < map->columns; c++) {
            draw_text(map, cell_box(map, view, r, c), r, c, canvas);
        }
    }
}

static const kr__layer_kind heatmap_kind = {.limits = limits, .draw = draw};

void kr_panel_heatmap(kr_panel *panel, const kr_heatmap *passed) {
    kr_heatmap own;
    const kr_heatmap *given = &own;
    if (!kr__chart_take(panel, "kr_heatmap", passed, &own, sizeof own)) return;
    kr_figure *figure = panel->figure;
    heatmap_layer *map = kr__layer_add(panel, &heatmap_kind, sizeof *map, NULL);
    bool is_size_good = given->rows >= 0 && given->rows <= MAX_SIDE && given->columns >= 0 &&
                        given->columns <= MAX_SIDE;
    if (!is_size_good || given->values.n != given->rows * given->columns) {
        kr__figure_fail(figure, KR_SHAPE,
                        "a heatmap of %lld rows and %lld columns (at most %d) "
                        "was given %lld numbers",
                        (long long)given->rows, (long long)given->columns, MAX_SIDE,
                        (long long)given->values.n);
    }
    double *values = kr__figure_numbers(figure, given->values);
    if (!map || !values) return;
    map->scale = given->scale;
    map->scale.label = kr__figure_text(figure, given->scale.label);
    kr__color_scale_fit(&map->scale, given->values.n, values);
    kr__layer_bar(&map->base, &map->scale, given->values.n, values);
    map->values = values;
    map->rows = (int)given->rows;
    map->columns = (int)given->columns;
    map->x_first = given->x_first;
    map->x_step = given->x_step == 0 ? 1 : given->x_step;
    map->has_text = given->has_text;
    map->decimals = given->decimals < 0 ? 0 : given->decimals > 9 ? 9 : given->decimals;
}
