/* SPDX-License-Identifier: MIT
 * fit_json.c - what a fit found as an object: fit.json. */
#include <math.h>

#include "core/datetime.h"
#include "forecast/fit_results.h"
#include "forecast/verdict_json.h"
#include "tables/calendar.h"

static bool add_look(cJSON *object, const kr_fit_look *look) {
    char step[KR_FREQUENCY_TEXT], date[KR_DATETIME_TEXT];
    cJSON *item = cJSON_AddObjectToObject(object, "data");
    if (!item || !kr__json_add_int(item, "rows", look->n_rows) ||
        !kr__json_add_int(item, "series", look->n_series) ||
        !kr__json_add_int(item, "shortest", look->shortest) ||
        !kr__json_add_int(item, "longest", look->longest) ||
        !kr__json_add_int(item, "columns", look->n_columns) ||
        !kr__json_add_int(item, "constant_columns", look->n_constant) ||
        !kr__json_add_int(item, "missing_rows", look->gaps.n_rows) ||
        !kr__json_add_int(item, "empty_cells", look->gaps.n_cells)) {
        return false;
    }
    if (!look->has_dates) return true;
    bool are_days = kr__frequency_keeps_time(&look->frequency) && look->first % KR__DAY == 0;
    if (!kr__json_add_text(item, "frequency", kr_frequency_text(&look->frequency, step)))
        return false;
    if (look->n_series > 1) return true; /* each has its own dates */
    return kr__json_add_text(item, "first", kr__datetime_day_text(look->first, are_days, date)) &&
           kr__json_add_text(item, "last", kr__datetime_day_text(look->last, are_days, date));
}

static bool add_rules(cJSON *object, const kr_fit_plan *plan) {
    cJSON *list = cJSON_AddArrayToObject(object, "rules");
    for (int i = 0; i < plan->n_rules && list; i++) {
        const kr__fit_rule *rule = &plan->rules[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !kr__json_add_text(item, "what", rule->what) ||
            !kr__json_add_text(item, "value", rule->value) ||
            !kr__json_add_text(item, "why", rule->why)) {
            return false;
        }
    }
    return list != NULL;
}

static bool add_models(cJSON *object, const kr__fit_result *result) {
    cJSON *list = cJSON_AddArrayToObject(object, "models");
    for (int i = 0; i < result->n_candidates && list; i++) {
        const kr__fit_candidate *c = &result->candidates[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !kr__json_add_text(item, "model", c->model)) {
            return false;
        }
        bool is_added = *c->why_not
                            ? kr__json_add_text(item, "left_out", c->why_not)
                            : kr__json_add_number(item, "choosing_mase", c->loss) &&
                                  kr__json_add_number(item, "judging_mase", c->verdict_loss) &&
                                  kr__json_add_number(item, "seconds", c->seconds);
        if (is_added && *c->training_loss) {
            is_added = kr__json_add_number(item, "steps", (double)c->n_steps) &&
                       kr__json_add_text(item, "loss", c->training_loss);
        }
        if (!is_added) return false;
    }
    return list != NULL;
}

static bool add_chosen(cJSON *object, const kr__fit_result *result) {
    cJSON *list = cJSON_AddArrayToObject(object, "chosen");
    for (int i = 0; i < result->n_chosen && list; i++) {
        cJSON *name = cJSON_CreateString(result->candidates[result->chosen[i]].model);
        if (!name || !cJSON_AddItemToArray(list, name)) return false;
    }
    return list != NULL && kr__json_add_number(object, "choosing_mase", result->loss) &&
           kr__json_add_number(object, "judging_mase", result->verdict_loss);
}

static bool add_verdict(cJSON *object, const kr_fit *fit) {
    const kr__fit_result *r = &fit->result;
    cJSON *item = cJSON_AddObjectToObject(object, "comparison");
    if (!item || !kr__json_add_text(object, "verdict", fit->verdict)) return false;
    if (r->rule < 0) return true;
    return kr__verdict_add_json(item, &r->verdict, r->candidates[r->rule].model);
}

static bool add_windows(cJSON *object, const kr__fit_result *r) {
    cJSON *item = cJSON_AddObjectToObject(object, "windows");
    return item && kr__json_add_int(item, "choosing", r->study->n_choosing) &&
           kr__json_add_int(item, "judging", r->study->n_verdict);
}

static bool add_coverage(cJSON *object, const kr__fit_result *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "intervals");
    for (int i = 0; i < r->levels.n && list; i++) {
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !kr__json_add_number(item, "level", r->levels.level[i]) ||
            !kr__json_add_number(item, "coverage", r->levels.held[i])) {
            return false;
        }
    }
    return list != NULL;
}

static bool add_name(cJSON *object, const char *key, const char *text) {
    return !text || kr__json_add_text(object, key, text);
}

cJSON *kr__fit_json(const kr_fit *fit, const kr__fit_names *names) {
    const kr__fit_result *result = &fit->result;
    cJSON *object = cJSON_CreateObject();
    bool is_made =
        object && kr__json_add_text(object, "krait", KR_VERSION_STRING) &&
        add_name(object, "command", names->command) && add_name(object, "path", names->path) &&
        kr__json_add_int(object, "horizon", fit->config.horizon) &&
        add_look(object, &fit->data.look) && add_rules(object, &fit->plan) &&
        add_models(object, result) && add_chosen(object, result) && add_verdict(object, fit) &&
        add_windows(object, result) && add_coverage(object, result) &&
        kr__fit_add_residuals(object, result) && add_name(object, "checkpoint", names->checkpoint);
    if (is_made) return object;
    cJSON_Delete(object);
    return NULL;
}
