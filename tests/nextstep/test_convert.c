/* SPDX-License-Identifier: MIT
 * test_convert.c - models from one format to the other and back, and what they compute then. */
#define _GNU_SOURCE
#include <kr/files.h>
#include <kr/nextstep.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "files/pth.h"
#include "files/tensor_format.h"
#include "support/golden.h"
#include "support/settings_of.h"
#include "support/starve.h"

static void convert(const char *from, const char *to, kr_conversion *done) {
    kr_error err = {.text = ""};
    if (kr_convert(from, to, done, &err) != KR_OK) fail_msg("%s", err.text);
}

static kr_tensor_file *open_file(const char *path) {
    kr_tensor_file *file = NULL;
    kr_error err = {.text = ""};
    if (kr_tensor_file_open(path, &file, &err) != KR_OK) fail_msg("%s", err.text);
    return file;
}

/* Tensor i of a is tensor i of b, bit for bit. */
static void compare(kr_tensor_file *a, kr_tensor_file *b) {
    assert_int_equal(kr_tensor_file_count(a), kr_tensor_file_count(b));
    for (int64_t i = 0; i < kr_tensor_file_count(a); i++) {
        kr_array x, y;
        assert_int_equal(kr_tensor_file_get(a, i, &x, NULL), KR_OK);
        assert_int_equal(kr_tensor_file_get(b, i, &y, NULL), KR_OK);
        assert_int_equal(x.dtype, y.dtype);
        assert_int_equal(x.n, y.n);
        assert_memory_equal(x.data, y.data, (size_t)x.n * x.item_size);
        kr_array_deinit(&x);
        kr_array_deinit(&y);
    }
}

/* What the model in file `path` makes of the recorded input, against the recorded forecast. */
static void check_forecasts(kr_golden *golden, const char *path, const char *name) {
    kr_nextstep *model = NULL;
    kr_nextstep_chunk *chunk = NULL;
    kr_error err = {.text = ""};
    if (kr_nextstep_open(NULL, path, &model, &err) != KR_OK) fail_msg("%s", err.text);
    const kr_array *x = kr_golden_array(golden, "x");
    const kr_nextstep_chunk_options o = {
        .size = sizeof o, .n_steps = x->shape[1], .batch = x->shape[0]};
    assert_int_equal(kr_nextstep_chunk_create(model, &o, &chunk, &err), KR_OK);
    kr_real *y = kr__calloc((size_t)x->n, sizeof *y);
    kr_nextstep_chunk_forward(chunk, kr_golden_real(golden, "x", NULL), NULL, y, NULL);
    char key[64];
    snprintf(key, sizeof key, "pred/%s", name);
    assert_close(y, kr_golden_real(golden, key, NULL), x->n, 2e-6);
    kr_free(y);
    kr_nextstep_chunk_destroy(chunk);
    kr_nextstep_destroy(model);
}

static void every_layout_there_and_back(void **state) {
    (void)state;
    static const char *const names[] = {"new_layout.pt", "old_layout.pt", "compiled_prefix.pt",
                                        "compiled_prefix_old.pt"};
    kr_golden *golden = kr_golden_open("synth/ckpt_expected.npz");
    for (int i = 0; i < 4; i++) {
        char path[256];
        kr_conversion done = {.size = sizeof done};
        snprintf(path, sizeof path, KR_GOLDEN_DIR "/synth/ckpt/%s", names[i]);
        check_forecasts(golden, path, names[i]);
        convert(path, "there.safetensors", &done);
        assert_int_equal(done.n_tensors, 30);
        assert_int_equal(done.n_values, 6820);
        assert_true(done.is_nextstep && done.left_optimiser);
        check_forecasts(golden, "there.safetensors", names[i]);
        convert("there.safetensors", "back.pt", &done);
        assert_false(done.left_optimiser);
        check_forecasts(golden, "back.pt", names[i]);
        kr_tensor_file *a = open_file(path), *b = open_file("there.safetensors");
        kr_tensor_file *c = open_file("back.pt");
        compare(a, b);
        compare(a, c);
        assert_true(kr_tensor_file_find(c, "output_heads.1.0.weight") >= 0);
        static const char *const keys[] = {"epoch",          "train_loss", "val_loss",
                                           "args.d_model",   "args.lr",    "args.checkpoint",
                                           "args.no_compile"};
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            assert_string_equal(kr_tensor_file_value(a, keys[k]), kr_tensor_file_value(c, keys[k]));
        }
        assert_string_equal(kr_tensor_file_value(c, "args.feature_dim"), "20");
        assert_string_equal(kr_tensor_file_value(c, "args.max_horizon"), "1");
        kr_tensor_file_close(a);
        kr_tensor_file_close(b);
        kr_tensor_file_close(c);
    }
    kr_golden_close(golden);
    remove("there.safetensors");
    remove("back.pt");
}

