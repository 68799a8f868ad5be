/* SPDX-License-Identifier: MIT
 * checkpoint.c - one .safetensors file: the model as others read it, and what a resumed run needs.
 *
 *     parameters            the best ones, under the originals' names
 *     data.*                scale of the columns: features_file.c
 *     training.*            the trainer's state (train/trainer.h)
 *     intervals.residuals   (kept, pred_len, outputs) float: kr_conformal, once training is done
 *     metadata              format, version, config (JSON), what features_file.c adds,
 *                           intervals.windows, state.repetition; the trainer's state.*
 *
 * docs/checkpoint.md describes the format. */
#include <inttypes.h>
#include <kr/arena.h>
#include <kr/safetensors.h>
#include <kr/tensor_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/forecast_session.h"
#include "forecast/opening.h"
#include "train/params_file.h"

static const char format_name[] = "krait forecaster", format_version[] = "1";

/* ---- saving ----------------------------------------------------------------------------- */

/* While the model is being trained there are none. */
static kr_status add_residuals(kr_entries *e, const kr_session *s, kr_error *err) {
    const kr_conformal *k = s->conformal;
    if (!k) return KR_OK;
    const int64_t shape[3] = {k->n_kept, s->dataset->pred_len, s->n_outputs};
    KR_TRY(kr_entries_add_int(e, "intervals.windows", k->n_windows, err));
    return kr_entries_add(e, "intervals.residuals", KR_DTYPE_F32, 3, shape, k->residuals, err);
}

static kr_status add_config(kr_entries *e, const kr_session *s, kr_error *err) {
    char *config = NULL;
    KR_TRY(kr_forecast_config_to_json(s->config, &config, err));
    kr_status status = kr_entries_add_text(e, "config", config, err);
    kr_free(config);
    return status;
}

static kr_status add_metadata(kr_entries *e, const kr_session *s, kr_error *err) {
    KR_TRY(kr_entries_add_text(e, "format", format_name, err));
    KR_TRY(kr_entries_add_text(e, "version", format_version, err));
    KR_TRY(kr_entries_add_text(e, "krait", KR_VERSION_STRING, err));
    KR_TRY(add_config(e, s, err));
    return kr_entries_add_int(e, "state.repetition", s->repetition, err);
}

static kr_status collect(kr_entries *e, const kr_session *s, kr_error *err) {
    if (s->trainer) KR_TRY(kr_trainer_list(s->trainer, e, err));
    KR_TRY(add_metadata(e, s, err));
    KR_TRY(kr__features_list(kr__dataset_features(s->dataset), e, err));
    return add_residuals(e, s, err);
}

kr_status kr__checkpoint_save(kr_session *s, const char *path, kr_error *err) {
    kr_entries entries = {.n_arrays = 0};
    kr_status status = collect(&entries, s, err);
    if (status == KR_OK) status = kr_entries_write(&entries, path, err);
    if (status == KR_OK) s->is_saved = true;
    kr_entries_deinit(&entries);
    return status;
}

/* ---- loading parameters ----------------------------------------------------------------- */

/* Not parameters of ours: training state, scaler, residuals, and the original's table of positions.
 */
static bool is_other(const char *name) {
    return strncmp(name, "training.", 9) == 0 || strncmp(name, "data.", 5) == 0 ||
           strncmp(name, "intervals.", 10) == 0 ||
           strcmp(name, "en_embedding.position_embedding.pe") == 0;
}

/* Of a training that was interrupted before its first validation the file has the first values. */
static bool has_model(const kr_tensor_file *file) {
    const char *best_epoch = kr_tensor_file_value(file, "state.best_epoch");
    const char *has_best = kr_tensor_file_value(file, "state.has_best"); /* of older files */
    return !(best_epoch && strcmp(best_epoch, "0") == 0) &&
           !(has_best && strcmp(has_best, "0") == 0);
}

kr_status kr__checkpoint_params(kr_params *params, kr_tensor_file *file, kr_error *err) {
    if (params->count > 0 && !has_model(file)) {
        return kr_fail(err, KR_FORMAT,
                       "%s: its training was stopped before it had a model; go on with `resume`",
                       kr_tensor_file_path(file));
    }
    const kr_params_source source = {
        .file = file,
        .is_other = is_other,
        .name_hint = "`model`, `e_layers` and the other settings it was trained with",
        .shape_hint = "`d_model`, `d_ff`, `seq_len`, `pred_len`, `quantiles` and the like"};
    return kr__params_load(params, &source, err);
}

kr_status kr__checkpoint_load(kr_params *params, const char *path, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    kr_status status = kr__checkpoint_params(params, file, err);
    kr_tensor_file_close(file);
    return status;
}

kr_status kr__checkpoint_check_format(const char *path, const char *format, const char *version,
                                      kr_error *err) {
    if (!format || strcmp(format, format_name) != 0) {
        return kr_fail(err, KR_FORMAT,
                       "%s: is no checkpoint of `krait run`; a run can take parameters out of it "
                       "with `load`",
                       path);
    }
    if (!version || strcmp(version, format_version) != 0) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "%s: has version %s of the format, this program reads %s", path,
                       version ? version : "?", format_version);
    }
    return KR_OK;
}

/* ---- resuming --------------------------------------------------------------------------- */

static kr_status resume(kr_session *s, const kr_entries *e, const char *path, kr_error *err) {
    /* The model's only where it forecasts them. */
    bool has_quantiles = strcmp(s->config->loss, "Quantile") == 0;
    const char *repetition = kr_entries_value(e, "state.repetition");
    KR_TRY(kr__checkpoint_check_format(path, kr_entries_value(e, "format"),
                                       kr_entries_value(e, "version"), err));
    kr_status status =
        kr_trainer_check_settings(kr_forecast_flags(), kr_entries_value(e, "config"), s->config,
                                  has_quantiles ? NULL : "quantiles", err);
    if (status == KR_OK && (!repetition || strtoll(repetition, NULL, 10) != s->repetition)) {
        status = kr_fail(err, KR_FORMAT, "is the checkpoint of another repetition");
    }
    if (status == KR_OK) status = kr_trainer_restore(s->trainer, e, err);
    if (status != KR_OK) kr_error_prefix(err, "%s", path);
    return status;
}

kr_status kr__checkpoint_resume(kr_session *s, const char *path, kr_error *err) {
    kr_safetensors *file = NULL;
    kr_entries entries = {.n_arrays = 0};
    KR_TRY(kr_safetensors_read(path, &file, err));
    kr_status status = kr_entries_view(file, &entries, err);
    if (status == KR_OK) status = resume(s, &entries, path, err);
    if (status == KR_OK) s->is_saved = true;
    kr_entries_deinit(&entries);
    kr_safetensors_destroy(file);
    return status;
}
