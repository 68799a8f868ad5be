/* SPDX-License-Identifier: MIT
 * linear_bf16.c - the affine map of linear.c, with products of bf16 numbers and sums in float32.
 *
 * x is rounded before forward and kept, half as large, for the gradient of the weight; grad_y is
 * rounded before backward; the weights are rounded once a step, by whoever runs the plan. Results
 * and gradients are float32. Every product is made for its sizes when the plan is finished, one for
 * each size that a piece can have. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/product.h"
#include "ops/linear.h"

enum { X = KR_LINEAR_X, WEIGHT = KR_LINEAR_WEIGHT, BIAS = KR_LINEAR_BIAS, GROUP = KR_LINEAR_GROUP };

/* One product of the node: all of it, and each piece of a cut run. The plan owns what they point
 * to. */
typedef struct cut_product {
    kr_product_shape shape; /* of all */
    kr_product *all, *piece[KR_MAX_PIECES];
} cut_product;

typedef struct products {
    cut_product forward, grad_x;
    cut_product write_weight, add_weight; /* the weight's gradient, by kr__overwrites() */
} products;

/* ---- products --------------------------------------------------------------------------- */

/* Along the longer side, as in linear.c. */
static bool are_rows_cut(const kr_product_shape *s) { return s->m >= s->n; }

static kr_product_shape shape_of_piece(const kr_product_shape *all, const kr_run *run) {
    kr_product_shape s = *all;
    *(are_rows_cut(all) ? &s.m : &s.n) =
        kr__range_of(run, are_rows_cut(all) ? s.m : s.n, GROUP).count;
    return s;
}

static void destroy_product(void *product) { kr__product_destroy(product); }

static kr_status make_product(kr_node *node, const kr_product_shape *shape, kr_product **out,
                              kr_error *err) {
    kr_product *product = NULL;
    KR_TRY(kr__product_create(shape, &product, err));
    int64_t scratch = kr__product_scratch(product);
    if (scratch > node->n_scratch) node->n_scratch = scratch;
    KR_TRY(kr__node_own(node, product, destroy_product, err));
    *out = product;
    return KR_OK;
}

static kr_status make_products(kr_node *node, cut_product *s, kr_product_shape shape,
                               kr_error *err) {
    int64_t size[KR_MAX_PIECES];
    s->shape = shape;
    KR_TRY(make_product(node, &shape, &s->all, err));
    for (int64_t i = 0; node->n_pieces > 1 && i < node->n_pieces; i++) {
        kr_product_shape piece =
            shape_of_piece(&shape, &(kr_run){.piece = i, .n_pieces = node->n_pieces});
        size[i] = are_rows_cut(&shape) ? piece.m : piece.n;
        s->piece[i] = NULL;
        for (int64_t k = 0; k < i && !s->piece[i]; k++) {
            if (size[k] == size[i]) s->piece[i] = s->piece[k];
        }
        if (!s->piece[i] && size[i] > 0) KR_TRY(make_product(node, &piece, &s->piece[i], err));
    }
    return KR_OK;
}

static void multiply(const cut_product *s, const kr_run *run, const kr_bf16 *a, const kr_bf16 *b,
                     const kr_real *bias, kr_real *c) {
    const kr_product_shape *all = &s->shape;
    const kr_product *product = run->n_pieces < 2 ? s->all : s->piece[run->piece];
    if (!product) return;
    if (are_rows_cut(all)) {
        int64_t first = kr__range_of(run, all->m, GROUP).first;
        a += first * (all->trans_a ? 1 : all->lda);
        c += first * all->ldc;
    } else {
        int64_t first = kr__range_of(run, all->n, GROUP).first;
        b += first * (all->trans_b ? all->ldb : 1);
        c += first;
        if (bias) bias += first;
    }
    kr__product_run(product, a, b, bias, c, run->scratch);
}

/* ---- the op ----------------------------------------------------------------------------- */

/* Elements of kr_real that hold n numbers of bf16. */
static int64_t room(int64_t n) {
    return (n * (int64_t)sizeof(kr_bf16) - 1) / (int64_t)sizeof(kr_real) + 1;
}

static bool wants(const kr_node *node, int i) {
    return i < node->n_in && node->in[i].grad_offset >= 0;
}

static kr_status plan(kr_node *node, kr_error *err) { return kr_op_linear.plan(node, err); }

static void needs(kr_node *node) {
    kr_matrix x, w;
    kr_op_linear_cpu.needs(node);
    kr__linear_view(node, &x, &w);
    node->keeps_in = 0;
    node->n_saved = room(x.rows * x.cols);
    node->n_partial = room(x.rows * w.rows);
}

