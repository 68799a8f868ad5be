/* SPDX-License-Identifier: MIT
 * model_parts.c - the normalised window, and the steps from a head's output to a forecast. */
#include "nn/model_parts.h"

#include <math.h>
#include <stdio.h>

/* ---- settings --------------------------------------------------------------------------- */

kr_status kr__check_heads(const kr__model_config *c, int64_t multiple, kr_error *err) {
    intmax_t d_model = c->d_model, n_heads = c->encoder.n_heads;
    if (d_model % n_heads == 0) return KR_OK;
    intmax_t step = n_heads % multiple == 0 ? n_heads : multiple * n_heads;
    return kr_fail(err, KR_USAGE,
                   "`d_model` %jd cannot be divided among `n_heads` %jd; use `d_model` %jd",
                   d_model, n_heads, (d_model / step + 1) * step);
}

/* ---- in --------------------------------------------------------------------------------- */

static kr_tensor use_cycle(kr_builder *b, const kr__model_config *c, kr_tensor x, kr_tensor phase,
                           kr_cycle_use use) {
    const int64_t shape[2] = {c->cycle, c->n_outputs};
    kr_tensor cycle = kr__params_get(b->params, b->plan, (kr_init){KR_INIT_ZEROS, 0}, 2, shape,
                                     "cycleQueue.data");
    return kr__cycle(b->plan, x, cycle, phase, &use);
}

void kr__window_take_off_cycle(kr_builder *b, const kr__model_config *c, kr__window *window) {
    kr__window *w = window;
    if (c->cycle == 0 || w->x.rank != 3) return;
    const kr_cycle_use use = {.period = c->seq_len, .is_taken_off = true};
    kr_tensor own = use_cycle(b, c, kr__window_own(c, w), w->phase, use);
    int64_t n_others = c->n_channels - c->n_outputs;
    w->x = n_others > 0 ? kr__concat(b->plan, kr__slice(w->x, 2, 0, n_others), own, 2) : own;
}

static void normalise(kr_plan *plan, const kr__model_in *in, kr__window *w) {
    w->x = kr__instance_norm(plan, in->x, 1e-5, &w->mean, &w->deviation);
    if (in->future.rank != 3 || w->x.rank != 3) return;
    int64_t n = in->future.shape[2];
    w->future = kr__normalize(plan, in->future, kr__slice(w->mean, 1, 0, n),
                              kr__slice(w->deviation, 1, 0, n));
}

kr__window kr__window_make(kr_builder *b, const kr__model_config *c, const kr__model_in *in,
                           bool is_normalised) {
    kr__window w = {.x = in->x,
                    .mark = in->mark,
                    .future = in->future,
                    .phase = in->phase,
                    .is_normalised = is_normalised};
    if (is_normalised) normalise(b->plan, in, &w);
    kr__window_take_off_cycle(b, c, &w);
    return w;
}

kr_tensor kr__window_own(const kr__model_config *c, const kr__window *window) {
    if (window->x.rank != 3) return KR_NONE;
    return kr__slice(window->x, 2, c->n_channels - c->n_outputs, c->n_outputs);
}

/* ---- across ------------------------------------------------------------------------------ */

/* name.weight and name.bias of a linear map of n_steps to n_out numbers. */
static kr_tensor get_map(kr_builder *b, int64_t n_out, int64_t n_steps, kr_init init,
                         const char *name, kr_tensor *bias) {
    const int64_t weight[2] = {n_out, n_steps};
    char text[KR_NAME_SIZE];
    snprintf(text, sizeof text, "%s.weight", name);
    kr_tensor w = kr__params_get(b->params, b->plan, init, 2, weight, text);
    snprintf(text, sizeof text, "%s.bias", name);
    *bias = kr__params_get(b->params, b->plan, kr__init_fan_in(n_steps), 1, weight, text);
    return w;
}

kr_tensor kr__embed_series(kr_builder *b, const kr__model_config *c, kr_tensor x, kr_tensor mark,
                           int64_t n_steps, const char *name) {
    char part[KR_NAME_SIZE];
    snprintf(part, sizeof part, "%s.value_embedding", name);
    kr_tensor bias, w = get_map(b, c->d_model, n_steps, kr__init_fan_in(n_steps), part, &bias);
    return kr__dropout(b->plan, kr__inverted_embed(b->plan, x, mark, w, bias), c->dropout);
}

kr_tensor kr__embed_futures(kr_builder *b, const kr__model_config *c, const kr__window *w) {
    kr_tensor past = kr__slice(w->x, 2, 0, c->n_future);
    kr_tensor both = kr__concat(b->plan, past, w->future, 1);
    return kr__embed_series(b, c, both, KR_NONE, c->seq_len + c->pred_len, "future_embedding");
}

