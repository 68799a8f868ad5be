/* SPDX-License-Identifier: MIT
 * umap.c - UMAP from points to a map: options, and the steps in their order. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"
#include "core/sized_struct.h"

enum { FEW = 10000 /* points */, EPOCHS_OF_FEW = 500, EPOCHS_OF_MANY = 200, LEAST_EPOCHS = 10 };

/* ---- options ---------------------------------------------------------------------------- */

static void set_default(double *field, double value) {
    if (*field == 0) *field = value;
}

static kr_status take_options(const kr_umap_options *given, int64_t n, kr_umap_options *taken,
                              kr_error *err) {
    kr_umap_options o;
    KR_TRY(kr__sized_take("kr_umap_options", given, &o, sizeof o, err));
    if (!given) o.min_dist = -1;
    if (o.n_neighbors == 0) o.n_neighbors = n < 15 ? n : 15;
    if (o.n_components == 0) o.n_components = 2;
    if (o.negative_samples == 0) o.negative_samples = 5;
    if (o.min_dist < 0) o.min_dist = 0.1;
    set_default(&o.spread, 1);
    set_default(&o.learning_rate, 1);
    set_default(&o.repulsion, 1);
    set_default(&o.local_connectivity, 1);
    set_default(&o.set_op_mix, 1);
    set_default(&o.target_weight, 0.5);
    *taken = o;
    return KR_OK;
}

static bool is_within(double value, double least, double most) {
    return value >= least && value <= most; /* not NaN */
}

static kr_status check_numbers(const kr_umap_options *o, kr_error *err) {
    const struct {
        const char *name;
        double value, least, most;
    } rows[] = {
        {"spread", o->spread, 1e-6, 1e6},
        {"min_dist", o->min_dist, 0, o->spread},
        {"learning_rate", o->learning_rate, 1e-9, 1e3},
        {"repulsion", o->repulsion, 0, 1e6},
        {"local_connectivity", o->local_connectivity, 1e-9, 1e6},
        {"set_op_mix", o->set_op_mix, 0, 1},
        {"target_weight", o->target_weight, 0, 1},
        {"negative_samples", (double)o->negative_samples, 1, 1000},
        {"n_components", (double)o->n_components, 1, KR_UMAP_MAX_COMPONENTS},
        {"n_epochs", (double)o->n_epochs, 0, 1000000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_within(rows[i].value, rows[i].least, rows[i].most)) continue;
        return kr_fail(err, KR_USAGE, "%s: %g is out of range; use %g to %g", rows[i].name,
                       rows[i].value, rows[i].least, rows[i].most);
    }
    return KR_OK;
}

static kr_status check_options(const kr_umap_options *o, int64_t n, kr_error *err) {
    if (o->n_neighbors < 2) {
        return kr_fail(err, KR_USAGE,
                       "n_neighbors: %lld would be the point itself alone; use 2 or more",
                       (long long)o->n_neighbors);
    }
    if (o->n_neighbors > n) {
        return kr_fail(err, KR_USAGE, "n_neighbors: %lld of %lld points; use 2 to %lld",
                       (long long)o->n_neighbors, (long long)n, (long long)n);
    }
    return check_numbers(o, err);
}

/* ---- the steps -------------------------------------------------------------------------- */

static bool are_all_equal(const kr_points *points) {
    for (int64_t i = 1; i < points->n; i++) {
        for (int64_t c = 0; c < points->dim; c++) {
            if (kr__points_at(points, i, c) != kr__points_at(points, 0, c)) return false;
        }
    }
    return true;
}

static kr_status make_umap(const kr_points *points, const kr_umap_options *options, kr_umap **out,
                           kr_error *err) {
    kr_umap *umap = kr__calloc(1, sizeof *umap);
    if (umap) {
        *umap = (kr_umap){.options = *options, .n = points->n, .dim = points->dim};
        size_t n = (size_t)(points->n * options->n_components);
        umap->embedding = kr__calloc(n, sizeof *umap->embedding);
        kr__umap_fit_curve(options->spread, options->min_dist, &umap->a, &umap->b);
    }
    if (umap && umap->embedding) {
        *out = umap;
        return KR_OK;
    }
    kr_umap_destroy(umap);
    return kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points", (long long)points->n);
}

