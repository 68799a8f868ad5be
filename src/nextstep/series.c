/* SPDX-License-Identifier: MIT
 * series.c - one long series from npz, npy or csv. */
#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "nextstep/series_internal.h"
#include "tables/csv.h"
#include "tables/rows_internal.h"
#include "tables/text_sources.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <kr/files.h>

#include "core/sized_struct.h"

enum { MOST_STATES = 1 << 20 };

/* What is being read, and how. */
typedef struct reader {
    kr_series *series;
    kr_series_options options;
} reader;

static kr_status out_of_memory(const kr_series *s, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory for the series", s->path);
}

/* ---- values ----------------------------------------------------------------------------- */

static bool is_number(kr_dtype dtype) {
    return dtype != KR_DTYPE_BYTES && dtype != KR_DTYPE_TEXT && dtype != KR_DTYPE_BOOL;
}

static kr_status make_values(reader *r, int64_t n, kr_error *err) {
    kr_series *s = r->series;
    if (r->options.is_exact) {
        s->exact = kr__calloc((size_t)n, sizeof *s->exact);
    } else {
        s->values = s->owned_values = kr__calloc((size_t)n, sizeof *s->owned_values);
    }
    return s->exact || s->values ? KR_OK : out_of_memory(s, err);
}

static kr_status check_finite(const kr_series *s, kr_error *err) {
    for (int64_t i = 0; i < s->n_steps * s->n_features; i++) {
        double value = s->exact ? s->exact[i] : (double)s->values[i];
        if (isfinite(value)) continue;
        return kr_fail(err, KR_FORMAT, "%s: row %" PRId64 ", column %" PRId64 " (from 0) %s",
                       s->path, i / s->n_features, i % s->n_features,
                       isnan(value) ? "is not a finite number; gaps must be filled first"
                       : s->exact   ? "is infinite"
                                    : "is infinite or too large for float32, which ends at 3.4e38; "
                                      "divide the column by a power of ten");
    }
    return KR_OK;
}

/* An array (time) or (time, features). */
static kr_status take_array(reader *r, const kr_array *a, const char *name, kr_error *err) {
    kr_series *s = r->series;
    char shape[KR_ARRAY_SHAPE_TEXT];
    if (a->rank < 1 || a->rank > 2 || a->n == 0 || !is_number(a->dtype)) {
        return kr_fail(err, KR_FORMAT,
                       "%s: %s is %s of %s; a series is numbers, (time, features), with at least "
                       "one of each",
                       s->path, name, kr_array_shape_text(a, shape), kr_dtype_text(a->dtype));
    }
    s->n_steps = a->shape[0];
    s->n_features = a->rank == 2 ? a->shape[1] : 1;
    KR_TRY(make_values(r, a->n, err));
    if (s->exact) {
        KR_TRY(kr_array_to_double(a, s->exact, err));
    } else {
        KR_TRY(kr_array_to_float(a, s->owned_values, err));
    }
    return check_finite(s, err);
}

/* ---- states ----------------------------------------------------------------------------- */

static kr_status make_states(kr_series *s, int64_t n, kr_error *err) {
    s->states = s->owned_states = kr__calloc((size_t)n, sizeof *s->owned_states);
    return s->states ? KR_OK : out_of_memory(s, err);
}

static kr_status check_states(kr_series *s, const char *name, kr_error *err) {
    for (int64_t t = 0; t < s->n_steps; t++) {
        if (s->states[t] < 0 || s->states[t] >= MOST_STATES) {
            return kr_fail(err, KR_FORMAT,
                           "%s: %s has %" PRId64 " at step %" PRId64 "; states count from 0",
                           s->path, name, s->states[t], t);
        }
        if (s->states[t] >= s->n_states) s->n_states = s->states[t] + 1;
    }
    return KR_OK;
}

/* periods has one entry per circle, visited or not. */
static kr_status take_periods(kr_series *s, kr_npz *npz, kr_error *err) {
    kr_array periods = {0};
    if (!kr_npz_has(npz, "periods")) return KR_OK;
    KR_TRY(kr_npz_get(npz, "periods", &periods, err));
    kr_status status = KR_OK;
    s->n_periods = periods.n;
    s->periods = kr__calloc((size_t)(periods.n > 0 ? periods.n : 1), sizeof *s->periods);
    if (!s->periods) {
        status = out_of_memory(s, err);
    } else if (s->n_states > periods.n) {
        status = kr_fail(err, KR_FORMAT,
                         "%s: states go up to %" PRId64 ", but there are periods of %" PRId64
                         " circles; make the data again with krait synth",
                         s->path, s->n_states - 1, periods.n);
    } else {
        status = kr_array_to_int64(&periods, s->periods, err);
    }
    kr_array_deinit(&periods);
    if (status == KR_OK && s->n_states < s->n_periods) s->n_states = s->n_periods;
    return status;
}

