/* SPDX-License-Identifier: MIT
 * csv_sample.c - a sample of the rows of a table, and whether names and units stand above them. */
#include "tables/dialect.h"

#include <kr/rows.h>
#include <string.h>

#include "core/text.h"
#include "tables/number_format.h"

/* ---- sample ----------------------------------------------------------------------------- */

enum { MOST_CELLS = 1 << 18, MOST_ROWS = 1000, LATER_ROWS = 100, LATER_BYTES = 1 << 18 };

bool kr__csv_lacks_name(const kr__csv_scan *start, int64_t n_fields) {
    enum { SEEN = 20, LEAST = 2 };
    kr__csv_scan s = *start;
    int64_t n_rows = 0, n_ends = 0, n_counts = 0, n_words = 0, number;
    s.err = NULL;
    bool is_good = s.delimiter != ',' && kr__csv_skip_row(&s) == KR_OK;
    for (kr__csv_skip_blank_lines(&s); is_good && n_rows < SEEN && s.at < s.end; n_rows++) {
        kr__csv_field f = {"", 0, false};
        bool is_last = false;
        int64_t n = 0;
        for (; !is_last && is_good; n++) {
            char text[24] = "";
            is_good = kr__csv_take_field(&s, &f, &is_last) == KR_OK;
            f = kr__csv_trim(f);
            if (n > 0 || !is_good) continue;
            if (f.size < sizeof text) memcpy(text, f.text, f.size);
            n_counts += kr__text_int(text, &number) && number == n_rows + 1;
            kr__cell_kind kind = kr__cell_kind_of(f);
            n_words += kind == KR__CELL_TEXT || kind == KR__CELL_DATE;
        }
        is_good = is_good && n == n_fields + 1;
        n_ends += f.size > 0;
        kr__csv_skip_blank_lines(&s);
    }
    return is_good && n_rows >= LEAST && n_ends > 0 && (n_counts == n_rows || n_words == n_rows);
}

/* Up to n rows from s on; *has_long: one went over several lines. lacks_name: of the first one. */
static void take_rows(kr__csv_scan *s, int64_t n, bool lacks_name, const char *missing,
                      kr__csv_sample *out, bool *has_long) {
    s->err = NULL;
    for (; n > 0 && s->at < s->end; n--, lacks_name = false) {
        kr__csv_field *row = out->cells + out->n_rows * out->n_fields, f;
        bool is_last = false;
        int64_t k = 0, line = s->line;
        if (lacks_name) row[k++] = (kr__csv_field){"", 0, false};
        for (; !is_last; k++) {
            if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return;
            if (k >= out->n_fields) continue;
            row[k] = kr__csv_trim(f);
            if (kr__is_listed_gap(missing, row[k].text, row[k].size)) row[k].size = 0;
        }
        *has_long = *has_long || s->line != line;
        bool has_end = k == out->n_fields + 1 && kr__csv_trim(f).size == 0;
        out->n_rows += k == out->n_fields || has_end;
        kr__csv_skip_blank_lines(s);
    }
}

static void take_later_rows(const kr__csv_scan *s, const char *from, int64_t n, const char *missing,
                            kr__csv_sample *out) {
    kr__csv_scan later = *s;
    bool has_long = false;
    const char *line = memchr(from, '\n', (size_t)(s->end - from));
    if (!line) return;
    later.at = line + 1;
    take_rows(&later, n, false, missing, out, &has_long);
}

kr_status kr__csv_sample_take(const kr__csv_scan *s, int64_t n_fields, bool lacks_name,
                              const char *missing, kr_arena *arena, kr__csv_sample *out) {
    int64_t most = MOST_CELLS / n_fields;
    int64_t n_bytes = s->end - s->at, by_bytes = n_bytes / n_fields + 1;
    if (most > MOST_ROWS) most = MOST_ROWS;
    if (most > by_bytes) most = by_bytes;
    if (most < 4) most = 4;
    int64_t n_later = most / 8 < LATER_ROWS ? most / 8 : LATER_ROWS;
    *out = (kr__csv_sample){.n_fields = n_fields};
    out->cells =
        kr__arena_alloc(arena, (size_t)((most + 2 * n_later) * n_fields), sizeof *out->cells);
    if (!out->cells) return kr_fail(s->err, KR_MEMORY, "%s: no memory for the table", s->name);
    kr__csv_scan first = *s;
    bool has_long = false;
    take_rows(&first, most, lacks_name, missing, out, &has_long);
    out->n_first = out->n_rows;
    int64_t n_left = first.end - first.at;
    if (has_long || n_left < LATER_BYTES) return KR_OK;
    take_later_rows(s, first.at + n_left / 2, n_later, missing, out);
    take_later_rows(s, first.end - LATER_BYTES / 4, n_later, missing, out);
    return KR_OK;
}

/* ---- header and units ------------------------------------------------------------------- */

enum { TYPING_ROWS = 100 };

/* What most cells of a column are from row `first` on; text where nothing else prevails. */
static kr__cell_kind type_column(const kr__csv_sample *s, int64_t c, int64_t first) {
    int64_t n[KR__N_CELL_KINDS] = {0}, n_cells = 0;
    for (int64_t r = first; r < s->n_rows && r < first + TYPING_ROWS; r++) {
        kr__cell_kind kind = kr__cell_kind_of(s->cells[r * s->n_fields + c]);
        n[kind]++;
        n_cells += kind != KR__CELL_GAP;
    }
    if (n_cells == 0) return KR__CELL_GAP;
    for (int k = KR__CELL_NUMBER; k < KR__CELL_TEXT; k++) {
        if (n[k] * 10 >= n_cells * 8) return (kr__cell_kind)k;
    }
    return KR__CELL_TEXT;
}

