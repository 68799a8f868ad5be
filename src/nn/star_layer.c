/* SPDX-License-Identifier: MIT
 * star_layer.c - STAR: channels and covariates are scored and pooled into one core, which is
 * appended to every channel. Source: SOFTS (arXiv:2404.14197), TimeStar. */
#include <stdio.h>

#include "nn/layers.h"

static kr_tensor linear(kr_builder *b, kr_tensor x, int64_t n_out, const char *name,
                        const char *part) {
    char full[KR_NAME_SIZE];
    snprintf(full, sizeof full, "%s.%s", name, part);
    return kr__layer_linear(b, x, n_out, true, full);
}

kr_tensor kr__layer_star(kr_builder *b, kr_tensor x, kr_tensor cross, const kr_star_config *config,
                         const char *name) {
    kr_plan *plan = b->plan;
    int64_t d_model = x.rank == 3 ? x.shape[2] : 1;
    kr_tensor all = kr__concat(plan, x, cross, 1);
    kr_tensor hidden = kr__gelu(plan, linear(b, all, d_model, name, "gen1"));
    hidden = kr__dropout(plan, hidden, config->dropout);
    kr_tensor score = linear(b, hidden, config->d_core, name, "gen2");
    kr_tensor core = kr__star_pool(plan, score, config->is_guarded, config->is_stochastic);
    hidden = kr__gelu(plan, linear(b, kr__concat_core(plan, x, core), d_model, name, "gen3"));
    hidden = kr__dropout(plan, hidden, config->dropout);
    return linear(b, hidden, d_model, name, "gen4");
}
