/* SPDX-License-Identifier: MIT
 * test_frequency_find.c - calendars: found in dates, written, read, counted on with over years. */
#include <kr/rows.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "support/starve.h"
#include "tables/calendar.h"
#include "tables/date_format.h"

enum { MOST = 4000 };

static int64_t at(const char *text) {
    int64_t micros = 0;
    assert_true(kr__date_parse(text, strlen(text), &micros));
    return micros;
}

static kr_frequency step(const char *text) {
    kr_frequency f;
    kr_error err;
    if (kr_frequency_parse(text, &f, &err) != KR_OK) fail_msg("%s", err.text);
    return f;
}

/* n dates from `first` on. */
static void make(const char *first, const char *text, int64_t n, int64_t *dates) {
    const kr_frequency f = step(text);
    for (int64_t i = 0; i < n; i++) dates[i] = kr_frequency_add(&f, at(first), i);
    assert_int_equal(dates[0], at(first));
}

/* The dates without those whose number is a multiple of `every` (from 1 on); 0: all. */
static int64_t leave_out(int64_t *dates, int64_t n, int64_t every) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (every == 0 || (i + 1) % every != 0) dates[kept++] = dates[i];
    }
    return kept;
}

static void check_found(int64_t n, const int64_t *dates, const char *want) {
    char text[KR_FREQUENCY_TEXT];
    kr_frequency f;
    kr_error err;
    if (kr_frequency_infer("t", n, dates, &f, &err) != KR_OK) fail_msg("%s: %s", want, err.text);
    assert_string_equal(kr_frequency_text(&f, text), want);
    const kr_frequency again = step(text);
    assert_true(kr_frequency_is_same(&f, &again));
}

/* Over many steps: every date is later than the one before, and steps are counted as they are
 * added, there and back. */
static void check_counts(const kr_frequency *f, int64_t first, int64_t n) {
    int64_t before = first;
    assert_int_equal(kr_frequency_add(f, first, 0), first);
    for (int64_t i = 1; i <= n; i++) {
        int64_t date = kr_frequency_add(f, first, i);
        assert_true(date > before);
        assert_int_equal(kr_frequency_count(f, first, date), i);
        assert_int_equal(kr_frequency_count(f, before, date), 1);
        assert_int_equal(kr_frequency_count(f, first, date - 1), -1);
        assert_int_equal(kr_frequency_add(f, before, 1), date);
        assert_int_equal(kr_frequency_add(f, date, -i), first);
        before = date;
    }
}

/* Found with all rows, and with some missing; counted on with over years. */
static void check_calendar(const char *first, const char *text, int64_t n) {
    static int64_t dates[MOST];
    static const int64_t gaps[] = {0, 23, 11};
    const kr_frequency f = step(text);
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        make(first, text, n, dates);
        check_found(leave_out(dates, n, gaps[i]), dates, text);
    }
    check_counts(&f, at(first), 20000);
    check_counts(&f, kr_frequency_add(&f, at("1969-12-31"), -3000), 3100);
}

static void days_of_months(void **state) {
    (void)state;
    static const struct {
        const char *first, *step;
    } rows[] = {{"2015-01-29 06:00", "1m/29"}, {"2015-01-30", "1m/30"}, {"2015-01-31", "1me"},
                {"2015-02-28", "1me"},         {"2015-01-01", "1m"},    {"2015-01-15", "1m"},
                {"2015-03-31", "1qe"},         {"2015-06-30", "1qe"},   {"2015-02-28", "1q/30"},
                {"2015-01-01", "1q"},          {"2016-02-29", "1ye"},   {"2015-02-28", "1y"},
                {"2015-12-31", "1ye"},         {"2015-11-30", "2m/30"}};
    int64_t dates[60];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make(rows[i].first, rows[i].step, 60, dates);
        check_found(60, dates, rows[i].step);
        check_found(leave_out(dates, 60, 7), dates, rows[i].step);
        const kr_frequency f = step(rows[i].step);
        check_counts(&f, at(rows[i].first), 700);
    }
    const int64_t february[] = {at("2015-01-30"), at("2015-02-28"), at("2015-03-30")};
    check_found(3, february, "1m/30");
    check_found(2, february, "1m/30");
    const int64_t leap[] = {at("2016-02-29"), at("2017-02-28"), at("2018-02-28"), at("2020-02-29")};
    kr_frequency f;
    assert_int_equal(kr_frequency_infer("t", 4, leap, &f, NULL), KR_OK);
    assert_int_equal(kr_frequency_add(&f, leap[3], 1), at("2021-02-28"));
    assert_int_equal(kr_frequency_add(&f, leap[3], 4), at("2024-02-29"));
    /* not a day of the month: every 30 days */
    const int64_t thirty[] = {at("2015-01-01"), at("2015-01-31"), at("2015-03-02"),
                              at("2015-04-01")};
    check_found(4, thirty, "30d");
    const int64_t odd[] = {at("2015-01-15"), at("2015-02-28"), at("2015-04-15")};
    check_found(3, odd, "44d");
}

