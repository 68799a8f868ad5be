/* SPDX-License-Identifier: MIT
 * test_forecast_figures.c - the pictures of a run appear for usual and odd input, or say why not.
 */
#include <float.h>
#include <kr/figures.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "support/drawn.h"
#include "support/picture.h"

static const char path[] = "test_forecast_figures.png";
enum { MOST = 321, SEQ_LEN = 48, PRED_LEN = 24 };
static double history[SEQ_LEN * MOST], truth[PRED_LEN * MOST], forecast[PRED_LEN * MOST];

static void fill(double *out, int n, double phase) {
    for (int i = 0; i < n; i++) out[i] = sin(0.1 * i + phase);
}

static kr_forecast_window make_window(int64_t n_channels) {
    fill(history, SEQ_LEN * MOST, 0);
    fill(truth, PRED_LEN * MOST, 1);
    fill(forecast, PRED_LEN * MOST, 1.2);
    return (kr_forecast_window){.size = sizeof(kr_forecast_window),
                                .seq_len = SEQ_LEN,
                                .pred_len = PRED_LEN,
                                .n_channels = n_channels,
                                .history = history,
                                .truth = truth,
                                .forecast = forecast,
                                .model = "RLinear",
                                .window = 17,
                                .units = "scaled",
                                .start = "2018-02-20 01:00"};
}