/* Of which epoch the model is, and how good it was. */
static void check_record(const char *path) {
    static const char *const keys[] = {"epoch", "train_loss", "val_loss"};
    static const double want[] = {17, 1.25, 0.875};
    kr_tensor_file *file = open_file(path);
    for (int i = 0; i < 3; i++) {
        const char *text = kr_tensor_file_value(file, keys[i]);
        if (!text || strtod(text, NULL) != want[i]) fail_msg("%s: %s", keys[i], text);
    }
    kr_tensor_file_close(file);
}

/* Every format that is written, as the next row of the list may not be one of these two. */
static void every_format(void **state) {
    (void)state;
    static const kr__tensor_format *const formats[] = {
#define KR_TENSOR_FORMAT(name) &kr__tensor_format_##name,
#include "files/formats.inc"
#undef KR_TENSOR_FORMAT
    };
    static const char from[] = KR_GOLDEN_DIR "/synth/ckpt/new_layout.pt";
    kr_golden *golden = kr_golden_open("synth/ckpt_expected.npz");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (!formats[i]->write) continue;
        char path[64];
        kr_nextstep *model = NULL;
        snprintf(path, sizeof path, "any%.*s", (int)strcspn(formats[i]->endings, "|"),
                 formats[i]->endings);
        convert(from, path, NULL);
        check_forecasts(golden, path, "new_layout.pt");
        convert(path, "back.pt", NULL);
        check_forecasts(golden, "back.pt", "new_layout.pt");
        assert_int_equal(kr_nextstep_open(NULL, from, &model, NULL), KR_OK);
        assert_int_equal(kr_nextstep_save(model, path, NULL), KR_OK);
        kr_nextstep_destroy(model);
        kr_tensor_file *file = open_file(path);
        assert_string_equal(kr_tensor_file_format(file), formats[i]->name);
        kr_tensor_file_close(file);
        check_record(path);
        check_forecasts(golden, path, "new_layout.pt");
        remove(path);
    }
    kr_golden_close(golden);
    remove("back.pt");
}

static void check_shape(const char *path, const int64_t want[8]) {
    static const char *const names[] = {"feature_dim", "d_model", "n_layers", "d_state",
                                        "d_conv",      "expand",  "d_ff",     "max_horizon"};
    kr_tensor_file *file = open_file(path);
    for (int i = 0; i < 8; i++) {
        char key[64], number[32];
        snprintf(key, sizeof key, "args.%s", names[i]);
        snprintf(number, sizeof number, "%d", (int)want[i]);
        const char *is = kr_tensor_file_value(file, key);
        if (!is || strcmp(is, number) != 0) fail_msg("%s: %s, not %s", key, is, number);
    }
    kr_tensor_file_close(file);
}

static const int64_t small_shape[] = {3, 8, 1, 4, 3, 2, 12, 2};

static void save_small(const char *path) {
    const int64_t *shape = small_shape;
    kr_nextstep_config config;
    kr_nextstep *model = NULL;
    kr__flags_init(kr__nextstep_flags(), &config);
    config.d_model = shape[1], config.n_layers = shape[2], config.d_state = shape[3];
    config.d_conv = shape[4], config.expand = shape[5], config.d_ff = shape[6];
    config.max_horizon = shape[7];
    kr_settings *settings = NEXTSTEP_SETTINGS(&config);
    assert_int_equal(kr_nextstep_create(NULL, settings, shape[0], &model, NULL), KR_OK);
    assert_int_equal(kr_nextstep_save(model, path, NULL), KR_OK);
    kr_nextstep_destroy(model);
    kr_settings_destroy(settings);
}

