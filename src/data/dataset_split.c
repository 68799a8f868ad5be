/* SPDX-License-Identifier: MIT
 * dataset_split.c - borders of the splits, and where a window stands. */
#include <inttypes.h>

#include "data/opening.h"

static int64_t count_windows(const kr_dataset *d, const kr_series_span *span, kr_split split) {
    return span->end_row[split] - span->first_row[split] - d->seq_len - d->pred_len + 1;
}

/* As n_rows_of says, where it says something: validation and test look back into the part before
 * them. */
static bool split_as_given(const kr_dataset_config *c, kr_series_span *span) {
    int64_t end = 0;
    for (int split = 0; split < KR_SPLITS && c->n_rows_of[KR_SPLIT_TRAIN] > 0; split++) {
        span->first_row[split] = split == KR_SPLIT_TRAIN ? 0 : end - c->seq_len;
        end += c->n_rows_of[split];
        span->end_row[split] = end;
    }
    return end > 0;
}

static kr_status refuse_given(const kr__opening *o, const kr_series_span *span) {
    return kr_fail(o->err, KR_SHAPE,
                   "%s: has %" PRId64
                   " rows, the training, validation and test part are given "
                   "%" PRId64 "; use smaller --train_rows, --val_rows or --test_rows",
                   o->config->path, span->n_rows, span->end_row[KR_SPLIT_TEST]);
}

static kr_status check_span(const kr__opening *o, const kr_series_span *span) {
    static const char *const names[KR_SPLITS] = {"training", "validation", "test"};
    const kr_dataset_config *c = o->config;
    if (span->end_row[KR_SPLIT_TEST] > span->n_rows) {
        if (c->n_rows_of[KR_SPLIT_TRAIN] > 0) return refuse_given(o, span);
        return kr_fail(o->err, KR_SHAPE,
                       "%s: has %" PRId64 " rows, the splits of %s need %" PRId64
                       " (20 months); use --data custom for this file",
                       c->path, span->n_rows, c->loader, span->end_row[KR_SPLIT_TEST]);
    }
    for (int split = 0; split < KR_SPLITS; split++) {
        if (count_windows(&o->storage->dataset, span, (kr_split)split) >= 1) continue;
        return kr_fail(o->err, KR_SHAPE,
                       "%s: the %s part has %" PRId64 " of %" PRId64
                       " rows, too few for seq_len %" PRId64 " + pred_len %" PRId64 " = %" PRId64
                       "; use smaller --seq_len and --pred_len, or a longer file",
                       c->path, names[split], span->end_row[split] - span->first_row[split],
                       span->n_rows, c->seq_len, c->pred_len, c->seq_len + c->pred_len);
    }
    return KR_OK;
}

kr_status kr__split_rows(kr__opening *o) {
    const kr_dataset_config *c = o->config;
    kr_dataset *d = &o->storage->dataset;
    d->n_rows = o->storage->table->n_rows;
    d->seq_len = c->seq_len;
    d->pred_len = c->pred_len;
    d->n_series = 1;
    d->spans = kr_arena_alloc(&o->storage->arena, (size_t)d->n_series, sizeof *d->spans);
    if (!d->spans) return kr__opening_no_memory(o);
    kr_series_span *span = d->spans;
    span->n_rows = d->n_rows;
    if (!split_as_given(c, span)) {
        o->loader->split(span->n_rows, o->loader->rows_per_hour, c->seq_len, span->first_row,
                         span->end_row);
    }
    return check_span(o, span);
}

/* ---- windows ---------------------------------------------------------------------------- */

int64_t kr_dataset_window_count(const kr_dataset *dataset, kr_split split) {
    const kr_series_span *last = dataset->spans + dataset->n_series - 1;
    return last->first_window[split] + count_windows(dataset, last, split);
}

kr_window_place kr_dataset_window(const kr_dataset *dataset, kr_split split, int64_t window) {
    int64_t low = 0, high = dataset->n_series; /* low's first window is not behind this one */
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (dataset->spans[middle].first_window[split] <= window) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const kr_series_span *span = &dataset->spans[low];
    return (kr_window_place){span->first_row[split] + window - span->first_window[split], low};
}
