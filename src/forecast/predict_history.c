/* SPDX-License-Identifier: MIT
 * predict_history.c - any table with the trained columns as rows that a model can forecast from. */
#include <inttypes.h>
#include <kr/datetime.h>
#include <kr/text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/predict_internal.h"

enum { LIST_SIZE = 400 };

typedef struct making {
    const kr_predictor *predictor;
    const char *name;
    kr_table *table;
    kr__history *history;
    int64_t *column_of; /* channel -> column of the table */
    kr_error *err;
} making;

static kr_status out_of_memory(const making *m) {
    return kr_fail(m->err, KR_MEMORY, "%s: out of memory for the rows", m->name);
}

/* ---- columns ---------------------------------------------------------------------------- */

static void append(char text[LIST_SIZE], const char *more) {
    size_t n = strlen(text);
    snprintf(text + n, LIST_SIZE - n, "%s", more);
}

/* `, "HUFL" (did you mean HUFl?)` */
static void append_missing(const kr_table *t, const char *column, char text[LIST_SIZE]) {
    char item[160];
    kr_guess guess = {.word = column};
    for (int64_t i = 0; i < t->n_unread; i++) {
        kr_guess_offer(&guess, t->unread[i], strlen(t->unread[i]));
    }
    for (int64_t i = 0; i < t->n_columns; i++) {
        kr_guess_offer(&guess, t->names[i], strlen(t->names[i]));
    }
    snprintf(item, sizeof item, "%s\"%.40s\"", *text ? ", " : "", column);
    append(text, item);
    if (!guess.best) return;
    snprintf(item, sizeof item, " (did you mean %.*s?)",
             (int)(guess.n_best < 40 ? guess.n_best : 40), guess.best);
    append(text, item);
}

kr_status kr_predictor_find_columns(const kr_predictor *predictor, const char *name,
                                    const kr_table *table, int64_t *column_of, kr_error *err) {
    enum { MOST_NAMED = 6 };
    char text[LIST_SIZE] = "";
    int64_t n_missing = 0;
    for (int64_t c = 0; c < predictor->n_channels; c++) {
        column_of[c] = kr_table_find(table, predictor->columns[c]);
        if (column_of[c] >= 0 || n_missing++ >= MOST_NAMED) continue;
        append_missing(table, predictor->columns[c], text);
    }
    if (n_missing == 0) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s: lacks %" PRId64 " of the %" PRId64
                   " columns that the model was trained on: %s%s; the model needs all of them",
                   name, n_missing, predictor->n_channels, text,
                   n_missing > MOST_NAMED ? ", .." : "");
}

static kr_status find_columns(making *m) {
    size_t n = (size_t)m->predictor->n_channels;
    m->column_of = kr_arena_alloc(&m->history->arena, n, sizeof *m->column_of);
    if (!m->column_of) return out_of_memory(m);
    return kr_predictor_find_columns(m->predictor, m->name, m->table, m->column_of, m->err);
}

/* The names of columns that are not the model's. */
static kr_status list_ignored(const making *m) {
    const kr_table *t = m->table;
    kr_history *h = &m->history->rows;
    size_t most = (size_t)(t->n_unread + t->n_columns) + 1;
    const char **names = kr_arena_alloc(&m->history->arena, most, sizeof *names);
    bool *is_used = kr_arena_alloc(&m->history->arena, most, sizeof *is_used);
    if (!names || !is_used) return out_of_memory(m);
    for (int64_t c = 0; c < m->predictor->n_channels; c++) is_used[m->column_of[c]] = true;
    for (int64_t i = 0; i < t->n_unread; i++) names[h->n_ignored++] = t->unread[i];
    for (int64_t i = 0; i < t->n_columns; i++) {
        if (!is_used[i]) names[h->n_ignored++] = t->names[i];
    }
    h->ignored = names;
    return KR_OK;
}

/* The table becomes one of the model's columns in the model's order. */
static kr_status pick_columns(making *m) {
    kr_table *t = m->table;
    int64_t n = m->predictor->n_channels;
    KR_TRY(find_columns(m));
    KR_TRY(list_ignored(m));
    double *values = kr_calloc((size_t)t->n_rows + 1, (size_t)n * sizeof *values);
    if (!values) return out_of_memory(m);
    for (int64_t c = 0; c < n; c++) {
        const double *from = t->values + m->column_of[c];
        for (int64_t row = 0; row < t->n_rows; row++) {
            values[row * n + c] = from[row * t->n_columns];
        }
    }
    kr_free(t->values);
    t->values = values;
    t->names = m->predictor->columns;
    t->n_columns = n;
    return KR_OK;
}

