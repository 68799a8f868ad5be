/* SPDX-License-Identifier: MIT
 * op_cases.c - a typical use of every op of ops.inc. */
#include "support/op_cases.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/* ---- the cases -------------------------------------------------------------------------- */

/* CASE(op, inputs, y): y is made of in[0], in[1], ..; inputs are their shapes with commas between
 * them, a letter an axis: B samples, T steps, V series, D width, P steps ahead, R = B * V, W = 4 *
 * D, a digit itself. "." behind a shape: data, without a gradient; "+": numbers from 1 to 2; "!": a
 * part of it is a constant for gradients. */
#define CASE(op, inputs, y)                                                                        \
    static const char inputs_##op[] = inputs;                                                      \
    static const char *const why_##op = NULL;                                                      \
    static kr_tensor build_##op(kr_plan *plan, const kr_tensor *in, const kr_op_sizes *s) {        \
        (void)s;                                                                                   \
        return y;                                                                                  \
    }
#define NO_CASE(op, why)                                                                           \
    static const char inputs_##op[] = "";                                                          \
    static const char *const why_##op = why;                                                       \
    static kr_tensor build_##op(kr_plan *plan, const kr_tensor *in, const kr_op_sizes *s) {        \
        (void)plan, (void)in, (void)s;                                                             \
        return KR_NONE;                                                                            \
    }

CASE(add, "BTD,BTD", kr__add(plan, in[0], in[1]))
CASE(gelu, "BTD", kr__gelu(plan, in[0]))
CASE(relu, "BTD", kr__relu(plan, in[0]))
CASE(silu, "BTD", kr__silu(plan, in[0]))
CASE(softplus, "BTD", kr__softplus(plan, in[0]))
CASE(clamp, "BTD", kr__clamp(plan, in[0], -0.5, 0.5))
CASE(dropout, "BTD", kr__dropout(plan, in[0], 0.3))
CASE(copy, "BTD", kr__copy(plan, kr__transpose(in[0], 1, 2)))
CASE(layer_norm, "BTD,D,D", kr__layer_norm(plan, in[0], in[1], in[2], 1e-5))
CASE(denormalize, "BTV,BV,BV+", kr__denormalize(plan, in[0], in[1], in[2]))
CASE(normalize, "BTV,BV,BV+", kr__normalize(plan, in[0], in[1], in[2]))
CASE(softmax, "BTD", kr__softmax(plan, in[0]))
CASE(seasonal_naive, "BTV", kr__seasonal_naive(plan, in[0], s->ahead, 2))
CASE(cycle, "BTV,3V,B.", kr__cycle(plan, in[0], in[1], in[2], &(kr_cycle_use){1, 2, false}))
CASE(mse_loss, "BTD,BTD.", kr__mse_loss(plan, in[0], in[1]))
CASE(mae_loss, "BTD,BTD.", kr__mae_loss(plan, in[0], in[1]))
CASE(huber_loss, "BTD,BTD.", kr__huber_loss(plan, in[0], in[1]))
CASE(pinball_loss, "B2TD,BTD.", kr__pinball_loss(plan, in[0], in[1], 2, (double[]){0.2, 0.5}))
CASE(horizon_loss, "BTD,BTD.", kr__horizon_loss(plan, in[0], in[1], 1, 1))
CASE(spectrum_loss, "BTD,BTD.", kr__spectrum_loss(plan, in[0], in[1], 1))
CASE(mean_square, "BTD", kr__mean_square(plan, in[0], 1))
CASE(contrastive_loss, "BTD", kr__contrastive_loss(plan, in[0], 33, 0.5, 1))
CASE(linear, "BTD,WD,W", kr__linear(plan, in[0], in[1], in[2]))
NO_CASE(linear_bf16, "its weight is a parameter, rounded; test_linear_bf16 has that")
CASE(row_dots, "BTD,BTD", kr__row_dots(plan, in[0], in[1]))
CASE(concat, "BTD,BTD", kr__concat(plan, in[0], in[1], 1))
CASE(concat_core, "BTD,BD", kr__concat_core(plan, in[0], in[1]))
CASE(patch_embed, "BTV,D2,1V1D", kr__patch_embed(plan, in[0], in[1], in[2]))
CASE(inverted_embed, "BTV,BT2,DT,D", kr__inverted_embed(plan, in[0], in[1], in[2], in[3]))
CASE(flatten_head, "R4D,PW,P", kr__flatten_head(plan, in[0], s->series, in[1], in[2]))
CASE(quantile_spread, "B3TV", kr__quantile_spread(plan, in[0], 1, (double[]){1, 1, 2}))
CASE(conv1d, "BTD,D13,D", kr__conv1d(plan, in[0], in[1], in[2], true))
CASE(star_pool, "BVD", kr__star_pool(plan, in[0], true, false))
CASE(attention, "BTD,BTD,BTD", kr__attention(plan, in[0], in[1], in[2], 2, 0.1))

