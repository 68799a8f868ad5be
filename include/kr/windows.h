/* SPDX-License-Identifier: MIT
 * windows.h - windows of a long series: where they start, which train and which validate, in which
 * order they come. As MambaSynth's data set under PyTorch's loader, for the same seed. */
#ifndef KR_WINDOWS_H
#define KR_WINDOWS_H

#include <kr/status.h>
#include <kr/torch_random.h>

KR_BEGIN_DECLS

/* Windows start at 0, stride, 2 stride, .. and lie inside the series: how many there are. 0 when
 * the series is shorter than one. seq_len, stride >= 1. */
KR_API int64_t kr_windows_count(int64_t n_steps, int64_t seq_len, int64_t stride);

/* Windows 0 .. n-1 in the order of a draw under seed: the first n_train train, the others validate;
 * at least one validates. n >= 2, fraction in (0, 1). Windows that overlap are drawn apart all the
 * same: with a stride below seq_len the model has seen steps of the validation windows. */
KR_API kr_status kr_windows_split(int64_t n, double fraction, uint64_t seed, int64_t *order,
                                  int64_t *n_train, kr_error *err);

/* The order of one pass over n shuffled windows (two draws), and what a pass in order draws (one).
 * rng is torch's global generator, which goes on from where the model's first values left it. */
KR_API void kr_windows_shuffle(kr_torch_rng *rng, int64_t *order, int64_t n);
KR_API void kr_windows_pass_in_order(kr_torch_rng *rng);

/* A window's first step when starts are jittered by up to a stride. rng: numpy's RandomState. */
KR_API int64_t kr_windows_jitter(kr_torch_rng *rng, int64_t start, int64_t stride, int64_t n_steps,
                                 int64_t seq_len);

KR_END_DECLS

#endif
