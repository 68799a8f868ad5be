/* SPDX-License-Identifier: MIT
 * column_roles.c - what each column of a table is.
 *
 * A column in which anything looks like a number is one of numbers, and a cell that is none will be
 * refused: only columns of words are taken for words. */
#include "tables/column_roles.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "core/text.h"
#include "tables/date_choice.h"
#include "tables/name_list.h"
#include "tables/number.h"

int64_t kr__roles_line(const kr__roles *r, const char *at) {
    return 1 + kr__count_newlines(r->text, at);
}

static bool is_gap(kr__csv_field f) { return kr__is_gap_word(f.text, f.size); }

/* ---- words ------------------------------------------------------------------------------ */

static const struct {
    const char *yes, *no;
} booleans[] = {{"true", "false"},   {"yes", "no"},          {"on", "off"},        {"y", "n"},
                {"t", "f"},          {"wahr", "falsch"},     {"ja", "nein"},       {"vrai", "faux"},
                {"oui", "non"},      {"verdadero", "falso"}, {"vero", "falso"},    {"si", "no"},
                {"s\xc3\xad", "no"}, {"s\xc3\xac", "no"},    {"sim", "n\xc3\xa3o"}};
enum { N_BOOLEANS = sizeof booleans / sizeof booleans[0] };

static bool is_word(const char *text, size_t size, const char *word) {
    return strlen(word) == size && strncasecmp(text, word, size) == 0;
}

/* Is it one of this pair? */
static bool is_boolean(int pair, const char *text, size_t size, double *value) {
    bool is_yes = is_word(text, size, booleans[pair].yes);
    if (!is_yes && !is_word(text, size, booleans[pair].no)) return false;
    *value = is_yes;
    return true;
}

bool kr__boolean_read(const char *text, size_t size, double *value) {
    for (int i = 0; i < N_BOOLEANS; i++) {
        if (is_boolean(i, text, size, value)) return true;
    }
    return false;
}

bool kr__is_word_gap(const char *text, size_t size) {
    static const char *const words[] = {"", "na", "n/a", "#n/a", "nan", "null", "<na>"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(text, size, words[i])) return true;
    }
    return false;
}

static bool has_letter(kr__csv_field f) {
    for (size_t i = 0; i < f.size; i++) {
        unsigned char c = (unsigned char)f.text[i];
        if (c >= 0x80 || ((c | 32) >= 'a' && (c | 32) <= 'z')) return true;
    }
    return false;
}

/* ---- one column ------------------------------------------------------------------------- */

/* What its cells in the sample are. */
typedef struct tally {
    kr__number_votes votes;
    int64_t n_cells;      /* without gaps */
    int64_t n_word_cells; /* without gaps among words */
    int64_t n_numbers, n_percents, n_measures, n_words, n_dates;
    int64_t n_booleans[N_BOOLEANS];
    bool is_accounting;
    char unit[KR__UNIT]; /* the first */
    bool has_other_unit;
} tally;

/* The sign that stands around; the format does not matter for it. */
static void look_around(kr__csv_field f, tally *t) {
    static const kr__number_format formats[] = {
        {'.', ','}, {',', '.'}, {'.', '\''}, {'.', ' '}, {',', ' '}};
    kr__number_look look;
    double value;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (kr__number_read(&formats[i], f.text, f.size, &value, &look) != KR__NUMBER) continue;
        t->n_percents += look.is_percent;
        t->is_accounting = t->is_accounting || look.is_accounting;
        if (!t->unit[0]) strcpy(t->unit, look.unit);
        t->has_other_unit = t->has_other_unit || strcmp(t->unit, look.unit) != 0;
        t->n_measures += look.is_measure;
        return;
    }
}

static bool is_bare(kr__csv_field f) {
    for (size_t i = 0; i < f.size; i++) {
        char c = f.text[i];
        bool is_plain = (c >= '0' && c <= '9') || c == '.' || c == ',' || c == 'e' || c == 'E';
        if (!is_plain && !(i == 0 && c == '-')) return false;
    }
    return true;
}

static void tally_cell(kr__csv_field f, tally *t) {
    double value;
    t->n_word_cells += !kr__is_word_gap(f.text, f.size);
    if (is_gap(f)) return;
    t->n_cells++;
    bool is_number = kr__number_vote(f.text, f.size, &t->votes);
    bool is_odd = !is_number && (kr__is_hex(f.text, f.size) ||
                                 kr__number_parse(f.text, f.size, &value) == KR__NUMBER_INFINITE);
    t->n_numbers += is_number || is_odd;
    if (is_number && !is_bare(f)) look_around(f, t);
    if (is_number || is_odd) return;
    for (int i = 0; i < N_BOOLEANS; i++) {
        t->n_booleans[i] += is_boolean(i, f.text, f.size, &value);
    }
    t->n_words += has_letter(f);
    t->n_dates += kr__cell_kind_of(f) != KR__CELL_TEXT;
}

