/* SPDX-License-Identifier: MIT
 * test_golden_nextstep.c - Mamba blocks and the next-step model against recorded ones: outputs,
 * gradients, inner values, and the state that passes from chunk to chunk. */
#include <cjson/cJSON.h>
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
#include "nn/nextstep_model.h"
#include "support/golden.h"

#ifdef KR_REAL_DOUBLE
static const double y_tolerance = 1e-9, grad_tolerance = 1e-8;
#else
static const double y_tolerance = 2e-6, grad_tolerance = 1e-5;
#endif

/* ---- a plan with parameters and memory -------------------------------------------------- */

typedef struct trial {
    kr_golden *golden;
    kr_plan *plan;
    kr_params params;
    kr_run run;
    const char *file, *prefix; /* of parameter names in our table */
} trial;

static void open_trial(trial *t, const char *file, const char *prefix, int64_t batch,
                       bool with_backward) {
    kr_error err = {0};
    *t = (trial){.golden = kr_golden_open(file), .file = file, .prefix = prefix};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, batch, with_backward, &t->plan, &err), KR_OK);
}

static const char *golden_name(const trial *t, const char *group, const char *name,
                               char text[KR_NAME_SIZE + 16]) {
    snprintf(text, KR_NAME_SIZE + 16, "%s%s", group, name + strlen(t->prefix));
    return text;
}

static void finish_plan(trial *t) {
    kr_error err = {0};
    char name[KR_NAME_SIZE + 16];
    if (kr__plan_finish(t->plan, &err) != KR_OK) fail_msg("%s: %s", t->file, err.text);
    if (!t->params.values) assert_int_equal(kr__params_allocate(&t->params, &err), KR_OK);
    for (int i = 0; i < t->params.count; i++) {
        const kr_param *p = &t->params.list[i];
        int64_t n;
        const kr_real *from = kr_golden_real(t->golden, golden_name(t, "p/", p->name, name), &n);
        assert_int_equal(n, p->size);
        memcpy(t->params.values + p->offset, from, (size_t)n * sizeof *from);
    }
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(t->plan), sizeof *work);
    t->run = (kr_run){
        .data = {work, t->params.values},
        .grad = {work, kr__calloc((size_t)t->params.size, sizeof(kr_real))},
        .scratch = kr__calloc((size_t)kr__plan_scratch_size(t->plan) + 16, sizeof(kr_real))};
}

static void close_plan(trial *t) {
    kr_free(t->run.data[KR_SPACE_WORK]);
    kr_free(t->run.grad[KR_SPACE_PARAM]);
    kr_free(t->run.scratch);
    kr__plan_destroy(t->plan);
}

static void close_trial(trial *t) {
    close_plan(t);
    kr__params_deinit(&t->params);
    kr_golden_close(t->golden);
}

static kr_tensor golden_input(trial *t, const char *name) {
    const kr_array *a = kr_golden_array(t->golden, name);
    return kr__plan_input(t->plan, a->rank, a->shape, true);
}

static void set(trial *t, kr_tensor x, const kr_real *values) {
    x = kr__plan_resolve(t->plan, x);
    memcpy(kr__data(&t->run, &x), values, (size_t)kr__tensor_size(&x) * sizeof *values);
}

/* A view's elements in order; freed by the caller. */
static kr_real *gather(trial *t, kr_tensor x) {
    x = kr__plan_resolve(t->plan, x);
    kr_matrix m = {0};
    assert_true(kr__tensor_as_matrix(&x, &m));
    kr_real *copy = kr__calloc((size_t)(m.rows * m.cols), sizeof *copy);
    for (int64_t r = 0; r < m.rows; r++) {
        memcpy(copy + r * m.cols, kr__data(&t->run, &x) + r * m.row_stride,
               (size_t)m.cols * sizeof *copy);
    }
    return copy;
}

static void compare(trial *t, kr_tensor x, const char *name) {
    int64_t n;
    const kr_real *want = kr_golden_real(t->golden, name, &n);
    assert_int_equal(n, kr__tensor_size(&x));
    kr_real *got = gather(t, x);
    kr_assert_close(got, want, n, y_tolerance, true, name, t->file, 0);
    kr_free(got);
}

