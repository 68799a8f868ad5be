/* SPDX-License-Identifier: MIT
 * csv.c - tables of numbers from text.
 *
 * The text is in memory. How it is read is decided first (csv_plan.h); then a field is found
 * (csv_fields.h) and read; only the names are copied. */
#include "tables/csv.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/unpack_limit.h"
#include "tables/column_roles.h"
#include "tables/csv_fields.h"
#include "tables/csv_last.h"
#include "tables/csv_plan.h"
#include "tables/file_ends.h"
#include "tables/name_set.h"
#include "tables/number.h"
#include "tables/row_order.h"
#include "tables/text_sources.h"
#include "tables/value_gaps.h"

typedef struct reader {
    kr__csv_plan plan;
    kr__csv_scan scan;
    const kr_csv_options *options;
    const kr__cut *cut;
    kr__csv_last last;                    /* n_rows is 0 where all rows are read */
    int64_t n_gaps, gap_line, gap_column; /* all gaps; where the first one was */
    kr__date_parts_row parts;             /* of this row */
    bool has_moment;                      /* a date has been read */
    int32_t first_offset;                 /* of it */
    int64_t n_unknown;                    /* words that no column was made for */
    char unknown[KR__CSV_CELL], unknown_column[KR__CSV_COLUMN]; /* the first */
    kr__name_set ids;
    kr_table *table;
    kr_error *err; /* scan's too */
} reader;

static kr_status out_of_memory(const reader *r) {
    return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->scan.name);
}

/* file:line: column: "cell" .. */
static kr_status refuse(const reader *r, int64_t field, kr__csv_field f, const char *why) {
    char column[KR__CSV_COLUMN], cell[KR__CSV_CELL];
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": %s: \"%s\" %s", r->scan.name, r->scan.line,
                   kr__csv_describe_column(&r->plan, field, column), kr__csv_show_cell(f, cell),
                   why);
}

/* ---- dates ------------------------------------------------------------------------------ */

static kr_status refuse_date(const reader *r, kr__csv_field f) {
    const kr__date_format *format = &r->plan.reading.date_format;
    char why[200];
    if (kr__date_is_too_fine(format, f.text, f.size)) {
        return refuse(r, r->plan.date_field, f,
                      "is finer than a microsecond, the finest that dates are counted in; round "
                      "the dates, or take the column out: rows need no dates");
    }
    if (kr__date_has_unknown_zone(format, f.text, f.size)) {
        return refuse(r, r->plan.date_field, f, KR__UNKNOWN_ZONE);
    }
    if (format->kind == KR__DATE_YMD) {
        return refuse(r, r->plan.date_field, f,
                      "is not a date; write it as 2016-07-01 00:00:00 or 2016/7/1 0:00");
    }
    snprintf(why, sizeof why,
             "is not a date by `date_format` %s, by which all dates of the file are read",
             kr__date_format_text(format));
    return refuse(r, r->plan.date_field, f, why);
}

/* Instants are kept in UTC until the offset of the last row is known. */
static kr_status take_offset(reader *r, kr__csv_field f, const kr__moment *m) {
    kr__reading *reading = &r->plan.reading;
    if (r->has_moment && reading->has_zone != m->has_offset) {
        return refuse(r, r->plan.date_field, f,
                      m->has_offset
                          ? "has an offset from UTC, which the dates before it lack; give "
                            "all of them one, or none"
                          : "lacks the offset from UTC that the dates before it have; "
                            "give all of them one, or none");
    }
    if (r->has_moment && m->offset != reading->offset) reading->has_two_offsets = true;
    if (!r->has_moment) r->first_offset = m->offset;
    reading->has_zone = m->has_offset;
    reading->offset = m->offset;
    r->has_moment = true;
    return KR_OK;
}

static kr_status read_date(reader *r, kr__csv_field f, int64_t *micros) {
    kr__moment m;
    if (!kr__date_read(&r->plan.reading.date_format, f.text, f.size, &m)) {
        return refuse_date(r, f);
    }
    if (m.has_offset || !r->has_moment || r->plan.reading.has_zone) KR_TRY(take_offset(r, f, &m));
    *micros = m.micros - m.offset * KR__MINUTE;
    return KR_OK;
}

static kr_status read_part(reader *r, int64_t field, kr__csv_field f) {
    kr__date_part part = r->plan.reading.columns[field].part;
    char why[100];
    if (kr__date_part_read(part, f.text, f.size, &r->parts)) return KR_OK;
    if (part == KR__PART_CLOCK) {
        return refuse(r, field, f, "is not a time of day; write it as 09:30 or 09:30:00");
    }
    snprintf(why, sizeof why, "is no %s, which is read from this column", kr__date_part_text(part));
    return refuse(r, field, f, why);
}

