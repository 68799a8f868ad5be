/* SPDX-License-Identifier: MIT
 * date_columns.c - which columns have the dates, and how they are written.
 *
 * A column that looks like dates and cannot be read as such is refused where rows are to be in
 * time, rather than left out: whoever has dates wants them. */
#include "tables/column_roles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "core/text.h"
#include "tables/date_choice.h"
#include "tables/date_parts.h"

static bool is_gap(kr__csv_field f) { return kr__is_gap_word(f.text, f.size); }

/* The cells of one column, one after the other. */
static void copy_column(const kr__roles *r, int64_t c, kr__csv_field *cells) {
    for (int64_t i = 0; i < r->sample->n_rows; i++) cells[i] = kr__roles_cell(r, i, c);
}

/* Nearly all of n: one that is bad will be refused where rows are read. */
static bool are_nearly_all(int64_t n_good, int64_t n) {
    return n_good > 0 && (n_good >= n - 1 || n_good * 10 >= n * 9);
}

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
    *has_name = kr__is_time_name(kr__roles_name(r, c));
    return *has_name || c == 0;
}

static bool starts_with_number(const kr__roles *r, int64_t c) {
    kr__number_votes unused = {.small = 0};
    for (int64_t i = 0; i < r->sample->n_rows; i++) {
        kr__csv_field f = kr__roles_cell(r, i, c);
        if (!is_gap(f)) return kr__number_vote(f.text, f.size, &unused);
    }
    return true;
}

/* Years and days as Excel counts them look like any number, so their order must speak for them; for
 * rarer counts, which numbers of invoices may be, only a name does. */
static bool are_dates(const candidate *it, kr__date_kind kind, bool has_name, int64_t n,
                      const kr__csv_field *cells) {
    if (!it->is_count) return true;
    const kr__date_format format = {.kind = kind};
    bool is_rare = kind == KR__DATE_DATENUM || kind == KR__DATE_JULIAN || kind == KR__DATE_ORDINAL;
    bool is_weak =
        is_rare || kind == KR__DATE_YEAR || kind == KR__DATE_YM || kind == KR__DATE_EXCEL;
    if (!has_name) {
        bool is_even = !is_weak || kr__dates_are_even(&format, cells, NULL, n);
        return n >= 3 && it->runs && is_even && !is_rare;
    }
    return !is_weak || n == 1 || kr__dates_run(&format, cells, n, false) ||
           (kind == KR__DATE_YEAR && kr__dates_restart(&format, cells, n));
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
    return are_nearly_all(n_read, n_cells);
}

static candidate examine_dates(const kr__roles *r, int64_t c, const kr__date_format *given,
                               kr__csv_field *cells) {
    candidate it = {.kinds = 0};
    bool has_name, may_count = may_hold_counts(r, c, &has_name);
    int64_t n = r->sample->n_first;
    if (!may_count && starts_with_number(r, c)) return it;
    copy_column(r, c, cells);
    if (given->kind != KR__DATE_NONE) {
        it.is_read = is_read_by(given, cells, r->sample->n_rows);
        it.runs = it.is_read && kr__dates_run(given, cells, n, true);
        it.has_clock = find_clock(given, cells, n);
        return it;
    }
    it.is_count = kr__are_counts(cells, r->sample->n_rows);
    if (it.is_count && !may_count) return it;
    it.kinds = kr__date_kinds(cells, r->sample->n_rows);
    const kr__date_format first = {.kind = kr__date_first_kind(it.kinds)};
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
            const kr__column *old = kr__reading_find(r->before, kr__roles_name(r, c));
            if (old && old->role == KR__ROLE_DATE) return c;
        }
        if (called < 0 && kr__csv_is_called(kr__roles_name(r, c), "date")) called = c;
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
    const kr__date_format a = {.kind = kr__date_first_kind(kinds)};
    const kr__date_format b = {.kind = kr__date_first_kind(kinds & ~(UINT32_C(1) << a.kind))};
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
        r->name, kr__roles_line(r, cells[i].text), kr__roles_name(r, c),
        kr__csv_show_cell(cells[i], cell), kr__datetime_text(m.micros, first),
        kr__datetime_text(k.micros, second), kr__date_format_text(&a), kr__date_format_text(&b));
}

