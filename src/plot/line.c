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

/* The line so far. cairo takes long for paths that cross themselves often, so a long line is drawn
 * in pieces; each begins with the last segment of the one before, so that the corner is drawn. */
typedef struct line_trail {
    kr__canvas *canvas;
    kr__pen pen;
    int n;
    double last[2], before[2];
} line_trail;

static void move_trail(line_trail *trail, double x, double y) {
    kr__canvas_move(trail->canvas, x, y);
    trail->before[0] = trail->last[0] = x;
    trail->before[1] = trail->last[1] = y;
}

static void extend_trail(line_trail *trail, double x, double y) {
    enum { PIECE = 200 };
    bool can_cut = trail->pen.dash == KR_DASH_SOLID && trail->pen.color.alpha == 1;
    if (++trail->n % PIECE == 0 && can_cut) {
        kr__canvas_stroke(trail->canvas, trail->pen);
        kr__canvas_move(trail->canvas, trail->before[0], trail->before[1]);
        kr__canvas_line(trail->canvas, trail->last[0], trail->last[1]);
    }
    kr__canvas_line(trail->canvas, x, y);
    trail->before[0] = trail->last[0];
    trail->before[1] = trail->last[1];
    trail->last[0] = x;
    trail->last[1] = y;
}

/* Points that fall into one narrow column of the page. A line through thousands of them looks the
 * same as one through the first, lowest, highest and last. */
typedef struct page_column {
    int64_t n;
    bool is_lowest_first;
    double place;
    double first[2], lowest[2], highest[2], last[2];
} page_column;

static void flush_column(line_trail *trail, page_column *column) {
    if (column->n == 0) return;
    bool is_up = column->is_lowest_first;
    const double *earlier = is_up ? column->lowest : column->highest;
    const double *later = is_up ? column->highest : column->lowest;
    extend_trail(trail, column->first[0], column->first[1]);
    if (column->n > 2) {
        extend_trail(trail, earlier[0], earlier[1]);
        extend_trail(trail, later[0], later[1]);
    }
    if (column->n > 1) extend_trail(trail, column->last[0], column->last[1]);
    column->n = 0;
}

static void set_point(double *point, double x, double y) {
    point[0] = x;
    point[1] = y;
}

static void add_to_column(line_trail *trail, page_column *column, double x, double y) {
    const double per_point = 4; /* columns per point */
    double place = floor(x * per_point);
    if (column->n > 0 && place != column->place) flush_column(trail, column);
    if (column->n == 0) {
        column->place = place;
        column->is_lowest_first = true;
        set_point(column->first, x, y);
        set_point(column->lowest, x, y);
        set_point(column->highest, x, y);
    }
    if (y < column->lowest[1]) {
        set_point(column->lowest, x, y);
        column->is_lowest_first = false;
    }
    if (y > column->highest[1]) {
        set_point(column->highest, x, y);
        column->is_lowest_first = true;
    }
    set_point(column->last, x, y);
    column->n++;
}

static void draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const line_layer *line = (const line_layer *)layer;
    page_column column = {0};
    line_trail trail = {.canvas = canvas, .pen = line->pen};
    for (int64_t i = 0; i < line->n; i++) {
        if (is_gap(line, view, i)) continue;
        double x = kr__view_x(view, line->x[i]), y = kr__view_y(view, line->y[i]);
        bool is_first = is_gap(line, view, i - 1), is_last = is_gap(line, view, i + 1);
        if (is_first && is_last && line->marker_size == 0) {
            kr__canvas_stroke(canvas, line->pen);
            kr__canvas_dot(canvas, x, y, 2.5 * line->pen.width, line->pen.color);
            continue;
        }
        if (is_first) move_trail(&trail, x, y);
        add_to_column(&trail, &column, x, y);
        if (is_last) flush_column(&trail, &column);
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

void kr_panel_line(kr_panel *panel, const kr_line *passed) {
    kr_line own;
    const kr_line *given = &own;
    if (!kr__chart_take(panel, "kr_line", passed, &own, sizeof own)) return;
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
