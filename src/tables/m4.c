/* SPDX-License-Identifier: MIT
 * m4.c - ragged tables with one series per line. Source of the format: the M4 competition, as
 * Time-Series-Library reads it. */
#include "tables/m4.h"
#include "core/arena.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/platform.h"
#include "core/text.h"
#include "tables/csv_fields.h"
#include "tables/name_set.h"
#include "tables/number.h"

static const size_t LARGEST = (size_t)4 << 30; /* bytes of text */

/* One file. */
typedef struct part {
    kr__csv_scan scan;
    kr__table_text text;
    bool keeps_gaps;
    kr__name_set ids; /* their texts lie in arena */
    kr_arena *arena;
    double *values; /* of all series, one after the other */
    int64_t *first; /* (n + 1): where series i begins; n is ids.n */
} part;

static kr_status out_of_memory(const part *p) {
    return kr_fail(p->scan.err, KR_MEMORY, "%s: no memory for its series", p->scan.name);
}

static void free_part(part *p) {
    kr__name_set_deinit(&p->ids);
    kr__table_text_close(&p->text);
    kr_free(p->values);
    kr_free(p->first);
}

/* ---- a line ----------------------------------------------------------------------------- */

static kr_status refuse_cell(const part *p, int64_t number, kr__csv_field f) {
    char cell[KR__CSV_CELL];
    return kr_fail(p->scan.err, KR_FORMAT,
                   "%s:%" PRId64 ": value %" PRId64 ": \"%s\" is not a number", p->scan.name,
                   p->scan.line, number, kr__csv_show_cell(f, cell));
}

/* Values up to the last that is not empty; `to` has room for them. */
static kr_status read_values(part *p, double *to, int64_t *n) {
    bool is_last = false;
    int64_t first_gap = 0;
    *n = 0;
    for (int64_t i = 0; !is_last; i++) {
        kr__csv_field f;
        KR_TRY(kr__csv_take_field(&p->scan, &f, &is_last));
        f = kr__csv_trim(f);
        kr__number_kind kind = kr__number_parse(f.text, f.size, &to[i]);
        if (kind == KR__NUMBER_GAP) {
            to[i] = (double)NAN;
            if (first_gap == 0) first_gap = i + 1;
        } else if (kind == KR__NUMBER) {
            *n = i + 1;
        } else {
            return refuse_cell(p, i + 1, f);
        }
    }
    if (first_gap == 0 || first_gap > *n || p->keeps_gaps) return KR_OK;
    return kr_fail(p->scan.err, KR_FORMAT,
                   "%s:%" PRId64 ": value %" PRId64
                   " is a gap (empty or NaN), but values follow it; fill it with `gaps` "
                   "linear, ffill or model",
                   p->scan.name, p->scan.line, first_gap);
}

static kr_status read_id(part *p, kr__csv_field f) {
    f = kr__csv_trim(f);
    if (f.size == 0) {
        return kr_fail(p->scan.err, KR_FORMAT,
                       "%s:%" PRId64 ": the first cell is empty; it must name the series",
                       p->scan.name, p->scan.line);
    }
    char *id = kr__csv_copy_name(p->arena, f);
    if (!id) return out_of_memory(p);
    int64_t n_before = p->ids.n, number = kr__name_set_add(&p->ids, id);
    if (number < 0) return out_of_memory(p);
    if (p->ids.n > n_before) return KR_OK;
    return kr_fail(p->scan.err, KR_FORMAT, "%s:%" PRId64 ": series \"%.60s\" appears twice",
                   p->scan.name, p->scan.line, id);
}

static kr_status read_line(part *p) {
    kr__csv_field f;
    bool is_last = false;
    int64_t n = 0;
    KR_TRY(kr__csv_take_field(&p->scan, &f, &is_last));
    KR_TRY(read_id(p, f));
    int64_t first = p->first[p->ids.n - 1];
    if (!is_last) KR_TRY(read_values(p, p->values + first, &n));
    p->first[p->ids.n] = first + n;
    p->scan.line++;
    return KR_OK;
}

/* ---- a file ----------------------------------------------------------------------------- */

