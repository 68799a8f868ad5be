/* SPDX-License-Identifier: MIT
 * rows_shard.c - one part of N of the series of a table, as if the others were not there; what
 * follows from all of them, the step of their dates, stays known. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "tables/name_list.h"
#include "tables/rows_internal.h"

/* ---- the whole -------------------------------------------------------------------------- */

static uint64_t hash_text(uint64_t hash, const char *text) {
    return kr__hash_bytes(hash, text, strlen(text) + 1);
}

/* Eight bytes at once: there may be many values. */
static uint64_t hash_numbers(uint64_t hash, const void *numbers, int64_t n) {
    const char *from = numbers;
    for (int64_t i = 0; i < n; i++) {
        uint64_t number;
        memcpy(&number, from + i * (int64_t)sizeof number, sizeof number);
        hash = (hash ^ number) * UINT64_C(1099511628211);
        hash ^= hash >> 32;
    }
    return hash;
}

uint64_t kr__rows_fingerprint(const kr_rows *r) {
    uint64_t hash = 0;
    for (int64_t c = 0; c < r->n_columns; c++) hash = hash_text(hash, r->columns[c]);
    for (int64_t i = 0; r->series && i < r->n_series; i++) hash = hash_text(hash, r->series[i]);
    hash = hash_numbers(hash, r->start, r->n_series + 1);
    if (r->dates) hash = hash_numbers(hash, r->dates, r->n_rows);
    return hash_numbers(hash, r->values, r->n_rows * r->n_columns);
}

/* why: of dates without a regular step; must outlive *whole. */
static kr_status look_at_whole(const kr_rows *all, kr__whole *whole, kr_error *why, kr_error *err) {
    whole->by_columns = !all->series;
    whole->fingerprint = kr__rows_fingerprint(all);
    whole->step_status = kr__rows_step(all, &whole->has_step, &whole->step, why);
    if (whole->step_status == KR_MEMORY) return kr_fail(err, KR_MEMORY, "%s", why->text);
    if (whole->step_status != KR_OK) whole->why = why->text;
    return KR_OK;
}

/* ---- which ------------------------------------------------------------------------------ */

/* The part's series or columns, by their numbers in `all`, and their places. */
typedef struct part {
    const kr_rows *all;
    int64_t n, *kept, *places;
    int64_t n_own; /* of them, those that the shard has alone */
    kr__whole whole;
} part;

static void choose(const kr_rows_options *o, part *p) {
    const kr_rows *all = p->all;
    bool by_columns = p->whole.by_columns;
    int64_t n = by_columns ? all->n_columns : all->n_series;
    for (int64_t i = 0; i < n; i++) {
        const char *name = by_columns ? all->columns[i] : all->series[i];
        bool is_common =
            by_columns && kr__find_name((char *const *)o->needed, o->n_needed, name) >= 0;
        int64_t place = is_common ? -1 : p->whole.n++;
        if (!is_common && !kr__shard_has(&p->whole.shard, name)) continue;
        p->n_own += !is_common;
        p->kept[p->n] = i;
        p->places[p->n++] = place;
    }
    if (p->n_own == 0) p->n = 0;
}

/* ---- the part --------------------------------------------------------------------------- */

static bool keep_whole(const part *p, kr_rows *rows) {
    kr__whole *whole = rows->whole = kr__arena_alloc(&rows->arena, 1, sizeof *whole);
    if (!whole) return false;
    *whole = p->whole;
    if (whole->why) whole->why = kr__arena_strdup(&rows->arena, whole->why);
    whole->places = kr__arena_alloc(&rows->arena, (size_t)p->n + 1, sizeof *whole->places);
    if (!whole->places || (p->whole.why && !whole->why)) return false;
    memcpy(whole->places, p->places, (size_t)p->n * sizeof *whole->places);
    return true;
}

/* Memory of its own size, so that the whole's can go. */
static kr_status make_room(const part *p, kr_rows *rows, kr_error *err) {
    int64_t n_rows = 0;
    for (int64_t i = 0; i < p->n; i++) {
        n_rows += rows->start[p->kept[i] + 1] - rows->start[p->kept[i]];
    }
    rows->own_values = NULL;
    rows->own_dates = NULL;
    if (kr__rows_make_room(rows, n_rows, rows->dates != NULL)) return KR_OK;
    return kr_fail(err, KR_MEMORY, "%s: no memory for the rows of its shard", rows->name);
}

static void copy_series(const kr_rows *all, int64_t first, int64_t n, int64_t at, kr_rows *to) {
    int64_t width = all->n_columns;
    memcpy(to->own_values + at * width, all->values + first * width,
           (size_t)(n * width) * sizeof *to->own_values);
    if (all->dates) memcpy(to->own_dates + at, all->dates + first, (size_t)n * sizeof(int64_t));
}

/* Names and starts move down in place: a series never comes before the one that it replaces. */
static kr_status keep_series(const part *p, kr_rows *rows, kr_error *err) {
    kr_rows all = *rows;
    int64_t at = 0;
    kr_status status = make_room(p, rows, err);
    for (int64_t i = 0; i < p->n && status == KR_OK; i++) {
        int64_t from = p->kept[i], first = rows->start[from], n = rows->start[from + 1] - first;
        copy_series(&all, first, n, at, rows);
        rows->start[i] = at;
        rows->series[i] = rows->series[from];
        if (rows->n_test) rows->n_test[i] = rows->n_test[from];
        at += n;
    }
    rows->n_series = p->n;
    rows->start[p->n] = at;
    kr_free(all.own_values);
    kr_free(all.own_dates);
    return status;
}

/* Of a single series no column is left, and so no series. */
static void empty(kr_rows *rows) {
    rows->n_series = rows->n_rows = 0;
    rows->start[0] = 0;
}

static kr_status keep_part(part *p, kr_rows **rows, kr_error *err) {
    if (p->whole.by_columns && p->n > 0) {
        kr_rows *picked = NULL;
        KR_TRY(kr__rows_pick(*rows, -1, p->n, p->kept, &picked, err));
        kr_rows_destroy(*rows);
        *rows = picked;
    } else if (p->n > 0) {
        KR_TRY(keep_series(p, *rows, err));
    } else {
        empty(*rows);
    }
    return keep_whole(p, *rows)
               ? KR_OK
               : kr_fail(err, KR_MEMORY, "%s: no memory for its series", (*rows)->name);
}

kr_status kr__rows_refuse_none(const kr_rows *rows, kr_error *err) {
    if (rows->n_series > 0) return KR_OK;
    return kr_fail(err, KR_SHAPE, "%s: none of its series is in the shard", rows->name);
}

kr_status kr__rows_cut(const kr_rows_options *options, const kr__shard *shard, kr_rows **rows,
                       kr_error *err) {
    const kr_rows *all = *rows;
    size_t n = (size_t)(all->series ? all->n_series : all->n_columns);
    part p = {.all = all, .whole.shard = *shard};
    kr_error why = {.text = ""};
    if (!all->series && options->columns && !options->leaves_out) {
        return kr_fail(
            err, KR_USAGE,
            "`shard`: %s is one series, and the model needs all its columns; leave it out",
            all->name);
    }
    p.kept = kr__calloc(2 * n + 1, sizeof *p.kept);
    p.places = p.kept ? p.kept + n : NULL;
    kr_status status = p.kept ? look_at_whole(all, &p.whole, &why, err)
                              : kr_fail(err, KR_MEMORY, "%s: no memory for its series", all->name);
    if (status == KR_OK) {
        choose(options, &p);
        status = keep_part(&p, rows, err);
    }
    kr_free(p.kept);
    return status;
}
