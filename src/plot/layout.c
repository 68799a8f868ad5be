/* SPDX-License-Identifier: MIT
 * layout.c - where the panels of a figure lie.
 *
 *     +--------- cell --------------------+     Margins hold what belongs to a panel: numbers,
 *     |            top                    |     labels, title, colour bar, legend outside. All
 *     |       +------------+              |     panels of a column share the left and right
 *     |  left |    area    | right        |     margin, those of a row top and bottom, so the
 *     |       +------------+              |     areas line up and have one size.
 *     |           bottom                  |
 *     +-----------------------------------+
 *
 * Ticks depend on the area, margins on the ticks, the area on the margins: a few rounds settle it.
 */
#include <math.h>
#include <string.h>

#include "plot/figure.h"

enum { ROUNDS = 4, MAX_GRID = 32 };
static const double GAP_X = 14, GAP_Y = 14, LEAST = 12, X_MARGIN = 0.02, Y_MARGIN = 0.06;

/* ---- ranges ------------------------------------------------------------------------------- */

static kr__view *view_at(const kr_figure *figure, kr__view *views, int row, int column) {
    return &views[row * figure->options.columns + column];
}

static void find_limits(kr__view *view) {
    const kr_axes *axes = &view->panel->axes;
    view->x.axis = &axes->x;
    view->y.axis = &axes->y;
    view->x.limits = kr__limits_make(axes->x.is_log);
    view->y.limits = kr__limits_make(axes->y.is_log);
    for (const kr__layer *layer = view->panel->first; layer; layer = layer->next) {
        layer->kind->limits(layer, &view->x.limits, &view->y.limits);
        if (!layer->bar) continue;
        view->bar = layer->bar;
        view->is_below = layer->is_below;
        view->is_above = layer->is_above;
    }
}

/* One range per column. Numbers are below its lowest panel, the label below the last row. */
static void share_column(const kr_figure *figure, kr__view *views, int column, int last_row) {
    int rows = figure->options.rows;
    kr__limits all = kr__limits_make(view_at(figure, views, 0, column)->x.limits.is_log);
    kr__view *lowest = NULL;
    for (int r = 0; r < rows; r++) {
        kr__view *view = view_at(figure, views, r, column);
        if (!view->panel->is_used) continue;
        if (lowest) lowest->x.is_bare = true;
        lowest = view;
        view->x.is_unnamed = r < last_row;
        if (view->x.limits.n == 0) continue;
        kr__limits_add(&all, view->x.limits.low);
        kr__limits_add(&all, view->x.limits.high);
        all.edge_low = fmin(all.edge_low, view->x.limits.edge_low);
        all.edge_high = fmax(all.edge_high, view->x.limits.edge_high);
    }
    for (int r = 0; r < rows; r++) view_at(figure, views, r, column)->x.limits = all;
}

static void share_x(const kr_figure *figure, kr__view *views) {
    const kr_figure_options *options = &figure->options;
    int last_row = 0;
    for (int i = 0; i < options->rows * options->columns; i++) {
        if (views[i].panel->is_used) last_row = i / options->columns;
    }
    for (int c = 0; c < options->columns; c++) share_column(figure, views, c, last_row);
}

static void finish_range(kr__axis_view *axis, double margin) {
    kr__limits limits = axis->limits;
    if (axis->axis->low < axis->axis->high) {
        limits = kr__limits_make(axis->axis->is_log);
        kr__limits_edge(&limits, axis->axis->low);
        kr__limits_edge(&limits, axis->axis->high);
        margin = 0;
    }
    kr__limits_finish(&limits, margin);
    axis->scale = (kr__scale){.low = limits.low, .high = limits.high, .is_log = limits.is_log};
}

/* Makes a unit as long in x as in y: the axis with more room gets a wider range. */
static void equalise(kr__view *view) {
    kr__scale *x = &view->x.scale, *y = &view->y.scale;
    double unit_x = (view->area.right - view->area.left) / (x->high - x->low);
    double unit_y = (view->area.bottom - view->area.top) / (y->high - y->low);
    kr__scale *wider = unit_x > unit_y ? x : y;
    double factor = unit_x > unit_y ? unit_x / unit_y : unit_y / unit_x;
    double middle = wider->low / 2 + wider->high / 2, half = (wider->high - wider->low) / 2;
    wider->low = middle - factor * half;
    wider->high = middle + factor * half;
}

/* ---- margins ------------------------------------------------------------------------------ */

static void measure(kr__view *view, kr__canvas *canvas) {
    const kr_axes *axes = &view->panel->axes;
    const kr__box *area = &view->area;
    finish_range(&view->x, X_MARGIN);
    finish_range(&view->y, Y_MARGIN);
    if (axes->is_equal && !axes->x.is_log && !axes->y.is_log) equalise(view);
    kr__axis_place(&view->x, area->left, area->right, false, canvas);
    kr__axis_place(&view->y, area->bottom, area->top, true, canvas);
    kr__axes_measure(view, canvas);
    if (view->bar) view->right += kr__color_bar_width(view, canvas);
    kr__legend *legend = &view->legend;
    if (legend->n == 0 || !legend->is_outside) return;
    if (axes->legend == KR_LEGEND_TOP) {
        kr__legend_measure(legend, true, area->right - area->left, 60, canvas);
        view->top += legend->height + 3;
    } else {
        kr__legend_measure(legend, false, 0.5 * (area->right - area->left) + 40,
                           area->bottom - area->top, canvas);
        view->right += legend->width + 8;
    }
}

typedef struct margins {
    double left[MAX_GRID], right[MAX_GRID], top[MAX_GRID], bottom[MAX_GRID];
} margins;

