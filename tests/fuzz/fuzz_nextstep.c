/* SPDX-License-Identifier: MIT
 * fuzz_nextstep.c - any bytes as the file of a next-step model, and a step of what was read. */
#include <kr/nextstep.h>
#include <stdlib.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void run_a_step(const kr_nextstep *model) {
    const kr_nextstep_shape *s = kr_nextstep_shape_of(model);
    kr_nextstep_stream *stream = NULL;
    kr_error err = {0};
    if (s->state_size > 1 << 20 || s->n_parameters > 1 << 20) return;
    kr_status status = kr_nextstep_stream_create(model, NULL, &stream, &err);
    require_outcome(status, stream != NULL, &err);
    float *x = calloc((size_t)s->n_features, sizeof *x);
    if (x && stream) kr_nextstep_stream_push(stream, 1, x);
    free(x);
    kr_nextstep_stream_destroy(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_nextstep *model = NULL;
    kr_status status = kr_nextstep_open_memory(NULL, "fuzz.pt", bytes, n_bytes, &model, &err);
    require_outcome(status, model != NULL, &err);
    if (model) run_a_step(model);
    kr_nextstep_destroy(model);
    return 0;
}
