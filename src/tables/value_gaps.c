/* SPDX-License-Identifier: MIT
 * value_gaps.c - gaps that only all rows show. */
#include "tables/value_gaps.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "tables/number_format.h"

/* ---- numbers ------------------------------------------------------------------------------ */

enum { FEWEST = 2, FAR = 4 };

typedef enum sureness { NO_STAND_IN, PERHAPS, SURE } sureness;

/* Nothing but nines, three to eight of them, with up to three behind the point. */
static sureness judge_nines(double value) {
    double magnitude = fabs(value), nines = 99, scale;
    for (int n = 3; n <= 8; n++) {
        nines = 10 * nines + 9;
        scale = 1;
        for (int behind = 0; behind <= 3 && behind < n; behind++, scale *= 10) {
            if (magnitude != nines / scale) continue;
            if (value < 0) return SURE;
            if (behind == 2 && n >= 4) return PERHAPS;
            return n >= 4 && behind < 2 ? SURE : NO_STAND_IN;
        }
    }
    return NO_STAND_IN;
}

/* The smallest or largest numbers of a column. */
typedef struct extreme {
    double first, second; /* second: of those that are not first */
    int64_t n_first;
} extreme;

/* sign: 1 the largest, -1 the smallest. */
static extreme find_extreme(const kr_table *t, int64_t c, double sign) {
    extreme e = {NAN, NAN, 0};
    for (int64_t row = 0; row < t->n_rows; row++) {
        double v = t->values[row * t->n_columns + c];
        if (isnan(v)) continue;
        if (v == e.first) {
            e.n_first++;
        } else if (isnan(e.first) || (v - e.first) * sign > 0) {
            e.second = e.first;
            e = (extreme){v, e.second, 1};
        } else if (isnan(e.second) || (v - e.second) * sign > 0) {
            e.second = v;
        }
    }
    return e;
}

/* Is the smallest or largest number of the column one that stands for gaps? */
static sureness examine(const kr_table *t, int64_t c, double *stand_in) {
    sureness best = NO_STAND_IN;
    for (int k = 0; k < 2; k++) {
        double sign = k ? 1 : -1;
        const extreme e = find_extreme(t, c, sign);
        if (isnan(e.first) || isnan(e.second) || e.n_first < FEWEST) continue;
        bool is_far = e.first * sign > 0 && e.second * sign * FAR < e.first * sign;
        sureness sure = is_far ? judge_nines(e.first) : NO_STAND_IN;
        if (sure <= best) continue;
        best = sure;
        *stand_in = e.first;
    }
    return best;
}

/* ---- columns ------------------------------------------------------------------------------ */

/* Columns of the table that a field has. */
static int64_t count_outputs(const kr__csv_plan *plan, int64_t field) {
    return plan->is_read[field] ? 1 : plan->places[field] ? plan->n_places[field] : 0;
}

static bool is_plain(const kr__csv_plan *plan, int64_t field) {
    return plan->is_read[field] && plan->reading.columns[field].role == KR__ROLE_NUMBER;
}

static kr_status out_of_memory(const kr__csv_plan *plan) {
    return kr_fail(plan->scan.err, KR_MEMORY, "%s: no memory for the table", plan->scan.name);
}

/* Which columns have nines at one of their ends? ends (2, n_columns), all zero. Nearly no table has
 * any, and this one look at the rows as they lie in memory is all that it costs. */
static bool find_nines(const kr_table *t, double *ends, bool *has_nines) {
    bool any = false;
    double *low = ends, *high = ends + t->n_columns;
    for (int64_t i = 0; i < t->n_rows; i++) {
        const double *row = t->values + i * t->n_columns;
        for (int64_t c = 0; c < t->n_columns; c++) {
            low[c] = row[c] < low[c] ? row[c] : low[c];
            high[c] = row[c] > high[c] ? row[c] : high[c];
        }
    }
    for (int64_t c = 0; c < t->n_columns; c++) {
        has_nines[c] = judge_nines(low[c]) || judge_nines(high[c]);
        any = any || has_nines[c];
    }
    return any;
}

static int64_t replace(kr_table *t, int64_t c, double value, int64_t *row) {
    int64_t n = 0;
    for (int64_t i = 0; i < t->n_rows; i++) {
        double *v = &t->values[i * t->n_columns + c];
        if (*v != value) continue;
        if (n++ == 0) *row = i;
        *v = (double)NAN;
    }
    return n;
}

typedef struct search {
    kr__csv_plan *plan;
    kr_table *table;
    kr__value_gaps *out;
} search;

