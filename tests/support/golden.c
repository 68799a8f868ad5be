/* SPDX-License-Identifier: MIT
 * golden.c - reference values for tests, loaded when asked for. */
#include "support/golden.h"
#include "core/arena.h"
#include "core/real.h"

#include <kr/files.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct kr_golden {
    char path[512];
    kr_npz *npz;
    kr_arena arena;    /* converted elements */
    kr_array **arrays; /* of every name, NULL until asked for */
};

kr_golden *kr_golden_open(const char *file) {
    kr_error err = {0};
    kr_golden *golden = kr__calloc(1, sizeof *golden);
    assert_non_null(golden);
    snprintf(golden->path, sizeof golden->path, "%s/%s%s", KR_GOLDEN_DIR,
             strchr(file, '/') ? "" : "forecast/", file);
    if (kr_npz_open(golden->path, &golden->npz, &err) != KR_OK) fail_msg("%s", err.text);
    golden->arrays = kr__arena_alloc(&golden->arena, (size_t)kr_npz_count(golden->npz) + 1,
                                     sizeof *golden->arrays);
    assert_non_null(golden->arrays);
    return golden;
}

void kr_golden_close(kr_golden *golden) {
    for (int64_t i = 0; i < kr_npz_count(golden->npz); i++) {
        if (golden->arrays[i]) kr_array_deinit(golden->arrays[i]);
    }
    kr_npz_close(golden->npz);
    kr__arena_deinit(&golden->arena);
    kr_free(golden);
}

bool kr_golden_has(const kr_golden *golden, const char *name) {
    return kr_npz_has(golden->npz, name);
}

const kr_array *kr_golden_array(kr_golden *golden, const char *name) {
    int64_t i = 0, count = kr_npz_count(golden->npz);
    while (i < count && strcmp(kr_npz_name(golden->npz, i), name) != 0) i++;
    if (i < count && golden->arrays[i]) return golden->arrays[i];
    kr_error err = {0};
    kr_array *array = kr__arena_alloc(&golden->arena, 1, sizeof *array);
    assert_non_null(array);
    if (kr_npz_get(golden->npz, name, array, &err) != KR_OK) fail_msg("%s", err.text);
    return golden->arrays[i] = array;
}

#define DEFINE_GET(function, type, convert)                                                        \
    type *function(kr_golden *golden, const char *name, int64_t *n) {                              \
        const kr_array *array = kr_golden_array(golden, name);                                     \
        type *out = kr__arena_alloc(&golden->arena, (size_t)array->n + 1, sizeof *out);            \
        kr_error err = {0};                                                                        \
        assert_non_null(out);                                                                      \
        if (convert(array, out, &err) != KR_OK) fail_msg("%s: %s", golden->path, err.text);        \
        if (n) *n = array->n;                                                                      \
        return out;                                                                                \
    }

#ifdef KR_REAL_DOUBLE
DEFINE_GET(kr_golden_real, kr_real, kr_array_to_double)
#else
DEFINE_GET(kr_golden_real, kr_real, kr_array_to_float)
#endif
DEFINE_GET(kr_golden_double, double, kr_array_to_double)
DEFINE_GET(kr_golden_int64, int64_t, kr_array_to_int64)

double kr_golden_value(kr_golden *golden, const char *name) {
    int64_t n = 0;
    double *value = kr_golden_double(golden, name, &n);
    if (n != 1) fail_msg("%s: %s has %lld elements, not 1", golden->path, name, (long long)n);
    return *value;
}

const char *kr_golden_text(kr_golden *golden, const char *name, int64_t i, char *text,
                           size_t size) {
    if (!kr_array_text(kr_golden_array(golden, name), i, text, size)) {
        fail_msg("%s: %s has no text %lld", golden->path, name, (long long)i);
    }
    return text;
}

/* ---- comparing -------------------------------------------------------------------------- */

/* 0 for two NaN or the same infinity, infinite for a mismatch of them. */
static double distance(double got, double want) {
    if (isnan(got) && isnan(want)) return 0;
    if (got == want) return 0;
    double d = fabs(got - want);
    return isnan(d) ? HUGE_VAL : d;
}

#define DEFINE_CLOSE(function, type)                                                               \
    void function(const type *got, const type *want, int64_t n, double tolerance,                  \
                  bool is_relative, const char *what, const char *file, int line) {                \
        double largest = 0, worst = 0;                                                             \
        int64_t at = 0;                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                          \
            double w = fabs((double)want[i]), d = distance((double)got[i], (double)want[i]);       \
            if (isfinite(w) && w > largest) largest = w;                                           \
            if (d > worst) {                                                                       \
                worst = d;                                                                         \
                at = i;                                                                            \
            }                                                                                      \
        }                                                                                          \
        double scale = is_relative && largest > 0 ? largest : 1;                                   \
        if (worst <= tolerance * scale) return;                                                    \
        print_error(                                                                               \
            "%s: element %lld of %lld is %.9g, not %.9g; the error is %.3g, allowed %.3g\n", what, \
            (long long)at, (long long)n, (double)got[at], (double)want[at], worst / scale,         \
            tolerance);                                                                            \
        _fail(file, line);                                                                         \
    }

DEFINE_CLOSE(kr_assert_close, kr_real)
DEFINE_CLOSE(kr_assert_close_double, double)
