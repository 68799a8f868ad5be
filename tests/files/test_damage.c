/* SPDX-License-Identifier: MIT
 * test_damage.c - array readers and writers under hardship: files cut at every length, every
 * allocation failing in turn, a full disk. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <kr/files.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "core/text.h"
#include "files/pth.h"
#include "files/tensor_load.h"
#include "support/pickle_made.h"
#include "support/starve.h"

/* Opens the bytes and reads all arrays. */
typedef kr_status (*read_all)(const void *bytes, size_t n_bytes, kr_error *err);

static kr_status read_npy(const void *bytes, size_t n_bytes, kr_error *err) {
    kr_array array;
    KR_TRY(kr_npy_read_memory("file", bytes, n_bytes, &array, err));
    kr_array_deinit(&array);
    return KR_OK;
}

static kr_status read_npz(const void *bytes, size_t n_bytes, kr_error *err) {
    kr_npz *npz = NULL;
    KR_TRY(kr_npz_open_memory("file", bytes, n_bytes, &npz, err));
    kr_status status = KR_OK;
    for (int64_t i = 0; i < kr_npz_count(npz) && status == KR_OK; i++) {
        kr_array array;
        status = kr_npz_get(npz, kr_npz_name(npz, i), &array, err);
        if (status == KR_OK) kr_array_deinit(&array);
    }
    kr_npz_close(npz);
    return status;
}

static kr_status read_safetensors(const void *bytes, size_t n_bytes, kr_error *err) {
    kr_safetensors *file = NULL;
    KR_TRY(kr_safetensors_read_memory("file", bytes, n_bytes, &file, err));
    kr_safetensors_destroy(file);
    return KR_OK;
}

/* Through the common view, so that its errors are met too. */
static kr_status read_model(const void *bytes, size_t n_bytes, kr_error *err) {
    kr_tensor_file *file = NULL;
    KR_TRY(kr_tensor_file_open_memory("file", bytes, n_bytes, &file, err));
    kr_status status = KR_OK;
    for (int64_t i = 0; i < kr_tensor_file_count(file) && status == KR_OK; i++) {
        kr_real values[16];
        assert_true(kr_tensor_file_info(file, i)->n <= 16);
        status = kr__tensor_file_load(file, i, values, err);
    }
    kr_tensor_file_close(file);
    return status;
}

/* ---- good files ------------------------------------------------------------------------- */

static const float numbers[16] = {1, 2, 3, 4};

static uint8_t *load(const char *path, size_t *n_bytes) {
    uint8_t *bytes = NULL;
    kr_error err = {0};
    if (kr__file_read(path, 1 << 20, &bytes, n_bytes, &err) != KR_OK) fail_msg("%s", err.text);
    return bytes;
}

