/* SPDX-License-Identifier: MIT
 * test_date_parts.c - what may stand in the columns of a date's parts, their names, and the date
 * that comes of it. */
#include "tables/date_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"

static bool reads(kr__date_part part, const char *text, kr__date_parts_row *row) {
    return kr__date_part_read(part, text, strlen(text), row);
}

static void limits(void **state) {
    (void)state;
    static const struct {
        kr__date_part part;
        const char *first, *last, *refused[4];
    } cases[] = {
        {KR__PART_MONTH, "1", "12", {"0", "13", "", "-1"}},
        {KR__PART_DAY, "01", "366", {"0", "367", "00", "1000"}},
        {KR__PART_HOUR, "0", "24", {"25", "-1", "1.5", "2 3"}},
        {KR__PART_MINUTE, "00", "59.0", {"60", "60.0", "5.", "5.00"}},
        {KR__PART_SECOND, "0.0", "59", {"60", "100", "x", "5x"}},
        {KR__PART_DIGITS, "0", "235959", {"2400", "1260", "120060", "1200000"}},
        {KR__PART_CLOCK, "00:00", "23:59:59", {"25:00", "12:60", "12", "12:00:60"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr__date_parts_row row = {.month = 0};
        if (!reads(cases[i].part, cases[i].first, &row)) fail_msg("%s", cases[i].first);
        if (!reads(cases[i].part, cases[i].last, &row)) fail_msg("%s", cases[i].last);
        for (int k = 0; k < 4; k++) {
            const char *text = cases[i].refused[k];
            if (reads(cases[i].part, text, &row)) fail_msg("part %d: \"%s\"", (int)i, text);
        }
    }
}

/* What is read of the texts is added to 2019 (or 2020), and that is so many days and micros
 * later. */
static void dates_of_parts(void **state) {
    (void)state;
    static const struct {
        int year;
        const char *texts[KR__N_DATE_PARTS];
        int64_t days, micros; /* days -1: there is no such date */
    } cases[] = {
        {2019, {[KR__PART_MONTH] = "1"}, 0, 0},
        {2019, {[KR__PART_MONTH] = "12"}, 334, 0},
        {2019, {[KR__PART_MONTH] = "2", [KR__PART_DAY] = "28"}, 58, 0},
        {2019, {[KR__PART_MONTH] = "2", [KR__PART_DAY] = "29"}, -1, 0},
        {2020, {[KR__PART_MONTH] = "2", [KR__PART_DAY] = "29"}, 59, 0},
        {2019, {[KR__PART_MONTH] = "4", [KR__PART_DAY] = "31"}, -1, 0},
        {2019, {[KR__PART_DAY] = "1"}, 0, 0},
        {2019, {[KR__PART_DAY] = "365"}, 364, 0},
        {2019, {[KR__PART_DAY] = "366"}, -1, 0},
        {2020, {[KR__PART_DAY] = "366"}, 365, 0},
        {2019, {[KR__PART_DAY] = "2", [KR__PART_HOUR] = "24"}, 2, 0},
        {2019,
         {[KR__PART_HOUR] = "1", [KR__PART_MINUTE] = "2", [KR__PART_SECOND] = "3"},
         0,
         KR__HOUR + 2 * KR__MINUTE + 3 * KR__SECOND},
        {2019, {[KR__PART_DIGITS] = "930"}, 0, 9 * KR__HOUR + 30 * KR__MINUTE},
        {2019, {[KR__PART_DIGITS] = "93005"}, 0, 9 * KR__HOUR + 30 * KR__MINUTE + 5 * KR__SECOND},
        {2019, {[KR__PART_CLOCK] = "12:30"}, 0, 12 * KR__HOUR + 30 * KR__MINUTE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr__date_parts_row row = {.month = 0};
        const kr_datetime start = {.year = cases[i].year, .month = 1, .day = 1};
        int64_t micros = kr__datetime_to_micros(&start), from = micros;
        for (int p = 0; p < KR__N_DATE_PARTS; p++) {
            const char *text = cases[i].texts[p];
            if (text) assert_true(reads((kr__date_part)p, text, &row));
        }
        bool is_date = kr__date_parts_join(&row, &micros);
        assert_int_equal(is_date, cases[i].days >= 0);
        if (!is_date) continue;
        assert_int_equal(micros - from, cases[i].days * KR__DAY + cases[i].micros);
    }
}

static void names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        kr__date_part part;
    } cases[] = {{"month", KR__PART_MONTH},  {"MES", KR__PART_MONTH},     {"Day", KR__PART_DAY},
                 {"dia", KR__PART_DAY},      {"doy", KR__PART_DAY},       {"hour", KR__PART_HOUR},
                 {"ora", KR__PART_HOUR},     {"min", KR__PART_MINUTE},    {"mi", KR__PART_MINUTE},
                 {"ss", KR__PART_SECOND},    {"<TIME>", KR__PART_DIGITS}, {"hms", KR__PART_DIGITS},
                 {"[sec]", KR__PART_SECOND}, {"days", KR__PART_NONE},     {"", KR__PART_NONE},
                 {"da", KR__PART_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (kr__date_part_of_name(cases[i].name) != cases[i].part) fail_msg("%s", cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits), cmocka_unit_test(dates_of_parts),
                                       cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
