/* SPDX-License-Identifier: MIT
 * csv.c - tables of numbers from comma-separated text.
 *
 * The text is in memory. A field is found first (csv_fields.h), then read; only the names are
 * copied. */

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/unpack_limit.h"
#include "tables/csv.h"
#include "tables/csv_fields.h"
#include "tables/csv_names.h"
#include "tables/name_set.h"
#include "tables/number.h"
#include "tables/text_sources.h"
#include "tables/timefeatures.h"

typedef struct reader {
    kr__csv_scan scan;
    int64_t n_fields;                     /* in the header */
    int64_t n_gaps, gap_line, gap_column; /* all gaps; where the first one was */
    const kr_csv_options *options;
    char **field_names; /* n_fields */
    bool *is_unread;    /* n_fields */
    int64_t id_field;   /* -1: none */
    kr__name_set ids;
    kr_table *table;
    kr_error *err; /* scan's too */
} reader;

/* ---- names ------------------------------------------------------------------------------ */

static bool is_same_name(const char *a, const char *b, bool ignore_case) {
    kr__csv_field x = kr__csv_trim((kr__csv_field){a, strlen(a), false}),
                  y = kr__csv_trim((kr__csv_field){b, strlen(b), false});
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
    kr__csv_field f = kr__csv_trim((kr__csv_field){name, strlen(name), false});
    if (f.size == 0) {
        snprintf(text, 64, "column %" PRId64, field_number + 1);
    } else {
        snprintf(text, 64, "column \"%.*s\"", (int)(f.size < 48 ? f.size : 48), f.text);
    }
    return text;
}

/* ---- header ----------------------------------------------------------------------------- */

static kr_status out_of_memory(const reader *r) {
    return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->scan.name);
}

/* Count the header's fields; the reader stays at its start. */
static kr_status count_fields(reader *r) {
    const char *start = r->scan.at;
    bool is_last = false;
    kr__csv_field f;
    for (r->n_fields = 0; !is_last; r->n_fields++) {
        if (r->n_fields == KR_CSV_MAX_COLUMNS) {
            return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has more than %d columns",
                           r->scan.name, r->scan.line, KR_CSV_MAX_COLUMNS);
        }
        KR_TRY(kr__csv_take_field(&r->scan, &f, &is_last));
    }
    const char *semicolon = memchr(start, ';', (size_t)(r->scan.at - start));
    if (r->n_fields == 1 && semicolon) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": fields are separated by \";\"; only commas are read, so "
                       "save it with commas (and decimal points)",
                       r->scan.name, r->scan.line);
    }
    r->scan.at = start;
    return KR_OK;
}

/* If the header does not name a column date: the first field whose cell in the first row is a date.
 * -1: none. The reader stays at the header. */
static int64_t guess_date_field(reader *r) {
    reader ahead = *r;
    kr_error err;
    ahead.scan.err = &err;
    kr__csv_field f;
    bool is_last = false;
    while (!is_last) {
        if (kr__csv_take_field(&ahead.scan, &f, &is_last) != KR_OK) return -1;
        f = kr__csv_trim(f);
        if (f.size == 4 && strncasecmp(f.text, "date", 4) == 0) return -1;
    }
    kr__csv_skip_blank_lines(&ahead.scan);
    is_last = ahead.scan.at == ahead.scan.end;
    for (int64_t i = 0; !is_last && i < r->n_fields; i++) {
        int64_t seconds;
        if (kr__csv_take_field(&ahead.scan, &f, &is_last) != KR_OK) return -1;
        f = kr__csv_trim(f);
        if (kr__datetime_parse(f.text, f.size, &seconds)) return i;
    }
    return -1;
}

/* Is it one of the columns to read? The search starts at *next, because columns mostly come in the
 * order in which they were asked for. */
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
    t->names = kr__arena_alloc(&t->arena, n, sizeof *t->names);
    t->unread = kr__arena_alloc(&t->arena, n, sizeof *t->unread);
    r->field_names = kr__arena_alloc(&t->arena, n, sizeof *r->field_names);
    r->is_unread = kr__arena_alloc(&t->arena, n, sizeof *r->is_unread);
    return t->names && t->unread && r->field_names && r->is_unread ? KR_OK : out_of_memory(r);
}

