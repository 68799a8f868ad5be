/* SPDX-License-Identifier: MIT
 * zeroshot_internal.h - what the parts of a zero-shot model share. */
#ifndef KR_ZEROSHOT_INTERNAL_H
#define KR_ZEROSHOT_INTERNAL_H

#include <kr/files.h>
#include <kr/zeroshot.h>

#include "core/flags.h"
#include "files/file_kind.h"
#include "train/entries.h"
#include "train/trainer.h"
#include "zeroshot/drawn_samples.h"

/* Fields named as the flags in zeroshot_flags.inc. */
typedef struct kr_zeroshot_settings {
#define KR_FLAG_LIST "zeroshot/zeroshot_flags.inc"
#include "core/flags.inc"
} kr_zeroshot_settings;

struct kr_zeroshot {
    kr_team *team;
    kr_zeroshot_settings settings;
    kr_params params;
    int64_t n_series;          /* that it was trained on */
    kr_engine *engine;         /* of the last forecast; NULL: there was none */
    kr__zeroshot_config asked; /* what that engine forecasts */
};

/* A model whose parameters are not filled. KR_SHAPE: it has more values than `most_values`. */
kr_status kr__zeroshot_make(kr_team *team, const kr_zeroshot_settings *settings,
                            int64_t most_values, kr_zeroshot **out, kr_error *err);

const kr_flag_table *kr__zeroshot_flags(void);
/* KR_USAGE: they do not fit together. */
kr_status kr__zeroshot_settings_check(const kr_zeroshot_settings *settings, kr_error *err);
/* The checked values of settings. */
kr_status kr__zeroshot_settings_view(const kr_settings *settings, const kr_zeroshot_settings **out,
                                     kr_error *err);
/* Can a model of these settings be made? Each is within its range. KR_USAGE. */
kr_status kr__zeroshot_check_shape(const kr_zeroshot_settings *settings, kr_error *err);
/* What is simulated for a training. */
kr_simulate_options kr__zeroshot_simulation(const kr_zeroshot_settings *settings);
/* The shape of the plan of a training. */
kr__zeroshot_config kr__zeroshot_shape(const kr_zeroshot_settings *settings);
/* The parameters of one table become those of another of the same model. */
void kr__zeroshot_copy_values(const kr_params *from, kr_params *to);

/* KR_USAGE: a season that the model does not know. Of a series only the seasons are read. */
kr_status kr__zeroshot_check_seasons(const kr_zeroshot_series *series, kr_error *err);
/* The two seasons as the guesses take them. */
void kr__zeroshot_find_seasons(const kr_zeroshot_series *series, int64_t season[2]);
/* zeroshot_forecast.c: is series number i one that can be forecast? */
kr_status kr__zeroshot_check_series(const kr_zeroshot_series *s, int64_t i, kr_error *err);

/* What a file of that format says of a model. zeroshot_file.c */
kr_status kr__zeroshot_describe(const kr_zeroshot *model, const char *format, kr_entries *entries,
                                kr_error *err);

/* The file of the model that the library holds: zeroshot_weights.c */
extern const uint8_t kr__zeroshot_weights[];
extern const size_t kr__zeroshot_weights_size;

#endif
