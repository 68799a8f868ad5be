/* SPDX-License-Identifier: MIT
 * fit_rules.c - settings of a forecaster from a look at the data. Every choice says why. */
#include <kr/scores.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "forecast/fitting.h"
#include "forecast/forecast_config.h"
#include "tables/calendar.h"
#include "tables/step_names.h"

/* What the rules have found so far. */
typedef struct chooser {
    const char *path;
    const kr_fit_config *config;
    const kr_fit_look *look;
    kr_fit_plan *plan;
    int64_t season, n_train, n_validation; /* rows of these parts */
} chooser;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* The value and its reason are one text, with a newline between them. */
static void tell(chooser *c, const char *what, const char *format, ...) KR_PRINTF(3, 4);
static void tell(chooser *c, const char *what, const char *format, ...) {
    kr__fit_rule *rule = &c->plan->rules[c->plan->n_rules++];
    char text[sizeof rule->value + sizeof rule->why];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *end = strchr(text, '\n');
    if (end) *end = '\0';
    snprintf(rule->what, sizeof rule->what, "%s", what);
    snprintf(rule->value, sizeof rule->value, "%.*s", (int)sizeof rule->value - 1, text);
    snprintf(rule->why, sizeof rule->why, "%.*s", (int)sizeof rule->why - 1, end ? end + 1 : "");
}

/* ---- season, split ------------------------------------------------------------------------ */

static void choose_season(chooser *c) {
    const kr_fit_look *look = c->look;
    char step[KR__STEP_WORDS];
    c->season = c->config->season;
    if (c->season > 0) {
        tell(c, "season", "%" PRId64 " step%s\nas given", c->season, kr__plural(c->season));
    } else if (look->has_dates) {
        c->season = kr_frequency_season(&look->frequency);
        tell(c, "season", "%" PRId64 " step%s\nusual for steps of %s", c->season,
             kr__plural(c->season), kr__step_words(&look->frequency, &look->first, step));
    } else {
        c->season = 1;
        tell(c, "season", "1 step\nrows have no dates; give `season` if there is one");
    }
}

/* Of rows without dates: a season of 24, 48, .. rows is a day, and has a week above it. */
static bool is_a_day(int64_t season) {
    return season == 24 || season == 48 || season == 96 || season == 144 || season == 288;
}

static void choose_seasons(chooser *c) {
    kr_fit_plan *plan = c->plan;
    plan->season = c->season;
    plan->n_seasons =
        c->look->has_dates ? kr__frequency_seasons(&c->look->frequency, plan->seasons) : 0;
    if (plan->n_seasons > 0 && plan->seasons[0] == c->season) return;
    plan->seasons[0] = c->season;
    plan->n_seasons = c->season > 1;
    if (!c->look->has_dates && is_a_day(c->season))
        plan->seasons[plan->n_seasons++] = 7 * c->season;
}

/* ---- the past ----------------------------------------------------------------------------- */

static kr__study_plan plan_study(const chooser *c) {
    return (kr__study_plan){.horizon = c->config->horizon,
                            .seasons = c->plan->seasons,
                            .n_seasons = c->plan->n_seasons,
                            .most_windows = c->plan->most_windows,
                            .most_values = c->plan->most_values,
                            .is_panel = c->look->n_series > 1};
}

static kr_status leave_past_out(chooser *c, kr_error *err) {
    int64_t horizon = c->config->horizon;
    c->plan->is_zeroshot = kr__fit_names_zeroshot(c->config);
    if (!c->plan->is_zeroshot) {
        return kr_fail(err, KR_SHAPE,
                       "%s: %" PRId64 " row%s too few for `horizon` %" PRId64
                       ": a model needs %d rows before the ones that it is measured on; %" PRId64
                       " rows are needed, or a horizon of %" PRId64 " at most",
                       c->path, c->look->longest, c->look->longest == 1 ? " is" : "s are", horizon,
                       KR__STUDY_LEAST, horizon + KR__STUDY_LEAST,
                       larger(c->look->longest - KR__STUDY_LEAST, 1));
    }
    tell(c, "past",
         "not looked at\n%" PRId64 " row%s too few to measure models on %" PRId64
         " step%s: ZeroShot forecasts",
         c->look->longest, c->look->longest == 1 ? " is" : "s are", horizon, kr__plural(horizon));
    return KR_OK;
}

