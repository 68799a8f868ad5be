/* SPDX-License-Identifier: MIT
 * inside.h - what a model's layers hold at chosen steps of a series of any length.
 *
 * The series runs through the model piece by piece; only the values asked for are kept, so that
 * memory does not grow with its length. The same bits for any number of threads. */
#ifndef KR_INSIDE_H
#define KR_INSIDE_H

#include <kr/mamba.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* One kind of value of one layer. */
typedef struct kr_inside_want {
    kr_inside what;
    int64_t layer; /* from 0 */
    kr_real *out;  /* (n_rows, kr_inside_width()): filled */
} kr_inside_want;

typedef struct kr_inside_request {
    int64_t n_steps;  /* of the series */
    const kr_real *x; /* (n_steps, n_features) */
    /* Above 0: windows of that many steps, one after the other, each from an empty state, as
     * MambaSynth does; steps that fill no window are dropped. 0: one pass, with the state handed
     * on. */
    int64_t window;
    int64_t n_rows;
    const int64_t *rows; /* steps that are wanted, rising, below kr_inside_steps() */
    int64_t n_wants;
    const kr_inside_want *wants;
    bool (*progress)(void *arg, int64_t steps); /* that are done; false: stop. Or NULL */
    void *progress_arg;
} kr_inside_request;

/* Steps of a series that a request sees: all, or those of whole windows. */
KR_API int64_t kr_inside_steps(int64_t n_steps, int64_t window);

/* KR_USAGE when a layer or a row is out of range; KR_MEMORY; KR_INTERRUPTED when progress said so,
 * and then out is filled in part. */
KR_API kr_status kr_inside_collect(kr_team *team, const kr_mamba *model,
                                   const kr_inside_request *request, kr_error *err);

KR_END_DECLS

#endif
