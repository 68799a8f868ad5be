/* SPDX-License-Identifier: MIT
 * ets_fit.c - least squares on the filter's errors, with their derivatives carried along.
 *
 * The likelihood of a form is a sum of squares: n log F, with F the sum of
 *
 *     errors^2                            when they are absolute
 *     (errors * G)^2                      when they are relative; G: the geometric mean of all f
 *
 * and so Levenberg and Marquardt's steps fit everything at once, the first season, too. A pass
 * carries l, b, s and their derivatives by the parameters
 *
 *     x = alpha | beta / alpha | gamma / (1 - alpha) | phi | level | slope | season but its last
 *
 * (those that the form has), whose bounds are a box. The last part of the season follows from the
 * others: their mean is 0, or 1. */
#include "local/ets_fit.h"

#include <math.h>
#include <string.h>

#include "local/levenberg.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
enum { ROWS = 4, WEIGHTS = 4, NOWHERE = -1 };

/* What a sum of squares is at least: values are not known better than to ten digits. */
static const double least_square = 1e-20;
static const double smallest = 1e-9;

struct kr__ets_fitter {
    const double *y;
    int64_t n, m;
    kr__ets model; /* what is tried */
    int64_t n_x, stride;
    int64_t at_beta, at_gamma, at_phi, at_level, at_slope, at_season; /* in x, or NOWHERE */
    double *x, *lower, *upper, *first, *state, *ring; /* first: the state to start from */
    double *by_l, *by_b, *by_s; /* derivatives (stride), (stride), (m, stride) */
    double *rows, *squares;     /* (ROWS, stride), (stride, stride) */
    double *by_error, *by_log;  /* (stride): sums of error * its, of log f's derivatives */
    double *solver;
};

/* At most, for seasons up to m steps. */
static int64_t count_x(int64_t m) {
    return WEIGHTS + 2 + (m <= KR__ETS_FREE_SEASON ? m : KR__ETS_FREE_SEASON) - 1;
}

kr__ets_fitter *kr__ets_fitter_create(const double *y, int64_t n, int64_t m, kr_arena *arena) {
    int64_t n_x = count_x(m), stride = (n_x + ROWS - 1) / ROWS * ROWS;
    size_t doubles =
        (size_t)(3 * n_x + 4 + 3 * m + stride * (4 + m + ROWS + stride)) + kr__levenberg_size(n_x);
    kr__ets_fitter *fitter = kr__arena_alloc(arena, 1, sizeof *fitter);
    double *memory = kr__arena_alloc(arena, doubles, sizeof *memory);
    if (!fitter || !memory) return NULL;
    *fitter = (kr__ets_fitter){.y = y, .n = n, .m = m};
    double **parts[] = {&fitter->by_l,    &fitter->by_b,  &fitter->by_error, &fitter->by_log,
                        &fitter->squares, &fitter->rows,  &fitter->by_s,     &fitter->x,
                        &fitter->lower,   &fitter->upper, &fitter->first,    &fitter->state,
                        &fitter->ring,    &fitter->solver};
    int64_t sizes[] = {stride,        stride,     stride, stride, stride * stride,
                       ROWS * stride, m * stride, n_x,    n_x,    n_x,
                       2 + m,         2 + m,      m,      0};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        *parts[k] = memory;
        memory += sizes[k];
    }
    return fitter;
}

/* ---- parameters <-> model ---------------------------------------------------------------- */

static bool has_free_season(const kr__ets *model) {
    return model->form.season != 'N' && model->m <= KR__ETS_FREE_SEASON;
}

int64_t kr__ets_count_params(const kr__ets *model) {
    const kr__ets_form *form = &model->form;
    int64_t season = form->season == 'N' ? 0 : 1 + model->m - 1;
    return 3 + 2 * form->has_trend + form->is_damped + season;
}

static int64_t place(kr__ets_fitter *f, double lower, double upper) {
    f->lower[f->n_x] = lower;
    f->upper[f->n_x] = upper;
    return f->n_x++;
}

/*
 * Which parameters there are, where, and their bounds: those of the reference for the weights, but
 * for beta. A slope that follows every turn is the usual way to lose; the longer the season in
 * steps, the less a step tells of the slope. (The reference's bound comes out of its start, and is
 * as tight: 0.2, 0.05, 0.017 for seasons of 1, 4, 12 steps.)
 */
