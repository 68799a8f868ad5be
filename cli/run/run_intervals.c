/* SPDX-License-Identifier: MIT
 * run_intervals.c - how good the intervals and quantiles of a run are: in metrics.json, and at the
 * end of the table. In original units with --inverse, else scaled; the validation errors are always
 * scaled. */
#include <cjson/cJSON.h>

#include "framework/say.h"
#include "run/run.h"

/* ---- metrics.json ----------------------------------------------------------------------- */

static bool add_validation(cJSON *object, const kr_metrics *m) {
    cJSON *item = cJSON_AddObjectToObject(object, "validation");
    return item && kr__json_add_text(item, "units", "scaled") &&
           kr__json_add_number(item, "mse", m->mse) && kr__json_add_number(item, "mae", m->mae);
}

/* Nothing is added when nothing was measured. */
static bool add_quantiles(cJSON *object, const char *name, const char *units,
                          const kr_quantile_scores *scores) {
    if (scores->n == 0) return true;
    cJSON *item = cJSON_AddObjectToObject(object, name);
    return item && kr__json_add_text(item, "units", units) &&
           kr__json_add_numbers(item, "levels", scores->n, scores->p) &&
           kr__json_add_numbers(item, "pinball", scores->n, scores->pinball) &&
           kr__json_add_number(item, "crps", scores->crps);
}

/* For the model's own quantiles: "coverage" between those that lie equally far from the median. */
static bool add_head(cJSON *object, const kr_forecast_result *r) {
    const char *units = json_units(r->is_original);
    if (!r->quantiles) return true;
    return add_quantiles(object, "quantiles", units, &r->quantile_scores) &&
           json_add_intervals(cJSON_GetObjectItemCaseSensitive(object, "quantiles"), "coverage",
                              units, r->n_quantile_intervals, r->quantile_intervals);
}

bool run_intervals_add_json(cJSON *object, const kr_forecast_result *r) {
    const char *units = json_units(r->is_original);
    return add_validation(object, &r->validation) &&
           json_add_intervals(object, "intervals", units, r->n_intervals, r->intervals) &&
           add_quantiles(object, "conformal_quantiles", units, &r->conformal_quantiles) &&
           add_head(object, r);
}

/* ---- the table -------------------------------------------------------------------------- */

static void print_rows(FILE *out, const char *kind, int n, const kr_interval_score *scores) {
    for (int i = 0; i < n; i++) {
        const kr_interval_score *s = &scores[i];
        say(out, "  %-10s%6.4g %%%10.1f %%%12.6g%12.6g\n", kind, 100 * s->level, 100 * s->coverage,
            s->width, s->winkler);
    }
}

static void print_crps(FILE *out, const char *kind, const kr_quantile_scores *scores) {
    if (scores->n > 0) say(out, "  %-10scrps %.6g\n", kind, scores->crps);
}

void run_intervals_print(FILE *out, const kr_forecast_result *r) {
    if (r->n_intervals == 0 && r->quantile_scores.n == 0) return;
    say(out, "\n  %-10s%8s%12s%12s%12s\n", "intervals", "level", "coverage", "width", "winkler");
    print_rows(out, "conformal", r->n_intervals, r->intervals);
    print_rows(out, "quantiles", r->n_quantile_intervals, r->quantile_intervals);
    print_crps(out, "conformal", &r->conformal_quantiles);
    print_crps(out, "quantiles", &r->quantile_scores);
}
