/* SPDX-License-Identifier: MIT
 * fit_record.c - what a fit found as a JSON object, which its model keeps:
 *
 *     settings      as krait fit has them, without where its files are
 *     numbers       of rows and windows, of the choice and the verdict: the list below
 *     rules         [what, value, why]
 *     models        model, why_not, training_loss; choosing_mase, judging_mase, steps
 *     chosen, rule  places in models: what is forecast, the best rule of thumb (-1: there is none)
 *     is, verdict   the judgement, and all of it in words
 *     intervals     [level, share of the truths that were held]
 *
 * Nothing here depends on the machine. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"
#include "core/text.h"
#include "forecast/fitting.h"

/* ---- the numbers -------------------------------------------------------------------------- */

/* Of a structure, by their places in it. */
typedef struct number {
    const char *name;
    bool is_real; /* a double, else an int64_t */
    size_t place;
} number;

#define WHOLE(name, field)                                                                         \
    { name, false, offsetof(kr_fit, field) }
#define REAL(name, field)                                                                          \
    { name, true, offsetof(kr_fit, field) }
static const number of_fit[] = {
    WHOLE("rows", data.look.n_rows),
    WHOLE("series", data.look.n_series),
    WHOLE("columns", data.look.n_columns),
    WHOLE("targets", data.look.n_targets),
    WHOLE("missing_rows", data.look.gaps.n_rows),
    WHOLE("empty_cells", data.look.gaps.n_cells),
    WHOLE("longest_gap", data.look.gaps.longest),
    WHOLE("first_gap_row", data.look.gaps.first_row),
    WHOLE("first_gap_column", data.look.gaps.first_column),
    WHOLE("season", plan.season),
    WHOLE("windows_choosing", result.n_choosing),
    WHOLE("windows_judging", result.n_judging),
    WHOLE("windows_compared", result.verdict.n_windows),
    WHOLE("targets_compared", result.verdict.n_targets),
    REAL("choosing_mase", result.loss),
    REAL("judging_mase", result.verdict_loss),
    REAL("skill", result.verdict.skill),
    REAL("skill_low", result.verdict.low),
    REAL("skill_high", result.verdict.high),
    REAL("mase", result.verdict.mase),
    REAL("rule_mase", result.verdict.rule_mase),
};
#undef WHOLE
#undef REAL

static const number of_candidate[] = {
    {"choosing_mase", true, offsetof(kr__fit_candidate, loss)},
    {"judging_mase", true, offsetof(kr__fit_candidate, verdict_loss)},
    {"steps", false, offsetof(kr__fit_candidate, n_steps)},
};

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static bool add_numbers(cJSON *object, const void *from, const number *list, int n) {
    for (int i = 0; i < n; i++) {
        const char *at = (const char *)from + list[i].place;
        cJSON *item =
            list[i].is_real
                ? kr__json_number(*(const double *)(const void *)at)
                : cJSON_CreateNumber((double)*(const int64_t *)(const void *)at); /* below 2^53 */
        if (!item || !cJSON_AddItemToObject(object, list[i].name, item)) return false;
    }
    return true;
}

/* A number that is none is null. */
static bool read_number(const cJSON *item, bool is_real, void *to) {
    const double most = 9e15;
    if (is_real) {
        *(double *)to = cJSON_IsNull(item) ? (double)NAN : cJSON_GetNumberValue(item);
        return cJSON_IsNull(item) || cJSON_IsNumber(item);
    }
    double value = cJSON_GetNumberValue(item);
    if (!cJSON_IsNumber(item) || value != floor(value) || fabs(value) > most) return false;
    *(int64_t *)to = (int64_t)value;
    return true;
}

static bool read_numbers(const cJSON *object, void *to, const number *list, int n) {
    for (int i = 0; i < n; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, list[i].name);
        if (!read_number(item, list[i].is_real, (char *)to + list[i].place)) return false;
    }
    return true;
}

/* ---- texts -------------------------------------------------------------------------------- */

