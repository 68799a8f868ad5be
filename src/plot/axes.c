/* SPDX-License-Identifier: MIT
 * axes.c - ticks, grid, numbers, labels and title of one panel. */
#include <math.h>

#include "plot/figure.h"

enum { TEXT_SIZE = 256 };
static const double NAME_WIDTH = 96, NAME_ROOM = 13, QUARTER = 1.5707963267948966;

static kr_color grid_color(void) { return kr_color_rgb(0xE4E4E4); }
static kr_color frame_color(void) { return kr_color_rgb(0x595959); }
static kr__font tick_font(double align_x, double align_y) {
    return kr__font_make(KR__SIZE_TICK, align_x, align_y);
}

/* ---- ticks -------------------------------------------------------------------------------- */

static double first_name(const kr__axis_view *axis) { return fmax(0, ceil(axis->scale.low)); }

int64_t kr__axis_tick_count(const kr__axis_view *axis) {
    if (axis->axis->is_hidden) return 0;
    if (!axis->axis->names) return axis->ticks.n;
    double last = fmin((double)axis->axis->n_names - 1, floor(axis->scale.high));
    double n = floor((last - first_name(axis)) / (double)axis->name_step) + 1;
    return n > 0 ? (int64_t)n : 0;
}

void kr__axis_tick(const kr__axis_view *axis, int64_t i, double *at, const char **text) {
    if (!axis->axis->names) {
        *at = axis->ticks.at[i];
        *text = axis->ticks.text[i];
        return;
    }
    int64_t name = (int64_t)first_name(axis) + i * axis->name_step;
    *at = (double)name;
    *text = axis->axis->names[name];
}

static double tick_text_width(const kr__axis_view *axis, int64_t i, kr__canvas *canvas,
                              char *text) {
    double at;
    const char *full;
    kr__axis_tick(axis, i, &at, &full);
    return kr__canvas_text_fit(canvas, full, tick_font(0, 0), NAME_WIDTH, text, TEXT_SIZE);
}

static double widest_tick(const kr__axis_view *axis, kr__canvas *canvas) {
    char text[TEXT_SIZE];
    double width = 0;
    for (int64_t i = 0; i < kr__axis_tick_count(axis); i++) {
        width = fmax(width, tick_text_width(axis, i, canvas, text));
    }
    return width;
}

/* Names that do not fit side by side are turned; those that still do not are thinned. */
static void place_names(kr__axis_view *axis, double length, bool is_vertical, kr__canvas *canvas) {
    double room = length / fmax(axis->scale.high - axis->scale.low, 1);
    axis->name_step = 1;
    axis->name_angle = 0;
    if (!is_vertical && widest_tick(axis, canvas) + 5 <= room) return;
    if (!is_vertical) axis->name_angle = QUARTER / 2;
    axis->name_step = (int64_t)fmax(1, ceil(NAME_ROOM / room));
}

/* The largest number of ticks whose texts do not touch, tried on the texts themselves. */
static void place_numbers(kr__axis_view *axis, double length, bool is_vertical,
                          kr__canvas *canvas) {
    int most = (int)fmin(fmax(length / (is_vertical ? 16 : 28), 2), 10);
    for (;; most--) {
        if (axis->scale.is_log) {
            kr__ticks_log(axis->scale.low, axis->scale.high, most, &axis->ticks);
        } else if (axis->axis->is_date) {
            kr__ticks_dates(axis->scale.low, axis->scale.high, most, &axis->ticks);
        } else {
            kr__ticks_linear(axis->scale.low, axis->scale.high, most, axis->axis->is_integer,
                             &axis->ticks);
        }
        if (is_vertical || most <= 2 || axis->ticks.n < 2) return;
        double room = fabs(kr__scale_map(&axis->scale, axis->ticks.at[1]) -
                           kr__scale_map(&axis->scale, axis->ticks.at[0]));
        if (widest_tick(axis, canvas) + 8 <= room) return;
    }
}

void kr__axis_place(kr__axis_view *axis, double from, double to, bool is_vertical,
                    kr__canvas *canvas) {
    kr__scale *scale = &axis->scale;
    scale->from = axis->axis->is_reversed ? to : from;
    scale->to = axis->axis->is_reversed ? from : to;
    if (axis->axis->names) {
        place_names(axis, fabs(to - from), is_vertical, canvas);
    } else {
        place_numbers(axis, fabs(to - from), is_vertical, canvas);
    }
}

/* ---- margins ------------------------------------------------------------------------------ */