static void align_margins(const kr_figure *figure, kr__view *views, margins *all) {
    memset(all, 0, sizeof *all);
    for (int r = 0; r < figure->options.rows; r++) {
        for (int c = 0; c < figure->options.columns; c++) {
            const kr__view *view = view_at(figure, views, r, c);
            if (!view->panel->is_used) continue;
            all->left[c] = fmax(all->left[c], view->left);
            all->right[c] = fmax(all->right[c], view->right);
            all->top[r] = fmax(all->top[r], view->top);
            all->bottom[r] = fmax(all->bottom[r], view->bottom);
        }
    }
}

static double row_weight(const kr_figure *figure, int row) {
    return figure->options.row_heights ? figure->options.row_heights[row] : 1;
}

/* The areas take what the margins leave of the page. */
static void place_areas(const kr_figure *figure, kr__box page, const margins *all,
                        kr__view *views) {
    int rows = figure->options.rows, columns = figure->options.columns;
    double width = page.right - page.left - GAP_X * (columns - 1), weights = 0;
    double height = page.bottom - page.top - GAP_Y * (rows - 1);
    for (int c = 0; c < columns; c++) width -= all->left[c] + all->right[c];
    for (int r = 0; r < rows; r++) {
        height -= all->top[r] + all->bottom[r];
        weights += row_weight(figure, r);
    }
    width = fmax(width / columns, LEAST);
    double top = page.top;
    for (int r = 0; r < rows; r++) {
        double left = page.left, tall = fmax(height * row_weight(figure, r) / weights, LEAST);
        top += all->top[r];
        for (int c = 0; c < columns; c++) {
            left += all->left[c];
            view_at(figure, views, r, c)->area = (kr__box){left, top, left + width, top + tall};
            left += width + all->right[c] + GAP_X;
        }
        top += tall + all->bottom[r] + GAP_Y;
    }
}

static void settle(const kr_figure *figure, kr__box page, kr__canvas *canvas, kr__view *views) {
    int n = figure->options.rows * figure->options.columns;
    margins all;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < n; i++) {
            if (views[i].panel->is_used) measure(&views[i], canvas);
        }
        align_margins(figure, views, &all);
        place_areas(figure, page, &all, views);
    }
    /* Place the ticks for the final areas, with the margins that were given. */
    for (int i = 0; i < n; i++) {
        kr__view *view = &views[i];
        if (!view->panel->is_used) continue;
        measure(view, canvas);
        view->left = fmin(view->left, all.left[i % figure->options.columns]);
    }
}

/* ---- legends ------------------------------------------------------------------------------ */

static void place_outside(kr__view *view) {
    kr__legend *legend = &view->legend;
    if (legend->n == 0 || !legend->is_outside) return;
    const kr__box *area = &view->area;
    if (view->panel->axes.legend == KR_LEGEND_TOP) {
        legend->left = area->left;
        legend->top = area->top - legend->height - 5;
    } else {
        legend->left = area->right + view->right - legend->width;
        legend->top = area->top;
    }
}

static bool place_inside(kr__view *view, kr__canvas *canvas) {
    kr__legend *legend = &view->legend;
    double width = view->area.right - view->area.left, height = view->area.bottom - view->area.top;
    kr__legend_measure(legend, false, 0.75 * width, 0.8 * height, canvas);
    legend->is_framed = true;
    if (legend->n_more == 0 && legend->width < 0.8 * width && kr__legend_find_place(view)) {
        return true;
    }
    legend->is_outside = true;
    legend->is_framed = false;
    return false;
}

static void start_legends(const kr_figure *figure, kr__view *views, kr__legend *shared) {
    for (int i = 0; i < figure->options.rows * figure->options.columns; i++) {
        kr__view *view = &views[i];
        kr_legend place = view->panel->axes.legend;
        if (!view->panel->is_used || place == KR_LEGEND_NONE) continue;
        if (figure->options.is_legend_shared) {
            kr__legend_collect(shared, view->panel);
            continue;
        }
        kr__legend_collect(&view->legend, view->panel);
        view->legend.is_outside = place != KR_LEGEND_AUTO;
    }
}

void kr__layout(const kr_figure *figure, kr__box page, kr__canvas *canvas, kr__view *views,
                kr__legend *shared) {
    int rows = figure->options.rows, columns = figure->options.columns, n = rows * columns;
    for (int i = 0; i < n; i++) {
        views[i].panel = &figure->panels[i];
        find_limits(&views[i]);
    }
    if (figure->options.is_x_shared) share_x(figure, views);
    start_legends(figure, views, shared);
    if (shared->n > 0) {
        kr__legend_measure(shared, true, page.right - page.left, 80, canvas);
        shared->left = (page.left + page.right - shared->width) / 2;
        shared->top = page.top - 2;
        page.top += shared->height + 2;
    }
    margins none;
    memset(&none, 0, sizeof none);
    for (int i = 0; i < MAX_GRID; i++) none.left[i] = none.bottom[i] = none.top[i] = 24;
    place_areas(figure, page, &none, views);
    settle(figure, page, canvas, views);
    bool is_changed = false;
    for (int i = 0; i < n; i++) {
        if (views[i].legend.n == 0 || views[i].legend.is_outside) continue;
        if (!place_inside(&views[i], canvas)) is_changed = true;
    }
    if (is_changed) {
        settle(figure, page, canvas, views);
        for (int i = 0; i < n; i++) {
            if (views[i].legend.n > 0 && !views[i].legend.is_outside) {
                place_inside(&views[i], canvas);
            }
        }
    }
    for (int i = 0; i < n; i++) place_outside(&views[i]);
}
