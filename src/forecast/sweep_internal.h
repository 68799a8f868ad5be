/* SPDX-License-Identifier: MIT
 * sweep_internal.h - what the files of a sweep share. */
#ifndef KR_TRAIN_SWEEP_INTERNAL_H
#define KR_TRAIN_SWEEP_INTERNAL_H

#include "forecast/sweep.h"

/* The number at `share` (0 to 1) of a range's way, as text. */
void kr__sweep_point(const kr_sweep_axis *axis, double share, char value[KR_SWEEP_TEXT]);

#endif
