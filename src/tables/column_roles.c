/* SPDX-License-Identifier: MIT
 * column_roles.c - what each column of a table is.
 *
 * A column in which anything looks like a number is one of numbers, and a cell that is none will be
 * refused: only columns of words are taken for words. */
#include "tables/column_roles.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "core/text.h"
#include "tables/date_choice.h"
#include "tables/name_list.h"

static const char *name_of(const kr__roles *r, int64_t c) { return r->reading->columns[c].name; }

static bool is_called(const char *name, const char *wanted) {
    kr__csv_field x = kr__csv_trim_name(name), y = kr__csv_trim_name(wanted);
    return x.size == y.size && strncasecmp(x.text, y.text, x.size) == 0;
}

static int64_t find_line(const kr__roles *r, const char *at) {
    int64_t line = 1;
    for (const char *p = r->text; p < at; p++) line += *p == '\n';
    return line;
}

/* The cells of one column, one after the other; the first rows, or all of the sample. */
static kr__csv_field *copy_column(const kr__roles *r, int64_t c, kr__csv_field *cells, int64_t n) {
    for (int64_t i = 0; i < n; i++) cells[i] = r->sample->cells[i * r->sample->n_fields + c];
    return cells;
}

static bool is_gap(kr__csv_field f) { return kr__is_gap_word(f.text, f.size); }

/* ---- which column has the dates ----------------------------------------------------------- */

typedef struct candidate {
    uint32_t kinds; /* that may be its format; 0: none of dates */
    bool is_read;   /* by the format that was given */
    bool runs;      /* rises or falls with the rows, never twice the same */
    bool is_count;
    bool has_clock;
} candidate;

/* Needs a name, or the first place, to be dates: nothing but digits. */
static bool may_hold_counts(const kr__roles *r, int64_t c, bool *has_name) {
    *has_name = kr__is_time_name(name_of(r, c));
    return *has_name || c == 0;
}

static bool starts_with_number(const kr__roles *r, int64_t c) {
    const kr__csv_sample *s = r->sample;
    kr__number_votes unused = {.small = 0};
    for (int64_t i = 0; i < s->n_rows; i++) {
        kr__csv_field f = s->cells[i * s->n_fields + c];
        if (!is_gap(f)) return kr__number_vote(f.text, f.size, &unused);
    }
    return true;
}

static kr__date_kind first_kind(uint32_t kinds) {
    for (int k = 1; k < KR__N_DATE_KINDS; k++) {
        if (kinds >> k & 1) return (kr__date_kind)k;
    }
    return KR__DATE_NONE;
}

/* Years and days as Excel counts them look like any number, so their order must speak for them. */
static bool are_dates(const candidate *it, kr__date_kind kind, bool has_name, int64_t n,
                      const kr__csv_field *cells) {
    if (!it->is_count) return true;
    const kr__date_format format = {.kind = kind};
    bool is_weak = kind == KR__DATE_YEAR || kind == KR__DATE_EXCEL || kind == KR__DATE_YM;
    if (!has_name) return n >= 3 && it->runs && (!is_weak || kr__dates_are_even(&format, cells, n));
    return !is_weak || n == 1 || kr__dates_run(&format, cells, n, false);
}

static bool find_clock(const kr__date_format *format, const kr__csv_field *cells, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        kr__moment m;
        if (kr__date_read(format, cells[i].text, cells[i].size, &m) && m.has_clock) return true;
    }
    return false;
}

/* Does the given format read almost all cells? */
static bool is_read_by(const kr__date_format *format, const kr__csv_field *cells, int64_t n) {
    int64_t n_cells = 0, n_read = 0;
    for (int64_t i = 0; i < n; i++) {
        kr__moment m;
        if (is_gap(cells[i])) continue;
        n_cells++;
        n_read += kr__date_read(format, cells[i].text, cells[i].size, &m);
    }
    return n_read > 0 && (n_read >= n_cells - 1 || n_read * 10 >= n_cells * 9);
}

