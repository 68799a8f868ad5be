/* SPDX-License-Identifier: MIT
 * plot.h - charts: a figure is a grid of panels, a panel holds axes and layers.
 *
 *     const kr_figure_options options = {.size = sizeof options, .rows = 1, .columns = 1};
 *     kr_figure *figure = NULL;
 *     KR_TRY(kr_figure_create(&options, &figure, err));
 *     kr_panel *panel = kr_figure_panel(figure, 0, 0);
 *     kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes), .title = "Loss"});
 *     kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
 *                                     .y = kr_values_f64(loss, n_epochs, 1),
 *                                     .style = {.label = "train"}});
 *     kr_status status = kr_figure_save(figure, "loss.pdf", err);
 *     kr_figure_destroy(figure);
 *
 * Fields left zero take the default that the comment names. A struct that begins with its size may
 * have more fields in a later version; structs without one stay as they are. Numbers and texts are
 * copied when a layer is added, so the caller's may be freed. Calls that add something report no
 * failure: the figure remembers the first one (memory, sizes that do not fit), and kr_figure_save()
 * returns it. Lengths are in points (1/72 inch). Numbers that are not finite, or beyond 1e300, are
 * gaps. Texts are UTF-8; other bytes are read as Latin-1.
 *
 * The same calls give the same bytes, in every run and for any number of threads. A figure
 * belongs to one thread at a time. Whole pictures of a run are in kr/figures.h. */
#ifndef KR_PLOT_H
#define KR_PLOT_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* ---- colours ---------------------------------------------------------------------------- */

/* Parts in [0, 1]. alpha 0 asks for the default, in most layers the next colour of the palette. */
typedef struct kr_color {
    float red, green, blue, alpha;
} kr_color;

/* 0xRRGGBB, opaque. */
KR_API kr_color kr_color_rgb(uint32_t rgb);

/* Lists of clearly different colours. Okabe-Ito (eight, the default) and petroff10 (ten) stay
 * readable for colour-blind people; tab10 is the usual list of other plotting programs. */
typedef enum kr_palette { KR_PALETTE_OKABE_ITO, KR_PALETTE_TAB10, KR_PALETTE_PETROFF10 } kr_palette;

/* Colour `index` (from 0) of the palette, starting over after its end. */
KR_API kr_color kr_palette_color(kr_palette palette, int64_t index);

#define KR_PALETTE_NAMES "tab10|petroff10|okabe-ito"
/* The palette of a name. KR_USAGE, with a sentence about `palette`, for any other. */
KR_API kr_status kr_palette_find(const char *name, kr_palette *out, kr_error *err);

/* Colours of a number. viridis and magma: dark is low; Blues: light is low; RdBu_r: blue is below
 * the middle, red above. */
typedef enum kr_colormap {
    KR_COLORMAP_VIRIDIS,
    KR_COLORMAP_MAGMA,
    KR_COLORMAP_BLUES,
    KR_COLORMAP_RDBU_R
} kr_colormap;

/* position in [0, 1], cut to it; NaN gives a neutral grey. */
KR_API kr_color kr_colormap_color(kr_colormap colormap, double position);

/* ---- numbers handed in ------------------------------------------------------------------ */

/* A view of n numbers, `stride` elements apart; made by the functions below. An x that is left
 * zero means 0, 1, 2 .. . */
typedef struct kr_values {
    const float *f32;
    const double *f64;
    int64_t n, stride;
    double first, step; /* where both pointers are NULL: first + i * step */
} kr_values;

KR_API kr_values kr_values_f32(const float *data, int64_t n, int64_t stride);
KR_API kr_values kr_values_f64(const double *data, int64_t n, int64_t stride);
KR_API kr_values kr_values_steps(double first, double step, int64_t n);

/* ---- figure ----------------------------------------------------------------------------- */

typedef struct kr_figure kr_figure;
typedef struct kr_panel kr_panel;