static kr_status prepare(kr_node *node, kr_error *err) {
    products *s = kr__node_memory(node, 1, sizeof *s);
    kr_matrix x, w;
    if (!s) return kr_fail(err, KR_MEMORY, "out of memory while planning");
    node->prepared = s;
    kr__linear_view(node, &x, &w);
    const kr_product_shape forward = {.trans_b = true,
                                      .with_bias = node->n_in > BIAS,
                                      .m = x.rows,
                                      .n = w.rows,
                                      .k = w.cols,
                                      .lda = w.cols,
                                      .ldb = w.row_stride,
                                      .ldc = w.rows};
    KR_TRY(make_products(node, &s->forward, forward, err));
    if (wants(node, X)) {
        const kr_product_shape grad_x = {.is_adding = !(node->overwrites >> X & 1),
                                         .m = x.rows,
                                         .n = w.cols,
                                         .k = w.rows,
                                         .lda = w.rows,
                                         .ldb = w.row_stride,
                                         .ldc = x.row_stride};
        KR_TRY(make_products(node, &s->grad_x, grad_x, err));
    }
    if (!wants(node, WEIGHT)) return KR_OK;
    kr_product_shape grad_weight = {.trans_a = true,
                                    .m = w.rows,
                                    .n = w.cols,
                                    .k = x.rows,
                                    .lda = w.rows,
                                    .ldb = w.cols,
                                    .ldc = w.row_stride};
    if ((node->overwrites | node->overwrites_first) >> WEIGHT & 1) {
        KR_TRY(make_products(node, &s->write_weight, grad_weight, err));
    }
    grad_weight.is_adding = true;
    return node->overwrites >> WEIGHT & 1 ? KR_OK
                                          : make_products(node, &s->add_weight, grad_weight, err);
}

/* This piece's rows of a matrix to bf16, contiguous. */
static void round_piece(const kr_run *run, const kr_matrix *m, const kr_real *from, kr_bf16 *to) {
    kr_range rows = kr__range_of(run, m->rows, 1);
    kr__kernels()->to_bf16(rows.count, m->cols, from + rows.first * m->row_stride, m->row_stride,
                           to + rows.first * m->cols);
}

static kr_bf16 *rounded_x(const kr_node *node, const kr_run *run) {
    return (kr_bf16 *)kr__saved(node, run);
}

static kr_bf16 *rounded_grad(const kr_node *node, const kr_run *run) {
    return (kr_bf16 *)kr__partial(node, run);
}

static const kr_bf16 *rounded_weight(const kr_node *node, const kr_run *run) {
    return run->bf16 + node->in[WEIGHT].offset;
}

static void before_forward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    round_piece(run, &x, kr__data(run, &node->in[X]), rounded_x(node, run));
}

static void forward(const kr_node *node, const kr_run *run) {
    const products *s = node->prepared;
    multiply(&s->forward, run, rounded_x(node, run), rounded_weight(node, run),
             node->n_in > BIAS ? kr__data(run, &node->in[BIAS]) : NULL,
             kr__data(run, &node->out[0]));
}

static void before_backward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    const kr_matrix grad_y = {.rows = x.rows, .cols = w.rows, .row_stride = w.rows};
    round_piece(run, &grad_y, kr__grad(run, &node->out[0]), rounded_grad(node, run));
}

static void backward(const kr_node *node, const kr_run *run) {
    const products *s = node->prepared;
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    const kr_bf16 *grad_y = rounded_grad(node, run);
    kr_real *grad_x = kr__grad(run, &node->in[X]), *grad_weight = kr__grad(run, &node->in[WEIGHT]);
    if (grad_x) multiply(&s->grad_x, run, grad_y, rounded_weight(node, run), NULL, grad_x);
    if (grad_weight) {
        multiply(kr__overwrites(node, run, WEIGHT) ? &s->write_weight : &s->add_weight, run, grad_y,
                 rounded_x(node, run), NULL, grad_weight);
    }
    kr__linear_bias_gradient(node, run);
}

static kr_work work(const kr_node *node) { return kr_op_linear.work(node); }

const kr_op kr_op_linear_bf16 = {.name = "linear_bf16", .plan = plan, .work = work};

const kr_op_row kr_op_linear_bf16_cpu = {.op = &kr_op_linear_bf16,
                                         .needs = needs,
                                         .prepare = prepare,
                                         .before_forward = before_forward,
                                         .forward = forward,
                                         .before_backward = before_backward,
                                         .backward = backward,
                                         .can_overwrite = true,
                                         .can_overwrite_columns = true,
                                         .can_overwrite_params = true};

kr_tensor kr__linear_bf16(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor bias) {
    const kr_tensor in[3] = {x, weight, bias};
    return kr__plan_apply(plan_, &kr_op_linear_bf16, bias.rank > 0 ? 3 : 2, in, NULL, 0);
}
