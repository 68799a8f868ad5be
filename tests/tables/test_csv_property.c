/* SPDX-License-Identifier: MIT
 * test_csv_property.c - random tables, written in every dialect, come back: numbers, dates, names.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "core/random.h"
#include "tables/csv.h"

enum { ROWS = 24, COLUMNS = 5, SIZE = 64 << 10, LONGEST = 400 };

/* What a table is, however it is written. */
typedef struct model {
    char names[COLUMNS][40];
    double values[ROWS][COLUMNS];
    char plain[ROWS][COLUMNS][32]; /* the same as decimal text */
    int64_t dates[ROWS];
} model;

typedef struct number_style {
    char decimal;
    const char *thousands;
} number_style;

static const number_style numbers[] = {{'.', ""},         {'.', ","},           {',', ""},
                                       {',', "."},        {'.', "'"},           {',', " "},
                                       {',', "\xc2\xa0"}, {'.', "\xe2\x80\x99"}};
static const char delimiters[] = ",;\t|^";
typedef enum date_style {
    NO_DATES,
    ISO,
    ISO_CLOCK,
    DAY_FIRST,
    MONTH_FIRST,
    MONTH_NAME,
    AM_PM,
    BASIC,
    EPOCH,
    EPOCH_MS,
    EXCEL,
    TWO_COLUMNS,
    OFFSETS,
    N_DATES
} date_style;
typedef enum { UTF8, UTF8_MARK, UTF16LE, UTF16BE, CP1252, N_ENCODINGS } encoding;

typedef struct dialect {
    char delimiter;
    number_style number;
    date_style date;
    encoding encoding;
    const char *line_end;
    bool has_header, has_index, has_units, has_comment, has_total;
} dialect;

static kr_rng rng;

static int below(int n) { return (int)kr__rng_below(&rng, (uint64_t)n); }

/* ---- a table ----------------------------------------------------------------------------- */

static void make_name(char *name, int column) {
    static const char *const parts[] = {"load", "\xc3\xbc",     " of", "\"x\"", ",", ";", "|", "\n",
                                        "A",    "\xe2\x82\xac", "'",   "(kW)",  "^", "."};
    int n = sprintf(name, "v%d", column);
    for (int i = below(4); i > 0; i--) n += sprintf(name + n, "%s", parts[below(14)]);
}

/* Column 3 is a percentage, column 4 yes and no. */
static void make_model(model *m, bool is_daily) {
    static const int64_t start = INT64_C(1700000000) / 86400 * 86400;
    for (int c = 0; c < COLUMNS; c++) make_name(m->names[c], c);
    for (int row = 0; row < ROWS; row++) {
        m->dates[row] = (start + row * (is_daily ? 86400 : 3600 * 7)) * KR__SECOND;
        for (int c = 0; c < COLUMNS; c++) {
            char *text = m->plain[row][c];
            int digits = row == 0 ? 2 : below(4);
            long long k = below(2) ? below(10000000) : below(2000);
            if (row < 2) k = 1234567 + c; /* shows both signs */
            snprintf(text, 32, "%s%.*f", row > 1 && below(4) == 0 && k > 0 ? "-" : "", digits,
                     (double)k / 1000);
            if (c == 4) strcpy(text, below(2) ? "1" : "0");
            m->values[row][c] = strtod(text, NULL);
            if (row > 2 && below(20) == 0) m->values[row][c] = (double)NAN;
        }
    }
}

/* ---- written ------------------------------------------------------------------------------ */

typedef struct writer {
    char text[SIZE];
    size_t n;
    const dialect *d;
    bool is_first; /* of its line */
} writer;

static void put(writer *w, const char *text) {
    w->n += (size_t)sprintf(w->text + w->n, "%s", text);
}

static void put_field(writer *w, const char *text) {
    char special[] = {w->d->delimiter, '"', '\n', '\0'}, separator[2] = {w->d->delimiter, '\0'};
    bool is_quoted = strpbrk(text, special) != NULL || below(10) == 0;
    if (!w->is_first) put(w, separator);
    w->is_first = false;
    if (is_quoted) put(w, "\"");
    for (const char *p = text; *p; p++) {
        char c[3] = {*p, is_quoted && *p == '"' ? '"' : '\0', '\0'};
        put(w, c);
    }
    if (is_quoted) put(w, "\"");
}

static void end_line(writer *w) {
    put(w, w->d->line_end);
    w->is_first = true;
}

/* 1234.5 with the signs of the dialect. */
static void style_number(const dialect *d, const char *plain, char *out) {
    const char *point = strchr(plain, '.');
    size_t n_whole = point ? (size_t)(point - plain) : strlen(plain), first = plain[0] == '-';
    char *to = out;
    for (size_t i = 0; plain[i]; i++) {
        size_t left = n_whole - i;
        if (i < n_whole && i > first && left % 3 == 0) to += sprintf(to, "%s", d->number.thousands);
        *to++ = plain[i] == '.' ? d->number.decimal : plain[i];
    }
    *to = '\0';
}

