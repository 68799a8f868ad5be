/* SPDX-License-Identifier: MIT
 * umap_move.c - the points of a map move by one epoch: pulled by the neighbours that are drawn,
 * pushed away from places chosen at random.
 *
 * A point is a lane, and goes through its forces in order, so that each acts at the place to which
 * the one before has moved it: for every neighbour drawn a pull and the pushes that come with it.
 * The neighbour is pulled as far towards the point. All other points stand still meanwhile, and
 * moves are summed as integers: the sums do not depend on the order. Source: McInnes, Healy,
 * Melville, arXiv:1802.03426, section 3.2 and appendix C. Density: Narayan, Berger, Cho, Nature
 * Biotechnology 39, 2021, as umap-learn has it. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/philox_lanes.h"
#include "kernels/vec_math.h"

enum { STREAM = 9 /* KR_STREAM_LAYOUT */, MOST_DIM = 256 /* KR_UMAP_MAX_COMPONENTS */ };

static const kr_real per_unit = (kr_real)KR__UMAP_PER_UNIT;

/* ---- who meets whom --------------------------------------------------------------------- */

enum { EDGES = KR_V_BYTES / 4 /* at a time */ };

/* Bit i: lane i of a mask (0 or -1) is set. */
KR_INLINE uint32_t bits_of(kr_bits mask) {
#if KR_V_BYTES == 64
    return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask);
#elif KR_V_BYTES == 32
    return (uint32_t)_mm256_movemask_ps((__m256)mask);
#elif defined(__SSE2__)
    return (uint32_t)_mm_movemask_ps((__m128)mask);
#else
    uint32_t bits = 0;
    for (int i = 0; i < EDGES; i++) bits |= (mask[i] & 1) << i;
    return bits;
#endif
}

/* What is kept of a neighbour that is drawn: in drawn its index and, where density counts, the
 * edge's share; in places its place and, where density counts, u, v and c of the edge. */
KR_INLINE int64_t words_drawn(bool has_density) { return has_density ? 2 : 1; }
KR_INLINE int64_t size_of_neighbour(int64_t dim, bool has_density) {
    return dim + (has_density ? 3 : 0);
}

/* The neighbours of row rows[r] drawn in this epoch, into a lane of drawn; gives their number. An
 * edge is drawn when epoch * share passes a multiple of 2^32: evenly spread, alike at both ends of
 * an edge, and the weak ones late, as in umap-learn. */
KR_INLINE int64_t draw_neighbours(const kr__umap_epoch *s, int64_t r, bool has_density,
                                  int32_t *drawn) {
    const int64_t end = s->start[r + 1], words = words_drawn(has_density);
    int64_t n = 0;
    for (int64_t e = s->start[r]; e < end; e += EDGES) {
        kr_bits share;
        memcpy(&share, s->share + e, sizeof share);
        uint32_t bits = bits_of((kr_bits)(share * s->epoch < share));
        if (end - e < EDGES) bits &= (1u << (end - e)) - 1;
        for (; bits; bits &= bits - 1) {
            const int64_t edge = e + __builtin_ctz(bits);
            int32_t *to = drawn + n++ * words * KR_W;
            to[0] = s->column[edge];
            if (has_density) memcpy(to + KR_W, s->share + edge, sizeof *to);
        }
    }
    return n;
}

KR_INLINE void look_up(const kr__umap_epoch *s, int64_t dim, int64_t other, kr_real *place) {
    for (int64_t c = 0; c < dim; c++) place[c * KR_W] = s->others[other * dim + c];
}

/* u, v and c behind a neighbour's place. */
KR_INLINE void look_up_density(const kr__umap_epoch *s, const int32_t *drawn, kr_real *to) {
    uint32_t share;
    memcpy(&share, drawn + KR_W, sizeof share);
    to[0] = s->density[2 * (int64_t)drawn[0]];
    to[KR_W] = s->density[2 * (int64_t)drawn[0] + 1];
    to[2 * KR_W] = (kr_real)(s->density_scale / (double)share);
}

/* Where the forces on row rows[r] come from, into its lane of places: of each neighbour that is
 * drawn its own numbers, then the places that push, (dim, 16) each. */
