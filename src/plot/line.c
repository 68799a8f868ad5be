/* SPDX-License-Identifier: MIT
 * line.c - points joined by a line. */
#include <math.h>

#include "plot/figure.h"

typedef struct line_layer {
    kr__layer base;
    int64_t n;
    const double *x, *y;
    kr__pen pen;
    double marker_size;
} line_layer;

static void limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const line_layer *line = (const line_layer *)layer;
    for (int64_t i = 0; i < line->n; i++) {
        if (kr__is_gap(line->x[i], x->is_log) || kr__is_gap(line->y[i], y->is_log)) continue;
        kr__limits_add(x, line->x[i]);
        kr__limits_add(y, line->y[i]);
    }
}

static bool is_gap(const line_layer *line, const kr__view *view, int64_t i) {
    return i < 0 || i >= line->n || kr__is_gap(line->x[i], view->x.scale.is_log) ||
           kr__is_gap(line->y[i], view->y.scale.is_log);
}

/* Points that fall into one narrow column of the page. A line through thousands of them looks the
 * same as one through the first, lowest, highest and last. */
typedef struct page_column {
    int64_t n;
    double place;
    double first[2], lowest[2], highest[2], last[2];
} page_column;

static void flush_column(kr__canvas *canvas, page_column *column) {
    if (column->n == 0) return;
    bool is_up = column->lowest[0] <= column->highest[0];
    const double *earlier = is_up ? column->lowest : column->highest;
    const double *later = is_up ? column->highest : column->lowest;
    kr__canvas_line(canvas, column->first[0], column->first[1]);
    if (column->n > 2) {
        kr__canvas_line(canvas, earlier[0], earlier[1]);
        kr__canvas_line(canvas, later[0], later[1]);
    }
    if (column->n > 1) kr__canvas_line(canvas, column->last[0], column->last[1]);
    column->n = 0;
}

static void add_to_column(kr__canvas *canvas, page_column *column, double x, double y) {
    const double per_point = 4; /* columns a point */
    double place = floor(x * per_point);
    if (column->n > 0 && place != column->place) flush_column(canvas, column);
    if (column->n == 0) {
        column->place = place;
        column->first[0] = column->lowest[0] = column->highest[0] = x;
        column->first[1] = column->lowest[1] = column->highest[1] = y;
    }
    if (y < column->lowest[1]) column->lowest[0] = x, column->lowest[1] = y;
    if (y > column->highest[1]) column->highest[0] = x, column->highest[1] = y;
    column->last[0] = x;
    column->last[1] = y;
    column->n++;
}

static void draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const line_layer *line = (const line_layer *)layer;
    page_column column = {0};
    for (int64_t i = 0; i < line->n; i++) {
        if (is_gap(line, view, i)) continue;
        double x = kr__view_x(view, line->x[i]), y = kr__view_y(view, line->y[i]);
        if (is_gap(line, view, i - 1)) {
            if (is_gap(line, view, i + 1) && line->marker_size == 0) {
                kr__canvas_dot(canvas, x, y, 2.5 * line->pen.width, line->pen.color);
                continue;
            }
            kr__canvas_move(canvas, x, y);
        }
        add_to_column(canvas, &column, x, y);
        if (is_gap(line, view, i + 1)) flush_column(canvas, &column);
    }
    kr__canvas_stroke(canvas, line->pen);
    for (int64_t i = 0; i < line->n && line->marker_size > 0; i++) {
        if (is_gap(line, view, i)) continue;
        kr__canvas_dot(canvas, kr__view_x(view, line->x[i]), kr__view_y(view, line->y[i]),
                       line->marker_size, line->pen.color);
    }
}

static void key(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas) {
    (void)entry;
    const line_layer *line = (const line_layer *)layer;
    double y = (box.top + box.bottom) / 2;
    kr__canvas_move(canvas, box.left, y);
    kr__canvas_line(canvas, box.right, y);
    kr__canvas_stroke(canvas, line->pen);
    if (line->marker_size > 0) {
        kr__canvas_dot(canvas, (box.left + box.right) / 2, y, line->marker_size, line->pen.color);
    }
}

static const kr__layer_kind line_kind = {.limits = limits, .draw = draw, .key = key};

void kr_panel_line(kr_panel *panel, const kr_line *given) {
    const kr_line_style *style = &given->style;
    line_layer *line = kr__layer_add(panel, &line_kind, sizeof *line, style->label);
    double *x = kr__figure_abscissa(panel->figure, given->x, given->y.n);
    double *y = kr__figure_numbers(panel->figure, given->y);
    if (!line || !x || !y) return;
    line->n = given->y.n;
    line->x = x;
    line->y = y;
    line->marker_size = given->marker_size;
    line->pen = (kr__pen){.color = kr__panel_color(panel, style->color, style->opacity, 1),
                          .width = style->width > 0 ? style->width : 1.5,
                          .dash = style->dash};
}
