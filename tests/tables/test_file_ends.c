/* SPDX-License-Identifier: MIT
 * test_file_ends.c - the last rows of a table, without and with all of it in memory. */
#define _XOPEN_SOURCE 700 /* mkdtemp, truncate */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/platform.h"
#include "core/random.h"
#include "support/starve.h"
#include "tables/csv.h"
#include "tables/csv_fields.h"
#include "tables/file_ends.h"
#include "tables/file_strips.h"
#include "tables/table_text.h"

static const kr__given seen = {0};
static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/krait-ends-XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    bool is_gone = unlink("ends.csv") == 0 && unlink("last.csv") == 0;
    return is_gone && chdir("/") == 0 ? rmdir(folder) : -1;
}

/* ---- files ------------------------------------------------------------------------------ */

static void write_file(const char *path, const char *text, size_t n, bool is_packed) {
    if (is_packed) {
        gzFile file = gzopen(path, "wb1");
        assert_int_equal(gzwrite(file, text, (unsigned)n), (int)n);
        assert_int_equal(gzclose(file), Z_OK);
        return;
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

typedef struct made {
    char *text;
    size_t n, *at; /* where each row begins */
    int64_t n_rows, *line;
} made;

static void free_made(made *m) {
    free(m->text);
    free(m->at);
    free(m->line);
}

/* Rows a minute apart, of a text that may go over lines and a number; some blank lines between. */
static made make_table(int64_t n_rows, bool is_falling, const char *line_end, kr_rng *rng) {
    static const char *const notes[] = {"calm", "5\" pipe", "\"two\nlines\"", "\"a \"\"b\"\"\"",
                                        ""};
    size_t capacity = (size_t)n_rows * 64 + 200;
    made m = {.text = malloc(capacity),
              .at = calloc((size_t)n_rows, sizeof *m.at),
              .line = calloc((size_t)n_rows, sizeof *m.line),
              .n_rows = n_rows};
    int64_t line = 4;
    m.n = (size_t)sprintf(m.text, "# of a test%s%sdate,note,v%s", line_end, line_end, line_end);
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t minute = is_falling ? n_rows - i : i;
        const char *note = notes[kr__rng_below(rng, 5)];
        if (kr__rng_below(rng, 9) == 0) {
            m.n += (size_t)sprintf(m.text + m.n, " %s", line_end);
            line++;
        }
        m.at[i] = m.n;
        m.line[i] = line;
        m.n += (size_t)sprintf(m.text + m.n, "2020-%02d-%02d %02d:%02d,%s,%d%s",
                               (int)(minute / 40320 + 1), (int)(minute / 1440 % 28 + 1),
                               (int)(minute / 60 % 24), (int)(minute % 60), note, (int)i, line_end);
        line += 1 + (strchr(note, '\n') != NULL);
    }
    return m;
}

/* ---- both ends -------------------------------------------------------------------------- */

/* What is left is a beginning and an end of the file, and the cut tells what lay between. */
static void require_ends(const made *m, int64_t n, size_t n_head, bool is_packed) {
    const kr__file_ends wanted = {
        .n_rows = n, .n_head = n_head, .max_bytes = SIZE_MAX / 2, .given = &seen};
    uint8_t *bytes = NULL;
    size_t n_bytes = 0, n_first = 0;
    kr__cut cut;
    int64_t n_head_rows = 0;
    write_file("ends.csv", m->text, m->n, is_packed);
    assert_int_equal(kr__file_ends_read("ends.csv", &wanted, &bytes, &n_bytes, &cut, NULL), KR_OK);
    assert_non_null(bytes);
    if (cut.n_rows == 0) {
        assert_int_equal(n_bytes, m->n);
        assert_memory_equal(bytes, m->text, m->n);
        free(bytes);
        return;
    }
    while (n_head_rows < m->n_rows && m->line[n_head_rows] <= cut.line) n_head_rows++;
    int64_t first = n_head_rows + cut.n_rows;
    assert_in_range(first, n, m->n_rows - n);
    assert_true(n_head_rows >= n && m->n_rows - first >= n && m->n_rows - first <= n + 4);
    assert_int_equal(cut.line + cut.n_lines + 1, m->line[first]);
    n_first = n_bytes - (m->n - m->at[first]);
    assert_true(n_first >= n_head && n_first <= m->at[n_head_rows]);
    assert_memory_equal(bytes, m->text, n_first);
    assert_memory_equal(bytes + n_first, m->text + m->at[first], n_bytes - n_first);
    free(bytes);
}

static void ends_of_files(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int64_t n_rows = 1; n_rows < 400; n_rows += 1 + n_rows / 3) {
        made m = make_table(n_rows, false, n_rows % 2 ? "\n" : "\r\n", &rng);
        for (int64_t n = 1; n <= 64; n *= 4) {
            require_ends(&m, n, 40, false);
            require_ends(&m, n, 700, true);
        }
        free_made(&m);
    }
}

