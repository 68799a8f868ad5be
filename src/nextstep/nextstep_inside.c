/* SPDX-License-Identifier: MIT
 * nextstep_inside.c - a long series through a model, in windows side by side or in chunks one after
 * the other; the wanted rows are copied from each. */
#include <string.h>

#include "core/arena.h"
#include "core/real.h"
#include "core/sized_struct.h"
#include "nextstep/nextstep_internal.h"

enum { CHUNK_STEPS = 512, WINDOWS_AT_ONCE = 32 /* between two calls of progress */ };

/* The public list and that of nn/ must agree. */
_Static_assert((int)KR_INSIDE_X_CONV == (int)KR__INSIDE_X_CONV &&
                   (int)KR_INSIDE_COUNT == (int)KR__INSIDE_COUNT,
               "kr_inside and kr__inside differ");

int64_t kr_inside_width(const kr_nextstep *model, kr_inside what) {
    return kr__inside_width(model->stack, (kr__inside)what);
}

int64_t kr_inside_steps(int64_t n_steps, int64_t window) {
    return window > 0 ? n_steps / window * window : n_steps;
}

/* ---- one chunk -------------------------------------------------------------------------- */

/* A prepared chunk and room for its forecasts. */
typedef struct runner {
    kr__chunk *chunk;
    kr_real *y;
} runner;

/* A worker runs the chunks of its windows alone, without the team; a single window is shared by
 * all workers. */
static kr_status open_runner(kr_team *team, runner *w, const kr_nextstep *model, int64_t n_steps,
                             kr_error *err) {
    size_t n = (size_t)model->shape.n_features;
    const kr__chunk_options options = {.n_steps = n_steps, .with_inside = true};
    KR_TRY(kr__chunk_create(team, model->stack, &options, &w->chunk, err));
    w->y = kr__calloc((size_t)n_steps, n * sizeof *w->y);
    return w->y ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for chunks of a series");
}

static void close_runner(runner *w) {
    kr__chunk_destroy(w->chunk);
    kr_free(w->y);
    *w = (runner){0};
}

