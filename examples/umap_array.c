/* SPDX-License-Identifier: MIT
 * umap_array.c - a map of an array in memory: points on three rings, and how well it keeps their
 * neighbourhoods.
 *
 *     cc umap_array.c $(pkg-config --cflags --libs krait) -lm -o umap && ./umap
 */
#include <math.h>
#include <stdio.h>

#include <kr/points.h>

enum { N = 1500, DIM = 6, RINGS = 3 };

static float values[N][DIM]; /* row after row, without gaps */
static int64_t labels[N];

/* Ring r lies in columns 2 r and 2 r + 1; a fixed sequence of numbers stands for the noise. */
static void make_rings(void) {
    unsigned noise = 1;
    for (int i = 0; i < N; i++) {
        int ring = i % RINGS;
        double angle = 6.283185307179586 * i / N;
        labels[i] = ring;
        for (int c = 0; c < DIM; c++) {
            noise = noise * 1664525u + 1013904223u;
            values[i][c] = (float)(noise >> 8) / (1 << 24) * 0.1f + (float)ring;
        }
        values[i][2 * ring] += (float)cos(angle);
        values[i][2 * ring + 1] += (float)sin(angle);
    }
}

/* Asked after each of the map's epochs; false would end it. */
static bool go_on(void *arg, int64_t epoch, int64_t n_epochs) {
    *(int64_t *)arg = epoch;
    return epoch <= n_epochs;
}

int main(void) {
    kr_team *team = NULL;
    kr_umap *umap = NULL;
    kr_error err = {.text = ""};
    int64_t epochs = 0;
    double trust = 0, silhouette = 0;
    make_rings();

    const kr_points points = kr_points_f32(&values[0][0], N, DIM);
    const kr_umap_options options = {.size = sizeof options,
                                     .n_neighbors = 20,
                                     .min_dist = 0.1,
                                     .seed = 42,
                                     .progress = go_on,
                                     .progress_arg = &epochs};
    kr_status status = kr_team_create(0, NULL, NULL, &team, &err); /* a worker for each CPU */
    if (status == KR_OK) status = kr_umap_fit(team, &points, NULL, &options, &umap, &err);
    if (status == KR_OK) {
        const kr_points map = kr_points_f32(kr_umap_embedding(umap), N, 2);
        status = kr_trustworthiness(team, &points, &map, 15, &trust, &err);
        if (status == KR_OK) status = kr_silhouette(team, &map, labels, &silhouette, NULL, &err);
    }
    if (status == KR_OK) {
        const float *place = kr_umap_embedding(umap);
        for (int i = 0; i < 3; i++) {
            printf("point %d at %.2f, %.2f\n", i, (double)place[2 * i], (double)place[2 * i + 1]);
        }
        printf("%d points, %lld epochs: trustworthiness %.3f, silhouette of the rings %.3f\n", N,
               (long long)epochs, trust, silhouette);
    } else {
        fprintf(stderr, "%s\n", err.text);
    }
    kr_umap_destroy(umap);
    kr_team_destroy(team);
    return status == KR_OK ? 0 : 1;
}