/* More than a block, so that what lies between is dropped on the way. */
static void ends_of_a_long_file(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, 0);
    made m = make_table(150000, false, "\n", &rng);
    require_ends(&m, 10, 40, false);
    require_ends(&m, 40000, 1 << 20, true);
    free_made(&m);
}

static void what_cannot_be_cut(void **state) {
    (void)state;
    const kr__file_ends wanted = {.n_rows = 1, .n_head = 8, .max_bytes = 1 << 20, .given = &seen};
    kr__file_ends small = wanted;
    uint8_t *bytes = NULL;
    size_t n_bytes;
    kr__cut cut;
    kr_error err;
    write_file("ends.csv",
               "\xff\xfe"
               "a\0\n\0"
               "1\0\n\0",
               10, false);
    assert_int_equal(kr__file_ends_read("ends.csv", &wanted, &bytes, &n_bytes, &cut, &err), KR_OK);
    assert_null(bytes);
    write_file("ends.csv", "a,b\r1,2\r3,4\r", 12, false);
    assert_int_equal(kr__file_ends_read("ends.csv", &wanted, &bytes, &n_bytes, &cut, &err), KR_OK);
    assert_null(bytes);
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, 0);
    made m = make_table(150000, false, "\n", &rng);
    write_file("ends.csv", m.text, m.n, true);
    small.max_bytes = 100;
    assert_int_equal(kr__file_ends_read("ends.csv", &small, &bytes, &n_bytes, &cut, &err),
                     KR_FORMAT);
    assert_non_null(strstr(err.text, "ends.csv: its last 1 rows take more than"));
    assert_int_equal(truncate("ends.csv", 300000), 0);
    assert_int_equal(kr__file_ends_read("ends.csv", &wanted, &bytes, &n_bytes, &cut, &err),
                     KR_FORMAT);
    assert_string_equal(err.text,
                        "ends.csv: ends in the middle of its compressed data; copy the file again");
    free_made(&m);
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_table *read_table(const char *path, int64_t last, bool is_whole) {
    const kr_csv_options options = {.order = KR__ORDER_STRICT, .given = {.last = last}};
    kr_error err = {.text = ""};
    kr_table *t = NULL;
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr_status status = is_whole ? kr__file_read(path, SIZE_MAX, &bytes, &n, &err) : KR_OK;
    if (status == KR_OK && is_whole)
        status = kr__csv_read_bytes(path, bytes, n, &options, &t, &err);
    if (!is_whole) status = kr__csv_read(path, &options, &t, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    free(bytes);
    return t;
}

/* Lines without values may stand behind totals, which the last rows do not show. */
static void a_last_row_without_values(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t last, want; /* rows; -1: refused */
    } cases[] = {{"a,b\n1,5\n2,6\nTotal,11\n,\n,\n", 0, 2},
                 {"a,b\n1,5\n2,6\nTotal,11\n,\n,\n", 2, -1},
                 {"a,b\n1,5\n2,6\nTotal,11\n,\n,\n", 9, 2},
                 {"a,b\n1,5\n2,6\n,\n3,7\n", 2, 2},
                 {"a,b\n1,5\n2,6\n3,\n", 2, 2},
                 {"date,b\n2020-01-01,5\n2020-01-02,6\n2020-01-03,\n", 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const kr_csv_options options = {.keeps_gaps = true, .given = {.last = cases[i].last}};
        const uint8_t *bytes = (const uint8_t *)cases[i].text;
        kr_error err = {.text = ""};
        kr_table *t = NULL;
        kr_status status =
            kr__csv_read_bytes("t", bytes, strlen(cases[i].text), &options, &t, &err);
        if (status == KR_OK && t->n_rows != cases[i].want) fail_msg("%s", cases[i].text);
        if (status == KR_OK) {
            kr__table_destroy(t);
            continue;
        }
        assert_true(status == KR_FORMAT && cases[i].want < 0);
        assert_string_equal(err.text,
                            "t: its last row has no values, and whether it is one or stands "
                            "behind totals is not known before all are read; leave `last` "
                            "out");
    }
}

/* The last rows are those of the whole table, read from all of it or from its ends. */
static void last_rows(void **state) {
    (void)state;
    static const struct {
        int64_t n_rows, last;
        bool is_falling;
    } cases[] = {{150, 1, false},        {150, 149, true},   {150, 150, false},
                 {150, 151, true},       {150000, 7, false}, {150000, 50000, true},
                 {150000, 149999, false}};
    kr_rng rng = kr__rng_make(8, KR_STREAM_TEST, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made m = make_table(cases[i].n_rows, cases[i].is_falling, "\n", &rng);
        write_file("last.csv", m.text, m.n, false);
        kr_table *all = read_table("last.csv", 0, true);
        int64_t n = cases[i].last < all->n_rows ? cases[i].last : all->n_rows;
        for (int is_whole = 0; is_whole < 2; is_whole++) {
            kr_table *t = read_table("last.csv", cases[i].last, is_whole);
            assert_int_equal(t->n_rows, n);
            bool is_part = n < all->n_rows; /* which is said */
            assert_int_equal(t->reading->order.n_last, is_part ? n : 0);
            assert_int_equal(t->reading->order.n_all, is_part ? all->n_rows : 0);
            assert_memory_equal(t->timestamps, all->timestamps + all->n_rows - n,
                                (size_t)n * sizeof *t->timestamps);
            size_t n_values = (size_t)(n * all->n_columns);
            assert_int_equal(t->n_columns, all->n_columns);
            assert_memory_equal(t->values, all->values + all->n_rows * all->n_columns - n_values,
                                n_values * sizeof *t->values);
            kr__table_destroy(t);
        }
        kr__table_destroy(all);
        free_made(&m);
    }
}

/* ---- blocks ----------------------------------------------------------------------------- */

/* Numbers alone; or with gaps, an empty line, an empty last cell; or some in quotes, and more empty
 * lines. */
typedef enum contents { PLAIN, GAPS, QUOTES } contents;

/* Totals at the end; n_bad: a row that has none. */
static void write_numbers(const char *path, int64_t n_rows, contents kind, const char *line_end,
                          int64_t n_bad) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fprintf(f, "date,a,\"the\nb\"%s", line_end);
    for (int64_t i = 0; i < n_rows; i++) {
        const char *quote = i % 11 == 0 && kind == QUOTES ? "\"" : "";
        bool has_blank = kind == QUOTES ? i % 1000 == 0 : kind == GAPS && i == n_rows / 2;
        if (has_blank) fputs(line_end, f);
        fprintf(f, "%d,%s%d.25%s,%s%s", (int)(1500000000 + 60 * i), quote, (int)i, quote,
                i == n_bad      ? "x"
                : kind == PLAIN ? "-0.0015"
                : i % 13        ? "-1e-3"
                                : "",
                line_end);
    }
    fprintf(f, "Total,1,%s,,%sTotal,2,", line_end, line_end);
    assert_int_equal(fclose(f), 0);
}

