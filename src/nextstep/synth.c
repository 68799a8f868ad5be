/* SPDX-License-Identifier: MIT
 * synth.c - the series of Markov-switching circles.
 *
 * Three generators start from the same seed: for entry angles, dwells, noise and jumps; for radii
 * and planes; for the shortcuts' weights. Source: MambaSynth, commit b360f2d. */
#include "core/arena.h"
#include "core/flags.h"
#include "core/pcg64.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/series_internal.h"

#include <math.h>
#include <string.h>

#include "core/settings_view.h"

#define KR_FLAG_OWNER kr_synth_config
#define KR_FLAG_NAME "synth"
#define KR_FLAG_LIST "nextstep/synth_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

static const double two_pi = 6.283185307179586;

const kr_flag_table *kr__synth_flags(void) { return &table; }

kr_status kr_synth_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

/* ---- planes ----------------------------------------------------------------------------- */

static double dot(int64_t n, const double *a, const double *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void scale(int64_t n, double factor, double *x) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

/* x -= 2 v (v.x) / (v.v) for the columns of a (rows, columns) from `first` on, rows from j on. */
static void reflect(int64_t rows, int64_t columns, const double *v, int64_t j, int64_t first,
                    double *a) {
    double length = dot(rows - j, v + j, v + j);
    if (length == 0) return;
    for (int64_t c = first; c < columns; c++) {
        double sum = 0;
        for (int64_t r = j; r < rows; r++) sum += v[r] * a[r * columns + c];
        for (int64_t r = j; r < rows; r++) a[r * columns + c] -= 2 * sum / length * v[r];
    }
}

/* Q of a = Q R by Householder's reflections with LAPACK's signs: R's diagonal has the sign opposite
 * to what it replaces. v: (columns, rows) scratch. q (rows, columns). */
static void find_q(int64_t rows, int64_t columns, double *a, double *v, double *q) {
    for (int64_t j = 0; j < columns; j++) {
        double *w = v + j * rows, below = 0;
        memset(w, 0, (size_t)rows * sizeof *w);
        for (int64_t r = j; r < rows; r++) w[r] = a[r * columns + j];
        for (int64_t r = j + 1; r < rows; r++) below += w[r] * w[r];
        if (below == 0) {
            w[j] = 0; /* nothing to reflect */
            continue;
        }
        w[j] += copysign(sqrt(w[j] * w[j] + below), w[j]);
        reflect(rows, columns, w, j, j, a);
    }
    memset(q, 0, (size_t)(rows * columns) * sizeof *q);
    for (int64_t c = 0; c < columns; c++) q[c * columns + c] = 1;
    for (int64_t j = columns - 1; j >= 0; j--) reflect(rows, columns, v + j * rows, j, 0, q);
}

/* A direction: normal numbers, through the subspace's basis (ambient_dim, s) when there is one. */
static void draw_direction(kr_pcg64 *rng, int64_t n, const double *basis, int64_t s, double *work,
                           double *out) {
    double *drawn = basis ? work : out;
    for (int64_t i = 0; i < s; i++) drawn[i] = kr__pcg64_normal(rng, 0, 1);
    for (int64_t i = 0; basis && i < n; i++) out[i] = dot(s, basis + i * s, work);
}

static void draw_planes(kr_synth *y, kr_pcg64 *rng, const double *basis, int64_t s, double *work) {
    int64_t n = y->ambient_dim;
    for (int64_t c = 0; c < y->n_circles; c++) {
        double *v1 = y->planes + 2 * c * n, *v2 = v1 + n;
        draw_direction(rng, n, basis, s, work, v1);
        scale(n, 1 / sqrt(dot(n, v1, v1)), v1);
        draw_direction(rng, n, basis, s, work, v2);
        double along = dot(n, v2, v1);
        for (int64_t i = 0; i < n; i++) v2[i] -= along * v1[i];
        scale(n, 1 / sqrt(dot(n, v2, v2)), v2);
    }
}

static kr_status make_geometry(kr_synth *y, const kr_synth_config *config, kr_error *err) {
    kr_pcg64 rng = kr__pcg64_make((uint64_t)config->seed);
    int64_t n = y->ambient_dim, s = config->subspace_dim;
    if (s == 0 || s > n) s = n;
    if (s < 2) s = 2;
    for (int64_t c = 0; c < y->n_circles; c++) {
        double r = kr__pcg64_normal(&rng, config->radius_mean, config->radius_std);
        y->radii[c] = fmin(fmax(r, config->radius_mean * 0.5), config->radius_mean * 1.5);
    }
    if (s == n) {
        draw_planes(y, &rng, NULL, n, NULL);
        return KR_OK;
    }
    size_t size = (size_t)(n * s);
    double *drawn = kr__calloc(3 * size + (size_t)s, sizeof *drawn);
    if (!drawn) return kr_fail(err, KR_MEMORY, "out of memory for the circles' planes");
    double *basis = drawn + 2 * size;
    for (size_t i = 0; i < size; i++) drawn[i] = kr__pcg64_normal(&rng, 0, 1);
    find_q(n, s, drawn, drawn + size, basis);
    draw_planes(y, &rng, basis, s, drawn);
    kr_free(drawn);
    return KR_OK;
}

/* ---- transitions ------------------------------------------------------------------------ */

/* A ring, and shortcuts between the first ten circles; those to circles beyond n_circles are left
 * out. */
static void make_transitions(kr_synth *y, uint64_t seed) {
    static const int shortcuts[][2] = {{0, 5}, {0, 7}, {1, 6}, {1, 8}, {2, 9}, {3, 7},
                                       {4, 8}, {4, 1}, {5, 2}, {6, 0}, {6, 3}, {7, 4},
                                       {8, 1}, {8, 5}, {9, 3}, {9, 6}};
    kr_pcg64 rng = kr__pcg64_make(seed);
    int64_t n = y->n_circles;
    double *T = y->transitions;
    for (int64_t i = 0; i < n; i++) {
        T[i * n + (i + 1) % n] = 1;
        T[i * n + (i + n - 1) % n] = 1;
    }
    for (size_t k = 0; k < sizeof shortcuts / sizeof shortcuts[0]; k++) {
        int64_t from = shortcuts[k][0], to = shortcuts[k][1];
        if (from < n && to < n) T[from * n + to] += kr__pcg64_uniform(&rng, 0.3, 0.8);
    }
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        T[i * n + i] = 0;
        for (int64_t j = 0; j < n; j++) sum += T[i * n + j];
        for (int64_t j = 0; j < n; j++) T[i * n + j] /= sum;
    }
}

