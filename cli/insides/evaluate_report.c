/* SPDX-License-Identifier: MIT
 * evaluate_report.c - what was found out, as a table, as JSON, and the maps as numbers. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/csv_text.h"
#include "framework/json_numbers.h"
#include "framework/say.h"
#include "insides/evaluate_command.h"
#include "nextstep/nextstep_config.h"

/* ---- the table -------------------------------------------------------------------------- */

static void print_number(FILE *out, int width, int decimals, double value) {
    if (isfinite(value)) {
        fprintf(out, "  %*.*f", width, decimals, value);
    } else {
        say(out, "  %*s", width, "-");
    }
}

/* Columns are those of what was asked for. */
void evaluate_print_table(const evaluation *e, FILE *out) {
    const evaluate_config *c = &e->request->config;
    bool has_pca = c->pca > 0 && evaluate_wants_maps(e->request);
    say(out, "\n%-10s  %5s", "Layer", "Dim");
    if (!c->no_lb) say(out, "  %8s  %8s  %8s", "LB k=10", "LB k=30", "LB k=100");
    if (has_pca) say(out, "  %8s", "PCA kept");
    if (c->silhouette) say(out, "  %10s  %10s", "Silhouette", "of the map");
    fputc('\n', out);
    for (int64_t i = 0; i < e->n; i++) {
        const representation *r = &e->list[i];
        say(out, "%-10s  %5" PRId64, r->name, r->dim);
        for (int k = 0; k < EVALUATE_KS && !c->no_lb; k++) print_number(out, 8, 2, r->lb[k]);
        if (has_pca) print_number(out, 8, 3, r->pca_dim > 0 ? r->pca_share : 1);
        if (c->silhouette) print_number(out, 10, 3, r->silhouette);
        if (c->silhouette) print_number(out, 10, 3, r->map_silhouette);
        fputc('\n', out);
    }
}

/* ---- evaluation.json -------------------------------------------------------------------- */

static bool add_representation(cJSON *list, const evaluation *e, const representation *r) {
    cJSON *item = cJSON_CreateObject(), *lb = NULL;
    bool is_made = item && cJSON_AddItemToArray(list, item) &&
                   kr__json_add_text(item, "name", r->key) && kr__json_add_int(item, "dim", r->dim);
    if (is_made && e->n_measured > 0) {
        is_made = (lb = cJSON_AddObjectToObject(item, "levina_bickel")) != NULL;
        for (int k = 0; k < EVALUATE_KS && is_made; k++) {
            char name[32];
            snprintf(name, sizeof name, "%" PRId64, evaluate_ks[k]);
            is_made = kr__json_add_number(lb, name, r->lb[k]);
        }
    }
    if (is_made && r->pca_dim > 0) {
        is_made = kr__json_add_int(item, "pca_dim", r->pca_dim) &&
                  kr__json_add_number(item, "pca_variance", r->pca_share);
    }
    if (is_made && e->request->config.silhouette) {
        is_made = kr__json_add_number(item, "silhouette", r->silhouette) &&
                  kr__json_add_number(item, "map_silhouette", r->map_silhouette);
    }
    return is_made;
}

static bool fill_json(cJSON *object, const evaluation *e, const char *config, double started) {
    const evaluate_request *request = e->request;
    cJSON *list = NULL;
    bool is_made = kr__json_add_text(object, "checkpoint", request->config.checkpoint) &&
                   kr__json_add_text(object, "data", kr_series_path(e->look.series)) &&
                   kr__json_add_int(object, "n_steps", look_steps(&e->look)) &&
                   kr__json_add_int(object, "window", e->look.window) &&
                   kr__json_add_int(object, "umap_points", e->n_mapped) &&
                   kr__json_add_int(object, "lb_points", e->n_measured) &&
                   (list = cJSON_AddArrayToObject(object, "representations"));
    for (int64_t i = 0; i < e->n && is_made; i++) {
        is_made = add_representation(list, e, &e->list[i]);
    }
    return is_made && kr__json_add_number(object, "wall_seconds", kr__time_now() - started) &&
           kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss()) &&
           kr__json_add_text(object, "version", KR_VERSION_STRING) &&
           kr__json_add_text(object, "command", request->call.given.command_line) &&
           cJSON_AddItemToObject(object, "config", cJSON_Parse(config));
}

