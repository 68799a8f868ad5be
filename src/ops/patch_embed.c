/* SPDX-License-Identifier: MIT
 * patch_embed.c - patches of every variate become tokens, followed by its global token.
 *
 * The patches are gathered into a matrix with one row a token (saved for backward). The row of a
 * global token is zero: it adds nothing to the product and nothing to the weight's gradient, so
 * both are one product over all tokens.
 *
 *     y = patches weight^T + table              y[b * n_vars + v, last] = glb[v]
 *     grad_weight = grad_y^T patches            grad_patches = grad_y weight
 *     grad_glb[v] = sum over b of grad_y[b * n_vars + v, last] */
#include <string.h>
#include <tgmath.h>

#include "core/real.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "ops/ops.h"
#include "ops/weight_panels.h"
#include "tensor/strided.h"

enum { X, WEIGHT, GLB };

typedef struct settings {
    int64_t n_patches, patch_len;
} settings;

/* In kr_real throughout: models that were trained with a float table expect that table's rounding.
 */
void kr__position_table(int64_t n_positions, int64_t d_model, kr_real *table) {
    kr_real step = (kr_real)(-(log(10000.0) / (double)d_model));
    for (int64_t i = 0; i < d_model; i += 2) {
        kr_real frequency = exp((kr_real)i * step);
        for (int64_t p = 0; p < n_positions; p++) {
            kr_real angle = (kr_real)p * frequency;
            table[p * d_model + i] = sin(angle);
            table[p * d_model + i + 1] = cos(angle);
        }
    }
}

static kr_status check(const kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *weight = &node->in[WEIGHT], *glb = &node->in[GLB];
    char text_x[KR_SHAPE_TEXT], text_w[KR_SHAPE_TEXT], text_g[KR_SHAPE_TEXT];
    bool fits = x->rank == 3 && weight->rank == 2 && kr__tensor_is_contiguous(weight) &&
                glb->rank == 4 && kr__tensor_is_contiguous(glb) && glb->shape[0] == 1 &&
                glb->shape[1] == x->shape[2] && glb->shape[2] == 1 &&
                glb->shape[3] == weight->shape[0];
    if (!fits) {
        return kr__node_fail(
            node, err,
            "needs x (batch, seq_len, n_vars), weight (d_model, patch_len) and glb "
            "(1, n_vars, 1, d_model), got %s, %s and %s",
            kr__shape_text(x, text_x), kr__shape_text(weight, text_w), kr__shape_text(glb, text_g));
    }
    if (weight->shape[0] % 2 != 0) {
        return kr__node_fail(node, err,
                             "d_model is %lld, but positions are written as pairs of sine and "
                             "cosine; choose an even d_model",
                             (long long)weight->shape[0]);
    }
    if (weight->shape[1] > x->shape[1]) {
        return kr__node_fail(node, err,
                             "patch_len %lld is longer than seq_len %lld, which leaves no patch; "
                             "choose a shorter patch_len or a longer seq_len",
                             (long long)weight->shape[1], (long long)x->shape[1]);
    }
    return KR_OK;
}