static void lay_out(kr__ets_fitter *f, const kr__ets *model) {
    const kr__ets_form *form = &model->form;
    const double most = 0.9999, least = 0.0001, far = 1e3;
    f->model = *model;
    f->n_x = 0;
    place(f, least, most);
    f->at_beta = form->has_trend ? place(f, least, 0.06 / sqrt((double)f->m)) : NOWHERE;
    f->at_gamma = form->season != 'N' ? place(f, least, most) : NOWHERE;
    f->at_phi = form->is_damped ? place(f, 0.8, 0.98) : NOWHERE;
    f->at_level = place(f, -far, far);
    f->at_slope = form->has_trend ? place(f, -far, far) : NOWHERE;
    f->at_season = f->n_x;
    for (int64_t k = 0; has_free_season(model) && k < model->m - 1; k++) {
        place(f, form->season == 'M' ? 0.001 : -far, far);
    }
    f->stride = (f->n_x + ROWS - 1) / ROWS * ROWS;
}

static void pack(kr__ets_fitter *f, const kr__ets_fitted *form) {
    const kr__ets *model = &form->model;
    lay_out(f, model);
    f->x[0] = model->alpha;
    if (f->at_beta >= 0) f->x[f->at_beta] = model->beta / model->alpha;
    if (f->at_gamma >= 0) f->x[f->at_gamma] = model->gamma / (1 - model->alpha);
    if (f->at_phi >= 0) f->x[f->at_phi] = model->phi;
    f->x[f->at_level] = form->state[KR__ETS_LEVEL];
    if (f->at_slope >= 0) f->x[f->at_slope] = form->state[KR__ETS_SLOPE];
    memcpy(f->x + f->at_season, form->state + KR__ETS_SEASON,
           (size_t)(f->n_x - f->at_season) * sizeof *f->x);
    memcpy(f->first, form->state, (size_t)kr__ets_state_size(model) * sizeof *f->first);
}

static void unpack(const kr__ets_fitter *f, const double *x, kr__ets *model, double *state) {
    int64_t m = model->m, n_season = f->n_x - f->at_season;
    model->alpha = x[0];
    model->beta = f->at_beta >= 0 ? x[0] * x[f->at_beta] : 0;
    model->gamma = f->at_gamma >= 0 ? (1 - x[0]) * x[f->at_gamma] : 0;
    model->phi = f->at_phi >= 0 ? x[f->at_phi] : 1;
    state[KR__ETS_LEVEL] = x[f->at_level];
    state[KR__ETS_SLOPE] = f->at_slope >= 0 ? x[f->at_slope] : 0;
    if (n_season == 0) return;
    double last = model->form.season == 'M' ? (double)m : 0;
    for (int64_t k = 0; k < n_season; k++) {
        state[KR__ETS_SEASON + k] = x[f->at_season + k];
        last -= x[f->at_season + k];
    }
    state[KR__ETS_SEASON + m - 1] = last;
}

/* ---- the pass with derivatives ------------------------------------------------------------ */

/* squares += the products of ROWS rows at a time, which saves loads and stores. */
static void add_rows(kr__ets_fitter *f) {
    const int64_t stride = f->stride;
    const double *a = f->rows, *b = a + stride, *c = b + stride, *d = c + stride;
    for (int64_t i = 0; i < f->n_x; i++) {
        double *restrict to = f->squares + i * stride;
        double ai = a[i], bi = b[i], ci = c[i], di = d[i];
        int64_t end = (i / ROWS + 1) * ROWS;
        for (int64_t k = 0; k < end; k++) to[k] += ai * a[k] + bi * b[k] + (ci * c[k] + di * d[k]);
    }
}

/* The last rows, if they are not ROWS. */
static void end_rows(kr__ets_fitter *f) {
    int64_t n_rows = f->n % ROWS, stride = f->stride;
    if (n_rows == 0) return;
    memset(f->rows + n_rows * stride, 0, (size_t)((ROWS - n_rows) * stride) * sizeof *f->rows);
    add_rows(f);
}

/* Derivatives of the first state by x. */
static void start_derivatives(kr__ets_fitter *f) {
    int64_t stride = f->stride, m = f->model.m, n_season = f->n_x - f->at_season;
    memset(f->by_l, 0, (size_t)stride * sizeof *f->by_l);
    memset(f->by_b, 0, (size_t)stride * sizeof *f->by_b);
    memset(f->by_error, 0, (size_t)stride * sizeof *f->by_error);
    memset(f->by_log, 0, (size_t)stride * sizeof *f->by_log);
    memset(f->squares, 0, (size_t)(stride * stride) * sizeof *f->squares);
    memset(f->by_s, 0, (size_t)(m * stride) * sizeof *f->by_s);
    f->by_l[f->at_level] = 1;
    if (f->at_slope >= 0) f->by_b[f->at_slope] = 1;
    for (int64_t k = 0; k < n_season; k++) {
        f->by_s[k * stride + f->at_season + k] = 1;
        f->by_s[(m - 1) * stride + f->at_season + k] = -1;
    }
}

