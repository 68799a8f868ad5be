/* SPDX-License-Identifier: MIT
 * verdict_json.h - a comparison with a rule of thumb as numbers, the same whichever command made
 * it.
 */
#ifndef KR_VERDICT_JSON_H
#define KR_VERDICT_JSON_H

#include <cjson/cJSON.h>

#include "forecast/study.h"

/* rule, is ("better", "no better", ..), targets, windows, skill, .. */
bool kr__verdict_add_json(cJSON *object, const kr__verdict *verdict, const char *rule);

#endif
