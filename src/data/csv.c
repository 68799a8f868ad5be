/* SPDX-License-Identifier: MIT
 * csv.c - tables of numbers from comma-separated text.
 *
 * The text is in memory. A field is found first, then read; nothing is copied but the names. */
#include <kr/csv.h>

#include <ctype.h>
#include <inttypes.h>
#include <kr/platform.h>
#include <kr/timefeatures.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "data/gunzip.h"
#include "data/number.h"

typedef struct field {
    const char *text;
    size_t size;
    bool is_quoted; /* "" inside stands for " */
} field;

typedef struct reader {
    const char *name;
    const char *at, *end;
    int64_t line;                         /* of at, from 1 */
    int64_t n_fields;                     /* in the header */
    int64_t n_gaps, gap_line, gap_column; /* all gaps; where the first one was */
    const kr_csv_options *options;
    char **field_names; /* n_fields */
    bool *is_unread;    /* n_fields */
    kr_table *table;
    kr_error *err;
} reader;

/* ---- fields ----------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static field trim(field f) {
    while (f.size > 0 && is_blank(f.text[0])) f.text++, f.size--;
    while (f.size > 0 && is_blank(f.text[f.size - 1])) f.size--;
    return f;
}

/* Behind a field: is it the last of its line? Goes past the comma or the line's end. */
static bool pass_separator(reader *r, const char *p) {
    bool is_last = p == r->end || *p == '\n';
    r->at = p < r->end ? p + 1 : p;
    return is_last;
}

static kr_status take_quoted(reader *r, const char *quote, field *f, bool *is_last) {
    const char *p = quote + 1;
    for (; p < r->end && *p != '\n'; p++) {
        if (*p != '"') continue;
        if (p + 1 == r->end || p[1] != '"') break;
        p++;
    }
    if (p == r->end || *p == '\n') {
        return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": a quote \" is never closed; close it",
                       r->name, r->line);
    }
    *f = (field){quote + 1, (size_t)(p - quote - 1), true};
    p++;
    while (p < r->end && (is_blank(*p) || *p == '\r')) p++;
    if (p < r->end && *p != ',' && *p != '\n') {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": text goes on behind a closing quote \"; write \"\" for a "
                       "quote inside",
                       r->name, r->line);
    }
    *is_last = pass_separator(r, p);
    return KR_OK;
}

static kr_status take_field(reader *r, field *f, bool *is_last) {
    const char *p = r->at;
    while (p < r->end && is_blank(*p)) p++;
    if (p < r->end && *p == '"') return take_quoted(r, p, f, is_last);
    while (p < r->end && *p != ',' && *p != '\n') p++;
    *f = (field){r->at, (size_t)(p - r->at), false};
    *is_last = pass_separator(r, p);
    if (*is_last && f->size > 0 && f->text[f->size - 1] == '\r') f->size--;
    return KR_OK;
}

static void skip_blank_lines(reader *r) {
    for (const char *p = r->at; p < r->end; p++) {
        if (*p == '\n') {
            r->at = p + 1;
            r->line++;
        } else if (!is_blank(*p) && *p != '\r') {
            return;
        }
    }
    r->at = r->end;
}

/* ---- names ------------------------------------------------------------------------------ */

/* The length of the UTF-8 sequence at p, 0 when it is none. */
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

