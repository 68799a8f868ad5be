/* SPDX-License-Identifier: MIT
 * csv.c - tables of numbers from text.
 *
 * How the text is read is decided first (csv_plan.h); then its rows are read (csv_rows.c). Where
 * time runs from left to right, the table is turned and read again (turned.h). */
#include "tables/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/unpack_limit.h"
#include "tables/csv_fields.h"
#include "tables/csv_reader.h"
#include "tables/file_ends.h"
#include "tables/text_sources.h"
#include "tables/turned.h"

/* ---- what was decided ---------------------------------------------------------------------- */

static void tell_names(const kr__csv_reader *r) {
    for (int i = 0; i < r->plan.n_notes && r->options->team; i++) {
        kr_team_log(r->options->team, KR_LOG_NOTE, "%s:%s", r->scan.name, r->plan.notes[i]);
    }
}

static void tell(const kr__csv_reader *r) {
    char line[1500];
    kr_team *team = r->options->team;
    if (!team) return;
    if (*kr__reading_line(&r->plan.reading, line, sizeof line)) {
        kr_team_log(team, KR_LOG_NOTE, "%s: read as: %s", r->scan.name, line);
    }
    const kr__reading *before = r->plan.before;
    if (before && *kr__reading_changes(before, &r->plan.reading, line, sizeof line)) {
        kr_team_log(team, KR_LOG_WARNING, "%s: looks different from the table before: %s",
                    r->scan.name, line);
    }
    if (r->n_unknown == 0) return;
    kr_team_log(team, KR_LOG_NOTE,
                "%s: %s: \"%s\"%s is none of the words that it had before; %" PRId64
                " row%s 0 in all of its columns",
                r->scan.name, r->unknown_column, r->unknown,
                r->n_unknown > 1 ? " (the first of several)" : "", r->n_unknown,
                r->n_unknown == 1 ? " has" : "s have");
}

/* What was seen of the file of which this is the turned table. */
static void take_turned(kr__reading *reading, const kr__reading *of_file) {
    if (!of_file) return;
    reading->wide = of_file->wide;
    reading->encoding = of_file->encoding;
    reading->has_cr_lines = of_file->has_cr_lines;
    reading->delimiter = of_file->delimiter;
    reading->has_sep_line = of_file->has_sep_line;
    reading->n_comments = of_file->n_comments;
    reading->n_titles = of_file->n_titles;
}

static kr_status keep_reading(kr__csv_reader *r) {
    kr_table *t = r->table;
    kr__reading *kept = kr__arena_alloc(&t->arena, 1, sizeof *kept);
    if (!kept) return kr__csv_out_of_memory(r);
    *kept = r->plan.reading;
    t->reading = kept;
    return KR_OK;
}

static void take_plan(kr__csv_reader *r) {
    kr_table *t = r->table;
    const kr__csv_plan *plan = &r->plan;
    r->scan = plan->scan;
    t->n_columns = plan->n_outputs;
    t->names = plan->outputs;
    t->unread = plan->unread;
    t->n_unread = plan->n_unread;
    t->date_position = plan->date_field;
    if (plan->date_field < 0) return;
    t->date_name = (char *)(uintptr_t)plan->reading.columns[plan->date_field].name;
}

/* ---- text ------------------------------------------------------------------------------- */

/* Of the text; who raises the limit of packed files means it. */
static size_t choose_max_bytes(const kr_csv_options *options) {
    size_t most = KR__LONGEST_TEXT, given = kr__unpack_limit_given();
    if (options && options->max_bytes) return options->max_bytes;
    return most > given ? most : given;
}

/* Words are looked for in all rows, so they must be in memory; without words, the ends of a file
 * say how it is read. */
static bool has_words(const kr__csv_plan *plan) {
    if (plan->is_id_by_blocks) return true;
    for (int64_t i = 0; i < plan->n_fields; i++) {
        const kr__column *c = &plan->reading.columns[i];
        bool is_word = c->role == KR__ROLE_CATEGORY || c->role == KR__ROLE_TEXT ||
                       c->role == KR__ROLE_CONSTANT;
        if (is_word && !c->is_unwanted) return true;
    }
    return false;
}

/* Text of our own making has commas, whatever stands in its cells. */
static kr_csv_options options_of_made(const kr_csv_options *o, int64_t first_line) {
    kr_csv_options of_made = o ? *o : (kr_csv_options){.first_line = 0};
    of_made.first_line = first_line;
    of_made.given.delimiter = "comma";
    if (first_line > 0) of_made.given.header = "yes";
    return of_made;
}

