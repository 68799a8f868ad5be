/* SPDX-License-Identifier: MIT
 * json.c - JSON text into cJSON's objects, and numbers for them. */
#include "core/json.h"

#include <math.h>

#include "core/arena.h"
#include "core/text.h"

cJSON *kr__json_number(double value) {
    char text[KR_NUMBER_TEXT];
    return isfinite(value) ? cJSON_CreateRaw(kr__text_number(value, text)) : cJSON_CreateNull();
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
