/* SPDX-License-Identifier: MIT
 * metrics.c - errors of forecasts, in double. Values whose truth is NaN (a gap) are ignored.
 *
 * Long sums run in LANES fixed lanes added in a fixed tree: one pass that vectorises, and the same
 * bits everywhere. */
#include <math.h>
#include <string.h>

#include "core/scale.h"
#include "forecast/window_values.h"

enum { LANES = 8, BLOCK = 64, CHUNK = 256 };

/* Forecasts and truths, value by value. */
typedef struct pair {
    const kr__windows *pred, *truth;
    int64_t n_cells; /* (step, channel) of a window */
    double scale;    /* a power of two that values are multiplied with, so that squares fit */
} pair;

static void read_pair(const pair *v, int64_t window, int64_t first, int64_t n, double *pred,
                      double *truth) {
    kr__windows_read(v->pred, window, first, n, pred);
    kr__windows_read(v->truth, window, first, n, truth);
    if (v->scale == 1) return;
    for (int64_t i = 0; i < n; i++) {
        pred[i] *= v->scale;
        truth[i] *= v->scale;
    }
}

/* The largest number among forecasts and truths. */
static double find_largest(const pair *v) {
    double pred[CHUNK], truth[CHUNK], largest = 0;
    for (int64_t w = 0; w < v->truth->n_windows; w++) {
        for (int64_t first = 0; first < v->n_cells; first += CHUNK) {
            int64_t n = v->n_cells - first < CHUNK ? v->n_cells - first : CHUNK;
            read_pair(v, w, first, n, pred, truth);
            for (int64_t i = 0; i < n; i++) {
                largest = fmax(largest, fmax(fabs(pred[i]), fabs(truth[i])));
            }
        }
    }
    return largest;
}

static pair make_pair(const kr__windows *pred, const kr__windows *truth) {
    pair v = {pred, truth, truth->pred_len * truth->n_channels, 1};
    bool is_float = pred->f32 && truth->f32 && !truth->dataset; /* its squares fit into a double */
    if (!is_float) v.scale = kr__scale_for(find_largest(&v));
    return v;
}

/* ---- one pass over all elements --------------------------------------------------------- */

typedef struct sums {
    double count[LANES], absolute[LANES], square[LANES], absolute_ratio[LANES], square_ratio[LANES];
    double truth[LANES], truth_square[LANES]; /* of truth minus shift, against cancellation */
    double shift;                             /* the first truth; NaN: none so far */
} sums;

