/* SPDX-License-Identifier: MIT
 * synth_draw.c - the pictures of a series of circles, and the map of its steps. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kr/figures.h>
#include <kr/points.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/look.h"
#include "framework/program.h"
#include "framework/say.h"
#include "nextstep/synth_command.h"
#include "points/make_map.h"

enum {
    WINDOW = 3000,
    N_WINDOWS = 3,
    MOST_MAPPED = 10000,
    LEAST_MAPPED = 10,
    NEIGHBORS = 50,
    MAP_SEED = 42,
    N_KS = 3
};

/* ---- windows ---------------------------------------------------------------------------- */

static kr_status draw_window(const synth_request *r, const kr_synth *s, int i, kr_error *err) {
    int64_t n = kr_synth_n_steps(s) < WINDOW ? kr_synth_n_steps(s) : WINDOW,
            f = kr_synth_ambient_dim(s);
    int64_t middle = kr_synth_n_steps(s) / 2 - n / 2;
    int64_t first = i == 0 ? 0 : i == 1 ? middle : kr_synth_n_steps(s) - n;
    kr_series_part part = {.size = sizeof part,
                           .n_steps = n,
                           .n_features = f,
                           .values = kr_values_f64(kr_synth_X(s) + first * f, n * f, 1),
                           .states = kr_synth_states(s) + first,
                           .first_step = first,
                           .palette = r->call.palette};
    char title[96], name[40], path[SYNTH_PATH_SIZE];
    snprintf(title, sizeof title, "Sample window  t = %jd … %jd  (%jd steps)", (intmax_t)first,
             (intmax_t)(first + n), (intmax_t)n);
    snprintf(name, sizeof name, "sample_window_%d.png", i);
    kr__path_join(r->save_dir, name, path, sizeof path);
    KR_TRY(kr_figure_series(path, title, &part, err));
    if (r->call.is_quiet) return KR_OK;
    say(r->call.words, "Saved %s  (t=%jd..%jd)\n", path, (intmax_t)first, (intmax_t)(first + n));
    return KR_OK;
}

/* A series no longer than a window is drawn as one window. */
static kr_status draw_windows(const synth_request *r, const kr_synth *s, kr_error *err) {
    int n = kr_synth_n_steps(s) <= WINDOW ? 1 : N_WINDOWS;
    for (int i = 0; i < n; i++) KR_TRY(draw_window(r, s, i, err));
    return KR_OK;
}

/* ---- the map ---------------------------------------------------------------------------- */

/* Steps on the map and their places. */
typedef struct synth_map {
    int64_t n, *steps;
    float *places; /* (n, 2) */
    char dimension[96];
} synth_map;

/* "k=10: 2.25  k=30: 2.09  k=100: 2.05" */
static kr_status describe_dimension(synth_map *m, kr_error *err) {
    static const int64_t ks[N_KS] = {10, 30, 100};
    const kr_points points = kr_points_f32(m->places, m->n, 2);
    const kr_knn_options options = {.size = sizeof options,
                                    .k = m->n - 1 < ks[N_KS - 1] ? m->n - 1 : ks[N_KS - 1]};
    kr_knn *knn = NULL;
    KR_TRY(kr_knn_create(program_team(), &points, &options, &knn, err));
    size_t n = 0;
    for (int i = 0; i < N_KS; i++) {
        double dimension = kr_levina_bickel(knn, ks[i], KR_LB_MEAN, NULL);
        n += (size_t)snprintf(m->dimension + n, sizeof m->dimension - n, "%sk=%" PRId64 ": %.2f",
                              i > 0 ? "  " : "", ks[i], dimension);
    }
    kr_knn_destroy(knn);
    return KR_OK;
}

static kr_status make_places(const synth_request *r, const kr_synth *s, synth_map *m,
                             kr_error *err) {
    const kr_points all =
        kr_points_f64(kr_synth_X(s), kr_synth_n_steps(s), kr_synth_ambient_dim(s));
    map_request request = {
        .n_neighbors = m->n < NEIGHBORS ? m->n : NEIGHBORS, .seed = MAP_SEED, .map = m->places};
    void *values = NULL;
    KR_TRY(kr_points_pick(&all, m->n, m->steps, &values, err));
    request.points = kr_points_f64(values, m->n, kr_synth_ambient_dim(s));
    kr_status status = map_make(r->call.out, &request, err);
    kr_free(values);
    return status;
}