static void make_path(char path[64]) {
    strcpy(path, "/tmp/kr_test_damage_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

static void make_arrays(kr_array arrays[2]) {
    kr_array_view("a", KR_DTYPE_F32, 2, (int64_t[]){4, 4}, numbers, &arrays[0], NULL);
    kr_array_view("b", KR_DTYPE_I32, 1, (int64_t[]){3}, numbers, &arrays[1], NULL);
}

static uint8_t *make_npz(bool deflate, size_t *n_bytes) {
    char path[64];
    kr_array arrays[2];
    make_path(path);
    make_arrays(arrays);
    assert_int_equal(kr_npz_write(path, arrays, 2, deflate, NULL), KR_OK);
    uint8_t *bytes = load(path, n_bytes);
    unlink(path);
    return bytes;
}

static uint8_t *make_safetensors(size_t *n_bytes) {
    char path[64];
    kr_array arrays[2];
    const kr_text_pair pair = {"format", "pt"};
    make_path(path);
    make_arrays(arrays);
    assert_int_equal(kr_safetensors_write(path, arrays, 2, &pair, 1, NULL), KR_OK);
    uint8_t *bytes = load(path, n_bytes);
    unlink(path);
    return bytes;
}

static uint8_t *make_pth(size_t *n_bytes) {
    static made m;
    const int shape[] = {2, 4}, stride[] = {1, 2}, one[] = {1};
    m.n = 0;
    made_code(&m, "\x80\x02}");
    made_text(&m, "model_state_dict");
    made_code(&m, "}");
    made_text(&m, "w");
    made_tensor(&m, "0", 8, 0, 2, shape, stride);
    made_code(&m, "s");
    made_text(&m, "v");
    made_tensor(&m, "1", 8, 7, 1, one, one);
    made_code(&m, "ss");
    made_text(&m, "epoch");
    made_int(&m, 3);
    made_code(&m, "s.");
    const made_member members[] = {{"x/data.pkl", m.bytes, m.n},
                                   {"x/byteorder", "little", 6},
                                   {"x/data/0", numbers, 32},
                                   {"x/data/1", numbers, 32}};
    return made_zip(members, 4, n_bytes);
}

/* ---- cut files -------------------------------------------------------------------------- */

static void cut(const char *what, uint8_t *bytes, size_t n_bytes, read_all read) {
    kr_error err = {0};
    if (read(bytes, n_bytes, &err) != KR_OK) fail_msg("%s: %s", what, err.text);
    for (size_t n = 0; n < n_bytes; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1); /* so that tools see a read beyond the end */
        assert_non_null(exact);
        memcpy(exact, bytes, n);
        err = (kr_error){0};
        if (read(exact, n, &err) == KR_OK) fail_msg("%s: accepted with %zu bytes", what, n);
        if (!*err.text) fail_msg("%s: no sentence with %zu bytes", what, n);
        free(exact);
    }
    kr_free(bytes);
}

static void cut_files(void **state) {
    (void)state;
    size_t n = 0;
    uint8_t *bytes = load(KR_GOLDEN_DIR "/synth/npy/f64_fortran.npy", &n);
    cut("npy", bytes, n, read_npy);
    bytes = load(KR_GOLDEN_DIR "/synth/npy/plain.npz", &n);
    cut("plain.npz", bytes, n, read_npz);
    bytes = make_npz(true, &n);
    cut("deflated npz", bytes, n, read_npz);
    bytes = make_safetensors(&n);
    cut("safetensors", bytes, n, read_safetensors);
    bytes = make_pth(&n);
    cut("pth", bytes, n, read_model);
}

/* A flipped bit inside a zip member is found by its checksum. */
static void checksums(void **state) {
    (void)state;
    size_t n = 0;
    uint8_t *bytes = make_npz(false, &n);
    kr_error err = {0};
    size_t at = 0;
    while (memcmp(bytes + at, numbers, sizeof numbers) != 0) at++;
    bytes[at + 1] ^= 4;
    assert_int_equal(read_npz(bytes, n, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "CRC"));
    kr_free(bytes);
}

/* ---- no memory -------------------------------------------------------------------------- */

/* The n-th allocation fails, for each n, until it works. */
static void starve(const char *what, uint8_t *bytes, size_t n_bytes, read_all read) {
    enum { MOST = 200 };
    int n = 1;
    for (;; n++) {
        kr_error err = {0};
        const uint64_t before = kr__alloc_count();
        kr__alloc_fail_at((uint64_t)n);
        kr_status status = read(bytes, n_bytes, &err);
        kr__alloc_fail_at(0);
        if (status == KR_OK) {
            assert_true(kr__alloc_count() - before < (uint64_t)n); /* it is past the last */
            break;
        }
        if (status != KR_MEMORY || !*err.text) fail_msg("%s: %d: %s", what, n, err.text);
        assert_true(n < MOST);
    }
    if (n < 3) fail_msg("%s: no allocation was seen", what);
    kr_free(bytes);
}

static void no_memory(void **state) {
    (void)state;
    size_t n = 0;
    uint8_t *bytes = load(KR_GOLDEN_DIR "/synth/npy/f64_fortran.npy", &n);
    starve("npy", bytes, n, read_npy);
    bytes = make_npz(true, &n);
    starve("npz", bytes, n, read_npz);
    bytes = make_safetensors(&n);
    starve("safetensors", bytes, n, read_safetensors);
    bytes = make_safetensors(&n);
    starve("safetensors as a model", bytes, n, read_model);
    bytes = make_pth(&n);
    starve("pth", bytes, n, read_model);
}

/* What is refused in the end is refused for want of memory before that. */
static kr_status read_broken(void *arg, kr_error *err) {
    const char *front = arg;
    uint8_t bytes[300] = {0};
    size_t n = strlen(front);
    memcpy(bytes, front, n);
    if (*front == '{') { /* a header of safetensors */
        memmove(bytes + 8, bytes, n);
        memset(bytes, 0, 8);
        bytes[0] = (uint8_t)n;
        return read_safetensors(bytes, sizeof bytes, err) == KR_MEMORY ? KR_MEMORY : KR_OK;
    }
    return read_npz(bytes, sizeof bytes, err) == KR_MEMORY ? KR_MEMORY : KR_OK;
}

static void no_memory_for_what_is_broken(void **state) {
    (void)state;
    char header[] = "{\"a\": [1, 2", archive[] = "PK\3\4 cut short";
    kr_starve("a broken header", read_broken, header);
    kr_starve("a broken archive", read_broken, archive);
}

static kr_status write_npy(const char *path, const kr_array *arrays, kr_error *err) {
    return kr_npy_write(path, arrays, err);
}

static kr_status write_npz(const char *path, const kr_array *arrays, kr_error *err) {
    return kr_npz_write(path, arrays, 2, true, err);
}

static kr_status write_safetensors(const char *path, const kr_array *arrays, kr_error *err) {
    return kr_safetensors_write(path, arrays, 2, NULL, 0, err);
}

static kr_status (*const writers[])(const char *, const kr_array *, kr_error *) = {
    write_npy, write_npz, write_safetensors};

/* A write that fails leaves the file that was there. */
static void no_memory_to_write(void **state) {
    (void)state;
    for (int w = 0; w < 3; w++) {
        char path[64];
        kr_array arrays[2];
        kr_error err = {0};
        make_path(path);
        make_arrays(arrays);
        assert_int_equal(kr__file_write(path, "old", 3, &err), KR_OK);
        for (int n = 1;; n++) {
            const uint64_t before = kr__alloc_count();
            kr__alloc_fail_at((uint64_t)n);
            kr_status status = writers[w](path, arrays, &err);
            kr__alloc_fail_at(0);
            if (status == KR_OK) {
                assert_true(kr__alloc_count() - before < (uint64_t)n); /* it is past the last */
                break;
            }
            assert_int_equal(status, KR_MEMORY);
            assert_non_null(strstr(err.text, path));
            size_t n_bytes = 0;
            uint8_t *bytes = load(path, &n_bytes);
            assert_int_equal(n_bytes, 3);
            kr_free(bytes);
            assert_true(n < 50);
        }
        unlink(path);
    }
}

/* Temporary files of path. */
static size_t count_beside(const char *path) {
    char pattern[128];
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "%s.*", path);
    glob(pattern, 0, NULL, &found);
    size_t n = found.gl_pathc;
    globfree(&found);
    return n;
}

/* A disk with room for 64 bytes. */
static void full_disk(void **state) {
    (void)state;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int w = 0; w < 3; w++) {
        char path[64];
        kr_array arrays[2];
        kr_error err = {0};
        make_path(path);
        make_arrays(arrays);
        assert_int_equal(kr__file_write(path, "old", 3, &err), KR_OK);
        small = before;
        small.rlim_cur = 64;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        kr_status status = writers[w](path, arrays, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, KR_IO);
        assert_non_null(strstr(err.text, "untouched"));
        size_t n_bytes = 0;
        uint8_t *bytes = load(path, &n_bytes);
        assert_int_equal(n_bytes, 3);
        kr_free(bytes);
        assert_int_equal(count_beside(path), 0);
        unlink(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_files),          cmocka_unit_test(checksums),
        cmocka_unit_test(no_memory),          cmocka_unit_test(no_memory_for_what_is_broken),
        cmocka_unit_test(no_memory_to_write), cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
