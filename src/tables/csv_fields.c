/* SPDX-License-Identifier: MIT
 * csv_fields.c - where the fields of comma-separated text begin and end. */
#include "tables/csv_fields.h"
#include "core/arena.h"

#include <inttypes.h>
#include <string.h>

#include "files/gunzip.h"

kr_status kr__csv_start(const char *name, const uint8_t *bytes, size_t n_bytes, size_t max_bytes,
                        kr__csv_scan *s, uint8_t **unpacked, kr_error *err) {
    if (kr__is_gzip(bytes, n_bytes)) {
        KR_TRY(kr__gunzip(name, bytes, n_bytes, max_bytes, unpacked, &n_bytes, err));
        bytes = *unpacked;
    }
    if (n_bytes >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        return kr_fail(err, KR_FORMAT, "%s: is UTF-16 text; save it as UTF-8", name);
    }
    const char *text = (const char *)bytes;
    bool has_mark = n_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    *s = (kr__csv_scan){name, text + (has_mark ? 3 : 0), text + n_bytes, 1, err};
    kr__csv_skip_blank_lines(s);
    if (s->at < s->end) return KR_OK;
    return kr_fail(err, KR_FORMAT, "%s: is empty; a line of column names and rows are needed",
                   name);
}

/* ---- fields ----------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

kr__csv_field kr__csv_trim(kr__csv_field f) {
    while (f.size > 0 && is_blank(f.text[0])) f.text++, f.size--;
    while (f.size > 0 && is_blank(f.text[f.size - 1])) f.size--;
    return f;
}

/* After a field: was it the last of its line? Moves past the comma or the newline. */
static bool pass_separator(kr__csv_scan *s, const char *p) {
    bool is_last = p == s->end || *p == '\n';
    s->at = p < s->end ? p + 1 : p;
    return is_last;
}

static kr_status take_quoted(kr__csv_scan *s, const char *quote, kr__csv_field *f, bool *is_last) {
    const char *p = quote + 1;
    for (; p < s->end && *p != '\n'; p++) {
        if (*p != '"') continue;
        if (p + 1 == s->end || p[1] != '"') break;
        p++;
    }
    if (p == s->end || *p == '\n') {
        return kr_fail(s->err, KR_FORMAT, "%s:%" PRId64 ": a quote \" is never closed; close it",
                       s->name, s->line);
    }
    *f = (kr__csv_field){quote + 1, (size_t)(p - quote - 1), true};
    p++;
    while (p < s->end && (is_blank(*p) || *p == '\r')) p++;
    if (p < s->end && *p != ',' && *p != '\n') {
        return kr_fail(s->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": there is text after a closing quote \"; write \"\" for a quote inside",
                       s->name, s->line);
    }
    *is_last = pass_separator(s, p);
    return KR_OK;
}

kr_status kr__csv_take_field(kr__csv_scan *s, kr__csv_field *f, bool *is_last) {
    const char *p = s->at;
    while (p < s->end && is_blank(*p)) p++;
    if (p < s->end && *p == '"') return take_quoted(s, p, f, is_last);
    while (p < s->end && *p != ',' && *p != '\n') p++;
    *f = (kr__csv_field){s->at, (size_t)(p - s->at), false};
    *is_last = pass_separator(s, p);
    if (*is_last && f->size > 0 && f->text[f->size - 1] == '\r') f->size--;
    return KR_OK;
}

void kr__csv_skip_blank_lines(kr__csv_scan *s) {
    for (const char *p = s->at; p < s->end; p++) {
        if (*p == '\n') {
            s->at = p + 1;
            s->line++;
        } else if (!is_blank(*p) && *p != '\r') {
            return;
        }
    }
    s->at = s->end;
}

/* ---- names ------------------------------------------------------------------------------ */

/* The length of the UTF-8 sequence at p, 0 when it is not one. */
static size_t measure_utf8(const char *p, const char *end) {
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0x80                ? 1
               : c >= 0xc2 && c < 0xe0 ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;
    if (n == 0 || (size_t)(end - p) < n) return 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80) return 0;
    }
    unsigned char next = n > 2 ? (unsigned char)p[1] : 0x80;
    bool is_overlong = (c == 0xe0 && next < 0xa0) || (c == 0xf0 && next < 0x90);
    bool is_outside = (c == 0xed && next >= 0xa0) || (c == 0xf4 && next >= 0x90);
    return is_overlong || is_outside ? 0 : n;
}

static bool is_utf8(const char *p, const char *end) {
    while (p < end) {
        size_t n = measure_utf8(p, end);
        if (n == 0) return false;
        p += n;
    }
    return true;
}

static bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

/* 'text or ''text, where text would be a formula to a spreadsheet: the program writes such names
 * with one apostrophe more (cli/framework/csv_text.h). */
static bool is_guarded(const char *at, const char *end) {
    const char *first = at;
    while (first < end && *first == '\'') first++;
    return first > at && first < end && memchr("=+-@\t\r", *first, 6);
}

char *kr__csv_copy_name(kr_arena *arena, kr__csv_field f) {
    char *name = kr__arena_alloc(arena, 2 * f.size + 1, 1);
    if (!name) return NULL;
    bool is_latin1 = !is_utf8(f.text, f.text + f.size);
    char *out = name;
    size_t first = 0;
    while (first < f.size && is_blank(f.text[first])) first++;
    bool has_guard = is_guarded(f.text + first, f.text + f.size);
    for (size_t i = 0; i < f.size; i++) {
        if (has_guard && i == first) continue;
        unsigned char c = (unsigned char)f.text[i];
        if (c >= 0x80 && is_latin1) {
            *out++ = (char)(0xc0 | c >> 6);
            *out++ = (char)(0x80 | (c & 0x3f));
        } else {
            *out++ = is_control(c) ? '?' : (char)c;
        }
        if (f.is_quoted && c == '"') i++;
    }
    return name;
}

const char *kr__csv_show_cell(kr__csv_field f, char text[48]) {
    size_t n = f.size < 40 ? f.size : 40;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)f.text[i];
        text[i] = c >= 0x80 || is_control(c) ? '?' : (char)c;
    }
    strcpy(text + n, n < f.size ? ".." : "");
    return text;
}
