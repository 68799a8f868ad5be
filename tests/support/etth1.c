/* SPDX-License-Identifier: MIT
 * etth1.c - windows of the shipped ETTh1. */
#include "support/etth1.h"
#include "core/real.h"
#include "forecast/dataset.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const kr_dataset *kr_etth1(int64_t seq_len, int64_t pred_len) {
    static kr_dataset *dataset;
    if (!dataset) {
        kr_error err = {0};
        kr_dataset_config config = {.loader = "ETTh1",
                                    .path = KR_DATA_DIR "/ETTh1.csv",
                                    .features = "M",
                                    .target = "OT",
                                    .freq = "h",
                                    .is_timef = true,
                                    .seq_len = seq_len,
                                    .pred_len = pred_len};
        if (kr__dataset_open(NULL, &config, &dataset, &err) != KR_OK) fail_msg("%s", err.text);
    }
    return dataset;
}

void kr_etth1_window(int64_t i, int64_t seq_len, int64_t pred_len, bool is_ms, kr_real *x,
                     kr_real *mark, kr_real *target) {
    const kr_dataset *d = kr_etth1(seq_len, pred_len);
    int64_t c = d->n_channels, m = d->n_marks, outputs = is_ms ? 1 : c;
    for (int64_t k = 0; x && k < seq_len * c; k++) x[k] = d->data[i * c + k];
    for (int64_t k = 0; mark && k < seq_len * m; k++) mark[k] = d->marks[i * m + k];
    const float *after = d->data + (i + seq_len) * c + c - outputs;
    for (int64_t t = 0; target && t < pred_len; t++) {
        for (int64_t k = 0; k < outputs; k++) target[t * outputs + k] = after[t * c + k];
    }
}
