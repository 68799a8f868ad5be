/* SPDX-License-Identifier: MIT
 * gates_figures.c - step sizes, gates, B and C of a block over time. */
#include <kr/figures.h>

#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "plot/series_picture.h"

enum { TEXT_SIZE = 160, CHANNELS = 64 /* that a heatmap shows */, MOST_PANELS = 24 };

/* ---- curves ----------------------------------------------------------------------------- */

/* Mean of each row of (n, width). NULL when out of memory. */
static double *row_means(const float *values, int64_t n, int64_t width) {
    double *mean = kr__calloc((size_t)n, sizeof *mean);
    for (int64_t t = 0; t < n && mean; t++) {
        double sum = 0;
        for (int64_t i = 0; i < width; i++) sum += (double)values[t * width + i];
        mean[t] = sum / (double)width;
    }
    return mean;
}

/* Length of each row as a vector. */
static double *row_norms(const float *values, int64_t n, int64_t width) {
    double *norm = kr__calloc((size_t)n, sizeof *norm);
    for (int64_t t = 0; t < n && norm; t++) {
        double sum = 0;
        for (int64_t i = 0; i < width; i++) {
            sum += (double)values[t * width + i] * (double)values[t * width + i];
        }
        norm[t] = sqrt(sum);
    }
    return norm;
}

static kr_axes curve_axes(const kr_series_part *part, const char *title, const char *y_label) {
    double low = (double)part->first_step - 0.5;
    return (kr_axes){.size = sizeof(kr_axes),
                     .title = title,
                     .legend = KR_LEGEND_NONE,
                     .x = {.low = low, .high = low + (double)part->n_steps, .is_integer = true},
                     .y = {.label = y_label}};
}

static void add_curve(kr_panel *panel, const kr_series_part *part, const double *y,
                      const kr_line_style *style) {
    kr_panel_line(panel,
                  &(kr_line){.size = sizeof(kr_line),
                             .x = kr_values_steps((double)part->first_step, 1, part->n_steps),
                             .y = kr_values_f64(y, part->n_steps, 1),
                             .style = *style});
}

/* Mean step size over the channels, as a line on a shaded area. */
static kr_status add_mean_delta(kr_figure *figure, int row, const kr_axes *axes,
                                const kr_series_part *part, const kr_gates *gates, kr_error *err) {
    kr_panel *panel = kr_figure_panel(figure, row, 0);
    double *mean = row_means(gates->delta, part->n_steps, gates->d_inner);
    double *zero = kr__calloc((size_t)part->n_steps, sizeof *zero);
    kr_status status = KR_OK;
    if (mean && zero) {
        kr_color color = kr_palette_color(KR_PALETTE_OKABE_ITO, 1);
        kr_panel_axes(panel, axes);
        kr_panel_band(panel,
                      &(kr_band){.size = sizeof(kr_band),
                                 .x = kr_values_steps((double)part->first_step, 1, part->n_steps),
                                 .low = kr_values_f64(zero, part->n_steps, 1),
                                 .high = kr_values_f64(mean, part->n_steps, 1),
                                 .color = color});
        add_curve(panel, part, mean, &(kr_line_style){.color = color, .width = 1.1});
        kr__picture_borders(panel, part);
    } else {
        status = kr_fail(err, KR_MEMORY, "out of memory for the picture of the gates");
    }
    kr_free(mean);
    kr_free(zero);
    return status;
}

