/* SPDX-License-Identifier: MIT
 * forecast_config.c - the settings of a run: their table, and the folder name made from them. */

#include <stdio.h>
#include <string.h>

#include "core/settings_view.h"
#include "forecast/forecast_config.h"
#include "nn/model.h"
#include "tables/step_names.h"

#define KR_FLAG_OWNER kr_forecast_config
#define KR_FLAG_NAME "forecast"
#define KR_FLAG_LIST "forecast/forecast_flags.inc"
#define KR_FLAG_DECIDES (KR_FLAG_RESUME | KR_FLAG_SWEEP)
#include "core/flag_table.inc"

const kr_flag_table *kr__forecast_flags(void) { return &table; }

kr_status kr_forecast_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

const kr_old_flag *kr__forecast_old_flags(int *count) {
    *count = N_OLD_FLAGS;
    return old_flags;
}

void kr__forecast_config_init(kr_forecast_config *config) { kr__flags_init(&table, config); }

kr_status kr__forecast_config_set(kr_forecast_config *config, const char *name, const char *text,
                                  kr_error *err) {
    char code[KR__STEP_CODE];
    if (strcmp(name, "freq") == 0) text = kr__step_code(text, code); /* which files keep */
    return kr__flags_set(&table, config, name, text, err);
}

void kr__forecast_config_get(const kr_forecast_config *config, const kr_flag *flag, char *text,
                             size_t size) {
    kr__flag_get(flag, config, text, size);
}

kr_status kr__forecast_config_to_json(const kr_forecast_config *config, char **text,
                                      kr_error *err) {
    return kr__flags_to_json(&table, config, text, err);
}

kr_status kr__forecast_config_from_json(const char *text, size_t n_bytes,
                                        kr_forecast_config *config, kr_error *err) {
    return kr__flags_from_json(&table, text, n_bytes, config, err);
}

/* ---- the folder name -------------------------------------------------------------------- */

void kr__forecast_setting(const kr_forecast_config *config, int64_t repetition, char *text,
                          size_t size) {
    const kr_forecast_config *c = config;
    int n =
        snprintf(text, size,
                 "%s_%s_%s_%s_ft%s_sl%jd_ll%jd_pl%jd_dm%jd_nh%jd_el%jd_dl%jd_df%jd_expand%jd_dc%jd_"
                 "fc%jd_eb%s_dt%s_%s_%jd",
                 c->task_name, c->model_id, c->model, c->data, c->features, (intmax_t)c->seq_len,
                 (intmax_t)c->label_len, (intmax_t)c->pred_len, (intmax_t)c->d_model,
                 (intmax_t)c->n_heads, (intmax_t)c->e_layers, (intmax_t)c->d_layers,
                 (intmax_t)c->d_ff, (intmax_t)c->expand, (intmax_t)c->d_conv, (intmax_t)c->factor,
                 c->embed, c->distil ? "True" : "False", c->des, (intmax_t)repetition);
    if (n < 0) *text = '\0'; /* a longer one was cut, and kr__forecast_config_check() refuses it */
}

const char *kr__forecast_checkpoint(const kr_forecast_config *config, int64_t repetition,
                                    char *path, size_t size) {
    char setting[KR_FORECAST_TEXT];
    const char *folder = config->checkpoints;
    size_t n = strlen(folder);
    kr__forecast_setting(config, repetition, setting, sizeof setting);
    snprintf(path, size, "%s%s%s/checkpoint.safetensors", folder,
             n > 0 && folder[n - 1] != '/' ? "/" : "", setting);
    return path;
}