/* All 126 sets of weekdays but those of one day, which are weeks. */
static void every_set_of_weekdays(void **state) {
    (void)state;
    static int64_t dates[MOST];
    char text[KR_FREQUENCY_TEXT];
    for (uint32_t open = 1; open < KR_ALL_DAYS; open++) {
        kr_frequency f = {.micros = KR__DAY, .weekdays = open};
        const int64_t first = kr_frequency_add(&f, at("2021-03-04 08:30"), 1);
        int64_t n = 0;
        while (kr_frequency_add(&f, first, n) < at("2021-07-01")) {
            dates[n] = kr_frequency_add(&f, first, n);
            n++;
        }
        bool is_week = (open & (open - 1)) == 0;
        kr_frequency_text(&f, text);
        check_found(n, dates, is_week ? "1w" : text);
        /* a holiday here and there */
        check_found(leave_out(dates, n, 13), dates, is_week ? "1w" : text);
        check_counts(&f, first, 3000);
    }
}

static void weekdays_and_hours(void **state) {
    (void)state;
    check_calendar("2021-01-04", "1d/mon-sat", 150);
    check_calendar("2021-01-03", "1d/sun-thu", 120);
    check_calendar("2021-01-05", "1d/tue+thu", 60);
    check_calendar("2021-01-02", "1d/sat-sun", 60);
    check_calendar("2021-01-04", "1b", 200);
    check_calendar("2021-03-01 09:30", "30min/mon-fri/09:30-15:30", 400);
    check_calendar("2021-03-01 09:30", "30min/mon-fri/09:30-11:30+13:00-15:00", 400);
    check_calendar("2021-03-01 10:30", "1h/mon-fri/10:30-11:30+14:00-15:00", 120);
    check_calendar("2021-03-02 08:00", "1h/tue+thu-sat/08:00-20:00", 400);
    check_calendar("2021-03-01 00:00", "1h/mon-fri", 600);
    check_calendar("2021-03-01 00:15", "1h/mon-fri", 600); /* a quarter past each hour */
    check_calendar("2021-03-01 06:00", "15min/06:00-22:45", 800);
    check_calendar("2021-03-01 09:00", "8h/mon-fri/09:00-17:00", 60);
    check_calendar("2021-03-01 10:00:00.5", "500ms/10:00:00.5-10:01", 1200);
    check_calendar("2021-03-01 00:00", "1h/00:00-05:00+22:00-23:00", 200); /* over midnight */
}

/* Days that end early, and single missing rows, are gaps. */
static void short_days_are_no_other_calendar(void **state) {
    (void)state;
    static int64_t dates[MOST];
    int64_t n = 0;
    make("2021-03-01 09:30", "30min/mon-fri/09:30-16:00", 14 * 40, dates);
    for (int64_t i = 0; i < 14 * 40; i++) {
        bool is_short = (i / 14 == 7 || i / 14 == 30) && i % 14 > 7;
        if (!is_short && i / 14 != 22 && i != 100) dates[n++] = dates[i];
    }
    check_found(n, dates, "30min/mon-fri/09:30-16:00");
    /* a row at another time is a place of every day */
    dates[n] = at("2021-04-23 17:00");
    check_found(n + 1, dates, "30min/mon-fri/09:30-16:00+17:00-17:00");
}

