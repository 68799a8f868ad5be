/* SPDX-License-Identifier: MIT
 * test_platform.c - folders are listed in one order, or refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"

static const char *const made[] = {"b.csv", "a.json", "B.csv", ".hidden"};

static void a_folder_is_listed_by_bytes(void **state) {
    (void)state;
    char path[64], **names = NULL;
    int64_t n = 0;
    kr_arena arena = {0};
    assert_int_equal(kr__make_folders("test_platform_list/sub", NULL), KR_OK);
    assert_int_equal(kr__make_folder_of("test_platform_list/sub/file", NULL), KR_OK);
    assert_int_equal(kr__make_folder_of("file", NULL), KR_OK); /* here: it is there */
    for (int i = 0; i < 4; i++) {
        kr__path_join("test_platform_list", made[i], path, sizeof path);
        assert_int_equal(kr__file_write(path, "", 0, NULL), KR_OK);
    }
    assert_int_equal(kr__folder_list("test_platform_list", &arena, &names, &n, NULL), KR_OK);
    assert_int_equal(n, 4);
    static const char *const expected[] = {"B.csv", "a.json", "b.csv", "sub"};
    for (int i = 0; i < 4; i++) assert_string_equal(names[i], expected[i]);
    for (int i = 0; i < 4; i++) {
        kr__path_join("test_platform_list", made[i], path, sizeof path);
        remove(path);
    }
    assert_int_equal(kr__folder_list("test_platform_list/sub", &arena, &names, &n, NULL), KR_OK);
    assert_int_equal(n, 0);
    remove("test_platform_list/sub");
    remove("test_platform_list");
    kr__arena_deinit(&arena);
}

static void no_folder_is_an_error(void **state) {
    (void)state;
    char **names = NULL;
    int64_t n = 7;
    kr_error err;
    kr_arena arena = {0};
    assert_int_equal(kr__folder_list("test_platform_none", &arena, &names, &n, &err), KR_IO);
    assert_non_null(strstr(err.text, "test_platform_none: cannot list: No such file"));
    assert_null(names);
    assert_int_equal(n, 7);
    kr__arena_deinit(&arena);
}

static void a_folder_has_one_user(void **state) {
    (void)state;
    const char *path = "test_platform_lock";
    int lock = -1, other = -1;
    kr_error err;
    assert_int_equal(kr__make_folders(path, NULL), KR_OK);
    assert_int_equal(kr__folder_lock(path, &lock, NULL), KR_OK);
    assert_int_equal(kr__folder_lock(path, &other, &err), KR_IO);
    assert_string_equal(err.text,
                        "test_platform_lock: another program is using this folder; "
                        "wait until it ends");
    assert_int_equal(other, -1);
    kr__folder_unlock(lock);
    assert_int_equal(kr__folder_lock(path, &lock, NULL), KR_OK);
    kr__folder_unlock(lock);
    kr__folder_unlock(-1);
    remove(path);
    assert_int_equal(kr__folder_lock(path, &lock, &err), KR_IO);
    assert_string_equal(err.text, "test_platform_lock: cannot open: No such file or directory");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_listed_by_bytes),
        cmocka_unit_test(no_folder_is_an_error),
        cmocka_unit_test(a_folder_has_one_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