static kr_status join_parts(reader *r, int64_t *micros) {
    if (kr__date_parts_join(&r->parts, micros)) {
        r->parts = (kr__date_parts_row){.month = 0};
        return KR_OK;
    }
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has a day that its month or year lacks",
                   r->scan.name, r->scan.line);
}

/* ---- numbers ---------------------------------------------------------------------------- */

static kr_status refuse_word(const reader *r, int64_t field, kr__csv_field f) {
    bool has_digit = false;
    for (size_t i = 0; i < f.size; i++) has_digit |= f.text[i] >= '0' && f.text[i] <= '9';
    if (has_digit && (f.text[0] == '<' || f.text[0] == '>')) {
        return refuse(r, field, f,
                      "is a bound, not a number; write a number, or list it with `missing` to make "
                      "it a gap");
    }
    return refuse(r, field, f,
                  has_digit ? "is not a number"
                            : "is not a number; if it stands for a gap, list it with `missing`");
}

static kr_status refuse_number(const reader *r, int64_t field, kr__csv_field f, bool is_infinite) {
    kr__number_votes votes = {.small = 0};
    int64_t micros;
    const kr__reading *reading = &r->plan.reading;
    char why[200];
    if (is_infinite) return refuse(r, field, f, "is not a finite number");
    if (kr__is_hex(f.text, f.size)) {
        return refuse(r, field, f, "is a number in base 16; write it in decimal digits");
    }
    if (kr__date_parse(f.text, f.size, &micros)) {
        return refuse(r, field, f, "is not a number; if this column holds the dates, name it date");
    }
    if (!kr__number_vote(f.text, f.size, &votes)) return refuse_word(r, field, f);
    snprintf(why, sizeof why,
             "is not a number as the others are written: decimal %s, %s between thousands; "
             "`decimal` and `thousands` say otherwise",
             reading->numbers.decimal == ',' ? "comma" : "point",
             !reading->numbers.thousands         ? "nothing"
             : reading->numbers.thousands == ',' ? "commas"
             : reading->numbers.thousands == '.' ? "points"
             : reading->numbers.thousands == ' ' ? "blanks"
                                                 : "apostrophes");
    return refuse(r, field, f, why);
}

static void count_gap(reader *r, int64_t field) {
    if (r->n_gaps++ > 0) return;
    r->gap_line = r->scan.line;
    r->gap_column = field;
}

/* With what may stand around it; percents and currencies must be those of the column. */
static kr_status read_written_number(reader *r, int64_t field, kr__csv_field f, double *value) {
    kr__column *c = &r->plan.reading.columns[field];
    kr__number_look look;
    kr__number_kind kind = kr__number_read(&r->plan.reading.numbers, f.text, f.size, value, &look);
    if (kind == KR__NUMBER_GAP) {
        count_gap(r, field);
        *value = (double)NAN;
        return KR_OK;
    }
    if (kind != KR__NUMBER) return refuse_number(r, field, f, kind == KR__NUMBER_INFINITE);
    if (look.is_percent != (c->role == KR__ROLE_PERCENT)) {
        return refuse(r, field, f,
                      look.is_percent ? "has a percent sign, and other numbers of the column have "
                                        "none; write all of them the same way"
                                      : "has no percent sign, and the column is in percent; write "
                                        "all of them the same way");
    }
    if (look.unit[0] && strcmp(look.unit, c->unit) != 0) {
        return refuse(r, field, f,
                      c->unit[0]
                          ? "is in another currency or unit than the numbers before it"
                          : "has a currency or unit, and other numbers of the column have none");
    }
    c->is_accounting = c->is_accounting || look.is_accounting;
    return KR_OK;
}

static kr_status read_boolean(reader *r, int64_t field, kr__csv_field f, double *value) {
    if (kr__boolean_read(f.text, f.size, value)) return KR_OK;
    if (!kr__is_gap_word(f.text, f.size)) {
        return refuse(r, field, f, "is neither yes nor no, as the column's other cells are");
    }
    count_gap(r, field);
    *value = (double)NAN;
    return KR_OK;
}

static kr_status read_number(reader *r, int64_t field, kr__csv_field f, double *value) {
    const kr__reading *reading = &r->plan.reading;
    kr__role role = reading->columns[field].role;
    if (role == KR__ROLE_BOOLEAN) return read_boolean(r, field, f, value);
    if (role == KR__ROLE_NUMBER && reading->numbers.decimal == '.' &&
        kr__number_parse(f.text, f.size, value) == KR__NUMBER) {
        return KR_OK;
    }
    return read_written_number(r, field, f, value);
}

