/* SPDX-License-Identifier: MIT
 * train_samples.c - what the best model forecasts in a few windows, for the pictures. */

#include "core/arena.h"
#include "core/pcg64.h"
#include "nextstep/train.h"

/* The windows of the original's pictures: default_rng(42).choice, whatever the seed. */
static kr_status choose_windows(const train_config *c, train_result *r, kr_error *err) {
    kr_pcg64 rng = kr__pcg64_make(42);
    int64_t count = r->report.n_windows, n = count < TRAIN_SAMPLES ? count : TRAIN_SAMPLES;
    int64_t *chosen = kr__calloc((size_t)count, sizeof *chosen);
    if (!chosen) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    kr__pcg64_choose(&rng, count, n, chosen);
    for (int64_t i = 0; i < n; i++) r->sample_start[i] = chosen[i] * c->stride;
    r->n_samples = (int)n;
    kr_free(chosen);
    return KR_OK;
}

/* All steps of one window. */
static kr_status forecast(const train_result *r, int64_t start, int64_t seq_len,
                          const int64_t *rows, float *pred, kr_error *err) {
    const kr_inside_want want = {KR_INSIDE_OUTPUT, 0, pred};
    const kr_inside_request request = {
        .size = sizeof request,
        .n_steps = seq_len,
        .x = kr_series_values(r->series) + start * kr_series_n_features(r->series),
        .window = seq_len,
        .n_rows = seq_len,
        .rows = rows,
        .n_wants = 1,
        .wants = &want};
    return kr_nextstep_look(r->model, &request, err);
}

kr_status train_samples(const train_request *request, train_result *r, kr_error *err) {
    int64_t n = request->config.seq_len, size = n * kr_series_n_features(r->series);
    KR_TRY(choose_windows(&request->config, r, err));
    int64_t *rows = kr__calloc((size_t)n, sizeof *rows);
    r->pred = kr__calloc((size_t)r->n_samples * (size_t)size, sizeof *r->pred);
    kr_status status =
        rows && r->pred ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    for (int64_t i = 0; i < n && rows; i++) rows[i] = i;
    for (int i = 0; i < r->n_samples && status == KR_OK; i++) {
        status = forecast(r, r->sample_start[i], n, rows, r->pred + i * size, err);
    }
    kr_free(rows);
    return status;
}