/* ---- dates ------------------------------------------------------------------------------ */

kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err) {
    for (int64_t i = 1; i < n; i++) {
        if (timestamps[i] > timestamps[i - 1]) continue;
        char date[KR_DATETIME_TEXT];
        return kr_fail(err, KR_FORMAT,
                       "%s: row %" PRId64 ": the date %s %s; sort the rows by date, each date once",
                       name, i + 1, kr_datetime_text(timestamps[i], date),
                       timestamps[i] == timestamps[i - 1] ? "repeats" : "goes back");
    }
    return KR_OK;
}

static kr_status check_frequency(const making *m, const kr_frequency *is) {
    const kr_frequency *was = &m->predictor->frequency;
    char a[KR_FREQUENCY_TEXT], b[KR_FREQUENCY_TEXT];
    if (kr_frequency_is_same(is, was)) return KR_OK;
    return kr_fail(
        m->err, KR_FORMAT,
        "%s: has a row every %s, the model was trained on a row every %s; bring the data "
        "to that step, or train a model on this one",
        m->name, kr_frequency_text(is, a), kr_frequency_text(was, b));
}

/* Dates that are on no grid are no error when those of the training were on none either. */
static kr_status read_dates(const making *m) {
    const kr_table *t = m->table;
    const kr_predictor *p = m->predictor;
    kr_history *h = &m->history->rows;
    if (!t->timestamps && p->has_dates) {
        return kr_fail(m->err, KR_FORMAT,
                       "%s: has no column of dates, which the model is told; name it with "
                       "`date_column`",
                       m->name);
    }
    h->has_frequency = false;
    if (!t->timestamps) return KR_OK;
    h->date_name = t->date_name;
    h->has_frequency = p->has_frequency;
    h->frequency = p->frequency;
    KR_TRY(kr__dates_check(m->name, t->n_rows, t->timestamps, m->err));
    if (t->n_rows < 2) return KR_OK;
    kr_frequency frequency;
    kr_status status = kr_frequency_infer(m->name, t->n_rows, t->timestamps, &frequency, m->err);
    if (p->has_frequency) {
        KR_TRY(status);
        return check_frequency(m, &frequency);
    }
    h->has_frequency = status == KR_OK;
    h->frequency = frequency;
    return KR_OK;
}

/* ---- a table ---------------------------------------------------------------------------- */

static kr_status fill_gaps(const making *m) {
    kr_history *h = &m->history->rows;
    const kr_frequency *frequency = h->has_frequency ? &h->frequency : NULL;
    return kr_gaps_fill(m->name, m->history->gaps, frequency, m->table, &h->missing, &h->gaps,
                        m->err);
}

/* Is nothing there but what is known ahead? */
static bool is_row_ahead(const making *m, int64_t row) {
    const kr_predictor *p = m->predictor;
    const double *values = m->table->values + row * p->n_channels;
    for (int64_t c = p->n_future; c < p->n_channels; c++) {
        if (!isnan(values[c])) return false;
    }
    return true;
}

/* Rows at the end that only say what is known ahead leave the table. */
static kr_status split_ahead(const making *m) {
    kr_history *h = &m->history->rows;
    kr_table *t = m->table;
    int64_t n_future = m->predictor->n_future, n_rows = t->n_rows;
    if (n_future == 0) return KR_OK;
    while (n_rows > 0 && is_row_ahead(m, n_rows - 1)) n_rows--;
    h->n_ahead = t->n_rows - n_rows;
    h->ahead = kr_calloc((size_t)(h->n_ahead + 1), (size_t)n_future * sizeof *h->ahead);
    if (!h->ahead) return out_of_memory(m);
    for (int64_t i = 0; i < h->n_ahead; i++) {
        memcpy(h->ahead + i * n_future, t->values + (n_rows + i) * t->n_columns,
               (size_t)n_future * sizeof *h->ahead);
    }
    t->n_rows = n_rows;
    return KR_OK;
}

/* Of the rows themselves, for a series that was not there when the model was trained. */
static kr_status measure_scale(const making *m) {
    kr_history *h = &m->history->rows;
    const kr_table *t = m->table;
    int64_t width = t->n_columns;
    double *mean = kr_arena_alloc(&m->history->arena, (size_t)width, sizeof *mean);
    double *deviation = kr_arena_alloc(&m->history->arena, (size_t)width, sizeof *deviation);
    if (!mean || !deviation) return out_of_memory(m);
    for (int64_t i = 0; i < t->n_rows * width; i++) mean[i % width] += t->values[i];
    for (int64_t c = 0; c < width; c++) mean[c] /= (double)t->n_rows;
    for (int64_t i = 0; i < t->n_rows * width; i++) {
        double e = t->values[i] - mean[i % width];
        deviation[i % width] += e * e / (double)t->n_rows;
    }
    for (int64_t c = 0; c < width; c++) deviation[c] = deviation[c] > 0 ? sqrt(deviation[c]) : 1;
    h->mean = mean;
    h->deviation = deviation;
    return KR_OK;
}