static kr_status refuse_id_column(const reader *r) {
    kr_guess guess = {.word = r->options->id_column};
    for (int64_t i = 0; i < r->n_fields; i++) {
        kr__guess_offer(&guess, r->field_names[i], strlen(r->field_names[i]));
    }
    return kr_fail(r->err, KR_USAGE,
                   "%s:%" PRId64
                   ": has no column \"%.60s\" to tell the series apart%s%.*s%s; name "
                   "the column of their names with `id_column`",
                   r->scan.name, r->scan.line, r->options->id_column,
                   guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "");
}

/* A name, bounded: a file that is no table may be one line. */
static kr_status copy_name(reader *r, kr__csv_field f, char **name) {
    if (f.size > KR_CSV_MAX_NAME) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": has a name of %zu bytes where names have at most %d; is it a "
                       "table, with commas and lines?",
                       r->scan.name, r->scan.line, f.size, KR_CSV_MAX_NAME);
    }
    *name = kr__csv_copy_name(&r->table->arena, f);
    return *name ? KR_OK : out_of_memory(r);
}

static kr_status read_names(reader *r) {
    bool is_last;
    KR_TRY(count_fields(r));
    KR_TRY(make_names(r));
    for (int64_t i = 0; i < r->n_fields; i++) {
        kr__csv_field f;
        KR_TRY(kr__csv_take_field(&r->scan, &f, &is_last));
        KR_TRY(copy_name(r, f, &r->field_names[i]));
    }
    char note[KR_CSV_NOTE];
    if (!kr__csv_name_apart(r->field_names, r->n_fields, &r->table->arena, note)) {
        return out_of_memory(r);
    }
    if (*note && r->options->team) {
        kr_team_log(r->options->team, KR_LOG_NOTE, "%s:%" PRId64 ": %s", r->scan.name, r->scan.line,
                    note);
    }
    return KR_OK;
}

/* What each column is: the date, the series' name, numbers, or none of ours. */
static void sort_columns(reader *r, int64_t guessed) {
    kr_table *t = r->table;
    const char *date_column = r->options->date_column ? r->options->date_column : "date";
    int64_t next = 0;
    for (int64_t i = 0; i < r->n_fields; i++) {
        char *name = r->field_names[i];
        bool is_id = r->options->id_column && is_same_name(name, r->options->id_column, false);
        bool is_date = guessed >= 0 ? i == guessed : is_same_name(name, date_column, true);
        if (is_id && r->id_field < 0) {
            r->id_field = i;
        } else if (is_date && t->date_position < 0) {
            t->date_position = i;
            t->date_name = name;
        } else if (is_wanted(r, name, &next)) {
            t->names[t->n_columns++] = name;
        } else {
            r->is_unread[i] = true;
            t->unread[t->n_unread++] = name;
        }
    }
}

static kr_status read_header(reader *r) {
    kr_table *t = r->table;
    reader at_header = *r;
    KR_TRY(read_names(r));
    at_header.n_fields = r->n_fields;
    int64_t guessed = r->options->date_column ? -1 : guess_date_field(&at_header);
    t->date_position = r->id_field = -1;
    sort_columns(r, guessed);
    if (r->options->id_column && r->id_field < 0) return refuse_id_column(r);
    if (t->n_columns == 0 && (!r->options->columns || r->options->leaves_out)) {
        return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has no column of numbers", r->scan.name,
                       r->scan.line);
    }
    r->scan.line = r->options->first_line > 0 ? r->options->first_line : r->scan.line + 1;
    return KR_OK;
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_status read_date(reader *r, int64_t field_number, kr__csv_field f, int64_t *seconds) {
    char column[64], cell[48];
    if (kr__datetime_parse(f.text, f.size, seconds)) {
        if (!kr__datetime_has_fraction(f.text, f.size)) return KR_OK;
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": %s: \"%s\" has a fraction of a second, and dates are counted in whole "
                       "seconds; write whole seconds, or take the column out: rows need no dates",
                       r->scan.name, r->scan.line, describe_column(r, field_number, column),
                       kr__csv_show_cell(f, cell));
    }
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64
                   ": %s: \"%s\" is not a date; write it as 2016-07-01 00:00:00 or "
                   "2016/7/1 0:00",
                   r->scan.name, r->scan.line, describe_column(r, field_number, column),
                   kr__csv_show_cell(f, cell));
}