kr_status evaluate_write_json(const evaluation *e, double started, char **text, kr_error *err) {
    char *config = NULL, path[EVALUATE_PATH_SIZE];
    KR_TRY(kr__flags_to_json(kr__evaluate_flags(), &e->request->config, &config, err));
    cJSON *object = cJSON_CreateObject();
    if (object && fill_json(object, e, config, started)) *text = json_print(object);
    cJSON_Delete(object);
    kr_free(config);
    if (!*text) return kr_fail(err, KR_MEMORY, "no memory for evaluation.json");
    KR_TRY(kr__file_write(
        kr__path_join(e->request->config.save_dir, "evaluation.json", path, sizeof path), *text,
        strlen(*text), err));
    if (e->look.out) say(e->look.out, "\nSaved %s\n", path);
    return KR_OK;
}

/* ---- the maps as a file ----------------------------------------------------------------- */

kr_status evaluate_check_ending(const char *path, kr_error *err) {
    if (kr__text_ends(path, ".npz") || kr__text_ends(path, ".csv")) return KR_OK;
    return kr_fail(err, KR_USAGE, "%s: maps are written to .npz or .csv", path);
}

/* Steps on the maps, in an array of its own; NULL when out of memory. */
static int64_t *list_steps(const evaluation *e) {
    int64_t *steps = kr__calloc((size_t)e->n_mapped, sizeof *steps);
    for (int64_t i = 0; i < e->n_mapped && steps; i++) steps[i] = e->rows[e->mapped[i]];
    return steps;
}

/* steps, states and a (n, 2) map under each layer's key. */
static kr_status write_npz(const evaluation *e, const int64_t *steps, kr_error *err) {
    const int64_t shape[] = {e->n_mapped, 2};
    int64_t n = 0;
    kr_array *arrays = kr__calloc((size_t)e->n + 2, sizeof *arrays);
    if (!arrays) return kr_fail(err, KR_MEMORY, "no memory for the maps");
    kr_status status = kr_array_view("steps", KR_DTYPE_I64, 1, shape, steps, &arrays[n++], err);
    if (status == KR_OK && e->states) {
        status = kr_array_view("states", KR_DTYPE_I64, 1, shape, e->states, &arrays[n++], err);
    }
    for (int64_t i = 0; i < e->n && status == KR_OK; i++) {
        status = kr_array_view(e->list[i].key, KR_DTYPE_F32, 2, shape, e->list[i].map, &arrays[n++],
                               err);
    }
    if (status == KR_OK) {
        status = kr_npz_write(e->request->config.embed_out, arrays, n, false, err);
    }
    kr_free(arrays);
    return status;
}

/* step,state,input_1,input_2,layer_1_1,.. */
static kr_status write_csv(const evaluation *e, const int64_t *steps, kr_error *err) {
    kr_file_writer writer;
    KR_TRY(kr__file_writer_open(e->request->config.embed_out, &writer, err));
    FILE *out = writer.stream;
    fprintf(out, e->states ? "step,state" : "step");
    for (int64_t i = 0; i < 2 * e->n; i++) {
        fputc(',', out);
        csv_write_name(out, e->list[i / 2].key, i % 2 == 0 ? "_1" : "_2");
    }
    fputc('\n', out);
    for (int64_t t = 0; t < e->n_mapped; t++) {
        fprintf(out, "%" PRId64, steps[t]);
        if (e->states) fprintf(out, ",%" PRId64, e->states[t]);
        for (int64_t i = 0; i < e->n; i++) {
            const float *place = e->list[i].map + 2 * t;
            fprintf(out, ",%.9g,%.9g", (double)place[0], (double)place[1]);
        }
        fputc('\n', out);
    }
    return kr__file_writer_commit(&writer, err);
}

kr_status evaluate_write_maps(const evaluation *e, kr_error *err) {
    const char *path = e->request->config.embed_out;
    if (!*path) return KR_OK;
    int64_t *steps = list_steps(e);
    if (!steps) return kr_fail(err, KR_MEMORY, "no memory for the maps");
    kr_status status =
        kr__text_ends(path, ".csv") ? write_csv(e, steps, err) : write_npz(e, steps, err);
    kr_free(steps);
    if (status == KR_OK && e->look.out) say(e->look.out, "\nSaved %s\n", path);
    return status;
}
