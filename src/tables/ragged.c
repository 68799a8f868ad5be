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

enum { CELL = 64, MOST_LINES = 64, LEAST_LINES = 2 };
enum { BLOCK = 4096, MOST_BYTES = 1 << 20 /* of the first lines */ };
static const size_t LARGEST = (size_t)4 << 30; /* bytes of text */

/* ---- the first lines, cell by cell ------------------------------------------------------ */

/* No memory is asked for: without it a file would be taken for another kind. */
typedef struct head {
    gzFile file; /* plain or packed */
    char block[BLOCK];
    int n, at, n_read;
} head;

enum { END = -1 };
static int peek(head *h) {
    if (h->at == h->n) {
        h->at = 0;
        h->n = h->n_read < MOST_BYTES ? gzread(h->file, h->block, BLOCK) : 0;
        h->n_read += h->n > 0 ? h->n : 0;
    }
    return h->n > 0 ? (unsigned char)h->block[h->at] : END;
}

static int take(head *h) {
    int c = peek(h);
    if (c != END) h->at++;
    return c;
}

typedef struct cell {
    char text[CELL];
    size_t size;
    bool is_last; /* of its line */
} cell;

static bool end_cell(cell *c, bool is_last) {
    kr__csv_field f = kr__csv_trim((kr__csv_field){.text = c->text, .size = c->size});
    memmove(c->text, f.text, f.size);
    c->size = f.size;
    c->text[c->size] = '\0';
    c->is_last = is_last;
    return true;
}

/* Between commas, perhaps within quotes. false: it is longer than any name or number. */
static bool take_cell(head *h, cell *c) {
    bool is_quoted = false;
    *c = (cell){.size = 0};
    while (true) {
        int sign = take(h);
        bool is_end = sign == END || (!is_quoted && sign == '\n');
        if (is_end || (!is_quoted && sign == ',')) return end_cell(c, is_end);
        if (sign == 0 || c->size + 1 == CELL) return false;
        if (sign == '"') {
            is_quoted = !is_quoted;
        } else if (sign != '\r') {
            c->text[c->size++] = (char)sign;
        }
    }
}

/* "V1,V2,V3", "id,1,2,3": from the second on one name with numbers that follow one another. Numbers
 * alone may be years, which are dates (turned.h). */
static bool is_numbered_header(head *h) {
    enum { FIRST_YEAR = 1000, LAST_YEAR = 2999 };
    cell c, first;
    int64_t n = 1, last = 0;
    size_t n_first = 0, n_name;
    if (!take_cell(h, &c) || c.is_last || kr__is_time_name(c.text)) return false;
    for (; !c.is_last; n++) {
        if (!take_cell(h, &c)) return false;
        int64_t number = kr__csv_number_at_end(kr__csv_trim_name(c.text), &n_name);
        if (n == 1) {
            first = c;
            n_first = n_name;
            if (n_name == 0 && number >= FIRST_YEAR && number <= LAST_YEAR) return false;
        }
        bool is_next = n == 1 || number == last + 1;
        if (number < 0 || !is_next || n_name != n_first) return false;
        if (memcmp(c.text, first.text, n_name) != 0) return false;
        last = number;
    }
    return n > 2;
}

/* A name of a series, then at least one number. */
static bool take_line(head *h, cell *name) {
    cell c;
    bool has_number = false;
    double value;
    if (!take_cell(h, name) || name->is_last) return false;
    if (kr__number_parse(name->text, name->size, &value) != KR__NUMBER_NONE) return false;
    do {
        if (!take_cell(h, &c)) return false;
        kr__number_kind kind = kr__number_parse(c.text, c.size, &value);
        if (kind != KR__NUMBER && kind != KR__NUMBER_GAP) return false;
        has_number = has_number || kind == KR__NUMBER;
    } while (!c.is_last);
    return has_number;
}

static bool is_new(const cell *names, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (strcmp(names[i].text, names[n].text) == 0) return false;
    }
    return true;
}

static bool looks_ragged(head *h) {
    cell names[MOST_LINES];
    kr__csv_field fields[MOST_LINES];
    int64_t n = 0;
    if (!is_numbered_header(h)) return false;
    for (; n < MOST_LINES; n++) {
        while (peek(h) == '\n' || peek(h) == '\r') take(h);
        if (peek(h) == END) break;
        bool is_line = take_line(h, &names[n]);
        if (!is_line && h->n_read >= MOST_BYTES) break; /* cut, not wrong */
        if (!is_line || !is_new(names, n)) return false;
        fields[n] = (kr__csv_field){.text = names[n].text, .size = names[n].size};
    }
    return n >= LEAST_LINES && kr__date_kinds(fields, n) == 0;
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
    head h = {.n = 0};
    if (is_told_otherwise(options) || !(h.file = gzopen(path, "rbe"))) return false;
    bool is_ragged = looks_ragged(&h);
    gzclose(h.file);
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