static kr_status refuse_cell(reader *r, int64_t field_number, kr__csv_field f, bool is_infinite) {
    char column[64], cell[48];
    int64_t seconds;
    bool is_date = kr__datetime_parse(f.text, f.size, &seconds);
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": %s: \"%s\" is not a %snumber%s",
                   r->scan.name, r->scan.line, describe_column(r, field_number, column),
                   kr__csv_show_cell(f, cell), is_infinite ? "finite " : "",
                   is_date ? "; if this column holds the dates, name it date" : "");
}

static kr_status read_number(reader *r, int64_t field_number, kr__csv_field f, double *value) {
    switch (kr__number_parse(f.text, f.size, value)) {
        case KR__NUMBER:
            return KR_OK;
        case KR__NUMBER_GAP:
            if (r->n_gaps++ == 0) {
                r->gap_line = r->scan.line;
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

static kr_status read_id(reader *r, kr__csv_field f, int64_t *id) {
    kr_arena *arena = &r->table->arena;
    kr_arena_mark mark = kr__arena_mark_get(arena);
    char column[64];
    if (f.size == 0) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64 ": %s: is empty; every row needs the name of its series",
                       r->scan.name, r->scan.line, describe_column(r, r->id_field, column));
    }
    char *name = NULL;
    KR_TRY(copy_name(r, f, &name));
    int64_t n_before = r->ids.n;
    *id = kr__name_set_add(&r->ids, name);
    if (*id < 0) return out_of_memory(r);
    if (r->ids.n == n_before) kr__arena_reset(arena, mark);
    return KR_OK;
}

static kr_status read_row(reader *r) {
    kr_table *t = r->table;
    double *values = t->values + t->n_rows * t->n_columns;
    bool is_last = false;
    int64_t n = 0;
    for (; !is_last; n++) {
        kr__csv_field f;
        KR_TRY(kr__csv_take_field(&r->scan, &f, &is_last));
        if (n >= r->n_fields || r->is_unread[n]) continue; /* only counted */
        f = kr__csv_trim(f);
        if (n == r->id_field) {
            KR_TRY(read_id(r, f, &t->ids[t->n_rows]));
        } else if (n == t->date_position) {
            KR_TRY(read_date(r, n, f, &t->timestamps[t->n_rows]));
        } else {
            KR_TRY(read_number(r, n, f, values++));
        }
    }
    if (n != r->n_fields) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64 ": has %" PRId64 " field%s where the header has %" PRId64
                       "; every row needs the same number",
                       r->scan.name, r->scan.line, n, n == 1 ? "" : "s", r->n_fields);
    }
    r->scan.line++;
    t->n_rows++;
    return KR_OK;
}

/* An upper bound of the rows: a row has a newline and at least a byte for each field; only the last
 * row may lack its newline. Lines without a byte are no rows. */
static size_t bound_rows(const reader *r) {
    size_t n_lines = 1, n_bytes = (size_t)(r->scan.end - r->scan.at);
    for (const char *p = r->scan.at; (p = memchr(p, '\n', (size_t)(r->scan.end - p))) != NULL;
         p++) {
        const char *before = p > r->scan.at && p[-1] == '\r' ? p - 1 : p;
        n_lines += before > r->scan.at && before[-1] != '\n';
    }
    size_t by_fields = (n_bytes + 1) / (size_t)r->n_fields;
    return n_lines < by_fields ? n_lines : by_fields;
}