/* Time runs from left to right. */
static kr_status read_turned(kr__csv_reader *r) {
    const kr_csv_options *o = r->options;
    const char *name = r->plan.scan.name;
    if (o->turned || r->cut->n_rows > 0) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: its columns are named by dates, so that time runs from left to right; "
                       "%sturn the table: a row for each date, a column for each series",
                       name, o->turned ? "" : "leave `last` out, or ");
    }
    enum { MARK = 16 };
    size_t size = strlen(name) + MARK;
    char *of_lines = kr__arena_alloc(&r->table->arena, size, 1);
    if (!of_lines) return kr__csv_out_of_memory(r);
    snprintf(of_lines, size, "%s (turned)", name);
    kr__made_text made = {.name = name, .limit = choose_max_bytes(o)};
    kr_csv_options of_made = options_of_made(o, 2);
    of_made.turned = &r->plan.reading;
    kr_status status = kr__turn(&r->plan, &made, &r->plan.reading.wide.n_empty_rows, r->err);
    if (status == KR_OK) {
        status = kr__csv_read_bytes(of_lines, (const uint8_t *)made.text, made.n, &of_made,
                                    &r->turned, r->err);
    }
    kr_free(made.text);
    return status;
}

static kr_status read_text(kr__csv_reader *r, const kr__csv_scan *scan,
                           const kr__table_text *text) {
    kr__csv_scan first = *scan;
    if (r->is_part) first.err = NULL; /* what is wrong is said of all of the text */
    kr_status status = kr__csv_plan_make(&first, text, r->options, &r->table->arena, &r->plan);
    if (r->is_part && status == KR_MEMORY) return kr__csv_out_of_memory(r);
    bool is_wide = r->plan.reading.wide.n_dates > 0;
    r->wants_all = r->is_part && (status != KR_OK || is_wide || has_words(&r->plan));
    if (r->wants_all) return KR_OK;
    KR_TRY(status);
    if (is_wide) return read_turned(r);
    r->plan.scan.err = r->err;
    take_plan(r);
    take_turned(&r->plan.reading, r->options->turned);
    tell_names(r);
    KR_TRY(kr__csv_read_rows(r));
    tell(r);
    return keep_reading(r);
}

/* Text of a table: all of a file, or parts of it. */
typedef struct source {
    uint8_t *bytes;
    size_t n_bytes;
    kr__cut cut;
    kr__file_strips strips; /* n is 0: the file is not plain */
    bool is_part;           /* the ends of a file of which all rows are wanted */
} source;

static void forget_source(source *from) {
    kr_free(from->bytes);
    kr__file_strips_close(&from->strips);
    *from = (source){.bytes = NULL};
}

static kr_status read_table(const char *name, const source *from, kr__csv_reader *r) {
    kr__table_text text;
    kr__csv_scan scan;
    kr_status status = kr__csv_start(name, from->bytes, from->n_bytes, choose_max_bytes(r->options),
                                     &scan, &text, r->err);
    if (status == KR_OK) status = read_text(r, &scan, &text);
    kr__name_set_deinit(&r->ids);
    kr__table_text_close(&text);
    return status;
}

/* *out stays NULL where all of the text is wanted. */
static kr_status read_source(const char *name, const source *from, const kr_csv_options *options,
                             kr_table **out, kr_error *err) {
    static const kr_csv_options defaults = {0};
    kr_table *table = kr__calloc(1, sizeof *table);
    if (!table) return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    kr__csv_reader r = {.options = options ? options : &defaults,
                        .cut = &from->cut,
                        .strips = from->strips.n > 0 ? &from->strips : NULL,
                        .is_part = from->is_part,
                        .table = table,
                        .err = err};
    kr_status status = read_table(name, from, &r);
    bool is_read = status == KR_OK && !r.wants_all && !r.turned;
    if (r.turned) *out = r.turned;
    if (is_read) *out = table;
    if (!is_read) kr__table_destroy(table);
    return status;
}

kr_status kr__csv_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                             const kr_csv_options *options, kr_table **out, kr_error *err) {
    const source from = {.bytes = (uint8_t *)(uintptr_t)bytes, .n_bytes = n_bytes};
    return read_source(name, &from, options, out, err);
}

/* ---- files ------------------------------------------------------------------------------ */

