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
#include "forecast/predict_internal.h"

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
    if (model != &kr__local_zeroshot || f->zeroshot) return KR_OK;
    return kr_zeroshot_open(f->team, NULL, &f->zeroshot, err);
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
        if (status != KR_OK) continue;
        kr_zeroshot *opened = kr__local_opened(f, f->members[i]);
        status = kr__study_run(f->team, s, f->members[i], opened, &of[i], err);
    }
    if (status == KR_OK) kr__study_median(s, list, f->n_members, all);
    for (int i = 0; i < f->n_members; i++) kr__study_forecasts_deinit(&of[i]);
    return status;
}

static kr_status make_study(const kr_forecaster *f, kr__study **out, kr_error *err) {
    int64_t seasons[KR__FORECASTER_SEASONS], n = f->info.n_outputs;
    kr__study_plan plan = {.horizon = f->info.pred_len,
                           .seasons = seasons,
                           .n_seasons = kr__forecaster_seasons(f, seasons)};
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

static bool has_tuned_member(const kr_forecaster *f) {
    for (int m = 0; m < f->n_members; m++) {
        if (f->members[m] == &kr__local_tuned) return true;
    }
    return false;
}

kr_status kr__local_refuse_tuned(const kr_forecaster *f, kr_error *err) {
    if (!has_tuned_member(f)) return KR_OK;
    return kr_fail(
        err, KR_UNSUPPORTED,
        "%s: it is trained in a fit alone, by `from`; it cannot be trained anew on other "
        "rows",
        kr__local_tuned.name);
}

kr_status kr__local_train(kr_forecaster *f, kr_error *err) {
    kr__study *study = NULL;
    KR_TRY(kr__local_refuse_tuned(f, err));
    kr__relative_errors_deinit(&f->errors);
    f->errors.n_windows = 0;
    KR_TRY(make_study(f, &study, err));
    kr_status status = KR_OK;
    if (study->n_windows == 0 && !kr__local_tells_quantiles(f)) {
        status =
            kr_fail(err, KR_SHAPE,
                    "%s: no series has %lld rows, 3 and the steps of a forecast; use a smaller "
                    "`pred_len`, or a longer file",
                    kr_rows_name(f->rows), (long long)f->info.pred_len + 3);
    }
    if (status == KR_OK && study->n_windows > 0) status = learn_errors(f, study, err);
    kr__study_destroy(study);
    return status;
}

kr_status kr__local_adopt(kr_forecaster *f, const kr__relative_errors *errors, kr_error *err) {
    size_t n = (size_t)KR__ERROR_QUANTILES * (size_t)errors->horizon;
    f->errors = *errors;
    if (errors->n_windows == 0) return KR_OK; /* the model has quantiles of its own */
    f->errors.quantiles = kr__calloc(n, sizeof *f->errors.quantiles);
    if (!f->errors.quantiles) {
        f->errors.n_windows = 0;
        return kr_fail(err, KR_MEMORY, "out of memory for the model");
    }
    memcpy(f->errors.quantiles, errors->quantiles, n * sizeof *f->errors.quantiles);
    return KR_OK;
}

/* ---- forecasts -------------------------------------------------------------------------- */

/* An output behind an origin of a history. */
typedef struct place {
    const kr_history *history;
    kr_prediction *out;
    int64_t origin, column; /* among those of out */
    bool is_positive;       /* no value up to the origin is below 0: no forecast is, either */
} place;

/* The last values of each output up to each origin, and what one model says of them. */
typedef struct fitting {
    const kr_forecaster *forecaster;
    const char *name; /* of a history, for sentences */
    place *places;    /* (n) */
    int64_t n, horizon, n_steps;
    int64_t seasons[KR__FORECASTER_SEASONS], n_seasons;
    kr__local_series *series; /* (n) */
    kr__local_forecast *forecast;
    double *mean, *spread; /* (1 + members, n, horizon) */
    double *quantiles;     /* (n, KR_ZEROSHOT_QUANTILES, horizon); NULL: the past makes intervals */
    kr_arena arena;
    kr_error *err;
} fitting;

static kr_status lack_memory(const fitting *f) {
    return kr_fail(f->err, KR_MEMORY, "%s: out of memory for the forecasts", f->name);
}

/* Where the forecast of step 0 of a place lies in its prediction. */
static int64_t first_step(const place *p) {
    return p->origin * p->out->n_steps * p->out->n_outputs + p->column;
}

static bool has_negative(const kr_history *h, int64_t channel, int64_t n) {
    for (int64_t t = 0; t < n; t++) {
        if (h->values[t * h->n_channels + channel] < 0) return true;
    }
    return false;
}

/* Values of a single column stay where they are. */
static kr_status take_values(fitting *f, int64_t i) {
    place *p = &f->places[i];
    const kr_history *h = p->history;
    int64_t channel = h->n_channels - p->out->n_outputs + p->column, width = h->n_channels;
    int64_t n_known = p->out->origin[p->origin] + 1, reach = kr__forecaster_reach(f->forecaster);
    int64_t n = n_known < reach ? n_known : reach, first = (n_known - n) * width + channel;
    double *to = width > 1 ? kr__arena_alloc(&f->arena, (size_t)n, sizeof *to) : h->values + first;
    if (!to) return lack_memory(f);
    for (int64_t t = 0; t < n && width > 1; t++) to[t] = h->values[first + t * width];
    p->is_positive = !has_negative(h, channel, n_known);
    f->series[i] = (kr__local_series){.values = to,
                                      .n = n,
                                      .seasons = f->seasons,
                                      .n_seasons = f->n_seasons,
                                      .is_filled = h->missing ? h->missing + first : NULL,
                                      .stride = width};
    return KR_OK;
}

/* A learned model tells no spread; its errors are measured in that of the last season. */
static void take_learned(const fitting *f, int64_t at) {
    for (int64_t i = 0; i < f->n; i++) {
        const place *p = &f->places[i];
        for (int64_t k = 0; k < f->n_steps; k++) {
            f->mean[at + i * f->horizon + k] =
                p->out->forecast[first_step(p) + k * p->out->n_outputs];
        }
    }
}

/* The first forecasts are those of all members together; theirs follow. */
static kr_status run_member(fitting *f, int member) {
    const kr__local_model *model = f->forecaster->members[member];
    int64_t at = (member + 1) * f->n * f->horizon, n_quantiles = KR_ZEROSHOT_QUANTILES * f->horizon;
    for (int64_t i = 0; i < f->n; i++) {
        f->forecast[i] =
            (kr__local_forecast){.horizon = f->horizon,
                                 .quantiles = f->quantiles ? f->quantiles + i * n_quantiles : NULL,
                                 .mean = f->mean + at + i * f->horizon,
                                 .spread = f->spread + at + i * f->horizon};
    }
    KR_TRY(kr__local_forecast_all(f->forecaster->team, model ? model : &kr__local_last_season,
                                  kr__local_opened(f->forecaster, model), f->series, f->forecast,
                                  f->n, f->err));
    if (!model) take_learned(f, at);
    return KR_OK;
}

/* Behind the last of rows that were pushed the model goes on from its state. */
static kr_status run_streams(fitting *f, bool *has_run) {
    const place *p = &f->places[0];
    kr_zeroshot_stream **streams = NULL;
    *has_run = false;
    bool is_last = p->out->n == 1 && p->out->origin[0] == p->history->n_rows - 1;
    if (!is_last || f->n > p->out->n_outputs) return KR_OK;
    KR_TRY(kr__history_streams(p->history, f->forecaster, &streams, f->err));
    for (int64_t i = 0; streams && i < f->n; i++) {
        int64_t at = (f->n + i) * f->horizon;
        double *quantiles = f->quantiles + i * KR_ZEROSHOT_QUANTILES * f->horizon;
        f->forecast[i] = (kr__local_forecast){.horizon = f->horizon,
                                              .quantiles = quantiles,
                                              .mean = f->mean + at,
                                              .spread = f->spread + at};
        kr_zeroshot_stream_forecast(streams[i], quantiles);
        kr__local_zeroshot_take(&f->series[i], quantiles, &f->forecast[i]);
    }
    *has_run = streams != NULL;
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

/* What the model itself says, on the straight line between the quantiles that it tells. */
static double own_quantile(const fitting *f, int64_t i, int64_t step, double p) {
    const double *q = f->quantiles + i * KR_ZEROSHOT_QUANTILES * f->horizon + step;
    const int last = KR_ZEROSHOT_QUANTILES - 1;
    double at = fmin(fmax(p * (KR_ZEROSHOT_QUANTILES + 1) - 1, 0), last);
    int below = at < last ? (int)at : last - 1;
    double low = q[below * f->horizon], high = q[(below + 1) * f->horizon], share = at - below;
    return share == 0 ? low : share == 1 ? high : low + share * (high - low);
}

/* As the past had it, mean + spread * quantile, or as the model tells. */
static void put_bounds(const fitting *f, int64_t i, int64_t step, double mean, double spread) {
    const place *to = &f->places[i];
    const kr__relative_errors *e = &f->forecaster->errors;
    kr_prediction *out = to->out;
    int64_t size = out->n * out->n_steps * out->n_outputs,
            at = first_step(to) + step * out->n_outputs;
    bool is_told = *f->forecaster->settings.lower != '\0';
    double least = to->is_positive && !is_told ? 0 : -INFINITY;
    out->forecast[at] = fmax(round_digits(mean, spread), least);
    for (int k = 0; k < out->n_levels; k++) {
        double end[2];
        for (int side = 0; side < 2; side++) {
            double p = (1 + (side ? 1 : -1) * out->levels[k]) / 2;
            double away = f->quantiles ? own_quantile(f, i, step, p) - mean
                                       : spread * kr__relative_errors_at(e, step, p);
            away = side ? fmax(away, 0) : fmin(away, 0);
            end[side] = fmax(round_digits(mean + away, spread), least);
        }
        out->lower[k * size + at] = end[0];
        out->upper[k * size + at] = end[1];
    }
}

static void put_place(void *arg, int64_t i, int worker) {
    const fitting *f = arg;
    (void)worker;
    for (int64_t k = 0; k < f->n_steps; k++) {
        int64_t at = i * f->horizon + k;
        put_bounds(f, i, k, f->mean[at], f->spread[at]);
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
    kr_team_for(f->forecaster->team, f->n, put_place, f);
}

/* Rows of a file were looked at when it was opened, those of a stream were not. */
static kr_status fail_at(const fitting *f, int64_t i) {
    const place *p = &f->places[i];
    const kr__local_series *s = &f->series[i];
    int64_t channel = p->history->n_channels - p->out->n_outputs + p->column;
    double most = 0;
    for (int64_t t = 0; t < s->n; t++) most = fmax(most, fabs(s->values[t]));
    KR_TRY(kr__check_unit(p->history->name, f->forecaster->info.columns[channel], most, f->err));
    return kr_fail(
        f->err, KR_NUMERIC, "%s: none of the models %s can forecast what is behind row %lld",
        p->history->name, f->forecaster->info.model, (long long)p->out->origin[p->origin] + 1);
}

static kr_status check_numbers(const fitting *f) {
    for (int64_t i = 0; i < f->n * f->n_steps; i++) {
        const place *p = &f->places[i / f->n_steps];
        int64_t at = first_step(p) + i % f->n_steps * p->out->n_outputs;
        if (!isfinite(p->out->forecast[at])) return fail_at(f, i / f->n_steps);
    }
    return KR_OK;
}

static kr_status allocate(fitting *f) {
    size_t n = (size_t)f->n, members = (size_t)f->forecaster->n_members + 1;
    bool has_own = kr__local_tells_quantiles(f->forecaster) && f->forecaster->errors.n_windows == 0;
    size_t per_series = (size_t)f->horizon * KR_ZEROSHOT_QUANTILES;
    f->series = kr__calloc(n, sizeof *f->series);
    f->forecast = kr__calloc(n, sizeof *f->forecast);
    f->mean = kr__calloc(members * n, (size_t)f->horizon * sizeof *f->mean);
    f->spread = kr__calloc(members * n, (size_t)f->horizon * sizeof *f->spread);
    if (has_own) f->quantiles = kr__calloc(n, per_series * sizeof *f->quantiles);
    bool is_good = f->series && f->forecast && f->mean && f->spread;
    return is_good && (f->quantiles || !has_own) ? KR_OK : lack_memory(f);
}

static kr_status predict(fitting *f) {
    KR_TRY(allocate(f));
    for (int64_t i = 0; i < f->n; i++) KR_TRY(take_values(f, i));
    bool has_run;
    KR_TRY(run_streams(f, &has_run));
    for (int m = 0; m < f->forecaster->n_members && !has_run; m++) KR_TRY(run_member(f, m));
    join_members(f);
    return check_numbers(f);
}

static kr_status list_places(fitting *f, const kr_history *const *histories,
                             kr_prediction *const *out, int64_t n) {
    int64_t n_places = 0;
    for (int64_t i = 0; i < n; i++) n_places += out[i]->n * out[i]->n_outputs;
    f->places = kr__calloc((size_t)n_places, sizeof *f->places);
    if (!f->places) return lack_memory(f);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < out[i]->n * out[i]->n_outputs; k++) {
            f->places[f->n++] = (place){.history = histories[i],
                                        .out = out[i],
                                        .origin = k / out[i]->n_outputs,
                                        .column = k % out[i]->n_outputs};
        }
    }
    return KR_OK;
}

kr_status kr__local_predict(const kr_forecaster *forecaster, const kr_history *const *histories,
                            kr_prediction *const *out, int64_t n, kr_error *err) {
    fitting f = {.forecaster = forecaster,
                 .name = histories[0]->name,
                 .horizon = forecaster->info.pred_len,
                 .n_steps = out[0]->n_steps,
                 .err = err};
    f.n_seasons = kr__forecaster_seasons(forecaster, f.seasons);
    kr_status status = list_places(&f, histories, out, n);
    if (status == KR_OK) status = predict(&f);
    kr__arena_deinit(&f.arena);
    kr_free(f.places);
    kr_free(f.series);
    kr_free(f.forecast);
    kr_free(f.mean);
    kr_free(f.spread);
    kr_free(f.quantiles);
    return status;
}

/* ---- files ------------------------------------------------------------------------------ */

/* tuned.model (bytes): the file of a zero-shot model. */
static kr_status list_tuned(const kr_forecaster *f, kr_entries *entries, kr_error *err) {
    const int64_t shape[1] = {(int64_t)f->n_tuned_bytes};
    if (!f->tuned) return KR_OK;
    return kr__entries_add(entries, "tuned.model", KR_DTYPE_U8, 1, shape, f->tuned_bytes, err);
}

kr_status kr__local_take_tuned(kr_forecaster *f, kr_zeroshot *tuned, kr_error *err) {
    kr_zeroshot_destroy(f->tuned);
    kr_free(f->tuned_bytes);
    f->tuned = tuned;
    f->tuned_bytes = NULL;
    return tuned ? kr_zeroshot_save_memory(tuned, &f->tuned_bytes, &f->n_tuned_bytes, err) : KR_OK;
}

static kr_status load_tuned(kr_forecaster *f, kr_tensor_file *file, kr_error *err) {
    const char *path = kr_tensor_file_path(file);
    int64_t i = kr_tensor_file_find(file, "tuned.model");
    const kr_array *info = i >= 0 ? kr_tensor_file_info(file, i) : NULL;
    kr_array array = {0};
    kr_zeroshot *tuned = NULL;
    if (!has_tuned_member(f)) return KR_OK;
    if (!info || info->dtype != KR_DTYPE_U8 || info->rank != 1) {
        return kr_fail(err, KR_FORMAT, "%s: tuned.model is missing or damaged; fit again", path);
    }
    KR_TRY(kr_tensor_file_get(file, i, &array, err));
    kr_status status =
        kr_zeroshot_open_memory(f->team, path, array.data, (size_t)array.n, &tuned, err);
    kr_array_deinit(&array);
    return status == KR_OK ? kr__local_take_tuned(f, tuned, err) : status;
}

/* intervals.relative (KR__ERROR_QUANTILES, pred_len): kr__relative_errors. */
kr_status kr__local_list(const kr_forecaster *f, kr_entries *entries, kr_error *err) {
    const int64_t shape[2] = {KR__ERROR_QUANTILES, f->errors.horizon};
    KR_TRY(list_tuned(f, entries, err));
    if (f->errors.n_windows == 0) return KR_OK; /* the model has quantiles of its own */
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
    KR_TRY(load_tuned(f, file, err));
    const char *path = kr_tensor_file_path(file);
    int64_t i = kr_tensor_file_find(file, "intervals.relative"), n_windows = 0;
    if (i < 0 && kr__local_tells_quantiles(f)) return KR_OK;
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