static kr_status make_graph(kr_team *team, const kr_knn *knn, const int64_t *labels,
                            const kr_umap *umap, int64_t n_epochs, kr__graph *graph,
                            kr_error *err) {
    const kr_umap_options *o = &umap->options;
    KR_TRY(kr__umap_graph_create(team, knn, o, graph, err));
    if (labels) KR_TRY(kr__umap_graph_supervise(team, graph, labels, o->target_weight, err));
    kr__umap_graph_prune(graph, n_epochs);
    return KR_OK;
}

/* Where components start is a matter of squared distances. */
static kr_status start(kr_team *team, const kr_points *points, const kr__graph *graph,
                       const kr_umap_options *options, kr_real *y, kr_error *err) {
    kr__sane_points sane;
    kr_status status = kr__sane_points_init(&sane, points, NULL, err);
    if (status == KR_OK) status = kr__umap_start(team, &sane.points, graph, options, y, err);
    kr__sane_points_deinit(&sane);
    return status;
}

static kr_status lay_out(kr_team *team, const kr_points *points, const kr_knn *knn,
                         const int64_t *labels, kr_umap *umap, kr_error *err) {
    const kr_umap_options *o = &umap->options;
    int64_t usual = points->n <= FEW ? EPOCHS_OF_FEW : EPOCHS_OF_MANY;
    int64_t n_epochs = o->n_epochs > 0 ? o->n_epochs : usual;
    size_t n = (size_t)(points->n * o->n_components);
    kr__graph graph = {0};
    kr_real *y = kr__calloc(n, sizeof *y);
    kr_status status =
        y ? make_graph(team, knn, labels, umap, n_epochs > LEAST_EPOCHS ? n_epochs : usual, &graph,
                       err)
          : kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points", (long long)points->n);
    if (status == KR_OK) status = start(team, points, &graph, o, y, err);
    if (status == KR_OK) {
        kr__umap_layout layout = {.graph = &graph,
                                  .options = o,
                                  .a = umap->a,
                                  .b = umap->b,
                                  .rate = o->learning_rate,
                                  .n_epochs = n_epochs};
        status = kr__umap_layout_run(team, &layout, y, err);
    }
    for (size_t i = 0; i < n && status == KR_OK; i++) umap->embedding[i] = (float)y[i];
    kr__graph_deinit(&graph);
    kr_free(y);
    return status;
}

/* ---- the interface ---------------------------------------------------------------------- */

kr_status kr_umap_fit_knn(kr_team *team, const kr_points *points, const kr_knn *knn,
                          const int64_t *labels, const kr_umap_options *options, kr_umap **out,
                          kr_error *err) {
    kr_umap_options o;
    kr_umap *umap = NULL;
    KR_TRY(kr__points_check(points, 2, err));
    KR_TRY(take_options(options, points->n, &o, err));
    KR_TRY(check_options(&o, points->n, err));
    if (knn->n != points->n || knn->k < o.n_neighbors - 1) {
        return kr_fail(err, KR_SHAPE,
                       "%lld neighbours of %lld points were given, and %lld of %lld are needed",
                       (long long)knn->k, (long long)knn->n, (long long)o.n_neighbors - 1,
                       (long long)points->n);
    }
    KR_TRY(make_umap(points, &o, &umap, err));
    umap->neighbour_recall = NAN;
    kr_status status =
        are_all_equal(points) ? KR_OK : lay_out(team, points, knn, labels, umap, err);
    if (status == KR_OK) {
        *out = umap;
    } else {
        kr_umap_destroy(umap);
    }
    return status;
}

kr_status kr_umap_fit(kr_team *team, const kr_points *points, const int64_t *labels,
                      const kr_umap_options *options, kr_umap **out, kr_error *err) {
    kr_umap_options o;
    kr_knn *knn = NULL;
    KR_TRY(kr__points_check(points, 2, err));
    KR_TRY(take_options(options, points->n, &o, err));
    KR_TRY(check_options(&o, points->n, err));
    KR_TRY(kr__umap_neighbours(team, points, NULL, &o, o.n_neighbors - 1, &knn, err));
    kr_status status = kr_umap_fit_knn(team, points, knn, labels, options, out, err);
    if (status == KR_OK) (*out)->neighbour_recall = knn->recall;
    kr_knn_destroy(knn);
    return status;
}

void kr_umap_destroy(kr_umap *umap) {
    if (!umap) return;
    kr_free(umap->embedding);
    kr_free(umap);
}

const float *kr_umap_embedding(const kr_umap *umap) { return umap->embedding; }

double kr_umap_neighbour_recall(const kr_umap *umap) { return umap->neighbour_recall; }
