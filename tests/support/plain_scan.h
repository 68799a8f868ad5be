/* SPDX-License-Identifier: MIT
 * plain_scan.h - the selective scan and the causal convolution as simple loops in double, to test
 * the kernels against. One sequence, everything contiguous; formulas and shapes in ops.h. */
#ifndef KR_PLAIN_SCAN_H
#define KR_PLAIN_SCAN_H

#include <kr/base.h>

typedef struct kr_plain_scan {
    int64_t seq_len, d_inner, d_state;
    const double *x, *dt_raw, *dt_bias, *A_log, *B, *C, *D, *z, *h_first; /* optional ones: NULL */
} kr_plain_scan;

/* One array for each input, as large as it; and the incoming ones. All are added to. */
typedef struct kr_plain_scan_grad {
    double *x, *dt_raw, *dt_bias, *A_log, *B, *C, *D, *z, *h_first;
} kr_plain_scan_grad;

/* y (seq_len, d_inner), h_last (d_inner, d_state). */
void kr_plain_scan_forward(const kr_plain_scan *s, double *y, double *h_last);
void kr_plain_scan_backward(const kr_plain_scan *s, const double *grad_y, const double *grad_h_last,
                            const kr_plain_scan_grad *grad);

typedef struct kr_plain_conv1d {
    int64_t seq_len, d_inner, d_conv;
    bool with_silu;
    const double *x, *weight, *bias;
} kr_plain_conv1d;

void kr_plain_conv1d_forward(const kr_plain_conv1d *s, double *y);
/* Added to. */
void kr_plain_conv1d_backward(const kr_plain_conv1d *s, const double *grad_y, double *grad_x,
                              double *grad_weight, double *grad_bias);

#endif