static candidate examine_dates(const kr__roles *r, int64_t c, const kr__date_format *given,
                               kr__csv_field *cells) {
    candidate it = {.kinds = 0};
    bool has_name, may_count = may_hold_counts(r, c, &has_name);
    int64_t n = r->sample->n_first;
    if (!may_count && starts_with_number(r, c)) return it;
    copy_column(r, c, cells, r->sample->n_rows);
    if (given->kind != KR__DATE_NONE) {
        it.is_read = is_read_by(given, cells, r->sample->n_rows);
        it.runs = it.is_read && kr__dates_run(given, cells, n, true);
        it.has_clock = find_clock(given, cells, n);
        return it;
    }
    it.is_count = kr__are_counts(cells, r->sample->n_rows);
    if (it.is_count && !may_count) return it;
    it.kinds = kr__date_kinds(cells, r->sample->n_rows);
    const kr__date_format first = {.kind = first_kind(it.kinds)};
    if (!it.kinds) return it;
    it.runs = kr__dates_run(&first, cells, n, true);
    it.has_clock = find_clock(&first, cells, n);
    if (!are_dates(&it, first.kind, has_name, n, cells)) it.kinds = 0;
    return it;
}

static bool holds_dates(const candidate *it) { return it->kinds != 0 || it->is_read; }

/* -1: none. The one that was read before, then the one that runs, of these the one called date,
 * then the first. */
static int64_t choose_date(const kr__roles *r, const candidate *all) {
    int64_t called = -1, first = -1, running = -1, n = r->sample->n_fields;
    for (int64_t c = 0; c < n; c++) {
        if (r->reading->columns[c].role == KR__ROLE_SERIES) continue;
        if (r->before && holds_dates(&all[c])) {
            const kr__column *old = kr__reading_find(r->before, name_of(r, c));
            if (old && old->role == KR__ROLE_DATE) return c;
        }
        if (called < 0 && is_called(name_of(r, c), "date")) called = c;
        if (!holds_dates(&all[c])) continue;
        if (first < 0) first = c;
        if (running < 0 && all[c].runs) running = c;
    }
    if (called >= 0) {
        return running >= 0 && !all[called].runs && holds_dates(&all[called]) ? running : called;
    }
    return running >= 0 ? running : first;
}

/* ---- its format ----------------------------------------------------------------------------- */

static kr_status refuse_either(const kr__roles *r, int64_t c, uint32_t kinds,
                               const kr__csv_field *cells) {
    char first[KR_DATETIME_TEXT], second[KR_DATETIME_TEXT], cell[KR__CSV_CELL];
    const kr__date_format a = {.kind = first_kind(kinds)};
    const kr__date_format b = {.kind = first_kind(kinds & ~(UINT32_C(1) << a.kind))};
    kr__moment m = {.micros = 0}, k = {.micros = 0};
    int64_t i = 0, n = r->sample->n_rows;
    for (; i < n; i++) {
        bool is_read = kr__date_read(&a, cells[i].text, cells[i].size, &m) &&
                       kr__date_read(&b, cells[i].text, cells[i].size, &k);
        if (is_read && (m.micros != k.micros || i == n - 1)) break;
    }
    if (i == n) i = 0, m = k = (kr__moment){.micros = 0};
    return kr_fail(
        r->err, KR_FORMAT,
        "%s:%" PRId64
        ": column \"%.60s\": \"%s\" may be %.10s or %.10s, and no other row decides; say "
        "which with `date_format` %s or %s",
        r->name, find_line(r, cells[i].text), name_of(r, c), kr__csv_show_cell(cells[i], cell),
        kr__datetime_text(m.micros, first), kr__datetime_text(k.micros, second),
        kr__date_format_text(&a), kr__date_format_text(&b));
}

static kr_status settle_format(const kr__roles *r, int64_t c, uint32_t kinds,
                               kr__csv_field *cells) {
    kr__reading *reading = r->reading;
    const kr__reading *before = r->before;
    kr__date_format *format = &reading->date_format;
    bool is_one = (kinds & (kinds - 1)) == 0;
    bool has_before = before && before->date_format.kind != KR__DATE_NONE;
    copy_column(r, c, cells, r->sample->n_rows);
    if (format->kind == KR__DATE_NONE && has_before &&
        (!kinds || (kinds >> before->date_format.kind & 1))) {
        *format = before->date_format;
    }
    if (format->kind == KR__DATE_NONE && is_one) {
        format->kind = kinds ? first_kind(kinds) : KR__DATE_YMD;
    }
    if (format->kind == KR__DATE_NONE) {
        format->kind = kr__date_decide(kinds, cells, r->sample->n_first, &reading->is_by_step);
    }
    if (format->kind == KR__DATE_NONE) return refuse_either(r, c, kinds, cells);
    for (int64_t i = 0; i < r->sample->n_rows; i++) {
        kr__moment m;
        if (!kr__date_read(format, cells[i].text, cells[i].size, &m)) continue;
        reading->has_short_years = reading->has_short_years || m.has_short_year;
    }
    return KR_OK;
}

