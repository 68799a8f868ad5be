/* SPDX-License-Identifier: MIT
 * legend.c - keys and names of the layers, put where they cover nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/figure.h"

enum { TEXT_SIZE = 256 };
static const double ROW = 13, PAD = 5, KEY = 18, KEY_GAP = 5, COLUMN_GAP = 14, LONGEST = 220,
                    DISTANCE = 6, CLEARANCE = 3;

static kr__font entry_font(void) { return kr__font_make(KR__SIZE_LEGEND, 0, 0.5); }

static const char *entry_text(const kr__legend_entry *entry) {
    return entry->layer->labels[entry->index];
}

static bool has_entry(const kr__legend *legend, const char *text) {
    for (int64_t i = 0; i < legend->n; i++) {
        if (strcmp(entry_text(&legend->entry[i]), text) == 0) return true;
    }
    return false;
}

static void collect(kr__legend *legend, const kr__layer *layer) {
    for (int64_t i = 0; i < layer->n_labels; i++) {
        if (has_entry(legend, layer->labels[i])) continue;
        if (legend->n == KR__LEGEND_MAX) {
            legend->n_more++;
        } else {
            legend->entry[legend->n++] = (kr__legend_entry){layer, i};
        }
    }
}

/* What lies in the background is named last. */
void kr__legend_collect(kr__legend *legend, const kr_panel *panel) {
    for (int background = 0; background < 2; background++) {
        for (const kr__layer *layer = panel->first; layer; layer = layer->next) {
            if (layer->kind->is_background == (background == 1)) collect(legend, layer);
        }
    }
}

/* ---- size --------------------------------------------------------------------------------- */

/* Rows and columns for n names, filled column by column; `longest` is the widest name. */
static void arrange(kr__legend *legend, bool is_row, double longest, double max_width,
                    double max_height) {
    double n = (double)legend->n, column = KEY + KEY_GAP + longest + COLUMN_GAP;
    double most_rows = fmax(1, floor((max_height - 2 * PAD) / ROW));
    double most_columns = fmax(1, floor((max_width - 2 * PAD + COLUMN_GAP) / column));
    if (is_row) {
        legend->columns = (int)fmin(most_columns, n);
        legend->rows = (int)fmin(ceil(n / legend->columns), most_rows);
        legend->columns = (int)fmin(ceil(n / legend->rows), most_columns);
    } else {
        legend->rows = (int)fmin(n, most_rows);
        legend->columns = (int)fmin(ceil(n / legend->rows), most_columns);
    }
}

void kr__legend_measure(kr__legend *legend, bool is_row, double max_width, double max_height,
                        kr__canvas *canvas) {
    char text[TEXT_SIZE];
    double limit = fmin(LONGEST, fmax(max_width - KEY - KEY_GAP - 2 * PAD, 20)), longest = 0;
    double widths[KR__LEGEND_MAX] = {0};
    int64_t n = legend->n + legend->n_more;
    legend->n = n < KR__LEGEND_MAX ? n : KR__LEGEND_MAX;
    for (int64_t i = 0; i < legend->n; i++) {
        widths[i] = kr__canvas_text_fit(canvas, entry_text(&legend->entry[i]), entry_font(), limit,
                                        text, sizeof text);
        longest = fmax(longest, widths[i]);
    }
    arrange(legend, is_row, longest, max_width, max_height);
    /* The last place tells how many entries had no room. */
    int64_t places = (int64_t)legend->rows * legend->columns;
    if (n > places || n > KR__LEGEND_MAX) {
        legend->n = (places < KR__LEGEND_MAX ? places : KR__LEGEND_MAX) - 1;
    }
    legend->n_more = n - legend->n;
    legend->width = 2 * PAD - COLUMN_GAP;
    legend->height = 2 * PAD + legend->rows * ROW;
    for (int c = 0; c < legend->columns; c++) {
        legend->text[c] = 0;
        for (int64_t i = (int64_t)c * legend->rows; i < (int64_t)(c + 1) * legend->rows; i++) {
            if (i < n && i < KR__LEGEND_MAX) legend->text[c] = fmax(legend->text[c], widths[i]);
        }
        legend->width += KEY + KEY_GAP + legend->text[c] + COLUMN_GAP;
    }
}

/* ---- place -------------------------------------------------------------------------------- */

/* The layers are drawn once more, on a mask of one dot per point; a place is free if the legend's
 * box has no ink there. Corners are tried first, then the middles of the sides. This way the legend
 * need not know the charts. */
bool kr__legend_find_place(kr__view *view) {
    kr__canvas *mask = NULL;
    kr__legend *legend = &view->legend;
    const kr__box *area = &view->area;
    if (kr__canvas_create(KR__CANVAS_MASK, area->right, area->bottom, &mask, NULL) != KR_OK) {
        return false;
    }
    kr__view_draw_layers(view, mask, true);
    double left = area->left + DISTANCE, right = area->right - DISTANCE - legend->width;
    double top = area->top + DISTANCE, bottom = area->bottom - DISTANCE - legend->height;
    double middle = (top + bottom) / 2, center = (left + right) / 2;
    const double places[][2] = {{right, top},    {left, top},    {right, bottom}, {left, bottom},
                                {right, middle}, {left, middle}, {center, top},   {center, bottom}};
    bool is_found = false;
    for (int i = 0; i < 8 && !is_found; i++) {
        double x = places[i][0], y = places[i][1];
        kr__box box = {x - CLEARANCE, y - CLEARANCE, x + legend->width + CLEARANCE,
                       y + legend->height + CLEARANCE};
        if (kr__canvas_ink(mask, box) > 0) continue;
        is_found = true;
        legend->left = x;
        legend->top = y;
    }
    kr__canvas_destroy(mask);
    return is_found;
}

/* ---- drawing ------------------------------------------------------------------------------ */

static void draw_frame(const kr__legend *legend, kr__canvas *canvas) {
    kr__box box = {legend->left, legend->top, legend->left + legend->width,
                   legend->top + legend->height};
    kr__canvas_round_box(canvas, box, 2.5, (kr_color){1, 1, 1, 0.85f},
                         (kr__pen){.color = kr_color_rgb(0xCCCCCC), .width = 0.7});
}

void kr__legend_draw(const kr__legend *legend, kr__canvas *canvas) {
    if (legend->rows == 0) return;
    if (legend->is_framed) draw_frame(legend, canvas);
    double x = legend->left + PAD;
    for (int64_t i = 0; i < legend->n + (legend->n_more > 0); i++) {
        char text[TEXT_SIZE];
        int64_t column = i / legend->rows, row = i % legend->rows;
        double y = legend->top + PAD + ROW * ((double)row + 0.5);
        if (row == 0 && i > 0) x += KEY + KEY_GAP + legend->text[column - 1] + COLUMN_GAP;
        if (i == legend->n) {
            snprintf(text, sizeof text, "+ %lld more", (long long)legend->n_more);
        } else {
            const kr__legend_entry *entry = &legend->entry[i];
            kr__box box = {x, y - 3.5, x + KEY, y + 3.5};
            entry->layer->kind->key(entry->layer, entry->index, box, canvas);
            kr__canvas_text_fit(canvas, entry_text(entry), entry_font(),
                                legend->text[column] + 0.01, text, sizeof text);
        }
        kr__canvas_text(canvas, x + KEY + KEY_GAP, y, text, entry_font());
    }
}
