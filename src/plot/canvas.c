/* SPDX-License-Identifier: MIT
 * canvas.c - the only file that knows cairo.
 *
 * Text is laid out with hinting off, so that all formats have one layout. cairo writes into a
 * block of memory; the block goes to the file in one piece. */
#include "plot/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <ctype.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "plot/utf8.h"

enum { DOTS_PER_INCH = 150, POINTS_PER_INCH = 72, FIT_SIZE = 512, MAX_BOXES = 4096 };
static const double FAR = 30000; /* cairo's numbers end at 2^23 */

struct kr__canvas {
    kr__canvas_kind kind;
    double width, height, scale; /* points, points, dots a point */
    cairo_surface_t *surface;
    cairo_t *cr;
    uint8_t *bytes; /* the file so far */
    size_t n_bytes, capacity;
};

/* ---- life ------------------------------------------------------------------------------- */

kr_status kr__canvas_kind_of(const char *path, kr__canvas_kind *kind, kr_error *err) {
    static const char *const endings[] = {
        [KR__CANVAS_PNG] = ".png", [KR__CANVAS_PDF] = ".pdf", [KR__CANVAS_SVG] = ".svg"};
    size_t n = strlen(path);
    for (int k = KR__CANVAS_PNG; k <= KR__CANVAS_SVG; k++) {
        int same = 0;
        while (n > 4 && same < 4 &&
               tolower((unsigned char)path[n - 4 + (size_t)same]) == endings[k][same])
            same++;
        if (same == 4) {
            *kind = (kr__canvas_kind)k;
            return KR_OK;
        }
    }
    return kr_fail(err, KR_USAGE, "%s: a figure's name ends in .png, .pdf or .svg", path);
}

static cairo_status_t append(kr__canvas *canvas, const void *data, size_t n) {
    if (canvas->capacity - canvas->n_bytes < n) {
        size_t capacity = 2 * canvas->capacity + n + 65536;
        uint8_t *grown = kr__calloc(capacity, 1);
        if (!grown) return CAIRO_STATUS_NO_MEMORY;
        if (canvas->n_bytes > 0) memcpy(grown, canvas->bytes, canvas->n_bytes);
        kr_free(canvas->bytes);
        canvas->bytes = grown;
        canvas->capacity = capacity;
    }
    if (n > 0) memcpy(canvas->bytes + canvas->n_bytes, data, n);
    canvas->n_bytes += n;
    return CAIRO_STATUS_SUCCESS;
}

static cairo_status_t collect(void *canvas, const unsigned char *data, unsigned int n) {
    return append(canvas, data, n);
}

static cairo_surface_t *make_surface(kr__canvas *canvas) {
    int columns = (int)ceil(canvas->width * canvas->scale - 1e-6);
    int rows = (int)ceil(canvas->height * canvas->scale - 1e-6);
    cairo_surface_t *surface = NULL;
    switch (canvas->kind) {
        case KR__CANVAS_PNG:
            return cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows);
        case KR__CANVAS_MASK:
            return cairo_image_surface_create(CAIRO_FORMAT_A8, columns, rows);
        case KR__CANVAS_PDF:
            surface =
                cairo_pdf_surface_create_for_stream(collect, canvas, canvas->width, canvas->height);
            /* A fixed date: the same figure is the same file. */
            cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                           "2000-01-01T00:00:00Z");
            cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "krait");
            return surface;
        case KR__CANVAS_SVG:
            return cairo_svg_surface_create_for_stream(collect, canvas, canvas->width,
                                                       canvas->height);
    }
    return surface;
}