static void take_stand_in(search *s, int64_t field, int64_t output, double value) {
    kr__column *c = &s->plan->reading.columns[field];
    int64_t row = 0, n = replace(s->table, output, value, &row);
    c->stand_in = value;
    c->has_stand_in = true;
    c->n_stand_ins += n;
    if (s->out->n == 0 && n > 0) s->out->row = row, s->out->field = field;
    s->out->n += n;
}

/* Those of an earlier reading, and those of the list. */
static void take_known(search *s, const char *missing) {
    int64_t output = 0;
    for (int64_t i = 0; i < s->plan->n_fields; output += count_outputs(s->plan, i), i++) {
        const kr__column *c = &s->plan->reading.columns[i];
        const char *at = missing;
        const char *word;
        size_t size;
        double value;
        if (!is_plain(s->plan, i)) continue;
        if (c->has_stand_in) take_stand_in(s, i, output, c->stand_in);
        while (kr__listed_gap(&at, &word, &size)) {
            bool is_number = kr__number_parse(word, size, &value) == KR__NUMBER;
            if (is_number) take_stand_in(s, i, output, value);
        }
    }
}

static void take_seen(search *s, const bool *has_nines) {
    double value = 0;
    bool has_sure = false;
    for (int pass = 0; pass < 2; pass++) {
        int64_t output = 0;
        for (int64_t i = 0; i < s->plan->n_fields; output += count_outputs(s->plan, i), i++) {
            if (!is_plain(s->plan, i) || !has_nines[output]) continue;
            sureness sure = examine(s->table, output, &value);
            has_sure = has_sure || sure == SURE;
            bool is_one = sure == SURE || (sure == PERHAPS && has_sure);
            if (pass == 1 && is_one) take_stand_in(s, i, output, value);
        }
        if (!has_sure) return;
    }
}

kr_status kr__value_gaps_find(const char *missing, kr__csv_plan *plan, kr_table *table,
                              kr__value_gaps *out) {
    search s = {.plan = plan, .table = table, .out = out};
    bool is_off = missing && strcasecmp(missing, "no") == 0;
    *out = (kr__value_gaps){.n = 0};
    if (is_off || table->n_columns == 0) return KR_OK;
    take_known(&s, missing);
    size_t n = (size_t)table->n_columns;
    bool *has_nines = kr__calloc(n, sizeof *has_nines);
    double *ends = kr__calloc(n, 2 * sizeof *ends);
    kr_status status = has_nines && ends ? KR_OK : out_of_memory(plan);
    if (status == KR_OK && find_nines(table, ends, has_nines)) take_seen(&s, has_nines);
    kr_free(has_nines);
    kr_free(ends);
    return status;
}

/* ---- columns without values --------------------------------------------------------------- */

static void keep_columns(kr_table *t, const bool *is_out) {
    int64_t width = t->n_columns, n = 0;
    double *to = t->values;
    for (int64_t i = 0; i < t->n_rows; i++) {
        for (int64_t c = 0; c < width; c++) {
            if (!is_out[c]) *to++ = t->values[i * width + c];
        }
    }
    for (int64_t c = 0; c < width; c++) {
        if (!is_out[c]) t->names[n++] = t->names[c];
    }
    t->n_columns = n;
}

/* is_out (n_columns): all true. False where a value is found. */
static int64_t find_values(const kr_table *t, bool *is_out) {
    int64_t n_out = t->n_columns;
    for (int64_t i = 0; i < t->n_rows && n_out > 0; i++) {
        for (int64_t c = 0; c < t->n_columns; c++) {
            if (!is_out[c] || isnan(t->values[i * t->n_columns + c])) continue;
            is_out[c] = false;
            n_out--;
        }
    }
    return n_out;
}

kr_status kr__value_gaps_drop(kr__csv_plan *plan, bool are_wished, kr_table *table) {
    enum { LEAST = 10 };
    if (are_wished || table->n_rows < LEAST || table->n_columns == 0) return KR_OK;
    bool *is_out = kr__calloc((size_t)table->n_columns, sizeof *is_out);
    if (!is_out) return out_of_memory(plan);
    for (int64_t c = 0; c < table->n_columns; c++) is_out[c] = true;
    int64_t n_out = find_values(table, is_out), output = 0;
    if (n_out > 0 && n_out < table->n_columns) {
        for (int64_t i = 0; i < plan->n_fields; output += count_outputs(plan, i), i++) {
            if (!plan->is_read[i] || !is_out[output]) continue;
            plan->reading.columns[i].role = KR__ROLE_EMPTY;
            table->unread[table->n_unread++] = table->names[output];
        }
        keep_columns(table, is_out);
    }
    kr_free(is_out);
    return KR_OK;
}