static kr_tensor normalise(kr_plan *plan, kr_tensor x) {
    kr_tensor mean, deviation;
    return kr__instance_norm(plan, x, 1e-5, &mean, &deviation);
}
CASE(instance_norm, "BTV!", normalise(plan, in[0]))

static kr_tensor average(kr_plan *plan, kr_tensor x) {
    kr_tensor rest;
    return kr__moving_average(plan, x, 3, &rest);
}
CASE(moving_average, "BTV", average(plan, in[0]))

static kr_tensor scan(kr_plan *plan, const kr_tensor *in) {
    const kr_scan_in parts = {.x = in[0],
                              .dt_raw = in[1],
                              .dt_bias = in[2],
                              .A_log = in[3],
                              .B = in[4],
                              .C = in[5],
                              .D = in[6],
                              .z = in[7]};
    return kr__selective_scan(plan, &parts, NULL);
}
CASE(selective_scan, "BTD,BTD,D,D4,BT4,BT4,D,BTD", scan(plan, in))

/* ---- the list --------------------------------------------------------------------------- */

static const struct {
    const char *inputs;
    kr_tensor (*build)(kr_plan *plan, const kr_tensor *in, const kr_op_sizes *s);
    const char *const *why;
} cases[] = {
#define KR_OP(name) {inputs_##name, build_##name, &why_##name},
#include "ops/ops.inc"
#undef KR_OP
};

static int64_t axis(char letter, const kr_op_sizes *s) {
    switch (letter) {
        case 'B':
            return s->batch;
        case 'T':
            return s->steps;
        case 'V':
            return s->series;
        case 'D':
            return s->width;
        case 'P':
            return s->ahead;
        case 'R':
            return s->batch * s->series;
        case 'W':
            return 4 * s->width;
        default:
            assert(isdigit((unsigned char)letter));
            return letter - '0';
    }
}

/* One shape of the list; where the next one starts. */
static const char *read_input(const char *text, const kr_op_sizes *s, kr_op_case *out) {
    int i = out->n_in++, rank = 0;
    for (; isalnum((unsigned char)*text); text++) out->in[i].shape[rank++] = axis(*text, s);
    out->in[i].rank = rank;
    out->in[i].is_data = *text == '.';
    out->in[i].is_partly_constant = *text == '!';
    out->in[i].low = *text == '+' ? 1 : -1;
    out->in[i].high = *text == '+' ? 2 : 1;
    text += strspn(text, ".+!");
    return *text == ',' ? text + 1 : text;
}

kr_op_case kr_op_case_of(int i, const kr_op_sizes *sizes) {
    kr_op_case c = {.name = kr__op_at(i)->name, .why = *cases[i].why};
    for (const char *text = cases[i].inputs; *text;) text = read_input(text, sizes, &c);
    return c;
}

kr_tensor kr_op_case_build(int i, kr_plan *plan, const kr_tensor *in, const kr_op_sizes *sizes) {
    return cases[i].build(plan, in, sizes);
}