KR_INLINE int64_t draw_forces(const kr__umap_epoch *s, philox_lanes *philox, int64_t dim,
                              bool has_density, int64_t r, int32_t *drawn, kr_real *places) {
    const int64_t n = draw_neighbours(s, r, has_density, drawn);
    const uint64_t n_others = (uint64_t)s->n_others;
    uint32_t words[PHILOX_WORDS];
    uint64_t group = 0;
    int64_t used = PHILOX_WORDS;
    philox_seek(philox, (uint32_t)s->rows[r], s->epoch, (uint32_t)STREAM << 24);
    for (int64_t q = 0; q < n; q++) {
        const int32_t *neighbour = drawn + q * words_drawn(has_density) * KR_W;
        look_up(s, dim, neighbour[0], places);
        if (has_density) look_up_density(s, neighbour, places + dim * KR_W);
        places += size_of_neighbour(dim, has_density) * KR_W;
        for (int64_t k = 0; k < s->n_negative; k++, places += dim * KR_W) {
            if (used == PHILOX_WORDS) {
                philox_draw(philox, group++, words);
                used = 0;
            }
            look_up(s, dim, (int64_t)((words[used++] * n_others) >> 32), places);
        }
    }
    return n;
}

/* ---- forces ----------------------------------------------------------------------------- */

typedef struct curve {
    kr_w b, a, pull, push;
} curve_lanes;

/* A force is this times the difference of the two places, d2 its square:
 *     pull  -2 a b d2^(b-1) / (1 + a d2^b)        push  2 b / ((0.001 + d2) (1 + a d2^b))
 * and 0 where the two are at the same place, or so far away that its divisor is no float. */
KR_INLINE kr_w coefficient(const curve_lanes *s, kr_w d2, bool is_pull) {
    const kr_w least = kr_w_set((kr_real)1e-30), zero = kr_w_set(0);
    kr_w power = kr_w_exp2(kr_w_mul(kr_w_log2(kr_w_max(least, d2)), s->b));
    kr_w top = is_pull ? kr_w_mul(s->pull, power) : s->push;
    kr_w apart = is_pull ? d2 : kr_w_add(d2, kr_w_set((kr_real)0.001));
    kr_w under = kr_w_mul(apart, kr_w_fmadd(s->a, power, kr_w_set(1)));
    kr_w force = kr_w_select_less(under, kr_w_set((kr_real)INFINITY), kr_w_div(top, under), zero);
    return kr_w_select_less(least, d2, force, zero);
}

/* move += the force from place (dim, 16) on y, along no axis more than 4. */
KR_INLINE void add_force(const curve_lanes *s, int64_t dim, bool is_pull, const kr_real *place,
                         const kr_w *y, kr_w *move) {
    const kr_w most = kr_w_set(4), least = kr_w_set(-4);
    kr_w d2 = kr_w_set(0);
    for (int64_t c = 0; c < dim; c++) {
        kr_w d = kr_w_sub(y[c], kr_w_load(place + c * KR_W));
        d2 = kr_w_fmadd(d, d, d2);
    }
    kr_w f = coefficient(s, d2, is_pull);
    for (int64_t c = 0; c < dim; c++) {
        kr_w d = kr_w_sub(y[c], kr_w_load(place + c * KR_W));
        d = kr_w_max(least, kr_w_min(most, kr_w_mul(f, d)));
        move[c] = kr_w_add(move[c], d);
    }
}

/* What moves a point and its neighbour, d2 apart squared, towards the densities that they had among
 * the points. With r the log of a point's mean squared distance on the map, weighted by phi, S the
 * sum of its phi, and w = R - cov(r, R) / var(r) (r - mean r), R the r among the points:
 *     u = w / S      v = u / exp(r)      phi = 1 / (1 + a d2^b)
 *     2 c phi ((1 - b (1 - phi)) (v + v') + a b d2^(b-1) phi (u + u'))
 * times the difference of the places, along no axis more than 4. */