/* Where strips begin, and the lines in front of each: if these were wrong, rows would still be
 * read, but one by one. */
static void strips_know_their_lines(void **state) {
    (void)state;
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr__file_strips s;
    write_numbers("last.csv", 200000, PLAIN, "\n", -1);
    assert_int_equal(kr__file_read("last.csv", SIZE_MAX, &bytes, &n, NULL), KR_OK);
    assert_int_equal(kr__file_strips_open("last.csv", NULL, &s, NULL), KR_OK);
    assert_int_equal(s.n, (n + KR__STRIP - 1) / KR__STRIP);
    for (int64_t i = 0; i <= s.n; i++) {
        const char *text = (const char *)bytes;
        int64_t is_unfinished = s.starts[i] == n && bytes[n - 1] != '\n';
        if (i > 0 && i < s.n) assert_int_equal(bytes[s.starts[i] - 1], '\n');
        assert_int_equal(s.lines[i], kr__count_newlines(text, text + s.starts[i]) + is_unfinished);
    }
    kr__file_strips_close(&s);
    write_numbers("last.csv", 200000, QUOTES, "\n", -1);
    assert_int_equal(kr__file_strips_open("last.csv", NULL, &s, NULL), KR_OK);
    assert_int_equal(s.n, 0);
    kr__file_strips_close(&s);
    free(bytes);
}