static void put_value(writer *w, const model *m, int row, int c) {
    static const char *const gaps[] = {"", "NA", "-", "n/a", "?", "#DIV/0!", "null"};
    char text[60];
    if (isnan(m->values[row][c])) {
        put_field(w, gaps[below(7)]);
        return;
    }
    style_number(w->d, m->plain[row][c], text);
    if (c == 3) strcat(text, w->d->number.decimal == ',' ? " %" : "%");
    if (c == 4) strcpy(text, m->values[row][c] == 1 ? "yes" : "No");
    put_field(w, text);
}

static void put_date(writer *w, int64_t micros) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    kr_datetime t;
    char a[60], b[30] = "";
    kr__datetime_from_micros(micros, &t);
    int64_t seconds = micros / KR__SECOND;
    switch (w->d->date) {
        case ISO:
            sprintf(a, "%d-%02d-%02d", t.year, t.month, t.day);
            break;
        case ISO_CLOCK:
            sprintf(a, "%d-%02d-%02dT%02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
            break;
        case DAY_FIRST:
            sprintf(a, "%d.%d.%d %d:%02d", t.day, t.month, t.year, t.hour, t.minute);
            break;
        case MONTH_FIRST:
            sprintf(a, "%02d/%02d/%02d", t.month, t.day, t.year % 100);
            break;
        case MONTH_NAME:
            sprintf(a, "%02d %s %d", t.day, months[t.month - 1], t.year);
            break;
        case AM_PM:
            sprintf(a, "%d/%d/%d %d:%02d %s", t.month, t.day, t.year, (t.hour + 11) % 12 + 1,
                    t.minute, t.hour < 12 ? "AM" : "PM");
            break;
        case BASIC:
            sprintf(a, "%d%02d%02d", t.year, t.month, t.day);
            break;
        case EPOCH:
            sprintf(a, "%" PRId64, seconds);
            break;
        case EPOCH_MS:
            sprintf(a, "%" PRId64 "000", seconds);
            break;
        case EXCEL:
            sprintf(a, "%" PRId64, seconds / 86400 + 25569);
            break;
        case OFFSETS: /* the clock changes in the middle; the last row is on +01:00 */
            kr__datetime_from_micros(seconds < 1700600000 ? micros + KR__HOUR : micros, &t);
            sprintf(a, "%d-%02d-%02d %02d:%02d:00+0%d:00", t.year, t.month, t.day, t.hour, t.minute,
                    seconds < 1700600000 ? 2 : 1);
            break;
        default: /* TWO_COLUMNS */
            sprintf(a, "%02d/%02d/%d", t.day, t.month, t.year);
            sprintf(b, "%02d:%02d", t.hour, t.minute);
    }
    put_field(w, a);
    if (*b) put_field(w, b);
}

static void put_header(writer *w, const model *m) {
    if (w->d->has_index) put_field(w, "");
    if (w->d->date != NO_DATES) put_field(w, "Date");
    if (w->d->date == TWO_COLUMNS) put_field(w, "Time");
    for (int c = 0; c < COLUMNS; c++) put_field(w, m->names[c]);
    end_line(w);
}

static void put_units(writer *w) {
    if (w->d->has_index) put_field(w, "");
    if (w->d->date != NO_DATES) put_field(w, "");
    if (w->d->date == TWO_COLUMNS) put_field(w, "");
    for (int c = 0; c < COLUMNS; c++) put_field(w, c == 4 ? "" : "kW");
    end_line(w);
}

static void write_table(writer *w, const model *m) {
    if (w->d->delimiter == '^') {
        put(w, "sep=^");
        end_line(w);
    }
    if (w->d->has_comment) {
        put(w, "# exported, today");
        end_line(w);
    }
    if (w->d->has_header) put_header(w, m);
    if (w->d->has_units) put_units(w);
    for (int row = 0; row < ROWS; row++) {
        char number[12];
        snprintf(number, sizeof number, "%d", row);
        if (w->d->has_index) put_field(w, number);
        if (w->d->date != NO_DATES) put_date(w, m->dates[row]);
        for (int c = 0; c < COLUMNS; c++) put_value(w, m, row, c);
        end_line(w);
    }
    if (!w->d->has_total) return;
    if (w->d->has_index) put_field(w, "");
    put_field(w, "Total");
    if (w->d->date == TWO_COLUMNS) put_field(w, "");
    for (int c = 0; c < COLUMNS; c++) put_field(w, c < 3 ? "7" : "");
    end_line(w);
}

/* ---- encoded ------------------------------------------------------------------------------ */

