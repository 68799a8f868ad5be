/* SPDX-License-Identifier: MIT
 * report_fit.c - fit.json of `krait fit`: the verdict, the choices, the models, how far off they
 * were. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "report/report.h"

enum { MOST_MODELS = 64, MOST_LEVELS = 20, MOST_BINS = 200 };

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- head and verdict --------------------------------------------------------------------- */

/* "sales" of "data/sales.csv.gz"; all of it where that is nothing. */
static const char *table_name(report *r, const char *path) {
    const char *name = strrchr(path, '/');
    name = name && name[1] ? name + 1 : path;
    size_t n = strcspn(name, ".");
    return report_print(r, "%.*s", (int)(n > 0 ? n : strlen(name)), name);
}

static const char *join(report *r, const cJSON *list) {
    const char *all = "";
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item)) continue;
        all = report_print(r, "%s%s%s", all, *all ? ", " : "", item->valuestring);
    }
    return all;
}

static void add_head(report *r, const cJSON *object) {
    const cJSON *chosen = member(object, "chosen");
    bool is_median = cJSON_GetArraySize(chosen) > 1;
    const char *path = report_json_text(object, "path");
    r->title = report_print(r, "Fit of %s", table_name(r, path));
    r->subtitle = report_print(r, "%s%s", is_median ? "the median of " : "", join(r, chosen));
    r->command = report_print(r, "%s", report_json_text(object, "command"));
    report_add_text(r, REPORT_VERDICT, report_print(r, "%s", report_json_text(object, "verdict")));
}

static void add_key_figures(report *r, const cJSON *object) {
    const cJSON *c = member(object, "comparison"), *data = member(object, "data"), *level;
    double skill = 100 * report_json_real(c, "skill");
    const char *rule = report_json_text(c, "rule");
    if (*rule)
        report_add_figure(r, "verdict", report_print(r, "%s", report_json_text(c, "is")), "");
    if (isfinite(skill)) {
        report_add_figure(r, "error",
                          report_print(r, "%.*f %%", fabs(skill) < 9.95 ? 1 : 0, fabs(skill)),
                          report_print(r, "%s %s", skill >= 0 ? "below" : "above", rule));
        report_add_figure(r, "MASE", report_number(r, report_json_real(c, "mase")), "median");
    }
    report_add_figure(r, "horizon", report_count(r, report_json_real(object, "horizon")), "steps");
    report_add_figure(r, "rows", report_count(r, report_json_real(data, "rows")), "");
    double n_series = report_json_real(data, "series");
    if (n_series > 1) report_add_figure(r, "series", report_count(r, n_series), "");
    cJSON_ArrayForEach(level, member(object, "intervals")) {
        double held = 100 * report_json_real(level, "coverage");
        const char *name =
            report_print(r, "%.4g %% intervals", 100 * report_json_real(level, "level"));
        if (isfinite(held)) report_add_figure(r, name, report_print(r, "%.0f %%", held), "held");
        break;
    }
}

/* ---- what was read and assumed ------------------------------------------------------------ */

static void add_rules(report *r, const cJSON *list) {
    static const char *const head[] = {"choice", "value", "why"};
    int64_t n = cJSON_GetArraySize(list), i = 0;
    const char **cells = report_alloc(r, n, 3 * sizeof *cells);
    const cJSON *rule;
    if (!cells || n == 0) return;
    cJSON_ArrayForEach(rule, list) {
        cells[3 * i] = report_print(r, "%s", report_json_text(rule, "what"));
        cells[3 * i + 1] = report_print(r, "%s", report_json_text(rule, "value"));
        cells[3 * i++ + 2] = report_print(r, "%s", report_json_text(rule, "why"));
    }
    report_add_table(r, REPORT_DATA,
                     &(report_table){.title = "What was assumed",
                                     .n_columns = 3,
                                     .n_rows = n,
                                     .head = head,
                                     .cells = cells});
}

/* ---- the models --------------------------------------------------------------------------- */

typedef struct model {
    const char *name;
    double choosing, judging, seconds;
    bool is_chosen;
} model;

typedef struct models {
    model list[MOST_MODELS];
    int64_t n;
    double choosing, judging; /* of the rule; NaN: there is none */
} models;

static bool is_in(const cJSON *list, const char *name) {
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0) return true;
    }
    return false;
}

