/* SPDX-License-Identifier: MIT
 * row_order.c - rows of a table in order of time. */
#include "tables/row_order.h"

#include <inttypes.h>
#include <kr/rows.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/text.h"
#include "tables/calendar.h"

/* ---- the hour that comes twice ------------------------------------------------------------ */

/* Clocks change on Sundays between midnight and four. */
static bool is_change(int64_t micros) {
    kr_datetime d;
    kr__datetime_from_micros(micros, &d);
    return d.weekday == 6 && d.hour < 4;
}

/* Where the clock went back: neighbours an hour nearer than the step, all of them by night. */
static bool has_autumn(const kr__ordering *r, int64_t step) {
    int64_t n = 0;
    for (int64_t i = 1; i < r->n_rows; i++) {
        int64_t d = r->dates[i] - r->dates[i - 1];
        if (d > 0) continue;
        if (d != step - KR__HOUR || !is_change(r->dates[i])) return false;
        n++;
    }
    return n > 0;
}

/* Dates without zone, all of one series, on the clock of the last row. */
static kr_status mend_clock(kr__ordering *r, kr__reading *reading, kr_error *err) {
    int64_t step = kr__frequency_vote(r->n_rows, r->dates, false), shift = 0;
    if (r->ids || reading->has_zone || step <= 0 || step > KR__HOUR || !has_autumn(r, step)) {
        return KR_OK;
    }
    int64_t *dates = kr__calloc((size_t)r->n_rows, sizeof *dates);
    if (!dates) return kr_fail(err, KR_MEMORY, "%s: no memory to put it in order", r->name);
    bool rises = true;
    for (int64_t i = r->n_rows - 1; i >= 0; i--) {
        dates[i] = r->dates[i] + shift;
        rises = rises && (i == r->n_rows - 1 || dates[i] < dates[i + 1]);
        int64_t d = i > 0 ? r->dates[i] - r->dates[i - 1] : step;
        if (d == step - KR__HOUR) shift -= KR__HOUR;
        if (d == step + KR__HOUR && is_change(r->dates[i - 1] + step)) shift += KR__HOUR;
    }
    if (rises) {
        memcpy(r->dates, dates, (size_t)r->n_rows * sizeof *dates);
        reading->order.has_autumn = true;
    }
    kr_free(dates);
    return KR_OK;
}

/* ---- order ------------------------------------------------------------------------------ */

typedef struct place {
    int64_t date, id, row;
} place;

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->date != y->date) return x->date < y->date ? -1 : 1;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* How rows follow the one before of their series. */
typedef struct steps {
    int64_t n_up, n_down, n_same;
} steps;

static kr_status count_steps(const kr__ordering *r, steps *s, kr_error *err) {
    int64_t n_ids = 1;
    for (int64_t i = 0; r->ids && i < r->n_rows; i++)
        n_ids = r->ids[i] >= n_ids ? r->ids[i] + 1 : n_ids;
    int64_t *before = kr__calloc((size_t)n_ids, sizeof *before); /* row + 1 */
    if (!before) return kr_fail(err, KR_MEMORY, "%s: no memory to put it in order", r->name);
    *s = (steps){0, 0, 0};
    for (int64_t i = 0; i < r->n_rows; i++) {
        int64_t id = r->ids ? r->ids[i] : 0, k = before[id] - 1;
        before[id] = i + 1;
        if (k < 0) continue;
        s->n_up += r->dates[i] > r->dates[k];
        s->n_down += r->dates[i] < r->dates[k];
        s->n_same += r->dates[i] == r->dates[k];
    }
    kr_free(before);
    return KR_OK;
}

static bool is_one_date(const place *a, const place *b) {
    return a->date == b->date && a->id == b->id;
}

/* ---- rows of one date --------------------------------------------------------------------- */

static bool is_same_row(const kr__ordering *r, int64_t a, int64_t b) {
    const double *x = r->values + a * r->n_columns, *y = r->values + b * r->n_columns;
    for (int64_t c = 0; c < r->n_columns; c++) {
        if (!(x[c] == y[c] || (isnan(x[c]) && isnan(y[c])))) return false;
    }
    return true;
}

static kr_status refuse_repeat(const kr__ordering *r, const place *a, const place *b,
                               kr_error *err) {
    char date[KR_DATETIME_TEXT], series[96] = "";
    if (r->ids) snprintf(series, sizeof series, " of series \"%.60s\"", r->id_names[a->id]);
    return kr_fail(err, KR_FORMAT,
                   "%s: rows %" PRId64 " and %" PRId64
                   "%s are both of %s and differ; say with `repeats` first, last, mean or sum what "
                   "holds",
                   r->name, a->row + 1, b->row + 1, series, kr__datetime_text(a->date, date));
}

/* Mean or sum of rows [first, end) into `to`; a gap where all have one. */
static void join_rows(const kr__ordering *r, const place *first, const place *end, double *to) {
    bool is_mean = strcmp(r->repeats, "mean") == 0;
    for (int64_t c = 0; c < r->n_columns; c++) {
        double sum = 0;
        int64_t n = 0;
        for (const place *p = first; p < end; p++) {
            double v = r->values[p->row * r->n_columns + c];
            if (isnan(v)) continue;
            sum += v;
            n++;
        }
        to[c] = n == 0 ? (double)NAN : is_mean ? sum / (double)n : sum;
    }
}

