/* SPDX-License-Identifier: MIT
 * mamba_inside.c - what a chunk's forward went through, layer by layer. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/mamba_internal.h"

/* ---- the tensors ------------------------------------------------------------------------ */

enum { N_KEPT = 7 };

/* Those of a layer, some of them views into the same buffer. */
static void list_layer(kr_mamba_chunk *c, int64_t i, kr_tensor *all[N_KEPT]) {
    kr_mamba_taps *taps = &c->inside->taps[i];
    kr_tensor *list[N_KEPT] = {
        &c->inside->layers[i], &c->inside->hidden[i], &taps->dt_raw, &taps->z, &taps->B, &taps->C,
        &taps->x_conv};
    memcpy(all, list, sizeof list);
}

void kr__mamba_keep_inside(kr_mamba_chunk *chunk) {
    kr_tensor *all[N_KEPT];
    for (int64_t i = 0; i < chunk->model->shape.n_layers; i++) {
        list_layer(chunk, i, all);
        for (int k = 0; k < N_KEPT; k++) kr_plan_output(chunk->plan, *all[k]);
    }
}

void kr__mamba_resolve_inside(kr_mamba_chunk *chunk) {
    kr_tensor *all[N_KEPT];
    for (int64_t i = 0; i < chunk->model->shape.n_layers; i++) {
        list_layer(chunk, i, all);
        for (int k = 0; k < N_KEPT; k++) *all[k] = kr_plan_resolve(chunk->plan, *all[k]);
        chunk->inside->taps[i].dt_bias =
            kr_plan_resolve(chunk->plan, chunk->inside->taps[i].dt_bias);
    }
}

int64_t kr_inside_width(const kr_mamba *model, kr_inside what) {
    const kr_mamba_shape *s = &model->shape;
    switch (what) {
        case KR_INSIDE_LAYER:
        case KR_INSIDE_HIDDEN:
            return s->d_model;
        case KR_INSIDE_DELTA:
        case KR_INSIDE_Z_GATE:
        case KR_INSIDE_X_CONV:
            return s->d_inner;
        case KR_INSIDE_B:
        case KR_INSIDE_C:
            return s->d_state;
        case KR_INSIDE_OUTPUT:
        case KR_INSIDE_COUNT:
            break;
    }
    return s->n_features;
}

static const kr_tensor *find(const kr_mamba_chunk *c, kr_inside what, int64_t layer) {
    const kr_next_inside *in = c->inside;
    switch (what) {
        case KR_INSIDE_LAYER:
            return &in->layers[layer];
        case KR_INSIDE_HIDDEN:
            return &in->hidden[layer];
        case KR_INSIDE_DELTA:
            return &in->taps[layer].dt_raw;
        case KR_INSIDE_Z_GATE:
            return &in->taps[layer].z;
        case KR_INSIDE_B:
            return &in->taps[layer].B;
        case KR_INSIDE_C:
            return &in->taps[layer].C;
        case KR_INSIDE_X_CONV:
            return &in->taps[layer].x_conv;
        case KR_INSIDE_OUTPUT:
        case KR_INSIDE_COUNT:
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

void kr_mamba_chunk_inside(const kr_mamba_chunk *chunk, kr_inside what, int64_t layer,
                           int64_t first, int64_t n, kr_real *out) {
    const kr_tensor *t = find(chunk, what, layer);
    kr_matrix m = {0};
    bool is_matrix = kr_tensor_as_matrix(t, &m);
    assert(is_matrix && first >= 0 && first + n <= m.rows);
    (void)is_matrix;
    const kr_real *from = kr_data(&chunk->run, t) + first * m.row_stride;
    for (int64_t i = 0; i < n; i++, from += m.row_stride, out += m.cols) {
        memcpy(out, from, (size_t)m.cols * sizeof *out);
        if (what == KR_INSIDE_DELTA) {
            apply_softplus(m.cols, kr_data(&chunk->run, &chunk->inside->taps[layer].dt_bias), out);
        } else if (what == KR_INSIDE_Z_GATE) {
            apply_silu(m.cols, out);
        }
    }
}
