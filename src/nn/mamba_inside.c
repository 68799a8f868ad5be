/* SPDX-License-Identifier: MIT
 * mamba_inside.c - the inner values of a chunk's forward, layer by layer. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/real.h"
#include "nn/mamba_stack.h"

/* ---- the tensors ------------------------------------------------------------------------ */

enum { N_KEPT = 7 };

/* Those of a layer, some of them views into the same buffer. */
static void list_layer(kr__chunk *c, int64_t i, kr_tensor *all[N_KEPT]) {
    kr_mamba_taps *taps = &c->inside->taps[i];
    kr_tensor *list[N_KEPT] = {
        &c->inside->layers[i], &c->inside->hidden[i], &taps->dt_raw, &taps->z, &taps->B, &taps->C,
        &taps->x_conv};
    memcpy(all, list, sizeof list);
}

void kr__chunk_keep_inside(kr__chunk *chunk) {
    kr_tensor *all[N_KEPT];
    for (int64_t i = 0; i < chunk->stack->shape.n_layers; i++) {
        list_layer(chunk, i, all);
        for (int k = 0; k < N_KEPT; k++) kr__plan_output(chunk->plan, *all[k]);
    }
}

void kr__chunk_resolve_inside(kr__chunk *chunk) {
    kr_tensor *all[N_KEPT];
    for (int64_t i = 0; i < chunk->stack->shape.n_layers; i++) {
        list_layer(chunk, i, all);
        for (int k = 0; k < N_KEPT; k++) *all[k] = kr__plan_resolve(chunk->plan, *all[k]);
        chunk->inside->taps[i].dt_bias =
            kr__plan_resolve(chunk->plan, chunk->inside->taps[i].dt_bias);
    }
}

int64_t kr__inside_width(const kr__stack *stack, kr__inside what) {
    const kr__stack_shape *s = &stack->shape;
    switch (what) {
        case KR__INSIDE_LAYER:
        case KR__INSIDE_HIDDEN:
            return s->d_model;
        case KR__INSIDE_DELTA:
        case KR__INSIDE_Z_GATE:
        case KR__INSIDE_X_CONV:
            return s->d_inner;
        case KR__INSIDE_B:
        case KR__INSIDE_C:
            return s->d_state;
        case KR__INSIDE_OUTPUT:
        case KR__INSIDE_COUNT:
            break;
    }
    return s->n_features;
}

static const kr_tensor *find(const kr__chunk *c, kr__inside what, int64_t layer) {
    const kr__nextstep_inside *in = c->inside;
    switch (what) {
        case KR__INSIDE_LAYER:
            return &in->layers[layer];
        case KR__INSIDE_HIDDEN:
            return &in->hidden[layer];
        case KR__INSIDE_DELTA:
            return &in->taps[layer].dt_raw;
        case KR__INSIDE_Z_GATE:
            return &in->taps[layer].z;
        case KR__INSIDE_B:
            return &in->taps[layer].B;
        case KR__INSIDE_C:
            return &in->taps[layer].C;
        case KR__INSIDE_X_CONV:
            return &in->taps[layer].x_conv;
        case KR__INSIDE_OUTPUT:
        case KR__INSIDE_COUNT:
            break;
    }
    return &c->y;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* softplus(dt + bias) as the scan takes it: the identity above 20. */
static void apply_softplus(int64_t n, const kr_real *bias, kr_real *row) {
    for (int64_t i = 0; i < n; i++) {
        double x = (double)row[i] + (double)bias[i];
        row[i] = (kr_real)(x > 20 ? x : log1p(exp(x)));
    }
}

static void apply_silu(int64_t n, kr_real *row) {
    for (int64_t i = 0; i < n; i++) {
        double x = (double)row[i];
        row[i] = (kr_real)(x / (1 + exp(-x)));
    }
}

void kr__chunk_inside(const kr__chunk *chunk, kr__inside what, int64_t layer, int64_t first,
                      int64_t n, kr_real *out) {
    const kr_tensor *t = find(chunk, what, layer);
    kr_matrix m = {0};
    bool is_matrix = kr__tensor_as_matrix(t, &m);
    assert(is_matrix && first >= 0 && first + n <= m.rows);
    (void)is_matrix;
    const kr_real *from = kr__data(&chunk->run, t) + first * m.row_stride;
    for (int64_t i = 0; i < n; i++, from += m.row_stride, out += m.cols) {
        memcpy(out, from, (size_t)m.cols * sizeof *out);
        if (what == KR__INSIDE_DELTA) {
            apply_softplus(m.cols, kr__data(&chunk->run, &chunk->inside->taps[layer].dt_bias), out);
        } else if (what == KR__INSIDE_Z_GATE) {
            apply_silu(m.cols, out);
        }
    }
}
