/* SPDX-License-Identifier: MIT
 * csv_fields.c - where the fields of comma-separated text begin and end. */
#include "tables/csv_fields.h"
#include "core/arena.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

kr_status kr__csv_start(const char *name, const uint8_t *bytes, size_t n_bytes, size_t max_bytes,
                        kr__csv_scan *s, kr__table_text *text, kr_error *err) {
    KR_TRY(kr__table_text_open(name, bytes, n_bytes, max_bytes, text, err));
    *s = (kr__csv_scan){name, text->text, text->text + text->size, 1, ',', err};
    kr__csv_skip_blank_lines(s);
    if (s->at < s->end) return KR_OK;
    return kr_fail(err, KR_FORMAT, "%s: is empty; a line of column names and rows are needed",
                   name);
}

/* ---- fields ----------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Around a field: a tab is none where it separates. */
static bool is_padding(char c, char delimiter) { return is_blank(c) && c != delimiter; }

kr__csv_field kr__csv_trim(kr__csv_field f) {
    while (f.size > 0 && is_blank(f.text[0])) f.text++, f.size--;
    while (f.size > 0 && is_blank(f.text[f.size - 1])) f.size--;
    return f;
}

kr__csv_field kr__csv_trim_name(const char *name) {
    return kr__csv_trim((kr__csv_field){name, strlen(name), false});
}

bool kr__csv_is_name(const char *a, const char *b) {
    kr__csv_field x = kr__csv_trim_name(a), y = kr__csv_trim_name(b);
    return x.size == y.size && memcmp(x.text, y.text, x.size) == 0;
}

bool kr__csv_is_called(const char *a, const char *b) {
    kr__csv_field x = kr__csv_trim_name(a), y = kr__csv_trim_name(b);
    return x.size == y.size && strncasecmp(x.text, y.text, x.size) == 0;
}

int64_t kr__csv_number_at_end(kr__csv_field name, size_t *n_prefix) {
    const size_t most = 9;
    size_t n = name.size;
    int64_t number = 0, unit = 1;
    *n_prefix = n;
    while (n > 0 && name.text[n - 1] >= '0' && name.text[n - 1] <= '9') {
        if (name.size - n == most) return -1;
        number += unit * (name.text[--n] - '0');
        unit *= 10;
    }
    *n_prefix = n;
    return n < name.size ? number : -1;
}

/* After a field: was it the last of its line? Moves past the delimiter or the newline; of blanks
 * all that follow one another are one delimiter, and none at the end of a line. */
static bool pass_separator(kr__csv_scan *s, const char *p) {
    if (s->delimiter == ' ') {
        while (p < s->end && *p == ' ') p++;
        bool is_end = p == s->end || *p == '\n' || (*p == '\r' && p + 1 < s->end && p[1] == '\n');
        if (!is_end) {
            s->at = p;
            return false;
        }
        if (p < s->end && *p == '\r') p++;
    }
    bool is_last = p == s->end || *p == '\n';
    s->at = p < s->end ? p + 1 : p;
    return is_last;
}

static kr_status take_quoted(kr__csv_scan *s, const char *quote, kr__csv_field *f, bool *is_last) {
    const char *p = quote + 1;
    int64_t n_lines = 0;
    for (; p < s->end; p++) {
        n_lines += *p == '\n';
        if (*p != '"') continue;
        if (p + 1 == s->end || p[1] != '"') break;
        p++;
    }
    if (p == s->end) {
        return kr_fail(s->err, KR_FORMAT, "%s:%" PRId64 ": a quote \" is never closed; close it",
                       s->name, s->line);
    }
    *f = (kr__csv_field){quote + 1, (size_t)(p - quote - 1), true};
    p++;
    while (p < s->end && (is_padding(*p, s->delimiter) || *p == '\r')) p++;
    if (p < s->end && *p != s->delimiter && *p != '\n') {
        return kr_fail(s->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": there is text after a closing quote \"; write \"\" for a quote inside",
                       s->name, s->line);
    }
    s->line += n_lines;
    *is_last = pass_separator(s, p);
    return KR_OK;
}

