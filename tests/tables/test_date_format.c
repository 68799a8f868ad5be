/* SPDX-License-Identifier: MIT
 * test_date_format.c - dates as people write them, near misses, and the format of a column. */
#include "tables/date_format.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "tables/date_choice.h"

/* The same as text: 2016-07-01 09:30:00, a fraction behind it, an offset. */
static const char *show(const kr__moment *m, char text[80]) {
    kr__datetime_text(m->micros, text);
    size_t n = strlen(text);
    if (m->has_offset) snprintf(text + n, 80 - n, "%+d", m->offset);
    return text;
}

static const struct {
    const char *format, *text, *want;
} dates[] = {
    {"ymd", "2016-07-01", "2016-07-01 00:00:00"},
    {"iso", "2016/7/1 0:00", "2016-07-01 00:00:00"},
    {"ymd", "2016.07.01 09:30", "2016-07-01 09:30:00"},
    {"ymd", "2016-07-01T09:30:15", "2016-07-01 09:30:15"},
    {"ymd", "2016-07-01 09:30:15.25", "2016-07-01 09:30:15.25"},
    {"ymd", "2016-07-01 09:30:15,000001", "2016-07-01 09:30:15.000001"},
    {"ymd", "2016-07-01 09:30:15.123456000", "2016-07-01 09:30:15.123456"},
    {"ymd", "2016-07-01T09:30Z", "2016-07-01 09:30:00+0"},
    {"ymd", "2016-07-01 09:30:00+02:00", "2016-07-01 09:30:00+120"},
    {"ymd", "2016-07-01 09:30:00 -0530", "2016-07-01 09:30:00-330"},
    {"ymd", "2016-07-01 09:30:00-05", "2016-07-01 09:30:00-300"},
    {"ymd", "2016-07-01 09:30 UTC", "2016-07-01 09:30:00+0"},
    {"ymd", "2016-12-31 24:00", "2017-01-01 00:00:00"},
    {"dmy", "29.02.2020 24:00:00", "2020-03-01 00:00:00"},
    {"ymd", "2016-Jul-01", "2016-07-01 00:00:00"},
    {"ymd", "2023-12-01 12:00 AM", "2023-12-01 00:00:00"},
    {"ymd", "2023-12-01 12:30 pm", "2023-12-01 12:30:00"},
    {"ymd", "2023-12-01 1:05:07 p.m.", "2023-12-01 13:05:07"},
    {"ymd", "2023-12-01 11PM", "2023-12-01 23:00:00"},
    {"ymd", "2020-02-29", "2020-02-29 00:00:00"},
    {"ymd", "0001-01-01", "0001-01-01 00:00:00"},
    {"ymd", "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"},
    {"ymd", "1969-12-31 23:59:59.5", "1969-12-31 23:59:59.5"},
    {"dmy", "1.7.2016", "2016-07-01 00:00:00"},
    {"dmy", "01/07/2016 14:30", "2016-07-01 14:30:00"},
    {"dmy", "01-07-2016", "2016-07-01 00:00:00"},
    {"dmy", "31.12.99", "1999-12-31 00:00:00"},
    {"dmy", "31.12.68", "2068-12-31 00:00:00"},
    {"dmy", "31.12.69", "1969-12-31 00:00:00"},
    {"dmy", "01-Dec-2023", "2023-12-01 00:00:00"},
    {"dmy", "1 December 2023", "2023-12-01 00:00:00"},
    {"dmy", "1st sept. 2023, 9:15 AM", "2023-09-01 09:15:00"},
    {"dmy", "01Dec2023", "2023-12-01 00:00:00"},
    {"dmy", "Fri, 1 Dec 2023 10:00:00 GMT", "2023-12-01 10:00:00+0"},
    {"dmy", "01-DEC-23", "2023-12-01 00:00:00"},
    {"mdy", "7/1/2016", "2016-07-01 00:00:00"},
    {"mdy", "07-01-16 9:05 PM", "2016-07-01 21:05:00"},
    {"mdy", "July 1, 2016", "2016-07-01 00:00:00"},
    {"mdy", "Jul 1 2016", "2016-07-01 00:00:00"},
    {"mdy", "Friday, July 1st, 2016", "2016-07-01 00:00:00"},
    {"yyyymmdd", "20160701", "2016-07-01 00:00:00"},
    {"yyyymmdd", "20160701T0930", "2016-07-01 09:30:00"},
    {"yyyymmdd", "20160701T093015Z", "2016-07-01 09:30:15+0"},
    {"yyyymmdd", "20160701 09:30", "2016-07-01 09:30:00"},
    {"yyyymmdd", "201607010930", "2016-07-01 09:30:00"},
    {"yyyymmdd", "20160701093015", "2016-07-01 09:30:15"},
    {"ym", "2021-01", "2021-01-01 00:00:00"},
    {"ym", "2021/1", "2021-01-01 00:00:00"},
    {"ym", "202112", "2021-12-01 00:00:00"},
    {"ym", "2021M07", "2021-07-01 00:00:00"},
    {"ym", "2021-M07", "2021-07-01 00:00:00"},
    {"ym", "2021.07", "2021-07-01 00:00:00"},
    {"ym", "2021-Jan", "2021-01-01 00:00:00"},
    {"ym", "2021-Mar", "2021-03-01 00:00:00"},
    {"ym", "2021 Jan", "2021-01-01 00:00:00"},
    {"my", "Jan-21", "2021-01-01 00:00:00"},
    {"my", "Jan 2021", "2021-01-01 00:00:00"},
    {"my", "january 2021", "2021-01-01 00:00:00"},
    {"my", "Jan '21", "2021-01-01 00:00:00"},
    {"my", "01/2021", "2021-01-01 00:00:00"},
    {"quarter", "2021Q1", "2021-01-01 00:00:00"},
    {"quarter", "2021-Q4", "2021-10-01 00:00:00"},
    {"quarter", "Q3 2021", "2021-07-01 00:00:00"},
    {"quarter", "q2/2021", "2021-04-01 00:00:00"},
    {"quarter", "2021T2", "2021-04-01 00:00:00"},
    {"quarter", "2021-K3", "2021-07-01 00:00:00"},
    {"quarter", "T4 2021", "2021-10-01 00:00:00"},
    {"quarter", "1Q21", "2021-01-01 00:00:00"},
    {"quarter", "2Q 2021", "2021-04-01 00:00:00"},
    {"quarter", "3T98", "1998-07-01 00:00:00"},
    {"quarter", "4. Quartal 2021", "2021-10-01 00:00:00"},
    {"quarter", "1st quarter 2021", "2021-01-01 00:00:00"},
    {"quarter", "2e trimestre 2021", "2021-04-01 00:00:00"},
    {"week", "2021-W05", "2021-02-01 00:00:00"},
    {"week", "2021-w05", "2021-02-01 00:00:00"},
    {"week", "2021W01", "2021-01-04 00:00:00"},
    {"week", "2020-W53-7", "2021-01-03 00:00:00"},
    {"week", "2020-W01", "2019-12-30 00:00:00"},
    {"year", "1930", "1930-01-01 00:00:00"},
    {"epoch_s", "1704067200", "2024-01-01 00:00:00"},
    {"epoch_s", "1704067200.5", "2024-01-01 00:00:00.5"},
    {"epoch_s", "-1", "1969-12-31 23:59:59"},
    {"epoch_ms", "1704067200250", "2024-01-01 00:00:00.25"},
    {"epoch_us", "1704067200000001", "2024-01-01 00:00:00.000001"},
    {"epoch_ns", "1704067200000001000", "2024-01-01 00:00:00.000001"},
    {"excel", "45292", "2024-01-01 00:00:00"},
    {"excel", "45292.5", "2024-01-01 12:00:00"},
    {"excel", "45292.0416666667", "2024-01-01 01:00:00"},
    {"excel", "45292.04167", "2024-01-01 01:00:00"},
    {"excel", "45292.041667", "2024-01-01 01:00:00"},
    {"excel", "45292.0000058", "2024-01-01 00:00:00.501"},
    {"ymd", "2016-07-01 09:30 CET", "2016-07-01 09:30:00+60"},
    {"ymd", "2016-07-01T09:30:00+02:00[Europe/Berlin]", "2016-07-01 09:30:00+120"},
    {"ymd",
     "2020\xe5\xb9\xb4"
     "1\xe6\x9c\x88"
     "2\xe6\x97\xa5 10:30",
     "2020-01-02 10:30:00"},
    {"ymd", "2020\xeb\x85\x84 1\xec\x9b\x94 2\xec\x9d\xbc", "2020-01-02 00:00:00"},
    {"ymd", "2016-07-01_09:30:00", "2016-07-01 09:30:00"},
    {"ymd", "2016-07-01 09:30 a. m.", "2016-07-01 09:30:00"},
    {"ymd", "2016-07-01 9:30\xc2\xa0p.\xc2\xa0m.", "2016-07-01 21:30:00"},
    {"ymd", "2016-07-01T00:00Z/2016-07-01T01:00Z", "2016-07-01 00:00:00+0"},
    {"ymd", "2020-01-01 - 2020-01-07", "2020-01-01 00:00:00"},
    {"ymd", "2020-01-01 00:15 - 00:30", "2020-01-01 00:15:00"},
    {"dmy", "01/01/2020 00:00:00 (CET) - 01/01/2020 01:00:00 (CET)", "2020-01-01 00:00:00+60"},
    {"dmy", "01.01.2020 23:00 \xe2\x80\x93 02.01.2020 00:00", "2020-01-01 23:00:00"},
    {"dmy", "1. 2. 2020", "2020-02-01 00:00:00"},
    {"dmy", "01. M\xc3\xa4r 2020", "2020-03-01 00:00:00"},
    {"dmy", "1er F\xc3\x89VRIER 2020", "2020-02-01 00:00:00"},
    {"dmy", "1 de enero de 2020", "2020-01-01 00:00:00"},
    {"dmy", "Mi, 01.01.2020 09.30", "2020-01-01 09:30:00"},
    {"dmy", "01/Jan/2020:00:30:00 +0100", "2020-01-01 00:30:00+60"},
    {"mdy", "Wed Jan  1 09:30:00 UTC 2020", "2020-01-01 09:30:00+0"},
    {"mdy", "Wed Jan 01 09:30:00 2020", "2020-01-01 09:30:00"},
    {"mdy", "Wed Jan 01 2020 09:30:00 GMT+0100 (Central European Standard Time)",
     "2020-01-01 09:30:00+60"},
    {"mdy", "Jan 01, 2020 @ 09:30:00.250", "2020-01-01 09:30:00.25"},
    {"my", "juil. 2019", "2019-07-01 00:00:00"},
    {"my",
     "d\xc3\xa9"
     "c. 2019",
     "2019-12-01 00:00:00"},
    {"ym",
     "2020\xe5\xb9\xb4"
     "3\xe6\x9c\x88",
     "2020-03-01 00:00:00"},
    {"yyyymmdd", "2016070109", "2016-07-01 09:00:00"},
    {"yyyymmdd", "2016070124", "2016-07-02 00:00:00"},
    {"ordinal", "2020-060", "2020-02-29 00:00:00"},
    {"ordinal", "2019365", "2019-12-31 00:00:00"},
    {"ordinal", "2020-001T09:30:00Z", "2020-01-01 09:30:00+0"},
    {"datenum", "737791", "2020-01-01 00:00:00"},
    {"datenum", "737791.25", "2020-01-01 06:00:00"},
    {"julian", "2458849.5", "2020-01-01 00:00:00"},
    {"julian", "2458850", "2020-01-01 12:00:00"},
    {"%d %B %Y", "01 f\xc3\xa9vrier 2020", "2020-02-01 00:00:00"},
    {"%d %b %Y", "01  Dec 2023", "2023-12-01 00:00:00"},
    {"%Y:%m:%d %H:%M:%S", "2023:12:01 09:30:15", "2023-12-01 09:30:15"},
    {"%m/%d/%y %I:%M %p", "12/01/23 12:30 AM", "2023-12-01 00:30:00"},
    {"%Y-%j", "2024-366", "2024-12-31 00:00:00"},
    {"%A, %B %d %Y", "Friday, December 1 2023", "2023-12-01 00:00:00"},
    {"%Y%m%d%%%H", "20231201%09", "2023-12-01 09:00:00"},
    {"%Y-%m-%dT%H:%M:%S.%f%z", "2023-12-01T09:30:15.5+01:00", "2023-12-01 09:30:15.5+60"},
};

