/* SPDX-License-Identifier: MIT
 * map_figures.c - maps of points, one or a grid of them. */
#include <stdio.h>

#include "core/arena.h"
#include "plot/map_picture.h"

enum {
    MOST_NAMED = 24, /* the most classes that a legend names; for more there is a colour bar */
    NAME_SIZE = 64,
    MOST_INCHES = 40
};

/* ---- one map ---------------------------------------------------------------------------- */

static double dot_size(int64_t n) { return n > 5000 ? 2 : n > 1500 ? 2.6 : n > 500 ? 3.4 : 4.5; }

/* Names of classes, and the classes in the form that the scatter needs. */
typedef struct classes {
    char (*texts)[NAME_SIZE];
    const char **names; /* n_classes */
    int32_t *category;  /* (n) */
    double *number;     /* (n) */
} classes;

static void free_classes(classes *c) {
    kr_free(c->texts);
    kr_free(c->names);
    kr_free(c->category);
    kr_free(c->number);
}

static bool make_classes(const kr_maps *style, const kr_map *map, classes *c) {
    size_t k = (size_t)style->n_classes, n = (size_t)map->n;
    c->texts = kr__calloc(k + 1, sizeof *c->texts);
    c->names = kr__calloc(k + 1, sizeof *c->names);
    c->category = kr__calloc(n, sizeof *c->category);
    c->number = kr__calloc(n, sizeof *c->number);
    if (!c->texts || !c->names || !c->category || !c->number) return false;
    for (int64_t i = 0; i < style->n_classes; i++) {
        snprintf(c->texts[i], NAME_SIZE, "%s %lld", style->class_name, (long long)i);
        c->names[i] = c->texts[i];
    }
    for (int64_t i = 0; i < map->n; i++) {
        int64_t own = map->classes[i];
        c->category[i] = own >= 0 && own < style->n_classes ? (int32_t)own : -1;
        c->number[i] = (double)own;
    }
    return true;
}

static void color_by_class(const kr_maps *style, const kr_map *map, const classes *c,
                           kr_scatter *scatter) {
    if (style->n_classes <= MOST_NAMED) {
        scatter->category = c->category;
        scatter->category_names = c->names;
        scatter->n_categories = style->n_classes;
    } else {
        scatter->value = kr_values_f64(c->number, map->n, 1);
        scatter->scale =
            (kr_color_scale){.colormap = KR_COLORMAP_VIRIDIS, .label = style->class_name};
    }
}

static void set_axes(kr_panel *panel, const kr_maps *style, const kr_map *map, kr_legend legend) {
    char x[NAME_SIZE], y[NAME_SIZE];
    snprintf(x, sizeof x, "%s 1", style->axis);
    snprintf(y, sizeof y, "%s 2", style->axis);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .title = map->title,
                                    .x = {.label = x},
                                    .y = {.label = y},
                                    .is_equal = true,
                                    .is_gridless = true,
                                    .legend = legend});
}

kr_status kr__map_panel(kr_panel *panel, const kr_maps *style, const kr_map *map, kr_legend legend,
                        kr_error *err) {
    classes c = {0};
    kr_scatter scatter = {.size = sizeof scatter,
                          .x = kr_values_f32(map->places, map->n, 2),
                          .y = kr_values_f32(map->places + 1, map->n, 2),
                          .diameter = dot_size(map->n),
                          .opacity = 0.7};
    kr_status status = KR_OK;
    if (map->n < 1) return kr_fail(err, KR_SHAPE, "a map without points cannot be drawn");
    if (map->classes && map->numbers.n == 0) {
        if (make_classes(style, map, &c)) {
            color_by_class(style, map, &c, &scatter);
        } else {
            status = kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points",
                             (long long)map->n);
        }
    } else if (map->numbers.n > 0) {
        scatter.value = map->numbers;
        scatter.scale =
            (kr_color_scale){.colormap = KR_COLORMAP_VIRIDIS, .label = map->number_label};
    }
    if (status == KR_OK) {
        set_axes(panel, style, map, legend);
        kr_panel_scatter(panel, &scatter);
    }
    free_classes(&c);
    return status;
}

/* ---- a grid of them --------------------------------------------------------------------- */

/* At most twice as many rows as columns, and no more columns than the rows need. */
static void choose_grid(const kr_maps *maps, int *rows, int *columns) {
    int64_t n = maps->n_maps, wide = maps->columns > 1 ? maps->columns : 1;
    while (n > 3 && 2 * wide * wide < n) wide++;
    *rows = (int)((n + wide - 1) / wide);
    *columns = (int)((n + *rows - 1) / *rows);
}

static double at_most(double wanted, double most) { return wanted < most ? wanted : most; }

static kr_status draw_maps(const char *path, const kr_maps *maps, kr_error *err) {
    kr_figure *figure = NULL;
    int rows, columns;
    choose_grid(maps, &rows, &columns);
    double width = columns == 1 ? 8 : 5.6 * columns, height = rows == 1 ? 6 : 4.8 * rows + 0.6;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = rows,
                                 .columns = columns,
                                 .width = at_most(width, MOST_INCHES),
                                 .height = at_most(height, MOST_INCHES),
                                 .title = maps->title,
                                 .palette = maps->palette,
                                 .is_legend_shared = true};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_status status = KR_OK;
    for (int i = 0; i < maps->n_maps && status == KR_OK; i++) {
        kr_panel *panel = kr_figure_panel(figure, i / columns, i % columns);
        status = kr__map_panel(panel, maps, &maps->maps[i], KR_LEGEND_AUTO, err);
    }
    if (status == KR_OK) return kr__picture_finish(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

kr_status kr_figure_maps(const char *path, const kr_maps *given, kr_error *err) {
    kr_maps maps;
    void *taken = NULL;
    KR_TRY(kr__sized_take("kr_maps", given, &maps, sizeof maps, err));
    if (maps.n_maps < 1) return kr_fail(err, KR_SHAPE, "%s: no map to be drawn", path);
    KR_TRY(kr__pictures_take("kr_map", maps.maps, maps.n_maps, sizeof *maps.maps, &taken, err));
    maps.maps = taken;
    kr_status status = draw_maps(path, &maps, err);
    kr_free(taken);
    return status;
}