/* 1 in the column of its word, 0 in the others; NaN in all of them where it is missing. */
static void read_word(reader *r, int64_t field, kr__csv_field f, double *values) {
    const kr__column *c = &r->plan.reading.columns[field];
    const int64_t *places = r->plan.places[field];
    bool is_gap = kr__is_word_gap(f.text, f.size), is_known = is_gap;
    for (int64_t k = 0; k < c->n_categories; k++) {
        const char *word = c->categories[k];
        bool is_it = strlen(word) == f.size && memcmp(word, f.text, f.size) == 0;
        is_known = is_known || is_it;
        if (places[k] >= 0) values[places[k]] = is_gap ? (double)NAN : is_it;
    }
    if (is_gap && r->plan.n_places[field] > 0) count_gap(r, field);
    if (is_known || r->n_unknown++ > 0) return;
    kr__csv_show_cell(f, r->unknown);
    kr__csv_describe_column(&r->plan, field, r->unknown_column);
}

/* ---- series ----------------------------------------------------------------------------- */

static kr_status read_id(reader *r, kr__csv_field f, int64_t *id) {
    kr_arena *arena = &r->table->arena;
    kr_arena_mark mark = kr__arena_mark_get(arena);
    char column[KR__CSV_COLUMN];
    if (f.size == 0) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64 ": %s: is empty; every row needs the name of its series",
                       r->scan.name, r->scan.line,
                       kr__csv_describe_column(&r->plan, r->plan.id_field, column));
    }
    char *name = NULL;
    KR_TRY(kr__csv_name(&r->scan, f, arena, &name));
    int64_t n_before = r->ids.n;
    *id = kr__name_set_add(&r->ids, name);
    if (*id < 0) return out_of_memory(r);
    if (r->ids.n == n_before) kr__arena_reset(arena, mark);
    return KR_OK;
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

/* ---- rows ------------------------------------------------------------------------------- */

/* Without blanks; empty where it is a word for a gap that was given. */
static kr__csv_field take_cell(const reader *r, kr__csv_field f) {
    f = kr__csv_trim(f);
    if (kr__is_listed_gap(r->options->given.missing, f.text, f.size)) f.size = 0;
    return f;
}

static kr_status read_field(reader *r, int64_t n, kr__csv_field f, double **values) {
    const kr__csv_plan *plan = &r->plan;
    kr_table *t = r->table;
    if (plan->is_read[n]) return read_number(r, n, take_cell(r, f), (*values)++);
    if (plan->places[n]) {
        read_word(r, n, take_cell(r, f), *values);
        *values += plan->n_places[n];
        return KR_OK;
    }
    if (n == plan->date_field) return read_date(r, kr__csv_trim(f), &t->timestamps[t->n_rows]);
    if (plan->reading.columns[n].part) return read_part(r, n, kr__csv_trim(f));
    if (n == plan->id_field) return read_id(r, kr__csv_trim(f), &t->ids[t->n_rows]);
    return KR_OK; /* only counted */
}

/* A number as nearly all are written, with neither quote nor blank: found and read at once. */
static bool take_number(reader *r, int64_t n, double *value, bool *is_last) {
    kr__csv_scan *s = &r->scan;
    const kr__reading *reading = &r->plan.reading;
    if (!r->plan.is_read[n] || reading->columns[n].role != KR__ROLE_NUMBER) return false;
    if (s->delimiter == ' ') return false; /* of which several are one */
    const char *p = kr__number_scan(s->at, s->end, reading->numbers.decimal, s->delimiter, value);
    if (!p) return false;
    *is_last = p == s->end || *p == '\n';
    s->at = p < s->end ? p + 1 : p;
    return true;
}

static kr_status read_row(reader *r) {
    kr_table *t = r->table;
    double *values = t->values + t->n_rows * t->n_columns;
    bool is_last = false;
    int64_t n = 0, n_fields = r->plan.n_fields;
    kr__csv_field f = {"", 0, false};
    for (; !is_last; n++) {
        if (n < n_fields && take_number(r, n, values, &is_last)) {
            values++;
            continue;
        }
        KR_TRY(kr__csv_take_field(&r->scan, &f, &is_last));
        if (n < n_fields) KR_TRY(read_field(r, n, f, &values));
    }
    bool has_end = n == n_fields + 1 && kr__csv_trim(f).size == 0; /* a delimiter at the end */
    if (n != n_fields && !has_end) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64 ": has %" PRId64 " field%s where the %s has %" PRId64
                       "; every row needs the same number",
                       r->scan.name, r->scan.line, n, n == 1 ? "" : "s",
                       r->plan.reading.has_header ? "header" : "first row", n_fields);
    }
    if (r->plan.has_parts) KR_TRY(join_parts(r, &t->timestamps[t->n_rows]));
    r->scan.line++;
    t->n_rows++;
    return KR_OK;
}

