/* SPDX-License-Identifier: MIT
 * kernel_check.h - run a check of kernels at every CPU level and many sizes.
 *
 * Inputs have exactly their size, so that the address sanitizer sees a read past the end; outputs
 * have a guard of known numbers behind them. Everything compared is also hashed: v3 and v4 must
 * agree to the bit where both can run. */
#ifndef KR_KERNEL_CHECK_H
#define KR_KERNEL_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "kernels/kernels.h"

enum { KR_CHECK_GUARD = 20 };
static const kr_real kr_check_guard = (kr_real)-77.25;
static uint64_t kr_check_hash;

/* n numbers uniform in low .. high, a function of `which`. Free with kr_free. */
static inline kr_real *kr_check_random(int64_t n, double low, double high, uint64_t which) {
    kr_real *x = kr__calloc((size_t)n, sizeof *x);
    assert_non_null(x);
    kr_rng rng = kr__rng_make(21, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(low + (high - low) * kr__rng_uniform(&rng));
    return x;
}

/* Room for n numbers and the guard; when `from` is not NULL its n numbers are copied in. */
static inline kr_real *kr_check_output(int64_t n, const kr_real *from) {
    kr_real *y = kr__calloc((size_t)n + KR_CHECK_GUARD, sizeof *y);
    assert_non_null(y);
    for (int64_t i = 0; i < n + KR_CHECK_GUARD; i++) {
        y[i] = from && i < n ? from[i] : kr_check_guard;
    }
    return y;
}

/* Nothing was written behind the n numbers of an output. */
static inline void kr_check_end(const char *what, int64_t n, const kr_real *got) {
    for (int i = 0; i < KR_CHECK_GUARD; i++) {
        if (got[n + i] != kr_check_guard)
            fail_msg("%s, size %lld: wrote past the end", what, (long long)n);
    }
}

/* |got - expected| <= absolute + relative * |expected| for n numbers; and the guard is untouched.
 * In double the tolerances shrink by 1e6. */
static inline void kr_check_close(const char *what, int64_t n, const kr_real *got,
                                  const double *expected, double absolute, double relative) {
    double factor = sizeof(kr_real) == 8 ? 1e-6 : 1;
    for (int64_t i = 0; i < n; i++) {
        double value = (double)got[i];
        if (!(fabs(value - expected[i]) <= factor * (absolute + relative * fabs(expected[i])))) {
            fail_msg("%s, size %lld, element %lld: %.9g, expected %.9g", what, (long long)n,
                     (long long)i, value, expected[i]);
        }
    }
    kr_check_end(what, n, got);
    const unsigned char *bytes = (const unsigned char *)got;
    for (size_t i = 0; i < (size_t)n * sizeof *got; i++) {
        kr_check_hash = (kr_check_hash ^ bytes[i]) * UINT64_C(1099511628211);
    }
}

/* check(kernels, n) at every level that can run here, for sizes around the 16 lanes. */
static inline void kr_check_levels(void (*check)(const kr_kernels *kernels, int64_t n)) {
    const int64_t sizes[] = {1, 2, 15, 16, 17, 31, 33, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint64_t hash[KR_CPU_LEVELS] = {0};
        for (int level = 0; level < KR_CPU_LEVELS; level++) {
            const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
            if (!kernels) continue;
            kr_check_hash = UINT64_C(14695981039346656037);
            check(kernels, sizes[s]);
            hash[level] = kr_check_hash;
        }
        if (hash[KR_CPU_V3] && hash[KR_CPU_V4]) {
            assert_int_equal(hash[KR_CPU_V3], hash[KR_CPU_V4]);
        }
    }
}

#endif
