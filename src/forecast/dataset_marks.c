/* SPDX-License-Identifier: MIT
 * dataset_marks.c - what the model is told beside the values: time features, which values are not
 * real, constant columns; in this order. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "forecast/opening.h"
#include "tables/date_marks.h"

/* ---- dates ------------------------------------------------------------------------------ */

/* Into the first n of the marks of every row. */
static kr_status make_features(kr__opening *o, const kr__date_marks *marks, int64_t n) {
    kr_dataset *d = &o->storage->dataset;
    double *features = kr_calloc((size_t)d->n_rows, (size_t)n * sizeof *features);
    if (!features) return kr__opening_no_memory(o);
    kr_status status = kr__date_marks_make(marks, d->n_rows, d->timestamps, features, o->err);
    for (int64_t row = 0; status == KR_OK && row < d->n_rows; row++) {
        memcpy(d->marks64 + row * d->n_marks, features + row * n, (size_t)n * sizeof *features);
    }
    kr_free(features);
    return status;
}

/* ---- masks ------------------------------------------------------------------------------ */

static void make_masks(kr_dataset *d, int64_t first) {
    for (int64_t row = 0; row < d->n_rows && d->missing; row++) {
        for (int64_t c = 0; c < d->n_channels; c++) {
            d->marks64[row * d->n_marks + first + c] = d->missing[row * d->n_channels + c];
        }
    }
}

/* ---- constant columns ------------------------------------------------------------------- */

static kr_status check_constant(const kr__opening *o, const kr_table *t, int64_t column,
                                int64_t series) {
    const char *name = o->storage->dataset.series_names ? o->storage->dataset.series_names[series]
                                                        : o->config->path;
    for (int64_t row = 1; row < t->n_rows; row++) {
        if (t->values[row * t->n_columns + column] == t->values[column]) continue;
        return kr_fail(o->err, KR_FORMAT,
                       "%s: `static_columns`: column \"%.60s\" changes in row %" PRId64
                       " of series \"%.60s\"; a static column has one value a series",
                       o->config->path, t->names[column], row + 1, name);
    }
    return KR_OK;
}

/* Scaled over the series. */
static kr_status make_constant(kr__opening *o, int64_t column, int64_t mark) {
    kr_dataset *d = &o->storage->dataset;
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < d->n_series; i++) {
        const kr_table *t = o->panel.tables[o->table_of[i]];
        KR_TRY(check_constant(o, t, column, i));
        mean += t->values[column] / (double)d->n_series;
    }
    for (int64_t i = 0; i < d->n_series; i++) {
        double e = o->panel.tables[o->table_of[i]]->values[column] - mean;
        squares += e * e / (double)d->n_series;
    }
    double deviation = squares > 0 ? sqrt(squares) : 1;
    for (int64_t i = 0; i < d->n_series; i++) {
        double value = (o->panel.tables[o->table_of[i]]->values[column] - mean) / deviation;
        for (int64_t row = 0; row < d->spans[i].n_rows; row++) {
            d->marks64[(d->spans[i].row + row) * d->n_marks + mark] = value;
        }
    }
    return KR_OK;
}

/* ---- all -------------------------------------------------------------------------------- */

kr_status kr__make_marks(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    int64_t n_features = 0;
    bool has_masks = o->config->gaps && strcmp(o->config->gaps, "model") == 0;
    const kr__date_marks marks = {.freq = o->config->freq,
                                  .is_timef = o->config->is_timef,
                                  .has_quarter = o->loader->rows_per_hour == 4};
    if (d->timestamps) KR_TRY(kr__date_marks_count(&marks, &n_features, o->err));
    int64_t n_masks = has_masks ? d->n_channels : 0;
    d->n_marks = n_features + n_masks + o->constant.n;
    if (d->n_marks == 0) return KR_OK;
    d->marks64 = kr_calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(double));
    d->marks = kr_calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(float));
    if (!d->marks64 || !d->marks) return kr__opening_no_memory(o);
    if (n_features > 0) KR_TRY(make_features(o, &marks, n_features));
    if (has_masks) make_masks(d, n_features);
    for (int64_t i = 0; i < o->constant.n; i++) {
        KR_TRY(make_constant(o, o->static_of[i], n_features + n_masks + i));
    }
    for (int64_t i = 0; i < d->n_rows * d->n_marks; i++) d->marks[i] = (float)d->marks64[i];
    return KR_OK;
}
