/* SPDX-License-Identifier: MIT
 * csv_end.c - lines between and behind the rows of a table that are none. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "tables/csv_reader.h"
#include "tables/dialect.h"

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

static bool is_sum(const kr__csv_reader *r, int64_t output, double value) {
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
static last_line examine_line(const kr__csv_reader *r, kr__csv_scan *s) {
    last_line line = {.is_read = true, .is_empty = true, .has_sums = true};
    bool is_last = false, has_number = false, has_more = false;
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
        line.is_empty = line.is_empty && f.size == 0;
        has_more = has_more || (n >= r->plan.n_fields && f.size > 0);
        if (n >= r->plan.n_fields || r->plan.places[n]) continue;
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
    line.is_read = (n >= r->plan.n_fields && !has_more) || line.is_remark;
    s->line++;
    kr__csv_skip_blank_lines(s);
    return line;
}

/* From this row on, which has no date, are there only totals and lines with nothing in them? Then
 * they are left out. */
bool kr__csv_leave_out_totals(kr__csv_reader *r, kr__csv_scan start) {
    kr__csv_scan s = start;
    kr__reading *reading = &r->plan.reading;
    int64_t n_totals = 0;
    char word[sizeof reading->total] = "";
    if (r->blocks && !kr__row_blocks_are_done(r->blocks)) return false;
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
bool kr__csv_skip_header(kr__csv_reader *r, kr__csv_scan start) {
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
