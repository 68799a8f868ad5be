/* SPDX-License-Identifier: MIT
 * zeroshot_stream.c - a series that arrives value by value.
 *
 * Tokens are patches that end with the last value, whichever that is. So there are as many ways to
 * cut the past as values in a patch, and a state of the model for each of these phases; a value
 * ends a patch of one of them, and that one takes a step:
 *
 *     value   0 1 2 3 4 5 6 7 8 9 10 ..
 *     phase 0 |]      ..      ]            the guesses are the same in all of them
 *     phase 1 |  ]    ..        ]
 *
 * Until a phase has as many tokens as the model sees at once, they are kept, and a forecast reads
 * them all, as kr_zeroshot_forecast() does; from the state behind the last of these it goes on. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/scale.h"
#include "core/sized_struct.h"
#include "ops/weight_panels.h"
#include "zeroshot/zeroshot_internal.h"

enum { PHASES = KR__PATCH };

typedef struct phase {
    kr__patch patch; /* the one that is being filled */
    int64_t n_tokens;
    kr_real *tokens;         /* (n_tokens of the model, KR__TOKEN_SIZE), the first ones */
    kr_real *state, *origin; /* behind the last token, once there are as many; (d_model) */
} phase;

/* What a stream keeps of the values, or of their logarithms. */
typedef struct line {
    kr__guesser *guesser;
    phase phases[PHASES];
    double unit; /* values times this are computed with; 0: it is not known yet */
} line;

/* A plan, and what it takes and gives. */
typedef struct part {
    kr_plan *plan;
    kr_run run;
    kr_tensor in[3], out;
} part;

struct kr_zeroshot_stream {
    const kr_zeroshot *model;
    kr__zeroshot_config config; /* n_steps: the horizon */
    kr_zeroshot_stream_options options;
    part window, step, head;
    kr_weight_panels panels; /* of all three */
    line values, logs;
    bool has_logs;   /* there is a season, and all values were above 0 */
    double log_unit; /* kr__past_log_unit(); NaN: no value is known */
    int64_t n;       /* values that came */
    kr_real *state;  /* of a forecast from few tokens, then forgotten */
    int64_t state_size;
};

static kr_status out_of_memory(kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the stream");
}

/* ---- plans --------------------------------------------------------------------------------- */

/* Where the states of the layers lie. Returns their size. */
static int64_t place_states(const kr__zeroshot_config *c, kr_mamba_state *states) {
    int64_t d_inner = c->d_model * c->mamba.expand, n_before = c->mamba.d_conv - 1, at = 0;
    const int64_t conv[3] = {1, n_before, d_inner}, h[3] = {1, d_inner, c->mamba.d_state};
    for (int64_t i = 0; i < c->n_layers; i++) {
        states[i] = (kr_mamba_state){.conv_first = KR_NONE, .h_first = KR_NONE};
        if (n_before > 0) states[i].conv_first = kr__tensor_in_state(at, 3, conv);
        at += n_before * d_inner;
        states[i].h_first = kr__tensor_in_state(at, 3, h);
        at += d_inner * c->mamba.d_state;
    }
    return at;
}

static kr_status begin_part(kr_zeroshot_stream *s, part *p, kr_error *err) {
    KR_TRY(kr__plan_create(&kr_backend_cpu, 1, false, &p->plan, err));
    kr__plan_use_panels(p->plan, &s->panels);
    return KR_OK;
}

static kr_status end_part(kr_zeroshot_stream *s, part *p, kr_error *err) {
    kr__plan_output(p->plan, p->out);
    KR_TRY(kr__plan_finish(p->plan, err));
    for (int k = 0; k < 3; k++) {
        if (p->in[k].rank > 0) p->in[k] = kr__plan_resolve(p->plan, p->in[k]);
    }
    p->out = kr__plan_resolve(p->plan, p->out);
    size_t n_work = (size_t)kr__plan_work_size(p->plan) + 16,
           n_scratch = (size_t)kr__plan_scratch_size(p->plan) + 16;
    p->run.data[KR_SPACE_WORK] = kr__calloc(n_work, sizeof(kr_real));
    p->run.data[KR_SPACE_PARAM] = s->model->params.values;
    p->run.scratch = kr__calloc(n_scratch, sizeof(kr_real));
    return p->run.data[KR_SPACE_WORK] && p->run.scratch ? KR_OK : out_of_memory(err);
}

