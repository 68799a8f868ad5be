/* SPDX-License-Identifier: MIT
 * forecast_figures.c - the pictures of a forecasting run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "plot/pictures.h"

enum { TEXT_SIZE = 512, MOST_PANELS = 12 };

static kr_color truth_color(void) { return kr_color_rgb(0x404040); }
static kr_color forecast_color(void) { return kr_palette_color(KR_PALETTE_OKABE_ITO, 1); }
static kr_color held_color(void) { return kr_palette_color(KR_PALETTE_OKABE_ITO, 0); }

static void append(char *text, const char *separator, const char *more) {
    size_t n = strlen(text);
    snprintf(text + n, TEXT_SIZE - n, "%s%s", n > 0 ? separator : "", more);
}

/* ---- one window --------------------------------------------------------------------------- */

static kr_status take_window(const char *path, const kr_forecast_window *given,
                             kr_forecast_window *window, kr_error *err) {
    KR_TRY(kr__sized_take("kr_forecast_window", given, window, sizeof *window, err));
    if (window->seq_len < 1 || window->pred_len < 1 || window->n_channels < 1) {
        return kr_fail(err, KR_SHAPE,
                       "%s: a forecast of %lld steps and %lld columns after %lld steps cannot be "
                       "drawn",
                       path, (long long)window->pred_len, (long long)window->n_channels,
                       (long long)window->seq_len);
    }
    if (window->held_len < 0 || window->held_from < 0 ||
        window->held_from > window->seq_len - window->held_len) {
        return kr_fail(err, KR_SHAPE,
                       "%s: a forecast of %lld steps from step %lld of a history of %lld cannot be "
                       "drawn",
                       path, (long long)window->held_len, (long long)window->held_from,
                       (long long)window->seq_len);
    }
    return KR_OK;
}

static void channel_name(const kr_forecast_window *window, int64_t channel, char *text) {
    if (window->channel_names && window->channel_names[channel]) {
        snprintf(text, TEXT_SIZE, "%s", window->channel_names[channel]);
    } else {
        snprintf(text, TEXT_SIZE, "channel %lld", (long long)channel);
    }
}

/* "MODEL, test window 17, from 2018-02-20 01:00" */
static void window_title(const kr_forecast_window *window, char *text) {
    char next[TEXT_SIZE];
    if (window->model) append(text, ", ", window->model);
    if (window->window >= 0) {
        snprintf(next, sizeof next, "test window %lld", (long long)window->window);
        append(text, ", ", next);
    }
    if (window->start) {
        snprintf(next, sizeof next, "forecast from %s", window->start);
        append(text, ", ", next);
    }
}

/* One channel of a window as numbers to draw: x and truth (after its history) have seq_len +
 * pred_len of them; y, low and high are room for what starts at the value before a forecast, so
 * that lines stay joined, and have as many. */
typedef struct drawn {
    const kr_forecast_window *window;
    int64_t channel;
    double *x, *truth, *y, *low, *high;
    double *block; /* of the five */
} drawn;

/* A forecast of the window: of its future, or of a stretch of its history. */
typedef struct stretch {
    int64_t before, n; /* x of the value before it; steps */
    const double *values, *lower, *upper;
    kr_color color;
    kr_line_style style;
} stretch;

/* x of the last known value. */
static double now_of(const drawn *d) { return d->x[d->window->seq_len - 1]; }

static void copy_stretch(const drawn *d, const stretch *s, const double *from, double *to) {
    to[0] = s->before < 0 ? (double)NAN : d->truth[s->before];
    for (int64_t t = 0; t < s->n; t++) to[t + 1] = from[t * d->window->n_channels + d->channel];
}

/* Where nothing is before it, it starts at its own first step. */
static kr_values view_stretch(const stretch *s, const double *from) {
    return s->before < 0 ? kr_values_f64(from + 1, s->n, 1) : kr_values_f64(from, s->n + 1, 1);
}

static kr_values view_x(const drawn *d, const stretch *s) {
    return s->before < 0 ? kr_values_f64(d->x, s->n, 1)
                         : kr_values_f64(d->x + s->before, s->n + 1, 1);
}

