/* SPDX-License-Identifier: MIT
 * test_tensor_formats.c - every row of formats.inc keeps its promises: what it writes is known
 * again, from a file and from memory, and holds the same tensors and metadata. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/tensor_format.h"
#include "files/tensor_load.h"
#include "support/golden.h"
#include "support/starve.h"

static const kr__tensor_format *const formats[] = {
#define KR_TENSOR_FORMAT(name) &kr__tensor_format_##name,
#include "files/formats.inc"
#undef KR_TENSOR_FORMAT
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

/* ---- help ------------------------------------------------------------------------------- */

/* The next of ".pt|.pth" as the name of a file; false: there is none. */
static bool next_name(const char **endings, const char *stem, char name[64]) {
    size_t n = strcspn(*endings, "|");
    if (n == 0) return false;
    snprintf(name, 64, "%s%.*s", stem, (int)n, *endings);
    *endings += n + ((*endings)[n] == '|');
    return true;
}

static kr_tensor_file *open_file(const kr__tensor_format *form, const char *path) {
    kr_error err = {.text = ""};
    kr_tensor_file *file = NULL;
    if (kr_tensor_file_open(path, &file, &err) != KR_OK) fail_msg("%s", err.text);
    assert_string_equal(kr_tensor_file_format(file), form->name);
    return file;
}

static void write_file(const kr__tensor_format *form, const kr__tree *tree, const char *path) {
    kr_error err = {.text = ""};
    if (form->write(tree, path, &err) != KR_OK) fail_msg("%s", err.text);
}

static void put_named(kr__tree *t, const kr_array *a) {
    kr__tree_put_text(t, a->name);
    kr__tree_put_tensor(t, a);
}

/* ---- a model ---------------------------------------------------------------------------- */

static const float weight[] = {1, -0.5F, 3e38F, 1e-40F, 0.1F, -0.0F};
static const int64_t steps[] = {INT64_C(1) << 60};
static kr_array tensors[3];

static void make_tensors(void) {
    kr_array_view("layers.0.weight", KR_DTYPE_F32, 2, (int64_t[]){2, 3}, weight, &tensors[0], NULL);
    kr_array_view("none", KR_DTYPE_F32, 2, (int64_t[]){0, 3}, weight, &tensors[1], NULL);
    kr_array_view("steps", KR_DTYPE_I64, 0, NULL, steps, &tensors[2], NULL);
}

static void put_text_value(kr__tree *t, const char *key, const char *value) {
    kr__tree_put_text(t, key);
    kr__tree_put_text(t, value);
}

/* All kinds of values, around and within the tensors. */
static void make_tree(kr__tree *t) {
    kr__tree_put_dict(t);
    kr__tree_put_text(t, "epoch"), kr__tree_put_int(t, -INT64_C(5000000000));
    put_text_value(t, "name", "caf\xc3\xa9 \"a|b\"\n");
    kr__tree_put_text(t, KR__TREE_MODEL), kr__tree_put_ordered_dict(t);
    for (int i = 0; i < 3; i++) put_named(t, &tensors[i]);
    kr__tree_put_end(t);
    kr__tree_put_text(t, "loss"), kr__tree_put_real(t, 0.1);
    kr__tree_put_text(t, "args"), kr__tree_put_dict(t);
    kr__tree_put_text(t, "is_fast"), kr__tree_put_bool(t, true);
    kr__tree_put_text(t, "eval"), kr__tree_put_none(t);
    kr__tree_put_text(t, "betas"), kr__tree_put_list(t);
    kr__tree_put_real(t, 0.9), kr__tree_put_real(t, 1);
    kr__tree_put_end(t);
    kr__tree_put_int(t, 3), kr__tree_put_dict(t);
    put_text_value(t, "a.b", "");
    kr__tree_put_end(t);
    kr__tree_put_end(t);
    kr__tree_put_end(t);
}

static const kr_text_pair texts[] = {{"epoch", "-5000000000"}, {"name", "caf\xc3\xa9 \"a|b\"\n"},
                                     {"loss", "0.1"},          {"args.is_fast", "true"},
                                     {"args.eval", "null"},    {"args.betas.0", "0.9"},
                                     {"args.betas.1", "1.0"},  {"args.3.a.b", ""}};
enum { N_TEXTS = sizeof texts / sizeof texts[0] };

/* ---- the same again --------------------------------------------------------------------- */

static void check_tensor(kr_tensor_file *file, const kr_array *want) {
    kr_array got;
    int64_t i = kr_tensor_file_find(file, want->name);
    if (i < 0) fail_msg("%s has no %s", kr_tensor_file_path(file), want->name);
    assert_int_equal(kr_tensor_file_info(file, i)->n, want->n);
    assert_int_equal(kr_tensor_file_get(file, i, &got, NULL), KR_OK);
    assert_string_equal(got.name, want->name);
    assert_int_equal(got.dtype, want->dtype);
    assert_int_equal(got.rank, want->rank);
    assert_memory_equal(got.shape, want->shape, (size_t)want->rank * sizeof *want->shape);
    if (want->n > 0) assert_memory_equal(got.data, want->data, (size_t)want->n * want->item_size);
    kr_array_deinit(&got);
}

