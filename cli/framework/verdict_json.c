/* SPDX-License-Identifier: MIT
 * verdict_json.c - a comparison with a rule of thumb as numbers. */
#include "framework/verdict_json.h"

#include "framework/json_numbers.h"

bool verdict_add_json(cJSON *object, const kr__verdict *v, const char *rule) {
    return json_add_text(object, "rule", rule) &&
           json_add_text(object, "is", kr_judgement_text(v->kind)) &&
           json_add_int(object, "targets", v->n_targets) &&
           json_add_int(object, "windows", v->n_windows) &&
           json_add_number(object, "skill", v->skill) &&
           json_add_number(object, "skill_low", v->low) &&
           json_add_number(object, "skill_high", v->high) &&
           json_add_number(object, "mase", v->mase) &&
           json_add_number(object, "rule_mase", v->rule_mase);
}