/* One behind the other, or a row of each in turn; new names come up to the end. */
static void write_series(const char *path, int64_t n_rows, bool is_in_turn, int64_t n_bad) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fprintf(f, "unique_id,ds,y\n");
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t series = is_in_turn ? i % (1 + i / 3000) : i / 700;
        if (i == n_bad) fputs(",2020-01-01,7\n", f);
        fprintf(f, "shop %d,%d,%d.5\n", (int)(series * 7919 % 1000), (int)(1500000000 + 60 * i),
                (int)i);
    }
    assert_int_equal(fclose(f), 0);
}

static kr_table *read_series(const char *path, kr_team *team, bool is_whole, kr_error *err) {
    const kr_csv_options options = {.team = team, .id_column = "unique_id"};
    kr_table *t = NULL;
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (is_whole) assert_int_equal(kr__file_read(path, SIZE_MAX, &bytes, &n, NULL), KR_OK);
    kr_status status = is_whole ? kr__csv_read_bytes(path, bytes, n, &options, &t, err)
                                : kr__csv_read(path, &options, &t, err);
    free(bytes);
    return status == KR_OK ? t : NULL;
}

/* In strips, in which they are numbered each for itself, as in a text that is read row by row. */
static void series_in_strips(void **state) {
    (void)state;
    kr_team *team = NULL;
    kr_error err = {.text = ""}, same = {.text = ""};
    assert_int_equal(kr_team_create(3, NULL, NULL, &team, NULL), KR_OK);
    for (int is_in_turn = 0; is_in_turn < 2; is_in_turn++) {
        write_series("last.csv", 250000, is_in_turn, -1);
        kr_table *a = read_series("last.csv", team, false, &err),
                 *b = read_series("last.csv", NULL, true, &same);
        if (!a || !b) fail_msg("%s%s", err.text, same.text);
        assert_true(a->n_rows == b->n_rows && a->n_ids == b->n_ids && a->n_ids > 80);
        assert_memory_equal(a->ids, b->ids, (size_t)a->n_rows * sizeof *a->ids);
        assert_memory_equal(a->values, b->values, (size_t)a->n_rows * sizeof *a->values);
        for (int64_t i = 0; i < a->n_ids; i++) assert_string_equal(a->id_names[i], b->id_names[i]);
        kr__table_destroy(a);
        kr__table_destroy(b);
    }
    write_series("last.csv", 250000, false, 200000); /* a row whose series has no name */
    assert_null(read_series("last.csv", team, false, &err));
    assert_null(read_series("last.csv", NULL, true, &same));
    assert_string_equal(err.text, same.text);
    kr_team_destroy(team);
}

static kr_status take_strips(void *arg, kr_error *err) {
    kr__file_strips s;
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr__cut cut;
    kr_status status = kr__file_strips_open(arg, NULL, &s, err);
    if (status == KR_OK) status = kr__file_strips_ends(&s, &bytes, &n, &cut);
    kr__file_strips_close(&s);
    kr_free(bytes);
    return status;
}

static kr_status take_ends(void *arg, kr_error *err) {
    const kr__file_ends wanted = {
        .n_rows = 2000, .n_head = 4000, .max_bytes = SIZE_MAX / 2, .given = &seen};
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr__cut cut;
    kr_status status = kr__file_ends_read(arg, &wanted, &bytes, &n, &cut, err);
    kr_free(bytes);
    return status;
}

static kr_status read_rows(const char *path, int64_t last, kr_error *err) {
    const kr_csv_options options = {.keeps_gaps = true, .given = {.last = last}};
    kr_table *table = NULL;
    KR_TRY(kr__csv_read(path, &options, &table, err));
    kr__table_destroy(table);
    return KR_OK;
}
static kr_status read_last_rows(void *arg, kr_error *err) { return read_rows(arg, 3, err); }
static kr_status read_all_rows(void *arg, kr_error *err) { return read_rows(arg, 0, err); }