typedef struct kr_figure_options {
    size_t size;          /* sizeof(kr_figure_options) */
    int rows, columns;    /* of panels; 1 to 32 each */
    double width, height; /* inches, at most 40; 0: by the grid */
    const char *title;    /* above all panels; NULL: none */
    const char *note;     /* small, below all panels; NULL: none */
    kr_palette palette;
    const double *row_heights; /* rows relative heights of the panels; NULL: all equal */
    bool is_x_shared; /* the panels of a column share one x range; numbers only below the lowest */
    bool is_legend_shared; /* one legend for all panels, below the title */
} kr_figure_options;

/* KR_USAGE when the grid or the size is out of range; KR_MEMORY. NULL may be destroyed. */
KR_API kr_status kr_figure_create(const kr_figure_options *options, kr_figure **out, kr_error *err);
KR_API void kr_figure_destroy(kr_figure *figure);

/* Panel of a row and column, from 0 at the top left. Panels that are never asked for stay empty.
 * Lives as long as the figure. Out of range: the figure is marked as failed. */
KR_API kr_panel *kr_figure_panel(kr_figure *figure, int row, int column);

/* Draw into path; the ending .png (150 dots an inch), .pdf or .svg says the format. The file
 * appears complete or not at all. May be called several times. */
KR_API kr_status kr_figure_save(kr_figure *figure, const char *path, kr_error *err);
/* The same drawing as an <svg> element, to be put into a page of HTML; free with kr_free. All names
 * in it begin with prefix (letters, digits and -, a letter first), which must differ between the
 * figures of a page. */
KR_API kr_status kr_figure_svg(kr_figure *figure, const char *prefix, char **svg, kr_error *err);

/* ---- axes ------------------------------------------------------------------------------- */

typedef struct kr_axis {
    const char *label;        /* with its unit: "time [h]"; NULL: none */
    double low, high;         /* range; low == high: from the layers, with a margin */
    bool is_log;              /* values below 1e-300 are gaps */
    bool is_integer;          /* ticks only at whole numbers */
    bool is_date;             /* numbers are microseconds since 1970, ticks dates */
    bool is_reversed;         /* low at the right or top */
    bool is_hidden;           /* no ticks, no numbers */
    const char *const *names; /* n_names texts for 0, 1, 2 .. in place of numbers */
    int64_t n_names;
} kr_axis;

typedef enum kr_legend {
    KR_LEGEND_AUTO,  /* in a corner or at a side where it covers no layer; if none is free, right of
                        it */
    KR_LEGEND_RIGHT, /* outside right */
    KR_LEGEND_TOP,   /* in rows between title and axes */
    KR_LEGEND_NONE
} kr_legend;

typedef struct kr_axes {
    size_t size; /* sizeof(kr_axes) */
    const char *title;
    kr_axis x, y;
    kr_legend legend;
    bool is_equal; /* a unit is as long in x as in y */
    bool is_gridless;
    double room_right; /* points kept free beside the axes, for notes that may lie outside */
} kr_axes;

/* Replaces what was set before. Too long texts are cut and end in an ellipsis. */
KR_API void kr_panel_axes(kr_panel *panel, const kr_axes *axes);

/* ---- layers, drawn in the order in which they are added ----------------------------------- */

typedef enum kr_dash { KR_DASH_SOLID, KR_DASH_DASHED, KR_DASH_DOTTED, KR_DASH_DASHDOT } kr_dash;

/* How a line looks, and its name in the legend (NULL: not there). */
typedef struct kr_line_style {
    const char *label;
    kr_color color;
    double width;   /* 0: 1.5 */
    double opacity; /* in (0, 1]; 0: 1 */
    kr_dash dash;
} kr_line_style;

/* Points joined in order; a gap breaks the line, a point between two gaps becomes a dot. */
typedef struct kr_line {
    size_t size; /* sizeof(kr_line) */
    kr_values x, y;
    kr_line_style style;
    double marker_size; /* diameter of a dot at every point; 0: none */
} kr_line;
KR_API void kr_panel_line(kr_panel *panel, const kr_line *line);

/* The area between low and high. */
typedef struct kr_band {
    size_t size; /* sizeof(kr_band) */
    kr_values x, low, high;
    const char *label;
    kr_color color;
    double opacity; /* 0: 0.25 */
} kr_band;
KR_API void kr_panel_band(kr_panel *panel, const kr_band *band);