/* A copy in UTF-8; Latin-1 otherwise. Control characters, which could harm a terminal, become ?. */
static char *copy_name(kr_arena *arena, field f) {
    char *name = kr_arena_alloc(arena, 2 * f.size + 1, 1);
    if (!name) return NULL;
    bool is_latin1 = !is_utf8(f.text, f.text + f.size);
    char *out = name;
    for (size_t i = 0; i < f.size; i++) {
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

static bool is_same_name(const char *a, const char *b, bool ignore_case) {
    field x = trim((field){a, strlen(a), false}), y = trim((field){b, strlen(b), false});
    if (x.size != y.size) return false;
    for (size_t i = 0; i < x.size; i++) {
        unsigned char c = (unsigned char)x.text[i], d = (unsigned char)y.text[i];
        if (ignore_case ? tolower(c) != tolower(d) : c != d) return false;
    }
    return true;
}

/* `column "OT"`, or `column 3` where it has no name. field_number: in the file, from 0. */
static const char *describe_column(const reader *r, int64_t field_number, char text[64]) {
    const char *name = r->field_names[field_number];
    field f = trim((field){name, strlen(name), false});
    if (f.size == 0) {
        snprintf(text, 64, "column %" PRId64, field_number + 1);
    } else {
        snprintf(text, 64, "column \"%.*s\"", (int)(f.size < 48 ? f.size : 48), f.text);
    }
    return text;
}

/* A cell as it may stand in a sentence. */
static const char *show_cell(field f, char text[48]) {
    size_t n = f.size < 40 ? f.size : 40;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)f.text[i];
        text[i] = c >= 0x80 || is_control(c) ? '?' : (char)c;
    }
    strcpy(text + n, n < f.size ? ".." : "");
    return text;
}

/* ---- header ----------------------------------------------------------------------------- */

static kr_status out_of_memory(const reader *r) {
    return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
}

/* How many fields the header has; the reader stays at its start. */
static kr_status count_fields(reader *r) {
    const char *start = r->at;
    bool is_last = false;
    field f;
    for (r->n_fields = 0; !is_last; r->n_fields++) {
        if (r->n_fields == KR_CSV_MAX_COLUMNS) {
            return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has more than %d columns", r->name,
                           r->line, KR_CSV_MAX_COLUMNS);
        }
        KR_TRY(take_field(r, &f, &is_last));
    }
    const char *semicolon = memchr(start, ';', (size_t)(r->at - start));
    if (r->n_fields == 1 && semicolon) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": fields are separated by \";\"; only commas are read, so "
                       "save it with commas (and decimal points)",
                       r->name, r->line);
    }
    r->at = start;
    return KR_OK;
}

/* Of a header without the name date: the first field whose cell in the first row is a date. -1:
 * none. The reader stays at the header. */
static int64_t guess_date_field(reader *r) {
    reader ahead = *r;
    kr_error err;
    ahead.err = &err;
    field f;
    bool is_last = false;
    while (!is_last) {
        if (take_field(&ahead, &f, &is_last) != KR_OK) return -1;
        f = trim(f);
        if (f.size == 4 && strncasecmp(f.text, "date", 4) == 0) return -1;
    }
    skip_blank_lines(&ahead);
    is_last = ahead.at == ahead.end;
    for (int64_t i = 0; !is_last && i < r->n_fields; i++) {
        int64_t seconds;
        if (take_field(&ahead, &f, &is_last) != KR_OK) return -1;
        f = trim(f);
        if (kr_datetime_parse(f.text, f.size, &seconds)) return i;
    }
    return -1;
}

/* Is it one of the columns to read? *next is where the search starts: columns mostly come in the
 * order in which they are asked for. */
static bool is_wanted(const reader *r, const char *name, int64_t *next) {
    const kr_csv_options *o = r->options;
    for (int64_t i = 0; i < o->n_columns; i++) {
        int64_t k = (*next + i) % o->n_columns;
        if (!is_same_name(name, o->columns[k], false)) continue;
        *next = k + 1;
        return !o->leaves_out;
    }
    return !o->columns || o->leaves_out;
}

static kr_status make_names(reader *r) {
    kr_table *t = r->table;
    size_t n = (size_t)r->n_fields + 1;
    t->names = kr_arena_alloc(&t->arena, n, sizeof *t->names);
    t->unread = kr_arena_alloc(&t->arena, n, sizeof *t->unread);
    r->field_names = kr_arena_alloc(&t->arena, n, sizeof *r->field_names);
    r->is_unread = kr_arena_alloc(&t->arena, n, sizeof *r->is_unread);
    return t->names && t->unread && r->field_names && r->is_unread ? KR_OK : out_of_memory(r);
}

