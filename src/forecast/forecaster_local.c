/* SPDX-License-Identifier: MIT
 * forecaster_local.c - a forecaster of several models: statistical ones, which keep no parameters
 * and are fitted to the last rows of the history at each forecast, and perhaps a learned one. It
 * forecasts the median of what they say. How far off that was in the past makes its intervals. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/forecaster_internal.h"
#include "forecast/opening.h"

/* ---- its models ------------------------------------------------------------------------- */

static kr_status refuse_name(const char *name, size_t n, kr_error *err) {
    kr_guess guess = {.word = name};
    for (const kr__local_model *const *m = kr__local_models; *m; m++) {
        kr__guess_offer(&guess, (*m)->name, strlen((*m)->name));
    }
    return kr_fail(err, KR_USAGE, "`local_models`: no statistical model is called \"%.*s\"%s%.*s%s",
                   (int)(n < 40 ? n : 40), name, guess.best ? "; did you mean " : "",
                   (int)guess.n_best, guess.best ? guess.best : "", guess.best ? "?" : "");
}

static kr_status add_member(kr_forecaster *f, const char *word, kr_error *err) {
    char name[32];
    size_t size = strcspn(word, ","), n_name = strlen(f->name);
    snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), word);
    const kr__local_model *model = size < sizeof name ? kr__local_find(name) : NULL;
    bool is_learned = !model && strcasecmp(name, f->settings.model) == 0;
    if (!model && !is_learned) return refuse_name(name, strlen(name), err);
    for (int i = 0; i < f->n_members; i++) {
        if (f->members[i] != model) continue;
        return kr_fail(err, KR_USAGE, "`local_models`: %s is named twice; name it once",
                       model ? model->name : f->settings.model);
    }
    if (f->n_members == KR__MOST_MEMBERS) {
        return kr_fail(err, KR_USAGE, "`local_models`: %d at most", KR__MOST_MEMBERS);
    }
    snprintf(f->name + n_name, sizeof f->name - n_name, "%s%s", f->n_members > 0 ? "+" : "",
             model ? model->name : f->settings.model);
    f->members[f->n_members++] = model;
    f->learns = f->learns || is_learned;
    return KR_OK;
}

kr_status kr__local_members(kr_forecaster *f, kr_error *err) {
    const char *list = f->settings.local_models;
    *f->name = '\0';
    f->n_members = 0;
    f->learns = *list == '\0';
    for (const char *word = *list ? list : NULL; word; word = kr__text_behind(word, ',')) {
        KR_TRY(add_member(f, word, err));
    }
    return KR_OK;
}

enum { MOST_SEASONS = 2 };
static int64_t find_seasons(const kr_forecaster *f, int64_t seasons[MOST_SEASONS]) {
    seasons[0] = f->settings.season;
    seasons[1] = f->settings.long_season;
    return seasons[0] < 2 ? 0 : seasons[1] <= seasons[0] ? 1 : 2;
}

/* ---- training --------------------------------------------------------------------------- */

kr_status kr__local_prepare(kr_forecaster *f, const kr_rows *rows, kr_error *err) {
    return kr__dataset_pick(f->team, &f->parts.data, rows, &f->own_features, &f->rows, NULL, err);
}

/* Of all members the median, in *all. */
static kr_status run_members(const kr_forecaster *f, const kr__study *s, kr__study_forecasts *all,
                             kr_error *err) {
    kr__study_forecasts of[KR__MOST_MEMBERS] = {{NULL, NULL}};
    const kr__study_forecasts *list[KR__MOST_MEMBERS];
    kr_status status = KR_OK;
    for (int i = 0; i < f->n_members && status == KR_OK; i++) {
        list[i] = &of[i];
        status = kr__study_forecasts_init(s, &of[i], err);
        if (status == KR_OK) status = kr__study_run(f->team, s, f->members[i], &of[i], err);
    }
    if (status == KR_OK) kr__study_median(s, list, f->n_members, all);
    for (int i = 0; i < f->n_members; i++) kr__study_forecasts_deinit(&of[i]);
    return status;
}