static kr_status skip_header(part *p) {
    kr__csv_field f;
    for (bool is_last = false; !is_last;) {
        KR_TRY(kr__csv_take_field(&p->scan, &f, &is_last));
    }
    p->scan.line++;
    kr__csv_skip_blank_lines(&p->scan);
    if (p->scan.at < p->scan.end) return KR_OK;
    return kr_fail(p->scan.err, KR_FORMAT, "%s: has a header but no series", p->scan.name);
}

/* Every value follows a comma, and every series takes a line, so counting both bounds the sizes. */
static bool make_room(part *p) {
    size_t n_lines = 1, n_values = 1;
    for (const char *c = p->scan.at; c < p->scan.end; c++) {
        n_lines += *c == '\n';
        n_values += *c == ',';
    }
    p->values = kr__calloc(n_values, sizeof *p->values);
    p->first = kr__calloc(n_lines + 1, sizeof *p->first);
    return p->values && p->first;
}

static kr_status read_part(const kr__m4_file *file, part *p, kr_error *err) {
    p->scan = (kr__csv_scan){.name = file->name, .err = err};
    KR_TRY(kr__csv_start(file->name, file->bytes, file->n_bytes, LARGEST, &p->scan, &p->text, err));
    KR_TRY(skip_header(p));
    if (!make_room(p)) return out_of_memory(p);
    for (; p->scan.at < p->scan.end; kr__csv_skip_blank_lines(&p->scan)) KR_TRY(read_line(p));
    return KR_OK;
}

/* ---- both files ------------------------------------------------------------------------- */

static int64_t count_values(const part *p, int64_t i) { return p->first[i + 1] - p->first[i]; }

/* The series of test that continues series i of train. */
static kr_status find_test(const part *train, const part *test, int64_t i, int64_t *found) {
    const char *id = train->ids.names[i];
    *found = kr__name_set_find(&test->ids, id);
    if (*found >= 0) return KR_OK;
    return kr_fail(train->scan.err, KR_FORMAT,
                   "%s: has no series \"%.60s\", which %s has; both files need the same series",
                   test->scan.name, id, train->scan.name);
}

static void copy_values(const part *p, int64_t i, double *to) {
    memcpy(to, p->values + p->first[i], (size_t)count_values(p, i) * sizeof *to);
}

/* Names, starts and test parts; the values are still missing. */
static kr_status join_lists(const part *train, const part *test, int64_t *test_of, kr_rows *rows) {
    rows->n_test = kr__arena_alloc(&rows->arena, (size_t)rows->n_series, sizeof *rows->n_test);
    rows->columns[0] = kr__arena_strdup(&rows->arena, "value");
    if (!rows->n_test || !rows->columns[0]) return out_of_memory(train);
    for (int64_t i = 0; i < rows->n_series; i++) {
        KR_TRY(find_test(train, test, i, &test_of[i]));
        rows->series[i] = kr__arena_strdup(&rows->arena, train->ids.names[i]);
        if (!rows->series[i]) return out_of_memory(train);
        rows->n_test[i] = count_values(test, test_of[i]);
        rows->start[i + 1] = rows->start[i] + count_values(train, i) + rows->n_test[i];
    }
    return KR_OK;
}

static kr_status join(const part *train, const part *test, kr_rows *rows) {
    int64_t *test_of = kr__calloc((size_t)rows->n_series, sizeof *test_of);
    kr_status status = test_of ? join_lists(train, test, test_of, rows) : out_of_memory(train);
    if (status == KR_OK && !kr__rows_make_room(rows, rows->start[rows->n_series], false)) {
        status = out_of_memory(train);
    }
    for (int64_t i = 0; i < rows->n_series && status == KR_OK; i++) {
        copy_values(train, i, rows->own_values + rows->start[i]);
        copy_values(test, test_of[i], rows->own_values + rows->start[i + 1] - rows->n_test[i]);
    }
    kr_free(test_of);
    return status;
}

static kr_status read_both(const char *name, const kr__m4_file *train, const kr__m4_file *test,
                           part parts[2], kr_rows **rows, kr_error *err) {
    KR_TRY(read_part(train, &parts[0], err));
    KR_TRY(read_part(test, &parts[1], err));
    *rows = kr__rows_start(name, 1, parts[0].ids.n, true);
    return *rows ? join(&parts[0], &parts[1], *rows) : out_of_memory(&parts[0]);
}