/* Colours of numbers, and the colour bar that explains them. What lies beyond low or high has the
 * colour of that end, where the bar then ends in a triangle. */
typedef struct kr_color_scale {
    kr_colormap colormap;
    double low, high;  /* numbers of the ends; equal: the least and greatest given */
    bool is_symmetric; /* when low == high: the middle of the colours is 0 */
    const char *label; /* beside the colour bar, with the unit */
    bool is_bar_hidden;
} kr_color_scale;

/* Dots. Colour by `category` (n_categories names go to the legend), or by `value`, or one. */
typedef struct kr_scatter {
    size_t size; /* sizeof(kr_scatter) */
    kr_values x, y;
    const int32_t *category; /* one a point, in [0, n_categories), others are grey; or NULL */
    const char *const *category_names;
    int64_t n_categories;
    kr_values value; /* n 0: none */
    kr_color_scale scale;
    const char *label;
    kr_color color;
    double diameter; /* 0: 4 */
    double opacity;  /* 0: 1 */
} kr_scatter;
KR_API void kr_panel_scatter(kr_panel *panel, const kr_scatter *scatter);

/* Bars from 0, side by side within a category. Sets no names on the axis: give them as
 * axes.x.names. */
typedef struct kr_bars {
    size_t size; /* sizeof(kr_bars) */
    int64_t n_groups, n_categories;
    kr_values heights;              /* (n_groups, n_categories) */
    kr_values errors;               /* same shape, half length of the whiskers; n 0: none */
    const char *const *group_names; /* n_groups; NULL: no legend */
    const kr_color *colors;         /* n_groups; NULL: from the palette */
} kr_bars;
KR_API void kr_panel_bars(kr_panel *panel, const kr_bars *bars);

/* A matrix as coloured cells; cell (r, c) is centred on x = x_first + c * x_step, y = r. Row 0 is
 * at the bottom; axes.y.is_reversed puts it at the top. Gaps are grey. At most 32767 rows and
 * columns. */
typedef struct kr_heatmap {
    size_t size; /* sizeof(kr_heatmap) */
    int64_t rows, columns;
    kr_values values; /* (rows, columns) */
    kr_color_scale scale;
    double x_first, x_step; /* x_step 0: columns are 0, 1, 2 .. */
    bool has_text;          /* write the number into each cell, if it fits */
    int decimals;           /* of that number, 0 to 9 */
} kr_heatmap;
KR_API void kr_panel_heatmap(kr_panel *panel, const kr_heatmap *heatmap);

typedef enum kr_direction { KR_VERTICAL, KR_HORIZONTAL } kr_direction;

/* A line across the panel at x (KR_VERTICAL) or y (KR_HORIZONTAL). */
KR_API void kr_panel_rule(kr_panel *panel, kr_direction direction, double at,
                          const kr_line_style *style);

/* A shaded strip across the panel, from x to x (KR_VERTICAL) or from y to y. Infinite ends reach
 * the border and do not widen the range. opacity 0: 0.12 */
typedef struct kr_strip {
    size_t size; /* sizeof(kr_strip) */
    kr_direction direction;
    double from, to;
    const char *label;
    kr_color color; /* default: grey */
    double opacity;
} kr_strip;
KR_API void kr_panel_strip(kr_panel *panel, const kr_strip *strip);

/* A text at a point, `dx`, `dy` points to the right and up. */
typedef struct kr_note {
    size_t size; /* sizeof(kr_note) */
    const char *text;
    double x, y;
    bool is_relative; /* x and y in [0, 1] of the panel, not data */
    double dx, dy;
    double align_x, align_y; /* part of the text left of and below the point: 0 .. 1 */
    double font_size;        /* 0: 8 */
    kr_color color;          /* default: dark grey */
    bool is_outside;         /* it may lie beside the axes (kr_axes.room_right) */
} kr_note;
KR_API void kr_panel_note(kr_panel *panel, const kr_note *note);

KR_END_DECLS

#endif
