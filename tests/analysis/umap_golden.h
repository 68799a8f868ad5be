/* SPDX-License-Identifier: MIT
 * umap_golden.h - the clouds of umap.npz: points, their neighbours, the options they were mapped
 * with. */
#ifndef KR_UMAP_GOLDEN_H
#define KR_UMAP_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "analysis/knn_search.h"
#include "core/arena.h"

#include "support/golden.h"

typedef struct cloud {
    kr_golden *golden;
    const char *name;
    kr_points points;
    kr_knn knn; /* the points themselves, which stand first in the file, left out */
    int64_t *labels;
    kr_umap_options options;
} cloud;

static inline const char *cloud_array(const cloud *c, const char *array) {
    static char name[64];
    snprintf(name, sizeof name, "%s/%s", c->name, array);
    return name;
}

static inline cloud cloud_open(const char *name) {
    cloud c = {.golden = kr_golden_open("synth/umap.npz"), .name = name};
    const kr_array *X = kr_golden_array(c.golden, cloud_array(&c, "X"));
    int64_t n = X->shape[0];
    c.points = kr_points_f32(X->data, n, X->shape[1]);
    c.labels = kr_golden_int64(c.golden, cloud_array(&c, "label"), NULL);
    const double *settings =
        kr_golden_double(c.golden, cloud_array(&c, "n_neighbors_min_dist"), NULL);
    int64_t k = (int64_t)settings[0];
    c.options = (kr_umap_options){.size = sizeof c.options,
                                  .n_neighbors = k,
                                  .min_dist = settings[1],
                                  .local_connectivity = 1,
                                  .set_op_mix = 1};
    const int64_t *index = kr_golden_int64(c.golden, cloud_array(&c, "knn_index"), NULL);
    const double *distance = kr_golden_double(c.golden, cloud_array(&c, "knn_dist"), NULL);
    c.knn = (kr_knn){.n = n, .k = k - 1};
    c.knn.index = kr__calloc((size_t)(n * k), sizeof *c.knn.index);
    c.knn.distance = kr__calloc((size_t)(n * k), sizeof *c.knn.distance);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(index[i * k], i);
        for (int64_t j = 1; j < k; j++) {
            c.knn.index[i * (k - 1) + j - 1] = (int32_t)index[i * k + j];
            c.knn.distance[i * (k - 1) + j - 1] = distance[i * k + j];
        }
    }
    return c;
}

static inline void cloud_close(cloud *c) {
    kr_free(c->knn.index);
    kr_free(c->knn.distance);
    kr_golden_close(c->golden);
}

#endif
