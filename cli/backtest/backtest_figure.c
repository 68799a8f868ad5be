/* SPDX-License-Identifier: MIT
 * backtest_figure.c - MASE of all forecasters by forecast step and by origin. */
#include <math.h>

#include <kr/plot.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "core/text.h"

/* What a panel shows of each forecaster: n scores against x. */
typedef struct curve {
    bool is_step; /* by forecast step, else by origin */
    int64_t n;
    kr_values x;
    double *mase; /* room for n numbers */
} curve;

static void add_line(kr_panel *panel, const kr__backtest_model *m, int place, const curve *c) {
    const kr_scores *scores = c->is_step ? m->scores.by_step : m->scores.by_fold;
    char label[96];
    for (int64_t i = 0; i < c->n; i++) c->mase[i] = scores[i].mase;
    snprintf(label, sizeof label, "%s, %.3f", m->name, m->scores.all.mase);
    kr_line_style style = {.label = label,
                           .color = kr_palette_color(KR_PALETTE_OKABE_ITO, place),
                           .width = place == 0 ? 2 : 1.2};
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = c->x,
                                    .y = kr_values_f64(c->mase, c->n, 1),
                                    .style = style,
                                    .marker_size = c->n <= 30 ? 4 : 0});
}

static void add_panel(kr_panel *panel, const backtest *b, const curve *c, const kr_axis *x) {
    const kr_line_style level = {
        .color = kr_color_rgb(0x999999), .width = 1, .dash = KR_DASH_DASHED};
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .title = c->is_step ? "By forecast step" : "By origin",
                                    .x = *x,
                                    .y = {.label = "MASE"}});
    kr_panel_rule(panel, KR_HORIZONTAL, 1, &level);
    for (int i = 0; i < b->run->n_models; i++) add_line(panel, &b->run->models[i], i, c);
}

static void add_steps(kr_panel *panel, const backtest *b, double *mase) {
    const kr_axis x = {.label = "forecast step", .is_integer = true};
    add_panel(panel, b,
              &(curve){true, b->run->n_steps, kr_values_steps(1, 1, b->run->n_steps), mase}, &x);
}

/* dates: room for n_folds numbers. */
static void add_origins(kr_panel *panel, const backtest *b, double *mase, double *dates) {
    const int64_t *timestamps = b->series[0]->timestamps;
    kr_axis x = {.label = timestamps ? "origin" : "origin, row",
                 .is_date = timestamps != NULL,
                 .is_integer = timestamps == NULL};
    for (int64_t i = 0; i < b->run->n_folds; i++) {
        dates[i] = (double)(timestamps ? timestamps[b->run->origins[i]] : b->run->origins[i] + 1);
    }
    add_panel(panel, b,
              &(curve){false, b->run->n_folds, kr_values_f64(dates, b->run->n_folds, 1), mase}, &x);
}

kr_status backtest_draw(const backtest *b, const char *path, kr_error *err) {
    char note[160];
    int64_t most = b->run->n_steps > b->run->n_folds ? b->run->n_steps : b->run->n_folds;
    double *mase = kr__calloc(2 * (size_t)most, sizeof *mase);
    kr_figure *figure = NULL;
    if (!mase) return kr_fail(err, KR_MEMORY, "no memory for the figure of the backtest");
    snprintf(
        note, sizeof note,
        "%jd forecast%s of %jd step%s; 1: the error of the seasonal naive forecast (season %jd) "
        "on the rows before the first",
        (intmax_t)b->run->n_folds, kr__plural(b->run->n_folds), (intmax_t)b->run->n_steps,
        kr__plural(b->run->n_steps), (intmax_t)b->run->season);
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 1,
                                 .columns = b->run->n_folds > 1 ? 2 : 1,
                                 .width = b->run->n_folds > 1 ? 9 : 5,
                                 .height = 3.8,
                                 .title = "Backtest",
                                 .note = note,
                                 .is_legend_shared = true};
    kr_status status = kr_figure_create(&options, &figure, err);
    if (status == KR_OK) {
        add_steps(kr_figure_panel(figure, 0, 0), b, mase);
        if (b->run->n_folds > 1) add_origins(kr_figure_panel(figure, 0, 1), b, mase, mase + most);
        status = kr_figure_save(figure, path, err);
    }
    kr_figure_destroy(figure);
    kr_free(mase);
    return status;
}
