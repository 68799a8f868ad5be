/* SPDX-License-Identifier: MIT
 * json.c - JSON text into cJSON's objects, and numbers for them. */
#include "core/json.h"

#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/text.h"

cJSON *kr__json_number(double value) {
    char text[KR_NUMBER_TEXT];
    return isfinite(value) ? cJSON_CreateRaw(kr__text_number(value, text)) : cJSON_CreateNull();
}

bool kr__json_add_number(cJSON *object, const char *name, double value) {
    return cJSON_AddItemToObject(object, name, kr__json_number(value));
}

bool kr__json_add_numbers(cJSON *object, const char *name, int64_t n, const double *values) {
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (int64_t i = 0; i < n && array; i++) {
        if (!cJSON_AddItemToArray(array, kr__json_number(values[i]))) return false;
    }
    return array != NULL;
}

bool kr__json_add_text(cJSON *object, const char *name, const char *text) {
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

bool kr__json_add_int(cJSON *object, const char *name, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%jd", (intmax_t)value);
    return cJSON_AddRawToObject(object, name, text) != NULL;
}

/* Refused text is parsed a second time: want of memory may have passed. Where it lasts, a block of
 * the size of the text is not to be had either. */
kr_status kr__json_parse(const char *text, size_t n_bytes, cJSON **out, const char **end) {
    enum { SMALL = 4096 };
    for (int i = 0; i < 2; i++) {
        *out = cJSON_ParseWithLengthOpts(text, n_bytes, end, false);
        if (*out) return KR_OK;
        void *room = kr__calloc(n_bytes + SMALL, 1);
        if (!room) return KR_MEMORY;
        kr_free(room);
    }
    return KR_FORMAT;
}
