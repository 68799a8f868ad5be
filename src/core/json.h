/* SPDX-License-Identifier: MIT
 * json.h - JSON text into cJSON's objects, and numbers for them. */
#ifndef KR_JSON_H
#define KR_JSON_H

#include <cjson/cJSON.h>

#include <kr/base.h>

/* With all its digits, which cJSON's own printing may lose; null where value is not finite. NULL:
 * out of memory. */
cJSON *kr__json_number(double value);

/* cJSON says of want of memory what it says of bad text. Here KR_FORMAT is bad text and KR_MEMORY
 * is want of memory; no sentence is written. *out: free with cJSON_Delete. *end (may be NULL):
 * where the value ends, or what cannot be read. What follows the value is not looked at. */
kr_status kr__json_parse(const char *text, size_t n_bytes, cJSON **out, const char **end);

#endif