static kr_status add_norms(kr_figure *figure, int row, const kr_series_part *part,
                           const kr_gates *gates, kr_error *err) {
    kr_panel *panel = kr_figure_panel(figure, row, 0);
    double *b = row_norms(gates->B, part->n_steps, gates->d_state);
    double *c = row_norms(gates->C, part->n_steps, gates->d_state);
    kr_status status = KR_OK;
    if (b && c) {
        kr_axes axes =
            curve_axes(part, "Norms of B (input → state) and C (state → output)", "Norm");
        axes.legend = KR_LEGEND_RIGHT;
        kr_panel_axes(panel, &axes);
        add_curve(panel, part, b, &(kr_line_style){.label = "‖B‖", .width = 1.1});
        add_curve(panel, part, c, &(kr_line_style){.label = "‖C‖", .width = 1.1});
        kr__picture_borders(panel, part);
    } else {
        status = kr_fail(err, KR_MEMORY, "out of memory for the picture of the gates");
    }
    kr_free(b);
    kr_free(c);
    return status;
}

/* ---- heatmaps --------------------------------------------------------------------------- */

static void add_input(kr_figure *figure, int row, const kr_series_part *part) {
    double low = (double)part->first_step - 0.5;
    kr_axes axes = kr__picture_axes("Input", NULL, low, low + (double)part->n_steps);
    kr_color_scale scale = kr__picture_scale(kr__picture_reach(part), "Value");
    kr__picture_heatmap(figure, row, &axes, part, &scale);
}

/* " channels", or which of them are shown. */
static const char *describe_channels(const kr_gates *gates, char text[TEXT_SIZE]) {
    if (gates->d_inner <= CHANNELS) {
        snprintf(text, TEXT_SIZE, "%lld channels", (long long)gates->d_inner);
    } else {
        snprintf(text, TEXT_SIZE, "first %d of %lld channels", CHANNELS, (long long)gates->d_inner);
    }
    return text;
}

/* values: (n_steps, d_inner) */
static void add_channels(kr_figure *figure, int row, const char *title, const kr_series_part *part,
                         const kr_gates *gates, const float *values, const kr_color_scale *scale) {
    double low = (double)part->first_step - 0.5;
    kr_series_part channels = *part;
    channels.n_features = gates->d_inner;
    channels.values = kr_values_f32(values, part->n_steps * gates->d_inner, 1);
    kr_axes axes = kr__picture_axes(title, NULL, low, low + (double)part->n_steps);
    axes.y.label = "Channel";
    kr__picture_channels(figure, row, &axes, &channels, CHANNELS, scale);
}

static void add_delta(kr_figure *figure, int row, const kr_series_part *part,
                      const kr_gates *gates) {
    char title[2 * TEXT_SIZE], channels[TEXT_SIZE];
    int64_t n = part->n_steps * gates->d_inner;
    double sum = 0, most = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)gates->delta[i];
        most = fmax(most, (double)gates->delta[i]);
    }
    snprintf(title, sizeof title, "Δ (step size, update gate), %s  [mean %.3f, max %.3f]",
             describe_channels(gates, channels), sum / (double)n, most);
    add_channels(figure, row, title, part, gates, gates->delta,
                 &(kr_color_scale){.colormap = KR_COLORMAP_MAGMA, .label = "Δ"});
}

static void add_gate(kr_figure *figure, int row, const kr_series_part *part,
                     const kr_gates *gates) {
    char title[2 * TEXT_SIZE], channels[TEXT_SIZE];
    snprintf(title, sizeof title, "SiLU(z) (output gate), %s", describe_channels(gates, channels));
    add_channels(figure, row, title, part, gates, gates->z_gate,
                 &(kr_color_scale){.colormap = KR_COLORMAP_VIRIDIS, .label = "SiLU(z)"});
}

/* ---- figures ---------------------------------------------------------------------------- */

static kr_status check(const char *path, const kr_gates *gates, kr_error *err) {
    if (gates->d_inner > 0 && gates->d_state > 0) return KR_OK;
    return kr_fail(err, KR_SHAPE, "%s: a layer of %lld channels and %lld states cannot be drawn",
                   path, (long long)gates->d_inner, (long long)gates->d_state);
}

