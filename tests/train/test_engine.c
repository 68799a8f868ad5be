/* SPDX-License-Identifier: MIT
 * test_engine.c - training gives the same bits for any number of threads, and batches of every size
 * are handled. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "forecast/forecast_objective.h"
#include "kernels/product.h"
#include "support/thread_ranks.h"
#include "support/workers.h"
#include "train/optimiser.h"

enum { SEQ_LEN = 50, PRED_LEN = 7, CHANNELS = 3, MARKS = 2, MAX_BATCH = 21 };

static void fill(kr_rng *rng, kr_real *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)kr__rng_normal(rng);
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const uint64_t *step = arg;
    kr_rng rng = kr__rng_make(*step, KR_STREAM_TEST, (uint64_t)i);
    fill(&rng, in[KR_FORECAST_X], SEQ_LEN * CHANNELS);
    fill(&rng, in[KR_FORECAST_MARK], SEQ_LEN * MARKS);
    fill(&rng, in[KR_FORECAST_TARGET], PRED_LEN * CHANNELS);
}

static bool uses_bf16, only_predicts, is_profiled; /* what open_engine() makes */
static int64_t max_batch = MAX_BATCH;

static kr_engine *open_engine_of(kr_team *team, const char *model) {
    const kr_forecast_objective objective = {
        .model = {.model = model,
                  .seq_len = SEQ_LEN,
                  .pred_len = PRED_LEN,
                  .n_channels = CHANNELS,
                  .n_outputs = CHANNELS,
                  .n_marks = MARKS,
                  .patch_len = 16,
                  .d_model = 20,
                  .e_layers = 2,
                  .use_norm = true,
                  .dropout = 0.1,
                  .season = 5,
                  .encoder = {.n_heads = 2,
                              .d_ff = 24,
                              .dropout = 0.1,
                              .mamba = {5, 4, 2, 0},
                              .star = {.d_core = 6, .dropout = 0.1, .is_stochastic = true}}},
        .loss = KR_LOSS_HUBER};
    const kr_engine_config config = {.objective = kr__forecast_objective(&objective),
                                     .grad_slots = 8,
                                     .max_batch = max_batch,
                                     .uses_bf16 = uses_bf16,
                                     .only_predicts = only_predicts,
                                     .is_profiled = is_profiled};
    kr_engine *engine = NULL;
    kr_error err = {0};
    if (kr__engine_create(team, &config, &engine, &err) != KR_OK) fail_msg("%s", err.text);
    kr__params_initialise(kr__engine_params(engine), 3);
    return engine;
}

static kr_engine *open_engine(const char *model) { return open_engine_of(test_team, model); }

/* Parameters after six steps of odd batch sizes; the caller frees them. */
static kr_real *train_on(kr_team *team, const char *model, int64_t *size) {
    kr_engine *engine = open_engine_of(team, model);
    kr_params *params = kr__engine_params(engine);
    kr_optimiser adam;
    assert_int_equal(kr__optimiser_init(team, &adam, KR_ADAMW, 0.01, 1.0, params->size, NULL),
                     KR_OK);
    static const int64_t batches[] = {MAX_BATCH, 1, 8, 16, 5, 20};
    for (uint64_t step = 0; step < 6; step++) {
        kr_samples samples = {fetch, &step, batches[step]};
        kr_draw_key key = {9, step, NULL};
        double loss = kr__engine_train_batch(engine, &samples, key);
        assert_true(isfinite(loss));
        double norm = kr__gradient_norm(team, kr__engine_gradient(engine), params->size);
        kr__optimiser_step(&adam, 1e-2, norm, kr__engine_gradient(engine), params->values);
    }
    *size = params->size;
    kr_real *values = kr__calloc((size_t)*size, sizeof *values);
    memcpy(values, params->values, (size_t)*size * sizeof *values);
    kr__optimiser_deinit(&adam);
    kr__engine_destroy(engine);
    return values;
}

static kr_real *train(const char *model, int n_workers, int64_t *size) {
    test_workers(n_workers);
    return train_on(test_team, model, size);
}

static void compare_worker_counts(const char *model) {
    int64_t n;
    kr_real *one = train(model, 1, &n);
    for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
        kr_real *many = train(model, test_worker_counts[i], &n);
        assert_memory_equal(one, many, (size_t)n * sizeof *one);
        kr_free(many);
    }
    kr_free(one);
    test_workers(0);
}

static void threads_do_not_change_timestar(void **state) {
    (void)state;
    compare_worker_counts("TimeStar");
}

static void threads_do_not_change_timestar_mamba(void **state) {
    (void)state;
    compare_worker_counts("TimeStarMamba");
}