static kr_status make_map(const synth_request *r, const kr_synth *s, synth_map *m, kr_error *err) {
    kr_pcg64 rng = kr__pcg64_make(MAP_SEED);
    KR_TRY(look_choose(&rng, kr_synth_n_steps(s), MOST_MAPPED, &m->steps, &m->n, err));
    m->places = kr__calloc((size_t)m->n, 2 * sizeof *m->places);
    if (!m->places) return kr_fail(err, KR_MEMORY, "out of memory for the map");
    if (!r->call.is_quiet) {
        fprintf(r->call.words, "Computing UMAP on %" PRId64 " / %" PRId64 " points...\n", m->n,
                kr_synth_n_steps(s));
    }
    KR_TRY(make_places(r, s, m, err));
    if (r->call.out) fprintf(r->call.out, "Computing Levina-Bickel on UMAP embedding...\n");
    KR_TRY(describe_dimension(m, err));
    if (r->call.out) say(r->call.out, "  LB dimension in UMAP space:  %s\n", m->dimension);
    return KR_OK;
}

static kr_status draw_map(const synth_request *r, const kr_synth *s, const kr_circles *circles,
                          const synth_map *m, kr_error *err) {
    char title[256], name[64], path[SYNTH_PATH_SIZE];
    int64_t subspace = r->config.subspace_dim;
    FILE *out = r->call.out;
    if (subspace == 0 || subspace > kr_synth_ambient_dim(s)) subspace = kr_synth_ambient_dim(s);
    snprintf(title, sizeof title,
             "UMAP of %" PRId64 " circles in %" PRId64 "D, subspace of %" PRId64
             "D.  Levina-Bickel dimension of the map: %s",
             kr_synth_n_circles(s), kr_synth_ambient_dim(s), subspace, m->dimension);
    snprintf(name, sizeof name, "umap_subspace_%" PRId64 ".png", subspace);
    kr__path_join(r->save_dir, name, path, sizeof path);
    KR_TRY(kr_figure_circles_map(path, title, circles, err));
    if (out) say(out, "Saved %s\n", path);
    return KR_OK;
}

/* ---- all -------------------------------------------------------------------------------- */

typedef struct pictures {
    const synth_request *request;
    const kr_synth *synth;
    const synth_map *map;
} pictures;

static kr_status draw_all(const void *arg, kr_error *err) {
    const synth_request *r = ((const pictures *)arg)->request;
    const kr_synth *s = ((const pictures *)arg)->synth;
    const synth_map *m = ((const pictures *)arg)->map;
    char path[SYNTH_PATH_SIZE];
    kr_circles circles = {.size = sizeof circles,
                          .n_steps = kr_synth_n_steps(s),
                          .n_circles = kr_synth_n_circles(s),
                          .states = kr_synth_states(s),
                          .transition_matrix = kr_synth_transitions(s),
                          .periods = kr_synth_periods(s),
                          .palette = r->call.palette};
    if (m->n > 0) {
        circles.n_mapped = m->n;
        circles.map_steps = m->steps;
        circles.map_places = m->places;
        KR_TRY(draw_map(r, s, &circles, m, err));
    }
    KR_TRY(draw_windows(r, s, err));
    kr__path_join(r->save_dir, "markov_circles_timeseries.png", path, sizeof path);
    KR_TRY(kr_figure_circles(path, &circles, err));
    if (!r->call.is_quiet) say(r->call.words, "Saved plot to %s\n", path);
    return KR_OK;
}

kr_status synth_draw(const synth_request *r, const kr_synth *s, kr_error *err) {
    synth_map map = {0};
    KR_TRY(kr__make_folders(*r->save_dir ? r->save_dir : ".", err));
    kr_status status = KR_OK;
    if (r->has_map && kr_synth_n_steps(s) >= LEAST_MAPPED) status = make_map(r, s, &map, err);
    if (status == KR_OK) status = draw_apart(draw_all, &(pictures){r, s, &map}, err);
    kr_free(map.steps);
    kr_free(map.places);
    return status;
}
