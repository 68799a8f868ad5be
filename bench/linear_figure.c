/* SPDX-License-Identifier: MIT
 * linear_figure.c - draw what linear_cost.py measured: lines "seq_len milliseconds MiB" on standard
 * input, the figure's path as argument. */
#include <stdio.h>

#include <kr/plot.h>

enum { MOST = 64 };

typedef struct costs {
    int64_t n;
    double length[MOST], seconds[MOST], memory[MOST], linear[MOST];
} costs;

/* The first measurement, scaled by length: what linear growth looks like. */
static void add_panel(kr_panel *panel, costs *c, const double *y, const char *title,
                      const char *label, double constant) {
    for (int64_t i = 0; i < c->n; i++) {
        c->linear[i] = constant + (y[0] - constant) * c->length[i] / c->length[0];
    }
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .title = title,
                                    .x = {.label = "seq_len [steps]", .is_log = true},
                                    .y = {.label = label, .is_log = true}});
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_f64(c->length, c->n, 1),
                                    .y = kr_values_f64(c->linear, c->n, 1),
                                    .style = {.label = "linear",
                                              .dash = KR_DASH_DASHED,
                                              .color = kr_color_rgb(0x808080)}});
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_f64(c->length, c->n, 1),
                                    .y = kr_values_f64(y, c->n, 1),
                                    .style = {.label = "krait", .color = kr_color_rgb(0xD55E00)},
                                    .marker_size = 5});
}

int main(int argc, char **argv) {
    static costs c;
    kr_figure *figure = NULL;
    kr_error err = {.text = ""};
    double ms = 0;
    while (c.n < MOST && scanf("%lf %lf %lf", &c.length[c.n], &ms, &c.memory[c.n]) == 3) {
        c.seconds[c.n++] = 1e-3 * ms;
    }
    if (argc != 2 || c.n < 2) {
        fprintf(stderr, "usage: linear_figure FIGURE <LINES; see linear_cost.py\n");
        return 2;
    }
    kr_status status = kr_figure_create(
        &(kr_figure_options){.size = sizeof(kr_figure_options),
                             .rows = 1,
                             .columns = 2,
                             .width = 9,
                             .height = 3.8,
                             .title = "A training step of the next-step model, batch 1"},
        &figure, &err);
    if (status == KR_OK) {
        double slope = (c.memory[c.n - 1] - c.memory[0]) / (c.length[c.n - 1] - c.length[0]);
        add_panel(kr_figure_panel(figure, 0, 0), &c, c.seconds, "Time", "seconds", 0);
        add_panel(kr_figure_panel(figure, 0, 1), &c, c.memory, "Memory", "peak RSS [MiB]",
                  c.memory[0] - slope * c.length[0]);
        status = kr_figure_save(figure, argv[1], &err);
    }
    kr_figure_destroy(figure);
    if (status != KR_OK) fprintf(stderr, "linear_figure: %s\n", err.text);
    return status == KR_OK ? 0 : 1;
}
