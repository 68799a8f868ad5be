/* SPDX-License-Identifier: MIT
 * test_sentence.c - settings in backquotes become flags where a command has one. */
#include "framework/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "framework/command.h"

/* ---- two commands ----------------------------------------------------------------------- */

static const option all_options[] = {{.name = "seq_len", .choices = ""},
                                     {.name = "gaps", .kind = OPTION_VALUE, .choices = "fill|no"},
                                     {.name = "k", .choices = ""}};

static const option *first_options(int *count) {
    *count = 2;
    return all_options;
}

static const option *second_options(int *count) {
    *count = 1;
    return all_options + 2;
}

static const command first = {.name = "first"}, second = {.name = "second"};
static const command *const both[] = {&first, &second};

const option *command_options(const command *self, int *count) {
    return self == &first ? first_options(count) : second_options(count);
}

const command *const *commands_all(int *count) {
    *count = 2;
    return both;
}

/* ---- tests ------------------------------------------------------------------------------ */

static const char *said(const char *text) {
    static char to[SENTENCE];
    return sentence_of(text, to);
}

static void settings_become_flags(void **state) {
    (void)state;
    assert_string_equal(said("`gaps`: use `seq_len` 3 or `k`"), "--gaps: use --seq_len 3 or --k");
    assert_string_equal(said("`no_gaps` or `no_seq_len`"), "--no_gaps or `no_seq_len`");
    assert_string_equal(said(""), "");
}

static void other_texts_stay(void **state) {
    (void)state;
    assert_string_equal(said("is none of `krait run`"), "is none of `krait run`");
    assert_string_equal(said("`gap` ``k`` `gaps"), "`gap` `--k` `gaps");
    assert_string_equal(said("it`s.csv: `gaps`"), "it`s.csv: --gaps");
    char text[] = "`k`";
    assert_ptr_equal(sentence_name_flags(text, sizeof text), text);
    assert_string_equal(text, "--k");
}

/* A flag that the command lacks is said with one that has it, once, and where there is room. */
static void flags_of_another_command(void **state) {
    (void)state;
    sentence_speak_for(&first);
    assert_string_equal(said("`gaps`, `k` 3 or `k` 4"), "--gaps, krait second --k 3 or --k 4");
    assert_string_equal(said("krait second: `k`; krait seconds"),
                        "krait second: --k; krait seconds");
    assert_string_equal(said("krait seconds: `k`"), "krait seconds: krait second --k");
    char text[16] = "`k` is missing";
    assert_string_equal(sentence_name_flags(text, sizeof text), "--k is missing");
    sentence_speak_for(&second);
    assert_string_equal(said("`gaps`, `k`"), "krait first --gaps, --k");
    sentence_speak_for(NULL);
}

static void a_long_text_is_cut(void **state) {
    (void)state;
    char text[2 * SENTENCE] = {0};
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(strlen(said(text)), SENTENCE - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_become_flags),
        cmocka_unit_test(other_texts_stay),
        cmocka_unit_test(flags_of_another_command),
        cmocka_unit_test(a_long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
