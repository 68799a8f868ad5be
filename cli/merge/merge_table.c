/* SPDX-License-Identifier: MIT
 * merge_table.c - the tables of shards as one. Bytes of fields are copied, never read as numbers,
 * so that the whole has the bits of a single process. */
#define _XOPEN_SOURCE 700
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv_writing.h"
#include "core/platform.h"
#include "merge/merge_command.h"

/* ---- records ---------------------------------------------------------------------------- */

/* A file and its next record, with its end of line; n 0: there is none. */
typedef struct shard_file {
    const merge_part *part;
    const char *path;
    FILE *stream;
    char *line, *more;
    size_t n, size, size_of_more;
    int64_t n_lines; /* read so far */
    int64_t next;    /* series of the part that comes next */
} shard_file;

static bool has_open_quote(const char *text, size_t n) {
    bool is_open = false;
    for (size_t i = 0; i < n; i++) is_open ^= text[i] == '"';
    return is_open;
}

static kr_status no_memory(const shard_file *t, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: out of memory for a record", t->path);
}

static kr_status add_line(shard_file *t, size_t n, kr_error *err) {
    if (t->n + n + 1 > t->size) {
        char *longer = realloc(t->line, 2 * (t->n + n + 1));
        if (!longer) return no_memory(t, err);
        t->line = longer;
        t->size = 2 * (t->n + n + 1);
    }
    memcpy(t->line + t->n, t->more, n + 1);
    t->n += n;
    t->n_lines++;
    return KR_OK;
}

/* A name between quotes may hold ends of lines. */
static kr_status read_record(shard_file *t, kr_error *err) {
    t->n = 0;
    do {
        ssize_t n = getline(&t->more, &t->size_of_more, t->stream);
        if (n < 0 && ferror(t->stream)) return kr_fail(err, KR_IO, "%s: cannot be read", t->path);
        if (n < 0) break;
        KR_TRY(add_line(t, (size_t)n, err));
    } while (has_open_quote(t->line, t->n));
    return KR_OK;
}

static kr_status refuse(const shard_file *t, kr_error *err) {
    return kr_fail(err, KR_FORMAT,
                   "%s:%" PRId64 ": is not what krait wrote there; make the shard again", t->path,
                   t->n_lines);
}

/* ---- all tables ------------------------------------------------------------------------- */

typedef struct joining {
    const merge *m;
    const merge_table *of;
    shard_file *tables;      /* of each part; those of parts without series have no stream */
    const shard_file *first; /* that has one */
    FILE *out;
} joining;

static kr_status open_tables(joining *j, kr_error *err) {
    for (int64_t k = 0; k < j->m->n; k++) {
        shard_file *t = &j->tables[k];
        size_t n = 0;
        t->part = &j->m->parts[k];
        t->path = j->of->paths[k];
        if (t->part->n == 0 || !t->path) continue;
        KR_TRY(kr__file_open(t->path, SIZE_MAX, &t->stream, &n, err));
        KR_TRY(read_record(t, err));
        if (t->n == 0) {
            return kr_fail(err, KR_FORMAT, "%s: is empty, and its shard has series; make it again",
                           t->path);
        }
        if (!j->first) j->first = t;
    }
    return KR_OK;
}

static void close_tables(joining *j) {
    for (int64_t k = 0; k < j->m->n && j->tables; k++) {
        if (j->tables[k].stream) fclose(j->tables[k].stream);
        free(j->tables[k].line);
        free(j->tables[k].more);
    }
    kr_free(j->tables);
}

/* ---- by series -------------------------------------------------------------------------- */

static void write_bytes(const joining *j, const char *text, size_t n) {
    FILE *file = j->out;
    fwrite(text, 1, n, file);
}

static kr_status join_headers(joining *j, kr_error *err) {
    write_bytes(j, j->first->line, j->first->n);
    for (int64_t k = 0; k < j->m->n; k++) {
        shard_file *t = &j->tables[k];
        if (!t->stream) continue;
        if (t->n != j->first->n || memcmp(t->line, j->first->line, t->n) != 0) {
            return kr_fail(err, KR_FORMAT, "%s: has other columns than %s", t->path,
                           j->first->path);
        }
    }
    for (int64_t k = 0; k < j->m->n; k++) {
        if (j->tables[k].stream) KR_TRY(read_record(&j->tables[k], err));
    }
    return KR_OK;
}

/* A name as it is written, with its comma. */
typedef struct written {
    FILE *stream;
    char *text;
    size_t n;
} written;