kr_status kr__canvas_create(kr__canvas_kind kind, double width, double height, kr__canvas **out,
                            kr_error *err) {
    kr__canvas *canvas = kr__calloc(1, sizeof *canvas);
    if (!canvas) return kr_fail(err, KR_MEMORY, "no memory for a figure");
    *canvas = (kr__canvas){.kind = kind, .width = width, .height = height, .scale = 1};
    if (kind == KR__CANVAS_PNG) canvas->scale = (double)DOTS_PER_INCH / POINTS_PER_INCH;
    canvas->surface = make_surface(canvas);
    canvas->cr = cairo_create(canvas->surface);
    if (cairo_status(canvas->cr) != CAIRO_STATUS_SUCCESS) {
        const char *reason = cairo_status_to_string(cairo_status(canvas->cr));
        kr__canvas_destroy(canvas);
        return kr_fail(err, KR_MEMORY, "a figure of %.0f x %.0f points cannot be made: %s", width,
                       height, reason);
    }
    cairo_scale(canvas->cr, canvas->scale, canvas->scale);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(canvas->cr, options);
    cairo_font_options_destroy(options);
    cairo_set_line_join(canvas->cr, CAIRO_LINE_JOIN_ROUND);
    if (kind != KR__CANVAS_MASK) {
        cairo_set_source_rgb(canvas->cr, 1, 1, 1);
        cairo_paint(canvas->cr);
    }
    *out = canvas;
    return KR_OK;
}

void kr__canvas_destroy(kr__canvas *canvas) {
    if (!canvas) return;
    cairo_destroy(canvas->cr);
    cairo_surface_destroy(canvas->surface);
    kr_free(canvas->bytes);
    kr_free(canvas);
}

/* ---- names in SVG ------------------------------------------------------------------------ */

enum { MAX_NAMES = 4096 }; /* more than the panels and colour bars of the largest figure */

typedef struct names {
    int n;
    uint64_t number[MAX_NAMES];
} names;

/* The position of number among those seen; a new number is added. */
static int place_of(names *seen, uint64_t number) {
    int i = 0;
    while (i < seen->n && seen->number[i] != number) i++;
    if (i == seen->n && i < MAX_NAMES) seen->number[seen->n++] = number;
    return i;
}

/* Length of "surface or "#image or the like at text, 0 if there is none. */
static size_t counted_name(const uint8_t *text, size_t n) {
    static const char *const marks[] = {"\"surface",  "\"image",  "\"source-",
                                        "\"#surface", "\"#image", "\"#source-"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t length = strlen(marks[i]);
        bool is_same = length < n && memcmp(text, marks[i], length) == 0;
        if (is_same && isdigit(text[length])) return length;
    }
    return 0;
}

/* Does the name that begins at i belong to an image? */
static bool names_an_image(const uint8_t *text, size_t i) {
    static const char start[] = "<image id=";
    size_t length = sizeof start - 1;
    return i >= length && memcmp(text + i - length, start, length) == 0;
}

/* cairo names surfaces and images by a counter of the process ("surface5"; "source-5" since 1.18).
 * Count them by their order in the file, so that the bytes depend on the drawing alone; and let
 * viewers enlarge the cells of an image without blurring them. */
static cairo_status_t renumber_names(kr__canvas *canvas) {
    static const char sharp[] = "\" image-rendering=\"optimizeSpeed";
    uint8_t *old = canvas->bytes;
    size_t n = canvas->n_bytes, done = 0;
    names *seen = kr__calloc(1, sizeof *seen);
    if (!seen) return CAIRO_STATUS_NO_MEMORY;
    canvas->bytes = NULL;
    canvas->n_bytes = canvas->capacity = 0;
    cairo_status_t status = CAIRO_STATUS_SUCCESS;
    for (size_t i = 0; i < n && status == CAIRO_STATUS_SUCCESS; i++) {
        size_t length = old[i] == '"' ? counted_name(old + i, n - i) : 0;
        if (length == 0) continue;
        uint64_t number = 0;
        char text[64];
        bool is_image = names_an_image(old, i);
        status = append(canvas, old + done, i + length - done);
        for (i += length; i < n && isdigit(old[i]); i++) number = 10 * number + (old[i] - '0');
        done = i;
        snprintf(text, sizeof text, "%d%s", place_of(seen, number), is_image ? sharp : "");
        if (status == CAIRO_STATUS_SUCCESS) status = append(canvas, text, strlen(text));
    }
    if (status == CAIRO_STATUS_SUCCESS) status = append(canvas, old + done, n - done);
    kr_free(old);
    kr_free(seen);
    return status;
}