/* Step 0 is the last known one. */
static kr_status collect(drawn *d, kr_error *err) {
    const kr_forecast_window *w = d->window;
    int64_t n = w->seq_len + w->pred_len, stride = w->n_channels;
    d->block = kr__calloc((size_t)n + 1, 5 * sizeof *d->block);
    if (!d->block) return kr_fail(err, KR_MEMORY, "no memory for the figure of a forecast");
    d->x = d->block;
    d->truth = d->x + n + 1;
    d->y = d->truth + n + 1;
    d->low = d->y + n + 1;
    d->high = d->low + n + 1;
    for (int64_t t = 0; t < n; t++) {
        d->x[t] = w->timestamps ? (double)w->timestamps[t] : (double)(t + 1 - w->seq_len);
    }
    for (int64_t t = 0; t < w->seq_len; t++) d->truth[t] = w->history[t * stride + d->channel];
    for (int64_t t = 0; t < w->pred_len; t++) {
        d->truth[w->seq_len + t] = w->truth ? w->truth[t * stride + d->channel] : (double)NAN;
    }
    return KR_OK;
}

/* The widest first; narrower ones are drawn on top and are denser. Their names are those of the
 * future's. */
static void add_bands(kr_panel *panel, const drawn *d, const stretch *s, bool is_named) {
    const kr_forecast_window *w = d->window;
    for (int k = w->n_levels - 1; k >= 0 && s->lower; k--) {
        char label[TEXT_SIZE];
        int64_t at = k * s->n * w->n_channels;
        snprintf(label, sizeof label, "%.6g %%", 100 * w->levels[k]);
        copy_stretch(d, s, s->lower + at, d->low);
        copy_stretch(d, s, s->upper + at, d->high);
        kr_panel_band(panel, &(kr_band){.size = sizeof(kr_band),
                                        .x = view_x(d, s),
                                        .low = view_stretch(s, d->low),
                                        .high = view_stretch(s, d->high),
                                        .label = is_named ? label : NULL,
                                        .color = s->color,
                                        .opacity = k == w->n_levels - 1 ? 0.18 : 0.25});
    }
}

static void add_stretch(kr_panel *panel, const drawn *d, const stretch *s) {
    copy_stretch(d, s, s->values, d->y);
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = view_x(d, s),
                                    .y = view_stretch(s, d->y),
                                    .style = s->style});
}

static stretch future_of(const kr_forecast_window *w) {
    return (stretch){.before = w->seq_len - 1,
                     .n = w->pred_len,
                     .values = w->forecast,
                     .lower = w->lower,
                     .upper = w->upper,
                     .color = forecast_color(),
                     .style = {.label = w->truth ? "Prediction" : "Forecast",
                               .color = forecast_color(),
                               .width = 1.7}};
}

static stretch held_of(const kr_forecast_window *w) {
    return (stretch){.before = w->held_from - 1,
                     .n = w->held_len,
                     .values = w->held,
                     .lower = w->held_lower,
                     .upper = w->held_upper,
                     .color = held_color(),
                     .style = {.label = "Held-out forecast",
                               .color = held_color(),
                               .width = 1.5,
                               .dash = KR_DASH_DASHED}};
}

static void add_lines(kr_panel *panel, const drawn *d) {
    const kr_forecast_window *w = d->window;
    const stretch future = future_of(w), held = held_of(w);
    int64_t n = w->seq_len + w->pred_len;
    kr_panel_strip(panel, &(kr_strip){.size = sizeof(kr_strip),
                                      .from = now_of(d),
                                      .to = (double)INFINITY,
                                      .opacity = w->n_levels > 0 ? 0.03 : 0.07,
                                      .color = forecast_color()});
    kr_panel_rule(panel, KR_VERTICAL, now_of(d), NULL);
    if (w->held_len > 0) add_bands(panel, d, &held, false);
    add_bands(panel, d, &future, true);
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_f64(d->x, n, 1),
                                    .y = kr_values_f64(d->truth, n, 1),
                                    .style = {.label = w->truth ? "GroundTruth" : "History",
                                              .color = truth_color(),
                                              .width = 1.3}});
    if (w->held_len > 0) add_stretch(panel, d, &held);
    add_stretch(panel, d, &future);
}

