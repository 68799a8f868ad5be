/* SPDX-License-Identifier: MIT
 * dialect.c - how the text of a table is divided.
 *
 * Each delimiter is tried on the first lines: one that gives every line the same number of fields,
 * and fields that are numbers and dates, is right. Blanks are one where no other is. */
#include "tables/dialect.h"

#include <inttypes.h>
#include <kr/rows.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "tables/date_choice.h"
#include "tables/number_format.h"

enum { TRIED = 200 /* lines */, TYPED_CELLS = 4000, MOST_TITLES = 40, FIRST = 32 };
static const char delimiters[] = ",;\t|";

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

/* What the fields of a line look like. */
typedef struct look {
    int64_t n_fields, n_typed; /* n_typed: numbers, dates, times */
    int64_t n_gaps;
    int64_t n_in_time;    /* dates, and years one behind the other */
    uint8_t kinds[FIRST]; /* kr__cell_kind of the first ones */
} look;

/* 0: it is none. */
static int64_t read_year(kr__csv_field f) {
    int64_t year = 0;
    if (f.size != 4) return 0;
    for (size_t i = 0; i < f.size; i++) {
        if (f.text[i] < '0' || f.text[i] > '9') return 0;
        year = 10 * year + (f.text[i] - '0');
    }
    return year;
}

/* Look at the fields of a line, of so many at most, and go to the next. False: it cannot be read by
 * this delimiter. */
static bool look_at_line(kr__csv_scan *s, int64_t most, look *out) {
    kr__csv_field f;
    bool is_last = false;
    int64_t year = 0, year_before;
    s->err = NULL;
    *out = (look){.n_fields = 0};
    for (; !is_last; out->n_fields++) {
        if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return false;
        if (out->n_fields >= most) continue;
        kr__cell_kind kind = kr__cell_kind_of(f = kr__csv_trim(f));
        year_before = year;
        year = read_year(f);
        bool is_next_year = year > 0 && (year_before == 0 || year == year_before + 1);
        out->n_in_time += kind == KR__CELL_DATE || is_next_year;
        out->n_gaps += kind == KR__CELL_GAP;
        out->n_typed += kind != KR__CELL_GAP && kind != KR__CELL_TEXT;
        if (out->n_fields < FIRST) out->kinds[out->n_fields] = (uint8_t)kind;
    }
    s->line++;
    kr__csv_skip_blank_lines(s);
    return true;
}

/* Of the same number of fields, which are of the same kinds where both have something. */
static bool are_alike(const look *a, const look *b) {
    if (a->n_fields != b->n_fields) return false;
    for (int64_t i = 0; i < a->n_fields && i < FIRST; i++) {
        bool is_gap = a->kinds[i] == KR__CELL_GAP || b->kinds[i] == KR__CELL_GAP;
        if (!is_gap && a->kinds[i] != b->kinds[i]) return false;
    }
    return true;
}

/* ---- delimiter -------------------------------------------------------------------------- */

/* The first lines, divided by one delimiter. */
typedef struct shape {
    int64_t n_lines;
    look lines[TRIED];
    int64_t n_titles;     /* lines above the header */
    int64_t width, n_fit; /* the number of fields that most lines have from then on; those lines */
    bool is_broken;       /* a line cannot be divided by it */
    double typed;         /* the share of cells that are numbers, dates or gaps, without line 1 */
} shape;

/* The number of fields that most lines have. */
static void find_width(shape *h) {
    for (int64_t i = h->n_titles; i < h->n_lines; i++) {
        int64_t n = 0;
        for (int64_t k = h->n_titles; k < h->n_lines; k++) {
            n += h->lines[k].n_fields == h->lines[i].n_fields;
        }
        if (n <= h->n_fit) continue;
        h->n_fit = n;
        h->width = h->lines[i].n_fields;
    }
}

/* What lines of the second half, where no titles are, have in each column; false: not most of them
 * have n_fields fields. */
static bool find_usual(const shape *h, int64_t n_fields, look *usual) {
    int64_t first = h->n_lines / 2, n_such = 0;
    *usual = (look){.n_fields = n_fields};
    for (int64_t i = first; i < h->n_lines; i++) n_such += h->lines[i].n_fields == n_fields;
    for (int64_t c = 0; c < n_fields && c < FIRST; c++) {
        int64_t n[KR__N_CELL_KINDS] = {0}, best = 0;
        for (int64_t i = first; i < h->n_lines; i++) {
            uint8_t kind = h->lines[i].kinds[c];
            if (h->lines[i].n_fields != n_fields || kind == KR__CELL_GAP) continue;
            if (++n[kind] <= best) continue;
            best = n[kind];
            usual->kinds[c] = kind;
        }
    }
    return n_such * 2 > h->n_lines - first;
}

/* Words and empty fields, more than one in all, or words before a row of dates; the line below is
 * as lines usually are. */
