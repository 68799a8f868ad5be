/* SPDX-License-Identifier: MIT
 * cmd_umap.c - krait umap: a map of the points in a file. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include <kr/figures.h>
#include <kr/points.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "framework/command.h"
#include "framework/command_flags.h"
#include "framework/drawing.h"
#include "framework/json_numbers.h"
#include "framework/palette_option.h"
#include "framework/program.h"
#include "framework/progress.h"
#include "framework/say.h"
#include "points/saved_map.h"
#include "points/umap_command.h"
#include "tables/text_sources.h"

enum { QUALITY_NEIGHBOURS = 15 };

/* ---- the request ------------------------------------------------------------------------ */

#define KR_FLAG_OWNER umap_config
#define KR_FLAG_NAME "umap"
#define KR_FLAG_LIST "points/umap_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

const kr_flag_table *umap_flags(void) { return &table; }

static const option own_options[] = {
    SWITCH_OPTION("output", "no_figures", "draw nothing"),
    PALETTE_OPTION,
    SWITCH_OPTION("output", "quality",
                  "say how well the map keeps neighbourhoods: trustworthiness and recall of the 15 "
                  "nearest; time grows with the square of the points"),
    QUIET_OPTION("print errors only"),
    JSON_OPTION("times and quality as JSON"),
    UNPACK_OPTION,
};

static settings umap_settings = {.command = "umap",
                                 .flags = umap_flags,
                                 .own = own_options,
                                 .n_own = sizeof own_options / sizeof own_options[0],
                                 .short_o = "out",
                                 .n_words = 1};

typedef struct request {
    command_call call;
    umap_config config;
    kr_rows_options how;   /* tables are read */
    const char *transform; /* the file of the new points; NULL: there are none */
    bool has_quality;
} request;

/* With a map that is fitted, only what is done with it can be asked for. */
static kr_status check_fitted(const request *r, kr_error *err) {
    static const char *const fits[] = {
        "out",     "figure", "transform", "transform_out", "threads",      "no_figures",
        "palette", "quiet",  "json",      "map",           "max_unpacked",
#define KR_STR(group, name, default_value, choices, word, traits, help) #name,
#define KR_INT(group, name, default_value, low, high, word, traits, help) #name,
#define READING_OF_POINTS
#include "tables/reading_flags.inc"
#undef KR_STR
#undef KR_INT
    };
    const settings_given *given = &r->call.given;
    for (int i = 0; i < given->n; i++) {
        size_t k = 0, n = sizeof fits / sizeof *fits;
        while (k < n && strcmp(given->options[i]->name, fits[k]) != 0) k++;
        if (k < n) continue;
        return kr_fail(err, KR_USAGE,
                       "--%s: is of no use with --map, which takes a map as it was fitted; leave "
                       "it out",
                       given->options[i]->name);
    }
    bool has_points = given->n_words > 0, has_new = *r->config.transform;
    if (has_points != has_new) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   has_new ? "the new points are named twice, by --transform and without it"
                           : "which points are placed on the map? name them with --transform");
}

static kr_status check_points(const request *r, kr_error *err) {
    if (r->config.densmap && *r->config.transform) {
        return kr_fail(err, KR_USAGE,
                       "--transform: a map made with --densmap takes no new points; leave one of "
                       "them out");
    }
    if (*r->config.map) return check_fitted(r, err);
    if (r->call.given.n_words > 0) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "which points? name a .npy, .npz or .csv file, or a folder "
                   "with data.npz");
}

static kr_status read_request(void *arg, kr_error *err) {
    request *r = arg;
    r->call.has_figures = r->call.has_figures && *r->config.figure;
    r->has_quality = settings_own(&r->call.given, "quality");
    KR_TRY(check_points(r, err));
    r->how = umap_reading(&r->config);
    r->transform = *r->config.transform ? r->config.transform : NULL;
    if (*r->config.map) {
        if (!r->transform) r->transform = r->call.given.words[0];
        if (!settings_has(&r->call.given, "out")) *r->config.out = '\0';
    }
    if (r->call.has_figures) KR_TRY(draw_check_name(r->config.figure, err));
    if (r->transform) KR_TRY(kr_series_check_ending(r->config.transform_out, err));
    return *r->config.out ? kr_series_check_ending(r->config.out, err) : KR_OK;
}