static kr_status add_window(kr_panel *panel, const kr_forecast_window *window, int64_t channel,
                            kr_error *err) {
    drawn d = {.window = window, .channel = channel};
    kr_status status = collect(&d, err);
    if (status == KR_OK) add_lines(panel, &d);
    kr_free(d.block);
    return status;
}

static kr_axis time_axis(const kr_forecast_window *window) {
    if (window->timestamps) return (kr_axis){.is_date = true};
    return (kr_axis){.label = "steps from the last known value", .is_integer = true};
}

kr_status kr_figure_forecast(const char *path, const kr_forecast_window *given, int64_t channel,
                             kr_error *err) {
    char title[TEXT_SIZE] = "", name[TEXT_SIZE], label[TEXT_SIZE + 64];
    kr_forecast_window own;
    const kr_forecast_window *window = &own;
    KR_TRY(take_window(path, given, &own, err));
    if (channel < 0 || channel >= window->n_channels) {
        return kr_fail(err, KR_SHAPE, "%s: channel %lld of %lld cannot be drawn", path,
                       (long long)channel, (long long)window->n_channels);
    }
    kr_figure *figure = NULL;
    KR_TRY(kr_figure_create(
        &(kr_figure_options){.size = sizeof(kr_figure_options), .rows = 1, .columns = 1}, &figure,
        err));
    channel_name(window, channel, name);
    append(title, "", name);
    window_title(window, title);
    snprintf(label, sizeof label, window->units ? "%s [%s]" : "%s", name, window->units);
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel,
                  &(kr_axes){.size = sizeof(kr_axes),
                             .title = title,
                             .x = time_axis(window),
                             .y = {.label = label},
                             .legend = window->held_len > 0 ? KR_LEGEND_TOP : KR_LEGEND_AUTO});
    kr_status status = add_window(panel, window, channel, err);
    if (status != KR_OK) {
        kr_figure_destroy(figure);
        return status;
    }
    return kr__picture_finish(figure, path, err);
}

static int grid_columns(int64_t n) { return n <= 2 ? 1 : n <= 4 ? 2 : n <= 6 || n == 9 ? 3 : 4; }

kr_status kr_figure_forecast_grid(const char *path, const kr_forecast_window *given,
                                  kr_error *err) {
    char title[TEXT_SIZE] = "", note[TEXT_SIZE] = "", name[TEXT_SIZE];
    kr_forecast_window own;
    const kr_forecast_window *window = &own;
    KR_TRY(take_window(path, given, &own, err));
    int64_t all = window->n_channels, n = all < MOST_PANELS ? all : MOST_PANELS;
    int columns = grid_columns(n), rows = (int)((n + columns - 1) / columns);
    window_title(window, title);
    if (n < all) snprintf(note, sizeof note, "%lld of %lld columns", (long long)n, (long long)all);
    kr_figure *figure = NULL;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = rows,
                                 .columns = columns,
                                 .is_x_shared = true,
                                 .title = title[0] ? title : "Forecast",
                                 .note = note[0] ? note : NULL,
                                 .is_legend_shared = true,
                                 .width = columns == 1 ? 6.8 : 1.5 + 2.7 * columns,
                                 .height = 1.2 + 1.85 * rows};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_status status = KR_OK;
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        int64_t channel = n == all ? i : i * (all - 1) / (n - 1);
        int row = (int)(i / columns), column = (int)(i % columns);
        kr_panel *panel = kr_figure_panel(figure, row, column);
        channel_name(window, channel, name);
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .title = name,
                                        .x = time_axis(window),
                                        .y = {.label = column == 0 ? window->units : NULL}});
        status = add_window(panel, window, channel, err);
    }
    if (status != KR_OK) {
        kr_figure_destroy(figure);
        return status;
    }
    return kr__picture_finish(figure, path, err);
}

/* ---- several series ------------------------------------------------------------------------ */

