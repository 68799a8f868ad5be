/* SPDX-License-Identifier: MIT
 * predict_history.c - one series of rows in the form that a model can forecast from. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/sized_struct.h"
#include "core/text.h"
#include "forecast/predict_internal.h"
#include "forecast/table_columns.h"
#include "tables/calendar.h"
#include "tables/step_names.h"

typedef struct making {
    const kr_forecaster *forecaster;
    const kr_features *features;
    const kr_rows *rows;
    int64_t series;
    kr__history *history;
    int64_t *column_of; /* the columns of the features, static ones too, in the rows */
    kr_rows *picked;    /* the columns of the model, of this series */
    kr_error *err;
} making;

static kr_status out_of_memory(const making *m) {
    return kr_fail(m->err, KR_MEMORY, "%s: out of memory for the rows", m->history->rows.name);
}

/* ---- columns ---------------------------------------------------------------------------- */

kr_status kr__forecaster_find_columns(const kr_forecaster *forecaster, const char *name,
                                      const kr_table *table, int64_t *column_of, kr_error *err) {
    /* Of the rows only their name and the names of their columns are used. */
    char text[1200];
    snprintf(text, sizeof text, "%s", name);
    const kr_rows rows = {.name = text,
                          .n_columns = table->n_columns,
                          .columns = table->names,
                          .n_unread = table->n_unread,
                          .unread = table->unread};
    return kr__features_find(forecaster->features, &rows, column_of, err);
}

static kr_status keep_ignored(const making *m, const char *name) {
    kr_history *h = &m->history->rows;
    char *copy = kr__arena_strdup(&m->history->arena, name);
    if (!copy) return out_of_memory(m);
    m->history->ignored[h->n_ignored++] = copy;
    return KR_OK;
}

/* The names of columns that are not the model's. */
static kr_status list_ignored(const making *m) {
    const kr_rows *r = m->rows;
    const kr_features *f = m->features;
    size_t most = (size_t)(r->n_unread + r->n_columns) + 1;
    const char **names = kr__arena_alloc(&m->history->arena, most, sizeof *names);
    bool *is_used = kr__arena_alloc(&m->history->arena, most, sizeof *is_used);
    if (!names || !is_used) return out_of_memory(m);
    m->history->rows.ignored = m->history->ignored = names;
    for (int64_t c = 0; c < f->n_columns + f->n_static; c++) is_used[m->column_of[c]] = true;
    for (int64_t i = 0; i < r->n_unread; i++) KR_TRY(keep_ignored(m, r->unread[i]));
    for (int64_t i = 0; i < r->n_columns; i++) {
        if (!is_used[i]) KR_TRY(keep_ignored(m, r->columns[i]));
    }
    return KR_OK;
}

/* The model's columns in the model's order. */
static kr_status pick_columns(making *m) {
    const kr_features *f = m->features;
    assert(f); /* the model has seen rows */
    size_t n = (size_t)(f->n_columns + f->n_static);
    m->column_of = kr__arena_alloc(&m->history->arena, n, sizeof *m->column_of);
    if (!m->column_of) return out_of_memory(m);
    KR_TRY(kr__features_find(f, m->rows, m->column_of, m->err));
    KR_TRY(list_ignored(m));
    KR_TRY(kr__features_read_statics(f, m->rows, m->series, m->column_of, m->history->statics,
                                     m->err));
    return kr__rows_pick(m->rows, m->series, f->n_columns, m->column_of, &m->picked, m->err);
}

/* ---- dates ------------------------------------------------------------------------------ */

kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err) {
    for (int64_t i = 1; i < n; i++) {
        if (timestamps[i] > timestamps[i - 1]) continue;
        char date[KR_DATETIME_TEXT];
        return kr_fail(err, KR_FORMAT,
                       "%s: row %" PRId64 ": the date %s %s; sort the rows by date, each date once",
                       name, i + 1, kr__datetime_text(timestamps[i], date),
                       timestamps[i] == timestamps[i - 1] ? "repeats" : "goes back");
    }
    return KR_OK;
}

