/* SPDX-License-Identifier: MIT
 * laplacian.h - the least eigenvalues of the Laplacian of a sparse graph, and their vectors. */
#ifndef KR_LAPLACIAN_H
#define KR_LAPLACIAN_H

#include "analysis/umap_internal.h"

enum { KR__LAPLACIAN_MOST = 256 /* vectors */, KR__LAPLACIAN_PRODUCTS = 20000 };

/* What is asked of kr__laplacian_lowest(). */
typedef struct kr__laplacian {
    const kr__graph *graph; /* symmetric, weights finite and not negative */
    int64_t k;              /* vectors; 1 .. n - 1, and at most KR__LAPLACIAN_MOST */
    uint64_t seed;          /* of the vectors that the search starts from */
    int64_t most_products;  /* with the graph's matrix, before it gives up */
} kr__laplacian;

/* The k least eigenvalues of I - D^-1/2 W D^-1/2, D the sums of the rows of W, except the known
 * one: sqrt(D) has the value 0. values (k) rise from 0 on and are below 2; vectors (k, n) are
 * orthonormal and orthogonal to sqrt(D). Each has a residual |L v - value v| of at most 1e-6, and
 * of value / 1000, down to 1e-9, if most_products are enough for that. Equal values, and values
 * near or equal to 0 (a graph of several components), are handled like any others. A point without
 * edges has the value 1.
 *
 * The same bits in every call and for any number of workers. Memory besides the result: 18 numbers
 * a point and a copy of the graph for k up to 4. KR_NUMERIC when most_products are not enough for
 * 1e-6; KR_INTERRUPTED when the team is stopping; KR_MEMORY. */
kr_status kr__laplacian_lowest(kr_team *team, const kr__laplacian *asked, double *values,
                               double *vectors, kr_error *err);

#endif
