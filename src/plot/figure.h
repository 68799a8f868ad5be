/* SPDX-License-Identifier: MIT
 * figure.h - what a figure is made of: panels, their layers, and where they lie on the page.
 *
 * A chart is one file: it fills a struct that starts with kr__layer, adds it with kr__layer_add()
 * together with a kr__layer_kind: the range it needs, how it is drawn, its keys in a legend. */
#ifndef KR_PLOT_FIGURE_H
#define KR_PLOT_FIGURE_H

#include "core/arena.h"
#include "plot/canvas.h"
#include "plot/ticks.h"

/* ---- layers ------------------------------------------------------------------------------- */

typedef struct kr__layer kr__layer;
typedef struct kr__view kr__view;

typedef struct kr__layer_kind {
    bool is_background; /* a legend may cover it */
    void (*limits)(const kr__layer *layer, kr__limits *x, kr__limits *y);
    void (*draw)(const kr__layer *layer, const kr__view *view, kr__canvas *canvas);
    void (*key)(const kr__layer *layer, int64_t entry, kr__box box, kr__canvas *canvas);
} kr__layer_kind;

struct kr__layer {
    const kr__layer_kind *kind;
    kr__layer *next;
    const char *const *labels; /* of the legend */
    int64_t n_labels;
    const kr_color_scale *bar; /* the colour bar that it needs; NULL: none */
    bool is_below, is_above;   /* numbers lie beyond the ends of its scale */
};

struct kr_panel {
    kr_figure *figure;
    bool is_used;
    kr_axes axes;
    kr__layer *first, *last;
    int64_t n_colors; /* of the palette, used so far */
};

struct kr_figure {
    kr_figure_options options;
    kr_panel *panels; /* rows * columns */
    kr_arena arena;
    kr_status status; /* of the first failure */
    kr_error error;
};

/* Note a failure, unless there was one before. */
void kr__figure_fail(kr_figure *figure, kr_status status, const char *format, ...) KR_PRINTF(3, 4);

/* A struct of the caller's version, as kr__sized_take(); false: refused, and the figure has failed.
 */
bool kr__chart_take(kr_panel *panel, const char *name, const void *given, void *own, size_t size);

/* A zeroed layer of `size` bytes at the end of the panel; NULL when out of memory or when the
 * figure has failed before. label NULL: not in the legend. */
void *kr__layer_add(kr_panel *panel, const kr__layer_kind *kind, size_t size, const char *label);

/* Copies that live as long as the figure; NULL after a failure or, for texts, of NULL. */
void *kr__figure_alloc(kr_figure *figure, int64_t n, size_t size);
const char *kr__figure_text(kr_figure *figure, const char *text);
const char *const *kr__figure_texts(kr_figure *figure, const char *const *texts, int64_t n);
double *kr__figure_numbers(kr_figure *figure, kr_values values);
/* x, or 0, 1, 2, .. for an x of all zeros. The figure fails if x does not have n numbers. */
double *kr__figure_abscissa(kr_figure *figure, kr_values x, int64_t n);

/* color, or the next of the palette when its alpha is 0; then times opacity, where 0 means
 * default_opacity. */
kr_color kr__panel_color(kr_panel *panel, kr_color color, double opacity, double default_opacity);

/* Ends of a colour scale: given ones, or those of the numbers. */
void kr__color_scale_fit(kr_color_scale *scale, int64_t n, const double *values);
/* The bar of a layer with these numbers. */
void kr__layer_bar(kr__layer *layer, const kr_color_scale *scale, int64_t n, const double *values);
kr_color kr__color_scale_at(const kr_color_scale *scale, double v);

/* ---- on the page ------------------------------------------------------------------------- */

typedef struct kr__axis_view {
    const kr_axis *axis;
    kr__limits limits; /* what the layers need */
    kr__scale scale;
    kr__ticks ticks;
    int64_t name_step; /* named ticks: every name_step-th */
    double name_angle; /* radians */
    bool is_bare;      /* ticks without texts and label */
    bool is_unnamed;   /* without label */
} kr__axis_view;

typedef struct kr__legend_entry {
    const kr__layer *layer;
    int64_t index;
} kr__legend_entry;

enum { KR__LEGEND_MAX = 60 };

typedef struct kr__legend {
    int64_t n, n_more; /* entries; those that had no room */
    kr__legend_entry entry[KR__LEGEND_MAX];
    int rows, columns;
    double text[KR__LEGEND_MAX]; /* width of the names in each column */
    double width, height;
    double left, top; /* where it lies */
    bool is_outside, is_framed;
} kr__legend;

struct kr__view {
    const kr_panel *panel;
    kr__box area; /* within the axes */
    kr__axis_view x, y;
    double left, top, right, bottom; /* margins around the area */
    double y_label;                  /* distance of the y label's far side from the area */
    kr__legend legend;
    const kr_color_scale *bar;
    bool is_below, is_above; /* the end of the bar is a triangle */
    kr__ticks bar_ticks;
};

static inline double kr__view_x(const kr__view *view, double v) {
    return kr__scale_map(&view->x.scale, v);
}
static inline double kr__view_y(const kr__view *view, double v) {
    return kr__scale_map(&view->y.scale, v);
}

/* Sizes of the style, points. */
#define KR__SIZE_TICK 8.0
#define KR__SIZE_LABEL 9.0
#define KR__SIZE_TITLE 10.0
#define KR__SIZE_FIGURE_TITLE 12.0
#define KR__SIZE_LEGEND 8.5
#define KR__TICK_LENGTH 3.0
#define KR__TEXT_PAD 3.0

/* axes.c: ticks for the length of the axis; margins they need; and drawing. */
void kr__axis_place(kr__axis_view *axis, double from, double to, bool is_vertical,
                    kr__canvas *canvas);
int64_t kr__axis_tick_count(const kr__axis_view *axis);
void kr__axis_tick(const kr__axis_view *axis, int64_t i, double *at, const char **text);
void kr__axes_measure(kr__view *view, kr__canvas *canvas);
void kr__axes_draw_below(const kr__view *view, kr__canvas *canvas); /* grid */
void kr__axes_draw_above(const kr__view *view, kr__canvas *canvas); /* frame, texts */

/* color_scale.c */
double kr__color_bar_width(kr__view *view, kr__canvas *canvas);
void kr__color_bar_draw(const kr__view *view, kr__canvas *canvas);

/* legend.c: entries of a panel (added to those there, names once), the box they need within
 * max_width x max_height, a place that covers no layer, drawing. */
void kr__legend_collect(kr__legend *legend, const kr_panel *panel);
void kr__legend_measure(kr__legend *legend, bool is_row, double max_width, double max_height,
                        kr__canvas *canvas);
/* false: every place covers something (or memory is out). */
bool kr__legend_find_place(kr__view *view);
void kr__legend_draw(const kr__legend *legend, kr__canvas *canvas);

/* layout.c: place all panels; views has rows * columns elements, `shared` is the figure's legend.
 * The result lies within page. */
void kr__layout(const kr_figure *figure, kr__box page, kr__canvas *canvas, kr__view *views,
                kr__legend *shared);

/* plot.c: the layers of a panel, in order, clipped to its area. */
void kr__view_draw_layers(const kr__view *view, kr__canvas *canvas, bool only_foreground);

#endif
