/* SPDX-License-Identifier: MIT
 * drawn.c - stands between the library and cairo: these functions of cairo note what is drawn, then
 * call cairo's own. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "support/drawn.h"

#include <cairo.h>
#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what was drawn ------------------------------------------------------------------------- */

/* What looks alike on a page is one line of the file: dots of one size, ticks, texts of a font. */
typedef struct mark {
    char look[160], color[16];
    bool is_dot;
    int64_t n, n_points, order; /* order: sum of the places in the sequence of all that is drawn */
    double left, top, right, bottom, places, colors;
    size_t n_texts;
    char texts[1 << 15];
} mark;

enum { MOST_MARKS = 400 };
static mark marks[MOST_MARKS], *last;
static int n_marks, page_width, page_height;
static int64_t n_drawn;

/* In [0.5, 1.5), different for neighbours: a sum of places notices which of them moved. */
static double weight(int64_t i) { return 0.5 + fmod(0.6180339887498949 * (double)i, 1); }

static mark *find_mark(const char *look, const char *color, bool is_dot) {
    for (int i = 0; i < n_marks; i++) {
        bool is_same = strcmp(look, marks[i].look) == 0 && is_dot == marks[i].is_dot;
        if (is_same && (is_dot || strcmp(color, marks[i].color) == 0)) return &marks[i];
    }
    if (n_marks == MOST_MARKS) return &marks[MOST_MARKS - 1];
    mark *m = &marks[n_marks++];
    m->n = m->n_points = m->order = 0;
    m->left = m->top = INFINITY;
    m->right = m->bottom = -INFINITY;
    m->places = m->colors = 0;
    m->n_texts = 0;
    m->texts[0] = '\0';
    m->is_dot = is_dot;
    snprintf(m->look, sizeof m->look, "%s", look);
    snprintf(m->color, sizeof m->color, "%s", color);
    return m;
}

static void begin_mark(const char *look, const double color[4], bool is_dot) {
    char name[16];
    snprintf(name, sizeof name, "#%02lX%02lX%02lX", lround(255 * color[0]), lround(255 * color[1]),
             lround(255 * color[2]));
    last = find_mark(look, name, is_dot);
    last->n++;
    last->order += n_drawn++;
    for (int i = 0; i < 4; i++) last->colors += weight(4 * last->n + i) * color[i];
}

/* The page as lines of text, to be freed. */
static char *write_page(void) {
    const size_t size = 100 + (size_t)n_marks * sizeof(mark);
    char *page = calloc(size, 1);
    assert_non_null(page);
    size_t n = (size_t)snprintf(page, size, "page %d x %d\n", page_width, page_height);
    for (int i = 0; i < n_marks; i++) {
        mark *m = &marks[i];
        if (m->n_points == 0) m->left = m->right = m->top = m->bottom = 0;
        n += (size_t)snprintf(page + n, size - n,
                              "%s %s n %lld order %lld points %lld x %.2f %.2f y %.2f %.2f "
                              "places %.2f colors %.3f%s\n",
                              m->look, m->color, (long long)m->n, (long long)m->order,
                              (long long)m->n_points, m->left, m->right, m->top, m->bottom,
                              m->places, m->colors, m->texts);
    }
    return page;
}

static void add_place(cairo_t *cr, double x, double y) {
    cairo_user_to_device(cr, &x, &y);
    last->left = fmin(last->left, x);
    last->right = fmax(last->right, x);
    last->top = fmin(last->top, y);
    last->bottom = fmax(last->bottom, y);
    last->places += weight(2 * last->n_points) * x + weight(2 * last->n_points + 1) * y;
    last->n_points++;
}

/* A mask only looks for a place of the legend. */
static bool is_page(cairo_t *cr) {
    cairo_surface_t *target = cairo_get_target(cr);
    return cairo_surface_get_type(target) != CAIRO_SURFACE_TYPE_IMAGE ||
           cairo_image_surface_get_format(target) != CAIRO_FORMAT_A8;
}