/* clocks (n_first): the time of day from other columns; NULL: none. */
static kr_status settle_format(const kr__roles *r, int64_t c, uint32_t kinds,
                               const kr__csv_field *cells, const int64_t *clocks) {
    kr__reading *reading = r->reading;
    const kr__reading *before = r->before;
    kr__date_format *format = &reading->date_format;
    bool is_one = (kinds & (kinds - 1)) == 0;
    bool has_before = before && before->date_format.kind != KR__DATE_NONE;
    if (format->kind == KR__DATE_NONE && has_before &&
        (!kinds || (kinds >> before->date_format.kind & 1))) {
        *format = before->date_format;
    }
    if (format->kind == KR__DATE_NONE && is_one) {
        format->kind = kinds ? kr__date_first_kind(kinds) : KR__DATE_YMD;
    }
    if (format->kind == KR__DATE_NONE) {
        format->kind =
            kr__date_decide(kinds, cells, clocks, r->sample->n_first, &reading->is_by_step);
    }
    if (format->kind == KR__DATE_NONE) return refuse_either(r, c, kinds, cells);
    for (int64_t i = 0; i < r->sample->n_rows; i++) {
        kr__moment m;
        if (!kr__date_read(format, cells[i].text, cells[i].size, &m)) continue;
        reading->has_short_years = reading->has_short_years || m.has_short_year;
        reading->has_intervals = reading->has_intervals || m.is_interval;
    }
    return KR_OK;
}

/* ---- parts of dates ------------------------------------------------------------------------- */

/* May almost all cells of a column be this part? Digits are some with zeros in front, or large. */
static bool is_part_column(const kr__roles *r, int64_t c, kr__date_part part) {
    int64_t n_cells = 0, n_read = 0, n_long = 0;
    if (r->reading->columns[c].role != KR__ROLE_NUMBER) return false;
    for (int64_t i = 0; i < r->sample->n_rows; i++) {
        kr__csv_field f = kr__roles_cell(r, i, c);
        kr__date_parts_row row = {.month = 0};
        if (is_gap(f)) continue;
        n_cells++;
        n_read += kr__date_part_read(part, f.text, f.size, &row);
        n_long += f.size >= 3;
        if (n_read + n_cells / 10 + 2 < n_cells) return false;
    }
    return are_nearly_all(n_read, n_cells) && (part != KR__PART_DIGITS || n_long * 2 > n_cells);
}

static bool take_part(const kr__roles *r, int64_t c, kr__date_part part) {
    if (!is_part_column(r, c, part)) return false;
    r->reading->columns[c].role = KR__ROLE_PART;
    r->reading->columns[c].part = part;
    return true;
}

/* The column whose name says that it has this part. */
static bool find_part(const kr__roles *r, int64_t date, kr__date_part part) {
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        bool is_called = kr__date_part_of_name(kr__roles_name(r, c)) == part;
        if (c != date && is_called && take_part(r, c, part)) return true;
    }
    return false;
}

static void find_hour(const kr__roles *r, int64_t date) {
    bool has_minute = find_part(r, date, KR__PART_HOUR) && find_part(r, date, KR__PART_MINUTE);
    if (has_minute) find_part(r, date, KR__PART_SECOND);
}

/* Beside the date, or named as one of times; of several the first. */
static bool find_clock_column(const kr__roles *r, int64_t date) {
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        bool is_near = c == date + 1 || c == date - 1 || kr__is_time_name(kr__roles_name(r, c));
        if (c != date && is_near && take_part(r, c, KR__PART_CLOCK)) return true;
    }
    return false;
}

/* Of dates without a time of day. Numbers are hours only if the dates alone are the same in several
 * rows. */
static void find_day_parts(const kr__roles *r, int64_t date, const kr__date_format *format,
                           const kr__csv_field *cells) {
    if (find_clock(format, cells, r->sample->n_rows) || find_clock_column(r, date)) return;
    if (kr__dates_run(format, cells, r->sample->n_first, true)) return;
    if (!find_part(r, date, KR__PART_DIGITS)) find_hour(r, date);
}

/* A column of years beside one of months or days of the year. -1: none. */
static int64_t find_year(const kr__roles *r) {
    static const char *const names[] = {
        "year", "yr", "yyyy", "jahr", "anno", "annee", "ann\xc3\xa9\x65", "a\xc3\xb1o"};
    const kr__date_format format = {.kind = KR__DATE_YEAR};
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        const char *name = kr__roles_name(r, c);
        bool is_year = r->reading->columns[c].role == KR__ROLE_NUMBER, is_called = false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            is_called = is_called || kr__csv_is_called(name, names[i]);
        }
        for (int64_t i = 0; is_called && is_year && i < r->sample->n_rows; i++) {
            kr__csv_field f = kr__roles_cell(r, i, c);
            kr__moment m;
            is_year = is_gap(f) || kr__date_read(&format, f.text, f.size, &m);
        }
        if (!is_called || !is_year) continue;
        bool has_month = find_part(r, c, KR__PART_MONTH), has_day = find_part(r, c, KR__PART_DAY);
        if (has_day) find_hour(r, c);
        if (has_month || has_day) return c;
    }
    return -1;
}

