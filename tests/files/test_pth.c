/* SPDX-License-Identifier: MIT
 * test_pth.c - PyTorch checkpoints: real ones, strided tensors, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "files/pth.h"
#include "support/golden.h"
#include "support/pickle_made.h"

/* ---- real files ------------------------------------------------------------------------- */

/* Tensor i against the array `name` of a golden file. */
static void compare(kr_pth *pth, int64_t i, kr_golden *g, const char *name) {
    kr_error err = {0};
    kr_array array;
    const kr_array *want = kr_golden_array(g, name);
    if (kr__pth_get(pth, i, &array, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(array.dtype, KR_DTYPE_F32);
    assert_int_equal(array.rank, want->rank);
    assert_memory_equal(array.shape, want->shape, sizeof array.shape);
    assert_memory_equal(array.data, want->data, (size_t)array.n * sizeof(float));
    kr_array_deinit(&array);
}

static void read_forecaster(const char *model) {
    char path[512], name[512], want[256];
    kr_error err = {0};
    kr_pth *pth = NULL;
    snprintf(path, sizeof path, "%s/forecast/ckpt_%s/checkpoint.pth", KR_GOLDEN_DIR, model);
    if (kr__pth_open(path, &pth, &err) != KR_OK) fail_msg("%s", err.text);
    snprintf(name, sizeof name, "forecast/ckpt_%s/expected.npz", model);
    kr_golden *expected = kr_golden_open(name);
    snprintf(name, sizeof name, "model_%s_eval.npz", model);
    kr_golden *parameters = kr_golden_open(name);
    int64_t n, *shapes = kr_golden_int64(expected, "shapes", NULL);
    kr_golden_int64(expected, "shapes", &n);
    assert_int_equal(kr__pth_count(pth), n / 4);
    for (int64_t i = 0; i < n / 4; i++) {
        const kr_array *info = kr__pth_info(pth, i);
        assert_string_equal(info->name, kr_golden_text(expected, "keys", i, want, sizeof want));
        for (int axis = 0; axis < info->rank; axis++) {
            assert_int_equal(info->shape[axis], shapes[4 * i + axis]);
        }
        snprintf(name, sizeof name, "param.%s", info->name);
        if (kr_golden_has(parameters, name)) compare(pth, i, parameters, name);
    }
    int64_t pe = kr__pth_find(pth, "en_embedding.position_embedding.pe");
    assert_int_equal(kr__pth_info(pth, pe)->shape[1], 5000);
    kr_golden_close(expected);
    kr_golden_close(parameters);
    kr__pth_close(pth);
}

static void forecasters(void **state) {
    (void)state;
    read_forecaster("timestar");
    read_forecaster("timestarmamba");
}

/* A nested checkpoint: parameters, the optimiser's state, numbers, flags. */
static void nested(void **state) {
    (void)state;
    kr_error err = {0};
    kr_pth *pth = NULL;
    kr_golden *g = kr_golden_open("synth/ckpt_expected.npz");
    if (kr__pth_open(KR_GOLDEN_DIR "/synth/ckpt/new_layout.pt", &pth, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    int n_compared = 0;
    for (int64_t i = 0; i < kr__pth_count(pth); i++) {
        static const char prefix[] = "model_state_dict.";
        const char *name = kr__pth_info(pth, i)->name;
        char want[256];
        if (strncmp(name, prefix, sizeof prefix - 1) != 0) continue;
        snprintf(want, sizeof want, "p/%s", name + sizeof prefix - 1);
        compare(pth, i, g, want);
        n_compared++;
    }
    assert_int_equal(n_compared, 30);
    assert_true(kr__pth_find(pth, "optimizer_state_dict.state.0.exp_avg") >= 0);
    assert_string_equal(kr__pth_value(pth, "args.d_model"), "16");
    assert_string_equal(kr__pth_value(pth, "args.dropout"), "0.1");
    assert_string_equal(kr__pth_value(pth, "args.no_compile"), "true");
    assert_string_equal(kr__pth_value(pth, "args.eval"), "null");
    assert_string_equal(kr__pth_value(pth, "args.checkpoint"), "model_next.pt");
    assert_string_equal(kr__pth_value(pth, "optimizer_state_dict.param_groups.0.betas.1"), "0.999");
    assert_null(kr__pth_value(pth, "args"));
    kr_golden_close(g);
    kr__pth_close(pth);
}

/* ---- made ones -------------------------------------------------------------------------- */

/* A checkpoint of this pickle and storages "0" and "1" with the float32 numbers 0, 1, 2, .. */
static kr_status open_made(const made *pickle, int n_elements, kr_pth **pth, uint8_t **bytes,
                           kr_error *err) {
    static float elements[256];
    size_t n_bytes = 0, n_storage = (size_t)n_elements * sizeof *elements;
    for (int i = 0; i < 256; i++) elements[i] = (float)i;
    const made_member members[] = {{"x/data.pkl", pickle->bytes, pickle->n},
                                   {"x/byteorder", "little", 6},
                                   {"x/data/0", elements, n_storage},
                                   {"x/data/1", elements, n_storage},
                                   {"x/version", "3\n", 2}};
    *bytes = made_zip(members, 5, &n_bytes);
    return kr__pth_open_memory("made", *bytes, n_bytes, pth, err);
}

static void strided(void **state) {
    (void)state;
    static made m;
    const struct {
        int offset, rank, shape[3], stride[3];
        float want[6];
    } cases[] = {
        {0, 2, {2, 3}, {3, 1}, {0, 1, 2, 3, 4, 5}},
        {1, 2, {2, 3}, {1, 2}, {1, 3, 5, 2, 4, 6}},          /* Fortran order */
        {2, 2, {3, 2}, {10, 3}, {2, 5, 12, 15, 22, 25}},     /* gaps */
        {5, 3, {1, 3, 2}, {99, 1, 4}, {5, 9, 6, 10, 7, 11}}, /* any stride for an axis of 1 */
        {2, 2, {2, 3}, {6, 1}, {2, 3, 4, 8, 9, 10}},         /* whole rows with gaps */
        {7, 0, {0}, {0}, {7}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kr_error err = {0};
        kr_pth *pth = NULL;
        kr_array array;
        uint8_t *bytes = NULL;
        m.n = 0;
        made_code(&m, "\x80\x02}");
        made_text(&m, "w");
        made_tensor(&m, "0", 256, cases[i].offset, cases[i].rank, cases[i].shape, cases[i].stride);
        made_code(&m, "s.");
        if (open_made(&m, 256, &pth, &bytes, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(kr__pth_get(pth, kr__pth_find(pth, "w"), &array, &err), KR_OK);
        assert_memory_equal(array.data, cases[i].want, (size_t)array.n * sizeof(float));
        kr_array_deinit(&array);
        assert_int_equal(kr__pth_get(pth, 1, &array, &err), KR_USAGE);
        kr__pth_close(pth);
        kr_free(bytes);
    }
}

static void refuse(const made *m, int n_elements, const char *says) {
    kr_error err = {0};
    kr_pth *pth = NULL;
    uint8_t *bytes = NULL;
    if (open_made(m, n_elements, &pth, &bytes, &err) == KR_OK) fail_msg("accepted: %s", says);
    if (!strstr(err.text, says)) fail_msg("says: %s\nnot: %s", err.text, says);
    kr_free(bytes);
}

static void refusals(void **state) {
    (void)state;
    static made m;
    const int shape[] = {2, 3}, stride[] = {3, 1};
    made_code(&m, "\x80\x02}");
    made_text(&m, "w");
    made_tensor(&m, "0", 6, 0, 2, shape, stride);
    size_t one = m.n;
    made_code(&m, "s.");
    refuse(&m, 5, "more elements than the file has");

    m.n = one; /* the name again */
    made_code(&m, "s");
    made_text(&m, "w");
    made_tensor(&m, "1", 6, 0, 2, shape, stride);
    made_code(&m, "s.");
    refuse(&m, 6, "two tensors are named \"w\"");

    m.n = 0;
    made_code(&m, "\x80\x02");
    made_tensor(&m, "7", 6, 0, 2, shape, stride);
    made_code(&m, ".");
    refuse(&m, 6, "lacks the elements");

    m.n = 0;
    made_code(&m, "\x80\x02})Ns.");
    refuse(&m, 6, "a key that is neither text nor number");
    m.n = 0;
    made_code(&m,
              "\x80\x02"
              "ctorch\nFloatStorage\n.");
    refuse(&m, 6, "is neither a tensor nor");
    m.n = 0;
    made_code(&m,
              "\x80\x02"
              "cos\nsystem\n");
    made_text(&m, "touch broken");
    made_code(&m, "\x85R.");
    refuse(&m, 6, "os.system");
}

/* Small pickles that unfold to huge trees. */
static void bombs(void **state) {
    (void)state;
    static made m;
    made_raw(&m,
             "\x80\x02]q\x00h\x00"
             "a.",
             9); /* a list in itself */
    refuse(&m, 6, "nested too deeply");

    m.n = 0; /* tuples of twelve times the tuple before, twelve deep */
    made_code(&m, "\x80\x02(N");
    for (uint8_t depth = 0; depth < 12; depth++) {
        const uint8_t put[2] = {'q', depth}, get[2] = {'h', depth};
        made_raw(&m, put, 2);
        made_code(&m, "(");
        for (int i = 0; i < 12; i++) made_raw(&m, get, 2);
        made_code(&m, "t");
    }
    made_code(&m, "t.");
    refuse(&m, 6, "unfold without end");
}

/* 60 tensors that take turns at two storages would read far more than the file has. */
static void claims(void **state) {
    (void)state;
    enum { N = 300000 };
    const int one[] = {1};
    static made m;
    size_t n_bytes = 0;
    kr_error err = {0};
    kr_pth *pth = NULL;
    float *elements = kr__calloc(N, sizeof *elements);
    assert_non_null(elements);
    made_code(&m, "\x80\x02}");
    for (int i = 0; i < 60; i++) {
        made_int(&m, i);
        made_tensor(&m, i % 2 ? "1" : "0", 1, 0, 1, one, one);
        made_code(&m, "s");
    }
    made_code(&m, ".");
    const made_member members[] = {{"x/data.pkl", m.bytes, m.n},
                                   {"x/data/0", elements, N * sizeof *elements},
                                   {"x/data/1", elements, N * sizeof *elements}};
    uint8_t *bytes = made_zip(members, 3, &n_bytes);
    assert_int_equal(kr__pth_open_memory("made", bytes, n_bytes, &pth, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "far more elements"));
    kr_free(bytes);
    kr_free(elements);
}

static void wrong_files(void **state) {
    (void)state;
    kr_error err = {0};
    kr_pth *pth = NULL;
    size_t n_bytes = 0;
    const struct {
        made_member members[2];
        int n;
        const char *says;
    } cases[] = {
        {{{"a.npy", "x", 1}}, 1, "without data.pkl"},
        {{{"data.pkl", "x", 1}}, 1, "without data.pkl"},
        {{{"a/b/data.pkl", "x", 1}}, 1, "without data.pkl"},
        {{{"a/data.pkl", "x", 1}, {"b/data.pkl", "x", 1}}, 2, "more than one data.pkl"},
        {{{"a/data.pkl", "\x80\x02N.", 4}, {"a/byteorder", "middle", 6}}, 2, "neither little nor"},
        {{{"a/data.pkl", "", 0}}, 1, "ends in the middle"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *bytes = made_zip(cases[i].members, cases[i].n, &n_bytes);
        if (kr__pth_open_memory("made", bytes, n_bytes, &pth, &err) == KR_OK) fail();
        if (!strstr(err.text, cases[i].says)) fail_msg("%s", err.text);
        kr_free(bytes);
    }
    assert_int_equal(kr__pth_open_memory("old", "\x80\x02\x8a\x0a", 4, &pth, &err), KR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "before version 1.6"));
    assert_int_equal(kr__pth_open_memory("text", "hello", 5, &pth, &err), KR_FORMAT);
    assert_int_equal(kr__pth_open_memory("empty", "", 0, &pth, &err), KR_FORMAT);
    assert_int_equal(kr__pth_open(KR_GOLDEN_DIR, &pth, &err), KR_IO);
}

/* Elements of a machine of the other byte order. */
static void big_endian(void **state) {
    (void)state;
    static made m;
    const int one[] = {1};
    size_t n_bytes = 0;
    kr_error err = {0};
    kr_pth *pth = NULL;
    kr_array array;
    made_code(&m, "\x80\x02");
    made_tensor(&m, "0", 1, 0, 1, one, one);
    made_code(&m, ".");
    const made_member members[] = {{"x/data.pkl", m.bytes, m.n},
                                   {"x/byteorder", "big", 3},
                                   {"x/data/0", "\x3f\xc0\x00\x00", 4}};
    uint8_t *bytes = made_zip(members, 3, &n_bytes);
    assert_int_equal(kr__pth_open_memory("made", bytes, n_bytes, &pth, &err), KR_OK);
    assert_int_equal(kr__pth_get(pth, 0, &array, &err), KR_OK);
    assert_string_equal(array.name, "value");
    assert_true(*(const float *)array.data == 1.5F);
    kr_array_deinit(&array);
    kr__pth_close(pth);
    kr_free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forecasters), cmocka_unit_test(nested),     cmocka_unit_test(strided),
        cmocka_unit_test(refusals),    cmocka_unit_test(bombs),      cmocka_unit_test(claims),
        cmocka_unit_test(wrong_files), cmocka_unit_test(big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
