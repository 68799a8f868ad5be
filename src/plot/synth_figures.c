/* SPDX-License-Identifier: MIT
 * synth_figures.c - the pictures of the circles, of forecasts one step ahead, of generation. */
#include <kr/figures.h>
#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "plot/map_picture.h"
#include "plot/series_picture.h"

enum { TEXT_SIZE = 256, MOST_DOTS = 20000, MOST_NUMBERED = 16 };

/* ---- a series as a picture ---------------------------------------------------------------- */

/* A strip above n heatmaps; rows counts both. The strip's row is left out when there are no states.
 */
static kr_status create_stack(const char *title, bool has_states, int n, double height,
                              kr_figure **figure, kr_error *err) {
    static const double with[] = {0.12, 1, 1, 1}, without[] = {1, 1, 1};
    kr_figure_options options = {.size = sizeof options,
                                 .rows = n + has_states,
                                 .columns = 1,
                                 .width = 14,
                                 .height = height,
                                 .title = title,
                                 .row_heights = has_states ? with : without,
                                 .is_x_shared = true};
    return kr_figure_create(&options, figure, err);
}

kr_status kr_figure_series(const char *path, const char *title, const kr_series_part *given,
                           kr_error *err) {
    kr_figure *figure = NULL;
    kr_series_part own;
    const kr_series_part *part = &own;
    KR_TRY(kr__picture_take(path, given, &own, err));
    bool has_states = part->states;
    double low = (double)part->first_step - 0.5, high = low + (double)part->n_steps;
    KR_TRY(create_stack(title, has_states, 1, 5.5, &figure, err));
    kr_axes axes = kr__picture_axes(NULL, "Time step", low, high);
    kr_color_scale scale = kr__picture_scale(kr__picture_reach(part), "Value");
    kr__picture_states(figure, NULL, part, low, high);
    kr__picture_heatmap(figure, has_states, &axes, part, &scale);
    return kr__picture_finish(figure, path, err);
}

/* ---- forecasts ---------------------------------------------------------------------------- */

