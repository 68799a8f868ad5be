/* SPDX-License-Identifier: MIT
 * gates_maps.c - maps of the gates of all layers, over steps of the whole series. */
#include <inttypes.h>
#include <string.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "insides/gates_command.h"
#include "points/make_map.h"

static const struct kind {
    kr_inside what;
    const char *file, *name, *title;
} kinds[] = {
    {KR_INSIDE_DELTA, "delta", "Δ", "UMAP of Δ (step size, update gate) by layer"},
    {KR_INSIDE_Z_GATE, "zgate", "z", "UMAP of SiLU(z) (output gate) by layer"},
    {KR_INSIDE_B, "B", "B", "UMAP of B (input → state) by layer"},
    {KR_INSIDE_C, "C", "C", "UMAP of C (state → output) by layer"},
    {KR_INSIDE_X_CONV, "xconv", "x_conv", "UMAP of x after convolution and SiLU by layer"},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0], GRID_COLUMNS = 4 };

/* Of one kind, all layers. */
typedef struct maps {
    const gates_request *request;
    const look *look;
    int64_t first_layer, n_layers;
    int64_t n_rows, *rows; /* steps on the maps */
    int64_t *states;       /* (n_rows) or NULL */
    float **values;        /* (n_layers): (n_rows, width) */
    kr_inside_want *wants; /* (n_layers) */
    kr_map *maps;          /* (n_layers) */
    float **places;        /* (n_layers): (n_rows, 2) */
    char (*titles)[64];
} maps;

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the maps");
}

static kr_status allocate(maps *m, kr_error *err) {
    size_t n = (size_t)m->n_layers;
    m->values = kr__calloc(n, sizeof *m->values);
    m->wants = kr__calloc(n, sizeof *m->wants);
    m->maps = kr__calloc(n, sizeof *m->maps);
    m->places = kr__calloc(n, sizeof *m->places);
    m->titles = kr__calloc(n, sizeof *m->titles);
    if (!m->values || !m->wants || !m->maps || !m->places || !m->titles) return out_of_memory(err);
    for (int64_t i = 0; i < m->n_layers; i++) {
        m->places[i] = kr__calloc((size_t)m->n_rows, 2 * sizeof(float));
        if (!m->places[i]) return out_of_memory(err);
    }
    return KR_OK;
}

static void free_values(maps *m) {
    for (int64_t i = 0; i < m->n_layers && m->values; i++) {
        kr_free(m->values[i]);
        m->values[i] = NULL;
    }
}

static void release(maps *m) {
    free_values(m);
    for (int64_t i = 0; i < m->n_layers && m->places; i++) kr_free(m->places[i]);
    kr_free(m->rows);
    kr_free(m->states);
    kr_free(m->values);
    kr_free(m->wants);
    kr_free(m->maps);
    kr_free(m->places);
    kr_free(m->titles);
}

static kr_status choose_rows(maps *m, kr_error *err) {
    const gates_config *c = &m->request->config;
    kr_pcg64 rng = kr__pcg64_make((uint64_t)c->seed);
    KR_TRY(look_choose(&rng, look_steps(m->look), c->umap_points, &m->rows, &m->n_rows, err));
    KR_TRY(map_check_neighbors(c->umap_neighbors, m->n_rows, err));
    if (!kr_series_states(m->look->series)) return KR_OK;
    m->states = kr__calloc((size_t)m->n_rows, sizeof *m->states);
    if (!m->states) return out_of_memory(err);
    for (int64_t i = 0; i < m->n_rows; i++)
        m->states[i] = kr_series_states(m->look->series)[m->rows[i]];
    return KR_OK;
}

/* ---- one kind --------------------------------------------------------------------------- */

static kr_status collect(maps *m, const struct kind *kind, kr_error *err) {
    int64_t width = kr_inside_width(m->look->model, kind->what);
    for (int64_t i = 0; i < m->n_layers; i++) {
        m->values[i] = kr__calloc((size_t)m->n_rows, (size_t)width * sizeof(float));
        if (!m->values[i]) return out_of_memory(err);
        m->wants[i] = (kr_inside_want){kind->what, m->first_layer + i, m->values[i]};
    }
    return look_collect(m->look, m->n_rows, m->rows, m->n_layers, m->wants, err);
}

