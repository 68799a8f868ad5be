/* SPDX-License-Identifier: MIT
 * csv_writing.c - text as a field of a CSV file. */
#include "core/csv_writing.h"

#include <math.h>
#include <string.h>

#include "core/text.h"

bool kr__csv_begins_formula(const char *text) {
    const char *first = text + strspn(text, "'");
    return *first && strchr("=+-@\t\r", *first);
}

/* At the start of a file a line of it would count for nothing (docs/tables.md). */
static bool begins_comment(const char *text) { return *text && strchr("#%/", *text); }

static void write_field(FILE *out, const char *guard, const char *text, const char *ending,
                        kr__csv_show show) {
    bool is_plain = !strpbrk(text, ",\"\r\n") && !begins_comment(text);
    if (!is_plain) fputc('"', out);
    fputs(guard, out);
    for (size_t n = 1; *text; text += n) {
        if (*text == '"') fputc('"', out);
        if (show) {
            n = show(text, out);
        } else {
            fputc(*text, out);
        }
    }
    fputs(ending, out);
    if (!is_plain) fputc('"', out);
}

void kr__csv_write_name(FILE *out, const char *text, const char *ending, kr__csv_show show) {
    double unused;
    bool is_number = *ending == '\0' && kr__text_real(text, &unused);
    bool is_guarded = kr__csv_begins_formula(text) && !is_number;
    write_field(out, is_guarded ? "'" : "", text, ending, show);
}

void kr__csv_write_own(FILE *out, const char *text, kr__csv_show show) {
    write_field(out, "", text, "", show);
}

void kr__csv_write_number(FILE *out, double value) {
    char text[32] = "";
    if (!isnan(value)) kr__text_print(text, sizeof text, "%.9g", value);
    fputc(',', out);
    fputs(text, out);
}
