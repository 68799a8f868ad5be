/* SPDX-License-Identifier: MIT
 * test_mamba_inside.c - what goes on inside a chunk and a block, against recorded values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/real.h"
#include "nn/golden_nextstep.h"
#include "nn/mamba_stack.h"
#include "support/golden.h"
#include "support/workers.h"

enum { FEATURES = 5, LAYERS = 3 };

static void check_norms(kr_golden *golden, const kr__chunk *chunk, kr__inside what, int layer,
                        const char *key) {
    enum { L = 29, N = 8 };
    kr_real rows[L * N], norms[L];
    char name[64];
    kr__chunk_inside(chunk, what, layer, 0, L, rows);
    for (int t = 0; t < L; t++) {
        double sum = 0;
        for (int k = 0; k < N; k++) sum += (double)rows[t * N + k] * (double)rows[t * N + k];
        norms[t] = (kr_real)sqrt(sum);
    }
    snprintf(name, sizeof name, "f64/gates/%d/%s", layer, key);
    assert_close(norms, kr_golden_real(golden, name, NULL), L, 2e-6);
}

/* A chunk of three series; the gates are recorded for the first. */
static void a_chunk_holds_what_was_recorded(void **state) {
    enum { B = 3, L = 29, D = 16, D_INNER = 32 };
    (void)state;
    kr_golden *golden = kr_golden_open("synth/model_next_h1.npz");
    kr__stack *model = kr_golden_nextstep(golden, 1);
    kr_error err = {.text = ""};
    kr__chunk *chunk = NULL;
    const kr__chunk_options options = {.n_steps = L, .batch = B, .with_inside = true};
    assert_int_equal(kr__chunk_create(test_team, model, &options, &chunk, &err), KR_OK);
    kr_real y[B * L * FEATURES], got[B * L * D_INNER];
    kr__chunk_forward(chunk, kr_golden_real(golden, "x", NULL), NULL, y, NULL);
    for (int i = 0; i < LAYERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "f64/encode/%d", i);
        kr__chunk_inside(chunk, KR__INSIDE_LAYER, i, 0, B * L, got);
        assert_close(got, kr_golden_real(golden, name, NULL), B * L * D, 2e-6);
        snprintf(name, sizeof name, "f64/hidden/%d", i);
        kr__chunk_inside(chunk, KR__INSIDE_HIDDEN, i, 0, B * L, got);
        assert_close(got, kr_golden_real(golden, name, NULL), B * L * D, 2e-6);
        snprintf(name, sizeof name, "f64/gates/%d/delta", i);
        kr__chunk_inside(chunk, KR__INSIDE_DELTA, i, 0, L, got);
        assert_close(got, kr_golden_real(golden, name, NULL), L * D_INNER, 2e-6);
        snprintf(name, sizeof name, "f64/gates/%d/z_gate", i);
        kr__chunk_inside(chunk, KR__INSIDE_Z_GATE, i, 0, L, got);
        assert_close(got, kr_golden_real(golden, name, NULL), L * D_INNER, 2e-6);
        check_norms(golden, chunk, KR__INSIDE_B, i, "B_norm");
        check_norms(golden, chunk, KR__INSIDE_C, i, "C_norm");
    }
    kr__chunk_inside(chunk, KR__INSIDE_OUTPUT, 0, 0, B * L, got);
    assert_memory_equal(got, y, sizeof y);
    kr__chunk_destroy(chunk);
    kr__stack_destroy(model);
    kr_golden_close(golden);
}

/* A block of its own: its gates, and its output in place of a layer's. */
static void a_block_holds_what_was_recorded(void **state) {
    enum { B = 2, L = 37, D = 16, D_INNER = 32 };
    (void)state;
    kr_golden *golden = kr_golden_open("synth/mamba_layer_a.npz");
    kr__stack *m = NULL;
    kr__chunk *chunk = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__stack_create_block(D, &(kr_mamba_config){16, 4, 2, 0}, 0, &m, &err),
                     KR_OK);
    kr_golden_set_parameters(golden, m);
    const kr__chunk_options options = {.n_steps = L, .batch = B, .with_inside = true};
    assert_int_equal(kr__chunk_create(test_team, m, &options, &chunk, &err), KR_OK);
    kr_real y[B * L * D], got[B * L * D_INNER];
    kr__chunk_forward(chunk, kr_golden_real(golden, "x", NULL), NULL, y, NULL);
    kr__chunk_inside(chunk, KR__INSIDE_DELTA, 0, 0, B * L, got);
    assert_close(got, kr_golden_real(golden, "f64/sig/delta", NULL), B * L * D_INNER, 2e-6);
    kr__chunk_inside(chunk, KR__INSIDE_Z_GATE, 0, 0, B * L, got);
    assert_close(got, kr_golden_real(golden, "f64/sig/z_gate", NULL), B * L * D_INNER, 2e-6);
    kr__chunk_inside(chunk, KR__INSIDE_X_CONV, 0, 0, B * L, got);
    assert_close(got, kr_golden_real(golden, "f64/sig/x_conv", NULL), B * L * D_INNER, 2e-6);
    kr__chunk_inside(chunk, KR__INSIDE_LAYER, 0, 0, B * L, got);
    assert_memory_equal(got, y, sizeof y);
    kr__chunk_destroy(chunk);
    kr__stack_destroy(m);
    kr_golden_close(golden);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_chunk_holds_what_was_recorded),
                                       cmocka_unit_test(a_block_holds_what_was_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
