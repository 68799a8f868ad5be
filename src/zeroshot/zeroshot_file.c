/* SPDX-License-Identifier: MIT
 * zeroshot_file.c - a zero-shot model as a .safetensors file: its parameters under their names, and
 * as metadata format, version, krait, config (JSON), series. The library holds such a file, too. */
#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "files/file_kind.h"
#include "train/params_file.h"
#include "zeroshot/zeroshot_internal.h"

static const char format_name[] = KR__FORMAT_ZEROSHOT, format_version[] = "1";

/* ---- writing ------------------------------------------------------------------------------ */

/* Settings that do not change the model are as if nobody had said them: the same bytes wherever it
 * is saved, by any number of threads, in one go or not. */
static kr_zeroshot_settings what_matters(const kr_zeroshot_settings *said) {
    kr_zeroshot_settings matters = *said, usual;
    kr__flags_init(kr__zeroshot_flags(), &usual);
    memcpy(matters.checkpoint, usual.checkpoint, sizeof usual.checkpoint);
    matters.threads = usual.threads;
    matters.resume = usual.resume;
    return matters;
}

kr_status kr__zeroshot_describe(const kr_zeroshot *model, const char *format, kr_entries *entries,
                                kr_error *err) {
    const kr_zeroshot_settings settings = what_matters(&model->settings);
    char *text = NULL;
    KR_TRY(kr__entries_add_text(entries, "format", format, err));
    KR_TRY(kr__entries_add_text(entries, "version", format_version, err));
    KR_TRY(kr__entries_add_text(entries, "krait", KR_VERSION_STRING, err));
    KR_TRY(kr__entries_add_int(entries, "series", model->n_series, err));
    KR_TRY(kr__flags_to_json(kr__zeroshot_flags(), &settings, &text, err));
    kr_status status = kr__entries_add_text(entries, "config", text, err);
    kr_free(text);
    return status;
}

static kr_status collect(const kr_zeroshot *model, kr_entries *entries, kr_error *err) {
    const kr_params *params = &model->params;
    KR_TRY(kr__zeroshot_describe(model, format_name, entries, err));
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        KR_TRY(kr__entries_add(entries, p->name, kr_real_dtype, p->rank, p->shape,
                               params->values + p->offset, err));
    }
    return KR_OK;
}

kr_status kr_zeroshot_save(const kr_zeroshot *model, const char *path, kr_error *err) {
    kr_entries entries = {.n_arrays = 0};
    kr_status status = collect(model, &entries, err);
    if (status == KR_OK) status = kr__entries_write(&entries, path, err);
    kr__entries_deinit(&entries);
    return status;
}

kr_status kr_zeroshot_save_memory(const kr_zeroshot *model, void **bytes, size_t *n_bytes,
                                  kr_error *err) {
    kr_entries entries = {.n_arrays = 0};
    kr_status status = collect(model, &entries, err);
    if (status == KR_OK) status = kr__entries_write_memory(&entries, bytes, n_bytes, err);
    kr__entries_deinit(&entries);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

static int64_t count_values(const kr_tensor_file *file) {
    int64_t n = 0;
    for (int64_t i = 0; i < kr_tensor_file_count(file); i++) n += kr_tensor_file_info(file, i)->n;
    return n;
}

static kr_status check_kind(const kr_tensor_file *file, kr_error *err) {
    const char *format = kr_tensor_file_value(file, "format"), *path = kr_tensor_file_path(file);
    const char *version = kr_tensor_file_value(file, "version"), *kind = kr__file_kind_of(file);
    if (!format || strcmp(format, format_name) != 0) {
        return kr_fail(err, KR_FORMAT, "%s: %s", path,
                       kind ? kind : "is no zero-shot model; krait pretrain makes such models");
    }
    if (version && strcmp(version, format_version) == 0) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED,
                   "%s: has version %.20s of the format, this program reads %s", path,
                   version ? version : "?", format_version);
}

/* No model is made that the file cannot fill. */
static kr_status make_model(kr_team *team, const kr_tensor_file *file, kr_zeroshot **out,
                            kr_error *err) {
    const kr_flag_table *table = kr__zeroshot_flags();
    const char *json = kr_tensor_file_value(file, "config"), *path = kr_tensor_file_path(file);
    const char *series = kr_tensor_file_value(file, "series");
    kr_zeroshot_settings settings;
    int64_t n_series = 0;
    kr__flags_init(table, &settings);
    kr_status status =
        json ? kr__flags_from_json(table, json, strlen(json), &settings, NULL) : KR_FORMAT;
    if (status == KR_MEMORY) {
        return kr_fail(err, status, "%s: no memory to read its settings", path);
    }
    if (status != KR_OK || kr__zeroshot_check_shape(&settings, NULL) != KR_OK) {
        return kr_fail(err, KR_FORMAT, "%s: its settings are missing or damaged", path);
    }
    if (series && (!kr__text_int(series, &n_series) || n_series < 0)) n_series = 0;
    status = kr__zeroshot_make(team, &settings, count_values(file), out, err);
    if (status == KR_SHAPE) {
        return kr_fail(err, KR_FORMAT, "%s: its settings ask for more values than it holds", path);
    }
    if (status == KR_OK) (*out)->n_series = n_series;
    return status;
}

static kr_status load(kr_team *team, kr_tensor_file *file, kr_zeroshot **out, kr_error *err) {
    const kr_params_source source = {
        .file = file, .name_hint = "its settings", .shape_hint = "its settings"};
    KR_TRY(check_kind(file, err));
    KR_TRY(make_model(team, file, out, err));
    return kr__params_load(&(*out)->params, &source, err);
}

static kr_status read_model(kr_team *team, kr_tensor_file *file, kr_zeroshot **out, kr_error *err) {
    kr_status status = load(team, file, out, err);
    kr_tensor_file_close(file);
    if (status == KR_OK) return KR_OK;
    kr_zeroshot_destroy(*out);
    *out = NULL;
    return status;
}

kr_status kr_zeroshot_open_memory(kr_team *team, const char *name, const void *bytes,
                                  size_t n_bytes, kr_zeroshot **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    *out = NULL;
    KR_TRY(kr_tensor_file_open_memory(name, bytes, n_bytes, &file, err));
    return read_model(team, file, out, err);
}

kr_status kr_zeroshot_open(kr_team *team, const char *path, kr_zeroshot **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    *out = NULL;
    if (!path) {
        return kr_zeroshot_open_memory(team, "the model of the library", kr__zeroshot_weights,
                                       kr__zeroshot_weights_size, out, err);
    }
    KR_TRY(kr_tensor_file_open(path, &file, err));
    return read_model(team, file, out, err);
}
