/* SPDX-License-Identifier: MIT
 * wide_columns.c - tables in which time runs from left to right (turned.h). */
#include <string.h>

#include "core/text.h"
#include "tables/column_roles.h"
#include "tables/date_choice.h"
#include "tables/date_scan.h"

kr__csv_field kr__wide_date(const char *name) {
    kr__csv_field f = kr__csv_trim_name(name);
    const char *bracket = f.size > 0 ? memchr(f.text, '[', f.size) : NULL;
    if (bracket && f.text[f.size - 1] == ']') f.size = (size_t)(bracket - f.text);
    return kr__csv_trim(f);
}

/* Are columns named by dates that rise or fall? Years, which may be other numbers, come in even
 * steps behind words, in a table that has words in its rows, too. */
static bool are_in_time(const kr__roles *r, const kr__csv_field *names, int64_t n, bool has_words) {
    uint32_t kinds = kr__date_kinds(names, n);
    const kr__date_format format = {.kind = kr__date_first_kind(kinds)};
    bool are_counts = kr__are_counts(names, n);
    if (!kinds || !kr__dates_run(&format, names, n, true)) return false;
    if (!are_counts) return true;
    return kr__dates_are_even(&format, names, NULL, n) && has_words && r->sample->n_rows > 0 &&
           kr__cell_kind_of(kr__roles_cell(r, 0, 0)) == KR__CELL_TEXT;
}

static bool is_date(const kr__csv_field *name) {
    return name->size > 0 && kr__date_kinds(name, 1) != 0;
}

/* Does time run from left to right? The first columns may hold words, the last ones sums. */
static kr_status find_wide(const kr__roles *r) {
    enum { LEAST = 4 };
    int64_t n = r->sample->n_fields, first = 0;
    kr__csv_field *names = kr__calloc((size_t)n, sizeof *names);
    if (!names) return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->name);
    for (int64_t c = 0; c < n; c++) names[c] = kr__wide_date(kr__roles_name(r, c));
    while (n > 0 && names[n - 1].size == 0) n--;
    int64_t end = n;
    while (first < end && !is_date(&names[first])) first++;
    while (end > first && !is_date(&names[end - 1])) end--;
    bool is_wide = end - first >= LEAST && (n - end) * LEAST <= end - first &&
                   are_in_time(r, names + first, end - first, first > 0);
    kr_free(names);
    if (is_wide)
        r->reading->wide = (kr__wide){.first = first, .n_dates = end - first, .n_behind = n - end};
    return KR_OK;
}

/* Are the rows years, of which the twelve columns behind them are the months? */
static void find_months(const kr__roles *r, int64_t date, uint32_t kinds) {
    enum { MONTHS = 12 };
    int64_t n = r->sample->n_fields;
    bool has_room = date == 0 && kinds == UINT32_C(1) << KR__DATE_YEAR && n > MONTHS;
    for (int m = 1; has_room && m <= MONTHS; m++) {
        kr__csv_field name = kr__csv_trim_name(kr__roles_name(r, m));
        kr__date_scan s = {name.text, name.text + name.size};
        has_room = kr__date_take_month(&s) == m && s.at == s.end;
    }
    while (has_room && n > 0 && kr__csv_trim_name(kr__roles_name(r, n - 1)).size == 0) n--;
    if (!has_room) return;
    r->reading->wide =
        (kr__wide){.first = 1, .n_dates = MONTHS, .n_behind = n - 1 - MONTHS, .are_months = true};
}

/* ---- rows that have names ----------------------------------------------------------------- */

/* The first of the columns that count to the last: d_1, d_2, .. */
static int64_t find_counted(const kr__roles *r) {
    int64_t c = r->sample->n_fields - 1;
    size_t n_prefix, n_before;
    kr__csv_field name = kr__csv_trim_name(kr__roles_name(r, c));
    int64_t number = kr__csv_number_at_end(name, &n_prefix);
    for (; c > 0 && number > 0 && n_prefix > 0; c--, number--) {
        kr__csv_field before = kr__csv_trim_name(kr__roles_name(r, c - 1));
        bool goes_on = kr__csv_number_at_end(before, &n_before) == number - 1 &&
                       n_before == n_prefix && memcmp(before.text, name.text, n_prefix) == 0;
        if (!goes_on) break;
    }
    return c;
}

static bool are_different_words(const kr__roles *r, int64_t c) {
    for (int64_t i = 0; i < r->sample->n_rows; i++) {
        kr__csv_field f = kr__roles_cell(r, i, c);
        if (kr__cell_kind_of(f) != KR__CELL_TEXT) return false;
        for (int64_t k = 0; k < i; k++) {
            kr__csv_field other = kr__roles_cell(r, k, c);
            if (other.size == f.size && memcmp(other.text, f.text, f.size) == 0) return false;
        }
    }
    return r->sample->n_rows > 0;
}

/* Without dates rows are in time only by their order, and rows with a name each are seldom so. */
static kr_status refuse_counted(const kr__roles *r) {
    enum { LEAST = 10 };
    int64_t n = r->sample->n_fields, first = find_counted(r);
    if (n - first < LEAST || first == 0 || r->reading->columns[0].is_unwanted) return KR_OK;
    if (!are_different_words(r, 0)) return KR_OK;
    return kr_fail(
        r->err, KR_FORMAT,
        "%s: columns \"%.60s\" to \"%.60s\" count, and column \"%.60s\" names each row, as "
        "where rows are series from left to right; turn the table, or leave that column "
        "out with `drop_columns` if its rows follow one another in time",
        r->name, kr__roles_name(r, first), kr__roles_name(r, n - 1), kr__roles_name(r, 0));
}

kr_status kr__roles_find_wide(const kr__roles *r, int64_t date, uint32_t kinds) {
    if (!r->is_in_time || !r->reading->has_header) return KR_OK;
    if (date >= 0) {
        find_months(r, date, kinds);
        return KR_OK;
    }
    KR_TRY(find_wide(r));
    return r->reading->wide.n_dates > 0 || !r->wants_dates ? KR_OK : refuse_counted(r);
}
