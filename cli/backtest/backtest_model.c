/* SPDX-License-Identifier: MIT
 * backtest_model.c - the forecasts of one model in a backtest, and the levels of its intervals. */
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "framework/trained_model.h"

size_t backtest_count_values(const backtest *b) {
    return (size_t)b->n_folds * (size_t)b->pred_len * (size_t)b->n_outputs;
}

kr_status backtest_choose_levels(backtest *b, const kr_forecaster *predictor, kr_error *err) {
    const backtest_request *r = b->request;
    KR_TRY(trained_model_levels(predictor, b->checkpoint, r->config.levels, &r->call.given,
                                r->call.is_quiet, b->levels, &b->n_levels, err));
    if (b->n_levels == 0) return KR_OK;
    b->lower = kr__calloc((size_t)b->n_levels, backtest_count_values(b) * sizeof *b->lower);
    b->upper = kr__calloc((size_t)b->n_levels, backtest_count_values(b) * sizeof *b->upper);
    return b->lower && b->upper ? KR_OK
                                : kr_fail(err, KR_MEMORY, "out of memory for the intervals");
}

/* ---- forecasters ---------------------------------------------------------------------------- */

kr_status backtest_add_model(backtest *b, const char *name, backtest_model **out, kr_error *err) {
    backtest_model *m = &b->models[b->n_models++];
    snprintf(m->name, sizeof m->name, "%.63s", name);
    m->forecast = kr__calloc(backtest_count_values(b), sizeof *m->forecast);
    *out = m;
    return m->forecast ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
}

kr_status backtest_forecast(backtest *b, backtest_model *m, kr_forecaster *predictor, int64_t first,
                            int64_t n, kr_error *err) {
    int64_t fold = b->pred_len * b->n_outputs, all = (int64_t)backtest_count_values(b);
    bool is_first = m == &b->models[0];
    size_t bytes = (size_t)(n * fold) * sizeof *m->forecast;
    kr_prediction *p = NULL;
    kr_predict_options options = {
        .size = sizeof options, .n_levels = is_first ? b->n_levels : 0, .levels = b->levels};
    KR_TRY(kr_forecaster_predict(predictor, b->history, n, b->origins + first, &options, &p, err));
    memcpy(m->forecast + first * fold, p->forecast, bytes);
    if (is_first) memcpy(b->truth + first * fold, p->truth, bytes);
    for (int k = 0; k < p->n_levels; k++) {
        memcpy(b->lower + k * all + first * fold, p->lower + k * n * fold, bytes);
        memcpy(b->upper + k * all + first * fold, p->upper + k * n * fold, bytes);
    }
    kr_prediction_destroy(p);
    return KR_OK;
}
