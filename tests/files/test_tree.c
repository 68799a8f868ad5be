/* SPDX-License-Identifier: MIT
 * test_tree.c - a tree keeps what is put in, and flattens into names and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "files/tree.h"

static const float values[] = {1, 2};

static kr_array make_array(const char *name) {
    kr_array a;
    kr_array_view(name, KR_DTYPE_F32, 1, (int64_t[]){2}, values, &a, NULL);
    return a;
}

static void put_named(kr__tree *t, const char *name) {
    kr_array a = make_array("another name");
    kr__tree_put_text(t, name);
    kr__tree_put_tensor(t, &a);
}

/* The items as they came; texts and arrays are copies. */
static void items_in_order(void **state) {
    (void)state;
    static const kr__tree_kind kinds[] = {KR__TREE_DICT, KR__TREE_TEXT, KR__TREE_LIST,
                                          KR__TREE_INT,  KR__TREE_REAL, KR__TREE_BOOL,
                                          KR__TREE_NONE, KR__TREE_END,  KR__TREE_END};
    kr__tree t = {.n_items = 0};
    char text[] = "key";
    kr__tree_put_dict(&t);
    kr__tree_put_text(&t, text);
    text[0] = 'x';
    kr__tree_put_list(&t);
    kr__tree_put_int(&t, INT64_MIN);
    kr__tree_put_real(&t, 0.1);
    kr__tree_put_bool(&t, true);
    kr__tree_put_none(&t);
    kr__tree_put_end(&t);
    kr__tree_put_end(&t);
    assert_int_equal(t.n_items, sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; i < t.n_items; i++) assert_int_equal(t.items[i].kind, kinds[i]);
    assert_string_equal(t.items[1].as.text, "key");
    assert_true(t.items[3].as.integer == INT64_MIN && t.items[5].as.integer == 1);
    assert_true(t.items[4].as.real == 0.1);
    assert_int_equal(kr__tree_check(&t, "file", NULL), KR_OK);
    kr__tree_deinit(&t);
}

/* The model's tensors without the name of their dictionary, all others with all names. */
static void names_are_joined(void **state) {
    (void)state;
    kr__tree t = {.n_items = 0};
    kr__flat_tree flat;
    kr__tree_put_dict(&t);
    kr__tree_put_text(&t, KR__TREE_MODEL), kr__tree_put_ordered_dict(&t);
    put_named(&t, "norm.weight");
    kr__tree_put_end(&t);
    kr__tree_put_text(&t, "state"), kr__tree_put_dict(&t);
    kr__tree_put_int(&t, 0), kr__tree_put_dict(&t);
    put_named(&t, "exp_avg");
    kr__tree_put_text(&t, "step"), kr__tree_put_real(&t, 3);
    kr__tree_put_end(&t);
    kr__tree_put_end(&t);
    kr__tree_put_text(&t, "groups"), kr__tree_put_list(&t);
    kr__tree_put_none(&t);
    kr__tree_put_dict(&t);
    kr__tree_put_text(&t, "lr"), kr__tree_put_real(&t, 1e-5);
    kr__tree_put_end(&t);
    kr__tree_put_end(&t);
    kr__tree_put_end(&t);
    assert_int_equal(kr__tree_flatten(&t, "file", &flat, NULL), KR_OK);
    assert_int_equal(flat.n_arrays, 2);
    assert_string_equal(flat.arrays[0].name, "norm.weight");
    assert_string_equal(flat.arrays[1].name, "state.0.exp_avg");
    assert_ptr_equal(flat.arrays[1].data, values);
    static const kr_text_pair texts[] = {
        {"state.0.step", "3.0"}, {"groups.0", "null"}, {"groups.1.lr", "1e-05"}};
    assert_int_equal(flat.n_texts, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(flat.texts[i].key, texts[i].key);
        assert_string_equal(flat.texts[i].value, texts[i].value);
    }
    kr__flat_tree_deinit(&flat);
    kr__tree_deinit(&t);
}

static void a_cut_tree_is_not_written(void **state) {
    (void)state;
    kr_error err = {.text = ""};
    kr__flat_tree flat;
    const kr__tree t = {.is_cut = true};
    assert_int_equal(kr__tree_flatten(&t, "file", &flat, &err), KR_MEMORY);
    assert_string_equal(err.text, "file: out of memory");
    kr__flat_tree_deinit(&flat);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(items_in_order),
                                       cmocka_unit_test(names_are_joined),
                                       cmocka_unit_test(a_cut_tree_is_not_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