/* What the parts add to the date of each row of the sample that follows the one before. */
static int64_t *add_clocks(const kr__roles *r) {
    int64_t *clocks = kr__calloc((size_t)r->sample->n_first + 1, sizeof *clocks);
    for (int64_t i = 0; clocks && i < r->sample->n_first; i++) {
        kr__date_parts_row row = {.month = 0};
        for (int64_t c = 0; c < r->sample->n_fields; c++) {
            kr__csv_field f = kr__roles_cell(r, i, c);
            kr__date_part part = r->reading->columns[c].part;
            if (part) kr__date_part_read(part, f.text, f.size, &row);
        }
        clocks[i] = row.micros;
    }
    return clocks;
}

/* ---- what is none ------------------------------------------------------------------------- */

/* 19xx or 20xx, alone between other characters. */
static bool has_year(kr__csv_field f) {
    size_t n = 0;
    for (size_t i = 0; i <= f.size; i++) {
        bool is_digit = i < f.size && f.text[i] >= '0' && f.text[i] <= '9';
        if (is_digit) n++;
        bool is_year =
            !is_digit && n == 4 &&
            (memcmp(f.text + i - 4, "19", 2) == 0 || memcmp(f.text + i - 4, "20", 2) == 0);
        if (is_year) return true;
        if (!is_digit) n = 0;
    }
    return false;
}

static bool has_digit(kr__csv_field f) {
    for (size_t i = 0; i < f.size; i++) {
        if (f.text[i] >= '0' && f.text[i] <= '9') return true;
    }
    return false;
}

/* 9:30, 25:00:00, 0:00:01.5 */
static bool is_time(kr__csv_field f) {
    bool has_colon = false;
    for (size_t i = 0; i < f.size; i++) {
        bool is_digit = f.text[i] >= '0' && f.text[i] <= '9';
        has_colon = has_colon || f.text[i] == ':';
        if (!is_digit && f.text[i] != ':' && f.text[i] != '.') return false;
    }
    return has_colon && has_digit(f);
}

/* Text with digits, another one in each row, that has a year in it or stands in a column named as
 * one of times; or times of day. */
static bool looks_like_dates(const kr__roles *r, int64_t c, bool *is_clock) {
    int64_t n_cells = 0, n_like = 0, n_clocks = 0, n_same = 0;
    bool has_name = kr__is_time_name(kr__roles_name(r, c));
    for (int64_t i = 0; i < r->sample->n_first; i++) {
        kr__csv_field f = kr__roles_cell(r, i, c);
        kr__cell_kind kind = kr__cell_kind_of(f);
        if (kind == KR__CELL_GAP) continue;
        n_cells++;
        n_like += (kind == KR__CELL_TEXT || kind == KR__CELL_DATE) && has_digit(f) &&
                  (has_name || has_year(f));
        n_clocks += is_time(f);
        kr__csv_field before = i > 0 ? kr__roles_cell(r, i - 1, c) : (kr__csv_field){"", 0, false};
        n_same += f.size == before.size && memcmp(f.text, before.text, f.size) == 0;
    }
    *is_clock = n_cells >= 3 && are_nearly_all(n_clocks, n_cells);
    return n_cells >= 3 && n_same == 0 && (*is_clock || n_like == n_cells);
}

/* What is wrong with a cell that looks like a date, and how to go on. */
static const char *explain_unknown(kr__csv_field f, bool is_clock) {
    if (is_clock) {
        return "is a time without a day, and no column has its date; write the day before it";
    }
    for (int k = KR__DATE_YMD; k <= KR__DATE_MDY; k++) {
        const kr__date_format format = {.kind = (kr__date_kind)k};
        if (kr__date_has_unknown_zone(&format, f.text, f.size)) return KR__UNKNOWN_ZONE;
    }
    return "looks like a date of no known format; say with `date_format` how it is written, by a "
           "pattern such as \"%d.%m.%Y %H:%M\"";
}

