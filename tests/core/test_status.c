/* SPDX-License-Identifier: MIT
 * test_status.c - the error sentence, and the setting that it points at. */
#include <kr/base.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void the_hint_is_the_first_setting_that_is_named(void **state) {
    (void)state;
    kr_error err;
    assert_int_equal(kr_fail(&err, KR_USAGE, "`%s`: 0; use `d_ff`", "d_model"), KR_USAGE);
    assert_string_equal(err.text, "`d_model`: 0; use `d_ff`");
    assert_string_equal(err.hint, "d_model");
    kr_fail(&err, KR_IO, "no such file");
    assert_string_equal(err.hint, "");
    kr_error_append(&err, "; leave `%s` out", "resume");
    assert_string_equal(err.hint, "resume");
    kr_error_prefix(&err, "`%s`", "load");
    assert_string_equal(err.text, "`load`: no such file; leave `resume` out");
    assert_string_equal(err.hint, "load");
}

/* A sentence that has all the room loses as much at its end as comes in front. */
static void long_sentences_are_cut(void **state) {
    (void)state;
    enum { MOST = KR_ERROR_TEXT_SIZE - 1 };
    kr_error err;
    char whole[MOST + 1], want[MOST + 1];
    for (int i = 0; i < MOST; i++) whole[i] = (char)('a' + i % 26);
    whole[MOST] = '\0';
    kr_fail(&err, KR_IO, "%s%s", whole, "y");
    assert_string_equal(err.text, whole);
    kr_error_append(&err, "y");
    assert_string_equal(err.text, whole);
    kr_error_prefix(&err, "%s", "ab");
    snprintf(want, sizeof want, "ab: %.*s", MOST - 4, whole);
    assert_string_equal(err.text, want);
}

/* File names, commands and names that nothing can have. */
static void other_backquotes_are_no_hint(void **state) {
    (void)state;
    kr_error err;
    kr_fail(&err, KR_FORMAT, "it`s.csv: is no file of `krait run`, ``, `; set `gaps`");
    assert_string_equal(err.hint, "gaps");
    char name[2 * KR_ERROR_HINT_SIZE] = {0};
    memset(name, 'a', KR_ERROR_HINT_SIZE);
    kr_fail(&err, KR_FORMAT, "`%s` `b", name);
    assert_string_equal(err.hint, "");
    name[KR_ERROR_HINT_SIZE - 1] = '\0';
    kr_fail(&err, KR_FORMAT, "`%s`", name);
    assert_string_equal(err.hint, name);
}

/* A name that the end of the text cuts off is none. */
static void a_sentence_is_cut_to_its_size(void **state) {
    (void)state;
    kr_error err;
    char many[KR_ERROR_TEXT_SIZE];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 4] = '\0';
    kr_fail(&err, KR_FORMAT, "%s`seed`", many);
    assert_int_equal(strlen(err.text), KR_ERROR_TEXT_SIZE - 1);
    assert_string_equal(err.hint, "");
    assert_int_equal(kr_fail(NULL, KR_SHAPE, "`%s`", "seed"), KR_SHAPE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hint_is_the_first_setting_that_is_named),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(other_backquotes_are_no_hint),
        cmocka_unit_test(a_sentence_is_cut_to_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
