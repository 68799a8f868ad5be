/* SPDX-License-Identifier: MIT
 * fuzz_resume_train.c - any bytes as the state that `krait train --resume` continues from. A
 * training that goes on to its end has finite parameters and leaves a state that is read again. */
#include <kr/nextstep.h>
#include <math.h>
#include <stdlib.h>

#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/fuzz_models.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static kr_status go_on(kr_nextstep *model, kr_error *err) {
    static kr_series *series;
    if (!series) series = fuzz_series();
    const kr_nextstep_training training = {
        .size = sizeof training, .state = fuzz_path("state.safetensors"), .resumes = true};
    return kr_nextstep_train(model, series, &training, NULL, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_nextstep *model = fuzz_nextstep();
    kr_error err = {0};
    int64_t n = 0;
    fuzz_write("state.safetensors", bytes, n_bytes);
    kr_status status = go_on(model, &err);
    require_outcome(status, status == KR_OK, &err);
    const float *values = kr_nextstep_parameters(model, &n);
    for (int64_t i = 0; i < n; i++) require(isfinite(values[i]));
    if (status == KR_OK) {
        status = go_on(model, &err);
        require_outcome(status, status == KR_OK, &err);
    }
    kr_nextstep_destroy(model);
    return 0;
}