static kr_status take_states(reader *r, kr_npz *npz, kr_error *err) {
    kr_series *s = r->series;
    const char *name = r->options.states ? r->options.states : "states";
    kr_array a = {0};
    if (!r->options.states && !kr_npz_has(npz, name)) return KR_OK;
    KR_TRY(kr_npz_get(npz, name, &a, err));
    kr_status status = KR_OK;
    if (a.rank != 1 || a.n != s->n_steps) {
        char shape[KR_ARRAY_SHAPE_TEXT];
        status = kr_fail(err, KR_FORMAT, "%s: %s is %s, but X has %" PRId64 " steps", s->path, name,
                         kr_array_shape_text(&a, shape), s->n_steps);
    } else {
        status = make_states(s, a.n, err);
        if (status == KR_OK) status = kr_array_to_int64(&a, s->owned_states, err);
    }
    kr_array_deinit(&a);
    KR_TRY(status);
    KR_TRY(check_states(s, name, err));
    return r->options.states ? KR_OK : take_periods(s, npz, err);
}

/* ---- files ------------------------------------------------------------------------------ */

static kr_status take_member(reader *r, kr_npz *npz, const char *name, kr_error *err) {
    kr_array a = {0};
    KR_TRY(kr_npz_get(npz, name, &a, err));
    kr_status status = take_array(r, &a, name, err);
    kr_array_deinit(&a);
    return status;
}

/* X, or the only member. */
static kr_status take_npz(reader *r, kr_npz *npz, kr_error *err) {
    const char *name = "X";
    if (!kr_npz_has(npz, name)) {
        if (kr_npz_count(npz) != 1) {
            return kr_fail(err, KR_FORMAT,
                           "%s: has no X; the series must be called X when there are several "
                           "arrays",
                           r->series->path);
        }
        name = kr_npz_name(npz, 0);
    }
    KR_TRY(take_member(r, npz, name, err));
    return take_states(r, npz, err);
}

static kr_status read_npz(reader *r, kr_error *err) {
    kr_npz *npz = NULL;
    KR_TRY(kr_npz_open(r->series->path, &npz, err));
    kr_status status = take_npz(r, npz, err);
    kr_npz_close(npz);
    return status;
}

static kr_status read_npy(reader *r, kr_error *err) {
    kr_array a = {0};
    if (r->options.states) {
        return kr_fail(err, KR_USAGE, "%s: a .npy file has no array %s; use .npz or .csv",
                       r->series->path, r->options.states);
    }
    KR_TRY(kr_npy_read(r->series->path, &a, err));
    kr_status status = take_array(r, &a, "the array", err);
    kr_array_deinit(&a);
    return status;
}

/* All columns but the one at `states`, which may be -1. */
static kr_status take_table(reader *r, const kr_table *table, int64_t states, kr_error *err) {
    kr_series *s = r->series;
    s->n_steps = table->n_rows;
    s->n_features = table->n_columns - (states >= 0);
    int64_t to = 0;
    KR_TRY(make_values(r, s->n_steps * s->n_features, err));
    if (states >= 0) KR_TRY(make_states(s, s->n_steps, err));
    for (int64_t t = 0; t < s->n_steps; t++) {
        for (int64_t c = 0; c < table->n_columns; c++) {
            double v = table->values[t * table->n_columns + c];
            if (c != states && s->exact) {
                s->exact[to++] = v;
            } else if (c != states) {
                s->owned_values[to++] = (float)v;
            } else if (v == floor(v) && fabs(v) < MOST_STATES) {
                s->owned_states[t] = (int64_t)v;
            } else {
                return kr_fail(err, KR_FORMAT,
                               "%s: row %" PRId64
                               ": %g in the column %s; states are whole "
                               "numbers from 0",
                               s->path, t + 1, v, table->names[states]);
            }
        }
    }
    KR_TRY(check_finite(s, err));
    return states >= 0 ? check_states(s, table->names[states], err) : KR_OK;
}

