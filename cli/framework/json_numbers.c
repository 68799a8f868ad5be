/* SPDX-License-Identifier: MIT
 * json_numbers.c - numbers with all their digits, and the text of an object. */
#include "framework/json_numbers.h"
#include "core/arena.h"
#include "core/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* cJSON's own printing may lose the last bit. */
cJSON *json_number(double value) {
    char text[KR_NUMBER_TEXT];
    return isfinite(value) ? cJSON_CreateRaw(kr__text_number(value, text)) : cJSON_CreateNull();
}

bool json_add_number(cJSON *object, const char *name, double value) {
    return cJSON_AddItemToObject(object, name, json_number(value));
}

bool json_add_numbers(cJSON *object, const char *name, int64_t n, const double *values) {
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (int64_t i = 0; i < n && array; i++) {
        if (!cJSON_AddItemToArray(array, json_number(values[i]))) return false;
    }
    return array != NULL;
}

bool json_add_text(cJSON *object, const char *name, const char *text) {
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

const char *json_units(bool is_original) { return is_original ? "original" : "scaled"; }

bool json_add_intervals(cJSON *object, const char *name, const char *units, int n,
                        const kr_interval_score *scores) {
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (int i = 0; i < n && array; i++) {
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(array, item)) return false;
        if (!json_add_number(item, "level", scores[i].level) ||
            !json_add_text(item, "units", units) ||
            !json_add_number(item, "coverage", scores[i].coverage) ||
            !json_add_number(item, "width", scores[i].width) ||
            !json_add_number(item, "winkler", scores[i].winkler)) {
            return false;
        }
    }
    return array != NULL;
}

bool json_add_int(cJSON *object, const char *name, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%jd", (intmax_t)value);
    return cJSON_AddRawToObject(object, name, text) != NULL;
}

/* A copy that ends in a new line; frees printed. */
static char *copy_printed(char *printed) {
    if (!printed) return NULL;
    size_t n = strlen(printed);
    char *copy = kr__calloc(n + 2, 1);
    if (copy) {
        memcpy(copy, printed, n);
        copy[n] = '\n';
    }
    cJSON_free(printed);
    return copy;
}

char *json_print(const cJSON *object) { return copy_printed(cJSON_Print(object)); }
char *json_print_line(const cJSON *object) { return copy_printed(cJSON_PrintUnformatted(object)); }
