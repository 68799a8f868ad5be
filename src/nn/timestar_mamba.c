/* SPDX-License-Identifier: MIT
 * timestar_mamba.c - TimeStarMamba: TimeStar with a Mamba block in place of attention, and guards
 * against numbers that grow without bound. */
#include "nn/timestar.h"

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    kr__model_config own = *c;
    own.encoder.uses_mamba = own.encoder.star.is_guarded = true;
    return kr__timestar_build(b, &own, in);
}

const kr__model_kind kr__model_timestar_mamba = {
    .build = build,
    .check = kr__timestar_check,
    .rows = kr__timestar_rows,
    .learns = true,
    .uses = "d_state expand d_conv dt_init both_ways " KR_TIMESTAR_USES,
    .sign = "encoder.layers.0.self_attention.mamba.A_log"};