/* The original builds its model out of a checkpoint's args: all of the shape is there, from a model
 * of krait's with its settings as from tensors without a word. */
static void all_of_the_shape_is_told(void **state) {
    (void)state;
    enum { MOST = 64 };
    save_small("ours.safetensors");
    convert("ours.safetensors", "ours.pt", NULL);
    check_shape("ours.pt", small_shape);
    kr_array arrays[MOST];
    kr_tensor_file *file = open_file("ours.safetensors");
    int64_t n = kr_tensor_file_count(file);
    assert_true(n <= MOST);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(kr_tensor_file_get(file, i, &arrays[i], NULL), KR_OK);
    }
    assert_int_equal(kr_safetensors_write("bare.safetensors", arrays, n, NULL, 0, NULL), KR_OK);
    for (int64_t i = 0; i < n; i++) kr_array_deinit(&arrays[i]);
    kr_tensor_file_close(file);
    convert("bare.safetensors", "bare.pt", NULL);
    check_shape("bare.pt", small_shape);
    remove("ours.safetensors"), remove("bare.safetensors"), remove("ours.pt"), remove("bare.pt");
}

/* Tensors alone, of any type. */
static void other_models(void **state) {
    (void)state;
    const int64_t shape[] = {3};
    const int64_t whole[] = {1, -2, INT64_C(1) << 60};
    const double real[] = {0.1, -0.0, 1e300};
    kr_array a, b;
    kr_conversion done = {.size = sizeof done};
    kr__tree t = {.n_items = 0};
    kr_array_view("whole", KR_DTYPE_I64, 1, shape, whole, &a, NULL);
    kr_array_view("real", KR_DTYPE_F64, 1, shape, real, &b, NULL);
    kr__tree_put_ordered_dict(&t);
    kr__tree_put_text(&t, "module.whole");
    kr__tree_put_tensor(&t, &a);
    kr__tree_put_text(&t, "module.real");
    kr__tree_put_tensor(&t, &b);
    kr__tree_put_end(&t);
    assert_int_equal(kr__pth_write(&t, "any.pth", NULL), KR_OK);
    kr__tree_deinit(&t);
    convert("any.pth", "any.safetensors", &done);
    assert_true(!done.is_nextstep && done.n_tensors == 2);
    convert("any.safetensors", "again.pth", &done);
    kr_pth *pth = NULL;
    kr_array got;
    assert_int_equal(kr__pth_open("again.pth", &pth, NULL), KR_OK);
    assert_int_equal(kr__pth_count(pth), 2);
    assert_int_equal(kr__pth_get(pth, kr__pth_find(pth, "real"), &got, NULL), KR_OK);
    assert_memory_equal(got.data, real, sizeof real);
    kr_array_deinit(&got);
    assert_int_equal(kr__pth_get(pth, kr__pth_find(pth, "whole"), &got, NULL), KR_OK);
    assert_memory_equal(got.data, whole, sizeof whole);
    kr_array_deinit(&got);
    kr__pth_close(pth);
    remove("any.pth"), remove("any.safetensors"), remove("again.pth");
}

/* A checkpoint of a forecaster as krait writes it: the tensors of one that upstream wrote, without
 * its table, and with what stands beside them. */
