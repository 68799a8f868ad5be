/* SPDX-License-Identifier: MIT
 * timestar.h - what TimeStar and TimeStarMamba share: all but the mixer of tokens, which
 * encoder.uses_mamba chooses, and the guards of STAR. */
#ifndef KR_TIMESTAR_H
#define KR_TIMESTAR_H

#include "nn/model.h"

/* Settings that both use. */
#define KR_TIMESTAR_USES                                                                           \
    "cycle patch_len d_model e_layers d_ff dropout activation d_core star_dropout star_pooling "   \
    "use_norm " KR_USES_MARKS

kr_tensor kr__timestar_build(kr_builder *b, const kr__model_config *config, const kr__model_in *in);
/* Patches and their positions; the number of heads concerns attention alone. */
kr_status kr__timestar_check(const kr__model_config *config, kr_error *err);
int64_t kr__timestar_rows(const kr__model_config *config);

#endif
