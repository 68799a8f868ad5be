/* SPDX-License-Identifier: MIT
 * test_json_text.c - JSON that a terminal may be shown, and that a reader takes for the same. */
#include "framework/json_numbers.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <kr/base.h>

static char *print(const char *text, bool is_line) {
    cJSON *object = cJSON_CreateObject();
    assert_non_null(object);
    assert_true(kr__json_add_text(object, "t", text));
    char *json = is_line ? json_print_line(object) : json_print(object);
    cJSON_Delete(object);
    assert_non_null(json);
    return json;
}

static void hidden_characters_are_escaped(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"\x1b[31m\n\t", "{\"t\":\"\\u001b[31m\\n\\t\"}\n"}, /* by cJSON */
        {"\x7f\xc2\x9b\xe2\x80\xae", "{\"t\":\"\\u007f\\u009b\\u202e\"}\n"},
        {"\xf3\xa0\x81\x81", "{\"t\":\"\\udb40\\udc41\"}\n"},
        {"\x9b\xc0", "{\"t\":\"\\ufffd\\ufffd\"}\n"}, /* no UTF-8: it cannot be told in JSON */
        {"Größe 温度 🙂 \\x1b", "{\"t\":\"Größe 温度 🙂 \\\\x1b\"}\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *json = print(rows[i][0], true);
        assert_string_equal(json, rows[i][1]);
        kr_free(json);
    }
}

static void a_reader_sees_no_difference(void **state) {
    (void)state;
    const char *text = "\x1b\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81 Größe\n";
    char *json = print(text, false);
    assert_null(strchr(json, '\x7f'));
    cJSON *read = cJSON_Parse(json);
    assert_non_null(read);
    assert_string_equal(cJSON_GetObjectItem(read, "t")->valuestring, text);
    cJSON_Delete(read);
    assert_string_equal(json + strlen(json) - 3, "\n}\n");
    kr_free(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_characters_are_escaped),
        cmocka_unit_test(a_reader_sees_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
