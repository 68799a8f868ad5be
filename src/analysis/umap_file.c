/* SPDX-License-Identifier: MIT
 * umap_file.c - a map with the points that new ones are placed among, as a .safetensors file.
 *
 *     embedding           (n, n_components) float
 *     points              (n, dim) float or double, as they were given
 *     pca.origin, .offset (given)           double: kr_pca, when the points are what it made of
 *     pca.components      (dim, given)      others of `given` numbers
 *     pca.variance, .ratio (dim)
 *     metadata            format, version, krait; config (JSON), curve (JSON), neighbour_recall;
 *                         note.KEY: texts of the caller's
 *
 * Neighbours of new points are found by differences in double, so the points are kept as they are:
 * neither shift nor scale is needed, and what the file gives has the bits of the process that wrote
 * it. docs/umap.md describes the format. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/pca_internal.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/sized_struct.h"
#include "core/text.h"
#include "files/file_kind.h"
#include "files/safetensors_memory.h"

static const char format_name[] = KR__FORMAT_MAP, format_version[] = "1", note_prefix[] = "note.";

enum { MOST_ARRAYS = 7, OWN_PAIRS = 6 };

/* ---- saving ----------------------------------------------------------------------------- */

typedef struct content {
    kr_array arrays[MOST_ARRAYS];
    kr_text_pair *pairs; /* (n_pairs) */
    int64_t n_arrays, n_pairs;
    char *options, *curve; /* of cJSON */
    kr_arena arena;        /* holds pairs and their keys */
} content;

static kr_status add_array(content *c, const char *name, kr_dtype dtype, int rank, int64_t rows,
                           int64_t columns, const void *data, kr_error *err) {
    const int64_t shape[2] = {rows, columns};
    return kr_array_view(name, dtype, rank, shape, data, &c->arrays[c->n_arrays++], err);
}

static kr_status add_pca(content *c, const kr_pca *pca, kr_error *err) {
    const kr_dtype f64 = KR_DTYPE_F64;
    int64_t n = pca->n_components;
    KR_TRY(add_array(c, "pca.origin", f64, 1, pca->dim, 0, pca->origin, err));
    KR_TRY(add_array(c, "pca.offset", f64, 1, pca->dim, 0, pca->offset, err));
    KR_TRY(add_array(c, "pca.components", f64, 2, n, pca->dim, pca->components, err));
    KR_TRY(add_array(c, "pca.variance", f64, 1, n, 0, pca->variance, err));
    return add_array(c, "pca.ratio", f64, 1, n, 0, pca->ratio, err);
}

static kr_status add_arrays(content *c, const kr_umap *umap, const kr_points *points,
                            const kr_pca *pca, kr_error *err) {
    KR_TRY(add_array(c, "embedding", KR_DTYPE_F32, 2, umap->n, umap->options.n_components,
                     umap->embedding, err));
    KR_TRY(add_array(c, "points", points->f32 ? KR_DTYPE_F32 : KR_DTYPE_F64, 2, umap->n, umap->dim,
                     points->f32 ? (const void *)points->f32 : points->f64, err));
    return pca ? add_pca(c, pca, err) : KR_OK;
}

static char *print_curve(const kr_umap *umap) {
    cJSON *list = cJSON_CreateDoubleArray((const double[]){umap->a, umap->b}, 2);
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    return text;
}

static bool add_note(content *c, const kr_text_pair *note) {
    size_t size = sizeof note_prefix + strlen(note->key);
    char *key = kr__arena_alloc(&c->arena, size, 1);
    if (!key) return false;
    snprintf(key, size, "%s%s", note_prefix, note->key);
    c->pairs[c->n_pairs++] = (kr_text_pair){key, note->value};
    return true;
}

static kr_status add_texts(content *c, const kr_umap *umap, const kr_text_pair *notes,
                           int64_t n_notes, kr_error *err) {
    char recall[KR_NUMBER_TEXT];
    c->options = kr__umap_options_print(&umap->options);
    c->curve = print_curve(umap);
    c->pairs = kr__arena_alloc(&c->arena, (size_t)n_notes + OWN_PAIRS, sizeof *c->pairs);
    char *own = kr__arena_strdup(&c->arena, kr__text_number(umap->neighbour_recall, recall));
    bool has_room = c->options && c->curve && c->pairs && own;
    if (has_room) {
        const kr_text_pair pairs[OWN_PAIRS] = {
            {"format", format_name}, {"version", format_version}, {"krait", KR_VERSION_STRING},
            {"config", c->options},  {"curve", c->curve},         {"neighbour_recall", own}};
        memcpy(c->pairs, pairs, sizeof pairs);
        c->n_pairs = OWN_PAIRS;
    }
    for (int64_t i = 0; i < n_notes && has_room; i++) has_room = add_note(c, &notes[i]);
    return has_room ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the texts of a map");
}