kr_status kr_figure_gates(const char *path, const kr_series_part *given_part, const kr_gates *given,
                          kr_error *err) {
    static const double heights[] = {0.14, 0.8, 1.3, 1.3, 0.7, 0.7};
    char title[TEXT_SIZE];
    kr_figure *figure = NULL;
    kr_series_part own_part;
    kr_gates own;
    const kr_series_part *part = &own_part;
    const kr_gates *gates = &own;
    KR_TRY(kr__picture_take(path, given_part, &own_part, err));
    KR_TRY(kr__sized_take("kr_gates", given, &own, sizeof own, err));
    KR_TRY(check(path, gates, err));
    int first = part->states ? 1 : 0;
    double low = (double)part->first_step - 0.5;
    snprintf(title, sizeof title, "What steers Mamba layer %lld", (long long)gates->layer);
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 5 + first,
                                 .columns = 1,
                                 .width = 14,
                                 .height = 13,
                                 .title = title,
                                 .row_heights = heights + 1 - first,
                                 .is_x_shared = true};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr__picture_states(figure, NULL, part, low, low + (double)part->n_steps);
    add_input(figure, first, part);
    add_delta(figure, first + 1, part, gates);
    add_gate(figure, first + 2, part, gates);
    kr_axes axes = curve_axes(part, "Mean Δ over all channels", "Mean Δ");
    axes.x.label = "Time step";
    kr_status status = add_norms(figure, first + 3, part, gates, err);
    if (status == KR_OK) {
        status = add_mean_delta(figure, first + 4, &axes, part, gates, err);
    }
    if (status == KR_OK) return kr__picture_finish(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

static kr_status add_layers(kr_figure *figure, int row, const kr_series_part *part,
                            int64_t n_layers, int64_t step, const kr_gates *gates, kr_error *err) {
    for (int64_t i = 0; i < n_layers; i += step, row++) {
        char label[TEXT_SIZE];
        snprintf(label, sizeof label, "Layer %lld", (long long)gates[i].layer);
        kr_axes axes = curve_axes(part, i == 0 ? "Mean Δ over the channels" : NULL, label);
        if (i + step >= n_layers) axes.x.label = "Time step";
        KR_TRY(add_mean_delta(figure, row, &axes, part, &gates[i], err));
    }
    return KR_OK;
}

static kr_status draw_summary(const char *path, const kr_series_part *part, int64_t n_layers,
                              const kr_gates *gates, kr_error *err) {
    double heights[MOST_PANELS + 2] = {0.2, 1.2};
    kr_figure *figure = NULL;
    KR_TRY(check(path, gates, err));
    int first = part->states ? 1 : 0;
    int64_t step = (n_layers + MOST_PANELS - 1) / MOST_PANELS;
    int n_panels = (int)((n_layers + step - 1) / step);
    double low = (double)part->first_step - 0.5;
    for (int i = 0; i < n_panels; i++) heights[2 + i] = 0.7;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 1 + first + n_panels,
                                 .columns = 1,
                                 .width = 14,
                                 .height = 4 + 1.2 * n_panels,
                                 .title = "Mamba gates, all layers",
                                 .row_heights = heights + 1 - first,
                                 .is_x_shared = true};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr__picture_states(figure, NULL, part, low, low + (double)part->n_steps);
    add_input(figure, first, part);
    kr_status status = add_layers(figure, first + 1, part, n_layers, step, gates, err);
    if (status == KR_OK) return kr__picture_finish(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

kr_status kr_figure_gates_summary(const char *path, const kr_series_part *part, int64_t n_layers,
                                  const kr_gates *gates, kr_error *err) {
    kr_series_part own;
    void *taken = NULL;
    KR_TRY(kr__picture_take(path, part, &own, err));
    if (n_layers < 1) return kr_fail(err, KR_SHAPE, "%s: no layer to be drawn", path);
    KR_TRY(kr__pictures_take("kr_gates", gates, n_layers, sizeof *gates, &taken, err));
    kr_status status = draw_summary(path, &own, n_layers, taken, err);
    kr_free(taken);
    return status;
}
