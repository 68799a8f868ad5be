/* SPDX-License-Identifier: MIT
 * report_layers.c - what `krait evaluate` found inside a model: evaluation.json, and the maps of
 * --embed_out where they lie in the same folder. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include <kr/files.h>

#include "core/platform.h"
#include "core/text.h"
#include "report/report.h"

#include "framework/sentence.h"

enum { MOST_BYTES = 256 << 20, MOST_LAYERS = 256, MOST_CLASSES = 64, MOST_POINTS = 20000 };

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- the numbers of each layer ---------------------------------------------------------- */

/* A number of a representation: object NULL: of itself. */
typedef struct measure {
    const char *head, *object, *name;
    int chart; /* in which it is drawn; -1: in none */
} measure;

static const measure measures[] = {
    {"size", NULL, "dim", -1},
    {"LB, k = 10", "levina_bickel", "10", 0},
    {"LB, k = 30", "levina_bickel", "30", 0},
    {"LB, k = 100", "levina_bickel", "100", 0},
    {"PCA size", NULL, "pca_dim", -1},
    {"variance kept", NULL, "pca_variance", -1},
    {"silhouette of values", NULL, "silhouette", 1},
    {"silhouette of the map", NULL, "map_silhouette", 1},
};
static const struct {
    const char *title, *label;
} charts[] = {{"Intrinsic dimension (Levina-Bickel)", "dimension"},
              {"How well the circles keep apart", "silhouette"}};
enum {
    N_MEASURES = sizeof measures / sizeof measures[0],
    N_CHARTS = sizeof charts / sizeof charts[0]
};

/* The layers of a file, and a row of n numbers for each measure. */
typedef struct layers {
    int64_t n;
    const char **names;
    double *values[N_MEASURES];
    bool has_numbers[N_MEASURES]; /* one at least */
} layers;

/* "layer_2" as "layer 2". */
static const char *show_name(report *r, const char *name) {
    char *text = report_alloc(r, (int64_t)strlen(name) + 1, 1);
    for (size_t i = 0; text && name[i]; i++) text[i] = name[i] == '_' ? ' ' : name[i];
    return text ? text : "";
}

static bool read_layers(report *r, const cJSON *list, layers *out) {
    const cJSON *item = list ? list->child : NULL;
    out->n = cJSON_GetArraySize(list) < MOST_LAYERS ? cJSON_GetArraySize(list) : MOST_LAYERS;
    out->names = report_alloc(r, out->n, sizeof *out->names);
    for (int m = 0; m < N_MEASURES; m++) {
        out->values[m] = report_alloc(r, out->n, sizeof(double));
    }
    if (r->is_out_of_memory) return false;
    for (int64_t i = 0; i < out->n && item; i++, item = item->next) {
        out->names[i] = show_name(r, report_json_text(item, "name"));
        for (int m = 0; m < N_MEASURES; m++) {
            const cJSON *from = measures[m].object ? member(item, measures[m].object) : item;
            out->values[m][i] = report_json_real(from, measures[m].name);
            out->has_numbers[m] = out->has_numbers[m] || isfinite(out->values[m][i]);
        }
    }
    return out->n > 0;
}

/* A row a layer, without the columns that hold no number. */
static void add_layer_table(report *r, const layers *l) {
    const char **head = report_alloc(r, N_MEASURES + 1, sizeof *head);
    const char **cells = report_alloc(r, l->n, (N_MEASURES + 1) * sizeof *cells);
    int64_t n_columns = 1;
    if (!head || !cells) return;
    head[0] = "layer";
    for (int m = 0; m < N_MEASURES; m++) {
        if (l->has_numbers[m]) head[n_columns++] = measures[m].head;
    }
    for (int64_t i = 0; i < l->n; i++) {
        const char **cell = cells + i * n_columns;
        *cell++ = l->names[i];
        for (int m = 0; m < N_MEASURES; m++) {
            if (l->has_numbers[m]) *cell++ = report_number(r, l->values[m][i]);
        }
    }
    report_add_table(r, REPORT_LAYERS,
                     &(report_table){.title = "Layers",
                                     .n_columns = n_columns,
                                     .n_rows = l->n,
                                     .head = head,
                                     .cells = cells});
}