static void threads_do_not_change_rlinear(void **state) {
    (void)state;
    compare_worker_counts("RLinear");
}

/* A batch's forecasts are those of its samples one by one, whatever the micro-batches. */
static void batches_do_not_change_forecasts(void **state) {
    (void)state;
    static kr_real together[MAX_BATCH * PRED_LEN * CHANNELS], alone[PRED_LEN * CHANNELS];
    double losses[MAX_BATCH];
    kr_engine *engine = open_engine("TimeStarMamba");
    uint64_t step = 1;
    kr_samples samples = {fetch, &step, MAX_BATCH};
    kr__engine_predict(engine, &samples, together, losses);
    samples.count = 1;
    kr__engine_predict(engine, &samples, alone, NULL);
    for (int i = 0; i < PRED_LEN * CHANNELS; i++) {
        assert_true(fabs((double)(alone[i] - together[i])) < 1e-5);
    }
    for (int i = 0; i < MAX_BATCH; i++) assert_true(losses[i] > 0);
    kr__engine_destroy(engine);
}

/* ---- products of bf16 numbers ------------------------------------------------------------- */

static void threads_do_not_change_bf16(void **state) {
    (void)state;
    if (!kr__product_is_fast()) skip();
    uses_bf16 = true;
    compare_worker_counts("TimeStar");
    compare_worker_counts("TimeStarMamba");
    uses_bf16 = false;
}

/* The gradient of one batch; free it. */
static kr_real *compute_gradient(bool is_bf16, int64_t *size) {
    uses_bf16 = is_bf16;
    kr_engine *engine = open_engine("TimeStarMamba");
    uses_bf16 = false;
    uint64_t step = 1, before = kr__alloc_count();
    kr_samples samples = {fetch, &step, MAX_BATCH};
    assert_true(isfinite(kr__engine_train_batch(engine, &samples, (kr_draw_key){9, step, NULL})));
    assert_int_equal(kr__alloc_count(), before);
    *size = kr__engine_params(engine)->size;
    kr_real *gradient = kr__calloc((size_t)*size, sizeof *gradient);
    memcpy(gradient, kr__engine_gradient(engine), (size_t)*size * sizeof *gradient);
    kr__engine_destroy(engine);
    return gradient;
}

/* bf16 has 8 bits: the gradient is another one, in nearly the same direction. */
static void bf16_is_close_to_float32(void **state) {
    (void)state;
    if (!kr__product_is_fast()) skip();
    int64_t n = 0;
    kr_real *exact = compute_gradient(false, &n), *rounded = compute_gradient(true, &n);
    double apart = 0, norm = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)(rounded[i] - exact[i]);
        apart += d * d;
        norm += (double)exact[i] * (double)exact[i];
    }
    assert_true(apart > 1e-8 * norm);
    assert_true(apart < 4e-4 * norm);
    kr_free(exact);
    kr_free(rounded);
}

/* ---- a sample of its own ------------------------------------------------------------------ */

static void fetch_same(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    (void)i;
    fetch(arg, 0, in);
}

/* Large enough to be cut; nothing is drawn. */
static kr_engine *open_large(void) {
    const kr_forecast_objective objective = {
        .model = {.model = "TimeStarMamba",
                  .seq_len = SEQ_LEN,
                  .pred_len = PRED_LEN,
                  .n_channels = CHANNELS,
                  .n_outputs = CHANNELS,
                  .n_marks = MARKS,
                  .patch_len = 1,
                  .d_model = 232,
                  .e_layers = 1,
                  .use_norm = true,
                  .encoder = {.d_ff = 128, .mamba = {20, 4, 2, 0}, .star = {.d_core = 6}}}};
    const kr_engine_config config = {
        .objective = kr__forecast_objective(&objective), .grad_slots = 2, .max_batch = 2};
    kr_engine *engine = NULL;
    kr_error err = {0};
    if (kr__engine_create(test_team, &config, &engine, &err) != KR_OK) fail_msg("%s", err.text);
    kr__params_initialise(kr__engine_params(engine), 5);
    return engine;
}

/* Gradient and forecast of `count` equal samples on n threads; free both. */
static int64_t run_large(int n_workers, int64_t count, kr_real **gradient, kr_real **pred) {
    test_workers(n_workers);
    kr_engine *engine = open_large();
    uint64_t step = 3;
    kr_samples samples = {fetch_same, &step, count};
    int64_t n = kr__engine_params(engine)->size;
    *gradient = kr__calloc((size_t)n, sizeof **gradient);
    *pred = kr__calloc((size_t)(count * PRED_LEN * CHANNELS), sizeof **pred);
    assert_true(isfinite(kr__engine_train_batch(engine, &samples, (kr_draw_key){1, 1, NULL})));
    memcpy(*gradient, kr__engine_gradient(engine), (size_t)n * sizeof **gradient);
    kr__engine_predict(engine, &samples, *pred, NULL);
    kr__engine_destroy(engine);
    test_workers(0);
    return n;
}

