/* SPDX-License-Identifier: MIT
 * test_json.c - bad text and want of memory are told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"

static int n_allocated, fails_at; /* allocations of cJSON so far; the one that fails, 0: none */

static void *allocate(size_t n) { return ++n_allocated == fails_at ? NULL : malloc(n); }

static kr_status parse(const char *text, size_t *end) {
    cJSON *object = NULL;
    const char *at = text;
    kr_status status = kr__json_parse(text, strlen(text), &object, &at);
    assert_int_equal(status == KR_OK, object != NULL);
    cJSON_Delete(object);
    if (end) *end = (size_t)(at - text);
    return status;
}

static void bad_text_is_told_with_its_place(void **state) {
    (void)state;
    size_t end = 0;
    assert_int_equal(parse("{\"a\": [1, 2]} ", &end), KR_OK);
    assert_int_equal(end, 13);
    assert_int_equal(parse("{\"a\": ?}", &end), KR_FORMAT);
    assert_int_equal(end, 6);
    assert_int_equal(parse("", NULL), KR_FORMAT);
}

static void an_allocation_that_fails_once_does_not_refuse_good_text(void **state) {
    (void)state;
    for (fails_at = 1; fails_at <= 4; fails_at++) {
        n_allocated = 0;
        assert_int_equal(parse("{\"a\": [1, 2]}", NULL), KR_OK);
        assert_true(n_allocated > fails_at);
    }
    fails_at = 0;
}

int main(void) {
    cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = free};
    cJSON_InitHooks(&hooks);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_text_is_told_with_its_place),
        cmocka_unit_test(an_allocation_that_fails_once_does_not_refuse_good_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