static void add_layer_chart(report *r, const layers *l, int chart) {
    report_view *view = report_make_views(r, 1, N_MEASURES);
    if (!view) return;
    *view = (report_view){.y_label = charts[chart].label, .series = view->series};
    for (int m = 0; m < N_MEASURES; m++) {
        if (measures[m].chart != chart || !l->has_numbers[m]) continue;
        view->series[view->n_series] = (report_series){
            .name = measures[m].head, .n = l->n, .color = view->n_series, .y = l->values[m]};
        view->n_series++;
    }
    if (view->n_series == 0) return;
    report_add_chart(r, REPORT_LAYERS,
                     &(report_chart){.kind = REPORT_BARS,
                                     .title = charts[chart].title,
                                     .categories = l->names,
                                     .n_views = 1,
                                     .views = view});
}

/* ---- maps ------------------------------------------------------------------------------- */

/* An array of the file as numbers, n of them; NULL when it is not there or has another size. */
static double *read_numbers(report *r, kr_npz *npz, const char *name, int64_t n) {
    kr_array array = {0};
    double *values = NULL;
    if (!kr_npz_has(npz, name) || kr_npz_get(npz, name, &array, NULL) != KR_OK) return NULL;
    if (array.n == n) values = report_alloc(r, n, sizeof *values);
    if (values && kr_array_to_double(&array, values, NULL) != KR_OK) values = NULL;
    kr_array_deinit(&array);
    return values;
}

/* The points of all maps, in the order of their classes. */
typedef struct points {
    int64_t n, counts[MOST_CLASSES], *order;
    bool has_classes;
    double *id; /* in that order */
} points;

static int64_t class_of(const double *states, int64_t i) { return states ? (int64_t)states[i] : 0; }

static bool are_classes(const double *states, int64_t n) {
    for (int64_t i = 0; states && i < n; i++) {
        if (!(states[i] >= 0 && states[i] < MOST_CLASSES)) return false;
    }
    return states != NULL;
}

static bool order_points(report *r, const double *steps, const double *states, points *p) {
    int64_t next[MOST_CLASSES] = {0};
    p->has_classes = are_classes(states, p->n);
    if (!p->has_classes) states = NULL;
    p->order = report_alloc(r, p->n, sizeof *p->order);
    p->id = report_alloc(r, p->n, sizeof *p->id);
    if (!p->order || !p->id || !steps) return false;
    for (int64_t i = 0; i < p->n; i++) p->counts[class_of(states, i)]++;
    for (int c = 1; c < MOST_CLASSES; c++) next[c] = next[c - 1] + p->counts[c - 1];
    for (int64_t i = 0; i < p->n; i++) {
        int64_t place = next[class_of(states, i)]++;
        p->order[place] = i;
        p->id[place] = steps[i];
    }
    return true;
}

/* A series for each class. */
static void fill_map(report *r, const points *p, const double *map, report_view *view) {
    double *x = report_alloc(r, p->n, sizeof *x), *y = report_alloc(r, p->n, sizeof *y);
    if (!x || !y) return;
    for (int64_t i = 0; i < p->n; i++) {
        x[i] = map[2 * p->order[i]];
        y[i] = map[2 * p->order[i] + 1];
    }
    int64_t first = 0;
    view->n_series = 0;
    for (int64_t c = 0; c < MOST_CLASSES; c++) {
        int64_t n = p->counts[c];
        if (n == 0) continue;
        const char *name = p->has_classes ? report_print(r, "circle %jd", (intmax_t)c) : "steps";
        view->series[view->n_series++] = (report_series){
            .name = name, .n = n, .color = c, .x = x + first, .y = y + first, .id = p->id + first};
        first += n;
    }
}

