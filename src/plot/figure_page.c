/* SPDX-License-Identifier: MIT
 * figure_page.c - a figure drawn on its page and written as a file. */

#include "core/arena.h"
#include "core/platform.h"
#include "plot/figure.h"
#include "plot/svg_element.h"

static void draw_frame_texts(const kr_figure *figure, kr__box *page, kr__canvas *canvas) {
    char text[256];
    const kr_figure_options *options = &figure->options;
    double middle = (page->left + page->right) / 2, width = page->right - page->left;
    if (options->title) {
        kr__font font = kr__font_make(KR__SIZE_FIGURE_TITLE, 0.5, 0);
        kr__canvas_text_fit(canvas, options->title, font, width, text, sizeof text);
        kr__canvas_text(canvas, middle, page->top, text, font);
        page->top += KR__SIZE_FIGURE_TITLE + 6;
    }
    if (options->note) {
        kr__font font = kr__font_make(KR__SIZE_TICK, 0.5, 1);
        font.color = kr_color_rgb(0x6B6B6B);
        kr__canvas_text_fit(canvas, options->note, font, width, text, sizeof text);
        kr__canvas_text(canvas, middle, page->bottom, text, font);
        page->bottom -= KR__SIZE_TICK + 6;
    }
}

static void draw_figure(const kr_figure *figure, kr__canvas *canvas, kr__view *views) {
    const double pad = 8;
    const kr_figure_options *options = &figure->options;
    kr__box page = {pad, pad, 72 * options->width - pad, 72 * options->height - pad};
    kr__legend shared = {0};
    draw_frame_texts(figure, &page, canvas);
    kr__layout(figure, page, canvas, views, &shared);
    for (int i = 0; i < options->rows * options->columns; i++) {
        if (!views[i].panel->is_used) continue;
        kr__axes_draw_below(&views[i], canvas);
        kr__view_draw_layers(&views[i], canvas, false);
        kr__axes_draw_above(&views[i], canvas);
        kr__color_bar_draw(&views[i], canvas);
        kr__legend_draw(&views[i].legend, canvas);
    }
    kr__legend_draw(&shared, canvas);
}

/* The finished page of a figure; name is what sentences call it. */
static kr_status draw_page(kr_figure *figure, kr__canvas_kind kind, const char *name,
                           kr__canvas **out, kr_error *err) {
    const kr_figure_options *options = &figure->options;
    if (figure->status != KR_OK) {
        return kr_fail(err, figure->status, "%s: %s", name, figure->error.text);
    }
    kr__canvas *canvas = NULL;
    size_t n_views = (size_t)options->rows * (size_t)options->columns;
    kr__view *views = kr__calloc(n_views, sizeof *views);
    kr_status status = KR_MEMORY;
    if (!views) {
        kr_fail(err, status, "%s: no memory for the figure", name);
        goto done;
    }
    status = kr__canvas_create(kind, 72 * options->width, 72 * options->height, &canvas, err);
    if (status != KR_OK) goto done;
    draw_figure(figure, canvas, views);
    status = kr__canvas_finish(canvas, name, err);
done:
    kr_free(views);
    if (status == KR_OK) {
        *out = canvas;
    } else {
        kr__canvas_destroy(canvas);
    }
    return status;
}

kr_status kr_figure_save(kr_figure *figure, const char *path, kr_error *err) {
    kr__canvas_kind kind;
    kr__canvas *canvas = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr__canvas_kind_of(path, &kind, err));
    KR_TRY(draw_page(figure, kind, path, &canvas, err));
    const uint8_t *bytes = kr__canvas_bytes(canvas, &n_bytes);
    kr_status status = kr__file_write(path, bytes, n_bytes, err);
    kr__canvas_destroy(canvas);
    return status;
}

kr_status kr_figure_svg(kr_figure *figure, const char *prefix, char **svg, kr_error *err) {
    kr__canvas *canvas = NULL;
    size_t n_bytes = 0;
    KR_TRY(draw_page(figure, KR__CANVAS_SVG, prefix, &canvas, err));
    const uint8_t *bytes = kr__canvas_bytes(canvas, &n_bytes);
    char *text = kr__svg_element(bytes, n_bytes, prefix);
    kr__canvas_destroy(canvas);
    if (!text) return kr_fail(err, KR_MEMORY, "%s: no memory for the figure", prefix);
    *svg = text;
    return KR_OK;
}