static kr_status choose_scale(const making *m) {
    const kr_predictor *p = m->predictor;
    kr_history *h = &m->history->rows;
    if (p->n_series == 0) return KR_OK;
    for (int64_t i = 0; h->series && i < p->n_series; i++) {
        if (strcmp(p->series[i], h->series) != 0) continue;
        h->mean = p->mean + i * p->n_channels;
        h->deviation = p->deviation + i * p->n_channels;
        return KR_OK;
    }
    return measure_scale(m);
}

/* What the table owns becomes the history's. */
static void take_over(const making *m) {
    kr_history *h = &m->history->rows;
    kr_table *t = m->table;
    h->n_rows = t->n_rows;
    h->values = t->values;
    h->timestamps = t->timestamps;
    m->history->capacity = t->n_rows;
    t->values = NULL;
    t->timestamps = NULL;
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

kr_status kr_history_start(const kr_predictor *predictor, const char *name,
                           const kr_history_options *options, kr_history **out, kr_error *err) {
    const char *gaps = options && options->gaps ? options->gaps : "refuse";
    KR_TRY(kr_text_check_choice("gaps", gaps, KR_GAPS_CHOICES, err));
    kr__history *h = kr_calloc(1, sizeof *h);
    if (!h) return kr_fail(err, KR_MEMORY, "%s: out of memory for the rows", name);
    h->predictor = predictor;
    h->rows.n_channels = predictor->n_channels;
    h->rows.gaps.first_row = h->rows.gaps.first_column = -1;
    h->rows.has_frequency = predictor->has_frequency;
    h->rows.frequency = predictor->frequency;
    h->rows.name = kr_arena_strdup(&h->arena, name);
    h->gaps = kr_arena_strdup(&h->arena, gaps);
    h->rows.mean = predictor->mean;
    h->rows.deviation = predictor->deviation;
    bool has_series = options && options->series;
    if (has_series) h->rows.series = kr_arena_strdup(&h->arena, options->series);
    if (!h->rows.name || !h->gaps || (has_series && !h->rows.series)) {
        kr_history_destroy(&h->rows);
        return kr_fail(err, KR_MEMORY, "%s: out of memory for the rows", name);
    }
    *out = &h->rows;
    return KR_OK;
}

kr_status kr_history_make(const kr_predictor *predictor, const char *name,
                          const kr_history_options *options, kr_table *table, kr_history **out,
                          kr_error *err) {
    kr_history *history = NULL;
    kr_status status = kr_history_start(predictor, name, options, &history, err);
    if (status == KR_OK) {
        kr__history *whole = (kr__history *)history;
        making m = {
            .predictor = predictor, .name = name, .table = table, .history = whole, .err = err};
        status = make(&m);
    }
    if (status != KR_OK) {
        kr_history_destroy(history);
        kr_table_destroy(table);
        return status;
    }
    ((kr__history *)history)->table = table; /* the names are in it */
    *out = history;
    return KR_OK;
}

kr_status kr_history_read(const kr_predictor *predictor, const char *path,
                          const kr_history_options *options, kr_history **out, kr_error *err) {
    const kr_csv_options csv = {.date_column = options ? options->date_column : NULL,
                                .keeps_gaps = true,
                                .columns = (const char *const *)predictor->columns,
                                .n_columns = predictor->n_channels};
    kr_table *table = NULL;
    KR_TRY(kr_csv_read(path, &csv, &table, err));
    return kr_history_make(predictor, path, options, table, out, err);
}

void kr_history_destroy(kr_history *history) {
    if (!history) return;
    kr__history *whole = (kr__history *)history;
    kr_free(history->values);
    kr_free(history->missing);
    kr_free(history->timestamps);
    kr_free(history->ahead);
    kr_table_destroy(whole->table);
    kr_arena_deinit(&whole->arena);
    kr_free(whole);
}

int64_t kr_history_last_origin(const kr_history *history, const kr_predictor *predictor) {
    int64_t last = history->n_rows - 1;
    int64_t known = last + history->n_ahead - predictor->pred_len;
    return predictor->n_future > 0 && known < last ? known : last;
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
