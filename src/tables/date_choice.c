/* SPDX-License-Identifier: MIT
 * date_choice.c - the format of a column of dates. */
#include "tables/date_choice.h"

#include <string.h>
#include <strings.h>

#include "core/datetime.h"
#include "tables/number_format.h"

/* Counts only in the years 1990 to 2100: almost any number is some date by them. */
static bool is_recent(int64_t micros) {
    const int64_t first = 631152000 * KR__SECOND, end = 4102444800 * KR__SECOND;
    return micros >= first && micros < end;
}

static bool read_cell(kr__date_kind kind, const kr__csv_field *cell, kr__moment *moment) {
    const kr__date_format format = {.kind = kind};
    return kr__date_read(&format, cell->text, cell->size, moment) &&
           (kind < KR__DATE_EPOCH_S || is_recent(moment->micros));
}

/* Bits of the kinds that are counted. */
#define ALL_COUNTS ((UINT32_C(1) << KR__DATE_PATTERN) - (UINT32_C(1) << KR__DATE_EPOCH_S))

uint32_t kr__date_kinds(const kr__csv_field *cells, int64_t n) {
    int64_t hits[KR__N_DATE_KINDS] = {0}, n_cells = 0, most = 0;
    uint32_t kinds = 0;
    for (int64_t i = 0; i < n; i++) {
        if (kr__is_gap_word(cells[i].text, cells[i].size)) continue;
        n_cells++;
        for (int k = 1; k < KR__DATE_PATTERN; k++) {
            kr__moment moment;
            if (hits[k] + n_cells / 10 + 2 < n_cells) continue; /* it has failed too often */
            hits[k] += read_cell((kr__date_kind)k, &cells[i], &moment);
        }
    }
    for (int k = 1; k < KR__DATE_PATTERN; k++) most = hits[k] > most ? hits[k] : most;
    if (most == 0 || (most < n_cells - 1 && most * 10 < n_cells * 9)) return 0;
    for (int k = 1; k < KR__DATE_PATTERN; k++) {
        if (hits[k] == most) kinds |= UINT32_C(1) << k;
    }
    /* 2020010100 in all rows is no second of 2034 */
    return kinds >> KR__DATE_BASIC & 1 ? kinds & ~ALL_COUNTS : kinds;
}

kr__date_kind kr__date_first_kind(uint32_t kinds) {
    for (int k = 1; k < KR__N_DATE_KINDS; k++) {
        if (kinds >> k & 1) return (kr__date_kind)k;
    }
    return KR__DATE_NONE;
}

bool kr__are_counts(const kr__csv_field *cells, int64_t n) {
    int64_t n_counts = 0, n_cells = 0;
    for (int64_t i = 0; i < n; i++) {
        double unused;
        if (kr__is_gap_word(cells[i].text, cells[i].size)) continue;
        n_cells++;
        n_counts += kr__number_parse(cells[i].text, cells[i].size, &unused) == KR__NUMBER;
    }
    return n_cells > 0 && n_counts * 10 >= n_cells * 9;
}

/* A word of its own within name: start_date, "Time stamp"; dayOfYear has none. */
static bool has_word(const char *name, const char *word) {
    size_t n = strlen(word);
    for (const char *p = name; *p; p++) {
        bool is_start = p == name || !((p[-1] | 32) >= 'a' && (p[-1] | 32) <= 'z');
        bool is_end = strlen(p) >= n && !((p[n] | 32) >= 'a' && (p[n] | 32) <= 'z');
        if (is_start && is_end && strncasecmp(p, word, n) == 0) return true;
    }
    return false;
}

bool kr__is_time_name(const char *name) {
    static const char *const words[] = {
        "date",    "time",   "datetime",    "timestamp", "day",   "month",  "year",  "week",
        "quarter", "period", "ds",          "ts",        "dt",    "epoch",  "unix",  "unixtime",
        "datum",   "zeit",   "zeitstempel", "tag",       "monat", "jahr",   "woche", "quartal",
        "fecha",   "data",   "heure",       "jour",      "mois",  "annee",  "utc",   "hour",
        "minute",  "when",   "stamp",       "datenum",   "jd",    "julian", "wk",    "yr",
        "yyyy",    "mois",   "anno",        "hora"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has_word(name, words[i])) return true;
    }
    return false;
}