static void compare_gradients(trial *t) {
    char name[KR_NAME_SIZE + 16];
    for (int i = 0; i < t->params.count; i++) {
        const kr_param *p = &t->params.list[i];
        golden_name(t, "f64/g/", p->name, name);
        kr_assert_close(t->run.grad[KR_SPACE_PARAM] + p->offset,
                        kr_golden_real(t->golden, name, NULL), p->size, grad_tolerance, true, name,
                        t->file, 0);
    }
}

/* A whole number out of the recorded settings. */
static int64_t setting(kr_golden *golden, const char *key) {
    char text[1024];
    cJSON *json = cJSON_Parse(kr_golden_text(golden, "config_json", 0, text, sizeof text));
    const cJSON *item = cJSON_GetObjectItem(json, key);
    assert_true(cJSON_IsNumber(item));
    int64_t value = (int64_t)item->valuedouble;
    cJSON_Delete(json);
    return value;
}

static kr_mamba_config mamba_config(kr_golden *golden) {
    return (kr_mamba_config){.d_state = setting(golden, "d_state"),
                             .d_conv = setting(golden, "d_conv"),
                             .expand = setting(golden, "expand")};
}

/* ---- one block -------------------------------------------------------------------------- */

/* softplus(dt_raw + dt_bias), as the scan uses it. */
static void compare_delta(trial *t, const kr_mamba_taps *taps) {
    int64_t n, d_inner = taps->dt_bias.shape[0];
    const kr_real *want = kr_golden_real(t->golden, "f64/sig/delta", &n);
    kr_real *delta = gather(t, taps->dt_raw);
    const kr_real *bias = kr__data(&t->run, &taps->dt_bias);
    for (int64_t i = 0; i < n; i++) {
        double x = (double)delta[i] + (double)bias[i % d_inner];
        delta[i] = (kr_real)(x > 20 ? x : log1p(exp(x)));
    }
    kr_assert_close(delta, want, n, y_tolerance, true, "delta", t->file, 0);
    kr_free(delta);
}

static void check_block(const char *file) {
    trial t;
    open_trial(&t, file, "m.", 1, true);
    kr_mamba_config config = mamba_config(t.golden);
    kr_builder b = {t.plan, &t.params};
    kr_tensor x = golden_input(&t, "x");
    kr_mamba_state state = {0};
    kr_mamba_taps taps;
    kr_tensor y = kr__layer_mamba_chunk(&b, x, &config, "m", &state, &taps);
    const kr_tensor kept[] = {y, state.h_last, taps.u, taps.x_conv, taps.dt_raw, taps.B};
    for (int i = 0; i < 6; i++) kr__plan_output(t.plan, kept[i]);
    finish_plan(&t);
    set(&t, x, kr_golden_real(t.golden, "x", NULL));
    kr__plan_forward(t.plan, &t.run);
    compare(&t, y, "f64/y");
    compare(&t, state.h_last, "f64/ssm_state_last");
    compare(&t, taps.u, "f64/sig/x_branch");
    compare(&t, taps.z, "f64/sig/z");
    compare(&t, taps.x_conv, "f64/sig/x_conv");
    compare(&t, taps.B, "f64/sig/B");
    compare(&t, taps.C, "f64/sig/C");
    compare_delta(&t, &taps);

    for (int i = 0; i < 6; i++) {
        kr_tensor r = kr__plan_resolve(t.plan, kept[i]);
        if (kr__tensor_is_contiguous(&r)) {
            memset(kr__grad(&t.run, &r), 0, (size_t)kr__tensor_size(&r) * sizeof(kr_real));
        }
    }
    kr_tensor uz = kr__plan_resolve(t.plan, taps.u), parts = kr__plan_resolve(t.plan, taps.B);
    int64_t rows = uz.shape[0] * uz.shape[1];
    memset(kr__grad(&t.run, &uz), 0, (size_t)(rows * uz.stride[1]) * sizeof(kr_real));
    memset(kr__grad(&t.run, &parts) - (parts.stride[1] - 2 * config.d_state), 0,
           (size_t)(rows * parts.stride[1]) * sizeof(kr_real));
    kr_tensor out = kr__plan_resolve(t.plan, y), in = kr__plan_resolve(t.plan, x);
    memcpy(kr__grad(&t.run, &out), kr_golden_real(t.golden, "W", NULL),
           (size_t)kr__tensor_size(&out) * sizeof(kr_real));
    kr__plan_backward(t.plan, &t.run);
    compare_gradients(&t);
    kr_assert_close(kr__grad(&t.run, &in), kr_golden_real(t.golden, "f64/g/x", NULL),
                    kr__tensor_size(&in), grad_tolerance, true, "gradient of x", t.file, 0);
    close_trial(&t);
}

