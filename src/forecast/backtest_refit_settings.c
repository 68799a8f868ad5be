/* SPDX-License-Identifier: MIT
 * backtest_refit_settings.c - how a model is trained anew on the rows before an origin of a
 * backtest. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "forecast/backtest_internal.h"
#include "forecast/forecaster_internal.h"

enum { VALIDATES = 8 /* one row in so many is for validation */ };

static int64_t count_validation(const kr_backtest *b, int64_t n_rows) {
    int64_t n = n_rows / VALIDATES;
    return n > b->n_steps ? n : b->n_steps;
}

int64_t kr__backtest_refit_needs(const kr_backtest *b) {
    int64_t window = b->model->info.seq_len + b->n_steps, n = window + b->n_steps;
    while (n - count_validation(b, n) < window) n++;
    return n;
}

static kr_status leave_out_columns(const kr_history *h, kr_forecast_config *config, kr_error *err) {
    for (int64_t i = 0; i < h->n_ignored; i++) {
        size_t used = strlen(config->drop_columns), size = sizeof config->drop_columns - used;
        int n =
            snprintf(config->drop_columns + used, size, "%s%s", used > 0 ? "," : "", h->ignored[i]);
        if ((size_t)n < size) continue;
        return kr_fail(err, KR_USAGE,
                       "%s: columns that the model does not know are left out where it is trained "
                       "anew, but there are too many of them; remove them",
                       h->name);
    }
    return KR_OK;
}

static kr_status check_model(const kr_backtest *b, int64_t fold, kr_error *err) {
    if (b->is_panel) {
        return kr_fail(err, KR_USAGE,
                       "a backtest trains on one series, and this is a model of a panel; use the "
                       "model as it is");
    }
    KR_TRY(kr__local_refuse_tuned(b->model, err));
    if (*b->model->settings.local_models) {
        return kr_fail(err, KR_USAGE,
                       "statistical models are fitted anew at each origin in any case; use the "
                       "model as it is");
    }
    if (fold >= 0 && fold < b->n_folds) return KR_OK;
    return kr_fail(err, KR_USAGE, "the backtest has no fold %" PRId64, fold);
}

kr_status kr__backtest_refit_config(const kr_backtest *b, int64_t fold, kr_forecast_config *out,
                                    kr_error *err) {
    KR_TRY(check_model(b, fold, err));
    int64_t n_rows = b->origins[fold] + 1;
    *out = b->model->settings;
    *out->load = '\0';
    out->is_training = true;
    out->itr = 1;
    out->resume = out->inverse = out->use_dtw = out->profile = false;
    out->val_rows = count_validation(b, n_rows);
    out->train_rows = n_rows - out->val_rows;
    out->pred_len = out->test_rows = b->n_steps;
    return leave_out_columns(b->series[0], out, err);
}

kr_status kr_backtest_refit_settings(const kr_backtest *b, int64_t fold, kr_settings **out,
                                     kr_error *err) {
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    kr_status status = kr__backtest_refit_config(b, fold, config, err);
    if (status == KR_OK) status = kr__settings_from_values(kr__forecast_flags(), config, out, err);
    kr_free(config);
    return status;
}
