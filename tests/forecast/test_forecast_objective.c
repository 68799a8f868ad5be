/* SPDX-License-Identifier: MIT
 * test_forecast_objective.c - gradients of whole forecasters against central differences, and the
 * simple ones against their formulas. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "forecast/forecast_objective.h"
#include "support/workers.h"

enum { SEQ_LEN = 20, PRED_LEN = 5, CHANNELS = 3, MARKS = 2, BATCH = 3 };

static kr_forecast_objective small_objective(const char *model) {
    return (kr_forecast_objective){
        .model = {
            .model = model,
            .seq_len = SEQ_LEN,
            .pred_len = PRED_LEN,
            .n_channels = CHANNELS,
            .n_outputs = CHANNELS,
            .n_marks = MARKS,
            .patch_len = 8,
            .d_model = 8,
            .e_layers = 1,
            .moving_avg = 7,
            .season = 4,
            .use_norm = true,
            .encoder = {.n_heads = 2, .d_ff = 8, .mamba = {3, 4, 2, 0}, .star = {.d_core = 4}}}};
}

static kr_engine *open_engine(const kr_forecast_objective *objective) {
    const kr_engine_config config = {
        .objective = kr__forecast_objective(objective), .grad_slots = 2, .max_batch = BATCH};
    kr_engine *engine = NULL;
    kr_error err = {0};
    if (kr__engine_create(NULL, &config, &engine, &err) != KR_OK) fail_msg("%s", err.text);
    kr__params_initialise(kr__engine_params(engine), 3);
    return engine;
}

static void fill(kr_rng *rng, kr_real *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)kr__rng_normal(rng);
}

/* arg: the objective. One target of the sample is unknown. */
static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    int64_t sizes[KR_MAX_INPUTS];
    kr__forecast_sizes(&((const kr_forecast_objective *)arg)->model, sizes);
    for (int k = 0; k < KR_MAX_INPUTS; k++) {
        kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, (uint64_t)(KR_MAX_INPUTS * i + k));
        if (in[k]) fill(&rng, in[k], sizes[k]);
    }
    in[KR_FORECAST_TARGET][2] = (kr_real)NAN;
}

static void fetch_at_place_3(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    fetch(arg, i, in);
    in[KR_FORECAST_MARK][0] = 3;
}

static void fetch_twos(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    fetch_at_place_3(arg, i, in);
    for (int k = 0; k < SEQ_LEN * CHANNELS; k++) in[KR_FORECAST_X][k] = 2;
}

/* ---- the list --------------------------------------------------------------------------- */

/* Learning is having parameters; a sign is one of them, and of no other model. */
static void rows_say_what_is(void **state) {
    (void)state;
    enum { MOST = 64 };
    kr_engine *engines[MOST];
    int n = 0;
    for (const kr__model_row *row; (row = kr__model_row_at(n)); n++) {
        kr_forecast_objective objective = small_objective(row->name);
        kr_error err = {0};
        assert_true(n < MOST && kr__model_find(row->name) == row);
        assert_int_equal(kr__model_check(&objective.model, &err), KR_OK);
        engines[n] = open_engine(&objective);
        assert_true(row->kind->learns == (kr__engine_params(engines[n])->count > 0));
        assert_true(kr__model_rows(&objective.model) >= 1);
    }
    assert_true(n > 0 && !kr__model_find("no model"));
    for (int i = 0; i < n; i++) {
        const char *sign = kr__model_row_at(i)->kind->sign;
        for (int k = 0; sign && k < n; k++) {
            bool has_it = kr__params_find(kr__engine_params(engines[k]), sign) != NULL;
            if (has_it != (i == k)) {
                fail_msg("%s is no sign of %s", sign, kr__model_row_at(i)->name);
            }
        }
    }
    for (int i = 0; i < n; i++) kr__engine_destroy(engines[i]);
}

/* ---- gradients -------------------------------------------------------------------------- */

static double loss_of(kr_engine *engine, const kr_samples *samples) {
    return kr__engine_train_batch(engine, samples, (kr_draw_key){1, 1, NULL});
}