static bool is_less(double a, double b) { return a < b || (isnan(b) && !isnan(a)); }

/* Errors that judge, or those that choose. */
static double main_error(const model *m) { return isnan(m->judging) ? m->choosing : m->judging; }

/* Sorted, the best first. */
static void insert(models *all, const model *m) {
    int64_t at = all->n++;
    for (; at > 0 && is_less(main_error(m), main_error(&all->list[at - 1])); at--) {
        all->list[at] = all->list[at - 1];
    }
    all->list[at] = *m;
}

/* The median of several is no model of the list. */
static void add_median(report *r, const cJSON *object, models *all) {
    int n = cJSON_GetArraySize(member(object, "chosen"));
    if (n < 2 || all->n == MOST_MODELS) return;
    const model m = {.name = report_print(r, "median of %d", n),
                     .choosing = report_json_real(object, "choosing_mase"),
                     .judging = report_json_real(object, "judging_mase"),
                     .seconds = (double)NAN,
                     .is_chosen = true};
    if (isfinite(m.choosing)) insert(all, &m);
}

/* Those that were left out are in a table of their own. */
static void read_models(report *r, const cJSON *object, models *all) {
    const char *rule = report_json_text(member(object, "comparison"), "rule");
    const cJSON *item;
    all->choosing = all->judging = (double)NAN;
    cJSON_ArrayForEach(item, member(object, "models")) {
        const char *name = report_json_text(item, "model");
        if (*report_json_text(item, "left_out") || all->n == MOST_MODELS) continue;
        model m = {.name = report_print(r, "%s", name),
                   .choosing = report_json_real(item, "choosing_mase"),
                   .judging = report_json_real(item, "judging_mase"),
                   .seconds = report_json_real(item, "seconds"),
                   .is_chosen = is_in(member(object, "chosen"), name)};
        if (*rule && strcmp(name, rule) == 0) {
            all->choosing = m.choosing;
            all->judging = m.judging;
        }
        insert(all, &m);
    }
    add_median(r, object, all);
}

static void add_models_table(report *r, const models *all, const char *rule) {
    static const char *const head[] = {"model", "error, choosing", "error, judging", "ratio",
                                       "seconds"};
    enum { N = sizeof head / sizeof head[0] };
    const char **cells = report_alloc(r, all->n, N * sizeof *cells);
    bool *is_strong = report_alloc(r, all->n, sizeof *is_strong);
    for (int64_t i = 0; i < all->n && cells && is_strong; i++) {
        const model *m = &all->list[i];
        double unit = isnan(m->judging) ? all->choosing : all->judging;
        cells[N * i] = m->name;
        cells[N * i + 1] = report_number(r, m->choosing);
        cells[N * i + 2] = report_number(r, m->judging);
        cells[N * i + 3] = report_number(r, main_error(m) / unit);
        cells[N * i + 4] = isfinite(m->seconds) ? report_print(r, "%.1f", m->seconds) : "-";
        is_strong[i] = m->is_chosen;
    }
    report_add_text(
        r, REPORT_COMPARISON,
        *rule ? report_print(r,
                             "Errors are mean absolute ones in units of the mean change from one "
                             "season to the next (MASE); a ratio is to that of %s, the best rule "
                             "of thumb, and below 1 is better. Bold: what was chosen.",
                             rule)
              : "Errors are mean absolute ones in units of the mean change from one season to the "
                "next (MASE). Bold: what was chosen.");
    report_add_table(r, REPORT_COMPARISON,
                     &(report_table){.n_columns = N,
                                     .n_rows = cells && is_strong ? all->n : 0,
                                     .head = head,
                                     .cells = cells,
                                     .is_strong = is_strong});
}

/* A bar for each model, no higher than three times the rule: what is worse is named with its
 * number. */
