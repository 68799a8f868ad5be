/* SPDX-License-Identifier: MIT
 * etth1.h - windows of the shipped ETTh1, scaled as the loaders do. */
#ifndef KR_ETTH1_H
#define KR_ETTH1_H

#include "core/real.h"
#include "forecast/dataset.h"

/* The data set (features M, freq h); opened by the first call, never closed. Call it once before
 * threads do. */
const kr_dataset *kr_etth1(int64_t seq_len, int64_t pred_len);

/* Training window i: x (seq_len, 7), mark (seq_len, 4), target (pred_len, 7), or (pred_len, 1) of
 * the last column. Any output may be NULL. */
void kr_etth1_window(int64_t i, int64_t seq_len, int64_t pred_len, bool is_ms, kr_real *x,
                     kr_real *mark, kr_real *target);

#endif