/* Up to five values of every parameter are moved both ways. */
static void check_gradient(kr_forecast_objective *objective) {
    const double step = sizeof(kr_real) == 8 ? 1e-5 : 1e-2;
    const double tolerance = sizeof(kr_real) == 8 ? 1e-6 : 5e-2;
    kr_engine *engine = open_engine(objective);
    kr_params *params = kr__engine_params(engine);
    kr_samples samples = {fetch, objective, BATCH};
    kr_rng rng = kr__rng_make(8, KR_STREAM_TEST, 0);
    kr_real *gradients = kr__calloc((size_t)params->size, sizeof *gradients);
    loss_of(engine, &samples);
    memcpy(gradients, kr__engine_gradient(engine), (size_t)params->size * sizeof *gradients);
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        for (int k = 0; k < 5 && k < p->size; k++) {
            int64_t at = p->offset + (int64_t)(kr__rng_uniform(&rng) * (double)p->size);
            kr_real value = params->values[at];
            double gradient = (double)gradients[at];
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
    kr_free(gradients);
    kr__engine_destroy(engine);
}

/* The next model that learns from number *i of the list on; NULL: there is none. */
static const char *next_learned(int *i) {
    const kr__model_row *row;
    while ((row = kr__model_row_at((*i)++))) {
        if (row->kind->learns) return row->name;
    }
    return NULL;
}

static void slow_gradients(void **state) {
    (void)state;
    const char *model;
    for (int i = 0; (model = next_learned(&i));) {
        for (int n_outputs = 1; n_outputs <= CHANNELS; n_outputs++) {
            kr_forecast_objective objective = small_objective(model);
            objective.model.n_outputs = n_outputs;
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
    const char *model;
    for (int i = 0; (model = next_learned(&i));) {
        kr_forecast_objective objective = small_objective(model);
        add_quantiles(&objective);
        check_gradient(&objective);
    }
}

/* One known column and two to forecast, two and one; with and without normalisation, quantiles. */
static void gradients_of_known_futures(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip();
    const char *model;
    for (int i = 0; (model = next_learned(&i));) {
        for (int k = 0; k < 4; k++) {
            kr_forecast_objective objective = small_objective(model);
            objective.model.n_future = 1 + k % 2;
            objective.model.n_outputs = CHANNELS - objective.model.n_future;
            objective.model.use_norm = k < 2;
            if (k % 2 == 1) add_quantiles(&objective);
            check_gradient(&objective);
        }
    }
}

/* Alone, with quantiles, and beside a known column. */
static void gradients_of_cycles(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip();
    const char *model;
    for (int i = 0; (model = next_learned(&i));) {
        for (int k = 0; k < 3; k++) {
            kr_forecast_objective objective = small_objective(model);
            objective.model.cycle = 7;
            objective.model.n_marks = k == 0 ? 0 : MARKS;
            objective.model.n_future = k == 2;
            objective.model.n_outputs = CHANNELS - k;
            if (k == 1) add_quantiles(&objective);
            check_gradient(&objective);
        }
    }
}

/* Of one step is a cycle, too: one number for each column. */
static void a_cycle_may_be_one_step(void **state) {
    (void)state;
    for (int n_marks = 0; n_marks <= MARKS; n_marks += MARKS) {
        kr_forecast_objective objective = small_objective("RLinear");
        objective.model.cycle = 1;
        objective.model.n_marks = n_marks;
        int64_t sizes[KR_MAX_INPUTS];
        kr__forecast_sizes(&objective.model, sizes);
        assert_int_equal(sizes[KR_FORECAST_MARK], SEQ_LEN * (n_marks + 1));
        kr_engine *engine = open_engine(&objective);
        const kr_param *cycle = kr__params_find(kr__engine_params(engine), "cycleQueue.data");
        assert_non_null(cycle);
        assert_int_equal(cycle->size, CHANNELS);
        kr__engine_destroy(engine);
    }
}

static void gradients_of_spectra(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip();
    kr_forecast_objective objective = small_objective("RLinear");
    objective.spectrum_weight = 0.7;
    objective.loss = KR_LOSS_HUBER;
    check_gradient(&objective);
}

static void gradients_of_both_ways(void **state) {
    (void)state;
    if (sizeof(kr_real) < 8) skip();
    const kr__model_row *row;
    for (int i = 0; (row = kr__model_row_at(i)); i++) {
        kr_forecast_objective objective = small_objective(row->name);
        objective.model.encoder.mamba_both_ways = true;
        if (kr__model_uses(row->name, "d_state")) check_gradient(&objective);
    }
}

/* The time steps that a new model starts with: a tenth to ten times the setting, both ends in use.
 */
static void first_time_steps_are_asked_for(void **state) {
    (void)state;
    const kr__model_row *row;
    for (int i = 0; (row = kr__model_row_at(i)); i++) {
        if (!kr__model_uses(row->name, "d_state")) continue;
        kr_forecast_objective objective = small_objective(row->name);
        objective.model.d_model = 64;
        objective.model.encoder.mamba.dt_init = 0.1;
        kr_engine *engine = open_engine(&objective);
        const kr_params *params = kr__engine_params(engine);
        const kr_param *bias =
            kr__params_find(params, "encoder.layers.0.self_attention.mamba.dt_proj.bias");
        assert_non_null(bias);
        double least = INFINITY, most = 0;
        for (int64_t k = 0; k < bias->size; k++) {
            double dt = log1p(exp((double)params->values[bias->offset + k]));
            least = fmin(least, dt);
            most = fmax(most, dt);
        }
        assert_true(least > 0.0099 && least < 0.015);
        assert_true(most > 0.7 && most < 1.001);
        kr__engine_destroy(engine);
    }
}

/* With parameters far from reasonable ones, too. */
static void quantiles_of_every_model_rise(void **state) {
    (void)state;
    enum { STEP = PRED_LEN * CHANNELS };
    kr_real y[BATCH * 4 * STEP];
    const char *model;
    for (int i = 0; (model = next_learned(&i));) {
        kr_forecast_objective objective = small_objective(model);
        add_quantiles(&objective);
        kr_engine *engine = open_engine(&objective);
        kr_params *params = kr__engine_params(engine);
        for (int64_t k = 0; k < params->size; k++) params->values[k] *= 20;
        kr_samples samples = {fetch, &objective, BATCH};
        assert_int_equal(kr__engine_y_size(engine), 4 * STEP);
        kr__engine_predict(engine, &samples, y, NULL);
        for (int k = 0; k < BATCH * 4 * STEP; k++) {
            assert_true(k / STEP % 4 == 0 || y[k] >= y[k - STEP]);
        }
        kr__engine_destroy(engine);
    }
}

/* One forecast, of sample 0. */
static void predict(kr_engine *engine, kr_forecast_objective *objective, kr_real *x, kr_real *y) {
    kr_samples samples = {fetch, objective, 1};
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, KR_FORECAST_X);
    fill(&rng, x, SEQ_LEN * CHANNELS);
    kr__engine_predict(engine, &samples, y, NULL);
}

/* ---- known futures ---------------------------------------------------------------------- */

static double mean_of(const kr_real *x, int column, double *deviation) {
    double mean = 0, squares = 0;
    for (int t = 0; t < SEQ_LEN; t++) mean += (double)x[t * CHANNELS + column] / SEQ_LEN;
    for (int t = 0; t < SEQ_LEN; t++) {
        double d = (double)x[t * CHANNELS + column] - mean;
        squares += d * d / SEQ_LEN;
    }
    *deviation = sqrt(squares + 1e-5);
    return mean;
}

/* It has no say at first. Then, in units of the window, weight times its value is added to the
 * step: for the second of two columns to forecast. */
static void a_known_future_moves_the_forecast_linearly(void **state) {
    (void)state;
    enum { OWN = CHANNELS - 1 };
    kr_forecast_objective objective = small_objective("RLinear");
    objective.model.n_future = 1;
    objective.model.n_outputs = OWN;
    kr_engine *engine = open_engine(&objective);
    kr_params *params = kr__engine_params(engine);
    kr_real x[SEQ_LEN * CHANNELS], before[PRED_LEN * OWN], after[PRED_LEN * OWN], future[PRED_LEN];
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, KR_FORECAST_FUTURE);
    fill(&rng, future, PRED_LEN);
    predict(engine, &objective, x, before);
    const kr_param *weight = kr__params_find(params, "future.weight");
    assert_non_null(weight);
    assert_int_equal(weight->size, OWN);
    assert_true(params->values[weight->offset] == 0 && params->values[weight->offset + 1] == 0);
    params->values[weight->offset + 1] = 3;
    predict(engine, &objective, x, after);
    double deviation, own_deviation, mean = mean_of(x, 0, &deviation);
    mean_of(x, CHANNELS - 1, &own_deviation);
    for (int p = 0; p < PRED_LEN; p++) {
        double moved = 3 * ((double)future[p] - mean) / deviation * own_deviation;
        assert_true(after[p * OWN] == before[p * OWN]);
        assert_true(fabs((double)(after[p * OWN + 1] - before[p * OWN + 1]) - moved) < 1e-5);
    }
    kr__engine_destroy(engine);
}

/* STAR sees its whole span: the weights of the steps of the forecast have a gradient, too. */
static void a_known_future_is_a_token(void **state) {
    (void)state;
    kr_forecast_objective objective = small_objective("TimeStar");
    objective.model.n_future = 1;
    objective.model.n_outputs = CHANNELS - 1;
    kr_engine *engine = open_engine(&objective);
    kr_samples samples = {fetch, &objective, BATCH};
    loss_of(engine, &samples);
    const kr_param *weight =
        kr__params_find(kr__engine_params(engine), "future_embedding.value_embedding.weight");
    assert_non_null(weight);
    assert_int_equal(weight->shape[1], SEQ_LEN + PRED_LEN);
    const kr_real *gradient = kr__engine_gradient(engine) + weight->offset;
    for (int t = 0; t < SEQ_LEN + PRED_LEN; t++) assert_true(gradient[t] != 0);
    kr__engine_destroy(engine);
}

/* ---- cycles ------------------------------------------------------------------------------- */

/* A linear map of nothing but zeros forecasts the cycle: that of the steps behind the window, which
 * begins at place 3. Models that learn nothing ignore it. */
static void a_cycle_goes_on_behind_the_window(void **state) {
    (void)state;
    enum { CYCLE = 7 };
    kr_forecast_objective objective = small_objective("RLinear");
    objective.model.use_norm = false;
    objective.model.n_marks = 0;
    objective.model.cycle = CYCLE;
    kr_engine *engine = open_engine(&objective);
    kr_params *params = kr__engine_params(engine);
    const kr_param *cycle = kr__params_find(params, "cycleQueue.data");
    assert_non_null(cycle);
    assert_true(cycle->shape[0] == CYCLE && cycle->shape[1] == CHANNELS);
    for (int64_t i = 0; i < params->size; i++) params->values[i] = 0;
    for (int64_t i = 0; i < cycle->size; i++) params->values[cycle->offset + i] = (kr_real)i;
    kr_real y[PRED_LEN * CHANNELS];
    kr_samples samples = {fetch_at_place_3, &objective, 1};
    kr__engine_predict(engine, &samples, y, NULL);
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) {
        int step = i / CHANNELS, row = (3 + SEQ_LEN + step) % CYCLE;
        assert_true(y[i] == (kr_real)(row * CHANNELS + i % CHANNELS));
    }
    kr__engine_destroy(engine);
    objective.model.model = "Naive";
    engine = open_engine(&objective);
    assert_int_equal(kr__engine_params(engine)->count, 0);
    kr__engine_destroy(engine);
}