/* tokens (n_tokens, KR__TOKEN_SIZE) -> (n_tokens, d_model); changes a state. */
static kr_status make_past(kr_zeroshot_stream *s, part *p, int64_t n_tokens, kr_error *err) {
    const int64_t tokens[3] = {1, n_tokens, s->config.token_size};
    kr_mamba_state states[64];           /* the most layers that a model has */
    kr_params params = s->model->params; /* finds parameters, makes none */
    KR_TRY(begin_part(s, p, err));
    kr_builder b = {p->plan, &params};
    s->state_size = place_states(&s->config, states);
    p->in[0] = kr__plan_input(p->plan, 3, tokens, false);
    p->out = kr__zeroshot_encode(&b, &s->config, p->in[0], states);
    return end_part(s, p, err);
}

static kr_status make_head(kr_zeroshot_stream *s, part *p, kr_error *err) {
    const kr__zeroshot_config *c = &s->config;
    const int64_t origin[2] = {1, c->d_model}, steps[3] = {1, c->n_steps, c->step_size};
    const int64_t guesses[4] = {1, 2, c->n_steps, c->n_guesses};
    kr_params params = s->model->params;
    KR_TRY(begin_part(s, p, err));
    kr_builder b = {p->plan, &params};
    p->in[0] = kr__plan_input(p->plan, 2, origin, false);
    p->in[1] = kr__plan_input(p->plan, 3, steps, false);
    p->in[2] = kr__plan_input(p->plan, 4, guesses, false);
    p->out = kr__zeroshot_head(&b, c, p->in[0], p->in[1], p->in[2]);
    return end_part(s, p, err);
}

static void destroy_part(part *p) {
    kr__plan_destroy(p->plan);
    kr_free(p->run.data[KR_SPACE_WORK]);
    kr_free(p->run.scratch);
}

static void forward(void *arg, int64_t piece, int worker) {
    const part *p = arg;
    (void)piece, (void)worker;
    kr__plan_forward(p->plan, &p->run);
}

static kr_real *input(const part *p, int k) { return kr__data(&p->run, &p->in[k]); }

static const kr_real *run_part(kr_zeroshot_stream *s, part *p, kr_real *state) {
    p->run.panels = s->panels.values;
    p->run.data[KR_SPACE_STATE] = state;
    kr_team_for(NULL, 1, forward, p);
    return kr__data(&p->run, &p->out);
}

/* ---- creating ------------------------------------------------------------------------------ */

static kr_status take_options(kr_zeroshot_stream *s, const kr_zeroshot_stream_options *options,
                              kr_error *err) {
    kr_zeroshot_stream_options *o = &s->options;
    KR_TRY(kr__sized_take("kr_zeroshot_stream_options", options, o, sizeof *o, err));
    if (o->horizon < 1 || o->horizon > KR_ZEROSHOT_STREAM_HORIZON) {
        return kr_fail(err, KR_SHAPE,
                       "a horizon of %" PRId64 " steps; of a stream it can be 1 to %d", o->horizon,
                       KR_ZEROSHOT_STREAM_HORIZON);
    }
    const kr_zeroshot_series as_series = {.seasons = {o->seasons[0], o->seasons[1]}};
    KR_TRY(kr__zeroshot_check_seasons(&as_series, err));
    kr__zeroshot_find_seasons(&as_series, o->seasons);
    s->config = kr__zeroshot_shape(&s->model->settings);
    s->config.n_origins = 1;
    s->config.n_steps = o->horizon;
    s->config.dropout = 0;
    return KR_OK;
}

static kr_status make_plans(kr_zeroshot_stream *s, kr_error *err) {
    KR_TRY(make_past(s, &s->window, s->config.n_tokens, err));
    KR_TRY(make_past(s, &s->step, 1, err));
    KR_TRY(make_head(s, &s->head, err));
    KR_TRY(kr__weight_panels_allocate(&s->panels, err));
    kr__weight_panels_make(NULL, &s->panels, s->model->params.values);
    return KR_OK;
}

