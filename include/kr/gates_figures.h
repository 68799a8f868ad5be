/* SPDX-License-Identifier: MIT
 * gates_figures.h - pictures of what steers a Mamba block while a series runs through it.
 *
 * Failures as in synth_figures.h. */
#ifndef KR_GATES_FIGURES_H
#define KR_GATES_FIGURES_H

#include <kr/synth_figures.h>

KR_BEGIN_DECLS

/* Of one layer, at the steps of a part of a series. */
typedef struct kr_gates {
    int64_t layer; /* its number in texts */
    int64_t d_inner, d_state;
    const float *delta, *z_gate; /* (n_steps, d_inner) */
    const float *B, *C;          /* (n_steps, d_state) */
} kr_gates;

/* States, input, step sizes and output gate of the first channels, norms of B and C, mean step
 * size: gates_layerL_i. */
KR_API kr_status kr_figure_gates(const char *path, const kr_series_part *part,
                                 const kr_gates *gates, kr_error *err);

/* States, input, the mean step size of every layer, or, when there are many, of every k-th:
 * gates_summary_i. */
KR_API kr_status kr_figure_gates_summary(const char *path, const kr_series_part *part,
                                         int64_t n_layers, const kr_gates *gates, kr_error *err);

KR_END_DECLS

#endif
