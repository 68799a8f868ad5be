/* SPDX-License-Identifier: MIT
 * slots.h - gradients of the slots of a batch, added in a fixed tree, by one process or by ranks.
 *
 *     slot   0   1   2   3   4         Slots that are 1, then 2, 4, .. apart are added. A rank has
 *     1      +---'   +---'   |         neighbouring slots and first does what needs no others: here
 *     2      +-------'       |         rank 0 of two, with slots 0 to 2, adds 1 to 0. What is left
 * of 4      +---------------'         a rank, here 0 and 2, and 3 and 4, goes to all others, to
 * each
 *            '-rank 0-'  '-rank 1-'    the strip of the elements that it adds to the end. */
#ifndef KR_SLOTS_H
#define KR_SLOTS_H

#include "core/rank_sharing.h"
#include "core/real.h"

typedef struct kr__slots {
    kr_real *values; /* (n, size); slot 0 becomes the sum */
    double *losses;  /* (n) */
    int64_t n, size;
    kr_message *messages; /* of the ranks, NULL without them */
} kr__slots;

/* Room for n slots, all zero, of a team that has joined its ranks. False: there is no memory;
 * kr__slots_deinit() may be called even then. */
bool kr__slots_init(const kr_team *team, int64_t n, int64_t size, kr__slots *out);
void kr__slots_deinit(kr__slots *slots);

/* Of the first n slots, first .. end - 1 are this rank's. */
void kr__slots_own(const kr_team *team, int64_t n, int64_t *first, int64_t *end);

/* Each rank has values and losses of its own among the first n slots; then all have the sum, and
 * the losses. Does not allocate. */
void kr__slots_add(kr_team *team, kr__slots *slots, int64_t n);

#endif
