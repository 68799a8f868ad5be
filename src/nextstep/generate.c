/* SPDX-License-Identifier: MIT
 * generate.c - a next-step model whose forecasts become its inputs.
 *
 * One step s, with a forecast pending, as the original does it:
 *     forecast += temperature * noise
 *     a burst starts when interval divides s > 0; a running one starts over
 *     in a burst, not hidden: forecast += scale * noise
 *     the forecast is the step; the model takes it and forecasts the next
 *     in a hidden burst that forecast is made with scale * noise on the outputs of the first layers
 * The original runs the whole context again at every step, so noise inside the layers is forgotten
 * at the next one. Here the state comes from a clean step, the forecast from a pushed one. */
#include <kr/generate.h>

#include <string.h>

#include <kr/arena.h>
#include <kr/random.h>

#include "core/settings_view.h"

#define KR_FLAG_OWNER kr_generate_config
#define KR_FLAG_NAME "generate"
#define KR_FLAG_LIST <kr/generate_flags.inc>
#define KR_FLAG_DECIDES 0
#include <kr/flag_table.inc>

const kr_flag_table *kr_generate_flags(void) { return &table; }

kr_status kr_generate_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

enum { CONTEXT_STEPS = 64 /* of the context at a time */ };

struct kr_generator {
    const kr_mamba *model;
    double temperature, scale;
    int64_t interval, duration, n_pushed;
    bool is_hidden;
    kr_noise noise;
    kr_rng rng; /* of our own noise */
    kr_mamba_chunk *context, *step, *pushed;
    kr_real *state;              /* state_size */
    kr_real *forecasts;          /* of a chunk, (CONTEXT_STEPS, n_features) */
    kr_real *forecast, *draws;   /* (n_features) */
    int64_t n_generated, n_left; /* steps of the burst that are left */
};

static void draw_own(void *arg, int64_t n, kr_real *out) {
    kr_rng *rng = arg;
    for (int64_t i = 0; i < n; i++) out[i] = (kr_real)kr_rng_normal(rng);
}

/* ---- creating --------------------------------------------------------------------------- */

static kr_status create_chunks(kr_team *team, kr_generator *g, kr_error *err) {
    const kr_mamba_chunk_options context = {.n_steps = CONTEXT_STEPS}, step = {.n_steps = 1};
    const kr_mamba_chunk_options pushed = {.n_steps = 1, .with_pushes = true};
    KR_TRY(kr_mamba_chunk_create(team, g->model, &context, &g->context, err));
    KR_TRY(kr_mamba_chunk_create(team, g->model, &step, &g->step, err));
    if (!g->is_hidden) return KR_OK;
    return kr_mamba_chunk_create(team, g->model, &pushed, &g->pushed, err);
}

static kr_status allocate(kr_generator *g, kr_error *err) {
    const kr_mamba_shape *s = kr_mamba_shape_of(g->model);
    size_t n = (size_t)s->n_features;
    g->state = kr_calloc((size_t)s->state_size, sizeof *g->state);
    g->forecasts = kr_calloc(CONTEXT_STEPS * n, sizeof *g->forecasts);
    g->forecast = kr_calloc(n, sizeof *g->forecast);
    g->draws = kr_calloc(n, sizeof *g->draws);
    bool is_good = g->state && g->forecasts && g->forecast && g->draws;
    return is_good ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for generating");
}

static kr_status check(const kr_mamba *model, const kr_generate_config *config, kr_error *err) {
    const kr_mamba_shape *s = kr_mamba_shape_of(model);
    if (s->max_horizon == 0) {
        return kr_fail(err, KR_USAGE, "a single block makes no forecasts; use a whole model");
    }
    if (config->perturb_layers <= s->n_layers) return KR_OK;
    return kr_fail(err, KR_USAGE, "`perturb_layers` %lld: the model has %lld layers",
                   (long long)config->perturb_layers, (long long)s->n_layers);
}

