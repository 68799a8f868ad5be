/* SPDX-License-Identifier: MIT
 * golden_case.c - run a layer or model on recorded numbers, compare everything. */
#include "nn/golden_case.h"
#include "core/arena.h"
#include "core/real.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#ifdef KR_REAL_DOUBLE
#define TRUTH "f64."
static const double y_tolerance = 1e-9, grad_tolerance = 1e-8, noise = 1e-9;
#else
#define TRUTH ""
static const double y_tolerance = 1e-5, grad_tolerance = 5e-5, noise = 1e-6;
#endif

typedef struct setup {
    const kr_golden_case *c;
    kr_golden *golden;
    kr_plan *plan;
    kr_params params;
    kr_tensor in[KR_CASE_INPUTS], y;
    kr_run run;
    kr_given given;
    const kr_real *masks[KR_CASE_MASKS];
    kr_real *turned[KR_CASE_MASKS]; /* owned copies */
    const int64_t *indices[8];
} setup;

static void open_inputs(setup *s) {
    for (int i = 0; i < s->c->n_in; i++) {
        char name[64];
        snprintf(name, sizeof name, "in.%s", s->c->in[i]);
        if (s->c->in_data[i]) {
            s->in[i] = kr__plan_input(s->plan, s->c->in_rank[i], s->c->in_shape[i], true);
        } else {
            const kr_array *a = kr_golden_array(s->golden, name);
            s->in[i] = kr__plan_input(s->plan, a->rank, a->shape, true);
        }
    }
}

/* (rows, d_ff, tokens) -> (rows, tokens, d_ff) */
static kr_real *turn_mask(const kr_real *mask, int64_t rows, int64_t d_ff, int64_t tokens) {
    kr_real *turned = kr__calloc((size_t)(rows * d_ff * tokens), sizeof *turned);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t d = 0; d < d_ff; d++) {
            for (int64_t t = 0; t < tokens; t++) {
                turned[(r * tokens + t) * d_ff + d] = mask[(r * d_ff + d) * tokens + t];
            }
        }
    }
    return turned;
}

static void open_given(setup *s) {
    char name[32];
    for (int i = 0; i < KR_CASE_MASKS; i++) {
        snprintf(name, sizeof name, "mask.%02d", i);
        if (!kr_golden_has(s->golden, name)) break;
        const kr_array *a = kr_golden_array(s->golden, name);
        s->masks[i] = kr_golden_real(s->golden, name, NULL);
        bool is_conv = a->rank == 3 && s->c->conv_mask_rows > 0 &&
                       a->shape[1] == s->c->conv_mask_rows && a->shape[2] != a->shape[1];
        if (!is_conv) continue;
        s->masks[i] = s->turned[i] = turn_mask(s->masks[i], a->shape[0], a->shape[1], a->shape[2]);
    }
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "index.%d", i);
        if (!kr_golden_has(s->golden, name)) break;
        s->indices[i] = kr_golden_int64(s->golden, name, NULL);
    }
    s->given = (kr_given){.masks = s->masks, .indices = s->indices};
}

static const char *golden_name(const setup *s, const char *parameter) {
    size_t n = strlen(s->c->prefix);
    assert_memory_equal(parameter, s->c->prefix, n);
    return parameter + n;
}

static void load_parameters(setup *s) {
    kr_error err = {0};
    assert_int_equal(kr__params_allocate(&s->params, &err), KR_OK);
    for (int i = 0; i < s->params.count; i++) {
        const kr_param *p = &s->params.list[i];
        char name[KR_NAME_SIZE + 8];
        snprintf(name, sizeof name, "param.%s", golden_name(s, p->name));
        int64_t n;
        const kr_real *values = kr_golden_real(s->golden, name, &n);
        assert_int_equal(n, p->size);
        memcpy(s->params.values + p->offset, values, (size_t)n * sizeof *values);
    }
}

