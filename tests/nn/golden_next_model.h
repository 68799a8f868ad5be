/* SPDX-License-Identifier: MIT
 * golden_next_model.h - the small recorded next-step model, ready to run. */
#ifndef KR_GOLDEN_NEXT_MODEL_H
#define KR_GOLDEN_NEXT_MODEL_H

#include <kr/mamba.h>

#include "support/golden.h"

/* Five features, three layers of 16; parameters are those of golden (p/NAME). A failure fails the
 * test. */
kr_mamba *kr_golden_next_model(kr_golden *golden, int64_t max_horizon);

#endif
