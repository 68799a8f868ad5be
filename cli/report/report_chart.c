/* SPDX-License-Identifier: MIT
 * report_chart.c - a chart in both of its forms: a still picture, and numbers for the script. */
#include <math.h>
#include <string.h>

#include <kr/plot.h>

#include "core/arena.h"
#include "framework/say.h"
#include "report/report.h"

enum { DIGITS = 9, VALUE_DIGITS = 6, POINT_DIGITS = 4 /* more than dots on a screen can show */ };

/* ---- the still picture ------------------------------------------------------------------ */

static void draw_lines(kr_panel *panel, const report_chart *chart, const report_view *view) {
    if (chart->mark_label) {
        kr_panel_rule(panel, KR_VERTICAL, chart->mark,
                      &(kr_line_style){.label = chart->mark_label, .dash = KR_DASH_DASHED});
    }
    for (int64_t i = 0; i < view->n_series; i++) {
        const report_series *s = &view->series[i];
        kr_values x = s->x ? kr_values_f64(s->x, s->n, 1) : kr_values_steps(s->x_first, 1, s->n);
        kr_line_style style = {.label = s->name,
                               .color = kr_palette_color(KR_PALETTE_OKABE_ITO, s->color)};
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .x = x,
                                        .y = kr_values_f64(s->y, s->n, 1),
                                        .style = style});
    }
}

static kr_status draw_bars(kr_panel *panel, const report_view *view, kr_error *err) {
    int64_t n = view->series[0].n, n_groups = view->n_series;
    double *heights = kr__calloc((size_t)n, (size_t)n_groups * sizeof *heights);
    const char **names = kr__calloc((size_t)n_groups, sizeof *names);
    kr_status status = KR_OK;
    if (!heights || !names) {
        status = kr_fail(err, KR_MEMORY, "no memory for a chart of the report");
    } else {
        for (int64_t g = 0; g < n_groups; g++) {
            memcpy(heights + g * n, view->series[g].y, (size_t)n * sizeof *heights);
            names[g] = view->series[g].name;
        }
        kr_panel_bars(panel, &(kr_bars){.size = sizeof(kr_bars),
                                        .n_groups = n_groups,
                                        .n_categories = n,
                                        .heights = kr_values_f64(heights, n * n_groups, 1),
                                        .group_names = names});
    }
    kr_free(heights);
    kr_free(names);
    return status;
}

kr_status report_chart_svg(const report_chart *chart, const char *prefix, char **svg,
                           kr_error *err) {
    const report_view *view = &chart->views[0];
    kr_figure *figure = NULL;
    if (chart->kind == REPORT_POINTS) {
        *svg = NULL;
        return KR_OK;
    }
    KR_TRY(kr_figure_create(&(kr_figure_options){.size = sizeof(kr_figure_options),
                                                 .rows = 1,
                                                 .columns = 1,
                                                 .width = 7.6,
                                                 .height = 3.6},
                            &figure, err));
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    int64_t n_names = chart->categories && view->n_series > 0 ? view->series[0].n : 0;
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.label = chart->x_label,
                                          .is_integer = chart->is_integer,
                                          .names = chart->categories,
                                          .n_names = n_names},
                                    .y = {.label = view->y_label, .is_log = view->is_log}});
    kr_status status = KR_OK;
    if (chart->kind == REPORT_LINES) {
        draw_lines(panel, chart, view);
    } else if (view->n_series > 0) {
        status = draw_bars(panel, view, err);
    }
    if (status == KR_OK) status = kr_figure_svg(figure, prefix, svg, err);
    kr_figure_destroy(figure);
    return status;
}

/* ---- numbers for the script ------------------------------------------------------------- */

/* What printable() shows, in JSON; < is escaped, so that no text can end the element around it. */
static void write_text(FILE *stream, const char *text) {
    char shown[PRINTABLE_MOST + 1];
    fputc('"', stream);
    for (size_t n_read; printable_next(text, shown, &n_read) > 0; text += n_read) {
        for (const char *c = shown; *c; c++) {
            if (*c == '<') {
                fprintf(stream, "\\u%04x", (unsigned)*c);
            } else {
                if (*c == '"' || *c == '\\') fputc('\\', stream);
                fputc(*c, stream);
            }
        }
    }
    fputc('"', stream);
}

