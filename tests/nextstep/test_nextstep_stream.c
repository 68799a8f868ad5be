/* SPDX-License-Identifier: MIT
 * test_nextstep_stream.c - generated series against recorded ones of the original, noise and all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/real.h"
#include "nextstep/golden_object.h"
#include "support/golden.h"

enum { FEATURES = 5, WIDTH = 16, CONTEXT = 12, STEPS = 32 };

/* ---- recorded noise --------------------------------------------------------------------- */

typedef struct recording {
    const kr_real *noise; /* (n_events, width) */
    int64_t n_events, width, next;
} recording;

static void draw_recorded(void *arg, int64_t n, float *out) {
    recording *r = arg;
    if (r->next >= r->n_events) fail_msg("more noise is drawn than was recorded");
    memcpy(out, r->noise + r->next++ * r->width, (size_t)n * sizeof *out);
}

static kr_nextstep_stream_options defaults(void) {
    return (kr_nextstep_stream_options){.size = sizeof(kr_nextstep_stream_options), .seed = 42};
}

static void check_case(kr_golden *golden, const char *name,
                       const kr_nextstep_stream_options *options) {
    char key[64];
    kr_nextstep *model = golden_object(golden, 8);
    kr_nextstep_stream *g = NULL;
    kr_error err = {.text = ""};
    snprintf(key, sizeof key, "%s/event_noise", name);
    const kr_array *noise = kr_golden_array(golden, key);
    recording r = {kr_golden_real(golden, key, NULL), noise->shape[0], noise->shape[1], 0};
    kr_nextstep_stream_options o = *options;
    o.noise = draw_recorded;
    o.noise_arg = &r;
    if (kr_nextstep_stream_create(model, &o, &g, &err) != KR_OK) fail_msg("%s", err.text);
    kr_real got[STEPS * FEATURES];
    for (int round = 0; round < 2; round++) { /* again after a reset */
        r.next = 0;
        kr_nextstep_stream_push(g, CONTEXT, kr_golden_real(golden, "seed", NULL));
        for (int s = 0; s < STEPS; s++) kr_nextstep_stream_generate(g, got + s * FEATURES);
        assert_int_equal(r.next, r.n_events);
        snprintf(key, sizeof key, "%s/f64", name);
        assert_close(got, kr_golden_real(golden, key, NULL), STEPS * FEATURES, 5e-6);
        kr_nextstep_stream_reset(g);
    }
    kr_nextstep_stream_destroy(g);
    kr_nextstep_destroy(model);
}

static void recorded(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("synth/generate.npz");
    kr_nextstep_stream_options c = defaults();
    check_case(golden, "plain", &c);
    c.temperature = 0.5;
    check_case(golden, "temp", &c);
    c = defaults();
    c.perturb_interval = 10, c.perturb_scale = 2, c.perturb_duration = 3;
    check_case(golden, "pulse", &c);
    c.perturb_interval = 7, c.perturb_scale = 1.5, c.perturb_duration = 1, c.temperature = 0.2;
    check_case(golden, "pulse_temp", &c);
    c = defaults();
    c.perturb_hidden = true;
    c.perturb_interval = 10, c.perturb_scale = 3, c.perturb_duration = 2;
    check_case(golden, "hidden_all", &c);
    c.perturb_interval = 8, c.perturb_scale = 5, c.perturb_duration = 3;
    c.perturb_layers = 2, c.temperature = 0.1;
    check_case(golden, "hidden_first2_temp", &c);
    c.perturb_interval = 3, c.perturb_scale = 1, c.perturb_duration = 5;
    c.perturb_layers = 0, c.temperature = 0;
    check_case(golden, "overlap", &c);
    c.perturb_interval = 5, c.perturb_scale = 0, c.perturb_duration = 1;
    check_case(golden, "scale0", &c);
    kr_golden_close(golden);
}

/* ---- our own noise, long contexts --------------------------------------------------------- */

static void run(const kr_nextstep *model, const kr_nextstep_stream_options *c,
                const kr_real *context, int64_t n, int64_t at_a_time, kr_real *out) {
    kr_nextstep_stream *g = NULL;
    kr_error err = {.text = ""};
    if (kr_nextstep_stream_create(model, c, &g, &err) != KR_OK) fail_msg("%s", err.text);
    for (int64_t t = 0; t < n; t += at_a_time) {
        int64_t count = n - t < at_a_time ? n - t : at_a_time;
        kr_nextstep_stream_push(g, count, context + t * FEATURES);
    }
    memcpy(out, kr_nextstep_stream_forecast(g), FEATURES * sizeof *out);
    for (int s = 1; s < STEPS; s++) kr_nextstep_stream_generate(g, out + s * FEATURES);
    kr_nextstep_stream_destroy(g);
}

