/* SPDX-License-Identifier: MIT
 * ragged.c - a file with a row for each series, as M4's are: its name, then its values, as many as
 * it has. Such a file is known by its first lines: columns that are numbered (V2, V3, ..), and
 * names in front that differ and are neither numbers nor dates. */
#include <string.h>
#include <zlib.h>

#include "core/platform.h"
#include "core/text.h"
#include "tables/csv_fields.h"
#include "tables/date_choice.h"
#include "tables/m4.h"
#include "tables/number.h"

enum { HEAD = 1 << 18 /* bytes */, MOST_LINES = 64, LEAST_LINES = 2 };
static const size_t LARGEST = (size_t)4 << 30; /* bytes of text */

/* ---- the first lines -------------------------------------------------------------------- */

/* Whole lines, of a plain or packed file; 0 bytes: there are none, or it cannot be read. */
static size_t read_head(const char *path, char *text) {
    gzFile file = gzopen(path, "rbe");
    int n = file ? gzread(file, text, HEAD) : 0;
    if (file) gzclose(file);
    if (n <= 0 || memchr(text, 0, (size_t)n)) return 0;
    if (n < HEAD) return (size_t)n;
    while (n > 0 && text[n - 1] != '\n') n--;
    return (size_t)n;
}

/* The last digits of a name as a number, -1: none; *n: the characters before them. */
static int64_t take_number(kr__csv_field f, size_t *n) {
    char digits[16];
    int64_t number = -1;
    *n = f.size;
    while (*n > 0 && f.text[*n - 1] >= '0' && f.text[*n - 1] <= '9') (*n)--;
    size_t n_digits = f.size - *n;
    if (n_digits == 0 || n_digits >= sizeof digits) return -1;
    memcpy(digits, f.text + *n, n_digits);
    digits[n_digits] = '\0';
    return kr__text_int(digits, &number) ? number : -1;
}

/* "V1,V2,V3", "id,1,2,3": from the second on one name with numbers that follow one another. */
static bool is_numbered_header(kr__csv_scan *s) {
    kr__csv_field f, before = {.text = NULL};
    bool is_last = false;
    int64_t n = 0, last = 0;
    size_t n_before = 0, n_name;
    for (; !is_last; n++) {
        if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return false;
        f = kr__csv_trim(f);
        int64_t number = take_number(f, &n_name);
        if (n == 0) {
            char name[64];
            snprintf(name, sizeof name, "%.*s", f.size < sizeof name ? (int)f.size : 0, f.text);
            if (kr__is_time_name(name)) return false;
            continue;
        }
        bool is_next = n == 1 || (number == last + 1 && n_name == n_before &&
                                  memcmp(f.text, before.text, n_name) == 0);
        if (number < 0 || !is_next) return false;
        before = f;
        n_before = n_name;
        last = number;
    }
    return n > 2;
}

/* A name of a series, then at least one number. */
static bool take_line(kr__csv_scan *s, kr__csv_field *name) {
    kr__csv_field f;
    bool is_last = false, has_number = false;
    double value;
    if (kr__csv_take_field(s, name, &is_last) != KR_OK) return false;
    *name = kr__csv_trim(*name);
    if (kr__number_parse(name->text, name->size, &value) != KR__NUMBER_NONE) return false;
    while (!is_last) {
        if (kr__csv_take_field(s, &f, &is_last) != KR_OK) return false;
        f = kr__csv_trim(f);
        kr__number_kind kind = kr__number_parse(f.text, f.size, &value);
        if (kind != KR__NUMBER && kind != KR__NUMBER_GAP) return false;
        has_number = has_number || kind == KR__NUMBER;
    }
    return has_number;
}

static bool is_new(const kr__csv_field *names, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (names[i].size != names[n].size) continue;
        if (memcmp(names[i].text, names[n].text, names[n].size) == 0) return false;
    }
    return true;
}

static bool looks_ragged(const char *text, size_t size) {
    kr__csv_scan s = {.name = "", .at = text, .end = text + size, .delimiter = ','};
    kr__csv_field names[MOST_LINES];
    int64_t n = 0;
    if (!is_numbered_header(&s)) return false;
    for (kr__csv_skip_blank_lines(&s); s.at < s.end && n < MOST_LINES; n++) {
        if (!take_line(&s, &names[n]) || !is_new(names, n)) return false;
        kr__csv_skip_blank_lines(&s);
    }
    return n >= LEAST_LINES && kr__date_kinds(names, n) == 0;
}

/* ---- the reader ------------------------------------------------------------------------- */

/* Who says how the text is written, or which column holds dates or names, means another table. */
static bool is_told_otherwise(const kr_rows_options *o) {
    const char *const all[] = {o->date_column, o->id_column, o->pattern, o->delimiter,
                               o->decimal,     o->thousands, o->header,  o->date_format,
                               o->repeats,     o->timezone,  o->sheet,   o->sort};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] && *all[i]) return true;
    }
    return false;
}

static bool probe(const char *path, const kr_rows_options *options) {
    char *text = is_told_otherwise(options) ? NULL : kr__calloc(HEAD, 1);
    bool is_ragged = text && looks_ragged(text, read_head(path, text));
    kr_free(text);
    return is_ragged;
}

static kr_status open_rows(const char *path, const kr_rows_options *options, kr_rows **out,
                           kr_error *err) {
    kr__m4_file file = {.name = path};
    uint8_t *bytes = NULL;
    KR_TRY(kr__file_read(path, LARGEST, &bytes, &file.n_bytes, err));
    file.bytes = bytes;
    kr_status status = kr__m4_read_series(&file, options->keeps_gaps, out, err);
    kr_free(bytes);
    if (status == KR_OK) {
        kr_team_log(options->team, KR_LOG_NOTE,
                    "%s: read as: a row for each of %lld series, its name and then its values",
                    path, (long long)kr_rows_series_count(*out));
    }
    return status;
}

const kr__reader kr__reader_ragged = {.name = "ragged",
                                      .extensions = ".csv|.csv.gz|.txt|.txt.gz",
                                      .uses = KR__READS_IDS,
                                      .probe = probe,
                                      .open = open_rows};
