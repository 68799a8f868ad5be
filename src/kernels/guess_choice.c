/* SPDX-License-Identifier: MIT
 * guess_choice.c - how far off guesses were, and what to make of many of them: in double, and where
 * numbers are added, in their order, so that every level gives the same bits. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/vec.h"

#if defined(__AVX512F__)
enum { LANES = 8 };
#elif defined(__AVX2__)
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif
enum { ROOM = KR__GUESS_ROOM, BEST = KR__GUESS_BEST };
typedef double lanes __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t masks __attribute__((vector_size(LANES * 8)));

KR_INLINE lanes load(const double *from) { return *(const lanes *)from; }
KR_INLINE lanes all(double x) { return x - (lanes){0}; }
KR_INLINE lanes less(lanes a, lanes b) {
    masks is_less = a < b;
    return (lanes)(((masks)a & is_less) | ((masks)b & ~is_less));
}

/* ---- errors -------------------------------------------------------------------------------- */

/* A value came: error (KR__GUESS_ROOM) moves towards its distance from the guess. */
void KR_K(guess_errors)(double rate, double value, const double *restrict guess,
                        double *restrict error) {
    for (int i = 0; i < ROOM; i += LANES) {
        lanes above = load(guess + i) - value, e = load(error + i);
        masks size = (masks)above & INT64_MAX;
        *(lanes *)(error + i) = e + rate * ((lanes)size - e);
    }
}

KR_INLINE double least_of(lanes x) {
    double lane[LANES];
    memcpy(lane, &x, sizeof lane);
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            lane[l] = lane[l + half] < lane[l] ? lane[l + half] : lane[l];
        }
    }
    return lane[0];
}

/* ---- the mean ----------------------------------------------------------------------------- */

/* Each guess by the fourth power of how near it was. */
KR_INLINE double weigh(int64_t n, const double *guess, const double *error) {
    typedef double two __attribute__((vector_size(16)));
    double weight[ROOM];
    lanes at_least = all(error[0]);
    for (int i = 0; i < ROOM; i += LANES) at_least = less(load(error + i), at_least);
    double least = least_of(at_least);
    for (int i = 0; i < ROOM && least > 0; i += LANES) {
        lanes ratio = least / load(error + i), square = ratio * ratio;
        *(lanes *)(weight + i) = square * square;
    }
    for (int i = 0; i < ROOM && !(least > 0); i++) weight[i] = error[i] > 0 ? 0 : 1;
    two sums = {0, 0}; /* of weights, and of guesses by them */
    for (int64_t i = 0; i < n; i++) sums += (two){weight[i], weight[i] * guess[i]};
    return sums[1] / sums[0];
}

/* ---- the median of the best ----------------------------------------------------------------- */

/* Which of them was farthest off, of equal ones the last? */
KR_INLINE int find_worst(const double *error, const kr__guess_best *best) {
    int worst = 0;
    for (int k = 1; k < BEST; k++) {
        double e = error[best->at[k]], most = error[best->at[worst]];
        bool is_worse = (e > most) | ((e == most) & (best->at[k] > best->at[worst]));
        worst = is_worse ? k : worst;
    }
    return worst;
}

/* How far off the best of the others was. */
KR_INLINE double least_other(const double *error, const kr__guess_best *best) {
    lanes least = all((double)INFINITY);
    for (int i = 0; i < ROOM; i += LANES)
        least = less(load(error + i) + load(best->barrier + i), least);
    return least_of(least);
}

/* Those that were the best before mostly are so still; else a few are exchanged. In the end they
 * are the ones of the least errors, of equal ones the first. */
KR_INLINE void find_best(const double *error, kr__guess_best *best) {
    for (;;) {
        int worst = find_worst(error, best);
        double most = error[best->at[worst]], least = least_other(error, best);
        if (!(least <= most) || isinf(least)) return;
        int i = 0;
        while (error[i] + best->barrier[i] != least) i++;
        if (least == most && i > best->at[worst]) return;
        best->barrier[best->at[worst]] = 0;
        best->barrier[i] = (double)INFINITY;
        best->at[worst] = i;
    }
}

/* Any seven. */
static void begin(kr__guess_best *best) {
    for (int k = 0; k < BEST; k++) {
        best->at[k] = k;
        best->barrier[k] = (double)INFINITY;
    }
}

KR_INLINE void sort_two(double *a, double *b) {
    double low = *b < *a ? *b : *a, high = *b < *a ? *a : *b;
    *a = low;
    *b = high;
}

/* By a network of comparisons: branches would be guessed wrong half of the time. Source: N.
 * Devillard, "Fast median search", opt_med7. */
KR_INLINE double middle_of(double v[BEST]) {
    sort_two(&v[0], &v[5]), sort_two(&v[0], &v[3]), sort_two(&v[1], &v[6]), sort_two(&v[2], &v[4]);
    sort_two(&v[0], &v[1]), sort_two(&v[3], &v[5]), sort_two(&v[2], &v[6]), sort_two(&v[2], &v[3]);
    sort_two(&v[3], &v[6]), sort_two(&v[4], &v[5]), sort_two(&v[1], &v[4]), sort_two(&v[1], &v[3]);
    sort_two(&v[3], &v[4]);
    return v[3];
}

/* guess (n), error (KR__GUESS_ROOM), infinity behind n. *best: those of a choice before, or all
 * zero; it only saves time. */
void KR_K(guess_choice)(int64_t n, const double *restrict guess, const double *restrict error,
                        kr__guess_best *restrict best, double *restrict weighted,
                        double *restrict middle) {
    double its[BEST];
    *weighted = weigh(n, guess, error);
    if (best->barrier[best->at[0]] == 0) begin(best);
    find_best(error, best);
    for (int k = 0; k < BEST; k++) its[k] = guess[best->at[k]];
    *middle = middle_of(its);
}
