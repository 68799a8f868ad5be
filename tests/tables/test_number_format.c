/* SPDX-License-Identifier: MIT
 * test_number_format.c - numbers as people write them, near misses, and what decides a format. */
#include "tables/number_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POINT, COMMA };

static const struct {
    char decimal, thousands;
    const char *text;
    double value;
    const char *unit;
    bool is_percent, is_accounting;
} numbers[] = {
    {'.', 0, "1.5", 1.5, "", false, false},
    {'.', 0, "-1.5e-3", -1.5e-3, "", false, false},
    {',', 0, "1000,0", 1000, "", false, false},
    {',', 0, "-0,5", -0.5, "", false, false},
    {',', 0, ",5", 0.5, "", false, false},
    {',', 0, "5,", 5, "", false, false},
    {',', 0, "1,5E3", 1500, "", false, false},
    {',', '.', "1.477,57", 1477.57, "", false, false},
    {',', '.', "1.234.567", 1234567, "", false, false},
    {',', '.', "147", 147, "", false, false},
    {'.', ',', "1,234.50", 1234.5, "", false, false},
    {'.', ',', "1,789,892", 1789892, "", false, false},
    {'.', ',', "12,34,567", 1234567, "", false, false},
    {'.', ',', "1,23,45,678.9", 12345678.9, "", false, false},
    {'.', ',', "1234567.5", 1234567.5, "", false, false},
    {'.', '\'', "1'234'567.25", 1234567.25, "", false, false},
    {'.', '\'',
     "1\xe2\x80\x99"
     "234",
     1234, "", false, false},
    {',', ' ', "1 234,5", 1234.5, "", false, false},
    {',', ' ',
     "1\xc2\xa0"
     "234\xc2\xa0"
     "567,5",
     1234567.5, "", false, false},
    {',', ' ',
     "1\xe2\x80\xaf"
     "234",
     1234, "", false, false},
    {'.', ',', "(1,234.50)", -1234.5, "", false, true},
    {'.', ',', "1,234.50-", -1234.5, "", false, true},
    {'.', 0, "( 5 )", -5, "", false, true},
    {'.', 0, "+5", 5, "", false, false},
    {'.', 0, "- 5", -5, "", false, false},
    {'.', 0,
     "\xe2\x88\x92"
     "5",
     -5, "", false, false},
    {'.', 0, "$1000.0", 1000, "$", false, false},
    {'.', 0, "-$5", -5, "$", false, false},
    {'.', 0, "$-5", -5, "$", false, false},
    {'.', 0, "($5.25)", -5.25, "$", false, true},
    {'.', 0, "$(5.25)", -5.25, "$", false, true},
    {',', '.', "1.234,50 \xe2\x82\xac", 1234.5, "\xe2\x82\xac", false, false},
    {',', '.', "EUR 1.234,50-", -1234.5, "EUR", false, true},
    {'.', '\'', "CHF 1'234.50", 1234.5, "CHF", false, false},
    {'.', ',',
     "\xe2\x82\xb9"
     "12,34,567",
     1234567, "\xe2\x82\xb9", false, false},
    {',', ' ', "1 234,50 kr", 1234.5, "kr", false, false},
    {'.', 0, "5 kWh", 5, "kWh", false, false},
    {'.', 0, "-5.25mm", -5.25, "mm", false, false},
    {',', '.', "1.234,5 m\xc2\xb3", 1234.5, "m\xc2\xb3", false, false},
    {'.', 0,
     "21.5\xc2\xa0\xc2\xb0"
     "C",
     21.5,
     "\xc2\xb0"
     "C",
     false, false},
    {'.', 0, "7 \xc2\xb5g/m\xc2\xb3", 7, "\xc2\xb5g/m\xc2\xb3", false, false},
    {'.', 0, "12.5%", 12.5, "", true, false},
    {',', 0, "12,5 %", 12.5, "", true, false},
    {',', 0, "-12,5\xc2\xa0%", -12.5, "", true, false},
    {'.', 0, "(12%)", -12, "", true, true},
};