static void check_file(kr_tensor_file *file) {
    assert_int_equal(kr_tensor_file_count(file), 3);
    assert_int_equal(kr_tensor_file_n_metadata(file), N_TEXTS);
    for (int i = 0; i < 3; i++) check_tensor(file, &tensors[i]);
    for (int i = 0; i < N_TEXTS; i++) {
        const char *value = kr_tensor_file_value(file, texts[i].key);
        if (!value) fail_msg("%s lacks %s", kr_tensor_file_path(file), texts[i].key);
        assert_string_equal(value, texts[i].value);
    }
    kr_real loaded[6], want[6];
    for (int i = 0; i < 6; i++) want[i] = weight[i];
    int64_t number = kr_tensor_file_find(file, "layers.0.weight");
    assert_int_equal(kr__tensor_file_load(file, number, loaded, NULL), KR_OK);
    assert_close(loaded, want, 6, 0);
}

/* Also the whole of it from memory, and half of it not. */
static void check_memory(const kr__tensor_format *form, const char *path) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    kr_tensor_file *file = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__file_read(path, PTRDIFF_MAX, &bytes, &n_bytes, NULL), KR_OK);
    if (kr_tensor_file_open_memory("made", bytes, n_bytes, &file, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(kr_tensor_file_format(file), form->name);
    check_file(file);
    kr_tensor_file_close(file);
    for (int i = 0; i < N_FORMATS; i++) {
        uint8_t front[KR__FORMAT_FRONT];
        memcpy(front, bytes, sizeof front);
        assert_int_equal(formats[i]->probe(front), formats[i] == form);
    }
    assert_int_equal(kr_tensor_file_open_memory("cut", bytes, n_bytes / 2, &file, &err), KR_FORMAT);
    kr_free(bytes);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    kr__tree tree = {.n_items = 0};
    make_tree(&tree);
    for (int i = 0; i < N_FORMATS; i++) {
        const kr__tensor_format *form = formats[i];
        assert_int_equal(form->write != NULL, form->endings != NULL);
        char path[64];
        for (const char *at = form->endings; at && next_name(&at, "model", path);) {
            assert_ptr_equal(kr__tensor_format_of(path), form);
            write_file(form, &tree, path);
            kr_tensor_file *file = open_file(form, path);
            check_file(file);
            kr_tensor_file_close(file);
            check_memory(form, path);
            remove(path);
        }
    }
    kr__tree_deinit(&tree);
}

static kr_status take_out(void *arg, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open(arg, &file, err));
    kr_status status = KR_OK;
    for (int64_t i = 0; i < kr_tensor_file_count(file) && status == KR_OK; i++) {
        kr_array got = {.data = NULL};
        status = kr_tensor_file_get(file, i, &got, err);
        assert_int_equal(got.data != NULL, status == KR_OK);
        if (status == KR_OK) kr_array_deinit(&got);
    }
    kr_tensor_file_close(file);
    return status;
}

/* Who opens a file, lists it, takes its tensors out; of our files and of PyTorch's. */
static void reading_may_lack_memory(void **state) {
    (void)state;
    static char golden[][1024] = {KR_GOLDEN_DIR "/synth/ckpt/horizons8.pt",
                                  KR_GOLDEN_DIR "/old_files/timestar.pth"};
    kr__tree tree = {.n_items = 0};
    make_tree(&tree);
    for (int i = 0; i < N_FORMATS; i++) {
        char path[64];
        const char *at = formats[i]->endings;
        if (!at || !next_name(&at, "lacks", path)) continue;
        write_file(formats[i], &tree, path);
        kr_starve(path, take_out, path);
        remove(path);
    }
    kr__tree_deinit(&tree);
    for (int i = 0; i < 2; i++) kr_starve(golden[i], take_out, golden[i]);
}

/* ---- tensors alone, of any type --------------------------------------------------------- */

/* True: the format knows the type, and gave the bits back. */
static bool carries(const kr__tensor_format *form, const char *path, kr_dtype dtype) {
    static const uint8_t zeros[16];
    kr_array a;
    kr_error err = {.text = ""};
    kr__tree tree = {.n_items = 0};
    kr_array_view("x", dtype, 1, (int64_t[]){2}, dtype == KR_DTYPE_BOOL ? zeros : (void *)weight,
                  &a, NULL);
    kr__tree_put_ordered_dict(&tree);
    put_named(&tree, &a);
    kr__tree_put_end(&tree);
    kr_status status = form->write(&tree, path, &err);
    kr__tree_deinit(&tree);
    if (status != KR_OK) {
        assert_int_equal(status, KR_UNSUPPORTED);
        assert_non_null(strstr(err.text, kr_dtype_text(dtype)));
        return false;
    }
    kr_tensor_file *file = open_file(form, path);
    assert_int_equal(kr_tensor_file_count(file), 1);
    assert_int_equal(kr_tensor_file_n_metadata(file), 0);
    check_tensor(file, &a);
    kr_tensor_file_close(file);
    return true;
}