/* What is saved: a map with the points given, or with its own. */
typedef struct saved {
    const kr_umap *umap;
    kr_points points;
    const kr_pca *pca;
    const kr_text_pair *notes;
    int64_t n_notes;
} saved;

static kr_status take_saved(const kr_umap *umap, const kr_points *points,
                            const kr_umap_extras *extras, saved *out, kr_error *err) {
    kr_umap_extras e;
    KR_TRY(kr__sized_take("kr_umap_extras", extras, &e, sizeof e, err));
    KR_TRY(kr__umap_take_points(umap, points, &out->points, err));
    out->umap = umap;
    out->pca = e.pca;
    out->notes = e.notes;
    out->n_notes = e.n_notes;
    if (!points) {
        if (!out->pca) out->pca = umap->pca;
        if (!out->notes) {
            out->notes = umap->notes;
            out->n_notes = umap->n_notes;
        }
    }
    if (!out->pca || out->pca->n_components == umap->dim) return KR_OK;
    return kr_fail(err, KR_SHAPE, "the map is of points of %lld numbers, not of %lld components",
                   (long long)umap->dim, (long long)out->pca->n_components);
}

static kr_status make_content(content *c, const saved *s, kr_error *err) {
    *c = (content){.n_arrays = 0};
    KR_TRY(add_arrays(c, s->umap, &s->points, s->pca, err));
    return add_texts(c, s->umap, s->notes, s->n_notes, err);
}

static void free_content(content *c) {
    cJSON_free(c->options);
    cJSON_free(c->curve);
    kr__arena_deinit(&c->arena);
}

kr_status kr_umap_save(const kr_umap *umap, const kr_points *points, const kr_umap_extras *extras,
                       const char *path, kr_error *err) {
    content c;
    saved s;
    KR_TRY(take_saved(umap, points, extras, &s, err));
    kr_status status = make_content(&c, &s, err);
    if (status == KR_OK) {
        status = kr_safetensors_write(path, c.arrays, c.n_arrays, c.pairs, c.n_pairs, err);
    }
    free_content(&c);
    return status;
}

kr_status kr_umap_save_memory(const kr_umap *umap, const kr_points *points,
                              const kr_umap_extras *extras, void **bytes, size_t *n_bytes,
                              kr_error *err) {
    content c;
    saved s;
    KR_TRY(take_saved(umap, points, extras, &s, err));
    kr_status status = make_content(&c, &s, err);
    if (status == KR_OK) {
        status = kr__safetensors_write_memory(c.arrays, c.n_arrays, c.pairs, c.n_pairs, bytes,
                                              n_bytes, err);
    }
    free_content(&c);
    return status;
}

/* ---- opening ---------------------------------------------------------------------------- */

typedef struct reader {
    const char *name; /* of the file, for sentences */
    const kr_safetensors *file;
} reader;

static kr_status fail(const reader *r, const char *what, kr_error *err) {
    return kr_fail(err, KR_FORMAT, "%s: is a damaged map: %s", r->name, what);
}

/* What does not fit is the file's fault, and no one else's. */
static kr_status blame(const reader *r, kr_status status, kr_error *err) {
    if (status == KR_OK || status == KR_MEMORY) return status;
    kr_error_prefix(err, "%s", r->name);
    if (err) err->status = KR_FORMAT;
    return KR_FORMAT;
}

/* An array of that type and shape; NULL: there is none. */
static const kr_array *find(const reader *r, const char *name, kr_dtype dtype, int rank,
                            int64_t rows, int64_t columns) {
    const kr_array *a = kr_safetensors_find(r->file, name);
    if (!a || a->dtype != dtype || a->rank != rank || a->shape[0] != rows) return NULL;
    return rank == 1 || a->shape[1] == columns ? a : NULL;
}

static kr_status check_format(const reader *r, kr_error *err) {
    const char *format = kr_safetensors_value(r->file, "format");
    const char *version = kr_safetensors_value(r->file, "version");
    if (!format || strcmp(format, format_name) != 0) {
        const char *kind = kr__file_kind_of_format(format);
        return kr_fail(err, KR_FORMAT, "%s: %s", r->name,
                       kind ? kind : "is no map; save one with `save_map`");
    }
    if (version && strcmp(version, format_version) == 0) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED,
                   "%s: is a map of version %.20s, and this program reads version %s; use a newer "
                   "one",
                   r->name, version ? version : "?", format_version);
}