/* A picture in the page: its size, how it is laid there, and its dots as one number. */
static void describe_image(cairo_pattern_t *pattern, char *look, size_t size) {
    cairo_surface_t *image = NULL;
    assert_int_equal(cairo_pattern_get_surface(pattern, &image), CAIRO_STATUS_SUCCESS);
    int width = cairo_image_surface_get_width(image),
        height = cairo_image_surface_get_height(image);
    size_t stride = (size_t)cairo_image_surface_get_stride(image);
    const uint8_t *bytes = cairo_image_surface_get_data(image);
    double sum = 0;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < 4 * width; x++) {
            if (x % 4 == 3) continue;
            sum += weight((int64_t)y * 4 * width + x) * bytes[(size_t)y * stride + (size_t)x];
        }
    }
    snprintf(look, size, "image %d x %d filter %d extend %d dots %.2f", width, height,
             (int)cairo_pattern_get_filter(pattern), (int)cairo_pattern_get_extend(pattern), sum);
}

static void note_path(cairo_t *cr, const char *verb) {
    if (!is_page(cr)) return;
    cairo_path_t *path = cairo_copy_path(cr);
    cairo_pattern_t *source = cairo_get_source(cr);
    double color[4] = {0}, dashes[8] = {0};
    char look[160];
    bool is_stroke = strcmp(verb, "stroke") == 0;
    bool is_round = is_stroke && cairo_get_line_cap(cr) == CAIRO_LINE_CAP_ROUND;
    if (cairo_get_dash_count(cr) > 0) cairo_get_dash(cr, dashes, NULL);
    snprintf(look, sizeof look, "%s", verb);
    if (is_stroke) {
        snprintf(look, sizeof look, "%s width %.3f dashes %.2f %.2f %.2f %.2f",
                 is_round ? "dot" : verb, cairo_get_line_width(cr), dashes[0], dashes[1], dashes[2],
                 dashes[3]);
    }
    if (cairo_pattern_get_type(source) == CAIRO_PATTERN_TYPE_SURFACE) {
        describe_image(source, look, sizeof look);
    } else {
        cairo_pattern_get_rgba(source, &color[0], &color[1], &color[2], &color[3]);
    }
    if (path->num_data > 0 || strcmp(verb, "paint") == 0) begin_mark(look, color, is_round);
    for (int i = 0; i < path->num_data; i += path->data[i].header.length) {
        for (int k = 1; k < path->data[i].header.length; k++) {
            add_place(cr, path->data[i + k].point.x, path->data[i + k].point.y);
        }
    }
    cairo_path_destroy(path);
}

static double font_size(cairo_t *cr) {
    cairo_matrix_t matrix;
    cairo_get_font_matrix(cr, &matrix);
    return matrix.yy;
}

static bool is_bold(cairo_t *cr) {
    return cairo_toy_font_face_get_weight(cairo_get_font_face(cr)) == CAIRO_FONT_WEIGHT_BOLD;
}

static void note_text(cairo_t *cr, const char *text) {
    if (!is_page(cr)) return;
    double color[4] = {0}, x, y;
    char look[160];
    cairo_matrix_t matrix;
    cairo_get_matrix(cr, &matrix);
    cairo_pattern_get_rgba(cairo_get_source(cr), &color[0], &color[1], &color[2], &color[3]);
    snprintf(look, sizeof look, "text size %.2f%s angle %.3f", font_size(cr),
             is_bold(cr) ? " bold" : "", atan2(matrix.yx, matrix.xx));
    begin_mark(look, color, false);
    cairo_get_current_point(cr, &x, &y);
    add_place(cr, x, y);
    last->n_texts += (size_t)snprintf(last->texts + last->n_texts,
                                      sizeof last->texts - last->n_texts, " \"%s\"", text);
    assert_true(last->n_texts < sizeof last->texts);
}

/* ---- in place of cairo's ------------------------------------------------------------------ */

/* ISO C has no word for a function in a library. */
static void find_own(const char *name, void *function, size_t size) {
    void *found = dlsym(RTLD_NEXT, name);
    assert_non_null(found);
    memcpy(function, &found, size);
}

cairo_t *cairo_create(cairo_surface_t *target) {
    static cairo_t *(*own)(cairo_surface_t *);
    if (!own) find_own("cairo_create", &own, sizeof own);
    cairo_t *cr = own(target);
    if (!is_page(cr)) return cr;
    n_marks = page_width = page_height = 0; /* PDF and SVG do not tell their size */
    n_drawn = 0;
    if (cairo_surface_get_type(target) == CAIRO_SURFACE_TYPE_IMAGE) {
        page_width = cairo_image_surface_get_width(target);
        page_height = cairo_image_surface_get_height(target);
    }
    return cr;
}