/* other - truth, (n_steps, n_features). NULL when out of memory. */
static float *subtract(const kr_series_part *truth, const float *other) {
    int64_t n = truth->n_steps * truth->n_features;
    float *error = kr__calloc((size_t)n, sizeof *error);
    for (int64_t i = 0; i < n && error; i++) {
        error[i] = other[i] - (float)kr__picture_value(&truth->values, i);
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
    KR_TRY(kr__picture_check(path, truth, err));
    bool has_states = truth->states;
    double low = (double)truth->first_step - 0.5, high = low + (double)truth->n_steps;
    float *error = subtract(truth, other);
    if (!error) return kr_fail(err, KR_MEMORY, "no memory for %s", path);
    kr_series_part forecast = *truth, difference = *truth;
    forecast.values = kr_values_f32(other, truth->values.n, 1);
    difference.values = kr_values_f32(error, truth->values.n, 1);
    kr_color_scale scale =
        kr__picture_scale(fmax(kr__picture_reach(truth), kr__picture_reach(&forecast)), "Value");
    kr_color_scale own_scale = kr__picture_scale(kr__picture_reach(&difference), "Error");
    kr_status status = create_stack(texts->title, has_states, 3, 9, &figure, err);
    if (status == KR_OK) {
        kr_axes first = kr__picture_axes(texts->truth, NULL, low, high);
        kr_axes second = kr__picture_axes(texts->other, NULL, low, high);
        kr_axes third = kr__picture_axes(texts->error, texts->x_label, low, high);
        kr__picture_states(figure, NULL, truth, low, high);
        kr__picture_heatmap(figure, has_states, &first, truth, &scale);
        kr__picture_heatmap(figure, has_states + 1, &second, &forecast, &scale);
        kr__picture_heatmap(figure, has_states + 2, &third, &difference, &own_scale);
        status = kr__picture_finish(figure, path, err);
    }
    kr_free(error);
    return status;
}

kr_status kr_figure_nextstep_prediction(const char *path, int64_t sample,
                                        const kr_series_part *given, const float *pred,
                                        kr_error *err) {
    char title[TEXT_SIZE];
    kr_series_part own;
    const kr_series_part *part = &own;
    KR_TRY(kr__picture_take(path, given, &own, err));
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

kr_status kr_figure_generation_and_truth(const char *path, const kr_series_part *given,
                                         const float *generated, kr_error *err) {
    char title[TEXT_SIZE];
    double sum = 0;
    kr_series_part own;
    const kr_series_part *truth = &own;
    KR_TRY(kr__picture_take(path, given, &own, err));
    int64_t n = truth->n_steps * truth->n_features;
    for (int64_t i = 0; i < n; i++) {
        double e = kr__picture_value(&truth->values, i) - (double)generated[i];
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
    float *all = kr__calloc((size_t)(n + m), sizeof *all);
    for (int64_t i = 0; i < n && all; i++) all[i] = (float)kr__picture_value(&context->values, i);
    for (int64_t i = 0; i < m && all; i++) all[n + i] = generated[i];
    return all;
}

static void draw_generation(kr_figure *figure, const kr_series_part *context,
                            const kr_series_part *all, const kr_series_part *generated) {
    double low = (double)all->first_step - 0.5, high = low + (double)all->n_steps;
    double start = (double)generated->first_step - 0.5;
    kr_color_scale scale = kr__picture_scale(kr__picture_reach(all), "Value");
    kr_axes whole = kr__picture_axes("Seed and generated series", NULL, low, high);
    kr_axes zoom = kr__picture_axes("Generated part", "Time step", start, high);
    bool has_states = context->states;
    kr__picture_states(figure, NULL, context, low, high);
    kr__picture_heatmap(figure, has_states, &whole, all, &scale);
    kr_panel_rule(kr_figure_panel(figure, has_states, 0), KR_VERTICAL, start,
                  &(kr_line_style){.dash = KR_DASH_DASHED, .color = kr_color_rgb(0), .width = 1.5});
    kr__picture_heatmap(figure, has_states + 1, &zoom, generated, &scale);
}

kr_status kr_figure_generation(const char *path, const kr_series_part *given, int64_t n_generated,
                               const float *generated, kr_error *err) {
    static const double with[] = {0.12, 1, 1};
    char title[TEXT_SIZE];
    kr_figure *figure = NULL;
    kr_series_part own;
    const kr_series_part *context = &own;
    KR_TRY(kr__picture_take(path, given, &own, err));
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
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 2 + (context->states != NULL),
                                 .columns = 1,
                                 .width = 14,
                                 .height = 7.5,
                                 .title = title,
                                 .row_heights = context->states ? with : NULL};
    kr_status status = kr_figure_create(&options, &figure, err);
    if (status == KR_OK) {
        draw_generation(figure, context, &all, &tail);
        status = kr__picture_finish(figure, path, err);
    }
    kr_free(joined);
    return status;
}

/* ---- circles ------------------------------------------------------------------------------ */

/* For a long series every k-th step. */
static kr_status draw_visits(kr_panel *panel, const kr_circles *s, kr_error *err) {
    int64_t step = (s->n_steps + MOST_DOTS - 1) / MOST_DOTS, n = (s->n_steps + step - 1) / step;
    int32_t *circle = kr__calloc((size_t)n, sizeof *circle);
    double *y = kr__calloc((size_t)n, sizeof *y);
    const char **names = kr__calloc((size_t)s->n_circles, sizeof *names);
    kr_status status = KR_OK;
    if (circle && y && names) {
        for (int64_t i = 0; i < n; i++) y[i] = (double)(circle[i] = (int32_t)s->states[i * step]);
        for (int64_t i = 0; i < s->n_circles; i++) names[i] = "";
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .title = "Markov state sequence",
                                        .legend = KR_LEGEND_NONE,
                                        .x = {.label = "Time step"},
                                        .y = {.label = "Circle index", .is_integer = true}});
        kr_panel_scatter(panel, &(kr_scatter){.size = sizeof(kr_scatter),
                                              .x = kr_values_steps(0, (double)step, n),
                                              .y = kr_values_f64(y, n, 1),
                                              .category = circle,
                                              .category_names = names,
                                              .n_categories = s->n_circles,
                                              .diameter = 2.5});
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
        panel, &(kr_axes){.size = sizeof(kr_axes),
                          .title = "Sparse transition matrix",
                          .is_gridless = true,
                          .is_equal = true,
                          .x = {.label = "To circle", .is_integer = true},
                          .y = {.label = "From circle", .is_integer = true, .is_reversed = true}});
    kr_panel_heatmap(
        panel, &(kr_heatmap){.size = sizeof(kr_heatmap),
                             .rows = n,
                             .columns = n,
                             .values = kr_values_f64(s->transition_matrix, n * n, 1),
                             .scale = {.colormap = KR_COLORMAP_BLUES, .label = "Probability"}});
    for (int64_t i = 0; i < n * n && n <= MOST_NUMBERED; i++) {
        const int64_t row = i / n;
        double p = s->transition_matrix[i];
        char text[TEXT_SIZE];
        if (p <= 0.005) continue;
        snprintf(text, sizeof text, "%.2f", p);
        kr_panel_note(panel, &(kr_note){.size = sizeof(kr_note),
                                        .text = text,
                                        .x = (double)(i % n),
                                        .y = (double)row,
                                        .align_x = 0.5,
                                        .align_y = 0.5,
                                        .font_size = 6,
                                        .color = kr_color_rgb(p > 0.3 ? 0xffffff : 0x202020)});
    }
}