/* The first of the wanted rows that is not below step. */
static int64_t first_row(const kr_inside_request *r, int64_t step) {
    int64_t low = 0, high = r->n_rows;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (r->rows[middle] < step) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Copy rows [from, to) of the request from a forward that began at step. Consecutive rows are
 * copied together. */
static void take_rows(const kr_nextstep *model, const kr_inside_request *r, const runner *w,
                      int64_t step, int64_t from, int64_t to) {
    for (int64_t end; from < to; from = end) {
        for (end = from + 1; end < to && r->rows[end] == r->rows[end - 1] + 1;) end++;
        for (int64_t i = 0; i < r->n_wants; i++) {
            const kr_inside_want *want = &r->wants[i];
            int64_t width = kr_inside_width(model, want->what);
            kr__chunk_inside(w->chunk, (kr__inside)want->what, want->layer, r->rows[from] - step,
                             end - from, (kr_real *)(want->out + from * width));
        }
    }
}

static bool report(const kr_inside_request *r, int64_t steps) {
    return !r->progress || r->progress(r->progress_arg, steps);
}

static kr_status fail_stopped(kr_error *err) {
    return kr_fail(err, KR_INTERRUPTED, "stopped on request");
}

/* ---- windows ---------------------------------------------------------------------------- */

typedef struct windows {
    const kr_nextstep *model;
    const kr_inside_request *request;
    runner *runners; /* of each worker */
    int64_t first;   /* window of piece 0 */
} windows;

static void run_window(void *arg, int64_t piece, int worker) {
    const windows *s = arg;
    const kr_inside_request *r = s->request;
    const runner *w = &s->runners[worker];
    int64_t step = (s->first + piece) * r->window;
    int64_t from = first_row(r, step), to = first_row(r, step + r->window);
    if (from == to) return;
    const float *x = r->x + step * s->model->shape.n_features;
    kr__chunk_forward(w->chunk, (const kr_real *)x, NULL, w->y, NULL);
    take_rows(s->model, r, w, step, from, to);
}

static kr_status run_windows(kr_team *team, const kr_nextstep *model, const kr_inside_request *r,
                             kr_error *err) {
    int n_workers = kr_team_workers(team);
    int64_t count = kr_inside_steps(r->n_steps, r->window) / r->window;
    windows s = {.model = model, .request = r};
    s.runners = kr__calloc((size_t)n_workers, sizeof *s.runners);
    kr_status status = s.runners ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for windows");
    for (int i = 0; i < n_workers && status == KR_OK; i++) {
        status = open_runner(count > 1 ? NULL : team, &s.runners[i], model, r->window, err);
    }
    while (s.first < count && status == KR_OK) {
        int64_t n = count - s.first < WINDOWS_AT_ONCE ? count - s.first : WINDOWS_AT_ONCE;
        kr_team_for(team, n, run_window, &s);
        s.first += n;
        if (!report(r, s.first * r->window)) status = fail_stopped(err);
    }
    for (int i = 0; i < n_workers && s.runners; i++) close_runner(&s.runners[i]);
    kr_free(s.runners);
    return status;
}

/* ---- one pass --------------------------------------------------------------------------- */

/* Chunks of n steps from *step on, as many as fit. */
static kr_status run_chunks(kr_team *team, const kr_nextstep *model, const kr_inside_request *r,
                            int64_t n, kr_real *state, int64_t *step, kr_error *err) {
    runner w = {0};
    int64_t f = model->shape.n_features;
    kr_status status = open_runner(team, &w, model, n, err);
    for (; status == KR_OK && *step + n <= r->n_steps; *step += n) {
        kr__chunk_forward(w.chunk, (const kr_real *)(r->x + *step * f), state, w.y, state);
        take_rows(model, r, &w, *step, first_row(r, *step), first_row(r, *step + n));
        if (!report(r, *step + n)) status = fail_stopped(err);
    }
    close_runner(&w);
    return status;
}

static kr_status run_pass(kr_team *team, const kr_nextstep *model, const kr_inside_request *r,
                          kr_error *err) {
    int64_t step = 0, rest = r->n_steps % CHUNK_STEPS;
    kr_real *state = kr__calloc((size_t)model->shape.state_size, sizeof *state);
    if (!state) return kr_fail(err, KR_MEMORY, "out of memory for the state");
    kr_status status = KR_OK;
    if (r->n_steps >= CHUNK_STEPS)
        status = run_chunks(team, model, r, CHUNK_STEPS, state, &step, err);
    if (status == KR_OK && rest > 0) status = run_chunks(team, model, r, rest, state, &step, err);
    kr_free(state);
    return status;
}

/* ---- the request ------------------------------------------------------------------------ */

static kr_status check(const kr_nextstep *model, const kr_inside_request *r, kr_error *err) {
    int64_t n_layers = model->shape.n_layers;
    int64_t n_steps = kr_inside_steps(r->n_steps, r->window);
    if (n_steps < 1) {
        return kr_fail(err, KR_USAGE, "a series of %lld steps fills no window of %lld",
                       (long long)r->n_steps, (long long)r->window);
    }
    for (int64_t i = 0; i < r->n_wants; i++) {
        if ((int)r->wants[i].what < 0 || r->wants[i].what >= KR_INSIDE_COUNT) {
            return kr_fail(err, KR_USAGE, "there is no kind %d of values", (int)r->wants[i].what);
        }
        if (r->wants[i].layer >= 0 && r->wants[i].layer < n_layers) continue;
        return kr_fail(err, KR_USAGE, "layer %lld: the model has layers 0 to %lld",
                       (long long)r->wants[i].layer, (long long)n_layers - 1);
    }
    for (int64_t i = 0; i < r->n_rows; i++) {
        if (r->rows[i] >= 0 && r->rows[i] < n_steps && (i == 0 || r->rows[i - 1] < r->rows[i])) {
            continue;
        }
        return kr_fail(err, KR_USAGE, "row %lld: rows rise from 0 to %lld", (long long)r->rows[i],
                       (long long)n_steps - 1);
    }
    return KR_OK;
}

kr_status kr_nextstep_look(const kr_nextstep *model, const kr_inside_request *request,
                           kr_error *err) {
    kr_inside_request r;
    KR_TRY(kr__sized_take("kr_inside_request", request, &r, sizeof r, err));
    KR_TRY(check(model, &r, err));
    return r.window > 0 ? run_windows(model->team, model, &r, err)
                        : run_pass(model->team, model, &r, err);
}
