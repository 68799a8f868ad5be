/* SPDX-License-Identifier: MIT
 * dataset_rows.c - the rows of all series behind one another, scaled by the training rows of each.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "forecast/opening.h"

/* ---- scaling ---------------------------------------------------------------------------- */

/* Mean and deviation (by n) of every channel over the training rows. A channel that is constant up
 * to rounding has deviation 1; the bound is scikit-learn's, so that the same channels count. */
static void measure_channels(kr_dataset *d, int64_t series) {
    const kr_series_span *span = &d->spans[series];
    int64_t n_channels = d->n_channels, n = span->end_row[KR_SPLIT_TRAIN] - span->row;
    const double *restrict data = d->data64 + span->row * n_channels;
    double *restrict mean = d->mean + series * n_channels;
    double *restrict variance = d->deviation + series * n_channels;
    for (int64_t row = 0; row < n; row++) {
        for (int64_t c = 0; c < n_channels; c++) mean[c] += data[row * n_channels + c];
    }
    for (int64_t c = 0; c < n_channels; c++) mean[c] /= (double)n;
    for (int64_t row = 0; row < n; row++) {
        for (int64_t c = 0; c < n_channels; c++) {
            double e = data[row * n_channels + c] - mean[c];
            variance[c] += e * e;
        }
    }
    for (int64_t c = 0; c < n_channels; c++) {
        double v = variance[c] / (double)n, rounding = (double)n * mean[c] * DBL_EPSILON;
        bool is_constant = v <= (double)n * DBL_EPSILON * v + rounding * rounding;
        variance[c] = is_constant ? 1 : sqrt(v);
    }
}

static kr_status scale_rows(kr__opening *o, int64_t series) {
    kr_dataset *d = &o->storage->dataset;
    const kr_series_span *span = &d->spans[series];
    const double *mean = d->mean + series * d->n_channels;
    const double *deviation = d->deviation + series * d->n_channels;
    for (int64_t row = span->row; row < span->row + span->n_rows; row++) {
        for (int64_t c = 0; c < d->n_channels; c++) {
            int64_t i = row * d->n_channels + c;
            d->data64[i] = (d->data64[i] - mean[c]) / deviation[c];
            if (!(fabs(d->data64[i]) <= (double)FLT_MAX)) {
                return kr_fail(o->err, KR_FORMAT,
                               "%s: column \"%.40s\", row %" PRId64
                               ": the number is too large once scaled by the training rows",
                               o->config->path, d->names[c], row - span->row + 1);
            }
            d->data[i] = (float)d->data64[i];
        }
    }
    return KR_OK;
}

/* ---- copying ---------------------------------------------------------------------------- */

static void copy_series(kr__opening *o, int64_t series) {
    kr_dataset *d = &o->storage->dataset;
    const kr_series_span *span = &d->spans[series];
    const kr_table *t = o->panel.tables[o->table_of[series]];
    const uint8_t *missing = o->missing ? o->missing[o->table_of[series]] : NULL;
    for (int64_t row = 0; row < span->n_rows; row++) {
        int64_t from = row * t->n_columns, to = (span->row + row) * d->n_channels;
        for (int64_t c = 0; c < d->n_channels; c++) {
            d->data64[to + c] = t->values[from + o->column_of[c]];
            if (missing) d->missing[to + c] = missing[from + o->column_of[c]];
        }
    }
    if (!d->timestamps) return;
    memcpy(d->timestamps + span->row, t->timestamps, (size_t)span->n_rows * sizeof *d->timestamps);
}

static kr_status allocate(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    size_t n_rows = (size_t)d->n_rows, n_channels = (size_t)d->n_channels, n = 0;
    if (!kr_size_mul(n_rows, n_channels, &n)) return kr__opening_no_memory(o);
    bool has_missing = d->gaps.n_rows + d->gaps.n_cells > 0;
    bool has_dates = o->panel.tables[0]->timestamps != NULL;
    d->data64 = kr_calloc(n, sizeof(double));
    d->data = kr_calloc(n, sizeof(float));
    d->mean = kr_calloc((size_t)d->n_series, n_channels * sizeof(double));
    d->deviation = kr_calloc((size_t)d->n_series, n_channels * sizeof(double));
    if (has_missing) d->missing = kr_calloc(n, 1);
    if (has_dates) d->timestamps = kr_calloc(n_rows, sizeof *d->timestamps);
    bool is_good = d->data64 && d->data && d->mean && d->deviation &&
                   (d->missing || !has_missing) && (d->timestamps || !has_dates);
    return is_good ? KR_OK : kr__opening_no_memory(o);
}

kr_status kr__make_rows(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    KR_TRY(allocate(o));
    for (int64_t i = 0; i < d->n_series; i++) {
        copy_series(o, i);
        measure_channels(d, i);
        KR_TRY(scale_rows(o, i));
    }
    return KR_OK;
}
