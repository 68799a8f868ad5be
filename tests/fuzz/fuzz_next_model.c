/* SPDX-License-Identifier: MIT
 * fuzz_next_model.c - any bytes as the file of a next-step model, and a step of what was read. */
#include <kr/mamba.h>
#include <stdlib.h>

#include "nextstep/next_session.h"
#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void run_a_step(const kr_mamba *model) {
    const kr_mamba_shape *s = kr_mamba_shape_of(model);
    kr_mamba_chunk *chunk = NULL;
    kr_error err = {0};
    if (s->state_size > 1 << 20 || s->n_parameters > 1 << 20) return;
    kr_status status =
        kr_mamba_chunk_create(NULL, model, &(kr_mamba_chunk_options){.n_steps = 1}, &chunk, &err);
    require_outcome(status, chunk != NULL, &err);
    kr_real *x = calloc((size_t)s->n_features * 2, sizeof *x);
    if (x && chunk) kr_mamba_chunk_forward(chunk, x, NULL, x + s->n_features, NULL);
    free(x);
    kr_mamba_chunk_destroy(chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_tensor_file *file = NULL;
    kr_mamba *model = NULL;
    if (kr_tensor_file_open_memory("fuzz.pt", bytes, n_bytes, &file, &err) != KR_OK) return 0;
    kr_status status = kr__next_open(file, &model, &err);
    require_outcome(status, model != NULL, &err);
    kr_tensor_file_close(file);
    if (model) run_a_step(model);
    kr_mamba_destroy(model);
    return 0;
}
