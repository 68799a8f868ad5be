/* SPDX-License-Identifier: MIT
 * augment.h - random changes of the training rows. */
#ifndef KR_AUGMENT_H
#define KR_AUGMENT_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* Those that are set are applied one after the other, in this order. */
typedef struct kr_augment_options {
    bool jitter;            /* plus normal noise, deviation 0.03 */
    bool scaling;           /* times a number for each channel, normal(1, 0.1) */
    bool rotation;          /* a random sign for each channel, and channels in random order */
    bool permutation;       /* 1 to 4 equal pieces of time in random order */
    bool randompermutation; /* the same, cut at random rows */
    bool magwarp;  /* times a smooth curve per channel, a spline through 6 knots normal(1, 0.2) */
    bool timewarp; /* time bent by such a curve per channel; both ends stay */
    bool windowslice; /* a random 90 % stretched to full length */
    bool windowwarp;  /* a random 10 % made half or twice as long, then all stretched to the old
                         length */
    int64_t ratio;    /* 0: nothing at all; n: the n-th draw */
    uint64_t seed;
} kr_augment_options;

enum { KR_AUGMENT_MIN_ROWS = 16 };

/*
 * kr__augment() - a changed copy of a series.
 *
 *   in, out  (rows, channels)   must not overlap
 *
 * The whole series is changed at once, before windows are cut. The result depends on in and options
 * alone; each change has its own random numbers, so that adding one does not alter the others'
 * draws. KR_SHAPE below KR_AUGMENT_MIN_ROWS rows when something is to be done; KR_MEMORY.
 *
 * Source: the augmentations of Time-Series-Library (after Um et al., arXiv:1706.00527, and Le
 * Guennec et al., 2016), which are the same but for the random numbers, and for three corners: the
 * slice reaches both of its ends, random cuts leave no empty piece, and where bent time runs
 * backwards the first moment is taken.
 */
kr_status kr__augment(const kr_augment_options *options, int64_t rows, int64_t channels,
                      const float *in, float *out, kr_error *err);

KR_END_DECLS

#endif