typedef struct sums {
    double squares, logs;
} sums;

/* One step's numbers, for the derivatives. */
typedef struct now {
    double q, part, f, by, turn; /* turn: by how much the season moves per gamma */
} now;

ALWAYS_INLINE void carry(kr__ets_fitter *f, const now *at, double *restrict row,
                         double *restrict by_s, double weight, bool has_trend, char season) {
    const kr__ets *model = &f->model;
    const double alpha = model->alpha, beta = model->beta, gamma = model->gamma, phi = model->phi,
                 part = at->part, q = at->q, by = at->by, turn = at->turn, per_q = 1 / q,
                 per_part = 1 / part;
    double *restrict by_l = f->by_l, *restrict by_b = f->by_b;
    for (int64_t k = 0; k < f->stride; k++) {
        double slope = has_trend ? phi * by_b[k] : 0;
        double dq = by_l[k] + slope, ds = season == 'N' ? 0 : by_s[k];
        double dr = -(season == 'N' ? dq : season == 'A' ? dq + ds : dq * part + q * ds);
        double dby = season == 'M' ? (dr - by * ds) * per_part : dr;
        row[k] = dr * weight;
        by_l[k] = dq + alpha * dby;
        if (has_trend) by_b[k] = slope + beta * dby;
        if (season != 'N') {
            by_s[k] = ds + gamma * (season == 'M' ? (dr - turn * dq) * per_q : dr);
        }
    }
}

/* What the weights themselves move, behind carry(). */
ALWAYS_INLINE void move_weights(kr__ets_fitter *f, const now *at, double *by_s, bool has_trend,
                                char season) {
    f->by_l[0] += at->by;
    if (has_trend) {
        f->by_b[0] += at->by * f->model.beta / f->model.alpha;
        f->by_b[f->at_beta] += at->by * f->model.alpha;
    }
    if (season != 'N') {
        by_s[0] -= at->turn * f->model.gamma / (1 - f->model.alpha);
        by_s[f->at_gamma] += at->turn * (1 - f->model.alpha);
    }
}

/* kr__ets_filter() with derivatives. false: a forecast is not above 0 where it has to be. */
ALWAYS_INLINE bool run(kr__ets_fitter *f, sums *out, bool is_relative, bool has_trend,
                       char season) {
    const kr__ets *model = &f->model;
    const double alpha = model->alpha, beta = model->beta, gamma = model->gamma, phi = model->phi;
    const int64_t m = season == 'N' ? 1 : model->m, stride = f->stride;
    double l = f->state[KR__ETS_LEVEL], b = f->state[KR__ETS_SLOPE];
    double *s = f->state + KR__ETS_SEASON, product = 1;
    *out = (sums){0, 0};
    for (int64_t t = 0, j = 0; t < f->n; t++) {
        double *row = f->rows + t % ROWS * stride, *by_s = f->by_s + j * stride;
        double slope = has_trend ? phi * b : 0;
        now at = {.q = l + slope, .part = season == 'N' ? 0 : s[j]};
        at.f = season == 'A' ? at.q + at.part : season == 'M' ? at.q * at.part : at.q;
        double r = f->y[t] - at.f, error = is_relative ? r / at.f : r;
        if (is_relative && !(at.f > smallest && (season != 'M' || at.part > smallest))) {
            return false;
        }
        at.by = season == 'M' ? r / at.part : r;
        at.turn = season == 'M' ? r / at.q : r;
        /* Such that phi * by_b is the derivative of phi * b. */
        if (has_trend && f->at_phi >= 0) f->by_b[f->at_phi] += b / phi;
        carry(f, &at, row, by_s, is_relative ? f->y[t] / (at.f * at.f) : 1, has_trend, season);
        move_weights(f, &at, by_s, has_trend, season);
        for (int64_t k = 0; k < stride; k++) f->by_error[k] += error * row[k];
        if (is_relative) {
            double to_log = at.f / f->y[t];
            for (int64_t k = 0; k < stride; k++) f->by_log[k] -= to_log * row[k];
            product *= at.f;
            if (t % 8 == 7) {
                out->logs += log(product);
                product = 1;
            }
        }
        if (t % ROWS == ROWS - 1) add_rows(f);
        out->squares += error * error;
        l = at.q + alpha * at.by;
        if (has_trend) b = slope + beta * at.by;
        if (season != 'N') {
            s[j] = at.part + gamma * at.turn;
            j = j + 1 == m ? 0 : j + 1;
        }
    }
    end_rows(f);
    out->logs += log(product);
    return true;
}

