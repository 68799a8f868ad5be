/* SPDX-License-Identifier: MIT
 * batch.c - room for samples. */
#include "zeroshot/batch.h"

#include <string.h>

#include "core/arena.h"

static kr_status make_room(kr__zeroshot_batch *b, kr_error *err) {
    const kr__zeroshot_config *c = b->config;
    int64_t n = c->n_origins * c->n_steps, workers = kr_team_workers(b->team);
    b->sizes[KR__ZS_TOKENS] = c->n_tokens * c->token_size;
    b->sizes[KR__ZS_STEPS] = n * c->step_size;
    b->sizes[KR__ZS_GUESSES] = 2 * n * c->n_guesses;
    b->sizes[KR__ZS_TARGET] = n;
    for (int k = 0; k < KR__ZS_INPUTS; k++) {
        b->inputs[k] = kr__calloc((size_t)(b->room * b->sizes[k]), sizeof *b->inputs[k]);
        if (!b->inputs[k]) return kr_fail(err, KR_MEMORY, "out of memory for the series");
    }
    b->guessers = kr__calloc((size_t)workers, sizeof(kr__guesser *));
    if (!b->guessers) return kr_fail(err, KR_MEMORY, "out of memory for the series");
    for (int64_t w = 0; w < workers; w++) KR_TRY(kr__guesser_create(&b->guessers[w], err));
    return KR_OK;
}

kr_status kr__zeroshot_batch_init(kr_team *team, const kr__zeroshot_config *config, int64_t room,
                                  kr__zeroshot_batch *out, kr_error *err) {
    *out = (kr__zeroshot_batch){.config = config, .team = team, .room = room};
    kr_status status = make_room(out, err);
    if (status != KR_OK) kr__zeroshot_batch_deinit(out);
    return status;
}

void kr__zeroshot_batch_deinit(kr__zeroshot_batch *b) {
    for (int k = 0; k < KR__ZS_INPUTS; k++) kr_free(b->inputs[k]);
    for (int64_t w = 0; b->guessers && w < kr_team_workers(b->team); w++) {
        kr__guesser_destroy(b->guessers[w]);
    }
    kr_free(b->guessers);
    memset(b, 0, sizeof *b);
}

void kr__zeroshot_batch_place(const kr__zeroshot_batch *b, int64_t i, kr_real *in[KR__ZS_INPUTS]) {
    for (int k = 0; k < KR__ZS_INPUTS; k++) in[k] = b->inputs[k] + i * b->sizes[k];
}

void kr__zeroshot_batch_fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const kr__zeroshot_batch *b = arg;
    for (int k = 0; k < KR__ZS_INPUTS; k++) {
        if (!in[k]) continue;
        memcpy(in[k], b->inputs[k] + i * b->sizes[k], (size_t)b->sizes[k] * sizeof(kr_real));
    }
}