/* A context fed at once, in parts or step by step gives the same; a seed gives the same noise, and
 * another seed another. */
static void contexts_and_seeds(void **state) {
    (void)state;
    enum { LONG = 150 };
    static kr_real context[LONG * FEATURES], a[STEPS * FEATURES], b[STEPS * FEATURES];
    kr_golden *golden = kr_golden_open("synth/generate.npz");
    const kr_real *seed = kr_golden_real(golden, "seed", NULL);
    for (int i = 0; i < LONG * FEATURES; i++) context[i] = seed[i % (CONTEXT * FEATURES)];
    kr_nextstep *model = golden_object(golden, 8);
    kr_nextstep_stream_options c = defaults();
    c.temperature = 0.3, c.perturb_interval = 4, c.perturb_hidden = true;
    run(model, &c, context, LONG, LONG, a);
    run(model, &c, context, LONG, 1, b);
    assert_close(b, a, STEPS * FEATURES, 2e-5);
    run(model, &c, context, LONG, 37, b);
    assert_close(b, a, STEPS * FEATURES, 2e-5);
    run(model, &c, context, LONG, LONG, b);
    assert_memory_equal(a, b, sizeof a);
    c.seed = 43;
    run(model, &c, context, LONG, LONG, b);
    assert_memory_not_equal(a, b, sizeof a);
    kr_nextstep_destroy(model);
    kr_golden_close(golden);
}

/* A state that is taken out goes on in another stream as in its own. */
static void states_are_carried(void **state) {
    (void)state;
    enum { FIRST = 70 };
    float x[FIRST * FEATURES], a[STEPS * FEATURES], b[STEPS * FEATURES], forecast[FEATURES];
    kr_golden *golden = kr_golden_open("synth/generate.npz");
    kr_nextstep *model = golden_object(golden, 8);
    kr_nextstep_stream *one = NULL, *other = NULL;
    float *kept = kr__calloc((size_t)kr_nextstep_shape_of(model)->state_size, sizeof *kept);
    for (int i = 0; i < FIRST * FEATURES; i++) x[i] = (float)(i % 17) / 10;
    assert_int_equal(kr_nextstep_stream_create(model, NULL, &one, NULL), KR_OK);
    assert_int_equal(kr_nextstep_stream_create(model, NULL, &other, NULL), KR_OK);
    kr_nextstep_stream_push(one, FIRST, x);
    kr_nextstep_stream_state(one, kept, forecast);
    assert_memory_equal(forecast, kr_nextstep_stream_forecast(one), sizeof forecast);
    kr_nextstep_stream_push(other, 3, x); /* forgotten */
    kr_nextstep_stream_restore(other, kept, forecast);
    for (int s = 0; s < STEPS; s++) kr_nextstep_stream_generate(one, a + s * FEATURES);
    for (int s = 0; s < STEPS; s++) kr_nextstep_stream_generate(other, b + s * FEATURES);
    assert_memory_equal(a, b, sizeof a);
    kr_nextstep_stream_destroy(one);
    kr_nextstep_stream_destroy(other);
    kr_nextstep_destroy(model);
    kr_golden_close(golden);
    kr_free(kept);
}

static void refusals(void **state) {
    (void)state;
    kr_nextstep_stream *g = NULL;
    kr_error err = {.text = ""};
    kr_golden *golden = kr_golden_open("synth/generate.npz");
    kr_nextstep *model = golden_object(golden, 8);
    kr_nextstep_stream_options c = defaults();
    c.perturb_layers = 4;
    assert_int_equal(kr_nextstep_stream_create(model, &c, &g, &err), KR_USAGE);
    assert_string_equal(err.text, "`perturb_layers` 4: the model has 3 layers");
    c.size = 0;
    assert_int_equal(kr_nextstep_stream_create(model, &c, &g, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "kr_nextstep_stream_options: its size is not set; write .size = "
                        "sizeof(kr_nextstep_stream_options)");
    assert_null(g);
    kr_nextstep_destroy(model);
    kr_golden_close(golden);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded), cmocka_unit_test(contexts_and_seeds),
        cmocka_unit_test(states_are_carried), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
