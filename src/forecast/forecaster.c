/* SPDX-License-Identifier: MIT
 * forecaster.c - a forecaster from its settings to a model on given rows, trained and tested. */
#include <kr/forecaster.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "core/sized_struct.h"
#include "forecast/forecast_config.h"
#include "forecast/forecaster_internal.h"
#include "forecast/opening.h"

/* ---- creating --------------------------------------------------------------------------- */

/* Back to what the settings alone say. */
static void forget_columns(kr_forecaster *f) {
    f->features = NULL;
    f->info = (kr_forecaster_info){.size = sizeof f->info,
                                   .model = f->n_members > 0 ? f->name : f->settings.model,
                                   .seq_len = f->learns ? f->settings.seq_len : 1,
                                   .pred_len = f->settings.pred_len};
}

kr_status kr__forecaster_create(kr_team *team, const kr_forecast_config *settings,
                                kr_forecaster **out, kr_error *err) {
    KR_TRY(kr__forecast_config_check(settings, err));
    kr_forecaster *f = kr__calloc(1, sizeof *f);
    if (!f) return kr_fail(err, KR_MEMORY, "out of memory for the model");
    f->team = team;
    f->settings = *settings;
    kr_status status = kr__local_members(f, err);
    forget_columns(f);
    if (status == KR_OK) status = kr__forecast_parts_make(&f->settings, &f->parts, err);
    if (status != KR_OK) {
        kr_forecaster_destroy(f);
        return status;
    }
    *out = f;
    return KR_OK;
}

kr_status kr_forecaster_create(kr_team *team, const kr_settings *settings, kr_forecaster **out,
                               kr_error *err) {
    const void *values = NULL;
    KR_TRY(kr__settings_values(settings, kr__forecast_flags(), &values, err));
    return kr__forecaster_create(team, values, out, err);
}

const kr_forecast_config *kr__forecaster_settings(const kr_forecaster *forecaster) {
    return &forecaster->settings;
}

kr_status kr_forecaster_settings(const kr_forecaster *forecaster, kr_settings **out,
                                 kr_error *err) {
    return kr__settings_from_values(kr__forecast_flags(), &forecaster->settings, out, err);
}

/* What a training left. */
static void forget_training(kr_forecaster *f) {
    kr__trainer_destroy(f->trainer);
    kr_conformal_destroy(f->conformal);
    kr__relative_errors_deinit(&f->errors);
    kr_free(f->fit_record);
    f->trainer = NULL;
    f->conformal = NULL;
    f->fit_record = NULL;
    f->is_validated = f->is_saved = false;
}

/* All but the settings. */
static void forget(kr_forecaster *f) {
    forget_training(f);
    kr__engine_destroy(f->engine);
    kr__dataset_destroy(f->dataset);
    kr_free(f->train_x);
    kr_rows_destroy(f->rows);
    kr__features_destroy(f->own_features);
    f->rows = NULL;
    f->own_features = NULL;
    forget_columns(f);
    f->engine = NULL;
    f->dataset = NULL;
    f->train_x = NULL;
}

void kr_forecaster_destroy(kr_forecaster *forecaster) {
    if (!forecaster) return;
    forget(forecaster);
    kr_zeroshot_destroy(forecaster->zeroshot);
    kr_zeroshot_destroy(forecaster->tuned);
    kr_free(forecaster->tuned_bytes);
    kr_free(forecaster);
}

/* ---- what it is ------------------------------------------------------------------------- */

void kr__forecaster_use(kr_forecaster *f, const kr_features *features) {
    kr_forecaster_info *info = &f->info;
    f->features = features;
    info->columns = features->columns;
    info->n_channels = features->n_columns;
    info->n_outputs = features->n_outputs;
    info->n_future = features->n_future;
    info->n_static = features->n_static;
    info->series = features->series;
    info->n_series = features->n_series;
    info->has_dates = features->has_dates;
    info->has_frequency = features->has_frequency;
    info->frequency = features->frequency;
}

kr_forecast_objective kr__forecaster_objective(kr_forecaster *f) {
    const kr__row_shape rows = {.n_channels = f->features->n_columns,
                                .n_marks = f->features->n_marks - (f->features->cycle > 0),
                                .n_future = f->features->n_future};
    const kr_forecast_objective objective = kr__forecast_parts_objective(&f->parts, &rows);
    f->model = objective.model;
    return objective;
}

const kr_forecaster_info *kr_forecaster_info_of(const kr_forecaster *forecaster) {
    return &forecaster->info;
}

