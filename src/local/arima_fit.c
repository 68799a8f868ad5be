/* SPDX-License-Identifier: MIT
 * arima_fit.c - the coefficients of an ARIMA model of given orders.
 *
 * Both criteria are sums of squares: the conditional one as it is; the likelihood, freed of the
 * variance, as the squared errors by their deviation, all times the geometric mean of those
 * deviations (G. Ljung, G. Box 1979). So both are minimised by Levenberg and Marquardt's method,
 * with derivatives by differences: few evaluations, and no line searches. Partial autocorrelations
 * as parameters keep every model stationary and invertible (J. Monahan 1984). */
#include <math.h>
#include <string.h>

#include "local/arima.h"
#include "local/dots.h"

static const double tau = 6.283185307179586, farthest = 30, nearest_root = 0.01;

struct kr__arima_work {
    const double *w;
    int64_t n, season;
    double *centred;   /* (n) */
    double *pad, *e;   /* e (n) behind as many zeros as the longest lag of an MA has */
    double *r, *tried; /* (n) residuals of the point and of the next */
    double *jacobian;  /* (parameters, n) */
    double *memory;
};

static int64_t longest_lag(int64_t season) {
    return KR__ARMA_ORDER + (season > 1 ? KR__ARMA_SEASONAL * season : 0);
}

int64_t kr__arima_state_size(int64_t season) { return longest_lag(season) + 1; }

kr__arima_work *kr__arima_work_create(kr_arena *arena, const double *w, int64_t n, int64_t season) {
    kr__arima_work *work = kr__arena_alloc(arena, 1, sizeof *work);
    int64_t lag = longest_lag(season), more = kr__arma_memory(lag, lag),
            size = 4 * n + lag + KR__ARIMA_PARAMETERS * n + more;
    double *at = kr__arena_alloc(arena, (size_t)size, sizeof *at);
    if (!work || !at) return NULL;
    *work = (kr__arima_work){.w = w, .n = n, .season = season};
    work->centred = at;
    work->pad = at + n;
    work->e = work->pad + lag;
    work->r = work->e + n;
    work->tried = work->r + n;
    work->jacobian = work->tried + n;
    work->memory = work->jacobian + KR__ARIMA_PARAMETERS * n;
    return work;
}

/* ---- parameters ------------------------------------------------------------------------- */

/* 1 + sum a[i] B^i without roots inside the circle, from free numbers. */
static void find_polynomial(const double *x, int n, double *a) {
    for (int k = 0; k < n; k++) {
        double r = x[k] / sqrt(1 + x[k] * x[k]), before[KR__ARMA_ORDER];
        memcpy(before, a, sizeof *a * (size_t)k);
        for (int i = 0; i < k; i++) a[i] = before[i] + r * before[k - 1 - i];
        a[k] = r;
    }
}

static int count_parameters(const kr__arima_order *o) {
    return o->p + o->q + o->P + o->Q + o->has_mean;
}

/* AR signs are those of 1 - phi B: the free numbers of both kinds mean the same polynomial. */
static void unpack(kr__arima_fit *f) {
    const kr__arima_order *o = &f->order;
    double a[KR__ARMA_ORDER], b[KR__ARMA_ORDER];
    find_polynomial(f->x, o->p, a);
    find_polynomial(f->x + o->p + o->q, o->P, b);
    kr__taps_multiply(&f->model.ar, a, o->p, b, o->P, o->season, -1);
    find_polynomial(f->x + o->p, o->q, a);
    find_polynomial(f->x + o->p + o->q + o->P, o->Q, b);
    kr__taps_multiply(&f->model.ma, a, o->q, b, o->Q, o->season, 1);
    f->mean = o->has_mean ? f->x[count_parameters(o) - 1] : 0;
}

/* Near the circle an estimate is none, and its AR and MA parts cancel as a rule. Of the seasonal
 * polynomials the roots in B^season count. */
static bool has_near_root(const kr__arima_fit *f) {
    const kr__arima_order *o = &f->order;
    const int degrees[] = {o->p, o->q, o->P, o->Q};
    double a[KR__ARMA_ORDER];
    const double *x = f->x;
    for (int k = 0; k < 4; k++) {
        find_polynomial(x, degrees[k], a);
        if (!kr__is_outside(a, degrees[k], nearest_root)) return true;
        x += degrees[k];
    }
    return false;
}

/* ---- the two criteria ------------------------------------------------------------------- */

/* Residuals of f->x whose sum of squares is to be least: r (n), and that sum. */
static double residuals(kr__arima_work *work, kr__arima_fit *f, double *r) {
    int64_t n = work->n;
    const double *w = work->w;
    if (f->mean != 0) {
        for (int64_t t = 0; t < n; t++) work->centred[t] = w[t] - f->mean;
        w = work->centred;
    }
    if (!f->is_exact) {
        f->sum = kr__arma_condition(&f->model, w, n, work->e);
        memcpy(r, work->e, (size_t)n * sizeof *r);
        return f->sum;
    }
    double log_det;
    f->sum = kr__arma_filter(&f->model, w, n, work->memory, r, &log_det, NULL);
    if (!isfinite(f->sum)) return (double)INFINITY;
    double scale = exp(log_det / (2 * (double)n));
    for (int64_t t = 0; t < n; t++) r[t] *= scale;
    return f->sum * scale * scale;
}

static double try_point(kr__arima_work *work, kr__arima_fit *f, const double *x, double *r) {
    memcpy(f->x, x, sizeof f->x);
    unpack(f);
    return residuals(work, f, r);
}