kr_status kr__m4_read_bytes(const char *name, const kr__m4_file *train, const kr__m4_file *test,
                            bool keeps_gaps, kr_rows **out, kr_error *err) {
    kr_arena arena = {0};
    part parts[2] = {{.keeps_gaps = keeps_gaps, .arena = &arena},
                     {.keeps_gaps = keeps_gaps, .arena = &arena}};
    kr_rows *rows = NULL;
    kr_status status = read_both(name, train, test, parts, &rows, err);
    free_part(&parts[0]);
    free_part(&parts[1]);
    kr__arena_deinit(&arena);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

/* ---- a file alone ----------------------------------------------------------------------- */

static kr_status check_lengths(const part *p) {
    for (int64_t i = 0; i < p->ids.n; i++) {
        if (count_values(p, i) > 0) continue;
        return kr_fail(p->scan.err, KR_FORMAT, "%s: series \"%.60s\" has no value; leave it out",
                       p->scan.name, p->ids.names[i]);
    }
    return KR_OK;
}

static kr_status take_part(const part *p, kr_rows **out) {
    kr_rows *rows = *out = kr__rows_start(p->scan.name, 1, p->ids.n, true);
    if (!rows || !kr__rows_make_room(rows, p->first[p->ids.n], false)) return out_of_memory(p);
    rows->columns[0] = kr__arena_strdup(&rows->arena, "value");
    if (!rows->columns[0]) return out_of_memory(p);
    for (int64_t i = 0; i < rows->n_series; i++) {
        rows->series[i] = kr__arena_strdup(&rows->arena, p->ids.names[i]);
        if (!rows->series[i]) return out_of_memory(p);
        rows->start[i + 1] = p->first[i + 1];
    }
    memcpy(rows->own_values, p->values, (size_t)rows->n_rows * sizeof *p->values);
    return KR_OK;
}

kr_status kr__m4_read_series(const kr__m4_file *file, bool keeps_gaps, kr_rows **out,
                             kr_error *err) {
    kr_arena arena = {0};
    part p = {.keeps_gaps = keeps_gaps, .arena = &arena};
    kr_rows *rows = NULL;
    kr_status status = read_part(file, &p, err);
    if (status == KR_OK) status = check_lengths(&p);
    if (status == KR_OK) status = take_part(&p, &rows);
    free_part(&p);
    kr__arena_deinit(&arena);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

/* ---- the reader ------------------------------------------------------------------------- */

static bool probe(const char *path, const kr_rows_options *options) {
    (void)path;
    return options->pattern != NULL;
}

/* Hourly-train.csv and Hourly-test.csv for the pattern Hourly. */
static kr_status open_rows(const char *path, const kr_rows_options *options, kr_rows **out,
                           kr_error *err) {
    static const char *const which[2] = {"train", "test"};
    char name[64], file[2][1024];
    uint8_t *bytes[2] = {NULL, NULL};
    kr__m4_file files[2];
    const char *pattern = options->pattern ? options->pattern : "";
    kr_status status = kr__text_check_choice("seasonal_patterns", pattern, KR__M4_PATTERNS, err);
    for (int i = 0; status == KR_OK && i < 2; i++) {
        size_t n_bytes = 0;
        snprintf(name, sizeof name, "%s-%s.csv", pattern, which[i]);
        kr__path_join(path, name, file[i], sizeof file[i]);
        status = kr__file_read(file[i], LARGEST, &bytes[i], &n_bytes, err);
        files[i] = (kr__m4_file){file[i], bytes[i], n_bytes};
    }
    if (status == KR_OK) {
        status = kr__m4_read_bytes(path, &files[0], &files[1], options->keeps_gaps, out, err);
    }
    kr_free(bytes[0]);
    kr_free(bytes[1]);
    return status;
}

const kr__reader kr__reader_m4 = {
    .name = "m4", .extensions = "", .uses = KR__READS_PATTERN, .probe = probe, .open = open_rows};