static void numbers_as_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const kr__number_format format = {numbers[i].decimal, numbers[i].thousands};
        kr__number_look look;
        double value = 0;
        const char *text = numbers[i].text;
        kr__number_kind kind = kr__number_read(&format, text, strlen(text), &value, &look);
        if (kind != KR__NUMBER || value != numbers[i].value) fail_msg("%s: %g", text, value);
        assert_string_equal(look.unit, numbers[i].unit);
        assert_int_equal(look.is_percent, numbers[i].is_percent);
        assert_int_equal(look.is_accounting, numbers[i].is_accounting);
    }
}

static void near_misses(void **state) {
    (void)state;
    static const struct {
        char decimal, thousands;
        const char *text;
    } cases[] = {
        {'.', 0, "1,234"},      {'.', 0, "1'234"},      {',', 0, "1.234"},
        {',', 0, "1.5"},        {'.', ',', "1,23"},     {'.', ',', "12,34"},
        {'.', ',', "1,2345"},   {'.', ',', "1234,567"}, {'.', ',', ",123"},
        {'.', ',', "1,,234"},   {'.', ',', "1,234,"},   {'.', ',', "123,45,678"},
        {'.', ',', "1.5,000"},  {'.', 0, "1.5.2"},      {'.', 0, "--5"},
        {'.', 0, "(-5)"},       {'.', 0, "-5-"},        {'.', 0, "(5)-"},
        {'.', 0, "(5"},         {'.', 0, "5)"},         {'.', 0, "()"},
        {'.', 0, "$"},          {'.', 0, "%"},          {'.', 0, "$5%"},
        {'.', 0, "$$5"},        {'.', 0, "10K"},        {'.', 0, "0x10"},
        {'.', 0, "1.5M"},       {'.', 0, "5 foo"},      {'.', 0, "kWh"},
        {'.', 0, "5 kWh m"},    {'.', 0, "$5 kWh"},     {'.', 0, "5 xm"},
        {'.', 0, "1 2"},        {'.', ' ', "12 34"},    {'.', ' ', "1  234"},
        {'.', 0, "5%%"},        {'.', 0, "e5"},         {'.', 0, "5e"},
        {'.', 0, "1e5.5"},      {'.', 0, "$5 EUR"},     {'.', 0, "abc"},
        {',', '.', "1.23.456"}, {',', '.', "1,5,5"},    {'.', '\'', "1'23"},
        {'.', 0, "1_000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const kr__number_format format = {cases[i].decimal, cases[i].thousands};
        kr__number_look look;
        double value;
        const char *text = cases[i].text;
        if (kr__number_read(&format, text, strlen(text), &value, &look) != KR__NUMBER_NONE) {
            fail_msg("%s is read as %g", text, value);
        }
    }
}

static void words_for_gaps(void **state) {
    (void)state;
    static const char *const gaps[] = {
        "",    "NA",      "n/a",       "#N/A",        "NaN",          "null",    "None",
        "-",   "--",      ".",         "?",           "missing",      "#DIV/0!", "#VALUE!",
        "\\N", "#REF!",   "nil",       "<NA>",        "NaT",          "n.a.",    "n/e",
        ":",   "No Data", "Bad Input", "unavailable", "not available"};
    static const char *const others[] = {"0", "x",  "missed", "-5", "...." /* four */,
                                         "N", "no", "??"};
    const kr__number_format format = {'.', 0};
    kr__number_look look;
    double value;
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        assert_true(kr__is_gap_word(gaps[i], strlen(gaps[i])));
        assert_int_equal(kr__number_read(&format, gaps[i], strlen(gaps[i]), &value, &look),
                         KR__NUMBER_GAP);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (kr__is_gap_word(others[i], strlen(others[i]))) fail_msg("%s is a gap", others[i]);
    }
    assert_int_equal(kr__number_read(&format, "-inf", 4, &value, &look), KR__NUMBER_INFINITE);
    assert_int_equal(kr__number_read(&format, "1e999", 5, &value, &look), KR__NUMBER_INFINITE);
    assert_true(kr__is_hex("0x10", 4) && kr__is_hex("-0XfF", 5));
    assert_false(kr__is_hex("0x", 2) || kr__is_hex("0xg", 3) || kr__is_hex("10", 2));
}

