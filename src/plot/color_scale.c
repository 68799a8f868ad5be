/* SPDX-License-Identifier: MIT
 * color_scale.c - numbers to colours, and the bar beside a panel that explains them. */
#include <math.h>

#include "plot/figure.h"

enum { STEPS = 128 };
static const double GAP = 8, WIDTH = 9, BEYOND = 9;

void kr__color_scale_fit(kr_color_scale *scale, int64_t n, const double *values) {
    if (scale->low != scale->high) return;
    kr__limits limits = kr__limits_make(false);
    for (int64_t i = 0; i < n; i++) kr__limits_add(&limits, values[i]);
    if (scale->is_symmetric) {
        double reach = fmax(fabs(limits.low), fabs(limits.high));
        kr__limits_add(&limits, -reach);
        kr__limits_add(&limits, reach);
    }
    kr__limits_finish(&limits, 0);
    scale->low = limits.low;
    scale->high = limits.high;
}

void kr__layer_bar(kr__layer *layer, const kr_color_scale *scale, int64_t n, const double *values) {
    double low = fmin(scale->low, scale->high), high = fmax(scale->low, scale->high);
    if (scale->is_bar_hidden) return;
    layer->bar = scale;
    for (int64_t i = 0; i < n; i++) {
        if (kr__is_gap(values[i], false)) continue;
        layer->is_below = layer->is_below || values[i] < low;
        layer->is_above = layer->is_above || values[i] > high;
    }
}

kr_color kr__color_scale_at(const kr_color_scale *scale, double v) {
    kr__scale unit = {.low = scale->low, .high = scale->high, .from = 0, .to = 1};
    if (kr__is_gap(v, false)) return kr_colormap_color(scale->colormap, (double)NAN);
    return kr_colormap_color(scale->colormap, kr__scale_map(&unit, v));
}

double kr__color_bar_width(kr__view *view, kr__canvas *canvas) {
    const kr_color_scale *bar = view->bar;
    double low = fmin(bar->low, bar->high), high = fmax(bar->low, bar->high), widest = 0;
    int most = (int)fmin(fmax((view->area.bottom - view->area.top) / 18, 2), 10);
    kr__font font = kr__font_make(KR__SIZE_TICK, 0, 0.5);
    kr__ticks_linear(low, high, most, false, &view->bar_ticks);
    for (int i = 0; i < view->bar_ticks.n; i++) {
        widest = fmax(widest, kr__canvas_text_width(canvas, view->bar_ticks.text[i], font));
    }
    double width = GAP + WIDTH + KR__TICK_LENGTH + KR__TEXT_PAD + widest;
    return bar->label ? width + KR__SIZE_LABEL + 5 : width;
}

static kr_color step_color(const void *arg, int row, int column) {
    (void)column;
    const kr_color_scale *bar = arg;
    return kr_colormap_color(bar->colormap, 1 - (row + 0.5) / STEPS);
}

/* What lies beyond the scale has the colour of its end: a triangle from the bar to `tip`. */
static void draw_beyond(double left, double right, double base, double tip, kr_color color,
                        kr__canvas *canvas) {
    kr__canvas_move(canvas, left, base);
    kr__canvas_line(canvas, right, base);
    kr__canvas_line(canvas, (left + right) / 2, tip);
    kr__canvas_fill(canvas, color);
}

void kr__color_bar_draw(const kr__view *view, kr__canvas *canvas) {
    const kr_color_scale *bar = view->bar;
    if (!bar) return;
    bool is_turned = bar->low > bar->high; /* its top is its low end */
    bool is_above = is_turned ? view->is_below : view->is_above,
         is_below = is_turned ? view->is_above : view->is_below;
    double left = view->area.right + GAP, top = view->area.top + (is_above ? BEYOND : 0),
           bottom = view->area.bottom - (is_below ? BEYOND : 0);
    kr__scale scale = {.low = bar->low, .high = bar->high, .from = bottom, .to = top};
    kr__pen pen = {.color = kr_color_rgb(0x595959), .width = 0.7};
    double right = left + WIDTH, numbers = right + KR__TICK_LENGTH + KR__TEXT_PAD, widest = 0;
    kr__font font = kr__font_make(KR__SIZE_TICK, 0, 0.5);
    kr__canvas_cells(canvas, (kr__box){left, top, right, bottom}, 1, STEPS, step_color, bar);
    if (is_above) {
        draw_beyond(left, right, top, view->area.top, kr_colormap_color(bar->colormap, 1), canvas);
    }
    if (is_below) {
        kr_color lowest = kr_colormap_color(bar->colormap, 0);
        draw_beyond(left, right, bottom, view->area.bottom, lowest, canvas);
    }
    for (int i = 0; i < view->bar_ticks.n; i++) {
        double y = kr__scale_map(&scale, view->bar_ticks.at[i]);
        kr__canvas_rule(canvas, right, y, right + KR__TICK_LENGTH, y, pen);
        kr__canvas_text(canvas, numbers, y, view->bar_ticks.text[i], font);
        widest = fmax(widest, kr__canvas_text_width(canvas, view->bar_ticks.text[i], font));
    }
    if (view->bar_ticks.factor[0]) {
        kr__canvas_text(canvas, left, view->area.top - 4, view->bar_ticks.factor,
                        kr__font_make(KR__SIZE_TICK, 0, 1));
    }
    if (!bar->label) return;
    char text[256];
    kr__font label = kr__font_make(KR__SIZE_LABEL, 0.5, 0);
    label.angle = 1.5707963267948966;
    kr__canvas_text_fit(canvas, bar->label, label, bottom - top + 16, text, sizeof text);
    kr__canvas_text(canvas, numbers + widest + 5, (top + bottom) / 2, text, label);
}
