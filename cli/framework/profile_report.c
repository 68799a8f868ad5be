/* SPDX-License-Identifier: MIT
 * profile_report.c - the profile of a run, printed and in JSON. */
#include "framework/profile_report.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "framework/json_numbers.h"
#include "framework/say.h"

void profile_print(const kr_profile *profile) {
    char text[160];
    for (int i = 0; profile && kr_profile_line(profile, i, text, sizeof text); i++) {
        say(stderr, "%s\n", text);
    }
}

static bool add_row(cJSON *rows, const kr_profile *profile, const kr_profile_row *row) {
    cJSON *item = cJSON_CreateObject();
    if (!item || !cJSON_AddItemToArray(rows, item)) {
        cJSON_Delete(item);
        return false;
    }
    double rate = row->seconds > 0 ? row->work / row->seconds : (double)NAN;
    return kr__json_add_text(item, "op", row->op) &&
           kr__json_add_text(item, "pass", kr_pass_name(row->pass)) &&
           kr__json_add_int(item, "calls", row->calls) &&
           kr__json_add_number(item, "ms", 1e3 * row->seconds) &&
           kr__json_add_number(item, "share", row->seconds / profile->seconds) &&
           kr__json_add_number(item, "per_second", rate) &&
           kr__json_add_text(item, "unit", row->unit);
}

bool profile_add_json(cJSON *object, const kr_profile *profile) {
    if (!profile) return true;
    cJSON *rows = cJSON_AddArrayToObject(object, "profile");
    for (int i = 0; rows && i < profile->n_rows; i++) {
        if (!add_row(rows, profile, &profile->rows[i])) return false;
    }
    return rows != NULL;
}
