/* SPDX-License-Identifier: MIT
 * umap_data.c - rows and columns of a file for krait umap. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/pcg64.h"
#include "core/text.h"
#include "framework/program.h"
#include "points/umap_command.h"

enum { MOST_CLASSES = 64 };

static kr_status out_of_memory(const char *path, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory for the points", path);
}

/* ---- columns ---------------------------------------------------------------------------- */

static kr_status take_states(const kr_series *s, umap_column *column, kr_error *err) {
    if (!kr_series_states(s)) {
        return kr_fail(err, KR_USAGE, "%s: has no states to colour or label by", kr_series_path(s));
    }
    for (int64_t i = 0; i < kr_series_n_steps(s); i++)
        column->values[i] = (double)kr_series_states(s)[i];
    return KR_OK;
}

static kr_status take_number(umap_data *d, int64_t number, umap_column *column, kr_error *err) {
    const kr_series *s = d->series;
    if (number < 0 || number >= kr_series_n_features(s)) {
        return kr_fail(err, KR_USAGE, "%s: has columns 0 to %lld, and no %lld", kr_series_path(s),
                       (long long)kr_series_n_features(s) - 1, (long long)number);
    }
    umap_columns_leave_out(&d->columns, number);
    for (int64_t i = 0; i < kr_series_n_steps(s); i++) {
        column->values[i] = kr_series_exact(s)[i * kr_series_n_features(s) + number];
    }
    return KR_OK;
}

/* An array of the npz with an entry for each row. */
static kr_status take_member(const kr_series *s, umap_column *column, kr_error *err) {
    kr_npz *npz = NULL;
    kr_array a = {0};
    KR_TRY(kr_npz_open(kr_series_path(s), &npz, err));
    kr_status status = kr_npz_get(npz, column->name, &a, err);
    if (status == KR_OK && a.n != kr_series_n_steps(s)) {
        status = kr_fail(err, KR_USAGE, "%s: %s has %lld entries, but there are %lld rows",
                         kr_series_path(s), column->name, (long long)a.n,
                         (long long)kr_series_n_steps(s));
    }
    if (status == KR_OK) status = kr_array_to_double(&a, column->values, err);
    kr_array_deinit(&a);
    kr_npz_close(npz);
    return status;
}

static kr_status take_named(umap_data *d, umap_column *column, kr_error *err) {
    const char *meant = NULL;
    int64_t at = umap_columns_find(&d->columns, column->name, &meant);
    if (at >= 0) return take_number(d, at, column, err);
    return kr_fail(err, KR_USAGE, "%s: has no column %.80s%s%.80s%s", kr_series_path(d->series),
                   column->name, meant ? "; did you mean " : "", meant ? meant : "",
                   meant ? "?" : "");
}

/* A column is no coordinate then. */
static kr_status take_column(umap_data *d, const char *name, umap_column *column, kr_error *err) {
    const kr_series *s = d->series;
    int64_t number = 0;
    *column = (umap_column){.name = name};
    column->values = kr__calloc((size_t)kr_series_n_steps(s), sizeof *column->values);
    if (!column->values) return out_of_memory(kr_series_path(s), err);
    if (strcmp(name, "states") == 0) return take_states(s, column, err);
    if (kr__text_int(name, &number)) return take_number(d, number, column, err);
    if (kr__text_ends(kr_series_path(s), ".npz")) return take_member(s, column, err);
    if (d->columns.names) return take_named(d, column, err);
    return kr_fail(err, KR_USAGE, "%s: its columns have no names; give a number from 0 to %lld",
                   kr_series_path(s), (long long)kr_series_n_features(s) - 1);
}

/* ---- classes ---------------------------------------------------------------------------- */

static bool are_classes(const double *values, int64_t n, double most) {
    for (int64_t i = 0; i < n; i++) {
        if (values[i] != floor(values[i]) || values[i] < -1 || values[i] >= most) return false;
    }
    return true;
}

static kr_status find_classes(umap_data *d, kr_error *err) {
    const double *values = d->color.values;
    if (!values || !are_classes(values, d->n, MOST_CLASSES)) return KR_OK;
    d->classes = kr__calloc((size_t)d->n, sizeof *d->classes);
    if (!d->classes) return out_of_memory(kr_series_path(d->series), err);
    for (int64_t i = 0; i < d->n; i++) {
        d->classes[i] = (int64_t)values[i];
        if (d->classes[i] >= d->n_classes) d->n_classes = d->classes[i] + 1;
    }
    return KR_OK;
}

static kr_status find_labels(umap_data *d, kr_error *err) {
    const double most = 1e15;
    if (!d->label.values) return KR_OK;
    if (!are_classes(d->label.values, d->n, most)) {
        return kr_fail(err, KR_USAGE,
                       "--label %s: classes are whole numbers from 0, or -1 where not known",
                       d->label.name);
    }
    d->labels = kr__calloc((size_t)d->n, sizeof *d->labels);
    if (!d->labels) return out_of_memory(kr_series_path(d->series), err);
    for (int64_t i = 0; i < d->n; i++) d->labels[i] = (int64_t)d->label.values[i];
    return KR_OK;
}

/* ---- rows ------------------------------------------------------------------------------- */

