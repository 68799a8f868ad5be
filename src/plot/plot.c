/* SPDX-License-Identifier: MIT
 * plot.c - figures, panels and layers: what the caller builds, kept until it is drawn. */
#include "core/arena.h"
#include "plot/figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/sized_struct.h"

enum { MAX_GRID = 32, MAX_INCHES = 40 };

/* ---- numbers handed in -------------------------------------------------------------------- */

kr_values kr_values_f32(const float *data, int64_t n, int64_t stride) {
    return (kr_values){.f32 = data, .n = n, .stride = stride};
}

kr_values kr_values_f64(const double *data, int64_t n, int64_t stride) {
    return (kr_values){.f64 = data, .n = n, .stride = stride};
}

kr_values kr_values_steps(double first, double step, int64_t n) {
    return (kr_values){.n = n, .first = first, .step = step};
}

static double value_at(const kr_values *values, int64_t i) {
    if (values->f32) return (double)values->f32[i * values->stride];
    if (values->f64) return values->f64[i * values->stride];
    return values->first + (double)i * values->step;
}

/* ---- memory of a figure ------------------------------------------------------------------- */

void kr__figure_fail(kr_figure *figure, kr_status status, const char *format, ...) {
    if (figure->status != KR_OK) return;
    va_list args;
    va_start(args, format);
    vsnprintf(figure->error.text, sizeof figure->error.text, format, args);
    va_end(args);
    figure->error.status = figure->status = status;
}

void *kr__figure_alloc(kr_figure *figure, int64_t n, size_t size) {
    if (figure->status != KR_OK) return NULL;
    if (n < 0) {
        kr__figure_fail(figure, KR_SHAPE, "a chart was given %lld numbers", (long long)n);
        return NULL;
    }
    void *block = kr__arena_alloc(&figure->arena, n > 0 ? (size_t)n : 1, size);
    if (!block) kr__figure_fail(figure, KR_MEMORY, "no memory for the figure's data");
    return block;
}

const char *kr__figure_text(kr_figure *figure, const char *text) {
    if (!text) return NULL;
    char *copy = kr__figure_alloc(figure, (int64_t)strlen(text) + 1, 1);
    return copy ? memcpy(copy, text, strlen(text) + 1) : NULL;
}

const char *const *kr__figure_texts(kr_figure *figure, const char *const *texts, int64_t n) {
    if (!texts) return NULL;
    const char **copies = kr__figure_alloc(figure, n, sizeof *copies);
    for (int64_t i = 0; copies && i < n; i++) {
        copies[i] = kr__figure_text(figure, texts[i] ? texts[i] : "");
        if (!copies[i]) return NULL;
    }
    return copies;
}

double *kr__figure_numbers(kr_figure *figure, kr_values values) {
    double *copy = kr__figure_alloc(figure, values.n, sizeof *copy);
    for (int64_t i = 0; copy && i < values.n; i++) copy[i] = value_at(&values, i);
    return copy;
}

double *kr__figure_abscissa(kr_figure *figure, kr_values x, int64_t n) {
    if (!x.f32 && !x.f64 && x.step == 0) x = kr_values_steps(0, 1, n);
    if (x.n != n) {
        kr__figure_fail(figure, KR_SHAPE, "a chart was given %lld x for %lld y", (long long)x.n,
                        (long long)n);
    }
    return kr__figure_numbers(figure, x);
}

/* ---- figure ------------------------------------------------------------------------------- */

static double default_width(int columns) { return columns == 1 ? 6.8 : 1.2 + 3.0 * columns; }
static double default_height(int rows) { return rows == 1 ? 3.6 : 0.8 + 2.1 * rows; }

static kr_status check_options(const kr_figure_options *options, kr_error *err) {
    if (options->rows < 1 || options->rows > MAX_GRID || options->columns < 1 ||
        options->columns > MAX_GRID) {
        return kr_fail(err, KR_USAGE,
                       "a figure has 1 to %d rows and columns of panels, not %d x %d", MAX_GRID,
                       options->rows, options->columns);
    }
    if (!(options->width > 0.5 && options->width <= MAX_INCHES) ||
        !(options->height > 0.5 && options->height <= MAX_INCHES)) {
        return kr_fail(err, KR_USAGE, "a figure of %g x %g inches; use 0.5 to %d", options->width,
                       options->height, MAX_INCHES);
    }
    for (int r = 0; options->row_heights && r < options->rows; r++) {
        double height = options->row_heights[r];
        if (!(height >= 0.01 && height <= 100)) {
            return kr_fail(err, KR_USAGE,
                           "row %d of a figure has the relative height %g; use 0.01 to 100", r,
                           height);
        }
    }
    return KR_OK;
}