static kr_status choose_origins(chooser *c, kr_error *err) {
    int64_t horizon = c->config->horizon;
    if (c->look->longest < horizon + KR__STUDY_LEAST) return leave_past_out(c, err);
    kr__study_plan study = plan_study(c);
    kr__study_plan_usual(&study, c->look->n_series, c->look->n_targets);
    c->plan->most_windows = study.most_windows;
    c->plan->most_values = study.most_values;
    int64_t n_verdict = 0, n = kr__study_count(&study, c->look->longest, &n_verdict);
    tell(c, "past", "%s%" PRId64 " window%s\nof each %s: %s", c->look->n_series > 1 ? "up to " : "",
         n, kr__plural(n), c->look->n_series > 1 ? "series" : "column",
         n_verdict > 0 ? "the earlier ones choose, the later ones judge"
                       : "too few to choose by some and judge by others");
    return KR_OK;
}

/* ---- learned models ----------------------------------------------------------------------- */

static int64_t count_validation(const chooser *c, int64_t n_rows) {
    const int64_t most = 4096;
    return larger(smaller(n_rows / 8, most), c->config->horizon);
}

/* What lies before the first window is for training and validation; of a panel before the rows in
 * which all windows of its series lie. */
static void choose_parts(chooser *c) {
    kr_forecast_config *f = &c->plan->config;
    int64_t horizon = c->config->horizon, first;
    if (c->look->n_series > 1) {
        f->test_rows = c->plan->most_windows * horizon;
        first = c->look->typical - f->test_rows;
        f->val_rows = c->n_validation = count_validation(c, first);
        f->train_rows = -1;
        c->n_train = first - c->n_validation;
        return;
    }
    const kr__study_plan study = plan_study(c);
    first = kr__study_first_origin(&study, c->look->n_rows) + 1;
    c->n_validation = count_validation(c, first);
    c->n_train = first - c->n_validation;
    if (c->n_train < 1) return;
    f->train_rows = c->n_train;
    f->val_rows = c->n_validation;
    f->test_rows = 0; /* the study is the test */
}

/* Below a hundred steps and four horizons they learn less than statistical models know. */
static bool may_learn(chooser *c) {
    const int64_t fewest = 100;
    int64_t needed = larger(fewest, 4 * c->config->horizon + 32);
    choose_parts(c);
    if (c->n_train >= needed) return true;
    tell(c, "learned", "no models\n%" PRId64 " row%s to train on, and %" PRId64 " are needed",
         larger(c->n_train, 0), kr__plural(larger(c->n_train, 0)), needed);
    return false;
}

/* ---- window and patches ------------------------------------------------------------------- */

/* Near 16 steps, and either the season length (a day of hours), a divisor of a long one, or a
 * multiple of a short one. */
static int64_t tune_patch(int64_t season) {
    const int64_t shortest = 8, longest = 32, usual = 16;
    if (season >= shortest && season <= longest) return season;
    if (season > longest) {
        for (int64_t n = longest; n >= shortest; n--) {
            if (season % n == 0) return n;
        }
        return usual;
    }
    return larger(usual / season, 1) * season;
}

