/* SPDX-License-Identifier: MIT
 * json_numbers.h - JSON as all commands write it: members of objects are core/json.h. */
#ifndef KRAIT_JSON_NUMBERS_H
#define KRAIT_JSON_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <kr/scores.h>

#include "core/json.h"

/* A list of objects: level, units, coverage, width, winkler. False when out of memory. */
bool json_add_intervals(cJSON *object, const char *name, const char *units, int n,
                        const kr_interval_score *scores);
/* "original" or "scaled", as metrics.json names units. */
const char *json_units(bool is_original);
/* Indented text of object, to be freed with kr_free; NULL when out of memory. Characters that a
 * terminal may obey, or that nobody can see, are escaped (say.h): a reader of JSON sees no
 * difference. */
char *json_print(const cJSON *object);
/* The same on one line. */
char *json_print_line(const cJSON *object);
/* What json_print or json_print_line made, as it is. */
void json_write(const char *json, FILE *out);

#endif
