/* SPDX-License-Identifier: MIT
 * theta.c - the dynamic optimised Theta model.
 *
 * A level follows the series as in simple exponential smoothing; beside it goes a part 1 - 1 /
 * theta of the line through all values so far:
 *
 *     f[t] = l[t-1] + w (A[t-1] (1 - alpha)^t + B[t-1] (1 - (1 - alpha)^(t+1)) / alpha)
 *     l[t] = alpha y[t] + (1 - alpha) l[t-1]                 w = 1 - 1 / theta
 *
 * with A, B the line's height and slope, carried on from value to value. Given alpha, errors are
 * linear in w and in the level before the first value, so the best of both is a small equation, and
 * only alpha is searched for: one pass a trial. A season that the series' autocorrelation tells is
 * taken out before, by classical decomposition.
 *
 * Source: J. Fiorucci, T. Pellegrini, F. Louzada, F. Petropoulos, A. Koehler, Models for optimising
 * the theta method and their relationship to state space models (2016), 3.2. */
#include "local/theta.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "local/classical.h"
#include "local/local.h"

/* The first errors say how far off the start is; the fit leaves out so many, as the reference. */
enum { LEFT_OUT = 3 };
static const double least_alpha = 0.1, most_alpha = 0.99;

/* ---- the model, given its parameters ------------------------------------------------------ */

void kr__theta_start(const kr__theta *model, double first, kr__theta_state *state) {
    *state = (kr__theta_state){.level = model->alpha * first + (1 - model->alpha) * model->level,
                               .mean = first,
                               .height = first,
                               .slope = 0,
                               .n = 1,
                               .power = 1 - model->alpha};
}

double kr__theta_next(const kr__theta *model, const kr__theta_state *s) {
    double rest = 1 - model->alpha;
    return s->level + (1 - 1 / model->theta) *
                          (s->height * s->power + s->slope * (1 - s->power * rest) / model->alpha);
}

/* The line through n + 1 values from that through n. */
static void move_line(kr__theta_state *s, double y) {
    double n = (double)s->n, mean = (n * s->mean + y) / (n + 1);
    s->slope = ((n - 1) * s->slope + 6 * (y - s->mean) / (n + 1)) / (n + 2);
    s->height = mean - s->slope * (n + 2) / 2;
    s->mean = mean;
    s->n++;
}

void kr__theta_move(const kr__theta *model, kr__theta_state *s, double y) {
    s->level = model->alpha * y + (1 - model->alpha) * s->level;
    s->power *= 1 - model->alpha;
    move_line(s, y);
}

/* ---- fit --------------------------------------------------------------------------------- */

typedef struct fitter {
    const double *y;
    int64_t n, left_out;
    double *height, *slope; /* (n) of the line through the values before each, above the first */
    double most;            /* how far the first level may be from the first value */
    double w, from_first;   /* the best, given the alpha that was tried last */
} fitter;

/* Sums of products of a, b, c; the errors are a - b d - c w. */
typedef struct moments {
    double aa, ab, ac, bb, bc, cc;
} moments;

static double between(double x, double least, double most) { return fmin(fmax(x, least), most); }

static double try_pair(const moments *of, fitter *f, double d, double w, double best) {
    double squares = of->aa - 2 * (d * of->ab + w * of->ac) + d * d * of->bb + 2 * d * w * of->bc +
                     w * w * of->cc;
    if (!(squares < best)) return best;
    f->from_first = d;
    f->w = w;
    return squares;
}

/* The best d between its bounds and w between 0 and 1: inside, or on one of the four edges. */
static double solve(const moments *of, fitter *f) {
    double det = of->bb * of->cc - of->bc * of->bc;
    double best = try_pair(of, f, 0, 0, (double)INFINITY);
    if (det > 1e-12 * of->bb * of->cc) {
        double d = (of->ab * of->cc - of->ac * of->bc) / det;
        double w = (of->ac * of->bb - of->ab * of->bc) / det;
        bool is_inside = fabs(d) <= f->most && w >= 0 && w <= 1;
        if (is_inside) return try_pair(of, f, d, w, best);
    }
    for (int k = 0; k < 2; k++) {
        double w = k, d = of->bb > 0 ? (of->ab - w * of->bc) / of->bb : 0;
        best = try_pair(of, f, between(d, -f->most, f->most), w, best);
        d = k == 0 ? -f->most : f->most;
        w = of->cc > 0 ? (of->ac - d * of->bc) / of->cc : 0;
        best = try_pair(of, f, d, between(w, 0, 1), best);
    }
    return best;
}

