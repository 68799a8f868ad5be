/* SPDX-License-Identifier: MIT
 * report.c - a page as data: its memory, and adding to it. */
#include "report/report.h"
#include "core/arena.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "framework/progress.h"

void report_init(report *r, const char *folder) {
    *r = (report){.folder = folder, .units = ""};
    r->figures_end = &r->figures;
    r->files_end = &r->files;
    r->warnings_end = &r->warnings;
    for (int i = 0; i < REPORT_SECTIONS; i++) r->blocks_end[i] = &r->blocks[i];
}

void report_deinit(report *r) { kr__arena_deinit(&r->arena); }

/* ---- memory ----------------------------------------------------------------------------- */

void *report_alloc(report *r, int64_t n, size_t size) {
    void *block = n < 0 ? NULL : kr__arena_alloc(&r->arena, n > 0 ? (size_t)n : 1, size);
    if (!block) r->is_out_of_memory = true;
    return block;
}

const char *report_print(report *r, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = report_alloc(r, (int64_t)n + 1, 1);
    if (text) vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text ? text : "";
}

const char *report_number(report *r, double value) {
    if (!isfinite(value)) return "-";
    bool is_integer = value == floor(value) && fabs(value) < 1e15;
    bool has_many_digits = fabs(value) >= 1e4 && fabs(value) < 1e7;
    return report_print(r, is_integer || has_many_digits ? "%.0f" : "%.4g", value);
}

const char *report_count(report *r, double value) {
    const char *digits = report_number(r, value);
    size_t n = strlen(digits), used = 0;
    if (!(value >= 1e4 && value == floor(value))) return digits;
    char *text = report_alloc(r, (int64_t)(2 * n), 1);
    for (size_t i = 0; text && i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) text[used++] = ',';
        text[used++] = digits[i];
    }
    return text ? text : "";
}

const char *report_duration(report *r, double seconds) {
    char text[64];
    if (!isfinite(seconds)) return "-";
    if (seconds < 60) return report_print(r, "%.3g s", seconds);
    return report_print(r, "%s", duration_text(seconds, text, sizeof text));
}

/* ---- adding ----------------------------------------------------------------------------- */

void report_add_figure(report *r, const char *name, const char *value, const char *unit) {
    report_figure *figure = report_alloc(r, 1, sizeof *figure);
    if (!figure) return;
    *figure = (report_figure){.name = name, .value = value, .unit = unit};
    *r->figures_end = figure;
    r->figures_end = &figure->next;
}

static void add_block(report *r, report_section section, report_block given) {
    report_block *block = report_alloc(r, 1, sizeof *block);
    if (!block) return;
    *block = given;
    *r->blocks_end[section] = block;
    r->blocks_end[section] = &block->next;
}

void report_add_chart(report *r, report_section section, const report_chart *chart) {
    report_chart *copy = report_alloc(r, 1, sizeof *copy);
    if (!copy) return;
    *copy = *chart;
    add_block(r, section, (report_block){.chart = copy});
    r->n_charts++;
}

void report_add_table(report *r, report_section section, const report_table *table) {
    report_table *copy = report_alloc(r, 1, sizeof *copy);
    if (!copy) return;
    *copy = *table;
    add_block(r, section, (report_block){.table = copy});
    r->n_tables++;
}

void report_add_picture(report *r, report_section section, const report_picture *picture) {
    report_picture *copy = report_alloc(r, 1, sizeof *copy);
    if (!copy) return;
    *copy = *picture;
    add_block(r, section, (report_block){.picture = copy});
    r->n_pictures++;
}

static report_line *add_line(report *r, report_line **end, const char *text) {
    report_line *line = report_alloc(r, 1, sizeof *line);
    if (!line) return NULL;
    line->text = report_print(r, "%s", text);
    *end = line;
    return line;
}

void report_add_text(report *r, report_section section, const char *text) {
    add_block(r, section, (report_block){.text = text});
}

void report_add_warning(report *r, const char *text) {
    report_line *line = add_line(r, r->warnings_end, text);
    if (!line) return;
    r->warnings_end = &line->next;
    r->n_warnings++;
}

void report_add_file(report *r, const char *name) {
    report_line *line = add_line(r, r->files_end, name);
    if (!line) return;
    r->files_end = &line->next;
    r->n_files++;
}

report_view *report_make_views(report *r, int64_t n, int64_t n_series) {
    report_view *views = report_alloc(r, n, sizeof *views);
    for (int64_t i = 0; views && i < n; i++) {
        views[i].n_series = n_series;
        views[i].series = report_alloc(r, n_series, sizeof *views[i].series);
        if (!views[i].series) return NULL;
    }
    return views;
}
