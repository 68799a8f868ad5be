/* SPDX-License-Identifier: MIT
 * forecaster_file.c - one .safetensors file: the model as others read it, and what a resumed run
 * needs.
 *
 *     parameters            the best ones, under the originals' names
 *     data.*                the scale of the columns (features_file.c)
 *     training.*            the trainer's state (train/trainer.h)
 *     intervals.residuals   (kept, pred_len, outputs) float: kr_conformal, once training is done
 *     tuned.model           (bytes) the file of the zero-shot model that a fit has tuned
 *     metadata              format, version, config (JSON), fit (fit_record.c), what
 *                           features_file.c adds, intervals.windows; the trainer's state.*
 *
 * docs/checkpoint.md describes the format. */
#include <kr/files.h>
#include <string.h>

#include "core/arena.h"
#include "core/rank_sharing.h"
#include "core/text.h"
#include "files/file_kind.h"
#include "forecast/forecast_config.h"
#include "forecast/forecaster_internal.h"
#include "train/params_file.h"

static const char format_name[] = KR__FORMAT_FORECASTER, format_version[] = "1";

/* ---- saving ----------------------------------------------------------------------------- */

/* During training the trainer holds the best ones. */
static kr_status add_params(kr_entries *e, const kr_forecaster *f, kr_error *err) {
    if (f->n_members > 0) KR_TRY(kr__local_list(f, e, err));
    if (!f->learns) return KR_OK;
    const kr_params *params = kr__engine_params(f->engine);
    if (f->trainer) return kr__trainer_list(f->trainer, e, err);
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        KR_TRY(kr__entries_add(e, p->name, kr_real_dtype, p->rank, p->shape,
                               params->values + p->offset, err));
    }
    return KR_OK;
}

/* During training there are none. */
static kr_status add_residuals(kr_entries *e, const kr_forecaster *f, kr_error *err) {
    const kr_conformal *k = f->conformal;
    if (!k) return KR_OK;
    const int64_t shape[3] = {k->n_kept, f->model.pred_len, f->model.n_outputs};
    KR_TRY(kr__entries_add_int(e, "intervals.windows", k->n_windows, err));
    return kr__entries_add(e, "intervals.residuals", KR_DTYPE_F32, 3, shape, k->residuals, err);
}

static kr_status add_settings(kr_entries *e, const kr_forecaster *f, kr_error *err) {
    char *settings = NULL;
    KR_TRY(kr__forecast_config_to_json(&f->settings, &settings, err));
    kr_status status = kr__entries_add_text(e, "config", settings, err);
    kr_free(settings);
    return status;
}

static kr_status collect(kr_entries *e, const kr_forecaster *f, kr_error *err) {
    KR_TRY(add_params(e, f, err));
    KR_TRY(kr__entries_add_text(e, "format", format_name, err));
    KR_TRY(kr__entries_add_text(e, "version", format_version, err));
    KR_TRY(kr__entries_add_text(e, "krait", KR_VERSION_STRING, err));
    KR_TRY(add_settings(e, f, err));
    if (f->fit_record) KR_TRY(kr__entries_add_text(e, "fit", f->fit_record, err));
    KR_TRY(kr__features_list(f->features, e, err));
    return add_residuals(e, f, err);
}

static kr_status check_saved(const kr_forecaster *f, kr_error *err) {
    if (f->engine || kr__forecaster_is_ready(f)) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "the forecaster has seen no rows yet, so there is nothing to save; train it");
}

kr_status kr_forecaster_save(kr_forecaster *forecaster, const char *path, kr_error *err) {
    kr_entries entries = {.n_arrays = 0};
    KR_TRY(check_saved(forecaster, err));
    kr_status status = collect(&entries, forecaster, err);
    if (status == KR_OK) status = kr__entries_write(&entries, path, err);
    kr__entries_deinit(&entries);
    return status;
}

kr_status kr_forecaster_save_memory(kr_forecaster *forecaster, void **bytes, size_t *n_bytes,
                                    kr_error *err) {
    kr_entries entries = {.n_arrays = 0};
    KR_TRY(check_saved(forecaster, err));
    kr_status status = collect(&entries, forecaster, err);
    if (status == KR_OK) status = kr__entries_write_memory(&entries, bytes, n_bytes, err);
    kr__entries_deinit(&entries);
    return status;
}

