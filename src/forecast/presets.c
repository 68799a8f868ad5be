/* SPDX-License-Identifier: MIT
 * presets.c - named settings for known data (docs/results.md says how they were chosen).
 */

/* One encoder layer with patches of a day works well for all of these data. */

#include "forecast/forecast_config.h"
#define WIDTHS(width, d_ff_width)                                                                  \
    "model", "TimeStar", "e_layers", "1", "d_model", width, "d_ff", d_ff_width, "d_core", "64",    \
        "d_state", "16"
#define MODEL(width) WIDTHS(width, width)
#define DATA(loader, file, name)                                                                   \
    "root_path", "data", "data", loader, "data_path", file, "model_id", name
#define TRAINING(batch, rate, training_loss)                                                       \
    "batch_size", batch, "learning_rate", rate, "loss", training_loss
/* A cycle of so many steps; its values learn faster than the rest. */
#define CYCLE(steps, factor) "cycle", steps, "lr_factors", ("cycleQueue=" factor)

#define ETTH1(horizon, width, batch, rate, training_loss, drop, factor)                            \
    DATA("ETTh1", "ETTh1.csv", ("etth1-" horizon)), MODEL(width), "d_conv", "2", "seq_len", "96",  \
        "pred_len", horizon, "patch_len", "24", "dropout", drop, CYCLE("24", factor),              \
        TRAINING(batch, rate, training_loss), NULL
#define EPF(file, name, width)                                                                     \
    DATA("custom", file, name), WIDTHS(width, "64"), "features", "MS", "seq_len", "168",           \
        "pred_len", "24", "label_len", "0", "patch_len", "24", CYCLE("168", "10"),                 \
        TRAINING("16", "0.0005", "MAE"), NULL

static const char *const etth1_96[] = {ETTH1("96", "128", "4", "0.0002", "MAE", "0.1", "10")};
static const char *const etth1_192[] = {ETTH1("192", "128", "4", "0.0002", "Huber", "0.3", "10")};
static const char *const etth1_336[] = {ETTH1("336", "128", "4", "0.0002", "Huber", "0.3", "10")};
static const char *const etth1_720[] = {ETTH1("720", "64", "16", "0.0001", "Huber", "0.1", "20")};
static const char *const ettm1_96[] = {DATA("ETTm1", "ETTm1.csv.gz", "ettm1-96"),
                                       MODEL("64"),
                                       "freq",
                                       "t",
                                       "seq_len",
                                       "96",
                                       "pred_len",
                                       "96",
                                       "season",
                                       "96",
                                       "patch_len",
                                       "16",
                                       TRAINING("32", "0.0005", "Huber"),
                                       NULL};
static const char *const exchange_96[] = {DATA("custom", "exchange_rate.csv", "exchange-96"),
                                          MODEL("64"),
                                          "freq",
                                          "d",
                                          "seq_len",
                                          "96",
                                          "pred_len",
                                          "96",
                                          "season",
                                          "1",
                                          "patch_len",
                                          "16",
                                          TRAINING("16", "0.0001", "Huber"),
                                          NULL};
static const char *const ili_24[] = {DATA("custom", "national_illness.csv", "ili-24"),
                                     MODEL("64"),
                                     "freq",
                                     "w",
                                     "seq_len",
                                     "36",
                                     "label_len",
                                     "18",
                                     "pred_len",
                                     "24",
                                     "season",
                                     "1",
                                     "patch_len",
                                     "12",
                                     "train_epochs",
                                     "30",
                                     "patience",
                                     "6",
                                     "lradj",
                                     "cosine",
                                     TRAINING("8", "0.001", "MSE"),
                                     NULL};
static const char *const epf_np[] = {EPF("EPF_NP.csv", "epf-np", "128")};
static const char *const epf_pjm[] = {EPF("EPF_PJM.csv", "epf-pjm", "64")};

static const kr_preset presets[] = {
    {"etth1-96", "ETTh1, 96 -> 96 hours", etth1_96},
    {"etth1-192", "ETTh1, 96 -> 192 hours", etth1_192},
    {"etth1-336", "ETTh1, 96 -> 336 hours", etth1_336},
    {"etth1-720", "ETTh1, 96 -> 720 hours", etth1_720},
    {"ettm1-96", "ETTm1, 96 -> 96 quarters of an hour", ettm1_96},
    {"exchange-96", "exchange rates, 96 -> 96 days", exchange_96},
    {"ili-24", "influenza-like illness, 36 -> 24 weeks", ili_24},
    {"epf-np", "electricity price, Nord Pool, 168 -> 24 hours, target only", epf_np},
    {"epf-pjm", "electricity price, PJM, 168 -> 24 hours, target only", epf_pjm},
};

const kr_preset *kr__forecast_presets(int *count) {
    *count = (int)(sizeof presets / sizeof presets[0]);
    return presets;
}