static kr_status read_rows(reader *r) {
    kr_table *t = r->table;
    kr__csv_skip_blank_lines(&r->scan);
    if (r->scan.at == r->scan.end) {
        return kr_fail(r->err, KR_FORMAT, "%s: has a header but no rows", r->scan.name);
    }
    size_t n_rows = bound_rows(r) + 1, n_values;
    if (!kr__size_mul(n_rows, (size_t)r->n_fields, &n_values)) return out_of_memory(r);
    t->values = kr__calloc(n_values, sizeof *t->values);
    if (t->date_position >= 0) t->timestamps = kr__calloc(n_rows, sizeof *t->timestamps);
    if (r->id_field >= 0) t->ids = kr__calloc(n_rows, sizeof *t->ids);
    if (!t->values || (t->date_position >= 0 && !t->timestamps) || (r->id_field >= 0 && !t->ids)) {
        return out_of_memory(r);
    }
    for (; r->scan.at < r->scan.end; kr__csv_skip_blank_lines(&r->scan)) {
        assert((size_t)t->n_rows < n_rows);
        KR_TRY(read_row(r));
    }
    if (r->n_gaps == 0 || r->options->keeps_gaps) return KR_OK;
    char column[64];
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64 ": %s: is a gap (empty or NaN), the first of %" PRId64
                   " in the file; fill them in first (krait run, fit and predict: `gaps` linear)",
                   r->scan.name, r->gap_line, describe_column(r, r->gap_column, column), r->n_gaps);
}

/* Take the names out of the set, which may be freed afterwards. */
static kr_status keep_ids(reader *r) {
    kr_table *t = r->table;
    t->n_ids = r->ids.n;
    t->id_names = kr__arena_alloc(&t->arena, (size_t)t->n_ids + 1, sizeof *t->id_names);
    if (!t->id_names) return out_of_memory(r);
    for (int64_t i = 0; i < t->n_ids; i++) t->id_names[i] = r->ids.names[i];
    return KR_OK;
}

/* ---- files ------------------------------------------------------------------------------ */

/* Of the text; who raises the limit of packed files means it. */
static size_t choose_max_bytes(const kr_csv_options *options) {
    size_t most = (size_t)4 << 30, given = kr__unpack_limit_given();
    if (options && options->max_bytes) return options->max_bytes;
    return most > given ? most : given;
}

static kr_status read_table(const char *name, const uint8_t *bytes, size_t n_bytes,
                            const kr_csv_options *options, kr_table *table, kr_error *err) {
    reader r = {.options = options, .table = table, .err = err};
    uint8_t *unpacked = NULL;
    kr_status status =
        kr__csv_start(name, bytes, n_bytes, choose_max_bytes(options), &r.scan, &unpacked, err);
    if (status == KR_OK) status = read_header(&r);
    if (status == KR_OK) status = read_rows(&r);
    if (status == KR_OK) status = keep_ids(&r);
    kr__name_set_deinit(&r.ids);
    kr_free(unpacked);
    return status;
}

kr_status kr__csv_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                             const kr_csv_options *options, kr_table **out, kr_error *err) {
    static const kr_csv_options defaults = {0};
    kr_table *table = kr__calloc(1, sizeof *table);
    if (!table) return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    kr_status status = read_table(name, bytes, n_bytes, options ? options : &defaults, table, err);
    if (status != KR_OK) {
        kr__table_destroy(table);
        return status;
    }
    *out = table;
    return KR_OK;
}

kr_status kr__csv_read(const char *path, const kr_csv_options *options, kr_table **out,
                       kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    kr_csv_options of_text = options ? *options : (kr_csv_options){.first_line = 0};
    kr__made_text made = {0};
    bool is_made = false;
    KR_TRY(kr__text_source_read(path, of_text.sheet, of_text.team, &is_made, &made,
                                &of_text.first_line, err));
    if (is_made) {
        kr_status status =
            kr__csv_read_bytes(path, (const uint8_t *)made.text, made.n, &of_text, out, err);
        kr_free(made.text);
        return status;
    }
    KR_TRY(kr__file_read(path, choose_max_bytes(options), &bytes, &n_bytes, err));
    kr_status status = kr__csv_read_bytes(path, bytes, n_bytes, options, out, err);
    kr_free(bytes);
    return status;
}

void kr__table_destroy(kr_table *table) {
    if (!table) return;
    kr_free(table->values);
    kr_free(table->timestamps);
    kr_free(table->ids);
    kr__arena_deinit(&table->arena);
    kr_free(table);
}

int64_t kr__table_find(const kr_table *table, const char *name) {
    for (int64_t i = 0; i < table->n_columns; i++) {
        if (is_same_name(table->names[i], name, false)) return i;
    }
    return -1;
}