#define RUN(season)                                                                                \
    (form.is_relative                                                                              \
         ? form.has_trend ? run(f, out, true, true, season) : run(f, out, true, false, season)     \
     : form.has_trend ? run(f, out, false, true, season)                                           \
                      : run(f, out, false, false, season))

static bool run_form(kr__ets_fitter *f, sums *out) {
    kr__ets_form form = f->model.form;
    start_derivatives(f);
    return form.season == 'N' ? RUN('N') : form.season == 'A' ? RUN('A') : RUN('M');
}

/* H, g of F from the sums: with u the mean derivative of log f, a row of J is G (row + error u). */
static double put_together(const kr__ets_fitter *f, const sums *of, double *H, double *g) {
    double n = (double)f->n, G2 = f->model.form.is_relative ? exp(2 * of->logs / n) : 1;
    for (int64_t i = 0; i < f->n_x; i++) {
        double ui = f->by_log[i] / n;
        g[i] = G2 * (f->by_error[i] + of->squares * ui);
        for (int64_t k = 0; k <= i; k++) {
            double uk = f->by_log[k] / n;
            H[i * f->n_x + k] = G2 * (f->squares[i * f->stride + k] + f->by_error[i] * uk +
                                      f->by_error[k] * ui + of->squares * ui * uk);
        }
    }
    return G2 * of->squares;
}

/*
 * The first season is drawn to what decomposition told of it, as if that were so many values more
 * of each phase: all values together tell more of a season than the likelihood of few first ones.
 * Adds to F, H, g.
 */
static double draw_season(const kr__ets_fitter *f, const double *x, double *H, double *g) {
    const double weight = 30, *from = f->first + KR__ETS_SEASON;
    int64_t n_x = f->n_x, at = f->at_season;
    double last = 0, sum = 0;
    for (int64_t i = at; i < n_x; i++) last -= x[i] - from[i - at];
    for (int64_t i = at; i < n_x; i++) {
        double off = x[i] - from[i - at];
        sum += off * off;
        if (!H) continue;
        g[i] += weight * (off - last);
        for (int64_t k = at; k <= i; k++) H[i * n_x + k] += i == k ? 2 * weight : weight;
    }
    return weight * (sum + last * last);
}

static double find_squares(void *arg, const double *x, double *H, double *g) {
    kr__ets_fitter *f = arg;
    sums of;
    if (f->model.form.season != 'N' && !has_free_season(&f->model)) {
        memcpy(f->state, f->first, (size_t)kr__ets_state_size(&f->model) * sizeof *f->state);
    }
    unpack(f, x, &f->model, f->state);
    if (!H) {
        double likelihood =
            kr__ets_filter(&f->model, f->y, f->n, f->state, NULL, &of.squares, f->ring);
        double F = f->model.form.is_relative ? exp(likelihood / (double)f->n) : of.squares;
        return F + draw_season(f, x, NULL, NULL);
    }
    if (!run_form(f, &of)) return (double)INFINITY;
    double F = put_together(f, &of, H, g);
    return F + draw_season(f, x, H, g);
}

/* ---- a form ------------------------------------------------------------------------------ */

static double find_penalty(const kr__ets_fitter *f, int64_t n_params) {
    double k = (double)n_params, rest = (double)f->n - k - 1;
    return rest > 0 ? 2 * k + 2 * k * (k + 1) / rest : (double)INFINITY;
}

static void set_rating(const kr__ets_fitter *f, kr__ets_fitted *form, double likelihood) {
    double n = (double)f->n, least = n * log(n * least_square);
    form->likelihood = isnan(likelihood) ? (double)INFINITY : fmax(likelihood, least);
    form->n_params = kr__ets_count_params(&form->model);
    form->aicc = form->likelihood + find_penalty(f, form->n_params);
}

void kr__ets_rate(kr__ets_fitter *f, kr__ets_fitted *form) {
    double sum;
    size_t bytes = (size_t)kr__ets_state_size(&form->model) * sizeof *f->state;
    memcpy(f->state, form->state, bytes);
    set_rating(f, form, kr__ets_filter(&form->model, f->y, f->n, f->state, NULL, &sum, f->ring));
}

void kr__ets_improve(kr__ets_fitter *f, kr__ets_fitted *form, double best) {
    double n = (double)f->n;
    pack(f, form);
    double target = best - find_penalty(f, kr__ets_count_params(&form->model));
    const kr__levenberg options = {.n = f->n_x,
                                   .lower = f->lower,
                                   .upper = f->upper,
                                   .tolerance = 1e-2 / n,
                                   .hopeless = isfinite(target) ? exp(target / n) : 0,
                                   .most = 40};
    kr__levenberg_minimise(&options, find_squares, f, f->x, f->solver);
    unpack(f, f->x, &form->model, form->state);
    kr__ets_rate(f, form);
}
