/* SPDX-License-Identifier: MIT
 * csv_strips.c - rows of a plain file, many at a time.
 *
 * How many rows are in front of each strip of the file is known, so that every strip is read into
 * its own place, whoever reads it. Series are numbered in each strip by themselves; in the end
 * those of all strips, in the order of the file, get the numbers that reading row by row gives
 * them. */
#include "tables/csv_strips.h"

#include <stdatomic.h>
#include <string.h>

#include "core/arena.h"

typedef struct strips {
    const kr__csv_reader *r;
    const kr__file_strips *file;
    kr__row_range range;
    int64_t n_before;     /* lines in front of the range */
    kr_per_worker memory; /* two strips: a row may begin in one and end in the next */
    struct {
        int64_t n, line, column; /* of the first */
    } gaps[KR__MOST_STRIPS];
    struct {
        kr__name_set set;
        kr_arena arena; /* of the names */
        int64_t first, n_rows;
    } series[KR__MOST_STRIPS];
    atomic_bool are_other; /* rows than plain ones: nobody needs to go on */
} strips;

/* Words need more than the row itself; blanks make no fields of their own. */
static bool is_plain(const kr__csv_reader *r) {
    const kr__csv_plan *plan = &r->plan;
    if (r->scan.delimiter == ' ') return false;
    for (int64_t i = 0; i < plan->n_fields; i++) {
        if (plan->places[i]) return false;
    }
    return true;
}

/* A reader of the lines of a strip, which are rows first .. end of the table. */
static bool read_lines(kr__csv_reader *r, int64_t end) {
    while (r->table->n_rows < end) {
        if (r->scan.at == r->scan.end || kr__csv_read_row(r) != KR_OK) return false;
    }
    return r->scan.at == r->scan.end;
}

static void read_strip(void *arg, int64_t piece, int worker) {
    strips *all = arg;
    const kr__file_strips *f = all->file;
    int64_t i = all->range.first + piece;
    size_t from = piece > 0 ? f->starts[i] : all->range.from, to = f->starts[i + 1];
    int64_t n_before = piece > 0 ? f->lines[i] : all->n_before;
    uint8_t *text = kr_per_worker_at(&all->memory, worker);
    if (from == to || atomic_load(&all->are_other)) return;
    kr_table rows = *all->r->table;
    kr__csv_reader r = *all->r;
    r.table = &rows;
    r.err = NULL;
    r.is_strip = true;
    r.n_gaps = 0;
    r.scan.at = (const char *)text;
    r.scan.end = r.scan.at + (to - from);
    r.scan.line = n_before + 1;
    r.scan.err = NULL;
    r.ids = (kr__name_set){.n = 0};
    rows.arena = (kr_arena){0};
    rows.n_rows += n_before - all->n_before;
    all->series[piece].first = rows.n_rows;
    all->series[piece].n_rows = f->lines[i + 1] - n_before;
    bool is_read = kr__file_strips_read(f, from, to, text) &&
                   read_lines(&r, rows.n_rows + f->lines[i + 1] - n_before);
    all->series[piece].set = r.ids;
    all->series[piece].arena = rows.arena;
    if (!is_read) atomic_store(&all->are_other, true);
    all->gaps[piece].n = r.n_gaps;
    all->gaps[piece].line = r.gap_line;
    all->gaps[piece].column = r.gap_column;
}

/* The number of a series of a strip among those of the table. */
static kr_status find_series(kr__csv_reader *r, const char *name, int64_t *id) {
    *id = kr__name_set_find(&r->ids, name);
    if (*id >= 0) return KR_OK;
    char *copy = kr__arena_strdup(&r->table->arena, name);
    *id = copy ? kr__name_set_add(&r->ids, copy) : -1;
    return *id >= 0 ? KR_OK : kr__csv_out_of_memory(r);
}

/* id: room for the numbers of a strip's series. */
static kr_status number_series(kr__csv_reader *r, const strips *s, int64_t *id) {
    for (int64_t i = 0; i < s->range.end - s->range.first; i++) {
        const kr__name_set *set = &s->series[i].set;
        int64_t *ids = r->table->ids + s->series[i].first;
        for (int64_t k = 0; k < set->n; k++) KR_TRY(find_series(r, set->names[k], &id[k]));
        for (int64_t k = 0; k < s->series[i].n_rows; k++) ids[k] = id[ids[k]];
    }
    return KR_OK;
}

static kr_status take_series(kr__csv_reader *r, const strips *s) {
    int64_t most = 0;
    if (r->plan.id_field < 0) return KR_OK;
    for (int64_t i = 0; i < s->range.end - s->range.first; i++) {
        if (s->series[i].set.n > most) most = s->series[i].set.n;
    }
    int64_t *id = kr__calloc((size_t)most + 1, sizeof *id);
    kr_status status = id ? number_series(r, s, id) : kr__csv_out_of_memory(r);
    kr_free(id);
    return status;
}

static void forget_series(strips *s) {
    for (int64_t i = 0; i < s->range.end - s->range.first; i++) {
        kr__name_set_deinit(&s->series[i].set);
        kr__arena_deinit(&s->series[i].arena);
    }
}

static void take_strips(kr__csv_reader *r, const strips *s) {
    int64_t n_rows = s->file->lines[s->range.end] - s->n_before;
    for (int64_t i = 0; i < s->range.end - s->range.first; i++) {
        if (r->n_gaps == 0 && s->gaps[i].n > 0) {
            r->gap_line = s->gaps[i].line;
            r->gap_column = s->gaps[i].column;
        }
        r->n_gaps += s->gaps[i].n;
    }
    r->table->n_rows += n_rows;
    r->scan.line += n_rows;
    r->has_moment = r->has_moment || r->plan.date_field >= 0;
}

kr_status kr__csv_read_strips(kr__csv_reader *r, int64_t room, bool *are_read) {
    strips s = {.r = r, .file = r->blocks->strips, .n_before = r->scan.line - 1};
    *are_read = false;
    if (!is_plain(r) || !kr__row_blocks_peek(r->blocks, &s.range)) return KR_OK;
    bool has_room = s.file->lines[s.range.end] - s.n_before <= room - r->table->n_rows;
    if (!has_room) return KR_OK;
    KR_TRY(kr_per_worker_init(&s.memory, r->options->team, (size_t)2 * KR__STRIP, r->err));
    kr_team_for(r->options->team, s.range.end - s.range.first, read_strip, &s);
    kr_per_worker_deinit(&s.memory);
    bool are_plain = !atomic_load(&s.are_other);
    kr_status status = are_plain ? take_series(r, &s) : KR_OK;
    forget_series(&s);
    if (status != KR_OK || !are_plain) return status;
    take_strips(r, &s);
    *are_read = true;
    return kr__row_blocks_pass(r->blocks, &s.range);
}
