/* SPDX-License-Identifier: MIT
 * fuzz_resume_zeroshot.c - any bytes as the state that `krait pretrain --resume` continues from. A
 * training that goes on to its end has a model of finite numbers, and leaves a state that is read
 * again. */
#include <kr/zeroshot.h>
#include <math.h>

#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "zeroshot/zeroshot_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static kr_zeroshot *make_model(void) {
    static const char *const list[][2] = {
        {"d_model", "4"}, {"n_layers", "1"},   {"d_state", "2"},    {"d_conv", "2"},
        {"expand", "1"},  {"d_hidden", "4"},   {"n_tokens", "4"},   {"longest", "32"},
        {"epochs", "2"},  {"steps", "2"},      {"batch_size", "2"}, {"n_origins", "2"},
        {"n_leads", "2"}, {"validation", "16"}};
    kr_settings *settings = NULL;
    kr_zeroshot *model = NULL;
    require(kr_zeroshot_settings_create(&settings, NULL) == KR_OK);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        require(kr_settings_set(settings, list[i][0], list[i][1], NULL) == KR_OK);
    }
    require(kr_zeroshot_create(NULL, settings, &model, NULL) == KR_OK);
    kr_settings_destroy(settings);
    return model;
}

static kr_status go_on(kr_zeroshot *model, kr_error *err) {
    const kr_zeroshot_training training = {
        .size = sizeof training, .state = fuzz_path("state.safetensors"), .resumes = true};
    return kr_zeroshot_train(model, &training, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_zeroshot *model = make_model();
    kr_error err = {0};
    fuzz_write("state.safetensors", bytes, n_bytes);
    kr_status status = go_on(model, &err);
    require_outcome(status, status == KR_OK, &err);
    for (int64_t i = 0; i < model->params.size; i++) require(isfinite(model->params.values[i]));
    if (status == KR_OK) {
        status = go_on(model, &err);
        require_outcome(status, status == KR_OK, &err);
    }
    kr_zeroshot_destroy(model);
    return 0;
}