static kr_status make_line(const kr_zeroshot_stream *s, line *l, kr_error *err) {
    size_t n_tokens = (size_t)(s->config.n_tokens * s->config.token_size),
           n_state = (size_t)s->state_size + 1, n_origin = (size_t)s->config.d_model;
    bool has_memory = true;
    KR_TRY(kr__guesser_create(&l->guesser, err));
    for (int i = 0; i < PHASES && has_memory; i++) {
        phase *p = &l->phases[i];
        p->tokens = kr__calloc(n_tokens, sizeof *p->tokens);
        p->state = kr__calloc(n_state, sizeof *p->state);
        p->origin = kr__calloc(n_origin, sizeof *p->origin);
        has_memory = p->tokens && p->state && p->origin;
    }
    return has_memory ? KR_OK : out_of_memory(err);
}

static kr_status make_lines(kr_zeroshot_stream *s, kr_error *err) {
    KR_TRY(make_line(s, &s->values, err));
    if (kr__past_may_take_logs(s->options.seasons[0])) KR_TRY(make_line(s, &s->logs, err));
    s->state = kr__calloc((size_t)s->state_size + 1, sizeof *s->state);
    return s->state ? KR_OK : out_of_memory(err);
}

kr_status kr_zeroshot_stream_create(const kr_zeroshot *model,
                                    const kr_zeroshot_stream_options *options,
                                    kr_zeroshot_stream **out, kr_error *err) {
    kr_zeroshot_stream *s = kr__calloc(1, sizeof *s);
    if (!s) return out_of_memory(err);
    s->model = model;
    kr_status status = take_options(s, options, err);
    if (status == KR_OK) status = make_plans(s, err);
    if (status == KR_OK) status = make_lines(s, err);
    if (status != KR_OK) {
        kr_zeroshot_stream_destroy(s);
        return status;
    }
    kr_zeroshot_stream_reset(s);
    *out = s;
    return KR_OK;
}

static void destroy_line(line *l) {
    kr__guesser_destroy(l->guesser);
    for (int i = 0; i < PHASES; i++) {
        kr_free(l->phases[i].tokens);
        kr_free(l->phases[i].state);
        kr_free(l->phases[i].origin);
    }
}

void kr_zeroshot_stream_destroy(kr_zeroshot_stream *s) {
    if (!s) return;
    destroy_part(&s->window);
    destroy_part(&s->step);
    destroy_part(&s->head);
    kr__weight_panels_deinit(&s->panels);
    destroy_line(&s->values);
    destroy_line(&s->logs);
    kr_free(s->state);
    kr_free(s);
}

static void reset_line(const kr_zeroshot_stream *s, line *l) {
    kr__guesser_begin(l->guesser, s->options.seasons);
    for (int i = 0; i < PHASES; i++) {
        l->phases[i].n_tokens = 0;
        kr__patch_begin(&l->phases[i].patch);
    }
    l->unit = 0;
}

void kr_zeroshot_stream_reset(kr_zeroshot_stream *s) {
    s->has_logs = kr__past_may_take_logs(s->options.seasons[0]);
    s->log_unit = (double)NAN;
    reset_line(s, &s->values);
    if (s->has_logs) reset_line(s, &s->logs);
    s->n = 0;
}

/* ---- values -------------------------------------------------------------------------------- */

/* All tokens of a phase, at the end of those that the model sees; state: behind them. */
static const kr_real *read_tokens(kr_zeroshot_stream *s, const phase *p, kr_real *state) {
    int64_t size = s->config.token_size, n_before = s->config.n_tokens - p->n_tokens;
    kr_real *tokens = input(&s->window, 0);
    memset(tokens, 0, (size_t)(n_before * size) * sizeof *tokens);
    memcpy(tokens + n_before * size, p->tokens, (size_t)(p->n_tokens * size) * sizeof *tokens);
    memset(state, 0, (size_t)s->state_size * sizeof *state);
    return run_part(s, &s->window, state) + (s->config.n_tokens - 1) * s->config.d_model;
}

static void keep_origin(const kr_zeroshot_stream *s, phase *p, const kr_real *origin) {
    memcpy(p->origin, origin, (size_t)s->config.d_model * sizeof *origin);
}

