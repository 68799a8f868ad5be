/* SPDX-License-Identifier: MIT
 * bars.c - bars from 0, side by side, with whiskers. */
#include <math.h>

#include "plot/figure.h"

typedef struct bars_layer {
    kr__layer base;
    int64_t n_groups, n_categories;
    const double *heights, *errors; /* (n_groups, n_categories) */
    const kr_color *colors;
} bars_layer;

static const double FILLED = 0.8; /* of the width of a category */

static void limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const bars_layer *bars = (const bars_layer *)layer;
    if (bars->n_categories == 0 || bars->n_groups == 0) return;
    kr__limits_edge(x, -0.5);
    kr__limits_edge(x, (double)bars->n_categories - 0.5);
    for (int64_t i = 0; i < bars->n_groups * bars->n_categories; i++) {
        double height = bars->heights[i], error = bars->errors ? bars->errors[i] : 0;
        if (kr__is_gap(height, y->is_log)) continue;
        kr__limits_edge(y, 0);
        kr__limits_add(y, height);
        kr__limits_add(y, height + fabs(error));
        kr__limits_add(y, height - fabs(error));
    }
}

static void draw_whisker(const kr__view *view, kr__canvas *canvas, double x, double height,
                         double error, double width) {
    kr__pen pen = {.color = kr_color_rgb(0x404040), .width = 0.9};
    double reach = fmin(0.5 * width, 5) / 2;
    if (kr__is_gap(error, false) || error == 0) return;
    double low = height - fabs(error);
    if (kr__is_gap(low, view->y.scale.is_log)) low = view->y.scale.low;
    double top = kr__view_y(view, height + fabs(error)), bottom = kr__view_y(view, low);
    kr__canvas_rule(canvas, x, top, x, bottom, pen);
    kr__canvas_rule(canvas, x - reach, top, x + reach, top, pen);
    kr__canvas_rule(canvas, x - reach, bottom, x + reach, bottom, pen);
}

static void draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const bars_layer *bars = (const bars_layer *)layer;
    bool is_log = view->y.scale.is_log;
    double foot = kr__view_y(view, is_log ? view->y.scale.low : 0);
    double wide = FILLED / (double)bars->n_groups;
    for (int64_t g = 0; g < bars->n_groups; g++) {
        for (int64_t c = 0; c < bars->n_categories; c++) {
            int64_t i = g * bars->n_categories + c;
            double height = bars->heights[i];
            if (kr__is_gap(height, is_log)) continue;
            double from = (double)c - FILLED / 2 + wide * (double)g;
            double left = kr__view_x(view, from), right = kr__view_x(view, from + wide);
            double top = kr__view_y(view, height);
            kr__box box = {left, fmin(top, foot), right, fmax(top, foot)};
            kr__canvas_box(canvas, box, bars->colors[g], right - left > 4);
            if (bars->errors) {
                draw_whisker(view, canvas, (left + right) / 2, height, bars->errors[i],
                             right - left);
            }
        }
    }
}

static void key(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas) {
    kr__canvas_box(canvas, box, ((const bars_layer *)layer)->colors[entry], false);
}

static const kr__layer_kind bars_kind = {.limits = limits, .draw = draw, .key = key};

static bool has_shape(kr_values values, const kr_bars *bars) {
    return bars->n_groups >= 0 && bars->n_categories >= 0 &&
           (bars->n_groups == 0 || values.n / bars->n_groups == bars->n_categories) &&
           values.n == bars->n_groups * bars->n_categories;
}

void kr_panel_bars(kr_panel *panel, const kr_bars *passed) {
    kr_bars own;
    const kr_bars *given = &own;
    if (!kr__chart_take(panel, "kr_bars", passed, &own, sizeof own)) return;
    kr_figure *figure = panel->figure;
    bars_layer *bars = kr__layer_add(panel, &bars_kind, sizeof *bars, NULL);
    bool has_errors = given->errors.n > 0;
    if (!has_shape(given->heights, given) || (has_errors && !has_shape(given->errors, given))) {
        kr__figure_fail(figure, KR_SHAPE, "bars: %lld numbers for %lld groups of %lld",
                        (long long)given->heights.n, (long long)given->n_groups,
                        (long long)given->n_categories);
    }
    double *heights = kr__figure_numbers(figure, given->heights);
    double *errors = has_errors ? kr__figure_numbers(figure, given->errors) : NULL;
    kr_color *colors = kr__figure_alloc(figure, given->n_groups, sizeof *colors);
    if (!bars || !heights || !colors || figure->status != KR_OK) return;
    for (int64_t g = 0; g < given->n_groups; g++) {
        colors[g] = kr__panel_color(panel, given->colors ? given->colors[g] : (kr_color){0}, 0, 1);
    }
    bars->base.labels = kr__figure_texts(figure, given->group_names, given->n_groups);
    bars->base.n_labels = bars->base.labels ? given->n_groups : 0;
    bars->heights = heights;
    bars->errors = errors;
    bars->colors = colors;
    bars->n_groups = given->n_groups;
    bars->n_categories = given->n_categories;
}