static void mamba_blocks(void **state) {
    (void)state;
    check_block("synth/mamba_layer_a.npz");
    check_block("synth/mamba_layer_b.npz");
    check_block("synth/mamba_layer_c.npz");
}

/* ---- the whole model -------------------------------------------------------------------- */

static kr__nextstep_model_config model_config(kr_golden *golden) {
    return (kr__nextstep_model_config){.n_features = setting(golden, "feature_dim"),
                                       .d_model = setting(golden, "d_model"),
                                       .n_layers = setting(golden, "n_layers"),
                                       .d_ff = setting(golden, "d_ff"),
                                       .max_horizon = setting(golden, "max_horizon"),
                                       .mamba = mamba_config(golden)};
}

static void check_model(const char *file) {
    trial t;
    open_trial(&t, file, "", 3, true);
    kr__nextstep_model_config config = model_config(t.golden);
    kr_builder b = {t.plan, &t.params};
    int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS];
    int n = kr__nextstep_horizons(config.max_horizon, horizons);
    kr_tensor x = golden_input(&t, "x"), pred[KR__NEXTSTEP_MAX_HORIZONS];
    kr__nextstep_build(&b, &config, x, n, pred, NULL, NULL);
    kr_tensor loss = kr__nextstep_loss(&b, &config, pred, x);
    kr__plan_output(t.plan, loss);
    finish_plan(&t);
    assert_int_equal(kr__params_count(&t.params), (int64_t)kr_golden_value(t.golden, "n_params"));
    set(&t, x, kr_golden_real(t.golden, "x", NULL));
    kr__plan_forward(t.plan, &t.run);
    char name[64];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "f64/pred/%d", (int)horizons[i]);
        compare(&t, pred[i], name);
    }
    loss = kr__plan_resolve(t.plan, loss);
    double sum = 0, want = kr_golden_value(t.golden, "f64/loss");
    for (int i = 0; i < 3; i++) {
        sum += (double)kr__data(&t.run, &loss)[i] / 3;
        kr__grad(&t.run, &loss)[i] = (kr_real)(1.0 / 3);
    }
    assert_true(fabs(sum - want) <= 1e-6 * want);
    kr__plan_backward(t.plan, &t.run);
    compare_gradients(&t);
    double squares = 0, norm = kr_golden_value(t.golden, "f64/grad_norm");
    for (int64_t i = 0; i < t.params.size; i++) {
        squares += (double)t.run.grad[KR_SPACE_PARAM][i] * (double)t.run.grad[KR_SPACE_PARAM][i];
    }
    assert_true(fabs(sqrt(squares) - norm) <= grad_tolerance * norm);
    close_trial(&t);
}

static void models(void **state) {
    (void)state;
    check_model("synth/model_next_h1.npz");
    check_model("synth/model_next_h8.npz");
    check_model("synth/model_next_h6.npz");
}