/* Cells of up to two columns ("|" between columns), and what they say. */
static void formats_from_cells(void **state) {
    (void)state;
    static const struct {
        const char *cells;
        bool is_plain;
        const char *format; /* "decimal thousands"; "?x": x is in doubt */
    } cases[] = {
        {"1 2 3", false, ".0"},
        {"1.5 2", false, ".0"},
        {"1,5 2", false, ",0"},
        {"1000,0 1003,372", false, ",0"},
        {"0,125 0,250", false, ",0"},
        {"1.477,57 147", false, ",."},
        {"1.477 147,5", false, ",."},
        {"1,000.000 1,003.372", true, ".,"},
        {"100.98 99.87 | 1,789,892 622,712", true, ".,"},
        {"12,34,567", true, ".,"},
        {"1,234,567 1,234", false, ".,"},
        {"1.234.567 1.234", false, ",."},
        {"1'234.5", false, ".'"},
        {"1'234,5", false, ",'"},
        {"1'234", false, ".'"},
        {"1\xc2\xa0"
         "234,567",
         false, ", "},
        {"1.234 5.678", true, ".0"},
        {"1.234 5.678", false, "?."},
        {"1,234 5,678", false, "?,"},
        {"1,234 5,678", true, "?,"},
        {"1,234 1234", true, ",0"},     /* 1234 has no sign between its thousands */
        {"1.234 | 5,678", true, ".,"},  /* the point is plain, so the comma is not decimal */
        {"1,5 | 2.5 3.5", false, ".0"}, /* most say so; 1,5 will be refused */
        {"1.234 987", false, "?."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr__number_votes votes[2] = {{.small = 0}, {.small = 0}};
        char text[200], got[4] = "";
        int64_t n = 1;
        strcpy(text, cases[i].cells);
        for (char *cell = strtok(text, " "); cell; cell = strtok(NULL, " ")) {
            if (strcmp(cell, "|") == 0) {
                n++;
            } else {
                assert_true(kr__number_vote(cell, strlen(cell), &votes[n - 1]));
            }
        }
        kr__number_format f = {0, 0};
        char sign = 0;
        int64_t column = -1;
        kr_status status = kr__number_settle(votes, n, cases[i].is_plain, &f, &sign, &column);
        got[0] = status == KR_OK ? f.decimal : '?';
        got[1] = status == KR_OK ? (f.thousands ? f.thousands : '0') : sign;
        if (strcmp(got, cases[i].format) != 0) fail_msg("%s: %s", cases[i].cells, got);
    }
}

/* 1.234 many times, and 987 sometimes: decimals would have had fewer digits now and then. */
static void many_numbers_decide(void **state) {
    (void)state;
    kr__number_votes votes = {.small = 0};
    kr__number_format f = {0, 0};
    char sign;
    int64_t column;
    for (int i = 0; i < 30; i++) assert_true(kr__number_vote("1.234", 5, &votes));
    assert_int_equal(kr__number_settle(&votes, 1, false, &f, &sign, &column), KR_USAGE);
    assert_true(kr__number_vote("987", 3, &votes));
    assert_int_equal(kr__number_settle(&votes, 1, false, &f, &sign, &column), KR_OK);
    assert_int_equal(f.decimal, ',');
    assert_int_equal(f.thousands, '.');
    f = (kr__number_format){'.', 0};
    assert_int_equal(kr__number_settle(&votes, 1, false, &f, &sign, &column), KR_OK);
    assert_int_equal(f.decimal, '.');
    assert_int_equal(f.thousands, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_written),  cmocka_unit_test(near_misses),
        cmocka_unit_test(words_for_gaps),      cmocka_unit_test(formats_from_cells),
        cmocka_unit_test(many_numbers_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