static void long_files_may_lack_memory(void **state) {
    (void)state;
    char path[] = "last.csv";
    write_numbers(path, 100000, PLAIN, "\n", -1);
    kr_starve("strips", take_strips, path);
    kr_starve("ends", take_ends, path);
    write_numbers(path, 180000, PLAIN, "\n", -1);
    kr_starve("last rows", read_last_rows, path);
    kr_starve("all rows", read_all_rows, path);
    write_numbers(path, 180000, QUOTES, "\n", -1); /* in blocks, not in strips */
    kr_starve("rows with quotes", read_all_rows, path);
}

/* A file that is read in blocks is the same as all of its text in memory, and so is its error. */
static void rows_in_blocks(void **state) {
    (void)state;
    enum { ROWS = 180000 };
    static const struct {
        contents kind;
        const char *line_end;
    } files[] = {{PLAIN, "\n"}, {PLAIN, "\r\n"}, {GAPS, "\r\n"}, {QUOTES, "\n"}};
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        const char *line_end = files[k].line_end;
        contents kind = files[k].kind;
        kr_csv_options options = {.keeps_gaps = true, .order = KR__ORDER_STRICT};
        assert_int_equal(kr_team_create(3, NULL, NULL, &options.team, NULL), KR_OK);
        uint8_t *bytes = NULL;
        size_t n = 0;
        kr_table *in_blocks = NULL, *whole = NULL;
        kr_error err = {.text = ""}, other = {.text = ""};
        write_numbers("last.csv", ROWS, kind, line_end, -1);
        assert_int_equal(kr__csv_read("last.csv", &options, &in_blocks, &err), KR_OK);
        assert_int_equal(kr__file_read("last.csv", SIZE_MAX, &bytes, &n, NULL), KR_OK);
        assert_in_range(n, KR__SHORT_FILE, SIZE_MAX);
        assert_int_equal(kr__csv_read_bytes("last.csv", bytes, n, &options, &whole, NULL), KR_OK);
        assert_int_equal(in_blocks->n_rows, ROWS);
        assert_int_equal(whole->n_rows, ROWS);
        assert_string_equal(in_blocks->names[1], "the b");
        assert_memory_equal(in_blocks->values, whole->values, 2 * ROWS * sizeof(double));
        assert_memory_equal(in_blocks->timestamps, whole->timestamps, ROWS * sizeof(int64_t));
        assert_int_equal(in_blocks->reading->n_totals, 2);
        kr__table_destroy(in_blocks);
        kr__table_destroy(whole);
        options.keeps_gaps = false;
        kr_status status = kr__csv_read_bytes("last.csv", bytes, n, &options, &whole, &other);
        assert_int_equal(kr__csv_read("last.csv", &options, &in_blocks, &err), status);
        assert_int_equal(status, kind == PLAIN ? KR_OK : KR_FORMAT);
        assert_string_equal(err.text, other.text);
        if (status == KR_OK) kr__table_destroy(in_blocks);
        if (status == KR_OK) kr__table_destroy(whole);
        free(bytes);
        write_numbers("last.csv", ROWS, kind, line_end, ROWS - 5000);
        assert_int_equal(kr__file_read("last.csv", SIZE_MAX, &bytes, &n, NULL), KR_OK);
        assert_int_equal(kr__csv_read("last.csv", &options, &whole, &err), KR_FORMAT);
        assert_int_equal(kr__csv_read_bytes("last.csv", bytes, n, &options, &whole, &other),
                         KR_FORMAT);
        assert_string_equal(err.text, other.text);
        assert_non_null(strstr(err.text, "\"x\" is not a number"));
        kr_team_destroy(options.team);
        free(bytes);
    }
}