/* Find the column of states; -1: there is none, and none was asked for. */
static kr_status find_states(const reader *r, const kr_table *table, int64_t *column,
                             kr_error *err) {
    const char *name = r->options.states;
    *column = table->n_columns > 1 ? kr__table_find(table, name ? name : "states") : -1;
    if (!name || *column >= 0) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "%s: there is no column \"%.80s\" beside other columns of numbers",
                   r->series->path, name);
}

/* The names move with the arena that holds them and the reading. */
static kr_status take_names(kr_series *s, kr_table *table, int64_t states, kr_error *err) {
    int64_t to = 0;
    for (int64_t c = 0; c < table->n_columns; c++) {
        if (c != states) table->names[to++] = table->names[c];
    }
    s->names = table->names;
    s->has_header = table->reading->has_header;
    s->arena = table->arena;
    table->arena = (kr_arena){NULL};
    s->reading = kr__reading_text(table->reading, &s->arena);
    return s->reading ? KR_OK : out_of_memory(s, err);
}

/* Rows may be left out of order, and then they are no steps. */
static kr_status check_dates(const kr_series *s, const kr_table *t, kr_error *err) {
    char date[KR_DATE_TEXT];
    for (int64_t i = 1; t->timestamps && i < t->n_rows; i++) {
        if (t->timestamps[i] > t->timestamps[i - 1]) continue;
        return kr_fail(err, KR_FORMAT,
                       "%s: row %" PRId64
                       ", %s: the dates go back or repeat here; leave `sort` "
                       "out, or sort the rows by date, one per date",
                       s->path, i + 1, kr_date_text(t->timestamps[i], date));
    }
    return KR_OK;
}

/* needed: room for those of the options and the states. */
static kr_csv_options csv_options(const reader *r, const char **needed) {
    const kr_rows_options *how = r->options.rows;
    kr_csv_options csv = {.team = r->options.team,
                          .needed = needed,
                          .asks_for_series = !r->options.is_points,
                          .order = r->options.is_points ? KR__ORDER_NONE : KR__ORDER_STRICT};
    if (how) {
        csv.date_column = how->date_column;
        csv.given = kr__rows_given(how);
        for (; csv.n_needed < how->n_needed; csv.n_needed++) {
            needed[csv.n_needed] = how->needed[csv.n_needed];
        }
    }
    if (r->options.states) needed[csv.n_needed++] = r->options.states;
    if (!csv.given.categories) csv.given.categories = "off";
    return csv;
}

static kr_status read_csv(reader *r, kr_error *err) {
    kr_table *table = NULL;
    int64_t states = -1;
    int64_t n_needed = r->options.rows ? r->options.rows->n_needed : 0;
    const char **needed = kr__calloc((size_t)n_needed + 1, sizeof *needed);
    if (!needed) return out_of_memory(r->series, err);
    const kr_csv_options csv = csv_options(r, needed);
    kr_status status = kr__csv_read(r->series->path, &csv, &table, err);
    kr_free(needed);
    KR_TRY(status);
    status = r->options.is_points ? KR_OK : check_dates(r->series, table, err);
    if (status == KR_OK) status = find_states(r, table, &states, err);
    if (status == KR_OK) status = take_table(r, table, states, err);
    if (status == KR_OK) status = take_names(r->series, table, states, err);
    kr__table_destroy(table);
    return status;
}

static kr_status read_any(reader *r, kr_error *err) {
    const kr_series *s = r->series;
    if (!kr__file_exists(s->path) && errno == ENOENT) {
        return kr_fail(err, KR_IO,
                       "%s: no such file; check the path, or make a series with krait synth",
                       s->path);
    }
    bool is_npz = kr__text_ends(s->path, ".npz"), is_npy = kr__text_ends(s->path, ".npy");
    if ((is_npz || is_npy) && r->options.rows) {
        KR_TRY(kr__rows_refuse_reading(s->path, "an array", r->options.rows, err));
    }
    if (is_npz) return read_npz(r, err);
    if (is_npy) return read_npy(r, err);
    if (kr__is_table_name(s->path)) return read_csv(r, err);
    return kr_fail(
        err, KR_USAGE,
        "%s: a series is read from a folder with data.npz, or from .npz, .npy, or a table: "
        ".csv, .tsv, .xlsx, .json, .jsonl, also .gz",
        s->path);
}

kr_status kr_series_open(const char *path, kr_series **out, kr_error *err) {
    return kr_series_open_as(path, NULL, out, err);
}

