/* SPDX-License-Identifier: MIT
 * evaluate_figures.c - the maps of the layers as pictures. */
#include <math.h>

#include <kr/figures.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/drawing.h"
#include "framework/say.h"
#include "insides/evaluate_command.h"

enum { TITLE_SIZE = 256, MIDDLE = 1 /* the k that titles tell */ };

/* "Layer 2 (16D) → PCA 10D (96%)  (LB k=30: 5.8, silhouette 0.31)" */
static void write_title(const evaluation *e, const representation *r, char title[TITLE_SIZE]) {
    const char *before = "  (";
    int n = snprintf(title, TITLE_SIZE, "%s", r->label);
    if (e->n_measured > 0) {
        n += snprintf(title + n, TITLE_SIZE - (size_t)n, "%sLB k=%d: %.1f", before,
                      (int)evaluate_ks[MIDDLE], r->lb[MIDDLE]);
        before = ", ";
    }
    if (isfinite(r->map_silhouette)) {
        n += snprintf(title + n, TITLE_SIZE - (size_t)n, "%ssilhouette %.2f", before,
                      r->map_silhouette);
        before = ", ";
    }
    if (*before == ',') snprintf(title + n, TITLE_SIZE - (size_t)n, ")");
}

static kr_map make_map(const evaluation *e, const representation *r, const char *title) {
    return (kr_map){.size = sizeof(kr_map),
                    .title = title,
                    .n = e->n_mapped,
                    .places = r->map,
                    .classes = e->states};
}

static kr_maps make_figure(const evaluation *e, int64_t n, const kr_map *maps) {
    return (kr_maps){.size = sizeof(kr_maps),
                     .n_maps = n,
                     .maps = maps,
                     .columns = 1,
                     .axis = "UMAP",
                     .n_classes = kr_series_n_states(e->look.series),
                     .class_name = "circle",
                     .palette = e->request->call.palette};
}

typedef struct picture {
    const evaluation *e;
    const char *file;
    const kr_maps *maps;
    bool is_one; /* layer: its numbers were printed above */
} picture;

static kr_status draw(const void *arg, kr_error *err) {
    const picture *p = arg;
    char path[EVALUATE_PATH_SIZE];
    kr__path_join(p->e->request->config.save_dir, p->file, path, sizeof path);
    KR_TRY(kr_figure_maps(path, p->maps, err));
    if (p->e->look.out) say(p->e->look.out, p->is_one ? "  Saved %s\n" : "\nSaved %s\n", path);
    return KR_OK;
}

kr_status evaluate_draw_grid(const evaluation *e, int64_t first, int64_t n, const char *title,
                             int64_t columns, const char *file, kr_error *err) {
    kr_map *maps = kr__calloc((size_t)n, sizeof *maps);
    char(*titles)[TITLE_SIZE] = kr__calloc((size_t)n, sizeof *titles);
    kr_status status = maps && titles ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for %s", file);
    if (status == KR_OK) {
        for (int64_t i = 0; i < n; i++) {
            write_title(e, &e->list[first + i], titles[i]);
            maps[i] = make_map(e, &e->list[first + i], titles[i]);
        }
        kr_maps figure = make_figure(e, n, maps);
        figure.title = title;
        figure.columns = columns;
        status = draw_apart(draw, &(picture){e, file, &figure, false}, err);
    }
    kr_free(maps);
    kr_free(titles);
    return status;
}

kr_status evaluate_draw_one(const evaluation *e, const representation *r, kr_error *err) {
    char title[TITLE_SIZE], file[64];
    write_title(e, r, title);
    const kr_map map = make_map(e, r, title);
    const kr_maps figure = make_figure(e, 1, &map);
    snprintf(file, sizeof file, "umap_%s.png", r->key);
    return draw_apart(draw, &(picture){e, file, &figure, true}, err);
}
