/* SPDX-License-Identifier: MIT
 * fit_without_past.c - rows to a forecaster at once: a fit by ZeroShot alone, as it is. */
#include <stdio.h>

#include "core/settings_view.h"
#include "forecast/fitting.h"
#include "forecast/forecaster_internal.h"

/* Two seasons; a few steps where there is none, and no more than the model tells at once. */
static int64_t usual_horizon(const kr_fit_config *config, const kr_fit_look *look) {
    enum { LEAST = 6, MOST = 96 };
    int64_t season = config->season > 0 ? config->season
                     : look->has_dates  ? kr_frequency_season(&look->frequency)
                                        : 1;
    return 2 * season < LEAST ? LEAST : 2 * season > MOST ? MOST : 2 * season;
}

static kr_status open_model(kr_fit *fit, const char *path, kr_error *err) {
    kr_forecaster *f = fit->result.model;
    kr_zeroshot *model = NULL;
    if (!path) return KR_OK;
    KR_TRY(kr_zeroshot_open(fit->team, path, &model, err));
    kr_zeroshot_destroy(f->zeroshot);
    f->zeroshot = model;
    return KR_OK;
}

static kr_status run(kr_fit *fit, bool is_usual, const char *path, kr_error *err) {
    if (is_usual) fit->config.horizon = usual_horizon(&fit->config, &fit->data.look);
    KR_TRY(kr_fit_decide(fit, err));
    fit->plan.is_zeroshot = true;
    KR_TRY(kr_fit_run(fit, NULL, err));
    return open_model(fit, path, err);
}

kr_status kr__fit_zeroshot(kr_team *team, const kr_fit_config *config, const kr_rows *rows,
                           const char *path, kr_fit **out, kr_error *err) {
    kr_fit_config own = *config;
    kr_fit *fit = NULL;
    bool is_usual = config->horizon == 0;
    if (is_usual) own.horizon = 1; /* until the frequency is known */
    snprintf(own.models, sizeof own.models, "%s", kr__local_zeroshot.name);
    KR_TRY(kr__fit_create(team, &own, rows, &fit, err));
    kr_status status = run(fit, is_usual, path, err);
    if (status != KR_OK) {
        kr_fit_destroy(fit);
        return status;
    }
    *out = fit;
    return KR_OK;
}

kr_status kr_fit_zeroshot(kr_team *team, const kr_settings *settings, const kr_rows *rows,
                          const char *path, kr_fit **out, kr_error *err) {
    const void *values = NULL;
    KR_TRY(kr__settings_values(settings, kr__fit_flags(), &values, err));
    return kr__fit_zeroshot(team, values, rows, path, out, err);
}
