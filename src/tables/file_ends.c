/* SPDX-License-Identifier: MIT
 * file_ends.c - both ends of a long file.
 *
 * The text is read in blocks. Once the first lines are complete, of the rest only the last rows
 * stay: where each begins is kept, and what lies in front of them is dropped now and then. */
#include "tables/file_ends.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/gunzip.h"
#include "tables/csv_fields.h"
#include "tables/dialect.h"

enum { BLOCK = 1 << 20, LONGEST_ROW = 64 << 20 };

/* Where a row begins. */
typedef struct place {
    size_t at;
    int64_t line;
} place;

typedef struct ends {
    const char *path;
    const kr__file_ends *wanted;
    gzFile file; /* reads plain files, too */
    uint8_t *text;
    size_t n, capacity;
    bool is_complete; /* the file has been read to its end */
    char delimiter;
    place next;    /* the first row that has not been passed */
    size_t n_head; /* bytes of the first lines; 0: they are not complete */
    int64_t n_head_rows, head_line;
    place *rows;                 /* those of the rest */
    int64_t first, n_rows, room; /* the last of them are rows[first .. n_rows) */
    int64_t n_left_out;          /* rows */
    kr_error *err;
} ends;

static kr_status out_of_memory(const ends *e) {
    return kr_fail(e->err, KR_MEMORY, "%s: no memory for its last rows", e->path);
}

/* ---- text ------------------------------------------------------------------------------- */

/* What lies between the first lines and the last rows goes. */
static void drop_text(ends *e) {
    size_t from = e->n_rows > e->first ? e->rows[e->first].at : e->next.at;
    size_t n = e->n_head > 0 ? from - e->n_head : 0;
    if (n == 0) return;
    memmove(e->text + e->n_head, e->text + from, e->n - from);
    for (int64_t i = e->first; i < e->n_rows; i++) e->rows[i].at -= n;
    e->next.at -= n;
    e->n -= n;
}

static kr_status make_room(ends *e) {
    if (e->n + BLOCK <= e->capacity) return KR_OK;
    drop_text(e);
    if (e->n > e->wanted->max_bytes) {
        return kr_fail(e->err, KR_FORMAT,
                       "%s: its last %" PRId64
                       " rows take more than %zu MB; ask for fewer with "
                       "`last`",
                       e->path, e->wanted->n_rows, e->wanted->max_bytes >> 20);
    }
    if (e->n + BLOCK <= e->capacity / 2) return KR_OK;
    size_t capacity = 2 * (e->n + BLOCK);
    uint8_t *text = kr__calloc(capacity, 1);
    if (!text) return out_of_memory(e);
    if (e->n > 0) memcpy(text, e->text, e->n);
    kr_free(e->text);
    e->text = text;
    e->capacity = capacity;
    return KR_OK;
}

static kr_status read_block(ends *e) {
    if (kr_team_is_stopping(e->wanted->team)) {
        return kr_fail(e->err, KR_INTERRUPTED, "stopped on request");
    }
    KR_TRY(make_room(e));
    int n = gzread(e->file, e->text + e->n, BLOCK);
    int code = Z_OK;
    const char *why = n <= 0 ? gzerror(e->file, &code) : "";
    if (n < 0 || code == Z_BUF_ERROR) {
        return kr_fail(e->err, code == Z_ERRNO ? KR_IO : KR_FORMAT,
                       code == Z_BUF_ERROR
                           ? "%s: ends in the middle of its compressed data; copy the file again"
                           : "%s: cannot be read to its end: %s",
                       e->path, why);
    }
    e->n += (size_t)n;
    e->is_complete = n == 0;
    return KR_OK;
}

/* ---- rows ------------------------------------------------------------------------------- */

/* As of kr__csv_skip_blank_lines(). */
static bool is_blank_line(const ends *e, place end) {
    const char *from = (const char *)e->text + e->next.at, *limit = (const char *)e->text + end.at;
    kr__csv_scan s = {e->path, from, limit, 1, e->delimiter, NULL};
    kr__csv_skip_blank_lines(&s);
    return s.at == limit;
}

/* Behind the row at e->next, and lines further; false: it goes on behind what has been read. What
 * is wrong with a row is said by whoever reads it. */
static bool find_row_end(const ends *e, place *end) {
    const char *text = (const char *)e->text;
    kr__csv_scan s = {e->path, text + e->next.at, text + e->n, e->next.line, e->delimiter, NULL};
    bool is_whole = kr__csv_skip_row(&s) == KR_OK;
    if (!e->is_complete && (!is_whole || s.at[-1] != '\n')) return false;
    *end = is_whole ? (place){(size_t)(s.at - text), s.line} : (place){e->n, s.line + 1};
    return true;
}

/* Places at the front that are not needed any more make room first. */
static bool keep_row(ends *e) {
    if (e->n_rows - e->first >= e->wanted->n_rows + KR__MORE_ROWS) {
        e->first++;
        e->n_left_out++;
    }
    if (e->n_rows == e->room && e->first > e->room / 2) {
        memmove(e->rows, e->rows + e->first, (size_t)(e->n_rows - e->first) * sizeof *e->rows);
        e->n_rows -= e->first;
        e->first = 0;
    }
    if (e->n_rows == e->room) {
        int64_t room = 2 * e->room + 1024;
        place *rows = kr__calloc((size_t)room, sizeof *rows);
        if (!rows) return false;
        if (e->n_rows > 0) memcpy(rows, e->rows, (size_t)e->n_rows * sizeof *rows);
        kr_free(e->rows);
        e->rows = rows;
        e->room = room;
    }
    e->rows[e->n_rows++] = e->next;
    return true;
}

