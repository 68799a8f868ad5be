/* SPDX-License-Identifier: MIT
 * rows_read.c - rows by the reader that knows the path. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "tables/name_list.h"
#include "tables/rows_internal.h"

static const kr__reader *const readers[] = {
#define KR_READER(name) &kr__reader_##name,
#include "tables/readers.inc"
#undef KR_READER
};
enum { N_READERS = sizeof readers / sizeof readers[0] };

const char *kr_rows_readers(void) {
    static const char names[] =
#define KR_READER(name) "|" #name
#include "tables/readers.inc"
#undef KR_READER
        ;
    return names + 1;
}

/* ---- choosing --------------------------------------------------------------------------- */

/* ".csv|.csv.gz"; "": a folder. */
static bool has_extension(const char *path, const char *extensions) {
    return *extensions ? kr__text_ends_in(path, extensions) : kr__is_folder(path);
}

static const kr__reader *find_reader(const char *path, const kr_rows_options *options) {
    for (int i = 0; i < N_READERS; i++) {
        const kr__reader *r = readers[i];
        if (options->reader
                ? strcmp(options->reader, r->name) == 0
                : has_extension(path, r->extensions) && (!r->probe || r->probe(path, options))) {
            return r;
        }
    }
    return readers[N_READERS - 1];
}

/* An option that the reader cannot use is refused, never ignored. */
static kr_status check_options(const char *path, const kr__reader *r, const kr_rows_options *o,
                               kr_error *err) {
    const struct {
        bool is_given;
        const char *name;
        bool is_used;
    } all[] = {
        {o->id_column != NULL, "id_column", r->uses & KR__READS_IDS},
        {o->pattern != NULL, "pattern", r->uses & KR__READS_PATTERN},
#define KR_STR(group, name, default_value, choices, word, traits, help)                            \
    {o->name && *o->name, #name, r->uses & KR__READS_TEXT},
#define KR_INT(group, name, default_value, low, high, word, traits, help)                          \
    {o->name != 0, #name, r->uses & KR__READS_TEXT},
#include "tables/reading_flags.inc"
#undef KR_STR
#undef KR_INT
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i].is_given || all[i].is_used) continue;
        return kr_fail(err, KR_USAGE, "%s: is read by %s, which has no %s; leave it out", path,
                       r->name, all[i].name);
    }
    return KR_OK;
}

/* ---- columns ---------------------------------------------------------------------------- */

static bool is_read(const kr_rows_options *o, const char *column) {
    bool is_named = kr__find_name((char *const *)o->columns, o->n_columns, column) >= 0;
    return is_named != o->leaves_out;
}

static bool note_unread(const kr_rows *all, const kr_rows_options *o, kr_rows *picked) {
    kr_arena *arena = &picked->arena;
    picked->unread = kr__arena_alloc(arena, (size_t)all->n_columns, sizeof *picked->unread);
    for (int64_t c = 0; picked->unread && c < all->n_columns; c++) {
        if (is_read(o, all->columns[c])) continue;
        char *name = kr__arena_strdup(arena, all->columns[c]);
        if (!name) return false;
        picked->unread[picked->n_unread++] = name;
    }
    return picked->unread != NULL;
}

/* Pick the wanted columns if the reader reads all of them; *rows may be replaced. */
static kr_status drop_columns(const kr_rows_options *o, kr_rows **rows, kr_error *err) {
    const kr_rows *all = *rows;
    int64_t n = 0, *kept = kr__calloc((size_t)all->n_columns, sizeof *kept);
    kr_rows *picked = NULL;
    kr_status status = kept ? KR_OK : kr_fail(err, KR_MEMORY, "%s: no memory for it", all->name);
    for (int64_t c = 0; kept && c < all->n_columns; c++) {
        if (is_read(o, all->columns[c])) kept[n++] = c;
    }
    if (status == KR_OK) status = kr__rows_pick(all, -1, n, kept, &picked, err);
    if (status == KR_OK && !note_unread(all, o, picked)) {
        status = kr_fail(err, KR_MEMORY, "%s: no memory for its columns", all->name);
    }
    kr_free(kept);
    if (status != KR_OK) {
        kr_rows_destroy(picked);
        return status;
    }
    kr_rows_destroy(*rows);
    *rows = picked;
    return KR_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status read_rows(const char *path, const kr_rows_options *o, kr_rows **rows,
                           kr_error *err) {
    if (o->reader) KR_TRY(kr__text_check_choice("reader", o->reader, kr_rows_readers(), err));
    const kr__reader *r = find_reader(path, o);
    KR_TRY(check_options(path, r, o, err));
    if (o->last < 0) {
        return kr_fail(err, KR_USAGE,
                       "`last` %" PRId64 ": use 1 or more rows, or 0 for all of them", o->last);
    }
    kr__shard shard;
    KR_TRY(kr__shard_read(o->shard, &shard, err));
    KR_TRY(r->open(path, o, rows, err));
    bool is_done = (r->uses & KR__READS_COLUMNS) || !o->columns;
    if (!is_done) KR_TRY(drop_columns(o, rows, err));
    return shard.n > 0 ? kr__rows_cut(o, &shard, rows, err) : KR_OK;
}

kr_status kr_rows_read(const char *path, const kr_rows_options *options, kr_rows **out,
                       kr_error *err) {
    static const kr_rows_options defaults = {.size = sizeof defaults};
    const kr_rows_options *o = options ? options : &defaults;
    if (o->size != sizeof *o) {
        return kr_fail(err, KR_USAGE, "kr_rows_options: size is not sizeof(kr_rows_options)");
    }
    kr_rows *rows = NULL;
    kr_status status = read_rows(path, o, &rows, err);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}
