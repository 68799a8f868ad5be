/* SPDX-License-Identifier: MIT
 * dataset.c - from a file to scaled rows, marks and borders. */
#include <kr/dataset.h>

#include <float.h>
#include <inttypes.h>
#include <kr/text.h>
#include <kr/timefeatures.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/loaders.h"

/* Of seq_len and pred_len: their sum cannot overflow. */
static const int64_t LARGEST = (int64_t)1 << 40;

/* What kr_dataset_open hands out is the first member. The table keeps the names. */
typedef struct storage {
    kr_dataset dataset;
    kr_table *table;
} storage;

typedef struct opening {
    const kr_dataset_config *config;
    const kr__loader *loader;
    storage *storage;
    int64_t *column_of; /* channel -> column of the table */
    kr_error *err;
} opening;

static kr_status out_of_memory(const opening *o) {
    return kr_fail(o->err, KR_MEMORY, "%s: no memory for the data set", o->config->path);
}

/* ---- settings --------------------------------------------------------------------------- */

static kr_status check_config(opening *o) {
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

/* ---- channels --------------------------------------------------------------------------- */

/* "a, b, c" and .. when there are more than fit. */
static void list_columns(const kr_table *table, char *text, size_t size) {
    size_t n = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < table->n_columns; i++) {
        size_t length = strlen(table->names[i]);
        if (n + length + 8 > size) {
            strcpy(text + n, ", ..");
            return;
        }
        if (i > 0) n += (size_t)snprintf(text + n, size - n, ", ");
        n += (size_t)snprintf(text + n, size - n, "%s", table->names[i]);
    }
}

static kr_status refuse_target(const opening *o) {
    const kr_table *table = o->storage->table;
    char columns[320];
    list_columns(table, columns, sizeof columns);
    kr_guess guess = {.word = o->config->target};
    for (int64_t i = 0; i < table->n_columns; i++) {
        kr_guess_offer(&guess, table->names[i], strlen(table->names[i]));
    }
    return kr_fail(
        o->err, KR_USAGE,
        "%s: has no column \"%.60s\" to be the target%s%.*s%s; set --target to one of: %s",
        o->config->path, o->config->target, guess.best ? " (did you mean " : "", (int)guess.n_best,
        guess.best ? guess.best : "", guess.best ? "?)" : "", columns);
}

/* Which columns become channels, in which order. */
static kr_status choose_channels(opening *o) {
    kr_table *table = o->storage->table;
    kr_dataset *d = &o->storage->dataset;
    bool is_single = strcmp(o->config->features, "S") == 0;
    bool moves_target = o->loader->moves_target || strcmp(o->config->features, "MS") == 0;
    int64_t target = -1;
    if (is_single || moves_target) {
        target = kr_table_find(table, o->config->target);
        if (target < 0) return refuse_target(o);
    }
    size_t n = (size_t)table->n_columns;
    o->column_of = kr_calloc(n, sizeof *o->column_of);
    d->names = kr_arena_alloc(&table->arena, n, sizeof *d->names);
    if (!o->column_of || !d->names) return out_of_memory(o);
    for (int64_t i = 0; i < table->n_columns && !is_single; i++) {
        if (i != target) o->column_of[d->n_channels++] = i;
    }
    if (target >= 0) o->column_of[d->n_channels++] = target;
    for (int64_t i = 0; i < d->n_channels; i++) d->names[i] = table->names[o->column_of[i]];
    return KR_OK;
}

/* ---- splits ----------------------------------------------------------------------------- */

static kr_status split_rows(opening *o) {
    static const char *const names[KR_SPLITS] = {"training", "validation", "test"};
    const kr_dataset_config *c = o->config;
    kr_dataset *d = &o->storage->dataset;
    d->n_rows = o->storage->table->n_rows;
    d->seq_len = c->seq_len;
    d->pred_len = c->pred_len;
    o->loader->split(d->n_rows, o->loader->rows_per_hour, c->seq_len, d->first_row, d->end_row);
    if (d->end_row[KR_SPLIT_TEST] > d->n_rows) {
        return kr_fail(o->err, KR_SHAPE,
                       "%s: has %" PRId64 " rows, the splits of %s need %" PRId64
                       " (20 months); use --data custom for this file",
                       c->path, d->n_rows, c->loader, d->end_row[KR_SPLIT_TEST]);
    }
    for (int split = 0; split < KR_SPLITS; split++) {
        if (kr_dataset_window_count(d, split) >= 1) continue;
        return kr_fail(o->err, KR_SHAPE,
                       "%s: the %s part has %" PRId64 " of %" PRId64
                       " rows, too few for seq_len %" PRId64 " + pred_len %" PRId64 " = %" PRId64
                       "; use smaller --seq_len and --pred_len, or a longer file",
                       c->path, names[split], d->end_row[split] - d->first_row[split], d->n_rows,
                       c->seq_len, c->pred_len, c->seq_len + c->pred_len);
    }
    return KR_OK;
}