/* One bar per circle. */
static kr_status draw_bars(kr_panel *panel, const char *title, const char *y_label, int64_t n,
                           const double *height, kr_error *err) {
    char(*text)[32] = kr__calloc((size_t)n, sizeof *text);
    const char **names = kr__calloc((size_t)n, sizeof *names);
    kr_status status = KR_OK;
    if (text && names) {
        for (int64_t i = 0; i < n; i++) {
            snprintf(text[i], sizeof text[i], "%lld", (long long)i);
            names[i] = text[i];
        }
        kr_panel_axes(panel,
                      &(kr_axes){.size = sizeof(kr_axes),
                                 .title = title,
                                 .x = {.label = "Circle index", .names = names, .n_names = n},
                                 .y = {.label = y_label}});
        kr_panel_bars(panel, &(kr_bars){.size = sizeof(kr_bars),
                                        .n_groups = 1,
                                        .n_categories = n,
                                        .heights = kr_values_f64(height, n, 1)});
    } else {
        status = kr_fail(err, KR_MEMORY, "no memory for the picture of the circles");
    }
    kr_free(text);
    kr_free(names);
    return status;
}

static kr_status draw_periods(kr_panel *panel, const kr_circles *s, kr_error *err) {
    double *height = kr__calloc((size_t)s->n_circles, sizeof *height);
    if (!height) return kr_fail(err, KR_MEMORY, "no memory for the picture of the circles");
    for (int64_t i = 0; i < s->n_circles; i++) height[i] = (double)s->periods[i];
    kr_status status =
        draw_bars(panel, "Period", "Steps per revolution", s->n_circles, height, err);
    kr_free(height);
    return status;
}

static kr_status draw_shares(kr_panel *panel, const kr_circles *s, kr_error *err) {
    double *height = kr__calloc((size_t)s->n_circles, sizeof *height);
    if (!height) return kr_fail(err, KR_MEMORY, "no memory for the picture of the circles");
    for (int64_t i = 0; i < s->n_steps; i++) height[s->states[i]] += 100.0 / (double)s->n_steps;
    kr_status status =
        draw_bars(panel, "Time spent", "Share of the steps [%]", s->n_circles, height, err);
    kr_free(height);
    return status;
}

/* ---- maps of the circles ------------------------------------------------------------------ */

enum { BY_CIRCLE, BY_TIME, N_MAPS };

/* The map of steps in two colourings; it owns what the maps point to. */
typedef struct step_maps {
    int64_t *circles;
    double *steps;
    kr_map maps[N_MAPS];
    kr_maps style;
} step_maps;

static kr_status make_maps(const kr_circles *c, const char *const titles[N_MAPS], step_maps *m,
                           kr_error *err) {
    int64_t n = c->n_mapped;
    m->circles = kr__calloc((size_t)n, sizeof *m->circles);
    m->steps = kr__calloc((size_t)n, sizeof *m->steps);
    if (!m->circles || !m->steps) {
        return kr_fail(err, KR_MEMORY, "no memory for a map of %lld steps", (long long)n);
    }
    for (int64_t i = 0; i < n; i++) {
        m->circles[i] = c->states[c->map_steps[i]];
        m->steps[i] = (double)c->map_steps[i];
    }
    kr_map map = {.size = sizeof map, .n = n, .places = c->map_places};
    m->maps[BY_CIRCLE] = m->maps[BY_TIME] = map;
    m->maps[BY_CIRCLE].classes = m->circles;
    m->maps[BY_TIME].numbers = kr_values_f64(m->steps, n, 1);
    m->maps[BY_TIME].number_label = "Time step";
    for (int i = 0; i < N_MAPS; i++) m->maps[i].title = titles[i];
    m->style = (kr_maps){.size = sizeof(kr_maps),
                         .n_maps = N_MAPS,
                         .maps = m->maps,
                         .columns = N_MAPS,
                         .axis = "UMAP",
                         .n_classes = c->n_circles,
                         .class_name = "circle",
                         .palette = c->palette};
    return KR_OK;
}

