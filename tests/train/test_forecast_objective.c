/* SPDX-License-Identifier: MIT
 * test_forecast_objective.c - gradients of whole forecasters against central differences, and the
 * simple ones against their formulas. */
#include <kr/random.h>
#include <kr/threads.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "train/forecast_objective.h"

enum { SEQ_LEN = 20, PRED_LEN = 5, CHANNELS = 3, MARKS = 2, BATCH = 3 };

static kr_forecast_objective small_objective(const char *model) {
    return (kr_forecast_objective){
        .model = {.model = model,
                  .seq_len = SEQ_LEN,
                  .pred_len = PRED_LEN,
                  .n_channels = CHANNELS,
                  .n_marks = MARKS,
                  .patch_len = 8,
                  .d_model = 8,
                  .e_layers = 1,
                  .moving_avg = 7,
                  .season = 4,
                  .use_norm = true,
                  .encoder = {.n_heads = 2, .d_ff = 8, .mamba = {3, 4, 2}, .star = {.d_core = 4}}}};
}

static kr_engine *open_engine(const kr_forecast_objective *objective) {
    const kr_engine_config config = {
        .objective = kr__forecast_objective(objective), .grad_slots = 2, .max_batch = BATCH};
    kr_engine *engine = NULL;
    kr_error err = {0};
    if (kr_engine_create(&config, &engine, &err) != KR_OK) fail_msg("%s", err.text);
    kr_params_initialise(kr_engine_params(engine), 3);
    return engine;
}

static void fill(kr_rng *rng, kr_real *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)kr_rng_normal(rng);
}

/* arg: the objective. One target of the sample is unknown. */
static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const kr_forecaster_config *c = &((const kr_forecast_objective *)arg)->model;
    kr_rng rng = kr_rng_make(5, KR_STREAM_TEST, (uint64_t)i);
    fill(&rng, in[KR_FORECAST_X], SEQ_LEN * CHANNELS);
    fill(&rng, in[KR_FORECAST_MARK], SEQ_LEN * MARKS);
    fill(&rng, in[KR_FORECAST_TARGET], PRED_LEN * kr_forecaster_outputs(c));
    in[KR_FORECAST_TARGET][2] = (kr_real)NAN;
}

/* ---- gradients -------------------------------------------------------------------------- */

static double loss_of(kr_engine *engine, const kr_samples *samples) {
    return kr_engine_train_batch(engine, samples, (kr_draw_key){1, 1, NULL});
}

/* Up to ten values of every parameter are moved both ways. */
static void check_gradient(kr_forecast_objective *objective) {
    const double step = sizeof(kr_real) == 8 ? 1e-5 : 1e-2;
    const double tolerance = sizeof(kr_real) == 8 ? 1e-6 : 5e-2;
    kr_engine *engine = open_engine(objective);
    kr_params *params = kr_engine_params(engine);
    kr_samples samples = {fetch, objective, BATCH};
    kr_rng rng = kr_rng_make(8, KR_STREAM_TEST, 0);
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        for (int k = 0; k < 10 && k < p->size; k++) {
            int64_t at = p->offset + (int64_t)(kr_rng_uniform(&rng) * (double)p->size);
            kr_real value = params->values[at];
            loss_of(engine, &samples);
            double gradient = (double)kr_engine_gradient(engine)[at];
            params->values[at] = value + (kr_real)step;
            double above = loss_of(engine, &samples);
            params->values[at] = value - (kr_real)step;
            double slope = (above - loss_of(engine, &samples)) / (2 * step);
            params->values[at] = value;
            if (!(fabs(gradient - slope) <= tolerance * (0.1 + fabs(slope)))) {
                fail_msg("%s, %s: gradient %.9g, by differences %.9g", objective->model.model,
                         p->name, gradient, slope);
            }
        }
    }
    kr_engine_destroy(engine);
}

static const char *const learned[] = {"TimeStar", "TimeStarMamba", "RLinear", "DLinear"};
enum { N_LEARNED = sizeof learned / sizeof learned[0] };

static void gradients(void **state) {
    (void)state;
    for (int i = 0; i < N_LEARNED; i++) {
        for (int is_ms = 0; is_ms < 2; is_ms++) {
            kr_forecast_objective objective = small_objective(learned[i]);
            objective.model.is_ms = is_ms;
            check_gradient(&objective);
        }
    }
}

static void add_quantiles(kr_forecast_objective *objective) {
    static const double quantiles[4] = {0.05, 0.2, 0.5, 0.9};
    objective->loss = KR_LOSS_QUANTILE;
    objective->model.n_quantiles = 4;
    memcpy(objective->model.quantiles, quantiles, sizeof quantiles);
}