static kr_status add_sheet_panel(kr_panel *panel, const char *path, const kr_forecast_window *given,
                                 kr_error *err) {
    char name[TEXT_SIZE];
    kr_forecast_window window;
    KR_TRY(take_window(path, given, &window, err));
    channel_name(&window, 0, name);
    kr_axis x = time_axis(&window);
    x.label = NULL;
    kr_panel_axes(
        panel,
        &(kr_axes){.size = sizeof(kr_axes), .title = name, .x = x, .y = {.label = window.units}});
    return add_window(panel, &window, 0, err);
}

static kr_status draw_sheet(const char *path, const kr_forecast_sheet *sheet, kr_error *err) {
    int64_t columns = sheet->columns > 0 ? sheet->columns : 3;
    if (columns > sheet->n) columns = sheet->n;
    int64_t rows = (sheet->n + columns - 1) / columns;
    kr_figure *figure = NULL;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = (int)rows,
                                 .columns = (int)columns,
                                 .title = sheet->title,
                                 .note = sheet->note,
                                 .is_legend_shared = true,
                                 .width = fmin(1.5 + 3.1 * (double)columns, 40),
                                 .height = fmin(1.2 + 1.9 * (double)rows, 40)};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_status status = KR_OK;
    for (int64_t i = 0; i < sheet->n && status == KR_OK; i++) {
        kr_panel *panel = kr_figure_panel(figure, (int)(i / columns), (int)(i % columns));
        status = add_sheet_panel(panel, path, &sheet->windows[i], err);
    }
    if (status == KR_OK) return kr__picture_finish(figure, path, err);
    kr_figure_destroy(figure);
    return status;
}

kr_status kr_figure_forecast_sheet(const char *path, const kr_forecast_sheet *given,
                                   kr_error *err) {
    kr_forecast_sheet sheet;
    void *taken = NULL;
    KR_TRY(kr__sized_take("kr_forecast_sheet", given, &sheet, sizeof sheet, err));
    if (sheet.n < 1 || sheet.n > 32 || sheet.columns < 0 || sheet.columns > 32) {
        return kr_fail(err, KR_SHAPE, "%s: %lld forecasts in %lld columns cannot be drawn", path,
                       (long long)sheet.n, (long long)sheet.columns);
    }
    KR_TRY(kr__pictures_take("kr_forecast_window", sheet.windows, sheet.n, sizeof *sheet.windows,
                             &taken, err));
    sheet.windows = taken;
    kr_status status = draw_sheet(path, &sheet, err);
    kr_free(taken);
    return status;
}

/* ---- training ----------------------------------------------------------------------------- */

static double value_of(const kr_values *values, int64_t i) {
    return values->f32   ? (double)values->f32[i * values->stride]
           : values->f64 ? values->f64[i * values->stride]
                         : values->first + (double)i * values->step;
}

/* Would the low end of the curves be too small to see on a linear axis? */
static bool wants_log(const kr_loss_curves *curves) {
    const kr_values *const all[] = {&curves->train, &curves->validation, &curves->test};
    double least = INFINITY, greatest = 0;
    for (int k = 0; k < 3; k++) {
        for (int64_t i = 0; i < all[k]->n; i++) {
            double v = value_of(all[k], i);
            if (!isfinite(v)) continue;
            least = fmin(least, v);
            greatest = fmax(greatest, v);
        }
    }
    return least > 0 && greatest > 30 * least;
}

static void add_loss(kr_panel *panel, const kr_loss_curves *curves, const kr_values *values,
                     const char *label, kr_dash dash) {
    if (values->n == 0) return;
    double first = curves->first_epoch == 0 ? 1 : (double)curves->first_epoch;
    kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                    .x = kr_values_steps(first, 1, values->n),
                                    .y = *values,
                                    .style = {.label = label, .dash = dash},
                                    .marker_size = values->n <= 40 ? 4 : 0});
}