static kr_umap_options options_of(const request *r) {
    const umap_config *c = &r->config;
    kr_umap_options o = {.size = sizeof o,
                         .n_neighbors = c->n_neighbors,
                         .n_components = c->n_components,
                         .min_dist = c->min_dist,
                         .spread = c->spread,
                         .n_epochs = c->n_epochs,
                         .learning_rate = c->learning_rate,
                         .repulsion = c->repulsion,
                         .negative_samples = c->negative_samples,
                         .target_weight = c->target_weight,
                         .metric_power = c->metric_power,
                         .disconnection = c->disconnection,
                         .densmap = c->densmap,
                         .dens_lambda = c->dens_lambda,
                         .dens_frac = c->dens_frac,
                         .dens_var_shift = c->dens_var_shift,
                         .seed = (uint64_t)c->seed};
    kr_metric_find(c->metric, &o.metric, NULL); /* its choices are checked */
    if (strcmp(c->init, "pca") == 0) o.init = KR_UMAP_PCA;
    if (strcmp(c->init, "random") == 0) o.init = KR_UMAP_RANDOM;
    return o;
}

/* ---- the map ---------------------------------------------------------------------------- */

typedef struct job {
    const request *request;
    umap_data data; /* of a saved map: its columns and how many points it has */
    kr_umap *umap;
    int64_t n_new;
    double *values_new; /* of --transform; or NULL */
    float *places_new;  /* the same */
    progress_line progress;
    double read_s, fit_s, transform_s, trustworthiness, recall;
} job;

/* Of points and new points one may be a table: flags of reading are for it alone. */
static const kr_rows_options *how_to_read(const request *r, const char *path) {
    static const kr_rows_options seen = {.size = sizeof seen};
    const char *points = r->call.given.n_words > 0 ? r->call.given.words[0] : "";
    bool has_table = kr__is_table_name(points) || (r->transform && kr__is_table_name(r->transform));
    return has_table && !kr__is_table_name(path) ? &seen : &r->how;
}

static bool show_epoch(void *arg, int64_t epoch, int64_t n_epochs) {
    job *j = arg;
    if (epoch == 1) progress_start(&j->progress, j->progress.stream, "layout", 0, n_epochs);
    progress_update(&j->progress, epoch, NULL);
    return true;
}

/* Columns of a table that the points have not: most likely of no use, perhaps misspelt. */
static void tell_unknown(const job *j, const char *path, const kr_few *unknown) {
    if (unknown->n == 0 || j->request->call.is_quiet) return;
    say(stderr, "krait umap: %s: left out, as the points of the map have no such column: %s\n",
        path, unknown->names);
}

/* points: of the fit; NULL: the map has its own. */
static kr_status place_more(job *j, const kr_points *points, kr_error *err) {
    const char *path = j->request->transform;
    const kr_pca *pca = points ? j->data.pca : kr_umap_pca(j->umap);
    kr_few unknown = {0};
    KR_TRY(umap_data_read_more(path, &j->data.columns, pca, how_to_read(j->request, path),
                               &j->values_new, &j->n_new, &unknown, err));
    tell_unknown(j, path, &unknown);
    kr_points more = kr_points_f64(j->values_new, j->n_new, kr_umap_dim(j->umap));
    j->places_new =
        kr__calloc((size_t)j->n_new, (size_t)kr_umap_n_components(j->umap) * sizeof(float));
    if (!j->places_new) return kr_fail(err, KR_MEMORY, "out of memory for the new points");
    double started = kr__time_now();
    KR_TRY(kr_umap_transform(program_team(), j->umap, points, &more, j->places_new, err));
    j->transform_s = kr__time_now() - started;
    return KR_OK;
}

