/* SPDX-License-Identifier: MIT
 * scan.c - the selective scan and the causal convolution for callers: what kr/scan.h says of the
 * arrays, as descriptions for channelwise.h. */
#include <kr/scan.h>

#include <math.h>
#include <string.h>

#include "core/sized_struct.h"
#include "nn/channelwise.h"
#include "nn/mamba_stack.h"

enum { MOST_CHANNELS = 1 << 20 };

static kr_status check_sizes(const char *name, int64_t batch, int64_t d_inner, int64_t n_steps,
                             int64_t inner, int64_t most_inner, kr_error *err) {
    bool fits = batch >= 1 && d_inner >= 1 && n_steps >= 1 && inner >= 1 && batch <= INT32_MAX &&
                n_steps <= INT32_MAX / batch && d_inner <= MOST_CHANNELS && inner <= most_inner;
    if (fits) return KR_OK;
    return kr_fail(err, KR_SHAPE,
                   "no %s has %lld sequences of %lld channels and %lld steps, with %lld %s", name,
                   (long long)batch, (long long)d_inner, (long long)n_steps, (long long)inner,
                   most_inner == MOST_CHANNELS ? "states" : "taps (1 to 16)");
}

/* An array that has to be there. */
typedef struct needed {
    const kr_strided *array;
    const char *name;
} needed;

static kr_status check_there(const char *name, const needed *all, int count, kr_error *err) {
    for (int i = 0; i < count; i++) {
        if (all[i].array->values) continue;
        return kr_fail(err, KR_USAGE, "%s: %s is missing", name, all[i].name);
    }
    return KR_OK;
}

/* ---- selective scan --------------------------------------------------------------------- */

enum { U, DELTA, A, B, C, D, Z, DELTA_BIAS, H_FIRST };

static kr_tensor build_scan(kr_plan *plan, const kr_tensor *in, kr_tensor *last, const void *arg) {
    const kr_scan *s = arg;
    const kr_scan_in scan = {.x = in[U],
                             .dt_raw = in[DELTA],
                             .dt_bias = in[DELTA_BIAS],
                             .A_log = in[A],
                             .B = in[B],
                             .C = in[C],
                             .D = in[D],
                             .z = in[Z],
                             .h_first = in[H_FIRST],
                             .A_is_plain = true,
                             .dt_is_plain = !s->delta_softplus};
    return kr__selective_scan(plan, &scan, last);
}

/* Does an exponent of this channel lie where the kernels cannot compute it? */
static bool is_beyond(const kr_scan *s, const kr_real *delta, double bias, int64_t stride,
                      const kr_real *a) {
    double a_low = (double)a[0], a_high = a_low, low = INFINITY, high = -INFINITY;
    for (int64_t n = 1; n < s->d_state; n++) {
        a_low = fmin(a_low, (double)a[n]);
        a_high = fmax(a_high, (double)a[n]);
    }
    if (s->delta_softplus && a_high <= 0) return false;
    for (int64_t t = 0; t < s->seq_len; t++) {
        double dt = (double)delta[t * stride] + bias;
        low = fmin(low, dt);
        high = fmax(high, dt);
    }
    if (s->delta_softplus) {
        low = 0;
        high = high > 20 ? high : log1p(exp(high));
    }
    double largest = fmax(fmax(low * a_low, low * a_high), fmax(high * a_low, high * a_high));
    return largest > 88 || (low < 0 && low * a_high < -87);
}

static int64_t find_beyond(const kr_real *const *in, int64_t width, const void *arg) {
    const kr_scan *s = arg;
    for (int64_t d = 0; d < width; d++) {
        double bias = in[DELTA_BIAS] ? (double)in[DELTA_BIAS][d] : 0;
        if (is_beyond(s, in[DELTA] + d, bias, width, in[A] + d * s->d_state)) return d;
    }
    return -1;
}

static kr_status check_groups(const kr_scan *s, kr_error *err) {
    const int64_t groups[2] = {s->n_groups_B, s->n_groups_C};
    for (int i = 0; i < 2; i++) {
        if (groups[i] >= 0 && (groups[i] == 0 || s->d_inner % groups[i] == 0)) continue;
        return kr_fail(err, KR_SHAPE,
                       "selective scan: %lld groups of %s do not divide %lld channels",
                       (long long)groups[i], i == 0 ? "B" : "C", (long long)s->d_inner);
    }
    return KR_OK;
}

static kr_status check_scan(const kr_scan *scan, kr_scan *s, const kr_scan_arrays *values,
                            kr_error *err) {
    const needed all[] = {{&values->u, "u"},
                          {&values->delta, "delta"},
                          {&values->A, "A"},
                          {&values->B, "B"},
                          {&values->C, "C"}};
    KR_TRY(kr__check_float(err));
    KR_TRY(kr__sized_take("kr_scan", scan, s, sizeof *s, err));
    KR_TRY(check_sizes("selective scan", s->batch, s->d_inner, s->seq_len, s->d_state,
                       MOST_CHANNELS, err));
    KR_TRY(check_groups(s, err));
    return check_there("selective scan", all, 5, err);
}

