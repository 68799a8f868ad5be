/* SPDX-License-Identifier: MIT
 * row_blocks.c - the rows of a long file, some megabytes of them at a time. */
#define _POSIX_C_SOURCE 200809L /* fseeko */

#include "tables/row_blocks.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"

enum { BLOCK = 1 << 20, LAST_BLOCK = 1 << 16, LONGEST_ROW = 64 << 20 };

static kr_status out_of_memory(const kr__row_blocks *b) {
    return kr_fail(b->err, KR_MEMORY, "%s: no memory for its rows", b->name);
}

/* ---- bytes ------------------------------------------------------------------------------ */

/* What has been passed goes, and more is read, of a row that is longer than a block as much again;
 * where less than a last block would be left, all. */
static kr_status read_more(kr__row_blocks *b) {
    size_t n_kept = b->n - b->n_passed, n_more = BLOCK;
    if (n_kept > n_more && n_kept <= LONGEST_ROW / 2) n_more = n_kept;
    if (b->n_left < n_more + LAST_BLOCK) n_more = b->n_left;
    if (n_kept + n_more > b->capacity) {
        size_t capacity = n_kept + n_more + (b->bytes ? BLOCK : LAST_BLOCK);
        uint8_t *bytes = kr__calloc(capacity, 1);
        if (!bytes) return out_of_memory(b);
        if (n_kept > 0 && b->bytes) memcpy(bytes, b->bytes + b->n_passed, n_kept);
        kr_free(b->bytes);
        b->bytes = bytes;
        b->capacity = capacity;
    } else if (b->n_passed > 0) {
        memmove(b->bytes, b->bytes + b->n_passed, n_kept);
    }
    b->n = n_kept;
    b->n_passed = 0;
    errno = 0;
    if (fread(b->bytes + b->n, 1, n_more, b->file) != n_more) {
        return kr_fail(b->err, KR_IO, "%s: could be read only in part%s%s", b->name,
                       errno ? ": " : "", errno ? strerror(errno) : "");
    }
    b->n += n_more;
    b->n_left -= n_more;
    return KR_OK;
}

/* Lines are those of kr__csv_scan, which counts line feeds. */
static kr_status skip_lines(kr__row_blocks *b, int64_t line) {
    for (int64_t at = 1; at < line;) {
        const uint8_t *newline = memchr(b->bytes + b->n_passed, '\n', b->n - b->n_passed);
        if (!newline) {
            b->n_passed = b->n;
            if (b->n_left == 0) return KR_OK;
            KR_TRY(read_more(b));
            continue;
        }
        b->n_passed = (size_t)(newline + 1 - b->bytes);
        at++;
    }
    return KR_OK;
}

kr_status kr__row_blocks_open(const char *path, int64_t line, const kr__file_strips *strips,
                              kr__row_blocks *b, kr_error *err) {
    *b = (kr__row_blocks){.name = path, .strips = strips, .err = err};
    KR_TRY(kr__file_open(path, SIZE_MAX, &b->file, &b->size, err));
    b->n_left = b->size;
    KR_TRY(read_more(b));
    return skip_lines(b, line);
}

void kr__row_blocks_close(kr__row_blocks *b) {
    if (b->file) fclose(b->file);
    kr__table_text_close(&b->text);
    kr_free(b->bytes);
    *b = (kr__row_blocks){.name = NULL};
}

bool kr__row_blocks_are_done(const kr__row_blocks *b) {
    return b->n_left == 0 && b->n_passed == b->n;
}

/* ---- strips ----------------------------------------------------------------------------- */

bool kr__row_blocks_peek(const kr__row_blocks *b, kr__row_range *next) {
    const kr__file_strips *s = b->strips;
    size_t from = b->size - b->n_left - (b->n - b->n_passed);
    int64_t first = (int64_t)(from / KR__STRIP);
    if (!s || from == b->size) return false;
    if (first > 0 && s->starts[first] > from) first--;
    int64_t end = first + KR__MOST_STRIPS - 1;
    if (end + 1 >= s->n) end = s->n; /* a short one is not left alone */
    *next = (kr__row_range){from, s->starts[end], first, end};
    return true;
}

kr_status kr__row_blocks_pass(kr__row_blocks *b, const kr__row_range *next) {
    b->n = b->n_passed = 0;
    b->n_left = b->size - next->to;
    if (fseeko(b->file, (off_t)next->to, SEEK_SET) == 0) return KR_OK;
    return kr_fail(b->err, KR_IO, "%s: could be read only in part: %s", b->name, strerror(errno));
}

/* ---- rows ------------------------------------------------------------------------------- */

static size_t find_last_newline(const uint8_t *bytes, size_t n) {
    while (n > 0 && bytes[n - 1] != '\n') n--;
    return n;
}

/* The size of all whole rows. Where there are quotes, newlines within them end none. */
static size_t find_rows(const kr__row_blocks *b, char delimiter) {
    const char *from = (const char *)b->bytes + b->n_passed;
    size_t n = b->n - b->n_passed, n_whole = 0;
    kr__row_range strips;
    if (kr__row_blocks_peek(b, &strips)) {
        n_whole = strips.to - strips.from;
        return n_whole <= n ? n_whole : 0;
    }
    if (b->n_left == 0) return n;
    if (!memchr(from, '"', n)) return find_last_newline(b->bytes + b->n_passed, n);
    kr__csv_scan s = {b->name, from, from + n, 1, delimiter, NULL};
    while (s.at < s.end) {
        /* What is wrong with a row is said by whoever reads it. */
        if (kr__csv_skip_row(&s) != KR_OK || s.at[-1] != '\n') break;
        n_whole = (size_t)(s.at - from);
    }
    return n_whole;
}

kr_status kr__row_blocks_next(kr__row_blocks *b, kr__csv_scan *s) {
    size_t n_rows = 0;
    kr__table_text_close(&b->text);
    for (;;) {
        n_rows = find_rows(b, s->delimiter);
        if (n_rows > 0 || b->n_left == 0) break;
        if (b->n - b->n_passed > LONGEST_ROW) {
            return kr_fail(b->err, KR_FORMAT,
                           "%s:%" PRId64
                           ": has a row of more than %d MB; a quote \" that is never "
                           "closed, or has text behind it, makes one",
                           b->name, s->line, LONGEST_ROW >> 20);
        }
        KR_TRY(read_more(b));
    }
    const uint8_t *from = b->bytes + b->n_passed;
    KR_TRY(kr__table_text_decode(b->name, s->line, from, n_rows, &b->text, b->err));
    s->at = b->text.text;
    s->end = s->at + b->text.size;
    b->n_passed += n_rows;
    return KR_OK;
}