static void dates_as_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        kr__date_format f;
        kr__moment m;
        char text[80];
        assert_int_equal(kr__date_format_parse(dates[i].format, &f, NULL), KR_OK);
        if (!kr__date_read(&f, dates[i].text, strlen(dates[i].text), &m)) {
            fail_msg("%s: %s is not read", dates[i].format, dates[i].text);
        }
        if (strcmp(show(&m, text), dates[i].want) != 0) {
            fail_msg("%s: %s is %s", dates[i].format, dates[i].text, text);
        }
    }
}

static void near_misses(void **state) {
    (void)state;
    static const struct {
        const char *format, *text;
    } cases[] = {
        {"ymd", "2016-13-01"},
        {"ymd", "2016-02-30"},
        {"ymd", "2019-02-29"},
        {"ymd", "16-07-01"},
        {"ymd", "2016-07/01"},
        {"ymd", "2016 07 01"},
        {"ymd", "2016-07-01 24:01"},
        {"ymd", "2016-07-01 25:00"},
        {"ymd", "2016-07-01 24:00 AM"},
        {"ymd", "9999-12-31 24:00"},
        {"ymd", "2016-07-01 9"},
        {"ymd", "2016-07-01 09:60"},
        {"ymd", "2016-07-01 09:3"},
        {"ymd", "2016-07-01x"},
        {"ymd", "2016-07-01 13:00 PM"},
        {"ymd", "2016-07-01 0:00 AM"},
        {"ymd", "2016-07-01 09:30 CST"}, /* of America or China */
        {"ymd", "2016-07-01 09:30+01:00[Europe"},
        {"ymd", "2016-07-01 09:30[Europe/Berlin]"},
        {"ymd", "2016-07-01 09:30 (CET/CEST)"},
        {"ymd", "2016-07-01 09:30 CET+01:00"},
        {"ymd", "2020-01-07 - 2020-01-01"},
        {"ymd", "2020-01-01 - 2020-01-01"},
        {"ymd", "2020-01-01 - x"},
        {"ymd", "2020-01-01 - 00:30"},
        {"ymd",
         "2020\xe5\xb9\xb4"
         "13\xe6\x9c\x88"
         "2\xe6\x97\xa5"},
        {"ymd", "2016-07-01 09:30 x.m."},
        {"dmy", "1 jui 2020"},
        {"dmy", "foo, 01.01.2020"},
        {"dmy", "01/Jan/2020:"},
        {"my", "Dez 19"}, /* a day or a year */
        {"mdy", "Wed Jan 01 09:30:00 CST 2020"},
        {"yyyymmdd", "2016070125"},
        {"ordinal", "2019-366"},
        {"ordinal", "2019-000"},
        {"ordinal", "2019-1"},
        {"datenum", "0"},
        {"julian", "9000000"},
        {"ymd", "2016-07-01 09:30:15."},
        {"ymd", "2016-07-01 09:30:15.0000001"},
        {"ymd", "2016-07-01 09:30+2"},
        {"ymd", "0000-01-01"},
        {"ymd", "10000-01-01"},
        {"ymd", ""},
        {"dmy", "2016-07-01"},
        {"dmy", "32.1.2016"},
        {"dmy", "1.13.2016"},
        {"dmy", "1.2/2016"},
        {"dmy", "1 2 2016"},
        {"dmy", "1.2.201"},
        {"dmy", "1.2."},
        {"dmy", "1.2"},
        {"dmy", "1 Foo 2016"},
        {"dmy", "1 Ju 2016"},
        {"dmy", "Dec 1 2016"},
        {"dmy", "1.7.2016 25:00"},
        {"mdy", "13/1/2016"},
        {"mdy", "2/30/2016"},
        {"mdy", "1 Dec 2016"},
        {"yyyymmdd", "20161301"},
        {"yyyymmdd", "2016070"},
        {"yyyymmdd", "201607011"},
        {"yyyymmdd", "20160701T9"},
        {"ym", "2021-13"},
        {"ym", "2021"},
        {"ym", "2021-01-01"},
        {"ym", "2021.01.1"},
        {"my", "Jan"},
        {"my", "13/2021"},
        {"my", "01/21"},
        {"my", "Jan-2"},
        {"quarter", "2021Q5"},
        {"quarter", "2021Q"},
        {"quarter", "Q1"},
        {"quarter", "Q1 21"},
        {"quarter", "5Q21"},
        {"quarter", "1 Quartal 21"},
        {"quarter", "1Q"},
        {"quarter", "1 2021"},
        {"quarter", "2021X1"},
        {"ym", "2021.7"},
        {"ym", "2021-M13"},
        {"ym", "2021--M1"},
        {"week", "2021-W54"},
        {"week", "2021-W53"},
        {"week", "2021-W00"},
        {"week", "2021-W5"},
        {"week", "2021w05"}, /* of Stata, where week 1 begins on the first of January */
        {"week", "2021-W05-8"},
        {"year", "21"},
        {"year", "02021"},
        {"year", "2021.5"},
        {"epoch_s", "1704067200.1234567"},
        {"epoch_s", "1e9"},
        {"epoch_s", "999999999999"},
        {"epoch_s", ""},
        {"epoch_ns", "1704067200000000001"},
        {"epoch_us", "99999999999999999999"},
        {"excel", "0.5"},
        {"excel", "3000000"},
        {"excel", "x"},
        {"%Y-%m-%d", "2023-02-29"},
        {"%Y-%j", "2023-366"},
        {"%d %b %Y", "01Dec2023"},
        {"%Y", "2023 "},
        {"%m/%d/%y %I:%M %p", "12/01/23 13:30 AM"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr__date_format f;
        kr__moment m;
        char text[80];
        assert_int_equal(kr__date_format_parse(cases[i].format, &f, NULL), KR_OK);
        if (kr__date_read(&f, cases[i].text, strlen(cases[i].text), &m)) {
            fail_msg("%s: %s is read as %s", cases[i].format, cases[i].text, show(&m, text));
        }
    }
}

static void formats_as_text(void **state) {
    (void)state;
    static const char *const wrong[] = {"",      "dmY",   "%",     "%d %m", "%Q%Y",
                                        "%Y %I", "%Y %p", "y-m-d", "epoch"};
    kr__date_format f, back;
    kr_error err;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(kr__date_format_parse(wrong[i], &f, &err), KR_USAGE);
        assert_non_null(strstr(err.text, "`date_format`"));
    }
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        assert_int_equal(kr__date_format_parse(dates[i].format, &f, NULL), KR_OK);
        assert_int_equal(kr__date_format_parse(kr__date_format_text(&f), &back, NULL), KR_OK);
        assert_memory_equal(&f, &back, sizeof f);
    }
}

