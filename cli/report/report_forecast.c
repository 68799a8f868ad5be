/* SPDX-License-Identifier: MIT
 * report_forecast.c - the files of `krait run`: metrics.json, summary.json. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "forecast/forecast_config.h"
#include "report/report.h"

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *const units[] = {"scaled", "original"};
enum { N_UNITS = 2 };

/* ---- metrics.json: head ----------------------------------------------------------------- */

static void add_head(report *r, const cJSON *object) {
    const cJSON *config = member(object, "config");
    const char *data = report_json_text(config, "data_path");
    int length = (int)(strlen(data) - (strstr(data, ".csv") ? strlen(strstr(data, ".csv")) : 0));
    const char *model = report_json_text(config, "model");
    r->title = report_print(r, "%s on %.*s", *model ? model : "Forecaster", length, data);
    r->subtitle = report_print(r, "%s", report_json_text(object, "setting"));
    r->command = report_print(r, "%s", report_json_text(object, "command"));
}

static void add_key_figures(report *r, const cJSON *object) {
    const cJSON *scaled = member(object, "scaled");
    const char *epochs =
        report_print(r, "of %s", report_number(r, report_json_real(object, "epochs")));
    report_add_figure(r, "MSE", report_number(r, report_json_real(scaled, "mse")), "scaled");
    report_add_figure(r, "MAE", report_number(r, report_json_real(scaled, "mae")), "scaled");
    report_add_figure(r, "parameters", report_count(r, report_json_real(object, "parameters")), "");
    report_add_figure(r, "best epoch", report_number(r, report_json_real(object, "best_epoch")),
                      epochs);
    report_add_figure(r, "training", report_duration(r, report_json_real(object, "train_seconds")),
                      "");
    double peak = report_json_real(object, "peak_rss_bytes") / (1 << 20);
    report_add_figure(r, "peak memory", report_number(r, round(peak)), "MiB");
}

/* ---- metrics.json: errors --------------------------------------------------------------- */

static void add_metrics(report *r, const cJSON *object, const char *title, bool is_folded, int n,
                        const char *const *rows) {
    static const char *const head[] = {"", "scaled", "original units"};
    const char **cells = report_alloc(r, n, 3 * sizeof *cells);
    for (int i = 0; cells && i < n; i++) {
        cells[3 * i] = rows[i];
        for (int u = 0; u < N_UNITS; u++) {
            double value = report_json_real(member(object, units[u]), rows[i]);
            cells[3 * i + 1 + u] = report_number(r, value);
        }
    }
    report_add_table(r, REPORT_ERRORS,
                     &(report_table){.title = title,
                                     .is_folded = is_folded,
                                     .n_columns = 3,
                                     .n_rows = cells ? n : 0,
                                     .head = head,
                                     .cells = cells});
}

/* Three numbers of the originals mislead who takes them for what they are called, so they are shown
 * on demand, with what they are. */
static void add_metrics_tables(report *r, const cJSON *object) {
    static const char *const plain[] = {"mse", "mae", "rmse", "rse"};
    static const char *const odd[] = {"mape", "mspe", "corr"};
    add_metrics(r, object, "All test windows", false, sizeof plain / sizeof plain[0], plain);
    add_metrics(r, object, "Three more, as the originals measure them: read the note below", true,
                sizeof odd / sizeof odd[0], odd);
    report_add_text(r, REPORT_ERRORS,
                    "rse is the root of the squared error over that of the mean of all values. "
                    "mape and mspe divide by the truth: values near 0, of which scaled ones have "
                    "many, make them as large as they like. corr is no correlation: the originals' "
                    "formula grows with the root of the number of windows, far above 1.");
}

/* MSE and MAE along an axis ("by_step"), a view in either unit. */
static void add_error_chart(report *r, const cJSON *object, const char *axis, report_chart chart) {
    static const char *const metrics[] = {"mse", "mae"};
    static const char *const names[] = {"MSE", "MAE"};
    report_view *views = report_make_views(r, N_UNITS, 2);
    for (int u = 0; views && u < N_UNITS; u++) {
        const cJSON *means = member(member(object, units[u]), axis);
        views[u].y_label = u == 0 ? "error, scaled" : "error, original units";
        for (int k = 0; k < 2; k++) {
            report_series *s = &views[u].series[k];
            *s = (report_series){.name = names[k], .color = k, .x_first = chart.categories ? 0 : 1};
            s->y = report_json_reals(r, member(means, metrics[k]), &s->n);
            if (s->n == 0 || s->n != views[0].series[0].n) return;
        }
    }
    chart.views = views;
    chart.n_views = N_UNITS;
    chart.choice[0] = (report_choice){"units", N_UNITS, units};
    if (views) report_add_chart(r, REPORT_ERRORS, &chart);
}

