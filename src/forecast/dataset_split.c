/* SPDX-License-Identifier: MIT
 * dataset_split.c - borders of the splits of every series, and where a window is. */
#include <assert.h>
#include <inttypes.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/opening.h"

static int64_t count_windows(const kr_dataset *d, const kr_series_span *span, kr_split split) {
    return span->end_row[split] - span->first_row[split] - d->seq_len - d->pred_len + 1;
}

/* Validation and test may have no rows where parts are given. */
static bool may_be_empty(const kr_dataset_config *c, int split) {
    return split != KR_SPLIT_TRAIN && c->n_rows_of[KR_SPLIT_TRAIN] != 0 && c->n_rows_of[split] == 0;
}

/* As n_rows_of asks, if it is set. Validation and test look back into the part before them, unless
 * they have no rows: then they end before their first window does. */
static bool split_as_given(const kr_dataset_config *c, kr_series_span *span) {
    int64_t end = 0, n_train = c->n_rows_of[KR_SPLIT_TRAIN];
    if (n_train == 0) return false;
    if (n_train < 0) {
        n_train = span->n_rows - c->n_rows_of[KR_SPLIT_VAL] - c->n_rows_of[KR_SPLIT_TEST];
    }
    for (int split = 0; split < KR_SPLITS; split++) {
        int64_t n_before = split == KR_SPLIT_TRAIN ? 0 : c->seq_len;
        if (may_be_empty(c, split)) n_before += c->pred_len - 1;
        span->first_row[split] = end - n_before;
        end += split == KR_SPLIT_TRAIN ? n_train : c->n_rows_of[split];
        span->end_row[split] = end;
    }
    return true;
}

static kr_status refuse_given(const kr__opening *o, const kr_series_span *span) {
    return kr_fail(o->err, KR_SHAPE,
                   "%s: has %" PRId64 " row%s, fewer than the %" PRId64
                   " that training, validation and test part together ask for; use smaller "
                   "`train_rows`, `val_rows` or `test_rows`",
                   o->rows->name, span->n_rows, kr__plural(span->n_rows),
                   span->end_row[KR_SPLIT_TEST]);
}

static bool is_good_part(const kr__opening *o, const kr_series_span *span, int split) {
    return may_be_empty(o->config, split) ||
           count_windows(&o->storage->dataset, span, (kr_split)split) >= 1;
}

static bool has_windows(const kr__opening *o, const kr_series_span *span) {
    bool is_good = span->end_row[KR_SPLIT_TEST] <= span->n_rows;
    for (int split = 0; split < KR_SPLITS; split++) {
        is_good = is_good && is_good_part(o, span, split);
    }
    return is_good;
}

/* ---- one series ------------------------------------------------------------------------- */

/* The last n_test rows are the test part, pred_len rows before them the validation part; both look
 * back. */
static void split_at_end(const kr_dataset *d, int64_t n_test, kr_series_span *span) {
    int64_t test = span->n_rows - n_test, validation = test - d->pred_len;
    span->first_row[KR_SPLIT_TRAIN] = 0;
    span->end_row[KR_SPLIT_TRAIN] = validation;
    span->first_row[KR_SPLIT_VAL] = validation - d->seq_len;
    span->end_row[KR_SPLIT_VAL] = test;
    span->first_row[KR_SPLIT_TEST] = test - d->seq_len;
    span->end_row[KR_SPLIT_TEST] = span->n_rows;
}

/* Borders, counted from the start of the series; is_late: split at its end instead of by the
 * loader's rule. */
static void split_series(const kr__opening *o, int64_t series, kr_series_span *span,
                         bool *is_late) {
    const kr_dataset *d = &o->storage->dataset;
    const kr_rows *r = o->picked;
    span->n_rows = r->start[series + 1] - r->start[series];
    *is_late = false;
    if (r->n_test) {
        split_at_end(d, r->n_test[series], span);
        return;
    }
    if (split_as_given(o->config, span)) return;
    o->loader->split(span->n_rows, o->loader->rows_per_hour, d->seq_len, span->first_row,
                     span->end_row);
    *is_late = o->loader->is_free && !has_windows(o, span);
    if (*is_late) split_at_end(d, d->pred_len, span);
}