/*
 * w is drawn to 1/2, the method's before it was optimised, as if one value more said so, with the
 * weight that values have on the mean: short series tell too little of it.
 */
static void add_custom(const fitter *f, moments *of) {
    const double custom = 0.5, weight = (of->aa + of->cc) / (double)(f->n - f->left_out);
    of->aa += weight * custom * custom;
    of->ac += weight * custom;
    of->cc += weight;
}

/* The sum of squared errors at alpha, with the best w and first level. */
static double find_squares(fitter *f, double alpha) {
    const double rest = 1 - alpha;
    double a = f->y[0], power = rest;
    moments of = {0};
    for (int64_t t = 1; t < f->n; t++) {
        double from = f->y[t] - a;
        double by_w = f->height[t] * power + f->slope[t] * (1 - power * rest) / alpha;
        if (t >= f->left_out) {
            of.aa += from * from;
            of.ab += from * power;
            of.ac += from * by_w;
            of.bb += power * power;
            of.bc += power * by_w;
            of.cc += by_w * by_w;
        }
        a += alpha * from;
        power *= rest;
    }
    add_custom(f, &of);
    return solve(&of, f);
}

/* A coarse look at all alphas, then sections around the best: the sum may have several dips. */
static double find_alpha(fitter *f) {
    enum { LOOKS = 14, SECTIONS = 16 };
    const double golden = 0.6180339887498949, step = (most_alpha - least_alpha) / (LOOKS - 1);
    double best = (double)INFINITY, at = least_alpha;
    for (int k = 0; k < LOOKS; k++) {
        double squares = find_squares(f, least_alpha + step * k);
        if (!(squares < best)) continue;
        best = squares;
        at = least_alpha + step * k;
    }
    double low = between(at - step, least_alpha, most_alpha);
    double high = between(at + step, least_alpha, most_alpha);
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double at_left = find_squares(f, left), at_right = find_squares(f, right);
    for (int k = 0; k < SECTIONS; k++) {
        if (at_left <= at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = find_squares(f, left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = find_squares(f, right);
        }
    }
    double alpha = at_left <= at_right ? left : right;
    return fmin(at_left, at_right) < best ? alpha : at;
}

static void prepare(fitter *f, const double *y, int64_t n) {
    double least = y[0], most = y[0];
    kr__theta_state line = {.n = 1};
    *f = (fitter){.y = y, .n = n, .height = f->height, .slope = f->slope};
    f->left_out = n > 2 * LEFT_OUT ? LEFT_OUT : 1;
    for (int64_t t = 1; t < n; t++) {
        f->height[t] = line.height;
        f->slope[t] = line.slope;
        move_line(&line, y[t] - y[0]);
        least = fmin(least, y[t]);
        most = fmax(most, y[t]);
    }
    /* Very far: it is nothing but what takes the first errors away. */
    f->most = 1e6 * (most - least);
}

/* Of too few values: their level. */
static kr__theta fit(fitter *f) {
    kr__theta model = {.alpha = 0.5, .theta = 1, .level = f->y[0]};
    if (f->n <= LEFT_OUT) return model;
    model.alpha = find_alpha(f);
    find_squares(f, model.alpha);
    model.theta = 1 / (1 - fmin(f->w, 1 - 1e-9));
    /* The fit's line begins at 0, so that a constant counts for nothing; the model's at y[0]. */
    model.level = f->y[0] + f->from_first - f->w * f->y[0];
    return model;
}

/* ---- season ------------------------------------------------------------------------------ */

bool kr__theta_has_season(const double *y, int64_t n, int64_t m) {
    const double limit = 1.6448536269514722; /* of the normal distribution, 95 % below it */
    double mean = 0, squares = 0, others = 0, at_m = 0;
    if (m < 4 || n < 2 * m) return false;
    for (int64_t t = 0; t < n; t++) mean += y[t] / (double)n;
    for (int64_t t = 0; t < n; t++) squares += (y[t] - mean) * (y[t] - mean);
    for (int64_t k = 1; k <= m && squares > 0; k++) {
        double sum = 0;
        for (int64_t t = k; t < n; t++) sum += (y[t] - mean) * (y[t - k] - mean);
        at_m = sum / squares;
        if (k < m) others += at_m * at_m;
    }
    return fabs(at_m) > limit * sqrt((1 + 2 * others) / (double)n);
}

/* 'M', 'A', or 'N': how the season is put into the series. */
static char find_season(const double *y, int64_t n, int64_t m, double *season, double *memory) {
    bool is_product = true;
    if (!kr__theta_has_season(y, n, m)) return 'N';
    for (int64_t t = 0; t < n; t++) is_product = is_product && y[t] > 0;
    if (is_product) kr__classical_season(y, n, m, true, season, memory);
    for (int64_t k = 0; is_product && k < m; k++) is_product = season[k] >= 0.01;
    if (!is_product) kr__classical_season(y, n, m, false, season, memory);
    return is_product ? 'M' : 'A';
}

/* ---- a series ---------------------------------------------------------------------------- */

/* The standard deviation of a step's errors; the state comes out behind the last value. */
static double find_error(const kr__theta *model, const fitter *f, kr__theta_state *state) {
    double squares = 0, rest = fmax((double)(f->n - f->left_out - 3), 1);
    kr__theta_start(model, f->y[0], state);
    for (int64_t t = 1; t < f->n; t++) {
        double error = f->y[t] - kr__theta_next(model, state);
        if (t >= f->left_out) squares += error * error;
        kr__theta_move(model, state, f->y[t]);
    }
    return f->n > 1 ? sqrt(squares / rest) : (double)NAN;
}

/* Errors of the steps between add up; how far one moves what comes behind it is read off the same
 * recurrences, fed with an error of 1 and nothing else. */
static void find_spread(const kr__theta *model, const kr__theta_state *from, double error,
                        int64_t horizon, double *spread) {
    kr__theta_state moved = {.n = from->n, .power = from->power};
    double sum = 1;
    for (int64_t h = 0; h < horizon; h++) {
        double effect = h == 0 ? 1 : kr__theta_next(model, &moved);
        if (h > 0) sum += effect * effect;
        spread[h] = error * sqrt(sum);
        kr__theta_move(model, &moved, effect);
    }
}

static void tell(const kr__theta *model, const fitter *f, const double *season, char kind,
                 int64_t m, kr__local_forecast *out) {
    kr__theta_state state;
    double error = find_error(model, f, &state);
    find_spread(model, &state, error, out->horizon, out->spread);
    for (int64_t h = 0; h < out->horizon; h++) {
        double mean = kr__theta_next(model, &state), part = season[(f->n + h) % m];
        kr__theta_move(model, &state, mean);
        out->mean[h] = kind == 'M' ? mean * part : mean + part;
        if (kind == 'M') out->spread[h] *= part;
    }
    snprintf(out->form, sizeof out->form, kind == 'N' ? "Theta" : "Theta(%c)[%d]", kind, (int)m);
    out->aicc = (double)NAN;
}

static kr_status forecast(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err) {
    int64_t n = s->n < KR__LOCAL_MOST ? s->n : KR__LOCAL_MOST,
            m = s->n_seasons > 0 ? s->seasons[0] : 1;
    if (n < 2 * m) m = 1;
    const double *values = s->values + s->n - n;
    double *y = kr__arena_alloc(arena, (size_t)(4 * n + m), sizeof *y);
    if (!y) return kr_fail(err, KR_MEMORY, "no memory for the Theta model");
    double *season = y + n;
    fitter f = {.height = season + m, .slope = season + m + n};
    char kind = find_season(values, n, m, season, season + m);
    if (kind == 'N') {
        memset(season, 0, (size_t)m * sizeof *season);
    }
    for (int64_t t = 0; t < n; t++) {
        y[t] = kind == 'M' ? values[t] / season[t % m] : values[t] - season[t % m];
    }
    prepare(&f, y, n);
    kr__theta model = fit(&f);
    tell(&model, &f, season, kind, m, out);
    return KR_OK;
}

const kr__local_model kr__local_theta = {
    .name = "Theta", .what = "dynamic optimised Theta model", .forecast = forecast};
