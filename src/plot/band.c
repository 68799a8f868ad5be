/* SPDX-License-Identifier: MIT
 * band.c - the area between two lines. */
#include "plot/figure.h"

typedef struct band_layer {
    kr__layer base;
    int64_t n;
    const double *x, *low, *high;
    kr_color color;
} band_layer;

static bool is_gap(const band_layer *band, bool x_is_log, bool y_is_log, int64_t i) {
    return kr__is_gap(band->x[i], x_is_log) || kr__is_gap(band->low[i], y_is_log) ||
           kr__is_gap(band->high[i], y_is_log);
}

static void limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const band_layer *band = (const band_layer *)layer;
    for (int64_t i = 0; i < band->n; i++) {
        if (is_gap(band, x->is_log, y->is_log, i)) continue;
        kr__limits_add(x, band->x[i]);
        kr__limits_add(y, band->low[i]);
        kr__limits_add(y, band->high[i]);
    }
}

/* Along low, back along high. */
static void fill(const band_layer *band, const kr__view *view, kr__canvas *canvas, int64_t from,
                 int64_t to) {
    for (int64_t i = from; i < to; i++) {
        double x = kr__view_x(view, band->x[i]), y = kr__view_y(view, band->low[i]);
        if (i == from) kr__canvas_move(canvas, x, y);
        kr__canvas_line(canvas, x, y);
    }
    for (int64_t i = to - 1; i >= from; i--) {
        kr__canvas_line(canvas, kr__view_x(view, band->x[i]), kr__view_y(view, band->high[i]));
    }
    kr__canvas_fill(canvas, band->color);
}

static void draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const band_layer *band = (const band_layer *)layer;
    int64_t from = 0;
    for (int64_t i = 0; i <= band->n; i++) {
        if (i < band->n && !is_gap(band, view->x.scale.is_log, view->y.scale.is_log, i)) continue;
        if (i > from) fill(band, view, canvas, from, i);
        from = i + 1;
    }
}

static void key(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas) {
    (void)entry;
    kr__canvas_box(canvas, box, ((const band_layer *)layer)->color, false);
}

static const kr__layer_kind band_kind = {.limits = limits, .draw = draw, .key = key};

void kr_panel_band(kr_panel *panel, const kr_band *passed) {
    kr_band own;
    const kr_band *given = &own;
    if (!kr__chart_take(panel, "kr_band", passed, &own, sizeof own)) return;
    kr_figure *figure = panel->figure;
    band_layer *band = kr__layer_add(panel, &band_kind, sizeof *band, given->label);
    if (given->low.n != given->high.n) {
        kr__figure_fail(figure, KR_SHAPE, "a band was given %lld lower and %lld upper ends",
                        (long long)given->low.n, (long long)given->high.n);
    }
    double *x = kr__figure_abscissa(figure, given->x, given->low.n);
    double *low = kr__figure_numbers(figure, given->low);
    double *high = kr__figure_numbers(figure, given->high);
    if (!band || !x || !low || !high) return;
    band->n = given->low.n;
    band->x = x;
    band->low = low;
    band->high = high;
    band->color = kr__panel_color(panel, given->color, given->opacity, 0.25);
}