static void clocks(void **state) {
    (void)state;
    int64_t micros;
    assert_true(kr__clock_read("9:30", 4, &micros) && micros == INT64_C(34200000000));
    assert_true(kr__clock_read("23:59:59.5", 10, &micros) && micros == INT64_C(86399500000));
    assert_true(kr__clock_read("12:15 AM", 8, &micros) && micros == INT64_C(900000000));
    assert_true(kr__clock_read("00 - 01", 7, &micros) && micros == 0);
    assert_true(kr__clock_read("23 - 00", 7, &micros) && micros == INT64_C(82800000000));
    assert_true(kr__clock_read("23 - 24", 7, &micros) && micros == INT64_C(82800000000));
    assert_true(kr__clock_read("9:30 - 9:45", 11, &micros) && micros == INT64_C(34200000000));
    assert_false(kr__clock_read("1 - 3", 5, &micros) || kr__clock_read("1 - 1", 5, &micros) ||
                 kr__clock_read("9:30 - 9:30", 11, &micros) ||
                 kr__clock_read("24 - 25", 7, &micros) || kr__clock_read("9 - 10x", 7, &micros) ||
                 kr__clock_read("9:30 - ", 7, &micros));
    assert_false(kr__clock_read("24:01", 5, &micros) || kr__clock_read("9", 1, &micros) ||
                 kr__clock_read("9:30x", 5, &micros) || kr__clock_read("9:30Z", 5, &micros));
}

