/* SPDX-License-Identifier: MIT
 * csv_text.c - text as a field of a CSV file. */
#include "framework/csv_text.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"
#include "framework/say.h"
#include "framework/terminal.h"

/* Behind apostrophes, if there are any. */
static bool begins_formula(const char *text) {
    const char *first = text + strspn(text, "'");
    return *first && strchr("=+-@\t\r", *first);
}

/* At the start of a file a line of it would count for nothing (docs/tables.md). */
static bool begins_comment(const char *text) { return *text && strchr("#%/", *text); }

static void write_field(FILE *out, const char *guard, const char *text, const char *ending) {
    bool is_plain = !strpbrk(text, ",\"\r\n") && !begins_comment(text);
    bool is_shown = out == stdout && is_terminal(out);
    char shown[PRINTABLE_MOST + 1];
    if (!is_plain) fputc('"', out);
    fputs(guard, out);
    for (size_t n = 1; *text; text += n) {
        if (*text == '"') fputc('"', out);
        if (is_shown) {
            printable_next(text, shown, &n);
            fputs(shown, out);
        } else {
            fputc(*text, out);
        }
    }
    fputs(ending, out);
    if (!is_plain) fputc('"', out);
}

void csv_write_name(FILE *out, const char *text, const char *ending) {
    double unused;
    bool is_number = *ending == '\0' && kr__text_real(text, &unused);
    write_field(out, begins_formula(text) && !is_number ? "'" : "", text, ending);
}

void csv_write_text(FILE *out, const char *text) { csv_write_name(out, text, ""); }
void csv_write_own(FILE *out, const char *text) { write_field(out, "", text, ""); }

const char *csv_skip_guard(const char *field) {
    return *field == '\'' && begins_formula(field) ? field + 1 : field;
}