/* ---- saving ------------------------------------------------------------------------------ */

/* Not cairo's own writer, which takes four times as long for a file of two thirds the size. */
static cairo_status_t encode_png(kr__canvas *canvas) {
    cairo_surface_t *surface = canvas->surface;
    cairo_surface_flush(surface);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)cairo_image_surface_get_width(surface),
                       .height = (png_uint_32)cairo_image_surface_get_height(surface),
                       .format = PNG_FORMAT_RGB,
                       .flags = PNG_IMAGE_FLAG_FAST};
    const uint8_t *from = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *pixels = kr__calloc((size_t)image.width * image.height, 3), *to = pixels;
    uint8_t *bytes = kr__calloc(n, 1);
    for (png_uint_32 y = 0; pixels && y < image.height; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(from + y * stride);
        for (png_uint_32 x = 0; x < image.width; x++) {
            *to++ = (uint8_t)(row[x] >> 16);
            *to++ = (uint8_t)(row[x] >> 8);
            *to++ = (uint8_t)row[x];
        }
    }
    cairo_status_t status = CAIRO_STATUS_NO_MEMORY;
    if (pixels && bytes && png_image_write_to_memory(&image, bytes, &n, 0, pixels, 0, NULL)) {
        status = append(canvas, bytes, n);
    }
    kr_free(pixels);
    kr_free(bytes);
    return status;
}

kr_status kr__canvas_finish(kr__canvas *canvas, const char *name, kr_error *err) {
    cairo_status_t status = cairo_status(canvas->cr);
    if (status == CAIRO_STATUS_SUCCESS && canvas->kind == KR__CANVAS_PNG) {
        status = encode_png(canvas);
    } else if (status == CAIRO_STATUS_SUCCESS) {
        cairo_show_page(canvas->cr);
        cairo_surface_finish(canvas->surface);
        status = cairo_surface_status(canvas->surface);
    }
    if (status == CAIRO_STATUS_SUCCESS && canvas->kind == KR__CANVAS_SVG) {
        status = renumber_names(canvas);
    }
    if (status == CAIRO_STATUS_SUCCESS) return KR_OK;
    return kr_fail(err, status == CAIRO_STATUS_NO_MEMORY ? KR_MEMORY : KR_IO,
                   "%s: the figure cannot be drawn: %s", name, cairo_status_to_string(status));
}

const uint8_t *kr__canvas_bytes(const kr__canvas *canvas, size_t *n_bytes) {
    *n_bytes = canvas->n_bytes;
    return canvas->bytes;
}

/* ---- paths ------------------------------------------------------------------------------ */

static void set_color(kr__canvas *canvas, kr_color color) {
    cairo_set_source_rgba(canvas->cr, (double)color.red, (double)color.green, (double)color.blue,
                          (double)color.alpha);
}

static double near_page(double v) { return fmin(fmax(v, -FAR), FAR); }

/* The nearest border between two dots, in points; the place itself where the page has no dots. */
static double snap(const kr__canvas *canvas, double v) {
    return canvas->kind == KR__CANVAS_PNG ? round(v * canvas->scale) / canvas->scale : v;
}

static void set_pen(kr__canvas *canvas, kr__pen pen) {
    static const double dashes[][4] = {[KR_DASH_DASHED] = {3.7, 1.8, 3.7, 1.8},
                                       [KR_DASH_DOTTED] = {1.1, 1.7, 1.1, 1.7},
                                       [KR_DASH_DASHDOT] = {5, 1.8, 1.1, 1.8}};
    double lengths[4];
    for (int i = 0; i < 4; i++) lengths[i] = dashes[pen.dash][i] * pen.width;
    cairo_set_dash(canvas->cr, lengths, pen.dash == KR_DASH_SOLID ? 0 : 4, 0);
    cairo_set_line_width(canvas->cr, pen.width);
    set_color(canvas, pen.color);
}

