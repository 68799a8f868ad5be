/* SPDX-License-Identifier: MIT
 * forecast_config.h - the settings of a forecaster as a structure, and what is made of them. */
#ifndef KR_FORECAST_CONFIG_H
#define KR_FORECAST_CONFIG_H

#include <kr/forecaster.h>

#include "core/flags.h"

enum { KR_FORECAST_TEXT = KR_FLAG_TEXT, KR_FORECAST_PATH = 3 * KR_FORECAST_TEXT };

/* Fields named as the flags in forecast_flags.inc. Strings are in place. */
typedef struct kr_forecast_config {
#define KR_FLAG_LIST "forecast/forecast_flags.inc"
#include "core/flags.inc"
} kr_forecast_config;

/* The settings as data: for command lines, help, JSON. */
const kr_flag_table *kr__forecast_flags(void);
const kr_old_flag *kr__forecast_old_flags(int *count);

void kr__forecast_config_init(kr_forecast_config *config);
/* Set one field from text: whole number, range and choices are checked. name with _ . */
kr_status kr__forecast_config_set(kr_forecast_config *config, const char *name, const char *text,
                                  kr_error *err);
/* One field as text that kr__forecast_config_set() reads back. */
void kr__forecast_config_get(const kr_forecast_config *config, const kr_flag *flag, char *text,
                             size_t size);
/* Do the settings fit together (d_model and n_heads, patch_len and seq_len, ..)? KR_USAGE if not.
 */
kr_status kr__forecast_config_check(const kr_forecast_config *config, kr_error *err);
/* `lower` and `upper`; infinite where there is no bound. KR_USAGE. */
kr_status kr__forecast_limits(const kr_forecast_config *config, double limits[2], kr_error *err);
/* Moreover: can a run validate and test? */
kr_status kr__forecast_config_check_run(const kr_forecast_config *config, kr_error *err);

/* Does setting `name`, with _, change nothing beside the others? why: the reason, as in "no effect,
 * not used by RLinear"; it names settings in backquotes. */
enum { KR__UNUSED_TEXT = 128 };
bool kr__forecast_unused(const kr_forecast_config *config, const char *name,
                         char why[KR__UNUSED_TEXT]);

/* The original's folder name of repetition `repetition` (from 0). */
void kr__forecast_setting(const kr_forecast_config *config, int64_t repetition, char *text,
                          size_t size);
/* The checkpoint that this repetition writes: {checkpoints}/{setting}/checkpoint.safetensors. Cut
 * to size. Returns path. */
const char *kr__forecast_checkpoint(const kr_forecast_config *config, int64_t repetition,
                                    char *path, size_t size);

/* All settings as one JSON object, to be freed with kr_free. */
kr_status kr__forecast_config_to_json(const kr_forecast_config *config, char **text, kr_error *err);
/* From such an object: settings that it does not name keep their defaults; an unknown name or a
 * value of the wrong kind or out of range is KR_FORMAT. On failure *config is untouched. */
kr_status kr__forecast_config_from_json(const char *text, size_t n_bytes,
                                        kr_forecast_config *config, kr_error *err);

/* The rows that the settings name: data, root_path, data_path, and those that say how to read
 * them. */
kr_status kr__forecast_read(kr_team *team, const kr_forecast_config *config, kr_rows **out,
                            kr_error *err);
/* Would both read the same rows? */
bool kr__forecast_reads_alike(const kr_forecast_config *a, const kr_forecast_config *b);

/* Named settings for known data: "etth1-96" .. */
enum { KR_PRESET_MODELS = 2, KR_PRESET_WORD = 64 };
typedef struct kr_preset_model {
    const char *model, *settings; /* NULL: none */
} kr_preset_model;
typedef struct kr_preset {
    const char *name, *help;
    const char *settings;                  /* "d_model 128 loss MAE .." */
    kr_preset_model own[KR_PRESET_MODELS]; /* what some models have instead */
} kr_preset;
const kr_preset *kr__forecast_presets(int *count);
/* The first setting, by which *settings moves on; false: there is none. */
bool kr__preset_next(const char **settings, char name[KR_PRESET_WORD], char value[KR_PRESET_WORD]);
/* Into config, with those of that model; NULL: of the preset's. The model itself is not set. */
kr_status kr__preset_apply(const kr_preset *preset, const char *model, kr_forecast_config *config,
                           kr_error *err);

/* As the public ones, whose handles hold such a structure. */
kr_status kr__forecaster_create(kr_team *team, const kr_forecast_config *settings,
                                kr_forecaster **out, kr_error *err);
/* A training that is done is kept when it is resumed, also where it was on other rows: the results
 * of a fit. Any other is refused then. */
void kr__forecaster_keep_done(kr_forecaster *forecaster);
/* A forecaster of statistical models on these rows whose errors in the past are known already.
 */
struct kr__relative_errors;
kr_status kr__local_forecaster_make(kr_forecaster *forecaster, const kr_rows *rows,
                                    const struct kr__relative_errors *errors, kr_error *err);
/* A trained forecaster becomes one of the members (`local_models`, itself among them) whose errors
 * in the past are known. season and long_season: those of the members. */
kr_status kr__forecaster_join(kr_forecaster *forecaster, const char *members, int64_t season,
                              int64_t long_season, const struct kr__relative_errors *errors,
                              kr_error *err);
/* The epoch that was kept, from 1; 0: nothing was learnt. */
int64_t kr__forecaster_best_epoch(const kr_forecaster *forecaster);
const kr_forecast_config *kr__forecaster_settings(const kr_forecaster *forecaster);

#endif
