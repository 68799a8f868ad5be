/* SPDX-License-Identifier: MIT
 * test_datetime.c - the calendar, and dates as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "support/golden.h"
#include "tables/date_format.h"

static void golden_dates(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("timefeatures.npz");
    int64_t n;
    const int64_t *fields = kr_golden_int64(g, "ymdhms", &n);
    for (int64_t i = 0; i < n / 6; i++) {
        char text[32];
        int64_t micros;
        kr_golden_text(g, "dates", i, text, sizeof text);
        assert_true(kr__date_parse(text, strlen(text), &micros));
        kr_datetime d;
        kr__datetime_from_micros(micros, &d);
        const int got[6] = {d.year, d.month, d.day, d.hour, d.minute, d.second};
        for (int k = 0; k < 6; k++) assert_int_equal(got[k], fields[6 * i + k]);
        assert_int_equal(kr__datetime_to_micros(&d), micros);
    }
    kr_golden_close(g);
}

/* Every day of the calendar: fields follow each other, and there and back is the same. */
static void every_day(void **state) {
    (void)state;
    int64_t micros;
    assert_true(kr__date_parse("0001-01-01", 10, &micros));
    kr_datetime last, d;
    kr__datetime_from_micros(micros, &last);
    assert_int_equal(last.weekday, 0);
    for (micros += KR__DAY;; micros += KR__DAY) {
        kr__datetime_from_micros(micros, &d);
        assert_int_equal(kr__datetime_to_micros(&d), micros);
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

static void written(void **state) {
    (void)state;
    char text[KR_DATETIME_TEXT];
    assert_string_equal(kr__datetime_text(0, text), "1970-01-01 00:00:00");
    assert_string_equal(kr__datetime_text(-1000000, text), "1969-12-31 23:59:59");
    assert_string_equal(kr__datetime_text(-1, text), "1969-12-31 23:59:59.999999");
    assert_string_equal(kr__datetime_text(1467331501000000, text), "2016-07-01 00:05:01");
    assert_string_equal(kr__datetime_text(1467331501500000, text), "2016-07-01 00:05:01.5");
    assert_string_equal(kr__datetime_text(1467331501000010, text), "2016-07-01 00:05:01.00001");
    assert_string_equal(kr__datetime_text(-62135596800000000, text), "0001-01-01 00:00:00");
    assert_string_equal(kr__datetime_text(253402300799999999, text), "9999-12-31 23:59:59.999999");
    assert_string_equal(kr__datetime_text(-62135596800000001, text), "");
    assert_string_equal(kr__datetime_text(253402300800000000, text), "");
    assert_string_equal(kr__datetime_text(INT64_MIN, text), "");
    assert_string_equal(kr__datetime_text(INT64_MAX, text), "");
}

static void days_have_no_time(void **state) {
    (void)state;
    char text[KR_DATETIME_TEXT];
    const int64_t dates[] = {0, -KR__DAY, 400 * KR__DAY, KR__HOUR};
    assert_true(kr__datetime_are_days(3, dates));
    assert_false(kr__datetime_are_days(4, dates));
    assert_string_equal(kr__datetime_day_text(dates[1], true, text), "1969-12-31");
    assert_string_equal(kr__datetime_day_text(dates[1], false, text), "1969-12-31 00:00:00");
    assert_string_equal(kr__datetime_day_text(KR__HOUR, true, text), "1970-01-01 01:00:00");
    assert_string_equal(kr__datetime_day_text(INT64_MIN, true, text), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_dates), cmocka_unit_test(every_day),

                                       cmocka_unit_test(written),
                                       cmocka_unit_test(days_have_no_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
