/* SPDX-License-Identifier: MIT
 * model_parts.h - what forecasters share: the window in, maps over time, the forecast out. */
#ifndef KR_MODEL_PARTS_H
#define KR_MODEL_PARTS_H

#include "nn/model.h"

/* A window as a model sees it, in the window's own units when is_normalised. */
typedef struct kr__window {
    kr_tensor x;      /* (B, seq_len, n_channels) */
    kr_tensor mark;   /* (B, seq_len, n_marks) or KR_NONE */
    kr_tensor future; /* (B, pred_len, n_future), normalised by the moments of its columns in x; or
                         KR_NONE */
    bool is_normalised;
    kr_tensor mean, deviation; /* (B, n_channels), when is_normalised */
    kr_tensor phase;           /* as in kr__model_in */
} kr__window;

/* Without the learned cycle, if there is one: parameter cycleQueue.data (cycle, n_outputs), as in
 * CycleNet (arXiv:2409.18479). */
kr__window kr__window_make(kr_builder *b, const kr__model_config *c, const kr__model_in *in,
                           bool is_normalised);
/* For a window that a model normalised in its own way. */
void kr__window_take_off_cycle(kr_builder *b, const kr__model_config *c, kr__window *window);

/* x's columns that are forecast: the last n_outputs. KR_NONE when the plan has failed. */
kr_tensor kr__window_own(const kr__model_config *c, const kr__window *window);

/* Every series of x and mark (B, n_steps, ..) becomes a token (B, series, d_model), with dropout:
 * parameters name.value_embedding.*. mark may be KR_NONE. */
kr_tensor kr__embed_series(kr_builder *b, const kr__model_config *c, kr_tensor x, kr_tensor mark,
                           int64_t n_steps, const char *name);
/* The same for columns whose future is known, from the window's start to the forecast's end:
 * future_embedding.value_embedding.*. */
kr_tensor kr__embed_futures(kr_builder *b, const kr__model_config *c, const kr__window *window);

/* name.weight (head rows, seq_len) and name.bias over time, the same for all channels of x (B,
 * seq_len, n): (B, n, head rows). */
kr_tensor kr__map_time(kr_builder *b, const kr__model_config *c, kr_tensor x, kr_init init,
                       const char *name);

/* Numbers that a head gives for a channel: the steps of every quantile. */
int64_t kr__head_rows(const kr__model_config *c);

/* raw (B, n_outputs, kr__head_rows()) -> the model's forecast: the direct path from known futures
 * is added (parameter future.weight), quantiles are spread, the cycle is added, the normalisation
 * is undone. */
kr_tensor kr__forecast_finish(kr_builder *b, const kr__model_config *c, kr_tensor raw,
                              const kr__window *window);

/* Repeats the last values: y[p] = x[seq_len - period + p % period]; a period of 1 repeats the last
 * one. */
kr_tensor kr__repeat_period(kr_builder *b, const kr__model_config *c, const kr__model_in *in,
                            int64_t period);

/* KR_USAGE with a sentence when n_heads does not divide d_model; the sentence offers a multiple of
 * `multiple`, too. */
kr_status kr__check_heads(const kr__model_config *c, int64_t multiple, kr_error *err);

#endif
