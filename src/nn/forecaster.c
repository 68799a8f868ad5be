/* SPDX-License-Identifier: MIT
 * forecaster.c - the table of forecasters, and the simple ones. */
#include "nn/forecaster.h"

#include <stdio.h>
#include <string.h>

#include "nn/forecaster_parts.h"

/* ---- linear ----------------------------------------------------------------------------- */

/* name.weight (head rows, seq_len) over time, the same for all variates of x (B, seq_len, n):
 * (B, n, head rows). */
static kr_tensor map_time(kr_builder *b, const kr_forecaster_config *c, kr_tensor x, kr_init init,
                          const char *name) {
    const int64_t weight[2] = {kr__head_rows(c), c->seq_len};
    char text[KR_NAME_SIZE];
    snprintf(text, sizeof text, "%s.weight", name);
    kr_tensor w = kr_params_get(b->params, b->plan, init, 2, weight, text);
    snprintf(text, sizeof text, "%s.bias", name);
    kr_tensor bias = kr_params_get(b->params, b->plan, kr_init_fan_in(c->seq_len), 1, weight, text);
    return kr_inverted_embed(b->plan, x, KR_NONE, w, bias);
}

/* One linear map over time for all channels, on normalised windows. Source: arXiv:2305.10721. */
static kr_tensor build_rlinear(kr_builder *b, const kr_forecaster_config *c,
                               const kr_forecaster_in *in) {
    kr_plan_label(b->plan, "linear");
    kr__window w = kr__window_make(b->plan, in, c->use_norm);
    kr_tensor y = map_time(b, c, kr__window_own(c, &w), kr_init_fan_in(c->seq_len), "linear");
    return kr__forecast_finish(b, c, y, &w);
}

/* Trend and rest of the window by a linear map each, shared over channels; weights start as a mean.
 * Windows are not normalised. Source: arXiv:2205.13504, Time-Series-Library's DLinear. */
static kr_tensor build_dlinear(kr_builder *b, const kr_forecaster_config *c,
                               const kr_forecaster_in *in) {
    const kr_init mean = {KR_INIT_CONSTANT, 1.0 / (double)c->seq_len};
    kr_plan_label(b->plan, "linear");
    kr__window w = kr__window_make(b->plan, in, false);
    kr_tensor rest, trend = kr_moving_average(b->plan, kr__window_own(c, &w), c->moving_avg, &rest);
    kr_tensor seasonal = map_time(b, c, rest, mean, "Linear_Seasonal");
    kr_tensor sum = kr_add(b->plan, seasonal, map_time(b, c, trend, mean, "Linear_Trend"));
    return kr__forecast_finish(b, c, sum, &w);
}

/* ---- without parameters ----------------------------------------------------------------- */

/* y[p] = x[seq_len - period + p % period]; a period of 1 repeats the last value. */
static kr_tensor repeat_period(kr_builder *b, const kr_forecaster_config *c,
                               const kr_forecaster_in *in, int64_t period) {
    kr__window w = kr__window_make(b->plan, in, false);
    return kr_seasonal_naive(b->plan, kr__window_own(c, &w), c->pred_len, period);
}

static kr_tensor build_naive(kr_builder *b, const kr_forecaster_config *c,
                             const kr_forecaster_in *in) {
    return repeat_period(b, c, in, 1);
}

static kr_tensor build_seasonal_naive(kr_builder *b, const kr_forecaster_config *c,
                                      const kr_forecaster_in *in) {
    return repeat_period(b, c, in, c->season);
}

/* ---- the table -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    kr_tensor (*build)(kr_builder *b, const kr_forecaster_config *c, const kr_forecaster_in *in);
    bool learns;
} models[] = {
    {"TimeStar", kr__build_timestar, true}, {"TimeStarMamba", kr__build_timestar_mamba, true},
    {"RLinear", build_rlinear, true},       {"DLinear", build_dlinear, true},
    {"Naive", build_naive, false},          {"SeasonalNaive", build_seasonal_naive, false},
};
enum { N_MODELS = sizeof models / sizeof models[0] };

static int find_model(const char *name) {
    for (int i = 0; i < N_MODELS; i++) {
        if (strcmp(models[i].name, name) == 0) return i;
    }
    return -1;
}

bool kr_forecaster_exists(const char *model) { return find_model(model) >= 0; }

bool kr_forecaster_learns(const char *model) {
    int i = find_model(model);
    return i >= 0 && models[i].learns;
}

kr_tensor kr_forecaster_build(kr_builder *b, const kr_forecaster_config *config,
                              const kr_forecaster_in *in) {
    int i = find_model(config->model);
    if (i < 0) {
        kr_plan_fail(b->plan, KR_USAGE, "model %s is not known", config->model);
        return KR_NONE;
    }
    return models[i].build(b, config, in);
}