/* A line of totals at the end has no number. */
static int64_t count_numbered(const kr__csv_sample *s, int64_t c) {
    int64_t n = s->n_first;
    for (int k = 0; k < 2 && n > 0; k++) n -= s->cells[(n - 1) * s->n_fields + c].size == 0;
    return n;
}

/* From row to row, or it begins again, which a number that mostly stays the same does not. */
static bool rises_by_one(const kr__roles *r, int64_t c) {
    const kr__csv_sample *s = r->sample;
    int64_t first = 0, before = 0, n_again = 0, n = count_numbered(s, c);
    for (int64_t i = 0; i < n; i++) {
        kr__csv_field f = s->cells[i * s->n_fields + c];
        char text[24];
        int64_t number;
        if (f.size == 0 || f.size >= sizeof text) return false;
        memcpy(text, f.text, f.size);
        text[f.size] = '\0';
        if (!kr__text_int(text, &number)) return false;
        if (i == 0) first = number;
        if (i > 0 && number != before + 1) {
            if (i == 1 || number != first) return false;
            n_again++;
        }
        before = number;
    }
    return n >= 3 && n_again * 4 <= n;
}

static bool is_index_name(const char *name) {
    static const char *const words[] = {
        "",           "index",     "id",     "row",        "nr",      "nr.",      "no",
        "no.",        "#",         "number", "row_id",     "rowid",   "row_nr",   "rownum",
        "row_number", "rownumber", "idx",    "unnamed: 0", "level_0", "lfd. nr.", "lfd nr"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (kr__csv_is_called(name, words[i])) return true;
    }
    return false;
}

/* By its name, or as the first of many rows, behind the one that names their series. */
static bool may_be_index(const kr__roles *r, int64_t c, const char *name) {
    enum { MANY = 20 };
    if (r->reading->has_header && is_index_name(name)) return true;
    int64_t first = r->reading->columns[0].role == KR__ROLE_SERIES;
    return c == first && r->sample->n_rows >= MANY;
}

/* Seconds since the start, and the like: equal steps, as far as its digits go. */
static bool is_elapsed(const kr__roles *r, int64_t c) {
    enum { MANY = 20 };
    static const char *const names[] = {"t", "s", "sec", "secs", "seconds", "elapsed"};
    const kr__csv_sample *s = r->sample;
    const char *name = r->reading->columns[c].name;
    bool is_called = kr__is_time_name(name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        is_called = is_called || kr__csv_is_called(name, names[i]);
    }
    double first = 0, last = 0;
    int64_t n = s->n_first;
    if (c != 0 || !is_called || n < MANY) return false;
    for (int64_t k = 0; k < 2; k++) {
        kr__csv_field f = s->cells[(k ? n - 1 : 0) * s->n_fields + c];
        if (kr__number_parse(f.text, f.size, k ? &last : &first) != KR__NUMBER) return false;
    }
    double step = (last - first) / (double)(n - 1);
    for (int64_t i = 0; i < n; i++) {
        kr__csv_field f = s->cells[i * s->n_fields + c];
        double value;
        if (kr__number_parse(f.text, f.size, &value) != KR__NUMBER) return false;
        if (!(fabs(value - first - step * (double)i) < 0.1 * step)) return false;
    }
    return true;
}

static kr__role name_role(const kr__roles *r, int64_t c, const tally *t, kr__column *column) {
    bool has_header = r->reading->has_header;
    bool is_unnamed = has_header && kr__csv_trim_name(column->name).size == 0;
    bool are_words = t->n_numbers * 10 <= t->n_cells && t->n_words * 10 >= t->n_cells * 9;
    if (t->has_other_unit && t->n_measures == t->n_cells) return KR__ROLE_CATEGORY; /* 5m, 1h */
    if (t->n_cells == 0 && t->n_word_cells == 0) {
        return is_unnamed ? KR__ROLE_EMPTY : KR__ROLE_NUMBER;
    }
    if (t->n_numbers > 0 && !are_words) {
        if (may_be_index(r, c, column->name) && rises_by_one(r, c)) return KR__ROLE_INDEX;
        if (r->reading->date_format.kind == KR__DATE_NONE && is_elapsed(r, c)) {
            return KR__ROLE_INDEX;
        }
        bool is_percent = t->n_percents == t->n_cells;
        if (!is_percent) strcpy(column->unit, t->unit);
        column->is_accounting = t->is_accounting;
        return is_percent ? KR__ROLE_PERCENT : KR__ROLE_NUMBER;
    }
    for (int i = 0; i < N_BOOLEANS; i++) {
        if (t->n_booleans[i] > 0 && t->n_booleans[i] == t->n_cells) return KR__ROLE_BOOLEAN;
    }
    if (t->n_dates > 0 && t->n_dates * 10 >= t->n_cells * 9) return KR__ROLE_OTHER_DATE;
    return t->n_words * 2 >= t->n_cells && t->n_words > 0 ? KR__ROLE_CATEGORY : KR__ROLE_NUMBER;
}

