/* SPDX-License-Identifier: MIT
 * test_step_names.c - steps of dates in words, and the codes of steps that are called by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "tables/date_format.h"
#include "tables/step_names.h"

static void check_words(const char *code, const char *from, const char *want) {
    char text[KR__STEP_WORDS];
    kr_frequency f;
    int64_t micros = 0;
    assert_int_equal(kr_frequency_parse(code, &f, NULL), KR_OK);
    if (from) assert_true(kr__date_parse(from, strlen(from), &micros));
    assert_string_equal(kr__step_words(&f, from ? &micros : NULL, text), want);
}

static void every_step_has_words(void **state) {
    (void)state;
    static const struct {
        const char *code, *from, *want;
    } cases[] = {
        {"1h", NULL, "1 hour"},
        {"15min", NULL, "15 minutes"},
        {"1500ms", NULL, "1.5 seconds"},
        {"20us", NULL, "20 microseconds"},
        {"1d", NULL, "1 day"},
        {"2d", NULL, "2 days"},
        {"1b", NULL, "business days"},
        {"1d/mon-sat", NULL, "1 day, Monday to Saturday"},
        {"1d/tue+thu", NULL, "1 day, Tuesday and Thursday"},
        {"1d/mon+wed+fri", NULL, "1 day, Monday, Wednesday and Friday"},
        {"30min/mon-fri/09:30-15:30", NULL, "30 minutes, Monday to Friday, 09:30 to 15:30"},
        {"30min/09:30-11:30+13:00-15:00", NULL, "30 minutes, 09:30 to 11:30 and 13:00 to 15:00"},
        {"1w", NULL, "weeks"},
        {"1w", "2024-01-01", "weeks from Monday"},
        {"1w", "1969-12-28", "weeks from Sunday"},
        {"2w", "2024-01-03", "2 weeks from Wednesday"},
        {"1m", "2024-01-01", "months"},
        {"2m", NULL, "2 months"},
        {"1m/30", NULL, "months, on day 30 or the last"},
        {"1me", NULL, "month ends"},
        {"2me", NULL, "2 months, at ends of months"},
        {"1q", "2024-01-01", "quarters"},
        {"1qe", "2024-03-31", "quarter ends"},
        {"1qe", "2024-01-31", "quarters, at ends of months"},
        {"2q", NULL, "2 quarters"},
        {"1y", NULL, "years"},
        {"1ye", "2024-12-31", "year ends"},
        {"1ye", "2024-06-30", "years, at ends of months"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_words(cases[i].code, cases[i].from, cases[i].want);
    }
}

static void names_have_codes(void **state) {
    (void)state;
    static const struct {
        const char *name, *code;
    } cases[] = {
        {"business days", "b"},
        {"Business Day", "b"},
        {"work_days", "b"},
        {"hourly", "h"},
        {"1 hour", "1h"},
        {"3 hours", "3h"},
        {"15 min", "15min"},
        {"15 minutes", "15min"},
        {"daily", "d"},
        {"weeks from Monday", "w"},
        {"W-MON", "w"},
        {"2W-sun", "2w"},
        {"month ends", "me"},
        {"month-end", "me"},
        {"MS", "m"},
        {"2MS", "2m"},
        {"month starts", "m"},
        {"QS", "q"},
        {"QS-OCT", "q"},
        {"QE-DEC", "qe"},
        {"quarter ends", "qe"},
        {"YE", "YE"},
        {"YE-DEC", "ye"},
        {"A-JUN", "ye"},
        {"annually", "y"},
        {"years", "y"},
        {"seconds", "s"},
        /* codes of ours, and what is no step, stay */
        {"B", "B"},
        {"ms", "ms"},
        {"30min", "30min"},
        {"1d/mon-sat", "1d/mon-sat"},
        {"w-xyz", "w-xyz"},
        {"weeks from", "weeks from"},
        {"BME", "BME"},
        {"hourses", "hourses"},
        {"", ""},
        {" h", " h"},
        {"15 furlongs", "15 furlongs"},
        {"99999999999999999999999999999 hours", "99999999999999999999999999999 hours"},
    };
    char code[KR__STEP_CODE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(kr__step_code(cases[i].name, code), cases[i].code);
    }
}

/* What is said can be typed: words of a step without a calendar are read back as that step. */
static void words_are_read_back(void **state) {
    (void)state;
    static const char *const codes[] = {"1s", "1h", "15min", "1d", "3d",  "1b", "1w", "2w",
                                        "1m", "2m", "1me",   "1q", "1qe", "1y", "3y", "1ye"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char text[KR__STEP_WORDS];
        kr_frequency was, is;
        assert_int_equal(kr_frequency_parse(codes[i], &was, NULL), KR_OK);
        assert_int_equal(kr_frequency_parse(kr__step_words(&was, NULL, text), &is, NULL), KR_OK);
        assert_memory_equal(&was, &is, sizeof was);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_step_has_words),
                                       cmocka_unit_test(names_have_codes),
                                       cmocka_unit_test(words_are_read_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
