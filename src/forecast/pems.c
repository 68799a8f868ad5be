/* SPDX-License-Identifier: MIT
 * pems.c - PEMS traffic counts out of .npz files. */
#include <inttypes.h>
#include <kr/npy.h>
#include <math.h>
#include <stdio.h>

#include "forecast/loaders.h"

static kr_status check_shape(const char *path, const kr_array *data, kr_error *err) {
    char shape[KR_ARRAY_SHAPE_TEXT];
    if (data->rank == 3 && data->n > 0 && data->shape[1] <= KR_CSV_MAX_COLUMNS) return KR_OK;
    return kr_fail(
        err, KR_FORMAT,
        "%s: array data has shape %s; (steps, sensors, features) is needed, with at most "
        "%d sensors",
        path, kr_array_shape_text(data, shape), KR_CSV_MAX_COLUMNS);
}

/* The first feature of every sensor. */
static kr_status take_first_feature(const char *path, const double *all, int64_t n_features,
                                    kr_table *table, kr_error *err) {
    for (int64_t i = 0; i < table->n_rows * table->n_columns; i++) {
        double value = all[i * n_features];
        if (!isfinite(value)) {
            return kr_fail(err, KR_FORMAT,
                           "%s: data[%" PRId64 ", %" PRId64
                           ", 0] is not finite; fill them in first",
                           path, i / table->n_columns, i % table->n_columns);
        }
        table->values[i] = value;
    }
    return KR_OK;
}

static bool name_columns(kr_table *table) {
    table->names = kr_arena_alloc(&table->arena, (size_t)table->n_columns, sizeof *table->names);
    for (int64_t i = 0; table->names && i < table->n_columns; i++) {
        char name[24];
        snprintf(name, sizeof name, "%" PRId64, i);
        table->names[i] = kr_arena_strdup(&table->arena, name);
        if (!table->names[i]) return false;
    }
    return table->names != NULL;
}

static kr_status convert(const char *path, const kr_array *data, kr_table *table, kr_error *err) {
    KR_TRY(check_shape(path, data, err));
    table->n_rows = data->shape[0];
    table->n_columns = data->shape[1];
    table->date_position = -1;
    double *all = kr_calloc((size_t)data->n, sizeof *all);
    table->values = kr_calloc((size_t)table->n_rows, (size_t)table->n_columns * sizeof(double));
    kr_status status = KR_OK;
    if (!all || !table->values || !name_columns(table)) {
        status = kr_fail(err, KR_MEMORY, "%s: no memory for the table", path);
    }
    if (status == KR_OK) status = kr_array_to_double(data, all, err);
    if (status == KR_OK) status = take_first_feature(path, all, data->shape[2], table, err);
    kr_free(all);
    return status;
}

kr_status kr__pems_read(const kr_dataset_config *config, const kr__name_list *dropped,
                        kr__panel *panel, kr_error *err) {
    (void)dropped;
    const char *path = config->path;
    kr_npz *npz = NULL;
    kr_array data = {0};
    kr_table *table = NULL;
    kr_status status = kr_npz_open(path, &npz, err);
    if (status == KR_OK) status = kr_npz_get(npz, "data", &data, err);
    if (status == KR_OK) {
        table = kr_calloc(1, sizeof *table);
        status = table ? convert(path, &data, table, err)
                       : kr_fail(err, KR_MEMORY, "%s: out of memory", path);
    }
    kr_array_deinit(&data);
    kr_npz_close(npz);
    if (status == KR_OK) return kr__panel_take(path, table, panel, err);
    kr_table_destroy(table);
    return status;
}
