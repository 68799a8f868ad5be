/* SPDX-License-Identifier: MIT
 * nextstep_init.c - the initial values of the next-step model, drawn as PyTorch draws them while
 * the original's modules are built: layer after layer, weight before bias. */
#include <math.h>
#include <stdio.h>

#include "nn/nextstep_model.h"

typedef struct drawing {
    kr_params *params;
    kr_torch_rng *rng;
    const char *module;
} drawing;

static const kr_param *find(const drawing *d, const char *part) {
    char name[KR_NAME_SIZE + 32];
    snprintf(name, sizeof name, "%s%s", d->module, part);
    return kr__params_find(d->params, name);
}

static void draw_uniform(const drawing *d, const char *part, double bound) {
    const kr_param *p = find(d, part);
    for (int64_t i = 0; i < p->size; i++) {
        d->params->values[p->offset + i] = kr__torch_uniform(d->rng, (float)-bound, (float)bound);
    }
}

static void draw_linear(kr_params *params, kr_torch_rng *rng, const char *module, bool with_bias) {
    drawing d = {params, rng, module};
    double bound = 1 / sqrt((double)find(&d, ".weight")->shape[1]);
    draw_uniform(&d, ".weight", bound);
    if (with_bias) draw_uniform(&d, ".bias", bound);
}

/* softplus of the bias is exponentially distributed between 0.001 and 0.1. */
static void draw_dt_bias(const drawing *d) {
    const kr_param *p = find(d, ".dt_proj.bias");
    for (int64_t i = 0; i < p->size; i++) {
        float u = kr__torch_uniform(d->rng, 0, 1);
        float dt = expf(u * (float)(log(0.1) - log(0.001)) + (float)log(0.001));
        if (dt < 1e-4f) dt = 1e-4f;
        d->params->values[p->offset + i] = dt + logf(-expm1f(-dt));
    }
}

static void draw_mamba(kr_params *params, kr_torch_rng *rng, const char *module) {
    drawing d = {params, rng, module};
    const kr_param *conv = find(&d, ".conv1d.weight"), *dt = find(&d, ".dt_proj.weight");
    double conv_bound = 1 / sqrt((double)conv->shape[2]), dt_bound = 1 / sqrt((double)dt->shape[1]);
    draw_uniform(&d, ".in_proj.weight", 1 / sqrt((double)find(&d, ".in_proj.weight")->shape[1]));
    draw_uniform(&d, ".conv1d.weight", conv_bound);
    draw_uniform(&d, ".conv1d.bias", conv_bound);
    draw_uniform(&d, ".x_proj.weight", 1 / sqrt((double)find(&d, ".x_proj.weight")->shape[1]));
    draw_uniform(&d, ".dt_proj.weight", dt_bound); /* as in every linear layer; drawn again below */
    draw_uniform(&d, ".dt_proj.bias", dt_bound);
    draw_uniform(&d, ".dt_proj.weight", dt_bound);
    draw_dt_bias(&d);
    draw_uniform(&d, ".out_proj.weight", 1 / sqrt((double)find(&d, ".out_proj.weight")->shape[1]));
}

void kr__nextstep_initialise(kr_params *params, const kr__nextstep_model_config *config,
                             kr_torch_rng *rng) {
    char name[KR_NAME_SIZE];
    kr__params_initialise(params, 0); /* norms, A_log, D */
    draw_linear(params, rng, "input_proj", true);
    for (int64_t i = 0; i < config->n_layers; i++) {
        snprintf(name, sizeof name, "layers.%lld.mamba", (long long)i);
        draw_mamba(params, rng, name);
    }
    int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS];
    int n = kr__nextstep_horizons(config->max_horizon, horizons);
    for (int i = 0; i < n; i++) {
        for (int part = 0; part <= 2; part += 2) {
            snprintf(name, sizeof name, "output_heads.%lld.%d", (long long)horizons[i], part);
            draw_linear(params, rng, name, true);
        }
    }
}