static bool is_same(kr__csv_field a, kr__csv_field b) {
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

/* Words that come again, of which the first row has none: it names them. */
static bool has_other_words(const kr__csv_sample *s, int64_t c) {
    bool comes_again = false;
    for (int64_t r = 1; r < s->n_rows && r < TYPING_ROWS; r++) {
        const kr__csv_field *cell = s->cells + r * s->n_fields + c;
        if (is_same(*cell, s->cells[c])) return false;
        comes_again = comes_again || (r > 1 && is_same(*cell, cell[-s->n_fields]));
    }
    return comes_again;
}

/* 0, 1, 2, .. as pandas names columns that have no names, or three numbers and more that rise by
 * one: 2019, 2020, 2021. */
static bool are_numbered(const kr__csv_sample *s, const kr__cell_kind *kinds) {
    int64_t n = 0, first = 0, number = 0;
    for (int64_t c = 0; c < s->n_fields; c++) {
        char text[24];
        kr__csv_field f = s->cells[c];
        if (kinds[c] != KR__CELL_NUMBER || f.size == 0) continue;
        if (f.size >= sizeof text) return false;
        memcpy(text, f.text, f.size);
        text[f.size] = '\0';
        if (!kr__text_int(text, &number)) return false;
        if (n == 0) first = number;
        if (number != first + n) return false;
        n++;
    }
    return n >= 3 || (n >= 1 && first == 0);
}

/* Is row 0 names? kinds: of the columns below it. */
static bool is_header(const kr__csv_sample *s, const kr__cell_kind *kinds,
                      const kr__reading *before) {
    int64_t n_fit = 0, n_misfit = 0;
    bool has_date = false, has_words = false;
    bool begins_with_date = false, has_number = false, has_text = false;
    for (int64_t c = 0; c < s->n_fields; c++) {
        kr__cell_kind kind = kr__cell_kind_of(s->cells[c]);
        begins_with_date = begins_with_date || (c == 0 && kind == KR__CELL_DATE);
        has_number = has_number || kind == KR__CELL_NUMBER;
        has_text = has_text || kind == KR__CELL_TEXT;
        if (kinds[c] == KR__CELL_TEXT) has_words = has_words || has_other_words(s, c);
        if (kind == KR__CELL_GAP || kinds[c] == KR__CELL_TEXT || kinds[c] == KR__CELL_GAP) continue;
        n_fit += kind == kinds[c];
        n_misfit += kind != kinds[c];
        has_date = has_date || (kind == kinds[c] && kind == KR__CELL_DATE);
    }
    if (has_date || (begins_with_date && has_number && !has_text)) return false;
    if (n_misfit > 0) return true;
    if (n_fit == 0) return !before || before->has_header;
    return has_words || are_numbered(s, kinds);
}

/* Does a row hold words wherever the rows below it hold numbers and dates? */
static bool is_units(const kr__csv_sample *s, int64_t row, const kr__cell_kind *kinds) {
    int64_t n_words = 0;
    if (s->n_rows - row < 3) return false;
    for (int64_t c = 0; c < s->n_fields; c++) {
        kr__cell_kind kind = kr__cell_kind_of(s->cells[row * s->n_fields + c]);
        bool is_typed = kinds[c] != KR__CELL_TEXT && kinds[c] != KR__CELL_GAP;
        if (kind != KR__CELL_TEXT && kind != KR__CELL_GAP) return false;
        n_words += is_typed && kind == KR__CELL_TEXT;
    }
    return n_words > 0;
}

static void drop_first(kr__csv_sample *s) {
    s->cells += s->n_fields;
    s->n_rows--;
    if (s->n_first > 0) s->n_first--;
}

static kr_status check_given(const kr__given *given, bool *is_yes, bool *is_no, kr_error *err) {
    const char *word = given->header;
    *is_yes = word && strcmp(word, "yes") == 0;
    *is_no = word && strcmp(word, "no") == 0;
    if (!word || !*word || *is_yes || *is_no || strcmp(word, "auto") == 0) return KR_OK;
    return kr__text_check_choice("header", word, KR_HEADER_CHOICES, err);
}

kr_status kr__dialect_find_header(const kr__given *given, const kr__reading *before,
                                  kr__csv_sample *sample, kr__csv_field **header,
                                  kr__reading *reading, kr_error *err) {
    bool is_yes, is_no;
    KR_TRY(check_given(given, &is_yes, &is_no, err));
    *header = NULL;
    if (sample->n_rows == 0) return KR_OK;
    kr__cell_kind *kinds = kr__calloc((size_t)sample->n_fields, sizeof *kinds);
    if (!kinds) return kr_fail(err, KR_MEMORY, "no memory for the table");
    for (int64_t c = 0; c < sample->n_fields; c++) kinds[c] = type_column(sample, c, 1);
    bool is_found = reading->is_header_commented || is_header(sample, kinds, before);
    reading->has_header = is_yes || (!is_no && is_found);
    if (reading->has_header) {
        *header = sample->cells;
        drop_first(sample);
        for (int64_t c = 0; c < sample->n_fields; c++) kinds[c] = type_column(sample, c, 1);
        reading->has_units_row = is_units(sample, 0, kinds);
        if (reading->has_units_row) drop_first(sample);
    }
    kr_free(kinds);
    return KR_OK;
}
