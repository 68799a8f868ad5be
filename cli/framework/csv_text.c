/* SPDX-License-Identifier: MIT
 * csv_text.c - text as a field of a CSV file. */
#include "framework/csv_text.h"

#include <stdbool.h>
#include <string.h>

void csv_write_name(FILE *out, const char *text, const char *ending) {
    bool is_plain = !strpbrk(text, ",\"\r\n");
    if (!is_plain) fputc('"', out);
    for (; *text; text++) fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fprintf(out, "%s%s", ending, is_plain ? "" : "\"");
}

void csv_write_text(FILE *out, const char *text) { csv_write_name(out, text, ""); }
