/* SPDX-License-Identifier: MIT
 * dialect.c - how the text of a table is divided.
 *
 * Each delimiter is tried on the first lines: one that gives every line the same number of fields,
 * and fields that are numbers and dates, is right. */
#include "tables/dialect.h"

#include <inttypes.h>
#include <kr/rows.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "tables/date_choice.h"
#include "tables/number_format.h"

enum { TRIED = 200 /* lines */, TYPED_CELLS = 4000, MOST_TITLES = 20 };

kr__cell_kind kr__cell_kind_of(kr__csv_field cell) {
    kr__number_votes votes = {.small = 0};
    int64_t micros;
    if (kr__is_gap_word(cell.text, cell.size)) return KR__CELL_GAP;
    if (kr__number_vote(cell.text, cell.size, &votes)) return KR__CELL_NUMBER;
    if (kr__is_hex(cell.text, cell.size)) return KR__CELL_NUMBER;
    if (kr__date_kinds(&cell, 1)) return KR__CELL_DATE;
    return kr__clock_read(cell.text, cell.size, &micros) ? KR__CELL_CLOCK : KR__CELL_TEXT;
}

/* ---- lines ------------------------------------------------------------------------------ */

static const char *find_line_end(const kr__csv_scan *s) {
    const char *end = memchr(s->at, '\n', (size_t)(s->end - s->at));
    return end ? end : s->end;
}

static void skip_line(kr__csv_scan *s) {
    const char *end = find_line_end(s);
    s->at = end < s->end ? end + 1 : end;
    s->line++;
    kr__csv_skip_blank_lines(s);
}

/* Count the fields of a line and go to the next. False: it cannot be read by this delimiter. */
static bool count_fields(kr__csv_scan *s, int64_t *n, int64_t *n_typed) {
    kr__csv_field f;
    bool is_last = false;
    s->err = NULL;
    for (*n = 0; !is_last; ++*n) {
        if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return false;
        if (*n >= TYPED_CELLS || !n_typed) continue;
        *n_typed += kr__cell_kind_of(kr__csv_trim(f)) != KR__CELL_TEXT;
    }
    s->line++;
    kr__csv_skip_blank_lines(s);
    return true;
}

/* ---- delimiter -------------------------------------------------------------------------- */

/* The first lines, divided by one delimiter. */
typedef struct shape {
    int64_t n_lines, counts[TRIED];
    int64_t n_titles;     /* lines before the first that has several fields */
    int64_t width, n_fit; /* the number of fields that most lines have from then on; those lines */
    bool is_broken;       /* a line cannot be divided by it */
    double typed;         /* the share of cells that are numbers, dates or gaps, without line 1 */
} shape;

/* The number of fields that most lines have. */
static void find_width(shape *h) {
    for (int64_t i = h->n_titles; i < h->n_lines; i++) {
        int64_t n = 0;
        for (int64_t k = h->n_titles; k < h->n_lines; k++) n += h->counts[k] == h->counts[i];
        if (n <= h->n_fit) continue;
        h->n_fit = n;
        h->width = h->counts[i];
    }
}

static shape measure_shape(const kr__csv_scan *start, char delimiter) {
    kr__csv_scan s = *start;
    shape h = {.n_lines = 0};
    int64_t n_cells = 0, n_typed = 0;
    s.delimiter = delimiter;
    for (bool is_titles = true; h.n_lines < TRIED && s.at < s.end; h.n_lines++) {
        int64_t n, typed = 0;
        bool is_header = is_titles && h.n_lines == h.n_titles;
        bool is_wanted = !is_titles && n_cells < TYPED_CELLS;
        h.is_broken = !count_fields(&s, &n, is_wanted ? &typed : NULL);
        if (h.is_broken) break;
        if (is_header && n > 1) is_titles = false;
        if (is_header && is_titles) h.n_titles++;
        h.counts[h.n_lines] = n;
        n_cells += is_wanted ? n : 0;
        n_typed += typed;
    }
    if (h.n_titles == h.n_lines || h.n_titles > MOST_TITLES) h.n_titles = 0;
    find_width(&h);
    h.typed = n_cells > 0 ? (double)n_typed / (double)n_cells : 1;
    return h;
}

/* Does the line after the titles hold names? Each is there, and none a number or a date. */
static bool has_names(const kr__csv_scan *start, char delimiter, int64_t n_titles) {
    kr__csv_scan s = *start;
    bool is_last = false;
    s.err = NULL;
    s.delimiter = delimiter;
    for (int64_t n; n_titles > 0; n_titles--) {
        if (!count_fields(&s, &n, NULL)) return false;
    }
    while (!is_last) {
        kr__csv_field f;
        if (kr__csv_take_field(&s, &f, &is_last) != KR_OK) return false;
        if (kr__cell_kind_of(kr__csv_trim(f)) != KR__CELL_TEXT) return false;
    }
    return true;
}

/* Most lines have the same number of fields, and so has the first. */
static bool is_regular(const kr__csv_scan *s, char delimiter, shape *h) {
    int64_t n = h->n_lines - h->n_titles;
    if (h->n_titles > 0 && (n < 2 || !has_names(s, delimiter, h->n_titles))) return false;
    return !h->is_broken && h->width > 1 && h->counts[h->n_titles] == h->width &&
           h->n_fit * 10 >= n * 8;
}

/* In line 1, if no delimiter is regular: a comma, or else another. */
static char find_in_line(const kr__csv_scan *s) {
    static const char delimiters[] = ",;\t|";
    size_t n = (size_t)(find_line_end(s) - s->at);
    for (const char *d = delimiters; *d; d++) {
        if (memchr(s->at, *d, n)) return *d;
    }
    return ',';
}

