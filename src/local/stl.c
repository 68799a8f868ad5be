/* SPDX-License-Identifier: MIT
 * stl.c - STL: seasons and trend by loess, in turns.
 *
 * R. Cleveland, W. Cleveland, J. McRae, I. Terpenning, STL: a seasonal-trend decomposition
 * procedure based on loess, Journal of Official Statistics 6, 1990. Values lie a step apart and
 * nothing is robust, so loess is linear with the same weights in every round: they are computed
 * once, those of the right end are those of the left end mirrored, and between the ends all rows
 * are one. A round is then a few sums of products. */
#include "local/stl.h"

#include <math.h>
#include <string.h>

#include "local/dots.h"

enum { ROUNDS = 5 /* the paper's two converge slowly where trend and season mix */ };

/* ---- loess ------------------------------------------------------------------------------ */

/* Weights of loess at x (first value: 1) over the values left .. right of n, for a window of
 * `window` values, which may be longer than n. */
static void find_weights(int64_t n, int64_t window, int degree, int64_t x, int64_t left,
                         int64_t right, double *weights) {
    double reach = (double)(x - left > right - x ? x - left : right - x), sum = 0, mean = 0,
           square = 0;
    int64_t beyond = window > n ? (window - n) / 2 : 0;
    reach += (double)beyond;
    for (int64_t j = left; j <= right; j++) {
        double r = fabs((double)(j - x)), u = r / reach, cube = 1 - u * u * u;
        double w = r > 0.999 * reach ? 0 : r > 0.001 * reach ? cube * cube * cube : 1;
        weights[j - left] = w;
        sum += w;
    }
    for (int64_t j = 0; j <= right - left; j++) weights[j] /= sum;
    if (degree == 0 || reach <= 0) return;
    for (int64_t j = left; j <= right; j++) mean += weights[j - left] * (double)j;
    for (int64_t j = left; j <= right; j++) {
        square += weights[j - left] * ((double)j - mean) * ((double)j - mean);
    }
    /* Too narrow for a slope. */
    if (sqrt(square) <= 0.001 * (double)(n - 1)) return;
    double slope = ((double)x - mean) / square;
    for (int64_t j = left; j <= right; j++) weights[j - left] *= slope * ((double)j - mean) + 1;
}

/* Loess of n values over themselves. */
typedef struct smoother {
    int64_t n, window; /* at most n */
    int64_t n_rows;    /* of the left end; the last one is that of the middle, if there is one */
    double *rows;      /* (n_rows, window) */
    double *mirrored;  /* (window) the last values, the last one first: they have the same rows */
} smoother;

static bool plan_smoother(smoother *s, kr_arena *arena, int64_t n, int64_t window) {
    s->n = n;
    s->window = window < n ? window : n;
    s->n_rows = (s->window + 1) / 2;
    s->rows = kr__arena_alloc(arena, (size_t)(s->n_rows * s->window), sizeof *s->rows);
    s->mirrored = kr__arena_alloc(arena, (size_t)s->window, sizeof *s->mirrored);
    if (!s->rows || !s->mirrored) return false;
    for (int64_t i = 0; i < s->n_rows; i++) {
        find_weights(n, window, 1, i + 1, 1, s->window, s->rows + i * s->window);
    }
    return true;
}

enum { TILE = 8 };
/* out[i] = sum over j of weights[j] y[i + j], for n of them: several at once, in registers. */
static void slide(const double *restrict weights, int64_t window, const double *restrict y,
                  int64_t n, double *restrict out) {
    int64_t i = 0;
    for (; i + TILE <= n; i += TILE) {
        double sum[TILE] = {0};
        for (int64_t j = 0; j < window; j++) {
            for (int k = 0; k < TILE; k++) sum[k] += weights[j] * y[i + j + k];
        }
        for (int k = 0; k < TILE; k++) out[i + k] = sum[k];
    }
    for (; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < window; j++) sum += weights[j] * y[i + j];
        out[i] = sum;
    }
}

static void smooth(const smoother *s, const double *restrict y, double *restrict out) {
    int64_t n = s->n, window = s->window, n_left = n > window ? s->n_rows - 1 : s->n_rows;
    for (int64_t j = 0; j < window; j++) s->mirrored[j] = y[n - 1 - j];
    for (int64_t i = 0; i < n_left; i++) {
        out[i] = kr__dot(s->rows + i * window, y, window);
        out[n - 1 - i] = kr__dot(s->rows + i * window, s->mirrored, window);
    }
    if (n > window) {
        slide(s->rows + n_left * window, window, y, n - 2 * n_left, out + n_left);
    }
}

/* ---- the season's values of each step of it --------------------------------------------- */

/* Loess of k values, and one more at each end: (k + 2, window) weights. */
typedef struct stretcher {
    int64_t k, window;
    double *rows;
} stretcher;

static int64_t first_of(const stretcher *s, int64_t row) {
    int64_t first = row - 1 - s->window / 2, last = s->k - s->window;
    return first < 0 ? 0 : first > last ? last : first;
}

static bool plan_stretcher(stretcher *s, kr_arena *arena, int64_t k, int64_t window) {
    s->k = k;
    s->window = window < k ? window : k;
    s->rows = kr__arena_alloc(arena, (size_t)((k + 2) * s->window), sizeof *s->rows);
    if (!s->rows) return false;
    for (int64_t row = 0; row < k + 2; row++) {
        int64_t first = first_of(s, row);
        find_weights(k, window, 0, row, first + 1, first + s->window, s->rows + row * s->window);
    }
    return true;
}

