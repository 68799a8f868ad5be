/* SPDX-License-Identifier: MIT
 * test_row_blocks.c - the blocks of a long file, one behind the other, are its rows, wherever a
 * block ends. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/starve.h"
#include "tables/row_blocks.h"

enum { BLOCK = 1 << 20, LAST_BLOCK = 1 << 16, MOST = 3 << 20 }; /* as in row_blocks.c */

static char folder[64];
static char text[MOST];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/krait-blocks-XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return unlink("rows.csv") == 0 && chdir("/") == 0 ? rmdir(folder) : -1;
}

/* Rows of 16 bytes, the first one n_first longer, until there are n bytes; the last may be cut. */
static void write_rows(size_t n_first, size_t n, const char *row) {
    FILE *f = fopen("rows.csv", "wb");
    assert_non_null(f);
    size_t at = n_first;
    memset(text, '7', n_first);
    for (int64_t i = 0; at < n; i++) {
        char line[24];
        snprintf(line, sizeof line, row, (int)(i % 1000000));
        assert_int_equal(strlen(line), 16);
        size_t size = at + 16 < n ? 16 : n - at;
        memcpy(text + at, line, size);
        at += size;
    }
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void require_next(kr__row_blocks *b, kr__csv_scan *s) {
    kr_error err = {.text = ""};
    b->err = &err;
    if (kr__row_blocks_next(b, s) != KR_OK) fail_msg("%s", err.text);
}

/* All blocks from a line that begins at `from`, one behind the other; how many there are. */
static int64_t require_rows(int64_t line, size_t from, size_t n) {
    kr__row_blocks b;
    kr__csv_scan s = {.name = "rows.csv", .line = line, .delimiter = ','};
    size_t at = from;
    int64_t n_blocks = 0;
    assert_int_equal(kr__row_blocks_open("rows.csv", line, NULL, &b, NULL), KR_OK);
    while (!kr__row_blocks_are_done(&b)) {
        require_next(&b, &s);
        size_t size = (size_t)(s.end - s.at);
        assert_in_range(size, 1, n - at);
        assert_memory_equal(s.at, text + at, size);
        at += size;
        assert_true(at == n || text[at - 1] == '\n');
        if (at == n && n - from >= LAST_BLOCK) assert_true(size >= LAST_BLOCK - 16);
        n_blocks++;
    }
    assert_int_equal(at, n);
    kr__row_blocks_close(&b);
    return n_blocks;
}

/* A block of bytes ends so many behind its last row: with the row's end, one byte, two, .. */
static void a_block_may_end_anywhere(void **state) {
    (void)state;
    static const size_t left[] = {0, 1, 2, 3, 8, 15};
    for (int k = 0; k < 4; k++) {
        const bool has_quotes = k % 2, is_last = k / 2; /* the block of bytes behind it */
        const size_t n = 2 * BLOCK + LAST_BLOCK + (is_last ? -1 : 1000);
        for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
            write_rows(16 - left[i], n, has_quotes ? "%06d,\"12345\",\n" : "%06d,1234,567\n");
            assert_int_equal(text[BLOCK - left[i] - 1], '\n');
            assert_int_equal(require_rows(1, 0, n), is_last ? 2 : 3);
        }
    }
}

/* Where less than a last block would be left, the block before takes it in. */
static void the_end_of_a_file_is_one_block(void **state) {
    (void)state;
    static const struct {
        size_t n;
        int64_t n_blocks;
    } cases[] = {{1, 1},
                 {16, 1},
                 {BLOCK, 1},
                 {BLOCK + LAST_BLOCK - 1, 1},
                 {BLOCK + LAST_BLOCK, 2},
                 {2 * BLOCK + LAST_BLOCK - 1, 2},
                 {2 * BLOCK + LAST_BLOCK, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_rows(0, cases[i].n, "%06d,1234,567\n");
        assert_int_equal(require_rows(1, 0, cases[i].n), cases[i].n_blocks);
    }
}

/* From a line of the first block, of a later one, the last one, and behind it. */
static void rows_begin_with_a_line(void **state) {
    (void)state;
    const size_t n = 2 * BLOCK + LAST_BLOCK;
    const int64_t n_lines = (int64_t)n / 16, in_block = BLOCK / 16;
    const int64_t lines[] = {1, 2, in_block, in_block + 1, in_block + 2, n_lines};
    write_rows(0, n, "%06d,1234,567\n");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        require_rows(lines[i], (size_t)(lines[i] - 1) * 16, n);
    }
    assert_int_equal(require_rows(n_lines + 1, n, n), 0);
    assert_int_equal(require_rows(n_lines + 9, n, n), 0);
}

