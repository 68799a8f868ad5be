/* SPDX-License-Identifier: MIT
 * simulate_figure.c - a sheet of examples: a row a family, small charts. */
#include <inttypes.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/program.h"
#include "simulate/simulate_command.h"
#include "simulate/simulator.h"

enum { COLUMNS = 4, MOST_ROWS = 32, STEPS = 256 };

/* Rows, and what was drawn for each. */
typedef struct sheet {
    const char *path;
    int64_t n, length, families[MOST_ROWS];
    double *values;     /* (n, COLUMNS, length) */
    kr_simulated *what; /* (n, COLUMNS) */
} sheet;

/* "arima, 24+168" */
static void write_title(const kr_simulated *w, char *text, size_t size) {
    int n = snprintf(text, size, "%s", kr_simulate_family_name(w->family));
    for (int64_t i = 0; i < w->n_seasons; i++) {
        n += snprintf(text + n, size - (size_t)n, "%s%" PRId64, i > 0 ? "+" : ", ", w->seasons[i]);
    }
}

static kr_status draw_sheet(const void *arg, kr_error *err) {
    const sheet *s = arg;
    kr_figure *figure = NULL;
    const kr_figure_options options = {.size = sizeof options,
                                       .rows = (int)s->n,
                                       .columns = COLUMNS,
                                       .width = 9,
                                       .height = 0.3 + (double)s->n};
    KR_TRY(kr_figure_create(&options, &figure, err));
    for (int64_t i = 0; i < s->n * COLUMNS; i++) {
        kr_panel *panel = kr_figure_panel(figure, (int)(i / COLUMNS), (int)(i % COLUMNS));
        char title[96];
        write_title(&s->what[i], title, sizeof title);
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .title = title,
                                        .x = {.is_hidden = true},
                                        .is_gridless = true});
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .y = kr_values_f64(s->values + i * s->length, s->length, 1),
                                        .style = {.width = 0.7}});
    }
    kr_status status = kr_figure_save(figure, s->path, err);
    kr_figure_destroy(figure);
    return status;
}

/* The families that the settings ask for. */
static kr_status choose_families(const kr_simulate_options *options, sheet *s, kr_error *err) {
    kr__simulator simulator;
    KR_TRY(kr__simulator_init(options, &simulator, err));
    for (int64_t i = 0; i < kr_simulate_families() && s->n < MOST_ROWS; i++) {
        if (simulator.families[i] > 0) s->families[s->n++] = i;
    }
    return KR_OK;
}

static kr_status fill_sheet(kr_simulate_options o, int64_t first, sheet *s, kr_error *err) {
    for (int64_t i = 0; i < s->n; i++) {
        o.families = kr_simulate_family_name(s->families[i]);
        KR_TRY(kr_simulate(program_team(), &o, first + i * COLUMNS, COLUMNS, s->length,
                           s->values + i * COLUMNS * s->length, s->what + i * COLUMNS, err));
    }
    return KR_OK;
}

kr_status simulate_draw(const simulate_request *r, const kr_simulate_options *options,
                        kr_error *err) {
    sheet s = {.path = r->config.figure,
               .length = r->config.length < STEPS ? r->config.length : STEPS};
    KR_TRY(choose_families(options, &s, err));
    KR_TRY(kr__make_folder_of(s.path, err));
    size_t n = (size_t)s.n * COLUMNS;
    s.values = kr__calloc(n, (size_t)s.length * sizeof *s.values);
    s.what = kr__calloc(n, sizeof *s.what);
    kr_status status = s.values && s.what ? fill_sheet(*options, r->config.first, &s, err)
                                          : kr_fail(err, KR_MEMORY, "no memory for the figure");
    if (status == KR_OK) status = draw_apart(draw_sheet, &s, err);
    kr_free(s.values);
    kr_free(s.what);
    return status;
}
