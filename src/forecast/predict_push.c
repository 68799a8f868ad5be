/* SPDX-License-Identifier: MIT
 * predict_push.c - rows that arrive one by one, and how missing ones are filled. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "forecast/predict_internal.h"
#include "tables/step_names.h"

/* ---- room ------------------------------------------------------------------------------- */

/* Dates that the model does not use are not kept. */
static kr_status grow(kr__history *h, int64_t capacity, kr_error *err) {
    kr_history *rows = &h->rows;
    size_t n = (size_t)capacity, width = (size_t)rows->n_channels;
    size_t used = (size_t)(rows->n_rows * rows->n_channels);
    double *values = kr__calloc(n, width * sizeof *values);
    uint8_t *missing = kr__calloc(n, width);
    int64_t *timestamps = h->forecaster->info.has_dates ? kr__calloc(n, sizeof *timestamps) : NULL;
    if (!values || !missing || (h->forecaster->info.has_dates && !timestamps)) {
        kr_free(values);
        kr_free(missing);
        kr_free(timestamps);
        return kr_fail(err, KR_MEMORY, "%s: out of memory for the rows", rows->name);
    }
    if (used > 0) memcpy(values, rows->values, used * sizeof *values);
    if (used > 0 && rows->missing) memcpy(missing, rows->missing, used);
    if (used > 0 && timestamps) {
        memcpy(timestamps, rows->timestamps, (size_t)rows->n_rows * sizeof *timestamps);
    }
    kr_free(rows->values);
    kr_free(rows->missing);
    kr_free(rows->timestamps);
    rows->values = values;
    rows->missing = missing;
    rows->timestamps = timestamps;
    rows->has_frequency = rows->has_frequency && timestamps;
    h->capacity = capacity;
    return KR_OK;
}

/* The newest rows move to the front. */
static void keep_newest(kr_history *rows, int64_t n) {
    int64_t first = rows->n_rows - n, width = rows->n_channels;
    memmove(rows->values, rows->values + first * width, (size_t)(n * width) * sizeof *rows->values);
    memmove(rows->missing, rows->missing + first * width, (size_t)(n * width));
    if (rows->timestamps) {
        memmove(rows->timestamps, rows->timestamps + first, (size_t)n * sizeof *rows->timestamps);
    }
    rows->n_rows = n;
}

/* Make room for n more rows after those that a forecast needs. */
static kr_status make_room(kr__history *h, int64_t n, kr_error *err) {
    kr_history *rows = &h->rows;
    const kr_forecaster_info *p = &h->forecaster->info;
    int64_t needed = kr__forecaster_reach(h->forecaster) + (p->n_future > 0 ? p->pred_len : 0);
    if (!rows->missing || h->capacity < 2 * needed + n) {
        KR_TRY(grow(h, rows->n_rows + 2 * needed + n, err));
    }
    if (rows->n_rows + n > h->capacity) keep_newest(rows, needed);
    return KR_OK;
}

/* ---- dates ------------------------------------------------------------------------------ */

/* Can there be a row on this date at all? */
static kr_status check_date(const kr_history *rows, int64_t timestamp, kr_error *err) {
    char text[KR_DATETIME_TEXT], step[KR__STEP_WORDS];
    if (!*kr__datetime_text(timestamp, text)) {
        return kr_fail(err, KR_FORMAT,
                       "%" PRId64
                       " is not a date; use microseconds since 1970, in the years 1 to 9999",
                       timestamp);
    }
    if (!rows->has_frequency || kr_frequency_add(&rows->frequency, timestamp, 0) == timestamp) {
        return KR_OK;
    }
    return kr_fail(err, KR_FORMAT, "the date %s is closed where rows come in steps of %s", text,
                   kr__step_words(&rows->frequency, NULL, step));
}

/* How many steps after the last row is this date? */
static kr_status count_steps(kr__history *h, int64_t timestamp, int64_t *n, kr_error *err) {
    kr_history *rows = &h->rows;
    char text[KR_DATETIME_TEXT], step[KR__STEP_WORDS];
    *n = 1;
    if (!h->forecaster->info.has_dates) return KR_OK;
    KR_TRY(check_date(rows, timestamp, err));
    if (rows->n_rows == 0) return KR_OK;
    const int64_t both[2] = {rows->timestamps[rows->n_rows - 1], timestamp};
    if (both[1] <= both[0]) {
        return kr_fail(err, KR_FORMAT, "the date %s %s", kr__datetime_text(timestamp, text),
                       both[1] == both[0] ? "repeats" : "goes back");
    }
    if (!rows->has_frequency && rows->n_rows == 1) {
        kr_status status = kr_frequency_infer(rows->name, 2, both, &rows->frequency, err);
        if (status == KR_MEMORY) return status;
        rows->has_frequency = status == KR_OK;
    }
    if (!rows->has_frequency) return KR_OK;
    *n = kr_frequency_count(&rows->frequency, both[0], timestamp);
    if (*n > 0) return KR_OK;
    return kr_fail(err, KR_FORMAT, "the date %s does not follow the row before it in steps of %s",
                   kr__datetime_text(timestamp, text),
                   kr__step_words(&rows->frequency, &both[0], step));
}