static void add_models_chart(report *r, const models *all, const char *rule) {
    const double most = 3;
    static const char *const names[] = {"later windows, which judge",
                                        "earlier windows, which choose"};
    const char **labels = report_alloc(r, all->n, sizeof *labels);
    report_view *view = report_make_views(r, 1, 2);
    bool has_judging = isfinite(all->judging);
    if (!labels || !view || !isfinite(all->choosing) || all->n == 0) return;
    for (int k = 0; k < 2; k++) {
        double *y = report_alloc(r, all->n, sizeof *y),
               unit = k == 0 ? all->judging : all->choosing;
        for (int64_t i = 0; i < all->n && y; i++) {
            const model *m = &all->list[i];
            double ratio = (k == 0 ? m->judging : m->choosing) / unit;
            bool is_main = k == (has_judging ? 0 : 1);
            if (is_main && ratio > most) {
                labels[i] = report_print(r, "%s (%.3g)", m->name, ratio);
            } else if (is_main) {
                labels[i] = m->name;
            }
            y[i] = ratio > most ? most : ratio;
        }
        view->series[k] =
            (report_series){.name = names[k], .n = y ? all->n : 0, .color = k == 0 ? 0 : 6, .y = y};
    }
    if (!has_judging) view->series[0] = view->series[1];
    view->n_series = has_judging ? 2 : 1;
    view->y_label = report_print(r, "error / that of %s", rule);
    report_add_chart(r, REPORT_COMPARISON,
                     &(report_chart){.kind = REPORT_BARS,
                                     .title = "Errors in the past",
                                     .note = "Bars end at 3; a name shows the number of one that "
                                             "would be higher.",
                                     .categories = labels,
                                     .n_views = 1,
                                     .views = view});
}

static void add_left_out(report *r, const cJSON *list) {
    static const char *const head[] = {"model", "left out because"};
    const char **cells = report_alloc(r, cJSON_GetArraySize(list), 2 * sizeof *cells);
    int64_t n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        const char *why = report_json_text(item, "left_out");
        if (!*why || !cells) continue;
        cells[2 * n] = report_print(r, "%s", report_json_text(item, "model"));
        cells[2 * n++ + 1] = report_print(r, "%s", why);
    }
    if (n == 0) return;
    report_add_table(r, REPORT_COMPARISON,
                     &(report_table){.title = "Models that were left out",
                                     .is_folded = true,
                                     .n_columns = 2,
                                     .n_rows = n,
                                     .head = head,
                                     .cells = cells});
}

static void add_comparison(report *r, const cJSON *object) {
    models *all = report_alloc(r, 1, sizeof *all);
    if (!all) return;
    read_models(r, object, all);
    const char *rule =
        report_print(r, "%s", report_json_text(member(object, "comparison"), "rule"));
    add_models_chart(r, all, rule);
    add_models_table(r, all, rule);
    add_left_out(r, member(object, "models"));
}

/* ---- intervals ---------------------------------------------------------------------------- */

static void add_intervals(report *r, const cJSON *object) {
    const cJSON *list = member(object, "intervals"), *item;
    static const char *const names[] = {"promised", "held"};
    const char **labels = report_alloc(r, MOST_LEVELS, sizeof *labels);
    double *y = report_alloc(r, 2 * MOST_LEVELS, sizeof *y);
    report_view *view = report_make_views(r, 1, 2);
    int64_t n = 0;
    if (!labels || !y || !view) return;
    cJSON_ArrayForEach(item, list) {
        double level = report_json_real(item, "level"), held = report_json_real(item, "coverage");
        if (n == MOST_LEVELS || !isfinite(level) || !isfinite(held)) continue;
        labels[n] = report_print(r, "%.4g %%", 100 * level);
        y[n] = 100 * level;
        y[MOST_LEVELS + n++] = 100 * held;
    }
    if (n == 0) {
        if (cJSON_GetArraySize(list) > 0) {
            report_add_text(r, REPORT_INTERVALS,
                            "There are no later windows, on which intervals could be measured.");
        }
        return;
    }
    for (int k = 0; k < 2; k++) {
        view->series[k] = (report_series){
            .name = names[k], .n = n, .color = k == 0 ? 6 : 0, .y = y + k * MOST_LEVELS};
    }
    view->y_label = "% of the values";
    report_add_chart(r, REPORT_INTERVALS,
                     &(report_chart){.kind = REPORT_BARS,
                                     .title = "Intervals: promised and held",
                                     .note = "Intervals of the earlier windows' errors, on the "
                                             "later windows.",
                                     .categories = labels,
                                     .n_views = 1,
                                     .views = view});
}

/* ---- residuals ---------------------------------------------------------------------------- */