static void choose_delimiter(const kr__csv_scan *s, const kr__reading *before,
                             kr__reading *reading) {
    static const char delimiters[] = ",;\t|";
    double best = -1;
    reading->delimiter = before ? before->delimiter : find_in_line(s);
    for (const char *d = delimiters; *d; d++) {
        shape h = measure_shape(s, *d);
        if (!is_regular(s, *d, &h) || h.typed <= best) continue;
        best = h.typed;
        reading->delimiter = *d;
        reading->n_titles = h.n_titles;
    }
}

/* ---- above the header ------------------------------------------------------------------- */

/* "sep=;" alone in the first line. */
static bool take_sep_line(kr__csv_scan *s, char *delimiter) {
    const char *end = find_line_end(s), *p = s->at;
    bool is_quoted = p < end && *p == '"';
    if (is_quoted) p++;
    if (end > p && end[-1] == '\r') end--;
    if (end - p < 5 || strncasecmp(p, "sep=", 4) != 0) return false;
    const char *rest = p + 5 + (is_quoted && end - p > 5 && p[5] == '"');
    if (rest != end || p[4] == '"' || p[4] == '\n') return false;
    *delimiter = p[4];
    skip_line(s);
    return true;
}

static bool is_comment(const kr__csv_scan *s) {
    return s->at < s->end && (*s->at == '#' || *s->at == '%' ||
                              (s->end - s->at > 1 && s->at[0] == '/' && s->at[1] == '/'));
}

/* Is a field of the line a number or a date? */
static bool has_values(const kr__csv_scan *start) {
    kr__csv_scan s = *start;
    kr__csv_field f;
    bool is_last = false;
    s.err = NULL;
    while (!is_last) {
        if (kr__csv_take_field(&s, &f, &is_last) != KR_OK) return false;
        kr__cell_kind kind = kr__cell_kind_of(kr__csv_trim(f));
        if (kind == KR__CELL_NUMBER || kind == KR__CELL_DATE) return true;
    }
    return false;
}

/* "# date,a" above rows without another header: the number of fields is that of the next line,
 * which has numbers or dates. */
static bool is_header_behind_mark(const kr__csv_scan *start, char delimiter) {
    const char one[] = {delimiter, '\0'};
    for (const char *d = delimiter ? one : ",;\t|"; *d; d++) {
        kr__csv_scan s = *start;
        int64_t n, n_next;
        s.delimiter = *d;
        if (!count_fields(&s, &n, NULL) || s.at == s.end || is_comment(&s)) continue;
        bool has_value = has_values(&s);
        if (has_value && count_fields(&s, &n_next, NULL) && n == n_next && n > 1) return true;
    }
    return false;
}

/* delimiter: 0: not known yet. */
static void skip_comments(kr__csv_scan *s, char delimiter, kr__reading *reading) {
    while (is_comment(s)) {
        if (is_header_behind_mark(s, delimiter)) {
            while (s->at < s->end && strchr("#%/ \t", *s->at)) s->at++;
            reading->is_header_commented = true;
            return;
        }
        skip_line(s);
        reading->n_comments++;
    }
}

kr_status kr__dialect_find_lines(kr__csv_scan *s, const kr__given *given, const kr__reading *before,
                                 kr__reading *reading) {
    char delimiter = 0;
    KR_TRY(kr__given_delimiter(given, &delimiter, s->err));
    char in_file = 0;
    reading->has_sep_line = take_sep_line(s, &in_file);
    if (!delimiter) delimiter = in_file;
    skip_comments(s, delimiter, reading);
    if (s->at == s->end) {
        return kr_fail(s->err, KR_FORMAT,
                       "%s: has only comments; a line of column names and rows are needed",
                       s->name);
    }
    if (delimiter) {
        shape h = measure_shape(s, delimiter);
        reading->delimiter = delimiter;
        if (is_regular(s, delimiter, &h)) reading->n_titles = h.n_titles;
    } else {
        choose_delimiter(s, before, reading);
    }
    for (int64_t i = 0; i < reading->n_titles; i++) skip_line(s);
    s->delimiter = reading->delimiter;
    return KR_OK;
}

/* ---- sample ----------------------------------------------------------------------------- */

enum { MOST_CELLS = 1 << 18, MOST_ROWS = 1000, LATER_ROWS = 100, LATER_BYTES = 1 << 18 };

/* Up to n rows from s on; *has_long: one went over several lines. */
static void take_rows(kr__csv_scan *s, int64_t n, const char *missing, kr__csv_sample *out,
                      bool *has_long) {
    s->err = NULL;
    for (; n > 0 && s->at < s->end; n--) {
        kr__csv_field *row = out->cells + out->n_rows * out->n_fields, f;
        bool is_last = false;
        int64_t k = 0, line = s->line;
        for (; !is_last; k++) {
            if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return;
            if (k >= out->n_fields) continue;
            row[k] = kr__csv_trim(f);
            if (kr__is_listed_gap(missing, row[k].text, row[k].size)) row[k].size = 0;
        }
        *has_long = *has_long || s->line != line;
        out->n_rows += k == out->n_fields;
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
    take_rows(&later, n, missing, out, &has_long);
}

kr_status kr__csv_sample_take(const kr__csv_scan *s, int64_t n_fields, const char *missing,
                              kr_arena *arena, kr__csv_sample *out) {
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
    take_rows(&first, most, missing, out, &has_long);
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
