/* SPDX-License-Identifier: MIT
 * verdict_json.c - a comparison with a rule of thumb as numbers. */
#include "forecast/verdict_json.h"

#include "core/json.h"

bool kr__verdict_add_json(cJSON *object, const kr__verdict *v, const char *rule) {
    return kr__json_add_text(object, "rule", rule) &&
           kr__json_add_text(object, "is", kr_judgement_text(v->kind)) &&
           kr__json_add_int(object, "targets", v->n_targets) &&
           kr__json_add_int(object, "windows", v->n_windows) &&
           kr__json_add_number(object, "skill", v->skill) &&
           kr__json_add_number(object, "skill_low", v->low) &&
           kr__json_add_number(object, "skill_high", v->high) &&
           kr__json_add_number(object, "mase", v->mase) &&
           kr__json_add_number(object, "rule_mase", v->rule_mase);
}
