/* SPDX-License-Identifier: MIT
 * optimiser_step.c - Adam and AdamW over a range of the parameter vector. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* One step as torch.optim.Adam, or AdamW when s->is_decoupled, with t counted from 1:
 *
 *     g = grad_scale * grad
 *     AdamW: param -= lr * weight_decay * param        Adam: g += weight_decay * param
 *     m += (1 - beta1) * (g - m)
 *     v  = beta2 * v + (1 - beta2) * g^2
 *     param -= lr / correction1 * m / (sqrt(v) / sqrt(correction2) + eps)
 *
 * correction = 1 - beta^t. Plain operations in a fixed order: the same bits at every level, however
 * a caller cuts the range. Source: arXiv:1412.6980, arXiv:1711.05101. */
void KR_K(adam_step)(int64_t n, const kr__adam *s, const kr_real *restrict grad,
                     kr_real *restrict m, kr_real *restrict v, kr_real *restrict param) {
    const kr_real scale = (kr_real)s->grad_scale, eps = (kr_real)s->eps;
    const kr_real blend = (kr_real)(1 - s->beta1);
    const kr_real beta2 = (kr_real)s->beta2, rest2 = (kr_real)(1 - s->beta2);
    const kr_real inverse_root = (kr_real)(1 / sqrt(s->correction2)); /* a division saved */
    const kr_real rate = (kr_real)(s->lr / s->correction1);
    const kr_real pull = (kr_real)(s->is_decoupled ? 0 : s->weight_decay);
    const kr_real keep = (kr_real)(s->is_decoupled ? 1 - s->lr * s->weight_decay : 1);
    for (int64_t i = 0; i < n; i++) {
        kr_real p = param[i] * keep;
        kr_real g = grad[i] * scale + pull * p;
        m[i] += blend * (g - m[i]);
        v[i] = beta2 * v[i] + rest2 * (g * g);
        param[i] = p - rate * (m[i] / (kr_sqrt(v[i]) * inverse_root + eps));
    }
}