static void write_member(FILE *stream, const char *name, const char *text) {
    if (!text) return;
    fprintf(stream, "\"%s\":", name);
    write_text(stream, text);
    fputc(',', stream);
}

static void write_texts(FILE *stream, const char *const *texts, int64_t n) {
    fputc('[', stream);
    for (int64_t i = 0; i < n; i++) {
        if (i > 0) fputc(',', stream);
        write_text(stream, texts[i]);
    }
    fputc(']', stream);
}

/* digits: of each number. */
static void write_numbers(FILE *stream, const double *values, int64_t n, int digits) {
    fputc('[', stream);
    for (int64_t i = 0; i < n; i++) {
        const char *comma = i > 0 ? "," : "";
        if (isfinite(values[i])) {
            fprintf(stream, "%s%.*g", comma, digits, values[i]);
        } else {
            fprintf(stream, "%snull", comma);
        }
    }
    fputc(']', stream);
}

/* Consecutive x are written as their first; numbers to tell points by only where they are not those
 * of the first view's series. */
static void write_series(FILE *stream, const report_series *s, const report_series *first) {
    fputc('{', stream);
    write_member(stream, "name", s->name);
    fprintf(stream, "\"color\":%lld,\"x\":", (long long)s->color);
    if (s->x) {
        write_numbers(stream, s->x, s->n, s->id ? POINT_DIGITS : DIGITS);
    } else {
        fprintf(stream, "%.17g", s->x_first);
    }
    fputs(",\"y\":", stream);
    write_numbers(stream, s->y, s->n, s->id ? POINT_DIGITS : VALUE_DIGITS);
    if (s->id && (s == first || s->id != first->id)) {
        fputs(",\"id\":", stream);
        write_numbers(stream, s->id, s->n, DIGITS);
    }
    fputc('}', stream);
}

static void write_view(FILE *stream, const report_view *view, const report_view *first) {
    fputc('{', stream);
    write_member(stream, "label", view->y_label);
    fprintf(stream, "\"log\":%s,\"series\":[", view->is_log ? "true" : "false");
    for (int64_t i = 0; i < view->n_series; i++) {
        if (i > 0) fputc(',', stream);
        write_series(stream, &view->series[i], &first->series[i < first->n_series ? i : 0]);
    }
    fputs("]}", stream);
}

static void write_choices(FILE *stream, const report_chart *chart) {
    fputs("\"choices\":[", stream);
    for (int i = 0; i < REPORT_CHOICES && chart->choice[i].n > 0; i++) {
        fputs(i > 0 ? ",{" : "{", stream);
        write_member(stream, "label", chart->choice[i].label);
        fputs("\"names\":", stream);
        write_texts(stream, chart->choice[i].names, chart->choice[i].n);
        fputc('}', stream);
    }
    fputs("],", stream);
}

void report_chart_json(const report_chart *chart, FILE *stream) {
    static const char *const kinds[] = {
        [REPORT_LINES] = "lines", [REPORT_BARS] = "bars", [REPORT_POINTS] = "points"};
    fputc('{', stream);
    write_member(stream, "kind", kinds[chart->kind]);
    write_member(stream, "title", chart->title);
    write_member(stream, "x", chart->x_label);
    write_member(stream, "id", chart->id_label);
    if (chart->mark_label) fprintf(stream, "\"at\":%.17g,", chart->mark);
    write_member(stream, "mark", chart->mark_label);
    if (chart->categories) {
        fputs("\"categories\":", stream);
        write_texts(stream, chart->categories, chart->views[0].series[0].n);
        fputc(',', stream);
    }
    write_choices(stream, chart);
    fprintf(stream, "\"integer\":%s,\"views\":[", chart->is_integer ? "true" : "false");
    for (int64_t i = 0; i < chart->n_views; i++) {
        if (i > 0) fputc(',', stream);
        write_view(stream, &chart->views[i], &chart->views[0]);
    }
    fputs("]}", stream);
}