/* Of strips that are read at once, the first one that has a gap, and the gaps of all. */
static void the_first_gap_is_named(void **state) {
    (void)state;
    enum { ROWS = 400000, FIRST = 90000 };
    const kr_csv_options options = {.order = KR__ORDER_STRICT};
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    FILE *f = fopen("last.csv", "wb");
    assert_non_null(f);
    fputs("date,a,b\n", f);
    for (int64_t i = 0; i < ROWS; i++) {
        bool lacks_b = i == FIRST, lacks_a = i > FIRST && i % 10000 == 1;
        fprintf(f, "%d,%s,%s\n", (int)(1500000000 + 60 * i), lacks_a ? "" : "12.5",
                lacks_b ? "" : "0.25");
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(kr__csv_read("last.csv", &options, &t, &err), KR_FORMAT);
    assert_non_null(strstr(err.text,
                           "last.csv:90002: column \"b\": is a gap (empty or NaN), the first of 32 "
                           "in the file"));
}

static kr_status read_text(const char *text, const char *id, int64_t last, kr_table **t,
                           kr_error *err) {
    const kr_csv_options options = {
        .order = KR__ORDER_STRICT, .id_column = id, .given = {.last = last}};
    return kr__csv_read_bytes("t.csv", (const uint8_t *)text, strlen(text), &options, t, err);
}

static void totals_series_and_gaps(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr_table *t = NULL;
    /* Totals are no rows, a gap in front of the last rows is none of theirs. */
    assert_int_equal(
        read_text("date,v\n2020-01-01,\n2020-01-02,2\n2020-01-03,3\nTotal,5\n", NULL, 2, &t, &err),
        KR_OK);
    assert_int_equal(t->n_rows, 2);
    assert_true(t->values[0] == 2 && t->values[1] == 3);
    kr__table_destroy(t);
    assert_int_equal(read_text("date,v\n2020-01-01,1\n2020-01-02,2\nTotal,3\n", NULL, 1, &t, &err),
                     KR_OK);
    assert_true(t->n_rows == 1 && t->values[0] == 2);
    assert_true(t->reading->n_totals == 1 && t->reading->n_headers == 0);
    kr__table_destroy(t);
    assert_int_equal(read_text("date,v\n2020-01-01,1\n2020-01-02,2\nTotal,3\nMean,1.5\nSum,3\n",
                               NULL, 1, &t, &err),
                     KR_OK);
    assert_true(t->n_rows == 1 && t->values[0] == 2);
    kr__table_destroy(t);
    assert_int_equal(read_text("date,v\nTotal,3\nMean,1.5\nSum,3\n", NULL, 1, &t, &err), KR_FORMAT);
    /* Two rows are enough to see that the newest is first. */
    assert_int_equal(read_text("date,v\n2020-01-02,2\n2020-01-01,1\n", NULL, 1, &t, &err), KR_OK);
    assert_true(t->n_rows == 1 && t->values[0] == 2);
    kr__table_destroy(t);
    /* Of each series. */
    assert_int_equal(read_text("date,s,v\n2020-01-01,a,1\n2020-01-02,a,2\n2020-01-03,a,3\n"
                               "2020-01-01,b,4\n2020-01-01,c,5\n2020-01-02,c,6\n",
                               "s", 2, &t, &err),
                     KR_OK);
    assert_int_equal(t->n_rows, 5);
    const double of_each[] = {2, 3, 4, 5, 6};
    assert_memory_equal(t->values, of_each, sizeof of_each);
    kr__table_destroy(t);
    /* Nobody knows the last of these; of the second not even which they are. */
    static const char *const unsorted[] = {
        "date,v\n2020-01-02,1\n2020-01-01,2\n2020-01-03,3\n2020-01-04,3\n",
        "date,v\n2020-01-02,1\n2020-01-04,2\n2020-01-03,3\n2020-01-05,3\n"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_text(unsorted[i], NULL, 1, &t, &err), KR_FORMAT);
        assert_string_equal(err.text,
                            "t.csv: has rows that are older than those before them, so that its "
                            "last rows are not known before all are read; leave `last` out, or "
                            "sort the file");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_of_files),
        cmocka_unit_test(ends_of_a_long_file),
        cmocka_unit_test(what_cannot_be_cut),
        cmocka_unit_test(last_rows),
        cmocka_unit_test(totals_series_and_gaps),
        cmocka_unit_test(a_last_row_without_values),
        cmocka_unit_test(rows_in_blocks),
        cmocka_unit_test(the_first_gap_is_named),
        cmocka_unit_test(strips_know_their_lines),
        cmocka_unit_test(series_in_strips),
        cmocka_unit_test(long_files_may_lack_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
