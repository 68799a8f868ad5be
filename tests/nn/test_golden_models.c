/* SPDX-License-Identifier: MIT
 * test_golden_models.c - whole models against the originals: TimeStar and TimeStarMamba on windows
 * of ETTh1 cut by our own loader, the others on waves of tools/make_model_goldens.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/real.h"
#include "nn/golden_case.h"
#include "nn/model.h"
#include "support/etth1.h"

/* The originals ran in double on a position table that was computed in float; ours is double. */
#ifdef KR_REAL_DOUBLE
static const double table_factor = 100;
#else
static const double table_factor = 1;
#endif

enum { BATCH = 3, SEQ_LEN = 96, PRED_LEN = 24, CHANNELS = 7, MARKS = 4 };

static kr_tensor build(kr_builder *b, const kr_tensor *in, const void *arg) {
    return kr__model_build(b, arg, &(kr__model_in){.x = in[0], .mark = in[1]});
}

/* One of the variants _eval, _train, _dropout, _nonorm, _ms_extension of a model. */
static void run_variant(const char *model, const char *file_model, const char *variant,
                        bool is_training, double dropout, bool is_ms, bool use_norm) {
    static kr_real x[BATCH * SEQ_LEN * CHANNELS], mark[BATCH * SEQ_LEN * MARKS];
    static kr_real target[BATCH * PRED_LEN * CHANNELS];
    const int64_t windows[BATCH] = {0, 1000, 5000};
    for (int64_t i = 0; i < BATCH; i++) {
        kr_etth1_window(windows[i], SEQ_LEN, PRED_LEN, is_ms, x + i * SEQ_LEN * CHANNELS,
                        mark + i * SEQ_LEN * MARKS, target + i * PRED_LEN * (is_ms ? 1 : CHANNELS));
    }
    const kr__model_config config = {
        .model = model,
        .seq_len = SEQ_LEN,
        .pred_len = PRED_LEN,
        .n_channels = CHANNELS,
        .n_outputs = is_ms ? 1 : CHANNELS,
        .n_marks = MARKS,
        .patch_len = 16,
        .d_model = 16,
        .e_layers = 2,
        .dropout = dropout,
        .use_norm = use_norm,
        .encoder = {
            .n_heads = 4,
            .d_ff = 16,
            .dropout = dropout,
            .mamba = {16, 4, 2, 0},
            .star = {.d_core = 8, .dropout = dropout > 0 ? 0.1 : 0, .is_stochastic = true}}};
    char file[96];
    snprintf(file, sizeof file, "model_%s_%s.npz", file_model, variant);
    kr_golden_case c = {.file = file,
                        .n_in = 2,
                        .in = {"x_enc", "x_mark"},
                        .in_data = {x, mark},
                        .in_rank = {3, 3},
                        .in_shape = {{BATCH, SEQ_LEN, CHANNELS}, {BATCH, SEQ_LEN, MARKS}},
                        .target = target,
                        .prefix = "",
                        .conv_mask_rows = 16,
                        .is_training = is_training,
                        .tolerance_factor = table_factor,
                        .build = build,
                        .arg = &config};
    kr_golden_case_run(&c);
}

static void run_model(const char *model, const char *file_model) {
    run_variant(model, file_model, "eval", false, 0, false, true);
    run_variant(model, file_model, "nonorm", false, 0, false, false);
    run_variant(model, file_model, "train", true, 0, false, true);
    run_variant(model, file_model, "dropout", true, 0.2, false, true);
    run_variant(model, file_model, "ms_extension", false, 0, true, true);
}

static void timestar(void **state) {
    (void)state;
    run_model("TimeStar", "timestar");
}

static void timestar_mamba(void **state) {
    (void)state;
    run_model("TimeStarMamba", "timestarmamba");
}

/* One file of tests/golden/models. */
static void run_waves(const char *file, const kr__model_config *config) {
    kr_golden_case c = {.file = file,
                        .n_in = config->n_marks > 0 ? 2 : 1,
                        .in = {"x_enc", "x_mark"},
                        .prefix = "",
                        .conv_mask_rows = config->encoder.d_ff,
                        .is_training = config->dropout > 0,
                        .build = build,
                        .arg = config};
    kr_golden_case_run(&c);
}

static kr__model_config waves_config(const char *model) {
    return (kr__model_config){.model = model,
                              .seq_len = 20,
                              .pred_len = 7,
                              .n_channels = 4,
                              .n_outputs = 4,
                              .n_marks = 2,
                              .d_model = 8,
                              .e_layers = 2,
                              .use_norm = true,
                              .encoder = {.n_heads = 2, .d_ff = 12}};
}

static void itransformer(void **state) {
    (void)state;
    kr__model_config config = waves_config("iTransformer");
    run_waves("models/itransformer.npz", &config);
    config.use_norm = false;
    config.encoder.is_relu = true;
    run_waves("models/itransformer_no_norm_relu.npz", &config);
    config = waves_config("iTransformer");
    config.dropout = config.encoder.dropout = 0.2;
    run_waves("models/itransformer_dropout.npz", &config);
    config = waves_config("iTransformer");
    config.n_marks = 0;
    config.e_layers = 1;
    run_waves("models/itransformer_no_marks.npz", &config);
}

static void nlinear(void **state) {
    (void)state;
    kr__model_config config = waves_config("NLinear");
    config.n_marks = 0;
    run_waves("models/nlinear.npz", &config);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(timestar), cmocka_unit_test(timestar_mamba),
                                       cmocka_unit_test(itransformer), cmocka_unit_test(nlinear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