KR_INLINE void add_density(const curve_lanes *s, int64_t dim, const kr_real *place, const kr_w *y,
                           const kr_w own[2], kr_w *move) {
    const kr_w least = kr_w_set((kr_real)1e-30), zero = kr_w_set(0), one = kr_w_set(1);
    const kr_w most = kr_w_set(4), lowest = kr_w_set(-4);
    kr_w u = kr_w_add(own[0], kr_w_load(place + dim * KR_W));
    kr_w v = kr_w_add(own[1], kr_w_load(place + (dim + 1) * KR_W));
    kr_w d2 = zero;
    for (int64_t c = 0; c < dim; c++) {
        kr_w d = kr_w_sub(y[c], kr_w_load(place + c * KR_W));
        d2 = kr_w_fmadd(d, d, d2);
    }
    kr_w apart = kr_w_max(least, d2);
    kr_w power = kr_w_mul(s->a, kr_w_exp2(kr_w_mul(kr_w_log2(apart), s->b)));
    kr_w phi = kr_w_div(one, kr_w_add(one, power));
    kr_w slope = kr_w_mul(kr_w_mul(s->b, phi), kr_w_div(power, apart));
    kr_w of_v = kr_w_sub(one, kr_w_mul(s->b, kr_w_sub(one, phi)));
    kr_w f = kr_w_mul(kr_w_mul(kr_w_load(place + (dim + 2) * KR_W), kr_w_set(2)),
                      kr_w_mul(phi, kr_w_fmadd(of_v, v, kr_w_mul(slope, u))));
    f = kr_w_select_less(least, d2, f, zero);
    for (int64_t c = 0; c < dim; c++) {
        kr_w d = kr_w_sub(y[c], kr_w_load(place + c * KR_W));
        d = kr_w_max(lowest, kr_w_min(most, kr_w_mul(f, d)));
        move[c] = kr_w_add(move[c], d);
    }
}

/* y += rate * move; the step stays in move. */
KR_INLINE void step(int64_t dim, kr_w rate, kr_w *y, kr_w *move) {
    for (int64_t c = 0; c < dim; c++) {
        move[c] = kr_w_mul(rate, move[c]);
        y[c] = kr_w_add(y[c], move[c]);
    }
}

KR_INLINE void clear(int64_t dim, kr_w *move) {
    for (int64_t c = 0; c < dim; c++) move[c] = kr_w_set(0);
}

/* 16 points; n_drawn of each; own: their u and v, where density counts. Leaves, in the place of
 * each neighbour, the step that it caused. */
KR_INLINE void move_16(const kr__umap_epoch *s, int64_t dim, bool has_density,
                       const kr_real n_drawn[KR_W], int64_t most_drawn, const kr_w own[2],
                       kr_real *place, kr_w *y, kr_w *move) {
    const curve_lanes curve = {kr_w_set((kr_real)s->b), kr_w_set((kr_real)s->a),
                               kr_w_set((kr_real)(-2 * s->a * s->b)),
                               kr_w_set((kr_real)(2 * s->b * s->repulsion))};
    const kr_w full = kr_w_set((kr_real)s->rate), drawn = kr_w_load(n_drawn);
    for (int64_t q = 0; q < most_drawn; q++) {
        kr_w rate = kr_w_select_less(kr_w_set((kr_real)q), drawn, full, kr_w_set(0));
        clear(dim, move);
        add_force(&curve, dim, true, place, y, move);
        if (has_density) add_density(&curve, dim, place, y, own, move);
        step(dim, rate, y, move);
        for (int64_t c = 0; c < dim; c++) kr_w_store(place + c * KR_W, move[c]);
        place += size_of_neighbour(dim, has_density) * KR_W;
        clear(dim, move);
        for (int64_t k = 0; k < s->n_negative; k++, place += dim * KR_W) {
            add_force(&curve, dim, false, place, y, move);
        }
        step(dim, rate, y, move);
    }
}

/* The neighbours go as far towards the points as those went towards them. Lanes beyond their last
 * neighbour have some index of before, and a step of 0. */