/* The first of n rows of one date that differs from the first of them; n: none does. */
static int64_t find_other(const kr__ordering *r, const place *first, int64_t n) {
    int64_t i = 1;
    while (i < n && is_same_row(r, first[0].row, first[i].row)) i++;
    return i;
}

/* ---- all rows --------------------------------------------------------------------------- */

/* What is written: rows in their new order. */
typedef struct output {
    double *values;
    int64_t *dates, *ids, n;
} output;

static void put_row(const kr__ordering *r, output *out, const place *p) {
    memcpy(out->values + out->n * r->n_columns, r->values + p->row * r->n_columns,
           (size_t)r->n_columns * sizeof *r->values);
    out->dates[out->n] = p->date;
    if (r->ids) out->ids[out->n] = p->id;
    out->n++;
}

static kr_status put_date(const kr__ordering *r, output *out, place *first, int64_t n,
                          kr__order *order, kr_error *err) {
    bool is_joined = strcmp(r->repeats, "mean") == 0 || strcmp(r->repeats, "sum") == 0;
    if (n == 1 || r->keeps_repeats) {
        for (int64_t i = 0; i < n; i++) put_row(r, out, &first[i]);
        return KR_OK;
    }
    if (strcmp(r->repeats, "refuse") == 0) {
        int64_t other = find_other(r, first, n);
        if (other < n) return refuse_repeat(r, &first[0], &first[other], err);
        order->n_dropped += n - 1;
    } else {
        order->n_settled += n - 1;
    }
    put_row(r, out, strcmp(r->repeats, "last") == 0 ? &first[n - 1] : &first[0]);
    if (is_joined) join_rows(r, first, first + n, out->values + (out->n - 1) * r->n_columns);
    return KR_OK;
}

static kr_status write_rows(const kr__ordering *r, place *places, output *out, kr__order *order,
                            kr_error *err) {
    for (int64_t i = 0, end; i < r->n_rows; i = end) {
        for (end = i + 1; end < r->n_rows && is_one_date(&places[i], &places[end]);) end++;
        KR_TRY(put_date(r, out, places + i, end - i, order, err));
    }
    return KR_OK;
}

/* places (n_rows): in the order of time. */
static kr_status rewrite(kr__ordering *r, place *places, kr__order *order, kr_error *err) {
    size_t n = (size_t)r->n_rows, width = (size_t)(r->n_columns > 0 ? r->n_columns : 1);
    output out = {kr__calloc(n, width * sizeof *out.values), kr__calloc(n, sizeof *out.dates),
                  r->ids ? kr__calloc(n, sizeof *out.ids) : NULL, 0};
    bool has_room = out.values && out.dates && (out.ids || !r->ids);
    kr_status status = has_room
                           ? write_rows(r, places, &out, order, err)
                           : kr_fail(err, KR_MEMORY, "%s: no memory to put it in order", r->name);
    if (status == KR_OK) {
        n = (size_t)out.n;
        memcpy(r->values, out.values, n * (size_t)r->n_columns * sizeof *out.values);
        memcpy(r->dates, out.dates, n * sizeof *out.dates);
        if (r->ids) memcpy(r->ids, out.ids, n * sizeof *out.ids);
        r->n_rows = out.n;
    }
    kr_free(out.values);
    kr_free(out.dates);
    kr_free(out.ids);
    return status;
}

static kr_status put_in_order(kr__ordering *r, const steps *s, kr__order *order, kr_error *err) {
    place *places = kr__calloc((size_t)r->n_rows, sizeof *places);
    if (!places) return kr_fail(err, KR_MEMORY, "%s: no memory to put it in order", r->name);
    for (int64_t i = 0; i < r->n_rows; i++) {
        places[i] = (place){r->dates[i], r->ids ? r->ids[i] : 0, i};
    }
    qsort(places, (size_t)r->n_rows, sizeof *places, compare_places);
    order->is_turned = s->n_up == 0 && s->n_down > 0;
    order->n_back = s->n_up > 0 ? s->n_down : 0;
    kr_status status = rewrite(r, places, order, err);
    kr_free(places);
    return status;
}

kr_status kr__row_order(kr__ordering *rows, kr__reading *reading, kr_error *err) {
    steps s = {0, 0, 0};
    const char *sort = rows->sort && *rows->sort ? rows->sort : "auto";
    if (!rows->repeats || !*rows->repeats) rows->repeats = "refuse";
    KR_TRY(kr__text_check_choice("sort", sort, KR_SORT_CHOICES, err));
    KR_TRY(kr__text_check_choice("repeats", rows->repeats, KR_REPEATS_CHOICES, err));
    if (!rows->dates) return KR_OK;
    bool may_sort = strcmp(sort, "auto") == 0;
    if (may_sort) KR_TRY(mend_clock(rows, reading, err));
    KR_TRY(count_steps(rows, &s, err));
    if (s.n_down > 0 && !may_sort) return KR_OK;
    if (s.n_down == 0 && (s.n_same == 0 || rows->keeps_repeats)) return KR_OK;
    return put_in_order(rows, &s, &reading->order, err);
}