/* PyTorch's first values of a tiny model; exp and log of dt's bias may round differently. */
static void first_values(void **state) {
    (void)state;
    trial t = {.golden = kr_golden_open("synth/model_init_seed42.npz"), .prefix = ""};
    const kr__nextstep_model_config config = {.n_features = 5,
                                              .d_model = 16,
                                              .n_layers = 3,
                                              .d_ff = 32,
                                              .max_horizon = 1,
                                              .mamba = {8, 4, 2, 0}};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, false, &t.plan, NULL), KR_OK);
    kr_builder b = {t.plan, &t.params};
    kr_tensor pred, x = kr__plan_input(t.plan, 3, (int64_t[]){1, 9, 5}, false);
    kr__nextstep_build(&b, &config, x, 1, &pred, NULL, NULL);
    assert_int_equal(kr__params_allocate(&t.params, NULL), KR_OK);
    kr_torch_rng rng = kr__torch_rng_make(42);
    kr__nextstep_initialise(&t.params, &config, &rng);
    for (int i = 0; i < t.params.count; i++) {
        const kr_param *p = &t.params.list[i];
        char name[KR_NAME_SIZE + 16];
        golden_name(&t, "p/", p->name, name);
        kr_assert_close(t.params.values + p->offset, kr_golden_real(t.golden, name, NULL), p->size,
                        1e-6, true, name, "model_init_seed42.npz", 0);
    }
    kr__plan_destroy(t.plan);
    kr__params_deinit(&t.params);
    kr_golden_close(t.golden);
}

static void inner_values(void **state) {
    (void)state;
    static kr__nextstep_inside inside;
    trial t;
    open_trial(&t, "synth/model_next_h1.npz", "", 3, false);
    kr__nextstep_model_config config = model_config(t.golden);
    kr_builder b = {t.plan, &t.params};
    kr_tensor x = golden_input(&t, "x"), pred;
    kr__nextstep_build(&b, &config, x, 1, &pred, NULL, &inside);
    kr__plan_output(t.plan, pred);
    for (int64_t i = 0; i < config.n_layers; i++) {
        kr__plan_output(t.plan, inside.layers[i]);
        kr__plan_output(t.plan, inside.hidden[i]);
    }
    finish_plan(&t);
    set(&t, x, kr_golden_real(t.golden, "x", NULL));
    kr__plan_forward(t.plan, &t.run);
    for (int64_t i = 0; i < config.n_layers; i++) {
        char name[64];
        snprintf(name, sizeof name, "f64/encode/%d", (int)i);
        compare(&t, inside.layers[i], name);
        snprintf(name, sizeof name, "f64/hidden/%d", (int)i);
        compare(&t, inside.hidden[i], name);
    }
    compare(&t, pred, "f64/encode/3");
    close_trial(&t);
}

/* ---- chunks ----------------------------------------------------------------------------- */

enum { D_MODEL = 12, D_INNER = 24, D_STATE = 5, D_CONV = 4, LENGTH = 41, ROWS = 2 };

/* One chunk of a block with state, forward and backward. Arrays are for all rows of the chunk. */
typedef struct chunk {
    trial t;
    int64_t length;
    kr_tensor x, y;
    kr_mamba_state state;
} chunk;

