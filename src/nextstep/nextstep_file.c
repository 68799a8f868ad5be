/* SPDX-License-Identifier: MIT
 * nextstep_file.c - reading the next-step model's file: PyTorch's dictionary as the original writes
 * it, or .safetensors. The shape of a model is taken from its tensors, so that files of either
 * kind, old and new, need no further description. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/flags.h"
#include "core/text.h"
#include "files/file_kind.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"
#include "train/params_file.h"

/* ---- reading ---------------------------------------------------------------------------- */

/* Older files have one head, output_proj. */
static bool old_name(const char *name, char text[KR_NAME_SIZE]) {
    static const char head[] = "output_heads.1.";
    if (strncmp(name, head, sizeof head - 1) != 0) return false;
    snprintf(text, KR_NAME_SIZE, "output_proj.%s", name + sizeof head - 1);
    return true;
}

/* The length of axis `axis` of tensor `name`; 0 when it is missing or does not have `rank` axes. */
static int64_t axis_of(const kr_tensor_file *file, const char *name, int rank, int axis) {
    int64_t i = kr_tensor_file_find(file, name);
    char old[KR_NAME_SIZE];
    if (i < 0 && old_name(name, old)) i = kr_tensor_file_find(file, old);
    const kr_array *a = i < 0 ? NULL : kr_tensor_file_info(file, i);
    return a && a->rank == rank ? a->shape[axis] : 0;
}

static int64_t count_layers(const kr_tensor_file *file) {
    for (int64_t i = 0; i < KR__NEXTSTEP_MAX_LAYERS; i++) {
        char name[KR_NAME_SIZE];
        snprintf(name, sizeof name, "layers.%lld.norm.weight", (long long)i);
        if (kr_tensor_file_find(file, name) < 0) return i;
    }
    return KR__NEXTSTEP_MAX_LAYERS;
}

/* The largest K of output_heads.K. */
static int64_t find_max_horizon(const kr_tensor_file *file) {
    static const char head[] = "output_heads.";
    int64_t most = 1;
    for (int64_t i = 0; i < kr_tensor_file_count(file); i++) {
        const char *name = kr_tensor_file_info(file, i)->name;
        if (strncmp(name, head, sizeof head - 1) != 0) continue;
        long long horizon = strtoll(name + sizeof head - 1, NULL, 10);
        if (horizon > most && horizon < INT32_MAX) most = horizon;
    }
    return most;
}

static double count_values(const kr_tensor_file *file) {
    double n = 0;
    for (int64_t i = 0; i < kr_tensor_file_count(file); i++) {
        n += (double)kr_tensor_file_info(file, i)->n;
    }
    return n;
}

/* What a file is that is no next-step model; NULL: it calls itself one, or nothing. */
static const char *find_other_kind(const kr_tensor_file *file) {
    const char *format = kr_tensor_file_value(file, "format");
    bool is_named = format && strcmp(format, KR__FORMAT_NEXTSTEP) == 0;
    return is_named ? NULL : kr__file_kind_of_format(format);
}

kr_status kr__nextstep_file_config(const kr_tensor_file *file, kr__nextstep_model_config *config,
                                   kr_error *err) {
    kr__nextstep_model_config c = {
        .n_features = axis_of(file, "input_proj.weight", 2, 1),
        .d_model = axis_of(file, "input_proj.weight", 2, 0),
        .n_layers = count_layers(file),
        .d_ff = axis_of(file, "output_heads.1.0.weight", 2, 0),
        .max_horizon = find_max_horizon(file),
        .mamba = {.d_state = axis_of(file, "layers.0.mamba.A_log", 2, 1),
                  .d_conv = axis_of(file, "layers.0.mamba.conv1d.weight", 3, 2)}};
    int64_t d_inner = axis_of(file, "layers.0.mamba.A_log", 2, 0);
    c.mamba.expand = c.d_model > 0 ? d_inner / c.d_model : 0;
    /* No model is made that the file cannot fill. */
    bool is_ours = c.n_features > 0 && c.d_model > 0 && c.n_layers > 0 && c.d_ff > 0 &&
                   c.mamba.d_state > 0 && c.mamba.d_conv > 0 && c.mamba.d_conv <= 16 &&
                   c.mamba.expand > 0 && c.mamba.expand * c.d_model == d_inner &&
                   kr__nextstep_size(&c) <= count_values(file);
    const char *kind = is_ours ? NULL : find_other_kind(file);
    if (kind) return kr_fail(err, KR_FORMAT, "%s: %s", kr_tensor_file_path(file), kind);
    if (!is_ours) {
        return kr_fail(
            err, KR_FORMAT,
            "%s: is not a next-step model: input_proj, layers.0.mamba and output_heads.1 are "
            "missing or do not fit together; krait train makes such models",
            kr_tensor_file_path(file));
    }
    *config = c;
    return KR_OK;
}

/* ---- settings ---------------------------------------------------------------------------- */

/* "args.lr" of a PyTorch checkpoint; None is left as it is. */
static bool set_argument(const kr_text_pair *pair, kr_nextstep_config *settings) {
    const kr_flag_table *table = kr__nextstep_flags();
    if (strncmp(pair->key, "args.", 5) != 0 || strcmp(pair->value, "null") == 0) return true;
    for (int i = 0; i < table->count; i++) {
        const char *name = table->flags[i].name;
        if (strcmp(name, pair->key + 5) != 0) continue;
        return kr__flags_set(table, settings, name, pair->value, NULL) == KR_OK;
    }
    return true; /* a setting of the original without meaning here */
}

kr_status kr__nextstep_file_settings(const kr_tensor_file *file, kr_nextstep_config *settings,
                                     bool *are_told, kr_error *err) {
    const kr_flag_table *table = kr__nextstep_flags();
    const char *json = kr_tensor_file_value(file, "config");
    kr__flags_init(table, settings);
    if (json) {
        kr_status status = kr__flags_from_json(table, json, strlen(json), settings, NULL);
        *are_told = status == KR_OK;
        if (status != KR_MEMORY) return KR_OK;
        return kr_fail(err, status, "%s: no memory to read its settings",
                       kr_tensor_file_path(file));
    }
    *are_told = kr_tensor_file_value(file, "args.seq_len") != NULL;
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(file) && *are_told; i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        *are_told = set_argument(&pair, settings);
    }
    if (!*are_told) kr__flags_init(table, settings);
    return KR_OK;
}

/* ---- parameters -------------------------------------------------------------------------- */

static bool is_other(const char *name) {
    return strncmp(name, "training.", 9) == 0 || strncmp(name, "optimizer_state_dict.", 21) == 0;
}

kr_status kr__nextstep_file_load(kr_tensor_file *file, kr_params *params, kr_error *err) {
    const kr_params_source source = {
        .file = file,
        .is_other = is_other,
        .old_name = old_name,
        .name_hint = "`n_layers`, `max_horizon` and the other settings it was trained with",
        .shape_hint = "`d_model`, `d_state`, `d_ff` and the like, and the number of features"};
    return kr__params_load(params, &source, err);
}
