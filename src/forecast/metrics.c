/* SPDX-License-Identifier: MIT
 * metrics.c - errors of forecasts. Inputs are float, all arithmetic is double.
 *
 * Long sums run in LANES fixed lanes added in a fixed tree: one pass that vectorises, and the same
 * bits everywhere. */
#include <kr/scores.h>

#include <math.h>
#include <string.h>

enum { LANES = 8, BLOCK = 64 };

/* ---- one pass over all elements --------------------------------------------------------- */

typedef struct sums {
    double absolute, square, absolute_ratio, square_ratio;
    double truth, truth_square; /* of truth less its first value, against cancellation */
} sums;

static double add_lanes(const double lane[LANES]) {
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static sums sum_up(int64_t n, const float *restrict pred, const float *restrict truth) {
    double absolute[LANES] = {0}, square[LANES] = {0}, absolute_ratio[LANES] = {0};
    double square_ratio[LANES] = {0}, value[LANES] = {0}, value_square[LANES] = {0};
    double shift = (double)truth[0];
    for (int64_t i = 0; i < n; i += LANES) {
        int64_t n_lanes = n - i < LANES ? n - i : LANES;
        for (int64_t k = 0; k < n_lanes; k++) {
            double t = (double)truth[i + k], e = t - (double)pred[i + k];
            double ratio = e / t, v = t - shift;
            absolute[k] += fabs(e);
            square[k] += e * e;
            absolute_ratio[k] += fabs(ratio);
            square_ratio[k] += ratio * ratio;
            value[k] += v;
            value_square[k] += v * v;
        }
    }
    return (sums){add_lanes(absolute),     add_lanes(square), add_lanes(absolute_ratio),
                  add_lanes(square_ratio), add_lanes(value),  add_lanes(value_square)};
}

/* ---- correlation ------------------------------------------------------------------------ */

typedef struct cells {
    int64_t n_windows, n_cells; /* a cell is a (step, channel) */
    const float *pred, *truth;
} cells;

/* corr of n (at most BLOCK) neighbouring cells over all windows: two passes, no memory. */
static void correlate(const cells *all, int64_t first, int64_t n, double out[BLOCK]) {
    double mean_p[BLOCK] = {0}, mean_t[BLOCK] = {0}, u[BLOCK] = {0}, v[BLOCK] = {0};
    const float *p = all->pred + first, *t = all->truth + first;
    for (int64_t w = 0; w < all->n_windows; w++) {
        for (int64_t k = 0; k < n; k++) {
            mean_p[k] += (double)p[w * all->n_cells + k];
            mean_t[k] += (double)t[w * all->n_cells + k];
        }
    }
    for (int64_t k = 0; k < n; k++) {
        mean_p[k] /= (double)all->n_windows;
        mean_t[k] /= (double)all->n_windows;
    }
    for (int64_t w = 0; w < all->n_windows; w++) {
        for (int64_t k = 0; k < n; k++) {
            double a = (double)t[w * all->n_cells + k] - mean_t[k];
            double b = (double)p[w * all->n_cells + k] - mean_p[k];
            u[k] += a * b;
            v[k] += (a * a) * (b * b);
        }
    }
    for (int64_t k = 0; k < n; k++) out[k] = u[k] / sqrt(v[k]);
}

/* Mean of corr over cells first .. first + n - 1. */
static double mean_correlation(const cells *all, int64_t first, int64_t n) {
    double sum = 0;
    for (int64_t done = 0; done < n; done += BLOCK) {
        double out[BLOCK];
        int64_t n_block = n - done < BLOCK ? n - done : BLOCK;
        correlate(all, first + done, n_block, out);
        for (int64_t k = 0; k < n_block; k++) sum += out[k];
    }
    return sum / (double)n;
}

kr_status kr_metrics_corr(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                          const float *pred, const float *truth, double *out, kr_error *err) {
    if (n_windows < 1 || pred_len < 1 || n_channels < 1) {
        return kr_fail(err, KR_SHAPE, "the correlation of no windows is not defined");
    }
    cells all = {n_windows, pred_len * n_channels, pred, truth};
    for (int64_t step = 0; step < pred_len; step++) {
        out[step] = mean_correlation(&all, step * n_channels, n_channels);
    }
    return KR_OK;
}

/* ---- with gaps -------------------------------------------------------------------------- */

static bool has_gaps(int64_t n, const float *truth) {
    bool found = false;
    for (int64_t i = 0; i < n; i++) found |= isnan(truth[i]);
    return found;
}

/* As sum_up(), over the values whose truth is known: how many these are goes into *count. */
static sums sum_known(int64_t n, const float *pred, const float *truth, int64_t *count) {
    sums s = {0};
    double shift = NAN;
    *count = 0;
    for (int64_t i = 0; i < n; i++) {
        double t = (double)truth[i], e = t - (double)pred[i];
        if (isnan(t)) continue;
        if (isnan(shift)) shift = t;
        s.absolute += fabs(e);
        s.square += e * e;
        s.absolute_ratio += fabs(e / t);
        s.square_ratio += (e / t) * (e / t);
        s.truth += t - shift;
        s.truth_square += (t - shift) * (t - shift);
        ++*count;
    }
    return s;
}

/* corr of one cell over the windows whose truth is known. */
static double correlate_known(const cells *all, int64_t cell) {
    double mean_p = 0, mean_t = 0, u = 0, v = 0, n = 0;
    for (int64_t i = cell; i < all->n_windows * all->n_cells; i += all->n_cells) {
        if (isnan(all->truth[i])) continue;
        mean_p += (double)all->pred[i];
        mean_t += (double)all->truth[i];
        n++;
    }
    mean_p /= n;
    mean_t /= n;
    for (int64_t i = cell; i < all->n_windows * all->n_cells; i += all->n_cells) {
        if (isnan(all->truth[i])) continue;
        double a = (double)all->truth[i] - mean_t, b = (double)all->pred[i] - mean_p;
        u += a * b;
        v += (a * a) * (b * b);
    }
    return u / sqrt(v);
}

static double mean_correlation_known(const cells *all) {
    double sum = 0;
    for (int64_t cell = 0; cell < all->n_cells; cell++) sum += correlate_known(all, cell);
    return sum / (double)all->n_cells;
}

/* ---- all together ----------------------------------------------------------------------- */

void kr_metrics_compute(int64_t n_windows, int64_t pred_len, int64_t n_channels, const float *pred,
                        const float *truth, kr_metrics *out) {
    int64_t n_cells = pred_len * n_channels, n = n_windows * n_cells;
    if (n < 1) {
        *out = (kr_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        return;
    }
    bool is_whole = !has_gaps(n, truth);
    int64_t n_known = n;
    sums s = is_whole ? sum_up(n, pred, truth) : sum_known(n, pred, truth, &n_known);
    double count = (double)n_known;
    cells all = {n_windows, n_cells, pred, truth};
    out->mae = s.absolute / count;
    out->mse = s.square / count;
    out->rmse = sqrt(out->mse);
    out->mape = s.absolute_ratio / count;
    out->mspe = s.square_ratio / count;
    out->rse = sqrt(s.square) / sqrt(s.truth_square - s.truth * s.truth / count);
    out->corr = is_whole ? mean_correlation(&all, 0, n_cells) : mean_correlation_known(&all);
}

/* ---- per step, per channel -------------------------------------------------------------- */

/* Of neighbouring groups, at most BLOCK. */
typedef struct group_sums {
    double square[BLOCK], absolute[BLOCK];
    int64_t count[BLOCK];
} group_sums;

static void add_group(group_sums *s, int64_t k, int64_t n, const float *pred, const float *truth) {
    double square = 0, absolute = 0;
    for (int64_t i = 0; i < n; i++) {
        double e = (double)truth[i] - (double)pred[i];
        if (isnan(truth[i])) continue;
        square += e * e;
        absolute += fabs(e);
        s->count[k]++;
    }
    s->square[k] += square;
    s->absolute[k] += absolute;
}

/* Element (outer, group, inner): means over outer and inner of each group, where truth is known.
 * Groups are taken block by block, so that memory is read in its order. */
static void group_errors(int64_t n_outer, int64_t n_groups, int64_t n_inner, const float *pred,
                         const float *truth, double *mse, double *mae) {
    for (int64_t first = 0; first < n_groups; first += BLOCK) {
        group_sums s = {{0}, {0}, {0}};
        int64_t n = n_groups - first < BLOCK ? n_groups - first : BLOCK;
        for (int64_t o = 0; o < n_outer; o++) {
            for (int64_t k = 0; k < n; k++) {
                int64_t at = (o * n_groups + first + k) * n_inner;
                add_group(&s, k, n_inner, pred + at, truth + at);
            }
        }
        for (int64_t k = 0; k < n; k++) {
            if (mse) mse[first + k] = s.square[k] / (double)s.count[k];
            if (mae) mae[first + k] = s.absolute[k] / (double)s.count[k];
        }
    }
}

void kr_metrics_by_step(int64_t n_windows, int64_t pred_len, int64_t n_channels, const float *pred,
                        const float *truth, double *mse, double *mae) {
    group_errors(n_windows, pred_len, n_channels, pred, truth, mse, mae);
}

void kr_metrics_by_channel(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                           const float *pred, const float *truth, double *mse, double *mae) {
    group_errors(n_windows * pred_len, n_channels, 1, pred, truth, mse, mae);
}
