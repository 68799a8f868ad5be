/* SPDX-License-Identifier: MIT
 * umap_radii.c - how far apart the neighbours of points lie on a map. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec_math.h"

/* Of n rows from rows[first] on, at y (rows of all, dim): phi[row], the sum over its edges of
 * 1 / (1 + a d2^b), d2 the squared distance, and far[row], that of the same times d2. */
void KR_K(umap_radii)(const kr__umap_epoch *s, int64_t first, int64_t n, const kr_real *y,
                      double *phi, double *far) {
    const kr_w one = kr_w_set(1), least = kr_w_set((kr_real)1e-30);
    const kr_w a = kr_w_set((kr_real)s->a), b = kr_w_set((kr_real)s->b);
    for (int64_t r = first; r < first + n; r++) {
        const kr_real *own = y + s->rows[r] * s->dim;
        kr_w sum = kr_w_set(0), sum_far = kr_w_set(0);
        for (int64_t e = s->start[r]; e < s->start[r + 1]; e += KR_W) {
            kr_real lanes[KR_W] = {0}, there[KR_W] = {0};
            for (int64_t l = 0; l < KR_W && e + l < s->start[r + 1]; l++) {
                const kr_real *other = y + s->column[e + l] * s->dim;
                for (int64_t c = 0; c < s->dim; c++) {
                    lanes[l] += (own[c] - other[c]) * (own[c] - other[c]);
                }
                there[l] = 1;
            }
            kr_w d2 = kr_w_load(lanes);
            kr_w power = kr_w_exp2(kr_w_mul(kr_w_log2(kr_w_max(least, d2)), b));
            kr_w near = kr_w_div(kr_w_load(there), kr_w_fmadd(a, power, one));
            sum = kr_w_add(sum, near);
            sum_far = kr_w_fmadd(near, d2, sum_far);
        }
        phi[s->rows[r]] = (double)kr_w_sum(sum);
        far[s->rows[r]] = (double)kr_w_sum(sum_far);
    }
}