static void take_line(report *r, const cJSON *object, const char *member_name, const char *name,
                      int64_t color, report_view *view) {
    report_series s = {.name = name, .color = color, .x_first = 1};
    s.y = report_json_reals(r, member(object, member_name), &s.n);
    if (s.y && s.n > 0) view->series[view->n_series++] = s;
}

static void add_lines(report *r, const char *title, const char *note, report_view *view) {
    if (view->n_series == 0) return;
    view->y_label = "MASE";
    report_add_chart(r, REPORT_ERRORS,
                     &(report_chart){.kind = REPORT_LINES,
                                     .title = title,
                                     .note = note,
                                     .x_label = "forecast step",
                                     .is_integer = true,
                                     .n_views = 1,
                                     .views = view});
}

static void add_histogram(report *r, const cJSON *residuals) {
    int64_t n = 0;
    const double *counts = report_json_reals(r, member(residuals, "counts"), &n);
    double reach = report_json_real(residuals, "reach"), all = report_json_real(residuals, "n");
    const char **labels = n > 0 && n <= MOST_BINS ? report_alloc(r, n, sizeof *labels) : NULL;
    double *share = labels ? report_alloc(r, n, sizeof *share) : NULL;
    report_view *view = report_make_views(r, 1, 1);
    if (!counts || !labels || !share || !view || !isfinite(reach) || !(all > 0)) return;
    for (int64_t i = 0; i < n; i++) {
        labels[i] = report_print(r, "%.2g", reach * (2 * ((double)i + 0.5) / (double)n - 1));
        share[i] = 100 * counts[i] / all;
    }
    view->series[0] = (report_series){.name = "truth - forecast", .n = n, .y = share};
    view->y_label = "% of the values";
    report_add_chart(r, REPORT_ERRORS,
                     &(report_chart){.kind = REPORT_BARS,
                                     .title = "Distribution of truth - forecast",
                                     .note = "In MASE; the outermost bars also hold what lies "
                                             "beyond them.",
                                     .categories = labels,
                                     .n_views = 1,
                                     .views = view});
}

static void add_residuals(report *r, const cJSON *object) {
    const cJSON *residuals = member(object, "residuals");
    double judging = report_json_real(member(object, "windows"), "judging");
    const char *rule = report_json_text(member(object, "comparison"), "rule");
    report_view *errors = report_make_views(r, 1, 2), *shape = report_make_views(r, 1, 3);
    if (!cJSON_IsObject(residuals) || !errors || !shape) return;
    report_add_text(
        r, REPORT_ERRORS,
        report_print(
            r, "Of the %s windows, which no model has seen%s.", judging > 0 ? "later" : "held-out",
            judging > 0 ? " and no choice depended on" : "; there are too few to judge by others"));
    errors->n_series = shape->n_series = 0;
    take_line(r, residuals, "absolute", "chosen", 1, errors);
    if (*rule) take_line(r, residuals, "rule_absolute", report_print(r, "%s", rule), 6, errors);
    add_lines(r, "Error by forecast step", "Mean absolute errors.", errors);
    take_line(r, residuals, "high_90", "90 of 100 below", 5, shape);
    take_line(r, residuals, "mean", "mean", 1, shape);
    take_line(r, residuals, "low_10", "10 of 100 below", 5, shape);
    add_lines(r, "Truth - forecast by forecast step",
              "A mean that is far from 0 tells of forecasts that are too low or too high.", shape);
    add_histogram(r, residuals);
}

/* ---- all ---------------------------------------------------------------------------------- */

kr_status report_read_fit(report *r, const char *path, kr_error *err) {
    cJSON *object = NULL;
    KR_TRY(report_parse_json(path, &object, err));
    if (!cJSON_IsArray(member(object, "models")) || !cJSON_IsString(member(object, "verdict"))) {
        cJSON_Delete(object);
        return kr_fail(err, KR_FORMAT,
                       "%s: is not from krait fit: \"models\" or \"verdict\" is missing", path);
    }
    add_head(r, object);
    add_key_figures(r, object);
    report_json_pairs(r, REPORT_DATA, "What was read", member(object, "data"), NULL);
    add_rules(r, member(object, "rules"));
    add_comparison(r, object);
    add_intervals(r, object);
    add_residuals(r, object);
    report_read_targets(r, path);
    report_json_pairs(r, REPORT_SETTINGS, "Fit", object, "|verdict|command|");
    cJSON_Delete(object);
    return KR_OK;
}