/* ---- Levenberg and Marquardt ------------------------------------------------------------ */

/* H d = g by Cholesky, with diagonal (1 + damping); false: H is singular. */
static bool solve(const double *H, const double *g, int n, double damping, double *d) {
    double L[KR__ARIMA_PARAMETERS][KR__ARIMA_PARAMETERS] = {{0}};
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = H[i * n + j];
            if (i == j) sum = sum * (1 + damping) + 1e-300;
            for (int k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
            if (i == j && !(sum > 1e-14 * H[i * n + i])) return false;
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
        }
    }
    for (int i = 0; i < n; i++) {
        d[i] = g[i];
        for (int k = 0; k < i; k++) d[i] -= L[i][k] * d[k];
        d[i] /= L[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) d[i] -= L[k][i] * d[k];
        d[i] /= L[i][i];
    }
    return true;
}

/* H = J'J and g = J'r at x, whose residuals are work->r. */
static bool find_slope(kr__arima_work *work, kr__arima_fit *f, const double *x, int k, double *H,
                       double *g) {
    int64_t n = work->n;
    for (int i = 0; i < k; i++) {
        double near[KR__ARIMA_PARAMETERS], *column = work->jacobian + i * n;
        double move = 1e-6 * (1 + fabs(x[i]));
        memcpy(near, x, sizeof near);
        near[i] += x[i] > 0 ? -move : move;
        move = near[i] - x[i];
        if (!isfinite(try_point(work, f, near, column))) return false;
        for (int64_t t = 0; t < n; t++) column[t] = (column[t] - work->r[t]) / move;
    }
    for (int i = 0; i < k; i++) {
        const double *a = work->jacobian + i * n;
        for (int j = 0; j <= i; j++) {
            H[i * k + j] = kr__dot(a, work->jacobian + j * n, n);
        }
        g[i] = kr__dot(a, work->r, n);
    }
    return true;
}

/* The next point, no leap away, and within bounds. */
static void move_to(const double *x, const double *d, int k, bool has_mean, double *to) {
    memcpy(to, x, KR__ARIMA_PARAMETERS * sizeof *to);
    for (int i = 0; i < k; i++) {
        bool is_mean = has_mean && i == k - 1;
        double most = is_mean ? (double)INFINITY : 1.5 + fabs(x[i]);
        to[i] = x[i] - fmax(-most, fmin(most, d[i]));
        if (!is_mean) to[i] = fmax(-farthest, fmin(farthest, to[i]));
    }
}

static void minimise(kr__arima_work *work, kr__arima_fit *f, double tolerance) {
    enum { K = KR__ARIMA_PARAMETERS, STEPS = 40, TRIES = 8 };
    double x[K], next[K], H[K * K], g[K], d[K], damping = 1e-3;
    int k = count_parameters(&f->order);
    memcpy(x, f->x, sizeof x);
    double least = try_point(work, f, x, work->r);
    bool goes_on = k > 0 && isfinite(least) && least > 0;
    for (int step = 0; step < STEPS && goes_on; step++) {
        if (!find_slope(work, f, x, k, H, g)) break;
        goes_on = false;
        for (int t = 0; t < TRIES; t++, damping *= 8) {
            if (!solve(H, g, k, damping, d)) continue;
            move_to(x, d, k, f->order.has_mean, next);
            double sum = try_point(work, f, next, work->tried);
            if (!(sum < least)) continue;
            goes_on = least - sum > tolerance * least;
            double *swapped = work->r;
            work->r = work->tried;
            work->tried = swapped;
            memcpy(x, next, sizeof x);
            least = sum;
            damping = fmax(damping / 10, 1e-9);
            break;
        }
    }
    try_point(work, f, x, work->r);
}

/* ---- fits ------------------------------------------------------------------------------- */

static void score(kr__arima_work *work, kr__arima_fit *f, double log_det) {
    double n = (double)work->n, k = count_parameters(&f->order) + 1;
    double used = f->is_exact ? n : n - (double)f->model.ar.degree, left = n - k - 1;
    f->log_likelihood = -(n * (log(tau * f->sum / used + 1e-300) + 1) + log_det) / 2;
    f->aicc = left > 0 && used > k ? -2 * f->log_likelihood + 2 * k * n / left : (double)INFINITY;
}

void kr__arima_evaluate(kr__arima_work *work, kr__arima_fit *f, double *state) {
    int64_t n = work->n;
    double log_det = 0;
    for (int64_t t = 0; t < n; t++) work->centred[t] = work->w[t] - f->mean;
    if (f->is_exact) {
        f->sum =
            kr__arma_filter(&f->model, work->centred, n, work->memory, work->r, &log_det, state);
    } else {
        f->sum = kr__arma_condition(&f->model, work->centred, n, work->e);
        memcpy(work->r, work->e, (size_t)n * sizeof *work->r);
        if (state) kr__arma_state_of(&f->model, work->centred, work->e, n, state);
    }
    score(work, f, log_det);
}

const double *kr__arima_errors(const kr__arima_work *work) { return work->r; }

void kr__arima_fit_to(kr__arima_work *work, kr__arima_fit *f, bool is_exact, double tolerance) {
    f->is_exact = is_exact;
    if (work->n <= f->order.p + f->order.P * f->order.season) {
        f->aicc = (double)INFINITY;
        return;
    }
    minimise(work, f, tolerance);
    kr__arima_evaluate(work, f, NULL);
    if (!isfinite(f->sum) || has_near_root(f)) f->aicc = (double)INFINITY;
}
