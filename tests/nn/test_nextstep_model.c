/* SPDX-License-Identifier: MIT
 * test_nextstep_model.c - a long series planned in stretches of time gives what one pass gives. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "nn/nextstep_model.h"
#include "support/golden.h"

#ifdef KR_REAL_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-5;
#endif

/* Stretches of 512 steps, the last one shorter. */
enum { STEPS = 4 * 512 + 53, FEATURES = 3, HEADS = 3 };

static const kr__nextstep_model_config config = {.n_features = FEATURES,
                                                 .d_model = 12,
                                                 .n_layers = 2,
                                                 .d_ff = 20,
                                                 .max_horizon = 4,
                                                 .mamba = {5, 4, 2, 0}};

/* A model on one random series, and its gradients. */
typedef struct trial {
    kr_plan *plan;
    kr_params params;
    kr_run run;
    kr_tensor pred[KR__NEXTSTEP_MAX_HORIZONS], loss;
    int n_nodes;
} trial;

static void open_trial(trial *t, bool is_whole) {
    static kr__nextstep_inside inside; /* who asks for the layers gets no stretches */
    memset(t, 0, sizeof *t);
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &t->plan, NULL), KR_OK);
    kr_builder b = {t->plan, &t->params};
    kr_tensor x = kr__plan_input(t->plan, 3, (int64_t[]){1, STEPS, FEATURES}, false);
    kr__nextstep_build(&b, &config, x, HEADS, t->pred, NULL, is_whole ? &inside : NULL);
    t->loss = kr__nextstep_loss(&b, &config, t->pred, x);
    for (int i = 0; i < HEADS; i++) kr__plan_output(t->plan, t->pred[i]);
    kr__plan_output(t->plan, t->loss);
    kr_error err = {.text = ""};
    if (kr__plan_finish(t->plan, &err) != KR_OK) fail_msg("%s", err.text);
    t->n_nodes = kr__plan_node_count(t->plan);
    assert_int_equal(kr__params_allocate(&t->params, NULL), KR_OK);
    kr__params_initialise(&t->params, 4);
    size_t n = (size_t)t->params.size;
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(t->plan), sizeof *work);
    t->run =
        (kr_run){.data = {work, t->params.values},
                 .grad = {work, kr__calloc(n, sizeof *work)},
                 .scratch = kr__calloc((size_t)kr__plan_scratch_size(t->plan) + 16, sizeof *work)};
    x = kr__plan_resolve(t->plan, x);
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < STEPS * FEATURES; i++) {
        kr__data(&t->run, &x)[i] = (kr_real)kr__rng_normal(&rng);
    }
}

static void run_trial(trial *t) {
    kr__plan_forward(t->plan, &t->run);
    t->loss = kr__plan_resolve(t->plan, t->loss);
    *kr__grad(&t->run, &t->loss) = 1;
    for (int i = 0; i < HEADS; i++) {
        t->pred[i] = kr__plan_resolve(t->plan, t->pred[i]);
        memset(kr__grad(&t->run, &t->pred[i]), 0, STEPS * FEATURES * sizeof(kr_real));
    }
    kr__plan_backward(t->plan, &t->run);
}

static void close_trial(trial *t) {
    kr__plan_destroy(t->plan);
    kr__params_deinit(&t->params);
    kr_free(t->run.data[KR_SPACE_WORK]);
    kr_free(t->run.grad[KR_SPACE_PARAM]);
    kr_free(t->run.scratch);
}

static void stretches_make_the_whole(void **state) {
    (void)state;
    trial whole, stretched;
    open_trial(&whole, true);
    open_trial(&stretched, false);
    assert_true(stretched.n_nodes > 4 * whole.n_nodes);
    run_trial(&whole);
    run_trial(&stretched);
    for (int i = 0; i < HEADS; i++) {
        kr_assert_close(kr__data(&stretched.run, &stretched.pred[i]),
                        kr__data(&whole.run, &whole.pred[i]), STEPS * FEATURES, tolerance, true,
                        "forecast", __FILE__, __LINE__);
    }
    for (int i = 0; i < whole.params.count; i++) {
        const kr_param *p = &whole.params.list[i];
        kr_assert_close(stretched.run.grad[KR_SPACE_PARAM] + p->offset,
                        whole.run.grad[KR_SPACE_PARAM] + p->offset, p->size, tolerance, true,
                        p->name, __FILE__, __LINE__);
    }
    close_trial(&whole);
    close_trial(&stretched);
}

/* The parameter that tensor t shows, or NULL. */
static const kr_param *param_of(const kr_params *params, const kr_tensor *t) {
    for (int i = 0; i < params->count && t->space == KR_SPACE_PARAM; i++) {
        const kr_param *p = &params->list[i];
        if (t->offset >= p->offset && t->offset < p->offset + p->size) return p;
    }
    return NULL;
}

/* The sentence about a bad number says where it was: by the names that the parameters there have.
 */
static void nodes_are_named_after_their_parameters(void **state) {
    (void)state;
    trial t;
    int n_seen = 0;
    open_trial(&t, true);
    for (int i = 0; i < t.n_nodes; i++) {
        const kr_node *node = kr__plan_node(t.plan, i);
        for (int k = 0; k < node->n_in; k++) {
            const kr_param *p = param_of(&t.params, &node->in[k]);
            if (!p) continue;
            size_t n = strlen(node->label);
            if (n == 0 || strncmp(p->name, node->label, n) != 0 || p->name[n] != '.') {
                fail_msg("%s is read in \"%s\"", p->name, node->label);
            }
            n_seen++;
        }
    }
    assert_true(n_seen >= t.params.count);
    close_trial(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stretches_make_the_whole),
                                       cmocka_unit_test(nodes_are_named_after_their_parameters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