/* ---- the time of day ------------------------------------------------------------------------ */

static bool is_clock_column(const kr__roles *r, int64_t c) {
    const kr__csv_sample *s = r->sample;
    int64_t n_cells = 0, n_clocks = 0, micros;
    for (int64_t i = 0; i < s->n_rows; i++) {
        kr__csv_field f = s->cells[i * s->n_fields + c];
        if (is_gap(f)) continue;
        n_cells++;
        n_clocks += kr__clock_read(f.text, f.size, &micros);
        if (n_clocks + n_cells / 10 + 2 < n_cells) return false;
    }
    bool is_one_bad = n_cells >= 3 && n_clocks == n_cells - 1;
    return n_clocks > 0 && (is_one_bad || n_clocks * 10 >= n_cells * 9);
}

/* Beside the date, or named as one of times; of several the first. -1: none. */
static int64_t find_clock_column(const kr__roles *r, int64_t date) {
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        bool is_near = c == date + 1 || c == date - 1 || kr__is_time_name(name_of(r, c));
        if (c == date || !is_near || r->reading->columns[c].role != KR__ROLE_NUMBER) continue;
        if (is_clock_column(r, c)) return c;
    }
    return -1;
}

/* There may be none, unless somebody said what it is. */
static kr_status check_no_date(const kr__roles *r, const char *date_column) {
    const char *format = r->given->date_format;
    kr_guess guess = {.word = date_column};
    if (!date_column && (!format || !*format)) return KR_OK;
    if (!date_column) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: no column holds dates by `date_format` %.60s; leave it out, or name "
                       "the column with `date_column`",
                       r->name, format);
    }
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        kr__guess_offer(&guess, name_of(r, c), strlen(name_of(r, c)));
    }
    return kr_fail(r->err, KR_USAGE,
                   "%s: has no column \"%.60s\" of dates%s%.*s%s; name it with "
                   "`date_column`, or leave that out",
                   r->name, date_column, guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "");
}

static kr_status find_date(const kr__roles *r, const char *date_column, candidate *all,
                           kr__csv_field *cells, int64_t *date, int64_t *clock) {
    kr__reading *reading = r->reading;
    int64_t n = r->sample->n_fields;
    for (int64_t c = 0; c < n && !date_column; c++) {
        all[c] = examine_dates(r, c, &reading->date_format, cells);
    }
    if (!date_column) *date = choose_date(r, all);
    for (int64_t c = 0; date_column && c < n && *date < 0; c++) {
        bool is_series = reading->columns[c].role == KR__ROLE_SERIES;
        if (!is_series && is_called(name_of(r, c), date_column)) *date = c;
    }
    if (*date < 0) return check_no_date(r, date_column);
    candidate *it = &all[*date];
    if (!it->kinds && reading->date_format.kind == KR__DATE_NONE) {
        copy_column(r, *date, cells, r->sample->n_rows);
        it->kinds = kr__date_kinds(cells, r->sample->n_rows);
    }
    KR_TRY(settle_format(r, *date, it->kinds, cells));
    reading->columns[*date].role = KR__ROLE_DATE;
    copy_column(r, *date, cells, r->sample->n_rows);
    if (!find_clock(&reading->date_format, cells, r->sample->n_rows)) {
        *clock = find_clock_column(r, *date);
    }
    if (*clock >= 0) reading->columns[*clock].role = KR__ROLE_CLOCK;
    return KR_OK;
}

kr_status kr__roles_find_date(const kr__roles *r, const char *date_column, int64_t *date,
                              int64_t *clock) {
    const char *given = r->given->date_format;
    *date = *clock = -1;
    if (given && *given) {
        KR_TRY(kr__date_format_parse(given, &r->reading->date_format, r->err));
    }
    candidate *all = kr__calloc((size_t)r->sample->n_fields, sizeof *all);
    kr__csv_field *cells = kr__calloc((size_t)r->sample->n_rows + 1, sizeof *cells);
    kr_status status = all && cells
                           ? find_date(r, date_column, all, cells, date, clock)
                           : kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
    kr_free(all);
    kr_free(cells);
    return status;
}

