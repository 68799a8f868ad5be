/* SPDX-License-Identifier: MIT
 * csv_last.c - which rows of a text are read when only the last are wanted. */
#include "tables/csv_last.h"

typedef struct walk {
    kr__csv_scan s; /* at a row */
    const kr__cut *cut;
    bool is_behind; /* the cut */
} walk;

static walk start_walk(const kr__csv_plan *plan, const kr__cut *cut) {
    walk w = {plan->scan, cut, cut->n_rows == 0};
    kr__csv_skip_blank_lines(&w.s);
    return w;
}

static kr_status go_on(walk *w) {
    KR_TRY(kr__csv_skip_row(&w->s));
    kr__csv_skip_blank_lines(&w->s);
    if (w->is_behind || w->s.line <= w->cut->line) return KR_OK;
    w->s.line += w->cut->n_lines;
    w->is_behind = true;
    return KR_OK;
}

/* Of the row at s. False: it has none. */
static bool read_date(const kr__csv_plan *plan, kr__csv_scan s, int64_t *micros) {
    kr__moment m;
    kr__csv_field f;
    kr__date_parts_row parts = {.month = 0};
    bool is_last = false, has_date = false;
    s.err = NULL;
    for (int64_t n = 0; !is_last && n < plan->n_fields; n++) {
        if (kr__csv_take_field(&s, &f, &is_last) != KR_OK) return false;
        f = kr__csv_trim(f);
        kr__date_part part = plan->reading.columns[n].part;
        if (part && !kr__date_part_read(part, f.text, f.size, &parts)) return false;
        if (n != plan->date_field) continue;
        has_date = kr__date_read(&plan->reading.date_format, f.text, f.size, &m);
    }
    if (!has_date) return false;
    *micros = m.micros - m.offset * KR__MINUTE;
    return !plan->has_parts || kr__date_parts_join(&parts, micros);
}

/* How often dates rise and fall. */
typedef struct course {
    bool has_date;
    int64_t date, n_up, n_down, n_far_up, n_far_down;
} course;

/* Totals have no date. */
static void follow(const kr__csv_plan *plan, const kr__csv_scan *row, course *c) {
    const int64_t hour = 60 * KR__MINUTE; /* back, at the end of summer time */
    int64_t before = c->date;
    if (plan->date_field < 0 || !read_date(plan, *row, &c->date)) return;
    int64_t step = c->has_date ? c->date - before : 0;
    c->n_up += step > 0;
    c->n_down += step < 0;
    c->n_far_up += step > hour;
    c->n_far_down += step < -hour;
    c->has_date = true;
}

kr_status kr__csv_find_last(const kr__csv_plan *plan, const kr__cut *cut, bool has_order, int64_t n,
                            int64_t n_more, kr__csv_last *out) {
    course c = {.has_date = false};
    walk w = start_walk(plan, cut);
    int64_t n_rows = 0, n_behind = 0;
    *out = (kr__csv_last){.from = w.s, .n_rows = n};
    while (w.s.at < w.s.end) {
        if (has_order) follow(plan, &w.s, &c);
        n_rows++;
        n_behind += w.is_behind;
        KR_TRY(go_on(&w));
    }
    out->n_all = n_rows + cut->n_rows;
    out->is_newest_first = c.n_down > c.n_up;
    out->is_unordered = out->is_newest_first ? c.n_far_up > 0 : c.n_far_down > 0;
    if (out->is_newest_first) return KR_OK;
    int64_t n_skipped = n_behind - n - n_more;
    w = start_walk(plan, cut);
    while (!w.is_behind || n_skipped-- > 0) KR_TRY(go_on(&w));
    out->from = w.s;
    return KR_OK;
}
