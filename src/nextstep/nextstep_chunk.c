/* SPDX-License-Identifier: MIT
 * nextstep_chunk.c - a next-step model on chunks of a series, with gradients. */

#include "core/arena.h"
#include "core/real.h"
#include "core/sized_struct.h"
#include "nextstep/nextstep_internal.h"

struct kr_nextstep_chunk {
    kr__chunk *chunk;
    bool with_backward;
};

kr_status kr_nextstep_chunk_create(const kr_nextstep *model,
                                   const kr_nextstep_chunk_options *options,
                                   kr_nextstep_chunk **out, kr_error *err) {
    kr_nextstep_chunk_options o;
    KR_TRY(kr__sized_take("kr_nextstep_chunk_options", options, &o, sizeof o, err));
    const kr__chunk_options inner = {
        .n_steps = o.n_steps, .batch = o.batch, .with_backward = o.with_backward};
    kr_nextstep_chunk *c = kr__calloc(1, sizeof *c);
    if (!c) return kr_fail(err, KR_MEMORY, "out of memory for a chunk");
    c->with_backward = o.with_backward;
    kr_status status = kr__chunk_create(model->team, model->stack, &inner, &c->chunk, err);
    if (status == KR_OK) {
        *out = c;
    } else {
        kr_free(c);
    }
    return status;
}

void kr_nextstep_chunk_destroy(kr_nextstep_chunk *chunk) {
    if (!chunk) return;
    kr__chunk_destroy(chunk->chunk);
    kr_free(chunk);
}

void kr_nextstep_chunk_forward(kr_nextstep_chunk *chunk, const float *x, const float *state,
                               float *y, float *state_after) {
    kr__chunk_forward(chunk->chunk, (const kr_real *)x, (const kr_real *)state, (kr_real *)y,
                      (kr_real *)state_after);
}

kr_status kr_nextstep_chunk_backward(kr_nextstep_chunk *chunk, const float *grad_y,
                                     const float *grad_state_after, float *grad_x,
                                     float *grad_state, float *grad_parameters, kr_error *err) {
    if (!chunk->with_backward) {
        return kr_fail(err, KR_USAGE, "the chunk was made without backward");
    }
    kr__chunk_backward(chunk->chunk, (const kr_real *)grad_y, (const kr_real *)grad_state_after,
                       (kr_real *)grad_x, (kr_real *)grad_state, (kr_real *)grad_parameters);
    return KR_OK;
}
