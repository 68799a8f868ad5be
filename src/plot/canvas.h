/* SPDX-License-Identifier: MIT
 * canvas.h - a page to draw on; PNG, PDF, SVG, or a mask that only records where there is ink.
 *
 * Lengths are points (1/72 inch), the origin is at the top left and y goes down. Drawing cannot
 * fail; a failure inside (memory) is remembered and returned by kr__canvas_finish(). */
#ifndef KR_PLOT_CANVAS_H
#define KR_PLOT_CANVAS_H

#include <kr/plot.h>

typedef struct kr__canvas kr__canvas;

typedef struct kr__box {
    double left, top, right, bottom;
} kr__box;

typedef enum kr__canvas_kind {
    KR__CANVAS_PNG,
    KR__CANVAS_PDF,
    KR__CANVAS_SVG,
    KR__CANVAS_MASK /* one dot per point */
} kr__canvas_kind;

typedef struct kr__pen {
    kr_color color;
    double width;
    kr_dash dash;
} kr__pen;

/* Fonts are always DejaVu Sans. align_x, align_y: the fraction of the text's box left of and
 * above the point, 0 .. 1; align_y < 0: the point is on the base line. */
typedef struct kr__font {
    double size;
    bool is_bold;
    kr_color color;
    double align_x, align_y;
    double angle; /* radians, counter-clockwise, about the point */
} kr__font;

kr_color kr__ink(void); /* of texts */
kr__font kr__font_make(double size, double align_x, double align_y);

/* The kind that the ending of path asks for; KR_USAGE names the endings that are known. */
kr_status kr__canvas_kind_of(const char *path, kr__canvas_kind *kind, kr_error *err);

kr_status kr__canvas_create(kr__canvas_kind kind, double width, double height, kr__canvas **out,
                            kr_error *err);
void kr__canvas_destroy(kr__canvas *canvas);

/* Finish the page; name is what sentences call it. Not for masks. Afterwards the canvas has the
 * bytes of its file, which live as long as it does. */
kr_status kr__canvas_finish(kr__canvas *canvas, const char *name, kr_error *err);
const uint8_t *kr__canvas_bytes(const kr__canvas *canvas, size_t *n_bytes);

/* Drawing is limited to the inside of box until the matching unclip. */
void kr__canvas_clip(kr__canvas *canvas, kr__box box);
void kr__canvas_unclip(kr__canvas *canvas);

/* A path, point by point; stroke and fill end it. */
void kr__canvas_move(kr__canvas *canvas, double x, double y);
void kr__canvas_line(kr__canvas *canvas, double x, double y);
void kr__canvas_stroke(kr__canvas *canvas, kr__pen pen);
void kr__canvas_fill(kr__canvas *canvas, kr_color color);

/* A horizontal or vertical line, set on whole dots where the page has dots. */
void kr__canvas_rule(kr__canvas *canvas, double x0, double y0, double x1, double y1, kr__pen pen);
/* A filled box; is_crisp: edges on whole dots, so that neighbours leave no seam. */
void kr__canvas_box(kr__canvas *canvas, kr__box box, kr_color color, bool is_crisp);
void kr__canvas_round_box(kr__canvas *canvas, kr__box box, double radius, kr_color fill,
                          kr__pen border);
void kr__canvas_dot(kr__canvas *canvas, double x, double y, double diameter, kr_color color);
/* columns x rows colours (row 0 at the top) stretched over box without smoothing. colors is called
 * for every cell. */
void kr__canvas_cells(kr__canvas *canvas, kr__box box, int columns, int rows,
                      kr_color (*color)(const void *arg, int row, int column), const void *arg);

void kr__canvas_text(kr__canvas *canvas, double x, double y, const char *text, kr__font font);
double kr__canvas_text_width(kr__canvas *canvas, const char *text, kr__font font);

/* Copy text into out (size bytes), made valid UTF-8 of printable characters, and cut with an
 * ellipsis so that it is at most `width` wide. Returns the width of the result. */
double kr__canvas_text_fit(kr__canvas *canvas, const char *text, kr__font font, double width,
                           char *out, size_t size);

/* Mask only: how many dots of box (cut to the page) carry ink. */
int64_t kr__canvas_ink(kr__canvas *canvas, kr__box box);

#endif