/* The last rows of a long file, and the first, which say how it is read. */
static kr_status read_last(const char *path, const kr_csv_options *o, source *from, kr_error *err) {
    const kr__file_ends wanted = {.n_rows = o->given.last,
                                  .n_head = KR__FILE_HEAD,
                                  .max_bytes = choose_max_bytes(o),
                                  .given = &o->given,
                                  .team = o->team};
    return kr__file_ends_read(path, &wanted, &from->bytes, &from->n_bytes, &from->cut, err);
}

/* The ends of a long file whose rows are read in blocks. */
static kr_status read_part(const char *path, const kr_csv_options *o, source *from, kr_error *err) {
    enum { SEEN = 1000 };
    static const kr__given none = {.last = 0};
    const kr__file_ends wanted = {.n_rows = SEEN,
                                  .n_head = KR__FILE_HEAD,
                                  .max_bytes = choose_max_bytes(o),
                                  .given = o ? &o->given : &none,
                                  .team = o ? o->team : NULL};
    KR_TRY(kr__file_strips_open(path, wanted.team, &from->strips, err));
    if (from->strips.n > 0) {
        KR_TRY(kr__file_strips_ends(&from->strips, &from->bytes, &from->n_bytes, &from->cut));
    } else {
        KR_TRY(kr__file_ends_read(path, &wanted, &from->bytes, &from->n_bytes, &from->cut, err));
    }
    from->is_part = from->bytes && from->cut.n_rows > 0;
    if (!from->is_part) forget_source(from);
    return KR_OK;
}

static kr_status read_whole(const char *path, const kr_csv_options *o, source *from,
                            kr_error *err) {
    FILE *file = NULL;
    size_t size = 0, max_bytes = choose_max_bytes(o);
    KR_TRY(kr__file_open(path, SIZE_MAX, &file, &size, err));
    fclose(file);
    if (size <= max_bytes) {
        return kr__file_read(path, max_bytes, &from->bytes, &from->n_bytes, err);
    }
    return kr_fail(err, KR_IO,
                   "%s: has %zu bytes, more than the %zu that are read whole; `last` reads its "
                   "last rows alone",
                   path, size, max_bytes);
}

/* Of a long file the ends, if they may be enough. */
static kr_status read_file(const char *path, const kr_csv_options *o, source *from, kr_error *err) {
    FILE *file = NULL;
    size_t size = 0;
    bool are_last = o && o->given.last > 0;
    KR_TRY(kr__file_open(path, SIZE_MAX, &file, &size, err));
    bool is_long = kr__file_is_long(file, size, !are_last) && !(are_last && o->id_column);
    fclose(file);
    if (is_long && are_last) KR_TRY(read_last(path, o, from, err));
    if (is_long && !are_last && size <= choose_max_bytes(o)) KR_TRY(read_part(path, o, from, err));
    return from->bytes ? KR_OK : read_whole(path, o, from, err);
}

static kr_status read_path(const char *path, const kr_csv_options *o, source *from, kr_table **out,
                           kr_error *err) {
    *out = NULL;
    KR_TRY(read_file(path, o, from, err));
    KR_TRY(read_source(path, from, o, out, err));
    if (*out) return KR_OK;
    forget_source(from);
    KR_TRY(read_whole(path, o, from, err));
    return read_source(path, from, o, out, err);
}

kr_status kr__csv_read(const char *path, const kr_csv_options *options, kr_table **out,
                       kr_error *err) {
    int64_t first_line = 0;
    kr__made_text made = {0};
    bool is_made = false;
    const char *sheet = options ? options->given.sheet : NULL;
    KR_TRY(kr__text_source_read(path, sheet && *sheet ? sheet : NULL,
                                options ? options->team : NULL, &is_made, &made, &first_line, err));
    if (is_made) {
        const kr_csv_options of_made = options_of_made(options, first_line);
        kr_status status =
            kr__csv_read_bytes(path, (const uint8_t *)made.text, made.n, &of_made, out, err);
        kr_free(made.text);
        return status;
    }
    source from = {.bytes = NULL};
    kr_status status = read_path(path, options, &from, out, err);
    forget_source(&from);
    return status;
}

void kr__table_destroy(kr_table *table) {
    if (!table) return;
    kr_free(table->values);
    kr_free(table->timestamps);
    kr_free(table->ids);
    kr__arena_deinit(&table->arena);
    kr_free(table);
}

int64_t kr__table_find(const kr_table *table, const char *name) {
    for (int64_t i = 0; i < table->n_columns; i++) {
        if (kr__csv_is_name(table->names[i], name)) return i;
    }
    return -1;
}
