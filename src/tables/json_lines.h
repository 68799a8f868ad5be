/* SPDX-License-Identifier: MIT
 * json_lines.h - rows as JSON objects, as comma-separated text. */
#ifndef KR_JSON_LINES_H
#define KR_JSON_LINES_H

#include "tables/made_text.h"

/*
 * kr__json_lines_read() - an object a line, {"date": "2024-01-01", "kW": 1.5}, or one array of
 * them; plain or gzip. The columns are the names of all objects in the order of their first
 * appearance; an object within an object adds its names behind a point, "weather.wind". What a row
 * lacks, and null, is an empty cell. Line i + 1 of the text is line i of the file, or element i of
 * the array.
 *
 * KR_FORMAT names file and line: no JSON, no object, a list in a cell, a name twice in an object.
 * On failure *made holds nothing.
 */
kr_status kr__json_lines_read(const char *path, kr__made_text *made, kr_error *err);
/* The same from memory; name is what sentences call the file. */
kr_status kr__json_lines_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                                    kr__made_text *made, kr_error *err);

#endif