static void write_forecaster(kr_tensor_file *upstream, const char *path) {
    static const int64_t mean_shape[] = {7}, residuals_shape[] = {2, 24, 7};
    static const double mean[7] = {1};
    static const float residuals[2 * 24 * 7] = {1};
    int64_t n = kr_tensor_file_count(upstream);
    kr_array *arrays = kr__calloc((size_t)n + 3, sizeof *arrays);
    kr__tree t = {.n_items = 0};
    kr__tree_put_dict(&t);
    kr__tree_put_text(&t, "format"), kr__tree_put_text(&t, "krait forecaster");
    kr__tree_put_text(&t, KR__TREE_MODEL), kr__tree_put_ordered_dict(&t);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(kr_tensor_file_get(upstream, i, &arrays[i], NULL), KR_OK);
        if (strstr(arrays[i].name, ".pe")) continue;
        kr__tree_put_text(&t, arrays[i].name), kr__tree_put_tensor(&t, &arrays[i]);
    }
    kr_array_view("data.mean", KR_DTYPE_F64, 1, mean_shape, mean, &arrays[n], NULL);
    kr_array_view("intervals.residuals", KR_DTYPE_F32, 3, residuals_shape, residuals,
                  &arrays[n + 1], NULL);
    kr_array_view("training.current", KR_DTYPE_F64, 1, mean_shape, mean, &arrays[n + 2], NULL);
    for (int64_t i = n; i < n + 3; i++) {
        kr__tree_put_text(&t, arrays[i].name), kr__tree_put_tensor(&t, &arrays[i]);
    }
    kr__tree_put_end(&t);
    kr__tree_put_end(&t);
    assert_int_equal(kr__tensor_format_of(path)->write(&t, path, NULL), KR_OK);
    kr__tree_deinit(&t);
    for (int64_t i = 0; i < n; i++) kr_array_deinit(&arrays[i]);
    kr_free(arrays);
}

static bool is_name_at(const kr_array *names, int64_t i, const char *name) {
    const char *at = (const char *)names->data + (size_t)i * names->item_size;
    return strlen(name) <= names->item_size && strncmp(at, name, names->item_size) == 0;
}

/* load_state_dict with strict=True wants the names that the class has, no more and no fewer, each
 * with its shape: those that PyTorch listed. */
static void check_strict(const char *model) {
    char path[256], golden_name[64];
    snprintf(path, sizeof path, KR_GOLDEN_DIR "/forecast/ckpt_%s/checkpoint.pth", model);
    snprintf(golden_name, sizeof golden_name, "forecast/ckpt_%s/expected.npz", model);
    kr_golden *golden = kr_golden_open(golden_name);
    const kr_array *names = kr_golden_array(golden, "keys");
    const kr_array *shapes = kr_golden_array(golden, "shapes");
    kr_conversion done = {.size = sizeof done};
    kr_tensor_file *upstream = open_file(path);
    write_forecaster(upstream, "ours.safetensors");
    convert("ours.safetensors", "model.pth", &done);
    kr_tensor_file *made = open_file("model.pth");
    assert_int_equal(kr_tensor_file_count(made), names->shape[0]);
    assert_int_equal(done.n_tensors, names->shape[0]);
    for (int64_t i = 0; i < names->shape[0]; i++) {
        kr_array x, y;
        assert_int_equal(kr_tensor_file_get(upstream, i, &x, NULL), KR_OK);
        assert_true(is_name_at(names, i, x.name));
        int64_t at = kr_tensor_file_find(made, x.name);
        if (at < 0) fail_msg("%s is missing", x.name);
        assert_int_equal(kr_tensor_file_get(made, at, &y, NULL), KR_OK);
        for (int k = 0; k < 4; k++) {
            int64_t want = ((const int64_t *)shapes->data)[4 * i + k];
            assert_int_equal(k < y.rank ? y.shape[k] : 0, want);
        }
        assert_int_equal(x.dtype, y.dtype);
        bool is_table = strstr(x.name, ".pe") != NULL;
        const float *a = x.data, *b = y.data;
        for (int64_t k = 0; k < x.n; k++) {
            double most = !is_table ? 0 : k < 64 * x.shape[2] ? 1e-5 : 1e-3; /* README */
            assert_true(fabs((double)a[k] - (double)b[k]) <= most);
        }
        kr_array_deinit(&x);
        kr_array_deinit(&y);
    }
    kr_tensor_file_close(made);
    kr_tensor_file_close(upstream);
    /* A file that has a table keeps its own. */
    convert(path, "upstream.safetensors", NULL);
    convert("upstream.safetensors", "model.pth", NULL);
    upstream = open_file(path);
    made = open_file("model.pth");
    compare(upstream, made);
    kr_tensor_file_close(made);
    kr_tensor_file_close(upstream);
    kr_golden_close(golden);
    remove("ours.safetensors"), remove("upstream.safetensors"), remove("model.pth");
}

