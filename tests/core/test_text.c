/* SPDX-License-Identifier: MIT
 * test_text.c - numbers out of and into text, and guesses. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "support/comma_locale.h"

static void numbers_are_read_whole_or_not_at_all(void **state) {
    (void)state;
    int64_t n = 7;
    double x = 7;
    assert_true(kr__text_int("-12", &n) && n == -12);
    assert_true(kr__text_int("+9007199254740993", &n) && n == 9007199254740993);
    static const char *const not_int[] = {"",  "-",   " 1",  "1 ",  "1.0",
                                          "x", "0x1", "1e3", "--1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof not_int / sizeof not_int[0]; i++) {
        n = 7;
        assert_false(kr__text_int(not_int[i], &n));
        assert_int_equal(n, 7);
    }
    assert_true(kr__text_real("1e-4", &x) && x == 1e-4);
    assert_true(kr__text_real("-.5", &x) && x == -0.5);
    static const char *const not_real[] = {"",    "-",     ".",  "e5",    "1e",   "nan",
                                           "inf", "1e999", "1 ", "0x1p3", "1.2.3"};
    for (size_t i = 0; i < sizeof not_real / sizeof not_real[0]; i++) {
        x = 7;
        assert_false(kr__text_real(not_real[i], &x));
        assert_true(x == 7);
    }
}

static void bools_have_six_spellings(void **state) {
    (void)state;
    bool is_on = false;
    assert_true(kr__text_bool("True", &is_on) && is_on);
    assert_true(kr__text_bool("0", &is_on) && !is_on);
    assert_true(kr__text_bool("true", &is_on) && is_on);
    assert_true(kr__text_bool("False", &is_on) && !is_on);
    assert_false(kr__text_bool("yes", &is_on));
    assert_false(kr__text_bool("", &is_on));
}

/* The right column is Python's repr(). */
static void numbers_print_as_in_python(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.0, "0.0"},
                 {-0.0, "-0.0"},
                 {1, "1.0"},
                 {-150, "-150.0"},
                 {0.1, "0.1"},
                 {0.001, "0.001"},
                 {0.0001, "0.0001"},
                 {0.00012, "0.00012"},
                 {0.00001, "1e-05"},
                 {1.5e-7, "1.5e-07"},
                 {1e15, "1000000000000000.0"},
                 {123456789012345680.0, "1.2345678901234568e+17"},
                 {1e16, "1e+16"},
                 {1e100, "1e+100"},
                 {1.0 / 3, "0.3333333333333333"},
                 {2.674921989440918, "2.674921989440918"},
                 {(double)0.35730863f, "0.35730862617492676"},
                 {5e-324, "5e-324"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {-INFINITY, "-inf"},
                 {(double)NAN, "nan"}};
    char text[KR_NUMBER_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(kr__text_number(cases[i].value, text), cases[i].text);
    }
}

/* From the first that is not 0 to the last. */
static int count_digits(const char *text) {
    int n = 0, last = 0;
    for (const char *c = text; *c && *c != 'e'; c++) {
        if (*c < '0' || *c > '9') continue;
        if (*c != '0' || n > 0) n++;
        if (*c != '0') last = n;
    }
    return last;
}

/* By the definition: the fewest digits of printf that read back. */
static void assert_is_shortest(double value) {
    char text[KR_NUMBER_TEXT], shortest[KR_NUMBER_TEXT];
    int precision = 0;
    do snprintf(shortest, sizeof shortest, "%.*e", precision++, value);
    while (strtod(shortest, NULL) != value);
    kr__text_number(value, text);
    if (strtod(text, NULL) != value || count_digits(text) != count_digits(shortest))
        fail_msg("%s is printed as %s", shortest, text);
}

static void numbers_of_all_sizes_print_shortest(void **state) {
    (void)state;
    uint64_t x = 88172645463325252u;
    char text[64];
    for (int i = 0; i < 6000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        snprintf(text, sizeof text, "%" PRIu64 "e-%d", x >> (i % 64), i % 26);
        double value = strtod(text, NULL);
        if (value == 0) continue;
        assert_is_shortest(value);
        assert_is_shortest(-nextafter(value, 0));
    }
}

static void floats_print_their_own_digits(void **state) {
    (void)state;
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0, "0.0"},
                 {-0.0f, "-0.0"},
                 {1, "1.0"},
                 {0.1f, "0.1"},
                 {0.35730863f, "0.35730863"},
                 {16777217.0f, "16777216.0"},
                 {-1234567.5f, "-1234567.5"},
                 {3.4028235e38f, "3.4028235e+38"},
                 {1e-45f, "1e-45"},
                 {1.1754944e-38f, "1.1754944e-38"},
                 {INFINITY, "inf"},
                 {NAN, "nan"}};
    char text[KR_NUMBER_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(kr__text_float(cases[i].value, text), cases[i].text);
        if (isfinite(cases[i].value)) assert_true(strtof(text, NULL) == cases[i].value);
    }
}

static const char *guess(const char *word, const char *choices) {
    static char found[64];
    kr_guess g = {.word = word};
    kr__guess_offer_choices(&g, choices);
    if (!g.best) return "none";
    memcpy(found, g.best, g.n_best);
    found[g.n_best] = '\0';
    return found;
}

