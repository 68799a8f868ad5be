/* SPDX-License-Identifier: MIT
 * csv_row.c - one row of a table, by the plan: its numbers, its date, its series. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/datetime.h"
#include "core/text.h"
#include "tables/column_roles.h"
#include "tables/csv_reader.h"
#include "tables/number.h"

kr_status kr__csv_out_of_memory(const kr__csv_reader *r) {
    return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->scan.name);
}

/* file:line: column: "cell" .. */
static kr_status refuse(const kr__csv_reader *r, int64_t field, kr__csv_field f, const char *why) {
    char column[KR__CSV_COLUMN], cell[KR__CSV_CELL];
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": %s: \"%s\" %s", r->scan.name, r->scan.line,
                   kr__csv_describe_column(&r->plan, field, column), kr__csv_show_cell(f, cell),
                   why);
}

/* ---- dates ------------------------------------------------------------------------------ */

static kr_status refuse_date(const kr__csv_reader *r, kr__csv_field f) {
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
static kr_status take_offset(kr__csv_reader *r, kr__csv_field f, const kr__moment *m) {
    kr__reading *reading = &r->plan.reading;
    if (r->is_strip && (m->has_offset || reading->has_zone)) return KR_FORMAT;
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

static kr_status read_date(kr__csv_reader *r, kr__csv_field f, int64_t *micros) {
    kr__moment m;
    if (!kr__date_read(&r->plan.reading.date_format, f.text, f.size, &m)) {
        return refuse_date(r, f);
    }
    if (m.has_offset || !r->has_moment || r->plan.reading.has_zone) KR_TRY(take_offset(r, f, &m));
    *micros = m.micros - m.offset * KR__MINUTE;
    return KR_OK;
}

static kr_status read_part(kr__csv_reader *r, int64_t field, kr__csv_field f) {
    kr__date_part part = r->plan.reading.columns[field].part;
    char why[100];
    if (kr__date_part_read(part, f.text, f.size, &r->parts)) return KR_OK;
    if (part == KR__PART_CLOCK) {
        return refuse(r, field, f, "is not a time of day; write it as 09:30 or 09:30:00");
    }
    snprintf(why, sizeof why, "is no %s, which is read from this column", kr__date_part_text(part));
    return refuse(r, field, f, why);
}

static kr_status join_parts(kr__csv_reader *r, int64_t *micros) {
    if (kr__date_parts_join(&r->parts, micros)) {
        r->parts = (kr__date_parts_row){.month = 0};
        return KR_OK;
    }
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has a day that its month or year lacks",
                   r->scan.name, r->scan.line);
}

/* ---- numbers ---------------------------------------------------------------------------- */

static kr_status refuse_word(const kr__csv_reader *r, int64_t field, kr__csv_field f) {
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

static kr_status refuse_number(const kr__csv_reader *r, int64_t field, kr__csv_field f,
                               bool is_infinite) {
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

static void count_gap(kr__csv_reader *r, int64_t field) {
    if (r->n_gaps++ > 0) return;
    r->gap_line = r->scan.line;
    r->gap_column = field;
}

/* "103.5 p", "103.5 be", "12*": what statistical offices say of a number, behind it. Its size; 0:
 * there is none. */
static size_t measure_mark(kr__csv_field f) {
    enum { LONGEST = 3 };
    size_t n = 0;
    while (n < f.size && f.text[f.size - n - 1] == '*') n++;
    if (n > 0) return n <= LONGEST ? n : 0;
    while (n < f.size && f.text[f.size - n - 1] >= 'a' &&
           strchr("bcdefinprsuz", f.text[f.size - n - 1]))
        n++;
    bool has_blank = n > 0 && n <= LONGEST && n < f.size && f.text[f.size - n - 1] == ' ';
    return has_blank ? n : 0;
}

/* The number without its mark, which is counted. */
static kr__number_kind read_marked_number(kr__csv_reader *r, kr__csv_field f, double *value,
                                          kr__number_look *look) {
    kr__reading *reading = &r->plan.reading;
    size_t n = r->is_strip ? 0 : measure_mark(f);
    if (n == 0) return KR__NUMBER_NONE;
    const char *mark = f.text + f.size - n;
    f.size -= n;
    f = kr__csv_trim(f);
    kr__number_kind kind = kr__number_read(&reading->numbers, f.text, f.size, value, look);
    if (kind == KR__NUMBER && reading->n_marks++ == 0) {
        snprintf(reading->mark, sizeof reading->mark, "%.*s", (int)n, mark);
    }
    return kind == KR__NUMBER || kind == KR__NUMBER_GAP ? kind : KR__NUMBER_NONE;
}

/* With what may stand around it; percents and currencies must be those of the column. */
static kr_status read_written_number(kr__csv_reader *r, int64_t field, kr__csv_field f,
                                     double *value) {
    kr__column *c = &r->plan.reading.columns[field];
    kr__number_look look;
    kr__number_kind kind = kr__number_read(&r->plan.reading.numbers, f.text, f.size, value, &look);
    if (kind == KR__NUMBER_NONE) kind = read_marked_number(r, f, value, &look);
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
    if (look.is_accounting && !c->is_accounting) {
        if (r->is_strip) return KR_FORMAT;
        c->is_accounting = true;
    }
    return KR_OK;
}

static kr_status read_boolean(kr__csv_reader *r, int64_t field, kr__csv_field f, double *value) {
    if (kr__boolean_read(f.text, f.size, value)) return KR_OK;
    if (!kr__is_gap_word(f.text, f.size)) {
        return refuse(r, field, f, "is neither yes nor no, as the column's other cells are");
    }
    count_gap(r, field);
    *value = (double)NAN;
    return KR_OK;
}

static kr_status read_number(kr__csv_reader *r, int64_t field, kr__csv_field f, double *value) {
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
static void read_word(kr__csv_reader *r, int64_t field, kr__csv_field f, double *values) {
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

/* Once the row is known to be one: a header that is repeated names no series. */
static kr_status read_id(kr__csv_reader *r, kr__csv_field f, int64_t *id) {
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
    if (*id < 0) return kr__csv_out_of_memory(r);
    if (r->ids.n == n_before) kr__arena_reset(arena, mark);
    return KR_OK;
}

/* ---- rows ------------------------------------------------------------------------------- */

/* Without blanks; empty where it is a word for a gap that was given. */
static kr__csv_field take_cell(const kr__csv_reader *r, kr__csv_field f) {
    f = kr__csv_trim(f);
    if (kr__is_listed_gap(r->options->given.missing, f.text, f.size)) f.size = 0;
    return f;
}

static kr_status read_field(kr__csv_reader *r, int64_t n, kr__csv_field f, double **values) {
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
    if (n == plan->id_field) r->id = kr__csv_trim(f);
    return KR_OK; /* all others are only counted */
}

/* The number of field n as nearly all are written, with neither quote nor blank: found and read at
 * once. False: it is another thing, and s stays. */
static bool take_number(const kr__csv_plan *plan, kr__csv_scan *s, int64_t n, double *value,
                        bool *is_last) {
    const kr__reading *reading = &plan->reading;
    if (!plan->is_read[n] || reading->columns[n].role != KR__ROLE_NUMBER) return false;
    if (s->delimiter == ' ') return false; /* of which several are one */
    const char *p = kr__number_scan(s->at, s->end, reading->numbers.decimal, s->delimiter, value);
    if (!p) return false;
    *is_last = p == s->end || *p == '\n';
    s->at = p < s->end ? p + 1 : p;
    return true;
}

kr_status kr__csv_read_row(kr__csv_reader *r) {
    kr_table *t = r->table;
    double *values = t->values + t->n_rows * t->n_columns;
    bool is_last = false;
    int64_t n = 0, n_fields = r->plan.n_fields;
    kr__csv_field f = {"", 0, false};
    for (; !is_last; n++) {
        if (n < n_fields && take_number(&r->plan, &r->scan, n, values, &is_last)) {
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
                       r->scan.name, r->scan.line, n, kr__plural(n),
                       r->plan.reading.has_header ? "header" : "first row", n_fields);
    }
    if (r->plan.has_parts) KR_TRY(join_parts(r, &t->timestamps[t->n_rows]));
    if (r->plan.id_field >= 0) KR_TRY(read_id(r, r->id, &t->ids[t->n_rows]));
    r->scan.line++;
    t->n_rows++;
    return KR_OK;
}
