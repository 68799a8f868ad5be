/* SPDX-License-Identifier: MIT
 * nlinear.c - NLinear: one linear map over time for all channels, of the window minus its last
 * value, which is added back afterwards. Source: arXiv:2205.13504; parameters as in
 * cure-lab/LTSF-Linear. */
#include "nn/model.h"
#include "nn/model_parts.h"

/* x (B, seq_len, n) minus its last row (B, n), which is a constant for gradients, as in the
 * original. */
static kr__window subtract_last(kr_plan *plan, const kr__model_in *in) {
    kr__window w = {.x = in->x,
                    .mark = in->mark,
                    .future = in->future,
                    .phase = in->phase,
                    .is_normalised = true};
    if (in->x.rank != 3) return w;
    const int64_t row[2] = {in->x.shape[0], in->x.shape[2]};
    w.mean = kr__detach(kr__reshape(kr__slice(in->x, 1, in->x.shape[1] - 1, 1), 2, row));
    w.x = kr__normalize(plan, in->x, w.mean, KR_NONE);
    if (in->future.rank != 3) return w;
    w.future =
        kr__normalize(plan, in->future, kr__slice(w.mean, 1, 0, in->future.shape[2]), KR_NONE);
    return w;
}

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    kr__plan_label(b->plan, "linear");
    kr__window w = subtract_last(b->plan, in);
    kr__window_take_off_cycle(b, c, &w);
    kr_init init = kr__init_fan_in(c->seq_len);
    kr_tensor y = kr__map_time(b, c, kr__window_own(c, &w), init, "Linear");
    return kr__forecast_finish(b, c, y, &w);
}

const kr__model_kind kr__model_nlinear = {.build = build, .learns = true, .uses = "cycle"};