kr_status kr_series_open_as(const char *path, const kr_series_options *options, kr_series **out,
                            kr_error *err) {
    kr_series_options taken;
    KR_TRY(kr__sized_take("kr_series_options", options, &taken, sizeof taken, err));
    kr_series *s = kr__calloc(1, sizeof *s);
    if (!s) return kr_fail(err, KR_MEMORY, "%s: no memory for the series", path);
    size_t n = strlen(path);
    bool is_folder = kr__is_folder(path);
    kr_status status;
    if (n + 16 > sizeof s->path) {
        status = kr_fail(err, KR_USAGE, "%.60s..: the path is too long", path);
    } else {
        const char *slash = n > 0 && path[n - 1] == '/' ? "" : "/";
        snprintf(s->path, sizeof s->path, "%s%s%s", path, is_folder ? slash : "",
                 is_folder ? "data.npz" : "");
        status = read_any(&(reader){s, taken}, err);
    }
    if (status != KR_OK) {
        kr_series_destroy(s);
        return status;
    }
    *out = s;
    return KR_OK;
}

/* ---- from memory ------------------------------------------------------------------------ */

/* Borrows the arrays, or copies them if asked to. */
static kr_status fill(kr_series *s, const float *values, const int64_t *states, bool is_copy,
                      kr_error *err) {
    size_t n = 0;
    bool has_size = s->n_steps > 0 && s->n_features > 0 &&
                    kr__size_mul((size_t)s->n_steps, (size_t)s->n_features, &n);
    if (!has_size || n > SIZE_MAX / sizeof *s->exact) {
        return kr_fail(err, KR_SHAPE, "%s: no series has %" PRId64 " steps of %" PRId64 " features",
                       s->path, s->n_steps, s->n_features);
    }
    s->values = values;
    s->states = states;
    KR_TRY(check_finite(s, err));
    if (states) KR_TRY(check_states(s, "states", err));
    if (!is_copy) return KR_OK;
    KR_TRY(make_values(&(reader){.series = s}, (int64_t)n, err));
    memcpy(s->owned_values, values, n * sizeof *values);
    if (!states) return KR_OK;
    KR_TRY(make_states(s, s->n_steps, err));
    memcpy(s->owned_states, states, (size_t)s->n_steps * sizeof *states);
    return KR_OK;
}

static kr_status take_memory(int64_t n_steps, int64_t n_features, const float *values,
                             const int64_t *states, bool is_copy, kr_series **out, kr_error *err) {
    kr_series *s = kr__calloc(1, sizeof *s);
    if (!s) return kr_fail(err, KR_MEMORY, "no memory for the series");
    s->n_steps = n_steps;
    s->n_features = n_features;
    snprintf(s->path, sizeof s->path, "the series");
    kr_status status = fill(s, values, states, is_copy, err);
    if (status == KR_OK) {
        *out = s;
    } else {
        kr_series_destroy(s);
    }
    return status;
}

kr_status kr_series_create(int64_t n_steps, int64_t n_features, const float *values,
                           const int64_t *states, kr_series **out, kr_error *err) {
    return take_memory(n_steps, n_features, values, states, false, out, err);
}

kr_status kr_series_copy(int64_t n_steps, int64_t n_features, const float *values,
                         const int64_t *states, kr_series **out, kr_error *err) {
    return take_memory(n_steps, n_features, values, states, true, out, err);
}

void kr_series_destroy(kr_series *series) {
    if (!series) return;
    kr_free(series->owned_values);
    kr_free(series->exact);
    kr_free(series->owned_states);
    kr_free(series->periods);
    kr__arena_deinit(&series->arena);
    kr_free(series);
}

/* ---- contents --------------------------------------------------------------------------- */

int64_t kr_series_n_steps(const kr_series *series) { return series->n_steps; }
int64_t kr_series_n_features(const kr_series *series) { return series->n_features; }
const float *kr_series_values(const kr_series *series) { return series->values; }
const double *kr_series_exact(const kr_series *series) { return series->exact; }
const int64_t *kr_series_states(const kr_series *series) { return series->states; }
int64_t kr_series_n_states(const kr_series *series) { return series->n_states; }

const char *kr_series_name(const kr_series *series, int64_t feature) {
    return series->names ? series->names[feature] : NULL;
}

const char *kr_series_path(const kr_series *series) { return series->path; }

const int64_t *kr_series_periods(const kr_series *series, int64_t *n) {
    if (n) *n = series->n_periods;
    return series->periods;
}