/* Two horizons, and a few seasons: seven of up to 24 steps (a week of hours), else two. */
static kr_status choose_window(chooser *c, kr_error *err) {
    kr_forecast_config *f = &c->plan->config;
    int64_t horizon = c->config->horizon, n_seasons = c->season <= 24 ? 7 : 2;
    int64_t wanted = larger(larger(2 * horizon, n_seasons * c->season), 32);
    int64_t most =
        larger((c->n_train - horizon) / 3, 1); /* so that there are windows to learn from */
    f->pred_len = horizon;
    f->seq_len = c->config->lookback > 0 ? c->config->lookback : smaller(wanted, most);
    f->patch_len = larger(smaller(tune_patch(c->season), f->seq_len / 2), 1);
    if (c->config->lookback == 0) f->seq_len = f->seq_len / f->patch_len * f->patch_len;
    if (f->seq_len + horizon > c->n_train) {
        return kr_fail(
            err, KR_SHAPE,
            "%s: the training part has %" PRId64 " row%s, too few for windows of %" PRId64
            " + %" PRId64 " step%s; use a smaller `horizon` or `lookback`",
            c->path, c->n_train, kr__plural(c->n_train), f->seq_len, horizon, kr__plural(horizon));
    }
    f->season = smaller(c->season, f->seq_len);
    const char *why = c->config->lookback > 0 ? "as given"
                      : wanted > most         ? "a third of the training part"
                      : wanted == 2 * horizon ? "two horizons"
                                              : "some seasons, and two horizons at least";
    tell(c, "look-back", "%" PRId64 " step%s\n%s", f->seq_len, kr__plural(f->seq_len), why);
    tell(c, "patches", "%" PRId64 " step%s\nchosen to fit the season", f->patch_len,
         kr__plural(f->patch_len));
    return KR_OK;
}

/* ---- size and schedule -------------------------------------------------------------------- */

static void choose_size(chooser *c) {
    kr_forecast_config *f = &c->plan->config;
    int64_t n_values = (int64_t)((double)c->look->n_values * 0.7);
    int64_t width = n_values < 4000 ? 32 : n_values < 1000000 ? 64 : 128;
    f->d_model = f->d_ff = width;
    f->n_heads = 8;
    f->d_core = width / 2;
    f->d_state = 16;
    f->d_conv = 2;
    f->e_layers = 1;
    f->dropout = width == 32 ? 0.2 : 0.1;
    tell(c, "size", "d_model %" PRId64 ", 1 layer\n%" PRId64 " value%s to learn from", width,
         n_values, kr__plural(n_values));
}

/* A step that sees many columns needs few windows. How many steps a model trains for follows from
 * its size (fit_learn.c). */
static void choose_schedule(chooser *c) {
    kr_forecast_config *f = &c->plan->config;
    const int64_t most_rows = 512;
    int64_t windows = c->look->n_series * larger(c->n_train - f->seq_len - f->pred_len + 1, 1);
    c->plan->n_windows = windows;
    f->batch_size = windows < 1000 ? 8 : windows < 20000 ? 16 : 32;
    while (f->batch_size > 1 && f->batch_size * c->look->n_columns > most_rows) f->batch_size /= 2;
    f->learning_rate = f->d_model <= 32 ? 0.001 : 0.0005;
    snprintf(f->lradj, sizeof f->lradj, "cosine");
    snprintf(f->loss, sizeof f->loss, "Huber");
    tell(c, "schedule",
         "steps of %" PRId64 " window%s\n%" PRId64 " to learn from, rate %g falling as a cosine",
         f->batch_size, kr__plural(f->batch_size), windows, f->learning_rate);
}

/* ---- intervals ---------------------------------------------------------------------------- */

static kr_status check_intervals(chooser *c, kr_error *err) {
    double levels[KR_LEVELS_MAX], limits[2];
    int n = 0;
    KR_TRY(kr__forecast_limits(&c->plan->config, limits, err));
    if (strcmp(c->config->levels, "none") == 0) return KR_OK;
    return kr_levels_parse(c->config->levels, levels, &n, err);
}

/* ---- data --------------------------------------------------------------------------------- */