static void a_window_is_drawn(void **state) {
    (void)state;
    kr_forecast_window window = make_window(3);
    assert_int_equal(kr_figure_forecast(path, &window, 2, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0xD55E00); /* the prediction */
    window.truth = NULL;
    window.seq_len = window.pred_len = 1;
    window.model = window.units = window.start = NULL;
    window.window = -1;
    history[2] = forecast[2] = NAN;
    assert_int_equal(kr_figure_forecast(path, &window, 2, NULL), KR_OK);
    kr_expect_drawn(path);
    remove(path);
    forecast[1] = FLT_MAX;
    assert_int_equal(kr_figure_forecast(path, &window, 1, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0xD55E00);
}

/* Inner intervals lie on outer ones and are denser. */
static void intervals_and_dates_are_drawn(void **state) {
    (void)state;
    static double lower[2 * PRED_LEN * 3], upper[2 * PRED_LEN * 3];
    static int64_t timestamps[SEQ_LEN + PRED_LEN];
    static const double levels[2] = {0.8, 0.95};
    kr_forecast_window window = make_window(3);
    for (int i = 0; i < SEQ_LEN + PRED_LEN; i++)
        timestamps[i] = 1530000000 * KR__SECOND + i * KR__HOUR;
    for (int i = 0; i < 2 * PRED_LEN * 3; i++) {
        double half = i < PRED_LEN * 3 ? 0.5 : 1;
        lower[i] = forecast[i % (PRED_LEN * 3)] - half;
        upper[i] = forecast[i % (PRED_LEN * 3)] + half;
    }
    window.timestamps = timestamps;
    window.n_levels = 2;
    window.levels = levels;
    window.lower = lower;
    window.upper = upper;
    assert_int_equal(kr_figure_forecast(path, &window, 1, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0xD55E00);
    assert_int_equal(kr_figure_forecast(path, &window, 1, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0xF6DDCB);
    assert_int_equal(kr_figure_forecast(path, &window, 1, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0xEDBD98);
    window.truth = NULL;
    assert_int_equal(kr_figure_forecast_grid(path, &window, NULL), KR_OK);
    kr_expect_picture(path, 1035, 735, 0xD55E00);
}

/* In blue, dashed, with bands of its own where there are bounds. */
static void a_held_out_forecast_is_drawn(void **state) {
    (void)state;
    static double lower[PRED_LEN * 3], upper[PRED_LEN * 3];
    static const double levels[1] = {0.8};
    kr_forecast_window window = make_window(3);
    for (int i = 0; i < PRED_LEN * 3; i++) {
        lower[i] = forecast[i] - 0.5;
        upper[i] = forecast[i] + 0.5;
    }
    window.truth = NULL;
    window.levels = levels;
    window.lower = lower;
    window.upper = upper;
    window.held_len = PRED_LEN;
    window.held = forecast;
    for (window.held_from = 0; window.held_from <= PRED_LEN; window.held_from += PRED_LEN) {
        window.n_levels = 0;
        window.held_lower = window.held_upper = NULL;
        assert_int_equal(kr_figure_forecast(path, &window, 1, NULL), KR_OK);
        kr_expect_picture(path, 1020, 540, 0x0072B2);
        window.n_levels = 1;
        window.held_lower = lower;
        window.held_upper = upper;
        assert_int_equal(kr_figure_forecast_grid(path, &window, NULL), KR_OK);
        kr_expect_picture(path, 0, 0, 0xD1E5F1);
    }
    kr_error err = {0};
    assert_int_equal(kr_figure_forecast(path, &window, 1, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "from step 48 of a history of 48"));
}

static void all_channels_are_drawn_up_to_twelve(void **state) {
    (void)state;
    static const struct {
        int64_t n_channels;
        int width, height;
    } rows[] = {{1, 1020, 458}, {7, 1845, 735}, {MOST, 1845, 1013}};
    for (int i = 0; i < 3; i++) {
        kr_forecast_window window = make_window(rows[i].n_channels);
        assert_int_equal(kr_figure_forecast_grid(path, &window, NULL), KR_OK);
        kr_expect_picture(path, rows[i].width, rows[i].height, 0xD55E00);
    }
}

static void impossible_windows_are_refused(void **state) {
    (void)state;
    kr_error err = {0};
    kr_forecast_window window = make_window(3);
    assert_int_equal(kr_figure_forecast(path, &window, 3, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "channel 3 of 3"));
    window.pred_len = 0;
    assert_int_equal(kr_figure_forecast_grid(path, &window, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "0 steps"));
    window = make_window(3);
    assert_int_equal(kr_figure_forecast("no/folder/x.pdf", &window, 0, &err), KR_IO);
    assert_non_null(strstr(err.text, "no/folder/x.pdf"));
}

static void series_are_drawn_on_a_sheet(void **state) {
    (void)state;
    kr_forecast_window windows[9];
    for (int i = 0; i < 9; i++) windows[i] = make_window(1);
    windows[4].held = forecast;
    windows[4].held_len = PRED_LEN;
    kr_forecast_sheet sheet = {.size = sizeof sheet, .title = "Series", .windows = windows};
    for (sheet.n = 1; sheet.n <= 9; sheet.n += 4) {
        assert_int_equal(kr_figure_forecast_sheet(path, &sheet, NULL), KR_OK);
        kr_expect_picture(path, sheet.n == 1 ? 690 : 1620, 0, sheet.n == 1 ? 0xD55E00 : 0x0072B2);
    }
    kr_error err = {0};
    windows[8].held_len = SEQ_LEN + 1;
    sheet.n = 9;
    assert_int_equal(kr_figure_forecast_sheet(path, &sheet, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "49 steps"));
    sheet.n = 0;
    assert_int_equal(kr_figure_forecast_sheet(path, &sheet, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "0 forecasts"));
}

static void losses_are_drawn_with_the_kept_epoch(void **state) {
    (void)state;
    double train[] = {1, 0.5, 0.4}, validation[] = {0.9, 0.6, (double)NAN};
    kr_loss_curves curves = {.size = sizeof curves,
                             .train = kr_values_f64(train, 3, 1),
                             .validation = kr_values_f64(validation, 3, 1),
                             .loss = "MSE",
                             .best = 1};
    assert_int_equal(kr_figure_loss(path, &curves, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0x0072B2);
    train[0] = 1e6; /* goes to a logarithmic axis */
    assert_int_equal(kr_figure_loss(path, &curves, NULL), KR_OK);
    kr_expect_picture(path, 1020, 540, 0x0072B2);
    assert_int_equal(
        kr_figure_loss(path, &(kr_loss_curves){.size = sizeof(kr_loss_curves), .best = 3}, NULL),
        KR_OK);
    kr_expect_drawn(path);
    remove(path);
}

static void errors_are_drawn_by_step_and_channel(void **state) {
    (void)state;
    static double mse[MOST], mae[MOST];
    const char *names[MOST];
    for (int i = 0; i < MOST; i++) {
        mse[i] = 0.3 + 0.001 * i;
        mae[i] = 0.4 + 0.001 * i;
        names[i] =
            i == 1 ? "a channel whose name is far too long to be written below its bar" : "c";
    }
    const kr_error_curve models[] = {{sizeof models[0], "TimeStar", mse, mae},
                                     {sizeof models[0], NULL, mae, mse}};
    for (int64_t n = 1; n <= MOST; n += 160) {
        assert_int_equal(kr_figure_error_by_horizon(path, NULL, "scaled", n, 2, models, NULL),
                         KR_OK);
        kr_expect_picture(path, 1290, 525, 0x0072B2);
        assert_int_equal(
            kr_figure_error_by_channel(path, "Errors", NULL, n, names, 2, models, NULL), KR_OK);
        kr_expect_picture(path, (int)ceil(150 * fmin(6.8 + 0.03 * (double)n, 14) - 1e-6), 750,
                          0x0072B2);
    }
    kr_error err = {0};
    assert_int_equal(kr_figure_error_by_channel(path, NULL, NULL, 0, NULL, 1, models, &err),
                     KR_SHAPE);
    assert_int_equal(kr_figure_error_by_horizon(path, NULL, NULL, 3, 0, models, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "0 models"));
}

/* What is far outside lies at the end of the axis, with its number; a line for each step. */
static void ratios_are_drawn_on_a_cut_axis(void **state) {
    (void)state;
    static double steps[PRED_LEN], worse[PRED_LEN];
    for (int i = 0; i < PRED_LEN; i++) {
        steps[i] = 0.8 + 0.01 * i;
        worse[i] = i == 3 ? (double)NAN : 900;
    }
    kr_error_ratio models[] = {
        {sizeof models[0], "ETS", 0.9, 0.8, steps, true, false},
        {sizeof models[0], "Naive", 1, 1, NULL, false, false},
        {sizeof models[0], "a model with a name far too long for an axis", 1e30, (double)NAN, worse,
         false, true},
        {sizeof models[0], "Theta", (double)NAN, (double)INFINITY, NULL, false, false}};
    kr_error_ratios ratios = {.size = sizeof ratios,
                              .title = "Errors",
                              .reference = "Naive",
                              .note = "note",
                              .pred_len = PRED_LEN,
                              .n_models = 4,
                              .models = models};
    assert_int_equal(kr_figure_error_ratios(path, &ratios, NULL), KR_OK);
    kr_expect_picture(path, 1440, 510, 0xD55E00);
    assert_int_equal(kr_figure_error_ratios(path, &ratios, NULL), KR_OK);
    kr_expect_picture(path, 1440, 510, 0x0072B2);
    ratios.reference = NULL;
    ratios.pred_len = 1; /* no lines */
    assert_int_equal(kr_figure_error_ratios(path, &ratios, NULL), KR_OK);
    kr_expect_picture(path, 810, 510, 0xD55E00);
    models[0].ratio = models[1].ratio = models[2].ratio = (double)NAN;
    models[0].earlier = models[1].earlier = (double)NAN;
    assert_int_equal(kr_figure_error_ratios(path, &ratios, NULL), KR_OK);
    kr_expect_drawn(path);
    remove(path);
    kr_error err = {0};
    ratios.n_models = 0;
    assert_int_equal(kr_figure_error_ratios(path, &ratios, &err), KR_SHAPE);
    assert_non_null(strstr(err.text, "0 models"));
}

/* ---- want of memory ------------------------------------------------------------------------- */

static kr_forecast_window make_dated_window(void) {
    static int64_t timestamps[SEQ_LEN + PRED_LEN];
    static const double levels[1] = {0.8};
    kr_forecast_window window = make_window(3);
    for (int i = 0; i < SEQ_LEN + PRED_LEN; i++) timestamps[i] = i * KR__HOUR;
    window.timestamps = timestamps;
    window.n_levels = 1;
    window.levels = levels;
    window.lower = window.upper = window.held = window.held_lower = window.held_upper = forecast;
    window.held_len = PRED_LEN;
    return window;
}

static kr_status make_forecast(const char *to, kr_error *err) {
    kr_forecast_window window = make_dated_window();
    return kr_figure_forecast(to, &window, 1, err);
}

static kr_status make_grid(const char *to, kr_error *err) {
    kr_forecast_window window = make_dated_window();
    return kr_figure_forecast_grid(to, &window, err);
}

static kr_status make_sheet(const char *to, kr_error *err) {
    kr_forecast_window windows[] = {make_dated_window(), make_window(2)};
    kr_forecast_sheet sheet = {.size = sizeof sheet, .title = "t", .n = 2, .windows = windows};
    return kr_figure_forecast_sheet(to, &sheet, err);
}

static kr_status make_loss(const char *to, kr_error *err) {
    kr_loss_curves curves = {.size = sizeof curves, .best = 1};
    curves.train = curves.validation = curves.test = kr_values_steps(1, 1, 5);
    return kr_figure_loss(to, &curves, err);
}

static kr_status make_by_horizon(const char *to, kr_error *err) {
    const kr_error_curve model = {sizeof model, "TimeStar", truth, truth};
    return kr_figure_error_by_horizon(to, "Errors", "scaled", 9, 1, &model, err);
}

static kr_status make_by_channel(const char *to, kr_error *err) {
    const kr_error_curve model = {sizeof model, "TimeStar", truth, truth};
    return kr_figure_error_by_channel(to, "Errors", "scaled", 9, NULL, 1, &model, err);
}

static kr_status make_ratios(const char *to, kr_error *err) {
    const kr_error_ratio models[] = {{sizeof models[0], "ETS", 0.9, 0.8, truth, true, false},
                                     {sizeof models[0], "Theta", 7, 0.8, truth, false, true}};
    const kr_error_ratios ratios = {.size = sizeof ratios,
                                    .title = "Errors",
                                    .reference = "Naive",
                                    .note = "note",
                                    .pred_len = 9,
                                    .n_models = 2,
                                    .models = models};
    return kr_figure_error_ratios(to, &ratios, err);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_expect_memory(make_forecast);
    kr_expect_memory(make_grid);
    kr_expect_memory(make_sheet);
    kr_expect_memory(make_loss);
    kr_expect_memory(make_by_horizon);
    kr_expect_memory(make_by_channel);
    kr_expect_memory(make_ratios);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_window_is_drawn),
        cmocka_unit_test(intervals_and_dates_are_drawn),
        cmocka_unit_test(a_held_out_forecast_is_drawn),
        cmocka_unit_test(all_channels_are_drawn_up_to_twelve),
        cmocka_unit_test(impossible_windows_are_refused),
        cmocka_unit_test(series_are_drawn_on_a_sheet),
        cmocka_unit_test(losses_are_drawn_with_the_kept_epoch),
        cmocka_unit_test(errors_are_drawn_by_step_and_channel),
        cmocka_unit_test(ratios_are_drawn_on_a_cut_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