/* ---- year-first dates, as the program takes them elsewhere ----------------------------------- */

static const kr__date_format iso = {.kind = KR__DATE_YMD};

static void iso_forms(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t micros;
    } rows[] = {
        {"1970-01-01", 0},
        {"1970-01-01 00:00:00", 0},
        {"1970/1/1 0:00", 0},
        {"1970/1/2 1:02", KR__DAY + 62 * KR__MINUTE},
        {"1970-01-01T00:00:07", 7000000},
        {"1970-01-01T00:00:07Z", 7000000},
        {"1970-01-01 00:00:07.123456", 7123456},
        {"1970-01-01 00:00:07.5", 7500000},
        {"1970-01-01T00:00:07.000001Z", 7000001},
        {"1970-01-01 00:00:07.25+02:00", 7250000},
        {"1970-01-01 00:00:07.12345600000000000", 7123456},
        {"1970-01-01 10:00:00+02:00", 10 * KR__HOUR},
        {"1970-01-01 10:00:00-0530", 10 * KR__HOUR},
        {"1970-01-01 10:00+02", 10 * KR__HOUR},
        {"1969-12-31 23:59:59", -1000000},
        {"1969-12-31 23:59:59.999999", -1},
        {"2016-02-29", 1456704000000000},
        {"2000-02-29", 951782400000000},
        {"0001-01-01", -62135596800000000},
        {"9999-12-31 23:59:59.999999", 253402300799999999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t micros = -7;
        if (!kr__date_parse(rows[i].text, strlen(rows[i].text), &micros)) {
            fail_msg("%s is refused", rows[i].text);
        }
        assert_int_equal(micros, rows[i].micros);
    }
}

