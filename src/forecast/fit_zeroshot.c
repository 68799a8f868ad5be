/* SPDX-License-Identifier: MIT
 * fit_zeroshot.c - a fit that looks at no past: rows are too few for it, or nobody asks for it. Its
 * model is ZeroShot, which tells intervals of its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "forecast/fit_internal.h"
#include "forecast/forecaster_internal.h"

bool kr__fit_names_zeroshot(const kr_fit_config *config) {
    const char *name = kr__local_zeroshot.name;
    for (const char *word = config->models; word; word = kr__text_behind(word, ',')) {
        size_t n = strcspn(word, ",");
        if (n == strlen(name) && strncasecmp(word, name, n) == 0) return true;
    }
    return false;
}

/* ---- the run ------------------------------------------------------------------------------ */

static void choose(kr__fit_result *r) {
    for (int i = 0; i < r->n_candidates; i++) {
        kr__fit_candidate *c = &r->candidates[i];
        if (c->local == &kr__local_zeroshot) {
            r->chosen[r->n_chosen++] = i;
        } else {
            snprintf(c->why_not, sizeof c->why_not, "the rows are too few to measure it");
        }
    }
}

kr_status kr__fit_run_zeroshot(kr__fitting *f, kr_error *err) {
    kr__fit_result *r = f->result;
    const kr__study_plan plan = {.horizon = f->config->horizon,
                                 .seasons = f->plan->seasons,
                                 .n_seasons = f->plan->n_seasons,
                                 .most_windows = 0};
    KR_TRY(kr__study_make(f->data->rows, &plan, f->data->look.n_targets, &r->study, err));
    KR_TRY(kr__study_forecasts_init(r->study, &r->own, err));
    r->loss = r->verdict_loss = (double)NAN;
    choose(r);
    return KR_OK;
}

/* ---- without a table's past --------------------------------------------------------------- */

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