static void what_is_ambiguous_is_read_plainly(void **state) {
    (void)state;
    static int64_t dates[MOST];
    make("2021-03-01", "1d/mon-sat", 12, dates); /* one Sunday */
    check_found(12, dates, "1d");
    make("2021-03-01", "1d/mon-sat", 18, dates); /* two */
    check_found(18, dates, "1d");
    make("2021-03-01", "1d/mon-sat", 19, dates); /* three */
    check_found(19, dates, "1d/mon-sat");
    make("2021-03-01", "1b", 5, dates);
    check_found(5, dates, "1d");
    make("2021-03-01", "1b", 6, dates); /* a weekend that is left out */
    check_found(6, dates, "1b");
    make("2021-03-01 09:30", "30min/mon-fri/09:30-15:30", 3 * 13, dates);
    check_found(3 * 13, dates, "30min");
    make("2021-03-01 09:30", "30min/mon-fri/09:30-15:30", 5 * 13, dates);
    check_found(5 * 13, dates, "30min/09:30-15:30");
    make("2021-03-01 09:30", "30min/mon-fri/09:30-15:30", 6 * 13, dates);
    check_found(6 * 13, dates, "30min/mon-fri/09:30-15:30");
    /* weeks, one of them a day late, are weeks */
    make("2021-03-01", "1w", 20, dates);
    dates[9] += KR__DAY;
    check_found(20, dates, "1w");
    /* every other day falls on every weekday, and so do five hours on every hour */
    make("2021-03-01", "2d", 60, dates);
    check_found(leave_out(dates, 60, 9), dates, "2d");
    make("2021-03-01", "5h", 60, dates);
    check_found(leave_out(dates, 60, 9), dates, "5h");
    /* many missing rows explain a weekday without any */
    make("2021-03-01", "1d", 28, dates);
    int64_t n = 0;
    for (int64_t i = 0; i < 28; i++) {
        if (i % 7 != 6 && i % 4 != 1) dates[n++] = dates[i];
    }
    check_found(n, dates, "1d");
}

/* Days of hours from 8 to 18, less those that keep() refuses. */
static int64_t make_days(int64_t n_days, bool (*keep)(int64_t day, int64_t hour), int64_t *dates) {
    int64_t n = 0;
    for (int64_t day = 0; day < n_days; day++) {
        for (int64_t hour = 8; hour <= 18; hour++) {
            if (keep(day, hour)) dates[n++] = at("2021-03-01") + day * KR__DAY + hour * KR__HOUR;
        }
    }
    return n;
}

static bool is_not_noon(int64_t day, int64_t hour) {
    (void)day;
    return hour != 12;
}

static bool is_rarely_noon(int64_t day, int64_t hour) {
    return hour != 12 && ((7 * hour + 5 * day) % 3 != 0 || hour == 8 || hour == 18);
}

static void what_chance_would_explain_is_no_calendar(void **state) {
    (void)state;
    static int64_t dates[MOST];
    int64_t n = make_days(4, is_not_noon, dates);
    check_found(n, dates, "1h/08:00-11:00+13:00-18:00");
    n = make_days(4, is_rarely_noon, dates);
    check_found(n, dates, "1h/08:00-18:00");
    n = make_days(14, is_rarely_noon, dates);
    check_found(n, dates, "1h/08:00-11:00+13:00-18:00");
    /* from Friday afternoon to Monday: the computer was off */
    make("2021-03-01", "1h", 14 * 24, dates);
    n = 0;
    for (int64_t i = 0; i < 14 * 24; i++) {
        int64_t hour = i % (7 * 24);
        if (hour < 4 * 24 + 16) dates[n++] = dates[i];
    }
    check_found(n, dates, "1h");
    /* hours that would be empty more often than not */
    n = 0;
    for (int64_t day = 0; day < 6; day++) {
        static const int64_t minutes[] = {540, 541, 542, 543, 720, 1020};
        for (int i = 0; i < 6; i++) {
            dates[n++] = at("2021-03-01") + day * KR__DAY + minutes[i] * KR__MINUTE;
        }
    }
    check_found(n, dates, "1min");
}