kr_status kr_figure_create(const kr_figure_options *options, kr_figure **out, kr_error *err) {
    kr_figure_options used;
    KR_TRY(kr__sized_take("kr_figure_options", options, &used, sizeof used, err));
    if (used.width == 0) used.width = fmin(default_width(used.columns), MAX_INCHES);
    if (used.height == 0) used.height = fmin(default_height(used.rows), MAX_INCHES);
    KR_TRY(check_options(&used, err));
    kr_figure *figure = kr__calloc(1, sizeof *figure);
    if (!figure) return kr_fail(err, KR_MEMORY, "no memory for a figure");
    int64_t n = (int64_t)used.rows * used.columns;
    figure->panels = kr__figure_alloc(figure, n, sizeof *figure->panels);
    used.title = kr__figure_text(figure, used.title);
    used.note = kr__figure_text(figure, used.note);
    if (used.row_heights) {
        used.row_heights =
            kr__figure_numbers(figure, kr_values_f64(used.row_heights, used.rows, 1));
    }
    figure->options = used;
    if (figure->status != KR_OK) {
        kr_figure_destroy(figure);
        return kr_fail(err, KR_MEMORY, "no memory for a figure");
    }
    for (int64_t i = 0; i < n; i++) figure->panels[i].figure = figure;
    *out = figure;
    return KR_OK;
}

void kr_figure_destroy(kr_figure *figure) {
    if (!figure) return;
    kr__arena_deinit(&figure->arena);
    kr_free(figure);
}

kr_panel *kr_figure_panel(kr_figure *figure, int row, int column) {
    const kr_figure_options *options = &figure->options;
    if (row < 0 || row >= options->rows || column < 0 || column >= options->columns) {
        kr__figure_fail(figure, KR_USAGE, "panel (%d, %d) of a figure of %d x %d panels", row,
                        column, options->rows, options->columns);
        row = column = 0;
    }
    kr_panel *panel = &figure->panels[row * options->columns + column];
    panel->is_used = true;
    return panel;
}

static void copy_axis(kr_figure *figure, kr_axis *axis) {
    axis->label = kr__figure_text(figure, axis->label);
    axis->names = kr__figure_texts(figure, axis->names, axis->n_names);
    if (!axis->names) axis->n_names = 0;
    if (axis->low == axis->high) return;
    bool is_bad = kr__is_gap(axis->low, axis->is_log) || kr__is_gap(axis->high, axis->is_log);
    if (is_bad || axis->low > axis->high) {
        kr__figure_fail(figure, KR_USAGE, "an axis from %g to %g cannot be drawn", axis->low,
                        axis->high);
    }
}

bool kr__chart_take(kr_panel *panel, const char *name, const void *given, void *own, size_t size) {
    kr_error err;
    kr_status status = kr__sized_take(name, given, own, size, &err);
    if (status != KR_OK) kr__figure_fail(panel->figure, status, "%s", err.text);
    return status == KR_OK;
}

void kr_panel_axes(kr_panel *panel, const kr_axes *given) {
    kr_axes axes;
    if (!kr__chart_take(panel, "kr_axes", given, &axes, sizeof axes)) return;
    panel->axes = axes;
    panel->axes.title = kr__figure_text(panel->figure, axes.title);
    copy_axis(panel->figure, &panel->axes.x);
    copy_axis(panel->figure, &panel->axes.y);
}

void *kr__layer_add(kr_panel *panel, const kr__layer_kind *kind, size_t size, const char *label) {
    kr__layer *layer = kr__figure_alloc(panel->figure, 1, size);
    const char *const *labels = kr__figure_texts(panel->figure, &label, label ? 1 : 0);
    if (!layer || !labels) return NULL;
    layer->kind = kind;
    layer->labels = labels;
    layer->n_labels = label ? 1 : 0;
    if (panel->last) {
        panel->last->next = layer;
    } else {
        panel->first = layer;
    }
    panel->last = layer;
    return layer;
}

kr_color kr__panel_color(kr_panel *panel, kr_color color, double opacity, double default_opacity) {
    if (color.alpha == 0) {
        color = kr_palette_color(panel->figure->options.palette, panel->n_colors++);
    }
    color.alpha *= (float)(opacity > 0 ? fmin(opacity, 1) : default_opacity);
    return color;
}

void kr__view_draw_layers(const kr__view *view, kr__canvas *canvas, bool only_foreground) {
    kr__canvas_clip(canvas, view->area);
    for (const kr__layer *layer = view->panel->first; layer; layer = layer->next) {
        if (only_foreground && layer->kind->is_background) continue;
        layer->kind->draw(layer, view, canvas);
    }
    kr__canvas_unclip(canvas);
}
