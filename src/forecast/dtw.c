/* SPDX-License-Identifier: MIT
 * dtw.c - dynamic time warping.
 *
 * D[i][j] = |a[i] - b[j]| + min(D[i-1][j-1], D[i-1][j], D[i][j-1]), rows and columns from 1,
 * D[0][0] = 0 and infinity elsewhere on the rim. For the distance alone the matrix is walked by
 * antidiagonals i + j = s, whose cells do not depend on each other; three of them are kept, indexed
 * by i. */
#include <inttypes.h>
#include <kr/scores.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "kernels/kernels.h"

enum { PAIRS_AT_A_TIME = 100 };

/* Memory for one pair: three antidiagonals of n_a + 1 cells, and b backwards. */
typedef struct workspace {
    double *diagonal[3];
    float *reversed;
} workspace;

static bool init_workspace(kr_arena *arena, int64_t n_a, int64_t n_b, workspace *w) {
    for (int i = 0; i < 3; i++) {
        w->diagonal[i] = kr__arena_alloc(arena, (size_t)n_a + 1, sizeof(double));
        if (!w->diagonal[i]) return false;
    }
    w->reversed = kr__arena_alloc(arena, (size_t)n_b, sizeof(float));
    return w->reversed != NULL;
}

static double measure(const kr_kernels *kernels, const float *a, int64_t n_a, const float *b,
                      int64_t n_b, const workspace *w) {
    double *before = w->diagonal[0], *last = w->diagonal[1], *current = w->diagonal[2];
    for (int64_t j = 0; j < n_b; j++) w->reversed[j] = b[n_b - 1 - j];
    before[0] = 0; /* s = 0 */
    last[0] = last[1] = INFINITY;
    for (int64_t s = 2; s <= n_a + n_b; s++) {
        int64_t low = s > n_b ? s - n_b : 1, high = s > n_a ? n_a : s - 1;
        kernels->dtw_diagonal(high - low + 1, a + low - 1, w->reversed + n_b - s + low, last + low,
                              last + low - 1, before + low - 1, current + low);
        current[0] = INFINITY;
        if (s <= n_a) current[s] = INFINITY;
        double *free_one = before;
        before = last;
        last = current;
        current = free_one;
    }
    return last[n_a];
}

static double fill_matrix(const float *a, int64_t n_a, const float *b, int64_t n_b, double *d) {
    const double infinity = INFINITY;
    for (int64_t i = 0; i < n_a; i++) {
        double *row = d + i * n_b;
        for (int64_t j = 0; j < n_b; j++) {
            double least = i == 0 && j == 0 ? 0 : infinity;
            if (i > 0 && j > 0 && row[j - 1 - n_b] < least) least = row[j - 1 - n_b];
            if (i > 0 && row[j - n_b] < least) least = row[j - n_b];
            if (j > 0 && row[j - 1] < least) least = row[j - 1];
            row[j] = (double)fabsf(a[i] - b[j]) + least;
        }
    }
    return d[n_a * n_b - 1];
}

static kr_status check_lengths(int64_t n_a, int64_t n_b, kr_error *err) {
    int64_t largest = (int64_t)1 << 40;
    if (n_a >= 1 && n_b >= 1 && n_a <= largest && n_b <= largest) return KR_OK;
    return kr_fail(err, KR_SHAPE,
                   "warping needs series of 1 value or more, not %" PRId64 " and %" PRId64, n_a,
                   n_b);
}

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "no memory for dynamic time warping");
}

kr_status kr_dtw(const float *a, int64_t n_a, const float *b, int64_t n_b, double *accumulated,
                 double *distance, kr_error *err) {
    KR_TRY(check_lengths(n_a, n_b, err));
    if (accumulated) {
        *distance = fill_matrix(a, n_a, b, n_b, accumulated);
        return KR_OK;
    }
    kr_arena arena = {0};
    workspace w;
    kr_status status = KR_OK;
    if (init_workspace(&arena, n_a, n_b, &w)) {
        *distance = measure(kr__kernels(), a, n_a, b, n_b, &w);
    } else {
        status = out_of_memory(err);
    }
    kr__arena_deinit(&arena);
    return status;
}

/* ---- many pairs ------------------------------------------------------------------------- */

typedef struct pairs {
    const kr_kernels *kernels;
    const float *pred, *truth;
    int64_t length, first; /* first: pair of piece 0 */
    workspace *workspaces; /* of each worker */
    double *each;
} pairs;

static void measure_piece(void *arg, int64_t piece, int worker) {
    const pairs *p = arg;
    int64_t pair = p->first + piece;
    p->each[pair] = measure(p->kernels, p->pred + pair * p->length, p->length,
                            p->truth + pair * p->length, p->length, &p->workspaces[worker]);
}

static kr_status measure_pairs(kr_team *team, pairs *p, int64_t n_pairs,
                               kr_dtw_progress_fn progress, void *arg, double *mean,
                               kr_error *err) {
    for (; p->first < n_pairs; p->first += PAIRS_AT_A_TIME) {
        if (progress && !progress(arg, p->first)) {
            return kr_fail(err, KR_INTERRUPTED,
                           "stopped in dynamic time warping, %" PRId64 " of %" PRId64
                           " windows done",
                           p->first, n_pairs);
        }
        int64_t rest = n_pairs - p->first;
        kr_team_for(team, rest < PAIRS_AT_A_TIME ? rest : PAIRS_AT_A_TIME, measure_piece, p);
    }
    double sum = 0;
    for (int64_t i = 0; i < n_pairs; i++) sum += p->each[i];
    *mean = sum / (double)n_pairs;
    return KR_OK;
}

kr_status kr_dtw_mean(kr_team *team, const float *pred, const float *truth, int64_t n_pairs,
                      int64_t length, kr_dtw_progress_fn progress, void *arg, double *each,
                      double *mean, kr_error *err) {
    KR_TRY(check_lengths(length, length, err));
    if (n_pairs < 1) {
        return kr_fail(err, KR_SHAPE, "warping needs 1 pair or more, not %" PRId64, n_pairs);
    }
    kr_arena arena = {0};
    int n_workers = kr_team_workers(team);
    pairs p = {kr__kernels(), pred, truth, length, 0, NULL, each};
    p.workspaces = kr__arena_alloc(&arena, (size_t)n_workers, sizeof *p.workspaces);
    if (!each) p.each = kr__arena_alloc(&arena, (size_t)n_pairs, sizeof *p.each);
    bool is_ready = p.workspaces && p.each;
    for (int i = 0; is_ready && i < n_workers; i++) {
        is_ready = init_workspace(&arena, length, length, &p.workspaces[i]);
    }
    kr_status status =
        is_ready ? measure_pairs(team, &p, n_pairs, progress, arg, mean, err) : out_of_memory(err);
    kr__arena_deinit(&arena);
    return status;
}
