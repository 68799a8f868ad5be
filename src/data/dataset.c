/* SPDX-License-Identifier: MIT
 * dataset.c - from a file to scaled rows, marks and borders. */
#include <kr/dataset.h>

#include <float.h>
#include <inttypes.h>
#include <kr/text.h>
#include <kr/timefeatures.h>
#include <math.h>
#include <string.h>

#include "data/opening.h"

/* Of seq_len and pred_len: their sum cannot overflow. */
static const int64_t LARGEST = (int64_t)1 << 40;

kr_status kr__opening_no_memory(const kr__opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for the data set", o->config->path);
}

/* ---- settings --------------------------------------------------------------------------- */

static kr_status check_config(kr__opening *o) {
    const kr_dataset_config *c = o->config;
    KR_TRY(kr_text_check_choice("data", c->loader, kr__loader_names, o->err));
    KR_TRY(kr_text_check_choice("features", c->features, "M|S|MS", o->err));
    o->loader = kr__loader_find(c->loader);
    if (c->seq_len < 1 || c->pred_len < 1 || c->seq_len > LARGEST || c->pred_len > LARGEST) {
        return kr_fail(o->err, KR_USAGE,
                       "seq_len %" PRId64 " and pred_len %" PRId64 ": both must be 1 or more",
                       c->seq_len, c->pred_len);
    }
    return KR_OK;
}

/* ---- scaling ---------------------------------------------------------------------------- */

/* Mean and deviation (by n) of every channel over the training rows. A channel that is constant up
 * to rounding has deviation 1; the bound is scikit-learn's, so that the same channels count. */
static void measure_channels(kr_dataset *d) {
    int64_t n_channels = d->n_channels, n = d->spans[0].end_row[KR_SPLIT_TRAIN];
    const double *restrict data = d->data64;
    double *restrict mean = d->mean, *restrict variance = d->deviation;
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
        d->deviation[c] = is_constant ? 1 : sqrt(v);
    }
}

static kr_status scale_rows(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    for (int64_t row = 0; row < d->n_rows; row++) {
        for (int64_t c = 0; c < d->n_channels; c++) {
            int64_t i = row * d->n_channels + c;
            d->data64[i] = (d->data64[i] - d->mean[c]) / d->deviation[c];
            if (!(fabs(d->data64[i]) <= (double)FLT_MAX)) {
                return kr_fail(o->err, KR_FORMAT,
                               "%s: column \"%.40s\", row %" PRId64
                               ": the number is too large once scaled by the training rows",
                               o->config->path, d->names[c], row + 1);
            }
            d->data[i] = (float)d->data64[i];
        }
    }
    return KR_OK;
}

static kr_status make_data(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    const kr_table *table = o->storage->table;
    size_t n_rows = (size_t)d->n_rows, n_channels = (size_t)d->n_channels;
    d->data64 = kr_calloc(n_rows, n_channels * sizeof(double));
    d->data = kr_calloc(n_rows, n_channels * sizeof(float));
    d->mean = kr_calloc(n_channels, sizeof(double));
    d->deviation = kr_calloc(n_channels, sizeof(double));
    if (!d->data64 || !d->data || !d->mean || !d->deviation) return kr__opening_no_memory(o);
    for (int64_t row = 0; row < d->n_rows; row++) {
        const double *from = table->values + row * table->n_columns;
        double *to = d->data64 + row * d->n_channels;
        for (int64_t c = 0; c < d->n_channels; c++) to[c] = from[o->column_of[c]];
    }
    measure_channels(d);
    return scale_rows(o);
}

/* ---- marks ------------------------------------------------------------------------------ */

static kr_status make_marks(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    const kr_dataset_config *c = o->config;
    d->timestamps = o->storage->table->timestamps;
    if (!d->timestamps) return KR_OK;
    bool with_quarter = o->loader->rows_per_hour == 4;
    d->n_marks = with_quarter ? 5 : 4;
    if (c->is_timef) KR_TRY(kr_timefeatures_count(c->freq, &d->n_marks, o->err));
    d->marks64 = kr_calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(double));
    d->marks = kr_calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(float));
    if (!d->marks64 || !d->marks) return kr__opening_no_memory(o);
    if (c->is_timef) {
        KR_TRY(kr_timefeatures(c->freq, d->n_rows, d->timestamps, d->marks64, o->err));
    } else {
        kr_timefeatures_calendar(d->n_rows, d->timestamps, with_quarter, d->marks64);
    }
    for (int64_t i = 0; i < d->n_rows * d->n_marks; i++) d->marks[i] = (float)d->marks64[i];
    return KR_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status open_steps(kr__opening *o) {
    KR_TRY(check_config(o));
    if (!kr__name_list_read(o->config->drop_columns, &o->storage->arena, &o->dropped)) {
        return kr__opening_no_memory(o);
    }
    KR_TRY(o->loader->read(o->config->path, &o->dropped, &o->storage->table, o->err));
    KR_TRY(kr__choose_channels(o));
    KR_TRY(kr__split_rows(o));
    KR_TRY(make_marks(o));
    KR_TRY(make_data(o));
    kr_free(o->storage->table->values);
    o->storage->table->values = NULL;
    return KR_OK;
}

kr_status kr_dataset_open(const kr_dataset_config *config, kr_dataset **out, kr_error *err) {
    kr__opening o = {.config = config, .err = err};
    o.storage = kr_calloc(1, sizeof *o.storage);
    if (!o.storage) return kr__opening_no_memory(&o);
    kr_status status = open_steps(&o);
    if (status != KR_OK) {
        kr_dataset_destroy(&o.storage->dataset);
        return status;
    }
    *out = &o.storage->dataset;
    return KR_OK;
}

void kr_dataset_drop_double(kr_dataset *dataset) {
    kr_free(dataset->data64);
    kr_free(dataset->marks64);
    dataset->data64 = dataset->marks64 = NULL;
}

void kr_dataset_destroy(kr_dataset *dataset) {
    if (!dataset) return;
    kr_dataset_drop_double(dataset);
    kr_free(dataset->data);
    kr_free(dataset->marks);
    kr_free(dataset->mean);
    kr_free(dataset->deviation);
    kr__dataset_storage *whole = (kr__dataset_storage *)dataset;
    kr_table_destroy(whole->table);
    kr_arena_deinit(&whole->arena);
    kr_free(whole);
}

void kr_dataset_unscale(const kr_dataset *dataset, int64_t first_channel, int64_t n_used, int64_t n,
                        const float *x, float *y) {
    const double *mean = dataset->mean + first_channel;
    const double *deviation = dataset->deviation + first_channel;
    for (int64_t row = 0; row < n; row++) {
        for (int64_t c = 0; c < n_used; c++) {
            int64_t i = row * n_used + c;
            y[i] = (float)((double)x[i] * deviation[c] + mean[c]);
        }
    }
}