static bool has_factor(const kr__axis_view *axis) {
    return !axis->axis->is_hidden && !axis->is_bare && !axis->axis->names && axis->ticks.factor[0];
}

/* Height below the axis that the texts of the ticks take. */
static double x_text_height(const kr__axis_view *axis, kr__canvas *canvas) {
    double height = 0.73 * KR__SIZE_TICK;
    if (axis->name_angle == 0) return height;
    return height * cos(axis->name_angle) + widest_tick(axis, canvas) * sin(axis->name_angle);
}

/* The first and the last text may reach over the ends of the axis. */
static void measure_x_ends(kr__view *view, kr__canvas *canvas) {
    char text[TEXT_SIZE];
    const char *full;
    const kr__axis_view *x = &view->x;
    int64_t ends[2] = {0, kr__axis_tick_count(x) - 1};
    for (int i = 0; i < 2 && ends[1] >= 0; i++) {
        double at, width = tick_text_width(x, ends[i], canvas, text);
        bool is_turned = x->name_angle != 0; /* then it ends below its tick */
        kr__axis_tick(x, ends[i], &at, &full);
        at = kr__view_x(view, at);
        double left = is_turned ? at - width * cos(x->name_angle) : at - width / 2;
        double right = is_turned ? at : at + width / 2;
        view->left = fmax(view->left, view->area.left - left);
        view->right = fmax(view->right, right - view->area.right);
    }
}

static void measure_x(kr__view *view, kr__canvas *canvas) {
    const kr__axis_view *x = &view->x;
    bool is_named = x->axis->label && !x->is_unnamed;
    view->bottom = 4;
    if (x->is_bare) return;
    if (is_named) view->bottom += KR__SIZE_LABEL + 5;
    if (x->axis->is_hidden) return;
    view->bottom += KR__TICK_LENGTH + KR__TEXT_PAD + x_text_height(x, canvas);
    if (has_factor(x) && !is_named) view->bottom += KR__SIZE_TICK + 2;
    measure_x_ends(view, canvas);
}

static void measure_y(kr__view *view, kr__canvas *canvas) {
    const kr__axis_view *y = &view->y;
    view->left = 4;
    if (y->is_bare) return;
    if (!y->axis->is_hidden) {
        view->left = KR__TICK_LENGTH + KR__TEXT_PAD + widest_tick(y, canvas);
    }
    if (y->axis->label) view->left += KR__SIZE_LABEL + 6;
    view->y_label = view->left;
}

void kr__axes_measure(kr__view *view, kr__canvas *canvas) {
    view->right = 4 + fmax(view->panel->axes.room_right, 0);
    view->top = 4;
    measure_y(view, canvas);
    measure_x(view, canvas);
    if (has_factor(&view->y)) view->top += KR__SIZE_TICK + 1;
    if (view->panel->axes.title) view->top += KR__SIZE_TITLE + 3;
}

/* ---- drawing ------------------------------------------------------------------------------ */

void kr__axes_draw_below(const kr__view *view, kr__canvas *canvas) {
    const kr__box *area = &view->area;
    kr__pen pen = {.color = grid_color(), .width = 0.6};
    if (view->panel->axes.is_gridless) return;
    for (int64_t i = 0; i < kr__axis_tick_count(&view->x) && !view->x.axis->names; i++) {
        double x = kr__view_x(view, view->x.ticks.at[i]);
        kr__canvas_rule(canvas, x, area->top, x, area->bottom, pen);
    }
    for (int64_t i = 0; i < kr__axis_tick_count(&view->y) && !view->y.axis->names; i++) {
        double y = kr__view_y(view, view->y.ticks.at[i]);
        kr__canvas_rule(canvas, area->left, y, area->right, y, pen);
    }
}

static void draw_x(const kr__view *view, kr__canvas *canvas) {
    const kr__axis_view *x = &view->x;
    const kr__box *area = &view->area;
    kr__pen pen = {.color = frame_color(), .width = 0.7};
    bool is_turned = x->name_angle != 0;
    double text_top = area->bottom + KR__TICK_LENGTH + KR__TEXT_PAD;
    kr__font font = tick_font(is_turned ? 1 : 0.5, is_turned ? 0.5 : 0);
    font.angle = x->name_angle;
    for (int64_t i = 0; i < kr__axis_tick_count(x); i++) {
        char text[TEXT_SIZE];
        double at;
        const char *full;
        kr__axis_tick(x, i, &at, &full);
        at = kr__view_x(view, at);
        kr__canvas_rule(canvas, at, area->bottom, at, area->bottom + KR__TICK_LENGTH, pen);
        if (x->is_bare) continue;
        tick_text_width(x, i, canvas, text);
        kr__canvas_text(canvas, at + (is_turned ? 2 : 0), text_top + (is_turned ? 1 : 0), text,
                        font);
    }
    for (int i = 0; i < x->ticks.n_minor && !x->axis->names && !x->axis->is_hidden; i++) {
        double at = kr__view_x(view, x->ticks.minor[i]);
        kr__canvas_rule(canvas, at, area->bottom, at, area->bottom + KR__TICK_LENGTH / 2, pen);
    }
    if (has_factor(x)) {
        kr__canvas_text(canvas, area->right, area->bottom + view->bottom, x->ticks.factor,
                        tick_font(1, 1));
    }
}