/* ---- words ------------------------------------------------------------------------------ */

static const struct {
    const char *yes, *no;
} booleans[] = {{"true", "false"}, {"yes", "no"}, {"on", "off"}, {"y", "n"}, {"t", "f"}};
enum { N_BOOLEANS = sizeof booleans / sizeof booleans[0] };

static bool is_word(const char *text, size_t size, const char *word) {
    return strlen(word) == size && strncasecmp(text, word, size) == 0;
}

/* Which pair; -1: none. */
static int find_boolean(const char *text, size_t size, double *value) {
    for (int i = 0; i < N_BOOLEANS; i++) {
        bool is_yes = is_word(text, size, booleans[i].yes);
        if (!is_yes && !is_word(text, size, booleans[i].no)) continue;
        *value = is_yes;
        return i;
    }
    return -1;
}

bool kr__boolean_read(const char *text, size_t size, double *value) {
    return find_boolean(text, size, value) >= 0;
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
    int64_t n_numbers, n_percents, n_words, n_dates;
    int64_t n_booleans[N_BOOLEANS];
    bool is_accounting;
    char currency[KR__CURRENCY];
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
        if (!t->currency[0]) strcpy(t->currency, look.currency);
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
    int boolean = find_boolean(f.text, f.size, &value);
    if (boolean >= 0) t->n_booleans[boolean]++;
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
        if (is_called(name, words[i])) return true;
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

static kr__role name_role(const kr__roles *r, int64_t c, const tally *t, kr__column *column) {
    bool has_header = r->reading->has_header;
    bool is_unnamed = has_header && kr__csv_trim_name(column->name).size == 0;
    bool are_words = t->n_numbers * 10 <= t->n_cells && t->n_words * 10 >= t->n_cells * 9;
    if (t->n_cells == 0 && t->n_word_cells == 0) {
        return is_unnamed ? KR__ROLE_EMPTY : KR__ROLE_NUMBER;
    }
    if (t->n_numbers > 0 && !are_words) {
        if (may_be_index(r, c, column->name) && rises_by_one(r, c)) return KR__ROLE_INDEX;
        bool is_percent = t->n_percents == t->n_cells;
        if (!is_percent) strcpy(column->currency, t->currency);
        column->is_accounting = t->is_accounting;
        return is_percent ? KR__ROLE_PERCENT : KR__ROLE_NUMBER;
    }
    for (int i = 0; i < N_BOOLEANS; i++) {
        if (t->n_booleans[i] > 0 && t->n_booleans[i] == t->n_cells) return KR__ROLE_BOOLEAN;
    }
    if (t->n_dates > 0 && t->n_dates * 10 >= t->n_cells * 9) return KR__ROLE_OTHER_DATE;
    return t->n_words * 2 >= t->n_cells && t->n_words > 0 ? KR__ROLE_CATEGORY : KR__ROLE_NUMBER;
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
                   r->name, find_line(r, f.text), name_of(r, c), (int)(f.size < 40 ? f.size : 40),
                   f.text, cell, plain);
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
    if (!votes) return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
    for (int64_t c = 0; c < s->n_fields; c++) {
        kr__column *column = &r->reading->columns[c];
        tally t = {.n_cells = 0};
        if (column->role != KR__ROLE_NUMBER || column->is_unwanted) continue;
        for (int64_t i = 0; i < s->n_rows; i++) tally_cell(s->cells[i * s->n_fields + c], &t);
        column->role = keep_role(r, column, name_role(r, c, &t, column));
        if (column->role == KR__ROLE_INDEX && is_needed(r, column->name)) {
            column->role = KR__ROLE_NUMBER;
        }
        bool is_left_out = column->role >= KR__ROLE_CATEGORY;
        if (is_left_out && is_wished(arg, column->name)) column->role = KR__ROLE_NUMBER;
        if (column->role <= KR__ROLE_PERCENT) votes[c] = t.votes;
    }
    keep_something(r);
    kr_status status = settle_numbers(r, votes);
    kr_free(votes);
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