/* A window that is the cycle itself has nothing left that a map could see. */
static void a_cycle_is_taken_off_the_window(void **state) {
    (void)state;
    enum { CYCLE = 7 };
    kr_forecast_objective objective = small_objective("RLinear");
    objective.model.use_norm = false;
    objective.model.n_marks = 0;
    objective.model.cycle = CYCLE;
    kr_engine *engine = open_engine(&objective);
    kr_params *params = kr__engine_params(engine);
    const kr_param *cycle = kr__params_find(params, "cycleQueue.data");
    const kr_param *weight = kr__params_find(params, "linear.weight");
    for (int64_t i = 0; i < params->size; i++) params->values[i] = 0;
    for (int64_t i = 0; i < weight->size; i++) params->values[weight->offset + i] = 1;
    for (int64_t i = 0; i < cycle->size; i++) params->values[cycle->offset + i] = 2;
    kr_real y[PRED_LEN * CHANNELS];
    kr_samples samples = {fetch_twos, &objective, 1};
    kr__engine_predict(engine, &samples, y, NULL);
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) assert_true(y[i] == 2);
    kr__engine_destroy(engine);
}

/* ---- simple forecasters ----------------------------------------------------------------- */

/* Its forecast of step p, after the definition: trend by a plain mean over clamped places. */
static double plain_dlinear(const kr_params *params, const kr_real *x, int v, int p) {
    const char *const names[4] = {"Linear_Trend.weight", "Linear_Seasonal.weight",
                                  "Linear_Trend.bias", "Linear_Seasonal.bias"};
    const kr_real *w[4];
    for (int i = 0; i < 4; i++) {
        const kr_param *found = kr__params_find(params, names[i]);
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
    kr_params *params = kr__engine_params(engine);
    kr_real x[SEQ_LEN * CHANNELS], y[PRED_LEN * CHANNELS];
    const kr_param *weight = kr__params_find(params, "Linear_Trend.weight");
    assert_true(params->values[weight->offset] == (kr_real)(1.0 / SEQ_LEN));
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, 1);
    fill(&rng, params->values, params->size);
    predict(engine, &objective, x, y);
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) {
        double expected = plain_dlinear(params, x, i % CHANNELS, i / CHANNELS);
        assert_true(fabs((double)y[i] - expected) < 2e-5);
    }
    kr__engine_destroy(engine);
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
    kr__engine_destroy(engine);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_say_what_is),
        cmocka_unit_test(slow_gradients),
        cmocka_unit_test(gradients_of_quantiles),
        cmocka_unit_test(gradients_of_known_futures),
        cmocka_unit_test(gradients_of_cycles),
        cmocka_unit_test(a_cycle_may_be_one_step),
        cmocka_unit_test(gradients_of_spectra),
        cmocka_unit_test(gradients_of_both_ways),
        cmocka_unit_test(first_time_steps_are_asked_for),
        cmocka_unit_test(a_cycle_goes_on_behind_the_window),
        cmocka_unit_test(a_cycle_is_taken_off_the_window),
        cmocka_unit_test(quantiles_of_every_model_rise),
        cmocka_unit_test(a_known_future_moves_the_forecast_linearly),
        cmocka_unit_test(a_known_future_is_a_token),
        cmocka_unit_test(dlinear_is_its_formula),
        cmocka_unit_test(naive_repeats_the_last_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