kr_status kr__forecaster_keep(kr_forecaster *f, kr_error *err) {
    if (!f->checkpoint || !kr__rank_writes(f->team)) return KR_OK;
    KR_TRY(kr_forecaster_save(f, f->checkpoint, err));
    f->is_saved = true;
    return KR_OK;
}

/* ---- loading parameters ----------------------------------------------------------------- */

/* Tensors that are not parameters: training state, scaler, residuals, and the original's table of
 * positions.
 */
static bool is_other(const char *name) {
    return strncmp(name, "training.", 9) == 0 || kr__file_is_beside(name) ||
           strcmp(name, "en_embedding.position_embedding.pe") == 0;
}

/* The file of a training that was interrupted before its first validation holds only the initial
 * values. */
static bool has_model(const kr_tensor_file *file) {
    const char *best_epoch = kr_tensor_file_value(file, "state.best_epoch");
    const char *has_best = kr_tensor_file_value(file, "state.has_best"); /* of older files */
    return !(best_epoch && strcmp(best_epoch, "0") == 0) &&
           !(has_best && strcmp(has_best, "0") == 0);
}

kr_status kr__forecaster_read_params(kr_params *params, kr_tensor_file *file, kr_error *err) {
    if (params->count > 0 && !has_model(file)) {
        return kr_fail(
            err, KR_FORMAT,
            "%s: its training was stopped before it had a model; continue it with `resume`",
            kr_tensor_file_path(file));
    }
    const kr_params_source source = {
        .file = file,
        .is_other = is_other,
        .name_hint = "`model`, `e_layers` and the other settings it was trained with",
        .shape_hint = "`d_model`, `d_ff`, `seq_len`, `pred_len`, `quantiles` and the like"};
    return kr__params_load(params, &source, err);
}

kr_status kr__forecaster_check_format(const char *path, const char *format, const char *version,
                                      kr_error *err) {
    if (!format || strcmp(format, format_name) != 0) {
        return kr_fail(err, KR_FORMAT, "%s: is not a checkpoint of krait run or krait fit", path);
    }
    if (!version || strcmp(version, format_version) != 0) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "%s: has version %s of the format, this program reads %s", path,
                       version ? version : "?", format_version);
    }
    return KR_OK;
}

/* ---- resuming --------------------------------------------------------------------------- */

/* Files of older versions hold the seed of the first repetition and the repetition's number. */
static void find_seed(const kr_entries *e, kr_forecast_config *settings) {
    const char *text = kr__entries_value(e, "state.repetition");
    int64_t repetition = 0;
    if (text && kr__text_int(text, &repetition)) settings->seed -= repetition;
}

static kr_status resume(kr_forecaster *f, const kr_entries *e, kr_error *err) {
    bool has_quantiles = f->model.n_quantiles > 0; /* then they are the model's */
    kr_forecast_config settings = f->settings;
    find_seed(e, &settings);
    KR_TRY(kr__trainer_check_settings(kr__forecast_flags(), kr__entries_value(e, "config"),
                                      &settings, has_quantiles ? NULL : "quantiles", err));
    const char *is_done = kr__entries_value(e, "state.is_finished");
    if (!f->keeps_done || !is_done || strcmp(is_done, "1") != 0) {
        KR_TRY(kr__features_check(f->features, e, err));
    }
    return kr__trainer_restore(f->trainer, e, err);
}

void kr__forecaster_keep_done(kr_forecaster *forecaster) { forecaster->keeps_done = true; }

kr_status kr__forecaster_resume(kr_forecaster *f, const char *path, kr_error *err) {
    kr_safetensors *file = NULL;
    kr_entries entries = {.n_arrays = 0};
    KR_TRY(kr_safetensors_read(path, &file, err));
    kr_status status = kr__entries_view(file, &entries, err);
    if (status == KR_OK) {
        status = kr__forecaster_check_format(path, kr__entries_value(&entries, "format"),
                                             kr__entries_value(&entries, "version"), err);
    }
    if (status == KR_OK) {
        status = resume(f, &entries, err);
        if (status != KR_OK) kr_error_prefix(err, "%s", path);
    }
    if (status == KR_OK) f->is_saved = true;
    kr__entries_deinit(&entries);
    kr_safetensors_destroy(file);
    return status;
}