/* What is not said of days and hours is open, and closed times count as the place before them. */
static void closed_times_count_as_the_place_before(void **state) {
    (void)state;
    const kr_frequency f = step("30min/mon-fri/09:30-11:30+13:00-15:00");
    static const char *const rows[][2] = {
        {"2024-03-01 15:00", "2024-03-04 09:30"}, {"2024-03-02 12:00", "2024-03-04 09:30"},
        {"2024-03-04 08:00", "2024-03-04 09:30"}, {"2024-03-04 09:45", "2024-03-04 10:00"},
        {"2024-03-04 12:15", "2024-03-04 13:00"}, {"2024-03-04 23:00", "2024-03-05 09:30"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(kr_frequency_add(&f, at(rows[i][0]), 1), at(rows[i][1]));
        assert_int_equal(kr_frequency_count(&f, at(rows[i][0]), at(rows[i][1])), 1);
        assert_int_equal(kr_frequency_count(&f, at(rows[i][1]), at(rows[i][0])), -1);
    }
    assert_true(kr_frequency_add(&f, at("2024-03-01"), INT64_MAX) > at("9999-12-31"));
    assert_true(kr_frequency_add(&f, at("2024-03-01"), INT64_MIN) < at("0001-01-01"));
    const kr_frequency bare = {.micros = KR__DAY};
    assert_int_equal(kr_frequency_add(&bare, at("2024-03-01"), 2), at("2024-03-03"));
}

static void seasons(void **state) {
    (void)state;
    static const struct {
        const char *step;
        int64_t season;
    } rows[] = {{"30min/mon-fri/09:30-15:30", 13},
                {"30min/mon-fri/09:30-11:30+13:00-15:00", 10},
                {"1d/mon-sat", 6},
                {"1d/tue+thu", 2},
                {"1b", 5},
                {"1h/mon-fri", 24},
                {"1m/30", 12},
                {"1qe", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const kr_frequency f = step(rows[i].step);
        assert_int_equal(kr_frequency_season(&f), rows[i].season);
    }
}

static void check_same(const char *a, const char *b, bool is_same) {
    const kr_frequency f = step(a), g = step(b);
    assert_int_equal(kr_frequency_is_same(&f, &g), is_same);
    assert_int_equal(kr_frequency_is_same(&g, &f), is_same);
}

static void what_is_the_same(void **state) {
    (void)state;
    check_same("1d", "1d/mon-sun", true);
    check_same("1b", "1d/mon-fri", true);
    check_same("1b", "1d/mon-sat", false);
    check_same("1d/sun-thu", "1d/mon-thu+sun", true);
    check_same("30min", "30min/09:30-15:30", false);
    check_same("30min/09:30-15:30", "30min/09:30-16:00", false);
    check_same("30min/09:30-15:30", "30min/09:30-11:30+13:00-15:30", false);
    check_same("1m/30", "1me", false);
    check_same("1m", "1m/15", true);
    check_same("1m", "1me", true); /* of an older checkpoint, which knew no day */
    check_same("1m", "1q", false);
    check_same("12m", "1y", true);
    check_same("1D/MON-FRI", "1b", true);
}

static void check_suits(const char *was, const char *first, const char *text, int64_t n,
                        bool is_right) {
    static int64_t dates[MOST];
    kr_frequency is, model = step(was);
    make(first, text, n, dates);
    assert_int_equal(kr_frequency_infer("t", n, dates, &is, NULL), KR_OK);
    assert_int_equal(kr__frequency_suits(&model, &is, n, dates), is_right);
}

/* Rows that are too few to show a calendar may be counted with it. */
static void few_rows_suit_a_calendar(void **state) {
    (void)state;
    check_suits("1b", "2024-03-04", "1b", 5, true);
    check_suits("1d/mon-sat", "2024-03-04", "1d/mon-sat", 12, true);
    check_suits("1d/mon-sat", "2024-03-03", "1d", 6, false); /* a Sunday */
    check_suits("1d", "2024-03-04", "1d/mon-sat", 30, false);
    check_suits("1d/tue+thu", "2024-03-05", "1d/tue+thu", 2, true); /* "2d" */
    check_suits("30min/mon-fri/09:30-15:30", "2024-03-04 09:30", "30min", 13, true);
    check_suits("30min/mon-fri/09:30-15:30", "2024-03-04 09:30", "30min", 14, false);
    check_suits("30min/mon-fri/09:30-15:30", "2024-03-04 09:45", "30min", 5, false);
    check_suits("30min/mon-fri/09:30-16:00", "2024-03-04 09:30", "30min/mon-fri/09:30-15:30", 100,
                false);
    check_suits("1h", "2024-03-04", "2h", 50, false);
    check_suits("1m/30", "2024-03-30", "1m/30", 2, true);
    check_suits("1m/30", "2024-06-30", "1me", 2, false);
    check_suits("1qe", "2024-02-28", "1m", 5, false);
}

/* Other series of a panel open what they have rows on. */
static void other_series_open_days_and_hours(void **state) {
    (void)state;
    char text[KR_FREQUENCY_TEXT];
    static const struct {
        const char *was, *date, *becomes;
    } rows[] = {{"1b", "2024-03-02", "1d/mon-sat"},
                {"1d/mon-sat", "2024-03-03", "1d"},
                {"1d", "2024-03-03", "1d"},
                {"1h/09:00-15:00", "2024-03-04 17:00", "1h/09:00-17:00"},
                {"1h/09:00-15:00", "2024-03-04 17:30", "1h/09:00-15:00"},
                {"1h/00:00-22:00", "2024-03-04 23:00", "1h"},
                {"1h/09:00-11:00+13:00-15:00", "2024-03-04 12:00", "1h/09:00-15:00"},
                {"1me", "2024-03-04", "1me"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kr_frequency f = step(rows[i].was);
        const int64_t date = at(rows[i].date);
        kr__frequency_widen(&f, 1, &date);
        assert_string_equal(kr_frequency_text(&f, text), rows[i].becomes);
    }
    kr_frequency middle = {.months = 1, .month_day = 15}, late = {.months = 1, .month_day = 29};
    kr__frequency_widen(&middle, 0, NULL);
    kr__frequency_widen(&late, 0, NULL);
    assert_true(middle.month_day == 0 && late.month_day == 29);
}

static void texts_are_read_back(void **state) {
    (void)state;
    static const char *const texts[] = {
        "1d/mon+wed+fri",
        "1d/fri-mon",
        "1d/mon-tue+thu-fri",
        "1h/mon/09:00-10:00",
        "250us/tue/00:00-00:00:00.25",
        "1234567890us/mon-wed+fri-sat/00:00:00.000001-02:44:36.543121",
        "1h/sat-sun",
        "5me",
        "2q/29",
        "5y/30"};
    char text[KR_FREQUENCY_TEXT];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const kr_frequency f = step(texts[i]);
        assert_string_equal(kr_frequency_text(&f, text), texts[i]);
    }
    const kr_frequency longest = {.micros = 999999999999,
                                  .weekdays = 0x55,
                                  .day_start = 1,
                                  .day_end = KR__DAY - 1,
                                  .pause_start = KR__HOUR + 1,
                                  .pause_end = 2 * KR__HOUR + 1};
    assert_true(strlen(kr_frequency_text(&longest, text)) < KR_FREQUENCY_TEXT - 20);
}

typedef struct dated {
    int64_t n;
    const int64_t *dates;
} dated;

static kr_status infer(void *arg, kr_error *err) {
    const dated *d = arg;
    kr_frequency f = {.micros = -7};
    kr_status status = kr_frequency_infer("t", d->n, d->dates, &f, err);
    if (status == KR_OK) return status;
    assert_int_equal(f.micros, -7);
    if (status == KR_MEMORY) assert_string_equal(err->text, "t: no memory for the dates");
    return status == KR_MEMORY ? status : KR_OK; /* steps that are refused in the end */
}

static void memory_runs_out(void **state) {
    (void)state;
    static int64_t dates[MOST];
    make("2021-03-02 09:30", "1h/mon-fri/09:30-11:30+13:00-15:00", 120, dates);
    kr_starve("hours of a day", infer, &(dated){120, dates});
    const int64_t days[] = {0, 1, 2, 4, 7, 8, 11, 15}; /* no step is that of most */
    for (int i = 0; i < 8; i++) dates[i] = days[i] * KR__DAY;
    kr_starve("steps of all kinds", infer, &(dated){8, dates});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_of_months),
        cmocka_unit_test(every_set_of_weekdays),
        cmocka_unit_test(weekdays_and_hours),
        cmocka_unit_test(short_days_are_no_other_calendar),
        cmocka_unit_test(what_is_ambiguous_is_read_plainly),
        cmocka_unit_test(what_chance_would_explain_is_no_calendar),
        cmocka_unit_test(closed_times_count_as_the_place_before),
        cmocka_unit_test(seasons),
        cmocka_unit_test(what_is_the_same),
        cmocka_unit_test(few_rows_suit_a_calendar),
        cmocka_unit_test(other_series_open_days_and_hours),
        cmocka_unit_test(texts_are_read_back),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
