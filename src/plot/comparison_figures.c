/* SPDX-License-Identifier: MIT
 * comparison_figures.c - models beside each other, in parts of the error of one of them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "plot/pictures.h"

enum { TEXT_SIZE = 256, MOST_LINES = 5 };

static kr_color chosen_color(void) { return kr_palette_color(KR_PALETTE_OKABE_ITO, 1); }
static kr_color other_color(void) { return kr_palette_color(KR_PALETTE_OKABE_ITO, 0); }
static kr_color pale_color(void) { return kr_color_rgb(0xB0B0B0); }
static kr_color color_of(const kr_error_ratio *m) {
    return m->is_chosen || m->is_part ? chosen_color() : other_color();
}

/* ---- the axis ----------------------------------------------------------------------------- */

typedef struct span {
    double low, high;
} span;

static void widen(span *s, double v) {
    if (!isfinite(v)) return;
    s->low = fmin(s->low, v);
    s->high = fmax(s->high, v);
}

/* As far above the reference as twice what the best one is below it, or a quarter: what is worse
 * would press all others together. */
static double limit_of(const span *all, double reference) {
    const double least = 0.25 * reference;
    return reference + fmax(2 * (reference - all->low), least);
}

static span add_edges(const span *shown, double reference) {
    const double edge = 0.08;
    double low = fmin(shown->low, reference), high = fmax(shown->high, reference);
    double width = fmax(high - low, 0.1 * reference);
    return (span){fmax(low - edge * width, 0), high + edge * width};
}

/* 1, or the least one where errors are no ratios. */
static double reference_of(const kr_error_ratios *r, const span *all) {
    return r->reference || !(all->low > 0) ? 1 : all->low;
}

/* Of the n numbers value(r, of, i) those that are not beyond the limit. */
static span find_shown(const kr_error_ratios *r, int64_t n,
                       double (*value)(const kr_error_ratios *r, const int64_t *of, int64_t i),
                       const int64_t *of) {
    span all = {INFINITY, -INFINITY}, shown = all;
    for (int64_t i = 0; i < n; i++) widen(&all, value(r, of, i));
    if (all.low > all.high) all = shown = (span){0, 1};
    double reference = reference_of(r, &all), limit = limit_of(&all, reference);
    for (int64_t i = 0; i < n; i++) {
        double v = value(r, of, i);
        if (v <= limit) widen(&shown, v);
    }
    return add_edges(&shown, reference);
}

static double dot_value(const kr_error_ratios *r, const int64_t *of, int64_t i) {
    (void)of;
    return i % 2 == 0 ? r->models[i / 2].ratio : r->models[i / 2].earlier;
}

static span find_span(const kr_error_ratios *r) {
    return find_shown(r, 2 * r->n_models, dot_value, NULL);
}

/* ---- dots --------------------------------------------------------------------------------- */

static void add_dot(kr_panel *panel, double x, double y, double diameter, kr_color color) {
    kr_panel_scatter(panel, &(kr_scatter){.size = sizeof(kr_scatter),
                                          .x = kr_values_f64(&x, 1, 1),
                                          .y = kr_values_f64(&y, 1, 1),
                                          .color = color,
                                          .diameter = diameter});
}

/* At the end of the axis, pointing to where it would be. */
static void add_beyond(kr_panel *panel, double x, double y, kr_color color) {
    kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                    .text = "\xE2\x96\xB6",
                                    .x = x,
                                    .y = y,
                                    .dx = -2,
                                    .align_x = 1,
                                    .align_y = 0.5,
                                    .font_size = 9,
                                    .color = color});
}

/* Above its dot; beside the mark of what lies beyond. */
static void add_number(kr_panel *panel, const span *s, const kr_error_ratio *m, double y) {
    char text[TEXT_SIZE];
    bool is_beyond = m->ratio > s->high, is_known = isfinite(m->ratio);
    snprintf(text, sizeof text, m->ratio < 9.995 ? "%.2f" : "%.3g", m->ratio);
    if (!is_known) snprintf(text, sizeof text, "not measured");
    kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                    .text = text,
                                    .x = is_known ? fmin(m->ratio, s->high) : s->low,
                                    .y = y,
                                    .dx = is_beyond  ? -13
                                          : is_known ? 0
                                                     : 7,
                                    .dy = is_beyond || !is_known ? 0 : 5,
                                    .align_x = is_beyond  ? 1
                                               : is_known ? 0.5
                                                          : 0,
                                    .align_y = is_beyond || !is_known ? 0.5 : 0,
                                    .color = m->is_chosen ? chosen_color() : (kr_color){0}});
}