static void count_head(ends *e, place end) {
    e->n_head_rows++;
    if (e->n_head_rows < e->wanted->n_rows + 3 || end.at < e->wanted->n_head) return;
    e->n_head = end.at;
    e->head_line = end.line - 1;
}

static kr_status pass_rows(ends *e) {
    place end;
    while (e->next.at < e->n) {
        if (!find_row_end(e, &end)) break;
        bool is_row = !is_blank_line(e, end);
        if (is_row && e->n_head > 0 && !keep_row(e)) return out_of_memory(e);
        if (is_row && e->n_head == 0) count_head(e, end);
        e->next = end;
    }
    if (e->n - e->next.at <= LONGEST_ROW) return KR_OK;
    return kr_fail(e->err, KR_FORMAT,
                   "%s:%" PRId64
                   ": has a row of more than %d MB; a quote \" that is never closed makes one",
                   e->path, e->next.line, LONGEST_ROW >> 20);
}

/* ---- the file --------------------------------------------------------------------------- */

/* From the lines that have been read: where the table begins, and its delimiter. *is_plain: rows
 * end in line feeds. */
static kr_status find_table(ends *e, bool *is_plain) {
    size_t n = e->n;
    bool has_lines = e->n > 0 && memchr(e->text, '\n', e->n);
    kr__table_text text;
    kr__csv_scan s;
    kr__reading reading;
    while (!e->is_complete && has_lines && e->text[n - 1] != '\n') n--;
    n -= n % 2; /* characters of UTF-16 are whole */
    kr__reading_init(&reading);
    kr_status status = kr__csv_start(e->path, e->text, n, SIZE_MAX, &s, &text, e->err);
    *is_plain = text.encoding != KR__UTF16LE && text.encoding != KR__UTF16BE && !text.has_cr_lines;
    if (status == KR_OK && *is_plain) {
        status = kr__dialect_find_lines(&s, e->wanted->given, NULL, &reading);
        e->delimiter = reading.delimiter;
    }
    kr__table_text_close(&text);
    KR_TRY(status);
    e->next = (place){0, 1};
    while (*is_plain && e->next.line < s.line) {
        const uint8_t *newline =
            e->text ? memchr(e->text + e->next.at, '\n', e->n - e->next.at) : NULL;
        if (!newline) break;
        e->next = (place){(size_t)(newline + 1 - e->text), e->next.line + 1};
    }
    return KR_OK;
}

/* The text is complete: the rest of it is joined to the first lines. */
static void tell_cut(ends *e, kr__cut *cut) {
    *cut = (kr__cut){.n_rows = e->n_left_out};
    if (e->n_left_out == 0) return;
    cut->line = e->head_line;
    cut->n_lines = e->rows[e->first].line - 1 - e->head_line;
    drop_text(e);
}

static kr_status read_ends(ends *e, bool *is_plain, kr__cut *cut) {
    while (!e->is_complete && e->n < e->wanted->n_head) KR_TRY(read_block(e));
    KR_TRY(find_table(e, is_plain));
    if (!*is_plain) return KR_OK;
    for (;;) {
        KR_TRY(pass_rows(e));
        if (e->is_complete) break;
        KR_TRY(read_block(e));
    }
    tell_cut(e, cut);
    return KR_OK;
}

/* What is no regular file is refused. */
static kr_status open_file(ends *e) {
    FILE *file = NULL;
    size_t size;
    KR_TRY(kr__file_open(e->path, SIZE_MAX, &file, &size, e->err));
    fclose(file);
    e->file = gzopen(e->path, "rbe");
    if (!e->file) return out_of_memory(e);
    gzbuffer(e->file, BLOCK / 4);
    return KR_OK;
}

kr_status kr__file_ends_read(const char *path, const kr__file_ends *wanted, uint8_t **bytes,
                             size_t *n_bytes, kr__cut *cut, kr_error *err) {
    ends e = {.path = path, .wanted = wanted, .err = err};
    bool is_plain = false;
    KR_TRY(open_file(&e));
    kr_status status = read_ends(&e, &is_plain, cut);
    gzclose(e.file);
    kr_free(e.rows);
    if (status != KR_OK || !is_plain) {
        kr_free(e.text);
        e.text = NULL;
    }
    if (status != KR_OK) return status;
    *bytes = e.text;
    *n_bytes = e.n;
    return KR_OK;
}

bool kr__file_is_long(FILE *file, size_t size, bool is_plain) {
    uint8_t mark[2] = {0, 0};
    bool is_packed = kr__is_gzip(mark, fread(mark, 1, sizeof mark, file));
    return size >= (is_packed ? KR__SHORT_FILE / 8 : KR__SHORT_FILE) && !(is_packed && is_plain);
}
