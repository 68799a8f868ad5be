/* SPDX-License-Identifier: MIT
 * csv_strips.c - rows of plain numbers, many at a time.
 *
 * The text is cut into strips of whole lines. How many rows are in front of each is counted first,
 * so that every strip is read into its own place, whoever reads it. */
#include "tables/csv_strips.h"

#include <string.h>

#include "core/arena.h"
#include "tables/number.h"

enum { STRIP = 64 << 10, MOST_STRIPS = 1024 };

typedef struct strip {
    const char *from, *end;
    int64_t row, n_rows; /* of the table */
    bool is_read;
} strip;

typedef struct strips {
    const kr__csv_reader *r;
    strip *all;
    int64_t n;
} strips;

/* ---- cutting ---------------------------------------------------------------------------- */

/* A part of a date, a word, a series need more than the row itself. */
static bool is_plain(const kr__csv_reader *r) {
    const kr__csv_plan *plan = &r->plan;
    bool is_offset = r->has_moment && plan->reading.has_zone;
    if (is_offset || plan->has_parts || plan->id_field >= 0 || r->scan.delimiter == ' ')
        return false;
    for (int64_t i = 0; i < plan->n_fields; i++) {
        bool is_other = plan->is_read[i] && plan->reading.columns[i].role != KR__ROLE_NUMBER;
        if (is_other || plan->places[i]) return false;
    }
    return !memchr(r->scan.at, '"', (size_t)(r->scan.end - r->scan.at));
}

static bool cut_text(const kr__csv_reader *r, strips *s, int64_t *n_rows) {
    const char *at = r->scan.at, *end = r->scan.end;
    *n_rows = 0;
    for (s->n = 0; at < end; s->n++) {
        if (s->n == MOST_STRIPS) return false;
        const char *stop =
            end - at > STRIP ? memchr(at + STRIP, '\n', (size_t)(end - at - STRIP)) : NULL;
        strip *it = &s->all[s->n];
        *it = (strip){.from = at, .end = stop ? stop + 1 : end, .row = r->table->n_rows + *n_rows};
        it->n_rows = kr__count_newlines(it->from, it->end) + (it->end[-1] != '\n');
        *n_rows += it->n_rows;
        at = it->end;
    }
    return true;
}

/* ---- reading ---------------------------------------------------------------------------- */

static bool read_date(const kr__csv_reader *r, kr__csv_scan *s, int64_t *micros, bool *is_last) {
    kr__moment m;
    kr__csv_field f;
    if (kr__csv_take_field(s, &f, is_last) != KR_OK) return false;
    f = kr__csv_trim(f);
    if (!kr__date_read(&r->plan.reading.date_format, f.text, f.size, &m) || m.has_offset)
        return false;
    *micros = m.micros;
    return true;
}

/* As kr__csv_read_row() does with a plain row; false: it is none. */
static bool read_row(const kr__csv_reader *r, kr__csv_scan *s, int64_t row) {
    const kr__csv_plan *plan = &r->plan;
    double *values = r->table->values + row * r->table->n_columns;
    bool is_last = false;
    for (int64_t n = 0; n < plan->n_fields; n++) {
        if (is_last) return false;
        if (plan->is_read[n]) {
            if (!kr__csv_take_number(plan, s, n, values++, &is_last)) return false;
        } else if (n == plan->date_field) {
            if (!read_date(r, s, &r->table->timestamps[row], &is_last)) return false;
        } else {
            kr__csv_field unread;
            if (kr__csv_take_field(s, &unread, &is_last) != KR_OK) return false;
        }
    }
    return is_last;
}

static void read_strip(void *arg, int64_t piece, int worker) {
    const strips *all = arg;
    strip *it = &all->all[piece];
    kr__csv_scan s = all->r->scan;
    (void)worker;
    s.at = it->from;
    s.end = it->end;
    s.err = NULL;
    it->is_read = true;
    for (int64_t i = 0; i < it->n_rows && it->is_read; i++) {
        it->is_read = s.at < s.end && read_row(all->r, &s, it->row + i);
    }
    it->is_read = it->is_read && s.at == s.end;
}

bool kr__csv_read_strips(kr__csv_reader *r, int64_t room) {
    strips s = {.r = r};
    int64_t n_rows = 0;
    if (!is_plain(r)) return false;
    s.all = kr__calloc(MOST_STRIPS, sizeof *s.all);
    bool is_cut = s.all && cut_text(r, &s, &n_rows) && n_rows <= room - r->table->n_rows;
    if (is_cut) kr_team_for(r->options->team, s.n, read_strip, &s);
    for (int64_t i = 0; i < s.n && is_cut; i++) is_cut = s.all[i].is_read;
    kr_free(s.all);
    if (!is_cut) return false;
    r->table->n_rows += n_rows;
    r->scan.at = r->scan.end;
    r->scan.line += n_rows;
    r->has_moment = r->has_moment || r->plan.date_field >= 0;
    return true;
}
