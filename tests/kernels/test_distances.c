/* SPDX-License-Identifier: MIT
 * test_distances.c - distances in double, and the sieve, at every level. */
#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "kernels/kernel_check.h"
#include "support/metric_definitions.h"

enum { ROWS = 5 };

static void check_distances(const kr_kernels *kernels, int64_t n) {
    const int32_t index[] = {3, 0, 4, 3};
    float *x32 = kr__calloc((size_t)(ROWS * n), sizeof *x32);
    double *x64 = kr__calloc((size_t)(ROWS * n), sizeof *x64), got32[5], got64[5], plain[5];
    assert_non_null(x32);
    assert_non_null(x64);
    kr_rng rng = kr__rng_make(22, KR_STREAM_TEST, (uint64_t)n);
    for (int64_t i = 0; i < ROWS * n; i++) {
        x32[i] = (float)kr__rng_normal(&rng);
        x64[i] = (double)x32[i];
    }
    got32[4] = got64[4] = plain[4] = -77.25; /* nothing is written behind the others */
    kernels->squared_distances_f32(n, x32 + n, 4, index, x32, got32);
    kernels->squared_distances_f64(n, x64 + n, 4, index, x64, got64);
    for (int r = 0; r < 4; r++) {
        double expected = 0;
        for (int64_t c = 0; c < n; c++) {
            double d = x64[n + c] - x64[index[r] * n + c];
            expected += d * d;
        }
        assert_true(fabs(got64[r] - expected) <= 1e-13 * expected);
    }
    /* both types, and every level, give the bits of the plainest one */
    kr__kernels_of(KR_CPU_V2)->squared_distances_f64(n, x64 + n, 4, index, x64, plain);
    assert_true(got64[4] == -77.25);
    assert_memory_equal(got32, got64, sizeof got32);
    assert_memory_equal(plain, got64, sizeof plain);
    kr_free(x32);
    kr_free(x64);
}

/* The name of a kernel's metric as a person writes it. */
static void name_metric(kr__metric_kind kind, char name[32]) {
    static const char *const names[] = {
        [KR__EUCLIDEAN] = "EUCLIDEAN",
        [KR__MINKOWSKI] = "MINKOWSKI",
#define KR__METRIC(name, step, join, distance) [KR__##name] = #name,
#include "kernels/metrics.inc"
#undef KR__METRIC
    };
    size_t i = 0;
    for (; names[kind][i]; i++) name[i] = (char)(names[kind][i] - 'A' + 'a');
    name[i] = '\0';
}

/* Row 2 is row 1 again, and row 3 all zeros. */
static void draw_rows(int64_t n, float *x32, double *x64) {
    kr_rng rng = kr__rng_make(23, KR_STREAM_TEST, (uint64_t)n);
    for (int64_t i = 0; i < ROWS * n; i++) {
        double v = kr__rng_normal(&rng);
        float x = (float)(i % 3 == 0 ? floor(v) : fmax(v, 0));
        x32[i] = i / n == 2 ? x32[i - n] : i / n == 3 ? 0 : x;
        x64[i] = (double)x32[i];
    }
}

static void check_metric(const kr_kernels *kernels, kr__metric metric, int64_t n, const float *x32,
                         const double *x64) {
    const int32_t index[] = {3, 0, 4, 2};
    double got32[5], got64[5], plain[5];
    char name[32];
    name_metric(metric.kind, name);
    got32[4] = got64[4] = plain[4] = -77.25; /* nothing is written behind the others */
    kernels->metric_rows_f32(metric, n, x32 + n, 4, index, x32, got32);
    kernels->metric_rows_f64(metric, n, x64 + n, 4, index, x64, got64);
    kr__kernels_of(KR_CPU_V2)->metric_rows_f64(metric, n, x64 + n, 4, index, x64, plain);
    for (int r = 0; r < 4; r++) {
        double expected = metric_define(name, n, x64 + n, x64 + index[r] * n, metric.power);
        if (!(fabs(got64[r] - expected) <= 1e-13 * expected)) {
            fail_msg("%s, row %d of %d: %.17g, not %.17g", name, r, (int)n, got64[r], expected);
        }
    }
    assert_true(got64[3] == 0);
    assert_true(got64[4] == -77.25);
    assert_memory_equal(got32, got64, sizeof got32);
    assert_memory_equal(plain, got64, sizeof plain);
}

static void check_metrics(const kr_kernels *kernels, int64_t n) {
    float *x32 = kr__calloc((size_t)(ROWS * n), sizeof *x32);
    double *x64 = kr__calloc((size_t)(ROWS * n), sizeof *x64);
    draw_rows(n, x32, x64);
    for (int kind = KR__MINKOWSKI; kind < KR__N_METRIC_KINDS; kind++) {
        check_metric(kernels, (kr__metric){.kind = (kr__metric_kind)kind, .power = 2.5}, n, x32,
                     x64);
    }
    check_metric(kernels, (kr__metric){.kind = KR__MINKOWSKI, .power = 0.5}, n, x32, x64);
    kr_free(x32);
    kr_free(x64);
}

/* A power of numbers this large, or small, is no double; the distance is. */
static void powers_keep_their_range(void **state) {
    (void)state;
    const int32_t index[] = {1};
    for (int sign = -1; sign <= 1; sign += 2) {
        const double unit = ldexp(1, 300 * sign), x[] = {unit, -unit, 0, 0};
        double distance;
        kr__kernels()->metric_rows_f64((kr__metric){.kind = KR__MINKOWSKI, .power = 4}, 2, x, 1,
                                       index, x, &distance);
        assert_true(fabs(distance / (unit * pow(2, 0.25)) - 1) < 1e-14);
    }
}

static void check_sieve(const kr_kernels *kernels, int64_t n) {
    const kr_real bounds[] = {-100, -1, (kr_real)0.5, 100, INFINITY};
    kr_real *product = kr_check_random(n, -2, 2, 0), *norm2 = kr_check_random(n, 0, 2, 1);
    kr_real *value = kr_check_output(n + 2, NULL);
    int32_t *index = kr__calloc((size_t)n + 2 + KR_CHECK_GUARD, sizeof *index);
    assert_non_null(index);
    for (int b = 0; b < 5; b++) {
        int64_t count = 2, expected = 2; /* two are there already */
        value[0] = value[1] = 7;
        index[0] = index[1] = 7;
        kernels->sieve_distances(n, product, norm2, bounds[b], 1000, value, index, &count);
        assert_true(value[0] == 7 && value[1] == 7 && index[0] == 7 && index[1] == 7);
        for (int64_t c = 0; c < n; c++) {
            kr_real v = norm2[c] - 2 * product[c];
            if (!(v <= bounds[b])) continue;
            assert_true(expected < count && value[expected] == v);
            assert_int_equal(index[expected], 1000 + c);
            expected++;
        }
        assert_int_equal(count, expected);
        kr_check_end("sieve_distances", n + 2, value);
        for (int i = 0; i < KR_CHECK_GUARD; i++) assert_int_equal(index[n + 2 + i], 0);
    }
    kr_free(product);
    kr_free(norm2);
    kr_free(value);
    kr_free(index);
}

static void distances(void **state) {
    (void)state;
    kr_check_levels(check_distances);
}
static void metrics(void **state) {
    (void)state;
    kr_check_levels(check_metrics);
}
static void sieve(void **state) {
    (void)state;
    kr_check_levels(check_sieve);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(distances), cmocka_unit_test(metrics),
                                       cmocka_unit_test(powers_keep_their_range),
                                       cmocka_unit_test(sieve)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