/* NaN throughout, where points without neighbours may be. */
static bool is_without_place(const kr_umap *umap, int64_t point) {
    int64_t dim = umap->options.n_components;
    bool is_nan = isfinite(umap->options.disconnection);
    for (int64_t c = 0; c < dim; c++) is_nan = is_nan && isnan(umap->embedding[point * dim + c]);
    return is_nan;
}

static kr_status read_places(const reader *r, kr_umap *umap, kr_error *err) {
    const kr_array *a = kr_safetensors_find(r->file, "embedding");
    memcpy(umap->embedding, a->data, (size_t)a->n * sizeof *umap->embedding);
    for (int64_t i = 0; i < a->n; i++) {
        if (fabs((double)umap->embedding[i]) <= KR__UMAP_FARTHEST) continue;
        if (is_without_place(umap, i / umap->options.n_components)) continue;
        return fail(r, "a place is not on the map", err);
    }
    return KR_OK;
}

/* Elements may lie anywhere in the file: they are copied to where their type may be. */
static kr_status read_points(const reader *r, const kr_array *a, kr_umap *umap, kr_error *err) {
    void *values = kr__calloc((size_t)a->n, a->item_size);
    if (!values) return kr_fail(err, KR_MEMORY, "%s: no memory for its points", r->name);
    memcpy(values, a->data, (size_t)a->n * a->item_size);
    umap->points = a->dtype == KR_DTYPE_F32 ? kr_points_f32(values, umap->n, umap->dim)
                                            : kr_points_f64(values, umap->n, umap->dim);
    return blame(r, kr__points_check(&umap->points, 2, err), err);
}

/* n numbers, all of them finite unless it is a variance. */
static bool copy_numbers(const reader *r, const char *name, int rank, int64_t rows, int64_t columns,
                         double *to) {
    const kr_array *a = find(r, name, KR_DTYPE_F64, rank, rows, columns);
    if (!a) return false;
    memcpy(to, a->data, (size_t)a->n * sizeof *to);
    for (int64_t i = 0; i < a->n; i++) {
        if (isnan(to[i]) || (isinf(to[i]) && strcmp(name, "pca.variance") != 0)) return false;
    }
    return true;
}

static kr_status read_pca(const reader *r, kr_umap *umap, kr_error *err) {
    const kr_array *a = kr_safetensors_find(r->file, "pca.components");
    int64_t n = umap->dim;
    if (!a) return KR_OK;
    if (a->rank != 2 || a->shape[0] != n || a->shape[1] < n || a->dtype != KR_DTYPE_F64) {
        return fail(r, "pca.components do not fit its points", err);
    }
    kr_pca *pca = umap->pca = kr__pca_make(a->shape[1], n);
    if (!pca) return kr_fail(err, KR_MEMORY, "%s: no memory for its components", r->name);
    bool is_read = copy_numbers(r, "pca.origin", 1, pca->dim, 0, pca->origin) &&
                   copy_numbers(r, "pca.offset", 1, pca->dim, 0, pca->offset) &&
                   copy_numbers(r, "pca.components", 2, n, pca->dim, pca->components) &&
                   copy_numbers(r, "pca.variance", 1, n, 0, pca->variance) &&
                   copy_numbers(r, "pca.ratio", 1, n, 0, pca->ratio);
    if (!is_read) return fail(r, "an array of pca is missing or does not fit", err);
    for (int64_t c = 0; c < pca->dim; c++) pca->mean[c] = pca->origin[c] + pca->offset[c];
    kr__pca_turn(pca);
    return KR_OK;
}

static bool is_near(double value, double expected) {
    return fabs(value - expected) <= 1e-6 * expected;
}

/* That of the options, up to what another machine may round; else KR_FORMAT. */
static kr_status parse_curve(const char *text, const kr_umap_options *o, double *a, double *b) {
    double expected_a, expected_b;
    cJSON *list = NULL;
    if (text && kr__json_parse(text, strlen(text), &list, NULL) == KR_MEMORY) return KR_MEMORY;
    const cJSON *first = cJSON_GetArrayItem(list, 0), *second = cJSON_GetArrayItem(list, 1);
    bool is_read = cJSON_IsNumber(first) && cJSON_IsNumber(second);
    if (is_read) {
        *a = first->valuedouble;
        *b = second->valuedouble;
        kr__umap_curve(o, &expected_a, &expected_b);
        is_read = is_near(*a, expected_a) && is_near(*b, expected_b);
    }
    cJSON_Delete(list);
    return is_read ? KR_OK : KR_FORMAT;
}

