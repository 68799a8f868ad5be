/* SPDX-License-Identifier: MIT
 * fuzz_zeroshot.c - any bytes as the file of a zero-shot model, and a forecast by what was read. */
#include <kr/zeroshot.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void forecast(kr_zeroshot *model) {
    static const double values[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9};
    const kr_zeroshot_series series = {.size = sizeof series,
                                       .values = values,
                                       .n = sizeof values / sizeof values[0],
                                       .seasons = {4, 0}};
    double quantiles[KR_ZEROSHOT_QUANTILES * 3];
    kr_error err = {0};
    kr_status status = kr_zeroshot_forecast(model, &series, 1, 3, quantiles, &err);
    require_outcome(status, status == KR_OK, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_zeroshot *model = NULL;
    kr_status status =
        kr_zeroshot_open_memory(NULL, "fuzz.safetensors", bytes, n_bytes, &model, &err);
    require_outcome(status, model != NULL, &err);
    if (model) forecast(model);
    kr_zeroshot_destroy(model);
    return 0;
}