void kr__canvas_clip(kr__canvas *canvas, kr__box box) {
    cairo_save(canvas->cr);
    cairo_rectangle(canvas->cr, box.left, box.top, box.right - box.left, box.bottom - box.top);
    cairo_clip(canvas->cr);
}

void kr__canvas_unclip(kr__canvas *canvas) { cairo_restore(canvas->cr); }

void kr__canvas_move(kr__canvas *canvas, double x, double y) {
    cairo_move_to(canvas->cr, near_page(x), near_page(y));
}

void kr__canvas_line(kr__canvas *canvas, double x, double y) {
    cairo_line_to(canvas->cr, near_page(x), near_page(y));
}

void kr__canvas_stroke(kr__canvas *canvas, kr__pen pen) {
    set_pen(canvas, pen);
    cairo_stroke(canvas->cr);
}

void kr__canvas_fill(kr__canvas *canvas, kr_color color) {
    set_color(canvas, color);
    cairo_fill(canvas->cr);
}

void kr__canvas_rule(kr__canvas *canvas, double x0, double y0, double x1, double y1, kr__pen pen) {
    if (canvas->kind == KR__CANVAS_PNG) {
        double dots = fmax(1, round(pen.width * canvas->scale));
        double half = fmod(dots, 2) / 2 / canvas->scale;
        pen.width = dots / canvas->scale;
        if (x0 == x1) x0 = x1 = snap(canvas, x0 - half) + half;
        if (y0 == y1) y0 = y1 = snap(canvas, y0 - half) + half;
    }
    kr__canvas_move(canvas, x0, y0);
    kr__canvas_line(canvas, x1, y1);
    kr__canvas_stroke(canvas, pen);
}

void kr__canvas_box(kr__canvas *canvas, kr__box box, kr_color color, bool is_crisp) {
    double left = near_page(box.left), top = near_page(box.top);
    double right = near_page(box.right), bottom = near_page(box.bottom);
    if (is_crisp) {
        left = snap(canvas, left);
        right = snap(canvas, right);
        top = snap(canvas, top);
        bottom = snap(canvas, bottom);
    }
    cairo_rectangle(canvas->cr, left, top, right - left, bottom - top);
    kr__canvas_fill(canvas, color);
}

void kr__canvas_round_box(kr__canvas *canvas, kr__box box, double radius, kr_color fill,
                          kr__pen border) {
    cairo_t *cr = canvas->cr;
    const double quarter = acos(0);
    double left = box.left + radius, right = box.right - radius;
    double top = box.top + radius, bottom = box.bottom - radius;
    cairo_new_sub_path(cr);
    cairo_arc(cr, right, top, radius, -quarter, 0);
    cairo_arc(cr, right, bottom, radius, 0, quarter);
    cairo_arc(cr, left, bottom, radius, quarter, 2 * quarter);
    cairo_arc(cr, left, top, radius, 2 * quarter, 3 * quarter);
    cairo_close_path(cr);
    set_color(canvas, fill);
    cairo_fill_preserve(cr);
    kr__canvas_stroke(canvas, border);
}

/* A line without length and with a round end: the shortest way to write a disc. */
void kr__canvas_dot(kr__canvas *canvas, double x, double y, double diameter, kr_color color) {
    cairo_set_line_cap(canvas->cr, CAIRO_LINE_CAP_ROUND);
    kr__canvas_move(canvas, x, y);
    kr__canvas_line(canvas, x, y);
    kr__canvas_stroke(canvas, (kr__pen){.color = color, .width = diameter});
    cairo_set_line_cap(canvas->cr, CAIRO_LINE_CAP_BUTT);
}