static void iso_refused(void **state) {
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

                                        "2016-07-01 00:60",
                                        "2016-07-01 00:0",
                                        "2016-07-01 00:00:60",
                                        "2016-07-01 00:00:00 x",
                                        "2016-07-01 00:00:00.",
                                        "2016-07-01 00:00:00+2",
                                        "2016-07-01 00:00:00+25:00",
                                        "0000-01-01",

                                        "20160701",
                                        "2016-07-011",
                                        "10000-01-01",
                                        "2016-07-01 00:00:00Zx",
                                        "-2016-07-01"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t micros = -7;
        if (kr__date_parse(texts[i], strlen(texts[i]), &micros)) {
            fail_msg("\"%s\" is read", texts[i]);
        }
        assert_int_equal(micros, -7);
        assert_false(kr__date_is_too_fine(&iso, texts[i], strlen(texts[i])));
    }
}

static void finer_than_microseconds(void **state) {
    (void)state;
    static const char *const texts[] = {"2016-07-01 00:00:00.1234567",
                                        "2016-07-01 00:00:00.0000001",
                                        "2016-07-01 00:00:00.123456000000001Z"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t micros = -7;
        assert_false(kr__date_parse(texts[i], strlen(texts[i]), &micros));
        assert_int_equal(micros, -7);
        assert_true(kr__date_is_too_fine(&iso, texts[i], strlen(texts[i])));
    }
    assert_false(kr__date_is_too_fine(&iso, "2016-07-01 00:00:00.1234567x", 28));
    assert_false(kr__date_is_too_fine(&iso, "2016-07-01 00:00:00.123456", 26));
}