/* ---- the walk --------------------------------------------------------------------------- */

static void make_periods(kr_synth *y, const kr_synth_config *config) {
    double low = (double)config->min_period, high = (double)config->max_period;
    double step = (high - low) / (double)(y->n_circles - 1);
    for (int64_t c = 0; c < y->n_circles; c++) y->periods[c] = (int64_t)((double)c * step + low);
    y->periods[y->n_circles - 1] = config->max_period;
}

/* n_steps steps on circle c from step t on. */
static void visit(kr_synth *y, kr_pcg64 *rng, double noise, int64_t c, int64_t t, int64_t n_steps) {
    int64_t n = y->ambient_dim;
    const double *v1 = y->planes + 2 * c * n, *v2 = v1 + n;
    double omega = two_pi / (double)y->periods[c];
    for (int64_t s = 0; s < n_steps; s++, t++) {
        double theta = fmod(y->entry_angles[c] + (double)s * omega, two_pi);
        double *x = y->X + t * n, cosine = cos(theta), sine = sin(theta);
        y->states[t] = c;
        y->thetas[t] = theta;
        for (int64_t i = 0; i < n; i++) {
            x[i] = y->radii[c] * (cosine * v1[i] + sine * v2[i]) + kr__pcg64_normal(rng, 0, noise);
        }
    }
}

static void walk(kr_synth *y, const kr_synth_config *config) {
    kr_pcg64 rng = kr__pcg64_make((uint64_t)config->seed);
    int64_t c = 0, n = y->n_circles;
    for (int64_t i = 0; i < n; i++) y->entry_angles[i] = kr__pcg64_uniform(&rng, 0, two_pi);
    for (int64_t t = 0; t < y->n_steps;) {
        double dwell = kr__pcg64_normal(&rng, config->dwell_mean, config->dwell_std);
        double turns = fmax(1, nearbyint(dwell / (double)y->periods[c]));
        double wanted = turns * (double)y->periods[c];
        int64_t left = y->n_steps - t, steps = wanted < (double)left ? (int64_t)wanted : left;
        visit(y, &rng, config->noise_std, c, t, steps);
        t += steps;
        c = kr__pcg64_choice(&rng, y->transitions + c * n, n);
    }
}

/* ---- all of it -------------------------------------------------------------------------- */

static kr_status check(const kr_synth_config *c, kr_error *err) {
    size_t n = 0;
    if (c->max_period < c->min_period) {
        return kr_fail(err, KR_USAGE, "`max_period` %lld: must not be below `min_period` %lld",
                       (long long)c->max_period, (long long)c->min_period);
    }
    if (!kr__size_mul((size_t)c->n_steps, (size_t)c->ambient_dim, &n) || n > (size_t)1 << 33) {
        return kr_fail(err, KR_USAGE,
                       "`n_steps` %lld times `ambient_dim` %lld: more than 8 billion numbers; use "
                       "fewer",
                       (long long)c->n_steps, (long long)c->ambient_dim);
    }
    return KR_OK;
}