/* ---- scaling ---------------------------------------------------------------------------- */

/* Mean and deviation (by n) of every channel over the training rows. A channel that is constant up
 * to rounding has deviation 1; the bound is scikit-learn's, so that the same channels count. */
static void measure_channels(kr_dataset *d) {
    int64_t n_channels = d->n_channels, n = d->end_row[KR_SPLIT_TRAIN];
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

static kr_status scale_rows(opening *o) {
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

static kr_status make_data(opening *o) {
    kr_dataset *d = &o->storage->dataset;
    const kr_table *table = o->storage->table;
    size_t n_rows = (size_t)d->n_rows, n_channels = (size_t)d->n_channels;
    d->data64 = kr_calloc(n_rows, n_channels * sizeof(double));
    d->data = kr_calloc(n_rows, n_channels * sizeof(float));
    d->mean = kr_calloc(n_channels, sizeof(double));
    d->deviation = kr_calloc(n_channels, sizeof(double));
    if (!d->data64 || !d->data || !d->mean || !d->deviation) return out_of_memory(o);
    for (int64_t row = 0; row < d->n_rows; row++) {
        const double *from = table->values + row * table->n_columns;
        double *to = d->data64 + row * d->n_channels;
        for (int64_t c = 0; c < d->n_channels; c++) to[c] = from[o->column_of[c]];
    }
    measure_channels(d);
    return scale_rows(o);
}

/* ---- marks ------------------------------------------------------------------------------ */

static kr_status make_marks(opening *o) {
    kr_dataset *d = &o->storage->dataset;
    const kr_dataset_config *c = o->config;
    d->timestamps = o->storage->table->timestamps;
    if (!d->timestamps) return KR_OK;
    bool with_quarter = o->loader->rows_per_hour == 4;
    d->n_marks = with_quarter ? 5 : 4;
    if (c->is_timef) KR_TRY(kr_timefeatures_count(c->freq, &d->n_marks, o->err));
    d->marks64 = kr_calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(double));
    d->marks = kr_calloc((size_t)d->n_rows, (size_t)d->n_marks * sizeof(float));
    if (!d->marks64 || !d->marks) return out_of_memory(o);
    if (c->is_timef) {
        KR_TRY(kr_timefeatures(c->freq, d->n_rows, d->timestamps, d->marks64, o->err));
    } else {
        kr_timefeatures_calendar(d->n_rows, d->timestamps, with_quarter, d->marks64);
    }
    for (int64_t i = 0; i < d->n_rows * d->n_marks; i++) d->marks[i] = (float)d->marks64[i];
    return KR_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status open_steps(opening *o) {
    KR_TRY(check_config(o));
    KR_TRY(o->loader->read(o->config->path, &o->storage->table, o->err));
    KR_TRY(choose_channels(o));
    KR_TRY(split_rows(o));
    KR_TRY(make_marks(o));
    KR_TRY(make_data(o));
    kr_free(o->storage->table->values);
    o->storage->table->values = NULL;
    return KR_OK;
}

kr_status kr_dataset_open(const kr_dataset_config *config, kr_dataset **out, kr_error *err) {
    opening o = {.config = config, .err = err};
    o.storage = kr_calloc(1, sizeof *o.storage);
    if (!o.storage) return out_of_memory(&o);
    kr_status status = open_steps(&o);
    kr_free(o.column_of);
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
    storage *whole = (storage *)dataset;
    kr_table_destroy(whole->table);
    kr_free(whole);
}

int64_t kr_dataset_window_count(const kr_dataset *dataset, kr_split split) {
    return dataset->end_row[split] - dataset->first_row[split] - dataset->seq_len -
           dataset->pred_len + 1;
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