bool kr__dates_run(const kr__date_format *format, const kr__csv_field *cells, int64_t n,
                   bool is_strict) {
    int64_t before = 0, n_up = 0, n_down = 0, n_same = 0;
    bool has_before = false;
    for (int64_t i = 0; i < n; i++) {
        kr__moment m;
        if (!kr__date_read(format, cells[i].text, cells[i].size, &m)) continue;
        int64_t at = m.micros - m.offset * KR__MINUTE;
        n_up += has_before && at > before;
        n_down += has_before && at < before;
        n_same += has_before && at == before;
        before = at;
        has_before = true;
    }
    return (n_up == 0) != (n_down == 0) && (n_same == 0 || !is_strict);
}

bool kr__dates_restart(const kr__date_format *format, const kr__csv_field *cells, int64_t n) {
    int64_t before = 0, n_up = 0, n_down = 0;
    bool has_before = false;
    for (int64_t i = 0; i < n; i++) {
        kr__moment m;
        if (!kr__date_read(format, cells[i].text, cells[i].size, &m)) continue;
        if (has_before && m.micros == before) return false;
        n_up += has_before && m.micros > before;
        n_down += has_before && m.micros < before;
        before = m.micros;
        has_before = true;
    }
    return n_down > 0 && n_up >= 3 * n_down;
}

/* Whole months between two dates of the same day and clock; 0: no such number. */
static int64_t count_months(int64_t from, int64_t to) {
    kr_datetime a, b;
    kr__datetime_from_micros(from, &a);
    kr__datetime_from_micros(to, &b);
    bool is_same = a.day == b.day && a.hour == b.hour && a.minute == b.minute;
    return is_same ? (b.year - a.year) * 12 + b.month - a.month : 0;
}

bool kr__dates_are_even(const kr__date_format *format, const kr__csv_field *cells,
                        const int64_t *clocks, int64_t n) {
    int64_t before = 0, step = 0, months = 0, n_read = 0;
    bool by_time = true, by_month = true;
    for (int64_t i = 0; i < n; i++) {
        kr__moment m;
        if (!kr__date_read(format, cells[i].text, cells[i].size, &m)) continue;
        int64_t at = m.micros + (clocks ? clocks[i] : 0);
        int64_t distance = at - before, whole = n_read > 0 ? count_months(before, at) : 0;
        if (n_read == 1) {
            step = distance;
            months = whole;
        }
        if (n_read > 0) {
            by_time = by_time && distance == step && step != 0;
            by_month = by_month && whole == months && whole != 0;
        }
        before = at;
        n_read++;
    }
    return n_read >= 3 && (by_time || by_month);
}

/* 01.02.2020: where points stand between them, the day comes first, in all languages. */
static bool have_points(const kr__csv_field *cells, int64_t n) {
    int64_t n_cells = 0, n_points = 0;
    for (int64_t i = 0; i < n; i++) {
        const char *point = cells[i].size > 0 ? memchr(cells[i].text, '.', cells[i].size) : NULL;
        n_cells += cells[i].size > 0;
        n_points += point && point - cells[i].text <= 2;
    }
    return n_points > 0 && n_points == n_cells;
}

kr__date_kind kr__date_decide(uint32_t kinds, const kr__csv_field *cells, const int64_t *clocks,
                              int64_t n, bool *by_step) {
    kr__date_kind even = KR__DATE_NONE;
    int n_even = 0;
    bool are_days = kinds == (UINT32_C(1) << KR__DATE_DMY | UINT32_C(1) << KR__DATE_MDY);
    *by_step = false;
    if (are_days && have_points(cells, n)) return KR__DATE_DMY;
    for (int k = 1; k < KR__DATE_PATTERN; k++) {
        const kr__date_format format = {.kind = (kr__date_kind)k};
        if (!(kinds >> k & 1) || !kr__dates_are_even(&format, cells, clocks, n)) continue;
        even = format.kind;
        n_even++;
    }
    *by_step = n_even == 1;
    return n_even == 1 ? even : KR__DATE_NONE;
}