static kr_status fit(job *j, kr_error *err) {
    kr_points points = umap_data_points(&j->data);
    kr_umap_options o = options_of(j->request);
    double started = kr__time_now();
    j->progress.stream = j->request->call.is_quiet ? NULL : stderr;
    o.progress = show_epoch;
    o.progress_arg = j;
    KR_TRY(kr_umap_fit(program_team(), &points, j->data.labels, &o, &j->umap, err));
    j->fit_s = kr__time_now() - started;
    if (*j->request->config.save_map) {
        KR_TRY(saved_map_write(j->request->config.save_map, j->umap, &j->data, err));
    }
    return j->request->transform ? place_more(j, &points, err) : KR_OK;
}

/* A map that was fitted before, in place of read and fit. */
static kr_status open_map(job *j, kr_error *err) {
    double started = kr__time_now();
    KR_TRY(saved_map_open(j->request->config.map, &j->umap, &j->data.columns, err));
    j->data.n = kr_umap_count(j->umap);
    j->read_s = kr__time_now() - started;
    program_catch_signals();
    return place_more(j, NULL, err);
}

static kr_status measure(job *j, kr_error *err) {
    int64_t k = QUALITY_NEIGHBOURS, n = j->data.n;
    if (k >= n / 2) k = n > 4 ? (n - 1) / 2 - 1 : 1;
    kr_points points = umap_data_given(&j->data); /* not their components */
    kr_points map = kr_points_f32(kr_umap_embedding(j->umap), n, kr_umap_n_components(j->umap));
    KR_TRY(kr_trustworthiness(program_team(), &points, &map, k, &j->trustworthiness, err));
    return kr_map_recall(program_team(), &points, &map, k, &j->recall, err);
}

/* ---- what is left behind ---------------------------------------------------------------- */

static kr_status write_places(const job *j, const char *path, int64_t n, const float *places,
                              kr_error *err) {
    const int64_t shape[] = {n, kr_umap_n_components(j->umap)};
    kr_array X;
    KR_TRY(kr_array_view("X", KR_DTYPE_F32, 2, shape, places, &X, err));
    KR_TRY(kr_series_write(path, &X, NULL, err));
    if (j->request->call.out) say(j->request->call.out, "Saved %s\n", path);
    return KR_OK;
}

/* The first two components of n places, one of which may be missing; free it. */
static float *first_two(const job *j, int64_t n, const float *places) {
    int64_t dim = kr_umap_n_components(j->umap);
    float *two = kr__calloc((size_t)n, 2 * sizeof *two);
    for (int64_t i = 0; i < n && two; i++) {
        two[2 * i] = places[i * dim];
        two[2 * i + 1] = dim > 1 ? places[i * dim + 1] : 0;
    }
    return two;
}

static kr_status draw(const void *arg, kr_error *err) {
    const job *j = arg;
    const umap_data *d = &j->data;
    kr_map maps[2] = {{.size = sizeof maps[0], .n = d->n, .classes = d->classes},
                      {.size = sizeof maps[1], .title = "new points", .n = j->n_new}};
    float *places = first_two(j, d->n, kr_umap_embedding(j->umap));
    float *more = j->places_new ? first_two(j, j->n_new, j->places_new) : NULL;
    kr_status status = KR_OK;
    if (places && (more || !j->places_new)) {
        maps[0].places = places;
        maps[1].places = more;
        if (more) maps[0].title = "points of the map";
        if (d->color.values && !d->classes) {
            maps[0].numbers = kr_values_f64(d->color.values, d->n, 1);
            maps[0].number_label = d->color.name;
        }
        bool is_states = d->color.name && strcmp(d->color.name, "states") == 0;
        status = kr_figure_maps(j->request->config.figure,
                                &(kr_maps){.size = sizeof(kr_maps),
                                           .n_maps = more ? 2 : 1,
                                           .maps = maps,
                                           .columns = 2,
                                           .axis = "UMAP",
                                           .n_classes = d->n_classes,
                                           .class_name = is_states ? "state" : d->color.name,
                                           .palette = j->request->call.palette},
                                err);
    } else {
        status = kr_fail(err, KR_MEMORY, "no memory for %s", j->request->config.figure);
    }
    if (status == KR_OK && j->request->call.out) {
        say(j->request->call.out, "Saved %s\n", j->request->config.figure);
    }
    kr_free(places);
    kr_free(more);
    return status;
}