static kr_status refuse_unknown(const kr__roles *r) {
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        const kr__column *column = &r->reading->columns[c];
        char cell[KR__CSV_CELL];
        bool is_clock;
        if (column->role != KR__ROLE_NUMBER || column->is_unwanted) continue;
        if (!looks_like_dates(r, c, &is_clock)) continue;
        kr__csv_field f = kr__roles_cell(r, 0, c);
        return kr_fail(r->err, KR_FORMAT,
                       "%s:%" PRId64
                       ": column \"%.60s\": \"%s\" %s; take the column out if rows "
                       "need no dates",
                       r->name, kr__roles_line(r, f.text), column->name, kr__csv_show_cell(f, cell),
                       explain_unknown(f, is_clock));
    }
    return KR_OK;
}

/* ---- all together ------------------------------------------------------------------------- */

static int64_t find_called(const kr__roles *r, const char *date_column) {
    for (int64_t c = 0; c < r->sample->n_fields; c++) {
        bool is_series = r->reading->columns[c].role == KR__ROLE_SERIES;
        if (!is_series && kr__csv_is_called(kr__roles_name(r, c), date_column)) return c;
    }
    return -1;
}

/* Dates without a year, or none, may be put together from a year and what stands beside it. */
static int64_t choose(const kr__roles *r, candidate *all) {
    int64_t date = choose_date(r, all);
    const uint32_t years = UINT32_C(1) << KR__DATE_YEAR;
    bool is_open = date < 0 || all[date].kinds == years;
    int64_t year = is_open && r->reading->date_format.kind == KR__DATE_NONE ? find_year(r) : -1;
    if (year < 0) return date;
    all[year].kinds = years;
    return year;
}

static kr_status settle(const kr__roles *r, int64_t date, candidate *it, kr__csv_field *cells) {
    kr__reading *reading = r->reading;
    copy_column(r, date, cells);
    if (!it->kinds && reading->date_format.kind == KR__DATE_NONE) {
        it->kinds = kr__date_kinds(cells, r->sample->n_rows);
    }
    reading->columns[date].role = KR__ROLE_DATE;
    kr__date_format format = reading->date_format;
    if (format.kind == KR__DATE_NONE) format.kind = kr__date_first_kind(it->kinds);
    if (format.kind == KR__DATE_NONE) format.kind = KR__DATE_YMD;
    if (format.kind != KR__DATE_YEAR) find_day_parts(r, date, &format, cells);
    int64_t *clocks = add_clocks(r);
    if (!clocks) return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
    kr_status status = settle_format(r, date, it->kinds, cells, clocks);
    kr_free(clocks);
    return status;
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
        kr__guess_offer(&guess, kr__roles_name(r, c), strlen(kr__roles_name(r, c)));
    }
    return kr_fail(r->err, KR_USAGE,
                   "%s: has no column \"%.60s\" of dates%s%.*s%s; name it with "
                   "`date_column`, or leave that out",
                   r->name, date_column, guess.best ? " (did you mean " : "", (int)guess.n_best,
                   guess.best ? guess.best : "", guess.best ? "?)" : "");
}

static kr_status find_date(const kr__roles *r, const char *date_column, candidate *all,
                           kr__csv_field *cells, int64_t *date) {
    for (int64_t c = 0; c < r->sample->n_fields && !date_column; c++) {
        all[c] = examine_dates(r, c, &r->reading->date_format, cells);
    }
    *date = date_column ? find_called(r, date_column) : choose(r, all);
    KR_TRY(kr__roles_find_wide(r, *date, *date >= 0 ? all[*date].kinds : 0));
    if (r->reading->wide.n_dates > 0) return KR_OK;
    if (*date >= 0) return settle(r, *date, &all[*date], cells);
    KR_TRY(check_no_date(r, date_column));
    return r->wants_dates && r->reading->has_header ? refuse_unknown(r) : KR_OK;
}

kr_status kr__roles_find_date(const kr__roles *r, const char *date_column, int64_t *date) {
    const char *given = r->given->date_format;
    *date = -1;
    if (given && *given) {
        KR_TRY(kr__date_format_parse(given, &r->reading->date_format, r->err));
    }
    candidate *all = kr__calloc((size_t)r->sample->n_fields, sizeof *all);
    kr__csv_field *cells = kr__calloc((size_t)r->sample->n_rows + 1, sizeof *cells);
    kr_status status = all && cells
                           ? find_date(r, date_column, all, cells, date)
                           : kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
    kr_free(all);
    kr_free(cells);
    return status;
}
