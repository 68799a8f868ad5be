/* SPDX-License-Identifier: MIT
 * pems.c - PEMS traffic counts from .npz files: the first feature of every sensor, without dates.
 */
#include <inttypes.h>
#include <kr/files.h>
#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "tables/rows_internal.h"

static kr_status out_of_memory(const char *path, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory for the table", path);
}

static kr_status check_shape(const char *path, const kr_array *data, kr_error *err) {
    char shape[KR_ARRAY_SHAPE_TEXT];
    if (data->rank == 3 && data->n > 0 && data->shape[1] <= KR_CSV_MAX_COLUMNS) return KR_OK;
    return kr_fail(
        err, KR_FORMAT,
        "%s: array data has shape %s; (steps, sensors, features) is needed, with at most "
        "%d sensors",
        path, kr_array_shape_text(data, shape), KR_CSV_MAX_COLUMNS);
}

/* NaN is a gap, which is kept or refused; an infinite value cannot be filled. */
static kr_status take_first_feature(const double *all, int64_t n_features, bool keeps_gaps,
                                    kr_rows *rows, kr_error *err) {
    for (int64_t i = 0; i < rows->n_rows * rows->n_columns; i++) {
        double value = all[i * n_features];
        if (!isfinite(value) && !(keeps_gaps && isnan(value))) {
            return kr_fail(err, KR_FORMAT,
                           "%s: data[%" PRId64 ", %" PRId64
                           ", 0] is not finite; fill them in first",
                           rows->name, i / rows->n_columns, i % rows->n_columns);
        }
        rows->own_values[i] = value;
    }
    return KR_OK;
}

/* 0, 1, .. */
static bool name_columns(kr_rows *rows) {
    for (int64_t i = 0; i < rows->n_columns; i++) {
        char name[24];
        snprintf(name, sizeof name, "%" PRId64, i);
        rows->columns[i] = kr__arena_strdup(&rows->arena, name);
        if (!rows->columns[i]) return false;
    }
    return true;
}

static kr_status convert(const kr_array *data, bool keeps_gaps, kr_rows *rows, kr_error *err) {
    double *all = kr__calloc((size_t)data->n, sizeof *all);
    bool has_room = all && name_columns(rows) && kr__rows_make_room(rows, data->shape[0], false);
    kr_status status =
        has_room ? kr_array_to_double(data, all, err) : out_of_memory(rows->name, err);
    rows->start[1] = rows->n_rows;
    if (status == KR_OK) status = take_first_feature(all, data->shape[2], keeps_gaps, rows, err);
    kr_free(all);
    return status;
}

static kr_status make_rows(const char *path, const kr_array *data, bool keeps_gaps, kr_rows **out,
                           kr_error *err) {
    KR_TRY(check_shape(path, data, err));
    kr_rows *rows = kr__rows_start(path, data->shape[1], 1, false);
    if (!rows) return out_of_memory(path, err);
    kr_status status = convert(data, keeps_gaps, rows, err);
    if (status != KR_OK) {
        kr_rows_destroy(rows);
        return status;
    }
    *out = rows;
    return KR_OK;
}

/* ---- the reader ------------------------------------------------------------------------- */

static kr_status open_rows(const char *path, const kr_rows_options *options, kr_rows **out,
                           kr_error *err) {
    kr_npz *npz = NULL;
    kr_array data = {0};
    kr_status status = kr_npz_open(path, &npz, err);
    if (status == KR_OK) status = kr_npz_get(npz, "data", &data, err);
    if (status == KR_OK) status = make_rows(path, &data, options->keeps_gaps, out, err);
    kr_array_deinit(&data);
    kr_npz_close(npz);
    return status;
}

const kr__reader kr__reader_pems = {.name = "pems", .extensions = ".npz", .open = open_rows};