static void start(setup *s) {
    kr_error err = {0};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &s->plan, &err), KR_OK);
    open_inputs(s);
    kr_builder b = {s->plan, &s->params};
    s->y = s->c->build(&b, s->in, s->c->arg);
    kr__plan_output(s->plan, s->y);
    if (kr__plan_finish(s->plan, &err) != KR_OK) fail_msg("%s: %s", s->c->file, err.text);
    load_parameters(s);
    open_given(s);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(s->plan), sizeof *work);
    s->run = (kr_run){
        .data = {work, s->params.values},
        .grad = {work, kr__calloc((size_t)s->params.size, sizeof(kr_real))},
        .scratch = kr__calloc((size_t)kr__plan_scratch_size(s->plan) + 16, sizeof(kr_real)),
        .is_training = s->c->is_training,
        .given = &s->given};
    s->y = kr__plan_resolve(s->plan, s->y);
    for (int i = 0; i < s->c->n_in; i++) {
        char name[64];
        snprintf(name, sizeof name, "in.%s", s->c->in[i]);
        s->in[i] = kr__plan_resolve(s->plan, s->in[i]);
        const kr_real *from =
            s->c->in_data[i] ? s->c->in_data[i] : kr_golden_real(s->golden, name, NULL);
        memcpy(kr__data(&s->run, &s->in[i]), from,
               (size_t)kr__tensor_size(&s->in[i]) * sizeof(kr_real));
    }
}

/* Loss and its gradient for y. */
static double set_loss_gradient(const setup *s, double *scale) {
    const kr_real *y = kr__data(&s->run, &s->y);
    kr_real *grad = kr__grad(&s->run, &s->y);
    int64_t n = kr__tensor_size(&s->y);
    const kr_real *w = s->c->target ? NULL : kr_golden_real(s->golden, "w", NULL);
    double loss = 0;
    *scale = 0;
    for (int64_t i = 0; i < n; i++) {
        if (w) {
            grad[i] = w[i];
            loss += (double)y[i] * (double)w[i];
            *scale += fabs((double)y[i] * (double)w[i]);
        } else {
            double e = (double)y[i] - (double)s->c->target[i];
            grad[i] = (kr_real)(2 * e / (double)n);
            loss += e * e / (double)n;
            *scale = loss;
        }
    }
    return loss;
}

static double factor(const kr_golden_case *c) {
    return c->tolerance_factor > 0 ? c->tolerance_factor : 1;
}

static void compare_gradients(const setup *s) {
    char name[KR_NAME_SIZE + 16];
    for (int i = 0; i < s->params.count; i++) {
        const kr_param *p = &s->params.list[i];
        snprintf(name, sizeof name, TRUTH "grad.%s", golden_name(s, p->name));
        const kr_real *want = kr_golden_real(s->golden, name, NULL);
        /* exactly zero in theory: what is left is rounding noise */
        bool is_noise = strstr(p->name, "key_projection.bias") != NULL;
        kr_assert_close(s->run.grad[KR_SPACE_PARAM] + p->offset, want, p->size,
                        is_noise ? noise : grad_tolerance * factor(s->c), !is_noise, name,
                        s->c->file, 0);
    }
    for (int i = 0; i < s->c->n_in; i++) {
        snprintf(name, sizeof name, TRUTH "grad_in.%s", s->c->in[i]);
        if (!kr_golden_has(s->golden, name)) continue;
        kr_assert_close(kr__grad(&s->run, &s->in[i]), kr_golden_real(s->golden, name, NULL),
                        kr__tensor_size(&s->in[i]), grad_tolerance * factor(s->c), true, name,
                        s->c->file, 0);
    }
}

static void finish(setup *s) {
    for (int i = 0; i < KR_CASE_MASKS; i++) kr_free(s->turned[i]);
    kr_free(s->run.data[KR_SPACE_WORK]);
    kr_free(s->run.grad[KR_SPACE_PARAM]);
    kr_free(s->run.scratch);
    kr__params_deinit(&s->params);
    kr__plan_destroy(s->plan);
    kr_golden_close(s->golden);
}

void kr_golden_case_run(const kr_golden_case *c) {
    setup s = {.c = c, .golden = kr_golden_open(c->file)};
    start(&s);
    kr__plan_forward(s.plan, &s.run);
    kr_assert_close(kr__data(&s.run, &s.y), kr_golden_real(s.golden, TRUTH "y", NULL),
                    kr__tensor_size(&s.y), y_tolerance * factor(c), true, "y", c->file, 0);
    double scale, loss = set_loss_gradient(&s, &scale);
    double want = kr_golden_value(s.golden, TRUTH "loss");
    if (!(fabs(loss - want) <= y_tolerance * factor(c) * scale)) {
        fail_msg("%s: loss %.9g, not %.9g", c->file, loss, want);
    }
    kr__plan_backward(s.plan, &s.run);
    compare_gradients(&s);
    finish(&s);
}