static uint32_t pack_color(kr_color color) {
    uint32_t red = (uint32_t)lroundf(color.red * 255.0f);
    uint32_t green = (uint32_t)lroundf(color.green * 255.0f);
    uint32_t blue = (uint32_t)lroundf(color.blue * 255.0f);
    return red << 16 | green << 8 | blue;
}

/* Every cell is across x down dots of the image. */
static cairo_surface_t *make_image(int columns, int rows, int across, int down,
                                   kr_color (*color)(const void *arg, int row, int column),
                                   const void *arg) {
    cairo_surface_t *image =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns * across, rows * down);
    uint8_t *bytes = cairo_image_surface_get_data(image), *to = bytes;
    if (!bytes) return image; /* its status goes to the canvas that it is drawn on */
    cairo_surface_flush(image);
    size_t stride = (size_t)cairo_image_surface_get_stride(image);
    for (int r = 0; r < rows; r++) {
        uint8_t *first = to, *dot = to;
        for (int c = 0; c < columns; c++) {
            uint32_t packed = pack_color(color(arg, r, c));
            for (int i = 0; i < across; i++, dot += 4) memcpy(dot, &packed, 4);
        }
        to += stride;
        for (int i = 1; i < down; i++, to += stride) memcpy(to, first, stride);
    }
    cairo_surface_mark_dirty(image);
    return image;
}

/* When several cells share a dot they are averaged. When they do so in one direction only, the
 * other must stay sharp: there a cell gets as many dots as it covers on paper. */
static int dots_of_cell(const kr__canvas *canvas, double side, bool is_averaged) {
    bool has_dots = canvas->kind == KR__CANVAS_PNG;
    return has_dots && is_averaged && side * canvas->scale > 1 ? (int)ceil(side * canvas->scale)
                                                               : 1;
}

/* Boxes that reach a little below their neighbours, so that no seam is seen between them. */
static void draw_boxes(kr__canvas *canvas, kr__box box, int columns, int rows,
                       kr_color (*color)(const void *arg, int row, int column), const void *arg) {
    const double overlap = 0.3;
    double width = (box.right - box.left) / columns, height = (box.bottom - box.top) / rows;
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
            double left = box.left + c * width, top = box.top + r * height;
            kr__box cell = {left, top, fmin(left + width + overlap, box.right),
                            fmin(top + height + overlap, box.bottom)};
            kr__canvas_box(canvas, cell, color(arg, r, c), false);
        }
    }
}

void kr__canvas_cells(kr__canvas *canvas, kr__box box, int columns, int rows,
                      kr_color (*color)(const void *arg, int row, int column), const void *arg) {
    bool has_dots = canvas->kind == KR__CANVAS_PNG;
    if (!(box.right - box.left > 1e-3 && box.bottom - box.top > 1e-3)) return; /* unseen */
    if (!has_dots && (int64_t)rows * columns <= MAX_BOXES) {
        draw_boxes(canvas, box, columns, rows, color, arg);
        return;
    }
    double width = (box.right - box.left) / columns, height = (box.bottom - box.top) / rows;
    bool is_shrunk = width * canvas->scale < 1 || height * canvas->scale < 1;
    int across = dots_of_cell(canvas, width, is_shrunk);
    int down = dots_of_cell(canvas, height, is_shrunk);
    cairo_surface_t *image = make_image(columns, rows, across, down, color, arg);
    cairo_save(canvas->cr);
    cairo_translate(canvas->cr, box.left, box.top);
    cairo_scale(canvas->cr, width / across, height / down);
    cairo_set_source_surface(canvas->cr, image, 0, 0);
    cairo_pattern_t *pattern = cairo_get_source(canvas->cr);
    cairo_pattern_set_filter(pattern, is_shrunk ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    if (has_dots) {
        /* Averages at the border need neighbours; SVG would take this for a tiling. */
        cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);
        cairo_rectangle(canvas->cr, 0, 0, columns * across, rows * down);
        cairo_fill(canvas->cr);
    } else {
        cairo_paint(canvas->cr);
    }
    cairo_restore(canvas->cr);
    cairo_surface_destroy(image);
}