/* ---- totals ----------------------------------------------------------------------------- */

/* "Total", "Sum of all", .. */
static bool is_total(kr__csv_field f) {
    static const char *const words[] = {
        "total",      "totals",       "grand total",    "subtotal",  "sum",    "summe",
        "gesamt",     "gesamtsumme",  "gesamtergebnis", "insgesamt", "totale", "totaal",
        "suma",       "somme",        "summary",        "average",   "avg",    "mean",
        "mittelwert", "durchschnitt", "overall",        "*",         "**",     "***"};
    f = kr__csv_trim(f);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (f.size < n || strncasecmp(f.text, words[i], n) != 0) continue;
        unsigned char next = f.size > n ? (unsigned char)f.text[n] : ' ';
        bool goes_on = next >= 0x80 || ((next | 32) >= 'a' && (next | 32) <= 'z');
        if (!goes_on) return true;
    }
    return false;
}

/* A line at the end of the file without a date. */
typedef struct last_line {
    bool is_read, is_empty, has_total;
    bool is_remark;     /* words, neither numbers nor dates */
    kr__csv_field word; /* the first that is a total, or the remark */
    bool has_sums; /* of columns: the date is empty, and a number is the sum of those above it */
} last_line;

static double add_column(const kr_table *t, int64_t c) {
    double sum = 0;
    for (int64_t row = 0; row < t->n_rows; row++) {
        double v = t->values[row * t->n_columns + c];
        if (!isnan(v)) sum += v;
    }
    return sum;
}

static bool is_sum(const reader *r, int64_t output, double value) {
    double sum = add_column(r->table, output);
    return r->table->n_rows >= 2 && fabs(sum - value) <= 1e-6 * fabs(sum) && value != 0;
}

/* Several words: "(24 rows)", "Source: the bank"; what is cut off, 2020-0, is none. */
static bool has_words(kr__csv_field f) {
    bool has_letter = false;
    for (size_t i = 0; i < f.size; i++) {
        has_letter = has_letter || ((f.text[i] | 32) >= 'a' && (f.text[i] | 32) <= 'z');
    }
    return has_letter && memchr(f.text, ' ', f.size);
}

/* Look at the line at *s and go to the next. */
static last_line examine_line(const reader *r, kr__csv_scan *s) {
    last_line line = {.is_read = true, .is_empty = true, .has_sums = true};
    bool is_last = false, has_number = false;
    int64_t output = 0, n = 0, n_typed = 0;
    kr__csv_field words = {"", 0, false};
    s->err = NULL;
    for (; !is_last; n++) {
        kr__csv_field f;
        if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return (last_line){.is_read = false};
        f = kr__csv_trim(f);
        kr__cell_kind kind_of = kr__cell_kind_of(f);
        n_typed += kind_of != KR__CELL_TEXT && kind_of != KR__CELL_GAP;
        if (kind_of == KR__CELL_TEXT && words.size == 0 && has_words(f)) words = f;
        if (n >= r->plan.n_fields || r->plan.places[n]) continue;
        line.is_empty = line.is_empty && f.size == 0;
        if (!line.has_total && is_total(f)) {
            line.has_total = true;
            line.word = f;
        }
        if (n == r->plan.date_field) line.has_sums = line.has_sums && f.size == 0;
        if (!r->plan.is_read[n]) continue;
        kr__number_look look;
        double value;
        kr__number_kind kind =
            kr__number_read(&r->plan.reading.numbers, f.text, f.size, &value, &look);
        if (kind == KR__NUMBER && !is_sum(r, output, value)) line.has_sums = false;
        has_number = has_number || kind == KR__NUMBER;
        output++;
    }
    line.has_sums = line.has_sums && has_number;
    line.is_remark = !line.has_total && n_typed == 0 && words.size > 0;
    if (line.is_remark) line.word = words;
    line.is_read = n == r->plan.n_fields || n == r->plan.n_fields + 1 || line.is_remark;
    s->line++;
    kr__csv_skip_blank_lines(s);
    return line;
}

/* From this row on, which has no date, are there only totals and lines with nothing in them? Then
 * they are left out. */
