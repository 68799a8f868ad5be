/* SPDX-License-Identifier: MIT
 * info_model.c - what a model's file holds: kind, settings, state of the training, parameters. */
#include "core/json.h"
#include "core/text.h"
#include "files/info.h"
#include "forecast/forecast_config.h"

#include <stdio.h>
#include <string.h>

#include <kr/files.h>
#include <kr/nextstep.h>

#include "files/file_kind.h"
#include "framework/json_numbers.h"

static bool has_prefix(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ---- kind ------------------------------------------------------------------------------- */

static bool add_nextstep_shape(cJSON *object, const kr_nextstep_shape *s) {
    cJSON *shape = cJSON_AddObjectToObject(object, "shape");
    return shape && kr__json_add_int(shape, "n_features", s->n_features) &&
           kr__json_add_int(shape, "d_model", s->d_model) &&
           kr__json_add_int(shape, "n_layers", s->n_layers) &&
           kr__json_add_int(shape, "d_inner", s->d_inner) &&
           kr__json_add_int(shape, "d_state", s->d_state) &&
           kr__json_add_int(shape, "d_conv", s->d_conv) &&
           kr__json_add_int(shape, "d_ff", s->d_ff) &&
           kr__json_add_int(shape, "max_horizon", s->max_horizon);
}

/* After its format, its own settings, else after its tensors: "forecaster NAME"; "model" when
 * nothing tells more. */
static const char *name_of_other(const kr_tensor_file *file, char text[80]) {
    const char *settings = kr_tensor_file_value(file, "config");
    const char *kind = kr__file_kind_name(kr_tensor_file_value(file, "format"));
    kr_forecast_config config;
    if (settings &&
        kr__forecast_config_from_json(settings, strlen(settings), &config, NULL) == KR_OK) {
        snprintf(text, 80, "forecaster %.60s",
                 *config.local_models ? config.local_models : config.model);
        return text;
    }
    for (int64_t i = 0; i < kr_tensor_file_count(file); i++) {
        const char *model = kr_forecast_model_of(kr_tensor_file_info(file, i)->name);
        if (!model) continue;
        snprintf(text, 80, "forecaster %.60s", model);
        return text;
    }
    return kind ? kind : "model";
}

static bool add_kind(cJSON *object, const kr_tensor_file *file) {
    kr_nextstep *model = NULL;
    kr_error unused;
    char text[80];
    bool is_nextstep = kr_nextstep_open(NULL, kr_tensor_file_path(file), &model, &unused) == KR_OK;
    bool is_made = kr__json_add_text(object, "kind",
                                     is_nextstep ? "next-step model" : name_of_other(file, text)) &&
                   kr__json_add_text(object, "format", kr_tensor_file_format(file)) &&
                   (!is_nextstep || add_nextstep_shape(object, kr_nextstep_shape_of(model)));
    kr_nextstep_destroy(model);
    return is_made;
}

/* ---- metadata --------------------------------------------------------------------------- */

static bool is_setting(const char *key) {
    return has_prefix(key, "args.") || strcmp(key, "config") == 0 || strcmp(key, "fit") == 0;
}

/* Settings of a PyTorch checkpoint one by one, those of our own files as the JSON that they are. */
static bool add_settings(cJSON *object, const kr_tensor_file *file) {
    const char *config = kr_tensor_file_value(file, "config");
    cJSON *parsed = NULL;
    if (config && kr__json_parse(config, strlen(config), &parsed, NULL) == KR_MEMORY) return false;
    if (parsed) return cJSON_AddItemToObject(object, "settings", parsed);
    cJSON *settings = cJSON_CreateObject();
    bool is_made = settings != NULL;
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(file) && is_made; i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        if (has_prefix(pair.key, "args."))
            is_made = kr__json_add_text(settings, pair.key + 5, pair.value);
    }
    if (is_made && settings->child) return cJSON_AddItemToObject(object, "settings", settings);
    cJSON_Delete(settings);
    return is_made;
}

static bool add_training(cJSON *object, const kr_tensor_file *file) {
    cJSON *training = cJSON_CreateObject();
    bool is_made = training != NULL;
    for (int64_t i = 0; i < kr_tensor_file_n_metadata(file) && is_made; i++) {
        kr_text_pair pair = kr_tensor_file_metadata(file, i);
        if (is_setting(pair.key) || has_prefix(pair.key, "optimizer_state_dict.")) continue;
        is_made = kr__json_add_text(training, pair.key, pair.value);
    }
    if (is_made && training->child) return cJSON_AddItemToObject(object, "metadata", training);
    cJSON_Delete(training);
    return is_made;
}

/* ---- tensors ---------------------------------------------------------------------------- */

static bool add_tensor(cJSON *list, const kr_array *a) {
    char shape[KR_ARRAY_SHAPE_TEXT];
    cJSON *item = cJSON_CreateObject();
    if (!item || !cJSON_AddItemToArray(list, item)) return false;
    return kr__json_add_text(item, "name", a->name) &&
           kr__json_add_text(item, "shape", kr_array_shape_text(a, shape)) &&
           kr__json_add_text(item, "type", kr_dtype_text(a->dtype)) &&
           kr__json_add_int(item, "values", a->n);
}

static bool is_of_training(const char *name) {
    return has_prefix(name, "optimizer_state_dict.") || has_prefix(name, "training.");
}

static bool add_tensors(cJSON *object, const kr_tensor_file *file) {
    double n = 0, n_training = 0;
    for (int64_t i = 0; i < kr_tensor_file_count(file); i++) {
        const kr_array *a = kr_tensor_file_info(file, i);
        if (kr__file_is_beside(a->name)) continue;
        *(is_of_training(a->name) ? &n_training : &n) += (double)a->n;
    }
    if (!kr__json_add_number(object, "parameters", n)) return false;
    if (n_training > 0 && !kr__json_add_number(object, "values_of_training", n_training))
        return false;
    cJSON *list = cJSON_AddArrayToObject(object, "tensors");
    for (int64_t i = 0; i < kr_tensor_file_count(file) && list; i++) {
        const kr_array *a = kr_tensor_file_info(file, i);
        if (!is_of_training(a->name) && !add_tensor(list, a)) return false;
    }
    return list != NULL;
}

kr_status info_model(const char *path, cJSON **out, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(path, &file, err));
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && kr__json_add_text(object, "path", path) && add_kind(object, file) &&
                   add_settings(object, file) && add_training(object, file) &&
                   add_tensors(object, file);
    kr_tensor_file_close(file);
    if (is_made) {
        *out = object;
        return KR_OK;
    }
    cJSON_Delete(object);
    return kr_fail(err, KR_MEMORY, "%s: no memory to describe it", path);
}