static void move_span(kr_series_span *span, int64_t row) {
    span->row = row;
    for (int split = 0; split < KR_SPLITS; split++) {
        span->first_row[split] += row;
        span->end_row[split] += row;
    }
}

/* ---- series that are too short ---------------------------------------------------------- */

static int64_t count_needed(const kr_dataset *d) { return d->seq_len + 3 * d->pred_len; }

static kr_status refuse_free(const kr__opening *o, const kr_series_span *span) {
    const kr_dataset *d = &o->storage->dataset;
    return kr_fail(o->err, KR_SHAPE,
                   "%s: has %" PRId64 " row%s, too few for seq_len %" PRId64
                   " and pred_len %" PRId64
                   ": one window each to train, validate and test on takes seq_len + 3 * pred_len "
                   "= %" PRId64 " rows; use smaller `seq_len` and `pred_len`, or a longer file",
                   o->rows->name, span->n_rows, kr__plural(span->n_rows), d->seq_len, d->pred_len,
                   count_needed(d));
}

/* The only series. */
static kr_status refuse_series(const kr__opening *o, const kr_series_span *span) {
    static const char *const names[KR_SPLITS] = {"training", "validation", "test"};
    const kr_dataset_config *c = o->config;
    bool is_given = c->n_rows_of[KR_SPLIT_TRAIN] != 0;
    if (is_given && span->end_row[KR_SPLIT_TEST] > span->n_rows) return refuse_given(o, span);
    if (o->loader->is_free && !is_given) return refuse_free(o, span);
    if (span->end_row[KR_SPLIT_TEST] > span->n_rows) {
        return kr_fail(o->err, KR_SHAPE,
                       "%s: has %" PRId64 " row%s, the splits of %s need %" PRId64
                       " (20 months); use `data` custom for this file",
                       o->rows->name, span->n_rows, kr__plural(span->n_rows), c->loader,
                       span->end_row[KR_SPLIT_TEST]);
    }
    int split = 0;
    while (is_good_part(o, span, split)) split++;
    return kr_fail(o->err, KR_SHAPE,
                   "%s: the %s part has %" PRId64 " of %" PRId64
                   " rows, too few for seq_len %" PRId64 " + pred_len %" PRId64 " = %" PRId64
                   "; use smaller `seq_len` and `pred_len`, or a longer file",
                   o->rows->name, names[split], span->end_row[split] - span->first_row[split],
                   span->n_rows, c->seq_len, c->pred_len, c->seq_len + c->pred_len);
}

static void tell_late(const kr__opening *o, int64_t n_late) {
    const kr_dataset *d = &o->storage->dataset;
    if (n_late == 0) return;
    if (!o->picked->series) {
        kr_team_log(o->team, KR_LOG_INFO,
                    "%s: a tenth of %" PRId64
                    " rows is too short for a window, so the last %" PRId64
                    " row%s the test part and as many before them the validation part",
                    o->rows->name, d->n_rows, d->pred_len, d->pred_len == 1 ? " is" : "s are");
    } else {
        kr_team_log(o->team, KR_LOG_INFO,
                    "%s: in %" PRId64 " of %" PRId64
                    " series a tenth of the rows is too short for a window; there the last %" PRId64
                    " row%s the test part and as many before them the validation part",
                    o->rows->name, n_late, d->n_series, d->pred_len,
                    d->pred_len == 1 ? " is" : "s are");
    }
}

static kr_status tell_skipped(const kr__opening *o, const kr_few *s) {
    const kr_dataset *d = &o->storage->dataset;
    const kr_dataset_config *c = o->config;
    if (d->n_series == 0) {
        return kr_fail(o->err, KR_SHAPE,
                       "%s: all of its %" PRId64 " series (%s) are shorter than the %" PRId64
                       " rows that seq_len %" PRId64 " and pred_len %" PRId64
                       " take; use smaller `seq_len` and `pred_len`",
                       o->rows->name, s->n, s->names, count_needed(d), c->seq_len, c->pred_len);
    }
    if (s->n > 0) {
        kr_team_log(o->team, KR_LOG_INFO,
                    "%s: %" PRId64 " of %" PRId64 " series have too few rows for seq_len %" PRId64
                    " and pred_len %" PRId64 " and are left out: %s",
                    o->rows->name, s->n, o->picked->n_series, c->seq_len, c->pred_len, s->names);
    }
    return KR_OK;
}