static void close_to(const kr_real *a, const kr_real *b, int64_t n) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)b[i]));
    for (int64_t i = 0; i < n; i++) {
        assert_true(fabs((double)(a[i] - b[i])) <= 2e-5 * largest);
    }
}

/* All threads work on it: the bits do not depend on how many there are, and the numbers are those
 * of a batch whose samples go to a thread each. */
static void one_sample_is_cut_into_parts(void **state) {
    (void)state;
    kr_real *gradient, *pred, *other, *other_pred;
    int64_t n = run_large(1, 1, &gradient, &pred);
    for (int i = 0; i < TEST_WORKER_COUNTS; i++) {
        run_large(test_worker_counts[i], 1, &other, &other_pred);
        assert_memory_equal(gradient, other, (size_t)n * sizeof *other);
        assert_memory_equal(pred, other_pred, PRED_LEN * CHANNELS * sizeof *other_pred);
        kr_free(other);
        kr_free(other_pred);
    }
    run_large(2, 2, &other, &other_pred);
    close_to(gradient, other, n);
    close_to(pred, other_pred, PRED_LEN * CHANNELS);
    kr_free(gradient);
    kr_free(pred);
    kr_free(other);
    kr_free(other_pred);
}

/* Without plans of training and gradients it takes less memory and gives the same bits. */
static void forecasts_need_no_gradients(void **state) {
    (void)state;
    static kr_real whole[5 * PRED_LEN * CHANNELS], lean[5 * PRED_LEN * CHANNELS];
    uint64_t step = 2;
    kr_samples samples = {fetch, &step, 5};
    kr_engine *engine = open_engine("TimeStarMamba");
    kr__engine_predict(engine, &samples, whole, NULL);
    int64_t bytes = kr__engine_bytes(engine), n = kr__engine_params(engine)->size;
    kr__engine_destroy(engine);
    only_predicts = true;
    engine = open_engine("TimeStarMamba");
    only_predicts = false;
    kr__engine_predict(engine, &samples, lean, NULL);
    assert_memory_equal(lean, whole, sizeof whole);
    assert_true(kr__engine_bytes(engine) <= bytes - 8 * n * (int64_t)sizeof(kr_real));
    kr__engine_destroy(engine);
}

/* Weights are put in order once for an engine that only predicts, and again after a change. */
static void changed_weights_are_used(void **state) {
    (void)state;
    static kr_real before[5 * PRED_LEN * CHANNELS], after[5 * PRED_LEN * CHANNELS];
    uint64_t step = 2;
    kr_samples samples = {fetch, &step, 5};
    only_predicts = true;
    kr_engine *engine = open_engine("TimeStarMamba");
    only_predicts = false;
    kr__engine_predict(engine, &samples, before, NULL);
    kr__engine_predict(engine, &samples, after, NULL);
    assert_memory_equal(after, before, sizeof before);
    kr__params_initialise(kr__engine_params(engine), 77);
    kr__engine_predict(engine, &samples, before, NULL);
    kr__engine_destroy(engine);
    /* As an engine that has never seen the others. */
    engine = open_engine("TimeStarMamba");
    kr__params_initialise(kr__engine_params(engine), 77);
    kr__engine_predict(engine, &samples, after, NULL);
    assert_memory_equal(after, before, sizeof before);
    kr__engine_destroy(engine);
}

/* They are read in that order: what changes them behind the engine's back is not seen. */
static void weights_are_put_in_order_once(void **state) {
    (void)state;
    static kr_real before[5 * PRED_LEN * CHANNELS], after[5 * PRED_LEN * CHANNELS];
    uint64_t step = 2;
    kr_samples samples = {fetch, &step, 5};
    only_predicts = true;
    kr_engine *engine = open_engine("RLinear");
    only_predicts = false;
    kr_params *params = kr__engine_params(engine);
    const kr_param *weight = &params->list[0];
    for (int i = 0; weight->rank != 2; i++) weight = &params->list[i];
    kr__engine_predict(engine, &samples, before, NULL);
    memset(params->values + weight->offset, 0, (size_t)weight->size * sizeof(kr_real));
    kr__engine_predict(engine, &samples, after, NULL);
    assert_memory_equal(after, before, sizeof before);
    kr__engine_params(engine);
    kr__engine_predict(engine, &samples, after, NULL);
    assert_memory_not_equal(after, before, sizeof before);
    kr__engine_destroy(engine);
}