static bool read_item(const cJSON *item, char *to, size_t size) {
    const char *text = cJSON_GetStringValue(item);
    if (!text || strlen(text) >= size) return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

static bool read_text(const cJSON *object, const char *name, char *to, size_t size) {
    return read_item(cJSON_GetObjectItemCaseSensitive(object, name), to, size);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* As far as they say what was found: where files are, and how many workers there were, does not. */
static bool add_settings(cJSON *object, const kr_fit *fit, kr_error *err) {
    kr_fit_config *config = kr__calloc(2, sizeof *config);
    char *text = NULL;
    if (!config) return false;
    kr__flags_init(kr__fit_flags(), &config[1]);
    config[0] = fit->config;
    memcpy(config[0].out, config[1].out, sizeof config[0].out);
    config[0].resume = config[1].resume;
    config[0].threads = config[1].threads;
    bool is_made = kr__flags_to_json(kr__fit_flags(), config, &text, err) == KR_OK &&
                   cJSON_AddRawToObject(object, "settings", text);
    kr_free(text);
    kr_free(config);
    return is_made;
}

static bool add_rules(cJSON *object, const kr_fit_plan *plan) {
    cJSON *list = cJSON_AddArrayToObject(object, "rules");
    for (int i = 0; i < plan->n_rules && list; i++) {
        const char *const words[] = {plan->rules[i].what, plan->rules[i].value, plan->rules[i].why};
        cJSON *item = cJSON_CreateStringArray(words, 3);
        if (!item || !cJSON_AddItemToArray(list, item)) return false;
    }
    return list != NULL;
}

static bool add_models(cJSON *object, const kr__fit_result *r) {
    cJSON *list = cJSON_AddArrayToObject(object, "models");
    for (int i = 0; i < r->n_candidates && list; i++) {
        const kr__fit_candidate *c = &r->candidates[i];
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(list, item) ||
            !kr__json_add_text(item, "model", c->model) ||
            !kr__json_add_text(item, "why_not", c->why_not) ||
            !kr__json_add_text(item, "training_loss", c->training_loss) ||
            !add_numbers(item, c, of_candidate, COUNT(of_candidate))) {
            return false;
        }
    }
    return list != NULL;
}

static bool add_chosen(cJSON *object, const kr__fit_result *r) {
    cJSON *list = cJSON_CreateIntArray(r->chosen, r->n_chosen);
    return list && cJSON_AddItemToObject(object, "chosen", list);
}

static bool add_verdict(cJSON *object, const kr_fit *fit) {
    const kr__fit_result *r = &fit->result;
    cJSON *list = cJSON_AddArrayToObject(object, "intervals");
    for (int i = 0; i < r->levels.n && list; i++) {
        cJSON *pair = cJSON_CreateArray();
        if (!pair || !cJSON_AddItemToArray(list, pair) ||
            !cJSON_AddItemToArray(pair, kr__json_number(r->levels.level[i])) ||
            !cJSON_AddItemToArray(pair, kr__json_number(r->levels.held[i]))) {
            return false;
        }
    }
    return list && cJSON_AddNumberToObject(object, "rule", r->rule) &&
           kr__json_add_text(object, "is", kr_judgement_text(r->verdict.kind)) &&
           kr__json_add_text(object, "verdict", fit->verdict);
}

kr_status kr__fit_record_write(const kr_fit *fit, char **text, kr_error *err) {
    cJSON *object = cJSON_CreateObject();
    bool is_made = object && add_settings(object, fit, err) &&
                   add_numbers(object, fit, of_fit, COUNT(of_fit)) &&
                   add_rules(object, &fit->plan) && add_models(object, &fit->result) &&
                   add_chosen(object, &fit->result) && add_verdict(object, fit);
    char *printed = is_made ? cJSON_PrintUnformatted(object) : NULL;
    size_t n = printed ? strlen(printed) + 1 : 0;
    *text = printed ? kr__calloc(n, 1) : NULL;
    if (*text) memcpy(*text, printed, n);
    cJSON_free(printed);
    cJSON_Delete(object);
    return *text ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for what the fit found");
}

/* ---- reading ------------------------------------------------------------------------------ */

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static kr_status read_settings(const cJSON *object, kr_fit *fit) {
    char *text = cJSON_PrintUnformatted(member(object, "settings"));
    if (!text) return member(object, "settings") ? KR_MEMORY : KR_FORMAT;
    kr_status status = kr__flags_from_json(kr__fit_flags(), text, strlen(text), &fit->config, NULL);
    cJSON_free(text);
    return status == KR_OK || status == KR_MEMORY ? status : KR_FORMAT;
}

static bool read_rules(const cJSON *list, kr_fit_plan *plan) {
    const cJSON *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > KR_FIT_MOST_RULES) return false;
    cJSON_ArrayForEach(item, list) {
        kr__fit_rule *rule = &plan->rules[plan->n_rules++];
        if (!read_item(cJSON_GetArrayItem(item, 0), rule->what, sizeof rule->what) ||
            !read_item(cJSON_GetArrayItem(item, 1), rule->value, sizeof rule->value) ||
            !read_item(cJSON_GetArrayItem(item, 2), rule->why, sizeof rule->why)) {
            return false;
        }
    }
    return true;
}

