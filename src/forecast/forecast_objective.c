/* SPDX-License-Identifier: MIT
 * forecast_objective.c - a forecaster and its loss as one plan. */
#include "forecast/forecast_objective.h"

static kr_tensor build_loss(kr_plan *plan, const kr_forecast_objective *o, kr_tensor y,
                            kr_tensor target) {
    switch (o->loss) {
        case KR_LOSS_MAE:
            return kr__mae_loss(plan, y, target);
        case KR_LOSS_HUBER:
            return kr__huber_loss(plan, y, target);
        case KR_LOSS_QUANTILE:
            return kr__pinball_loss(plan, y, target, o->model.n_quantiles, o->model.quantiles);
        default:
            return kr__mse_loss(plan, y, target);
    }
}

/* Marks of a row, with its place in the cycle. */
static int64_t count_marks(const kr__model_config *c) { return c->n_marks + (c->cycle > 0); }

static void take_marks(const kr__model_config *c, kr_tensor all, kr__model_in *in) {
    if (c->n_marks > 0) in->mark = kr__slice(all, 2, 0, c->n_marks);
    if (c->cycle > 0) in->phase = kr__slice(kr__slice(all, 2, c->n_marks, 1), 1, 0, 1);
}

static void build(const void *config, kr_builder *b, int64_t batch, bool is_training,
                  kr_ends *ends) {
    const kr_forecast_objective *o = config;
    const kr__model_config *c = &o->model;
    const int64_t x[3] = {batch, c->seq_len, c->n_channels};
    const int64_t mark[3] = {batch, c->seq_len, count_marks(c)};
    const int64_t target[3] = {batch, c->pred_len, c->n_outputs};
    const int64_t future[3] = {batch, c->pred_len, c->n_future};
    ends->in[KR_FORECAST_X] = kr__plan_input(b->plan, 3, x, false);
    if (mark[2] > 0) ends->in[KR_FORECAST_MARK] = kr__plan_input(b->plan, 3, mark, false);
    ends->in[KR_FORECAST_TARGET] = kr__plan_input(b->plan, 3, target, false);
    if (c->n_future > 0) ends->in[KR_FORECAST_FUTURE] = kr__plan_input(b->plan, 3, future, false);
    kr__model_in in = {.x = ends->in[KR_FORECAST_X], .future = ends->in[KR_FORECAST_FUTURE]};
    take_marks(c, ends->in[KR_FORECAST_MARK], &in);
    kr_tensor y = kr__model_build(b, c, &in);
    kr__plan_label(b->plan, "loss");
    ends->loss = build_loss(b->plan, o, y, ends->in[KR_FORECAST_TARGET]);
    if (o->spectrum_weight > 0) {
        /* The engine divides by the values of a sample; this loss is a mean already. */
        double scale = o->spectrum_weight * (double)(c->n_outputs * c->pred_len);
        kr_tensor apart = kr__spectrum_loss(b->plan, y, ends->in[KR_FORECAST_TARGET], scale);
        ends->loss = kr__add(b->plan, ends->loss, apart);
    }
    if (!is_training) ends->y = y;
}

void kr__forecast_sizes(const kr__model_config *model, int64_t sizes[KR_MAX_INPUTS]) {
    sizes[KR_FORECAST_X] = model->seq_len * model->n_channels;
    sizes[KR_FORECAST_MARK] = model->seq_len * count_marks(model);
    sizes[KR_FORECAST_TARGET] = model->pred_len * model->n_outputs;
    sizes[KR_FORECAST_FUTURE] = model->pred_len * model->n_future;
}

kr_objective kr__forecast_objective(const kr_forecast_objective *config) {
    const kr__model_config *c = &config->model;
    int64_t n_quantiles = c->n_quantiles > 0 ? c->n_quantiles : 1;
    return (kr_objective){.build = build,
                          .config = config,
                          .rows_per_sample = kr__model_rows(c),
                          .values_per_loss = n_quantiles * c->n_outputs * c->pred_len};
}