/* Names of n channels; a number for one that the file does not name. */
static const char *const *read_channels(report *r, const cJSON *list, int64_t n) {
    const char **names = report_alloc(r, n, sizeof *names);
    const cJSON *item = cJSON_IsArray(list) ? list->child : NULL;
    for (int64_t i = 0; names && i < n; i++) {
        names[i] = item && cJSON_IsString(item) ? report_print(r, "%s", item->valuestring)
                                                : report_print(r, "%jd", (intmax_t)i);
        if (item) item = item->next;
    }
    return names;
}

/* For the readers after this one. */
static void keep_for_others(report *r, const cJSON *object) {
    const cJSON *config = member(object, "config");
    const cJSON *by_channel = member(member(object, "scaled"), "by_channel");
    double seq_len = report_json_real(config, "seq_len");
    r->n_channels = cJSON_GetArraySize(member(by_channel, "mse"));
    r->channels = read_channels(r, member(object, "channels"), r->n_channels);
    r->units = cJSON_IsTrue(member(config, "inverse")) ? "original units" : "scaled";
    r->seq_len = seq_len >= 1 && seq_len < 1e6 ? (int64_t)seq_len : 0;
}

static void add_errors(report *r, const cJSON *object) {
    add_metrics_tables(r, object);
    add_error_chart(r, object, "by_step",
                    (report_chart){.kind = REPORT_LINES,
                                   .title = "Error by forecast step",
                                   .x_label = "forecast step",
                                   .is_integer = true});
    add_error_chart(
        r, object, "by_channel",
        (report_chart){
            .kind = REPORT_BARS, .title = "Error by channel", .categories = r->channels});
}

kr_status report_read_forecast(report *r, const char *path, kr_error *err) {
    cJSON *object = NULL;
    KR_TRY(report_parse_json(path, &object, err));
    if (!cJSON_IsObject(member(object, "scaled")) || !cJSON_IsObject(member(object, "config"))) {
        cJSON_Delete(object);
        return kr_fail(err, KR_FORMAT,
                       "%s: is not from krait run: \"scaled\" or \"config\" is missing", path);
    }
    add_head(r, object);
    add_key_figures(r, object);
    keep_for_others(r, object);
    add_errors(r, object);
    report_json_settings(r, member(object, "config"), kr__forecast_flags());
    report_json_pairs(r, REPORT_SETTINGS, "Windows", member(object, "windows"), NULL);
    report_json_pairs(r, REPORT_SETTINGS, "Run", object, "|setting|command|");
    cJSON_Delete(object);
    return KR_OK;
}

/* ---- summary.json ----------------------------------------------------------------------- */

static void add_repetition(report *r, const cJSON *run, int64_t i, const char **cells) {
    static const char *const names[] = {"seed", "mse", "mae", "epochs", "wall_seconds"};
    cells[0] = report_print(r, "%jd", (intmax_t)i + 1);
    for (int k = 0; k < 5; k++) cells[k + 1] = report_number(r, report_json_real(run, names[k]));
}

/* "0.3571 ± 0.0012" */
static const char *show_spread(report *r, const cJSON *scaled, const char *name) {
    const cJSON *pair = member(scaled, name);
    return report_print(r, "%.4g \xC2\xB1 %.2g", report_json_real(pair, "mean"),
                        report_json_real(pair, "deviation"));
}

kr_status report_read_summary(report *r, const char *path, kr_error *err) {
    static const char *const head[] = {"run", "seed", "MSE", "MAE", "epochs", "seconds"};
    enum { N_COLUMNS = sizeof head / sizeof head[0] };
    cJSON *object = NULL;
    KR_TRY(report_parse_json(path, &object, err));
    const cJSON *runs = member(object, "runs"), *scaled = member(object, "scaled"), *run;
    int64_t n = cJSON_GetArraySize(runs), i = 0;
    const char **cells = report_alloc(r, n + 1, N_COLUMNS * sizeof *cells);
    if (cells) {
        cJSON_ArrayForEach(run, runs) {
            add_repetition(r, run, i, cells + N_COLUMNS * i);
            i++;
        }
        const char *const last[] = {
            "mean", "", show_spread(r, scaled, "mse"), show_spread(r, scaled, "mae"), "", ""};
        memcpy(cells + N_COLUMNS * n, last, sizeof last);
        report_add_table(r, REPORT_ERRORS,
                         &(report_table){.title = "Repetitions, scaled units",
                                         .n_columns = N_COLUMNS,
                                         .n_rows = n + 1,
                                         .head = head,
                                         .cells = cells});
    }
    cJSON_Delete(object);
    return KR_OK;
}