/* The step of the training is kept where the rows are too few to show all of it; that of the rows
 * where they know the day of the month and an older checkpoint does not. */
static kr_status choose_frequency(const making *m, const kr_frequency *is) {
    const kr_frequency *was = &m->forecaster->info.frequency;
    const kr_rows *r = m->picked;
    char a[KR__STEP_WORDS], b[KR__STEP_WORDS];
    if (kr_frequency_is_same(is, was)) m->history->rows.frequency = *is;
    if (kr__frequency_suits(was, is, r->n_rows, r->dates)) return KR_OK;
    return kr_fail(
        m->err, KR_FORMAT,
        "%s: has rows in steps of %s, the model was trained on steps of %s; bring the data to "
        "those, or train a model on these",
        m->history->rows.name, kr__step_words(is, r->dates, a), kr__step_words(was, NULL, b));
}

/* Dates without a regular step are no error if those of the training had none either. */
static kr_status read_dates(const making *m) {
    const kr_rows *r = m->picked;
    const kr_forecaster_info *p = &m->forecaster->info;
    kr_history *h = &m->history->rows;
    if (!r->dates && p->has_dates) {
        return kr_fail(m->err, KR_FORMAT,
                       "%s: has no column of dates, which the model needs; name it with "
                       "`date_column`",
                       h->name);
    }
    h->has_frequency = false;
    if (!r->dates) return KR_OK;
    if (r->date_name) h->date_name = kr__arena_strdup(&m->history->arena, r->date_name);
    if (r->date_name && !h->date_name) return out_of_memory(m);
    if (r->zone) h->zone = kr__arena_strdup(&m->history->arena, r->zone);
    if (r->zone && !h->zone) return out_of_memory(m);
    h->has_frequency = p->has_frequency;
    h->frequency = p->frequency;
    KR_TRY(kr__dates_check(h->name, r->n_rows, r->dates, m->err));
    if (r->n_rows < 2) return KR_OK;
    kr_frequency frequency = {.micros = 0};
    kr_status status = kr_frequency_infer(h->name, r->n_rows, r->dates, &frequency, m->err);
    if (status == KR_MEMORY || p->has_frequency) {
        KR_TRY(status);
        return choose_frequency(m, &frequency);
    }
    h->has_frequency = status == KR_OK;
    h->frequency = frequency;
    return KR_OK;
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_status fill_gaps(const making *m) {
    kr_history *h = &m->history->rows;
    return kr__rows_fill(m->picked, m->history->gaps, h->has_frequency ? &h->frequency : NULL,
                         &h->gaps, m->err);
}

/* Rows behind the last value of what is forecast give only their columns known ahead, and are moved
 * out of the rows. */
static kr_status split_ahead(const making *m) {
    kr_history *h = &m->history->rows;
    kr_rows *r = m->picked;
    int64_t n_future = m->features->n_future, n_outputs = m->features->n_outputs;
    if (n_future == 0) return KR_OK;
    int64_t n_rows = kr__rows_known(r, 0, r->n_columns - n_outputs, n_outputs);
    KR_TRY(kr__rows_check_ahead(r, 0, n_rows, h->has_frequency ? &h->frequency : NULL, m->err));
    h->n_ahead = r->n_rows - n_rows;
    h->ahead = kr__calloc((size_t)(h->n_ahead + 1), (size_t)n_future * sizeof *h->ahead);
    if (!h->ahead) return out_of_memory(m);
    for (int64_t i = 0; i < h->n_ahead; i++) {
        memcpy(h->ahead + i * n_future, r->values + (n_rows + i) * r->n_columns,
               (size_t)n_future * sizeof *h->ahead);
    }
    r->n_rows = r->start[1] = n_rows;
    return KR_OK;
}

/* The scale of the training series of this name; false: there is none. */
static bool find_scale(const kr_features *f, kr_history *h) {
    int64_t i = 0;
    while (i < f->n_series && !(h->series && strcmp(f->series[i], h->series) == 0)) i++;
    if (f->n_series > 0 && i == f->n_series) return false;
    h->mean = f->mean + i * f->n_columns;
    h->deviation = f->deviation + i * f->n_columns;
    return true;
}

/* A series that the model was not trained on is scaled by its own rows. */
static kr_status choose_scale(const making *m) {
    const kr_features *f = m->features;
    kr_history *h = &m->history->rows;
    if (find_scale(f, h)) return KR_OK;
    double *mean = kr__arena_alloc(&m->history->arena, (size_t)f->n_columns, sizeof *mean);
    double *deviation =
        kr__arena_alloc(&m->history->arena, (size_t)f->n_columns, sizeof *deviation);
    if (!mean || !deviation) return out_of_memory(m);
    kr__features_measure(m->picked->n_rows, f->n_columns, m->picked->values, mean, deviation);
    h->mean = mean;
    h->deviation = deviation;
    return KR_OK;
}

/* The picked rows become the history's. */
static void take_over(const making *m) {
    kr_history *h = &m->history->rows;
    kr_rows *r = m->picked;
    h->n_rows = m->history->capacity = r->n_rows;
    h->values = r->own_values;
    h->timestamps = r->own_dates;
    h->missing = r->own_is_filled;
    r->own_values = NULL;
    r->own_dates = NULL;
    r->own_is_filled = NULL;
}

static kr_status make(making *m) {
    KR_TRY(pick_columns(m));
    KR_TRY(read_dates(m));
    KR_TRY(split_ahead(m));
    KR_TRY(fill_gaps(m));
    KR_TRY(choose_scale(m));
    take_over(m);
    return KR_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

static kr_status copy_options(kr__history *h, const char *name, const kr_history_options *options,
                              const char *gaps, kr_error *err) {
    const kr_features *f = h->forecaster->features;
    bool has_series = options->series != NULL;
    h->rows.name = kr__arena_strdup(&h->arena, name);
    h->gaps = kr__arena_strdup(&h->arena, gaps);
    h->statics = kr__arena_alloc(&h->arena, (size_t)f->n_static + 1, sizeof *h->statics);
    if (has_series) h->rows.series = kr__arena_strdup(&h->arena, options->series);
    if (!h->rows.name || !h->gaps || !h->statics || (has_series && !h->rows.series)) {
        return kr_fail(err, KR_MEMORY, "%s: out of memory for the rows", name);
    }
    for (int64_t k = 0; k < f->n_static; k++) h->statics[k] = (double)NAN;
    return KR_OK;
}

/* A history without rows and, for a panel, without a scale. */
static kr_status start(const kr_forecaster *forecaster, const char *name,
                       const kr_history_options *options, kr__history **out, kr_error *err) {
    kr_history_options own;
    KR_TRY(kr__sized_take("kr_history_options", options, &own, sizeof own, err));
    const char *gaps = own.gaps ? own.gaps : forecaster->settings.gaps;
    KR_TRY(kr__text_check_choice("gaps", gaps, KR_GAPS_CHOICES, err));
    if (!forecaster->features) {
        return kr_fail(err, KR_USAGE, "%s: the forecaster has seen no rows yet; train it first",
                       name);
    }
    kr__history *h = kr__calloc(1, sizeof *h);
    if (!h) return kr_fail(err, KR_MEMORY, "%s: out of memory for the rows", name);
    h->forecaster = forecaster;
    h->rows.size = sizeof h->rows;
    h->rows.n_channels = forecaster->info.n_channels;
    h->rows.gaps.first_row = h->rows.gaps.first_column = -1;
    h->rows.has_frequency = forecaster->info.has_frequency;
    h->rows.frequency = forecaster->info.frequency;
    kr_status status = copy_options(h, name, &own, gaps, err);
    if (status != KR_OK) {
        kr_history_destroy(&h->rows);
        return status;
    }
    *out = h;
    return KR_OK;
}

kr_status kr_history_start(const kr_forecaster *forecaster, const char *name,
                           const kr_history_options *options, kr_history **out, kr_error *err) {
    kr__history *h = NULL;
    KR_TRY(start(forecaster, name, options, &h, err));
    if (!find_scale(forecaster->features, &h->rows)) {
        kr_history_destroy(&h->rows);
        return kr_fail(err, KR_USAGE,
                       "%s: rows that arrive one by one take the scale of a series that the model "
                       "was trained on, and it was trained on a panel; say which one of %" PRId64
                       ", or forecast from a file",
                       name, forecaster->info.n_series);
    }
    *out = &h->rows;
    return KR_OK;
}

kr_status kr_history_of_rows(const kr_forecaster *forecaster, const kr_rows *rows, int64_t series,
                             const kr_history_options *options, kr_history **out, kr_error *err) {
    kr_history_options own;
    char name[1200];
    KR_TRY(kr__sized_take("kr_history_options", options, &own, sizeof own, err));
    own.size = sizeof own;
    if (series < 0 || series >= rows->n_series) {
        return kr_fail(err, KR_USAGE,
                       "%s: there is no series %" PRId64 ", only %" PRId64 ", counted from 0",
                       rows->name, series, rows->n_series);
    }
    if (!own.series) own.series = kr_rows_series(rows, series);
    kr__history *history = NULL;
    KR_TRY(
        start(forecaster, kr__rows_describe(rows, series, name, sizeof name), &own, &history, err));
    making m = {.forecaster = forecaster,
                .features = forecaster->features,
                .rows = rows,
                .series = series,
                .history = history,
                .err = err};
    kr_status status = make(&m);
    kr_rows_destroy(m.picked);
    if (status != KR_OK) {
        kr_history_destroy(&history->rows);
        return status;
    }
    *out = &history->rows;
    return KR_OK;
}

/* Rows of a single series; they are not needed afterwards. */
static kr_status make_of_rows(const kr_forecaster *forecaster, kr_rows *rows,
                              const kr_history_options *options, kr_history **out, kr_error *err) {
    kr_status status = KR_OK;
    if (rows->n_series > 1) {
        status =
            kr_fail(err, KR_SHAPE, "%s: has rows of %" PRId64 " series; forecast one at a time",
                    rows->name, rows->n_series);
    }
    if (status == KR_OK) status = kr_history_of_rows(forecaster, rows, 0, options, out, err);
    kr_rows_destroy(rows);
    return status;
}

kr_rows_options kr__history_reading(const kr_forecaster *p, const kr_history_options *o) {
    kr_rows_options how = {.size = 0};
    if (o->rows) how = *o->rows;
    how.size = sizeof how;
    how.reader = how.id_column = how.pattern = NULL;
    how.keeps_gaps = true;
    how.columns = (const char *const *)p->info.columns;
    how.n_columns = p->info.n_channels + p->info.n_static;
    how.leaves_out = false;
    how.team = p->team;
    if (p->features) how.reading = p->features->reading;
    return how;
}

kr_status kr_history_read(const kr_forecaster *forecaster, const char *path,
                          const kr_history_options *options, kr_history **out, kr_error *err) {
    kr_history_options own;
    KR_TRY(kr__sized_take("kr_history_options", options, &own, sizeof own, err));
    const kr_rows_options how = kr__history_reading(forecaster, &own);
    kr_rows *rows = NULL;
    KR_TRY(kr_rows_read(path, &how, &rows, err));
    return make_of_rows(forecaster, rows, options, out, err);
}

void kr_history_destroy(kr_history *history) {
    if (!history) return;
    kr__history *whole = (kr__history *)history;
    kr__history_end_streams(whole);
    kr_free(history->values);
    kr_free(history->missing);
    kr_free(history->timestamps);
    kr_free(history->ahead);
    kr__arena_deinit(&whole->arena);
    kr_free(whole);
}

int64_t kr_history_last_origin(const kr_history *history, const kr_forecaster *forecaster) {
    int64_t last = history->n_rows - 1;
    int64_t known = last + history->n_ahead - forecaster->info.pred_len;
    return forecaster->info.n_future > 0 && known < last ? known : last;
}

int64_t kr_history_find(const kr_history *history, int64_t timestamp) {
    int64_t low = 0, high = history->n_rows;
    if (!history->timestamps) return -1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (history->timestamps[middle] < timestamp) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < history->n_rows && history->timestamps[low] == timestamp ? low : -1;
}