/* Forecasts of a whole batch by an engine that trains on single samples, n threads. */
static int64_t predict_after_single(int n_workers, kr_real *pred) {
    test_workers(n_workers);
    max_batch = 1;
    kr_engine *engine = open_engine("TimeStarMamba");
    uint64_t step = 2;
    kr_samples samples = {fetch, &step, 1};
    assert_true(isfinite(kr__engine_train_batch(engine, &samples, (kr_draw_key){1, 1, NULL})));
    samples.count = MAX_BATCH;
    kr__engine_predict(engine, &samples, pred, NULL);
    int64_t bytes = kr__engine_bytes(engine);
    kr__engine_destroy(engine);
    max_batch = MAX_BATCH;
    test_workers(0);
    return bytes;
}

/* One training memory for all threads; forecasts, which are made by each alone, need less. */
static void single_samples_need_one_training_memory(void **state) {
    (void)state;
    enum { N = MAX_BATCH * PRED_LEN * CHANNELS };
    static kr_real one[N], many[N];
    int64_t bytes = predict_after_single(1, one), bytes_of_7 = predict_after_single(7, many);
    assert_memory_equal(one, many, sizeof one);
    assert_true(2 * bytes_of_7 < 7 * bytes);
}

static void a_model_without_parameters_works(void **state) {
    (void)state;
    static kr_real y[PRED_LEN * CHANNELS], x[SEQ_LEN * CHANNELS];
    kr_engine *engine = open_engine("SeasonalNaive");
    uint64_t step = 1;
    kr_samples samples = {fetch, &step, 1};
    kr__engine_predict(engine, &samples, y, NULL);
    kr_rng rng = kr__rng_make(step, KR_STREAM_TEST, 0);
    fill(&rng, x, SEQ_LEN * CHANNELS);
    for (int p = 0; p < PRED_LEN; p++) {
        for (int c = 0; c < CHANNELS; c++) {
            assert_true(y[p * CHANNELS + c] == x[(SEQ_LEN - 5 + p % 5) * CHANNELS + c]);
        }
    }
    kr__engine_destroy(engine);
}

static void a_bad_number_is_traced_to_its_op(void **state) {
    (void)state;
    kr_engine *engine = open_engine("TimeStar");
    kr_params *params = kr__engine_params(engine);
    const kr_param *p = kr__params_find(params, "encoder.layers.1.conv1.weight");
    params->values[p->offset + 3] = (kr_real)INFINITY;
    uint64_t step = 1;
    kr_samples samples = {fetch, &step, 4};
    kr_draw_key key = {9, step, NULL};
    assert_false(isfinite(kr__engine_train_batch(engine, &samples, key)));
    char text[256];
    kr__engine_explain_nonfinite(engine, &samples, key, text, sizeof text);
    assert_string_equal(text, "op linear in encoder.layers.1");
    kr__engine_destroy(engine);
}

/* Every third target of every sample is unknown. */
static void fetch_with_gaps(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    fetch(arg, i, in);
    for (int k = 0; k < PRED_LEN * CHANNELS; k += 3) in[KR_FORECAST_TARGET][k] = (kr_real)NAN;
}

/* They leave the loss a number, smaller than with all targets, and are no fault to be traced. */
static void an_unknown_target_is_no_bad_number(void **state) {
    (void)state;
    kr_engine *engine = open_engine("TimeStar");
    uint64_t step = 1;
    kr_samples samples = {fetch, &step, 4}, gaps = {fetch_with_gaps, &step, 4};
    kr_draw_key key = {9, step, NULL};
    double all = kr__engine_train_batch(engine, &samples, key);
    double known = kr__engine_train_batch(engine, &gaps, key);
    assert_true(known > 0 && known < all);
    assert_true(isfinite(kr__gradient_norm(test_team, kr__engine_gradient(engine),
                                           kr__engine_params(engine)->size)));
    char text[256];
    kr__engine_explain_nonfinite(engine, &gaps, key, text, sizeof text);
    assert_string_equal(text, "the sum of the squared gradients"); /* the last resort */
    kr__engine_destroy(engine);
}

