/* SPDX-License-Identifier: MIT
 * distances.c - distances of points: those that count, in double, and the sieve before them. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* distance2[r] = sum over c of (point[c] - points[index[r]][c])^2, rows of dim numbers. In double;
 * column c goes to lane c % 16 and the lanes are added in one fixed tree: every level gives the
 * same bits. */
#define SQUARED_DISTANCES(real)                                                                    \
    for (int64_t r = 0; r < n; r++) {                                                              \
        const real *other = points + index[r] * dim;                                               \
        double lane[KR_W] = {0};                                                                   \
        int64_t c = 0;                                                                             \
        for (; c + KR_W <= dim; c += KR_W) {                                                       \
            for (int l = 0; l < KR_W; l++) {                                                       \
                double d = (double)point[c + l] - (double)other[c + l];                            \
                lane[l] += d * d;                                                                  \
            }                                                                                      \
        }                                                                                          \
        for (int l = 0; c + l < dim; l++) {                                                        \
            double d = (double)point[c + l] - (double)other[c + l];                                \
            lane[l] += d * d;                                                                      \
        }                                                                                          \
        for (int half = KR_W / 2; half > 0; half /= 2) {                                           \
            for (int l = 0; l < half; l++) lane[l] += lane[l + half];                              \
        }                                                                                          \
        distance2[r] = lane[0];                                                                    \
    }

void KR_K(squared_distances_f32)(int64_t dim, const float *restrict point, int64_t n,
                                 const int32_t *restrict index, const float *restrict points,
                                 double *restrict distance2) {
    SQUARED_DISTANCES(float)
}

void KR_K(squared_distances_f64)(int64_t dim, const double *restrict point, int64_t n,
                                 const int32_t *restrict index, const double *restrict points,
                                 double *restrict distance2) {
    SQUARED_DISTANCES(double)
}

/* value = norm2[c] - 2 * product[c]: the squared distance of point c from the point that the
 * products belong to, less a constant of that point. Where it is at most `most`, (value, first + c)
 * is appended to the two lists of *count; they have room for n more. As a rule few pass: 16 are
 * looked at together, and skipped where none does. */
void KR_K(sieve_distances)(int64_t n, const kr_real *restrict product,
                           const kr_real *restrict norm2, kr_real most, int32_t first,
                           kr_real *restrict value, int32_t *restrict index, int64_t *count) {
    int64_t end = *count;
    for (int64_t c = 0; c < n; c += KR_W) {
        int64_t left = n - c < KR_W ? n - c : KR_W;
        kr_w v = left == KR_W ? kr_w_load(norm2 + c) : kr_w_load_n(norm2 + c, left, INFINITY);
        kr_w p = kr_w_load_lanes(product + c, left);
        kr_vi passed = {0};
        KR_W_EACH(i) {
            v.v[i] -= p.v[i] + p.v[i];
            passed |= v.v[i] <= kr_v_set(most);
        }
        if (!kr_v_any(passed)) continue;
        kr_real lanes[KR_W];
        kr_w_store(lanes, v);
        for (int l = 0; l < left; l++) {
            value[end] = lanes[l];
            index[end] = first + (int32_t)(c + l);
            end += lanes[l] <= most;
        }
    }
    *count = end;
}
