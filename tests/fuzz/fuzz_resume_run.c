/* SPDX-License-Identifier: MIT
 * fuzz_resume_run.c - any bytes as the checkpoint that `krait run --resume` continues from. A
 * training that goes on to its end leaves a checkpoint that forecasts, and from which the same
 * training continues, or says why not. */
#include <kr/forecaster.h>
#include <stdlib.h>

#include "support/fuzz_array.h"
#include "support/fuzz_files.h"
#include "support/fuzz_models.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static kr_status go_on(kr_forecaster *f, const char *path, kr_error *err) {
    static kr_rows *rows;
    if (!rows) rows = fuzz_rows();
    const kr_train_options options = {.size = sizeof options, .checkpoint = path, .resumes = true};
    return kr_forecaster_train(f, rows, &options, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    static kr_forecaster *f;
    kr_forecaster *opened = NULL;
    kr_error err = {0};
    if (!f) f = fuzz_forecaster("DLinear");
    const char *path = fuzz_path("checkpoint.safetensors");
    fuzz_write("checkpoint.safetensors", bytes, n_bytes);
    kr_status status = go_on(f, path, &err);
    require_outcome(status, status == KR_OK, &err);
    if (status != KR_OK) return 0;
    require(kr_forecaster_open(NULL, path, &opened, NULL) == KR_OK);
    kr_forecaster_destroy(opened);
    status = go_on(f, path, &err);
    require_outcome(status, status == KR_OK, &err);
    return 0;
}