static kr_status read_header(reader *r) {
    kr_table *t = r->table;
    const char *date_column = r->options->date_column;
    KR_TRY(count_fields(r));
    int64_t guessed = date_column ? -1 : guess_date_field(r);
    if (!date_column) date_column = "date";
    KR_TRY(make_names(r));
    t->date_position = -1;
    bool is_last;
    int64_t next = 0;
    for (int64_t i = 0; i < r->n_fields; i++) {
        field f;
        KR_TRY(take_field(r, &f, &is_last));
        char *name = copy_name(&t->arena, f);
        if (!name) return out_of_memory(r);
        r->field_names[i] = name;
        bool is_date = guessed >= 0 ? i == guessed : is_same_name(name, date_column, true);
        if (is_date && t->date_position < 0) {
            t->date_position = i;
            t->date_name = name;
        } else if (is_wanted(r, name, &next)) {
            t->names[t->n_columns++] = name;
        } else {
            r->is_unread[i] = true;
            t->unread[t->n_unread++] = name;
        }
    }
    if (t->n_columns == 0 && (!r->options->columns || r->options->leaves_out)) {
        return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has no column of numbers", r->name,
                       r->line);
    }
    r->line = r->options->first_line > 0 ? r->options->first_line : r->line + 1;
    return KR_OK;
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_status read_date(reader *r, int64_t field_number, field f, int64_t *seconds) {
    if (kr_datetime_parse(f.text, f.size, seconds)) return KR_OK;
    char column[64], cell[48];
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64
                   ": %s: \"%s\" is not a date; write it as 2016-07-01 00:00:00 or "
                   "2016/7/1 0:00",
                   r->name, r->line, describe_column(r, field_number, column), show_cell(f, cell));
}

static kr_status refuse_cell(reader *r, int64_t field_number, field f, bool is_infinite) {
    char column[64], cell[48];
    int64_t seconds;
    bool is_date = kr_datetime_parse(f.text, f.size, &seconds);
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": %s: \"%s\" is not a %snumber%s", r->name,
                   r->line, describe_column(r, field_number, column), show_cell(f, cell),
                   is_infinite ? "finite " : "",
                   is_date ? "; if this column holds the dates, name it date" : "");
}

static kr_status read_number(reader *r, int64_t field_number, field f, double *value) {
    switch (kr__number_parse(f.text, f.size, value)) {
        case KR__NUMBER:
            return KR_OK;
        case KR__NUMBER_GAP:
            if (r->n_gaps++ == 0) {
                r->gap_line = r->line;
                r->gap_column = field_number;
            }
            *value = (double)NAN;
            return KR_OK;
        case KR__NUMBER_INFINITE:
            return refuse_cell(r, field_number, f, true);
        case KR__NUMBER_NONE:
            break;
    }
    return refuse_cell(r, field_number, f, false);
}

static kr_status read_row(reader *r) {
    kr_table *t = r->table;
    double *values = t->values + t->n_rows * t->n_columns;
    bool is_last = false;
    int64_t n = 0;
    for (; !is_last; n++) {
        field f;
        KR_TRY(take_field(r, &f, &is_last));
        if (n >= r->n_fields || r->is_unread[n]) continue; /* only counted */
        f = trim(f);
        if (n == t->date_position) {
            KR_TRY(read_date(r, n, f, &t->timestamps[t->n_rows]));
        } else {
            KR_TRY(read_number(r, n, f, values++));
        }
    }
    if (n != r->n_fields) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64 ": has %" PRId64 " field%s where the header has %" PRId64
                       "; every row needs as many",
                       r->name, r->line, n, n == 1 ? "" : "s", r->n_fields);
    }
    r->line++;
    t->n_rows++;
    return KR_OK;
}

/* An upper bound of the rows: a row has a line's end and a byte for each field, but the last
 * row, which may lack the end. */
