/* SPDX-License-Identifier: MIT
 * series_picture.c - states as a strip of colours, features over time as a heatmap. */
#include "plot/series_picture.h"

#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "plot/figure.h"

enum { MOST_COLUMNS = 8192, NARROW = 50 /* a number needs 1/NARROW of the width */ };

kr_status kr__picture_check(const char *path, const kr_series_part *part, kr_error *err) {
    if (part->n_steps > 0 && part->n_features > 0) return KR_OK;
    return kr_fail(err, KR_SHAPE, "%s: a series of %lld steps and %lld features cannot be drawn",
                   path, (long long)part->n_steps, (long long)part->n_features);
}

kr_status kr__picture_take(const char *path, const kr_series_part *given, kr_series_part *part,
                           kr_error *err) {
    KR_TRY(kr__sized_take("kr_series_part", given, part, sizeof *part, err));
    return kr__picture_check(path, part, err);
}

double kr__picture_value(const kr_values *values, int64_t i) {
    return values->f32 ? (double)values->f32[i * values->stride] : values->f64[i * values->stride];
}

double kr__picture_reach(const kr_series_part *part) {
    double most = 0;
    for (int64_t i = 0; i < part->n_steps * part->n_features; i++) {
        double v = fabs(kr__picture_value(&part->values, i));
        if (isfinite(v)) most = fmax(most, v);
    }
    return most > 0 ? most : 1;
}

/* ---- states ----------------------------------------------------------------------------- */

/* The step after the visit that begins at `from`. */
static int64_t visit_end(const kr_series_part *part, int64_t from) {
    int64_t to = from;
    while (to < part->n_steps && part->states[to] == part->states[from]) to++;
    return to;
}

/* White on dark colours, black on light ones. */
static kr_color ink_on(kr_color color) {
    float light = 0.299f * color.red + 0.587f * color.green + 0.114f * color.blue;
    return kr_color_rgb(light > 0.65f ? 0x202020 : 0xffffff);
}

static void write_state(kr_panel *panel, int64_t state, double x, kr_color color) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)state);
    kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                    .text = text,
                                    .x = x,
                                    .y = 0.5,
                                    .align_x = 0.5,
                                    .align_y = 0.5,
                                    .color = ink_on(color)});
}

/* One colour per visit, and the number of its state if there is room. */
static void draw_states(kr_panel *panel, const kr_series_part *part) {
    double first = (double)part->first_step;
    for (int64_t from = 0, to; from < part->n_steps; from = to) {
        to = visit_end(part, from);
        kr_color color = kr_palette_color(part->palette, part->states[from]);
        kr_panel_strip(panel, &(kr_strip){.size = sizeof(kr_strip),
                                          .from = first + (double)from - 0.5,
                                          .to = first + (double)to - 0.5,
                                          .color = color,
                                          .opacity = 1});
        if ((to - from) * NARROW < part->n_steps) continue;
        write_state(panel, part->states[from], first + (double)(from + to - 1) / 2, color);
    }
}

void kr__picture_states(kr_figure *figure, const char *title, const kr_series_part *part,
                        double low, double high) {
    if (!part->states) return;
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel,
                  &(kr_axes){.size = sizeof(kr_axes),
                             .title = title,
                             .is_gridless = true,
                             .legend = KR_LEGEND_NONE,
                             .x = {.low = low, .high = high},
                             .y = {.label = "State", .low = 0, .high = 1, .is_hidden = true}});
    draw_states(panel, part);
}

void kr__picture_borders(kr_panel *panel, const kr_series_part *part) {
    if (!part->states) return;
    for (int64_t to = visit_end(part, 0); to < part->n_steps; to = visit_end(part, to)) {
        kr_panel_rule(panel, KR_VERTICAL, (double)(part->first_step + to) - 0.5,
                      &(kr_line_style){
                          .dash = KR_DASH_DOTTED, .color = kr_color_rgb(0x606060), .width = 0.8});
    }
}

/* ---- features --------------------------------------------------------------------------- */

kr_axes kr__picture_axes(const char *title, const char *x_label, double low, double high) {
    return (kr_axes){.size = sizeof(kr_axes),
                     .title = title,
                     .is_gridless = true,
                     .x = {.label = x_label, .low = low, .high = high, .is_integer = true},
                     .y = {.label = "Dimension", .is_reversed = true, .is_integer = true}};
}

kr_color_scale kr__picture_scale(double limit, const char *label) {
    return (kr_color_scale){
        .colormap = KR_COLORMAP_RDBU_R, .low = -limit, .high = limit, .label = label};
}

void kr__picture_channels(kr_figure *figure, int row, const kr_axes *axes,
                          const kr_series_part *part, int64_t most, const kr_color_scale *scale) {
    kr_panel *panel = kr_figure_panel(figure, row, 0);
    int64_t n = part->n_features, rows = n < most ? n : most;
    int64_t step = (part->n_steps + MOST_COLUMNS - 1) / MOST_COLUMNS;
    int64_t columns = (part->n_steps + step - 1) / step;
    float *cells = kr__calloc((size_t)(rows * columns), sizeof *cells);
    if (!cells) {
        kr__figure_fail(figure, KR_MEMORY, "out of memory for a picture of a series");
        return;
    }
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            cells[r * columns + c] = (float)kr__picture_value(&part->values, c * step * n + r);
        }
    }
    kr_panel_axes(panel, axes);
    kr_panel_heatmap(panel, &(kr_heatmap){.size = sizeof(kr_heatmap),
                                          .rows = rows,
                                          .columns = columns,
                                          .values = kr_values_f32(cells, rows * columns, 1),
                                          .scale = *scale,
                                          .x_first = (double)part->first_step,
                                          .x_step = (double)step});
    kr_free(cells);
}

void kr__picture_heatmap(kr_figure *figure, int row, const kr_axes *axes,
                         const kr_series_part *part, const kr_color_scale *scale) {
    kr__picture_channels(figure, row, axes, part, part->n_features, scale);
}
