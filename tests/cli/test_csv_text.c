/* SPDX-License-Identifier: MIT
 * test_csv_text.c - names in CSV: as they are, no formula of a spreadsheet, and read back the same.
 */
#include "framework/csv_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tables/csv.h"

static const char *written(const char *text, const char *ending) {
    static char line[256];
    FILE *stream = tmpfile();
    assert_non_null(stream);
    csv_write_name(stream, text, ending);
    rewind(stream);
    line[fread(line, 1, sizeof line - 1, stream)] = '\0';
    fclose(stream);
    return line;
}

static void names_are_quoted_where_they_must(void **state) {
    (void)state;
    assert_string_equal(written("OT", ""), "OT");
    assert_string_equal(written("OT", "_lower_80"), "OT_lower_80");
    assert_string_equal(written("a,b", "_1"), "\"a,b_1\"");
    assert_string_equal(written("a \"b\"", ""), "\"a \"\"b\"\"\"");
    assert_string_equal(written("it's", ""), "it's");
}

static void formulas_become_texts(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"=1+1", "'=1+1"},     {"+1+1", "'+1+1"},
        {"-1+1", "'-1+1"},     {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "'\t=1"},     {"\r=1", "\"'\r=1\""},
        {"=a,b", "\"'=a,b\""}, {"=\"x\"", "\"'=\"\"x\"\"\""},
        {"#1", "\"#1\""},      {"% a", "\"% a\""},
        {"//", "\"//\""},      {"'=1", "''=1"},
        {"''-x", "'''-x"},     {"-", "'-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(written(rows[i][0], ""), rows[i][1]);
    }
    assert_string_equal(written("-1.5", ""), "-1.5"); /* numbers stay numbers */
    assert_string_equal(written("+2e-3", ""), "+2e-3");
    assert_string_equal(written("-1", "_lower_80"), "'-1_lower_80");
}

static void fields_come_back(void **state) {
    (void)state;
    static const char *const names[] = {"=1", "'=1", "''-x", "plain", "'x'", "-1", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_string_equal(csv_skip_guard(written(names[i], "")), names[i]);
    }
}

static void names_come_back(void **state) {
    (void)state;
    static const char *const names[] = {"=1+1", "'=1+1",    "''@x",  "-1",      "'-1",
                                        "- x",  "'quoted'", "plain", "=a,\"b\""};
    enum { N = sizeof names / sizeof names[0] };
    char text[512] = "";
    for (int i = 0; i < N; i++) {
        strcat(text, i > 0 ? "," : "");
        strcat(text, written(names[i], ""));
    }
    strcat(text, "\n1,2,3,4,5,6,7,8,9\n");
    kr_table *table = NULL;
    kr_error err = {.text = ""};
    kr_status status =
        kr__csv_read_bytes("t.csv", (const uint8_t *)text, strlen(text), NULL, &table, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(table->n_columns, N);
    for (int i = 0; i < N; i++) assert_string_equal(table->names[i], names[i]);
    kr__table_destroy(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_quoted_where_they_must),
        cmocka_unit_test(formulas_become_texts),
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(names_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
