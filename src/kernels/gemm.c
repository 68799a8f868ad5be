/* SPDX-License-Identifier: MIT
 * gemm.c - oneDNN's product, or plain loops in the double precision copy and where oneDNN gets no
 * memory. */
#include "kernels/gemm.h"
#include "core/real.h"

static void multiply_plainly(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k,
                             const kr_real *a, int64_t lda, const kr_real *b, int64_t ldb,
                             kr_real beta, kr_real *c, int64_t ldc) {
    int64_t row_a = trans_a == 'T' ? 1 : lda, col_a = trans_a == 'T' ? lda : 1;
    int64_t row_b = trans_b == 'T' ? 1 : ldb, col_b = trans_b == 'T' ? ldb : 1;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            kr_real sum = 0;
            for (int64_t p = 0; p < k; p++)
                sum += a[i * row_a + p * col_a] * b[p * row_b + j * col_b];
            c[i * ldc + j] = sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
        }
    }
}

#ifdef KR_REAL_DOUBLE

void kr__gemm(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, const kr_real *a,
              int64_t lda, const kr_real *b, int64_t ldb, kr_real beta, kr_real *c, int64_t ldc) {
    multiply_plainly(trans_a, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

void kr__gemm_start_fast(void) {}

#else

#include <dnnl.h>

#include "kernels/one_thread.h"

void kr__gemm_start_fast(void) {
    dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41);
    dnnl_set_jit_profiling_flags(DNNL_JIT_PROFILE_NONE); /* or it looks for a profiler's library */
}

void kr__gemm(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, const kr_real *a,
              int64_t lda, const kr_real *b, int64_t ldb, kr_real beta, kr_real *c, int64_t ldc) {
    if (m == 0 || n == 0) return;
    int before = kr__one_thread_begin();
    dnnl_status_t status =
        dnnl_sgemm(trans_a, trans_b, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
    kr__one_thread_end(before);
    /* It looks for its memory before it writes to c. */
    if (status == dnnl_success) return;
    multiply_plainly(trans_a, trans_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

#endif
