/* SPDX-License-Identifier: MIT
 * umap_spectral.c - eigenvectors of a graph's Laplacian, where the points of a map start. */

#include "analysis/laplacian.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"

static void draw_places(int64_t n, double low, double high, kr_rng *rng, double *out) {
    for (int64_t i = 0; i < n; i++) out[i] = low + (high - low) * kr__rng_uniform(rng);
}

kr_status kr__umap_spectral(kr_team *team, const kr__graph *graph, int64_t dim, uint64_t seed,
                            double *out, kr_error *err) {
    const int64_t n = graph->n;
    const kr__laplacian asked = {
        .graph = graph, .k = dim, .seed = seed, .most_products = KR__LAPLACIAN_PRODUCTS};
    kr_status status = KR_NUMERIC;
    if (n > dim + 1) {
        double *values = kr__calloc((size_t)dim, sizeof *values);
        double *vectors = kr__calloc((size_t)n, (size_t)dim * sizeof *vectors);
        status = values && vectors
                     ? kr__laplacian_lowest(team, &asked, values, vectors, err)
                     : kr_fail(err, KR_MEMORY, "out of memory for the spectrum of %lld points",
                               (long long)n);
        for (int64_t c = 0; c < dim && status == KR_OK; c++) {
            for (int64_t i = 0; i < n; i++) out[i * dim + c] = vectors[c * n + i];
        }
        kr_free(values);
        kr_free(vectors);
    }
    if (status != KR_NUMERIC) return status;
    kr_rng rng = kr__rng_make(seed, KR_STREAM_SAMPLE, (uint64_t)n);
    draw_places(n * dim, -10, 10, &rng, out);
    return KR_OK;
}