static bool leave_out_totals(reader *r, kr__csv_scan start) {
    kr__csv_scan s = start;
    kr__reading *reading = &r->plan.reading;
    int64_t n_totals = 0;
    char word[sizeof reading->total] = "";
    while (s.at < s.end) {
        last_line line = examine_line(r, &s);
        bool is_one = line.has_total || line.is_remark || (line.has_sums && !line.is_empty);
        if (!line.is_read || (!line.is_empty && !is_one)) return false;
        if (is_one && n_totals++ == 0) {
            size_t n = line.word.size < sizeof word - 1 ? line.word.size : sizeof word - 1;
            bool has_word = line.has_total || line.is_remark;
            if (has_word) memcpy(word, line.word.text, n);
            if (!has_word) strcpy(word, "sums");
        }
    }
    reading->n_totals = n_totals;
    strcpy(reading->total, word);
    r->scan.at = r->scan.end;
    return true;
}

/* Files that were put one behind the other repeat their header. */
static bool skip_header(reader *r, kr__csv_scan start) {
    static const char mark[] = "\xef\xbb\xbf";
    const kr__csv_plan *plan = &r->plan;
    size_t n_mark = strlen(mark), size = plan->header_size;
    bool has_mark = (size_t)(start.end - start.at) > n_mark && memcmp(start.at, mark, n_mark) == 0;
    if (has_mark) start.at += n_mark;
    bool is_it = size > 0 && (size_t)(start.end - start.at) >= size &&
                 memcmp(start.at, plan->header, size) == 0;
    if (!is_it) return false;
    start.at += size;
    start.line++;
    r->scan = start;
    r->plan.reading.n_headers++;
    return true;
}

/* ---- all rows --------------------------------------------------------------------------- */

/* An upper bound of the rows: a row has a newline and at least a byte for each field; only the last
 * row may lack its newline. Lines without a byte are no rows. */
static size_t bound_rows(const reader *r) {
    size_t n_lines = 1, n_bytes = (size_t)(r->scan.end - r->scan.at);
    for (const char *p = r->scan.at; (p = memchr(p, '\n', (size_t)(r->scan.end - p))) != NULL;
         p++) {
        const char *before = p > r->scan.at && p[-1] == '\r' ? p - 1 : p;
        n_lines += before > r->scan.at && before[-1] != '\n';
    }
    size_t by_fields = (n_bytes + 1) / (size_t)r->plan.n_fields;
    return n_lines < by_fields ? n_lines : by_fields;
}

static kr_status make_room(reader *r, size_t n_rows) {
    kr_table *t = r->table;
    size_t n_values, width = (size_t)(t->n_columns > 0 ? t->n_columns : 1);
    bool has_dates = r->plan.date_field >= 0, has_ids = r->plan.id_field >= 0;
    if (!kr__size_mul(n_rows, width, &n_values)) return out_of_memory(r);
    t->values = kr__calloc(n_values, sizeof *t->values);
    if (has_dates) t->timestamps = kr__calloc(n_rows, sizeof *t->timestamps);
    if (has_ids) t->ids = kr__calloc(n_rows, sizeof *t->ids);
    bool has_room = t->values && (t->timestamps || !has_dates) && (t->ids || !has_ids);
    return has_room ? KR_OK : out_of_memory(r);
}

static kr_status refuse_gaps(const reader *r) {
    char column[KR__CSV_COLUMN];
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64 ": %s: is a gap (empty or NaN), the first of %" PRId64
                   " in the file; fill them in first (krait run, fit and predict: `gaps` linear)",
                   r->scan.name, r->gap_line,
                   kr__csv_describe_column(&r->plan, r->gap_column, column), r->n_gaps);
}

/* Gaps that are seen from all rows. */
static kr_status find_value_gaps(reader *r) {
    char column[KR__CSV_COLUMN];
    kr__value_gaps gaps;
    bool are_wished = r->options->columns && !r->options->leaves_out;
    if (r->options->is_plain) return KR_OK;
    KR_TRY(kr__value_gaps_find(r->options->given.missing, &r->plan, r->table, &gaps));
    if (gaps.n > 0 && !r->options->keeps_gaps) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64 ": %s: %.10g stands for a gap, of %" PRId64
                       " in the file; fill them in first (krait run, fit and predict: `gaps` "
                       "linear), or keep the number with `missing` no",
                       r->scan.name, gaps.row + 1,
                       kr__csv_describe_column(&r->plan, gaps.field, column),
                       r->plan.reading.columns[gaps.field].stand_in, gaps.n);
    }
    if (r->n_gaps + gaps.n == 0) return KR_OK;
    return kr__value_gaps_drop(&r->plan, are_wished, r->table);
}