static void mistyped_words_are_guessed(void **state) {
    (void)state;
    const char *flags = "seq_len|pred_len|batch_size|d_model|d_ff|learning_rate";
    assert_string_equal(guess("seqlen", flags), "seq_len");
    assert_string_equal(guess("perd-len", flags), "pred_len");
    assert_string_equal(guess("batch", flags), "batch_size");
    assert_string_equal(guess("D_Model", flags), "d_model");
    assert_string_equal(guess("dff", flags), "d_ff");
    assert_string_equal(guess("colour", flags), "none");
    assert_string_equal(guess("", flags), "none");
    assert_string_equal(guess("timestar", "TimeStar|TimeStarMamba"), "TimeStar");
    assert_string_equal(guess("TimeStarMaba", "TimeStar|TimeStarMamba"), "TimeStarMamba");
    char long_word[200] = {0};
    memset(long_word, 'a', sizeof long_word - 1);
    assert_string_equal(guess(long_word, flags), "none");
}

static void a_choice_matches_exactly(void **state) {
    (void)state;
    kr_error err;
    assert_int_equal(kr__text_check_choice("features", "MS", "M|S|MS", &err), KR_OK);
    assert_int_equal(kr__text_check_choice("features", "ms", "M|S|MS", &err), KR_USAGE);
    assert_string_equal(err.text,
                        "`features`: unknown value \"ms\"; did you mean MS? It can be M, S or MS");
    assert_int_equal(kr__text_check_choice("features", "M|S", "M|S|MS", &err), KR_USAGE);
    assert_int_equal(kr__text_check_choice("features", "", "M|S|MS", &err), KR_USAGE);
    assert_string_equal(err.text, "`features`: unknown value \"\"; use M, S or MS");
}

static void choices_are_listed_in_words(void **state) {
    (void)state;
    char text[32];
    assert_string_equal(kr__text_choices("M|S|MS", text, sizeof text), "M, S or MS");
    assert_string_equal(kr__text_choices("M", text, sizeof text), "M");
    assert_string_equal(kr__text_choices("", text, sizeof text), "");
    assert_string_equal(kr__text_choices("first|second|third", text, 14), "first, second");
}

static void lists_are_walked(void **state) {
    (void)state;
    assert_string_equal(kr__text_behind("a,b,c", ','), "b,c");
    assert_string_equal(kr__text_behind("a,", ','), "");
    assert_null(kr__text_behind("abc", ','));
}

static void one_of_many_endings(void **state) {
    (void)state;
    assert_true(kr__text_ends_in("model.pt", ".pt|.pth"));
    assert_true(kr__text_ends_in("model.pth", ".pt|.pth"));
    assert_true(kr__text_ends_in("a.csv.gz", ".csv|.csv.gz"));
    assert_false(kr__text_ends_in("model.pth2", ".pt|.pth"));
    assert_false(kr__text_ends_in(".pth", ".pt|.pth"));
    assert_false(kr__text_ends_in("h", ".pt|.pth"));
    assert_false(kr__text_ends_in("model.pt", ""));
}

static void few_of_many(void **state) {
    (void)state;
    kr_few few = {0};
    kr__few_add(&few, "one");
    assert_string_equal(few.names, "one");
    for (int i = 0; i < 9; i++) kr__few_add(&few, "x");
    assert_string_equal(few.names, "one, x, x, x, x, ..");
    assert_int_equal(few.n, 10);
    char longest[300];
    memset(longest, 'y', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    few = (kr_few){0};
    for (int i = 0; i < 9; i++) kr__few_add(&few, longest);
    assert_true(strlen(few.names) < sizeof few.names);
}

static void a_hosts_locale_changes_no_number(void **state) {
    (void)state;
    char real[KR_NUMBER_TEXT], whole[KR_NUMBER_TEXT], single[KR_NUMBER_TEXT], printed[32];
    double value = 0;
    char *end = NULL;
    comma_locale_begin();
    bool is_read = kr__text_real("0.5", &value), is_taken = kr__text_real("0,5", &value);
    kr__text_number(0.1 + 0.2, real);
    kr__text_number(1e22, whole);
    kr__text_float(0.1F, single);
    kr__text_print(printed, sizeof printed, "%.3g|%.17g", 1.25, 0.1);
    double head = kr__text_strtod("2.5,7", &end);
    comma_locale_end();
    assert_true(is_read && !is_taken && value == 0.5);
    assert_string_equal(real, "0.30000000000000004");
    assert_string_equal(whole, "1e+22");
    assert_string_equal(single, "0.1");
    assert_string_equal(printed, "1.25|0.10000000000000001");
    assert_true(head == 2.5);
    assert_string_equal(end, ",7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hosts_locale_changes_no_number),
        cmocka_unit_test(few_of_many),
        cmocka_unit_test(lists_are_walked),
        cmocka_unit_test(one_of_many_endings),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(bools_have_six_spellings),
        cmocka_unit_test(numbers_print_as_in_python),
        cmocka_unit_test(numbers_of_all_sizes_print_shortest),
        cmocka_unit_test(floats_print_their_own_digits),
        cmocka_unit_test(mistyped_words_are_guessed),
        cmocka_unit_test(a_choice_matches_exactly),
        cmocka_unit_test(choices_are_listed_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