/* ---- gaps ------------------------------------------------------------------------------- */

static kr_status check_gaps(const kr__history *h, const double *values, int64_t n_steps,
                            kr_error *err) {
    const kr_history *rows = &h->rows;
    int64_t most = 16 * kr__forecaster_reach(h->forecaster), column = -1;
    for (int64_t c = 0; c < rows->n_channels && column < 0; c++) {
        if (isnan(values[c])) column = c;
    }
    if (n_steps == 1 && column < 0) return KR_OK;
    if (strcmp(h->gaps, "refuse") == 0 && n_steps > 1) {
        return kr_fail(err, KR_FORMAT,
                       "%" PRId64
                       " rows are missing before this one; `gaps` linear or ffill "
                       "fills them in",
                       n_steps - 1);
    }
    if (strcmp(h->gaps, "refuse") == 0) {
        return kr_fail(err, KR_FORMAT,
                       "column \"%.40s\" is a gap (empty or NaN); `gaps` linear or ffill fills "
                       "it in",
                       h->forecaster->info.columns[column]);
    }
    if (rows->n_rows == 0) {
        return kr_fail(err, KR_FORMAT,
                       "column \"%.40s\" is a gap in the first row, where nothing can fill it",
                       h->forecaster->info.columns[column]);
    }
    if (n_steps <= most) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%" PRId64 " rows are missing before this one, more than %" PRId64, n_steps - 1,
                   most);
}

/* Value of channel c, step k of n: 0 is the last row, n the new one. */
static double fill(const kr__history *h, double before, double after, int64_t k, int64_t n) {
    if (strcmp(h->gaps, "ffill") == 0) return before;
    return before + (after - before) * (double)k / (double)n;
}

/* ---- static columns --------------------------------------------------------------------- */

/* values (n_static): the first ones stay. */
static kr_status check_statics(kr__history *h, const double *values, kr_error *err) {
    const kr_forecaster_info *p = &h->forecaster->info;
    for (int64_t k = 0; k < p->n_static; k++) {
        const char *name = p->columns[p->n_channels + k];
        if (isnan(values[k]) && isnan(h->statics[k])) {
            return kr_fail(err, KR_FORMAT,
                           "static column \"%.40s\" is empty; the first row must give its value",
                           name);
        }
        if (isnan(values[k]) || isnan(h->statics[k]) || values[k] == h->statics[k]) continue;
        return kr_fail(err, KR_FORMAT,
                       "static column \"%.40s\" changes; it has one value per series", name);
    }
    return KR_OK;
}

static void keep_statics(kr__history *h, const double *values) {
    for (int64_t k = 0; k < h->forecaster->info.n_static; k++) {
        if (isnan(h->statics[k])) h->statics[k] = values[k];
    }
}

/* ---- rows ------------------------------------------------------------------------------- */

static void append_rows(kr__history *h, const double *values, int64_t timestamp, int64_t n_steps) {
    kr_history *rows = &h->rows;
    int64_t width = rows->n_channels, last = rows->n_rows - 1;
    for (int64_t k = 1; k <= n_steps; k++, rows->n_rows++) {
        double *to = rows->values + rows->n_rows * width;
        uint8_t *missing = rows->missing + rows->n_rows * width;
        for (int64_t c = 0; c < width; c++) {
            bool is_gap = isnan(values[c]);
            double before = last >= 0 ? rows->values[last * width + c] : values[c];
            double after = is_gap ? before : values[c];
            to[c] = k == n_steps ? after : fill(h, before, after, k, n_steps);
            missing[c] = is_gap || k < n_steps;
            rows->gaps.n_cells += is_gap && k == n_steps;
        }
        if (!rows->timestamps) continue;
        rows->timestamps[rows->n_rows] =
            k == n_steps ? timestamp
                         : kr_frequency_add(&rows->frequency, rows->timestamps[last], k);
    }
    rows->gaps.n_rows += n_steps - 1;
}

kr_status kr_history_push(kr_history *history, const double *values, int64_t timestamp,
                          kr_error *err) {
    kr__history *h = (kr__history *)history;
    int64_t n_steps = 1;
    KR_TRY(count_steps(h, timestamp, &n_steps, err));
    KR_TRY(check_gaps(h, values, n_steps, err));
    KR_TRY(check_statics(h, values + h->rows.n_channels, err));
    KR_TRY(make_room(h, n_steps, err));
    keep_statics(h, values + h->rows.n_channels);
    if (!h->is_pushed) h->n_arrived = h->rows.n_rows;
    h->is_pushed = true;
    h->n_arrived += n_steps;
    append_rows(h, values, timestamp, n_steps);
    return KR_OK;
}
