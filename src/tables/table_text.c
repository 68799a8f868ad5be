/* SPDX-License-Identifier: MIT
 * table_text.c - the bytes of a table as UTF-8 text.
 *
 * Nearly every file is UTF-8 already, and is then only looked through. Others are written anew. */
#include "tables/table_text.h"

#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "files/gunzip.h"

typedef struct opening {
    const char *name;
    int64_t line; /* of the first byte */
    const uint8_t *bytes;
    size_t n;
    kr__table_text *out;
    kr_error *err;
} opening;

static kr_status out_of_memory(const opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for its text", o->name);
}

int64_t kr__count_newlines(const char *from, const char *end) {
    int64_t n = 0;
    for (const char *p = from; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        n++;
    return n;
}

static int64_t find_line(const opening *o, const uint8_t *at) {
    return o->line + kr__count_newlines((const char *)o->bytes, (const char *)at);
}

/* ---- UTF-8 ------------------------------------------------------------------------------- */

/* The length of the sequence at p, 0 when it is none. */
static size_t measure_utf8(const uint8_t *p, const uint8_t *end) {
    uint8_t c = *p;
    size_t n = c < 0x80                ? 1
               : c >= 0xc2 && c < 0xe0 ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;
    if (n == 0 || (size_t)(end - p) < n) return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
    }
    uint8_t next = n > 2 ? p[1] : 0x80;
    bool is_overlong = (c == 0xe0 && next < 0xa0) || (c == 0xf0 && next < 0x90);
    bool is_outside = (c == 0xed && next >= 0xa0) || (c == 0xf4 && next >= 0x90);
    return is_overlong || is_outside ? 0 : n;
}

/* Eight bytes at once as long as they are ASCII. */
const uint8_t *kr__skip_ascii(const uint8_t *p, const uint8_t *end) {
    uint64_t eight;
    while (end - p >= 8) {
        memcpy(&eight, p, 8);
        if (eight & UINT64_C(0x8080808080808080)) break;
        p += 8;
    }
    while (p < end && *p < 0x80) p++;
    return p;
}

/* The first byte that is no UTF-8; NULL: all is. n_wide: sequences of several bytes before it. */
static const uint8_t *find_foreign(const opening *o, int64_t *n_wide) {
    const uint8_t *end = o->bytes + o->n, *p = kr__skip_ascii(o->bytes, end);
    *n_wide = 0;
    while (p < end) {
        size_t n = measure_utf8(p, end);
        if (n == 0) return p;
        ++*n_wide;
        p = kr__skip_ascii(p + n, end);
    }
    return NULL;
}

static uint8_t *put_utf8(uint8_t *to, uint32_t c) {
    if (c < 0x80) {
        *to++ = (uint8_t)c;
    } else if (c < 0x800) {
        *to++ = (uint8_t)(0xc0 | c >> 6);
        *to++ = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (uint8_t)(0xe0 | c >> 12);
        *to++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        *to++ = (uint8_t)(0xf0 | c >> 18);
        *to++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        *to++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (c & 0x3f));
    }
    return to;
}

/* The text is written anew; the old memory goes if it is ours. */
static void replace(opening *o, uint8_t *text, size_t n) {
    kr_free(o->out->own);
    o->out->own = text;
    o->bytes = text;
    o->n = n;
}

/* ---- Windows-1252 ------------------------------------------------------------------------ */

/* 0x80 .. 0x9f; the five that it leaves free are refused before. */
static const uint16_t cp1252[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                    0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                    0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                    0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

/* The five bytes that Windows-1252 leaves free; other encodings have letters there. */
static kr_status check_cp1252(const opening *o) {
    for (size_t i = 0; i < o->n; i++) {
        uint8_t c = o->bytes[i];
        bool is_free = c == 0x81 || c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d;
        if (!is_free) continue;
        return kr_fail(o->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": has the byte 0x%02x, which is neither UTF-8 nor "
                       "Windows-1252; save it as UTF-8",
                       o->name, find_line(o, o->bytes + i), (unsigned)c);
    }
    return KR_OK;
}

static kr_status convert_cp1252(opening *o) {
    size_t n_wide = 0, n;
    KR_TRY(check_cp1252(o));
    for (size_t i = 0; i < o->n; i++) n_wide += o->bytes[i] >= 0x80;
    if (!kr__size_mul(n_wide, 2, &n) || !kr__size_add(n, o->n, &n)) return out_of_memory(o);
    uint8_t *text = kr__calloc(n + 1, 1), *to = text;
    if (!text) return out_of_memory(o);
    for (size_t i = 0; i < o->n; i++) {
        uint8_t c = o->bytes[i];
        to = put_utf8(to, c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c);
    }
    o->out->encoding = KR__CP1252;
    replace(o, text, (size_t)(to - text));
    return KR_OK;
}

static kr_status check_utf8(opening *o) {
    int64_t n_wide;
    const uint8_t *foreign = find_foreign(o, &n_wide);
    if (!foreign) return KR_OK;
    if (n_wide == 0) return convert_cp1252(o);
    return kr_fail(o->err, KR_FORMAT,
                   "%s:%" PRId64
                   ": has the byte 0x%02x, which is no UTF-8, after letters that are; save it as "
                   "UTF-8",
                   o->name, find_line(o, foreign), (unsigned)*foreign);
}

/* ---- UTF-16 ------------------------------------------------------------------------------ */

/* Without a mark: most halves of one side are zero and none of the other, as in western text. */
static bool looks_like_utf16(const opening *o, bool *is_big) {
    size_t n = o->n < 4096 ? o->n & ~(size_t)1 : 4096, n_zero[2] = {0, 0};
    for (size_t i = 0; i < n; i++) n_zero[i & 1] += o->bytes[i] == 0;
    *is_big = n_zero[0] > 0;
    return n >= 4 && (n_zero[0] == 0) != (n_zero[1] == 0) && (n_zero[0] + n_zero[1]) * 8 >= n * 3;
}

static uint32_t read_half(const uint8_t *p, bool is_big) {
    return is_big ? (uint32_t)(p[0] << 8 | p[1]) : (uint32_t)(p[1] << 8 | p[0]);
}

static kr_status convert_utf16(opening *o, bool is_big) {
    size_t n;
    if (o->n % 2 != 0) {
        return kr_fail(o->err, KR_FORMAT,
                       "%s: is UTF-16 text that ends within a character; copy the file again",
                       o->name);
    }
    if (!kr__size_mul(o->n / 2, 3, &n)) return out_of_memory(o);
    uint8_t *text = kr__calloc(n + 1, 1), *to = text;
    if (!text) return out_of_memory(o);
    for (size_t i = 0; i < o->n; i += 2) {
        uint32_t c = read_half(o->bytes + i, is_big);
        bool is_first = c >= 0xd800 && c < 0xdc00, is_second = c >= 0xdc00 && c < 0xe000;
        uint32_t next = is_first && i + 2 < o->n ? read_half(o->bytes + i + 2, is_big) : 0;
        if (is_first && next >= 0xdc00 && next < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10 | (next - 0xdc00));
            i += 2;
        } else if (is_first || is_second) {
            kr_free(text);
            return kr_fail(o->err, KR_FORMAT,
                           "%s: is UTF-16 text with half a character at byte %zu", o->name, i);
        }
        to = put_utf8(to, c);
    }
    o->out->encoding = is_big ? KR__UTF16BE : KR__UTF16LE;
    replace(o, text, (size_t)(to - text));
    return KR_OK;
}