kr_tensor kr__map_time(kr_builder *b, const kr__model_config *c, kr_tensor x, kr_init init,
                       const char *name) {
    kr_tensor bias, w = get_map(b, kr__head_rows(c), c->seq_len, init, name, &bias);
    return kr__inverted_embed(b->plan, x, KR_NONE, w, bias);
}

kr_tensor kr__repeat_period(kr_builder *b, const kr__model_config *c, const kr__model_in *in,
                            int64_t period) {
    const kr__window w = {.x = in->x};
    return kr__seasonal_naive(b->plan, kr__window_own(c, &w), c->pred_len, period);
}

/* ---- out -------------------------------------------------------------------------------- */

static int64_t quantile_count(const kr__model_config *c) {
    return c->n_quantiles > 0 ? c->n_quantiles : 1;
}

int64_t kr__head_rows(const kr__model_config *c) { return quantile_count(c) * c->pred_len; }

int64_t kr__model_middle(const kr__model_config *c) {
    for (int64_t q = 0; q < c->n_quantiles; q++) {
        if (c->quantiles[q] == 0.5) return q;
    }
    return 0;
}

/* y (B, quantiles * pred_len, n) plus a linear map of the known future values of each step. */
static kr_tensor add_future(kr_builder *b, const kr__model_config *c, kr_tensor y,
                            kr_tensor future) {
    int64_t n_quantiles = quantile_count(c), n = c->n_outputs, batch = y.shape[0];
    const int64_t weight[2] = {n_quantiles * n, c->n_future};
    kr_tensor w =
        kr__params_get(b->params, b->plan, (kr_init){KR_INIT_ZEROS, 0}, 2, weight, "future.weight");
    kr_tensor direct = kr__linear(b->plan, future, w, KR_NONE);
    if (direct.rank != 3) return KR_NONE;
    const int64_t apart[4] = {batch, c->pred_len, n_quantiles, n};
    direct = kr__copy(b->plan, kr__transpose(kr__reshape(direct, 4, apart), 1, 2));
    if (direct.rank != 4) return KR_NONE;
    return kr__add(b->plan, kr__copy(b->plan, y), kr__reshape(direct, 3, y.shape));
}

/* Quantile p of the standard normal distribution, by bisection. */
static double normal_quantile(double p) {
    double low = -40, high = 40;
    for (int i = 0; i < 64; i++) {
        double middle = (low + high) / 2;
        *(0.5 * erfc(-middle / sqrt(2)) < p ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

/* y (B, quantiles * pred_len, n) -> the same, contiguous, with quantiles that do not cross. Outputs
 * near 0, as from a new head, become the quantiles of the standard normal distribution around the
 * median. */
static kr_tensor spread(kr_plan *plan, const kr__model_config *c, kr_tensor y) {
    kr_tensor flat = kr__copy(plan, y);
    if (flat.rank != 3) return KR_NONE;
    const int64_t apart[3] = {y.shape[0], c->n_quantiles, c->pred_len * c->n_outputs};
    int64_t middle = kr__model_middle(c);
    double width[KR_QUANTILES_MAX] = {0};
    for (int64_t q = 0; q < c->n_quantiles; q++) {
        int64_t inner = q < middle ? q + 1 : q > middle ? q - 1 : q;
        width[q] = fabs(normal_quantile(c->quantiles[q]) - normal_quantile(c->quantiles[inner]));
    }
    flat = kr__quantile_spread(plan, kr__reshape(flat, 3, apart), middle, width);
    return flat.rank == 3 ? kr__reshape(flat, 3, y.shape) : KR_NONE;
}

static kr_tensor undo_normalise(kr_plan *plan, const kr__model_config *c, kr_tensor y,
                                const kr__window *w) {
    if (!w->is_normalised) return kr__copy(plan, y);
    if (y.rank != 3 || w->mean.rank != 2) return KR_NONE;
    int64_t first = c->n_channels - c->n_outputs;
    return kr__denormalize(plan, y, kr__slice(w->mean, 1, first, c->n_outputs),
                           kr__slice(w->deviation, 1, first, c->n_outputs));
}

kr_tensor kr__forecast_finish(kr_builder *b, const kr__model_config *c, kr_tensor raw,
                              const kr__window *window) {
    if (raw.rank != 3) return KR_NONE;
    kr_tensor y = kr__transpose(raw, 1, 2);
    if (c->n_future > 0) y = add_future(b, c, y, window->future);
    if (c->n_quantiles > 0 && y.rank == 3) y = spread(b->plan, c, y);
    if (c->cycle > 0 && y.rank == 3) {
        const kr_cycle_use use = {.first = c->seq_len, .period = c->pred_len};
        y = use_cycle(b, c, y, window->phase, use);
    }
    y = undo_normalise(b->plan, c, y, window);
    if (c->n_quantiles == 0 || y.rank != 3) return y;
    return kr__reshape(y, 4, (int64_t[]){y.shape[0], c->n_quantiles, c->pred_len, c->n_outputs});
}
