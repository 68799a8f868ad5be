/* SPDX-License-Identifier: MIT
 * dataset_rows.c - the rows of all series, one series after the other, scaled by the training rows
 * of each, and their marks. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "forecast/opening.h"

/* ---- rows ------------------------------------------------------------------------------- */

/* The picked rows become the data set's; those of series that were left out are dropped. */
static void take_rows(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    kr_rows *picked = o->picked;
    int64_t width = d->n_channels;
    for (int64_t i = 0; i < d->n_series; i++) {
        int64_t from = picked->start[o->series_of[i]], to = d->spans[i].row;
        size_t n = (size_t)d->spans[i].n_rows;
        if (from == to) continue;
        memmove(picked->own_values + to * width, picked->own_values + from * width,
                n * (size_t)width * sizeof *picked->own_values);
        if (picked->own_dates) {
            memmove(picked->own_dates + to, picked->own_dates + from, n * sizeof(int64_t));
        }
        if (picked->own_is_filled) {
            memmove(picked->own_is_filled + to * width, picked->own_is_filled + from * width,
                    n * (size_t)width);
        }
    }
    d->data64 = picked->own_values;
    d->timestamps = picked->own_dates;
    d->missing = picked->own_is_filled;
    picked->own_values = NULL;
    picked->own_dates = NULL;
    picked->own_is_filled = NULL;
}

static kr_status scale_series(kr__opening *o, int64_t series) {
    kr_dataset *d = &o->storage->dataset;
    const kr_series_span *span = &d->spans[series];
    int64_t at = span->row * d->n_channels, n_train = span->end_row[KR_SPLIT_TRAIN] - span->row;
    double *mean = d->mean + series * d->n_channels;
    double *deviation = d->deviation + series * d->n_channels;
    kr__features_measure(n_train, d->n_channels, d->data64 + at, mean, deviation);
    const kr__scaling s = {.name = o->rows->name,
                           .n_rows = span->n_rows,
                           .n = d->n_channels,
                           .stride = d->n_channels,
                           .x_stride = d->n_channels,
                           .mean = mean,
                           .deviation = deviation};
    return kr__features_scale(o->storage->features, &s, d->data64 + at, d->data64 + at,
                              d->data + at, o->err);
}

/* ---- marks ------------------------------------------------------------------------------ */

/* The values of all remaining series: (n_series, n_static). */
static kr_status read_statics(kr__opening *o, double *statics) {
    const kr_features *f = o->storage->features;
    for (int64_t i = 0; i < o->storage->dataset.n_series; i++) {
        KR_TRY(kr__features_read_statics(f, o->rows, o->series_of[i], o->column_of,
                                         statics + i * f->n_static, o->err));
    }
    return KR_OK;
}

static kr_status mark_series(kr__opening *o, int64_t series, const double *statics) {
    kr_dataset *d = &o->storage->dataset;
    const kr_features *f = o->storage->features;
    const kr_series_span *span = &d->spans[series];
    kr_status status = kr__features_mark(
        f, span->n_rows, d->timestamps ? d->timestamps + span->row : NULL,
        d->missing ? d->missing + span->row * d->n_channels : NULL, statics + series * f->n_static,
        d->marks64 + span->row * d->n_marks, o->err);
    if (status != KR_OK) kr_error_prefix(o->err, "%s", o->rows->name);
    return status;
}

static kr_status make_marks(kr__opening *o, double *statics) {
    kr_dataset *d = &o->storage->dataset;
    kr_features *f = o->storage->features;
    KR_TRY(kr__features_count_marks(f, o->err));
    KR_TRY(read_statics(o, statics));
    kr__features_fit_statics(f, statics);
    d->n_marks = f->n_marks;
    if (d->n_marks == 0) return KR_OK;
    d->marks64 = kr__calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(double));
    d->marks = kr__calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(float));
    if (!d->marks64 || !d->marks) return kr__opening_no_memory(o);
    for (int64_t i = 0; i < d->n_series; i++) KR_TRY(mark_series(o, i, statics));
    for (int64_t i = 0; i < d->n_rows * d->n_marks; i++) d->marks[i] = (float)d->marks64[i];
    return KR_OK;
}

/* ---- all -------------------------------------------------------------------------------- */

kr_status kr__keep_reading(kr__opening *o, int64_t n_series, char *const *names) {
    const kr_dataset *d = &o->storage->dataset;
    kr_features *f = o->storage->features;
    if (!kr__features_add_series(f, n_series, names)) return kr__opening_no_memory(o);
    if (kr_rows_reading(o->rows)) {
        f->reading = kr__arena_strdup(&f->arena, kr_rows_reading(o->rows));
        if (!f->reading) return kr__opening_no_memory(o);
    }
    f->has_frequency = d->has_frequency;
    f->frequency = d->frequency;
    return KR_OK;
}

/* Only rows at a regular step have a place in a cycle. */
static kr_status start_cycle(kr__opening *o) {
    const kr_dataset *d = &o->storage->dataset;
    kr_features *f = o->storage->features;
    if (o->config->cycle == 0) return KR_OK;
    if (!d->timestamps || !d->has_frequency) {
        return kr_fail(o->err, KR_USAGE,
                       "%s: has %s, and `cycle` %" PRId64
                       " needs them to know the place of a row in the cycle; leave `cycle` out",
                       o->rows->name, d->timestamps ? "no dates at a regular step" : "no dates",
                       o->config->cycle);
    }
    f->cycle = o->config->cycle;
    f->cycle_start = d->timestamps[0];
    return KR_OK;
}

kr_status kr__make_rows(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    kr_features *f = o->storage->features;
    take_rows(o);
    size_t n = 0;
    if (kr__size_mul((size_t)d->n_rows, (size_t)d->n_channels, &n)) {
        d->data = kr__calloc(n, sizeof *d->data);
    }
    if (!d->data) return kr__opening_no_memory(o);
    KR_TRY(kr__keep_reading(o, d->series_names ? d->n_series : 0, d->series_names));
    KR_TRY(start_cycle(o));
    d->mean = f->mean;
    d->deviation = f->deviation;
    for (int64_t i = 0; i < d->n_series; i++) KR_TRY(scale_series(o, i));
    double *statics = kr__calloc((size_t)d->n_series, (size_t)(f->n_static + 1) * sizeof *statics);
    kr_status status = statics ? make_marks(o, statics) : kr__opening_no_memory(o);
    kr_free(statics);
    return status;
}
