/* SPDX-License-Identifier: MIT
 * test_m4.c - one series per line: what is refused, with the line it stands in. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/starve.h"
#include "tables/m4.h"

static kr__m4_file file_of(const char *name, const char *text) {
    return (kr__m4_file){name, (const uint8_t *)text, strlen(text)};
}

/* Alone; with_test: as the test part of a good file. */
static kr_status read_text(const char *text, bool with_test, bool keeps_gaps, kr_rows **rows,
                           kr_error *err) {
    const kr__m4_file train = file_of("train", "V1,V2,V3\na,1,2\nb,10,,30\n"),
                      file = file_of("m4", text);
    if (!with_test) return kr__m4_read_series(&file, keeps_gaps, rows, err);
    return kr__m4_read_bytes("both", &train, &file, keeps_gaps, rows, err);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {{"V1,V2\n", "m4: has a header but no series"},
                 {"V1,V2", "m4: has a header but no series"},
                 {"V1,V2\r\n\r\n\n", "m4: has a header but no series"},
                 {"V1,V2\na,x\n", "m4:2: value 1: \"x\" is not a number"},
                 {"V1,V2\nb,1\na,x\n", "m4:3: value 1: \"x\" is not a number"},
                 {"\n\nV1,V2\n\na,1,2\r\n\r\nb,1,x,3", "m4:7: value 2: \"x\" is not a number"},
                 {"\"V\n1\",V2\na,1\nb,x\n", "m4:4: value 1: \"x\" is not a number"},
                 {"V1,V2\nb,1\n ,1\n", "m4:3: the first cell is empty; it must name the series"},
                 {"V1,V2\na,1\nb,1\na,3\n", "m4:4: series \"a\" appears twice"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int with_test = 0; with_test < 2; with_test++) {
            kr_rows *rows = NULL;
            kr_error err = {.text = ""};
            assert_int_equal(read_text(cases[i].text, with_test, true, &rows, &err), KR_FORMAT);
            assert_string_equal(err.text, cases[i].want);
            assert_null(rows);
        }
    }
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(read_text("V1,V2\na,1\nb,,\n", false, true, &rows, &err), KR_FORMAT);
    assert_string_equal(err.text, "m4: series \"b\" has no value; leave it out");
    assert_int_equal(read_text("V1,V2\na,1\n", true, true, &rows, &err), KR_FORMAT);
    assert_string_equal(
        err.text, "m4: has no series \"b\", which train has; both files need the same series");
}

static void gaps_are_kept_or_refused(void **state) {
    (void)state;
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(read_text("V1\na,1\nb,,,2,NaN,\n", false, false, &rows, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "m4:3: value 1 is a gap (empty or NaN), but values follow it; fill it with "
                        "`gaps` linear, ffill or model");
    assert_int_equal(read_text("V1\na,1\nb,,,2,NaN,\n", false, true, &rows, &err), KR_OK);
    assert_int_equal(kr_rows_count(rows), 4);
    assert_true(isnan(kr_rows_values(rows)[1]) && isnan(kr_rows_values(rows)[2]));
    assert_true(kr_rows_values(rows)[0] == 1 && kr_rows_values(rows)[3] == 2);
    kr_rows_destroy(rows);
    rows = NULL;
    assert_int_equal(read_text("V1\na,1,,\nb\n", true, false, &rows, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "train:3: value 2 is a gap (empty or NaN), but values follow it; fill it "
                        "with `gaps` linear, ffill or model");
    assert_null(rows);
}

static kr_status read_lines(void *arg, kr_error *err) {
    const bool *with_test = arg;
    kr_rows *rows = NULL;
    KR_TRY(read_text("V1,V2\na,1\nb,2\n", *with_test, true, &rows, err));
    assert_int_equal(kr_rows_count(rows), *with_test ? 7 : 2);
    kr_rows_destroy(rows);
    return KR_OK;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    bool with_test[] = {false, true};
    kr_starve("lines to train on", read_lines, &with_test[0]);
    kr_starve("lines to train and test on", read_lines, &with_test[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(refusals),
                                       cmocka_unit_test(gaps_are_kept_or_refused),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