static void open_chunk(chunk *c, int64_t length) {
    kr_error err = {0};
    *c = (chunk){.length = length};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, ROWS, true, &c->t.plan, &err), KR_OK);
    kr_builder b = {c->t.plan, &c->t.params};
    c->x = kr__plan_input(c->t.plan, 3, (int64_t[]){ROWS, length, D_MODEL}, true);
    c->state.conv_first =
        kr__plan_input(c->t.plan, 3, (int64_t[]){ROWS, D_CONV - 1, D_INNER}, true);
    c->state.h_first = kr__plan_input(c->t.plan, 3, (int64_t[]){ROWS, D_INNER, D_STATE}, true);
    const kr_mamba_config config = {D_STATE, D_CONV, 2, 0};
    c->y = kr__layer_mamba_chunk(&b, c->x, &config, "m", &c->state, NULL);
    kr__plan_output(c->t.plan, c->y);
    kr__plan_output(c->t.plan, c->state.conv_last);
    kr__plan_output(c->t.plan, c->state.h_last);
    if (kr__plan_finish(c->t.plan, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(kr__params_allocate(&c->t.params, &err), KR_OK);
    kr__params_initialise(&c->t.params, 11);
    c->t.run = (kr_run){
        .data = {kr__calloc((size_t)kr__plan_work_size(c->t.plan), sizeof(kr_real)),
                 c->t.params.values},
        .scratch = kr__calloc((size_t)kr__plan_scratch_size(c->t.plan) + 16, sizeof(kr_real))};
    c->t.run.grad[KR_SPACE_WORK] = c->t.run.data[KR_SPACE_WORK];
    c->t.run.grad[KR_SPACE_PARAM] = kr__calloc((size_t)c->t.params.size, sizeof(kr_real));
    kr_tensor *all[] = {
        &c->x,           &c->y, &c->state.conv_first, &c->state.h_first, &c->state.conv_last,
        &c->state.h_last};
    for (int i = 0; i < 6; i++) *all[i] = kr__plan_resolve(c->t.plan, *all[i]);
}

static void close_chunk(chunk *c) {
    close_plan(&c->t);
    kr__params_deinit(&c->t.params);
}

static size_t bytes(kr_tensor t) { return (size_t)kr__tensor_size(&t) * sizeof(kr_real); }

/* Steps first .. of a whole (ROWS, LENGTH, D_MODEL) into or out of a chunk's. */
static void move_steps(const chunk *c, kr_real *part, kr_real *whole, int64_t first, bool is_in) {
    for (int64_t r = 0; r < ROWS; r++) {
        kr_real *a = part + r * c->length * D_MODEL, *b = whole + (r * LENGTH + first) * D_MODEL;
        size_t n = (size_t)(c->length * D_MODEL) * sizeof *a;
        if (is_in) {
            memcpy(a, b, n);
        } else {
            memcpy(b, a, n);
        }
    }
}

typedef struct whole {
    kr_real x[ROWS * LENGTH * D_MODEL], w[ROWS * LENGTH * D_MODEL]; /* loss = sum of y w */
    kr_real y[ROWS * LENGTH * D_MODEL], grad_x[ROWS * LENGTH * D_MODEL];
    kr_real h_last[ROWS * D_INNER * D_STATE], conv_last[ROWS * (D_CONV - 1) * D_INNER];
    kr_real grad_h[ROWS * D_INNER * D_STATE]; /* of the state before step 0 */
    kr_real *grad_params;
    int64_t n_params;
} whole;

/* Forward through all chunks with the state handed on, then backward through them with the
 * gradient of the state handed back. */
static void run_chunks(whole *out, const int64_t *lengths, int n) {
    enum { MOST = 48 };
    static chunk c[MOST];
    int64_t first[MOST + 1] = {0};
    out->grad_params = NULL;
    for (int i = 0; i < n; i++) {
        open_chunk(&c[i], lengths[i]);
        kr_run *run = &c[i].t.run;
        first[i + 1] = first[i] + lengths[i];
        move_steps(&c[i], kr__data(run, &c[i].x), out->x, first[i], true);
        if (i > 0) {
            const kr_run *before = &c[i - 1].t.run;
            memcpy(kr__data(run, &c[i].state.h_first), kr__data(before, &c[i - 1].state.h_last),
                   bytes(c[i].state.h_first));
            memcpy(kr__data(run, &c[i].state.conv_first),
                   kr__data(before, &c[i - 1].state.conv_last), bytes(c[i].state.conv_first));
        }
        kr__plan_forward(c[i].t.plan, run);
        move_steps(&c[i], kr__data(run, &c[i].y), out->y, first[i], false);
    }
    assert_int_equal(first[n], LENGTH);
    memcpy(out->h_last, kr__data(&c[n - 1].t.run, &c[n - 1].state.h_last), sizeof out->h_last);
    memcpy(out->conv_last, kr__data(&c[n - 1].t.run, &c[n - 1].state.conv_last),
           sizeof out->conv_last);
    for (int i = n - 1; i >= 0; i--) {
        const kr_run *run = &c[i].t.run;
        move_steps(&c[i], kr__grad(run, &c[i].y), out->w, first[i], true);
        kr_real *h = kr__grad(run, &c[i].state.h_last),
                *conv = kr__grad(run, &c[i].state.conv_last);
        memset(h, 0, bytes(c[i].state.h_last));
        memset(conv, 0, bytes(c[i].state.conv_last));
        if (i < n - 1) {
            const kr_run *after = &c[i + 1].t.run;
            memcpy(h, kr__grad(after, &c[i + 1].state.h_first), bytes(c[i].state.h_last));
            memcpy(conv, kr__grad(after, &c[i + 1].state.conv_first), bytes(c[i].state.conv_last));
        }
        kr__plan_backward(c[i].t.plan, run);
        move_steps(&c[i], kr__grad(run, &c[i].x), out->grad_x, first[i], false);
    }
    memcpy(out->grad_h, kr__grad(&c[0].t.run, &c[0].state.h_first), sizeof out->grad_h);
    out->n_params = c[0].t.params.size;
    out->grad_params = kr__calloc((size_t)out->n_params, sizeof(kr_real));
    for (int i = 0; i < n; i++) {
        for (int64_t k = 0; k < out->n_params; k++) {
            out->grad_params[k] += c[i].t.run.grad[KR_SPACE_PARAM][k];
        }
        close_chunk(&c[i]);
    }
}

static void compare_runs(const whole *got, const whole *want) {
    const int64_t n = ROWS * LENGTH * D_MODEL;
    assert_close(got->y, want->y, n, y_tolerance);
    assert_close(got->h_last, want->h_last, ROWS * D_INNER * D_STATE, y_tolerance);
    assert_close(got->conv_last, want->conv_last, ROWS * (D_CONV - 1) * D_INNER, y_tolerance);
    assert_close(got->grad_x, want->grad_x, n, grad_tolerance);
    assert_close(got->grad_h, want->grad_h, ROWS * D_INNER * D_STATE, grad_tolerance);
    assert_close(got->grad_params, want->grad_params, got->n_params, grad_tolerance);
}

/* Chunks of any lengths are one pass, forward and backward: the gradient through the state makes
 * truncated back-propagation exact where it is not cut. */
static void chunks_are_one_pass(void **state) {
    (void)state;
    static whole one, many;
    for (int i = 0; i < ROWS * LENGTH * D_MODEL; i++) {
        one.x[i] = many.x[i] = (kr_real)sin(1.7 * i + 0.01 * i * i);
        one.w[i] = many.w[i] = (kr_real)cos(2.3 * i);
    }
    run_chunks(&one, (int64_t[]){LENGTH}, 1);
    run_chunks(&many, (int64_t[]){17, 1, 2, 16, 5}, 5);
    compare_runs(&many, &one);
    kr_free(many.grad_params);
    int64_t steps[LENGTH];
    for (int i = 0; i < LENGTH; i++) steps[i] = 1;
    run_chunks(&many, steps, LENGTH);
    compare_runs(&many, &one);
    kr_free(many.grad_params);
    kr_free(one.grad_params);
}

static void parameters_are_counted(void **state) {
    (void)state;
    static const struct {
        int64_t d_state, max_horizon, count;
    } cases[] = {{16, 1, 896404}, {32, 1, 982420}, {32, 64, 1440268}};
    for (int i = 0; i < 3; i++) {
        kr__nextstep_model_config config = {.n_features = 20,
                                            .d_model = 128,
                                            .n_layers = 7,
                                            .d_ff = 512,
                                            .max_horizon = cases[i].max_horizon,
                                            .mamba = {cases[i].d_state, 4, 2, 0}};
        kr_plan *plan;
        kr_params params = {0};
        kr_tensor pred[KR__NEXTSTEP_MAX_HORIZONS];
        assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, false, &plan, NULL), KR_OK);
        kr_builder b = {plan, &params};
        kr_tensor x = kr__plan_input(plan, 3, (int64_t[]){1, 70, 20}, false);
        kr__nextstep_build(&b, &config, x, KR__NEXTSTEP_MAX_HORIZONS, pred, NULL, NULL);
        assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
        assert_int_equal(kr__params_count(&params), cases[i].count);
        kr__params_deinit(&params);
        kr__plan_destroy(plan);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mamba_blocks),        cmocka_unit_test(models),
        cmocka_unit_test(first_values),        cmocka_unit_test(inner_values),
        cmocka_unit_test(chunks_are_one_pass), cmocka_unit_test(parameters_are_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