/* How many points the maps have. */
static kr_status count_points(kr_npz *npz, const char *path, int64_t *n, kr_error *err) {
    kr_array steps = {0};
    KR_TRY(kr_npz_get(npz, "steps", &steps, err));
    *n = steps.n;
    kr_array_deinit(&steps);
    if (*n <= MOST_POINTS) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED, "%s: has %jd points, more than the %d that a page shows",
                   path, (intmax_t)*n, MOST_POINTS);
}

/* A view for each layer that has a map. */
static kr_status add_maps(report *r, kr_npz *npz, const cJSON *list, const char *path,
                          kr_error *err) {
    int64_t most = cJSON_GetArraySize(list) < MOST_LAYERS ? cJSON_GetArraySize(list) : MOST_LAYERS;
    points p = {0};
    KR_TRY(count_points(npz, path, &p.n, err));
    const double *steps = read_numbers(r, npz, "steps", p.n);
    const double *states = read_numbers(r, npz, "states", p.n);
    const char **names = report_alloc(r, most, sizeof *names);
    report_view *views = report_make_views(r, most, MOST_CLASSES);
    if (!order_points(r, steps, states, &p) || !names || !views) return KR_OK;
    report_chart chart = {
        .kind = REPORT_POINTS, .title = "Maps (UMAP)", .id_label = "step", .views = views};
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        const char *key = report_json_text(item, "name");
        const double *map = chart.n_views < most ? read_numbers(r, npz, key, 2 * p.n) : NULL;
        if (!map) continue;
        fill_map(r, &p, map, &views[chart.n_views]);
        names[chart.n_views++] = show_name(r, key);
    }
    chart.choice[0] = (report_choice){"layer", chart.n_views, names};
    if (chart.n_views > 0) report_add_chart(r, REPORT_LAYERS, &chart);
    return KR_OK;
}

/* Only beside evaluation.json: the path in it may be of another machine. */
static kr_status read_maps(report *r, const cJSON *object, kr_error *err) {
    char path[REPORT_PATH];
    FILE *file = NULL;
    size_t n_bytes = 0;
    kr_npz *npz = NULL;
    const char *name = report_json_text(member(object, "config"), "embed_out");
    const char *slash = strrchr(name, '/');
    kr__path_join(r->folder, slash ? slash + 1 : name, path, sizeof path);
    if (!kr__text_ends(name, ".npz") || !kr__file_exists(path)) return KR_OK;
    KR_TRY(kr__file_open(path, MOST_BYTES, &file, &n_bytes, err));
    fclose(file);
    KR_TRY(kr_npz_open(path, &npz, err));
    kr_status status = add_maps(r, npz, member(object, "representations"), path, err);
    kr_npz_close(npz);
    return status;
}

/* ---- the file --------------------------------------------------------------------------- */

kr_status report_read_layers(report *r, const char *path, kr_error *err) {
    cJSON *object = NULL;
    layers l = {0};
    kr_error reason = {.text = ""};
    KR_TRY(report_parse_json(path, &object, err));
    if (!read_layers(r, member(object, "representations"), &l)) {
        cJSON_Delete(object);
        return kr_fail(err, KR_FORMAT,
                       "%s: is not from krait evaluate: \"representations\" is missing or empty",
                       path);
    }
    if (!r->title) r->title = "Inside a next-step model";
    add_layer_table(r, &l);
    for (int c = 0; c < N_CHARTS; c++) add_layer_chart(r, &l, c);
    if (read_maps(r, object, &reason) != KR_OK)
        report_add_warning(r, sentence_name_flags(reason.text, sizeof reason.text));
    report_json_pairs(r, REPORT_SETTINGS, "Evaluation", object, "|command|");
    cJSON_Delete(object);
    return KR_OK;
}