static void forget_rows(reader *r) {
    kr_table *t = r->table;
    kr_free(t->values);
    kr_free(t->timestamps);
    t->values = NULL;
    t->timestamps = NULL;
    t->n_rows = r->n_gaps = 0;
    r->plan.reading.n_headers = 0;
}

/* From the scan on; all, or as many as are wanted. */
static kr_status read_rows_here(reader *r) {
    kr_table *t = r->table;
    size_t n_rows = bound_rows(r) + 1, n_wanted = (size_t)r->last.n_rows;
    bool are_all = n_wanted == 0 || n_rows <= n_wanted;
    KR_TRY(make_room(r, are_all ? n_rows : n_wanted));
    while (r->scan.at < r->scan.end && (n_wanted == 0 || t->n_rows < r->last.n_rows)) {
        const kr__csv_scan start = r->scan;
        int64_t n_gaps = r->n_gaps;
        assert((size_t)t->n_rows < n_rows);
        kr_status status = read_row(r);
        if (status != KR_OK) {
            bool has_rows = t->n_rows > 0 || r->last.n_all > 1;
            if (status != KR_FORMAT || !has_rows) return status;
            if (!skip_header(r, start) && !leave_out_totals(r, start)) return status;
            r->n_gaps = n_gaps;
            r->parts = (kr__date_parts_row){.month = 0};
        }
        kr__csv_skip_blank_lines(&r->scan);
    }
    return KR_OK;
}

/* Totals at the end are no rows: as many more are read in front. */
static kr_status read_last_rows(reader *r) {
    int64_t n = r->options->given.last;
    KR_TRY(kr__csv_find_last(&r->plan, r->cut, n, 0, &r->last));
    r->scan = r->last.from;
    KR_TRY(read_rows_here(r));
    int64_t n_missing = n - r->table->n_rows;
    if (n_missing == 0 || r->last.is_newest_first || r->last.n_all <= n) return KR_OK;
    forget_rows(r);
    KR_TRY(kr__csv_find_last(&r->plan, r->cut, n, n_missing, &r->last));
    r->scan = r->last.from;
    return read_rows_here(r);
}

static kr_status read_rows(reader *r) {
    kr__csv_skip_blank_lines(&r->scan);
    if (r->scan.at == r->scan.end) {
        return kr_fail(r->err, KR_FORMAT, "%s: has a header but no rows", r->scan.name);
    }
    bool are_last = r->options->given.last > 0 && r->plan.id_field < 0;
    KR_TRY(are_last ? read_last_rows(r) : read_rows_here(r));
    KR_TRY(find_value_gaps(r));
    return r->n_gaps == 0 || r->options->keeps_gaps ? KR_OK : refuse_gaps(r);
}

/* An offset may lead out of the years 1 .. 9999. */
static kr_status check_calendar(const reader *r) {
    char zone[KR__ZONE_TEXT];
    for (int64_t i = 0; i < r->table->n_rows; i++) {
        if (kr__datetime_is_in_calendar(r->table->timestamps[i])) continue;
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64 " is outside the years 1 to 9999 on the clock of %s",
                       r->scan.name, i + 1, kr__zone_text(r->plan.reading.offset, zone));
    }
    return KR_OK;
}

/* Instants become clock time: of the offset that was given, or else of the last row's, which is the
 * first of the file where the newest come first. */
static kr_status settle_zone(reader *r) {
    kr_table *t = r->table;
    kr__reading *reading = &r->plan.reading;
    const char *given = r->options->given.timezone;
    bool is_falling = t->timestamps && t->timestamps[t->n_rows - 1] < t->timestamps[0];
    if (is_falling) reading->offset = r->first_offset;
    bool is_instant = reading->has_zone || (reading->date_format.kind >= KR__DATE_EPOCH_S &&
                                            reading->date_format.kind <= KR__DATE_EPOCH_NS);
    if (!t->timestamps) return KR_OK;
    if (given && *given) {
        if (!kr__zone_parse(given, &reading->offset)) {
            return kr_fail(r->err, KR_USAGE,
                           "`timezone` %.40s: use UTC or an offset from it, such as +01:00", given);
        }
        reading->has_zone = true;
    }
    for (int64_t i = 0; is_instant && reading->offset && i < t->n_rows; i++) {
        t->timestamps[i] += reading->offset * KR__MINUTE;
    }
    if (!reading->has_zone) return KR_OK;
    KR_TRY(check_calendar(r));
    t->zone = kr__arena_alloc(&t->arena, KR__ZONE_TEXT, 1);
    if (!t->zone) return out_of_memory(r);
    kr__zone_text(reading->offset, t->zone);
    return KR_OK;
}

/* ---- what was decided ---------------------------------------------------------------------- */

