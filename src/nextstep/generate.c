/* SPDX-License-Identifier: MIT
 * generate.c - a series that arrives step by step, and a next-step model whose forecasts become its
 * inputs.
 *
 * One step s, given its forecast, as the original does it:
 *     forecast += temperature * noise
 *     a burst starts when interval divides s > 0; a running one starts over
 *     in a burst, not hidden: forecast += scale * noise
 *     the forecast becomes the step; the model takes it and forecasts the next
 *     in a hidden burst that forecast is made with scale * noise on the outputs of the first layers
 * The original runs the whole context again at every step, so noise inside the layers is forgotten
 * at the next one. Here the state comes from a clean step, the forecast from a pushed one. */
#include <string.h>

#include "core/arena.h"
#include "core/flags.h"
#include "core/random.h"
#include "core/real.h"
#include "core/settings_view.h"
#include "core/sized_struct.h"
#include "nextstep/nextstep_config.h"
#include "nextstep/nextstep_internal.h"

#define KR_FLAG_OWNER kr_generate_config
#define KR_FLAG_NAME "generate"
#define KR_FLAG_LIST "nextstep/generate_flags.inc"
#define KR_FLAG_DECIDES 0
#include "core/flag_table.inc"

const kr_flag_table *kr__generate_flags(void) { return &table; }

kr_status kr_generate_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

enum { CONTEXT_STEPS = 64 /* pushed at a time */ };

struct kr_nextstep_stream {
    const kr_nextstep *model;
    kr_nextstep_stream_options options; /* interval 0: no bursts */
    int64_t n_pushed;                   /* layers that hidden bursts hit */
    kr_rng rng;                         /* of the built-in noise */
    kr__chunk *context, *step, *pushed;
    kr_weight_panels panels;     /* of all three */
    kr_real *state;              /* state_size */
    kr_real *forecasts;          /* of a chunk, (CONTEXT_STEPS, n_features) */
    kr_real *forecast;           /* (n_features) */
    float *draws;                /* enough for a step or for a layer's output */
    int64_t n_generated, n_left; /* steps of the burst that are left */
};

static void draw_own(void *arg, int64_t n, float *out) {
    kr_rng *rng = arg;
    for (int64_t i = 0; i < n; i++) out[i] = (float)kr__rng_normal(rng);
}

/* ---- creating --------------------------------------------------------------------------- */

static kr_status create_chunks(kr_nextstep_stream *s, kr_error *err) {
    kr_weight_panels *panels = &s->panels;
    const kr__chunk_options context = {.n_steps = CONTEXT_STEPS, .panels = panels};
    const kr__chunk_options step = {.n_steps = 1, .panels = panels};
    const kr__chunk_options pushed = {.n_steps = 1, .with_pushes = true, .panels = panels};
    kr_team *team = s->model->team;
    const kr__stack *stack = s->model->stack;
    KR_TRY(kr__chunk_create(team, stack, &context, &s->context, err));
    KR_TRY(kr__chunk_create(team, stack, &step, &s->step, err));
    if (s->options.perturb_hidden) {
        KR_TRY(kr__chunk_create(team, stack, &pushed, &s->pushed, err));
    }
    KR_TRY(kr__weight_panels_allocate(panels, err));
    kr__weight_panels_make(team, panels, stack->params.values);
    return KR_OK;
}

static kr_status allocate(kr_nextstep_stream *s, kr_error *err) {
    const kr_nextstep_shape *shape = &s->model->shape;
    size_t n = (size_t)shape->n_features, width = (size_t)shape->d_model;
    s->state = kr__calloc((size_t)shape->state_size, sizeof *s->state);
    s->forecasts = kr__calloc(CONTEXT_STEPS * n, sizeof *s->forecasts);
    s->forecast = kr__calloc(n, sizeof *s->forecast);
    s->draws = kr__calloc(n > width ? n : width, sizeof *s->draws);
    bool has_memory = s->state && s->forecasts && s->forecast && s->draws;
    return has_memory ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the stream");
}

static kr_status take_options(kr_nextstep_stream *s, const kr_nextstep_stream_options *options,
                              kr_error *err) {
    kr_nextstep_stream_options *o = &s->options;
    int64_t n_layers = s->model->shape.n_layers;
    KR_TRY(kr__sized_take("kr_nextstep_stream_options", options, o, sizeof *o, err));
    if (o->perturb_layers > n_layers) {
        return kr_fail(err, KR_USAGE, "`perturb_layers` %lld: the model has %lld layers",
                       (long long)o->perturb_layers, (long long)n_layers);
    }
    bool has_bursts = o->perturb_interval > 0 && o->perturb_scale > 0;
    if (!has_bursts) o->perturb_interval = 0;
    o->perturb_hidden = o->perturb_hidden && has_bursts;
    s->n_pushed = o->perturb_layers > 0 ? o->perturb_layers : n_layers;
    s->rng = kr__rng_make(o->seed, KR_STREAM_NOISE, 0);
    if (o->noise) return KR_OK;
    o->noise = draw_own;
    o->noise_arg = &s->rng;
    return KR_OK;
}

