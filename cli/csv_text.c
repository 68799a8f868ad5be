/* SPDX-License-Identifier: MIT
 * csv_text.c - text as a field of a CSV file. */
#include "csv_text.h"

#include <string.h>

void csv_write_text(FILE *out, const char *text) {
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', out);
}