static kr_status read_texts(const reader *r, kr_umap *umap, kr_error *err) {
    const char *recall = kr_safetensors_value(r->file, "neighbour_recall");
    int64_t n = kr_safetensors_n_metadata(r->file);
    size_t n_prefix = strlen(note_prefix);
    if (!recall || !kr__text_real(recall, &umap->neighbour_recall)) umap->neighbour_recall = NAN;
    umap->notes = kr__arena_alloc(&umap->arena, (size_t)n + 1, sizeof *umap->notes);
    bool has_room = umap->notes != NULL;
    for (int64_t i = 0; i < n && has_room; i++) {
        kr_text_pair pair = kr_safetensors_metadata(r->file, i);
        if (strncmp(pair.key, note_prefix, n_prefix) != 0) continue;
        kr_text_pair *note = &umap->notes[umap->n_notes++];
        note->key = kr__arena_strdup(&umap->arena, pair.key + n_prefix);
        note->value = kr__arena_strdup(&umap->arena, pair.value);
        has_room = note->key && note->value;
    }
    return has_room ? KR_OK : kr_fail(err, KR_MEMORY, "%s: no memory for its texts", r->name);
}

static kr_status read_options(const reader *r, int64_t n, kr_umap_options *o, kr_error *err) {
    const char *text = kr_safetensors_value(r->file, "config");
    if (!text) return fail(r, "it has no config", err);
    return blame(r, kr__umap_options_parse(text, n, o, err), err);
}

static kr_status read_map(const reader *r, kr_umap **umap, kr_error *err) {
    kr_umap_options o;
    KR_TRY(check_format(r, err));
    const kr_array *a = kr_safetensors_find(r->file, "points");
    if (!a || a->rank != 2 || (a->dtype != KR_DTYPE_F32 && a->dtype != KR_DTYPE_F64)) {
        return fail(r, "points are missing or no numbers", err);
    }
    KR_TRY(read_options(r, a->shape[0], &o, err));
    if (!find(r, "embedding", KR_DTYPE_F32, 2, a->shape[0], o.n_components)) {
        return fail(r, "embedding is missing or does not fit its points", err);
    }
    KR_TRY(kr__umap_make(a->shape[0], a->shape[1], &o, umap, err));
    const char *curve = kr_safetensors_value(r->file, "curve");
    kr_status status = parse_curve(curve, &o, &(*umap)->a, &(*umap)->b);
    if (status == KR_MEMORY) return kr_fail(err, status, "%s: out of memory", r->name);
    if (status != KR_OK) {
        return fail(r, "its curve is missing, or not that of its settings", err);
    }
    KR_TRY(read_points(r, a, *umap, err));
    KR_TRY(read_places(r, *umap, err));
    KR_TRY(read_pca(r, *umap, err));
    return read_texts(r, *umap, err);
}

/* Takes over the file. */
static kr_status open_file(const char *name, kr_safetensors *file, kr_umap **out, kr_error *err) {
    kr_umap *umap = NULL;
    const reader r = {name, file};
    kr_status status = read_map(&r, &umap, err);
    kr_safetensors_destroy(file);
    if (status == KR_OK) {
        *out = umap;
    } else {
        kr_umap_destroy(umap);
    }
    return status;
}

kr_status kr_umap_open(const char *path, kr_umap **out, kr_error *err) {
    kr_safetensors *file = NULL;
    KR_TRY(kr_safetensors_read(path, &file, err));
    return open_file(path, file, out, err);
}

kr_status kr_umap_open_memory(const char *name, const void *bytes, size_t n_bytes, kr_umap **out,
                              kr_error *err) {
    kr_safetensors *file = NULL;
    KR_TRY(kr_safetensors_read_memory(name, bytes, n_bytes, &file, err));
    return open_file(name, file, out, err);
}

const kr_pca *kr_umap_pca(const kr_umap *umap) { return umap->pca; }

const char *kr_umap_note(const kr_umap *umap, const char *key) {
    for (int64_t i = 0; i < umap->n_notes; i++) {
        if (strcmp(umap->notes[i].key, key) == 0) return umap->notes[i].value;
    }
    return NULL;
}
