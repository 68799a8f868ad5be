/* SPDX-License-Identifier: MIT
 * points_bench.c - time of what src/analysis measures on points, a JSON line each.
 *
 *     points_bench POINTS.npy [components [neighbours [threads]]]
 *
 * POINTS: (n, dim) of float32. bench/peers/points_peer.py does the same with scikit-learn; classes
 * are the row number modulo 10, the map is the first two components. */
#include <stdio.h>
#include <stdlib.h>

#include <kr/files.h>
#include <kr/points.h>
#include <kr/team.h>

#include "core/arena.h"
#include "core/platform.h"

static kr_team *team;

static void print_line(const char *what, const kr_points *points, double started, double value) {
    printf(
        "{\"what\": \"%s\", \"n\": %lld, \"dim\": %lld, \"threads\": %d, \"seconds\": %.4f, "
        "\"value\": %.9g}\n",
        what, (long long)points->n, (long long)points->dim, kr_team_workers(team),
        kr__time_now() - started, value);
    fflush(stdout);
}

static kr_status time_dimension(const kr_points *points, int64_t k, kr_error *err) {
    double started = kr__time_now(), value = 0;
    kr_knn *knn = NULL;
    KR_TRY(kr_knn_create(team, points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = k},
                         &knn, err));
    for (int64_t part = 10; part > 0; part /= 3) {
        value = kr_levina_bickel(knn, k / part > 2 ? k / part : 2, KR_LB_MLE, NULL);
    }
    print_line("levina_bickel", points, started, value);
    kr_knn_destroy(knn);
    return KR_OK;
}

static kr_status time_silhouette(const kr_points *points, kr_error *err) {
    int64_t *labels = kr__calloc((size_t)points->n, sizeof *labels);
    double value = 0;
    if (!labels) return kr_fail(err, KR_MEMORY, "out of memory");
    for (int64_t i = 0; i < points->n; i++) labels[i] = i % 10;
    double started = kr__time_now();
    kr_status status = kr_silhouette(team, points, labels, &value, NULL, err);
    if (status == KR_OK) print_line("silhouette", points, started, value);
    kr_free(labels);
    return status;
}

/* Components, then the map of the first two of them. */
static kr_status time_map(const kr_points *points, int64_t n_components, kr_error *err) {
    double started = kr__time_now(), value = 0;
    kr_pca *pca = NULL;
    double *map = kr__calloc((size_t)points->n, 2 * sizeof *map);
    double *all = kr__calloc((size_t)points->n, (size_t)n_components * sizeof *all);
    kr_status status = map && all ? kr_pca_create(team, points, n_components, &pca, err)
                                  : kr_fail(err, KR_MEMORY, "out of memory");
    if (status == KR_OK) {
        status = kr_pca_project(team, pca, points, all, err);
    }
    if (status == KR_OK) {
        print_line("pca", points, started, kr_pca_variance(pca)[n_components - 1]);
        for (int64_t i = 0; i < points->n; i++) {
            for (int c = 0; c < 2; c++) map[2 * i + c] = all[i * n_components + c];
        }
        kr_points on_map = kr_points_f64(map, points->n, 2);
        started = kr__time_now();
        status = kr_trustworthiness(team, points, &on_map, 15, &value, err);
        if (status == KR_OK) print_line("trustworthiness", points, started, value);
    }
    kr_pca_destroy(pca);
    kr_free(map);
    kr_free(all);
    return status;
}

int main(int argc, char **argv) {
    kr_array array = {0};
    kr_error err = {.text = "usage: points_bench POINTS.npy [components [neighbours [threads]]]"};
    int64_t n_components = argc > 2 ? atoll(argv[2]) : 20, k = argc > 3 ? atoll(argv[3]) : 100;
    kr_status status = argc > 1 ? kr_npy_read(argv[1], &array, &err) : KR_USAGE;
    if (status == KR_OK && (array.rank != 2 || array.dtype != KR_DTYPE_F32 || n_components < 2)) {
        status = kr_fail(&err, KR_USAGE, "%s: needs rows of float32, and 2 components", argv[1]);
    }
    if (status == KR_OK)
        status = kr_team_create(argc > 4 ? atoi(argv[4]) : 0, NULL, NULL, &team, &err);
    if (status == KR_OK) {
        kr_points points = kr_points_f32(array.data, array.shape[0], array.shape[1]);
        status = time_dimension(&points, k, &err);
        if (status == KR_OK) status = time_map(&points, n_components, &err);
        if (status == KR_OK) status = time_silhouette(&points, &err);
    }
    kr_array_deinit(&array);
    kr_team_destroy(team);
    if (status != KR_OK) fprintf(stderr, "points_bench: %s\n", err.text);
    return status != KR_OK;
}
