/* SPDX-License-Identifier: MIT
 * fuzz_predict.c - any bytes as the checkpoint of a forecaster, and a forecast of what was read. */
#include <kr/forecaster.h>
#include <stdlib.h>
#include <string.h>

#include "core/datetime.h"
#include "forecast/predict_internal.h"
#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* Rows of ones, an hour apart. */
static kr_history *make_history(const kr_forecaster *p) {
    kr_history *h = NULL;
    int64_t n = p->info.n_channels + p->info.n_static;
    double *row = calloc((size_t)n, sizeof *row);
    const kr_history_options options = {.size = sizeof options,
                                        .series = p->info.n_series > 0 ? p->info.series[0] : NULL};
    if (kr_history_start(p, "fuzz", &options, &h, NULL) != KR_OK) abort();
    for (int64_t c = 0; row && c < n; c++) row[c] = 1;
    for (int64_t t = 0; row && t < p->info.seq_len; t++) {
        kr_frequency hour = {.micros = KR__HOUR};
        int64_t at = kr_frequency_add(p->info.has_frequency ? &p->info.frequency : &hour,
                                      1500000000 * KR__SECOND, t);
        if (kr_history_push(h, row, at, NULL) != KR_OK) break;
    }
    free(row);
    return h;
}

static void forecast(kr_forecaster *p) {
    kr_error err = {0};
    kr_prediction *out = NULL;
    if (p->info.seq_len > 4096 || p->info.pred_len > 4096 || p->info.n_channels > 64) return;
    kr_history *h = make_history(p);
    int64_t origin = h->n_rows - 1;
    kr_status status = kr_forecaster_predict(p, h, 1, &origin, NULL, &out, &err);
    require_outcome(status, out != NULL, &err);
    kr_prediction_destroy(out);
    kr_history_destroy(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_tensor_file *file = NULL;
    kr_forecaster *predictor = NULL;
    if (kr_tensor_file_open_memory("fuzz.safetensors", bytes, n_bytes, &file, &err) != KR_OK) {
        return 0;
    }
    kr_status status = kr__forecaster_open(NULL, file, &predictor, &err);
    require_outcome(status, predictor != NULL, &err);
    kr_tensor_file_close(file);
    if (predictor) forecast(predictor);
    kr_forecaster_destroy(predictor);
    return 0;
}
