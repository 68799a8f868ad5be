/* SPDX-License-Identifier: MIT
 * marks.c - lines and strips across a panel, and notes. */
#include <math.h>

#include "plot/figure.h"

/* ---- rule --------------------------------------------------------------------------------- */

typedef struct rule_layer {
    kr__layer base;
    bool is_vertical;
    double at;
    kr__pen pen;
} rule_layer;

static void rule_limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const rule_layer *rule = (const rule_layer *)layer;
    kr__limits_add(rule->is_vertical ? x : y, rule->at);
}

static void rule_draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const rule_layer *rule = (const rule_layer *)layer;
    const kr__box *area = &view->area;
    if (kr__is_gap(rule->at, rule->is_vertical ? view->x.scale.is_log : view->y.scale.is_log)) {
        return;
    }
    if (rule->is_vertical) {
        double x = kr__view_x(view, rule->at);
        kr__canvas_rule(canvas, x, area->bottom, x, area->top, rule->pen);
    } else {
        double y = kr__view_y(view, rule->at);
        kr__canvas_rule(canvas, area->left, y, area->right, y, rule->pen);
    }
}

static void rule_key(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas) {
    (void)entry;
    double y = (box.top + box.bottom) / 2;
    kr__canvas_rule(canvas, box.left, y, box.right, y, ((const rule_layer *)layer)->pen);
}

static const kr__layer_kind rule_kind = {
    .is_background = true, .limits = rule_limits, .draw = rule_draw, .key = rule_key};

void kr_panel_rule(kr_panel *panel, kr_direction direction, double at, const kr_line_style *style) {
    static const kr_line_style plain = {.dash = KR_DASH_DASHED, .width = 1};
    if (!style) style = &plain;
    rule_layer *rule = kr__layer_add(panel, &rule_kind, sizeof *rule, style->label);
    if (!rule) return;
    rule->is_vertical = direction == KR_VERTICAL;
    rule->at = at;
    kr_color color = style->color.alpha == 0 ? kr_color_rgb(0x7F7F7F) : style->color;
    rule->pen = (kr__pen){.color = kr__panel_color(panel, color, style->opacity, 1),
                          .width = style->width > 0 ? style->width : 1,
                          .dash = style->dash};
}

/* ---- strip -------------------------------------------------------------------------------- */

typedef struct strip_layer {
    kr__layer base;
    bool is_vertical;
    double from, to;
    kr_color color;
} strip_layer;

static void strip_limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const strip_layer *strip = (const strip_layer *)layer;
    kr__limits *limits = strip->is_vertical ? x : y;
    kr__limits_edge(limits, strip->from);
    kr__limits_edge(limits, strip->to);
}

/* A place on the page between the borders `from` and `to`; infinite numbers lie on them. */
static double strip_end(const kr__scale *scale, double v) {
    if (isinf(v)) return v < 0 ? scale->from : scale->to;
    if (scale->is_log && v <= 0) return scale->from;
    return kr__scale_map(scale, v);
}

static void strip_draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const strip_layer *strip = (const strip_layer *)layer;
    const kr__scale *scale = strip->is_vertical ? &view->x.scale : &view->y.scale;
    kr__box box = view->area;
    if (isnan(strip->from) || isnan(strip->to)) return;
    double a = strip_end(scale, strip->from), b = strip_end(scale, strip->to);
    if (strip->is_vertical) {
        box.left = fmin(a, b);
        box.right = fmax(a, b);
    } else {
        box.top = fmin(a, b);
        box.bottom = fmax(a, b);
    }
    kr__canvas_box(canvas, box, strip->color, true);
}

static void strip_key(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas) {
    (void)entry;
    kr__canvas_box(canvas, box, ((const strip_layer *)layer)->color, false);
}

static const kr__layer_kind strip_kind = {
    .is_background = true, .limits = strip_limits, .draw = strip_draw, .key = strip_key};

void kr_panel_strip(kr_panel *panel, const kr_strip *passed) {
    kr_strip own;
    const kr_strip *given = &own;
    if (!kr__chart_take(panel, "kr_strip", passed, &own, sizeof own)) return;
    strip_layer *strip = kr__layer_add(panel, &strip_kind, sizeof *strip, given->label);
    if (!strip) return;
    kr_color color = given->color.alpha == 0 ? kr_color_rgb(0x7F7F7F) : given->color;
    strip->is_vertical = given->direction == KR_VERTICAL;
    strip->from = given->from;
    strip->to = given->to;
    strip->color = kr__panel_color(panel, color, given->opacity, 0.12);
}

/* ---- note --------------------------------------------------------------------------------- */

typedef struct note_layer {
    kr__layer base;
    kr_note note;
} note_layer;

static void note_limits(const kr__layer *layer, kr__limits *x, kr__limits *y) {
    const kr_note *note = &((const note_layer *)layer)->note;
    if (note->is_relative) return;
    kr__limits_add(x, note->x);
    kr__limits_add(y, note->y);
}

static void note_draw(const kr__layer *layer, const kr__view *view, kr__canvas *canvas) {
    const kr_note *note = &((const note_layer *)layer)->note;
    const kr__box *area = &view->area;
    double x = area->left + note->x * (area->right - area->left);
    double y = area->bottom + note->y * (area->top - area->bottom);
    if (kr__is_gap(note->x, !note->is_relative && view->x.scale.is_log) ||
        kr__is_gap(note->y, !note->is_relative && view->y.scale.is_log)) {
        return;
    }
    if (!note->is_relative) {
        x = kr__view_x(view, note->x);
        y = kr__view_y(view, note->y);
    }
    char text[256];
    kr__font font = kr__font_make(note->font_size > 0 ? note->font_size : KR__SIZE_TICK,
                                  note->align_x, 1 - note->align_y);
    if (note->color.alpha > 0) font.color = note->color;
    double room = note->is_outside ? fmax(view->panel->axes.room_right - note->dx, 0)
                                   : area->right - area->left;
    kr__canvas_text_fit(canvas, note->text, font, room, text, sizeof text);
    if (note->is_outside) kr__canvas_unclip(canvas);
    kr__canvas_text(canvas, x + note->dx, y - note->dy, text, font);
    if (note->is_outside) kr__canvas_clip(canvas, view->area);
}

static const kr__layer_kind note_kind = {.limits = note_limits, .draw = note_draw};

void kr_panel_note(kr_panel *panel, const kr_note *passed) {
    kr_note own;
    const kr_note *given = &own;
    if (!kr__chart_take(panel, "kr_note", passed, &own, sizeof own)) return;
    const char *text = kr__figure_text(panel->figure, given->text ? given->text : "");
    note_layer *note = kr__layer_add(panel, &note_kind, sizeof *note, NULL);
    if (!note || !text) return;
    note->note = *given;
    note->note.text = text;
}