/* A test part that the data themselves define must have room for a forecast. */
static kr_status check_test(const kr__opening *o, int64_t series) {
    const kr_rows *r = o->picked;
    int64_t pred_len = o->storage->dataset.pred_len;
    if (!r->n_test || r->n_test[series] >= pred_len) return KR_OK;
    assert(r->series); /* a file with values for tests names its series */
    return kr_fail(o->err, KR_SHAPE,
                   "%s: series \"%.60s\" has %" PRId64
                   " values to test on, fewer than `pred_len` %" PRId64 "; use a smaller one",
                   r->name, r->series[series], r->n_test[series], pred_len);
}

/* If the loader has no rule, the rows themselves must say which of them are for tests. */
static kr_status check_rule(const kr__opening *o) {
    kr_series_span span = {0};
    if (o->loader->split || o->picked->n_test || split_as_given(o->config, &span)) return KR_OK;
    return kr_fail(o->err, KR_USAGE,
                   "%s: does not say which of its rows are for tests, as the files of %s do; use "
                   "`data` custom",
                   o->rows->name, o->config->loader);
}

/* ---- all series ------------------------------------------------------------------------- */

/* Appends a series. */
static kr_status add_series(kr__opening *o, int64_t series, const kr_series_span *from) {
    kr_dataset *d = &o->storage->dataset;
    kr_series_span *span = &d->spans[d->n_series];
    *span = *from;
    move_span(span, d->n_rows);
    for (int split = 0; split < KR_SPLITS; split++) {
        span->first_window[split] =
            d->n_series > 0 ? kr__dataset_window_count(d, (kr_split)split) : 0;
    }
    if (d->series_names) {
        assert(o->picked->series);
        char *name = kr__arena_strdup(&o->storage->arena, o->picked->series[series]);
        if (!name) return kr__opening_no_memory(o);
        d->series_names[d->n_series] = name;
    }
    o->series_of[d->n_series++] = series;
    d->n_rows += span->n_rows;
    return KR_OK;
}

kr_status kr__split_rows(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    kr_arena *arena = &o->storage->arena;
    const kr_rows *r = o->picked;
    size_t n = (size_t)r->n_series;
    d->seq_len = o->config->seq_len;
    d->pred_len = o->config->pred_len;
    d->spans = kr__arena_alloc(arena, n, sizeof *d->spans);
    o->series_of = kr__arena_alloc(arena, n, sizeof *o->series_of);
    if (r->series) d->series_names = kr__arena_alloc(arena, n, sizeof *d->series_names);
    if (!d->spans || !o->series_of || (r->series && !d->series_names)) {
        return kr__opening_no_memory(o);
    }
    KR_TRY(check_rule(o));
    kr_few too_short = {0};
    int64_t n_late = 0;
    for (int64_t i = 0; i < r->n_series; i++) {
        kr_series_span span = {0};
        bool is_late = false;
        KR_TRY(check_test(o, i));
        split_series(o, i, &span, &is_late);
        if (has_windows(o, &span)) {
            KR_TRY(add_series(o, i, &span));
            n_late += is_late;
        } else if (r->series) {
            kr__few_add(&too_short, r->series[i]);
        } else {
            return refuse_series(o, &span);
        }
    }
    KR_TRY(tell_skipped(o, &too_short));
    tell_late(o, n_late);
    return KR_OK;
}

/* ---- windows ---------------------------------------------------------------------------- */

int64_t kr__dataset_window_count(const kr_dataset *dataset, kr_split split) {
    const kr_series_span *last = dataset->spans + dataset->n_series - 1;
    return last->first_window[split] + count_windows(dataset, last, split);
}

kr_window_place kr__dataset_window(const kr_dataset *dataset, kr_split split, int64_t window) {
    int64_t low = 0, high = dataset->n_series; /* low's first window does not come after this one */
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
