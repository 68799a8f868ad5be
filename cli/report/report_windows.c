/* SPDX-License-Identifier: MIT
 * report_windows.c - pred.npy and true.npy of `krait run`: some forecasts, and the error of every
 * test window. */
#include <math.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/platform.h"
#include "report/report.h"

enum {
    MOST_BYTES = 512 << 20,
    MOST_WINDOWS = 9,
    MOST_CHANNELS = 24,
    MOST_NUMBERS = 120000, /* of all forecasts in the page */
    MOST_BINS = 1000,      /* of the windows' errors */
    INPUT_COLOR = 6        /* the palette's neutral one */
};

/* ---- the arrays ------------------------------------------------------------------------- */

typedef struct forecasts {
    int64_t n_windows, n_steps, n_channels, history; /* history: steps before that are known */
    double *pred, *truth;                            /* (n_windows, n_steps, n_channels) */
} forecasts;

static double *window_of(const forecasts *f, double *values, int64_t window) {
    return values + window * f->n_steps * f->n_channels;
}

static kr_status read_array(const char *path, int64_t shape[3], double **out, kr_error *err) {
    FILE *file = NULL;
    size_t n_bytes = 0;
    kr_array array = {0};
    KR_TRY(kr__file_open(path, MOST_BYTES, &file, &n_bytes, err));
    fclose(file);
    KR_TRY(kr_npy_read(path, &array, err));
    kr_status status = KR_OK;
    double *values = NULL;
    if (array.rank != 3 || array.n == 0) {
        char text[KR_ARRAY_SHAPE_TEXT];
        status = kr_fail(err, KR_FORMAT, "%s: has the shape %s, not windows x steps x channels",
                         path, kr_array_shape_text(&array, text));
    } else if (!(values = kr__calloc((size_t)array.n, sizeof *values))) {
        status = kr_fail(err, KR_MEMORY, "%s: no memory for its numbers", path);
    } else {
        status = kr_array_to_double(&array, values, err);
    }
    if (status == KR_OK) {
        memcpy(shape, array.shape, 3 * sizeof *shape);
        *out = values;
    } else {
        kr_free(values);
    }
    kr_array_deinit(&array);
    return status;
}

/* Test windows lie one step apart, so the first steps of those before are a window's history. Here
 * it is checked that they do. */
static int64_t find_history(const forecasts *f, int64_t wanted) {
    int64_t last = f->n_windows - 1 < 64 ? f->n_windows - 1 : 64;
    size_t size = (size_t)((f->n_steps - 1) * f->n_channels) * sizeof *f->truth;
    for (int64_t w = 0; w < last; w++) {
        const double *shifted = window_of(f, f->truth, w) + f->n_channels;
        if (memcmp(shifted, window_of(f, f->truth, w + 1), size) != 0) return 0;
    }
    return wanted < f->n_windows - 1 ? wanted : f->n_windows - 1;
}

static kr_status read_forecasts(const char *path, int64_t seq_len, forecasts *f, kr_error *err) {
    char truth[REPORT_PATH];
    int64_t shape[3], other[3];
    snprintf(truth, sizeof truth, "%.*strue.npy", (int)(strlen(path) - strlen("pred.npy")), path);
    KR_TRY(read_array(path, shape, &f->pred, err));
    KR_TRY(read_array(truth, other, &f->truth, err));
    if (memcmp(shape, other, sizeof shape) != 0) {
        return kr_fail(err, KR_FORMAT, "%s and %s: have different shapes; are they of one run?",
                       path, truth);
    }
    f->n_windows = shape[0];
    f->n_steps = shape[1];
    f->n_channels = shape[2];
    f->history = find_history(f, seq_len);
    return KR_OK;
}

/* ---- some forecasts --------------------------------------------------------------------- */

/* n of `all`, from first on, at equal distances. */
static int64_t pick(int64_t i, int64_t n, int64_t first, int64_t all) {
    return n == 1 ? first : first + i * (all - 1 - first) / (n - 1);
}

/* Input, truth and forecast; step 0 is the last known one, at which all three meet. */
static void fill_view(report *r, const forecasts *f, int64_t channel, int64_t window,
                      report_view *view) {
    int64_t n_input = window < f->history ? window : f->history, joined = n_input > 0;
    int64_t n = f->n_steps + joined;
    double *input = report_alloc(r, n_input, sizeof *input);
    double *truth = report_alloc(r, n, sizeof *truth), *pred = report_alloc(r, n, sizeof *pred);
    if (!input || !truth || !pred) return;
    for (int64_t t = 0; t < n_input; t++) {
        input[t] = window_of(f, f->truth, window - n_input + t)[channel];
    }
    if (joined) truth[0] = pred[0] = input[n_input - 1];
    for (int64_t t = 0; t < f->n_steps; t++) {
        int64_t at = t * f->n_channels + channel;
        truth[t + joined] = window_of(f, f->truth, window)[at];
        pred[t + joined] = window_of(f, f->pred, window)[at];
    }
    double first = joined ? 0 : 1;
    view->series[0] =
        (report_series){.name = "truth", .n = n, .color = 0, .x_first = first, .y = truth};
    view->series[1] =
        (report_series){.name = "forecast", .n = n, .color = 1, .x_first = first, .y = pred};
    view->series[2] = (report_series){.name = "input",
                                      .n = n_input,
                                      .color = INPUT_COLOR,
                                      .x_first = 1 - (double)n_input,
                                      .y = input};
    view->n_series = n_input > 0 ? 3 : 2;
}

