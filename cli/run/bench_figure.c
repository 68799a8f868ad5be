/* SPDX-License-Identifier: MIT
 * bench_figure.c - time and memory of the models against tokens, with the slopes of their growth.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <kr/plot.h>

#include "run/bench_command.h"

/* The fitted line, dashed, over the points that it was fitted to. */
static void add_law(kr_panel *panel, const bench_series *s, kr_power_law law, kr_color color) {
    double x[2] = {s->tokens[s->first_fitted], s->tokens[s->n - 1]}, y[2];
    if (isnan(law.slope)) return;
    for (int i = 0; i < 2; i++) y[i] = law.factor * pow(x[i], law.slope);
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_f64(x, 2, 1),
                                    .y = kr_values_f64(y, 2, 1),
                                    .style = {.color = color, .dash = KR_DASH_DASHED, .width = 1}});
}

static void add_series(kr_panel *panel, const bench_series *series, int n_series, int i,
                       bool is_time) {
    char name[128], label[192];
    const bench_series *s = &series[i];
    kr_power_law law = is_time ? s->time_law : s->memory_law;
    kr_color color = kr_palette_color(KR_PALETTE_OKABE_ITO, i);
    bench_series_name(series, n_series, i, name, sizeof name);
    snprintf(label, sizeof label, "%s, slope %.2f", name, law.slope);
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_f64(s->tokens, s->n, 1),
                                    .y = kr_values_f64(is_time ? s->step_ms : s->memory, s->n, 1),
                                    .style = {.label = label, .color = color},
                                    .marker_size = 5});
    add_law(panel, s, law, color);
}

static void add_panel(kr_panel *panel, const bench_series *series, int n_series, bool is_time) {
    kr_panel_axes(panel,
                  &(kr_axes){.size = sizeof(kr_axes),
                             .title = is_time ? "Time" : "Memory",
                             .legend = KR_LEGEND_TOP,
                             .x = {.label = "tokens per channel", .is_log = true},
                             .y = {.label = is_time ? "a training step [ms]" : "peak RSS [MiB]",
                                   .is_log = true}});
    for (int i = 0; i < n_series; i++) add_series(panel, series, n_series, i, is_time);
}

/* "A and B over length", naming each model once. */
static const char *title(const bench_series *series, int n_series, char *text, size_t size) {
    size_t used = 0;
    for (int i = 0; i < n_series && used < size; i++) {
        bool is_new = true;
        for (int k = 0; k < i; k++) {
            if (strcmp(series[k].first->model, series[i].first->model) == 0) is_new = false;
        }
        if (!is_new) continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " and " : "",
                                 series[i].first->model);
    }
    if (used < size) snprintf(text + used, size - used, " over length");
    return text;
}

kr_status bench_draw(const bench_series *series, int n_series, const char *note, const char *path,
                     kr_error *err) {
    kr_figure *figure = NULL;
    char text[160];
    KR_TRY(
        kr_figure_create(&(kr_figure_options){.size = sizeof(kr_figure_options),
                                              .rows = 1,
                                              .columns = 2,
                                              .width = 10,
                                              .height = 4.4,
                                              .title = title(series, n_series, text, sizeof text),
                                              .note = note},
                         &figure, err));
    add_panel(kr_figure_panel(figure, 0, 0), series, n_series, true);
    add_panel(kr_figure_panel(figure, 0, 1), series, n_series, false);
    kr_status status = kr_figure_save(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}
