/* SPDX-License-Identifier: MIT
 * rank_sharing.h - what the parts of a shared training need from its ranks. All of it is done by no
 * other rank, at once, where a team has joined none. */
#ifndef KR_RANK_SHARING_H
#define KR_RANK_SHARING_H

#include <kr/ranks.h>

/* The number of this rank among all. */
int kr__rank(const kr_team *team);
int kr__rank_count(const kr_team *team);
/* Is it the one that writes files? */
static inline bool kr__rank_writes(const kr_team *team) { return kr__rank(team) == 0; }

/* Where the part of a rank in n things begins, when they are shared out as equally as possible; of
 * the number after the last rank: n. */
int64_t kr__rank_start(int64_t n, int count, int rank);

/* Each rank has its part of `values` (n, of n_bytes each, shared out by kr__rank_start()), and gets
 * the others'. */
void kr__rank_gather(const kr_team *team, void *values, int64_t n, size_t n_bytes);

/* Numbers of rank 0 become those of all. */
void kr__rank_broadcast(const kr_team *team, double *values, int n);

/* Have all ranks the same bytes? KR_USAGE: no, and a sentence says which rank has another `what`
 * than rank 0. */
kr_status kr__rank_agree(const kr_team *team, const char *what, const void *data, size_t n_bytes,
                         kr_error *err);

/* ---- votes -------------------------------------------------------------------------------- */

/* What one rank asks for and all then do. */
typedef enum kr__vote {
    KR__VOTE_STOP = 1, /* kr_team_stop() */
    KR__VOTE_LATE = 2  /* time is up; only that of rank 0 counts */
} kr__vote;

/* Ask for it, or for it no longer, from the next count on. */
void kr__rank_vote(kr_team *team, kr__vote vote, bool is_wanted);
/* Count the votes: all ranks call it at the same time. */
void kr__rank_count_votes(kr_team *team);
/* What the counts so far said; without ranks: nothing. */
bool kr__rank_is_voted(const kr_team *team, kr__vote vote);

#endif