static void end_patch(kr_zeroshot_stream *s, const kr__guesser *guesser, phase *p) {
    bool goes_on = p->n_tokens >= s->config.n_tokens;
    kr_real *token = goes_on ? input(&s->step, 0) : p->tokens + p->n_tokens * s->config.token_size;
    kr__patch_end(&p->patch, guesser, token);
    p->n_tokens += !goes_on;
    if (goes_on) {
        keep_origin(s, p, run_part(s, &s->step, p->state));
    } else if (p->n_tokens == s->config.n_tokens) {
        keep_origin(s, p, read_tokens(s, p, p->state));
    }
}

static void push_to(kr_zeroshot_stream *s, line *l, double value) {
    if (l->unit == 0 && !isnan(value) && value != 0) l->unit = kr__scale_for(fabs(value));
    kr__guesser_push(l->guesser, l->unit != 0 ? value * l->unit : value);
    if (kr__guesser_look(l->guesser).n == 0) return;
    for (int i = 0; i < PHASES; i++) {
        kr__patch_take(&l->phases[i].patch, l->guesser, !isnan(value));
    }
    end_patch(s, l->guesser, &l->phases[s->n % PHASES]);
}

static void push_value(kr_zeroshot_stream *s, double value) {
    s->has_logs = s->has_logs && !(value <= 0);
    push_to(s, &s->values, value);
    if (s->has_logs && isnan(s->log_unit)) s->log_unit = kr__past_log_unit(value);
    if (s->has_logs) push_to(s, &s->logs, log(value) - s->log_unit);
    s->n++;
}

kr_status kr_zeroshot_stream_push(kr_zeroshot_stream *s, int64_t n, const double *values,
                                  kr_error *err) {
    for (int64_t t = 0; t < n; t++) {
        if (!isinf(values[t])) continue;
        return kr_fail(err, KR_USAGE, "value %" PRId64 " is infinite", t);
    }
    for (int64_t t = 0; t < n; t++) push_value(s, values[t]);
    return KR_OK;
}

/* ---- forecasts ----------------------------------------------------------------------------- */

/* What is known of the steps ahead, in units of scale. */
static void look_ahead(const kr_zeroshot_stream *s, const kr__guesser *guesser, double scale) {
    const kr__zeroshot_config *c = &s->config;
    kr_real *guesses = input(&s->head, 2), *errors = guesses + c->n_steps * c->n_guesses;
    for (int64_t k = 0; k < c->n_steps; k++) {
        kr__past_step(guesser, k + 1, scale, input(&s->head, 1) + k * c->step_size,
                      guesses + k * c->n_guesses, errors + k * c->n_guesses);
    }
}

static kr__past_form form_of(const kr_zeroshot_stream *s) {
    kr__guesser_view v = kr__guesser_look(s->values.guesser);
    double unit = s->values.unit != 0 ? s->values.unit : 1;
    kr__past_form form = {.least = v.least / unit, .most = v.most / unit, .log_unit = s->log_unit};
    form.is_log = s->has_logs && kr__past_takes_logs(&form, s->options.seasons[0]);
    return form;
}

void kr_zeroshot_stream_forecast(kr_zeroshot_stream *s, double *quantiles) {
    const kr__past_form form = form_of(s);
    const line *l = form.is_log ? &s->logs : &s->values;
    kr__guesser_view v = kr__guesser_look(l->guesser);
    double unit = l->unit != 0 ? l->unit : 1, scale = kr__past_scale(l->guesser);
    int64_t n_steps = s->config.n_steps;
    for (int64_t i = 0; i < KR_ZEROSHOT_QUANTILES * n_steps; i++) quantiles[i] = (double)NAN;
    if (v.n == 0) return; /* no value is known */
    const phase *p = &l->phases[(s->n - 1) % PHASES];
    bool goes_on = p->n_tokens == s->config.n_tokens;
    memcpy(input(&s->head, 0), goes_on ? p->origin : read_tokens(s, p, s->state),
           (size_t)s->config.d_model * sizeof(kr_real));
    look_ahead(s, l->guesser, scale);
    const kr_real *y = run_part(s, &s->head, NULL), *middle = y + KR_ZEROSHOT_MEDIAN * n_steps;
    for (int64_t i = 0; i < KR_ZEROSHOT_QUANTILES * n_steps; i++) {
        double center = (double)middle[i % n_steps], away = (double)(y[i] - middle[i % n_steps]);
        double value = v.last / unit + center * (scale / unit) + away * (scale / unit);
        quantiles[i] = kr__past_leave(&form, value);
    }
}