static kr_status make_map(maps *m, const struct kind *kind, int64_t i, kr_error *err) {
    const gates_config *c = &m->request->config;
    int64_t width = kr_inside_width(m->look->model, kind->what);
    snprintf(m->titles[i], sizeof m->titles[i], "%s Layer %" PRId64 " (%" PRId64 "D)", kind->name,
             m->first_layer + i + 1, width);
    m->maps[i] = (kr_map){.size = sizeof(kr_map),
                          .title = m->titles[i],
                          .n = m->n_rows,
                          .places = m->places[i],
                          .classes = m->states};
    const map_request request = {.points = kr_points_f32(m->values[i], m->n_rows, width),
                                 .n_neighbors = c->umap_neighbors,
                                 .seed = (uint64_t)c->seed,
                                 .map = m->places[i]};
    if (m->look->out) say(m->look->out, "Computing UMAP for %s...\n", m->titles[i]);
    return map_make(m->look->out, &request, err);
}

typedef struct picture {
    const maps *maps;
    const struct kind *kind;
    const char *path;
} picture;

static kr_status draw(const void *arg, kr_error *err) {
    const picture *p = arg;
    const maps *m = p->maps;
    const kr_maps figure = {.size = sizeof figure,
                            .title = p->kind->title,
                            .n_maps = m->n_layers,
                            .maps = m->maps,
                            .columns = GRID_COLUMNS,
                            .axis = "UMAP",
                            .n_classes = kr_series_n_states(m->look->series),
                            .class_name = "circle",
                            .palette = m->request->call.palette};
    KR_TRY(kr_figure_maps(p->path, &figure, err));
    if (m->look->out) say(m->look->out, "Saved %s\n", p->path);
    return KR_OK;
}

static kr_status save(const maps *m, const struct kind *kind, cJSON *list, kr_error *err) {
    char name[64], path[GATES_PATH_SIZE];
    snprintf(name, sizeof name, "gates_umap_%s.png", kind->file);
    kr__path_join(m->request->config.save_dir, name, path, sizeof path);
    KR_TRY(draw_apart(draw, &(picture){m, kind, path}, err));
    cJSON *item = list ? cJSON_CreateObject() : NULL;
    if (!list ||
        (item && cJSON_AddItemToArray(list, item) && kr__json_add_text(item, "file", path) &&
         kr__json_add_text(item, "kind", kind->file) &&
         kr__json_add_int(item, "n_points", m->n_rows))) {
        return KR_OK;
    }
    return kr_fail(err, KR_MEMORY, "no memory for the summary");
}

static kr_status run_kind(maps *m, const struct kind *kind, cJSON *list, kr_error *err) {
    kr_status status = collect(m, kind, err);
    for (int64_t i = 0; i < m->n_layers && status == KR_OK; i++) {
        status = make_map(m, kind, i, err);
    }
    if (status == KR_OK) status = save(m, kind, list, err);
    free_values(m);
    return status;
}

static kr_status run_all(maps *m, cJSON *list, kr_error *err) {
    KR_TRY(choose_rows(m, err));
    KR_TRY(allocate(m, err));
    for (int k = 0; k < N_KINDS; k++) KR_TRY(run_kind(m, &kinds[k], list, err));
    return KR_OK;
}

kr_status gates_run_maps(const gates_request *request, const look *l, cJSON *list, kr_error *err) {
    int64_t layer = request->config.layer;
    maps m = {.request = request,
              .look = l,
              .first_layer = layer > 0 ? layer - 1 : 0,
              .n_layers = layer > 0 ? 1 : kr_nextstep_shape_of(l->model)->n_layers};
    look_print_data(l);
    look_print_steps(l, "gates");
    kr_status status = run_all(&m, list, err);
    release(&m);
    return status;
}