static size_t bound_rows(const reader *r) {
    size_t n_lines = 1, n_bytes = (size_t)(r->end - r->at);
    for (const char *p = r->at; (p = memchr(p, '\n', (size_t)(r->end - p))) != NULL; p++) n_lines++;
    size_t by_fields = (n_bytes + 1) / (size_t)r->n_fields;
    return n_lines < by_fields ? n_lines : by_fields;
}

static kr_status read_rows(reader *r) {
    kr_table *t = r->table;
    skip_blank_lines(r);
    if (r->at == r->end) {
        return kr_fail(r->err, KR_FORMAT, "%s: has a header but no rows", r->name);
    }
    size_t n_rows = bound_rows(r) + 1, n_values;
    if (!kr_size_mul(n_rows, (size_t)r->n_fields, &n_values)) return out_of_memory(r);
    t->values = kr_calloc(n_values, sizeof *t->values);
    if (t->date_position >= 0) t->timestamps = kr_calloc(n_rows, sizeof *t->timestamps);
    if (!t->values || (t->date_position >= 0 && !t->timestamps)) return out_of_memory(r);
    for (; r->at < r->end; skip_blank_lines(r)) KR_TRY(read_row(r));
    if (r->n_gaps == 0 || r->options->keeps_gaps) return KR_OK;
    char column[64];
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64 ": %s: is a gap (empty or NaN), the first of %" PRId64
                   " in the file; gaps are refused for now, so fill them in first",
                   r->name, r->gap_line, describe_column(r, r->gap_column, column), r->n_gaps);
}

/* ---- files ------------------------------------------------------------------------------ */

static kr_status read_text(const char *name, const char *text, size_t size,
                           const kr_csv_options *options, kr_table *table, kr_error *err) {
    reader r = {.name = name,
                .at = text,
                .end = text + size,
                .line = 1,
                .options = options,
                .table = table,
                .err = err};
    if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        return kr_fail(err, KR_FORMAT, "%s: is UTF-16 text; save it as UTF-8", name);
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) r.at += 3;
    skip_blank_lines(&r);
    if (r.at == r.end) {
        return kr_fail(err, KR_FORMAT, "%s: is empty; a line of column names and rows are needed",
                       name);
    }
    KR_TRY(read_header(&r));
    return read_rows(&r);
}

static size_t choose_max_bytes(const kr_csv_options *options) {
    return options && options->max_bytes ? options->max_bytes : (size_t)4 << 30;
}

kr_status kr_csv_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                            const kr_csv_options *options, kr_table **out, kr_error *err) {
    static const kr_csv_options defaults = {0};
    if (!options) options = &defaults;
    uint8_t *unpacked = NULL;
    kr_status status = KR_OK;
    kr_table *table = kr_calloc(1, sizeof *table);
    if (!table) return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    if (kr__is_gzip(bytes, n_bytes)) {
        status =
            kr__gunzip(name, bytes, n_bytes, choose_max_bytes(options), &unpacked, &n_bytes, err);
        bytes = unpacked;
    }
    if (status == KR_OK) {
        status = read_text(name, (const char *)bytes, n_bytes, options, table, err);
    }
    kr_free(unpacked);
    if (status != KR_OK) {
        kr_table_destroy(table);
        return status;
    }
    *out = table;
    return KR_OK;
}

kr_status kr_csv_read(const char *path, const kr_csv_options *options, kr_table **out,
                      kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    KR_TRY(kr_file_read(path, choose_max_bytes(options), &bytes, &n_bytes, err));
    kr_status status = kr_csv_read_bytes(path, bytes, n_bytes, options, out, err);
    kr_free(bytes);
    return status;
}

void kr_table_destroy(kr_table *table) {
    if (!table) return;
    kr_free(table->values);
    kr_free(table->timestamps);
    kr_arena_deinit(&table->arena);
    kr_free(table);
}

int64_t kr_table_find(const kr_table *table, const char *name) {
    for (int64_t i = 0; i < table->n_columns; i++) {
        if (is_same_name(table->names[i], name, false)) return i;
    }
    return -1;
}
