/* SPDX-License-Identifier: MIT
 * test_datetime.c - the calendar, and the forms of dates that are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "support/golden.h"

static void golden_dates(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("timefeatures.npz");
    int64_t n;
    const int64_t *fields = kr_golden_int64(g, "ymdhms", &n);
    for (int64_t i = 0; i < n / 6; i++) {
        char text[32];
        int64_t seconds;
        kr_golden_text(g, "dates", i, text, sizeof text);
        assert_true(kr__datetime_parse(text, strlen(text), &seconds));
        kr_datetime d;
        kr__datetime_from_seconds(seconds, &d);
        const int got[6] = {d.year, d.month, d.day, d.hour, d.minute, d.second};
        for (int k = 0; k < 6; k++) assert_int_equal(got[k], fields[6 * i + k]);
        assert_int_equal(kr__datetime_to_seconds(&d), seconds);
    }
    kr_golden_close(g);
}

/* Every day of the calendar: fields follow each other, and there and back is the same. */
static void every_day(void **state) {
    (void)state;
    int64_t seconds;
    assert_true(kr__datetime_parse("0001-01-01", 10, &seconds));
    kr_datetime last, d;
    kr__datetime_from_seconds(seconds, &last);
    assert_int_equal(last.weekday, 0);
    for (seconds += 86400;; seconds += 86400) {
        kr__datetime_from_seconds(seconds, &d);
        assert_int_equal(kr__datetime_to_seconds(&d), seconds);
        assert_int_equal(d.weekday, (last.weekday + 1) % 7);
        bool is_new_month = d.day == 1, is_new_year = is_new_month && d.month == 1;
        assert_int_equal(d.year, last.year + is_new_year);
        assert_int_equal(d.day_of_year, is_new_year ? 1 : last.day_of_year + 1);
        if (!is_new_month) assert_int_equal(d.day, last.day + 1);
        if (is_new_month) assert_true(last.day >= 28 && d.month == last.month % 12 + 1);
        bool is_new_week = d.weekday == 0;
        if (!is_new_week) assert_int_equal(d.iso_week, last.iso_week);
        if (is_new_week) assert_true(d.iso_week == last.iso_week + 1 || d.iso_week == 1);
        last = d;
        if (d.year == 9999 && d.day_of_year == 365) break;
    }
}

static void forms(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01", 0},
        {"1970-01-01 00:00:00", 0},
        {"1970/1/1 0:00", 0},
        {"1970/1/2 1:02", 86400 + 3720},
        {"1970-01-01T00:00:07", 7},
        {"1970-01-01T00:00:07Z", 7},
        {"1970-01-01 00:00:07.123456", 7},
        {"1970-01-01 10:00:00+02:00", 36000},
        {"1970-01-01 10:00:00-0530", 36000},
        {"1970-01-01 10:00+02", 36000},
        {"1969-12-31 23:59:59", -1},
        {"2016-02-29", 1456704000},
        {"2000-02-29", 951782400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t seconds = -7;
        if (!kr__datetime_parse(rows[i].text, strlen(rows[i].text), &seconds)) {
            fail_msg("%s is refused", rows[i].text);
        }
        assert_int_equal(seconds, rows[i].seconds);
    }
}

static void refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "x",
                                        "2016",
                                        "2016-07",
                                        "16-07-01",
                                        "2016-13-01",
                                        "2016-00-01",
                                        "2016-02-30",
                                        "2015-02-29",
                                        "1900-02-29",
                                        "2016-07-1x",
                                        "2016-07/01",
                                        "01/02/2016",
                                        "2016-07-01 ",
                                        "2016-07-01 1",
                                        "2016-07-01 24:00",
                                        "2016-07-01 00:60",
                                        "2016-07-01 00:0",
                                        "2016-07-01 00:00:60",
                                        "2016-07-01 00:00:00 x",
                                        "2016-07-01 00:00:00.",
                                        "2016-07-01 00:00:00+2",
                                        "2016-07-01 00:00:00+25:00",
                                        "0000-01-01",
                                        "2016-07-01  00:00",
                                        "20160701",
                                        "2016-07-011",
                                        "10000-01-01",
                                        "2016-07-01 00:00:00Zx",
                                        "-2016-07-01"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t seconds = -7;
        if (kr__datetime_parse(texts[i], strlen(texts[i]), &seconds)) {
            fail_msg("\"%s\" is read", texts[i]);
        }
        assert_int_equal(seconds, -7);
    }
}

static void written(void **state) {
    (void)state;
    char text[KR_DATETIME_TEXT];
    assert_string_equal(kr__datetime_text(0, text), "1970-01-01 00:00:00");
    assert_string_equal(kr__datetime_text(-1, text), "1969-12-31 23:59:59");
    assert_string_equal(kr__datetime_text(1467331501, text), "2016-07-01 00:05:01");
    assert_string_equal(kr__datetime_text(-62135596800, text), "0001-01-01 00:00:00");
    assert_string_equal(kr__datetime_text(253402300799, text), "9999-12-31 23:59:59");
    assert_string_equal(kr__datetime_text(-62135596801, text), "");
    assert_string_equal(kr__datetime_text(253402300800, text), "");
    assert_string_equal(kr__datetime_text(INT64_MAX, text), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_dates), cmocka_unit_test(every_day),
                                       cmocka_unit_test(forms), cmocka_unit_test(refused),
                                       cmocka_unit_test(written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