static bool may_be_header(const shape *h, int64_t i) {
    enum { LEAST_DATES = 4 };
    const look *line = &h->lines[i], *below = &h->lines[i + 1];
    bool is_wide = line->kinds[0] == KR__CELL_TEXT && line->n_typed >= LEAST_DATES &&
                   line->n_in_time == line->n_typed;
    bool has_names =
        line->n_fields > 1 && (line->n_typed == 0 || is_wide) && line->n_gaps < line->n_fields;
    look usual;
    return has_names && i + 1 < h->n_lines && find_usual(h, below->n_fields, &usual) &&
           are_alike(below, &usual);
}

/* Is a line above line i no part of its table? It has another number of fields, or numbers and
 * dates elsewhere than the rows have them. */
static bool is_title(const shape *h, int64_t title, int64_t i) {
    const look *line = &h->lines[title];
    return line->n_fields != h->lines[i].n_fields ||
           (line->n_typed > 0 && !are_alike(line, &h->lines[i + 1]));
}

/* The first line that may be a header, if there are titles above it: "Report of May", then a line
 * for each setting of the report. */
static int64_t count_titles(const shape *h) {
    for (int64_t i = 0; i < h->n_lines && i <= MOST_TITLES; i++) {
        bool has_title = false, has_row = false;
        if (!may_be_header(h, i)) continue;
        for (int64_t k = 0; k < i; k++) {
            has_title = has_title || is_title(h, k, i);
            has_row =
                has_row || (h->lines[k].n_typed > 0 && are_alike(&h->lines[k], &h->lines[i + 1]));
        }
        return has_title && !has_row ? i : 0;
    }
    return 0;
}

static void measure_shape(const kr__csv_scan *start, char delimiter, shape *h) {
    kr__csv_scan s = *start;
    int64_t n_cells = 0, n_typed = 0, n_left = TYPED_CELLS;
    *h = (shape){.n_lines = 0};
    s.delimiter = delimiter;
    kr__csv_skip_blank_lines(&s);
    for (; h->n_lines < TRIED && s.at < s.end; h->n_lines++) {
        look *line = &h->lines[h->n_lines];
        h->is_broken = !look_at_line(&s, n_left > FIRST ? n_left : FIRST, line);
        n_left -= line->n_fields;
        if (h->is_broken) break;
    }
    h->n_titles = count_titles(h);
    for (int64_t i = h->n_titles + 1; i < h->n_lines && n_cells < TYPED_CELLS; i++) {
        n_cells += h->lines[i].n_fields;
        n_typed += h->lines[i].n_typed + h->lines[i].n_gaps;
    }
    find_width(h);
    h->typed = n_cells > 0 ? (double)n_typed / (double)n_cells : 1;
}

/* Most lines have the same number of fields, and so has the first, or one less: rows may end with a
 * delimiter. */
static bool is_regular(const shape *h) {
    int64_t n = h->n_lines - h->n_titles, first = h->lines[h->n_titles].n_fields;
    bool fits = first == h->width || (first > 1 && first + 1 == h->width);
    return !h->is_broken && h->width > 1 && fits && h->n_fit * 10 >= n * 8;
}

/* In line 1, if no delimiter is regular: a comma, or else another. */
static char find_in_line(const kr__csv_scan *s) {
    size_t n = (size_t)(find_line_end(s) - s->at);
    for (const char *d = delimiters; *d; d++) {
        if (memchr(s->at, *d, n)) return *d;
    }
    return ',';
}

static kr_status choose_delimiter(const kr__csv_scan *s, char given, const kr__reading *before,
                                  kr__reading *reading) {
    const char one[] = {given, '\0'};
    double best = -1;
    bool has_one = given;
    shape *h = kr__calloc(1, sizeof *h);
    if (!h) return kr_fail(s->err, KR_MEMORY, "%s: no memory for the table", s->name);
    reading->delimiter = given ? given : before ? before->delimiter : find_in_line(s);
    for (const char *d = given ? one : delimiters; *d; d++) {
        measure_shape(s, *d, h);
        if (!is_regular(h) || h->typed <= best) continue;
        best = h->typed;
        has_one = true;
        reading->delimiter = *d;
        reading->n_titles = h->n_titles;
    }
    if (!has_one) measure_shape(s, ' ', h);
    if (!has_one && is_regular(h) && h->typed * 2 > 1) {
        reading->delimiter = ' ';
        reading->n_titles = h->n_titles;
    }
    kr_free(h);
    return KR_OK;
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

/* "# date,a" above rows without another header: the number of fields is that of the next line,
 * which has numbers or dates. */
static bool is_header_behind_mark(const kr__csv_scan *start, char delimiter) {
    const char one[] = {delimiter, '\0'};
    for (const char *d = delimiter ? one : delimiters; *d; d++) {
        kr__csv_scan s = *start;
        look header, row;
        s.delimiter = *d;
        if (!look_at_line(&s, 0, &header) || s.at == s.end || is_comment(&s)) continue;
        if (!look_at_line(&s, TYPED_CELLS, &row) || row.n_typed == 0) continue;
        if (header.n_fields == row.n_fields && row.n_fields > 1) return true;
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
    KR_TRY(choose_delimiter(s, delimiter, before, reading));
    s->delimiter = reading->delimiter;
    kr__csv_skip_blank_lines(s);
    for (int64_t i = 0; i < reading->n_titles; i++) skip_line(s);
    return KR_OK;
}
