/* SPDX-License-Identifier: MIT
 * json.h - JSON text into cJSON's objects, and numbers for them. */
#ifndef KR_JSON_H
#define KR_JSON_H

#include <cjson/cJSON.h>

#include <kr/base.h>

/* With all its digits, which cJSON's own printing may lose; null where value is not finite. NULL:
 * out of memory. */
cJSON *kr__json_number(double value);
/* Such members of an object; false: out of memory. */
bool kr__json_add_number(cJSON *object, const char *name, double value);
bool kr__json_add_numbers(cJSON *object, const char *name, int64_t n, const double *values);
bool kr__json_add_text(cJSON *object, const char *name, const char *text);
bool kr__json_add_int(cJSON *object, const char *name, int64_t value);

/* cJSON says of want of memory what it says of bad text. Here KR_FORMAT is bad text and KR_MEMORY
 * is want of memory; no sentence is written. *out: free with cJSON_Delete. *end (may be NULL):
 * where the value ends, or what cannot be read. What follows the value is not looked at. */
kr_status kr__json_parse(const char *text, size_t n_bytes, cJSON **out, const char **end);

#endif
