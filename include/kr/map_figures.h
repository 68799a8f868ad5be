/* SPDX-License-Identifier: MIT
 * map_figures.h - pictures of points on a map: what UMAP, PCA and the like make of points in many
 * dimensions.
 *
 * Failures as in synth_figures.h. */
#ifndef KR_MAP_FIGURES_H
#define KR_MAP_FIGURES_H

#include <kr/plot.h>

KR_BEGIN_DECLS

/* Points, coloured by class, by a number (viridis), or all alike. */
typedef struct kr_map {
    const char *title;
    int64_t n;
    const float *places;    /* (n, 2) */
    const int64_t *classes; /* (n), from 0; those out of range are grey; or NULL */
    kr_values numbers;      /* n of them, with their colour bar; n 0: none */
    const char *number_label;
} kr_map;

typedef struct kr_maps {
    const char *title; /* NULL: none */
    int64_t n_maps;
    const kr_map *maps;
    int64_t columns;  /* of the grid; more when there are very many maps */
    const char *axis; /* "UMAP": axes are called UMAP 1, UMAP 2 */
    int64_t n_classes;
    const char *class_name; /* "circle": the legend, one for all maps, says circle 0, .. */
    kr_palette palette;
} kr_maps;

KR_API kr_status kr_figure_maps(const char *path, const kr_maps *maps, kr_error *err);

KR_END_DECLS

#endif
