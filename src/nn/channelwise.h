/* SPDX-License-Identifier: MIT
 * channelwise.h - an op that keeps channels apart, on a batch of arrays of the caller's, with
 * gradients. A sample's block of neighbouring channels is a unit: it is copied into a small plan of
 * its own, which one worker runs. */
#ifndef KR_CHANNELWISE_H
#define KR_CHANNELWISE_H

#include <kr/scan.h>

#include "ops/ops.h"

enum { KR__CHANNELWISE_MAX = 9 };

/* What an array is, and its tensor in a unit of `width` channels. */
typedef enum kr__array_kind {
    KR__ARRAY_NONE,
    KR__ARRAY_STEPS,   /* (batch, channels, count)      (1, count, width) */
    KR__ARRAY_STATE,   /* (batch, channels, count)      (1, width, count) */
    KR__ARRAY_CHANNEL, /* (channels)                    (width) */
    KR__ARRAY_WEIGHT,  /* (channels, count)             (width, count) */
    KR__ARRAY_TAPS,    /* (channels, count)             (width, 1, count) */
    KR__ARRAY_SHARED   /* (batch, groups, count, steps) (1, steps, count); groups 0: (channels,
                          count), whose units have one channel */
} kr__array_kind;

typedef struct kr__array {
    kr__array_kind kind;
    int64_t count, n_groups;
    const kr_strided *values, *gradient; /* gradient NULL, or of no values: not wanted; of outputs:
                                            zeros */
} kr__array;

typedef struct kr__channelwise {
    const char *name; /* for sentences: "selective scan" */
    int64_t batch, channels, n_steps;
    kr__array in[KR__CHANNELWISE_MAX]; /* NONE, or values of NULL: the op gets KR_NONE, or, of an
                                          array that is_needed, zeros */
    bool is_needed[KR__CHANNELWISE_MAX];
    kr__array y, last;
    /* Append the op. */
    kr_tensor (*build)(kr_plan *plan, const kr_tensor *in, kr_tensor *last, const void *arg);
    /* The first of a unit's channels whose numbers the op cannot compute with, -1: none. in[i] has
     * the values of tensor i, NULL where there is none. NULL: it can with all. */
    int64_t (*find_bad)(const kr_real *const *in, int64_t width, const void *arg);
    const void *arg;
} kr__channelwise;

/* Sizes at least 1, products of two of them within int64_t / 2^20. */
kr_status kr__channelwise_forward(kr_team *team, const kr__channelwise *op, kr_error *err);
/* Gradients are written, not added to. */
kr_status kr__channelwise_backward(kr_team *team, const kr__channelwise *op, kr_error *err);

#endif
