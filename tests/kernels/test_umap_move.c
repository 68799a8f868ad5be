/* SPDX-License-Identifier: MIT
 * test_umap_move.c - the moves of a map's points against the same in double, at every level. */
#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

enum { NEGATIVE = 3, EPOCH = 3, SEED = 11, STREAM = 9 };

typedef struct map {
    int64_t n, dim, most; /* points, numbers of each, edges of the row that has most */
    int32_t *rows, *column;
    int64_t *start;
    uint32_t *share;
    kr_real *y, *density;
} map;

/* Row r has r % 23 edges: none, fewer than a vector, more than one. */
static map make_map(int64_t n, int64_t dim) {
    map m = {.n = n, .dim = dim, .most = n < 23 ? n : 23};
    kr_rng rng = kr__rng_make(SEED, KR_STREAM_TEST, (uint64_t)n);
    m.rows = kr__calloc((size_t)n, sizeof *m.rows);
    m.start = kr__calloc((size_t)n + 1, sizeof *m.start);
    m.column = kr__calloc((size_t)(n * m.most) + 1, sizeof *m.column);
    m.share = kr__calloc((size_t)(n * m.most) + 16, sizeof *m.share);
    m.y = kr_check_random(n * dim, -2, 2, 1);
    m.density = kr_check_random(2 * n, -1, 1, 2);
    for (int64_t r = 0; r < n; r++) {
        m.rows[r] = (int32_t)(n - 1 - r);
        m.start[r + 1] = m.start[r] + r % m.most + (n == 1);
        for (int64_t e = m.start[r]; e < m.start[r + 1]; e++) {
            m.column[e] = (int32_t)((double)n * kr__rng_uniform(&rng));
            m.share[e] = (uint32_t)(0xffffffffp0 * kr__rng_uniform(&rng));
        }
    }
    return m;
}

static void free_map(map *m) {
    kr_free(m->rows);
    kr_free(m->start);
    kr_free(m->column);
    kr_free(m->share);
    kr_free(m->y);
    kr_free(m->density);
}

static kr__umap_epoch epoch_of(const map *m, bool moves_both, bool has_density) {
    return (kr__umap_epoch){.rows = m->rows,
                            .start = m->start,
                            .column = m->column,
                            .share = m->share,
                            .others = m->y,
                            .n_others = m->n,
                            .dim = m->dim,
                            .n_negative = NEGATIVE,
                            .seed = SEED,
                            .epoch = EPOCH,
                            .a = 1.5,
                            .b = 0.9,
                            .rate = 0.05,
                            .repulsion = 1.25,
                            .moves_both = moves_both,
                            .density = has_density ? m->density : NULL,
                            .density_scale = 0x1p30};
}

/* ---- the plain one ---------------------------------------------------------------------- */

/* Word number i of the row's stream: kernels/philox_lanes.h says in which order they come. */
static uint32_t stream_word(const kr__umap_epoch *s, int32_t row, int64_t i) {
    uint32_t words[4];
    int64_t in_group = i % 32, in_half = in_group % 16;
    kr__philox(s->seed, (uint32_t)(i / 32 * 8 + in_half / 2), (uint32_t)row, s->epoch,
               (uint32_t)STREAM << 24, words);
    return words[in_group / 16 * 2 + in_half % 2];
}

/* move += the force from `other` on y. */
static void add_force(const kr__umap_epoch *s, bool is_pull, const kr_real *other, const double *y,
                      double *move) {
    double d2 = 0, f = 0;
    for (int64_t c = 0; c < s->dim; c++) d2 += pow(y[c] - (double)other[c], 2);
    double under = 1 + s->a * pow(d2, s->b);
    if (d2 > 0 && is_pull) f = -2 * s->a * s->b * pow(d2, s->b - 1) / under;
    if (d2 > 0 && !is_pull) f = 2 * s->b * s->repulsion / ((0.001 + d2) * under);
    for (int64_t c = 0; c < s->dim; c++) {
        move[c] += fmin(4, fmax(-4, f * (y[c] - (double)other[c])));
    }
}

/* The same of what keeps densities, on the row's place y. */
static void add_density(const kr__umap_epoch *s, int32_t row, int64_t e, const double *y,
                        double *move) {
    const kr_real *other = s->others + s->column[e] * s->dim;
    double d2 = 0, u = (double)(s->density[2 * row] + s->density[2 * s->column[e]]);
    double v = (double)(s->density[2 * row + 1] + s->density[2 * s->column[e] + 1]);
    for (int64_t c = 0; c < s->dim; c++) d2 += pow(y[c] - (double)other[c], 2);
    if (!(d2 > 1e-30)) return;
    double phi = 1 / (1 + s->a * pow(d2, s->b));
    double f = 2 * s->density_scale / (double)s->share[e] * phi *
               ((1 - s->b * (1 - phi)) * v + s->a * s->b * pow(d2, s->b - 1) * phi * u);
    for (int64_t c = 0; c < s->dim; c++) {
        move[c] += fmin(4, fmax(-4, f * (y[c] - (double)other[c])));
    }
}