static void draw_y(const kr__view *view, kr__canvas *canvas) {
    const kr__axis_view *y = &view->y;
    const kr__box *area = &view->area;
    kr__pen pen = {.color = frame_color(), .width = 0.7};
    for (int64_t i = 0; i < kr__axis_tick_count(y); i++) {
        char text[TEXT_SIZE];
        double at;
        const char *full;
        kr__axis_tick(y, i, &at, &full);
        at = kr__view_y(view, at);
        kr__canvas_rule(canvas, area->left - KR__TICK_LENGTH, at, area->left, at, pen);
        if (y->is_bare) continue;
        tick_text_width(y, i, canvas, text);
        kr__canvas_text(canvas, area->left - KR__TICK_LENGTH - KR__TEXT_PAD, at, text,
                        tick_font(1, 0.5));
    }
    for (int i = 0; i < y->ticks.n_minor && !y->axis->names && !y->axis->is_hidden; i++) {
        double at = kr__view_y(view, y->ticks.minor[i]);
        kr__canvas_rule(canvas, area->left - KR__TICK_LENGTH / 2, at, area->left, at, pen);
    }
    if (has_factor(y)) {
        kr__canvas_text(canvas, area->left, area->top - 4, y->ticks.factor, tick_font(0, 1));
    }
}

static void draw_labels(const kr__view *view, kr__canvas *canvas) {
    char text[TEXT_SIZE];
    const kr__box *area = &view->area;
    double width = area->right - area->left, height = area->bottom - area->top;
    kr__font font = kr__font_make(KR__SIZE_LABEL, 0.5, 1);
    if (view->x.axis->label && !view->x.is_bare && !view->x.is_unnamed) {
        kr__canvas_text_fit(canvas, view->x.axis->label, font, width, text, sizeof text);
        kr__canvas_text(canvas, area->left + width / 2, area->bottom + view->bottom, text, font);
    }
    if (view->y.axis->label && !view->y.is_bare) {
        font.angle = QUARTER;
        font.align_y = 0;
        kr__canvas_text_fit(canvas, view->y.axis->label, font, height + 16, text, sizeof text);
        kr__canvas_text(canvas, area->left - view->y_label, area->top + height / 2, text, font);
    }
    if (!view->panel->axes.title) return;
    kr__font title = kr__font_make(KR__SIZE_TITLE, 0, 0);
    double room = width + view->right;
    kr__canvas_text_fit(canvas, view->panel->axes.title, title, room, text, sizeof text);
    kr__canvas_text(canvas, area->left, area->top - view->top, text, title);
}

/* From the layers, or given: strips across a panel have no extent in the other direction. */
static bool has_range(const kr__axis_view *axis) {
    return axis->limits.n > 0 || axis->axis->low != axis->axis->high;
}

static bool has_layers(const kr__view *view) {
    return view->x.limits.n > 0 || view->y.limits.n > 0;
}

void kr__axes_draw_above(const kr__view *view, kr__canvas *canvas) {
    const kr__box *area = &view->area;
    kr__pen pen = {.color = frame_color(), .width = 0.8};
    kr__canvas_rule(canvas, area->left, area->bottom, area->right, area->bottom, pen);
    kr__canvas_rule(canvas, area->left, area->top, area->left, area->bottom, pen);
    draw_x(view, canvas);
    draw_y(view, canvas);
    draw_labels(view, canvas);
    if (has_range(&view->x) && has_range(&view->y) && has_layers(view)) return;
    kr__font font = kr__font_make(KR__SIZE_LABEL, 0.5, 0.5);
    font.color = kr_color_rgb(0x6B6B6B);
    kr__canvas_text(canvas, (area->left + area->right) / 2, (area->top + area->bottom) / 2,
                    "no data", font);
}
