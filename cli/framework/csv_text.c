/* SPDX-License-Identifier: MIT
 * csv_text.c - text as a field of a CSV file, visible on a terminal. */
#include "framework/csv_text.h"

#include "framework/say.h"
#include "framework/terminal.h"

static size_t show(const char *text, FILE *out) {
    char shown[PRINTABLE_MOST + 1];
    size_t n;
    printable_next(text, shown, &n);
    fputs(shown, out);
    return n;
}

kr__csv_show csv_show_on(FILE *out) { return out == stdout && is_terminal(out) ? show : NULL; }

void csv_write_name(FILE *out, const char *text, const char *ending) {
    kr__csv_write_name(out, text, ending, csv_show_on(out));
}

void csv_write_text(FILE *out, const char *text) { csv_write_name(out, text, ""); }
void csv_write_own(FILE *out, const char *text) { kr__csv_write_own(out, text, csv_show_on(out)); }

const char *csv_skip_guard(const char *field) {
    return *field == '\'' && kr__csv_begins_formula(field) ? field + 1 : field;
}