static bool allocate(kr_synth *y) {
    size_t t = (size_t)y->n_steps, n = (size_t)y->n_circles, d = (size_t)y->ambient_dim;
    y->X = kr__calloc(t * d, sizeof *y->X);
    y->states = kr__calloc(t, sizeof *y->states);
    y->thetas = kr__calloc(t, sizeof *y->thetas);
    y->transitions = kr__calloc(n * n, sizeof *y->transitions);
    y->radii = kr__calloc(n, sizeof *y->radii);
    y->entry_angles = kr__calloc(n, sizeof *y->entry_angles);
    y->periods = kr__calloc(n, sizeof *y->periods);
    y->planes = kr__calloc(2 * n * d, sizeof *y->planes);
    return y->X && y->states && y->thetas && y->transitions && y->radii && y->entry_angles &&
           y->periods && y->planes;
}

static kr_status create(kr_synth *y, const kr_synth_config *config, kr_error *err) {
    y->config = *config;
    y->n_steps = config->n_steps;
    y->n_circles = config->n_circles;
    y->ambient_dim = config->ambient_dim;
    if (!allocate(y)) {
        return kr_fail(err, KR_MEMORY, "no memory for %lld steps; use a smaller `n_steps`",
                       (long long)config->n_steps);
    }
    KR_TRY(make_geometry(y, config, err));
    make_transitions(y, (uint64_t)config->seed);
    make_periods(y, config);
    walk(y, config);
    return KR_OK;
}

kr_status kr_synth_create(const kr_settings *settings, kr_synth **out, kr_error *err) {
    const void *values = NULL;
    KR_TRY(kr__settings_values(settings, &table, &values, err));
    const kr_synth_config *config = values;
    KR_TRY(check(config, err));
    kr_synth *y = kr__calloc(1, sizeof *y);
    if (!y) return kr_fail(err, KR_MEMORY, "out of memory");
    kr_status status = create(y, config, err);
    if (status == KR_OK) {
        *out = y;
    } else {
        kr_synth_destroy(y);
    }
    return status;
}

void kr_synth_destroy(kr_synth *synth) {
    if (!synth) return;
    kr_free(synth->X);
    kr_free(synth->states);
    kr_free(synth->thetas);
    kr_free(synth->transitions);
    kr_free(synth->radii);
    kr_free(synth->entry_angles);
    kr_free(synth->periods);
    kr_free(synth->planes);
    kr_free(synth);
}

/* ---- contents --------------------------------------------------------------------------- */

int64_t kr_synth_n_steps(const kr_synth *synth) { return synth->n_steps; }
int64_t kr_synth_n_circles(const kr_synth *synth) { return synth->n_circles; }
int64_t kr_synth_ambient_dim(const kr_synth *synth) { return synth->ambient_dim; }
const double *kr_synth_X(const kr_synth *synth) { return synth->X; }
const int64_t *kr_synth_states(const kr_synth *synth) { return synth->states; }
const double *kr_synth_thetas(const kr_synth *synth) { return synth->thetas; }
const double *kr_synth_transitions(const kr_synth *synth) { return synth->transitions; }
const double *kr_synth_radii(const kr_synth *synth) { return synth->radii; }
const double *kr_synth_entry_angles(const kr_synth *synth) { return synth->entry_angles; }
const int64_t *kr_synth_periods(const kr_synth *synth) { return synth->periods; }
const double *kr_synth_planes(const kr_synth *synth) { return synth->planes; }

kr_status kr_synth_series(const kr_synth *synth, kr_series **out, kr_error *err) {
    size_t n = (size_t)(synth->n_steps * synth->ambient_dim), n_periods = (size_t)synth->n_circles;
    kr_series *s = NULL;
    float *values = kr__calloc(n, sizeof *values);
    if (!values) return kr_fail(err, KR_MEMORY, "no memory for the series");
    for (size_t i = 0; i < n; i++) values[i] = (float)synth->X[i];
    kr_status status =
        kr_series_copy(synth->n_steps, synth->ambient_dim, values, synth->states, &s, err);
    kr_free(values);
    KR_TRY(status);
    s->periods = kr__calloc(n_periods, sizeof *s->periods);
    if (!s->periods) {
        kr_series_destroy(s);
        return kr_fail(err, KR_MEMORY, "no memory for the series");
    }
    memcpy(s->periods, synth->periods, n_periods * sizeof *s->periods);
    s->n_states = s->n_periods = synth->n_circles;
    *out = s;
    return KR_OK;
}
