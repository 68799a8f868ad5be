/* SPDX-License-Identifier: MIT
 * test_golden_layers.c - Mamba, attention, STAR and encoder layers against the originals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/golden_case.h"

static kr_tensor build_mamba(kr_builder *b, const kr_tensor *in, const void *arg) {
    return kr__layer_mamba(b, in[0], arg, "m");
}

static kr_tensor build_guarded(kr_builder *b, const kr_tensor *in, const void *arg) {
    return kr__layer_mamba_guarded(b, in[0], arg, false, "m");
}

static kr_tensor build_attention(kr_builder *b, const kr_tensor *in, const void *arg) {
    (void)arg;
    return kr__layer_attention(b, in[0], 8, 0, "m");
}

static kr_tensor build_star(kr_builder *b, const kr_tensor *in, const void *arg) {
    return kr__layer_star(b, in[0], in[1], arg, "m");
}

static kr_tensor build_encoder(kr_builder *b, const kr_tensor *in, const void *arg) {
    return kr__layer_encoder(b, in[0], in[1], arg, "m");
}

static void mamba(void **state) {
    (void)state;
    static const struct {
        const char *file;
        kr_mamba_config config;
    } cases[] = {{"mamba_block_a.npz", {16, 4, 2, 0}},
                 {"mamba_block_b.npz", {4, 2, 2, 0}},
                 {"mamba_block_c.npz", {8, 3, 1, 0}}};
    for (int i = 0; i < 3; i++) {
        kr_golden_case c = {.file = cases[i].file,
                            .n_in = 1,
                            .in = {"x"},
                            .prefix = "m.",
                            .build = build_mamba,
                            .arg = &cases[i].config};
        kr_golden_case_run(&c);
    }
}

static void guarded_mamba(void **state) {
    (void)state;
    const kr_mamba_config config = {16, 4, 2, 0};
    kr_golden_case c = {.file = "mamba_layer.npz",
                        .n_in = 1,
                        .in = {"x"},
                        .prefix = "m.",
                        .build = build_guarded,
                        .arg = &config};
    kr_golden_case_run(&c);
}

static void attention(void **state) {
    (void)state;
    kr_golden_case c = {
        .file = "attention.npz", .n_in = 1, .in = {"x"}, .prefix = "m.", .build = build_attention};
    kr_golden_case_run(&c);
}

static void star(void **state) {
    (void)state;
    static const struct {
        const char *file;
        bool is_training;
        kr_star_config config;
    } cases[] = {{"star_eval.npz", false, {8, 0.1, false, true}},
                 {"star_train.npz", true, {8, 0, false, true}},
                 {"star_train_dropout.npz", true, {8, 0.1, false, true}},
                 {"star_safe_eval.npz", false, {8, 0.1, true, true}},
                 {"star_safe_train.npz", true, {8, 0, true, true}}};
    for (int i = 0; i < 5; i++) {
        kr_golden_case c = {.file = cases[i].file,
                            .n_in = 2,
                            .in = {"input", "ex_input"},
                            .prefix = "m.",
                            .is_training = cases[i].is_training,
                            .build = build_star,
                            .arg = &cases[i].config};
        kr_golden_case_run(&c);
    }
}

static void encoder(void **state) {
    (void)state;
    static const struct {
        const char *file;
        bool is_training;
        kr_encoder_config config;
    } cases[] = {
        {"encoder_layer_gelu.npz",
         false,
         {false, false, 4, 24, 0, false, {0}, {8, 0, false, true}}},
        {"encoder_layer_relu.npz", false, {false, false, 4, 24, 0, true, {0}, {8, 0, false, true}}},
        {"encoder_layer_train.npz",
         true,
         {false, false, 4, 24, 0, false, {0}, {8, 0, false, true}}},
        {"encoder_layer_mamba.npz",
         false,
         {true, false, 4, 24, 0, false, {24, 4, 2, 0}, {8, 0, true, true}}}};
    for (int i = 0; i < 4; i++) {
        kr_golden_case c = {.file = cases[i].file,
                            .n_in = 2,
                            .in = {"x", "cross"},
                            .prefix = "m.",
                            .is_training = cases[i].is_training,
                            .build = build_encoder,
                            .arg = &cases[i].config};
        kr_golden_case_run(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mamba), cmocka_unit_test(guarded_mamba), cmocka_unit_test(attention),
        cmocka_unit_test(star),  cmocka_unit_test(encoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