static bool write_name(written *w, bool is_behind_comma, const char *name) {
    if (fseek(w->stream, 0, SEEK_SET) != 0) return false;
    if (is_behind_comma) fputc(',', w->stream);
    kr__csv_write_name(w->stream, name, "", NULL);
    long n = fputc(',', w->stream) == EOF || fflush(w->stream) != 0 ? -1 : ftell(w->stream);
    w->n = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

/* Too short series have no records. */
static kr_status join_series(joining *j, written *w, kr_error *err) {
    for (int64_t place = 0; place < j->m->n_all; place++) {
        shard_file *t = &j->tables[j->m->owner[place]];
        if (!write_name(w, j->of->is_behind_comma, t->part->names[t->next++]))
            return no_memory(j->first, err);
        while (t->n > w->n && memcmp(t->line, w->text, w->n) == 0) {
            write_bytes(j, t->line, t->n);
            KR_TRY(read_record(t, err));
        }
    }
    for (int64_t k = 0; k < j->m->n; k++) {
        if (j->tables[k].n > 0) return refuse(&j->tables[k], err);
    }
    return KR_OK;
}

static kr_status join_by_series(joining *j, kr_error *err) {
    written w = {.stream = NULL};
    KR_TRY(join_headers(j, err));
    w.stream = open_memstream(&w.text, &w.n);
    kr_status status = w.stream ? KR_OK : no_memory(j->first, err);
    if (status == KR_OK) status = join_series(j, &w, err);
    if (w.stream) fclose(w.stream);
    free(w.text);
    return status;
}

/* ---- by columns ------------------------------------------------------------------------- */

/* Bytes of the field that begins here, without the comma or the end of the line behind it. */
static size_t measure_field(const char *text) {
    bool is_quoted = false;
    size_t n = 0;
    for (; text[n] && (is_quoted || !strchr(",\r\n", text[n])); n++) is_quoted ^= text[n] == '"';
    return n;
}

static int64_t count_fields(const shard_file *t) {
    int64_t n = 1;
    for (const char *at = t->line + measure_field(t->line); *at == ','; n++) {
        at++;
        at += measure_field(at);
    }
    return n;
}

/* The n fields from *at on, each with the comma before it. */
static void copy_fields(joining *j, const char **at, int64_t n) {
    const char *from = *at;
    for (int64_t i = 0; i < n && **at == ','; i++) *at += 1 + measure_field(*at + 1);
    write_bytes(j, from, (size_t)(*at - from));
}

/* The first field, a date or a step, is that of all; then comes what each column has, place by
 * place. */
static kr_status join_records(joining *j, const char **at, int64_t per_column, kr_error *err) {
    size_t n_lead = measure_field(j->first->line);
    write_bytes(j, j->first->line, n_lead);
    for (int64_t k = 0; k < j->m->n; k++) {
        shard_file *t = &j->tables[k];
        if (!t->stream) continue;
        if (t->n == 0 || count_fields(t) != 1 + per_column * t->part->n ||
            measure_field(t->line) != n_lead || memcmp(t->line, j->first->line, n_lead) != 0) {
            return refuse(t, err);
        }
        at[k] = t->line + n_lead;
    }
    for (int64_t place = 0; place < j->m->n_all; place++) {
        copy_fields(j, &at[j->m->owner[place]], per_column);
    }
    fputc('\n', j->out);
    for (int64_t k = 0; k < j->m->n; k++) {
        if (j->tables[k].stream) KR_TRY(read_record(&j->tables[k], err));
    }
    return KR_OK;
}

static kr_status join_by_columns(joining *j, kr_error *err) {
    const char **at = kr__calloc((size_t)j->m->n, sizeof *at);
    if (!at) return no_memory(j->first, err);
    int64_t per_column = (count_fields(j->first) - 1) / j->first->part->n;
    kr_status status = KR_OK;
    while (j->first->n > 0 && status == KR_OK) status = join_records(j, at, per_column, err);
    for (int64_t k = 0; k < j->m->n && status == KR_OK; k++) {
        if (j->tables[k].n > 0) status = refuse(&j->tables[k], err);
    }
    kr_free(at);
    return status;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status join(joining *j, const char *out, kr_error *err) {
    kr_file_writer w;
    KR_TRY(open_tables(j, err));
    if (!j->first) return KR_OK;
    KR_TRY(kr__file_writer_open(out, &w, err));
    j->out = w.stream;
    kr_status status = j->of->by_columns ? join_by_columns(j, err) : join_by_series(j, err);
    if (status == KR_OK) return kr__file_writer_commit(&w, err);
    kr__file_writer_abort(&w);
    return status;
}

kr_status merge_join(const merge *m, const merge_table *table, const char *out, kr_error *err) {
    joining j = {.m = m, .of = table, .tables = kr__calloc((size_t)m->n, sizeof *j.tables)};
    kr_status status =
        j.tables ? join(&j, out, err) : kr_fail(err, KR_MEMORY, "out of memory for the shards");
    close_tables(&j);
    return status;
}