static void choose_features(chooser *c) {
    kr_forecast_config *f = &c->plan->config;
    bool has_target = *c->config->target != '\0';
    snprintf(f->features, sizeof f->features, has_target ? "MS" : "M");
    snprintf(f->target, sizeof f->target, "%s", c->config->target);
    if (c->look->n_series > 1) {
        tell(c, "forecast",
             "%" PRId64 " column%s\nof %" PRId64 " series, %" PRId64 " to %" PRId64 " rows long",
             c->look->n_targets, kr__plural(c->look->n_targets), c->look->n_series,
             c->look->shortest, c->look->longest);
    } else if (has_target && c->look->n_columns == 1) {
        tell(c, "forecast", "%.40s\nthe only column", f->target);
    } else if (has_target) {
        tell(c, "forecast", "%.40s\nfrom all %" PRId64 " columns", f->target, c->look->n_columns);
    } else if (c->look->n_columns == 1) {
        tell(c, "forecast", "the only column\n");
    } else {
        tell(c, "forecast", "all %" PRId64 " columns\nno `target` is given", c->look->n_columns);
    }
}

/* Time features of the step, or none. They know no calendar, and none of their own below a second.
 */
static void choose_frequency(chooser *c) {
    kr_forecast_config *f = &c->plan->config;
    char step[KR_FREQUENCY_TEXT] = "m";
    bool is_yearly = c->look->frequency.months >= 12;
    if (c->look->has_dates && !is_yearly) kr_frequency_text(&c->look->frequency, step);
    if (c->look->frequency.micros % KR__SECOND != 0) snprintf(step, sizeof step, "s");
    snprintf(f->freq, sizeof f->freq, "%.*s", (int)strcspn(step, "/"), step);
}

static kr_status copy_shared(const kr_fit_config *from, kr_forecast_config *to, kr_error *err) {
    const kr_flag_table *table = kr__fit_flags();
    char text[KR_FLAG_TEXT];
    for (int i = 0; i < table->count; i++) {
        const kr_flag *flag = &table->flags[i];
        if (!(flag->traits & KR_SETTING_COPIED)) continue;
        kr__flag_get(flag, from, text, sizeof text);
        KR_TRY(kr__forecast_config_set(to, flag->name, text, err));
    }
    return KR_OK;
}

static kr_status copy_settings(chooser *c, kr_error *err) {
    const char *path = c->path;
    const kr_fit_config *from = c->config;
    kr_forecast_config *to = &c->plan->config;
    const char *slash = strrchr(path, '/');
    int n_folder = slash ? (int)(slash - path) + 1 : 0;
    if (strlen(path) >= sizeof to->root_path) {
        return kr_fail(err, KR_USAGE, "%.60s..: the path is too long", path);
    }
    snprintf(to->data, sizeof to->data, "custom");
    snprintf(to->root_path, sizeof to->root_path, "%.*s", n_folder, path);
    snprintf(to->data_path, sizeof to->data_path, "%s", path + n_folder);
    snprintf(to->model_id, sizeof to->model_id, "fit");
    snprintf(to->des, sizeof to->des, "fit");
    return copy_shared(from, to, err);
}

kr_status kr__fit_plan_make(const char *path, const kr_fit_config *config, const kr_fit_look *look,
                            kr_fit_plan *plan, kr_error *err) {
    chooser c = {.path = path, .config = config, .look = look, .plan = plan};
    plan->n_rules = 0;
    plan->n_windows = 0;
    plan->is_zeroshot = false;
    KR_TRY(kr__fit_config_check(config, err));
    kr__forecast_config_init(&plan->config);
    KR_TRY(copy_settings(&c, err));
    KR_TRY(check_intervals(&c, err));
    snprintf(plan->config.id_column, sizeof plan->config.id_column, "%s", look->id_column);
    choose_features(&c);
    choose_frequency(&c);
    choose_season(&c);
    choose_seasons(&c);
    KR_TRY(choose_origins(&c, err));
    plan->config.pred_len = config->horizon;
    plan->config.season = c.season;
    plan->config.enc_in = look->n_columns;
    plan->learns = !plan->is_zeroshot && may_learn(&c);
    plan->n_validation = look->n_series * (c.n_validation - config->horizon + 1);
    if (!plan->learns) return KR_OK;
    KR_TRY(choose_window(&c, err));
    choose_size(&c);
    choose_schedule(&c);
    return KR_OK;
}
