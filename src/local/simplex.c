/* SPDX-License-Identifier: MIT
 * simplex.c - a simplex of n + 1 corners that walks downhill.
 *
 *     memory: corners (n + 1, n) | values (n + 1) | middle (n) | tried (n) | second (n)
 *
 * Corners are kept sorted by value, the best first: a new one is put in its place, so that a step
 * costs one pass over few numbers beside its evaluations. */
#include "local/simplex.h"

#include <math.h>
#include <string.h>

typedef struct walk {
    const kr__simplex *options;
    kr__simplex_fn fn;
    void *arg;
    int64_t n, n_tried;
    double *corners, *values, *middle, *tried, *second;
} walk;

size_t kr__simplex_size(int64_t n) { return (size_t)((n + 1) * (n + 1) + 3 * n); }

static double value_at(walk *w, const double *x) {
    double value = w->fn(w->arg, x);
    w->n_tried++;
    return isnan(value) ? (double)INFINITY : value;
}

/* The point at middle + factor * (middle - from), between the bounds, and its value. */
static double try_point(walk *w, double factor, const double *from, double *point) {
    for (int64_t k = 0; k < w->n; k++) {
        double moved = w->middle[k] + factor * (w->middle[k] - from[k]);
        point[k] = fmin(fmax(moved, w->options->lower[k]), w->options->upper[k]);
    }
    return value_at(w, point);
}

/* Corner i, whose value was changed, moves up to its place. */
static void sort_in(walk *w, int64_t i) {
    size_t bytes = (size_t)w->n * sizeof *w->corners;
    double value = w->values[i];
    int64_t to = i;
    while (to > 0 && value < w->values[to - 1]) to--;
    if (to == i) return;
    memcpy(w->second, w->corners + i * w->n, bytes);
    memmove(w->corners + (to + 1) * w->n, w->corners + to * w->n, (size_t)(i - to) * bytes);
    memmove(w->values + to + 1, w->values + to, (size_t)(i - to) * sizeof value);
    memcpy(w->corners + to * w->n, w->second, bytes);
    w->values[to] = value;
}

static void replace_worst(walk *w, const double *point, double value) {
    memcpy(w->corners + w->n * w->n, point, (size_t)w->n * sizeof *point);
    w->values[w->n] = value;
    sort_in(w, w->n);
}

static void put_corners(walk *w, const double *x) {
    const kr__simplex *o = w->options;
    for (int64_t i = 0; i <= w->n; i++) {
        double *corner = w->corners + i * w->n;
        for (int64_t k = 0; k < w->n; k++) corner[k] = fmin(fmax(x[k], o->lower[k]), o->upper[k]);
        if (i > 0) {
            /* Inwards where the step would leave the bounds. */
            double to = corner[i - 1] + o->step[i - 1];
            bool is_inside = to >= o->lower[i - 1] && to <= o->upper[i - 1];
            if (!is_inside) to = corner[i - 1] - o->step[i - 1];
            corner[i - 1] = fmin(fmax(to, o->lower[i - 1]), o->upper[i - 1]);
        }
        w->values[i] = value_at(w, corner);
        sort_in(w, i);
    }
}

static void find_middle(walk *w) {
    for (int64_t k = 0; k < w->n; k++) {
        double sum = 0;
        for (int64_t i = 0; i < w->n; i++) sum += w->corners[i * w->n + k];
        w->middle[k] = sum / (double)w->n;
    }
}

static void shrink(walk *w, double factor) {
    for (int64_t i = 1; i <= w->n; i++) {
        double *corner = w->corners + i * w->n;
        for (int64_t k = 0; k < w->n; k++) {
            corner[k] = w->corners[k] + factor * (corner[k] - w->corners[k]);
        }
        w->values[i] = value_at(w, corner);
    }
    /* The best may be another one now. */
    for (int64_t i = 1; i <= w->n; i++) sort_in(w, i);
}

static void step(walk *w) {
    double n = (double)w->n, grow = 1 + 2 / n, contract = 0.75 - 0.5 / n, worst = w->values[w->n];
    const double *last = w->corners + w->n * w->n;
    find_middle(w);
    double reflected = try_point(w, 1, last, w->tried);
    if (reflected < w->values[0]) {
        double grown = try_point(w, -grow, w->tried, w->second);
        bool is_better = grown < reflected;
        /* sort_in() uses second. */
        if (is_better) memcpy(w->tried, w->second, (size_t)w->n * sizeof *w->tried);
        replace_worst(w, w->tried, is_better ? grown : reflected);
    } else if (reflected < w->values[w->n - 1]) {
        replace_worst(w, w->tried, reflected);
    } else {
        bool is_outside = reflected < worst;
        double value = is_outside ? try_point(w, -contract, w->tried, w->second)
                                  : try_point(w, -contract, last, w->second);
        if (value < fmin(reflected, worst)) {
            memcpy(w->tried, w->second, (size_t)w->n * sizeof *w->tried);
            replace_worst(w, w->tried, value);
        } else {
            shrink(w, w->n > 1 ? 1 - 1 / n : 0.5);
        }
    }
}

double kr__simplex_minimise(const kr__simplex *options, kr__simplex_fn fn, void *arg, double *x,
                            double *memory) {
    int64_t n = options->n;
    walk w = {.options = options, .fn = fn, .arg = arg, .n = n, .corners = memory};
    w.values = w.corners + (n + 1) * n;
    w.middle = w.values + n + 1;
    w.tried = w.middle + n;
    w.second = w.tried + n;
    put_corners(&w, x);
    while (n > 0 && w.n_tried < options->most) {
        double spread = w.values[n] - w.values[0];
        if (!(spread > options->tolerance)) break; /* all infinite, too */
        step(&w);
    }
    memcpy(x, w.corners, (size_t)n * sizeof *x);
    return w.values[0];
}
