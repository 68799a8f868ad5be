/* SPDX-License-Identifier: MIT
 * evaluate_measure.c - dimension, components, map and silhouettes of what a layer holds. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <kr/points.h>

#include "core/arena.h"
#include "framework/program.h"
#include "framework/say.h"
#include "insides/evaluate_command.h"
#include "points/make_map.h"

const int64_t evaluate_ks[EVALUATE_KS] = {10, 30, 100};

/* The rows named, out of those of r. To be freed: kr_free of points.f32. */
static kr_status pick(const evaluation *e, const representation *r, int64_t n, const int64_t *rows,
                      kr_points *out, kr_error *err) {
    const kr_points all = kr_points_f32(r->values, e->n_rows, r->dim);
    void *values = NULL;
    KR_TRY(kr_points_pick(&all, n, rows, &values, err));
    *out = kr_points_f32(values, n, r->dim);
    return KR_OK;
}

static void free_points(kr_points *points) {
    kr_free((void *)(uintptr_t)points->f32);
    points->f32 = NULL;
}

/* ---- dimension -------------------------------------------------------------------------- */

static kr_lb_form form_of(const char *name) {
    return strcmp(name, "mle") == 0        ? KR_LB_MLE
           : strcmp(name, "unbiased") == 0 ? KR_LB_UNBIASED
                                           : KR_LB_MEAN;
}

static kr_status measure_one(const evaluation *e, representation *r, kr_error *err) {
    kr_points points;
    kr_knn *knn = NULL;
    int64_t most = evaluate_ks[EVALUATE_KS - 1], others = e->n_measured - 1;
    const kr_knn_options options = {.size = sizeof options, .k = others < most ? others : most};
    KR_TRY(pick(e, r, e->n_measured, e->measured, &points, err));
    kr_status status = kr_knn_create(program_team(), &points, &options, &knn, err);
    for (int k = 0; k < EVALUATE_KS && status == KR_OK; k++) {
        r->lb[k] = kr_levina_bickel(knn, evaluate_ks[k], form_of(e->request->config.lb), NULL);
    }
    kr_knn_destroy(knn);
    free_points(&points);
    return status;
}

static void print_one(const evaluation *e, const representation *r) {
    say(e->look.out, "  %s:", r->label);
    for (int k = 0; k < EVALUATE_KS; k++) {
        fprintf(e->look.out, "  k=%" PRId64 ": %.2f", evaluate_ks[k], r->lb[k]);
    }
    fputc('\n', e->look.out);
}

kr_status evaluate_dimension(evaluation *e, kr_error *err) {
    if (e->n_measured == 0) return KR_OK;
    if (e->look.out) {
        fprintf(e->look.out, "\nLevina-Bickel on %" PRId64 " points:\n", e->n_measured);
    }
    for (int64_t i = 0; i < e->n; i++) {
        KR_TRY(measure_one(e, &e->list[i], err));
        if (e->look.out && i < e->n_shown) print_one(e, &e->list[i]);
    }
    return KR_OK;
}

/* ---- maps ------------------------------------------------------------------------------- */

bool evaluate_wants_maps(const evaluate_request *request) {
    return request->call.has_figures || *request->config.embed_out || request->config.silhouette;
}

/* points become their first components where --pca asks for fewer numbers than there are. */
static kr_status reduce(const evaluation *e, representation *r, kr_points *points, kr_error *err) {
    kr_pca *pca = NULL;
    int64_t n = e->request->config.pca;
    if (n == 0 || r->dim <= n) return KR_OK;
    float *reduced = kr__calloc((size_t)points->n, (size_t)n * sizeof *reduced);
    kr_status status = reduced ? kr_pca_create(program_team(), points, n, &pca, err)
                               : kr_fail(err, KR_MEMORY, "out of memory for the components");
    if (status == KR_OK) {
        status = kr_pca_project_f32(program_team(), pca, points, reduced, err);
    }
    if (status != KR_OK) {
        kr_pca_destroy(pca);
        kr_free(reduced);
        return status;
    }
    r->pca_dim = n;
    for (int64_t i = 0; i < n; i++) r->pca_share += kr_pca_ratio(pca)[i];
    kr_pca_destroy(pca);
    free_points(points);
    *points = kr_points_f32(reduced, e->n_mapped, n);
    snprintf(r->label, sizeof r->label, "%s (%s) → PCA %" PRId64 "D (%.0f%%)", r->name, r->size, n,
             100 * r->pca_share);
    if (e->look.out) {
        fprintf(e->look.out, "  PCA %" PRId64 "D → %" PRId64 "D (%.1f%% variance retained)\n",
                r->dim, n, 100 * r->pca_share);
    }
    return KR_OK;
}

static kr_status measure_silhouettes(const evaluation *e, representation *r,
                                     const kr_points *points, kr_error *err) {
    const kr_points map = kr_points_f32(r->map, e->n_mapped, 2);
    if (!e->request->config.silhouette) return KR_OK;
    KR_TRY(kr_silhouette(program_team(), points, e->states, &r->silhouette, NULL, err));
    return kr_silhouette(program_team(), &map, e->states, &r->map_silhouette, NULL, err);
}

/* The silhouette is that of the values, whatever the map was made of. */
static kr_status map_and_measure(const evaluation *e, representation *r, kr_points *values,
                                 kr_points *points, kr_error *err) {
    const evaluate_config *c = &e->request->config;
    KR_TRY(pick(e, r, e->n_mapped, e->mapped, values, err));
    KR_TRY(pick(e, r, e->n_mapped, e->mapped, points, err));
    KR_TRY(reduce(e, r, points, err));
    const map_request request = {.points = *points,
                                 .n_neighbors = c->umap_neighbors,
                                 .seed = (uint64_t)c->seed,
                                 .map = r->map};
    if (e->look.out) say(e->look.out, "Computing UMAP for %s...\n", r->label);
    KR_TRY(map_make(e->look.out, &request, err));
    return measure_silhouettes(e, r, values, err);
}

kr_status evaluate_map(evaluation *e, representation *r, kr_error *err) {
    kr_points values = {0}, points = {0};
    r->map = kr__calloc((size_t)e->n_mapped, 2 * sizeof *r->map);
    if (!r->map) return kr_fail(err, KR_MEMORY, "out of memory for a map");
    kr_status status = map_and_measure(e, r, &values, &points, err);
    free_points(&values);
    free_points(&points);
    return status;
}