/* ---- text ------------------------------------------------------------------------------- */

kr_color kr__ink(void) { return kr_color_rgb(0x262626); }

kr__font kr__font_make(double size, double align_x, double align_y) {
    return (kr__font){.size = size, .color = kr__ink(), .align_x = align_x, .align_y = align_y};
}

static void set_font(kr__canvas *canvas, kr__font font) {
    cairo_select_font_face(canvas->cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           font.is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(canvas->cr, font.size);
}

double kr__canvas_text_width(kr__canvas *canvas, const char *text, kr__font font) {
    cairo_text_extents_t extents;
    set_font(canvas, font);
    cairo_text_extents(canvas->cr, text, &extents);
    return extents.x_advance;
}

void kr__canvas_text(kr__canvas *canvas, double x, double y, const char *text, kr__font font) {
    /* Text is centred by the height of capitals and digits: 0.73 of DejaVu Sans's size. */
    const double height = 0.73 * font.size;
    double shift = font.align_y < 0 ? 0 : height * (1 - font.align_y);
    double width = kr__canvas_text_width(canvas, text, font);
    cairo_save(canvas->cr);
    cairo_translate(canvas->cr, x, y);
    cairo_rotate(canvas->cr, -font.angle);
    cairo_move_to(canvas->cr, -font.align_x * width, shift);
    set_color(canvas, font.color);
    cairo_show_text(canvas->cr, text);
    cairo_restore(canvas->cr);
}

double kr__canvas_text_fit(kr__canvas *canvas, const char *text, kr__font font, double width,
                           char *out, size_t size) {
    static const char ellipsis[] = "\xE2\x80\xA6";
    char cut[FIT_SIZE];
    bool is_complete = kr__utf8_clean(text, cut, sizeof cut - sizeof ellipsis);
    double taken = kr__canvas_text_width(canvas, cut, font);
    size_t low = 0, n = strlen(cut), high = n;
    char tried[FIT_SIZE];
    if (!is_complete || taken > width) {
        /* The longest cut that fits, by halving: [0, low] fits, above high does not. */
        while (low < high) {
            size_t middle = kr__utf8_border(cut, low + (high - low + 1) / 2);
            if (middle <= low) middle = high;
            memcpy(tried, cut, middle);
            memcpy(tried + middle, ellipsis, sizeof ellipsis);
            if (kr__canvas_text_width(canvas, tried, font) <= width) {
                low = middle;
            } else {
                high = kr__utf8_border(cut, middle - 1);
            }
        }
        while (low > 0 && cut[low - 1] == ' ') low--;
        memcpy(cut + low, ellipsis, sizeof ellipsis);
    }
    size_t kept = strlen(cut);
    if (kept >= size) kept = kr__utf8_border(cut, size - 1);
    memcpy(out, cut, kept);
    out[kept] = '\0';
    return kr__canvas_text_width(canvas, out, font);
}

/* ---- mask ------------------------------------------------------------------------------- */

int64_t kr__canvas_ink(kr__canvas *canvas, kr__box box) {
    cairo_surface_flush(canvas->surface);
    const uint8_t *bytes = cairo_image_surface_get_data(canvas->surface);
    int stride = cairo_image_surface_get_stride(canvas->surface);
    int columns = cairo_image_surface_get_width(canvas->surface);
    int rows = cairo_image_surface_get_height(canvas->surface);
    int left = (int)fmax(0, floor(box.left)), right = (int)fmin(columns, ceil(box.right));
    int top = (int)fmax(0, floor(box.top)), bottom = (int)fmin(rows, ceil(box.bottom));
    int64_t n = 0;
    for (int r = top; bytes && r < bottom; r++) {
        for (int c = left; c < right; c++) n += bytes[(size_t)r * (size_t)stride + (size_t)c] > 0;
    }
    return n;
}