kr_status kr_figure_loss(const char *path, const kr_loss_curves *given, kr_error *err) {
    kr_figure *figure = NULL;
    kr_loss_curves own;
    const kr_loss_curves *curves = &own;
    KR_TRY(kr__sized_take("kr_loss_curves", given, &own, sizeof own, err));
    KR_TRY(kr_figure_create(
        &(kr_figure_options){.size = sizeof(kr_figure_options), .rows = 1, .columns = 1}, &figure,
        err));
    kr_panel *panel = kr_figure_panel(figure, 0, 0);
    kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                    .title = curves->title ? curves->title : "Training",
                                    .x = {.label = "epoch", .is_integer = true},
                                    .y = {.label = curves->loss ? curves->loss : "loss",
                                          .is_log = wants_log(curves)}});
    if (curves->best >= 0 && curves->best < curves->validation.n) {
        char label[TEXT_SIZE];
        int64_t epoch = curves->best + (curves->first_epoch == 0 ? 1 : curves->first_epoch);
        snprintf(label, sizeof label, "epoch %lld is kept (%.4g)", (long long)epoch,
                 value_of(&curves->validation, curves->best));
        kr_panel_rule(panel, KR_VERTICAL, (double)epoch,
                      &(kr_line_style){.label = label, .dash = KR_DASH_DASHED});
    }
    add_loss(panel, curves, &curves->train, "train", KR_DASH_SOLID);
    add_loss(panel, curves, &curves->validation, "validation", KR_DASH_SOLID);
    add_loss(panel, curves, &curves->test, "test", KR_DASH_SOLID);
    return kr__picture_finish(figure, path, err);
}

/* ---- errors ------------------------------------------------------------------------------- */

static kr_status check_errors(const char *path, int64_t n, int64_t n_models, kr_error *err) {
    if (n >= 1 && n_models >= 1) return KR_OK;
    return kr_fail(err, KR_SHAPE, "%s: errors of %lld models at %lld places cannot be drawn", path,
                   (long long)n_models, (long long)n);
}

static double mean_of(int64_t n, const double *values) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += values[i];
    return sum / (double)n;
}

static void error_label(bool is_mae, const char *units, char *text) {
    snprintf(text, TEXT_SIZE, units ? "%s [%s]" : "%s", is_mae ? "MAE" : "MSE", units);
}

/* The means of many models would cover each other in the panel and in the legend. */
static bool has_means(int64_t n_models) { return n_models <= 3; }

static void add_horizon(kr_panel *panel, bool is_mae, int64_t pred_len, int64_t n_models,
                        const kr_error_curve *models) {
    for (int64_t m = 0; m < n_models; m++) {
        const double *values = is_mae ? models[m].mae : models[m].mse;
        kr_color color = kr_palette_color(KR_PALETTE_OKABE_ITO, m);
        char label[TEXT_SIZE];
        const char *name = models[m].name;
        if (has_means(n_models)) {
            snprintf(label, sizeof label, "%s%smean %.3f", name ? name : "", name ? ": " : "",
                     mean_of(pred_len, values));
        } else {
            snprintf(label, sizeof label, "%s", name ? name : "");
        }
        kr_panel_line(panel, &(kr_line){.size = sizeof(kr_line),
                                        .x = kr_values_steps(1, 1, pred_len),
                                        .y = kr_values_f64(values, pred_len, 1),
                                        .style = {.label = label, .color = color},
                                        .marker_size = pred_len <= 12 ? 4 : 0});
        if (!has_means(n_models)) continue;
        kr_panel_rule(panel, KR_HORIZONTAL, mean_of(pred_len, values),
                      &(kr_line_style){.color = color, .opacity = 0.6, .dash = KR_DASH_DASHED});
    }
}

static kr_status draw_by_horizon(const char *path, const char *title, const char *units,
                                 int64_t pred_len, int64_t n_models, const kr_error_curve *models,
                                 kr_error *err) {
    kr_figure *figure = NULL;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 1,
                                 .columns = 2,
                                 .width = 8.6,
                                 .height = 3.5,
                                 .title = title ? title : "Error by forecast step",
                                 .is_legend_shared = !has_means(n_models)};
    KR_TRY(kr_figure_create(&options, &figure, err));
    for (int k = 0; k < 2; k++) {
        char label[TEXT_SIZE];
        error_label(k == 1, units, label);
        kr_panel *panel = kr_figure_panel(figure, 0, k);
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .x = {.label = "forecast step", .is_integer = true},
                                        .y = {.label = label}});
        add_horizon(panel, k == 1, pred_len, n_models, models);
    }
    return kr__picture_finish(figure, path, err);
}