/* Statistical models tell any level that their quantiles reach. */
static kr_status check_local_level(double level, kr_error *err) {
    const double most = 1 - 1.0 / KR__ERROR_QUANTILES;
    if (level > 0 && level <= most) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "level %g %%: an interval can hold more than 0 and at most %g %% of what comes",
                   100 * level, 100 * most);
}

/* The model's own quantiles end with the outermost of them. */
static kr_status check_own_level(double level, kr_error *err) {
    const double most = 0.8 + 1e-9;
    if (level > 0 && level <= most) return KR_OK;
    return kr_fail(
        err, KR_USAGE,
        "level %g %%: the model tells what lies between its 10 %% and its 90 %% quantile, so "
        "that an interval can hold more than 0 and at most 80 %% of what comes; `krait fit` "
        "measures wider ones in the past",
        100 * level);
}

kr_status kr_forecaster_check_level(const kr_forecaster *forecaster, double level, kr_error *err) {
    if (forecaster->errors.n_windows > 0) return check_local_level(level, err);
    if (kr__local_tells_quantiles(forecaster)) return check_own_level(level, err);
    if (!forecaster->conformal) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "the checkpoint holds no residuals of validation windows, so there are no "
                       "intervals; train the model again to have them");
    }
    return kr_conformal_bounds(forecaster->conformal, level, 0, NULL, NULL, NULL, err);
}

/* ---- preparing -------------------------------------------------------------------------- */

static kr_status make_windows(kr_forecaster *f, const kr_rows *rows, kr_error *err) {
    KR_TRY(kr__dataset_create(f->team, &f->parts.data, rows, &f->dataset, err));
    assert(f->dataset);
    kr__dataset_drop_double(f->dataset);
    kr__forecaster_use(f, kr__dataset_features(f->dataset));
    if (f->parts.enc_in != f->dataset->n_channels) {
        kr_team_log(f->team, KR_LOG_INFO,
                    "`enc_in` %lld: the data have %lld channels; that number is used",
                    (long long)f->parts.enc_in, (long long)f->dataset->n_channels);
    }
    return KR_OK;
}

static kr_status augment(kr_forecaster *f, kr_error *err) {
    const kr_dataset *d = f->dataset;
    kr_augment_options options = f->parts.training.augment;
    if (options.ratio == 0) return KR_OK;
    f->train_x = kr__calloc((size_t)d->n_rows, (size_t)d->n_channels * sizeof *f->train_x);
    if (!f->train_x) return kr_fail(err, KR_MEMORY, "out of memory for augmented rows");
    for (int64_t i = 0; i < d->n_series; i++, options.seed++) {
        int64_t row = d->spans[i].first_row[KR_SPLIT_TRAIN];
        int64_t n_rows = d->spans[i].end_row[KR_SPLIT_TRAIN] - row, at = row * d->n_channels;
        KR_TRY(kr__augment(&options, n_rows, d->n_channels, d->data + at, f->train_x + at, err));
    }
    return KR_OK;
}

static kr_status build_model(kr_forecaster *f, kr_error *err) {
    const kr__train_settings *t = &f->parts.training;
    const kr_forecast_objective objective = kr__forecaster_objective(f);
    const kr_engine_config config = {.objective = kr__forecast_objective(&objective),
                                     .grad_slots = t->grad_slots,
                                     .max_batch = t->batch_size,
                                     .uses_bf16 = t->uses_bf16,
                                     .is_profiled = t->is_profiled};
    KR_TRY(kr__engine_create(f->team, &config, &f->engine, err));
    kr__params_initialise(kr__engine_params(f->engine), t->seed);
    return KR_OK;
}

static kr_status prepare(kr_forecaster *f, const kr_rows *rows, kr_error *err) {
    if (!f->learns) {
        KR_TRY(kr__local_prepare(f, rows, err));
        kr__forecaster_use(f, f->own_features);
        return KR_OK;
    }
    KR_TRY(make_windows(f, rows, err));
    KR_TRY(augment(f, err));
    return build_model(f, err);
}

kr_status kr_forecaster_prepare(kr_forecaster *forecaster, const kr_rows *rows, kr_error *err) {
    forget(forecaster);
    kr_status status = prepare(forecaster, rows, err);
    if (status != KR_OK) forget(forecaster);
    return status;
}

kr_status kr__local_forecaster_make(kr_forecaster *forecaster, const kr_rows *rows,
                                    const kr__relative_errors *errors, kr_error *err) {
    KR_TRY(kr_forecaster_prepare(forecaster, rows, err));
    return kr__local_adopt(forecaster, errors, err);
}