static kr_status make_study(const kr_forecaster *f, kr__study **out, kr_error *err) {
    int64_t seasons[MOST_SEASONS], n = f->info.n_outputs;
    kr__study_plan plan = {
        .horizon = f->info.pred_len, .seasons = seasons, .n_seasons = find_seasons(f, seasons)};
    kr__study_plan_usual(&plan, f->rows->n_series, n);
    return kr__study_make(f->rows, &plan, n, out, err);
}

static kr_status learn_errors(kr_forecaster *f, const kr__study *s, kr_error *err) {
    kr__study_forecasts all;
    KR_TRY(kr__study_forecasts_init(s, &all, err));
    kr_status status = run_members(f, s, &all, err);
    if (status == KR_OK) status = kr__relative_errors_make(s, &all, NULL, &f->errors, err);
    kr__study_forecasts_deinit(&all);
    return status;
}

kr_status kr__local_train(kr_forecaster *f, kr_error *err) {
    kr__study *study = NULL;
    kr__relative_errors_deinit(&f->errors);
    f->errors.n_windows = 0;
    KR_TRY(make_study(f, &study, err));
    kr_status status = KR_OK;
    if (study->n_windows == 0) {
        status =
            kr_fail(err, KR_SHAPE,
                    "%s: no series has %lld rows, 3 and the steps of a forecast; use a smaller "
                    "`pred_len`, or a longer file",
                    kr_rows_name(f->rows), (long long)f->info.pred_len + 3);
    }
    if (status == KR_OK) status = learn_errors(f, study, err);
    kr__study_destroy(study);
    return status;
}

kr_status kr__local_adopt(kr_forecaster *f, const kr__relative_errors *errors, kr_error *err) {
    size_t n = (size_t)KR__ERROR_QUANTILES * (size_t)errors->horizon;
    f->errors = *errors;
    f->errors.quantiles = kr__calloc(n, sizeof *f->errors.quantiles);
    if (!f->errors.quantiles) {
        f->errors.n_windows = 0;
        return kr_fail(err, KR_MEMORY, "out of memory for the model");
    }
    memcpy(f->errors.quantiles, errors->quantiles, n * sizeof *f->errors.quantiles);
    return KR_OK;
}

/* ---- forecasts -------------------------------------------------------------------------- */

/* The last values of each output up to each origin, and what one model says of them. */
typedef struct fitting {
    const kr_forecaster *forecaster;
    const kr_history *history;
    kr_prediction *out;
    int64_t n, horizon; /* n: origins times outputs */
    int64_t seasons[MOST_SEASONS], n_seasons;
    kr__local_series *series; /* (n) */
    double *values;           /* (n, KR__LOCAL_MOST) */
    kr__local_forecast *forecast;
    bool *is_positive;     /* (n) no value up to the origin is below 0: no forecast is, either */
    double *mean, *spread; /* (1 + members, n, horizon) */
    kr_error *err;
} fitting;

static bool has_negative(const kr_history *h, int64_t channel, int64_t n) {
    for (int64_t t = 0; t < n; t++) {
        if (h->values[t * h->n_channels + channel] < 0) return true;
    }
    return false;
}

static void take_values(fitting *f) {
    const kr_history *h = f->history;
    int64_t width = f->out->n_outputs, first = h->n_channels - width;
    for (int64_t i = 0; i < f->n; i++) {
        int64_t n_known = f->out->origin[i / width] + 1;
        int64_t n = n_known < KR__LOCAL_MOST ? n_known : KR__LOCAL_MOST;
        double *to = f->values + i * KR__LOCAL_MOST;
        for (int64_t t = 0; t < n; t++) {
            to[t] = h->values[(n_known - n + t) * h->n_channels + first + i % width];
        }
        f->is_positive[i] = !has_negative(h, first + i % width, n_known);
        f->series[i] = (kr__local_series){
            .values = to, .n = n, .seasons = f->seasons, .n_seasons = f->n_seasons};
    }
}