KR_INLINE void move_neighbours(const kr__umap_epoch *s, int64_t dim, bool has_density,
                               int64_t most_drawn, const int32_t *drawn, const kr_real *steps,
                               int64_t *moves) {
    const int64_t words = words_drawn(has_density);
    const int64_t size = size_of_neighbour(dim, has_density) + s->n_negative * dim;
    for (int64_t q = 0; q < most_drawn; q++, steps += size * KR_W) {
        for (int64_t l = 0; l < KR_W; l++) {
            int64_t *to = moves + drawn[q * words * KR_W + l] * dim;
            for (int64_t c = 0; c < dim; c++) to[c] -= (int64_t)(per_unit * steps[c * KR_W + l]);
        }
    }
}

/* ---- rows ------------------------------------------------------------------------------- */

/* u and v of n_lanes rows. */
KR_INLINE void load_density(const kr__umap_epoch *s, const int32_t *rows, int64_t n_lanes,
                            kr_w own[2]) {
    kr_real lanes[2][KR_W] = {{0}};
    for (int64_t l = 0; l < n_lanes; l++) {
        lanes[0][l] = s->density[2 * (int64_t)rows[l]];
        lanes[1][l] = s->density[2 * (int64_t)rows[l] + 1];
    }
    own[0] = kr_w_load(lanes[0]);
    own[1] = kr_w_load(lanes[1]);
}

KR_INLINE void move_rows(const kr__umap_epoch *s, int64_t dim, bool has_density, int64_t first,
                         int64_t end, const kr_real *from, int64_t *moves, int32_t *drawn,
                         kr_real *places, kr_w *y, kr_w *move) {
    philox_lanes philox = philox_open(s->seed);
    kr_w own[2] = {kr_w_set(0), kr_w_set(0)};
    for (; first < end; first += KR_W) {
        const int32_t *rows = s->rows + first;
        int64_t n_lanes = end - first < KR_W ? end - first : KR_W, most_drawn = 0;
        kr_real n_drawn[KR_W] = {0}, lanes[KR_W] = {0};
        for (int64_t l = 0; l < n_lanes; l++) {
            int64_t count =
                draw_forces(s, &philox, dim, has_density, first + l, drawn + l, places + l);
            if (count > most_drawn) most_drawn = count;
            n_drawn[l] = (kr_real)count;
        }
        for (int64_t c = 0; c < dim; c++) {
            for (int64_t l = 0; l < n_lanes; l++) lanes[l] = from[rows[l] * dim + c];
            y[c] = kr_w_load(lanes);
        }
        if (has_density) load_density(s, rows, n_lanes, own);
        move_16(s, dim, has_density, n_drawn, most_drawn, own, places, y, move);
        for (int64_t c = 0; c < dim; c++) {
            kr_w_store(lanes, y[c]);
            for (int64_t l = 0; l < n_lanes; l++) {
                int64_t at = rows[l] * dim + c;
                moves[at] += (int64_t)(per_unit * (lanes[l] - from[at]));
            }
        }
        if (s->moves_both) {
            move_neighbours(s, dim, has_density, most_drawn, drawn, places, moves);
        }
    }
}

KR_INLINE void move_all(const kr__umap_epoch *s, bool has_density, int64_t first, int64_t end,
                        const kr_real *from, int64_t *moves, int32_t *drawn, kr_real *places) {
    if (s->dim == 2) {
        kr_w y[2], move[2];
        move_rows(s, 2, has_density, first, end, from, moves, drawn, places, y, move);
    } else {
        kr_w y[MOST_DIM], move[MOST_DIM];
        move_rows(s, s->dim, has_density, first, end, from, moves, drawn, places, y, move);
    }
}

/* n rows from rows[first] on, which are at `from` (rows of all, dim): by how much they and, if
 * moves_both, their neighbours move, in 1 / KR__UMAP_PER_UNIT, is added to moves (rows of all,
 * dim). With m edges at the row that has most, room for m * 16 indices in drawn (twice that where
 * density counts) and (1 + n_negative) * m * dim * 16 numbers in places (3 * m * 16 more), both of
 * which hold zeros or what an earlier call left. */
void KR_K(umap_move)(const kr__umap_epoch *s, int64_t first, int64_t n, const kr_real *from,
                     int64_t *moves, int32_t *drawn, kr_real *places) {
    if (s->density) {
        move_all(s, true, first, first + n, from, moves, drawn, places);
    } else {
        move_all(s, false, first, first + n, from, moves, drawn, places);
    }
}
