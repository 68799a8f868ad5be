/* SPDX-License-Identifier: MIT
 * optimiser.h - Adam and AdamW over one parameter vector, with clipping by the global norm. */
#ifndef KR_OPTIMISER_H
#define KR_OPTIMISER_H

#include <kr/base.h>
#include <kr/team.h>

#include "core/real.h"

typedef enum kr_optimiser_kind { KR_ADAM, KR_ADAMW } kr_optimiser_kind;
/* "adam" or "adamw" */
#define KR_OPTIMISER_KINDS "adam|adamw"
kr_optimiser_kind kr__optimiser_named(const char *name);
/* KR_USAGE when weight decay is asked for without AdamW. */
kr_status kr__optimiser_check(const char *name, double weight_decay, kr_error *err);

typedef struct kr_optimiser {
    kr_team *team;
    kr_optimiser_kind kind;
    double beta1, beta2, eps, weight_decay;
    double clip; /* largest gradient norm; 0: off */
    int64_t n, step;
    kr_real *m, *v; /* moments, n each */
} kr_optimiser;

/* betas 0.9, 0.999, eps 1e-8. n: elements of the vector. */
kr_status kr__optimiser_init(kr_team *team, kr_optimiser *optimiser, kr_optimiser_kind kind,
                             double weight_decay, double clip, int64_t n, kr_error *err);
void kr__optimiser_deinit(kr_optimiser *optimiser);
/* Forget all steps, as if none had been made. */
void kr__optimiser_reset(kr_optimiser *optimiser);

/* L2 norm of the whole gradient: pieces in order, the same bits for any number of threads. */
double kr__gradient_norm(kr_team *team, const kr_real *gradient, int64_t n);

/* One step at this rate; the gradient is scaled down when its norm, from kr__gradient_norm(), is
 * above the clip. Does not allocate. */
void kr__optimiser_step(kr_optimiser *optimiser, double rate, double norm, const kr_real *gradient,
                        kr_real *params);

/* The same with a separate rate for every span of the vector. Spans do not overlap; parameters in
 * none of them stay as they are. */
typedef struct kr_rate_span {
    int64_t first, count;
    double rate;
} kr_rate_span;
void kr__optimiser_step_spans(kr_optimiser *optimiser, const kr_rate_span *spans, int n_spans,
                              double norm, const kr_real *gradient, kr_real *params);

#endif