/* A row that is longer than a block is in one piece. */
static void a_long_row_is_whole(void **state) {
    (void)state;
    const size_t n = 2 * BLOCK + 2 * LAST_BLOCK;
    write_rows(BLOCK + BLOCK / 2, n, "%06d,1234,567\n");
    assert_int_equal(require_rows(1, 0, n), 2);
}

/* Strips follow one another up to the end, whether they are read here or passed. */
static void strips_and_blocks_take_turns(void **state) {
    (void)state;
    enum { N = (2 << 20) + 3 * KR__STRIP + 5 };
    for (int turn = 0; turn < 3; turn++) {
        kr__file_strips strips;
        kr__row_blocks b;
        kr__row_range next;
        kr__csv_scan s = {.name = "rows.csv", .line = 2, .delimiter = ','};
        size_t at = 16;
        write_rows(0, N, "%06d,1234,567\n");
        assert_int_equal(kr__file_strips_open("rows.csv", NULL, &strips, NULL), KR_OK);
        assert_true(strips.n > 1);
        assert_int_equal(kr__row_blocks_open("rows.csv", 2, &strips, &b, NULL), KR_OK);
        for (int i = turn; kr__row_blocks_peek(&b, &next); i++) {
            assert_int_equal(next.from, at);
            assert_in_range(next.to, at + 1, N);
            assert_int_equal(next.to, strips.starts[next.end]);
            assert_true(strips.starts[next.first] <= at && next.first < next.end);
            assert_true(next.end - next.first <= KR__MOST_STRIPS);
            if (i % 2 == 0 || turn == 2) {
                require_next(&b, &s);
                assert_int_equal(s.end - s.at, next.to - next.from);
                assert_memory_equal(s.at, text + at, next.to - next.from);
            } else {
                assert_int_equal(kr__row_blocks_pass(&b, &next), KR_OK);
            }
            at = next.to;
        }
        assert_int_equal(at, N);
        assert_true(kr__row_blocks_are_done(&b));
        kr__row_blocks_close(&b);
        kr__file_strips_close(&strips);
    }
}

static kr_status read_all(void *arg, kr_error *err) {
    (void)arg;
    kr__row_blocks b;
    kr__csv_scan s = {.name = "rows.csv", .line = 1, .delimiter = ','};
    kr_status status = kr__row_blocks_open("rows.csv", 1, NULL, &b, err);
    while (status == KR_OK && !kr__row_blocks_are_done(&b)) status = kr__row_blocks_next(&b, &s);
    kr__row_blocks_close(&b);
    return status;
}

static void what_cannot_be_read_is_said(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    write_rows(BLOCK + 5, 2 * BLOCK + LAST_BLOCK, "%06d,1234,567\n");
    kr_starve("blocks of rows", read_all, NULL);
    kr__row_blocks b;
    assert_int_equal(kr__row_blocks_open("none.csv", 1, NULL, &b, &err), KR_IO);
    kr__row_blocks_close(&b);
    /* A file that became shorter. */
    kr__csv_scan s = {.name = "rows.csv", .line = 1, .delimiter = ','};
    assert_int_equal(kr__row_blocks_open("rows.csv", 1, NULL, &b, &err), KR_OK);
    assert_int_equal(truncate("rows.csv", BLOCK + 10), 0);
    assert_int_equal(kr__row_blocks_next(&b, &s), KR_IO);
    assert_string_equal(err.text, "rows.csv: could be read only in part");
    kr__row_blocks_close(&b);
}

/* A quote that is never closed. */
static void a_row_has_an_end(void **state) {
    (void)state;
    enum { LONG = 66 << 20 };
    kr_error err = {.text = ""};
    FILE *f = fopen("rows.csv", "wb");
    assert_non_null(f);
    fputs("1,2\n\"", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(truncate("rows.csv", LONG), 0);
    assert_int_equal(read_all(NULL, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "rows.csv:1: has a row of more than 64 MB; a quote"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_may_end_anywhere),
        cmocka_unit_test(the_end_of_a_file_is_one_block),
        cmocka_unit_test(rows_begin_with_a_line),
        cmocka_unit_test(a_long_row_is_whole),
        cmocka_unit_test(strips_and_blocks_take_turns),
        cmocka_unit_test(what_cannot_be_read_is_said),
        cmocka_unit_test(a_row_has_an_end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