static void add_forecasts(report *r, const forecasts *f) {
    int64_t each = f->history + 2 * f->n_steps, channels = f->n_channels, windows = f->n_windows;
    if (channels > MOST_CHANNELS) channels = MOST_CHANNELS;
    if (windows > MOST_WINDOWS) windows = MOST_WINDOWS;
    while (windows > 1 && windows * channels * each > MOST_NUMBERS) windows--;
    while (channels > 1 && windows * channels * each > MOST_NUMBERS) channels--;
    int64_t first = f->n_windows - f->history >= windows ? f->history : 0;
    const char **channel_names = report_alloc(r, channels, sizeof *channel_names);
    const char **window_names = report_alloc(r, windows, sizeof *window_names);
    report_view *views = report_make_views(r, channels * windows, 3);
    if (!channel_names || !window_names || !views) return;
    for (int64_t c = 0; c < channels; c++) {
        int64_t channel = pick(c, channels, 0, f->n_channels);
        bool is_named = channel < r->n_channels;
        channel_names[c] =
            is_named ? r->channels[channel] : report_print(r, "%lld", (long long)channel);
        for (int64_t w = 0; w < windows; w++) {
            int64_t window = pick(w, windows, first, f->n_windows);
            window_names[w] = report_print(r, "%lld", (long long)window);
            views[c * windows + w].y_label = r->units;
            fill_view(r, f, channel, window, &views[c * windows + w]);
        }
    }
    const char *note =
        report_print(r, "%lld of %lld channels, %lld of %lld test windows.", (long long)channels,
                     (long long)f->n_channels, (long long)windows, (long long)f->n_windows);
    report_add_chart(r, REPORT_FORECASTS,
                     &(report_chart){.kind = REPORT_LINES,
                                     .title = "Forecast and truth",
                                     .note = note,
                                     .x_label = "steps from the last known value",
                                     .is_integer = true,
                                     .choice = {{"channel", channels, channel_names},
                                                {"window", windows, window_names}},
                                     .n_views = channels * windows,
                                     .views = views,
                                     .mark = 0,
                                     .mark_label = "forecast starts"});
}

/* ---- every window ----------------------------------------------------------------------- */

/* Errors of the windows from first to last, into *mse and *mae. */
static void measure(const forecasts *f, int64_t first, int64_t last, double *mse, double *mae) {
    int64_t n = (last - first) * f->n_steps * f->n_channels;
    const double *pred = window_of(f, f->pred, first), *truth = window_of(f, f->truth, first);
    double squared = 0, absolute = 0;
    for (int64_t i = 0; i < n; i++) {
        double e = pred[i] - truth[i];
        squared += e * e;
        absolute += fabs(e);
    }
    *mse = squared / (double)n;
    *mae = absolute / (double)n;
}

static void add_window_errors(report *r, const forecasts *f) {
    int64_t n = f->n_windows < MOST_BINS ? f->n_windows : MOST_BINS;
    double *x = report_alloc(r, n, sizeof *x);
    double *mse = report_alloc(r, n, sizeof *mse), *mae = report_alloc(r, n, sizeof *mae);
    report_view *view = report_make_views(r, 1, 2);
    if (!x || !mse || !mae || !view) return;
    for (int64_t i = 0; i < n; i++) {
        int64_t first = i * f->n_windows / n, last = (i + 1) * f->n_windows / n;
        x[i] = (double)first;
        measure(f, first, last, &mse[i], &mae[i]);
    }
    view->y_label = r->units;
    view->series[0] = (report_series){.name = "MSE", .n = n, .color = 0, .x = x, .y = mse};
    view->series[1] = (report_series){.name = "MAE", .n = n, .color = 1, .x = x, .y = mae};
    report_add_chart(
        r, REPORT_ERRORS,
        &(report_chart){.kind = REPORT_LINES,
                        .title = "Error of each test window",
                        .note = n < f->n_windows ? "Neighbouring windows are averaged." : NULL,
                        .x_label = "test window",
                        .is_integer = true,
                        .n_views = 1,
                        .views = view});
}

kr_status report_read_windows(report *r, const char *path, kr_error *err) {
    forecasts f = {0};
    kr_status status = read_forecasts(path, r->seq_len, &f, err);
    if (status == KR_OK) {
        add_forecasts(r, &f);
        add_window_errors(r, &f);
    }
    kr_free(f.pred);
    kr_free(f.truth);
    return status;
}