static void tell(const reader *r) {
    char line[1500];
    kr_team *team = r->options->team;
    if (!team) return;
    if (*kr__reading_line(&r->plan.reading, line, sizeof line)) {
        kr_team_log(team, KR_LOG_NOTE, "%s: read as: %s", r->scan.name, line);
    }
    const kr__reading *before = r->plan.before;
    if (before && *kr__reading_changes(before, &r->plan.reading, line, sizeof line)) {
        kr_team_log(team, KR_LOG_WARNING, "%s: looks different from the table before: %s",
                    r->scan.name, line);
    }
    if (r->n_unknown == 0) return;
    kr_team_log(team, KR_LOG_NOTE,
                "%s: %s: \"%s\"%s is none of the words that it had before; %" PRId64
                " row%s 0 in all of its columns",
                r->scan.name, r->unknown_column, r->unknown,
                r->n_unknown > 1 ? " (the first of several)" : "", r->n_unknown,
                r->n_unknown == 1 ? " has" : "s have");
}

static kr_status order_rows(reader *r) {
    kr_table *t = r->table;
    if (r->options->order == KR__ORDER_NONE || !t->timestamps) return KR_OK;
    kr__ordering rows = {.name = r->scan.name,
                         .n_rows = t->n_rows,
                         .n_columns = t->n_columns,
                         .values = t->values,
                         .dates = t->timestamps,
                         .ids = t->ids,
                         .id_names = t->id_names,
                         .sort = r->options->given.sort,
                         .repeats = r->options->given.repeats,
                         .keeps_repeats = r->options->order == KR__ORDER_LOOSE};
    KR_TRY(kr__row_order(&rows, &r->plan.reading, r->err));
    t->n_rows = rows.n_rows;
    return KR_OK;
}

/* ---- the last rows ---------------------------------------------------------------------- */

/* The rows of a series in order of time; the first go where there are more than n of it. */
static kr_status keep_last_of_each(reader *r) {
    kr_table *t = r->table;
    int64_t n = r->options->given.last, n_kept = 0,
            *left = kr__calloc((size_t)t->n_ids, sizeof *left);
    if (!left) return out_of_memory(r);
    for (int64_t i = 0; i < t->n_rows; i++) left[t->ids[i]]++;
    for (int64_t i = 0; i < t->n_rows; i++) {
        if (left[t->ids[i]]-- > n) continue;
        memmove(t->values + n_kept * t->n_columns, t->values + i * t->n_columns,
                (size_t)t->n_columns * sizeof *t->values);
        if (t->timestamps) t->timestamps[n_kept] = t->timestamps[i];
        t->ids[n_kept++] = t->ids[i];
    }
    kr_free(left);
    r->last = (kr__csv_last){.n_rows = n_kept, .n_all = t->n_rows};
    t->n_rows = n_kept;
    return KR_OK;
}

/* The end of the file is the end of time only where rows are in order. */
static kr_status settle_last(reader *r) {
    kr__order *order = &r->plan.reading.order;
    if (r->options->given.last == 0) return KR_OK;
    if (r->plan.id_field >= 0) {
        KR_TRY(keep_last_of_each(r));
    } else if (r->last.is_unordered || order->n_back > 0 || order->n_settled > 0) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: %s, so that its last rows are not known before all are read; leave "
                       "`last` out, or sort the file",
                       r->scan.name,
                       order->n_settled > 0 ? "has several rows of one date"
                                            : "has rows that are older than those before them");
    }
    if (r->last.n_all <= r->table->n_rows) return KR_OK;
    order->n_last = r->table->n_rows;
    order->n_all = r->last.n_all;
    return KR_OK;
}

static kr_status keep_reading(reader *r) {
    kr_table *t = r->table;
    kr__reading *kept = kr__arena_alloc(&t->arena, 1, sizeof *kept);
    if (!kept) return out_of_memory(r);
    *kept = r->plan.reading;
    t->reading = kept;
    return KR_OK;
}

static void take_plan(reader *r) {
    kr_table *t = r->table;
    const kr__csv_plan *plan = &r->plan;
    r->scan = plan->scan;
    t->n_columns = plan->n_outputs;
    t->names = plan->outputs;
    t->unread = plan->unread;
    t->n_unread = plan->n_unread;
    t->date_position = plan->date_field;
    if (plan->date_field < 0) return;
    t->date_name = (char *)(uintptr_t)plan->reading.columns[plan->date_field].name;
}

/* ---- files ------------------------------------------------------------------------------ */

/* Of the text; who raises the limit of packed files means it. */
static size_t choose_max_bytes(const kr_csv_options *options) {
    size_t most = KR__LONGEST_TEXT, given = kr__unpack_limit_given();
    if (options && options->max_bytes) return options->max_bytes;
    return most > given ? most : given;
}