/* A learned model tells no spread; its errors are measured in that of the last season. */
static void take_learned(const fitting *f, int64_t at) {
    int64_t width = f->out->n_outputs;
    for (int64_t i = 0; i < f->n; i++) {
        for (int64_t k = 0; k < f->out->n_steps; k++) {
            f->mean[at + i * f->horizon + k] =
                f->out->forecast[(i / width * f->out->n_steps + k) * width + i % width];
        }
    }
}

/* The first forecasts are those of all members together; theirs follow. */
static kr_status run_member(fitting *f, int member) {
    const kr__local_model *model = f->forecaster->members[member];
    int64_t at = (member + 1) * f->n * f->horizon;
    for (int64_t i = 0; i < f->n; i++) {
        f->forecast[i] = (kr__local_forecast){.horizon = f->horizon,
                                              .mean = f->mean + at + i * f->horizon,
                                              .spread = f->spread + at + i * f->horizon};
    }
    KR_TRY(kr__local_forecast_all(f->forecaster->team, model ? model : &kr__local_last_season,
                                  f->series, f->forecast, f->n, f->err));
    if (!model) take_learned(f, at);
    return KR_OK;
}

/* To a millionth of the spread, with the fewest digits; a series that never changes has no spread,
 * and its value comes back as it is. */
static double round_digits(double value, double spread) {
    char text[40];
    double digits = spread > 0 ? 6 + ceil(log10(fabs(value) / spread)) : 17;
    int n = digits > 17 ? 17 : digits > 9 ? (int)digits : 9;
    snprintf(text, sizeof text, "%.*g", n, value);
    for (int fewer = 9; n == 17 && fewer < 17; fewer++) {
        snprintf(text, sizeof text, "%.*g", fewer, value);
        if (kr__text_strtod(text, NULL) == value) break;
        snprintf(text, sizeof text, "%.17g", value);
    }
    return kr__text_strtod(text, NULL);
}

/* As the past had it: mean + spread * quantile. */
static void put_bounds(const fitting *f, int64_t i, int64_t step, double mean, double spread) {
    kr_prediction *out = f->out;
    int64_t width = out->n_outputs, size = out->n * out->n_steps * width,
            at = (i / width * out->n_steps + step) * width + i % width;
    bool is_told = *f->forecaster->settings.lower != '\0';
    double least = f->is_positive[i] && !is_told ? 0 : -INFINITY;
    out->forecast[at] = fmax(round_digits(mean, spread), least);
    for (int k = 0; k < out->n_levels; k++) {
        const kr__relative_errors *e = &f->forecaster->errors;
        double low = spread * kr__relative_errors_at(e, step, (1 - out->levels[k]) / 2);
        double high = spread * kr__relative_errors_at(e, step, (1 + out->levels[k]) / 2);
        out->lower[k * size + at] = fmax(round_digits(mean + (low < 0 ? low : 0), spread), least);
        out->upper[k * size + at] = fmax(round_digits(mean + (high > 0 ? high : 0), spread), least);
    }
}

static void join_members(fitting *f) {
    const kr__study as_study = {.horizon = f->horizon, .n_windows = f->n};
    kr__study_forecasts of[KR__MOST_MEMBERS], all = {f->mean, f->spread};
    const kr__study_forecasts *list[KR__MOST_MEMBERS];
    int64_t size = f->n * f->horizon;
    for (int m = 0; m < f->forecaster->n_members; m++) {
        of[m] = (kr__study_forecasts){f->mean + (m + 1) * size, f->spread + (m + 1) * size};
        list[m] = &of[m];
    }
    kr__study_median(&as_study, list, f->forecaster->n_members, &all);
    for (int64_t i = 0; i < f->n; i++) {
        for (int64_t k = 0; k < f->out->n_steps; k++) {
            int64_t at = i * f->horizon + k;
            put_bounds(f, i, k, f->mean[at], f->spread[at]);
        }
    }
}

static kr_status check_numbers(const fitting *f) {
    int64_t per_origin = f->out->n_steps * f->out->n_outputs;
    for (int64_t i = 0; i < f->out->n * per_origin; i++) {
        if (isfinite(f->out->forecast[i])) continue;
        return kr_fail(f->err, KR_NUMERIC,
                       "%s: none of the models %s can forecast what is behind row %lld",
                       f->history->name, f->forecaster->info.model,
                       (long long)f->out->origin[i / per_origin] + 1);
    }
    return KR_OK;
}

