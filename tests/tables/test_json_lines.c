/* SPDX-License-Identifier: MIT
 * test_json_lines.c - rows that are JSON objects. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/arena.h"
#include "tables/csv.h"
#include "tables/json_lines.h"

static char path[64];

static void write_text(const char *text) {
    snprintf(path, sizeof path, "/tmp/krait-rows-%d.jsonl", (int)getpid());
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static void expect_file(const char *want) {
    kr__made_text made = {0};
    kr_error err = {0};
    if (kr__json_lines_read(path, &made, &err) != KR_OK) fail_msg("%s", err.text);
    if (made.n != strlen(want) || memcmp(made.text, want, made.n) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)made.n, made.text, want);
    }
    kr_free(made.text);
}

static void expect(const char *text, const char *want) {
    write_text(text);
    expect_file(want);
}

static void refuse(const char *text, const char *part_of_sentence) {
    kr__made_text made = {0};
    kr_error err = {0};
    write_text(text);
    assert_int_equal(kr__json_lines_read(path, &made, &err), KR_FORMAT);
    assert_null(made.text);
    if (!strstr(err.text, part_of_sentence)) fail_msg("%s", err.text);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void lines_and_lists(void **state) {
    (void)state;
    expect("{\"a\":1,\"b\":2.5}\n{\"a\":3,\"b\":-4}\n", "a,b\n1,2.5\n3,-4\n");
    expect("\xef\xbb\xbf{\"a\":1}\r\n\r\n{\"a\":2}", "a\n1\n2\n");
    expect("[{\"a\":1},\n {\"a\":2}]\n", "a\n1\n2\n");
    expect("[ {\n  \"a\": 1\n } ]", "a\n1\n");
    expect("{\"a\":\"x, \\\"y\\\"\"}{\"a\":\"two\\nlines\"}", "a\n\"x, \"\"y\"\"\"\ntwo lines\n");
}

static void values(void **state) {
    (void)state;
    expect("{\"t\":true,\"f\":false,\"n\":null,\"x\":0.1,\"big\":1e300,\"whole\":9007199254740991}",
           "t,f,n,x,big,whole\ntrue,false,,0.1,1e+300,9007199254740991\n");
}

/* Columns by their first appearance; what a row lacks is empty; objects inside objects. */
static void rows_that_differ(void **state) {
    (void)state;
    expect("{\"a\":1}\n{\"b\":2,\"a\":3}\n{\"c\":4}", "a,b,c\n1,,\n3,2,\n,,4\n");
    expect("{\"w\":{\"t\":1,\"in\":{\"x\":2}},\"a\":3}\n{\"a\":4,\"w\":{}}",
           "w.t,w.in.x,a\n1,2,3\n,,4\n");
}

static void what_is_refused(void **state) {
    (void)state;
    refuse("", "there are no rows");
    refuse("[]", "there are no rows");
    refuse("{}\n{}", "there are no rows");
    refuse("{\"a\":1}\n{\"a\":2\n{\"a\":3}", ":3: is no JSON");
    refuse("{\"a\":1}\n5\n", ":2: an object, {..}, is expected here");
    refuse("[{\"a\":1} {\"a\":2}]", ":1: a comma is missing");
    refuse("[{\"a\":1},\n{\"a\":2}\n", ":3: the list is never closed with ]");
    refuse("[{\"a\":1}]\nmore", ":2: something follows the list");
    refuse("{\"a\":1}\n{\"a\":[1,2]}", ":2: \"a\" is a list; a cell needs one value");
    refuse("{\"a\":1,\"b\":2,\"a\":3}", ":1: has \"a\" twice");
    refuse("{\"a\":{\"b\":[1]}}", "\"a.b\" is a list");
}

static void packed(void **state) {
    (void)state;
    write_text("");
    gzFile f = gzopen(path, "wb");
    assert_true(gzputs(f, "{\"a\":1}\n{\"a\":2}\n") > 0);
    assert_int_equal(gzclose(f), Z_OK);
    expect_file("a\n1\n2\n");
}

/* The first object is row 1 of sentences. */
static void as_a_table(void **state) {
    (void)state;
    kr_table *table = NULL;
    kr_error err = {0};
    write_text("{\"date\":\"2024-01-01\",\"kW\":1.5}\n{\"date\":\"2024-01-02\",\"kW\":2.5}\n");
    assert_int_equal(kr__csv_read(path, NULL, &table, &err), KR_OK);
    assert_int_equal(table->n_rows, 2);
    assert_string_equal(table->date_name, "date");
    assert_true(table->values[1] == 2.5);
    kr__table_destroy(table);
    write_text("{\"a\":1}\n{\"a\":\"0x10\"}\n");
    assert_int_equal(kr__csv_read(path, NULL, &table, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, ".jsonl:2: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lines_and_lists, remove_file),
        cmocka_unit_test_teardown(values, remove_file),
        cmocka_unit_test_teardown(rows_that_differ, remove_file),
        cmocka_unit_test_teardown(what_is_refused, remove_file),
        cmocka_unit_test_teardown(packed, remove_file),
        cmocka_unit_test_teardown(as_a_table, remove_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
