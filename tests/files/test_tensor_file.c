/* SPDX-License-Identifier: MIT
 * test_tensor_file.c - one view of checkpoints and safetensors. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kr/files.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/real.h"
#include "core/text.h"
#include "files/tensor_load.h"
#include "support/golden.h"
#include "support/pickle_made.h"

static kr_tensor_file *open_file(const char *path) {
    kr_error err = {0};
    kr_tensor_file *file = NULL;
    if (kr_tensor_file_open(path, &file, &err) != KR_OK) fail_msg("%s", err.text);
    return file;
}

/* Only the model's tensors of a nested checkpoint, with the values that are expected. */
static void checkpoint(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/ckpt_expected.npz");
    kr_tensor_file *file = open_file(KR_GOLDEN_DIR "/synth/ckpt/new_layout.pt");
    assert_string_equal(kr_tensor_file_format(file), "PyTorch checkpoint");
    assert_int_equal(kr_tensor_file_count(file), 30);
    for (int64_t i = 0; i < 30; i++) {
        const kr_array *info = kr_tensor_file_info(file, i);
        char name[256];
        int64_t n;
        kr_error err = {0};
        snprintf(name, sizeof name, "p/%s", info->name);
        const kr_real *want = kr_golden_real(g, name, &n);
        assert_int_equal(info->n, n);
        assert_null(info->data);
        assert_int_equal(kr_tensor_file_find(file, info->name), i);
        kr_real *got = kr__calloc((size_t)n, sizeof *got);
        assert_int_equal(kr__tensor_file_load(file, i, got, &err), KR_OK);
        assert_close(got, want, n, 0);
        kr_free(got);
    }
    kr_real none;
    assert_int_equal(kr__tensor_file_load(file, 30, &none, NULL), KR_USAGE);
    assert_int_equal(kr_tensor_file_find(file, "optimizer_state_dict.state.0.step"), -1);
    assert_string_equal(kr_tensor_file_value(file, "args.n_layers"), "2");
    assert_null(kr_tensor_file_value(file, "args.nothing"));
    kr_tensor_file_close(file);
    kr_golden_close(g);

    file = open_file(KR_GOLDEN_DIR "/forecast/ckpt_timestar/checkpoint.pth");
    assert_int_equal(kr_tensor_file_count(file), 61);
    assert_int_equal(kr_tensor_file_n_metadata(file), 0);
    kr_tensor_file_close(file);
}

static void safetensors(void **state) {
    (void)state;
    char path[] = "/tmp/kr_test_tensor_file_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    const int16_t values[3] = {1, -2, 3};
    const kr_text_pair pair = {"epoch", "7"};
    kr_array arrays[2];
    kr_error err = {0};
    kr_array_view("module.a", KR_DTYPE_I16, 1, (int64_t[]){3}, values, &arrays[0], NULL);
    kr_array_view("module.module.b", KR_DTYPE_I16, 0, NULL, values, &arrays[1], NULL);
    assert_int_equal(kr_safetensors_write(path, arrays, 2, &pair, 1, &err), KR_OK);
    kr_tensor_file *file = open_file(path);
    kr_real got[3];
    const kr_real want[3] = {1, -2, 3};
    assert_string_equal(kr_tensor_file_format(file), "safetensors");
    assert_string_equal(kr_tensor_file_path(file), path);
    assert_string_equal(kr_tensor_file_info(file, 0)->name, "a");
    assert_string_equal(kr_tensor_file_info(file, 1)->name, "module.b");
    for (int64_t i = 0; i < 2; i++) assert_null(kr_tensor_file_info(file, i)->data);
    assert_int_equal(kr__tensor_file_load(file, 0, got, &err), KR_OK);
    assert_close(got, want, 3, 0);
    assert_string_equal(kr_tensor_file_value(file, "epoch"), "7");
    kr_tensor_file_close(file);
    unlink(path);
}

/* "_orig_mod." of compiled models inside "state_dict". */
static void wrapped(void **state) {
    (void)state;
    static made m;
    const int one[] = {1};
    size_t n_bytes = 0;
    kr_error err = {0};
    kr_tensor_file *file = NULL;
    made_code(&m, "\x80\x02}");
    made_text(&m, "state_dict");
    made_code(&m, "}");
    made_text(&m, "_orig_mod.w");
    made_tensor(&m, "0", 1, 0, 1, one, one);
    made_code(&m, "ss");
    made_text(&m, "momentum");
    made_tensor(&m, "0", 1, 0, 1, one, one);
    made_code(&m, "s.");
    const made_member members[] = {{"x/data.pkl", m.bytes, m.n}, {"x/data/0", "\0\0\0\x40", 4}};
    uint8_t *bytes = made_zip(members, 2, &n_bytes);
    if (kr_tensor_file_open_memory("m", bytes, n_bytes, &file, &err) != KR_OK)
        fail_msg("%s", err.text);
    assert_int_equal(kr_tensor_file_count(file), 1);
    assert_string_equal(kr_tensor_file_info(file, 0)->name, "w");
    kr_real got = 0;
    assert_int_equal(kr__tensor_file_load(file, 0, &got, &err), KR_OK);
    assert_true(got == 2);
    kr_tensor_file_close(file);
    kr_free(bytes);
}

static void refusals(void **state) {
    (void)state;
    kr_error err = {0};
    kr_tensor_file *file = NULL;
    assert_int_equal(kr_tensor_file_open(KR_GOLDEN_DIR "/README.md", &file, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "neither"));
    assert_int_equal(kr_tensor_file_open(KR_GOLDEN_DIR "/synth/npy/plain.npz", &file, &err),
                     KR_FORMAT);
    assert_non_null(strstr(err.text, "without data.pkl"));
    assert_int_equal(kr_tensor_file_open(KR_GOLDEN_DIR "/absent", &file, &err), KR_IO);
    assert_int_equal(kr_tensor_file_open_memory("empty", NULL, 0, &file, &err), KR_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint),
        cmocka_unit_test(safetensors),
        cmocka_unit_test(wrapped),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