#define NOTED(function, verb)                                                                      \
    void function(cairo_t *cr) {                                                                   \
        static void (*own)(cairo_t *);                                                             \
        if (!own) find_own(#function, &own, sizeof own);                                           \
        note_path(cr, verb);                                                                       \
        own(cr);                                                                                   \
    }
NOTED(cairo_stroke, "stroke")
NOTED(cairo_fill, "fill")
NOTED(cairo_fill_preserve, "fill")
NOTED(cairo_paint, "paint")
NOTED(cairo_clip, "clip")

void cairo_show_text(cairo_t *cr, const char *text) {
    static void (*own)(cairo_t *, const char *);
    if (!own) find_own("cairo_show_text", &own, sizeof own);
    note_text(cr, text);
    own(cr, text);
}

/* About as wide as DejaVu Sans. */
void cairo_text_extents(cairo_t *cr, const char *text, cairo_text_extents_t *extents) {
    double width = 0;
    for (const char *c = text; *c; c++) {
        if (((unsigned char)*c & 0xC0) != 0x80) width += *c >= 'A' && *c <= 'Z' ? 0.75 : 0.6;
    }
    *extents = (cairo_text_extents_t){.x_advance = (is_bold(cr) ? 1.1 : 1) * width * font_size(cr)};
}

/* ---- comparing ----------------------------------------------------------------------------- */

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1 << 22, 1);
    if (!file || !text) fail_msg("%s is missing; make it with KR_DRAWN_UPDATE=1", path);
    assert_in_range(fread(text, 1, (1 << 22) - 1, file), 1, (1 << 22) - 2);
    fclose(file);
    return text;
}

static bool begins_number(const char *text) { return *text && strchr("-0123456789", *text); }

/* Texts are equal, numbers outside them may differ by the rounding of another machine. */
static bool is_same_line(const char *a, const char *b) {
    bool is_quoted = false;
    for (char before = '\n'; *a != '\n' && *b != '\n';) {
        if (!is_quoted && before == ' ' && begins_number(a) && begins_number(b)) {
            char *end_a, *end_b;
            double x = strtod(a, &end_a), y = strtod(b, &end_b);
            if (!(fabs(x - y) <= 0.021 + 1e-9 * fabs(x))) return false;
            a = end_a;
            b = end_b;
            before = '0';
            continue;
        }
        if (*a != *b) return false;
        is_quoted = is_quoted != (*a == '"');
        before = *a++;
        b++;
    }
    return *a == *b;
}

static int line_length(const char *line) { return (int)strcspn(line, "\n"); }

static void compare(const char *expected, const char *page, const char *name, int number) {
    const char *a = expected, *b = page;
    while (*b && *a && is_same_line(a, b)) {
        a += line_length(a) + 1;
        b += line_length(b) + 1;
    }
    if (!*b && (!*a || strncmp(a, "== ", 3) == 0)) return;
    fail_msg(
        "picture %d of %s is drawn otherwise\n  was: %.*s\n  now: %.*s\nIf it should be, "
        "KR_DRAWN_UPDATE=1 %s, and look at the difference",
        number, name, line_length(a), a, line_length(b), b, name);
}

void kr_expect_drawn(const char *path) {
    static char *expected;
    static const char *at;
    static int number;
    char file[512], name[64];
    char *page = write_page();
    snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
    snprintf(file, sizeof file, "%s/%s.txt", KR_DRAWN_DIR, name);
    number++;
    if (getenv("KR_DRAWN_UPDATE")) {
        FILE *out = fopen(file, number == 1 ? "wb" : "ab");
        assert_non_null(out);
        fprintf(out, "== %d\n%s", number, page);
        assert_int_equal(fclose(out), 0);
        free(page);
        return;
    }
    if (!expected) at = expected = read_text(file);
    at = strstr(at, "== ");
    if (!at) fail_msg("%s has no picture %d; make it with KR_DRAWN_UPDATE=1", file, number);
    at += line_length(at) + 1;
    compare(at, page, name, number);
    free(page);
}