kr_status kr__forecaster_join(kr_forecaster *f, const char *members, int64_t season,
                              int64_t long_season, const kr__relative_errors *errors,
                              kr_error *err) {
    kr_forecast_config *settings = &f->settings;
    snprintf(settings->local_models, sizeof settings->local_models, "%s", members);
    settings->season = season;
    settings->long_season = long_season;
    KR_TRY(kr__local_members(f, err));
    f->info.model = f->name;
    kr_conformal_destroy(f->conformal);
    f->conformal = NULL;
    return kr__local_adopt(f, errors, err);
}

int64_t kr__forecaster_best_epoch(const kr_forecaster *forecaster) {
    return forecaster->trainer ? kr__trainer_state(forecaster->trainer)->best_epoch : 0;
}

static kr_status check_prepared(const kr_forecaster *f, kr_error *err) {
    if ((f->engine && f->dataset) || f->rows) return KR_OK;
    return kr_fail(
        err, KR_USAGE,
        "the forecaster has seen no rows yet; prepare it with some, or train it on some");
}

static kr_status check_learns(const kr_forecaster *f, const char *why_not, kr_error *err) {
    if (f->n_members == 0) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED, "the forecaster %s %s", f->info.model, why_not);
}

/* Its errors in the past are those of several trainings. */
static kr_status check_trains(const kr_forecaster *f, kr_error *err) {
    if (!f->learns || f->n_members == 0) return KR_OK;
    return check_learns(f, "of learned and statistical models is made by `krait fit`", err);
}

kr_status kr_forecaster_load(kr_forecaster *forecaster, const char *path, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(check_prepared(forecaster, err));
    KR_TRY(check_learns(forecaster, "has no parameters to load", err));
    KR_TRY(kr_tensor_file_open(path, &file, err));
    forget_training(forecaster);
    kr_status status = kr__forecaster_read_params(kr__engine_params(forecaster->engine), file, err);
    kr_tensor_file_close(file);
    return status;
}

/* ---- training --------------------------------------------------------------------------- */

static void tell_model(const kr_forecaster *f) {
    kr__forecaster_tell(
        f, (kr_forecast_event){.kind = KR_EVENT_MODEL,
                               .count = kr__params_count(kr__engine_params(f->engine))});
}

/* Models that learn nothing have a scale and residuals, too. */
static kr_status train(kr_forecaster *f, bool resumes, kr_error *err) {
    forget_training(f);
    tell_model(f);
    if (kr__engine_params(f->engine)->count > 0) KR_TRY(kr__forecaster_fit(f, resumes, err));
    kr_status status = kr__forecaster_validate(f, err);
    if (status == KR_INTERRUPTED && f->is_saved) {
        return kr_fail(err, KR_INTERRUPTED,
                       "stopped while testing; the model is in %s; the same command with "
                       "`is_training` 0 tests it",
                       f->checkpoint);
    }
    KR_TRY(status);
    return kr__forecaster_keep(f, err);
}

static kr_status check_train_options(const kr_train_options *o, kr_error *err) {
    if (!o->resumes || o->checkpoint) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "kr_train_options: resumes without a checkpoint to continue from");
}

kr_status kr_forecaster_train(kr_forecaster *forecaster, const kr_rows *rows,
                              const kr_train_options *options, kr_error *err) {
    kr_train_options o;
    KR_TRY(kr__sized_take("kr_train_options", options, &o, sizeof o, err));
    KR_TRY(check_train_options(&o, err));
    KR_TRY(check_trains(forecaster, err));
    if (rows) KR_TRY(kr_forecaster_prepare(forecaster, rows, err));
    KR_TRY(check_prepared(forecaster, err));
    forecaster->observer = o.observer;
    forecaster->checkpoint = o.checkpoint;
    kr_status status = forecaster->n_members > 0 ? kr__local_train(forecaster, err)
                                                 : train(forecaster, o.resumes, err);
    forecaster->observer = NULL;
    forecaster->checkpoint = NULL;
    return status;
}

kr_status kr_forecaster_score(kr_forecaster *forecaster, const kr_forecast_observer *observer,
                              kr_forecast_result **out, kr_error *err) {
    KR_TRY(check_prepared(forecaster, err));
    KR_TRY(check_learns(forecaster, "has no test windows; `krait backtest` measures it", err));
    if (kr__dataset_window_count(forecaster->dataset, KR_SPLIT_TEST) == 0) {
        return kr_fail(err, KR_USAGE, "`test_rows` is 0: there is nothing to test on");
    }
    forecaster->observer = observer;
    tell_model(forecaster);
    kr_status status = KR_OK;
    if (!forecaster->is_validated) status = kr__forecaster_validate(forecaster, err);
    if (status == KR_OK) status = kr__forecaster_test(forecaster, out, err);
    forecaster->observer = NULL;
    return status;
}
