/* SPDX-License-Identifier: MIT
 * rlinear.c - RLinear: one linear map over time for all channels, on normalised windows. Source:
 * arXiv:2305.10721. */
#include "nn/model.h"
#include "nn/model_parts.h"

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    kr__plan_label(b->plan, "linear");
    kr__window w = kr__window_make(b, c, in, c->use_norm);
    kr_init init = kr__init_fan_in(c->seq_len);
    kr_tensor y = kr__map_time(b, c, kr__window_own(c, &w), init, "linear");
    return kr__forecast_finish(b, c, y, &w);
}

const kr__model_kind kr__model_rlinear = {.build = build, .learns = true, .uses = "use_norm cycle"};