kr_status kr_figure_error_by_horizon(const char *path, const char *title, const char *units,
                                     int64_t pred_len, int64_t n_models,
                                     const kr_error_curve *models, kr_error *err) {
    void *taken = NULL;
    KR_TRY(check_errors(path, pred_len, n_models, err));
    KR_TRY(kr__pictures_take("kr_error_curve", models, n_models, sizeof *models, &taken, err));
    kr_status status = draw_by_horizon(path, title, units, pred_len, n_models, taken, err);
    kr_free(taken);
    return status;
}

static kr_status add_channels(kr_panel *panel, bool is_mae, int64_t n_channels, int64_t n_models,
                              const kr_error_curve *models, kr_error *err) {
    size_t n = 0;
    bool fits = kr__size_mul((size_t)n_channels, (size_t)n_models, &n);
    double *heights = fits ? kr__calloc(n, sizeof *heights) : NULL;
    const char **names = kr__calloc((size_t)n_models, sizeof *names);
    if (!heights || !names) {
        kr_free(heights);
        kr_free(names);
        return kr_fail(err, KR_MEMORY, "no memory for the figure of errors");
    }
    bool is_named = false;
    for (int64_t m = 0; m < n_models; m++) {
        const double *values = is_mae ? models[m].mae : models[m].mse;
        memcpy(heights + m * n_channels, values, (size_t)n_channels * sizeof *values);
        names[m] = models[m].name;
        is_named = is_named || names[m];
    }
    kr_panel_bars(panel, &(kr_bars){.size = sizeof(kr_bars),
                                    .n_groups = n_models,
                                    .n_categories = n_channels,
                                    .heights = kr_values_f64(heights, (int64_t)n, 1),
                                    .group_names = is_named ? names : NULL});
    kr_free(heights);
    kr_free(names);
    return KR_OK;
}

static kr_status draw_by_channel(const char *path, const char *title, const char *units,
                                 int64_t n_channels, const char *const *channel_names,
                                 int64_t n_models, const kr_error_curve *models, kr_error *err) {
    kr_figure *figure = NULL;
    kr_figure_options options = {.size = sizeof options,
                                 .rows = 2,
                                 .columns = 1,
                                 .height = 5,
                                 .is_x_shared = true,
                                 .is_legend_shared = true,
                                 .width = fmin(6.8 + 0.03 * (double)n_channels, 14),
                                 .title = title ? title : "Error by channel"};
    KR_TRY(kr_figure_create(&options, &figure, err));
    kr_status status = KR_OK;
    for (int k = 0; k < 2 && status == KR_OK; k++) {
        char label[TEXT_SIZE];
        error_label(k == 1, units, label);
        kr_panel *panel = kr_figure_panel(figure, k, 0);
        kr_panel_axes(panel, &(kr_axes){.size = sizeof(kr_axes),
                                        .x = {.label = "channel",
                                              .names = channel_names,
                                              .n_names = channel_names ? n_channels : 0,
                                              .is_integer = true},
                                        .y = {.label = label}});
        status = add_channels(panel, k == 1, n_channels, n_models, models, err);
    }
    if (status != KR_OK) {
        kr_figure_destroy(figure);
        return status;
    }
    return kr__picture_finish(figure, path, err);
}

kr_status kr_figure_error_by_channel(const char *path, const char *title, const char *units,
                                     int64_t n_channels, const char *const *channel_names,
                                     int64_t n_models, const kr_error_curve *models,
                                     kr_error *err) {
    void *taken = NULL;
    KR_TRY(check_errors(path, n_channels, n_models, err));
    KR_TRY(kr__pictures_take("kr_error_curve", models, n_models, sizeof *models, &taken, err));
    kr_status status =
        draw_by_channel(path, title, units, n_channels, channel_names, n_models, taken, err);
    kr_free(taken);
    return status;
}
