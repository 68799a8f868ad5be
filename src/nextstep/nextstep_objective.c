/* SPDX-License-Identifier: MIT
 * nextstep_objective.c - the next-step model and its losses as one plan. */
#include "nextstep/nextstep_objective.h"
#include "core/arena.h"

static void build(const void *config, kr_builder *b, int64_t batch, bool is_training,
                  kr_ends *ends) {
    const kr__nextstep_task *o = config;
    const int64_t shape[3] = {batch, o->seq_len, o->model.n_features};
    ends->in[KR__NEXTSTEP_INPUT] = kr__plan_input(b->plan, 3, shape, false);
    ends->in[KR__NEXTSTEP_TARGET] = kr__plan_input(b->plan, 3, shape, false);
    kr_tensor pred[KR__NEXTSTEP_MAX_HORIZONS];
    kr__nextstep_inside *inside = NULL;
    if (is_training && kr__nextstep_has_extras(&o->extras)) {
        inside = kr__calloc(1, sizeof *inside);
        if (!inside) {
            kr__plan_fail(b->plan, KR_MEMORY, "out of memory while planning");
            return;
        }
    }
    kr__nextstep_build(b, &o->model, ends->in[KR__NEXTSTEP_INPUT], KR__NEXTSTEP_MAX_HORIZONS, pred,
                       NULL, inside);
    ends->loss = kr__nextstep_loss(b, &o->model, pred, ends->in[KR__NEXTSTEP_TARGET]);
    if (inside)
        ends->loss = kr__nextstep_add_extras(b, &o->model, &o->extras, inside->layers, ends->loss);
    if (!is_training) ends->y = pred[0];
    kr_free(inside);
}

kr_objective kr__nextstep_objective(const kr__nextstep_task *config) {
    return (kr_objective){.build = build,
                          .config = config,
                          .rows_per_sample = config->seq_len,
                          .values_per_loss = 1,
                          .needs_whole_batch = config->extras.contrastive > 0};
}
