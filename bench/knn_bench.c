/* SPDX-License-Identifier: MIT
 * knn_bench.c - time of a search of neighbours, of points in a file or of random ones.
 *
 *     knn_bench [--points POINTS.npy] [--n 10000] [--dim 128] [--clusters 0] [--k 50]
 *               [--descent] [--recall] [--threads N]
 *
 * Without a file the points are normal, in that many clusters when --clusters is given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kr/files.h>
#include <kr/points.h>
#include <kr/team.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/random.h"

typedef struct knn_bench {
    const char *path;
    long long n, dim, clusters, k, threads;
    bool is_descent, with_recall;
} knn_bench;

static bool parse(knn_bench *b, int argc, char **argv) {
    const struct {
        const char *name;
        long long *value;
    } counts[] = {{"--n", &b->n},
                  {"--dim", &b->dim},
                  {"--clusters", &b->clusters},
                  {"--k", &b->k},
                  {"--threads", &b->threads}};
    for (int i = 1; i < argc; i++) {
        bool is_known = true;
        if (strcmp(argv[i], "--descent") == 0) {
            b->is_descent = true;
        } else if (strcmp(argv[i], "--recall") == 0) {
            b->with_recall = true;
        } else if (i + 1 < argc && strcmp(argv[i], "--points") == 0) {
            b->path = argv[++i];
        } else {
            is_known = false;
            for (size_t c = 0; i + 1 < argc && c < sizeof counts / sizeof counts[0]; c++) {
                if (strcmp(counts[c].name, argv[i]) != 0) continue;
                *counts[c].value = atoll(argv[++i]);
                is_known = true;
                break;
            }
        }
        if (!is_known) return false;
    }
    return true;
}

/* Normal numbers; with clusters, around one of so many normal centres, a fifth as wide. */
static float *make_points(const knn_bench *b) {
    float *x = kr__calloc((size_t)(b->n * b->dim), sizeof *x);
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, 0);
    for (int64_t i = 0; x && i < b->n; i++) {
        uint64_t cluster = b->clusters > 0 ? kr__rng_below(&rng, (uint64_t)b->clusters) : 0;
        kr_rng centre = kr__rng_make(2, KR_STREAM_TEST, cluster);
        for (int64_t c = 0; c < b->dim; c++) {
            double value = kr__rng_normal(&rng);
            if (b->clusters > 0) value = kr__rng_normal(&centre) + 0.2 * value;
            x[i * b->dim + c] = (float)value;
        }
    }
    return x;
}

static kr_status run(kr_team *team, knn_bench *b, kr_error *err) {
    kr_array array = {0};
    float *made = NULL;
    kr_points points;
    if (b->path) {
        KR_TRY(kr_npy_read(b->path, &array, err));
        if (array.rank != 2 || array.dtype != KR_DTYPE_F32) {
            kr_array_deinit(&array);
            return kr_fail(err, KR_SHAPE, "%s: needs rows of float32", b->path);
        }
        points = kr_points_f32(array.data, array.shape[0], array.shape[1]);
    } else {
        made = make_points(b);
        if (!made) return kr_fail(err, KR_MEMORY, "out of memory");
        points = kr_points_f32(made, b->n, b->dim);
    }
    double start = kr__time_now();
    kr_knn *knn = NULL;
    kr_status status =
        kr_knn_create(team, &points,
                      &(kr_knn_options){.size = sizeof(kr_knn_options),
                                        .k = b->k,
                                        .method = b->is_descent ? KR_KNN_DESCENT : KR_KNN_EXACT,
                                        .with_recall = b->with_recall},
                      &knn, err);
    double seconds = kr__time_now() - start;
    if (status == KR_OK) {
        char recall[16] = "null";
        if (b->with_recall) snprintf(recall, sizeof recall, "%.4f", kr_knn_recall(knn));
        printf(
            "{\"method\": \"%s\", \"n\": %lld, \"dim\": %lld, \"k\": %lld, \"threads\": %d, "
            "\"seconds\": %.4f, \"recall\": %s, \"peak_rss_mib\": %lld}\n",
            b->is_descent ? "descent" : "exact", (long long)points.n, (long long)points.dim, b->k,
            kr_team_workers(team), seconds, recall, (long long)(kr__peak_rss() >> 20));
    }
    kr_knn_destroy(knn);
    kr_free(made);
    kr_array_deinit(&array);
    return status;
}

int main(int argc, char **argv) {
    knn_bench b = {.n = 10000, .dim = 128, .k = 50};
    if (!parse(&b, argc, argv)) {
        fprintf(stderr, "knn_bench: see the head of knn_bench.c for its flags\n");
        return 2;
    }
    kr_error err = {0};
    kr_team *team = NULL;
    kr_status status = kr_team_create((int)b.threads, NULL, NULL, &team, &err);
    if (status == KR_OK) status = run(team, &b, &err);
    kr_team_destroy(team);
    if (status != KR_OK) fprintf(stderr, "knn_bench: %s\n", err.text);
    return status == KR_OK ? 0 : 1;
}