static void add_model(kr_panel *panel, const span *s, const kr_error_ratio *m, double y) {
    if (isfinite(m->earlier) && m->earlier <= s->high) {
        add_dot(panel, m->earlier, y, 4, pale_color());
    }
    if (m->ratio > s->high) {
        add_beyond(panel, s->high, y, color_of(m));
    } else {
        add_dot(panel, m->ratio, y, m->is_part ? 5.5 : 7.5, color_of(m));
    }
    add_number(panel, s, m, y);
}

static void label_axis(const kr_error_ratios *r, char label[TEXT_SIZE]) {
    if (r->reference) {
        snprintf(label, TEXT_SIZE, "error / that of %s", r->reference);
    } else {
        snprintf(label, TEXT_SIZE, r->units ? "error [%s]" : "error", r->units);
    }
}

static void add_reference(kr_panel *panel, kr_direction direction, const kr_error_ratios *r) {
    if (!r->reference) return;
    kr_panel_rule(panel, direction, 1,
                  &(kr_line_style){.color = kr_color_rgb(0x404040), .width = 1});
}

static void draw_dots(kr_panel *panel, const kr_error_ratios *r, const char *const *names) {
    char label[TEXT_SIZE];
    const span s = find_span(r);
    label_axis(r, label);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.label = label, .low = s.low, .high = s.high},
                                    .y = {.low = -0.6,
                                          .high = (double)r->n_models - 0.4,
                                          .is_reversed = true,
                                          .names = names,
                                          .n_names = r->n_models},
                                    .legend = KR_LEGEND_NONE});
    add_reference(panel, KR_VERTICAL, r);
    for (int64_t i = 0; i < r->n_models; i++) add_model(panel, &s, &r->models[i], (double)i);
}

/* ---- lines -------------------------------------------------------------------------------- */

static bool has_line(const kr_error_ratios *r, int64_t i) {
    return r->models[i].by_step && r->pred_len > 1;
}

/* The chosen ones, and the first of the others. */
static int list_lines(const kr_error_ratios *r, int64_t of[MOST_LINES]) {
    int n = 0;
    for (int chosen = 1; chosen >= 0; chosen--) {
        for (int64_t i = 0; i < r->n_models && n < MOST_LINES; i++) {
            if (has_line(r, i) && r->models[i].is_chosen == (chosen == 1)) of[n++] = i;
        }
    }
    return n;
}

static double line_value(const kr_error_ratios *r, const int64_t *of, int64_t i) {
    return r->models[of[i / r->pred_len]].by_step[i % r->pred_len];
}

static span find_line_span(const kr_error_ratios *r, const int64_t *of, int n) {
    return find_shown(r, n * r->pred_len, line_value, of);
}

/* Names beside the ends of their lines, moved apart where they would touch. */
typedef struct tag {
    const char *name;
    kr_color color;
    double y;
} tag;

static void separate(tag *tags, int n, const span *s) {
    const double gap = 0.07 * (s->high - s->low);
    for (int i = 1; i < n; i++) {
        tag t = tags[i];
        int at = i;
        for (; at > 0 && tags[at - 1].y > t.y; at--) tags[at] = tags[at - 1];
        tags[at] = t;
    }
    for (int i = 1; i < n; i++) tags[i].y = fmax(tags[i].y, tags[i - 1].y + gap);
    for (int i = n - 1; i >= 0; i--) {
        double most = i == n - 1 ? s->high : tags[i + 1].y - gap;
        tags[i].y = fmin(tags[i].y, most);
    }
}

static void add_tags(kr_panel *panel, const kr_error_ratios *r, const tag *tags, int n) {
    for (int i = 0; i < n; i++) {
        kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                        .text = tags[i].name,
                                        .x = (double)r->pred_len,
                                        .y = tags[i].y,
                                        .dx = 6,
                                        .align_y = 0.5,
                                        .color = tags[i].color,
                                        .is_outside = true});
    }
}