/* Counts of the same kind as the dates, and as evenly: the ends of the steps. */
static bool is_other_count(const kr__roles *r, int64_t c, kr__csv_field *cells) {
    const kr__date_format *format = &r->reading->date_format;
    bool is_epoch = format->kind >= KR__DATE_EPOCH_S && format->kind <= KR__DATE_EPOCH_NS;
    if (!is_epoch) return false;
    for (int64_t i = 0; i < r->sample->n_rows; i++) cells[i] = kr__roles_cell(r, i, c);
    return (kr__date_kinds(cells, r->sample->n_rows) >> format->kind & 1) &&
           kr__dates_are_even(format, cells, NULL, r->sample->n_first);
}

/* The role that it had before, if its cells may still have it. */
static kr__role keep_role(const kr__roles *r, const kr__column *column, kr__role seen) {
    const kr__column *old = r->before ? kr__reading_find(r->before, column->name) : NULL;
    if (!old || old->role == seen) return seen;
    bool is_word = seen == KR__ROLE_CATEGORY || seen == KR__ROLE_BOOLEAN;
    bool was_word = old->role == KR__ROLE_CATEGORY || old->role == KR__ROLE_BOOLEAN;
    bool was_percent = old->role == KR__ROLE_PERCENT && seen == KR__ROLE_NUMBER;
    bool was_left_out = old->role >= KR__ROLE_INDEX;
    return (is_word && was_word) || was_percent || was_left_out ? old->role : seen;
}

static void keep_stand_in(const kr__roles *r, kr__column *column) {
    const kr__column *old = r->before ? kr__reading_find(r->before, column->name) : NULL;
    if (!old || !old->has_stand_in || column->role != KR__ROLE_NUMBER) return;
    column->has_stand_in = true;
    column->stand_in = old->stand_in;
}

/* ---- numbers ---------------------------------------------------------------------------- */

static kr_status refuse_numbers(const kr__roles *r, int64_t c, char sign) {
    const kr__csv_sample *s = r->sample;
    char cell[KR__CSV_CELL], plain[KR__CSV_CELL];
    kr__csv_field f = s->cells[c];
    for (int64_t i = 0; i < s->n_rows; i++) {
        kr__number_votes v = {.small = 0};
        f = s->cells[i * s->n_fields + c];
        if (kr__number_vote(f.text, f.size, &v) && v.either[sign == ',']) break;
    }
    kr__csv_show_cell(f, cell);
    size_t n = 0;
    for (const char *p = cell; *p; p++) {
        if (*p != sign) plain[n++] = *p;
    }
    plain[n] = '\0';
    for (char *p = cell; *p; p++) {
        if (*p == sign) *p = '.';
    }
    return kr_fail(r->err, KR_FORMAT,
                   "%s:%" PRId64
                   ": column \"%.60s\": \"%.*s\" may be %s or %s, and no other number decides; say "
                   "which with `decimal` point or comma",
                   r->name, kr__roles_line(r, f.text), kr__roles_name(r, c),
                   (int)(f.size < 40 ? f.size : 40), f.text, cell, plain);
}

static kr_status settle_numbers(const kr__roles *r, const kr__number_votes *votes) {
    kr__reading *reading = r->reading;
    kr__number_format f = {0, 0};
    bool has_thousands;
    char sign = 0;
    int64_t column = 0;
    KR_TRY(kr__given_numbers(r->given, &f, &has_thousands, r->err));
    const kr__number_format given = f;
    kr_status status = kr__number_settle(votes, r->sample->n_fields, reading->delimiter == ',', &f,
                                         &sign, &column);
    if (status != KR_OK && has_thousands && !given.thousands) {
        f = (kr__number_format){sign, 0}; /* nothing stands between thousands */
    } else if (status != KR_OK && r->before) {
        f = r->before->numbers;
    } else if (status != KR_OK) {
        return refuse_numbers(r, column, sign);
    }
    if (has_thousands) f.thousands = given.thousands;
    reading->numbers = f;
    return KR_OK;
}

/* ---- all of them ------------------------------------------------------------------------ */

static bool is_needed(const kr__roles *r, const char *name) {
    return kr__find_name((char *const *)r->needed, r->n_needed, name) >= 0;
}

