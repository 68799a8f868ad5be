/* SPDX-License-Identifier: MIT
 * moments.c - the shapes of series and their moments, and the sums for the moments' gradients. */
#include "ops/moments.h"

#include "core/real.h"

static bool fits(const kr_tensor *x, const kr_tensor *moment) {
    return x->rank == 3 && moment->rank == 2 && moment->shape[0] == x->shape[0] &&
           moment->shape[1] == x->shape[2];
}

kr_status kr__moments_plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[KR__X], *mean = &node->in[KR__MEAN];
    const kr_tensor *deviation = kr__has_deviation(node) ? &node->in[KR__DEVIATION] : NULL;
    char text_x[KR_SHAPE_TEXT], text_m[KR_SHAPE_TEXT], text_d[KR_SHAPE_TEXT];
    if (!fits(x, mean) || (deviation && !fits(x, deviation))) {
        return kr__node_fail(node, err,
                             "x (batch, steps, n_vars) needs mean and deviation (batch, n_vars), "
                             "got %s, %s and %s",
                             kr__shape_text(x, text_x), kr__shape_text(mean, text_m),
                             deviation ? kr__shape_text(deviation, text_d) : "none");
    }
    kr__node_output(node, 0, 3, x->shape);
    return KR_OK;
}

double kr__moments_sum(const kr_node *node, const kr_run *run, int64_t b, int64_t v,
                       const kr_tensor *factor) {
    const kr_tensor *y = &node->out[0];
    int64_t n = y->shape[1], n_vars = y->shape[2];
    const kr_real *grad_y = kr__grad(run, y) + b * n * n_vars + v;
    const kr_real *values =
        factor ? kr__data(run, factor) + b * factor->stride[0] + v * factor->stride[2] : NULL;
    double sum = 0;
    for (int64_t t = 0; t < n; t++) {
        double g = (double)grad_y[t * n_vars];
        sum += values ? g * (double)values[t * factor->stride[1]] : g;
    }
    return sum;
}