static double last_of(const kr_error_ratios *r, const double *y, const span *s) {
    for (int64_t t = r->pred_len - 1; t >= 0; t--) {
        if (isfinite(y[t])) return fmin(fmax(y[t], s->low), s->high);
    }
    return s->low;
}

static kr_color line_color(const kr_error_ratio *m, int k) {
    static const int others[MOST_LINES] = {0, 2, 3, 5,
                                           6}; /* of the palette: all but the chosen's */
    return m->is_chosen ? chosen_color() : kr_palette_color(KR_PALETTE_OKABE_ITO, others[k]);
}

static void draw_lines(kr_panel *panel, const kr_error_ratios *r) {
    int64_t of[MOST_LINES];
    char label[TEXT_SIZE];
    tag tags[MOST_LINES + 1];
    int n = list_lines(r, of), n_tags = 0;
    const span s = find_line_span(r, of, n);
    label_axis(r, label);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.label = "forecast step",
                                          .low = 1,
                                          .high = (double)r->pred_len,
                                          .is_integer = true},
                                    .y = {.label = label, .low = s.low, .high = s.high},
                                    .legend = KR_LEGEND_NONE,
                                    .room_right = 88});
    add_reference(panel, KR_HORIZONTAL, r);
    for (int k = n - 1; k >= 0; k--) { /* the first on top */
        const kr_error_ratio *m = &r->models[of[k]];
        kr_color color = line_color(m, k);
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .x = kr_values_steps(1, 1, r->pred_len),
                                        .y = kr_values_f64(m->by_step, r->pred_len, 1),
                                        .style = {.color = color, .width = m->is_chosen ? 2.2 : 1},
                                        .marker_size = r->pred_len <= 12 ? 4 : 0});
        tags[n_tags++] = (tag){m->name, color, last_of(r, m->by_step, &s)};
    }
    if (r->reference) tags[n_tags++] = (tag){r->reference, kr_color_rgb(0x404040), 1};
    separate(tags, n_tags, &s);
    add_tags(panel, r, tags, n_tags);
}

/* ---- the figure --------------------------------------------------------------------------- */

static kr_status draw_ratios(const char *path, const kr_error_ratios *r, kr_error *err) {
    int64_t lines[MOST_LINES];
    bool has_lines = list_lines(r, lines) > 0;
    kr_figure *figure = NULL;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 1,
                                 .columns = has_lines ? 2 : 1,
                                 .width = has_lines ? 9.6 : 5.4,
                                 .height = fmin(fmax(1.5 + 0.24 * (double)r->n_models, 3.4), 20),
                                 .title = r->title,
                                 .note = r->note};
    const char **names = kr__calloc((size_t)r->n_models, sizeof *names);
    if (!names) return kr_fail(err, KR_MEMORY, "no memory for the figure of errors");
    for (int64_t i = 0; i < r->n_models; i++) names[i] = r->models[i].name;
    kr_status status = kr_figure_create(&options, &figure, err);
    if (status == KR_OK) {
        draw_dots(kr_figure_panel(figure, 0, 0), r, names);
        if (has_lines) draw_lines(kr_figure_panel(figure, 0, 1), r);
        status = kr__picture_finish(figure, path, err);
    }
    kr_free(names);
    return status;
}

kr_status kr_figure_error_ratios(const char *path, const kr_error_ratios *given, kr_error *err) {
    kr_error_ratios ratios;
    void *taken = NULL;
    KR_TRY(kr__sized_take("kr_error_ratios", given, &ratios, sizeof ratios, err));
    if (ratios.n_models < 1 || ratios.pred_len < 1) {
        return kr_fail(err, KR_SHAPE, "%s: errors of %lld models at %lld steps cannot be drawn",
                       path, (long long)ratios.n_models, (long long)ratios.pred_len);
    }
    KR_TRY(kr__pictures_take("kr_error_ratio", ratios.models, ratios.n_models,
                             sizeof *ratios.models, &taken, err));
    ratios.models = taken;
    kr_status status = draw_ratios(path, &ratios, err);
    kr_free(taken);
    return status;
}
