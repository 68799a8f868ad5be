/* SPDX-License-Identifier: MIT
 * dimension_figures.c - dimension against the number of neighbours, and class by class. */
#include <kr/figures.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "plot/series_picture.h"

enum { TEXT = 64, MOST_CLASSES_NAMED = 24, NARROW = 8, WIDE = 14 };

/* A line at the number of columns would flatten the estimates if it were far above them all. */
static bool is_in_reach(const kr_dimension_picture *p, double most) {
    return p->has_circles || (double)p->ambient_dim < 4 * most;
}

static double find_most(const kr_dimension_picture *p) {
    double most = fmax(p->has_circles ? 2 : 0, p->two_nn); /* fmax passes over NaN */
    for (int64_t i = 0; i < p->n_k; i++) most = fmax(most, p->estimate[i]);
    return is_in_reach(p, most) ? fmax(most, (double)p->ambient_dim) : most;
}

static void draw_by_k(kr_panel *panel, const kr_dimension_picture *p, const double *k) {
    char ambient[TEXT], two_nn[TEXT];
    double most = find_most(p);
    kr_color grey = kr_color_rgb(0x606060);
    snprintf(ambient, sizeof ambient, "Ambient dim = %" PRId64, p->ambient_dim);
    snprintf(two_nn, sizeof two_nn, "TwoNN = %.2f", p->two_nn);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .title = "Levina-Bickel Dimension Estimate vs k",
                                    .x = {.label = "k (number of neighbours)"},
                                    .y = {.label = "Estimated dimension", .high = 1.05 * most},
                                    .legend = KR_LEGEND_TOP}); /* rules may be anywhere below */
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_f64(k, p->n_k, 1),
                                    .y = kr_values_f64(p->estimate, p->n_k, 1),
                                    .style = {.color = kr_palette_color(p->palette, 0),
                                              .label = "Levina-Bickel",
                                              .width = 2},
                                    .marker_size = 6});
    if (!isnan(p->two_nn)) {
        kr_panel_rule(panel, KR_HORIZONTAL, p->two_nn,
                      &(kr_line_style){.label = two_nn,
                                       .color = kr_palette_color(p->palette, 1),
                                       .dash = KR_DASH_DASHDOT});
    }
    if (p->has_circles) {
        kr_panel_rule(panel, KR_HORIZONTAL, 2,
                      &(kr_line_style){.label = "True manifold dim = 2 (circle sub-plane)",
                                       .color = kr_palette_color(p->palette, 2),
                                       .dash = KR_DASH_DASHED});
    }
    if (is_in_reach(p, most)) {
        kr_panel_rule(panel, KR_HORIZONTAL, (double)p->ambient_dim,
                      &(kr_line_style){.label = ambient, .color = grey, .dash = KR_DASH_DOTTED});
    }
}

/* What the bars need beside their heights. */
typedef struct labels {
    double *heights;    /* (n_class_k, n_classes) */
    char (*text)[TEXT]; /* classes, then groups */
    const char **names; /* the same */
} labels;

static bool make_labels(const kr_dimension_picture *p, labels *l) {
    int64_t n = p->n_classes + p->n_class_k;
    l->heights = kr__calloc((size_t)(p->n_classes * p->n_class_k), sizeof *l->heights);
    l->text = kr__calloc((size_t)n, sizeof *l->text);
    l->names = kr__calloc((size_t)n, sizeof *l->names);
    if (!l->heights || !l->text || !l->names) return false;
    int64_t every = (p->n_classes + MOST_CLASSES_NAMED - 1) / MOST_CLASSES_NAMED;
    for (int64_t i = 0; i < n; i++) {
        bool is_class = i < p->n_classes;
        int64_t number = is_class ? p->class_names[i] : p->class_k[i - p->n_classes];
        bool is_named = !is_class || i % every == 0;
        if (is_named) snprintf(l->text[i], TEXT, is_class ? "%" PRId64 : "k=%" PRId64, number);
        l->names[i] = l->text[i];
    }
    for (int64_t c = 0; c < p->n_classes; c++) {
        for (int64_t i = 0; i < p->n_class_k; i++) {
            l->heights[i * p->n_classes + c] = p->class_estimate[c * p->n_class_k + i];
        }
    }
    return true;
}

static void draw_by_class(kr_panel *panel, const kr_dimension_picture *p, const labels *l) {
    const char *title = p->has_circles ? "Per-Circle Dimension Estimate\n"
                                         "(fast circles left, slow circles right)"
                                       : "Per-Class Dimension Estimate";
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .title = title,
                                    .x = {.label = p->has_circles ? "Circle index" : "Class",
                                          .names = l->names,
                                          .n_names = p->n_classes},
                                    .y = {.label = "Estimated dimension"},
                                    .legend = KR_LEGEND_TOP});
    kr_panel_bars(panel,
                  &(kr_bars){.size = sizeof(kr_bars),
                             .n_groups = p->n_class_k,
                             .n_categories = p->n_classes,
                             .heights = kr_values_f64(l->heights, p->n_class_k * p->n_classes, 1),
                             .group_names = l->names + p->n_classes});
    if (p->has_circles) {
        kr_panel_rule(panel, KR_HORIZONTAL, 2,
                      &(kr_line_style){.color = kr_color_rgb(0x606060), .dash = KR_DASH_DASHED});
    }
    for (int64_t c = 0; c < p->n_classes; c++) {
        bool has_bar = false;
        for (int64_t i = 0; i < p->n_class_k; i++) {
            has_bar |= !isnan(p->class_estimate[c * p->n_class_k + i]);
        }
        if (has_bar || p->n_classes > MOST_CLASSES_NAMED) continue;
        kr_panel_note(
            panel,
            &(kr_note){
                .size = sizeof(kr_note), .text = "n/a", .x = (double)c, .align_x = 0.5, .dy = 4});
    }
}

kr_status kr_figure_dimension(const char *path, const kr_dimension_picture *picture,
                              kr_error *err) {
    kr_dimension_picture own;
    const kr_dimension_picture *p = &own;
    kr_figure *figure = NULL;
    labels l = {0};
    KR_TRY(kr__sized_take("kr_dimension_picture", picture, &own, sizeof own, err));
    if (p->n_k < 1) return kr_fail(err, KR_SHAPE, "%s: no number of neighbours to draw", path);
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 1,
                                 .columns = p->n_classes > 0 ? 2 : 1,
                                 .width = p->n_classes > 0 ? WIDE : NARROW,
                                 .height = 5,
                                 .palette = p->palette};
    KR_TRY(kr_figure_create(&options, &figure, err));
    double *k = kr__calloc((size_t)p->n_k, sizeof *k);
    bool has_memory = k && (p->n_classes == 0 || make_labels(p, &l));
    if (has_memory) {
        for (int64_t i = 0; i < p->n_k; i++) k[i] = (double)p->k[i];
        draw_by_k(kr_figure_panel(figure, 0, 0), p, k);
        if (p->n_classes > 0) draw_by_class(kr_figure_panel(figure, 0, 1), p, &l);
    }
    kr_free(k);
    kr_free(l.heights);
    kr_free(l.text);
    kr_free(l.names);
    if (has_memory) return kr__picture_finish(figure, path, err);
    kr_figure_destroy(figure);
    return kr_fail(err, KR_MEMORY, "no memory for %s", path);
}
