/* SPDX-License-Identifier: MIT
 * test_golden_training.c - twenty Adam steps of both models, through the engine, against recorded
 * runs; once with the recorded draws of STAR, once with its softmax pooling. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/real.h"
#include "forecast/forecast_objective.h"
#include "support/etth1.h"
#include "support/golden.h"
#include "train/optimiser.h"

enum { STEPS = 20, BATCH = 8, LAYERS = 2, D_CORE = 8, SEQ_LEN = 96, PRED_LEN = 24 };

#ifdef KR_REAL_DOUBLE
/* The recorded double runs used a position table computed in float; ours is double. */
#define TRUTH "f64."
static const double loss_tolerance = 1e-7, param_tolerance = 2e-6;
#else
#define TRUTH ""
static const double loss_tolerance = 1e-5, param_tolerance = 1e-4;
#endif

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const int64_t *first = arg;
    kr_etth1_window(*first + i, SEQ_LEN, PRED_LEN, false, in[KR_FORECAST_X], in[KR_FORECAST_MARK],
                    in[KR_FORECAST_TARGET]);
}

static kr_engine *open_engine(const char *model, bool is_sampled) {
    const kr_forecast_objective objective = {
        .model = {.model = model,
                  .seq_len = SEQ_LEN,
                  .pred_len = PRED_LEN,
                  .n_channels = 7,
                  .n_outputs = 7,
                  .n_marks = 4,
                  .patch_len = 16,
                  .d_model = 16,
                  .e_layers = LAYERS,
                  .use_norm = true,
                  .encoder = {.n_heads = 4,
                              .d_ff = 16,
                              .mamba = {16, 4, 2, 0},
                              .star = {.d_core = D_CORE, .is_stochastic = is_sampled}}}};
    const kr_engine_config config = {.objective = kr__forecast_objective(&objective),
                                     .grad_slots = 3, /* uneven: 3, 3 and 2 samples */
                                     .max_batch = BATCH};
    kr_engine *engine = NULL;
    kr_error err = {0};
    if (kr__engine_create(NULL, &config, &engine, &err) != KR_OK) fail_msg("%s", err.text);
    return engine;
}

static void load_parameters(kr_engine *engine, const char *file_model) {
    char name[256];
    snprintf(name, sizeof name, "train_%s_init.npz", file_model);
    kr_golden *golden = kr_golden_open(name);
    kr_params *params = kr__engine_params(engine);
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        snprintf(name, sizeof name, "param0.%s", p->name);
        memcpy(params->values + p->offset, kr_golden_real(golden, name, NULL),
               (size_t)p->size * sizeof(kr_real));
    }
    kr_golden_close(golden);
}

static void compare_parameters(kr_engine *engine, kr_golden *golden, const char *file) {
    kr_params *params = kr__engine_params(engine);
    for (int i = 0; i < params->count; i++) {
        const kr_param *p = &params->list[i];
        char name[256];
        if (strstr(p->name, "key_projection.bias")) continue; /* rounding noise over its own size */
        snprintf(name, sizeof name, TRUTH "param20.%s", p->name);
        kr_assert_close(params->values + p->offset, kr_golden_real(golden, name, NULL), p->size,
                        param_tolerance, false, name, file, 0);
    }
}

static void run(const char *model, const char *file_model, bool is_sampled, const char *rate) {
    char file[96];
    snprintf(file, sizeof file, "train_%s_%s_lr%s.npz", file_model,
             is_sampled ? "sampled" : "softmax", rate);
    kr_golden *golden = kr_golden_open(file);
    kr_engine *engine = open_engine(model, is_sampled);
    kr_params *params = kr__engine_params(engine);
    load_parameters(engine, file_model);
    kr_optimiser adam;
    assert_int_equal(kr__optimiser_init(NULL, &adam, KR_ADAM, 0, 0, params->size, NULL), KR_OK);
    const int64_t *index = is_sampled ? kr_golden_int64(golden, "index", NULL) : NULL;
    const double *want = kr_golden_double(golden, TRUTH "loss", NULL);
    double learning_rate = strcmp(rate, "1e-3") == 0 ? 1e-3 : 1e-4;
    kr_etth1(SEQ_LEN, PRED_LEN); /* before the threads of the first step */
    for (int64_t s = 0; s < STEPS; s++) {
        int64_t first = BATCH * s;
        const int64_t *indices[LAYERS] = {NULL};
        for (int64_t l = 0; index && l < LAYERS; l++)
            indices[l] = index + (s * LAYERS + l) * BATCH * D_CORE;
        const kr_given given = {.masks = NULL, .indices = indices};
        kr_samples samples = {fetch, &first, BATCH};
        kr_draw_key key = {1, (uint64_t)s, index ? &given : NULL};
        uint64_t allocations = kr__alloc_count();
        double loss = kr__engine_train_batch(engine, &samples, key);
        double norm = kr__gradient_norm(NULL, kr__engine_gradient(engine), params->size);
        kr__optimiser_step(&adam, learning_rate, norm, kr__engine_gradient(engine), params->values);
        if (s > 0) assert_int_equal(kr__alloc_count(), allocations);
        if (!(fabs(loss - want[s]) <= loss_tolerance * want[s])) {
            fail_msg("%s: loss of step %d is %.9g, not %.9g", file, (int)s, loss, want[s]);
        }
    }
    compare_parameters(engine, golden, file);
    kr__optimiser_deinit(&adam);
    kr__engine_destroy(engine);
    kr_golden_close(golden);
}

static void timestar(void **state) {
    (void)state;
    run("TimeStar", "timestar", true, "1e-3");
    run("TimeStar", "timestar", true, "1e-4");
    run("TimeStar", "timestar", false, "1e-3");
    run("TimeStar", "timestar", false, "1e-4");
}

static void timestar_mamba(void **state) {
    (void)state;
    run("TimeStarMamba", "timestarmamba", true, "1e-3");
    run("TimeStarMamba", "timestarmamba", true, "1e-4");
    run("TimeStarMamba", "timestarmamba", false, "1e-3");
    run("TimeStarMamba", "timestarmamba", false, "1e-4");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(timestar),
                                       cmocka_unit_test(timestar_mamba)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