kr_status kr_nextstep_stream_create(const kr_nextstep *model,
                                    const kr_nextstep_stream_options *options,
                                    kr_nextstep_stream **out, kr_error *err) {
    kr_nextstep_stream *s = kr__calloc(1, sizeof *s);
    if (!s) return kr_fail(err, KR_MEMORY, "out of memory for the stream");
    s->model = model;
    kr_status status = take_options(s, options, err);
    if (status == KR_OK) status = allocate(s, err);
    if (status == KR_OK) status = create_chunks(s, err);
    if (status != KR_OK) {
        kr_nextstep_stream_destroy(s);
        return status;
    }
    *out = s;
    return KR_OK;
}

void kr_nextstep_stream_destroy(kr_nextstep_stream *stream) {
    if (!stream) return;
    kr__chunk_destroy(stream->context);
    kr__chunk_destroy(stream->step);
    kr__chunk_destroy(stream->pushed);
    kr__weight_panels_deinit(&stream->panels);
    kr_free(stream->state);
    kr_free(stream->forecasts);
    kr_free(stream->forecast);
    kr_free(stream->draws);
    kr_free(stream);
}

/* ---- the state -------------------------------------------------------------------------- */

void kr_nextstep_stream_reset(kr_nextstep_stream *s) {
    const kr_nextstep_shape *shape = &s->model->shape;
    memset(s->state, 0, (size_t)shape->state_size * sizeof *s->state);
    memset(s->forecast, 0, (size_t)shape->n_features * sizeof *s->forecast);
    s->n_generated = s->n_left = 0;
}

void kr_nextstep_stream_state(const kr_nextstep_stream *s, float *state, float *forecast) {
    const kr_nextstep_shape *shape = &s->model->shape;
    for (int64_t i = 0; i < shape->state_size; i++) state[i] = (float)s->state[i];
    for (int64_t i = 0; i < shape->n_features; i++) forecast[i] = (float)s->forecast[i];
}

void kr_nextstep_stream_restore(kr_nextstep_stream *s, const float *state, const float *forecast) {
    const kr_nextstep_shape *shape = &s->model->shape;
    for (int64_t i = 0; i < shape->state_size; i++) s->state[i] = state[i];
    for (int64_t i = 0; i < shape->n_features; i++) s->forecast[i] = forecast[i];
}

/* ---- running ---------------------------------------------------------------------------- */

void kr_nextstep_stream_push(kr_nextstep_stream *s, int64_t n, const float *x) {
    int64_t f = s->model->shape.n_features;
    for (; n >= CONTEXT_STEPS; n -= CONTEXT_STEPS, x += CONTEXT_STEPS * f) {
        kr__chunk_forward(s->context, (const kr_real *)x, s->state, s->forecasts, s->state);
        memcpy(s->forecast, s->forecasts + (CONTEXT_STEPS - 1) * f,
               (size_t)f * sizeof *s->forecast);
    }
    for (; n > 0; n--, x += f) {
        kr__chunk_forward(s->step, (const kr_real *)x, s->state, s->forecast, s->state);
    }
}

const float *kr_nextstep_stream_forecast(const kr_nextstep_stream *stream) {
    return (const float *)stream->forecast;
}

static void add_noise(kr_nextstep_stream *s, double scale) {
    int64_t f = s->model->shape.n_features;
    s->options.noise(s->options.noise_arg, f, s->draws);
    for (int64_t i = 0; i < f; i++) s->forecast[i] += (kr_real)scale * (kr_real)s->draws[i];
}

/* The forecast after x with noise in the layers; the state does not change. */
static void forecast_pushed(kr_nextstep_stream *s, const float *x) {
    int64_t width = s->model->shape.d_model;
    for (int64_t layer = 0; layer < s->n_pushed; layer++) {
        kr_real *push = kr__chunk_push(s->pushed, layer), scale = (kr_real)s->options.perturb_scale;
        s->options.noise(s->options.noise_arg, width, s->draws);
        for (int64_t i = 0; i < width; i++) push[i] = (kr_real)s->draws[i] * scale;
    }
    kr__chunk_forward(s->pushed, (const kr_real *)x, s->state, s->forecast, NULL);
}

void kr_nextstep_stream_generate(kr_nextstep_stream *s, float *out) {
    const kr_nextstep_stream_options *o = &s->options;
    int64_t f = s->model->shape.n_features, step = s->n_generated++;
    if (o->temperature > 0) add_noise(s, o->temperature);
    bool begins = o->perturb_interval > 0 && step > 0 && step % o->perturb_interval == 0;
    if (begins) s->n_left = o->perturb_duration;
    bool is_burst = s->n_left > 0;
    if (is_burst && !o->perturb_hidden) add_noise(s, o->perturb_scale);
    for (int64_t i = 0; i < f; i++) out[i] = (float)s->forecast[i];
    bool is_pushed = is_burst && o->perturb_hidden;
    if (is_pushed) forecast_pushed(s, out);
    kr__chunk_forward(s->step, (const kr_real *)out, s->state,
                      is_pushed ? s->forecasts : s->forecast, s->state);
    if (s->n_left > 0) s->n_left--;
}