/* The kinks of the loss need fine steps. */
static void gradients_of_quantiles(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip();
    for (int i = 0; i < N_LEARNED; i++) {
        kr_forecast_objective objective = small_objective(learned[i]);
        add_quantiles(&objective);
        check_gradient(&objective);
    }
}

/* With parameters far from reasonable ones, too. */
static void quantiles_of_every_model_rise(void **state) {
    (void)state;
    enum { STEP = PRED_LEN * CHANNELS };
    kr_real y[BATCH * 4 * STEP];
    for (int i = 0; i < N_LEARNED; i++) {
        kr_forecast_objective objective = small_objective(learned[i]);
        add_quantiles(&objective);
        kr_engine *engine = open_engine(&objective);
        kr_params *params = kr_engine_params(engine);
        for (int64_t k = 0; k < params->size; k++) params->values[k] *= 20;
        kr_samples samples = {fetch, &objective, BATCH};
        assert_int_equal(kr_engine_y_size(engine), 4 * STEP);
        kr_engine_predict(engine, &samples, y, NULL);
        for (int k = 0; k < BATCH * 4 * STEP; k++) {
            assert_true(k / STEP % 4 == 0 || y[k] >= y[k - STEP]);
        }
        kr_engine_destroy(engine);
    }
}

/* ---- simple forecasters ----------------------------------------------------------------- */

/* One forecast, of sample 0. */
static void predict(kr_engine *engine, kr_forecast_objective *objective, kr_real *x, kr_real *y) {
    kr_samples samples = {fetch, objective, 1};
    kr_rng rng = kr_rng_make(5, KR_STREAM_TEST, 0);
    fill(&rng, x, SEQ_LEN * CHANNELS);
    kr_engine_predict(engine, &samples, y, NULL);
}

/* Its forecast of step p, after the definition: trend by a plain mean over clamped places. */
static double plain_dlinear(const kr_params *params, const kr_real *x, int v, int p) {
    const char *const names[4] = {"Linear_Trend.weight", "Linear_Seasonal.weight",
                                  "Linear_Trend.bias", "Linear_Seasonal.bias"};
    const kr_real *w[4];
    for (int i = 0; i < 4; i++) {
        const kr_param *found = kr_params_find(params, names[i]);
        assert_non_null(found);
        w[i] = params->values + found->offset;
    }
    double y = (double)w[2][p] + (double)w[3][p];
    for (int t = 0; t < SEQ_LEN; t++) {
        double trend = 0;
        for (int j = t - 3; j <= t + 3; j++) {
            int place = j < 0 ? 0 : j < SEQ_LEN ? j : SEQ_LEN - 1;
            trend += (double)x[place * CHANNELS + v] / 7;
        }
        y += (double)w[0][p * SEQ_LEN + t] * trend;
        y += (double)w[1][p * SEQ_LEN + t] * ((double)x[t * CHANNELS + v] - trend);
    }
    return y;
}

static void dlinear_is_its_formula(void **state) {
    (void)state;
    kr_forecast_objective objective = small_objective("DLinear");
    kr_engine *engine = open_engine(&objective);
    kr_params *params = kr_engine_params(engine);
    kr_real x[SEQ_LEN * CHANNELS], y[PRED_LEN * CHANNELS];
    const kr_param *weight = kr_params_find(params, "Linear_Trend.weight");
    assert_true(params->values[weight->offset] == (kr_real)(1.0 / SEQ_LEN));
    kr_rng rng = kr_rng_make(6, KR_STREAM_TEST, 1);
    fill(&rng, params->values, params->size);
    predict(engine, &objective, x, y);
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) {
        double expected = plain_dlinear(params, x, i % CHANNELS, i / CHANNELS);
        assert_true(fabs((double)y[i] - expected) < 2e-5);
    }
    kr_engine_destroy(engine);
}

static void naive_repeats_the_last_value(void **state) {
    (void)state;
    kr_forecast_objective objective = small_objective("Naive");
    kr_engine *engine = open_engine(&objective);
    kr_real x[SEQ_LEN * CHANNELS], y[PRED_LEN * CHANNELS];
    predict(engine, &objective, x, y);
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) {
        assert_true(y[i] == x[(SEQ_LEN - 1) * CHANNELS + i % CHANNELS]);
    }
    kr_engine_destroy(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),
        cmocka_unit_test(gradients_of_quantiles),
        cmocka_unit_test(quantiles_of_every_model_rise),
        cmocka_unit_test(dlinear_is_its_formula),
        cmocka_unit_test(naive_repeats_the_last_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
