/* SPDX-License-Identifier: MIT
 * rotation.c - random rotations: Gram-Schmidt on normal vectors, or the exponential of a small
 * antisymmetric matrix. */
#include "nextstep/rotation.h"
#include "core/random.h"

#include <math.h>
#include <string.h>

static double dot(int64_t n, const double *a, const double *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Orthogonalised twice, because once leaves rounding errors in nearly parallel rows. */
static void draw_any(kr_rng *rng, int64_t n, double *q) {
    for (int64_t r = 0; r < n; r++) {
        double *row = q + r * n;
        for (int64_t i = 0; i < n; i++) row[i] = kr__rng_normal(rng);
        for (int64_t k = 0; k < 2 * r; k++) {
            const double *other = q + k % r * n;
            double along = dot(n, row, other);
            for (int64_t i = 0; i < n; i++) row[i] -= along * other[i];
        }
        double inverse = 1 / sqrt(dot(n, row, row));
        for (int64_t i = 0; i < n; i++) row[i] *= inverse;
    }
}

/* c = a b */
static void multiply(int64_t n, const double *a, const double *b, double *c) {
    memset(c, 0, (size_t)(n * n) * sizeof *c);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n; k++) {
            for (int64_t j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
        }
    }
}

/* e^a by its series for a / 2^s, squared s times. */
static void exponentiate(int64_t n, double *a, double *q, double *term, double *product) {
    enum { TERMS = 14 };
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) sum += fabs(a[i * n + j]);
        largest = fmax(largest, sum);
    }
    int squarings = largest > 0.5 ? (int)ceil(log2(largest / 0.5)) : 0;
    size_t bytes = (size_t)(n * n) * sizeof *q;
    for (int64_t i = 0; i < n * n; i++) a[i] = ldexp(a[i], -squarings);
    memset(q, 0, bytes);
    for (int64_t i = 0; i < n; i++) q[i * n + i] = 1;
    memcpy(term, q, bytes);
    for (int k = 1; k <= TERMS; k++) {
        multiply(n, term, a, product);
        for (int64_t i = 0; i < n * n; i++) {
            term[i] = product[i] / k;
            q[i] += term[i];
        }
    }
    for (int s = 0; s < squarings; s++) {
        multiply(n, q, q, product);
        memcpy(q, product, bytes);
    }
}

void kr__rotation_draw(kr_rng *rng, int64_t n, double eps, double *q, double *work) {
    if (eps == 0) {
        draw_any(rng, n, q);
        return;
    }
    double *normal = work, *a = work + n * n;
    for (int64_t i = 0; i < n * n; i++) normal[i] = kr__rng_normal(rng);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            a[i * n + j] = eps * (normal[i * n + j] - normal[j * n + i]) / 2;
        }
    }
    exponentiate(n, a, q, normal, a + n * n);
}
