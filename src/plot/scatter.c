/* SPDX-License-Identifier: MIT
 * scatter.c - dots, coloured by category or by a number. */
#include "plot/figure.h"

typedef struct scatter_layer {
    kr__layer base;
    int64_t n;
    const double *x, *y;
    const kr_color *colors; /* one per point; NULL: all as keys[0] */
    const kr_color *keys;   /* one per label */
    double size;
    kr_color_scale scale;
} scatter_layer;

static void limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const scatter_layer *scatter = (const scatter_layer *)layer;
    for (int64_t i = 0; i < scatter->n; i++) {
        if (kr__is_gap(scatter->x[i], x->is_log) || kr__is_gap(scatter->y[i], y->is_log)) continue;
        kr__limits_add(x, scatter->x[i]);
        kr__limits_add(y, scatter->y[i]);
    }
}

static void draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const scatter_layer *scatter = (const scatter_layer *)layer;
    for (int64_t i = 0; i < scatter->n; i++) {
        if (kr__is_gap(scatter->x[i], view->x.scale.is_log) ||
            kr__is_gap(scatter->y[i], view->y.scale.is_log)) {
            continue;
        }
        kr__canvas_dot(canvas, kr__view_x(view, scatter->x[i]), kr__view_y(view, scatter->y[i]),
                       scatter->size, scatter->colors ? scatter->colors[i] : scatter->keys[0]);
    }
}

static void key(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas) {
    const scatter_layer *scatter = (const scatter_layer *)layer;
    kr_color color = scatter->keys[entry];
    color.alpha = 1; /* a single dot would be too faint */
    kr__canvas_dot(canvas, (box.left + box.right) / 2, (box.top + box.bottom) / 2, 6, color);
}

static const kr__layer_kind scatter_kind = {.limits = limits, .draw = draw, .key = key};

static kr_color *color_by_category(kr_panel *panel, const kr_scatter *given, const kr_color *keys) {
    kr_color *colors = kr__figure_alloc(panel->figure, given->x.n, sizeof *colors);
    kr_color other = kr__panel_color(panel, kr_color_rgb(0xBDBDBD), given->opacity, 1);
    for (int64_t i = 0; colors && i < given->x.n; i++) {
        int32_t category = given->category[i];
        bool has_color = category >= 0 && category < given->n_categories;
        colors[i] = has_color ? keys[category] : other;
    }
    return colors;
}

static kr_color *color_by_value(kr_panel *panel, const kr_scatter *given, scatter_layer *scatter) {
    double *values = kr__figure_numbers(panel->figure, given->value);
    kr_color *colors = kr__figure_alloc(panel->figure, given->x.n, sizeof *colors);
    if (!values || !colors) return NULL;
    scatter->scale = given->scale;
    scatter->scale.label = kr__figure_text(panel->figure, given->scale.label);
    kr__color_scale_fit(&scatter->scale, given->x.n, values);
    for (int64_t i = 0; i < given->x.n; i++) {
        kr_color color = kr__color_scale_at(&scatter->scale, values[i]);
        colors[i] = kr__panel_color(panel, color, given->opacity, 1);
    }
    kr__layer_bar(&scatter->base, &scatter->scale, given->x.n, values);
    return colors;
}

void kr_panel_scatter(kr_panel *panel, const kr_scatter *passed) {
    kr_scatter own;
    const kr_scatter *given = &own;
    if (!kr__chart_take(panel, "kr_scatter", passed, &own, sizeof own)) return;
    kr_figure *figure = panel->figure;
    int64_t n_keys = given->category ? given->n_categories : 1;
    scatter_layer *scatter = kr__layer_add(panel, &scatter_kind, sizeof *scatter, given->label);
    if (given->y.n != given->x.n || (given->value.n != 0 && given->value.n != given->x.n)) {
        kr__figure_fail(figure, KR_SHAPE, "a scatter was given %lld x, %lld y and %lld values",
                        (long long)given->x.n, (long long)given->y.n, (long long)given->value.n);
    }
    double *x = kr__figure_numbers(figure, given->x), *y = kr__figure_numbers(figure, given->y);
    kr_color *keys = kr__figure_alloc(figure, n_keys, sizeof *keys);
    if (!scatter || !x || !y || !keys) return;
    for (int64_t i = 0; i < n_keys; i++) {
        keys[i] = kr__panel_color(panel, given->category ? (kr_color){0} : given->color,
                                  given->opacity, 1);
    }
    scatter->x = x;
    scatter->y = y;
    scatter->keys = keys;
    scatter->size = given->diameter > 0 ? given->diameter : 4;
    if (given->category) {
        scatter->base.labels = kr__figure_texts(figure, given->category_names, given->n_categories);
        scatter->base.n_labels = scatter->base.labels ? given->n_categories : 0;
        scatter->colors = color_by_category(panel, given, keys);
    } else if (given->value.n > 0) {
        scatter->colors = color_by_value(panel, given, scatter);
    }
    scatter->n = given->x.n;
}