/* Numbers of rows stay when there is nothing beside what is needed. */
static void keep_something(const kr__roles *r) {
    kr__column *columns = r->reading->columns;
    int64_t n = r->sample->n_fields, index = 0;
    while (index < n && (columns[index].is_unwanted || columns[index].role != KR__ROLE_INDEX))
        index++;
    for (int64_t c = 0; c < n && index < n; c++) {
        bool is_more = !columns[c].is_unwanted && columns[c].role <= KR__ROLE_CATEGORY;
        if (is_more && !is_needed(r, columns[c].name)) return;
    }
    if (index < n) columns[index].role = KR__ROLE_NUMBER;
}

kr_status kr__roles_find_others(const kr__roles *r,
                                bool (*is_wished)(const void *arg, const char *), const void *arg) {
    const kr__csv_sample *s = r->sample;
    kr__number_votes *votes = kr__calloc((size_t)s->n_fields, sizeof *votes);
    kr__csv_field *cells = kr__calloc((size_t)s->n_rows + 1, sizeof *cells);
    bool has_room = votes && cells;
    for (int64_t c = 0; has_room && c < s->n_fields; c++) {
        kr__column *column = &r->reading->columns[c];
        tally t = {.n_cells = 0};
        if (column->role != KR__ROLE_NUMBER || column->is_unwanted) continue;
        for (int64_t i = 0; i < s->n_rows; i++) tally_cell(s->cells[i * s->n_fields + c], &t);
        kr__role seen = name_role(r, c, &t, column);
        if (seen == KR__ROLE_NUMBER && is_other_count(r, c, cells)) seen = KR__ROLE_OTHER_DATE;
        column->role = keep_role(r, column, seen);
        if (column->role == KR__ROLE_INDEX && is_needed(r, column->name)) {
            column->role = KR__ROLE_NUMBER;
        }
        keep_stand_in(r, column);
        bool is_left_out = column->role >= KR__ROLE_CATEGORY;
        if (is_left_out && is_wished(arg, column->name)) column->role = KR__ROLE_NUMBER;
        if (column->role <= KR__ROLE_PERCENT) votes[c] = t.votes;
    }
    keep_something(r);
    kr_status status = has_room
                           ? settle_numbers(r, votes)
                           : kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
    kr_free(votes);
    kr_free(cells);
    return status;
}

/* ---- series ----------------------------------------------------------------------------- */

static bool is_same_word(kr__csv_field a, kr__csv_field b) {
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

/* How two rows follow each other: above 0 rising, below falling, 0 the same date, or none. */
static int compare_dates(const kr__roles *r, int64_t date, int64_t from, int64_t to) {
    const kr__csv_sample *s = r->sample;
    kr__csv_field a = s->cells[from * s->n_fields + date], b = s->cells[to * s->n_fields + date];
    kr__moment m, n;
    if (!kr__date_read(&r->reading->date_format, a.text, a.size, &m) ||
        !kr__date_read(&r->reading->date_format, b.text, b.size, &n)) {
        return 0;
    }
    int64_t x = m.micros - m.offset * KR__MINUTE, y = n.micros - n.offset * KR__MINUTE;
    return (y > x) - (y < x);
}

/* The row before with the same word; -1: none. */
static int64_t find_before(const kr__csv_sample *s, int64_t c, int64_t row) {
    int64_t k = row - 1;
    while (k >= 0 && !is_same_word(s->cells[row * s->n_fields + c], s->cells[k * s->n_fields + c]))
        k--;
    return k;
}

/* Do the dates of each word go the way of sign, and mostly not where the word changes? */
static bool runs_by_word(const kr__roles *r, int64_t date, int64_t c, int sign) {
    const kr__csv_sample *s = r->sample;
    int64_t n_compared = 0, n_changes = 0, n_breaks = 0;
    for (int64_t i = 1; i < s->n_rows; i++) {
        int64_t k = find_before(s, c, i);
        if (k >= 0 && compare_dates(r, date, k, i) != sign) return false;
        n_compared += k >= 0;
        if (k == i - 1) continue;
        n_changes++;
        n_breaks += compare_dates(r, date, i - 1, i) != sign;
    }
    return n_breaks > 0 && n_breaks * 10 >= n_changes * 3 && n_compared * 2 >= s->n_rows;
}

int64_t kr__roles_find_series(const kr__roles *r, int64_t date) {
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        const kr__column *column = &r->reading->columns[c];
        if (column->role != KR__ROLE_CATEGORY || column->is_unwanted) continue;
        if (runs_by_word(r, date, c, 1) || runs_by_word(r, date, c, -1)) return c;
    }
    return -1;
}