static void print_fit(const job *j, FILE *out) {
    say(out, "%jd points of %jd number%s on a map of %jd dimension%s: %.2f s\n",
        (intmax_t)j->data.n, (intmax_t)kr_umap_dim(j->umap), kr__plural(kr_umap_dim(j->umap)),
        (intmax_t)kr_umap_n_components(j->umap), kr__plural(kr_umap_n_components(j->umap)),
        j->fit_s);
    double found = kr_umap_neighbour_recall(j->umap);
    if (found < 1) {
        fprintf(out, "neighbours by descent: %.1f %% of the true ones in a sample\n", 100 * found);
    }
    if (j->request->has_quality) {
        fprintf(out, "trustworthiness %.4f, recall of neighbours %.4f\n", j->trustworthiness,
                j->recall);
    }
    if (*j->request->config.save_map) say(out, "Saved %s\n", j->request->config.save_map);
}

static void print_text(const job *j) {
    FILE *out = j->request->call.out;
    if (!out) return;
    if (!*j->request->config.map) {
        print_fit(j, out);
    } else {
        say(out, "%jd new point%s on a map of %jd points: %.2f s\n", (intmax_t)j->n_new,
            kr__plural(j->n_new), (intmax_t)j->data.n, j->transform_s);
    }
}

static kr_status print_json(const job *j, kr_error *err) {
    const request *r = j->request;
    cJSON *object = cJSON_CreateObject();
    char *text = NULL;
    bool is_fit = !*r->config.map;
    bool is_made =
        object &&
        kr__json_add_text(object, is_fit ? "points" : "map",
                          is_fit ? kr_series_path(j->data.series) : r->config.map) &&
        kr__json_add_int(object, "n_points", j->data.n) &&
        kr__json_add_int(object, "n_features", kr_umap_dim(j->umap)) &&
        kr__json_add_number(object, "read_seconds", j->read_s) &&
        (!is_fit || kr__json_add_number(object, "fit_seconds", j->fit_s)) &&
        kr__json_add_number(object, "neighbour_recall", kr_umap_neighbour_recall(j->umap));
    if (is_made && r->transform) {
        is_made = kr__json_add_int(object, "n_new", j->n_new) &&
                  kr__json_add_number(object, "transform_seconds", j->transform_s);
    }
    if (is_made && r->has_quality) {
        is_made = kr__json_add_number(object, "trustworthiness", j->trustworthiness) &&
                  kr__json_add_number(object, "knn_recall", j->recall);
    }
    is_made = is_made && kr__json_add_int(object, "peak_rss_bytes", kr__peak_rss()) &&
              kr__json_add_text(object, "version", KR_VERSION_STRING) &&
              kr__json_add_text(object, "command", r->call.given.command_line);
    if (is_made) text = json_print(object);
    cJSON_Delete(object);
    if (!text) return kr_fail(err, KR_MEMORY, "no memory for the summary");
    json_write(text, stdout);
    kr_free(text);
    return KR_OK;
}

/* ---- the run ---------------------------------------------------------------------------- */

static kr_status make_map(job *j, kr_error *err) {
    const request *r = j->request;
    double started = kr__time_now();
    const char *path = r->call.given.words[0];
    KR_TRY(umap_data_read(path, &r->config, how_to_read(r, path), &j->data, err));
    j->read_s = kr__time_now() - started;
    kr_status status = fit(j, err);
    progress_clear(&j->progress);
    return status == KR_OK && r->has_quality ? measure(j, err) : status;
}