static void every_type_is_kept_or_refused(void **state) {
    (void)state;
    for (int i = 0; i < N_FORMATS; i++) {
        char path[64];
        const char *at = formats[i]->endings;
        if (!at || !next_name(&at, "types", path)) continue;
        for (int dtype = 0; dtype < KR_DTYPE_BYTES; dtype++) {
            bool is_kept = carries(formats[i], path, (kr_dtype)dtype);
            if (dtype == KR_DTYPE_F32) assert_true(is_kept);
        }
        remove(path);
    }
}

/* ---- failing ---------------------------------------------------------------------------- */

/* The old file, "old", is still there, and nothing beside it. */
static void check_old(const char *path) {
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    char left[128];
    assert_int_equal(kr__file_read(path, PTRDIFF_MAX, &bytes, &n_bytes, NULL), KR_OK);
    assert_int_equal(n_bytes, 3);
    assert_memory_equal(bytes, "old", 3);
    kr_free(bytes);
    snprintf(left, sizeof left, "%s.tmp%ld", path, (long)getpid());
    assert_false(kr__file_exists(left));
}

static void check_failure(const kr__tensor_format *form, const kr__tree *tree, const char *path,
                          kr_status wanted) {
    char start[70];
    kr_error err = {.text = ""};
    kr_status status = form->write(tree, path, &err);
    kr__alloc_fail_at(0);
    assert_int_equal(status, wanted);
    snprintf(start, sizeof start, "%s: ", path);
    if (strncmp(err.text, start, strlen(start)) != 0) fail_msg("%s", err.text);
    check_old(path);
}

/* Every allocation fails in turn. */
static void starve(const kr__tensor_format *form, const kr__tree *tree, const char *path) {
    for (int n = 1;; n++) {
        char other[80];
        snprintf(other, sizeof other, "%s.whole", path);
        const uint64_t before = kr__alloc_count();
        kr__alloc_fail_at((uint64_t)n);
        kr_status status = form->write(tree, other, NULL);
        kr__alloc_fail_at(0);
        remove(other);
        if (status == KR_OK) {
            assert_true(kr__alloc_count() - before < (uint64_t)n); /* it is past the last */
            assert_true(n > 3);
            return;
        }
        kr__alloc_fail_at((uint64_t)n);
        check_failure(form, tree, path, KR_MEMORY);
    }
}

static void fill_disk(const kr__tensor_format *form, const kr__tree *tree, const char *path) {
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    check_failure(form, tree, path, KR_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void a_failure_harms_no_file(void **state) {
    (void)state;
    kr__tree tree = {.n_items = 0};
    make_tree(&tree);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < N_FORMATS; i++) {
        char path[64];
        const char *at = formats[i]->endings;
        if (!at || !next_name(&at, "old", path)) continue;
        assert_int_equal(kr__file_write(path, "old", 3, NULL), KR_OK);
        starve(formats[i], &tree, path);
        fill_disk(formats[i], &tree, path);
        const kr__tree cut = {.is_cut = true};
        check_failure(formats[i], &cut, path, KR_MEMORY);
        remove(path);
    }
    kr__tree_deinit(&tree);
}

/* ---- sentences -------------------------------------------------------------------------- */

static void all_are_named(void **state) {
    (void)state;
    char endings[256], name[64];
    kr_error err = {.text = ""};
    kr_tensor_file *file = NULL;
    kr__tensor_format_endings(endings, sizeof endings);
    assert_int_equal(kr_tensor_file_open_memory("empty", NULL, 0, &file, &err), KR_FORMAT);
    for (int i = 0; i < N_FORMATS; i++) {
        assert_non_null(strstr(err.text, formats[i]->noun));
        for (const char *at = formats[i]->endings; at && next_name(&at, "", name);) {
            assert_non_null(strstr(endings, name));
            assert_null(kr__tensor_format_of(name)); /* an ending is not a name */
        }
    }
    assert_null(kr__tensor_format_of("model.onnx"));
    assert_null(kr__tensor_format_of("model"));
    assert_null(kr__tensor_format_of(""));
}

int main(void) {
    char place[] = "formatsXXXXXX";
    if (!mkdtemp(place) || chdir(place) != 0) return 1;
    make_tensors();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(every_type_is_kept_or_refused),
        cmocka_unit_test(reading_may_lack_memory), cmocka_unit_test(a_failure_harms_no_file),
        cmocka_unit_test(all_are_named)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return chdir("..") != 0 || rmdir(place) != 0 ? 1 : failed;
}