/* ---- the format of a column ----------------------------------------------------------------- */

enum { MOST = 40 };

static int64_t split(char *text, kr__csv_field cells[MOST]) {
    int64_t n = 0;
    for (char *cell = strtok(text, "|"); cell; cell = strtok(NULL, "|")) {
        cells[n++] = (kr__csv_field){cell, strlen(cell), false};
    }
    return n;
}

/* The kinds as words, then the one that the steps decide. */
static void kinds_of_columns(void **state) {
    (void)state;
    static const struct {
        const char *cells, *kinds, *decided;
    } cases[] = {
        {"2020-01-01|2020-01-02", "ymd", ""},
        {"13.01.2020|01.02.2020", "dmy", ""},
        {"01/13/2020|02/01/2020", "mdy", ""},
        {"01/11/2019|01/12/2019|01/01/2020", "dmy mdy", "dmy"}, /* months */
        {"01/01/2020|01/12/2019|01/11/2019", "dmy mdy", "dmy"},
        {"11/01/2019|12/01/2019|01/01/2020", "dmy mdy", "mdy"},
        {"01/02/2019 12:00|02/02/2019 0:00|02/02/2019 12:00", "dmy mdy", "dmy"},
        {"02/01/2019 12:00|02/02/2019 0:00|02/02/2019 12:00", "dmy mdy", "mdy"},
        {"01/02/2019|02/02/2019|03/02/2019", "dmy mdy", ""}, /* days or months */
        {"01/01/2019|01/02/2019|01/03/2019", "dmy mdy", ""},
        {"01/12/2019|01/01/2020", "dmy mdy", ""},            /* too few */
        {"01/02/2019|05/02/2019|07/02/2019", "dmy mdy", ""}, /* uneven by both */
        {"01.11.03|01.12.03|01.01.04", "dmy mdy", "dmy"},
        {"2020-01-01|x|2020-01-02", "ymd", ""}, /* one bad cell will be refused later */
        {"2020-01-01||NA", "ymd", ""},
        {"2020-01-01|x|y", "", ""},
        {"5|6|7", "", ""},
        {"1.5|2.5", "", ""},
        {"x|y", "", ""},
        {"|", "", ""},
        {"20231201|20231202", "yyyymmdd", ""},
        {"1704067200|1704070800", "epoch_s", ""},
        {"631152000|631152000", "epoch_s", ""}, /* from 1990 to 2099 */
        {"631151998|631151999", "", ""},
        {"4102444798|4102444799", "epoch_s", ""},
        {"4102444800|4102444801", "", ""},
        {"1704067200000|1704070800000", "epoch_ms", ""},
        {"1704067200000000|1704070800000000", "epoch_us", ""},
        {"1704067200000000000|1704070800000000000", "epoch_ns", ""},
        {"45292|45293", "excel", ""},
        {"2020010100|2020010101", "yyyymmdd", ""}, /* no seconds of 2034 */
        {"737791|737792", "datenum", ""},
        {"2458849.5|2458850.5", "julian", ""},
        {"2020-001|2020-002", "ordinal", ""},
        {"2020-366|2019-365", "ordinal", ""},
        {"2019-366|2018-366", "", ""},
        {"2020-367|2016-367", "", ""},
        {"1930|1931", "year", ""},
        {"202101|202102", "ym", ""},
        {"Jan-21|Feb-21", "my", ""},
        {"21-Jan|22-Jan", "", ""},
        {"2021-W01|2021-W02", "week", ""},
        {"Q1 2021|Q2 2021", "quarter", ""},
        {"09:30|10:30", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[400], got[200] = "";
        kr__csv_field cells[MOST];
        strcpy(text, cases[i].cells);
        int64_t n = split(text, cells);
        uint32_t kinds = kr__date_kinds(cells, n);
        for (int k = 1; k < KR__DATE_PATTERN; k++) {
            const kr__date_format f = {.kind = (kr__date_kind)k};
            if (!(kinds >> k & 1)) continue;
            if (*got) strcat(got, " ");
            strcat(got, kr__date_format_text(&f));
        }
        if (strcmp(got, cases[i].kinds) != 0) fail_msg("%s: %s", cases[i].cells, got);
        if (!strchr(got, ' ')) continue;
        bool by_step = true;
        const kr__date_format f = {.kind = kr__date_decide(kinds, cells, NULL, n, &by_step)};
        assert_string_equal(kr__date_format_text(&f), cases[i].decided);
        bool has_points = strchr(cases[i].cells, '.') != NULL; /* they decide */
        assert_int_equal(by_step, *cases[i].decided != '\0' && !has_points);
    }
}

static void orders_and_names(void **state) {
    (void)state;
    static const struct {
        const char *cells;
        bool runs, runs_strictly;
    } cases[] = {{"2020-01-01|2020-01-02|2020-01-05", true, true},
                 {"2020-01-05|2020-01-02", true, true},
                 {"2020-01-01|2020-01-01|2020-01-02", true, false},
                 {"2020-01-01|2020-01-01", false, false},
                 {"2020-01-01|2020-01-03|2020-01-02", false, false},
                 {"2023-10-29 02:30+02:00|2023-10-29 02:00+01:00", true, true}};
    const kr__date_format f = {.kind = KR__DATE_YMD};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        kr__csv_field cells[MOST];
        strcpy(text, cases[i].cells);
        int64_t n = split(text, cells);
        assert_int_equal(kr__dates_run(&f, cells, n, false), cases[i].runs);
        assert_int_equal(kr__dates_run(&f, cells, n, true), cases[i].runs_strictly);
    }
    static const char *const times[] = {"date", "Date",   "Time stamp",    "ds",   "start_time",
                                        "YEAR", "date.1", "month_of_sale", "Datum"};
    static const char *const others[] = {"OT", "update", "candidate", "times", "rate", "days", ""};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (!kr__is_time_name(times[i])) fail_msg("%s", times[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (kr__is_time_name(others[i])) fail_msg("%s", others[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_as_written), cmocka_unit_test(near_misses),
        cmocka_unit_test(formats_as_text),  cmocka_unit_test(iso_forms),
        cmocka_unit_test(iso_refused),      cmocka_unit_test(finer_than_microseconds),
        cmocka_unit_test(clocks),           cmocka_unit_test(kinds_of_columns),
        cmocka_unit_test(orders_and_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
