/* SPDX-License-Identifier: MIT
 * test_pth_writer.c - what is written is read back: tensors of all types, numbers, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "files/pth.h"

static void write_tree(const char *path, const kr_array *arrays, int n) {
    kr__tree t = {.n_items = 0};
    kr_error err = {0};
    kr__tree_put_dict(&t);
    kr__tree_put_text(&t, "epoch");
    kr__tree_put_int(&t, 7);
    kr__tree_put_text(&t, "large");
    kr__tree_put_int(&t, -INT64_C(5000000000));
    kr__tree_put_text(&t, "loss");
    kr__tree_put_real(&t, 0.1);
    kr__tree_put_text(&t, "args");
    kr__tree_put_dict(&t);
    kr__tree_put_text(&t, "eval");
    kr__tree_put_none(&t);
    kr__tree_put_text(&t, "name");
    kr__tree_put_text(&t, "caf\xc3\xa9");
    kr__tree_put_text(&t, "no_amp");
    kr__tree_put_bool(&t, true);
    kr__tree_put_end(&t);
    kr__tree_put_text(&t, "betas");
    kr__tree_put_list(&t);
    kr__tree_put_real(&t, 0.9);
    kr__tree_put_real(&t, 0.999);
    kr__tree_put_end(&t);
    kr__tree_put_text(&t, "state");
    kr__tree_put_ordered_dict(&t);
    for (int i = 0; i < n; i++) {
        kr__tree_put_text(&t, arrays[i].name);
        kr__tree_put_tensor(&t, &arrays[i]);
    }
    kr__tree_put_end(&t);
    kr__tree_put_end(&t);
    if (kr__pth_write(&t, path, &err) != KR_OK) fail_msg("%s", err.text);
    kr__tree_deinit(&t);
}

static void all_of_it_comes_back(void **state) {
    (void)state;
    static const struct {
        const char *name;
        kr_dtype dtype;
    } types[] = {{"bool", KR_DTYPE_BOOL}, {"i8", KR_DTYPE_I8},     {"u8", KR_DTYPE_U8},
                 {"i16", KR_DTYPE_I16},   {"i32", KR_DTYPE_I32},   {"i64", KR_DTYPE_I64},
                 {"f16", KR_DTYPE_F16},   {"bf16", KR_DTYPE_BF16}, {"f32", KR_DTYPE_F32},
                 {"f64", KR_DTYPE_F64}};
    enum { N = sizeof types / sizeof types[0] };
    unsigned char bytes[6 * 8];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 2);
    kr_array arrays[N + 2];
    for (int i = 0; i < N; i++) {
        kr_array_view(types[i].name, types[i].dtype, 2, (int64_t[]){2, 3}, bytes, &arrays[i], NULL);
    }
    kr_array_view("scalar", KR_DTYPE_F32, 0, NULL, bytes, &arrays[N], NULL);
    kr_array_view("empty", KR_DTYPE_F32, 2, (int64_t[]){0, 5}, bytes, &arrays[N + 1], NULL);
    write_tree("written.pt", arrays, N + 2);

    kr_pth *pth = NULL;
    kr_error err = {0};
    if (kr__pth_open("written.pt", &pth, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(kr__pth_count(pth), N + 2);
    for (int i = 0; i < N + 2; i++) {
        kr_array a = {0};
        char name[32];
        snprintf(name, sizeof name, "state.%s", arrays[i].name);
        int64_t at = kr__pth_find(pth, name);
        assert_true(at >= 0);
        assert_int_equal(kr__pth_get(pth, at, &a, NULL), KR_OK);
        assert_int_equal(a.dtype, arrays[i].dtype);
        assert_int_equal(a.rank, arrays[i].rank);
        assert_int_equal(a.n, arrays[i].n);
        assert_memory_equal(a.shape, arrays[i].shape, (size_t)a.rank * sizeof *a.shape);
        if (a.n > 0) assert_memory_equal(a.data, bytes, (size_t)a.n * a.item_size);
        kr_array_deinit(&a);
    }
    assert_string_equal(kr__pth_value(pth, "epoch"), "7");
    assert_string_equal(kr__pth_value(pth, "large"), "-5000000000");
    assert_string_equal(kr__pth_value(pth, "loss"), "0.1");
    assert_string_equal(kr__pth_value(pth, "args.eval"), "null");
    assert_string_equal(kr__pth_value(pth, "args.name"), "caf\xc3\xa9");
    assert_string_equal(kr__pth_value(pth, "args.no_amp"), "true");
    assert_string_equal(kr__pth_value(pth, "betas.1"), "0.999");
    kr__pth_close(pth);
    remove("written.pt");
}

static void a_type_that_pytorch_lacks(void **state) {
    (void)state;
    kr_array a;
    uint32_t word = 1;
    kr__tree t = {.n_items = 0};
    kr_error err = {0};
    kr_array_view("x", KR_DTYPE_U32, 0, NULL, &word, &a, NULL);
    kr__tree_put_tensor(&t, &a);
    assert_int_equal(kr__pth_write(&t, "written.pt", &err), KR_UNSUPPORTED);
    assert_string_equal(err.text, "written.pt: PyTorch has no tensors of uint32");
    kr__tree_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it_comes_back),
                                       cmocka_unit_test(a_type_that_pytorch_lacks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