static kr__channelwise describe_scan(const kr_scan *s, const kr_scan_arrays *v,
                                     const kr_scan_arrays *g) {
    const int64_t L = s->seq_len, N = s->d_state;
    return (kr__channelwise){
        .name = "selective scan",
        .batch = s->batch,
        .channels = s->d_inner,
        .n_steps = L,
        .in = {[U] = {KR__ARRAY_STEPS, L, 0, &v->u, &g->u},
               [DELTA] = {KR__ARRAY_STEPS, L, 0, &v->delta, &g->delta},
               [A] = {KR__ARRAY_WEIGHT, N, 0, &v->A, &g->A},
               [B] = {KR__ARRAY_SHARED, N, s->n_groups_B, &v->B, &g->B},
               [C] = {KR__ARRAY_SHARED, N, s->n_groups_C, &v->C, &g->C},
               [D] = {KR__ARRAY_CHANNEL, 1, 0, &v->D, &g->D},
               [Z] = {KR__ARRAY_STEPS, L, 0, &v->z, &g->z},
               [DELTA_BIAS] = {KR__ARRAY_CHANNEL, 1, 0, &v->delta_bias, &g->delta_bias},
               [H_FIRST] = {KR__ARRAY_STATE, N, 0, &v->h_first, &g->h_first}},
        .y = {KR__ARRAY_STEPS, L, 0, &v->y, &g->y},
        .last = {KR__ARRAY_STATE, N, 0, &v->h_last, &g->h_last},
        .build = build_scan,
        .find_bad = find_beyond,
        .arg = s};
}

kr_status kr_scan_forward(kr_team *team, const kr_scan *scan, const kr_scan_arrays *values,
                          kr_error *err) {
    const kr_scan_arrays none = {.y = {.values = NULL}};
    kr_scan s;
    KR_TRY(check_scan(scan, &s, values, err));
    KR_TRY(check_there("selective scan", &(needed){&values->y, "y"}, 1, err));
    const kr__channelwise op = describe_scan(&s, values, &none);
    return kr__channelwise_forward(team, &op, err);
}

kr_status kr_scan_backward(kr_team *team, const kr_scan *scan, const kr_scan_arrays *values,
                           const kr_scan_arrays *gradients, kr_error *err) {
    kr_scan s;
    KR_TRY(check_scan(scan, &s, values, err));
    const kr__channelwise op = describe_scan(&s, values, gradients);
    return kr__channelwise_backward(team, &op, err);
}

/* ---- causal convolution ----------------------------------------------------------------- */

enum { X, WEIGHT, BIAS, FIRST };

static kr_tensor build_conv(kr_plan *plan, const kr_tensor *in, kr_tensor *last, const void *arg) {
    const kr_causal_conv *c = arg;
    return kr__conv1d_chunk(plan, in[X], in[WEIGHT], in[BIAS], c->with_silu, in[FIRST], last);
}

static kr_status check_conv(const kr_causal_conv *conv, kr_causal_conv *c,
                            const kr_causal_conv_arrays *values, kr_error *err) {
    const needed all[] = {{&values->x, "x"}, {&values->weight, "weight"}};
    KR_TRY(kr__check_float(err));
    KR_TRY(kr__sized_take("kr_causal_conv", conv, c, sizeof *c, err));
    KR_TRY(check_sizes("causal convolution", c->batch, c->d_inner, c->seq_len, c->d_conv, 16, err));
    return check_there("causal convolution", all, 2, err);
}

static kr__channelwise describe_conv(const kr_causal_conv *c, const kr_causal_conv_arrays *v,
                                     const kr_causal_conv_arrays *g) {
    const int64_t L = c->seq_len, before = c->d_conv - 1;
    kr__array_kind memory = before > 0 ? KR__ARRAY_STEPS : KR__ARRAY_NONE;
    return (kr__channelwise){
        .name = "causal convolution",
        .batch = c->batch,
        .channels = c->d_inner,
        .n_steps = L,
        .in = {[X] = {KR__ARRAY_STEPS, L, 0, &v->x, &g->x},
               [WEIGHT] = {KR__ARRAY_TAPS, c->d_conv, 0, &v->weight, &g->weight},
               [BIAS] = {KR__ARRAY_CHANNEL, 1, 0, &v->bias, &g->bias},
               [FIRST] = {memory, before, 0, &v->first, &g->first}},
        .is_needed = {[BIAS] = true},
        .y = {KR__ARRAY_STEPS, L, 0, &v->y, &g->y},
        .last = {memory, before, 0, &v->last, &g->last},
        .build = build_conv,
        .arg = c};
}

kr_status kr_causal_conv_forward(kr_team *team, const kr_causal_conv *conv,
                                 const kr_causal_conv_arrays *values, kr_error *err) {
    const kr_causal_conv_arrays none = {.y = {.values = NULL}};
    kr_causal_conv c;
    KR_TRY(check_conv(conv, &c, values, err));
    KR_TRY(check_there("causal convolution", &(needed){&values->y, "y"}, 1, err));
    const kr__channelwise op = describe_conv(&c, values, &none);
    return kr__channelwise_forward(team, &op, err);
}

kr_status kr_causal_conv_backward(kr_team *team, const kr_causal_conv *conv,
                                  const kr_causal_conv_arrays *values,
                                  const kr_causal_conv_arrays *gradients, kr_error *err) {
    kr_causal_conv c;
    KR_TRY(check_conv(conv, &c, values, err));
    const kr__channelwise op = describe_conv(&c, values, gradients);
    return kr__channelwise_backward(team, &op, err);
}