static void forecasters_load_strictly(void **state) {
    (void)state;
    check_strict("timestar");
    check_strict("timestarmamba");
}

/* A file with one tensor of that name, to safetensors and back: it is there, and nothing else is.
 */
static void check_kept(const char *name) {
    static const int64_t shape[] = {2, 2};
    static const float values[4] = {1, 2, 3, 4};
    kr_array a;
    kr__tree t = {.n_items = 0};
    kr_array_view(name, KR_DTYPE_F32, 2, shape, values, &a, NULL);
    kr__tree_put_ordered_dict(&t);
    kr__tree_put_text(&t, name), kr__tree_put_tensor(&t, &a);
    kr__tree_put_end(&t);
    assert_int_equal(kr__pth_write(&t, "any.pth", NULL), KR_OK);
    kr__tree_deinit(&t);
    convert("any.pth", "any.safetensors", NULL);
    convert("any.safetensors", "again.pth", NULL);
    kr_tensor_file *file = open_file("again.pth");
    assert_int_equal(kr_tensor_file_count(file), 1);
    assert_int_equal(kr_tensor_file_find(file, name), 0);
    kr_tensor_file_close(file);
    remove("any.pth"), remove("any.safetensors"), remove("again.pth");
}

/* To a file that is none of krait's forecasters nothing is added, and nothing is left out of it,
 * whatever the names. */
static void names_of_others_are_kept(void **state) {
    (void)state;
    check_kept("data.weight");
    check_kept("en_embedding.value_embedding.weight");
    check_kept("en_embedding.glb_token");
}

/* A file that is not written whole is not there. */
static kr_status convert_path(void *arg, kr_error *err) {
    const char *const *paths = arg;
    kr_status status = kr_convert(paths[0], paths[1], NULL, err);
    assert_int_equal(status == KR_OK, kr__file_exists(paths[1]));
    remove(paths[1]);
    return status;
}

static void slow_every_allocation_may_fail(void **state) {
    (void)state;
    static const char small[] = "a.safetensors",
                      *paths[][2] = {
                          {small, "b.pt"},
                          {KR_GOLDEN_DIR "/old_files/model_next.pt", "c.safetensors"},
                          {KR_GOLDEN_DIR "/synth/ckpt/old_layout.pt", "c.pt"},
                          {KR_GOLDEN_DIR "/old_files/timestar.pth", "c.safetensors"},
                          {KR_GOLDEN_DIR "/old_files/single.safetensors", "c.pth"},
                      };
    save_small(small);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        kr_starve(paths[i][0], convert_path, paths[i]);
    }
    remove(small);
}

static void refuse(const char *from, const char *to, kr_status status, const char *sentence) {
    kr_error err = {.text = ""};
    assert_int_equal(kr_convert(from, to, NULL, &err), status);
    assert_string_equal(err.text, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse("none.pt", "x.safetensors", KR_IO, "none.pt: no such file; check the path");
    refuse("none.pt", "x.onnx", KR_USAGE, "x.onnx: the new file ends in .pt, .pth or .safetensors");
    assert_int_equal(kr__file_write("text.pt", "hello", 5, NULL), KR_OK);
    refuse("text.pt", "./text.pt", KR_USAGE,
           "./text.pt: is text.pt; give the new file another name");
    refuse("text.pt", "x.pt", KR_FORMAT,
           "text.pt: is neither a checkpoint of PyTorch (.pth, .pt) nor a safetensors file");
    assert_false(kr__file_exists("x.pt"));
    remove("text.pt");
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    char place[] = "convertXXXXXX";
    if (!mkdtemp(place) || chdir(place) != 0) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_layout_there_and_back),
                                       cmocka_unit_test(every_format),
                                       cmocka_unit_test(all_of_the_shape_is_told),
                                       cmocka_unit_test(other_models),
                                       cmocka_unit_test(forecasters_load_strictly),
                                       cmocka_unit_test(names_of_others_are_kept),
                                       cmocka_unit_test(slow_every_allocation_may_fail),
                                       cmocka_unit_test(refusals)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return chdir("..") != 0 || rmdir(place) != 0 ? 1 : failed;
}
