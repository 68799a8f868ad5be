/* SPDX-License-Identifier: MIT
 * golden_nextstep.h - the small recorded next-step model, ready to run. */
#ifndef KR_GOLDEN_NEXT_MODEL_H
#define KR_GOLDEN_NEXT_MODEL_H

#include "nn/mamba_stack.h"

#include "support/golden.h"

/* Five features, three layers of 16; parameters are those of golden (p/NAME). A failure fails the
 * test. */
kr__stack *kr_golden_nextstep(kr_golden *golden, int64_t max_horizon);

/* The parameters of golden into a model or block that has such. */
void kr_golden_set_parameters(kr_golden *golden, kr__stack *model);

#endif