/* For the steps from .. to of the period. Neighbours lie side by side, so all of them go at once.
 */
static void stretch(const stretcher *s, const double *restrict y, int64_t period, int64_t from,
                    int64_t to, double *restrict out) {
    if (from >= to) return;
    for (int64_t row = 0; row < s->k + 2; row++) {
        const double *w = s->rows + row * s->window, *in = y + first_of(s, row) * period;
        double *o = out + row * period;
        for (int64_t j = from; j < to; j++) o[j] = 0;
        for (int64_t i = 0; i < s->window; i++) {
            for (int64_t j = from; j < to; j++) o[j] += w[i] * in[i * period + j];
        }
    }
}

/* ---- STL -------------------------------------------------------------------------------- */

struct kr__stl {
    int64_t n, period, n_long; /* so many steps of the period are there once more */
    stretcher longer, shorter;
    smoother low_pass, trend;
    double *cycle, *means; /* (n + 2 periods) each */
    double *rest;          /* (n + 2) */
};

kr__stl *kr__stl_create(kr_arena *arena, int64_t n, int64_t period, int64_t window) {
    kr__stl *s = kr__arena_alloc(arena, 1, sizeof *s);
    size_t size = (size_t)(n + 2 * period);
    if (!s) return NULL;
    int64_t k = (n + period - 1) / period,
            trend = (int64_t)ceil(1.5 * (double)period / (1 - 1.5 / (double)window));
    s->n = n;
    s->period = period;
    s->n_long = n - (k - 1) * period;
    s->cycle = kr__arena_alloc(arena, size, sizeof *s->cycle);
    s->means = kr__arena_alloc(arena, size, sizeof *s->means);
    s->rest = kr__arena_alloc(arena, (size_t)n + 2, sizeof *s->rest);
    bool is_planned = s->cycle && s->means && s->rest &&
                      plan_stretcher(&s->longer, arena, k, window) &&
                      plan_stretcher(&s->shorter, arena, k - 1, window) &&
                      plan_smoother(&s->low_pass, arena, n, period + 1 + period % 2) &&
                      plan_smoother(&s->trend, arena, n, trend | 1);
    return is_planned ? s : NULL;
}

/* Means of `window` neighbours: n - window + 1 of them. */
static void average(const double *restrict x, int64_t n, int64_t window, double *restrict out) {
    double sum = 0;
    for (int64_t t = 0; t < window; t++) sum += x[t];
    out[0] = sum / (double)window;
    for (int64_t t = window; t < n; t++) {
        sum += x[t] - x[t - window];
        out[t - window + 1] = sum / (double)window;
    }
}

void kr__stl_split(kr__stl *s, const double *y, double *season, double *trend) {
    int64_t n = s->n, period = s->period;
    memset(trend, 0, (size_t)n * sizeof *trend);
    for (int round = 0; round < ROUNDS; round++) {
        for (int64_t t = 0; t < n; t++) s->rest[t] = y[t] - trend[t];
        stretch(&s->longer, s->rest, period, 0, s->n_long, s->cycle);
        stretch(&s->shorter, s->rest, period, s->n_long, period, s->cycle);
        /* What is slow in the seasons belongs to the trend. */
        average(s->cycle, n + 2 * period, period, s->means);
        average(s->means, n + period + 1, period, s->rest);
        average(s->rest, n + 2, 3, s->means);
        smooth(&s->low_pass, s->means, s->rest);
        for (int64_t t = 0; t < n; t++) season[t] = s->cycle[period + t] - s->rest[t];
        for (int64_t t = 0; t < n; t++) s->rest[t] = y[t] - season[t];
        smooth(&s->trend, s->rest, trend);
    }
}

/* ---- several seasons -------------------------------------------------------------------- */

kr_status kr__mstl_split(const double *y, int64_t n, const int64_t *periods, int64_t n_periods,
                         kr_arena *arena, double *seasons, double *rest, double *trend,
                         kr_error *err) {
    kr__stl **stl = kr__arena_alloc(arena, (size_t)n_periods + 1, sizeof *stl);
    double *own = kr__arena_alloc(arena, (size_t)n, sizeof *own);
    if (!stl || !own) return kr_fail(err, KR_MEMORY, "no memory for the seasons");
    for (int64_t i = 0; i < n_periods; i++) {
        /* Longer seasons change more slowly: windows as those of R's forecast::mstl. */
        stl[i] = kr__stl_create(arena, n, periods[i], 7 + 4 * (i + 1));
        if (!stl[i]) return kr_fail(err, KR_MEMORY, "no memory for the seasons");
    }
    memcpy(rest, y, (size_t)n * sizeof *rest);
    memset(seasons, 0, (size_t)(n_periods * n) * sizeof *seasons);
    for (int turn = 0; turn < (n_periods > 1 ? 2 : 1); turn++) {
        for (int64_t i = 0; i < n_periods; i++) {
            double *season = seasons + i * n;
            for (int64_t t = 0; t < n; t++) rest[t] += season[t];
            kr__stl_split(stl[i], rest, season, own);
            for (int64_t t = 0; t < n; t++) rest[t] -= season[t];
        }
    }
    if (trend) memcpy(trend, own, (size_t)n * sizeof *trend);
    return KR_OK;
}
