/* SPDX-License-Identifier: MIT
 * windows.h - the order in which windows of a series are used, and where they start when they are
 * moved: the same as in MambaSynth's data set with PyTorch's loader, for the same seed. */
#ifndef KR_WINDOWS_H
#define KR_WINDOWS_H

#include <kr/series.h>

#include "core/torch_random.h"

/* The order of one pass over n shuffled windows (two draws), and what a pass in order draws (one).
 * rng is torch's global generator, in the state that drawing the model's initial values left. */
void kr__windows_shuffle(kr_torch_rng *rng, int64_t *order, int64_t n);
void kr__windows_pass_in_order(kr_torch_rng *rng);

/* A window's first step when starts are jittered by up to a stride. rng: numpy's RandomState. */
int64_t kr__windows_jitter(kr_torch_rng *rng, int64_t start, int64_t stride, int64_t n_steps,
                           int64_t seq_len);

#endif
