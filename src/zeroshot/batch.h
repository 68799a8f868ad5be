/* SPDX-License-Identifier: MIT
 * batch.h - room for the inputs of some samples, which all workers fill, and which an engine then
 * fetches. */
#ifndef KR_ZEROSHOT_BATCH_H
#define KR_ZEROSHOT_BATCH_H

#include <kr/team.h>

#include "zeroshot/samples.h"

typedef struct kr__zeroshot_batch {
    const kr__zeroshot_config *config;
    kr_team *team;
    int64_t room;                   /* samples */
    kr_real *inputs[KR__ZS_INPUTS]; /* (room, size) */
    int64_t sizes[KR__ZS_INPUTS];   /* of a sample */
    kr__guesser **guessers;         /* of the workers */
} kr__zeroshot_batch;

/* config and team must outlive it; an all-zero batch may be deinitialised. */
kr_status kr__zeroshot_batch_init(kr_team *team, const kr__zeroshot_config *config, int64_t room,
                                  kr__zeroshot_batch *out, kr_error *err);
void kr__zeroshot_batch_deinit(kr__zeroshot_batch *batch);

/* Where the inputs of sample i are to be written. */
void kr__zeroshot_batch_place(const kr__zeroshot_batch *batch, int64_t i,
                              kr_real *in[KR__ZS_INPUTS]);
/* As in kr_samples: arg is a batch. */
void kr__zeroshot_batch_fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]);

#endif
