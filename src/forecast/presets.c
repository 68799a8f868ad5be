/* SPDX-License-Identifier: MIT
 * presets.c - named settings for known data (docs/results.md says how they were chosen).
 */
#include <stdio.h>
#include <string.h>

#include "forecast/forecast_config.h"

/* One encoder layer with patches of a day works well for almost all of these data. */
#define DATA(loader, file) "root_path data data " loader " data_path " file " "
#define MODEL(width) "model TimeStar e_layers 1 d_model " width " d_core 64 d_state 16 "
#define WINDOW(seq_len, pred_len) "seq_len " seq_len " pred_len " pred_len " "
#define TRAINING(batch, rate, loss) "batch_size " batch " learning_rate " rate " loss " loss " "
/* A cycle of so many steps; its values learn faster than the rest. */
#define CYCLE(steps, factor) "cycle " steps " lr_factors cycleQueue=" factor " "

#define ETTH1(horizon, width, factor)                                                              \
    DATA("ETTh1", "ETTh1.csv")                                                                     \
    MODEL(width) "d_ff " width " d_conv 2 patch_len 24 " WINDOW("96", horizon) CYCLE("24", factor)
#define EPF(file, width)                                                                           \
    DATA("custom", file)                                                                           \
    MODEL(width)                                                                                   \
    "d_ff 64 features MS patch_len 24 label_len 0 " WINDOW("168", "24") CYCLE("168", "10")         \
        TRAINING("16", "0.0005", "MAE")

static const kr_preset presets[] = {
    {"etth1-96",
     "ETTh1, 96 -> 96 hours",
     ETTH1("96", "128", "10") TRAINING("4", "0.0002", "MAE") "dropout 0.1",
     {{"TimeStar", "loss Huber patch_len 48 learning_rate 0.0003"},
      {"TimeStarMamba", "loss Huber patch_len 48"}}},
    {"etth1-192",
     "ETTh1, 96 -> 192 hours",
     ETTH1("192", "128", "10") TRAINING("4", "0.0002", "Huber") "dropout 0.3",
     {{0}}},
    {"etth1-336",
     "ETTh1, 96 -> 336 hours",
     ETTH1("336", "128", "10") TRAINING("4", "0.0002", "Huber") "dropout 0.3",
     {{0}}},
    {"etth1-720",
     "ETTh1, 96 -> 720 hours",
     ETTH1("720", "64", "20") TRAINING("16", "0.0001", "Huber") "dropout 0.1",
     {{0}}},
    {"ettm1-96",
     "ETTm1, 96 -> 96 quarters of an hour",
     DATA("ETTm1", "ETTm1.csv.gz") MODEL("64") "d_ff 64 freq t season 96 patch_len 16 " WINDOW(
         "96", "96") TRAINING("32", "0.0005", "Huber"),
     {{0}}},
    {"exchange-96",
     "exchange rates, 96 -> 96 days",
     DATA("custom", "exchange_rate.csv") MODEL("64") "d_ff 64 freq d season 1 patch_len 16 " WINDOW(
         "96", "96") TRAINING("16", "0.0001", "Huber"),
     {{0}}},
    {"ili-24",
     "influenza-like illness, 36 -> 24 weeks",
     DATA("custom", "national_illness.csv")
         MODEL("64") "d_ff 64 freq w season 1 patch_len 12 " WINDOW("36", "24")
             TRAINING("8", "0.001", "MSE") "label_len 18 train_epochs 30 patience 6 lradj cosine",
     {{0}}},
    {"epf-np",
     "electricity price, Nord Pool, 168 -> 24 hours, target only",
     EPF("EPF_NP.csv", "128"),
     {{"TimeStar", "e_layers 2"}}},
    {"epf-pjm",
     "electricity price, PJM, 168 -> 24 hours, target only",
     EPF("EPF_PJM.csv", "64"),
     {{0}}},
};

const kr_preset *kr__forecast_presets(int *count) {
    *count = (int)(sizeof presets / sizeof presets[0]);
    return presets;
}

static bool next_word(const char **text, char word[KR_PRESET_WORD]) {
    *text += strspn(*text, " ");
    size_t n = strcspn(*text, " ");
    snprintf(word, KR_PRESET_WORD, "%.*s", (int)n, *text);
    *text += n;
    return n > 0;
}

bool kr__preset_next(const char **settings, char name[KR_PRESET_WORD], char value[KR_PRESET_WORD]) {
    return next_word(settings, name) && next_word(settings, value);
}

static kr_status apply(const char *settings, kr_forecast_config *config, kr_error *err) {
    char name[KR_PRESET_WORD], value[KR_PRESET_WORD];
    while (kr__preset_next(&settings, name, value)) {
        KR_TRY(kr__forecast_config_set(config, name, value, err));
    }
    return KR_OK;
}

kr_status kr__preset_apply(const kr_preset *preset, const char *model, kr_forecast_config *config,
                           kr_error *err) {
    KR_TRY(kr__forecast_config_set(config, "model_id", preset->name, err));
    KR_TRY(apply(preset->settings, config, err));
    char name[KR_PRESET_WORD];
    kr__flag_get(kr__flags_find(kr__forecast_flags(), "model"), config, name, sizeof name);
    for (int i = 0; i < KR_PRESET_MODELS; i++) {
        const kr_preset_model *own = &preset->own[i];
        if (own->model && strcmp(own->model, model ? model : name) == 0) {
            KR_TRY(apply(own->settings, config, err));
        }
    }
    return KR_OK;
}
