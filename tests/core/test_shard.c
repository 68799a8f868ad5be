/* SPDX-License-Identifier: MIT
 * test_shard.c - every name in one shard, always the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/shard.h"

static int64_t find(int64_t n, const char *name) {
    int64_t found = 0, n_found = 0;
    for (int64_t i = 1; i <= n; i++) {
        const kr__shard shard = {i, n};
        if (!kr__shard_has(&shard, name)) continue;
        found = i;
        n_found++;
    }
    assert_int_equal(n_found, 1);
    return found;
}

/* Shards of other days and machines must fit together: these are for good. */
static void a_name_stays_where_it_is(void **state) {
    (void)state;
    static const char *const names[] = {"", "a", "store 7", "M48000", "\xc3\xa4"};
    static const int64_t of_3[] = {3, 3, 2, 2, 2}, of_8[] = {7, 4, 5, 4, 7};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(find(3, names[i]), of_3[i]);
        assert_int_equal(find(8, names[i]), of_8[i]);
        assert_int_equal(find(1, names[i]), 1);
    }
}

/* Names that count up are spread as by chance: 4 standard deviations. */
static void sizes_are_those_of_chance(void **state) {
    (void)state;
    enum { N = 20000, SHARDS = 8 };
    static const char *const patterns[] = {"%d", "M%05d", "shop %d", "%d-a"};
    for (int p = 0; p < 4; p++) {
        int sizes[SHARDS] = {0};
        char name[32];
        for (int i = 0; i < N; i++) {
            snprintf(name, sizeof name, patterns[p], i);
            sizes[find(SHARDS, name) - 1]++;
        }
        for (int k = 0; k < SHARDS; k++) assert_in_range(sizes[k], 2500 - 187, 2500 + 187);
    }
}

static void numbers_go_in_turns(void **state) {
    (void)state;
    const kr__shard second = {2, 3}, all = {0, 0};
    for (int64_t i = 0; i < 9; i++) {
        assert_int_equal(kr__shard_has_number(&second, i), i % 3 == 1);
        assert_true(kr__shard_has_number(&all, i));
    }
    assert_true(kr__shard_has(&all, "a"));
}

static void refuse(const char *text, const char *sentence) {
    kr__shard shard = {5, 7};
    kr_error err = {.text = ""};
    assert_int_equal(kr__shard_read(text, &shard, &err), KR_USAGE);
    assert_string_equal(err.text, sentence);
    assert_true(shard.i == 5 && shard.n == 7);
}

static void shards_are_read(void **state) {
    (void)state;
    kr__shard shard = {5, 7};
    assert_int_equal(kr__shard_read("2/8", &shard, NULL), KR_OK);
    assert_true(shard.i == 2 && shard.n == 8);
    assert_int_equal(kr__shard_read("1000000/1000000", &shard, NULL), KR_OK);
    assert_int_equal(kr__shard_read("", &shard, NULL), KR_OK);
    assert_true(shard.i == 0 && shard.n == 0);
    assert_int_equal(kr__shard_read(NULL, &shard, NULL), KR_OK);
    refuse("0/3", "`shard` 0/3: the parts are 1/3 to 3/3");
    refuse("4/3", "`shard` 4/3: the parts are 1/3 to 3/3");
    refuse("-1/3", "`shard` -1/3: the parts are 1/3 to 3/3");
    static const char *const bad[] = {
        "a/b",  "1/0",   "3",         "/",     "1/",
        "/3",   "1/2/3", "1/1000001", "1 / 3", "11111111111111111111111111/3",
        "1.0/3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char sentence[160];
        snprintf(sentence, sizeof sentence,
                 "`shard` %s: write I/N, part I of N, as 1/8 to 8/8 for eight parts", bad[i]);
        refuse(bad[i], sentence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stays_where_it_is),
        cmocka_unit_test(sizes_are_those_of_chance),
        cmocka_unit_test(numbers_go_in_turns),
        cmocka_unit_test(shards_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