static kr_status run_job(job *j, kr_error *err) {
    const request *r = j->request;
    const char *const outputs[] = {r->config.out, r->config.save_map,
                                   r->transform ? r->config.transform_out : "",
                                   r->call.has_figures ? r->config.figure : ""};
    KR_TRY(command_probe(outputs, 4, err));
    KR_TRY(*r->config.map ? open_map(j, err) : make_map(j, err));
    print_text(j);
    if (*r->config.out) {
        KR_TRY(write_places(j, r->config.out, j->data.n, kr_umap_embedding(j->umap), err));
    }
    if (j->places_new) {
        KR_TRY(write_places(j, r->config.transform_out, j->n_new, j->places_new, err));
    }
    if (r->call.has_figures) KR_TRY(draw_apart(draw, j, err));
    return r->call.is_json ? print_json(j, err) : KR_OK;
}

static kr_status run_request(void *arg, kr_error *err) {
    job j = {.request = arg};
    kr_status status = run_job(&j, err);
    umap_data_deinit(&j.data);
    kr_umap_destroy(j.umap);
    kr_free(j.values_new);
    kr_free(j.places_new);
    return status;
}

/* ---- the row ---------------------------------------------------------------------------- */

static const command_text examples[] = {
    {"the series of krait synth, 10,000 of its steps, coloured by circle:",
     "krait umap data --points 10000 --n-neighbors 50 --min-dist 0.3"},
    {"a table, coloured by one of its columns:",
     "krait umap flowers.csv --color species --out flowers_map.csv"},
    {"a supervised map, and new points placed into it:",
     "krait umap known.csv --label class --transform new.csv"},
    {"save a map:", "krait umap known.csv --label class --save-map known.safetensors"},
    {"place new points on it:", "krait umap new.csv --map known.safetensors"},
    {NULL, NULL},
};

static const command_text sections[] = {
    {"FILES",
     "umap.npy, or --out: the places, one row a point. umap.png, or --figure: the picture. "
     "umap_transform.npy, or --transform_out: the places of the new points.\n\n"
     "The points: a folder with data.npz; .npz: X, and states, which colour the picture; .npy; "
     ".csv: the columns of numbers, read in double. --color and --label take a column out of the "
     "coordinates; in an .npz they may name any array with one entry a row.\n\n"
     "New points, --transform: if both files are tables, columns are matched by name, in any "
     "order; "
     "the columns of --color and --label may be missing, and other columns may hold anything. "
     "Otherwise they are matched by position: the file has all columns, or the coordinates alone."},
    {"A MAP IN A FILE",
     "--save-map FILE saves the map with the points of the fit, the components of --pca and the "
     "names of the columns. --map FILE places new points on it, with the same bits as the process "
     "that fitted it; settings of the fit cannot be changed then, and the places of the old points "
     "are written only if --out is given. Classes and colours are not saved. krait info shows "
     "what is in the file; docs/umap.md describes the format."},
    {"UNITS",
     "A map does not depend on unit or origin: points times a power of two, or moved without "
     "losing "
     "digits, have the same map to the bit; for any other unit or origin the map is as good. "
     "Columns are not scaled against each other. --quality compares the map with the points as "
     "they were given, not with the components of --pca, by Euclidean distance."},
    {"REPRODUCIBLE",
     "The same points, flags and seed give the same map to the bit, for any number of threads."},
    {"ENVIRONMENT", "KR_CPU: v2, v3 or v4 chooses the code for a lower CPU level."},
    {NULL, NULL},
};

const command command_umap = {
    .name = "umap",
    .summary = "a map of points in many dimensions that keeps their neighbourhoods",
    .usage = "POINTS [--flag value]...",
    .purpose =
        "Place points of many dimensions on a map of two (or more) so that neighbours stay "
        "neighbours: UMAP (McInnes, Healy, Melville 2018). The names and defaults of the map's "
        "settings are umap-learn's.",
    .settings = &umap_settings,
    .examples = examples,
    .sections = sections,
    .request_size = sizeof(request),
    .config = offsetof(request, config),
    .computes = COMPUTES,
    .read = read_request,
    .run = run_request,
};