/* Calls of all ops in one pass, after a batch was trained on and one predicted. */
static void count_calls(int n_workers, int64_t calls[3]) {
    test_workers(n_workers);
    kr_engine *engine = open_engine("TimeStarMamba");
    uint64_t step = 1;
    kr_samples samples = {fetch, &step, MAX_BATCH};
    kr__engine_train_batch(engine, &samples, (kr_draw_key){9, step, NULL});
    double losses[MAX_BATCH];
    kr__engine_predict(engine, &samples, NULL, losses);
    kr_profile *profile;
    assert_int_equal(kr__engine_profile(engine, &profile, NULL), KR_OK);
    memset(calls, 0, 3 * sizeof *calls);
    for (int i = 0; profile && i < profile->n_rows; i++) {
        assert_in_range(profile->rows[i].pass, 0, 2);
        calls[profile->rows[i].pass] += profile->rows[i].calls;
        assert_true(i == 0 || profile->rows[i - 1].seconds >= profile->rows[i].seconds);
    }
    assert_int_equal(profile != NULL, is_profiled);
    kr_free(profile);
    kr__engine_destroy(engine);
    test_workers(0);
}

/* Who computed what is added up; batches are cut without regard to the workers. */
static void a_profile_counts_the_calls_of_all_workers(void **state) {
    (void)state;
    int64_t one[3], many[3];
    count_calls(1, one); /* nobody asked for it */
    is_profiled = true;
    count_calls(1, one);
    count_calls(3, many);
    is_profiled = false;
    for (int pass = 0; pass < 3; pass++) assert_true(one[pass] > 100);
    assert_memory_equal(one, many, sizeof one);
}

/* ---- ranks ------------------------------------------------------------------------------ */

enum { WINDOWS = 45, Y_SIZE = PRED_LEN * CHANNELS };

typedef struct shared {
    const char *model;
    kr_real *values; /* after a training in one process */
    int64_t size;
    kr_real y[WINDOWS * Y_SIZE]; /* of its first parameters */
    double losses[WINDOWS];
    atomic_int n_wrong;
} shared;

static void predict_on(kr_team *team, const char *model, kr_real *y, double *losses) {
    uint64_t step = 3;
    const kr_samples samples = {fetch, &step, WINDOWS};
    kr_engine *engine = open_engine_of(team, model);
    kr__engine_predict(engine, &samples, y, losses);
    kr__engine_destroy(engine);
}

/* As one of several ranks, which have threads of their own. */
static void compute_as_rank(const kr_ranks *ranks, void *arg) {
    shared *s = arg;
    static _Thread_local kr_real y[WINDOWS * Y_SIZE];
    double losses[WINDOWS];
    kr_team *team = NULL;
    int64_t size = 0;
    if (kr_team_create(1 + ranks->rank % 3, NULL, NULL, &team, NULL) != KR_OK) abort();
    if (kr_team_join(team, ranks, NULL) != KR_OK) abort();
    kr_real *values = train_on(team, s->model, &size);
    predict_on(team, s->model, y, losses);
    bool is_right = size == s->size &&
                    memcmp(values, s->values, (size_t)size * sizeof *values) == 0 &&
                    memcmp(y, s->y, sizeof y) == 0 && memcmp(losses, s->losses, sizeof losses) == 0;
    if (!is_right) atomic_fetch_add(&s->n_wrong, 1);
    kr_free(values);
    kr_team_destroy(team);
}

static void ranks_change_no_bit(void **state) {
    (void)state;
    static const char *const models[] = {"TimeStar", "TimeStarMamba"};
    static const int counts[] = {2, 3, 4, 8, 11};
    for (int m = 0; m < 2; m++) {
        static shared s;
        s = (shared){.model = models[m]};
        s.values = train(models[m], 2, &s.size);
        predict_on(test_team, models[m], s.y, s.losses);
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            test_ranks(counts[i], compute_as_rank, &s);
            assert_int_equal(atomic_load(&s.n_wrong), 0);
        }
        kr_free(s.values);
    }
    test_workers(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_change_timestar),
        cmocka_unit_test(threads_do_not_change_timestar_mamba),
        cmocka_unit_test(threads_do_not_change_rlinear),
        cmocka_unit_test(batches_do_not_change_forecasts),
        cmocka_unit_test(threads_do_not_change_bf16),
        cmocka_unit_test(bf16_is_close_to_float32),
        cmocka_unit_test(one_sample_is_cut_into_parts),
        cmocka_unit_test(forecasts_need_no_gradients),
        cmocka_unit_test(changed_weights_are_used),
        cmocka_unit_test(weights_are_put_in_order_once),
        cmocka_unit_test(single_samples_need_one_training_memory),
        cmocka_unit_test(a_model_without_parameters_works),
        cmocka_unit_test(a_bad_number_is_traced_to_its_op),
        cmocka_unit_test(an_unknown_target_is_no_bad_number),
        cmocka_unit_test(a_profile_counts_the_calls_of_all_workers),
        cmocka_unit_test(ranks_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