static bool read_models(const cJSON *list, kr__fit_result *r) {
    const cJSON *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > KR_FIT_MOST_MODELS) return false;
    cJSON_ArrayForEach(item, list) {
        kr__fit_candidate *c = &r->candidates[r->n_candidates++];
        if (!read_text(item, "model", c->model, sizeof c->model) ||
            !read_text(item, "why_not", c->why_not, sizeof c->why_not) ||
            !read_text(item, "training_loss", c->training_loss, sizeof c->training_loss) ||
            !read_numbers(item, c, of_candidate, COUNT(of_candidate))) {
            return false;
        }
        c->local = kr__local_find(c->model);
        c->seconds = (double)NAN;
    }
    return true;
}

/* The number of a candidate, or least .. */
static bool read_index(const cJSON *item, const kr__fit_result *r, int least, int *to) {
    int64_t value = 0;
    if (!read_number(item, false, &value)) return false;
    *to = (int)value;
    return value >= least && value < r->n_candidates;
}

static bool read_chosen(const cJSON *list, kr__fit_result *r) {
    const cJSON *item;
    int n = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || n < 1 || n > KR__MOST_MEMBERS) return false;
    cJSON_ArrayForEach(item, list) {
        int i = 0;
        if (!read_index(item, r, 0, &i) || kr__fit_is_chosen(r, i)) return false;
        r->chosen[r->n_chosen++] = i;
    }
    return true;
}

static bool read_levels(const cJSON *list, kr__study_levels *levels) {
    const cJSON *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > KR_LEVELS_MAX) return false;
    cJSON_ArrayForEach(item, list) {
        int i = levels->n++;
        if (!read_number(cJSON_GetArrayItem(item, 0), true, &levels->level[i]) ||
            !read_number(cJSON_GetArrayItem(item, 1), true, &levels->held[i])) {
            return false;
        }
    }
    return true;
}

static bool read_judgement(const cJSON *item, kr_judgement *to) {
    const char *text = cJSON_GetStringValue(item);
    for (kr_judgement k = KR_TOO_LITTLE; text && k <= KR_WORSE; k++) {
        if (strcmp(text, kr_judgement_text(k)) != 0) continue;
        *to = k;
        return true;
    }
    return false;
}

static bool read_all(const cJSON *object, kr_fit *fit) {
    kr__fit_result *r = &fit->result;
    return read_numbers(object, fit, of_fit, COUNT(of_fit)) &&
           read_rules(member(object, "rules"), &fit->plan) &&
           read_models(member(object, "models"), r) && read_chosen(member(object, "chosen"), r) &&
           read_index(member(object, "rule"), r, -1, &r->rule) &&
           read_judgement(member(object, "is"), &r->verdict.kind) &&
           read_text(object, "verdict", fit->verdict, sizeof fit->verdict) &&
           read_levels(member(object, "intervals"), &r->levels);
}

kr_status kr__fit_record_read(const char *text, kr_fit *fit, kr_error *err) {
    cJSON *object = NULL;
    kr_status status = kr__json_parse(text, strlen(text), &object, NULL);
    if (status == KR_OK) status = read_settings(object, fit);
    if (status == KR_OK && !read_all(object, fit)) status = KR_FORMAT;
    cJSON_Delete(object);
    if (status == KR_OK) return KR_OK;
    return kr_fail(err, status,
                   status == KR_MEMORY
                       ? "out of memory for what the fit found"
                       : "what the model's file says of its fit is damaged; make the model again");
}
