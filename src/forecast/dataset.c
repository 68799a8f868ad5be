/* SPDX-License-Identifier: MIT
 * dataset.c - rows to train on: columns chosen, gaps filled, split, scaled, marked. */

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/dataset.h"
#include "forecast/opening.h"

/* The most that seq_len and pred_len may be: their sum cannot overflow. */
static const int64_t LARGEST = (int64_t)1 << 40;

/* ---- settings --------------------------------------------------------------------------- */

static kr_status check_config(const kr_dataset_config *c, kr_error *err) {
    KR_TRY(kr__text_check_choice("data", c->loader, kr__loader_names, err));
    KR_TRY(kr__text_check_choice("features", c->features, "M|S|MS", err));
    if (c->gaps && *c->gaps) KR_TRY(kr__text_check_choice("gaps", c->gaps, KR_GAPS_CHOICES, err));
    if (c->seq_len < 1 || c->pred_len < 1 || c->seq_len > LARGEST || c->pred_len > LARGEST) {
        return kr_fail(err, KR_USAGE,
                       "seq_len %" PRId64 " and pred_len %" PRId64 ": both must be 1 or more",
                       c->seq_len, c->pred_len);
    }
    return KR_OK;
}

kr__feature_settings kr__dataset_settings(const kr_dataset_config *c) {
    const kr__loader *loader = kr__loader_find(c->loader);
    return (kr__feature_settings){.features = c->features,
                                  .target = c->target,
                                  .target_is_last = loader->is_free,
                                  .known_future = c->known_future,
                                  .static_columns = c->static_columns,
                                  .drop_columns = c->drop_columns,
                                  .blank_columns = c->blank_columns,
                                  .dates = {.freq = c->freq,
                                            .is_timef = c->is_timef,
                                            .has_quarter = loader->rows_per_hour == 4},
                                  .had_dates = strcmp(c->loader, "PEMS") != 0,
                                  .has_masks = c->gaps && strcmp(c->gaps, "model") == 0,
                                  .cycle = c->cycle,
                                  .seq_len = c->seq_len,
                                  .pred_len = c->pred_len};
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status pick_rows(kr__opening *o) {
    kr_dataset *d = &o->storage->dataset;
    kr_features **f = &o->storage->features;
    const kr__feature_settings settings = kr__dataset_settings(o->config);
    KR_TRY(kr__features_choose(&settings, o->rows, f, &o->column_of, o->err));
    d->names = (*f)->columns;
    d->is_blank = (*f)->is_blank;
    d->n_channels = (*f)->n_columns;
    d->n_future = (*f)->n_future;
    KR_TRY(kr__rows_pick(o->rows, -1, d->n_channels, o->column_of, &o->picked, o->err));
    return kr__fill_gaps(o);
}

static kr_status create_steps(kr__opening *o) {
    KR_TRY(pick_rows(o));
    KR_TRY(kr__split_rows(o));
    return kr__make_rows(o);
}

static kr_status start_opening(kr_team *team, const kr_dataset_config *config, const kr_rows *rows,
                               kr__opening *o, kr_error *err) {
    KR_TRY(check_config(config, err));
    KR_TRY(kr__rows_refuse_none(rows, err));
    *o = (kr__opening){.team = team,
                       .config = config,
                       .loader = kr__loader_find(config->loader),
                       .rows = rows,
                       .err = err};
    o->storage = kr__calloc(1, sizeof *o->storage);
    return o->storage ? KR_OK : kr__opening_no_memory(o);
}

kr_status kr__dataset_create(kr_team *team, const kr_dataset_config *config, const kr_rows *rows,
                             kr_dataset **out, kr_error *err) {
    kr__opening o;
    KR_TRY(start_opening(team, config, rows, &o, err));
    kr_status status = create_steps(&o);
    kr_rows_destroy(o.picked);
    if (status != KR_OK) {
        kr__dataset_destroy(&o.storage->dataset);
        return status;
    }
    *out = &o.storage->dataset;
    return KR_OK;
}

static kr_status measure_series(kr__opening *o) {
    const kr_rows *r = o->picked;
    kr_features *f = o->storage->features;
    KR_TRY(kr__keep_reading(o, r->series ? r->n_series : 0, r->series));
    for (int64_t i = 0; i < r->n_series; i++) {
        kr__features_measure(r->start[i + 1] - r->start[i], f->n_columns,
                             r->values + r->start[i] * f->n_columns, f->mean + i * f->n_columns,
                             f->deviation + i * f->n_columns);
    }
    return kr__features_count_marks(f, o->err);
}

/* Models of single series add values up. Sums of numbers near the largest that there are overflow,
 * and those near the smallest have few digits; a column of either kind has the wrong unit. */
static bool is_far(double size) { return size > 1e300 || (size > 0 && size < 1e-300); }

kr_status kr__check_unit(const char *name, const char *column, double most, kr_error *err) {
    if (!is_far(most)) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s: the largest number of column \"%.60s\" is %.3g; numbers from 1e-300 to "
                   "1e300 can be forecast: give the column another unit",
                   name, column, most);
}