kr_status kr__csv_take_field(kr__csv_scan *s, kr__csv_field *f, bool *is_last) {
    const char *p = s->at, *end = s->end;
    const char delimiter = s->delimiter;
    while (p < end && is_padding(*p, delimiter)) p++;
    if (delimiter == ' ') { /* only a line begins with some */
        while (p < end && *p == ' ') p++;
        s->at = p;
    }
    if (p < end && *p == '"') return take_quoted(s, p, f, is_last);
    while (p < end && *p != delimiter && *p != '\n') p++;
    *f = (kr__csv_field){s->at, (size_t)(p - s->at), false};
    *is_last = pass_separator(s, p);
    if (*is_last && f->size > 0 && f->text[f->size - 1] == '\r') f->size--;
    return KR_OK;
}

/* Of a table that is drawn with vertical bars: dashes and no letters or digits, |---|---|. */
static const char *pass_rule(const char *line, const char *end) {
    int64_t n_dashes = 0, longest = 0;
    const char *p = line;
    for (; p < end && *p != '\n'; p++) {
        if (!strchr("-=+|: \t\r", *p)) return NULL;
        n_dashes = *p == '-' || *p == '=' ? n_dashes + 1 : 0;
        longest = n_dashes > longest ? n_dashes : longest;
    }
    return longest >= 3 ? p : NULL;
}

void kr__csv_skip_blank_lines(kr__csv_scan *s) {
    const char *p = s->at, *line = s->at;
    while (p < s->end) {
        if (*p == '\n') {
            line = s->at = ++p;
            s->line++;
            continue;
        }
        const char *rule = NULL;
        if (s->delimiter == '|' && p == line) rule = pass_rule(p, s->end);
        if (!rule && *p != ' ' && !is_padding(*p, s->delimiter) && *p != '\r') return;
        p = rule ? rule : p + 1;
    }
    s->at = s->end;
}

/* A line without quotes is a row, and need not be divided. */
kr_status kr__csv_skip_row(kr__csv_scan *s) {
    const char *newline = memchr(s->at, '\n', (size_t)(s->end - s->at));
    const char *end = newline ? newline : s->end;
    if (!memchr(s->at, '"', (size_t)(end - s->at))) {
        s->at = newline ? newline + 1 : end;
        s->line++;
        return KR_OK;
    }
    for (bool is_last = false; !is_last;) {
        kr__csv_field f;
        KR_TRY(kr__csv_take_field(s, &f, &is_last));
    }
    s->line++;
    return KR_OK;
}

/* ---- names ------------------------------------------------------------------------------ */

static bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

/* 'text or ''text, where text would be a formula to a spreadsheet: the program writes such names
 * with one apostrophe more (core/csv_writing.h). */
static bool is_guarded(const char *at, const char *end) {
    const char *first = at;
    while (first < end && *first == '\'') first++;
    return first > at && first < end && memchr("=+-@\t\r", *first, 6);
}

char *kr__csv_copy_name(kr_arena *arena, kr__csv_field f) {
    char *name = kr__arena_alloc(arena, f.size + 1, 1);
    if (!name) return NULL;
    char *out = name;
    size_t first = 0;
    while (first < f.size && is_blank(f.text[first])) first++;
    while (f.size - first >= 3 && memcmp(f.text + first, "\xef\xbb\xbf", 3) == 0) {
        f.text += first + 3; /* a byte order mark */
        f.size -= first + 3;
        for (first = 0; first < f.size && is_blank(f.text[first]);) first++;
    }
    bool has_guard = is_guarded(f.text + first, f.text + f.size);
    for (size_t i = 0; i < f.size; i++) {
        if (has_guard && i == first) continue;
        char c = f.text[i];
        if (c == '\r' && i + 1 < f.size && f.text[i + 1] == '\n') continue;
        *out++ = c == '\n' ? ' ' : is_control((unsigned char)c) ? '?' : c;
        if (f.is_quoted && c == '"') i++;
    }
    return name;
}

/* A ? for each character that is not ASCII. */
const char *kr__csv_show_cell(kr__csv_field f, char text[KR__CSV_CELL]) {
    size_t n = 0, i = 0;
    for (; i < f.size && n < 40; i++) {
        unsigned char c = (unsigned char)f.text[i];
        if (c >= 0x80 && c < 0xc0) continue;
        text[n++] = (char)(c >= 0x80 || is_control(c) ? '?' : c);
    }
    strcpy(text + n, i < f.size ? ".." : "");
    return text;
}