static kr_status plan(kr_node *node, kr_error *err) {
    KR_TRY(check(node, err));
    const kr_tensor *x = &node->in[X], *weight = &node->in[WEIGHT];
    settings *s = node->attr;
    int64_t d_model = weight->shape[0], n_rows = x->shape[0] * x->shape[2];
    s->patch_len = weight->shape[1];
    s->n_patches = x->shape[1] / s->patch_len;
    const int64_t shape[3] = {n_rows, s->n_patches + 1, d_model};
    kr__node_output(node, 0, 3, shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const int64_t *shape = node->out[0].shape;
    bool wants_x = node->in[X].grad_offset >= 0;
    node->keeps_in = (unsigned)wants_x << WEIGHT;
    node->keeps_out = 0;
    node->n_saved = shape[0] * shape[1] * ((const settings *)node->attr)->patch_len;
    node->n_scratch = wants_x ? node->n_saved : 0;
}

/* The table of positions (n_patches, d_model). */
static kr_status prepare(kr_node *node, kr_error *err) {
    int64_t n_patches = ((const settings *)node->attr)->n_patches, d_model = node->out[0].shape[2];
    kr_real *table = kr__node_memory(node, (size_t)(n_patches * d_model), sizeof *table);
    if (!table) return kr_fail(err, KR_MEMORY, "out of memory while planning");
    kr__position_table(n_patches, d_model, table);
    node->prepared = table;
    return kr__weight_panels_add(node, WEIGHT, KR_PANEL_PRODUCT, err);
}

/* The steps that patches take: in x, and in the gathered matrix. */
static kr_tensor used_steps(const kr_node *node) {
    const settings *s = node->attr;
    return kr__transpose(kr__slice(node->in[X], 1, 0, s->n_patches * s->patch_len), 1, 2);
}

static kr_tensor gathered_steps(const kr_node *node) {
    const settings *s = node->attr;
    const kr_tensor *x = &node->in[X];
    const int64_t shape[3] = {x->shape[0], x->shape[2], (s->n_patches + 1) * s->patch_len};
    return kr__slice(kr__tensor_make(3, shape), 2, 0, s->n_patches * s->patch_len);
}

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const kr_tensor *y_view = &node->out[0];
    int64_t n_rows = y_view->shape[0], n_tokens = y_view->shape[1], d_model = y_view->shape[2];
    int64_t n_vars = node->in[X].shape[2];
    kr_real *y = kr__data(run, y_view), *patches = kr__saved(node, run);
    const kr_real *glb = kr__data(run, &node->in[GLB]);
    kr_tensor from = used_steps(node), to = gathered_steps(node);
    kr__strided_copy(&from, kr__data(run, &from), &to, patches);
    for (int64_t r = 0; r < n_rows; r++) {
        memset(patches + (r * n_tokens + s->n_patches) * s->patch_len, 0,
               (size_t)s->patch_len * sizeof *patches);
    }
    kr__weight_panels_multiply(node, run, WEIGHT, n_rows * n_tokens, patches, NULL, y);
    for (int64_t r = 0; r < n_rows; r++, y += n_tokens * d_model) {
        kr__kernels()->accumulate(s->n_patches * d_model, node->prepared, y);
        memcpy(y + s->n_patches * d_model, glb + r % n_vars * d_model, (size_t)d_model * sizeof *y);
    }
}

static void add_grad_x(const kr_node *node, const kr_run *run, const kr_real *grad_patches) {
    kr_tensor from = gathered_steps(node), to = used_steps(node);
    if (node->overwrites >> X & 1) { /* the steps after the last patch get no gradient */
        memset(kr__grad(run, &node->in[X]), 0,
               (size_t)kr__tensor_size(&node->in[X]) * sizeof *grad_patches);
    }
    kr__strided_add(&from, grad_patches, &to, kr__grad(run, &to));
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const kr_tensor *y_view = &node->out[0];
    int64_t n_rows = y_view->shape[0], n_tokens = y_view->shape[1], d_model = y_view->shape[2];
    int64_t n_vars = node->in[X].shape[2];
    const kr_real *grad_y = kr__grad(run, y_view);
    kr_real *grad_weight = kr__grad(run, &node->in[WEIGHT]),
            *grad_glb = kr__grad(run, &node->in[GLB]);
    if (grad_weight) {
        kr__gemm('T', 'N', d_model, s->patch_len, n_rows * n_tokens, grad_y, d_model,
                 kr__saved(node, run), s->patch_len, !(node->overwrites >> WEIGHT & 1), grad_weight,
                 s->patch_len);
    }
    if (grad_glb) {
        if (node->overwrites >> GLB & 1) {
            memset(grad_glb, 0, (size_t)(n_vars * d_model) * sizeof *grad_glb);
        }
        for (int64_t r = 0; r < n_rows; r++) {
            kr__kernels()->accumulate(d_model, grad_y + (r * n_tokens + s->n_patches) * d_model,
                                      grad_glb + r % n_vars * d_model);
        }
    }
    if (kr__grad(run, &node->in[X])) {
        kr__gemm('N', 'N', n_rows * n_tokens, s->patch_len, d_model, grad_y, d_model,
                 kr__data(run, &node->in[WEIGHT]), s->patch_len, false, run->scratch, s->patch_len);
        add_grad_x(node, run, run->scratch);
    }
}

static kr_work work(const kr_node *node) {
    double product =
        2.0 * (double)kr__tensor_size(&node->out[0]) * (double)node->in[WEIGHT].shape[1];
    int n = (node->in[X].grad_offset >= 0) + (node->in[WEIGHT].grad_offset >= 0);
    return (kr_work){product, n * product, "FLOP"};
}

const kr_op kr_op_patch_embed = {.name = "patch_embed", .plan = plan, .work = work};

const kr_op_row kr_op_patch_embed_cpu = {.op = &kr_op_patch_embed,
                                         .needs = needs,
                                         .prepare = prepare,
                                         .forward = forward,
                                         .backward = backward,
                                         .can_overwrite = true};

kr_tensor kr__patch_embed(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor glb) {
    const kr_tensor in[3] = {x, weight, glb};
    return kr__plan_apply(plan_, &kr_op_patch_embed, 3, in, &(settings){0}, sizeof(settings));
}