static kr_status read_text(reader *r, const kr__csv_scan *scan, const kr__table_text *text) {
    KR_TRY(kr__csv_plan_make(scan, text, r->options, &r->table->arena, &r->plan));
    take_plan(r);
    if (!r->options->only_names) {
        KR_TRY(read_rows(r));
        KR_TRY(keep_ids(r));
        KR_TRY(settle_zone(r));
        KR_TRY(order_rows(r));
        KR_TRY(settle_last(r));
        tell(r);
    }
    return keep_reading(r);
}

static kr_status read_table(const char *name, const uint8_t *bytes, size_t n_bytes,
                            const kr_csv_options *options, const kr__cut *cut, kr_table *table,
                            kr_error *err) {
    reader r = {.options = options, .cut = cut, .table = table, .err = err};
    kr__table_text text;
    kr__csv_scan scan;
    kr_status status =
        kr__csv_start(name, bytes, n_bytes, choose_max_bytes(options), &scan, &text, err);
    if (status == KR_OK) status = read_text(&r, &scan, &text);
    kr__name_set_deinit(&r.ids);
    kr__table_text_close(&text);
    return status;
}

static kr_status read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                            const kr_csv_options *options, const kr__cut *cut, kr_table **out,
                            kr_error *err) {
    static const kr_csv_options defaults = {0};
    kr_table *table = kr__calloc(1, sizeof *table);
    if (!table) return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    kr_status status =
        read_table(name, bytes, n_bytes, options ? options : &defaults, cut, table, err);
    if (status != KR_OK) {
        kr__table_destroy(table);
        return status;
    }
    *out = table;
    return KR_OK;
}

kr_status kr__csv_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                             const kr_csv_options *options, kr_table **out, kr_error *err) {
    static const kr__cut none = {0};
    return read_bytes(name, bytes, n_bytes, options, &none, out, err);
}

/* Text of our own making has commas, whatever stands in its cells. */
static kr_status read_made(const char *path, const kr__made_text *made, int64_t first_line,
                           const kr_csv_options *options, kr_table **out, kr_error *err) {
    kr_csv_options of_text = options ? *options : (kr_csv_options){.first_line = 0};
    of_text.first_line = first_line;
    of_text.given.delimiter = "comma";
    if (first_line > 0) of_text.given.header = "yes";
    return kr__csv_read_bytes(path, (const uint8_t *)made->text, made->n, &of_text, out, err);
}

/* All of it, or the ends of a long one where only the last rows are wanted. */
static kr_status read_file(const char *path, const kr_csv_options *o, uint8_t **bytes,
                           size_t *n_bytes, kr__cut *cut, kr_error *err) {
    FILE *file = NULL;
    size_t size = 0, max_bytes = choose_max_bytes(o);
    if (o && o->given.last > 0 && !o->id_column && kr__file_is_long(path)) {
        const kr__file_ends wanted = {.n_rows = o->given.last,
                                      .n_head = KR__FILE_HEAD,
                                      .max_bytes = max_bytes,
                                      .given = &o->given,
                                      .team = o->team};
        KR_TRY(kr__file_ends_read(path, &wanted, bytes, n_bytes, cut, err));
        if (*bytes) return KR_OK;
    }
    KR_TRY(kr__file_open(path, SIZE_MAX, &file, &size, err));
    fclose(file);
    if (size <= max_bytes) return kr__file_read(path, max_bytes, bytes, n_bytes, err);
    return kr_fail(err, KR_IO,
                   "%s: has %zu bytes, more than the %zu that are read whole; `last` reads its "
                   "last rows alone",
                   path, size, max_bytes);
}

kr_status kr__csv_read(const char *path, const kr_csv_options *options, kr_table **out,
                       kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    int64_t first_line = 0;
    kr__made_text made = {0};
    kr__cut cut = {0};
    bool is_made = false;
    const char *sheet = options ? options->given.sheet : NULL;
    KR_TRY(kr__text_source_read(path, sheet && *sheet ? sheet : NULL,
                                options ? options->team : NULL, &is_made, &made, &first_line, err));
    if (is_made) {
        kr_status status = read_made(path, &made, first_line, options, out, err);
        kr_free(made.text);
        return status;
    }
    KR_TRY(read_file(path, options, &bytes, &n_bytes, &cut, err));
    kr_status status = read_bytes(path, bytes, n_bytes, options, &cut, out, err);
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
        if (kr__csv_is_name(table->names[i], name)) return i;
    }
    return -1;
}