static kr_status predict(fitting *f) {
    size_t n = (size_t)f->n, members = (size_t)f->forecaster->n_members + 1;
    f->series = kr__calloc(n, sizeof *f->series);
    f->is_positive = kr__calloc(n, sizeof *f->is_positive);
    f->forecast = kr__calloc(n, sizeof *f->forecast);
    f->values = kr__calloc(n, KR__LOCAL_MOST * sizeof *f->values);
    f->mean = kr__calloc(members * n, (size_t)f->horizon * sizeof *f->mean);
    f->spread = kr__calloc(members * n, (size_t)f->horizon * sizeof *f->spread);
    if (!f->series || !f->is_positive || !f->forecast || !f->values || !f->mean || !f->spread) {
        return kr_fail(f->err, KR_MEMORY, "%s: out of memory for the forecasts", f->history->name);
    }
    take_values(f);
    for (int m = 0; m < f->forecaster->n_members; m++) KR_TRY(run_member(f, m));
    join_members(f);
    return check_numbers(f);
}

kr_status kr__local_predict(const kr_forecaster *forecaster, const kr_history *history,
                            kr_prediction *out, kr_error *err) {
    fitting f = {.forecaster = forecaster,
                 .history = history,
                 .out = out,
                 .n = out->n * out->n_outputs,
                 .horizon = forecaster->info.pred_len,
                 .err = err};
    f.n_seasons = find_seasons(forecaster, f.seasons);
    kr_status status = predict(&f);
    kr_free(f.series);
    kr_free(f.is_positive);
    kr_free(f.forecast);
    kr_free(f.values);
    kr_free(f.mean);
    kr_free(f.spread);
    return status;
}

/* ---- files ------------------------------------------------------------------------------ */

/* intervals.relative (KR__ERROR_QUANTILES, pred_len): kr__relative_errors. */
kr_status kr__local_list(const kr_forecaster *f, kr_entries *entries, kr_error *err) {
    const int64_t shape[2] = {KR__ERROR_QUANTILES, f->errors.horizon};
    KR_TRY(kr__entries_add_int(entries, "intervals.windows", f->errors.n_windows, err));
    return kr__entries_add(entries, "intervals.relative", KR_DTYPE_F64, 2, shape,
                           f->errors.quantiles, err);
}

static bool are_good(const kr__relative_errors *e) {
    for (int64_t i = 0; i < KR__ERROR_QUANTILES * e->horizon; i++) {
        if (!isfinite(e->quantiles[i])) return false;
        if (i >= e->horizon && e->quantiles[i] < e->quantiles[i - e->horizon]) return false;
    }
    return true;
}

kr_status kr__local_load(kr_forecaster *f, kr_tensor_file *file, kr_error *err) {
    const char *path = kr_tensor_file_path(file);
    int64_t i = kr_tensor_file_find(file, "intervals.relative"), n_windows = 0;
    const kr_array *info = i >= 0 ? kr_tensor_file_info(file, i) : NULL;
    const char *text = kr_tensor_file_value(file, "intervals.windows");
    bool fits = info && info->rank == 2 && info->shape[0] == KR__ERROR_QUANTILES &&
                info->shape[1] == f->info.pred_len && text && kr__text_int(text, &n_windows) &&
                n_windows > 0;
    if (fits) {
        kr_array array = {0};
        KR_TRY(kr_tensor_file_get(file, i, &array, err));
        f->errors = (kr__relative_errors){.horizon = f->info.pred_len, .n_windows = n_windows};
        f->errors.quantiles = kr__calloc((size_t)info->n, sizeof *f->errors.quantiles);
        kr_status status = f->errors.quantiles
                               ? kr_array_to_double(&array, f->errors.quantiles, err)
                               : kr_fail(err, KR_MEMORY, "%s: out of memory for the model", path);
        kr_array_deinit(&array);
        KR_TRY(status);
        fits = are_good(&f->errors);
    }
    if (fits) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s: intervals.relative is missing or damaged; train the model again", path);
}