static uint32_t take_character(const char **p) {
    const uint8_t *u = (const uint8_t *)*p;
    int n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : 3;
    *p += n;
    if (n == 1) return u[0];
    if (n == 2) return (uint32_t)(u[0] & 31) << 6 | (u[1] & 63);
    return (uint32_t)(u[0] & 15) << 12 | (uint32_t)(u[1] & 63) << 6 | (u[2] & 63);
}

static size_t encode(const char *text, encoding e, uint8_t *out) {
    size_t n = 0;
    if (e == UTF8 || e == UTF8_MARK) {
        if (e == UTF8_MARK) n = (size_t)sprintf((char *)out, "\xef\xbb\xbf");
        memcpy(out + n, text, strlen(text));
        return n + strlen(text);
    }
    if (e != CP1252) {
        out[n++] = e == UTF16LE ? 0xff : 0xfe;
        out[n++] = e == UTF16LE ? 0xfe : 0xff;
    }
    for (const char *p = text; *p;) {
        uint32_t c = take_character(&p);
        if (e == CP1252) {
            out[n++] = (uint8_t)(c == 0x20ac ? 0x80 : c == 0x2019 ? 0x92 : c);
        } else {
            out[n++] = (uint8_t)(e == UTF16LE ? c & 255 : c >> 8);
            out[n++] = (uint8_t)(e == UTF16LE ? c >> 8 : c & 255);
        }
    }
    return n;
}

/* ---- read again --------------------------------------------------------------------------- */

/* Newlines become blanks, and there may be none around it. */
static bool is_name(const char *got, const char *want) {
    for (; *want; want++, got++) {
        if (*got != (*want == '\n' ? ' ' : *want)) return false;
    }
    return !*got;
}

static void compare(const kr_table *t, const model *m, const dialect *d, const char *text) {
    if (t->n_rows != ROWS || t->n_columns != COLUMNS) {
        fail_msg("%" PRId64 " rows of %" PRId64 " (%s):\n%.400s", t->n_rows, t->n_columns,
                 t->names[0], text);
    }
    assert_int_equal(t->timestamps != NULL, d->date != NO_DATES);
    for (int c = 0; c < COLUMNS; c++) {
        char number[8];
        snprintf(number, sizeof number, "c%d", c + 1);
        if (!is_name(t->names[c], d->has_header ? m->names[c] : number)) {
            fail_msg("%s:\n%.400s", t->names[c], text);
        }
    }
    for (int row = 0; row < ROWS; row++) {
        if (t->timestamps && t->timestamps[row] != m->dates[row]) {
            fail_msg("date of row %d:\n%.400s", row + 1, text);
        }
        for (int c = 0; c < COLUMNS; c++) {
            double got = t->values[row * COLUMNS + c], want = m->values[row][c];
            if (isnan(got) && isnan(want)) continue;
            if (memcmp(&got, &want, sizeof got) != 0) {
                fail_msg("%s, row %d: %.17g is not %.17g:\n%.400s", t->names[c], row + 1, got, want,
                         text);
            }
        }
    }
}

static void round_trip(const dialect *d) {
    static writer w;
    static model m;
    static uint8_t bytes[2 * SIZE];
    const kr_csv_options options = {.keeps_gaps = true};
    kr_table *t = NULL;
    kr_error err;
    bool is_daily = d->date != ISO_CLOCK && d->date != DAY_FIRST && d->date != AM_PM &&
                    d->date != TWO_COLUMNS && d->date != EPOCH && d->date != EPOCH_MS;
    make_model(&m, is_daily);
    w = (writer){.d = d, .is_first = true};
    write_table(&w, &m);
    size_t n = encode(w.text, d->encoding, bytes);
    if (kr__csv_read_bytes("t", bytes, n, &options, &t, &err) != KR_OK) {
        fail_msg("%s:\n%.*s", err.text, LONGEST, w.text);
    }
    compare(t, &m, d, w.text);
    kr__table_destroy(t);
}

static void every_dialect_comes_back(void **state) {
    (void)state;
    static const char *const line_ends[] = {"\n", "\r\n", "\r"};
    rng = kr__rng_make(14, KR_STREAM_TEST, 0);
    for (int i = 0; i < 5 * 8 * N_DATES * 2 * 3; i++) {
        int k = i;
        dialect d = {.delimiter = delimiters[k % 5]};
        d.number = numbers[(k /= 5) % 8];
        d.date = (date_style)((k /= 8) % N_DATES);
        d.has_header = (k / N_DATES) % 2 == 0;
        d.encoding = (encoding)below(N_ENCODINGS);
        d.line_end = line_ends[below(3)];
        d.has_index = d.has_header && below(2);
        d.has_units = d.has_header && below(3) == 0;
        d.has_comment = below(3) == 0;
        d.has_total = d.date != NO_DATES && below(3) == 0;
        round_trip(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_dialect_comes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
