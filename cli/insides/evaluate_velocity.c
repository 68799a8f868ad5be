/* SPDX-License-Identifier: MIT
 * evaluate_velocity.c - how fast what a layer holds changes: beside the values of step t those of
 * step t + 1 less these.
 *
 *     seen      | v[t] | v[t+1] | ..         (n_seen, d)
 *     values    | v[t]   v[t+1] - v[t] | ..  (n_rows, 2 d)
 *
 * At the last step of a window the change is 0: the next window started from nothing. */
#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "insides/evaluate_command.h"

static bool has_next(const evaluation *e, int64_t step) {
    int64_t next = step + 1, window = e->look.window;
    return next < look_steps(&e->look) && !(window > 0 && next % window == 0);
}

kr_status evaluate_add_next_steps(evaluation *e, kr_error *err) {
    e->seen = kr__calloc((size_t)e->n_rows, 2 * sizeof *e->seen);
    if (!e->seen) return kr_fail(err, KR_MEMORY, "out of memory for the steps");
    for (int64_t i = 0; i < e->n_rows; i++) {
        int64_t step = e->rows[i];
        bool is_there = e->n_seen > 0 && e->seen[e->n_seen - 1] == step;
        if (!is_there) e->seen[e->n_seen++] = step;
        if (has_next(e, step)) e->seen[e->n_seen++] = step + 1;
    }
    return KR_OK;
}

static void fill(const evaluation *e, const representation *r, float *values) {
    const float *from = r->values;
    for (int64_t i = 0, at = 0; i < e->n_rows; i++, values += 2 * r->dim) {
        while (e->seen[at] != e->rows[i]) at++;
        const float *now = from + at * r->dim, *next = now + r->dim;
        memcpy(values, now, (size_t)r->dim * sizeof *values);
        if (!has_next(e, e->rows[i])) continue;
        for (int64_t k = 0; k < r->dim; k++) values[r->dim + k] = next[k] - now[k];
    }
}

kr_status evaluate_add_velocity(evaluation *e, kr_error *err) {
    for (int64_t i = 0; i < e->n; i++) {
        representation *r = &e->list[i];
        float *values = kr__calloc((size_t)e->n_rows, 2 * (size_t)r->dim * sizeof *values);
        if (!values) return kr_fail(err, KR_MEMORY, "out of memory for what the layers hold");
        fill(e, r, values);
        kr_free(r->values);
        r->values = values;
        snprintf(r->size, sizeof r->size, "%" PRId64 "+%" PRId64 "D", r->dim, r->dim);
        snprintf(r->label, sizeof r->label, "%s (%s)", r->name, r->size);
        r->dim *= 2;
    }
    return KR_OK;
}
