/* SPDX-License-Identifier: MIT
 * samples.c - one pass over a series: tokens as patches fill, steps at the moments from which
 * forecasts are made. */
#include "zeroshot/samples.h"

#include <math.h>
#include <string.h>

static void build(const void *config, kr_builder *b, int64_t batch, bool is_training,
                  kr_ends *ends) {
    const kr__zeroshot_config *c = config;
    int64_t n = c->n_origins * c->n_steps;
    const int64_t tokens[3] = {batch, c->n_tokens, c->token_size},
                  steps[3] = {batch, n, c->step_size};
    const int64_t guesses[4] = {batch, 2, n, c->n_guesses}, target[2] = {batch, n};
    ends->in[KR__ZS_TOKENS] = kr__plan_input(b->plan, 3, tokens, false);
    ends->in[KR__ZS_STEPS] = kr__plan_input(b->plan, 3, steps, false);
    ends->in[KR__ZS_GUESSES] = kr__plan_input(b->plan, 4, guesses, false);
    ends->in[KR__ZS_TARGET] = kr__plan_input(b->plan, 2, target, false);
    const kr__zeroshot_in in = {ends->in[KR__ZS_TOKENS], ends->in[KR__ZS_STEPS],
                                ends->in[KR__ZS_GUESSES]};
    kr_tensor y = kr__zeroshot_build(b, c, &in);
    ends->loss = kr__pinball_loss(b->plan, y, ends->in[KR__ZS_TARGET], KR__ZEROSHOT_QUANTILES,
                                  kr__zeroshot_quantiles);
    if (!is_training) ends->y = y;
}

kr_objective kr__zeroshot_objective(const kr__zeroshot_config *c) {
    return (kr_objective){.build = build,
                          .config = c,
                          .rows_per_sample = c->n_tokens,
                          .values_per_loss = c->n_origins * c->n_steps * KR__ZEROSHOT_QUANTILES};
}

/* In training, rows count by how far off guesses were before, so that what is hard to tell, far
 * ahead, does not outweigh the rest: their unit is another one. The model is linear in guesses and
 * errors, so nothing else changes. */
static void weigh_row(const kr__zeroshot_config *c, kr_real *guesses, kr_real *errors,
                      kr_real *target) {
    const kr_real least = (kr_real).1, usual = errors[KR__GUESS_WEIGHTED];
    kr_real weight = 1 / (usual > least ? usual : least);
    for (int64_t i = 0; i < c->n_guesses; i++) guesses[i] *= weight, errors[i] *= weight;
    *target *= weight;
}

/* The forecasts of origin e begin behind the value before `t`. */
static void ask(const kr__zeroshot_config *c, const kr__zeroshot_series *series,
                const kr__guesser *guesser, int64_t t, int64_t e, kr_real *const in[KR__ZS_INPUTS],
                double last_and_scale[2]) {
    double scale = kr__past_scale(guesser), last = kr__guesser_look(guesser).last;
    kr_real *guesses = in[KR__ZS_GUESSES],
            *errors = guesses + c->n_origins * c->n_steps * c->n_guesses;
    for (int64_t k = 0; k < c->n_steps; k++) {
        int64_t row = e * c->n_steps + k, lead = series->leads[k];
        kr__past_step(guesser, lead, scale, in[KR__ZS_STEPS] + row * c->step_size,
                      guesses + row * c->n_guesses, errors + row * c->n_guesses);
        if (!in[KR__ZS_TARGET]) continue;
        int64_t at = t - 1 + lead;
        bool is_known =
            at < series->n_past + series->n_ahead && at >= series->first_target && t >= 3;
        double target = is_known ? (series->values[at] - last) / scale : (double)NAN;
        in[KR__ZS_TARGET][row] = (kr_real)(fabs(target) < 60 ? target : (double)NAN);
        weigh_row(c, guesses + row * c->n_guesses, errors + row * c->n_guesses,
                  &in[KR__ZS_TARGET][row]);
    }
    last_and_scale[0] = last;
    last_and_scale[1] = scale;
}

static void empty(const kr__zeroshot_config *c, kr_real *const in[KR__ZS_INPUTS]) {
    int64_t n = c->n_origins * c->n_steps;
    memset(in[KR__ZS_TOKENS], 0, (size_t)(c->n_tokens * c->token_size) * sizeof(kr_real));
    memset(in[KR__ZS_STEPS], 0, (size_t)(n * c->step_size) * sizeof(kr_real));
    memset(in[KR__ZS_GUESSES], 0, (size_t)(2 * n * c->n_guesses) * sizeof(kr_real));
    for (int64_t i = 0; in[KR__ZS_TARGET] && i < n; i++) in[KR__ZS_TARGET][i] = (kr_real)NAN;
}

void kr__zeroshot_sample(const kr__zeroshot_config *c, const kr__zeroshot_series *series,
                         kr__guesser *guesser, kr_real *const in[KR__ZS_INPUTS], double *last,
                         double *scale) {
    kr__patch patch;
    kr_real token[KR__TOKEN_SIZE];
    int64_t n = series->n_past;
    empty(c, in);
    kr__patch_begin(&patch);
    kr__guesser_begin(guesser, series->season);
    for (int64_t t = 0; t < n; t++) {
        kr__guesser_push(guesser, series->values[t]);
        if (kr__guesser_look(guesser).n == 0) continue;
        kr__patch_take(&patch, guesser, isfinite(series->values[t]));
        if ((n - 1 - t) % KR__PATCH != 0) continue;
        kr__patch_end(&patch, guesser, token);
        int64_t behind = (n - 1 - t) / KR__PATCH;
        if (behind >= c->n_tokens) continue;
        memcpy(in[KR__ZS_TOKENS] + (c->n_tokens - 1 - behind) * c->token_size, token, sizeof token);
        int64_t e = c->n_origins - 1 - behind / c->origin_gap;
        if (behind % c->origin_gap != 0 || e < 0) continue;
        double both[2];
        ask(c, series, guesser, t + 1, e, in, both);
        if (last) last[e] = both[0];
        if (scale) scale[e] = both[1];
    }
}