/* ---- marks, zero bytes, line ends -------------------------------------------------------- */

static bool has_mark(const opening *o, const char *mark, size_t n) {
    return o->n >= n && memcmp(o->bytes, mark, n) == 0;
}

static void skip(opening *o, size_t n) {
    o->bytes += n;
    o->n -= n;
}

static kr_status decode(opening *o) {
    bool is_big = has_mark(o, "\xfe\xff", 2);
    if (is_big || has_mark(o, "\xff\xfe", 2)) {
        skip(o, 2);
        return convert_utf16(o, is_big);
    }
    while (has_mark(o, "\xef\xbb\xbf", 3)) skip(o, 3);
    if (looks_like_utf16(o, &is_big)) return convert_utf16(o, is_big);
    return check_utf8(o);
}

static kr_status refuse_zeros(const opening *o) {
    const uint8_t *zero = o->n ? memchr(o->bytes, 0, o->n) : NULL;
    if (!zero) return KR_OK;
    return kr_fail(o->err, KR_FORMAT,
                   "%s:%" PRId64 ": has a zero byte, which no text has; is it a table?", o->name,
                   find_line(o, zero));
}

/* Lines as of old Macs: \r, and \n nowhere but within quotes. */
static bool has_cr_lines(const opening *o) {
    const uint8_t *end = o->bytes + o->n;
    bool is_quoted = false, has_cr = false;
    if (o->n == 0 || !memchr(o->bytes, '\r', o->n)) return false;
    for (const uint8_t *p = o->bytes; p < end; p++) {
        if (*p == '"') is_quoted = !is_quoted;
        if (is_quoted) continue;
        if (*p == '\n') return false;
        has_cr = has_cr || *p == '\r';
    }
    return has_cr;
}

static kr_status mend_lines(opening *o) {
    if (!has_cr_lines(o)) return KR_OK;
    uint8_t *text = kr__calloc(o->n + 1, 1);
    if (!text) return out_of_memory(o);
    for (size_t i = 0; i < o->n; i++) text[i] = o->bytes[i] == '\r' ? '\n' : o->bytes[i];
    o->out->has_cr_lines = true;
    replace(o, text, o->n);
    return KR_OK;
}

static kr_status open_text(opening *o) {
    KR_TRY(decode(o));
    KR_TRY(refuse_zeros(o));
    KR_TRY(mend_lines(o));
    o->out->text = (const char *)o->bytes;
    o->out->size = o->n;
    return KR_OK;
}

kr_status kr__table_text_open(const char *name, const uint8_t *bytes, size_t n_bytes,
                              size_t max_bytes, kr__table_text *out, kr_error *err) {
    opening o = {name, 1, bytes, n_bytes, out, err};
    *out = (kr__table_text){.text = NULL};
    kr_status status = KR_OK;
    if (kr__is_gzip(bytes, n_bytes)) {
        status = kr__gunzip(name, bytes, n_bytes, max_bytes, &out->own, &o.n, err);
        o.bytes = out->own;
    }
    if (status == KR_OK) status = open_text(&o);
    if (status != KR_OK) kr__table_text_close(out);
    return status;
}

kr_status kr__table_text_decode(const char *name, int64_t line, const uint8_t *bytes,
                                size_t n_bytes, kr__table_text *out, kr_error *err) {
    opening o = {name, line, bytes, n_bytes, out, err};
    *out = (kr__table_text){.text = NULL};
    kr_status status = open_text(&o);
    if (status != KR_OK) kr__table_text_close(out);
    return status;
}

void kr__table_text_close(kr__table_text *text) {
    kr_free(text->own);
    *text = (kr__table_text){.text = NULL};
}

const char *kr__encoding_name(kr__encoding encoding) {
    return encoding == KR__UTF8 ? "UTF-8" : encoding == KR__CP1252 ? "Windows-1252" : "UTF-16";
}