static int rising(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Chosen as numpy's default_rng(seed).choice(n, count, replace=False), in their order; all: NULL.
 */
static kr_status choose_rows(const kr_series *s, const umap_config *c, int64_t *n, int64_t **rows,
                             kr_error *err) {
    *n = c->points > 0 && c->points < kr_series_n_steps(s) ? c->points : kr_series_n_steps(s);
    if (*n == kr_series_n_steps(s)) return KR_OK;
    *rows = kr__calloc((size_t)kr_series_n_steps(s), sizeof **rows);
    if (!*rows) return out_of_memory(kr_series_path(s), err);
    kr_pcg64 rng = kr__pcg64_make((uint64_t)c->seed);
    kr__pcg64_choose(&rng, kr_series_n_steps(s), *n, *rows);
    qsort(*rows, (size_t)*n, sizeof **rows, rising);
    return KR_OK;
}

static void pick(umap_column *column, int64_t n, const int64_t *rows) {
    for (int64_t i = 0; i < n && column->values && rows; i++) {
        column->values[i] = column->values[rows[i]];
    }
}

/* The coordinates of d->n rows (NULL: the first ones). */
static kr_status take_values(umap_data *d, const int64_t *rows, kr_error *err) {
    const kr_series *s = d->series;
    const umap_columns *columns = &d->columns;
    if (columns->n == 0) {
        return kr_fail(err, KR_USAGE, "%s: no column is left as a coordinate", kr_series_path(s));
    }
    d->given = kr_series_exact(s);
    if (!rows && columns->n == columns->n_file) return KR_OK;
    double *to = d->own_given = kr__calloc((size_t)d->n, (size_t)columns->n * sizeof *to);
    if (!to) return out_of_memory(kr_series_path(s), err);
    d->given = to;
    for (int64_t i = 0; i < d->n; i++) {
        const double *from = kr_series_exact(s) + (rows ? rows[i] : i) * columns->n_file;
        for (int64_t c = 0; c < columns->n; c++) *to++ = from[columns->position[c]];
    }
    return KR_OK;
}

/* ---- components ------------------------------------------------------------------------- */

static kr_status project(const kr_pca *pca, const kr_points *points, double **components,
                         kr_error *err) {
    *components = kr__calloc((size_t)points->n, (size_t)kr_pca_count(pca) * sizeof **components);
    if (!*components) {
        return kr_fail(err, KR_MEMORY, "out of memory for the components of %lld points",
                       (long long)points->n);
    }
    return kr_pca_project(program_team(), pca, points, *components, err);
}

static kr_status take_components(umap_data *d, int64_t count, kr_error *err) {
    kr_points given = umap_data_given(d);
    KR_TRY(kr_pca_create(program_team(), &given, count, &d->pca, err));
    return project(d->pca, &given, &d->components, err);
}

kr_points umap_data_given(const umap_data *d) {
    return kr_points_f64(d->given, d->n, d->columns.n);
}

kr_points umap_data_points(const umap_data *d) {
    return d->pca ? kr_points_f64(d->components, d->n, kr_pca_count(d->pca)) : umap_data_given(d);
}

/* ---- all of it -------------------------------------------------------------------------- */

static kr_status take_columns(umap_data *d, const umap_config *c, kr_error *err) {
    const char *color = *c->color ? c->color : *c->label ? c->label : "states";
    if (*c->label) KR_TRY(take_column(d, c->label, &d->label, err));
    if (*c->color || *c->label || kr_series_states(d->series)) {
        KR_TRY(take_column(d, color, &d->color, err));
    }
    return KR_OK;
}

#define KR_READING_OWNER umap_config
#define READING_OF_POINTS
#define READING_WITHOUT_WORDS
#include "tables/take_reading.inc"

kr_rows_options umap_reading(const umap_config *config) { return take_reading(config); }

/* Columns that are asked for by name; there are at most two. Returns how many. */
static int64_t list_needed(const umap_config *config, const char *needed[2]) {
    const char *const asked[] = {config->color, config->label};
    int64_t n = 0, number;
    for (int i = 0; i < 2; i++) {
        if (*asked[i] && !kr__text_int(asked[i], &number)) needed[n++] = asked[i];
    }
    return n;
}

kr_status umap_data_read(const char *path, const umap_config *config, const kr_rows_options *how,
                         umap_data *d, kr_error *err) {
    const char *needed[2];
    kr_rows_options read_as = *how;
    read_as.needed = needed;
    read_as.n_needed = list_needed(config, needed);
    const kr_series_options options = {.size = sizeof options,
                                       .is_exact = true,
                                       .team = program_team(),
                                       .rows = &read_as,
                                       .is_points = true};
    int64_t *rows = NULL;
    KR_TRY(kr_series_open_as(path, &options, &d->series, err));
    KR_TRY(umap_columns_init(&d->columns, d->series, err));
    KR_TRY(take_columns(d, config, err));
    kr_status status = choose_rows(d->series, config, &d->n, &rows, err);
    if (status == KR_OK) status = take_values(d, rows, err);
    pick(&d->color, d->n, rows);
    pick(&d->label, d->n, rows);
    kr_free(rows);
    if (status == KR_OK) status = find_classes(d, err);
    if (status == KR_OK) status = find_labels(d, err);
    if (status == KR_OK && config->pca > 0 && config->pca < d->columns.n) {
        status = take_components(d, config->pca, err);
    }
    return status;
}

void umap_data_deinit(umap_data *d) {
    kr_series_destroy(d->series);
    kr_pca_destroy(d->pca);
    kr_free(d->own_given);
    kr_free(d->components);
    umap_columns_deinit(&d->columns);
    kr_free(d->color.values);
    kr_free(d->label.values);
    kr_free(d->classes);
    kr_free(d->labels);
}

kr_status umap_data_read_more(const char *path, const umap_columns *columns, const kr_pca *pca,
                              const kr_rows_options *how, double **values, int64_t *n,
                              kr_few *unknown, kr_error *err) {
    double *given = NULL;
    kr_status status = umap_columns_read(columns, path, how, &given, n, unknown, err);
    if (status == KR_OK && pca) {
        kr_points points = kr_points_f64(given, *n, columns->n);
        status = project(pca, &points, values, err);
    } else {
        *values = given;
        given = NULL;
    }
    kr_free(given);
    return status;
}
