/* SPDX-License-Identifier: MIT
 * fit_zeroshot.c - the run of a fit that looks at no past, because rows are too few or nobody asks
 * for it: its model is ZeroShot, which tells intervals of its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "forecast/fit_internal.h"

bool kr__fit_names_zeroshot(const kr_fit_config *config) {
    const char *name = kr__local_zeroshot.name;
    for (const char *word = config->models; word; word = kr__text_behind(word, ',')) {
        size_t n = strcspn(word, ",");
        if (n == strlen(name) && strncasecmp(word, name, n) == 0) return true;
    }
    return false;
}

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
