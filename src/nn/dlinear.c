/* SPDX-License-Identifier: MIT
 * dlinear.c - DLinear: trend and rest of the window, each through a linear map that all channels
 * share; weights start as a mean. Windows are not normalised. Source: arXiv:2205.13504,
 * Time-Series-Library's DLinear. */
#include "nn/model.h"
#include "nn/model_parts.h"

static kr_status check(const kr__model_config *c, kr_error *err) {
    if (c->moving_avg % 2 == 1) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`moving_avg` %jd is even, but the average is taken around a step; use %jd",
                   (intmax_t)c->moving_avg, (intmax_t)c->moving_avg + 1);
}

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    const kr_init mean = {KR_INIT_CONSTANT, 1.0 / (double)c->seq_len};
    kr__plan_label(b->plan, "linear");
    kr__window w = kr__window_make(b, c, in, false);
    kr_tensor rest,
        trend = kr__moving_average(b->plan, kr__window_own(c, &w), c->moving_avg, &rest);
    kr_tensor seasonal = kr__map_time(b, c, rest, mean, "Linear_Seasonal");
    kr_tensor sum = kr__add(b->plan, seasonal, kr__map_time(b, c, trend, mean, "Linear_Trend"));
    return kr__forecast_finish(b, c, sum, &w);
}

const kr__model_kind kr__model_dlinear = {.build = build,
                                          .check = check,
                                          .learns = true,
                                          .uses = "moving_avg cycle",
                                          .sign = "Linear_Seasonal.weight"};