static kr_status check_unit(const kr__opening *o, int64_t column) {
    const kr_rows *r = o->picked;
    double most = 0;
    for (int64_t t = 0; t < r->n_rows; t++) {
        most = fmax(most, fabs(r->values[t * r->n_columns + column]));
    }
    return kr__check_unit(r->name, r->columns[column], most, o->err);
}

/* One pass in the order of memory says of nearly all tables that no column needs a look. */
static kr_status check_units(const kr__opening *o) {
    const kr_rows *r = o->picked;
    bool is_any = false;
    for (int64_t i = 0; i < r->n_rows * r->n_columns; i++) is_any |= is_far(fabs(r->values[i]));
    for (int64_t c = 0; is_any && c < r->n_columns; c++) KR_TRY(check_unit(o, c));
    return KR_OK;
}

kr_status kr__dataset_pick(kr_team *team, const kr_dataset_config *config, const kr_rows *rows,
                           kr_features **features, kr_rows **picked, kr__pick_report *report,
                           kr_error *err) {
    kr__opening o;
    KR_TRY(start_opening(team, config, rows, &o, err));
    kr_status status = pick_rows(&o);
    if (status == KR_OK) status = check_units(&o);
    if (status == KR_OK) status = measure_series(&o);
    if (status == KR_OK) {
        *features = o.storage->features;
        *picked = o.picked;
        const kr_dataset *d = &o.storage->dataset;
        if (report) *report = (kr__pick_report){.gaps = d->gaps, .ahead = d->ahead};
        o.storage->features = NULL;
    } else {
        kr_rows_destroy(o.picked);
    }
    kr__dataset_destroy(&o.storage->dataset);
    return status;
}

kr_status kr__dataset_read(kr_team *team, const kr_dataset_config *config, kr_rows **out,
                           kr_error *err) {
    KR_TRY(check_config(config, err));
    return kr__loader_read(team, config, out, err);
}

kr_status kr__dataset_open(kr_team *team, const kr_dataset_config *config, kr_dataset **out,
                           kr_error *err) {
    kr_rows *rows = NULL;
    KR_TRY(kr__dataset_read(team, config, &rows, err));
    kr_status status = kr__dataset_create(team, config, rows, out, err);
    kr_rows_destroy(rows);
    return status;
}

void kr__dataset_drop_double(kr_dataset *dataset) {
    kr_free(dataset->data64);
    kr_free(dataset->marks64);
    dataset->data64 = dataset->marks64 = NULL;
}

kr_dataset *kr__dataset_hold(kr_dataset *dataset) {
    atomic_fetch_add(&((kr__dataset_storage *)dataset)->n_more_holders, 1);
    return dataset;
}

void kr__dataset_destroy(kr_dataset *dataset) {
    if (!dataset) return;
    if (atomic_fetch_sub(&((kr__dataset_storage *)dataset)->n_more_holders, 1) > 0) return;
    kr__dataset_drop_double(dataset);
    kr_free(dataset->data);
    kr_free(dataset->marks);
    kr_free(dataset->missing);
    kr_free(dataset->timestamps);
    kr__dataset_storage *whole = (kr__dataset_storage *)dataset;
    kr__features_destroy(whole->features);
    kr__arena_deinit(&whole->arena);
    kr_free(whole);
}

const kr_features *kr__dataset_features(const kr_dataset *dataset) {
    return ((const kr__dataset_storage *)dataset)->features;
}

kr__feature_rows kr__dataset_rows(const kr_dataset *dataset) {
    return (kr__feature_rows){.n_rows = dataset->n_rows,
                              .x = dataset->data,
                              .marks = dataset->marks,
                              .is_filled = dataset->missing};
}