kr_status kr_generator_create(kr_team *team, const kr_mamba *model,
                              const kr_generate_config *config, const kr_noise *noise,
                              kr_generator **out, kr_error *err) {
    KR_TRY(check(model, config, err));
    kr_generator *g = kr_calloc(1, sizeof *g);
    if (!g) return kr_fail(err, KR_MEMORY, "out of memory for generating");
    bool has_bursts = config->perturb_interval > 0 && config->perturb_scale > 0;
    g->model = model;
    g->temperature = config->temperature;
    g->scale = config->perturb_scale;
    g->interval = has_bursts ? config->perturb_interval : 0;
    g->duration = config->perturb_duration;
    g->is_hidden = has_bursts && config->perturb_hidden;
    g->n_pushed =
        config->perturb_layers > 0 ? config->perturb_layers : kr_mamba_shape_of(model)->n_layers;
    g->rng = kr_rng_make((uint64_t)config->seed, KR_STREAM_NOISE, 0);
    g->noise = noise ? *noise : (kr_noise){draw_own, &g->rng};
    kr_status status = allocate(g, err);
    if (status == KR_OK) status = create_chunks(team, g, err);
    if (status != KR_OK) {
        kr_generator_destroy(g);
        return status;
    }
    *out = g;
    return KR_OK;
}

void kr_generator_destroy(kr_generator *generator) {
    if (!generator) return;
    kr_mamba_chunk_destroy(generator->context);
    kr_mamba_chunk_destroy(generator->step);
    kr_mamba_chunk_destroy(generator->pushed);
    kr_free(generator->state);
    kr_free(generator->forecasts);
    kr_free(generator->forecast);
    kr_free(generator->draws);
    kr_free(generator);
}

void kr_generator_reset(kr_generator *g) {
    const kr_mamba_shape *s = kr_mamba_shape_of(g->model);
    memset(g->state, 0, (size_t)s->state_size * sizeof *g->state);
    memset(g->forecast, 0, (size_t)s->n_features * sizeof *g->forecast);
    g->n_generated = g->n_left = 0;
}

/* ---- running ---------------------------------------------------------------------------- */

void kr_generator_feed(kr_generator *g, int64_t n, const kr_real *x) {
    int64_t f = kr_mamba_shape_of(g->model)->n_features;
    for (; n >= CONTEXT_STEPS; n -= CONTEXT_STEPS, x += CONTEXT_STEPS * f) {
        kr_mamba_chunk_forward(g->context, x, g->state, g->forecasts, g->state);
        memcpy(g->forecast, g->forecasts + (CONTEXT_STEPS - 1) * f, (size_t)f * sizeof *x);
    }
    for (; n > 0; n--, x += f) kr_mamba_chunk_forward(g->step, x, g->state, g->forecast, g->state);
}

const kr_real *kr_generator_forecast(const kr_generator *generator) { return generator->forecast; }

static void add_noise(kr_generator *g, double scale) {
    int64_t f = kr_mamba_shape_of(g->model)->n_features;
    g->noise.draw(g->noise.arg, f, g->draws);
    for (int64_t i = 0; i < f; i++) g->forecast[i] += (kr_real)scale * g->draws[i];
}

/* The forecast after x with noise in the layers; the state stays what it is. */
static void forecast_pushed(kr_generator *g, const kr_real *x) {
    int64_t width = kr_mamba_shape_of(g->model)->d_model;
    for (int64_t layer = 0; layer < g->n_pushed; layer++) {
        kr_real *push = kr_mamba_chunk_push(g->pushed, layer);
        g->noise.draw(g->noise.arg, width, push);
        for (int64_t i = 0; i < width; i++) push[i] *= (kr_real)g->scale;
    }
    kr_mamba_chunk_forward(g->pushed, x, g->state, g->forecast, NULL);
}

void kr_generator_next(kr_generator *g, kr_real *out) {
    int64_t f = kr_mamba_shape_of(g->model)->n_features, s = g->n_generated++;
    if (g->temperature > 0) add_noise(g, g->temperature);
    if (g->interval > 0 && s > 0 && s % g->interval == 0) g->n_left = g->duration;
    bool is_burst = g->n_left > 0;
    if (is_burst && !g->is_hidden) add_noise(g, g->scale);
    memcpy(out, g->forecast, (size_t)f * sizeof *out);
    if (is_burst && g->is_hidden) {
        forecast_pushed(g, out);
        kr_mamba_chunk_forward(g->step, out, g->state, g->forecasts, g->state);
    } else {
        kr_mamba_chunk_forward(g->step, out, g->state, g->forecast, g->state);
    }
    if (g->n_left > 0) g->n_left--;
}
