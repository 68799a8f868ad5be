/* SPDX-License-Identifier: MIT
 * test_csv_blocks.c - series that follow one another in a table without dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/starve.h"
#include "tables/csv.h"

static const char *const needed_names[] = {"item", "label"};

static kr_csv_options options_of_fit(void) {
    return (kr_csv_options){
        .asks_for_series = true, .has_blocks = true, .id_column = "", .keeps_gaps = true};
}

/* words: of the rows, between blanks; the second column is numbers. */
static size_t write_table(const char *names, const char *words, char text[4000]) {
    size_t n = (size_t)sprintf(text, "%s\n", names);
    int row = 0;
    for (const char *at = words; *at; row++) {
        size_t size = strcspn(at, " ");
        n += (size_t)sprintf(text + n, "%.*s,%d.5\n", (int)size, at, row * row % 17);
        at += size + (at[size] == ' ');
    }
    return n;
}

static kr_status read_table(const char *names, const char *words, const kr_csv_options *options,
                            kr_table **t, kr_error *err) {
    char text[4000];
    size_t n = write_table(names, words, text);
    return kr__csv_read_bytes("t.csv", (const uint8_t *)text, n, options, t, err);
}

/* -1: it is no panel. */
static int64_t count_series(const char *names, const char *words, const kr_csv_options *options) {
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    if (read_table(names, words, options, &t, &err) != KR_OK) fail_msg("%s", err.text);
    int64_t n = t->ids ? t->n_ids : -1;
    kr__table_destroy(t);
    return n;
}

static void blocks_of_an_id_are_series(void **state) {
    (void)state;
    const kr_csv_options o = options_of_fit();
    assert_int_equal(count_series("id,y", "a a a b b", &o), 2);
    assert_int_equal(count_series("unique_id,y", "a a b b b c c", &o), 3);
    assert_int_equal(count_series("Item,y", "x x x y y y", &o), 2);
    assert_int_equal(count_series("shop_id,y", "x x x y y y", &o), 2);
    assert_int_equal(count_series("id,y", "7 7 7 9 9 9", &o), 2);  /* numbers, too */
    assert_int_equal(count_series("id,y", "a a a b", &o), -1);     /* a line of totals */
    assert_int_equal(count_series("id,y", "a b c d e f", &o), -1); /* names of rows */
    assert_int_equal(count_series("id,y", "a a b b a a", &o), -1); /* a word comes again */
    assert_int_equal(count_series("id,y", "a a a a a", &o), -1);
    assert_int_equal(count_series("id,y", "1 2 3 4 5 6", &o), -1);
    assert_int_equal(count_series("series,y", "7 7 7 9 9 9", &o), -1); /* a step */
}

static void words_that_alternate_are_categories(void **state) {
    (void)state;
    const kr_csv_options o = options_of_fit();
    char words[600] = "";
    for (int i = 0; i < 60; i++) strcat(words, &"mon \0tue \0wed \0"[i % 3 * 5]);
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    if (read_table("day,y", words, &o, &t, &err) != KR_OK) fail_msg("%s", err.text);
    assert_null(t->ids);
    assert_int_equal(t->n_columns, 4);
    assert_string_equal(t->names[0], "day=mon");
    kr__table_destroy(t);
}

static void other_names_are_refused(void **state) {
    (void)state;
    static const char sentence[] =
        "t.csv: has no dates, and each word of column \"phase\" stands in one run of rows, as "
        "names "
        "of series do; name it with `id_column` if they are series, or leave it out with "
        "`drop_columns`";
    static const char words[] = "train train train test test";
    kr_csv_options o = options_of_fit();
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(read_table("phase,y", words, &o, &t, &err), KR_USAGE);
    assert_string_equal(err.text, sentence);
    o.id_column = NULL; /* one that is found is not taken unasked */
    assert_int_equal(read_table("id,y", "a a b b", &o, &t, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "column \"id\""));
    o.id_column = "phase";
    assert_int_equal(count_series("phase,y", words, &o), 2);
    static const char *const phase[] = {"phase"};
    o = options_of_fit();
    o.columns = phase;
    o.n_columns = 1;
    o.leaves_out = true;
    assert_int_equal(count_series("phase,y", words, &o), -1);
    o = options_of_fit();
    o.needed = needed_names;
    o.n_needed = 2;
    assert_int_equal(count_series("label,y", words, &o), -1);
    o = options_of_fit();
    o.has_blocks = false;
    assert_int_equal(count_series("phase,y", words, &o), -1);
}

static kr_status read_blocks(void *arg, kr_error *err) {
    const kr_csv_options o = options_of_fit();
    kr_table *t = NULL;
    KR_TRY(read_table("id,y", arg, &o, &t, err));
    assert_int_equal(t->n_ids, 3);
    kr__table_destroy(t);
    return KR_OK;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    char words[] = "a a a b b c c";
    kr_starve("blocks of an id", read_blocks, words);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_of_an_id_are_series),
                                       cmocka_unit_test(words_that_alternate_are_categories),
                                       cmocka_unit_test(other_names_are_refused),
                                       cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
