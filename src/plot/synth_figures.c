/* SPDX-License-Identifier: MIT
 * synth_figures.c - the pictures of the circles, of forecasts one step ahead, of generation. */
#include <kr/arena.h>
#include <kr/synth_figures.h>
#include <math.h>
#include <stdio.h>

enum {
    TEXT_SIZE = 256,
    MOST_COLUMNS = 8192,
    MOST_DOTS = 20000,
    MOST_NUMBERED = 16,
    NARROW = 50 /* part of the width that a number needs */
};

static kr_status finish(kr_figure *figure, const char *path, kr_error *err) {
    kr_status status = kr_figure_save(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

static double value_at(const kr_values *values, int64_t i) {
    return values->f32 ? (double)values->f32[i * values->stride] : values->f64[i * values->stride];
}

/* ---- a series as a picture ---------------------------------------------------------------- */

static kr_status check_part(const char *path, const kr_series_part *part, kr_error *err) {
    if (part->n_steps > 0 && part->n_features > 0) return KR_OK;
    return kr_fail(err, KR_SHAPE, "%s: a series of %lld steps and %lld features cannot be drawn",
                   path, (long long)part->n_steps, (long long)part->n_features);
}

/* One colour a visit, and the number of its state where there is room. */
static void draw_states(kr_panel *panel, const kr_series_part *part) {
    char text[32];
    for (int64_t from = 0, to; from < part->n_steps; from = to) {
        int64_t state = part->states[from];
        for (to = from; to < part->n_steps && part->states[to] == state;) to++;
        kr_panel_strip(panel, &(kr_strip){.from = (double)(part->first_step + from) - 0.5,
                                          .to = (double)(part->first_step + to) - 0.5,
                                          .color = kr_palette_color(KR_PALETTE_TAB10, state),
                                          .opacity = 1});
        if ((to - from) * NARROW < part->n_steps) continue;
        snprintf(text, sizeof text, "%lld", (long long)state);
        kr_panel_note(panel, &(kr_note){.text = text,
                                        .x = (double)part->first_step + (double)(from + to - 1) / 2,
                                        .y = 0.5,
                                        .align_x = 0.5,
                                        .align_y = 0.5,
                                        .color = kr_color_rgb(0xffffff)});
    }
}

static void add_states(kr_figure *figure, const char *title, const kr_series_part *part, double low,
                       double high) {
    if (!part->states) return;
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel,
                  &(kr_axes){.title = title,
                             .is_gridless = true,
                             .legend = KR_LEGEND_NONE,
                             .x = {.low = low, .high = high},
                             .y = {.label = "State", .low = 0, .high = 1, .is_hidden = true}});
    draw_states(panel, part);
}

/* Columns are steps, rows are features; of a long series every k-th step. Texts as in axes. */
static void add_heatmap(kr_figure *figure, int row, const kr_axes *axes, const kr_series_part *part,
                        const kr_color_scale *scale) {
    kr_panel *panel = kr_figure_panel(figure, row, 0);
    int64_t step = (part->n_steps + MOST_COLUMNS - 1) / MOST_COLUMNS;
    int64_t columns = (part->n_steps + step - 1) / step, rows = part->n_features;
    float *cells = kr_calloc((size_t)(rows * columns), sizeof *cells);
    for (int64_t r = 0; r < rows && cells; r++) {
        for (int64_t c = 0; c < columns; c++) {
            cells[r * columns + c] = (float)value_at(&part->values, c * step * rows + r);
        }
    }
    kr_panel_axes(panel, axes);
    kr_panel_heatmap(panel, &(kr_heatmap){.rows = rows,
                                          .columns = columns,
                                          .values = kr_values_f32(cells, rows * columns, 1),
                                          .scale = *scale,
                                          .x_first = (double)part->first_step,
                                          .x_step = (double)step});
    kr_free(cells);
}

/* Greatest distance from 0, so that one scale serves several pictures. */
static double reach(const kr_series_part *part) {
    double most = 0;
    for (int64_t i = 0; i < part->n_steps * part->n_features; i++) {
        double v = fabs(value_at(&part->values, i));
        if (isfinite(v)) most = fmax(most, v);
    }
    return most > 0 ? most : 1;
}

static kr_axes heatmap_axes(const char *title, const char *x_label, double low, double high) {
    return (kr_axes){.title = title,
                     .is_gridless = true,
                     .x = {.label = x_label, .low = low, .high = high, .is_integer = true},
                     .y = {.label = "Dimension", .is_reversed = true, .is_integer = true}};
}

static kr_color_scale value_scale(double limit, const char *label) {
    return (kr_color_scale){
        .colormap = KR_COLORMAP_RDBU_R, .low = -limit, .high = limit, .label = label};
}

/* A strip above n heatmaps; rows counts both. The strip's row is left out when there are no states.
 */
static kr_status create_stack(const char *title, bool has_states, int n, double height,
                              kr_figure **figure, kr_error *err) {
    static const double with[] = {0.12, 1, 1, 1}, without[] = {1, 1, 1};
    kr_figure_options options = {.rows = n + has_states,
                                 .columns = 1,
                                 .width = 14,
                                 .height = height,
                                 .title = title,
                                 .row_heights = has_states ? with : without,
                                 .is_x_shared = true};
    return kr_figure_create(&options, figure, err);
}

kr_status kr_figure_series(const char *path, const char *title, const kr_series_part *part,
                           kr_error *err) {
    kr_figure *figure = NULL;
    KR_TRY(check_part(path, part, err));
    bool has_states = part->states;
    double low = (double)part->first_step - 0.5, high = low + (double)part->n_steps;
    KR_TRY(create_stack(title, has_states, 1, 5.5, &figure, err));
    kr_axes axes = heatmap_axes(NULL, "Time step", low, high);
    kr_color_scale scale = value_scale(reach(part), "Value");
    add_states(figure, NULL, part, low, high);
    add_heatmap(figure, has_states, &axes, part, &scale);
    return finish(figure, path, err);
}

/* ---- forecasts ---------------------------------------------------------------------------- */

/* other - truth, (n_steps, n_features). NULL when out of memory. */
static float *subtract(const kr_series_part *truth, const float *other) {
    int64_t n = truth->n_steps * truth->n_features;
    float *error = kr_calloc((size_t)n, sizeof *error);
    for (int64_t i = 0; i < n && error; i++) {
        error[i] = other[i] - (float)value_at(&truth->values, i);
    }
    return error;
}

typedef struct comparison {
    const char *title, *truth, *other, *error, *x_label;
} comparison;

/* Truth and another series on one scale, their difference on its own. */
static kr_status draw_comparison(const char *path, const comparison *texts,
                                 const kr_series_part *truth, const float *other, kr_error *err) {
    kr_figure *figure = NULL;
    KR_TRY(check_part(path, truth, err));
    bool has_states = truth->states;
    double low = (double)truth->first_step - 0.5, high = low + (double)truth->n_steps;
    float *error = subtract(truth, other);
    if (!error) return kr_fail(err, KR_MEMORY, "no memory for %s", path);
    kr_series_part forecast = *truth, difference = *truth;
    forecast.values = kr_values_f32(other, truth->values.n, 1);
    difference.values = kr_values_f32(error, truth->values.n, 1);
    kr_color_scale scale = value_scale(fmax(reach(truth), reach(&forecast)), "Value");
    kr_color_scale own_scale = value_scale(reach(&difference), "Error");
    kr_status status = create_stack(texts->title, has_states, 3, 9, &figure, err);
    if (status == KR_OK) {
        kr_axes first = heatmap_axes(texts->truth, NULL, low, high);
        kr_axes second = heatmap_axes(texts->other, NULL, low, high);
        kr_axes third = heatmap_axes(texts->error, texts->x_label, low, high);
        add_states(figure, NULL, truth, low, high);
        add_heatmap(figure, has_states, &first, truth, &scale);
        add_heatmap(figure, has_states + 1, &second, &forecast, &scale);
        add_heatmap(figure, has_states + 2, &third, &difference, &own_scale);
        status = finish(figure, path, err);
    }
    kr_free(error);
    return status;
}

kr_status kr_figure_next_prediction(const char *path, int64_t sample, const kr_series_part *part,
                                    const float *pred, kr_error *err) {
    char title[TEXT_SIZE];
    KR_TRY(check_part(path, part, err));
    snprintf(title, sizeof title, "Next-step prediction, sample %lld", (long long)sample);
    kr_series_part later = *part;
    int64_t n = (part->n_steps - 1) * part->n_features;
    later.n_steps--;
    later.first_step++;
    later.values.n = n;
    if (later.values.f32) later.values.f32 += part->n_features * part->values.stride;
    if (later.values.f64) later.values.f64 += part->n_features * part->values.stride;
    if (later.states) later.states++;
    const comparison texts = {title, "Ground truth", "Prediction, one step ahead",
                              "Prediction error", "Time step"};
    return draw_comparison(path, &texts, &later, pred, err);
}

kr_status kr_figure_generation_and_truth(const char *path, const kr_series_part *truth,
                                         const float *generated, kr_error *err) {
    char title[TEXT_SIZE];
    double sum = 0;
    KR_TRY(check_part(path, truth, err));
    int64_t n = truth->n_steps * truth->n_features;
    for (int64_t i = 0; i < n; i++) {
        double e = value_at(&truth->values, i) - (double)generated[i];
        sum += e * e;
    }
    snprintf(title, sizeof title, "Error (MSE %.4f)", sum / (double)n);
    const comparison texts = {NULL, "Ground truth (continuation)", "Generated", title, "Time step"};
    return draw_comparison(path, &texts, truth, generated, err);
}

/* ---- generation --------------------------------------------------------------------------- */

/* Context and generated steps in one array. NULL when out of memory. */
static float *join(const kr_series_part *context, int64_t n_generated, const float *generated) {
    int64_t n = context->n_steps * context->n_features, m = n_generated * context->n_features;
    float *all = kr_calloc((size_t)(n + m), sizeof *all);
    for (int64_t i = 0; i < n && all; i++) all[i] = (float)value_at(&context->values, i);
    for (int64_t i = 0; i < m && all; i++) all[n + i] = generated[i];
    return all;
}

static void draw_generation(kr_figure *figure, const kr_series_part *context,
                            const kr_series_part *all, const kr_series_part *generated) {
    double low = (double)all->first_step - 0.5, high = low + (double)all->n_steps;
    double start = (double)generated->first_step - 0.5;
    kr_color_scale scale = value_scale(reach(all), "Value");
    kr_axes whole = heatmap_axes("Seed and generated series", NULL, low, high);
    kr_axes zoom = heatmap_axes("Generated part", "Time step", start, high);
    bool has_states = context->states;
    add_states(figure, NULL, context, low, high);
    add_heatmap(figure, has_states, &whole, all, &scale);
    kr_panel_rule(kr_figure_panel(figure, has_states, 0), KR_VERTICAL, start,
                  &(kr_line_style){.dash = KR_DASH_DASHED, .color = kr_color_rgb(0), .width = 1.5});
    add_heatmap(figure, has_states + 1, &zoom, generated, &scale);
}

kr_status kr_figure_generation(const char *path, const kr_series_part *context, int64_t n_generated,
                               const float *generated, kr_error *err) {
    static const double with[] = {0.12, 1, 1};
    char title[TEXT_SIZE];
    kr_figure *figure = NULL;
    KR_TRY(check_part(path, context, err));
    snprintf(title, sizeof title, "Generation: %lld seed steps → %lld generated steps",
             (long long)context->n_steps, (long long)n_generated);
    kr_series_part all = *context, tail = *context;
    float *joined = join(context, n_generated, generated);
    if (!joined) return kr_fail(err, KR_MEMORY, "no memory for %s", path);
    all.n_steps += n_generated;
    all.values = kr_values_f32(joined, all.n_steps * all.n_features, 1);
    tail.n_steps = n_generated;
    tail.first_step += context->n_steps;
    tail.values = kr_values_f32(generated, n_generated * all.n_features, 1);
    kr_figure_options options = {.rows = 2 + (context->states != NULL),
                                 .columns = 1,
                                 .width = 14,
                                 .height = 7.5,
                                 .title = title,
                                 .row_heights = context->states ? with : NULL};
    kr_status status = kr_figure_create(&options, &figure, err);
    if (status == KR_OK) {
        draw_generation(figure, context, &all, &tail);
        status = finish(figure, path, err);
    }
    kr_free(joined);
    return status;
}

/* ---- circles ------------------------------------------------------------------------------ */

/* Of a long series every k-th step. */
static kr_status draw_visits(kr_panel *panel, const kr_circles *s, kr_error *err) {
    int64_t step = (s->n_steps + MOST_DOTS - 1) / MOST_DOTS, n = (s->n_steps + step - 1) / step;
    int32_t *circle = kr_calloc((size_t)n, sizeof *circle);
    double *y = kr_calloc((size_t)n, sizeof *y);
    const char **names = kr_calloc((size_t)s->n_circles, sizeof *names);
    kr_status status = KR_OK;
    if (circle && y && names) {
        for (int64_t i = 0; i < n; i++) y[i] = (double)(circle[i] = (int32_t)s->states[i * step]);
        for (int64_t i = 0; i < s->n_circles; i++) names[i] = "";
        kr_panel_axes(panel, &(kr_axes){.title = "Markov state sequence",
                                        .legend = KR_LEGEND_NONE,
                                        .x = {.label = "Time step"},
                                        .y = {.label = "Circle index", .is_integer = true}});
        kr_panel_scatter(panel, &(kr_scatter){.x = kr_values_steps(0, (double)step, n),
                                              .y = kr_values_f64(y, n, 1),
                                              .category = circle,
                                              .category_names = names,
                                              .n_categories = s->n_circles,
                                              .size = 2.5});
    } else {
        status = kr_fail(err, KR_MEMORY, "no memory for the picture of the circles");
    }
    kr_free(circle);
    kr_free(y);
    kr_free(names);
    return status;
}

static void draw_transitions(kr_panel *panel, const kr_circles *s) {
    int64_t n = s->n_circles;
    kr_panel_axes(
        panel, &(kr_axes){.title = "Sparse transition matrix",
                          .is_gridless = true,
                          .is_equal = true,
                          .x = {.label = "To circle", .is_integer = true},
                          .y = {.label = "From circle", .is_integer = true, .is_reversed = true}});
    kr_panel_heatmap(
        panel, &(kr_heatmap){.rows = n,
                             .columns = n,
                             .values = kr_values_f64(s->transition_matrix, n * n, 1),
                             .scale = {.colormap = KR_COLORMAP_BLUES, .label = "Probability"}});
    for (int64_t i = 0; i < n * n && n <= MOST_NUMBERED; i++) {
        double p = s->transition_matrix[i];
        char text[TEXT_SIZE];
        if (p <= 0.005) continue;
        snprintf(text, sizeof text, "%.2f", p);
        kr_panel_note(panel, &(kr_note){.text = text,
                                        .x = (double)(i % n),
                                        .y = (double)(i / n),
                                        .align_x = 0.5,
                                        .align_y = 0.5,
                                        .size = 6,
                                        .color = kr_color_rgb(p > 0.3 ? 0xffffff : 0x202020)});
    }
}

static kr_status draw_periods(kr_panel *panel, const kr_circles *s, kr_error *err) {
    double *height = kr_calloc((size_t)s->n_circles, sizeof *height);
    char(*text)[32] = kr_calloc((size_t)s->n_circles, sizeof *text);
    const char **names = kr_calloc((size_t)s->n_circles, sizeof *names);
    kr_status status = KR_OK;
    if (height && text && names) {
        for (int64_t i = 0; i < s->n_circles; i++) {
            height[i] = (double)s->periods[i];
            snprintf(text[i], sizeof text[i], "%lld", (long long)i);
            names[i] = text[i];
        }
        kr_panel_axes(
            panel,
            &(kr_axes){.title = "Period",
                       .x = {.label = "Circle index", .names = names, .n_names = s->n_circles},
                       .y = {.label = "Steps per revolution"}});
        kr_panel_bars(panel, &(kr_bars){.n_groups = 1,
                                        .n_categories = s->n_circles,
                                        .heights = kr_values_f64(height, s->n_circles, 1)});
    } else {
        status = kr_fail(err, KR_MEMORY, "no memory for the picture of the circles");
    }
    kr_free(height);
    kr_free(text);
    kr_free(names);
    return status;
}

kr_status kr_figure_circles(const char *path, const kr_circles *circles, kr_error *err) {
    kr_figure *figure = NULL;
    kr_figure_options options = {
        .rows = 1, .columns = 3, .width = 16, .height = 5, .palette = KR_PALETTE_TAB10};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_status status = draw_visits(kr_figure_panel(figure, 0, 0), circles, err);
    draw_transitions(kr_figure_panel(figure, 0, 1), circles);
    if (status == KR_OK) status = draw_periods(kr_figure_panel(figure, 0, 2), circles, err);
    if (status == KR_OK) return finish(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

/* ---- training ----------------------------------------------------------------------------- */

static void add_curve(kr_panel *panel, int64_t first, const kr_values *y, const char *label) {
    if (y->n == 0) return;
    kr_panel_line(panel, &(kr_line){.x = kr_values_steps((double)first, 1, y->n),
                                    .y = *y,
                                    .style = {.label = label},
                                    .marker_size = y->n <= 40 ? 4 : 0});
}

kr_status kr_figure_next_training(const char *path, const kr_next_curves *curves, kr_error *err) {
    static const double heights[] = {3, 1};
    const kr_next_curves *c = curves;
    kr_figure *figure = NULL;
    if (c->train.n < 1) return kr_fail(err, KR_SHAPE, "%s: no epoch to be drawn", path);
    kr_figure_options options = {.rows = 2,
                                 .columns = 1,
                                 .width = 8,
                                 .height = 6,
                                 .row_heights = heights,
                                 .is_x_shared = true};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_panel *losses = kr_figure_panel(figure, 0, 0), *rates = kr_figure_panel(figure, 1, 0);
    kr_panel_axes(losses, &(kr_axes){.title = "Training progress (causal Mamba)",
                                     .x = {.is_integer = true},
                                     .y = {.label = "Next-step MSE", .is_log = true}});
    kr_panel_axes(rates, &(kr_axes){.x = {.label = "Epoch", .is_integer = true},
                                    .y = {.label = "Learning rate"},
                                    .legend = KR_LEGEND_NONE});
    add_curve(losses, c->first_epoch, &c->train, "train (dropout on)");
    add_curve(losses, c->first_epoch, &c->train_eval, "train (dropout off)");
    add_curve(losses, c->first_epoch, &c->validation, "validation (dropout off)");
    add_curve(rates, c->first_epoch, &c->rate, NULL);
    return finish(figure, path, err);
}
