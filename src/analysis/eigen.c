/* SPDX-License-Identifier: MIT
 * eigen.c - reflections to a tridiagonal matrix, then QL steps with implicit shifts.
 *
 * A direct method, not a Lanczos iteration: covariances often have equal and zero eigenvalues
 * (columns that repeat, fewer points than columns), and an iteration that starts from one vector
 * finds only one of each.
 * Source: Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3. */
#include "analysis/eigen.h"

#include <float.h>
#include <math.h>

#include "analysis/point_values.h"
#include "core/arena.h"

enum { ROWS = 32, COLUMNS = 64, MAX_STEPS = 60 };

typedef struct eigen {
    int64_t n;
    double *matrix;   /* (n, n); row j ends as the vector v of reflection I - 2 v v^T, from column
                         j + 1 on */
    double *diagonal; /* (n) of the tridiagonal matrix, then the eigenvalues */
    double *beside;   /* (n) between rows i and i + 1; the last is 0 */
    double *product;  /* (n) */
    double *rotation; /* (n, 2) cosine and sine of a QL step */
    double *rows;     /* (n, n) row i: eigenvector i of the tridiagonal matrix */
    int64_t step;     /* of the reflections; row of the first rotation of a QL step */
    int64_t n_rotations;
} eigen;

static double dot(int64_t n, const double *a, const double *b) {
    double lane[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (int l = 0; l < 4; l++) lane[l] += a[i + l] * b[i + l];
    }
    for (; i < n; i++) lane[0] += a[i] * b[i];
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

/* ---- to a tridiagonal matrix ------------------------------------------------------------ */

/* product = (the matrix below and right of the step) v */
static void multiply_rows(void *arg, int64_t piece, int worker) {
    const eigen *e = arg;
    (void)worker;
    int64_t first = e->step + 1, begin = first + piece * ROWS;
    int64_t end = begin + ROWS < e->n ? begin + ROWS : e->n;
    const double *v = e->matrix + e->step * e->n + first;
    for (int64_t i = begin; i < end; i++) {
        e->product[i] = dot(e->n - first, e->matrix + i * e->n + first, v);
    }
}

/* The same part -= v w^T + w v^T, w = product. */
static void update_rows(void *arg, int64_t piece, int worker) {
    const eigen *e = arg;
    (void)worker;
    int64_t first = e->step + 1, begin = first + piece * ROWS;
    int64_t end = begin + ROWS < e->n ? begin + ROWS : e->n;
    const double *v = e->matrix + e->step * e->n, *w = e->product;
    for (int64_t i = begin; i < end; i++) {
        double *row = e->matrix + i * e->n;
        for (int64_t c = first; c < e->n; c++) row[c] -= v[i] * w[c] + w[i] * v[c];
    }
}

/* A reflection turns row `step` right of the diagonal into (beside, 0, 0, ..); its vector is stored
 * in that place. */
static void reflect(kr_team *team, eigen *e) {
    int64_t j = e->step, m = e->n - j - 1;
    double *v = e->matrix + j * e->n + j + 1, *w = e->product + j + 1;
    double head = v[0], tail = dot(m - 1, v + 1, v + 1);
    bool is_done = tail < DBL_MIN; /* nothing to do: v = 0 reflects nothing */
    e->beside[j] = is_done ? head : -copysign(sqrt(head * head + tail), head);
    v[0] = head - e->beside[j];
    double length = sqrt(v[0] * v[0] + tail);
    for (int64_t i = 0; i < m; i++) v[i] = is_done ? 0 : v[i] / length;
    if (is_done) return;
    int64_t n_pieces = (m + ROWS - 1) / ROWS;
    kr_team_for(team, n_pieces, multiply_rows, e);
    double along = 2 * dot(m, w, v);
    for (int64_t i = 0; i < m; i++) w[i] = 2 * w[i] - along * v[i];
    kr_team_for(team, n_pieces, update_rows, e);
}

static void tridiagonalize(kr_team *team, eigen *e) {
    for (e->step = 0; e->step + 1 < e->n; e->step++) {
        if (kr_team_is_stopping(team)) return;
        e->diagonal[e->step] = e->matrix[e->step * e->n + e->step];
        reflect(team, e);
    }
    e->diagonal[e->n - 1] = e->matrix[e->n * e->n - 1];
}

/* ---- QL --------------------------------------------------------------------------------- */

/* The rotations of a step, the last rows first, on some columns of the eigenvectors. */
static void rotate_columns(void *arg, int64_t piece, int worker) {
    const eigen *e = arg;
    (void)worker;
    int64_t begin = piece * COLUMNS, n = e->n - begin < COLUMNS ? e->n - begin : COLUMNS;
    for (int64_t r = e->n_rotations - 1; r >= 0; r--) {
        double *restrict upper = e->rows + (e->step + r) * e->n + begin;
        double *restrict lower = upper + e->n;
        double c = e->rotation[2 * r], s = e->rotation[2 * r + 1];
        for (int64_t i = 0; i < n; i++) {
            double u = upper[i], l = lower[i];
            upper[i] = c * u - s * l;
            lower[i] = s * u + c * l;
        }
    }
}

/* One step on rows first .. last, which no zero beside the diagonal separates. */
static void step_ql(kr_team *team, eigen *e, int64_t first, int64_t last) {
    double *d = e->diagonal, *b = e->beside;
    double ratio = (d[first + 1] - d[first]) / (2 * b[first]);
    double shift = d[first] - b[first] / (ratio + copysign(hypot(ratio, 1), ratio));
    double g = d[last] - shift, s = 1, c = 1, moved = 0;
    e->step = first;
    e->n_rotations = last - first;
    for (int64_t i = last - 1; i >= first; i--) {
        double f = s * b[i], h = c * b[i], r = hypot(f, g);
        b[i + 1] = r;
        s = r > 0 ? f / r : 0;
        c = r > 0 ? g / r : 1;
        g = d[i + 1] - moved;
        double turn = (d[i] - g) * s + 2 * c * h;
        moved = s * turn;
        d[i + 1] = g + moved;
        g = c * turn - h;
        e->rotation[2 * (i - first)] = c;
        e->rotation[2 * (i - first) + 1] = s;
    }
    d[first] -= moved;
    b[first] = g;
    b[last] = 0;
    kr_team_for(team, (e->n + COLUMNS - 1) / COLUMNS, rotate_columns, e);
}

static bool diagonalize(kr_team *team, eigen *e) {
    double size = 0;
    for (int64_t i = 0; i < e->n; i++) {
        double sum = fabs(e->diagonal[i]) + fabs(e->beside[i]);
        size = sum > size ? sum : size;
        e->rows[i * e->n + i] = 1;
    }
    for (int64_t first = 0; first < e->n; first++) {
        for (int steps = 0;; steps++) {
            int64_t last = first;
            for (; last + 1 < e->n; last++) {
                double near = fabs(e->diagonal[last]) + fabs(e->diagonal[last + 1]);
                if (fabs(e->beside[last]) <= DBL_EPSILON * (near + DBL_EPSILON * size)) break;
            }
            if (last == first || kr_team_is_stopping(team)) break;
            if (steps == MAX_STEPS) return false;
            step_ql(team, e, first, last);
        }
    }
    return true;
}

/* ---- the whole -------------------------------------------------------------------------- */

/* Take the largest that is left; -infinity is written in its place. */
static int64_t take_largest(eigen *e) {
    int64_t largest = 0;
    for (int64_t i = 1; i < e->n; i++) {
        if (e->diagonal[i] > e->diagonal[largest]) largest = i;
    }
    return largest;
}

static void restore_vector(const eigen *e, const double *row, double *vector) {
    for (int64_t i = 0; i < e->n; i++) vector[i] = row[i];
    for (int64_t j = e->n - 2; j >= 0; j--) {
        int64_t m = e->n - j - 1;
        const double *v = e->matrix + j * e->n + j + 1;
        double along = 2 * dot(m, v, vector + j + 1);
        for (int64_t i = 0; i < m; i++) vector[j + 1 + i] -= along * v[i];
    }
}

static bool init(eigen *e) {
    size_t n = (size_t)e->n;
    e->diagonal = kr__calloc(n, sizeof(double));
    e->beside = kr__calloc(n, sizeof(double));
    e->product = kr__calloc(n, sizeof(double));
    e->rotation = kr__calloc(n, 2 * sizeof(double));
    e->rows = kr__calloc(n, n * sizeof(double));
    return e->diagonal && e->beside && e->product && e->rotation && e->rows;
}

kr_status kr__eigen_largest(kr_team *team, int64_t n, double *matrix, int64_t k, double *values,
                            double *vectors, kr_error *err) {
    eigen e = {.n = n, .matrix = matrix};
    kr_status status = KR_OK;
    if (!init(&e)) {
        status =
            kr_fail(err, KR_MEMORY, "out of memory for eigenvectors of %lld numbers", (long long)n);
        goto done;
    }
    tridiagonalize(team, &e);
    bool is_found = diagonalize(team, &e);
    status = kr__points_check_stop(team, err);
    if (status == KR_OK && !is_found) {
        status =
            kr_fail(err, KR_NUMERIC, "the eigenvalues of %lld rows do not converge", (long long)n);
    }
    if (status != KR_OK) goto done;
    for (int64_t i = 0; i < k; i++) {
        int64_t at = take_largest(&e);
        values[i] = e.diagonal[at];
        e.diagonal[at] = -INFINITY;
        restore_vector(&e, e.rows + at * n, vectors + i * n);
    }
done:
    kr_free(e.diagonal);
    kr_free(e.beside);
    kr_free(e.product);
    kr_free(e.rotation);
    kr_free(e.rows);
    return status;
}
