/* SPDX-License-Identifier: MIT
 * sweep_figure.c - validation errors against the values of each swept flag. */
#include <math.h>
#include <string.h>

#include <kr/plot.h>

#include "core/arena.h"
#include "core/text.h"
#include "sweep/sweep_command.h"

enum { MOST_COLUMNS = 3 };

/* The points of one panel: one dot per trial. */
typedef struct points {
    double *x, *error; /* trials that have one; those of all epochs first */
    int64_t n, n_done, best;
    const char *names[KR_SWEEP_VALUES];
} points;

static bool is_number(const kr_sweep_axis *axis) {
    return axis->flag->kind == KR_SETTING_INT || axis->flag->kind == KR_SETTING_REAL;
}

/* Words are placed side by side in the order in which they were given. */
static double place_of(const kr_sweep_axis *axis, const char *value) {
    double x = (double)NAN;
    if (is_number(axis)) {
        kr__text_real(value, &x);
        return x;
    }
    for (int i = 0; i < axis->n; i++) {
        if (strcmp(axis->values[i], value) == 0) x = i;
    }
    return x;
}

static void add_trials(const sweep *s, int a, bool is_done, points *p) {
    for (int64_t i = 0; i < s->trials->n; i++) {
        const sweep_row *row = &s->rows[i];
        if (!sweep_is_mine(s, i)) continue;
        if (row->state == SWEEP_FAILED || (row->state == SWEEP_DONE) != is_done) continue;
        if (isnan(sweep_error(s, row))) continue;
        p->x[p->n] = place_of(&s->request->axes[a], kr__sweep_value(s->trials, i, a));
        p->error[p->n++] = sweep_error(s, row);
    }
    if (is_done) p->n_done = p->n;
}

static void find_best(points *p) {
    p->best = 0;
    for (int64_t i = 0; i < p->n; i++) {
        if (p->error[i] < p->error[p->best]) p->best = i;
    }
}

/* Values that span a factor of eight or more, such as 64 and 512, are compared by their ratios. */
static bool is_wide(const kr_sweep_axis *axis) {
    double least = (double)INFINITY, most = 0;
    for (int v = 0; v < axis->n && is_number(axis); v++) {
        double x = place_of(axis, axis->values[v]);
        least = fmin(least, x);
        most = fmax(most, x);
    }
    return axis->is_log || (least > 0 && most >= 8 * least);
}

static void draw_dots(kr_panel *panel, const points *p, int64_t first, int64_t n, const char *label,
                      uint32_t rgb, double size) {
    if (n == 0) return;
    kr_panel_scatter(panel, &(kr_scatter){.size = sizeof(kr_scatter),
                                          .x = kr_values_f64(p->x + first, n, 1),
                                          .y = kr_values_f64(p->error + first, n, 1),
                                          .label = label,
                                          .color = kr_color_rgb(rgb),
                                          .diameter = size});
}

/* Errors that lie far apart, on a logarithmic axis; an error of 0 keeps the plain one. */
static bool is_spread(const points *p) {
    double least = (double)INFINITY, most = 0;
    for (int64_t i = 0; i < p->n; i++) {
        least = fmin(least, p->error[i]);
        most = fmax(most, p->error[i]);
    }
    return least > 0 && most >= 4 * least;
}

static void draw_panel(kr_panel *panel, const sweep *s, int a, points *p) {
    const kr_sweep_axis *axis = &s->request->axes[a];
    p->n = 0;
    add_trials(s, a, true, p);
    add_trials(s, a, false, p);
    find_best(p);
    for (int v = 0; v < axis->n; v++) p->names[v] = axis->values[v];
    kr_axis x = {.label = axis->flag->name, .is_log = is_wide(axis)};
    if (!is_number(axis)) {
        x = (kr_axis){.label = axis->flag->name,
                      .low = -0.5,
                      .high = axis->n - 0.5,
                      .names = p->names,
                      .n_names = axis->n};
    }
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = x,
                                    .y = {.label = sweep_error_name(s), .is_log = is_spread(p)}});
    draw_dots(panel, p, p->n_done, p->n - p->n_done, "fewer epochs", 0x999999, 5);
    draw_dots(panel, p, 0, p->n_done, "all epochs", 0x0072b2, 5);
    draw_dots(panel, p, p->best, 1, "best", 0xd55e00, 8);
}

kr_status sweep_draw(const sweep *s, const char *path, kr_error *err) {
    int n = s->request->n_axes, columns = n < MOST_COLUMNS ? n : MOST_COLUMNS;
    int rows = (n + columns - 1) / columns;
    kr_figure *figure = NULL;
    points p = {.x = kr__calloc(2 * (size_t)s->trials->n, sizeof *p.x)};
    if (!p.x) return kr_fail(err, KR_MEMORY, "no memory for the figure of the sweep");
    p.error = p.x + s->trials->n;
    bool is_mse = s->request->sweeps_loss;
    kr_figure_options options = {
        .size = sizeof options,
        .rows = rows,
        .columns = columns,
        .width = 3.6 * columns + 0.4,
        .height = 3.2 * rows + 0.4,
        .title = is_mse ? "Validation MSE of the settings" : "Validation loss of the settings",
        .is_legend_shared = true};
    kr_status status = kr_figure_create(&options, &figure, err);
    for (int a = 0; a < n && status == KR_OK; a++) {
        draw_panel(kr_figure_panel(figure, a / columns, a % columns), s, a, &p);
    }
    if (status == KR_OK) status = kr_figure_save(figure, path, err);
    kr_figure_destroy(figure);
    kr_free(p.x);
    return status;
}