static void move_plainly(const kr__umap_epoch *s, int64_t r, double *moves) {
    int32_t row = s->rows[r];
    int64_t n_words = 0;
    double y[3], move[3];
    for (int64_t c = 0; c < s->dim; c++) y[c] = (double)s->others[row * s->dim + c];
    for (int64_t e = s->start[r]; e < s->start[r + 1]; e++) {
        uint64_t before = (uint64_t)s->share[e] * (s->epoch - 1);
        if (before >> 32 == (before + s->share[e]) >> 32) continue;
        memset(move, 0, sizeof move);
        add_force(s, true, s->others + s->column[e] * s->dim, y, move);
        if (s->density) add_density(s, row, e, y, move);
        for (int64_t c = 0; c < s->dim; c++) {
            y[c] += s->rate * move[c];
            if (s->moves_both) moves[s->column[e] * s->dim + c] -= s->rate * move[c];
        }
        memset(move, 0, sizeof move);
        for (int64_t k = 0; k < s->n_negative; k++) {
            uint64_t word = stream_word(s, row, n_words++);
            int64_t other = (int64_t)((word * (uint64_t)s->n_others) >> 32);
            add_force(s, false, s->others + other * s->dim, y, move);
        }
        for (int64_t c = 0; c < s->dim; c++) y[c] += s->rate * move[c];
    }
    for (int64_t c = 0; c < s->dim; c++) {
        moves[row * s->dim + c] += y[c] - (double)s->others[row * s->dim + c];
    }
}

/* ---- checks ----------------------------------------------------------------------------- */

static void check_moves(const kr_kernels *kernels, int64_t n, int64_t dim, bool moves_both,
                        bool has_density) {
    map m = make_map(n, dim);
    const kr__umap_epoch s = epoch_of(&m, moves_both, has_density);
    int64_t *moves = kr__calloc((size_t)(n * dim) + KR_CHECK_GUARD, sizeof *moves), half = n / 2;
    double *expected = kr__calloc((size_t)(n * dim), sizeof *expected);
    int64_t n_drawn = m.most * 16 * (has_density ? 2 : 1);
    int64_t n_places = m.most * ((1 + NEGATIVE) * dim + (has_density ? 3 : 0)) * 16;
    int32_t *drawn = kr__calloc((size_t)n_drawn + KR_CHECK_GUARD, sizeof *drawn);
    kr_real *places = kr_check_output(n_places, NULL);
    kr_real *got = kr_check_output(n * dim, NULL);
    kernels->umap_move(&s, 0, half, m.y, moves, drawn, places);
    kernels->umap_move(&s, half, n - half, m.y, moves, drawn, places);
    for (int i = 0; i < KR_CHECK_GUARD; i++) {
        assert_true(moves[n * dim + i] == 0 && drawn[n_drawn + i] == 0);
    }
    kr_check_end("umap_move", n_places, places);
    for (int64_t r = 0; r < n; r++) move_plainly(&s, r, expected);
    for (int64_t i = 0; i < n * dim; i++) {
        got[i] = (kr_real)((double)moves[i] / KR__UMAP_PER_UNIT);
    }
    /* in double what a unit's parts cut off shows: 0.5e-6 */
    double absolute = sizeof(kr_real) == 8 ? 0.5 : 1e-5;
    kr_check_close("umap_move", n * dim, got, expected, absolute, 1e-4);
    free_map(&m);
    kr_free(moves);
    kr_free(expected);
    kr_free(drawn);
    kr_free(places);
    kr_free(got);
}

static void check_all(const kr_kernels *kernels, int64_t n) {
    for (int64_t dim = 1; dim <= 3; dim++) {
        check_moves(kernels, n, dim, true, false);
        check_moves(kernels, n, dim, false, false);
        check_moves(kernels, n, dim, true, true);
    }
}

static void check_radii(const kr_kernels *kernels, int64_t n) {
    map m = make_map(n, 3);
    const kr__umap_epoch s = epoch_of(&m, true, false);
    double *got = kr__calloc((size_t)(2 * n + 2), sizeof *got), *far = got + n + 1;
    kernels->umap_radii(&s, 0, n / 2, m.y, got, far);
    kernels->umap_radii(&s, n / 2, n - n / 2, m.y, got, far);
    assert_true(got[n] == 0 && far[n] == 0);
    for (int64_t r = 0; r < n; r++) {
        double phi = 0, phi_d2 = 0;
        for (int64_t e = m.start[r]; e < m.start[r + 1]; e++) {
            double d2 = 0;
            for (int64_t c = 0; c < 3; c++) {
                d2 += pow((double)(m.y[3 * m.rows[r] + c] - m.y[3 * m.column[e] + c]), 2);
            }
            phi += 1 / (1 + s.a * pow(d2, s.b));
            phi_d2 += d2 / (1 + s.a * pow(d2, s.b));
        }
        assert_true(fabs(got[m.rows[r]] - phi) <= 1e-5 * phi);
        assert_true(fabs(far[m.rows[r]] - phi_d2) <= 1e-5 * phi_d2);
    }
    free_map(&m);
    kr_free(got);
}

static void radii(void **state) {
    (void)state;
    kr_check_levels(check_radii);
}

static void moves(void **state) {
    (void)state;
    kr_check_levels(check_all);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(moves), cmocka_unit_test(radii)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