static void free_maps(step_maps *m) {
    kr_free(m->circles);
    kr_free(m->steps);
}

static kr_status draw_maps(kr_figure *figure, const kr_circles *c, kr_error *err) {
    static const char *const titles[] = {"UMAP by circle", "UMAP by time"};
    step_maps m = {0};
    kr_status status = make_maps(c, titles, &m, err);
    for (int i = 0; i < N_MAPS && status == KR_OK; i++) {
        status = kr__map_panel(kr_figure_panel(figure, 1, 1 + i), &m.style, &m.maps[i],
                               KR_LEGEND_RIGHT, err);
    }
    free_maps(&m);
    return status;
}

kr_status kr_figure_circles_map(const char *path, const char *title, const kr_circles *given,
                                kr_error *err) {
    static const char *const titles[] = {"Coloured by circle", "Coloured by time"};
    step_maps m = {0};
    kr_circles own;
    const kr_circles *circles = &own;
    KR_TRY(kr__sized_take("kr_circles", given, &own, sizeof own, err));
    if (circles->n_mapped < 1) return kr_fail(err, KR_SHAPE, "%s: no map to be drawn", path);
    kr_status status = make_maps(circles, titles, &m, err);
    m.style.title = title;
    if (status == KR_OK) status = kr_figure_maps(path, &m.style, err);
    free_maps(&m);
    return status;
}

kr_status kr_figure_circles(const char *path, const kr_circles *given, kr_error *err) {
    kr_figure *figure = NULL;
    kr_circles own;
    const kr_circles *circles = &own;
    KR_TRY(kr__sized_take("kr_circles", given, &own, sizeof own, err));
    bool has_map = circles->n_mapped > 0;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = has_map ? 2 : 1,
                                 .columns = 3,
                                 .width = 17,
                                 .height = has_map ? 10 : 5,
                                 .palette = circles->palette};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_status status = draw_visits(kr_figure_panel(figure, 0, 0), circles, err);
    draw_transitions(kr_figure_panel(figure, 0, 1), circles);
    if (status == KR_OK) status = draw_periods(kr_figure_panel(figure, 0, 2), circles, err);
    if (status == KR_OK && has_map) {
        status = draw_shares(kr_figure_panel(figure, 1, 0), circles, err);
    }
    if (status == KR_OK && has_map) status = draw_maps(figure, circles, err);
    if (status == KR_OK) return kr__picture_finish(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

/* ---- training ----------------------------------------------------------------------------- */

static void add_curve(kr_panel *panel, int64_t first, const kr_values *y, const char *label) {
    if (y->n == 0) return;
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_steps((double)first, 1, y->n),
                                    .y = *y,
                                    .style = {.label = label},
                                    .marker_size = y->n <= 40 ? 4 : 0});
}

kr_status kr_figure_nextstep_training(const char *path, const kr_nextstep_curves *curves,
                                      kr_error *err) {
    static const double heights[] = {3, 1};
    kr_nextstep_curves own;
    const kr_nextstep_curves *c = &own;
    kr_figure *figure = NULL;
    KR_TRY(kr__sized_take("kr_nextstep_curves", curves, &own, sizeof own, err));
    if (c->train.n < 1) return kr_fail(err, KR_SHAPE, "%s: no epoch to be drawn", path);
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 2,
                                 .columns = 1,
                                 .width = 8,
                                 .height = 6,
                                 .row_heights = heights,
                                 .is_x_shared = true};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_panel *losses = kr_figure_panel(figure, 0, 0), *rates = kr_figure_panel(figure, 1, 0);
    kr_panel_axes(losses, &(kr_axes){.size = sizeof(kr_axes),
                                     .title = "Training progress (causal Mamba)",
                                     .x = {.is_integer = true},
                                     .y = {.label = "Next-step MSE", .is_log = true}});
    kr_panel_axes(rates, &(kr_axes){.size = sizeof(kr_axes),
                                    .x = {.label = "Epoch", .is_integer = true},
                                    .y = {.label = "Learning rate"},
                                    .legend = KR_LEGEND_NONE});
    add_curve(losses, c->first_epoch, &c->train, "train (dropout on)");
    add_curve(losses, c->first_epoch, &c->train_eval, "train (dropout off)");
    add_curve(losses, c->first_epoch, &c->validation, "validation (dropout off)");
    add_curve(rates, c->first_epoch, &c->rate, NULL);
    return kr__picture_finish(figure, path, err);
}
