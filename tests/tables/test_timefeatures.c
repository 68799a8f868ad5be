/* SPDX-License-Identifier: MIT
 * test_timefeatures.c - features of every step against the originals', and steps that have none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "support/golden.h"
#include "tables/date_format.h"
#include "tables/timefeatures.h"

enum { N = 200, MOST = 6 };

static kr_golden *golden;
static int64_t micros[N];

static int set_up(void **state) {
    (void)state;
    golden = kr_golden_open("timefeatures.npz");
    for (int64_t i = 0; i < N; i++) {
        char text[32];
        kr_golden_text(golden, "dates", i, text, sizeof text);
        if (!kr__date_parse(text, strlen(text), &micros[i])) return 1;
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    kr_golden_close(golden);
    return 0;
}

/* freq as the golden's name, and words that mean the same. */
static void compare(const char *name, const char *freq) {
    char key[32];
    double got[N * MOST];
    int64_t n, n_features;
    snprintf(key, sizeof key, "freq.%s", name);
    const double *want = kr_golden_double(golden, key, &n);
    assert_int_equal(kr__timefeatures_count(freq, &n_features, NULL), KR_OK);
    assert_int_equal(n, N * n_features);
    assert_int_equal(kr__timefeatures(freq, N, micros, got, NULL), KR_OK);
    assert_close_double(got, want, n, 1e-12);
}

static void every_step(void **state) {
    (void)state;
    static const char *const names[] = {"s", "t", "min", "15min", "h", "3h",
                                        "d", "b", "w",   "m",     "q"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) compare(names[i], names[i]);
    compare("t", "15T");
    compare("h", "12H");
    compare("m", "ME");
    compare("q", "2QE");
    compare("min", "15Min");
    compare("b", "business days");
    compare("m", "MS");
    compare("w", "W-MON");
    compare("15min", "15 minutes");
}

static void calendar_integers(void **state) {
    (void)state;
    double got[N * MOST];
    int64_t n;
    kr__timefeatures_calendar(N, micros, false, got);
    const double *want = kr_golden_double(golden, "timeenc0", &n);
    assert_int_equal(n, 4 * N);
    assert_close_double(got, want, n, 0);
    kr__timefeatures_calendar(N, micros, true, got);
    want = kr_golden_double(golden, "timeenc0_ettm", &n);
    assert_int_equal(n, 5 * N);
    assert_close_double(got, want, n, 0);
}

static void refused_steps(void **state) {
    (void)state;
    kr_error err;
    int64_t n = 42;
    double out;
    assert_int_equal(kr__timefeatures_count("a", &n, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "freq \"a\": yearly steps have no time features; use m or q, or calendar "
                        "integers (`embed` fixed)");
    assert_int_equal(kr__timefeatures_count("2Y", &n, &err), KR_USAGE);
    assert_int_equal(kr__timefeatures("hour.", 1, micros, &out, &err), KR_USAGE);
    assert_string_equal(
        err.text,
        "freq \"hour.\" is not known; use s, t (or min), h, d, b, w, m or q, with a "
        "whole number in front if needed, as in 15min or 3h, or a name such as "
        "business days");
    static const char *const words[] = {"", "15", "h3", "ms", "1.5h", " h", "mi", "minut"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_int_equal(kr__timefeatures_count(words[i], &n, NULL), KR_USAGE);
    }
    assert_int_equal(n, 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_step),
                                       cmocka_unit_test(calendar_integers),
                                       cmocka_unit_test(refused_steps)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