static double add_lanes(const double lane[LANES]) {
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static void find_shift(sums *s, int64_t n, const double *truth) {
    for (int64_t i = 0; isnan(s->shift) && i < n; i++) s->shift = truth[i];
}

static void add_values(sums *s, int64_t n, const double *pred, const double *truth) {
    for (int64_t i = 0; i < n; i += LANES) {
        int64_t n_lanes = n - i < LANES ? n - i : LANES;
        for (int64_t k = 0; k < n_lanes; k++) {
            double t = truth[i + k], e = t - pred[i + k], ratio = e / t, v = t - s->shift;
            bool counts = !isnan(t);
            s->count[k] += counts ? 1 : 0;
            s->absolute[k] += counts ? fabs(e) : 0;
            s->square[k] += counts ? e * e : 0;
            s->absolute_ratio[k] += counts ? fabs(ratio) : 0;
            s->square_ratio[k] += counts ? ratio * ratio : 0;
            s->truth[k] += counts ? v : 0;
            s->truth_square[k] += counts ? v * v : 0;
        }
    }
}

static void sum_up(const pair *v, sums *s) {
    double pred[CHUNK], truth[CHUNK];
    memset(s, 0, sizeof *s);
    s->shift = (double)NAN;
    for (int64_t w = 0; w < v->truth->n_windows; w++) {
        for (int64_t first = 0; first < v->n_cells; first += CHUNK) {
            int64_t n = v->n_cells - first < CHUNK ? v->n_cells - first : CHUNK;
            read_pair(v, w, first, n, pred, truth);
            find_shift(s, n, truth);
            add_values(s, n, pred, truth);
        }
    }
}

/* ---- correlation ------------------------------------------------------------------------ */

/* Means of n neighbouring cells over the windows. */
static void average(const pair *v, int64_t first, int64_t n, double *mean_p, double *mean_t) {
    double p[BLOCK], t[BLOCK], count[BLOCK] = {0};
    for (int64_t k = 0; k < n; k++) mean_p[k] = mean_t[k] = 0;
    for (int64_t w = 0; w < v->truth->n_windows; w++) {
        read_pair(v, w, first, n, p, t);
        for (int64_t k = 0; k < n; k++) {
            bool counts = !isnan(t[k]);
            mean_p[k] += counts ? p[k] : 0;
            mean_t[k] += counts ? t[k] : 0;
            count[k] += counts ? 1 : 0;
        }
    }
    for (int64_t k = 0; k < n; k++) {
        mean_p[k] /= count[k];
        mean_t[k] /= count[k];
    }
}

/* corr of n (at most BLOCK) neighbouring cells over all windows: two passes, no memory. */
static void correlate(const pair *v, int64_t first, int64_t n, double out[BLOCK]) {
    double mean_p[BLOCK], mean_t[BLOCK], p[BLOCK], t[BLOCK], both[BLOCK] = {0}, size[BLOCK] = {0};
    average(v, first, n, mean_p, mean_t);
    for (int64_t w = 0; w < v->truth->n_windows; w++) {
        read_pair(v, w, first, n, p, t);
        for (int64_t k = 0; k < n; k++) {
            double a = t[k] - mean_t[k], b = p[k] - mean_p[k];
            bool counts = !isnan(t[k]);
            both[k] += counts ? a * b : 0;
            size[k] += counts ? (a * a) * (b * b) : 0;
        }
    }
    for (int64_t k = 0; k < n; k++) out[k] = both[k] / sqrt(size[k]);
}

/* Mean of corr over cells first .. first + n - 1. */
static double mean_correlation(const pair *v, int64_t first, int64_t n) {
    double sum = 0;
    for (int64_t done = 0; done < n; done += BLOCK) {
        double out[BLOCK];
        int64_t n_block = n - done < BLOCK ? n - done : BLOCK;
        correlate(v, first + done, n_block, out);
        for (int64_t k = 0; k < n_block; k++) sum += out[k];
    }
    return sum / (double)n;
}

/* ---- all together ----------------------------------------------------------------------- */

void kr__metrics_compute(const kr__windows *pred, const kr__windows *truth, kr_metrics *out) {
    sums s;
    if (truth->n_windows * truth->pred_len * truth->n_channels < 1) {
        *out = (kr_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        return;
    }
    const pair v = make_pair(pred, truth);
    sum_up(&v, &s);
    double count = add_lanes(s.count), square = add_lanes(s.square), sum = add_lanes(s.truth);
    out->mae = add_lanes(s.absolute) / count / v.scale;
    out->mse = square / count / v.scale / v.scale;
    out->rmse = sqrt(square / count) / v.scale;
    out->mape = add_lanes(s.absolute_ratio) / count;
    out->mspe = add_lanes(s.square_ratio) / count;
    out->rse = sqrt(square) / sqrt(add_lanes(s.truth_square) - sum * sum / count);
    out->corr = mean_correlation(&v, 0, v.n_cells);
}

/* ---- per step, per channel -------------------------------------------------------------- */

/* Of neighbouring groups, at most BLOCK. */
typedef struct group_sums {
    double square[BLOCK], absolute[BLOCK], count[BLOCK];
} group_sums;

/* n cells of a window from `first` on; the first `each` of them belong to group 0, and so on. */
static void add_cells(group_sums *s, const pair *v, int64_t window, int64_t first, int64_t n,
                      int64_t each) {
    double pred[CHUNK], truth[CHUNK];
    for (int64_t done = 0; done < n; done += CHUNK) {
        int64_t n_now = n - done < CHUNK ? n - done : CHUNK;
        read_pair(v, window, first + done, n_now, pred, truth);
        for (int64_t i = 0; i < n_now; i++) {
            double e = truth[i] - pred[i];
            int64_t k = (done + i) / each;
            if (isnan(truth[i])) continue;
            s->square[k] += e * e;
            s->absolute[k] += fabs(e);
            s->count[k]++;
        }
    }
}

/* Means of each of n_groups groups: a window has n_outer times all groups, with n_inner cells each.
 * Groups are taken block by block, so that memory is read in order. */
static void group_errors(const pair *v, int64_t n_outer, int64_t n_groups, int64_t n_inner,
                         double *mse, double *mae) {
    for (int64_t first = 0; first < n_groups; first += BLOCK) {
        group_sums s = {{0}, {0}, {0}};
        int64_t n = n_groups - first < BLOCK ? n_groups - first : BLOCK;
        for (int64_t o = 0; o < v->truth->n_windows * n_outer; o++) {
            int64_t from = (o % n_outer * n_groups + first) * n_inner;
            add_cells(&s, v, o / n_outer, from, n * n_inner, n_inner);
        }
        for (int64_t k = 0; k < n; k++) {
            if (mse) mse[first + k] = s.square[k] / s.count[k] / v->scale / v->scale;
            if (mae) mae[first + k] = s.absolute[k] / s.count[k] / v->scale;
        }
    }
}

void kr__metrics_by_step(const kr__windows *pred, const kr__windows *truth, double *mse,
                         double *mae) {
    const pair v = make_pair(pred, truth);
    group_errors(&v, 1, truth->pred_len, truth->n_channels, mse, mae);
}

void kr__metrics_by_channel(const kr__windows *pred, const kr__windows *truth, double *mse,
                            double *mae) {
    const pair v = make_pair(pred, truth);
    group_errors(&v, truth->pred_len, truth->n_channels, 1, mse, mae);
}

/* ---- of plain arrays -------------------------------------------------------------------- */

void kr_metrics_compute(int64_t n_windows, int64_t pred_len, int64_t n_channels, const double *pred,
                        const double *truth, kr_metrics *out) {
    const kr__windows p = kr__windows_of(n_windows, pred_len, n_channels, NULL, pred);
    const kr__windows t = kr__windows_of(n_windows, pred_len, n_channels, NULL, truth);
    kr__metrics_compute(&p, &t, out);
}

void kr_metrics_by_step(int64_t n_windows, int64_t pred_len, int64_t n_channels, const double *pred,
                        const double *truth, double *mse, double *mae) {
    const kr__windows p = kr__windows_of(n_windows, pred_len, n_channels, NULL, pred);
    const kr__windows t = kr__windows_of(n_windows, pred_len, n_channels, NULL, truth);
    kr__metrics_by_step(&p, &t, mse, mae);
}

void kr_metrics_by_channel(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                           const double *pred, const double *truth, double *mse, double *mae) {
    const kr__windows p = kr__windows_of(n_windows, pred_len, n_channels, NULL, pred);
    const kr__windows t = kr__windows_of(n_windows, pred_len, n_channels, NULL, truth);
    kr__metrics_by_channel(&p, &t, mse, mae);
}

kr_status kr_metrics_corr(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                          const double *pred, const double *truth, double *out, kr_error *err) {
    if (n_windows < 1 || pred_len < 1 || n_channels < 1) {
        return kr_fail(err, KR_SHAPE, "the correlation of no windows is not defined");
    }
    const kr__windows p = kr__windows_of(n_windows, pred_len, n_channels, NULL, pred);
    const kr__windows t = kr__windows_of(n_windows, pred_len, n_channels, NULL, truth);
    const pair v = make_pair(&p, &t);
    for (int64_t step = 0; step < pred_len; step++) {
        out[step] = mean_correlation(&v, step * n_channels, n_channels);
    }
    return KR_OK;
}
