/* SPDX-License-Identifier: MIT
 * umap_inverse.c - points for places on a finished map.
 *
 * As in umap-learn, a point starts at the mean of the points nearest on the map, weighted by the
 * memberships that the map's curve gives their places, and then moves, by stochastic gradient
 * descent, until its memberships among the points are like those. Unlike there, neighbours on the
 * map are the nearest places, not those of a triangulation; what is drawn of a query depends on it
 * alone; and moves are in units of the mean sigma, so that the unit of the points does not
 * matter. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"

enum { FEW = 10000 /* queries */, EPOCHS_OF_FEW = 100, EPOCHS_OF_MANY = 30 };
static const double most_move = 4, tiny = 1e-6;

typedef struct inverse {
    const kr_umap *umap;
    const kr_points *points;
    kr_knn *near; /* of the queries among the places */
    double *rho, *sigma;
    double unit;
    int64_t n_epochs;
    kr_per_worker difference; /* (dim) doubles */
    double *out;              /* (queries, dim) */
} inverse;

static double membership(const kr_umap *umap, double distance) {
    return 1 / (1 + umap->a * pow(distance, 2 * umap->b));
}

static void start_at_neighbours(const inverse *s, int64_t query, double *x) {
    int64_t k = s->near->k, dim = s->points->dim;
    double sum = 0;
    for (int64_t j = query * k; j < (query + 1) * k; j++) {
        sum += membership(s->umap, s->near->distance[j]);
    }
    for (int64_t c = 0; c < dim; c++) {
        x[c] = 0;
        for (int64_t j = query * k; j < (query + 1) * k; j++) {
            double weight = membership(s->umap, s->near->distance[j]) / sum;
            x[c] += weight * kr__points_at(s->points, s->near->index[j], c);
        }
    }
}

/* Of x from a point, in units; the distance. */
static double subtract(const inverse *s, const double *x, int64_t point, double *difference) {
    double sum = 0;
    for (int64_t c = 0; c < s->points->dim; c++) {
        difference[c] = (x[c] - kr__points_at(s->points, point, c)) / s->unit;
        sum += difference[c] * difference[c];
    }
    return sqrt(sum);
}

static void move(const inverse *s, double *x, const double *difference, double factor,
                 double rate) {
    for (int64_t c = 0; c < s->points->dim; c++) {
        double step = fmin(fmax(factor * difference[c], -most_move), most_move);
        x[c] += step * rate * s->unit;
    }
}

static void attract(const inverse *s, double *x, double *difference, int64_t point, double weight,
                    double rate) {
    double distance = subtract(s, x, point, difference);
    double pull = 1 / (weight * s->sigma[point] / s->unit + tiny);
    move(s, x, difference, -pull / (distance + tiny), rate);
}

static void repel(const inverse *s, double *x, double *difference, int64_t point, double rate) {
    double distance = subtract(s, x, point, difference), sigma = s->sigma[point] / s->unit;
    double near = exp(-fmax(distance - s->rho[point] / s->unit, tiny) / (sigma + tiny));
    double push = s->umap->options.repulsion * near / ((1 - near) * sigma + tiny);
    move(s, x, difference, push / (distance + tiny), rate);
}

static void place_query(void *arg, int64_t query, int worker) {
    const inverse *s = arg;
    const kr_umap_options *o = &s->umap->options;
    int64_t k = s->near->k;
    const double *distance = s->near->distance + query * k;
    double *x = s->out + query * s->points->dim;
    double *difference = kr_per_worker_at(&s->difference, worker);
    double greatest = membership(s->umap, distance[0]);
    kr_rng rng = kr__rng_make(o->seed, KR_STREAM_LAYOUT, (uint64_t)query);
    start_at_neighbours(s, query, x);
    for (int64_t epoch = 0; epoch < s->n_epochs; epoch++) {
        double rate = o->learning_rate / 4 * (1 - (double)epoch / (double)s->n_epochs);
        for (int64_t j = 0; j < k; j++) {
            double weight = membership(s->umap, distance[j]), share = weight / greatest;
            if (floor((double)(epoch + 1) * share) <= floor((double)epoch * share)) continue;
            attract(s, x, difference, s->near->index[query * k + j], weight, rate);
            for (int64_t i = 0; i < o->negative_samples; i++) {
                repel(s, x, difference, (int64_t)kr__rng_below(&rng, (uint64_t)s->points->n), rate);
            }
        }
    }
}

/* rho, sigma and the unit of the points of the fit. */
static kr_status smooth(kr_team *team, inverse *s, kr_error *err) {
    const kr_umap_options *o = &s->umap->options;
    int64_t n = s->points->n, k = o->n_neighbors - 1;
    const kr_knn_options search = {
        .size = sizeof search, .k = k, .method = o->knn_method, .seed = o->seed};
    kr_knn *knn = NULL;
    s->rho = kr__calloc((size_t)n, sizeof *s->rho);
    s->sigma = kr__calloc((size_t)n, sizeof *s->sigma);
    if (!s->rho || !s->sigma) return kr_fail(err, KR_MEMORY, "out of memory for sigma");
    KR_TRY(kr_knn_create(team, s->points, &search, &knn, err));
    kr__umap_smooth(team,
                    &(kr__umap_distances){.n = n,
                                          .stride = k,
                                          .distance = knn->distance,
                                          .k = k,
                                          .n_neighbors = k + 1,
                                          .connectivity = o->local_connectivity},
                    s->rho, s->sigma);
    kr_knn_destroy(knn);
    for (int64_t i = 0; i < n; i++) s->unit += s->sigma[i] / (double)n;
    if (!(s->unit > 0)) s->unit = 1;
    return KR_OK;
}

static kr_status find(kr_team *team, inverse *s, const float *places, int64_t n_places,
                      kr_error *err) {
    const kr_umap *umap = s->umap;
    int64_t k = s->points->dim < umap->n ? s->points->dim : umap->n;
    int64_t usual = n_places <= FEW ? EPOCHS_OF_FEW : EPOCHS_OF_MANY;
    const kr_points map = kr_points_f32(umap->embedding, umap->n, umap->options.n_components);
    const kr_points queries = kr_points_f32(places, n_places, umap->options.n_components);
    s->n_epochs = umap->options.n_epochs > 0 ? umap->options.n_epochs / 3 : usual;
    size_t n_bytes = (size_t)s->points->dim * sizeof(double);
    if (kr_per_worker_init(&s->difference, team, n_bytes, NULL) != KR_OK) {
        return kr_fail(err, KR_MEMORY, "out of memory for the new points");
    }
    KR_TRY(kr_knn_query(team, &map, &queries, k, &s->near, err));
    KR_TRY(smooth(team, s, err));
    kr_team_for(team, n_places, place_query, s);
    return KR_OK;
}

kr_status kr_umap_inverse(kr_team *team, const kr_umap *umap, const kr_points *points,
                          const float *places, int64_t n_places, double *out, kr_error *err) {
    kr_points fitted;
    if (umap->options.metric != KR_METRIC_EUCLIDEAN) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "points for places are found in the Euclidean metric alone");
    }
    KR_TRY(kr__umap_take_points(umap, points, &fitted, err));
    KR_TRY(kr__umap_refuse_density(umap, err));
    inverse s = {.umap = umap, .points = &fitted, .out = out};
    kr_status status = find(team, &s, places, n_places, err);
    kr_knn_destroy(s.near);
    kr_free(s.rho);
    kr_free(s.sigma);
    kr_per_worker_deinit(&s.difference);
    return status;
}
